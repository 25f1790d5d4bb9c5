#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatLanState:
 * @UDPNAT_LAN_STATE_OFF: by the user's wish: the setting "lan", or "relay-only"
 * @UDPNAT_LAN_STATE_WAITING: not logged in, or just about to be heard
 * @UDPNAT_LAN_STATE_NO_NETWORK: no network on which others could hear us; looked for by itself
 * @UDPNAT_LAN_STATE_WRONG_ADDRESS: we listen at one IPv6 address only. Beacons come from link-local
 *   ones, and others would look for us there
 * @UDPNAT_LAN_STATE_ANNOUNCED: people on this network see us by our name, and we see them
 *
 * Whether people on this network can find each other without a server.
 */
typedef enum
{
  UDPNAT_LAN_STATE_OFF,
  UDPNAT_LAN_STATE_WAITING,
  UDPNAT_LAN_STATE_NO_NETWORK,
  UDPNAT_LAN_STATE_WRONG_ADDRESS,
  UDPNAT_LAN_STATE_ANNOUNCED,
} UdpnatLanState;

G_END_DECLS
