#pragma once

#include "udpnat-identity.h"
#include "udpnat-noise.h"
#include "udpnat-seal.h"

G_BEGIN_DECLS

/* What a letter has beside its data: see udpnat_sealed_get_bytes(). */
#define UDPNAT_SEALED_VERSION 1
#define UDPNAT_SEALED_HEADER_BYTES (1 + 8) /* version, prekey id */
#define UDPNAT_SEALED_PREKEY_OVERHEAD_BYTES UDPNAT_KEY_BYTES
#define UDPNAT_SEALED_LENGTH_BYTES 4
/* Lengths are rounded up to this, so that the server cannot tell "yes" from "no". */
#define UDPNAT_SEALED_PADDING_BYTES 256
/* Plaintext of every chunk but the last, which may have less: the longest message of Noise, less
 * its tag. */
#define UDPNAT_SEALED_CHUNK_BYTES (UDPNAT_NOISE_MESSAGE_MAX_BYTES - UDPNAT_SEAL_TAG_BYTES)

/* The longest letter is 258 steps of padding in two chunks. */
#define UDPNAT_SEALED_DATA_MAX_BYTES \
  (258 * UDPNAT_SEALED_PADDING_BYTES - UDPNAT_SEALED_LENGTH_BYTES)
#define UDPNAT_SEALED_MAX_BYTES \
  (UDPNAT_SEALED_HEADER_BYTES + UDPNAT_SEALED_PREKEY_OVERHEAD_BYTES + \
   UDPNAT_NOISE_FIRST_OVERHEAD_BYTES + UDPNAT_SEALED_LENGTH_BYTES + UDPNAT_SEALED_DATA_MAX_BYTES + \
   2 * UDPNAT_SEAL_TAG_BYTES)

/**
 * UdpnatSealedPrekey:
 * @id: its name at the recipient; not 0
 * @key: its public half
 *
 * A one-time key that the recipient gave to the sender alone, inside a session or a letter.
 */
typedef struct
{
  guint64         id;
  UdpnatPublicKey key;
} UdpnatSealedPrekey;

gsize    udpnat_sealed_get_bytes     (gsize                     n_data,
                                      gboolean                  has_prekey);
gboolean udpnat_sealed_write         (const UdpnatIdentity     *from,
                                      const UdpnatPublicKey    *to,
                                      const UdpnatSealedPrekey *prekey,
                                      const UdpnatRandom       *random,
                                      const guint8             *data,
                                      gsize                     n_data,
                                      GByteArray               *out) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_sealed_get_prekey_id (const guint8             *sealed,
                                      gsize                     n_sealed,
                                      guint64                  *out_id) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_sealed_open          (const UdpnatIdentity     *self,
                                      const guint8             *prekey_secret,
                                      const guint8             *sealed,
                                      gsize                     n_sealed,
                                      UdpnatPublicKey          *out_from,
                                      GByteArray               *out) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
