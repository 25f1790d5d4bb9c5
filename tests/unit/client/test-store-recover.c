/* Damaged files: set aside as they are, and what can be read of them taken over. And a disk that is
 * full. */

#include "config.h"

#include "test-store-fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOB 1
#define PAGE_BYTES 4096
#define N_LINES 2000

static void
set_up_lines (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);

  set_up_open (self, unused);
  udpnat_store_set_setting (self->store, "name", "alice");
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
  for (guint32 i = 1; i <= N_LINES; i++)
    {
      UdpnatMessageId id = make_id (i);
      g_autofree char *text = g_strdup_printf ("line %u of a conversation, to fill some pages", i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US + i, text);

      udpnat_store_add_incoming (self->store, &key, item, NOW_US + i, NULL, NULL);
    }
  close_store (self);
}

/* Fills pages from @first on, so many, with what no page begins with. */
static void
spoil (Fixture *self,
       gsize    first,
       gsize    n)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_cmpuint (first * PAGE_BYTES, <, n_contents);
  memset (contents + first * PAGE_BYTES, 0xee, MIN (n * PAGE_BYTES,
                                                    n_contents - first * PAGE_BYTES));
  g_assert_true (g_file_set_contents (self->path, contents, n_contents, NULL));
}

/* As a crash or a query that met the damage would: the next opening looks at every page. */
static void
leave_mark (Fixture *self)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);

  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
}

/* Returns: (nullable): */
static char *
find_set_aside (Fixture *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;
  char *found = NULL;

  while ((name = g_dir_read_name (folder)) != NULL)
    if (g_str_has_prefix (name, "udpnat.db.damaged-") && strstr (name, "-wal") == NULL &&
        strstr (name, "-shm") == NULL)
      {
        g_assert_null (found);
        found = g_build_filename (self->folder, name, NULL);
      }
  return found;
}

/* Opens the damaged file, and checks that it is still there to the byte, under another name. */
static void
recover (Fixture *self)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *set_aside = NULL;
  g_autofree char *report = NULL;
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  open_store (self);
  set_aside = find_set_aside (self);
  g_assert_nonnull (set_aside);
  g_assert_true (g_file_get_contents (set_aside, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, before, n_before);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_nonnull (strstr (report, set_aside));
}

static void
check_name (Fixture    *self,
            const char *expected)
{
  g_autofree char *name = udpnat_store_dup_setting (self->store, "name");

  g_assert_cmpstr (name, ==, expected);
}

static gint64
count_lines (Fixture *self)
{
  UdpnatPublicKey key = make_key (BOB);

  return udpnat_store_count_lines (self->store, &key);
}

static void
check_works (Fixture *self)
{
  g_autofree char *report = NULL;

  self->n_ids = 100000;
  say_text (self, BOB, "afterwards");
  check_texts (udpnat_store_search (self->store, "afterwards", NULL, 0, 9), "afterwards");
  leave_mark (self);
  reopen_store (self);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_null (report);
}

static void
test_sound (Fixture      *self,
            gconstpointer unused)
{
  g_autofree char *report = NULL;
  g_autofree char *set_aside = NULL;

  leave_mark (self);
  open_store (self);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_null (report);
  set_aside = find_set_aside (self);
  g_assert_null (set_aside);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
  check_texts (udpnat_store_search (self->store, "1234", NULL, 0, 9),
               "line 1234 of a conversation, to fill some pages");
}

/* Pages that hold only lines: the damage costs the rows in them. */
static gint64
find_page (Fixture    *self,
           const char *table,
           guint       nth)
{
  g_autofree char *sql = g_strdup_printf ("SELECT pageno - 1 FROM dbstat WHERE name = '%s'"
                                          " AND pagetype = 'leaf' ORDER BY pageno LIMIT 1"
                                          " OFFSET %u", table, nth);

  return ask_sql (self, sql);
}

static void
test_lines_in_the_middle (Fixture      *self,
                          gconstpointer unused)
{
  gint64 n;

  for (guint i = 5; i < 50; i += 15)
    spoil (self, (gsize) find_page (self, "line", i), 1);
  leave_mark (self);
  recover (self);
  check_name (self, "alice");
  n = count_lines (self);
  g_assert_cmpint (n, >=, N_LINES - 3 * 40); /* about 30 to a page */
  g_assert_cmpint (n, <=, N_LINES - 3 * 15);
  check_texts (udpnat_store_search (self->store, "1999", NULL, 0, 9),
               "line 1999 of a conversation, to fill some pages");
  check_works (self);
}

