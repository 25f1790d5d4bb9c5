/* A store whose file is encrypted: all of it works, nothing of it can be read on the disk, and a
 * file that belongs to another key is left alone. */

#include "config.h"

#include "test-store-fixture.h"

#include <unistd.h>

#define BOB 1
#define PAGE_BYTES 4096

static const guint8 a_key[32] = { 1, 2, 3 };
static const guint8 other_key[32] = { 3, 2, 1 };

static void
open_sealed (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey own_key = OWN_KEY;

  self->store = udpnat_store_open (self->path, a_key, &own_key, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

static void
set_up_sealed (Fixture      *self,
               gconstpointer unused)
{
  set_up (self, unused);
  open_sealed (self);
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
}

static void
check_not_in_files (Fixture    *self,
                    const char *text)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);
      g_autofree char *contents = NULL;
      gsize n_contents;

      g_assert_true (g_file_get_contents (path, &contents, &n_contents, NULL));
      g_assert_null (memmem (contents, n_contents, text, strlen (text)));
      n++;
    }
  g_assert_cmpuint (n, >=, 1);
}

static void
test_works (Fixture      *self,
            gconstpointer unused)
{
  say_text (self, BOB, "open sesame");
  hear_text (self, BOB, "open wide");
  close_store (self);
  open_sealed (self);
  check_lines (self, BOB, "open sesame|open wide");
  check_texts (udpnat_store_search (self->store, "open ses", NULL, 0, 9), "open sesame");
}

static void
test_nothing_in_clear (Fixture      *self,
                       gconstpointer unused)
{
  say_text (self, BOB, "open sesame");
  check_not_in_files (self, "sesame");
  check_not_in_files (self, "CREATE TABLE");
  close_store (self);
  check_not_in_files (self, "sesame");
}

static void
check_refused (Fixture      *self,
               const guint8 *key,
               const char   *said)
{
  UdpnatPublicKey own_key = OWN_KEY;
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  g_assert_null (udpnat_store_open (self->path, key, &own_key, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_nonnull (strstr (error->message, said));
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, before, n_before);
}

static void
test_wrong_key (Fixture      *self,
                gconstpointer unused)
{
  say_text (self, BOB, "open sesame");
  close_store (self);
  check_refused (self, other_key, "another key");
  open_sealed (self);
  check_lines (self, BOB, "open sesame");
}

static void
test_in_clear (Fixture      *self,
               gconstpointer unused)
{
  open_store (self);
  say_text (self, BOB, "open sesame");
  close_store (self);
  check_refused (self, a_key, "not encrypted");
}

static void
test_recovery (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);
  g_autofree char *report = NULL;
  g_autofree char *contents = NULL;
  gsize n_contents;
  UdpnatPublicKey key = make_key (BOB);

  for (guint i = 0; i < 2000; i++)
    {
      UdpnatMessageId id = make_id (i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, "open sesame, open sesame");

      udpnat_store_add_incoming (self->store, &key, item, NOW_US, NULL, NULL);
    }
  close_store (self);
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  contents[n_contents / PAGE_BYTES / 2 * PAGE_BYTES + 50] ^= 1;
  g_assert_true (g_file_set_contents (self->path, contents, n_contents, NULL));
  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
  open_sealed (self);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_nonnull (report);
  g_assert_cmpint (udpnat_store_count_lines (self->store, &key), >=, 1900);
  check_not_in_files (self, "sesame");
  say_text (self, BOB, "afterwards");
  close_store (self);
  check_not_in_files (self, "sesame");
}

/* As a crash would leave it: a file, and a log with so many commits. Opens it again after @change
 * of one of them, and returns how many lines there are. */
static gint64
count_after (Fixture *self,
             guint    n_said,
             void   (*change) (const char *path,
                               const char *log_path))
{
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *file = NULL;
  g_autofree char *log = NULL;
  g_autofree char *report = NULL;
  UdpnatPublicKey key = make_key (BOB);
  gsize n_file;
  gsize n_log;

  for (guint i = 0; i < n_said; i++)
    say_text (self, BOB, "open sesame");
  g_assert_true (g_file_get_contents (self->path, &file, &n_file, NULL));
  g_assert_true (g_file_get_contents (log_path, &log, &n_log, NULL));
  close_store (self);
  g_assert_true (g_file_set_contents (self->path, file, (gssize) n_file, NULL));
  g_assert_true (g_file_set_contents (log_path, log, (gssize) n_log, NULL));
  change (self->path, log_path);
  open_sealed (self);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_nonnull (report);
  check_not_in_files (self, "sesame");
  return udpnat_store_count_lines (self->store, &key);
}

static void
empty_file (const char *path,
            const char *log_path)
{
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
spoil_log (const char *path,
           const char *log_path)
{
  g_autofree char *log = NULL;
  gsize n_log;

  g_assert_true (g_file_get_contents (log_path, &log, &n_log, NULL));
  log[n_log / 2] ^= 1;
  g_assert_true (g_file_set_contents (log_path, log, (gssize) n_log, NULL));
}

static void
test_emptied (Fixture      *self,
              gconstpointer unused)
{
  g_test_summary ("What is in the log is read, with the key");
  g_assert_cmpint (count_after (self, 20, empty_file), >, 0);
}

static void
test_spoilt_log (Fixture      *self,
                 gconstpointer unused)
{
  gint64 n = count_after (self, 40, spoil_log);

  g_assert_cmpint (n, >, 0);
  g_assert_cmpint (n, <, 40);
}

/* Half of it, and not even at the end of a page */
static void
cut_file (const char *path,
          const char *log_path)
{
  GStatBuf about;

  g_assert_cmpint (g_stat (path, &about), ==, 0);
  g_assert_cmpint (truncate (path, about.st_size / PAGE_BYTES / 2 * PAGE_BYTES - 7), ==, 0);
}

static char *
find_set_aside (Fixture    *self,
                const char *ending)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_prefix (name, "udpnat.db.damaged-") && g_str_has_suffix (name, ending) &&
        (*ending != '\0' || !(g_str_has_suffix (name, "-wal") || g_str_has_suffix (name, "-shm"))))
      return g_build_filename (self->folder, name, NULL);
  return NULL;
}

static void
test_cut_with_log (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *aside_log = NULL;
  g_autofree char *aside = NULL;
  GStatBuf about;

  g_test_summary ("What cannot be opened is not written to either, when it is closed again");
  count_after (self, 20, cut_file);
  aside = find_set_aside (self, "");
  aside_log = find_set_aside (self, "-wal");
  g_assert_nonnull (aside);
  g_assert_nonnull (aside_log);
  g_assert_cmpint (g_stat (aside, &about), ==, 0);
  g_assert_cmpint (about.st_size % PAGE_BYTES, ==, PAGE_BYTES - 7);
}

#define ADD_SEALED(path, function) \
  g_test_add ("/client-store-sealed/" path, Fixture, NULL, set_up_sealed, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_SEALED ("works/round-trip", test_works);
  ADD_SEALED ("files/nothing-in-clear", test_nothing_in_clear);
  ADD_SEALED ("key/wrong-one-refused", test_wrong_key);
  ADD_CLOSED ("/client-store-sealed/key/file-in-clear-refused", test_in_clear);
  ADD_SEALED ("damage/recovered-and-still-sealed", test_recovery);
  ADD_SEALED ("damage/emptied-file-with-its-log", test_emptied);
  ADD_SEALED ("damage/spoilt-log", test_spoilt_log);
  ADD_SEALED ("damage/cut-file-with-its-log", test_cut_with_log);

  return g_test_run ();
}
