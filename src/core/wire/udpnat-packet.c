#include "config.h"

#include "udpnat-packet.h"

#include <string.h>

/* Outer packets: what a datagram is and where its parts are (PROTOCOL.md sections 1 to 4). Nothing
 * here is decrypted or trusted; sizes are checked, so that whoever gets a view need not. */

#define MACS_BYTES (2 * UDPNAT_PACKET_MAC_BYTES)

typedef struct
{
  gsize    n_min;
  gsize    n_max;
  gboolean has_version;
  gboolean has_role;
} PacketRule;

static const PacketRule rules[] = {
  [UDPNAT_PACKET_HS1] = { UDPNAT_HS1_MIN_BYTES, UDPNAT_DATAGRAM_BASE_BYTES, TRUE, TRUE },
  [UDPNAT_PACKET_HS2] = { UDPNAT_HS2_MIN_BYTES, UDPNAT_DATAGRAM_BASE_BYTES, TRUE, TRUE },
  [UDPNAT_PACKET_COOKIE] = { UDPNAT_COOKIE_PACKET_BYTES, UDPNAT_COOKIE_PACKET_BYTES, FALSE, FALSE },
  [UDPNAT_PACKET_DATA] = { UDPNAT_DATA_MIN_BYTES, UDPNAT_DATAGRAM_MAX_BYTES, FALSE, FALSE },
  [UDPNAT_PACKET_OPEN] = { UDPNAT_OPEN_BYTES, UDPNAT_OPEN_BYTES, FALSE, FALSE },
  [UDPNAT_PACKET_INFO] = { UDPNAT_INFO_BYTES, UDPNAT_INFO_BYTES, TRUE, FALSE },
  [UDPNAT_PACKET_INFO_REPLY] = { UDPNAT_INFO_REPLY_BYTES, UDPNAT_INFO_REPLY_BYTES, TRUE, FALSE },
  [UDPNAT_PACKET_UNKNOWN] = { UDPNAT_UNKNOWN_BYTES, UDPNAT_UNKNOWN_BYTES, FALSE, FALSE },
};

/**
 * udpnat_packet_classify:
 *
 * Returns: %FALSE when the datagram is none of ours: unknown type, version or role, or a length
 *   that its type cannot have
 */
gboolean
udpnat_packet_classify (const guint8     *data,
                        gsize             n_data,
                        UdpnatPacketType *out_type)
{
  const PacketRule *rule;

  if (n_data < 1 || data[0] < UDPNAT_PACKET_HS1 || data[0] >= G_N_ELEMENTS (rules))
    return FALSE;
  rule = &rules[data[0]];
  if (n_data < rule->n_min || n_data > rule->n_max)
    return FALSE;
  if (rule->has_version && data[1] != UDPNAT_PACKET_VERSION)
    return FALSE;
  if (rule->has_role && data[2] > UDPNAT_ROLE_RESUMPTION)
    return FALSE;
  *out_type = data[0];
  return TRUE;
}

static gboolean
is_type (const guint8     *data,
         gsize             n_data,
         UdpnatPacketType  wanted)
{
  UdpnatPacketType type;

  return udpnat_packet_classify (data, n_data, &type) && type == wanted;
}

/* A reader behind the first @n_skip bytes. */
static UdpnatReader
read_from (const guint8 *data,
           gsize         n_data,
           gsize         n_skip)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, data, n_data);
  udpnat_reader_bytes (&reader, n_skip);
  return reader;
}

/* ---- Handshake ---- */

