/* Pictures that came from others: what is shown of good ones, and that bad ones cost nothing. */

#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-picture.h"

typedef struct
{
  GMainLoop  *loop;
  GdkTexture *texture;
  GError     *error;
} Answer;

static void
decoded_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Answer *answer = user_data;

  answer->texture = udpnat_picture_decode_finish (result, &answer->error);
  g_main_loop_quit (answer->loop);
}

static GdkTexture *
wait_for (Answer *answer)
{
  g_main_loop_run (answer->loop);
  g_main_loop_unref (answer->loop);
  g_assert_true ((answer->texture == NULL) == (answer->error != NULL));
  g_clear_error (&answer->error);
  return answer->texture;
}

static GdkTexture *
decode (GBytes *data,
        int     size)
{
  Answer answer = { g_main_loop_new (NULL, FALSE), NULL, NULL };

  udpnat_picture_decode_async (data, size, NULL, decoded_cb, &answer);
  return wait_for (&answer);
}

static GdkTexture *
fit (GBytes *data,
     int     size)
{
  Answer answer = { g_main_loop_new (NULL, FALSE), NULL, NULL };

  udpnat_picture_fit_async (data, size, NULL, decoded_cb, &answer);
  return wait_for (&answer);
}

static GdkTexture *
load (const char *path,
      int         size)
{
  Answer answer = { g_main_loop_new (NULL, FALSE), NULL, NULL };

  udpnat_picture_load_async (path, size, NULL, decoded_cb, &answer);
  return wait_for (&answer);
}

static GBytes *
encode (const char *format,
        int         width,
        int         height)
{
  g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize n_bytes;

  gdk_pixbuf_fill (picture, 0x3584e4ff);
  gdk_pixbuf_save_to_buffer (picture, &data, &n_bytes, format, &error, NULL);
  g_assert_no_error (error);
  return g_bytes_new_take (data, n_bytes);
}

static void
check_size (const char *format,
            int         width,
            int         height,
            int         expected)
{
  g_autoptr (GBytes) data = encode (format, width, height);
  g_autoptr (GdkTexture) texture = decode (data, 128);

  g_assert_nonnull (texture);
  g_assert_cmpint (gdk_texture_get_width (texture), ==, expected);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, expected);
}

static void
test_square (void)
{
  check_size ("png", 256, 256, 128);
  check_size ("jpeg", 256, 256, 128);
  check_size ("png", 64, 64, 64);
  check_size ("png", 300, 200, 128);
  check_size ("jpeg", 200, 1024, 128);
  check_size ("png", 1024, 1, 1);
}

static void
check_fits (GdkTexture *picture,
            int         width,
            int         height)
{
  g_autoptr (GdkTexture) texture = picture;

  g_assert_nonnull (texture);
  g_assert_cmpint (gdk_texture_get_width (texture), ==, width);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, height);
}

/* Nothing of it is cut off, and small ones stay as they are. */
static void
test_whole (void)
{
  g_autoptr (GBytes) wide = encode ("png", 300, 200);
  g_autoptr (GBytes) high = encode ("jpeg", 200, 1000);
  g_autoptr (GBytes) small = encode ("png", 20, 10);
  g_autoptr (GBytes) too_wide = encode ("png", 1025, 8);

  check_fits (fit (wide, 150), 150, 100);
  check_fits (fit (high, 100), 20, 100);
  check_fits (fit (small, 100), 20, 10);
  g_assert_null (fit (too_wide, 100));
}

/* What the user has taken may be larger than what strangers put into an offer. */
static void
test_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("udpnat-picture-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "a.png", NULL);
  g_autoptr (GBytes) data = encode ("png", 2000, 1000);
  g_autoptr (GError) error = NULL;

  g_assert_null (load (path, 200));
  g_assert_null (load (folder, 200));
  g_file_set_contents (path, g_bytes_get_data (data, NULL), (gssize) g_bytes_get_size (data),
                       &error);
  g_assert_no_error (error);
  check_fits (load (path, 200), 200, 100);
  g_file_set_contents (path, g_bytes_get_data (data, NULL), (gssize) g_bytes_get_size (data) - 20,
                       &error);
  g_assert_no_error (error);
  g_assert_null (load (path, 200));
  g_file_set_contents (path, "", 0, &error);
  g_assert_no_error (error);
  g_assert_null (load (path, 200));
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
check_refused (GBytes *data)
{
  g_autoptr (GdkTexture) texture = decode (data, 128);

  g_assert_null (texture);
}

static void
test_too_large (void)
{
  g_autoptr (GBytes) wide = encode ("png", 1025, 8);
  g_autoptr (GBytes) high = encode ("jpeg", 8, 1025);

  check_refused (wide);
  check_refused (high);
}

static void
put_u32 (GByteArray *out,
         guint32     value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &big, sizeof big);
}

/* CRC-32 as PNG has it (RFC 2083 section 15). */
static guint32
compute_crc (const guint8 *data,
             gsize         n_data)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < n_data; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320 : 0);
    }
  return ~crc;
}

/* A head that promises 30000 × 30000 pixels: 3.4 GiB, in 45 bytes. */
static void
test_bomb (void)
{
  g_autoptr (GByteArray) png = g_byte_array_new ();
  g_autoptr (GBytes) data = NULL;

  g_byte_array_append (png, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  put_u32 (png, 13);
  g_byte_array_append (png, (const guint8 *) "IHDR", 4);
  put_u32 (png, 30000);
  put_u32 (png, 30000);
  g_byte_array_append (png, (const guint8 *) "\x08\x06\0\0\0", 5);
  put_u32 (png, compute_crc (png->data + 12, 17));
  put_u32 (png, 0);
  g_byte_array_append (png, (const guint8 *) "IEND\xae\x42\x60\x82", 8);
  data = g_bytes_new (png->data, png->len);
  check_refused (data);
}

static void
test_garbage (void)
{
  g_autoptr (GBytes) png = encode ("png", 64, 64);
  g_autoptr (GBytes) half = g_bytes_new_from_bytes (png, 0, g_bytes_get_size (png) / 2);
  g_autoptr (GBytes) head = g_bytes_new_from_bytes (png, 0, 5);
  g_autoptr (GBytes) text = g_bytes_new_static ("hello", 5);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);

  check_refused (half);
  check_refused (head);
  check_refused (text);
  check_refused (nothing);
}

/* Other formats have readers of their own that were not written against strangers. */
static void
test_other_formats (void)
{
  g_autoptr (GBytes) bmp = encode ("bmp", 64, 64);
  static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
  g_autoptr (GBytes) vector = g_bytes_new_static (svg, sizeof svg - 1);

  check_refused (bmp);
  check_refused (vector);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/picture/good/is-a-square-of-the-size", test_square);
  g_test_add_func ("/picture/good/is-whole-and-fits", test_whole);
  g_test_add_func ("/picture/file/is-read-and-fits", test_file);
  g_test_add_func ("/picture/bad/too-many-pixels", test_too_large);
  g_test_add_func ("/picture/bad/head-that-promises-gigabytes", test_bomb);
  g_test_add_func ("/picture/bad/garbage", test_garbage);
  g_test_add_func ("/picture/bad/other-formats", test_other_formats);
  return g_test_run ();
}
