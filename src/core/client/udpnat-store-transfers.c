/* What becomes of the files that are offered. The offer is in its line, and stays as it was said;
 * here is what changes: how far it has come, where it is on this computer, who has paused it.
 *
 * Both sides' answers are believed as far as they may speak of it: the receiver says everything,
 * the one who offers can only cancel. They come by several ways and so in any order, and what is
 * done or cancelled stays so, whatever comes or is saved later. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

/* The states are on disk, and so in statements: these are DONE and CANCELLED. */
#define FINAL_STATES "(3, 5)"

G_STATIC_ASSERT (UDPNAT_TRANSFER_STATE_DONE == 3 && UDPNAT_TRANSFER_STATE_CANCELLED == 5);

/* ---- Reading ---- */

#define TRANSFER_QUERY                                                                            \
  "SELECT t.line, c.key, l.id, l.is_outgoing, t.state, t.reason, t.path, t.partial, t.kept,"      \
  " t.is_paused, t.answer, l.body FROM transfer AS t JOIN line AS l ON l.number = t.line"         \
  " JOIN conversation AS c ON c.id = l.conversation"

/* A name of the disk's has no zeros in it: what follows one was not written by us. */
static char *
dup_path (sqlite3_stmt *row,
          int           column)
{
  if (sqlite3_column_type (row, column) != SQLITE_BLOB || sqlite3_column_bytes (row, column) == 0)
    return NULL;
  return g_strndup (sqlite3_column_blob (row, column), (gsize) sqlite3_column_bytes (row, column));
}

static UdpnatTransferState
read_state (sqlite3_stmt *row,
            int           column)
{
  int state = sqlite3_column_int (row, column);

  return state >= UDPNAT_TRANSFER_STATE_OFFERED && state <= UDPNAT_TRANSFER_STATE_CANCELLED
           ? (UdpnatTransferState) state
           : UDPNAT_TRANSFER_STATE_FAILED;
}

/* Returns: (nullable): NULL when what is offered cannot be read, as only damage makes it */
static UdpnatStoredTransfer *
read_transfer (sqlite3_stmt *row)
{
  g_autoptr (UdpnatStoredTransfer) self = g_new0 (UdpnatStoredTransfer, 1);
  const guint8 *body = sqlite3_column_blob (row, 11);

  if (body != NULL)
    self->offer = udpnat_file_offer_parse (body, (gsize) sqlite3_column_bytes (row, 11));
  if (self->offer == NULL || !udpnat_row_get_key (row, 1, &self->key) ||
      !udpnat_row_get_id (row, 2, &self->id))
    return NULL;
  self->line = sqlite3_column_int64 (row, 0);
  self->is_outgoing = sqlite3_column_int (row, 3) != 0;
  self->state = read_state (row, 4);
  self->reason = udpnat_row_dup_text (row, 5);
  self->path = dup_path (row, 6);
  self->partial = dup_path (row, 7);
  self->kept = MAX (sqlite3_column_int64 (row, 8), 0);
  self->is_paused = sqlite3_column_int (row, 9) != 0;
  self->answer = udpnat_row_dup_text (row, 10);
  return g_steal_pointer (&self);
}

/**
 * udpnat_store_dup_transfer:
 * @line: number of a line
 *
 * Returns: (transfer full) (nullable): %NULL when it offers nothing, or not any more
 */
UdpnatStoredTransfer *
udpnat_store_dup_transfer (UdpnatStore *self,
                           gint64       line)
{
  sqlite3_stmt *row = udpnat_database_query (self->reader, TRANSFER_QUERY " WHERE t.line = ?1",
                                             VALUE_INT (line));
  UdpnatStoredTransfer *transfer = NULL;

  if (udpnat_database_step (self->reader, row))
    transfer = read_transfer (row);
  udpnat_database_finish (row);
  return transfer;
}

static void
foreach_transfer (UdpnatStore             *self,
                  const char              *query,
                  UdpnatStoreTransferFunc  func,
                  gpointer                 user_data)
{
  g_autoptr (GPtrArray) transfers = NULL;
  sqlite3_stmt *row;

  transfers = g_ptr_array_new_with_free_func ((GDestroyNotify) udpnat_stored_transfer_free);
  row = udpnat_database_query (self->reader, query);
  while (udpnat_database_step (self->reader, row))
    {
      UdpnatStoredTransfer *transfer = read_transfer (row);

      if (transfer != NULL)
        g_ptr_array_add (transfers, transfer);
    }
  for (guint i = 0; i < transfers->len; i++)
    func (g_ptr_array_index (transfers, i), user_data);
}