gboolean
udpnat_hs1_parse (UdpnatHs1View *out_view,
                  const guint8  *data,
                  gsize          n_data)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_HS1))
    return FALSE;
  reader = read_from (data, n_data, 4);
  out_view->role = data[2];
  out_view->sender_index = udpnat_reader_u32 (&reader);
  out_view->n_before_mac1 = n_data - MACS_BYTES;
  out_view->n_before_mac2 = n_data - UDPNAT_PACKET_MAC_BYTES;
  out_view->noise = data + UDPNAT_HS1_HEADER_BYTES;
  out_view->n_noise = out_view->n_before_mac1 - UDPNAT_HS1_HEADER_BYTES;
  out_view->mac1 = data + out_view->n_before_mac1;
  out_view->mac2 = data + out_view->n_before_mac2;
  return TRUE;
}

/** udpnat_hs1_write_header: up to e; what follows, MACs included, is the caller's */
void
udpnat_hs1_write_header (UdpnatWriter *writer,
                         UdpnatRole    role,
                         guint32       sender_index)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_HS1);
  udpnat_writer_u8 (writer, UDPNAT_PACKET_VERSION);
  udpnat_writer_u8 (writer, role);
  udpnat_writer_u8 (writer, 0);
  udpnat_writer_u32 (writer, sender_index);
}

gboolean
udpnat_hs2_parse (UdpnatHs2View *out_view,
                  const guint8  *data,
                  gsize          n_data)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_HS2))
    return FALSE;
  reader = read_from (data, n_data, 4);
  out_view->role = data[2];
  out_view->sender_index = udpnat_reader_u32 (&reader);
  out_view->receiver_index = udpnat_reader_u32 (&reader);
  out_view->n_before_mac1 = n_data - MACS_BYTES;
  out_view->n_before_mac2 = n_data - UDPNAT_PACKET_MAC_BYTES;
  out_view->noise = data + UDPNAT_HS2_HEADER_BYTES;
  out_view->n_noise = out_view->n_before_mac1 - UDPNAT_HS2_HEADER_BYTES;
  out_view->mac1 = data + out_view->n_before_mac1;
  out_view->mac2 = data + out_view->n_before_mac2;
  return TRUE;
}

/** udpnat_hs2_write_header: up to e; what follows, MACs included, is the caller's */
void
udpnat_hs2_write_header (UdpnatWriter *writer,
                         UdpnatRole    role,
                         guint32       sender_index,
                         guint32       receiver_index)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_HS2);
  udpnat_writer_u8 (writer, UDPNAT_PACKET_VERSION);
  udpnat_writer_u8 (writer, role);
  udpnat_writer_u8 (writer, 0);
  udpnat_writer_u32 (writer, sender_index);
  udpnat_writer_u32 (writer, receiver_index);
}

gboolean
udpnat_cookie_packet_parse (UdpnatCookieView *out_view,
                            const guint8     *data,
                            gsize             n_data)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_COOKIE))
    return FALSE;
  reader = read_from (data, n_data, 4);
  out_view->receiver_index = udpnat_reader_u32 (&reader);
  out_view->nonce = udpnat_reader_bytes (&reader, UDPNAT_PACKET_NONCE_BYTES);
  out_view->sealed = udpnat_reader_bytes (&reader, UDPNAT_PACKET_SEALED_COOKIE_BYTES);
  return udpnat_reader_is_done (&reader);
}

void
udpnat_cookie_packet_write (UdpnatWriter *writer,
                            guint32       receiver_index,
                            const guint8  nonce[24],
                            const guint8  sealed[32])
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_COOKIE);
  udpnat_writer_zeros (writer, 3);
  udpnat_writer_u32 (writer, receiver_index);
  udpnat_writer_bytes (writer, nonce, UDPNAT_PACKET_NONCE_BYTES);
  udpnat_writer_bytes (writer, sealed, UDPNAT_PACKET_SEALED_COOKIE_BYTES);
}

/* ---- The others ---- */

