#include "config.h"

#include "udpnat-address.h"

#include <string.h>

/* Text forms against RFC 4291 section 2.2 and RFC 5952, ranges against RFC 6890. */

static void
check_text (const char *ip,
            const char *expected)
{
  UdpnatAddress address;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  g_test_message ("%s", ip);
  g_assert_true (udpnat_address_parse_ip (&address, ip, 8848));
  g_assert_cmpstr (udpnat_address_to_string (&address, text), ==, expected);
}

static void
test_parse_ipv4 (void)
{
  check_text ("192.0.2.1", "192.0.2.1:8848");
  check_text ("0.0.0.0", "0.0.0.0:8848");
  check_text ("255.255.255.255", "255.255.255.255:8848");
}

static void
test_parse_ipv6 (void)
{
  check_text ("::", "[::]:8848");
  check_text ("::1", "[::1]:8848");
  check_text ("1::", "[1::]:8848");
  check_text ("2001:DB8:0:0:8:800:200C:417A", "[2001:db8::8:800:200c:417a]:8848");
  check_text ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
              "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:8848");
  check_text ("1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:8848");
  check_text ("::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:8848");
  check_text ("64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:8848");
  check_text ("1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:8848");
  check_text ("1::4:5:6:1.2.3.4", "[1::4:5:6:102:304]:8848");
  check_text ("::1.2.3.4", "[::102:304]:8848");
}

/* RFC 5952 section 4: what is shortened, and what is not. */
static void
test_string_canonical (void)
{
  check_text ("2001:0db8:0000:0000:0001:0000:0000:0001", "[2001:db8::1:0:0:1]:8848");
  check_text ("2001:db8:0:0:1:0:0:0", "[2001:db8:0:0:1::]:8848");
  check_text ("2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:8848");
  check_text ("2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:8848");
  check_text ("0:0:1:1:1:1:0:0", "[::1:1:1:1:0:0]:8848");
}

static void
test_parse_mapped (void)
{
  UdpnatAddress address, plain;

  check_text ("::ffff:192.0.2.1", "192.0.2.1:8848");
  check_text ("::FFFF:c000:0201", "192.0.2.1:8848");
  check_text ("0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1:8848");

  g_assert_true (udpnat_address_parse_ip (&address, "::ffff:192.0.2.1", 1));
  g_assert_true (udpnat_address_parse_ip (&plain, "192.0.2.1", 1));
  g_assert_true (udpnat_address_equal (&address, &plain));
  g_assert_cmpuint (address.family, ==, UDPNAT_FAMILY_IPV4);
}

static void
test_parse_scope (void)
{
  check_text ("fe80::1%3", "[fe80::1%3]:8848");
  check_text ("fe80::1%4294967295", "[fe80::1%4294967295]:8848");
  check_text ("fe80::1%0", "[fe80::1]:8848");
  check_text ("ff02::1%2", "[ff02::1%2]:8848");
}

static void
test_parse_refuses (void)
{
  static const char *const bad[] = {
    "", " ", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.+4",
    "01.2.3.4", "1.2.3.04", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "1.2.3.99999999999999999999",
    "1.2.3.4:5", "1..2.3", "1.2.3.4%1", "localhost", "example.com", "[::1]", "::1:", ":::", ":",
    ":1", "1:", ":1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
    "1:2:3:4:5:6:7:8::9", "1:2:3:4:5:6:7::8", "1:2:3:4:5:6::7:8",
    "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1::2::3", "1:::2", "12345::", "::g", "::-1", "::1 ",
    "::1.2.3", "::1.2.3.4:5", "::1.2.3.4.5", "::256.2.3.4", "1.2.3.4::", "::1.2.3.04",
    "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::2:3:4:5:6:7:1.2.3.4",
    "fe80::1%", "fe80::1%eth0", "fe80::1%4294967296", "fe80::1%-1", "fe80::1%1%1", "fe80::1%1 ",
    "2001:db8::1%1", "::ffff:1.2.3.4%1", "%1", "::%1", "\xff\xfe", "٣.1.1.1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      UdpnatAddress address = { .family = UDPNAT_FAMILY_IPV4 };
      g_autofree char *printable = g_strescape (bad[i], NULL);

      g_test_message ("\"%s\"", printable);
      g_assert_false (udpnat_address_parse_ip (&address, bad[i], 1));
      g_assert_false (udpnat_address_is_set (&address));
    }
}

static void
test_parse_endless (void)
{
  g_autofree char *zeros = g_strnfill (100000, '0');
  g_autofree char *colons = g_strnfill (100000, ':');
  UdpnatAddress address;

  g_assert_false (udpnat_address_parse_ip (&address, zeros, 1));
  g_assert_false (udpnat_address_parse_ip (&address, colons, 1));
}

