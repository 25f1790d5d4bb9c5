#include "config.h"

#include "udpnat-rendezvous-server-private.h"

/* Clients with whom nothing happens but keepalives: nearly all of them, nearly always. Of such a
 * client only a few numbers stay (UdpnatServerRest), and a packet that wants no more than to be
 * noticed, answered or passed on is dealt with on these. For everything else it is woken, with the
 * same address, name, handle and streams, and goes to rest again when it has been quiet for
 * UDPNAT_SERVER_REST_AFTER_US.
 *
 * Whoever waits for something stays awake: for a name, a letter, a change of the whole directory.
 * Whom it watches is its identity's, and wakes it (udpnat-server-watches.c). */

/* When the session is over if nothing comes. */
static gint64
get_end (const UdpnatServerRest *rest)
{
  return rest->heard_us + rest->idle_us + UDPNAT_SERVER_SESSION_GRACE_US;
}

/* ---- To rest ---- */

static gboolean
may_rest (const UdpnatServerClient *self)
{
  return self->is_confirmed && self->is_proven && self->identity->pending == NULL
         && self->claimed == NULL && !self->is_subscribed && !self->is_watch_behind
         && self->puts.length == 0
         && !self->is_mail_due && self->mail_loading == 0 && self->n_mail_unacked == 0;
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
  UdpnatServerRest       *rest = &identity->rest;

  if (!may_rest (self)
      || !udpnat_session_rest (self->session, now_us, identity, &rest->session))
    return FALSE;
  self->session = NULL;
  rest->address = self->address;
  rest->heard_us = self->heard_us;
  rest->idle_us = self->idle_us;
  rest->presence = self->presence;
  identity->is_resting = TRUE;
  identity->live = NULL;
  udpnat_heap_set (server->rests, &rest->timer, get_end (rest));
  udpnat_server_client_remove (self);
  udpnat_server_identity_drop_quotas (identity, server, now_us);
  return TRUE;
}

/* ---- Awake ---- */

/**
 * udpnat_server_identity_wake: @self: one that rests
 *
 * Returns: (transfer none): its session that counts, which is @self->live now
 */
UdpnatServerClient *
udpnat_server_identity_wake (UdpnatServerIdentity   *self,
                             UdpnatRendezvousServer *server,
                             gint64                  now_us)
{
  UdpnatServerRest   *rest = &self->rest;
  UdpnatServerClient *client = udpnat_server_client_new_woken (server, now_us, self);

  udpnat_heap_remove (server->rests, &rest->timer);
  client->address = client->hs2_address = rest->address;
  client->heard_us = rest->heard_us;
  client->idle_us = rest->idle_us;
  client->entry = udpnat_server_identity_get_entry (self);
  client->presence = rest->presence;
  self->is_resting = FALSE;
  self->live = client;
  udpnat_server_client_touch (client);
  return client;
}

/* ---- At rest ---- */

/* Returns: whether nothing in @frames needs more than what is left of the session */
static gboolean
is_simple (const guint8 *frames,
           gsize         n_frames)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;

  udpnat_reader_init (&reader, frames, n_frames);
  while (udpnat_frame_next (&reader, &frame))
    if (frame.type != UDPNAT_FRAME_PAD && frame.type != UDPNAT_FRAME_PING
        && frame.type != UDPNAT_FRAME_RELAY && frame.type != UDPNAT_FRAME_DIAL)
      return FALSE;
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
  if (is_eliciting)
    acknowledge (self, server, now_us, number);
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
  UdpnatServerRest *rest = &self->rest;
  guint8            frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize             n_frames = view->n_sealed - UDPNAT_SEAL_TAG_BYTES;

  if (!udpnat_resting_session_open (&rest->session, now_us, view, frames))
    return UDPNAT_RX_IGNORED;
  /* An address that is new has to be proved. */
  if (!is_simple (frames, n_frames)
      || !udpnat_address_equal (&datagram->remote, &rest->address))
    return udpnat_server_client_handle_data (udpnat_server_identity_wake (self, server, now_us),
                                             now_us, datagram);
  udpnat_resting_session_mark (&rest->session, server->indexes, view);
  rest->heard_us = now_us;
  answer (self, server, now_us, view->number, frames, n_frames);
  return UDPNAT_RX_OK;
}

/**
 * udpnat_server_handle_rests:
 *
 * Ends the sessions of those who have been silent for too long. When one is looked at it has mostly
 * been heard meanwhile: a keepalive moves nothing in the heap.
 */
void
udpnat_server_handle_rests (UdpnatRendezvousServer *self,
                            gint64                  now_us)
{
  const UdpnatHeapItem *first;

  while ((first = udpnat_heap_peek (self->rests)) != NULL && first->deadline_us <= now_us)
    {
      UdpnatServerIdentity *identity = first->owner;
      UdpnatServerRest     *rest = &identity->rest;
      gint64                end_us = get_end (rest);

      if (end_us <= now_us)
        {
          udpnat_server_client_free (udpnat_server_identity_wake (identity, self, now_us), now_us);
          continue;
        }
      udpnat_heap_set (self->rests, &rest->timer, end_us);
      udpnat_server_identity_drop_quotas (identity, self, now_us);
    }
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
  const UdpnatHeapItem *first = udpnat_heap_peek (self->rests);

  if (first == NULL)
    return FALSE;
  udpnat_server_client_end (udpnat_server_identity_wake (first->owner, self, now_us), now_us,
                            UDPNAT_CLOSE_RESTARTING);
  return TRUE;
}
