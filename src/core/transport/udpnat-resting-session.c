#include "config.h"

#include "udpnat-resting-session.h"

#include "udpnat-session-private.h"

#include <sodium.h>
#include <string.h>

/* A server has many sessions and little to do with most of them. Whatever a session needs only
 * while something is on its way (loss recovery, congestion control, buffers, a window of a thousand
 * numbers) is given back when nothing is, and made anew when something comes. The peer sees nothing
 * of it: keys, packet numbers and streams go on.
 *
 * Forgotten are, besides: which packets had arrived, but for the newest 64, so that older ones that
 * come late are dropped, as is what comes under the keys before; an HS2 that might have to be
 * repeated; and what congestion control had learnt. */

#define OFFSET_MAX ((G_GUINT64_CONSTANT (1) << 45) - 1)
#define LEFT_MAX ((G_GUINT64_CONSTANT (1) << 19) - 1)

G_STATIC_ASSERT (UDPNAT_STREAM_WINDOW_BYTES <= LEFT_MAX);

/* Returns: %FALSE also for numbers that no sane peer gets to */
static gboolean
pack (guint64              sent,
      guint64              sent_limit,
      guint64              received,
      guint64              received_limit,
      UdpnatRestingStream *out_resting)
{
  if (sent > OFFSET_MAX || received > OFFSET_MAX || sent_limit - sent > LEFT_MAX
      || received_limit - received > LEFT_MAX)
    return FALSE;
  out_resting->sent = sent & OFFSET_MAX;
  out_resting->sent_left = (sent_limit - sent) & LEFT_MAX;
  out_resting->received = received & OFFSET_MAX;
  out_resting->received_left = (received_limit - received) & LEFT_MAX;
  return TRUE;
}

static gboolean
rest_stream (const UdpnatSessionStream *stream,
             UdpnatRestingStream       *out_resting)
{
  guint64 sent, sent_limit, received, received_limit;

  return !stream->is_limit_wanted && !stream->is_readable_queued
         && udpnat_send_stream_is_idle (stream->send, &sent, &sent_limit)
         && udpnat_receive_stream_is_idle (stream->receive, &received, &received_limit)
         && pack (sent, sent_limit, received, received_limit, out_resting);
}

static gboolean
rest_streams (const UdpnatSession  *self,
              UdpnatRestingSession *out_resting)
{
  for (guint i = 0; i < UDPNAT_STREAMS_SERVER_MAX; i++)
    {
      const UdpnatSessionStream *stream = udpnat_session_find_stream (self, i);

      out_resting->streams[i] = (UdpnatRestingStream) {
        .sent_left = UDPNAT_STREAM_WINDOW_BYTES,
        .received_left = UDPNAT_STREAM_WINDOW_BYTES,
      };
      if (stream != NULL && !rest_stream (stream, &out_resting->streams[i]))
        return FALSE;
    }
  return TRUE;
}

/* Nothing on its way in either direction. */
static gboolean
is_at_rest (const UdpnatSession *self)
{
  return self->config.role == UDPNAT_ROLE_CLIENT_SERVER
         && self->state == UDPNAT_SESSION_STATE_ESTABLISHED && self->current != NULL
         && self->handshake == NULL && !self->answer.is_queued
         && self->allowance_bytes == G_MAXINT64 && !self->is_held
         && !udpnat_ack_tracker_has_news (&self->acks) && !self->acks.is_due
         && self->events.length == 0 && !udpnat_session_has_pending (self);
}

static gboolean
rest_keys (const UdpnatSession  *self,
           gint64                now_us,
           UdpnatRestingSession *out_resting)
{
  UdpnatRestingKeys next;

  if (!udpnat_keyset_is_usable (self->current, now_us)
      || !udpnat_keyset_rest (self->current, self->next_number, &out_resting->keys))
    return FALSE;
  if (self->next == NULL)
    return TRUE;
  if (!udpnat_keyset_rest (self->next, self->next_number, &next))
    return FALSE;
  out_resting->next = g_memdup2 (&next, sizeof next);
  sodium_memzero (&next, sizeof next);
  return TRUE;
}

/* Their indexes have found somebody else. */
static void
forget_keys (UdpnatSession *self)
{
  g_clear_pointer (&self->current, udpnat_keyset_free);
  g_clear_pointer (&self->next, udpnat_keyset_free);
}

/**
 * udpnat_session_rest:
 * @holder: (transfer none): to whom the session's index leads from now on
 *
 * Returns: %FALSE, with nothing changed, when it is not the time for it; else @self is freed
 */
gboolean
udpnat_session_rest (UdpnatSession        *self,
                     gint64                now_us,
                     gpointer              holder,
                     UdpnatRestingSession *out_resting)
{
  UdpnatRestingSession resting = { .id = self->id };

  if (!is_at_rest (self) || !rest_streams (self, &resting) || !rest_keys (self, now_us, &resting))
    return FALSE;
  resting.rtt_us = (guint32) MIN (udpnat_session_get_rtt (self), (gint64) G_MAXUINT32);
  udpnat_index_table_set_holder (self->config.indexes, resting.keys.local_index, holder);
  if (resting.next != NULL)
    udpnat_index_table_set_holder (self->config.indexes, resting.next->local_index, holder);
  forget_keys (self);
  udpnat_session_free (self);
  *out_resting = resting;
  sodium_memzero (&resting, sizeof resting);
  return TRUE;
}

