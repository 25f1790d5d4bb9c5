/* Between routers: what the node finds out about its own, routers that are easily spoilt, how much
 * is sent where nothing gets through, and how often by whoever is idle. */

#include "config.h"

#include "sim-chat.h"
#include "sim-pace.h"

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

/* What it took @of to find the way that it uses to @to. */
static UdpnatPathDiscovery
get_discovery (const SimPeer *of,
               const SimPeer *to)
{
  UdpnatPathFacts facts;
  gboolean is_known = udpnat_node_get_path_facts (of->node, sim_world_now (of->world),
                                                  sim_peer_get_key (to), &facts);

  g_assert_true (is_known);
  for (guint i = 0; i < facts.n_remote; i++)
    if (facts.remote[i].is_selected)
      return facts.remote[i].discovery;
  g_assert_not_reached ();
}

/* How long after the first word both are direct. */
static gint64
measure_direct_within (SimPair *pair,
                       gint64   limit_us)
{
  gint64 start_us = sim_world_now (pair->world);

  sim_peer_send (pair->alice, "bob", "hello");
  if (!sim_world_run_for_true (pair->world, limit_us, is_direct, pair))
    return UDPNAT_TIME_NEVER;
  return sim_world_now (pair->world) - start_us;
}

static gint64
measure_direct (SimPair *pair)
{
  return measure_direct_within (pair, UDPNAT_SEC (10));
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

/* What a view is told: that tests go on, then what they found. A router that maps by address looks
 * like one that does not to a server with one address; here it has two. */
static void
test_told_to_views (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ADDRESS_DEPENDENT, SIM_NAT_ADDRESS_DEPENDENT);
  UdpnatNetworkFacts facts;
  SimPair pair;

  router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, 2, &router, NULL, UDPNAT_MSEC (100));
  udpnat_node_get_network_facts (pair.alice->node, &facts);
  g_assert_true (facts.is_testing);
  g_assert_cmpint (facts.tests.state, ==, UDPNAT_NAT_TEST_RUNNING);

  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  udpnat_node_get_network_facts (pair.alice->node, &facts);
  g_assert_false (facts.is_testing);
  g_assert_cmpint (facts.tests.state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts.tests.filtering, ==, UDPNAT_FILTERING_RULE_ADDRESS);
  g_assert_cmpint (facts.nat, ==, UDPNAT_NAT_KIND_DEPENDENT);
  udpnat_node_get_network_facts (pair.bob->node, &facts);
  g_assert_cmpint (facts.nat, ==, UDPNAT_NAT_KIND_NONE);
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
        g_assert_cmpint (get_discovery (pair.alice, pair.bob), ==, UDPNAT_PATH_DISCOVERY_PLAIN);
        g_assert_cmpint (get_discovery (pair.bob, pair.alice), ==, UDPNAT_PATH_DISCOVERY_PLAIN);
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
      g_assert_true (get_discovery (pair.alice, pair.bob) == UDPNAT_PATH_DISCOVERY_SECOND_PORT ||
                     get_discovery (pair.bob, pair.alice) == UDPNAT_PATH_DISCOVERY_SECOND_PORT);
      sim_peer_send_numbered (pair.bob, "alice", 0, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (1));
      sim_peer_assert_received (pair.alice, "bob", 1);
      sim_pair_clear (&pair);
    }
}

/* ---- Searching a port ---- */

typedef struct
{
  gint64 time_us; /* to direct; UDPNAT_TIME_NEVER: not within 20 s */
  guint  n_probes;
  guint  n_opens;
  guint  most_in_second;
} SearchResult;

