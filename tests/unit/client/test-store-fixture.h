#pragma once

/* A store in a folder of its own, and short words for what the tests of it do most. Everything is
 * written before a call returns. */

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#include "udpnat-error.h"
#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"
#include "udpnat-store-transfers.h"

typedef struct
{
  char              *folder;
  char              *path;
  UdpnatStore       *store;  /* NULL while it is closed */
  guint32            n_ids;

  /* what was told last */
  UdpnatHistoryItem *line;   /* nullable */
  gboolean           is_saved;
  UdpnatReceived     received;
  gboolean           is_first_of_request;
  guint              n_changed;
  guint              n_told;
} Fixture;

#define NOW_US (G_GINT64_CONSTANT (1800000000) * G_USEC_PER_SEC)

G_GNUC_UNUSED static UdpnatPublicKey
make_key (guint32 number)
{
  UdpnatPublicKey key = { { 0 } };

  memcpy (key.bytes, &number, sizeof number);
  return key;
}

#define OWN_KEY make_key (0xffff)

G_GNUC_UNUSED static UdpnatMessageId
make_id (guint32 number)
{
  UdpnatMessageId id = { { 0 } };

  memcpy (id.bytes, &number, sizeof number);
  return id;
}

G_GNUC_UNUSED static void
open_store (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey own_key = OWN_KEY;

  g_assert_null (self->store);
  self->store = udpnat_store_open (self->path, NULL, &own_key, &error);
  g_assert_no_error (error);
  g_assert_nonnull (self->store);
}

G_GNUC_UNUSED static void
close_store (Fixture *self)
{
  g_clear_object (&self->line);
  g_clear_pointer (&self->store, udpnat_store_free);
}

G_GNUC_UNUSED static void
reopen_store (Fixture *self)
{
  close_store (self);
  open_store (self);
}

G_GNUC_UNUSED static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-store-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "udpnat.db", NULL);
}

G_GNUC_UNUSED static void
set_up_open (Fixture      *self,
             gconstpointer unused)
{
  set_up (self, unused);
  open_store (self);
}

G_GNUC_UNUSED static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GDir) folder = NULL;
  const char *name;

  close_store (self);
  folder = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

/* ---- SQL past the store ---- */

