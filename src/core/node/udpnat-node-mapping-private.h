#pragma once

#include "udpnat-mapping-query.h"
#include "udpnat-node.h"
#include "udpnat-path-facts.h"

G_BEGIN_DECLS

/**
 * UdpnatNodeOpening:
 * @state: %UDPNAT_PORT_OPENING_PROVEN also while it is checked again
 * @external: where the router says it lets everybody in to us; unset: nowhere
 * @query: (nullable): a check is under way
 * @due_us: when the next one begins; %UDPNAT_TIME_NEVER: none is planned
 * @checked_us: when the last one ended
 */
typedef struct
{
  UdpnatPortOpening   state;
  UdpnatAddress       external;
  UdpnatMappingQuery *query;
  gint64              due_us;
  gint64              checked_us;
} UdpnatNodeOpening;

void             udpnat_node_mapping_init   (UdpnatNode            *self);
void             udpnat_node_mapping_clear  (UdpnatNode            *self);
const UdpnatAddress *udpnat_node_get_mapped (const UdpnatNode      *self);
void             udpnat_node_plan_mapping_check (UdpnatNode        *self,
                                             gint64                 now_us);
void             udpnat_node_mapping_note_active (UdpnatNode       *self,
                                             gint64                 now_us);
gboolean         udpnat_node_mapping_handle_datagram (UdpnatNode   *self,
                                             gint64                 now_us,
                                             const UdpnatDatagram  *datagram);
gint64           udpnat_node_mapping_next_deadline (const UdpnatNode *self);
void             udpnat_node_mapping_handle_deadline (UdpnatNode   *self,
                                             gint64                 now_us);
gboolean         udpnat_node_mapping_pop_output (UdpnatNode        *self,
                                             gint64                 now_us,
                                             UdpnatDatagram        *out_datagram);

G_END_DECLS
