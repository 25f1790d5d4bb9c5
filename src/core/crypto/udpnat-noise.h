#pragma once

#include "udpnat-identity.h"
#include "udpnat-ticket.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

/**
 * UdpnatNoisePattern:
 * @UDPNAT_NOISE_IK: Noise_IK_25519_ChaChaPoly_SHA256, two messages: sessions
 * @UDPNAT_NOISE_X: Noise_X_25519_ChaChaPoly_SHA256, one message: sealed for someone who is away
 * @UDPNAT_NOISE_X_PSK1: Noise_Xpsk1_25519_ChaChaPoly_SHA256, the same with one more secret, mixed
 *   in before the payload
 */
typedef enum
{
  UDPNAT_NOISE_IK,
  UDPNAT_NOISE_X,
  UDPNAT_NOISE_X_PSK1,
} UdpnatNoisePattern;

#define UDPNAT_NOISE_HASH_BYTES 32
#define UDPNAT_NOISE_TAG_BYTES 16
#define UDPNAT_NOISE_PSK_BYTES 32
/* What a message has beside its payload. First one (of all patterns): e, encrypted s, tag. Second
 * one of IK: e, tag. */
#define UDPNAT_NOISE_FIRST_OVERHEAD_BYTES 96
/* Of a resumption the first one has random bytes, ticket, tag; the second one is as IK's. */
#define UDPNAT_NOISE_RESUMING_OVERHEAD_BYTES (32 + UDPNAT_TICKET_BYTES + UDPNAT_NOISE_TAG_BYTES)
#define UDPNAT_NOISE_SECOND_OVERHEAD_BYTES 48
/* Noise revision 34, section 3. */
#define UDPNAT_NOISE_MESSAGE_MAX_BYTES 65535

/**
 * UdpnatNoise:
 *
 * One side of one Noise handshake (revision 34), or of one with a ticket in its place.
 */
typedef struct _UdpnatNoise UdpnatNoise;

UdpnatNoise *udpnat_noise_new_initiator (UdpnatNoisePattern     pattern,
                                         const guint8          *prologue,
                                         gsize                  n_prologue,
                                         const UdpnatIdentity  *local,
                                         const UdpnatPublicKey *remote,
                                         const guint8           ephemeral_secret[UDPNAT_KEY_BYTES]);
UdpnatNoise *udpnat_noise_new_responder (UdpnatNoisePattern     pattern,
                                         const guint8          *prologue,
                                         gsize                  n_prologue,
                                         const UdpnatIdentity  *local,
                                         const guint8           ephemeral_secret[UDPNAT_KEY_BYTES]);
UdpnatNoise *udpnat_noise_new_resuming  (const UdpnatPublicKey *remote,
                                         const UdpnatTicket    *ticket,
                                         const guint8           random[UDPNAT_KEY_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatNoise *udpnat_noise_new_resumed   (const UdpnatPublicKey *local,
                                         const UdpnatPublicKey *remote,
                                         const guint8           secret[UDPNAT_TICKET_SECRET_BYTES],
                                         const guint8           random[UDPNAT_KEY_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_noise_set_psk       (UdpnatNoise           *self,
                                         const guint8           psk[UDPNAT_NOISE_PSK_BYTES]);
void         udpnat_noise_free          (UdpnatNoise           *self);

gboolean udpnat_noise_write       (UdpnatNoise       *self,
                                   const guint8      *payload,
                                   gsize              n_payload,
                                   UdpnatWriter      *out) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_noise_read        (UdpnatNoise       *self,
                                   const guint8      *message,
                                   gsize              n_message,
                                   guint8            *out_payload,
                                   gsize             *out_n_payload) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_noise_is_complete (const UdpnatNoise *self);
void     udpnat_noise_split       (UdpnatNoise       *self,
                                   guint8             send_key[UDPNAT_KEY_BYTES],
                                   guint8             receive_key[UDPNAT_KEY_BYTES]);

const UdpnatPublicKey *udpnat_noise_get_remote_key       (const UdpnatNoise *self);
const guint8          *udpnat_noise_get_remote_ephemeral (const UdpnatNoise *self);
const guint8          *udpnat_noise_get_handshake_hash   (const UdpnatNoise *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatNoise, udpnat_noise_free)

G_END_DECLS
