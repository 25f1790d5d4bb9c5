/* One address of a peer, from first try to proof to silence.
 *
 * WAITING, PROBING, INBOUND, PROVEN, then SUSPECT and back, or SUSPECT and DEAD; and the ways out:
 * UNANSWERED when a run of probes ends without proof, IDLE when the conversation does. Proof is an
 * answer, from the address itself, to a token that went nowhere else; hearing from an address is
 * not enough (nat.md section 5.2: one-way paths exist). Suspicion has two clocks, because two
 * things can go unanswered: our challenges, which only an answer to one of them settles, and the
 * session's data, which an ACK settles whatever way it came.
 *
 * This file does not know the other addresses: what is tried when is udpnat-path-punch.c, what is
 * chosen is udpnat-path-select.c. Numbers: PROTOCOL.md section 10. */

#include "config.h"

#include "udpnat-path-private.h"

/* When, after the start of a run, each step is due. Step 0 is OPEN and only for public addresses;
 * the rest are challenges. */
static const gint64 step_offsets_us[] = {
  0,
  UDPNAT_MSEC (5),
  UDPNAT_MSEC (20),
  UDPNAT_MSEC (60),
  UDPNAT_MSEC (140),
  UDPNAT_MSEC (300),
  UDPNAT_MSEC (620),
  UDPNAT_MSEC (1260),
  UDPNAT_MSEC (2540),
};

/* Challenges of a suspect path; from the last of these on, it is challenged at that pace. */
static const gint64 suspect_offsets_us[] = {
  0,
  UDPNAT_MSEC (100),
  UDPNAT_MSEC (200),
  UDPNAT_MSEC (400),
  UDPNAT_MSEC (800),
  UDPNAT_MSEC (1600),
};

#define STATE_BIT(state) (1u << UDPNAT_PATH_STATE_##state)

/* Which states may follow each. */
static const guint transitions[] = {
  [UDPNAT_PATH_STATE_WAITING] = STATE_BIT (PROBING) | STATE_BIT (INBOUND) | STATE_BIT (PROVEN)
                                | STATE_BIT (UNANSWERED),
  [UDPNAT_PATH_STATE_PROBING] = STATE_BIT (WAITING) | STATE_BIT (INBOUND) | STATE_BIT (PROVEN)
                                | STATE_BIT (UNANSWERED),
  [UDPNAT_PATH_STATE_INBOUND] = STATE_BIT (WAITING) | STATE_BIT (PROVEN) | STATE_BIT (UNANSWERED),
  [UDPNAT_PATH_STATE_PROVEN] = STATE_BIT (WAITING) | STATE_BIT (SUSPECT) | STATE_BIT (IDLE),
  [UDPNAT_PATH_STATE_SUSPECT] = STATE_BIT (WAITING) | STATE_BIT (PROVEN) | STATE_BIT (DEAD)
                                | STATE_BIT (IDLE),
  [UDPNAT_PATH_STATE_DEAD] = STATE_BIT (WAITING) | STATE_BIT (PROVEN),
  [UDPNAT_PATH_STATE_UNANSWERED] = STATE_BIT (WAITING) | STATE_BIT (PROVEN),
  [UDPNAT_PATH_STATE_IDLE] = STATE_BIT (WAITING) | STATE_BIT (PROVEN),
};

static void
set_state (UdpnatPath      *self,
           UdpnatPathState  from,
           UdpnatPathState  to)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  g_assert (self->state == from);
  if (from == to)
    return;

  g_assert ((transitions[from] & (1u << to)) != 0);
  g_debug ("path %s: state %d to %d", udpnat_address_to_string (&self->address, text), from, to);
  self->state = to;
}

/* A time that may be %UDPNAT_TIME_NEVER, plus something. */
static gint64
later (gint64 time_us,
       gint64 delay_us)
{
  return time_us == UDPNAT_TIME_NEVER ? UDPNAT_TIME_NEVER : time_us + delay_us;
}

static void
clear_clocks (UdpnatPath *self)
{
  self->check_us = UDPNAT_TIME_NEVER;
  self->challenge_since_us = UDPNAT_TIME_NEVER;
  self->data_since_us = UDPNAT_TIME_NEVER;
  self->is_doubted = FALSE;
  self->give_up_us = UDPNAT_TIME_NEVER;
}

