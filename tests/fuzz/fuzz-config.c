/* What somebody types to start a program or to name a server or a person: the command lines of
 * window, terminal and server, addresses of servers, of people and of their places. The first byte
 * of the input says which; arguments stand one a line.
 *
 * Checked besides assertions: ports and numbers are in their ranges; what was made regular once
 * stays as it is. */

#include "config.h"

#include "fuzz.h"

#include <gio/gio.h>
#include <locale.h>
#include <string.h>

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"
#include "udpnat-cli-options.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-person-address.h"
#include "udpnat-server-address.h"
#include "udpnat-server-config.h"
#include "udpnat-start-options.h"

#define INPUT_MAX_BYTES 2048

static void
swallow (const char *text)
{
}

/* GLib says it, and ends the program. */
static gboolean
asks_for_help (const char *argument)
{
  return g_str_has_prefix (argument, "--help")
         || (argument[0] == '-' && argument[1] != '-' && strpbrk (argument, "h?") != NULL);
}

/* Returns: (transfer full): a command line; what stands in files is fuzz-server-config's */
static char **
split (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GStrvBuilder) arguments = g_strv_builder_new ();

  g_strv_builder_add (arguments, "udpnat");
  for (guint i = 0; lines[i] != NULL; i++)
    if (!asks_for_help (lines[i]) && !g_str_has_prefix (lines[i], "--config"))
      g_strv_builder_add (arguments, lines[i]);
  return g_strv_builder_end (arguments);
}

static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

/* GLib says back what was typed, as it was typed. */
static void
check_error (const GError *error,
             char        **arguments)
{
  gboolean is_utf8 = TRUE;

  for (guint i = 0; arguments[i] != NULL; i++)
    is_utf8 &= g_utf8_validate (arguments[i], -1, NULL);
  g_assert_nonnull (error);
  if (is_utf8)
    check_text (error->message);
}

/* ---- Command lines ---- */

static void
check_start (char **arguments)
{
  g_autoptr (UdpnatStartOptions) options = udpnat_start_options_new ();
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) rest = g_strdupv (arguments);
  g_autofree char *server = NULL;

  g_option_context_set_main_group (context, udpnat_start_options_create_group (options));
  if (!g_option_context_parse_strv (context, &rest, &error))
    {
      check_error (error, arguments);
      return;
    }
  check_text (options->name);
  g_assert_cmpuint (options->port, >, 0);
  g_assert_true (options->bind_ip == NULL || g_hostname_is_ip_address (options->bind_ip));
  if (options->proxy != NULL && !g_str_equal (options->proxy, "direct://"))
    {
      g_autofree char *scheme = g_uri_parse_scheme (options->proxy);

      g_assert_nonnull (scheme);
      g_assert_cmpstr (scheme, !=, "socks5h"); /* GIO does not know it */
    }
  server = udpnat_start_options_dup_server (options);
}

static void
check_cli (char **arguments)
{
  g_auto (GStrv) rest = g_strdupv (arguments);
  g_autofree char **copy = g_memdup2 (rest, (g_strv_length (rest) + 1) * sizeof *rest);
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatCliOptions) options = NULL;
  char **argv = copy;
  int argc = (int) g_strv_length (rest);
  gboolean is_done = FALSE;

  options = udpnat_cli_options_parse (&argc, &argv, &is_done, &error);
  g_assert_true ((options != NULL) == (error == NULL && !is_done));
  if (error != NULL)
    check_error (error, arguments);
  if (options == NULL)
    return;
  g_assert_cmpint (options->timeout_s, >=, 0);
  g_assert_true (options->mode != UDPNAT_CLI_MODE_OFFLINE || options->line != NULL);
  g_assert_true (options->mode != UDPNAT_CLI_MODE_SEND
                 || (options->to != NULL && options->text != NULL));
  g_assert_true (options->mode != UDPNAT_CLI_MODE_NETCHECK
                 || options->stun_host == NULL || options->stun_port > 0);
}

static void
check_server (char **arguments)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  if (!udpnat_server_config_parse (&config, arguments, &error))
    {
      check_error (error, arguments);
      return;
    }
  g_assert_cmpuint (config.n_tunnel_ports, <=, UDPNAT_SERVER_TUNNEL_PORTS_MAX);
  g_assert_true (config.alt_port >= UDPNAT_SERVER_ALT_PORT_NEXT && config.alt_port <= G_MAXUINT16);
  g_assert_cmpint (config.mailbox_bytes, >=, 0);
  g_assert_cmpint (config.mailbox_total_bytes, >=, 0);
}

/* ---- Addresses ---- */

static void
check_normalize (const char *text,
                 char     *(*normalize) (const char *text))
{
  g_autofree char *once = normalize (text);
  g_autofree char *twice = NULL;

  if (once == NULL)
    return;
  check_text (once);
  twice = normalize (once);
  g_assert_cmpstr (twice, ==, once);
}

/* As one would type it: so the command is the same. */
static void
check_joined (char **arguments)
{
  g_autofree char *line = NULL;
  g_autofree char *verb = NULL;
  const char      *rest;

  if (arguments[1] == NULL || udpnat_cli_commands_find (arguments[1]) == NULL)
    return; /* the options have been looked at */
  rest = line = udpnat_cli_commands_join (arguments + 1);
  verb = udpnat_cli_take_word (&rest);
  g_assert_cmpstr (verb, ==, arguments[1]);
  udpnat_cli_commands_may_keep (line);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree char *text = NULL;
  g_auto (GStrv)   arguments = NULL;

  if (n_data < 1 || n_data > INPUT_MAX_BYTES)
    return 0;
  setlocale (LC_ALL, "C.UTF-8");
  g_set_print_handler (swallow);
  text = g_strndup ((const char *) data + 1, n_data - 1);
  arguments = split (text);
  if (data[0] % 7 >= 3 && !g_utf8_validate (text, -1, NULL))
    return 0; /* what comes from GTK, and what is typed, has been looked at */
  switch (data[0] % 7)
    {
    case 0:
      check_start (arguments);
      break;
    case 1:
      check_cli (arguments);
      break;
    case 2:
      check_server (arguments);
      break;
    case 3:
      check_normalize (text, udpnat_server_address_normalize);
      break;
    case 4:
      check_normalize (text, udpnat_place_normalize);
      break;
    case 5:
      check_normalize (text, udpnat_person_address_normalize);
      break;
    case 6:
      check_joined (arguments);
      break;
    }
  return 0;
}
