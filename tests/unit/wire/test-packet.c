#include "config.h"

#include "udpnat-packet.h"

#include "wire-hex.h"

/* The outer packets against the bytes of PROTOCOL.md sections 1 to 4, and every length that a
 * datagram may have. */

#define KEY_HEX "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define COOKIE_HEX "606162636465666768696a6b6c6d6e6f"
#define NONCE_HEX "101112131415161718191a1b1c1d1e1f2021222324252627"
#define IPV4_HEX "04 c0000201 000000000000000000000000 2290"
#define IPV6_HEX "06 20010db8000000000000000000000001 2290"

#define HS1_HEADER_HEX "04 01 01 00 11223344"
#define HS2_HEADER_HEX "05 01 00 00 11223344 55667788"
#define COOKIE_PACKET_HEX "06 000000 55667788" NONCE_HEX KEY_HEX
#define DATA_HEADER_HEX "07 000000 55667788 0102030405060708"
#define INFO_HEX                                                                                   \
  "09 01 0000 1122334455667788"                                                                    \
  "00000000000000000000000000000000000000000000000000000000"                                       \
  "00000000000000000000000000000000000000000000000000000000"                                       \
  "00000000000000000000000000000000000000000000000000000000"
#define INFO_REPLY_HEX "0a 01 2291 1122334455667788" KEY_HEX IPV4_HEX COOKIE_HEX
#define UNKNOWN_HEX "0b 000000 55667788"

typedef struct
{
  guint8   type;
  gsize    n_min;
  gsize    n_max;
  gboolean has_version;
  gboolean has_role;
} Rule;

/* The table of PROTOCOL.md section 1. */
static const Rule rules[] = {
  { UDPNAT_PACKET_HS1, 512, 1200, TRUE, TRUE },
  { UDPNAT_PACKET_HS2, 93, 1200, TRUE, TRUE },
  { UDPNAT_PACKET_COOKIE, 64, 64, FALSE, FALSE },
  { UDPNAT_PACKET_DATA, 32, 1472, FALSE, FALSE },
  { UDPNAT_PACKET_OPEN, 8, 8, FALSE, FALSE },
  { UDPNAT_PACKET_INFO, 96, 96, TRUE, FALSE },
  { UDPNAT_PACKET_INFO_REPLY, 79, 79, TRUE, FALSE },
  { UDPNAT_PACKET_UNKNOWN, 8, 8, FALSE, FALSE },
};

static UdpnatInfoReply
example_reply (void)
{
  UdpnatInfoReply reply = { .alt_port = 8849, .token = 0x1122334455667788 };

  udpnat_address_init_ipv4 (&reply.observed, (const guint8[]) { 192, 0, 2, 1 }, 8848);
  for (guint8 i = 0; i < 32; i++)
    reply.server_key[i] = 0x40 + i;
  for (guint8 i = 0; i < 16; i++)
    reply.cookie[i] = 0x60 + i;
  return reply;
}

/* Writes one of each kind, in the order of their types; OPEN has no reader and HS1, HS2 and DATA
 * are headers. */
static void
write_packet (guint         type,
              UdpnatWriter *writer)
{
  g_autoptr (GByteArray) nonce = bytes_from_hex (NONCE_HEX);
  g_autoptr (GByteArray) key = bytes_from_hex (KEY_HEX);
  UdpnatInfoReply reply = example_reply ();

  switch (type)
    {
    case UDPNAT_PACKET_HS1:
      udpnat_hs1_write_header (writer, UDPNAT_ROLE_PEER_PEER, 0x11223344);
      break;
    case UDPNAT_PACKET_HS2:
      udpnat_hs2_write_header (writer, UDPNAT_ROLE_CLIENT_SERVER, 0x11223344, 0x55667788);
      break;
    case UDPNAT_PACKET_COOKIE:
      udpnat_cookie_packet_write (writer, 0x55667788, nonce->data, key->data);
      break;
    case UDPNAT_PACKET_DATA:
      udpnat_data_write_header (writer, 0, 0x55667788, 0x0102030405060708);
      break;
    case UDPNAT_PACKET_OPEN:
      udpnat_open_packet_write (writer, (const guint8[]) { 1, 2, 3, 4, 5, 6, 7 });
      break;
    case UDPNAT_PACKET_INFO:
      udpnat_info_write (writer, 0x1122334455667788);
      break;
    case UDPNAT_PACKET_INFO_REPLY:
      udpnat_info_reply_write (writer, &reply);
      break;
    default:
      udpnat_unknown_write (writer, 0x55667788);
    }
}

