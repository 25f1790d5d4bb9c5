#pragma once

#include "udpnat-server-config.h"
#include "udpnat-socket.h"

G_BEGIN_DECLS

/**
 * UdpnatServerSockets:
 * @by_id: by #UdpnatSocketId; %NULL where there is none
 *
 * The ports that a server listens on: one; two, so that clients can test their router; or these two
 * on each of two IP addresses, for RFC 5780.
 */
typedef struct
{
  UdpnatSocket *by_id[UDPNAT_N_NAMED_SOCKETS];
} UdpnatServerSockets;

gboolean udpnat_server_sockets_open          (UdpnatServerSockets       *self,
                                              const UdpnatServerConfig  *config,
                                              GError                   **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_sockets_close         (UdpnatServerSockets       *self);
guint16  udpnat_server_sockets_get_port      (const UdpnatServerSockets *self,
                                              UdpnatSocketId             id);
void     udpnat_server_sockets_get_addresses (const UdpnatServerSockets *self,
                                              const UdpnatServerConfig  *config,
                                              UdpnatAddress out_addresses[UDPNAT_N_NAMED_SOCKETS]);

G_END_DECLS
