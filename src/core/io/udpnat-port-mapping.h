#pragma once

#include <gio/gio.h>

#include "udpnat-address.h"

G_BEGIN_DECLS

/* Random, and the same for as long as a mapping is ours (RFC 6887 section 11.2). */
#define UDPNAT_PORT_MAPPING_NONCE_BYTES 12

#define UDPNAT_PORT_MAPPING_ERROR (udpnat_port_mapping_error_quark ())

/**
 * UdpnatPortMappingError:
 * @UDPNAT_PORT_MAPPING_ERROR_NO_ROUTER: there is no network with a router: connect to one
 * @UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER: no router offers it: turn it on there, or open the port by
 *   hand
 * @UDPNAT_PORT_MAPPING_ERROR_REFUSED: the router may not or will not: as above
 * @UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER: the router's own address is a private one, so nobody
 *   outside can reach it: use a server elsewhere
 *
 * One code for each thing that the user can do about it.
 */
typedef enum
{
  UDPNAT_PORT_MAPPING_ERROR_NO_ROUTER,
  UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER,
  UDPNAT_PORT_MAPPING_ERROR_REFUSED,
  UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER,
} UdpnatPortMappingError;

typedef enum
{
  UDPNAT_PORT_MAPPING_PROTOCOL_NONE, /* this machine has a public address: nothing is mapped */
  UDPNAT_PORT_MAPPING_PROTOCOL_PCP,
  UDPNAT_PORT_MAPPING_PROTOCOL_NAT_PMP,
  UDPNAT_PORT_MAPPING_PROTOCOL_UPNP,
} UdpnatPortMappingProtocol;

/**
 * UdpnatPortMapping:
 *
 * A UDP port of this machine that is open at the router: whoever sends to the external address
 * reaches it. Does not change; safe to be read by another thread.
 */
typedef struct _UdpnatPortMapping UdpnatPortMapping;

GQuark                    udpnat_port_mapping_error_quark    (void);
const char               *udpnat_port_mapping_error_to_code  (int                       code);

/* Asking the router, in a worker: takes 6 s at most */
void                      udpnat_port_mapping_add_async      (guint16                   port,
                                                              guint16                   extra_port,
                                                              const guint8             *nonce,
                                                              GCancellable             *cancellable,
                                                              GAsyncReadyCallback       callback,
                                                              gpointer                  user_data);
UdpnatPortMapping        *udpnat_port_mapping_add_finish     (GAsyncResult             *result,
                                                              GError                  **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                      udpnat_port_mapping_remove_async   (const UdpnatPortMapping  *self,
                                                              GCancellable             *cancellable,
                                                              GAsyncReadyCallback       callback,
                                                              gpointer                  user_data);
gboolean                  udpnat_port_mapping_remove_finish  (GAsyncResult             *result,
                                                              GError                  **error);

void                      udpnat_port_mapping_free           (UdpnatPortMapping        *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPortMapping, udpnat_port_mapping_free)

UdpnatPortMappingProtocol udpnat_port_mapping_get_protocol   (const UdpnatPortMapping  *self);
const char               *udpnat_port_mapping_protocol_to_name (UdpnatPortMappingProtocol protocol);
const UdpnatAddress      *udpnat_port_mapping_get_external   (const UdpnatPortMapping  *self);
gboolean                  udpnat_port_mapping_has_extra      (const UdpnatPortMapping  *self);
guint                     udpnat_port_mapping_get_lease_s    (const UdpnatPortMapping  *self);

G_END_DECLS
