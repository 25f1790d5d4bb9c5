/* Encrypted databases while none is open: what a file is, and turning encryption on and off.
 *
 * A database and its encrypted form differ in nothing but the seal on each page, so one becomes the
 * other page by page, in a new file that then takes the place of the old one in one step. What was
 * once on the disk in clear may still be found there by whoever examines the disk itself: the old
 * file is deleted, and no program can do more on today's disks and file systems. */

#include "config.h"

#include "udpnat-sealed-vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-database-log.h"
#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-page-seal.h"
#include "udpnat-words.h"

/* ---- What is in a file ---- */

static gboolean
does_open (int                   fd,
           const UdpnatPageSeal *seal,
           gint64                number)
{
  guint8 sealed[UDPNAT_PAGE_BYTES], clear[UDPNAT_PAGE_BYTES];

  return pread (fd, sealed, sizeof sealed, number * UDPNAT_PAGE_BYTES) == sizeof sealed &&
         udpnat_page_seal_open (seal, (guint64) number, NULL, sealed, clear);
}

/* Any page that opens proves the key, so some all over the file are tried. */
static UdpnatSealedVfsContent
probe_pages (int                   fd,
             const UdpnatPageSeal *seal,
             gint64                n_pages)
{
  if (n_pages < 1)
    return UDPNAT_SEALED_VFS_CONTENT_DAMAGED; /* cut short while it was made */
  if (does_open (fd, seal, 0))
    return UDPNAT_SEALED_VFS_CONTENT_SEALED;
  for (gint64 i = 1; i <= UDPNAT_PROBE_PAGES_MAX && i < n_pages; i++)
    if (does_open (fd, seal, n_pages <= UDPNAT_PROBE_PAGES_MAX
                               ? i : i * (n_pages - 1) / UDPNAT_PROBE_PAGES_MAX))
      return UDPNAT_SEALED_VFS_CONTENT_DAMAGED;
  return UDPNAT_SEALED_VFS_CONTENT_WRONG_KEY;
}

static gboolean
is_zero (const guint8 *bytes,
         gsize         n_bytes)
{
  return n_bytes > 0 && bytes[0] == 0 && memcmp (bytes, bytes + 1, n_bytes - 1) == 0;
}

/**
 * udpnat_sealed_vfs_probe:
 *
 * Returns: what is in the file at @path, as far as its first pages tell
 */
UdpnatSealedVfsContent
udpnat_sealed_vfs_probe (const char   *path,
                         const guint8  key[UDPNAT_KEY_BYTES])
{
  g_autoptr (UdpnatPageSeal) seal = NULL;
  UdpnatSealedVfsContent content = UDPNAT_SEALED_VFS_CONTENT_UNREADABLE;
  guint8 first[UDPNAT_PAGE_BYTES];
  struct stat about;
  gssize n_first;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    return errno == ENOENT ? UDPNAT_SEALED_VFS_CONTENT_NONE : content;
  n_first = pread (fd, first, sizeof first, 0);
  if (n_first == 0)
    content = UDPNAT_SEALED_VFS_CONTENT_NONE;
  else if (n_first > 0 && udpnat_page_is_clear_first (first, (gsize) n_first))
    content = UDPNAT_SEALED_VFS_CONTENT_CLEAR;
  /* What a power failure leaves of a file that was just made */
  else if (n_first > 0 && is_zero (first, (gsize) n_first))
    content = UDPNAT_SEALED_VFS_CONTENT_DAMAGED;
  else if (n_first > 0 && fstat (fd, &about) == 0)
    {
      seal = udpnat_page_seal_new (key);
      content = probe_pages (fd, seal, about.st_size / UDPNAT_PAGE_BYTES);
    }
  close (fd);
  return content;
}

/* ---- Preparing the old file ---- */

static gboolean
set_convert_error (GError    **error,
                   const char *path,
                   const char *why)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               /* Translators: a file, and what went wrong, as in “it cannot be read” */
               _("Cannot change the encryption of %s: %s. It is as it was before."), path, why);
  return FALSE;
}

