/* One-time keys for mail: the secrets of those that we gave to somebody, and what others gave to
 * us. They are kept as soon as the item that carries them is (udpnat-store-outbox.c,
 * udpnat-store-incoming.c), and each is removed when it is used. */

#include "config.h"

#include "udpnat-store-private.h"

typedef struct
{
  UdpnatPublicKey key;
  UdpnatPrekey    prekey;
} PrekeyRow;

static void
wipe_row (gpointer row)
{
  explicit_bzero (row, sizeof (PrekeyRow));
}

static void
foreach_prekey (UdpnatStore           *self,
                sqlite3_stmt          *row,
                UdpnatStorePrekeyFunc  func,
                gpointer               user_data)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (PrekeyRow));

  g_array_set_clear_func (rows, wipe_row);
  while (udpnat_database_step (self->reader, row))
    {
      PrekeyRow one;

      if (!udpnat_row_get_key (row, 0, &one.key) ||
          sqlite3_column_bytes (row, 2) != UDPNAT_PREKEY_BYTES)
        continue;
      one.prekey.id = (guint64) sqlite3_column_int64 (row, 1);
      memcpy (one.prekey.key, sqlite3_column_blob (row, 2), UDPNAT_PREKEY_BYTES);
      g_array_append_val (rows, one);
      wipe_row (&one);
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const PrekeyRow *one = &g_array_index (rows, PrekeyRow, i);

      func (&one->key, &one->prekey, user_data);
    }
}

/** udpnat_store_foreach_own_prekey: secrets, with the one whom we gave the public key */
void
udpnat_store_foreach_own_prekey (UdpnatStore           *self,
                                 UdpnatStorePrekeyFunc  func,
                                 gpointer               user_data)
{
  foreach_prekey (self, udpnat_database_query (self->reader,
                                               "SELECT c.key, p.id, p.secret FROM own_prekey AS p"
                                               " JOIN conversation AS c ON c.id = p.conversation"
                                               " ORDER BY p.number"), func, user_data);
}

/** udpnat_store_foreach_peer_prekey: public keys that others gave to us, the oldest first */
void
udpnat_store_foreach_peer_prekey (UdpnatStore           *self,
                                  UdpnatStorePrekeyFunc  func,
                                  gpointer               user_data)
{
  foreach_prekey (self, udpnat_database_query (self->reader,
                                               "SELECT c.key, p.id, p.key FROM peer_prekey AS p"
                                               " JOIN conversation AS c ON c.id = p.conversation"
                                               " ORDER BY p.number"), func, user_data);
}

/* ---- Removing ---- */

typedef struct
{
  UdpnatStoreWrite    base;
  const char         *remove; /* SQL: conversation and id */
  UdpnatPublicKey     key;
  guint64             prekey_id;
  UdpnatStoreDoneFunc done; /* nullable */
  gpointer            user_data;
} TakeWrite;

static gboolean
run_take (UdpnatStoreWriter *writer,
          UdpnatStoreWrite  *write)
{
  TakeWrite *self = (TakeWrite *) write;
  gint64 conversation = udpnat_store_find_conversation (writer->database, &self->key);

  return udpnat_database_run (writer->database, self->remove, VALUE_INT (conversation),
                              VALUE_INT ((gint64) self->prekey_id)) &&
         sqlite3_changes (writer->database->db) > 0;
}

static void
finish_take (UdpnatStore      *store,
             UdpnatStoreWrite *write,
             gboolean          is_saved)
{
  TakeWrite *self = (TakeWrite *) write;

  if (self->done != NULL)
    self->done (is_saved, self->user_data);
}

static void
push_take (UdpnatStore           *self,
           const char            *remove,
           const UdpnatPublicKey *key,
           guint64                prekey_id,
           UdpnatStoreDoneFunc    done,
           gpointer               user_data)
{
  TakeWrite *write = udpnat_store_write_create (TakeWrite, run_take, finish_take, NULL);

  write->remove = remove;
  write->key = *key;
  write->prekey_id = prekey_id;
  write->done = done;
  write->user_data = user_data;
  udpnat_store_push (self, write);
}

/**
 * udpnat_store_take_peer_prekey:
 * @done: (nullable): is told %FALSE when it is not there any more
 *
 * Removes a key that a letter is to be sealed with: no second one may be.
 */
void
udpnat_store_take_peer_prekey (UdpnatStore           *self,
                               const UdpnatPublicKey *key,
                               guint64                prekey_id,
                               UdpnatStoreDoneFunc    done,
                               gpointer               user_data)
{
  push_take (self, "DELETE FROM peer_prekey WHERE conversation = ?1 AND id = ?2", key, prekey_id,
             done, user_data);
}

/**
 * udpnat_store_delete_own_prekey:
 *
 * Removes a secret that has been used. Only when everything in its letter is on disk: until then
 * the letter may have to be opened again.
 */
void
udpnat_store_delete_own_prekey (UdpnatStore           *self,
                                const UdpnatPublicKey *key,
                                guint64                prekey_id)
{
  push_take (self, "DELETE FROM own_prekey WHERE conversation = ?1 AND id = ?2", key, prekey_id,
             NULL, NULL);
}
