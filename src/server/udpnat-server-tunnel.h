#pragma once

#include "udpnat-server-config.h"
#include "udpnat-state-dir.h"
#include "udpnat-tunnel-listener.h"

G_BEGIN_DECLS

gboolean udpnat_server_tunnel_check (const UdpnatServerConfig *config,
                                     GError                  **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_server_tunnel_open  (const UdpnatServerConfig *config,
                                     UdpnatStateDir           *state_dir,
                                     guint16                   udp_port,
                                     UdpnatTunnelListener    **out_listener,
                                     GError                  **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