/* Zeros at the end of a page, where the text of its first row ends; then comes room for a seal. */
static void
blank_end (Fixture *self,
           gsize    page,
           gsize    n)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  memset (contents + (page + 1) * PAGE_BYTES - n, 0, n);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
}

static void
test_half_a_row (Fixture      *self,
                 gconstpointer unused)
{
  gint64 n_in_page;

  g_test_summary ("SQLite does not see zeros in a text; half a message is none");
  blank_end (self, (gsize) find_page (self, "line", 5), 80);
  n_in_page = ask_sql (self, "SELECT ncell FROM dbstat WHERE name = 'line' AND pagetype = 'leaf'"
                             " ORDER BY pageno LIMIT 1 OFFSET 20");
  spoil (self, (gsize) find_page (self, "line", 20), 1);
  leave_mark (self);
  recover (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES - n_in_page - 1);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM line WHERE text NOT LIKE '% pages'"), ==,
                   0);
  check_works (self);
}

static void
test_interior_page (Fixture      *self,
                    gconstpointer unused)
{
  gsize page;

  g_test_summary ("Without the root of a table nothing of it is found, and the rest is");
  page = (gsize) ask_sql (self, "SELECT rootpage - 1 FROM sqlite_schema WHERE name = 'line'");
  spoil (self, page, 1);
  leave_mark (self);
  recover (self);
  check_name (self, "alice");
  g_assert_cmpint (count_lines (self), ==, 0);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM contact"), ==, 1);
  check_works (self);
}

/* The last row of a leaf of a table gets the number 0. */
static void
lead_back (guint8 *page)
{
  guint n_cells = (guint) page[3] << 8 | page[4];
  guint place = 8 + 2 * (n_cells - 1);
  guint8 *cell = page + ((guint) page[place] << 8 | page[place + 1]);

  g_assert_cmpuint (page[0], ==, 13);
  while (*cell++ & 0x80) /* the length of the row */
    ;
  g_assert_true ((cell[0] & 0x80) != 0 && (cell[1] & 0x80) == 0); /* a number of two bytes */
  cell[0] = 0x80;
  cell[1] = 0;
}

static void
test_number_that_leads_back (Fixture      *self,
                             gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;
  gsize page = (gsize) find_page (self, "line", 5);

  g_test_summary ("Going on from the number of a damaged row would be to read the rest for ever");
  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  lead_back ((guint8 *) contents + page * PAGE_BYTES);
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents, NULL));
  spoil (self, (gsize) find_page (self, "line", 6), 1);
  leave_mark (self);
  recover (self);
  check_name (self, "alice");
  g_assert_cmpint (count_lines (self), >, N_LINES - 200);
  g_assert_cmpint (count_lines (self), <, N_LINES);
  check_works (self);
}

