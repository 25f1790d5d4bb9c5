/* The configuration file of the server.
 *
 * Checked besides assertions: what is taken without a fault means the same to GKeyFile; what is
 * wrong is said in few lines of UTF-8; numbers are in their ranges; and what --check-config prints
 * is a file that means the same. */

#include "config.h"

#include "fuzz.h"

#include <gio/gio.h>
#include <string.h>

#include "udpnat-server-config.h"
#include "udpnat-server-error.h"

#define INPUT_MAX_BYTES 4096
#define LINES_MAX 21 /* 20 faults, and how many more */

static void
check_error (const UdpnatServerSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_false (udpnat_server_settings_check (settings, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), <=, LINES_MAX);
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpint (*lines[i], !=, '\0');
}

static void
check_same_as_key_file (const UdpnatServerSettings *settings,
                        const char                 *text,
                        gsize                       n_text)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  gsize n_keys = 0;
  g_auto (GStrv) keys = NULL;

  g_key_file_load_from_data (file, text, n_text, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  keys = g_key_file_get_keys (file, "server", &n_keys, NULL);
  for (guint i = 0; i < UDPNAT_N_SERVER_SETTINGS; i++)
    {
      g_autofree char *value = g_key_file_get_value (file, "server",
                                                     udpnat_server_setting_get_name (i), NULL);

      if (value != NULL)
        n_keys--;
      g_assert_cmpstr (udpnat_server_settings_get_text (settings, i), ==,
                       value != NULL ? g_strchomp (value) : NULL);
    }
  g_assert_cmpuint (n_keys, ==, 0);
}

static void
check_config (const UdpnatServerConfig *config)
{
  g_autoptr (UdpnatServerSettings) settings = udpnat_server_settings_new ();
  g_auto (UdpnatServerConfig) again = { 0 };
  g_autofree char *text = udpnat_server_config_to_text (config);
  g_autofree char *same = NULL;

  g_assert_cmpuint (config->n_tunnel_ports, <=, UDPNAT_SERVER_TUNNEL_PORTS_MAX);
  g_assert_true (config->alt_port >= UDPNAT_SERVER_ALT_PORT_NEXT
                 && config->alt_port <= G_MAXUINT16);
  g_assert_cmpuint (config->mailbox_days, >, 0);
  g_assert_cmpint (config->mailbox_bytes, >, 0);
  g_assert_cmpint (config->mailbox_total_bytes, >, 0);
  g_assert_true ((config->tls_cert != NULL) == (config->tls_key != NULL));
  g_assert_cmpint (*config->state_dir, !=, '\0');

  udpnat_server_settings_read_text (settings, "again", text, strlen (text));
  udpnat_server_config_take_settings (&again, settings);
  g_assert_cmpuint (udpnat_server_settings_count_faults (settings), ==, 0);
  same = udpnat_server_config_to_text (&again);
  g_assert_cmpstr (same, ==, text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autoptr (UdpnatServerSettings) settings = udpnat_server_settings_new ();
  g_auto (UdpnatServerConfig) config = { 0 };
  const char *text = (const char *) data;

  if (n_data > INPUT_MAX_BYTES)
    return 0;
  udpnat_server_settings_read_text (settings, "server.conf", text, n_data);
  if (udpnat_server_settings_count_faults (settings) == 0)
    check_same_as_key_file (settings, text, n_data);
  udpnat_server_config_take_settings (&config, settings);
  if (udpnat_server_settings_count_faults (settings) == 0)
    check_config (&config);
  else
    check_error (settings);
  return 0;
}
