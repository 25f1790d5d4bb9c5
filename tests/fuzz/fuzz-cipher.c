/* The seal of a debug cipher: what is inside lies there as it is, with a tag behind it that only
 * the same key, number and header make. Together with tests/sim/sim-fast-crypto.c, whose way of
 * standing in front of libsodium it shares, sealing and handshakes cost next to nothing, and still
 * nobody opens what was changed on its way or sealed with another key.
 *
 * A function may be told of everything that is about to be sealed, and change it: so a packet that
 * says something wrong is right in all else: its number, its tag, and what carries it.
 *
 * Off until fuzz_cipher_set_on(): then libsodium seals; the function is asked all the same. */

#include "config.h"

#include "fuzz-cipher.h"

#include <dlfcn.h>
#include <sodium.h>
#include <string.h>

/* Of Noise: the hash of the handshake. A DATA packet's is its header, which is shorter. */
#define HANDSHAKE_AD_BYTES 32
#define TAG_BYTES crypto_aead_chacha20poly1305_ietf_ABYTES
#define NONCE_BYTES crypto_aead_chacha20poly1305_ietf_NPUBBYTES
#define SUM_BYTES crypto_shorthash_BYTES

static gboolean       is_on;
static FuzzCipherFunc change;
static gpointer       change_data;

void
fuzz_cipher_set_on (gboolean is_wanted)
{
  is_on = is_wanted;
}

void
fuzz_cipher_set_func (FuzzCipherFunc func,
                      gpointer       user_data)
{
  change = func;
  change_data = user_data;
}

/* The real one; looked up once for each function. */
#define REAL(name) \
  ({ static __typeof__ (&name) real; \
     if (real == NULL) \
       real = (__typeof__ (&name)) dlsym (RTLD_NEXT, #name); \
     real; })

/* Both halves of the key go into both halves of the tag. */
static void
make_tag (guint8        out[TAG_BYTES],
          const guint8 *sealed,
          gsize         n_sealed,
          const guint8 *ad,
          gsize         n_ad,
          const guint8 *nonce,
          const guint8 *key)
{
  guint8 all[2 * SUM_BYTES + NONCE_BYTES];

  crypto_shorthash (all, sealed, n_sealed, key);
  crypto_shorthash (all + SUM_BYTES, ad, n_ad, key);
  memcpy (all + 2 * SUM_BYTES, nonce, NONCE_BYTES);
  crypto_shorthash (out, all, sizeof all, key + crypto_shorthash_KEYBYTES);
  crypto_shorthash (out + SUM_BYTES, out, SUM_BYTES, key);
}

int
crypto_aead_chacha20poly1305_ietf_encrypt (unsigned char       *out,
                                           unsigned long long  *out_n,
                                           const unsigned char *plain,
                                           unsigned long long   n_plain,
                                           const unsigned char *ad,
                                           unsigned long long   n_ad,
                                           const unsigned char *unused,
                                           const unsigned char *nonce,
                                           const unsigned char *key)
{
  if (n_plain > 0)
    memmove (out, plain, n_plain);
  if (change != NULL)
    change (n_ad == HANDSHAKE_AD_BYTES, out, n_plain, change_data);
  if (!is_on)
    return REAL (crypto_aead_chacha20poly1305_ietf_encrypt) (out, out_n, out, n_plain, ad, n_ad,
                                                             unused, nonce, key);
  make_tag (out + n_plain, out, n_plain, ad, n_ad, nonce, key);
  if (out_n != NULL)
    *out_n = n_plain + TAG_BYTES;
  return 0;
}

int
crypto_aead_chacha20poly1305_ietf_decrypt (unsigned char       *out,
                                           unsigned long long  *out_n,
                                           unsigned char       *unused,
                                           const unsigned char *sealed,
                                           unsigned long long   n_sealed,
                                           const unsigned char *ad,
                                           unsigned long long   n_ad,
                                           const unsigned char *nonce,
                                           const unsigned char *key)
{
  guint8 tag[TAG_BYTES];
  gsize  n_plain;

  if (!is_on)
    return REAL (crypto_aead_chacha20poly1305_ietf_decrypt) (out, out_n, unused, sealed, n_sealed,
                                                             ad, n_ad, nonce, key);
  if (n_sealed < TAG_BYTES)
    return -1;
  n_plain = n_sealed - TAG_BYTES;
  make_tag (tag, sealed, n_plain, ad, n_ad, nonce, key);
  if (memcmp (tag, sealed + n_plain, TAG_BYTES) != 0)
    return -1;
  if (n_plain > 0)
    memmove (out, sealed, n_plain);
  if (out_n != NULL)
    *out_n = n_plain;
  return 0;
}
