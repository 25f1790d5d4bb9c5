#include "config.h"

#include <string.h>

#include "sim-probe.h"

/* The world: time, links, the core, hosts, and what can be seen of it. */

#define PORT 8900

typedef struct
{
  SimWorld     *world;
  SimHost      *hosts[2];
  SimProbe     *probes[2];
  UdpnatAddress addresses[2];
} Pair;

static const SimLinkConfig perfect = { 0 };

/* Two hosts on an Internet that takes no time, with perfect links. */
static void
pair_init (Pair   *pair,
           guint64 seed)
{
  static const char *const names[] = { "alice", "bob" };

  pair->world = sim_world_new (seed);
  sim_world_set_core (pair->world, 0, 6);
  for (guint i = 0; i < 2; i++)
    {
      pair->hosts[i] = sim_world_add_host (pair->world, names[i], NULL, NULL, &perfect, &perfect);
      pair->probes[i] = sim_probe_new (pair->hosts[i], PORT, 0);
      pair->addresses[i] = sim_host_get_address (pair->hosts[i], UDPNAT_FAMILY_IPV4);
    }
}

static void
pair_clear (Pair *pair)
{
  sim_world_free (pair->world);
  for (guint i = 0; i < 2; i++)
    sim_probe_free (pair->probes[i]);
}

/* From the first to the second. */
static void
pair_send (Pair   *pair,
           guint32 number)
{
  sim_probe_send (pair->probes[0], &pair->addresses[1], number, 100);
}

static guint64
pair_get_drops (const Pair *pair,
                SimDrop     drop)
{
  return sim_world_get_stats (pair->world)->dropped[drop];
}

/* ---- Time ---- */

static void
test_delay (void)
{
  SimLinkConfig up = sim_link_config_with_delay (1000);
  SimLinkConfig down = sim_link_config_with_delay (200);
  gint64 sent_us;
  Pair pair;

  pair_init (&pair, 1);
  sim_world_set_core (pair.world, 30, 6);
  sim_host_set_link (pair.hosts[0], SIM_UP, &up);
  sim_host_set_link (pair.hosts[1], SIM_DOWN, &down);
  sim_world_run_for (pair.world, 7);
  sent_us = sim_world_now (pair.world);
  pair_send (&pair, 1);
  sim_world_run_until (pair.world, sent_us + 1229);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  sim_world_run_until (pair.world, sent_us + 1230);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  g_assert_cmpint (sim_probe_get_last (pair.probes[1])->now_us, ==, sent_us + 1230);

  /* Nothing was configured for the way back. */
  sim_probe_send (pair.probes[1], &pair.addresses[0], 1, 100);
  sim_world_run_for (pair.world, 30);
  g_assert_cmpint (sim_probe_get_last (pair.probes[0])->now_us, ==, sent_us + 1260);
  pair_clear (&pair);
}

static void
test_defaults (void)
{
  g_autoptr (SimWorld) world = sim_world_new (1);
  SimHost *a = sim_world_add_host (world, "a", NULL, NULL, NULL, NULL);
  SimHost *b = sim_world_add_host (world, "b", NULL, NULL, NULL, NULL);
  g_autoptr (SimProbe) probe_a = sim_probe_new (a, PORT, 0);
  g_autoptr (SimProbe) probe_b = sim_probe_new (b, PORT, 0);
  UdpnatAddress to = sim_host_get_address (b, UDPNAT_FAMILY_IPV4);

  g_assert_cmpint (sim_world_now (world), ==, SIM_WORLD_START_US);
  sim_probe_send (probe_a, &to, 1, 100);
  sim_world_run_for (world, UDPNAT_SEC (1));
  g_assert_cmpint (sim_probe_get_last (probe_b)->now_us, ==, SIM_WORLD_START_US + 10200);
}

static void
test_burst_keeps_order (void)
{
  Pair pair;

  pair_init (&pair, 1);
  for (guint32 i = 0; i < 1000; i++)
    pair_send (&pair, i);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1000);
  for (guint32 i = 0; i < 1000; i++)
    g_assert_cmpuint (sim_probe_get_receipt (pair.probes[1], i)->number, ==, i);
  pair_clear (&pair);
}

static void
test_deadline (void)
{
  gint64 due_us;
  Pair pair;

  pair_init (&pair, 1);
  due_us = sim_world_now (pair.world) + 5000;
  sim_probe_set_deadline (pair.probes[0], due_us);
  sim_world_run_until (pair.world, due_us - 1);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[0]), ==, 0);
  sim_world_run_until (pair.world, due_us);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[0]), ==, 1);
  g_assert_cmpint (sim_probe_get_called (pair.probes[0]), ==, due_us);

  /* One that has passed is met at once, without time going back. */
  sim_probe_set_deadline (pair.probes[0], 0);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpint (sim_probe_get_called (pair.probes[0]), ==, due_us);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[0]), ==, 2);
  pair_clear (&pair);
}

static gboolean
has_two (gpointer user_data)
{
  return sim_probe_get_count (user_data) >= 2;
}

