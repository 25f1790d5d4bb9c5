/* What goes with the offer of a picture. */

#include "config.h"

#include <glib/gstdio.h>

#include "udpnat-limits.h"
#include "udpnat-small-picture.h"

/* A picture that does not become small by itself: each pixel is another. */
static char *
make_picture (int         width,
              int         height,
              gboolean    has_alpha,
              const char *format)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, has_alpha, 8, width, height);
  char *path = NULL;
  int fd = g_file_open_tmp ("udpnat-small-XXXXXX", &path, NULL);
  guint32 state = 1;

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  for (guint i = 0; i < gdk_pixbuf_get_byte_length (pixbuf); i++)
    {
      state = state * 1664525 + 1013904223;
      gdk_pixbuf_get_pixels (pixbuf)[i] = (guint8) (state >> 24);
    }
  g_assert_true (gdk_pixbuf_save (pixbuf, path, format, NULL, NULL));
  return path;
}

static UdpnatSmallPicture *
look_at (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return udpnat_small_picture_new (file, NULL);
}

static void
check (int         width,
       int         height,
       gboolean    has_alpha,
       const char *format)
{
  g_autofree char *path = make_picture (width, height, has_alpha, format);
  g_autoptr (UdpnatSmallPicture) small = look_at (path);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GdkPixbuf) decoded = NULL;
  int longer;

  g_assert_nonnull (small);
  g_assert_cmpint (small->width, ==, width);
  g_assert_cmpint (small->height, ==, height);
  g_assert_cmpuint (g_bytes_get_size (small->data), <=, UDPNAT_THUMBNAIL_MAX_BYTES);
  stream = g_memory_input_stream_new_from_bytes (small->data);
  decoded = gdk_pixbuf_new_from_stream (stream, NULL, NULL);
  g_assert_nonnull (decoded);
  longer = MAX (gdk_pixbuf_get_width (decoded), gdk_pixbuf_get_height (decoded));
  g_assert_cmpint (longer, <=, 320);
  g_assert_cmpint (longer, >=, MIN (96, MAX (width, height)));
  g_assert_cmpint (gdk_pixbuf_get_width (decoded) > gdk_pixbuf_get_height (decoded), ==,
                   width > height);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
pictures_become_small (void)
{
  check (1200, 800, FALSE, "png");
  check (800, 1200, FALSE, "jpeg");
  check (64, 64, FALSE, "png");
  check (2000, 3, TRUE, "png");
}

static void
others_have_none (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("udpnat-small-XXXXXX", &path, NULL);

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, "this is no picture", -1, NULL));
  g_assert_null (look_at (path));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_null (look_at (path)); /* nor is what is not there */
  udpnat_small_picture_free (NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/small-picture/pictures", pictures_become_small);
  g_test_add_func ("/small-picture/others", others_have_none);
  return g_test_run ();
}
