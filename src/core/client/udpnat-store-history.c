/* Reading what was said, a page at a time, and the user's own side of a conversation: what has been
 * read, what is being written, what is to be forgotten here. */

#include "config.h"

#include "udpnat-history-item-private.h"
#include "udpnat-limits.h"
#include "udpnat-store-private.h"

#define LINE_COLUMNS                                                                              \
  "l.number, c.key, l.id, l.type, l.is_outgoing, l.is_deleted, l.sent_us, l.received_us,"         \
  " l.shown_us, l.edited_us, l.text, l.state, l.reason, l.quoted, l.conversation,"                \
  " (SELECT nullif (sign, '') FROM reaction WHERE line = l.number AND author = x''),"             \
  " (SELECT nullif (sign, '') FROM reaction WHERE line = l.number AND author = c.key)"
#define LINE_TABLES " FROM line AS l JOIN conversation AS c ON c.id = l.conversation"
#define OF_PERSON " l.conversation = (SELECT id FROM conversation WHERE kind = 0 AND key = ?1)"

/* ---- Rows ---- */

static void
read_quoted (UdpnatStore       *self,
             UdpnatHistoryItem *line,
             gint64             conversation)
{
  sqlite3_stmt *row;

  row = udpnat_database_query (self->reader, "SELECT CASE WHEN length (text) > ?3"
                                             " THEN substr (text, 1, ?3 - 1) || '…' ELSE text END,"
                                             " is_outgoing FROM line WHERE conversation = ?1"
                                             " AND is_outgoing IN (0, 1) AND id = ?2",
                               VALUE_INT (conversation),
                               VALUE_ID (&line->quoted_id),
                               VALUE_INT (UDPNAT_QUOTE_MAX_CODE_POINTS));
  if (udpnat_database_step (self->reader, row))
    {
      line->quoted_text = udpnat_row_dup_text (row, 0);
      line->is_quoted_outgoing = sqlite3_column_int (row, 1) != 0;
    }
  udpnat_database_finish (row);
}

static UdpnatHistoryItem *
read_line (UdpnatStore  *self,
           sqlite3_stmt *row)
{
  UdpnatHistoryItem *line = g_object_new (UDPNAT_TYPE_HISTORY_ITEM, NULL);

  line->number = sqlite3_column_int64 (row, 0);
  if (!udpnat_row_get_key (row, 1, &line->key) || !udpnat_row_get_id (row, 2, &line->id))
    g_debug ("Line %" G_GINT64_FORMAT " has no proper id", line->number);
  line->type = (guint8) sqlite3_column_int (row, 3);
  line->is_outgoing = sqlite3_column_int (row, 4) != 0;
  line->is_deleted = sqlite3_column_int (row, 5) != 0;
  line->sent_us = sqlite3_column_int64 (row, 6);
  line->received_us = sqlite3_column_int64 (row, 7);
  line->shown_us = sqlite3_column_int64 (row, 8);
  line->edited_us = sqlite3_column_int64 (row, 9);
  line->text = udpnat_row_dup_text (row, 10);
  line->state = (UdpnatItemState) sqlite3_column_int (row, 11);
  line->reason = udpnat_row_dup_text (row, 12);
  line->has_quoted = udpnat_row_get_id (row, 13, &line->quoted_id);
  if (line->has_quoted)
    read_quoted (self, line, sqlite3_column_int64 (row, 14));
  line->my_reaction = udpnat_row_dup_text (row, 15);
  line->their_reaction = udpnat_row_dup_text (row, 16);
  /* in a query of its own, so that lines of text pay nothing for it */
  if (line->type == UDPNAT_ITEM_FILE && !line->is_deleted)
    line->transfer = udpnat_store_dup_transfer (self, line->number);
  return line;
}

static GPtrArray *
read_lines (UdpnatStore  *self,
            sqlite3_stmt *row)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_object_unref);

  while (udpnat_database_step (self->reader, row))
    g_ptr_array_add (lines, read_line (self, row));
  return lines;
}

static UdpnatHistoryItem *
read_one (UdpnatStore  *self,
          sqlite3_stmt *row)
{
  UdpnatHistoryItem *line = NULL;

  if (udpnat_database_step (self->reader, row))
    line = read_line (self, row);
  udpnat_database_finish (row);
  return line;
}

static void
reverse (GPtrArray *lines)
{
  for (guint i = 0; i < lines->len / 2; i++)
    {
      gpointer line = lines->pdata[i];

      lines->pdata[i] = lines->pdata[lines->len - 1 - i];
      lines->pdata[lines->len - 1 - i] = line;
    }
}

/* ---- Pages ---- */

/**
 * udpnat_store_dup_page:
 * @before: the number of the line that the page ends above, 0 for the end of the conversation
 * @n: of lines at most
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): oldest first
 */
