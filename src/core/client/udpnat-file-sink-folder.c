/* A folder that is fetched: its list, the names that its files get here, and how they are opened.
 *
 * Names are made safe, so two may become one; those that come later get a number then. The order of
 * the list decides, so that the names are the same after each start. In a folder of a file system
 * that does not tell "A" from "a" neither do we.
 *
 * Nothing is opened by a path that the system walks: each folder on the way is opened in the one
 * above, and none may be a link. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-file-name.h"
#include "udpnat-file-sink-private.h"
#include "udpnat-siphash.h"

G_STATIC_ASSERT (UDPNAT_SIPHASH_KEY_BYTES <= UDPNAT_FILE_ROOT_BYTES);

/* A folder that the entry before is in, or is: where its path ends, in the list and here */
typedef struct
{
  const char *path;   /* lent by the list */
  gsize       n_path; /* 0: the folder that is sent */
  gsize       n_safe;
  GHashTable *used;   /* hashes of the names in it -> number that may be free */
} Level;

typedef struct
{
  UdpnatFileSink *sink;
  GArray         *levels; /* of Level */
  GString        *safe;   /* path here, of the last level or what is in it */
  gboolean        folds;  /* "A" is "a" */
  guint64         start;
  GError        **error;
} Plan;

/* ---- Opening ---- */

/* Opens folder by folder from the hidden one. */
static int
open_folder (UdpnatFileSink *self,
             const char     *path,
             gsize           n_path)
{
  int fd = fcntl (self->root_fd, F_DUPFD_CLOEXEC, 0);

  while (fd >= 0 && n_path > 0)
    {
      const char *slash = memchr (path, '/', n_path);
      gsize n_name = slash != NULL ? (gsize) (slash - path) : n_path;
      g_autofree char *name = g_strndup (path, n_name);
      int next = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int errsv = errno;

      close (fd);
      errno = errsv;
      fd = next;
      path += slash != NULL ? n_name + 1 : n_name;
      n_path -= slash != NULL ? n_name + 1 : n_name;
    }
  return fd;
}

/* The folder that @path is in: files of one come after each other, so the last one stays open.
 *
 * Returns: a descriptor that the sink keeps, or -1 with errno */
static int
get_parent (UdpnatFileSink *self,
            const char     *path,
            const char    **out_name)
{
  const char *slash = strrchr (path, '/');
  gsize n_parent = slash != NULL ? (gsize) (slash - path) : 0;

  *out_name = slash != NULL ? slash + 1 : path;
  if (self->parent != NULL && strlen (self->parent) == n_parent
      && memcmp (self->parent, path, n_parent) == 0)
    return self->parent_fd;
  if (self->parent_fd >= 0)
    close (self->parent_fd);
  g_clear_pointer (&self->parent, g_free);
  self->parent_fd = open_folder (self, path, n_parent);
  if (self->parent_fd >= 0)
    self->parent = g_strndup (path, n_parent);
  return self->parent_fd;
}

/** udpnat_file_sink_open_inside: a file in the hidden folder; Returns: -1 with errno */
int
udpnat_file_sink_open_inside (UdpnatFileSink *self,
                              const char     *path,
                              int             flags)
{
  const char *name;
  int parent_fd = get_parent (self, path, &name);

  return parent_fd >= 0 ? openat (parent_fd, name, flags | O_NOFOLLOW, 0666) : -1;
}

/** udpnat_file_sink_dup_path: where a file of the list is, in the hidden folder */
char *
udpnat_file_sink_dup_path (const UdpnatFileSink *self,
                           const UdpnatSinkFile *file)
{
  UdpnatFileListEntry entry;

  if (file->path != NULL)
    return g_strdup (file->path);
  udpnat_file_list_get_entry (self->list, file->entry, &entry);
  return g_strndup (entry.path, entry.n_path);
}

/* ---- The list ---- */

static gboolean
set_corrupt (GError **error)
{
  g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_CORRUPT,
                       _("The folder that came is not the one that was offered. Ask for it to be "
                         "sent again."));
  return FALSE;
}

/* It has been on a disk since it was checked. */
static gboolean
has_root (const UdpnatFileOffer *offer,
          const guint8          *data)
{
  g_autoptr (UdpnatTree) tree = udpnat_tree_new (offer->list_size);
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    udpnat_tree_add_chunk (tree, data + i * UDPNAT_CHUNK_BYTES,
                           udpnat_tree_get_chunk_bytes (tree, i));
  return udpnat_tree_get_root (tree, root) && memcmp (root, offer->root, sizeof root) == 0;
}

static GBytes *
read_list (UdpnatFileSink *self,
           GError        **error)
{
  gsize n_data = (gsize) self->main.size;
  g_autofree guint8 *data = g_malloc (MAX (n_data, 1));
  int fd;

  if (n_data > 0)
    {
      fd = udpnat_file_sink_get_fd (self, 0);
      if (fd < 0 || !udpnat_file_io_read_at (fd, data, n_data, 0))
        {
          udpnat_file_sink_fail_inside (self, errno != 0 ? errno : ELOOP, error);
          return NULL;
        }
    }
  if (!has_root (self->offer, data))
    {
      set_corrupt (error);
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), n_data);
}

