/* People: what the user and the client decide about them, and when they last shook hands with us.
 *
 * Handshakes have a table of their own, since strangers shake hands too: these are forgotten when
 * there are too many, contacts' never. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

/* ---- Reading ---- */

#define CONTACT_QUERY                                                                             \
  "SELECT p.key, p.name, p.server, p.nickname, p.relation, p.is_mutual, p.is_verified,"           \
  " p.is_relay_only, c.is_pinned, c.is_muted, p.last_seen_us, c.last_read, c.n_unread,"           \
  " c.last_shown_us, c.draft, p.status, p.avatar, p.profile_sent_us, p.has_refused, h.timestamp"  \
  " FROM contact AS p LEFT JOIN conversation AS c ON c.kind = 0 AND c.key = p.key"                \
  " LEFT JOIN handshake AS h ON h.key = p.key"

static UdpnatContact *
read_contact (sqlite3_stmt *row)
{
  UdpnatPublicKey key;
  UdpnatContact *self;

  if (!udpnat_row_get_key (row, 0, &key))
    return NULL;
  self = udpnat_contact_new (&key);
  self->name = udpnat_row_dup_text (row, 1);
  self->server = udpnat_row_dup_text (row, 2);
  self->nickname = udpnat_row_dup_text (row, 3);
  self->relation = (UdpnatRelation) sqlite3_column_int (row, 4);
  self->is_mutual = sqlite3_column_int (row, 5) != 0;
  self->is_verified = sqlite3_column_int (row, 6) != 0;
  self->is_relay_only = sqlite3_column_int (row, 7) != 0;
  self->is_pinned = sqlite3_column_int (row, 8) != 0;
  self->is_muted = sqlite3_column_int (row, 9) != 0;
  self->last_seen_us = sqlite3_column_int64 (row, 10);
  self->last_read_number = sqlite3_column_int64 (row, 11);
  self->n_unread = (guint) sqlite3_column_int64 (row, 12);
  self->last_shown_us = sqlite3_column_int64 (row, 13);
  self->draft = udpnat_row_dup_text (row, 14);
  self->status = udpnat_row_dup_text (row, 15);
  self->avatar = udpnat_row_dup_bytes (row, 16);
  self->profile_sent_us = sqlite3_column_int64 (row, 17);
  self->has_refused = sqlite3_column_int (row, 18) != 0;
  self->has_timestamp = sqlite3_column_bytes (row, 19) == UDPNAT_TIMESTAMP_BYTES;
  if (self->has_timestamp)
    memcpy (self->timestamp, sqlite3_column_blob (row, 19), UDPNAT_TIMESTAMP_BYTES);
  return self;
}

/** udpnat_store_dup_contact: Returns: (transfer full) (nullable): */
UdpnatContact *
udpnat_store_dup_contact (UdpnatStore           *self,
                          const UdpnatPublicKey *key)
{
  sqlite3_stmt *row = udpnat_database_query (self->reader, CONTACT_QUERY " WHERE p.key = ?1",
                                             VALUE_KEY (key));
  UdpnatContact *contact = NULL;

  if (udpnat_database_step (self->reader, row))
    contact = read_contact (row);
  udpnat_database_finish (row);
  return contact;
}

/** udpnat_store_foreach_contact: everybody whom we have a row of, blocked ones too */
void
udpnat_store_foreach_contact (UdpnatStore            *self,
                              UdpnatStoreContactFunc  func,
                              gpointer                user_data)
{
  g_autoptr (GPtrArray) contacts = NULL;
  sqlite3_stmt *row = udpnat_database_query (self->reader, CONTACT_QUERY " ORDER BY p.rowid");

  contacts = g_ptr_array_new_with_free_func ((GDestroyNotify) udpnat_contact_free);
  while (udpnat_database_step (self->reader, row))
    {
      UdpnatContact *contact = read_contact (row);

      if (contact != NULL)
        g_ptr_array_add (contacts, contact);
    }
  for (guint i = 0; i < contacts->len; i++)
    func (g_ptr_array_index (contacts, i), user_data);
}

