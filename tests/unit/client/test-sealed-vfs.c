/* The encrypted database: SQLite works on it as on any other, the disk shows nothing of it, and
 * whatever is changed behind its back is noticed. */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "udpnat-limits.h"
#include "udpnat-sealed-vfs.h"

#define PAGE UDPNAT_PAGE_BYTES
#define FRAME (UDPNAT_WAL_FRAME_HEADER_BYTES + PAGE)
#define SECRET_TEXT "the heron stands where the river bends"
#define READ_WRITE (SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)

static const guint8 key[UDPNAT_KEY_BYTES] = "thirty-two bytes for a test key.";
static const guint8 other_key[UDPNAT_KEY_BYTES] = "thirty-two bytes, another key.  ";

typedef struct
{
  char *folder;
  char *path;
  char *log_path;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-sealed-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "udpnat.db", NULL);
  self->log_path = g_strconcat (self->path, "-wal", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *shm_path = g_strconcat (self->path, "-shm", NULL);

  g_unlink (self->path);
  g_unlink (self->log_path);
  g_unlink (shm_path);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->log_path);
  g_free (self->path);
  g_free (self->folder);
}

/* ---- Small words ---- */

static sqlite3 *
open_with (Fixture      *self,
           const guint8 *with_key)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (udpnat_sealed_vfs_open (self->path, READ_WRITE, with_key, &db), ==, SQLITE_OK);
  g_assert_nonnull (db);
  return db;
}

static int
try_open (Fixture      *self,
          const guint8 *with_key)
{
  sqlite3 *db = NULL;
  int rc = udpnat_sealed_vfs_open (self->path, SQLITE_OPEN_READWRITE, with_key, &db);

  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
  return rc;
}

static void
run (sqlite3    *db,
     const char *sql)
{
  char *message = NULL;

  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
}

static char *
ask (sqlite3    *db,
     const char *sql)
{
  sqlite3_stmt *statement = NULL;
  char *answer = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    answer = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  return answer;
}

static void
check (sqlite3    *db,
       const char *sql,
       const char *expected)
{
  g_autofree char *answer = ask (db, sql);

  g_assert_cmpstr (answer, ==, expected);
}

static void
close_db (sqlite3 *db)
{
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static void
make_lines (sqlite3 *db,
            guint    n)
{
  g_autofree char *sql = g_strdup_printf (
    "CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
    "INSERT INTO line (text) SELECT '" SECRET_TEXT " ' || i FROM n;", n);

  run (db, sql);
}

static gboolean
file_holds (const char *path,
            const char *text)
{
  g_autofree char *contents = NULL;
  gsize n_contents = 0;

  if (!g_file_get_contents (path, &contents, &n_contents, NULL))
    return FALSE;
  return memmem (contents, n_contents, text, strlen (text)) != NULL;
}

static void
check_nothing_in_clear (Fixture *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;

  g_assert_nonnull (folder);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_false (file_holds (path, "heron"));
      g_assert_false (file_holds (path, "CREATE TABLE"));
      g_assert_false (file_holds (path, "SQLite format"));
    }
}

static gsize
get_size (const char *path)
{
  GStatBuf about;

  return g_stat (path, &about) == 0 ? (gsize) about.st_size : 0;
}

static void
flip (const char *path,
      gsize       offset)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);
  guint8 byte;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pread (fd, &byte, 1, (off_t) offset), ==, 1);
  byte ^= 1;
  g_assert_cmpint (pwrite (fd, &byte, 1, (off_t) offset), ==, 1);
  close (fd);
}

/* ---- The life of a database ---- */

static void
test_reopen (Fixture      *self,
             gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  check (db, "PRAGMA journal_mode", "wal");
  make_lines (db, 1000);
  close_db (db);
  g_assert_cmpuint (get_size (self->log_path), ==, 0);
  db = open_with (self, key);
  check (db, "SELECT count(*) FROM line", "1000");
  check (db, "SELECT text FROM line WHERE id = 1000", SECRET_TEXT " 1000");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);
}

static void
test_checkpoints (Fixture      *self,
                  gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  g_test_summary ("The log is written anew many times, and read back by each kind of checkpoint");
  run (db, "PRAGMA wal_autocheckpoint = 5");
  for (guint i = 0; i < 50; i++)
    {
      make_lines (db, 40);
      if (i % 10 == 9)
        run (db, i % 20 == 9 ? "PRAGMA wal_checkpoint (RESTART)"
                             : "PRAGMA wal_checkpoint (TRUNCATE)");
    }
  check (db, "SELECT count(*) FROM line", "2000");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);
}

