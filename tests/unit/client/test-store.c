/* The profile's database on a real disk: what is remembered about servers and people, how writes
 * are told, which files are refused. */

#include "config.h"

#include "database-log.h"
#include "test-store-fixture.h"

/* ---- Settings and servers ---- */

static void
check_setting (Fixture    *self,
               const char *name,
               const char *expected)
{
  g_autofree char *value = udpnat_store_dup_setting (self->store, name);

  g_assert_cmpstr (value, ==, expected);
}

/* Damage can make such rows; SQLite only does in a table that is not STRICT. */
static void
test_rows_without_a_name (Fixture      *self,
                          gconstpointer unused)
{
  udpnat_store_set_setting (self->store, "name", "zoe");
  close_store (self);
  run_sql (self, "PRAGMA writable_schema = ON;"
                 "UPDATE sqlite_schema SET sql = replace (sql, ') STRICT', ')')"
                 "  WHERE name IN ('setting', 'server')");
  run_sql (self, "INSERT INTO setting VALUES (NULL, 'nothing');"
                 "INSERT INTO server VALUES (NULL, zeroblob (32))");
  open_store (self);
  check_setting (self, "name", "zoe");
}

static void
test_setting (Fixture      *self,
              gconstpointer unused)
{
  check_setting (self, "name", NULL);
  udpnat_store_set_setting (self->store, "name", "Zoë'); DROP TABLE setting; --");
  check_setting (self, "name", "Zoë'); DROP TABLE setting; --");
  reopen_store (self);
  check_setting (self, "name", "Zoë'); DROP TABLE setting; --");
  udpnat_store_set_setting (self->store, "name", "zoe");
  udpnat_store_set_setting (self->store, "status", "busy");
  reopen_store (self);
  check_setting (self, "name", "zoe");
  check_setting (self, "status", "busy");
}

static void
lost_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* Holds meanwhile, is told, and is written together with the next one that the disk takes. */
static void
test_setting_lost (Fixture      *self,
                   gconstpointer unused)
{
  guint n_lost = 0;

  udpnat_store_set_lost_func (self->store, lost_cb, &n_lost);
  run_sql (self, "CREATE TRIGGER full BEFORE INSERT ON setting WHEN NEW.name = 'status' "
                 "BEGIN SELECT RAISE (ABORT, 'full'); END");
  udpnat_store_set_setting (self->store, "status", "busy");
  udpnat_store_flush (self->store);
  g_assert_cmpuint (n_lost, ==, 1);
  check_setting (self, "status", "busy");
  run_sql (self, "DROP TRIGGER full");
  udpnat_store_set_setting (self->store, "name", "zoe");
  g_assert_true (udpnat_store_flush (self->store));
  g_assert_cmpuint (n_lost, ==, 1);
  udpnat_store_set_lost_func (self->store, NULL, NULL);
  reopen_store (self);
  check_setting (self, "status", "busy");
  check_setting (self, "name", "zoe");
}

static void
test_setting_removed (Fixture      *self,
                      gconstpointer unused)
{
  udpnat_store_set_setting (self->store, "name", "zoe");
  udpnat_store_set_setting (self->store, "name", NULL);
  check_setting (self, "name", NULL);
  reopen_store (self);
  check_setting (self, "name", NULL);
}

static void
check_server (Fixture    *self,
              const char *server,
              guint32     expected)
{
  UdpnatPublicKey key = make_key (99);
  UdpnatPublicKey wanted = make_key (expected);

  g_assert_cmpint (udpnat_store_get_server_key (self->store, server, &key), ==, expected != 0);
  if (expected != 0)
    g_assert_true (udpnat_public_key_equal (&key, &wanted));
}

