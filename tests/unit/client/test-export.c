/* Conversations as files: what they look like, and what becomes of the file. The lines are made
 * here as the store makes them, so that each test has its own and no disk is needed for them. */

#include "config.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "udpnat-export.h"
#include "udpnat-history-item-private.h"
#include "udpnat-item.h"

/* 2026-01-05, a Monday, 13:03 UTC */
#define START_US (G_GINT64_CONSTANT (1767618180) * G_USEC_PER_SEC)
#define MINUTE_US (60 * G_USEC_PER_SEC)
#define KEY "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define HEAD "Conversation with Bob\nTheir key: " KEY "\n"

typedef struct
{
  GPtrArray   *lines;
  guint        page_size;
  guint        n_pages;
  UdpnatExport export;
  char        *folder;
  char        *path;
} Fixture;

static GPtrArray *
get_page (gint64   after,
          gpointer user_data)
{
  Fixture *fixture = user_data;
  GPtrArray *page = g_ptr_array_new_with_free_func (g_object_unref);

  fixture->n_pages++;
  for (guint i = 0; i < fixture->lines->len && page->len < fixture->page_size; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (fixture->lines, i);

      if (line->number > after)
        g_ptr_array_add (page, g_object_ref (line));
    }
  return page;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->lines = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->page_size = 100;
  fixture->export = (UdpnatExport) {
    .peer_name = "Bob",
    .time_zone = g_time_zone_new_offset (3600),
    .get_page = get_page,
    .user_data = fixture,
  };
  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    fixture->export.peer_key.bytes[i] = (guint8) i;
  fixture->folder = g_dir_make_tmp ("udpnat-export-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "bob.txt", NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_unlink (fixture->path);
  /* Nothing else may be left in it. */
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_ptr_array_unref (fixture->lines);
  g_time_zone_unref (fixture->export.time_zone);
  g_free (fixture->folder);
  g_free (fixture->path);
}

/* A minute after the line before. */
static UdpnatHistoryItem *
add_line (Fixture    *fixture,
          gboolean    is_outgoing,
          const char *text)
{
  UdpnatHistoryItem *line = g_object_new (UDPNAT_TYPE_HISTORY_ITEM, NULL);

  line->number = 10 + fixture->lines->len;
  line->id.bytes[0] = (guint8) line->number;
  line->type = UDPNAT_ITEM_TEXT;
  line->is_outgoing = is_outgoing;
  line->state = UDPNAT_ITEM_STATE_DELIVERED;
  line->shown_us = START_US + fixture->lines->len * MINUTE_US;
  line->sent_us = line->shown_us + 1;
  line->received_us = line->shown_us + 2;
  line->text = g_strdup (text);
  g_ptr_array_add (fixture->lines, line);
  return line;
}

static char *
export_to_memory (Fixture           *fixture,
                  UdpnatExportFormat format)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  fixture->export.format = format;
  g_assert_true (udpnat_export_write (&fixture->export, stream, &error));
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (stream));
}

static UdpnatStoredTransfer *
add_file (Fixture             *fixture,
          gboolean             is_outgoing,
          UdpnatTransferState  state)
{
  UdpnatHistoryItem *line = add_line (fixture, is_outgoing, "heron.jpg");
  UdpnatStoredTransfer *transfer = g_new0 (UdpnatStoredTransfer, 1);

  line->type = UDPNAT_ITEM_FILE;
  line->transfer = transfer;
  transfer->is_outgoing = is_outgoing;
  transfer->state = state;
  transfer->offer = g_new0 (UdpnatFileOffer, 1);
  transfer->offer->size = 1200000;
  transfer->offer->n_files = 1;
  transfer->offer->name = g_strdup ("heron.jpg");
  transfer->offer->content_type = g_strdup ("image/jpeg");
  return transfer;
}

static void
check_text (Fixture    *fixture,
            const char *expected)
{
  g_autofree char *text = export_to_memory (fixture, UDPNAT_EXPORT_TEXT);

  g_assert_true (g_str_has_prefix (text, HEAD));
  g_assert_cmpstr (text + strlen (HEAD), ==, expected);
}

/* ---- Text ---- */

