#include "config.h"

#include "udpnat-frame.h"

#include "wire-codec.h"
#include "wire-hex.h"

/* Frames against the bytes of PROTOCOL.md section 5: framing, what each reader gives for a
 * written example, where it refuses, and that nothing is written when it does not fit. test-ack-
 * frame.c has the rest of ACK. */

#define KEY_HEX "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define IPV4_HEX "04 c0000201 000000000000000000000000 2290"
#define IPV6_HEX "06 20010db8000000000000000000000001 2290"

static const Golden goldens[] = {
  { "ack",
    "02 0020 0000000000000064 000003e8 00000004 00000002 00000000 00000000 00000009", 16, 8 },
  { "stream", "03 0010 00000001 0000000000010000 deadbeef", 12, 1 },
  { "stream-without-data", "03 000c 00000001 0000000000010000", 12, 1 },
  { "stream-window", "04 000c 00000002 0000000000040000", 0, 0 },
  { "close", "05 0005 0001 627965", 2, 1 },
  { "close-without-text", "05 0002 0004", 2, 1 },
  { "early", "06 0008 00000001 0a0b0c0d", 4, 1 },
  { "observed-ipv4", "07 0013" IPV4_HEX, 0, 0 },
  { "observed-ipv6", "07 0013" IPV6_HEX, 0, 0 },
  { "path-challenge", "08 0008 0102030405060708", 0, 0 },
  { "path-response", "09 001b 0102030405060708" IPV4_HEX, 0, 0 },
  { "relay", "10 0008 11223344 0a0b0c0d", 4, 1 },
  { "dial", "11 0024" KEY_HEX "0a0b0c0d", 32, 1 },
  { "relay-failed", "12 0005 11223344 02", 0, 0 },
  { "relay-quota", "12 0009 11223344 03 01020304", 0, 0 },
  { "dial-failed", "13 0021" KEY_HEX "03", 0, 0 },
  { "incoming", "14 000d 11223344 0005 616c696365 0a0b", 11, 1 },
};

/* Reads the only frame of @data; its body is the part of @data behind the header. */
static UdpnatFrameView
read_only_frame (const guint8 *data,
                 gsize         n_data)
{
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, data, n_data);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_true (udpnat_reader_is_done (&reader));
  return frame;
}

/* ---- All examples ---- */

static void
golden_survives_a_round_trip (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatFrameView frame = read_only_frame (data->data, data->len);
  guint8 out[128];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (recode_frame (&frame, &writer));
  assert_hex (out, writer.n_written, golden->hex);
}

/* A whole frame, but with a shorter or (by one zero byte) longer body. */
static void
golden_body_of_every_length (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  gsize n_body = data->len - UDPNAT_FRAME_HEADER_BYTES;

  for (gsize n = 0; n <= n_body + 1; n++)
    {
      g_autofree guint8 *body = g_malloc0 (n + 1);
      g_autofree guint8 *exact = NULL;
      UdpnatFrameView frame = { .type = data->data[0], .n_body = n };
      guint8 out[128];
      UdpnatWriter writer;

      memcpy (body, data->data + UDPNAT_FRAME_HEADER_BYTES, MIN (n, n_body));
      /* CLOSE takes no zero byte */
      if (n > n_body && frame.type == UDPNAT_FRAME_CLOSE)
        body[n_body] = '!';
      exact = copy_exactly (body, n);
      frame.body = exact;
      udpnat_writer_init (&writer, out, sizeof out);
      g_assert_cmpint (recode_frame (&frame, &writer), ==, golden_allows (golden, n_body, n));
    }
}

static void
golden_cut_anywhere_is_no_frame (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);

  for (gsize n = 1; n < data->len; n++)
    {
      g_autofree guint8 *exact = copy_exactly (data->data, n);
      UdpnatFrameView frame;
      UdpnatReader reader;

      udpnat_reader_init (&reader, exact, n);
      g_assert_false (udpnat_frame_next (&reader, &frame));
      g_assert_true (reader.failed);
    }
}