static void
clear_tokens (UdpnatPath *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tokens); i++)
    self->tokens[i].sent_us = UDPNAT_TIME_NEVER;
}

UdpnatPath *
udpnat_path_new (UdpnatSocketId       socket,
                 const UdpnatAddress *address)
{
  UdpnatPath *self = g_new0 (UdpnatPath, 1);

  self->socket = socket;
  self->address = *address;
  self->state = UDPNAT_PATH_STATE_WAITING;
  self->run_start_us = G_MININT64;
  self->last_heard_us = G_MININT64;
  self->proven_us = G_MININT64;
  self->last_challenge_us = G_MININT64;
  clear_clocks (self);
  clear_tokens (self);
  return self;
}

void
udpnat_path_free (UdpnatPath *self)
{
  g_free (self);
}

/* Tries the address from @start_us on; the tokens of earlier runs still count.
 *
 * @hold_us: how much later than OPEN the challenges come, 0 when the other side has opened its
 *     router to us. A challenge that arrives before that may spoil the port there for good (nat.md
 *     section 5.2), and would be dropped anyway. Of no effect where no router is in between. */
void
udpnat_path_begin_run (UdpnatPath *self,
                       gint64      start_us,
                       gint64      give_up_us,
                       gint64      hold_us)
{
  g_assert (!udpnat_path_has_proof (self));

  set_state (self, self->state, UDPNAT_PATH_STATE_WAITING);
  self->run_start_us = start_us;
  self->give_up_us = give_up_us;
  self->n_sent = 0;
  self->step = udpnat_address_get_scope (&self->address) == UDPNAT_SCOPE_GLOBAL ? 0 : 1;
  self->hold_us = self->step == 0 ? hold_us : 0;
}

/* Begins the run with the first challenge: the other side's router is open to us already. */
void
udpnat_path_skip_open (UdpnatPath *self)
{
  g_assert (self->step <= 1 && self->n_sent == 0);

  self->step = 1;
  self->run_start_us -= step_offsets_us[1];
}

/* The other side has opened its router to us: challenges need not wait any more. */
void
udpnat_path_release (UdpnatPath *self)
{
  self->hold_us = 0;
}

/* Nothing that was proven holds any more, and answers that are on their way prove nothing. */
void
udpnat_path_forget (UdpnatPath *self)
{
  set_state (self, self->state, UDPNAT_PATH_STATE_WAITING);
  clear_clocks (self);
  clear_tokens (self);
}

/* The conversation has gone quiet: neither keepalives nor suspicion from here on. */
void
udpnat_path_let_go (UdpnatPath *self)
{
  g_assert (udpnat_path_has_proof (self));

  set_state (self, self->state, UDPNAT_PATH_STATE_IDLE);
  clear_clocks (self);
  clear_tokens (self);
}

/* Sends a challenge whatever the schedule says. */
void
udpnat_path_challenge (UdpnatPath      *self,
                       gint64           now_us,
                       UdpnatPathQueue *queue)
{
  UdpnatPathToken *token = &self->tokens[self->next_token];
  UdpnatPathOutput output = {
    .type = UDPNAT_PATH_OUTPUT_CHALLENGE,
    .socket = self->socket,
    .to = self->address,
  };

  token->token = output.token = udpnat_random_u64 (&queue->random);
  token->sent_us = now_us;
  self->next_token = (self->next_token + 1) % G_N_ELEMENTS (self->tokens);
  self->last_challenge_us = now_us;

  if (self->check_us <= now_us)
    self->check_us = now_us + UDPNAT_PATH_KEEPALIVE_US;
  if (udpnat_path_has_proof (self) && self->challenge_since_us == UDPNAT_TIME_NEVER)
    self->challenge_since_us = now_us;

  udpnat_path_queue_push (queue, &output);
}

/* Whether nothing but the peer's own list says that it is there. */
static gboolean
is_hearsay (const UdpnatPath      *self,
            gint64                 now_us,
            const UdpnatPathQueue *queue)
{
  return self->origin == UDPNAT_PATH_ORIGIN_LISTED && !self->was_proven && !self->was_heard
         && !udpnat_path_queue_is_vouched (queue, now_us, &self->address);
}

