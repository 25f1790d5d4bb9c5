/* Each value of what is known of paths and networks has a code of its own. */

#include "config.h"

#include "udpnat-nat-facts.h"
#include "udpnat-path-facts.h"

typedef const char *(*CodeFunc) (int value);

static void
check_codes (CodeFunc get_code,
             int      last)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = 0; i <= last; i++)
    {
      const char *code = get_code (i);

      g_assert_cmpstr (code, !=, "");
      for (const char *c = code; *c != '\0'; c++)
        g_assert_true (g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '-');
      g_assert_true (g_hash_table_add (seen, (gpointer) code));
    }
}

#define DEFINE_CODE(name, type, func)                                                           \
  static const char *name (int value) { return func ((type) value); }

DEFINE_CODE (get_phase, UdpnatPathPhase, udpnat_path_phase_to_code)
DEFINE_CODE (get_nat, UdpnatNatKind, udpnat_nat_kind_to_code)
DEFINE_CODE (get_port, UdpnatPortRule, udpnat_port_rule_to_code)
DEFINE_CODE (get_source, UdpnatAddressSource, udpnat_address_source_to_code)
DEFINE_CODE (get_fate, UdpnatPathFate, udpnat_path_fate_to_code)
DEFINE_CODE (get_discovery, UdpnatPathDiscovery, udpnat_path_discovery_to_code)
DEFINE_CODE (get_udp, UdpnatUdpState, udpnat_udp_state_to_code)
DEFINE_CODE (get_nat_test, UdpnatNatTestState, udpnat_nat_test_state_to_code)
DEFINE_CODE (get_mapping, UdpnatMappingRule, udpnat_mapping_rule_to_code)
DEFINE_CODE (get_filtering, UdpnatFilteringRule, udpnat_filtering_rule_to_code)
DEFINE_CODE (get_allocator, UdpnatPortAllocator, udpnat_port_allocator_to_code)
DEFINE_CODE (get_finding, UdpnatFinding, udpnat_finding_to_code)
DEFINE_CODE (get_lifetime, UdpnatLifetimeState, udpnat_lifetime_state_to_code)

static void
test_codes (void)
{
  check_codes (get_phase, UDPNAT_PATH_PHASE_RELAYED);
  check_codes (get_nat, UDPNAT_NAT_KIND_DEPENDENT);
  check_codes (get_port, UDPNAT_PORT_RULE_CHANGED);
  check_codes (get_source, UDPNAT_ADDRESS_SOURCE_LEARNED);
  check_codes (get_fate, UDPNAT_PATH_FATE_LET_GO);
  check_codes (get_discovery, UDPNAT_PATH_DISCOVERY_SECOND_PORT);
  check_codes (get_udp, UDPNAT_UDP_STATE_SILENT);
  check_codes (get_nat_test, UDPNAT_NAT_TEST_DONE);
  check_codes (get_mapping, UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT);
  check_codes (get_filtering, UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT);
  check_codes (get_allocator, UDPNAT_PORT_ALLOCATOR_RANDOM);
  check_codes (get_finding, UDPNAT_FINDING_YES);
  check_codes (get_lifetime, UDPNAT_LIFETIME_STATE_DONE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/path-facts/code/no-two-have-the-same", test_codes);

  return g_test_run ();
}
