/* A profile in one file: what went in comes out, and a file that is not whole is refused. */

#include "config.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-backup.h"
#include "udpnat-error.h"
#include "udpnat-limits.h"
#include "udpnat-profile.h"
#include "udpnat-sealed-vfs.h"
#include "udpnat-store-transfers.h"

#define PASSPHRASE "correct horse"
#define SECRET_TEXT "the heron stands where the river bends"
#define N_LINES 5000

/* The least that libsodium allows: tests try many passphrases. */
static const UdpnatPassphraseCost cheap = { .passes = 1, .memory_bytes = 8192 };

typedef struct
{
  char          *folder;
  char          *profile_path;
  char          *restored_path;
  char          *file;
  char          *database_path;
  UdpnatProfile *profile;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-backup-XXXXXX", NULL);
  self->profile_path = g_build_filename (self->folder, "profile", NULL);
  self->restored_path = g_build_filename (self->folder, "new", "profile", NULL);
  self->file = g_build_filename (self->folder, "backup", NULL);
  self->profile = udpnat_profile_open (self->profile_path, NULL, NULL);
  g_assert_nonnull (self->profile);
  self->database_path = udpnat_profile_dup_database_path (self->profile);
}

static void
remove_profile (const char *path)
{
  static const char *const names[] = { "lock", "identity.key", "udpnat.db" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename (path, names[i], NULL);

      g_unlink (file);
    }
  g_rmdir (path);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *parent = g_path_get_dirname (self->restored_path);

  g_clear_pointer (&self->profile, udpnat_profile_free);
  remove_profile (self->profile_path);
  remove_profile (self->restored_path);
  g_rmdir (parent);
  g_unlink (self->file);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->database_path);
  g_free (self->file);
  g_free (self->restored_path);
  g_free (self->profile_path);
  g_free (self->folder);
}

/* ---- Small words ---- */

static sqlite3 *
open_database (UdpnatProfile *profile)
{
  g_autofree char *path = udpnat_profile_dup_database_path (profile);
  sqlite3 *db = NULL;

  g_assert_cmpint (udpnat_sealed_vfs_open (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                           udpnat_profile_get_database_key (profile), &db), ==,
                   SQLITE_OK);
  return db;
}

static void
run (sqlite3    *db,
     const char *sql)
{
  char *message = NULL;

  sqlite3_exec (db, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
}

static int
count_lines (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  int count = -1;

  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT count(*) FROM line", -1, &statement, NULL), ==,
                   SQLITE_OK);
  if (sqlite3_step (statement) == SQLITE_ROW)
    count = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return count;
}

static void
fill_database (Fixture *self)
{
  sqlite3 *db = open_database (self->profile);
  g_autofree char *sql = g_strdup_printf (
    "PRAGMA journal_mode = WAL; CREATE TABLE line (text TEXT);"
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
    "INSERT INTO line SELECT '" SECRET_TEXT " ' || i FROM n;", N_LINES);

  run (db, sql);
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static gboolean
try_write (Fixture    *self,
           const char *passphrase,
           gboolean    may_replace,
           GError    **error)
{
  UdpnatBackupSource source = {
    .identity_secret =
      udpnat_identity_get_secret (udpnat_profile_get_identity (self->profile)),
    .database_path = self->database_path,
    .database_key = udpnat_profile_get_database_key (self->profile),
  };

  return udpnat_backup_write (&source, self->file, passphrase, &cheap, may_replace, error);
}

static void
write_backup (Fixture    *self,
              const char *passphrase)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_write (self, passphrase, FALSE, &error));
  g_assert_no_error (error);
}

static void
restore (Fixture    *self,
         const char *passphrase)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_backup_restore (self->file, self->restored_path, passphrase, &error));
  g_assert_no_error (error);
}

