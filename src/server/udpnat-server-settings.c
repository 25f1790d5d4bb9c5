/* Settings before anybody has made sense of them: the text of each, where it stands, and all faults
 * that were found. What stands on the command line counts and not what stands in the file. What a
 * text means is for udpnat-server-config.c; how a file is written, udpnat-server-settings-file.c.
 */

#include "config.h"

#include "udpnat-server-settings-private.h"

#include <glib/gi18n.h>

#include "udpnat-redis.h"
#include "udpnat-server-error.h"

/* More are counted, and not said: who gives a picture for the file should not get its length back
 * as complaints. */
#define FAULTS_MAX 20

typedef struct
{
  char *text;
  char *shown; /* (nullable): with its name, as it stands there */
  char *path;  /* (nullable): of the file; on the command line otherwise */
  guint line;  /* from 1 */
} Value;

struct _UdpnatServerSettings
{
  Value      values[UDPNAT_N_SERVER_SETTINGS];
  GPtrArray *faults; /* of char: sentences */
  guint      n_untold;
  gboolean   is_file_faulty;
};

/* As options and keys are called. */
static const char *const names[UDPNAT_N_SERVER_SETTINGS] = {
  [UDPNAT_SERVER_SETTING_IP] = "ip",
  [UDPNAT_SERVER_SETTING_PORT] = "port",
  [UDPNAT_SERVER_SETTING_ALT_PORT] = "alt-port",
  [UDPNAT_SERVER_SETTING_ALT_IP] = "alt-ip",
  [UDPNAT_SERVER_SETTING_TUNNEL_PORT] = "tunnel-port",
  [UDPNAT_SERVER_SETTING_TLS_CERT] = "tls-cert",
  [UDPNAT_SERVER_SETTING_TLS_KEY] = "tls-key",
  [UDPNAT_SERVER_SETTING_STATE_DIR] = "state-dir",
  [UDPNAT_SERVER_SETTING_IDLE_EXIT] = "idle-exit",
  [UDPNAT_SERVER_SETTING_DIRECTORY_MODE] = "directory-mode",
  [UDPNAT_SERVER_SETTING_MAILBOX] = "mailbox",
  [UDPNAT_SERVER_SETTING_MAILBOX_DAYS] = "mailbox-days",
  [UDPNAT_SERVER_SETTING_MAILBOX_SIZE] = "mailbox-size",
  [UDPNAT_SERVER_SETTING_MAILBOX_TOTAL] = "mailbox-total",
  [UDPNAT_SERVER_SETTING_RELAY_RATE] = "relay-rate",
  [UDPNAT_SERVER_SETTING_REGISTRATION] = "registration",
  [UDPNAT_SERVER_SETTING_ALLOW_LIST] = "allow-list",
  [UDPNAT_SERVER_SETTING_PUBLIC_NAME] = "public-name",
  [UDPNAT_SERVER_SETTING_MAP_PORT] = "map-port",
  [UDPNAT_SERVER_SETTING_PRINT_ADDRESS] = "print-address",
  [UDPNAT_SERVER_SETTING_DIRECTORY] = "directory",
  [UDPNAT_SERVER_SETTING_DIRECTORY_PASSWORD_FILE] = "directory-password-file",
  [UDPNAT_SERVER_SETTING_DIRECTORY_CA] = "directory-ca",
  [UDPNAT_SERVER_SETTING_NODE_ADDRESS] = "node-address",
  [UDPNAT_SERVER_SETTING_WATCH_INTERVAL] = "watch-interval",
  [UDPNAT_SERVER_SETTING_STATUS_ADDRESS] = "status-address",
  [UDPNAT_SERVER_SETTING_LOG_EVENTS] = "log-events",
  [UDPNAT_SERVER_SETTING_LOG_NAMES] = "log-names",
  [UDPNAT_SERVER_SETTING_LOG_ADDRESSES] = "log-addresses",
};

UdpnatServerSettings *
udpnat_server_settings_new (void)
{
  UdpnatServerSettings *self = g_new0 (UdpnatServerSettings, 1);

  self->faults = g_ptr_array_new_with_free_func (g_free);
  return self;
}

static void
value_clear (Value *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->shown, g_free);
  g_clear_pointer (&self->path, g_free);
  self->line = 0;
}

void
udpnat_server_settings_free (UdpnatServerSettings *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < UDPNAT_N_SERVER_SETTINGS; i++)
    value_clear (&self->values[i]);
  g_ptr_array_unref (self->faults);
  g_free (self);
}

const char *
udpnat_server_setting_get_name (UdpnatServerSetting setting)
{
  return names[setting];
}

gboolean
udpnat_server_setting_find (const char          *name,
                            UdpnatServerSetting *out_setting)
{
  for (guint i = 0; i < UDPNAT_N_SERVER_SETTINGS; i++)
    if (g_str_equal (names[i], name))
      {
        *out_setting = i;
        return TRUE;
      }
  return FALSE;
}

/**
 * udpnat_server_settings_add_option:
 *
 * Takes what the command line says. Of two the later counts, but ports for the tunnel are a list.
 */
