/* The profile's database on a real disk: what is remembered, and what is refused. */

#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-store.h"

typedef struct
{
  char        *folder;
  char        *path;
  UdpnatStore *store; /* NULL while it is closed */
} Fixture;

static void
open_store (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (self->store);
  self->store = udpnat_store_open (self->path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

static void
close_store (Fixture *self)
{
  g_clear_pointer (&self->store, udpnat_store_free);
}

static void
reopen_store (Fixture *self)
{
  close_store (self);
  open_store (self);
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-store-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "udpnat.db", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  close_store (self);
  g_unlink (self->path);
  g_rmdir (self->path);
  /* Fails when anything is left that should not be: after closing there is one file. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static UdpnatPublicKey
make_key (guint8 fill)
{
  UdpnatPublicKey key;

  memset (key.bytes, fill, sizeof key.bytes);
  return key;
}

/* ---- Contacts as the store tells them ---- */

typedef struct
{
  guint           n_contacts;
  UdpnatPublicKey wanted;
  guint           n_found;
  char           *name;
  gboolean        has_timestamp;
  guint8          timestamp[12];
} Contact;

static void
note_contact (const UdpnatPublicKey *key,
              const char            *name,
              const guint8          *timestamp,
              gpointer               user_data)
{
  Contact *self = user_data;

  self->n_contacts++;
  if (!udpnat_public_key_equal (key, &self->wanted))
    return;
  self->n_found++;
  g_free (self->name);
  self->name = g_strdup (name);
  self->has_timestamp = timestamp != NULL;
  if (timestamp != NULL)
    memcpy (self->timestamp, timestamp, sizeof self->timestamp);
}

static void
check_contact (Fixture      *fixture,
               guint8        fill,
               const char   *name,
               const guint8 *timestamp)
{
  Contact contact = { .wanted = make_key (fill) };

  udpnat_store_foreach_contact (fixture->store, note_contact, &contact);
  g_assert_cmpuint (contact.n_found, ==, 1);
  g_assert_cmpstr (contact.name, ==, name);
  g_assert_cmpint (contact.has_timestamp, ==, timestamp != NULL);
  if (timestamp != NULL)
    g_assert_cmpmem (contact.timestamp, 12, timestamp, 12);
  g_free (contact.name);
}

static guint
count_contacts (Fixture *fixture)
{
  Contact contact = { 0 };

  udpnat_store_foreach_contact (fixture->store, note_contact, &contact);
  return contact.n_contacts;
}

/* ---- Round trips ---- */

static void
check_name (Fixture    *self,
            const char *expected)
{
  g_autofree char *name = udpnat_store_dup_name (self->store);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_name (Fixture      *self,
           gconstpointer unused)
{
  open_store (self);
  check_name (self, NULL);
  udpnat_store_set_name (self->store, "Zoë'); DROP TABLE setting; --");
  check_name (self, "Zoë'); DROP TABLE setting; --");
  reopen_store (self);
  check_name (self, "Zoë'); DROP TABLE setting; --");
  udpnat_store_set_name (self->store, "zoe");
  reopen_store (self);
  check_name (self, "zoe");
}

static void
test_server_key (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatPublicKey one = make_key (1);
  UdpnatPublicKey two = make_key (2);
  UdpnatPublicKey got = make_key (9);

  open_store (self);
  g_assert_false (udpnat_store_get_server_key (self->store, "chat.example:8848", &got));
  udpnat_store_set_server_key (self->store, "chat.example:8848", &one);
  udpnat_store_set_server_key (self->store, "chat.example:8850", &two);
  reopen_store (self);
  g_assert_true (udpnat_store_get_server_key (self->store, "chat.example:8848", &got));
  g_assert_true (udpnat_public_key_equal (&got, &one));
  g_assert_true (udpnat_store_get_server_key (self->store, "chat.example:8850", &got));
  g_assert_true (udpnat_public_key_equal (&got, &two));
  g_assert_false (udpnat_store_get_server_key (self->store, "chat.example", &got));

  udpnat_store_set_server_key (self->store, "chat.example:8848", &two);
  g_assert_true (udpnat_store_get_server_key (self->store, "chat.example:8848", &got));
  g_assert_true (udpnat_public_key_equal (&got, &two));
}

static void
test_contacts (Fixture      *self,
               gconstpointer unused)
{
  static const guint8 old[12] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
  static const guint8 young[12] = { 0xff, 0, 0xff };
  UdpnatPublicKey both = make_key (1);
  UdpnatPublicKey named = make_key (2);
  UdpnatPublicKey timed = make_key (3);

  open_store (self);
  g_assert_cmpuint (count_contacts (self), ==, 0);
  udpnat_store_set_contact_name (self->store, &both, "bob");
  udpnat_store_set_timestamp (self->store, &both, old);
  udpnat_store_set_contact_name (self->store, &named, "名前");
  udpnat_store_set_timestamp (self->store, &timed, old);
  reopen_store (self);
  g_assert_cmpuint (count_contacts (self), ==, 3);
  check_contact (self, 1, "bob", old);
  check_contact (self, 2, "名前", NULL);
  check_contact (self, 3, NULL, old);

  /* One half changes, the other stays. */
  udpnat_store_set_timestamp (self->store, &both, young);
  udpnat_store_set_contact_name (self->store, &timed, "carol");
  reopen_store (self);
  g_assert_cmpuint (count_contacts (self), ==, 3);
  check_contact (self, 1, "bob", young);
  check_contact (self, 3, "carol", old);
}

static void
test_many (Fixture      *self,
           gconstpointer unused)
{
  guint8 timestamp[12] = { 0 };

  open_store (self);
  for (guint i = 0; i < 200; i++)
    {
      UdpnatPublicKey key = make_key ((guint8) (i % 100));

      timestamp[11] = (guint8) i;
      udpnat_store_set_timestamp (self->store, &key, timestamp);
    }
  reopen_store (self);
  g_assert_cmpuint (count_contacts (self), ==, 100);
  timestamp[11] = 142; /* the later of two */
  check_contact (self, 42, NULL, timestamp);
}

static void
test_write_is_seen_after_crash (Fixture      *self,
                                gconstpointer unused)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *shm = g_strconcat (self->path, "-shm", NULL);
  g_autofree char *copy = g_strconcat (self->path, "-copy", NULL);
  g_autofree char *copy_wal = g_strconcat (copy, "-wal", NULL);
  g_autoptr (UdpnatStore) other = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *name = NULL;
  gsize n_contents;

  g_test_summary ("What was written is in the files at once, not only after closing");
  open_store (self);
  udpnat_store_set_name (self->store, "alice");
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (copy, contents, n_contents, NULL));
  g_clear_pointer (&contents, g_free);
  g_assert_true (g_file_get_contents (wal, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (copy_wal, contents, n_contents, NULL));

  other = udpnat_store_open (copy, NULL);
  g_assert_nonnull (other);
  name = udpnat_store_dup_name (other);
  g_assert_cmpstr (name, ==, "alice");
  g_clear_pointer (&other, udpnat_store_free);
  g_unlink (copy);
  close_store (self);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (shm, G_FILE_TEST_EXISTS));
}

/* ---- What is refused ---- */

/* Opening fails, and the file is what it was, with nothing beside it. */
static void
check_refused (Fixture    *self,
               const char *said)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *journal = g_strconcat (self->path, "-journal", NULL);
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  g_assert_null (udpnat_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_nonnull (strstr (error->message, self->path));
  g_assert_nonnull (strstr (error->message, said));
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, before, n_before);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (journal, G_FILE_TEST_EXISTS));
}

