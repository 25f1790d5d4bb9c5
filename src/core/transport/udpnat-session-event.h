#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatSessionEventType:
 * @UDPNAT_SESSION_EVENT_ESTABLISHED: first handshake is done: HS2 came in, or (responder) the first
 *   packet under the new keys
 * @UDPNAT_SESSION_EVENT_REKEYED: the same for a handshake that continued the session; nothing else
 *   has changed
 * @UDPNAT_SESSION_EVENT_FRESH: a rekeying was answered by a peer that had forgotten the session:
 *   all streams start again at 0 and what was not acknowledged is gone; comes instead of
 *   ESTABLISHED
 * @UDPNAT_SESSION_EVENT_FRAME: a frame that is not the session's own
 * @UDPNAT_SESSION_EVENT_READABLE: a stream has new data to peek
 * @UDPNAT_SESSION_EVENT_CLOSED: the peer closed; body is its text
 */
typedef enum
{
  UDPNAT_SESSION_EVENT_ESTABLISHED,
  UDPNAT_SESSION_EVENT_REKEYED,
  UDPNAT_SESSION_EVENT_FRESH,
  UDPNAT_SESSION_EVENT_FRAME,
  UDPNAT_SESSION_EVENT_READABLE,
  UDPNAT_SESSION_EVENT_CLOSED,
} UdpnatSessionEventType;

/**
 * UdpnatSessionEvent:
 * @stream: READABLE: which
 * @reason: CLOSED: #UdpnatCloseReason as the peer gave it
 * @frame_type: FRAME: #UdpnatFrameType; one of RELAY, DIAL, RELAY_FAILED, DIAL_FAILED,
 *   INCOMING, PATH_CHALLENGE, PATH_RESPONSE, OBSERVED, or EARLY (from HS2)
 * @body: (array length=n_body): FRAME: its body; CLOSED: the text; valid until the next pop_event
 *   or handle call
 * @handshake_rtt_us: ESTABLISHED, REKEYED, FRESH at the initiator: HS1 to HS2; 0 when unknown (HS1
 *   was repeated)
 */
typedef struct
{
  UdpnatSessionEventType type;
  guint32                stream;
  guint16                reason;
  guint8                 frame_type;
  gsize                  n_body;
  const guint8          *body;
  gint64                 handshake_rtt_us;
} UdpnatSessionEvent;

G_END_DECLS