static void
test_server_key (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatPublicKey one = make_key (1);
  UdpnatPublicKey two = make_key (2);

  check_server (self, "chat.example:8848", 0);
  udpnat_store_set_server_key (self->store, "chat.example:8848", &one);
  udpnat_store_set_server_key (self->store, "chat.example:8850", &two);
  check_server (self, "chat.example:8848", 1);
  reopen_store (self);
  check_server (self, "chat.example:8848", 1);
  check_server (self, "chat.example:8850", 2);
  check_server (self, "chat.example", 0);
  udpnat_store_set_server_key (self->store, "chat.example:8848", &two);
  reopen_store (self);
  check_server (self, "chat.example:8848", 2);
}

static void
test_server_forgotten (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatPublicKey one = make_key (1);

  udpnat_store_set_server_key (self->store, "chat.example:8848", &one);
  udpnat_store_forget_server_key (self->store, "chat.example:8848");
  check_server (self, "chat.example:8848", 0);
  reopen_store (self);
  check_server (self, "chat.example:8848", 0);
}

/* ---- People ---- */

static UdpnatContact *
dup_contact (Fixture *self,
             guint32  peer)
{
  UdpnatPublicKey key = make_key (peer);

  return udpnat_store_dup_contact (self->store, &key);
}

static void
test_contact (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (&key);
  g_autoptr (UdpnatContact) found = NULL;

  g_assert_null (dup_contact (self, 1));
  contact->name = g_strdup ("名前");
  contact->server = g_strdup ("chat.example:8848");
  contact->nickname = g_strdup ("N");
  contact->relation = UDPNAT_RELATION_ACCEPTED;
  contact->is_mutual = contact->is_verified = contact->is_pinned = TRUE;
  contact->last_seen_us = 5;
  udpnat_store_save_contact (self->store, contact, done_cb, self);
  reopen_store (self);
  g_assert_true (self->is_saved);
  found = dup_contact (self, 1);
  g_assert_cmpstr (found->name, ==, "名前");
  g_assert_cmpstr (found->server, ==, "chat.example:8848");
  g_assert_cmpstr (found->nickname, ==, "N");
  g_assert_cmpint (found->relation, ==, UDPNAT_RELATION_ACCEPTED);
  g_assert_true (found->is_mutual && found->is_verified && found->is_pinned);
  g_assert_false (found->is_muted || found->is_relay_only || found->has_timestamp);
  g_assert_cmpint (found->last_seen_us, ==, 5);
}

static void
test_contact_changed (Fixture      *self,
                      gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (&key);
  g_autoptr (UdpnatContact) found = NULL;

  contact->name = g_strdup ("bob");
  contact->is_pinned = TRUE;
  udpnat_store_save_contact (self->store, contact, NULL, NULL);
  g_clear_pointer (&contact->name, g_free);
  contact->is_pinned = FALSE;
  contact->is_muted = TRUE;
  udpnat_store_save_contact (self->store, contact, NULL, NULL);
  udpnat_store_flush (self->store);
  found = dup_contact (self, 1);
  g_assert_null (found->name);
  g_assert_false (found->is_pinned);
  g_assert_true (found->is_muted);
}

static void
test_contact_keeps_request (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatContact) found = NULL;

  g_test_summary ("Somebody who saves NONE without having seen the request does not undo it");
  hear_text (self, 1, "hello");
  set_relation (self, 1, UDPNAT_RELATION_NONE);
  found = dup_contact (self, 1);
  g_assert_cmpint (found->relation, ==, UDPNAT_RELATION_REQUEST);
}

static void
test_contact_keeps_what_is_the_stores (Fixture      *self,
                                       gconstpointer unused)
{
  g_autoptr (UdpnatContact) old = NULL;
  g_autoptr (UdpnatContact) found = NULL;
  UdpnatPublicKey key = make_key (1);
  UdpnatMessageId id = make_id (100);

  set_relation (self, 1, UDPNAT_RELATION_ACCEPTED);
  old = dup_contact (self, 1);
  hear (self, 1, udpnat_item_new_profile (&id, NOW_US, "on the road", NULL));
  udpnat_store_set_draft (self->store, &key, "dear");
  udpnat_store_save_contact (self->store, old, NULL, NULL);
  udpnat_store_flush (self->store);
  found = dup_contact (self, 1);
  g_assert_cmpstr (found->status, ==, "on the road");
  g_assert_cmpstr (found->draft, ==, "dear");
  g_assert_true (found->is_mutual);
}

