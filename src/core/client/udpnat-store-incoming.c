/* What we are told. Everything that an item changes is one transaction, so that a repeated one is
 * either wholly known or wholly new. Strangers may leave a few lines and nothing else; what is
 * refused leaves no trace, because it would cost them nothing to send more. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

typedef struct
{
  UdpnatStoreWrite         base;
  UdpnatPublicKey          key;
  UdpnatItem              *item;
  gint64                   received_us;
  UdpnatReceived           received;
  gint64                   number;      /* of the line that was added or changed; 0: none */
  gboolean                 is_first_of_request;
  UdpnatStoreReceivedFunc  done;        /* nullable */
  gpointer                 user_data;
} IncomingWrite;

/* ---- Who may ---- */

static UdpnatRelation
read_relation (UdpnatDatabase        *database,
               const UdpnatPublicKey *key)
{
  return (UdpnatRelation) udpnat_database_get (database, "SELECT relation FROM contact"
                                                         " WHERE key = ?1", VALUE_KEY (key));
}

static gboolean
is_seen (UdpnatDatabase        *database,
         gint64                 conversation,
         const UdpnatMessageId *id)
{
  return udpnat_store_find_line (database, conversation, FALSE, id) != 0 ||
         udpnat_database_get (database, "SELECT 1 FROM seen WHERE conversation = ?1 AND id = ?2",
                              VALUE_INT (conversation), VALUE_ID (id)) != 0;
}

static gboolean
remember (UdpnatDatabase        *database,
          gint64                 conversation,
          const UdpnatMessageId *id)
{
  return udpnat_database_run (database, "INSERT OR IGNORE INTO seen VALUES (?1, ?2)",
                              VALUE_INT (conversation), VALUE_ID (id));
}

/* Whether a stranger, or somebody who asks already, may say this as well. */
static gboolean
is_within_request (UdpnatDatabase   *database,
                   UdpnatRelation    relation,
                   gint64            conversation,
                   const UdpnatItem *item)
{
  g_autofree char *text = udpnat_item_dup_text (item);
  gint64 n_lines = 0;
  gint64 n_bytes = 0;
  sqlite3_stmt *row;

  if (relation == UDPNAT_RELATION_NONE &&
      udpnat_database_get (database, "SELECT count(*) FROM contact WHERE relation = 1") >=
      UDPNAT_REQUESTS_MAX)
    return FALSE;
  row = udpnat_database_query (database,
                               "SELECT count(*), sum (length (CAST (text AS BLOB)))"
                               " FROM (SELECT text FROM line WHERE conversation = ?1"
                               " AND is_outgoing = 0 LIMIT ?2)", VALUE_INT (conversation),
                               VALUE_INT (UDPNAT_REQUEST_LINES_MAX));
  if (udpnat_database_step (database, row))
    {
      n_lines = sqlite3_column_int64 (row, 0);
      n_bytes = sqlite3_column_int64 (row, 1);
    }
  udpnat_database_finish (row);
  return n_lines < UDPNAT_REQUEST_LINES_MAX &&
         n_bytes + (gint64) strlen (text) <= UDPNAT_REQUEST_MAX_BYTES;
}

/* ---- What it changes ---- */

/* Items come in order by each way, but there are several ways: what is about a line may come before
 * the line itself. */
static gboolean
keep_early_change (UdpnatDatabase        *database,
                   const IncomingWrite   *self,
                   gint64                 conversation,
                   const UdpnatMessageId *target,
                   const char            *text)
{
  if (is_seen (database, conversation, target))
    return TRUE; /* the line has been removed here */
  return udpnat_database_run (database,
                              "INSERT INTO early_change (conversation, target, type, text,"
                              " sent_us) VALUES (?1, ?2, ?3, ?4, ?5)"
                              " ON CONFLICT (conversation, target, type) DO UPDATE"
                              " SET text = ?4, sent_us = ?5 WHERE sent_us < ?5",
                              VALUE_INT (conversation), VALUE_ID (target),
                              VALUE_INT (self->item->type), VALUE_TEXT (text),
                              VALUE_INT (self->item->sent_us)) &&
         udpnat_database_run (database,
                              "DELETE FROM early_change WHERE conversation = ?1 AND number NOT IN"
                              " (SELECT number FROM early_change WHERE conversation = ?1"
                              " ORDER BY number DESC LIMIT ?2)", VALUE_INT (conversation),
                              VALUE_INT (UDPNAT_EARLY_CHANGES_MAX));
}

