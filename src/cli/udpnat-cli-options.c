/* The command line of udpnat-cli. What it has in common with the window is read by
 * udpnat-start-options.c. */

#include "config.h"

#include "udpnat-cli-options.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-cli-commands.h"
#include "udpnat-limits.h"
#include "udpnat-start-options.h"

#define DEFAULT_TIMEOUT_S 30
/* The server, when none is given. */
#define DEFAULT_HOST "127.0.0.1"
/* RFC 8489 section 18.6 */
#define STUN_PORT 3478

typedef struct
{
  gboolean host;
  gboolean no_port_mapping;
  gboolean lan;
  gboolean json;
  int      timeout;
  int      count;
  char    *strangers;
  char    *passphrase_file;
  char    *new_passphrase_file;
  gboolean keyring;
  gboolean unencrypted;
  gboolean here;
  gboolean text;
  gboolean json_lines;
  gboolean replace;
  gboolean none;
  char    *stun;
  gboolean lifetime;
  gboolean explain;
  char   **files;
  char    *from;
  char    *to;
  gboolean version;
  char   **rest;
} RawOptions;

static void
raw_options_clear (RawOptions *raw)
{
  g_free (raw->strangers);
  g_free (raw->passphrase_file);
  g_free (raw->new_passphrase_file);
  g_free (raw->stun);
  g_strfreev (raw->files);
  g_free (raw->from);
  g_free (raw->to);
  g_strfreev (raw->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RawOptions, raw_options_clear)

void
udpnat_cli_options_free (UdpnatCliOptions *self)
{
  if (self == NULL)
    return;
  g_free (self->server_host);
  udpnat_invitation_link_free (self->invitation);
  g_free (self->other_servers);
  g_free (self->bind_ip);
  g_free (self->name);
  g_free (self->profile);
  g_free (self->proxy);
  g_free (self->to);
  g_strfreev (self->paths);
  g_free (self->folder);
  g_free (self->text);
  g_free (self->prefix);
  g_free (self->line);
  g_free (self->strangers);
  g_free (self->passphrase_file);
  g_free (self->new_passphrase_file);
  g_free (self->stun_host);
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

/* What follows the first --file is files, too: “--file *.jpg”. */
static gboolean
parse_send_files (UdpnatCliOptions *self,
                  const RawOptions *raw,
                  GError          **error)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  if (g_strv_length (raw->rest) < 2)
    return set_usage (error, _("send: say to whom: send NAME --file PATH…"));
  self->mode = UDPNAT_CLI_MODE_SEND_FILES;
  self->to = g_strdup (raw->rest[1]);
  for (guint i = 0; raw->files[i] != NULL; i++)
    g_strv_builder_add (paths, raw->files[i]);
  for (guint i = 2; raw->rest[i] != NULL; i++)
    g_strv_builder_add (paths, raw->rest[i]);
  self->paths = g_strv_builder_end (paths);
  for (guint i = 0; self->paths[i] != NULL; i++)
    if (!g_file_test (self->paths[i], G_FILE_TEST_EXISTS))
      return set_usage (error, _("send: there is no “%s”"), self->paths[i]);
  return TRUE;
}

static gboolean
parse_receive (UdpnatCliOptions *self,
               const RawOptions *raw,
               GError          **error)
{
  self->mode = UDPNAT_CLI_MODE_RECEIVE;
  if (raw->rest[1] != NULL)
    return set_usage (error, _("receive takes no more words, but --from NAME and --to FOLDER: "
                               "“%s”"),
                      raw->rest[1]);
  if (raw->count < 0)
    return set_usage (error, _("--count: a number from 1 up"));
  self->count = raw->count > 0 ? raw->count : 1;
  self->to = g_strdup (raw->from);
  self->folder = g_canonicalize_filename (raw->to != NULL ? raw->to : ".", NULL);
  if (!g_file_test (self->folder, G_FILE_TEST_IS_DIR))
    return set_usage (error, _("--to: there is no folder “%s”"), self->folder);
  return TRUE;
}

static gboolean
parse_send (UdpnatCliOptions *self,
            char            **words,
            guint             n_words,
            GError          **error)
{
  if (n_words < 3)
    return set_usage (error, _("send: say to whom and what: send NAME TEXT…"));
  self->mode = UDPNAT_CLI_MODE_SEND;
  self->to = g_strdup (words[1]);
  self->text = g_strjoinv (" ", words + 2);
  if (strlen (self->text) > UDPNAT_TEXT_MAX_BYTES)
    return set_usage (error, _("send: a text is at most %d bytes"), UDPNAT_TEXT_MAX_BYTES);
  return TRUE;
}

/* At the prompt there is more of it: of everybody, and as a report. */
static gboolean
parse_paths (UdpnatCliOptions *self,
             const RawOptions *raw,
             GError          **error)
{
  if (g_strv_length (raw->rest) != 2)
    return set_usage (error, _("paths: say whose: paths NAME"));
  self->mode = UDPNAT_CLI_MODE_PATHS;
  self->to = g_strdup (raw->rest[1]);
  return TRUE;
}

/* Options that belong to one command are typed before its words at the prompt. */
static char *
join_command (const RawOptions *raw)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;
  guint n_words = g_strv_length (raw->rest);
  gboolean is_last = raw->none;

  g_strv_builder_add (words, raw->rest[0]);
  if (raw->here)
    g_strv_builder_add (words, "--here");
  if (raw->json_lines)
    g_strv_builder_add (words, "--json-lines");
  if (raw->replace)
    g_strv_builder_add (words, "--replace");
  for (guint i = 1; i < n_words; i++)
    g_strv_builder_add (words, raw->rest[i]);
  if (is_last)
    g_strv_builder_add (words, "--none");
  all = g_strv_builder_end (words);
  return udpnat_cli_commands_join (all);
}

