/* What is offered here, for who fetches it. How it is read and hashed first:
 * udpnat-file-source-prepare.c.
 *
 * A file that has changed since is never sent as what was offered: who fetches it would find out,
 * but not why. Its size and the time of its last change are looked at before and after each
 * piece. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-file-error.h"
#include "udpnat-file-io.h"
#include "udpnat-file-source-private.h"

/** udpnat_file_source_new: @path: absolute */
UdpnatFileSource *
udpnat_file_source_new (const char *path)
{
  UdpnatFileSource *self = g_new0 (UdpnatFileSource, 1);

  self->path = g_strdup (path);
  self->paths = g_string_new (NULL);
  self->files = g_array_new (FALSE, TRUE, sizeof (UdpnatSourceFile));
  g_mutex_init (&self->mutex);
  return self;
}

/** udpnat_file_source_free: not while another thread reads */
void
udpnat_file_source_free (UdpnatFileSource *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_open; i++)
    close (self->open[i].fd);
  for (guint i = 0; i < self->files->len; i++)
    {
      UdpnatSourceFile *file = &g_array_index (self->files, UdpnatSourceFile, i);

      if (!udpnat_source_file_is_small (file))
        udpnat_tree_free (file->tree);
    }
  g_array_unref (self->files);
  g_string_free (self->paths, TRUE);
  g_clear_pointer (&self->list, g_bytes_unref);
  udpnat_tree_free (self->list_tree);
  udpnat_file_offer_free (self->offer);
  g_free (self->path);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/**
 * udpnat_file_source_get_offer:
 *
 * Returns: (transfer none): all but width, height and thumbnail, which need a decoder of pictures
 */
const UdpnatFileOffer *
udpnat_file_source_get_offer (const UdpnatFileSource *self)
{
  return self->offer;
}

/** udpnat_file_source_get_path: Returns: (transfer none): absolute */
const char *
udpnat_file_source_get_path (const UdpnatFileSource *self)
{
  return self->path;
}

/** udpnat_file_source_get_n_skipped: Returns: what is in the folder and is not offered: links,
 * devices, names that are no text, folders too deep */
guint
udpnat_file_source_get_n_skipped (const UdpnatFileSource *self)
{
  return self->n_skipped;
}

/** udpnat_file_source_matches: whether this is what was offered at another time; its name aside */
gboolean
udpnat_file_source_matches (const UdpnatFileSource *self,
                            const UdpnatFileOffer  *offer)
{
  return self->offer->kind == offer->kind && self->offer->size == offer->size
         && self->offer->n_files == offer->n_files && self->offer->list_size == offer->list_size
         && memcmp (self->offer->root, offer->root, sizeof offer->root) == 0;
}

/* ---- Files ---- */

gboolean
udpnat_source_file_is_small (const UdpnatSourceFile *self)
{
  return self->size <= UDPNAT_CHUNK_BYTES;
}

gint64
udpnat_source_file_get_mtime (const struct stat *about)
{
  return (gint64) about->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + about->st_mtim.tv_nsec;
}

/* NULL when there is none of that number; not to be asked for a folder's list */
static const UdpnatSourceFile *
get_file (const UdpnatFileSource *self,
          guint32                 file)
{
  guint i = self->list != NULL ? file - 1 : file;

  return i < self->files->len ? &g_array_index (self->files, UdpnatSourceFile, i) : NULL;
}

static gboolean
is_list (const UdpnatFileSource *self,
         guint32                 file)
{
  return self->list != NULL && file == 0;
}

/** udpnat_file_source_count_before: Returns: bytes of what is offered that come before @chunk of
 * @file, when all is fetched in order; takes as long as there are files */
guint64
udpnat_file_source_count_before (const UdpnatFileSource *self,
                                 guint32                 file,
                                 guint64                 chunk)
{
  guint first = self->list != NULL ? 1 : 0;
  guint64 n = 0;

  if (is_list (self, file))
    return 0;
  for (guint i = 0; i + first < file && i < self->files->len; i++)
    n += g_array_index (self->files, UdpnatSourceFile, i).size;
  return MIN (n + chunk * UDPNAT_CHUNK_BYTES, self->offer->size);
}

static char *
make_path (const UdpnatFileSource *self,
           const UdpnatSourceFile *file)
{
  return self->list != NULL
           ? g_build_filename (self->path, self->paths->str + file->path_offset, NULL)
           : g_strdup (self->path);
}

/**
 * udpnat_file_source_open_file:
 * @path: (nullable): of a file in the folder; %NULL: what the user has chosen, which may be a link
 *
 * Returns: a descriptor of whatever is there, or -1 with errno
 */
int
udpnat_file_source_open_file (const UdpnatFileSource *self,
                              const char             *path)
{
  /* A FIFO that took the file's place must not stop us. */
  int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  g_autofree char *whole = NULL;

  if (path == NULL)
    return open (self->path, flags);
  whole = g_build_filename (self->path, path, NULL);
  return open (whole, flags | O_NOFOLLOW);
}

static gboolean
set_changed (GError                **error,
             const UdpnatFileSource *self,
             const UdpnatSourceFile *file)
{
  g_autofree char *path = make_path (self, file);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_CHANGED,
               _("%s has changed since it was offered. Offer it again."), shown);
  return FALSE;
}

static gboolean
set_error (GError                **error,
           const UdpnatFileSource *self,
           const UdpnatSourceFile *file,
           int                     errsv)
{
  g_autofree char *path = make_path (self, file);

  udpnat_file_error_set_reading (error, path, errsv);
  return FALSE;
}