static void
test_index_only (Fixture      *self,
                 gconstpointer unused)
{
  spoil (self, (gsize) find_page (self, "line_id", 3), 1);
  spoil (self, (gsize) find_page (self, "line_search_data", 3), 1);
  leave_mark (self);
  recover (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
  check_works (self);
}

static void
test_cut_off (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_assert_true (g_file_get_contents (self->path, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (self->path, contents, (gssize) n_contents / 2, NULL));
  recover (self); /* the size is looked at without a mark */
  check_name (self, "alice");
  check_works (self);
}

static void
test_first_page (Fixture      *self,
                 gconstpointer unused)
{
  spoil (self, 0, 1);
  recover (self);
  check_name (self, NULL);
  check_works (self);
}

static void
test_garbage (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *noise = g_malloc (10000);

  for (gsize i = 0; i < 10000; i++)
    noise[i] = (char) g_test_rand_int ();
  g_assert_true (g_file_set_contents (self->path, noise, 10000, NULL));
  recover (self);
  check_works (self);
}

static void
test_few_bytes (Fixture      *self,
                gconstpointer unused)
{
  g_assert_true (g_file_set_contents (self->path, "hello", 5, NULL));
  recover (self);
  check_works (self);
}

static void
test_empty_file (Fixture      *self,
                 gconstpointer unused)
{
  g_test_summary ("A new file takes its place whole, so an empty one has lost what was in it");
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  recover (self);
  check_works (self);
}

static void
test_somebody_elses (Fixture      *self,
                     gconstpointer unused)
{
  run_sql (self, "CREATE TABLE contact (something INTEGER)");
  recover (self);
  check_works (self);
}

static void
test_version_1 (Fixture      *self,
                gconstpointer unused)
{
  GString *sql = g_string_new ("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT) STRICT;"
                               "CREATE TABLE server (address TEXT PRIMARY KEY, key BLOB) STRICT;"
                               "CREATE TABLE contact (key BLOB PRIMARY KEY, name TEXT,"
                               " timestamp BLOB) STRICT; PRAGMA user_version = 1; BEGIN;"
                               "INSERT INTO setting VALUES ('name', 'alice');");
  gsize page;
  gint64 n;

  for (guint i = 1; i <= 500; i++)
    g_string_append_printf (sql, "INSERT INTO contact VALUES (randomblob (32), 'contact %u',"
                                 " randomblob (12));", i);
  g_string_append (sql, "COMMIT");
  run_sql (self, sql->str);
  g_string_free (sql, TRUE);
  page = (gsize) find_page (self, "contact", 1);
  spoil (self, page, 1);
  recover (self);
  check_name (self, "alice");
  n = ask_sql (self, "SELECT count(*) FROM contact WHERE relation = 2");
  g_assert_cmpint (n, >, 350);
  g_assert_cmpint (n, <, 480);
  check_works (self);
}

/* ---- Files ---- */

#define N_FILES 150

static void
add_files (Fixture *self)
{
  UdpnatPublicKey key = make_key (BOB);

  open_store (self);
  self->n_ids = 300000;
  for (guint i = 0; i < N_FILES; i++)
    {
      g_autoptr (UdpnatItem) item = make_file (make_id (++self->n_ids), NOW_US, "heron.jpg");

      udpnat_store_add_outgoing_file (self->store, &key, item, "/home/alice/pictures/heron.jpg",
                                      NULL, NULL);
    }
  g_assert_true (udpnat_store_flush (self->store));
  close_store (self);
}

static void
note_transfer (const UdpnatStoredTransfer *transfer,
               gpointer                    user_data)
{
  Fixture *self = user_data;

  self->n_told++;
  self->n_changed += transfer->path != NULL;
  g_assert_cmpstr (transfer->offer->name, ==, "heron.jpg");
  if (transfer->path != NULL)
    g_assert_cmpstr (transfer->path, ==, "/home/alice/pictures/heron.jpg");
}

/* Returns: how many there are; self->n_changed says of how many it is known where they are */
static guint
count_transfers (Fixture *self)
{
  self->n_told = 0;
  self->n_changed = 0;
  udpnat_store_foreach_open_transfer (self->store, note_transfer, self);
  return self->n_told;
}

static void
test_file_lines (Fixture      *self,
                 gconstpointer unused)
{
  guint n;

  g_test_summary ("What was beside a line that is lost goes with it, and the rest stays");
  add_files (self);
  spoil (self, (gsize) ask_sql (self, "SELECT max (pageno) - 1 FROM dbstat WHERE name = 'line'"
                                      " AND pagetype = 'leaf'"), 1);
  leave_mark (self);
  recover (self);
  n = count_transfers (self);
  g_assert_cmpuint (n, <, N_FILES);
  g_assert_cmpuint (n, >, N_FILES - 40);
  g_assert_cmpuint (self->n_changed, ==, n);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM transfer"), ==, n);
  check_works (self);
}

static void
test_file_transfers (Fixture      *self,
                     gconstpointer unused)
{
  g_test_summary ("What is known of a file is lost, the offer is not: it is as it was at first");
  add_files (self);
  spoil (self, (gsize) find_page (self, "transfer", 1), 1);
  leave_mark (self);
  recover (self);
  g_assert_cmpuint (count_transfers (self), ==, N_FILES);
  g_assert_cmpuint (self->n_changed, <, N_FILES - 20);
  g_assert_cmpuint (self->n_changed, >, N_FILES / 3);
  check_works (self);
}

static void
test_version_2 (Fixture      *self,
                gconstpointer unused)
{
  g_test_summary ("It had no such table, and did not understand what was offered to it");
  add_files (self);
  run_sql (self, "DROP TABLE transfer; UPDATE line SET text = NULL WHERE type = 10;"
                 "PRAGMA user_version = 2");
  spoil (self, (gsize) find_page (self, "line", 5), 1);
  leave_mark (self);
  recover (self);
  check_name (self, "alice");
  g_assert_cmpint (count_lines (self), >=, N_LINES + N_FILES - 40);
  g_assert_cmpint (count_lines (self), <, N_LINES + N_FILES);
  g_assert_cmpuint (count_transfers (self), ==, N_FILES);
  check_texts (udpnat_store_search (self->store, "heron", NULL, 0, 1), "heron.jpg");
  check_works (self);
}

static void
test_interrupted (Fixture      *self,
                  gconstpointer unused)
{
  g_autofree char *complete = g_strconcat (self->path, "-recovered", NULL);
  g_autofree char *set_aside = NULL;

  g_test_summary ("Stopped after the new file was complete: it takes its place at the next start");
  g_assert_cmpint (g_rename (self->path, complete), ==, 0);
  g_assert_true (g_file_set_contents (self->path, "damaged", 7, NULL));
  open_store (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
  set_aside = find_set_aside (self);
  g_assert_nonnull (set_aside);
  g_assert_false (g_file_test (complete, G_FILE_TEST_EXISTS));
}

static void
test_interrupted_in_between (Fixture      *self,
                             gconstpointer unused)
{
  g_autofree char *complete = g_strconcat (self->path, "-recovered", NULL);

  g_test_summary ("The damaged file is away, the new one not there yet: never an empty one");
  g_assert_cmpint (g_rename (self->path, complete), ==, 0);
  open_store (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
}

static void
copy_file (const char *from,
           const char *to)
{
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_assert_true (g_file_get_contents (from, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (to, contents, (gssize) n_contents, NULL));
}

static void
test_crashed_and_damaged (Fixture      *self,
                          gconstpointer unused)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *kept = g_strconcat (self->path, "-kept", NULL);
  g_autofree char *kept_wal = g_strconcat (kept, "-wal", NULL);
  gsize page = (gsize) find_page (self, "line", 5);

  g_test_summary ("No mark is needed after a crash; the log is not emptied into the damaged file, "
                  "and what is only in the log is recovered too");
  open_store (self);
  self->n_ids = 50000;
  say_text (self, BOB, "only in the log");
  copy_file (self->path, kept);
  copy_file (wal, kept_wal);
  close_store (self);
  g_assert_cmpint (g_rename (kept, self->path), ==, 0);
  g_assert_cmpint (g_rename (kept_wal, wal), ==, 0);
  spoil (self, page, 1);
  recover (self);
  g_assert_cmpint (count_lines (self), >=, N_LINES - 40);
  check_texts (udpnat_store_search (self->store, "only in the log", NULL, 0, 9),
               "only in the log");
}

static void
test_met_in_use (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autofree char *report = NULL;

  g_test_summary ("A clean close is not checked; the damage is noticed when it is met");
  spoil (self, (gsize) find_page (self, "line", 5), 1);
  open_store (self);
  g_assert_false (udpnat_store_is_damaged (self->store));
  g_ptr_array_unref (udpnat_store_dup_page_after (self->store, &key, 0, N_LINES));
  g_assert_true (udpnat_store_is_damaged (self->store));
  close_store (self);
  recover (self);
  g_assert_cmpint (count_lines (self), >=, N_LINES - 40);
  check_works (self);
}

static void
test_met_by_writing (Fixture      *self,
                     gconstpointer unused)
{
  g_test_summary ("A write that meets damage is not saved, says so, and the next start recovers");
  for (guint i = 0; i < 2; i++)
    spoil (self, (gsize) ask_sql (self, "SELECT rootpage - 1 FROM sqlite_schema"
                                        " WHERE name = 'line_id'"), 1);
  open_store (self);
  self->n_ids = 50000;
  hear_text (self, BOB, "lost?");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_FAILED);
  g_assert_true (udpnat_store_is_damaged (self->store));
  close_store (self);
  recover (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
  check_works (self);
}

/* ---- A full disk ---- */
/* ---- The log ---- */

#define LOG_HEADER_BYTES 32
#define FRAME_BYTES (24 + PAGE_BYTES)
#define N_SAID 40

static char *
get_log_path (Fixture *self)
{
  return g_strconcat (self->path, "-wal", NULL);
}

/* As a crash would leave it: a file, and a log that has N_SAID commits. */
static void
leave_log (Fixture *self)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *kept = g_strconcat (self->path, "-kept", NULL);
  g_autofree char *kept_log = g_strconcat (kept, "-wal", NULL);

  open_store (self);
  self->n_ids = 50000;
  for (guint i = 0; i < N_SAID; i++)
    say_text (self, BOB, "only in the log");
  copy_file (self->path, kept);
  copy_file (log_path, kept_log);
  close_store (self);
  g_assert_cmpint (g_rename (kept, self->path), ==, 0);
  g_assert_cmpint (g_rename (kept_log, log_path), ==, 0);
}

/* Fills @n bytes of the log from @at on, or from so far before its end. */
static void
spoil_log (Fixture *self,
           gssize   at,
           gsize    n)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *contents = NULL;
  gsize n_contents;
  gsize from;

  g_assert_true (g_file_get_contents (log_path, &contents, &n_contents, NULL));
  from = at >= 0 ? (gsize) at : n_contents - (gsize) -at;
  g_assert_cmpuint (from + n, <=, n_contents);
  memset (contents + from, 0xee, n);
  g_assert_true (g_file_set_contents (log_path, contents, (gssize) n_contents, NULL));
}

/* As recover(), of the log. */
static void
recover_with_log (Fixture *self)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *set_aside = NULL;
  g_autofree char *set_aside_log = NULL;
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (log_path, &before, &n_before, NULL));
  recover (self);
  set_aside = find_set_aside (self);
  set_aside_log = g_strconcat (set_aside, "-wal", NULL);
  g_assert_true (g_file_get_contents (set_aside_log, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, before, n_before);
}

static void
check_not_recovered (Fixture *self)
{
  g_autofree char *report = udpnat_store_dup_recovery_report (self->store);

  g_assert_null (report);
}

static void
test_log_of_emptied (Fixture      *self,
                     gconstpointer unused)
{
  g_test_summary ("SQLite takes the log of an empty file for rubbish, and deletes it");
  leave_log (self);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  recover_with_log (self);
  check_works (self);
}

/* All of a young profile is in its log, until that is first emptied into the file. */
static void
test_log_of_young (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);

  open_store (self);
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
  close_store (self);
  leave_log (self);
  g_assert_true (g_file_set_contents (self->path, "", 0, NULL));
  recover_with_log (self);
  g_assert_cmpint (udpnat_store_count_lines (self->store, &key), >, 0);
  check_works (self);
}

