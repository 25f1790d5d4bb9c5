#pragma once

#include "udpnat-peer-private.h"

G_BEGIN_DECLS

/* udpnat-node-report.c: what our server is told for its statistics */
void             udpnat_node_report_nat     (UdpnatNode            *self);
void             udpnat_node_report_way     (UdpnatNode            *self,
                                             UdpnatPeer            *peer,
                                             UdpnatPathPhase        before);

G_END_DECLS
