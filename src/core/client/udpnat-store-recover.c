/* How a database comes to be, and what is done with a damaged one. A new file is made aside, and
 * takes its place when it is whole and on the disk: an empty one was not left by a crash.
 *
 * Nothing is ever written to a damaged one:
 *
 * 1. It is copied to udpnat.db-recovering, page by page, zeros where the disk does not give any.
 *    SQLite may write to the copy, which it must to read a log. Where the file itself is empty or
 *    gone, and only its log is left, a new file stands in: its tables begin at the same pages.
 * 2. A new file, udpnat.db-new, gets every row of the copy that can be read. Tables are walked by
 *    row number; where a page is missing, the walk tries the numbers after it.
 * 3. When it is complete, it is renamed to udpnat.db-recovered. From here on the next opening will
 *    finish the job, should we not.
 * 4. The damaged file and its log are renamed to udpnat.db.damaged-DATE, and the new one takes its
 *    place. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "udpnat-database-file.h"
#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-store-private.h"
#include "udpnat-words.h"

#define COPY_BYTES 4096

/* A hole in a table costs a try for each row that may be in it; after so many, steps get longer. */
#define TRIES_IN_SMALL_STEPS 2048

typedef struct
{
  const char *name;
  int         first_version; /* the first and the last that have it */
  int         last_version;
  const char *select;  /* the row's number, then what insert wants; from row ?1 on */
  const char *insert;
} Table;

#define SAME(since, name, number, columns, marks)                                                 \
  { name, since, G_MAXINT, "SELECT " number ", " columns " FROM " name " WHERE " number " >= ?1"  \
    " ORDER BY " number, "INSERT OR IGNORE INTO " name " (" columns ") VALUES (" marks ")" }

/* Those that others refer to come first. */
static const Table tables[] = {
  SAME (1, "setting", "rowid", "name, value", "?, ?"),
  SAME (1, "server", "rowid", "address, key", "?, ?"),
  SAME (2, "contact", "rowid", "key, name, server, nickname, relation, is_mutual, is_verified,"
        " is_relay_only, last_seen_us, status, avatar, profile_sent_us, has_refused",
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"),
  SAME (2, "handshake", "number", "number, key, timestamp", "?, ?, ?"),
  SAME (2, "conversation", "id",
        "id, kind, key, is_pinned, is_muted, last_read, last_shown_us, draft",
        "?, ?, ?, ?, ?, ?, ?, ?"),
  SAME (2, "line", "number", "number, conversation, is_outgoing, id, type, sent_us, received_us,"
        " shown_us, text, body, quoted, is_deleted, edited_us, edit_sent_us, state, reason",
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"),
  SAME (2, "reaction", "rowid", "line, author, sign, sent_us", "?, ?, ?, ?"),
  SAME (2, "early_change", "number", "number, conversation, target, type, text, sent_us",
        "?, ?, ?, ?, ?, ?"),
  SAME (2, "seen", "rowid", "conversation, id", "?, ?"),
  SAME (2, "outbox", "number", "number, conversation, id, type, target, sent_us, body, state",
        "?, ?, ?, ?, ?, ?, ?, ?"),
  SAME (2, "own_prekey", "number", "number, conversation, id, secret", "?, ?, ?, ?"),
  SAME (2, "peer_prekey", "number", "number, conversation, id, key", "?, ?, ?, ?"),
  SAME (3, "transfer", "line", "line, state, reason, path, partial, kept, is_paused, answer",
        "?, ?, ?, ?, ?, ?, ?, ?"),
  SAME (3, "file_part", "number", "number, line, place, data", "?, ?, ?, ?"),
  { "contact", 1, 1, "SELECT rowid, key, name FROM contact WHERE rowid >= ?1 AND name IS NOT NULL"
    " ORDER BY rowid", "INSERT OR IGNORE INTO contact (key, name, relation) VALUES (?, ?, 2)" },
  { "contact", 1, 1, "SELECT rowid, key, timestamp FROM contact WHERE rowid >= ?1"
    " AND timestamp IS NOT NULL ORDER BY rowid",
    "INSERT OR IGNORE INTO handshake (key, timestamp) VALUES (?, ?)" },
};

/* ---- Files ---- */

static char *
beside (const char *path,
        const char *suffix)
{
  return g_strconcat (path, suffix, NULL);
}

static gboolean
set_failure (GError    **error,
             const char *path,
             const char *why)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               _("The profile database %s is damaged, and a new one cannot be made next to it: "
                 "%s. It was left as it is."), path, why);
  return FALSE;
}

