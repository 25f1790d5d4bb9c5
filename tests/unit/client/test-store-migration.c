/* Databases of version 2, which knew no files: what was offered to it is there as a line that it
 * did not understand, and becomes a file. (From version 1: test-store.c.) */

#include "config.h"

#include "test-store-fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "udpnat-sealed-vfs.h"

#define BOB 1
/* The index of the log, and a piece of the log: less than the offer of line 3 takes */
#define ENOUGH_TO_READ_BYTES (32768 + 1024)

static const guint8 a_key[32] = { 1, 2, 3 };

/* What version 2 wrote. */
static const char version_2[] =
  "PRAGMA journal_mode = WAL;"
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
  "CREATE TABLE server (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;"
  "CREATE TABLE contact ("
  "  key BLOB PRIMARY KEY CHECK (length (key) = 32),"
  "  name TEXT, server TEXT, nickname TEXT,"
  "  relation INTEGER NOT NULL DEFAULT 0 CHECK (relation BETWEEN 0 AND 4),"
  "  is_mutual INTEGER NOT NULL DEFAULT 0, is_verified INTEGER NOT NULL DEFAULT 0,"
  "  is_relay_only INTEGER NOT NULL DEFAULT 0, last_seen_us INTEGER NOT NULL DEFAULT 0,"
  "  status TEXT, avatar BLOB, profile_sent_us INTEGER NOT NULL DEFAULT 0,"
  "  has_refused INTEGER NOT NULL DEFAULT 0) STRICT;"
  "CREATE INDEX contact_request ON contact (relation) WHERE relation = 1;"
  "CREATE TABLE handshake ("
  "  number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE CHECK (length (key) = 32),"
  "  timestamp BLOB NOT NULL CHECK (length (timestamp) = 12)) STRICT;"
  "CREATE TABLE conversation ("
  "  id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, key BLOB NOT NULL,"
  "  is_pinned INTEGER NOT NULL DEFAULT 0, is_muted INTEGER NOT NULL DEFAULT 0,"
  "  last_read INTEGER NOT NULL DEFAULT 0, n_unread INTEGER NOT NULL DEFAULT 0,"
  "  last_shown_us INTEGER NOT NULL DEFAULT 0, draft TEXT, UNIQUE (kind, key)) STRICT;"
  "CREATE TABLE line ("
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  is_outgoing INTEGER NOT NULL CHECK (is_outgoing IN (0, 1)),"
  "  id BLOB NOT NULL CHECK (length (id) = 16), type INTEGER NOT NULL,"
  "  sent_us INTEGER NOT NULL, received_us INTEGER NOT NULL, shown_us INTEGER NOT NULL,"
  "  text TEXT, body BLOB, quoted BLOB CHECK (length (quoted) = 16),"
  "  is_deleted INTEGER NOT NULL DEFAULT 0,"
  "  edited_us INTEGER NOT NULL DEFAULT 0, edit_sent_us INTEGER NOT NULL DEFAULT 0,"
  "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5), reason TEXT) STRICT;"
  "CREATE UNIQUE INDEX line_id ON line (conversation, is_outgoing, id);"
  "CREATE INDEX line_place ON line (conversation);"
  "CREATE INDEX line_delivered ON line (conversation) WHERE state = 3 AND is_outgoing = 1;"
  "CREATE TABLE reaction ("
  "  line INTEGER NOT NULL REFERENCES line ON DELETE CASCADE,"
  "  author BLOB NOT NULL, sign TEXT NOT NULL, sent_us INTEGER NOT NULL,"
  "  PRIMARY KEY (line, author)) STRICT;"
  "CREATE TABLE early_change ("
  "  number INTEGER PRIMARY KEY,"
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  target BLOB NOT NULL CHECK (length (target) = 16), type INTEGER NOT NULL,"
  "  text TEXT NOT NULL, sent_us INTEGER NOT NULL, UNIQUE (conversation, target, type)) STRICT;"
  "CREATE TABLE seen ("
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  id BLOB NOT NULL CHECK (length (id) = 16), PRIMARY KEY (conversation, id)) STRICT;"
  "CREATE TABLE outbox ("
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  id BLOB NOT NULL CHECK (length (id) = 16), type INTEGER NOT NULL, target BLOB,"
  "  sent_us INTEGER NOT NULL, body BLOB NOT NULL,"
  "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), UNIQUE (conversation, id)) STRICT;"
  "CREATE TABLE own_prekey ("
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  id INTEGER NOT NULL, secret BLOB NOT NULL CHECK (length (secret) = 32),"
  "  UNIQUE (conversation, id)) STRICT;"
  "CREATE TABLE peer_prekey ("
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
  "  id INTEGER NOT NULL, key BLOB NOT NULL CHECK (length (key) = 32),"
  "  UNIQUE (conversation, id)) STRICT;"
  "CREATE VIRTUAL TABLE line_search USING fts5 ("
  "  text, place, content = '', columnsize = 0, prefix = '1 2',"
  "  tokenize = \"unicode61 remove_diacritics 2\");"
  "INSERT INTO setting VALUES ('name', 'alice');"
  "INSERT INTO contact (key, name, relation)"
  " VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 'bob', 2);"
  "INSERT INTO conversation (id, kind, key, last_read, n_unread, last_shown_us)"
  " VALUES (1, 0, x'0100000000000000000000000000000000000000000000000000000000000000', 2, 3, 9);"
  "INSERT INTO line (conversation, is_outgoing, id, type, sent_us, received_us, shown_us, text,"
  "                  body, is_deleted, state) VALUES"
  " (1, 0, x'01000000000000000000000000000000', 1, 1, 1, 1, 'hello', NULL, 0, 3),"
  " (1, 1, x'02000000000000000000000000000000', 1, 2, 2, 2, 'hello yourself', NULL, 0, 0),"
  " (1, 0, x'03000000000000000000000000000000', 10, 3, 3, 3, NULL, NULL, 0, 3),"
  " (1, 0, x'04000000000000000000000000000000', 10, 4, 4, 4, NULL, x'00', 0, 3),"
  " (1, 0, x'05000000000000000000000000000000', 10, 5, 5, 5, NULL, NULL, 1, 3),"
  " (1, 0, x'06000000000000000000000000000000', 32, 6, 6, 6, NULL, x'ff', 0, 3);"
  "INSERT INTO line_search (rowid, text, place) VALUES (1, 'hello', 1), (2, 'hello yourself', 1);"
  "INSERT INTO outbox (conversation, id, type, sent_us, body, state)"
  " VALUES (1, x'02000000000000000000000000000000', 1, 2, CAST ('hello yourself' AS BLOB), 0);"
  "PRAGMA user_version = 2;";

