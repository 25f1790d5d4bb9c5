#include "config.h"

#include "udpnat-stun.h"

#include "wire-hex.h"

/* STUN messages against the samples of RFC 5769, and byte for byte as RFC 8489, 5780 and 3489 lay
 * them out. */

#define ID_HEX "b7e7a701bc34d686fa87dfae"
#define COOKIE_AND_ID_HEX "2112a442" ID_HEX
#define LEGACY_ID_HEX "000102030405060708090a0b0c0d0e0f"

/* RFC 5769 section 2.1: PRIORITY and USERNAME are for ICE, ICE-CONTROLLED is optional. */
#define SAMPLE_REQUEST_HEX                                                                         \
  "0001 0058" COOKIE_AND_ID_HEX                                                                    \
  "8022 0010 5354554e 20746573 7420636c 69656e74"                                                  \
  "0024 0004 6e0001ff"                                                                             \
  "8029 0008 932ff9b1 51263b36"                                                                    \
  "0006 0009 6576746a 3a683676 59202020"                                                           \
  "0008 0014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2"                                         \
  "8028 0004 e57a3bcf"

/* Sections 2.2 and 2.3; the padding of SOFTWARE is a space on purpose. */
#define SAMPLE_IPV4_HEX                                                                            \
  "0101 003c" COOKIE_AND_ID_HEX                                                                    \
  "8022 000b 74657374 20766563 746f7220"                                                           \
  "0020 0008 0001 a147 e112a643"                                                                   \
  "0008 0014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7"                                         \
  "8028 0004 c07d4c96"
#define SAMPLE_IPV6_HEX                                                                            \
  "0101 0048" COOKIE_AND_ID_HEX                                                                    \
  "8022 000b 74657374 20766563 746f7220"                                                           \
  "0020 0014 0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"                                        \
  "0008 0014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41"                                         \
  "8028 0004 c8fb0b4c"

static gboolean
parse_hex (UdpnatStunMessage *out_message,
           const char        *hex)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (hex);
  g_autofree guint8 *exact = copy_exactly (bytes->data, bytes->len);
  gboolean is_taken = udpnat_stun_parse (out_message, exact, bytes->len);

  out_message->software = NULL; /* it is gone with the copy */
  return is_taken;
}

static void
assert_address (const UdpnatAddress *address,
                const char          *expected)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  g_assert_cmpstr (udpnat_address_to_string (address, text), ==, expected);
}

static void
assert_written (const UdpnatStunMessage *message,
                const char              *hex)
{
  guint8 data[256];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, message);
  g_assert_false (writer.failed);
  assert_hex (data, writer.n_written, hex);
}

static UdpnatAddress
address_of (const char *ip,
            guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));
  return address;
}

static UdpnatStunMessage
message_of (UdpnatStunType type)
{
  g_autoptr (GByteArray) id = bytes_from_hex (ID_HEX);
  UdpnatStunMessage message;

  udpnat_stun_init_request (&message, id->data);
  message.type = type;
  return message;
}

static UdpnatStunMessage
legacy_of (UdpnatStunType type)
{
  UdpnatStunMessage message = { .type = type };

  for (guint8 i = 0; i < sizeof message.id; i++)
    message.id[i] = i;
  return message;
}

/* ---- RFC 5769 ---- */

static void
sample_request (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, SAMPLE_REQUEST_HEX));
  g_assert_cmpuint (message.type, ==, UDPNAT_STUN_REQUEST);
  assert_hex (message.id, sizeof message.id, COOKIE_AND_ID_HEX);
  g_assert_false (udpnat_stun_is_legacy (&message));
  g_assert_true (message.has_fingerprint);
  g_assert_cmpuint (message.n_software, ==, strlen ("STUN test client"));
  g_assert_cmpuint (message.n_unknown, ==, 1); /* PRIORITY */
  g_assert_cmphex (message.unknown[0], ==, 0x0024);
}

static void
sample_ipv4_response (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, SAMPLE_IPV4_HEX));
  g_assert_cmpuint (message.type, ==, UDPNAT_STUN_SUCCESS);
  assert_address (&message.mapped, "192.0.2.1:32853");
  g_assert_true (message.has_fingerprint);
  g_assert_cmpuint (message.n_unknown, ==, 0);
}

static void
sample_ipv6_response (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, SAMPLE_IPV6_HEX));
  assert_address (&message.mapped, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  g_assert_true (message.has_fingerprint);
}

static void
any_changed_bit_breaks_the_fingerprint (void)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (SAMPLE_IPV4_HEX);

  for (gsize bit = 0; bit < bytes->len * 8; bit++)
    {
      UdpnatStunMessage message;
      gboolean is_taken;

      bytes->data[bit / 8] ^= 1 << bit % 8;
      is_taken = udpnat_stun_parse (&message, bytes->data, bytes->len);
      /* In the cookie it makes a message of RFC 3489, in the attribute's type one without it. */
      if (is_taken)
        g_assert_true (udpnat_stun_is_legacy (&message) || !message.has_fingerprint);
      bytes->data[bit / 8] ^= 1 << bit % 8;
    }
}

