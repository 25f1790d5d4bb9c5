/* The file of those who may register without an invitation: a key or a name in each line. A "#"
 * begins a comment where a line begins with it. A line that is neither is a fault, for it would
 * leave somebody out.
 */

#include "config.h"

#include "udpnat-allow-list.h"

#include <string.h>
#include <sys/stat.h>

#include "udpnat-name.h"
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
  g_autofree char *shown = g_filename_display_name (path);
  g_autofree char *text = NULL;
  g_autoptr (GError) cause = NULL;
  g_auto (GStrv)   lines = NULL;

  if (is_too_large (path))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                   "allow-list: %s is no file with a key or a name in each line.", shown);
      return FALSE;
    }
  if (!g_file_get_contents (path, &text, NULL, &cause))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                   "allow-list: %s. Let the user that the server runs as read it, or name another "
                   "file.", cause->message);
      return FALSE;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_line (g_strstrip (lines[i]), func, user_data))
      {
        g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG,
                     "%s:%u: that is neither a key (52 letters and digits) nor a name: mend the "
                     "line, or begin it with # to leave it out.", shown, i + 1);
        return FALSE;
      }
  return TRUE;
}
