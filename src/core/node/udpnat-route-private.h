#pragma once

#include "udpnat-machine.h"

G_BEGIN_DECLS

typedef struct _UdpnatAbroad UdpnatAbroad;

/**
 * UdpnatRoute:
 * @is_relayed: through a server, from @handle; else directly from @address, by our @socket
 * @abroad: (nullable): which server; %NULL: our own
 *
 * How a packet came.
 */
typedef struct
{
  gboolean       is_relayed;
  UdpnatAbroad  *abroad;
  guint32        handle;
  UdpnatSocketId socket;
  UdpnatAddress  address;
} UdpnatRoute;

G_END_DECLS