static gboolean
parse_wait (UdpnatCliOptions *self,
            const RawOptions *raw,
            GError          **error)
{
  self->mode = UDPNAT_CLI_MODE_WAIT;
  if (raw->count < 0)
    return set_usage (error, _("--count: a number from 1 up"));
  self->count = raw->count > 0 ? raw->count : 1;
  return TRUE;
}

static gboolean
parse_list (UdpnatCliOptions *self,
            const RawOptions *raw,
            GError          **error)
{
  self->mode = UDPNAT_CLI_MODE_LIST;
  if (raw->rest[1] != NULL && raw->rest[2] != NULL)
    return set_usage (error, _("list takes one word, how names begin: “%s”"), raw->rest[2]);
  self->prefix = g_strdup (raw->rest[1]);
  return TRUE;
}

/* Commands that need more than a profile and no server: they have modes of their own. */
static gboolean
parse_profile_command (UdpnatCliOptions *self,
                       const RawOptions *raw,
                       GError          **error)
{
  static const char *const actions[] = { "set", "change", "remove", NULL };
  gboolean is_restore = g_str_equal (raw->rest[0], "restore");

  if (g_strv_length (raw->rest) != 2)
    return set_usage (error, is_restore ? _("restore: say from which file: restore FILE")
                                        : _("passphrase: say what: passphrase set|change|remove"));
  if (!is_restore && !g_strv_contains (actions, raw->rest[1]))
    return set_usage (error, _("passphrase: set, change or remove; not “%s”"), raw->rest[1]);
  self->mode = is_restore ? UDPNAT_CLI_MODE_RESTORE : UDPNAT_CLI_MODE_PASSPHRASE;
  self->line = g_strdup (raw->rest[1]);
  return TRUE;
}

/* Without --stun it is the rendezvous server that is asked: see take_start(). */
static gboolean
parse_netcheck (UdpnatCliOptions *self,
                const RawOptions *raw,
                GError          **error)
{
  g_autoptr (GSocketConnectable) address = NULL;

  self->mode = UDPNAT_CLI_MODE_NETCHECK;
  self->is_lifetime_wanted = raw->lifetime;
  if (raw->stun == NULL)
    return TRUE;
  address = g_network_address_parse (raw->stun, STUN_PORT, NULL);
  if (address == NULL || *g_network_address_get_hostname (G_NETWORK_ADDRESS (address)) == '\0'
      || g_network_address_get_port (G_NETWORK_ADDRESS (address)) == 0)
    return set_usage (error, _("--stun: HOST or HOST:PORT, not “%s”"), raw->stun);
  self->stun_host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  self->stun_port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
  return TRUE;
}

