/* Names on disk. Starting afresh when the file is damaged would give everybody's name to whoever
 * asks first; so it is left as it is, and the server does not start without it.
 */

#include "config.h"

#include "udpnat-name-store.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-name.h"
#include "udpnat-server-database.h"

static const UdpnatServerDatabaseKind names_kind = {
  /* Translators: a file, and what is wrong with it. */
  .damaged = N_("The file of names %s is damaged (%s). It was not changed. Restore it from a "
                "backup. Only if there is none, move it away, with the files beside it that "
                "begin with its name: all names are then free again."),
  /* Translators: a file, and why. */
  .unusable = N_("Cannot use the file of names %s: %s. Make room on the disk, or mend the "
                 "rights of this file and of those beside it."),
  .newer = N_("The file of names %s was made by a newer udpnat-server. Use that one."),
  .unwritten = N_("The file of names %s could not be written."),
  .damaged_code = UDPNAT_SERVER_ERROR_NAMES_DAMAGED,
  .failed_code = UDPNAT_SERVER_ERROR_NAMES_FAILED,
  .version = 1,
  /* A log that is lost is not missed by anybody, and with it names would be. So it is emptied into
   * the file with each group of claims; there are few. */
  .pragmas = "PRAGMA wal_autocheckpoint = 1",
  .schema = "BEGIN IMMEDIATE;"
            "CREATE TABLE names ("
            "  folded TEXT PRIMARY KEY,"
            "  name TEXT NOT NULL,"
            "  key BLOB NOT NULL CHECK (length (key) = 32),"
            "  claimed_at INTEGER NOT NULL" /* microseconds since 1970 */
            ") STRICT, WITHOUT ROWID;"
            "PRAGMA user_version = 1;"
            "COMMIT",
};

struct _UdpnatNameStore
{
  UdpnatServerDatabase database;
  sqlite3_stmt        *insert;
  sqlite3_stmt        *select;
};

static gboolean
fail (UdpnatNameStore *self,
      GError         **error)
{
  return udpnat_server_database_fail (&self->database, error);
}

/* ---- Opening ---- */

static gboolean
prepare_statements (UdpnatNameStore *self,
                    GError         **error)
{
  static const char insert[] = "INSERT INTO names (folded, name, key, claimed_at) "
                               "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (folded) DO NOTHING";
  static const char select[] = "SELECT key FROM names WHERE folded = ?1";

  return udpnat_server_database_prepare (&self->database, insert, &self->insert, error)
         && udpnat_server_database_prepare (&self->database, select, &self->select, error);
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

  if (!udpnat_server_database_open (&self->database, &names_kind, path, error)
      || !prepare_statements (self, error))
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
  udpnat_server_database_close (&self->database);
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
                         _("The name belongs to another key."));
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
  if (!is_done || sqlite3_changes (self->database.handle) == 1)
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
  return udpnat_server_database_begin (&self->database, error);
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
  return udpnat_server_database_commit (&self->database, error);
}

/** udpnat_name_store_release: @name is nobody's any more; on disk when this returns */
gboolean
udpnat_name_store_release (UdpnatNameStore *self,
                           const char      *name,
                           GError         **error)
{
  g_autofree char *folded = udpnat_name_fold (name);
  sqlite3_stmt    *statement = NULL;
  gboolean         is_done;

  if (sqlite3_prepare_v2 (self->database.handle, "DELETE FROM names WHERE folded = ?1", -1,
                          &statement, NULL) != SQLITE_OK)
    return fail (self, error);
  sqlite3_bind_text (statement, 1, folded, -1, SQLITE_STATIC);
  is_done = sqlite3_step (statement) == SQLITE_DONE || fail (self, error);
  sqlite3_finalize (statement);
  return is_done;
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
      udpnat_server_database_set_damage (&self->database,
                                         /* Translators: what is wrong with a file, in brackets. */
                                         _("it holds a name or a key that cannot be"), error);
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

  if (sqlite3_prepare_v2 (self->database.handle, "SELECT name, key FROM names", -1, &statement,
                          NULL) != SQLITE_OK)
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

/**
 * udpnat_name_store_foreach_after:
 * @after: "", or a name, after which to begin
 * @func: (scope call): called for @n_max names at most, in the order of their folded forms; must
 *   not change the store
 *
 * For whoever looks through all of them bit by bit.
 */
gboolean
udpnat_name_store_foreach_after (UdpnatNameStore       *self,
                                 const char            *after,
                                 guint                  n_max,
                                 UdpnatNameStoreRowFunc func,
                                 gpointer               user_data,
                                 GError               **error)
{
  static const char select[] = "SELECT name, key, claimed_at FROM names WHERE folded > ?1 "
                               "ORDER BY folded LIMIT ?2";
  g_autofree char *folded = udpnat_name_fold (after);
  sqlite3_stmt    *statement = NULL;
  UdpnatPublicKey  key;
  int              code;

  if (sqlite3_prepare_v2 (self->database.handle, select, -1, &statement, NULL) != SQLITE_OK)
    return fail (self, error);
  sqlite3_bind_text (statement, 1, folded, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, n_max);
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      memcpy (key.bytes, sqlite3_column_blob (statement, 1), UDPNAT_KEY_BYTES);
      func ((const char *) sqlite3_column_text (statement, 0), &key,
            sqlite3_column_int64 (statement, 2), user_data);
    }
  sqlite3_finalize (statement);
  return code == SQLITE_DONE || fail (self, error);
}