static void
test_pages_spilled (Fixture      *self,
                    gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  sqlite3 *second;

  g_test_summary ("A transaction larger than the cache writes frames again, and their checksums");
  run (db, "PRAGMA cache_size = 5; PRAGMA wal_autocheckpoint = 0; CREATE TABLE filler (x);");
  make_lines (db, 500);
  run (db, "BEGIN");
  for (guint i = 0; i < 5; i++)
    run (db, "UPDATE line SET text = text || ' and again'");
  check_nothing_in_clear (self);
  run (db, "COMMIT");
  /* What a crash would leave: the log is read from the start, checksums and all. */
  {
    g_autofree char *copy = g_strconcat (self->path, ".copy", NULL);
    g_autofree char *copy_log = g_strconcat (copy, "-wal", NULL);
    g_autofree char *contents = NULL;
    g_autofree char *log = NULL;
    gsize n_contents, n_log;

    g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
    g_assert_true (g_file_get_contents (self->log_path, &log, &n_log, NULL));
    g_assert_true (g_file_set_contents (copy, contents, (gssize) n_contents, NULL));
    g_assert_true (g_file_set_contents (copy_log, log, (gssize) n_log, NULL));
    g_assert_cmpint (udpnat_sealed_vfs_open (copy, READ_WRITE, key, &second), ==, SQLITE_OK);
    check (second, "SELECT count(*) FROM line WHERE text LIKE '%again and again and again'", "500");
    check (second, "PRAGMA integrity_check", "ok");
    close_db (second);
    g_unlink (copy);
  }
  close_db (db);
}

static void
test_search (Fixture      *self,
             gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  run (db, "CREATE VIRTUAL TABLE found USING fts5 (text)");
  run (db, "INSERT INTO found VALUES ('" SECRET_TEXT "'), ('nothing of the kind')");
  close_db (db);
  db = open_with (self, key);
  check (db, "SELECT rowid FROM found WHERE found MATCH 'heron'", "1");
  close_db (db);
  check_nothing_in_clear (self);
}

static void
test_large_blob (Fixture      *self,
                 gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  run (db, "CREATE TABLE blob (x BLOB); INSERT INTO blob VALUES (zeroblob (5000000))");
  run (db, "INSERT INTO blob SELECT randomblob (3000001)");
  close_db (db);
  db = open_with (self, key);
  check (db, "SELECT group_concat (length (x)) FROM blob", "5000000,3000001");
  check (db, "SELECT x = zeroblob (5000000) FROM blob WHERE rowid = 1", "1");
  close_db (db);
}

static void
test_vacuum (Fixture      *self,
             gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  gsize before;

  make_lines (db, 5000);
  run (db, "PRAGMA wal_checkpoint (TRUNCATE)");
  before = get_size (self->path);
  run (db, "DELETE FROM line WHERE id > 100; VACUUM; PRAGMA wal_checkpoint (TRUNCATE)");
  g_assert_cmpuint (get_size (self->path), <, before / 2);
  check (db, "SELECT count(*) FROM line", "100");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);
  check_nothing_in_clear (self);
}

static void
test_large_sort (Fixture      *self,
                 gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  g_test_summary ("What would go into temporary files stays in memory");
  run (db, "PRAGMA cache_size = 5");
  make_lines (db, 20000);
  run (db, "CREATE TABLE sorted AS SELECT text FROM line ORDER BY random () || text");
  run (db, "CREATE INDEX sorted_text ON sorted (text)");
  run (db, "BEGIN; UPDATE OR IGNORE line SET id = id + 1; ROLLBACK;");
  check (db, "SELECT count(*) FROM sorted", "20000");
  close_db (db);
}

static void
test_two_connections (Fixture      *self,
                      gconstpointer unused)
{
  sqlite3 *writer = open_with (self, key);
  sqlite3 *reader;

  make_lines (writer, 10);
  reader = open_with (self, key);
  run (reader, "BEGIN");
  check (reader, "SELECT count(*) FROM line", "10");
  make_lines (writer, 2000);
  run (writer, "PRAGMA wal_checkpoint (PASSIVE)");
  check (reader, "SELECT count(*) FROM line", "10"); /* as it was when it began */
  run (reader, "COMMIT");
  check (reader, "SELECT count(*) FROM line", "2010");
  close_db (writer);
  check (reader, "PRAGMA integrity_check", "ok");
  close_db (reader);
}

