#include "config.h"

#include "udpnat-chat-message.h"

#include "wire-codec.h"
#include "wire-hex.h"

/* Items, RECEIPT and TYPING against the bytes of PROTOCOL.md section 9. What the body of an item
 * may be is test-item.c's. */

#define ID_HEX "000102030405060708090a0b0c0d0e0f"
#define OTHER_ID_HEX "101112131415161718191a1b1c1d1e1f"

static const Golden goldens[] = {
  { "item", "01 0000001d" ID_HEX "0005a5a5a5a5a5a5 68656c6c6f", 24, 1 },
  { "item-of-one-byte", "01 00000019" ID_HEX "0005a5a5a5a5a5a5 68", 24, 1 },
  { "item-without-body", "08 00000018" ID_HEX "0005a5a5a5a5a5a5", 24, 1 },
  { "item-of-last-type", "3f 00000019" ID_HEX "0005a5a5a5a5a5a5 ff", 24, 1 },
  { "receipt", "40 00000021 01" ID_HEX OTHER_ID_HEX, 1, 16 },
  { "receipt-for-read", "40 00000011 02" ID_HEX, 1, 16 },
  { "receipt-without-ids", "40 00000001 01", 1, 16 },
  { "typing", "41 00000001 01", 1, 0 },
  { "typing-no-more", "41 00000001 00", 1, 0 },
};

static UdpnatMessageView
read_only_message (GByteArray *data)
{
  UdpnatMessageView message;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (data->data, data->len, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, data->len);
  return message;
}

static void
golden_survives_a_round_trip (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatMessageView message = read_only_message (data);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_true (recode_chat_message (&message, out));
  assert_hex (out->data, out->len, golden->hex);
}

static void
golden_body_of_every_length (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  gsize n_body = data->len - UDPNAT_MESSAGE_HEADER_BYTES;

  g_byte_array_append (data, (const guint8 *) "!", 1);
  for (gsize n = 0; n <= n_body + 1; n++)
    {
      g_autofree guint8 *exact = copy_exactly (data->data + UDPNAT_MESSAGE_HEADER_BYTES, n);
      UdpnatMessageView message = { data->data[0], exact, n };
      g_autoptr (GByteArray) out = g_byte_array_new ();

      g_assert_cmpint (recode_chat_message (&message, out), ==, golden_allows (golden, n_body, n));
    }
}

static void
golden_of_another_type_refused (gconstpointer user_data)
{
  static const guint8 others[] = { 0x00, 0x42, 0x7f, 0xff };
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  UdpnatMessageView message = read_only_message (data);

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();

      message.type = others[i];
      g_assert_false (recode_chat_message (&message, out));
    }
}

/* ---- Texts ---- */

static void
text_from_1_to_65536_bytes (void)
{
  g_autofree char *text = g_strnfill (65537, 'x');

  g_assert_false (udpnat_text_is_valid (text, 0));
  g_assert_true (udpnat_text_is_valid (text, 1));
  g_assert_true (udpnat_text_is_valid (text, 65535));
  g_assert_true (udpnat_text_is_valid (text, 65536));
  g_assert_false (udpnat_text_is_valid (text, 65537));
}

static void
text_must_be_utf8 (void)
{
  static const struct
  {
    const char *text;
    gsize       n_text;
    gboolean    is_allowed;
  } cases[] = {
    { "gr\xc3\xbc\xc3\x9f", 6, TRUE },
    { "gr\xc3\xbc\xc3", 5, FALSE },
    { "\xf0\x9f\x98\x80", 4, TRUE },
    { "\xf0\x9f\x98", 3, FALSE },
    { "\xff", 1, FALSE },
    { "\x80", 1, FALSE },
    { "\xc0\x80", 2, FALSE },
    { "\xed\xa0\x80", 3, FALSE },
    { "\xf4\x90\x80\x80", 4, FALSE },
    { "\0", 1, FALSE },
    { "a\0b", 3, FALSE },
    { "ab\0", 3, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *exact = copy_exactly ((const guint8 *) cases[i].text, cases[i].n_text);

      g_assert_cmpint (udpnat_text_is_valid ((const char *) exact, cases[i].n_text), ==,
                       cases[i].is_allowed);
    }
}

/* ---- Items ---- */

/* The most that a body may have: the largest message less id and time. */
#define BODY_MAX_BYTES (UDPNAT_MESSAGE_BODY_MAX_BYTES - UDPNAT_MESSAGE_ID_BYTES - 8)

static void
item_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[0].hex);
  UdpnatMessageView message = read_only_message (data);
  UdpnatMessageId id;
  const guint8 *body;
  gint64 sent_us;
  gsize n_body;

  g_assert_true (udpnat_parse_item (&message, &id, &sent_us, &body, &n_body));
  assert_hex (id.bytes, sizeof id.bytes, ID_HEX);
  g_assert_cmphex (sent_us, ==, 0x0005a5a5a5a5a5a5);
  g_assert_cmpmem (body, n_body, "hello", 5);
  g_assert_true (body == message.body + 24); /* lent, not copied */
}

