#include "config.h"

#include "udpnat-resumption-private.h"

#include "udpnat-seal.h"

#include <sodium.h>
#include <string.h>

/* What a handshake with a ticket seals with, and the keys that come of it (PROTOCOL.md section 2,
 * "Tickets"). In place of Noise's HKDF, which is nine tenths of what a handshake without a
 * Diffie-Hellman would cost, stand keyed BLAKE2b hashes, which need no HMAC around them:
 *
 *   key        = BLAKE2b-256 (secret; label, responder, random, ticket)     seals HS1's payload
 *   key, next  = BLAKE2b-512 (key; label, tag of HS1's payload, random)     seals HS2's payload
 *   keys       = BLAKE2b-512 (next; label, tag of HS2's payload)            of the session
 *
 * Each key seals one thing, so the nonce is 0. The tags bind what was said into what follows: two
 * sides that have the same keys have read the same. */

static const char first_label[] = "udpnat resume 1";
static const char answer_label[] = "udpnat resume 2";
static const char split_label[] = "udpnat resume 3";

#define LABEL_BYTES (sizeof first_label - 1)

static void
hash (const guint8 *data,
      gsize         n_data,
      const guint8  key[32],
      guint8       *out,
      gsize         n_out)
{
  int failed = crypto_generichash (out, n_out, data, n_data, key, 32);

  g_assert (failed == 0);
}

/* Two keys at once. */
static void
hash_twice (const guint8 *data,
            gsize         n_data,
            const guint8  key[32],
            guint8        out_first[32],
            guint8        out_second[32])
{
  guint8 both[64];

  hash (data, n_data, key, both, sizeof both);
  memcpy (out_first, both, 32);
  memcpy (out_second, both + 32, 32);
  sodium_memzero (both, sizeof both);
}

/**
 * udpnat_resumption_begin:
 * @responder: the server's static key
 * @random: the client's, never used before
 */
void
udpnat_resumption_begin (UdpnatResumption      *self,
                         const UdpnatPublicKey *responder,
                         const guint8           secret[UDPNAT_TICKET_SECRET_BYTES],
                         const guint8           random[UDPNAT_RESUMPTION_RANDOM_BYTES],
                         const guint8           ticket[UDPNAT_TICKET_BYTES])
{
  guint8 data[LABEL_BYTES + UDPNAT_KEY_BYTES + UDPNAT_RESUMPTION_RANDOM_BYTES
              + UDPNAT_TICKET_BYTES];
  guint8 *end = data;

  memcpy (end, first_label, LABEL_BYTES);
  end += LABEL_BYTES;
  memcpy (end, responder->bytes, UDPNAT_KEY_BYTES);
  end += UDPNAT_KEY_BYTES;
  memcpy (end, random, UDPNAT_RESUMPTION_RANDOM_BYTES);
  end += UDPNAT_RESUMPTION_RANDOM_BYTES;
  memcpy (end, ticket, UDPNAT_TICKET_BYTES);
  hash (data, sizeof data, secret, self->key, sizeof self->key);
}

/** udpnat_resumption_answer: @random: the server's; the first payload has been sealed or opened */
void
udpnat_resumption_answer (UdpnatResumption *self,
                          const guint8      random[UDPNAT_RESUMPTION_RANDOM_BYTES])
{
  guint8 data[LABEL_BYTES + UDPNAT_RESUMPTION_TAG_BYTES + UDPNAT_RESUMPTION_RANDOM_BYTES];

  memcpy (data, answer_label, LABEL_BYTES);
  memcpy (data + LABEL_BYTES, self->tag, UDPNAT_RESUMPTION_TAG_BYTES);
  memcpy (data + LABEL_BYTES + UDPNAT_RESUMPTION_TAG_BYTES, random,
          UDPNAT_RESUMPTION_RANDOM_BYTES);
  hash_twice (data, sizeof data, self->key, self->key, self->next);
}

/** udpnat_resumption_seal: @out: @n_plain + 16 bytes */
void
udpnat_resumption_seal (UdpnatResumption *self,
                        const guint8     *plain,
                        gsize             n_plain,
                        guint8           *out)
{
  udpnat_seal (self->key, 0, NULL, 0, plain, n_plain, out);
  memcpy (self->tag, out + n_plain, sizeof self->tag);
}

/**
 * udpnat_resumption_open:
 * @sealed: (array length=n_sealed): not trusted; at least 16 bytes
 * @out: @n_sealed - 16 bytes; may be @sealed
 *
 * Returns: %FALSE when it is forged
 */
gboolean
udpnat_resumption_open (UdpnatResumption *self,
                        const guint8     *sealed,
                        gsize             n_sealed,
                        guint8           *out)
{
  /* First, since opening in place may destroy it. */
  memcpy (self->tag, sealed + n_sealed - UDPNAT_RESUMPTION_TAG_BYTES, sizeof self->tag);
  return udpnat_open (self->key, 0, NULL, 0, sealed, n_sealed, out);
}

/**
 * udpnat_resumption_split:
 * @out_first: key for what the client sends
 * @out_second: key for what the server sends
 */
void
udpnat_resumption_split (UdpnatResumption *self,
                         guint8            out_first[32],
                         guint8            out_second[32])
{
  guint8 data[LABEL_BYTES + UDPNAT_RESUMPTION_TAG_BYTES];

  memcpy (data, split_label, LABEL_BYTES);
  memcpy (data + LABEL_BYTES, self->tag, UDPNAT_RESUMPTION_TAG_BYTES);
  hash_twice (data, sizeof data, self->next, out_first, out_second);
  sodium_memzero (self, sizeof *self);
}