static void
test_without_key (Fixture      *self,
                  gconstpointer unused)
{
  sqlite3 *db = open_with (self, NULL);

  g_test_summary ("The same calls open a database that is not encrypted");
  make_lines (db, 10);
  close_db (db);
  g_assert_true (file_holds (self->path, SECRET_TEXT));
  db = open_with (self, NULL);
  check (db, "SELECT count(*) FROM line", "10");
  close_db (db);
}

/* ---- What the disk shows ---- */

static void
test_nothing_in_clear (Fixture      *self,
                       gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  make_lines (db, 2000);
  check_nothing_in_clear (self);
  run (db, "PRAGMA wal_checkpoint (FULL)");
  check_nothing_in_clear (self);
  run (db, "PRAGMA cache_size = 5; BEGIN");
  make_lines (db, 5000); /* is in the log before it is committed */
  g_assert_cmpuint (get_size (self->log_path), >, 10 * FRAME);
  check_nothing_in_clear (self);
  run (db, "ROLLBACK");
  close_db (db);
  check_nothing_in_clear (self);
}

static void
test_equal_pages_differ (Fixture      *self,
                         gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autofree char *contents = NULL;
  gsize n_contents;

  run (db, "CREATE TABLE blob (x BLOB); INSERT INTO blob VALUES (zeroblob (100000))");
  close_db (db);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, >, 20 * PAGE);
  for (gsize i = 0; i + PAGE <= n_contents; i += PAGE)
    for (gsize k = i + PAGE; k + PAGE <= n_contents; k += PAGE)
      g_assert_cmpint (memcmp (contents + i, contents + k, 16), !=, 0);
}

static void
test_checksum_is_masked (Fixture      *self,
                         gconstpointer unused)
{
  static const guint8 masks[2][8];
  guint8 checksums[2][8];
  sqlite3 *db;

  g_test_summary ("Two keys, one content: what is left of SQLite's checksum does not tell");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *log = NULL;
      gsize n_log;

      db = open_with (self, i == 0 ? key : other_key);
      run (db, "CREATE TABLE line (text)");
      g_assert_true (g_file_get_contents (self->log_path, &log, &n_log, NULL));
      memcpy (checksums[i], log + UDPNAT_WAL_HEADER_BYTES + 16, 8);
      g_assert_cmpint (memcmp (checksums[i], masks[i], 8), !=, 0);
      close_db (db);
      g_unlink (self->path);
    }
  g_assert_cmpint (memcmp (checksums[0], checksums[1], 8), !=, 0);
}

static void
test_files_refused (Fixture      *self,
                    gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  sqlite3_vfs *vfs = NULL;
  static const int kinds[] = {
    SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_TEMP_DB, SQLITE_OPEN_TEMP_JOURNAL,
    SQLITE_OPEN_SUBJOURNAL, SQLITE_OPEN_SUPER_JOURNAL, SQLITE_OPEN_TRANSIENT_DB,
  };

  g_test_summary ("A file whose content would not be encrypted cannot be opened at all");
  sqlite3_file_control (db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree sqlite3_file *file = g_malloc0 ((gsize) vfs->szOsFile);

      g_assert_cmpint (vfs->xOpen (vfs, NULL, file, kinds[i] | READ_WRITE, NULL), ==,
                       SQLITE_CANTOPEN);
    }
  close_db (db);
}

static void
test_pragmas_refused (Fixture      *self,
                      gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  make_lines (db, 10);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA page_size = 8192", NULL, NULL, NULL), ==,
                   SQLITE_ERROR);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), ==,
                   SQLITE_ERROR);
  run (db, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA mmap_size = 1000000;");
  check (db, "SELECT count(*) FROM line", "10");
  close_db (db);
  check_nothing_in_clear (self);
}

