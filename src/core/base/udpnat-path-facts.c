/* The codes of what is known of paths and networks: for programs, and never changed. */

#include "config.h"

#include "udpnat-path-facts.h"

const char *
udpnat_path_phase_to_code (UdpnatPathPhase phase)
{
  switch (phase)
    {
    case UDPNAT_PATH_PHASE_IDLE:
      return "idle";
    case UDPNAT_PATH_PHASE_AWAY:
      return "away";
    case UDPNAT_PATH_PHASE_HANDSHAKE:
      return "handshake";
    case UDPNAT_PATH_PHASE_TRYING:
      return "trying";
    case UDPNAT_PATH_PHASE_DIRECT:
      return "direct";
    case UDPNAT_PATH_PHASE_RELAYED:
      return "relayed";
    }
  g_assert_not_reached ();
}

const char *
udpnat_nat_kind_to_code (UdpnatNatKind kind)
{
  switch (kind)
    {
    case UDPNAT_NAT_KIND_UNKNOWN:
      return "unknown";
    case UDPNAT_NAT_KIND_NONE:
      return "none";
    case UDPNAT_NAT_KIND_INDEPENDENT:
      return "endpoint-independent";
    case UDPNAT_NAT_KIND_DEPENDENT:
      return "endpoint-dependent";
    }
  g_assert_not_reached ();
}

const char *
udpnat_port_rule_to_code (UdpnatPortRule rule)
{
  switch (rule)
    {
    case UDPNAT_PORT_RULE_UNKNOWN:
      return "unknown";
    case UDPNAT_PORT_RULE_KEPT:
      return "kept";
    case UDPNAT_PORT_RULE_CHANGED:
      return "changed";
    }
  g_assert_not_reached ();
}

const char *
udpnat_address_source_to_code (UdpnatAddressSource source)
{
  switch (source)
    {
    case UDPNAT_ADDRESS_SOURCE_OTHER:
      return "other";
    case UDPNAT_ADDRESS_SOURCE_HOST:
      return "host";
    case UDPNAT_ADDRESS_SOURCE_IPV6:
      return "ipv6";
    case UDPNAT_ADDRESS_SOURCE_OBSERVED:
      return "observed";
    case UDPNAT_ADDRESS_SOURCE_GUESSED:
      return "guessed";
    case UDPNAT_ADDRESS_SOURCE_MAPPED:
      return "mapped";
    case UDPNAT_ADDRESS_SOURCE_CACHED:
      return "cached";
    case UDPNAT_ADDRESS_SOURCE_LEARNED:
      return "learned";
    }
  g_assert_not_reached ();
}

const char *
udpnat_path_discovery_to_code (UdpnatPathDiscovery discovery)
{
  switch (discovery)
    {
    case UDPNAT_PATH_DISCOVERY_PLAIN:
      return "plain";
    case UDPNAT_PATH_DISCOVERY_SEARCH:
      return "search";
    case UDPNAT_PATH_DISCOVERY_SECOND_PORT:
      return "second-port";
    }
  g_assert_not_reached ();
}

const char *
udpnat_path_fate_to_code (UdpnatPathFate fate)
{
  switch (fate)
    {
    case UDPNAT_PATH_FATE_SKIPPED:
      return "skipped";
    case UDPNAT_PATH_FATE_WAITING:
      return "waiting";
    case UDPNAT_PATH_FATE_TRIED:
      return "tried";
    case UDPNAT_PATH_FATE_ONE_WAY:
      return "one-way";
    case UDPNAT_PATH_FATE_PROVEN:
      return "proven";
    case UDPNAT_PATH_FATE_SELECTED:
      return "selected";
    case UDPNAT_PATH_FATE_SUSPECT:
      return "suspect";
    case UDPNAT_PATH_FATE_UNANSWERED:
      return "unanswered";
    case UDPNAT_PATH_FATE_LOST:
      return "lost";
    case UDPNAT_PATH_FATE_LET_GO:
      return "let-go";
    }
  g_assert_not_reached ();
}

const char *
udpnat_udp_state_to_code (UdpnatUdpState state)
{
  switch (state)
    {
    case UDPNAT_UDP_STATE_UNKNOWN:
      return "unknown";
    case UDPNAT_UDP_STATE_TRYING:
      return "trying";
    case UDPNAT_UDP_STATE_WORKS:
      return "works";
    case UDPNAT_UDP_STATE_BLOCKED:
      return "blocked";
    case UDPNAT_UDP_STATE_SILENT:
      return "silent";
    }
  g_assert_not_reached ();
}
