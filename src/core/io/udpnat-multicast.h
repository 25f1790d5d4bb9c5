#pragma once

#include "udpnat-socket.h"

G_BEGIN_DECLS

/**
 * UdpnatMulticast:
 *
 * A UDP port that all programs of this machine share, for what is said to everybody on the networks
 * that the machine is on: one group for each family, joined on each interface.
 */
typedef struct _UdpnatMulticast UdpnatMulticast;

UdpnatMulticast *udpnat_multicast_new        (const char       *group_ipv4,
                                              const char       *group_ipv6,
                                              guint16           port,
                                              const char       *only_ip,
                                              GError          **error) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_multicast_free       (UdpnatMulticast  *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatMulticast, udpnat_multicast_free)

UdpnatSocket    *udpnat_multicast_get_socket (UdpnatMulticast  *self);
gboolean         udpnat_multicast_refresh    (UdpnatMulticast  *self);
guint            udpnat_multicast_count_interfaces (const UdpnatMulticast *self);

G_END_DECLS
