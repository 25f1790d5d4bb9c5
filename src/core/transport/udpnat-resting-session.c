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
 * Forgotten are, besides: which packets had arrived, but for the newest 32, so that older ones that
 * come late are dropped, as is what comes under the keys before; an HS2 that might have to be
 * repeated; and what congestion control had learnt. */

/* Limits of streams are kept in pages: what we may send a little too low, which does not add up
 * because whole pages stay what they are; what we accept a little too high. */
#define PAGE_BITS 12
#define PAGE_BYTES (1u << PAGE_BITS)
#define RTT_UNIT_US 64

G_STATIC_ASSERT (UDPNAT_STREAM_WINDOW_BYTES % PAGE_BYTES == 0);
G_STATIC_ASSERT (UDPNAT_STREAM_WINDOW_BYTES / PAGE_BYTES < G_MAXUINT8);

static guint8
count_pages (guint64 offset,
             guint64 limit)
{
  return (guint8) ((limit >> PAGE_BITS) - (offset >> PAGE_BITS));
}

static guint64
get_limit (guint32 offset,
           guint8  n_pages)
{
  return (guint64) ((offset >> PAGE_BITS) + n_pages) << PAGE_BITS;
}

/* Returns: %FALSE also for numbers that no sane peer gets to */
static gboolean
pack (guint64               sent,
      guint64               sent_limit,
      guint64               received,
      guint64               received_limit,
      guint                 i,
      UdpnatRestingSession *out_resting)
{
  if (sent > G_MAXUINT32 || received > G_MAXUINT32
      || sent_limit - sent > UDPNAT_STREAM_WINDOW_BYTES
      || received_limit - received > UDPNAT_STREAM_WINDOW_BYTES)
    return FALSE;
  out_resting->sent[i] = (guint32) sent;
  out_resting->sent_left[i] = count_pages (sent, sent_limit);
  out_resting->received[i] = (guint32) received;
  out_resting->received_left[i] = count_pages (received, received_limit + PAGE_BYTES - 1);
  return TRUE;
}

static gboolean
rest_stream (const UdpnatSessionStream *stream,
             guint                      i,
             UdpnatRestingSession      *out_resting)
{
  guint64 sent, sent_limit, received, received_limit;

  return !stream->is_limit_wanted && !stream->is_readable_queued
         && udpnat_send_stream_is_idle (stream->send, &sent, &sent_limit)
         && udpnat_receive_stream_is_idle (stream->receive, &received, &received_limit)
         && pack (sent, sent_limit, received, received_limit, i, out_resting);
}

static gboolean
rest_streams (const UdpnatSession  *self,
              UdpnatRestingSession *out_resting)
{
  for (guint i = 0; i < UDPNAT_STREAMS_SERVER_MAX; i++)
    {
      const UdpnatSessionStream *stream = udpnat_session_find_stream (self, i);

      if (stream != NULL && !rest_stream (stream, i, out_resting))
        return FALSE;
    }
  return TRUE;
}

/* Nothing on its way in either direction. */
static gboolean
is_at_rest (const UdpnatSession *self)
{
  return self->config.role == UDPNAT_ROLE_CLIENT_SERVER && self->config.holder != 0
         && self->state == UDPNAT_SESSION_STATE_ESTABLISHED && self->current != NULL
         && self->handshake == NULL && !self->answer.is_queued
         && self->allowance_bytes == G_MAXINT64 && !self->is_held
         && !udpnat_ack_tracker_has_news (&self->acks) && !self->acks.is_due
         && self->events.length == 0 && !udpnat_session_has_pending (self);
}

/* New keys that the peer has been given and has not used yet: since it does not ask for them again,
 * it has them. If that should be wrong, it finds out as it does when we have restarted. */
static UdpnatKeyset **
get_keys_to_keep (UdpnatSession *self)
{
  return self->next != NULL ? &self->next : &self->current;
}

static gboolean
rest_keys (UdpnatSession        *self,
           gint64                now_us,
           UdpnatRestingSession *out_resting)
{
  const UdpnatKeyset *keyset = *get_keys_to_keep (self);

  return udpnat_keyset_is_usable (keyset, now_us)
         && udpnat_keyset_rest (keyset, self->next_number, &out_resting->keys);
}

/**
 * udpnat_session_rest:
 * @out_resting: where its holder keeps it: the table of indexes looks there for the index
 *
 * Returns: %FALSE, with nothing changed, when it is not the time for it; else @self is freed
 */
gboolean
udpnat_session_rest (UdpnatSession        *self,
                     gint64                now_us,
                     UdpnatRestingSession *out_resting)
{
  UdpnatRestingSession resting = { .id = { (guint32) self->id, (guint32) (self->id >> 32) } };

  if (!is_at_rest (self) || !rest_streams (self, &resting) || !rest_keys (self, now_us, &resting))
    return FALSE;
  resting.rtt = (guint16) MIN (udpnat_session_get_rtt (self) / RTT_UNIT_US, (gint64) G_MAXUINT16);
  *out_resting = resting;
  sodium_memzero (&resting, sizeof resting);
  udpnat_index_table_set_held (self->config.indexes, out_resting->keys.local_index);
  /* Its index has found somebody else. */
  g_clear_pointer (get_keys_to_keep (self), udpnat_keyset_free);
  udpnat_session_free (self);
  return TRUE;
}

