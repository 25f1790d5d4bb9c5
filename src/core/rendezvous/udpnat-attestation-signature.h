#pragma once

#include "udpnat-attestation.h"
#include "udpnat-identity.h"

G_BEGIN_DECLS

void     udpnat_attestation_sign   (UdpnatAttestation       *self,
                                    const UdpnatIdentity    *server,
                                    const UdpnatRandom      *random,
                                    const UdpnatPublicKey   *client_key);
gboolean udpnat_attestation_verify (const UdpnatAttestation *self,
                                    const UdpnatPublicKey   *server_key,
                                    const UdpnatPublicKey   *client_key)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