/* As version 2 kept what a newer one has offered to it: line 3 has its whole body. */
static void
write_version_2 (Fixture      *self,
                 const guint8 *key)
{
  g_autoptr (UdpnatItem) file = make_file (make_id (3), 3, "heron.jpg");
  sqlite3_stmt *statement = NULL;
  sqlite3 *db = NULL;

  g_assert_cmpint (udpnat_sealed_vfs_open (self->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                           key, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, version_2, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "UPDATE line SET body = ?1 WHERE number = 3", -1,
                                       &statement, NULL), ==, SQLITE_OK);
  sqlite3_bind_blob (statement, 1, g_bytes_get_data (file->body, NULL),
                     (int) g_bytes_get_size (file->body), SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
  g_assert_cmpint (udpnat_sealed_vfs_close (db), ==, SQLITE_OK);
}

static void
open_with (Fixture      *self,
           const guint8 *key)
{
  g_autofree char *report = NULL;
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey own_key = OWN_KEY;

  self->store = udpnat_store_open (self->path, key, &own_key, &error);
  g_assert_no_error (error);
  report = udpnat_store_dup_recovery_report (self->store);
  g_assert_null (report);
}

static gboolean
is_unsupported (Fixture *self,
                guint32  id)
{
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, make_id (id));

  return udpnat_history_item_is_unsupported (line);
}

