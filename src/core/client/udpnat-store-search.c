/* Searching what was said, with FTS5.
 *
 * The index gets a text of our own making: compatibility forms made equal and case folded (NFKC,
 * by GLib; accents are FTS5's part), and a space around each character of the scripts that are
 * written without spaces, so that a phrase of such characters finds any part of a sentence. What is
 * searched for is taken apart in the same way: each word is looked for as the beginning of a word,
 * each run of such characters as a phrase, and all of them must be there. Nothing that a person
 * types is an operator.
 *
 * The index keeps no text ("contentless"); to take a line out, it must be told the old text. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

typedef struct
{
  gboolean is_removal;
  gint64   number;
  gint64   conversation;
  char    *text; /* as the index has it */
} Change;

/* ---- Words ---- */

/* Kana that Unicode counts to no script of its own, and which are part of words. */
#define PROLONGED_SOUND_MARK 0x30fc

/* Written without spaces: each character is a word to the index. */
static gboolean
is_unspaced (gunichar c)
{
  GUnicodeScript script;

  if (c < 0x0e00) /* before Thai, the first of them */
    return FALSE;
  script = g_unichar_get_script (c);
  return script == G_UNICODE_SCRIPT_HAN || script == G_UNICODE_SCRIPT_HIRAGANA ||
         script == G_UNICODE_SCRIPT_KATAKANA || script == G_UNICODE_SCRIPT_HANGUL ||
         script == G_UNICODE_SCRIPT_BOPOMOFO || script == G_UNICODE_SCRIPT_THAI ||
         script == G_UNICODE_SCRIPT_LAO || script == G_UNICODE_SCRIPT_KHMER ||
         script == G_UNICODE_SCRIPT_MYANMAR || c == PROLONGED_SOUND_MARK;
}

static char *
fold (const char *text)
{
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_ALL_COMPOSE);

  return composed != NULL ? g_utf8_casefold (composed, -1) : g_strdup ("");
}

static gboolean
is_in_word (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c);
}

/** udpnat_store_text_to_index: Returns: (transfer full): words with spaces between them */
char *
udpnat_store_text_to_index (const char *text)
{
  g_autofree char *folded = fold (text);
  GString *words = g_string_sized_new (strlen (folded) + 16);

  for (const char *p = folded; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gboolean is_alone = !is_in_word (c) || is_unspaced (c);

      if (is_alone && words->len > 0 && words->str[words->len - 1] != ' ')
        g_string_append_c (words, ' ');
      if (is_in_word (c))
        g_string_append_len (words, p, g_utf8_next_char (p) - p);
      if (is_in_word (c) && is_alone)
        g_string_append_c (words, ' ');
    }
  return g_string_free (words, FALSE);
}

/* Takes one run of one kind from @text: characters of a spaced script, or of an unspaced one. */
static const char *
append_run (GString    *query,
            const char *text)
{
  gboolean is_alone = is_unspaced (g_utf8_get_char (text));
  gboolean has_letter = FALSE;
  gsize start = query->len;

  g_string_append (query, " text : \"");
  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (!is_in_word (c) || is_unspaced (c) != is_alone)
        break;
      has_letter |= g_unichar_isalnum (c);
      g_string_append_unichar (query, c);
      if (is_alone)
        g_string_append_c (query, ' ');
    }
  g_string_append (query, is_alone ? "\"" : "\" *");
  if (!has_letter)
    g_string_truncate (query, start);
  return text;
}

/**
 * udpnat_store_words_to_query:
 * @words: whatever somebody typed
 *
 * Returns: (transfer full): an expression for FTS5, "" when there is nothing to look for
 */
char *
udpnat_store_words_to_query (const char *words)
{
  g_autofree char *valid = g_utf8_make_valid (words, -1);
  g_autofree char *beginning = NULL;
  g_autofree char *folded = NULL;
  GString *query = g_string_new (NULL);
  const char *p;

  if (g_utf8_strlen (valid, -1) > UDPNAT_SEARCH_MAX_CODE_POINTS)
    beginning = g_utf8_substring (valid, 0, UDPNAT_SEARCH_MAX_CODE_POINTS);
  folded = fold (beginning != NULL ? beginning : valid);
  p = folded;
  while (*p != '\0')
    if (is_in_word (g_utf8_get_char (p)))
      p = append_run (query, p);
    else
      p = g_utf8_next_char (p);
  return g_string_free (query, FALSE);
}

