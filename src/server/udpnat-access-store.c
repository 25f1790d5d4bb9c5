/* Who may take part, on disk. Of an invitation there is only the hash of its code, how often it may
 * still be used, and until when; nothing says who came in by which. A damaged file is left as it
 * is, and the server does not start without it: else everybody who was blocked would be back.
 *
 * All of this is rare, so each change is on the disk by itself before anybody hears of it.
 */

#include "config.h"

#include "udpnat-access-store.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-name.h"
#include "udpnat-server-database.h"

static const UdpnatServerDatabaseKind access_kind = {
  /* Translators: a file, and what is wrong with it. */
  .damaged = N_("The file of invitations and blocked names %s is damaged (%s). It was not "
                "changed. Restore it from a backup. Only if there is none, move it away, with "
                "the files beside it that begin with its name: nobody is blocked then, and "
                "invitations that are not used yet are lost."),
  /* Translators: a file, and why. */
  .unusable = N_("Cannot use the file of invitations and blocked names %s: %s. Make room on the "
                 "disk, or mend the rights of this file and of those beside it."),
  .newer = N_("The file of invitations and blocked names %s was made by a newer udpnat-server. "
              "Use that one."),
  .unwritten = N_("The file of invitations and blocked names %s could not be written."),
  .damaged_code = UDPNAT_SERVER_ERROR_ACCESS_DAMAGED,
  .failed_code = UDPNAT_SERVER_ERROR_ACCESS_FAILED,
  .version = 1,
  .pragmas = "PRAGMA wal_autocheckpoint = 1",
  .schema = "BEGIN IMMEDIATE;"
            "CREATE TABLE invitations ("
            "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
            "  hash BLOB NOT NULL UNIQUE CHECK (length (hash) = 32),"
            "  uses INTEGER NOT NULL,"
            "  until INTEGER NOT NULL" /* microseconds since 1970 */
            ") STRICT;"
            "CREATE TABLE keys ("
            "  key BLOB PRIMARY KEY CHECK (length (key) = 32),"
            "  is_allowed INTEGER NOT NULL DEFAULT 0,"
            "  is_blocked INTEGER NOT NULL DEFAULT 0"
            ") STRICT, WITHOUT ROWID;"
            "CREATE TABLE names ("
            "  folded TEXT PRIMARY KEY,"
            "  name TEXT NOT NULL,"
            "  is_blocked INTEGER NOT NULL DEFAULT 0,"
            "  denied BLOB CHECK (denied IS NULL OR length (denied) = 32)"
            ") STRICT, WITHOUT ROWID;"
            "PRAGMA user_version = 1;"
            "COMMIT",
};

/* What a statement may have: ?1 to ?4; those that it has not are passed over. */
typedef struct
{
  const guint8 *blob; /* 32 bytes; %NULL for NULL */
  const char   *name; /* (nullable): and folded as ?3 */
  gint64        number;
} Values;

struct _UdpnatAccessStore
{
  UdpnatServerDatabase database;
};

/* ---- Opening ---- */

/**
 * udpnat_access_store_open:
 * @path: the file; made when it does not exist
 *
 * Returns: (transfer full) (nullable): %NULL with %UDPNAT_SERVER_ERROR_ACCESS_DAMAGED (the file is
 * unchanged) or %UDPNAT_SERVER_ERROR_ACCESS_FAILED
 */
UdpnatAccessStore *
udpnat_access_store_open (const char *path,
                          GError    **error)
{
  g_autoptr (UdpnatAccessStore) self = g_new0 (UdpnatAccessStore, 1);

  return udpnat_server_database_open (&self->database, &access_kind, path, error)
           ? g_steal_pointer (&self) : NULL;
}

void
udpnat_access_store_free (UdpnatAccessStore *self)
{
  if (self == NULL)
    return;
  udpnat_server_database_close (&self->database);
  g_free (self);
}

/* ---- Statements ---- */

static sqlite3_stmt *
prepare (UdpnatAccessStore *self,
         const char        *sql,
         GError           **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (self->database.handle, sql, -1, &statement, NULL) != SQLITE_OK)
    udpnat_server_database_fail (&self->database, error);
  return statement;
}

static gboolean
run (UdpnatAccessStore *self,
     const char        *sql,
     const Values      *values,
     GError           **error)
{
  g_autofree char *folded = values->name != NULL ? udpnat_name_fold (values->name) : NULL;
  sqlite3_stmt    *statement = prepare (self, sql, error);
  gboolean         is_done;

  if (statement == NULL)
    return FALSE;
  if (values->blob != NULL)
    sqlite3_bind_blob (statement, 1, values->blob, 32, SQLITE_STATIC);
  if (values->name != NULL)
    {
      sqlite3_bind_text (statement, 2, values->name, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 3, folded, -1, SQLITE_STATIC);
    }
  sqlite3_bind_int64 (statement, 4, values->number);
  is_done = sqlite3_step (statement) == SQLITE_DONE
            || udpnat_server_database_fail (&self->database, error);
  sqlite3_finalize (statement);
  return is_done;
}

