#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatNat64Prefix:
 * @ip: the IPv6 addresses that begin like this stand for IPv4 addresses
 * @n_bits: 32, 40, 48, 56, 64 or 96; 0: there are none
 *
 * How a network without IPv4 reaches the IPv4 Internet: a router that translates (NAT64, RFC 6146),
 * and a prefix for all that is behind it (RFC 6052).
 */
typedef struct
{
  guint8 ip[16];
  guint8 n_bits;
} UdpnatNat64Prefix;

void     udpnat_nat64_embed       (const UdpnatNat64Prefix *prefix,
                                   const UdpnatAddress     *ipv4,
                                   UdpnatAddress           *out_ipv6);
gboolean udpnat_nat64_extract     (const UdpnatNat64Prefix *prefix,
                                   const UdpnatAddress     *ipv6,
                                   UdpnatAddress           *out_ipv4);
gboolean udpnat_nat64_find_prefix (const UdpnatAddress     *answer,
                                   UdpnatNat64Prefix       *out_prefix);

G_END_DECLS
