/* What we say. An item is in the outbox from before it leaves until the peer has it on disk; its
 * line, if it has one, says how far it has come. In the conversation with our own key, the note to
 * self, there is nothing to send. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

typedef struct
{
  UdpnatStoreWrite     base;
  UdpnatPublicKey      key;
  UdpnatMessageId      id;
  UdpnatItem          *item;    /* nullable */
  UdpnatPrekey        *secrets; /* nullable */
  guint                n_secrets;
  char                *path;    /* nullable: of a file that is offered */
  UdpnatItemState      state;
  char                *reason;  /* nullable */
  gint64               number;  /* of the line that was added or changed; 0: none */
  UdpnatStoreLineFunc  done;    /* nullable */
  gpointer             user_data;
} LineWrite;

static void
finish_line (UdpnatStore      *store,
             UdpnatStoreWrite *write,
             gboolean          is_saved)
{
  LineWrite *self = (LineWrite *) write;
  g_autoptr (UdpnatHistoryItem) changed = NULL;

  if (self->done == NULL)
    return;
  if (is_saved && self->number != 0)
    changed = udpnat_store_dup_line (store, self->number);
  self->done (changed, is_saved, self->user_data);
}

static void
clear_line (UdpnatStoreWrite *write)
{
  LineWrite *self = (LineWrite *) write;

  udpnat_item_free (self->item);
  if (self->secrets != NULL)
    explicit_bzero (self->secrets, self->n_secrets * sizeof *self->secrets);
  g_free (self->secrets);
  g_free (self->path);
  g_free (self->reason);
}

static LineWrite *
line_write_new (gboolean             (*run) (UdpnatStoreWriter *, UdpnatStoreWrite *),
                const UdpnatPublicKey *key,
                const UdpnatMessageId *id,
                UdpnatStoreLineFunc    done,
                gpointer               user_data)
{
  LineWrite *self = udpnat_store_write_create (LineWrite, run, finish_line, clear_line);

  self->key = *key;
  self->id = *id;
  self->done = done;
  self->user_data = user_data;
  return self;
}

/* ---- Sending ---- */

/* Whom we write to, we want to hear from. */
static gboolean
accept_person (UdpnatDatabase        *database,
               const UdpnatPublicKey *key)
{
  return udpnat_database_run (database, "INSERT INTO contact (key, relation) VALUES (?1, ?2)"
                                        " ON CONFLICT DO UPDATE SET relation = ?2"
                                        " WHERE relation < ?2", VALUE_KEY (key),
                              VALUE_INT (UDPNAT_RELATION_ACCEPTED));
}

/* What was to say or to change it need not be sent any more, and has its text in it. */
static gboolean
withdraw_target (UdpnatDatabase        *database,
                 gint64                 conversation,
                 const UdpnatMessageId *target)
{
  return udpnat_database_run (database, "DELETE FROM outbox WHERE conversation = ?1"
                                        " AND (id = ?2 OR target = ?2)",
                              VALUE_INT (conversation), VALUE_ID (target));
}

static gboolean
change_target (UdpnatStoreWriter *writer,
               LineWrite         *self,
               gint64             conversation)
{
  const UdpnatItem *item = self->item;
  g_autofree char *text = udpnat_item_dup_text (item);
  UdpnatMessageId target;

  if (!udpnat_item_get_target (item, &target))
    return FALSE;
  self->number = udpnat_store_find_line (writer->database, conversation, TRUE, &target);
  if (self->number == 0 && item->type == UDPNAT_ITEM_REACTION)
    self->number = udpnat_store_find_line (writer->database, conversation, FALSE, &target);
  if (self->number == 0)
    return FALSE;
  if (item->type == UDPNAT_ITEM_REACTION)
    return udpnat_store_react_to_line (writer, self->number, TRUE, text, item->sent_us,
                                       item->sent_us);
  if (item->type == UDPNAT_ITEM_DELETE)
    return udpnat_store_erase_line (writer, self->number) &&
           withdraw_target (writer->database, conversation, &target);
  if (udpnat_database_get (writer->database, "SELECT is_deleted FROM line WHERE number = ?1",
                           VALUE_INT (self->number)) != 0 ||
      udpnat_store_is_file (writer->database, self->number))
    return FALSE;
  return udpnat_store_edit_line (writer, self->number, text, item->sent_us, item->sent_us);
}

