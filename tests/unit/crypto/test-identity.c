#include "config.h"

#include "udpnat-identity.h"

#include <string.h>

/* RFC 7748 section 6.1 */
static const guint8 alice_secret[UDPNAT_KEY_BYTES] = {
  0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45,
  0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
};
static const guint8 alice_public[UDPNAT_KEY_BYTES] = {
  0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7, 0x5a,
  0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b, 0x4e, 0x6a,
};

static void
fill_alice (gpointer user_data,
            guint8  *out,
            gsize    n_out)
{
  guint *n_calls = user_data;

  g_assert_cmpuint (n_out, ==, sizeof alice_secret);
  memcpy (out, alice_secret, n_out);
  (*n_calls)++;
}

static void
check_alice (const UdpnatIdentity *identity)
{
  g_assert_cmpmem (udpnat_identity_get_public_key (identity)->bytes, UDPNAT_KEY_BYTES,
                   alice_public, UDPNAT_KEY_BYTES);
  g_assert_cmpmem (udpnat_identity_get_secret (identity), UDPNAT_KEY_BYTES,
                   alice_secret, UDPNAT_KEY_BYTES);
}

static void
test_from_secret (void)
{
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_new_from_secret (alice_secret);

  check_alice (identity);
}

static void
test_generate (void)
{
  guint n_calls = 0;
  UdpnatRandom random = { fill_alice, &n_calls };
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&random);

  check_alice (identity);
  g_assert_cmpuint (n_calls, ==, 1);
}

static void
test_copy_lives_on (void)
{
  UdpnatIdentity *identity = udpnat_identity_new_from_secret (alice_secret);
  g_autoptr (UdpnatIdentity) copy = udpnat_identity_copy (identity);

  udpnat_identity_free (identity);
  check_alice (copy);
}

static void
test_free_null (void)
{
  udpnat_identity_free (NULL);
}

/* Bits that X25519 sets by itself: any 32 bytes are a secret. */
static void
test_any_secret (void)
{
  guint8 secret[UDPNAT_KEY_BYTES];

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UdpnatIdentity) identity = NULL;

      memset (secret, i == 0 ? 0 : 0xff, sizeof secret);
      identity = udpnat_identity_new_from_secret (secret);
      g_assert_cmpmem (udpnat_identity_get_secret (identity), UDPNAT_KEY_BYTES, secret, 32);
    }
}

static void
test_init_twice (void)
{
  g_assert_true (udpnat_crypto_init ());
  g_assert_true (udpnat_crypto_init ());
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-identity/secret/rfc7748-key-pair", test_from_secret);
  g_test_add_func ("/crypto-identity/secret/any-bytes", test_any_secret);
  g_test_add_func ("/crypto-identity/generate/secret-from-random", test_generate);
  g_test_add_func ("/crypto-identity/copy/lives-on-its-own", test_copy_lives_on);
  g_test_add_func ("/crypto-identity/free/null", test_free_null);
  g_test_add_func ("/crypto-identity/init/twice", test_init_twice);

  return g_test_run ();
}