/* ---- Saving ---- */

typedef struct
{
  UdpnatStoreWrite    base;
  UdpnatContact      *contact;
  UdpnatStoreDoneFunc done; /* nullable */
  gpointer            user_data;
} ContactWrite;

/* NONE does not undo a request that came while the caller was not looking. */
static gboolean
save_person (UdpnatDatabase      *database,
             const UdpnatContact *contact)
{
  return udpnat_database_run (database,
                              "INSERT INTO contact (key, name, server, nickname, relation,"
                              " is_mutual, is_verified, is_relay_only, last_seen_us)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                              " ON CONFLICT DO UPDATE SET name = ?2, server = ?3, nickname = ?4,"
                              " relation = CASE WHEN ?5 = 0 AND relation = 1 THEN 1 ELSE ?5 END,"
                              " is_mutual = CASE WHEN ?5 IN (2, 4) THEN max (is_mutual, ?6)"
                              " ELSE ?6 END, is_verified = ?7, is_relay_only = ?8,"
                              " last_seen_us = ?9",
                              VALUE_KEY (&contact->key), VALUE_TEXT (contact->name),
                              VALUE_TEXT (contact->server), VALUE_TEXT (contact->nickname),
                              VALUE_INT (contact->relation), VALUE_INT (contact->is_mutual),
                              VALUE_INT (contact->is_verified),
                              VALUE_INT (contact->is_relay_only),
                              VALUE_INT (contact->last_seen_us));
}

static gboolean
run_save (UdpnatStoreWriter *writer,
          UdpnatStoreWrite  *write)
{
  const UdpnatContact *contact = ((ContactWrite *) write)->contact;
  gint64 conversation;

  if (!save_person (writer->database, contact))
    return FALSE;
  conversation = udpnat_store_ensure_conversation (writer->database, &contact->key);
  return conversation != 0 &&
         udpnat_database_run (writer->database, "UPDATE conversation"
                                                " SET is_pinned = ?2, is_muted = ?3 WHERE id = ?1",
                              VALUE_INT (conversation), VALUE_INT (contact->is_pinned),
                              VALUE_INT (contact->is_muted));
}

static gboolean
run_forget (UdpnatStoreWriter *writer,
            UdpnatStoreWrite  *write)
{
  UdpnatDatabase *database = writer->database;
  const UdpnatPublicKey *key = &((ContactWrite *) write)->contact->key;
  gint64 conversation = udpnat_store_find_conversation (database, key);

  if (conversation != 0 && !udpnat_store_remove_lines (writer, conversation, 0))
    return FALSE;
  return udpnat_database_run (database, "DELETE FROM conversation WHERE id = ?1",
                              VALUE_INT (conversation)) &&
         udpnat_database_run (database, "DELETE FROM contact WHERE key = ?1", VALUE_KEY (key));
}

static void
finish_contact (UdpnatStore      *store,
                UdpnatStoreWrite *write,
                gboolean          is_saved)
{
  ContactWrite *self = (ContactWrite *) write;

  if (self->done != NULL)
    self->done (is_saved, self->user_data);
}

static void
clear_contact (UdpnatStoreWrite *write)
{
  udpnat_contact_free (((ContactWrite *) write)->contact);
}

static void
push_contact (UdpnatStore         *self,
              gboolean           (*run) (UdpnatStoreWriter *, UdpnatStoreWrite *),
              UdpnatContact       *contact,
              UdpnatStoreDoneFunc  done,
              gpointer             user_data)
{
  ContactWrite *write = udpnat_store_write_create (ContactWrite, run, finish_contact,
                                                   clear_contact);

  write->contact = contact;
  write->done = done;
  write->user_data = user_data;
  udpnat_store_push (self, write);
}

