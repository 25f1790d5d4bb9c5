#pragma once

#include "udpnat-limits.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

/* First byte of a datagram (PROTOCOL.md section 1). Between STUN's and DTLS's, so that they can
 * share the port. */
typedef enum
{
  UDPNAT_PACKET_HS1 = 4,
  UDPNAT_PACKET_HS2 = 5,
  UDPNAT_PACKET_COOKIE = 6,
  UDPNAT_PACKET_DATA = 7,
  UDPNAT_PACKET_OPEN = 8,
  UDPNAT_PACKET_INFO = 9,
  UDPNAT_PACKET_INFO_REPLY = 10,
  UDPNAT_PACKET_UNKNOWN = 11,
} UdpnatPacketType;

typedef enum
{
  UDPNAT_ROLE_CLIENT_SERVER = 0,
  UDPNAT_ROLE_PEER_PEER = 1,
  UDPNAT_ROLE_RESUMPTION = 2, /* client-server, by a ticket; of packets, not of sessions */
} UdpnatRole;

#define UDPNAT_PACKET_VERSION 1

#define UDPNAT_HS1_HEADER_BYTES 8
#define UDPNAT_HS2_HEADER_BYTES 12
#define UDPNAT_HS2_MIN_BYTES 93 /* header, e 32, flags 1, tag 16, two MACs */
#define UDPNAT_COOKIE_PACKET_BYTES 64
#define UDPNAT_DATA_HEADER_BYTES 16
#define UDPNAT_DATA_MIN_BYTES 32 /* header and tag around no frames at all */
#define UDPNAT_OPEN_BYTES 8
#define UDPNAT_OPEN_RANDOM_BYTES 7
#define UDPNAT_INFO_BYTES 96
#define UDPNAT_INFO_REPLY_BYTES 79
#define UDPNAT_UNKNOWN_BYTES 8
/* Each of the two at the end of HS1 and HS2. */
#define UDPNAT_PACKET_MAC_BYTES 16
#define UDPNAT_PACKET_NONCE_BYTES 24
#define UDPNAT_PACKET_SEALED_COOKIE_BYTES 32

/**
 * UdpnatHs1View:
 * @noise: (array length=n_noise): e, encrypted s, encrypted payload; of a resumption random bytes,
 *   ticket, encrypted payload
 * @n_before_mac1: what mac1 covers, from the packet's first byte
 * @n_before_mac2: what mac2 covers, from the packet's first byte
 *
 * Where the parts of an HS1 are. Like every view it points into the datagram and owns nothing.
 */
typedef struct
{
  UdpnatRole    role;
  guint32       sender_index;
  const guint8 *noise;
  gsize         n_noise;
  const guint8 *mac1;
  const guint8 *mac2;
  gsize         n_before_mac1;
  gsize         n_before_mac2;
} UdpnatHs1View;

/**
 * UdpnatHs2View:
 * @noise: (array length=n_noise): e, encrypted payload
 *
 * As [struct@UdpnatHs1View].
 */
typedef struct
{
  UdpnatRole    role;
  guint32       sender_index;
  guint32       receiver_index;
  const guint8 *noise;
  gsize         n_noise;
  const guint8 *mac1;
  const guint8 *mac2;
  gsize         n_before_mac1;
  gsize         n_before_mac2;
} UdpnatHs2View;

typedef struct
{
  guint32       receiver_index;
  const guint8 *nonce;  /* UDPNAT_PACKET_NONCE_BYTES */
  const guint8 *sealed; /* UDPNAT_PACKET_SEALED_COOKIE_BYTES */
} UdpnatCookieView;

/**
 * UdpnatDataView:
 * @header: the first %UDPNAT_DATA_HEADER_BYTES of the packet: additional data of the AEAD
 * @sealed: (array length=n_sealed): frames and tag; at least 16 bytes
 * @carried: (array length=n_carried): end of the last frame, not sealed here: a packet that others
 *   have sealed
 * @n_frames: length of all frames when they are opened, @carried included
 */
typedef struct
{
  guint32       receiver_index;
  guint64       number;
  const guint8 *header;
  const guint8 *sealed;
  gsize         n_sealed;
  const guint8 *carried;
  gsize         n_carried;
  gsize         n_frames;
} UdpnatDataView;

/**
 * UdpnatInfoReply:
 * @alt_port: the server's second port, 0 when it has none
 * @observed: where the question came from
 * @cookie: may be used as after COOKIE
 */
typedef struct
{
  guint16       alt_port;
  guint64       token;
  guint8        server_key[32];
  UdpnatAddress observed;
  guint8        cookie[16];
} UdpnatInfoReply;

/* Readers give FALSE for a datagram of another type, version, role or length; what a view points at
 * lies in the datagram. Writers append; what does not fit makes the writer fail. */

gboolean udpnat_packet_classify     (const guint8          *data,
                                     gsize                  n_data,
                                     UdpnatPacketType      *out_type) G_GNUC_WARN_UNUSED_RESULT;

gboolean udpnat_hs1_parse           (UdpnatHs1View         *out_view,
                                     const guint8          *data,
                                     gsize                  n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_hs1_write_header    (UdpnatWriter          *writer,
                                     UdpnatRole             role,
                                     guint32                sender_index);
gboolean udpnat_hs2_parse           (UdpnatHs2View         *out_view,
                                     const guint8          *data,
                                     gsize                  n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_hs2_write_header    (UdpnatWriter          *writer,
                                     UdpnatRole             role,
                                     guint32                sender_index,
                                     guint32                receiver_index);
gboolean udpnat_cookie_packet_parse (UdpnatCookieView      *out_view,
                                     const guint8          *data,
                                     gsize                  n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_cookie_packet_write (UdpnatWriter          *writer,
                                     guint32                receiver_index,
                                     const guint8           nonce[24],
                                     const guint8           sealed[32]);
gboolean udpnat_data_parse          (UdpnatDataView        *out_view,
                                     const guint8          *data,
                                     gsize                  n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_data_write_header   (UdpnatWriter          *writer,
                                     guint16                n_carried,
                                     guint32                receiver_index,
                                     guint64                number);
void     udpnat_open_packet_write   (UdpnatWriter          *writer,
                                     const guint8           random[7]);
gboolean udpnat_info_parse          (const guint8          *data,
                                     gsize                  n_data,
                                     guint64               *out_token) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_info_write          (UdpnatWriter          *writer,
                                     guint64                token);
gboolean udpnat_info_reply_parse    (UdpnatInfoReply       *out_reply,
                                     const guint8          *data,
                                     gsize                  n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_info_reply_write    (UdpnatWriter          *writer,
                                     const UdpnatInfoReply *reply);
gboolean udpnat_unknown_parse       (const guint8          *data,
                                     gsize                  n_data,
                                     guint32               *out_index) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_unknown_write       (UdpnatWriter          *writer,
                                     guint32                receiver_index);

G_END_DECLS