/** udpnat_store_foreach_open_transfer: all that are neither done nor cancelled, oldest first */
void
udpnat_store_foreach_open_transfer (UdpnatStore             *self,
                                    UdpnatStoreTransferFunc  func,
                                    gpointer                 user_data)
{
  foreach_transfer (self, TRANSFER_QUERY " WHERE t.state NOT IN " FINAL_STATES " ORDER BY t.line",
                    func, user_data);
}

/**
 * udpnat_store_foreach_untold_transfer:
 *
 * All that are done or were cancelled here, and the word that says so has not been saved: the
 * program was ended between the two, or it had no place. Oldest first.
 */
void
udpnat_store_foreach_untold_transfer (UdpnatStore             *self,
                                      UdpnatStoreTransferFunc  func,
                                      gpointer                 user_data)
{
  foreach_transfer (self,
                    TRANSFER_QUERY " WHERE ifnull (t.answer, '" UDPNAT_FILE_ANSWER_ACCEPTED "')"
                                   " = '" UDPNAT_FILE_ANSWER_ACCEPTED "'"
                                   " AND ((t.state = 3 AND NOT l.is_outgoing)"
                                   " OR (t.state = 5 AND t.reason IN ('cancelled', 'declined')))"
                                   " ORDER BY t.line",
                    func, user_data);
}

/* ---- In the worker ---- */

static UdpnatValue
value_path (const char *path)
{
  return path != NULL ? VALUE_BLOB (path, strlen (path)) : VALUE_TEXT (NULL);
}

/** udpnat_store_begin_transfer: @line offers something; Returns: %FALSE on failure */
gboolean
udpnat_store_begin_transfer (UdpnatDatabase *database,
                             gint64          line)
{
  return udpnat_database_run (database, "INSERT INTO transfer (line, state) VALUES (?1, ?2)",
                              VALUE_INT (line), VALUE_INT (UDPNAT_TRANSFER_STATE_OFFERED));
}

/**
 * udpnat_store_set_source:
 * @path: (nullable): where the file of ours is that @line offers
 * @is_own: whether to ourselves: then nothing is left to do
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_set_source (UdpnatDatabase *database,
                         gint64          line,
                         const char     *path,
                         gboolean        is_own)
{
  return udpnat_database_run (database, "UPDATE transfer SET path = ?2, state = ?3"
                                        " WHERE line = ?1", VALUE_INT (line), value_path (path),
                              VALUE_INT (is_own ? UDPNAT_TRANSFER_STATE_DONE
                                                : UDPNAT_TRANSFER_STATE_OFFERED));
}

/** udpnat_store_withdraw_transfer: what @line offers is not to be sent after all */
gboolean
udpnat_store_withdraw_transfer (UdpnatDatabase *database,
                                gint64          line,
                                const char     *reason)
{
  return udpnat_database_run (database, "UPDATE transfer SET state = ?2, reason = ?3"
                                        " WHERE line = ?1 AND state NOT IN " FINAL_STATES,
                              VALUE_INT (line), VALUE_INT (UDPNAT_TRANSFER_STATE_CANCELLED),
                              VALUE_TEXT (reason));
}

static gboolean
adopt_offer (UdpnatDatabase *database,
             gint64          line)
{
  g_autoptr (UdpnatFileOffer) offer = NULL;
  sqlite3_stmt *row = udpnat_database_query (database, "SELECT body FROM line WHERE number = ?1",
                                             VALUE_INT (line));

  if (udpnat_database_step (database, row) && sqlite3_column_type (row, 0) == SQLITE_BLOB)
    offer = udpnat_file_offer_parse (sqlite3_column_blob (row, 0),
                                     (gsize) sqlite3_column_bytes (row, 0));
  udpnat_database_finish (row);
  if (offer == NULL)
    return database->failure == 0;
  return udpnat_database_run (database, "UPDATE line SET text = ?2 WHERE number = ?1",
                              VALUE_INT (line), VALUE_TEXT (offer->name)) &&
         udpnat_database_run (database, "INSERT OR REPLACE INTO setting VALUES (?1, '1')",
                              VALUE_TEXT (UDPNAT_STORE_INDEX_STALE)) &&
         udpnat_store_begin_transfer (database, line);
}

