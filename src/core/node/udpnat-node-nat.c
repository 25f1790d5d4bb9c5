/* What our own routers do, and sockets besides the main one.
 *
 * Whenever the server sees us at a new address the tests of udpnat-nat-probe.c are run against it,
 * by STUN; what they find goes to peers with our candidates, decides how packets open our routers
 * and how often an idle client shows that it is there, and is told to views. A server without STUN
 * answers nothing, and we do with what its two ports show (udpnat-rendezvous-client-info.c).
 *
 * Further sockets are numbered here: the tests', then the peers'. */

#include "config.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-sockets-private.h"

/* After the server has seen us: what a start has to say goes first. */
#define TEST_AFTER_US UDPNAT_MSEC (250)
#define FIRST_PEER_SOCKET (UDPNAT_SOCKET_FURTHER + UDPNAT_NAT_PROBE_SOCKETS)

G_STATIC_ASSERT (UDPNAT_NAT_PROBE_SOCKETS + UDPNAT_NODE_SOCKETS_MAX <= UDPNAT_FURTHER_SOCKETS_MAX);

void
udpnat_node_nat_init (UdpnatNode *self)
{
  self->nat_due_us = UDPNAT_TIME_NEVER;
  self->search.deadline_us = UDPNAT_TIME_NEVER;
}

void
udpnat_node_nat_clear (UdpnatNode *self)
{
  udpnat_node_abort_search (self, self->search.peer);
  g_clear_pointer (&self->probe, udpnat_nat_probe_free);
}

/* ---- The verdict ---- */

static UdpnatMapping
get_mapping (const UdpnatNatFacts *facts)
{
  switch (facts->mapping)
    {
    case UDPNAT_MAPPING_RULE_NONE:
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
      return UDPNAT_MAPPING_ENDPOINT_INDEPENDENT;
    case UDPNAT_MAPPING_RULE_ADDRESS:
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      return UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
    case UDPNAT_MAPPING_RULE_UNKNOWN:
      return UDPNAT_MAPPING_UNKNOWN;
    }
  g_assert_not_reached ();
}

static UdpnatFiltering
get_filtering (const UdpnatNatFacts *facts)
{
  switch (facts->filtering)
    {
    case UDPNAT_FILTERING_RULE_INDEPENDENT:
      return UDPNAT_FILTERING_ENDPOINT_INDEPENDENT;
    case UDPNAT_FILTERING_RULE_ADDRESS:
      return UDPNAT_FILTERING_ADDRESS_DEPENDENT;
    case UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT:
      return UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
    case UDPNAT_FILTERING_RULE_UNKNOWN:
      return UDPNAT_FILTERING_UNKNOWN;
    }
  g_assert_not_reached ();
}

/** udpnat_node_fill_verdict: what peers are told of our routers */
void
udpnat_node_fill_verdict (const UdpnatNode *self,
                          UdpnatCandidates *out_candidates)
{
  out_candidates->mapping = udpnat_rendezvous_client_get_mapping (self->server);
  if (self->nat.state != UDPNAT_NAT_TEST_DONE)
    return;
  if (self->nat.mapping != UDPNAT_MAPPING_RULE_UNKNOWN)
    out_candidates->mapping = get_mapping (&self->nat);
  out_candidates->filtering = get_filtering (&self->nat);
  out_candidates->is_spoilable = self->nat.poisoned == UDPNAT_FINDING_YES;
}

/** udpnat_node_get_open_ttl: Returns: the TTL with which a packet opens our routers and dies */
guint8
udpnat_node_get_open_ttl (const UdpnatNode *self)
{
  return self->nat.open_ttl != 0 ? self->nat.open_ttl : UDPNAT_OPEN_TTL;
}

/* ---- How long mappings last ---- */

