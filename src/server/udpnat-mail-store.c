/* Letters on disk. A letter that its sender has been told is stored must still be after the power
 * goes out: WAL with synchronous=FULL, as for names, and grouped commits. What has been fetched or
 * has expired is overwritten (secure_delete), so that nobody who gets the disk later finds it.
 *
 * A file that is damaged is set aside, not refused as that of names is. A name given away wrongly
 * is lost for good; a letter that is missing is only late: its sender keeps it until the recipient
 * has it, and puts it again. So the server goes on, and takes over whatever can still be read.
 *
 * What is here of a sender is the pass, which only the two people can compute.
 */

#include "config.h"

#include "udpnat-mail-store.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-database-file.h"
#include "udpnat-limits.h"
#include "udpnat-server-database.h"

static const UdpnatServerDatabaseKind letters_kind = {
  /* Translators: a file, and what is wrong with it. */
  .damaged = N_("The file of letters %s is damaged (%s)."),
  /* Translators: a file, and why. */
  .unusable = N_("Cannot use the file of letters %s: %s. Make room on the disk, or mend the "
                 "rights of this file and of those beside it."),
  .newer = N_("The file of letters %s was made by a newer udpnat-server. Use that one."),
  .unwritten = N_("The file of letters %s could not be written."),
  .damaged_code = UDPNAT_SERVER_ERROR_MAIL_DAMAGED,
  .failed_code = UDPNAT_SERVER_ERROR_MAIL_FAILED,
  .version = 1,
  .pragmas = "PRAGMA secure_delete = ON",
  .schema = "BEGIN IMMEDIATE;"
            "CREATE TABLE letters ("
            "  number INTEGER PRIMARY KEY,"
            "  recipient BLOB NOT NULL CHECK (length (recipient) = 32),"
            "  pass BLOB CHECK (length (pass) = 16)," /* NULL: a stranger's */
            "  stored_at INTEGER NOT NULL,"           /* seconds since 1970 */
            "  sealed BLOB NOT NULL"
            ") STRICT;"
            "CREATE TABLE passes ("
            "  recipient BLOB PRIMARY KEY CHECK (length (recipient) = 32),"
            "  passes BLOB NOT NULL CHECK (length (passes) % 16 = 0)"
            ") STRICT;"
            /* No number may be given twice, also when the newest letter is gone. */
            "CREATE TABLE last ("
            "  id INTEGER PRIMARY KEY CHECK (id = 1),"
            "  number INTEGER NOT NULL"
            ") STRICT;"
            "PRAGMA user_version = 1;"
            "COMMIT",
};

typedef enum
{
  STATEMENT_ADD,
  STATEMENT_NUMBER,
  STATEMENT_DELETE,
  STATEMENT_PASSES,
  STATEMENT_NO_PASSES,
  STATEMENT_LOAD,
  N_STATEMENTS,
} Statement;

static const char *const statement_sql[N_STATEMENTS] = {
  [STATEMENT_ADD] = "INSERT INTO letters (number, recipient, pass, stored_at, sealed) "
                    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (number) DO NOTHING",
  [STATEMENT_NUMBER] = "INSERT INTO last (id, number) VALUES (1, ?1) "
                       "ON CONFLICT (id) DO UPDATE SET number = max (number, ?1)",
  [STATEMENT_DELETE] = "DELETE FROM letters WHERE number = ?1",
  [STATEMENT_PASSES] = "INSERT INTO passes (recipient, passes) VALUES (?1, ?2) "
                       "ON CONFLICT (recipient) DO UPDATE SET passes = ?2",
  [STATEMENT_NO_PASSES] = "DELETE FROM passes WHERE recipient = ?1",
  [STATEMENT_LOAD] = "SELECT sealed FROM letters WHERE number = ?1",
};

struct _UdpnatMailStore
{
  UdpnatServerDatabase database;
  sqlite3_stmt        *statements[N_STATEMENTS];
};

static gboolean
fail (UdpnatMailStore *self,
      GError         **error)
{
  return udpnat_server_database_fail (&self->database, error);
}

/* ---- Opening ---- */

static gboolean
prepare_statements (UdpnatMailStore *self,
                    GError         **error)
{
  for (guint i = 0; i < N_STATEMENTS; i++)
    if (!udpnat_server_database_prepare (&self->database, statement_sql[i], &self->statements[i],
                                         error))
      return FALSE;
  return TRUE;
}