/* Never to be shown, should it still come. */
static gboolean
delete_early (UdpnatDatabase        *database,
              gint64                 conversation,
              const UdpnatMessageId *target)
{
  return remember (database, conversation, target) &&
         udpnat_database_run (database, "DELETE FROM early_change"
                                        " WHERE conversation = ?1 AND target = ?2",
                              VALUE_INT (conversation), VALUE_ID (target));
}

static gboolean
apply_to_target (UdpnatStoreWriter *writer,
                 IncomingWrite     *self,
                 gint64             conversation)
{
  const UdpnatItem *item = self->item;
  g_autofree char *text = udpnat_item_dup_text (item);
  gint64 number = 0;
  UdpnatMessageId target;

  if (!udpnat_item_get_target (item, &target))
    return FALSE;
  if (item->type == UDPNAT_ITEM_REACTION)
    number = udpnat_store_find_line (writer->database, conversation, TRUE, &target);
  if (number == 0)
    number = udpnat_store_find_line (writer->database, conversation, FALSE, &target);
  self->number = number;
  if (item->type == UDPNAT_ITEM_DELETE)
    return number != 0 ? udpnat_store_erase_line (writer, number)
                       : delete_early (writer->database, conversation, &target);
  if (number == 0)
    return keep_early_change (writer->database, self, conversation, &target, text);
  if (item->type == UDPNAT_ITEM_EDIT)
    return udpnat_store_edit_line (writer, number, text, item->sent_us, self->received_us);
  return udpnat_store_react_to_line (writer, number, FALSE, text, item->sent_us,
                                     self->received_us);
}

/* What becomes of a file of ours, or that one of theirs is not to be had any more; only that can
 * come before the offer itself. */
static gboolean
apply_answer (UdpnatStoreWriter *writer,
              IncomingWrite     *self,
              gint64             conversation)
{
  UdpnatDatabase *database = writer->database;
  g_autofree char *word = udpnat_item_dup_text (self->item);
  gboolean is_changed;
  gint64 number;
  UdpnatMessageId target;

  if (!udpnat_item_get_target (self->item, &target))
    return FALSE;
  number = udpnat_store_find_line (database, conversation, TRUE, &target);
  if (number == 0)
    number = udpnat_store_find_line (database, conversation, FALSE, &target);
  if (number == 0)
    return !udpnat_store_is_senders_answer (word) ||
           keep_early_change (database, self, conversation, &target, word);
  if (!udpnat_store_answer_transfer (database, number, word, FALSE, &is_changed))
    return FALSE;
  self->number = is_changed ? number : 0;
  return TRUE;
}

static gboolean
apply_profile (UdpnatDatabase      *database,
               const IncomingWrite *self)
{
  g_autofree char *status = udpnat_item_dup_text (self->item);
  g_autoptr (GBytes) avatar = udpnat_item_dup_avatar (self->item);

  return udpnat_database_run (database,
                              "UPDATE contact SET status = ?2, avatar = ?3, profile_sent_us = ?4"
                              " WHERE key = ?1 AND (?4 > profile_sent_us OR profile_sent_us > ?5)",
                              VALUE_KEY (&self->key), VALUE_TEXT (status), VALUE_BYTES (avatar),
                              VALUE_INT (self->item->sent_us), VALUE_INT (self->received_us));
}

static gboolean
apply_prekeys (UdpnatDatabase      *database,
               const IncomingWrite *self,
               gint64               conversation)
{
  UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX];
  guint n = udpnat_item_get_prekeys (self->item, prekeys, G_N_ELEMENTS (prekeys));

  for (guint i = 0; i < n; i++)
    if (!udpnat_database_run (database, "INSERT OR REPLACE INTO peer_prekey"
                                        " (conversation, id, key) VALUES (?1, ?2, ?3)",
                              VALUE_INT (conversation),
                              VALUE_INT ((gint64) prekeys[i].id),
                              VALUE_BLOB (prekeys[i].key, UDPNAT_PREKEY_BYTES)))
      return FALSE;
  return udpnat_database_run (database, "DELETE FROM peer_prekey WHERE conversation = ?1"
                                        " AND number NOT IN (SELECT number FROM peer_prekey"
                                        " WHERE conversation = ?1 ORDER BY number DESC LIMIT ?2)",
                              VALUE_INT (conversation), VALUE_INT (UDPNAT_PEER_PREKEYS_MAX));
}

