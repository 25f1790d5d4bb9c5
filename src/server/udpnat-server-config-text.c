/* A configuration as --check-config says it: a file that says the same, with a comment where the
 * server chooses for itself. So what is printed can be kept, and read again.
 */

#include "config.h"

#include "udpnat-server-config.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-redis.h"

#define BYTES_PER_KIB (1 << 10)
#define BYTES_PER_MIB (1 << 20)

static void
add_text (GString            *text,
          UdpnatServerSetting setting,
          const char         *value)
{
  g_string_append_printf (text, "%s=%s\n", udpnat_server_setting_get_name (setting), value);
}

/* @value: (nullable): given; else the server chooses, and @otherwise says what */
static void
add_choice (GString            *text,
            UdpnatServerSetting setting,
            const char         *value,
            const char         *otherwise)
{
  if (value != NULL)
    add_text (text, setting, value);
  else
    g_string_append_printf (text, "# %s: %s\n", udpnat_server_setting_get_name (setting),
                            otherwise);
}

/* A path may be in no charset at all. */
static void
add_path (GString            *text,
          UdpnatServerSetting setting,
          const char         *path,
          const char         *otherwise)
{
  g_autofree char *shown = path != NULL ? g_filename_display_name (path) : NULL;

  add_choice (text, setting, shown, otherwise);
}

static void
add_number (GString            *text,
            UdpnatServerSetting setting,
            gint64              value)
{
  g_string_append_printf (text, "%s=%" G_GINT64_FORMAT "\n",
                          udpnat_server_setting_get_name (setting), value);
}

static void
add_flag (GString            *text,
          UdpnatServerSetting setting,
          gboolean            value)
{
  add_text (text, setting, value ? "true" : "false");
}

static void
add_tunnel_ports (GString                  *text,
                  const UdpnatServerConfig *self)
{
  g_autoptr (GString) ports = g_string_new (self->n_tunnel_ports == 0 ? "0" : NULL);

  for (guint i = 0; i < self->n_tunnel_ports; i++)
    g_string_append_printf (ports, "%s%u", i > 0 ? ";" : "", self->tunnel_ports[i]);
  add_choice (text, UDPNAT_SERVER_SETTING_TUNNEL_PORT, self->is_tunnel_chosen ? ports->str : NULL,
              self->port == UDPNAT_SERVER_PORT
                ? "the number of the port, and 443 where it can be had"
                : "the number of the port");
}

static void
add_ports (GString                  *text,
           const UdpnatServerConfig *self)
{
  add_choice (text, UDPNAT_SERVER_SETTING_IP, self->ip, "all addresses of this machine");
  add_number (text, UDPNAT_SERVER_SETTING_PORT, self->port);
  if (self->alt_port != UDPNAT_SERVER_ALT_PORT_NEXT)
    add_number (text, UDPNAT_SERVER_SETTING_ALT_PORT, self->alt_port);
  else if (self->port == 0)
    add_choice (text, UDPNAT_SERVER_SETTING_ALT_PORT, NULL, "the one after the port");
  else if (self->port == G_MAXUINT16)
    add_choice (text, UDPNAT_SERVER_SETTING_ALT_PORT, NULL, "none, for there is no port after "
                "65535; choose one");
  else
    add_number (text, UDPNAT_SERVER_SETTING_ALT_PORT, self->port + 1);
  add_choice (text, UDPNAT_SERVER_SETTING_ALT_IP, self->alt_ip, "none");
  add_tunnel_ports (text, self);
}

static void
add_status_address (GString                  *text,
                    const UdpnatServerConfig *self)
{
  g_autofree char *address = NULL;

  if (self->is_status_off)
    address = g_strdup ("none");
  else if (self->status_ip != NULL && strchr (self->status_ip, ':') != NULL)
    address = g_strdup_printf ("[%s]:%u", self->status_ip, self->status_port);
  else if (self->status_ip != NULL)
    address = g_strdup_printf ("%s:%u", self->status_ip, self->status_port);
  add_choice (text, UDPNAT_SERVER_SETTING_STATUS_ADDRESS, address,
              "127.0.0.1:9848, or another port of this machine if that is taken");
}

