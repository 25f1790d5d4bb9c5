#include "config.h"

#include "udpnat-noise.h"
#include "udpnat-seal.h"

#include "../../vectors/noise-vectors.h"

#include <sodium.h>
#include <string.h>

/* The handshake against public test vectors, then against forged, damaged, worthless messages. */

#define MESSAGE_BYTES 1200

static const guint8 prologue[] = "udpnat/1pp";

/* ---- Vectors ---- */

static guint8 *
decode_hex (const char *hex,
            gsize      *out_n)
{
  gsize n = strlen (hex) / 2;
  guint8 *bytes = g_malloc (n + 1);

  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (hex[2 * i]) << 4
                         | g_ascii_xdigit_value (hex[2 * i + 1]));
  if (out_n != NULL)
    *out_n = n;

  return bytes;
}

static UdpnatIdentity *
decode_identity (const char *hex)
{
  g_autofree guint8 *secret = decode_hex (hex, NULL);

  return udpnat_identity_new_from_secret (secret);
}

typedef struct
{
  UdpnatNoise *initiator;
  UdpnatNoise *responder;
} Pair;

static Pair
new_vector_pair (UdpnatNoisePattern pattern,
                 const NoiseVector *vector)
{
  static const guint8 unused[UDPNAT_KEY_BYTES] = { 1 };
  g_autoptr (UdpnatIdentity) init_identity = decode_identity (vector->init_static);
  g_autoptr (UdpnatIdentity) resp_identity = decode_identity (vector->resp_static);
  g_autofree guint8 *init_ephemeral = decode_hex (vector->init_ephemeral, NULL);
  g_autofree guint8 *resp_ephemeral = NULL;
  g_autofree guint8 *remote_static = decode_hex (vector->init_remote_static, NULL);
  gsize n_prologue;
  g_autofree guint8 *vector_prologue = decode_hex (vector->prologue, &n_prologue);
  const UdpnatPublicKey *resp_key = udpnat_identity_get_public_key (resp_identity);
  Pair pair;

  if (vector->resp_ephemeral != NULL)
    resp_ephemeral = decode_hex (vector->resp_ephemeral, NULL);

  g_assert_cmpmem (resp_key->bytes, UDPNAT_KEY_BYTES, remote_static, UDPNAT_KEY_BYTES);
  pair.initiator = udpnat_noise_new_initiator (pattern, vector_prologue, n_prologue, init_identity,
                                               resp_key, init_ephemeral);
  pair.responder = udpnat_noise_new_responder (pattern, vector_prologue, n_prologue, resp_identity,
                                               resp_ephemeral != NULL ? resp_ephemeral : unused);
  g_assert_null (udpnat_noise_get_remote_key (pair.responder));
  g_assert_null (udpnat_noise_get_remote_ephemeral (pair.responder));
  if (vector->psk != NULL)
    {
      g_autofree guint8 *psk = decode_hex (vector->psk, NULL);

      udpnat_noise_set_psk (pair.initiator, psk);
      udpnat_noise_set_psk (pair.responder, psk);
    }

  return pair;
}

static void
clear_pair (Pair *pair)
{
  udpnat_noise_free (pair->initiator);
  udpnat_noise_free (pair->responder);
}

static void
check_handshake_message (UdpnatNoise              *writer,
                         UdpnatNoise              *reader,
                         const NoiseVectorMessage *vector)
{
  gsize n_payload, n_expected, n_read;
  g_autofree guint8 *payload = decode_hex (vector->payload, &n_payload);
  g_autofree guint8 *expected = decode_hex (vector->ciphertext, &n_expected);
  guint8 message[MESSAGE_BYTES], read[MESSAGE_BYTES];
  UdpnatWriter out;

  udpnat_writer_init (&out, message, sizeof message);
  g_assert_true (udpnat_noise_write (writer, payload, n_payload, &out));
  g_assert_cmpmem (message, out.n_written, expected, n_expected);

  g_assert_true (udpnat_noise_read (reader, expected, n_expected, read, &n_read));
  g_assert_cmpmem (read, n_read, payload, n_payload);
  g_assert_cmpmem (udpnat_noise_get_remote_ephemeral (reader), 32, message, 32);
}

