#pragma once

#include "udpnat-identity.h"

G_BEGIN_DECLS

#define UDPNAT_SIGNING_KEY_BYTES 32
#define UDPNAT_SIGNATURE_BYTES 64

/**
 * UdpnatSigningKey:
 *
 * The Ed25519 form of an X25519 public key: what a signature is checked with. Two of them, of
 * opposite sign, belong to one #UdpnatPublicKey; only its owner can sign for either.
 */
typedef struct
{
  guint8 bytes[UDPNAT_SIGNING_KEY_BYTES];
} UdpnatSigningKey;

void     udpnat_signing_key_from_identity (const UdpnatIdentity   *identity,
                                           UdpnatSigningKey       *out_key);
gboolean udpnat_signing_key_to_public_key (const UdpnatSigningKey *self,
                                           UdpnatPublicKey        *out_key)
  G_GNUC_WARN_UNUSED_RESULT;

void     udpnat_signature_make            (const UdpnatIdentity   *identity,
                                           const UdpnatRandom     *random,
                                           const char             *label,
                                           const guint8           *data,
                                           gsize                   n_data,
                                           guint8                  out_signature
                                             [UDPNAT_SIGNATURE_BYTES]);
gboolean udpnat_signature_verify          (const UdpnatSigningKey *key,
                                           const char             *label,
                                           const guint8           *data,
                                           gsize                   n_data,
                                           const guint8            signature
                                             [UDPNAT_SIGNATURE_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
