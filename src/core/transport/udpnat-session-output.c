#include "config.h"

#include "udpnat-session-private.h"

#include "udpnat-seal.h"

#include <string.h>

/* What goes out in DATA: an ACK when there is news, then PING, STREAM-WINDOW, and STREAM data with
 * the control stream first, the chat stream second and the files in turn. Packets are framed when
 * they are popped and never kept: what is lost is framed anew, perhaps into smaller packets. */

#define OVERHEAD_BYTES (UDPNAT_DATA_HEADER_BYTES + UDPNAT_SEAL_TAG_BYTES)
/* Below this a piece of a longer stream is not worth its header; the rest goes with the next
 * packet. */
#define PIECE_MIN_BYTES 16
/* An unproven address gets no packet with less room than this: an ACK, a PING and a short message.
 */
#define ALLOWANCE_MIN_BYTES 100
/* Of a window in each round trip. */
#define PACE_SLOW_START 2
#define PACE_AVOIDANCE 1.25

/* Whether packets may be longer than every path takes: not by a relay, and not what is sent again
 * because nothing has arrived. */
static gboolean
may_be_long (const UdpnatSession *self)
{
  return self->config.role == UDPNAT_ROLE_PEER_PEER && self->n_probes == 0
         && self->config.max_packet_bytes == UDPNAT_DATAGRAM_BASE_BYTES;
}

static gsize
get_packet_limit (const UdpnatSession *self)
{
  gsize n_max = may_be_long (self) ? udpnat_path_mtu_get (&self->mtu)
                                   : self->config.max_packet_bytes;

  if (self->allowance_bytes >= (gint64) n_max)
    return n_max;
  return self->allowance_bytes >= ALLOWANCE_MIN_BYTES ? (gsize) self->allowance_bytes : 0;
}

/* Numbers, seals and accounts for a packet whose frames are in place. */
static gsize
finish_packet (UdpnatSession *self,
               UdpnatKeyset  *keyset,
               gint64         now_us,
               guint8        *packet,
               gsize          n_frames,
               gsize          n_carried)
{
  gsize n = udpnat_keyset_seal (keyset, self->next_number++, packet, n_frames, n_carried);

  self->n_packets_sent++;
  self->last_used_us = now_us;
  if (self->allowance_bytes != G_MAXINT64)
    self->allowance_bytes -= n;
  return n;
}

static UdpnatKeyset *
get_usable_keyset (const UdpnatSession *self,
                   gint64               now_us)
{
  UdpnatKeyset *keyset = udpnat_session_get_send_keyset (self);

  return keyset != NULL && udpnat_keyset_is_usable (keyset, now_us) ? keyset : NULL;
}

/* How long a packet with eliciting frames may be by the congestion window; 0: none may be sent. A
 * small rest of the window is used only for what fits into it whole, or a bulk transfer would be
 * cut into crumbs for good. */
static gsize
get_window_limit (const UdpnatSession *self,
                  gsize                n_wanted,
                  gsize                n_limit)
{
  const UdpnatCongestion *congestion = udpnat_recovery_get_congestion (self->recovery);
  gsize                   n_room = udpnat_congestion_get_room (congestion);

  if (udpnat_recovery_is_full (self->recovery))
    return 0;
  if (n_room >= n_limit || udpnat_congestion_get_in_flight (congestion) == 0)
    return n_limit;
  return n_wanted + OVERHEAD_BYTES + UDPNAT_ACK_FRAME_MAX_BYTES <= n_room ? n_room : 0;
}

/* Bytes per second, RFC 9002 section 7.7; 0: no round trip is known, so no pace. What the way is
 * known to take at most is never exceeded. */
