#include "config.h"

#include "udpnat-server-question-private.h"

#include <string.h>

/* Clients with whom nothing happens but keepalives: nearly all of them, nearly always. Of such a
 * client only a few numbers stay (UdpnatServerRest), and a packet that wants no more than to be
 * noticed, answered or passed on is dealt with on these. For everything else it is woken, with the
 * same address, name, handle and streams, and goes to rest again when it has been quiet for
 * UDPNAT_SERVER_REST_AFTER_US.
 *
 * Whoever waits for something stays awake: for a name, a letter, a change of the whole directory.
 * Whom it watches is its identity's, and wakes it (udpnat-server-watches.c). */

/* Looked at in one turn. */
#define TURN_IDENTITIES 4096

/* ---- What is kept ---- */

static gint64
get_heard (const UdpnatServerIdentity *self,
           gint64                      now_us)
{
  gint64 now_ms = now_us / UDPNAT_MSEC (1);

  return UDPNAT_MSEC (now_ms - ((guint32) now_ms - self->heard_ms));
}

static void
set_heard (UdpnatServerIdentity *self,
           gint64                heard_us)
{
  self->heard_ms = (guint32) (heard_us / UDPNAT_MSEC (1));
}

/* When the session is over if nothing comes. */
static gint64
get_end (const UdpnatServerIdentity *self,
         gint64                      now_us)
{
  return get_heard (self, now_us) + UDPNAT_SEC (self->idle_s) + UDPNAT_SERVER_SESSION_GRACE_US;
}

/** udpnat_server_identity_get_address: @self: one that rests */
void
udpnat_server_identity_get_address (const UdpnatServerIdentity   *self,
                                    const UdpnatRendezvousServer *server,
                                    UdpnatAddress                *out_address)
{
  if (self->is_ipv6)
    udpnat_address_init_ipv6 (out_address, udpnat_slab_get (server->ipv6, self->ip), self->port);
  else
    udpnat_address_init_ipv4 (out_address, (const guint8 *) &self->ip, self->port);
}

/* Long ones lie elsewhere: most have none. */
static void
set_address (UdpnatServerIdentity   *self,
             UdpnatRendezvousServer *server,
             const UdpnatAddress    *address)
{
  self->is_ipv6 = address->family == UDPNAT_FAMILY_IPV6;
  self->port = address->port;
  if (self->is_ipv6)
    {
      self->ip = udpnat_slab_add (server->ipv6);
      memcpy (udpnat_slab_get (server->ipv6, self->ip), address->ip, sizeof address->ip);
    }
  else
    memcpy (&self->ip, address->ip, sizeof self->ip);
}

static void
drop_address (UdpnatServerIdentity   *self,
              UdpnatRendezvousServer *server)
{
  if (self->is_ipv6)
    udpnat_slab_remove (server->ipv6, self->ip);
  self->is_ipv6 = FALSE;
}

/** udpnat_server_get_resting_index: of the session of the identity @id that rests, or that nobody
 * has proved yet; 0: there is none */
guint32
udpnat_server_get_resting_index (gpointer user_data,
                                 guint32  id)
{
  const UdpnatRendezvousServer *self = user_data;
  const UdpnatServerIdentity   *identity = udpnat_slab_get (self->identities, id);

  if (identity == NULL)
    return 0;
  if (identity->is_resting)
    return identity->session.keys.local_index;
  return identity->awake.pending != NULL ? identity->awake.pending->session.keys.local_index : 0;
}

/* ---- To rest ---- */

/* Connections, and addresses of one link, are few and stay awake. */
static gboolean
may_rest (const UdpnatServerClient *self)
{
  return self->is_proven && self->identity->awake.pending == NULL
         && self->address.scope_id == 0 && !udpnat_address_is_tunnel (&self->address)
         && self->claimed == NULL && !self->is_subscribed && !self->is_watch_behind
         && self->puts.length == 0
         && !self->is_mail_due && self->mail_loading == 0 && self->n_mail_unacked == 0;
}

/**
 * udpnat_server_identity_begin_rest: its `session` is there, and all that was awake is not
 *
 * @address: which has been proved
 */
void
udpnat_server_identity_begin_rest (UdpnatServerIdentity   *self,
                                   UdpnatRendezvousServer *server,
                                   gint64                  now_us,
                                   const UdpnatAddress    *address,
                                   gint64                  heard_us,
                                   gint64                  idle_us,
                                   guint8                  presence)
{
  self->is_resting = TRUE;
  set_address (self, server, address);
  set_heard (self, heard_us);
  self->idle_s = (guint16) (idle_us / G_USEC_PER_SEC);
  self->presence = presence;
  if (server->n_resting++ == 0)
    server->rest_turn_us = now_us + UDPNAT_SERVER_REST_ROUND_US;
}

