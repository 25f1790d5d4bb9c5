/* What is fetched, on its way to the disk. Folders: udpnat-file-sink-folder.c; how it gets its
 * name, or goes: udpnat-file-sink-end.c.
 *
 * What is safe is one number: the bytes of all files in their order, up to the first that is not on
 * the disk. After a crash nothing beyond it is believed, for file systems write lengths before what
 * is in the files; it is cut off when the partial is opened, and fetched again. The same is done
 * when the disk says that it could not write: what the file seems to have then may not be there.
 *
 * The partial may be in a folder where others write as well. It is made new, no link is followed,
 * and nothing is written to a file that has another name somewhere. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "udpnat-file-error.h"
#include "udpnat-file-io.h"
#include "udpnat-file-name.h"
#include "udpnat-file-sink-private.h"

/* Of the name in the partial's, so that all of it fits: ".", ".12345678-99", suffix. */
#define PARTIAL_NAME_MAX_BYTES 200
#define PARTIAL_ID_BYTES 8
#define PARTIALS_MAX 99
/* More files than that are made safe together with all else on the disk: that waits once. */
#define SYNC_EACH_MAX 16
#define FAT_FILE_MAX_BYTES G_MAXUINT32

#define OPEN_FLAGS (O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* ---- Errors ---- */

gboolean
udpnat_file_sink_fail (const UdpnatFileSink *self,
                       int                   errsv,
                       GError              **error)
{
  udpnat_file_error_set_writing (error, self->folder, errsv);
  return FALSE;
}

/* Where we have made everything, what is missing was taken, and what is no folder was put there. */
gboolean
udpnat_file_sink_fail_inside (const UdpnatFileSink *self,
                              int                   errsv,
                              GError              **error)
{
  if (errsv == ENOENT)
    errsv = ESTALE;
  if (errsv == ENOTDIR || errsv == EISDIR || errsv == EEXIST)
    errsv = ELOOP;
  return udpnat_file_sink_fail (self, errsv, error);
}

/* ---- Files ---- */

UdpnatSinkFile *
udpnat_file_sink_lookup (const UdpnatFileSink *self,
                         guint32               file)
{
  if (file == 0)
    return (UdpnatSinkFile *) &self->main;
  return file - 1 < self->n_files ? &self->files[file - 1] : NULL;
}

/** udpnat_file_sink_trust: Returns: bytes of a file that an earlier run left that are to be
 * believed: whole chunks, or all of it */
guint64
udpnat_file_sink_trust (const UdpnatFileSink *self,
                        const UdpnatSinkFile *file,
                        guint64               n_on_disk)
{
  guint64 kept = (guint64) self->kept;
  guint64 n_safe = kept > file->start ? MIN (kept - file->start, file->size) : 0;
  guint64 n = MIN (n_on_disk, n_safe);

  return n == file->size ? n : n - n % UDPNAT_CHUNK_BYTES;
}

/**
 * udpnat_file_sink_check_ours:
 *
 * Returns: %FALSE with errno when it is no file, or a file that somebody has under another name
 */
gboolean
udpnat_file_sink_check_ours (int     fd,
                             gint64 *out_size)
{
  struct stat about;

  if (fstat (fd, &about) != 0)
    return FALSE;
  *out_size = about.st_size;
  if (S_ISREG (about.st_mode) && about.st_nlink <= 1)
    return TRUE;
  errno = ELOOP;
  return FALSE;
}

/** udpnat_file_sink_cut: takes what is behind @size off a file; Returns: FALSE with errno */
gboolean
udpnat_file_sink_cut (int     fd,
                      guint64 size)
{
  gint64 there;

  if (!udpnat_file_sink_check_ours (fd, &there))
    return FALSE;
  return (guint64) there <= size || ftruncate (fd, (off_t) size) == 0;
}

