#pragma once

#include <gio/gio.h>

#include "udpnat-io-error.h"
#include "udpnat-machine.h"
#include "udpnat-nat64.h"

G_BEGIN_DECLS

/* How many datagrams one system call moves. */
#define UDPNAT_SOCKET_BATCH 64

/**
 * UdpnatSocket:
 *
 * One UDP port of this program: an IPv4 socket, an IPv6 socket, or one of each with the same port
 * number.
 */
typedef struct _UdpnatSocket UdpnatSocket;

/**
 * UdpnatSocketStats:
 * @received: datagrams handed to the caller
 * @sent: datagrams that the kernel took
 * @oversize: received datagrams longer than %UDPNAT_DATAGRAM_MAX_BYTES, dropped
 * @dropped: datagrams not sent because the send buffer was full
 * @failed: datagrams that the kernel refused (no route, no such family, firewall)
 */
typedef struct
{
  guint64 received;
  guint64 sent;
  guint64 oversize;
  guint64 dropped;
  guint64 failed;
} UdpnatSocketStats;

UdpnatSocket     *udpnat_socket_new           (const char           *ip,
                                               guint16               port,
                                               guint                 n_more_ports,
                                               GError              **error)
                                               G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_socket_free          (UdpnatSocket         *self);
void              udpnat_socket_set_nat64     (UdpnatSocket         *self,
                                               const UdpnatNat64Prefix *prefix);
void              udpnat_socket_join_input    (UdpnatSocket         *self);
gboolean          udpnat_socket_has_input     (const UdpnatSocket   *self);
guint16           udpnat_socket_get_port      (const UdpnatSocket   *self);
GSocket          *udpnat_socket_get_ipv4      (const UdpnatSocket   *self);
GSocket          *udpnat_socket_get_ipv6      (const UdpnatSocket   *self);
guint             udpnat_socket_get_fds       (const UdpnatSocket   *self,
                                               int                   out_fds[2]);
guint             udpnat_socket_receive_batch (UdpnatSocket         *self,
                                               UdpnatDatagram       *out_datagrams,
                                               guint                 n_max)
                                               G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_socket_send          (UdpnatSocket         *self,
                                               const UdpnatDatagram *datagrams,
                                               guint                 n_datagrams);
UdpnatSocketStats udpnat_socket_get_stats     (const UdpnatSocket   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSocket, udpnat_socket_free)

G_END_DECLS