static void
count_contact (const UdpnatContact *contact,
               gpointer             user_data)
{
  ++*(guint *) user_data;
}

static void
test_contact_foreach (Fixture      *self,
                      gconstpointer unused)
{
  guint n = 0;

  for (guint i = 0; i < 100; i++)
    set_relation (self, i % 50, UDPNAT_RELATION_BLOCKED);
  udpnat_store_foreach_contact (self->store, count_contact, &n);
  g_assert_cmpuint (n, ==, 50);
}

static void
test_contact_forgotten (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  g_autoptr (UdpnatHistoryItem) last = NULL;

  say_text (self, 1, "hello");
  hear_text (self, 1, "world");
  say_text (self, 2, "other");
  udpnat_store_forget_contact (self->store, &key, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
  g_assert_null (dup_contact (self, 1));
  check_lines (self, 1, "");
  check_lines (self, 2, "other");
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 1);
  check_texts (udpnat_store_search (self->store, "hello", NULL, 0, 10), "");
}

/* ---- Handshakes ---- */

static void
check_timestamp (Fixture *self,
                 guint32  peer,
                 guint8   expected)
{
  g_autoptr (UdpnatContact) contact = dup_contact (self, peer);

  g_assert_nonnull (contact);
  g_assert_true (contact->has_timestamp);
  g_assert_cmpuint (contact->timestamp[11], ==, expected);
}

static void
set_timestamp (Fixture *self,
               guint32  peer,
               guint8   value)
{
  UdpnatPublicKey key = make_key (peer);
  guint8 timestamp[12] = { 0 };

  timestamp[11] = value;
  udpnat_store_set_timestamp (self->store, &key, timestamp);
}

static void
test_timestamp (Fixture      *self,
                gconstpointer unused)
{
  set_relation (self, 1, UDPNAT_RELATION_ACCEPTED);
  set_timestamp (self, 1, 7);
  reopen_store (self);
  check_timestamp (self, 1, 7);
  set_timestamp (self, 1, 8);
  reopen_store (self);
  check_timestamp (self, 1, 8);
}

static void
count_timestamp (const UdpnatPublicKey *key,
                 const guint8          *timestamp,
                 gpointer               user_data)
{
  ++*(guint *) user_data;
}

static void
test_timestamps_bounded (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (&key);
  guint n = 0;

  g_test_summary ("Strangers cannot fill the disk with handshakes, nor push a contact's out");
  udpnat_store_save_contact (self->store, contact, NULL, NULL);
  set_timestamp (self, 1, 7);
  set_timestamp (self, 0xffff, 9); /* ours */
  for (guint32 i = 0; i < 5000; i++)
    set_timestamp (self, 0x10000 + i, 1);
  udpnat_store_flush (self->store);
  udpnat_store_foreach_timestamp (self->store, count_timestamp, &n);
  g_assert_cmpuint (n, >=, 4096);
  g_assert_cmpuint (n, <=, 4096 + 64 + 2);
  check_timestamp (self, 1, 7);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM handshake WHERE key = x'ffff0000"
                                  "00000000000000000000000000000000000000000000000000000000'"),
                   ==, 1);
}

/* ---- How writes are told ---- */

static void
test_told_later (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  UdpnatMessageId id = make_id (1);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, "hello");

  g_test_summary ("Never from the call itself; in the main loop, without a flush");
  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
  g_assert_cmpuint (self->n_told, ==, 0);
  while (self->n_told == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (self->is_saved);
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "hello");
}

static void
test_told_on_free (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);

  for (guint i = 0; i < 50; i++)
    udpnat_store_mark_read (self->store, &key, i, done_cb, self);
  close_store (self);
  g_assert_cmpuint (self->n_told, ==, 50);
}

