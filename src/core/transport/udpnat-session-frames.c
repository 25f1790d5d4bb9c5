#include "config.h"

#include "udpnat-session-private.h"

#include "udpnat-seal.h"

/* DATA packets that come in, and what their frames do (PROTOCOL.md sections 4 to 6). Everything
 * here was sealed by the peer, which says who wrote it and not that it is sane. A packet with a
 * frame that breaks the protocol is not acknowledged. */

/* One timeout is nothing unusual: a lost packet, or an ACK that was delayed. */
#define RETURN_TIMEOUTS 2

typedef struct
{
  UdpnatRxResult result;
  gboolean       is_eliciting;
  gboolean       is_unheard; /* something could not be stored: no ACK, so that it comes again */
} FrameContext;

/* Gives what the last ACK or timeout decided to those who care. */
void
udpnat_session_settle (UdpnatSession *self,
                       gint64         now_us)
{
  UdpnatSentPacket packet;

  while (udpnat_recovery_pop_acked (self->recovery, &packet))
    {
      udpnat_path_mtu_handle_acked (&self->mtu, now_us, packet.n_bytes, packet.is_trial);
      if (packet.has_ack)
        udpnat_ack_tracker_forget (&self->acks, packet.ack_largest);
      for (guint i = 0; i < packet.n_pieces; i++)
        {
          const UdpnatSentPiece *piece = &packet.pieces[i];
          UdpnatSessionStream   *stream = udpnat_session_find_stream (self, piece->stream);

          if (piece->n_bytes > 0)
            udpnat_send_stream_handle_acked (stream->send, piece->offset, piece->n_bytes);
        }
    }
  while (udpnat_recovery_pop_lost (self->recovery, &packet))
    {
      udpnat_path_mtu_handle_lost (&self->mtu, now_us,
                                   udpnat_rtt_get_pto (udpnat_recovery_get_rtt (self->recovery)),
                                   packet.n_bytes, packet.is_trial);
      udpnat_session_requeue (self, &packet);
    }
  udpnat_congestion_set_max_packet (udpnat_recovery_get_congestion (self->recovery),
                                    udpnat_path_mtu_get (&self->mtu));
}

static void
handle_ack (UdpnatSession         *self,
            gint64                 now_us,
            const UdpnatFrameView *frame,
            FrameContext          *context)
{
  UdpnatAck ack;

  if (!udpnat_frame_parse_ack (frame, &ack) || ack.ranges[0].last >= self->next_number)
    {
      context->result = UDPNAT_RX_MALFORMED;
      return;
    }
  if (!udpnat_recovery_handle_ack (self->recovery, now_us, &ack))
    return;
  udpnat_session_settle (self, now_us);
  self->unanswered_since_us = udpnat_recovery_get_count (self->recovery) > 0 ? now_us
                                                                             : UDPNAT_TIME_NEVER;
}

/* Whoever was silent for long is heard again: what waits for the next timeout need not. */
static void
note_return (UdpnatSession *self)
{
  if (udpnat_recovery_get_timeouts (self->recovery) >= RETURN_TIMEOUTS)
    udpnat_session_hurry (self);
}

static void
push_readable (UdpnatSession       *self,
               UdpnatSessionStream *stream,
               guint32              number)
{
  if (stream->is_readable_queued)
    return;
  stream->is_readable_queued = TRUE;
  udpnat_session_push_event (self, &(UdpnatSessionEvent) {
                               .type = UDPNAT_SESSION_EVENT_READABLE,
                               .stream = number,
                             });
}

static void
handle_stream (UdpnatSession         *self,
               const UdpnatFrameView *frame,
               FrameContext          *context)
{
  UdpnatStreamFrame    data;
  UdpnatSessionStream *stream;
  gsize                n_before, n_after;

  if (!udpnat_frame_parse_stream (frame, &data)
      || (stream = udpnat_session_ensure_stream (self, data.stream)) == NULL)
    {
      context->result = UDPNAT_RX_MALFORMED;
      return;
    }
  udpnat_receive_stream_peek (stream->receive, &n_before);
  switch (udpnat_receive_stream_handle_data (stream->receive, data.offset, data.data, data.n_data))
    {
    case UDPNAT_RECEIVE_TAKEN:
      break;
    case UDPNAT_RECEIVE_NO_ROOM:
      context->is_unheard = TRUE;
      break;
    case UDPNAT_RECEIVE_BEYOND_WINDOW:
      context->result = UDPNAT_RX_MALFORMED;
      break;
    }
  udpnat_receive_stream_peek (stream->receive, &n_after);
  if (n_after > n_before)
    push_readable (self, stream, data.stream);
}

static void
handle_stream_window (UdpnatSession         *self,
                      const UdpnatFrameView *frame,
                      FrameContext          *context)
{
  UdpnatSessionStream *stream;
  guint32              number;
  guint64              limit;

  if (!udpnat_frame_parse_stream_window (frame, &number, &limit)
      || (stream = udpnat_session_ensure_stream (self, number)) == NULL)
    {
      context->result = UDPNAT_RX_MALFORMED;
      return;
    }
  udpnat_send_stream_set_limit (stream->send, limit);
}

