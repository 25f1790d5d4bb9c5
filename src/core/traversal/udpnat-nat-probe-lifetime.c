/* The slow tests of a probe: how long a mapping lasts (RFC 5780 section 4.6).
 *
 * One socket for each lifetime that is common. All are opened at once, confirmed by a second packet
 * (Linux takes a flow for a lasting one only when it is older than 2 s), and left alone. When its
 * time is over another socket has the server send an answer to the idle one (RESPONSE-PORT), so
 * that nothing refreshes what is asked for. Each is asked once: whether it lives or not, its
 * mapping is not idle any more.
 *
 * A further socket is used every 15 s: when the server sees another port all the same, mappings
 * have an absolute lifetime, as some CGNs give them. */

#include "config.h"

#include "udpnat-nat-probe-private.h"

/* What routers use: Linux has 30 and 120 s, RFC 4787 REQ-5 asks for 120 at least, better 300. */
static const guint lifetimes_s[UDPNAT_NAT_LIFETIMES] = { 20, 30, 45, 60, 90, 120, 180, 240, 300 };

static UdpnatSocketId
get_idle_socket (const UdpnatNatProbe *self,
                 guint                 i)
{
  return udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_IDLE + i);
}

static const UdpnatNatQuestion *
get_opening (const UdpnatNatProbe *self,
             guint                 i)
{
  return &self->questions[UDPNAT_NAT_ASK_IDLE + i];
}

static const UdpnatNatQuestion *
get_alive (const UdpnatNatProbe *self,
           guint                 i)
{
  return &self->questions[UDPNAT_NAT_ASK_ALIVE + i];
}

static gint64
get_time_to_ask (const UdpnatNatProbe *self,
                 guint                 i)
{
  return self->idle[i].last_us + UDPNAT_SEC (lifetimes_s[i]) - UDPNAT_NAT_LIFETIME_MARGIN_US;
}

/* ---- Beginning ---- */

/** udpnat_nat_probe_start_lifetime: the quick tests are done */
void
udpnat_nat_probe_start_lifetime (UdpnatNatProbe *self,
                                 gint64          now_us)
{
  self->lifetime_state = UDPNAT_LIFETIME_STATE_MEASURING;
  self->slow_since_us = now_us;
  self->kept_next_us = now_us;
  udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_ASKER,
                        udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_ASKER),
                        &self->server, now_us);
  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    {
      self->idle[i].state = UDPNAT_NAT_IDLE_OPENING;
      udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_IDLE + i, get_idle_socket (self, i),
                            &self->server, now_us);
    }
}

/* ---- Idle sockets ---- */

static void
ask_for_life (UdpnatNatProbe *self,
              guint           i,
              gint64          now_us)
{
  UdpnatNatQuestion *question
    = udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_ALIVE + i,
                            udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_ASKER),
                            &self->server, now_us);

  question->response_port = get_opening (self, i)->mapped.port;
  question->answer_socket = get_idle_socket (self, i);
  question->is_silence_likely = TRUE;
  self->idle[i].state = UDPNAT_NAT_IDLE_ASKED;
  self->idle[i].age_us = now_us - self->idle[i].last_us;
}

static UdpnatNatIdleState
judge_life (const UdpnatNatQuestion *question)
{
  switch (question->state)
    {
    case UDPNAT_NAT_QUESTION_ANSWERED:
      return UDPNAT_NAT_IDLE_ALIVE;
    case UDPNAT_NAT_QUESTION_SILENT:
      return UDPNAT_NAT_IDLE_DEAD;
    case UDPNAT_NAT_QUESTION_UNASKED:
    case UDPNAT_NAT_QUESTION_REFUSED:
      return UDPNAT_NAT_IDLE_VOID;
    case UDPNAT_NAT_QUESTION_PENDING:
      return UDPNAT_NAT_IDLE_ASKED;
    }
  g_assert_not_reached ();
}

static UdpnatNatIdleState
take_opening (UdpnatNatProbe    *self,
              guint              i,
              UdpnatNatIdleState next)
{
  const UdpnatNatQuestion *opening = get_opening (self, i);

  if (!udpnat_nat_question_is_settled (opening))
    return self->idle[i].state;
  self->idle[i].last_us = opening->answered_us;
  return udpnat_nat_question_is_answered (opening) ? next : UDPNAT_NAT_IDLE_VOID;
}

static void
continue_idle (UdpnatNatProbe *self,
               guint           i,
               gint64          now_us)
{
  UdpnatNatIdle *idle = &self->idle[i];

  switch (idle->state)
    {
    case UDPNAT_NAT_IDLE_OPENING:
      idle->state = take_opening (self, i, UDPNAT_NAT_IDLE_OPENED);
      break;
    case UDPNAT_NAT_IDLE_OPENED:
      if (now_us < idle->last_us + UDPNAT_NAT_CONFIRM_AFTER_US)
        break;
      idle->state = UDPNAT_NAT_IDLE_CONFIRMING;
      udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_IDLE + i, get_idle_socket (self, i),
                            &self->server, now_us);
      break;
    case UDPNAT_NAT_IDLE_CONFIRMING:
      idle->state = take_opening (self, i, UDPNAT_NAT_IDLE_RESTING);
      break;
    case UDPNAT_NAT_IDLE_RESTING:
      if (now_us >= get_time_to_ask (self, i))
        ask_for_life (self, i, now_us);
      break;
    case UDPNAT_NAT_IDLE_ASKED:
      idle->state = judge_life (get_alive (self, i));
      break;
    case UDPNAT_NAT_IDLE_ALIVE:
    case UDPNAT_NAT_IDLE_DEAD:
    case UDPNAT_NAT_IDLE_VOID:
      break;
    }
}

