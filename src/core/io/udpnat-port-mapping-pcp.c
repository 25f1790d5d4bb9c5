/* PCP (RFC 6887): one datagram to the default router, and one back. Two libraries exist and neither
 * is in Debian; it is little enough to have here. IPv4 only: what an IPv6 firewall lets in is not
 * asked for. */

#include "config.h"

#include "udpnat-port-mapping-private.h"

#include <stdio.h>
#include <string.h>

#include "udpnat-pcp-message.h"

/* A router that speaks it is one hop away; NAT-PMP's turn is next, on the same port. RFC 6887 would
 * have us wait 3 s. */
#define PATIENCE_US (750 * G_TIME_SPAN_MILLISECOND)
#define REPEAT_US (250 * G_TIME_SPAN_MILLISECOND)
#define ROUTES_MAX 4096
#define ROUTE_IS_UP 0x1
#define ROUTE_IS_GATEWAY 0x2

typedef struct
{
  GSocket      *socket;
  UdpnatAddress local;   /* ours, towards the router */
  gint64        until_us;
  GCancellable *cancellable; /* borrowed */
} Talk;

/* ---- The router ---- */

/* The kernel's table of routes has numbers as they lie in its memory. */
static gboolean
find_router (UdpnatAddress *out_router)
{
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  guint best = G_MAXUINT;

  if (!g_file_get_contents ("/proc/net/route", &contents, NULL, NULL))
    return FALSE;
  lines = g_strsplit (contents, "\n", ROUTES_MAX);
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      guint32 gateway;
      guint target, flags, metric, mask;

      if (sscanf (lines[i], "%*s %x %x %x %*d %*d %u %x", &target, &gateway, &flags, &metric,
                  &mask) != 5 ||
          target != 0 || mask != 0 || metric >= best ||
          (flags & (ROUTE_IS_UP | ROUTE_IS_GATEWAY)) != (ROUTE_IS_UP | ROUTE_IS_GATEWAY))
        continue;
      best = metric;
      udpnat_address_init_ipv4 (out_router, (const guint8 *) &gateway, UDPNAT_PCP_PORT);
    }
  return best != G_MAXUINT;
}

static gboolean
connect_socket (Talk                *self,
                const UdpnatAddress *router)
{
  g_autoptr (GInetAddress) ip = g_inet_address_new_from_bytes (router->ip, G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) remote = g_inet_socket_address_new (ip, router->port);
  g_autoptr (GSocketAddress) local = NULL;

  self->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_UDP, NULL);
  if (self->socket == NULL || !g_socket_connect (self->socket, remote, NULL, NULL))
    return FALSE;
  local = g_socket_get_local_address (self->socket, NULL);
  if (!G_IS_INET_SOCKET_ADDRESS (local))
    return FALSE;
  udpnat_address_init_ipv4 (&self->local,
                            g_inet_address_to_bytes (g_inet_socket_address_get_address (
                              G_INET_SOCKET_ADDRESS (local))), 0);
  return TRUE;
}

static void
talk_end (Talk *self)
{
  g_clear_object (&self->socket);
}

static gboolean
talk_start (Talk                           *self,
            const UdpnatPortMappingRequest *request,
            GError                        **error)
{
  UdpnatAddress router;

  *self = (Talk) {
    .cancellable = request->cancellable,
    .until_us = MIN (request->until_us, g_get_monotonic_time () + PATIENCE_US),
  };
  if (find_router (&router) && connect_socket (self, &router))
    return TRUE;
  talk_end (self);
  udpnat_port_mapping_set_no_router (error);
  return FALSE;
}

/* ---- Question and answer ---- */

/* Until one that is about @asked has come, or @until_us. Nobody who listens at the router is an
 * answer, too. */
static UdpnatPcpResult
wait_for_answer (Talk               *self,
                 const UdpnatPcpMap *asked,
                 gint64              until_us,
                 UdpnatPcpMap       *out_map)
{
  UdpnatPcpResult result = UDPNAT_PCP_RESULT_NONE;
  guint8 data[1100]; /* RFC 6887 section 7: no message is longer */
  gint64 left_us;

  while (result == UDPNAT_PCP_RESULT_NONE && (left_us = until_us - g_get_monotonic_time ()) > 0)
    {
      gssize n_data;

      /* GLib waits whole milliseconds, and not at all for less than one. */
      if (!g_socket_condition_timed_wait (self->socket, G_IO_IN, left_us + 1000,
                                          self->cancellable, NULL))
        break;
      n_data = g_socket_receive (self->socket, (char *) data, sizeof data, self->cancellable, NULL);
      if (n_data < 0)
        return UDPNAT_PCP_RESULT_NOT_PCP;
      result = udpnat_pcp_parse_map (asked, data, (gsize) n_data, out_map);
    }
  return result;
}

