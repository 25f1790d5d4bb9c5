/* The file of those who may register without an invitation: a key or a name in each line. A "#"
 * begins a comment where a line begins with it. A line that is neither is a fault, for it would
 * leave somebody out.
 */

#include "config.h"

#include "udpnat-allow-list.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "udpnat-name.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-error.h"

static gboolean
read_line (const char          *line,
           UdpnatAllowListFunc  func,
           gpointer             user_data)
{
  g_autofree char *name = NULL;
  UdpnatPublicKey  key;

  if (*line == '\0' || *line == '#')
    return TRUE;
  if (udpnat_public_key_parse (&key, line))
    {
      func (NULL, &key, user_data);
      return TRUE;
    }
  name = g_utf8_validate (line, -1, NULL) ? udpnat_name_normalize (line) : NULL;
  if (name != NULL)
    func (name, NULL, user_data);
  return name != NULL;
}

static gboolean
is_too_large (const char *path)
{
  struct stat about;

  return stat (path, &about) == 0
         && (!S_ISREG (about.st_mode) || about.st_size > UDPNAT_ALLOW_LIST_BYTES);
}

/* Returns: (nullable): the whole file */
static char *
read_text (const char *path,
           GError    **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GError) cause = NULL;
  char *text = NULL;

  if (is_too_large (path))
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                 _("allow-list: %s is no file with a key or a name in each line."), shown);
  else if (!g_file_get_contents (path, &text, NULL, &cause))
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                 /* Translators: why a file cannot be read. */
                 _("allow-list: %s. Let the user that the server runs as read it, or name another "
                   "file."), cause->message);
  return text;
}

static gboolean
read_lines (const char          *path,
            const char          *text,
            UdpnatAllowListFunc  func,
            gpointer             user_data,
            GError             **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_auto (GStrv)   lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (g_strstrip (lines[i]), func, user_data))
      {
        g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                     /* Translators: a file, and the number of a line. */
                     _("%s:%u: that is neither a key (52 letters and digits) nor a name: mend the "
                       "line, or begin it with # to leave it out."), shown, i + 1);
        return FALSE;
      }
  return TRUE;
}

/**
 * udpnat_allow_list_read:
 * @func: (scope call): called for each line, until one is wrong
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_CONFIG
 */
gboolean
udpnat_allow_list_read (const char          *path,
                        UdpnatAllowListFunc  func,
                        gpointer             user_data,
                        GError             **error)
{
  g_autofree char *text = read_text (path, error);

  return text != NULL && read_lines (path, text, func, user_data, error);
}

static void
count (const char            *name,
       const UdpnatPublicKey *key,
       gpointer               user_data)
{
  ++*(guint *) user_data;
}

static void
list (const char            *name,
      const UdpnatPublicKey *key,
      gpointer               user_data)
{
  if (name != NULL)
    udpnat_rendezvous_server_list_name (user_data, name);
  else
    udpnat_rendezvous_server_list_key (user_data, key);
}

/**
 * udpnat_allow_list_apply:
 * @out_n: (out): how many keys and names stand in it
 *
 * From now on these are let in, and nobody else by a list; after a failure all is as it was.
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_CONFIG
 */
gboolean
udpnat_allow_list_apply (const char             *path,
                         UdpnatRendezvousServer *server,
                         guint                  *out_n,
                         GError                **error)
{
  g_autofree char *text = read_text (path, error);

  *out_n = 0;
  if (text == NULL || !read_lines (path, text, count, out_n, error))
    return FALSE;
  udpnat_rendezvous_server_clear_list (server);
  return read_lines (path, text, list, server, error);
}
