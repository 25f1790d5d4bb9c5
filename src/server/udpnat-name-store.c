/* Names on disk. A name that a client has been told is its own must still be after the power goes
 * out: hence WAL with synchronous=FULL, which syncs with every commit
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). Commits are grouped by
 * udpnat_name_store_begin(), since a thousand clients that come at once must not cost a thousand
 * syncs.
 *
 * A file that is damaged, or that is not ours, is left as it is. Starting afresh would give
 * everybody's name to whoever asks first.
 */

#include "config.h"

#include "udpnat-name-store.h"

#include <sqlite3.h>
#include <string.h>

#include "udpnat-name.h"
#include "udpnat-server-error.h"

/* PRAGMA user_version. Raise it with each change of the table, and convert in prepare_table(). */
#define TABLE_VERSION 1
/* For an administrator who looks into the file while the server runs. */
#define BUSY_TIMEOUT_MS 1000

struct _UdpnatNameStore
{
  sqlite3      *database;
  sqlite3_stmt *insert;
  sqlite3_stmt *select;
  char         *path;
  gboolean      is_grouped; /* between begin and commit */
};

/* ---- Errors ---- */

static gboolean
is_damage (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

static void
set_damage_error (UdpnatNameStore *self,
                  const char      *details,
                  GError         **error)
{
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_DAMAGED,
               "The file of names %s is damaged (%s). It was not changed. "
               "Restore it from a backup. Only if there is none, move it away: "
               "all names are then free again.",
               self->path, details);
}

/* Returns %FALSE, so that failing is one line. */
static gboolean
fail (UdpnatNameStore *self,
      GError         **error)
{
  if (is_damage (sqlite3_errcode (self->database)))
    set_damage_error (self, sqlite3_errmsg (self->database), error);
  else
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_FAILED,
                 "Cannot use the file of names %s: %s.",
                 self->path, sqlite3_errmsg (self->database));
  return FALSE;
}

static gboolean
execute (UdpnatNameStore *self,
         const char      *sql,
         GError         **error)
{
  return sqlite3_exec (self->database, sql, NULL, NULL, NULL) == SQLITE_OK || fail (self, error);
}

/* ---- Opening ---- */