static UdpnatPcpResult
ask (Talk               *self,
     const UdpnatPcpMap *asked,
     UdpnatPcpMap       *out_map)
{
  UdpnatPcpResult result = UDPNAT_PCP_RESULT_NONE;
  guint8 data[UDPNAT_PCP_MAP_BYTES];
  gint64 pause_us = REPEAT_US;
  gint64 now_us;

  udpnat_pcp_write_map (asked, data);
  while (result == UDPNAT_PCP_RESULT_NONE && (now_us = g_get_monotonic_time ()) < self->until_us &&
         !g_cancellable_is_cancelled (self->cancellable))
    {
      if (g_socket_send (self->socket, (const char *) data, sizeof data, self->cancellable,
                         NULL) < 0)
        break;
      result = wait_for_answer (self, asked, MIN (self->until_us, now_us + pause_us), out_map);
      pause_us *= 2;
    }
  return result;
}

static UdpnatPcpMap
make_map (const Talk   *self,
          const guint8 *nonce,
          guint16       port,
          guint         lease_s)
{
  UdpnatPcpMap map = { .client = self->local, .lease_s = lease_s };

  map.client.port = port;
  memcpy (map.nonce, nonce, sizeof map.nonce);
  if (lease_s > 0)
    map.external.port = port;
  return map;
}

static void
remove_port (Talk         *self,
             const guint8 *nonce,
             guint16       port)
{
  UdpnatPcpMap asked = make_map (self, nonce, port, 0);
  UdpnatPcpMap answer;

  if (ask (self, &asked, &answer) != UDPNAT_PCP_RESULT_MAPPED)
    g_debug ("The mapping of port %u stays until its lease ends", port);
}

static gboolean
add_port (Talk          *self,
          const guint8  *nonce,
          guint16        port,
          UdpnatPcpMap  *out_answer,
          GError       **error)
{
  UdpnatPcpMap asked = make_map (self, nonce, port, UDPNAT_PORT_MAPPING_LEASE_S);

  switch (ask (self, &asked, out_answer))
    {
    case UDPNAT_PCP_RESULT_MAPPED:
      return TRUE;
    case UDPNAT_PCP_RESULT_NO_NETWORK:
      return udpnat_port_mapping_check_external (&UDPNAT_ADDRESS_NONE, error);
    case UDPNAT_PCP_RESULT_REFUSED:
      return udpnat_port_mapping_set_refused (error);
    case UDPNAT_PCP_RESULT_NONE:
    case UDPNAT_PCP_RESULT_NOT_PCP:
      break;
    }
  return udpnat_port_mapping_set_no_answer (error);
}

static gboolean
map_ports (Talk                           *talk,
           const UdpnatPortMappingRequest *request,
           UdpnatPortMapping              *self,
           GError                        **error)
{
  UdpnatPcpMap answer;

  if (!add_port (talk, request->nonce, request->port, &answer, error))
    return FALSE;
  self->external = answer.external;
  self->lease_s = answer.lease_s;
  if (!udpnat_port_mapping_check_external (&self->external, error))
    {
      remove_port (talk, request->nonce, request->port);
      return FALSE;
    }
  if (request->extra_port == 0 ||
      !add_port (talk, request->nonce, request->extra_port, &answer, NULL))
    return TRUE;
  if (answer.external.port == request->extra_port)
    self->extra_port = request->extra_port;
  else
    remove_port (talk, request->nonce, request->extra_port);
  return TRUE;
}

UdpnatPortMapping *
udpnat_port_mapping_add_by_pcp (const UdpnatPortMappingRequest *request,
                                GError                        **error)
{
  g_autoptr (UdpnatPortMapping) self = g_new0 (UdpnatPortMapping, 1);
  gboolean is_mapped;
  Talk talk;

  if (!talk_start (&talk, request, error))
    return NULL;
  self->protocol = UDPNAT_PORT_MAPPING_PROTOCOL_PCP;
  self->port = request->port;
  memcpy (self->nonce, request->nonce, sizeof self->nonce);
  is_mapped = map_ports (&talk, request, self, error);
  talk_end (&talk);
  return is_mapped ? g_steal_pointer (&self) : NULL;
}

void
udpnat_port_mapping_remove_by_pcp (const UdpnatPortMapping        *self,
                                   const UdpnatPortMappingRequest *request)
{
  Talk talk;

  if (!talk_start (&talk, request, NULL))
    return;
  remove_port (&talk, self->nonce, self->port);
  if (self->extra_port != 0)
    remove_port (&talk, self->nonce, self->extra_port);
  talk_end (&talk);
}