void
udpnat_server_settings_add_option (UdpnatServerSettings *self,
                                   UdpnatServerSetting   setting,
                                   const char           *text)
{
  Value *value = &self->values[setting];
  char  *all;

  if (setting == UDPNAT_SERVER_SETTING_TUNNEL_PORT && value->text != NULL)
    all = g_strconcat (value->text, ";", text, NULL);
  else
    all = g_strdup (text);
  value_clear (value);
  value->text = all;
}

/* For udpnat-server-settings-file.c: a line of a file that nothing is wrong with so far. */
void
udpnat_server_settings_add_line (UdpnatServerSettings *self,
                                 UdpnatServerSetting   setting,
                                 const char           *path,
                                 guint                 line,
                                 const char           *text)
{
  Value *value = &self->values[setting];

  if (value->text != NULL)
    return; /* the command line has said it */
  *value = (Value) { .text = g_strdup (text), .path = g_strdup (path), .line = line };
}

/** udpnat_server_settings_get_text: Returns: (nullable): what was written; %NULL for nothing */
const char *
udpnat_server_settings_get_text (const UdpnatServerSettings *self,
                                 UdpnatServerSetting         setting)
{
  return self->values[setting].text;
}

/** udpnat_server_settings_is_option: Returns: whether it stands on the command line */
gboolean
udpnat_server_settings_is_option (const UdpnatServerSettings *self,
                                  UdpnatServerSetting         setting)
{
  return self->values[setting].text != NULL && self->values[setting].path == NULL;
}

/* ---- Faults ---- */

/* Takes @fault. */
static void
add_fault (UdpnatServerSettings *self,
           char                 *fault)
{
  if (self->faults->len < FAULTS_MAX)
    {
      g_ptr_array_add (self->faults, fault);
      return;
    }
  self->n_untold++;
  g_free (fault);
}

/**
 * udpnat_server_settings_describe:
 * @setting: was written
 *
 * Returns: as a fault names it: "--port=0" or, in the file, "port=0"; until the setting is written
 *   anew. No password is in it.
 */
const char *
udpnat_server_settings_describe (UdpnatServerSettings *self,
                                 UdpnatServerSetting   setting)
{
  Value           *value = &self->values[setting];
  g_autofree char *shown = setting == UDPNAT_SERVER_SETTING_DIRECTORY
                             ? udpnat_redis_address_dup_masked (value->text)
                             : g_strdup (value->text);

  g_free (value->shown);
  value->shown = g_strdup_printf ("%s%s=%s", value->path == NULL ? "--" : "", names[setting],
                                  shown);
  return value->shown;
}

/**
 * udpnat_server_settings_add_fault:
 * @setting: was written
 * @format: translated: what is wrong with it and what to write instead: a sentence that begins with
 *   udpnat_server_settings_describe(); where in a file it stands is put before it
 */
void
udpnat_server_settings_add_fault (UdpnatServerSettings *self,
                                  UdpnatServerSetting   setting,
                                  const char           *format,
                                  ...)
{
  const Value     *value = &self->values[setting];
  g_autofree char *sentence = NULL;
  va_list          arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (value->path == NULL)
    {
      add_fault (self, g_steal_pointer (&sentence));
      return;
    }
  self->is_file_faulty = TRUE;
  add_fault (self, g_strdup_printf ("%s:%u: %s", value->path, value->line, sentence));
}

/* For udpnat-server-settings-file.c. @line: 0 for the file as a whole, which @format then names */
void
udpnat_server_settings_add_file_fault (UdpnatServerSettings *self,
                                       const char           *path,
                                       guint                 line,
                                       const char           *format,
                                       ...)
{
  g_autofree char *sentence = NULL;
  va_list          arguments;

  va_start (arguments, format);
  sentence = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->is_file_faulty = TRUE;
  add_fault (self, line > 0 ? g_strdup_printf ("%s:%u: %s", path, line, sentence)
                            : g_steal_pointer (&sentence));
}

guint
udpnat_server_settings_count_faults (const UdpnatServerSettings *self)
{
  return self->faults->len + self->n_untold;
}

/**
 * udpnat_server_settings_check:
 *
 * Returns: %FALSE when a fault was found, with %UDPNAT_SERVER_ERROR_CONFIG when one of them is in
 * the file, else with %UDPNAT_SERVER_ERROR_USAGE; the message has a line for each
 */
gboolean
udpnat_server_settings_check (const UdpnatServerSettings *self,
                              GError                    **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->faults->len == 0)
    return TRUE;
  for (guint i = 0; i < self->faults->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (self->faults, i));
  if (self->n_untold > 0)
    {
      g_string_append_c (text, '\n');
      /* Translators: faults of the configuration, of which the first ones were listed. */
      g_string_append_printf (text, ngettext ("And %u more.", "And %u more.", self->n_untold),
                              self->n_untold);
    }
  g_set_error_literal (error, UDPNAT_SERVER_ERROR,
                       self->is_file_faulty ? UDPNAT_SERVER_ERROR_CONFIG
                                            : UDPNAT_SERVER_ERROR_USAGE,
                       text->str);
  return FALSE;
}
