/* The outer packets: every parser on every input. Views must point into the datagram, at most one
 * parser may take it, and what was read and can be written reads the same again. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-packet.h"

static void
check_inside (const guint8 *data,
              gsize         n_data,
              const guint8 *part,
              gsize         n_part)
{
  g_assert_true (part >= data && n_part <= n_data && part + n_part <= data + n_data);
}

static gboolean
check_hs1 (const guint8 *data,
           gsize         n_data)
{
  UdpnatHs1View view;

  if (!udpnat_hs1_parse (&view, data, n_data))
    return FALSE;
  check_inside (data, n_data, view.noise, view.n_noise);
  check_inside (data, n_data, view.mac1, UDPNAT_PACKET_MAC_BYTES);
  check_inside (data, n_data, view.mac2, UDPNAT_PACKET_MAC_BYTES);
  g_assert_cmpuint (view.n_before_mac2 + UDPNAT_PACKET_MAC_BYTES, ==, n_data);
  g_assert_cmpuint (view.n_before_mac1 + UDPNAT_PACKET_MAC_BYTES, ==, view.n_before_mac2);
  return TRUE;
}

static gboolean
check_hs2 (const guint8 *data,
           gsize         n_data)
{
  UdpnatHs2View view;

  if (!udpnat_hs2_parse (&view, data, n_data))
    return FALSE;
  check_inside (data, n_data, view.noise, view.n_noise);
  check_inside (data, n_data, view.mac1, UDPNAT_PACKET_MAC_BYTES);
  check_inside (data, n_data, view.mac2, UDPNAT_PACKET_MAC_BYTES);
  g_assert_cmpuint (view.n_before_mac2 + UDPNAT_PACKET_MAC_BYTES, ==, n_data);
  g_assert_cmpuint (view.n_before_mac1 + UDPNAT_PACKET_MAC_BYTES, ==, view.n_before_mac2);
  return TRUE;
}

static gboolean
check_cookie (const guint8 *data,
              gsize         n_data)
{
  UdpnatCookieView view, again;
  guint8           out[UDPNAT_COOKIE_PACKET_BYTES];
  UdpnatWriter     writer;

  if (!udpnat_cookie_packet_parse (&view, data, n_data))
    return FALSE;
  check_inside (data, n_data, view.nonce, UDPNAT_PACKET_NONCE_BYTES);
  check_inside (data, n_data, view.sealed, UDPNAT_PACKET_SEALED_COOKIE_BYTES);
  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_cookie_packet_write (&writer, view.receiver_index, view.nonce, view.sealed);
  g_assert_true (!writer.failed && udpnat_cookie_packet_parse (&again, out, writer.n_written));
  g_assert_cmpuint (again.receiver_index, ==, view.receiver_index);
  g_assert_cmpmem (again.nonce, 24, view.nonce, 24);
  g_assert_cmpmem (again.sealed, 32, view.sealed, 32);
  return TRUE;
}

static gboolean
check_data (const guint8 *data,
            gsize         n_data)
{
  UdpnatDataView view;

  if (!udpnat_data_parse (&view, data, n_data))
    return FALSE;
  g_assert_true (view.header == data);
  g_assert_cmpuint (view.n_sealed, >=, 16);
  g_assert_cmpuint (UDPNAT_DATA_HEADER_BYTES + view.n_sealed + view.n_carried, ==, n_data);
  g_assert_cmpuint (view.n_frames + UDPNAT_DATA_MIN_BYTES, ==, n_data);
  check_inside (data, n_data, view.sealed, view.n_sealed);
  check_inside (data, n_data, view.carried, view.n_carried);
  return TRUE;
}

static gboolean
check_info_reply (const guint8 *data,
                  gsize         n_data)
{
  UdpnatInfoReply reply, again;
  guint8          out[UDPNAT_INFO_REPLY_BYTES];
  UdpnatWriter    writer;

  if (!udpnat_info_reply_parse (&reply, data, n_data))
    return FALSE;
  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_info_reply_write (&writer, &reply);
  g_assert_true (!writer.failed && udpnat_info_reply_parse (&again, out, writer.n_written));
  g_assert_cmpuint (again.alt_port, ==, reply.alt_port);
  g_assert_cmpuint (again.token, ==, reply.token);
  g_assert_true (udpnat_address_equal (&again.observed, &reply.observed));
  g_assert_cmpmem (again.server_key, 32, reply.server_key, 32);
  g_assert_cmpmem (again.cookie, 16, reply.cookie, 16);
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  UdpnatPacketType type;
  gboolean         is_known = udpnat_packet_classify (data, n_data, &type);
  guint64          token;
  guint32          index;
  guint            n_taken = 0;

  n_taken += check_hs1 (data, n_data);
  n_taken += check_hs2 (data, n_data);
  n_taken += check_cookie (data, n_data);
  n_taken += check_data (data, n_data);
  n_taken += check_info_reply (data, n_data);
  n_taken += udpnat_info_parse (data, n_data, &token);
  n_taken += udpnat_unknown_parse (data, n_data, &index);

  g_assert_cmpuint (n_taken, <=, 1);
  if (n_taken == 1)
    g_assert_true (is_known);
  if (is_known)
    g_assert_cmpuint (n_data, <=, UDPNAT_DATAGRAM_MAX_BYTES);
  return 0;
}