/* ---- Changes ---- */

static void
clear_change (gpointer change)
{
  g_free (((Change *) change)->text);
}

void
udpnat_index_changes_init (UdpnatIndexChanges *self)
{
  self->changes = g_array_new (FALSE, FALSE, sizeof (Change));
  g_array_set_clear_func (self->changes, clear_change);
}

void
udpnat_index_changes_clear (UdpnatIndexChanges *self)
{
  g_clear_pointer (&self->changes, g_array_unref);
}

guint
udpnat_index_changes_count (UdpnatIndexChanges *self)
{
  return self->changes->len;
}

/** udpnat_index_changes_truncate: forgets all but the first @n */
void
udpnat_index_changes_truncate (UdpnatIndexChanges *self,
                               guint               n)
{
  g_array_set_size (self->changes, n);
}

static void
append (UdpnatIndexChanges *self,
        gboolean            is_removal,
        gint64              number,
        gint64              conversation,
        const char         *text)
{
  Change change = { is_removal, number, conversation, NULL };

  if (text == NULL)
    return;
  change.text = udpnat_store_text_to_index (text);
  g_array_append_val (self->changes, change);
}

/** udpnat_index_changes_add: @text: (nullable): of a line that has none yet */
void
udpnat_index_changes_add (UdpnatIndexChanges *self,
                          gint64              number,
                          gint64              conversation,
                          const char         *text)
{
  append (self, FALSE, number, conversation, text);
}

/** udpnat_index_changes_remove: @text: (nullable): what the line has had */
void
udpnat_index_changes_remove (UdpnatIndexChanges *self,
                             gint64              number,
                             gint64              conversation,
                             const char         *text)
{
  append (self, TRUE, number, conversation, text);
}

static gboolean
insert (UdpnatDatabase *database,
        gint64          number,
        gint64          conversation,
        const char     *words)
{
  return udpnat_database_run (database,
                              "INSERT INTO line_search (rowid, text, place) VALUES (?1, ?2, ?3)",
                              VALUE_INT (number), VALUE_TEXT (words), VALUE_INT (conversation));
}

/** udpnat_index_changes_apply: inside a transaction */
gboolean
udpnat_index_changes_apply (UdpnatIndexChanges *self,
                            UdpnatDatabase     *database)
{
  for (guint i = 0; i < self->changes->len; i++)
    {
      const Change *change = &g_array_index (self->changes, Change, i);

      if (change->is_removal &&
          !udpnat_database_run (database,
                                "INSERT INTO line_search (line_search, rowid, text, place)"
                                " VALUES ('delete', ?1, ?2, ?3)", VALUE_INT (change->number),
                                VALUE_TEXT (change->text), VALUE_INT (change->conversation)))
        return FALSE;
      if (!change->is_removal &&
          !insert (database, change->number, change->conversation, change->text))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert_all (UdpnatDatabase *database)
{
  sqlite3_stmt *row = udpnat_database_query (database, "SELECT number, conversation, text FROM line"
                                                       " WHERE text IS NOT NULL");

  while (udpnat_database_step (database, row))
    {
      g_autofree char *text = udpnat_row_dup_text (row, 2);
      g_autofree char *words = udpnat_store_text_to_index (text);

      if (!insert (database, sqlite3_column_int64 (row, 0), sqlite3_column_int64 (row, 1), words))
        {
          udpnat_database_finish (row);
          return FALSE;
        }
    }
  return database->failure == 0;
}

/** udpnat_store_rebuild_index: makes the index of all lines anew, in one transaction */
gboolean
udpnat_store_rebuild_index (UdpnatDatabase *database)
{
  if (udpnat_database_exec (database,
                            "BEGIN IMMEDIATE;"
                            "DELETE FROM setting WHERE name = '" UDPNAT_STORE_INDEX_STALE "';"
                            "INSERT INTO line_search (line_search) VALUES ('delete-all');") &&
      insert_all (database) && udpnat_database_exec (database, "COMMIT"))
    return TRUE;
  if (!sqlite3_get_autocommit (database->db))
    udpnat_database_exec (database, "ROLLBACK");
  return FALSE;
}