/**
 * udpnat_store_complete_transfers:
 *
 * Inside a transaction: each line that offers a file, and has nothing beside it, is offered anew:
 * an older version kept it without knowing what it is, or that page was damaged.
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_complete_transfers (UdpnatDatabase *database)
{
  g_autoptr (GArray) lines = g_array_new (FALSE, FALSE, sizeof (gint64));
  sqlite3_stmt *row;

  row = udpnat_database_query (database, "SELECT number FROM line WHERE type = ?1"
                                         " AND is_deleted = 0"
                                         " AND number NOT IN (SELECT line FROM transfer)",
                               VALUE_INT (UDPNAT_ITEM_FILE));
  while (udpnat_database_step (database, row))
    {
      gint64 line = sqlite3_column_int64 (row, 0);

      g_array_append_val (lines, line);
    }
  for (guint i = 0; i < lines->len; i++)
    if (!adopt_offer (database, g_array_index (lines, gint64, i)))
      return FALSE;
  return database->failure == 0;
}

/* ---- Answers ---- */

typedef struct
{
  const char         *word;
  gboolean            is_for_both; /* else only the receiver may say it */
  UdpnatTransferState state;
  const char         *reason;       /* nullable: when we have said it */
  const char         *their_reason; /* nullable: when they have */
} Answer;

static const Answer answers[] = {
  { UDPNAT_FILE_ANSWER_ACCEPTED, FALSE, UDPNAT_TRANSFER_STATE_ACCEPTED, NULL, NULL },
  { UDPNAT_FILE_ANSWER_DECLINED, FALSE, UDPNAT_TRANSFER_STATE_CANCELLED, "declined", "declined" },
  { UDPNAT_FILE_ANSWER_CANCELLED, TRUE, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled",
    "cancelled-there" },
  { UDPNAT_FILE_ANSWER_DONE, FALSE, UDPNAT_TRANSFER_STATE_DONE, NULL, NULL },
  { UDPNAT_FILE_ANSWER_CORRUPT, FALSE, UDPNAT_TRANSFER_STATE_FAILED, "corrupt", "corrupt-there" },
};

static const Answer *
find_answer (const char *word,
             gboolean    is_receivers)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (g_str_equal (answers[i].word, word) && (is_receivers || answers[i].is_for_both))
      return &answers[i];
  return NULL;
}

/** udpnat_store_is_senders_answer: whether who offers a file may say @word of it */
gboolean
udpnat_store_is_senders_answer (const char *word)
{
  return find_answer (word, FALSE) != NULL;
}

/* What is late changes nothing: an acceptance that comes after its file, say. */
static gboolean
is_step (UdpnatTransferState from,
         UdpnatTransferState to)
{
  switch (from)
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      return TRUE;
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
    case UDPNAT_TRANSFER_STATE_RUNNING:
    case UDPNAT_TRANSFER_STATE_FAILED:
      return to != UDPNAT_TRANSFER_STATE_ACCEPTED;
    case UDPNAT_TRANSFER_STATE_DONE:
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      return FALSE;
    }
  return FALSE;
}

/* Returns: FALSE when there is no such transfer */
static gboolean
read_standing (UdpnatDatabase      *database,
               gint64               line,
               gboolean            *out_is_outgoing,
               UdpnatTransferState *out_state)
{
  sqlite3_stmt *row;
  gboolean is_there;

  row = udpnat_database_query (database, "SELECT l.is_outgoing, t.state FROM transfer AS t"
                                         " JOIN line AS l ON l.number = t.line WHERE t.line = ?1",
                               VALUE_INT (line));
  is_there = udpnat_database_step (database, row);
  if (is_there)
    {
      *out_is_outgoing = sqlite3_column_int (row, 0) != 0;
      *out_state = read_state (row, 1);
    }
  udpnat_database_finish (row);
  return is_there;
}

/**
 * udpnat_store_can_answer:
 *
 * Returns: whether we may say @word of what @line offers: something must be offered, the word be
 *   ours to say, and not against what has been done or cancelled
 */