/* ---- Invitations ---- */

/** udpnat_access_store_add_invitation: @until_us: microseconds since 1970 */
gboolean
udpnat_access_store_add_invitation (UdpnatAccessStore          *self,
                                    const UdpnatInvitationCode *code,
                                    guint                       n_uses,
                                    gint64                      until_us,
                                    gint64                     *out_id,
                                    GError                    **error)
{
  static const char insert[] = "INSERT INTO invitations (hash, uses, until) VALUES (?1, ?2, ?3)";
  guint8        hash[UDPNAT_INVITATION_HASH_BYTES];
  sqlite3_stmt *statement = prepare (self, insert, error);
  gboolean      is_done;

  if (statement == NULL)
    return FALSE;
  udpnat_invitation_code_hash (code, hash);
  sqlite3_bind_blob (statement, 1, hash, sizeof hash, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, n_uses);
  sqlite3_bind_int64 (statement, 3, until_us);
  is_done = sqlite3_step (statement) == SQLITE_DONE
            || udpnat_server_database_fail (&self->database, error);
  sqlite3_finalize (statement);
  *out_id = sqlite3_last_insert_rowid (self->database.handle);
  return is_done;
}

/** udpnat_access_store_withdraw_invitation: it lets nobody in any more; those who are in stay */
gboolean
udpnat_access_store_withdraw_invitation (UdpnatAccessStore *self,
                                         gint64             id,
                                         gboolean          *out_was_there,
                                         GError           **error)
{
  const Values values = { .number = id };

  if (!run (self, "DELETE FROM invitations WHERE id = ?4", &values, error))
    return FALSE;
  *out_was_there = sqlite3_changes (self->database.handle) == 1;
  return TRUE;
}

/**
 * udpnat_access_store_foreach_invitation:
 * @func: (scope call): called for each that is still good, the oldest first; must not change the
 *   store
 *
 * Those that are too old are forgotten.
 */
gboolean
udpnat_access_store_foreach_invitation (UdpnatAccessStore   *self,
                                        gint64               wall_us,
                                        UdpnatInvitationFunc func,
                                        gpointer             user_data,
                                        GError             **error)
{
  const Values  now = { .number = wall_us };
  sqlite3_stmt *statement;
  int           code;

  if (!run (self, "DELETE FROM invitations WHERE until <= ?4", &now, error))
    return FALSE;
  statement = prepare (self, "SELECT id, uses, until FROM invitations ORDER BY id", error);
  if (statement == NULL)
    return FALSE;
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      const UdpnatInvitation invitation = {
        sqlite3_column_int64 (statement, 0),
        (guint) sqlite3_column_int64 (statement, 1),
        sqlite3_column_int64 (statement, 2),
      };

      func (&invitation, user_data);
    }
  sqlite3_finalize (statement);
  return code == SQLITE_DONE || udpnat_server_database_fail (&self->database, error);
}

static gboolean
take_use (UdpnatAccessStore     *self,
          const Values          *hash,
          const UdpnatPublicKey *key,
          gboolean              *out_is_good,
          GError               **error)
{
  static const char take[] = "UPDATE invitations SET uses = uses - 1 "
                             "WHERE hash = ?1 AND uses > 0 AND until > ?4";
  static const char drop[] = "DELETE FROM invitations WHERE hash = ?1 AND uses = 0";
  static const char let_in[] = "INSERT INTO keys (key, is_allowed) VALUES (?1, 1) "
                               "ON CONFLICT (key) DO UPDATE SET is_allowed = 1";
  const Values whose = { .blob = key->bytes };

  if (!run (self, take, hash, error))
    return FALSE;
  *out_is_good = sqlite3_changes (self->database.handle) == 1;
  return !*out_is_good || (run (self, let_in, &whose, error) && run (self, drop, hash, error));
}

/**
 * udpnat_access_store_redeem:
 *
 * Uses an invitation once, and lets @key in for good.
 */
UdpnatAccessRedeem
udpnat_access_store_redeem (UdpnatAccessStore          *self,
                            const UdpnatInvitationCode *code,
                            const UdpnatPublicKey      *key,
                            gint64                      wall_us,
                            GError                    **error)
{
  guint8       hash[UDPNAT_INVITATION_HASH_BYTES];
  const Values values = { .blob = hash, .number = wall_us };
  const Values nothing = { .blob = NULL };
  gboolean     is_good = FALSE;

  udpnat_invitation_code_hash (code, hash);
  if (!run (self, "BEGIN IMMEDIATE", &nothing, error))
    return UDPNAT_ACCESS_REDEEM_FAILED;
  if (take_use (self, &values, key, &is_good, error) && run (self, "COMMIT", &nothing, error))
    return is_good ? UDPNAT_ACCESS_REDEEM_GOOD : UDPNAT_ACCESS_REDEEM_BAD;
  sqlite3_exec (self->database.handle, "ROLLBACK", NULL, NULL, NULL);
  return UDPNAT_ACCESS_REDEEM_FAILED;
}

