/* The command line of udpnat-cli. The original program's options (--sip, --sport, --cip, --cport)
 * mean what they meant. */

#include "config.h"

#include "udpnat-cli-options.h"

#include <gio/gio.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-profile.h"

#define DEFAULT_TIMEOUT_S 30
/* How many ports after 8900 are tried when it is taken. */
#define MORE_PORTS 100

typedef struct
{
  char    *sip;
  int      sport;
  char    *server;
  gboolean host;
  char    *cip;
  int      cport;
  char    *name;
  char    *profile;
  gboolean json;
  int      timeout;
  int      count;
  gboolean version;
  char   **rest;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->sip);
  g_free (raw->server);
  g_free (raw->cip);
  g_free (raw->name);
  g_free (raw->profile);
  g_strfreev (raw->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

void
udpnat_cli_options_free (UdpnatCliOptions *self)
{
  if (self == NULL)
    return;
  g_free (self->server_host);
  g_free (self->bind_ip);
  g_free (self->name);
  g_free (self->profile);
  g_free (self->to);
  g_free (self->text);
  g_free (self);
}

static gboolean
set_usage (GError    **error,
           const char *format,
           ...) G_GNUC_PRINTF (2, 3);

static gboolean
set_usage (GError    **error,
           const char *format,
           ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL && *error == NULL)
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
check_port (const char *option,
            int         port,
            GError    **error)
{
  if (port >= 1 && port <= 65535)
    return TRUE;
  return set_usage (error, "%s: a port is a number from 1 to 65535, not %d", option, port);
}

static gboolean
parse_server (UdpnatCliOptions *self,
              const RawOptions *raw,
              GError          **error)
{
  g_autoptr (GSocketConnectable) address = NULL;

  if (raw->server != NULL && (raw->sip != NULL || raw->sport != 0))
    return set_usage (error, "--server and --sip/--sport say the same: give one of them");
  if (raw->server != NULL)
    {
      address = g_network_address_parse (raw->server, UDPNAT_SERVER_PORT, NULL);
      if (address == NULL)
        return set_usage (error, "--server: “%s” is not HOST or HOST:PORT", raw->server);
      self->server_host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
      self->server_port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
      return TRUE;
    }
  if (raw->sport != 0 && !check_port ("--sport", raw->sport, error))
    return FALSE;
  if (raw->sip != NULL && !g_hostname_is_ip_address (raw->sip))
    return set_usage (error, "--sip: “%s” is not an IP address; for a host name use --server",
                      raw->sip);
  /* 0.0.0.0, the original's default, means "this machine". */
  self->server_host = g_strdup (raw->sip == NULL || g_str_equal (raw->sip, "0.0.0.0")
                                  ? "127.0.0.1" : raw->sip);
  self->server_port = raw->sport != 0 ? raw->sport : UDPNAT_SERVER_PORT;
  return TRUE;
}

static gboolean
parse_client (UdpnatCliOptions *self,
              const RawOptions *raw,
              GError          **error)
{
  if (raw->cport != 0 && !check_port ("--cport", raw->cport, error))
    return FALSE;
  if (raw->cip != NULL && !g_hostname_is_ip_address (raw->cip))
    return set_usage (error, "--cip: “%s” is not an IP address", raw->cip);
  self->bind_ip = g_strdup (raw->cip);
  self->port = raw->cport != 0 ? raw->cport : UDPNAT_CLIENT_PORT;
  self->n_more_ports = raw->cport != 0 ? 0 : MORE_PORTS;
  return TRUE;
}

static gboolean
parse_send (UdpnatCliOptions *self,
            char            **words,
            guint             n_words,
            GError          **error)
{
  if (n_words < 3)
    return set_usage (error, "send: say to whom and what: send NAME TEXT…");
  self->mode = UDPNAT_CLI_MODE_SEND;
  self->to = g_strdup (words[1]);
  self->text = g_strjoinv (" ", words + 2);
  if (strlen (self->text) > UDPNAT_TEXT_MAX_BYTES)
    return set_usage (error, "send: a text is at most %d bytes", UDPNAT_TEXT_MAX_BYTES);
  return TRUE;
}

static gboolean
parse_command (UdpnatCliOptions *self,
               const RawOptions *raw,
               GError          **error)
{
  guint n_words = raw->rest != NULL ? g_strv_length (raw->rest) : 0;
  const char *command = n_words > 0 ? raw->rest[0] : NULL;

  self->count = raw->count;
  if (raw->count != 0 && g_strcmp0 (command, "wait") != 0)
    return set_usage (error, "--count goes with the command wait");
  if (command == NULL)
    return TRUE;
  if (g_str_equal (command, "send"))
    return parse_send (self, raw->rest, n_words, error);
  if (!g_str_equal (command, "list") && !g_str_equal (command, "wait"))
    return set_usage (error, "“%s” is not a command; there are send, list and wait", command);
  if (n_words > 1)
    return set_usage (error, "%s takes no more words: “%s”", command, raw->rest[1]);
  self->mode = g_str_equal (command, "list") ? UDPNAT_CLI_MODE_LIST : UDPNAT_CLI_MODE_WAIT;
  if (self->mode == UDPNAT_CLI_MODE_WAIT)
    {
      if (raw->count < 0)
        return set_usage (error, "--count: a number from 1 up");
      self->count = raw->count > 0 ? raw->count : 1;
    }
  return TRUE;
}

static GOptionContext *
create_context (RawOptions *raw)
{
  GOptionContext *context = g_option_context_new ("[send NAME TEXT… | list | wait]");
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &raw->server, "The rendezvous server", "HOST[:PORT]" },
    { "sip", 0, 0, G_OPTION_ARG_STRING, &raw->sip, "The server's IP address (127.0.0.1)", "IP" },
    { "sport", 0, 0, G_OPTION_ARG_INT, &raw->sport, "The server's port (8848)", "PORT" },
    { "host", 0, 0, G_OPTION_ARG_NONE, &raw->host,
      "Start a server on this machine, unless one is running", NULL },
    { "cip", 0, 0, G_OPTION_ARG_STRING, &raw->cip, "Own IP address to use (all)", "IP" },
    { "cport", 0, 0, G_OPTION_ARG_INT, &raw->cport,
      "Own port to use (8900, or the next free one)", "PORT" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &raw->name, "Your name", "NAME" },
    { "profile", 0, 0, G_OPTION_ARG_FILENAME, &raw->profile,
      "Folder of your identity and contacts", "DIR" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &raw->json, "One JSON object a line on stdout", NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &raw->timeout,
      "How long send and list may take (30); how long wait waits (for ever)", "SECONDS" },
    { "count", 0, 0, G_OPTION_ARG_INT, &raw->count, "With wait: how many messages (1)", "N" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &raw->version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->rest, NULL, NULL },
    { NULL }
  };

  g_option_context_set_summary (context,
    "Talk to people directly, wherever they are. Without a command: a prompt; try help there.");
  g_option_context_set_description (context,
    "Exit status: 0 done, 1 failed, 2 wrong usage.");
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

