#include "config.h"

#include "sim-link.h"
#include "sim-queue.h"
#include "sim-random.h"

/* The simulator's parts alone: chance, the queue of packets, links. */

/* ---- Random ---- */

static void
test_splitmix_known_answer (void)
{
  /* Published with many implementations of the reference code by Vigna, seed 1234567. */
  static const guint64 expected[] = {
    G_GUINT64_CONSTANT (6457827717110365317),  G_GUINT64_CONSTANT (3203168211198807973),
    G_GUINT64_CONSTANT (9817491932198370423),  G_GUINT64_CONSTANT (4593380528125082431),
    G_GUINT64_CONSTANT (16408922859458223821),
  };
  guint64 state = 1234567;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (sim_splitmix64 (&state), ==, expected[i]);
}

static void
test_xoshiro_known_answer (void)
{
  /* Test vector of rand_xoshiro, from the reference code with this state. */
  static const guint64 state[] = { 1, 2, 3, 4 };
  static const guint64 expected[] = {
    11520,
    0,
    1509978240,
    G_GUINT64_CONSTANT (1215971899390074240),
    G_GUINT64_CONSTANT (1216172134540287360),
    G_GUINT64_CONSTANT (607988272756665600),
    G_GUINT64_CONSTANT (16172922978634559625),
    G_GUINT64_CONSTANT (8476171486693032832),
  };
  g_autoptr (SimRandom) random = sim_random_new_from_state (state);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (sim_random_u64 (random), ==, expected[i]);
}

static void
test_random_fork (void)
{
  g_autoptr (SimRandom) parent = sim_random_new (7);
  g_autoptr (SimRandom) early = sim_random_fork (parent, "alice");
  g_autoptr (SimRandom) other = sim_random_fork (parent, "alicf");
  g_autoptr (SimRandom) late = NULL;
  g_autoptr (SimRandom) other_seed = sim_random_new (8);
  g_autoptr (SimRandom) other_seed_fork = sim_random_fork (other_seed, "alice");
  guint64 first;

  sim_random_u64 (parent);
  late = sim_random_fork (parent, "alice");
  first = sim_random_u64 (early);
  g_assert_cmpuint (first, ==, sim_random_u64 (late));
  g_assert_cmpuint (first, !=, sim_random_u64 (other));
  g_assert_cmpuint (first, !=, sim_random_u64 (other_seed_fork));
}

static void
test_random_below (void)
{
  g_autoptr (SimRandom) random = sim_random_new (1);
  guint hits[5] = { 0 };

  for (guint i = 0; i < 50000; i++)
    {
      guint64 value = sim_random_below (random, 5);

      g_assert_cmpuint (value, <, 5);
      hits[value]++;
    }
  /* 10,000 expected, standard deviation 89. */
  for (guint i = 0; i < 5; i++)
    {
      g_assert_cmpuint (hits[i], >, 9600);
      g_assert_cmpuint (hits[i], <, 10400);
    }
  g_assert_cmpuint (sim_random_below (random, 1), ==, 0);
}

static void
test_random_chance (void)
{
  g_autoptr (SimRandom) random = sim_random_new (2);
  g_autoptr (SimRandom) same = sim_random_new (2);

  for (guint i = 0; i < 100; i++)
    {
      g_assert_false (sim_random_chance (random, 0));
      g_assert_true (sim_random_chance (random, 1));
    }
  /* Nothing was drawn for what is certain. */
  g_assert_cmpuint (sim_random_u64 (random), ==, sim_random_u64 (same));
}

static void
test_random_source (void)
{
  g_autoptr (SimRandom) random = sim_random_new (3);
  g_autoptr (SimRandom) same = sim_random_new (3);
  UdpnatRandom source = sim_random_as_source (random);
  guint8 bytes[11];
  guint64 words[2] = { sim_random_u64 (same), sim_random_u64 (same) };

  source.fill (source.user_data, bytes, sizeof bytes);
  for (guint i = 0; i < sizeof bytes; i++)
    g_assert_cmpuint (bytes[i], ==, (guint8) (words[i / 8] >> (8 * (i % 8))));
}

/* ---- Queue ---- */

