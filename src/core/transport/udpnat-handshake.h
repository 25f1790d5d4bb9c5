#pragma once

#include "udpnat-cookie.h"
#include "udpnat-identity.h"
#include "udpnat-key.h"
#include "udpnat-limits.h"
#include "udpnat-noise.h"
#include "udpnat-packet.h"
#include "udpnat-ticket.h"

G_BEGIN_DECLS

#define UDPNAT_TIMESTAMP_BYTES 12
#define UDPNAT_EPHEMERAL_BYTES 32
/* What HS1 and HS2 need besides their frames: headers, e, encrypted s, timestamp and session id or
 * flags, tags, two MACs (PROTOCOL.md section 2). */
#define UDPNAT_HS1_OVERHEAD_BYTES (8 + 32 + 48 + 20 + 16 + 32)
#define UDPNAT_HS1_RESUMING_OVERHEAD_BYTES (8 + 32 + UDPNAT_TICKET_BYTES + 20 + 16 + 32)
#define UDPNAT_HS2_OVERHEAD_BYTES (12 + 32 + 1 + 16 + 32)
/* An HS1 may have to travel inside RELAY or DIAL, whatever path its session uses now. */
#define UDPNAT_HS1_MAX_BYTES UDPNAT_RELAY_INNER_MAX_BYTES

/**
 * UdpnatHs1:
 * @noise: the Noise state after reading HS1, ready to write HS2; owned
 * @role: of HS1, and so of HS2
 * @remote_key: static key of the sender, proven by the message itself, or by the ticket in it
 * @proved_s: when it was last proved by a Diffie-Hellman, in seconds since 1970; 0: by this message
 * @remote_index: the sender's index, where HS2 and later DATA go
 * @timestamp: TAI64N; compare with memcmp against the last one accepted from @remote_key
 * @session_id: a known one asks for rekeying
 * @ephemeral: the sender's e, or its random bytes, by which a repeated HS1 is recognised
 * @frames: the payload's frames, not yet looked at
 * @n_frames: length of @frames
 * @n_hs1: length of the whole datagram: no HS2 may be longer
 *
 * A first handshake message that was read and authenticated. Not yet checked against replay: that
 * is the owner's business, who knows the last timestamp. Release with udpnat_hs1_clear().
 */
typedef struct
{
  UdpnatNoise    *noise;
  UdpnatRole      role;
  UdpnatPublicKey remote_key;
  gint64          proved_s;
  guint32         remote_index;
  guint8          timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint64         session_id;
  guint8          ephemeral[UDPNAT_EPHEMERAL_BYTES];
  guint8          frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize           n_frames;
  gsize           n_hs1;
} UdpnatHs1;

/**
 * UdpnatHs1Request:
 * @local: borrowed
 * @remote: borrowed; static key of the responder
 * @ephemeral_secret: borrowed; 32 random bytes, the same for every repetition
 * @ticket: borrowed; of %UDPNAT_ROLE_RESUMPTION only, which uses no @local
 * @max_bytes: longest datagram allowed; at least %UDPNAT_HS1_MIN_BYTES
 *
 * Everything an HS1 is made of. The same request gives the same bytes.
 */
typedef struct
{
  UdpnatRole             role;
  const UdpnatIdentity  *local;
  const UdpnatPublicKey *remote;
  const guint8          *ephemeral_secret;
  const UdpnatTicket    *ticket;
  guint32                sender_index;
  const guint8          *timestamp;
  guint64                session_id;
  const guint8          *frames;
  gsize                  n_frames;
  gsize                  max_bytes;
} UdpnatHs1Request;

void         udpnat_hs1_clear               (UdpnatHs1              *self);
gboolean     udpnat_hs1_check_mac1          (const UdpnatIdentity   *local,
                                             const guint8           *data,
                                             gsize                   n_data)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean     udpnat_hs1_read                (const UdpnatIdentity   *local,
                                             UdpnatRole              role,
                                             const guint8 ephemeral_secret[UDPNAT_EPHEMERAL_BYTES],
                                             const guint8           *data,
                                             gsize                   n_data,
                                             UdpnatHs1              *out) G_GNUC_WARN_UNUSED_RESULT;
gboolean     udpnat_hs1_resume              (const UdpnatIdentity   *local,
                                             const UdpnatTicketRing *tickets,
                                             gint64                  now_s,
                                             const guint8 random[UDPNAT_EPHEMERAL_BYTES],
                                             const guint8           *data,
                                             gsize                   n_data,
                                             UdpnatHs1              *out) G_GNUC_WARN_UNUSED_RESULT;

UdpnatNoise *udpnat_hs1_write               (const UdpnatHs1Request *request,
                                             guint8                 *out,
                                             gsize                  *out_n)
  G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_hs1_set_mac2            (guint8                 *hs1,
                                             gsize                   n_hs1,
                                             const guint8            cookie[UDPNAT_COOKIE_BYTES]);
const guint8 *udpnat_hs1_get_mac1           (const guint8           *hs1,
                                             gsize                   n_hs1);

gboolean     udpnat_hs2_write               (UdpnatHs1              *hs1,
                                             UdpnatRole              role,
                                             guint32                 sender_index,
                                             gboolean                is_continued,
                                             const guint8           *frames,
                                             gsize                   n_frames,
                                             gsize                   max_bytes,
                                             guint8                 *out,
                                             gsize                  *out_n)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean     udpnat_hs2_check_mac1          (const UdpnatIdentity   *local,
                                             const guint8           *data,
                                             gsize                   n_data)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean     udpnat_hs2_read                (UdpnatNoise            *noise,
                                             const UdpnatHs2View    *view,
                                             gboolean               *out_is_continued,
                                             guint8                 *out_frames,
                                             gsize                  *out_n_frames)
  G_GNUC_WARN_UNUSED_RESULT;

gsize        udpnat_handshake_fit_frames    (const guint8           *frames,
                                             gsize                   n_frames,
                                             gsize                   n_room);
void         udpnat_timestamp_from_us       (gint64                  wall_us,
                                             guint8                  out[UDPNAT_TIMESTAMP_BYTES]);
gint64       udpnat_timestamp_to_us         (const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES]);

G_END_DECLS
