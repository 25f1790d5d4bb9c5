#include "config.h"

#include "udpnat-session-private.h"

#include <sodium.h>
#include <string.h>

/* Handshakes of a session and the keys that come of them (PROTOCOL.md section 2). Up to three
 * keysets live at once:
 *
 *   current    proven in both directions; seals
 *   next       from an HS1 that we answered; opens, and seals only when there is no current one;
 *              becomes current with the first packet that it opens
 *   previous   the one before; opens for UDPNAT_KEY_OLD_KEEP_US more; a client's with its server as
 *              long as it lives, since the server may go on to seal with it: an idle client shows
 *              it the new one by its next keepalive only
 *
 * Timestamps, replay of HS1 and who wins when both start at once are the owner's business. */

/* Keepalives count as traffic that is worth new keys, so this is a little above their interval. */
#define REKEY_TRAFFIC_US UDPNAT_SEC (30)

static gint64
get_key_life (const UdpnatSession *self)
{
  switch (self->config.role)
    {
    case UDPNAT_ROLE_CLIENT_SERVER:
      return UDPNAT_KEY_REJECT_SERVER_AFTER_US;
    case UDPNAT_ROLE_PEER_PEER:
      return UDPNAT_KEY_REJECT_AFTER_US;
    case UDPNAT_ROLE_RESUMPTION: /* of packets only */
      break;
    }
  g_assert_not_reached ();
}

UdpnatKeyset *
udpnat_session_get_send_keyset (const UdpnatSession *self)
{
  return self->current != NULL ? self->current : self->next;
}

static gboolean
has_index (const UdpnatKeyset *keyset,
           guint32             local_index)
{
  return keyset != NULL && udpnat_keyset_get_local_index (keyset) == local_index;
}

UdpnatKeyset *
udpnat_session_find_keyset (const UdpnatSession *self,
                            guint32              local_index)
{
  if (has_index (self->current, local_index))
    return self->current;
  if (has_index (self->next, local_index))
    return self->next;
  if (has_index (self->previous, local_index))
    return self->previous;
  return NULL;
}

/** udpnat_session_drop_keyset: wipes it and gives its index back */
void
udpnat_session_drop_keyset (UdpnatSession  *self,
                            UdpnatKeyset  **keyset)
{
  if (*keyset == NULL)
    return;
  udpnat_index_table_remove (self->config.indexes, udpnat_keyset_get_local_index (*keyset));
  g_clear_pointer (keyset, udpnat_keyset_free);
}

/* ---- Our own handshake ---- */

/* The same handshake gives the same bytes and a Noise state that waits for HS2. */
static void
make_hs1 (UdpnatSession          *self,
          UdpnatSessionHandshake *handshake)
{
  handshake->noise = udpnat_hs1_write (&(UdpnatHs1Request) {
                                         .role = handshake->role,
                                         .local = self->config.identity,
                                         .remote = &self->remote_key,
                                         .ephemeral_secret = handshake->ephemeral_secret,
                                         .ticket = &handshake->ticket,
                                         .sender_index = handshake->index,
                                         .timestamp = handshake->timestamp,
                                         .session_id = self->id,
                                         .frames = handshake->frames,
                                         .n_frames = handshake->n_frames,
                                         .max_bytes = handshake->max_bytes,
                                       },
                                       handshake->hs1, &handshake->n_hs1);
}

/* Returns: (transfer none): what replaces a handshake that is already on; to be made and sent */
static UdpnatSessionHandshake *
begin_handshake (UdpnatSession *self,
                 gint64         now_us,
                 UdpnatRole     role,
                 const guint8   timestamp[UDPNAT_TIMESTAMP_BYTES])
{
  UdpnatSessionHandshake *handshake;
  /* One that is replaced has waited its time: its successor does not begin with short waits
   * again. */
  gint64 interval_us = self->handshake != NULL ? self->handshake->interval_us
                                               : UDPNAT_HANDSHAKE_RETRY_MIN_US;

  udpnat_session_cancel_handshake (self);
  handshake = self->handshake = g_new0 (UdpnatSessionHandshake, 1);
  handshake->role = role;
  handshake->index = udpnat_index_table_add (self->config.indexes, self, self->config.holder);
  udpnat_random_fill (&self->config.random, handshake->ephemeral_secret, UDPNAT_EPHEMERAL_BYTES);
  memcpy (handshake->timestamp, timestamp, UDPNAT_TIMESTAMP_BYTES);
  handshake->max_bytes = self->config.max_packet_bytes;
  handshake->interval_us = interval_us;
  handshake->started_us = now_us;
  handshake->retry_us = now_us + handshake->interval_us;
  handshake->is_queued = TRUE;
  handshake->may_take_cookie = TRUE;
  return handshake;
}

