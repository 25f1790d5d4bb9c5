#include "config.h"

#include "udpnat-range-set.h"

/* Sets of stream bytes: against a plain bit for each byte, and the borders by hand. */

#define N_BYTES 200

static char *
dump (const UdpnatRangeSet *set)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < set->n_ranges; i++)
    g_string_append_printf (text, "%s%d-%d", i > 0 ? " " : "", (int) set->ranges[i].start,
                            (int) set->ranges[i].end);
  return g_string_free (text, FALSE);
}

static void
assert_dump (const UdpnatRangeSet *set,
             const char           *expected)
{
  g_autofree char *text = dump (set);

  g_assert_cmpstr (text, ==, expected);
}

static void
add_merges_what_touches (void)
{
  UdpnatRangeSet set = { 0 };

  udpnat_range_set_add (&set, 10, 20);
  udpnat_range_set_add (&set, 30, 40);
  assert_dump (&set, "10-20 30-40");
  udpnat_range_set_add (&set, 21, 29);
  assert_dump (&set, "10-20 21-29 30-40");
  udpnat_range_set_add (&set, 20, 21);
  assert_dump (&set, "10-29 30-40");
  udpnat_range_set_add (&set, 29, 30);
  assert_dump (&set, "10-40");
  udpnat_range_set_add (&set, 5, 5);
  assert_dump (&set, "10-40");
  udpnat_range_set_clear (&set);
  assert_dump (&set, "");
}

static void
remove_splits (void)
{
  UdpnatRangeSet set = { 0 };

  udpnat_range_set_add (&set, 10, 40);
  udpnat_range_set_remove (&set, 40, 50);
  udpnat_range_set_remove (&set, 0, 10);
  assert_dump (&set, "10-40");
  udpnat_range_set_remove (&set, 20, 30);
  assert_dump (&set, "10-20 30-40");
  udpnat_range_set_remove (&set, 19, 31);
  assert_dump (&set, "10-19 31-40");
  udpnat_range_set_remove (&set, 0, 100);
  assert_dump (&set, "");
  udpnat_range_set_clear (&set);
}

static void
gaps_are_found (void)
{
  UdpnatRangeSet set = { 0 };
  UdpnatRange    gap;

  udpnat_range_set_add (&set, 10, 20);
  g_assert_true (udpnat_range_set_find_gap (&set, 0, 30, &gap));
  g_assert_cmpuint (gap.start, ==, 0);
  g_assert_cmpuint (gap.end, ==, 10);
  g_assert_false (udpnat_range_set_find_gap (&set, 10, 20, &gap));
  g_assert_true (udpnat_range_set_find_gap (&set, 10, 21, &gap));
  g_assert_cmpuint (gap.start, ==, 20);
  g_assert_cmpuint (gap.end, ==, 21);
  g_assert_false (udpnat_range_set_find_gap (&set, 5, 5, &gap));
  g_assert_cmpuint (udpnat_range_set_count_touching (&set, 0, 9), ==, 0);
  g_assert_cmpuint (udpnat_range_set_count_touching (&set, 0, 10), ==, 1);
  g_assert_cmpuint (udpnat_range_set_count_touching (&set, 20, 25), ==, 1);
  g_assert_cmpuint (udpnat_range_set_count_touching (&set, 21, 25), ==, 0);
  udpnat_range_set_clear (&set);
}

static void
assert_equals_bits (const UdpnatRangeSet *set,
                    const gboolean       *bits)
{
  guint    n_ranges = 0;
  gboolean before = FALSE;

  for (guint i = 0; i < N_BYTES; i++)
    {
      UdpnatRange gap;

      if (bits[i] && !before)
        n_ranges++;
      before = bits[i];
      g_assert_cmpint (udpnat_range_set_find_gap (set, i, i + 1, &gap), ==, !bits[i]);
    }
  g_assert_cmpuint (set->n_ranges, ==, n_ranges);
}

static void
equals_a_plain_set (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint round = 0; round < 50; round++)
    {
      UdpnatRangeSet set = { 0 };
      gboolean       bits[N_BYTES] = { FALSE };

      for (guint step = 0; step < 100; step++)
        {
          guint    start = g_rand_int_range (rand, 0, N_BYTES);
          guint    end = g_rand_int_range (rand, start, MIN (N_BYTES, start + 20) + 1);
          gboolean is_add = g_rand_int_range (rand, 0, 3) > 0;

          for (guint i = start; i < end; i++)
            bits[i] = is_add;
          if (is_add)
            udpnat_range_set_add (&set, start, end);
          else
            udpnat_range_set_remove (&set, start, end);
          assert_equals_bits (&set, bits);
        }
      udpnat_range_set_clear (&set);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-range-set/add/merges-what-touches", add_merges_what_touches);
  g_test_add_func ("/transport-range-set/remove/splits", remove_splits);
  g_test_add_func ("/transport-range-set/find-gap/borders", gaps_are_found);
  g_test_add_func ("/transport-range-set/random/equals-a-plain-set", equals_a_plain_set);
  return g_test_run ();
}
