/* The profile's folder on a real disk: its rights, its lock, its key, its passphrase. */

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-key-file.h"
#include "udpnat-profile.h"
#include "udpnat-sealed-vfs.h"

#define OLD "correct horse"
#define NEW "battery staple"
#define SECRET_TEXT "the heron stands where the river bends"

/* The least that libsodium allows: tests try many passphrases. */
static const UdpnatPassphraseCost cheap = { .passes = 1, .memory_bytes = 8192 };

typedef struct
{
  char *folder;
  char *path; /* of a profile in it, two levels down, that does not exist yet */
  char *key_path;
  char *database_path;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-profile-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "share", "udpnat", NULL);
  self->key_path = g_build_filename (self->path, "identity.key", NULL);
  self->database_path = g_build_filename (self->path, "udpnat.db", NULL);
}

/* Removes everything that may be in a profile; not what may not. */
static void
empty_profile (Fixture *self)
{
  static const char *const names[] = { "lock", "identity.key", "udpnat.db" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->path, names[i], NULL);

      g_unlink (path);
    }
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *share = g_build_filename (self->folder, "share", NULL);

  empty_profile (self);
  g_rmdir (self->key_path);
  g_rmdir (self->path);
  g_rmdir (share);
  g_unlink (share);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->database_path);
  g_free (self->key_path);
  g_free (self->path);
  g_free (self->folder);
}

static guint
get_mode (const char *path)
{
  GStatBuf about;

  g_assert_cmpint (g_stat (path, &about), ==, 0);
  return about.st_mode & 07777;
}

/* ---- Rights ---- */

static void
test_is_private (Fixture      *self,
                 gconstpointer unused)
{
  mode_t before = umask (0); /* nobody helps */
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL, NULL);

  umask (before);
  g_assert_nonnull (profile);
  g_assert_cmpuint (get_mode (self->path), ==, 0700);
  g_assert_cmpuint (get_mode (self->key_path), ==, 0600);
  g_assert_cmpstr (udpnat_profile_get_path (profile), ==, self->path);
}

static void
test_unwritable (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree char *share = g_build_filename (self->folder, "share", NULL);
  g_autoptr (GError) error = NULL;

  /* A file where a folder has to be: that stops root as well, who may run these tests. */
  g_assert_true (g_file_set_contents (share, "", 0, NULL));
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
  g_assert_nonnull (strstr (error->message, self->path));
}

/* ---- Lock ---- */

static void
test_second_open_is_refused (Fixture      *self,
                             gconstpointer unused)
{
  g_autoptr (UdpnatProfile) first = udpnat_profile_open (self->path, NULL, NULL);
  g_autoptr (UdpnatProfile) third = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *process = g_strdup_printf ("process %d", (int) getpid ());

  g_assert_nonnull (first);
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE);
  g_assert_nonnull (strstr (error->message, process));

  g_clear_pointer (&first, udpnat_profile_free);
  third = udpnat_profile_open (self->path, NULL, NULL);
  g_assert_nonnull (third);
}

static void
test_failed_open_unlocks (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (UdpnatProfile) first = udpnat_profile_open (self->path, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *good = NULL;

  g_assert_true (g_file_get_contents (self->key_path, &good, NULL, NULL));
  g_clear_pointer (&first, udpnat_profile_free);
  g_assert_true (g_file_set_contents (self->key_path, "broken", -1, NULL));
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_true (g_file_set_contents (self->key_path, good, -1, NULL));
  first = udpnat_profile_open (self->path, NULL, NULL);
  g_assert_nonnull (first);
}

/* ---- Key ---- */

static void
test_reopen_gives_same_key (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL, NULL);
  UdpnatPublicKey key;

  g_assert_nonnull (profile);
  key = *udpnat_identity_get_public_key (udpnat_profile_get_identity (profile));
  for (guint i = 0; i < 3; i++)
    {
      g_clear_pointer (&profile, udpnat_profile_free);
      profile = udpnat_profile_open (self->path, NULL, NULL);
      g_assert_nonnull (profile);
      g_assert_true (udpnat_public_key_equal (
        &key, udpnat_identity_get_public_key (udpnat_profile_get_identity (profile))));
    }
}