/**
 * udpnat_store_save_contact:
 * @contact: what the user and the client decide is taken from it; see #UdpnatContact
 * @done: (nullable):
 *
 * %UDPNAT_RELATION_NONE does not take back a request, and while somebody stays accepted, or is
 * blocked, is_mutual does not become %FALSE again.
 */
void
udpnat_store_save_contact (UdpnatStore         *self,
                           const UdpnatContact *contact,
                           UdpnatStoreDoneFunc  done,
                           gpointer             user_data)
{
  push_contact (self, run_save, udpnat_contact_copy (contact), done, user_data);
}

/**
 * udpnat_store_forget_contact:
 * @done: (nullable):
 *
 * Removes the person, the conversation, what waits to be sent, and the one-time keys. The time of
 * the last handshake stays: it keeps old ones from being repeated.
 */
void
udpnat_store_forget_contact (UdpnatStore           *self,
                             const UdpnatPublicKey *key,
                             UdpnatStoreDoneFunc    done,
                             gpointer               user_data)
{
  push_contact (self, run_forget, udpnat_contact_new (key), done, user_data);
}

/* ---- Last handshakes ---- */

static gboolean
run_timestamp (UdpnatStoreWriter *writer,
               UdpnatStoreWrite  *write)
{
  const UdpnatContact *contact = ((ContactWrite *) write)->contact;
  UdpnatDatabase *database = writer->database;
  gint64 number;

  /* A new row each time, so that the oldest ones have the smallest numbers. */
  if (!udpnat_database_run (database, "INSERT OR REPLACE INTO handshake (number, key, timestamp)"
                                      " VALUES ((SELECT ifnull (max (number), 0) + 1"
                                      " FROM handshake), ?1, ?2)", VALUE_KEY (&contact->key),
                            VALUE_BLOB (contact->timestamp, UDPNAT_TIMESTAMP_BYTES)))
    return FALSE;
  number = sqlite3_last_insert_rowid (database->db);
  if (number % 64 != 0) /* looks at every contact: not each time */
    return TRUE;
  return udpnat_database_run (database, "DELETE FROM handshake WHERE number <= ?1 AND key <> ?2"
                                        " AND key NOT IN (SELECT key FROM contact)",
                              VALUE_INT (number - UDPNAT_STORE_TIMESTAMPS_MAX),
                              VALUE_KEY (&writer->own_key));
}

/**
 * udpnat_store_set_timestamp: remembers the last handshake timestamp of a peer, or the last we gave
 * out (our own key) */
void
udpnat_store_set_timestamp (UdpnatStore           *self,
                            const UdpnatPublicKey *key,
                            const guint8           timestamp[12])
{
  UdpnatContact *contact = udpnat_contact_new (key);

  memcpy (contact->timestamp, timestamp, UDPNAT_TIMESTAMP_BYTES);
  push_contact (self, run_timestamp, contact, NULL, NULL);
}

/** udpnat_store_foreach_timestamp: everybody's, ours among them, the newest last */
void
udpnat_store_foreach_timestamp (UdpnatStore              *self,
                                UdpnatStoreTimestampFunc  func,
                                gpointer                  user_data)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (UdpnatContact));
  UdpnatContact contact = { 0 };
  sqlite3_stmt *row;

  row = udpnat_database_query (self->reader, "SELECT key, timestamp FROM handshake"
                                             " ORDER BY number");
  while (udpnat_database_step (self->reader, row))
    if (udpnat_row_get_key (row, 0, &contact.key) &&
        sqlite3_column_bytes (row, 1) == UDPNAT_TIMESTAMP_BYTES)
      {
        memcpy (contact.timestamp, sqlite3_column_blob (row, 1), UDPNAT_TIMESTAMP_BYTES);
        g_array_append_val (found, contact);
      }
  for (guint i = 0; i < found->len; i++)
    {
      const UdpnatContact *one = &g_array_index (found, UdpnatContact, i);

      func (&one->key, one->timestamp, user_data);
    }
}
