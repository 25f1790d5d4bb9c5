#pragma once

#include "udpnat-address.h"
#include "udpnat-candidates.h"

G_BEGIN_DECLS

guint udpnat_gather_candidates (const UdpnatAddress *host_addresses,
                                guint                n_host_addresses,
                                guint16              local_port,
                                const UdpnatAddress *reflexive,
                                guint                n_reflexive,
                                const UdpnatAddress *mapped,
                                UdpnatCandidate     *out_candidates);

G_END_DECLS
