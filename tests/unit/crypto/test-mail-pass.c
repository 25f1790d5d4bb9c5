#include "config.h"

#include "udpnat-mail-pass.h"

#include <sodium.h>
#include <string.h>

/* Passes: the same at both ends, another for everybody else. */

typedef struct
{
  UdpnatIdentity *alice;
  UdpnatIdentity *bob;
  UdpnatIdentity *carol;
} Fixture;

static UdpnatIdentity *
new_identity (guint8 seed)
{
  guint8 secret[UDPNAT_KEY_BYTES];

  memset (secret, seed, sizeof secret);

  return udpnat_identity_new_from_secret (secret);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->alice = new_identity (1);
  fixture->bob = new_identity (2);
  fixture->carol = new_identity (3);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  udpnat_identity_free (fixture->alice);
  udpnat_identity_free (fixture->bob);
  udpnat_identity_free (fixture->carol);
}

static void
compute (const UdpnatIdentity *self,
         const UdpnatIdentity *peer,
         gboolean              is_for_sending,
         guint8                out_pass[UDPNAT_MAIL_PASS_BYTES])
{
  g_assert_true (udpnat_mail_pass_compute (self, udpnat_identity_get_public_key (peer),
                                           is_for_sending, out_pass));
}

static void
test_same_at_both_ends (Fixture      *fixture,
                        gconstpointer data)
{
  guint8 alices[UDPNAT_MAIL_PASS_BYTES], bobs[UDPNAT_MAIL_PASS_BYTES];

  compute (fixture->alice, fixture->bob, TRUE, alices);
  compute (fixture->bob, fixture->alice, FALSE, bobs);
  g_assert_cmpmem (alices, sizeof alices, bobs, sizeof bobs);
}

/* Or a recipient's server could write in its name to those who write to it. */
static void
test_other_direction (Fixture      *fixture,
                      gconstpointer data)
{
  guint8 there[UDPNAT_MAIL_PASS_BYTES], back[UDPNAT_MAIL_PASS_BYTES];

  compute (fixture->alice, fixture->bob, TRUE, there);
  compute (fixture->alice, fixture->bob, FALSE, back);
  g_assert_cmpint (memcmp (there, back, sizeof there), !=, 0);
}

static void
test_other_sender (Fixture      *fixture,
                   gconstpointer data)
{
  guint8 alices[UDPNAT_MAIL_PASS_BYTES], carols[UDPNAT_MAIL_PASS_BYTES];

  compute (fixture->alice, fixture->bob, TRUE, alices);
  compute (fixture->carol, fixture->bob, TRUE, carols);
  g_assert_cmpint (memcmp (alices, carols, sizeof alices), !=, 0);
}

/* BLAKE2b-128, key DH, over the label, the recipient, the sender. */
static void
test_by_hand (Fixture      *fixture,
              gconstpointer data)
{
  const UdpnatPublicKey *alice = udpnat_identity_get_public_key (fixture->alice);
  const UdpnatPublicKey *bob = udpnat_identity_get_public_key (fixture->bob);
  guint8 pass[UDPNAT_MAIL_PASS_BYTES], expected[UDPNAT_MAIL_PASS_BYTES];
  guint8 shared[32], input[16 + 64] = "udpnat mail pass";

  memcpy (input + 16, bob->bytes, 32);
  memcpy (input + 48, alice->bytes, 32);
  g_assert_cmpint (crypto_scalarmult (shared, udpnat_identity_get_secret (fixture->bob),
                                      alice->bytes), ==, 0);
  crypto_generichash (expected, sizeof expected, input, sizeof input, shared, sizeof shared);
  compute (fixture->alice, fixture->bob, TRUE, pass);
  g_assert_cmpmem (pass, sizeof pass, expected, sizeof expected);
}

static void
test_worthless (Fixture      *fixture,
                gconstpointer data)
{
  static const guint8 zeros[UDPNAT_MAIL_PASS_BYTES];
  UdpnatPublicKey worthless = { { 1 } };
  guint8 pass[UDPNAT_MAIL_PASS_BYTES];

  memset (pass, 7, sizeof pass);
  g_assert_false (udpnat_mail_pass_compute (fixture->alice, &worthless, TRUE, pass));
  g_assert_cmpmem (pass, sizeof pass, zeros, sizeof zeros);
}

#define ADD(path, function) \
  g_test_add ("/crypto-mail-pass/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!udpnat_crypto_init ())
    return 1;

  ADD ("same/at-both-ends", test_same_at_both_ends);
  ADD ("differs/other-direction", test_other_direction);
  ADD ("differs/other-sender", test_other_sender);
  ADD ("layout/by-hand", test_by_hand);
  ADD ("worthless/key-of-small-order-gives-zeros", test_worthless);

  return g_test_run ();
}
