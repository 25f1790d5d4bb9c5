/* RFC 6052 section 2.4, and what ipv4only.arpa has with each of those prefixes (RFC 7050). */

#include "config.h"

#include "udpnat-nat64.h"

#include <string.h>

typedef struct
{
  const char *prefix;
  guint8      n_bits;
  const char *address;    /* of 192.0.2.33 */
  const char *well_known; /* of 192.0.0.170 */
} Vector;

static const Vector vectors[] = {
  { "2001:db8::", 32, "2001:db8:c000:221::", "2001:db8:c000:aa::" },
  { "2001:db8:100::", 40, "2001:db8:1c0:2:21::", "2001:db8:1c0:0:aa::" },
  { "2001:db8:122::", 48, "2001:db8:122:c000:2:2100::", "2001:db8:122:c000:0:aa00::" },
  { "2001:db8:122:300::", 56, "2001:db8:122:3c0:0:221::", "2001:db8:122:3c0:0:aa::" },
  { "2001:db8:122:344::", 64, "2001:db8:122:344:c0:2:2100::", "2001:db8:122:344:c0:0:aa00::" },
  { "2001:db8:122:344::", 96, "2001:db8:122:344::c000:221", "2001:db8:122:344::c000:aa" },
  { "64:ff9b::", 96, "64:ff9b::c000:221", "64:ff9b::c000:aa" },
};

static UdpnatAddress
at (const char *ip)
{
  UdpnatAddress address;
  gboolean is_parsed = udpnat_address_parse_ip (&address, ip, 8848);

  g_assert_true (is_parsed);
  return address;
}

static UdpnatNat64Prefix
get_prefix (const Vector *vector)
{
  UdpnatNat64Prefix prefix = { .n_bits = vector->n_bits };
  UdpnatAddress address = at (vector->prefix);

  memcpy (prefix.ip, address.ip, sizeof prefix.ip);
  return prefix;
}

static void
test_embed (void)
{
  UdpnatAddress ipv4 = at ("192.0.2.33");

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      UdpnatNat64Prefix prefix = get_prefix (&vectors[i]);
      UdpnatAddress expected = at (vectors[i].address);
      UdpnatAddress found;

      udpnat_nat64_embed (&prefix, &ipv4, &found);
      g_assert_true (udpnat_address_equal (&found, &expected));
    }
}

static void
test_extract (void)
{
  UdpnatAddress expected = at ("192.0.2.33");

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      UdpnatNat64Prefix prefix = get_prefix (&vectors[i]);
      UdpnatAddress address = at (vectors[i].address);
      UdpnatAddress found;

      g_assert_true (udpnat_nat64_extract (&prefix, &address, &found));
      g_assert_true (udpnat_address_equal (&found, &expected));
      address.ip[prefix.n_bits / 8 - 1] ^= 1;
      g_assert_false (udpnat_nat64_extract (&prefix, &address, &found));
    }
}

static void
test_nothing_to_extract (void)
{
  UdpnatNat64Prefix none = { .n_bits = 0 };
  UdpnatNat64Prefix prefix = get_prefix (&vectors[0]);
  UdpnatAddress ipv6 = at (vectors[0].address);
  UdpnatAddress ipv4 = at ("192.0.2.33");
  UdpnatAddress found;

  g_assert_false (udpnat_nat64_extract (&none, &ipv6, &found));
  g_assert_false (udpnat_nat64_extract (&prefix, &ipv4, &found));
}

static void
test_find (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      UdpnatNat64Prefix expected = get_prefix (&vectors[i]);
      UdpnatAddress answer = at (vectors[i].well_known);
      UdpnatNat64Prefix found;

      g_assert_true (udpnat_nat64_find_prefix (&answer, &found));
      g_assert_cmpuint (found.n_bits, ==, expected.n_bits);
      g_assert_cmpmem (found.ip, found.n_bits / 8, expected.ip, expected.n_bits / 8);
    }
}

/* 192.0.0.171 will do as well; another address, or one in the wrong place, will not. */
static void
test_find_only_well_known (void)
{
  UdpnatAddress other = at ("64:ff9b::c000:ab");
  UdpnatAddress wrong = at ("64:ff9b::c000:ac");
  UdpnatAddress ipv4 = at ("192.0.0.170");
  UdpnatAddress reserved = at ("2001:db8:122:344:1c0:0:aa00::");
  UdpnatNat64Prefix found;

  g_assert_true (udpnat_nat64_find_prefix (&other, &found));
  g_assert_false (udpnat_nat64_find_prefix (&wrong, &found));
  g_assert_cmpuint (found.n_bits, ==, 0);
  g_assert_false (udpnat_nat64_find_prefix (&ipv4, &found));
  g_assert_false (udpnat_nat64_find_prefix (&reserved, &found));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nat64/embed/rfc-6052", test_embed);
  g_test_add_func ("/nat64/extract/rfc-6052", test_extract);
  g_test_add_func ("/nat64/extract/nothing-there", test_nothing_to_extract);
  g_test_add_func ("/nat64/find/each-length", test_find);
  g_test_add_func ("/nat64/find/only-well-known", test_find_only_well_known);

  return g_test_run ();
}
