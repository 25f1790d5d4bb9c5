#include "config.h"

#include "udpnat-session-private.h"

/* The session's streams: made when first used from either side, gone only with the session
 * (PROTOCOL.md section 6). A client-server session has few, so that a stranger cannot make a server
 * hold many windows. */

void
udpnat_session_stream_free (UdpnatSessionStream *stream)
{
  if (stream == NULL)
    return;
  udpnat_send_stream_free (stream->send);
  udpnat_receive_stream_free (stream->receive);
  g_free (stream);
}

static guint
get_streams_max (const UdpnatSession *self)
{
  switch (self->config.role)
    {
    case UDPNAT_ROLE_CLIENT_SERVER:
      return UDPNAT_STREAMS_SERVER_MAX;
    case UDPNAT_ROLE_PEER_PEER:
      return UDPNAT_STREAMS_MAX;
    case UDPNAT_ROLE_RESUMPTION: /* of packets only */
      break;
    }
  g_assert_not_reached ();
}

UdpnatSessionStream *
udpnat_session_find_stream (const UdpnatSession *self,
                            guint32              stream)
{
  return stream < self->streams->len ? self->streams->pdata[stream] : NULL;
}

/** udpnat_session_put_stream: @send, @receive: (transfer full): of one that is not there yet */
void
udpnat_session_put_stream (UdpnatSession       *self,
                           guint32              number,
                           UdpnatSendStream    *send,
                           UdpnatReceiveStream *receive)
{
  UdpnatSessionStream *stream = g_new0 (UdpnatSessionStream, 1);

  stream->send = send;
  stream->receive = receive;
  if (number >= self->streams->len)
    g_ptr_array_set_size (self->streams, number + 1);
  self->streams->pdata[number] = stream;
}

/** udpnat_session_ensure_stream: (nullable): %NULL when @stream is beyond the limit */
UdpnatSessionStream *
udpnat_session_ensure_stream (UdpnatSession *self,
                              guint32        stream)
{
  UdpnatSessionStream *found = udpnat_session_find_stream (self, stream);

  if (found != NULL)
    return found;
  if (stream >= get_streams_max (self))
    return NULL;
  udpnat_session_put_stream (self, stream, udpnat_send_stream_new (),
                             udpnat_receive_stream_new ());
  return udpnat_session_find_stream (self, stream);
}

/**
 * udpnat_session_requeue:
 *
 * What @packet carried is to be sent again, as far as it is still missing at the peer
 */
void
udpnat_session_requeue (UdpnatSession          *self,
                        const UdpnatSentPacket *packet)
{
  for (guint i = 0; i < packet->n_pieces; i++)
    {
      const UdpnatSentPiece *piece = &packet->pieces[i];
      UdpnatSessionStream   *stream = udpnat_session_find_stream (self, piece->stream);

      g_assert (stream != NULL); /* it has sent something */
      if (piece->n_bytes == 0)
        stream->is_limit_wanted = TRUE;
      else
        udpnat_send_stream_handle_lost (stream->send, piece->offset, piece->n_bytes);
    }
}

/**
 * udpnat_session_count_sendable:
 *
 * Returns: bytes of frames that wait to be sent, roughly; 0 only if there are none
 */
gsize
udpnat_session_count_sendable (const UdpnatSession *self)
{
  gsize n = self->is_ping_wanted ? UDPNAT_FRAME_HEADER_BYTES : 0;

  for (guint i = 0; i < self->streams->len; i++)
    {
      const UdpnatSessionStream *stream = self->streams->pdata[i];
      gsize                      n_stream;

      if (stream == NULL)
        continue;
      n_stream = udpnat_send_stream_get_sendable (stream->send);
      if (n_stream > 0)
        n += n_stream + UDPNAT_STREAM_OVERHEAD_BYTES;
      if (stream->is_limit_wanted)
        n += UDPNAT_STREAM_OVERHEAD_BYTES;
    }
  return n;
}

/* How much a stream may hold. Of a file it is what is on its way, however much that is, and as much
 * again as any stream holds; more would only leave the processor's cache before it is sent. */
static gsize
get_buffer (const UdpnatSession       *self,
            const UdpnatSessionStream *found,
            guint32                    stream)
{
  gsize n_sent = 0;

  if (stream >= UDPNAT_STREAM_FILES && found != NULL)
    n_sent = udpnat_send_stream_get_sent (found->send);
  return MIN (n_sent + UDPNAT_STREAM_SEND_BUFFER_BYTES, UDPNAT_STREAM_WINDOW_MAX_BYTES);
}

/**
 * udpnat_session_stream_write:
 * @stream: 0 control, 1 chat, from 2 files; below %UDPNAT_STREAMS_MAX
 *
 * Queues bytes, to be kept until the peer has acknowledged them. Works before the handshake, too.
 *
 * Returns: how many bytes were taken: fewer when the send buffer is full, none in a closed session
 */
gsize
udpnat_session_stream_write (UdpnatSession *self,
                             guint32        stream,
                             const guint8  *data,
                             gsize          n_data)
{
  UdpnatSessionStream *found;

  if (self->state == UDPNAT_SESSION_STATE_CLOSED || n_data == 0)
    return 0;
  found = udpnat_session_ensure_stream (self, stream);
  g_assert (found != NULL);
  return udpnat_send_stream_write (found->send, get_buffer (self, found, stream), data, n_data);
}

/**
 * udpnat_session_stream_get_space:
 *
 * Returns: how many bytes udpnat_session_stream_write() would take
 */
gsize
udpnat_session_stream_get_space (const UdpnatSession *self,
                                 guint32              stream)
{
  const UdpnatSessionStream *found = udpnat_session_find_stream (self, stream);

  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return 0;
  if (found == NULL)
    return get_buffer (self, found, stream);
  return udpnat_send_stream_get_space (found->send, get_buffer (self, found, stream));
}

/** udpnat_session_stream_unacked: Returns: bytes written that the peer has not acknowledged */
gsize
udpnat_session_stream_unacked (const UdpnatSession *self,
                               guint32              stream)
{
  const UdpnatSessionStream *found = udpnat_session_find_stream (self, stream);

  return found != NULL ? udpnat_send_stream_get_unacked (found->send) : 0;
}

/**
 * udpnat_session_stream_peek:
 *
 * Returns: (transfer none) (nullable) (array length=out_n): all bytes that came in order and were
 *   not consumed, valid until the next consume or handle call
 */
const guint8 *
udpnat_session_stream_peek (const UdpnatSession *self,
                            guint32              stream,
                            gsize               *out_n)
{
  const UdpnatSessionStream *found = udpnat_session_find_stream (self, stream);

  *out_n = 0;
  return found != NULL ? udpnat_receive_stream_peek (found->receive, out_n) : NULL;
}

/**
 * udpnat_session_stream_consume:
 * @n_consumed: at most what peek gave; lets the peer send as much more
 */
void
udpnat_session_stream_consume (UdpnatSession *self,
                               gint64         now_us,
                               guint32        stream,
                               gsize          n_consumed)
{
  UdpnatSessionStream *found = udpnat_session_find_stream (self, stream);

  if (found == NULL)
    {
      g_assert (n_consumed == 0);
      return;
    }
  if (udpnat_receive_stream_consume (found->receive, n_consumed))
    found->is_limit_wanted = TRUE;
}
