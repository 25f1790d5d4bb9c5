#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What udpnat_socket_new() opens; a part of UdpnatSocket, for this folder only. */
typedef struct
{
  GSocket *ipv4; /* (nullable) */
  GSocket *ipv6; /* (nullable) */
  guint16  port; /* of both */
} UdpnatSocketPair;

gboolean udpnat_socket_pair_open (UdpnatSocketPair *self,
                                  const char       *ip,
                                  guint16           port,
                                  guint             n_more_ports,
                                  GError          **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
