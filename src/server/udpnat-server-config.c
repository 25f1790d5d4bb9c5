/* What the settings mean: numbers in their ranges, addresses that are some, and which of them go
 * together. The command line is read by udpnat-server-config-options.c.
 *
 * Two environment variables say where state belongs if nothing else does: $STATE_DIRECTORY
 * (systemd.exec(5)) and $XDG_STATE_HOME (XDG base directory specification). Ports are the original
 * udpnat's.
 */

#include "config.h"

#include "udpnat-server-config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-redis.h"

/* So that the time in milliseconds fits GLib's timers: six weeks. */
#define IDLE_EXIT_MAX_S 4000000
#define MAILBOX_DAYS_MAX 3650
#define MAILBOX_SIZE_MAX_MIB 65536
#define MAILBOX_TOTAL_MAX_MIB (1 << 24)
/* Below the least a call could not be set up. */
#define RELAY_RATE_MIN_KIB 16
#define RELAY_RATE_MAX_KIB (1 << 24)
#define BYTES_PER_KIB (1 << 10)
#define BYTES_PER_MIB (1 << 20)

/* @sentence: translated, and about what was written, for which it has a %s */
#define FAULT(settings, setting, sentence)                                                       \
  udpnat_server_settings_add_fault (settings, setting, sentence,                                 \
                                    udpnat_server_settings_describe (settings, setting))

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

/* ---- One setting ---- */

static guint
read_number (UdpnatServerSettings *settings,
             UdpnatServerSetting   setting,
             guint                 min,
             guint                 max,
             guint                 otherwise)
{
  const char *text = udpnat_server_settings_get_text (settings, setting);
  guint64     number;

  if (text == NULL)
    return otherwise;
  if (g_ascii_string_to_unsigned (text, 10, min, max, &number, NULL))
    return (guint) number;
  udpnat_server_settings_add_fault (settings, setting,
                                    /* Translators: what was written, and three numbers. */
                                    _("%s is no number from %u to %u: write one, such as %u."),
                                    udpnat_server_settings_describe (settings, setting), min, max,
                                    otherwise);
  return otherwise;
}

static gboolean
read_boolean (UdpnatServerSettings *settings,
              UdpnatServerSetting   setting,
              gboolean              otherwise)
{
  const char *text = udpnat_server_settings_get_text (settings, setting);

  if (text == NULL)
    return otherwise;
  if (g_str_equal (text, "true") || g_str_equal (text, "yes"))
    return TRUE;
  if (!g_str_equal (text, "false") && !g_str_equal (text, "no"))
    FAULT (settings, setting, _("%s is neither: write true or false."));
  return FALSE;
}

/* Returns: (transfer full) (nullable) */
static char *
read_path (UdpnatServerSettings *settings,
           UdpnatServerSetting   setting)
{
  const char *text = udpnat_server_settings_get_text (settings, setting);

  if (text != NULL && *text == '\0')
    FAULT (settings, setting, setting == UDPNAT_SERVER_SETTING_STATE_DIR
                                ? _("%s is empty: name a directory.")
                                : _("%s is empty: name a file."));
  return g_strdup (text);
}

/* ---- Addresses and ports ---- */

static void
read_ip (UdpnatServerConfig   *config,
         UdpnatServerSettings *settings)
{
  const char   *text = udpnat_server_settings_get_text (settings, UDPNAT_SERVER_SETTING_IP);
  UdpnatAddress address;

  if (text != NULL && !udpnat_address_parse_ip (&address, text, 0))
    FAULT (settings, UDPNAT_SERVER_SETTING_IP,
           _("%s is no IP address: write one like 192.0.2.7 or 2001:db8::7, or 0.0.0.0 or :: for "
             "all."));
  config->ip = g_strdup (text);
}

static void
read_ports (UdpnatServerConfig   *config,
            UdpnatServerSettings *settings)
{
  const UdpnatServerSetting alt = UDPNAT_SERVER_SETTING_ALT_PORT;

  config->port = (guint16) read_number (settings, UDPNAT_SERVER_SETTING_PORT, 0, G_MAXUINT16,
                                        UDPNAT_SERVER_PORT);
  config->alt_port = UDPNAT_SERVER_ALT_PORT_NEXT;
  if (udpnat_server_settings_get_text (settings, alt) == NULL)
    return;
  config->alt_port = (int) read_number (settings, alt, 0, G_MAXUINT16, UDPNAT_SERVER_PORT + 1);
  if (config->port != 0 && config->alt_port == config->port)
    FAULT (settings, alt, _("%s is also the port: choose two different ones."));
}