static void
golden_of_another_type_refused (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatFrameView frame = read_only_frame (data->data, data->len);
  guint32 handle, rate_kib, stream;
  guint64 token, offset;
  UdpnatAddress address;
  const guint8 *bytes;
  g_autofree char *name = NULL;
  guint16 reason;
  guint8 key[32];
  UdpnatStreamFrame stream_frame;
  const char *text;
  UdpnatAck ack;
  guint8 code;
  gsize n;

  frame.type = 0x7f;
  g_assert_false (udpnat_frame_parse_ack (&frame, &ack));
  g_assert_false (udpnat_frame_parse_stream (&frame, &stream_frame));
  g_assert_false (udpnat_frame_parse_stream_window (&frame, &stream, &offset));
  g_assert_false (udpnat_frame_parse_close (&frame, &reason, &text, &n));
  g_assert_false (udpnat_frame_parse_early (&frame, &stream, &bytes, &n));
  g_assert_false (udpnat_frame_parse_observed (&frame, &address));
  g_assert_false (udpnat_frame_parse_path_challenge (&frame, &token));
  g_assert_false (udpnat_frame_parse_path_response (&frame, &token, &address));
  g_assert_false (udpnat_frame_parse_relay (&frame, &handle, &bytes, &n));
  g_assert_false (udpnat_frame_parse_dial (&frame, key, &bytes, &n));
  g_assert_false (udpnat_frame_parse_relay_failed (&frame, &handle, &code, &rate_kib));
  g_assert_false (udpnat_frame_parse_dial_failed (&frame, key, &code));
  g_assert_false (udpnat_frame_parse_incoming (&frame, &handle, &name, &bytes, &n));
  g_assert_null (name);
}

static void
golden_fits_whole_or_not_at_all (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatFrameView frame = read_only_frame (data->data, data->len);

  for (gsize n_room = 0; n_room <= data->len; n_room++)
    {
      g_autofree guint8 *out = g_malloc (n_room);
      UdpnatWriter writer;

      udpnat_writer_init (&writer, out, n_room);
      g_assert_cmpint (recode_frame (&frame, &writer), ==, n_room == data->len);
      g_assert_false (writer.failed);
      g_assert_cmpuint (writer.n_written, ==, n_room == data->len ? n_room : 0);
    }
}

/* ---- Framing ---- */

static void
next_walks_over_all_frames (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex ("01 0000  7f 0002 aabb  00 0003 000000");
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, data->data, data->len);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_cmpuint (frame.type, ==, UDPNAT_FRAME_PING);
  g_assert_cmpuint (frame.n_body, ==, 0);
  g_assert_nonnull (frame.body);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_cmpuint (frame.type, ==, 0x7f);
  assert_hex (frame.body, frame.n_body, "aabb");
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_cmpuint (frame.type, ==, UDPNAT_FRAME_PAD);
  g_assert_cmpuint (frame.n_body, ==, 3);
  g_assert_false (udpnat_frame_next (&reader, &frame));
  g_assert_false (reader.failed);
}

static void
next_of_nothing_is_the_end (void)
{
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, NULL, 0);
  g_assert_false (udpnat_frame_next (&reader, &frame));
  g_assert_false (reader.failed);
}

static void
next_stays_failed (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex ("01 0001");
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, data->data, data->len);
  g_assert_false (udpnat_frame_next (&reader, &frame));
  g_assert_true (reader.failed);
  g_assert_false (udpnat_frame_next (&reader, &frame));
  g_assert_true (reader.failed);
}

static void
eliciting_types_as_documented (void)
{
  for (guint type = 0; type <= 255; type++)
    g_assert_cmpint (udpnat_frame_is_eliciting ((guint8) type), ==,
                     type == 0x01 || type == 0x03 || type == 0x04);
}

