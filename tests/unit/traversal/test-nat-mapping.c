#include "config.h"

#include "udpnat-candidates.h"
#include "udpnat-nat-mapping.h"

static void
add (UdpnatNatMapping *self,
     guint             server_port,
     const char       *ip,
     guint16           port)
{
  UdpnatAddress observed;
  gboolean is_parsed = udpnat_address_parse_ip (&observed, ip, port);

  g_assert_true (is_parsed);
  udpnat_nat_mapping_add (self, server_port, &observed);
}

static void
test_unknown_until_both (void)
{
  UdpnatNatMapping mapping;

  udpnat_nat_mapping_init (&mapping);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_UNKNOWN);
  add (&mapping, 0, "203.0.113.1", 5000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_UNKNOWN);
  add (&mapping, 0, "203.0.113.1", 5000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_UNKNOWN);
}

static void
test_equal_is_independent (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 1, "203.0.113.1", 5000);
  add (&mapping, 0, "203.0.113.1", 5000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
}

static void
test_other_port_is_dependent (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 0, "203.0.113.1", 5000);
  add (&mapping, 1, "203.0.113.1", 5001);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
}

static void
test_other_ip_is_dependent (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 0, "203.0.113.1", 5000);
  add (&mapping, 1, "203.0.113.2", 5000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
}

/* The NAT has been restarted: an answer from before must not be compared with one from after. */
static void
test_change_needs_both_again (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 0, "203.0.113.1", 5000);
  add (&mapping, 1, "203.0.113.1", 5000);
  add (&mapping, 0, "203.0.113.1", 6000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
  add (&mapping, 1, "203.0.113.1", 6000);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
}

static void
test_new_network (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 0, "203.0.113.1", 5000);
  add (&mapping, 1, "203.0.113.1", 5000);
  add (&mapping, 0, "198.51.100.1", 7000);
  add (&mapping, 1, "198.51.100.1", 7001);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
}

static void
test_families_apart (void)
{
  UdpnatNatMapping mapping = { 0 };

  add (&mapping, 0, "203.0.113.1", 5000);
  add (&mapping, 1, "2001:db8::1", 8900);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_UNKNOWN);
  add (&mapping, 0, "2001:db8::1", 8900);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
  add (&mapping, 1, "203.0.113.1", 5001);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
}

static void
test_unset_ignored (void)
{
  UdpnatNatMapping mapping = { 0 };
  UdpnatAddress none = UDPNAT_ADDRESS_NONE;

  udpnat_nat_mapping_add (&mapping, 0, &none);
  udpnat_nat_mapping_add (&mapping, 1, &none);
  g_assert_cmpint (udpnat_nat_mapping_get (&mapping), ==, UDPNAT_MAPPING_UNKNOWN);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nat-mapping/unknown/until-both-ports", test_unknown_until_both);
  g_test_add_func ("/nat-mapping/unknown/unset-ignored", test_unset_ignored);
  g_test_add_func ("/nat-mapping/independent/equal", test_equal_is_independent);
  g_test_add_func ("/nat-mapping/dependent/other-port", test_other_port_is_dependent);
  g_test_add_func ("/nat-mapping/dependent/other-ip", test_other_ip_is_dependent);
  g_test_add_func ("/nat-mapping/change/needs-both-again", test_change_needs_both_again);
  g_test_add_func ("/nat-mapping/change/new-network", test_new_network);
  g_test_add_func ("/nat-mapping/family/kept-apart", test_families_apart);

  return g_test_run ();
}