static void
test_profiles_differ (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL, NULL);
  UdpnatPublicKey key;

  g_assert_nonnull (profile);
  key = *udpnat_identity_get_public_key (udpnat_profile_get_identity (profile));
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_cmpint (g_unlink (self->key_path), ==, 0);
  profile = udpnat_profile_open (self->path, NULL, NULL);
  g_assert_nonnull (profile);
  g_assert_false (udpnat_public_key_equal (
    &key, udpnat_identity_get_public_key (udpnat_profile_get_identity (profile))));
}

static void
test_key_file_format (Fixture      *self,
                      gconstpointer unused)
{
  /* Written by hand, in capitals: what somebody might restore from paper. */
  static const char text[] = "0123456789ABCDEFfedcba98765432100011223344556677889900aAbBcCdDeE\n";
  g_autoptr (UdpnatProfile) profile = NULL;
  g_autofree char *after = NULL;
  const guint8 *secret;

  g_assert_cmpint (g_mkdir_with_parents (self->path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (self->key_path, text, -1, NULL));
  profile = udpnat_profile_open (self->path, NULL, NULL);
  g_assert_nonnull (profile);
  secret = udpnat_identity_get_secret (udpnat_profile_get_identity (profile));
  g_assert_cmphex (secret[1], ==, 0x23);
  g_assert_cmphex (secret[8], ==, 0xfe);
  g_assert_cmphex (secret[31], ==, 0xee);
  g_assert_true (g_file_get_contents (self->key_path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);
}

static void
check_damaged (Fixture    *self,
               const char *contents,
               gsize       n_contents)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;
  gsize n_after;

  g_assert_true (g_file_set_contents (self->key_path, contents, n_contents, NULL));
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_nonnull (strstr (error->message, self->key_path));
  g_assert_true (g_file_get_contents (self->key_path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, contents, n_contents);
}

static void
test_damaged_key_is_kept (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL, NULL);
  g_autofree char *good = NULL;
  g_autofree char *broken = NULL;
  gsize n_good;

  g_assert_nonnull (profile);
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_true (g_file_get_contents (self->key_path, &good, &n_good, NULL));
  g_assert_cmpuint (n_good, ==, 65);

  for (gsize n = 0; n < n_good; n++) /* cut off anywhere, the empty file included */
    check_damaged (self, good, n);
  broken = g_strdup_printf ("%s\n", good);
  check_damaged (self, broken, n_good + 1);
  for (gsize i = 0; i < n_good; i++)
    {
      g_autofree char *wrong = g_strdup (good);

      wrong[i] = 'g';
      check_damaged (self, wrong, n_good);
      wrong[i] = '\0';
      check_damaged (self, wrong, n_good);
    }

  g_assert_true (g_file_set_contents (self->key_path, good, n_good, NULL));
  profile = udpnat_profile_open (self->path, NULL, NULL);
  g_assert_nonnull (profile);
}

static void
test_key_is_a_folder (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (self->key_path, 0700), ==, 0);
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_true (g_file_test (self->key_path, G_FILE_TEST_IS_DIR));
}