static void
test_log_alone (Fixture      *self,
                gconstpointer unused)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *report = NULL;

  leave_log (self);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  open_store (self);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_nonnull (report);
  check_works (self);
}

static void
test_log_whole (Fixture      *self,
                gconstpointer unused)
{
  leave_log (self);
  open_store (self);
  check_not_recovered (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES + N_SAID);
}

/* What SQLite locks in the index as long as somebody uses it ("Wal-index locking", UNIX_SHM_DMS) */
#define INDEX_LOCK_BYTE 128

/* Asked by another process: one's own locks are no obstacle. It answers by a pipe: what it exits
 * with would be Valgrind's. */
static gboolean
is_index_locked (Fixture *self)
{
  g_autofree char *index_path = g_strconcat (self->path, "-shm", NULL);
  char answer = 0;
  int ends[2];
  pid_t child;

  g_assert_cmpint (pipe (ends), ==, 0);
  child = fork ();
  if (child == 0)
    {
      struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INDEX_LOCK_BYTE,
                            .l_len = 1 };
      int fd = open (index_path, O_RDWR | O_CLOEXEC);

      answer = fd >= 0 && fcntl (fd, F_GETLK, &lock) == 0 && lock.l_type == F_RDLCK ? 'y' : 'n';
      _exit (write (ends[1], &answer, 1) == 1 ? 0 : 1);
    }
  g_assert_cmpint (read (ends[0], &answer, 1), ==, 1);
  close (ends[0]);
  close (ends[1]);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  return answer == 'y';
}

