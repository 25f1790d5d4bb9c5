/* From a backup to a profile: udpnat-backup.c says how the file looks.
 *
 * The whole file is read and checked before anything is written. The profile is then made in a
 * folder beside its place, the database in it is checked as well, and the folder takes its place in
 * one step: there is no moment at which half a profile could be opened.
 *
 * The profile of a backup with a passphrase is protected by the same passphrase, with a new
 * database key, so nothing of it is ever on the disk in clear. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-backup-private.h"
#include "udpnat-backup.h"
#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-key-file.h"
#include "udpnat-page-seal.h"
#include "udpnat-sealed-vfs.h"

typedef struct
{
  const char                                 *path; /* borrowed */
  int                                         fd;
  gint64                                      offset;
  gint64                                      end; /* of the body */
  guint8                                      check[UDPNAT_BACKUP_CHECK_BYTES];
  guint8                                      head[UDPNAT_BACKUP_SEALED_HEAD_BYTES];
  gsize                                       n_head;
  gsize                                       n_bound; /* of the head, to the next chunk */
  gboolean                                    is_sealed;
  UdpnatPassphraseCost                        cost;
  crypto_secretstream_xchacha20poly1305_state stream;
  guint8                                      chunk[UDPNAT_BACKUP_CHUNK_BYTES];
  gsize                                       n_chunk;
  gsize                                       n_taken; /* of the chunk */
} Reader;

static gboolean
set_damaged (GError     **error,
             const Reader *self)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BACKUP_DAMAGED,
               _("This backup is damaged: %s. Take another one; nothing was changed."), self->path);
  return FALSE;
}

static gboolean
set_unreadable (GError     **error,
                const Reader *self)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BACKUP_DAMAGED, _("Cannot read the backup %s: %s"),
               self->path, g_strerror (errno));
  return FALSE;
}

static void
reader_free (Reader *self)
{
  if (self->fd >= 0)
    close (self->fd);
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, reader_free)

/* ---- The head ---- */

static guint64
get_number (const guint8 *data)
{
  guint64 value;

  memcpy (&value, data, sizeof value);
  return GUINT64_FROM_BE (value);
}

/* @n_head: how much of it there is: what is too short and begins otherwise was never a backup */
static gboolean
check_magic (const Reader *self,
             gsize         n_head,
             GError      **error)
{
  if (memcmp (self->head, UDPNAT_BACKUP_MAGIC, MIN (n_head, UDPNAT_BACKUP_MAGIC_BYTES)) == 0)
    return n_head == UDPNAT_BACKUP_PLAIN_HEAD_BYTES || set_damaged (error, self);
  if (memcmp (self->head, UDPNAT_BACKUP_MAGIC, UDPNAT_BACKUP_MAGIC_BYTES - 2) == 0)
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BACKUP_DAMAGED,
                 _("The backup %s was made by a newer udpnat. Update this one."), self->path);
  else
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BACKUP_DAMAGED,
                 _("The file %s is no backup of udpnat. Choose another one."), self->path);
  return FALSE;
}

static gboolean
read_head (Reader  *self,
           GError **error)
{
  guint8 *flags = self->head + UDPNAT_BACKUP_MAGIC_BYTES;
  struct stat about;
  gsize n_head;

  if (fstat (self->fd, &about) != 0)
    return set_unreadable (error, self);
  n_head = (gsize) MIN (about.st_size, UDPNAT_BACKUP_PLAIN_HEAD_BYTES);
  if (!udpnat_file_io_read_at (self->fd, self->head, n_head, 0))
    return errno == 0 ? set_damaged (error, self) : set_unreadable (error, self);
  if (!check_magic (self, n_head, error))
    return FALSE;
  self->is_sealed = *flags == UDPNAT_BACKUP_FLAG_PASSPHRASE;
  self->n_head = self->is_sealed ? UDPNAT_BACKUP_SEALED_HEAD_BYTES
                                 : UDPNAT_BACKUP_PLAIN_HEAD_BYTES;
  self->end = about.st_size - UDPNAT_BACKUP_CHECK_BYTES;
  self->offset = (gint64) self->n_head;
  self->n_bound = self->n_head;
  if (*flags > UDPNAT_BACKUP_FLAG_PASSPHRASE || self->end < self->offset ||
      !udpnat_file_io_read_at (self->fd, self->head, self->n_head, 0))
    return set_damaged (error, self);
  self->cost.passes = get_number (self->head + UDPNAT_BACKUP_PLAIN_HEAD_BYTES);
  self->cost.memory_bytes = get_number (self->head + UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 8);
  return !self->is_sealed || udpnat_passphrase_is_cost_allowed (&self->cost) ||
         set_damaged (error, self);
}

