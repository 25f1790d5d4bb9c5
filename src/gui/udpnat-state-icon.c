/* The sign of how far something of ours has come. A tick stands for the peer's own word only. */

#include "config.h"

#include "udpnat-state-icon.h"

/** udpnat_state_icon_get_name: Returns: name of an icon of ours */
const char *
udpnat_state_icon_get_name (UdpnatItemState state)
{
  switch (state)
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return "udpnat-waiting-symbolic";
    case UDPNAT_ITEM_STATE_SENT:
      return "udpnat-sent-symbolic";
    case UDPNAT_ITEM_STATE_STORED:
      return "udpnat-stored-symbolic";
    case UDPNAT_ITEM_STATE_DELIVERED:
      return "udpnat-delivered-symbolic";
    case UDPNAT_ITEM_STATE_READ:
      return "udpnat-read-symbolic";
    case UDPNAT_ITEM_STATE_FAILED:
      return "udpnat-failed-symbolic";
    }
  return "udpnat-failed-symbolic";
}