static void
test_queue_order (void)
{
  enum
  {
    N = 5000
  };
  static gint64 times[N];
  g_autoptr (SimQueue) queue = sim_queue_new ();
  g_autoptr (SimRandom) random = sim_random_new (4);
  gint64 last_time = -1;
  guint last_index = 0;

  g_assert_null (sim_queue_pop (queue));
  g_assert_cmpint (sim_queue_peek_time (queue), ==, UDPNAT_TIME_NEVER);
  for (guint i = 0; i < N; i++)
    {
      times[i] = (gint64) sim_random_below (random, 300); /* many ties */
      sim_queue_push (queue, times[i], &times[i]);
    }
  for (guint i = 0; i < N; i++)
    {
      gint64 peeked = sim_queue_peek_time (queue);
      gint64 *item = sim_queue_pop (queue);
      guint index = (guint) (item - times);

      g_assert_cmpint (*item, ==, peeked);
      g_assert_cmpint (*item, >=, last_time);
      if (*item == last_time)
        g_assert_cmpuint (index, >, last_index);
      last_time = *item;
      last_index = index;
    }
  g_assert_null (sim_queue_pop (queue));
}

static void
test_queue_interleaved (void)
{
  g_autoptr (SimQueue) queue = sim_queue_new ();
  g_autoptr (SimRandom) random = sim_random_new (5);
  gint64 now = 0;
  guint n_in = 0;
  guint n_out = 0;

  for (guint i = 0; i < 20000; i++)
    {
      if (n_in == n_out || sim_random_chance (random, 0.51))
        {
          sim_queue_push (queue, now + (gint64) sim_random_below (random, 100),
                          GUINT_TO_POINTER (i + 1));
          n_in++;
        }
      else
        {
          g_assert_cmpint (sim_queue_peek_time (queue), >=, now);
          now = sim_queue_peek_time (queue);
          g_assert_nonnull (sim_queue_pop (queue));
          n_out++;
        }
    }
  for (; n_out < n_in; n_out++)
    g_assert_nonnull (sim_queue_pop (queue));
  g_assert_null (sim_queue_pop (queue));
}

/* ---- Links ---- */

static void
init_link (SimLink             *link,
           const SimLinkConfig *config)
{
  sim_link_init (link, config, sim_random_new (6));
}

static SimLinkFate
transmit (SimLink *link,
          gint64   now_us,
          gsize    n_bytes,
          gint64  *out_arrival_us)
{
  gint64 arrivals_us[SIM_LINK_MAX_ARRIVALS] = { -1, -1 };
  guint n_arrivals = 0;
  SimLinkFate fate = sim_link_transmit (link, now_us, n_bytes, arrivals_us, &n_arrivals);

  g_assert_cmpuint (n_arrivals, ==, fate == SIM_LINK_FATE_PASSED ? 1 : 0);
  *out_arrival_us = arrivals_us[0];

  return fate;
}