/* Also: nothing is left where the profile would have been. */
static void
check_restore_fails (Fixture    *self,
                     const char *passphrase,
                     int         code)
{
  g_autofree char *parent = g_path_get_dirname (self->restored_path);
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_backup_restore (self->file, self->restored_path, passphrase, &error));
  g_assert_error (error, UDPNAT_ERROR, code);
  g_rmdir (parent);
  g_assert_false (g_file_test (parent, G_FILE_TEST_EXISTS));
}

static void
check_restored (Fixture    *self,
                const char *passphrase,
                int         n_lines)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->restored_path, passphrase, &error);
  sqlite3 *db;

  g_assert_no_error (error);
  g_assert_true (udpnat_public_key_equal (
    udpnat_identity_get_public_key (udpnat_profile_get_identity (self->profile)),
    udpnat_identity_get_public_key (udpnat_profile_get_identity (profile))));
  g_assert_cmpint (udpnat_profile_get_database_key (profile) != NULL, ==, passphrase != NULL);
  db = open_database (profile);
  g_assert_cmpint (count_lines (db), ==, n_lines);
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static gboolean
file_holds (const char *path,
            const void *bytes,
            gsize       n_bytes)
{
  g_autofree char *contents = NULL;
  gsize n_contents = 0;

  g_assert_true (g_file_get_contents (path, &contents, &n_contents, NULL));
  return memmem (contents, n_contents, bytes, n_bytes) != NULL;
}

static gboolean
shows_text (const char *path)
{
  return file_holds (path, "heron", 5) || file_holds (path, "SQLite format", 13);
}

/* ---- There and back ---- */

static void
test_plain (Fixture      *self,
            gconstpointer unused)
{
  gboolean is_needed = TRUE;

  fill_database (self);
  write_backup (self, NULL);
  g_assert_true (udpnat_backup_read_needs_passphrase (self->file, &is_needed, NULL));
  g_assert_false (is_needed);
  restore (self, "not looked at");
  check_restored (self, NULL, N_LINES);
}

static void
test_protected (Fixture      *self,
                gconstpointer unused)
{
  g_autofree char *restored_database = g_build_filename (self->restored_path, "udpnat.db", NULL);
  const guint8 *secret = udpnat_identity_get_secret (udpnat_profile_get_identity (self->profile));
  gboolean is_needed = FALSE;

  fill_database (self);
  write_backup (self, PASSPHRASE);
  g_assert_true (udpnat_backup_read_needs_passphrase (self->file, &is_needed, NULL));
  g_assert_true (is_needed);
  g_assert_false (shows_text (self->file));
  g_assert_false (file_holds (self->file, secret, UDPNAT_KEY_BYTES));
  restore (self, PASSPHRASE);
  g_assert_false (shows_text (restored_database));
  check_restored (self, PASSPHRASE, N_LINES);
}

static UdpnatStore *
open_store (UdpnatProfile *profile)
{
  g_autofree char *path = udpnat_profile_dup_database_path (profile);
  g_autoptr (GError) error = NULL;
  UdpnatStore *store;

  store = udpnat_store_open (path, udpnat_profile_get_database_key (profile),
                             udpnat_identity_get_public_key (udpnat_profile_get_identity (profile)),
                             &error);
  g_assert_no_error (error);
  return store;
}

static void
count_transfer (const UdpnatStoredTransfer *transfer,
                gpointer                    user_data)
{
  guint *n = user_data;

  (*n)++;
  g_assert_cmpstr (transfer->offer->name, ==, "heron.jpg");
  g_assert_cmpstr (transfer->path, ==, "/home/alice/heron.jpg");
}