static gboolean
check_unchanged (const UdpnatFileSource *self,
                 const UdpnatSourceFile *file,
                 int                     fd,
                 GError                **error)
{
  struct stat about;

  if (fstat (fd, &about) != 0)
    return set_error (error, self, file, errno);
  if (!S_ISREG (about.st_mode) || (guint64) about.st_size != file->size
      || udpnat_source_file_get_mtime (&about) != file->mtime_ns)
    return set_changed (error, self, file);
  return TRUE;
}

/* ---- The last open ones ---- */

static void
forget (UdpnatFileSource *self,
        guint             i)
{
  close (self->open[i].fd);
  memmove (&self->open[i], &self->open[i + 1], (--self->n_open - i) * sizeof self->open[0]);
}

static void
remember (UdpnatFileSource *self,
          guint32           number,
          int               fd)
{
  if (self->n_open == UDPNAT_FILE_SOURCE_OPEN_MAX)
    forget (self, self->n_open - 1);
  memmove (&self->open[1], &self->open[0], self->n_open++ * sizeof self->open[0]);
  self->open[0] = (UdpnatSourceOpen) { number, fd };
}

static int
get_descriptor (UdpnatFileSource       *self,
                guint32                 number,
                const UdpnatSourceFile *file)
{
  int fd;

  for (guint i = 0; i < self->n_open; i++)
    if (self->open[i].file == number)
      {
        UdpnatSourceOpen found = self->open[i];

        memmove (&self->open[1], &self->open[0], i * sizeof self->open[0]);
        self->open[0] = found;
        return found.fd;
      }
  fd = udpnat_file_source_open_file (
    self, self->list != NULL ? self->paths->str + file->path_offset : NULL);
  if (fd >= 0)
    remember (self, number, fd);
  return fd;
}

static void
forget_file (UdpnatFileSource *self,
             guint32           number)
{
  for (guint i = 0; i < self->n_open; i++)
    if (self->open[i].file == number)
      {
        forget (self, i);
        return;
      }
}

/* ---- Pieces ---- */

static gboolean
read_piece (UdpnatFileSource       *self,
            guint32                 number,
            const UdpnatSourceFile *file,
            gint64                  offset,
            guint8                 *out,
            gsize                   n_out,
            GError                **error)
{
  int fd = get_descriptor (self, number, file);

  if (fd < 0)
    return set_error (error, self, file, errno);
  if (!check_unchanged (self, file, fd, error))
    return FALSE;
  if (!udpnat_file_io_read_at (fd, out, n_out, offset))
    return errno == 0 ? set_changed (error, self, file) : set_error (error, self, file, errno);
  return check_unchanged (self, file, fd, error);
}

static GBytes *
set_no_such (GError **error)
{
  g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                       _("There is no such part of what was offered."));
  return NULL;
}

/**
 * udpnat_file_source_read_chunk:
 * @file: 0 is the file, or the list of a folder, whose files are 1 and up
 * @error: %UDPNAT_ERROR_CHANGED, _GONE, _DENIED or _DISK; _INVALID when there is no such chunk
 *
 * Reads 64 KiB, or what is left. May be called in another thread than the other calls.
 *
 * Returns: (transfer full) (nullable)
 */
GBytes *
udpnat_file_source_read_chunk (UdpnatFileSource *self,
                               guint32           file,
                               guint64           chunk,
                               GError          **error)
{
  const UdpnatSourceFile *about = is_list (self, file) ? NULL : get_file (self, file);
  guint64 size = about != NULL ? about->size : self->offer->list_size;
  guint64 offset = chunk * UDPNAT_CHUNK_BYTES;
  g_autofree guint8 *data = NULL;
  gboolean is_read;
  gsize n;

  if ((about == NULL && !is_list (self, file)) || chunk > size / UDPNAT_CHUNK_BYTES
      || (offset == size && chunk > 0))
    return set_no_such (error);
  n = (gsize) MIN (UDPNAT_CHUNK_BYTES, size - offset);
  if (about == NULL)
    return g_bytes_new_from_bytes (self->list, (gsize) offset, n);
  data = g_malloc (MAX (n, 1));
  g_mutex_lock (&self->mutex);
  is_read = read_piece (self, file, about, (gint64) offset, data, n, error);
  if (!is_read)
    forget_file (self, file);
  g_mutex_unlock (&self->mutex);
  return is_read ? g_bytes_new_take (g_steal_pointer (&data), n) : NULL;
}

/**
 * udpnat_file_source_dup_block:
 * @level: of the tree of @file; 0 has the hashes of chunks
 *
 * Returns: (transfer full) (nullable): the hashes of a block; %NULL when there is no such
 */
GBytes *
udpnat_file_source_dup_block (const UdpnatFileSource *self,
                              guint32                 file,
                              guint                   level,
                              guint64                 block)
{
  const UdpnatSourceFile *about = is_list (self, file) ? NULL : get_file (self, file);
  const UdpnatTree *tree = self->list_tree;
  const guint8 *hashes;
  gsize n;

  if (about == NULL && !is_list (self, file))
    return NULL;
  if (about != NULL && udpnat_source_file_is_small (about))
    return level == 0 && block == 0 ? g_bytes_new (about->hash, sizeof about->hash) : NULL;
  if (about != NULL)
    tree = about->tree;
  hashes = udpnat_tree_get_block (tree, level, block, &n);
  return hashes != NULL ? g_bytes_new (hashes, n) : NULL;
}
