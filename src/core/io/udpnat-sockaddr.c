/* Between our addresses and the system's. */

#include "config.h"

#include "udpnat-sockaddr.h"

#include <netinet/in.h>
#include <string.h>

/**
 * udpnat_sockaddr_from_address:
 * @out_sockaddr: written up to the length that is returned
 * @address: a set address
 *
 * Returns: the length, as bind(2) and sendmsg(2) want it
 */
socklen_t
udpnat_sockaddr_from_address (struct sockaddr_storage *out_sockaddr,
                              const UdpnatAddress     *address)
{
  if (address->family == UDPNAT_FAMILY_IPV4)
    {
      struct sockaddr_in *ipv4 = (struct sockaddr_in *) out_sockaddr;

      *ipv4 = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = htons (address->port) };
      memcpy (&ipv4->sin_addr, address->ip, 4);
      return sizeof *ipv4;
    }
  else
    {
      struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *) out_sockaddr;

      *ipv6 = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = htons (address->port) };
      memcpy (&ipv6->sin6_addr, address->ip, 16);
      ipv6->sin6_scope_id = address->scope_id;
      return sizeof *ipv6;
    }
}

/**
 * udpnat_sockaddr_to_address:
 * @out_address: (out caller-allocates): canonical: an IPv4-mapped address becomes IPv4
 *
 * Returns: %FALSE when @sockaddr is neither IPv4 nor IPv6
 */
gboolean
udpnat_sockaddr_to_address (const struct sockaddr_storage *sockaddr,
                            UdpnatAddress                 *out_address)
{
  if (sockaddr->ss_family == AF_INET)
    {
      const struct sockaddr_in *ipv4 = (const struct sockaddr_in *) sockaddr;

      udpnat_address_init_ipv4 (out_address,
                                (const guint8 *) &ipv4->sin_addr, ntohs (ipv4->sin_port));
      return TRUE;
    }
  if (sockaddr->ss_family == AF_INET6)
    {
      const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *) sockaddr;

      udpnat_address_init_ipv6 (out_address,
                                ipv6->sin6_addr.s6_addr, ntohs (ipv6->sin6_port));
      /* Zero unless the address is link-local: the kernel sees to that. */
      if (out_address->family == UDPNAT_FAMILY_IPV6)
        out_address->scope_id = ipv6->sin6_scope_id;
      return TRUE;
    }
  return FALSE;
}
