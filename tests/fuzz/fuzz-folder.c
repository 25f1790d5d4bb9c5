/* Files for the targets that read files. */

#include "config.h"

#include "fuzz-folder.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define DEPTH_MAX 8

static char *folder;

static void
remove_contents (const char *path,
                 guint       depth)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char      *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (g_file_test (inner, G_FILE_TEST_IS_DIR) && !g_file_test (inner, G_FILE_TEST_IS_SYMLINK)
          && depth < DEPTH_MAX)
        remove_contents (inner, depth + 1);
      g_remove (inner);
    }
}

static void
remove_folder (void)
{
  remove_contents (folder, 0);
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

/** fuzz_folder_get: Returns: its path; absolute */
const char *
fuzz_folder_get (void)
{
  g_autofree char *made = NULL;

  if (folder != NULL)
    return folder;
  made = g_dir_make_tmp ("udpnat-fuzz-XXXXXX", NULL);
  g_assert_nonnull (made);
  folder = g_canonicalize_filename (made, NULL);
  atexit (remove_folder);
  return folder;
}

/** fuzz_folder_clear: removes all that is in it */
void
fuzz_folder_clear (void)
{
  remove_contents (fuzz_folder_get (), 0);
}

/** fuzz_folder_path: Returns: (transfer full): of something in the folder */
char *
fuzz_folder_path (const char *name)
{
  return g_build_filename (fuzz_folder_get (), name, NULL);
}

/** fuzz_folder_put: Returns: (transfer full): the path of the file that was written */
char *
fuzz_folder_put (const char *name,
                 const void *data,
                 gsize       n_data)
{
  char *path = fuzz_folder_path (name);
  FILE *file = g_fopen (path, "wb");

  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, n_data, file), ==, n_data);
  g_assert_cmpint (fclose (file), ==, 0);
  return path;
}

/**
 * fuzz_folder_spoil:
 *
 * Does to a file what the input says, to its end: steps of a place (three bytes), how many bytes
 * (two) and these; none: the file ends there.
 */
void
fuzz_folder_spoil (const char   *path,
                   UdpnatReader *input)
{
  g_autofree char *contents = NULL;
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *written = NULL;
  gsize            n_contents;

  g_assert_true (g_file_get_contents (path, &contents, &n_contents, NULL));
  while (udpnat_reader_left (input) > 0 && n_contents > 0)
    {
      gsize         at = (gsize) udpnat_reader_u8 (input) << 16;
      const guint8 *bytes;
      gsize         n_bytes;

      at = (at + udpnat_reader_u16 (input)) % n_contents;
      bytes = fuzz_take (input, n_contents - at, &n_bytes);
      memcpy (contents + at, bytes, n_bytes);
      if (n_bytes == 0)
        n_contents = at;
    }
  written = fuzz_folder_put (name, contents, n_contents);
}
