/* "Know your NAT", the machine: asks a STUN server, at most 100 packets a second, and hands what
 * comes back to whom it is for.
 *
 * First one question from the owner's main socket; when that is answered everything else begins at
 * once, on fresh sockets (udpnat-nat-probe-tests.c). A test that needs the result of another begins
 * when it is there. When nothing is out any more the quick part is done, after about two seconds;
 * lifetimes take minutes, and are only measured when the owner wants it.
 *
 * A server is not trusted with where packets go: the addresses that it names must be of its own
 * kind (public, private), and each port of them gets one question, UDPNAT_NAT_TEST_SENDS_MAX small
 * packets, until an answer comes from there. */

#include "config.h"

#include "udpnat-nat-probe-private.h"

#define RTT_MAX_US UDPNAT_SEC (1)

/* ---- Questions ---- */

/**
 * udpnat_nat_probe_ask:
 *
 * Returns: (transfer none): the question, which goes out soon and can still be changed until then
 */
UdpnatNatQuestion *
udpnat_nat_probe_ask (UdpnatNatProbe      *self,
                      guint                index,
                      UdpnatSocketId       socket,
                      const UdpnatAddress *to,
                      gint64               now_us)
{
  UdpnatNatQuestion *question = &self->questions[index];

  *question = (UdpnatNatQuestion) {
    .socket = socket,
    .answer_socket = socket,
    .to = *to,
    .answer_from = *to,
  };
  udpnat_nat_question_begin (question, &self->random, now_us);
  return question;
}

/** udpnat_nat_probe_drop: whatever it was, it is of no interest any more */
void
udpnat_nat_probe_drop (UdpnatNatProbe *self,
                       guint           index)
{
  self->questions[index].state = UDPNAT_NAT_QUESTION_UNASKED;
}

/** udpnat_nat_probe_may_be_sent_to: whether an address that the server has named may be used */
gboolean
udpnat_nat_probe_may_be_sent_to (const UdpnatNatProbe *self,
                                 const UdpnatAddress  *address)
{
  return address->family == self->server.family && address->port >= UDPNAT_CANDIDATE_PORT_MIN
         && udpnat_address_get_scope (address) == udpnat_address_get_scope (&self->server);
}

static void
close_sockets (UdpnatNatProbe *self,
               guint           first,
               guint           n)
{
  for (guint i = first; i < first + n; i++)
    {
      self->is_closing[i] = self->is_open[i];
      self->is_open[i] = FALSE;
    }
}

/* ---- States ---- */

static void
push_event (UdpnatNatProbe         *self,
            UdpnatNatProbeEventType type)
{
  g_assert (self->n_events < G_N_ELEMENTS (self->events));
  self->events[self->n_events++] = type;
}

static void
set_state (UdpnatNatProbe      *self,
           UdpnatNatProbeState  from,
           UdpnatNatProbeState  to)
{
  g_assert (self->state == from && to > from);
  g_debug ("NAT tests: state %d to %d after %u packets", from, to, self->n_packets);
  self->state = to;
}

static void
end_reaching (UdpnatNatProbe *self,
              gint64          now_us)
{
  const UdpnatNatQuestion *reach = &self->questions[UDPNAT_NAT_ASK_REACH];

  if (udpnat_nat_question_is_answered (reach))
    {
      set_state (self, UDPNAT_NAT_PROBE_STATE_REACHING, UDPNAT_NAT_PROBE_STATE_TESTING);
      udpnat_nat_probe_start_tests (self, now_us);
      return;
    }
  self->outcome = self->is_noisy || reach->state == UDPNAT_NAT_QUESTION_REFUSED
                    ? UDPNAT_NAT_TEST_NOT_STUN
                    : UDPNAT_NAT_TEST_NO_ANSWER;
  set_state (self, UDPNAT_NAT_PROBE_STATE_REACHING, UDPNAT_NAT_PROBE_STATE_OVER);
  push_event (self, UDPNAT_NAT_PROBE_EVENT_DONE);
}

static void
end_tests (UdpnatNatProbe *self,
           gint64          now_us)
{
  self->outcome = UDPNAT_NAT_TEST_DONE;
  close_sockets (self, 0, UDPNAT_NAT_SOCKET_ASKER);
  push_event (self, UDPNAT_NAT_PROBE_EVENT_DONE);
  if (!self->is_lifetime_wanted)
    {
      set_state (self, UDPNAT_NAT_PROBE_STATE_TESTING, UDPNAT_NAT_PROBE_STATE_OVER);
      return;
    }
  set_state (self, UDPNAT_NAT_PROBE_STATE_TESTING, UDPNAT_NAT_PROBE_STATE_MEASURING);
  udpnat_nat_probe_start_lifetime (self, now_us);
}

static void
end_lifetime (UdpnatNatProbe *self)
{
  close_sockets (self, 0, UDPNAT_NAT_N_SOCKETS);
  for (guint i = UDPNAT_NAT_N_QUICK; i < UDPNAT_NAT_N_QUESTIONS; i++)
    udpnat_nat_probe_drop (self, i);
  set_state (self, UDPNAT_NAT_PROBE_STATE_MEASURING, UDPNAT_NAT_PROBE_STATE_OVER);
  push_event (self, UDPNAT_NAT_PROBE_EVENT_LIFETIME);
}

