#include "config.h"

#include "udpnat-session-private.h"

#include <sodium.h>
#include <string.h>

/* The session as a whole: life, time, and what its owner may ask. PROTOCOL.md sections 2 and 4 to
 * 6; the parts are listed in udpnat-session-private.h. It does not know addresses, timestamps that
 * were accepted before, or when to give up: all that is its owner's. */

/* Between people somebody waits for what is said; a server has thousands who are gone. */
static UdpnatRecovery *
make_recovery (const UdpnatSessionConfig *config)
{
  UdpnatRecovery *recovery = udpnat_recovery_new (config->max_packet_bytes);

  udpnat_recovery_set_eager (recovery, config->role == UDPNAT_ROLE_PEER_PEER);
  return recovery;
}

static UdpnatSession *
session_new (const UdpnatSessionConfig *config,
             const UdpnatPublicKey     *remote,
             gint64                     now_us)
{
  UdpnatSession *self = g_new0 (UdpnatSession, 1);

  self->config = *config;
  self->remote_key = *remote;
  self->recovery = make_recovery (config);
  udpnat_ack_tracker_init (&self->acks);
  udpnat_pacer_init (&self->pacer);
  udpnat_path_mtu_init (&self->mtu);
  self->pacer_us = UDPNAT_TIME_NEVER;
  self->n_spare_window = UDPNAT_STREAM_WINDOWS_SPARE_BYTES;
  self->streams = g_ptr_array_new_with_free_func ((GDestroyNotify) udpnat_session_stream_free);
  g_queue_init (&self->events);
  self->allowance_bytes = G_MAXINT64;
  self->last_received_us = now_us;
  self->last_used_us = UDPNAT_TIME_NEVER;
  self->unanswered_since_us = UDPNAT_TIME_NEVER;
  self->cookie_until_us = now_us;
  udpnat_session_set_max_packet (self, config->max_packet_bytes);
  return self;
}

/**
 * udpnat_session_new_initiator:
 * @config: copied
 * @remote: static key of whom to talk to
 *
 * Sends nothing before udpnat_session_start_handshake().
 */
UdpnatSession *
udpnat_session_new_initiator (const UdpnatSessionConfig *config,
                              const UdpnatPublicKey     *remote,
                              gint64                     now_us)
{
  UdpnatSession *self = session_new (config, remote, now_us);

  self->id = udpnat_random_u64 (&self->config.random);
  return self;
}

/**
 * udpnat_session_new_responder:
 * @config: copied
 * @hs1: authentic, not a replay; its Noise state is used up
 * @frames: for HS2: EARLY or OBSERVED; left out from the end when HS2 would get longer than HS1
 *
 * HS2 is queued at once. The frames in @hs1 are the owner's business.
 */
UdpnatSession *
udpnat_session_new_responder (const UdpnatSessionConfig *config,
                              UdpnatHs1                 *hs1,
                              gint64                     now_us,
                              const guint8              *frames,
                              gsize                      n_frames)
{
  UdpnatSession *self = session_new (config, &hs1->remote_key, now_us);

  self->id = hs1->session_id;
  /* A server hears from strangers, at addresses that may be forged; peers send to proven paths and
   * relays only. */
  if (config->role == UDPNAT_ROLE_CLIENT_SERVER)
    self->allowance_bytes = hs1->n_hs1;
  udpnat_session_answer (self, hs1, now_us, FALSE, frames, n_frames);
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_ANSWERED);
  return self;
}

/** udpnat_session_new_established: without keys: the caller puts in those that it has */
UdpnatSession *
udpnat_session_new_established (const UdpnatSessionConfig *config,
                                const UdpnatPublicKey     *remote,
                                gint64                     now_us,
                                guint64                    id)
{
  UdpnatSession *self = session_new (config, remote, now_us);

  self->id = id;
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_ESTABLISHED);
  return self;
}