static void
handle_close (UdpnatSession         *self,
              const UdpnatFrameView *frame,
              FrameContext          *context)
{
  const char *text;
  guint16     reason;
  gsize       n_text;

  if (!udpnat_frame_parse_close (frame, &reason, &text, &n_text))
    {
      context->result = UDPNAT_RX_MALFORMED;
      return;
    }
  udpnat_session_cancel_handshake (self);
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_CLOSED);
  udpnat_session_push_event (self, &(UdpnatSessionEvent) {
                               .type = UDPNAT_SESSION_EVENT_CLOSED,
                               .reason = reason,
                               .body = (const guint8 *) text,
                               .n_body = n_text,
                             });
}

static void
push_frame (UdpnatSession         *self,
            const UdpnatFrameView *frame)
{
  udpnat_session_push_event (self, &(UdpnatSessionEvent) {
                               .type = UDPNAT_SESSION_EVENT_FRAME,
                               .frame_type = frame->type,
                               .body = frame->body,
                               .n_body = frame->n_body,
                             });
}

static void
handle_frame (UdpnatSession         *self,
              gint64                 now_us,
              const UdpnatFrameView *frame,
              FrameContext          *context)
{
  if (udpnat_frame_is_eliciting (frame->type))
    context->is_eliciting = TRUE;
  switch ((UdpnatFrameType) frame->type)
    {
    case UDPNAT_FRAME_PAD:
    case UDPNAT_FRAME_PING:
      break;
    case UDPNAT_FRAME_ACK:
      handle_ack (self, now_us, frame, context);
      break;
    case UDPNAT_FRAME_STREAM:
      handle_stream (self, frame, context);
      break;
    case UDPNAT_FRAME_STREAM_WINDOW:
      handle_stream_window (self, frame, context);
      break;
    case UDPNAT_FRAME_CLOSE:
      handle_close (self, frame, context);
      break;
    case UDPNAT_FRAME_EARLY: /* belongs into handshakes */
      break;
    case UDPNAT_FRAME_OBSERVED:
    case UDPNAT_FRAME_PATH_CHALLENGE:
    case UDPNAT_FRAME_PATH_RESPONSE:
    case UDPNAT_FRAME_RELAY:
    case UDPNAT_FRAME_DIAL:
    case UDPNAT_FRAME_RELAY_FAILED:
    case UDPNAT_FRAME_DIAL_FAILED:
    case UDPNAT_FRAME_INCOMING:
    case UDPNAT_FRAME_MESSAGE:
      push_frame (self, frame);
      break;
    }
}

static void
handle_frames (UdpnatSession *self,
               gint64         now_us,
               const guint8  *frames,
               gsize          n_frames,
               FrameContext  *context)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;

  udpnat_reader_init (&reader, frames, n_frames);
  while (self->state != UDPNAT_SESSION_STATE_CLOSED && context->result == UDPNAT_RX_OK
         && udpnat_frame_next (&reader, &frame))
    handle_frame (self, now_us, &frame, context);
  if (reader.failed)
    context->result = UDPNAT_RX_MALFORMED;
}

/** udpnat_session_handle_data: decrypts @data in place */
UdpnatRxResult
udpnat_session_handle_data (UdpnatSession *self,
                            gint64         now_us,
                            guint8        *data,
                            gsize          n_data)
{
  FrameContext   context = { UDPNAT_RX_OK, FALSE, FALSE };
  guint8        *frames = data + UDPNAT_DATA_HEADER_BYTES;
  UdpnatDataView view;
  UdpnatKeyset  *keyset;

  if (!udpnat_data_parse (&view, data, n_data)
      || (view.n_carried > 0 && self->config.role != UDPNAT_ROLE_CLIENT_SERVER))
    return UDPNAT_RX_MALFORMED;
  keyset = udpnat_session_find_keyset (self, view.receiver_index);
  if (keyset == NULL || !udpnat_keyset_is_usable (keyset, now_us)
      || !udpnat_keyset_open (keyset, &view, frames))
    return UDPNAT_RX_IGNORED;

  self->last_received_us = self->last_used_us = now_us;
  if (keyset == self->next)
    udpnat_session_confirm_keyset (self, now_us);
  handle_frames (self, now_us, frames, view.n_frames, &context);
  note_return (self);
  if (context.result == UDPNAT_RX_OK && !context.is_unheard)
    udpnat_ack_tracker_handle_packet (&self->acks, now_us, udpnat_session_get_rtt (self),
                                      view.number, context.is_eliciting);
  return context.result;
}

/** udpnat_session_handle_hs2_frames: the few that may be there; all others are skipped */
void
udpnat_session_handle_hs2_frames (UdpnatSession *self,
                                  const guint8  *frames,
                                  gsize          n_frames)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;

  udpnat_reader_init (&reader, frames, n_frames);
  while (udpnat_frame_next (&reader, &frame))
    if (frame.type == UDPNAT_FRAME_EARLY || frame.type == UDPNAT_FRAME_OBSERVED
        || frame.type == UDPNAT_FRAME_MESSAGE)
      push_frame (self, &frame);
}
