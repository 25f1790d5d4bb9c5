/* A thin cover over SQLite: statements are prepared once, parameters carry their type, and a
 * failure is remembered until somebody asks. What a failure means is decided by the callers: a
 * broken constraint is the matter of one write, everything "serious" of all of them. */

#include "config.h"

#include "udpnat-store-database-private.h"

#include "udpnat-limits.h"
#include "udpnat-sealed-vfs.h"

/* ---- Connections ---- */

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

/**
 * udpnat_database_open:
 * @key: (nullable): 32 bytes that the content is encrypted with
 * @out_code: (out): an SQLite code when it fails
 */
UdpnatDatabase *
udpnat_database_open (const char   *path,
                      const guint8 *key,
                      int           flags,
                      int          *out_code)
{
  UdpnatDatabase *self = g_new0 (UdpnatDatabase, 1);

  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, finalize);
  *out_code = udpnat_sealed_vfs_open (path, flags, key, &self->db);
  if (*out_code != SQLITE_OK)
    {
      udpnat_database_close (self);
      return NULL;
    }
  sqlite3_extended_result_codes (self->db, 1);
  sqlite3_busy_timeout (self->db, UDPNAT_STORE_BUSY_MS);
  return self;
}

void
udpnat_database_close (UdpnatDatabase *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->statements);
  udpnat_sealed_vfs_close (self->db);
  g_free (self);
}

/** udpnat_database_is_damage: whether @code says that the file's content is not in order */
gboolean
udpnat_database_is_damage (int code)
{
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

/** udpnat_database_is_serious: whether what comes after @code would fail as well */
gboolean
udpnat_database_is_serious (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
      return FALSE;
    default:
      return TRUE;
    }
}

static void
note_code (UdpnatDatabase *self,
           int             code)
{
  if (!udpnat_database_is_serious (code))
    return;
  if (self->failure == 0)
    self->failure = code;
  self->is_damaged |= udpnat_database_is_damage (code);
  g_debug ("Profile database: %s", sqlite3_errmsg (self->db));
}

/* ---- Statements ---- */

/** udpnat_database_exec: runs @sql, several statements if need be, without keeping them */
gboolean
udpnat_database_exec (UdpnatDatabase *self,
                      const char     *sql)
{
  int code = sqlite3_exec (self->db, sql, NULL, NULL, NULL);

  note_code (self, code);
  return code == SQLITE_OK;
}

/** udpnat_value_text: @text: (nullable): */
UdpnatValue
udpnat_value_text (const char *text)
{
  return text != NULL ? (UdpnatValue) { UDPNAT_VALUE_TEXT, 0, text, strlen (text) }
                      : (UdpnatValue) { UDPNAT_VALUE_NULL, 0, NULL, 0 };
}

/** udpnat_value_bytes: @bytes: (nullable): */
UdpnatValue
udpnat_value_bytes (GBytes *bytes)
{
  gsize n_data;
  const void *data;

  if (bytes == NULL)
    return (UdpnatValue) { UDPNAT_VALUE_NULL, 0, NULL, 0 };
  data = g_bytes_get_data (bytes, &n_data);
  return VALUE_BLOB (data, n_data);
}

static void
bind (sqlite3_stmt      *statement,
      int                position,
      const UdpnatValue *value)
{
  switch (value->type)
    {
    case UDPNAT_VALUE_NULL:
      sqlite3_bind_null (statement, position);
      break;
    case UDPNAT_VALUE_INTEGER:
      sqlite3_bind_int64 (statement, position, value->integer);
      break;
    case UDPNAT_VALUE_TEXT:
      sqlite3_bind_text (statement, position, value->data, (int) value->n_data, SQLITE_STATIC);
      break;
    case UDPNAT_VALUE_BLOB:
      /* a NULL pointer would bind NULL, not an empty value */
      sqlite3_bind_blob (statement, position, value->n_data > 0 ? value->data : "",
                         (int) value->n_data, SQLITE_STATIC);
      break;
    }
}