static void
test_run_until_true (void)
{
  SimLinkConfig slow = sim_link_config_with_delay (1000);
  gint64 start_us;
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[0], SIM_UP, &slow);
  start_us = sim_world_now (pair.world);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 100);
  pair_send (&pair, 2);
  sim_world_run_for (pair.world, 100);
  pair_send (&pair, 3);
  g_assert_true (sim_world_run_for_true (pair.world, 5000, has_two, pair.probes[1]));
  g_assert_cmpint (sim_world_now (pair.world), ==, start_us + 1100);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 2);

  sim_probe_clear (pair.probes[1]);
  g_assert_false (sim_world_run_until_true (pair.world, start_us + 9000, has_two, pair.probes[1]));
  g_assert_cmpint (sim_world_now (pair.world), ==, start_us + 9000);
  pair_clear (&pair);
}

static void
test_stand_still (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (SimWorld) world = sim_world_new (1);
      SimHost *host = sim_world_add_host (world, "mirror", NULL, NULL, &perfect, &perfect);
      g_autoptr (SimProbe) probe = sim_probe_new (host, PORT, 0);
      UdpnatAddress to = sim_host_get_address (host, UDPNAT_FAMILY_IPV4);

      /* Talks to itself for ever, in no time. */
      sim_world_set_core (world, 0, 0);
      sim_probe_set_echo (probe, TRUE);
      sim_probe_send (probe, &to, 1, 100);
      sim_world_run_for (world, 1);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*time stands still*");
}

/* ---- Links in the world ---- */

static void
test_rates (void)
{
  SimLinkConfig bad = {
    .delay_us = 10, .loss = 0.1, .duplicate = 0.05, .reorder = 0.02, .reorder_us = 5000,
  };
  guint64 n_lost;
  guint n_late = 0;
  guint32 highest = 0;
  Pair pair;

  pair_init (&pair, 42);
  sim_host_set_link (pair.hosts[0], SIM_UP, &bad);
  for (guint32 i = 0; i < 20000; i++)
    {
      pair_send (&pair, i);
      sim_world_run_for (pair.world, 100);
    }
  sim_world_run_for (pair.world, UDPNAT_SEC (1));

  /* 2,000 lost, 900 of the others doubled; standard deviations 42 and 29. */
  n_lost = pair_get_drops (&pair, SIM_DROP_LOST);
  g_assert_cmpuint (n_lost, >, 1800);
  g_assert_cmpuint (n_lost, <, 2200);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]) + n_lost, >, 20750);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]) + n_lost, <, 21050);
  for (guint i = 0; i < sim_probe_get_count (pair.probes[1]); i++)
    {
      guint32 number = sim_probe_get_receipt (pair.probes[1], i)->number;

      n_late += number < highest ? 1 : 0;
      highest = MAX (highest, number);
    }
  /* 18,900 × 0.02 = 378, standard deviation 19. */
  g_assert_cmpuint (n_late, >, 290);
  g_assert_cmpuint (n_late, <, 470);
  pair_clear (&pair);
}

static void
test_rate_and_queue (void)
{
  /* 100 bytes of payload are 128 on the line. */
  SimLinkConfig line = { .rate_bytes_per_second = 128000, .queue_bytes = 10 * 128 };
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[1], SIM_DOWN, &line);
  for (guint32 i = 0; i < 15; i++)
    pair_send (&pair, i);
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 10);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_QUEUE_FULL), ==, 5);
  for (guint32 i = 0; i < 10; i++)
    g_assert_cmpint (sim_probe_get_receipt (pair.probes[1], i)->now_us, ==,
                     SIM_WORLD_START_US + 1000 * (i + 1));
  pair_clear (&pair);
}

static void
test_mtu (void)
{
  SimLinkConfig small = { .mtu_bytes = 128 };
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[0], SIM_UP, &small);
  sim_probe_send (pair.probes[0], &pair.addresses[1], 1, 100);
  sim_probe_send (pair.probes[0], &pair.addresses[1], 2, 101);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  g_assert_cmpuint (sim_probe_get_last (pair.probes[1])->n_data, ==, 100);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_TOO_LARGE), ==, 1);
  pair_clear (&pair);
}

static void
test_blocked_one_way (void)
{
  SimLinkConfig blocked = { .blocked = TRUE };
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[0], SIM_DOWN, &blocked);
  g_assert_true (sim_host_get_link (pair.hosts[0], SIM_DOWN).blocked);
  g_assert_false (sim_host_get_link (pair.hosts[0], SIM_UP).blocked);
  sim_probe_set_echo (pair.probes[1], TRUE);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, 0);
  sim_host_set_link (pair.hosts[0], SIM_DOWN, &perfect);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, 1);
  pair_clear (&pair);
}

static void
test_change_in_flight (void)
{
  SimLinkConfig slow = sim_link_config_with_delay (1000);
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[0], SIM_UP, &slow);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 500);
  sim_host_set_link (pair.hosts[0], SIM_UP, &perfect);
  sim_world_run_for (pair.world, 499);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  sim_world_run_for (pair.world, 1);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  pair_clear (&pair);
}