/* Goes on with whatever has become possible. */
static void
advance (UdpnatNatProbe *self,
         gint64          now_us)
{
  switch (self->state)
    {
    case UDPNAT_NAT_PROBE_STATE_REACHING:
      if (udpnat_nat_question_is_settled (&self->questions[UDPNAT_NAT_ASK_REACH]))
        end_reaching (self, now_us);
      break;
    case UDPNAT_NAT_PROBE_STATE_TESTING:
      udpnat_nat_probe_continue_tests (self, now_us);
      if (!udpnat_nat_probe_is_testing (self))
        end_tests (self, now_us);
      break;
    case UDPNAT_NAT_PROBE_STATE_MEASURING:
      udpnat_nat_probe_continue_lifetime (self, now_us);
      if (self->lifetime_state != UDPNAT_LIFETIME_STATE_MEASURING)
        end_lifetime (self);
      break;
    case UDPNAT_NAT_PROBE_STATE_OVER:
      break;
    }
}

/* ---- The machine ---- */

static gboolean
is_our_socket (const UdpnatNatProbe *self,
               UdpnatSocketId        socket)
{
  return socket >= self->first_socket && socket < self->first_socket + UDPNAT_NAT_N_SOCKETS;
}

/* Which sending was answered is known only when there was one. Until there is such an answer, too
 * long a time rather than too short a one. */
static void
note_round_trip (UdpnatNatProbe          *self,
                 const UdpnatNatQuestion *question)
{
  gint64 time_us = MAX (1, question->answered_us - question->first_us);

  if (question->n_sent > 1)
    self->pace.has_loss = TRUE;
  if (self->pace.rtt_us != 0 && (self->pace.is_rtt_sure || question->n_sent > 1))
    return;
  self->pace.rtt_us = MIN (time_us, RTT_MAX_US);
  self->pace.is_rtt_sure = question->n_sent == 1;
}

static UdpnatRxResult
take_message (UdpnatNatProbe          *self,
              gint64                   now_us,
              const UdpnatDatagram    *datagram,
              const UdpnatStunMessage *message)
{
  for (guint i = 0; i < UDPNAT_NAT_N_QUESTIONS; i++)
    {
      UdpnatNatQuestion *question = &self->questions[i];

      if (!udpnat_nat_question_take (question, now_us, datagram, message))
        continue;
      if (udpnat_nat_question_is_answered (question) && !question->is_echo)
        note_round_trip (self, question);
      advance (self, now_us);
      return UDPNAT_RX_OK;
    }
  return UDPNAT_RX_IGNORED;
}

static UdpnatRxResult
probe_handle_datagram (UdpnatMachine        *machine,
                       gint64                now_us,
                       const UdpnatDatagram *datagram)
{
  UdpnatNatProbe *self = (UdpnatNatProbe *) machine;
  UdpnatStunMessage message;

  if (self->state == UDPNAT_NAT_PROBE_STATE_OVER
      || (datagram->socket != self->main_socket && !is_our_socket (self, datagram->socket)))
    return UDPNAT_RX_IGNORED;
  if (!udpnat_stun_parse (&message, datagram->data, datagram->n_data))
    {
      self->is_noisy |= udpnat_address_equal (&datagram->remote, &self->server);
      return UDPNAT_RX_IGNORED;
    }
  return take_message (self, now_us, datagram, &message);
}

static gboolean
has_socket_to_close (const UdpnatNatProbe *self)
{
  for (guint i = 0; i < UDPNAT_NAT_N_SOCKETS; i++)
    if (self->is_closing[i])
      return TRUE;
  return FALSE;
}

static gint64
probe_next_deadline (const UdpnatMachine *machine)
{
  const UdpnatNatProbe *self = (const UdpnatNatProbe *) machine;
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  for (guint i = 0; i < UDPNAT_NAT_N_QUESTIONS; i++)
    {
      const UdpnatNatQuestion *question = &self->questions[i];
      gint64 due_us = question->due_us;

      if (question->state != UDPNAT_NAT_QUESTION_PENDING)
        continue;
      if (udpnat_nat_question_is_to_send (question, &self->pace))
        due_us = MAX (due_us, self->next_send_us);
      deadline_us = udpnat_time_min (deadline_us, due_us);
    }
  if (self->state == UDPNAT_NAT_PROBE_STATE_MEASURING)
    deadline_us = udpnat_time_min (deadline_us, udpnat_nat_probe_next_lifetime (self));
  return deadline_us;
}

static void
probe_handle_deadline (UdpnatMachine *machine,
                       gint64         now_us)
{
  UdpnatNatProbe *self = (UdpnatNatProbe *) machine;

  for (guint i = 0; i < UDPNAT_NAT_N_QUESTIONS; i++)
    udpnat_nat_question_expire (&self->questions[i], &self->pace, now_us);
  advance (self, now_us);
}