static Reader *
reader_open (const char *path,
             GError    **error)
{
  g_autoptr (Reader) self = g_new0 (Reader, 1);

  self->path = path;
  self->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->fd < 0)
    {
      set_unreadable (error, self);
      return NULL;
    }
  return read_head (self, error) ? g_steal_pointer (&self) : NULL;
}

/* ---- The check ---- */

/* Reads the whole file. */
static gboolean
verify (Reader  *self,
        GError **error)
{
  crypto_generichash_state state;
  guint8 check[UDPNAT_BACKUP_CHECK_BYTES], buffer[UDPNAT_BACKUP_CHUNK_BYTES];

  crypto_generichash_init (&state, NULL, 0, sizeof check);
  for (gint64 at = 0; at < self->end;)
    {
      gsize n = (gsize) MIN ((gint64) sizeof buffer, self->end - at);

      if (!udpnat_file_io_read_at (self->fd, buffer, n, at))
        return set_unreadable (error, self);
      crypto_generichash_update (&state, buffer, n);
      at += (gint64) n;
    }
  crypto_generichash_final (&state, check, sizeof check);
  if (!udpnat_file_io_read_at (self->fd, self->check, sizeof self->check, self->end))
    return set_unreadable (error, self);
  return memcmp (check, self->check, sizeof check) == 0 || set_damaged (error, self);
}

/* ---- The body ---- */

static gboolean
start_stream (Reader     *self,
              const char *passphrase,
              GError    **error)
{
  const guint8 *salt = self->head + UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 16;
  guint8 key[UDPNAT_KEY_BYTES];
  int rc;

  if (!self->is_sealed)
    return TRUE;
  if (passphrase == NULL)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED,
                   _("The backup is protected by a passphrase: %s"), self->path);
      return FALSE;
    }
  if (!udpnat_passphrase_derive (passphrase, &self->cost, salt, key, error))
    return FALSE;
  rc = crypto_secretstream_xchacha20poly1305_init_pull (
    &self->stream, salt + UDPNAT_PASSPHRASE_SALT_BYTES, key);
  sodium_memzero (key, sizeof key);
  return rc == 0 || set_damaged (error, self);
}

static gboolean
open_chunk (Reader       *self,
            const guint8 *sealed,
            gsize         n_sealed)
{
  unsigned long long n_clear = 0;
  guint8 tag = 0;
  gboolean is_last = self->offset == self->end;

  if (n_sealed < crypto_secretstream_xchacha20poly1305_ABYTES ||
      crypto_secretstream_xchacha20poly1305_pull (&self->stream, self->chunk, &n_clear, &tag,
                                                  sealed, n_sealed, self->head,
                                                  self->n_bound) != 0)
    return FALSE;
  self->n_bound = 0;
  self->n_chunk = (gsize) n_clear;
  return is_last == (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

static gboolean
read_chunk (Reader *self)
{
  guint8 sealed[UDPNAT_BACKUP_SEALED_CHUNK_BYTES];
  gsize n_most = self->is_sealed ? sizeof sealed : sizeof self->chunk;
  gsize n = (gsize) MIN ((gint64) n_most, self->end - self->offset);

  self->n_taken = 0;
  self->n_chunk = 0;
  if (n == 0 || !udpnat_file_io_read_at (self->fd, sealed, n, self->offset))
    return FALSE;
  self->offset += (gint64) n;
  if (self->is_sealed)
    return open_chunk (self, sealed, n);
  memcpy (self->chunk, sealed, n);
  self->n_chunk = n;
  return TRUE;
}

static gboolean
read_body (Reader *self,
           guint8 *out,
           gsize   n_out)
{
  while (n_out > 0)
    {
      gsize n = MIN (n_out, self->n_chunk - self->n_taken);

      if (n == 0)
        {
          if (!read_chunk (self))
            return FALSE;
          continue;
        }
      memcpy (out, self->chunk + self->n_taken, n);
      self->n_taken += n;
      out += n;
      n_out -= n;
    }
  return TRUE;
}

/* ---- The profile ---- */

static gboolean
set_unwritable (GError    **error,
                const char *path,
                int         saved_errno)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               _("Cannot restore to %s: %s"), path, g_strerror (saved_errno));
  return FALSE;
}