/* What cannot be read becomes zeros. */
static gboolean
copy_pages (int from,
            int to)
{
  off_t n_from = lseek (from, 0, SEEK_END);
  char page[COPY_BYTES];

  for (off_t at = 0; at < n_from; at += COPY_BYTES)
    {
      size_t n_page = (size_t) MIN (COPY_BYTES, n_from - at);

      memset (page, 0, sizeof page);
      if (pread (from, page, n_page, at) < 0 && errno != EIO)
        return FALSE;
      if (pwrite (to, page, n_page, at) != (ssize_t) n_page)
        return FALSE;
    }
  return TRUE;
}

static gboolean
copy_file (const char *from_path,
           const char *to_path)
{
  int from = open (from_path, O_RDONLY | O_CLOEXEC);
  int to = open (to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean is_copied = from >= 0 && to >= 0 && copy_pages (from, to);
  int saved_errno = errno;

  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  errno = saved_errno;
  return is_copied;
}

typedef struct
{
  const guint8 *database_key; /* nullable */
  int           code;         /* of SQLite */
} Filling;

/* All tables, and nothing in them. */
static gboolean
fill_new (const char *path,
          gpointer    user_data)
{
  Filling *filling = user_data;
  UdpnatDatabase *database;
  /* nobody else's to read, from its first byte on */
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      filling->code = errno == ENOSPC ? SQLITE_FULL :
                      errno == EROFS ? SQLITE_READONLY : SQLITE_CANTOPEN;
      return FALSE;
    }
  close (fd);
  database = udpnat_database_open (path, filling->database_key, SQLITE_OPEN_READWRITE,
                                   &filling->code);
  if (database == NULL)
    return FALSE;
  filling->code = udpnat_store_schema_set_up (database, 0) ? SQLITE_OK : database->failure;
  udpnat_database_close (database);
  return filling->code == SQLITE_OK;
}

static gboolean
copy_database (const char   *path,
               const char   *copy,
               const guint8 *database_key)
{
  g_autofree char *wal = beside (path, "-wal");
  g_autofree char *copy_wal = beside (copy, "-wal");
  Filling filling = { .database_key = database_key };

  if (udpnat_database_file_look (path, NULL) != UDPNAT_DATABASE_FILE_PRESENT
        ? udpnat_database_file_fill (copy, fill_new, &filling) != UDPNAT_DATABASE_FILE_MADE
        : !copy_file (path, copy))
    return FALSE;
  return !g_file_test (wal, G_FILE_TEST_EXISTS) || copy_file (wal, copy_wal);
}

static char *
make_damaged_name (const char *path)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y%m%d-%H%M%S");

  return udpnat_database_file_dup_damaged_name (path, date);
}

static gboolean
move_along (const char *path,
            const char *name,
            const char *suffix)
{
  g_autofree char *from = beside (path, suffix);
  g_autofree char *to = beside (name, suffix);

  return g_rename (from, to) == 0 || errno == ENOENT;
}

static void
flush_folder (const char *path)
{
  if (!udpnat_file_io_sync_folder (path))
    g_debug ("Cannot flush the folder of %s: %s", path, g_strerror (errno));
}

/* Returns: (transfer full) (nullable): where the damaged file is now */
static char *
exchange (const char *path,
          GError    **error)
{
  g_autofree char *recovered = beside (path, "-recovered");
  g_autofree char *name = make_damaged_name (path);

  if (!move_along (path, name, "-wal") || !move_along (path, name, "-shm") ||
      !move_along (path, name, "") || g_rename (recovered, path) != 0)
    {
      set_failure (error, path, g_strerror (errno));
      return NULL;
    }
  flush_folder (path);
  return g_steal_pointer (&name);
}

/**
 * udpnat_store_make:
 * @path: where no file is
 *
 * Returns: SQLITE_OK, or why there is still none
 */