static void
check_transport_message (const guint8              send_key[32],
                         const guint8              receive_key[32],
                         guint64                   number,
                         const NoiseVectorMessage *vector)
{
  gsize n_payload, n_expected;
  g_autofree guint8 *payload = decode_hex (vector->payload, &n_payload);
  g_autofree guint8 *expected = decode_hex (vector->ciphertext, &n_expected);
  guint8 sealed[MESSAGE_BYTES], plain[MESSAGE_BYTES];

  udpnat_seal (send_key, number, NULL, 0, payload, n_payload, sealed);
  g_assert_cmpmem (sealed, n_payload + UDPNAT_SEAL_TAG_BYTES, expected, n_expected);
  g_assert_true (udpnat_open (receive_key, number, NULL, 0, expected, n_expected, plain));
  g_assert_cmpmem (plain, n_expected - UDPNAT_SEAL_TAG_BYTES, payload, n_payload);
}

static void
check_results (const Pair        *pair,
               const NoiseVector *vector)
{
  g_autoptr (UdpnatIdentity) init_identity = decode_identity (vector->init_static);
  g_autofree guint8 *hash = decode_hex (vector->handshake_hash, NULL);

  g_assert_true (udpnat_noise_is_complete (pair->initiator));
  g_assert_true (udpnat_noise_is_complete (pair->responder));
  g_assert_cmpmem (udpnat_noise_get_handshake_hash (pair->initiator), 32, hash, 32);
  g_assert_cmpmem (udpnat_noise_get_handshake_hash (pair->responder), 32, hash, 32);
  g_assert_true (udpnat_public_key_equal (udpnat_noise_get_remote_key (pair->responder),
                                          udpnat_identity_get_public_key (init_identity)));
}

static void
test_vector_ik (void)
{
  const NoiseVector *vector = &noise_vector_ik;
  Pair pair = new_vector_pair (UDPNAT_NOISE_IK, vector);
  guint8 init_send[32], init_receive[32], resp_send[32], resp_receive[32];

  check_handshake_message (pair.initiator, pair.responder, &vector->messages[0]);
  g_assert_false (udpnat_noise_is_complete (pair.initiator));
  g_assert_false (udpnat_noise_is_complete (pair.responder));
  check_handshake_message (pair.responder, pair.initiator, &vector->messages[1]);
  check_results (&pair, vector);

  udpnat_noise_split (pair.initiator, init_send, init_receive);
  udpnat_noise_split (pair.responder, resp_send, resp_receive);
  check_transport_message (init_send, resp_receive, 0, &vector->messages[2]);
  check_transport_message (resp_send, init_receive, 0, &vector->messages[3]);
  check_transport_message (init_send, resp_receive, 1, &vector->messages[4]);
  check_transport_message (resp_send, init_receive, 1, &vector->messages[5]);
  clear_pair (&pair);
}

/* One way: all transport messages go from the initiator to the responder. */
static void
check_vector_one_way (UdpnatNoisePattern pattern,
                      const NoiseVector *vector)
{
  Pair pair = new_vector_pair (pattern, vector);
  guint8 init_send[32], init_receive[32], resp_send[32], resp_receive[32];

  check_handshake_message (pair.initiator, pair.responder, &vector->messages[0]);
  check_results (&pair, vector);

  udpnat_noise_split (pair.initiator, init_send, init_receive);
  udpnat_noise_split (pair.responder, resp_send, resp_receive);
  for (guint i = 1; i < 6; i++)
    check_transport_message (init_send, resp_receive, i - 1, &vector->messages[i]);
  g_assert_cmpmem (init_receive, 32, resp_send, 32);
  clear_pair (&pair);
}

static void
test_vector_x (void)
{
  check_vector_one_way (UDPNAT_NOISE_X, &noise_vector_x);
}

static void
test_vector_x_psk1 (void)
{
  check_vector_one_way (UDPNAT_NOISE_X_PSK1, &noise_vector_x_psk1);
}

/* ---- Attacks ---- */

typedef struct
{
  UdpnatIdentity *alice;
  UdpnatIdentity *bob;
  Pair            pair;
  guint8          first[MESSAGE_BYTES];
  gsize           n_first;
  guint8          second[MESSAGE_BYTES];
  gsize           n_second;
} Fixture;

static UdpnatIdentity *
new_identity (guint8 seed)
{
  guint8 secret[UDPNAT_KEY_BYTES];

  memset (secret, seed, sizeof secret);

  return udpnat_identity_new_from_secret (secret);
}

