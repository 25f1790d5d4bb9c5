#pragma once

#include "udpnat-tunnel.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UdpnatTunnelDialer:
 *
 * A client's side of the tunnel: there is none until something is sent. It is reached at the port
 * that was set, and when that is %UDPNAT_SERVER_PORT also at %UDPNAT_TUNNEL_PORT, whichever answers
 * first, through the proxies that the environment or the system names.
 */
typedef struct _UdpnatTunnelDialer UdpnatTunnelDialer;

UdpnatTunnelDialer *udpnat_tunnel_dialer_new        (void) G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_tunnel_dialer_free       (UdpnatTunnelDialer *self);
void                udpnat_tunnel_dialer_set_server (UdpnatTunnelDialer *self,
                                                     const char         *host,
                                                     guint16             port);
void                udpnat_tunnel_dialer_set_proxy  (UdpnatTunnelDialer *self,
                                                     GProxyResolver     *resolver);
GProxyResolver     *udpnat_tunnel_dialer_get_proxy  (UdpnatTunnelDialer *self);
UdpnatTunnel       *udpnat_tunnel_dialer_get_tunnel (UdpnatTunnelDialer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTunnelDialer, udpnat_tunnel_dialer_free)

G_END_DECLS