static void
test_text_lines (Fixture      *fixture,
                 gconstpointer data)
{
  add_line (fixture, FALSE, "hello");
  add_line (fixture, TRUE, "hello yourself");
  check_text (fixture,
              "\n2026-01-05, Monday\n\n"
              "[14:03] Bob: hello\n"
              "[14:04] You: hello yourself\n");
}

static void
test_text_empty (Fixture      *fixture,
                 gconstpointer data)
{
  check_text (fixture, "");
}

static void
test_text_own_name (Fixture      *fixture,
                    gconstpointer data)
{
  fixture->export.own_name = "Alice";
  add_line (fixture, TRUE, "hello");
  check_text (fixture, "\n2026-01-05, Monday\n\n[14:03] Alice: hello\n");
}

/* In the time zone that was asked for: an hour before midnight in UTC. */
static void
test_text_dates (Fixture      *fixture,
                 gconstpointer data)
{
  UdpnatHistoryItem *late = add_line (fixture, FALSE, "one");
  UdpnatHistoryItem *later = add_line (fixture, FALSE, "two");

  late->shown_us = START_US + (gint64) (9 * 60 + 56) * MINUTE_US;
  later->shown_us = START_US + (gint64) (9 * 60 + 57) * MINUTE_US;
  check_text (fixture,
              "\n2026-01-05, Monday\n\n[23:59] Bob: one\n"
              "\n2026-01-06, Tuesday\n\n[00:00] Bob: two\n");
}

static void
test_text_edited (Fixture      *fixture,
                  gconstpointer data)
{
  add_line (fixture, FALSE, "hello")->edited_us = START_US;
  check_text (fixture, "\n2026-01-05, Monday\n\n[14:03] Bob: hello (edited)\n");
}

static void
test_text_deleted (Fixture      *fixture,
                   gconstpointer data)
{
  UdpnatHistoryItem *line = add_line (fixture, FALSE, NULL);

  line->is_deleted = TRUE;
  line->edited_us = START_US;
  line->has_quoted = TRUE;
  check_text (fixture, "\n2026-01-05, Monday\n\n[14:03] Bob: (deleted)\n");
}

static void
test_text_unsupported (Fixture      *fixture,
                       gconstpointer data)
{
  add_line (fixture, FALSE, NULL)->type = UDPNAT_ITEM_TYPE_MAX;
  check_text (fixture,
              "\n2026-01-05, Monday\n\n[14:03] Bob: "
              "(from a later version of udpnat, which this one does not understand)\n");
}

static void
test_text_reply (Fixture      *fixture,
                 gconstpointer data)
{
  UdpnatHistoryItem *line = add_line (fixture, FALSE, "yes\nand no");

  line->has_quoted = TRUE;
  line->is_quoted_outgoing = TRUE;
  line->quoted_text = g_strdup ("well?\nyes?");
  check_text (fixture,
              "\n2026-01-05, Monday\n\n"
              "[14:03] Bob:\n"
              "        > You: well?\n"
              "        > yes?\n"
              "        yes\n"
              "        and no\n");
}

static void
test_text_reply_to_nothing (Fixture      *fixture,
                            gconstpointer data)
{
  add_line (fixture, FALSE, "yes")->has_quoted = TRUE;
  check_text (fixture, "\n2026-01-05, Monday\n\n[14:03] Bob:\n        > Bob: …\n        yes\n");
}

static void
test_text_reactions (Fixture      *fixture,
                     gconstpointer data)
{
  UdpnatHistoryItem *line = add_line (fixture, FALSE, "hello");

  line->my_reaction = g_strdup ("👍");
  line->their_reaction = g_strdup ("❤️");
  check_text (fixture,
              "\n2026-01-05, Monday\n\n[14:03] Bob: hello\n"
              "        (You 👍)\n"
              "        (Bob ❤️)\n");
}