/**
 * udpnat_mail_store_open:
 * @path: the file; made when it does not exist
 *
 * Opens and checks the file of letters.
 *
 * Returns: (transfer full) (nullable): the store, or %NULL with %UDPNAT_SERVER_ERROR_MAIL_DAMAGED
 * (the file is unchanged) or %UDPNAT_SERVER_ERROR_MAIL_FAILED
 */
UdpnatMailStore *
udpnat_mail_store_open (const char *path,
                        GError    **error)
{
  g_autoptr (UdpnatMailStore) self = g_new0 (UdpnatMailStore, 1);

  if (!udpnat_server_database_open (&self->database, &letters_kind, path, error)
      || !prepare_statements (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
udpnat_mail_store_free (UdpnatMailStore *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < N_STATEMENTS; i++)
    sqlite3_finalize (self->statements[i]);
  udpnat_server_database_close (&self->database);
  g_free (self);
}

/* ---- Damage ---- */

/**
 * udpnat_mail_store_set_aside:
 * @wall_us: for the new name
 *
 * Moves a damaged file away, with what belongs to it. Nobody may have it open.
 *
 * Returns: (transfer full) (nullable): where it is now, or %NULL with
 *   %UDPNAT_SERVER_ERROR_MAIL_FAILED
 */
char *
udpnat_mail_store_set_aside (const char *path,
                             gint64      wall_us,
                             GError    **error)
{
  static const char *const endings[] = { "-wal", "-shm", "" }; /* the file itself last */
  g_autofree char *when = g_strdup_printf ("%" G_GINT64_FORMAT, wall_us / G_USEC_PER_SEC);
  g_autofree char *aside = udpnat_database_file_dup_damaged_name (path, when);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *from = g_strconcat (path, endings[i], NULL);
      g_autofree char *to = g_strconcat (aside, endings[i], NULL);

      if (g_rename (from, to) != 0 && errno != ENOENT)
        {
          g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_FAILED,
                       /* Translators: a file, and why. */
                       _("Cannot move the damaged file of letters %s away: %s."), from,
                       g_strerror (errno));
          return NULL;
        }
    }
  return g_steal_pointer (&aside);
}

/* Row by row, until one cannot be read. Returns how many are new here. */
static guint
recover_letters (UdpnatMailStore *self,
                 sqlite3         *damaged,
                 const char      *order)
{
  g_autofree char *sql = g_strdup_printf ("SELECT number, recipient, pass, stored_at, sealed "
                                          "FROM letters ORDER BY number %s", order);
  sqlite3_stmt *statement = NULL;
  guint n = 0;

  if (sqlite3_prepare_v2 (damaged, sql, -1, &statement, NULL) != SQLITE_OK)
    return 0;
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      sqlite3_stmt *add = self->statements[STATEMENT_ADD];
      sqlite3_stmt *number = self->statements[STATEMENT_NUMBER];

      for (int i = 0; i < 5; i++)
        sqlite3_bind_value (add, i + 1, sqlite3_column_value (statement, i));
      sqlite3_bind_value (number, 1, sqlite3_column_value (statement, 0));
      n += sqlite3_step (add) == SQLITE_DONE && sqlite3_changes (self->database.handle) == 1
           && sqlite3_step (number) == SQLITE_DONE;
      sqlite3_reset (add);
      sqlite3_clear_bindings (add);
      sqlite3_reset (number);
    }
  sqlite3_finalize (statement);
  return n;
}

static void
recover_passes (UdpnatMailStore *self,
                sqlite3         *damaged)
{
  sqlite3_stmt *set = self->statements[STATEMENT_PASSES];
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (damaged, "SELECT recipient, passes FROM passes", -1, &statement, NULL)
      != SQLITE_OK)
    return;
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      sqlite3_bind_value (set, 1, sqlite3_column_value (statement, 0));
      sqlite3_bind_value (set, 2, sqlite3_column_value (statement, 1));
      sqlite3_step (set);
      sqlite3_reset (set);
      sqlite3_clear_bindings (set);
    }
  sqlite3_finalize (statement);
}

/**
 * udpnat_mail_store_recover:
 * @damaged_path: a file that was set aside
 *
 * Takes over whatever can be read there, as far as it is sound.
 *
 * Returns: how many letters that is
 */
