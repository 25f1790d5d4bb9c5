/* A profile in one file.
 *
 *   magic     16  "udpnat backup 1\n"
 *   flags      1  1: needs a passphrase
 *   only then: passes (8), memory in bytes (8), salt (16), stream header (24)
 *   body          in clear, or by crypto_secretstream_xchacha20poly1305 in chunks of 64 KiB (the
 *                 last may be shorter) with everything above as the additional data of the first
 *   check     32  BLAKE2b-256 of everything above
 *
 * The body is the identity's secret (32), the length of the database (8), and the database:
 * SQLite's format, with room for a seal in each page. Numbers are big-endian. The check needs no
 * passphrase: a damaged file can be told from a wrong passphrase.
 *
 * Two devices that restore one backup are one identity: both are logged in as the same person, the
 * server knows only the one that came last, and each has a part of the messages. A backup is for a
 * device that replaces another. */

#include "config.h"

#include "udpnat-backup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-backup-private.h"
#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-page-seal.h"
#include "udpnat-sealed-vfs.h"
#include "udpnat-words.h"

/* A writer holds the database for much less. */
#define BUSY_TIMEOUT_MS 5000

G_STATIC_ASSERT (sizeof UDPNAT_BACKUP_MAGIC == UDPNAT_BACKUP_MAGIC_BYTES + 1);

typedef struct
{
  int                                         fd;
  gint64                                      offset;
  crypto_generichash_state                    check;
  gboolean                                    is_sealed;
  crypto_secretstream_xchacha20poly1305_state stream;
  guint8                                      head[UDPNAT_BACKUP_SEALED_HEAD_BYTES];
  gsize                                       n_head; /* 0 once it is bound to a chunk */
  guint8                                      chunk[UDPNAT_BACKUP_CHUNK_BYTES];
  gsize                                       n_chunk;
} Writer;

static gboolean
set_write_error (GError    **error,
                 const char *path,
                 const char *why)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               /* Translators: a file, and what went wrong, as in “its folder cannot be written” */
               _("Cannot write the backup %s: %s. Choose another place."), path, why);
  return FALSE;
}

/* ---- The file ---- */

static gboolean
write_raw (Writer       *self,
           const guint8 *data,
           gsize         n_data)
{
  if (!udpnat_file_io_write_at (self->fd, data, n_data, self->offset))
    return FALSE;
  self->offset += (gint64) n_data;
  crypto_generichash_update (&self->check, data, n_data);
  return TRUE;
}

