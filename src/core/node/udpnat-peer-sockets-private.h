#pragma once

#include "udpnat-peer-private.h"

G_BEGIN_DECLS

/* A second socket for one peer. */
void           udpnat_peer_get_local          (const UdpnatPeer      *self,
                                               UdpnatCandidates      *out_local);
void           udpnat_peer_ask_for_socket     (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_nat_tested  (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_adopt_socket       (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               UdpnatSocketId         socket);
gboolean       udpnat_peer_handle_stun        (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               const UdpnatDatagram  *datagram);
gint64         udpnat_peer_get_query_deadline (const UdpnatPeer      *self);
void           udpnat_peer_handle_query_deadline (UdpnatPeer         *self,
                                               gint64                 now_us);
gboolean       udpnat_peer_pump_socket        (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_add_own_candidates (const UdpnatPeer      *self,
                                               UdpnatCandidates      *local);
gint64         udpnat_node_get_binding_life   (const UdpnatNode      *self);
gint64         udpnat_peer_get_rotation_due   (const UdpnatPeer      *self);
void           udpnat_peer_rotate             (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_follow_rotation    (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_restore_socket     (UdpnatPeer            *self);
void           udpnat_peer_forget_socket      (UdpnatPeer            *self,
                                               gint64                 now_us);

G_END_DECLS