static void
test_files (Fixture      *self,
            gconstpointer unused)
{
  UdpnatFileOffer offer = { .n_files = 1, .name = (char *) "heron.jpg",
                            .content_type = (char *) "" };
  const UdpnatMessageId id = { { 1 } };
  const UdpnatPublicKey key = { { 1 } };
  g_autoptr (UdpnatItem) item = udpnat_item_new_file (&id, 1, &offer);
  g_autoptr (UdpnatStore) store = open_store (self->profile);
  g_autoptr (UdpnatProfile) profile = NULL;
  g_autoptr (UdpnatStore) restored = NULL;
  guint n = 0;

  g_test_summary ("What is on its way still is, and where it is; written while it is in use");
  udpnat_store_add_outgoing_file (store, &key, item, "/home/alice/heron.jpg", NULL, NULL);
  g_assert_true (udpnat_store_flush (store));
  write_backup (self, PASSPHRASE);
  restore (self, PASSPHRASE);
  profile = udpnat_profile_open (self->restored_path, PASSPHRASE, NULL);
  restored = open_store (profile);
  udpnat_store_foreach_open_transfer (restored, count_transfer, &n);
  g_assert_cmpuint (n, ==, 1);
}

static void
test_of_protected_profile (Fixture      *self,
                           gconstpointer unused)
{
  fill_database (self);
  g_assert_true (udpnat_profile_set_passphrase (self->profile, NULL, "another", &cheap, NULL));
  write_backup (self, NULL);
  g_assert_true (shows_text (self->file)); /* as it was asked for */
  restore (self, NULL);
  check_restored (self, NULL, N_LINES);
}

static void
test_protected_of_protected (Fixture      *self,
                             gconstpointer unused)
{
  fill_database (self);
  g_assert_true (udpnat_profile_set_passphrase (self->profile, NULL, "another", &cheap, NULL));
  write_backup (self, PASSPHRASE);
  g_assert_false (shows_text (self->file));
  restore (self, PASSPHRASE);
  check_restored (self, PASSPHRASE, N_LINES);
}

static void
test_in_use (Fixture      *self,
             gconstpointer unused)
{
  sqlite3 *db;

  g_test_summary ("A database in the middle of a transaction: what is committed is in the backup");
  fill_database (self);
  for (guint sealed = 0; sealed < 2; sealed++)
    {
      if (sealed != 0)
        g_assert_true (udpnat_profile_set_passphrase (self->profile, NULL, "another", &cheap,
                                                      NULL));
      db = open_database (self->profile);
      run (db, "INSERT INTO line VALUES ('in the log only')");
      run (db, "BEGIN IMMEDIATE; INSERT INTO line VALUES ('not yet');");
      write_backup (self, PASSPHRASE);
      run (db, "COMMIT");
      g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
      restore (self, PASSPHRASE);
      check_restored (self, PASSPHRASE, N_LINES + 1 + 2 * (int) sealed);
      remove_profile (self->restored_path);
      g_unlink (self->file);
    }
}

static void
test_without_database (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *restored_database = g_build_filename (self->restored_path, "udpnat.db", NULL);
  g_autoptr (UdpnatProfile) profile = NULL;

  write_backup (self, PASSPHRASE);
  restore (self, PASSPHRASE);
  g_assert_false (g_file_test (restored_database, G_FILE_TEST_EXISTS));
  profile = udpnat_profile_open (self->restored_path, PASSPHRASE, NULL);
  g_assert_nonnull (profile);
}

static void
test_database_without_room (Fixture      *self,
                            gconstpointer unused)
{
  sqlite3 *db = NULL;

  g_test_summary ("A database of an older udpnat, whose pages have no room for seals");
  g_assert_cmpint (sqlite3_open (self->database_path, &db), ==, SQLITE_OK);
  run (db, "CREATE TABLE line (text TEXT); INSERT INTO line VALUES (randomblob (10000));");
  sqlite3_close (db);
  write_backup (self, PASSPHRASE);
  restore (self, PASSPHRASE);
  check_restored (self, PASSPHRASE, 1);
}

/* ---- What is there already ---- */