/* The file is as long as we know, or is cut to that. */
static gboolean
check_length (const UdpnatSinkFile *file,
              int                   fd)
{
  gint64 size;

  if (!udpnat_file_sink_check_ours (fd, &size))
    return FALSE;
  if ((guint64) size > file->done)
    return ftruncate (fd, (off_t) file->done) == 0;
  errno = ELOOP;
  return (guint64) size == file->done;
}

static int
open_file (UdpnatFileSink       *self,
           const UdpnatSinkFile *file)
{
  g_autofree char *path = NULL;

  if (file == &self->main && self->root_fd < 0)
    return openat (self->folder_fd, self->partial_name, OPEN_FLAGS);
  if (file == &self->main)
    return openat (self->root_fd, UDPNAT_FILE_SINK_LIST, OPEN_FLAGS | O_CREAT, 0600);
  path = udpnat_file_sink_dup_path (self, file);
  return udpnat_file_sink_open_inside (self, path, OPEN_FLAGS | O_CREAT);
}

static void
remember (UdpnatFileSink *self,
          guint32         file,
          int             fd)
{
  if (self->n_open == UDPNAT_FILE_SINK_OPEN_MAX)
    close (self->open[--self->n_open].fd);
  memmove (&self->open[1], &self->open[0], self->n_open++ * sizeof self->open[0]);
  self->open[0] = (UdpnatSinkOpen) { file, fd };
}

/**
 * udpnat_file_sink_get_fd:
 *
 * Returns: a descriptor that the sink keeps, or -1 with errno; ELOOP: it is not what we wrote
 */
int
udpnat_file_sink_get_fd (UdpnatFileSink *self,
                         guint32         file)
{
  const UdpnatSinkFile *about = udpnat_file_sink_lookup (self, file);
  int fd;

  for (guint i = 0; i < self->n_open; i++)
    if (self->open[i].file == file)
      {
        UdpnatSinkOpen found = self->open[i];

        memmove (&self->open[1], &self->open[0], i * sizeof self->open[0]);
        self->open[0] = found;
        return found.fd;
      }
  fd = open_file (self, about);
  if (fd >= 0 && !check_length (about, fd))
    {
      int errsv = errno;

      close (fd);
      errno = errsv;
      return -1;
    }
  if (fd >= 0)
    remember (self, file, fd);
  return fd;
}

/** udpnat_file_sink_close_all: what is open is opened again when it is needed */
void
udpnat_file_sink_close_all (UdpnatFileSink *self)
{
  while (self->n_open > 0)
    close (self->open[--self->n_open].fd);
  if (self->parent_fd >= 0)
    close (self->parent_fd);
  self->parent_fd = -1;
  g_clear_pointer (&self->parent, g_free);
}

/* ---- Room ---- */

/** udpnat_file_sink_check_size: what the file system cannot hold is refused before it is fetched */
gboolean
udpnat_file_sink_check_size (const UdpnatFileSink *self,
                             guint64               size,
                             GError              **error)
{
  struct statfs about;

  if (size <= FAT_FILE_MAX_BYTES || fstatfs (self->folder_fd, &about) != 0
      || about.f_type != MSDOS_SUPER_MAGIC)
    return TRUE;
  return udpnat_file_sink_fail (self, EFBIG, error);
}

static gboolean
check_room (const UdpnatFileSink *self,
            GError              **error)
{
  guint64 total = self->main.size + (self->root_fd >= 0 ? self->offer->size : 0);
  /* Without its list nobody knows what is there of a folder. */
  guint64 there = self->root_fd >= 0 && self->list == NULL ? MIN (total, (guint64) self->kept)
                                                           : self->n_done;
  guint64 missing = total - there;
  struct statvfs about;

  /* What cannot be asked is found out. */
  if (fstatvfs (self->folder_fd, &about) != 0 || about.f_blocks == 0 || about.f_frsize == 0)
    return TRUE;
  if ((missing + about.f_frsize - 1) / about.f_frsize > about.f_bavail
      || (!self->is_found && about.f_files > 0 && self->offer->n_files > about.f_favail))
    return udpnat_file_sink_fail (self, ENOSPC, error);
  return udpnat_file_sink_check_size (self, self->main.size, error);
}