static void
free_keys (UdpnatRestingKeys *keys)
{
  sodium_memzero (keys, sizeof *keys);
  g_free (keys);
}

static void
wipe (UdpnatRestingSession *self)
{
  g_clear_pointer (&self->next, free_keys);
  sodium_memzero (self, sizeof *self);
}

static void
wake_streams (UdpnatSession              *self,
              const UdpnatRestingSession *resting)
{
  for (guint i = 0; i < UDPNAT_STREAMS_SERVER_MAX; i++)
    {
      const UdpnatRestingStream *stream = &resting->streams[i];

      if (stream->sent == 0 && stream->received == 0
          && stream->sent_left == UDPNAT_STREAM_WINDOW_BYTES)
        continue;
      udpnat_session_put_stream (
          self, i, udpnat_send_stream_new_idle (stream->sent, stream->sent + stream->sent_left),
          udpnat_receive_stream_new_idle (stream->received,
                                          stream->received + stream->received_left));
    }
}

/**
 * udpnat_session_new_woken:
 * @config: copied; as that of the session that had gone to rest
 * @remote: likewise
 * @resting: wiped
 *
 * Returns: the session as it was; its index leads to it again
 */
UdpnatSession *
udpnat_session_new_woken (const UdpnatSessionConfig *config,
                          const UdpnatPublicKey     *remote,
                          gint64                     now_us,
                          UdpnatRestingSession      *resting)
{
  UdpnatSession *self = udpnat_session_new_established (config, remote, now_us, resting->id);
  guint64        n_received = resting->keys.received.next;

  self->current = udpnat_keyset_new_resting (&resting->keys, UDPNAT_KEY_REJECT_SERVER_AFTER_US);
  self->next_number = resting->keys.next_number;
  if (n_received > 0)
    udpnat_ack_tracker_handle_packet (&self->acks, now_us, n_received - 1, FALSE);
  if (resting->rtt_us > 0)
    udpnat_rtt_add_sample (udpnat_recovery_get_rtt (self->recovery), resting->rtt_us, 0);
  wake_streams (self, resting);
  udpnat_index_table_set_session (config->indexes, resting->keys.local_index, self);
  if (resting->next != NULL)
    {
      self->next = udpnat_keyset_new_resting (resting->next, UDPNAT_KEY_REJECT_SERVER_AFTER_US);
      udpnat_index_table_set_session (config->indexes, resting->next->local_index, self);
    }
  wipe (resting);
  return self;
}

static const UdpnatRestingKeys *
find_keys (const UdpnatRestingSession *self,
           const UdpnatDataView       *view)
{
  return self->next != NULL && self->next->local_index == view->receiver_index ? self->next
                                                                               : &self->keys;
}

/**
 * udpnat_resting_session_open:
 * @view: a DATA whose receiver index led here; not trusted
 * @out_frames: room for the sealed bytes less the tag
 *
 * Changes nothing, so that a packet for which the session has to be woken can be given to it as it
 * is. What is dealt with here is to be marked.
 *
 * Returns: %FALSE when the packet is forged, was seen before or is too old, or the keys are
 */
gboolean
udpnat_resting_session_open (const UdpnatRestingSession *self,
                             gint64                      now_us,
                             const UdpnatDataView       *view,
                             guint8                     *out_frames)
{
  const UdpnatRestingKeys *keys = find_keys (self, view);

  return now_us < keys->expiry_us && udpnat_resting_keys_open (keys, view, out_frames);
}

/* The peer has new keys, and uses them: so do we. */
static void
take_next_keys (UdpnatRestingSession *self,
                UdpnatIndexTable     *indexes)
{
  udpnat_index_table_remove (indexes, self->keys.local_index);
  self->next->next_number = self->keys.next_number;
  self->keys = *self->next;
  g_clear_pointer (&self->next, free_keys);
}

/** udpnat_resting_session_mark: this packet was genuine and has been dealt with */
void
udpnat_resting_session_mark (UdpnatRestingSession *self,
                             UdpnatIndexTable     *indexes,
                             const UdpnatDataView *view)
{
  if (find_keys (self, view) == self->next)
    take_next_keys (self, indexes);
  udpnat_replay_tail_mark (&self->keys.received, view->number);
}

/** udpnat_resting_session_seal: as udpnat_session_seal_frames() */
gsize
udpnat_resting_session_seal (UdpnatRestingSession *self,
                             gint64                now_us,
                             const guint8         *frames,
                             gsize                 n_frames,
                             guint8               *out)
{
  UdpnatRestingKeys *keys = &self->keys;
  gsize              n_packet;

  if (now_us >= keys->expiry_us && self->next != NULL)
    {
      self->next->next_number = keys->next_number;
      keys = self->next;
    }
  if (now_us >= keys->expiry_us || n_frames + UDPNAT_DATA_MIN_BYTES > UDPNAT_DATAGRAM_MAX_BYTES)
    return 0;
  memcpy (out + UDPNAT_DATA_HEADER_BYTES, frames, n_frames);
  n_packet = udpnat_resting_keys_seal (keys, out, n_frames);
  self->keys.next_number = keys->next_number;
  return n_packet;
}

/** udpnat_resting_session_clear: the session is over: wiped, and its index leads nowhere */
void
udpnat_resting_session_clear (UdpnatRestingSession *self,
                              UdpnatIndexTable     *indexes)
{
  udpnat_index_table_remove (indexes, self->keys.local_index);
  if (self->next != NULL)
    udpnat_index_table_remove (indexes, self->next->local_index);
  wipe (self);
}