static double
get_pace (const UdpnatSession *self)
{
  const UdpnatCongestion *congestion = udpnat_recovery_get_congestion (self->recovery);
  gint64                  rtt_us = udpnat_recovery_get_rtt (self->recovery)->smoothed_us;
  double                  gain = udpnat_congestion_is_slow_start (congestion)
                                 ? PACE_SLOW_START : PACE_AVOIDANCE;

  double                  pace;

  if (rtt_us == 0)
    return self->rate;
  pace = gain * udpnat_congestion_get_window (congestion) * G_USEC_PER_SEC / rtt_us;
  return self->rate > 0 ? MIN (pace, self->rate) : pace;
}

static gint64
get_pacer_time (const UdpnatSession *self,
                gint64               now_us)
{
  double pace = get_pace (self);

  return pace > 0 ? udpnat_pacer_get_time (&self->pacer, now_us, pace) : now_us;
}

/* How long a packet with eliciting frames may be now; 0: none may be sent. */
static gsize
get_eliciting_limit (UdpnatSession *self,
                     gint64         now_us,
                     gsize          n_limit)
{
  gsize n = 0, n_wanted = udpnat_session_count_sendable (self);

  self->pacer_us = UDPNAT_TIME_NEVER;
  if (n_wanted > 0 && self->n_probes > 0)
    return n_limit;
  if (n_wanted > 0)
    n = get_window_limit (self, n_wanted, n_limit);
  if (n > 0 && get_pacer_time (self, now_us) > now_us)
    {
      self->pacer_us = get_pacer_time (self, now_us);
      n = 0;
    }
  udpnat_congestion_set_waiting (udpnat_recovery_get_congestion (self->recovery),
                                 n_wanted > 0 && n == 0);
  return n;
}

static void
write_ack (UdpnatSession    *self,
           gint64            now_us,
           UdpnatWriter     *writer,
           UdpnatSentPacket *packet)
{
  UdpnatAck ack;

  if (!udpnat_ack_tracker_has_news (&self->acks))
    return;
  udpnat_ack_tracker_get_ack (&self->acks, now_us, &ack);
  if (!udpnat_frame_write_ack (writer, &ack))
    return;
  udpnat_ack_tracker_handle_sent (&self->acks);
  packet->has_ack = TRUE;
  packet->ack_largest = ack.ranges[0].last;
}

static gboolean
write_stream_pieces (UdpnatSession    *self,
                     guint32           number,
                     UdpnatWriter     *writer,
                     UdpnatSentPacket *packet)
{
  UdpnatSessionStream *stream = self->streams->pdata[number];
  gboolean             has_written = FALSE;

  while (stream != NULL && packet->n_pieces < UDPNAT_SENT_PIECES_MAX)
    {
      gsize             n_sendable = udpnat_send_stream_get_sendable (stream->send);
      gsize             n_left = udpnat_writer_left (writer);
      gsize             n_room = n_left - MIN (n_left, UDPNAT_STREAM_OVERHEAD_BYTES);
      UdpnatStreamFrame frame = { .stream = number };

      if (n_sendable == 0 || n_room < MIN (n_sendable, PIECE_MIN_BYTES))
        break;
      frame.data = udpnat_send_stream_take (stream->send, n_room, &frame.offset, &frame.n_data);
      if (!udpnat_frame_write_stream (writer, &frame))
        g_assert_not_reached ();
      packet->pieces[packet->n_pieces++] = (UdpnatSentPiece) {
        .stream = number,
        .n_bytes = (guint32) frame.n_data,
        .offset = frame.offset,
      };
      has_written = TRUE;
    }
  return has_written;
}

static void
write_limits (UdpnatSession    *self,
              gint64            now_us,
              UdpnatWriter     *writer,
              UdpnatSentPacket *packet)
{
  for (guint32 i = 0; i < self->streams->len && packet->n_pieces < UDPNAT_SENT_PIECES_MAX; i++)
    {
      UdpnatSessionStream *stream = self->streams->pdata[i];
      gsize                n_none = 0;
      guint64              limit;

      if (stream == NULL || !stream->is_limit_wanted)
        continue;
      if (udpnat_writer_left (writer) < UDPNAT_STREAM_OVERHEAD_BYTES)
        return;
      limit = udpnat_receive_stream_take_limit (stream->receive, now_us,
                                                udpnat_session_get_rtt (self),
                                                i < UDPNAT_STREAM_FILES ? &n_none
                                                                        : &self->n_spare_window);
      if (!udpnat_frame_write_stream_window (writer, i, limit))
        g_assert_not_reached ();
      stream->is_limit_wanted = FALSE;
      packet->pieces[packet->n_pieces++] = (UdpnatSentPiece) { .stream = i };
    }
}