static void
again_cb (gboolean is_saved,
          gpointer user_data)
{
  Fixture *self = user_data;
  UdpnatPublicKey key = make_key (1);

  if (++self->n_told == 10)
    return;
  udpnat_store_mark_read (self->store, &key, 1, again_cb, self);
  if (self->n_told == 5)
    udpnat_store_flush (self->store);
}

static void
test_writes_from_callback (Fixture      *self,
                           gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);

  udpnat_store_mark_read (self->store, &key, 1, again_cb, self);
  g_assert_true (udpnat_store_flush (self->store));
  g_assert_cmpuint (self->n_told, ==, 10);
}

static void
order_cb (gboolean is_saved,
          gpointer user_data)
{
  static guint last = 0;

  g_assert_cmpuint (GPOINTER_TO_UINT (user_data), ==, last + 1);
  last++;
}

static void
test_told_in_order (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);

  for (guint i = 1; i <= 3000; i++)
    udpnat_store_mark_read (self->store, &key, i, order_cb, GUINT_TO_POINTER (i));
  g_assert_true (udpnat_store_flush (self->store));
}

static void
test_one_bad_write (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatPublicKey key = make_key (1);
  UdpnatMessageId id = make_id (1);
  UdpnatMessageId other = make_id (2);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, "hello");
  g_autoptr (UdpnatItem) after = udpnat_item_new_text (&other, NOW_US, "after");

  g_test_summary ("A write that breaks a rule is undone alone");
  udpnat_store_mark_read (self->store, &key, 1, NULL, NULL); /* so that the rest is one batch */
  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
  udpnat_store_add_outgoing (self->store, &key, after, NULL, 0, NULL, NULL);
  udpnat_store_flush (self->store);
  g_assert_cmpuint (self->n_told, ==, 2);
  g_assert_false (self->is_saved); /* the second one of the same id */
  check_lines (self, 1, "hello|after");
  check_texts (udpnat_store_search (self->store, "hello", NULL, 0, 10), "hello");
}

/* A person and the first line to them, as the client asks for them. */
static void
save_and_say (Fixture *self)
{
  UdpnatPublicKey key = make_key (1);
  UdpnatMessageId id = make_id (1);
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (&key);
  UdpnatItem *item = udpnat_item_new_text (&id, NOW_US, "hello");

  contact->relation = UDPNAT_RELATION_ACCEPTED;
  udpnat_store_save_contact (self->store, contact, done_cb, self);
  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
  udpnat_item_free (item);
}

static void
test_turn_is_one_transaction (Fixture      *self,
                              gconstpointer unused)
{
  guint n_before = count_commits (self->path);

  save_and_say (self);
  while (self->n_told < 2)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (self->is_saved);
  g_assert_cmpuint (count_commits (self->path), ==, n_before + 1);
}

static void
test_flush_is_one_transaction (Fixture      *self,
                               gconstpointer unused)
{
  guint n_before = count_commits (self->path);

  save_and_say (self);
  g_assert_true (udpnat_store_flush (self->store));
  g_assert_cmpuint (self->n_told, ==, 2);
  g_assert_cmpuint (count_commits (self->path), ==, n_before + 1);
}

/* It leaves nothing, keeps nothing that is written meanwhile, and is told to nobody. */
static void
test_rehearsal (Fixture      *self,
                gconstpointer unused)
{
  guint n_before = count_commits (self->path);

  udpnat_store_rehearse (self->store);
  udpnat_store_set_setting (self->store, "name", "zoe");
  g_assert_true (udpnat_store_flush (self->store));
  g_assert_cmpuint (count_commits (self->path), ==, n_before + 1);
  g_assert_cmpuint (self->n_told, ==, 0);
  g_assert_cmpint (ask_sql (self, "SELECT (SELECT count(*) FROM contact)"
                                  " + (SELECT count(*) FROM conversation)"
                                  " + (SELECT count(*) FROM line)"
                                  " + (SELECT count(*) FROM outbox)"
                                  " + (SELECT count(*) FROM seen)"
                                  " + (SELECT count(*) FROM handshake)"), ==, 0);
  reopen_store (self);
  check_setting (self, "name", "zoe");
}

