#include "config.h"

#include "udpnat-server-access-private.h"
#include "udpnat-server-question-private.h"

#include <string.h>

/* One client's session at the server, that of its key, until the client closes, falls silent,
 * breaks the protocol or connects again. When it is over it leaves every table at once and stays
 * only until its last packet has been popped. */

/* ---- Life ---- */

static UdpnatServerClient *
client_new (UdpnatRendezvousServer *server,
            gint64                  now_us,
            UdpnatServerIdentity   *identity)
{
  UdpnatServerClient *self = g_new0 (UdpnatServerClient, 1);

  self->server = server;
  self->identity = identity;
  self->heard_us = now_us;
  self->idle_us = UDPNAT_SERVER_SESSION_IDLE_US;
  self->presence = UDPNAT_PRESENCE_ONLINE;
  self->all_link.data = self->dirty_link.data = self->subscriber_link.data = self;
  self->timer.owner = self->hello.client = self;
  g_queue_push_tail_link (&server->clients, &self->all_link);
  return self;
}

static UdpnatSessionConfig
make_config (UdpnatServerClient *self)
{
  return (UdpnatSessionConfig) {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .identity = self->server->config.identity,
    .indexes = self->server->indexes,
    .random = self->server->config.random,
    .owner = self,
    .holder = udpnat_server_identity_get_id (self->identity),
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
}

/** udpnat_server_client_new_woken: @session: of @identity; wiped. The caller adds the rest */
UdpnatServerClient *
udpnat_server_client_new_woken (UdpnatRendezvousServer *server,
                                gint64                  now_us,
                                UdpnatServerIdentity   *identity,
                                UdpnatRestingSession   *session)
{
  UdpnatServerClient *self = client_new (server, now_us, identity);
  UdpnatSessionConfig config = make_config (self);
  guint64             n_received = session->keys.received.next;

  self->session = udpnat_session_new_woken (&config, udpnat_server_identity_get_key (identity),
                                            now_us, session);
  self->is_proven = self->is_address_told = TRUE;
  self->has_number = n_received > 0;
  self->newest_number = n_received - 1;
  self->rest_us = now_us + UDPNAT_SERVER_REST_AFTER_US;
  return self;
}

/**
 * udpnat_server_client_detach:
 *
 * The session is over: nobody can reach it any more. It is freed when its last packet has been
 * popped.
 */
void
udpnat_server_client_detach (UdpnatServerClient *self,
                             gint64              now_us)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatServerIdentity   *identity = self->identity;

  if (identity == NULL)
    return;
  udpnat_server_unregister (self, now_us);
  udpnat_server_subscribe (self, UDPNAT_SUBSCRIBE_STOP);
  udpnat_server_mail_forget (self);
  self->identity = NULL;
  if (identity->awake.live == self)
    {
      udpnat_server_identity_drop_handle (identity);
      udpnat_server_unwatch (identity, server);
    }
  udpnat_server_remove_hello (server, &self->hello);
  if (identity->awake.live == self)
    identity->awake.live = NULL;
  if (identity->awake.live == NULL && identity->awake.pending == NULL)
    udpnat_server_identity_free (identity, server);
  udpnat_heap_remove (server->timers, &self->timer);
  udpnat_server_client_touch (self);
}

/** udpnat_server_client_remove: only from what all clients are in: frees it */
void
udpnat_server_client_remove (UdpnatServerClient *self)
{
  UdpnatRendezvousServer *server = self->server;

  udpnat_server_remove_hello (server, &self->hello);
  udpnat_heap_remove (server->timers, &self->timer);
  if (self->is_dirty)
    g_queue_unlink (&server->dirty, &self->dirty_link);
  g_queue_unlink (&server->clients, &self->all_link);
  udpnat_session_free (self->session);
  g_free (self);
}

/** udpnat_server_client_free: at once, whatever it still had to say */
void
udpnat_server_client_free (UdpnatServerClient *self,
                           gint64              now_us)
{
  udpnat_server_client_detach (self, now_us);
  udpnat_server_client_remove (self);
}

/** udpnat_server_client_end: closes the session from our side; one CLOSE is still sent */
void
udpnat_server_client_end (UdpnatServerClient *self,
                          gint64              now_us,
                          UdpnatCloseReason   reason)
{
  udpnat_session_close (self->session, now_us, reason, NULL);
  udpnat_server_client_detach (self, now_us);
}

/** udpnat_server_client_rekey: the session has answered another HS1 of its client */
void
udpnat_server_client_rekey (UdpnatServerClient  *self,
                            gint64               now_us,
                            const UdpnatAddress *source,
                            const UdpnatHs1     *hs1)
{
  self->heard_us = now_us;
  self->rest_us = now_us + UDPNAT_SERVER_REST_AFTER_US;
  self->hs2_address = *source;
  self->is_hs2_spread = FALSE;
  udpnat_server_add_hello (self->server, &self->hello, hs1->ephemeral);
  udpnat_server_client_touch (self);
}

