/* What people type for a server. */

#include "config.h"

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
}

static void
test_link (void)
{
  check ("udpnat:bob@vps.example.org", "vps.example.org:8848");
  check ("udpnat:bob@[2001:db8::7]:9000", "[2001:db8::7]:9000");
  check ("udpnat:bob", NULL);
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
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server-address/normalize/names-and-addresses-are-taken", test_good);
  g_test_add_func ("/server-address/normalize/link-names-its-server", test_link);
  g_test_add_func ("/server-address/normalize/other-texts-are-not", test_bad);
  return g_test_run ();
}