/* What we say last of a file is all that counts: an older word that waits need not be sent. */
static gboolean
answer_offer (UdpnatDatabase *database,
              LineWrite      *self,
              gint64          conversation)
{
  g_autofree char *word = udpnat_item_dup_text (self->item);
  gboolean is_changed;
  UdpnatMessageId target;

  if (!udpnat_item_get_target (self->item, &target))
    return FALSE;
  self->number = udpnat_store_find_line (database, conversation, FALSE, &target);
  if (self->number == 0)
    self->number = udpnat_store_find_line (database, conversation, TRUE, &target);
  return udpnat_store_can_answer (database, self->number, word) &&
         udpnat_database_run (database, "DELETE FROM outbox WHERE conversation = ?1 AND type = ?2"
                                        " AND target = ?3", VALUE_INT (conversation),
                              VALUE_INT (UDPNAT_ITEM_FILE_ANSWER), VALUE_ID (&target)) &&
         udpnat_store_answer_transfer (database, self->number, word, TRUE, &is_changed);
}

static gboolean
save_secrets (UdpnatDatabase *database,
              LineWrite      *self,
              gint64          conversation)
{
  for (guint i = 0; i < self->n_secrets; i++)
    if (!udpnat_database_run (database, "INSERT INTO own_prekey (conversation, id, secret)"
                                        " VALUES (?1, ?2, ?3)", VALUE_INT (conversation),
                              VALUE_INT ((gint64) self->secrets[i].id),
                              VALUE_BLOB (self->secrets[i].key, UDPNAT_PREKEY_BYTES)))
      return FALSE;
  return udpnat_database_run (database, "DELETE FROM own_prekey WHERE conversation = ?1"
                                        " AND number NOT IN (SELECT number FROM own_prekey"
                                        " WHERE conversation = ?1 ORDER BY number DESC LIMIT ?2)",
                              VALUE_INT (conversation), VALUE_INT (UDPNAT_OWN_PREKEYS_MAX));
}

static gboolean
apply_outgoing (UdpnatStoreWriter *writer,
                LineWrite         *self,
                gint64             conversation,
                gboolean           is_own)
{
  UdpnatDatabase *database = writer->database;

  switch ((UdpnatItemType) self->item->type)
    {
    case UDPNAT_ITEM_EDIT:
    case UDPNAT_ITEM_DELETE:
    case UDPNAT_ITEM_REACTION:
      return change_target (writer, self, conversation);
    case UDPNAT_ITEM_FILE_ANSWER:
      return answer_offer (database, self, conversation);
    case UDPNAT_ITEM_PROFILE: /* only the newest is of use */
      return udpnat_database_run (database, "DELETE FROM outbox"
                                            " WHERE conversation = ?1 AND type = ?2",
                                  VALUE_INT (conversation), VALUE_INT (UDPNAT_ITEM_PROFILE));
    case UDPNAT_ITEM_PREKEYS:
      return save_secrets (database, self, conversation);
    case UDPNAT_ITEM_ADDRESS:
      return udpnat_database_run (database, "DELETE FROM outbox"
                                            " WHERE conversation = ?1 AND type = ?2",
                                  VALUE_INT (conversation), VALUE_INT (UDPNAT_ITEM_ADDRESS));
    case UDPNAT_ITEM_ACCEPT:
      return accept_person (database, &self->key);
    case UDPNAT_ITEM_FILE_PART:
      return TRUE;
    case UDPNAT_ITEM_TEXT:
    case UDPNAT_ITEM_REPLY:
    case UDPNAT_ITEM_FILE:
      break;
    }
  self->number = udpnat_store_insert_line (writer, conversation, self->item, TRUE,
                                           self->item->sent_us,
                                           is_own ? UDPNAT_ITEM_STATE_READ
                                                  : UDPNAT_ITEM_STATE_WAITING);
  if (self->number != 0 && self->item->type == UDPNAT_ITEM_FILE &&
      !udpnat_store_set_source (database, self->number, self->path, is_own))
    return FALSE;
  return self->number != 0 && accept_person (database, &self->key);
}

