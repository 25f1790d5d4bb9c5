/* What people type for a server. */

#include "config.h"

#include "udpnat-person-address.h"
#include "udpnat-server-address.h"

static void
check (const char *text,
       const char *expected)
{
  g_autofree char *address = udpnat_server_address_normalize (text);

  g_test_message ("“%s”", text);
  g_assert_cmpstr (address, ==, expected);
}

static void
test_good (void)
{
  check ("vps.example.org", "vps.example.org");
  check ("  vps.example.org:9000\n", "vps.example.org:9000");
  check ("203.0.113.7", "203.0.113.7");
  check ("[2001:db8::7]:8848", "[2001:db8::7]:8848");
  check ("localhost", "localhost");
  check ("example.org.", "example.org.");
  check ("b\u00fccher.example.org:9000", "b\u00fccher.example.org:9000");
  check ("my_host-7", "my_host-7");
  check ("a23456789012345678901234567890123456789012345678901234567890123.org",
         "a23456789012345678901234567890123456789012345678901234567890123.org"); /* 63 */
}

static void
test_link (void)
{
  check ("udpnat:bob@vps.example.org", "vps.example.org:8848");
  check ("udpnat:bob@[2001:db8::7]:9000", "[2001:db8::7]:9000");
  check ("udpnat:bob", NULL);
  check ("udpnat:bob@udpnat", "udpnat:8848");
  check ("udpnat:9000", "udpnat:9000"); /* a machine of that name */
}

static void
test_bad (void)
{
  check ("", NULL);
  check ("   ", NULL);
  check ("my server", NULL);
  check ("https://example.org/", NULL);
  check ("bob@example.org", NULL);
  check ("example.org:0", NULL);
  check ("example.org:65536", NULL);
  check (":8848", NULL);
  check ("[::1", NULL);
  check ("[::1]x", NULL);
  check ("a:99999", NULL);
  check ("1.2.3.4.5:x", NULL);
  check ("one:two:three", NULL);
  check ("example:8000b[::1]:b", NULL);
  check ("2001:db8::7:", NULL);
  check ("\u202e", NULL);
  check ("a..b", NULL);
  check ("caf\u00e9!.example.org", NULL);
  check ("a234567890123456789012345678901234567890123456789012345678901234.org", NULL); /* 64 */
}

static void
check_person (const char *text,
              const char *expected)
{
  g_autofree char *address = udpnat_person_address_normalize (text);

  g_test_message ("“%s”", text);
  g_assert_cmpstr (address, ==, expected);
}

static void
test_person (void)
{
  check_person ("bob", "bob");
  check_person ("bob@VPS.Example.org", "bob@vps.example.org");
  check_person ("bob@vps.example.org:8848", "bob@vps.example.org");
  check_person ("bob@vps.example.org:9000", "bob@vps.example.org:9000");
  check_person ("Bob@[2001:DB8::7]", "Bob@[2001:db8::7]");
  check_person ("bob@[2001:db8::7]:9000", "bob@[2001:db8::7]:9000");
  check_person ("bob@b\u00fccher.example", "bob@xn--bcher-kva.example");
  check_person ("bob@", NULL);
  check_person ("@vps.example.org", NULL);
  check_person ("bob@my server", NULL);
  check_person ("bob@vps.example.org:0", NULL);
  check_person ("bob @vps.example.org", NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server-address/normalize/names-and-addresses-are-taken", test_good);
  g_test_add_func ("/server-address/normalize/link-names-its-server", test_link);
  g_test_add_func ("/server-address/normalize/other-texts-are-not", test_bad);
  g_test_add_func ("/server-address/person", test_person);
  return g_test_run ();
}
