/* UdpnatNameStore on real files: what survives, what is refused, and what is never touched. */

#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "udpnat-name-store.h"
#include "udpnat-server-error.h"

typedef struct
{
  char            *folder;
  char            *path;
  UdpnatNameStore *store;
} Fixture;

static const UdpnatPublicKey alice = { { 1 } };
static const UdpnatPublicKey mallory = { { 2 } };

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-names-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "names.db", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  udpnat_name_store_free (self->store);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static void
open_store (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->store, udpnat_name_store_free);
  self->store = udpnat_name_store_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

static void
claim (Fixture               *self,
       const char            *name,
       const UdpnatPublicKey *key)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_name_store_claim (self->store, name, key, 1234, &error));
  g_assert_no_error (error);
}

static void
assert_taken (Fixture               *self,
              const char            *name,
              const UdpnatPublicKey *key)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_name_store_claim (self->store, name, key, 1234, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAME_TAKEN);
}

static void
count_name (const char            *name,
            const UdpnatPublicKey *key,
            gpointer               user_data)
{
  GHashTable *names = user_data;

  g_assert_true (g_hash_table_insert (names, g_strdup (name), GUINT_TO_POINTER (key->bytes[0])));
}

static GHashTable *
read_all (Fixture *self)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_name_store_foreach (self->store, count_name, names, &error));
  g_assert_no_error (error);
  return names;
}

/* As another program does. */
static void
run_sql (Fixture    *self,
         const char *sql)
{
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (self->path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}

static void
assert_open_fails (Fixture *self,
                   int      code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_name_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, code);
  g_assert_nonnull (strstr (error->message, self->path));
}

/* Refused, with the file byte for byte as it was. */
static void
assert_damaged_and_kept (Fixture *self)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  assert_open_fails (self, UDPNAT_SERVER_ERROR_NAMES_DAMAGED);
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
}

/* ---- Claims ---- */

static void
test_empty (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 0);
}

static void
test_survives_reopen (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  claim (self, "Alice", &alice);
  claim (self, "Mallory", &mallory);
  open_store (self);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 2);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (names, "Alice")), ==, 1);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (names, "Mallory")), ==, 2);
  assert_taken (self, "Alice", &mallory);
}

static void
test_refuses_another_key (Fixture      *self,
                          gconstpointer unused)
{
  open_store (self);
  claim (self, "Alice", &alice);
  assert_taken (self, "Alice", &mallory);
  assert_taken (self, "ALICE", &mallory);
  claim (self, "Alice", &alice);
  claim (self, "Alicia", &mallory);
}

static void
test_keeps_the_first_form (Fixture      *self,
                           gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  claim (self, "Alice", &alice);
  claim (self, "aLiCe", &alice);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 1);
  g_assert_true (g_hash_table_contains (names, "Alice"));
}

static void
test_one_key_many_names (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  claim (self, "a'; DROP TABLE names; --", &alice);
  claim (self, "Ünïcödé 名前", &alice);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 2);
}

static void
test_group (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  g_assert_true (udpnat_name_store_begin (self->store, NULL));
  claim (self, "Alice", &alice);
  assert_taken (self, "Alice", &mallory);
  claim (self, "Mallory", &mallory);
  g_assert_true (udpnat_name_store_commit (self->store, NULL));
  /* And a second one. */
  g_assert_true (udpnat_name_store_begin (self->store, NULL));
  g_assert_true (udpnat_name_store_commit (self->store, NULL));
  open_store (self);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 2);
}

static void
test_group_without_commit_is_lost (Fixture      *self,
                                   gconstpointer unused)
{
  g_autoptr (GHashTable) names = NULL;

  open_store (self);
  g_assert_true (udpnat_name_store_begin (self->store, NULL));
  claim (self, "Alice", &alice);
  open_store (self);
  names = read_all (self);
  g_assert_cmpuint (g_hash_table_size (names), ==, 0);
}

/* ---- Files that cannot be used ---- */

static void
test_text_file (Fixture      *self,
                gconstpointer unused)
{
  g_autofree char *text = g_strnfill (5000, 'x');

  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  assert_damaged_and_kept (self);
}

static void
test_overwritten_page (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  open_store (self);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("somebody %u", i);

      claim (self, name, &alice);
    }
  g_clear_pointer (&self->store, udpnat_name_store_free);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, >, 8192);
  memset (contents + 4096, 0xff, 2048);
  g_assert_true (g_file_set_contents (self->path, contents, n_contents, NULL));
  assert_damaged_and_kept (self);
}

static void
test_truncated_file (Fixture      *self,
                     gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  open_store (self);
  claim (self, "Alice", &alice);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (self->path, contents, n_contents - 4096, NULL));
  assert_damaged_and_kept (self);
}

