#include "config.h"

#include "udpnat-siphash.h"

/* Vectors of SipHash-2-4's authors (https://github.com/veorq/SipHash): key 00 01 … 0f, input
 * 00 01 … of each length. */

static const guint8 rising[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void
test_vectors (void)
{
  g_assert_cmphex (udpnat_siphash (rising, rising, 0), ==,
                   G_GUINT64_CONSTANT (0x726fdb47dd0e0e31));
  g_assert_cmphex (udpnat_siphash (rising, rising, 1), ==,
                   G_GUINT64_CONSTANT (0x74f839c593dc67fd));
  g_assert_cmphex (udpnat_siphash (rising, rising, 15), ==,
                   G_GUINT64_CONSTANT (0xa129ca6149be45e5));
}

static void
test_key_matters (void)
{
  static const guint8 other[16] = { 1 };

  g_assert_cmphex (udpnat_siphash (rising, rising, 15), !=, udpnat_siphash (other, rising, 15));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-siphash/vectors/of-the-authors", test_vectors);
  g_test_add_func ("/crypto-siphash/key/matters", test_key_matters);

  return g_test_run ();
}
