/* What a network says of itself: a router's answer to PCP, the IPv6 address that a DNS server has
 * made of an IPv4 one (NAT64), the addresses that the kernel gives with a datagram. The first byte
 * of the input says which. NAT-PMP, UPnP and DNS themselves are read by libnatpmp, miniupnpc and
 * GIO. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-nat64.h"
#include "udpnat-pcp-message.h"
#include "udpnat-port-mapping-private.h"
#include "udpnat-sockaddr.h"

#define PORT 8900
#define PCP_ANSWER 0x80
/* RFC 6887 section 7.2: what an answer has where a request has the client's address. */
#define PCP_CLIENT_OFFSET 8
#define PCP_CLIENT_BYTES 16

/* Out of an answer by us, with the same meaning. */
static void
check_map_again (const UdpnatPcpMap *asked,
                 const UdpnatPcpMap *map)
{
  guint8       answer[UDPNAT_PCP_MAP_BYTES];
  UdpnatPcpMap again;

  udpnat_pcp_write_map (map, answer);
  g_assert_cmpint (udpnat_pcp_parse_map (asked, answer, sizeof answer, &again), ==,
                   UDPNAT_PCP_RESULT_NONE); /* a question is no answer */
  answer[1] |= PCP_ANSWER;
  memset (answer + PCP_CLIENT_OFFSET, 0, PCP_CLIENT_BYTES);
  g_assert_cmpint (udpnat_pcp_parse_map (asked, answer, sizeof answer, &again), ==,
                   UDPNAT_PCP_RESULT_MAPPED);
  g_assert_true (udpnat_address_equal (&again.external, &map->external));
  g_assert_cmpuint (again.lease_s, ==, map->lease_s);
}

static void
check_pcp (const guint8 *data,
           gsize         n_data)
{
  const guint8       ip[4] = { 192, 168, 1, 20 };
  UdpnatPcpMap       asked = { .nonce = "twelve bytes", .lease_s = UDPNAT_PORT_MAPPING_LEASE_S };
  UdpnatPcpMap       map;
  g_autoptr (GError) error = NULL;

  udpnat_address_init_ipv4 (&asked.client, ip, PORT);
  if (udpnat_pcp_parse_map (&asked, data, n_data, &map) != UDPNAT_PCP_RESULT_MAPPED)
    return;
  g_assert_true (udpnat_address_equal (&map.client, &asked.client));
  g_assert_cmpmem (map.nonce, sizeof map.nonce, asked.nonce, sizeof asked.nonce);
  if (udpnat_port_mapping_check_external (&map.external, &error))
    g_assert_cmpint (udpnat_address_get_scope (&map.external), ==, UDPNAT_SCOPE_GLOBAL);
  else
    g_assert_nonnull (error);
  if (udpnat_address_is_set (&map.external))
    check_map_again (&asked, &map);
}

static void
check_nat64 (const guint8 *data,
             gsize         n_data)
{
  const guint8      ips[2][4] = { { 192, 0, 0, 170 }, { 192, 0, 0, 171 } };
  UdpnatNat64Prefix prefix;
  UdpnatAddress     answer, ipv4, back, ipv6;
  gboolean          is_same = FALSE;

  if (n_data < 16)
    return;
  udpnat_address_init_ipv6 (&answer, data, 0);
  if (!udpnat_nat64_find_prefix (&answer, &prefix))
    return;
  g_assert_true (prefix.n_bits % 8 == 0 && prefix.n_bits >= 32 && prefix.n_bits <= 96);
  for (guint i = 0; i < 2; i++)
    {
      udpnat_address_init_ipv4 (&ipv4, ips[i], 0);
      udpnat_nat64_embed (&prefix, &ipv4, &ipv6);
      g_assert_true (udpnat_nat64_extract (&prefix, &ipv6, &back));
      g_assert_true (udpnat_address_equal (&back, &ipv4));
      /* What is behind the address does not count (RFC 6052 section 2.2). */
      g_assert_true (udpnat_nat64_extract (&prefix, &answer, &back));
      is_same |= udpnat_address_equal (&back, &ipv4);
    }
  g_assert_true (is_same);
}

static void
check_sockaddr (const guint8 *data,
                gsize         n_data)
{
  struct sockaddr_storage name = { 0 }, again = { 0 };
  UdpnatAddress           address, back;

  memcpy (&name, data, MIN (n_data, sizeof name));
  if (!udpnat_sockaddr_to_address (&name, &address))
    return;
  g_assert_cmpuint (udpnat_sockaddr_from_address (&again, &address), <=, sizeof again);
  g_assert_true (udpnat_sockaddr_to_address (&again, &back));
  g_assert_true (udpnat_address_equal (&address, &back));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  if (n_data < 1)
    return 0;
  switch (data[0] % 3)
    {
    case 0:
      check_pcp (data + 1, n_data - 1);
      break;
    case 1:
      check_nat64 (data + 1, n_data - 1);
      break;
    case 2:
      check_sockaddr (data + 1, n_data - 1);
      break;
    }
  return 0;
}
