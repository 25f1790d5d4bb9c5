/* Decodes pictures that came from others, so that nothing in them costs more than a little time in
 * another thread: only PNG and JPEG, and only of a size that a picture of a person, a small one of
 * another picture, or a file that the user has taken may have. */

#include "config.h"

#include "udpnat-picture.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>
#include <string.h>

/* Each way. What we send is 256; a picture of this size takes 4 MiB until it is made smaller. */
#define SIDE_PIXELS_MAX 1024
/* Of a file: what a good camera makes. As a PNG it takes 128 MiB until it is made smaller; a JPEG
 * is read smaller in the first place. */
#define FILE_PIXELS_MAX (32 * 1024 * 1024)
#define FILE_BYTES_MAX (32 * 1024 * 1024)

static const struct
{
  const char *format;
  const char *begin;
  gsize       n_begin;
  const char *end;
  gsize       n_end;
} formats[] = {
  { "png", "\x89PNG\r\n\x1a\n", 8, "IEND\xae\x42\x60\x82", 8 },
  { "jpeg", "\xff\xd8\xff", 3, "\xff\xd9", 2 },
};

typedef struct
{
  GBytes  *data;      /* nullable: until the file is read */
  char    *path;      /* nullable: of a file */
  gboolean is_square;
  int      size;      /* pixels: of the shorter side of a square one, else of the longer side */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->data, g_bytes_unref);
  g_free (job->path);
  g_free (job);
}

/* Whole ones only: of a picture that ends early, readers leave the rest as the memory was. */
static const char *
get_format (GBytes *data)
{
  gsize n_bytes;
  const guint8 *bytes = g_bytes_get_data (data, &n_bytes);

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (n_bytes > formats[i].n_begin + formats[i].n_end &&
        memcmp (bytes, formats[i].begin, formats[i].n_begin) == 0 &&
        memcmp (bytes + n_bytes - formats[i].n_end, formats[i].end, formats[i].n_end) == 0)
      return formats[i].format;
  return NULL;
}

static gboolean
is_too_large (const Job *job,
              int        width,
              int        height)
{
  if (MIN (width, height) < 1)
    return TRUE;
  return job->path != NULL ? height > FILE_PIXELS_MAX / width
                           : MAX (width, height) > SIDE_PIXELS_MAX;
}

static void
size_prepared_cb (GdkPixbufLoader *loader,
                  int              width,
                  int              height,
                  gpointer         user_data)
{
  const Job *job = user_data;
  int side = job->is_square ? MIN (width, height) : MAX (width, height);

  if (is_too_large (job, width, height))
    gdk_pixbuf_loader_set_size (loader, 0, 0); /* an error, before memory is taken */
  else if (side > job->size)
    gdk_pixbuf_loader_set_size (loader, MAX (width * job->size / side, 1),
                                MAX (height * job->size / side, 1));
}

/* The middle of it, as an avatar is a circle. */
static GdkTexture *
cut_square (GdkPixbuf *picture)
{
  int width = gdk_pixbuf_get_width (picture);
  int height = gdk_pixbuf_get_height (picture);
  int side = MIN (width, height);
  g_autoptr (GdkPixbuf) square = NULL;
  g_autoptr (GdkPixbuf) copy = NULL;

  square = gdk_pixbuf_new_subpixbuf (picture, (width - side) / 2, (height - side) / 2, side, side);
  copy = gdk_pixbuf_copy (square); /* lets go of the rest */
  return copy != NULL ? gdk_texture_new_for_pixbuf (copy) : NULL;
}

/* The whole of it, as whoever took it held the camera. */
static GdkTexture *
turn_upright (GdkPixbuf *picture)
{
  g_autoptr (GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation (picture);

  return upright != NULL ? gdk_texture_new_for_pixbuf (upright) : NULL;
}

/* Of a whole file, of which nobody knows what it is by now. */
static GBytes *
read_file (const char   *path,
           GCancellable *cancellable,
           GError      **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  g_autofree char *data = NULL;
  gsize n_data;

  info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
                            G_FILE_QUERY_INFO_NONE, cancellable, error);
  if (info == NULL)
    return NULL;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR ||
      g_file_info_get_size (info) > FILE_BYTES_MAX)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "no file, or too large");
      return NULL;
    }
  stream = g_file_read (file, cancellable, error);
  if (stream == NULL)
    return NULL;
  data = g_malloc ((gsize) g_file_info_get_size (info) + 1); /* none is a block, too */
  if (!g_input_stream_read_all (G_INPUT_STREAM (stream), data, (gsize) g_file_info_get_size (info),
                                &n_data, cancellable, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), n_data);
}

static GdkTexture *
decode (const Job *job,
        GError   **error)
{
  const char *format = get_format (job->data);
  g_autoptr (GdkPixbufLoader) loader = NULL;
  GdkPixbuf *picture;

  if (format == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "no whole PNG or JPEG");
      return NULL;
    }
  loader = gdk_pixbuf_loader_new_with_type (format, error);
  if (loader == NULL)
    return NULL;
  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_prepared_cb), (gpointer) job);
  if (!gdk_pixbuf_loader_write_bytes (loader, job->data, error))
    {
      gdk_pixbuf_loader_close (loader, NULL);
      return NULL;
    }
  if (!gdk_pixbuf_loader_close (loader, error))
    return NULL;
  picture = gdk_pixbuf_loader_get_pixbuf (loader);
  if (picture == NULL)
    return NULL;
  return job->is_square ? cut_square (picture) : turn_upright (picture);
}

static void
decode_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  Job *job = task_data;
  g_autoptr (GError) error = NULL;
  GdkTexture *texture = NULL;

  if (job->data == NULL)
    job->data = read_file (job->path, cancellable, &error);
  if (job->data != NULL)
    texture = decode (job, &error);
  if (texture != NULL)
    g_task_return_pointer (task, texture, g_object_unref);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no picture in it");
}

/* @job: (transfer full) */
static void
start (Job                 *job,
       GCancellable        *cancellable,
       GAsyncReadyCallback  callback,
       gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, start);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, decode_thread);
}

/**
 * udpnat_picture_decode_async:
 * @data: not trusted
 * @size: pixels: the picture is made a square of at most this side
 */
void
udpnat_picture_decode_async (GBytes              *data,
                             int                  size,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  Job *job = g_new0 (Job, 1);

  job->data = g_bytes_ref (data);
  job->is_square = TRUE;
  job->size = size;
  start (job, cancellable, callback, user_data);
}

/**
 * udpnat_picture_fit_async:
 * @data: not trusted
 * @size: pixels: the longer side is made this at most
 */
void
udpnat_picture_fit_async (GBytes              *data,
                          int                  size,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  Job *job = g_new0 (Job, 1);

  job->data = g_bytes_ref (data);
  job->size = size;
  start (job, cancellable, callback, user_data);
}

/**
 * udpnat_picture_load_async:
 * @path: of a file, that may be as large as what a camera makes
 * @size: pixels: the longer side is made this at most
 */
void
udpnat_picture_load_async (const char          *path,
                           int                  size,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->size = size;
  start (job, cancellable, callback, user_data);
}

/** udpnat_picture_decode_finish: Returns: (transfer full) (nullable): %NULL: it is no picture */
GdkTexture *
udpnat_picture_decode_finish (GAsyncResult  *result,
                              GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
