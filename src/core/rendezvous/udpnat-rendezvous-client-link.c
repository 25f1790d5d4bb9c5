#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* The session with the server: brought up, noticed to be gone, brought up again, kept alive
 * meanwhile (PROTOCOL.md sections 1 and 2). It is one and the same session across outages: HS1 with
 * its id makes the server go on with it, or says that the server has forgotten it. Only after a
 * CLOSE a new one is made.
 *
 * What an idle client costs: one PAD in 26 s, or in as long as mappings were found to last, so that
 * NATs on the way keep theirs and the server knows that we are there. Nobody answers it; instead of
 * one of them now and then the server is asked for a sign of life, with PING, and once an hour for
 * new keys, with a handshake. It takes these for sending when it sees the next PAD under them, or
 * when its old ones are too old: we understand both. */

/* Keys that have carried nothing but keepalives are replaced when they are as old as this. A
 * handshake costs a server as much as fifty PINGs. */
#define IDLE_REKEY_AFTER_US UDPNAT_SEC (3600)
/* A server that has been silent for so long is asked at the next keepalive: the sixth of the usual
 * ones, or the second of the rarest. */
#define SIGN_OF_LIFE_AFTER_US UDPNAT_SEC (150)
/* Whoever sends all the time has no keepalives. Long enough before the keys end to repeat HS1 a few
 * times. */
#define REKEY_AT_LAST_US (UDPNAT_KEY_REJECT_SERVER_AFTER_US - UDPNAT_SEC (9))
/* As long as INFO, so that the server may answer PATH-CHALLENGE and OBSERVED to an address that the
 * NAT has just changed. */
#define KEEPALIVE_BODY_BYTES (UDPNAT_INFO_BYTES - UDPNAT_DATA_MIN_BYTES - UDPNAT_FRAME_HEADER_BYTES)

void
udpnat_rendezvous_client_set_state (UdpnatRendezvousClient *self,
                                    UdpnatRendezvousState   state)
{
  g_debug ("server: state %d to %d", self->state, state);
  self->state = state;
  /* While it is lost HS1 looks for it, and data need not. */
  if (self->session != NULL)
    udpnat_session_set_held (self->session, state == UDPNAT_RENDEZVOUS_STATE_LOST);
}

void
udpnat_rendezvous_client_begin_outage (UdpnatRendezvousClient *self,
                                       gint64                  now_us)
{
  self->outage_us = now_us;
  self->is_silence_told = self->is_doubt_over = FALSE;
}

/** udpnat_rendezvous_client_drop_session: without a word to the server */
void
udpnat_rendezvous_client_drop_session (UdpnatRendezvousClient *self)
{
  g_clear_pointer (&self->session, udpnat_session_free);
  udpnat_rendezvous_client_forget_early (self);
  udpnat_rendezvous_client_end_puts (self);
  self->n_sessions++;
  self->remote_index = 0;
  self->is_quiet = FALSE;
  g_array_set_size (self->attests, 0);
}

/** udpnat_rendezvous_client_begin_handshake: @out_timestamp: for the HS1 that follows at once */
void
udpnat_rendezvous_client_begin_handshake (UdpnatRendezvousClient *self,
                                          gint64                  now_us,
                                          guint8                 *out_timestamp)
{
  /* Strictly increasing, also when the wall clock is set back. */
  self->last_wall_us = MAX (now_us + self->wall_offset_us, self->last_wall_us + 1);
  udpnat_timestamp_from_us (self->last_wall_us, out_timestamp);
  self->handshake_us = now_us;
  self->is_handshake_due = TRUE;
}

/** udpnat_rendezvous_client_start_handshake: the first one, or for new keys */
void
udpnat_rendezvous_client_start_handshake (UdpnatRendezvousClient *self,
                                          gint64                  now_us)
{
  guint8       timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  udpnat_rendezvous_client_write_early (self, &writer);
  udpnat_rendezvous_client_begin_handshake (self, now_us, timestamp);
  udpnat_session_start_handshake (self->session, now_us, timestamp, frames, writer.n_written);
}

/** udpnat_rendezvous_client_connect: with a new session; the server's key is known */
void
udpnat_rendezvous_client_connect (UdpnatRendezvousClient *self,
                                  gint64                  now_us)
{
  UdpnatSessionConfig config = {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .identity = self->config.identity,
    .indexes = self->config.indexes,
    .random = self->config.random,
    .owner = self,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };

  udpnat_rendezvous_client_drop_session (self);
  self->session = udpnat_session_new_initiator (&config, &self->key, now_us);
  if (self->state != UDPNAT_RENDEZVOUS_STATE_LOST)
    udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_CONNECTING);
  udpnat_rendezvous_client_resume (self, now_us);
}

/* ---- Up ---- */

