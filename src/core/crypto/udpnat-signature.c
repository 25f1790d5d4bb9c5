#include "config.h"

#include "udpnat-signature.h"

#include <sodium.h>
#include <string.h>

/* Signatures with the key that somebody is known by, which is one for Diffie-Hellman (RFC 7748).
 * The same secret number is taken as an Ed25519 scalar, as XEdDSA (Signal, revision 1) does: so
 * there is no second key to be kept, told or mixed up. Unlike there the Ed25519 form of the public
 * key travels with its sign, and is turned into the X25519 form by the receiver. What is signed is
 * checked by any Ed25519 verifier (RFC 8032 section 5.1.7) over label, a zero byte, and data.
 *
 * The nonce comes from secret, data and 64 random bytes: it stays secret should the random bytes be
 * known, and differs should the same data be signed twice.
 *
 * PROTOCOL.md, "Beacons". */

G_STATIC_ASSERT (UDPNAT_SIGNING_KEY_BYTES == crypto_core_ed25519_BYTES);
G_STATIC_ASSERT (UDPNAT_SIGNATURE_BYTES == crypto_sign_BYTES);
G_STATIC_ASSERT (crypto_core_ed25519_NONREDUCEDSCALARBYTES == crypto_hash_sha512_BYTES);

#define NONCE_RANDOM_BYTES 64
static const char nonce_label[] = "udpnat signature nonce";

/* What Diffie-Hellman makes of a secret (RFC 7748 section 5). */
static void
get_scalar (const UdpnatIdentity *identity,
            guint8                out_scalar[crypto_core_ed25519_SCALARBYTES])
{
  memcpy (out_scalar, udpnat_identity_get_secret (identity), crypto_core_ed25519_SCALARBYTES);
  out_scalar[0] &= 248;
  out_scalar[31] &= 127;
  out_scalar[31] |= 64;
}

static void
reduce (const guint8 *hash,
        guint8        out_scalar[crypto_core_ed25519_SCALARBYTES])
{
  crypto_core_ed25519_scalar_reduce (out_scalar, hash);
}

/**
 * udpnat_signing_key_from_identity:
 * @out_key: (out): to be told together with a signature
 */
void
udpnat_signing_key_from_identity (const UdpnatIdentity *identity,
                                  UdpnatSigningKey     *out_key)
{
  guint8 scalar[crypto_core_ed25519_SCALARBYTES];
  UdpnatPublicKey check;
  gboolean is_own;
  int failed;

  get_scalar (identity, scalar);
  failed = crypto_scalarmult_ed25519_base_noclamp (out_key->bytes, scalar);
  sodium_memzero (scalar, sizeof scalar);
  g_assert (failed == 0);
  is_own = udpnat_signing_key_to_public_key (out_key, &check)
           && udpnat_public_key_equal (&check, udpnat_identity_get_public_key (identity));
  g_assert (is_own);
}

/**
 * udpnat_signing_key_to_public_key:
 * @self: not trusted
 * @out_key: (out): who signs with @self
 *
 * Returns: %FALSE when @self is no key that anybody could sign with
 */
gboolean
udpnat_signing_key_to_public_key (const UdpnatSigningKey *self,
                                  UdpnatPublicKey        *out_key)
{
  return crypto_core_ed25519_is_valid_point (self->bytes) != 0
         && crypto_sign_ed25519_pk_to_curve25519 (out_key->bytes, self->bytes) == 0;
}

static void
hash_message (crypto_hash_sha512_state *state,
              const char               *label,
              const guint8             *data,
              gsize                     n_data)
{
  crypto_hash_sha512_update (state, (const guint8 *) label, strlen (label) + 1);
  crypto_hash_sha512_update (state, data, n_data);
}

