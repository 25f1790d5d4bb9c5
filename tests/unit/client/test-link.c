/* Links: what is read, what is written, what is refused and why. */

#include "config.h"

#include <string.h>

#include "udpnat-error.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"

#define KEY "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"

static UdpnatLink *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  UdpnatLink *link = udpnat_link_parse (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (link);
  return link;
}

static void
check (const char *text,
       const char *name,
       const char *server_host,
       guint16     server_port)
{
  g_autoptr (UdpnatLink) link = parse (text);

  g_assert_cmpstr (link->name, ==, name);
  g_assert_cmpstr (link->server_host, ==, server_host);
  g_assert_cmpuint (link->server_port, ==, server_port);
}

/* @part: of the sentence that people get */
static void
check_refused (const char *text,
               const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_link_parse (text, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* What is written for @text, which must be read back as the same. */
static void
check_written (const char *text,
               const char *expected)
{
  g_autoptr (UdpnatLink) link = parse (text);
  g_autoptr (UdpnatLink) again = NULL;
  g_autofree char *written = udpnat_link_to_string (link);
  g_autofree char *rewritten = NULL;

  g_assert_cmpstr (written, ==, expected);
  again = parse (written);
  rewritten = udpnat_link_to_string (again);
  g_assert_cmpstr (rewritten, ==, written);
  g_assert_cmpstr (again->name, ==, link->name);
  g_assert_cmpstr (again->server_host, ==, link->server_host);
  g_assert_cmpuint (again->server_port, ==, link->server_port);
  g_assert_cmpint (again->has_key, ==, link->has_key);
}

/* ---- Read ---- */

static void
test_whole (void)
{
  g_autoptr (UdpnatLink) link = parse ("udpnat:alice@chat.example.org:9000?key=" KEY);

  g_assert_cmpstr (link->name, ==, "alice");
  g_assert_cmpstr (link->server_host, ==, "chat.example.org");
  g_assert_cmpuint (link->server_port, ==, 9000);
  g_assert_true (link->has_key);
  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    g_assert_cmpuint (link->key.bytes[i], ==, i);
}

static void
test_without_key (void)
{
  g_autoptr (UdpnatLink) link = parse ("udpnat:alice@chat.example.org");

  g_assert_false (link->has_key);
}

static void
test_key_in_capitals (void)
{
  g_autofree char *key = g_ascii_strup (KEY, -1);
  g_autofree char *text = g_strconcat ("udpnat:alice?key=", key, NULL);
  g_autoptr (UdpnatLink) link = parse (text);

  g_assert_true (link->has_key);
  g_assert_cmpuint (link->key.bytes[31], ==, 31);
}

static void
test_typed (void)
{
  check ("alice", "alice", NULL, UDPNAT_SERVER_PORT);
  check ("alice@example.org", "alice", "example.org", UDPNAT_SERVER_PORT);
  check ("alice@example.org:1", "alice", "example.org", 1);
  check ("udpnat:alice", "alice", NULL, UDPNAT_SERVER_PORT);
}

static void
test_white_space_around (void)
{
  check (" \n udpnat:alice@example.org\r\n", "alice", "example.org", UDPNAT_SERVER_PORT);
  check ("\talice ", "alice", NULL, UDPNAT_SERVER_PORT);
}

static void
test_scheme_in_capitals (void)
{
  check ("UDPNAT:alice@EXAMPLE.org", "alice", "example.org", UDPNAT_SERVER_PORT);
}

static void
test_with_slashes (void)
{
  check ("udpnat://alice@example.org", "alice", "example.org", UDPNAT_SERVER_PORT);
  check ("udpnat://alice@example.org:9000/?key=" KEY, "alice", "example.org", 9000);
}

static void
test_name_encoded (void)
{
  check ("udpnat:Zo%C3%AB%20ab%3F%23%25@example.org", "Zoë ab?#%", "example.org",
         UDPNAT_SERVER_PORT);
  check ("udpnat:Zoë@example.org", "Zoë", "example.org", UDPNAT_SERVER_PORT);
}

/* Decomposed when it came, composed when it is used: NFC. */
static void
test_name_normalized (void)
{
  check ("udpnat:Zoe%CC%88", "Zo\u00eb", NULL, UDPNAT_SERVER_PORT);
  check ("Zoe\u0308@example.org", "Zo\u00eb", "example.org", UDPNAT_SERVER_PORT);
}

/* Typed, not a link: as it stands. */
static void
test_name_typed_as_is (void)
{
  check ("100%41?#", "100%41?#", NULL, UDPNAT_SERVER_PORT);
}

static void
test_ports (void)
{
  check ("udpnat:alice@h:1", "alice", "h", 1);
  check ("udpnat:alice@h:65535", "alice", "h", 65535);
  check ("udpnat:alice@h:08848", "alice", "h", 8848);
}

static void
test_ip_addresses (void)
{
  check ("udpnat:alice@192.0.2.1:9000", "alice", "192.0.2.1", 9000);
  check ("udpnat:alice@[2001:DB8:0::1]", "alice", "2001:db8::1", UDPNAT_SERVER_PORT);
  check ("alice@[2001:db8::1]:9000", "alice", "2001:db8::1", 9000);
  check ("alice@[fe80::1%3]", "alice", "fe80::1%3", UDPNAT_SERVER_PORT);
  check ("udpnat:alice@[fe80::1%253]", "alice", "fe80::1%3", UDPNAT_SERVER_PORT);
  check ("alice@[::ffff:192.0.2.1]", "alice", "192.0.2.1", UDPNAT_SERVER_PORT);
}

static void
test_host_of_other_script (void)
{
  check ("alice@bücher.example", "alice", "xn--bcher-kva.example", UDPNAT_SERVER_PORT);
}

static void
test_host_longest (void)
{
  g_autofree char *label = g_strnfill (63, 'a');
  g_autofree char *tail = g_strnfill (61, 'b');
  g_autofree char *host = g_strjoin (".", label, label, label, tail, NULL);
  g_autofree char *right = g_strconcat ("alice@", host, NULL);
  g_autofree char *longer = g_strconcat ("alice@", host, "b", NULL);
  g_autofree char *long_label = g_strconcat ("alice@a", label, NULL);

  g_assert_cmpuint (strlen (host), ==, 253);
  check (right, "alice", host, UDPNAT_SERVER_PORT);
  check_refused (longer, "not the name of a server");
  check_refused (long_label, "not the name of a server");
}

static void
test_later_parameters (void)
{
  g_autoptr (UdpnatLink) link = parse ("udpnat:alice@h?via=x%20y&key=" KEY "&keys=2");

  g_assert_true (link->has_key);
}

static void
test_name_longest (void)
{
  g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_CODE_POINTS, 'a');
  g_autofree char *longer = g_strconcat (name, "a", NULL);

  check (name, name, NULL, UDPNAT_SERVER_PORT);
  check_refused (longer, "cannot be anybody's name");
}

/* ---- Written ---- */

static void
test_written (void)
{
  check_written ("alice", "udpnat:alice");
  check_written ("alice@Example.org", "udpnat:alice@example.org");
  check_written ("alice@example.org:9000", "udpnat:alice@example.org:9000");
  check_written ("UDPNAT:alice@example.org:8848?key=" KEY, "udpnat:alice@example.org?key=" KEY);
}

static void
test_written_encoded (void)
{
  check_written ("Zoë ab?#%/:&=@example.org",
                 "udpnat:Zo%C3%AB%20ab%3F%23%25%2F%3A%26%3D@example.org");
}

static void
test_written_ipv6 (void)
{
  check_written ("alice@[2001:db8::1]:9000", "udpnat:alice@[2001:db8::1]:9000");
  check_written ("alice@[fe80::1%3]", "udpnat:alice@[fe80::1%253]");
}

/* The longest name there can be fits a link and a QR code. */
static void
test_written_longest (void)
{
  GString *name = g_string_new (NULL);
  g_autofree char *label = g_strnfill (63, 'a');
  g_autofree char *tail = g_strnfill (61, 'b');
  g_autofree char *host = g_strjoin (".", label, label, label, tail, NULL);
  UdpnatPublicKey key = { { 1 } };
  g_autoptr (UdpnatLink) link = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < UDPNAT_NAME_MAX_CODE_POINTS; i++)
    g_string_append (name, "\U0001f642");
  link = udpnat_link_new (name->str, host, 65535, &key);
  text = udpnat_link_to_string (link);
  g_assert_cmpuint (strlen (text), <=, UDPNAT_QR_MAX_BYTES);
  check_written (text, text);
  g_string_free (name, TRUE);
}

