#pragma once

#include "udpnat-attestation.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

typedef struct
{
  guint8 bytes[UDPNAT_ATTESTATION_NONCE_BYTES];
} UdpnatAttestNonce;

/* udpnat-rendezvous-client-attest.c */
gboolean udpnat_rendezvous_client_handle_attestation (UdpnatRendezvousClient   *self,
                                                      const UdpnatMessageView  *message);
void     udpnat_rendezvous_client_send_attests       (UdpnatRendezvousClient   *self);

G_END_DECLS
