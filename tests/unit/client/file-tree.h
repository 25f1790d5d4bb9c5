#pragma once

/* Files and folders for tests of what is sent: made, compared, removed. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-file-source.h"
#include "udpnat-tree.h"

G_BEGIN_DECLS

static inline guint8
file_tree_byte (guint   seed,
                guint64 offset)
{
  return (guint8) (offset * 31 + offset / 251 + offset / 65536 * 7 + seed * 101);
}

static inline GBytes *
file_tree_bytes (guint seed,
                 gsize n)
{
  guint8 *data = g_malloc (MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    data[i] = file_tree_byte (seed, i);
  return g_bytes_new_take (data, n);
}

/* Makes the folders above, too. */
static inline void
file_tree_write (const char *folder,
                 const char *path,
                 guint       seed,
                 gsize       n)
{
  g_autofree char *whole = g_build_filename (folder, path, NULL);
  g_autofree char *above = g_path_get_dirname (whole);
  g_autoptr (GBytes) bytes = file_tree_bytes (seed, n);
  int fd;

  g_assert_cmpint (g_mkdir_with_parents (above, 0755), ==, 0);
  fd = g_creat (whole, 0644); /* no other name before: it may be the longest that there is */
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, g_bytes_get_data (bytes, NULL), n), ==, (gssize) n);
  close (fd);
}

static inline void
file_tree_make_folder (const char *folder,
                       const char *path)
{
  g_autofree char *whole = g_build_filename (folder, path, NULL);

  g_assert_cmpint (g_mkdir_with_parents (whole, 0755), ==, 0);
}

static inline void
file_tree_remove (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  GStatBuf about;
  const char *name;

  if (g_lstat (path, &about) != 0)
    return;
  if (!S_ISDIR (about.st_mode))
    {
      g_assert_cmpint (g_unlink (path), ==, 0);
      return;
    }
  dir = g_dir_open (path, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      file_tree_remove (inside);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static inline guint
file_tree_count (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* ---- Sources ---- */

typedef struct
{
  UdpnatFileSource *source;
  GError           *error;
  gboolean          is_done;
} FileTreeResult;

static inline void
file_tree_prepared_cb (GObject      *source_object,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  FileTreeResult *self = user_data;

  self->source = udpnat_file_source_prepare_finish (result, &self->error);
  self->is_done = TRUE;
}

static inline UdpnatFileSource *
file_tree_prepare (const char  *path,
                   GError     **error)
{
  FileTreeResult result = { 0 };

  udpnat_file_source_prepare_async (path, NULL, NULL, NULL, file_tree_prepared_cb, &result);
  while (!result.is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true ((result.source == NULL) == (result.error != NULL));
  if (result.error != NULL)
    g_propagate_error (error, result.error);
  return result.source;
}

static inline UdpnatFileSource *
file_tree_prepare_well (const char *path)
{
  g_autoptr (GError) error = NULL;
  UdpnatFileSource *source = file_tree_prepare (path, &error);

  g_assert_no_error (error);
  return source;
}

/* ---- Rights ---- */

/* Root may do anything; another user may not. To be undone with file_tree_be_all(). */
static inline void
file_tree_be_nobody (void)
{
  if (getuid () == 0)
    g_assert_cmpint (seteuid (65534), ==, 0);
}

static inline void
file_tree_be_all (void)
{
  if (getuid () == 0)
    g_assert_cmpint (seteuid (0), ==, 0);
}

G_END_DECLS