static void
pad_and_ping_as_documented (void)
{
  guint8 out[16];
  UdpnatWriter writer;

  memset (out, 0xff, sizeof out);
  udpnat_writer_init (&writer, out, 11);
  g_assert_true (udpnat_frame_write_pad (&writer, 0));
  g_assert_true (udpnat_frame_write_pad (&writer, 2));
  g_assert_true (udpnat_frame_write_ping (&writer));
  g_assert_false (udpnat_frame_write_ping (&writer));
  g_assert_false (udpnat_frame_write_pad (&writer, 0));
  assert_hex (out, writer.n_written, "00 0000  00 0002 0000  01 0000");
}

static void
body_up_to_what_the_length_can_say (void)
{
  gsize n_room = UDPNAT_FRAME_HEADER_BYTES + G_MAXUINT16 + 1;
  g_autofree guint8 *out = g_malloc (n_room);
  g_autofree guint8 *data = g_malloc0 (G_MAXUINT16 + 1);
  UdpnatStreamFrame stream = { .data = data, .n_data = G_MAXUINT16 - 12 };
  UdpnatFrameView frame;
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, n_room);
  g_assert_false (udpnat_frame_write_pad (&writer, G_MAXUINT16 + 1));
  g_assert_false (udpnat_frame_write_pad (&writer, G_MAXSIZE));
  g_assert_true (udpnat_frame_write_pad (&writer, G_MAXUINT16));
  frame = read_only_frame (out, writer.n_written);
  g_assert_cmpuint (frame.n_body, ==, G_MAXUINT16);

  udpnat_writer_init (&writer, out, n_room);
  stream.n_data++;
  g_assert_false (udpnat_frame_write_stream (&writer, &stream));
  stream.n_data--;
  g_assert_true (udpnat_frame_write_stream (&writer, &stream));
  frame = read_only_frame (out, writer.n_written);
  g_assert_true (udpnat_frame_parse_stream (&frame, &stream));
  g_assert_cmpuint (stream.n_data, ==, G_MAXUINT16 - 12);
}

static void
nothing_after_a_failed_write (void)
{
  guint8 out[8];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_writer_zeros (&writer, sizeof out + 1);
  g_assert_false (udpnat_frame_write_ping (&writer));
  g_assert_cmpuint (writer.n_written, ==, 0);
}

/* ---- Fields ---- */

static UdpnatFrameView
golden_frame (const char *name,
              GByteArray *data)
{
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    if (g_str_equal (goldens[i].name, name))
      {
        g_autoptr (GByteArray) bytes = bytes_from_hex (goldens[i].hex);

        g_byte_array_append (data, bytes->data, bytes->len);
        return read_only_frame (data->data, data->len);
      }
  g_assert_not_reached ();
}

static void
stream_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("stream", data);
  UdpnatStreamFrame stream;

  g_assert_true (udpnat_frame_parse_stream (&frame, &stream));
  g_assert_cmpuint (stream.stream, ==, 1);
  g_assert_cmpuint (stream.offset, ==, 65536);
  assert_hex (stream.data, stream.n_data, "deadbeef");
}

static void
stream_window_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("stream-window", data);
  guint32 stream;
  guint64 offset;

  g_assert_true (udpnat_frame_parse_stream_window (&frame, &stream, &offset));
  g_assert_cmpuint (stream, ==, 2);
  g_assert_cmpuint (offset, ==, 262144);
}

static void
close_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("close", data);
  const char *text;
  guint16 reason;
  gsize n_text;

  g_assert_true (udpnat_frame_parse_close (&frame, &reason, &text, &n_text));
  g_assert_cmpint (reason, ==, UDPNAT_CLOSE_RESTARTING);
  g_assert_cmpmem (text, n_text, "bye", 3);
}

static void
early_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("early", data);
  const guint8 *messages;
  gsize n_messages;
  guint32 stream;

  g_assert_true (udpnat_frame_parse_early (&frame, &stream, &messages, &n_messages));
  g_assert_cmpuint (stream, ==, 1);
  assert_hex (messages, n_messages, "0a0b0c0d");
}

