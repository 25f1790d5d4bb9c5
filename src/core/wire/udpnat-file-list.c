/* The list of a folder that is sent: PROTOCOL.md section 21, "Folders".
 *
 * Its order makes it easy to trust: a path that is there twice stands beside itself, and what is in
 * a folder stands right behind what is before it. So it is checked as it is read, with nothing but
 * the entry before in mind, in whatever order somebody means harm. */

#include "config.h"

#include "udpnat-file-list.h"

#include <string.h>

#include "udpnat-file-name.h"
#include "udpnat-limits.h"
#include "udpnat-message.h"
#include "udpnat-reader.h"

#define KIND_FILE 0
#define KIND_FOLDER 1

struct _UdpnatFileList
{
  GBytes  *bytes;
  GArray  *offsets; /* of guint32: where each entry begins */
  guint    n_files;
  guint    n_folders; /* with those that are in paths only */
  guint64  size;
};

/* ---- Order and writing ---- */

/**
 * udpnat_file_list_compare:
 *
 * The order of paths: byte by byte, "/" before all others. So what is in a folder comes right
 * behind it, as when one walks through it and takes the names of each folder in the order of their
 * bytes.
 *
 * Returns: less than, equal to or greater than 0
 */
int
udpnat_file_list_compare (const char *a,
                          gsize       n_a,
                          const char *b,
                          gsize       n_b)
{
  gsize i = 0;

  while (i < MIN (n_a, n_b) && a[i] == b[i])
    i++;
  if (i == n_a || i == n_b)
    return (n_a > n_b) - (n_a < n_b);
  if (a[i] == '/' || b[i] == '/')
    return a[i] == '/' ? -1 : 1;
  return (guint8) a[i] < (guint8) b[i] ? -1 : 1;
}

/**
 * udpnat_file_list_append_file:
 * @path: at most %UDPNAT_FOLDER_PATH_MAX_BYTES, of names that udpnat_file_name_is_valid()
 * @size: bytes, at most %UDPNAT_FILE_SIZE_MAX
 */
void
udpnat_file_list_append_file (GByteArray   *out,
                              const char   *path,
                              guint64       size,
                              const guint8  root[UDPNAT_FILE_LIST_ROOT_BYTES])
{
  udpnat_append_u8 (out, KIND_FILE);
  udpnat_append_string (out, path);
  udpnat_append_u64 (out, size);
  udpnat_append_bytes (out, root, UDPNAT_FILE_LIST_ROOT_BYTES);
}

/** udpnat_file_list_append_folder: one in which there is nothing; others need no entry */
void
udpnat_file_list_append_folder (GByteArray *out,
                                const char *path)
{
  udpnat_append_u8 (out, KIND_FOLDER);
  udpnat_append_string (out, path);
}

/* ---- Reading ---- */

static void
read_entry (UdpnatReader        *reader,
            UdpnatFileListEntry *out)
{
  guint8 kind = udpnat_reader_u8 (reader);

  out->is_folder = kind == KIND_FOLDER;
  out->n_path = udpnat_reader_u16 (reader);
  out->path = (const char *) udpnat_reader_bytes (reader, out->n_path);
  out->size = out->is_folder ? 0 : udpnat_reader_u64 (reader);
  out->root = out->is_folder ? NULL : udpnat_reader_bytes (reader, UDPNAT_FILE_LIST_ROOT_BYTES);
  reader->failed |= kind != KIND_FILE && kind != KIND_FOLDER;
}

static gboolean
is_name (const char *name,
         gsize       n_name)
{
  gboolean leads_away = (n_name == 1 && name[0] == '.')
                        || (n_name == 2 && name[0] == '.' && name[1] == '.');

  return !leads_away && udpnat_file_name_is_valid (name, n_name);
}

static gboolean
is_path (const char *path,
         gsize       n_path)
{
  guint depth = 0;

  if (n_path > UDPNAT_FOLDER_PATH_MAX_BYTES)
    return FALSE;
  for (;;)
    {
      const char *slash = memchr (path, '/', n_path);
      gsize n_name = slash != NULL ? (gsize) (slash - path) : n_path;

      if (++depth > UDPNAT_FOLDER_DEPTH_MAX || !is_name (path, n_name))
        return FALSE;
      if (slash == NULL)
        return TRUE;
      path += n_name + 1;
      n_path -= n_name + 1;
    }
}