static gboolean
write_chunk (Writer  *self,
             gboolean is_last)
{
  guint8 sealed[UDPNAT_BACKUP_SEALED_CHUNK_BYTES];
  unsigned long long n_sealed = 0;

  if (!self->is_sealed)
    return write_raw (self, self->chunk, self->n_chunk);
  crypto_secretstream_xchacha20poly1305_push (
    &self->stream, sealed, &n_sealed, self->chunk, self->n_chunk, self->head, self->n_head,
    is_last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
            : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
  self->n_head = 0;
  return write_raw (self, sealed, (gsize) n_sealed);
}

/* A full chunk waits until it is known whether it is the last. */
static gboolean
write_body (Writer       *self,
            const guint8 *data,
            gsize         n_data)
{
  while (n_data > 0)
    {
      gsize n = MIN (n_data, sizeof self->chunk - self->n_chunk);

      if (n == 0)
        {
          if (!write_chunk (self, FALSE))
            return FALSE;
          self->n_chunk = 0;
          continue;
        }
      memcpy (self->chunk + self->n_chunk, data, n);
      self->n_chunk += n;
      data += n;
      n_data -= n;
    }
  return TRUE;
}

static gboolean
write_end (Writer *self)
{
  guint8 check[UDPNAT_BACKUP_CHECK_BYTES];

  if (!write_chunk (self, TRUE))
    return FALSE;
  crypto_generichash_final (&self->check, check, sizeof check);
  return write_raw (self, check, sizeof check) && fsync (self->fd) == 0;
}

static void
put_number (guint8  *out,
            guint64  value)
{
  value = GUINT64_TO_BE (value);
  memcpy (out, &value, sizeof value);
}

/* Fills self->head, and starts the stream when there is a passphrase. */
static gboolean
prepare_head (Writer                     *self,
              const char                 *passphrase,
              const UdpnatPassphraseCost *cost,
              GError                    **error)
{
  UdpnatPassphraseCost real_cost = cost != NULL ? *cost : udpnat_passphrase_get_default_cost ();
  guint8 *sealed_head = self->head + UDPNAT_BACKUP_PLAIN_HEAD_BYTES;
  guint8 key[UDPNAT_KEY_BYTES];

  memcpy (self->head, UDPNAT_BACKUP_MAGIC, UDPNAT_BACKUP_MAGIC_BYTES);
  self->is_sealed = passphrase != NULL;
  self->head[UDPNAT_BACKUP_MAGIC_BYTES] = self->is_sealed ? UDPNAT_BACKUP_FLAG_PASSPHRASE : 0;
  self->n_head = UDPNAT_BACKUP_PLAIN_HEAD_BYTES;
  if (!self->is_sealed)
    return TRUE;
  put_number (sealed_head, real_cost.passes);
  put_number (sealed_head + 8, real_cost.memory_bytes);
  randombytes_buf (sealed_head + 16, UDPNAT_PASSPHRASE_SALT_BYTES);
  if (!udpnat_passphrase_derive (passphrase, &real_cost, sealed_head + 16, key, error))
    return FALSE;
  crypto_secretstream_xchacha20poly1305_init_push (
    &self->stream, sealed_head + 16 + UDPNAT_PASSPHRASE_SALT_BYTES, key);
  sodium_memzero (key, sizeof key);
  self->n_head = UDPNAT_BACKUP_SEALED_HEAD_BYTES;
  return TRUE;
}

/* ---- The database ---- */

static int
copy_database (sqlite3 *from,
               sqlite3 *to)
{
  sqlite3_backup *backup;
  int rc;

  sqlite3_busy_timeout (from, BUSY_TIMEOUT_MS);
  backup = sqlite3_backup_init (to, "main", from, "main");
  if (backup == NULL)
    return sqlite3_errcode (to);
  rc = sqlite3_backup_step (backup, -1); /* as it is at one moment */
  sqlite3_backup_finish (backup);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The copy stands beside the database and is encrypted as it is. */
static int
take_snapshot (const UdpnatBackupSource *source,
               const char               *snapshot_path)
{
  sqlite3 *from = NULL, *to = NULL;
  int rc;

  g_unlink (snapshot_path);
  rc = udpnat_sealed_vfs_open (source->database_path, SQLITE_OPEN_READWRITE, source->database_key,
                               &from);
  if (rc == SQLITE_OK)
    rc = udpnat_sealed_vfs_open (snapshot_path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                 source->database_key, &to);
  if (rc == SQLITE_OK)
    rc = copy_database (from, to);
  udpnat_sealed_vfs_close (to);
  udpnat_sealed_vfs_close (from);
  if (rc == SQLITE_OK)
    rc = udpnat_sealed_vfs_settle (snapshot_path, source->database_key);
  return rc;
}

/* Returns: (nullable): what went wrong */
static const char *
write_pages (Writer               *self,
             int                   fd,
             const UdpnatPageSeal *seal,
             gint64                n_bytes)
{
  guint8 page[UDPNAT_PAGE_BYTES], clear[UDPNAT_PAGE_BYTES];

  for (gint64 i = 0; i < n_bytes / UDPNAT_PAGE_BYTES; i++)
    {
      if (!udpnat_file_io_read_at (fd, page, sizeof page, i * UDPNAT_PAGE_BYTES))
        return _("the database cannot be read");
      if (seal == NULL)
        memcpy (clear, page, sizeof clear);
      else if (!udpnat_page_seal_open (seal, (guint64) i, NULL, page, clear))
        return _("a page of the database is damaged");
      if (!write_body (self, clear, sizeof clear))
        return g_strerror (errno);
    }
  return NULL;
}

static const char *
write_profile (Writer                   *self,
               const UdpnatBackupSource *source,
               const char               *snapshot_path)
{
  g_autoptr (UdpnatPageSeal) seal = NULL;
  guint8 prefix[UDPNAT_BACKUP_PREFIX_BYTES];
  const char *why = NULL;
  struct stat about = { 0 };
  int fd = -1;

  if (source->database_key != NULL)
    seal = udpnat_page_seal_new (source->database_key);
  if (snapshot_path != NULL)
    {
      fd = open (snapshot_path, O_RDONLY | O_CLOEXEC);
      if (fd < 0 || fstat (fd, &about) != 0)
        why = g_strerror (errno);
    }
  memcpy (prefix, source->identity_secret, UDPNAT_KEY_BYTES);
  put_number (prefix + UDPNAT_KEY_BYTES, (guint64) about.st_size);
  if (why == NULL && (!write_raw (self, self->head, self->n_head) ||
                      !write_body (self, prefix, sizeof prefix)))
    why = g_strerror (errno);
  sodium_memzero (prefix, sizeof prefix);
  if (why == NULL)
    why = write_pages (self, fd, seal, about.st_size);
  if (why == NULL && !write_end (self))
    why = g_strerror (errno);
  if (fd >= 0)
    close (fd);
  return why;
}

/* ---- Into its place ---- */

static gboolean
move_into_place (const char *temporary,
                 const char *destination,
                 gboolean    may_replace,
                 GError    **error)
{
  int rc = may_replace ? g_rename (temporary, destination)
                       : renameat2 (AT_FDCWD, temporary, AT_FDCWD, destination, RENAME_NOREPLACE);

  /* Some file systems cannot promise this in one step. */
  if (rc != 0 && !may_replace && (errno == EINVAL || errno == ENOSYS))
    {
      rc = g_file_test (destination, G_FILE_TEST_EXISTS) ? -1 : g_rename (temporary, destination);
      if (rc != 0 && g_file_test (destination, G_FILE_TEST_EXISTS))
        errno = EEXIST;
    }
  if (rc == 0)
    return udpnat_file_io_sync_folder (destination) ||
           set_write_error (error, destination, _("its folder cannot be written"));
  if (errno != EEXIST)
    return set_write_error (error, destination, g_strerror (errno));
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS,
               _("There is a file %s already. It was left as it is."), destination);
  return FALSE;
}

static gboolean
write_file (const UdpnatBackupSource   *source,
            const char                 *snapshot_path,
            Writer                     *writer,
            const char                 *destination,
            gboolean                    may_replace,
            GError                    **error)
{
  g_autofree char *temporary = g_strconcat (destination, ".XXXXXX", NULL);
  gboolean is_written = FALSE;
  const char *why;

  writer->fd = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0600);
  if (writer->fd < 0)
    return set_write_error (error, destination, g_strerror (errno));
  crypto_generichash_init (&writer->check, NULL, 0, UDPNAT_BACKUP_CHECK_BYTES);
  why = write_profile (writer, source, snapshot_path);
  close (writer->fd);
  if (why != NULL)
    set_write_error (error, destination, why);
  else
    is_written = move_into_place (temporary, destination, may_replace, error);
  if (!is_written)
    g_unlink (temporary);
  return is_written;
}