static gboolean
insert_outbox (UdpnatStoreWriter *writer,
               const UdpnatItem  *item,
               gint64             conversation)
{
  UdpnatMessageId target;
  gboolean has_target = udpnat_item_get_target (item, &target) && item->type != UDPNAT_ITEM_REPLY;

  if (writer->n_outbox < 0)
    writer->n_outbox = udpnat_database_get (writer->database, "SELECT count(*) FROM outbox");
  if (writer->n_outbox >= UDPNAT_OUTBOX_MAX)
    return FALSE;
  writer->n_outbox++;
  return udpnat_database_run (writer->database,
                              "INSERT INTO outbox (conversation, id, type, target, sent_us, body,"
                              " state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
                              VALUE_INT (conversation), VALUE_ID (&item->id),
                              VALUE_INT (item->type),
                              has_target ? VALUE_ID (&target) : VALUE_TEXT (NULL),
                              VALUE_INT (item->sent_us), VALUE_BYTES (item->body));
}

static gboolean
run_outgoing (UdpnatStoreWriter *writer,
              UdpnatStoreWrite  *write)
{
  LineWrite *self = (LineWrite *) write;
  gboolean is_own = udpnat_public_key_equal (&self->key, &writer->own_key);
  gint64 conversation = udpnat_store_ensure_conversation (writer->database, &self->key);

  return conversation != 0 && apply_outgoing (writer, self, conversation, is_own) &&
         (is_own || insert_outbox (writer, self->item, conversation));
}

/**
 * udpnat_store_add_outgoing:
 * @item: something that we say; its sent_us is now
 * @secrets: (nullable) (array length=n_secrets): of the keys in a PREKEYS
 * @done: (nullable): gets the new line, or the one that an EDIT, DELETE, REACTION or FILE-ANSWER is
 *   about
 *
 * Writes an item into the outbox together with what it means here. It is not saved if the outbox is
 * full, if an EDIT or DELETE is not about a line of our own that is still there (or an EDIT about a
 * file), if a REACTION is about no line, or a FILE-ANSWER about no file, not ours to say, or
 * against what is over. A DELETE takes what it is about out of the outbox, a PROFILE the older
 * ones, a FILE-ANSWER older ones about the same file. A message, FILE or ACCEPT to somebody who is
 * nobody yet, or asks, accepts them. With our own key, it is a note to self: read at once, and
 * never in the outbox.
 */
void
udpnat_store_add_outgoing (UdpnatStore           *self,
                           const UdpnatPublicKey *key,
                           const UdpnatItem      *item,
                           const UdpnatPrekey    *secrets,
                           guint                  n_secrets,
                           UdpnatStoreLineFunc    done,
                           gpointer               user_data)
{
  LineWrite *write = line_write_new (run_outgoing, key, &item->id, done, user_data);

  write->item = udpnat_item_copy (item);
  write->base.n_bytes = sizeof *write + g_bytes_get_size (item->body);
  if (secrets != NULL)
    write->secrets = g_memdup2 (secrets, n_secrets * sizeof *secrets);
  write->n_secrets = n_secrets;
  udpnat_store_push (self, write);
}

/**
 * udpnat_store_add_outgoing_file:
 * @item: a FILE
 * @path: where the file or folder is, in bytes of the disk's
 *
 * As udpnat_store_add_outgoing(): offer, line, path and outbox are one transaction. A file in the
 * notes to self is DONE at once.
 */
void
udpnat_store_add_outgoing_file (UdpnatStore           *self,
                                const UdpnatPublicKey *key,
                                const UdpnatItem      *item,
                                const char            *path,
                                UdpnatStoreLineFunc    done,
                                gpointer               user_data)
{
  LineWrite *write = line_write_new (run_outgoing, key, &item->id, done, user_data);

  write->item = udpnat_item_copy (item);
  write->path = g_strdup (path);
  write->base.n_bytes = sizeof *write + g_bytes_get_size (item->body);
  udpnat_store_push (self, write);
}

/* ---- How far it has come ---- */

static gboolean
is_rise (UdpnatItemState from,
         UdpnatItemState to)
{
  if (to == UDPNAT_ITEM_STATE_FAILED)
    return from < UDPNAT_ITEM_STATE_DELIVERED;
  if (from == UDPNAT_ITEM_STATE_FAILED) /* it got there after all */
    return to >= UDPNAT_ITEM_STATE_DELIVERED;
  return to > from;
}

