/* The command line of udpnat-server. Its options are kept as text, beside what stands in the file,
 * so that both are understood, and refused, by the same code.
 */

#include "config.h"

#include "udpnat-server-config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-server-error.h"

/* What is no setting: which file, and what to do in place of running. */
typedef struct
{
  char    *config_path;
  gboolean check_config;
  gboolean print_status;
  gboolean drain;
  gboolean print_version;

  /* orders to the server that runs; see udpnat-server-operator.c */
  gboolean invite;
  char    *uses;
  char    *days;
  gboolean list_invitations;
  char    *withdraw;
  char    *block;
  char    *unblock;
  char    *release;
  gboolean list_names;
  gboolean list_blocked;
  gboolean reload;
} Actions;

#define INVITATION_USES "1" /* --help says so too */
#define INVITATION_DAYS "7"

static void
actions_clear (Actions *self)
{
  g_clear_pointer (&self->config_path, g_free);
  g_clear_pointer (&self->uses, g_free);
  g_clear_pointer (&self->days, g_free);
  g_clear_pointer (&self->withdraw, g_free);
  g_clear_pointer (&self->block, g_free);
  g_clear_pointer (&self->unblock, g_free);
  g_clear_pointer (&self->release, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Actions, actions_clear)

/* @option: "--port"; "--map-port" and "--no-map-port" have no value */
static gboolean
setting_cb (const char *option,
            const char *value,
            gpointer    user_data,
            GError    **error)
{
  UdpnatServerSettings *settings = user_data;
  const char           *name = option + strlen ("--");
  UdpnatServerSetting   setting;

  if (udpnat_server_setting_find (name, &setting))
    {
      udpnat_server_settings_add_option (settings, setting, value != NULL ? value : "true");
      return TRUE;
    }
  g_assert (g_str_has_prefix (name, "no-"));
  if (!udpnat_server_setting_find (name + strlen ("no-"), &setting))
    g_assert_not_reached ();
  udpnat_server_settings_add_option (settings, setting, "false");
  return TRUE;
}

#define TEXT(name, text, value)                                                                  \
  { name, 0, 0, G_OPTION_ARG_CALLBACK, setting_cb, text, value }
#define PATH(name, text, value)                                                                  \
  { name, 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, setting_cb, text, value }
#define FLAG(name, text)                                                                         \
  { name, 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, setting_cb, text, NULL }
/* What the file has turned on, or off, can be put right for once. */
#define OPPOSITE(name)                                                                           \
  { name, 0, G_OPTION_FLAG_NO_ARG | G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, setting_cb,     \
    NULL, NULL }

static const GOptionEntry setting_entries[] = {
  TEXT ("ip",
        N_("Listen on this address only: 0.0.0.0, ::, or one of this machine (default: all)"),
        N_("IP")),
  TEXT ("port", N_("UDP port, 0 for any that is free (default: 8848)"), N_("PORT")),
  TEXT ("alt-port",
        N_("Second UDP port, which lets clients test their router, 0 for none (default: the one "
           "after --port)"), N_("PORT")),
  TEXT ("alt-ip",
        N_("Second address of this machine, which lets clients learn more about their router "
           "(needs --ip)"), N_("IP")),
  TEXT ("tunnel-port",
        N_("TCP port for those whose network blocks UDP; may be given more than once; 0 for "
           "none (default: the number of --port, and if that is 8848 also 443, where it can be "
           "had)"), N_("PORT")),
  PATH ("tls-cert", N_("Certificate for these ports (default: one of the server's own)"),
        N_("FILE")),
  PATH ("tls-key", N_("And its key"), N_("FILE")),
  PATH ("state-dir",
        N_("Where the server keeps its key, the names and the letters (default: "
           "$STATE_DIRECTORY or ~/.local/state/udpnat-server)"), N_("DIR")),
  TEXT ("idle-exit", N_("Exit when nobody has been registered for so long"), N_("SECONDS")),
  TEXT ("directory-mode",
        N_("open: people see who else is here; pages: when they look; private: who knows a name "
           "can look it up, and nobody is told which there are (default: open)"), N_("MODE")),
  FLAG ("no-mailbox", N_("Do not keep letters for those who are away")),
  OPPOSITE ("mailbox"),
  TEXT ("mailbox-days", N_("How long a letter waits (default: 30)"), N_("DAYS")),
  TEXT ("mailbox-size", N_("How much may wait for one person (default: 16)"), N_("MIB")),
  TEXT ("mailbox-total", N_("How much may wait for all together (default: 1024)"), N_("MIB")),
  TEXT ("relay-rate", N_("What is relayed for each person, in KiB a second (default: 1024)"),
        N_("KIB")),
  TEXT ("registration", N_("Who may have a name: open (everybody, the default) or invited"),
        N_("WHO")),
  PATH ("allow-list", N_("Keys and names that need no invitation, one in each line"), N_("FILE")),
  TEXT ("public-name", N_("How people reach this server, for links (default: an address)"),
        N_("HOST")),
  FLAG ("map-port",
        N_("Have the router open the port, by NAT-PMP or UPnP, and say the address outside")),
  OPPOSITE ("no-map-port"),
  FLAG ("print-address", N_("Print also the addresses that clients on this network can use")),
  OPPOSITE ("no-print-address"),
  TEXT ("directory",
        N_("Redis or Valkey that this server has in common with others, of which it is one "
           "then: redis://HOST[:PORT][/DATABASE], rediss:// with TLS, or unix:/PATH"), N_("URL")),
  PATH ("directory-password-file", N_("Its password, in the first line"), N_("FILE")),
  PATH ("directory-ca",
        N_("Certificates of who may have signed that of rediss:// (default: whom the system "
           "trusts)"), N_("FILE")),
  TEXT ("node-address", N_("Where clients reach this one of them (needs --directory)"),
        N_("HOST[:PORT]")),
  TEXT ("watch-interval",
        N_("After how much silence clients of --directory see whether the server is there "
           "(default: 4)"), N_("SECONDS")),
  TEXT ("status-address",
        N_("Where to tell by HTTP how the server does, or none (default: 127.0.0.1:9848, which "
           "only this machine reaches)"), N_("IP:PORT")),
  FLAG ("log-events", N_("Print on stderr what else goes to the systemd journal")),
  OPPOSITE ("no-log-events"),
  FLAG ("log-names", N_("Log also the names of those who come and leave")),
  OPPOSITE ("no-log-names"),
  FLAG ("log-addresses", N_("Log also the addresses of those who come")),
  OPPOSITE ("no-log-addresses"),
  { NULL },
};

/* @check_help: of --check-config, already translated, and to outlive the context: GLib keeps it */
static GOptionContext *
make_context (UdpnatServerSettings *settings,
              Actions              *actions,
              const char           *check_help)
{
  const GOptionEntry action_entries[] = {
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &actions->config_path,
      N_("Read settings from this file; options count more"), N_("FILE") },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &actions->check_config,
      check_help, NULL },
    { "status", 0, 0, G_OPTION_ARG_NONE, &actions->print_status,
      N_("Say how the server that is running does, and exit"), NULL },
    { "drain", 0, 0, G_OPTION_ARG_NONE, &actions->drain,
      N_("Have the server that is running send everybody to the others of its --directory, and "
         "end, and exit"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &actions->print_version,
      N_("Print the version and exit"), NULL },
    { "invite", 0, 0, G_OPTION_ARG_NONE, &actions->invite,
      N_("Have the server that is running make an invitation, and print it"), NULL },
    { "uses", 0, 0, G_OPTION_ARG_STRING, &actions->uses,
      N_("How many people it lets in (default: 1)"), N_("N") },
    { "days", 0, 0, G_OPTION_ARG_STRING, &actions->days,
      N_("And for how long (default: 7)"), N_("DAYS") },
    { "invitations", 0, 0, G_OPTION_ARG_NONE, &actions->list_invitations,
      N_("List those that are not used up"), NULL },
    { "withdraw", 0, 0, G_OPTION_ARG_STRING, &actions->withdraw,
      N_("Take one of them back"), N_("NUMBER") },
    { "names", 0, 0, G_OPTION_ARG_NONE, &actions->list_names,
      N_("List the names of the server that is running, with their keys"), NULL },
    { "block", 0, 0, G_OPTION_ARG_STRING, &actions->block,
      N_("Keep somebody out, at once: a name and whoever has it, or a key"), N_("NAME") },
    { "unblock", 0, 0, G_OPTION_ARG_STRING, &actions->unblock,
      N_("Let them in again"), N_("NAME") },
    { "release", 0, 0, G_OPTION_ARG_STRING, &actions->release,
      N_("Take a name from whoever has it, for somebody else"), N_("NAME") },
    { "blocked", 0, 0, G_OPTION_ARG_NONE, &actions->list_blocked,
      N_("List who is blocked, and which names were released"), NULL },
    { "reload", 0, 0, G_OPTION_ARG_NONE, &actions->reload,
      N_("Have the allow-list read again"), NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (NULL);
  GOptionGroup   *group = g_option_group_new ("server", "", "", settings, NULL);

  g_option_group_add_entries (group, setting_entries);
  g_option_group_add_entries (group, action_entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, _("Introduces udpnat clients to each other, and carries "
                                           "their packets where no direct path exists."));
  return context;
}

/* Returns: (transfer full) (nullable): the file that was read */
static char *
read_file (UdpnatServerSettings *settings,
           const Actions        *actions)
{
  const char *path = actions->config_path;

  if (path == NULL && actions->check_config)
    path = UDPNAT_SERVER_CONFIG_PATH;
  /* Whoever deletes the usual one wants the defaults. */
  if (path != NULL
      && udpnat_server_settings_read_file (settings, path,
                                           g_str_equal (path, UDPNAT_SERVER_CONFIG_PATH)))
    return g_strdup (path);
  return NULL;
}

/* Tabs divide an order, and lines end it. */
static gboolean
add_order (char      **order,
           GError    **error,
           const char *verb,
           const char *argument,
           const char *second)
{
  if (*order != NULL)
    g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                         _("One order at a time: --invite, --invitations, --withdraw, --names, "
                           "--block, --unblock, --release, --blocked or --reload."));
  else if (argument != NULL && (*argument == '\0' || strpbrk (argument, "\t\r\n") != NULL))
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                 _("--%s: that is no name, key or number."), verb);
  else
    {
      *order = second != NULL ? g_strjoin ("\t", verb, argument, second, NULL)
                              : g_strjoin ("\t", verb, argument, NULL);
      return TRUE;
    }
  return FALSE;
}