static void
test_nat_line (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  SimLinkConfig line = sim_link_config_with_delay (3000);
  Pair pair;

  pair_init (&pair, 1);
  SimNat *nat = sim_world_add_nat (pair.world, "nat", NULL, NULL, &config);
  SimHost *host = sim_world_add_host (pair.world, "inside", nat, NULL, &perfect, &perfect);
  g_autoptr (SimProbe) inside = sim_probe_new (host, PORT, 0);

  sim_world_set_nat_link (pair.world, nat, SIM_UP, &line);
  sim_probe_set_echo (pair.probes[1], TRUE);
  sim_probe_send (inside, &pair.addresses[1], 1, 100);
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  g_assert_cmpint (sim_probe_get_last (inside)->now_us, ==, SIM_WORLD_START_US + 3000);
  line.delay_us = 500;
  sim_world_set_nat_link (pair.world, nat, SIM_DOWN, &line);
  sim_probe_send (inside, &pair.addresses[1], 1, 100);
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  g_assert_cmpint (sim_probe_get_last (inside)->now_us, ==,
                   SIM_WORLD_START_US + UDPNAT_SEC (1) + 3500);
  pair_clear (&pair);
}

/* ---- TTL ---- */

static gboolean
ttl_reaches (SimWorld *world,
             SimProbe *from,
             SimHost  *to_host,
             SimProbe *to,
             guint8    ttl)
{
  UdpnatAddress address = sim_host_get_address (to_host, UDPNAT_FAMILY_IPV4);
  guint8 data[8] = { 0x08 };
  guint n_before = sim_probe_get_count (to);

  sim_probe_send_full (from, UDPNAT_SOCKET_MAIN, ttl, &address, data, sizeof data);
  sim_world_run_for (world, UDPNAT_SEC (1));

  return sim_probe_get_count (to) > n_before;
}

static void
test_ttl (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  Pair pair;

  pair_init (&pair, 1);
  SimNat *carrier = sim_world_add_nat (pair.world, "carrier", NULL, NULL, &config);
  SimNat *home = sim_world_add_nat (pair.world, "home", carrier, NULL, &config);
  SimHost *host = sim_world_add_host (pair.world, "inside", home, NULL, NULL, NULL);
  g_autoptr (SimProbe) inside = sim_probe_new (host, PORT, 0);

  /* Six routers in the core: one that can be passed six times arrives with nothing left, and does
   * not arrive. */
  g_assert_false (ttl_reaches (pair.world, pair.probes[0], pair.hosts[1], pair.probes[1], 6));
  g_assert_true (ttl_reaches (pair.world, pair.probes[0], pair.hosts[1], pair.probes[1], 7));
  sim_world_set_core (pair.world, 0, 10);
  g_assert_false (ttl_reaches (pair.world, pair.probes[0], pair.hosts[1], pair.probes[1], 10));
  g_assert_true (ttl_reaches (pair.world, pair.probes[0], pair.hosts[1], pair.probes[1], 11));

  /* Each NAT is one more; what dies in one leaves no trace in it. */
  sim_world_set_core (pair.world, 0, 6);
  g_assert_false (ttl_reaches (pair.world, inside, pair.hosts[1], pair.probes[1], 1));
  g_assert_cmpuint (sim_nat_get_mapping_count (home, sim_world_now (pair.world)), ==, 0);
  g_assert_false (ttl_reaches (pair.world, inside, pair.hosts[1], pair.probes[1], 2));
  g_assert_cmpuint (sim_nat_get_mapping_count (home, sim_world_now (pair.world)), ==, 1);
  g_assert_cmpuint (sim_nat_get_mapping_count (carrier, sim_world_now (pair.world)), ==, 0);
  g_assert_false (ttl_reaches (pair.world, inside, pair.hosts[1], pair.probes[1], 8));
  g_assert_cmpuint (sim_nat_get_mapping_count (carrier, sim_world_now (pair.world)), ==, 1);
  g_assert_true (ttl_reaches (pair.world, inside, pair.hosts[1], pair.probes[1], 9));
  g_assert_true (ttl_reaches (pair.world, inside, pair.hosts[1], pair.probes[1], 0));
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_TTL), ==, 5);
  pair_clear (&pair);
}

/* ---- Determinism ---- */

static void
run_noisy (guint64 seed,
           guint8  last_byte,
           char    hash[SIM_TRACE_HASH_TEXT_BYTES])
{
  SimLinkConfig bad = {
    .delay_us = 2000, .jitter_us = 700, .loss = 0.1, .duplicate = 0.1, .reorder = 0.1,
    .reorder_us = 3000,
  };
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_DEPENDENT, SIM_NAT_ADDRESS_DEPENDENT);
  Pair pair;

  config.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, seed);
  SimNat *nat = sim_world_add_nat (pair.world, "nat", NULL, NULL, &config);
  SimHost *host = sim_world_add_host (pair.world, "carol", nat, NULL, &bad, &bad);
  g_autoptr (SimProbe) carol = sim_probe_new (host, PORT, 0);
  UdpnatRandom random = sim_world_fork_random (pair.world, "payload");
  guint8 data[64];

  sim_probe_set_echo (pair.probes[1], TRUE);
  for (guint i = 0; i < 300; i++)
    {
      random.fill (random.user_data, data, sizeof data);
      sim_probe_send_full (carol, UDPNAT_SOCKET_MAIN, 0, &pair.addresses[i % 2], data, sizeof data);
      sim_world_run_for (pair.world, 500);
    }
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  data[63] = last_byte;
  sim_probe_send_full (pair.probes[0], UDPNAT_SOCKET_MAIN, 0, &pair.addresses[1],
                       data, sizeof data);
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  sim_world_get_trace_hash (pair.world, hash);
  pair_clear (&pair);
}