static void
finish_handshake (UdpnatSession *self)
{
  /* The peer may know the id of a session that it has never used for one with other streams, from
   * before we forgot it: ours must not be taken for a rekeying of that. */
  if (self->state == UDPNAT_SESSION_STATE_ANSWERED)
    self->id = udpnat_random_u64 (&self->config.random);
  make_hs1 (self, self->handshake);
  if (self->state == UDPNAT_SESSION_STATE_NEW)
    udpnat_session_set_state (self, UDPNAT_SESSION_STATE_INITIATED);
}

/**
 * udpnat_session_start_handshake:
 * @timestamp: TAI64N, greater than any sent to this peer before; the owner keeps the last one on
 *   disk
 * @early_frames: EARLY or MESSAGE frames; left out from the end when they do not fit (see
 *   udpnat_session_get_early_max())
 *
 * Queues an HS1 at once and repeats it until HS2 comes or the handshake is cancelled. In a session
 * that has keys this is a rekeying. A handshake that is already on is replaced.
 */
void
udpnat_session_start_handshake (UdpnatSession *self,
                                gint64         now_us,
                                const guint8   timestamp[UDPNAT_TIMESTAMP_BYTES],
                                const guint8  *early_frames,
                                gsize          n_early)
{
  UdpnatSessionHandshake *handshake;

  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return;
  handshake = begin_handshake (self, now_us, self->config.role, timestamp);
  handshake->frames = g_memdup2 (early_frames, n_early);
  handshake->n_frames = n_early;
  finish_handshake (self);
}

/**
 * udpnat_session_start_resumption:
 * @timestamp: as of a handshake
 * @ticket: copied
 * @frames: likewise: MESSAGE frames
 *
 * As udpnat_session_start_handshake(), by a ticket of the server. It may turn it down with UNKNOWN:
 * see udpnat_session_get_resuming_index().
 */
void
udpnat_session_start_resumption (UdpnatSession      *self,
                                 gint64              now_us,
                                 const guint8        timestamp[UDPNAT_TIMESTAMP_BYTES],
                                 const UdpnatTicket *ticket,
                                 const guint8       *frames,
                                 gsize               n_frames)
{
  UdpnatSessionHandshake *handshake;

  g_assert (self->config.role == UDPNAT_ROLE_CLIENT_SERVER);

  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return;
  handshake = begin_handshake (self, now_us, UDPNAT_ROLE_RESUMPTION, timestamp);
  handshake->ticket = *ticket;
  handshake->frames = g_memdup2 (frames, n_frames);
  handshake->n_frames = n_frames;
  finish_handshake (self);
}

/**
 * udpnat_session_get_resuming_index: Returns: of our HS1 with a ticket that waits for its answer;
 * 0: there is none */
guint32
udpnat_session_get_resuming_index (const UdpnatSession *self)
{
  return self->handshake != NULL && self->handshake->role == UDPNAT_ROLE_RESUMPTION
           ? self->handshake->index : 0;
}

/** udpnat_session_get_early_max: Returns: how many bytes of frames the next HS1 can carry */
gsize
udpnat_session_get_early_max (const UdpnatSession *self)
{
  return MIN (self->config.max_packet_bytes, UDPNAT_HS1_MAX_BYTES) - UDPNAT_HS1_OVERHEAD_BYTES;
}

