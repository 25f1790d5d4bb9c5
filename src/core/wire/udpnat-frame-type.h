#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Frames inside DATA, HS1 and HS2 (PROTOCOL.md section 5). Types that are not here are skipped by
 * their length. */
typedef enum
{
  UDPNAT_FRAME_PAD = 0x00,
  UDPNAT_FRAME_PING = 0x01,
  UDPNAT_FRAME_ACK = 0x02,
  UDPNAT_FRAME_STREAM = 0x03,
  UDPNAT_FRAME_STREAM_WINDOW = 0x04,
  UDPNAT_FRAME_CLOSE = 0x05,
  UDPNAT_FRAME_EARLY = 0x06,
  UDPNAT_FRAME_OBSERVED = 0x07,
  UDPNAT_FRAME_PATH_CHALLENGE = 0x08,
  UDPNAT_FRAME_PATH_RESPONSE = 0x09,
  UDPNAT_FRAME_RELAY = 0x10,
  UDPNAT_FRAME_DIAL = 0x11,
  UDPNAT_FRAME_RELAY_FAILED = 0x12,
  UDPNAT_FRAME_DIAL_FAILED = 0x13,
  UDPNAT_FRAME_INCOMING = 0x14,
  UDPNAT_FRAME_MESSAGE = 0x15,
} UdpnatFrameType;

typedef enum
{
  UDPNAT_CLOSE_NORMAL = 0,
  UDPNAT_CLOSE_RESTARTING = 1,
  UDPNAT_CLOSE_PROTOCOL_ERROR = 2,
  UDPNAT_CLOSE_REPLACED = 3,
  UDPNAT_CLOSE_REFUSED = 4,
  UDPNAT_CLOSE_BLOCKED = 5, /* a server's: its operator wants nothing of this key */
} UdpnatCloseReason;

/* Code of RELAY-FAILED and DIAL-FAILED. Read it as guint8: others may be added. */
typedef enum
{
  UDPNAT_RELAY_FAIL_UNKNOWN = 1,
  UDPNAT_RELAY_FAIL_OFFLINE = 2,
  UDPNAT_RELAY_FAIL_QUOTA = 3,
} UdpnatRelayFailure;

G_END_DECLS
