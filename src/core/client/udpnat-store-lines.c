/* The rows of conversations, as writes change them: in the worker, inside a transaction. Who may
 * change what is decided by the callers (udpnat-store-outbox.c, udpnat-store-incoming.c). */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

#define KIND_PERSON 0

/** udpnat_store_find_conversation: Returns: its row, 0 when there is none */
gint64
udpnat_store_find_conversation (UdpnatDatabase        *database,
                                const UdpnatPublicKey *key)
{
  return udpnat_database_get (database, "SELECT id FROM conversation WHERE kind = ?1 AND key = ?2",
                              VALUE_INT (KIND_PERSON), VALUE_KEY (key));
}

/** udpnat_store_ensure_conversation: Returns: its row, 0 on failure */
gint64
udpnat_store_ensure_conversation (UdpnatDatabase        *database,
                                  const UdpnatPublicKey *key)
{
  gint64 id = udpnat_store_find_conversation (database, key);

  if (id == 0 &&
      udpnat_database_run (database, "INSERT INTO conversation (kind, key) VALUES (?1, ?2)",
                           VALUE_INT (KIND_PERSON), VALUE_KEY (key)))
    id = sqlite3_last_insert_rowid (database->db);
  return id;
}

/** udpnat_store_find_line: Returns: its number, 0 when there is none */
gint64
udpnat_store_find_line (UdpnatDatabase        *database,
                        gint64                 conversation,
                        gboolean               is_outgoing,
                        const UdpnatMessageId *id)
{
  return udpnat_database_get (database,
                              "SELECT number FROM line"
                              " WHERE conversation = ?1 AND is_outgoing = ?2 AND id = ?3",
                              VALUE_INT (conversation), VALUE_INT (is_outgoing), VALUE_ID (id));
}

gboolean
udpnat_store_is_file (UdpnatDatabase *database,
                      gint64          number)
{
  return udpnat_database_get (database, "SELECT type FROM line WHERE number = ?1",
                              VALUE_INT (number)) == UDPNAT_ITEM_FILE;
}

/* ---- New lines ---- */

/* What to show: not before the line above, and not in the future. If both cannot be, because our
 * own clock was set back, the order wins; unless it was so far off that all that follows would be
 * shown at a time that is yet to come. */
static gint64
get_shown_us (gint64 last_us,
              gint64 sent_us,
              gint64 received_us)
{
  if (last_us > received_us + UDPNAT_CLOCK_BACK_MAX_US)
    last_us = 0;
  return MAX (MIN (sent_us, received_us), last_us);
}

static gint64
insert_row (UdpnatDatabase   *database,
            gint64            conversation,
            const UdpnatItem *item,
            gboolean          is_outgoing,
            gint64            received_us,
            gint64            shown_us,
            const char       *text,
            UdpnatItemState   state)
{
  gboolean is_understood = item->type == UDPNAT_ITEM_TEXT || item->type == UDPNAT_ITEM_REPLY;
  UdpnatMessageId quoted;
  gboolean has_quoted = udpnat_item_get_target (item, &quoted);

  if (!udpnat_database_run (database,
                            "INSERT INTO line (conversation, is_outgoing, id, type, sent_us,"
                            " received_us, shown_us, text, body, quoted, state)"
                            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                            VALUE_INT (conversation), VALUE_INT (is_outgoing),
                            VALUE_ID (&item->id), VALUE_INT (item->type),
                            VALUE_INT (item->sent_us), VALUE_INT (received_us),
                            VALUE_INT (shown_us), VALUE_TEXT (text),
                            VALUE_BYTES (is_understood ? NULL : item->body),
                            has_quoted ? VALUE_ID (&quoted) : VALUE_TEXT (NULL),
                            VALUE_INT (state)))
    return 0;
  return sqlite3_last_insert_rowid (database->db);
}

/* What came before the line itself, by another way. */
static gboolean
apply_early_changes (UdpnatStoreWriter     *writer,
                     gint64                 conversation,
                     const UdpnatMessageId *id,
                     gint64                 number,
                     gint64                 now_us)
{
  UdpnatDatabase *database = writer->database;
  sqlite3_stmt *row;
  gboolean is_done = TRUE;
  gboolean is_changed;

  row = udpnat_database_query (database, "SELECT type, text, sent_us FROM early_change"
                                         " WHERE conversation = ?1 AND target = ?2",
                               VALUE_INT (conversation), VALUE_ID (id));
  while (is_done && udpnat_database_step (database, row))
    {
      g_autofree char *text = udpnat_row_dup_text (row, 1);
      gint64 sent_us = sqlite3_column_int64 (row, 2);

      if (sqlite3_column_int (row, 0) == UDPNAT_ITEM_EDIT)
        is_done = udpnat_store_edit_line (writer, number, text, sent_us, now_us);
      else if (sqlite3_column_int (row, 0) == UDPNAT_ITEM_FILE_ANSWER)
        is_done = udpnat_store_answer_transfer (database, number, text, FALSE, &is_changed);
      else
        is_done = udpnat_store_react_to_line (writer, number, FALSE, text, sent_us, now_us);
    }
  udpnat_database_finish (row);
  return is_done && udpnat_database_run (database, "DELETE FROM early_change"
                                                   " WHERE conversation = ?1 AND target = ?2",
                                         VALUE_INT (conversation), VALUE_ID (id));
}