/* ---- Opening ---- */

static void
take_partial_name (UdpnatFileSink *self,
                   const char     *name)
{
  g_free (self->partial);
  self->partial = g_build_filename (self->folder, name, NULL);
  self->partial_name = self->partial + strlen (self->partial) - strlen (name);
}

static char *
make_partial_name (const UdpnatFileSink *self,
                   const char           *id_text,
                   guint                 n)
{
  g_autofree char *safe = udpnat_file_name_make_safe (self->offer->name);
  char number[16] = "";

  while (strlen (safe) > PARTIAL_NAME_MAX_BYTES)
    *g_utf8_prev_char (safe + strlen (safe)) = '\0';
  if (n > 1)
    g_snprintf (number, sizeof number, "-%u", n);
  return g_strdup_printf (".%s.%.*s%s" UDPNAT_FILE_SINK_SUFFIX, safe, PARTIAL_ID_BYTES, id_text,
                          number);
}

/* Returns: FALSE with errno; EEXIST: that name is taken */
static gboolean
create (UdpnatFileSink *self)
{
  int fd;

  if (self->offer->kind == UDPNAT_FILE_KIND_FILE)
    {
      fd = openat (self->folder_fd, self->partial_name, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
      if (fd >= 0)
        remember (self, 0, fd);
      return fd >= 0;
    }
  if (mkdirat (self->folder_fd, self->partial_name, 0700) != 0)
    return FALSE;
  self->root_fd = openat (self->folder_fd, self->partial_name,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return self->root_fd >= 0;
}

/* Something by that name is of a run that did not live to note it, or not ours at all. */
static gboolean
create_partial (UdpnatFileSink *self,
                const char     *id_text,
                GError        **error)
{
  for (guint n = 1; n <= PARTIALS_MAX; n++)
    {
      g_autofree char *name = make_partial_name (self, id_text, n);

      take_partial_name (self, name);
      if (create (self))
        return TRUE;
      if (errno != EEXIST)
        break;
    }
  return udpnat_file_sink_fail (self, errno, error);
}

/* Returns: FALSE with errno */
static gboolean
open_partial_file (UdpnatFileSink *self)
{
  int fd = openat (self->folder_fd, self->partial_name, OPEN_FLAGS);
  gint64 size;

  if (fd < 0)
    return FALSE;
  remember (self, 0, fd);
  if (!udpnat_file_sink_check_ours (fd, &size))
    return FALSE;
  self->main.done = udpnat_file_sink_trust (self, &self->main, (guint64) size);
  return udpnat_file_sink_cut (fd, self->main.done);
}

/* Returns: FALSE with errno */
static gboolean
open_partial_list (UdpnatFileSink *self)
{
  int fd = openat (self->root_fd, UDPNAT_FILE_SINK_LIST, OPEN_FLAGS);
  gint64 size;

  if (fd < 0)
    return errno == ENOENT; /* fetched again */
  remember (self, 0, fd);
  if (!udpnat_file_sink_check_ours (fd, &size))
    return FALSE;
  self->main.done = udpnat_file_sink_trust (self, &self->main, (guint64) size);
  return udpnat_file_sink_cut (fd, self->main.done);
}

static gboolean
open_partial_folder (UdpnatFileSink *self)
{
  self->root_fd = openat (self->folder_fd, self->partial_name,
                          O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (self->root_fd < 0 || !open_partial_list (self))
    return FALSE;
  /* Of the files nothing is safe then, and later nobody would know. */
  if ((guint64) self->kept < self->main.size)
    udpnat_file_sink_empty (self);
  return TRUE;
}

/** udpnat_file_sink_is_partial: whether a partial of ours may be called so */
gboolean
udpnat_file_sink_is_partial (const char *name)
{
  return name[0] == '.' && g_str_has_suffix (name, UDPNAT_FILE_SINK_SUFFIX);
}

static gboolean
open_partial (UdpnatFileSink *self,
              const char     *partial,
              GError        **error)
{
  g_autofree char *name = g_path_get_basename (partial);
  gboolean is_open;

  self->is_found = TRUE;
  take_partial_name (self, name);
  if (!udpnat_file_sink_is_partial (name))
    return udpnat_file_sink_fail (self, ESTALE, error);
  is_open = self->offer->kind == UDPNAT_FILE_KIND_FILE ? open_partial_file (self)
                                                       : open_partial_folder (self);
  return is_open || udpnat_file_sink_fail_inside (self, errno, error);
}

static UdpnatFileSink *
sink_new (const char            *folder,
          const UdpnatFileOffer *offer,
          gint64                 kept)
{
  UdpnatFileSink *self = g_new0 (UdpnatFileSink, 1);

  self->offer = udpnat_file_offer_copy (offer);
  self->folder = g_strdup (folder);
  self->root_fd = -1;
  self->parent_fd = -1;
  self->main.size = offer->list_size;
  self->kept = MAX (kept, 0);
  self->dirty = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->folder_fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return self;
}

/* Whatever was made only now goes again: nobody would know of it. */
static UdpnatFileSink *
give_up (UdpnatFileSink *self,
         gboolean        is_new)
{
  if (is_new && self->partial != NULL && (self->n_open > 0 || self->root_fd >= 0))
    udpnat_file_sink_remove (self);
  udpnat_file_sink_free (self);
  return NULL;
}

/**
 * udpnat_file_sink_open:
 * @folder: that it comes to; not looked at when there is a @partial, beside which it stays
 * @id_text: of the offer, in hexadecimal; at least 8 digits
 * @partial: (nullable): where an earlier run left it: udpnat_file_sink_get_partial()
 * @kept: bytes that are safe there, as udpnat_file_sink_sync() said
 * @error: %UDPNAT_ERROR_GONE when there is no such partial any more: it was finished and given its
 *   name, removed, or changed; _NO_FOLDER, _DENIED, _DISK_FULL, _DISK; _CORRUPT of a list
 *
 * Makes the partial, or goes on with it. When the list of a folder is whole, it is set.
 *
 * Returns: (transfer full) (nullable)
 */
UdpnatFileSink *
udpnat_file_sink_open (const char             *folder,
                       const UdpnatFileOffer  *offer,
                       const char             *id_text,
                       const char             *partial,
                       gint64                  kept,
                       GError                **error)
{
  g_autofree char *beside = partial != NULL ? g_path_get_dirname (partial) : g_strdup (folder);
  UdpnatFileSink *self = sink_new (beside, offer, partial != NULL ? kept : 0);
  gboolean is_new = partial == NULL;

  if (self->folder_fd < 0)
    {
      udpnat_file_sink_fail (self, errno, error);
      return give_up (self, FALSE);
    }
  if (is_new ? !create_partial (self, id_text, error) : !open_partial (self, partial, error))
    return give_up (self, is_new);
  self->n_done = self->main.done;
  self->main.safe = self->main.done;
  if (self->root_fd >= 0 && self->main.done == self->main.size
      && !udpnat_file_sink_set_list (self, error))
    return give_up (self, is_new);
  if (!check_room (self, error))
    return give_up (self, is_new);
  return self;
}

/** udpnat_file_sink_free: the partial stays */
void
udpnat_file_sink_free (UdpnatFileSink *self)
{
  if (self == NULL)
    return;
  udpnat_file_sink_close_all (self);
  if (self->root_fd >= 0)
    close (self->root_fd);
  if (self->folder_fd >= 0)
    close (self->folder_fd);
  for (guint32 i = 0; i < self->n_files; i++)
    g_free (self->files[i].path);
  g_free (self->files);
  g_clear_pointer (&self->list, udpnat_file_list_free);
  g_array_unref (self->dirty);
  udpnat_file_offer_free (self->offer);
  g_free (self->partial);
  g_free (self->folder);
  g_free (self);
}

/* ---- What there is ---- */

/** udpnat_file_sink_get_partial: Returns: (transfer none): its path, to go on with another time */
const char *
udpnat_file_sink_get_partial (const UdpnatFileSink *self)
{
  return self->partial;
}

/** udpnat_file_sink_has_list: whether the files of a folder are known */
gboolean
udpnat_file_sink_has_list (const UdpnatFileSink *self)
{
  return self->list != NULL;
}

/** udpnat_file_sink_get_n_files: Returns: files in the list; 0 for a file, or without a list */
guint32
udpnat_file_sink_get_n_files (const UdpnatFileSink *self)
{
  return self->n_files;
}

/**
 * udpnat_file_sink_get_file:
 * @file: 0 is the file or the list, 1 and up are the files of the list
 * @out_root: (array fixed-size=32): of its tree
 *
 * Returns: %FALSE when there is none of that number
 */
gboolean
udpnat_file_sink_get_file (const UdpnatFileSink *self,
                           guint32               file,
                           guint64              *out_size,
                           guint8               *out_root)
{
  const UdpnatSinkFile *about = udpnat_file_sink_lookup (self, file);
  const guint8 *root = self->offer->root;

  if (about == NULL)
    return FALSE;
  if (about != &self->main)
    {
      UdpnatFileListEntry entry;

      udpnat_file_list_get_entry (self->list, about->entry, &entry);
      root = entry.root;
    }
  *out_size = about->size;
  memcpy (out_root, root, UDPNAT_FILE_ROOT_BYTES);
  return TRUE;
}

/**
 * udpnat_file_sink_get_next_chunk:
 *
 * Returns: %FALSE when the file is whole, or there is none of that number
 */
gboolean
udpnat_file_sink_get_next_chunk (const UdpnatFileSink *self,
                                 guint32               file,
                                 guint64              *out_chunk)
{
  const UdpnatSinkFile *about = udpnat_file_sink_lookup (self, file);

  if (about == NULL || about->done == about->size)
    return FALSE;
  *out_chunk = about->done / UDPNAT_CHUNK_BYTES;
  return TRUE;
}

/**
 * udpnat_file_sink_get_next:
 *
 * Returns: %FALSE when there is nothing to be written: all is there, or the list is, and has to be
 *   set
 */
gboolean
udpnat_file_sink_get_next (UdpnatFileSink *self,
                           guint32        *out_file,
                           guint64        *out_chunk)
{
  while (self->first <= self->n_files)
    {
      *out_file = self->first;
      if (udpnat_file_sink_get_next_chunk (self, self->first, out_chunk))
        return TRUE;
      if (self->first == 0 && self->root_fd >= 0 && self->list == NULL)
        return FALSE;
      self->first++;
    }
  return FALSE;
}

/** udpnat_file_sink_get_done: Returns: bytes that are written, safe or not, of all files and the
 * list */
gint64
udpnat_file_sink_get_done (const UdpnatFileSink *self)
{
  return (gint64) self->n_done;
}

gboolean
udpnat_file_sink_is_whole (const UdpnatFileSink *self)
{
  if (self->root_fd >= 0 && self->list == NULL)
    return FALSE;
  return self->n_done == self->main.size + (self->root_fd >= 0 ? self->offer->size : 0);
}

/* ---- Writing ---- */

/**
 * udpnat_file_sink_write:
 * @file: 0 is the file or the list, 1 and up are the files of the list
 * @chunk: the one that udpnat_file_sink_get_next_chunk() names; earlier ones are there already
 * @data: all of the chunk, which is what was offered
 * @error: %UDPNAT_ERROR_DISK_FULL, _DENIED, _GONE or _DISK
 */
gboolean
udpnat_file_sink_write (UdpnatFileSink *self,
                        guint32         file,
                        guint64         chunk,
                        GBytes         *data,
                        GError        **error)
{
  UdpnatSinkFile *about = udpnat_file_sink_lookup (self, file);
  gsize n_data;
  const guint8 *bytes = g_bytes_get_data (data, &n_data);
  int fd;

  g_return_val_if_fail (about != NULL && !self->is_over, FALSE);
  /* What was asked for before that was known comes still. */
  if (self->write_error != 0)
    return udpnat_file_sink_fail_inside (self, self->write_error, error);
  if (about->done == about->size || chunk < about->done / UDPNAT_CHUNK_BYTES)
    return TRUE;
  g_return_val_if_fail (chunk == about->done / UDPNAT_CHUNK_BYTES, FALSE);
  g_return_val_if_fail (n_data == MIN (UDPNAT_CHUNK_BYTES, about->size - about->done), FALSE);
  fd = udpnat_file_sink_get_fd (self, file);
  if (fd < 0 || !udpnat_file_io_write_at (fd, bytes, n_data, (gint64) about->done))
    {
      self->write_error = errno;
      return udpnat_file_sink_fail_inside (self, self->write_error, error);
    }
  about->done += n_data;
  self->n_done += n_data;
  if (!about->is_dirty)
    g_array_append_val (self->dirty, file);
  about->is_dirty = TRUE;
  return TRUE;
}

/* The bytes before the first that is missing */
static guint64
get_position (UdpnatFileSink *self)
{
  guint32 file;
  guint64 chunk;
  const UdpnatSinkFile *about;

  if (udpnat_file_sink_get_next (self, &file, &chunk))
    {
      about = udpnat_file_sink_lookup (self, file);
      return about->start + about->done;
    }
  about = udpnat_file_sink_lookup (self, self->n_files);
  return about->start + about->done;
}

/* The disk says once that it lost something, and not what. */
static void
cut_unsafe (UdpnatFileSink *self)
{
  for (guint i = 0; i < self->dirty->len; i++)
    {
      guint32 number = g_array_index (self->dirty, guint32, i);
      UdpnatSinkFile *file = udpnat_file_sink_lookup (self, number);
      int fd = udpnat_file_sink_get_fd (self, number);

      self->n_done -= file->done - file->safe;
      file->done = file->safe;
      if (fd < 0 || !udpnat_file_sink_cut (fd, file->safe))
        g_debug ("Cannot cut what was not written: %s", g_strerror (errno));
    }
  self->first = 0;
}

/* Returns: FALSE with errno */
static gboolean
sync_dirty (UdpnatFileSink *self)
{
  if (self->dirty->len > SYNC_EACH_MAX)
    return syncfs (self->folder_fd) == 0;
  for (guint i = 0; i < self->dirty->len; i++)
    {
      int fd = udpnat_file_sink_get_fd (self, g_array_index (self->dirty, guint32, i));

      if (fd < 0 || fdatasync (fd) != 0)
        return FALSE;
    }
  return TRUE;
}

/**
 * udpnat_file_sink_sync:
 * @error: as of udpnat_file_sink_write()
 *
 * Waits until what was written is on the disk.
 *
 * Returns: what is safe, for the next udpnat_file_sink_open(): bytes of all files in their order,
 *   the list before them, up to the first that is missing; or -1
 */
gint64
udpnat_file_sink_sync (UdpnatFileSink *self,
                       GError        **error)
{
  if (self->is_over)
    return (gint64) get_position (self);
  if (self->sync_error == 0 && !sync_dirty (self))
    {
      self->sync_error = self->write_error = errno;
      cut_unsafe (self);
    }
  if (self->sync_error != 0)
    {
      udpnat_file_sink_fail_inside (self, self->sync_error, error);
      return -1;
    }
  for (guint i = 0; i < self->dirty->len; i++)
    {
      UdpnatSinkFile *file = udpnat_file_sink_lookup (self,
                                                      g_array_index (self->dirty, guint32, i));

      file->is_dirty = FALSE;
      file->safe = file->done;
    }
  g_array_set_size (self->dirty, 0);
  return (gint64) get_position (self);
}
