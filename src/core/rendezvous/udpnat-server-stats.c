#include "config.h"

#include "udpnat-server-stats.h"

/* The words for what the server counts: labels of its metrics. */

const char *
udpnat_server_packet_to_code (UdpnatServerPacket packet)
{
  switch (packet)
    {
    case UDPNAT_SERVER_PACKET_INFO:
      return "info";
    case UDPNAT_SERVER_PACKET_HS1:
      return "hs1";
    case UDPNAT_SERVER_PACKET_DATA:
      return "data";
    case UDPNAT_SERVER_PACKET_STUN:
      return "stun";
    case UDPNAT_SERVER_PACKET_OTHER:
      return "other";
    }
  g_assert_not_reached ();
}

const char *
udpnat_server_refusal_to_code (UdpnatServerRefusal refusal)
{
  switch (refusal)
    {
    case UDPNAT_SERVER_REFUSAL_INFO_RATE:
      return "info-rate";
    case UDPNAT_SERVER_REFUSAL_STUN_RATE:
      return "stun-rate";
    case UDPNAT_SERVER_REFUSAL_NO_COOKIE:
      return "no-cookie";
    case UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE:
      return "handshake-rate";
    case UDPNAT_SERVER_REFUSAL_SESSIONS:
      return "sessions";
    case UDPNAT_SERVER_REFUSAL_UNKNOWN_RATE:
      return "unknown-rate";
    case UDPNAT_SERVER_REFUSAL_RELAY_QUOTA:
      return "relay-quota";
    case UDPNAT_SERVER_REFUSAL_NAME:
      return "name";
    case UDPNAT_SERVER_REFUSAL_MAIL:
      return "mail";
    case UDPNAT_SERVER_REFUSAL_LOOKUP_RATE:
      return "lookup-rate";
    case UDPNAT_SERVER_REFUSAL_DIAL_RATE:
      return "dial-rate";
    case UDPNAT_SERVER_REFUSAL_CLAIM_RATE:
      return "claim-rate";
    case UDPNAT_SERVER_REFUSAL_BLOCKED:
      return "blocked";
    }
  g_assert_not_reached ();
}

const char *
udpnat_server_stun_to_code (UdpnatServerStun stun)
{
  switch (stun)
    {
    case UDPNAT_SERVER_STUN_BINDING:
      return "binding";
    case UDPNAT_SERVER_STUN_CHANGE:
      return "change";
    case UDPNAT_SERVER_STUN_RESPONSE_PORT:
      return "response-port";
    case UDPNAT_SERVER_STUN_FRESH_PORT:
      return "fresh-port";
    }
  g_assert_not_reached ();
}
