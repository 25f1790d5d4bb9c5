/* How one page of the database looks on disk when the profile has a passphrase.
 *
 * A page of 4,096 bytes is 4,056 bytes of content, which XChaCha20-Poly1305 encrypts in place, then
 * the nonce (24) and the tag (16). The nonce is random: with 192 bits it never repeats, however
 * often a page is written. What the tag covers besides the content is where the page belongs, so
 * that pages cannot change places:
 *
 *   database: "D", the page's number from 0
 *   log:      "L", the frame's offset in the file, and what the caller binds it to
 *
 * The rest of a frame's header (SQLite's file format, section 4.1) is a checksum of the clear page.
 * It is not stored as it is, because it would confirm a guess of the content. There is no room for
 * a nonce, and SQLite may write two checksums for one place, so it is not masked with a key stream
 * but goes through a permutation of 64 bits: four Feistel rounds with SipHash (Luby and Rackoff).
 *
 * What this cannot do: whoever can write to the disk can put an older state of the file, or of one
 * of its pages, back in its place. */

#include "config.h"

#include "udpnat-page-seal.h"

#include <sodium.h>
#include <string.h>

#define CONTENT_BYTES (UDPNAT_PAGE_BYTES - UDPNAT_PAGE_RESERVED_BYTES)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define AD_MAX_BYTES (1 + 8 + UDPNAT_PAGE_BINDING_BYTES)
#define FEISTEL_ROUNDS 4

G_STATIC_ASSERT (NONCE_BYTES + TAG_BYTES == UDPNAT_PAGE_RESERVED_BYTES);

struct _UdpnatPageSeal /* in guarded memory */
{
  guint8 page_key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
  guint8 mask_key[crypto_shorthash_KEYBYTES];
};

UdpnatPageSeal *
udpnat_page_seal_new (const guint8 key[UDPNAT_KEY_BYTES])
{
  static const char context[crypto_kdf_CONTEXTBYTES] = { 'u', 'd', 'p', 'n', 'a', 't', 'd', 'b' };
  UdpnatPageSeal *self;

  G_STATIC_ASSERT (crypto_kdf_KEYBYTES == UDPNAT_KEY_BYTES);
  if (sodium_init () < 0)
    g_error ("libsodium cannot be used");
  self = sodium_malloc (sizeof *self);
  if (self == NULL)
    g_error ("No memory for a key");
  crypto_kdf_derive_from_key (self->page_key, sizeof self->page_key, 1, context, key);
  crypto_kdf_derive_from_key (self->mask_key, sizeof self->mask_key, 2, context, key);
  return self;
}

void
udpnat_page_seal_free (UdpnatPageSeal *self)
{
  sodium_free (self); /* wipes */
}

static gsize
write_ad (guint64       position,
          const guint8 *binding,
          guint8        out[AD_MAX_BYTES])
{
  guint64 big_endian = GUINT64_TO_BE (position);

  out[0] = binding != NULL ? 'L' : 'D';
  memcpy (out + 1, &big_endian, sizeof big_endian);
  if (binding == NULL)
    return 1 + sizeof big_endian;
  memcpy (out + 1 + sizeof big_endian, binding, UDPNAT_PAGE_BINDING_BYTES);
  return AD_MAX_BYTES;
}

/**
 * udpnat_page_seal_close:
 * @position: number of the page in the database, or offset of the frame in the log
 * @binding: (nullable): %UDPNAT_PAGE_BINDING_BYTES of the log and the frame; %NULL for a page of
 *   the database
 *
 * Returns: %FALSE when @clear uses the bytes that are for nonce and tag; nothing is sealed then
 */
