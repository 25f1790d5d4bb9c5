/* Message ids as text, and their order. */

#include "config.h"

#include "udpnat-message-id.h"

static void
test_to_string (void)
{
  UdpnatMessageId id = { { 0x00, 0x01, 0x10, 0x9a, 0xab, 0xcd, 0xef, 0xff,
                           0x00, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x80 } };
  char text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  g_assert_true (udpnat_message_id_to_string (&id, text) == text);
  g_assert_cmpstr (text, ==, "0001109aabcdefff0022334455667780");
}

static void
test_round_trip (void)
{
  for (guint i = 0; i < 1000; i++)
    {
      UdpnatMessageId id;
      UdpnatMessageId back;
      char text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

      for (guint j = 0; j < UDPNAT_MESSAGE_ID_BYTES; j++)
        id.bytes[j] = (guint8) g_test_rand_int ();
      udpnat_message_id_to_string (&id, text);
      g_assert_true (udpnat_message_id_parse (&back, text));
      g_assert_cmpmem (back.bytes, sizeof back.bytes, id.bytes, sizeof id.bytes);
    }
}

static void
test_parse_upper_case (void)
{
  UdpnatMessageId id;

  g_assert_true (udpnat_message_id_parse (&id, "ABCDEFabcdef00112233445566778899"));
  g_assert_cmphex (id.bytes[0], ==, 0xab);
  g_assert_cmphex (id.bytes[5], ==, 0xef);
  g_assert_cmphex (id.bytes[15], ==, 0x99);
}

static void
test_parse_refuses (void)
{
  static const char *const wrong[] = {
    "",
    "0",
    "0123456789abcdef0123456789abcde",   /* one short */
    "0123456789abcdef0123456789abcdef0", /* one long */
    "0123456789abcdef0123456789abcdeg",
    "g123456789abcdef0123456789abcdef",
    " 123456789abcdef0123456789abcdef",
    "0x23456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcd\xc3\xa9",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      UdpnatMessageId id;
      UdpnatMessageId before;

      memset (&id, 0x5a, sizeof id);
      before = id;
      g_test_message ("\"%s\"", wrong[i]);
      g_assert_false (udpnat_message_id_parse (&id, wrong[i]));
      g_assert_cmpmem (&id, sizeof id, &before, sizeof before);
    }
}

static void
test_compare (void)
{
  UdpnatMessageId low = { { 0 } };
  UdpnatMessageId high = { { 0 } };

  g_assert_cmpint (udpnat_message_id_compare (&low, &high), ==, 0);
  high.bytes[15] = 1; /* the last byte counts too */
  g_assert_cmpint (udpnat_message_id_compare (&low, &high), <, 0);
  g_assert_cmpint (udpnat_message_id_compare (&high, &low), >, 0);
  low.bytes[0] = 0x80; /* bytes are not signed, and the first outweighs the rest */
  g_assert_cmpint (udpnat_message_id_compare (&low, &high), >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-message-id/to-string/lower-case-hexadecimal", test_to_string);
  g_test_add_func ("/base-message-id/parse/round-trip", test_round_trip);
  g_test_add_func ("/base-message-id/parse/takes-upper-case", test_parse_upper_case);
  g_test_add_func ("/base-message-id/parse/refuses-what-is-no-id", test_parse_refuses);
  g_test_add_func ("/base-message-id/compare/by-unsigned-bytes", test_compare);

  return g_test_run ();
}
