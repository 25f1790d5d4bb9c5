#include "config.h"

#include "udpnat-path-kind.h"

/** udpnat_path_reason_to_code: Returns: (transfer none): a word for programs, "both-symmetric" */
const char *
udpnat_path_reason_to_code (UdpnatPathReason reason)
{
  switch (reason)
    {
    case UDPNAT_PATH_REASON_NONE:
      return "none";
    case UDPNAT_PATH_REASON_NO_SESSION:
      return "no-session";
    case UDPNAT_PATH_REASON_CONNECTING:
      return "connecting";
    case UDPNAT_PATH_REASON_SEARCHING:
      return "searching";
    case UDPNAT_PATH_REASON_NO_CANDIDATES:
      return "no-candidates";
    case UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL:
      return "relay-only-local";
    case UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE:
      return "relay-only-remote";
    case UDPNAT_PATH_REASON_BOTH_SYMMETRIC:
      return "both-symmetric";
    case UDPNAT_PATH_REASON_LOCAL_SYMMETRIC:
      return "local-symmetric";
    case UDPNAT_PATH_REASON_REMOTE_SYMMETRIC:
      return "remote-symmetric";
    case UDPNAT_PATH_REASON_NO_ANSWER:
      return "no-answer";
    case UDPNAT_PATH_REASON_DIRECT_LOST:
      return "direct-lost";
    case UDPNAT_PATH_REASON_IDLE:
      return "idle";
    case UDPNAT_PATH_REASON_UDP_BLOCKED:
      return "udp-blocked";
    case UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE:
      return "udp-blocked-remote";
    }

  g_assert_not_reached ();
}