gboolean
udpnat_page_seal_close (const UdpnatPageSeal *self,
                        guint64               position,
                        const guint8         *binding,
                        const guint8          clear[UDPNAT_PAGE_BYTES],
                        guint8                out_sealed[UDPNAT_PAGE_BYTES])
{
  guint8 *nonce = out_sealed + CONTENT_BYTES;
  guint8 ad[AD_MAX_BYTES];
  gsize n_ad = write_ad (position, binding, ad);

  if (!sodium_is_zero (clear + CONTENT_BYTES, UDPNAT_PAGE_RESERVED_BYTES))
    return FALSE;
  randombytes_buf (nonce, NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached (out_sealed, nonce + NONCE_BYTES, NULL, clear,
                                                       CONTENT_BYTES, ad, n_ad, NULL, nonce,
                                                       self->page_key);
  return TRUE;
}

/**
 * udpnat_page_seal_open:
 *
 * Returns: whether the page is whole, was sealed with this key, and belongs there; else @out_clear
 *   is all zeros
 */
gboolean
udpnat_page_seal_open (const UdpnatPageSeal *self,
                       guint64               position,
                       const guint8         *binding,
                       const guint8          sealed[UDPNAT_PAGE_BYTES],
                       guint8                out_clear[UDPNAT_PAGE_BYTES])
{
  const guint8 *nonce = sealed + CONTENT_BYTES;
  guint8 ad[AD_MAX_BYTES];
  gsize n_ad = write_ad (position, binding, ad);

  memset (out_clear + CONTENT_BYTES, 0, UDPNAT_PAGE_RESERVED_BYTES);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached (out_clear, NULL, sealed, CONTENT_BYTES,
                                                           nonce + NONCE_BYTES, ad, n_ad, nonce,
                                                           self->page_key) == 0)
    return TRUE;
  memset (out_clear, 0, CONTENT_BYTES);
  return FALSE;
}

/* ---- The checksum in a frame's header ---- */

static guint32
feistel_round (const UdpnatPageSeal *self,
               guint64               position,
               const guint8         *header,
               guint32               round,
               guint32               half)
{
  guint8 input[8 + 8 + 4 + 4];
  guint8 hash[crypto_shorthash_BYTES];
  guint32 result;

  memcpy (input, &position, 8);
  memcpy (input + 8, header + 8, 8); /* the salts */
  memcpy (input + 16, &round, 4);
  memcpy (input + 20, &half, 4);
  crypto_shorthash (hash, input, sizeof input, self->mask_key);
  memcpy (&result, hash, sizeof result);
  return result;
}

static void
permute (const UdpnatPageSeal *self,
         guint64               position,
         guint8               *header,
         gboolean              is_back)
{
  guint8 *checksum = header + UDPNAT_WAL_FRAME_OPEN_BYTES;
  guint64 tweak = GUINT64_TO_LE (position); /* the same file on any machine */
  guint32 halves[2];

  memcpy (halves, checksum, sizeof halves);
  for (guint32 i = 0; i < FEISTEL_ROUNDS; i++)
    {
      guint32 round = GUINT32_TO_LE (is_back ? FEISTEL_ROUNDS - 1 - i : i);
      guint32 left = halves[0];

      halves[0] = halves[1];
      halves[1] = left ^ feistel_round (self, tweak, header, round, halves[1]);
    }
  /* Halves stand swapped after the last round, so that the way back is the same loop. */
  memcpy (checksum, &halves[1], sizeof halves[1]);
  memcpy (checksum + sizeof halves[1], &halves[0], sizeof halves[0]);
}

/**
 * udpnat_page_seal_mask:
 * @header: (array fixed-size=24): of the frame at offset @position; its checksum is hidden in place
 */
void
udpnat_page_seal_mask (const UdpnatPageSeal *self,
                       guint64               position,
                       guint8               *header)
{
  permute (self, position, header, FALSE);
}

void
udpnat_page_seal_unmask (const UdpnatPageSeal *self,
                         guint64               position,
                         guint8               *header)
{
  permute (self, position, header, TRUE);
}

/**
 * udpnat_page_is_clear_first:
 *
 * Returns: whether @bytes begin a SQLite database that is not encrypted
 */
gboolean
udpnat_page_is_clear_first (const guint8 *bytes,
                            gsize         n_bytes)
{
  return n_bytes >= UDPNAT_PAGE_MAGIC_BYTES &&
         memcmp (bytes, "SQLite format 3", UDPNAT_PAGE_MAGIC_BYTES) == 0;
}