static void
test_begin_waits_for_nothing (Fixture      *self,
                              gconstpointer unused)
{
  guint n_before = count_commits (self->path);

  udpnat_store_set_setting (self->store, "name", "zoe");
  udpnat_store_begin (self->store);
  while (count_commits (self->path) == n_before) /* without a turn of the main loop */
    g_thread_yield ();
  g_assert_cmpuint (count_commits (self->path), ==, n_before + 1);
}

static void
test_queue_is_bounded (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *text = g_strnfill (65536, 'x');
  UdpnatPublicKey key = make_key (1);
  guint n_saved;

  g_test_summary ("More than 16 MiB that wait for the disk are refused, and said to be");
  for (guint32 i = 1; i <= 600; i++)
    {
      UdpnatMessageId id = make_id (i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US, text);

      udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
    }
  g_assert_false (udpnat_store_flush (self->store));
  g_assert_cmpuint (self->n_told, ==, 600);
  n_saved = udpnat_store_count_outbox (self->store);
  g_assert_cmpuint (n_saved, >=, 250);
  g_assert_cmpuint (n_saved, <, 600);
  g_assert_true (udpnat_store_flush (self->store));
}

/* ---- Files ---- */

/* Also in a folder that others may look into, and for one that an earlier version made. */
static void
test_is_private (Fixture      *self,
                 gconstpointer unused)
{
  const char *suffixes[] = { "", "-wal" };

  udpnat_store_set_setting (self->store, "name", "zoe");
  udpnat_store_flush (self->store);
  g_assert_cmpint (g_chmod (self->path, 0644), ==, 0);
  reopen_store (self);
  udpnat_store_set_setting (self->store, "name", "zoë");
  udpnat_store_flush (self->store);
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);
      GStatBuf status;

      g_assert_cmpint (g_stat (path, &status), ==, 0);
      g_assert_cmpint (status.st_mode & 0777, ==, 0600);
    }
}

static void
test_no_file_left_behind (Fixture      *self,
                          gconstpointer unused)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);
  g_autofree char *shm = g_strconcat (self->path, "-shm", NULL);

  say_text (self, 1, "hello");
  g_assert_true (g_file_test (wal, G_FILE_TEST_EXISTS));
  close_store (self);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (shm, G_FILE_TEST_EXISTS));
}

/* What version 1 wrote. */
static const char version_1[] =
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
  "CREATE TABLE server (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;"
  "CREATE TABLE contact (key BLOB PRIMARY KEY, name TEXT, timestamp BLOB) STRICT;"
  "INSERT INTO setting VALUES ('name', 'alice');"
  "INSERT INTO server VALUES ('chat.example:8848', zeroblob (32));"
  "INSERT INTO contact VALUES"
  " (x'0100000000000000000000000000000000000000000000000000000000000000', 'bob',"
  "  x'000000000000000000000007'),"
  " (x'0200000000000000000000000000000000000000000000000000000000000000', 'carol', NULL),"
  " (x'0300000000000000000000000000000000000000000000000000000000000000', NULL,"
  "  x'000000000000000000000008');"
  "PRAGMA user_version = 1; PRAGMA journal_mode = WAL;";

static void
test_migration (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (UdpnatContact) carol = NULL;
  UdpnatPublicKey key;
  guint n = 0;

  run_sql (self, version_1);
  open_store (self);
  check_setting (self, "name", "alice");
  g_assert_true (udpnat_store_get_server_key (self->store, "chat.example:8848", &key));
  check_timestamp (self, 1, 7);
  carol = dup_contact (self, 2);
  g_assert_cmpstr (carol->name, ==, "carol");
  g_assert_cmpint (carol->relation, ==, UDPNAT_RELATION_ACCEPTED);
  g_assert_false (carol->has_timestamp);
  g_assert_null (dup_contact (self, 3)); /* nobody but a handshake */
  udpnat_store_foreach_timestamp (self->store, count_timestamp, &n);
  g_assert_cmpuint (n, ==, 2);
  say_text (self, 2, "hello");
  say_file (self, 2, "heron.jpg", "/heron.jpg");
  reopen_store (self);
  check_lines (self, 2, "hello|heron.jpg");
  g_assert_cmpint (ask_sql (self, "PRAGMA user_version"), ==, 3);
}