int
udpnat_store_make (const char   *path,
                   const guint8 *database_key)
{
  g_autofree char *fresh = beside (path, "-new");
  Filling filling = { .database_key = database_key };

  switch (udpnat_database_file_make (path, fresh, fill_new, &filling))
    {
    case UDPNAT_DATABASE_FILE_MADE:
      flush_folder (path);
      return SQLITE_OK;
    case UDPNAT_DATABASE_FILE_UNFILLED:
      return filling.code;
    case UDPNAT_DATABASE_FILE_FAILED:
      return errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN;
    }
  g_assert_not_reached ();
}

/** udpnat_store_finish_recovery: does what is left of one that was interrupted */
gboolean
udpnat_store_finish_recovery (const char *path,
                              GError    **error)
{
  g_autofree char *recovered = beside (path, "-recovered");
  g_autofree char *name = NULL;

  if (!g_file_test (recovered, G_FILE_TEST_EXISTS))
    return TRUE;
  name = exchange (path, error);
  return name != NULL;
}

/* ---- Rows ---- */

/* We write no text that has zeros in it: they stand where a page ends too early. */
static gboolean
has_whole_texts (sqlite3_stmt *row)
{
  for (int i = 1; i < sqlite3_column_count (row); i++)
    if (sqlite3_column_type (row, i) == SQLITE_TEXT &&
        !g_utf8_validate_len ((const char *) sqlite3_column_text (row, i),
                              sqlite3_column_bytes (row, i), NULL))
      return FALSE;
  return TRUE;
}

/* Returns: FALSE when the new file cannot be written */
static gboolean
copy_row (sqlite3_stmt   *row,
          UdpnatDatabase *to,
          sqlite3_stmt   *insert)
{
  if (!has_whole_texts (row))
    return TRUE;
  sqlite3_reset (insert);
  for (int i = 1; i < sqlite3_column_count (row); i++)
    sqlite3_bind_value (insert, i, sqlite3_column_value (row, i));
  udpnat_database_run_once (to, insert); /* what breaks a rule was not written by us */
  return to->failure == 0;
}

static gint64
get_step (guint n_tries)
{
  gint64 step = 1;

  for (guint i = TRIES_IN_SMALL_STEPS; i < n_tries && step < G_MAXINT64 / 4; i++)
    step += step / 16 + 1;
  return step;
}

/*
 * copy_rows:
 * @inout_next: the number to begin with; then the one after the last that was read
 *
 * As far as it goes. Numbers only grow: one that does not is damaged, and whoever went on from it
 * would read the same rows again, without end.
 *
 * Returns: what SQLite says in the end
 */
static int
copy_rows (sqlite3_stmt   *row,
           UdpnatDatabase *to,
           sqlite3_stmt   *insert,
           gint64         *inout_next)
{
  gint64 last = *inout_next - 1;
  int code;

  sqlite3_reset (row);
  sqlite3_bind_int64 (row, 1, *inout_next);
  while ((code = sqlite3_step (row)) == SQLITE_ROW)
    {
      gint64 number = sqlite3_column_int64 (row, 0);

      if (number <= last || number == G_MAXINT64)
        return SQLITE_CORRUPT;
      last = number;
      *inout_next = number + 1;
      if (!copy_row (row, to, insert))
        return SQLITE_FULL;
    }
  return code;
}

/* @version: of the file; smaller than 1 when that cannot be read, and then all are tried */
static gboolean
has_table (int          version,
           const Table *table)
{
  return version < 1 || (version >= table->first_version && version <= table->last_version);
}

/* Returns: FALSE when the new file cannot be written */
static gboolean
copy_table (const Table    *table,
            sqlite3        *from,
            UdpnatDatabase *to)
{
  sqlite3_stmt *insert = udpnat_database_query (to, table->insert);
  sqlite3_stmt *row = NULL;
  gint64 next = 1;
  guint n_tries = 0;
  int code = SQLITE_CORRUPT;

  if (insert == NULL)
    return FALSE;
  if (sqlite3_prepare_v2 (from, table->select, -1, &row, NULL) != SQLITE_OK)
    return TRUE; /* the table itself is not known any more */
  while (to->failure == 0 && code != SQLITE_DONE && next <= G_MAXINT64 / 2)
    {
      gint64 first = next;

      code = copy_rows (row, to, insert, &next);
      if (next > first)
        n_tries = 0;
      else
        next += get_step (n_tries++);
    }
  sqlite3_finalize (row);
  return to->failure == 0;
}

