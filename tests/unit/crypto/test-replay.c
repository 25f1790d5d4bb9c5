#include "config.h"

#include "udpnat-replay.h"

/* The window against a table of cases at its edges, as WireGuard's self-test has it, and against a
 * twin that simply remembers every number. */

#define W UDPNAT_REPLAY_WINDOW_PACKETS

typedef struct
{
  guint64  number;
  gboolean fresh;
} Case;

static void
check_cases (const Case *cases,
             guint       n_cases)
{
  UdpnatReplay replay;

  udpnat_replay_init (&replay);
  for (guint i = 0; i < n_cases; i++)
    {
      g_test_message ("case %u: %" G_GUINT64_FORMAT, i, cases[i].number);
      g_assert_cmpint (udpnat_replay_check (&replay, cases[i].number), ==, cases[i].fresh);
      udpnat_replay_mark (&replay, cases[i].number);
    }
}

static void
test_edges (void)
{
  static const Case cases[] = {
    { 0, TRUE }, { 0, FALSE }, { 1, TRUE }, { 1, FALSE }, { 9, TRUE }, { 8, TRUE }, { 7, TRUE },
    { 7, FALSE }, { W, TRUE }, { W - 1, TRUE }, { W - 1, FALSE }, { W - 2, TRUE },
    /* W is the largest: 1 is the oldest in the window. */
    { 2, TRUE }, { 2, FALSE }, { 1, FALSE }, { 0, FALSE },
    { W + 16, TRUE }, { 3, FALSE }, { 16, FALSE }, { 17, TRUE }, { 17, FALSE }, { W + 16, FALSE },
    { 4 * W, TRUE }, { 4 * W - (W - 1), TRUE }, { 10, FALSE }, { 4 * W - W, FALSE },
    { 4 * W - (W + 1), FALSE }, { 4 * W - (W - 2), TRUE }, { 4 * W + 1 - W, FALSE },
    { 0, FALSE }, { G_MAXUINT64, FALSE }, { G_MAXUINT64 - 1, TRUE }, { G_MAXUINT64 - 1, FALSE },
    { G_MAXUINT64, FALSE }, { G_MAXUINT64 - 2, TRUE }, { G_MAXUINT64 - W, TRUE },
    { G_MAXUINT64 - W, FALSE }, { G_MAXUINT64 - W - 1, FALSE }, { 0, FALSE },
  };

  check_cases (cases, G_N_ELEMENTS (cases));
}

static void
test_upwards_then_all_old (void)
{
  UdpnatReplay replay;

  udpnat_replay_init (&replay);
  for (guint64 n = 0; n < 3 * W; n++)
    {
      g_assert_true (udpnat_replay_check (&replay, n));
      udpnat_replay_mark (&replay, n);
    }
  for (guint64 n = 0; n < 3 * W; n++)
    g_assert_false (udpnat_replay_check (&replay, n));
}

static void
test_downwards_window_only (void)
{
  UdpnatReplay replay;

  udpnat_replay_init (&replay);
  for (guint64 n = 2 * W + 1; n-- > 0;)
    {
      gboolean in_window = n > W;

      g_assert_cmpint (udpnat_replay_check (&replay, n), ==, in_window);
      if (in_window)
        udpnat_replay_mark (&replay, n);
    }
}

/* A jump must forget exactly what was skipped, whatever stood in the ring. */
static void
test_jumps (void)
{
  for (guint64 jump = 1; jump <= W + 2; jump++)
    {
      UdpnatReplay replay;

      udpnat_replay_init (&replay);
      for (guint64 n = 0; n < W; n++)
        udpnat_replay_mark (&replay, n);
      udpnat_replay_mark (&replay, W - 1 + jump);

      for (guint64 n = 0; n < W; n++)
        g_assert_false (udpnat_replay_check (&replay, n));
      for (guint64 n = W; n < W - 1 + jump; n++)
        g_assert_cmpint (udpnat_replay_check (&replay, n), ==, n >= jump);
      g_assert_false (udpnat_replay_check (&replay, W - 1 + jump));
      g_assert_true (udpnat_replay_check (&replay, W + jump));
    }
}