/** udpnat_session_set_cookie: a cookie that came by INFO-REPLY; for %UDPNAT_COOKIE_SECRET_US */
void
udpnat_session_set_cookie (UdpnatSession *self,
                           gint64         now_us,
                           const guint8   cookie[UDPNAT_COOKIE_BYTES])
{
  memcpy (self->cookie, cookie, UDPNAT_COOKIE_BYTES);
  self->cookie_until_us = now_us + UDPNAT_COOKIE_SECRET_US;
}

/** udpnat_session_is_handshaking: Returns: whether an HS1 of ours waits for its answer */
gboolean
udpnat_session_is_handshaking (const UdpnatSession *self)
{
  return self->handshake != NULL;
}

static void
free_handshake (UdpnatSessionHandshake *handshake)
{
  udpnat_noise_free (handshake->noise);
  g_free (handshake->frames);
  sodium_memzero (handshake, sizeof *handshake);
  g_free (handshake);
}

/**
 * udpnat_session_cancel_handshake:
 *
 * Forgets our own HS1; an answer to it will not be understood any more
 */
void
udpnat_session_cancel_handshake (UdpnatSession *self)
{
  if (self->handshake == NULL)
    return;
  udpnat_index_table_remove (self->config.indexes, self->handshake->index);
  g_clear_pointer (&self->handshake, free_handshake);
}

/**
 * udpnat_session_repeat_handshake:
 *
 * Sends our HS1 again now, besides its schedule: over a new path, or after the peer's
 */
void
udpnat_session_repeat_handshake (UdpnatSession *self,
                                 gint64         now_us)
{
  if (self->handshake != NULL)
    self->handshake->is_queued = TRUE;
}

/** udpnat_session_handle_retry: repeats HS1 when its time has come */
void
udpnat_session_handle_retry (UdpnatSession *self,
                             gint64         now_us)
{
  UdpnatSessionHandshake *handshake = self->handshake;

  if (handshake == NULL || now_us < handshake->retry_us)
    return;
  handshake->is_queued = TRUE;
  handshake->may_take_cookie = TRUE;
  handshake->interval_us = MIN (2 * handshake->interval_us, UDPNAT_HANDSHAKE_RETRY_MAX_US);
  handshake->retry_us += handshake->interval_us;
  if (handshake->retry_us <= now_us) /* we slept */
    handshake->retry_us = now_us + handshake->interval_us;
}

/** udpnat_session_pop_handshake: HS1, if it is to be sent now */
gboolean
udpnat_session_pop_handshake (UdpnatSession *self,
                              gint64         now_us,
                              guint8        *out,
                              gsize         *out_n)
{
  UdpnatSessionHandshake *handshake = self->handshake;

  if (handshake == NULL || !handshake->is_queued)
    return FALSE;
  handshake->is_queued = FALSE;
  if (handshake->noise == NULL)
    return FALSE;
  memcpy (out, handshake->hs1, handshake->n_hs1);
  if (now_us < self->cookie_until_us)
    udpnat_hs1_set_mac2 (out, handshake->n_hs1, self->cookie);
  *out_n = handshake->n_hs1;
  if (handshake->n_sent++ == 0)
    handshake->first_sent_us = now_us;
  return TRUE;
}

UdpnatRxResult
udpnat_session_handle_cookie (UdpnatSession *self,
                              gint64         now_us,
                              const guint8  *data,
                              gsize          n_data)
{
  UdpnatSessionHandshake *handshake = self->handshake;
  guint8                  cookie[UDPNAT_COOKIE_BYTES];
  UdpnatCookieView        view;
  const guint8           *mac1;

  if (!udpnat_cookie_packet_parse (&view, data, n_data))
    return UDPNAT_RX_MALFORMED;
  if (handshake == NULL || handshake->noise == NULL || view.receiver_index != handshake->index
      || !handshake->may_take_cookie)
    return UDPNAT_RX_IGNORED;
  mac1 = udpnat_hs1_get_mac1 (handshake->hs1, handshake->n_hs1);
  if (!udpnat_cookie_open (&self->remote_key, view.nonce, mac1, view.sealed, cookie))
    return UDPNAT_RX_IGNORED;
  udpnat_session_set_cookie (self, now_us, cookie);
  handshake->may_take_cookie = FALSE;
  handshake->is_queued = TRUE;
  return UDPNAT_RX_OK;
}