/* ---- Refused ---- */

static void
test_refused_names (void)
{
  check_refused ("", "There is no name");
  check_refused ("udpnat:", "There is no name");
  check_refused ("udpnat:@example.org", "There is no name");
  check_refused ("udpnat://", "There is no name");
  check_refused ("udpnat:?key=" KEY, "There is no name");
  check_refused ("udpnat:%20alice", "cannot be anybody's name");
  check_refused ("udpnat:al%0Aice", "cannot be anybody's name");
  check_refused ("udpnat:%E2%80%AEalice", "cannot be anybody's name");
}

static void
test_refused_encoding (void)
{
  check_refused ("udpnat:alice%", "hexadecimal");
  check_refused ("udpnat:alice%4", "hexadecimal");
  check_refused ("udpnat:alice%zz", "hexadecimal");
  check_refused ("udpnat:alice%00", "hexadecimal");
  check_refused ("udpnat:alice%FF", "hexadecimal");
  check_refused ("udpnat:alice?key=%", "hexadecimal");
  check_refused ("udpnat:alice@h%", "hexadecimal");
  check_refused ("al\xff" "ice", "not text");
}

static void
test_refused_hosts (void)
{
  check_refused ("alice@", "no server after");
  check_refused ("udpnat:alice@?key=" KEY, "no server after");
  check_refused ("alice@:9000", "no server after");
  check_refused ("alice@exa mple", "not the name of a server");
  check_refused ("alice@example..org", "not the name of a server");
  check_refused ("alice@.org", "not the name of a server");
  check_refused ("alice@-a.org", "not the name of a server");
  check_refused ("alice@example.org?key=" KEY, "not the name of a server");
  check_refused ("udpnat:alice@example.org/x", "not the name of a server");
  check_refused ("alice@\uff0f", "not the name of a server");
}