/**
 * udpnat_store_insert_line:
 * @item: one that is shown; a FILE is offered from now on
 * @received_us: our wall clock
 *
 * Returns: the number of the new line, 0 on failure
 */
gint64
udpnat_store_insert_line (UdpnatStoreWriter *writer,
                          gint64             conversation,
                          const UdpnatItem  *item,
                          gboolean           is_outgoing,
                          gint64             received_us,
                          UdpnatItemState    state)
{
  UdpnatDatabase *database = writer->database;
  g_autofree char *text = udpnat_item_dup_text (item);
  gint64 shown_us;
  gint64 number;

  shown_us = get_shown_us (udpnat_database_get (database,
                                                "SELECT last_shown_us FROM conversation"
                                                " WHERE id = ?1", VALUE_INT (conversation)),
                           item->sent_us, received_us);
  number = insert_row (database, conversation, item, is_outgoing, received_us, shown_us, text,
                       state);
  if (number == 0)
    return 0;
  udpnat_index_changes_add (&writer->index_changes, number, conversation, text);
  if (item->type == UDPNAT_ITEM_FILE && !udpnat_store_begin_transfer (database, number))
    return 0;
  if (!udpnat_database_run (database, "UPDATE conversation"
                                      " SET last_shown_us = ?2, n_unread = n_unread + ?3"
                                      " WHERE id = ?1", VALUE_INT (conversation),
                            VALUE_INT (shown_us), VALUE_INT (is_outgoing ? 0 : 1)))
    return 0;
  if (!is_outgoing &&
      !apply_early_changes (writer, conversation, &item->id, number, received_us))
    return 0;
  return number;
}

/* ---- Changes of lines ---- */

/* A time from a clock that was ahead of ours must not keep what is said later from being newer. */
static gboolean
is_newer (gint64 sent_us,
          gint64 than_us,
          gint64 now_us)
{
  return sent_us > than_us || than_us > now_us;
}

/* Returns: FALSE when there is no such line with a text */
static gboolean
read_text (UdpnatDatabase *database,
           gint64          number,
           gint64         *out_conversation,
           gint64         *out_edit_sent_us,
           char          **out_text)
{
  sqlite3_stmt *row;
  gboolean is_there;

  row = udpnat_database_query (database, "SELECT conversation, edit_sent_us, text FROM line"
                                         " WHERE number = ?1", VALUE_INT (number));
  is_there = udpnat_database_step (database, row);
  if (is_there)
    {
      *out_conversation = sqlite3_column_int64 (row, 0);
      *out_edit_sent_us = sqlite3_column_int64 (row, 1);
      *out_text = udpnat_row_dup_text (row, 2);
    }
  udpnat_database_finish (row);
  return is_there;
}

/**
 * udpnat_store_edit_line:
 * @sent_us: when it was edited, by its author's clock; an older edit than the last changes nothing
 *
 * What a file is called is a part of its offer, and is not changed.
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_edit_line (UdpnatStoreWriter *writer,
                        gint64             number,
                        const char        *text,
                        gint64             sent_us,
                        gint64             now_us)
{
  g_autofree char *old_text = NULL;
  gint64 conversation;
  gint64 edit_sent_us;

  if (!read_text (writer->database, number, &conversation, &edit_sent_us, &old_text))
    return FALSE;
  if (old_text == NULL || !is_newer (sent_us, edit_sent_us, now_us) ||
      udpnat_store_is_file (writer->database, number))
    return TRUE;
  udpnat_index_changes_remove (&writer->index_changes, number, conversation, old_text);
  udpnat_index_changes_add (&writer->index_changes, number, conversation, text);
  return udpnat_database_run (writer->database,
                              "UPDATE line SET text = ?2, edited_us = ?3, edit_sent_us = ?4"
                              " WHERE number = ?1", VALUE_INT (number), VALUE_TEXT (text),
                              VALUE_INT (MIN (sent_us, now_us)), VALUE_INT (sent_us));
}

/** udpnat_store_erase_line: leaves nothing of it but its mark; Returns: %FALSE on failure */
gboolean
udpnat_store_erase_line (UdpnatStoreWriter *writer,
                         gint64             number)
{
  UdpnatDatabase *database = writer->database;
  g_autofree char *old_text = NULL;
  gint64 conversation;
  gint64 edit_sent_us;

  if (!read_text (database, number, &conversation, &edit_sent_us, &old_text))
    return FALSE;
  udpnat_index_changes_remove (&writer->index_changes, number, conversation, old_text);
  writer->is_text_removed = TRUE;
  return udpnat_database_run (database,
                              "UPDATE line SET is_deleted = 1, text = NULL, body = NULL,"
                              " quoted = NULL, edited_us = 0 WHERE number = ?1",
                              VALUE_INT (number)) &&
         udpnat_database_run (database, "DELETE FROM reaction WHERE line = ?1",
                              VALUE_INT (number)) &&
         udpnat_database_run (database, "DELETE FROM transfer WHERE line = ?1",
                              VALUE_INT (number)) &&
         udpnat_database_run (database, "DELETE FROM file_part WHERE line = ?1",
                              VALUE_INT (number)) &&
         udpnat_store_count_unread_anew (database, conversation);
}

