#include "config.h"

#include "udpnat-seal.h"

#include <sodium.h>
#include <string.h>

/* ChaCha20-Poly1305 (RFC 8439) with a counter as nonce, laid out as Noise does (revision 34,
 * section 12.3): four zero bytes, then the number in little-endian order. Whoever calls must never
 * use a number twice with one key. */

static void
make_nonce (guint64 number,
            guint8  out_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
  memset (out_nonce, 0, 4);
  for (guint i = 0; i < 8; i++)
    out_nonce[4 + i] = (guint8) (number >> (8 * i));
}

/**
 * udpnat_seal:
 * @number: never used before with @key; less than 2^64 - 1, which Noise keeps for itself
 * @ad: (array length=n_ad) (nullable): authenticated, not encrypted
 * @plain: (array length=n_plain) (nullable): what to seal
 * @out: @n_plain + %UDPNAT_SEAL_TAG_BYTES bytes; may be @plain, but not overlap it in another way
 */
void
udpnat_seal (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
             guint64       number,
             const guint8 *ad,
             gsize         n_ad,
             const guint8 *plain,
             gsize         n_plain,
             guint8       *out)
{
  guint8 nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

  g_assert (number < G_MAXUINT64);

  make_nonce (number, nonce);
  crypto_aead_chacha20poly1305_ietf_encrypt (out, NULL, plain, n_plain, ad, n_ad, NULL, nonce, key);
}

/**
 * udpnat_open:
 * @number: the number it was sealed with; not trusted
 * @ad: (array length=n_ad) (nullable): what must have been authenticated with it
 * @sealed: (array length=n_sealed): not trusted; may be too short
 * @out_plain: @n_sealed - %UDPNAT_SEAL_TAG_BYTES bytes; may be @sealed
 *
 * Returns: %FALSE when it was not sealed with this key, number and additional data; @out_plain is
 *   spoilt then, so whoever opens in place can try one key only
 */
gboolean
udpnat_open (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
             guint64       number,
             const guint8 *ad,
             gsize         n_ad,
             const guint8 *sealed,
             gsize         n_sealed,
             guint8       *out_plain)
{
  guint8 nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

  if (n_sealed < UDPNAT_SEAL_TAG_BYTES || number == G_MAXUINT64)
    return FALSE;

  make_nonce (number, nonce);

  return crypto_aead_chacha20poly1305_ietf_decrypt (out_plain, NULL, NULL, sealed, n_sealed,
                                                    ad, n_ad, nonce, key) == 0;
}