/** udpnat_server_client_ensure_quotas: those of its key */
UdpnatServerQuotas *
udpnat_server_client_ensure_quotas (UdpnatServerClient *self,
                                    gint64              now_us)
{
  return udpnat_server_identity_ensure_quotas (self->identity, self->server, now_us);
}

/* ---- Time ---- */

/* When the session is over if nothing comes. */
static gint64
get_end (const UdpnatServerClient *self)
{
  return self->heard_us + self->idle_us + UDPNAT_SERVER_SESSION_GRACE_US;
}

static void
set_timer (UdpnatServerClient *self)
{
  gint64 deadline_us = udpnat_time_min (get_end (self), self->rest_us);

  if (self->identity == NULL)
    return;
  deadline_us = udpnat_time_min (deadline_us, udpnat_session_next_deadline (self->session));
  /* To come too early once costs less than to be moved by each packet. */
  if (self->timer.index == 0 || deadline_us < self->timer.deadline_us)
    udpnat_heap_set (self->server->timers, &self->timer, deadline_us);
}

/**
 * udpnat_server_client_touch: something has happened to the session: it may have something to send,
 * and another deadline */
void
udpnat_server_client_touch (UdpnatServerClient *self)
{
  set_timer (self);
  if (self->is_dirty)
    return;
  self->is_dirty = TRUE;
  g_queue_push_tail_link (&self->server->dirty, &self->dirty_link);
}

/** udpnat_server_client_handle_deadline: frees the client when its time is over, or it rests */
void
udpnat_server_client_handle_deadline (UdpnatServerClient *self,
                                      gint64              now_us)
{
  udpnat_heap_remove (self->server->timers, &self->timer);
  if (get_end (self) <= now_us)
    {
      udpnat_server_client_free (self, now_us);
      return;
    }
  udpnat_session_handle_deadline (self->session, now_us);
  if (self->rest_us <= now_us)
    {
      if (udpnat_server_client_rest (self, now_us))
        return;
      self->rest_us = now_us + UDPNAT_SERVER_REST_AFTER_US;
    }
  udpnat_server_client_touch (self);
  /* Until its packets have been popped a session may still name the time that has just come. */
  if (self->timer.deadline_us <= now_us)
    udpnat_heap_set (self->server->timers, &self->timer, now_us + UDPNAT_MSEC (1));
}

/* ---- Events of the session ---- */

static void
handle_frame (UdpnatServerClient       *self,
              gint64                    now_us,
              const UdpnatAddress      *source,
              const UdpnatSessionEvent *event)
{
  UdpnatFrameView frame = { event->frame_type, event->body, event->n_body };

  switch ((UdpnatFrameType) event->frame_type)
    {
    case UDPNAT_FRAME_RELAY:
      udpnat_server_relay (self->server, now_us, self->identity, &frame);
      break;
    case UDPNAT_FRAME_DIAL:
      udpnat_server_dial (self->server, now_us, self->identity, &frame);
      break;
    case UDPNAT_FRAME_MESSAGE:
      udpnat_server_handle_question (self->server, now_us, self->identity, &frame);
      break;
    case UDPNAT_FRAME_PATH_RESPONSE:
      udpnat_server_client_handle_response (self, now_us, source, &frame);
      break;
    case UDPNAT_FRAME_PAD:
    case UDPNAT_FRAME_PING:
    case UDPNAT_FRAME_ACK:
    case UDPNAT_FRAME_STREAM:
    case UDPNAT_FRAME_STREAM_WINDOW:
    case UDPNAT_FRAME_CLOSE:
    case UDPNAT_FRAME_EARLY:
    case UDPNAT_FRAME_OBSERVED:
    case UDPNAT_FRAME_PATH_CHALLENGE:
    case UDPNAT_FRAME_RELAY_FAILED:
    case UDPNAT_FRAME_DIAL_FAILED:
    case UDPNAT_FRAME_INCOMING:
      break;
    }
}

static void
handle_event (UdpnatServerClient       *self,
              gint64                    now_us,
              const UdpnatAddress      *source,
              const UdpnatSessionEvent *event)
{
  switch (event->type)
    {
    case UDPNAT_SESSION_EVENT_REKEYED:
      /* HS2 went there and was understood. */
      if (!self->is_hs2_spread && udpnat_address_equal (&self->address, &self->hs2_address))
        self->is_proven = TRUE;
      break;
    case UDPNAT_SESSION_EVENT_ESTABLISHED: /* it has been that from the beginning */
    case UDPNAT_SESSION_EVENT_FRESH: /* only who starts handshakes meets it */
      break;
    case UDPNAT_SESSION_EVENT_FRAME:
      handle_frame (self, now_us, source, event);
      break;
    case UDPNAT_SESSION_EVENT_READABLE: /* after all events */
      break;
    case UDPNAT_SESSION_EVENT_CLOSED:
      udpnat_server_client_detach (self, now_us);
      break;
    }
}

/**
 * udpnat_server_client_handle_data:
 * @datagram: a DATA whose receiver index led here
 */
