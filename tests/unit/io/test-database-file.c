/* Files of databases, as they are found, made and set aside. */

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "udpnat-database-file.h"

typedef struct
{
  char *folder;
  char *path;
  char *log_path;
  char *aside;
  char *aside_log;

  /* what the callback is to do */
  gboolean leaves_log;
  gboolean says_no;
  guint    n_calls;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-database-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "some.db", NULL);
  self->log_path = g_strconcat (self->path, "-wal", NULL);
  self->aside = g_strconcat (self->path, ".new", NULL);
  self->aside_log = g_strconcat (self->aside, "-wal", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_unlink (self->path);
  g_unlink (self->log_path);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->log_path);
  g_free (self->aside);
  g_free (self->aside_log);
  g_free (self->folder);
}

static void
write_file (const char *path,
            const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
check_text (const char *path,
            const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* ---- What is there ---- */

static void
check_look (Fixture                *self,
            UdpnatDatabaseFileState state,
            gboolean                has_log)
{
  gboolean has_log_now = !has_log;

  g_assert_cmpint (udpnat_database_file_look (self->path, &has_log_now), ==, state);
  g_assert_cmpint (has_log_now, ==, has_log);
  g_assert_cmpint (udpnat_database_file_look (self->path, NULL), ==, state);
}

static void
test_look (Fixture      *self,
           gconstpointer unused)
{
  check_look (self, UDPNAT_DATABASE_FILE_MISSING, FALSE);
  write_file (self->path, "");
  check_look (self, UDPNAT_DATABASE_FILE_EMPTY, FALSE);
  write_file (self->path, "x");
  check_look (self, UDPNAT_DATABASE_FILE_PRESENT, FALSE);
}

static void
test_look_at_log (Fixture      *self,
                  gconstpointer unused)
{
  write_file (self->log_path, "");
  check_look (self, UDPNAT_DATABASE_FILE_MISSING, FALSE);
  write_file (self->log_path, "x");
  check_look (self, UDPNAT_DATABASE_FILE_MISSING, TRUE);
  write_file (self->path, "");
  check_look (self, UDPNAT_DATABASE_FILE_EMPTY, TRUE);
  write_file (self->path, "x");
  check_look (self, UDPNAT_DATABASE_FILE_PRESENT, TRUE);
}

static void
test_look_at_link (Fixture      *self,
                   gconstpointer unused)
{
  g_assert_cmpint (symlink ("some.db-wal", self->path), ==, 0);
  check_look (self, UDPNAT_DATABASE_FILE_MISSING, FALSE);
  write_file (self->log_path, "");
  check_look (self, UDPNAT_DATABASE_FILE_EMPTY, FALSE);
}

/* Nothing is known of it, so it must not be taken for missing, and made anew. */
static void
test_look_in_vain (Fixture      *self,
                   gconstpointer unused)
{
  g_assert_cmpint (symlink ("some.db", self->path), ==, 0); /* ELOOP, also for root */
  check_look (self, UDPNAT_DATABASE_FILE_PRESENT, FALSE);
}

static void
test_look_at_folder (Fixture      *self,
                     gconstpointer unused)
{
  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  check_look (self, UDPNAT_DATABASE_FILE_PRESENT, FALSE);
  g_assert_cmpint (g_rmdir (self->path), ==, 0);
}

/* ---- A new one ---- */

static gboolean
fill (const char *path,
      gpointer    user_data)
{
  Fixture *self = user_data;
  g_autofree char *log_path = g_strconcat (path, "-wal", NULL);

  self->n_calls++;
  g_assert_cmpstr (path, ==, self->aside);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (log_path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (self->path, G_FILE_TEST_IS_REGULAR));
  write_file (path, "whole");
  if (self->leaves_log)
    write_file (log_path, "rest");
  errno = EXDEV;
  return !self->says_no;
}

static UdpnatDatabaseFileResult
make (Fixture *self)
{
  return udpnat_database_file_make (self->path, self->aside, fill, self);
}

static void
test_make (Fixture      *self,
           gconstpointer unused)
{
  g_assert_cmpint (make (self), ==, UDPNAT_DATABASE_FILE_MADE);
  check_text (self->path, "whole");
  g_assert_cmpuint (self->n_calls, ==, 1);
}

static void
test_make_after_crash (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *aside_shm = g_strconcat (self->aside, "-shm", NULL);

  write_file (self->aside, "half");
  write_file (self->aside_log, "of another");
  write_file (aside_shm, "of another");
  g_assert_cmpint (make (self), ==, UDPNAT_DATABASE_FILE_MADE);
  check_text (self->path, "whole");
}

static void
test_make_refused (Fixture      *self,
                   gconstpointer unused)
{
  self->says_no = self->leaves_log = TRUE;
  g_assert_cmpint (make (self), ==, UDPNAT_DATABASE_FILE_UNFILLED);
  g_assert_cmpint (errno, ==, EXDEV); /* as the callback has left it */
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

/* The disk had no room to empty the log into the file. */
static void
test_make_with_log (Fixture      *self,
                    gconstpointer unused)
{
  self->leaves_log = TRUE;
  g_assert_cmpint (make (self), ==, UDPNAT_DATABASE_FILE_FAILED);
  g_assert_cmpint (errno, ==, ENOSPC);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
}

static void
test_make_over_folder (Fixture      *self,
                       gconstpointer unused)
{
  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  g_assert_cmpint (make (self), ==, UDPNAT_DATABASE_FILE_FAILED);
  g_assert_cmpint (errno, ==, EISDIR);
  g_assert_cmpint (g_rmdir (self->path), ==, 0);
}

static void
test_fill (Fixture      *self,
           gconstpointer unused)
{
  g_assert_cmpint (udpnat_database_file_fill (self->aside, fill, self), ==,
                   UDPNAT_DATABASE_FILE_MADE);
  check_text (self->aside, "whole");
  udpnat_database_file_remove (self->aside);
}

/* ---- A damaged one ---- */

static void
check_name (Fixture    *self,
            const char *ending)
{
  g_autofree char *name = udpnat_database_file_dup_damaged_name (self->path, "noon");
  g_autofree char *expected = g_strconcat (self->path, ".damaged-noon", ending, NULL);

  g_assert_cmpstr (name, ==, expected);
}

static void
test_damaged_name (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *first = g_strconcat (self->path, ".damaged-noon", NULL);
  g_autofree char *second_log = g_strconcat (first, "-2-wal", NULL);

  check_name (self, "");
  write_file (first, "x");
  check_name (self, "-2");
  write_file (second_log, "x"); /* all that is left of one that was damaged before */
  check_name (self, "-3");
  g_unlink (first);
  g_unlink (second_log);
}

#define ADD(path, function)                                                                       \
  g_test_add ("/io-database-file/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("look/missing-empty-present", test_look);
  ADD ("look/log-has-something", test_look_at_log);
  ADD ("look/link-is-followed", test_look_at_link);
  ADD ("look/unknown-is-not-missing", test_look_in_vain);
  ADD ("look/folder-is-not-empty-file", test_look_at_folder);
  ADD ("make/takes-its-place", test_make);
  ADD ("make/what-a-crash-left-goes", test_make_after_crash);
  ADD ("make/refused-leaves-nothing", test_make_refused);
  ADD ("make/not-with-a-log", test_make_with_log);
  ADD ("make/place-is-taken", test_make_over_folder);
  ADD ("fill/stays-where-it-is", test_fill);
  ADD ("damaged/name-is-free-with-its-log", test_damaged_name);

  return g_test_run ();
}
