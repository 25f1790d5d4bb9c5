#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatNatMapping:
 *
 * What our own NAT does with ports (RFC 4787, 4.1), from how the server's two ports see our one
 * socket. Initialise with udpnat_nat_mapping_init() or zeros. The members are its own business.
 */
typedef struct
{
  UdpnatAddress observed[2][2]; /* [0: IPv4, 1: IPv6][server port] */
  guint8        verdict[2];
} UdpnatNatMapping;

void   udpnat_nat_mapping_init (UdpnatNatMapping       *self);
void   udpnat_nat_mapping_add  (UdpnatNatMapping       *self,
                                guint                   server_port,
                                const UdpnatAddress    *observed);
guint8 udpnat_nat_mapping_get  (const UdpnatNatMapping *self);

G_END_DECLS
