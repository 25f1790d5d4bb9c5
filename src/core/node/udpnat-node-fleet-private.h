#pragma once

#include "udpnat-node-abroad-private.h"

G_BEGIN_DECLS

/* A server that is one of several with a directory in common: udpnat-node-fleet.c */
void                    udpnat_node_handle_located    (UdpnatNode                  *self,
                                                       gint64                       now_us,
                                                       const UdpnatRendezvousEvent *event);
void                    udpnat_node_handle_fleet_event (UdpnatNode                 *self,
                                                       gint64                       now_us,
                                                       const UdpnatRendezvousEvent *event);
UdpnatRendezvousClient *udpnat_peer_get_mail_server   (const UdpnatPeer            *self);

G_END_DECLS