/* Our mapping may be another one now, but what was found out about the network still holds. */
static void
keep_lifetime (const UdpnatNatFacts *before,
               UdpnatNatFacts       *facts)
{
  facts->lifetime_state = before->lifetime_state;
  facts->lifetime_us = before->lifetime_us;
  facts->lifetime_dead_us = before->lifetime_dead_us;
  facts->absolute_lifetime_us = before->absolute_lifetime_us;
}

static gboolean
is_lifetime_settled (const UdpnatNatFacts *facts)
{
  return facts->lifetime_state == UDPNAT_LIFETIME_STATE_DONE ||
         facts->lifetime_state == UDPNAT_LIFETIME_STATE_UNSUPPORTED;
}

/* What was alive was asked UDPNAT_NAT_LIFETIME_MARGIN_US before the round number that stands for
 * it. Returns: 0: nobody knows */
static gint64
get_lasting_interval (const UdpnatNatFacts *facts)
{
  if (facts->lifetime_us == 0 && facts->lifetime_dead_us == 0)
    return 0;
  return MAX (1, (facts->lifetime_us + UDPNAT_NAT_LIFETIME_MARGIN_US) / 100 *
                   UDPNAT_SERVER_KEEPALIVE_LIFETIME_PERCENT);
}

/* IPv6 is never translated, and routers that filter it forget as others do; so may the firewall of
 * whoever has a public IPv4 address. */
static gboolean
is_open (const UdpnatNatFacts *facts)
{
  return facts->mapping == UDPNAT_MAPPING_RULE_NONE &&
         facts->filtering == UDPNAT_FILTERING_RULE_INDEPENDENT &&
         facts->observed.family == UDPNAT_FAMILY_IPV4;
}

static gint64
choose_keepalive (const UdpnatNatFacts *facts)
{
  gint64 interval_us = 0;

  switch (facts->lifetime_state)
    {
    case UDPNAT_LIFETIME_STATE_DONE:
      interval_us = get_lasting_interval (facts);
      break;
    case UDPNAT_LIFETIME_STATE_UNSUPPORTED:
      interval_us = is_open (facts) ? UDPNAT_SERVER_KEEPALIVE_MAX_US : 0;
      break;
    case UDPNAT_LIFETIME_STATE_UNKNOWN:
    case UDPNAT_LIFETIME_STATE_MEASURING:
      break;
    }
  if (facts->absolute_lifetime_us != 0)
    interval_us = MIN (interval_us, facts->absolute_lifetime_us);
  return interval_us;
}

static void
set_keepalive (UdpnatNode *self,
               gint64      now_us)
{
  udpnat_rendezvous_client_set_keepalive (self->server, now_us, choose_keepalive (&self->nat));
}

/* ---- The tests ---- */

/**
 * udpnat_node_get_nat_facts:
 * @out_facts: (out caller-allocates): what the tests have found out so far
 */
void
udpnat_node_get_nat_facts (const UdpnatNode *self,
                           UdpnatNatFacts   *out_facts)
{
  *out_facts = self->nat;
  if (self->probe != NULL)
    {
      udpnat_nat_probe_get_facts (self->probe, out_facts);
      if (is_lifetime_settled (&self->nat))
        keep_lifetime (&self->nat, out_facts);
    }
  if (out_facts->absolute_lifetime_us == 0)
    out_facts->absolute_lifetime_us = self->binding.life_us;
}

/** udpnat_node_get_binding_life: Returns: how long our bindings live at least, however busy; 0: as
 * long as they are used, as far as is known */
gint64
udpnat_node_get_binding_life (const UdpnatNode *self)
{
  return self->binding.life_us;
}

/** udpnat_node_is_testing_nat: Returns: whether the tests will soon say more */
gboolean
udpnat_node_is_testing_nat (const UdpnatNode *self)
{
  return self->nat_due_us != UDPNAT_TIME_NEVER ||
         (self->probe != NULL && self->nat.state == UDPNAT_NAT_TEST_RUNNING);
}

