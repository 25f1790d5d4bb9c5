#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

/* Packets of the server flow, in and out. The node shares its socket and its index table with the
 * sessions of peers: ours is what our session's indexes lead to, and what comes from the server's
 * address without one. */

/* ---- Out ---- */

/** udpnat_rendezvous_client_push_output: Returns: %FALSE when too many packets wait */
gboolean
udpnat_rendezvous_client_push_output (UdpnatRendezvousClient *self,
                                      const UdpnatAddress    *to,
                                      const guint8           *data,
                                      gsize                   n_data)
{
  UdpnatDatagram *datagram;

  if (self->outputs.length >= UDPNAT_RENDEZVOUS_OUTPUTS_MAX)
    return FALSE;
  datagram = g_new (UdpnatDatagram, 1);
  datagram->socket = UDPNAT_SOCKET_MAIN;
  datagram->ttl = 0;
  datagram->remote = *to;
  datagram->n_data = n_data;
  memcpy (datagram->data, data, n_data);
  g_queue_push_tail (&self->outputs, datagram);
  return TRUE;
}

/* UNKNOWN names the index that our DATA carried: the server's. */
static void
note_remote_index (UdpnatRendezvousClient *self,
                   const guint8           *data,
                   gsize                   n_data)
{
  UdpnatDataView view;

  if (udpnat_data_parse (&view, data, n_data))
    self->remote_index = view.receiver_index;
}

/* @n_carried: see udpnat_session_seal_carrier() */
static gboolean
send_carrier (UdpnatRendezvousClient *self,
              gint64                  now_us,
              const guint8           *frames,
              gsize                   n_frames,
              gsize                   n_carried)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_packet;

  if (self->session == NULL || self->outputs.length >= UDPNAT_RENDEZVOUS_OUTPUTS_MAX)
    return FALSE;
  n_packet = udpnat_session_seal_carrier (self->session, now_us, frames, n_frames, n_carried,
                                          packet);
  if (n_packet == 0)
    return FALSE;
  note_remote_index (self, packet, n_packet);
  return udpnat_rendezvous_client_push_output (self, &self->address, packet, n_packet);
}

/**
 * udpnat_rendezvous_client_send_frames: none of them eliciting; sent once. Returns: %FALSE when
 * they could not be sent */
gboolean
udpnat_rendezvous_client_send_frames (UdpnatRendezvousClient *self,
                                      gint64                  now_us,
                                      const guint8           *frames,
                                      gsize                   n_frames)
{
  return send_carrier (self, now_us, frames, n_frames, 0);
}

/**
 * udpnat_rendezvous_client_send_relay:
 * @handle: of the receiver
 * @inner: (array length=n_inner): a packet of at most %UDPNAT_RELAY_INNER_MAX_BYTES
 *
 * Returns: %FALSE when there is no session with the server now
 */
gboolean
udpnat_rendezvous_client_send_relay (UdpnatRendezvousClient *self,
                                     gint64                  now_us,
                                     guint32                 handle,
                                     const guint8           *inner,
                                     gsize                   n_inner)
{
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  g_assert (n_inner <= UDPNAT_RELAY_INNER_MAX_BYTES);
  if (!udpnat_rendezvous_client_is_up (self))
    return FALSE;
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_relay (&writer, handle, inner, n_inner))
    return FALSE;
  return send_carrier (self, now_us, frames, writer.n_written, n_inner);
}

/**
 * udpnat_rendezvous_client_dial:
 * @key: of the receiver, whose handle is not known
 *
 * As udpnat_rendezvous_client_send_relay()
 */
gboolean
udpnat_rendezvous_client_dial (UdpnatRendezvousClient *self,
                               gint64                  now_us,
                               const UdpnatPublicKey  *key,
                               const guint8           *inner,
                               gsize                   n_inner)
{
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  g_assert (n_inner <= UDPNAT_RELAY_INNER_MAX_BYTES);
  if (!udpnat_rendezvous_client_is_up (self))
    return FALSE;
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_dial (&writer, key->bytes, inner, n_inner))
    return FALSE;
  return send_carrier (self, now_us, frames, writer.n_written, n_inner);
}