static gboolean
parse_offline (UdpnatCliOptions *self,
               const RawOptions *raw,
               GError          **error)
{
  const UdpnatCliCommand *command = udpnat_cli_commands_find (raw->rest[0]);

  if (command == NULL)
    return set_usage (error, _("“%s” is not a command; man udpnat-cli lists them"), raw->rest[0]);
  if (!command->is_one_shot)
    return set_usage (error, _("“%s” is a command of the prompt: start udpnat-cli without a "
                               "command"),
                      raw->rest[0]);
  self->mode = UDPNAT_CLI_MODE_OFFLINE;
  self->line = join_command (raw);
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
  if (raw->count != 0 && g_strcmp0 (command, "wait") != 0 && g_strcmp0 (command, "receive") != 0)
    return set_usage (error, _("--count goes with the commands wait and receive"));
  if (raw->files != NULL && g_strcmp0 (command, "send") != 0)
    return set_usage (error, _("--file goes with the command send"));
  if ((raw->from != NULL || raw->to != NULL) && g_strcmp0 (command, "receive") != 0)
    return set_usage (error, _("--from and --to go with the command receive"));
  if ((raw->stun != NULL || raw->lifetime) && g_strcmp0 (command, "netcheck") != 0)
    return set_usage (error, _("--stun and --lifetime go with the command netcheck"));
  if (raw->explain && g_strcmp0 (command, "paths") != 0)
    return set_usage (error, _("--explain goes with the command paths"));
  if (command == NULL)
    return TRUE;
  if (g_str_equal (command, "send") && raw->files != NULL)
    return parse_send_files (self, raw, error);
  if (g_str_equal (command, "send"))
    return parse_send (self, raw->rest, n_words, error);
  if (g_str_equal (command, "receive"))
    return parse_receive (self, raw, error);
  if (g_str_equal (command, "paths"))
    return parse_paths (self, raw, error);
  if (g_str_equal (command, "passphrase") || g_str_equal (command, "restore"))
    return parse_profile_command (self, raw, error);
  if (!g_str_equal (command, "list") && !g_str_equal (command, "wait")
      && !g_str_equal (command, "netcheck"))
    return parse_offline (self, raw, error);
  if (g_str_equal (command, "list"))
    return parse_list (self, raw, error);
  if (n_words > 1)
    /* Translators: a command, and what was typed after it */
    return set_usage (error, _("%s takes no more words: “%s”"), command, raw->rest[1]);
  if (g_str_equal (command, "wait"))
    return parse_wait (self, raw, error);
  return parse_netcheck (self, raw, error);
}

