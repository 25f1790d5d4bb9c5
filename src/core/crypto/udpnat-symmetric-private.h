#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SYMMETRIC_HASH_BYTES 32
#define UDPNAT_SYMMETRIC_TAG_BYTES 16

/**
 * UdpnatSymmetric:
 *
 * CipherState and SymmetricState of a Noise handshake (revision 34, sections 5.1 and 5.2) in one. A
 * value: a copy is a way back. Holds keys: wipe it with sodium_memzero().
 */
typedef struct
{
  guint8   chaining_key[UDPNAT_SYMMETRIC_HASH_BYTES];
  guint8   hash[UDPNAT_SYMMETRIC_HASH_BYTES];
  guint8   key[32];
  gboolean has_key;
  guint64  nonce;
} UdpnatSymmetric;

void     udpnat_symmetric_init             (UdpnatSymmetric *self,
                                            const char      *protocol_name);
void     udpnat_symmetric_mix_key          (UdpnatSymmetric *self,
                                            const guint8     input[32]);
void     udpnat_symmetric_mix_hash         (UdpnatSymmetric *self,
                                            const guint8    *data,
                                            gsize            n_data);
void     udpnat_symmetric_mix_key_and_hash (UdpnatSymmetric *self,
                                            const guint8     input[32]);
void     udpnat_symmetric_encrypt_and_hash (UdpnatSymmetric *self,
                                            const guint8    *plain,
                                            gsize            n_plain,
                                            guint8          *out);
gboolean udpnat_symmetric_decrypt_and_hash (UdpnatSymmetric *self,
                                            const guint8    *sealed,
                                            gsize            n_sealed,
                                            guint8          *out) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_symmetric_split            (UdpnatSymmetric *self,
                                            guint8           out_first[32],
                                            guint8           out_second[32]);

G_END_DECLS
