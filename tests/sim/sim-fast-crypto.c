#include "config.h"

#include "sim-fast-crypto.h"

#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

/*
 * Public-key cryptography that costs next to nothing, for worlds by the thousand: nine tenths of
 * what a simulated hour costs are multiplications on Curve25519.
 *
 * A program of tests that is linked with this file has its own crypto_scalarmult() and so on, which
 * the dynamic linker prefers to those of libsodium. Nothing of the product knows of it, and no
 * switch in the product leads here. It is off until sim_fast_crypto_set_on(): then everything goes
 * to libsodium.
 *
 * In place of the curve stands the group of numbers modulo its order L, with 1 as base point: a
 * "public key" is the secret itself, modulo L, and a Diffie-Hellman result is a product. So all
 * identities hold that protocols need: a·B = b·A, and for signatures S·1 = R + c·A. Nothing of it
 * is secret, but in the simulator nobody computes with keys that he has not got. All symmetric
 * cryptography stays what it is: whoever has another key, or a changed packet, opens nothing.
 */

static gboolean is_fast;

void
sim_fast_crypto_set_on (gboolean is_on)
{
  is_fast = is_on;
}

gboolean
sim_fast_crypto_is_on (void)
{
  return is_fast;
}

/* The real one; looked up once for each function. */
#define REAL(name) \
  ({ static __typeof__ (&name) real; \
     if (real == NULL) \
       real = (__typeof__ (&name)) dlsym (RTLD_NEXT, #name); \
     real; })

static void
reduce (unsigned char       out[crypto_core_ed25519_SCALARBYTES],
        const unsigned char bytes[crypto_core_ed25519_SCALARBYTES])
{
  unsigned char wide[crypto_core_ed25519_NONREDUCEDSCALARBYTES] = { 0 };

  memcpy (wide, bytes, crypto_core_ed25519_SCALARBYTES);
  crypto_core_ed25519_scalar_reduce (out, wide);
}

/* RFC 7748 section 5; both forms of a key belong to the number that this gives. */
static void
clamp (unsigned char       out[crypto_core_ed25519_SCALARBYTES],
       const unsigned char secret[crypto_core_ed25519_SCALARBYTES])
{
  memcpy (out, secret, crypto_core_ed25519_SCALARBYTES);
  out[0] &= 248;
  out[31] &= 127;
  out[31] |= 64;
}

int
crypto_scalarmult_base (unsigned char       *out,
                        const unsigned char *secret)
{
  unsigned char scalar[crypto_core_ed25519_SCALARBYTES];

  if (!is_fast)
    return REAL (crypto_scalarmult_base) (out, secret);
  clamp (scalar, secret);
  reduce (out, scalar);
  return 0;
}

int
crypto_scalarmult (unsigned char       *out,
                   const unsigned char *secret,
                   const unsigned char *remote)
{
  unsigned char scalar[crypto_core_ed25519_SCALARBYTES];
  unsigned char point[crypto_core_ed25519_SCALARBYTES];

  if (!is_fast)
    return REAL (crypto_scalarmult) (out, secret, remote);
  clamp (scalar, secret);
  reduce (scalar, scalar);
  reduce (point, remote);
  crypto_core_ed25519_scalar_mul (out, scalar, point);
  return sodium_is_zero (out, crypto_core_ed25519_SCALARBYTES) ? -1 : 0;
}

/* ---- Signatures ---- */

int
crypto_scalarmult_ed25519_base_noclamp (unsigned char       *out,
                                        const unsigned char *scalar)
{
  if (!is_fast)
    return REAL (crypto_scalarmult_ed25519_base_noclamp) (out, scalar);
  reduce (out, scalar);
  return 0;
}

int
crypto_core_ed25519_is_valid_point (const unsigned char *point)
{
  unsigned char reduced[crypto_core_ed25519_SCALARBYTES];

  if (!is_fast)
    return REAL (crypto_core_ed25519_is_valid_point) (point);
  reduce (reduced, point);
  return memcmp (reduced, point, sizeof reduced) == 0 &&
         !sodium_is_zero (point, crypto_core_ed25519_SCALARBYTES);
}

int
crypto_sign_ed25519_pk_to_curve25519 (unsigned char       *out,
                                      const unsigned char *key)
{
  if (!is_fast)
    return REAL (crypto_sign_ed25519_pk_to_curve25519) (out, key);
  memcpy (out, key, crypto_core_ed25519_SCALARBYTES);
  return 0;
}

int
crypto_sign_verify_detached (const unsigned char *signature,
                             const unsigned char *data,
                             unsigned long long   n_data,
                             const unsigned char *key)
{
  crypto_hash_sha512_state state;
  unsigned char hash[crypto_hash_sha512_BYTES];
  unsigned char challenge[crypto_core_ed25519_SCALARBYTES];
  unsigned char expected[crypto_core_ed25519_SCALARBYTES];

  if (!is_fast)
    return REAL (crypto_sign_verify_detached) (signature, data, n_data, key);
  crypto_hash_sha512_init (&state);
  crypto_hash_sha512_update (&state, signature, crypto_core_ed25519_BYTES);
  crypto_hash_sha512_update (&state, key, crypto_core_ed25519_BYTES);
  crypto_hash_sha512_update (&state, data, n_data);
  crypto_hash_sha512_final (&state, hash);
  crypto_core_ed25519_scalar_reduce (challenge, hash);
  crypto_core_ed25519_scalar_mul (expected, challenge, key);
  crypto_core_ed25519_scalar_add (expected, expected, signature);
  return memcmp (expected, signature + crypto_core_ed25519_BYTES, sizeof expected) == 0 ? 0 : -1;
}
