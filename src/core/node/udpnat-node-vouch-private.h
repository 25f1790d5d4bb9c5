#pragma once

#include "udpnat-node.h"
#include "udpnat-peer-private.h"
#include "udpnat-search-message.h"

G_BEGIN_DECLS

#define UDPNAT_NODE_VOUCHES_MAX 8

/* A question that the server was asked for somebody. */
typedef struct
{
  guint8          nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  UdpnatPublicKey key;
  gboolean        is_open;
} UdpnatNodeVouchAnswer;

/**
 * UdpnatNodeVouch:
 * @answers: a ring; whoever is overwritten gets no answer, and asks again
 */
typedef struct
{
  UdpnatNodeVouchAnswer answers[UDPNAT_NODE_VOUCHES_MAX];
  guint                 next_answer;
} UdpnatNodeVouch;

void udpnat_node_ask_for_vouch            (UdpnatNode                *self,
                                           gint64                     now_us,
                                           UdpnatPeer                *peer);
void udpnat_node_handle_vouch             (UdpnatNode                *self,
                                           gint64                     now_us,
                                           UdpnatPeer                *peer,
                                           const UdpnatSearchMessage *message);
void udpnat_node_handle_vouch_attestation (UdpnatNode                *self,
                                           const UdpnatAttestation   *attestation);

G_END_DECLS
