#pragma once

#include "udpnat-io-error.h"

G_BEGIN_DECLS

/**
 * UdpnatTunnelTls:
 *
 * One side's part of TLS that its connections share. It hides what is carried from whoever lets
 * only the web through, and proves nothing: the handshake inside does (PROTOCOL.md section 18).
 */
typedef struct _UdpnatTunnelTls UdpnatTunnelTls;

UdpnatTunnelTls *udpnat_tunnel_tls_new_client      (void) G_GNUC_WARN_UNUSED_RESULT;
UdpnatTunnelTls *udpnat_tunnel_tls_new_server      (const char      *certificate,
                                                    const char      *key,
                                                    GError         **error)
                                                    G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_tunnel_tls_free            (UdpnatTunnelTls *self);
char            *udpnat_tunnel_tls_make_self_signed (void) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTunnelTls, udpnat_tunnel_tls_free)

G_END_DECLS
