/* The configuration file: the lines of a GKeyFile with one group, [server].
 *
 * They are read here and not by GKeyFile, which takes the last of two equal keys and the last of
 * two equal groups without a word, cannot tell the line that is wrong, and in GLib 2.74 reads on
 * behind a value that ends with a backslash. What is taken here means the same to GKeyFile:
 * fuzz-server-config compares. Values have no escapes, so a backslash is a fault.
 */

#include "config.h"

#include "udpnat-server-settings-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-file-io.h"

#define GROUP "server"

/* What is read, and where one is in it. */
typedef struct
{
  UdpnatServerSettings *settings;
  const char           *path;
  guint                 line;
  gboolean              is_in_group;
  gboolean              is_in_strange_group;
  guint                 lines[UDPNAT_N_SERVER_SETTINGS]; /* where each stands; 0: nowhere yet */
} Reader;

/* Returns: (transfer full): all keys, in a row */
static char *
dup_names (void)
{
  const char *all[UDPNAT_N_SERVER_SETTINGS + 1] = { NULL };

  for (guint i = 0; i < UDPNAT_N_SERVER_SETTINGS; i++)
    all[i] = udpnat_server_setting_get_name (i);
  return g_strjoinv (", ", (char **) all);
}

static void
read_group (Reader     *self,
            const char *text)
{
  self->is_in_group = g_str_equal (text, "[" GROUP "]");
  self->is_in_strange_group = !self->is_in_group;
  if (self->is_in_strange_group)
    udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                           /* Translators: what stands in the line. */
                                           _("%s is no group of this file: write [server], the "
                                             "only one."), text);
}

static void
read_value (Reader     *self,
            const char *key,
            const char *value)
{
  UdpnatServerSetting setting;

  if (!udpnat_server_setting_find (key, &setting))
    {
      g_autofree char *all = dup_names ();

      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             /* Translators: a word, and a list of words. */
                                             _("there is no setting \"%s\": write one of %s."),
                                             key, all);
      return;
    }
  if (self->lines[setting] != 0)
    {
      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             /* Translators: the name of a setting, and where. */
                                           _("%s stands in line %u already: keep one of the "
                                             "two."),
                                             key, self->lines[setting]);
      return;
    }
  self->lines[setting] = self->line;
  if (strchr (value, '\\') != NULL)
    {
      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             /* Translators: the name and the value of a setting. */
                                             _("%s=%s has a backslash, which no value may have: "
                                               "write it without."), key, value);
      return;
    }
  udpnat_server_settings_add_line (self->settings, setting, self->path, self->line, value);
}

/* Also where nobody reads it but us: it would reach a terminal with the complaint about it. */
static gboolean
has_control (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at) && *at != '\t')
      return TRUE;
  return FALSE;
}

/* @text: (transfer none): without its end; changed */
static void
read_line (Reader *self,
           char   *text)
{
  char *equals;

  if (has_control (text))
    {
      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             _("there is a control character in this line: write "
                                               "it anew, without."));
      return;
    }
  text = g_strstrip (text);
  equals = strchr (text, '=');
  if (*text == '\0' || *text == '#')
    return;
  if (*text == '[')
    {
      read_group (self, text);
      return;
    }
  if (equals == NULL)
    {
      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             _("\"%s\" is no setting: write KEY=VALUE, or begin "
                                               "the line with # for a comment."), text);
      return;
    }
  if (self->is_in_strange_group)
    return; /* one fault is enough */
  if (!self->is_in_group)
    {
      udpnat_server_settings_add_file_fault (self->settings, self->path, self->line,
                                             _("\"%s\" stands above the group: write [server] in "
                                               "a line above it."), text);
      self->is_in_group = TRUE;
    }
  *equals = '\0';
  read_value (self, g_strchomp (text), g_strchug (equals + 1));
}

/**
 * udpnat_server_settings_read_text:
 * @path: for people
 * @text: (array length=n_text): what is in the file
 *
 * Takes what the command line has not said; faults are remembered.
 */
void
udpnat_server_settings_read_text (UdpnatServerSettings *self,
                                  const char           *path,
                                  const char           *text,
                                  gsize                 n_text)
{
  Reader        reader = { .settings = self, .path = path };
  g_auto (GStrv) lines = NULL;
  g_autofree char *copy = NULL;

  if (!g_utf8_validate_len (text, n_text, NULL))
    {
      udpnat_server_settings_add_file_fault (self, path, 0,
                                             _("%s is no text in UTF-8: save it as such."), path);
      return;
    }
  copy = g_strndup (text, n_text);
  lines = g_strsplit (copy, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      reader.line = i + 1;
      if (lines[i + 1] != NULL && g_str_has_suffix (lines[i], "\r"))
        lines[i][strlen (lines[i]) - 1] = '\0'; /* as Windows ends them */
      read_line (&reader, lines[i]);
    }
}

/* Returns: (transfer full) (nullable): %NULL with errno; EFBIG when it is too large, EINVAL when it
 * is no file */
static char *
load (const char *path,
      gsize      *out_n)
{
  g_autofree char *text = NULL;
  struct stat about;
  int code = 0;
  /* What is no file must not make us wait for it. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &about) != 0)
    code = errno;
  else if (!S_ISREG (about.st_mode))
    code = EINVAL;
  else if (about.st_size > UDPNAT_SERVER_SETTINGS_FILE_BYTES)
    code = EFBIG;
  if (code == 0)
    {
      *out_n = (gsize) about.st_size;
      text = g_malloc (*out_n + 1);
      if (!udpnat_file_io_read_at (fd, (guint8 *) text, *out_n, 0))
        code = errno != 0 ? errno : EIO; /* it has become shorter */
    }
  close (fd);
  errno = code;
  return code == 0 ? g_steal_pointer (&text) : NULL;
}

/**
 * udpnat_server_settings_read_file:
 * @may_be_absent: whether it is no fault when there is none
 *
 * Returns: whether there was a file that could be read; faults are remembered
 */
gboolean
udpnat_server_settings_read_file (UdpnatServerSettings *self,
                                  const char           *path,
                                  gboolean              may_be_absent)
{
  g_autofree char *shown = g_filename_display_name (path);
  gsize            n_text = 0;
  g_autofree char *text = load (path, &n_text);
  int              code;

  if (text != NULL)
    {
      udpnat_server_settings_read_text (self, shown, text, n_text);
      return TRUE;
    }
  code = errno;
  if (code == ENOENT && may_be_absent)
    return FALSE;
  if (code == ENOENT)
    udpnat_server_settings_add_file_fault (self, shown, 0,
                                           _("%s does not exist: write it, or name another one "
                                             "with --config."), shown);
  else if (code == EFBIG)
    udpnat_server_settings_add_file_fault (self, shown, 0,
                                           _("%s is larger than %d KiB: it is no configuration of "
                                             "this server."), shown,
                                           UDPNAT_SERVER_SETTINGS_FILE_BYTES / 1024);
  else if (code == EINVAL)
    udpnat_server_settings_add_file_fault (self, shown, 0,
                                           _("%s is no file: name one with --config."), shown);
  else
    udpnat_server_settings_add_file_fault (self, shown, 0,
                                           /* Translators: a file, and why. */
                                           _("%s cannot be read: %s. Let the user that the server "
                                             "runs as read it, or name another one with "
                                             "--config."), shown, g_strerror (code));
  return FALSE;
}
