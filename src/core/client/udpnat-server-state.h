#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatServerState:
 * @UDPNAT_SERVER_STATE_NONE: no server is set: only people on this network
 * @UDPNAT_SERVER_STATE_RESOLVING: the address of its host name is being asked for
 * @UDPNAT_SERVER_STATE_NOT_FOUND: it has none; asked again by itself
 * @UDPNAT_SERVER_STATE_CONNECTING: no answer yet
 * @UDPNAT_SERVER_STATE_SILENT: no answer for some seconds; still trying
 * @UDPNAT_SERVER_STATE_REGISTERED: all is well
 * @UDPNAT_SERVER_STATE_REFUSED: it answers, but refuses; the code says what
 * @UDPNAT_SERVER_STATE_LOST: the session is over; trying again by itself
 * @UDPNAT_SERVER_STATE_REPLACED: the same key is in use in another place
 * @UDPNAT_SERVER_STATE_KEY_CHANGED: it has another key than before: the user must decide
 * @UDPNAT_SERVER_STATE_LOGGED_OUT: by our own wish
 *
 * How things stand with the server.
 */
typedef enum
{
  UDPNAT_SERVER_STATE_NONE,
  UDPNAT_SERVER_STATE_RESOLVING,
  UDPNAT_SERVER_STATE_NOT_FOUND,
  UDPNAT_SERVER_STATE_CONNECTING,
  UDPNAT_SERVER_STATE_SILENT,
  UDPNAT_SERVER_STATE_REGISTERED,
  UDPNAT_SERVER_STATE_REFUSED,
  UDPNAT_SERVER_STATE_LOST,
  UDPNAT_SERVER_STATE_REPLACED,
  UDPNAT_SERVER_STATE_KEY_CHANGED,
  UDPNAT_SERVER_STATE_LOGGED_OUT,
} UdpnatServerState;

G_END_DECLS
