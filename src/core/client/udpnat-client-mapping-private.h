#pragma once

#include "udpnat-client.h"
#include "udpnat-node-event.h"
#include "udpnat-path-facts.h"
#include "udpnat-port-mapper.h"

G_BEGIN_DECLS

/* udpnat-client-mapping.c: a port that our router keeps open */
void          udpnat_client_update_mapping  (UdpnatClient          *self);
void          udpnat_client_leave_mapping   (UdpnatClient          *self);
void          udpnat_client_clear_mapping   (UdpnatClient          *self);
void          udpnat_client_handle_port_refuted (UdpnatClient      *self,
                                             const UdpnatNodeEvent *event);
const char   *udpnat_client_get_mapping_code (UdpnatClient         *self,
                                             UdpnatPortOpening      opening,
                                             const char           **out_protocol);

/* udpnat-client-nat64.c: IPv4 where there is none */
void          udpnat_client_update_nat64    (UdpnatClient          *self);
void          udpnat_client_clear_nat64     (UdpnatClient          *self);

G_END_DECLS