static void
test_round_trip_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint round = 0; round < 20000; round++)
    {
      guint8 ip[16];
      UdpnatAddress address, back;
      char text[UDPNAT_ADDRESS_TEXT_BYTES];
      char *end;

      /* Mostly zero groups, in all arrangements. */
      for (guint i = 0; i < 16; i++)
        ip[i] = g_rand_boolean (rand) ? 0 : (guint8) g_rand_int_range (rand, 0, 256);
      for (guint i = 0; i < 8; i++)
        if (g_rand_boolean (rand))
          ip[2 * i] = ip[2 * i + 1] = 0;

      udpnat_address_init_ipv6 (&address, ip, 443);
      udpnat_address_to_string (&address, text);
      end = strrchr (text, ']');
      if (end == NULL)
        continue; /* mapped */
      g_assert_cmpstr (end, ==, "]:443");
      *end = '\0';
      g_assert_true (udpnat_address_parse_ip (&back, text + 1, 443));
      g_assert_true (udpnat_address_equal (&address, &back));
    }
}

/* Whatever it is, it is read or refused, and what is read can be read again. */
static void
test_parse_random_text (void)
{
  static const char letters[] = "0129afF:.%:.:: ";
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  guint n_read = 0;

  for (guint round = 0; round < 300000; round++)
    {
      char text[24];
      UdpnatAddress address, back;
      char string[UDPNAT_ADDRESS_TEXT_BYTES];
      guint n = (guint) g_rand_int_range (rand, 0, sizeof text);

      for (guint i = 0; i < n; i++)
        text[i] = letters[g_rand_int_range (rand, 0, sizeof letters - 1)];
      text[n] = '\0';

      if (!udpnat_address_parse_ip (&address, text, 0))
        continue;
      n_read++;
      udpnat_address_to_string (&address, string);
      string[strlen (string) - (address.family == UDPNAT_FAMILY_IPV6 ? 3 : 2)] = '\0';
      g_assert_true (udpnat_address_parse_ip (&back, string + (string[0] == '['), 0));
      g_assert_true (udpnat_address_equal (&address, &back));
    }
  g_assert_cmpuint (n_read, >, 1000);
}

