#pragma once

#include "udpnat-machine.h"
#include "udpnat-socket.h"

G_BEGIN_DECLS

/**
 * UdpnatSocketPool:
 *
 * The sockets that a machine numbers itself, from %UDPNAT_SOCKET_FURTHER on: opened by what is sent
 * by them, closed by an empty datagram. However many there are, the main loop polls one descriptor.
 */
typedef struct _UdpnatSocketPool UdpnatSocketPool;

UdpnatSocketPool *udpnat_socket_pool_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_socket_pool_free          (UdpnatSocketPool       *self);
void              udpnat_socket_pool_set_nat64     (UdpnatSocketPool       *self,
                                                    const UdpnatNat64Prefix *prefix);
int               udpnat_socket_pool_get_fd        (const UdpnatSocketPool *self);
guint             udpnat_socket_pool_get_count     (const UdpnatSocketPool *self);
guint             udpnat_socket_pool_receive_batch (UdpnatSocketPool       *self,
                                                    UdpnatDatagram         *out_datagrams,
                                                    guint                   n_max)
                                                    G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_socket_pool_send          (UdpnatSocketPool       *self,
                                                    const UdpnatDatagram   *datagrams,
                                                    guint                   n_datagrams);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSocketPool, udpnat_socket_pool_free)

G_END_DECLS
