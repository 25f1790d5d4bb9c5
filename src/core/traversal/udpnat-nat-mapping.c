/* Endpoint-independent or dependent mapping: the two-port form of the test in RFC 5780, 4.3.
 *
 * The server answers on two ports of one address. If both see the same source, our NAT maps by our
 * own endpoint alone, as far as two ports can tell; if not, every peer will see another port, and
 * what we tell them is worthless. A NAT that maps by destination *address* looks independent here:
 * the peer then fails to reach us and the reason will be "no answer". */

#include "config.h"

#include "udpnat-nat-mapping.h"

#include "udpnat-candidates.h"

#define N_PORTS 2

void
udpnat_nat_mapping_init (UdpnatNatMapping *self)
{
  *self = (UdpnatNatMapping) { 0 };
}

/**
 * udpnat_nat_mapping_add:
 * @server_port: 0 for the server's main port, 1 for its second
 * @observed: how that port saw our socket
 *
 * Takes in one answer. When a port sees us otherwise than it did before, the other port's answer is
 * from before that change and does not count any more; the verdict stays what it was until both
 * have answered again.
 */
void
udpnat_nat_mapping_add (UdpnatNatMapping    *self,
                        guint                server_port,
                        const UdpnatAddress *observed)
{
  guint family = observed->family == UDPNAT_FAMILY_IPV6 ? 1 : 0;
  UdpnatAddress *seen = self->observed[family];

  g_assert (server_port < N_PORTS);
  if (!udpnat_address_is_set (observed))
    return;

  if (udpnat_address_is_set (&seen[server_port])
      && !udpnat_address_equal (&seen[server_port], observed))
    seen[1 - server_port] = UDPNAT_ADDRESS_NONE;

  seen[server_port] = *observed;
  if (!udpnat_address_is_set (&seen[0]) || !udpnat_address_is_set (&seen[1]))
    return;

  if (udpnat_address_equal (&seen[0], &seen[1]))
    self->verdict[family] = UDPNAT_MAPPING_ENDPOINT_INDEPENDENT;
  else
    self->verdict[family] = UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
}

/* Returns: a [enum@UdpnatMapping]: of IPv4, where NATs are; of IPv6 if only that is known */
guint8
udpnat_nat_mapping_get (const UdpnatNatMapping *self)
{
  return self->verdict[0] != UDPNAT_MAPPING_UNKNOWN ? self->verdict[0] : self->verdict[1];
}