static void
run_sql (Fixture    *self,
         const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (self->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
test_newer_version (Fixture      *self,
                    gconstpointer unused)
{
  open_store (self);
  udpnat_store_set_name (self->store, "alice");
  close_store (self);
  run_sql (self, "PRAGMA user_version = 2");
  check_refused (self, "newer");
  run_sql (self, "PRAGMA user_version = 2147483647");
  check_refused (self, "newer");
  run_sql (self, "PRAGMA user_version = 1"); /* the boundary's other side */
  open_store (self);
  check_name (self, "alice");
}

static void
test_negative_version (Fixture      *self,
                       gconstpointer unused)
{
  open_store (self);
  close_store (self);
  run_sql (self, "PRAGMA user_version = -5");
  check_refused (self, "left as it is");
}

static void
test_not_a_database (Fixture      *self,
                     gconstpointer unused)
{
  g_autofree char *noise = g_malloc (8192);

  for (gsize i = 0; i < 8192; i++)
    noise[i] = (char) g_test_rand_int ();
  g_assert_true (g_file_set_contents (self->path, noise, 8192, NULL));
  check_refused (self, "left as it is");
  g_assert_true (g_file_set_contents (self->path, "hello", 5, NULL));
  check_refused (self, "left as it is");
}

static void
test_damaged (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  open_store (self);
  udpnat_store_set_name (self->store, "alice");
  close_store (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, >, 4096);
  memset (contents + 100, 0xff, 3996); /* the first page, which holds the schema */
  g_assert_true (g_file_set_contents (self->path, contents, n_contents, NULL));
  check_refused (self, "left as it is");
}

static void
test_damaged_later (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_test_summary ("The schema can be read, a table can not");
  open_store (self);
  udpnat_store_set_name (self->store, "alice");
  close_store (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  memset (contents + 4096, 0xff, n_contents - 4096);
  g_assert_true (g_file_set_contents (self->path, contents, n_contents, NULL));
  check_refused (self, "left as it is");
}

static void
test_cut_off (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  open_store (self);
  udpnat_store_set_name (self->store, "alice");
  close_store (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (self->path, contents, 4096, NULL));
  check_refused (self, "left as it is");
  g_assert_true (g_file_set_contents (self->path, contents, 50, NULL));
  check_refused (self, "left as it is");
}

static void
test_somebody_elses (Fixture      *self,
                     gconstpointer unused)
{
  run_sql (self, "CREATE TABLE contact (something INTEGER)"); /* the last one that we make */
  check_refused (self, "left as it is");
}

static void
test_is_a_folder (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  g_assert_null (udpnat_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
}

#define ADD(path, function) \
  g_test_add ("/client-store/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("name/round-trip", test_name);
  ADD ("server/key-round-trip", test_server_key);
  ADD ("contact/name-and-timestamp-round-trip", test_contacts);
  ADD ("contact/later-timestamp-replaces", test_many);
  ADD ("files/written-at-once", test_write_is_seen_after_crash);
  ADD ("refused/newer-version", test_newer_version);
  ADD ("refused/negative-version", test_negative_version);
  ADD ("refused/not-a-database", test_not_a_database);
  ADD ("refused/damaged-schema", test_damaged);
  ADD ("refused/damaged-table", test_damaged_later);
  ADD ("refused/cut-off", test_cut_off);
  ADD ("refused/somebody-elses-database", test_somebody_elses);
  ADD ("refused/folder-in-its-place", test_is_a_folder);

  return g_test_run ();
}
