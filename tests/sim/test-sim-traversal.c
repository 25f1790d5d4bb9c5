/* Between routers: what the node finds out about its own, routers that are easily spoilt, and how
 * much is sent where nothing gets through. */

#include "config.h"

#include "sim-chat.h"

#define LEG_US UDPNAT_MSEC (25)

/* Two people behind routers of these kinds, and a server with two addresses; @settle_us after both
 * are registered. */
static void
pair_init (SimPair            *pair,
           guint64             seed,
           const SimNatConfig *alice_router,
           const SimNatConfig *bob_router,
           gint64              settle_us)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimWorld *world = sim_world_new (seed);

  sim_world_set_core (world, 0, 6); /* so that a leg is what the link says */
  pair->world = world;
  pair->server = sim_server_new (world, "9.8.7.6");
  sim_host_set_alt_ip (pair->server->host, "9.8.9.6");
  sim_server_start (pair->server);
  pair->alice = sim_peer_new_at_home (pair->server, "alice", alice_router, &link);
  pair->bob = sim_peer_new_at_home (pair->server, "bob", bob_router, &link);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_run_for (world, settle_us);
}

static SimNatConfig
make_router (gboolean is_leaky)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  config.clash = is_leaky;
  return config;
}

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind != UDPNAT_PATH_KIND_RELAY &&
         pair->bob->path_kind != UDPNAT_PATH_KIND_RELAY;
}

/* How long after the first word both are direct. */
static gint64
measure_direct (SimPair *pair)
{
  gint64 start_us = sim_world_now (pair->world);

  sim_peer_send (pair->alice, "bob", "hello");
  if (!sim_world_run_for_true (pair->world, UDPNAT_SEC (10), is_direct, pair))
    return UDPNAT_TIME_NEVER;
  return sim_world_now (pair->world) - start_us;
}

/* ---- What the node finds out ---- */

static void
test_verdict (void)
{
  SimNatConfig alice_router = sim_nat_config (SIM_NAT_ADDRESS_DEPENDENT,
                                              SIM_NAT_ADDRESS_DEPENDENT);
  SimNatConfig bob_router = make_router (TRUE);
  UdpnatNatFacts facts;
  SimPair pair;

  alice_router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, 1, &alice_router, &bob_router, UDPNAT_SEC (5));
  udpnat_node_get_nat_facts (pair.alice->node, &facts);
  g_assert_cmpint (facts.state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_ADDRESS);
  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_ADDRESS);
  udpnat_node_get_nat_facts (pair.bob->node, &facts);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT);
  g_assert_cmpint (facts.poisoned, ==, UDPNAT_FINDING_YES);

  /* In another network it is found out anew. */
  sim_host_move (pair.bob->host, NULL, NULL);
  sim_peer_tell_addresses (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (8));
  udpnat_node_get_nat_facts (pair.bob->node, &facts);
  g_assert_cmpint (facts.state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_NONE);
  sim_pair_clear (&pair);
}

/* ---- Routers that are easily spoilt (nat.md section 5.2) ---- */

static void
test_leaky_pairs (void)
{
  g_test_summary ("Whichever of the two routers is leaky: direct within a second");
  for (guint i = 0; i < 4; i++)
    for (guint64 seed = 1; seed <= 5; seed++)
      {
        SimNatConfig alice_router = make_router ((i & 1) != 0);
        SimNatConfig bob_router = make_router ((i & 2) != 0);
        gint64 time_us;
        SimPair pair;

        pair_init (&pair, seed, &alice_router, &bob_router, UDPNAT_SEC (5));
        time_us = measure_direct (&pair);
        g_test_message ("%s, %s: %.1f ms", (i & 1) != 0 ? "leaky" : "tight",
                        (i & 2) != 0 ? "leaky" : "tight", time_us / 1000.0);
        g_assert_cmpint (time_us, <=, UDPNAT_SEC (1));
        sim_pair_clear (&pair);
      }
}

/* Before the tests have told us of it, ports are spoilt, here because the server is far and the
 * caller's router hears of the callee before the caller does; second sockets get through. */
static void
test_recovery (void)
{
  g_test_summary ("Leaky routers that nobody knows of yet: direct all the same, within 3 s");
  for (guint64 seed = 1; seed <= 5; seed++)
    {
      SimNatConfig router = make_router (TRUE);
      SimLinkConfig far = sim_link_config_with_delay (UDPNAT_MSEC (50));
      gint64 time_us;
      SimPair pair;

      pair_init (&pair, seed, &router, &router, UDPNAT_MSEC (100));
      sim_host_set_link (pair.server->host, SIM_UP, &far);
      sim_host_set_link (pair.server->host, SIM_DOWN, &far);
      time_us = measure_direct (&pair);
      g_test_message ("%.1f ms", time_us / 1000.0);
      g_assert_cmpint (time_us, >, UDPNAT_SEC (1)); /* else nothing was spoilt */
      g_assert_cmpint (time_us, <=, UDPNAT_SEC (3));
      sim_peer_send_numbered (pair.bob, "alice", 0, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (1));
      sim_peer_assert_received (pair.alice, "bob", 1);
      sim_pair_clear (&pair);
    }
}

/* ---- Where nothing gets through ---- */

static void
test_no_flood (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  guint64 n_before, n_sent;
  SimPair pair;

  g_test_summary ("Two symmetric routers: a minute of talking costs few packets besides it");
  router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, 1, &router, &router, UDPNAT_SEC (5));
  n_before = sim_host_get_stats (pair.alice->host)->sent;
  sim_peer_send (pair.alice, "bob", "hello");
  sim_world_run_for (pair.world, UDPNAT_SEC (60));
  n_sent = sim_host_get_stats (pair.alice->host)->sent - n_before;
  g_test_message ("%" G_GUINT64_FORMAT " packets", n_sent);
  g_assert_cmpuint (n_sent, <=, 160);
  g_assert_cmpint (pair.alice->path_reason, ==, UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
  sim_pair_clear (&pair);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-traversal/verdict/in-each-network", test_verdict);
  g_test_add_func ("/sim-traversal/leaky/direct-within-a-second", test_leaky_pairs);
  g_test_add_func ("/sim-traversal/leaky/recovers-unknown", test_recovery);
  g_test_add_func ("/sim-traversal/relayed/no-flood", test_no_flood);

  return g_test_run ();
}