static void
item_of_types_1_to_63 (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[0].hex);
  UdpnatMessageView message = read_only_message (data);
  UdpnatMessageId id;
  const guint8 *body;
  gint64 sent_us;
  gsize n_body;

  for (guint type = 0; type <= 255; type++)
    {
      message.type = (guint8) type;
      g_assert_cmpint (udpnat_parse_item (&message, &id, &sent_us, &body, &n_body), ==,
                       type >= 0x01 && type <= 0x3f);
    }
}

static void
longest_item_survives_a_round_trip (void)
{
  g_autofree char *text = g_strnfill (BODY_MAX_BYTES, 'x');
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageId id = { { 1 } };
  UdpnatMessageId read_id;
  UdpnatMessageView message;
  const guint8 *read;
  gint64 sent_us;
  gsize n_read;

  udpnat_write_item (out, 0x3f, &id, G_MAXINT64, (const guint8 *) text, BODY_MAX_BYTES);
  g_assert_cmpuint (out->len, ==, UDPNAT_ITEM_OVERHEAD_BYTES + BODY_MAX_BYTES);
  message = read_only_message (out);
  g_assert_true (udpnat_parse_item (&message, &read_id, &sent_us, &read, &n_read));
  g_assert_cmpint (udpnat_message_id_compare (&id, &read_id), ==, 0);
  g_assert_cmpint (sent_us, ==, G_MAXINT64);
  g_assert_cmpmem (read, n_read, text, BODY_MAX_BYTES);
}

static void
write_item (guint8 type,
            gsize  n_body)
{
  g_autofree guint8 *body = g_malloc0 (n_body);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageId id = { { 1 } };

  udpnat_write_item (out, type, &id, 0, body, n_body);
}