static void
test_refused_ipv6 (void)
{
  check_refused ("alice@2001:db8::1", "square brackets");
  check_refused ("alice@[2001:db8::1", "]");
  check_refused ("alice@[2001:db8::1]x", "nothing but a colon");
  check_refused ("alice@[2001:db8::g]", "not an IPv6 address");
  check_refused ("alice@[192.0.2.1]", "not an IPv6 address");
  check_refused ("alice@[]", "not an IPv6 address");
  check_refused ("alice@[fe80::1%eth0]", "not an IPv6 address");
}

static void
test_refused_ports (void)
{
  check_refused ("alice@h:", "not a port");
  check_refused ("alice@h:0", "not a port");
  check_refused ("alice@h:65536", "not a port");
  check_refused ("alice@h:4294967297", "not a port");
  check_refused ("alice@h:-1", "not a port");
  check_refused ("alice@h:+1", "not a port");
  check_refused ("alice@h:80x", "not a port");
  check_refused ("alice@[::1]:", "not a port");
}

static void
test_refused_keys (void)
{
  check_refused ("udpnat:alice?key=", "not a key");
  check_refused ("udpnat:alice?key=" KEY "a", "not a key");
  check_refused ("udpnat:alice?key=aaaq", "cut off");
  check_refused ("udpnat:alice?key=" KEY "&key=" KEY, "two keys");
}

