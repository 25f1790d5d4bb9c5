/* An encrypted SQLite database: a VFS that stands between SQLite and the real one.
 *
 * Every page is sealed on its way to the disk and opened on its way back (udpnat-sealed-file.c,
 * udpnat-page-seal.c), in the database and in its write-ahead log. SQLite sees the clear file, its
 * checksums are of the clear pages, and its rules of what is durable when stay what they are,
 * because each write of a page stays one write of a page at the same place.
 *
 *   database   page | page | …        all sealed, the first too
 *   -wal       header (32, clear) | frame header (24, checksum masked) page (sealed) | …
 *   -shm       as SQLite makes it: numbers of pages and one checksum, no content
 *   any other  refused: journals in files and temporary files would hold pages in clear
 *
 * That is why not SQLCipher: the one in Debian 12 is SQLite 3.15, whose files that of Debian 13
 * cannot read. See DECISIONS.md, "Encryption at rest".
 *
 * Each connection has a VFS object of its own, which holds its key: there is no global table. */

#include "config.h"

#include "udpnat-sealed-vfs.h"

#include "udpnat-database-file.h"
#include "udpnat-limits.h"
#include "udpnat-sealed-file-private.h"

#define VFS_NAME_BYTES 64

typedef struct
{
  sqlite3_vfs     base; /* must be first */
  UdpnatPageSeal *seal;
  sqlite3_vfs    *real; /* borrowed */
  char            name[VFS_NAME_BYTES];
} SealedVfs;

/* ---- Methods of the VFS ---- */

static int
vfs_open (sqlite3_vfs  *vfs,
          const char   *path,
          sqlite3_file *file,
          int           flags,
          int          *out_flags)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return udpnat_sealed_file_open (self->real, self->seal, path, file, flags, out_flags);
}

static int
vfs_delete (sqlite3_vfs *vfs,
            const char  *path,
            int          is_synced)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xDelete (self->real, path, is_synced);
}

static int
vfs_access (sqlite3_vfs *vfs,
            const char  *path,
            int          flags,
            int         *out_result)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xAccess (self->real, path, flags, out_result);
}

static int
vfs_full_pathname (sqlite3_vfs *vfs,
                   const char  *path,
                   int          n_out,
                   char        *out)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xFullPathname (self->real, path, n_out, out);
}

static int
vfs_randomness (sqlite3_vfs *vfs,
                int          n_out,
                char        *out)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xRandomness (self->real, n_out, out);
}

static int
vfs_sleep (sqlite3_vfs *vfs,
           int          microseconds)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xSleep (self->real, microseconds);
}

static int
vfs_current_time (sqlite3_vfs *vfs,
                  double      *out_days)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xCurrentTime (self->real, out_days);
}

static int
vfs_get_last_error (sqlite3_vfs *vfs,
                    int          n_out,
                    char        *out)
{
  SealedVfs *self = (SealedVfs *) vfs;

  return self->real->xGetLastError (self->real, n_out, out);
}

static void
sealed_vfs_free (SealedVfs *self)
{
  sqlite3_vfs_unregister (&self->base);
  udpnat_page_seal_free (self->seal);
  g_free (self);
}

/* Registered under a name that is its own: SQLite looks VFS objects up by name, also long after
 * opening (VACUUM, ATTACH). */
static SealedVfs *
sealed_vfs_new (const guint8 *key)
{
  SealedVfs *self = g_new0 (SealedVfs, 1);

  self->real = sqlite3_vfs_find (NULL);
  self->seal = udpnat_page_seal_new (key);
  g_snprintf (self->name, sizeof self->name, "udpnat-sealed-%p", (void *) self);
  self->base = (sqlite3_vfs) {
    .iVersion = 1,
    .szOsFile = udpnat_sealed_file_get_bytes (self->real),
    .mxPathname = self->real->mxPathname,
    .zName = self->name,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_pathname,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_current_time,
    .xGetLastError = vfs_get_last_error,
  };
  sqlite3_vfs_register (&self->base, FALSE);
  return self;
}

/* ---- Opening ---- */

static int
check_key (const char   *path,
           const guint8 *key)
{
  switch (udpnat_sealed_vfs_probe (path, key))
    {
    case UDPNAT_SEALED_VFS_CONTENT_NONE:
    case UDPNAT_SEALED_VFS_CONTENT_SEALED:
    case UDPNAT_SEALED_VFS_CONTENT_UNREADABLE: /* SQLite's own code says it better */
      return SQLITE_OK;
    case UDPNAT_SEALED_VFS_CONTENT_CLEAR:
      return SQLITE_NOTADB;
    case UDPNAT_SEALED_VFS_CONTENT_WRONG_KEY:
      return SQLITE_AUTH;
    case UDPNAT_SEALED_VFS_CONTENT_DAMAGED:
      return SQLITE_CORRUPT;
    }
  return SQLITE_INTERNAL;
}