static void
test_determinism (void)
{
  char first[SIM_TRACE_HASH_TEXT_BYTES];
  char again[SIM_TRACE_HASH_TEXT_BYTES];
  char other_seed[SIM_TRACE_HASH_TEXT_BYTES];
  char other_byte[SIM_TRACE_HASH_TEXT_BYTES];

  run_noisy (7, 1, first);
  run_noisy (7, 1, again);
  run_noisy (8, 1, other_seed);
  run_noisy (7, 2, other_byte);
  g_assert_cmpuint (strlen (first), ==, 64);
  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other_seed);
  g_assert_cmpstr (first, !=, other_byte);
}

static void
test_trace_is_running (void)
{
  char before[SIM_TRACE_HASH_TEXT_BYTES];
  char after[SIM_TRACE_HASH_TEXT_BYTES];
  Pair pair;

  pair_init (&pair, 1);
  sim_world_get_trace_hash (pair.world, before);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 0);
  sim_world_get_trace_hash (pair.world, after);
  g_assert_cmpstr (before, !=, after);
  /* Reading it changes nothing. */
  sim_world_get_trace_hash (pair.world, before);
  g_assert_cmpstr (before, ==, after);
  pair_clear (&pair);
}

static void
test_trace_covers_all (void)
{
  /* Time, source, destination, bytes: a run that differs in one of them only. */
  char hashes[5][SIM_TRACE_HASH_TEXT_BYTES];

  for (guint i = 0; i < 5; i++)
    {
      UdpnatAddress from = { .family = UDPNAT_FAMILY_IPV4, .ip = { 6, 6, 6, 6 }, .port = 6 };
      UdpnatAddress to;
      guint8 data[2] = { 1, i == 3 ? 3 : 2 };
      Pair pair;

      pair_init (&pair, 1);
      sim_host_set_address (pair.hosts[1], i == 2 ? "8.8.8.8" : "9.9.9.9");
      to = sim_host_get_address (pair.hosts[1], UDPNAT_FAMILY_IPV4);
      from.port = i == 1 ? 7 : 6;
      sim_world_run_for (pair.world, i == 4 ? 1 : 0);
      sim_world_inject (pair.world, &from, &to, data, sizeof data);
      sim_world_run_for (pair.world, 0);
      g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
      sim_world_get_trace_hash (pair.world, hashes[i]);
      pair_clear (&pair);
    }
  for (guint i = 0; i < 5; i++)
    {
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (hashes[i], !=, hashes[j]);
    }
}

static void
test_fork_random (void)
{
  g_autoptr (SimWorld) world = sim_world_new (1);
  guint8 bytes[4][16];
  static const char *const labels[] = { "a", "b", "a" };

  for (guint i = 0; i < 3; i++)
    {
      UdpnatRandom random = sim_world_fork_random (world, labels[i]);

      random.fill (random.user_data, bytes[i], 16);
    }
  g_assert_cmpmem (bytes[0], 16, bytes[2], 16);
  g_assert_true (memcmp (bytes[0], bytes[1], 16) != 0);
}

/* ---- Hosts ---- */

static void
test_sleep (void)
{
  gint64 start_us;
  gint64 wake_us;
  Pair pair;

  pair_init (&pair, 1);
  start_us = sim_world_now (pair.world);
  wake_us = start_us + UDPNAT_SEC (3600);
  sim_probe_set_deadline (pair.probes[1], start_us + UDPNAT_SEC (10));
  sim_world_run_for (pair.world, 0);
  sim_host_sleep (pair.hosts[1], UDPNAT_SEC (3600));
  sim_world_run_for (pair.world, UDPNAT_SEC (100));
  pair_send (&pair, 1);
  sim_world_wake (pair.hosts[1]); /* only the lid wakes it */
  sim_world_run_until (pair.world, wake_us - 1);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[1]), ==, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_ASLEEP), ==, 1);

  sim_world_run_until (pair.world, wake_us);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[1]), ==, 1);
  g_assert_cmpint (sim_probe_get_called (pair.probes[1]), ==, wake_us);
  pair_send (&pair, 2);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  g_assert_cmpuint (sim_probe_get_last (pair.probes[1])->number, ==, 2);
  pair_clear (&pair);
}

static void
test_detach (void)
{
  SimLinkConfig slow = sim_link_config_with_delay (1000);
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[0], SIM_UP, &slow);
  sim_probe_set_deadline (pair.probes[1], sim_world_now (pair.world) + 10);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 5);
  sim_host_detach (pair.hosts[1]);
  sim_world_run_for (pair.world, 2000);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  g_assert_cmpuint (sim_probe_get_n_calls (pair.probes[1]), ==, 0);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_LISTENER), ==, 1);

  /* A successor at the same port gets what comes then. */
  pair_send (&pair, 2);
  sim_world_run_for (pair.world, 500);
  g_autoptr (SimProbe) successor = sim_probe_new (pair.hosts[1], PORT, 0);
  sim_world_run_for (pair.world, 1000);
  g_assert_cmpuint (sim_probe_get_count (successor), ==, 1);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  pair_clear (&pair);
}

typedef struct
{
  Pair    *pair;
  guint    n_called;
  gboolean detach;
} Watcher;