/* By hand it is another directory than as a service; so nobody should copy it. */
static void
add_state_dir (GString                  *text,
               const UdpnatServerConfig *self)
{
  g_autofree char *shown = g_filename_display_name (self->state_dir);
  g_autofree char *otherwise = NULL;

  if (!self->is_state_dir_found)
    {
      add_text (text, UDPNAT_SERVER_SETTING_STATE_DIR, shown);
      return;
    }
  otherwise = g_strdup_printf ("%s%s", shown,
                               g_getenv ("STATE_DIRECTORY") != NULL
                                 ? "" : "; as a service, what its unit has as StateDirectory=");
  add_choice (text, UDPNAT_SERVER_SETTING_STATE_DIR, NULL, otherwise);
}

static const char *
get_directory_mode (const UdpnatServerConfig *self)
{
  if (self->directory_kind == UDPNAT_DIRECTORY_PAGED)
    return "pages";
  return self->directory_kind == UDPNAT_DIRECTORY_PRIVATE ? "private" : "open";
}

static void
add_directory (GString                  *text,
               const UdpnatServerConfig *self)
{
  g_autofree char *masked = self->directory != NULL
                              ? udpnat_redis_address_dup_masked (self->directory) : NULL;

  add_choice (text, UDPNAT_SERVER_SETTING_DIRECTORY, masked, "none: this server stands alone");
  add_path (text, UDPNAT_SERVER_SETTING_DIRECTORY_PASSWORD_FILE, self->directory_password_file,
            "none");
  add_path (text, UDPNAT_SERVER_SETTING_DIRECTORY_CA, self->directory_ca, "whom the system trusts");
}

/** udpnat_server_config_to_text: Returns: (transfer full): lines */
char *
udpnat_server_config_to_text (const UdpnatServerConfig *self)
{
  GString *text = g_string_new (NULL);

  if (self->config_path != NULL)
    {
      g_autofree char *shown = g_filename_display_name (self->config_path);

      g_string_append_printf (text, "# udpnat-server %s, as %s says\n", PACKAGE_VERSION, shown);
    }
  else
    g_string_append (text, "# udpnat-server " PACKAGE_VERSION ", without a file\n");
  g_string_append (text, "[server]\n");
  add_ports (text, self);
  add_path (text, UDPNAT_SERVER_SETTING_TLS_CERT, self->tls_cert, "the server's own");
  add_path (text, UDPNAT_SERVER_SETTING_TLS_KEY, self->tls_key, "the server's own");
  add_state_dir (text, self);
  add_number (text, UDPNAT_SERVER_SETTING_IDLE_EXIT, self->idle_exit_s);
  add_text (text, UDPNAT_SERVER_SETTING_DIRECTORY_MODE, get_directory_mode (self));
  add_flag (text, UDPNAT_SERVER_SETTING_MAILBOX, self->has_mailbox);
  add_number (text, UDPNAT_SERVER_SETTING_MAILBOX_DAYS, self->mailbox_days);
  add_number (text, UDPNAT_SERVER_SETTING_MAILBOX_SIZE, self->mailbox_bytes / BYTES_PER_MIB);
  add_number (text, UDPNAT_SERVER_SETTING_MAILBOX_TOTAL,
              self->mailbox_total_bytes / BYTES_PER_MIB);
  add_number (text, UDPNAT_SERVER_SETTING_RELAY_RATE,
              self->relay_bytes_per_second / BYTES_PER_KIB);
  add_text (text, UDPNAT_SERVER_SETTING_REGISTRATION, self->is_invited_only ? "invited" : "open");
  add_path (text, UDPNAT_SERVER_SETTING_ALLOW_LIST, self->allow_list, "none");
  add_choice (text, UDPNAT_SERVER_SETTING_PUBLIC_NAME, self->public_name,
              "an address of this machine, in invitations");
  add_flag (text, UDPNAT_SERVER_SETTING_MAP_PORT, self->map_port);
  add_flag (text, UDPNAT_SERVER_SETTING_PRINT_ADDRESS, self->print_address);
  add_directory (text, self);
  add_choice (text, UDPNAT_SERVER_SETTING_NODE_ADDRESS, self->node_address, "only with directory");
  add_number (text, UDPNAT_SERVER_SETTING_WATCH_INTERVAL, self->watch_s);
  add_status_address (text, self);
  add_flag (text, UDPNAT_SERVER_SETTING_LOG_EVENTS, self->log_events);
  add_flag (text, UDPNAT_SERVER_SETTING_LOG_NAMES, self->log_names);
  add_flag (text, UDPNAT_SERVER_SETTING_LOG_ADDRESSES, self->log_addresses);
  return g_string_free (text, FALSE);
}