/* What they refused until now their mailbox has no longer. So it is for new letters, also when this
 * program ends before these are written. */
static gboolean
forget_stored (UdpnatDatabase *database,
               gint64          conversation)
{
  return udpnat_database_run (database, "UPDATE outbox SET state = ?2 WHERE conversation = ?1"
                                        " AND state = ?3", VALUE_INT (conversation),
                              VALUE_INT (UDPNAT_ITEM_STATE_SENT),
                              VALUE_INT (UDPNAT_ITEM_STATE_STORED));
}

static gboolean
apply_incoming (UdpnatStoreWriter *writer,
                IncomingWrite     *self,
                gint64             conversation)
{
  switch ((UdpnatItemType) self->item->type)
    {
    case UDPNAT_ITEM_EDIT:
    case UDPNAT_ITEM_DELETE:
    case UDPNAT_ITEM_REACTION:
      return apply_to_target (writer, self, conversation);
    case UDPNAT_ITEM_FILE_ANSWER:
      return apply_answer (writer, self, conversation);
    case UDPNAT_ITEM_FILE_PART:
      return udpnat_store_add_part (writer->database, conversation, self->item);
    case UDPNAT_ITEM_PROFILE:
      return apply_profile (writer->database, self);
    case UDPNAT_ITEM_PREKEYS:
      return apply_prekeys (writer->database, self, conversation);
    case UDPNAT_ITEM_ACCEPT:
      return forget_stored (writer->database, conversation);
    case UDPNAT_ITEM_ADDRESS: /* it is in the contact, which the client has saved before */
      return TRUE;
    case UDPNAT_ITEM_TEXT:
    case UDPNAT_ITEM_REPLY:
    case UDPNAT_ITEM_FILE:
      break;
    }
  self->number = udpnat_store_insert_line (writer, conversation, self->item, FALSE,
                                           self->received_us, UDPNAT_ITEM_STATE_DELIVERED);
  return self->number != 0;
}

static gboolean
begin_request (UdpnatDatabase        *database,
               const UdpnatPublicKey *key)
{
  return udpnat_database_run (database, "INSERT INTO contact (key, relation) VALUES (?1, 1)"
                                        " ON CONFLICT DO UPDATE SET relation = 1",
                              VALUE_KEY (key));
}

static gboolean
add_new (UdpnatStoreWriter *writer,
         IncomingWrite     *self,
         UdpnatRelation     relation)
{
  UdpnatDatabase *database = writer->database;
  gint64 conversation = udpnat_store_ensure_conversation (database, &self->key);

  self->received = UDPNAT_RECEIVED_NEW;
  self->is_first_of_request = relation == UDPNAT_RELATION_NONE;
  if (self->is_first_of_request && !begin_request (database, &self->key))
    return FALSE;
  if (conversation == 0 || !apply_incoming (writer, self, conversation))
    return FALSE;
  if (!udpnat_item_is_shown (self->item) && !remember (database, conversation, &self->item->id))
    return FALSE;
  return udpnat_database_run (database, "UPDATE contact SET is_mutual = 1"
                                        " WHERE key = ?1 AND relation = 2 AND is_mutual = 0",
                              VALUE_KEY (&self->key));
}

static gboolean
is_closed_to (UdpnatStoreWriter     *writer,
              UdpnatRelation         relation,
              const UdpnatPublicKey *key)
{
  return relation == UDPNAT_RELATION_DECLINED || relation == UDPNAT_RELATION_BLOCKED ||
         udpnat_public_key_equal (key, &writer->own_key);
}

/* Whatever comes after it would be out of order. */
static gboolean
note_refused (UdpnatDatabase        *database,
              const UdpnatPublicKey *key)
{
  return udpnat_database_run (database, "UPDATE contact SET has_refused = 1"
                                        " WHERE key = ?1 AND has_refused = 0", VALUE_KEY (key));
}

static gboolean
has_refused (UdpnatDatabase        *database,
             const UdpnatPublicKey *key)
{
  return udpnat_database_get (database, "SELECT has_refused FROM contact WHERE key = ?1",
                              VALUE_KEY (key)) != 0;
}

/* What is no line carries the time that decides about it: it may come later than what follows. A
 * file that a stranger offers comes when they are accepted. */
static gboolean
is_for_contacts (const UdpnatItem *item)
{
  return item->type != UDPNAT_ITEM_TEXT && item->type != UDPNAT_ITEM_REPLY;
}