static SearchResult
run_search (guint64             seed,
            const SimNatConfig *alice_router,
            const SimNatConfig *bob_router)
{
  SearchResult result;
  SimPace probes, opens;
  gint64 start_us;
  SimPair pair;

  pair_init (&pair, seed, alice_router, bob_router, UDPNAT_SEC (5));
  sim_pace_init (&probes, pair.world, pair.bob->host, pair.alice->host);
  sim_pace_init (&opens, pair.world, pair.alice->host, pair.bob->host);
  start_us = sim_world_now (pair.world);
  sim_peer_send (pair.bob, "alice", "hello");
  result.time_us = UDPNAT_TIME_NEVER;
  if (sim_world_run_for_true (pair.world, UDPNAT_SEC (20), is_direct, &pair))
    {
      result.time_us = sim_world_now (pair.world) - start_us;
      sim_world_run_for (pair.world, UDPNAT_SEC (1)); /* what a search leaves behind counts, too */
      probes.is_over = opens.is_over = TRUE;
      /* The path that was found carries what is said, and stays. */
      sim_peer_send_numbered (pair.alice, "bob", 0, 5);
      sim_world_run_for (pair.world, UDPNAT_SEC (60));
      g_assert_true (is_direct (&pair));
      g_assert_cmpint (get_discovery (pair.alice, pair.bob), ==, UDPNAT_PATH_DISCOVERY_SEARCH);
      g_assert_cmpint (get_discovery (pair.bob, pair.alice), ==, UDPNAT_PATH_DISCOVERY_SEARCH);
      sim_peer_assert_received (pair.bob, "alice", 5);
    }
  result.n_probes = sim_pace_count (&probes);
  result.n_opens = sim_pace_count (&opens);
  result.most_in_second = MAX (probes.most, opens.most);
  sim_pair_clear (&pair);
  sim_pace_clear (&probes);
  sim_pace_clear (&opens);
  return result;
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 difference = *(const gint64 *) a - *(const gint64 *) b;

  return difference < 0 ? -1 : difference > 0;
}

/* Runs so many searches; at least @least_percent must be direct within @limit_us, by at most
 * @probes_max probes. */
static void
check_searches (const char         *label,
                const SimNatConfig *alice_router,
                const SimNatConfig *bob_router,
                guint               n_trials,
                guint               least_percent,
                gint64              limit_us,
                guint               probes_max)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint n_good = 0, most_probes = 0, most_opens = 0, most_in_second = 0;

  for (guint64 seed = 1; seed <= n_trials; seed++)
    {
      SearchResult result = run_search (seed, alice_router, bob_router);

      g_array_append_val (times, result.time_us);
      n_good += result.time_us <= limit_us;
      most_probes = MAX (most_probes, result.n_probes);
      most_opens = MAX (most_opens, result.n_opens);
      most_in_second = MAX (most_in_second, result.most_in_second);
    }
  g_array_sort (times, compare_times);
  g_test_message ("%s: %u of %u within %.0f s; median %.2f s, longest %.2f s; at most %u probes, "
                  "%u openers, %u packets in a second", label, n_good, n_trials, limit_us / 1e6,
                  g_array_index (times, gint64, n_trials / 2) / 1e6,
                  g_array_index (times, gint64, n_trials - 1) / 1e6, most_probes, most_opens,
                  most_in_second);
  g_assert_cmpuint (n_good * 100, >=, n_trials * least_percent);
  g_assert_cmpuint (most_probes, <=, probes_max);
  g_assert_cmpuint (most_opens, <=, 256 + 50);
  g_assert_cmpuint (most_in_second, <=, 100);
}

static SimNatConfig
make_symmetric (SimNatAllocator allocator)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  config.allocator = allocator;
  config.port_base = 20000;
  config.block_size = allocator == SIM_NAT_ALLOCATOR_BLOCK ? 1024 : 0;
  return config;
}

static void
test_search_random (void)
{
  SimNatConfig hard = make_symmetric (SIM_NAT_ALLOCATOR_RANDOM);
  SimNatConfig easy = make_router (FALSE);

  check_searches ("random-symmetric × port-restricted", &hard, &easy, 40, 98, UDPNAT_SEC (12),
                  UDPNAT_SEARCH_PROBES_MAX + 50);
}

static void
test_search_block (void)
{
  SimNatConfig hard = make_symmetric (SIM_NAT_ALLOCATOR_BLOCK);
  SimNatConfig easy = make_router (FALSE);

  check_searches ("block of 1,024 × port-restricted", &hard, &easy, 40, 95, UDPNAT_SEC (12),
                  400);
}