static void
test_log_locks (Fixture      *self,
                gconstpointer unused)
{
  g_test_summary ("Whoever closes a file of SQLite's gives away its locks, and the next program "
                  "that looks empties the index under it");
  leave_log (self);
  open_store (self);
  g_assert_true (is_index_locked (self));
}

static void
test_log_torn (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *contents = NULL;
  gsize n_contents;

  g_test_summary ("A crash in the middle of a write is no damage");
  leave_log (self);
  g_assert_true (g_file_get_contents (log_path, &contents, &n_contents, NULL));
  g_assert_true (g_file_set_contents (log_path, contents, (gssize) n_contents - 1000, NULL));
  open_store (self);
  check_not_recovered (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES + N_SAID - 1);
}

static void
test_log_spoilt_end (Fixture      *self,
                     gconstpointer unused)
{
  g_test_summary ("Nor is a last commit that the power failure took: nobody was told of it");
  leave_log (self);
  spoil_log (self, -1000, 1000);
  open_store (self);
  check_not_recovered (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES + N_SAID - 1);
}

static void
test_log_spoilt (Fixture      *self,
                 gconstpointer unused)
{
  g_test_summary ("Commits behind the spoilt frame were told to be on disk, and are not read");
  leave_log (self);
  spoil_log (self, LOG_HEADER_BYTES + 20 * FRAME_BYTES + 100, PAGE_BYTES);
  recover_with_log (self);
  g_assert_cmpint (count_lines (self), >=, N_LINES);
  g_assert_cmpint (count_lines (self), <, N_LINES + N_SAID);
  check_works (self);
}