static gboolean
query_int (UdpnatNameStore *self,
           const char      *sql,
           int             *out_value,
           GError         **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_found = FALSE;

  if (sqlite3_prepare_v2 (self->database, sql, -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    {
      *out_value = sqlite3_column_int (statement, 0);
      is_found = TRUE;
    }
  else
    fail (self, error);
  sqlite3_finalize (statement);
  return is_found;
}

static gboolean
check_pages (UdpnatNameStore *self,
             GError         **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_sound = FALSE;

  if (sqlite3_prepare_v2 (self->database, "PRAGMA quick_check (1)", -1, &statement, NULL)
        != SQLITE_OK
      || sqlite3_step (statement) != SQLITE_ROW)
    fail (self, error);
  else if (g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") != 0)
    set_damage_error (self, (const char *) sqlite3_column_text (statement, 0), error);
  else
    is_sound = TRUE;
  sqlite3_finalize (statement);
  return is_sound;
}

/* Only reads, until it is sure that the file is ours or empty. */
static gboolean
prepare_table (UdpnatNameStore *self,
               GError         **error)
{
  int version;
  int n_tables;

  if (!query_int (self, "PRAGMA user_version", &version, error)
      || !query_int (self, "SELECT count(*) FROM sqlite_schema", &n_tables, error)
      || !check_pages (self, error))
    return FALSE;
  if (version > TABLE_VERSION)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAMES_FAILED,
                   "The file of names %s was made by a newer udpnat-server. Use that one.",
                   self->path);
      return FALSE;
    }
  if (version < 0 || (version == 0 && n_tables != 0))
    {
      set_damage_error (self, "it belongs to another program", error);
      return FALSE;
    }
  if (!execute (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", error))
    return FALSE;
  return version == TABLE_VERSION
         || execute (self,
                     "BEGIN IMMEDIATE;"
                     "CREATE TABLE names ("
                     "  folded TEXT PRIMARY KEY,"
                     "  name TEXT NOT NULL,"
                     "  key BLOB NOT NULL CHECK (length (key) = 32),"
                     "  claimed_at INTEGER NOT NULL" /* microseconds since 1970 */
                     ") STRICT, WITHOUT ROWID;"
                     "PRAGMA user_version = 1;"
                     "COMMIT", error);
}

static gboolean
prepare_statements (UdpnatNameStore *self,
                    GError         **error)
{
  static const char insert[] = "INSERT INTO names (folded, name, key, claimed_at) "
                               "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (folded) DO NOTHING";
  static const char select[] = "SELECT key FROM names WHERE folded = ?1";

  return (sqlite3_prepare_v3 (self->database, insert, -1, SQLITE_PREPARE_PERSISTENT,
                              &self->insert, NULL) == SQLITE_OK
          && sqlite3_prepare_v3 (self->database, select, -1, SQLITE_PREPARE_PERSISTENT,
                                 &self->select, NULL) == SQLITE_OK)
         || fail (self, error);
}

/**
 * udpnat_name_store_open:
 * @path: the file; made when it does not exist
 *
 * Opens and checks the file of names.
 *
 * Returns: (transfer full) (nullable): the store, or %NULL with %UDPNAT_SERVER_ERROR_NAMES_DAMAGED
 * (the file is unchanged) or %UDPNAT_SERVER_ERROR_NAMES_FAILED
 */
UdpnatNameStore *
udpnat_name_store_open (const char *path,
                        GError    **error)
{
  g_autoptr (UdpnatNameStore) self = g_new0 (UdpnatNameStore, 1);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;

  self->path = g_strdup (path);
  if (sqlite3_open_v2 (path, &self->database, flags, NULL) != SQLITE_OK)
    {
      fail (self, error);
      return NULL;
    }
  sqlite3_busy_timeout (self->database, BUSY_TIMEOUT_MS);
  if (!prepare_table (self, error) || !prepare_statements (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
udpnat_name_store_free (UdpnatNameStore *self)
{
  if (self == NULL)
    return;
  sqlite3_finalize (self->insert);
  sqlite3_finalize (self->select);
  sqlite3_close (self->database);
  g_free (self->path);
  g_free (self);
}

/* ---- Claims ---- */

static gboolean
is_key_of (UdpnatNameStore       *self,
           const char            *folded,
           const UdpnatPublicKey *key,
           GError               **error)
{
  gboolean is_same = FALSE;

  sqlite3_bind_text (self->select, 1, folded, -1, SQLITE_STATIC);
  if (sqlite3_step (self->select) != SQLITE_ROW)
    fail (self, error);
  else if (sqlite3_column_bytes (self->select, 0) == UDPNAT_KEY_BYTES
           && memcmp (sqlite3_column_blob (self->select, 0), key->bytes, UDPNAT_KEY_BYTES) == 0)
    is_same = TRUE;
  else
    g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NAME_TAKEN,
                         "The name belongs to another key.");
  sqlite3_reset (self->select);
  return is_same;
}

/**
 * udpnat_name_store_claim:
 * @name: an allowed name, as it is to be shown
 * @key: whose it shall be
 * @wall_us: when, in microseconds since 1970
 *
 * Gives @name to @key, unless somebody has it. On disk when this returns, or, after
 * udpnat_name_store_begin(), when udpnat_name_store_commit() does. A name that @key has already
 * keeps the form that it was claimed in.
 *
 * Returns: whether @name is @key's; else %UDPNAT_SERVER_ERROR_NAME_TAKEN, or that the file failed
 */
gboolean
udpnat_name_store_claim (UdpnatNameStore       *self,
                         const char            *name,
                         const UdpnatPublicKey *key,
                         gint64                 wall_us,
                         GError               **error)
{
  g_autofree char *folded = udpnat_name_fold (name);
  gboolean is_done;

  sqlite3_bind_text (self->insert, 1, folded, -1, SQLITE_STATIC);
  sqlite3_bind_text (self->insert, 2, name, -1, SQLITE_STATIC);
  sqlite3_bind_blob (self->insert, 3, key->bytes, UDPNAT_KEY_BYTES, SQLITE_STATIC);
  sqlite3_bind_int64 (self->insert, 4, wall_us);
  is_done = sqlite3_step (self->insert) == SQLITE_DONE || fail (self, error);
  sqlite3_reset (self->insert);
  sqlite3_clear_bindings (self->insert);
  if (!is_done || sqlite3_changes (self->database) == 1)
    return is_done;
  return is_key_of (self, folded, key, error);
}

/**
 * udpnat_name_store_begin:
 *
 * Groups the claims that follow, for one wait on the disk in udpnat_name_store_commit().
 */
gboolean
udpnat_name_store_begin (UdpnatNameStore *self,
                         GError         **error)
{
  g_assert (!self->is_grouped);
  self->is_grouped = execute (self, "BEGIN IMMEDIATE", error);
  return self->is_grouped;
}

/**
 * udpnat_name_store_commit:
 *
 * Puts the claims since udpnat_name_store_begin() on disk, which must have succeeded.
 *
 * Returns: %FALSE when none of them is
 */
gboolean
udpnat_name_store_commit (UdpnatNameStore *self,
                          GError         **error)
{
  g_assert (self->is_grouped);
  self->is_grouped = FALSE;
  if (execute (self, "COMMIT", error))
    return TRUE;
  /* Fails when SQLite has rolled back by itself, as on a full disk: that is what is wanted. */
  sqlite3_exec (self->database, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

/* ---- Reading ---- */

static gboolean
read_row (UdpnatNameStore    *self,
          sqlite3_stmt       *statement,
          UdpnatNameStoreFunc func,
          gpointer            user_data,
          GError            **error)
{
  const char *text = (const char *) sqlite3_column_text (statement, 0);
  g_autofree char *name = text != NULL ? udpnat_name_normalize (text) : NULL;
  UdpnatPublicKey key;

  if (name == NULL || sqlite3_column_bytes (statement, 1) != UDPNAT_KEY_BYTES)
    {
      set_damage_error (self, "it holds a name or a key that cannot be", error);
      return FALSE;
    }
  memcpy (key.bytes, sqlite3_column_blob (statement, 1), UDPNAT_KEY_BYTES);
  func (name, &key, user_data);
  return TRUE;
}

/**
 * udpnat_name_store_foreach:
 * @func: (scope call): called for each name, in no particular order; must not change the store
 *
 * Returns: whether all could be read
 */
gboolean
udpnat_name_store_foreach (UdpnatNameStore    *self,
                           UdpnatNameStoreFunc func,
                           gpointer            user_data,
                           GError            **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_fine;
  int code;

  if (sqlite3_prepare_v2 (self->database, "SELECT name, key FROM names", -1, &statement, NULL)
      != SQLITE_OK)
    return fail (self, error);
  do
    {
      code = sqlite3_step (statement);
      is_fine = code == SQLITE_ROW ? read_row (self, statement, func, user_data, error)
                                   : code == SQLITE_DONE || fail (self, error);
    }
  while (code == SQLITE_ROW && is_fine);
  sqlite3_finalize (statement);
  return is_fine;
}