/**
 * udpnat_rendezvous_client_handle_up:
 *
 * The server has a new session with us, or goes on with one that we had given up: whatever we wish
 * is said again.
 */
void
udpnat_rendezvous_client_handle_up (UdpnatRendezvousClient *self,
                                    gint64                  now_us,
                                    gboolean                is_continued)
{
  udpnat_rendezvous_client_stop_asking (self);
  if (!self->is_key_proven)
    udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY)->key
      = self->key;
  self->is_key_proven = TRUE;
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_CONNECTED);
  self->outage_us = UDPNAT_TIME_NEVER;
  self->keys_us = now_us;
  self->confirm_us = now_us + UDPNAT_SERVER_CONFIRM_AFTER_US;
  self->is_quiet = FALSE;
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_CONNECTED)->is_continued
    = is_continued;
  self->observed[UDPNAT_SOCKET_ALT] = UDPNAT_ADDRESS_NONE;
  udpnat_rendezvous_client_test_mapping (self, now_us);
}

/** udpnat_rendezvous_client_handle_rekeyed: the server goes on with the session, under new keys */
void
udpnat_rendezvous_client_handle_rekeyed (UdpnatRendezvousClient *self,
                                         gint64                  now_us)
{
  if (!udpnat_rendezvous_client_is_up (self))
    {
      udpnat_rendezvous_client_handle_up (self, now_us, TRUE);
      udpnat_rendezvous_client_repeat_wishes (self, FALSE);
      return;
    }
  self->keys_us = now_us;
  if (!self->is_mapping_due)
    return;
  udpnat_rendezvous_client_test_mapping (self, now_us);
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE);
}

/* ---- Lost ---- */

void
udpnat_rendezvous_client_tell_lost (UdpnatRendezvousClient    *self,
                                    UdpnatRendezvousLostReason reason)
{
  UdpnatRendezvousEvent *event;

  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_LOST);
  event->reason = reason;
}

/**
 * udpnat_rendezvous_client_lose:
 *
 * The server does not answer any more, or has closed: connects again, until it does
 */
void
udpnat_rendezvous_client_lose (UdpnatRendezvousClient    *self,
                               gint64                     now_us,
                               UdpnatRendezvousLostReason reason)
{
  if (!udpnat_rendezvous_client_is_up (self))
    return;
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_LOST);
  udpnat_rendezvous_client_tell_lost (self, reason);
  udpnat_rendezvous_client_end_puts (self);
  udpnat_rendezvous_client_begin_outage (self, now_us);
  self->is_quiet = FALSE;
  udpnat_rendezvous_client_reset_keepalive (self);
  if (udpnat_session_get_state (self->session) == UDPNAT_SESSION_STATE_CLOSED)
    udpnat_rendezvous_client_connect (self, now_us);
  else if (!udpnat_session_is_handshaking (self->session))
    udpnat_rendezvous_client_resume (self, now_us);
  if (self->route == UDPNAT_SERVER_ROUTE_TUNNEL)
    udpnat_rendezvous_client_race (self, now_us);
}

/* The wish stays: the name is asked for again when the server is tried again. */
static void
tell_blocked (UdpnatRendezvousClient *self)
{
  UdpnatRendezvousEvent *event;

  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REFUSED);
  event->name = g_strdup (self->name != NULL ? self->name : "");
  event->code = UDPNAT_REFUSED_KEY_BLOCKED;
}

/**
 * udpnat_rendezvous_client_handle_closed: the session is closed, by the server or for its
 * mistakes */
void
udpnat_rendezvous_client_handle_closed (UdpnatRendezvousClient *self,
                                        gint64                  now_us,
                                        guint16                 reason)
{
  if (reason == UDPNAT_CLOSE_RESTARTING && udpnat_rendezvous_client_is_up (self))
    {
      udpnat_rendezvous_client_lose (self, now_us, UDPNAT_RENDEZVOUS_LOST_RESTARTING);
      return;
    }
  if (udpnat_rendezvous_client_is_up (self))
    udpnat_rendezvous_client_tell_lost (self, reason == UDPNAT_CLOSE_REPLACED
                                                  ? UDPNAT_RENDEZVOUS_LOST_REPLACED
                                                  : UDPNAT_RENDEZVOUS_LOST_CLOSED);
  if (reason == UDPNAT_CLOSE_REPLACED)
    udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REPLACED);
  if (reason == UDPNAT_CLOSE_BLOCKED)
    tell_blocked (self);
  udpnat_rendezvous_client_drop_session (self);
  udpnat_rendezvous_client_stop_asking (self);
  self->outage_us = UDPNAT_TIME_NEVER;
  self->wait_until_us = now_us + (reason == UDPNAT_CLOSE_BLOCKED ? UDPNAT_SERVER_BLOCKED_WAIT_US
                                                                  : UDPNAT_SERVER_CLOSED_WAIT_US);
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_WAITING);
}