/* Returns: FALSE on failure; self->number says whether it was changed */
static gboolean
raise_line (UdpnatDatabase *database,
            LineWrite      *self,
            gint64          number)
{
  sqlite3_stmt *row = udpnat_database_query (database, "SELECT state, reason FROM line"
                                                       " WHERE number = ?1", VALUE_INT (number));
  gboolean is_change = FALSE;

  if (udpnat_database_step (database, row))
    {
      g_autofree char *reason = udpnat_row_dup_text (row, 1);
      UdpnatItemState state = (UdpnatItemState) sqlite3_column_int (row, 0);

      is_change = is_rise (state, self->state) ||
                  (state == self->state && g_strcmp0 (reason, self->reason) != 0);
    }
  udpnat_database_finish (row);
  if (!is_change)
    return database->failure == 0;
  self->number = number;
  if (self->state == UDPNAT_ITEM_STATE_FAILED &&
      !udpnat_store_withdraw_transfer (database, number, self->reason))
    return FALSE;
  return udpnat_database_run (database, "UPDATE line SET state = ?2, reason = ?3"
                                        " WHERE number = ?1", VALUE_INT (number),
                              VALUE_INT (self->state), VALUE_TEXT (self->reason));
}

static gboolean
run_state (UdpnatStoreWriter *writer,
           UdpnatStoreWrite  *write)
{
  LineWrite *self = (LineWrite *) write;
  UdpnatDatabase *database = writer->database;
  gint64 conversation = udpnat_store_find_conversation (database, &self->key);
  gint64 number = udpnat_store_find_line (database, conversation, TRUE, &self->id);
  gboolean is_done;

  if (self->state >= UDPNAT_ITEM_STATE_DELIVERED)
    is_done = udpnat_database_run (database, "DELETE FROM outbox"
                                             " WHERE conversation = ?1 AND id = ?2",
                                   VALUE_INT (conversation), VALUE_ID (&self->id));
  else
    is_done = udpnat_database_run (database, "UPDATE outbox SET state = max (state, ?3)"
                                             " WHERE conversation = ?1 AND id = ?2",
                                   VALUE_INT (conversation), VALUE_ID (&self->id),
                                   VALUE_INT (self->state));
  return is_done && (number == 0 || raise_line (database, self, number));
}

/**
 * udpnat_store_set_item_state:
 * @state: a lower one than before changes nothing; see #UdpnatItemState
 * @reason: (nullable): code of why it waits or failed; may change while the state stays
 * @done: (nullable): gets %NULL if no line was changed
 *
 * From DELIVERED on, and with FAILED, the item leaves the outbox. A file that FAILED to be offered
 * is cancelled for the same reason.
 */
void
udpnat_store_set_item_state (UdpnatStore           *self,
                             const UdpnatPublicKey *key,
                             const UdpnatMessageId *id,
                             UdpnatItemState        state,
                             const char            *reason,
                             UdpnatStoreLineFunc    done,
                             gpointer               user_data)
{
  LineWrite *write = line_write_new (run_state, key, id, done, user_data);

  write->state = state;
  write->reason = g_strdup (reason);
  udpnat_store_push (self, write);
}

/**
 * udpnat_store_withdraw:
 * @done: (nullable): gets %NULL if it has been delivered already
 *
 * Takes an item out of the outbox; its line becomes FAILED for the reason "withdrawn".
 */
void
udpnat_store_withdraw (UdpnatStore           *self,
                       const UdpnatPublicKey *key,
                       const UdpnatMessageId *id,
                       UdpnatStoreLineFunc    done,
                       gpointer               user_data)
{
  udpnat_store_set_item_state (self, key, id, UDPNAT_ITEM_STATE_FAILED, "withdrawn", done,
                               user_data);
}

/* ---- Read receipts ---- */

typedef struct
{
  UdpnatStoreWrite      base;
  UdpnatPublicKey       key;
  UdpnatMessageId       id;
  GArray               *numbers; /* of the lines that were changed, newest first */
  UdpnatStoreLinesFunc  done;    /* nullable */
  gpointer              user_data;
} ReadWrite;