static void
test_check_changes_nothing (void)
{
  UdpnatReplay replay;

  udpnat_replay_init (&replay);
  g_assert_true (udpnat_replay_check (&replay, G_MAXUINT64 - 1));
  g_assert_true (udpnat_replay_check (&replay, 5));
  g_assert_true (udpnat_replay_check (&replay, 5));
  g_assert_cmpuint (replay.next, ==, 0);
}

/* Marking what was not fresh must not damage the window. */
static void
test_mark_stale (void)
{
  UdpnatReplay replay;

  udpnat_replay_init (&replay);
  udpnat_replay_mark (&replay, 5 * W);
  udpnat_replay_mark (&replay, 3);
  udpnat_replay_mark (&replay, G_MAXUINT64);
  g_assert_cmpuint (replay.next, ==, 5 * W + 1);
  g_assert_true (udpnat_replay_check (&replay, 4 * W + 3));
}

/* ---- The twin ---- */

typedef struct
{
  GHashTable *seen;
  guint64     largest;
  gboolean    any;
} Twin;

static gboolean
twin_check (const Twin *twin,
            guint64     number)
{
  if (number == G_MAXUINT64)
    return FALSE;
  if (twin->any && number < twin->largest && twin->largest - number >= W)
    return FALSE;

  return !g_hash_table_contains (twin->seen, &number);
}

static void
twin_mark (Twin   *twin,
           guint64 number)
{
  if (!twin_check (twin, number))
    return;

  g_hash_table_add (twin->seen, g_memdup2 (&number, sizeof number));
  twin->largest = twin->any ? MAX (twin->largest, number) : number;
  twin->any = TRUE;
}

static guint64
get_random_number (GRand      *rand,
                   const Twin *twin)
{
  guint64 reach = (guint64) g_rand_int_range (rand, 0, W + 64);

  switch (g_rand_int_range (rand, 0, 20))
    {
    case 0: /* a far jump */
      return twin->largest + (guint64) g_rand_int_range (rand, 0, 5 * W);
    case 1: /* an edge */
      return MAX (twin->largest, W + 2) - (guint64) g_rand_int_range (rand, W - 2, W + 3);
    case 2: /* anything */
      return (guint64) g_rand_int_range (rand, 0, 100000);
    default:
      if (g_rand_boolean (rand))
        return twin->largest + reach % 8;
      return MAX (twin->largest, reach) - reach;
    }
}

static void
test_twin (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint n_fresh = 0, n_old = 0;

  for (guint run = 0; run < 20; run++)
    {
      Twin twin = { g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL) };
      UdpnatReplay replay;

      udpnat_replay_init (&replay);
      if (run % 4 == 3) /* near the end of all numbers */
        {
          udpnat_replay_mark (&replay, G_MAXUINT64 - 40000);
          twin_mark (&twin, G_MAXUINT64 - 40000);
        }

      for (guint i = 0; i < 10000; i++)
        {
          guint64 number = get_random_number (rand, &twin);
          gboolean fresh = twin_check (&twin, number);

          g_assert_cmpint (udpnat_replay_check (&replay, number), ==, fresh);
          if (fresh)
            n_fresh++;
          else
            n_old++;
          /* Some packets are checked, but turn out to be forged. */
          if (g_rand_int_range (rand, 0, 4) == 0)
            continue;
          udpnat_replay_mark (&replay, number);
          twin_mark (&twin, number);
        }
      g_hash_table_unref (twin.seen);
    }
  g_assert_cmpuint (n_fresh, >, 40000);
  g_assert_cmpuint (n_old, >, 40000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-replay/window/edges", test_edges);
  g_test_add_func ("/crypto-replay/window/upwards-then-all-old", test_upwards_then_all_old);
  g_test_add_func ("/crypto-replay/window/downwards-window-only", test_downwards_window_only);
  g_test_add_func ("/crypto-replay/window/jumps-of-every-width", test_jumps);
  g_test_add_func ("/crypto-replay/check/changes-nothing", test_check_changes_nothing);
  g_test_add_func ("/crypto-replay/mark/stale-number-harmless", test_mark_stale);
  g_test_add_func ("/crypto-replay/random/same-as-a-set", test_twin);

  return g_test_run ();
}