/**
 * udpnat_server_client_rest:
 *
 * Returns: whether it rests now, and @self is freed; %FALSE when it cannot yet
 */
gboolean
udpnat_server_client_rest (UdpnatServerClient *self,
                           gint64              now_us)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatServerIdentity   *identity = self->identity;

  if (!may_rest (self)
      || !udpnat_session_rest (self->session, now_us, &identity->session))
    return FALSE;
  self->session = NULL;
  udpnat_server_identity_begin_rest (identity, server, now_us, &self->address, self->heard_us,
                                     self->idle_us, self->presence);
  udpnat_server_client_remove (self);
  udpnat_server_identity_drop_quotas (identity, server, now_us);
  return TRUE;
}

/* ---- Awake ---- */

/**
 * udpnat_server_identity_wake: @self: one that rests
 *
 * Returns: (transfer none): its session that counts, which is live now
 */
UdpnatServerClient *
udpnat_server_identity_wake (UdpnatServerIdentity   *self,
                             UdpnatRendezvousServer *server,
                             gint64                  now_us)
{
  UdpnatServerClient *client = udpnat_server_client_new_woken (server, now_us, self,
                                                               &self->session);

  udpnat_server_identity_get_address (self, server, &client->address);
  drop_address (self, server);
  client->hs2_address = client->address;
  client->heard_us = get_heard (self, now_us);
  client->idle_us = UDPNAT_SEC (self->idle_s);
  client->entry = udpnat_server_identity_get_entry (self);
  client->presence = self->presence;
  self->is_resting = FALSE;
  self->awake = (UdpnatServerAwake) { .live = client };
  server->n_resting--;
  udpnat_server_client_touch (client);
  return client;
}

/* ---- At rest ---- */

/* Returns: whether nothing in @frames needs more than what is left of the session.
 * @out_frame: the last one but for PAD
 * @out_n: how many there are, PAD not counted */
static gboolean
is_simple (const guint8    *frames,
           gsize            n_frames,
           UdpnatFrameView *out_frame,
           guint           *out_n)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;

  *out_n = 0;
  udpnat_reader_init (&reader, frames, n_frames);
  while (udpnat_frame_next (&reader, &frame))
    {
      if (frame.type == UDPNAT_FRAME_PAD)
        continue;
      if (frame.type != UDPNAT_FRAME_PING && frame.type != UDPNAT_FRAME_RELAY
          && frame.type != UDPNAT_FRAME_DIAL && frame.type != UDPNAT_FRAME_MESSAGE)
        return FALSE;
      *out_frame = frame;
      ++*out_n;
    }
  return !reader.failed;
}

/* Only for the packet that asked: nothing else of what came lately waits for an ACK. */
static void
acknowledge (UdpnatServerIdentity   *self,
             UdpnatRendezvousServer *server,
             gint64                  now_us,
             guint64                 number)
{
  guint8       frames[UDPNAT_ACK_FRAME_MAX_BYTES];
  UdpnatAck    ack = { .n_ranges = 1, .ranges = { { number, number } } };
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_ack (&writer, &ack))
    g_assert_not_reached ();
  (void) udpnat_server_identity_send_frames (self, server, now_us, frames, writer.n_written);
}

static void
answer (UdpnatServerIdentity   *self,
        UdpnatRendezvousServer *server,
        gint64                  now_us,
        guint64                 number,
        const guint8           *frames,
        gsize                   n_frames)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;
  gboolean        is_eliciting = FALSE;

  udpnat_reader_init (&reader, frames, n_frames);
  while (udpnat_frame_next (&reader, &frame))
    if (frame.type == UDPNAT_FRAME_PING)
      is_eliciting = TRUE;
    else if (frame.type == UDPNAT_FRAME_RELAY)
      udpnat_server_relay (server, now_us, self, &frame);
    else if (frame.type == UDPNAT_FRAME_DIAL)
      udpnat_server_dial (server, now_us, self, &frame);
    else if (frame.type == UDPNAT_FRAME_MESSAGE)
      udpnat_server_handle_question (server, now_us, self, &frame);
  if (is_eliciting)
    acknowledge (self, server, now_us, number);
}

