#pragma once

#include "udpnat-key.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatIdentity:
 *
 * X25519 key pair. The secret half lives in guarded memory (sodium_malloc: kept out of swap and
 * core dumps where the system allows it) and is wiped when freed.
 */
typedef struct _UdpnatIdentity UdpnatIdentity;

gboolean udpnat_crypto_init (void) G_GNUC_WARN_UNUSED_RESULT;

UdpnatIdentity *udpnat_identity_new_from_secret (const guint8          secret[UDPNAT_KEY_BYTES]);
UdpnatIdentity *udpnat_identity_generate        (const UdpnatRandom   *random);
UdpnatIdentity *udpnat_identity_copy            (const UdpnatIdentity *self);
void            udpnat_identity_free            (UdpnatIdentity       *self);

const UdpnatPublicKey *udpnat_identity_get_public_key (const UdpnatIdentity *self);
const guint8          *udpnat_identity_get_mac1_key   (const UdpnatIdentity *self);
const guint8          *udpnat_identity_get_secret     (const UdpnatIdentity *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatIdentity, udpnat_identity_free)

G_END_DECLS