/* @out_order: (out) (nullable): %NULL when there is none */
static gboolean
make_order (const Actions *actions,
            char         **out_order,
            GError       **error)
{
  const char *uses = actions->uses != NULL ? actions->uses : INVITATION_USES;
  const char *days = actions->days != NULL ? actions->days : INVITATION_DAYS;
  g_autofree char *order = NULL;

  if (!actions->invite && (actions->uses != NULL || actions->days != NULL))
    {
      g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                           _("--uses and --days say what --invite makes: give that, too."));
      return FALSE;
    }
  if ((actions->invite && !add_order (&order, error, "invite", uses, days))
      || (actions->list_invitations && !add_order (&order, error, "invitations", NULL, NULL))
      || (actions->list_names && !add_order (&order, error, "names", NULL, NULL))
      || (actions->list_blocked && !add_order (&order, error, "blocked", NULL, NULL))
      || (actions->reload && !add_order (&order, error, "reload", NULL, NULL))
      || (actions->withdraw != NULL
          && !add_order (&order, error, "withdraw", actions->withdraw, NULL))
      || (actions->block != NULL && !add_order (&order, error, "block", actions->block, NULL))
      || (actions->unblock != NULL
          && !add_order (&order, error, "unblock", actions->unblock, NULL))
      || (actions->release != NULL
          && !add_order (&order, error, "release", actions->release, NULL)))
    return FALSE;
  *out_order = g_steal_pointer (&order);
  return TRUE;
}