gboolean
udpnat_store_can_answer (UdpnatDatabase *database,
                         gint64          line,
                         const char     *word)
{
  UdpnatTransferState state;
  const Answer *answer;
  gboolean is_outgoing;

  if (!read_standing (database, line, &is_outgoing, &state))
    return FALSE;
  answer = find_answer (word, !is_outgoing);
  return answer != NULL &&
         (state == answer->state || (state != UDPNAT_TRANSFER_STATE_DONE &&
                                     state != UDPNAT_TRANSFER_STATE_CANCELLED));
}

/* What nobody will ask for any more. */
static gboolean
drop_parts (UdpnatDatabase *database,
            gint64          line)
{
  return udpnat_database_run (database, "DELETE FROM file_part WHERE line = ?1 AND EXISTS"
                                        " (SELECT 1 FROM transfer WHERE line = ?1"
                                        " AND state IN " FINAL_STATES ")", VALUE_INT (line));
}

/**
 * udpnat_store_add_part:
 * @item: a FILE-PART of whoever the conversation is with
 *
 * Keeps it as long as nobody has decided about the file. What is too much is not kept, nor is what
 * belongs to nothing: the file can be had of its sender all the same.
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_add_part (UdpnatDatabase   *database,
                       gint64            conversation,
                       const UdpnatItem *item)
{
  UdpnatFilePart part;
  gint64 line;

  if (!udpnat_item_get_part (item, &part))
    return FALSE;
  line = udpnat_store_find_line (database, conversation, FALSE, &part.target);
  if (line == 0 ||
      udpnat_database_get (database, "SELECT 1 FROM transfer WHERE line = ?1"
                                     " AND state NOT IN " FINAL_STATES, VALUE_INT (line)) == 0 ||
      udpnat_database_get (database, "SELECT sum (length (p.data)) FROM file_part AS p"
                                     " JOIN line AS l ON l.number = p.line"
                                     " WHERE l.conversation = ?1", VALUE_INT (conversation)) >
        UDPNAT_FILE_PARTS_MAX_BYTES - UDPNAT_FILE_PART_BYTES)
    return database->failure == 0;
  return udpnat_database_run (database, "INSERT OR IGNORE INTO file_part (line, place, data)"
                                        " VALUES (?1, ?2, ?3)", VALUE_INT (line),
                              VALUE_INT ((gint64) part.place),
                              VALUE_BLOB (part.data, part.n_data));
}

/** udpnat_store_dup_parts: Returns: (transfer full) (nullable): all of the file, when all of its
 * parts have come; what its sender says, not checked against the offer */
GBytes *
udpnat_store_dup_parts (UdpnatStore                *self,
                        const UdpnatStoredTransfer *transfer)
{
  g_autoptr (GByteArray) whole = NULL;
  gboolean is_gap = FALSE;
  sqlite3_stmt *row;

  if (transfer->is_outgoing || transfer->offer->size > UDPNAT_FILE_MAIL_MAX_BYTES)
    return NULL;
  whole = g_byte_array_new ();
  row = udpnat_database_query (self->reader, "SELECT place, data FROM file_part WHERE line = ?1"
                                             " ORDER BY place", VALUE_INT (transfer->line));
  while (!is_gap && udpnat_database_step (self->reader, row))
    {
      gsize n = (gsize) sqlite3_column_bytes (row, 1);

      is_gap = sqlite3_column_int64 (row, 0) != whole->len ||
               whole->len + n > transfer->offer->size;
      if (!is_gap && n > 0)
        g_byte_array_append (whole, sqlite3_column_blob (row, 1), (guint) n);
    }
  udpnat_database_finish (row);
  return !is_gap && whole->len > 0 && whole->len == transfer->offer->size
           ? g_byte_array_free_to_bytes (g_steal_pointer (&whole)) : NULL;
}

