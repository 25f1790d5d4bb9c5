/* The profile's database. Small writes on the main loop: a timestamp per handshake, a row per new
 * contact or server. The message history, which needs a thread of its own, is not here yet.
 *
 * Writes are in order but not flushed one by one (synchronous = NORMAL): a power failure may forget
 * the last few timestamps and names, and a flush on the main loop would delay each first message by
 * it.
 *
 * A database that cannot be read is never overwritten: opening it fails, and says so. */

#include "config.h"

#include "udpnat-store.h"

#include <sqlite3.h>
#include <string.h>

#include "udpnat-error.h"

#define SCHEMA_VERSION 1

struct _UdpnatStore
{
  sqlite3 *db;
};

/* All of it or nothing: half a schema would be refused for ever. */
static const char schema[] =
  "BEGIN;"
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
  "CREATE TABLE server (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;"
  "CREATE TABLE contact (key BLOB PRIMARY KEY, name TEXT, timestamp BLOB) STRICT;"
  "PRAGMA user_version = 1;"
  "COMMIT;";

static sqlite3_stmt *
prepare (UdpnatStore *self,
         const char  *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (self->db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_warning ("Profile database: %s", sqlite3_errmsg (self->db));
  return statement;
}

/* Runs a statement that gives no row, and finishes it. */
static void
run (UdpnatStore  *self,
     sqlite3_stmt *statement)
{
  if (statement != NULL && sqlite3_step (statement) != SQLITE_DONE)
    g_warning ("Profile database: %s", sqlite3_errmsg (self->db));
  sqlite3_finalize (statement);
}

static int
read_version (UdpnatStore *self)
{
  sqlite3_stmt *statement = NULL;
  int version = -1;

  if (sqlite3_prepare_v2 (self->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return version;
}

/* Reads every page: damage is found now, not by the query that happens to meet it. */
static gboolean
is_sound (UdpnatStore *self)
{
  sqlite3_stmt *statement = NULL;
  gboolean sound = FALSE;

  if (sqlite3_prepare_v2 (self->db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
      sqlite3_step (statement) == SQLITE_ROW)
    sound = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
  sqlite3_finalize (statement);
  return sound;
}

/* WAL comes last: setting it writes to the file, which must be known to be ours by then. */
static gboolean
set_up (UdpnatStore *self,
        int          version)
{
  return (version == SCHEMA_VERSION ||
          sqlite3_exec (self->db, schema, NULL, NULL, NULL) == SQLITE_OK) &&
         sqlite3_exec (self->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", NULL,
                       NULL, NULL) == SQLITE_OK;
}

static gboolean
prepare_database (UdpnatStore *self,
                  const char  *path,
                  GError     **error)
{
  const char *why;
  int version;

  sqlite3_busy_timeout (self->db, 1000);
  version = read_version (self);
  if (version > SCHEMA_VERSION)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                   "The profile database %s was written by a newer udpnat. Update this one.", path);
      return FALSE;
    }
  if (version >= 0 && is_sound (self) && set_up (self, version))
    return TRUE;
  why = sqlite3_errcode (self->db) == SQLITE_OK || sqlite3_errcode (self->db) == SQLITE_ROW ||
        sqlite3_errcode (self->db) == SQLITE_DONE ? "its pages are damaged"
                                                  : sqlite3_errmsg (self->db);
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
               "The profile database %s cannot be used: %s. It was left as it is; restore it, or "
               "choose another profile with --profile DIR.", path, why);
  return FALSE;
}

/**
 * udpnat_store_open:
 * @error: %UDPNAT_ERROR_PROFILE_UNWRITABLE or _DAMAGED
 */
UdpnatStore *
udpnat_store_open (const char *path,
                   GError    **error)
{
  g_autoptr (UdpnatStore) self = g_new0 (UdpnatStore, 1);

  if (sqlite3_open_v2 (path, &self->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                       NULL) != SQLITE_OK)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
                   "Cannot open the profile database %s: %s", path, sqlite3_errmsg (self->db));
      return NULL;
    }
  if (!prepare_database (self, path, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
udpnat_store_free (UdpnatStore *self)
{
  if (self == NULL)
    return;
  sqlite3_close (self->db);
  g_free (self);
}

/* ---- The user's name ---- */

/** udpnat_store_dup_name: Returns: (transfer full) (nullable): the name used last */
char *
udpnat_store_dup_name (UdpnatStore *self)
{
  sqlite3_stmt *statement = prepare (self, "SELECT value FROM setting WHERE name = 'name'");
  char *name = NULL;

  if (statement != NULL && sqlite3_step (statement) == SQLITE_ROW)
    name = g_strdup ((const char *) sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  return name;
}

void
udpnat_store_set_name (UdpnatStore *self,
                       const char  *name)
{
  sqlite3_stmt *statement = prepare (self, "INSERT INTO setting VALUES ('name', ?1) "
                                           "ON CONFLICT DO UPDATE SET value = ?1");

  sqlite3_bind_text (statement, 1, name, -1, SQLITE_TRANSIENT);
  run (self, statement);
}

/* ---- Servers ---- */

gboolean
udpnat_store_get_server_key (UdpnatStore     *self,
                             const char      *server,
                             UdpnatPublicKey *out_key)
{
  sqlite3_stmt *statement = prepare (self, "SELECT key FROM server WHERE address = ?1");
  gboolean is_known = FALSE;

  sqlite3_bind_text (statement, 1, server, -1, SQLITE_TRANSIENT);
  if (statement != NULL && sqlite3_step (statement) == SQLITE_ROW &&
      sqlite3_column_bytes (statement, 0) == UDPNAT_KEY_BYTES)
    {
      memcpy (out_key->bytes, sqlite3_column_blob (statement, 0), UDPNAT_KEY_BYTES);
      is_known = TRUE;
    }
  sqlite3_finalize (statement);
  return is_known;
}

void
udpnat_store_set_server_key (UdpnatStore           *self,
                             const char            *server,
                             const UdpnatPublicKey *key)
{
  sqlite3_stmt *statement = prepare (self, "INSERT INTO server VALUES (?1, ?2) "
                                           "ON CONFLICT DO UPDATE SET key = ?2");

  sqlite3_bind_text (statement, 1, server, -1, SQLITE_TRANSIENT);
  sqlite3_bind_blob (statement, 2, key->bytes, UDPNAT_KEY_BYTES, SQLITE_TRANSIENT);
  run (self, statement);
}

/* ---- Contacts ---- */

void
udpnat_store_set_contact_name (UdpnatStore           *self,
                               const UdpnatPublicKey *key,
                               const char            *name)
{
  sqlite3_stmt *statement = prepare (self, "INSERT INTO contact (key, name) VALUES (?1, ?2) "
                                           "ON CONFLICT DO UPDATE SET name = ?2");

  sqlite3_bind_blob (statement, 1, key->bytes, UDPNAT_KEY_BYTES, SQLITE_TRANSIENT);
  sqlite3_bind_text (statement, 2, name, -1, SQLITE_TRANSIENT);
  run (self, statement);
}

/**
 * udpnat_store_set_timestamp: remembers the last handshake timestamp of a peer, or the last we gave
 * out (our own key) */
void
udpnat_store_set_timestamp (UdpnatStore           *self,
                            const UdpnatPublicKey *key,
                            const guint8           timestamp[12])
{
  sqlite3_stmt *statement = prepare (self, "INSERT INTO contact (key, timestamp) VALUES (?1, ?2) "
                                           "ON CONFLICT DO UPDATE SET timestamp = ?2");

  sqlite3_bind_blob (statement, 1, key->bytes, UDPNAT_KEY_BYTES, SQLITE_TRANSIENT);
  sqlite3_bind_blob (statement, 2, timestamp, 12, SQLITE_TRANSIENT);
  run (self, statement);
}

/** udpnat_store_foreach_contact: @func gets %NULL for a name or a timestamp that is not known */
void
udpnat_store_foreach_contact (UdpnatStore            *self,
                              UdpnatStoreContactFunc  func,
                              gpointer                user_data)
{
  sqlite3_stmt *statement = prepare (self, "SELECT key, name, timestamp FROM contact");

  while (statement != NULL && sqlite3_step (statement) == SQLITE_ROW)
    {
      gboolean has_timestamp = sqlite3_column_bytes (statement, 2) == 12;
      UdpnatPublicKey key;

      if (sqlite3_column_bytes (statement, 0) != UDPNAT_KEY_BYTES)
        continue;
      memcpy (key.bytes, sqlite3_column_blob (statement, 0), UDPNAT_KEY_BYTES);
      func (&key, (const char *) sqlite3_column_text (statement, 1),
            has_timestamp ? sqlite3_column_blob (statement, 2) : NULL, user_data);
    }
  sqlite3_finalize (statement);
}
