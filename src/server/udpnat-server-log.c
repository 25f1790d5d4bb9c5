/* Where events go: to the journal when stderr is that (systemd.exec(5)), by GLib's writer for it;
 * else, if wished, to stderr as one line each. Fields are "NAME=value"; what they hold is for
 * whoever reports the event to decide. */

#include "config.h"

#include "udpnat-server-log.h"

#include <stdio.h>
#include <string.h>

#define FIELDS_MAX 24

struct _UdpnatServerLog
{
  gboolean is_journal;
  gboolean is_shown;
};

/** udpnat_server_log_new: @is_shown: on stderr, too, where that is not the journal */
UdpnatServerLog *
udpnat_server_log_new (gboolean is_shown)
{
  UdpnatServerLog *self = g_new0 (UdpnatServerLog, 1);

  self->is_journal = g_log_writer_is_journald (fileno (stderr));
  self->is_shown = is_shown;
  return self;
}

void
udpnat_server_log_free (UdpnatServerLog *self)
{
  g_free (self);
}

static void
write_journal (const char        *event,
               const char        *message,
               const char *const *fields)
{
  GLogField all[FIELDS_MAX + 4] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", "6", -1 }, /* informational (syslog(3)) */
    { "SYSLOG_IDENTIFIER", "udpnat-server", -1 },
    { "UDPNAT_EVENT", event, -1 },
  };
  char *names[FIELDS_MAX] = { NULL };
  gsize n = 4;

  for (guint i = 0; fields[i] != NULL && i < FIELDS_MAX; i++)
    {
      const char *equals = strchr (fields[i], '=');

      g_assert (equals != NULL);
      names[i] = g_strndup (fields[i], (gsize) (equals - fields[i]));
      all[n++] = (GLogField) { names[i], equals + 1, -1 };
    }
  (void) g_log_writer_journald (G_LOG_LEVEL_INFO, all, n, NULL);
  for (guint i = 0; i < FIELDS_MAX; i++)
    g_free (names[i]);
}

static void
append_field (GString    *line,
              const char *field)
{
  const char *value = strchr (field, '=') + 1;

  g_string_append_c (line, ' ');
  if (*value != '\0' && strpbrk (value, " \"\\") == NULL)
    {
      g_string_append (line, field);
      return;
    }
  g_string_append_len (line, field, value - field);
  g_string_append_c (line, '"');
  for (const char *at = value; *at != '\0'; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (line, '\\');
      g_string_append_c (line, *at);
    }
  g_string_append_c (line, '"');
}

/** udpnat_server_log_format: Returns: (transfer full): the line for stderr, without its end */
char *
udpnat_server_log_format (const char        *event,
                          const char        *message,
                          const char *const *fields)
{
  GString *line = g_string_new (NULL);

  g_string_printf (line, "udpnat-server: %s. UDPNAT_EVENT=%s", message, event);
  for (guint i = 0; fields[i] != NULL; i++)
    append_field (line, fields[i]);
  return g_string_free (line, FALSE);
}

/**
 * udpnat_server_log_event:
 * @event: a word for programs
 * @message: a sentence for people, without its full stop
 * @fields: (array zero-terminated=1): "NAME=value"
 */
void
udpnat_server_log_event (UdpnatServerLog   *self,
                         const char        *event,
                         const char        *message,
                         const char *const *fields)
{
  g_autofree char *line = NULL;

  if (self->is_journal)
    write_journal (event, message, fields);
  else if (self->is_shown)
    {
      line = udpnat_server_log_format (event, message, fields);
      g_printerr ("%s\n", line);
    }
}

/* ---- For whoever has started the server ---- */

/** udpnat_server_log_say: @format: translated; a line for stdout, without the program's name */
void
udpnat_server_log_say (const char *format,
                       ...)
{
  g_autofree char *text = NULL;
  va_list          arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_print ("udpnat-server: %s\n", text);
}

/** udpnat_server_log_warn: @format: translated; a line for stderr, without the program's name */
void
udpnat_server_log_warn (const char *format,
                        ...)
{
  g_autofree char *text = NULL;
  va_list          arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("udpnat-server: %s\n", text);
}