/* Whether one more packet may go there before proof. */
static gboolean
take_budget (UdpnatPath      *self,
             gint64           now_us,
             UdpnatPathQueue *queue)
{
  if (self->n_sent >= UDPNAT_CANDIDATE_PACKETS_MAX)
    return FALSE;
  if (is_hearsay (self, now_us, queue))
    {
      if (!udpnat_path_queue_pay_hearsay (queue, now_us))
        return FALSE;
      self->n_hearsay++;
    }
  else if (!udpnat_path_queue_pay (queue, now_us))
    return FALSE;

  self->n_sent++;
  return TRUE;
}

/* The triggered check of RFC 8445, 7.3.1.4: who reaches us may well be reachable. */
static void
challenge_back (UdpnatPath      *self,
                gint64           now_us,
                UdpnatPathQueue *queue)
{
  if (self->last_challenge_us != now_us && take_budget (self, now_us, queue))
    udpnat_path_challenge (self, now_us, queue);
}

/**
 * udpnat_path_handle_challenged:
 *
 * An authentic packet has come from the address. The answer is the owner's business; this is what
 * it means for our own proof. The address must be in a run or have proof: whether a run is worth
 * starting only the owner knows.
 */
void
udpnat_path_handle_challenged (UdpnatPath      *self,
                               gint64           now_us,
                               UdpnatPathQueue *queue)
{
  switch (self->state)
    {
    case UDPNAT_PATH_STATE_WAITING:
      if (!udpnat_path_is_running (self))
        break;
      /* It has come through, so nothing is left to be opened: on with the first challenge, and now.
       * */
      set_state (self, UDPNAT_PATH_STATE_WAITING, UDPNAT_PATH_STATE_INBOUND);
      self->run_start_us = now_us - step_offsets_us[1];
      self->hold_us = 0;
      self->step = 2;
      challenge_back (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_PROBING:
      set_state (self, UDPNAT_PATH_STATE_PROBING, UDPNAT_PATH_STATE_INBOUND);
      self->hold_us = 0;
      challenge_back (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_INBOUND:
      if (self->step == G_N_ELEMENTS (step_offsets_us))
        challenge_back (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_PROVEN:
    case UDPNAT_PATH_STATE_SUSPECT:
    case UDPNAT_PATH_STATE_DEAD:
    case UDPNAT_PATH_STATE_UNANSWERED:
    case UDPNAT_PATH_STATE_IDLE:
      break;
    }

  udpnat_path_handle_heard (self, now_us);
}

/* How long an answer may take. Of the smoothed round trip and the last one the shorter: the first
 * ever may have waited for a router to find its own host, and would be believed for minutes. */
static gint64
get_patience (const UdpnatPath *self)
{
  return MAX (UDPNAT_PATH_SUSPECT_MIN_US, 2 * MIN (self->rtt_us, self->latest_rtt_us));
}

static gint64
get_unanswered_since (const UdpnatPath *self)
{
  return udpnat_time_min (self->challenge_since_us, self->data_since_us);
}

static void
clear_suspicion (UdpnatPath *self,
                 gint64      now_us)
{
  if (self->state == UDPNAT_PATH_STATE_SUSPECT && !self->is_doubted
      && later (get_unanswered_since (self), get_patience (self)) > now_us)
    set_state (self, UDPNAT_PATH_STATE_SUSPECT, UDPNAT_PATH_STATE_PROVEN);
}

/**
 * udpnat_path_handle_heard:
 *
 * Something authentic has come from there. Settles neither data nor our challenges: it does not
 * show that anything of ours arrived.
 */
void
udpnat_path_handle_heard (UdpnatPath *self,
                          gint64      now_us)
{
  self->was_heard = TRUE;
  self->last_heard_us = now_us;
}

/* The path works both ways: @rtt_us, more than 0, is a round trip measured on it. */
static void
prove (UdpnatPath *self,
       gint64      now_us,
       gint64      rtt_us)
{
  if (!udpnat_path_has_proof (self))
    {
      clear_clocks (self);
      self->rtt_us = 0;
    }

  self->latest_rtt_us = rtt_us;
  self->rtt_us = self->rtt_us == 0 ? rtt_us : (7 * self->rtt_us + rtt_us) / 8; /* RFC 9002, 5.3 */

  self->challenge_since_us = UDPNAT_TIME_NEVER;
  self->data_since_us = UDPNAT_TIME_NEVER;
  self->last_heard_us = self->proven_us = now_us;
  self->was_proven = TRUE;
  self->is_doubted = FALSE;
  set_state (self, self->state, UDPNAT_PATH_STATE_PROVEN);
}

/**
 * udpnat_path_handle_response:
 *
 * Returns: whether @token is one that we sent there and that was not answered before
 */
gboolean
udpnat_path_handle_response (UdpnatPath *self,
                             gint64      now_us,
                             guint64     token)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->tokens); i++)
    {
      UdpnatPathToken *sent = &self->tokens[i];

      if (sent->sent_us == UDPNAT_TIME_NEVER || sent->token != token)
        continue;

      /* At least 1 µs, because 0 means unknown. */
      prove (self, now_us, MAX (1, now_us - sent->sent_us));
      sent->sent_us = UDPNAT_TIME_NEVER;
      return TRUE;
    }

  return FALSE;
}

