/* What nodes tell of routers and paths, held against what the simulated routers really do. */

#include "config.h"

#include "sim-chat.h"

#define LEG_US UDPNAT_MSEC (20)

static const char *behaviour_names[] = { "EI", "AD", "APD" };

static void
get_facts (SimPeer            *self,
           SimPeer            *of,
           UdpnatPathFacts    *out_path,
           UdpnatNetworkFacts *out_network)
{
  g_assert_true (udpnat_node_get_path_facts (self->node, sim_world_now (self->world),
                                             sim_peer_get_key (of), out_path));
  udpnat_node_get_network_facts (self->node, out_network);
}

/* The server has two ports and one address, so a mapping by address alone looks as good as none. */
static UdpnatNatKind
get_expected (const SimNatConfig *router)
{
  if (router == NULL)
    return UDPNAT_NAT_KIND_NONE;
  return router->mapping == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT ? UDPNAT_NAT_KIND_DEPENDENT
                                                               : UDPNAT_NAT_KIND_INDEPENDENT;
}

static UdpnatPortRule
get_expected_ports (const SimNatConfig *router)
{
  if (router == NULL)
    return UDPNAT_PORT_RULE_UNKNOWN;
  return router->allocator == SIM_NAT_ALLOCATOR_PRESERVING ? UDPNAT_PORT_RULE_KEPT
                                                           : UDPNAT_PORT_RULE_CHANGED;
}

static guint
count_fates (const UdpnatPathFacts *facts,
             UdpnatPathFate         fate)
{
  guint n_found = 0;

  for (guint i = 0; i < facts->n_remote; i++)
    n_found += facts->remote[i].fate == fate;
  return n_found;
}

static UdpnatPathReason
get_expected_reason (UdpnatNatKind own,
                     UdpnatNatKind theirs)
{
  if (own == UDPNAT_NAT_KIND_DEPENDENT && theirs == UDPNAT_NAT_KIND_DEPENDENT)
    return UDPNAT_PATH_REASON_BOTH_SYMMETRIC;
  if (own == UDPNAT_NAT_KIND_DEPENDENT)
    return UDPNAT_PATH_REASON_LOCAL_SYMMETRIC;
  if (theirs == UDPNAT_NAT_KIND_DEPENDENT)
    return UDPNAT_PATH_REASON_REMOTE_SYMMETRIC;
  return UDPNAT_PATH_REASON_NO_ANSWER;
}

static void
check_side (SimPeer            *self,
            SimPeer            *other,
            const SimNatConfig *own,
            const SimNatConfig *theirs)
{
  UdpnatPathFacts path;
  UdpnatNetworkFacts network;
  gint64 now_us = sim_world_now (self->world);

  get_facts (self, other, &path, &network);
  g_assert_cmpint (network.nat, ==, get_expected (own));
  g_assert_cmpint (network.ports, ==, get_expected_ports (own));
  g_assert_cmpint (network.udp, ==, UDPNAT_UDP_STATE_WORKS);
  g_assert_cmpint (path.local_nat, ==, get_expected (own));
  g_assert_cmpint (path.remote_nat, ==, get_expected (theirs));
  g_assert_cmpuint (path.n_local, >, 0);
  g_assert_cmpuint (path.n_remote, >, 0);
  g_assert_cmpint (path.rtt_us, >=, 2 * 2 * LEG_US);
  if (self->path_kind == UDPNAT_PATH_KIND_RELAY)
    {
      g_assert_cmpint (path.phase, ==, UDPNAT_PATH_PHASE_RELAYED);
      g_assert_cmpint (path.reason, ==, get_expected_reason (path.local_nat, path.remote_nat));
      g_assert_cmpuint (count_fates (&path, UDPNAT_PATH_FATE_SELECTED), ==, 0);
      g_assert_cmpuint (count_fates (&path, UDPNAT_PATH_FATE_UNANSWERED), >, 0);
      g_assert_cmpint (path.until_us, >, now_us);
      /* A search counts as a round. */
      g_assert_cmpint (path.until_us, <=, now_us + UDPNAT_PUNCH_RETRY_SECOND_US);
    }
  else
    {
      g_assert_cmpint (path.phase, ==, UDPNAT_PATH_PHASE_DIRECT);
      g_assert_cmpint (path.reason, ==, UDPNAT_PATH_REASON_NONE);
      g_assert_cmpuint (count_fates (&path, UDPNAT_PATH_FATE_SELECTED), ==, 1);
    }
}