static void
test_search_sequential (void)
{
  SimNatConfig hard = make_symmetric (SIM_NAT_ALLOCATOR_SEQUENTIAL);
  SimNatConfig easy = make_router (FALSE);

  check_searches ("sequential × port-restricted", &hard, &easy, 40, 95, UDPNAT_SEC (2), 128);
}

/* Either side may have turned it off; then the pair is relayed, and little is sent. */
static void
test_search_off (void)
{
  SimNatConfig hard = make_symmetric (SIM_NAT_ALLOCATOR_RANDOM);
  SimNatConfig easy = make_router (FALSE);

  for (guint i = 0; i < 2; i++)
    {
      SimPace probes, opens;
      SimPair pair;

      pair_init (&pair, 1, &hard, &easy, UDPNAT_SEC (5));
      udpnat_node_set_port_search (i == 0 ? pair.alice->node : pair.bob->node, FALSE);
      sim_pace_init (&probes, pair.world, pair.bob->host, pair.alice->host);
      sim_pace_init (&opens, pair.world, pair.alice->host, pair.bob->host);
      g_assert_cmpint (measure_direct_within (&pair, UDPNAT_SEC (15)), ==, UDPNAT_TIME_NEVER);
      g_assert_cmpint (pair.alice->path_reason, ==, UDPNAT_PATH_REASON_LOCAL_SYMMETRIC);
      g_assert_cmpuint (sim_pace_count (&probes) + sim_pace_count (&opens), <=, 60);
      sim_pair_clear (&pair);
      sim_pace_clear (&probes);
      sim_pace_clear (&opens);
    }
}

/* ---- All behaviours of RFC 4787 ---- */

static const char *const behaviour_names[] = { "EI", "AD", "APD" };

/* nat.md section 1.3: two routers that map each destination to another port, and let in exactly
 * whom they have sent to, are the one pair that cannot be direct. */
static gboolean
is_hopeless (const SimNatConfig *router)
{
  return router->mapping != SIM_NAT_ENDPOINT_INDEPENDENT &&
         router->filtering == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
}

