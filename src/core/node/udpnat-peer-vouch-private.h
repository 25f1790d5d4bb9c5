#pragma once

#include "udpnat-attestation.h"

G_BEGIN_DECLS

/**
 * UdpnatPeerVouch:
 * @nonce: of our last question
 * @is_asked: it is not answered
 * @next_ask_us: no other question before
 * @next_answer_us: none of the peer's is answered before
 *
 * How far we and one peer are with having the server vouch for where we are.
 */
typedef struct
{
  guint8   nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  gboolean is_asked;
  gint64   next_ask_us;
  gint64   next_answer_us;
} UdpnatPeerVouch;

G_END_DECLS