/* Writes the rest of the body as a database; @seal: (nullable). */
static gboolean
write_pages (Reader               *self,
             int                   fd,
             const UdpnatPageSeal *seal,
             guint64               n_bytes,
             const char           *path,
             GError              **error)
{
  guint8 clear[UDPNAT_PAGE_BYTES], page[UDPNAT_PAGE_BYTES];

  for (guint64 i = 0; i < n_bytes / UDPNAT_PAGE_BYTES; i++)
    {
      if (!read_body (self, clear, sizeof clear))
        return set_damaged (error, self);
      if (seal == NULL)
        memcpy (page, clear, sizeof page);
      else if (!udpnat_page_seal_close (seal, i, NULL, clear, page))
        return set_damaged (error, self);
      if (!udpnat_file_io_write_at (fd, page, sizeof page, (gint64) i * UDPNAT_PAGE_BYTES))
        return set_unwritable (error, path, errno);
    }
  return fsync (fd) == 0 || set_unwritable (error, path, errno);
}

/* The check was right, so what is wrong here was wrong when the backup was made; or somebody writes
 * to the file meanwhile. */
static gboolean
check_database (Reader       *self,
                const char   *path,
                const guint8 *key,
                GError      **error)
{
  sqlite3_stmt *statement = NULL;
  sqlite3 *db = NULL;
  gboolean is_sound =
    udpnat_sealed_vfs_open (path, SQLITE_OPEN_READWRITE, key, &db) == SQLITE_OK &&
    sqlite3_prepare_v2 (db, "PRAGMA quick_check (1)", -1, &statement, NULL) == SQLITE_OK &&
    sqlite3_step (statement) == SQLITE_ROW &&
    g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;

  sqlite3_finalize (statement);
  udpnat_sealed_vfs_close (db);
  return is_sound || set_damaged (error, self);
}

static gboolean
restore_database (Reader       *self,
                  const char   *path,
                  const guint8 *key,
                  guint64       n_bytes,
                  GError      **error)
{
  g_autoptr (UdpnatPageSeal) seal = key != NULL ? udpnat_page_seal_new (key) : NULL;
  gboolean is_written;
  int fd;

  if (n_bytes == 0)
    return TRUE;
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return set_unwritable (error, path, errno);
  is_written = write_pages (self, fd, seal, n_bytes, path, error);
  close (fd);
  return is_written && check_database (self, path, key, error);
}

