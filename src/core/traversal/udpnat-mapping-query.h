#pragma once

#include "udpnat-machine.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatMappingQuery:
 *
 * Asks a STUN server how it sees one socket of ours: which outer port our router has given it.
 * Driven like a [struct@UdpnatMachine].
 */
typedef struct _UdpnatMappingQuery UdpnatMappingQuery;

UdpnatMappingQuery  *udpnat_mapping_query_new             (const UdpnatRandom       *random,
                                                           const UdpnatAddress      *server,
                                                           UdpnatSocketId            socket,
                                                           gint64                    now_us)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatMappingQuery  *udpnat_mapping_query_new_through     (const UdpnatRandom       *random,
                                                           const UdpnatAddress      *server,
                                                           UdpnatSocketId            socket,
                                                           guint16                   port,
                                                           gint64                    now_us)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_mapping_query_free            (UdpnatMappingQuery       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatMappingQuery, udpnat_mapping_query_free)

UdpnatRxResult       udpnat_mapping_query_handle_datagram (UdpnatMappingQuery       *self,
                                                           gint64                    now_us,
                                                           const UdpnatDatagram     *datagram);
gint64               udpnat_mapping_query_next_deadline   (const UdpnatMappingQuery *self);
void                 udpnat_mapping_query_handle_deadline (UdpnatMappingQuery       *self,
                                                           gint64                    now_us);
gboolean             udpnat_mapping_query_pop_output      (UdpnatMappingQuery       *self,
                                                           gint64                    now_us,
                                                           UdpnatDatagram           *out_datagram);

gboolean             udpnat_mapping_query_is_over         (const UdpnatMappingQuery *self);
const UdpnatAddress *udpnat_mapping_query_get_mapped      (const UdpnatMappingQuery *self);

G_END_DECLS
