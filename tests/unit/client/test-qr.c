/* QR codes: that another program reads them, off the modules and off the text for a terminal; and
 * the marks that every code has. */

#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-qr.h"

#define LINK \
  "udpnat:alice@chat.example.org?key=aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define QUIET 4
#define PIXELS 4 /* of a picture, to each module */

/* ---- Marks ---- */

/* Of the three corners: 7 × 7, dark ring, light ring, dark middle (ISO/IEC 18004 section 6.3.3). */
static void
check_finder (const UdpnatQr *qr,
              int             left,
              int             top)
{
  for (int y = 0; y < 7; y++)
    for (int x = 0; x < 7; x++)
      {
        int ring = MIN (MIN (x, 6 - x), MIN (y, 6 - y));

        g_assert_cmpint (udpnat_qr_is_dark (qr, left + x, top + y), ==, ring != 1);
      }
}

static void
test_finders (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  int size = (int) udpnat_qr_get_size (qr);

  check_finder (qr, 0, 0);
  check_finder (qr, size - 7, 0);
  check_finder (qr, 0, size - 7);
}

/* Section 6.3.5: dark and light by turns. */
static void
test_timing (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  int size = (int) udpnat_qr_get_size (qr);

  for (int i = 8; i < size - 8; i++)
    {
      g_assert_cmpint (udpnat_qr_is_dark (qr, i, 6), ==, i % 2 == 0);
      g_assert_cmpint (udpnat_qr_is_dark (qr, 6, i), ==, i % 2 == 0);
    }
}

/* Version 5: a link as people have them fits a terminal of 24 lines. */
static void
test_size (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  g_autofree char *text = udpnat_qr_to_text (qr, FALSE);
  guint n_lines = 0;

  g_assert_cmpuint (udpnat_qr_get_size (qr), ==, 17 + 4 * 5);
  for (const char *p = text; *p != '\0'; p++)
    n_lines += *p == '\n';
  g_assert_cmpuint (n_lines, ==, 23);
}

static void
test_light_outside (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  int size = (int) udpnat_qr_get_size (qr);

  for (int i = -2; i < size + 2; i++)
    {
      g_assert_false (udpnat_qr_is_dark (qr, i, -1));
      g_assert_false (udpnat_qr_is_dark (qr, -1, i));
      g_assert_false (udpnat_qr_is_dark (qr, i, size));
      g_assert_false (udpnat_qr_is_dark (qr, size, i));
    }
}

static void
test_lengths (void)
{
  g_autofree char *longest = g_strnfill (UDPNAT_QR_MAX_BYTES, 'a');
  g_autofree char *longer = g_strnfill (UDPNAT_QR_MAX_BYTES + 1, 'a');
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (longest);

  g_assert_nonnull (qr);
  g_assert_null (udpnat_qr_new (longer));
  g_assert_null (udpnat_qr_new (""));
}

/* ---- For a terminal ---- */

/* Modules back from text: rows of booleans, TRUE for dark. */
static GPtrArray *
read_text (const char *text)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i + 1] != NULL; i++)
    {
      GByteArray *upper = g_byte_array_new (), *lower = g_byte_array_new ();

      for (const char *p = lines[i]; *p != '\0'; p = g_utf8_next_char (p))
        {
          gunichar c = g_utf8_get_char (p);
          guint8 is_upper_dark = c == ' ' || c == 0x2584;
          guint8 is_lower_dark = c == ' ' || c == 0x2580;

          g_assert_true (c == ' ' || c == 0x2580 || c == 0x2584 || c == 0x2588);
          g_byte_array_append (upper, &is_upper_dark, 1);
          g_byte_array_append (lower, &is_lower_dark, 1);
        }
      g_ptr_array_add (rows, upper);
      g_ptr_array_add (rows, lower);
    }
  return rows;
}

static void
test_text_same_modules (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  g_autofree char *text = udpnat_qr_to_text (qr, FALSE);
  g_autoptr (GPtrArray) rows = read_text (text);
  guint n_columns = udpnat_qr_get_size (qr) + 2 * QUIET;

  g_assert_cmpuint (rows->len, ==, n_columns + n_columns % 2);
  for (guint y = 0; y < rows->len; y++)
    {
      const GByteArray *row = g_ptr_array_index (rows, y);

      g_assert_cmpuint (row->len, ==, n_columns);
      for (guint x = 0; x < n_columns; x++)
        g_assert_cmpuint (row->data[x], ==,
                          udpnat_qr_is_dark (qr, (int) x - QUIET, (int) y - QUIET));
    }
}