static void
software_lies_in_the_datagram (void)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (SAMPLE_IPV4_HEX);
  UdpnatStunMessage message;

  g_assert_true (udpnat_stun_parse (&message, bytes->data, bytes->len));
  g_assert_cmpmem (message.software, message.n_software, "test vector", 11);
  g_assert_true (message.software == bytes->data + 24);
}

/* ---- Writing ---- */

static void
plain_request_written (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_REQUEST);

  assert_written (&message, "0001 0000" COOKIE_AND_ID_HEX);
}

static void
questions_written (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_REQUEST);

  message.has_change = TRUE;
  message.change = UDPNAT_STUN_CHANGE_IP | UDPNAT_STUN_CHANGE_PORT;
  message.response_port = 0x1234;
  message.has_padding = TRUE;
  message.n_padding = 5;
  assert_written (&message, "0001 001c" COOKIE_AND_ID_HEX "0003 0004 00000006"
                            "0027 0004 1234 0000 0026 0005 0000000000 000000");
}

static void
response_written (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_SUCCESS);

  message.mapped = address_of ("192.0.2.1", 32853);
  message.origin = address_of ("198.51.100.1", 8848);
  message.other = address_of ("198.51.100.2", 8849);
  assert_written (&message, "0101 0024" COOKIE_AND_ID_HEX "0020 0008 0001 a147 e112a643"
                            "802b 0008 0001 2290 c6336401 802c 0008 0001 2291 c6336402");
}

static void
legacy_response_written (void)
{
  UdpnatStunMessage message = legacy_of (UDPNAT_STUN_SUCCESS);

  message.mapped = address_of ("192.0.2.1", 32853);
  message.origin = address_of ("198.51.100.1", 8848);
  message.other = address_of ("198.51.100.2", 8849);
  message.has_fingerprint = TRUE; /* RFC 3489 has none */
  assert_written (&message, "0101 0024" LEGACY_ID_HEX "0001 0008 0001 8055 c0000201"
                            "0004 0008 0001 2290 c6336401 0005 0008 0001 2291 c6336402");
}

static void
ipv6_response_written (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_SUCCESS);

  message.mapped = address_of ("2001:db8:1234:5678:11:2233:4455:6677", 32853);
  assert_written (&message, "0101 0018" COOKIE_AND_ID_HEX
                            "0020 0014 0002 a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9");
}

static void
error_names_what_is_unknown (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_ERROR);

  message.error_code = UDPNAT_STUN_ERROR_UNKNOWN_ATTRIBUTE;
  g_assert_true (udpnat_stun_add_unknown (&message, 0x0024));
  assert_written (&message, "0111 0010" COOKIE_AND_ID_HEX "0009 0004 0000 04 14"
                            "000a 0002 0024 0000");
}

static void
legacy_error_names_it_twice (void)
{
  UdpnatStunMessage message = legacy_of (UDPNAT_STUN_ERROR);

  message.error_code = UDPNAT_STUN_ERROR_UNKNOWN_ATTRIBUTE;
  g_assert_true (udpnat_stun_add_unknown (&message, 0x0002));
  assert_written (&message, "0111 0010" LEGACY_ID_HEX "0009 0004 0000 04 14"
                            "000a 0004 0002 0002");
}

static void
written_fingerprint_holds (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_SUCCESS), again;
  guint8 data[64];
  UdpnatWriter writer;

  message.mapped = address_of ("192.0.2.1", 32853);
  message.has_fingerprint = TRUE;
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, &message);
  g_assert_cmpuint (writer.n_written, ==, 20 + 12 + 8);
  g_assert_true (udpnat_stun_parse (&again, data, writer.n_written));
  g_assert_true (again.has_fingerprint);
  data[30] ^= 1;
  g_assert_false (udpnat_stun_parse (&again, data, writer.n_written));
}

static void
too_little_room_fails_the_writer (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_SUCCESS);
  UdpnatWriter writer;

  message.mapped = message.origin = message.other = address_of ("2001:db8::1", 1);
  message.has_fingerprint = TRUE;
  for (gsize n_room = 0; n_room < 20 + 3 * 24 + 8; n_room++)
    {
      g_autofree guint8 *data = g_malloc (n_room);

      udpnat_writer_init (&writer, data, n_room);
      udpnat_stun_write (&writer, &message);
      g_assert_true (writer.failed);
    }
}

/* ---- Reading ---- */