/* ---- Keys and names ---- */

#define DROP_EMPTY_KEY "DELETE FROM keys WHERE key = ?1 AND is_allowed = 0 AND is_blocked = 0"
#define DROP_EMPTY_NAME \
  "DELETE FROM names WHERE folded = ?3 AND is_blocked = 0 AND denied IS NULL"

gboolean
udpnat_access_store_set_key_allowed (UdpnatAccessStore     *self,
                                     const UdpnatPublicKey *key,
                                     gboolean               is_allowed,
                                     GError               **error)
{
  const Values values = { .blob = key->bytes, .number = is_allowed };

  return run (self, "INSERT INTO keys (key, is_allowed) VALUES (?1, ?4) "
              "ON CONFLICT (key) DO UPDATE SET is_allowed = ?4", &values, error)
         && run (self, DROP_EMPTY_KEY, &values, error);
}

gboolean
udpnat_access_store_set_key_blocked (UdpnatAccessStore     *self,
                                     const UdpnatPublicKey *key,
                                     gboolean               is_blocked,
                                     GError               **error)
{
  const Values values = { .blob = key->bytes, .number = is_blocked };

  return run (self, "INSERT INTO keys (key, is_blocked) VALUES (?1, ?4) "
              "ON CONFLICT (key) DO UPDATE SET is_blocked = ?4", &values, error)
         && run (self, DROP_EMPTY_KEY, &values, error);
}

/** udpnat_access_store_set_name_blocked: @name: an allowed name */
gboolean
udpnat_access_store_set_name_blocked (UdpnatAccessStore *self,
                                      const char        *name,
                                      gboolean           is_blocked,
                                      GError           **error)
{
  const Values values = { .name = name, .number = is_blocked };

  return run (self, "INSERT INTO names (folded, name, is_blocked) VALUES (?3, ?2, ?4) "
              "ON CONFLICT (folded) DO UPDATE SET is_blocked = ?4", &values, error)
         && run (self, DROP_EMPTY_NAME, &values, error);
}

/** udpnat_access_store_set_name_denied: @key: (nullable): who does not get it again; %NULL: no
 * one */
gboolean
udpnat_access_store_set_name_denied (UdpnatAccessStore     *self,
                                     const char            *name,
                                     const UdpnatPublicKey *key,
                                     GError               **error)
{
  const Values values = { .blob = key != NULL ? key->bytes : NULL, .name = name };

  return run (self, "INSERT INTO names (folded, name, denied) VALUES (?3, ?2, ?1) "
              "ON CONFLICT (folded) DO UPDATE SET denied = ?1", &values, error)
         && run (self, DROP_EMPTY_NAME, &values, error);
}

/* ---- Reading ---- */

static gboolean
read_record (UdpnatAccessStore     *self,
             sqlite3_stmt          *statement,
             UdpnatAccessRecordFunc func,
             gpointer               user_data,
             GError               **error)
{
  const char        *text = (const char *) sqlite3_column_text (statement, 0);
  g_autofree char   *name = text != NULL ? udpnat_name_normalize (text) : NULL;
  int                n_key = sqlite3_column_bytes (statement, 1);
  UdpnatAccessRecord record = {
    .name = name,
    .is_allowed = sqlite3_column_int (statement, 2) != 0,
    .is_blocked = sqlite3_column_int (statement, 3) != 0,
    .is_denied = text != NULL && n_key > 0,
  };

  if ((text != NULL && name == NULL) || (n_key != 0 && n_key != UDPNAT_KEY_BYTES))
    {
      udpnat_server_database_set_damage (&self->database,
                                         /* Translators: what is wrong with a file, in brackets. */
                                         _("it holds a name or a key that cannot be"), error);
      return FALSE;
    }
  if (n_key > 0)
    memcpy (record.key.bytes, sqlite3_column_blob (statement, 1), UDPNAT_KEY_BYTES);
  func (&record, user_data);
  return TRUE;
}

/**
 * udpnat_access_store_foreach:
 * @func: (scope call): called for each key, then for each name; must not change the store
 *
 * Returns: whether all could be read
 */
gboolean
udpnat_access_store_foreach (UdpnatAccessStore     *self,
                             UdpnatAccessRecordFunc func,
                             gpointer               user_data,
                             GError               **error)
{
  static const char select[] = "SELECT NULL, key, is_allowed, is_blocked FROM keys UNION ALL "
                               "SELECT name, denied, 0, is_blocked FROM names";
  sqlite3_stmt *statement = prepare (self, select, error);
  gboolean      is_fine;
  int           code;

  if (statement == NULL)
    return FALSE;
  do
    {
      code = sqlite3_step (statement);
      is_fine = code == SQLITE_ROW ? read_record (self, statement, func, user_data, error)
                                   : code == SQLITE_DONE
                                       || udpnat_server_database_fail (&self->database, error);
    }
  while (code == SQLITE_ROW && is_fine);
  sqlite3_finalize (statement);
  return is_fine;
}
