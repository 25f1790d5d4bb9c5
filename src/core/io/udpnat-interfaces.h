#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatInterface:
 * @index: the system's number for it
 * @has_ipv4: it has an IPv4 address, the first of which is @ipv4
 * @has_ipv6: it has a link-local IPv6 address
 *
 * A network that this machine is on, where others may hear it.
 */
typedef struct
{
  guint32       index;
  gboolean      has_ipv4;
  gboolean      has_ipv6;
  UdpnatAddress ipv4;
} UdpnatInterface;

guint udpnat_interfaces_get_addresses (UdpnatAddress *out_addresses,
                                       guint          n_max);
gboolean udpnat_interfaces_has_route (UdpnatFamily family);
guint udpnat_interfaces_get_multicast (const UdpnatAddress *only,
                                       UdpnatInterface     *out_interfaces,
                                       guint                n_max);

G_END_DECLS