/**
 * udpnat_store_answer_transfer:
 * @line: what is answered
 * @word: what is said of it
 * @is_own: whether by us, or by the peer
 * @out_is_changed: (out): whether anything has changed: not by a word that is unknown, or not
 *   theirs to say, or comes too late; nor where nothing is offered
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_answer_transfer (UdpnatDatabase *database,
                              gint64          line,
                              const char     *word,
                              gboolean        is_own,
                              gboolean       *out_is_changed)
{
  UdpnatTransferState state;
  const Answer *answer;
  gboolean is_outgoing;

  *out_is_changed = FALSE;
  if (!read_standing (database, line, &is_outgoing, &state))
    return database->failure == 0;
  answer = find_answer (word, is_own != is_outgoing);
  if (answer == NULL)
    return TRUE;
  if (is_step (state, answer->state))
    {
      *out_is_changed = TRUE;
      return udpnat_database_run (database, "UPDATE transfer SET state = ?2, reason = ?3,"
                                            " answer = ?4 WHERE line = ?1", VALUE_INT (line),
                                  VALUE_INT (answer->state),
                                  VALUE_TEXT (is_own ? answer->reason : answer->their_reason),
                                  VALUE_TEXT (answer->word)) &&
             drop_parts (database, line);
    }
  /* The word for what we have saved before we said it. */
  *out_is_changed = is_own && state == answer->state;
  return !*out_is_changed ||
         udpnat_database_run (database, "UPDATE transfer SET answer = ?2 WHERE line = ?1"
                                        " AND (answer IS NULL OR answer = ?3)", VALUE_INT (line),
                              VALUE_TEXT (answer->word), VALUE_TEXT (UDPNAT_FILE_ANSWER_ACCEPTED));
}

/* ---- Saving ---- */

typedef struct
{
  UdpnatStoreWrite      base;
  UdpnatStoredTransfer *transfer;
  gboolean              is_there;
  UdpnatStoreLineFunc   done; /* nullable */
  gpointer              user_data;
} TransferWrite;

static gboolean
run_save (UdpnatStoreWriter *writer,
          UdpnatStoreWrite  *write)
{
  TransferWrite *self = (TransferWrite *) write;
  const UdpnatStoredTransfer *transfer = self->transfer;
  UdpnatDatabase *database = writer->database;

  if (!udpnat_database_run (database,
                            "UPDATE transfer SET path = ?4, partial = ?5, kept = ?6,"
                            " is_paused = ?7,"
                            " state = CASE WHEN state IN " FINAL_STATES " THEN state ELSE ?2 END,"
                            " reason = CASE WHEN state IN " FINAL_STATES " THEN reason ELSE ?3 END"
                            " WHERE line = ?1", VALUE_INT (transfer->line),
                            VALUE_INT (transfer->state), VALUE_TEXT (transfer->reason),
                            value_path (transfer->path), value_path (transfer->partial),
                            VALUE_INT (MAX (transfer->kept, 0)), VALUE_INT (transfer->is_paused)))
    return FALSE;
  self->is_there = sqlite3_changes (database->db) > 0;
  return drop_parts (database, transfer->line);
}

static void
finish_save (UdpnatStore      *store,
             UdpnatStoreWrite *write,
             gboolean          is_saved)
{
  TransferWrite *self = (TransferWrite *) write;
  g_autoptr (UdpnatHistoryItem) line = NULL;

  if (self->done == NULL)
    return;
  if (is_saved && self->is_there)
    line = udpnat_store_dup_line (store, self->transfer->line);
  self->done (line, is_saved, self->user_data);
}

static void
clear_save (UdpnatStoreWrite *write)
{
  udpnat_stored_transfer_free (((TransferWrite *) write)->transfer);
}

/**
 * udpnat_store_save_transfer:
 * @transfer: its state, reason, path, partial, kept and is_paused are taken over; the rest says
 *   whose they are
 * @done: (nullable): gets the line as it is now, and so the state that holds; %NULL if there is no
 *   such transfer any more
 *
 * What is done or cancelled stays so: whoever saves may not have heard of it yet. One row of a few
 * hundred bytes is written, whatever the offer's size.
 */
void
udpnat_store_save_transfer (UdpnatStore                *self,
                            const UdpnatStoredTransfer *transfer,
                            UdpnatStoreLineFunc         done,
                            gpointer                    user_data)
{
  TransferWrite *write = udpnat_store_write_create (TransferWrite, run_save, finish_save,
                                                    clear_save);

  write->transfer = udpnat_stored_transfer_copy (transfer);
  write->done = done;
  write->user_data = user_data;
  udpnat_store_push (self, write);
}