/* As a crash would leave them: the file, or nothing in its place, and its log. */
static void
leave_log (Fixture *self)
{
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *log = NULL;
  gsize n_log;

  open_store (self);
  claim (self, "Alice", &alice);
  g_assert_true (g_file_get_contents (log_path, &log, &n_log, NULL));
  g_assert_cmpuint (n_log, >, 0);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  g_assert_true (g_file_set_contents (log_path, log, (gssize) n_log, NULL));
}

static void
assert_log_is_kept (Fixture *self)
{
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  GStatBuf about;

  g_assert_cmpint (g_stat (log_path, &about), ==, 0);
  g_assert_cmpint (about.st_size, >, 0);
}

static void
test_emptied_file (Fixture      *self,
                   gconstpointer unused)
{
  g_test_summary ("No crash of ours leaves an empty file: whoever asks first must not get names");
  open_store (self);
  claim (self, "Alice", &alice);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  assert_damaged_and_kept (self);
}

static void
test_emptied_file_with_log (Fixture      *self,
                            gconstpointer unused)
{
  g_test_summary ("SQLite takes the log of an empty file for rubbish, and deletes it");
  leave_log (self);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  assert_damaged_and_kept (self);
  assert_log_is_kept (self);
}

static void
test_log_without_file (Fixture      *self,
                       gconstpointer unused)
{
  leave_log (self);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  assert_open_fails (self, UDPNAT_SERVER_ERROR_NAMES_DAMAGED);
  assert_log_is_kept (self);
}

static void
test_damaged_file_with_log (Fixture      *self,
                            gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_test_summary ("Closing it again must not empty the log into the damaged file");
  open_store (self);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("somebody %u", i);

      claim (self, name, &alice);
    }
  leave_log (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, >, 3 * 4096);
  memset (contents + n_contents - 4096, 0xff, 2048);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
  assert_damaged_and_kept (self);
  assert_log_is_kept (self);
}

static void
test_lost_log (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *contents = NULL;
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  gsize n_contents;

  g_test_summary ("What a name belongs to does not hang on the log, which may be lost unnoticed");
  open_store (self);
  claim (self, "Alice", &alice);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_clear_pointer (&self->store, udpnat_name_store_free);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
  g_unlink (log_path);
  open_store (self);
  assert_taken (self, "Alice", &mallory);
}

static void
test_database_of_another_program (Fixture      *self,
                                  gconstpointer unused)
{
  run_sql (self, "CREATE TABLE recipes (text)");
  assert_damaged_and_kept (self);
}

static void
test_newer_version (Fixture      *self,
                    gconstpointer unused)
{
  open_store (self);
  claim (self, "Alice", &alice);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  run_sql (self, "PRAGMA user_version = 2");
  assert_open_fails (self, UDPNAT_SERVER_ERROR_NAMES_FAILED);
}

static void
test_impossible_row (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  open_store (self);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  run_sql (self, "INSERT INTO names VALUES ('x', ' x ', zeroblob (32), 0)");
  open_store (self);
  g_assert_false (udpnat_name_store_foreach (self->store, count_name, names, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_DAMAGED);
  g_hash_table_unref (names);
}

/* SQLite says what stands in the file, as it stands there. */
static void
test_damage_is_told_in_utf8 (Fixture      *self,
                             gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  open_store (self);
  g_clear_pointer (&self->store, udpnat_name_store_free);
  run_sql (self, "PRAGMA writable_schema = ON;"
                 "UPDATE sqlite_schema SET name = CAST (x'ff' AS TEXT), sql = 'nonsense'");
  self->store = udpnat_name_store_open (self->path, &error);
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_DAMAGED);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_missing_folder (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (self->folder, "nowhere", "names.db", NULL);

  g_assert_null (udpnat_name_store_open (path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_FAILED);
}

#define ADD(path, function) \
  g_test_add ("/server-name-store/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("claim/none-at-first", test_empty);
  ADD ("claim/survives-reopen", test_survives_reopen);
  ADD ("claim/refuses-another-key", test_refuses_another_key);
  ADD ("claim/keeps-the-first-form", test_keeps_the_first_form);
  ADD ("claim/one-key-many-names", test_one_key_many_names);
  ADD ("group/commit", test_group);
  ADD ("group/without-commit-is-lost", test_group_without_commit_is_lost);
  ADD ("file/text", test_text_file);
  ADD ("file/overwritten-page", test_overwritten_page);
  ADD ("file/truncated", test_truncated_file);
  ADD ("file/emptied", test_emptied_file);
  ADD ("file/emptied-with-its-log", test_emptied_file_with_log);
  ADD ("file/only-its-log", test_log_without_file);
  ADD ("file/damaged-with-its-log", test_damaged_file_with_log);
  ADD ("file/lost-log", test_lost_log);
  ADD ("file/of-another-program", test_database_of_another_program);
  ADD ("file/newer-version", test_newer_version);
  ADD ("file/impossible-row", test_impossible_row);
  ADD ("file/damage-is-told-in-utf8", test_damage_is_told_in_utf8);
  ADD ("file/missing-folder", test_missing_folder);

  return g_test_run ();
}