static void
test_gap (Fixture      *self,
          gconstpointer unused)
{
  static const guint8 zeros[PAGE];
  sqlite3 *db = open_with (self, key);
  sqlite3_file *file = NULL;
  g_autofree char *contents = NULL;
  guint8 page[PAGE], read_back[PAGE];
  gsize n_pages, n_contents;

  g_test_summary ("Pages that are jumped over read as zeros, but are sealed as any other");
  make_lines (db, 10);
  run (db, "PRAGMA wal_checkpoint (TRUNCATE)");
  n_pages = get_size (self->path) / PAGE;
  g_assert_cmpint (sqlite3_file_control (db, "main", SQLITE_FCNTL_FILE_POINTER, &file), ==,
                   SQLITE_OK);
  memset (page, 0x41, sizeof page);
  memset (page + PAGE - UDPNAT_PAGE_RESERVED_BYTES, 0, UDPNAT_PAGE_RESERVED_BYTES);
  g_assert_cmpint (file->pMethods->xWrite (file, page, PAGE, (gint64) (n_pages + 2) * PAGE), ==,
                   SQLITE_OK);
  for (gsize i = n_pages; i < n_pages + 2; i++)
    {
      g_assert_cmpint (file->pMethods->xRead (file, read_back, PAGE, (gint64) i * PAGE), ==,
                       SQLITE_OK);
      g_assert_cmpmem (read_back, PAGE, zeros, PAGE);
    }
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, ==, (n_pages + 3) * PAGE);
  g_assert_cmpint (memcmp (contents + n_pages * PAGE, zeros, 16), !=, 0);
  g_assert_cmpint (memcmp (contents + (n_pages + 1) * PAGE, zeros, 16), !=, 0);
  close_db (db);
}

/* Any range, not only what SQLite asks for today */
static void
test_ranges (Fixture      *self,
             gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  sqlite3_file *file = NULL;
  guint8 expected[5 * PAGE], read_back[5 * PAGE];
  g_autoptr (GRand) random = g_rand_new_with_seed (17);
  gint64 base;

  make_lines (db, 10);
  run (db, "PRAGMA wal_checkpoint (TRUNCATE)");
  base = (gint64) get_size (self->path);
  g_assert_cmpint (sqlite3_file_control (db, "main", SQLITE_FCNTL_FILE_POINTER, &file), ==,
                   SQLITE_OK);
  memset (expected, 0, sizeof expected);
  g_assert_cmpint (file->pMethods->xWrite (file, expected, sizeof expected, base), ==, SQLITE_OK);
  for (guint i = 0; i < 300; i++)
    {
      int from = g_rand_int_range (random, 0, sizeof expected);
      int n = g_rand_int_range (random, 1, (gint32) sizeof expected - from + 1);

      /* Not into the room of a page */
      for (int k = from; k < from + n; k++)
        expected[k] = k % PAGE < PAGE - UDPNAT_PAGE_RESERVED_BYTES ? (guint8) i : 0;
      g_assert_cmpint (file->pMethods->xWrite (file, expected + from, n, base + from), ==,
                       SQLITE_OK);
      from = g_rand_int_range (random, 0, sizeof expected);
      n = g_rand_int_range (random, 1, (gint32) sizeof expected - from + 1);
      g_assert_cmpint (file->pMethods->xRead (file, read_back, n, base + from), ==, SQLITE_OK);
      g_assert_cmpmem (read_back, n, expected + from, n);
    }
  base += (gint64) sizeof expected - 1;
  g_assert_cmpint (file->pMethods->xRead (file, read_back, 100, base), ==,
                   SQLITE_IOERR_SHORT_READ);
  close_db (db);
}

/* ---- Damage ---- */

/* Every page is read from the file: quick_check alone leaves out what is free. */
static gboolean
is_noticed (Fixture *self)
{
  sqlite3 *db = NULL;
  gboolean noticed;
  g_autofree char *answer = NULL;
  g_autofree char *count = NULL;

  if (udpnat_sealed_vfs_open (self->path, SQLITE_OPEN_READWRITE, key, &db) != SQLITE_OK)
    return TRUE;
  answer = ask (db, "PRAGMA integrity_check");
  count = ask (db, "SELECT sum (length (text)) FROM line");
  noticed = g_strcmp0 (answer, "ok") != 0 || count == NULL;
  close_db (db);
  return noticed;
}