static void
observed_fields (void)
{
  g_autoptr (GByteArray) ipv4 = g_byte_array_new ();
  g_autoptr (GByteArray) ipv6 = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("observed-ipv4", ipv4);
  UdpnatAddress expected;
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&expected, "192.0.2.1", 8848));
  g_assert_true (udpnat_frame_parse_observed (&frame, &address));
  g_assert_true (udpnat_address_equal (&address, &expected));

  frame = golden_frame ("observed-ipv6", ipv6);
  g_assert_true (udpnat_address_parse_ip (&expected, "2001:db8::1", 8848));
  g_assert_true (udpnat_frame_parse_observed (&frame, &address));
  g_assert_true (udpnat_address_equal (&address, &expected));
}

static void
path_fields (void)
{
  g_autoptr (GByteArray) challenge = g_byte_array_new ();
  g_autoptr (GByteArray) response = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("path-challenge", challenge);
  UdpnatAddress expected;
  UdpnatAddress address;
  guint64 token = 0;

  g_assert_true (udpnat_frame_parse_path_challenge (&frame, &token));
  g_assert_cmphex (token, ==, 0x0102030405060708);

  frame = golden_frame ("path-response", response);
  token = 0;
  g_assert_true (udpnat_address_parse_ip (&expected, "192.0.2.1", 8848));
  g_assert_true (udpnat_frame_parse_path_response (&frame, &token, &address));
  g_assert_cmphex (token, ==, 0x0102030405060708);
  g_assert_true (udpnat_address_equal (&address, &expected));
}

static void
relay_fields (void)
{
  g_autoptr (GByteArray) relay = g_byte_array_new ();
  g_autoptr (GByteArray) quota = g_byte_array_new ();
  g_autoptr (GByteArray) failed = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("relay", relay);
  const guint8 *inner;
  guint32 handle = 0;
  guint32 rate_kib = 1;
  gsize n_inner;
  guint8 code;

  g_assert_true (udpnat_frame_parse_relay (&frame, &handle, &inner, &n_inner));
  g_assert_cmphex (handle, ==, 0x11223344);
  assert_hex (inner, n_inner, "0a0b0c0d");

  frame = golden_frame ("relay-failed", failed);
  handle = 0;
  g_assert_true (udpnat_frame_parse_relay_failed (&frame, &handle, &code, &rate_kib));
  g_assert_cmphex (handle, ==, 0x11223344);
  g_assert_cmpint (code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
  g_assert_cmpuint (rate_kib, ==, 0);

  frame = golden_frame ("relay-quota", quota);
  g_assert_true (udpnat_frame_parse_relay_failed (&frame, &handle, &code, &rate_kib));
  g_assert_cmpint (code, ==, UDPNAT_RELAY_FAIL_QUOTA);
  g_assert_cmphex (rate_kib, ==, 0x01020304);
}

static void
dial_fields (void)
{
  g_autoptr (GByteArray) dial = g_byte_array_new ();
  g_autoptr (GByteArray) failed = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("dial", dial);
  const guint8 *inner;
  guint8 key[32];
  gsize n_inner;
  guint8 code;

  g_assert_true (udpnat_frame_parse_dial (&frame, key, &inner, &n_inner));
  assert_hex (key, sizeof key, KEY_HEX);
  assert_hex (inner, n_inner, "0a0b0c0d");

  frame = golden_frame ("dial-failed", failed);
  memset (key, 0, sizeof key);
  g_assert_true (udpnat_frame_parse_dial_failed (&frame, key, &code));
  assert_hex (key, sizeof key, KEY_HEX);
  g_assert_cmpint (code, ==, UDPNAT_RELAY_FAIL_QUOTA);
}

static void
incoming_fields (void)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  UdpnatFrameView frame = golden_frame ("incoming", data);
  g_autofree char *name = NULL;
  const guint8 *inner;
  guint32 handle;
  gsize n_inner;

  g_assert_true (udpnat_frame_parse_incoming (&frame, &handle, &name, &inner, &n_inner));
  g_assert_cmphex (handle, ==, 0x11223344);
  g_assert_cmpstr (name, ==, "alice");
  assert_hex (inner, n_inner, "0a0b");
}

