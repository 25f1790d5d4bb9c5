#pragma once

#include "udpnat-tunnel-tls.h"
#include "udpnat-tunnel.h"

G_BEGIN_DECLS

/**
 * UdpnatTunnelListener:
 *
 * A server's side of tunnels: TCP ports, and all who have connected to them. What comes from one
 * has a %UDPNAT_FAMILY_TUNNEL address of its own for as long as the connection lives; what is sent
 * to an address whose connection is gone is lost.
 */
typedef struct _UdpnatTunnelListener UdpnatTunnelListener;

UdpnatTunnelListener *udpnat_tunnel_listener_new        (UdpnatTunnelTls            *tls)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_tunnel_listener_free       (UdpnatTunnelListener       *self);
gboolean              udpnat_tunnel_listener_listen     (UdpnatTunnelListener       *self,
                                                         const char                 *ip,
                                                         guint16                     port,
                                                         GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatTunnel         *udpnat_tunnel_listener_get_tunnel (UdpnatTunnelListener       *self);
guint                 udpnat_tunnel_listener_get_count  (const UdpnatTunnelListener *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTunnelListener, udpnat_tunnel_listener_free)

G_END_DECLS