static void
test_string_longest (void)
{
  UdpnatAddress address = { .family = UDPNAT_FAMILY_IPV6, .port = 65535, .scope_id = G_MAXUINT32 };
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  memset (address.ip, 0xff, sizeof address.ip);
  g_assert_cmpstr (udpnat_address_to_string (&address, text), ==,
                   "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void
test_string_unset (void)
{
  UdpnatAddress address = UDPNAT_ADDRESS_NONE;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  g_assert_cmpstr (udpnat_address_to_string (&address, text), ==, "none");
}

static void
test_equal (void)
{
  UdpnatAddress a, b;

  /* Whatever was in the padding. */
  memset (&a, 0xff, sizeof a);
  memset (&b, 0x00, sizeof b);
  g_assert_true (udpnat_address_parse_ip (&a, "fe80::1%1", 5));
  g_assert_true (udpnat_address_parse_ip (&b, "fe80::1%1", 5));
  g_assert_true (udpnat_address_equal (&a, &b));

  b.port = 6;
  g_assert_false (udpnat_address_equal (&a, &b));
  g_assert_true (udpnat_address_equal_ip (&a, &b));

  b.scope_id = 2;
  g_assert_false (udpnat_address_equal_ip (&a, &b));
}

static void
check_scope (const char *ip,
             UdpnatScope expected)
{
  UdpnatAddress address;

  g_test_message ("%s", ip);
  g_assert_true (udpnat_address_parse_ip (&address, ip, 1));
  g_assert_cmpint (udpnat_address_get_scope (&address), ==, expected);
}

static void
test_scope_ipv4 (void)
{
  check_scope ("0.0.0.0", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("0.255.255.255", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("1.0.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("9.255.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("10.0.0.0", UDPNAT_SCOPE_PRIVATE);
  check_scope ("10.255.255.255", UDPNAT_SCOPE_PRIVATE);
  check_scope ("11.0.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("100.63.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("100.64.0.0", UDPNAT_SCOPE_PRIVATE);
  check_scope ("100.127.255.255", UDPNAT_SCOPE_PRIVATE);
  check_scope ("100.128.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("126.255.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("127.0.0.0", UDPNAT_SCOPE_LOOPBACK);
  check_scope ("127.255.255.255", UDPNAT_SCOPE_LOOPBACK);
  check_scope ("128.0.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("169.253.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("169.254.0.0", UDPNAT_SCOPE_LINK_LOCAL);
  check_scope ("169.254.255.255", UDPNAT_SCOPE_LINK_LOCAL);
  check_scope ("169.255.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("172.15.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("172.16.0.0", UDPNAT_SCOPE_PRIVATE);
  check_scope ("172.31.255.255", UDPNAT_SCOPE_PRIVATE);
  check_scope ("172.32.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("192.0.0.4", UDPNAT_SCOPE_PRIVATE);
  check_scope ("192.0.1.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("192.167.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("192.168.0.0", UDPNAT_SCOPE_PRIVATE);
  check_scope ("192.168.255.255", UDPNAT_SCOPE_PRIVATE);
  check_scope ("192.169.0.0", UDPNAT_SCOPE_GLOBAL);
  check_scope ("223.255.255.255", UDPNAT_SCOPE_GLOBAL);
  check_scope ("224.0.0.1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("240.0.0.1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("255.255.255.255", UDPNAT_SCOPE_UNUSABLE);
}

static void
test_scope_ipv6 (void)
{
  check_scope ("::", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("::1", UDPNAT_SCOPE_LOOPBACK);
  check_scope ("::2", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("100::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("1fff::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("2000::1", UDPNAT_SCOPE_GLOBAL);
  check_scope ("3fff:ffff::1", UDPNAT_SCOPE_GLOBAL);
  check_scope ("4000::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("fbff::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("fc00::1", UDPNAT_SCOPE_PRIVATE);
  check_scope ("fdff::1", UDPNAT_SCOPE_PRIVATE);
  check_scope ("fe00::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("fe7f::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("fe80::1", UDPNAT_SCOPE_LINK_LOCAL);
  check_scope ("febf::1", UDPNAT_SCOPE_LINK_LOCAL);
  check_scope ("fec0::1", UDPNAT_SCOPE_PRIVATE);
  check_scope ("feff::1", UDPNAT_SCOPE_PRIVATE);
  check_scope ("ff02::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("ff0e::1", UDPNAT_SCOPE_UNUSABLE);
}

static void
test_scope_embedded (void)
{
  check_scope ("::ffff:127.0.0.1", UDPNAT_SCOPE_LOOPBACK);
  check_scope ("::ffff:10.0.0.1", UDPNAT_SCOPE_PRIVATE);
  check_scope ("64:ff9b::1.1.1.1", UDPNAT_SCOPE_GLOBAL);
  check_scope ("64:ff9b::127.0.0.1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("64:ff9b::224.0.0.1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("2002:0101:0101::1", UDPNAT_SCOPE_GLOBAL);
  check_scope ("2002:7f00:0001::1", UDPNAT_SCOPE_UNUSABLE);
  check_scope ("2002:0a00:0001::1", UDPNAT_SCOPE_UNUSABLE);
}

static void
test_scope_unset (void)
{
  UdpnatAddress address = UDPNAT_ADDRESS_NONE;

  g_assert_cmpint (udpnat_address_get_scope (&address), ==, UDPNAT_SCOPE_UNUSABLE);
}

static void
check_tunnel (const char *ip,
              const char *wanted)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  UdpnatAddress given, tunnel, other, end;

  g_assert_true (udpnat_address_parse_ip (&given, ip, 50000));
  udpnat_address_init_tunnel (&tunnel, &given, 7);
  udpnat_address_init_tunnel (&other, &given, 8);
  g_assert_true (udpnat_address_is_set (&tunnel));
  g_assert_true (udpnat_address_is_tunnel (&tunnel));
  g_assert_false (udpnat_address_is_tunnel (&given));
  g_assert_false (udpnat_address_equal (&tunnel, &given));
  g_assert_false (udpnat_address_equal (&tunnel, &other));
  g_assert_cmpint (udpnat_address_get_scope (&tunnel), ==, UDPNAT_SCOPE_UNUSABLE);
  g_assert_cmpstr (udpnat_address_to_string (&tunnel, text), ==, wanted);
  udpnat_address_get_end (&tunnel, &end);
  g_assert_true (udpnat_address_equal (&end, &given));
  udpnat_address_get_end (&given, &end);
  g_assert_true (udpnat_address_equal (&end, &given));
}

static void
test_tunnel (void)
{
  check_tunnel ("192.0.2.1", "tcp 192.0.2.1:50000");
  check_tunnel ("2001:db8::1", "tcp [2001:db8::1]:50000");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-address/parse/ipv4", test_parse_ipv4);
  g_test_add_func ("/base-address/parse/ipv6", test_parse_ipv6);
  g_test_add_func ("/base-address/parse/mapped-becomes-ipv4", test_parse_mapped);
  g_test_add_func ("/base-address/parse/numeric-scope-of-link-local", test_parse_scope);
  g_test_add_func ("/base-address/parse/everything-else-refused", test_parse_refuses);
  g_test_add_func ("/base-address/parse/endless-text-refused", test_parse_endless);
  g_test_add_func ("/base-address/parse/random-text-read-or-refused", test_parse_random_text);
  g_test_add_func ("/base-address/string/rfc5952", test_string_canonical);
  g_test_add_func ("/base-address/string/random-read-back", test_round_trip_random);
  g_test_add_func ("/base-address/string/longest-fits", test_string_longest);
  g_test_add_func ("/base-address/string/unset", test_string_unset);
  g_test_add_func ("/base-address/equal/ip-port-link", test_equal);
  g_test_add_func ("/base-address/scope/ipv4-ranges-and-neighbours", test_scope_ipv4);
  g_test_add_func ("/base-address/scope/ipv6-ranges-and-neighbours", test_scope_ipv6);
  g_test_add_func ("/base-address/scope/ipv4-inside-ipv6", test_scope_embedded);
  g_test_add_func ("/base-address/scope/unset", test_scope_unset);
  g_test_add_func ("/base-address/tunnel/its-end-and-nothing-else", test_tunnel);

  return g_test_run ();
}
