#include "config.h"

#include "udpnat-message.h"

#include "wire-hex.h"

/* The framing of messages in streams (PROTOCOL.md section 6) and the helpers that append fields. */

static void
written_as_documented (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize mark = udpnat_message_begin (out, 0x41);

  udpnat_append_bytes (out, (const guint8 *) "abc", 3);
  udpnat_message_end (out, mark);
  assert_hex (out->data, out->len, "41 00000003 616263");
}

static void
written_behind_others (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  udpnat_message_end (out, udpnat_message_begin (out, 0x04));
  for (guint i = 0; i < 2; i++)
    {
      gsize mark = udpnat_message_begin (out, 0x08);

      udpnat_append_u8 (out, (guint8) i);
      udpnat_message_end (out, mark);
    }
  assert_hex (out->data, out->len, "04 00000000  08 00000001 00  08 00000001 01");
}

static void
fields_as_documented (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatAddress address;

  udpnat_append_u8 (out, 0x12);
  udpnat_append_u16 (out, 0x1234);
  udpnat_append_u32 (out, 0x12345678);
  udpnat_append_u64 (out, 0x123456789abcdef0);
  udpnat_append_bytes (out, NULL, 0);
  udpnat_append_string (out, "");
  udpnat_append_string (out, "ü");
  g_assert_true (udpnat_address_parse_ip (&address, "192.0.2.1", 8848));
  udpnat_append_address (out, &address);
  assert_hex (out->data, out->len,
              "12 1234 12345678 123456789abcdef0 0000 0002c3bc"
              "04 c0000201 000000000000000000000000 2290");
}

static void
unset_address_is_zeros (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatAddress none = UDPNAT_ADDRESS_NONE;

  udpnat_append_address (out, &none);
  assert_hex (out->data, out->len, "00 00000000000000000000000000000000 0000");
}

static void
string_up_to_what_its_length_can_say (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *text = g_strnfill (G_MAXUINT16, 'x');

  udpnat_append_string (out, text);
  g_assert_cmpuint (out->len, ==, 2 + G_MAXUINT16);
  assert_hex (out->data, 3, "ffff78");
}

static void
longer_string_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autofree char *text = g_strnfill (G_MAXUINT16 + 1, 'x');

      udpnat_append_string (out, text);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

/* ---- Reading ---- */

static void
read_as_documented (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex ("41 00000003 616263 ff");
  UdpnatMessageView message;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (data->data, data->len, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (message.type, ==, 0x41);
  g_assert_cmpmem (message.body, message.n_body, "abc", 3);
  g_assert_cmpuint (n_consumed, ==, 8);
}

static void
read_without_body (void)
{
  g_autofree guint8 *data = copy_exactly ((const guint8 *) "\x04\0\0\0\0", 5);
  UdpnatMessageView message;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (data, 5, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (message.type, ==, 0x04);
  g_assert_cmpuint (message.n_body, ==, 0);
  g_assert_nonnull (message.body);
  g_assert_cmpuint (n_consumed, ==, 5);
}

static void
cut_anywhere_is_partial (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex ("41 00000003 616263");

  for (gsize n = 0; n < data->len; n++)
    {
      g_autofree guint8 *exact = copy_exactly (data->data, n);
      UdpnatMessageView message;
      gsize n_consumed;

      g_assert_cmpint (udpnat_message_parse (exact, n, &message, &n_consumed), ==,
                       UDPNAT_MESSAGE_PARTIAL);
    }
}

/* Known as soon as the header is in, so that nobody collects what can never be used. */
static void
body_up_to_66560_bytes (void)
{
  g_autofree guint8 *data = g_malloc0 (UDPNAT_MESSAGE_HEADER_BYTES + 66561);
  UdpnatMessageView message;
  gsize n_consumed;

  memcpy (data + 1, "\x00\x01\x04\x00", 4); /* 66,560 */
  g_assert_cmpint (udpnat_message_parse (data, 5, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_PARTIAL);
  g_assert_cmpint (udpnat_message_parse (data, 66564, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_PARTIAL);
  g_assert_cmpint (udpnat_message_parse (data, 66565, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (message.n_body, ==, 66560);
  g_assert_cmpuint (n_consumed, ==, 66565);

  data[4]++;
  g_assert_cmpint (udpnat_message_parse (data, 4, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_PARTIAL);
  g_assert_cmpint (udpnat_message_parse (data, 5, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_MALFORMED);
  g_assert_cmpint (udpnat_message_parse (data, 66566, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_MALFORMED);
  memset (data + 1, 0xff, 4);
  g_assert_cmpint (udpnat_message_parse (data, 5, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_MALFORMED);
}

static void
write_body (gsize n_body)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree guint8 *body = g_malloc0 (n_body);
  gsize mark = udpnat_message_begin (out, 1);

  udpnat_append_bytes (out, body, n_body);
  udpnat_message_end (out, mark);
  g_assert_cmpuint (out->len, ==, UDPNAT_MESSAGE_HEADER_BYTES + n_body);
}

static void
longest_body_is_written (void)
{
  write_body (UDPNAT_MESSAGE_BODY_MAX_BYTES);
}

static void
longer_body_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      write_body (UDPNAT_MESSAGE_BODY_MAX_BYTES + 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-message/write/as-documented", written_as_documented);
  g_test_add_func ("/wire-message/write/behind-others", written_behind_others);
  g_test_add_func ("/wire-message/write/fields-as-documented", fields_as_documented);
  g_test_add_func ("/wire-message/write/unset-address-is-zeros", unset_address_is_zeros);
  g_test_add_func ("/wire-message/write/string-up-to-what-its-length-can-say",
                   string_up_to_what_its_length_can_say);
  g_test_add_func ("/wire-message/write/longer-string-is-a-wrong-program",
                   longer_string_is_a_wrong_program);
  g_test_add_func ("/wire-message/write/longest-body", longest_body_is_written);
  g_test_add_func ("/wire-message/write/longer-body-is-a-wrong-program",
                   longer_body_is_a_wrong_program);
  g_test_add_func ("/wire-message/read/as-documented", read_as_documented);
  g_test_add_func ("/wire-message/read/without-body", read_without_body);
  g_test_add_func ("/wire-message/read/cut-anywhere-is-partial", cut_anywhere_is_partial);
  g_test_add_func ("/wire-message/read/body-up-to-66560-bytes", body_up_to_66560_bytes);
  return g_test_run ();
}