static void
test_key_is_a_dead_link (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;

  g_test_summary ("A key on a disk that is not mounted is not replaced by a new one");
  g_assert_cmpint (g_mkdir_with_parents (self->path, 0700), ==, 0);
  g_assert_cmpint (symlink ("/nowhere/identity.key", self->key_path), ==, 0);
  g_assert_null (udpnat_profile_open (self->path, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  target = g_file_read_link (self->key_path, NULL);
  g_assert_cmpstr (target, ==, "/nowhere/identity.key");
}

/* ---- Passphrase ---- */

static UdpnatProfile *
open_profile (Fixture    *self,
              const char *passphrase)
{
  g_autoptr (GError) error = NULL;
  UdpnatProfile *profile = udpnat_profile_open (self->path, passphrase, &error);

  g_assert_no_error (error);
  g_assert_nonnull (profile);
  return profile;
}

static void
check_open_fails (Fixture    *self,
                  const char *passphrase,
                  int         code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_profile_open (self->path, passphrase, &error));
  g_assert_error (error, UDPNAT_ERROR, code);
}

static void
change (UdpnatProfile *profile,
        const char    *old_passphrase,
        const char    *new_passphrase)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_profile_set_passphrase (profile, old_passphrase, new_passphrase, &cheap,
                                                &error));
  g_assert_no_error (error);
}

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
write_database (UdpnatProfile *profile)
{
  sqlite3 *db = open_database (profile);

  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode = WAL; CREATE TABLE line (text TEXT);"
                                     "INSERT INTO line VALUES ('" SECRET_TEXT "');", NULL, NULL,
                                 NULL), ==, SQLITE_OK);
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static void
check_database (UdpnatProfile *profile)
{
  sqlite3 *db = open_database (profile);
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT text FROM line", -1, &statement, NULL), ==,
                   SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpstr ((const char *) sqlite3_column_text (statement, 0), ==, SECRET_TEXT);
  sqlite3_finalize (statement);
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static gboolean
database_shows_text (Fixture *self)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_assert_true (g_file_get_contents (self->database_path, &contents, &n_contents, NULL));
  return memmem (contents, n_contents, SECRET_TEXT, strlen (SECRET_TEXT)) != NULL;
}

static UdpnatPublicKey
get_public_key (UdpnatProfile *profile)
{
  return *udpnat_identity_get_public_key (udpnat_profile_get_identity (profile));
}

static void
test_passphrase_life (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);
  UdpnatPublicKey key = get_public_key (profile);
  UdpnatPublicKey after;
  static const char *const steps[] = { NULL, OLD, NEW, NULL, OLD };

  g_test_summary ("Set, changed, removed and set again: same identity, same history");
  write_database (profile);
  for (gsize i = 0; i + 1 < G_N_ELEMENTS (steps); i++)
    {
      change (profile, steps[i], steps[i + 1]);
      check_database (profile);
      g_assert_cmpint (database_shows_text (self), ==, steps[i + 1] == NULL);
      g_clear_pointer (&profile, udpnat_profile_free);
      g_assert_cmpint (udpnat_profile_is_locked (self->path), ==, steps[i + 1] != NULL);
      profile = open_profile (self, steps[i + 1]);
      check_database (profile);
      after = get_public_key (profile);
      g_assert_true (udpnat_public_key_equal (&key, &after));
    }
}

static void
test_passphrase_needed (Fixture      *self,
                        gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);

  change (profile, NULL, OLD);
  g_clear_pointer (&profile, udpnat_profile_free);
  check_open_fails (self, NULL, UDPNAT_ERROR_LOCKED);
  check_open_fails (self, NEW, UDPNAT_ERROR_WRONG_PASSPHRASE);
  profile = open_profile (self, OLD);
}

static void
test_old_passphrase_needed (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);
  static const char *const wishes[] = { NULL, NEW };

  change (profile, NULL, OLD);
  for (gsize i = 0; i < G_N_ELEMENTS (wishes); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) other_error = NULL;

      g_assert_false (udpnat_profile_set_passphrase (profile, NEW, wishes[i], &cheap, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);
      g_assert_false (udpnat_profile_set_passphrase (profile, NULL, wishes[i], &cheap,
                                                     &other_error));
      g_assert_error (other_error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED);
    }
  g_clear_pointer (&profile, udpnat_profile_free);
  profile = open_profile (self, OLD);
}