/**
 * udpnat_store_react_to_line:
 * @is_own: whether it is our reaction, or the peer's
 * @sign: "" takes it back
 *
 * Returns: %FALSE on failure
 */
gboolean
udpnat_store_react_to_line (UdpnatStoreWriter *writer,
                            gint64             number,
                            gboolean           is_own,
                            const char        *sign,
                            gint64             sent_us,
                            gint64             now_us)
{
  UdpnatDatabase *database = writer->database;
  UdpnatPublicKey peer;
  UdpnatValue author = VALUE_BLOB (NULL, 0);
  sqlite3_stmt *row;
  gboolean is_there;

  row = udpnat_database_query (database, "SELECT c.key FROM line AS l JOIN conversation AS c"
                                         " ON c.id = l.conversation"
                                         " WHERE l.number = ?1 AND l.is_deleted = 0",
                               VALUE_INT (number));
  is_there = udpnat_database_step (database, row) && udpnat_row_get_key (row, 0, &peer);
  udpnat_database_finish (row);
  if (!is_there)
    return database->failure == 0;
  if (!is_own)
    author = VALUE_KEY (&peer);
  if (!is_newer (sent_us,
                 udpnat_database_get (database, "SELECT sent_us FROM reaction"
                                                " WHERE line = ?1 AND author = ?2",
                                      VALUE_INT (number), author), now_us))
    return TRUE;
  return udpnat_database_run (database, "INSERT OR REPLACE INTO reaction VALUES (?1, ?2, ?3, ?4)",
                              VALUE_INT (number), author, VALUE_TEXT (sign), VALUE_INT (sent_us));
}

/* ---- Removing them ---- */

/** udpnat_store_count_unread_anew: after lines have gone, or have been read */
gboolean
udpnat_store_count_unread_anew (UdpnatDatabase *database,
                                gint64          conversation)
{
  return udpnat_database_run (database,
                              "UPDATE conversation SET n_unread = (SELECT count(*) FROM line"
                              " WHERE line.conversation = conversation.id"
                              " AND line.number > conversation.last_read"
                              " AND line.is_outgoing = 0 AND line.is_deleted = 0) WHERE id = ?1",
                              VALUE_INT (conversation));
}

/**
 * udpnat_store_remove_lines:
 * @number: the one to remove, 0 for all of them
 *
 * From this side only. That they have been here is remembered, so that nobody can say them again.
 */
gboolean
udpnat_store_remove_lines (UdpnatStoreWriter *writer,
                           gint64             conversation,
                           gint64             number)
{
  UdpnatDatabase *database = writer->database;
  sqlite3_stmt *row;

  row = udpnat_database_query (database, "SELECT number, text FROM line WHERE conversation = ?1"
                                         " AND text IS NOT NULL AND (?2 = 0 OR number = ?2)",
                               VALUE_INT (conversation), VALUE_INT (number));
  while (udpnat_database_step (database, row))
    {
      g_autofree char *text = udpnat_row_dup_text (row, 1);

      udpnat_index_changes_remove (&writer->index_changes, sqlite3_column_int64 (row, 0),
                                   conversation, text);
    }
  writer->is_text_removed = TRUE;
  return udpnat_database_run (database,
                              "INSERT OR IGNORE INTO seen SELECT conversation, id FROM line"
                              " WHERE conversation = ?1 AND is_outgoing = 0"
                              " AND (?2 = 0 OR number = ?2)", VALUE_INT (conversation),
                              VALUE_INT (number)) &&
         udpnat_database_run (database, "DELETE FROM line WHERE conversation = ?1"
                                        " AND (?2 = 0 OR number = ?2)", VALUE_INT (conversation),
                              VALUE_INT (number)) &&
         udpnat_store_count_unread_anew (database, conversation);
}