GPtrArray *
udpnat_store_dup_page (UdpnatStore           *self,
                       const UdpnatPublicKey *key,
                       gint64                 before,
                       guint                  n)
{
  GPtrArray *lines;

  lines = read_lines (self, udpnat_database_query (self->reader,
                                                   "SELECT " LINE_COLUMNS LINE_TABLES
                                                   " WHERE" OF_PERSON " AND l.number < ?2"
                                                   " ORDER BY l.number DESC LIMIT ?3",
                                                   VALUE_KEY (key),
                                                   VALUE_INT (before > 0 ? before : G_MAXINT64),
                                                   VALUE_INT (n)));
  reverse (lines);
  return lines;
}

/**
 * udpnat_store_dup_page_after:
 * @after: the number of the line that the page begins below, 0 for the beginning
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): oldest first
 */
GPtrArray *
udpnat_store_dup_page_after (UdpnatStore           *self,
                             const UdpnatPublicKey *key,
                             gint64                 after,
                             guint                  n)
{
  return read_lines (self, udpnat_database_query (self->reader,
                                                  "SELECT " LINE_COLUMNS LINE_TABLES
                                                  " WHERE" OF_PERSON " AND l.number > ?2"
                                                  " ORDER BY l.number LIMIT ?3",
                                                  VALUE_KEY (key), VALUE_INT (after),
                                                  VALUE_INT (n)));
}

/** udpnat_store_dup_line: Returns: (transfer full) (nullable): */
UdpnatHistoryItem *
udpnat_store_dup_line (UdpnatStore *self,
                       gint64       number)
{
  return read_one (self, udpnat_database_query (self->reader, "SELECT " LINE_COLUMNS LINE_TABLES
                                                              " WHERE l.number = ?1",
                                                VALUE_INT (number)));
}

/** udpnat_store_dup_line_by_id: Returns: (transfer full) (nullable): ours or theirs */
UdpnatHistoryItem *
udpnat_store_dup_line_by_id (UdpnatStore           *self,
                             const UdpnatPublicKey *key,
                             const UdpnatMessageId *id)
{
  return read_one (self, udpnat_database_query (self->reader,
                                                "SELECT " LINE_COLUMNS LINE_TABLES
                                                " WHERE" OF_PERSON " AND l.is_outgoing IN (0, 1)"
                                                " AND l.id = ?2 LIMIT 1",
                                                VALUE_KEY (key), VALUE_ID (id)));
}

/** udpnat_store_dup_last_line: Returns: (transfer full) (nullable): for a list of conversations */
UdpnatHistoryItem *
udpnat_store_dup_last_line (UdpnatStore           *self,
                            const UdpnatPublicKey *key)
{
  g_autoptr (GPtrArray) lines = udpnat_store_dup_page (self, key, 0, 1);

  return lines->len > 0 ? g_object_ref (g_ptr_array_index (lines, 0)) : NULL;
}

/**
 * udpnat_store_search:
 * @words: as somebody types them: all must be there, each as the beginning of a word; case and
 *   accents do not matter; Chinese, Japanese and Korean are found anywhere in a text
 * @key: (nullable): whose conversation, %NULL for all
 * @before: only lines with smaller numbers, 0 for all: how the next page is had
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): newest first, at most @n
 */
GPtrArray *
udpnat_store_search (UdpnatStore           *self,
                     const char            *words,
                     const UdpnatPublicKey *key,
                     gint64                 before,
                     guint                  n)
{
  g_autofree char *found = udpnat_store_words_to_query (words);
  g_autofree char *query = NULL;

  if (found[0] == '\0')
    return g_ptr_array_new_with_free_func (g_object_unref);
  if (key != NULL)
    query = g_strdup_printf ("place : \"%" G_GINT64_FORMAT "\"%s",
                             udpnat_store_find_conversation (self->reader, key), found);
  /* CROSS JOIN: the index first, and the lines in its order */
  return read_lines (self, udpnat_database_query (self->reader,
                                                  "SELECT " LINE_COLUMNS " FROM line_search AS s"
                                                  " CROSS JOIN line AS l ON l.number = s.rowid"
                                                  " JOIN conversation AS c"
                                                  " ON c.id = l.conversation"
                                                  " WHERE s.line_search MATCH ?1"
                                                  " AND s.rowid < ?2 AND l.text IS NOT NULL"
                                                  " ORDER BY s.rowid DESC LIMIT ?3",
                                                  VALUE_TEXT (query != NULL ? query : found),
                                                  VALUE_INT (before > 0 ? before : G_MAXINT64),
                                                  VALUE_INT (n)));
}

/** udpnat_store_count_unread: Returns: lines of theirs after the last one that was read */
guint
udpnat_store_count_unread (UdpnatStore           *self,
                           const UdpnatPublicKey *key)
{
  return (guint) udpnat_database_get (self->reader, "SELECT n_unread FROM conversation"
                                                    " WHERE kind = 0 AND key = ?1",
                                      VALUE_KEY (key));
}

/** udpnat_store_count_lines: @key: (nullable): whose conversation, %NULL for all */
gint64
udpnat_store_count_lines (UdpnatStore           *self,
                          const UdpnatPublicKey *key)
{
  if (key == NULL)
    return udpnat_database_get (self->reader, "SELECT count(*) FROM line");
  return udpnat_database_get (self->reader, "SELECT count(*) FROM line AS l WHERE" OF_PERSON,
                              VALUE_KEY (key));
}

