#include "config.h"

#include "udpnat-random.h"

#include <string.h>

/* Numbers from random bytes: range, fairness, the same numbers from the same bytes everywhere. */

typedef struct
{
  const guint8 *bytes;
  gsize         n_bytes;
  gsize         n_used;
} Script;

static void
fill_from_script (gpointer user_data,
                  guint8  *out,
                  gsize    n_out)
{
  Script *script = user_data;

  g_assert_cmpuint (script->n_used + n_out, <=, script->n_bytes);
  memcpy (out, script->bytes + script->n_used, n_out);
  script->n_used += n_out;
}

static void
fill_from_grand (gpointer user_data,
                 guint8  *out,
                 gsize    n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) (g_rand_int (user_data) >> 24);
}

static const guint8 rising[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static void
test_numbers_fixed_byte_order (void)
{
  Script script = { rising, sizeof rising, 0 };
  UdpnatRandom random = { fill_from_script, &script };

  g_assert_cmphex (udpnat_random_u32 (&random), ==, 0x04030201);
  g_assert_cmphex (udpnat_random_u64 (&random), ==, G_GUINT64_CONSTANT (0x0c0b0a0908070605));
}

static void
test_fill_nothing (void)
{
  Script script = { rising, 0, 0 };
  UdpnatRandom random = { fill_from_script, &script };

  udpnat_random_fill (&random, NULL, 0);
  g_assert_cmpuint (script.n_used, ==, 0);
}

/* For a limit of 3 only the number 0 is unfair (2^32 = 1 modulo 3). */
static void
test_below_skips_unfair (void)
{
  static const guint8 bytes[] = { 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };
  Script script = { bytes, sizeof bytes, 0 };
  UdpnatRandom random = { fill_from_script, &script };

  g_assert_cmpuint (udpnat_random_below (&random, 3), ==, 1);
  g_assert_cmpuint (script.n_used, ==, 8);
  g_assert_cmpuint (udpnat_random_below (&random, 3), ==, 0);
}

static void
test_below_reaches_all (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  UdpnatRandom random = { fill_from_grand, rand };
  guint counts[10] = { 0 };

  for (guint i = 0; i < 10000; i++)
    {
      guint32 value = udpnat_random_below (&random, 10);

      g_assert_cmpuint (value, <, 10);
      counts[value]++;
    }
  for (guint i = 0; i < 10; i++)
    {
      g_assert_cmpuint (counts[i], >, 850);
      g_assert_cmpuint (counts[i], <, 1150);
    }
  g_assert_cmpuint (udpnat_random_below (&random, 1), ==, 0);
}

static void
test_jitter_stays_in_range (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  UdpnatRandom random = { fill_from_grand, rand };
  gint64 least = G_MAXINT64, most = 0;

  for (guint i = 0; i < 10000; i++)
    {
      gint64 value = udpnat_random_jitter (&random, 1000, 10);

      least = MIN (least, value);
      most = MAX (most, value);
    }
  g_assert_cmpint (least, ==, 900);
  g_assert_cmpint (most, ==, 1100);
}

static void
test_jitter_boundaries (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  UdpnatRandom random = { fill_from_grand, rand };

  g_assert_cmpint (udpnat_random_jitter (&random, 0, 100), ==, 0);
  g_assert_cmpint (udpnat_random_jitter (&random, 5, 0), ==, 5);
  for (guint i = 0; i < 1000; i++)
    {
      g_assert_cmpint (udpnat_random_jitter (&random, 3, 100), >=, 0);
      g_assert_cmpint (udpnat_random_jitter (&random, 3, 100), <=, 6);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-random/numbers/fixed-byte-order", test_numbers_fixed_byte_order);
  g_test_add_func ("/base-random/fill/nothing-asked-nothing-drawn", test_fill_nothing);
  g_test_add_func ("/base-random/below/unfair-numbers-drawn-again", test_below_skips_unfair);
  g_test_add_func ("/base-random/below/all-values-about-equally-often", test_below_reaches_all);
  g_test_add_func ("/base-random/jitter/whole-range-and-no-more", test_jitter_stays_in_range);
  g_test_add_func ("/base-random/jitter/none-and-full", test_jitter_boundaries);

  return g_test_run ();
}
