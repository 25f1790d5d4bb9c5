/* A picture of oneself is made of whatever picture a person has: square, small, and taken by the
 * core; or it is said what is wrong with the file. */

#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>

#include "udpnat-avatar-loader.h"
#include "udpnat-limits.h"

#define SIDE 256

typedef struct
{
  char         *folder;
  char         *path;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-avatar-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "picture", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->result);
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *self = user_data;

  self->result = g_object_ref (result);
}

static GBytes *
load (Fixture *self,
      GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (self->path);

  udpnat_avatar_load_async (file, NULL, loaded_cb, self);
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return udpnat_avatar_load_finish (self->result, error);
}

/* Noise: what compresses worst. */
static void
save_noise (Fixture *self,
            int      width,
            int      height)
{
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  guchar *pixels = gdk_pixbuf_get_pixels (picture);

  for (gsize i = 0; i < gdk_pixbuf_get_byte_length (picture); i++)
    pixels[i] = (guchar) g_test_rand_int_range (0, 256);
  g_assert_true (gdk_pixbuf_save (picture, self->path, "png", NULL, NULL));
}

static void
check (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = load (self, &error);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GdkPixbuf) picture = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), <=, UDPNAT_AVATAR_MAX_BYTES);
  stream = g_memory_input_stream_new_from_bytes (bytes);
  picture = gdk_pixbuf_new_from_stream (stream, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gdk_pixbuf_get_width (picture), ==, SIDE);
  g_assert_cmpint (gdk_pixbuf_get_height (picture), ==, SIDE);
}

static void
test_wide (Fixture      *self,
           gconstpointer unused)
{
  save_noise (self, 1200, 500);
  check (self);
}

static void
test_small (Fixture      *self,
            gconstpointer unused)
{
  save_noise (self, 20, 31);
  check (self);
}

static void
test_no_picture (Fixture      *self,
                 gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (self->path, "no picture", -1, NULL));
  g_assert_null (load (self, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_missing (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (self, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/avatar-loader/load/wide-becomes-small-square", test_wide);
  ADD ("/avatar-loader/load/small-becomes-square", test_small);
  ADD ("/avatar-loader/load/other-file-is-refused", test_no_picture);
  ADD ("/avatar-loader/load/missing-file-is-told", test_missing);
#undef ADD
  return g_test_run ();
}