static void
test_log_header (Fixture      *self,
                 gconstpointer unused)
{
  leave_log (self);
  spoil_log (self, 0, LOG_HEADER_BYTES);
  recover_with_log (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES);
  check_works (self);
}

static void
test_log_used_again (Fixture      *self,
                     gconstpointer unused)
{
  g_autofree char *log_path = get_log_path (self);
  g_autofree char *kept = g_strconcat (self->path, "-kept", NULL);
  g_autofree char *kept_log = g_strconcat (kept, "-wal", NULL);

  g_test_summary ("Behind the end of a log that began anew is what it had before: no damage");
  open_store (self);
  self->n_ids = 50000;
  for (guint i = 0; i < N_SAID; i++)
    say_text (self, BOB, "in the log, then in the file");
  g_assert_cmpint (ask_sql (self, "PRAGMA wal_checkpoint (RESTART)"), ==, 0);
  say_text (self, BOB, "in the log that has begun anew");
  copy_file (self->path, kept);
  copy_file (log_path, kept_log);
  close_store (self);
  g_assert_cmpint (g_rename (kept, self->path), ==, 0);
  g_assert_cmpint (g_rename (kept_log, log_path), ==, 0);
  open_store (self);
  check_not_recovered (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES + N_SAID + 1);
}

/* ---- A full disk ---- */

/* No file may grow beyond what the log has now and so many pages more. */
static void
fill_disk (Fixture *self,
           guint    n_pages)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  struct rlimit limit;
  GStatBuf status;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (g_stat (wal, &status), ==, 0);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = (rlim_t) status.st_size + n_pages * PAGE_BYTES;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
empty_disk (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
count_failed_cb (UdpnatHistoryItem *changed,
                 gboolean           is_saved,
                 gpointer           user_data)
{
  Fixture *self = user_data;

  g_assert_null (changed);
  self->n_told++;
  self->n_changed += is_saved;
}

static void
test_disk_full (Fixture      *self,
                gconstpointer unused)
{
  g_autofree char *text = g_strnfill (60000, 'x');
  UdpnatPublicKey key = make_key (BOB);

  open_store (self);
  self->n_ids = 100000;
  say_text (self, BOB, "before");
  self->n_told = 0;
  fill_disk (self, 3);
  for (guint i = 0; i < 20; i++)
    {
      UdpnatMessageId id = make_id (200000 + i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, text);

      udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, count_failed_cb, self);
    }
  g_assert_false (udpnat_store_flush (self->store));
  empty_disk ();
  g_assert_cmpuint (self->n_told, ==, 20);
  g_assert_cmpuint (self->n_changed, ==, 0);
  g_assert_cmpint (count_lines (self), ==, N_LINES + 1);
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 1);
  say_text (self, BOB, "room again");
  g_assert_false (udpnat_store_is_damaged (self->store));
  leave_mark (self);
  reopen_store (self);
  g_assert_cmpint (count_lines (self), ==, N_LINES + 2);
}

static void
outcome_cb (UdpnatReceived     received,
            UdpnatHistoryItem *changed,
            gboolean           is_first_of_request,
            gpointer           user_data)
{
  Fixture *self = user_data;

  self->n_told++;
  self->n_changed += received != UDPNAT_RECEIVED_FAILED;
}

static void
push_incoming (Fixture    *self,
               guint       number,
               const char *text)
{
  UdpnatPublicKey key = make_key (BOB);
  UdpnatMessageId id = make_id (number);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, text);

  udpnat_store_add_incoming (self->store, &key, item, NOW_US, outcome_cb, self);
}