/** udpnat_rendezvous_client_end: the server breaks the protocol: closes from our side */
void
udpnat_rendezvous_client_end (UdpnatRendezvousClient *self,
                              gint64                  now_us,
                              UdpnatCloseReason       reason)
{
  udpnat_session_close (self->session, now_us, reason, NULL);
  udpnat_rendezvous_client_flush_session (self, now_us);
  udpnat_rendezvous_client_handle_closed (self, now_us, reason);
}

/**
 * udpnat_rendezvous_client_handle_unknown:
 *
 * Somebody at the server's address says that the server has no session with us. A hint only: the
 * session stays until the server says in an HS2 that it had forgotten it.
 */
void
udpnat_rendezvous_client_handle_unknown (UdpnatRendezvousClient *self,
                                         gint64                  now_us)
{
  if (!udpnat_rendezvous_client_is_up (self) || udpnat_session_is_handshaking (self->session)
      || now_us - self->handshake_us < UDPNAT_SERVER_UNKNOWN_GAP_US)
    return;
  self->is_quiet = FALSE;
  udpnat_rendezvous_client_resume (self, now_us);
}

/* ---- Kept alive ---- */

/** udpnat_rendezvous_client_ping: asks the server for a sign of life */
void
udpnat_rendezvous_client_ping (UdpnatRendezvousClient *self,
                               gint64                  now_us)
{
  self->is_quiet = FALSE;
  self->ping_us = now_us;
  udpnat_session_ping (self->session, now_us);
}

/* A session that has got new keys wants to send PING, and would have an answer. For a client that
 * has nothing to say that would be more than its packet in a minute, and the next keepalive shows
 * the server the same. So while it is quiet the session only sends HS1; PAD goes past it. */
static void
keep_alive (UdpnatRendezvousClient *self,
            gint64                  now_us)
{
  guint8       frames[UDPNAT_FRAME_HEADER_BYTES + KEEPALIVE_BODY_BYTES];
  UdpnatWriter writer;

  udpnat_rendezvous_client_send_report (self, now_us);
  udpnat_rendezvous_client_draw_keepalive (self, now_us);
  self->sent_us = now_us;
  if (udpnat_session_is_handshaking (self->session))
    return;
  if (now_us - self->keys_us >= IDLE_REKEY_AFTER_US)
    {
      self->is_quiet = now_us >= self->watch_until_us
                       && udpnat_session_stream_unacked (self->session, UDPNAT_STREAM_CONTROL) == 0
                       && udpnat_session_stream_unacked (self->session, UDPNAT_STREAM_MAIL) == 0;
      udpnat_rendezvous_client_start_handshake (self, now_us);
      return;
    }
  if (now_us - udpnat_session_get_last_received (self->session) >= SIGN_OF_LIFE_AFTER_US)
    {
      udpnat_rendezvous_client_ping (self, now_us);
      return;
    }
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_pad (&writer, KEEPALIVE_BODY_BYTES))
    g_assert_not_reached ();
  (void) udpnat_rendezvous_client_send_frames (self, now_us, frames, writer.n_written);
}

/* Keys are replaced at a keepalive, or with a conversation going on as soon as the session wants
 * it; but in any case in time for the server to be able to reach us. */
static gboolean
needs_handshake (const UdpnatRendezvousClient *self,
                 gint64                        now_us)
{
  if (udpnat_session_is_handshaking (self->session))
    return FALSE;
  if (now_us >= self->keys_us + REKEY_AT_LAST_US)
    return TRUE;
  return (now_us < self->watch_until_us || !udpnat_session_can_send (self->session, now_us))
         && udpnat_session_needs_handshake (self->session, now_us);
}

/* When the server counts as lost, if nothing comes. */
static gint64
get_lost_time (const UdpnatRendezvousClient *self)
{
  gint64 since_us = udpnat_session_get_unanswered_since (self->session);

  if (udpnat_session_is_handshaking (self->session))
    since_us = udpnat_time_min (since_us, self->handshake_us);
  return since_us == UDPNAT_TIME_NEVER ? since_us : since_us + UDPNAT_SERVER_LOST_US;
}

/* When to ask the server for a sign of life, because a conversation depends on it, or because there
 * are others to go to. */
static gint64
get_watch_time (const UdpnatRendezvousClient *self)
{
  gint64 received_us = udpnat_session_get_last_received (self->session);
  gint64 since_us = MAX (received_us, self->ping_us);
  gint64 due_us = since_us + UDPNAT_SERVER_WATCH_US;

  if (due_us < self->watch_until_us)
    return due_us;
  return self->fleet.watch_us != 0 ? since_us + self->fleet.watch_us : UDPNAT_TIME_NEVER;
}