/* The last one must have arrived to be read; whether earlier ones have, their own receipts say. */
static gboolean
run_read_through (UdpnatStoreWriter *writer,
                  UdpnatStoreWrite  *write)
{
  ReadWrite *self = (ReadWrite *) write;
  UdpnatDatabase *database = writer->database;
  gint64 conversation = udpnat_store_find_conversation (database, &self->key);
  gint64 last = udpnat_store_find_line (database, conversation, TRUE, &self->id);
  sqlite3_stmt *row;

  if (last == 0)
    return TRUE;
  if (!udpnat_database_run (database, "UPDATE line SET state = 3, reason = NULL"
                                      " WHERE number = ?1 AND state <> 4", VALUE_INT (last)) ||
      !udpnat_database_run (database, "DELETE FROM outbox WHERE conversation = ?1 AND id = ?2",
                            VALUE_INT (conversation), VALUE_ID (&self->id)))
    return FALSE;
  row = udpnat_database_query (database, "SELECT number FROM line WHERE conversation = ?1"
                                         " AND state = 3 AND is_outgoing = 1 AND number <= ?2"
                                         " ORDER BY number DESC LIMIT ?3",
                               VALUE_INT (conversation), VALUE_INT (last),
                               VALUE_INT (UDPNAT_STORE_CHANGED_MAX));
  while (udpnat_database_step (database, row))
    {
      gint64 number = sqlite3_column_int64 (row, 0);

      g_array_append_val (self->numbers, number);
    }
  return udpnat_database_run (database, "UPDATE line SET state = 4 WHERE conversation = ?1"
                                        " AND state = 3 AND is_outgoing = 1 AND number <= ?2",
                              VALUE_INT (conversation), VALUE_INT (last));
}

static void
finish_read_through (UdpnatStore      *store,
                     UdpnatStoreWrite *write,
                     gboolean          is_saved)
{
  ReadWrite *self = (ReadWrite *) write;
  g_autoptr (GPtrArray) changed = g_ptr_array_new_with_free_func (g_object_unref);

  if (self->done == NULL)
    return;
  for (guint i = is_saved ? self->numbers->len : 0; i > 0; i--)
    {
      UdpnatHistoryItem *line;

      line = udpnat_store_dup_line (store, g_array_index (self->numbers, gint64, i - 1));
      if (line != NULL)
        g_ptr_array_add (changed, line);
    }
  self->done (changed, self->user_data);
}

static void
clear_read_through (UdpnatStoreWrite *write)
{
  g_array_unref (((ReadWrite *) write)->numbers);
}

/**
 * udpnat_store_set_read_through:
 * @id: what the peer has read; and so all that was delivered before it
 * @done: (nullable): gets the newest %UDPNAT_STORE_CHANGED_MAX that are changed, none if it could
 *   not be saved
 */
void
udpnat_store_set_read_through (UdpnatStore           *self,
                               const UdpnatPublicKey *key,
                               const UdpnatMessageId *id,
                               UdpnatStoreLinesFunc   done,
                               gpointer               user_data)
{
  ReadWrite *write = udpnat_store_write_create (ReadWrite, run_read_through, finish_read_through,
                                                clear_read_through);

  write->key = *key;
  write->id = *id;
  write->numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  write->done = done;
  write->user_data = user_data;
  udpnat_store_push (self, write);
}

/* ---- Reading the outbox ---- */

typedef struct
{
  UdpnatPublicKey key;
  UdpnatItem     *item;
  UdpnatItemState state;
} OutboxRow;

static void
clear_outbox_row (gpointer row)
{
  udpnat_item_free (((OutboxRow *) row)->item);
}

/** udpnat_store_foreach_outbox: all that has not been delivered, in the order it was said in */
void
udpnat_store_foreach_outbox (UdpnatStore           *self,
                             UdpnatStoreOutboxFunc  func,
                             gpointer               user_data)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (OutboxRow));
  sqlite3_stmt *row;

  g_array_set_clear_func (rows, clear_outbox_row);
  row = udpnat_database_query (self->reader, "SELECT c.key, o.id, o.type, o.sent_us, o.body,"
                                             " o.state FROM outbox AS o JOIN conversation AS c"
                                             " ON c.id = o.conversation ORDER BY o.number");
  while (udpnat_database_step (self->reader, row))
    {
      UdpnatMessageId id;
      OutboxRow one;

      if (!udpnat_row_get_key (row, 0, &one.key) || !udpnat_row_get_id (row, 1, &id))
        continue;
      one.item = udpnat_item_new ((guint8) sqlite3_column_int (row, 2), &id,
                                  sqlite3_column_int64 (row, 3), sqlite3_column_blob (row, 4),
                                  (gsize) sqlite3_column_bytes (row, 4));
      one.state = (UdpnatItemState) sqlite3_column_int (row, 5);
      g_array_append_val (rows, one);
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const OutboxRow *one = &g_array_index (rows, OutboxRow, i);

      func (&one->key, one->item, one->state, user_data);
    }
}

guint
udpnat_store_count_outbox (UdpnatStore *self)
{
  return (guint) udpnat_database_get (self->reader, "SELECT count(*) FROM outbox");
}