/* ---- The answer to our handshake ---- */

/* What HS2 meant, and the session's new state. */
static UdpnatSessionEventType
judge_hs2 (UdpnatSession *self,
           gboolean       is_continued)
{
  switch (self->state)
    {
    case UDPNAT_SESSION_STATE_INITIATED:
      return UDPNAT_SESSION_EVENT_ESTABLISHED;
    case UDPNAT_SESSION_STATE_ANSWERED:
      return is_continued ? UDPNAT_SESSION_EVENT_ESTABLISHED : UDPNAT_SESSION_EVENT_FRESH;
    case UDPNAT_SESSION_STATE_ESTABLISHED:
      return is_continued ? UDPNAT_SESSION_EVENT_REKEYED : UDPNAT_SESSION_EVENT_FRESH;
    case UDPNAT_SESSION_STATE_NEW:
    case UDPNAT_SESSION_STATE_CLOSED:
      break;
    }
  g_assert_not_reached ();
}

static void
reset_rekey (UdpnatSession *self)
{
  self->is_rekey_due = FALSE;
  self->is_rekey_judged = FALSE;
}

static gint64
get_keep_time (const UdpnatSession *self,
               gint64               now_us)
{
  switch (self->config.role)
    {
    case UDPNAT_ROLE_CLIENT_SERVER:
      return UDPNAT_TIME_NEVER; /* but for their expiry */
    case UDPNAT_ROLE_PEER_PEER:
      return now_us + UDPNAT_KEY_OLD_KEEP_US;
    case UDPNAT_ROLE_RESUMPTION: /* of packets only */
      break;
    }
  g_assert_not_reached ();
}

/* The keys of our handshake replace all others for sending. If there are unconfirmed ones, the peer
 * is sending with those, not with the current ones. */
static void
install_keyset (UdpnatSession *self,
                gint64         now_us,
                UdpnatKeyset  *keyset)
{
  if (self->next != NULL)
    {
      udpnat_session_drop_keyset (self, &self->current);
      self->current = g_steal_pointer (&self->next);
    }
  udpnat_session_drop_keyset (self, &self->previous);
  self->previous = g_steal_pointer (&self->current);
  self->previous_until_us = get_keep_time (self, now_us);
  self->current = keyset;
  self->allowance_bytes = G_MAXINT64;
  udpnat_session_forget_answer (self);
  reset_rekey (self);
}

static void
drop_all_keysets (UdpnatSession *self)
{
  udpnat_session_drop_keyset (self, &self->current);
  udpnat_session_drop_keyset (self, &self->next);
  udpnat_session_drop_keyset (self, &self->previous);
}

static void
complete_handshake (UdpnatSession       *self,
                    gint64               now_us,
                    const UdpnatHs2View *view,
                    gboolean             is_continued)
{
  UdpnatSessionHandshake *handshake = self->handshake;
  UdpnatSessionEvent      event = { .type = judge_hs2 (self, is_continued) };
  UdpnatKeyset           *keyset;

  keyset = udpnat_keyset_new (handshake->noise, handshake->index, view->sender_index, TRUE,
                              get_key_life (self), now_us);
  if (event.type == UDPNAT_SESSION_EVENT_FRESH)
    {
      drop_all_keysets (self);
      udpnat_session_reset_streams (self);
    }
  install_keyset (self, now_us, keyset);
  if (handshake->n_sent == 1 && now_us - handshake->first_sent_us <= UDPNAT_RTT_MAX_US)
    {
      event.handshake_rtt_us = MAX (now_us - handshake->first_sent_us, 1);
      udpnat_rtt_add_sample (udpnat_recovery_get_rtt (self->recovery), event.handshake_rtt_us, 0);
    }
  g_clear_pointer (&self->handshake, free_handshake); /* its index is the keyset's now */
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_ESTABLISHED);
  self->last_received_us = now_us;
  self->unanswered_since_us = UDPNAT_TIME_NEVER;
  /* The responder goes on with its older keys until it sees one packet under these, and a lost one
   * would be repeated. */
  self->is_ping_wanted = TRUE;
  if (udpnat_recovery_get_timeouts (self->recovery) > 0)
    udpnat_session_hurry (self);
  udpnat_session_push_event (self, &event);
}