/* ---- Names ---- */

static gpointer
hash_name (const Plan *plan,
           const char *name)
{
  g_autofree char *folded = plan->folds ? g_utf8_casefold (name, -1) : NULL;
  const char *key = folded != NULL ? folded : name;

  /* What is in the root was chosen before the root was: nobody can choose names that meet. If two
   * do, one gets a number that it did not need. */
  return GSIZE_TO_POINTER ((gsize) udpnat_siphash (plan->sink->offer->root, (const guint8 *) key,
                                                   strlen (key)));
}

/* What is hidden in a folder may be what makes it of use, and the folder itself is seen. Our own
 * list is there as well, until the folder is whole. */
static const char *
get_dot (const char *sent)
{
  return *sent == '.' && g_ascii_strcasecmp (sent, UDPNAT_FILE_SINK_LIST) != 0 ? "." : "";
}

/* Returns: (transfer full): a name that nothing has yet in that folder */
static char *
give_name (Plan       *plan,
           GHashTable *used,
           const char *name,
           gsize       n_name)
{
  g_autofree char *sent = g_strndup (name, n_name);
  g_autofree char *safe = udpnat_file_name_make_safe (sent);
  g_autofree char *given = g_strconcat (get_dot (sent), safe, NULL);
  gpointer key = hash_name (plan, given);
  guint n = MAX (1, GPOINTER_TO_UINT (g_hash_table_lookup (used, key)));

  while (g_hash_table_contains (used, hash_name (plan, given)))
    {
      g_autofree char *numbered = udpnat_file_name_number (safe, ++n);

      g_free (given);
      given = g_strconcat (get_dot (sent), numbered, NULL);
    }
  /* The next of that name goes on from there: a million of them are no million squared. */
  g_hash_table_replace (used, key, GUINT_TO_POINTER (n));
  g_hash_table_replace (used, hash_name (plan, given), GUINT_TO_POINTER (n));
  return g_steal_pointer (&given);
}

static void
clear_level (gpointer data)
{
  g_hash_table_unref (((Level *) data)->used);
}

static void
push_level (Plan       *plan,
            const char *path,
            gsize       n_path)
{
  Level level = { path, n_path, plan->safe->len, g_hash_table_new (NULL, NULL) };

  g_array_append_val (plan->levels, level);
}

static Level *
get_level (const Plan *plan)
{
  return &g_array_index (plan->levels, Level, plan->levels->len - 1);
}

/* Up to the last folder that the entry is in */
static void
pop_levels (Plan                      *plan,
            const UdpnatFileListEntry *entry)
{
  for (;;)
    {
      const Level *level = get_level (plan);

      if (level->n_path == 0
          || (level->n_path < entry->n_path && entry->path[level->n_path] == '/'
              && memcmp (level->path, entry->path, level->n_path) == 0))
        {
          g_string_truncate (plan->safe, level->n_safe);
          return;
        }
      g_array_set_size (plan->levels, plan->levels->len - 1);
    }
}

/* Adds a name of the entry's path to what is written here. */
static void
add_name (Plan                      *plan,
          const UdpnatFileListEntry *entry,
          gsize                      start,
          gsize                      end)
{
  g_autofree char *name = give_name (plan, get_level (plan)->used, entry->path + start,
                                     end - start);

  if (plan->safe->len > 0)
    g_string_append_c (plan->safe, '/');
  g_string_append (plan->safe, name);
}

/* ---- What the list says is made ---- */

static gboolean
make_folder (Plan *plan)
{
  UdpnatFileSink *self = plan->sink;
  struct stat about;
  const char *name;
  int parent_fd = get_parent (self, plan->safe->str, &name);

  if (parent_fd < 0)
    return udpnat_file_sink_fail_inside (self, errno, plan->error);
  if (mkdirat (parent_fd, name, 0777) == 0)
    return TRUE;
  /* An earlier run made it. */
  if (errno == EEXIST && fstatat (parent_fd, name, &about, AT_SYMLINK_NOFOLLOW) == 0)
    errno = S_ISDIR (about.st_mode) ? 0 : ELOOP;
  return errno == 0 || udpnat_file_sink_fail_inside (self, errno, plan->error);
}