/* Whether neither goes on trying */
static gboolean
is_settled (gpointer user_data)
{
  SimPair *pair = user_data;
  UdpnatPathFacts path;
  UdpnatNetworkFacts network;

  get_facts (pair->alice, pair->bob, &path, &network);
  if (path.phase == UDPNAT_PATH_PHASE_TRYING)
    return FALSE;
  get_facts (pair->bob, pair->alice, &path, &network);
  return path.phase != UDPNAT_PATH_PHASE_TRYING;
}

static void
check_pair (guint64             seed,
            const SimNatConfig *alice_router,
            const SimNatConfig *bob_router)
{
  SimWorld *world = sim_world_new (seed);
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  sim_world_set_core (world, 0, 6);
  sim_pair_start (&pair, world, alice_router, &link, bob_router, &link);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, &pair));
  sim_world_run_for (world, UDPNAT_SEC (4));
  sim_peer_send (pair.alice, "bob", "hello");
  sim_world_run_for (world, UDPNAT_SEC (12)); /* a round, and the one of a second socket */
  /* A search may have begun, and ends. */
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (25), is_settled, &pair));
  check_side (pair.alice, pair.bob, alice_router, bob_router);
  check_side (pair.bob, pair.alice, bob_router, alice_router);
  sim_pair_clear (&pair);
}

