#pragma once

#include <gnutls/gnutls.h>

#include "udpnat-tunnel-tls.h"

G_BEGIN_DECLS

gnutls_session_t udpnat_tunnel_tls_start (UdpnatTunnelTls *self,
                                          int              fd,
                                          const char      *host);

G_END_DECLS