void
udpnat_session_free (UdpnatSession *self)
{
  if (self == NULL)
    return;
  udpnat_session_cancel_handshake (self);
  udpnat_session_drop_keyset (self, &self->current);
  udpnat_session_drop_keyset (self, &self->next);
  udpnat_session_drop_keyset (self, &self->previous);
  udpnat_session_forget_answer (self);
  udpnat_session_clear_events (self);
  g_ptr_array_unref (self->streams);
  udpnat_recovery_free (self->recovery);
  g_free (self->close_text);
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

void
udpnat_session_set_state (UdpnatSession     *self,
                          UdpnatSessionState state)
{
  g_assert (self->state != UDPNAT_SESSION_STATE_CLOSED);
  self->state = state;
}

/**
 * udpnat_session_has_pending:
 *
 * Returns: whether the peer does not have everything we want it to have
 */
gboolean
udpnat_session_has_pending (const UdpnatSession *self)
{
  if (self->is_ping_wanted || udpnat_recovery_get_count (self->recovery) > 0)
    return TRUE;
  for (guint i = 0; i < self->streams->len; i++)
    {
      const UdpnatSessionStream *stream = self->streams->pdata[i];

      if (stream != NULL
          && (stream->is_limit_wanted || udpnat_send_stream_get_unacked (stream->send) > 0))
        return TRUE;
    }
  return FALSE;
}

/**
 * udpnat_session_reset_streams:
 *
 * A peer that forgot us: all numbers start again, under keys that are new as well
 */
void
udpnat_session_reset_streams (UdpnatSession *self)
{
  UdpnatRtt rtt = *udpnat_recovery_get_rtt (self->recovery);

  g_ptr_array_set_size (self->streams, 0);
  udpnat_path_mtu_init (&self->mtu); /* a trial that is on its way has no record any more */
  self->n_spare_window = UDPNAT_STREAM_WINDOWS_SPARE_BYTES;
  udpnat_recovery_free (self->recovery);
  self->recovery = make_recovery (&self->config);
  self->unanswered_since_us = UDPNAT_TIME_NEVER;
  *udpnat_recovery_get_rtt (self->recovery) = rtt;
  udpnat_ack_tracker_init (&self->acks);
  self->next_number = 0;
  self->n_probes = 0;
  self->is_ping_wanted = FALSE;
}

/**
 * udpnat_session_probe:
 *
 * Lets up to two packets go, whatever the congestion window says, with the oldest data first
 */
void
udpnat_session_probe (UdpnatSession *self)
{
  const UdpnatSentPacket *oldest[2];
  guint                   n;

  n = udpnat_recovery_get_oldest (self->recovery, oldest, G_N_ELEMENTS (oldest));
  for (guint i = 0; i < n; i++)
    udpnat_session_requeue (self, oldest[i]);
  self->n_probes = G_N_ELEMENTS (oldest);
  if (udpnat_session_count_sendable (self) == 0)
    self->is_ping_wanted = TRUE;
}

/* ---- In, out, time ---- */

/**
 * udpnat_session_handle_packet:
 * @data: (array length=n_data) (inout): an HS2, COOKIE or DATA whose receiver index led here; not
 *   trusted; decrypted in place
 *
 * Pop events, then outputs, afterwards.
 *
 * Returns: %UDPNAT_RX_OK only for an authentic packet that was not seen before;
 *   %UDPNAT_RX_MALFORMED also for an authentic one with frames that break the protocol
 */
UdpnatRxResult
udpnat_session_handle_packet (UdpnatSession *self,
                              gint64         now_us,
                              guint8        *data,
                              gsize          n_data)
{
  UdpnatPacketType type;

  if (!udpnat_packet_classify (data, n_data, &type))
    return UDPNAT_RX_MALFORMED;
  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return UDPNAT_RX_IGNORED;
  switch (type)
    {
    case UDPNAT_PACKET_HS2:
      return udpnat_session_handle_hs2 (self, now_us, data, n_data);
    case UDPNAT_PACKET_COOKIE:
      return udpnat_session_handle_cookie (self, now_us, data, n_data);
    case UDPNAT_PACKET_DATA:
      return udpnat_session_handle_data (self, now_us, data, n_data);
    case UDPNAT_PACKET_HS1:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO:
    case UDPNAT_PACKET_INFO_REPLY:
    case UDPNAT_PACKET_UNKNOWN:
      return UDPNAT_RX_IGNORED;
    }
  g_assert_not_reached ();
}

/**
 * udpnat_session_next_deadline:
 *
 * Returns: when to call udpnat_session_handle_deadline(); %UDPNAT_TIME_NEVER for not at all
 */
gint64
udpnat_session_next_deadline (const UdpnatSession *self)
{
  gint64 deadline_us;

  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return UDPNAT_TIME_NEVER;
  deadline_us = udpnat_time_min (udpnat_session_next_key_deadline (self), self->acks.deadline_us);
  if (udpnat_session_get_send_keyset (self) != NULL)
    deadline_us = udpnat_time_min (deadline_us, udpnat_recovery_next_deadline (self->recovery));
  return udpnat_time_min (deadline_us, self->pacer_us);
}

/**
 * udpnat_session_handle_deadline:
 *
 * May be called early or late; pop outputs and ask needs_handshake afterwards
 */
void
udpnat_session_handle_deadline (UdpnatSession *self,
                                gint64         now_us)
{
  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return;
  udpnat_session_handle_retry (self, now_us);
  udpnat_session_handle_key_age (self, now_us);
  udpnat_ack_tracker_handle_deadline (&self->acks, now_us);
  if (self->pacer_us <= now_us)
    self->pacer_us = UDPNAT_TIME_NEVER; /* popping an output looks again */
  /* Without keys nothing can be sent, and so nothing is late. At most twice: a loss, then perhaps a
   * probe timeout. */
  while (udpnat_session_get_send_keyset (self) != NULL
         && udpnat_recovery_next_deadline (self->recovery) <= now_us)
    {
      gboolean is_probe = udpnat_recovery_handle_deadline (self->recovery, now_us);

      udpnat_session_settle (self, now_us);
      if (is_probe)
        udpnat_session_probe (self);
    }
}

static gboolean
pop_answer (UdpnatSession *self,
            guint8        *out,
            gsize         *out_n)
{
  UdpnatSessionAnswer *answer = &self->answer;

  if (!answer->is_queued)
    return FALSE;
  answer->is_queued = FALSE;
  answer->n_sent++;
  memcpy (out, answer->hs2, answer->n_hs2);
  *out_n = answer->n_hs2;
  if (self->allowance_bytes != G_MAXINT64)
    self->allowance_bytes -= answer->n_hs2;
  return TRUE;
}

/**
 * udpnat_session_pop_output:
 * @out: room for %UDPNAT_DATAGRAM_MAX_BYTES
 *
 * Makes the next packet to send. HS2 comes before HS1 and both before DATA.
 *
 * Returns: %FALSE when there is none
 */
gboolean
udpnat_session_pop_output (UdpnatSession           *self,
                           gint64                   now_us,
                           UdpnatSessionOutputKind *out_kind,
                           guint8                  *out,
                           gsize                   *out_n)
{
  *out_kind = UDPNAT_SESSION_OUTPUT_HS2;
  if (self->state != UDPNAT_SESSION_STATE_CLOSED && pop_answer (self, out, out_n))
    return TRUE;
  *out_kind = UDPNAT_SESSION_OUTPUT_HANDSHAKE;
  if (udpnat_session_pop_handshake (self, now_us, out, out_n))
    return TRUE;
  *out_kind = UDPNAT_SESSION_OUTPUT_DATA;
  return udpnat_session_pop_data (self, now_us, out, out_n);
}

/* ---- What the owner wants and asks ---- */

/** udpnat_session_ping: asks the peer for a sign of life */
void
udpnat_session_ping (UdpnatSession *self,
                     gint64         now_us)
{
  self->is_ping_wanted = TRUE;
}

/**
 * udpnat_session_hurry:
 *
 * The way to the peer is another one now, or the one before may be dead: what is in flight is sent
 * again, at once. Nothing happens when there is nothing.
 */
void
udpnat_session_hurry (UdpnatSession *self)
{
  if (udpnat_recovery_get_count (self->recovery) == 0)
    return;
  udpnat_recovery_forget_timeouts (self->recovery);
  udpnat_session_probe (self);
}

/**
 * udpnat_session_close:
 * @reason: #UdpnatCloseReason
 * @text: (nullable): for people; longer than %UDPNAT_CLOSE_TEXT_MAX_BYTES is left out
 *
 * Ends the session here and now. One CLOSE can be popped if there are keys; it is not repeated.
 */
void
udpnat_session_close (UdpnatSession *self,
                      gint64         now_us,
                      guint16        reason,
                      const char    *text)
{
  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return;
  udpnat_session_cancel_handshake (self);
  self->is_close_wanted = udpnat_session_can_send (self, now_us);
  self->close_reason = reason;
  if (text == NULL || strlen (text) > UDPNAT_CLOSE_TEXT_MAX_BYTES)
    text = "";
  self->close_text = g_strdup (text);
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_CLOSED);
}