static gboolean
parse_person_options (UdpnatCliOptions *self,
                      RawOptions       *raw,
                      GError          **error)
{
  static const char *const values[] = { "ask", "accept", "refuse", NULL };

  if (raw->strangers != NULL && !g_strv_contains (values, raw->strangers))
    return set_usage (error, _("--strangers: ask, accept or refuse; not “%s”"), raw->strangers);
  if (g_strcmp0 (raw->passphrase_file, "-") == 0 && self->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    return set_usage (error, _("--passphrase-file: “-” goes with a command only; here stdin is "
                               "for what you type"));
  self->strangers = g_steal_pointer (&raw->strangers);
  self->passphrase_file = g_steal_pointer (&raw->passphrase_file);
  self->new_passphrase_file = g_steal_pointer (&raw->new_passphrase_file);
  self->is_keyring = raw->keyring;
  self->is_unencrypted = raw->unencrypted;
  return TRUE;
}

static void
take_start (UdpnatCliOptions   *self,
            UdpnatStartOptions *start)
{
  self->server_host = start->server_host != NULL ? g_steal_pointer (&start->server_host)
                                                 : g_strdup (DEFAULT_HOST);
  self->server_port = start->server_port != 0 ? start->server_port : UDPNAT_SERVER_PORT;
  self->invitation = g_steal_pointer (&start->invitation);
  self->other_servers = g_steal_pointer (&start->other_servers);
  self->bind_ip = g_steal_pointer (&start->bind_ip);
  self->port = start->port;
  self->n_more_ports = start->n_more_ports;
  if (self->mode == UDPNAT_CLI_MODE_NETCHECK && self->stun_host == NULL)
    {
      self->stun_host = g_strdup (self->server_host);
      self->stun_port = self->server_port;
    }
  self->name = g_steal_pointer (&start->name);
  self->profile = g_steal_pointer (&start->profile);
  self->proxy = g_steal_pointer (&start->proxy);
}

static GOptionContext *
create_context (UdpnatStartOptions *start,
                RawOptions         *raw)
{
  GOptionContext *context = g_option_context_new (N_("[COMMAND…]"));
  const GOptionEntry entries[] = {
    { "host", 0, 0, G_OPTION_ARG_NONE, &raw->host,
      N_("Start a server on this machine, unless one is running"), NULL },
    { "no-port-mapping", 0, 0, G_OPTION_ARG_NONE, &raw->no_port_mapping,
      N_("With --host: do not have the router let friends in from outside"), NULL },
    { "lan", 0, 0, G_OPTION_ARG_NONE, &raw->lan,
      N_("No server: only people on this network"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &raw->json, N_("One JSON object a line on stdout"), NULL },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &raw->timeout,
      N_("How long send, list and paths may take (30); how long wait waits (for ever); after how "
         "long without a byte files are given up (never)"), N_("SECONDS") },
    { "count", 0, 0, G_OPTION_ARG_INT, &raw->count,
      N_("With wait: how many messages (1); with receive: how many files"), "N" },
    { "file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw->files,
      N_("With send: files and folders instead of a text"), N_("PATH…") },
    { "from", 0, 0, G_OPTION_ARG_STRING, &raw->from,
      N_("With receive: from one person only"), N_("NAME") },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &raw->to,
      N_("With receive: where files go (the current folder)"), N_("FOLDER") },
    { "strangers", 0, 0, G_OPTION_ARG_STRING, &raw->strangers,
      N_("What becomes of people you do not know; remembered"), "ask|accept|refuse" },
    { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->passphrase_file,
      N_("Take the passphrase from the first line of a file (-: stdin)"), N_("FILE") },
    { "new-passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &raw->new_passphrase_file,
      N_("With passphrase and backup: the new one"), N_("FILE") },
    { "keyring", 0, 0, G_OPTION_ARG_NONE, &raw->keyring,
      N_("Let the desktop's keyring remember the passphrase"), NULL },
    { "unencrypted", 0, 0, G_OPTION_ARG_NONE, &raw->unencrypted,
      N_("With backup: without a passphrase"), NULL },
    { "here", 0, 0, G_OPTION_ARG_NONE, &raw->here, N_("With delete: only here"), NULL },
    { "text", 0, 0, G_OPTION_ARG_NONE, &raw->text, N_("With export: as text (the default)"), NULL },
    { "json-lines", 0, 0, G_OPTION_ARG_NONE, &raw->json_lines,
      N_("With export: as one JSON object a line"), NULL },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &raw->replace,
      N_("With export and backup: the file may be there"), NULL },
    { "none", 0, 0, G_OPTION_ARG_NONE, &raw->none, N_("With draft and status: no text"), NULL },
    { "stun", 0, 0, G_OPTION_ARG_STRING, &raw->stun,
      N_("With netcheck: ask this STUN server"), N_("HOST[:PORT]") },
    { "lifetime", 0, 0, G_OPTION_ARG_NONE, &raw->lifetime,
      N_("With netcheck: measure lifetimes too (up to five minutes)"), NULL },
    { "explain", 0, 0, G_OPTION_ARG_NONE, &raw->explain,
      N_("With paths: what was tried, and why it is so (always told)"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &raw->version, N_("Print the version"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &raw->rest, NULL, NULL },
    { NULL }
  };

  g_option_context_set_summary (context,
    N_("Talk to people directly, wherever they are. Without a command: a prompt; try help "
       "there.\n\n"
       "Commands for scripts that need the server, or --lan: send NAME TEXT…,\n"
       "send NAME --file PATH…, receive, list [PREFIX], wait, paths NAME\n"
       "Without a profile: netcheck, which tests your own router\n"
       "Commands that need nothing but the profile: history, search, unread, read, waiting,\n"
       "contacts, requests, accept, decline, block, unblock, forget, nick, pin, unpin, mute, "
       "unmute,\n"
       "whois, relay, verify, link, add, note, draft, delete --here, status, avatar, set, "
       "export,\n"
       "backup, restore, passphrase set|change|remove"));
  g_option_context_set_description (context,
    N_("Exit status: 0 done, 1 failed, 2 wrong usage."));
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, udpnat_start_options_create_group (start));
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
  g_autoptr (UdpnatStartOptions) start = udpnat_start_options_new ();
  g_autoptr (GOptionContext) context = create_context (start, &raw);
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
      set_usage (error, _("--timeout: a number of seconds from 1 up"));
      return NULL;
    }
  if (raw.host && start->server_host != NULL)
    {
      set_usage (error, _("--host starts a server here: leave out --server and --sip"));
      return NULL;
    }
  if (raw.lan && (raw.host || start->server_host != NULL || start->server_port != 0))
    {
      set_usage (error, _("--lan is without a server: leave out --server, --sip, --sport and "
                          "--host"));
      return NULL;
    }
  if (raw.lan && raw.rest != NULL && g_str_equal (raw.rest[0], "netcheck"))
    {
      set_usage (error, _("netcheck asks a server: leave out --lan"));
      return NULL;
    }
  if (!parse_command (self, &raw, error) || !parse_person_options (self, &raw, error))
    return NULL;
  take_start (self, start);
  self->is_lan = raw.lan;
  if (raw.lan)
    g_clear_pointer (&self->server_host, g_free);
  self->is_host = raw.host;
  self->is_unmapped = raw.no_port_mapping;
  self->is_json = raw.json;
  self->timeout_s = raw.timeout;
  if (raw.timeout == 0 && self->mode != UDPNAT_CLI_MODE_WAIT &&
      self->mode != UDPNAT_CLI_MODE_SEND_FILES && self->mode != UDPNAT_CLI_MODE_RECEIVE)
    self->timeout_s = DEFAULT_TIMEOUT_S;
  return g_steal_pointer (&self);
}