/* "udpnat:who?@example.org", meant to name "who?", must not name "who". */
static void
test_refused_in_wrong_place (void)
{
  check_refused ("udpnat:who?@example.org", "%3F");
  check_refused ("udpnat:alice?", "%3F");
  check_refused ("udpnat:alice?key=" KEY "&", "%3F");
  check_refused ("udpnat:alice#2@example.org", "%23");
}

static void
test_refused_too_long (void)
{
  g_autofree char *value = g_strnfill (UDPNAT_LINK_MAX_BYTES - strlen ("udpnat:alice?x="), 'x');
  g_autofree char *right = g_strconcat ("udpnat:alice?x=", value, NULL);
  g_autofree char *longer = g_strconcat (right, "x", NULL);

  check (right, "alice", NULL, UDPNAT_SERVER_PORT);
  check_refused (longer, "too long");
}

/* What is wrong is shown, but cannot play with the terminal or fill it. */
static void
test_refused_quoted (void)
{
  g_autofree char *name = g_strnfill (1000, 'a');
  g_autoptr (GError) error = NULL;

  check_refused ("udpnat:a%1B[2Jb%E2%80%AE", "“a\ufffd[2Jb\ufffd”");
  g_assert_null (udpnat_link_parse (name, &error));
  g_assert_cmpint (g_utf8_strlen (error->message, -1), <, 200);
}

static void
test_no_error_asked_for (void)
{
  g_assert_null (udpnat_link_parse ("@", NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/link/read/whole", test_whole);
  g_test_add_func ("/link/read/without-key", test_without_key);
  g_test_add_func ("/link/read/key-in-capitals", test_key_in_capitals);
  g_test_add_func ("/link/read/as-typed", test_typed);
  g_test_add_func ("/link/read/white-space-around-it", test_white_space_around);
  g_test_add_func ("/link/read/capitals", test_scheme_in_capitals);
  g_test_add_func ("/link/read/with-slashes", test_with_slashes);
  g_test_add_func ("/link/read/name-percent-encoded", test_name_encoded);
  g_test_add_func ("/link/read/name-normalized", test_name_normalized);
  g_test_add_func ("/link/read/name-typed-as-it-is", test_name_typed_as_is);
  g_test_add_func ("/link/read/name-longest-and-one-more", test_name_longest);
  g_test_add_func ("/link/read/ports", test_ports);
  g_test_add_func ("/link/read/ip-addresses", test_ip_addresses);
  g_test_add_func ("/link/read/host-of-another-script", test_host_of_other_script);
  g_test_add_func ("/link/read/host-longest-and-one-more", test_host_longest);
  g_test_add_func ("/link/read/parameters-of-later-versions", test_later_parameters);
  g_test_add_func ("/link/written/shortest-form", test_written);
  g_test_add_func ("/link/written/name-percent-encoded", test_written_encoded);
  g_test_add_func ("/link/written/ipv6-in-brackets", test_written_ipv6);
  g_test_add_func ("/link/written/longest-fits", test_written_longest);
  g_test_add_func ("/link/refused/names", test_refused_names);
  g_test_add_func ("/link/refused/encoding", test_refused_encoding);
  g_test_add_func ("/link/refused/hosts", test_refused_hosts);
  g_test_add_func ("/link/refused/ipv6", test_refused_ipv6);
  g_test_add_func ("/link/refused/ports", test_refused_ports);
  g_test_add_func ("/link/refused/keys", test_refused_keys);
  g_test_add_func ("/link/refused/characters-in-a-wrong-place", test_refused_in_wrong_place);
  g_test_add_func ("/link/refused/too-long", test_refused_too_long);
  g_test_add_func ("/link/refused/quoted-harmlessly", test_refused_quoted);
  g_test_add_func ("/link/refused/without-a-word", test_no_error_asked_for);

  return g_test_run ();
}