static const guint8 alice_ephemeral[UDPNAT_KEY_BYTES] = { 3 };
static const guint8 bob_ephemeral[UDPNAT_KEY_BYTES] = { 4 };

static UdpnatNoise *
new_alice (const Fixture         *fixture,
           const UdpnatPublicKey *remote)
{
  return udpnat_noise_new_initiator (UDPNAT_NOISE_IK, prologue, sizeof prologue, fixture->alice,
                                     remote, alice_ephemeral);
}

static UdpnatNoise *
new_bob (const Fixture *fixture)
{
  return udpnat_noise_new_responder (UDPNAT_NOISE_IK, prologue, sizeof prologue, fixture->bob,
                                     bob_ephemeral);
}

/* Both sides, with "hello" in the first message written but not read. */
static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  UdpnatWriter out;

  fixture->alice = new_identity (1);
  fixture->bob = new_identity (2);
  fixture->pair.initiator = new_alice (fixture, udpnat_identity_get_public_key (fixture->bob));
  fixture->pair.responder = new_bob (fixture);

  udpnat_writer_init (&out, fixture->first, sizeof fixture->first);
  g_assert_true (udpnat_noise_write (fixture->pair.initiator, (const guint8 *) "hello", 5, &out));
  fixture->n_first = out.n_written;
  g_assert_cmpuint (fixture->n_first, ==, UDPNAT_NOISE_FIRST_OVERHEAD_BYTES + 5);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  clear_pair (&fixture->pair);
  udpnat_identity_free (fixture->alice);
  udpnat_identity_free (fixture->bob);
}

static void
read_first (Fixture *fixture)
{
  guint8 payload[MESSAGE_BYTES];
  gsize n;

  g_assert_true (udpnat_noise_read (fixture->pair.responder, fixture->first, fixture->n_first,
                                    payload, &n));
  g_assert_cmpmem (payload, n, "hello", 5);
}

static void
write_second (Fixture *fixture)
{
  UdpnatWriter out;

  udpnat_writer_init (&out, fixture->second, sizeof fixture->second);
  g_assert_true (udpnat_noise_write (fixture->pair.responder, (const guint8 *) "yes", 3, &out));
  fixture->n_second = out.n_written;
  g_assert_cmpuint (fixture->n_second, ==, UDPNAT_NOISE_SECOND_OVERHEAD_BYTES + 3);
}

static void
read_second (Fixture *fixture)
{
  guint8 payload[MESSAGE_BYTES];
  gsize n;

  g_assert_true (udpnat_noise_read (fixture->pair.initiator, fixture->second, fixture->n_second,
                                    payload, &n));
  g_assert_cmpmem (payload, n, "yes", 3);
}

static void
check_unreadable (UdpnatNoise  *reader,
                  const guint8 *message,
                  gsize         n_message)
{
  g_autofree guint8 *exact = g_memdup2 (message, n_message);
  g_autofree guint8 *payload = g_malloc (n_message + 1);
  gsize n = 99;

  g_assert_false (udpnat_noise_read (reader, exact, n_message, payload, &n));
  g_assert_cmpuint (n, ==, 0);
}

static void
test_first_any_bit (Fixture      *fixture,
                    gconstpointer data)
{
  for (gsize i = 0; i < fixture->n_first * 8; i++)
    {
      /* Even the topmost bit of e, which X25519 ignores (RFC 7748 section 5): it is hashed. */
      fixture->first[i / 8] ^= (guint8) (1 << i % 8);
      check_unreadable (fixture->pair.responder, fixture->first, fixture->n_first);
      fixture->first[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_null (udpnat_noise_get_remote_key (fixture->pair.responder));
    }
  read_first (fixture);
}

static void
test_second_any_bit (Fixture      *fixture,
                     gconstpointer data)
{
  read_first (fixture);
  write_second (fixture);
  for (gsize i = 0; i < fixture->n_second * 8; i++)
    {
      fixture->second[i / 8] ^= (guint8) (1 << i % 8);
      check_unreadable (fixture->pair.initiator, fixture->second, fixture->n_second);
      fixture->second[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_noise_is_complete (fixture->pair.initiator));
    }
  read_second (fixture);
  g_assert_true (udpnat_noise_is_complete (fixture->pair.initiator));
}

static void
test_truncated (Fixture      *fixture,
                gconstpointer data)
{
  for (gsize n = 0; n < fixture->n_first; n++)
    check_unreadable (fixture->pair.responder, fixture->first, n);
  check_unreadable (fixture->pair.responder, fixture->first, fixture->n_first + 1);
  read_first (fixture);

  write_second (fixture);
  for (gsize n = 0; n < fixture->n_second; n++)
    check_unreadable (fixture->pair.initiator, fixture->second, n);
  check_unreadable (fixture->pair.initiator, fixture->second, fixture->n_second + 1);
  read_second (fixture);
}

static void
test_random_bytes (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint round = 0; round < 500; round++)
    {
      guint8 message[300];
      gsize n = (gsize) g_rand_int_range (rand, 0, sizeof message);

      for (gsize i = 0; i < n; i++)
        message[i] = (guint8) g_rand_int_range (rand, 0, 256);
      check_unreadable (fixture->pair.responder, message, n);
    }
  read_first (fixture);
}