static void
test_flipped_byte (Fixture      *self,
                   gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  gsize n_pages;

  make_lines (db, 200);
  close_db (db);
  n_pages = get_size (self->path) / PAGE;
  g_assert_cmpuint (n_pages, >=, 4);
  g_assert_false (is_noticed (self));
  /* Every byte of one page, so also those of nonce and tag; then some of every page. */
  for (gsize i = PAGE; i < 2 * PAGE; i += i % PAGE < PAGE - 50 ? 61 : 1)
    {
      flip (self->path, i);
      g_assert_true (is_noticed (self));
      flip (self->path, i);
    }
  for (gsize page = 0; page < n_pages; page++)
    {
      flip (self->path, page * PAGE + page * 7);
      g_assert_true (is_noticed (self));
      flip (self->path, page * PAGE + page * 7);
    }
  g_assert_false (is_noticed (self));
}

static void
test_swapped_pages (Fixture      *self,
                    gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autofree char *contents = NULL;
  gsize n_contents;
  char page[PAGE];

  run (db, "CREATE TABLE line (text TEXT); INSERT INTO line VALUES (hex (zeroblob (30000)))");
  close_db (db);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  /* Two pages of one value that hold the same bytes: SQLite itself could not tell. */
  memcpy (page, contents + 4 * PAGE, PAGE);
  memcpy (contents + 4 * PAGE, contents + 5 * PAGE, PAGE);
  memcpy (contents + 5 * PAGE, page, PAGE);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
  g_assert_true (is_noticed (self));
}

static void
test_zeroed_page (Fixture      *self,
                  gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autofree char *contents = NULL;
  gsize n_contents;

  run (db, "CREATE TABLE line (text TEXT); INSERT INTO line VALUES (hex (zeroblob (30000)))");
  close_db (db);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  memset (contents + 4 * PAGE, 0, PAGE);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
  g_assert_true (is_noticed (self));
}

static void
test_flipped_log (Fixture      *self,
                  gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  g_test_summary ("A frame that is changed while the log is in use is an error, not other content");
  make_lines (db, 200);
  run (db, "PRAGMA wal_checkpoint (TRUNCATE); PRAGMA wal_autocheckpoint = 0;"
           "UPDATE line SET text = text || '.'");
  sqlite3_db_release_memory (db);
  for (gsize i = UDPNAT_WAL_HEADER_BYTES + UDPNAT_WAL_FRAME_HEADER_BYTES;
       i < get_size (self->log_path); i += FRAME)
    flip (self->log_path, i);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA wal_checkpoint (FULL)", NULL, NULL, NULL), ==,
                   SQLITE_CORRUPT);
  for (gsize i = UDPNAT_WAL_HEADER_BYTES + UDPNAT_WAL_FRAME_HEADER_BYTES;
       i < get_size (self->log_path); i += FRAME)
    flip (self->log_path, i);
  run (db, "PRAGMA wal_checkpoint (FULL)");
  close_db (db);
}

static void
test_log_cut_short (Fixture      *self,
                    gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autofree char *contents = NULL;
  g_autofree char *log = NULL;
  gsize n_contents, n_log;

  g_test_summary ("The log ends in the middle of a frame: what was committed before it is there");
  run (db, "PRAGMA wal_autocheckpoint = 0");
  make_lines (db, 1);
  make_lines (db, 1);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_true (g_file_get_contents (self->log_path, &log, &n_log, NULL));
  close_db (db);

  for (gsize cut = 1; cut < FRAME; cut += 515)
    {
      g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
      g_assert_true (g_file_set_contents (self->log_path, log, (gssize) (n_log - cut), NULL));
      db = open_with (self, key);
      check (db, "SELECT count(*) FROM line", "1");
      check (db, "PRAGMA integrity_check", "ok");
      close_db (db);
    }
}

/* ---- The key ---- */

static void
test_wrong_key (Fixture      *self,
                gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before, n_after;

  make_lines (db, 200);
  close_db (db);
  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  g_assert_cmpint (try_open (self, other_key), ==, SQLITE_AUTH);
  g_assert_cmpint (try_open (self, NULL), ==, SQLITE_OK); /* SQLite has not looked yet */
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
  g_assert_cmpint (try_open (self, key), ==, SQLITE_OK);
}

static void
test_first_page_damaged (Fixture      *self,
                         gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);

  g_test_summary ("Damage to the first page is told from a wrong key by the other pages");
  make_lines (db, 200);
  close_db (db);
  flip (self->path, 100);
  g_assert_cmpint (try_open (self, key), ==, SQLITE_CORRUPT);
  g_assert_cmpint (try_open (self, other_key), ==, SQLITE_AUTH);
}