/**
 * udpnat_database_prepare:
 * @sql: must live as long as @self
 * @values: (array length=n_values): must live until the statement is finished
 *
 * Returns: (transfer none) (nullable): a statement to step; nobody else may be using the same one
 */
sqlite3_stmt *
udpnat_database_prepare (UdpnatDatabase    *self,
                         const char        *sql,
                         const UdpnatValue *values,
                         gsize              n_values)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);
  int code;

  if (statement == NULL)
    {
      code = sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
      if (code != SQLITE_OK)
        {
          note_code (self, code);
          return NULL;
        }
      g_hash_table_insert (self->statements, (gpointer) sql, statement);
    }
  sqlite3_reset (statement);
  for (gsize i = 0; i < n_values; i++)
    bind (statement, (int) i + 1, &values[i]);
  return statement;
}

/** udpnat_database_step: Returns: whether there is a row; after the last one it is finished */
gboolean
udpnat_database_step (UdpnatDatabase *self,
                      sqlite3_stmt   *statement)
{
  int code;

  if (statement == NULL)
    return FALSE;
  code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    return TRUE;
  note_code (self, code);
  sqlite3_reset (statement);
  return FALSE;
}

/** udpnat_database_finish: lets go of what a statement reads; @statement: (nullable): */
void
udpnat_database_finish (sqlite3_stmt *statement)
{
  if (statement != NULL)
    sqlite3_reset (statement);
}

/** udpnat_database_run_once: Returns: whether the statement came to its end */
gboolean
udpnat_database_run_once (UdpnatDatabase *self,
                          sqlite3_stmt   *statement)
{
  int code;

  if (statement == NULL)
    return FALSE;
  do
    code = sqlite3_step (statement);
  while (code == SQLITE_ROW);
  note_code (self, code);
  sqlite3_reset (statement);
  return code == SQLITE_DONE;
}

/** udpnat_database_read_int: Returns: the first column of the first row, 0 when there is none */
gint64
udpnat_database_read_int (UdpnatDatabase *self,
                          sqlite3_stmt   *statement)
{
  gint64 value = 0;

  if (udpnat_database_step (self, statement))
    value = sqlite3_column_int64 (statement, 0);
  udpnat_database_finish (statement);
  return value;
}

/* ---- Rows ---- */

static gboolean
copy_blob (sqlite3_stmt *row,
           int           column,
           guint8       *out,
           int           n_out)
{
  if (sqlite3_column_type (row, column) != SQLITE_BLOB ||
      sqlite3_column_bytes (row, column) != n_out)
    return FALSE;
  memcpy (out, sqlite3_column_blob (row, column), (gsize) n_out);
  return TRUE;
}

gboolean
udpnat_row_get_key (sqlite3_stmt    *row,
                    int              column,
                    UdpnatPublicKey *out_key)
{
  return copy_blob (row, column, out_key->bytes, UDPNAT_KEY_BYTES);
}

gboolean
udpnat_row_get_id (sqlite3_stmt    *row,
                   int              column,
                   UdpnatMessageId *out_id)
{
  return copy_blob (row, column, out_id->bytes, UDPNAT_MESSAGE_ID_BYTES);
}

/**
 * udpnat_row_dup_text: Returns: (transfer full) (nullable): always UTF-8, whatever a damaged file
 * says */
char *
udpnat_row_dup_text (sqlite3_stmt *row,
                     int           column)
{
  const char *text = (const char *) sqlite3_column_text (row, column);

  return text != NULL ? g_utf8_make_valid (text, sqlite3_column_bytes (row, column)) : NULL;
}

/** udpnat_row_dup_bytes: Returns: (transfer full) (nullable): */
GBytes *
udpnat_row_dup_bytes (sqlite3_stmt *row,
                      int           column)
{
  if (sqlite3_column_type (row, column) != SQLITE_BLOB)
    return NULL;
  return g_bytes_new (sqlite3_column_blob (row, column),
                      (gsize) sqlite3_column_bytes (row, column));
}