UdpnatRxResult
udpnat_server_client_handle_data (UdpnatServerClient   *self,
                                  gint64                now_us,
                                  const UdpnatDatagram *datagram)
{
  guint8             data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionEvent event;
  UdpnatRxResult     result;
  UdpnatDataView     view;

  if (self->identity == NULL || !udpnat_data_parse (&view, datagram->data, datagram->n_data))
    return UDPNAT_RX_IGNORED;
  udpnat_server_gather_answer (self->server, now_us);
  memcpy (data, datagram->data, datagram->n_data);
  result = udpnat_session_handle_packet (self->session, now_us, data, datagram->n_data);
  if (result == UDPNAT_RX_IGNORED)
    return result;
  /* Authentic from here on, also when malformed. */
  self->heard_us = now_us;
  self->rest_us = now_us + UDPNAT_SERVER_REST_AFTER_US;
  udpnat_server_client_note_source (self, now_us, datagram, view.number);
  while (self->identity != NULL && udpnat_session_pop_event (self->session, &event))
    handle_event (self, now_us, &datagram->remote, &event);
  if (self->identity != NULL && result == UDPNAT_RX_MALFORMED)
    udpnat_server_client_end (self, now_us, UDPNAT_CLOSE_PROTOCOL_ERROR);
  if (self->identity != NULL)
    udpnat_server_read_messages (self, now_us);
  if (self->identity != NULL && self->is_behind)
    udpnat_server_tell_changes (self);
  if (self->identity != NULL && self->is_watch_behind)
    udpnat_server_tell_watches (self);
  if (self->identity != NULL)
    udpnat_server_tell_mail (self, now_us);
  udpnat_server_client_touch (self);
  return result;
}

/* ---- Packets out ---- */

static gboolean
may_leave (UdpnatServerClient     *self,
           UdpnatSessionOutputKind kind,
           gsize                   n_data,
           UdpnatAddress          *out_to)
{
  switch (kind)
    {
    case UDPNAT_SESSION_OUTPUT_HS2: /* never longer than the HS1 that came from there */
      *out_to = self->hs2_address;
      return TRUE;
    case UDPNAT_SESSION_OUTPUT_DATA:
      *out_to = self->address;
      return udpnat_server_client_may_send (self, n_data);
    case UDPNAT_SESSION_OUTPUT_HANDSHAKE: /* a server only answers */
      return FALSE;
    }
  g_assert_not_reached ();
}

/**
 * udpnat_server_client_pop_output:
 *
 * What may not be sent to an unproven address is dropped, as if the network had lost it.
 *
 * Returns: %FALSE when there is nothing (more); then the client has left the queue of those that
 *   may have something, and is
 *   freed if it was over
 */
gboolean
udpnat_server_client_pop_output (UdpnatServerClient *self,
                                 gint64              now_us,
                                 UdpnatDatagram     *out_datagram)
{
  UdpnatSessionOutputKind kind;

  while (udpnat_session_pop_output (self->session, now_us, &kind, out_datagram->data,
                                    &out_datagram->n_data))
    if (may_leave (self, kind, out_datagram->n_data, &out_datagram->remote))
      {
        out_datagram->socket = udpnat_address_is_tunnel (&out_datagram->remote)
                                 ? UDPNAT_SOCKET_TUNNEL
                                 : UDPNAT_SOCKET_MAIN;
        out_datagram->ttl = 0;
        return TRUE;
      }
  self->is_dirty = FALSE;
  g_queue_unlink (&self->server->dirty, &self->dirty_link);
  if (self->identity == NULL)
    udpnat_server_client_free (self, now_us);
  else
    set_timer (self);
  return FALSE;
}

/**
 * udpnat_server_client_send_carrier:
 * @frames: none of them eliciting; sent once
 * @n_carried: see udpnat_session_seal_carrier()
 *
 * Returns: whether they are on their way; %FALSE when there are no keys, or the address may not be
 *   sent so much
 */
gboolean
udpnat_server_client_send_carrier (UdpnatServerClient *self,
                                   gint64              now_us,
                                   const guint8       *frames,
                                   gsize               n_frames,
                                   gsize               n_carried)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_packet;

  if (!udpnat_server_client_may_send (self, n_frames + UDPNAT_DATA_MIN_BYTES))
    return FALSE;
  n_packet = udpnat_session_seal_carrier (self->session, now_us, frames, n_frames, n_carried,
                                          packet);
  if (n_packet == 0)
    return FALSE;
  udpnat_server_push_output (self->server, UDPNAT_SOCKET_MAIN, &self->address, packet, n_packet);
  return TRUE;
}

/** udpnat_server_client_send_frames: as udpnat_server_client_send_carrier(), all of them sealed */
gboolean
udpnat_server_client_send_frames (UdpnatServerClient *self,
                                  gint64              now_us,
                                  const guint8       *frames,
                                  gsize               n_frames)
{
  return udpnat_server_client_send_carrier (self, now_us, frames, n_frames, 0);
}