static void
longer_item_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      write_item (0x01, BODY_MAX_BYTES + 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
item_of_type_0_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      write_item (0x00, 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
item_of_type_64_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      write_item (0x40, 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
time_above_63_bits_refused (void)
{
  g_autoptr (GByteArray) last = bytes_from_hex ("01 00000019" ID_HEX "7fffffffffffffff 68");
  g_autoptr (GByteArray) over = bytes_from_hex ("01 00000019" ID_HEX "8000000000000000 68");
  UdpnatMessageView message = read_only_message (last);
  UdpnatMessageId id;
  const guint8 *body;
  gint64 sent_us;
  gsize n_body;

  g_assert_true (udpnat_parse_item (&message, &id, &sent_us, &body, &n_body));
  g_assert_cmpint (sent_us, ==, G_MAXINT64);
  message = read_only_message (over);
  g_assert_false (udpnat_parse_item (&message, &id, &sent_us, &body, &n_body));
}

static void
time_before_1970_written_as_0 (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageId id = { { 0 } };

  udpnat_write_item (out, 0x01, &id, -1, (const guint8 *) "h", 1);
  assert_hex (out->data, out->len,
              "01 00000019 00000000000000000000000000000000 0000000000000000 68");
}

/* ---- RECEIPT ---- */

static void
receipt_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[4].hex);
  UdpnatMessageView message = read_only_message (data);
  const guint8 *ids;
  guint n_ids;
  guint8 kind;

  g_assert_true (udpnat_parse_receipt (&message, &kind, &ids, &n_ids));
  g_assert_cmpint (kind, ==, UDPNAT_RECEIPT_DELIVERED);
  g_assert_cmpuint (n_ids, ==, 2);
  assert_hex (ids, 32, ID_HEX OTHER_ID_HEX);
}

static void
receipt_up_to_256_ids (void)
{
  for (guint count = 254; count <= 258; count++)
    {
      g_autofree guint8 *body = g_malloc0 (1 + 16 * (gsize) count);
      UdpnatMessageView message = { UDPNAT_CHAT_RECEIPT, body, 1 + 16 * (gsize) count };
      const guint8 *ids;
      guint n_ids;
      guint8 kind;

      g_assert_cmpint (udpnat_parse_receipt (&message, &kind, &ids, &n_ids), ==, count <= 256);
      if (count <= 256)
        g_assert_cmpuint (n_ids, ==, count);
    }
}

static void
write_receipt (guint n_ids)
{
  g_autofree UdpnatMessageId *ids = g_new0 (UdpnatMessageId, n_ids);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  udpnat_write_receipt (out, UDPNAT_RECEIPT_DELIVERED, ids, n_ids);
  g_assert_cmpuint (out->len, ==, UDPNAT_MESSAGE_HEADER_BYTES + 1 + 16 * n_ids);
}

static void
longest_receipt_is_written (void)
{
  write_receipt (256);
}

static void
longer_receipt_is_a_wrong_program (void)
{
  if (g_test_subprocess ())
    {
      write_receipt (257);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
sizes_are_as_promised (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageId ids[3] = { 0 };

  udpnat_write_typing (out, TRUE);
  g_assert_cmpuint (out->len, ==, UDPNAT_TYPING_BYTES);
  g_byte_array_set_size (out, 0);
  udpnat_write_receipt (out, UDPNAT_RECEIPT_READ, ids, 3);
  g_assert_cmpuint (out->len, ==, UDPNAT_RECEIPT_BYTES (3));
  g_byte_array_set_size (out, 0);
  udpnat_write_item (out, 0x08, &ids[0], 0, NULL, 0);
  g_assert_cmpuint (out->len, ==, UDPNAT_ITEM_OVERHEAD_BYTES);
}

/* ---- TYPING ---- */

static void
typing_is_any_but_0 (void)
{
  for (guint value = 0; value <= 255; value++)
    {
      guint8 body = (guint8) value;
      UdpnatMessageView message = { UDPNAT_CHAT_TYPING, &body, 1 };
      gboolean is_typing;

      g_assert_true (udpnat_parse_typing (&message, &is_typing));
      g_assert_cmpint (is_typing, ==, value != 0);
    }
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
    { "other-type-refused", golden_of_another_type_refused },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire-chat/%s/%s", golden->name, tests[i].fact);

      g_test_add_data_func (path, golden, tests[i].run);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    add_golden_tests (&goldens[i]);
  g_test_add_func ("/wire-chat/text/from-1-to-65536-bytes", text_from_1_to_65536_bytes);
  g_test_add_func ("/wire-chat/text/must-be-utf8", text_must_be_utf8);
  g_test_add_func ("/wire-chat/item/fields", item_fields);
  g_test_add_func ("/wire-chat/item/of-types-1-to-63", item_of_types_1_to_63);
  g_test_add_func ("/wire-chat/item/longest-survives-a-round-trip",
                   longest_item_survives_a_round_trip);
  g_test_add_func ("/wire-chat/item/longer-is-a-wrong-program", longer_item_is_a_wrong_program);
  g_test_add_func ("/wire-chat/item/type-0-is-a-wrong-program", item_of_type_0_is_a_wrong_program);
  g_test_add_func ("/wire-chat/item/type-64-is-a-wrong-program",
                   item_of_type_64_is_a_wrong_program);
  g_test_add_func ("/wire-chat/item/time-above-63-bits-refused", time_above_63_bits_refused);
  g_test_add_func ("/wire-chat/item/time-before-1970-written-as-0", time_before_1970_written_as_0);
  g_test_add_func ("/wire-chat/receipt/fields", receipt_fields);
  g_test_add_func ("/wire-chat/receipt/up-to-256-ids", receipt_up_to_256_ids);
  g_test_add_func ("/wire-chat/receipt/longest-is-written", longest_receipt_is_written);
  g_test_add_func ("/wire-chat/receipt/longer-is-a-wrong-program",
                   longer_receipt_is_a_wrong_program);
  g_test_add_func ("/wire-chat/sizes-are-as-promised", sizes_are_as_promised);
  g_test_add_func ("/wire-chat/typing/any-but-0", typing_is_any_but_0);
  return g_test_run ();
}