gboolean
udpnat_data_parse (UdpnatDataView *out_view,
                   const guint8   *data,
                   gsize           n_data)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_DATA))
    return FALSE;
  reader = read_from (data, n_data, 2);
  out_view->n_carried = udpnat_reader_u16 (&reader);
  if (out_view->n_carried > n_data - UDPNAT_DATA_MIN_BYTES)
    return FALSE;
  out_view->receiver_index = udpnat_reader_u32 (&reader);
  out_view->number = udpnat_reader_u64 (&reader);
  out_view->header = data;
  out_view->sealed = data + UDPNAT_DATA_HEADER_BYTES;
  out_view->n_sealed = n_data - UDPNAT_DATA_HEADER_BYTES - out_view->n_carried;
  out_view->carried = out_view->sealed + out_view->n_sealed;
  out_view->n_frames = n_data - UDPNAT_DATA_MIN_BYTES;
  return TRUE;
}

void
udpnat_data_write_header (UdpnatWriter *writer,
                          guint16       n_carried,
                          guint32       receiver_index,
                          guint64       number)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_DATA);
  udpnat_writer_u8 (writer, 0);
  udpnat_writer_u16 (writer, n_carried);
  udpnat_writer_u32 (writer, receiver_index);
  udpnat_writer_u64 (writer, number);
}

void
udpnat_open_packet_write (UdpnatWriter *writer,
                          const guint8  random[7])
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_OPEN);
  udpnat_writer_bytes (writer, random, UDPNAT_OPEN_RANDOM_BYTES);
}

gboolean
udpnat_info_parse (const guint8 *data,
                   gsize         n_data,
                   guint64      *out_token)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_INFO))
    return FALSE;
  reader = read_from (data, n_data, 4);
  *out_token = udpnat_reader_u64 (&reader);
  return TRUE;
}

void
udpnat_info_write (UdpnatWriter *writer,
                   guint64       token)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_INFO);
  udpnat_writer_u8 (writer, UDPNAT_PACKET_VERSION);
  udpnat_writer_zeros (writer, 2);
  udpnat_writer_u64 (writer, token);
  udpnat_writer_zeros (writer, UDPNAT_INFO_BYTES - 12);
}

gboolean
udpnat_info_reply_parse (UdpnatInfoReply *out_reply,
                         const guint8    *data,
                         gsize            n_data)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_INFO_REPLY))
    return FALSE;
  reader = read_from (data, n_data, 2);
  out_reply->alt_port = udpnat_reader_u16 (&reader);
  out_reply->token = udpnat_reader_u64 (&reader);
  udpnat_reader_copy (&reader, out_reply->server_key, sizeof out_reply->server_key);
  udpnat_reader_address (&reader, &out_reply->observed);
  udpnat_reader_copy (&reader, out_reply->cookie, sizeof out_reply->cookie);
  return udpnat_reader_is_done (&reader);
}

void
udpnat_info_reply_write (UdpnatWriter          *writer,
                         const UdpnatInfoReply *reply)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_INFO_REPLY);
  udpnat_writer_u8 (writer, UDPNAT_PACKET_VERSION);
  udpnat_writer_u16 (writer, reply->alt_port);
  udpnat_writer_u64 (writer, reply->token);
  udpnat_writer_bytes (writer, reply->server_key, sizeof reply->server_key);
  udpnat_writer_address (writer, &reply->observed);
  udpnat_writer_bytes (writer, reply->cookie, sizeof reply->cookie);
}

gboolean
udpnat_unknown_parse (const guint8 *data,
                      gsize         n_data,
                      guint32      *out_index)
{
  UdpnatReader reader;

  if (!is_type (data, n_data, UDPNAT_PACKET_UNKNOWN))
    return FALSE;
  reader = read_from (data, n_data, 4);
  *out_index = udpnat_reader_u32 (&reader);
  return TRUE;
}

void
udpnat_unknown_write (UdpnatWriter *writer,
                      guint32       receiver_index)
{
  udpnat_writer_u8 (writer, UDPNAT_PACKET_UNKNOWN);
  udpnat_writer_zeros (writer, 3);
  udpnat_writer_u32 (writer, receiver_index);
}