/* @may_gather: @frames are in the room of the questions that are answered together */
static UdpnatRxResult
handle_frames (UdpnatServerIdentity   *self,
               UdpnatRendezvousServer *server,
               gint64                  now_us,
               const UdpnatDatagram   *datagram,
               const UdpnatDataView   *view,
               const guint8           *frames,
               gboolean                may_gather)
{
  UdpnatFrameView frame;
  UdpnatAddress   address;
  guint           n;

  udpnat_server_identity_get_address (self, server, &address);
  /* An address that is new has to be proved. */
  if (!is_simple (frames, view->n_frames, &frame, &n)
      || !udpnat_address_equal (&datagram->remote, &address))
    return udpnat_server_client_handle_data (udpnat_server_identity_wake (self, server, now_us),
                                             now_us, datagram);
  udpnat_resting_session_mark (&self->session, view);
  set_heard (self, now_us);
  if (n == 1 && may_gather && udpnat_server_gather_put (server, self, &frame))
    return UDPNAT_RX_OK;
  if (n > 0)
    answer (self, server, now_us, view->number, frames, view->n_frames);
  return UDPNAT_RX_OK;
}

/** udpnat_server_identity_handle_opened: as udpnat_server_identity_handle_data(), of a packet that
 * is genuine; @frames: of it */
UdpnatRxResult
udpnat_server_identity_handle_opened (UdpnatServerIdentity   *self,
                                      UdpnatRendezvousServer *server,
                                      gint64                  now_us,
                                      const UdpnatDatagram   *datagram,
                                      const UdpnatDataView   *view,
                                      const guint8           *frames)
{
  return handle_frames (self, server, now_us, datagram, view, frames, FALSE);
}

/**
 * udpnat_server_identity_handle_data:
 * @self: one that rests
 * @datagram: a DATA whose receiver index led here
 * @view: the same, parsed
 */
UdpnatRxResult
udpnat_server_identity_handle_data (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server,
                                    gint64                  now_us,
                                    const UdpnatDatagram   *datagram,
                                    const UdpnatDataView   *view)
{
  guint8 *frames = udpnat_server_gather_peek_room (server, now_us);

  if (!udpnat_resting_session_open (&self->session, now_us, view, frames))
    return UDPNAT_RX_IGNORED;
  return handle_frames (self, server, now_us, datagram, view, frames, TRUE);
}

/** udpnat_server_rest_deadline: when some of those that rest are to be looked at */
gint64
udpnat_server_rest_deadline (const UdpnatRendezvousServer *self)
{
  return self->n_resting > 0 ? self->rest_turn_us : UDPNAT_TIME_NEVER;
}

static void
look_at (UdpnatRendezvousServer *self,
         gint64                  now_us,
         UdpnatServerIdentity   *identity)
{
  if (!identity->is_resting)
    return;
  if (get_end (identity, now_us) <= now_us)
    udpnat_server_client_free (udpnat_server_identity_wake (identity, self, now_us), now_us);
  else if (identity->has_quotas)
    udpnat_server_identity_drop_quotas (identity, self, now_us);
}

/**
 * udpnat_server_handle_rests:
 *
 * Ends the sessions of those who have been silent for too long. They have no timers: all are looked
 * at in turn, some at a time, so that a keepalive moves nothing.
 */
void
udpnat_server_handle_rests (UdpnatRendezvousServer *self,
                            gint64                  now_us)
{
  guint n_turns = udpnat_slab_get_count (self->identities) / TURN_IDENTITIES + 1;

  if (udpnat_server_rest_deadline (self) > now_us)
    return;
  for (guint i = 0; i < TURN_IDENTITIES; i++)
    {
      self->rest_cursor = udpnat_slab_get_next (self->identities, self->rest_cursor);
      if (self->rest_cursor == 0)
        break; /* and from the first one, next time */
      look_at (self, now_us, udpnat_slab_get (self->identities, self->rest_cursor));
    }
  self->rest_turn_us = now_us + UDPNAT_SERVER_REST_ROUND_US / n_turns;
}

/**
 * udpnat_server_end_a_rest:
 *
 * The server shuts down: says so to one of those that rest, so that not all are awake at once.
 *
 * Returns: %FALSE when there are none
 */
gboolean
udpnat_server_end_a_rest (UdpnatRendezvousServer *self,
                          gint64                  now_us)
{
  UdpnatServerIdentity *identity;

  if (self->n_resting == 0)
    return FALSE;
  do
    {
      self->rest_cursor = udpnat_slab_get_next (self->identities, self->rest_cursor);
      identity = udpnat_slab_get (self->identities, self->rest_cursor);
    }
  while (identity == NULL || !identity->is_resting);
  udpnat_server_client_end (udpnat_server_identity_wake (identity, self, now_us), now_us,
                            UDPNAT_CLOSE_RESTARTING);
  return TRUE;
}
