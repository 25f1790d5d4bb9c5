/* NAT-PMP (RFC 6886), by libnatpmp: two datagrams to the default router. */

#include "config.h"

#include "udpnat-port-mapping-private.h"

#include <natpmp.h>

/* Its retransmissions begin at 250 ms and double; a router that speaks it answers the first. */
#define PATIENCE_US (1500 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  natpmp_t      natpmp;
  gint64        until_us;
  GCancellable *cancellable; /* borrowed */
} Talk;

/* Sleeps until an answer, the next retransmission, or the end of patience. */
static gboolean
sleep_a_little (Talk *self)
{
  gint64 left_us = self->until_us - g_get_monotonic_time ();
  GPollFD fds[2] = { { .fd = self->natpmp.s, .events = G_IO_IN } };
  gboolean can_cancel = g_cancellable_make_pollfd (self->cancellable, &fds[1]);
  struct timeval next = { 0 };
  gint64 next_us;

  if (getnatpmprequesttimeout (&self->natpmp, &next) == 0)
    {
      next_us = MAX (next.tv_sec * G_USEC_PER_SEC + next.tv_usec, 0);
      left_us = MIN (left_us, next_us);
    }
  if (left_us > 0)
    g_poll (fds, can_cancel ? 2 : 1, (int) (left_us / 1000) + 1);
  if (can_cancel)
    g_cancellable_release_fd (self->cancellable);
  return !g_cancellable_is_cancelled (self->cancellable) &&
         g_get_monotonic_time () < self->until_us;
}

static gboolean
wait_for_answer (Talk         *self,
                 natpmpresp_t *out_answer,
                 GError      **error)
{
  int rc = NATPMP_TRYAGAIN;

  while (rc == NATPMP_TRYAGAIN && sleep_a_little (self))
    rc = readnatpmpresponseorretry (&self->natpmp, out_answer);
  if (rc == 0)
    return TRUE;
  switch (rc)
    {
    case NATPMP_ERR_NOTAUTHORIZED:
    case NATPMP_ERR_OUTOFRESOURCES:
      return udpnat_port_mapping_set_refused (error);
    case NATPMP_ERR_NETWORKFAILURE: /* "has not obtained an address itself" */
      return udpnat_port_mapping_check_external (&UDPNAT_ADDRESS_NONE, error);
    default:
      return udpnat_port_mapping_set_no_answer (error);
    }
}

static gboolean
ask_for_external (Talk          *self,
                  UdpnatAddress *out_external,
                  GError       **error)
{
  natpmpresp_t answer;

  if (sendpublicaddressrequest (&self->natpmp) < 0)
    return udpnat_port_mapping_set_no_answer (error);
  if (!wait_for_answer (self, &answer, error))
    return FALSE;
  udpnat_address_init_ipv4 (out_external, (const guint8 *) &answer.pnu.publicaddress.addr, 0);
  return udpnat_port_mapping_check_external (out_external, error);
}

/* @lease_s: 0 removes it */
static gboolean
ask_for_port (Talk    *self,
              guint16  port,
              guint    lease_s,
              guint16 *out_external_port,
              guint   *out_lease_s,
              GError **error)
{
  natpmpresp_t answer;
  guint16 wanted = lease_s > 0 ? port : 0;

  if (sendnewportmappingrequest (&self->natpmp, NATPMP_PROTOCOL_UDP, port, wanted, lease_s) < 0)
    return udpnat_port_mapping_set_no_answer (error);
  if (!wait_for_answer (self, &answer, error))
    return FALSE;
  *out_external_port = answer.pnu.newportmapping.mappedpublicport;
  *out_lease_s = answer.pnu.newportmapping.lifetime;
  return TRUE;
}

static void
remove_port (Talk   *self,
             guint16 port)
{
  guint16 external_port = 0;
  guint lease_s;
  g_autoptr (GError) error = NULL;

  if (!ask_for_port (self, port, 0, &external_port, &lease_s, &error))
    g_debug ("The mapping of port %u stays until its lease ends: %s", port, error->message);
}

static gboolean
talk_start (Talk                           *self,
            const UdpnatPortMappingRequest *request,
            GError                        **error)
{
  self->cancellable = request->cancellable;
  self->until_us = MIN (request->until_us, g_get_monotonic_time () + PATIENCE_US);
  if (initnatpmp (&self->natpmp, 0, 0) == 0)
    return TRUE;
  udpnat_port_mapping_set_no_router (error);
  return FALSE;
}

static gboolean
map_ports (Talk                           *talk,
           const UdpnatPortMappingRequest *request,
           UdpnatPortMapping              *self,
           GError                        **error)
{
  guint16 external_port = 0;
  guint lease_s;

  if (!ask_for_external (talk, &self->external, error) ||
      !ask_for_port (talk, request->port, UDPNAT_PORT_MAPPING_LEASE_S, &self->external.port,
                     &self->lease_s, error))
    return FALSE;
  if (request->extra_port == 0 ||
      !ask_for_port (talk, request->extra_port, UDPNAT_PORT_MAPPING_LEASE_S, &external_port,
                     &lease_s, NULL))
    return TRUE;
  if (external_port == request->extra_port)
    self->extra_port = request->extra_port;
  else
    remove_port (talk, request->extra_port);
  return TRUE;
}

UdpnatPortMapping *
udpnat_port_mapping_add_by_natpmp (const UdpnatPortMappingRequest *request,
                                   GError                        **error)
{
  g_autoptr (UdpnatPortMapping) self = g_new0 (UdpnatPortMapping, 1);
  Talk talk;
  gboolean is_mapped;

  if (!talk_start (&talk, request, error))
    return NULL;
  self->protocol = UDPNAT_PORT_MAPPING_PROTOCOL_NAT_PMP;
  self->port = request->port;
  is_mapped = map_ports (&talk, request, self, error);
  closenatpmp (&talk.natpmp);
  return is_mapped ? g_steal_pointer (&self) : NULL;
}

void
udpnat_port_mapping_remove_by_natpmp (const UdpnatPortMapping        *self,
                                      const UdpnatPortMappingRequest *request)
{
  Talk talk;

  if (!talk_start (&talk, request, NULL))
    return;
  remove_port (&talk, self->port);
  if (self->extra_port != 0)
    remove_port (&talk, self->extra_port);
  closenatpmp (&talk.natpmp);
}
