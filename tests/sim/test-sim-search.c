/* The search for a port as the two who take part see it: why they are relayed meanwhile, and how
 * often it is tried when it finds nothing. What it finds is in test-sim-traversal.c. */

#include "config.h"

#include "sim-chat.h"
#include "sim-pace.h"

/* alice behind a router that gives random ports, bob behind one that lets in exactly whom he has
 * sent to; they have tested their routers. */
static void
pair_init (SimPair *pair,
           guint64  seed)
{
  SimNatConfig hard = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimNatConfig easy = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (25));
  SimWorld *world = sim_world_new (seed);

  hard.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  sim_world_set_core (world, 0, 6);
  pair->world = world;
  pair->server = sim_server_new (world, "9.8.7.6");
  sim_host_set_alt_ip (pair->server->host, "9.8.9.6");
  sim_server_start (pair->server);
  pair->alice = sim_peer_new_at_home (pair->server, "alice", &hard, &link);
  pair->bob = sim_peer_new_at_home (pair->server, "bob", &easy, &link);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_run_for (world, UDPNAT_SEC (5));
}

static void
set_cut (SimPair  *pair,
         gboolean  is_cut)
{
  sim_world_cut (pair->alice->host, pair->bob->host, is_cut);
  sim_world_cut (pair->bob->host, pair->alice->host, is_cut);
}

static UdpnatPathFacts
get_facts (const SimPeer *of,
           const SimPeer *to)
{
  UdpnatPathFacts facts;
  gboolean is_known = udpnat_node_get_path_facts (of->node, sim_world_now (of->world),
                                                  sim_peer_get_key (to), &facts);

  g_assert_true (is_known);
  return facts;
}

static gboolean
are_searching (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_reason == UDPNAT_PATH_REASON_SEARCHING &&
         pair->bob->path_reason == UDPNAT_PATH_REASON_SEARCHING;
}

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind != UDPNAT_PATH_KIND_RELAY &&
         pair->bob->path_kind != UDPNAT_PATH_KIND_RELAY;
}

static void
assert_told (const SimPeer *of,
             const SimPeer *to)
{
  UdpnatPathFacts facts = get_facts (of, to);

  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_TRYING);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_SEARCHING);
  g_assert_cmpint (facts.until_us - sim_world_now (of->world), >, UDPNAT_SEC (10));
  g_assert_cmpint (facts.until_us - sim_world_now (of->world), <=, UDPNAT_SEARCH_US);
}

static void
test_reason (void)
{
  SimPair pair;

  g_test_summary ("While it goes on both say so, and until when; then that they are direct");
  for (guint64 seed = 1; seed <= 5; seed++)
    {
      pair_init (&pair, seed);
      sim_peer_send (pair.bob, "alice", "hello");
      g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (3), are_searching, &pair));
      assert_told (pair.alice, pair.bob);
      assert_told (pair.bob, pair.alice);
      g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (20), is_direct, &pair));
      g_assert_cmpint (get_facts (pair.alice, pair.bob).reason, ==, UDPNAT_PATH_REASON_NONE);
      sim_pair_clear (&pair);
    }
}

static void
test_reason_in_vain (void)
{
  SimPair pair;

  g_test_summary ("When it has found nothing, or is turned off meanwhile, the verdict holds");
  for (guint is_turned_off = 0; is_turned_off < 2; is_turned_off++)
    {
      pair_init (&pair, 1);
      set_cut (&pair, TRUE);
      sim_peer_send (pair.bob, "alice", "hello");
      g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (3), are_searching, &pair));
      if (is_turned_off == 1)
        {
          udpnat_node_set_port_search (pair.alice->node, FALSE);
          sim_world_wake (pair.alice->host);
          sim_world_run_for (pair.world, UDPNAT_SEC (5));
          g_assert_cmpint (pair.alice->path_reason, ==, UDPNAT_PATH_REASON_LOCAL_SYMMETRIC);
        }
      sim_world_run_for (pair.world, UDPNAT_SEC (22));
      g_assert_false (are_searching (&pair));
      g_assert_cmpint (pair.bob->path_reason, !=, UDPNAT_PATH_REASON_SEARCHING);
      g_assert_cmpint (get_facts (pair.bob, pair.alice).phase, !=, UDPNAT_PATH_PHASE_DIRECT);
      sim_pair_clear (&pair);
    }
}