static gint64
get_idle_deadline (const UdpnatNatProbe *self,
                   guint                 i)
{
  switch (self->idle[i].state)
    {
    case UDPNAT_NAT_IDLE_OPENED:
      return self->idle[i].last_us + UDPNAT_NAT_CONFIRM_AFTER_US;
    case UDPNAT_NAT_IDLE_RESTING:
      return get_time_to_ask (self, i);
    case UDPNAT_NAT_IDLE_OPENING:
    case UDPNAT_NAT_IDLE_CONFIRMING:
    case UDPNAT_NAT_IDLE_ASKED:
    case UDPNAT_NAT_IDLE_ALIVE:
    case UDPNAT_NAT_IDLE_DEAD:
    case UDPNAT_NAT_IDLE_VOID:
      return UDPNAT_TIME_NEVER;
    }
  g_assert_not_reached ();
}

/* ---- The busy socket ---- */

static void
take_kept (UdpnatNatProbe          *self,
           const UdpnatNatQuestion *kept)
{
  if (kept->answered_us <= self->kept_until_us)
    return; /* that answer was taken before */
  if (!udpnat_address_is_set (&self->kept_as))
    {
      self->kept_as = kept->mapped;
      self->kept_since_us = kept->first_us;
    }
  if (udpnat_address_equal (&self->kept_as, &kept->mapped))
    self->kept_until_us = kept->answered_us;
  else if (self->absolute_us == 0)
    self->absolute_us = MAX (1, self->kept_until_us - self->kept_since_us);
}

static void
continue_kept (UdpnatNatProbe *self,
               gint64          now_us)
{
  const UdpnatNatQuestion *kept = &self->questions[UDPNAT_NAT_ASK_KEPT];

  if (udpnat_nat_question_is_answered (kept))
    take_kept (self, kept);
  if (now_us < self->kept_next_us || kept->state == UDPNAT_NAT_QUESTION_PENDING)
    return;
  self->kept_next_us = now_us + UDPNAT_NAT_KEEPALIVE_US;
  udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_KEPT,
                        udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_KEPT),
                        &self->server, now_us);
}

/* ---- Going on ---- */

/* Two in a row that are dead: the longer ones are, too. One alone may have been bad luck. */
static gboolean
is_known (const UdpnatNatProbe *self)
{
  guint n_dead = 0;

  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    {
      UdpnatNatIdleState state = self->idle[i].state;

      if (state != UDPNAT_NAT_IDLE_ALIVE && state != UDPNAT_NAT_IDLE_DEAD
          && state != UDPNAT_NAT_IDLE_VOID)
        return FALSE;
      n_dead = state == UDPNAT_NAT_IDLE_DEAD ? n_dead + 1 : 0;
      if (n_dead == 2)
        return TRUE;
    }
  return TRUE;
}

/* The server sends to the asker's IP address: when our routers gave the idle sockets another one,
 * nothing can be measured this way. */
static gboolean
is_unsupported (const UdpnatNatProbe *self)
{
  const UdpnatNatQuestion *asker = &self->questions[UDPNAT_NAT_ASK_ASKER];

  if (udpnat_nat_question_is_settled (asker) && !udpnat_nat_question_is_answered (asker))
    return TRUE;
  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    {
      const UdpnatNatQuestion *opening = get_opening (self, i);

      if (get_alive (self, i)->state == UDPNAT_NAT_QUESTION_REFUSED)
        return TRUE;
      if (udpnat_nat_question_is_answered (asker) && udpnat_nat_question_is_answered (opening)
          && !udpnat_address_equal_ip (&asker->mapped, &opening->mapped))
        return TRUE;
    }
  return FALSE;
}

/** udpnat_nat_probe_continue_lifetime: whatever is due; sets the state when it is over */
void
udpnat_nat_probe_continue_lifetime (UdpnatNatProbe *self,
                                    gint64          now_us)
{
  gint64 kept_until_us = self->slow_since_us + UDPNAT_NAT_ABSOLUTE_MIN_US;

  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    continue_idle (self, i, now_us);
  continue_kept (self, now_us);
  if (is_unsupported (self))
    self->lifetime_state = UDPNAT_LIFETIME_STATE_UNSUPPORTED;
  else if (is_known (self) && (self->absolute_us != 0 || now_us >= kept_until_us))
    self->lifetime_state = UDPNAT_LIFETIME_STATE_DONE;
}

/** udpnat_nat_probe_next_lifetime: Returns: when it is to be called, besides for answers */
gint64
udpnat_nat_probe_next_lifetime (const UdpnatNatProbe *self)
{
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  if (self->questions[UDPNAT_NAT_ASK_KEPT].state != UDPNAT_NAT_QUESTION_PENDING)
    deadline_us = self->kept_next_us;
  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    deadline_us = udpnat_time_min (deadline_us, get_idle_deadline (self, i));
  return deadline_us;
}