/**
 * udpnat_path_note_unanswered:
 * @since_us: since when data has no answer, or %UDPNAT_TIME_NEVER
 *
 * What was sent before the last proof is not held against the path.
 */
void
udpnat_path_note_unanswered (UdpnatPath *self,
                             gint64      now_us,
                             gint64      since_us)
{
  if (!udpnat_path_has_proof (self))
    return;

  self->data_since_us = MAX (since_us, self->proven_us);
  clear_suspicion (self, now_us);
}

static gint64
get_step_time (const UdpnatPath *self,
               guint             step)
{
  if (step == G_N_ELEMENTS (step_offsets_us))
    return UDPNAT_TIME_NEVER;

  return self->run_start_us + step_offsets_us[step] + (step > 0 ? self->hold_us : 0);
}

static void
send_open (UdpnatPath      *self,
           gint64           now_us,
           UdpnatPathQueue *queue)
{
  UdpnatPathOutput output = {
    .type = UDPNAT_PATH_OUTPUT_OPEN,
    .socket = self->socket,
    .to = self->address,
    .ttl = queue->open_ttl,
  };

  if (take_budget (self, now_us, queue))
    udpnat_path_queue_push (queue, &output);
}

/* What is due in a run; when late, only the latest step. OPEN is never skipped: a challenge that
 * meets the other's router before it has sent anything may spoil the port for both (nat.md section
 * 5.2), and the run starts over from it. */
static void
handle_run_deadline (UdpnatPath      *self,
                     gint64           now_us,
                     UdpnatPathQueue *queue)
{
  if (self->give_up_us <= now_us)
    {
      set_state (self, self->state, UDPNAT_PATH_STATE_UNANSWERED);
      self->give_up_us = UDPNAT_TIME_NEVER;
      return;
    }

  if (get_step_time (self, self->step) > now_us)
    return;

  if (self->step == 0)
    {
      self->run_start_us = now_us;
      send_open (self, now_us, queue);
    }
  else
    {
      while (get_step_time (self, self->step + 1) <= now_us)
        self->step++;
      if (take_budget (self, now_us, queue))
        udpnat_path_challenge (self, now_us, queue);
    }

  self->step++;
  if (self->state == UDPNAT_PATH_STATE_WAITING && self->n_sent > 0)
    set_state (self, UDPNAT_PATH_STATE_WAITING, UDPNAT_PATH_STATE_PROBING);
}

static gint64
get_suspect_step_time (const UdpnatPath *self,
                       guint             step)
{
  const guint last = G_N_ELEMENTS (suspect_offsets_us) - 1;

  if (step <= last)
    return self->suspect_us + suspect_offsets_us[step];

  return self->suspect_us + (gint64) (step - last + 1) * suspect_offsets_us[last];
}

/* Silence counts from the first thing unanswered, or from the last packet heard if that is later.
 * */
static gint64
get_death (const UdpnatPath *self)
{
  gint64 since_us = MAX (get_unanswered_since (self), self->last_heard_us);

  return MAX (later (since_us, UDPNAT_PATH_DEAD_US),
              self->suspect_us + UDPNAT_PATH_SUSPECT_GRACE_US);
}