static void
watcher_cb (gpointer user_data)
{
  Watcher *watcher = user_data;
  SimProbe *probe = watcher->pair->probes[1];

  watcher->n_called++;
  if (sim_probe_get_count (probe) == 0)
    return;

  /* What is called in answer to an event leaves at once. */
  sim_probe_send (probe, &watcher->pair->addresses[0], 77, 100);
  sim_probe_clear (probe);
  if (watcher->detach)
    sim_host_detach (watcher->pair->hosts[1]);
}

static void
test_events_cb (gconstpointer data)
{
  Pair pair;
  Watcher watcher = { .pair = &pair, .detach = GPOINTER_TO_INT (data) };

  pair_init (&pair, 1);
  sim_host_detach (pair.hosts[1]);
  sim_host_attach (pair.hosts[1], sim_probe_get_machine (pair.probes[1]), PORT, 0,
                   watcher_cb, &watcher);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (watcher.n_called, ==, 1);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (watcher.n_called, ==, 2);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, watcher.detach ? 0 : 1);
  if (!watcher.detach)
    g_assert_cmpuint (sim_probe_get_last (pair.probes[0])->number, ==, 77);
  pair_clear (&pair);
}

static void
test_ports (void)
{
  Pair pair;
  UdpnatAddress to;

  pair_init (&pair, 1);
  SimHost *host = sim_world_add_host (pair.world, "server", NULL, "9.8.7.6", &perfect, &perfect);
  g_autoptr (SimProbe) server = sim_probe_new (host, 8848, 8849);

  sim_probe_set_echo (server, TRUE);
  to = sim_host_get_address (host, UDPNAT_FAMILY_IPV4);
  g_assert_cmpuint (to.port, ==, 8848);
  g_assert_cmpmem (to.ip, 4, "\x09\x08\x07\x06", 4);
  for (guint i = 0; i < 3; i++, to.port++)
    {
      sim_probe_clear (pair.probes[0]);
      sim_probe_send (pair.probes[0], &to, 1, 100);
      sim_world_run_for (pair.world, 0);
      g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, i < 2 ? 1 : 0);
      if (i < 2)
        g_assert_true (udpnat_address_equal (&sim_probe_get_last (pair.probes[0])->from, &to));
    }
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_LISTENER), ==, 1);
  pair_clear (&pair);
}

/* Sockets that a machine numbers itself: each has a port, until an empty datagram closes it. */
static void
test_further_sockets (void)
{
  const UdpnatSocketId ids[] = { UDPNAT_SOCKET_MAIN, UDPNAT_SOCKET_FURTHER,
                                 UDPNAT_SOCKET_FURTHER + 40 };
  UdpnatAddress seen[G_N_ELEMENTS (ids)];
  UdpnatAddress to;
  Pair pair;

  pair_init (&pair, 1);
  to = sim_host_get_address (pair.hosts[1], UDPNAT_FAMILY_IPV4);
  sim_probe_set_echo (pair.probes[1], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      sim_probe_send_full (pair.probes[0], ids[i], 0, &to, (const guint8 *) "four", 4);
      sim_world_run_for (pair.world, UDPNAT_MSEC (10));
      seen[i] = sim_probe_get_last (pair.probes[1])->from;
      g_assert_cmpuint (sim_probe_get_last (pair.probes[0])->socket, ==, ids[i]);
      for (guint j = 0; j < i; j++)
        g_assert_cmpuint (seen[i].port, !=, seen[j].port);
    }

  sim_probe_send_full (pair.probes[0], UDPNAT_SOCKET_FURTHER, 0, &to, NULL, 0);
  sim_world_run_for (pair.world, UDPNAT_MSEC (10));
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, G_N_ELEMENTS (ids));
  sim_probe_clear (pair.probes[0]);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    sim_probe_send (pair.probes[1], &seen[i], i, 100);
  sim_world_run_for (pair.world, UDPNAT_MSEC (10));
  g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, 2);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_LISTENER), ==, 1);
  pair_clear (&pair);
}

static void
test_alt_ip (void)
{
  const UdpnatSocketId ids[] = { UDPNAT_SOCKET_MAIN, UDPNAT_SOCKET_ALT, UDPNAT_SOCKET_ALT_IP,
                                 UDPNAT_SOCKET_ALT_IP_ALT };
  UdpnatAddress client, to;
  Pair pair;

  pair_init (&pair, 1);
  SimHost *host = sim_world_add_host (pair.world, "server", NULL, "9.8.7.6", &perfect, &perfect);
  g_autoptr (SimProbe) server = sim_probe_new (host, 8848, 8849);

  sim_host_set_alt_ip (host, "9.9.9.9");
  client = sim_host_get_address (pair.hosts[0], UDPNAT_FAMILY_IPV4);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      sim_probe_send_full (server, ids[i], 0, &client, (const guint8 *) "four", 4);
      sim_world_run_for (pair.world, UDPNAT_MSEC (10));
      to = sim_probe_get_last (pair.probes[0])->from;
      g_assert_cmpuint (to.port, ==, i % 2 == 0 ? 8848 : 8849);
      g_assert_cmpuint (to.ip[1], ==, i < 2 ? 8 : 9);

      sim_probe_send (pair.probes[0], &to, i, 100);
      sim_world_run_for (pair.world, UDPNAT_MSEC (10));
      g_assert_cmpuint (sim_probe_get_last (server)->socket, ==, ids[i]);
    }
  pair_clear (&pair);
}