static gboolean
pop_session_output (UdpnatRendezvousClient *self,
                    gint64                  now_us,
                    guint8                 *out,
                    gsize                  *out_n)
{
  UdpnatSessionOutputKind kind;

  if (self->session == NULL || (self->is_quiet && !self->is_handshake_due)
      || !udpnat_session_pop_output (self->session, now_us, &kind, out, out_n))
    return FALSE;
  if (kind == UDPNAT_SESSION_OUTPUT_HANDSHAKE)
    {
      self->is_handshake_due = FALSE;
      self->hs1_us = now_us;
    }
  note_remote_index (self, out, *out_n);
  return TRUE;
}

/**
 * udpnat_rendezvous_client_flush_session: what the session has to say goes out even if it is freed
 * now */
void
udpnat_rendezvous_client_flush_session (UdpnatRendezvousClient *self,
                                        gint64                  now_us)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_packet;

  self->is_quiet = FALSE;
  udpnat_rendezvous_client_send_acks (self);
  while (pop_session_output (self, now_us, packet, &n_packet))
    (void) udpnat_rendezvous_client_push_output (self, &self->address, packet, n_packet);
}

/** udpnat_rendezvous_client_pop_output: Returns: %FALSE when there is nothing to send */
gboolean
udpnat_rendezvous_client_pop_output (UdpnatRendezvousClient *self,
                                     gint64                  now_us,
                                     UdpnatDatagram         *out_datagram)
{
  g_autofree UdpnatDatagram *datagram = g_queue_pop_head (&self->outputs);

  if (datagram != NULL)
    *out_datagram = *datagram;
  else
    {
      udpnat_rendezvous_client_send_acks (self);
      if (!pop_session_output (self, now_us, out_datagram->data, &out_datagram->n_data))
        return FALSE;
      out_datagram->socket = UDPNAT_SOCKET_MAIN;
      out_datagram->ttl = 0;
      out_datagram->remote = self->address;
    }
  if (udpnat_address_equal (&out_datagram->remote, &self->address) && out_datagram->n_data > 0)
    {
      udpnat_rendezvous_client_choose_way (self, out_datagram);
      /* INFO that asks for UDP again is no sign of life by the way in use. */
      if (self->route != UDPNAT_SERVER_ROUTE_TUNNEL || out_datagram->socket == UDPNAT_SOCKET_TUNNEL)
        self->sent_us = now_us;
    }
  return TRUE;
}

/* ---- Frames of the session ---- */

static void
push_relayed (UdpnatRendezvousClient *self,
              guint32                 handle,
              char                   *name,
              const guint8           *inner,
              gsize                   n_inner)
{
  UdpnatRendezvousEvent *event;

  if (self->events.length >= UDPNAT_RENDEZVOUS_EVENTS_MAX)
    {
      g_free (name);
      return;
    }
  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_RELAYED);
  event->handle = handle;
  event->name = name;
  event->data = g_memdup2 (inner, n_inner);
  event->n_data = n_inner;
}

static void
answer_challenge (UdpnatRendezvousClient *self,
                  gint64                  now_us,
                  const UdpnatAddress    *source,
                  guint64                 token)
{
  guint8       frames[64];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_path_response (&writer, token, source))
    g_assert_not_reached ();
  (void) udpnat_rendezvous_client_send_frames (self, now_us, frames, writer.n_written);
}

static void
handle_failure (UdpnatRendezvousClient *self,
                const UdpnatFrameView  *frame)
{
  UdpnatPublicKey        key = { { 0 } };
  gboolean               is_dial = frame->type == UDPNAT_FRAME_DIAL_FAILED;
  UdpnatRendezvousEvent *event;
  guint32                handle = 0, rate_kib = 0;
  guint8                 code;

  if (self->events.length >= UDPNAT_RENDEZVOUS_EVENTS_MAX
      || !(is_dial ? udpnat_frame_parse_dial_failed (frame, key.bytes, &code)
                   : udpnat_frame_parse_relay_failed (frame, &handle, &code, &rate_kib)))
    return;
  event = udpnat_rendezvous_client_push_event (
      self, is_dial ? UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED : UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED);
  event->handle = handle;
  event->key = key;
  event->code = code;
  event->rate_kib = rate_kib;
}