static void
test_none_after_a_lost_one (Fixture      *self,
                            gconstpointer unused)
{
  g_autofree char *large = g_strnfill (65536, 'x');

  g_test_summary ("What is small would fit, and was queued before anybody knew: out of order");
  open_store (self);
  self->n_ids = 100000;
  say_text (self, BOB, "before");
  self->n_told = 0;
  self->n_changed = 0;
  fill_disk (self, 15);
  push_incoming (self, 200000, large);
  udpnat_store_begin (self->store);
  push_incoming (self, 200001, "small");
  g_assert_false (udpnat_store_flush (self->store));
  g_assert_cmpuint (self->n_told, ==, 2);
  g_assert_cmpuint (self->n_changed, ==, 0);
  push_incoming (self, 200002, "small"); /* what it is for: it does fit */
  g_assert_true (udpnat_store_flush (self->store));
  empty_disk ();
  g_assert_cmpuint (self->n_changed, ==, 1);
}

static void
test_recovery_without_room (Fixture      *self,
                            gconstpointer unused)
{
  UdpnatPublicKey own_key = OWN_KEY;
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  g_test_summary ("No new file can be made: the damaged one stays where it is");
  spoil (self, (gsize) find_page (self, "line", 5), 1);
  leave_mark (self);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = 40000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_null (udpnat_store_open (self->path, NULL, &own_key, &error));
  empty_disk ();
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
  recover (self);
  g_assert_cmpint (count_lines (self), >=, N_LINES - 40);
}

#define ADD_LINES(path, function) \
  g_test_add ("/client-store-recover/" path, Fixture, NULL, set_up_lines, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_LINES ("sound/nothing-is-set-aside", test_sound);
  ADD_LINES ("pages/of-lines", test_lines_in_the_middle);
  ADD_LINES ("pages/half-a-row-is-none", test_half_a_row);
  ADD_LINES ("pages/root-of-a-table", test_interior_page);
  ADD_LINES ("pages/number-that-leads-back", test_number_that_leads_back);
  ADD_LINES ("pages/of-indexes-lose-nothing", test_index_only);
  ADD_LINES ("pages/second-half-missing", test_cut_off);
  ADD_LINES ("pages/first", test_first_page);
  ADD_CLOSED ("/client-store-recover/file/garbage", test_garbage);
  ADD_CLOSED ("/client-store-recover/file/few-bytes", test_few_bytes);
  ADD_CLOSED ("/client-store-recover/file/emptied", test_empty_file);
  ADD_CLOSED ("/client-store-recover/file/somebody-elses", test_somebody_elses);
  ADD_CLOSED ("/client-store-recover/file/version-1", test_version_1);
  ADD_LINES ("file/version-2", test_version_2);
  ADD_LINES ("pages/of-lines-that-are-files", test_file_lines);
  ADD_LINES ("pages/of-transfers", test_file_transfers);
  ADD_LINES ("interrupted/before-the-exchange", test_interrupted);
  ADD_LINES ("interrupted/in-the-exchange", test_interrupted_in_between);
  ADD_LINES ("pages/and-a-log-that-was-left", test_crashed_and_damaged);
  ADD_LINES ("log/of-an-emptied-file", test_log_of_emptied);
  ADD_CLOSED ("/client-store-recover/log/of-an-emptied-young-file", test_log_of_young);
  ADD_LINES ("log/alone", test_log_alone);
  ADD_LINES ("log/whole", test_log_whole);
  ADD_LINES ("log/looked-at-with-its-locks", test_log_locks);
  ADD_LINES ("log/torn", test_log_torn);
  ADD_LINES ("log/spoilt-end", test_log_spoilt_end);
  ADD_LINES ("log/spoilt", test_log_spoilt);
  ADD_LINES ("log/spoilt-header", test_log_header);
  ADD_LINES ("log/used-again", test_log_used_again);
  ADD_LINES ("in-use/met-by-reading", test_met_in_use);
  ADD_LINES ("in-use/met-by-writing", test_met_by_writing);
  ADD_LINES ("full/nothing-half-written", test_disk_full);
  ADD_LINES ("full/none-after-a-lost-one", test_none_after_a_lost_one);
  ADD_LINES ("full/recovery-waits", test_recovery_without_room);

  return g_test_run ();
}