static gint64
get_up_deadline (const UdpnatRendezvousClient *self)
{
  gint64 deadline_us = self->sent_us + self->keepalive_gap_us;

  deadline_us = udpnat_time_min (deadline_us, self->confirm_us);
  deadline_us = udpnat_time_min (deadline_us, get_watch_time (self));
  deadline_us = udpnat_time_min (deadline_us, get_lost_time (self));
  if (!udpnat_session_is_handshaking (self->session))
    deadline_us = udpnat_time_min (deadline_us, self->keys_us + REKEY_AT_LAST_US);
  return udpnat_time_min (deadline_us, self->register_retry_us);
}

/* When to look for a lost server besides the schedule of HS1, because somebody waits: whoever is
 * back must not wait for seconds until the next one is due. */
static gint64
get_seek_time (const UdpnatRendezvousClient *self)
{
  gint64 due_us = self->hs1_us + UDPNAT_SERVER_SEEK_US;

  return self->session != NULL && udpnat_session_is_handshaking (self->session)
             && due_us < self->watch_until_us
           ? due_us : UDPNAT_TIME_NEVER;
}

static gint64
get_silence_time (const UdpnatRendezvousClient *self)
{
  return self->is_silence_told ? UDPNAT_TIME_NEVER : self->outage_us + UDPNAT_SERVER_LOST_US;
}

/* When to ask whether the server has another key: what is not for its key it does not answer, and
 * by the name of several servers now one may be reached and now another. */
static gint64
get_doubt_time (const UdpnatRendezvousClient *self)
{
  return self->is_doubt_over || self->state != UDPNAT_RENDEZVOUS_STATE_CONNECTING
           ? UDPNAT_TIME_NEVER : self->outage_us + UDPNAT_SERVER_OTHER_KEY_US;
}

/** udpnat_rendezvous_client_link_deadline: for udpnat_rendezvous_client_keep_link() */
gint64
udpnat_rendezvous_client_link_deadline (const UdpnatRendezvousClient *self)
{
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      return udpnat_time_min (udpnat_time_min (get_silence_time (self), get_doubt_time (self)),
                              get_seek_time (self));
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
      return get_up_deadline (self);
    case UDPNAT_RENDEZVOUS_STATE_WAITING:
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
      return self->wait_until_us;
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      return UDPNAT_TIME_NEVER;
    }
  g_assert_not_reached ();
}

static void
keep_up (UdpnatRendezvousClient *self,
         gint64                  now_us)
{
  if (get_lost_time (self) <= now_us)
    {
      udpnat_rendezvous_client_lose (self, now_us, UDPNAT_RENDEZVOUS_LOST_NO_ANSWER);
      return;
    }
  if (get_watch_time (self) <= now_us)
    udpnat_rendezvous_client_ping (self, now_us);
  if (self->confirm_us <= now_us)
    {
      self->confirm_us = UDPNAT_TIME_NEVER;
      udpnat_rendezvous_client_ping (self, now_us);
    }
  if (self->sent_us + self->keepalive_gap_us <= now_us)
    keep_alive (self, now_us);
  if (needs_handshake (self, now_us))
    udpnat_rendezvous_client_start_handshake (self, now_us);
}

static void
seek (UdpnatRendezvousClient *self,
      gint64                  now_us)
{
  if (get_seek_time (self) <= now_us)
    {
      self->hs1_us = now_us; /* also when it cannot leave */
      self->is_handshake_due = TRUE;
      udpnat_session_repeat_handshake (self->session, now_us);
    }
  if (get_doubt_time (self) <= now_us)
    {
      self->is_doubt_over = TRUE;
      udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, UDPNAT_INFO_RETRIES);
    }
  if (get_silence_time (self) > now_us)
    return;
  self->is_silence_told = TRUE;
  udpnat_rendezvous_client_race (self, now_us);
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER);
  /* Perhaps it has got another key. */
  if (self->state != UDPNAT_RENDEZVOUS_STATE_ASKING)
    udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, G_MAXUINT);
}

/** udpnat_rendezvous_client_keep_link: does what is due now */
void
udpnat_rendezvous_client_keep_link (UdpnatRendezvousClient *self,
                                    gint64                  now_us)
{
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
      keep_up (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      seek (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_WAITING:
      if (self->wait_until_us > now_us)
        break;
      udpnat_rendezvous_client_begin_outage (self, now_us);
      udpnat_rendezvous_client_connect (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
      if (self->wait_until_us > now_us)
        break;
      /* INFO-REPLY proves nothing: was the other key damaged, forged, or that of a stranger who is
       * gone? */
      self->wait_until_us = now_us + UDPNAT_SERVER_MISMATCH_WAIT_US;
      udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, UDPNAT_INFO_RETRIES);
      break;
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      break;
    }
}
