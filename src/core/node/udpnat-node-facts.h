#pragma once

#include "udpnat-nat-facts.h"
#include "udpnat-node.h"
#include "udpnat-path-facts.h"

G_BEGIN_DECLS

/* What views ask of a node */
gboolean               udpnat_node_get_path_facts     (const UdpnatNode      *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       UdpnatPathFacts       *out_facts);
void                   udpnat_node_get_network_facts  (const UdpnatNode      *self,
                                                       UdpnatNetworkFacts    *out_facts);
void                   udpnat_node_get_nat_facts      (const UdpnatNode      *self,
                                                       UdpnatNatFacts        *out_facts);
void                   udpnat_node_reach              (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key);
void                   udpnat_node_measure            (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key);

G_END_DECLS