static void
handle_suspect_deadline (UdpnatPath      *self,
                         gint64           now_us,
                         UdpnatPathQueue *queue)
{
  if (get_death (self) <= now_us)
    {
      set_state (self, UDPNAT_PATH_STATE_SUSPECT, UDPNAT_PATH_STATE_DEAD);
      clear_clocks (self);
      return;
    }

  if (get_suspect_step_time (self, self->suspect_step) > now_us)
    return;

  while (get_suspect_step_time (self, self->suspect_step) <= now_us)
    self->suspect_step++;
  udpnat_path_challenge (self, now_us, queue);
}

static void
suspect (UdpnatPath      *self,
         gint64           now_us,
         UdpnatPathQueue *queue)
{
  set_state (self, UDPNAT_PATH_STATE_PROVEN, UDPNAT_PATH_STATE_SUSPECT);
  self->suspect_us = now_us;
  self->suspect_step = 0;
  handle_suspect_deadline (self, now_us, queue);
}

/* There is reason to think that it is gone, before anything has gone unanswered: suspect until it
 * has answered. */
void
udpnat_path_doubt (UdpnatPath      *self,
                   gint64           now_us,
                   UdpnatPathQueue *queue)
{
  if (self->state != UDPNAT_PATH_STATE_PROVEN)
    return;
  self->challenge_since_us = now_us; /* what has gone unanswered till now is excused */
  suspect (self, now_us, queue);
  self->is_doubted = TRUE;
}

/* When data that is unanswered asks for a challenge although the path is not suspect yet, as on
 * paths with a long RTT. */
static gint64
get_data_challenge (const UdpnatPath *self)
{
  if (self->data_since_us == UDPNAT_TIME_NEVER || self->last_challenge_us >= self->data_since_us)
    return UDPNAT_TIME_NEVER;

  return self->data_since_us + UDPNAT_PATH_DATA_CHALLENGE_US;
}

static void
handle_proven_deadline (UdpnatPath      *self,
                        gint64           now_us,
                        UdpnatPathQueue *queue)
{
  if (later (get_unanswered_since (self), get_patience (self)) <= now_us)
    {
      suspect (self, now_us, queue);
    }
  else if (self->check_us <= now_us || get_data_challenge (self) <= now_us)
    {
      udpnat_path_challenge (self, now_us, queue);
    }
}

gint64
udpnat_path_next_deadline (const UdpnatPath *self)
{
  switch (self->state)
    {
    case UDPNAT_PATH_STATE_WAITING:
    case UDPNAT_PATH_STATE_PROBING:
    case UDPNAT_PATH_STATE_INBOUND:
      if (!udpnat_path_is_running (self))
        return UDPNAT_TIME_NEVER;
      return udpnat_time_min (get_step_time (self, self->step), self->give_up_us);

    case UDPNAT_PATH_STATE_PROVEN:
      return udpnat_time_min (udpnat_time_min (self->check_us, get_data_challenge (self)),
                              later (get_unanswered_since (self), get_patience (self)));

    case UDPNAT_PATH_STATE_SUSPECT:
      return udpnat_time_min (get_suspect_step_time (self, self->suspect_step), get_death (self));

    case UDPNAT_PATH_STATE_DEAD:
    case UDPNAT_PATH_STATE_UNANSWERED:
    case UDPNAT_PATH_STATE_IDLE:
      return UDPNAT_TIME_NEVER;
    }

  g_assert_not_reached ();
}

void
udpnat_path_handle_deadline (UdpnatPath      *self,
                             gint64           now_us,
                             UdpnatPathQueue *queue)
{
  switch (self->state)
    {
    case UDPNAT_PATH_STATE_WAITING:
    case UDPNAT_PATH_STATE_PROBING:
    case UDPNAT_PATH_STATE_INBOUND:
      if (udpnat_path_is_running (self))
        handle_run_deadline (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_PROVEN:
      handle_proven_deadline (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_SUSPECT:
      handle_suspect_deadline (self, now_us, queue);
      break;

    case UDPNAT_PATH_STATE_DEAD:
    case UDPNAT_PATH_STATE_UNANSWERED:
    case UDPNAT_PATH_STATE_IDLE:
      break;
    }
}