static void
test_existing_file (Fixture      *self,
                    gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;

  g_assert_true (g_file_set_contents (self->file, "precious", -1, NULL));
  g_assert_false (try_write (self, NULL, FALSE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
  g_assert_true (g_file_get_contents (self->file, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "precious");
  g_assert_true (try_write (self, NULL, TRUE, NULL));
  restore (self, NULL);
}

static void
test_existing_profile (Fixture      *self,
                       gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key_path = g_build_filename (self->profile_path, "identity.key", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  write_backup (self, NULL);
  g_assert_true (g_file_get_contents (key_path, &before, NULL, NULL));
  g_assert_false (udpnat_backup_restore (self->file, self->profile_path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
  g_assert_true (g_file_get_contents (key_path, &after, NULL, NULL));
  g_assert_cmpstr (before, ==, after);
}

static void
test_empty_folder (Fixture      *self,
                   gconstpointer unused)
{
  fill_database (self);
  write_backup (self, NULL);
  g_assert_cmpint (g_mkdir_with_parents (self->restored_path, 0700), ==, 0);
  restore (self, NULL);
  check_restored (self, NULL, N_LINES);
}

static void
test_modes (Fixture      *self,
            gconstpointer unused)
{
  mode_t before = umask (0); /* nobody helps */
  static const char *const names[] = { "identity.key", "udpnat.db" };
  GStatBuf about;

  fill_database (self);
  write_backup (self, NULL);
  restore (self, NULL);
  umask (before);
  g_assert_cmpint (g_stat (self->file, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 07777, ==, 0600);
  g_assert_cmpint (g_stat (self->restored_path, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 07777, ==, 0700);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->restored_path, names[i], NULL);

      g_assert_cmpint (g_stat (path, &about), ==, 0);
      g_assert_cmpuint (about.st_mode & 07777, ==, 0600);
    }
}

/* ---- Refused ---- */

static void
test_wrong_passphrase (Fixture      *self,
                       gconstpointer unused)
{
  fill_database (self);
  write_backup (self, PASSPHRASE);
  check_restore_fails (self, "wrong", UDPNAT_ERROR_WRONG_PASSPHRASE);
  check_restore_fails (self, "", UDPNAT_ERROR_WRONG_PASSPHRASE);
  check_restore_fails (self, NULL, UDPNAT_ERROR_LOCKED);
}

static void
test_empty_passphrase (Fixture      *self,
                       gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (try_write (self, "", FALSE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_assert_false (g_file_test (self->file, G_FILE_TEST_EXISTS));
}

static void
check_damage (Fixture    *self,
              const char *passphrase)
{
  g_autofree char *good = NULL;
  gsize n_good;

  fill_database (self);
  write_backup (self, passphrase);
  g_assert_true (g_file_get_contents (self->file, &good, &n_good, NULL));
  g_assert_cmpuint (n_good, >, 3 * UDPNAT_BACKUP_CHUNK_BYTES);
  /* Every byte of the head and of the check, some of the rest. */
  for (gsize i = 0; i < n_good; i += i < 120 || i >= n_good - 40 ? 1 : (n_good - 160) / 30)
    {
      g_autofree char *bad = g_memdup2 (good, n_good);

      bad[i] ^= 0x10;
      g_assert_true (g_file_set_contents (self->file, bad, (gssize) n_good, NULL));
      check_restore_fails (self, passphrase, UDPNAT_ERROR_BACKUP_DAMAGED);
    }
  for (gsize i = 0; i < n_good; i += i < 120 || i >= n_good - 40 ? 1 : (n_good - 160) / 30)
    {
      g_assert_true (g_file_set_contents (self->file, good, (gssize) i, NULL));
      check_restore_fails (self, passphrase, UDPNAT_ERROR_BACKUP_DAMAGED);
    }
  g_assert_true (g_file_set_contents (self->file, good, (gssize) n_good, NULL));
  restore (self, passphrase);
}

static void
test_damaged_plain (Fixture      *self,
                    gconstpointer unused)
{
  check_damage (self, NULL);
}

static void
test_damaged_protected (Fixture      *self,
                        gconstpointer unused)
{
  check_damage (self, PASSPHRASE);
}

static void
test_no_backup (Fixture      *self,
                gconstpointer unused)
{
  static const char *const contents[] = { "", "udpnat", "a letter to somebody, and no backup" };
  gboolean is_needed;

  check_restore_fails (self, NULL, UDPNAT_ERROR_BACKUP_DAMAGED); /* no file */
  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_assert_true (g_file_set_contents (self->file, contents[i], -1, NULL));
      check_restore_fails (self, NULL, UDPNAT_ERROR_BACKUP_DAMAGED);
      g_assert_false (udpnat_backup_read_needs_passphrase (self->file, &is_needed, NULL));
    }
}

static void
test_newer (Fixture      *self,
            gconstpointer unused)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_contents;

  write_backup (self, NULL);
  g_assert_true (g_file_get_contents (self->file, &contents, &n_contents, NULL));
  contents[14] = '2';
  g_assert_true (g_file_set_contents (self->file, contents, (gssize) n_contents, NULL));
  g_assert_false (udpnat_backup_restore (self->file, self->restored_path, NULL, &error));
  g_assert_nonnull (strstr (error->message, "newer udpnat"));
}

static void
test_damaged_database (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_test_summary ("A backup whose check is right, of a database that was damaged before");
  fill_database (self);
  g_assert_true (g_file_get_contents (self->database_path, &contents, &n_contents, NULL));
  memset (contents + 5 * UDPNAT_PAGE_BYTES, 0x55, UDPNAT_PAGE_BYTES - UDPNAT_PAGE_RESERVED_BYTES);
  g_assert_true (g_file_set_contents (self->database_path, contents, (gssize) n_contents, NULL));
  write_backup (self, NULL);
  check_restore_fails (self, NULL, UDPNAT_ERROR_BACKUP_DAMAGED);
}

/* ---- A full disk ---- */

static struct rlimit
limit_file_size (rlim_t n_bytes)
{
  struct rlimit before, limit;

  signal (SIGXFSZ, SIG_IGN); /* so that writing fails instead */
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = n_bytes;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  return before;
}

static void
test_full_disk (Fixture      *self,
                gconstpointer unused)
{
  static const rlim_t limits[] = { 4000, 100000, 250000 };
  struct rlimit before;

  fill_database (self);
  write_backup (self, PASSPHRASE);
  for (gsize i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autoptr (GError) error = NULL;

      before = limit_file_size (limits[i]);
      check_restore_fails (self, PASSPHRASE, UDPNAT_ERROR_PROFILE_UNWRITABLE);
      g_assert_false (try_write (self, PASSPHRASE, TRUE, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
      g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
    }
  restore (self, PASSPHRASE); /* the first backup is still what it was */
  check_restored (self, PASSPHRASE, N_LINES);
}

#define ADD(path, function) \
  g_test_add ("/client-backup/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("restore/plain", test_plain);
  ADD ("restore/protected-shows-nothing", test_protected);
  ADD ("restore/plain-of-protected-profile", test_of_protected_profile);
  ADD ("restore/protected-of-protected-profile", test_protected_of_protected);
  ADD ("restore/files-on-their-way", test_files);
  ADD ("restore/database-in-use", test_in_use);
  ADD ("restore/no-database", test_without_database);
  ADD ("restore/database-without-room", test_database_without_room);
  ADD ("restore/into-empty-folder", test_empty_folder);
  ADD ("restore/modes", test_modes);
  ADD ("exists/file-is-kept-unless-told", test_existing_file);
  ADD ("exists/profile-is-kept", test_existing_profile);
  ADD ("refused/wrong-passphrase", test_wrong_passphrase);
  ADD ("refused/empty-passphrase", test_empty_passphrase);
  ADD ("refused/damaged-plain", test_damaged_plain);
  ADD ("refused/damaged-protected", test_damaged_protected);
  ADD ("refused/no-backup", test_no_backup);
  ADD ("refused/of-newer-version", test_newer);
  ADD ("refused/database-was-damaged", test_damaged_database);
  ADD ("disk/full-leaves-nothing", test_full_disk);

  return g_test_run ();
}