static void
test_text_files (Fixture      *fixture,
                 gconstpointer data)
{
  UdpnatStoredTransfer *running;
  UdpnatStoredTransfer *failed;

  add_file (fixture, FALSE, UDPNAT_TRANSFER_STATE_DONE)->path = g_strdup ("/home/a/heron.jpg");
  running = add_file (fixture, FALSE, UDPNAT_TRANSFER_STATE_RUNNING);
  running->kept = 300000;
  running->offer->content_type[0] = '\0';
  failed = add_file (fixture, TRUE, UDPNAT_TRANSFER_STATE_FAILED);
  failed->reason = g_strdup ("self");
  failed->offer->kind = UDPNAT_FILE_KIND_FOLDER;
  check_text (fixture,
              "\n2026-01-05, Monday\n\n"
              "[14:03] Bob: heron.jpg\n"
              "        (file: 1.2\u00a0MB, complete; image/jpeg)\n"
              "        (on this computer: /home/a/heron.jpg)\n"
              "[14:04] Bob: heron.jpg\n"
              "        (file: 300.0\u00a0kB of 1.2\u00a0MB)\n"
              "[14:05] You: heron.jpg\n"
              "        (folder: Stopped at 0 bytes of 1.2\u00a0MB: that is you;"
              " image/jpeg)\n");
}

static void
test_text_file_offered (Fixture      *fixture,
                        gconstpointer data)
{
  g_autofree char *text = NULL;
  UdpnatHistoryItem *line;

  fixture->export.peer_name = "Bob\n\033[2J";
  add_file (fixture, FALSE, UDPNAT_TRANSFER_STATE_OFFERED)->path = g_strdup ("/a\nb\033\xff");
  line = g_ptr_array_index (fixture->lines, 0);
  line->my_reaction = g_strdup ("👍");
  text = export_to_memory (fixture, UDPNAT_EXPORT_TEXT);
  g_assert_nonnull (strstr (text, "heron.jpg\n"
                                  "        (file: 1.2\u00a0MB, offered by Bob\n"
                                  "        \ufffd[2J; image/jpeg)\n"
                                  "        (on this computer: /a\n"
                                  "        b\ufffd\ufffd)\n"
                                  "        (You 👍)\n"));
}

static void
test_text_file_deleted (Fixture      *fixture,
                        gconstpointer data)
{
  UdpnatHistoryItem *line = add_line (fixture, FALSE, NULL);

  line->type = UDPNAT_ITEM_FILE;
  line->is_deleted = TRUE;
  check_text (fixture, "\n2026-01-05, Monday\n\n[14:03] Bob: (deleted)\n");
}

static void
test_text_states (Fixture      *fixture,
                  gconstpointer data)
{
  UdpnatHistoryItem *failed;

  add_line (fixture, TRUE, "a")->state = UDPNAT_ITEM_STATE_WAITING;
  add_line (fixture, TRUE, "b")->state = UDPNAT_ITEM_STATE_STORED;
  add_line (fixture, TRUE, "c")->state = UDPNAT_ITEM_STATE_READ;
  add_line (fixture, FALSE, "d")->state = UDPNAT_ITEM_STATE_WAITING;
  failed = add_line (fixture, TRUE, "e");
  failed->state = UDPNAT_ITEM_STATE_FAILED;
  failed->reason = g_strdup ("self");
  check_text (fixture,
              "\n2026-01-05, Monday\n\n"
              "[14:03] You: a (not delivered yet)\n"
              "[14:04] You: b (not delivered yet)\n"
              "[14:05] You: c\n"
              "[14:06] Bob: d\n"
              "[14:07] You: e (not delivered: that is you)\n");
}

/* Whatever breaks a line, what follows is indented: it cannot look like somebody else's. */
static void
test_text_forged_line (Fixture      *fixture,
                       gconstpointer data)
{
  add_line (fixture, FALSE,
            "a\n[14:04] You: b\r\n[14:04] You: c\u2028d\u2029e\x0b" "f\302\205g\rh");
  check_text (fixture,
              "\n2026-01-05, Monday\n\n"
              "[14:03] Bob: a\n"
              "        [14:04] You: b\n"
              "        [14:04] You: c\n"
              "        d\n"
              "        e\ufffdf\ufffdg\ufffdh\n");
}

static void
test_text_controls (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *text = NULL;

  fixture->export.peer_name = "Bob\n\033[2J";
  add_line (fixture, FALSE, "a\033]0;x\007\tb\u202ec");
  text = export_to_memory (fixture, UDPNAT_EXPORT_TEXT);
  g_assert_null (strchr (text, '\033'));
  g_assert_null (strchr (text, '\007'));
  g_assert_nonnull (strstr (text, "a\ufffd]0;x\ufffd b\ufffdc\n"));
  g_assert_nonnull (strstr (text, "Conversation with Bob\n        \ufffd[2J\n"));
}