/**
 * udpnat_server_config_parse:
 * @out_config: (out caller-allocates): on failure only its @check_config means something
 * @arguments: (array zero-terminated=1): as main() has them, with the program's name; not changed
 *
 * Reads the command line, and the file that it names. "--help" prints and exits, as GLib does it.
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_USAGE or %UDPNAT_SERVER_ERROR_CONFIG; the message has a
 * line for each fault
 */
gboolean
udpnat_server_config_parse (UdpnatServerConfig *out_config,
                            char              **arguments,
                            GError            **error)
{
  g_auto (Actions) actions = { 0 };
  g_autoptr (UdpnatServerSettings) settings = udpnat_server_settings_new ();
  g_autofree char *check_help
    /* Translators: the path of the configuration file that services use. */
    = g_strdup_printf (_("Say what would be used, or what is wrong, and exit (default: of %s, if "
                         "it is there)"), UDPNAT_SERVER_CONFIG_PATH);
  g_autoptr (GOptionContext) context = make_context (settings, &actions, check_help);
  g_autoptr (GError) local_error = NULL;
  g_auto (GStrv) rest = g_strdupv (arguments);
  g_autofree char *config_path = NULL;
  g_autofree char *order = NULL;

  *out_config = (UdpnatServerConfig) { 0 };
  if (!g_option_context_parse_strv (context, &rest, &local_error))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE, "%s.",
                   local_error->message);
      return FALSE;
    }
  if (rest[0] != NULL && rest[1] != NULL)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                   _("\"%s\" is not an option."), rest[1]);
      return FALSE;
    }
  if (!make_order (&actions, &order, error))
    return FALSE;
  config_path = read_file (settings, &actions);
  udpnat_server_config_take_settings (out_config, settings);
  out_config->config_path = g_steal_pointer (&config_path);
  out_config->check_config = actions.check_config;
  out_config->order = g_steal_pointer (&order);
  out_config->print_status = actions.print_status;
  out_config->drain = actions.drain;
  out_config->print_version = actions.print_version;
  if (udpnat_server_settings_check (settings, error))
    return TRUE;
  udpnat_server_config_clear (out_config);
  *out_config = (UdpnatServerConfig) { .check_config = actions.check_config };
  return FALSE;
}
