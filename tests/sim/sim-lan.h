#pragma once

#include "udpnat-lan.h"
#include "udpnat-node.h"

#include "sim-host.h"

G_BEGIN_DECLS

/**
 * SimLan:
 *
 * Beacons beside a node: both machines as one, for a host whose second port is that of beacons. It
 * does what the program does with what they tell (client/udpnat-client-lan.c).
 */
typedef struct
{
  UdpnatMachine machine; /* first */
  UdpnatNode   *node;    /* borrowed */
  UdpnatLan    *lan;     /* NULL while it does not run */
} SimLan;

UdpnatMachine *sim_lan_mount (SimLan               *self,
                              UdpnatNode           *node,
                              UdpnatLan            *lan);
void           sim_lan_clear (SimLan               *self);

G_END_DECLS
