#include "config.h"

#include "udpnat-identity.h"
#include "udpnat-seal.h"

#include <sodium.h>
#include <string.h>

/* RFC 8439 section 2.8.2 has a nonce that no packet number gives, so the fixed vectors are those of
 * test-noise.c; here are layout, tampering and lengths. */

static const guint8 key[UDPNAT_SEAL_KEY_BYTES] = { 1, 2, 3 };
static const guint8 ad[16] = { 7, [4] = 1 };

/* Noise revision 34, section 12.3: 32 zero bits, then the number in little-endian order. */
static void
test_nonce_layout (void)
{
  static const guint8 nonce[12] = { 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 };
  guint8 sealed[5 + UDPNAT_SEAL_TAG_BYTES], expected[sizeof sealed];

  udpnat_seal (key, G_GUINT64_CONSTANT (0x0102030405060708), ad, sizeof ad,
               (const guint8 *) "hello", 5, sealed);
  crypto_aead_chacha20poly1305_ietf_encrypt (expected, NULL, (const guint8 *) "hello", 5,
                                             ad, sizeof ad, NULL, nonce, key);
  g_assert_cmpmem (sealed, sizeof sealed, expected, sizeof expected);
}

static void
test_round_trip_every_length (void)
{
  guint8 plain[200], sealed[sizeof plain + UDPNAT_SEAL_TAG_BYTES], back[sizeof plain];

  for (gsize i = 0; i < sizeof plain; i++)
    plain[i] = (guint8) (i * 7);

  for (gsize n = 0; n <= sizeof plain; n++)
    {
      udpnat_seal (key, n, ad, sizeof ad, plain, n, sealed);
      g_assert_true (udpnat_open (key, n, ad, sizeof ad, sealed, n + UDPNAT_SEAL_TAG_BYTES, back));
      g_assert_cmpmem (back, n, plain, n);
    }
}

static void
test_in_place (void)
{
  guint8 data[5 + UDPNAT_SEAL_TAG_BYTES] = "hello";

  udpnat_seal (key, 9, ad, sizeof ad, data, 5, data);
  g_assert_cmpint (memcmp (data, "hello", 5), !=, 0);
  g_assert_true (udpnat_open (key, 9, ad, sizeof ad, data, sizeof data, data));
  g_assert_cmpmem (data, 5, "hello", 5);
}

static void
test_nothing_inside (void)
{
  guint8 sealed[UDPNAT_SEAL_TAG_BYTES], plain;

  udpnat_seal (key, 0, NULL, 0, NULL, 0, sealed);
  g_assert_true (udpnat_open (key, 0, NULL, 0, sealed, sizeof sealed, &plain));
  sealed[0] ^= 1;
  g_assert_false (udpnat_open (key, 0, NULL, 0, sealed, sizeof sealed, &plain));
}

static void
test_any_bit (void)
{
  guint8 sealed[5 + UDPNAT_SEAL_TAG_BYTES], plain[5], other_ad[sizeof ad], other_key[sizeof key];

  udpnat_seal (key, 3, ad, sizeof ad, (const guint8 *) "hello", 5, sealed);
  for (guint i = 0; i < sizeof sealed * 8; i++)
    {
      sealed[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_open (key, 3, ad, sizeof ad, sealed, sizeof sealed, plain));
      sealed[i / 8] ^= (guint8) (1 << i % 8);
    }
  for (guint i = 0; i < sizeof ad * 8; i++)
    {
      memcpy (other_ad, ad, sizeof ad);
      other_ad[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_open (key, 3, other_ad, sizeof ad, sealed, sizeof sealed, plain));
    }
  for (guint i = 0; i < sizeof key * 8; i++)
    {
      memcpy (other_key, key, sizeof key);
      other_key[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_open (other_key, 3, ad, sizeof ad, sealed, sizeof sealed, plain));
    }
  for (guint i = 0; i < 64; i++)
    g_assert_false (udpnat_open (key, G_GUINT64_CONSTANT (3) ^ G_GUINT64_CONSTANT (1) << i,
                                 ad, sizeof ad, sealed, sizeof sealed, plain));
  g_assert_true (udpnat_open (key, 3, ad, sizeof ad, sealed, sizeof sealed, plain));
}

static void
test_truncated (void)
{
  guint8 sealed[5 + UDPNAT_SEAL_TAG_BYTES], plain[5];

  udpnat_seal (key, 3, ad, sizeof ad, (const guint8 *) "hello", 5, sealed);
  for (gsize n = 0; n < sizeof sealed; n++)
    {
      g_autofree guint8 *exact = g_memdup2 (sealed, n);

      g_assert_false (udpnat_open (key, 3, ad, sizeof ad, exact, n, plain));
    }
}

static void
test_last_number (void)
{
  guint8 sealed[UDPNAT_SEAL_TAG_BYTES], plain;

  udpnat_seal (key, G_MAXUINT64 - 1, NULL, 0, NULL, 0, sealed);
  g_assert_true (udpnat_open (key, G_MAXUINT64 - 1, NULL, 0, sealed, sizeof sealed, &plain));
  g_assert_false (udpnat_open (key, G_MAXUINT64, NULL, 0, sealed, sizeof sealed, &plain));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!udpnat_crypto_init ())
    return 1;

  g_test_add_func ("/crypto-seal/nonce/zeros-then-little-endian", test_nonce_layout);
  g_test_add_func ("/crypto-seal/open/every-length", test_round_trip_every_length);
  g_test_add_func ("/crypto-seal/open/in-place", test_in_place);
  g_test_add_func ("/crypto-seal/open/nothing-inside", test_nothing_inside);
  g_test_add_func ("/crypto-seal/forged/any-bit-of-anything", test_any_bit);
  g_test_add_func ("/crypto-seal/forged/truncated-at-every-length", test_truncated);
  g_test_add_func ("/crypto-seal/nonce/last-number-kept-for-noise", test_last_number);

  return g_test_run ();
}