/* A clock beyond all calendars. */
static void
test_text_no_such_time (Fixture      *fixture,
                        gconstpointer data)
{
  add_line (fixture, FALSE, "hello")->shown_us = G_MAXINT64;
  check_text (fixture, "[--:--] Bob: hello\n");
}

/* ---- JSON ---- */

static JsonObject *
export_json (Fixture     *fixture,
             JsonParser **out_parser)
{
  g_autofree char *text = export_to_memory (fixture, UDPNAT_EXPORT_JSON);
  g_autoptr (GError) error = NULL;

  *out_parser = json_parser_new ();
  g_assert_true (json_parser_load_from_data (*out_parser, text, -1, &error));
  g_assert_no_error (error);
  return json_node_get_object (json_parser_get_root (*out_parser));
}

static JsonObject *
get_message (JsonObject *root,
             guint       i)
{
  return json_array_get_object_element (json_object_get_array_member (root, "messages"), i);
}

static void
test_json_head (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonObject *root;

  fixture->export.own_name = "Alice \"A\"";
  root = export_json (fixture, &parser);
  g_assert_cmpstr (json_object_get_string_member (root, "format"), ==, "udpnat-conversation");
  g_assert_cmpint (json_object_get_int_member (root, "version"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (root, "own_name"), ==, "Alice \"A\"");
  g_assert_cmpstr (json_object_get_string_member (root, "name"), ==, "Bob");
  g_assert_cmpstr (json_object_get_string_member (root, "key"), ==, KEY);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "messages")), ==,
                    0);
}

static void
test_json_message (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonObject *message;

  add_line (fixture, FALSE, "he\"llo\n\033 🙂");
  message = get_message (export_json (fixture, &parser), 0);
  g_assert_cmpint (json_object_get_int_member (message, "number"), ==, 10);
  g_assert_cmpstr (json_object_get_string_member (message, "id"), ==,
                   "0a000000000000000000000000000000");
  g_assert_cmpstr (json_object_get_string_member (message, "from"), ==, "Bob");
  g_assert_false (json_object_get_boolean_member (message, "outgoing"));
  g_assert_cmpstr (json_object_get_string_member (message, "time"), ==, "2026-01-05T13:03:00Z");
  g_assert_cmpint (json_object_get_int_member (message, "sent_us"), ==, START_US + 1);
  g_assert_cmpint (json_object_get_int_member (message, "received_us"), ==, START_US + 2);
  g_assert_cmpstr (json_object_get_string_member (message, "text"), ==, "he\"llo\n\033 🙂");
  g_assert_cmpuint (json_object_get_size (message), ==, 8);
}

static void
test_json_own (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  UdpnatHistoryItem *line = add_line (fixture, TRUE, "hello");
  JsonObject *message;

  fixture->export.own_name = "Alice";
  line->state = UDPNAT_ITEM_STATE_FAILED;
  line->reason = g_strdup ("withdrawn");
  message = get_message (export_json (fixture, &parser), 0);
  g_assert_cmpstr (json_object_get_string_member (message, "from"), ==, "Alice");
  g_assert_true (json_object_get_boolean_member (message, "outgoing"));
  g_assert_cmpstr (json_object_get_string_member (message, "state"), ==, "failed");
  g_assert_cmpstr (json_object_get_string_member (message, "reason"), ==, "withdrawn");
  g_assert_false (json_object_has_member (message, "received_us"));
}

static void
test_json_file (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  UdpnatStoredTransfer *transfer = add_file (fixture, FALSE, UDPNAT_TRANSFER_STATE_FAILED);
  JsonObject *message, *file;

  transfer->reason = g_strdup ("corrupt");
  transfer->path = g_strdup ("/home/a/\xff.jpg");
  transfer->kept = 65536;
  transfer->offer->width = 640;
  transfer->offer->height = 480;
  message = get_message (export_json (fixture, &parser), 0);
  g_assert_cmpstr (json_object_get_string_member (message, "text"), ==, "heron.jpg");
  g_assert_false (json_object_has_member (message, "unsupported"));
  file = json_object_get_object_member (message, "file");
  g_assert_cmpstr (json_object_get_string_member (file, "kind"), ==, "file");
  g_assert_cmpint (json_object_get_int_member (file, "size"), ==, 1200000);
  g_assert_cmpstr (json_object_get_string_member (file, "content_type"), ==, "image/jpeg");
  g_assert_cmpint (json_object_get_int_member (file, "width"), ==, 640);
  g_assert_cmpint (json_object_get_int_member (file, "height"), ==, 480);
  g_assert_cmpstr (json_object_get_string_member (file, "state"), ==, "failed");
  g_assert_cmpstr (json_object_get_string_member (file, "reason"), ==, "corrupt");
  g_assert_cmpint (json_object_get_int_member (file, "kept"), ==, 65536);
  g_assert_cmpstr (json_object_get_string_member (file, "path"), ==, "/home/a/\ufffd.jpg");
  g_assert_cmpuint (json_object_get_size (file), ==, 9);
}