/** udpnat_node_forget_nat: the network is another one */
void
udpnat_node_forget_nat (UdpnatNode *self)
{
  udpnat_node_abort_search (self, self->search.peer);
  self->nat = (UdpnatNatFacts) { 0 };
  udpnat_node_report_nat (self);
  self->nat_observed = UDPNAT_ADDRESS_NONE;
  if (self->probe != NULL)
    udpnat_nat_probe_stop (self->probe);
}

/* The main socket has got another port, of the same router: some give bindings a life, however busy
 * they are. Whoever sees two lives of the same length has such a one, and not one that was started
 * anew. How it ended is seen with the next packet to the server, so they may seem longer than they
 * were: a fifth is taken off. */
static void
note_end_of_binding (UdpnatNode *self,
                     gint64      now_us)
{
  UdpnatNodeBinding *binding = &self->binding;
  gint64 life_us = now_us - binding->since_us;

  if (MIN (life_us, binding->last_life_us) >= UDPNAT_BINDING_LIFE_MIN_US &&
      MAX (life_us, binding->last_life_us) <= UDPNAT_BINDING_LIFE_MAX_US &&
      ABS (life_us - binding->last_life_us) <= UDPNAT_SERVER_KEEPALIVE_US)
    binding->life_us = MIN (life_us, binding->last_life_us) / 5 * 4;
  binding->since_us = now_us;
  binding->last_life_us = life_us;
}

/* The same router has given us another port. That was foreseen; or it gives one again and again,
 * because it forgets soon, and to test it each time would open ports without end. */
static gboolean
is_tested_enough (const UdpnatNode *self,
                  gint64            now_us)
{
  return (self->binding.life_us != 0 && self->nat.state == UDPNAT_NAT_TEST_DONE) ||
         self->nat_again_us - now_us > 2 * UDPNAT_NAT_TEST_AGAIN_US;
}

/** udpnat_node_plan_nat_test: the server may see us otherwise than when it was last tested */
void
udpnat_node_plan_nat_test (UdpnatNode *self,
                           gint64      now_us)
{
  const UdpnatAddress *seen = udpnat_rendezvous_client_get_reflexive (self->server, 0);
  UdpnatNatFacts before = self->nat;
  gboolean is_same;

  if (seen == NULL || !udpnat_rendezvous_client_is_connected (self->server))
    return;
  if (udpnat_address_equal (seen, &self->nat_observed))
    {
      set_keepalive (self, now_us); /* forgotten with the server */
      return;
    }
  is_same = udpnat_address_equal_ip (seen, &self->nat_observed);
  if (is_same)
    note_end_of_binding (self, now_us);
  else
    self->binding = (UdpnatNodeBinding) { .since_us = now_us };
  if (is_same && is_tested_enough (self, now_us))
    {
      self->nat_observed = *seen;
      set_keepalive (self, now_us);
      return;
    }
  udpnat_node_forget_nat (self);
  if (is_same && is_lifetime_settled (&before))
    keep_lifetime (&before, &self->nat);
  set_keepalive (self, now_us);
  self->nat_observed = *seen;
  self->nat_due_us = now_us + TEST_AFTER_US;
}

static void
start_test (UdpnatNode *self,
            gint64      now_us)
{
  UdpnatNatProbeConfig config = {
    .random = self->random,
    .server = *udpnat_rendezvous_client_get_address (self->server),
    .alt_port = udpnat_rendezvous_client_get_alt_port (self->server),
    .main_socket = UDPNAT_SOCKET_MAIN,
    .first_socket = UDPNAT_SOCKET_FURTHER,
    .hosts = self->host_addresses,
    .n_hosts = self->n_host_addresses,
    .is_lifetime_wanted = !is_lifetime_settled (&self->nat),
  };

  self->nat_due_us = UDPNAT_TIME_NEVER;
  if (!udpnat_rendezvous_client_is_connected (self->server))
    return;
  self->nat_again_us = MAX (self->nat_again_us, now_us) + UDPNAT_NAT_TEST_AGAIN_US;
  g_clear_pointer (&self->probe, udpnat_nat_probe_free);
  self->probe = udpnat_nat_probe_new (&config, now_us);
}