static void
test_clear_file_with_key (Fixture      *self,
                          gconstpointer unused)
{
  sqlite3 *db = open_with (self, NULL);

  make_lines (db, 10);
  close_db (db);
  g_assert_cmpint (try_open (self, key), ==, SQLITE_NOTADB);
}

static void
test_half_made (Fixture      *self,
                gconstpointer unused)
{
  static const char zeros[PAGE];

  g_test_summary ("What a power failure leaves of a new file is damage, not a wrong key");
  g_assert_true (g_file_set_contents (self->path, zeros, PAGE, NULL));
  g_assert_cmpint (try_open (self, key), ==, SQLITE_CORRUPT);
  g_assert_true (g_file_set_contents (self->path, "half a page", -1, NULL));
  g_assert_cmpint (try_open (self, key), ==, SQLITE_CORRUPT);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  g_assert_cmpint (try_open (self, key), ==, SQLITE_OK);
}

/* ---- Crash ---- */

/* Writes rows for ever, and tells of each that is committed. */
static void
write_until_killed (Fixture *self,
                    int      fd)
{
  sqlite3 *db = open_with (self, key);

  run (db, "PRAGMA synchronous = FULL; PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 20;");
  for (;;)
    {
      g_autofree char *count = NULL;
      guint32 n;

      make_lines (db, 37);
      count = ask (db, "SELECT count(*) FROM line");
      n = (guint32) g_ascii_strtoull (count, NULL, 10);
      if (write (fd, &n, sizeof n) != sizeof n)
        _exit (1);
    }
}

static guint32
kill_after_commits (Fixture *self,
                    guint    n_commits)
{
  guint32 n_rows = 0, last = 0;
  int ends[2];
  pid_t child;

  g_assert_cmpint (pipe (ends), ==, 0);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      close (ends[0]);
      write_until_killed (self, ends[1]);
    }
  close (ends[1]);
  for (guint i = 0; i < n_commits && read (ends[0], &n_rows, sizeof n_rows) == sizeof n_rows; i++)
    last = n_rows;
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  while (read (ends[0], &n_rows, sizeof n_rows) == sizeof n_rows)
    last = n_rows;
  close (ends[0]);
  return last;
}

static void
test_killed (Fixture      *self,
             gconstpointer unused)
{
  g_test_summary ("Killed while it writes: what was committed is there, whole transactions only");
  for (guint i = 0; i < 12; i++)
    {
      guint32 committed = kill_after_commits (self, 1 + i * 3);
      sqlite3 *db = open_with (self, key);
      g_autofree char *count = ask (db, "SELECT count(*) FROM line");
      guint64 n = g_ascii_strtoull (count, NULL, 10);

      g_assert_cmpuint (n, >=, committed);
      g_assert_cmpuint (n % 37, ==, 0);
      check (db, "PRAGMA integrity_check", "ok");
      close_db (db);
    }
  check_nothing_in_clear (self);
}

/* ---- Turning it on and off ---- */

static void
test_convert (Fixture      *self,
              gconstpointer unused)
{
  sqlite3 *db = open_with (self, NULL);
  g_autoptr (GError) error = NULL;

  run (db, "PRAGMA journal_mode = WAL");
  make_lines (db, 1000);
  close_db (db);

  g_assert_true (udpnat_sealed_vfs_convert (self->path, NULL, key, &error));
  g_assert_no_error (error);
  check_nothing_in_clear (self);
  db = open_with (self, key);
  check (db, "SELECT count(*) FROM line", "1000");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);

  g_assert_true (udpnat_sealed_vfs_convert (self->path, key, other_key, &error));
  g_assert_cmpint (try_open (self, key), ==, SQLITE_AUTH);
  g_assert_true (udpnat_sealed_vfs_convert (self->path, other_key, NULL, &error));
  db = open_with (self, NULL);
  check (db, "SELECT text FROM line WHERE id = 500", SECRET_TEXT " 500");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);
}

