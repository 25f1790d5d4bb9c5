#include "config.h"

#include "udpnat-symmetric-private.h"

#include "udpnat-seal.h"

#include <sodium.h>
#include <string.h>

/* What a Noise handshake hashes and encrypts with; which keys are mixed in, and when, is
 * udpnat-noise.c's business. Noise revision 34, sections 4.3 (HKDF), 5.1 and 5.2, with SHA-256 and
 * ChaChaPoly.
 *
 * Only patterns are supported that have a key before the first encryption, as IK and X do: there
 * is no way to send something in the clear by mistake.
 *
 * mix_key_and_hash() is for pre-shared keys (section 9). */

static void
hmac (const guint8  key[32],
      const guint8 *data,
      gsize         n_data,
      guint8        last,
      guint8        out[32])
{
  crypto_auth_hmacsha256_state state;

  crypto_auth_hmacsha256_init (&state, key, 32);
  crypto_auth_hmacsha256_update (&state, data, n_data);
  if (last != 0)
    crypto_auth_hmacsha256_update (&state, &last, 1);
  crypto_auth_hmacsha256_final (&state, out);
  sodium_memzero (&state, sizeof state);
}

/* HKDF with two outputs. @out_first may be @chaining_key. */
static void
derive (const guint8  chaining_key[32],
        const guint8 *input,
        gsize         n_input,
        guint8        out_first[32],
        guint8        out_second[32])
{
  guint8 temp_key[32];

  hmac (chaining_key, input, n_input, 0, temp_key);
  hmac (temp_key, NULL, 0, 1, out_first);
  hmac (temp_key, out_first, 32, 2, out_second);
  sodium_memzero (temp_key, sizeof temp_key);
}

/* HKDF with three outputs. @out_first may be @chaining_key. */
static void
derive_three (const guint8  chaining_key[32],
              const guint8 *input,
              gsize         n_input,
              guint8        out_first[32],
              guint8        out_second[32],
              guint8        out_third[32])
{
  guint8 temp_key[32];

  hmac (chaining_key, input, n_input, 0, temp_key);
  hmac (temp_key, NULL, 0, 1, out_first);
  hmac (temp_key, out_first, 32, 2, out_second);
  hmac (temp_key, out_second, 32, 3, out_third);
  sodium_memzero (temp_key, sizeof temp_key);
}

static void
hash_onto (const guint8  hash[32],
           const guint8 *data,
           gsize         n_data,
           guint8        out_hash[32])
{
  crypto_hash_sha256_state state;

  crypto_hash_sha256_init (&state);
  crypto_hash_sha256_update (&state, hash, 32);
  crypto_hash_sha256_update (&state, data, n_data);
  crypto_hash_sha256_final (&state, out_hash);
}

/**
 * udpnat_symmetric_init:
 * @protocol_name: hashed when it is longer than a hash, as the names with a modifier are
 */
void
udpnat_symmetric_init (UdpnatSymmetric *self,
                       const char      *protocol_name)
{
  gsize n_name = strlen (protocol_name);

  *self = (UdpnatSymmetric) { 0 };
  if (n_name <= UDPNAT_SYMMETRIC_HASH_BYTES)
    memcpy (self->hash, protocol_name, n_name);
  else
    crypto_hash_sha256 (self->hash, (const guint8 *) protocol_name, n_name);
  memcpy (self->chaining_key, self->hash, sizeof self->chaining_key);
}

/**
 * udpnat_symmetric_mix_key:
 * @input: result of a Diffie-Hellman
 */
void
udpnat_symmetric_mix_key (UdpnatSymmetric *self,
                          const guint8     input[32])
{
  derive (self->chaining_key, input, 32, self->chaining_key, self->key);
  self->has_key = TRUE;
  self->nonce = 0;
}

void
udpnat_symmetric_mix_hash (UdpnatSymmetric *self,
                           const guint8    *data,
                           gsize            n_data)
{
  hash_onto (self->hash, data, n_data, self->hash);
}

/**
 * udpnat_symmetric_mix_key_and_hash:
 * @input: a pre-shared key
 */
void
udpnat_symmetric_mix_key_and_hash (UdpnatSymmetric *self,
                                   const guint8     input[32])
{
  guint8 temp_hash[UDPNAT_SYMMETRIC_HASH_BYTES];

  derive_three (self->chaining_key, input, 32, self->chaining_key, temp_hash, self->key);
  udpnat_symmetric_mix_hash (self, temp_hash, sizeof temp_hash);
  self->has_key = TRUE;
  self->nonce = 0;
  sodium_memzero (temp_hash, sizeof temp_hash);
}

/**
 * udpnat_symmetric_encrypt_and_hash:
 * @out: @n_plain + 16 bytes
 */
void
udpnat_symmetric_encrypt_and_hash (UdpnatSymmetric *self,
                                   const guint8    *plain,
                                   gsize            n_plain,
                                   guint8          *out)
{
  g_assert (self->has_key);

  udpnat_seal (self->key, self->nonce++, self->hash, sizeof self->hash, plain, n_plain, out);
  udpnat_symmetric_mix_hash (self, out, n_plain + UDPNAT_SYMMETRIC_TAG_BYTES);
}

/**
 * udpnat_symmetric_decrypt_and_hash:
 * @sealed: (array length=n_sealed): not trusted
 * @out: @n_sealed - 16 bytes; may be @sealed
 *
 * Returns: %FALSE when it is forged; the state is then of no more use
 */
gboolean
udpnat_symmetric_decrypt_and_hash (UdpnatSymmetric *self,
                                   const guint8    *sealed,
                                   gsize            n_sealed,
                                   guint8          *out)
{
  guint8 next_hash[UDPNAT_SYMMETRIC_HASH_BYTES];

  g_assert (self->has_key);

  /* First, since decrypting in place destroys what has to be hashed. */
  hash_onto (self->hash, sealed, n_sealed, next_hash);
  if (!udpnat_open (self->key, self->nonce++, self->hash, sizeof self->hash, sealed, n_sealed, out))
    return FALSE;

  memcpy (self->hash, next_hash, sizeof self->hash);

  return TRUE;
}

/**
 * udpnat_symmetric_split:
 * @out_first: key for what the initiator sends
 * @out_second: key for what the responder sends
 *
 * Wipes the chaining key, so that nothing can be derived from this state any more.
 */
void
udpnat_symmetric_split (UdpnatSymmetric *self,
                        guint8           out_first[32],
                        guint8           out_second[32])
{
  derive (self->chaining_key, NULL, 0, out_first, out_second);
  sodium_memzero (self->chaining_key, sizeof self->chaining_key);
  sodium_memzero (self->key, sizeof self->key);
  self->has_key = FALSE;
}