/* ---- The user's side ---- */

typedef struct
{
  UdpnatStoreWrite    base;
  UdpnatPublicKey     key;
  gint64              number;
  char               *text; /* nullable */
  UdpnatStoreDoneFunc done; /* nullable */
  gpointer            user_data;
} SideWrite;

static void
finish_side (UdpnatStore      *store,
             UdpnatStoreWrite *write,
             gboolean          is_saved)
{
  SideWrite *self = (SideWrite *) write;

  if (self->done != NULL)
    self->done (is_saved, self->user_data);
}

static void
clear_side (UdpnatStoreWrite *write)
{
  g_free (((SideWrite *) write)->text);
}

static SideWrite *
side_write_new (gboolean            (*run) (UdpnatStoreWriter *, UdpnatStoreWrite *),
                UdpnatStoreDoneFunc   done,
                gpointer              user_data)
{
  SideWrite *self = udpnat_store_write_create (SideWrite, run, finish_side, clear_side);

  self->done = done;
  self->user_data = user_data;
  return self;
}

static gboolean
run_mark_read (UdpnatStoreWriter *writer,
               UdpnatStoreWrite  *write)
{
  SideWrite *self = (SideWrite *) write;
  gint64 conversation = udpnat_store_find_conversation (writer->database, &self->key);

  /* A number that is yet to come would hide lines that are yet to come. */
  return udpnat_database_run (writer->database, "UPDATE conversation SET last_read ="
                                                " max (last_read, min (?2, (SELECT"
                                                " ifnull (max (number), 0) FROM line"
                                                " WHERE conversation = ?1))) WHERE id = ?1",
                              VALUE_INT (conversation), VALUE_INT (self->number)) &&
         udpnat_store_count_unread_anew (writer->database, conversation);
}

/**
 * udpnat_store_mark_read:
 * @number: the last line that the user has seen; never goes back
 * @done: (nullable):
 */
void
udpnat_store_mark_read (UdpnatStore           *self,
                        const UdpnatPublicKey *key,
                        gint64                 number,
                        UdpnatStoreDoneFunc    done,
                        gpointer               user_data)
{
  SideWrite *write = side_write_new (run_mark_read, done, user_data);

  write->key = *key;
  write->number = number;
  udpnat_store_push (self, write);
}

static gboolean
run_draft (UdpnatStoreWriter *writer,
           UdpnatStoreWrite  *write)
{
  SideWrite *self = (SideWrite *) write;
  UdpnatDatabase *database = writer->database;
  gint64 conversation = udpnat_store_ensure_conversation (database, &self->key);

  return conversation != 0 &&
         udpnat_database_run (database, "INSERT OR IGNORE INTO contact (key) VALUES (?1)",
                              VALUE_KEY (&self->key)) &&
         udpnat_database_run (database, "UPDATE conversation SET draft = ?2 WHERE id = ?1",
                              VALUE_INT (conversation), VALUE_TEXT (self->text));
}

/** udpnat_store_set_draft: @text: (nullable): what the user has begun to write to @key */
void
udpnat_store_set_draft (UdpnatStore           *self,
                        const UdpnatPublicKey *key,
                        const char            *text)
{
  SideWrite *write = side_write_new (run_draft, NULL, NULL);

  write->key = *key;
  write->text = g_strdup (text);
  udpnat_store_push (self, write);
}

static gboolean
run_delete_line (UdpnatStoreWriter *writer,
                 UdpnatStoreWrite  *write)
{
  SideWrite *self = (SideWrite *) write;
  gint64 conversation;

  conversation = udpnat_database_get (writer->database,
                                      "SELECT conversation FROM line WHERE number = ?1",
                                      VALUE_INT (self->number));
  return conversation != 0 && udpnat_store_remove_lines (writer, conversation, self->number);
}

/**
 * udpnat_store_delete_line:
 * @done: (nullable): is told %FALSE when there is no such line
 *
 * On this side only; if it waits to be sent, it is sent all the same.
 */
void
udpnat_store_delete_line (UdpnatStore         *self,
                          gint64               number,
                          UdpnatStoreDoneFunc  done,
                          gpointer             user_data)
{
  SideWrite *write = side_write_new (run_delete_line, done, user_data);

  write->number = number;
  udpnat_store_push (self, write);
}

static gboolean
run_clear_history (UdpnatStoreWriter *writer,
                   UdpnatStoreWrite  *write)
{
  SideWrite *self = (SideWrite *) write;
  gint64 conversation = udpnat_store_find_conversation (writer->database, &self->key);

  return conversation == 0 || udpnat_store_remove_lines (writer, conversation, 0);
}

/**
 * udpnat_store_clear_history:
 * @done: (nullable):
 *
 * Removes all lines of a conversation on this side. What waits to be sent is sent all the same.
 */
void
udpnat_store_clear_history (UdpnatStore           *self,
                            const UdpnatPublicKey *key,
                            UdpnatStoreDoneFunc    done,
                            gpointer               user_data)
{
  SideWrite *write = side_write_new (run_clear_history, done, user_data);

  write->key = *key;
  udpnat_store_push (self, write);
}