/**
 * udpnat_backup_write:
 * @destination: the file to make, with mode 0600
 * @passphrase: (nullable): %NULL: whoever has the file has the identity and the conversations
 * @cost: (nullable): of a guess; %NULL: the default
 * @may_replace: a file @destination may be replaced
 * @error: %UDPNAT_ERROR_EXISTS, _PROFILE_UNWRITABLE (also for a full disk at the destination),
 *   _INVALID or _LOCKED (for the passphrase)
 *
 * Writes identity and database, as it is at one moment, into one file. The database may be in use.
 * Needs its size again on the profile's disk while it runs. Blocks: to be called off the main loop.
 */
gboolean
udpnat_backup_write (const UdpnatBackupSource   *source,
                     const char                 *destination,
                     const char                 *passphrase,
                     const UdpnatPassphraseCost *cost,
                     gboolean                    may_replace,
                     GError                    **error)
{
  g_autofree char *snapshot_path = g_strconcat (source->database_path, ".snapshot", NULL);
  gboolean has_database = g_file_test (source->database_path, G_FILE_TEST_EXISTS);
  gboolean is_written = FALSE;
  Writer *writer;
  int rc = SQLITE_OK;

  g_return_val_if_fail (cost == NULL || udpnat_passphrase_is_cost_allowed (cost), FALSE);
  if (passphrase != NULL && !udpnat_passphrase_check (passphrase, error))
    return FALSE;
  if (has_database)
    rc = take_snapshot (source, snapshot_path);
  writer = g_aligned_alloc0 (1, sizeof *writer, G_ALIGNOF (Writer)); /* the hash asks for 64 */
  if (rc != SQLITE_OK)
    set_write_error (error, destination, udpnat_words_explain_database (rc));
  else if (prepare_head (writer, passphrase, cost, error))
    is_written = write_file (source, has_database ? snapshot_path : NULL, writer, destination,
                             may_replace, error);
  g_unlink (snapshot_path);
  sodium_memzero (writer, sizeof *writer);
  g_aligned_free (writer);
  return is_written;
}