static void
test_routers (void)
{
  static const SimNatAllocator allocators[] = { SIM_NAT_ALLOCATOR_PRESERVING,
                                                SIM_NAT_ALLOCATOR_RANDOM };

  for (guint i = 0; i < 3 * 3 * G_N_ELEMENTS (allocators); i++)
    {
      SimNatConfig alice_router = sim_nat_config (i % 3, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
      SimNatConfig bob_router = sim_nat_config (i / 3 % 3, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

      /* A router that keeps ports maps all destinations to one, whatever else it says. */
      if (alice_router.mapping != SIM_NAT_ADDRESS_AND_PORT_DEPENDENT)
        alice_router.allocator = allocators[i / 9];
      else
        alice_router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
      bob_router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
      g_test_message ("%s and %s", behaviour_names[alice_router.mapping],
                      behaviour_names[bob_router.mapping]);
      check_pair (i + 1, &alice_router, &bob_router);
    }
}

static void
test_no_router (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  check_pair (100, NULL, NULL);
  check_pair (101, NULL, &router);
}

/* ---- What the server is told for its statistics ---- */

static UdpnatRendezvousServerStats
talk_and_report (SimPair            *pair,
                 guint64             seed,
                 const SimNatConfig *router,
                 gboolean            is_relay_only)
{
  SimWorld *world = sim_world_new (seed);
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  UdpnatRendezvousServerStats stats;

  sim_world_set_core (world, 0, 6);
  sim_pair_start (pair, world, router, &link, router, &link);
  if (is_relay_only)
    udpnat_node_set_relay_only (pair->alice->node, sim_world_now (world), TRUE);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_run_for (world, UDPNAT_SEC (4));
  sim_peer_send (pair->alice, "bob", "hello");
  sim_world_run_for (world, 2 * UDPNAT_REPORT_GAP_US);
  udpnat_rendezvous_server_get_stats (pair->server->server, &stats);
  return stats;
}

static guint64
sum_ways (const UdpnatRendezvousServerStats *stats)
{
  guint64 n = 0;

  for (guint i = 0; i < UDPNAT_N_REPORT_WAYS; i++)
    n += stats->ways[i];
  return n;
}

static void
test_report_direct (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatRendezvousServerStats stats;
  SimPair pair;

  stats = talk_and_report (&pair, 400, &router, FALSE);
  g_assert_cmpuint (stats.ways[UDPNAT_REPORT_WAY_DIRECT], ==, 2);
  g_assert_cmpuint (sum_ways (&stats), ==, 2);
  g_assert_cmpuint (stats.nats[UDPNAT_REPORT_NAT_PORT_RESTRICTED], ==, 2);
  sim_pair_clear (&pair);
}

static void
test_report_relayed (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatRendezvousServerStats stats;
  SimPair pair;

  router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  stats = talk_and_report (&pair, 401, &router, FALSE);
  g_assert_cmpuint (stats.ways[UDPNAT_REPORT_WAY_BOTH_SYMMETRIC], ==, 2);
  g_assert_cmpuint (sum_ways (&stats), ==, 2);
  g_assert_cmpuint (stats.nats[UDPNAT_REPORT_NAT_SYMMETRIC], ==, 2);
  sim_pair_clear (&pair);
}

/* Who wants the relay only says nothing; the other one says that somebody wants it. */
static void
test_report_relay_only (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatRendezvousServerStats stats;
  SimPair pair;

  stats = talk_and_report (&pair, 402, &router, TRUE);
  g_assert_cmpuint (stats.ways[UDPNAT_REPORT_WAY_RELAY_ONLY_REMOTE], ==, 1);
  g_assert_cmpuint (sum_ways (&stats), ==, 1);
  g_assert_cmpuint (stats.nats[UDPNAT_REPORT_NAT_PORT_RESTRICTED], ==, 1);
  sim_pair_clear (&pair);
}

typedef struct
{
  UdpnatAddress alt; /* only tests of a router go there */
  guint n_sent;
} Tested;

static gboolean
count_tests_cb (const SimTapInfo *info,
                gpointer          user_data)
{
  Tested *self = user_data;

  self->n_sent += info->kind == SIM_TAP_SENT && udpnat_address_equal_ip (&info->to, &self->alt);
  return TRUE;
}

static void
test_forgetful_router (void)
{
  SimWorld *world = sim_world_new (60);
  SimNatConfig router = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimServer *server = sim_server_new (world, "9.8.7.6");
  Tested tested = { 0 };
  guint n_once;
  SimPeer *alice;

  g_test_summary ("A router that forgets whoever is silent for ten seconds is tested three times, "
                  "and then once in ten minutes");
  router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  router.lifetime_us = router.lifetime_unreplied_us = UDPNAT_SEC (10);
  sim_host_set_alt_ip (server->host, "9.8.9.6");
  g_assert_true (udpnat_address_parse_ip (&tested.alt, "9.8.9.6", 0));
  sim_world_add_tap (world, count_tests_cb, &tested);
  sim_server_start (server);
  alice = sim_peer_new_at_home (server, "alice", &router, &link);
  sim_peer_start (alice);
  sim_world_run_for (world, UDPNAT_SEC (9));
  n_once = tested.n_sent;
  g_assert_cmpuint (n_once, >, 0);
  sim_world_run_for (world, UDPNAT_SEC (3600));
  g_assert_cmpuint (tested.n_sent, >=, 4 * n_once);
  g_assert_cmpuint (tested.n_sent, <=, 9 * n_once);
  sim_peer_free (alice);
  sim_server_free (server);
  sim_world_free (world);
}

/* ---- A direct path that dies ---- */

static void
test_cut (void)
{
  SimWorld *world = sim_world_new (50);
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  UdpnatPathFacts path;
  UdpnatNetworkFacts network;
  UdpnatAddress a;
  UdpnatAddress b;
  SimPair pair;

  sim_pair_start (&pair, world, &router, &link, &router, &link);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, &pair));
  sim_world_run_for (world, UDPNAT_SEC (4));
  sim_peer_send (pair.alice, "bob", "hello");
  sim_world_run_for (world, UDPNAT_SEC (5));
  get_facts (pair.alice, pair.bob, &path, &network);
  g_assert_cmpint (path.phase, ==, UDPNAT_PATH_PHASE_DIRECT);

  a = sim_host_get_public_ip (pair.alice->host, UDPNAT_FAMILY_IPV4);
  b = sim_host_get_public_ip (pair.bob->host, UDPNAT_FAMILY_IPV4);
  sim_world_set_cut (world, &a, &b, TRUE);
  sim_world_set_cut (world, &b, &a, TRUE);
  sim_peer_send (pair.alice, "bob", "are you there?");
  sim_world_run_for (world, UDPNAT_SEC (1));
  get_facts (pair.alice, pair.bob, &path, &network);
  g_assert_cmpint (path.phase, ==, UDPNAT_PATH_PHASE_DIRECT);
  g_assert_cmpuint (count_fates (&path, UDPNAT_PATH_FATE_SUSPECT), ==, 1);

  sim_world_run_for (world, UDPNAT_SEC (5));
  get_facts (pair.alice, pair.bob, &path, &network);
  g_assert_cmpint (path.phase, ==, UDPNAT_PATH_PHASE_RELAYED);
  g_assert_cmpint (path.reason, ==, UDPNAT_PATH_REASON_DIRECT_LOST);
  g_assert_cmpuint (count_fates (&path, UDPNAT_PATH_FATE_LOST), ==, 1);
  sim_pair_clear (&pair);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-facts/router/as-it-is", test_routers);
  g_test_add_func ("/sim-facts/router/none", test_no_router);
  g_test_add_func ("/sim-facts/router/forgetful-is-tested-seldom", test_forgetful_router);
  g_test_add_func ("/sim-facts/report/direct", test_report_direct);
  g_test_add_func ("/sim-facts/report/relayed-once-with-its-reason", test_report_relayed);
  g_test_add_func ("/sim-facts/report/nothing-of-who-wants-the-relay", test_report_relay_only);
  g_test_add_func ("/sim-facts/path/cut-is-suspect-then-lost", test_cut);

  return g_test_run ();
}