/* Opening fails, and the file is what it was, with nothing beside it. */
static void
check_refused (Fixture    *self,
               const char *said)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  UdpnatPublicKey own_key = OWN_KEY;
  gsize n_before;
  gsize n_after;

  g_assert_true (g_file_get_contents (self->path, &before, &n_before, NULL));
  g_assert_null (udpnat_store_open (self->path, NULL, &own_key, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_nonnull (strstr (error->message, self->path));
  g_assert_nonnull (strstr (error->message, said));
  g_assert_true (g_file_get_contents (self->path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, before, n_before);
}

static void
test_newer_version (Fixture      *self,
                    gconstpointer unused)
{
  open_store (self);
  udpnat_store_set_setting (self->store, "name", "alice");
  close_store (self);
  run_sql (self, "PRAGMA user_version = 4");
  check_refused (self, "newer");
  run_sql (self, "PRAGMA user_version = 2147483647");
  check_refused (self, "newer");
  run_sql (self, "PRAGMA user_version = 3"); /* the boundary's other side */
  open_store (self);
  check_setting (self, "name", "alice");
}

static void
test_is_a_folder (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey own_key = OWN_KEY;

  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  g_assert_null (udpnat_store_open (self->path, NULL, &own_key, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/client-store/setting/round-trip", test_setting);
  ADD ("/client-store/setting/removed", test_setting_removed);
  ADD ("/client-store/setting/rows-without-a-name-do-not-count", test_rows_without_a_name);
  ADD ("/client-store/setting/lost-one-is-told-and-written-later", test_setting_lost);
  ADD ("/client-store/server/key-round-trip", test_server_key);
  ADD ("/client-store/server/forgotten", test_server_forgotten);
  ADD ("/client-store/contact/round-trip", test_contact);
  ADD ("/client-store/contact/all-of-it-changes", test_contact_changed);
  ADD ("/client-store/contact/request-is-not-undone", test_contact_keeps_request);
  ADD ("/client-store/contact/store-keeps-its-own", test_contact_keeps_what_is_the_stores);
  ADD ("/client-store/contact/all-are-told", test_contact_foreach);
  ADD ("/client-store/contact/forgotten-with-everything", test_contact_forgotten);
  ADD ("/client-store/timestamp/later-replaces", test_timestamp);
  ADD ("/client-store/timestamp/strangers-are-bounded", test_timestamps_bounded);
  ADD ("/client-store/writes/told-in-main-loop", test_told_later);
  ADD ("/client-store/writes/told-before-free-returns", test_told_on_free);
  ADD ("/client-store/writes/more-from-callback", test_writes_from_callback);
  ADD ("/client-store/writes/told-in-order", test_told_in_order);
  ADD ("/client-store/writes/bad-one-undone-alone", test_one_bad_write);
  ADD ("/client-store/writes/turn-is-one-transaction", test_turn_is_one_transaction);
  ADD ("/client-store/writes/flush-is-one-transaction", test_flush_is_one_transaction);
  ADD ("/client-store/writes/rehearsal-leaves-nothing", test_rehearsal);
  ADD ("/client-store/writes/begin-waits-for-nothing", test_begin_waits_for_nothing);
  ADD ("/client-store/writes/queue-bounded", test_queue_is_bounded);
  ADD ("/client-store/files/private", test_is_private);
  ADD ("/client-store/files/log-is-gone-after-close", test_no_file_left_behind);
  ADD_CLOSED ("/client-store/migration/from-version-1", test_migration);
  ADD_CLOSED ("/client-store/refused/newer-version", test_newer_version);
  ADD_CLOSED ("/client-store/refused/folder-in-its-place", test_is_a_folder);

  return g_test_run ();
}
