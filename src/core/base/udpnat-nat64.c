/* IPv4 addresses in IPv6 ones: RFC 6052 section 2.2. They lie behind the prefix, and leave out the
 * ninth byte, which is always zero. Whether they should be used is for others to say. */

#include "config.h"

#include "udpnat-nat64.h"

#include <string.h>

#define RESERVED_BYTE 8

/* RFC 7050 section 8.2: what the name has that only a network with such a prefix has an IPv6
 * address for. */
static const guint8 well_known[][4] = { { 192, 0, 0, 170 }, { 192, 0, 0, 171 } };

/* Where byte @index of the IPv4 address lies. */
static guint
get_place (guint n_bits,
           guint index)
{
  guint place = n_bits / 8 + index;

  return n_bits <= 64 && place >= RESERVED_BYTE ? place + 1 : place;
}

/**
 * udpnat_nat64_embed:
 * @prefix: a set one
 * @out_ipv6: (out caller-allocates): how @ipv4 is reached; the same port
 */
void
udpnat_nat64_embed (const UdpnatNat64Prefix *prefix,
                    const UdpnatAddress     *ipv4,
                    UdpnatAddress           *out_ipv6)
{
  guint8 ip[16] = { 0 };

  memcpy (ip, prefix->ip, prefix->n_bits / 8);
  for (guint i = 0; i < 4; i++)
    ip[get_place (prefix->n_bits, i)] = ipv4->ip[i];
  udpnat_address_init_ipv6 (out_ipv6, ip, ipv4->port);
}

static void
read_ipv4 (guint         n_bits,
           const guint8 *ip,
           guint8        out[4])
{
  for (guint i = 0; i < 4; i++)
    out[i] = ip[get_place (n_bits, i)];
}

/**
 * udpnat_nat64_extract:
 * @out_ipv4: (out caller-allocates): whom @ipv6 stands for; the same port
 *
 * Returns: %FALSE when it stands for nobody, or there is no prefix
 */
gboolean
udpnat_nat64_extract (const UdpnatNat64Prefix *prefix,
                      const UdpnatAddress     *ipv6,
                      UdpnatAddress           *out_ipv4)
{
  guint8 ip[4];

  if (prefix->n_bits == 0 || ipv6->family != UDPNAT_FAMILY_IPV6
      || memcmp (ipv6->ip, prefix->ip, prefix->n_bits / 8) != 0)
    return FALSE;
  read_ipv4 (prefix->n_bits, ipv6->ip, ip);
  udpnat_address_init_ipv4 (out_ipv4, ip, ipv6->port);
  return TRUE;
}

static gboolean
is_well_known (const guint8 *ip,
               guint         n_bits)
{
  guint8 found[4];

  if (n_bits <= 64 && ip[RESERVED_BYTE] != 0)
    return FALSE;
  read_ipv4 (n_bits, ip, found);
  for (guint i = 0; i < G_N_ELEMENTS (well_known); i++)
    if (memcmp (found, well_known[i], sizeof found) == 0)
      return TRUE;
  return FALSE;
}

/**
 * udpnat_nat64_find_prefix:
 * @answer: an IPv6 address that ipv4only.arpa is said to have
 * @out_prefix: (out caller-allocates): what this network puts before IPv4 addresses
 *
 * RFC 7050 section 3. The longest one that fits, should the prefix itself look like such an
 * address.
 *
 * Returns: %FALSE when none fits
 */
gboolean
udpnat_nat64_find_prefix (const UdpnatAddress *answer,
                          UdpnatNat64Prefix   *out_prefix)
{
  static const guint8 lengths[] = { 96, 64, 56, 48, 40, 32 };

  *out_prefix = (UdpnatNat64Prefix) { .n_bits = 0 };
  if (answer->family != UDPNAT_FAMILY_IPV6)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    if (is_well_known (answer->ip, lengths[i]))
      {
        out_prefix->n_bits = lengths[i];
        memcpy (out_prefix->ip, answer->ip, lengths[i] / 8);
        return TRUE;
      }
  return FALSE;
}
