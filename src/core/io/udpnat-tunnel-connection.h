#pragma once

#include <gio/gio.h>

#include "udpnat-tunnel-loop.h"
#include "udpnat-tunnel-tls.h"

G_BEGIN_DECLS

/**
 * UdpnatTunnelConnection:
 *
 * One TCP connection with TLS and datagrams in it, of either side.
 */
typedef struct _UdpnatTunnelConnection UdpnatTunnelConnection;

/**
 * UdpnatTunnelConnectionFuncs:
 * @opened: (nullable): the TLS handshake is done
 * @datagram: one has come
 * @closed: by the other side, by an error or because nothing came for too long: free it now or
 *   later; nothing is told after that
 *
 * What the owner is told, never from within a call of its own. Each may free the connection.
 */
typedef struct
{
  void (*opened)   (UdpnatTunnelConnection *self,
                    gpointer                user_data);
  void (*datagram) (UdpnatTunnelConnection *self,
                    const guint8           *data,
                    gsize                   n_data,
                    gpointer                user_data);
  void (*closed)   (UdpnatTunnelConnection *self,
                    gpointer                user_data);
} UdpnatTunnelConnectionFuncs;

UdpnatTunnelConnection *
         udpnat_tunnel_connection_new     (UdpnatTunnelLoop                  *loop,
                                           GSocketConnection                 *stream,
                                           UdpnatTunnelTls                   *tls,
                                           const char                        *host,
                                           gint64                             idle_us,
                                           const UdpnatTunnelConnectionFuncs *funcs,
                                           gpointer                           user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_tunnel_connection_free    (UdpnatTunnelConnection            *self);
gboolean udpnat_tunnel_connection_is_open (const UdpnatTunnelConnection      *self);
void     udpnat_tunnel_connection_set_idle (UdpnatTunnelConnection           *self,
                                           gint64                             idle_us);
gboolean udpnat_tunnel_connection_send    (UdpnatTunnelConnection            *self,
                                           const guint8                      *data,
                                           gsize                              n_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTunnelConnection, udpnat_tunnel_connection_free)

G_END_DECLS
