/* The command line of udpnat-server, and the two environment variables that say where state
 * belongs: $STATE_DIRECTORY (systemd.exec(5)) and $XDG_STATE_HOME (XDG base directory
 * specification).
 *
 * Ports are the original udpnat's.
 */

#include "config.h"

#include "udpnat-server-config.h"

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-server-error.h"

/* So that the time in milliseconds fits GLib's timers: six weeks. */
#define IDLE_EXIT_MAX_S 4000000
#define MAILBOX_DAYS_MAX 3650
#define MAILBOX_SIZE_MAX_MIB 65536
#define MAILBOX_TOTAL_MAX_MIB (1 << 24)
#define BYTES_PER_MIB (1 << 20)

/* GLib does not tell whether an option was there; so its variable starts with what no port is. */
#define NOT_GIVEN G_MININT

typedef struct
{
  char    *ip;
  char    *alt_ip;
  char    *state_dir;
  int      port;
  int      alt_port;
  gboolean is_alt_port_given;
  char   **tunnel_ports;
  char    *tls_cert;
  char    *tls_key;
  int      idle_exit_s;
  gboolean has_no_mailbox;
  int      mailbox_days;
  int      mailbox_size_mib;
  int      mailbox_total_mib;
  gboolean map_port;
  gboolean print_address;
  gboolean print_version;
} Options;

static void
options_clear (Options *self)
{
  g_clear_pointer (&self->ip, g_free);
  g_clear_pointer (&self->alt_ip, g_free);
  g_clear_pointer (&self->state_dir, g_free);
  g_clear_pointer (&self->tunnel_ports, g_strfreev);
  g_clear_pointer (&self->tls_cert, g_free);
  g_clear_pointer (&self->tls_key, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* systemd gives a list with colons when a unit has several; the first is the unit's own. */
static char *
find_state_dir (void)
{
  const char *given = g_getenv ("STATE_DIRECTORY");

  if (given != NULL && *given != '\0')
    {
      g_auto (GStrv) parts = g_strsplit (given, ":", 2);

      return g_strdup (parts[0]);
    }
  return g_build_filename (g_get_user_state_dir (), "udpnat-server", NULL);
}

static GOptionContext *
make_context (Options *options)
{
  const GOptionEntry entries[] = {
    { "ip", 0, 0, G_OPTION_ARG_STRING, &options->ip,
      "Listen on this address only: 0.0.0.0, ::, or one of this machine (default: all)", "IP" },
    { "port", 0, 0, G_OPTION_ARG_INT, &options->port,
      "UDP port, 0 for any that is free (default: 8848)", "PORT" },
    { "alt-port", 0, 0, G_OPTION_ARG_INT, &options->alt_port,
      "Second UDP port, which lets clients test their router, 0 for none "
      "(default: the one after --port)", "PORT" },
    { "alt-ip", 0, 0, G_OPTION_ARG_STRING, &options->alt_ip,
      "Second address of this machine, which lets clients learn more about their router (needs "
      "--ip)", "IP" },
    { "tunnel-port", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->tunnel_ports,
      "TCP port for those whose network blocks UDP; may be given more than once; 0 for none "
      "(default: the number of --port, and if that is 8848 also 443, where it can be had)",
      "PORT" },
    { "tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_cert,
      "Certificate for these ports (default: one of the server's own)", "FILE" },
    { "tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options->tls_key,
      "And its key", "FILE" },
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options->state_dir,
      "Where the server keeps its key, the names and the letters (default: $STATE_DIRECTORY or "
      "~/.local/state/udpnat-server)", "DIR" },
    { "idle-exit", 0, 0, G_OPTION_ARG_INT, &options->idle_exit_s,
      "Exit when nobody has been registered for so long", "SECONDS" },
    { "no-mailbox", 0, 0, G_OPTION_ARG_NONE, &options->has_no_mailbox,
      "Do not keep letters for those who are away", NULL },
    { "mailbox-days", 0, 0, G_OPTION_ARG_INT, &options->mailbox_days,
      "How long a letter waits (default: 30)", "DAYS" },
    { "mailbox-size", 0, 0, G_OPTION_ARG_INT, &options->mailbox_size_mib,
      "How much may wait for one person (default: 16)", "MIB" },
    { "mailbox-total", 0, 0, G_OPTION_ARG_INT, &options->mailbox_total_mib,
      "How much may wait for all together (default: 1024)", "MIB" },
    { "map-port", 0, 0, G_OPTION_ARG_NONE, &options->map_port,
      "Have the router open the port, by NAT-PMP or UPnP, and say the address outside", NULL },
    { "print-address", 0, 0, G_OPTION_ARG_NONE, &options->print_address,
      "Print also the addresses that clients on this network can use", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->print_version,
      "Print the version and exit", NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Introduces udpnat clients to each other, and carries "
                                         "their packets where no direct path exists.");
  g_option_context_add_main_entries (context, entries, NULL);
  return context;
}

static gboolean
check_range (const char *option,
             int         value,
             int         min,
             int         max,
             GError    **error)
{
  if (value >= min && value <= max)
    return TRUE;
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
               "--%s %d is out of range: use a number from %d to %d.", option, value, min, max);
  return FALSE;
}

static gboolean
check_mailbox (const Options *options,
               GError       **error)
{
  return check_range ("mailbox-days", options->mailbox_days, 1, MAILBOX_DAYS_MAX, error)
         && check_range ("mailbox-size", options->mailbox_size_mib, 1, MAILBOX_SIZE_MAX_MIB, error)
         && check_range ("mailbox-total", options->mailbox_total_mib, 1, MAILBOX_TOTAL_MAX_MIB,
                         error);
}

/* Both have to be addresses that clients can be told, and that a socket can be bound to. */
static gboolean
check_alt_ip (const Options *options,
              GError       **error)
{
  UdpnatAddress ip, alt_ip;
  const char *why = NULL;

  if (options->alt_ip == NULL)
    return TRUE;
  if (!udpnat_address_parse_ip (&alt_ip, options->alt_ip, 0)
      || udpnat_address_get_scope (&alt_ip) == UDPNAT_SCOPE_UNUSABLE)
    why = "is not an address of this machine: write one like 192.0.2.8 or 2001:db8::8";
  else if (options->ip == NULL || !udpnat_address_parse_ip (&ip, options->ip, 0)
           || udpnat_address_get_scope (&ip) == UDPNAT_SCOPE_UNUSABLE)
    why = "needs --ip with this machine's first address, so that clients can be told both";
  else if (ip.family != alt_ip.family)
    why = "must be IPv4 when --ip is, and IPv6 when that is";
  else if (udpnat_address_equal_ip (&ip, &alt_ip))
    why = "is the same as --ip: name another address of this machine";
  else if (options->is_alt_port_given && options->alt_port == 0)
    why = "needs a second port: do not use --alt-port 0";
  if (why == NULL)
    return TRUE;
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE, "--alt-ip \"%s\" %s.",
               options->alt_ip, why);
  return FALSE;
}