/* Returns: (nullable): what is to be sent now: the question that has been due for longest */
static UdpnatNatQuestion *
find_due (UdpnatNatProbe *self,
          gint64          now_us)
{
  UdpnatNatQuestion *found = NULL;

  if (self->next_send_us > now_us)
    return NULL;
  for (guint i = 0; i < UDPNAT_NAT_N_QUESTIONS; i++)
    {
      UdpnatNatQuestion *question = &self->questions[i];

      if (udpnat_nat_question_is_to_send (question, &self->pace) && question->due_us <= now_us
          && (found == NULL || question->due_us < found->due_us))
        found = question;
    }
  return found;
}

/* What a socket had heard while it was open has been read by now: the owner pops after reading. */
static gboolean
pop_closing (UdpnatNatProbe *self,
             UdpnatDatagram *out_datagram)
{
  for (guint i = 0; i < UDPNAT_NAT_N_SOCKETS; i++)
    {
      if (!self->is_closing[i])
        continue;
      self->is_closing[i] = FALSE;
      out_datagram->socket = udpnat_nat_probe_get_socket (self, i);
      out_datagram->local_port = 0;
      out_datagram->ttl = 0;
      out_datagram->remote = self->server;
      out_datagram->n_data = 0;
      return TRUE;
    }
  return FALSE;
}

static gboolean
probe_pop_output (UdpnatMachine  *machine,
                  gint64          now_us,
                  UdpnatDatagram *out_datagram)
{
  UdpnatNatProbe *self = (UdpnatNatProbe *) machine;
  UdpnatNatQuestion *question = find_due (self, now_us);

  if (question == NULL)
    return has_socket_to_close (self) && pop_closing (self, out_datagram);
  udpnat_nat_question_send (question, &self->pace, &self->random, now_us, out_datagram);
  if (is_our_socket (self, question->socket))
    self->is_open[question->socket - self->first_socket] = TRUE;
  self->n_packets++;
  self->next_send_us = now_us + UDPNAT_NAT_TEST_GAP_US;
  return TRUE;
}

static void
event_free (UdpnatEvent *event)
{
  g_free (event);
}

static UdpnatEvent *
probe_pop_event (UdpnatMachine *machine)
{
  UdpnatNatProbe *self = (UdpnatNatProbe *) machine;
  UdpnatEvent *event;

  if (self->n_events == 0)
    return NULL;
  event = g_new0 (UdpnatEvent, 1);
  *event = (UdpnatEvent) { self->events[0], event_free };
  self->events[0] = self->events[1];
  self->n_events--;
  return event;
}

/* ---- Life ---- */

static const UdpnatMachineClass probe_class = {
  probe_handle_datagram, probe_next_deadline, probe_handle_deadline, probe_pop_output,
  probe_pop_event,
};

/** udpnat_nat_probe_new: begins at once */
UdpnatNatProbe *
udpnat_nat_probe_new (const UdpnatNatProbeConfig *config,
                      gint64                      now_us)
{
  UdpnatNatProbe *self = g_new0 (UdpnatNatProbe, 1);

  g_assert (config->first_socket >= UDPNAT_SOCKET_FURTHER);
  g_assert (config->n_hosts == 0 || config->hosts != NULL);
  self->machine.klass = &probe_class;
  self->random = config->random;
  self->server = config->server;
  self->main_socket = config->main_socket;
  self->first_socket = config->first_socket;
  self->is_lifetime_wanted = config->is_lifetime_wanted;
  self->n_hosts = MIN (config->n_hosts, G_N_ELEMENTS (self->hosts));
  for (guint i = 0; i < self->n_hosts; i++)
    self->hosts[i] = config->hosts[i];
  if (config->alt_port != 0)
    {
      self->alt_port = self->server;
      self->alt_port.port = config->alt_port;
    }
  self->next_send_us = now_us;
  udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_REACH, self->main_socket, &self->server, now_us);
  return self;
}

void
udpnat_nat_probe_free (UdpnatNatProbe *self)
{
  g_free (self);
}

UdpnatMachine *
udpnat_nat_probe_get_machine (UdpnatNatProbe *self)
{
  return &self->machine;
}

/**
 * udpnat_nat_probe_stop:
 *
 * Ends all tests without a further event. What it sends after that closes its sockets: pop it
 * before freeing the probe.
 */
void
udpnat_nat_probe_stop (UdpnatNatProbe *self)
{
  for (guint i = 0; i < UDPNAT_NAT_N_QUESTIONS; i++)
    if (self->questions[i].state == UDPNAT_NAT_QUESTION_PENDING)
      udpnat_nat_probe_drop (self, i);
  close_sockets (self, 0, UDPNAT_NAT_N_SOCKETS);
  self->state = UDPNAT_NAT_PROBE_STATE_OVER;
}

/** udpnat_nat_probe_is_over: Returns: whether nothing is tested any more */
gboolean
udpnat_nat_probe_is_over (const UdpnatNatProbe *self)
{
  return self->state == UDPNAT_NAT_PROBE_STATE_OVER;
}