/* Fills an empty folder. */
static gboolean
restore_into (Reader     *self,
              const char *folder,
              const char *passphrase,
              GError    **error)
{
  g_autofree char *key_path = g_build_filename (folder, "identity.key", NULL);
  g_autofree char *database_path = g_build_filename (folder, "udpnat.db", NULL);
  g_auto (UdpnatKeyFileContents) contents = { .cost = self->cost };
  guint8 prefix[UDPNAT_BACKUP_PREFIX_BYTES];
  guint64 n_bytes;

  if (!read_body (self, prefix, sizeof prefix))
    {
      /* The file is as it was written, so it is the passphrase. */
      if (!self->is_sealed)
        return set_damaged (error, self);
      g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE,
                           _("This is not the passphrase of the backup."));
      return FALSE;
    }
  memcpy (contents.identity_secret, prefix, UDPNAT_KEY_BYTES);
  n_bytes = get_number (prefix + UDPNAT_KEY_BYTES);
  sodium_memzero (prefix, sizeof prefix);
  if (n_bytes % UDPNAT_PAGE_BYTES != 0 || n_bytes > (guint64) self->end)
    return set_damaged (error, self);
  if (self->is_sealed)
    randombytes_buf (contents.database_key, sizeof contents.database_key);
  if (!restore_database (self, database_path, self->is_sealed ? contents.database_key : NULL,
                         n_bytes, error))
    return FALSE;
  if (self->offset != self->end || self->n_taken != self->n_chunk)
    return set_damaged (error, self);
  return udpnat_key_file_save (key_path, self->is_sealed ? passphrase : NULL, &contents, error);
}

/* ---- The folder ---- */

static gboolean
check_is_free (const char *path,
               GError    **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  if (folder != NULL ? g_dir_read_name (folder) == NULL
                     : !g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS,
               _("The profile %s is in use already, and was left as it is. Restore to another "
                 "with --profile DIR, or move this one away."), path);
  return FALSE;
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_unlink (file);
    }
  g_rmdir (path);
}

static gboolean
restore_profile (Reader     *self,
                 const char *profile_path,
                 const char *passphrase,
                 GError    **error)
{
  g_autofree char *path = g_canonicalize_filename (profile_path, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *temporary = g_strconcat (path, ".restoring-XXXXXX", NULL);
  gboolean is_restored;

  if (g_mkdir_with_parents (parent, 0700) != 0 || g_mkdtemp_full (temporary, 0700) == NULL)
    return set_unwritable (error, profile_path, errno);
  is_restored = restore_into (self, temporary, passphrase, error);
  /* Replaces an empty folder only, whatever happened since that was looked at. */
  if (is_restored && g_rename (temporary, path) != 0)
    is_restored = errno == ENOTEMPTY || errno == EEXIST
                    ? check_is_free (path, error) : set_unwritable (error, profile_path, errno);
  if (!is_restored)
    remove_folder (temporary);
  return is_restored && (udpnat_file_io_sync_folder (path) ||
                         set_unwritable (error, profile_path, errno));
}

/**
 * udpnat_backup_read_needs_passphrase:
 * @error: %UDPNAT_ERROR_BACKUP_DAMAGED
 *
 * Looks at the beginning of the file only.
 */
gboolean
udpnat_backup_read_needs_passphrase (const char *file,
                                     gboolean   *out_is_needed,
                                     GError    **error)
{
  g_autoptr (Reader) reader = reader_open (file, error);

  if (reader == NULL)
    return FALSE;
  *out_is_needed = reader->is_sealed;
  return TRUE;
}

/**
 * udpnat_backup_restore:
 * @profile_path: a folder that is empty or does not exist
 * @passphrase: (nullable): of the backup; not looked at when it has none
 * @error: %UDPNAT_ERROR_EXISTS, _BACKUP_DAMAGED, _LOCKED, _WRONG_PASSPHRASE or _PROFILE_UNWRITABLE
 *
 * Makes a profile of a backup, with the same passphrase. After an error there is none. Two devices
 * must not use the same backup at the same time. Blocks: to be called off the main loop.
 */
gboolean
udpnat_backup_restore (const char *file,
                       const char *profile_path,
                       const char *passphrase,
                       GError    **error)
{
  g_autoptr (Reader) reader = reader_open (file, error);

  return reader != NULL && check_is_free (profile_path, error) && verify (reader, error) &&
         start_stream (reader, passphrase, error) &&
         restore_profile (reader, profile_path, passphrase, error);
}
