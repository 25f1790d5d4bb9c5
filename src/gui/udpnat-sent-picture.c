/* A picture from the clipboard gets a file of its own before it is sent: the other one may ask for
 * it days later. Only the user can read it. */

#include "config.h"

#include "udpnat-sent-picture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Names within one second */
#define NAMES_MAX 100

static char *
dup_path (const char *folder,
          guint       number)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%d %H-%M-%S");
  g_autofree char *name = NULL;

  /* It is what the other one sees, and not translated: they may have another language. */
  name = number == 0 ? g_strdup_printf ("Picture %s.png", time)
                     : g_strdup_printf ("Picture %s (%u).png", time, number + 1);
  return g_build_filename (folder, name, NULL);
}

/* Returns: (transfer full) (nullable): the path of a new, empty file, open as @out_fd */
static char *
create_file (int     *out_fd,
             GError **error)
{
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "udpnat", "sent", NULL);
  g_autofree char *path = NULL;
  int fd = -1;

  if (g_mkdir_with_parents (folder, 0700) == 0)
    for (guint i = 0; i < NAMES_MAX && fd < 0; i++)
      {
        g_free (path);
        path = dup_path (folder, i);
        fd = g_open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && errno != EEXIST)
          break;
      }
  if (fd < 0)
    {
      int errsv = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv),
                   _("Not sent: the picture cannot be kept in %s: %s. Make room there, and try "
                     "again."), folder, g_strerror (errsv));
      return NULL;
    }
  *out_fd = fd;
  return g_steal_pointer (&path);
}

static gboolean
write_all (int     fd,
           GBytes *data)
{
  gsize n_data;
  const char *bytes = g_bytes_get_data (data, &n_data);

  while (n_data > 0)
    {
      gssize n = write (fd, bytes, n_data);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      bytes += n;
      n_data -= (gsize) n;
    }
  return TRUE;
}

static void
save_thread (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  g_autoptr (GBytes) data = gdk_texture_save_to_png_bytes (task_data);
  g_autofree char *path = NULL;
  GError *error = NULL;
  gboolean is_whole;
  int errsv;
  int fd;

  path = create_file (&fd, &error);
  if (path == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  is_whole = write_all (fd, data);
  errsv = errno;
  if (close (fd) != 0 && is_whole)
    {
      is_whole = FALSE;
      errsv = errno;
    }
  if (is_whole)
    {
      g_task_return_pointer (task, g_steal_pointer (&path), g_free);
      return;
    }
  g_unlink (path);
  g_task_return_new_error (task, G_IO_ERROR, g_io_error_from_errno (errsv),
                           _("Not sent: the picture cannot be written to %s: %s. Make room there, "
                             "and try again."), path, g_strerror (errsv));
}

/** udpnat_sent_picture_save_async: into a file of its own, in the user's cache folder */
void
udpnat_sent_picture_save_async (GdkTexture          *texture,
                                GAsyncReadyCallback  callback,
                                gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, udpnat_sent_picture_save_async);
  g_task_set_task_data (task, g_object_ref (texture), g_object_unref);
  g_task_run_in_thread (task, save_thread);
}

/** udpnat_sent_picture_save_finish: Returns: (transfer full) (nullable): where it is */
char *
udpnat_sent_picture_save_finish (GAsyncResult  *result,
                                 GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