static void
handle_frame (UdpnatRendezvousClient *self,
              gint64                  now_us,
              const UdpnatAddress    *source,
              const UdpnatFrameView  *frame)
{
  UdpnatAddress observed;
  const guint8 *inner;
  char         *name = NULL;
  guint64       token;
  guint32       handle;
  gsize         n_inner;

  switch ((UdpnatFrameType) frame->type)
    {
    case UDPNAT_FRAME_OBSERVED:
      if (udpnat_frame_parse_observed (frame, &observed))
        udpnat_rendezvous_client_set_observed (self, now_us, UDPNAT_SOCKET_MAIN, &observed);
      break;
    case UDPNAT_FRAME_PATH_CHALLENGE:
      if (udpnat_frame_parse_path_challenge (frame, &token))
        answer_challenge (self, now_us, source, token);
      break;
    case UDPNAT_FRAME_RELAY:
      if (udpnat_frame_parse_relay (frame, &handle, &inner, &n_inner))
        push_relayed (self, handle, NULL, inner, n_inner);
      break;
    case UDPNAT_FRAME_INCOMING:
      if (udpnat_frame_parse_incoming (frame, &handle, &name, &inner, &n_inner))
        push_relayed (self, handle, name, inner, n_inner);
      break;
    case UDPNAT_FRAME_RELAY_FAILED:
    case UDPNAT_FRAME_DIAL_FAILED:
      handle_failure (self, frame);
      break;
    case UDPNAT_FRAME_MESSAGE:
      udpnat_rendezvous_client_handle_answer (self, frame);
      break;
    case UDPNAT_FRAME_PAD:
    case UDPNAT_FRAME_PING:
    case UDPNAT_FRAME_ACK:
    case UDPNAT_FRAME_STREAM:
    case UDPNAT_FRAME_STREAM_WINDOW:
    case UDPNAT_FRAME_CLOSE:
    case UDPNAT_FRAME_EARLY:
    case UDPNAT_FRAME_PATH_RESPONSE:
    case UDPNAT_FRAME_DIAL:
      break;
    }
}

/* ---- In ---- */

static void
handle_event (UdpnatRendezvousClient   *self,
              gint64                    now_us,
              const UdpnatAddress      *source,
              const UdpnatSessionEvent *event)
{
  UdpnatFrameView frame = { event->frame_type, event->body, event->n_body };

  switch (event->type)
    {
    case UDPNAT_SESSION_EVENT_FRESH:
      if (udpnat_rendezvous_client_is_up (self))
        udpnat_rendezvous_client_tell_lost (self, UDPNAT_RENDEZVOUS_LOST_UNKNOWN);
      udpnat_rendezvous_client_end_puts (self);
      G_GNUC_FALLTHROUGH;
    case UDPNAT_SESSION_EVENT_ESTABLISHED:
      udpnat_rendezvous_client_handle_up (self, now_us, FALSE);
      udpnat_rendezvous_client_repeat_wishes (self, TRUE);
      break;
    case UDPNAT_SESSION_EVENT_REKEYED:
      udpnat_rendezvous_client_handle_rekeyed (self, now_us);
      break;
    case UDPNAT_SESSION_EVENT_FRAME:
      handle_frame (self, now_us, source, &frame);
      break;
    case UDPNAT_SESSION_EVENT_READABLE:
      udpnat_rendezvous_client_read_messages (self, now_us);
      break;
    case UDPNAT_SESSION_EVENT_CLOSED:
      udpnat_rendezvous_client_handle_closed (self, now_us, event->reason);
      break;
    }
}

static UdpnatSession *
find_session (const UdpnatRendezvousClient *self,
              const guint8                 *data,
              gsize                         n_data)
{
  UdpnatCookieView cookie;
  UdpnatDataView   packet;
  UdpnatHs2View    hs2;
  guint32          index;

  if (udpnat_data_parse (&packet, data, n_data))
    index = packet.receiver_index;
  else if (udpnat_hs2_parse (&hs2, data, n_data))
    index = hs2.receiver_index;
  else if (udpnat_cookie_packet_parse (&cookie, data, n_data))
    index = cookie.receiver_index;
  else
    return NULL;
  return udpnat_index_table_lookup (self->config.indexes, index);
}