/* ---- Borders ---- */

static void
stream_ends_below_the_largest_offset (void)
{
  static const struct
  {
    const char *hex;
    gboolean    is_allowed;
  } cases[] = {
    { "03 000c 00000001 7fffffffffffffff", TRUE },
    { "03 000d 00000001 7ffffffffffffffe aa", TRUE },
    { "03 000d 00000001 7fffffffffffffff aa", FALSE },
    { "03 000c 00000001 8000000000000000", FALSE },
    { "03 000c 00000001 ffffffffffffffff", FALSE },
    { "03 000d 00000001 ffffffffffffffff aa", FALSE },
    { "03 0010 00000001 fffffffffffffffc aabbccdd", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) data = bytes_from_hex (cases[i].hex);
      UdpnatFrameView frame = read_only_frame (data->data, data->len);
      UdpnatStreamFrame stream;

      g_assert_cmpint (udpnat_frame_parse_stream (&frame, &stream), ==, cases[i].is_allowed);
    }
}

static gboolean
close_with_text (const char *text,
                 gsize       n_text)
{
  g_autofree guint8 *body = g_malloc0 (2 + n_text);
  UdpnatFrameView frame = { UDPNAT_FRAME_CLOSE, body, 2 + n_text };
  const char *out_text;
  guint16 reason;
  gsize out_n;

  memcpy (body + 2, text, n_text);
  return udpnat_frame_parse_close (&frame, &reason, &out_text, &out_n);
}

static void
close_text_up_to_128_bytes (void)
{
  char text[129];

  memset (text, 'x', sizeof text);
  g_assert_true (close_with_text (text, 127));
  g_assert_true (close_with_text (text, 128));
  g_assert_false (close_with_text (text, 129));
}

static void
close_text_must_be_utf8 (void)
{
  g_assert_true (close_with_text ("gr\xc3\xbc\xc3\x9f", 6));
  g_assert_false (close_with_text ("gr\xc3\xbc\xc3", 5));
  g_assert_false (close_with_text ("\xff", 1));
  g_assert_false (close_with_text ("a\0b", 3));
  g_assert_false (close_with_text ("\xed\xa0\x80", 3));
  g_assert_false (close_with_text ("\xc0\x80", 2));
}

static gsize
written_close_text (const char *text)
{
  guint8 out[256];
  UdpnatFrameView frame;
  UdpnatWriter writer;
  const char *read;
  guint16 reason;
  gsize n_read;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_close (&writer, UDPNAT_CLOSE_REFUSED, text));
  frame = read_only_frame (out, writer.n_written);
  g_assert_true (udpnat_frame_parse_close (&frame, &reason, &read, &n_read));
  g_assert_cmpint (reason, ==, UDPNAT_CLOSE_REFUSED);
  g_assert_cmpint (strncmp (read, text != NULL ? text : "", n_read), ==, 0);
  return n_read;
}

static void
close_text_cut_between_characters (void)
{
  g_autofree char *exact = g_strnfill (128, 'x');
  g_autofree char *longer = g_strnfill (129, 'x');
  g_autoptr (GString) wide = g_string_new (NULL);

  g_assert_cmpuint (written_close_text (exact), ==, 128);
  g_assert_cmpuint (written_close_text (longer), ==, 128);
  for (guint i = 0; i < 50; i++)
    g_string_append (wide, "€"); /* three bytes */
  g_assert_cmpuint (written_close_text (wide->str), ==, 126);
  g_assert_cmpuint (written_close_text (""), ==, 0);
  g_assert_cmpuint (written_close_text (NULL), ==, 0);
}

