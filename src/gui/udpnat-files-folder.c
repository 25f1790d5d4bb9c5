/* The folder that files go to, and in which choosers begin when something is saved from a
 * conversation. While nobody has chosen one, it is what the desktop has for downloads, and follows
 * that when it moves. */

#include "config.h"

#include "udpnat-files-folder.h"

#include "udpnat-client-files.h"

static const char *
get_default (void)
{
  const char *downloads = g_get_user_special_dir (G_USER_DIRECTORY_DOWNLOAD);

  return downloads != NULL ? downloads : g_get_home_dir ();
}

/** udpnat_files_folder_is_default: whether nobody has chosen another */
gboolean
udpnat_files_folder_is_default (GSettings *settings)
{
  g_autofree char *path = g_settings_get_string (settings, UDPNAT_FILES_FOLDER_KEY);

  return *path == '\0';
}

/** udpnat_files_folder_dup: Returns: (transfer full): it; it may have gone since it was chosen */
GFile *
udpnat_files_folder_dup (GSettings *settings)
{
  g_autofree char *path = g_settings_get_string (settings, UDPNAT_FILES_FOLDER_KEY);

  return g_file_new_for_path (*path != '\0' ? path : get_default ());
}

/** udpnat_files_folder_set: @folder: (nullable): of this computer; %NULL: that for downloads */
void
udpnat_files_folder_set (GSettings *settings,
                         GFile     *folder)
{
  const char *path = folder != NULL ? g_file_peek_path (folder) : NULL;

  g_settings_set_string (settings, UDPNAT_FILES_FOLDER_KEY, path != NULL ? path : "");
}

/** udpnat_files_folder_begin: @settings: (nullable): the window's. Where @chooser is to begin */
void
udpnat_files_folder_begin (GSettings      *settings,
                           GtkFileChooser *chooser)
{
  g_autoptr (GFile) folder = NULL;
  g_autoptr (GError) error = NULL;

  if (settings == NULL)
    return;
  folder = udpnat_files_folder_dup (settings);
  if (!gtk_file_chooser_set_current_folder (chooser, folder, &error) && error != NULL)
    g_debug ("Begins elsewhere: %s", error->message);
}

static void
tell_client (GSettings    *settings,
             const char   *key,
             UdpnatClient *client)
{
  g_autoptr (GFile) folder = udpnat_files_folder_dup (settings);

  udpnat_client_set_files_folder (client, g_file_peek_path (folder));
}

/** udpnat_files_folder_bind: what @client fetches goes there, from now on */
void
udpnat_files_folder_bind (GSettings    *settings,
                          UdpnatClient *client)
{
  g_signal_connect_object (settings, "changed::" UDPNAT_FILES_FOLDER_KEY,
                           G_CALLBACK (tell_client), client, 0);
  tell_client (settings, UDPNAT_FILES_FOLDER_KEY, client);
}