static void
test_link_delay (void)
{
  SimLink link;
  SimLinkConfig config = sim_link_config_with_delay (12345);
  gint64 arrival;

  init_link (&link, &config);
  g_assert_cmpint (transmit (&link, 1000, 1200, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (arrival, ==, 13345);
  config.delay_us = 0;
  sim_link_set_config (&link, &config);
  g_assert_cmpint (transmit (&link, 1000, 1200, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (arrival, ==, 1000);
  sim_link_clear (&link);
}

static void
test_link_blocked (void)
{
  SimLink link;
  SimLinkConfig config = { .blocked = TRUE };
  gint64 arrival;

  init_link (&link, &config);
  g_assert_cmpint (transmit (&link, 0, 1, &arrival), ==, SIM_LINK_FATE_BLOCKED);
  config.blocked = FALSE;
  sim_link_set_config (&link, &config);
  g_assert_cmpint (transmit (&link, 0, 1, &arrival), ==, SIM_LINK_FATE_PASSED);
  sim_link_clear (&link);
}

static void
test_link_mtu (void)
{
  SimLink link;
  SimLinkConfig config = { .mtu_bytes = 1228 };
  gint64 arrival;

  init_link (&link, &config);
  g_assert_cmpint (transmit (&link, 0, 1228, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (transmit (&link, 0, 1229, &arrival), ==, SIM_LINK_FATE_TOO_LARGE);
  sim_link_clear (&link);
}

static void
test_link_jitter (void)
{
  SimLink link;
  SimLinkConfig config = { .delay_us = 1000, .jitter_us = 500 };
  gint64 last = 0;
  gint64 low = G_MAXINT64;
  gint64 high = 0;

  init_link (&link, &config);
  for (gint64 now = 0; now < 100000; now += 100)
    {
      gint64 arrival;

      g_assert_cmpint (transmit (&link, now, 100, &arrival), ==, SIM_LINK_FATE_PASSED);
      g_assert_cmpint (arrival, >=, last);
      g_assert_cmpint (arrival, >=, now + 1000);
      g_assert_cmpint (arrival, <=, now + 1500);
      last = arrival;
      low = MIN (low, arrival - now);
      high = MAX (high, arrival - now);
    }
  g_assert_cmpint (low, <, 1250);
  g_assert_cmpint (high, >, 1400);
  sim_link_clear (&link);
}

static guint
count_fates (const SimLinkConfig *config,
             SimLinkFate          fate,
             guint                n_packets,
             guint               *out_n_runs)
{
  SimLink link;
  guint n = 0;
  gboolean was = FALSE;

  init_link (&link, config);
  *out_n_runs = 0;
  for (guint i = 0; i < n_packets; i++)
    {
      gint64 arrival;
      gboolean is = transmit (&link, i, 100, &arrival) == fate;

      n += is ? 1 : 0;
      *out_n_runs += is && !was ? 1 : 0;
      was = is;
    }
  sim_link_clear (&link);

  return n;
}

static void
test_link_loss (void)
{
  SimLinkConfig config = { .loss = 0.1 };
  guint n_runs;
  guint n_lost = count_fates (&config, SIM_LINK_FATE_LOST, 50000, &n_runs);

  /* 5,000 expected, standard deviation 67. */
  g_assert_cmpuint (n_lost, >, 4700);
  g_assert_cmpuint (n_lost, <, 5300);
  /* Independent: mean run 1 / 0.9. */
  g_assert_cmpfloat ((double) n_lost / n_runs, <, 1.15);
}

static void
test_link_burst_loss (void)
{
  SimLinkConfig config = { .burst_enter = 0.01, .burst_leave = 0.19, .burst_loss = 1 };
  guint n_runs;
  guint n_lost = count_fates (&config, SIM_LINK_FATE_LOST, 100000, &n_runs);

  /* Share of bad spells 0.01 / 0.2, mean length 1 / 0.19. */
  g_assert_cmpfloat_with_epsilon (n_lost / 100000.0, 0.05, 0.006);
  g_assert_cmpfloat_with_epsilon ((double) n_lost / n_runs, 1 / 0.19, 0.5);
}

static void
test_link_duplicate (void)
{
  SimLink link;
  SimLinkConfig config = { .delay_us = 10, .duplicate = 0.2 };
  guint n_copies = 0;

  init_link (&link, &config);
  for (guint i = 0; i < 20000; i++)
    {
      gint64 arrivals_us[SIM_LINK_MAX_ARRIVALS];
      guint n;

      g_assert_cmpint (sim_link_transmit (&link, i, 100, arrivals_us, &n), ==,
                       SIM_LINK_FATE_PASSED);
      g_assert_cmpint (arrivals_us[0], ==, i + 10);
      if (n == 2)
        g_assert_cmpint (arrivals_us[1], ==, i + 10);
      n_copies += n - 1;
    }
  /* 4,000 expected, standard deviation 57. */
  g_assert_cmpuint (n_copies, >, 3750);
  g_assert_cmpuint (n_copies, <, 4250);
  sim_link_clear (&link);
}

static void
test_link_reorder (void)
{
  SimLink link;
  SimLinkConfig config = { .delay_us = 10, .reorder = 0.1, .reorder_us = 1000 };
  guint n_late = 0;

  init_link (&link, &config);
  for (guint i = 0; i < 20000; i++)
    {
      gint64 arrival;

      g_assert_cmpint (transmit (&link, i, 100, &arrival), ==, SIM_LINK_FATE_PASSED);
      g_assert_true (arrival == i + 10 || arrival == i + 1010);
      n_late += arrival == i + 1010 ? 1 : 0;
    }
  /* 2,000 expected, standard deviation 42. */
  g_assert_cmpuint (n_late, >, 1800);
  g_assert_cmpuint (n_late, <, 2200);
  sim_link_clear (&link);
}

static void
test_link_rate (void)
{
  SimLink link;
  SimLinkConfig config = { .delay_us = 50, .rate_bytes_per_second = 1000000 };
  gint64 arrival;

  init_link (&link, &config);
  /* 1,000 bytes need 1 ms; those that come together wait for each other. */
  for (gint64 i = 1; i <= 100; i++)
    {
      g_assert_cmpint (transmit (&link, 0, 1000, &arrival), ==, SIM_LINK_FATE_PASSED);
      g_assert_cmpint (arrival, ==, i * 1000 + 50);
    }
  /* An idle line takes the next one at once. */
  g_assert_cmpint (transmit (&link, 200000, 1000, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (arrival, ==, 201050);
  sim_link_clear (&link);
}

static void
test_link_rate_is_exact (void)
{
  SimLink link;
  SimLinkConfig config = { .rate_bytes_per_second = 7000000 };
  gint64 arrival = 0;

  init_link (&link, &config);
  /* 1 byte needs a seventh of a microsecond: what is rounded must not add up. */
  for (guint i = 0; i < 700000; i++)
    g_assert_cmpint (transmit (&link, 0, 1, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (arrival, >=, 100000);
  g_assert_cmpint (arrival, <=, 100800);
  sim_link_clear (&link);
}

static void
test_link_queue (void)
{
  SimLink link;
  SimLinkConfig config = { .rate_bytes_per_second = 1000000, .queue_bytes = 3000 };
  gint64 arrival;

  init_link (&link, &config);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (transmit (&link, 0, 1000, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (transmit (&link, 0, 1000, &arrival), ==, SIM_LINK_FATE_QUEUE_FULL);
  /* Just too early, then in time: 1,000 of the 3,000 bytes have left after 1 ms. */
  g_assert_cmpint (transmit (&link, 999, 1000, &arrival), ==, SIM_LINK_FATE_QUEUE_FULL);
  g_assert_cmpint (transmit (&link, 1000, 1000, &arrival), ==, SIM_LINK_FATE_PASSED);
  g_assert_cmpint (arrival, ==, 4000);
  sim_link_clear (&link);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-random/splitmix64/known-answer", test_splitmix_known_answer);
  g_test_add_func ("/sim-random/xoshiro/known-answer", test_xoshiro_known_answer);
  g_test_add_func ("/sim-random/fork/depends-on-seed-and-label-only", test_random_fork);
  g_test_add_func ("/sim-random/below/even-and-in-range", test_random_below);
  g_test_add_func ("/sim-random/chance/certain-cases-draw-nothing", test_random_chance);
  g_test_add_func ("/sim-random/source/little-endian-words", test_random_source);
  g_test_add_func ("/sim-queue/order/by-time-then-entry", test_queue_order);
  g_test_add_func ("/sim-queue/order/kept-while-pushing-and-popping", test_queue_interleaved);
  g_test_add_func ("/sim-link/delay/exact", test_link_delay);
  g_test_add_func ("/sim-link/blocked/nothing-passes", test_link_blocked);
  g_test_add_func ("/sim-link/mtu/one-byte-too-large-vanishes", test_link_mtu);
  g_test_add_func ("/sim-link/jitter/within-bounds-and-in-order", test_link_jitter);
  g_test_add_func ("/sim-link/loss/rate-and-independence", test_link_loss);
  g_test_add_func ("/sim-link/burst-loss/rate-and-length", test_link_burst_loss);
  g_test_add_func ("/sim-link/duplicate/rate", test_link_duplicate);
  g_test_add_func ("/sim-link/reorder/rate", test_link_reorder);
  g_test_add_func ("/sim-link/rate/serialises", test_link_rate);
  g_test_add_func ("/sim-link/rate/rounding-does-not-add-up", test_link_rate_is_exact);
  g_test_add_func ("/sim-link/queue/drops-when-full", test_link_queue);

  return g_test_run ();
}
