/* The tables, and how older ones become them. Room is left for what comes next: a conversation has
 * a kind besides its key (1 would be a group), and a reaction names its author. Every table has row
 * numbers, because these are what recovery steps by when pages are missing; the checks keep it from
 * taking over what a damaged page made up. */

#include "config.h"

#include "udpnat-store-private.h"

/* The lines of a conversation are in the order of their numbers, which are never used twice: what
 * was read last is one of them. Times are µs since 1970. */
#define SCHEMA_2                                                                                  \
  "CREATE TABLE contact ("                                                                        \
  "  key BLOB PRIMARY KEY CHECK (length (key) = 32),"                                             \
  "  name TEXT, server TEXT, nickname TEXT,"                                                      \
  "  relation INTEGER NOT NULL DEFAULT 0 CHECK (relation BETWEEN 0 AND 4),"                       \
  "  is_mutual INTEGER NOT NULL DEFAULT 0, is_verified INTEGER NOT NULL DEFAULT 0,"               \
  "  is_relay_only INTEGER NOT NULL DEFAULT 0, last_seen_us INTEGER NOT NULL DEFAULT 0,"          \
  "  status TEXT, avatar BLOB, profile_sent_us INTEGER NOT NULL DEFAULT 0,"                       \
  "  has_refused INTEGER NOT NULL DEFAULT 0) STRICT;"                                             \
  "CREATE INDEX contact_request ON contact (relation) WHERE relation = 1;"                        \
  "CREATE TABLE handshake ("                                                                      \
  "  number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE CHECK (length (key) = 32),"             \
  "  timestamp BLOB NOT NULL CHECK (length (timestamp) = 12)) STRICT;"                            \
  "CREATE TABLE conversation ("                                                                   \
  "  id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, key BLOB NOT NULL,"             \
  "  is_pinned INTEGER NOT NULL DEFAULT 0, is_muted INTEGER NOT NULL DEFAULT 0,"                  \
  "  last_read INTEGER NOT NULL DEFAULT 0, n_unread INTEGER NOT NULL DEFAULT 0,"                  \
  "  last_shown_us INTEGER NOT NULL DEFAULT 0, draft TEXT, UNIQUE (kind, key)) STRICT;"           \
  "CREATE TABLE line ("                                                                           \
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  is_outgoing INTEGER NOT NULL CHECK (is_outgoing IN (0, 1)),"                                 \
  "  id BLOB NOT NULL CHECK (length (id) = 16), type INTEGER NOT NULL,"                           \
  "  sent_us INTEGER NOT NULL, received_us INTEGER NOT NULL, shown_us INTEGER NOT NULL,"          \
  "  text TEXT, body BLOB, quoted BLOB CHECK (length (quoted) = 16),"                             \
  "  is_deleted INTEGER NOT NULL DEFAULT 0,"                                                      \
  "  edited_us INTEGER NOT NULL DEFAULT 0, edit_sent_us INTEGER NOT NULL DEFAULT 0,"              \
  "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5), reason TEXT) STRICT;"                  \
  "CREATE UNIQUE INDEX line_id ON line (conversation, is_outgoing, id);"                          \
  "CREATE INDEX line_place ON line (conversation);"                                               \
  "CREATE INDEX line_delivered ON line (conversation) WHERE state = 3 AND is_outgoing = 1;"       \
  "CREATE TABLE reaction ("                                                                       \
  "  line INTEGER NOT NULL REFERENCES line ON DELETE CASCADE,"                                    \
  "  author BLOB NOT NULL, sign TEXT NOT NULL, sent_us INTEGER NOT NULL,"                         \
  "  PRIMARY KEY (line, author)) STRICT;"                                                         \
  "CREATE TABLE early_change ("                                                                   \
  "  number INTEGER PRIMARY KEY,"                                                                 \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  target BLOB NOT NULL CHECK (length (target) = 16), type INTEGER NOT NULL,"                   \
  "  text TEXT NOT NULL, sent_us INTEGER NOT NULL, UNIQUE (conversation, target, type)) STRICT;"  \
  "CREATE TABLE seen ("                                                                           \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  id BLOB NOT NULL CHECK (length (id) = 16), PRIMARY KEY (conversation, id)) STRICT;"          \
  "CREATE TABLE outbox ("                                                                         \
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  id BLOB NOT NULL CHECK (length (id) = 16), type INTEGER NOT NULL, target BLOB,"              \
  "  sent_us INTEGER NOT NULL, body BLOB NOT NULL,"                                               \
  "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), UNIQUE (conversation, id)) STRICT;"    \
  "CREATE TABLE own_prekey ("                                                                     \
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  id INTEGER NOT NULL, secret BLOB NOT NULL CHECK (length (secret) = 32),"                     \
  "  UNIQUE (conversation, id)) STRICT;"                                                          \
  "CREATE TABLE peer_prekey ("                                                                    \
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
  "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"                    \
  "  id INTEGER NOT NULL, key BLOB NOT NULL CHECK (length (key) = 32),"                           \
  "  UNIQUE (conversation, id)) STRICT;"                                                          \
  "CREATE VIRTUAL TABLE line_search USING fts5 ("                                                 \
  "  text, place, content = '', columnsize = 0, prefix = '1 2',"                                  \
  "  tokenize = \"unicode61 remove_diacritics 2\");"                                              \
  "PRAGMA user_version = 2;"

/* What has become of a file, beside the line that offers it. Paths are bytes, as the disk has
 * them. And what came of a small one with the offer, until it is accepted. */
#define SCHEMA_3                                                                                  \
  "CREATE TABLE transfer ("                                                                       \
  "  line INTEGER PRIMARY KEY REFERENCES line ON DELETE CASCADE,"                                 \
  "  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5), reason TEXT, path BLOB,"               \
  "  partial BLOB, kept INTEGER NOT NULL DEFAULT 0,"                                              \
  "  is_paused INTEGER NOT NULL DEFAULT 0, answer TEXT) STRICT;"                                  \
  "CREATE TABLE file_part ("                                                                      \
  "  number INTEGER PRIMARY KEY AUTOINCREMENT,"                                                   \
  "  line INTEGER NOT NULL REFERENCES line ON DELETE CASCADE,"                                    \
  "  place INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (line, place)) STRICT;"                   \
  "PRAGMA user_version = 3;"

/* All of it or nothing: half a schema would be refused for ever. */
static const char new_schema[] =
  "BEGIN IMMEDIATE;"
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
  "CREATE TABLE server (address TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;"
  SCHEMA_2 SCHEMA_3
  "COMMIT;";

/* Version 1 had the last handshakes in the table of contacts, our own among them. Whoever has a
 * name there is somebody that the user has written to. */
static const char migration_1[] =
  "BEGIN IMMEDIATE;"
  "ALTER TABLE contact RENAME TO old_contact;"
  SCHEMA_2 SCHEMA_3
  "INSERT INTO contact (key, name, relation)"
  "  SELECT key, name, 2 FROM old_contact WHERE name IS NOT NULL AND length (key) = 32;"
  "INSERT INTO handshake (key, timestamp) SELECT key, timestamp FROM old_contact"
  "  WHERE length (key) = 32 AND length (timestamp) = 12;"
  "DROP TABLE old_contact;"
  "COMMIT;";

/* Version 2 had no files; one that was offered to it has a line that it did not understand. */
static const char migration_2[] = "BEGIN IMMEDIATE;" SCHEMA_3;

/** udpnat_store_read_version: Returns: 0 for an empty file, -1 when it cannot be read */
int
udpnat_store_read_version (UdpnatDatabase *database)
{
  sqlite3_stmt *statement = udpnat_database_query (database, "PRAGMA user_version");
  int version = -1;

  if (udpnat_database_step (database, statement))
    version = sqlite3_column_int (statement, 0);
  udpnat_database_finish (statement);
  return version;
}

/** udpnat_store_is_sound: reads every page, so that damage is found now, and not by the query that
 * happens to meet it */
gboolean
udpnat_store_is_sound (UdpnatDatabase *database)
{
  sqlite3_stmt *statement = udpnat_database_query (database, "PRAGMA quick_check (1)");
  gboolean is_sound = FALSE;

  if (udpnat_database_step (database, statement))
    is_sound = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
  udpnat_database_finish (statement);
  return is_sound;
}

gboolean
udpnat_store_schema_create (UdpnatDatabase *database)
{
  return udpnat_database_exec (database, new_schema);
}

static gboolean
roll_back (UdpnatDatabase *database)
{
  if (!sqlite3_get_autocommit (database->db))
    udpnat_database_exec (database, "ROLLBACK");
  return FALSE;
}

static gboolean
migrate_from_2 (UdpnatDatabase *database)
{
  return udpnat_database_exec (database, migration_2) &&
         udpnat_store_complete_transfers (database) && udpnat_database_exec (database, "COMMIT");
}

/**
 * udpnat_store_schema_set_up:
 * @version: what the file has: 0 (empty) to %UDPNAT_STORE_SCHEMA_VERSION
 *
 * Makes it a file of this version, and sets what a writing connection needs. WAL comes last but
 * for what depends on it: setting it writes to the file, which must be known to be ours by then.
 */
gboolean
udpnat_store_schema_set_up (UdpnatDatabase *database,
                            int             version)
{
  if (!udpnat_database_exec (database, "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;"))
    return FALSE;
  if (version == 0 && !udpnat_store_schema_create (database))
    return roll_back (database);
  if (version == 1 && !udpnat_database_exec (database, migration_1))
    return roll_back (database);
  if (version == 2 && !migrate_from_2 (database))
    return roll_back (database);
  return udpnat_database_exec (database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                         "PRAGMA foreign_keys = ON;");
}