/* Folders that @entry is in, or is, and the entry before it was not */
static guint
count_new_folders (const UdpnatFileListEntry *before,
                   const UdpnatFileListEntry *entry)
{
  gsize i = 0;
  guint n = entry->is_folder ? 1 : 0;

  while (i < MIN (before->n_path, entry->n_path) && before->path[i] == entry->path[i])
    i++;
  /* A name that goes on alike in both is another one; "a" and "a/b": the folder is there. */
  if (i == before->n_path && i < entry->n_path && entry->path[i] == '/')
    i++;
  for (; i < entry->n_path; i++)
    n += entry->path[i] == '/';
  return n;
}

/* @entry may follow the one before, which has no path when it is the first. */
static gboolean
may_follow (const UdpnatFileListEntry *before,
            const UdpnatFileListEntry *entry)
{
  if (before->path == NULL)
    return TRUE;
  if (udpnat_file_list_compare (before->path, before->n_path, entry->path, entry->n_path) >= 0)
    return FALSE;
  /* Something in a file */
  return before->is_folder || entry->n_path < before->n_path
         || memcmp (before->path, entry->path, before->n_path) != 0
         || entry->path[before->n_path] != '/';
}

static gboolean
add_entry (UdpnatFileList            *self,
           const UdpnatFileListEntry *before,
           const UdpnatFileListEntry *entry,
           guint32                    offset)
{
  if (self->offsets->len == UDPNAT_FOLDER_FILES_MAX || !is_path (entry->path, entry->n_path)
      || !may_follow (before, entry))
    return FALSE;
  self->n_folders += count_new_folders (before, entry);
  if (self->n_folders > UDPNAT_FOLDER_FILES_MAX || entry->size > UDPNAT_FILE_SIZE_MAX - self->size)
    return FALSE;
  self->n_files += !entry->is_folder;
  self->size += entry->size;
  g_array_append_val (self->offsets, offset);
  return TRUE;
}

/**
 * udpnat_file_list_parse:
 * @bytes: not trusted; kept
 *
 * Returns: (transfer full) (nullable): %NULL when it breaks the protocol
 */
UdpnatFileList *
udpnat_file_list_parse (GBytes *bytes)
{
  g_autoptr (UdpnatFileList) self = g_new0 (UdpnatFileList, 1);
  UdpnatFileListEntry before = { 0 };
  UdpnatReader reader;
  gsize n_data;
  const guint8 *data = g_bytes_get_data (bytes, &n_data);

  self->bytes = g_bytes_ref (bytes);
  self->offsets = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (n_data > UDPNAT_FOLDER_LIST_MAX_BYTES)
    return NULL;
  udpnat_reader_init (&reader, data, n_data);
  while (udpnat_reader_left (&reader) > 0)
    {
      guint32 offset = (guint32) reader.offset;
      UdpnatFileListEntry entry;

      read_entry (&reader, &entry);
      if (reader.failed || !add_entry (self, &before, &entry, offset))
        return NULL;
      before = entry;
    }
  return g_steal_pointer (&self);
}

void
udpnat_file_list_free (UdpnatFileList *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->offsets, g_array_unref);
  g_free (self);
}

/** udpnat_file_list_get_n_entries: files, and folders that have an entry */
guint
udpnat_file_list_get_n_entries (const UdpnatFileList *self)
{
  return self->offsets->len;
}

guint
udpnat_file_list_get_n_files (const UdpnatFileList *self)
{
  return self->n_files;
}

/** udpnat_file_list_get_size: Returns: bytes of all files together */
guint64
udpnat_file_list_get_size (const UdpnatFileList *self)
{
  return self->size;
}

/** udpnat_file_list_get_entry: @i: less than udpnat_file_list_get_n_entries() */
void
udpnat_file_list_get_entry (const UdpnatFileList *self,
                            guint                 i,
                            UdpnatFileListEntry  *out_entry)
{
  UdpnatReader reader;
  gsize n_data;
  const guint8 *data = g_bytes_get_data (self->bytes, &n_data);

  g_assert (i < self->offsets->len);
  udpnat_reader_init (&reader, data, n_data);
  reader.offset = g_array_index (self->offsets, guint32, i);
  read_entry (&reader, out_entry);
}