static void
unset_address_not_written (void)
{
  UdpnatAddress none = UDPNAT_ADDRESS_NONE;
  guint8 out[64];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_false (udpnat_frame_write_observed (&writer, &none));
  g_assert_false (udpnat_frame_write_path_response (&writer, 1, &none));
  g_assert_false (writer.failed);
  g_assert_cmpuint (writer.n_written, ==, 0);
}

static void
address_of_bad_family_refused (void)
{
  for (guint family = 0; family <= 255; family++)
    {
      g_autoptr (GByteArray) observed = bytes_from_hex ("07 0013" IPV4_HEX);
      g_autoptr (GByteArray) response = bytes_from_hex ("09 001b 0102030405060708" IPV4_HEX);
      gboolean is_allowed = family == 4 || family == 6;
      UdpnatFrameView frame;
      UdpnatAddress address;
      guint64 token;

      observed->data[3] = (guint8) family;
      frame = read_only_frame (observed->data, observed->len);
      g_assert_cmpint (udpnat_frame_parse_observed (&frame, &address), ==, is_allowed);
      response->data[11] = (guint8) family;
      frame = read_only_frame (response->data, response->len);
      g_assert_cmpint (udpnat_frame_parse_path_response (&frame, &token, &address), ==, is_allowed);
    }
}

/* @n_announced may lie. */
static gboolean
incoming_with_name (const char *name,
                    gsize       n_name,
                    guint16     n_announced)
{
  g_autofree guint8 *body = g_malloc0 (6 + n_name);
  UdpnatFrameView frame = { UDPNAT_FRAME_INCOMING, body, 6 + n_name };
  g_autofree char *read = NULL;
  const guint8 *inner;
  guint32 handle;
  gsize n_inner;
  gboolean result;

  body[4] = (guint8) (n_announced >> 8);
  body[5] = (guint8) n_announced;
  memcpy (body + 6, name, n_name);
  result = udpnat_frame_parse_incoming (&frame, &handle, &read, &inner, &n_inner);
  g_assert_cmpint (read != NULL, ==, result);
  return result;
}

static void
incoming_name_has_limits (void)
{
  char name[UDPNAT_NAME_MAX_BYTES + 1];

  memset (name, 'n', sizeof name);
  g_assert_true (incoming_with_name ("", 0, 0));
  g_assert_true (incoming_with_name (name, UDPNAT_NAME_MAX_BYTES, UDPNAT_NAME_MAX_BYTES));
  g_assert_false (incoming_with_name (name, sizeof name, sizeof name));
  g_assert_true (incoming_with_name (name, 5, 4));
  g_assert_false (incoming_with_name (name, 5, 6));
  g_assert_false (incoming_with_name (name, 5, 0xffff));
  g_assert_false (incoming_with_name ("a\0b", 3, 3));
  g_assert_false (incoming_with_name ("\xff", 1, 1));
}

static void
incoming_with_long_name_not_written (void)
{
  g_autofree char *fits = g_strnfill (UDPNAT_NAME_MAX_BYTES, 'n');
  g_autofree char *longer = g_strnfill (UDPNAT_NAME_MAX_BYTES + 1, 'n');
  guint8 out[512];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_false (udpnat_frame_write_incoming (&writer, 1, longer, out, 0));
  g_assert_cmpuint (writer.n_written, ==, 0);
  g_assert_true (udpnat_frame_write_incoming (&writer, 1, fits, out, 0));
}

/* The sizes that others calculate with. */
static void
overheads_are_what_is_written (void)
{
  guint8 out[512];
  UdpnatStreamFrame stream = { .data = out, .n_data = 0 };
  g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_BYTES, 'n');
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_stream (&writer, &stream));
  g_assert_cmpuint (writer.n_written, ==, UDPNAT_STREAM_OVERHEAD_BYTES);
  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_early (&writer, 1, out, 0));
  g_assert_cmpuint (writer.n_written, ==, UDPNAT_EARLY_OVERHEAD_BYTES);
  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_relay (&writer, 1, out, 0));
  g_assert_cmpuint (writer.n_written, ==, UDPNAT_RELAY_OVERHEAD_BYTES);
  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_dial (&writer, (const guint8[32]) { 0 }, out, 0));
  g_assert_cmpuint (writer.n_written, ==, UDPNAT_DIAL_OVERHEAD_BYTES);
  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_incoming (&writer, 1, name, out, 0));
  g_assert_cmpuint (writer.n_written, ==, UDPNAT_INCOMING_OVERHEAD_MAX_BYTES);
}