UdpnatRxResult
udpnat_session_handle_hs2 (UdpnatSession *self,
                           gint64         now_us,
                           const guint8  *data,
                           gsize          n_data)
{
  UdpnatSessionHandshake *handshake = self->handshake;
  guint8                  frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean                is_continued;
  UdpnatHs2View           view;
  gsize                   n_frames;

  if (!udpnat_hs2_parse (&view, data, n_data))
    return UDPNAT_RX_MALFORMED;
  if (handshake == NULL || handshake->noise == NULL || view.receiver_index != handshake->index
      || view.role != handshake->role
      || !udpnat_hs2_check_mac1 (self->config.identity, data, n_data))
    return UDPNAT_RX_IGNORED;
  if (!udpnat_hs2_read (handshake->noise, &view, &is_continued, frames, &n_frames))
    {
      /* Forged by someone who saw our HS1. The Noise state is spoilt, but the true HS2 must still
       * be understood. */
      g_clear_pointer (&handshake->noise, udpnat_noise_free);
      make_hs1 (self, handshake);
      return UDPNAT_RX_IGNORED;
    }
  complete_handshake (self, now_us, &view, is_continued);
  udpnat_session_handle_hs2_frames (self, frames, n_frames);
  return UDPNAT_RX_OK;
}

/* ---- Answering the peer's handshake ---- */

/**
 * udpnat_session_answer:
 *
 * Queues HS2 and takes the keys as `next`; uses up the Noise state of @hs1
 */
void
udpnat_session_answer (UdpnatSession *self,
                       UdpnatHs1     *hs1,
                       gint64         now_us,
                       gboolean       is_continued,
                       const guint8  *frames,
                       gsize          n_frames)
{
  UdpnatSessionAnswer *answer = &self->answer;
  guint32              index = udpnat_index_table_add (self->config.indexes, self,
                                                        self->config.holder);
  guint8               hs2[UDPNAT_DATAGRAM_MAX_BYTES];

  udpnat_session_forget_answer (self);
  /* Cannot fail: udpnat_hs1_read() has already done a Diffie-Hellman with each of the peer's two
   * keys, and refuses those that are of small order; a resumption has none. */
  if (!udpnat_hs2_write (hs1, hs1->role, index, is_continued, frames, n_frames,
                         self->config.max_packet_bytes, hs2, &answer->n_hs2))
    g_assert_not_reached ();
  udpnat_session_drop_keyset (self, &self->next);
  self->next = udpnat_keyset_new (hs1->noise, index, hs1->remote_index, FALSE,
                                  get_key_life (self), now_us);
  g_clear_pointer (&hs1->noise, udpnat_noise_free);
  answer->hs2 = g_memdup2 (hs2, answer->n_hs2);
  answer->is_set = answer->is_queued = TRUE;
  answer->n_sent = 0;
  answer->n_hs1 = hs1->n_hs1;
  memcpy (answer->ephemeral, hs1->ephemeral, UDPNAT_EPHEMERAL_BYTES);
  if (self->current == NULL)
    reset_rekey (self);
  self->is_rekey_due = FALSE;
}

/**
 * udpnat_session_forget_answer:
 *
 * Frees HS2; its HS1 is still known as a repeat, and is then not answered any more
 */
void
udpnat_session_forget_answer (UdpnatSession *self)
{
  g_clear_pointer (&self->answer.hs2, g_free);
  self->answer.is_queued = FALSE;
}