static gboolean
run_stranger (UdpnatStoreWriter *writer,
              IncomingWrite     *self,
              UdpnatRelation     relation,
              gint64             conversation)
{
  UdpnatDatabase *database = writer->database;

  if (is_for_contacts (self->item))
    {
      self->received = UDPNAT_RECEIVED_SKIPPED;
      return TRUE;
    }
  if (!has_refused (database, &self->key) &&
      is_within_request (database, relation, conversation, self->item))
    return add_new (writer, self, relation);
  return note_refused (database, &self->key);
}

static gboolean
run_incoming (UdpnatStoreWriter *writer,
              UdpnatStoreWrite  *write)
{
  IncomingWrite *self = (IncomingWrite *) write;
  UdpnatDatabase *database = writer->database;
  UdpnatRelation relation = read_relation (database, &self->key);
  gint64 conversation = udpnat_store_find_conversation (database, &self->key);

  self->received = UDPNAT_RECEIVED_REFUSED;
  if (is_closed_to (writer, relation, &self->key))
    return note_refused (database, &self->key);
  if (is_seen (database, conversation, &self->item->id))
    {
      self->received = UDPNAT_RECEIVED_KNOWN;
      return TRUE;
    }
  if (relation == UDPNAT_RELATION_ACCEPTED)
    return add_new (writer, self, relation);
  return run_stranger (writer, self, relation, conversation);
}

static void
finish_incoming (UdpnatStore      *store,
                 UdpnatStoreWrite *write,
                 gboolean          is_saved)
{
  IncomingWrite *self = (IncomingWrite *) write;
  g_autoptr (UdpnatHistoryItem) changed = NULL;

  if (self->done == NULL)
    return;
  if (is_saved && self->number != 0)
    changed = udpnat_store_dup_line (store, self->number);
  self->done (is_saved ? self->received : UDPNAT_RECEIVED_FAILED, changed,
              is_saved && self->is_first_of_request, self->user_data);
}

static void
clear_incoming (UdpnatStoreWrite *write)
{
  udpnat_item_free (((IncomingWrite *) write)->item);
}

/**
 * udpnat_store_add_incoming:
 * @item: something that @key says; its form has been checked
 * @received_us: our wall clock
 * @done: (nullable):
 *
 * A contact may say everything; somebody who is nobody yet, or asks, may write a few lines, and
 * after the first that is refused nothing until they are accepted. An EDIT or a DELETE is about a
 * line of theirs, a REACTION about any line, a FILE-ANSWER about any FILE. What is about a line
 * that is not here takes effect when it comes. What a contact says shows that they have accepted
 * us.
 */
void
udpnat_store_add_incoming (UdpnatStore             *self,
                           const UdpnatPublicKey   *key,
                           const UdpnatItem        *item,
                           gint64                   received_us,
                           UdpnatStoreReceivedFunc  done,
                           gpointer                 user_data)
{
  IncomingWrite *write = udpnat_store_write_create (IncomingWrite, run_incoming, finish_incoming,
                                                    clear_incoming);

  write->key = *key;
  write->item = udpnat_item_copy (item);
  write->received_us = received_us;
  write->done = done;
  write->user_data = user_data;
  write->base.n_bytes = sizeof *write + g_bytes_get_size (item->body);
  write->base.is_ordered = TRUE;
  udpnat_store_push (self, write);
}

typedef struct
{
  UdpnatStoreWrite base;
  UdpnatPublicKey  key;
} ResumeWrite;

static gboolean
run_clear_refused (UdpnatStoreWriter *writer,
                   UdpnatStoreWrite  *write)
{
  return udpnat_database_run (writer->database, "UPDATE contact SET has_refused = 0"
                                                " WHERE key = ?1",
                              VALUE_KEY (&((ResumeWrite *) write)->key));
}

static void
finish_clear_refused (UdpnatStore      *store,
                      UdpnatStoreWrite *write,
                      gboolean          is_saved)
{
}

/** udpnat_store_clear_refused: @key has begun anew with the oldest item that has no receipt */
void
udpnat_store_clear_refused (UdpnatStore           *self,
                            const UdpnatPublicKey *key)
{
  ResumeWrite *write = udpnat_store_write_create (ResumeWrite, run_clear_refused,
                                                  finish_clear_refused, NULL);

  write->key = *key;
  udpnat_store_push (self, write);
}