/* ---- How often ---- */

/* Probes of bob: a search sends a hundred a second, a round of punching 18 in 4 s. */
typedef struct
{
  SimHost *host;
  gint64   second_us;
  guint    n_in_second;
  guint    n_probes;
  guint    n_searches; /* begins of more than 50 probes in a second, 30 s apart */
  gint64   last_us;
} Probes;

static gboolean
count_probes (const SimTapInfo *info,
              gpointer          user_data)
{
  Probes *self = user_data;
  UdpnatAddress server;
  gboolean is_parsed = udpnat_address_parse_ip (&server, "9.8.7.6", 0);

  if (!is_parsed || info->kind != SIM_TAP_SENT || info->host != self->host ||
      udpnat_address_equal_ip (&info->to, &server))
    return TRUE;
  self->n_probes++;
  if (info->now_us - self->second_us >= UDPNAT_SEC (1))
    {
      self->second_us = info->now_us;
      self->n_in_second = 0;
    }
  if (++self->n_in_second == 50 && info->now_us - self->last_us > UDPNAT_SEC (30))
    self->n_searches++;
  if (self->n_in_second >= 50)
    self->last_us = info->now_us;
  return TRUE;
}

static void
test_cool_down (void)
{
  Probes probes = { .last_us = G_MININT64 / 2 };
  SimPair pair;

  g_test_summary ("In vain: not again for ten minutes, at most three times an hour");
  pair_init (&pair, 1);
  set_cut (&pair, TRUE);
  probes.host = pair.bob->host;
  sim_world_add_tap (pair.world, count_probes, &probes);
  for (guint second = 0; second < 3600; second += 30)
    {
      sim_peer_send (pair.bob, "alice", "hello");
      sim_world_run_for (pair.world, UDPNAT_SEC (30));
      if (second < 570)
        g_assert_cmpuint (probes.n_searches, <=, 1);
    }
  g_test_message ("%u searches in an hour, %u packets", probes.n_searches, probes.n_probes);
  g_assert_cmpuint (probes.n_searches, >=, 2); /* it is tried again at all */
  g_assert_cmpuint (probes.n_searches, <=, UDPNAT_SEARCHES_PER_HOUR);
  g_assert_cmpuint (probes.n_probes, <=, UDPNAT_SEARCHES_PER_HOUR * UDPNAT_SEARCH_PROBES_MAX + 500);
  sim_pair_clear (&pair);
}

static void
test_refused (void)
{
  SimPair pair;
  gint64 start_us;

  g_test_summary ("Refused by somebody who is not ready yet: offered again after seconds");
  pair_init (&pair, 1);
  udpnat_node_set_port_search (pair.bob->node, FALSE);
  sim_peer_send (pair.bob, "alice", "hello");
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_assert_cmpint (pair.alice->path_reason, ==, UDPNAT_PATH_REASON_LOCAL_SYMMETRIC);
  udpnat_node_set_port_search (pair.bob->node, TRUE);
  start_us = sim_world_now (pair.world);
  g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (20), are_searching, &pair));
  g_test_message ("%.1f s after both could", (sim_world_now (pair.world) - start_us) / 1e6);
  g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (20), is_direct, &pair));
  sim_pair_clear (&pair);
}

static gboolean
count_sent (const SimTapInfo *info,
            gpointer          user_data)
{
  Probes *self = user_data;

  self->n_probes += info->kind == SIM_TAP_SENT && info->host == self->host;
  return TRUE;
}

/* Returns: packets of alice's in five minutes, of which the first belong to punching, when she or
 * bob does not search */
