/* Signatures with an X25519 identity: made here, checked by an ordinary Ed25519 verifier. */

#include "config.h"

#include "udpnat-signature.h"

#include <sodium.h>
#include <string.h>

#define LABEL "udpnat test"

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  guint8 *next = user_data;

  for (gsize i = 0; i < n_out; i++)
    out[i] = (*next)++ * 7 + 3;
}

static guint8 next_byte;
static const UdpnatRandom counting = { fill, &next_byte };
static const guint8 data[] = "here I am";

static UdpnatIdentity *
make_identity (guint8 seed)
{
  guint8 secret[UDPNAT_KEY_BYTES];

  memset (secret, seed, sizeof secret);
  secret[5] = (guint8) (seed * 31);
  return udpnat_identity_new_from_secret (secret);
}

static void
sign (const UdpnatIdentity *identity,
      UdpnatSigningKey     *out_key,
      guint8                out_signature[UDPNAT_SIGNATURE_BYTES])
{
  udpnat_signing_key_from_identity (identity, out_key);
  udpnat_signature_make (identity, &counting, LABEL, data, sizeof data, out_signature);
}

/* With many secrets: about half of them give a key of odd sign. */
static void
test_signature_roundtrip (void)
{
  guint n_odd = 0;

  for (guint seed = 0; seed < 64; seed++)
    {
      g_autoptr (UdpnatIdentity) identity = make_identity ((guint8) seed);
      guint8 signature[UDPNAT_SIGNATURE_BYTES];
      UdpnatSigningKey key;
      UdpnatPublicKey public_key;

      sign (identity, &key, signature);
      g_assert_true (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
      g_assert_true (udpnat_signing_key_to_public_key (&key, &public_key));
      g_assert_true (udpnat_public_key_equal (&public_key,
                                              udpnat_identity_get_public_key (identity)));
      n_odd += key.bytes[31] >> 7;
    }
  g_assert_cmpuint (n_odd, >, 8);
  g_assert_cmpuint (n_odd, <, 56);
}

/* Label, zero, data: what any implementation of RFC 8032 is asked about. */
static void
test_signature_rfc8032 (void)
{
  g_autoptr (UdpnatIdentity) identity = make_identity (9);
  guint8 signature[UDPNAT_SIGNATURE_BYTES];
  guint8 message[sizeof LABEL + sizeof data];
  UdpnatSigningKey key;

  sign (identity, &key, signature);
  memcpy (message, LABEL, sizeof LABEL);
  memcpy (message + sizeof LABEL, data, sizeof data);
  g_assert_cmpint (crypto_sign_verify_detached (signature, message, sizeof message, key.bytes),
                   ==, 0);
}

/* A signature that an ordinary Ed25519 signer made counts as well. */
static void
test_signature_ordinary_signer (void)
{
  guint8 seed[crypto_sign_SEEDBYTES] = { 7 };
  guint8 secret[crypto_sign_SECRETKEYBYTES];
  guint8 signature[UDPNAT_SIGNATURE_BYTES];
  guint8 message[sizeof LABEL + sizeof data];
  UdpnatSigningKey key;

  g_assert_true (udpnat_crypto_init ());
  crypto_sign_seed_keypair (key.bytes, secret, seed);
  memcpy (message, LABEL, sizeof LABEL);
  memcpy (message + sizeof LABEL, data, sizeof data);
  crypto_sign_detached (signature, NULL, message, sizeof message, secret);
  g_assert_true (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
}

static void
test_signature_flipped_bits (void)
{
  g_autoptr (UdpnatIdentity) identity = make_identity (3);
  guint8 signature[UDPNAT_SIGNATURE_BYTES];
  guint8 changed_data[sizeof data];
  UdpnatSigningKey key;

  sign (identity, &key, signature);
  for (guint bit = 0; bit < 8 * sizeof signature; bit++)
    {
      signature[bit / 8] ^= 1 << bit % 8;
      g_assert_false (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
      signature[bit / 8] ^= 1 << bit % 8;
    }
  for (guint bit = 0; bit < 8 * sizeof key.bytes; bit++)
    {
      key.bytes[bit / 8] ^= 1 << bit % 8;
      g_assert_false (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
      key.bytes[bit / 8] ^= 1 << bit % 8;
    }
  for (guint bit = 0; bit < 8 * sizeof data; bit++)
    {
      memcpy (changed_data, data, sizeof data);
      changed_data[bit / 8] ^= 1 << bit % 8;
      g_assert_false (udpnat_signature_verify (&key, LABEL, changed_data, sizeof data, signature));
    }
}

static void
test_signature_other_label (void)
{
  g_autoptr (UdpnatIdentity) identity = make_identity (3);
  guint8 signature[UDPNAT_SIGNATURE_BYTES];
  UdpnatSigningKey key;

  sign (identity, &key, signature);
  g_assert_false (udpnat_signature_verify (&key, "udpnat tes", data, sizeof data, signature));
  g_assert_false (udpnat_signature_verify (&key, "", data, sizeof data, signature));
}

static void
test_signature_other_key (void)
{
  g_autoptr (UdpnatIdentity) alice = make_identity (3);
  g_autoptr (UdpnatIdentity) bob = make_identity (4);
  guint8 signature[UDPNAT_SIGNATURE_BYTES];
  UdpnatSigningKey alice_key, bob_key;

  sign (alice, &alice_key, signature);
  udpnat_signing_key_from_identity (bob, &bob_key);
  g_assert_false (udpnat_signature_verify (&bob_key, LABEL, data, sizeof data, signature));
}

/* The nonce: were it the same for two signatures of different data, the secret could be computed.
 * Equal random bytes must not make it so. */
static void
test_signature_nonce (void)
{
  g_autoptr (UdpnatIdentity) identity = make_identity (5);
  guint8 first[UDPNAT_SIGNATURE_BYTES], second[UDPNAT_SIGNATURE_BYTES];

  next_byte = 1;
  udpnat_signature_make (identity, &counting, LABEL, data, sizeof data, first);
  next_byte = 1;
  udpnat_signature_make (identity, &counting, LABEL, data, sizeof data - 1, second);
  g_assert_cmpint (memcmp (first, second, 32), !=, 0);
  next_byte = 2;
  udpnat_signature_make (identity, &counting, LABEL, data, sizeof data, second);
  g_assert_cmpint (memcmp (first, second, 32), !=, 0);
}

/* Points of small order, not on the curve, or not written in the one right way: with the first
 * anybody could sign. */
static void
test_signature_worthless_keys (void)
{
  static const guint8 worthless[][UDPNAT_SIGNING_KEY_BYTES] = {
    { 0 },
    { 1 },
    { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0x7f },
    { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
      0xff, 0x7f },
    { 2 },
    { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
      0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
      0x03, 0x7a },
    { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
      0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
      0xfc, 0x05 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (worthless); i++)
    {
      guint8 signature[UDPNAT_SIGNATURE_BYTES] = { 0 };
      UdpnatSigningKey key;
      UdpnatPublicKey public_key;

      memcpy (key.bytes, worthless[i], sizeof key.bytes);
      g_assert_false (udpnat_signing_key_to_public_key (&key, &public_key));
      g_assert_false (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
      memcpy (signature, worthless[i], sizeof key.bytes);
      g_assert_false (udpnat_signature_verify (&key, LABEL, data, sizeof data, signature));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signature/make/verifies-and-names-the-signer", test_signature_roundtrip);
  g_test_add_func ("/signature/make/is-rfc-8032", test_signature_rfc8032);
  g_test_add_func ("/signature/make/nonce-differs-with-data-and-random", test_signature_nonce);
  g_test_add_func ("/signature/verify/takes-an-ordinary-signers", test_signature_ordinary_signer);
  g_test_add_func ("/signature/verify/refuses-any-flipped-bit", test_signature_flipped_bits);
  g_test_add_func ("/signature/verify/refuses-another-label", test_signature_other_label);
  g_test_add_func ("/signature/verify/refuses-another-key", test_signature_other_key);
  g_test_add_func ("/signature/key/worthless-ones-are-refused", test_signature_worthless_keys);
  return g_test_run ();
}