static void
written_as_documented (void)
{
  static const char *const expected[] = {
    HS1_HEADER_HEX,       HS2_HEADER_HEX, COOKIE_PACKET_HEX, DATA_HEADER_HEX,
    "08 01020304050607", INFO_HEX,       INFO_REPLY_HEX,    UNKNOWN_HEX,
  };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      guint8 data[128];
      UdpnatWriter writer;

      udpnat_writer_init (&writer, data, sizeof data);
      write_packet (UDPNAT_PACKET_HS1 + i, &writer);
      g_assert_false (writer.failed);
      assert_hex (data, writer.n_written, expected[i]);
    }
}

static void
too_little_room_fails_the_writer (void)
{
  for (guint type = UDPNAT_PACKET_HS1; type <= UDPNAT_PACKET_UNKNOWN; type++)
    {
      guint8 data[128];
      UdpnatWriter writer;
      gsize n_whole;

      udpnat_writer_init (&writer, data, sizeof data);
      write_packet (type, &writer);
      n_whole = writer.n_written;
      for (gsize n_room = 0; n_room < n_whole; n_room++)
        {
          g_autofree guint8 *exact = copy_exactly (data, n_room);

          udpnat_writer_init (&writer, exact, n_room);
          write_packet (type, &writer);
          g_assert_true (writer.failed);
        }
    }
}

/* ---- Classification ---- */

/* A packet of @n_data bytes that is right in everything but perhaps its length. */
static guint8 *
make_packet (const Rule *rule,
             gsize       n_data)
{
  guint8 *data = g_malloc0 (n_data); /* NULL for none */

  if (n_data > 0)
    data[0] = rule->type;
  if (n_data > 1 && rule->has_version)
    data[1] = UDPNAT_PACKET_VERSION;
  return data;
}

static void
every_length_of_every_type (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    for (gsize n = 0; n <= 1600; n++)
      {
        g_autofree guint8 *data = make_packet (&rules[i], n);
        gboolean is_allowed = n >= rules[i].n_min && n <= rules[i].n_max;
        UdpnatPacketType type = 0;

        g_assert_cmpint (udpnat_packet_classify (data, n, &type), ==, is_allowed);
        if (is_allowed)
          g_assert_cmpint (type, ==, rules[i].type);
      }
}

static void
no_other_type (void)
{
  for (guint first = 0; first <= 255; first++)
    {
      gboolean is_ours = first >= 4 && first <= 11;
      guint n_accepted = 0;
      guint8 data[1200] = { (guint8) first, UDPNAT_PACKET_VERSION };
      UdpnatPacketType type;

      for (gsize n = 0; n <= sizeof data; n++)
        n_accepted += udpnat_packet_classify (data, n, &type);
      g_assert_cmpint (n_accepted > 0, ==, is_ours);
    }
}

static void
wrong_version_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    for (guint version = 0; version <= 255; version++)
      {
        g_autofree guint8 *data = make_packet (&rules[i], rules[i].n_min);
        gboolean is_allowed = !rules[i].has_version || version == 1;
        UdpnatPacketType type;

        data[1] = (guint8) version;
        g_assert_cmpint (udpnat_packet_classify (data, rules[i].n_min, &type), ==, is_allowed);
      }
}

static void
wrong_role_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    for (guint role = 0; role <= 255; role++)
      {
        g_autofree guint8 *data = make_packet (&rules[i], rules[i].n_min);
        gboolean is_allowed = !rules[i].has_role || role <= 2;
        UdpnatPacketType type;

        data[2] = (guint8) role;
        g_assert_cmpint (udpnat_packet_classify (data, rules[i].n_min, &type), ==, is_allowed);
      }
}