/**
 * udpnat_resting_session_answer:
 * @self: (out): a session without packets so far; nobody has proved its keys
 * @holder: who holds @self, and has to say so before @indexes is used again
 * @hs1: authentic, not a replay; its Noise state is used up
 * @frames: for HS2; left out from the end when HS2 would get longer than HS1
 * @out_hs2: room for %UDPNAT_DATAGRAM_MAX_BYTES; to be sent, and sent again when HS1 is repeated
 *
 * What udpnat_session_new_responder() does, for a server: as long as its client has not shown that
 * it has the keys there is no need for more than these.
 */
void
udpnat_resting_session_answer (UdpnatRestingSession *self,
                               UdpnatIndexTable     *indexes,
                               guint32               holder,
                               UdpnatHs1            *hs1,
                               gint64                now_us,
                               const guint8         *frames,
                               gsize                 n_frames,
                               guint8               *out_hs2,
                               gsize                *out_n)
{
  guint32 index = udpnat_index_table_hold (indexes, holder);

  /* Cannot fail: see udpnat_session_answer(). */
  if (!udpnat_hs2_write (hs1, hs1->role, index, FALSE, frames, n_frames, UDPNAT_DATAGRAM_BASE_BYTES,
                         out_hs2, out_n))
    g_assert_not_reached ();
  *self = (UdpnatRestingSession) {
    .id = { (guint32) hs1->session_id, (guint32) (hs1->session_id >> 32) },
  };
  udpnat_resting_keys_init (&self->keys, hs1->noise, index, hs1->remote_index,
                            UDPNAT_KEY_REJECT_SERVER_AFTER_US, now_us);
  g_clear_pointer (&hs1->noise, udpnat_noise_free);
}

static void
wipe (UdpnatRestingSession *self)
{
  sodium_memzero (self, sizeof *self);
}

static void
wake_streams (UdpnatSession              *self,
              const UdpnatRestingSession *resting)
{
  for (guint i = 0; i < UDPNAT_STREAMS_SERVER_MAX; i++)
    {
      guint32 sent = resting->sent[i], received = resting->received[i];
      guint64 received_limit = get_limit (received, resting->received_left[i]);

      if (resting->received_left[i] == 0 && resting->sent_left[i] == 0 && sent == 0
          && received == 0)
        continue; /* there was none */
      received_limit = MIN (received_limit, (guint64) received + UDPNAT_STREAM_WINDOW_BYTES);
      udpnat_session_put_stream (
          self, i,
          udpnat_send_stream_new_idle (sent, MAX (sent, get_limit (sent, resting->sent_left[i]))),
          udpnat_receive_stream_new_idle (received, received_limit));
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
  UdpnatSession *self = udpnat_session_new_established (config, remote, now_us,
                                                        udpnat_resting_session_get_id (resting));
  guint32        n_received = resting->keys.received.next;

  self->current = udpnat_keyset_new_resting (&resting->keys, UDPNAT_KEY_REJECT_SERVER_AFTER_US);
  self->next_number = resting->keys.next_number;
  if (n_received > 0)
    udpnat_ack_tracker_handle_packet (&self->acks, now_us, 0, n_received - 1, FALSE);
  if (resting->rtt > 0)
    udpnat_rtt_add_sample (udpnat_recovery_get_rtt (self->recovery), resting->rtt * RTT_UNIT_US, 0);
  wake_streams (self, resting);
  udpnat_index_table_set_session (config->indexes, resting->keys.local_index, self);
  wipe (resting);
  return self;
}

/** udpnat_resting_session_get_id: as udpnat_session_get_id() */
guint64
udpnat_resting_session_get_id (const UdpnatRestingSession *self)
{
  return (guint64) self->id[1] << 32 | self->id[0];
}

/**
 * udpnat_resting_session_open:
 * @view: a DATA whose receiver index led here; not trusted
 * @out_frames: room for `n_frames` bytes
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
  return udpnat_resting_keys_are_usable (&self->keys, now_us)
         && udpnat_resting_keys_open (&self->keys, view, out_frames);
}

/** udpnat_resting_session_mark: this packet was genuine and has been dealt with */
void
udpnat_resting_session_mark (UdpnatRestingSession *self,
                             const UdpnatDataView *view)
{
  udpnat_replay_tail_mark (&self->keys.received, view->number);
}

/** udpnat_resting_session_seal: as udpnat_session_seal_carrier() */
gsize
udpnat_resting_session_seal (UdpnatRestingSession *self,
                             gint64                now_us,
                             const guint8         *frames,
                             gsize                 n_frames,
                             gsize                 n_carried,
                             guint8               *out)
{
  if (!udpnat_resting_keys_are_usable (&self->keys, now_us)
      || n_frames + UDPNAT_DATA_MIN_BYTES > UDPNAT_DATAGRAM_BASE_BYTES)
    return 0;
  memcpy (out + UDPNAT_DATA_HEADER_BYTES, frames, n_frames);
  return udpnat_resting_keys_seal (&self->keys, out, n_frames, n_carried);
}

/** udpnat_resting_session_clear: the session is over: wiped, and its index leads nowhere */
void
udpnat_resting_session_clear (UdpnatRestingSession *self,
                              UdpnatIndexTable     *indexes)
{
  udpnat_index_table_remove (indexes, self->keys.local_index);
  wipe (self);
}
