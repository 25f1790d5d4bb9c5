/* The codes of what is known of our routers: for programs, and never changed. */

#include "config.h"

#include "udpnat-nat-facts.h"

const char *
udpnat_nat_test_state_to_code (UdpnatNatTestState state)
{
  switch (state)
    {
    case UDPNAT_NAT_TEST_RUNNING:
      return "running";
    case UDPNAT_NAT_TEST_NO_ANSWER:
      return "no-answer";
    case UDPNAT_NAT_TEST_NOT_STUN:
      return "not-stun";
    case UDPNAT_NAT_TEST_DONE:
      return "done";
    }
  g_assert_not_reached ();
}

const char *
udpnat_mapping_rule_to_code (UdpnatMappingRule rule)
{
  switch (rule)
    {
    case UDPNAT_MAPPING_RULE_UNKNOWN:
      return "unknown";
    case UDPNAT_MAPPING_RULE_NONE:
      return "none";
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
      return "endpoint-independent";
    case UDPNAT_MAPPING_RULE_ADDRESS:
      return "address-dependent";
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      return "address-and-port-dependent";
    }
  g_assert_not_reached ();
}

const char *
udpnat_filtering_rule_to_code (UdpnatFilteringRule rule)
{
  switch (rule)
    {
    case UDPNAT_FILTERING_RULE_UNKNOWN:
      return "unknown";
    case UDPNAT_FILTERING_RULE_INDEPENDENT:
      return "endpoint-independent";
    case UDPNAT_FILTERING_RULE_ADDRESS:
      return "address-dependent";
    case UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT:
      return "address-and-port-dependent";
    }
  g_assert_not_reached ();
}

const char *
udpnat_port_allocator_to_code (UdpnatPortAllocator allocator)
{
  switch (allocator)
    {
    case UDPNAT_PORT_ALLOCATOR_UNKNOWN:
      return "unknown";
    case UDPNAT_PORT_ALLOCATOR_PRESERVING:
      return "preserving";
    case UDPNAT_PORT_ALLOCATOR_SEQUENTIAL:
      return "sequential";
    case UDPNAT_PORT_ALLOCATOR_BLOCK:
      return "block";
    case UDPNAT_PORT_ALLOCATOR_RANDOM:
      return "random";
    }
  g_assert_not_reached ();
}

const char *
udpnat_finding_to_code (UdpnatFinding finding)
{
  switch (finding)
    {
    case UDPNAT_FINDING_UNKNOWN:
      return "unknown";
    case UDPNAT_FINDING_NO:
      return "no";
    case UDPNAT_FINDING_YES:
      return "yes";
    }
  g_assert_not_reached ();
}

const char *
udpnat_lifetime_state_to_code (UdpnatLifetimeState state)
{
  switch (state)
    {
    case UDPNAT_LIFETIME_STATE_UNKNOWN:
      return "unknown";
    case UDPNAT_LIFETIME_STATE_MEASURING:
      return "measuring";
    case UDPNAT_LIFETIME_STATE_UNSUPPORTED:
      return "unsupported";
    case UDPNAT_LIFETIME_STATE_DONE:
      return "done";
    }
  g_assert_not_reached ();
}