/* Each line asks for white on black, and gives the colours back. */
static void
test_text_colours (void)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (LINK);
  g_autofree char *bare = udpnat_qr_to_text (qr, FALSE);
  g_autofree char *coloured = udpnat_qr_to_text (qr, TRUE);
  g_auto (GStrv) bare_lines = g_strsplit (bare, "\n", -1);
  g_auto (GStrv) lines = g_strsplit (coloured, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, g_strv_length (bare_lines));
  for (guint i = 0; lines[i + 1] != NULL; i++)
    {
      g_autofree char *expected =
        g_strconcat ("\033[38;5;231;48;5;16m", bare_lines[i], "\033[0m", NULL);

      g_assert_cmpstr (lines[i], ==, expected);
    }
}

/* ---- Read by another program ---- */

static void
draw_square (GString *picture,
             guint    row_bytes,
             guint    x,
             guint    y)
{
  for (guint i = 0; i < PIXELS; i++)
    memset (picture->str + (y * PIXELS + i) * row_bytes + x * PIXELS, 0, PIXELS);
}

/* A portable grey map: "P5", size, a byte for each pixel. */
static GString *
draw (const GPtrArray *rows)
{
  guint n_columns = ((const GByteArray *) g_ptr_array_index (rows, 0))->len;
  GString *picture = g_string_new (NULL);
  GString *file = g_string_new (NULL);

  g_string_set_size (picture, rows->len * PIXELS * n_columns * PIXELS);
  memset (picture->str, 255, picture->len);
  for (guint y = 0; y < rows->len; y++)
    for (guint x = 0; x < n_columns; x++)
      if (((const GByteArray *) g_ptr_array_index (rows, y))->data[x])
        draw_square (picture, n_columns * PIXELS, x, y);
  g_string_printf (file, "P5\n%u %u\n255\n", n_columns * PIXELS, rows->len * PIXELS);
  g_string_append_len (file, picture->str, (gssize) picture->len);
  g_string_free (picture, TRUE);
  return file;
}

static char *
run_reader (const char *path)
{
  g_autoptr (GSubprocess) reader = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  reader = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                             &error, "zbarimg", "--nodbus", "--quiet", "--raw", "-Sdisable",
                             "-Sqrcode.enable", path, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (reader, NULL, NULL, &output, NULL, &error));
  return output;
}

/* Through the text, so that this is read as a camera would read a terminal. */
static void
check_read_by_another (const char *data)
{
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autofree char *read = NULL;
  g_autofree char *text = NULL;
  g_autofree char *program = g_find_program_in_path ("zbarimg");
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (data);
  GString *picture;

  if (program == NULL)
    {
      g_test_skip ("zbarimg (package zbar-tools) is not installed");
      return;
    }
  text = udpnat_qr_to_text (qr, FALSE);
  rows = read_text (text);
  picture = draw (rows);
  folder = g_dir_make_tmp ("udpnat-qr-XXXXXX", NULL);
  path = g_build_filename (folder, "code.pgm", NULL);
  g_assert_true (g_file_set_contents (path, picture->str, (gssize) picture->len, NULL));
  read = run_reader (path);
  g_unlink (path);
  g_rmdir (folder);
  g_string_free (picture, TRUE);
  g_assert_nonnull (read);
  g_assert_cmpstr (g_strchomp (read), ==, data);
}

static void
test_read_link (void)
{
  check_read_by_another (LINK);
}

static void
test_read_long (void)
{
  GString *data = g_string_new ("udpnat:");

  while (data->len + 3 <= UDPNAT_QR_MAX_BYTES)
    g_string_append_printf (data, "%%%02X", (guint) (data->len % 200 + 33));
  check_read_by_another (data->str);
  g_string_free (data, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/qr/marks/three-corners", test_finders);
  g_test_add_func ("/qr/marks/timing", test_timing);
  g_test_add_func ("/qr/size/link-fits-a-terminal", test_size);
  g_test_add_func ("/qr/size/light-outside", test_light_outside);
  g_test_add_func ("/qr/size/longest-and-one-more", test_lengths);
  g_test_add_func ("/qr/text/same-modules", test_text_same_modules);
  g_test_add_func ("/qr/text/colours-asked-for-and-given-back", test_text_colours);
  g_test_add_func ("/qr/read/link-by-another-program", test_read_link);
  g_test_add_func ("/qr/read/longest-by-another-program", test_read_long);

  return g_test_run ();
}