static void
test_not_due (Fixture      *fixture,
              gconstpointer data)
{
  /* The initiator's own message, mirrored. */
  check_unreadable (fixture->pair.initiator, fixture->first, fixture->n_first);
  read_first (fixture);
  /* The same once more. */
  check_unreadable (fixture->pair.responder, fixture->first, fixture->n_first);
  write_second (fixture);
  read_second (fixture);
  check_unreadable (fixture->pair.initiator, fixture->second, fixture->n_second);
}

static void
test_other_prologue (Fixture      *fixture,
                     gconstpointer data)
{
  static const guint8 other[] = "udpnat/1cs";
  g_autoptr (UdpnatNoise) bob =
    udpnat_noise_new_responder (UDPNAT_NOISE_IK, other, sizeof other, fixture->bob, bob_ephemeral);

  check_unreadable (bob, fixture->first, fixture->n_first);
}

static void
test_other_pattern (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (UdpnatNoise) bob =
    udpnat_noise_new_responder (UDPNAT_NOISE_X, prologue, sizeof prologue, fixture->bob,
                                bob_ephemeral);

  check_unreadable (bob, fixture->first, fixture->n_first);
}

static void
test_other_responder (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (UdpnatIdentity) carol = new_identity (9);
  g_autoptr (UdpnatNoise) noise =
    udpnat_noise_new_responder (UDPNAT_NOISE_IK, prologue, sizeof prologue, carol, bob_ephemeral);

  check_unreadable (noise, fixture->first, fixture->n_first);
}

/* ---- Worthless keys ---- */

/* Points whose order divides 8: a Diffie-Hellman with them is zero. From
 * https://cr.yp.to/ecdh.html#validate; the last two are 0 and 1 again, modulo 2^255 - 19. */
static const guint8 small_order[][UDPNAT_KEY_BYTES] = {
  { 0 },
  { 1 },
  {
    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa,
    0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
    0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
  },
  {
    0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55,
    0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86,
    0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
  },
  {
    0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
  },
  {
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
  },
  {
    0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
  },
};

static void
test_worthless_static (Fixture      *fixture,
                       gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (small_order); i++)
    {
      UdpnatPublicKey remote;
      g_autoptr (UdpnatNoise) noise = NULL;
      guint8 message[MESSAGE_BYTES];
      UdpnatWriter out;

      memcpy (remote.bytes, small_order[i], UDPNAT_KEY_BYTES);
      noise = new_alice (fixture, &remote);
      udpnat_writer_init (&out, message, sizeof message);
      udpnat_writer_u8 (&out, 7);
      g_assert_false (udpnat_noise_write (noise, NULL, 0, &out));
      g_assert_true (out.failed);
      g_assert_cmpuint (out.n_written, ==, 1);
    }
}

static void
hash_onto (guint8        hash[32],
           const guint8 *data,
           gsize         n_data)
{
  crypto_hash_sha256_state state;

  crypto_hash_sha256_init (&state);
  crypto_hash_sha256_update (&state, hash, 32);
  crypto_hash_sha256_update (&state, data, n_data);
  crypto_hash_sha256_final (&state, hash);
}

static void
mix_key (guint8       chaining_key[32],
         const guint8 shared[32],
         guint8       out_key[32])
{
  crypto_auth_hmacsha256_state state;
  guint8 temp_key[32], input[33];

  crypto_auth_hmacsha256_init (&state, chaining_key, 32);
  crypto_auth_hmacsha256_update (&state, shared, 32);
  crypto_auth_hmacsha256_final (&state, temp_key);

  input[0] = 1;
  crypto_auth_hmacsha256 (chaining_key, input, 1, temp_key);
  memcpy (input, chaining_key, 32);
  input[32] = 2;
  crypto_auth_hmacsha256 (out_key, input, 33, temp_key);
}