guint
udpnat_mail_store_recover (UdpnatMailStore *self,
                           const char      *damaged_path)
{
  sqlite3 *damaged = NULL;
  guint n_letters = 0;

  /* SQLite would delete the log of an empty file. */
  if (udpnat_database_file_look (damaged_path, NULL) != UDPNAT_DATABASE_FILE_PRESENT)
    return 0;
  if (sqlite3_open_v2 (damaged_path, &damaged, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, NULL)
        == SQLITE_OK
      && udpnat_mail_store_begin (self, NULL))
    {
      /* From both ends, so that one bad page costs only what is on it. */
      n_letters = recover_letters (self, damaged, "ASC");
      n_letters += recover_letters (self, damaged, "DESC");
      recover_passes (self, damaged);
      if (!udpnat_mail_store_commit (self, NULL))
        n_letters = 0;
    }
  sqlite3_close (damaged);
  return n_letters;
}

/* ---- Changes ---- */

/**
 * udpnat_mail_store_begin:
 *
 * Groups the changes that follow, for one wait on the disk in udpnat_mail_store_commit().
 */
gboolean
udpnat_mail_store_begin (UdpnatMailStore *self,
                         GError         **error)
{
  return udpnat_server_database_begin (&self->database, error);
}

/**
 * udpnat_mail_store_commit:
 *
 * Puts the changes since udpnat_mail_store_begin() on disk, which must have succeeded.
 *
 * Returns: %FALSE when none of them is
 */
gboolean
udpnat_mail_store_commit (UdpnatMailStore *self,
                          GError         **error)
{
  return udpnat_server_database_commit (&self->database, error);
}

/* Runs a prepared statement that gives no rows. */
static gboolean
run (UdpnatMailStore *self,
     sqlite3_stmt    *statement,
     GError         **error)
{
  gboolean is_done = sqlite3_step (statement) == SQLITE_DONE || fail (self, error);

  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  return is_done;
}

/** udpnat_mail_store_add: @pass: (nullable): %NULL for a stranger's */
gboolean
udpnat_mail_store_add (UdpnatMailStore       *self,
                       guint64                number,
                       const UdpnatPublicKey *recipient,
                       const guint8          *pass,
                       gint64                 stored_s,
                       GBytes                *sealed,
                       GError               **error)
{
  sqlite3_stmt *add = self->statements[STATEMENT_ADD];
  sqlite3_stmt *last = self->statements[STATEMENT_NUMBER];
  gsize n_sealed;
  gconstpointer data = g_bytes_get_data (sealed, &n_sealed);

  sqlite3_bind_int64 (add, 1, (sqlite3_int64) number);
  sqlite3_bind_blob (add, 2, recipient->bytes, UDPNAT_KEY_BYTES, SQLITE_STATIC);
  if (pass != NULL)
    sqlite3_bind_blob (add, 3, pass, UDPNAT_MAIL_PASS_BYTES, SQLITE_STATIC);
  sqlite3_bind_int64 (add, 4, stored_s);
  sqlite3_bind_blob (add, 5, data, (int) n_sealed, SQLITE_STATIC);
  sqlite3_bind_int64 (last, 1, (sqlite3_int64) number);
  return run (self, add, error) && run (self, last, error);
}

gboolean
udpnat_mail_store_delete (UdpnatMailStore *self,
                          guint64          number,
                          GError         **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_DELETE];

  sqlite3_bind_int64 (statement, 1, (sqlite3_int64) number);
  return run (self, statement, error);
}

/** udpnat_mail_store_set_passes: all that @recipient accepts; may be empty */
gboolean
udpnat_mail_store_set_passes (UdpnatMailStore       *self,
                              const UdpnatPublicKey *recipient,
                              GBytes                *passes,
                              GError               **error)
{
  gsize n_passes;
  gconstpointer data = g_bytes_get_data (passes, &n_passes);
  sqlite3_stmt *statement = self->statements[n_passes > 0 ? STATEMENT_PASSES : STATEMENT_NO_PASSES];

  sqlite3_bind_blob (statement, 1, recipient->bytes, UDPNAT_KEY_BYTES, SQLITE_STATIC);
  if (n_passes > 0)
    sqlite3_bind_blob (statement, 2, data, (int) n_passes, SQLITE_STATIC);
  return run (self, statement, error);
}

/* ---- Reading ---- */

/**
 * udpnat_mail_store_load:
 *
 * Returns: (transfer full) (nullable): what is sealed in the letter, or %NULL with an error when it
 *   is not there or cannot be read
 */
GBytes *
udpnat_mail_store_load (UdpnatMailStore *self,
                        guint64          number,
                        GError         **error)
{
  sqlite3_stmt *statement = self->statements[STATEMENT_LOAD];
  GBytes *sealed = NULL;
  int code;

  sqlite3_bind_int64 (statement, 1, (sqlite3_int64) number);
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    sealed = g_bytes_new (sqlite3_column_blob (statement, 0),
                          (gsize) sqlite3_column_bytes (statement, 0));
  else if (code == SQLITE_DONE)
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED,
                 _("A letter is missing in %s."), self->database.path);
  else
    fail (self, error);
  sqlite3_reset (statement);
  return sealed;
}