/**
 * udpnat_session_reset_path:
 * @rtt_us: of the new path, 0 when not known
 *
 * The path has changed: RTT and congestion window start anew (RFC 9000 section 9.4). Data in flight
 * is repeated as soon as the new path's timeout says so.
 */
void
udpnat_session_reset_path (UdpnatSession *self,
                           gint64         now_us,
                           gint64         rtt_us)
{
  udpnat_path_mtu_init (&self->mtu);
  udpnat_recovery_reset_path (self->recovery, rtt_us, self->config.max_packet_bytes);
}

/** udpnat_session_set_rate: @rate: bytes/s that the way is known to take at most; 0: that is for
 * congestion control to find out */
void
udpnat_session_set_rate (UdpnatSession *self,
                         gint64         rate)
{
  self->rate = rate;
}

/**
 * udpnat_session_set_max_packet:
 *
 * For packets made from now on; an HS1 that is repeated stays as long as it was. Between peers,
 * what is %UDPNAT_DATAGRAM_BASE_BYTES may become more, on a path that takes it.
 */
void
udpnat_session_set_max_packet (UdpnatSession *self,
                               gsize          max_packet_bytes)
{
  g_assert (max_packet_bytes >= UDPNAT_HS1_MIN_BYTES + UDPNAT_FRAME_HEADER_BYTES
            && max_packet_bytes <= UDPNAT_DATAGRAM_BASE_BYTES);
  self->config.max_packet_bytes = max_packet_bytes;
}

