#pragma once

#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * UdpnatSocketJoined:
 *
 * Reads a UDP socket of which the kernel may hand over several datagrams of one sender as one
 * message (UDP_GRO, udp(7)), and takes them apart.
 */
typedef struct _UdpnatSocketJoined UdpnatSocketJoined;

UdpnatSocketJoined *udpnat_socket_joined_new      (int                       fd)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_socket_joined_free     (UdpnatSocketJoined       *self);
gboolean            udpnat_socket_joined_has_more (const UdpnatSocketJoined *self);
guint               udpnat_socket_joined_read     (UdpnatSocketJoined       *self,
                                                   UdpnatDatagram           *out_datagrams,
                                                   guint                     n_max,
                                                   guint64                  *n_oversize)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSocketJoined, udpnat_socket_joined_free)

G_END_DECLS
