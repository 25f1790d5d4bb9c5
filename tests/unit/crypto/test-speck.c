#include "config.h"

#include "udpnat-speck.h"

/* Appendix C of the paper: key 1918 1110 0908 0100, plaintext 6574 694c, ciphertext a868 42f2. */
static const guint8 paper_key[UDPNAT_SPECK_KEY_BYTES] = {
  0x00, 0x01, 0x08, 0x09, 0x10, 0x11, 0x18, 0x19,
};
#define PAPER_PLAIN 0x6574694cu
#define PAPER_CIPHER 0xa86842f2u

static void
test_paper (void)
{
  UdpnatSpeck speck;

  udpnat_speck_init (&speck, paper_key);
  g_assert_cmphex (udpnat_speck_encrypt (&speck, PAPER_PLAIN), ==, PAPER_CIPHER);
  g_assert_cmphex (udpnat_speck_decrypt (&speck, PAPER_CIPHER), ==, PAPER_PLAIN);
}

static void
test_back_again (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  UdpnatSpeck speck;

  for (guint i = 0; i < 1000; i++)
    {
      guint8 key[UDPNAT_SPECK_KEY_BYTES];
      guint32 block = g_rand_int (rand);

      for (guint j = 0; j < sizeof key; j++)
        key[j] = (guint8) g_rand_int (rand);
      udpnat_speck_init (&speck, key);
      g_assert_cmphex (udpnat_speck_decrypt (&speck, udpnat_speck_encrypt (&speck, block)), ==,
                       block);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/speck/paper/its-vector", test_paper);
  g_test_add_func ("/speck/decrypt/undoes-encrypt", test_back_again);
  return g_test_run ();
}