/**
 * udpnat_session_accept_rekey:
 * @hs1: authentic, not a replay; its Noise state is used up
 * @frames: for HS2; left out from the end when HS2 would get longer than HS1
 *
 * Answers a handshake that continues this session, if the peer has used it already, and gives up a
 * handshake of our own. The frames
 * in @hs1 are the owner's business.
 *
 * Returns: %FALSE, with nothing changed, when @hs1 has another session id or key, or the session is
 *   closed or never had keys
 */
gboolean
udpnat_session_accept_rekey (UdpnatSession *self,
                             UdpnatHs1     *hs1,
                             gint64         now_us,
                             const guint8  *frames,
                             gsize          n_frames)
{
  if (hs1->session_id != self->id
      || !udpnat_public_key_equal (&hs1->remote_key, &self->remote_key)
      || (self->state != UDPNAT_SESSION_STATE_ANSWERED
          && self->state != UDPNAT_SESSION_STATE_ESTABLISHED))
    return FALSE;
  udpnat_session_cancel_handshake (self);
  /* Before the first packet the peer may not have got our HS2, which said that the session starts
   * afresh: it would go on with streams of which we know nothing. Said again, it does no harm. */
  udpnat_session_answer (self, hs1, now_us, self->state == UDPNAT_SESSION_STATE_ESTABLISHED,
                         frames, n_frames);
  if (self->allowance_bytes != G_MAXINT64)
    self->allowance_bytes += hs1->n_hs1;
  return TRUE;
}

/**
 * udpnat_session_is_repeat:
 *
 * Returns: whether the HS1 with this e is the last one that we answered
 */
gboolean
udpnat_session_is_repeat (const UdpnatSession *self,
                          const guint8         ephemeral[UDPNAT_EPHEMERAL_BYTES])
{
  return self->answer.is_set
         && memcmp (self->answer.ephemeral, ephemeral, UDPNAT_EPHEMERAL_BYTES) == 0;
}

/**
 * udpnat_session_repeat_hs2:
 *
 * Queues the same HS2 again, unless the peer has shown that it has it
 */
void
udpnat_session_repeat_hs2 (UdpnatSession *self)
{
  if (self->answer.hs2 == NULL || self->state == UDPNAT_SESSION_STATE_CLOSED)
    return;
  self->answer.is_queued = TRUE;
  if (self->allowance_bytes != G_MAXINT64)
    self->allowance_bytes += self->answer.n_hs1;
}

/** udpnat_session_confirm_keyset: a packet was opened with `next`: the peer has our HS2 */
void
udpnat_session_confirm_keyset (UdpnatSession *self,
                               gint64         now_us)
{
  gboolean           is_first = self->state == UDPNAT_SESSION_STATE_ANSWERED;
  gboolean           is_late = self->answer.n_sent > 1;
  UdpnatSessionEvent event = {
    .type = is_first ? UDPNAT_SESSION_EVENT_ESTABLISHED : UDPNAT_SESSION_EVENT_REKEYED,
  };

  udpnat_session_drop_keyset (self, &self->previous);
  self->previous = g_steal_pointer (&self->current);
  self->previous_until_us = now_us + UDPNAT_KEY_OLD_KEEP_US;
  self->current = g_steal_pointer (&self->next);
  self->allowance_bytes = G_MAXINT64;
  udpnat_session_forget_answer (self);
  reset_rekey (self);
  udpnat_session_set_state (self, UDPNAT_SESSION_STATE_ESTABLISHED);
  udpnat_session_push_event (self, &event);
  /* What we sent while the peer had no HS2 could not be read there: do not wait for a timeout to
   * find that out. */
  if (is_first && is_late && udpnat_recovery_get_count (self->recovery) > 0)
    udpnat_session_probe (self);
}

/* ---- Age ---- */

gboolean
udpnat_session_can_send (const UdpnatSession *self,
                         gint64               now_us)
{
  const UdpnatKeyset *keyset = udpnat_session_get_send_keyset (self);

  return self->state != UDPNAT_SESSION_STATE_CLOSED && keyset != NULL
         && udpnat_keyset_is_usable (keyset, now_us);
}

/* Whether the peer seems never to have got our HS2, or to have given up the handshake that it
 * answers. */