/* A damaged one counts as having a log: nothing may be written to it. */
static gboolean
has_log (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  gboolean has = TRUE;

  if (sqlite3_prepare_v2 (db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    has = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "wal") == 0;
  sqlite3_finalize (statement);
  return has;
}

/* A new database gets its log before anything is in it: until then a crash may spoil it. The room
 * in the pages is asked for after their size, which would forget the wish. */
static int
set_up (sqlite3 *db,
        gboolean is_sealed,
        gboolean is_read_only)
{
  int reserved = UDPNAT_PAGE_RESERVED_BYTES;
  int rc = sqlite3_exec (db, "PRAGMA temp_store = MEMORY; PRAGMA page_size = 4096;", NULL, NULL,
                         NULL);

  G_STATIC_ASSERT (UDPNAT_PAGE_BYTES == 4096);
  if (rc == SQLITE_OK)
    rc = sqlite3_file_control (db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
  if (rc == SQLITE_OK && is_sealed && !is_read_only && !has_log (db))
    rc = sqlite3_exec (db, "PRAGMA journal_mode = MEMORY; PRAGMA journal_mode = WAL;", NULL, NULL,
                       NULL);
  return rc;
}

/* SQLite deletes the log of an empty file, or of one that it makes: it takes it for rubbish. It is
 * all that is left of a file that was emptied. */
static gboolean
has_only_log (const char *path)
{
  gboolean has_log;

  return udpnat_database_file_look (path, &has_log) != UDPNAT_DATABASE_FILE_PRESENT && has_log;
}

/**
 * udpnat_sealed_vfs_open:
 * @flags: for sqlite3_open_v2()
 * @key: (nullable) (array fixed-size=32): of the database; %NULL opens one that is not encrypted
 * @out_db: (out) (nullable): to be closed with udpnat_sealed_vfs_close(); %NULL unless SQLITE_OK
 *
 * Opens a database as sqlite3_open_v2() does, encrypted or not, and keeps temporary data in memory.
 * An encrypted one is in WAL mode when this returns and stays in it. Both leave room in each page,
 * so that one can become the other page by page.
 *
 * Returns: SQLITE_OK; SQLITE_AUTH when the key is wrong; SQLITE_CORRUPT when the key is right, or
 *   may be, but the first page is damaged, or when there is only a log; SQLITE_NOTADB when @key is
 *   not %NULL and the database is in clear, or when it is %NULL and the file is encrypted or no
 *   database; else what sqlite3_open_v2() returns
 */
int
udpnat_sealed_vfs_open (const char   *path,
                        int           flags,
                        const guint8 *key,
                        sqlite3     **out_db)
{
  SealedVfs *vfs = NULL;
  sqlite3 *db = NULL;
  int rc = has_only_log (path) ? SQLITE_CORRUPT : SQLITE_OK;

  *out_db = NULL;
  if (rc == SQLITE_OK && key != NULL)
    rc = check_key (path, key);
  if (rc != SQLITE_OK)
    return rc;
  if (key != NULL)
    vfs = sealed_vfs_new (key);
  rc = sqlite3_open_v2 (path, &db, flags, vfs != NULL ? vfs->name : NULL);
  /* Closing empties the log into the file: not into one that does not open. */
  if (rc == SQLITE_OK)
    rc = sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (rc == SQLITE_OK)
    rc = set_up (db, key != NULL, (flags & SQLITE_OPEN_READONLY) != 0);
  if (rc != SQLITE_OK)
    {
      sqlite3_close (db);
      g_clear_pointer (&vfs, sealed_vfs_free);
      return rc;
    }
  sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  *out_db = db;
  return SQLITE_OK;
}

/**
 * udpnat_sealed_vfs_close:
 * @db: (nullable): from udpnat_sealed_vfs_open()
 *
 * Closes the database and wipes its key.
 *
 * Returns: SQLITE_OK, or SQLITE_BUSY when statements are not finalized; it is still open then
 */
int
udpnat_sealed_vfs_close (sqlite3 *db)
{
  sqlite3_vfs *vfs = NULL;
  int rc;

  if (db == NULL)
    return SQLITE_OK;
  sqlite3_file_control (db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  rc = sqlite3_close (db);
  if (rc == SQLITE_OK && vfs != NULL && vfs->xOpen == vfs_open)
    sealed_vfs_free ((SealedVfs *) vfs);
  return rc;
}
