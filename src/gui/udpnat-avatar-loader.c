/* From a picture file to a picture of oneself: the middle square, 256 pixels wide, as JPEG, or as
 * PNG while that is small enough. In a worker: files may be large, and pictures slow. */

#include "config.h"

#include "udpnat-avatar-loader.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n.h>

#include "udpnat-limits.h"

#define SIDE 256
/* A picture that is opened is this large at most: photographs are below, traps are not. */
#define FILE_MAX_BYTES (64 * 1024 * 1024)
#define PIXELS_MAX (12000 * 12000)

/* Scaled while it is read, so that a large photograph is never in memory as a whole. */
static GdkPixbuf *
read_scaled (const char *path,
             GError    **error)
{
  int width = 0;
  int height = 0;
  gboolean is_wide;

  if (gdk_pixbuf_get_file_info (path, &width, &height) == NULL || width <= 0 || height <= 0 ||
      (gint64) width * height > PIXELS_MAX)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _("This file is not a picture that can be shown. Choose another."));
      return NULL;
    }
  is_wide = width > height;
  return gdk_pixbuf_new_from_file_at_scale (path, is_wide ? -1 : SIDE, is_wide ? SIDE : -1, TRUE,
                                            error);
}

static GdkPixbuf *
cut_square (GdkPixbuf *picture)
{
  g_autoptr (GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation (picture);
  int width = gdk_pixbuf_get_width (upright);
  int height = gdk_pixbuf_get_height (upright);
  int side = MIN (width, height);
  g_autoptr (GdkPixbuf) part = gdk_pixbuf_new_subpixbuf (upright, (width - side) / 2,
                                                         (height - side) / 2, side, side);

  return gdk_pixbuf_copy (part); /* of the part alone */
}

static GBytes *
encode (GdkPixbuf *picture,
        GError   **error)
{
  static const char *const qualities[] = { "92", "85", "75", "60", "40" };
  char *data = NULL;
  gsize n_data;

  if (!gdk_pixbuf_save_to_buffer (picture, &data, &n_data, "png", error, NULL))
    return NULL;
  for (gsize i = 0; n_data > UDPNAT_AVATAR_MAX_BYTES && i < G_N_ELEMENTS (qualities); i++)
    {
      g_clear_pointer (&data, g_free);
      if (!gdk_pixbuf_save_to_buffer (picture, &data, &n_data, "jpeg", error, "quality",
                                      qualities[i], NULL))
        return NULL;
    }
  return g_bytes_new_take (data, n_data);
}

static gboolean
check_size (GFile   *file,
            GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                  G_FILE_QUERY_INFO_NONE, NULL, error);

  if (info == NULL)
    return FALSE;
  if (g_file_info_get_size (info) <= FILE_MAX_BYTES)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       _("This picture is too large. Choose one below 64 MB."));
  return FALSE;
}

static GBytes *
load (GFile   *file,
      GError **error)
{
  g_autofree char *path = g_file_get_path (file);
  g_autoptr (GdkPixbuf) scaled = NULL;
  g_autoptr (GdkPixbuf) square = NULL;

  if (!check_size (file, error))
    return NULL;
  scaled = read_scaled (path, error);
  if (scaled == NULL)
    return NULL;
  square = cut_square (scaled);
  return encode (square, error);
}

static void
load_in_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  GError *error = NULL;
  GBytes *bytes = load (task_data, &error);

  if (bytes != NULL)
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

/** udpnat_avatar_load_async: @file: on this computer */
void
udpnat_avatar_load_async (GFile              *file,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, udpnat_avatar_load_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, load_in_thread);
}

GBytes *
udpnat_avatar_load_finish (GAsyncResult *result,
                           GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_avatar_load_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