static void
test_addresses (void)
{
  UdpnatAddress addresses[4];
  UdpnatAddress none;
  Pair pair;

  pair_init (&pair, 1);
  sim_host_add_address (pair.hosts[0], "7.7.7.7");
  sim_host_add_address (pair.hosts[0], "2a00::7");
  sim_host_add_address (pair.hosts[1], NULL);
  g_assert_cmpuint (sim_host_get_addresses (pair.hosts[0], addresses, 4), ==, 3);
  g_assert_cmpuint (sim_host_get_addresses (pair.hosts[0], addresses, 2), ==, 2);
  sim_host_get_addresses (pair.hosts[0], addresses, 4);

  /* Heard at all, speaks from the first of the family. */
  sim_probe_set_echo (pair.probes[0], TRUE);
  for (guint i = 0; i < 3; i++)
    {
      sim_probe_send (pair.probes[1], &addresses[i], i, 100);
      sim_world_run_for (pair.world, 0);
      g_assert_cmpuint (sim_probe_get_last (pair.probes[1])->number, ==, i);
      g_assert_true (udpnat_address_equal (&sim_probe_get_last (pair.probes[1])->from,
                                           &addresses[i == 1 ? 0 : i]));
    }

  /* No IPv6 address, no IPv6. */
  SimHost *old = sim_world_add_host (pair.world, "old", NULL, NULL, NULL, NULL);
  g_autoptr (SimProbe) old_probe = sim_probe_new (old, PORT, 0);
  sim_probe_send (old_probe, &addresses[2], 1, 100);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_SOURCE), ==, 1);
  none = sim_host_get_address (old, UDPNAT_FAMILY_IPV6);
  g_assert_false (udpnat_address_is_set (&none));
  pair_clear (&pair);
}

static void
test_set_address (void)
{
  SimLinkConfig slow = sim_link_config_with_delay (1000);
  UdpnatAddress fresh;
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_link (pair.hosts[1], SIM_DOWN, &slow);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 500);
  sim_host_set_address (pair.hosts[1], NULL);
  pair_send (&pair, 2);
  sim_world_run_for (pair.world, 5000);
  /* Neither what was on its way nor what went to the old address. */
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_ROUTE), ==, 2);

  fresh = sim_host_get_address (pair.hosts[1], UDPNAT_FAMILY_IPV4);
  g_assert_false (udpnat_address_equal_ip (&fresh, &pair.addresses[1]));
  sim_probe_set_echo (pair.probes[0], TRUE);
  sim_probe_send (pair.probes[1], &pair.addresses[0], 3, 100);
  sim_world_run_for (pair.world, 5000);
  g_assert_true (udpnat_address_equal (&sim_probe_get_last (pair.probes[0])->from, &fresh));
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  pair_clear (&pair);
}

static void
test_move (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress inside;
  Pair pair;

  pair_init (&pair, 1);
  SimNat *nat = sim_world_add_nat (pair.world, "nat", NULL, NULL, &config);
  sim_host_add_address (pair.hosts[1], NULL);
  sim_host_move (pair.hosts[1], nat, NULL);
  g_assert_cmpuint (sim_host_get_addresses (pair.hosts[1], &inside, 1), ==, 1);
  g_assert_cmpuint (inside.ip[0], ==, 192);
  sim_probe_set_echo (pair.probes[0], TRUE);
  sim_probe_send (pair.probes[1], &pair.addresses[0], 3, 100);
  sim_world_run_for (pair.world, 5000);
  g_assert_true (udpnat_address_equal_ip (&sim_probe_get_last (pair.probes[0])->from,
                                          sim_nat_get_outer_ip (nat)));
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  pair_clear (&pair);
}

static void
test_cut (void)
{
  Pair pair;

  pair_init (&pair, 1);
  sim_host_add_address (pair.hosts[0], NULL);
  sim_host_add_address (pair.hosts[1], NULL);
  sim_world_cut (pair.hosts[0], pair.hosts[1], TRUE);
  for (guint i = 0; i < 2; i++)
    {
      UdpnatFamily family = i == 0 ? UDPNAT_FAMILY_IPV4 : UDPNAT_FAMILY_IPV6;
      UdpnatAddress a = sim_host_get_address (pair.hosts[0], family);
      UdpnatAddress b = sim_host_get_address (pair.hosts[1], family);

      sim_probe_send (pair.probes[0], &b, 1, 100);
      sim_probe_send (pair.probes[1], &a, 1, 100);
      sim_world_run_for (pair.world, 0);
      g_assert_cmpuint (sim_probe_get_count (pair.probes[0]), ==, i + 1);
      g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 0);
    }
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_CUT), ==, 2);
  sim_world_cut (pair.hosts[0], pair.hosts[1], FALSE);
  pair_send (&pair, 1);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  pair_clear (&pair);
}