/* @out_ports: (out caller-allocates): filled from the start; "0" alone is none */
static gboolean
read_tunnel_ports (const Options *options,
                   guint16        out_ports[UDPNAT_SERVER_TUNNEL_PORTS_MAX],
                   guint         *out_n_ports,
                   GError       **error)
{
  guint n_given = options->tunnel_ports != NULL ? g_strv_length (options->tunnel_ports) : 0;

  *out_n_ports = 0;
  if (n_given > UDPNAT_SERVER_TUNNEL_PORTS_MAX)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                   "--tunnel-port can be given %d times at most.", UDPNAT_SERVER_TUNNEL_PORTS_MAX);
      return FALSE;
    }
  for (guint i = 0; i < n_given; i++)
    {
      guint64 port;

      if (!g_ascii_string_to_unsigned (options->tunnel_ports[i], 10, 0, G_MAXUINT16, &port, NULL)
          || (port == 0 && n_given > 1))
        {
          g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                       "--tunnel-port %s is no port: use a number from 1 to %d, or 0 alone for "
                       "none.", options->tunnel_ports[i], G_MAXUINT16);
          return FALSE;
        }
      if (port != 0)
        out_ports[(*out_n_ports)++] = (guint16) port;
    }
  return TRUE;
}

static gboolean
check_tls (const Options *options,
           GError       **error)
{
  if ((options->tls_cert == NULL) == (options->tls_key == NULL))
    return TRUE;
  g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                       "--tls-cert and --tls-key belong together: name both files.");
  return FALSE;
}