static gboolean
read_letter (UdpnatMailStore          *self,
             sqlite3_stmt             *row,
             UdpnatMailStoreLetterFunc func,
             gpointer                  user_data,
             GError                  **error)
{
  int n_pass = sqlite3_column_bytes (row, 2);
  UdpnatPublicKey recipient;

  if (sqlite3_column_bytes (row, 1) != UDPNAT_KEY_BYTES
      || (n_pass != 0 && n_pass != UDPNAT_MAIL_PASS_BYTES) || sqlite3_column_int64 (row, 0) < 0)
    {
      udpnat_server_database_set_damage (&self->database,
                                         /* Translators: what is wrong with a file, in brackets. */
                                         _("it holds a letter that cannot be"), error);
      return FALSE;
    }
  memcpy (recipient.bytes, sqlite3_column_blob (row, 1), UDPNAT_KEY_BYTES);
  func ((guint64) sqlite3_column_int64 (row, 0), &recipient,
        n_pass != 0 ? sqlite3_column_blob (row, 2) : NULL, (gsize) sqlite3_column_int64 (row, 3),
        sqlite3_column_int64 (row, 4), user_data);
  return TRUE;
}

static gboolean
read_letters (UdpnatMailStore          *self,
              UdpnatMailStoreLetterFunc func,
              gpointer                  user_data,
              GError                  **error)
{
  /* length() of a BLOB is in the row's header: nothing sealed is read. */
  static const char sql[] = "SELECT number, recipient, pass, length (sealed), stored_at "
                            "FROM letters ORDER BY number";
  sqlite3_stmt *row = NULL;
  gboolean is_fine;
  int code;

  if (sqlite3_prepare_v2 (self->database.handle, sql, -1, &row, NULL) != SQLITE_OK)
    return fail (self, error);
  do
    {
      code = sqlite3_step (row);
      is_fine = code == SQLITE_ROW ? read_letter (self, row, func, user_data, error)
                                   : code == SQLITE_DONE || fail (self, error);
    }
  while (code == SQLITE_ROW && is_fine);
  sqlite3_finalize (row);
  return is_fine;
}

static gboolean
read_passes (UdpnatMailStore          *self,
             UdpnatMailStorePassesFunc func,
             gpointer                  user_data,
             GError                  **error)
{
  sqlite3_stmt *row = NULL;
  int code;

  if (sqlite3_prepare_v2 (self->database.handle, "SELECT recipient, passes FROM passes", -1, &row,
                          NULL) != SQLITE_OK)
    return fail (self, error);
  while ((code = sqlite3_step (row)) == SQLITE_ROW)
    {
      guint n_passes = (guint) sqlite3_column_bytes (row, 1) / UDPNAT_MAIL_PASS_BYTES;
      UdpnatPublicKey recipient;

      if (sqlite3_column_bytes (row, 0) != UDPNAT_KEY_BYTES)
        continue;
      memcpy (recipient.bytes, sqlite3_column_blob (row, 0), UDPNAT_KEY_BYTES);
      func (&recipient, sqlite3_column_blob (row, 1), n_passes, user_data);
    }
  if (code != SQLITE_DONE)
    fail (self, error);
  sqlite3_finalize (row);
  return code == SQLITE_DONE;
}

/**
 * udpnat_mail_store_foreach:
 * @letter_func: (scope call): called for each letter, in the order of numbers
 * @passes_func: (scope call): called for each recipient that has passes
 *
 * Returns: whether all could be read
 */
gboolean
udpnat_mail_store_foreach (UdpnatMailStore          *self,
                           UdpnatMailStoreLetterFunc letter_func,
                           UdpnatMailStorePassesFunc passes_func,
                           gpointer                  user_data,
                           GError                  **error)
{
  return read_letters (self, letter_func, user_data, error)
         && read_passes (self, passes_func, user_data, error);
}

/** udpnat_mail_store_get_last_number: Returns: the highest that was ever added; 0 for none */
guint64
udpnat_mail_store_get_last_number (UdpnatMailStore *self)
{
  sqlite3_stmt *statement = NULL;
  guint64 number = 0;

  if (sqlite3_prepare_v2 (self->database.handle, "SELECT number FROM last", -1, &statement, NULL)
        == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    number = (guint64) MAX (0, sqlite3_column_int64 (statement, 0));
  sqlite3_finalize (statement);
  return number;
}
