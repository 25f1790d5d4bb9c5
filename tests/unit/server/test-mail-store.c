/* UdpnatMailStore on real files: what survives, what is really gone, and what becomes of damage. */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "udpnat-mail-store.h"
#include "udpnat-server-error.h"

#define STORED_S 1700000000

typedef struct
{
  char            *folder;
  char            *path;
  UdpnatMailStore *store;
  GString         *seen; /* what foreach said */
} Fixture;

static const UdpnatPublicKey alice = { { 1 } };
static const UdpnatPublicKey bob = { { 2 } };
static const guint8 pass[16] = "sixteen letters";

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-mail-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "mail.db", NULL);
  self->seen = g_string_new (NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  udpnat_mail_store_free (self->store);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_string_free (self->seen, TRUE);
  g_free (self->path);
  g_free (self->folder);
}

static void
open_store (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->store, udpnat_mail_store_free);
  self->store = udpnat_mail_store_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

static void
begin (Fixture *self)
{
  g_assert_true (udpnat_mail_store_begin (self->store, NULL));
}

static void
commit (Fixture *self)
{
  g_assert_true (udpnat_mail_store_commit (self->store, NULL));
}

static void
add (Fixture               *self,
     guint64                number,
     const UdpnatPublicKey *recipient,
     const guint8          *with_pass,
     const char            *text)
{
  g_autoptr (GBytes) sealed = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_mail_store_add (self->store, number, recipient, with_pass,
                                        STORED_S + (gint64) number, sealed, &error));
  g_assert_no_error (error);
}

static void
see_letter (guint64                number,
            const UdpnatPublicKey *recipient,
            const guint8          *with_pass,
            gsize                  n_bytes,
            gint64                 stored_s,
            gpointer               user_data)
{
  Fixture *self = user_data;

  g_assert_cmpint (stored_s, ==, STORED_S + (gint64) number);
  if (with_pass != NULL)
    g_assert_cmpmem (with_pass, 16, pass, 16);
  g_string_append_printf (self->seen, "%u:%u%c%u ", (guint) number, recipient->bytes[0],
                          with_pass != NULL ? 'p' : 's', (guint) n_bytes);
}

static void
see_passes (const UdpnatPublicKey *recipient,
            const guint8          *passes,
            guint                  n_passes,
            gpointer               user_data)
{
  Fixture *self = user_data;

  g_string_append_printf (self->seen, "[%u:%u]", recipient->bytes[0], n_passes);
}

static const char *
look (Fixture *self)
{
  g_string_truncate (self->seen, 0);
  g_assert_true (udpnat_mail_store_foreach (self->store, see_letter, see_passes, self, NULL));
  return self->seen->str;
}

static void
test_survives_a_restart (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GBytes) passes = g_bytes_new (pass, 16);
  g_autoptr (GBytes) sealed = NULL;

  open_store (self);
  begin (self);
  add (self, 7, &alice, pass, "seven");
  add (self, 5, &bob, NULL, "fives");
  g_assert_true (udpnat_mail_store_set_passes (self->store, &alice, passes, NULL));
  commit (self);
  open_store (self);
  g_assert_cmpstr (look (self), ==, "5:2s5 7:1p5 [1:1]");
  sealed = udpnat_mail_store_load (self->store, 7, NULL);
  g_assert_cmpmem (g_bytes_get_data (sealed, NULL), g_bytes_get_size (sealed), "seven", 5);
}

static void
test_no_number_twice (Fixture      *self,
                      gconstpointer unused)
{
  open_store (self);
  g_assert_cmpuint (udpnat_mail_store_get_last_number (self->store), ==, 0);
  begin (self);
  add (self, 9, &alice, NULL, "nine");
  add (self, 4, &alice, NULL, "four");
  g_assert_true (udpnat_mail_store_delete (self->store, 9, NULL));
  commit (self);
  open_store (self);
  g_assert_cmpuint (udpnat_mail_store_get_last_number (self->store), ==, 9);
}