static void
add_golden_tests (const Golden *golden)
{
  static const struct
  {
    const char   *fact;
    GTestDataFunc run;
  } tests[] = {
    { "round-trip", golden_survives_a_round_trip },
    { "body-of-every-length", golden_body_of_every_length },
    { "cut-anywhere-is-no-frame", golden_cut_anywhere_is_no_frame },
    { "other-type-refused", golden_of_another_type_refused },
    { "fits-whole-or-not-at-all", golden_fits_whole_or_not_at_all },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire-frame/%s/%s", golden->name, tests[i].fact);

      /* ACK leaves ranges out instead; see test-ack-frame.c */
      if (tests[i].run == golden_fits_whole_or_not_at_all && g_str_equal (golden->name, "ack"))
        continue;
      g_test_add_data_func (path, golden, tests[i].run);
    }
}

static void
add_border_tests (void)
{
  g_test_add_func ("/wire-frame/stream/ends-below-the-largest-offset",
                   stream_ends_below_the_largest_offset);
  g_test_add_func ("/wire-frame/close/text-up-to-128-bytes", close_text_up_to_128_bytes);
  g_test_add_func ("/wire-frame/close/text-must-be-utf8", close_text_must_be_utf8);
  g_test_add_func ("/wire-frame/close/text-cut-between-characters",
                   close_text_cut_between_characters);
  g_test_add_func ("/wire-frame/address/unset-not-written", unset_address_not_written);
  g_test_add_func ("/wire-frame/address/bad-family-refused", address_of_bad_family_refused);
  g_test_add_func ("/wire-frame/incoming/name-has-limits", incoming_name_has_limits);
  g_test_add_func ("/wire-frame/incoming/long-name-not-written",
                   incoming_with_long_name_not_written);
  g_test_add_func ("/wire-frame/overheads/are-what-is-written", overheads_are_what_is_written);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    add_golden_tests (&goldens[i]);
  g_test_add_func ("/wire-frame/next/walks-over-all-frames", next_walks_over_all_frames);
  g_test_add_func ("/wire-frame/next/nothing-is-the-end", next_of_nothing_is_the_end);
  g_test_add_func ("/wire-frame/next/stays-failed", next_stays_failed);
  g_test_add_func ("/wire-frame/eliciting/as-documented", eliciting_types_as_documented);
  g_test_add_func ("/wire-frame/pad-and-ping/as-documented", pad_and_ping_as_documented);
  g_test_add_func ("/wire-frame/body/up-to-what-the-length-can-say",
                   body_up_to_what_the_length_can_say);
  g_test_add_func ("/wire-frame/write/nothing-after-a-failure", nothing_after_a_failed_write);
  g_test_add_func ("/wire-frame/stream/fields", stream_fields);
  g_test_add_func ("/wire-frame/stream-window/fields", stream_window_fields);
  g_test_add_func ("/wire-frame/close/fields", close_fields);
  g_test_add_func ("/wire-frame/early/fields", early_fields);
  g_test_add_func ("/wire-frame/observed/fields", observed_fields);
  g_test_add_func ("/wire-frame/path/fields", path_fields);
  g_test_add_func ("/wire-frame/relay/fields", relay_fields);
  g_test_add_func ("/wire-frame/dial/fields", dial_fields);
  g_test_add_func ("/wire-frame/incoming/fields", incoming_fields);
  add_border_tests ();
  return g_test_run ();
}