static guint
count_unsearched (gboolean is_asking)
{
  Probes probes = { 0 };
  SimPair pair;

  pair_init (&pair, 1);
  udpnat_node_set_port_search (is_asking ? pair.bob->node : pair.alice->node, FALSE);
  sim_peer_send (pair.bob, "alice", "hello");
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  probes.host = pair.alice->host;
  sim_world_add_tap (pair.world, count_sent, &probes);
  sim_world_run_for (pair.world, UDPNAT_SEC (300));
  sim_pair_clear (&pair);
  return probes.n_probes;
}

static void
test_always_refused (void)
{
  guint n_asking = count_unsearched (TRUE);
  guint n_silent = count_unsearched (FALSE);

  g_test_summary ("Always refused: a few packets, and not without end");
  g_test_message ("%u packets in five minutes, %u without a search", n_asking, n_silent);
  g_assert_cmpuint (n_asking, >, n_silent); /* it is asked again */
  g_assert_cmpuint (n_asking, <=, n_silent + 20);
}

/* Two people want alice at once. */
static void
test_one_at_a_time (void)
{
  SimNatConfig easy = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (25));
  guint n_seen = 0;
  SimPeer *carol;
  SimPair pair;

  g_test_summary ("One search at a time, whoever else waits");
  pair_init (&pair, 1);
  carol = sim_peer_new_at_home (pair.server, "carol", &easy, &link);
  sim_peer_start (carol);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  set_cut (&pair, TRUE);
  sim_world_cut (carol->host, pair.alice->host, TRUE);
  sim_world_cut (pair.alice->host, carol->host, TRUE);
  sim_peer_send (pair.bob, "alice", "hello");
  sim_peer_send (carol, "alice", "hello");
  for (guint i = 0; i < 600; i++)
    {
      UdpnatPathReason to_bob, to_carol;

      sim_world_run_for (pair.world, UDPNAT_MSEC (100));
      to_bob = get_facts (pair.alice, pair.bob).reason;
      to_carol = get_facts (pair.alice, carol).reason;
      n_seen += to_bob == UDPNAT_PATH_REASON_SEARCHING || to_carol == UDPNAT_PATH_REASON_SEARCHING;
      g_assert_false (to_bob == UDPNAT_PATH_REASON_SEARCHING &&
                      to_carol == UDPNAT_PATH_REASON_SEARCHING);
    }
  g_assert_cmpuint (n_seen, >, 100);
  sim_peer_free (carol);
  sim_pair_clear (&pair);
}

/* ---- Two routers that give ports in order ---- */

/* Ports that others behind the same router get meanwhile, @rate a second: drawn anew for each
 * millisecond. */
typedef struct
{
  SimNat       *nat;
  UdpnatRandom  random;
  guint         rate;
  guint16       n_flows;
} Neighbours;

static void
take_ports (Neighbours *self,
            gint64      now_us)
{
  guint8 ip[4] = { 192, 168, 77, 7 };
  UdpnatAddress inner, outer, remote;
  gboolean is_parsed = udpnat_address_parse_ip (&remote, "5.6.7.8", 443);

  g_assert_true (is_parsed);
  if (udpnat_random_below (&self->random, 1000) >= self->rate)
    return;
  udpnat_address_init_ipv4 (&inner, ip, (guint16) (10000 + self->n_flows++));
  g_assert_cmpint (sim_nat_translate_out (self->nat, now_us, &inner, &remote, &outer), ==,
                   SIM_NAT_VERDICT_PASS);
}

static SimPeer *
add_person (SimPair    *pair,
            const char *name,
            guint       rate,
            Neighbours *neighbours)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (25));
  g_autofree char *nat_name = g_strdup_printf ("%s-nat", name);

  config.allocator = SIM_NAT_ALLOCATOR_SEQUENTIAL;
  config.port_base = 20000;
  neighbours->rate = rate;
  neighbours->random = sim_world_fork_random (pair->world, name);
  neighbours->nat = sim_world_add_nat (pair->world, nat_name, NULL, NULL, &config);
  sim_world_set_nat_link (pair->world, neighbours->nat, SIM_UP, &link);
  sim_world_set_nat_link (pair->world, neighbours->nat, SIM_DOWN, &link);
  return sim_peer_new (pair->server, name, neighbours->nat, NULL);
}