static void
write_files (UdpnatSession    *self,
             UdpnatWriter     *writer,
             UdpnatSentPacket *packet)
{
  guint n_files = self->streams->len - MIN (self->streams->len, UDPNAT_STREAM_FILES);
  guint first = self->turn;

  for (guint i = 0; i < n_files; i++)
    {
      guint file = (first + i) % n_files;

      if (write_stream_pieces (self, UDPNAT_STREAM_FILES + file, writer, packet))
        self->turn = file + 1;
    }
}

/* Returns: whether anything was written */
static gboolean
write_eliciting (UdpnatSession    *self,
                 gint64            now_us,
                 UdpnatWriter     *writer,
                 UdpnatSentPacket *packet)
{
  gsize n_before = writer->n_written;

  if (self->is_ping_wanted && udpnat_frame_write_ping (writer))
    self->is_ping_wanted = FALSE;
  write_limits (self, now_us, writer, packet);
  for (guint32 i = 0; i < MIN (self->streams->len, UDPNAT_STREAM_FILES); i++)
    write_stream_pieces (self, i, writer, packet);
  write_files (self, writer, packet);
  return writer->n_written > n_before;
}

static gsize
pop_close (UdpnatSession *self,
           UdpnatKeyset  *keyset,
           gint64         now_us,
           gsize          n_limit,
           guint8        *out)
{
  UdpnatWriter writer;

  self->is_close_wanted = FALSE;
  udpnat_writer_init (&writer, out + UDPNAT_DATA_HEADER_BYTES, n_limit - OVERHEAD_BYTES);
  if (!udpnat_frame_write_close (&writer, self->close_reason, self->close_text)
      && !udpnat_frame_write_close (&writer, self->close_reason, ""))
    return 0;
  return finish_packet (self, keyset, now_us, out, writer.n_written, 0);
}

static void
track_packet (UdpnatSession    *self,
              gint64            now_us,
              gsize             n_bytes,
              UdpnatSentPacket *packet)
{
  packet->number = self->next_number - 1;
  packet->sent_us = now_us;
  packet->n_bytes = n_bytes;
  udpnat_pacer_handle_sent (&self->pacer, now_us, get_pace (self), n_bytes);
  udpnat_recovery_handle_sent (self->recovery, packet);
  if (self->n_probes > 0)
    self->n_probes--;
  if (self->unanswered_since_us == UDPNAT_TIME_NEVER)
    self->unanswered_since_us = now_us;
}

/* Of nothing but its length. Only while there is much to send is it worth a packet. Returns: 0: not
 * now */
static gsize
get_trial_bytes (const UdpnatSession *self)
{
  gsize n_waiting = 0;

  if (!may_be_long (self) || udpnat_path_mtu_get_probe (&self->mtu) == 0
      || self->allowance_bytes != G_MAXINT64)
    return 0;
  for (guint i = UDPNAT_STREAM_FILES; i < self->streams->len && n_waiting == 0; i++)
    if (self->streams->pdata[i] != NULL)
      n_waiting = udpnat_send_stream_get_sendable (
        ((UdpnatSessionStream *) self->streams->pdata[i])->send);
  return n_waiting > UDPNAT_DATAGRAM_MAX_BYTES ? udpnat_path_mtu_get_probe (&self->mtu) : 0;
}