/* Makes the first message of IK by hand, as somebody would who knows what e and Bob's key give
 * without knowing a secret for e. */
static void
forge_first (const Fixture *fixture,
             const guint8   e[32],
             const guint8   es[32],
             guint8         out[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES])
{
  const guint8 *alice = udpnat_identity_get_public_key (fixture->alice)->bytes;
  const guint8 *bob = udpnat_identity_get_public_key (fixture->bob)->bytes;
  guint8 hash[32], chaining_key[32], key[32], ss[32];

  memcpy (hash, "Noise_IK_25519_ChaChaPoly_SHA256", 32);
  memcpy (chaining_key, hash, 32);
  hash_onto (hash, prologue, sizeof prologue);
  hash_onto (hash, bob, 32);

  memcpy (out, e, 32);
  hash_onto (hash, e, 32);
  mix_key (chaining_key, es, key);
  udpnat_seal (key, 0, hash, 32, alice, 32, out + 32);
  hash_onto (hash, out + 32, 48);
  g_assert_cmpint (crypto_scalarmult (ss, udpnat_identity_get_secret (fixture->alice), bob), ==, 0);
  mix_key (chaining_key, ss, key);
  udpnat_seal (key, 0, hash, 32, NULL, 0, out + 80);
}

/* That the forger knows its trade. */
static void
test_forgery_with_good_key (Fixture      *fixture,
                            gconstpointer data)
{
  const guint8 *bob = udpnat_identity_get_public_key (fixture->bob)->bytes;
  guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES], e[32], es[32], payload;
  gsize n;

  crypto_scalarmult_base (e, alice_ephemeral);
  g_assert_cmpint (crypto_scalarmult (es, alice_ephemeral, bob), ==, 0);
  forge_first (fixture, e, es, message);
  g_assert_true (udpnat_noise_read (fixture->pair.responder, message, sizeof message,
                                    &payload, &n));
}

static void
test_worthless_ephemeral (Fixture      *fixture,
                          gconstpointer data)
{
  static const guint8 zero[32];

  for (guint i = 0; i < G_N_ELEMENTS (small_order); i++)
    {
      guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES];

      forge_first (fixture, small_order[i], zero, message);
      check_unreadable (fixture->pair.responder, message, sizeof message);
    }
  read_first (fixture);
}

/* ---- Pre-shared key ---- */

typedef struct
{
  UdpnatNoise *alice;
  UdpnatNoise *bob;
} PskPair;

static PskPair
new_psk_pair (const Fixture *fixture,
              const guint8   alice_psk[UDPNAT_NOISE_PSK_BYTES],
              const guint8   bob_psk[UDPNAT_NOISE_PSK_BYTES])
{
  PskPair pair = {
    udpnat_noise_new_initiator (UDPNAT_NOISE_X_PSK1, prologue, sizeof prologue, fixture->alice,
                                udpnat_identity_get_public_key (fixture->bob), alice_ephemeral),
    udpnat_noise_new_responder (UDPNAT_NOISE_X_PSK1, prologue, sizeof prologue, fixture->bob,
                                bob_ephemeral),
  };

  udpnat_noise_set_psk (pair.alice, alice_psk);
  udpnat_noise_set_psk (pair.bob, bob_psk);

  return pair;
}

static void
clear_psk_pair (PskPair *pair)
{
  udpnat_noise_free (pair->alice);
  udpnat_noise_free (pair->bob);
}

static void
test_psk_any_bit (Fixture      *fixture,
                  gconstpointer data)
{
  guint8 psk[UDPNAT_NOISE_PSK_BYTES] = { 5 }, other[UDPNAT_NOISE_PSK_BYTES] = { 5 };
  guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES];

  for (gsize i = 0; i < sizeof psk * 8; i++)
    {
      PskPair pair;
      UdpnatWriter out;

      other[i / 8] ^= (guint8) (1 << i % 8);
      pair = new_psk_pair (fixture, psk, other);
      other[i / 8] ^= (guint8) (1 << i % 8);
      udpnat_writer_init (&out, message, sizeof message);
      g_assert_true (udpnat_noise_write (pair.alice, NULL, 0, &out));
      check_unreadable (pair.bob, message, sizeof message);
      clear_psk_pair (&pair);
    }
}