/* Tells peers and views when the tests have come to something. */
static void
follow_probe (UdpnatNode *self,
              gint64      now_us)
{
  UdpnatMachine *machine = udpnat_nat_probe_get_machine (self->probe);
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    {
      UdpnatNatFacts facts;

      udpnat_node_get_nat_facts (self, &facts);
      self->nat = facts;
      udpnat_node_report_nat (self);
      udpnat_event_free (event);
      set_keepalive (self, now_us);
      udpnat_node_refresh_candidates (self);
      for (guint i = 0; i < self->active->len; i++)
        udpnat_peer_handle_nat_tested (g_ptr_array_index (self->active, i), now_us);
    }
}

/* ---- As a part of the node's machine ---- */

/** udpnat_node_nat_handle_datagram: Returns: %FALSE when it is not for the tests */
gboolean
udpnat_node_nat_handle_datagram (UdpnatNode           *self,
                                 gint64                now_us,
                                 const UdpnatDatagram *datagram)
{
  gboolean is_ours;

  if (self->probe == NULL)
    return FALSE;
  is_ours = udpnat_machine_handle_datagram (udpnat_nat_probe_get_machine (self->probe), now_us,
                                            datagram) != UDPNAT_RX_IGNORED;
  follow_probe (self, now_us);
  return is_ours;
}

gint64
udpnat_node_nat_next_deadline (const UdpnatNode *self)
{
  gint64 deadline_us = self->nat_due_us;

  if (self->probe != NULL)
    deadline_us = udpnat_time_min (
      deadline_us, udpnat_machine_next_deadline (udpnat_nat_probe_get_machine (self->probe)));
  return deadline_us;
}

void
udpnat_node_nat_handle_deadline (UdpnatNode *self,
                                 gint64      now_us)
{
  if (self->nat_due_us <= now_us)
    start_test (self, now_us);
  if (self->probe == NULL)
    return;
  udpnat_machine_handle_deadline (udpnat_nat_probe_get_machine (self->probe), now_us);
  follow_probe (self, now_us);
}

gboolean
udpnat_node_nat_pop_output (UdpnatNode     *self,
                            gint64          now_us,
                            UdpnatDatagram *out_datagram)
{
  if (self->probe == NULL)
    return FALSE;
  if (udpnat_machine_pop_output (udpnat_nat_probe_get_machine (self->probe), now_us,
                                 out_datagram))
    return TRUE;
  if (udpnat_nat_probe_is_over (self->probe)) /* and all its sockets are closed */
    g_clear_pointer (&self->probe, udpnat_nat_probe_free);
  return FALSE;
}

/* ---- Sockets of peers ---- */

/**
 * udpnat_node_open_socket:
 *
 * Returns: a number that nobody uses; %UDPNAT_SOCKET_MAIN: there are too many. It opens with what
 *   is sent by it
 */
UdpnatSocketId
udpnat_node_open_socket (UdpnatNode *self)
{
  for (guint i = 0; i < UDPNAT_NODE_SOCKETS_MAX; i++)
    if (!self->is_socket_used[i])
      {
        self->is_socket_used[i] = TRUE;
        return (UdpnatSocketId) (FIRST_PEER_SOCKET + i);
      }
  return UDPNAT_SOCKET_MAIN;
}

/** udpnat_node_close_socket: after what was still to be sent by it */
void
udpnat_node_close_socket (UdpnatNode    *self,
                          UdpnatSocketId socket)
{
  UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  g_assert (socket >= FIRST_PEER_SOCKET && socket < FIRST_PEER_SOCKET + UDPNAT_NODE_SOCKETS_MAX);
  self->is_socket_used[socket - FIRST_PEER_SOCKET] = FALSE;
  datagram->socket = socket;
  datagram->remote = self->nat_observed; /* of no meaning, but an address */
  g_queue_push_tail (&self->outputs, datagram);
}