static void
test_convert_without_room (Fixture      *self,
                           gconstpointer unused)
{
  sqlite3 *db = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A database of another program, with pages of another size");
  g_assert_cmpint (sqlite3_open (self->path, &db), ==, SQLITE_OK);
  run (db, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL");
  make_lines (db, 1000);
  sqlite3_close (db);
  g_assert_true (udpnat_sealed_vfs_convert (self->path, NULL, key, &error));
  g_assert_no_error (error);
  db = open_with (self, key);
  check (db, "SELECT count(*) FROM line", "1000");
  check (db, "PRAGMA integrity_check", "ok");
  close_db (db);
}

static void
test_convert_after_crash (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  guint32 committed = kill_after_commits (self, 5);
  sqlite3 *db;
  g_autofree char *count = NULL;

  g_test_summary ("What is still in the log is not forgotten");
  g_assert_cmpuint (get_size (self->log_path), >, 0);
  g_assert_true (udpnat_sealed_vfs_convert (self->path, key, NULL, &error));
  g_assert_no_error (error);
  db = open_with (self, NULL);
  count = ask (db, "SELECT count(*) FROM line");
  g_assert_cmpuint (g_ascii_strtoull (count, NULL, 10), >=, committed);
  close_db (db);
}

static void
test_convert_in_use (Fixture      *self,
                     gconstpointer unused)
{
  sqlite3 *db = open_with (self, NULL);
  g_autoptr (GError) error = NULL;

  run (db, "PRAGMA journal_mode = WAL");
  make_lines (db, 10);
  g_assert_false (udpnat_sealed_vfs_convert (self->path, NULL, key, &error));
  g_assert_nonnull (error);
  check (db, "SELECT count(*) FROM line", "10");
  close_db (db);
}

static void
test_convert_damaged (Fixture      *self,
                      gconstpointer unused)
{
  sqlite3 *db = open_with (self, key);
  g_autoptr (GError) error = NULL;

  make_lines (db, 1000);
  close_db (db);
  flip (self->path, 3 * PAGE);
  g_assert_false (udpnat_sealed_vfs_convert (self->path, key, NULL, &error));
  g_assert_nonnull (strstr (error->message, "damaged"));
  g_assert_cmpint (udpnat_sealed_vfs_probe (self->path, key), ==,
                   UDPNAT_SEALED_VFS_CONTENT_SEALED);
}

static void
test_convert_nothing (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_sealed_vfs_convert (self->path, NULL, key, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

#define ADD(path, function) \
  g_test_add ("/client-sealed-vfs/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("life/reopened", test_reopen);
  ADD ("life/checkpoints", test_checkpoints);
  ADD ("life/transaction-larger-than-cache", test_pages_spilled);
  ADD ("life/full-text-search", test_search);
  ADD ("life/large-blob", test_large_blob);
  ADD ("life/vacuum", test_vacuum);
  ADD ("life/sort-larger-than-cache", test_large_sort);
  ADD ("life/reader-beside-writer", test_two_connections);
  ADD ("life/without-key-is-plain-sqlite", test_without_key);
  ADD ("disk/shows-nothing-in-clear", test_nothing_in_clear);
  ADD ("disk/equal-pages-look-different", test_equal_pages_differ);
  ADD ("disk/checksum-is-masked", test_checksum_is_masked);
  ADD ("disk/other-files-are-refused", test_files_refused);
  ADD ("disk/pragmas-that-cannot-work-are-refused", test_pragmas_refused);
  ADD ("disk/gap-is-sealed", test_gap);
  ADD ("disk/any-range", test_ranges);
  ADD ("damage/flipped-byte-is-noticed", test_flipped_byte);
  ADD ("damage/swapped-pages-are-noticed", test_swapped_pages);
  ADD ("damage/zeroed-page-is-noticed", test_zeroed_page);
  ADD ("damage/flipped-log-is-noticed", test_flipped_log);
  ADD ("damage/log-cut-short-loses-the-last-only", test_log_cut_short);
  ADD ("key/wrong-is-refused", test_wrong_key);
  ADD ("key/wrong-is-told-from-damage", test_first_page_damaged);
  ADD ("key/clear-file-is-refused", test_clear_file_with_key);
  ADD ("key/half-made-file-is-damage", test_half_made);
  ADD ("crash/killed-while-writing", test_killed);
  ADD ("convert/on-changed-and-off", test_convert);
  ADD ("convert/database-without-room", test_convert_without_room);
  ADD ("convert/log-of-a-crash-is-kept", test_convert_after_crash);
  ADD ("convert/in-use-is-refused", test_convert_in_use);
  ADD ("convert/damage-is-refused", test_convert_damaged);
  ADD ("convert/nothing-to-do", test_convert_nothing);

  return g_test_run ();
}
