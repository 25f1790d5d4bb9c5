/* The command line that window and terminal have in common. */

#include "config.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-start-options.h"

/* Reads "program WORDS"; returns NULL with @error set when it is refused. */
static UdpnatStartOptions *
parse (const char *words,
       GError    **error)
{
  g_autoptr (UdpnatStartOptions) self = udpnat_start_options_new ();
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *line = g_strconcat ("program ", words, NULL);
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);

  g_option_context_set_main_group (context, udpnat_start_options_create_group (self));
  return g_option_context_parse_strv (context, &argv, error) ? g_steal_pointer (&self) : NULL;
}

static void
assert_refused (const char *words,
                const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStartOptions) options = parse (words, &error);

  g_assert_null (options);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_nothing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStartOptions) options = parse ("", &error);
  g_autofree char *server = NULL;

  g_assert_no_error (error);
  server = udpnat_start_options_dup_server (options);
  g_assert_null (server);
  g_assert_null (options->name);
  g_assert_null (options->bind_ip);
  g_assert_cmpuint (options->port, ==, UDPNAT_CLIENT_PORT);
  g_assert_cmpuint (options->n_more_ports, >, 0);
  g_assert_true (g_str_has_suffix (options->profile, "/udpnat"));
}

static void
test_own_port (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStartOptions) options = parse ("--cip 192.0.2.7 --cport 9001", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (options->bind_ip, ==, "192.0.2.7");
  g_assert_cmpuint (options->port, ==, 9001);
  g_assert_cmpuint (options->n_more_ports, ==, 0);
}

static void
test_name_and_profile (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStartOptions) options = parse ("--name Ann --profile /tmp/p", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (options->name, ==, "Ann");
  g_assert_cmpstr (options->profile, ==, "/tmp/p");
}

static void
test_other_servers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStartOptions) options = parse ("--server a:1,b,c:3", &error);
  g_autofree char *server = NULL;

  g_assert_no_error (error);
  server = udpnat_start_options_dup_server (options);
  g_assert_cmpstr (server, ==, "a:1");
  g_assert_cmpstr (options->other_servers, ==, "b,c:3");
  assert_refused ("--server a,", "--server");
  assert_refused ("--server a,b:99999", "--server");
}

static void
test_servers (void)
{
  static const struct
  {
    const char *words;
    const char *server;
  } cases[] = {
    { "--server example.org", "example.org:8848" },
    { "--server example.org:99", "example.org:99" },
    { "--server [2001:db8::1]:99", "[2001:db8::1]:99" },
    { "--sip 192.0.2.1", "192.0.2.1:8848" },
    { "--sip 192.0.2.1 --sport 65535", "192.0.2.1:65535" },
    { "--sip 0.0.0.0", "127.0.0.1:8848" },
    { "--sport 1", "127.0.0.1:1" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UdpnatStartOptions) options = parse (cases[i].words, &error);
      g_autofree char *server = NULL;

      g_assert_no_error (error);
      server = udpnat_start_options_dup_server (options);
      g_assert_cmpstr (server, ==, cases[i].server);
    }
}

static void
test_proxies (void)
{
  static const struct
  {
    const char *words;
    const char *proxy;
  } cases[] = {
    { "", NULL },
    { "--proxy none", "direct://" },
    { "--proxy http://192.0.2.1:3128", "http://192.0.2.1:3128" },
    { "--proxy socks5://[2001:db8::1]:1080", "socks5://[2001:db8::1]:1080" },
    { "--proxy socks5h://proxy.example:1080", "socks5://proxy.example:1080" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (UdpnatStartOptions) options = parse (cases[i].words, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (options->proxy, ==, cases[i].proxy);
    }
}

static void
test_refused (void)
{
  assert_refused ("--proxy proxy.example:3128", "--proxy");
  assert_refused ("--proxy ftp://proxy.example:3128", "--proxy");
  assert_refused ("--proxy http://", "--proxy");
  assert_refused ("--sport 65536", "--sport");
  assert_refused ("--cport -1", "--cport");
  assert_refused ("--sip example.org", "--server");
  assert_refused ("--cip 1.2.3", "--cip");
  assert_refused ("--server a --sip 127.0.0.1", "give one of them");
  assert_refused ("--server a --sport 9", "give one of them");
  assert_refused ("--server example.org:99999", "HOST:PORT");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/start-options/nothing-given/has-defaults", test_nothing);
  g_test_add_func ("/start-options/own-port/is-the-only-one-tried", test_own_port);
  g_test_add_func ("/start-options/name-and-profile/are-taken", test_name_and_profile);
  g_test_add_func ("/start-options/server/is-named-in-every-way", test_servers);
  g_test_add_func ("/start-options/server/may-have-others-after-it", test_other_servers);
  g_test_add_func ("/start-options/proxy/kinds", test_proxies);
  g_test_add_func ("/start-options/wrong-usage/is-refused-with-the-option", test_refused);
  return g_test_run ();
}