/**
 * udpnat_cli_options_parse:
 * @out_is_done: (out): %TRUE when there is nothing more to do (--version)
 * @error: says what is wrong with the command line
 *
 * Returns: (nullable): the options; %NULL with @error set, or when @out_is_done
 */
UdpnatCliOptions *
udpnat_cli_options_parse (int      *argc,
                          char   ***argv,
                          gboolean *out_is_done,
                          GError  **error)
{
  g_auto (RawOptions) raw = { 0 };
  g_autoptr (GOptionContext) context = create_context (&raw);
  g_autoptr (UdpnatCliOptions) self = g_new0 (UdpnatCliOptions, 1);

  *out_is_done = FALSE;
  if (!g_option_context_parse (context, argc, argv, error))
    return NULL;
  if (raw.version)
    {
      g_print ("udpnat-cli %s\n", PACKAGE_VERSION);
      *out_is_done = TRUE;
      return NULL;
    }
  if (raw.timeout < 0)
    {
      set_usage (error, "--timeout: a number of seconds from 1 up");
      return NULL;
    }
  if (raw.host && (raw.server != NULL || raw.sip != NULL))
    {
      set_usage (error, "--host starts a server here: leave out --server and --sip");
      return NULL;
    }
  if (!parse_server (self, &raw, error) || !parse_client (self, &raw, error) ||
      !parse_command (self, &raw, error))
    return NULL;
  self->is_host = raw.host;
  self->is_json = raw.json;
  self->timeout_s = raw.timeout;
  if (raw.timeout == 0 && self->mode != UDPNAT_CLI_MODE_WAIT)
    self->timeout_s = DEFAULT_TIMEOUT_S;
  self->name = g_steal_pointer (&raw.name);
  self->profile = raw.profile != NULL ? g_steal_pointer (&raw.profile)
                                      : udpnat_profile_get_default_path ();
  return g_steal_pointer (&self);
}