static gboolean
copy_tables (sqlite3        *from,
             int             version,
             UdpnatDatabase *to)
{
  if (!udpnat_database_exec (to, "BEGIN IMMEDIATE"))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    if (has_table (version, &tables[i]) && !copy_table (&tables[i], from, to))
      return FALSE;
  return udpnat_store_complete_transfers (to) &&
         udpnat_database_exec (to,
                               "UPDATE conversation SET n_unread = (SELECT count(*) FROM line"
                               " WHERE line.conversation = conversation.id"
                               " AND line.number > conversation.last_read"
                               " AND line.is_outgoing = 0 AND line.is_deleted = 0);"
                               "COMMIT;") &&
         udpnat_store_rebuild_index (to);
}

/* Reads what it can of the copy into a new file. */
static gboolean
fill (UdpnatDatabase *to,
      const char     *copy,
      const guint8   *database_key)
{
  g_autoptr (UdpnatDatabase) from = NULL;
  int code;

  if (!udpnat_store_schema_set_up (to, 0))
    return FALSE;
  from = udpnat_database_open (copy, database_key, SQLITE_OPEN_READWRITE, &code);
  /* lets SQLite pass over what it cannot understand of the list of tables */
  if (from == NULL || !udpnat_database_exec (from, "PRAGMA writable_schema = ON;"
                                                   "PRAGMA cell_size_check = ON;"))
    return TRUE;
  sqlite3_db_config (from->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  return copy_tables (from->db, udpnat_store_read_version (from), to);
}

typedef struct
{
  gint64 n_lines;
  gint64 n_people;
} Recovered;

static char *
make_report (const char      *path,
             const char      *name,
             const Recovered *recovered)
{
  g_autofree char *messages = NULL;
  g_autofree char *people = NULL;

  if (recovered->n_lines == 0 && recovered->n_people == 0)
    return g_strdup_printf (_("The profile database %s was damaged, and nothing of it could be "
                              "read. It was kept as %s, and a new one begun."), path, name);
  messages = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%lld messages", "%lld messages",
                                           (gulong) recovered->n_lines),
                              (long long) recovered->n_lines);
  people = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%lld people", "%lld people",
                                         (gulong) recovered->n_people),
                            (long long) recovered->n_people);
  /* Translators: two files, and what was saved, such as: 12 messages, 3 people */
  return g_strdup_printf (_("The profile database %s was damaged. It was kept as %s; what could be "
                            "read was saved: %s, %s."), path, name, messages, people);
}

static gboolean
build (const char   *path,
       const char   *copy,
       const char   *fresh,
       const guint8 *database_key,
       Recovered    *out_recovered,
       GError      **error)
{
  g_autoptr (UdpnatDatabase) to = NULL;
  int code;

  if (!copy_database (path, copy, database_key))
    return set_failure (error, path, g_strerror (errno));
  to = udpnat_database_open (fresh, database_key, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                             &code);
  if (to == NULL || !fill (to, copy, database_key))
    return set_failure (error, path, udpnat_words_explain_database (to != NULL ? to->failure
                                                                              : code));
  out_recovered->n_lines = udpnat_database_get (to, "SELECT count(*) FROM line");
  out_recovered->n_people = udpnat_database_get (to, "SELECT count(*) FROM contact");
  return TRUE;
}

/**
 * udpnat_store_recover:
 * @path: a database that is damaged, and not open
 *
 * Returns: (transfer full) (nullable): a sentence for people; %NULL when the disk did not let us,
 *   and then the file is where it was
 */
char *
udpnat_store_recover (const char   *path,
                      const guint8 *database_key,
                      GError      **error)
{
  g_autofree char *copy = beside (path, "-recovering");
  g_autofree char *fresh = beside (path, "-new");
  g_autofree char *complete = beside (path, "-recovered");
  g_autofree char *name = NULL;
  Recovered recovered;
  gboolean is_built;

  udpnat_database_file_remove (copy);
  udpnat_database_file_remove (fresh);
  is_built = build (path, copy, fresh, database_key, &recovered, error);
  udpnat_database_file_remove (copy);
  if (is_built && g_rename (fresh, complete) != 0)
    is_built = set_failure (error, path, g_strerror (errno));
  if (!is_built)
    {
      udpnat_database_file_remove (fresh);
      return NULL;
    }
  flush_folder (path);
  name = exchange (path, error);
  return name != NULL ? make_report (path, name, &recovered) : NULL;
}
