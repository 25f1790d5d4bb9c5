/* UPnP Internet Gateway Device 1 and 2, by miniupnpc: a search by multicast, then SOAP over HTTP
 * with the router that has answered. */

#include "config.h"

#include "udpnat-port-mapping-private.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>

/* How long answers to the search are waited for; below 1 s routers have no time at all to answer
 * in (the MX of SSDP is whole seconds). */
#define SEARCH_MS 1000
/* Of the search, as UPnP 1.1 recommends. */
#define SEARCH_TTL 2
#define DESCRIPTION "udpnat"
/* UPnP errors of AddPortMapping */
#define CONFLICT 718
#define ONLY_PERMANENT 725
/* Other outside ports that are tried when the wanted one is somebody else's. */
#define PORT_TRIES 4
#define OTHER_PORT_MIN 20000
#define OTHER_PORT_MAX 60000

typedef struct
{
  struct UPNPUrls urls;
  struct IGDdatas data;
  char            lan_ip[64];
} Gateway;

/* One search for all kinds: searching one kind after the other would wait for each. */
static const char *const searched[] = {
  "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
  "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
  NULL,
};

/* Returns: whether a router was found, and then it is to be cleared */
static gboolean
find_gateway (Gateway *self)
{
  int rc = 0;
  struct UPNPDev *devices = upnpDiscoverDevices (searched, SEARCH_MS, NULL, NULL, 0, 0, SEARCH_TTL,
                                                 &rc, 1);

  *self = (Gateway) { 0 };
#if MINIUPNPC_API_VERSION >= 18
  rc = UPNP_GetValidIGD (devices, &self->urls, &self->data, self->lan_ip, sizeof self->lan_ip,
                         NULL, 0);
#else
  rc = UPNP_GetValidIGD (devices, &self->urls, &self->data, self->lan_ip, sizeof self->lan_ip);
#endif
  freeUPNPDevlist (devices);
  if (rc == 0)
    return FALSE;
  /* What answers and is no router at all has no such service. */
  if (self->urls.controlURL != NULL && *self->urls.controlURL != '\0' &&
      *self->data.first.servicetype != '\0')
    return TRUE;
  FreeUPNPUrls (&self->urls);
  return FALSE;
}

static gboolean
ask_for_external (Gateway       *self,
                  UdpnatAddress *out_external,
                  GError       **error)
{
  char text[40] = "";

  /* Routers that have no public one answer with an error, or with nothing. */
  if (UPNP_GetExternalIPAddress (self->urls.controlURL, self->data.first.servicetype, text) != 0 ||
      !udpnat_address_parse_ip (out_external, text, 0))
    *out_external = UDPNAT_ADDRESS_NONE;
  return udpnat_port_mapping_check_external (out_external, error);
}

static int
add_once (Gateway *self,
          guint16  port,
          guint16  external_port,
          guint    lease_s)
{
  char port_text[8];
  char external_text[8];
  char lease_text[16];

  g_snprintf (port_text, sizeof port_text, "%u", port);
  g_snprintf (external_text, sizeof external_text, "%u", external_port);
  g_snprintf (lease_text, sizeof lease_text, "%u", lease_s);
  return UPNP_AddPortMapping (self->urls.controlURL, self->data.first.servicetype, external_text,
                              port_text, self->lan_ip, DESCRIPTION, "UDP", NULL, lease_text);
}

/* Some routers know no leases. */
static int
add (Gateway *self,
     guint16  port,
     guint16  external_port,
     guint   *lease_s)
{
  int rc = add_once (self, port, external_port, *lease_s);

  if (rc != ONLY_PERMANENT)
    return rc;
  *lease_s = 0;
  return add_once (self, port, external_port, 0);
}

static gboolean
map_ports (Gateway                        *gateway,
           const UdpnatPortMappingRequest *request,
           UdpnatPortMapping              *self,
           GError                        **error)
{
  guint16 wanted = request->port;
  int rc;

  if (!ask_for_external (gateway, &self->external, error))
    return FALSE;
  self->lease_s = UDPNAT_PORT_MAPPING_LEASE_S;
  rc = add (gateway, request->port, wanted, &self->lease_s);
  for (guint i = 0; rc == CONFLICT && i < PORT_TRIES && !udpnat_port_mapping_is_over (request); i++)
    {
      wanted = (guint16) g_random_int_range (OTHER_PORT_MIN, OTHER_PORT_MAX);
      rc = add (gateway, request->port, wanted, &self->lease_s);
    }
  if (rc != 0)
    return udpnat_port_mapping_set_refused (error);
  self->external.port = wanted;
  if (request->extra_port != 0 &&
      add (gateway, request->extra_port, request->extra_port, &self->lease_s) == 0)
    self->extra_port = request->extra_port;
  return TRUE;
}

UdpnatPortMapping *
udpnat_port_mapping_add_by_upnp (const UdpnatPortMappingRequest *request,
                                 GError                        **error)
{
  g_autoptr (UdpnatPortMapping) self = g_new0 (UdpnatPortMapping, 1);
  Gateway gateway;
  gboolean is_mapped;

  if (!find_gateway (&gateway))
    {
      udpnat_port_mapping_set_no_answer (error);
      return NULL;
    }
  self->protocol = UDPNAT_PORT_MAPPING_PROTOCOL_UPNP;
  self->port = request->port;
  self->control_url = g_strdup (gateway.urls.controlURL);
  self->service_type = g_strdup (gateway.data.first.servicetype);
  is_mapped = map_ports (&gateway, request, self, error);
  FreeUPNPUrls (&gateway.urls);
  return is_mapped ? g_steal_pointer (&self) : NULL;
}

static void
remove_port (const UdpnatPortMapping *self,
             guint16                  external_port)
{
  char text[8];

  g_snprintf (text, sizeof text, "%u", external_port);
  if (UPNP_DeletePortMapping (self->control_url, self->service_type, text, "UDP", NULL) != 0)
    g_debug ("The mapping of port %u stays until its lease ends", external_port);
}

void
udpnat_port_mapping_remove_by_upnp (const UdpnatPortMapping        *self,
                                    const UdpnatPortMappingRequest *request)
{
  remove_port (self, self->external.port);
  if (self->extra_port != 0 && !udpnat_port_mapping_is_over (request))
    remove_port (self, self->extra_port);
}