/* ---- Readers ---- */

static void
hs1_view_points_at_its_parts (void)
{
  for (gsize n = 512; n <= 1200; n += 688)
    {
      g_autofree guint8 *data = make_packet (&rules[0], n);
      UdpnatHs1View view;

      data[2] = UDPNAT_ROLE_PEER_PEER;
      memcpy (data + 4, "\x11\x22\x33\x44", 4);
      g_assert_true (udpnat_hs1_parse (&view, data, n));
      g_assert_cmpint (view.role, ==, UDPNAT_ROLE_PEER_PEER);
      g_assert_cmphex (view.sender_index, ==, 0x11223344);
      g_assert_true (view.noise == data + 8);
      g_assert_cmpuint (view.n_noise, ==, n - 8 - 32);
      g_assert_cmpuint (view.n_before_mac1, ==, n - 32);
      g_assert_true (view.mac1 == data + n - 32);
      g_assert_cmpuint (view.n_before_mac2, ==, n - 16);
      g_assert_true (view.mac2 == data + n - 16);
    }
}

static void
hs2_view_points_at_its_parts (void)
{
  for (gsize n = 93; n <= 1200; n += 1107)
    {
      g_autofree guint8 *data = make_packet (&rules[1], n);
      UdpnatHs2View view;

      memcpy (data + 4, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
      g_assert_true (udpnat_hs2_parse (&view, data, n));
      g_assert_cmpint (view.role, ==, UDPNAT_ROLE_CLIENT_SERVER);
      g_assert_cmphex (view.sender_index, ==, 0x11223344);
      g_assert_cmphex (view.receiver_index, ==, 0x55667788);
      g_assert_true (view.noise == data + 12);
      g_assert_cmpuint (view.n_noise, ==, n - 12 - 32);
      g_assert_cmpuint (view.n_before_mac1, ==, n - 32);
      g_assert_true (view.mac1 == data + n - 32);
      g_assert_cmpuint (view.n_before_mac2, ==, n - 16);
      g_assert_true (view.mac2 == data + n - 16);
    }
}

static void
data_view_points_at_its_parts (void)
{
  for (gsize n = 32; n <= 1200; n += 1168)
    {
      g_autofree guint8 *data = make_packet (&rules[3], n);
      g_autoptr (GByteArray) header = bytes_from_hex (DATA_HEADER_HEX);
      UdpnatDataView view;

      memcpy (data, header->data, header->len);
      g_assert_true (udpnat_data_parse (&view, data, n));
      g_assert_cmphex (view.receiver_index, ==, 0x55667788);
      g_assert_cmphex (view.number, ==, 0x0102030405060708);
      g_assert_true (view.header == data);
      g_assert_true (view.sealed == data + 16);
      g_assert_cmpuint (view.n_sealed, ==, n - 16);
      g_assert_cmpuint (view.n_carried, ==, 0);
      g_assert_cmpuint (view.n_frames, ==, n - 32);
    }
}

/* What is carried lies behind the tag, and leaves room for it. */
static void
data_view_points_at_what_is_carried (void)
{
  g_autofree guint8 *data = make_packet (&rules[3], 1200);
  g_autoptr (GByteArray) header = bytes_from_hex (DATA_HEADER_HEX);
  UdpnatDataView view;

  memcpy (data, header->data, header->len);
  data[2] = 0x01;
  data[3] = 0x02;
  g_assert_true (udpnat_data_parse (&view, data, 1200));
  g_assert_cmpuint (view.n_carried, ==, 0x102);
  g_assert_true (view.sealed == data + 16);
  g_assert_cmpuint (view.n_sealed, ==, 1200 - 16 - 0x102);
  g_assert_true (view.carried == data + 1200 - 0x102);
  g_assert_cmpuint (view.n_frames, ==, 1200 - 32);
  g_assert_true (udpnat_data_parse (&view, data, 32 + 0x102));
  g_assert_cmpuint (view.n_sealed, ==, 16);
  g_assert_false (udpnat_data_parse (&view, data, 32 + 0x101));
}

static void
cookie_read_as_documented (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (COOKIE_PACKET_HEX);
  UdpnatCookieView view;

  g_assert_true (udpnat_cookie_packet_parse (&view, data->data, data->len));
  g_assert_cmphex (view.receiver_index, ==, 0x55667788);
  assert_hex (view.nonce, 24, NONCE_HEX);
  assert_hex (view.sealed, 32, KEY_HEX);
}

static void
info_read_as_documented (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (INFO_HEX);
  guint64 token = 0;

  g_assert_true (udpnat_info_parse (data->data, data->len, &token));
  g_assert_cmphex (token, ==, 0x1122334455667788);
}

static void
info_reply_read_as_documented (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (INFO_REPLY_HEX);
  UdpnatInfoReply expected = example_reply ();
  UdpnatInfoReply reply;

  g_assert_true (udpnat_info_reply_parse (&reply, data->data, data->len));
  g_assert_cmpuint (reply.alt_port, ==, 8849);
  g_assert_cmphex (reply.token, ==, 0x1122334455667788);
  g_assert_cmpmem (reply.server_key, 32, expected.server_key, 32);
  g_assert_true (udpnat_address_equal (&reply.observed, &expected.observed));
  g_assert_cmpmem (reply.cookie, 16, expected.cookie, 16);
}

static void
info_reply_with_ipv6 (void)
{
  g_autoptr (GByteArray) data
    = bytes_from_hex ("0a 01 0000 1122334455667788" KEY_HEX IPV6_HEX COOKIE_HEX);
  UdpnatAddress expected;
  UdpnatInfoReply reply;

  g_assert_true (udpnat_address_parse_ip (&expected, "2001:db8::1", 8848));
  g_assert_true (udpnat_info_reply_parse (&reply, data->data, data->len));
  g_assert_cmpuint (reply.alt_port, ==, 0);
  g_assert_true (udpnat_address_equal (&reply.observed, &expected));
}

static void
info_reply_with_mapped_address_is_ipv4 (void)
{
  g_autoptr (GByteArray) data
    = bytes_from_hex ("0a 01 2291 1122334455667788" KEY_HEX
                      "06 00000000000000000000ffffc0000201 2290" COOKIE_HEX);
  UdpnatInfoReply expected = example_reply ();
  UdpnatInfoReply reply;

  g_assert_true (udpnat_info_reply_parse (&reply, data->data, data->len));
  g_assert_true (udpnat_address_equal (&reply.observed, &expected.observed));
}

static void
info_reply_with_bad_family_refused (void)
{
  for (guint family = 0; family <= 255; family++)
    {
      g_autoptr (GByteArray) data = bytes_from_hex (INFO_REPLY_HEX);
      UdpnatInfoReply reply;

      data->data[44] = (guint8) family;
      g_assert_cmpint (udpnat_info_reply_parse (&reply, data->data, data->len), ==,
                       family == 4 || family == 6);
    }
}

static void
info_reply_without_address_not_written (void)
{
  UdpnatInfoReply reply = example_reply ();
  guint8 data[128];
  UdpnatWriter writer;

  reply.observed = UDPNAT_ADDRESS_NONE;
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_info_reply_write (&writer, &reply);
  g_assert_true (writer.failed);
}

static void
unknown_read_as_documented (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (UNKNOWN_HEX);
  guint32 index = 0;

  g_assert_true (udpnat_unknown_parse (data->data, data->len, &index));
  g_assert_cmphex (index, ==, 0x55667788);
}

/* Which readers take a datagram, one bit each. */
static guint
try_readers (const guint8 *data,
             gsize         n_data)
{
  UdpnatHs1View hs1;
  UdpnatHs2View hs2;
  UdpnatCookieView cookie;
  UdpnatDataView sealed;
  UdpnatInfoReply reply;
  guint64 token;
  guint32 index;

  return (guint) udpnat_hs1_parse (&hs1, data, n_data)
         | (guint) udpnat_hs2_parse (&hs2, data, n_data) << 1
         | (guint) udpnat_cookie_packet_parse (&cookie, data, n_data) << 2
         | (guint) udpnat_data_parse (&sealed, data, n_data) << 3
         | (guint) udpnat_info_parse (data, n_data, &token) << 5
         | (guint) udpnat_info_reply_parse (&reply, data, n_data) << 6
         | (guint) udpnat_unknown_parse (data, n_data, &index) << 7;
}

/* INFO-REPLY is made with a valid address, so that its length alone decides. */
static void
readers_take_their_type_at_its_lengths_only (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    for (gsize n = 0; n <= 1600; n++)
      {
        g_autofree guint8 *data = make_packet (&rules[i], n);
        gboolean is_allowed = n >= rules[i].n_min && n <= rules[i].n_max;
        guint expected = is_allowed ? 1u << i : 0;

        if (rules[i].type == UDPNAT_PACKET_OPEN)
          expected = 0;
        if (rules[i].type == UDPNAT_PACKET_INFO_REPLY && n > 44)
          data[44] = UDPNAT_FAMILY_IPV4;
        g_assert_cmphex (try_readers (data, n), ==, expected);
      }
}

static void
reserved_bytes_ignored (void)
{
  static const struct
  {
    guint  rule;
    guint8 at;
    guint8 n;
  } reserved[] = {
    { 0, 3, 1 }, { 1, 3, 1 }, { 2, 1, 3 }, { 3, 1, 1 }, { 5, 2, 2 }, { 5, 12, 84 }, { 7, 1, 3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      const Rule *rule = &rules[reserved[i].rule];
      g_autofree guint8 *data = make_packet (rule, rule->n_min);

      memset (data + reserved[i].at, 0xff, reserved[i].n);
      g_assert_cmphex (try_readers (data, rule->n_min), ==, 1u << reserved[i].rule);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-packet/write/as-documented", written_as_documented);
  g_test_add_func ("/wire-packet/write/too-little-room-fails", too_little_room_fails_the_writer);
  g_test_add_func ("/wire-packet/classify/every-length-of-every-type", every_length_of_every_type);
  g_test_add_func ("/wire-packet/classify/no-other-type", no_other_type);
  g_test_add_func ("/wire-packet/classify/wrong-version-refused", wrong_version_refused);
  g_test_add_func ("/wire-packet/classify/wrong-role-refused", wrong_role_refused);
  g_test_add_func ("/wire-packet/hs1/view-points-at-its-parts", hs1_view_points_at_its_parts);
  g_test_add_func ("/wire-packet/hs2/view-points-at-its-parts", hs2_view_points_at_its_parts);
  g_test_add_func ("/wire-packet/data/view-points-at-its-parts", data_view_points_at_its_parts);
  g_test_add_func ("/wire-packet/data/view-points-at-what-is-carried",
                   data_view_points_at_what_is_carried);
  g_test_add_func ("/wire-packet/cookie/read-as-documented", cookie_read_as_documented);
  g_test_add_func ("/wire-packet/info/read-as-documented", info_read_as_documented);
  g_test_add_func ("/wire-packet/info-reply/read-as-documented", info_reply_read_as_documented);
  g_test_add_func ("/wire-packet/info-reply/ipv6", info_reply_with_ipv6);
  g_test_add_func ("/wire-packet/info-reply/mapped-address-is-ipv4",
                   info_reply_with_mapped_address_is_ipv4);
  g_test_add_func ("/wire-packet/info-reply/bad-family-refused",
                   info_reply_with_bad_family_refused);
  g_test_add_func ("/wire-packet/info-reply/not-written-without-address",
                   info_reply_without_address_not_written);
  g_test_add_func ("/wire-packet/unknown/read-as-documented", unknown_read_as_documented);
  g_test_add_func ("/wire-packet/readers/take-their-type-at-its-lengths-only",
                   readers_take_their_type_at_its_lengths_only);
  g_test_add_func ("/wire-packet/readers/reserved-bytes-ignored", reserved_bytes_ignored);
  return g_test_run ();
}