static void
run_among (SimPair    *pair,
           Neighbours  neighbours[2],
           gint64      duration_us,
           gboolean    until_direct)
{
  gint64 end_us = sim_world_now (pair->world) + duration_us;

  while (sim_world_now (pair->world) < end_us && !(until_direct && is_direct (pair)))
    {
      sim_world_run_for (pair->world, UDPNAT_MSEC (1));
      take_ports (&neighbours[0], sim_world_now (pair->world));
      take_ports (&neighbours[1], sim_world_now (pair->world));
    }
}

/* Returns: how long after the first word both are direct
 *
 * @most: (inout): packets within a second by one side */
static gint64
run_meeting (guint64  seed,
             guint    rate,
             guint   *most)
{
  Neighbours neighbours[2] = { 0 };
  gint64 start_us, time_us;
  SimPace paces[2];
  SimPair pair;

  pair.world = sim_world_new (seed);
  sim_world_set_core (pair.world, 0, 6);
  pair.server = sim_server_new (pair.world, "9.8.7.6");
  sim_host_set_alt_ip (pair.server->host, "9.8.9.6");
  sim_server_start (pair.server);
  pair.alice = add_person (&pair, "alice", rate, &neighbours[0]);
  pair.bob = add_person (&pair, "bob", rate, &neighbours[1]);
  sim_peer_start (pair.alice);
  sim_peer_start (pair.bob);
  run_among (&pair, neighbours, UDPNAT_SEC (6), FALSE);
  start_us = sim_world_now (pair.world);
  sim_pace_init (&paces[0], pair.world, pair.alice->host, pair.bob->host);
  sim_pace_init (&paces[1], pair.world, pair.bob->host, pair.alice->host);
  sim_peer_send (pair.bob, "alice", "hello");
  run_among (&pair, neighbours, UDPNAT_SEC (4), TRUE);
  time_us = is_direct (&pair) ? sim_world_now (pair.world) - start_us : UDPNAT_TIME_NEVER;
  if (time_us != UDPNAT_TIME_NEVER)
    {
      sim_peer_send_numbered (pair.alice, "bob", 0, 5);
      sim_world_run_for (pair.world, UDPNAT_SEC (60));
      g_assert_true (is_direct (&pair)); /* it stays */
      sim_peer_assert_received (pair.bob, "alice", 5);
    }
  sim_pair_clear (&pair);
  for (guint i = 0; i < G_N_ELEMENTS (paces); i++)
    {
      *most = MAX (*most, paces[i].most);
      sim_pace_clear (&paces[i]);
    }
  return time_us;
}

static void
test_meeting (void)
{
  static const guint rates[] = { 0, 2, 5, 10 };

  g_test_summary ("Sequential × sequential, up to ten ports a second for others: 95 % within 2 s");
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
    {
      guint n_good = 0, most = 0;
      gint64 longest_us = 0;

      for (guint64 seed = 1; seed <= 40; seed++)
        {
          gint64 time_us = run_meeting (seed, rates[r], &most);

          n_good += time_us <= UDPNAT_SEC (2);
          if (time_us != UDPNAT_TIME_NEVER)
            longest_us = MAX (longest_us, time_us);
        }
      g_test_message ("%u ports a second: %u of 40 within 2 s, longest %.2f s, at most %u packets "
                      "in a second", rates[r], n_good, longest_us / 1e6, most);
      g_assert_cmpuint (n_good * 100, >=, 40 * 95);
      g_assert_cmpuint (most, <=, 100);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-search/reason/told-while-it-lasts", test_reason);
  g_test_add_func ("/sim-search/reason/verdict-after-it", test_reason_in_vain);
  g_test_add_func ("/sim-search/often/cool-down", test_cool_down);
  g_test_add_func ("/sim-search/often/refused", test_refused);
  g_test_add_func ("/sim-search/often/always-refused", test_always_refused);
  g_test_add_func ("/sim-search/often/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/sim-search/meeting/sequential-on-both-sides", test_meeting);

  return g_test_run ();
}