static void
test_change_keeps_database (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before, n_after;

  write_database (profile);
  change (profile, NULL, OLD);
  g_assert_true (g_file_get_contents (self->database_path, &before, &n_before, NULL));
  change (profile, OLD, NEW);
  g_assert_true (g_file_get_contents (self->database_path, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

static void
test_new_profile_protected (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, OLD);

  g_assert_nonnull (udpnat_profile_get_database_key (profile));
  g_assert_true (udpnat_profile_is_locked (self->path));
}

static void
test_new_key_old_database (Fixture      *self,
                           gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);

  g_test_summary ("A database in clear whose key file is gone is encrypted with the new one");
  write_database (profile);
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_cmpint (g_unlink (self->key_path), ==, 0);
  profile = open_profile (self, OLD);
  g_assert_false (database_shows_text (self));
  check_database (profile);
}

static void
test_foreign_database (Fixture      *self,
                       gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);
  g_autofree char *clear = NULL;
  gsize n_clear;

  g_test_summary ("A database in clear that is put into a protected profile is not taken");
  write_database (profile);
  g_assert_true (g_file_get_contents (self->database_path, &clear, &n_clear, NULL));
  change (profile, NULL, OLD);
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_true (g_file_set_contents (self->database_path, clear, (gssize) n_clear, NULL));
  check_open_fails (self, OLD, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_true (database_shows_text (self)); /* left as it was */
}

static void
test_leftovers (Fixture      *self,
                gconstpointer unused)
{
  g_autofree char *left_new = g_strconcat (self->database_path, ".new", NULL);
  g_autofree char *left_snapshot = g_strconcat (self->database_path, ".snapshot", NULL);
  g_autofree char *left_key = g_strconcat (self->key_path, ".new", NULL);
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);

  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_true (g_file_set_contents (left_new, SECRET_TEXT, -1, NULL));
  g_assert_true (g_file_set_contents (left_snapshot, SECRET_TEXT, -1, NULL));
  g_assert_true (g_file_set_contents (left_key, "5e5e5e5e", -1, NULL));
  profile = open_profile (self, NULL);
  g_assert_false (g_file_test (left_new, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (left_snapshot, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (left_key, G_FILE_TEST_EXISTS));
}

/* ---- Killed at each step of a change ---- */

static gboolean
changes_the_disk (guint64 number)
{
  static const guint64 numbers[] = {
#ifdef SYS_rename
    SYS_rename,
#endif
#ifdef SYS_unlink
    SYS_unlink,
#endif
    SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_pwrite64, SYS_write, SYS_ftruncate, SYS_fsync,
    SYS_fdatasync,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (numbers[i] == number)
      return TRUE;
  return FALSE;
}

static void
run_child (Fixture    *self,
           const char *old_passphrase,
           const char *new_passphrase)
{
  UdpnatProfile *profile = udpnat_profile_open (self->path, old_passphrase, NULL);

  if (profile == NULL || ptrace (PTRACE_TRACEME, 0, NULL, NULL) != 0)
    _exit (77);
  raise (SIGSTOP);
  _exit (udpnat_profile_set_passphrase (profile, old_passphrase, new_passphrase, &cheap, NULL)
           ? 0 : 1);
}

/* Lets the child make @n_calls system calls that change the disk, and kills it before the next.
 *
 * Returns: its exit status, or -1 when it was killed */
static int
change_and_kill (Fixture    *self,
                 const char *old_passphrase,
                 const char *new_passphrase,
                 guint       n_calls)
{
  pid_t child = fork ();
  guint n_seen = 0;
  int status = 0;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    run_child (self, old_passphrase, new_passphrase);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  while (WIFSTOPPED (status))
    {
      struct __ptrace_syscall_info info = { 0 };

      if (WSTOPSIG (status) == SIGSTOP)
        ptrace (PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
      else if (ptrace (PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
               info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_the_disk (info.entry.nr) &&
               ++n_seen > n_calls)
        kill (child, SIGKILL);
      ptrace (PTRACE_SYSCALL, child, NULL, NULL);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
    }
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static void
check_whole (Fixture               *self,
             const char            *passphrase,
             const UdpnatPublicKey *key,
             gboolean               is_changed_again)
{
  g_autofree char *left = g_strconcat (self->database_path, ".new", NULL);
  gboolean is_locked = udpnat_profile_is_locked (self->path);
  g_autoptr (UdpnatProfile) profile = open_profile (self, is_locked ? passphrase : NULL);
  UdpnatPublicKey after = get_public_key (profile);

  check_database (profile);
  g_assert_true (udpnat_public_key_equal (key, &after));
  g_assert_cmpint (database_shows_text (self), ==, !is_locked);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  if (!is_changed_again)
    return;
  change (profile, is_locked ? passphrase : NULL, is_locked ? NULL : passphrase);
  check_database (profile);
}

/* A profile as it was before the change, put back without waiting for the disk. */
typedef struct
{
  char           *texts[2];
  gsize           n_texts[2];
  UdpnatPublicKey key;
} Before;

static void
make_before (Fixture    *self,
             Before     *before,
             const char *passphrase)
{
  g_autoptr (UdpnatProfile) profile = open_profile (self, NULL);

  write_database (profile);
  if (passphrase != NULL)
    change (profile, NULL, passphrase);
  before->key = get_public_key (profile);
  g_assert_true (g_file_get_contents (self->key_path, &before->texts[0], &before->n_texts[0],
                                      NULL));
  g_assert_true (g_file_get_contents (self->database_path, &before->texts[1], &before->n_texts[1],
                                      NULL));
}

static void
put_back (Fixture      *self,
          const Before *before)
{
  const char *paths[] = { self->key_path, self->database_path };

  empty_profile (self);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    g_assert_true (g_file_set_contents_full (paths[i], before->texts[i],
                                             (gssize) before->n_texts[i],
                                             G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
check_kills (Fixture    *self,
             const char *old_passphrase,
             const char *new_passphrase)
{
  Before before = { 0 };
  int status = -1;
  guint n_calls;

  make_before (self, &before, old_passphrase);
  for (n_calls = 0; status == -1; n_calls++)
    {
      put_back (self, &before);
      status = change_and_kill (self, old_passphrase, new_passphrase, n_calls);
      if (status != 77)
        check_whole (self, old_passphrase != NULL ? old_passphrase : new_passphrase, &before.key,
                     n_calls % 5 == 0);
    }
  g_free (before.texts[0]);
  g_free (before.texts[1]);
  if (status == 77)
    {
      g_test_skip ("No ptrace here");
      return;
    }
  g_assert_cmpint (status, ==, 0);
  g_test_message ("killed at %u places", n_calls - 1);
  g_assert_cmpuint (n_calls, >, 8); /* the file has pages, and there are renames and flushes */
}

static void
test_killed_turning_on (Fixture      *self,
                        gconstpointer unused)
{
  check_kills (self, NULL, OLD);
}

static void
test_killed_turning_off (Fixture      *self,
                         gconstpointer unused)
{
  check_kills (self, OLD, NULL);
}

static void
test_default_path (void)
{
  g_autofree char *path = udpnat_profile_get_default_path ();

  g_assert_true (g_path_is_absolute (path));
  g_assert_true (g_str_has_suffix (path, "/udpnat"));
}

#define ADD(path, function) \
  g_test_add ("/client-profile/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("rights/folder-0700-key-0600", test_is_private);
  ADD ("rights/unwritable-is-said", test_unwritable);
  ADD ("lock/second-open-is-refused", test_second_open_is_refused);
  ADD ("lock/failed-open-unlocks", test_failed_open_unlocks);
  ADD ("key/same-after-reopening", test_reopen_gives_same_key);
  ADD ("key/two-profiles-two-keys", test_profiles_differ);
  ADD ("key/written-by-hand-is-read", test_key_file_format);
  ADD ("key/damaged-is-refused-and-kept", test_damaged_key_is_kept);
  ADD ("key/folder-in-its-place-is-kept", test_key_is_a_folder);
  ADD ("key/dead-link-is-kept", test_key_is_a_dead_link);
  ADD ("passphrase/set-changed-removed", test_passphrase_life);
  ADD ("passphrase/needed-to-open", test_passphrase_needed);
  ADD ("passphrase/old-one-needed-to-change", test_old_passphrase_needed);
  ADD ("passphrase/change-keeps-the-database", test_change_keeps_database);
  ADD ("passphrase/new-profile-gets-it", test_new_profile_protected);
  ADD ("passphrase/new-key-for-old-database", test_new_key_old_database);
  ADD ("passphrase/foreign-database-is-refused", test_foreign_database);
  ADD ("passphrase/leftovers-are-removed", test_leftovers);
  ADD ("passphrase/killed-while-turning-on", test_killed_turning_on);
  ADD ("passphrase/killed-while-turning-off", test_killed_turning_off);
  g_test_add_func ("/client-profile/path/default", test_default_path);

  return g_test_run ();
}