/* Both have to be addresses that clients can be told, and that a socket can be bound to. */
static void
read_alt_ip (UdpnatServerConfig   *config,
             UdpnatServerSettings *settings)
{
  const UdpnatServerSetting setting = UDPNAT_SERVER_SETTING_ALT_IP;
  UdpnatAddress ip, alt_ip;

  config->alt_ip = g_strdup (udpnat_server_settings_get_text (settings, setting));
  if (config->alt_ip == NULL)
    return;
  if (!udpnat_address_parse_ip (&alt_ip, config->alt_ip, 0)
      || udpnat_address_get_scope (&alt_ip) == UDPNAT_SCOPE_UNUSABLE)
    FAULT (settings, setting, _("%s is no address of this machine: write one like 192.0.2.8 or "
                                "2001:db8::8."));
  else if (config->ip == NULL || !udpnat_address_parse_ip (&ip, config->ip, 0)
           || udpnat_address_get_scope (&ip) == UDPNAT_SCOPE_UNUSABLE)
    FAULT (settings, setting, _("%s needs \"ip\" with this machine's first address, so that "
                                "clients can be told both."));
  else if (ip.family != alt_ip.family)
    FAULT (settings, setting, _("%s must be IPv4 when \"ip\" is, and IPv6 when that is."));
  else if (udpnat_address_equal_ip (&ip, &alt_ip))
    FAULT (settings, setting, _("%s is the same as \"ip\": name another address of this "
                                "machine."));
  else if (config->alt_port == 0)
    FAULT (settings, setting, _("%s needs a second port: write another \"alt-port\" than 0."));
}

/* "0" alone is none. */
static void
read_tunnel_ports (UdpnatServerConfig   *config,
                   UdpnatServerSettings *settings)
{
  const UdpnatServerSetting setting = UDPNAT_SERVER_SETTING_TUNNEL_PORT;
  const char    *text = udpnat_server_settings_get_text (settings, setting);
  g_auto (GStrv) parts = NULL;
  guint          n_parts;

  if (text == NULL)
    return;
  config->is_tunnel_chosen = TRUE;
  parts = g_strsplit (text, ";", -1);
  n_parts = g_strv_length (parts);
  if (n_parts > 1 && *parts[n_parts - 1] == '\0')
    n_parts--; /* as lists in such files may end */
  if (n_parts > UDPNAT_SERVER_TUNNEL_PORTS_MAX)
    {
      udpnat_server_settings_add_fault (settings, setting,
                                        ngettext ("%s is too long: %d ports at most.",
                                                  "%s is too long: %d ports at most.",
                                                  UDPNAT_SERVER_TUNNEL_PORTS_MAX),
                                        udpnat_server_settings_describe (settings, setting),
                                        UDPNAT_SERVER_TUNNEL_PORTS_MAX);
      return;
    }
  for (guint i = 0; i < n_parts; i++)
    {
      guint64 port;

      if (!g_ascii_string_to_unsigned (g_strstrip (parts[i]), 10, 0, G_MAXUINT16, &port, NULL)
          || (port == 0 && n_parts > 1))
        {
          udpnat_server_settings_add_fault (settings, setting,
                                            _("%s is no list of ports: write numbers from 1 to %d, "
                                              "like 8848;443, or 0 for none."),
                                            udpnat_server_settings_describe (settings, setting),
                                            G_MAXUINT16);
          return;
        }
      if (port != 0)
        config->tunnel_ports[config->n_tunnel_ports++] = (guint16) port;
    }
}

static void
read_tls (UdpnatServerConfig   *config,
          UdpnatServerSettings *settings)
{
  config->tls_cert = read_path (settings, UDPNAT_SERVER_SETTING_TLS_CERT);
  config->tls_key = read_path (settings, UDPNAT_SERVER_SETTING_TLS_KEY);
  if (config->tls_cert != NULL && config->tls_key == NULL)
    FAULT (settings, UDPNAT_SERVER_SETTING_TLS_CERT,
           _("%s needs \"tls-key\" with the file of its key."));
  if (config->tls_key != NULL && config->tls_cert == NULL)
    FAULT (settings, UDPNAT_SERVER_SETTING_TLS_KEY,
           _("%s needs \"tls-cert\" with the file of its certificate."));
}