/**
 * udpnat_session_set_held:
 * @is_held: there is no way on which data could go now
 *
 * What is held is made into packets when there is one, and is not counted as lost. Handshakes and
 * udpnat_session_seal_frames() go on.
 */
void
udpnat_session_set_held (UdpnatSession *self,
                         gboolean       is_held)
{
  self->is_held = is_held;
}

gpointer
udpnat_session_get_owner (const UdpnatSession *self)
{
  return self->config.owner;
}

const UdpnatPublicKey *
udpnat_session_get_remote_key (const UdpnatSession *self)
{
  return &self->remote_key;
}

guint64
udpnat_session_get_id (const UdpnatSession *self)
{
  return self->id;
}

/**
 * udpnat_session_get_remote_index:
 *
 * Returns: the index that our packets carry at the moment; 0 without keys
 */
guint32
udpnat_session_get_remote_index (const UdpnatSession *self)
{
  const UdpnatKeyset *keyset = self->current != NULL ? self->current : self->next;

  return keyset != NULL ? udpnat_keyset_get_remote_index (keyset) : 0;
}

UdpnatSessionState
udpnat_session_get_state (const UdpnatSession *self)
{
  return self->state;
}

/** udpnat_session_get_rtt: Returns: smoothed round-trip time, 0 when not known */
gint64
udpnat_session_get_rtt (const UdpnatSession *self)
{
  return udpnat_recovery_get_rtt (self->recovery)->smoothed_us;
}

/**
 * udpnat_session_get_last_received:
 *
 * Returns: when the last authentic packet came; at first, when the session was made
 */
gint64
udpnat_session_get_last_received (const UdpnatSession *self)
{
  return self->last_received_us;
}

/** udpnat_session_get_packets_sent: Returns: DATA packets, of all keys */
guint64
udpnat_session_get_packets_sent (const UdpnatSession *self)
{
  return self->n_packets_sent;
}

/**
 * udpnat_session_get_unanswered_since:
 *
 * Returns: since when something is in flight and nothing of it has been acknowledged;
 *   %UDPNAT_TIME_NEVER when nothing is. That something comes does not show that anything of ours
 *   arrives.
 */
gint64
udpnat_session_get_unanswered_since (const UdpnatSession *self)
{
  return self->unanswered_since_us;
}