static gboolean
is_answer_lost (const UdpnatSession *self,
                gint64               now_us)
{
  return self->state == UDPNAT_SESSION_STATE_ESTABLISHED
         && now_us >= udpnat_keyset_get_created (self->next) + UDPNAT_KEY_OLD_KEEP_US;
}

/**
 * udpnat_session_needs_handshake:
 *
 * To be asked after every call that may change the answer. Says no while a handshake is on, unless
 * that goes on for so long that it should be replaced by one with a new timestamp.
 *
 * Returns: whether the owner should call udpnat_session_start_handshake() now
 */
gboolean
udpnat_session_needs_handshake (const UdpnatSession *self,
                                gint64               now_us)
{
  const UdpnatKeyset *keyset = udpnat_session_get_send_keyset (self);

  if (self->state == UDPNAT_SESSION_STATE_CLOSED)
    return FALSE;
  if (self->handshake != NULL)
    return now_us >= self->handshake->started_us + UDPNAT_HANDSHAKE_RENEW_US;
  if (self->state == UDPNAT_SESSION_STATE_NEW)
    return TRUE;
  if (!udpnat_session_can_send (self, now_us))
    return udpnat_session_has_pending (self);
  if (self->next != NULL)
    return is_answer_lost (self, now_us) && udpnat_session_has_pending (self);
  return self->is_rekey_due || udpnat_keyset_is_worn (keyset)
         || (now_us >= udpnat_keyset_get_rekey_time (keyset) && udpnat_session_has_pending (self));
}

/**
 * udpnat_session_handle_key_age:
 *
 * Drops keys whose time is over, and finds out whether to ask for new ones
 */
void
udpnat_session_handle_key_age (UdpnatSession *self,
                               gint64         now_us)
{
  const UdpnatKeyset *keyset;
  gint64              quiet_us;

  if (self->current != NULL && !udpnat_keyset_is_usable (self->current, now_us))
    udpnat_session_drop_keyset (self, &self->current);
  if (self->next != NULL && !udpnat_keyset_is_usable (self->next, now_us))
    {
      udpnat_session_drop_keyset (self, &self->next);
      udpnat_session_forget_answer (self);
      self->answer.is_set = FALSE; /* without its keys it cannot be repeated */
    }
  if (self->previous != NULL
      && (now_us >= self->previous_until_us || !udpnat_keyset_is_usable (self->previous, now_us)))
    udpnat_session_drop_keyset (self, &self->previous);

  keyset = udpnat_session_get_send_keyset (self);
  if (keyset == NULL || self->is_rekey_judged || self->handshake != NULL
      || now_us < udpnat_keyset_get_rekey_time (keyset))
    return;
  self->is_rekey_judged = TRUE;
  quiet_us = udpnat_keyset_get_rekey_time (keyset) - REKEY_TRAFFIC_US;
  self->is_rekey_due = self->last_used_us != UDPNAT_TIME_NEVER && self->last_used_us > quiet_us;
}

/** udpnat_session_next_key_deadline: for handle_retry and handle_key_age */
gint64
udpnat_session_next_key_deadline (const UdpnatSession *self)
{
  const UdpnatKeyset *keyset = udpnat_session_get_send_keyset (self);
  gint64              deadline_us = UDPNAT_TIME_NEVER;

  if (self->handshake != NULL)
    deadline_us = self->handshake->retry_us;
  else if (keyset != NULL && !self->is_rekey_judged)
    deadline_us = udpnat_keyset_get_rekey_time (keyset);
  if (self->current != NULL)
    deadline_us = udpnat_time_min (deadline_us, udpnat_keyset_get_expiry (self->current));
  if (self->next != NULL)
    deadline_us = udpnat_time_min (deadline_us, udpnat_keyset_get_expiry (self->next));
  if (self->previous != NULL)
    {
      deadline_us = udpnat_time_min (deadline_us, self->previous_until_us);
      deadline_us = udpnat_time_min (deadline_us, udpnat_keyset_get_expiry (self->previous));
    }
  return deadline_us;
}