/* Returns: milliseconds until direct; -1: relayed */
static int
check_matrix_cell (guint cell)
{
  SimNatConfig a = sim_nat_config (cell / 27, cell / 9 % 3);
  SimNatConfig b = sim_nat_config (cell / 3 % 3, cell % 3);
  gboolean should_be_direct = !is_hopeless (&a) || !is_hopeless (&b);
  gint64 time_us;
  SimPair pair;

  a.allocator = b.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, 500 + cell, &a, &b, UDPNAT_SEC (5));
  time_us = measure_direct_within (&pair, should_be_direct ? UDPNAT_SEC (20) : UDPNAT_SEC (8));
  sim_peer_send_numbered (pair.bob, "alice", 0, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (2));
  sim_peer_assert_received (pair.alice, "bob", 3);
  g_assert_cmpuint (pair.bob->received->len, ==, 1);
  if (should_be_direct != (time_us != UDPNAT_TIME_NEVER))
    g_error ("%s+%s × %s+%s: %s", behaviour_names[a.mapping], behaviour_names[a.filtering],
             behaviour_names[b.mapping], behaviour_names[b.filtering],
             should_be_direct ? "should be direct" : "cannot be direct");
  if (!should_be_direct)
    {
      g_assert_cmpint (pair.alice->path_reason, ==, UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
      g_assert_cmpint (pair.bob->path_reason, ==, UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
    }
  sim_pair_clear (&pair);
  return should_be_direct ? (int) (time_us / 1000) : -1;
}

static void
test_matrix (void)
{
  g_test_summary ("9 × 9 mappings and filterings, random ports: all delivered, direct wherever it "
                  "can be, and why not");
  for (guint row = 0; row < 9; row++)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint column = 0; column < 9; column++)
        {
          int time_ms = check_matrix_cell (row * 9 + column);

          if (time_ms < 0)
            g_string_append (line, "  relay");
          else
            g_string_append_printf (line, "%7d", time_ms);
        }
      g_test_message ("%3s+%-3s%s", behaviour_names[row / 3], behaviour_names[row % 3], line->str);
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

/* ---- Whoever is idle ---- */

/* Until the lifetimes are measured, the peers are quiet, and the interval before is over. */
#define MEASURED_US UDPNAT_SEC (450)

/* What @host has sent and got. */
typedef struct
{
  SimHost *host;
  guint    n_to_server, n_from_server;
  guint    n_others; /* to and from peers */
  gint64   last_us;  /* sent to the server */
  gint64   gap_us;   /* the longest between two of these: as long must mappings last */
} Traffic;

static gboolean
traffic_tap (const SimTapInfo *info,
             gpointer          user_data)
{
  Traffic *self = user_data;
  const UdpnatAddress *far = info->kind == SIM_TAP_SENT ? &info->to : &info->from;
  UdpnatAddress server;

  if (info->host != self->host || info->kind == SIM_TAP_DROPPED)
    return TRUE;
  g_assert_true (udpnat_address_parse_ip (&server, "9.8.7.6", 0));
  if (!udpnat_address_equal_ip (far, &server))
    self->n_others++;
  else if (info->kind == SIM_TAP_SENT)
    {
      if (self->n_to_server++ > 0)
        self->gap_us = MAX (self->gap_us, info->now_us - self->last_us);
      self->last_us = info->now_us;
    }
  else
    self->n_from_server++;
  return TRUE;
}

/* An hour in which nobody says anything. */
static void
idle_for_an_hour (SimPair *pair)
{
  for (guint i = 0; i < 3600; i++)
    {
      sim_world_run_for (pair->world, UDPNAT_SEC (1));
      g_assert_true (sim_pair_is_registered (pair));
    }
  g_assert_cmpuint (pair->alice->n_registered, ==, 1);
  g_assert_cmpuint (pair->bob->n_registered, ==, 1);
}

static void
assert_reached (SimPair *pair,
                guint    n_before)
{
  gint64 start_us = sim_world_now (pair->world);
  SimMessage *message;

  sim_peer_send_numbered (pair->bob, "alice", n_before, 1);
  sim_world_run_for (pair->world, UDPNAT_SEC (2));
  sim_peer_assert_received (pair->alice, "bob", n_before + 1);
  message = g_ptr_array_index (pair->alice->received, n_before);
  g_test_message ("the next message took %.1f ms", (message->at_us - start_us) / 1000.0);
}

/* @lifetime_s: of alice's router; 0: she has none. At most @n_max are sent in an hour. */
static void
check_idle (guint64 seed,
            guint   lifetime_s,
            guint   n_max)
{
  SimNatConfig router = make_router (FALSE);
  UdpnatNatFacts before, after;
  Traffic traffic = { 0 };
  SimPair pair;

  if (lifetime_s != 0)
    router.lifetime_us = UDPNAT_SEC (lifetime_s);
  router.lifetime_unreplied_us = MIN (router.lifetime_unreplied_us, router.lifetime_us);
  pair_init (&pair, seed, lifetime_s != 0 ? &router : NULL, &router, UDPNAT_SEC (5));
  sim_peer_send_numbered (pair.bob, "alice", 0, 1);
  sim_world_run_for (pair.world, MEASURED_US);
  udpnat_node_get_nat_facts (pair.alice->node, &before);
  g_assert_cmpint (before.lifetime_state, ==, UDPNAT_LIFETIME_STATE_DONE);

  traffic.host = pair.alice->host;
  sim_world_add_tap (pair.world, traffic_tap, &traffic);
  idle_for_an_hour (&pair);
  g_test_message ("%u s, measured %.1f s by %u packets: in an hour %u sent to the server, %u "
                  "received, %u others; at most %.1f s apart",
                  lifetime_s, before.lifetime_us / 1e6, before.n_packets,
                  traffic.n_to_server, traffic.n_from_server, traffic.n_others,
                  traffic.gap_us / 1e6);
  g_assert_cmpuint (traffic.n_others, ==, 0);
  g_assert_cmpint (traffic.gap_us, <, UDPNAT_SEC (lifetime_s != 0 ? lifetime_s : 120));
  g_assert_cmpuint (traffic.n_to_server, <=, n_max);
  g_assert_cmpuint (traffic.n_from_server, <=, 24); /* the answers to handshakes */
  udpnat_node_get_nat_facts (pair.alice->node, &after);
  g_assert_true (udpnat_address_equal (&before.observed, &after.observed));
  g_assert_cmpuint (before.n_packets, ==, after.n_packets);
  assert_reached (&pair, 1);
  sim_pair_clear (&pair);
}

static void
test_idle_120s (void)
{
  g_test_summary ("A router that forgets after 120 s: one packet in 95 s, no mapping dies");
  for (guint64 seed = 1; seed <= 3; seed++)
    check_idle (seed, 120, 38);
}

static void
test_idle_30s (void)
{
  g_test_summary ("A router that forgets after 30 s: no mapping dies either");
  for (guint64 seed = 1; seed <= 3; seed++)
    check_idle (seed, 30, 156);
}

static void
test_idle_22s (void)
{
  g_test_summary ("A router that forgets sooner than any should: once known, no mapping dies");
  for (guint64 seed = 1; seed <= 3; seed++)
    check_idle (seed, 22, 240);
}

static void
test_idle_open (void)
{
  g_test_summary ("No router at all: one packet in 109 s");
  check_idle (1, 0, 34);
}

/* What routers do under load, or when they start anew: this mapping is gone before its time. */
static void
test_idle_forgotten (void)
{
  SimNatConfig router = make_router (FALSE);
  UdpnatNatFacts facts;
  Traffic traffic = { 0 };
  SimPair pair;
  SimNat *nat;

  g_test_summary ("A mapping that dies all the same: every 25 s again, and nothing measured anew");
  router.allocator = SIM_NAT_ALLOCATOR_RANDOM; /* else the server could not see it */
  pair_init (&pair, 1, NULL, &router, UDPNAT_SEC (5));
  nat = sim_world_add_nat (pair.world, "new-nat", NULL, NULL, &router);
  sim_host_move (pair.alice->host, nat, NULL);
  sim_peer_tell_addresses (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  sim_peer_send_numbered (pair.bob, "alice", 0, 1);
  sim_world_run_for (pair.world, MEASURED_US);
  sim_nat_flush (nat);
  sim_world_run_for (pair.world, UDPNAT_SEC (120));
  udpnat_node_get_nat_facts (pair.alice->node, &facts);
  g_assert_cmpint (facts.lifetime_state, ==, UDPNAT_LIFETIME_STATE_DONE);
  g_assert_cmpint (facts.lifetime_us, >=, UDPNAT_SEC (115));

  traffic.host = pair.alice->host;
  sim_world_add_tap (pair.world, traffic_tap, &traffic);
  idle_for_an_hour (&pair);
  g_test_message ("%u packets sent to the server in an hour", traffic.n_to_server);
  g_assert_cmpuint (traffic.n_to_server, >=, 3600 / 28);
  g_assert_cmpuint (traffic.n_to_server + traffic.n_from_server, <, 180);
  assert_reached (&pair, 1);
  sim_pair_clear (&pair);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-traversal/verdict/in-each-network", test_verdict);
  g_test_add_func ("/sim-traversal/verdict/told-to-views", test_told_to_views);
  g_test_add_func ("/sim-traversal/leaky/direct-within-a-second", test_leaky_pairs);
  g_test_add_func ("/sim-traversal/leaky/recovers-unknown", test_recovery);
  g_test_add_func ("/sim-traversal/search/random", test_search_random);
  g_test_add_func ("/sim-traversal/search/block", test_search_block);
  g_test_add_func ("/sim-traversal/search/sequential", test_search_sequential);
  g_test_add_func ("/sim-traversal/search/can-be-turned-off", test_search_off);
  g_test_add_func ("/sim-traversal/matrix/direct-wherever-possible", test_matrix);
  g_test_add_func ("/sim-traversal/relayed/no-flood", test_no_flood);
  g_test_add_func ("/sim-traversal/idle/lifetime-of-120s", test_idle_120s);
  g_test_add_func ("/sim-traversal/idle/lifetime-of-30s", test_idle_30s);
  g_test_add_func ("/sim-traversal/idle/lifetime-of-22s", test_idle_22s);
  g_test_add_func ("/sim-traversal/idle/no-router", test_idle_open);
  g_test_add_func ("/sim-traversal/idle/forgotten-before-its-time", test_idle_forgotten);

  return g_test_run ();
}