static void
test_json_folder (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  UdpnatStoredTransfer *transfer = add_file (fixture, TRUE, UDPNAT_TRANSFER_STATE_OFFERED);
  JsonObject *file;

  transfer->offer->kind = UDPNAT_FILE_KIND_FOLDER;
  transfer->offer->n_files = 12;
  transfer->offer->content_type[0] = '\0';
  file = json_object_get_object_member (get_message (export_json (fixture, &parser), 0), "file");
  g_assert_cmpstr (json_object_get_string_member (file, "kind"), ==, "folder");
  g_assert_cmpint (json_object_get_int_member (file, "files"), ==, 12);
  g_assert_cmpstr (json_object_get_string_member (file, "state"), ==, "offered");
  g_assert_cmpuint (json_object_get_size (file), ==, 4); /* nothing that is not known */
}

static void
test_json_everything_else (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr (JsonParser) parser = NULL;
  UdpnatHistoryItem *line = add_line (fixture, FALSE, NULL);
  JsonObject *message, *quoted;

  line->type = UDPNAT_ITEM_TYPE_MAX;
  line->is_deleted = TRUE;
  line->edited_us = 7;
  line->has_quoted = TRUE;
  line->quoted_id.bytes[15] = 0xff;
  line->quoted_text = g_strdup ("well?");
  line->my_reaction = g_strdup ("👍");
  line->their_reaction = g_strdup ("👎");
  message = get_message (export_json (fixture, &parser), 0);
  g_assert_false (json_object_has_member (message, "text"));
  g_assert_true (json_object_get_boolean_member (message, "deleted"));
  g_assert_cmpint (json_object_get_int_member (message, "edited_us"), ==, 7);
  g_assert_cmpstr (json_object_get_string_member (message, "my_reaction"), ==, "👍");
  g_assert_cmpstr (json_object_get_string_member (message, "their_reaction"), ==, "👎");
  quoted = json_object_get_object_member (message, "quoted");
  g_assert_cmpstr (json_object_get_string_member (quoted, "id"), ==,
                   "000000000000000000000000000000ff");
  g_assert_cmpstr (json_object_get_string_member (quoted, "from"), ==, "Bob");
  g_assert_cmpstr (json_object_get_string_member (quoted, "text"), ==, "well?");
}

static void
test_json_line_each (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) rows = NULL;

  for (guint i = 0; i < 3; i++)
    add_line (fixture, FALSE, "hello\nworld");
  text = export_to_memory (fixture, UDPNAT_EXPORT_JSON);
  rows = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (rows), ==, 1 + 3 + 1 + 1);
  for (guint i = 1; i <= 3; i++)
    g_assert_true (g_str_has_prefix (rows[i], "{\"number\":"));
  g_assert_cmpstr (rows[4], ==, "]}");
}

/* ---- Pages ---- */

static void
check_pages (Fixture *fixture,
             guint    n_lines,
             guint    page_size,
             guint    n_pages)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonArray *messages;

  fixture->page_size = page_size;
  for (guint i = 0; i < n_lines; i++)
    add_line (fixture, FALSE, "hello");
  messages = json_object_get_array_member (export_json (fixture, &parser), "messages");
  g_assert_cmpuint (json_array_get_length (messages), ==, n_lines);
  for (guint i = 0; i < n_lines; i++)
    g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (messages, i),
                                                 "number"), ==, 10 + i);
  g_assert_cmpuint (fixture->n_pages, ==, n_pages);
}

static void
test_pages_exact (Fixture      *fixture,
                  gconstpointer data)
{
  check_pages (fixture, 20, 10, 3);
}