static int
read_int_pragma (sqlite3    *db,
                 const char *sql)
{
  sqlite3_stmt *statement = NULL;
  int value = -1;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    value = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

/* A database that another program made, or an old udpnat, has no room in its pages: VACUUM makes
 * it, as udpnat_sealed_vfs_open() has asked for. Not in WAL mode, which fixes the size. */
static int
make_room (sqlite3 *db)
{
  return sqlite3_exec (db, "PRAGMA journal_mode = DELETE; VACUUM;", NULL, NULL, NULL);
}

static gboolean
has_room (const char *path)
{
  guint8 header[100]; /* SQLite's file format, section 1.3 */
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize n_read = fd >= 0 ? pread (fd, header, sizeof header, 0) : -1;

  if (fd >= 0)
    close (fd);
  return n_read == sizeof header &&
         ((guint) header[16] << 8 | header[17]) == UDPNAT_PAGE_BYTES &&
         header[20] == UDPNAT_PAGE_RESERVED_BYTES;
}

/**
 * udpnat_sealed_vfs_settle:
 * @path: a database that nobody has open
 * @key: (nullable) (array fixed-size=32)
 *
 * Afterwards everything is in the file itself, there is no log beside it, and each page has room
 * for a seal: the file can be read page by page.
 *
 * Returns: a result of SQLite; SQLITE_BUSY when somebody has it open
 */
int
udpnat_sealed_vfs_settle (const char   *path,
                          const guint8 *key)
{
  g_autofree char *log_path = g_strconcat (path, "-wal", NULL);
  sqlite3 *db = NULL;
  int rc = udpnat_sealed_vfs_open (path, SQLITE_OPEN_READWRITE, key, &db);

  if (rc != SQLITE_OK)
    return rc;
  /* what is behind a break would be overwritten */
  if (read_int_pragma (db, "PRAGMA user_version") >= 0 && !udpnat_database_log_is_whole (db, path))
    rc = SQLITE_CORRUPT;
  else if (read_int_pragma (db, "PRAGMA wal_checkpoint (TRUNCATE)") != 0)
    rc = SQLITE_BUSY;
  if (rc == SQLITE_OK && key == NULL && !has_room (path))
    rc = make_room (db);
  if (rc == SQLITE_OK && key == NULL && !has_room (path))
    rc = SQLITE_MISMATCH;
  udpnat_sealed_vfs_close (db);
  if (rc == SQLITE_OK && g_file_test (log_path, G_FILE_TEST_EXISTS))
    rc = SQLITE_BUSY; /* somebody else has it open */
  return rc;
}

/* ---- Page by page ---- */

static gboolean
convert_page (const UdpnatPageSeal *old_seal,
              const UdpnatPageSeal *new_seal,
              guint64               number,
              guint8               *page)
{
  guint8 clear[UDPNAT_PAGE_BYTES];

  if (old_seal == NULL)
    memcpy (clear, page, sizeof clear);
  else if (!udpnat_page_seal_open (old_seal, number, NULL, page, clear))
    return FALSE;
  if (new_seal == NULL)
    memcpy (page, clear, sizeof clear);
  else if (!udpnat_page_seal_close (new_seal, number, NULL, clear, page))
    return FALSE;
  return TRUE;
}

/* Returns: (nullable): what went wrong */
static const char *
copy_pages (int                   old_fd,
            int                   new_fd,
            const UdpnatPageSeal *old_seal,
            const UdpnatPageSeal *new_seal)
{
  guint8 page[UDPNAT_PAGE_BYTES];
  struct stat about;

  if (fstat (old_fd, &about) != 0)
    return g_strerror (errno);
  if (about.st_size % UDPNAT_PAGE_BYTES != 0)
    return _("its last page is cut short");
  for (gint64 i = 0; i < about.st_size / UDPNAT_PAGE_BYTES; i++)
    {
      if (!udpnat_file_io_read_at (old_fd, page, sizeof page, i * UDPNAT_PAGE_BYTES))
        return _("it cannot be read");
      if (!convert_page (old_seal, new_seal, (guint64) i, page))
        return _("a page of it is damaged");
      if (!udpnat_file_io_write_at (new_fd, page, sizeof page, i * UDPNAT_PAGE_BYTES))
        return g_strerror (errno);
    }
  return fsync (new_fd) == 0 ? NULL : g_strerror (errno);
}

static const char *
write_converted (const char   *old_path,
                 const char   *new_path,
                 const guint8 *old_key,
                 const guint8 *new_key)
{
  g_autoptr (UdpnatPageSeal) old_seal = old_key != NULL ? udpnat_page_seal_new (old_key) : NULL;
  g_autoptr (UdpnatPageSeal) new_seal = new_key != NULL ? udpnat_page_seal_new (new_key) : NULL;
  int old_fd = open (old_path, O_RDONLY | O_CLOEXEC);
  int new_fd = open (new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const char *why;

  if (old_fd < 0 || new_fd < 0)
    why = g_strerror (errno);
  else
    why = copy_pages (old_fd, new_fd, old_seal, new_seal);
  if (old_fd >= 0)
    close (old_fd);
  if (new_fd >= 0)
    close (new_fd);
  return why;
}

/**
 * udpnat_sealed_vfs_convert:
 * @path: a database that nobody has open; one that is not there is a success
 * @old_key: (nullable) (array fixed-size=32): the key that it is encrypted with; %NULL: with none
 * @new_key: (nullable) (array fixed-size=32): the key that it shall be encrypted with
 * @error: %UDPNAT_ERROR_PROFILE_UNWRITABLE
 *
 * Encrypts a database, or the reverse. Needs as much space again on the disk. A crash at any moment
 * leaves the whole old file or the whole new one at @path. May take a second for each 200 MB.
 */
gboolean
udpnat_sealed_vfs_convert (const char   *path,
                           const guint8 *old_key,
                           const guint8 *new_key,
                           GError      **error)
{
  g_autofree char *new_path = g_strconcat (path, ".new", NULL);
  const char *why;
  GStatBuf about;
  int rc;

  if (g_stat (path, &about) != 0)
    return errno == ENOENT || set_convert_error (error, path, g_strerror (errno));
  if (about.st_size == 0)
    return TRUE;
  rc = udpnat_sealed_vfs_settle (path, old_key);
  if (rc != SQLITE_OK)
    return set_convert_error (error, path, udpnat_words_explain_database (rc));
  why = write_converted (path, new_path, old_key, new_key);
  if (why == NULL && g_rename (new_path, path) != 0)
    why = g_strerror (errno);
  if (why != NULL)
    {
      set_convert_error (error, path, why);
      g_unlink (new_path);
      return FALSE;
    }
  /* It is the new one from here on, so nothing may be reported that sounds like the old one. */
  if (!udpnat_file_io_sync_folder (path))
    g_debug ("%s: its folder is not on the disk yet", path);
  return TRUE;
}