/* Returns: %TRUE: it has something to be acknowledged */
static gboolean
write_trial (UdpnatSession    *self,
             UdpnatWriter     *writer,
             UdpnatSentPacket *packet)
{
  if (!udpnat_frame_write_ping (writer)
      || !udpnat_frame_write_pad (writer, udpnat_writer_left (writer) - UDPNAT_FRAME_HEADER_BYTES))
    g_assert_not_reached ();
  packet->is_trial = TRUE;
  udpnat_path_mtu_handle_sent (&self->mtu);
  return TRUE;
}

/** udpnat_session_pop_data: the next DATA packet, if one is due and may be sent */
gboolean
udpnat_session_pop_data (UdpnatSession *self,
                         gint64         now_us,
                         guint8        *out,
                         gsize         *out_n)
{
  UdpnatKeyset    *keyset = get_usable_keyset (self, now_us);
  gsize            n_limit = get_packet_limit (self);
  UdpnatSentPacket packet;
  gboolean         is_eliciting = FALSE;
  gsize            n_eliciting, n_trial;
  UdpnatWriter     writer;

  if (keyset == NULL || n_limit == 0 || self->is_held)
    return FALSE;
  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return self->is_close_wanted && (*out_n = pop_close (self, keyset, now_us, n_limit, out)) > 0;

  n_eliciting = get_eliciting_limit (self, now_us, n_limit);
  if (n_eliciting == 0 && !self->acks.is_due)
    return FALSE;
  memset (&packet, 0, offsetof (UdpnatSentPacket, pieces));
  n_trial = n_eliciting > 0 ? get_trial_bytes (self) : 0;
  udpnat_writer_init (&writer, out + UDPNAT_DATA_HEADER_BYTES,
                      MAX (n_trial, n_eliciting > 0 ? n_eliciting : n_limit) - OVERHEAD_BYTES);
  write_ack (self, now_us, &writer, &packet);
  if (n_trial > 0)
    is_eliciting = write_trial (self, &writer, &packet);
  else if (n_eliciting > 0)
    is_eliciting = write_eliciting (self, now_us, &writer, &packet);
  if (writer.n_written == 0)
    return FALSE;
  *out_n = finish_packet (self, keyset, now_us, out, writer.n_written, 0);
  if (is_eliciting)
    track_packet (self, now_us, *out_n, &packet);
  return TRUE;
}

/**
 * udpnat_session_seal_carrier:
 * @frames: whole frames, none of them eliciting
 * @n_carried: so many of their last bytes are a packet that others have sealed, and are sent as
 *   they are: for relaying, which then costs the same however long they are
 * @out: room for %UDPNAT_DATAGRAM_MAX_BYTES
 *
 * Makes one DATA packet that is neither acknowledged nor repeated, nor held back by congestion
 * control.
 *
 * Returns: its length; 0 when there are no keys or it would be too long
 */
gsize
udpnat_session_seal_carrier (UdpnatSession *self,
                             gint64         now_us,
                             const guint8  *frames,
                             gsize          n_frames,
                             gsize          n_carried,
                             guint8        *out)
{
  UdpnatKeyset *keyset = get_usable_keyset (self, now_us);

  if (self->state == UDPNAT_SESSION_STATE_CLOSED || keyset == NULL
      || n_frames + OVERHEAD_BYTES > self->config.max_packet_bytes
      || (gint64) (n_frames + OVERHEAD_BYTES) > self->allowance_bytes)
    return 0;
  memcpy (out + UDPNAT_DATA_HEADER_BYTES, frames, n_frames);
  return finish_packet (self, keyset, now_us, out, n_frames, n_carried);
}

/** udpnat_session_seal_frames: as udpnat_session_seal_carrier() with all of them sealed: for path
 * probes and what else is not worth repeating */
gsize
udpnat_session_seal_frames (UdpnatSession *self,
                            gint64         now_us,
                            const guint8  *frames,
                            gsize          n_frames,
                            guint8        *out)
{
  return udpnat_session_seal_carrier (self, now_us, frames, n_frames, 0, out);
}