static void
written_reads_the_same (void)
{
  UdpnatStunMessage message = message_of (UDPNAT_STUN_REQUEST), again;
  guint8 data[128];
  UdpnatWriter writer;

  message.has_change = TRUE;
  message.change = UDPNAT_STUN_CHANGE_PORT;
  message.response_port = 40000;
  message.has_padding = TRUE;
  message.n_padding = 7;
  message.has_fresh_port = TRUE;
  message.has_fingerprint = TRUE;
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, &message);
  g_assert_true (udpnat_stun_parse (&again, data, writer.n_written));
  g_assert_true (again.has_change);
  g_assert_cmpuint (again.change, ==, UDPNAT_STUN_CHANGE_PORT);
  g_assert_cmpuint (again.response_port, ==, 40000);
  g_assert_true (again.has_padding);
  g_assert_cmpuint (again.n_padding, ==, 7);
  g_assert_true (again.has_fresh_port);
  g_assert_true (again.has_fingerprint);
  g_assert_cmpuint (again.n_unknown, ==, 0);
}

static void
legacy_response_read (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, "0101 0024" LEGACY_ID_HEX "0001 0008 0001 8055 c0000201"
                            "0004 0008 0001 2290 c6336401 0005 0008 0001 2291 c6336402"));
  g_assert_true (udpnat_stun_is_legacy (&message));
  assert_address (&message.mapped, "192.0.2.1:32853");
  assert_address (&message.origin, "198.51.100.1:8848");
  assert_address (&message.other, "198.51.100.2:8849");
}

static void
xor_address_wins_over_the_plain_one (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, "0101 0018" COOKIE_AND_ID_HEX "0020 0008 0001 a147 e112a643"
                            "0001 0008 0001 0001 0a000001"));
  assert_address (&message.mapped, "192.0.2.1:32853");
  g_assert_true (parse_hex (&message, "0101 000c" COOKIE_AND_ID_HEX
                            "0001 0008 0001 0001 0a000001"));
  assert_address (&message.mapped, "10.0.0.1:1");
}

static void
error_read (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, "0111 0014" COOKIE_AND_ID_HEX "0009 0007 0000 04 14 556e6b 00"
                            "000a 0004 0024 7fff"));
  g_assert_cmpuint (message.error_code, ==, 420);
  g_assert_cmpuint (message.n_unknown, ==, 2);
  g_assert_cmphex (message.unknown[1], ==, 0x7fff);
}

static void
unknown_attributes_noted_when_required (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, "0001 0010" COOKIE_AND_ID_HEX "7fff 0003 00000000"
                            "8000 0004 00000000"));
  g_assert_cmpuint (message.n_unknown, ==, 1);
  g_assert_cmphex (message.unknown[0], ==, 0x7fff);
  /* RFC 3489's RESPONSE-ADDRESS, which would make a weapon of whoever obeys */
  g_assert_true (parse_hex (&message, "0001 000c" LEGACY_ID_HEX "0002 0008 0001 0050 c0000201"));
  g_assert_cmpuint (message.n_unknown, ==, 1);
  g_assert_cmphex (message.unknown[0], ==, 0x0002);
}

static void
no_more_unknown_than_fit (void)
{
  g_autoptr (GString) hex = g_string_new ("0001 0028" COOKIE_AND_ID_HEX);
  UdpnatStunMessage message;

  for (guint i = 0; i < 10; i++)
    g_string_append (hex, "0077 0000");
  g_assert_true (parse_hex (&message, hex->str));
  g_assert_cmpuint (message.n_unknown, ==, UDPNAT_STUN_UNKNOWN_MAX);
}

static void
nothing_counts_behind_message_integrity (void)
{
  UdpnatStunMessage message;

  g_assert_true (parse_hex (&message, "0001 0020" COOKIE_AND_ID_HEX
                            "0008 0014 0000000000000000000000000000000000000000"
                            "0003 0004 00000006"));
  g_assert_false (message.has_change);
}

static void
bad_messages_refused (void)
{
  static const char *const bad[] = {
    "",
    "0001 0000 2112a442 b7e7a701bc34d686fa87df",           /* a byte short */
    "0001 0004" COOKIE_AND_ID_HEX,                         /* length beyond the end */
    "0001 0000" COOKIE_AND_ID_HEX "00000000",              /* and before it */
    "0001 0002" COOKIE_AND_ID_HEX "0000",                  /* not by fours */
    "0002 0000" COOKIE_AND_ID_HEX,                         /* another method */
    "4001 0000" COOKIE_AND_ID_HEX,                         /* a TURN channel */
    "0001 0004" COOKIE_AND_ID_HEX "0003 0004",             /* attribute cut short */
    "0001 0008" COOKIE_AND_ID_HEX "0003 0002 0000 0000",   /* of a wrong length */
    "0001 000c" COOKIE_AND_ID_HEX "0003 0008 0000000000000000",
    "0001 0008" COOKIE_AND_ID_HEX "0027 0003 123400 00",
    "0101 0010" COOKIE_AND_ID_HEX "0020 000c 0001 a147 e112a643 00000000",
    "0101 000c" COOKIE_AND_ID_HEX "0020 0008 0003 a147 e112a643", /* no such family */
    "0101 000c" COOKIE_AND_ID_HEX "0020 0008 0002 a147 e112a643", /* short for IPv6 */
    "0111 0008" COOKIE_AND_ID_HEX "0009 0004 0000 02 14",         /* no error class */
    "0111 0008" COOKIE_AND_ID_HEX "0009 0004 0000 04 64",
    "0001 0008" COOKIE_AND_ID_HEX "8028 0004 00000000",           /* wrong FINGERPRINT */
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      UdpnatStunMessage message;

      g_test_message ("%s", bad[i]);
      g_assert_false (parse_hex (&message, bad[i]));
    }
}