static void
test_assigned_scopes (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  g_autoptr (SimWorld) world = sim_world_new (1);
  SimNat *carrier = sim_world_add_nat (world, "carrier", NULL, NULL, &config);
  SimNat *home = sim_world_add_nat (world, "home", carrier, NULL, &config);

  g_assert_cmpint (udpnat_address_get_scope (sim_nat_get_outer_ip (carrier)), ==,
                   UDPNAT_SCOPE_GLOBAL);
  g_assert_cmpint (udpnat_address_get_scope (sim_nat_get_outer_ip (home)), ==,
                   UDPNAT_SCOPE_PRIVATE);
  /* More than fit into the first networks: all usable, no two alike (or adding would fail). */
  for (guint i = 0; i < 1500; i++)
    {
      g_autofree char *name = g_strdup_printf ("host-%u", i);
      gboolean is_public = i % 2 == 0;
      SimHost *host = sim_world_add_host (world, name, is_public ? NULL : home, NULL, NULL, NULL);
      UdpnatAddress addresses[2];

      sim_host_add_address (host, NULL);
      g_assert_cmpuint (sim_host_get_addresses (host, addresses, 2), ==, 2);
      g_assert_cmpint (udpnat_address_get_scope (&addresses[0]), ==,
                       is_public ? UDPNAT_SCOPE_GLOBAL : UDPNAT_SCOPE_PRIVATE);
      g_assert_cmpint (udpnat_address_get_scope (&addresses[1]), ==, UDPNAT_SCOPE_GLOBAL);
    }
}

static void
test_no_route (void)
{
  UdpnatAddress nobody = { .family = UDPNAT_FAMILY_IPV4, .ip = { 192, 168, 1, 1 }, .port = 5 };
  UdpnatAddress nobody6 = { .family = UDPNAT_FAMILY_IPV6, .ip = { 0xfd }, .port = 5 };
  Pair pair;

  pair_init (&pair, 1);
  sim_host_add_address (pair.hosts[0], NULL);
  sim_probe_send (pair.probes[0], &nobody, 1, 100);
  sim_probe_send (pair.probes[0], &nobody6, 1, 100);
  sim_world_run_for (pair.world, UDPNAT_SEC (1));
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_ROUTE), ==, 2);
  pair_clear (&pair);
}

/* ---- Observation ---- */

typedef struct
{
  guint    n[3];
  SimDrop  last_drop;
  SimHost *last_host;
  gsize    n_sent_bytes;
  guint8   forbidden; /* type of datagrams to remove */
} Tap;

static gboolean
tap_cb (const SimTapInfo *info,
        gpointer          user_data)
{
  Tap *tap = user_data;

  tap->n[info->kind]++;
  tap->last_host = info->host;
  if (info->kind == SIM_TAP_SENT)
    tap->n_sent_bytes += info->n_data;
  if (info->kind == SIM_TAP_DROPPED)
    tap->last_drop = info->drop;

  return info->kind != SIM_TAP_SENT || info->data[0] != tap->forbidden;
}

static void
test_tap (void)
{
  Tap tap = { .forbidden = 0x05 };
  UdpnatAddress nobody = { .family = UDPNAT_FAMILY_IPV4, .ip = { 1, 2, 3, 4 }, .port = 5 };
  Pair pair;

  pair_init (&pair, 1);
  sim_world_add_tap (pair.world, tap_cb, &tap);
  pair_send (&pair, 0x04000000);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (tap.n[SIM_TAP_SENT], ==, 1);
  g_assert_cmpuint (tap.n[SIM_TAP_DELIVERED], ==, 1);
  g_assert_cmpuint (tap.n[SIM_TAP_DROPPED], ==, 0);
  g_assert_true (tap.last_host == pair.hosts[1]);

  pair_send (&pair, 0x05000000);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (tap.n[SIM_TAP_DROPPED], ==, 1);
  g_assert_cmpint (tap.last_drop, ==, SIM_DROP_TAP);
  g_assert_true (tap.last_host == pair.hosts[0]);

  sim_probe_send (pair.probes[0], &nobody, 0x04000000, 50);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpint (tap.last_drop, ==, SIM_DROP_NO_ROUTE);
  g_assert_cmpuint (tap.n_sent_bytes, ==, 250);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  pair_clear (&pair);
}

static void
test_stats (void)
{
  const SimStats *stats;
  Pair pair;

  pair_init (&pair, 1);
  pair_send (&pair, 1);
  sim_probe_send (pair.probes[1], &pair.addresses[0], 1, 60);
  sim_world_run_for (pair.world, 0);
  stats = sim_host_get_stats (pair.hosts[0]);
  g_assert_cmpuint (stats->sent, ==, 1);
  g_assert_cmpuint (stats->sent_bytes, ==, 100);
  g_assert_cmpuint (stats->delivered, ==, 1);
  g_assert_cmpuint (stats->delivered_bytes, ==, 60);
  stats = sim_world_get_stats (pair.world);
  g_assert_cmpuint (stats->sent, ==, 2);
  g_assert_cmpuint (stats->delivered_bytes, ==, 160);
  pair_clear (&pair);
}

static void
test_inject (void)
{
  UdpnatAddress forged = { .family = UDPNAT_FAMILY_IPV4, .ip = { 66, 66, 66, 66 }, .port = 666 };
  guint8 data[5] = { 0, 0, 0, 9, 9 };
  Pair pair;

  pair_init (&pair, 1);
  sim_world_inject (pair.world, &forged, &pair.addresses[1], data, sizeof data);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_count (pair.probes[1]), ==, 1);
  g_assert_cmpuint (sim_probe_get_last (pair.probes[1])->number, ==, 9);
  g_assert_true (udpnat_address_equal (&sim_probe_get_last (pair.probes[1])->from, &forged));

  /* Also without payload, and to nobody. */
  sim_world_inject (pair.world, &forged, &pair.addresses[1], NULL, 0);
  sim_world_inject (pair.world, &pair.addresses[1], &forged, data, sizeof data);
  sim_world_run_for (pair.world, 0);
  g_assert_cmpuint (sim_probe_get_last (pair.probes[1])->n_data, ==, 0);
  g_assert_cmpuint (pair_get_drops (&pair, SIM_DROP_NO_ROUTE), ==, 1);
  pair_clear (&pair);
}