static void
test_psk_second_try (Fixture      *fixture,
                     gconstpointer data)
{
  static const guint8 psk[UDPNAT_NOISE_PSK_BYTES] = { 5 };
  PskPair pair = new_psk_pair (fixture, psk, psk);
  guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES], payload;
  UdpnatWriter out;
  gsize n;

  udpnat_writer_init (&out, message, sizeof message);
  g_assert_true (udpnat_noise_write (pair.alice, NULL, 0, &out));
  message[sizeof message - 1] ^= 1;
  check_unreadable (pair.bob, message, sizeof message);
  message[sizeof message - 1] ^= 1;
  g_assert_true (udpnat_noise_read (pair.bob, message, sizeof message, &payload, &n));
  clear_psk_pair (&pair);
}

/* A pattern with such a key must not be written without it: all zeros would take its place. */
static void
test_psk_missing (Fixture      *fixture,
                  gconstpointer data)
{
  if (g_test_subprocess ())
    {
      g_autoptr (UdpnatNoise) alice =
        udpnat_noise_new_initiator (UDPNAT_NOISE_X_PSK1, prologue, sizeof prologue, fixture->alice,
                                    udpnat_identity_get_public_key (fixture->bob),
                                    alice_ephemeral);
      guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES];
      UdpnatWriter out;

      udpnat_writer_init (&out, message, sizeof message);
      g_assert_true (udpnat_noise_write (alice, NULL, 0, &out));
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
test_psk_of_other_pattern (Fixture      *fixture,
                           gconstpointer data)
{
  static const guint8 psk[UDPNAT_NOISE_PSK_BYTES] = { 5 };

  if (g_test_subprocess ())
    {
      udpnat_noise_set_psk (fixture->pair.responder, psk);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

/* ---- Writing ---- */

static void
test_write_too_small (Fixture      *fixture,
                      gconstpointer data)
{
  const UdpnatPublicKey *bob = udpnat_identity_get_public_key (fixture->bob);

  for (gsize room = 0; room <= fixture->n_first; room++)
    {
      g_autoptr (UdpnatNoise) noise = new_alice (fixture, bob);
      g_autofree guint8 *message = g_malloc0 (room + 1);
      gboolean fits = room == fixture->n_first;
      UdpnatWriter out;

      udpnat_writer_init (&out, message, room);
      g_assert_cmpint (udpnat_noise_write (noise, (const guint8 *) "hello", 5, &out), ==, fits);
      g_assert_cmpuint (out.n_written, ==, fits ? room : 0);
      g_assert_cmpint (out.failed, ==, !fits);
    }
}

static void
test_write_longest (Fixture      *fixture,
                    gconstpointer data)
{
  gsize n_longest = UDPNAT_NOISE_MESSAGE_MAX_BYTES - UDPNAT_NOISE_FIRST_OVERHEAD_BYTES;
  g_autofree guint8 *payload = g_malloc0 (n_longest + 1);
  g_autofree guint8 *message = g_malloc (UDPNAT_NOISE_MESSAGE_MAX_BYTES + 1);
  const UdpnatPublicKey *bob = udpnat_identity_get_public_key (fixture->bob);
  gsize n_read;

  for (gsize over = 0; over < 2; over++)
    {
      g_autoptr (UdpnatNoise) noise = new_alice (fixture, bob);
      UdpnatWriter out;

      udpnat_writer_init (&out, message, UDPNAT_NOISE_MESSAGE_MAX_BYTES + 1);
      g_assert_cmpint (udpnat_noise_write (noise, payload, n_longest + over, &out), ==, over == 0);
      if (over > 0)
        continue;

      check_unreadable (fixture->pair.responder, message, UDPNAT_NOISE_MESSAGE_MAX_BYTES - 1);
      g_assert_true (udpnat_noise_read (fixture->pair.responder, message, out.n_written, payload,
                                        &n_read));
      g_assert_cmpuint (n_read, ==, n_longest);
    }
}

static void
test_read_in_place (Fixture      *fixture,
                    gconstpointer data)
{
  guint8 *payload = fixture->first + UDPNAT_NOISE_FIRST_OVERHEAD_BYTES - UDPNAT_NOISE_TAG_BYTES;
  gsize n;

  g_assert_true (udpnat_noise_read (fixture->pair.responder, fixture->first, fixture->n_first,
                                    payload, &n));
  g_assert_cmpmem (payload, n, "hello", 5);
  write_second (fixture);
  read_second (fixture);
  g_assert_cmpmem (udpnat_noise_get_handshake_hash (fixture->pair.initiator), 32,
                   udpnat_noise_get_handshake_hash (fixture->pair.responder), 32);
}

static void
test_empty_payload (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (UdpnatNoise) alice =
    new_alice (fixture, udpnat_identity_get_public_key (fixture->bob));
  guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES];
  UdpnatWriter out;
  guint8 payload;
  gsize n = 99;

  udpnat_writer_init (&out, message, sizeof message);
  g_assert_true (udpnat_noise_write (alice, NULL, 0, &out));
  g_assert_cmpuint (udpnat_writer_left (&out), ==, 0);
  g_assert_true (udpnat_noise_read (fixture->pair.responder, message, sizeof message,
                                    &payload, &n));
  g_assert_cmpuint (n, ==, 0);
}

/* ---- Results ---- */

static void
test_keys_differ (Fixture      *fixture,
                  gconstpointer data)
{
  guint8 alice_send[32], alice_receive[32], bob_send[32], bob_receive[32];

  read_first (fixture);
  write_second (fixture);
  read_second (fixture);
  udpnat_noise_split (fixture->pair.initiator, alice_send, alice_receive);
  udpnat_noise_split (fixture->pair.responder, bob_send, bob_receive);
  g_assert_cmpmem (alice_send, 32, bob_receive, 32);
  g_assert_cmpmem (alice_receive, 32, bob_send, 32);
  g_assert_cmpint (memcmp (alice_send, alice_receive, 32), !=, 0);
}

static void
test_split_too_early (Fixture      *fixture,
                      gconstpointer data)
{
  guint8 send_key[32], receive_key[32];

  if (g_test_subprocess ())
    {
      udpnat_noise_split (fixture->pair.initiator, send_key, receive_key);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!udpnat_crypto_init ())
    return 1;

  g_test_add_func ("/crypto-noise/vectors/ik", test_vector_ik);
  g_test_add_func ("/crypto-noise/vectors/x", test_vector_x);
  g_test_add_func ("/crypto-noise/vectors/x-psk1", test_vector_x_psk1);
  ADD ("/crypto-noise/forged/first-message-any-bit", test_first_any_bit);
  ADD ("/crypto-noise/forged/second-message-any-bit-then-the-genuine-one", test_second_any_bit);
  ADD ("/crypto-noise/forged/truncated-at-every-length", test_truncated);
  ADD ("/crypto-noise/forged/random-bytes", test_random_bytes);
  ADD ("/crypto-noise/forged/not-due", test_not_due);
  ADD ("/crypto-noise/forged/other-prologue", test_other_prologue);
  ADD ("/crypto-noise/forged/other-pattern", test_other_pattern);
  ADD ("/crypto-noise/forged/other-responder", test_other_responder);
  ADD ("/crypto-noise/worthless/static-key-of-small-order", test_worthless_static);
  ADD ("/crypto-noise/worthless/forger-passes-with-a-good-key", test_forgery_with_good_key);
  ADD ("/crypto-noise/worthless/ephemeral-key-of-small-order", test_worthless_ephemeral);
  ADD ("/crypto-noise/psk/any-bit-wrong-is-unreadable", test_psk_any_bit);
  ADD ("/crypto-noise/psk/forged-then-the-genuine-one", test_psk_second_try);
  ADD ("/crypto-noise/psk/missing-stops-the-program", test_psk_missing);
  ADD ("/crypto-noise/psk/of-another-pattern-stops-the-program", test_psk_of_other_pattern);
  ADD ("/crypto-noise/write/buffer-too-small", test_write_too_small);
  ADD ("/crypto-noise/write/longest-and-one-more", test_write_longest);
  ADD ("/crypto-noise/write/empty-payload", test_empty_payload);
  ADD ("/crypto-noise/read/in-place", test_read_in_place);
  ADD ("/crypto-noise/split/crosswise-the-same", test_keys_differ);
  ADD ("/crypto-noise/split/too-early-stops-the-program", test_split_too_early);

  return g_test_run ();
}
