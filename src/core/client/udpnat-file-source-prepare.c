/* Reading and hashing what is to be offered, in a worker: first all of a folder is looked through,
 * so that progress has an end, then file after file is read.
 *
 * A folder is sent as it is, hidden files included. What is no file or folder, or has a name that
 * is no text, is left out and counted; links inside are as well, for what they lead to need not be
 * in the folder. A file that cannot be read ends it all: who sends a folder must know that
 * something is missing. */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-file-error.h"
#include "udpnat-file-io.h"
#include "udpnat-file-list.h"
#include "udpnat-file-name.h"
#include "udpnat-file-source-private.h"
#include "udpnat-limits.h"

#define PROGRESS_INTERVAL_US 100000
#define SNIFFED_BYTES 4096 /* of the beginning: what a type is guessed by */

/* The two threads share it; the main one has it while @is_planned. */
typedef struct
{
  gatomicrefcount          references;
  UdpnatFileSourceProgress callback;
  gpointer                 user_data;
  GMainContext            *context;
  GMutex                   mutex;
  gint64                   done_bytes;  /* under mutex */
  gint64                   total_bytes; /* likewise */
  gboolean                 is_planned;  /* likewise */
} Progress;

typedef struct
{
  UdpnatFileSource *source;
  GCancellable     *cancellable; /* borrowed from the task */
  Progress         *progress;
  GError           *error;
  guint8           *chunk;      /* a buffer */
  guint8            first[SNIFFED_BYTES];
  gsize             n_first;
  GArray           *found;      /* of Found, in the order of the list */
  GByteArray       *list;
  gint64            total_bytes, done_bytes;
  gint64            told_us;
} Preparation;

typedef struct
{
  gsize    path_offset;
  gboolean is_folder;
} Found;

/* ---- Progress ---- */