static void
test_pages_one_more (Fixture      *fixture,
                     gconstpointer data)
{
  check_pages (fixture, 21, 10, 4);
}

/* ---- File ---- */

static void
check_file (const char *path,
            const char *expected)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, expected);
}

static gboolean
write_file (Fixture  *fixture,
            gboolean  may_overwrite,
            GError  **error)
{
  return udpnat_export_write_file (&fixture->export, fixture->path, may_overwrite, error);
}

static void
test_file_new (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (write_file (fixture, FALSE, &error));
  g_assert_no_error (error);
  check_file (fixture->path, HEAD);
}

static void
test_file_mode (Fixture      *fixture,
                gconstpointer data)
{
  struct stat status;

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_cmpint (g_chmod (fixture->path, 0644), ==, 0);
  g_assert_true (write_file (fixture, TRUE, NULL));
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
}

static void
test_file_exists (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_false (write_file (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  check_file (fixture->path, "old");
  g_assert_cmpuint (fixture->n_pages, ==, 0);
}

static void
test_file_overwritten (Fixture      *fixture,
                       gconstpointer data)
{
  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_true (write_file (fixture, TRUE, NULL));
  check_file (fixture->path, HEAD);
}

static GPtrArray *
create_meanwhile (gint64   after,
                  gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (g_file_set_contents (fixture->path, "new", -1, NULL));
  return NULL;
}

/* Somebody else writes there while we do. */
static void
test_file_exists_in_the_end (Fixture      *fixture,
                             gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->export.get_page = create_meanwhile;
  g_assert_false (write_file (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  check_file (fixture->path, "new");
}

static void
test_file_no_folder (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "missing", "bob.txt", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_export_write_file (&fixture->export, path, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, path));
}

/* The disk is full in the middle: the old file stays, and nothing beside it. */
static void
test_file_no_room (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *text = g_strnfill (60000, 'x');
  g_autoptr (GError) error = NULL;
  struct rlimit before, limit;

  for (guint i = 0; i < 10; i++)
    add_line (fixture, FALSE, text);
  g_assert_true (g_file_set_contents (fixture->path, "old", -1, NULL));
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = (struct rlimit) { 200000, before.rlim_max };
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_false (write_file (fixture, TRUE, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  signal (SIGXFSZ, SIG_DFL);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, fixture->path));
  check_file (fixture->path, "old");
}

#define ADD(path, function) \
  g_test_add ("/export/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("text/lines", test_text_lines);
  ADD ("text/nothing-said", test_text_empty);
  ADD ("text/own-name", test_text_own_name);
  ADD ("text/date-before-each-day", test_text_dates);
  ADD ("text/edited", test_text_edited);
  ADD ("text/deleted", test_text_deleted);
  ADD ("text/unsupported", test_text_unsupported);
  ADD ("text/reply", test_text_reply);
  ADD ("text/reply-to-what-is-gone", test_text_reply_to_nothing);
  ADD ("text/reactions", test_text_reactions);
  ADD ("text/files", test_text_files);
  ADD ("text/file-cannot-pass-for-another-line", test_text_file_offered);
  ADD ("text/file-deleted", test_text_file_deleted);
  ADD ("text/states", test_text_states);
  ADD ("text/message-cannot-pass-for-another", test_text_forged_line);
  ADD ("text/control-characters", test_text_controls);
  ADD ("text/no-such-time", test_text_no_such_time);
  ADD ("json/head", test_json_head);
  ADD ("json/message-of-theirs", test_json_message);
  ADD ("json/message-of-ours", test_json_own);
  ADD ("json/file", test_json_file);
  ADD ("json/folder", test_json_folder);
  ADD ("json/everything-else", test_json_everything_else);
  ADD ("json/each-message-on-a-line", test_json_line_each);
  ADD ("pages/last-one-full", test_pages_exact);
  ADD ("pages/last-one-of-one-line", test_pages_one_more);
  ADD ("file/new", test_file_new);
  ADD ("file/for-its-owner-only", test_file_mode);
  ADD ("file/exists", test_file_exists);
  ADD ("file/overwritten-when-told", test_file_overwritten);
  ADD ("file/exists-in-the-end", test_file_exists_in_the_end);
  ADD ("file/no-folder", test_file_no_folder);
  ADD ("file/no-room-keeps-the-old-one", test_file_no_room);

  return g_test_run ();
}