static UdpnatRxResult
handle_session_packet (UdpnatRendezvousClient *self,
                       gint64                  now_us,
                       const UdpnatDatagram   *datagram)
{
  UdpnatSession     *session = find_session (self, datagram->data, datagram->n_data);
  guint8             data[UDPNAT_DATAGRAM_MAX_BYTES];
  guint              number = self->n_sessions;
  UdpnatSessionEvent event;
  UdpnatRxResult     result;

  if (session == NULL || session != self->session)
    return UDPNAT_RX_IGNORED;
  memcpy (data, datagram->data, datagram->n_data);
  result = udpnat_session_handle_packet (session, now_us, data, datagram->n_data);
  if (result == UDPNAT_RX_IGNORED)
    return result;
  if (datagram->data[0] == UDPNAT_PACKET_DATA)
    self->is_quiet = FALSE; /* it may want an answer */
  else if (datagram->data[0] == UDPNAT_PACKET_COOKIE)
    self->is_handshake_due = TRUE;
  /* An event may end the session. */
  while (self->n_sessions == number && udpnat_session_pop_event (session, &event))
    handle_event (self, now_us, &datagram->remote, &event);
  if (datagram->data[0] == UDPNAT_PACKET_HS2)
    udpnat_rendezvous_client_forget_early (self);
  if (self->n_sessions == number && result == UDPNAT_RX_MALFORMED)
    udpnat_rendezvous_client_end (self, now_us, UDPNAT_CLOSE_PROTOCOL_ERROR);
  return result;
}

static UdpnatRxResult
handle_unknown_packet (UdpnatRendezvousClient *self,
                       gint64                  now_us,
                       const UdpnatDatagram   *datagram)
{
  guint32 index;

  if (!udpnat_unknown_parse (datagram->data, datagram->n_data, &index))
    return UDPNAT_RX_MALFORMED;
  if (!udpnat_address_equal (&datagram->remote, &self->address))
    return UDPNAT_RX_IGNORED;
  if (udpnat_rendezvous_client_handle_no_ticket (self, now_us, index))
    return UDPNAT_RX_OK;
  if (self->remote_index == 0 || index != self->remote_index)
    return UDPNAT_RX_IGNORED;
  udpnat_rendezvous_client_handle_unknown (self, now_us);
  return UDPNAT_RX_OK;
}

/**
 * udpnat_rendezvous_client_owns:
 *
 * Returns: whether @datagram belongs to the server flow and not to a peer
 */
gboolean
udpnat_rendezvous_client_owns (const UdpnatRendezvousClient *self,
                               const UdpnatDatagram         *datagram)
{
  UdpnatSession   *session;
  UdpnatPacketType type;

  if (!udpnat_packet_classify (datagram->data, datagram->n_data, &type))
    return FALSE;
  switch (type)
    {
    case UDPNAT_PACKET_INFO_REPLY: /* only servers send it, but we may know several */
      return udpnat_address_equal_ip (&datagram->remote, &self->address)
             && (datagram->remote.port == self->address.port
                 || datagram->remote.port == self->alt_port);
    case UDPNAT_PACKET_UNKNOWN:
      return udpnat_address_equal (&datagram->remote, &self->address);
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_DATA:
      session = find_session (self, datagram->data, datagram->n_data);
      return session != NULL && session == self->session;
    case UDPNAT_PACKET_HS1:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO:
      return FALSE;
    }
  g_assert_not_reached ();
}

/**
 * udpnat_rendezvous_client_handle_datagram:
 *
 * Pop events, then outputs, afterwards
 */
UdpnatRxResult
udpnat_rendezvous_client_handle_datagram (UdpnatRendezvousClient *self,
                                          gint64                  now_us,
                                          const UdpnatDatagram   *datagram)
{
  UdpnatRxResult   result = UDPNAT_RX_IGNORED;
  UdpnatPacketType type;

  self->came_by_tunnel = datagram->socket == UDPNAT_SOCKET_TUNNEL;
  if (self->came_by_tunnel && datagram->n_data == 0)
    {
      udpnat_rendezvous_client_handle_tunnel_closed (self, now_us);
      return UDPNAT_RX_OK;
    }
  if (!udpnat_packet_classify (datagram->data, datagram->n_data, &type))
    return UDPNAT_RX_MALFORMED;
  self->now_us = now_us;
  switch (type)
    {
    case UDPNAT_PACKET_INFO_REPLY:
      result = udpnat_rendezvous_client_handle_info_reply (self, now_us, datagram);
      break;
    case UDPNAT_PACKET_UNKNOWN:
      result = handle_unknown_packet (self, now_us, datagram);
      break;
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_DATA:
      result = handle_session_packet (self, now_us, datagram);
      break;
    case UDPNAT_PACKET_HS1:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO:
      break;
    }
  if (result == UDPNAT_RX_OK && type != UDPNAT_PACKET_UNKNOWN)
    udpnat_rendezvous_client_note_answer (self, now_us);
  udpnat_rendezvous_client_send_wishes (self, now_us);
  udpnat_rendezvous_client_keep_link (self, now_us);
  return result;
}