static gboolean
check_options (const Options *options,
               GError       **error)
{
  UdpnatAddress address;

  if (!check_range ("port", options->port, 0, G_MAXUINT16, error)
      || (options->is_alt_port_given
          && !check_range ("alt-port", options->alt_port, 0, G_MAXUINT16, error))
      || !check_range ("idle-exit", options->idle_exit_s, 0, IDLE_EXIT_MAX_S, error)
      || !check_mailbox (options, error))
    return FALSE;
  if (options->port != 0 && options->is_alt_port_given && options->port == options->alt_port)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                   "--port and --alt-port are both %d: choose two different ports.", options->port);
      return FALSE;
    }
  if (options->ip != NULL && !udpnat_address_parse_ip (&address, options->ip, 0))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                   "--ip \"%s\" is not an IP address: write one like 192.0.2.7 or 2001:db8::7.",
                   options->ip);
      return FALSE;
    }
  if (!check_alt_ip (options, error) || !check_tls (options, error))
    return FALSE;
  if (options->state_dir != NULL && *options->state_dir == '\0')
    {
      g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                           "--state-dir is empty: name a directory.");
      return FALSE;
    }
  return TRUE;
}

/**
 * udpnat_server_config_parse:
 * @out_config: (out caller-allocates): left empty on failure
 * @arguments: (array zero-terminated=1): as main() has them, with the program's name; not changed
 *
 * Reads the command line. "--help" prints and exits, as GLib does it.
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_USAGE
 */
gboolean
udpnat_server_config_parse (UdpnatServerConfig *out_config,
                            char              **arguments,
                            GError            **error)
{
  g_auto (Options) options = {
    .port = UDPNAT_SERVER_PORT,
    .alt_port = NOT_GIVEN,
    .mailbox_days = UDPNAT_MAIL_DAYS,
    .mailbox_size_mib = UDPNAT_MAIL_RECIPIENT_BYTES / BYTES_PER_MIB,
    .mailbox_total_mib = UDPNAT_MAIL_TOTAL_BYTES / BYTES_PER_MIB,
  };
  g_autoptr (GOptionContext) context = make_context (&options);
  g_autoptr (GError) local_error = NULL;
  g_auto (GStrv) rest = g_strdupv (arguments);

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
                   "\"%s\" is not an option.", rest[1]);
      return FALSE;
    }
  options.is_alt_port_given = options.alt_port != NOT_GIVEN;
  if (!check_options (&options, error)
      || !read_tunnel_ports (&options, out_config->tunnel_ports, &out_config->n_tunnel_ports,
                             error))
    return FALSE;

  out_config->is_tunnel_chosen = options.tunnel_ports != NULL;
  out_config->tls_cert = g_steal_pointer (&options.tls_cert);
  out_config->tls_key = g_steal_pointer (&options.tls_key);
  out_config->ip = g_steal_pointer (&options.ip);
  out_config->alt_ip = g_steal_pointer (&options.alt_ip);
  out_config->port = options.port;
  out_config->alt_port = options.is_alt_port_given ? options.alt_port
                                                   : UDPNAT_SERVER_ALT_PORT_NEXT;
  out_config->state_dir = options.state_dir != NULL ? g_steal_pointer (&options.state_dir)
                                                    : find_state_dir ();
  out_config->idle_exit_s = options.idle_exit_s;
  out_config->has_mailbox = !options.has_no_mailbox;
  out_config->mailbox_days = (guint) options.mailbox_days;
  out_config->mailbox_bytes = (gint64) options.mailbox_size_mib * BYTES_PER_MIB;
  out_config->mailbox_total_bytes = (gint64) options.mailbox_total_mib * BYTES_PER_MIB;
  out_config->map_port = options.map_port;
  out_config->print_address = options.print_address;
  out_config->print_version = options.print_version;
  return TRUE;
}

void
udpnat_server_config_clear (UdpnatServerConfig *self)
{
  g_clear_pointer (&self->ip, g_free);
  g_clear_pointer (&self->alt_ip, g_free);
  g_clear_pointer (&self->state_dir, g_free);
  g_clear_pointer (&self->tls_cert, g_free);
  g_clear_pointer (&self->tls_key, g_free);
}