static void
check_migrated (Fixture *self)
{
  g_autofree char *name = udpnat_store_dup_setting (self->store, "name");
  g_autoptr (UdpnatStoredTransfer) transfer = udpnat_store_dup_transfer (self->store, 3);

  g_assert_cmpstr (name, ==, "alice");
  check_lines (self, BOB, "hello|hello yourself|heron.jpg|-|-|-");
  check_texts (udpnat_store_search (self->store, "heron", NULL, 0, 9), "heron.jpg");
  check_texts (udpnat_store_search (self->store, "hello", NULL, 0, 9), "hello yourself|hello");
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 1);
  g_assert_cmpuint (count_unread (self, BOB), ==, 3);
  g_assert_cmpint (transfer->state, ==, UDPNAT_TRANSFER_STATE_OFFERED);
  g_assert_false (transfer->is_outgoing);
  g_assert_cmpuint (transfer->offer->size, ==, FILE_BYTES);
  g_assert_false (is_unsupported (self, 3));
  g_assert_true (is_unsupported (self, 4)); /* its body is no offer */
  g_assert_null (udpnat_store_dup_transfer (self->store, 4));
  g_assert_false (is_unsupported (self, 5)); /* deleted */
  g_assert_null (udpnat_store_dup_transfer (self->store, 5));
  g_assert_true (is_unsupported (self, 6));
}

static void
check_works (Fixture *self)
{
  UdpnatMessageId id = make_id (3);

  self->n_ids = 100;
  say (self, BOB, udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &(UdpnatMessageId) { { 99 } },
                                      NOW_US, &id, UDPNAT_FILE_ANSWER_ACCEPTED));
  g_assert_true (self->is_saved);
  g_assert_cmpint (udpnat_history_item_get_stored_transfer (self->line)->state, ==,
                   UDPNAT_TRANSFER_STATE_ACCEPTED);
  say_file (self, BOB, "stork.jpg", "/stork.jpg");
  hear_text (self, BOB, "afterwards");
}

static void
test_from_2 (Fixture      *self,
             gconstpointer unused)
{
  write_version_2 (self, NULL);
  open_with (self, NULL);
  check_migrated (self);
  close_store (self);
  g_assert_cmpint (ask_sql (self, "PRAGMA user_version"), ==, 3);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM transfer"), ==, 1);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM pragma_quick_check WHERE quick_check ="
                                  " 'ok'"), ==, 1);
  open_with (self, NULL);
  check_migrated (self);
  check_works (self);
  reopen_store (self);
  check_lines (self, BOB, "hello|hello yourself|heron.jpg|-|-|-|stork.jpg|afterwards");
}

static void
test_from_2_sealed (Fixture      *self,
                    gconstpointer unused)
{
  write_version_2 (self, a_key);
  open_with (self, a_key);
  check_migrated (self);
  close_store (self);
  open_with (self, a_key);
  check_migrated (self);
  check_works (self);
}

static void
test_all_or_nothing (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatPublicKey own_key = OWN_KEY;
  g_autoptr (GError) error = NULL;
  struct rlimit limit;

  g_test_summary ("Without room for all of it on the disk the file stays as it was");
  write_version_2 (self, NULL);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = ENOUGH_TO_READ_BYTES;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_null (udpnat_store_open (self->path, NULL, &own_key, &error));
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
  g_assert_cmpint (ask_sql (self, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM sqlite_schema WHERE name = 'transfer'"),
                   ==, 0);
  open_with (self, NULL);
  check_migrated (self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_CLOSED ("/client-store-migration/from-2/files-it-did-not-understand", test_from_2);
  ADD_CLOSED ("/client-store-migration/from-2/sealed", test_from_2_sealed);
  ADD_CLOSED ("/client-store-migration/from-2/all-or-nothing", test_all_or_nothing);

  return g_test_run ();
}
