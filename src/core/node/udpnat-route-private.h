#pragma once

#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * UdpnatRoute:
 * @is_relayed: through the server, from @handle; else directly from @address, by our @socket
 *
 * How a packet came.
 */
typedef struct
{
  gboolean       is_relayed;
  guint32        handle;
  UdpnatSocketId socket;
  UdpnatAddress  address;
} UdpnatRoute;

G_END_DECLS