static gboolean
make_empty_file (Plan *plan)
{
  UdpnatFileSink *self = plan->sink;
  gint64 size;
  int fd = udpnat_file_sink_open_inside (self, plan->safe->str,
                                         O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  gboolean is_made = fd >= 0 && udpnat_file_sink_check_ours (fd, &size)
                     && (size == 0 || ftruncate (fd, 0) == 0);
  int errsv = errno;

  if (fd >= 0)
    close (fd);
  return is_made || udpnat_file_sink_fail_inside (self, errsv, plan->error);
}

/* Returns: FALSE with errno */
static gboolean
cut_file (Plan    *plan,
          guint64  size)
{
  int fd = udpnat_file_sink_open_inside (plan->sink, plan->safe->str,
                                         O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  gboolean is_cut = fd >= 0 && udpnat_file_sink_cut (fd, size);
  int errsv = errno;

  if (fd >= 0)
    close (fd);
  errno = errsv;
  return is_cut;
}

/* What of it is there from an earlier run, less what is not safe. */
static gboolean
find_rest (Plan           *plan,
           UdpnatSinkFile *file)
{
  UdpnatFileSink *self = plan->sink;
  struct stat about;
  const char *name;
  int parent_fd;

  if (!self->is_found)
    return TRUE;
  parent_fd = get_parent (self, plan->safe->str, &name);
  if (parent_fd < 0)
    return udpnat_file_sink_fail_inside (self, errno, plan->error);
  if (fstatat (parent_fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT || udpnat_file_sink_fail_inside (self, errno, plan->error);
  if (!S_ISREG (about.st_mode) || about.st_nlink > 1)
    return udpnat_file_sink_fail_inside (self, ELOOP, plan->error);
  file->done = udpnat_file_sink_trust (self, file, (guint64) about.st_size);
  file->safe = file->done;
  self->n_done += file->done;
  return file->done == (guint64) about.st_size || cut_file (plan, file->done)
         || udpnat_file_sink_fail_inside (self, errno, plan->error);
}

static gboolean
plan_file (Plan                      *plan,
           const UdpnatFileListEntry *entry,
           guint32                    i)
{
  UdpnatFileSink *self = plan->sink;
  UdpnatSinkFile *file = &self->files[self->n_files++];

  file->entry = i;
  file->size = entry->size;
  file->start = plan->start;
  plan->start += entry->size;
  if (plan->safe->len != entry->n_path || memcmp (plan->safe->str, entry->path, entry->n_path) != 0)
    file->path = g_strndup (plan->safe->str, plan->safe->len);
  if (file->size == 0)
    return make_empty_file (plan);
  return udpnat_file_sink_check_size (self, file->size, plan->error) && find_rest (plan, file);
}

static gboolean
plan_entry (Plan                      *plan,
            const UdpnatFileListEntry *entry,
            guint32                    i)
{
  gsize start;

  pop_levels (plan, entry);
  start = get_level (plan)->n_path;
  start += start > 0 ? 1 : 0;
  for (;;)
    {
      const char *slash = memchr (entry->path + start, '/', entry->n_path - start);
      gsize end = slash != NULL ? (gsize) (slash - entry->path) : entry->n_path;

      add_name (plan, entry, start, end);
      if (slash == NULL && !entry->is_folder)
        return plan_file (plan, entry, i);
      if (!make_folder (plan))
        return FALSE;
      push_level (plan, entry->path, end);
      if (slash == NULL)
        return TRUE;
      start = end + 1;
    }
}

static gboolean
folds_names (UdpnatFileSink *self)
{
  g_autofree char *upper = g_ascii_strup (UDPNAT_FILE_SINK_LIST, -1);
  struct stat about;

  return fstatat (self->root_fd, upper, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

static gboolean
plan_files (UdpnatFileSink *self,
            GError        **error)
{
  Plan plan = { .sink = self, .start = self->main.size, .error = error };
  gboolean is_planned = TRUE;
  UdpnatFileListEntry entry;

  plan.levels = g_array_new (FALSE, FALSE, sizeof (Level));
  g_array_set_clear_func (plan.levels, clear_level);
  plan.safe = g_string_new (NULL);
  plan.folds = folds_names (self);
  push_level (&plan, "", 0);
  /* "..udpnat-list" would become that as well. */
  g_hash_table_replace (get_level (&plan)->used, hash_name (&plan, UDPNAT_FILE_SINK_LIST),
                        GUINT_TO_POINTER (1));
  self->files = g_new0 (UdpnatSinkFile, udpnat_file_list_get_n_files (self->list));
  for (guint i = 0; i < udpnat_file_list_get_n_entries (self->list) && is_planned; i++)
    {
      udpnat_file_list_get_entry (self->list, i, &entry);
      is_planned = plan_entry (&plan, &entry, i);
    }
  g_array_unref (plan.levels);
  g_string_free (plan.safe, TRUE);
  return is_planned;
}

/**
 * udpnat_file_sink_set_list:
 * @error: %UDPNAT_ERROR_CORRUPT when the list is not one, or not what the offer says;
 *   _DISK_FULL, _DENIED, _GONE or _DISK
 *
 * To be called once, when all of file 0 of a folder is written. Makes folders and empty files.
 */
gboolean
udpnat_file_sink_set_list (UdpnatFileSink *self,
                           GError        **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (self->root_fd >= 0 && self->list == NULL, FALSE);
  g_return_val_if_fail (self->main.done == self->main.size, FALSE);
  bytes = read_list (self, error);
  if (bytes == NULL)
    return FALSE;
  self->list = udpnat_file_list_parse (bytes);
  if (self->list == NULL || udpnat_file_list_get_n_files (self->list) != self->offer->n_files
      || udpnat_file_list_get_size (self->list) != self->offer->size)
    return set_corrupt (error);
  return plan_files (self, error);
}