static void
progress_unref (Progress *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gboolean
progress_cb (gpointer user_data)
{
  Progress *self = user_data;
  gint64 done_bytes, total_bytes;

  g_mutex_lock (&self->mutex);
  self->is_planned = FALSE;
  done_bytes = self->done_bytes;
  total_bytes = self->total_bytes;
  g_mutex_unlock (&self->mutex);
  self->callback (done_bytes, total_bytes, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
plan_progress (Progress *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_static_name (source, "udpnat-file-source");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_atomic_ref_count_inc (&self->references);
  g_source_set_callback (source, progress_cb, self, (GDestroyNotify) progress_unref);
  g_source_attach (source, self->context);
}

static void
tell_progress (Preparation *self,
               gsize        n_bytes)
{
  gint64 now_us = g_get_monotonic_time ();
  Progress *progress = self->progress;
  gboolean is_planned;

  self->done_bytes += (gint64) n_bytes;
  self->total_bytes = MAX (self->total_bytes, self->done_bytes);
  if (progress == NULL || now_us - self->told_us < PROGRESS_INTERVAL_US)
    return;
  self->told_us = now_us;
  g_mutex_lock (&progress->mutex);
  progress->done_bytes = self->done_bytes;
  progress->total_bytes = self->total_bytes;
  is_planned = progress->is_planned;
  progress->is_planned = TRUE;
  g_mutex_unlock (&progress->mutex);
  if (!is_planned)
    plan_progress (progress);
}

static gboolean
is_cancelled (Preparation *self)
{
  return g_cancellable_set_error_if_cancelled (self->cancellable, &self->error);
}

/* ---- Errors ---- */

static char *
make_path (const Preparation *self,
           const char        *path)
{
  return path != NULL ? g_build_filename (self->source->path, path, NULL)
                      : g_strdup (self->source->path);
}

static gboolean
fail_reading (Preparation *self,
              const char  *path,
              int          errsv)
{
  g_autofree char *whole = make_path (self, path);

  udpnat_file_error_set_reading (&self->error, whole, errsv);
  return FALSE;
}

static gboolean
fail_changed (Preparation *self,
              const char  *path)
{
  g_autofree char *whole = make_path (self, path);
  g_autofree char *shown = g_filename_display_name (whole);

  g_set_error (&self->error, UDPNAT_ERROR, UDPNAT_ERROR_CHANGED,
               _("%s changed while it was read. Try again when nobody writes to it."), shown);
  return FALSE;
}

static gboolean
fail_too_much (Preparation *self)
{
  g_autofree char *shown = g_filename_display_name (self->source->path);

  g_set_error (&self->error, UDPNAT_ERROR, UDPNAT_ERROR_NOT_SENDABLE,
               _("There is too much in %s to be sent at once. Send its parts, or pack it."), shown);
  return FALSE;
}

static gboolean
fail_kind (Preparation *self)
{
  g_autofree char *shown = g_filename_display_name (self->source->path);

  g_set_error (&self->error, UDPNAT_ERROR, UDPNAT_ERROR_NOT_SENDABLE,
               _("%s is neither a file nor a folder. Choose something else."), shown);
  return FALSE;
}

static gboolean
fail_name (Preparation *self)
{
  g_autofree char *shown = g_filename_display_name (self->source->path);

  g_set_error (&self->error, UDPNAT_ERROR, UDPNAT_ERROR_NOT_SENDABLE,
               _("%s has no name that can be sent. Rename it, with letters and digits."), shown);
  return FALSE;
}

/* ---- Hashing ---- */

static gboolean
hash_bytes (Preparation *self,
            const char  *path,
            int          fd,
            UdpnatTree  *tree)
{
  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    {
      gsize n = udpnat_tree_get_chunk_bytes (tree, i);

      if (is_cancelled (self))
        return FALSE;
      if (!udpnat_file_io_read_at (fd, self->chunk, n, (gint64) (i * UDPNAT_CHUNK_BYTES)))
        return errno == 0 ? fail_changed (self, path) : fail_reading (self, path, errno);
      if (i == 0 && self->n_first == 0)
        {
          self->n_first = MIN (n, sizeof self->first);
          memcpy (self->first, self->chunk, self->n_first);
        }
      udpnat_tree_add_chunk (tree, self->chunk, n);
      tell_progress (self, n);
    }
  return TRUE;
}

static void
keep_tree (UdpnatSourceFile *file,
           UdpnatTree       *tree)
{
  const guint8 *hashes;
  gsize n;

  if (!udpnat_source_file_is_small (file))
    {
      file->tree = tree;
      return;
    }
  hashes = udpnat_tree_get_block (tree, 0, 0, &n);
  memcpy (file->hash, hashes, sizeof file->hash);
  udpnat_tree_free (tree);
}

/* @path: NULL when the file itself is what was chosen */
static gboolean
hash_open_file (Preparation *self,
                const char  *path,
                gsize        path_offset,
                int          fd,
                guint8       root[UDPNAT_TREE_HASH_BYTES])
{
  UdpnatSourceFile file = { .path_offset = path_offset };
  g_autoptr (UdpnatTree) tree = NULL;
  struct stat before, after;

  if (fstat (fd, &before) != 0)
    return fail_reading (self, path, errno);
  if (!S_ISREG (before.st_mode))
    return fail_changed (self, path);
  if ((guint64) before.st_size > UDPNAT_FILE_SIZE_MAX)
    return fail_too_much (self);
  tree = udpnat_tree_new ((guint64) before.st_size);
  if (!hash_bytes (self, path, fd, tree))
    return FALSE;
  if (fstat (fd, &after) != 0)
    return fail_reading (self, path, errno);
  file.size = (guint64) before.st_size;
  file.mtime_ns = udpnat_source_file_get_mtime (&before);
  if (after.st_size != before.st_size || udpnat_source_file_get_mtime (&after) != file.mtime_ns)
    return fail_changed (self, path);
  udpnat_tree_get_root (tree, root);
  keep_tree (&file, g_steal_pointer (&tree));
  g_array_append_val (self->source->files, file);
  return TRUE;
}

/* ---- A folder ---- */

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns: (nullable): the names in a folder, sorted; NULL with errno */
static GPtrArray *
read_names (int fd)
{
  DIR *dir = fdopendir (fd); /* has the descriptor then */
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;
  int errsv;

  if (dir == NULL)
    {
      errsv = errno;
      close (fd);
      errno = errsv;
      return NULL;
    }
  while ((errno = 0, entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  errsv = errno;
  closedir (dir);
  errno = errsv;
  if (errsv != 0)
    return NULL;
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static gboolean
add_found (Preparation       *self,
           const char        *path,
           const struct stat *about)
{
  GString *paths = self->source->paths;
  Found found = { paths->len, S_ISDIR (about->st_mode) };

  if (self->found->len == UDPNAT_FOLDER_FILES_MAX)
    return fail_too_much (self);
  g_string_append_len (paths, path, (gssize) strlen (path) + 1);
  g_array_append_val (self->found, found);
  if (!found.is_folder)
    self->total_bytes += about->st_size;
  return TRUE;
}

static gboolean walk (Preparation *self,
                      const char  *path,
                      guint        depth);

static gboolean
walk_folder (Preparation       *self,
             const char        *path,
             const struct stat *about,
             guint              depth)
{
  guint n_before = self->found->len;

  if (depth == UDPNAT_FOLDER_DEPTH_MAX)
    {
      self->source->n_skipped++;
      return TRUE;
    }
  if (!walk (self, path, depth + 1))
    return FALSE;
  /* Of a folder with something in it the paths tell. */
  return self->found->len > n_before || add_found (self, path, about);
}

/* @depth: of what is named, 1 for what is in the folder itself */
static gboolean
look_at (Preparation *self,
         const char  *folder,
         const char  *name,
         guint        depth)
{
  g_autofree char *path = folder != NULL ? g_strconcat (folder, "/", name, NULL) : g_strdup (name);
  g_autofree char *whole = make_path (self, path);
  struct stat about;

  if (is_cancelled (self))
    return FALSE;
  if (lstat (whole, &about) != 0)
    return errno == ENOENT || fail_reading (self, path, errno); /* gone meanwhile: never there */
  if ((!S_ISREG (about.st_mode) && !S_ISDIR (about.st_mode))
      || !udpnat_file_name_is_valid (name, strlen (name))
      || strlen (path) > UDPNAT_FOLDER_PATH_MAX_BYTES)
    {
      self->source->n_skipped++;
      return TRUE;
    }
  return S_ISDIR (about.st_mode) ? walk_folder (self, path, &about, depth)
                                 : add_found (self, path, &about);
}

/* @path: NULL: the folder that was chosen, which may be a link. No descriptor stays open while what
 * is in it is looked at: the folders above may be many. */
static gboolean
walk (Preparation *self,
      const char  *path,
      guint        depth)
{
  g_autofree char *whole = make_path (self, path);
  int fd = open (whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (path != NULL ? O_NOFOLLOW : 0));
  g_autoptr (GPtrArray) names = fd >= 0 ? read_names (fd) : NULL;

  if (names == NULL)
    return fail_reading (self, path, errno);
  for (guint i = 0; i < names->len; i++)
    if (!look_at (self, path, g_ptr_array_index (names, i), depth))
      return FALSE;
  return TRUE;
}

static gboolean
hash_found (Preparation *self,
            const Found *found)
{
  const char *path = self->source->paths->str + found->path_offset;
  guint8 root[UDPNAT_TREE_HASH_BYTES];
  guint n_files = self->source->files->len;
  gboolean is_hashed;
  int fd;

  if (found->is_folder)
    {
      udpnat_file_list_append_folder (self->list, path);
      return TRUE;
    }
  fd = udpnat_file_source_open_file (self->source, path);
  if (fd < 0)
    return errno == ENOENT || fail_reading (self, path, errno);
  is_hashed = hash_open_file (self, path, found->path_offset, fd, root);
  close (fd);
  if (!is_hashed)
    return FALSE;
  udpnat_file_list_append_file (
    self->list, path, g_array_index (self->source->files, UdpnatSourceFile, n_files).size, root);
  return self->list->len <= UDPNAT_FOLDER_LIST_MAX_BYTES || fail_too_much (self);
}

static UdpnatTree *
build_tree (GBytes *bytes)
{
  gsize n_data;
  const guint8 *data = g_bytes_get_data (bytes, &n_data);
  UdpnatTree *tree = udpnat_tree_new (n_data);

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    udpnat_tree_add_chunk (tree, data + i * UDPNAT_CHUNK_BYTES,
                           udpnat_tree_get_chunk_bytes (tree, i));
  return tree;
}

/* What was written is read as the receiver will: there must be no folder that can be offered and
 * not taken. */
static gboolean
finish_list (Preparation *self)
{
  UdpnatFileSource *source = self->source;
  g_autoptr (UdpnatFileList) list = NULL;

  source->list = g_byte_array_free_to_bytes (g_steal_pointer (&self->list));
  list = udpnat_file_list_parse (source->list);
  if (list == NULL)
    return fail_too_much (self);
  source->list_tree = build_tree (source->list);
  source->offer->size = udpnat_file_list_get_size (list);
  source->offer->n_files = udpnat_file_list_get_n_files (list);
  source->offer->list_size = g_bytes_get_size (source->list);
  udpnat_tree_get_root (source->list_tree, source->offer->root);
  return TRUE;
}

static gboolean
prepare_folder (Preparation *self)
{
  self->source->offer->kind = UDPNAT_FILE_KIND_FOLDER;
  self->source->offer->content_type = g_strdup ("inode/directory");
  self->found = g_array_new (FALSE, FALSE, sizeof (Found));
  self->list = g_byte_array_new ();
  if (!walk (self, NULL, 1))
    return FALSE;
  for (guint i = 0; i < self->found->len; i++)
    if (!hash_found (self, &g_array_index (self->found, Found, i)))
      return FALSE;
  return finish_list (self);
}

/* ---- A file ---- */

/* What no offer may say is not said. */
static char *
guess_content_type (const Preparation *self)
{
  g_autofree char *type = g_content_type_guess (self->source->offer->name, self->first,
                                                self->n_first, NULL);
  g_autofree char *mime_type = g_content_type_get_mime_type (type);

  if (mime_type == NULL || strlen (mime_type) > UDPNAT_CONTENT_TYPE_MAX_BYTES)
    return g_strdup ("");
  for (const char *p = mime_type; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return g_strdup ("");
  return g_steal_pointer (&mime_type);
}

static gboolean
prepare_file (Preparation       *self,
              int                fd,
              const struct stat *about)
{
  UdpnatFileOffer *offer = self->source->offer;

  self->total_bytes = about->st_size;
  posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  if (!hash_open_file (self, NULL, 0, fd, offer->root))
    return FALSE;
  offer->kind = UDPNAT_FILE_KIND_FILE;
  offer->n_files = 1;
  offer->size = g_array_index (self->source->files, UdpnatSourceFile, 0).size;
  offer->list_size = offer->size;
  offer->content_type = guess_content_type (self);
  return TRUE;
}

static gboolean
prepare (Preparation *self)
{
  g_autofree char *name = g_path_get_basename (self->source->path);
  struct stat about;
  gboolean is_prepared;
  int fd;

  if (!udpnat_file_name_is_valid (name, strlen (name)))
    return fail_name (self);
  self->source->offer->name = g_steal_pointer (&name);
  /* A device is not even opened: some do something then. */
  if (stat (self->source->path, &about) != 0)
    return fail_reading (self, NULL, errno);
  if (S_ISDIR (about.st_mode))
    return prepare_folder (self);
  if (!S_ISREG (about.st_mode))
    return fail_kind (self);
  fd = udpnat_file_source_open_file (self->source, NULL);
  if (fd < 0 || fstat (fd, &about) != 0)
    is_prepared = fail_reading (self, NULL, errno);
  else
    is_prepared = S_ISREG (about.st_mode) ? prepare_file (self, fd, &about) : fail_kind (self);
  if (fd >= 0)
    close (fd);
  return is_prepared;
}

/* ---- The task ---- */

static void
preparation_free (Preparation *self)
{
  udpnat_file_source_free (self->source);
  g_clear_pointer (&self->progress, progress_unref);
  g_clear_pointer (&self->found, g_array_unref);
  g_clear_pointer (&self->list, g_byte_array_unref);
  g_clear_error (&self->error);
  g_free (self->chunk);
  g_free (self);
}

static void
work (GTask        *task,
      gpointer      source_object,
      gpointer      task_data,
      GCancellable *cancellable)
{
  Preparation *self = task_data;

  self->cancellable = cancellable;
  self->chunk = g_malloc (UDPNAT_CHUNK_BYTES);
  if (prepare (self))
    g_task_return_pointer (task, g_steal_pointer (&self->source),
                           (GDestroyNotify) udpnat_file_source_free);
  else
    g_task_return_error (task, g_steal_pointer (&self->error));
}

/**
 * udpnat_file_source_prepare_async:
 * @path: of a file or folder, or a link to one; relative to the current folder
 * @progress: (nullable): called in the caller's context, at most ten times a second, and not after
 *   @callback
 *
 * Reads all of it once.
 */
void
udpnat_file_source_prepare_async (const char               *path,
                                  GCancellable             *cancellable,
                                  UdpnatFileSourceProgress  progress,
                                  gpointer                  progress_data,
                                  GAsyncReadyCallback       callback,
                                  gpointer                  user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  Preparation *self = g_new0 (Preparation, 1);

  self->source = udpnat_file_source_new (absolute);
  self->source->offer = g_new0 (UdpnatFileOffer, 1);
  if (progress != NULL)
    {
      self->progress = g_new0 (Progress, 1);
      g_atomic_ref_count_init (&self->progress->references);
      g_mutex_init (&self->progress->mutex);
      self->progress->context = g_main_context_ref (g_task_get_context (task));
      self->progress->callback = progress;
      self->progress->user_data = progress_data;
    }
  g_task_set_source_tag (task, udpnat_file_source_prepare_async);
  g_task_set_task_data (task, self, (GDestroyNotify) preparation_free);
  g_task_run_in_thread (task, work);
}

/**
 * udpnat_file_source_prepare_finish:
 * @error: %UDPNAT_ERROR_NOT_SENDABLE, _GONE, _DENIED, _CHANGED or _DISK, or %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full) (nullable)
 */
UdpnatFileSource *
udpnat_file_source_prepare_finish (GAsyncResult  *result,
                                   GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