G_GNUC_UNUSED static void
run_sql (Fixture    *self,
         const char *sql)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (self->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

G_GNUC_UNUSED static gint64
ask_sql (Fixture    *self,
         const char *sql)
{
  sqlite3_stmt *statement = NULL;
  sqlite3 *db = NULL;
  gint64 value;

  g_assert_cmpint (sqlite3_open (self->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  return value;
}

/* ---- Saying and hearing ---- */

G_GNUC_UNUSED static void
line_cb (UdpnatHistoryItem *changed,
         gboolean           is_saved,
         gpointer           user_data)
{
  Fixture *self = user_data;

  g_set_object (&self->line, changed);
  self->is_saved = is_saved;
  self->n_told++;
}

G_GNUC_UNUSED static void
received_cb (UdpnatReceived     received,
             UdpnatHistoryItem *changed,
             gboolean           is_first_of_request,
             gpointer           user_data)
{
  Fixture *self = user_data;

  g_set_object (&self->line, changed);
  self->received = received;
  self->is_first_of_request = is_first_of_request;
  self->n_told++;
}

G_GNUC_UNUSED static void
done_cb (gboolean is_saved,
         gpointer user_data)
{
  Fixture *self = user_data;

  self->is_saved = is_saved;
  self->n_told++;
}

/* Says an item, and forgets it. */
G_GNUC_UNUSED static void
say (Fixture    *self,
     guint32     peer,
     UdpnatItem *item)
{
  UdpnatPublicKey key = make_key (peer);

  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, line_cb, self);
  udpnat_store_flush (self->store);
  udpnat_item_free (item);
}

/* Returns: the id of the message */
G_GNUC_UNUSED static UdpnatMessageId
say_text (Fixture    *self,
          guint32     peer,
          const char *text)
{
  UdpnatMessageId id = make_id (++self->n_ids);

  say (self, peer, udpnat_item_new_text (&id, NOW_US + self->n_ids, text));
  g_assert_true (self->is_saved);
  return id;
}

G_GNUC_UNUSED static void
hear_at (Fixture    *self,
         guint32     peer,
         gint64      received_us,
         UdpnatItem *item)
{
  UdpnatPublicKey key = make_key (peer);

  udpnat_store_add_incoming (self->store, &key, item, received_us, received_cb, self);
  udpnat_store_flush (self->store);
  udpnat_item_free (item);
}

G_GNUC_UNUSED static void
hear (Fixture    *self,
      guint32     peer,
      UdpnatItem *item)
{
  hear_at (self, peer, NOW_US + self->n_ids, item);
}

G_GNUC_UNUSED static UdpnatMessageId
hear_text (Fixture    *self,
           guint32     peer,
           const char *text)
{
  UdpnatMessageId id = make_id (++self->n_ids);

  hear (self, peer, udpnat_item_new_text (&id, NOW_US + self->n_ids, text));
  return id;
}

/* ---- Files ---- */

#define FILE_BYTES 1234567
#define THUMBNAIL_BYTES 16384

G_GNUC_UNUSED static UdpnatItem *
make_file (UdpnatMessageId  id,
           gint64           sent_us,
           const char      *name)
{
  g_autofree char *pixels = g_strnfill (THUMBNAIL_BYTES, 'p');
  g_autoptr (GBytes) thumbnail = g_bytes_new (pixels, THUMBNAIL_BYTES);
  UdpnatFileOffer offer = {
    .kind = UDPNAT_FILE_KIND_FILE,
    .size = FILE_BYTES,
    .n_files = 1,
    .list_size = FILE_BYTES,
    .root = { 7, 8, 9 },
    .name = (char *) name,
    .content_type = (char *) "image/jpeg",
    .width = 640,
    .height = 480,
    .thumbnail = thumbnail,
  };

  return udpnat_item_new_file (&id, sent_us, &offer);
}

G_GNUC_UNUSED static UdpnatMessageId
say_file (Fixture    *self,
          guint32     peer,
          const char *name,
          const char *path)
{
  UdpnatMessageId id = make_id (++self->n_ids);
  g_autoptr (UdpnatItem) item = make_file (id, NOW_US + self->n_ids, name);
  UdpnatPublicKey key = make_key (peer);

  udpnat_store_add_outgoing_file (self->store, &key, item, path, line_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
  return id;
}

G_GNUC_UNUSED static UdpnatMessageId
hear_file (Fixture    *self,
           guint32     peer,
           const char *name)
{
  UdpnatMessageId id = make_id (++self->n_ids);

  hear (self, peer, make_file (id, NOW_US + self->n_ids, name));
  return id;
}

/* What is about a message. */
G_GNUC_UNUSED static UdpnatItem *
make_on (Fixture         *self,
         guint8           type,
         UdpnatMessageId  target,
         const char      *text)
{
  UdpnatMessageId id = make_id (++self->n_ids);

  return udpnat_item_new_on (type, &id, NOW_US + self->n_ids, &target, text);
}

G_GNUC_UNUSED static void
set_relation (Fixture        *self,
              guint32         peer,
              UdpnatRelation  relation)
{
  UdpnatPublicKey key = make_key (peer);
  g_autoptr (UdpnatContact) contact = udpnat_store_dup_contact (self->store, &key);

  if (contact == NULL)
    contact = udpnat_contact_new (&key);
  contact->relation = relation;
  udpnat_store_save_contact (self->store, contact, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
}

G_GNUC_UNUSED static void
set_state (Fixture         *self,
           guint32          peer,
           UdpnatMessageId  id,
           UdpnatItemState  state,
           const char      *reason)
{
  UdpnatPublicKey key = make_key (peer);

  udpnat_store_set_item_state (self->store, &key, &id, state, reason, line_cb, self);
  udpnat_store_flush (self->store);
}

G_GNUC_UNUSED static UdpnatHistoryItem *
find_line (Fixture         *self,
           guint32          peer,
           UdpnatMessageId  id)
{
  UdpnatPublicKey key = make_key (peer);

  return udpnat_store_dup_line_by_id (self->store, &key, &id);
}

/* ---- What is there ---- */

/* @expected: texts with bars between them, "-" for a line without one */
G_GNUC_UNUSED static void
check_texts (GPtrArray  *lines,
             const char *expected)
{
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    {
      const char *text = udpnat_history_item_get_text (g_ptr_array_index (lines, i));

      g_string_append_printf (found, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "-");
    }
  g_ptr_array_unref (lines);
  g_assert_cmpstr (found->str, ==, expected);
}

G_GNUC_UNUSED static void
check_lines (Fixture    *self,
             guint32     peer,
             const char *expected)
{
  UdpnatPublicKey key = make_key (peer);

  check_texts (udpnat_store_dup_page (self->store, &key, 0, 100), expected);
}

G_GNUC_UNUSED static guint
count_unread (Fixture *self,
              guint32  peer)
{
  UdpnatPublicKey key = make_key (peer);

  return udpnat_store_count_unread (self->store, &key);
}

#define ADD(path, function) \
  g_test_add (path, Fixture, NULL, set_up_open, function, tear_down)
#define ADD_CLOSED(path, function) \
  g_test_add (path, Fixture, NULL, set_up, function, tear_down)
