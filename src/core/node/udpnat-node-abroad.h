#pragma once

#include "udpnat-node.h"

G_BEGIN_DECLS

/* Other people's servers: udpnat-node-abroad.c */
void                   udpnat_node_set_abroad_server  (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *place,
                                                       const UdpnatAddress   *address,
                                                       const UdpnatPublicKey *pinned_key);
void                   udpnat_node_set_peer_server    (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const char            *place,
                                                       gboolean               is_claimed);
void                   udpnat_node_claim_address      (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const char            *name,
                                                       const char            *place);
const char            *udpnat_node_get_peer_name      (const UdpnatNode      *self,
                                                       const UdpnatPublicKey *key);
void                   udpnat_node_forget_abroad_key  (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *place);

G_END_DECLS