static void
test_passes_replaced_and_removed (Fixture      *self,
                                  gconstpointer unused)
{
  g_autoptr (GBytes) two = g_bytes_new ("0123456789abcdef0123456789ABCDEF", 32);
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);

  open_store (self);
  begin (self);
  g_assert_true (udpnat_mail_store_set_passes (self->store, &alice, two, NULL));
  g_assert_true (udpnat_mail_store_set_passes (self->store, &bob, two, NULL));
  g_assert_true (udpnat_mail_store_set_passes (self->store, &bob, none, NULL));
  commit (self);
  g_assert_cmpstr (look (self), ==, "[1:2]");
}

static void
test_missing_letter (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  open_store (self);
  g_assert_null (udpnat_mail_store_load (self->store, 1, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED);
}

/* A process that is killed right after the commit. */
static void
test_survives_kill (Fixture      *self,
                    gconstpointer unused)
{
  pid_t child = fork ();
  int   status;

  if (child == 0)
    {
      open_store (self);
      begin (self);
      add (self, 1, &alice, pass, "committed");
      commit (self);
      begin (self);
      add (self, 2, &alice, pass, "not committed");
      kill (getpid (), SIGKILL);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  open_store (self);
  g_assert_cmpstr (look (self), ==, "1:1p9 ");
}

/* Also in the log, once the store is closed. */
static void
test_deleted_is_gone (Fixture      *self,
                      gconstpointer unused)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *contents = NULL;
  gsize n_contents;

  open_store (self);
  begin (self);
  add (self, 1, &alice, NULL, "the one to be forgotten");
  add (self, 2, &alice, NULL, "the one to be kept");
  commit (self);
  begin (self);
  g_assert_true (udpnat_mail_store_delete (self->store, 1, NULL));
  commit (self);
  g_clear_pointer (&self->store, udpnat_mail_store_free);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_null (memmem (contents, n_contents, "forgotten", 9));
  g_assert_nonnull (memmem (contents, n_contents, "kept", 4));
}

/* ---- Damage ---- */

/* Some hundred letters, and a page in the middle overwritten. */
static void
make_damaged (Fixture *self,
              guint    n_letters)
{
  guint8 noise[4096];
  GStatBuf about;
  int fd;

  open_store (self);
  begin (self);
  for (guint i = 1; i <= n_letters; i++)
    add (self, i, &alice, pass, "some letter of about eighty bytes, so that there are many pages");
  commit (self);
  g_clear_pointer (&self->store, udpnat_mail_store_free);
  g_assert_cmpint (g_stat (self->path, &about), ==, 0);
  memset (noise, 0xa5, sizeof noise);
  fd = g_open (self->path, O_WRONLY, 0);
  g_assert_cmpint (pwrite (fd, noise, sizeof noise, about.st_size / 8192 * 4096), ==, 4096);
  close (fd);
}

static void
test_damage_is_found (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before, n_after;

  make_damaged (self, 500);
  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  g_assert_null (udpnat_mail_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED);
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

static void
test_damage_is_set_aside (Fixture      *self,
                          gconstpointer unused)
{
  g_autofree char *aside = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before, n_after;

  make_damaged (self, 500);
  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  aside = udpnat_mail_store_set_aside (self->path, G_GINT64_CONSTANT (1700000000000000), NULL);
  g_assert_nonnull (strstr (aside, "mail.db.damaged-1700000000"));
  open_store (self);
  g_assert_cmpstr (look (self), ==, "");
  (void) udpnat_mail_store_recover (self->store, aside);
  g_assert_true (g_file_get_contents (aside, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

/* What was written last may be in the log alone. */
static void
test_log_is_set_aside (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *log = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *aside = NULL;
  g_autofree char *aside_log = NULL;
  g_autofree char *contents = NULL;

  make_damaged (self, 1);
  g_assert_true (g_file_set_contents (log, "log", 3, NULL));
  aside = udpnat_mail_store_set_aside (self->path, 0, NULL);
  aside_log = g_strconcat (aside, "-wal", NULL);
  g_assert_true (g_file_get_contents (aside_log, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "log");
  g_assert_false (g_file_test (log, G_FILE_TEST_EXISTS));
}

static void
test_the_rest_is_recovered (Fixture      *self,
                            gconstpointer unused)
{
  g_autofree char *aside = NULL;
  guint n_recovered;

  make_damaged (self, 500);
  aside = udpnat_mail_store_set_aside (self->path, 0, NULL);
  open_store (self);
  n_recovered = udpnat_mail_store_recover (self->store, aside);
  g_assert_cmpuint (n_recovered, >, 400);
  g_assert_cmpuint (n_recovered, <, 500);
  g_assert_nonnull (strstr (look (self), " 500:1p63 "));
  g_assert_true (g_str_has_prefix (look (self), "1:1p63 2:1p63 "));
}

static void
test_no_database_at_all (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *aside = NULL;

  g_assert_true (g_file_set_contents (self->path, "This is no database, whatever it is called.",
                                      -1, NULL));
  g_assert_null (udpnat_mail_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED);
  aside = udpnat_mail_store_set_aside (self->path, 0, NULL);
  open_store (self);
  g_assert_cmpuint (udpnat_mail_store_recover (self->store, aside), ==, 0);
}

static void
test_emptied_with_log (Fixture      *self,
                       gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *aside = NULL;
  g_autofree char *aside_log = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before, n_after;

  g_test_summary ("SQLite takes the log of an empty file for rubbish, and deletes it");
  open_store (self);
  begin (self);
  add (self, 1, &alice, pass, "only in the log");
  commit (self);
  g_assert_true (g_file_get_contents (log_path, &before, &n_before, NULL));
  g_clear_pointer (&self->store, udpnat_mail_store_free);
  g_assert_true (g_file_set_contents (log_path, before, (gssize) n_before, NULL));
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  g_assert_null (udpnat_mail_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED);
  aside = udpnat_mail_store_set_aside (self->path, 0, NULL);
  open_store (self);
  g_assert_cmpuint (udpnat_mail_store_recover (self->store, aside), ==, 0);
  aside_log = g_strconcat (aside, "-wal", NULL);
  g_assert_true (g_file_get_contents (aside_log, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

static void
test_set_aside_twice (Fixture      *self,
                      gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *contents = NULL;

  g_test_summary ("Within the same second: the first is not overwritten by the second");
  g_assert_true (g_file_set_contents (self->path, "first", -1, NULL));
  first = udpnat_mail_store_set_aside (self->path, 0, NULL);
  g_assert_true (g_file_set_contents (self->path, "second", -1, NULL));
  second = udpnat_mail_store_set_aside (self->path, 0, NULL);
  g_assert_cmpstr (first, !=, second);
  g_assert_true (g_file_get_contents (first, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "first");
}

static void
test_newer_version_is_left_alone (Fixture      *self,
                                  gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  sqlite3 *database;

  open_store (self);
  g_clear_pointer (&self->store, udpnat_mail_store_free);
  g_assert_cmpint (sqlite3_open (self->path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, "PRAGMA user_version = 2", NULL, NULL, NULL), ==,
                   SQLITE_OK);
  sqlite3_close (database);
  g_assert_null (udpnat_mail_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_FAILED);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/mail-store/letters/survive-a-restart", test_survives_a_restart);
  ADD ("/mail-store/letters/survive-kill-once-committed", test_survives_kill);
  ADD ("/mail-store/letters/missing-one-is-an-error", test_missing_letter);
  ADD ("/mail-store/letters/deleted-one-is-overwritten", test_deleted_is_gone);
  ADD ("/mail-store/number/of-a-deleted-letter-is-remembered", test_no_number_twice);
  ADD ("/mail-store/passes/replaced-and-removed", test_passes_replaced_and_removed);
  ADD ("/mail-store/damage/found-and-left-as-it-is", test_damage_is_found);
  ADD ("/mail-store/damage/set-aside-unchanged", test_damage_is_set_aside);
  ADD ("/mail-store/damage/set-aside-with-its-log", test_log_is_set_aside);
  ADD ("/mail-store/damage/rest-is-recovered", test_the_rest_is_recovered);
  ADD ("/mail-store/damage/no-database-at-all", test_no_database_at_all);
  ADD ("/mail-store/damage/emptied-keeps-its-log", test_emptied_with_log);
  ADD ("/mail-store/damage/set-aside-twice", test_set_aside_twice);
  ADD ("/mail-store/version/newer-is-left-alone", test_newer_version_is_left_alone);
  return g_test_run ();
}