static void
every_shorter_message_refused (void)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (SAMPLE_IPV6_HEX);

  for (gsize n = 0; n < bytes->len; n++)
    {
      g_autofree guint8 *exact = copy_exactly (bytes->data, n);
      UdpnatStunMessage message;

      g_assert_false (udpnat_stun_parse (&message, exact, n));
    }
}

static void
our_own_packets_are_not_stun (void)
{
  guint8 data[512] = { 0 };

  for (guint type = 2; type < 256; type++)
    {
      data[0] = (guint8) type;
      g_assert_false (udpnat_stun_is_message (data, 20));
      g_assert_false (udpnat_stun_is_message (data, 512));
    }
}

static void
answers_matched_by_id_and_type (void)
{
  UdpnatStunMessage request = message_of (UDPNAT_STUN_REQUEST), answer;

  udpnat_stun_init_response (&answer, &request, UDPNAT_STUN_SUCCESS);
  g_assert_true (udpnat_stun_is_answer_to (&answer, &request));
  answer.type = UDPNAT_STUN_ERROR;
  g_assert_true (udpnat_stun_is_answer_to (&answer, &request));
  g_assert_false (udpnat_stun_is_answer_to (&request, &request));
  answer.id[15] ^= 1;
  g_assert_false (udpnat_stun_is_answer_to (&answer, &request));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-stun/rfc5769/request", sample_request);
  g_test_add_func ("/wire-stun/rfc5769/ipv4-response", sample_ipv4_response);
  g_test_add_func ("/wire-stun/rfc5769/ipv6-response", sample_ipv6_response);
  g_test_add_func ("/wire-stun/rfc5769/any-changed-bit-breaks-the-fingerprint",
                   any_changed_bit_breaks_the_fingerprint);
  g_test_add_func ("/wire-stun/rfc5769/software-lies-in-the-datagram",
                   software_lies_in_the_datagram);
  g_test_add_func ("/wire-stun/write/plain-request", plain_request_written);
  g_test_add_func ("/wire-stun/write/questions", questions_written);
  g_test_add_func ("/wire-stun/write/response", response_written);
  g_test_add_func ("/wire-stun/write/legacy-response", legacy_response_written);
  g_test_add_func ("/wire-stun/write/ipv6-response", ipv6_response_written);
  g_test_add_func ("/wire-stun/write/error-names-what-is-unknown", error_names_what_is_unknown);
  g_test_add_func ("/wire-stun/write/legacy-error-names-it-twice", legacy_error_names_it_twice);
  g_test_add_func ("/wire-stun/write/fingerprint-holds", written_fingerprint_holds);
  g_test_add_func ("/wire-stun/write/too-little-room-fails", too_little_room_fails_the_writer);
  g_test_add_func ("/wire-stun/read/what-was-written", written_reads_the_same);
  g_test_add_func ("/wire-stun/read/legacy-response", legacy_response_read);
  g_test_add_func ("/wire-stun/read/xor-address-wins", xor_address_wins_over_the_plain_one);
  g_test_add_func ("/wire-stun/read/error", error_read);
  g_test_add_func ("/wire-stun/read/unknown-noted-when-required",
                   unknown_attributes_noted_when_required);
  g_test_add_func ("/wire-stun/read/no-more-unknown-than-fit", no_more_unknown_than_fit);
  g_test_add_func ("/wire-stun/read/nothing-counts-behind-message-integrity",
                   nothing_counts_behind_message_integrity);
  g_test_add_func ("/wire-stun/read/bad-refused", bad_messages_refused);
  g_test_add_func ("/wire-stun/read/every-shorter-message-refused", every_shorter_message_refused);
  g_test_add_func ("/wire-stun/read/our-own-packets-are-not-stun", our_own_packets_are_not_stun);
  g_test_add_func ("/wire-stun/answers/matched-by-id-and-type", answers_matched_by_id_and_type);
  return g_test_run ();
}