static void
read_status_address (UdpnatServerConfig   *config,
                     UdpnatServerSettings *settings)
{
  const UdpnatServerSetting setting = UDPNAT_SERVER_SETTING_STATUS_ADDRESS;
  const char      *text = udpnat_server_settings_get_text (settings, setting);
  const char      *colon = text != NULL ? strrchr (text, ':') : NULL;
  g_autofree char *ip = NULL;
  UdpnatAddress    address;
  guint64          port;

  config->is_status_off = g_strcmp0 (text, "none") == 0;
  if (text == NULL || config->is_status_off)
    return;
  if (colon != NULL && *text == '[' && colon > text + 1 && colon[-1] == ']')
    ip = g_strndup (text + 1, (gsize) (colon - text) - 2);
  else if (colon != NULL)
    ip = g_strndup (text, (gsize) (colon - text));
  if (g_strcmp0 (ip, "localhost") == 0)
    {
      g_free (ip);
      ip = g_strdup ("127.0.0.1");
    }
  if (ip == NULL || (strchr (ip, ':') != NULL && *text != '[')
      || !udpnat_address_parse_ip (&address, ip, 0)
      || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    {
      FAULT (settings, setting, _("%s is no address with a port: write one like 127.0.0.1:9848 or "
                                  "[::1]:9848, or none."));
      return;
    }
  config->status_ip = g_steal_pointer (&ip);
  config->status_port = (guint16) port;
}

/* ---- With others ---- */

static gboolean
is_place (const char *text)
{
  g_autoptr (GSocketConnectable) address = g_network_address_parse (text, UDPNAT_SERVER_PORT, NULL);

  return address != NULL && strlen (text) <= UDPNAT_PLACE_MAX_BYTES
         && g_network_address_get_port (G_NETWORK_ADDRESS (address)) != 0;
}

/* GTlsFileDatabase takes absolute paths only. */
static void
read_directory_files (UdpnatServerConfig       *config,
                      UdpnatServerSettings     *settings,
                      const UdpnatRedisAddress *address)
{
  const UdpnatServerSetting ca = UDPNAT_SERVER_SETTING_DIRECTORY_CA;
  const UdpnatServerSetting password = UDPNAT_SERVER_SETTING_DIRECTORY_PASSWORD_FILE;
  g_autofree char *ca_path = read_path (settings, ca);

  config->directory_password_file = read_path (settings, password);
  config->directory_ca = ca_path != NULL ? g_canonicalize_filename (ca_path, NULL) : NULL;
  if (config->directory_password_file != NULL && address->password != NULL)
    FAULT (settings, password, _("%s is of no use: \"directory\" has a password already. Keep one "
                                 "of them."));
  if (ca_path != NULL && !address->is_tls)
    FAULT (settings, ca, _("%s is of no use: \"directory\" must begin with rediss:// for TLS."));
}

static void
read_directory (UdpnatServerConfig   *config,
                UdpnatServerSettings *settings)
{
  const UdpnatServerSetting setting = UDPNAT_SERVER_SETTING_DIRECTORY;
  g_auto (UdpnatRedisAddress) address = { 0 };

  config->directory = g_strdup (udpnat_server_settings_get_text (settings, setting));
  if (config->directory == NULL)
    {
      read_directory_files (config, settings, &address);
      return;
    }
  if (!udpnat_redis_address_parse (&address, config->directory))
    FAULT (settings, setting, _("%s is no address of a Redis: write one like "
                                "redis://192.0.2.9:6379, rediss://redis.example.org or "
                                "unix:/run/redis/redis.sock."));
  else if (!udpnat_redis_is_supported ())
    FAULT (settings, setting, _("%s is of no use: this udpnat-server was built without hiredis."));
  else if (address.password != NULL && udpnat_server_settings_is_option (settings, setting))
    FAULT (settings, setting, _("%s has a password, which everybody on this machine sees in the "
                                "list of processes: write it into the configuration file, or name "
                                "a file with directory-password-file."));
  else if (config->node_address == NULL)
    FAULT (settings, setting, _("%s needs \"node-address\" with the address where clients reach "
                                "this server."));
  read_directory_files (config, settings, &address);
}

static void
read_fleet (UdpnatServerConfig   *config,
            UdpnatServerSettings *settings)
{
  const UdpnatServerSetting node = UDPNAT_SERVER_SETTING_NODE_ADDRESS;

  config->node_address = g_strdup (udpnat_server_settings_get_text (settings, node));
  config->watch_s = read_number (settings, UDPNAT_SERVER_SETTING_WATCH_INTERVAL,
                                 UDPNAT_FLEET_WATCH_MIN_S, UDPNAT_FLEET_WATCH_MAX_S,
                                 UDPNAT_FLEET_WATCH_S);
  read_directory (config, settings);
  if (config->node_address != NULL && !is_place (config->node_address))
    FAULT (settings, node, _("%s is no address: write one like node1.example.org or "
                             "192.0.2.7:8848."));
  else if (config->node_address != NULL && config->directory == NULL)
    FAULT (settings, node, _("%s needs \"directory\" with what this server has in common with "
                             "others."));
}

/* ---- All of them ---- */

static void
read_mailbox (UdpnatServerConfig   *config,
              UdpnatServerSettings *settings)
{
  config->has_mailbox = read_boolean (settings, UDPNAT_SERVER_SETTING_MAILBOX, TRUE);
  config->mailbox_days = read_number (settings, UDPNAT_SERVER_SETTING_MAILBOX_DAYS, 1,
                                      MAILBOX_DAYS_MAX, UDPNAT_MAIL_DAYS);
  config->mailbox_bytes = (gint64) read_number (settings, UDPNAT_SERVER_SETTING_MAILBOX_SIZE, 1,
                                                MAILBOX_SIZE_MAX_MIB,
                                                UDPNAT_MAIL_RECIPIENT_BYTES / BYTES_PER_MIB)
                          * BYTES_PER_MIB;
  config->mailbox_total_bytes = (gint64) read_number (settings,
                                                      UDPNAT_SERVER_SETTING_MAILBOX_TOTAL, 1,
                                                      MAILBOX_TOTAL_MAX_MIB,
                                                      UDPNAT_MAIL_TOTAL_BYTES / BYTES_PER_MIB)
                                * BYTES_PER_MIB;
}

static void
read_relay (UdpnatServerConfig   *config,
            UdpnatServerSettings *settings)
{
  const guint usual_kib = UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND / BYTES_PER_KIB;

  config->relay_bytes_per_second = (gint64) read_number (settings, UDPNAT_SERVER_SETTING_RELAY_RATE,
                                                         RELAY_RATE_MIN_KIB, RELAY_RATE_MAX_KIB,
                                                         usual_kib)
                                   * BYTES_PER_KIB;
}

/* "host", "host:port" or an address, as links have it. */
static gboolean
is_public_name (const char *text)
{
  const char *rest = *text == '[' ? strchr (text, ']') : text;
  const char *colon = rest != NULL ? strchr (rest, ':') : NULL;
  guint64     port;

  if (rest == NULL || *text == '\0' || *text == ':' || strpbrk (text, " \t/@?#&%") != NULL)
    return FALSE;
  return colon == NULL || g_ascii_string_to_unsigned (colon + 1, 10, 1, G_MAXUINT16, &port, NULL);
}

static void
read_access (UdpnatServerConfig   *config,
             UdpnatServerSettings *settings)
{
  const UdpnatServerSetting registration = UDPNAT_SERVER_SETTING_REGISTRATION;
  const char *who = udpnat_server_settings_get_text (settings, registration);
  const char *name = udpnat_server_settings_get_text (settings,
                                                      UDPNAT_SERVER_SETTING_PUBLIC_NAME);

  config->is_invited_only = g_strcmp0 (who, "invited") == 0;
  if (who != NULL && !config->is_invited_only && !g_str_equal (who, "open"))
    FAULT (settings, registration, _("%s is neither: write open or invited."));
  if (config->is_invited_only && config->directory != NULL)
    FAULT (settings, registration, _("%s is not possible with \"directory\": names are of all "
                                     "servers there, an invitation is of one."));
  config->allow_list = read_path (settings, UDPNAT_SERVER_SETTING_ALLOW_LIST);
  if (config->allow_list != NULL && !config->is_invited_only)
    FAULT (settings, UDPNAT_SERVER_SETTING_ALLOW_LIST,
           _("%s keeps nobody out: write registration=invited as well."));
  config->public_name = g_strdup (name);
  if (name != NULL && !is_public_name (name))
    FAULT (settings, UDPNAT_SERVER_SETTING_PUBLIC_NAME,
           _("%s is no name of a server: write one like chat.example.org or "
             "chat.example.org:9000."));
}

static void
read_directory_mode (UdpnatServerConfig   *config,
                     UdpnatServerSettings *settings)
{
  const char *text = udpnat_server_settings_get_text (settings,
                                                      UDPNAT_SERVER_SETTING_DIRECTORY_MODE);

  config->directory_kind = UDPNAT_DIRECTORY_WHOLE;
  if (g_strcmp0 (text, "pages") == 0)
    config->directory_kind = UDPNAT_DIRECTORY_PAGED;
  else if (g_strcmp0 (text, "private") == 0)
    config->directory_kind = UDPNAT_DIRECTORY_PRIVATE;
  else if (text != NULL && !g_str_equal (text, "open"))
    FAULT (settings, UDPNAT_SERVER_SETTING_DIRECTORY_MODE,
           _("%s is none of them: write open, pages or private."));
}

static void
read_logs (UdpnatServerConfig   *config,
           UdpnatServerSettings *settings)
{
  config->log_names = read_boolean (settings, UDPNAT_SERVER_SETTING_LOG_NAMES, FALSE);
  config->log_addresses = read_boolean (settings, UDPNAT_SERVER_SETTING_LOG_ADDRESSES, FALSE);
  /* To ask for what is in them is to ask for them. */
  config->log_events = read_boolean (settings, UDPNAT_SERVER_SETTING_LOG_EVENTS, FALSE)
                       || config->log_names || config->log_addresses;
}

/**
 * udpnat_server_config_take_settings:
 * @out_config: (out caller-allocates): worth nothing when a fault was found, and to be cleared
 * @settings: gets the faults that are found
 */
void
udpnat_server_config_take_settings (UdpnatServerConfig   *out_config,
                                    UdpnatServerSettings *settings)
{
  *out_config = (UdpnatServerConfig) { 0 };
  read_ip (out_config, settings);
  read_ports (out_config, settings);
  read_alt_ip (out_config, settings);
  read_tunnel_ports (out_config, settings);
  read_tls (out_config, settings);
  read_fleet (out_config, settings);
  read_status_address (out_config, settings);
  read_directory_mode (out_config, settings);
  read_mailbox (out_config, settings);
  read_relay (out_config, settings);
  read_access (out_config, settings);
  read_logs (out_config, settings);
  out_config->state_dir = read_path (settings, UDPNAT_SERVER_SETTING_STATE_DIR);
  out_config->is_state_dir_found = out_config->state_dir == NULL;
  if (out_config->is_state_dir_found)
    out_config->state_dir = find_state_dir ();
  out_config->idle_exit_s = read_number (settings, UDPNAT_SERVER_SETTING_IDLE_EXIT, 0,
                                         IDLE_EXIT_MAX_S, 0);
  out_config->map_port = read_boolean (settings, UDPNAT_SERVER_SETTING_MAP_PORT, FALSE);
  out_config->print_address = read_boolean (settings, UDPNAT_SERVER_SETTING_PRINT_ADDRESS, FALSE);
}

void
udpnat_server_config_clear (UdpnatServerConfig *self)
{
  g_clear_pointer (&self->ip, g_free);
  g_clear_pointer (&self->alt_ip, g_free);
  g_clear_pointer (&self->state_dir, g_free);
  g_clear_pointer (&self->tls_cert, g_free);
  g_clear_pointer (&self->tls_key, g_free);
  g_clear_pointer (&self->directory, g_free);
  g_clear_pointer (&self->directory_password_file, g_free);
  g_clear_pointer (&self->directory_ca, g_free);
  g_clear_pointer (&self->node_address, g_free);
  g_clear_pointer (&self->status_ip, g_free);
  g_clear_pointer (&self->allow_list, g_free);
  g_clear_pointer (&self->public_name, g_free);
  g_clear_pointer (&self->order, g_free);
  g_clear_pointer (&self->config_path, g_free);
}
