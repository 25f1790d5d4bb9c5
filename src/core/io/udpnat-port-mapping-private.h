#pragma once

#include "udpnat-port-mapping.h"

G_BEGIN_DECLS

/* The lease that is asked for: long enough to cost nothing, short enough that what is left of a
 * program that was killed goes soon. */
#define UDPNAT_PORT_MAPPING_LEASE_S 3600

struct _UdpnatPortMapping
{
  UdpnatPortMappingProtocol protocol;
  UdpnatAddress             external;
  guint16                   port;       /* of this machine */
  guint16                   extra_port; /* mapped to the very same number; 0: not mapped */
  guint                     lease_s;    /* 0: for ever */
  guint8                    nonce[UDPNAT_PORT_MAPPING_NONCE_BYTES]; /* PCP only */
  /* UPnP only */
  char                     *control_url;
  char                     *service_type;
};

/**
 * UdpnatPortMappingRequest:
 * @extra_port: 0: none; only good under its own number
 * @nonce: of PCP: by it the router knows whose a mapping is
 * @until_us: monotonic time to be ready by, as far as the library lets itself be hurried
 * @cancellable: (nullable):
 *
 * What a worker is to do. All of it is the worker's own.
 */
typedef struct
{
  guint16       port;
  guint16       extra_port;
  guint8        nonce[UDPNAT_PORT_MAPPING_NONCE_BYTES];
  gint64        until_us;
  GCancellable *cancellable;
} UdpnatPortMappingRequest;

/* Of one protocol each; block, so to be called in a worker. An error is
 * %UDPNAT_PORT_MAPPING_ERROR. */
UdpnatPortMapping *udpnat_port_mapping_add_by_pcp       (const UdpnatPortMappingRequest *request,
                                                         GError                        **error);
void               udpnat_port_mapping_remove_by_pcp    (const UdpnatPortMapping        *self,
                                                         const UdpnatPortMappingRequest *request);
UdpnatPortMapping *udpnat_port_mapping_add_by_natpmp    (const UdpnatPortMappingRequest *request,
                                                         GError                        **error);
void               udpnat_port_mapping_remove_by_natpmp (const UdpnatPortMapping        *self,
                                                         const UdpnatPortMappingRequest *request);
UdpnatPortMapping *udpnat_port_mapping_add_by_upnp      (const UdpnatPortMappingRequest *request,
                                                         GError                        **error);
void               udpnat_port_mapping_remove_by_upnp   (const UdpnatPortMapping        *self,
                                                         const UdpnatPortMappingRequest *request);

gboolean           udpnat_port_mapping_check_external   (const UdpnatAddress            *address,
                                                         GError                        **error);
gboolean           udpnat_port_mapping_is_over          (const UdpnatPortMappingRequest *request);

gboolean           udpnat_port_mapping_set_no_answer    (GError                        **error);
gboolean           udpnat_port_mapping_set_refused      (GError                        **error);
void               udpnat_port_mapping_set_no_router    (GError                        **error);

G_END_DECLS