static void
make_nonce (const UdpnatRandom *random,
            const guint8       *scalar,
            const char         *label,
            const guint8       *data,
            gsize               n_data,
            guint8              out_nonce[crypto_core_ed25519_SCALARBYTES])
{
  crypto_hash_sha512_state state;
  guint8 fresh[NONCE_RANDOM_BYTES];
  guint8 hash[crypto_hash_sha512_BYTES];

  udpnat_random_fill (random, fresh, sizeof fresh);
  crypto_hash_sha512_init (&state);
  crypto_hash_sha512_update (&state, (const guint8 *) nonce_label, sizeof nonce_label);
  crypto_hash_sha512_update (&state, scalar, crypto_core_ed25519_SCALARBYTES);
  crypto_hash_sha512_update (&state, fresh, sizeof fresh);
  hash_message (&state, label, data, n_data);
  crypto_hash_sha512_final (&state, hash);
  reduce (hash, out_nonce);
  sodium_memzero (&state, sizeof state);
  sodium_memzero (hash, sizeof hash);
  sodium_memzero (fresh, sizeof fresh);
}

/* RFC 8032 section 5.1.6, step 4. */
static void
make_challenge (const guint8           *commitment,
                const UdpnatSigningKey *key,
                const char             *label,
                const guint8           *data,
                gsize                   n_data,
                guint8                  out_challenge[crypto_core_ed25519_SCALARBYTES])
{
  crypto_hash_sha512_state state;
  guint8 hash[crypto_hash_sha512_BYTES];

  crypto_hash_sha512_init (&state);
  crypto_hash_sha512_update (&state, commitment, crypto_core_ed25519_BYTES);
  crypto_hash_sha512_update (&state, key->bytes, sizeof key->bytes);
  hash_message (&state, label, data, n_data);
  crypto_hash_sha512_final (&state, hash);
  reduce (hash, out_challenge);
}

/**
 * udpnat_signature_make:
 * @label: what kind of thing is signed, so that a signature never counts for another kind
 * @out_signature: (out): R and S of RFC 8032, under udpnat_signing_key_from_identity()
 */
void
udpnat_signature_make (const UdpnatIdentity *identity,
                       const UdpnatRandom   *random,
                       const char           *label,
                       const guint8         *data,
                       gsize                 n_data,
                       guint8                out_signature[UDPNAT_SIGNATURE_BYTES])
{
  guint8 wide[crypto_core_ed25519_NONREDUCEDSCALARBYTES] = { 0 };
  guint8 secret[crypto_core_ed25519_SCALARBYTES];
  guint8 nonce[crypto_core_ed25519_SCALARBYTES];
  guint8 challenge[crypto_core_ed25519_SCALARBYTES];
  UdpnatSigningKey key;
  int failed;

  udpnat_signing_key_from_identity (identity, &key);
  get_scalar (identity, wide);
  make_nonce (random, wide, label, data, n_data, nonce);
  failed = crypto_scalarmult_ed25519_base_noclamp (out_signature, nonce);
  g_assert (failed == 0); /* a nonce of zero: once in 2^252 */
  make_challenge (out_signature, &key, label, data, n_data, challenge);

  reduce (wide, secret);
  crypto_core_ed25519_scalar_mul (secret, challenge, secret);
  crypto_core_ed25519_scalar_add (out_signature + crypto_core_ed25519_BYTES, secret, nonce);
  sodium_memzero (wide, sizeof wide);
  sodium_memzero (secret, sizeof secret);
  sodium_memzero (nonce, sizeof nonce);
}

/**
 * udpnat_signature_verify:
 * @key: not trusted
 * @signature: not trusted
 *
 * Returns: whether the owner of @key has signed @data as a @label
 */
gboolean
udpnat_signature_verify (const UdpnatSigningKey *key,
                         const char             *label,
                         const guint8           *data,
                         gsize                   n_data,
                         const guint8            signature[UDPNAT_SIGNATURE_BYTES])
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  g_byte_array_append (message, (const guint8 *) label, strlen (label) + 1);
  g_byte_array_append (message, data, n_data);
  return crypto_sign_verify_detached (signature, message->data, message->len, key->bytes) == 0;
}