static void
test_log (void)
{
  FILE *log = tmpfile ();
  char text[1024];
  gsize n_text;
  Pair pair;

  pair_init (&pair, 1);
  sim_host_set_address (pair.hosts[0], "8.0.0.1");
  sim_host_set_address (pair.hosts[1], "8.0.0.2");
  pair.addresses[1] = sim_host_get_address (pair.hosts[1], UDPNAT_FAMILY_IPV4);
  sim_world_set_log (pair.world, log);
  sim_world_run_for (pair.world, 1500000);
  pair_send (&pair, 0x05000000);
  sim_world_run_for (pair.world, 1);
  sim_host_detach (pair.hosts[1]);
  pair_send (&pair, 0x80000000);
  sim_world_run_for (pair.world, 0);
  rewind (log);
  n_text = fread (text, 1, sizeof text - 1, log);
  text[n_text] = '\0';
  g_assert_cmpstr (text, ==,
                   "    1.500000 alice        -> HS2         100 8.0.0.1:8900 > 8.0.0.2:8900\n"
                   "    1.500000 bob          <- HS2         100 8.0.0.1:8900 > 8.0.0.2:8900\n"
                   "    1.500001 alice        -> ?           100 8.0.0.1:8900 > 8.0.0.2:8900\n"
                   "    1.500001 alice        x  ?           100 8.0.0.1:8900 > 8.0.0.2:8900"
                   ": no listener\n");
  fclose (log);
  pair_clear (&pair);
}

static void
test_drop_texts (void)
{
  for (guint i = 0; i < SIM_N_DROPS; i++)
    g_assert_nonnull (sim_drop_to_string (i));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-net/time/delay-is-exact", test_delay);
  g_test_add_func ("/sim-net/time/defaults", test_defaults);
  g_test_add_func ("/sim-net/time/burst-keeps-its-order", test_burst_keeps_order);
  g_test_add_func ("/sim-net/time/deadline-is-met-exactly", test_deadline);
  g_test_add_func ("/sim-net/time/run-until-true", test_run_until_true);
  g_test_add_func ("/sim-net/time/standing-still-is-noticed", test_stand_still);
  g_test_add_func ("/sim-net/link/loss-duplicate-reorder-rates", test_rates);
  g_test_add_func ("/sim-net/link/rate-and-queue", test_rate_and_queue);
  g_test_add_func ("/sim-net/link/mtu", test_mtu);
  g_test_add_func ("/sim-net/link/blocked-one-way", test_blocked_one_way);
  g_test_add_func ("/sim-net/link/change-leaves-those-in-flight", test_change_in_flight);
  g_test_add_func ("/sim-net/link/line-of-a-nat", test_nat_line);
  g_test_add_func ("/sim-net/ttl/counts-core-and-nats", test_ttl);
  g_test_add_func ("/sim-net/determinism/seed-decides", test_determinism);
  g_test_add_func ("/sim-net/determinism/hash-can-be-read-any-time", test_trace_is_running);
  g_test_add_func ("/sim-net/determinism/hash-covers-all", test_trace_covers_all);
  g_test_add_func ("/sim-net/determinism/sources-by-label", test_fork_random);
  g_test_add_func ("/sim-net/host/sleep-jumps", test_sleep);
  g_test_add_func ("/sim-net/host/detach-kills", test_detach);
  g_test_add_data_func ("/sim-net/host/events-before-outputs", GINT_TO_POINTER (FALSE),
                        test_events_cb);
  g_test_add_data_func ("/sim-net/host/killed-by-its-own-event", GINT_TO_POINTER (TRUE),
                        test_events_cb);
  g_test_add_func ("/sim-net/host/two-ports", test_ports);
  g_test_add_func ("/sim-net/host/further-sockets", test_further_sockets);
  g_test_add_func ("/sim-net/host/second-address", test_alt_ip);
  g_test_add_func ("/sim-net/host/several-addresses", test_addresses);
  g_test_add_func ("/sim-net/host/new-address", test_set_address);
  g_test_add_func ("/sim-net/host/new-network", test_move);
  g_test_add_func ("/sim-net/cut/one-direction-only", test_cut);
  g_test_add_func ("/sim-net/host/assigned-addresses-are-usable", test_assigned_scopes);
  g_test_add_func ("/sim-net/route/nobody-there", test_no_route);
  g_test_add_func ("/sim-net/tap/sees-and-removes", test_tap);
  g_test_add_func ("/sim-net/stats/counted", test_stats);
  g_test_add_func ("/sim-net/inject/forged-source", test_inject);
  g_test_add_func ("/sim-net/log/one-line-each", test_log);
  g_test_add_func ("/sim-net/drop/every-reason-has-a-text", test_drop_texts);

  return g_test_run ();
}
