#pragma once

#include "udpnat-port-mapping.h"

G_BEGIN_DECLS

/**
 * UdpnatPortMapper:
 *
 * Keeps a UDP port of this machine open at the router: asks at once and after each change of
 * network, renews at half time, tries again where it failed. Works on the thread-default main
 * context of whoever made it.
 */
typedef struct _UdpnatPortMapper UdpnatPortMapper;

typedef void (*UdpnatPortMapperFunc) (gpointer user_data);

UdpnatPortMapper        *udpnat_port_mapper_new         (guint16               port,
                                                         guint16               extra_port,
                                                         UdpnatPortMapperFunc  changed,
                                                         gpointer              user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void                     udpnat_port_mapper_free        (UdpnatPortMapper     *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPortMapper, udpnat_port_mapper_free)

const UdpnatPortMapping *udpnat_port_mapper_get_mapping (UdpnatPortMapper     *self);
const GError            *udpnat_port_mapper_get_error   (UdpnatPortMapper     *self);
void                     udpnat_port_mapper_replace     (UdpnatPortMapper     *self);
void                     udpnat_port_mapper_stop_async  (UdpnatPortMapper     *self,
                                                         GAsyncReadyCallback   callback,
                                                         gpointer              user_data);
void                     udpnat_port_mapper_stop_finish (GAsyncResult         *result);

G_END_DECLS
