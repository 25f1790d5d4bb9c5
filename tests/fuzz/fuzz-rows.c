/* Writes into a database past the program that owns it: values of every kind and length in any
 * column of any row. Constraints do not count; so what is left is what the types of STRICT tables
 * allow. */

#include "config.h"

#include "fuzz-rows.h"

#include <sqlite3.h>

#define TABLES_MAX 32
#define COLUMNS_MAX 64
#define STEPS_MAX 400
#define VALUE_MAX_BYTES 4096

/* Returns: (transfer full) (element-type utf8): the first column of @sql */
static GPtrArray *
list (sqlite3    *db,
      const char *sql,
      const char *argument)
{
  GPtrArray    *names = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  if (argument != NULL)
    sqlite3_bind_text (statement, 1, argument, -1, SQLITE_STATIC);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (names, g_strdup ((const char *) sqlite3_column_text (statement, 0)));
  sqlite3_finalize (statement);
  return names;
}

static void
bind_value (sqlite3_stmt *statement,
            UdpnatReader *input)
{
  guint8        kind = udpnat_reader_u8 (input);
  const guint8 *bytes;
  gsize         n_bytes;

  switch (kind % 6)
    {
    case 0:
      sqlite3_bind_null (statement, 1);
      break;
    case 1:
      sqlite3_bind_int (statement, 1, (int) (kind / 6) - 2);
      break;
    case 2:
      sqlite3_bind_int64 (statement, 1, (gint64) udpnat_reader_u64 (input));
      break;
    case 3: /* any bytes: SQLite does not look whether text is UTF-8 */
      bytes = fuzz_take (input, VALUE_MAX_BYTES, &n_bytes);
      sqlite3_bind_text (statement, 1, (const char *) bytes, (int) n_bytes, SQLITE_TRANSIENT);
      break;
    case 4:
      bytes = fuzz_take (input, VALUE_MAX_BYTES, &n_bytes);
      sqlite3_bind_blob (statement, 1, bytes, (int) n_bytes, SQLITE_TRANSIENT);
      break;
    case 5:
      sqlite3_bind_zeroblob (statement, 1, kind / 6 * 8);
      break;
    }
}

static void
change_one (sqlite3      *db,
            GPtrArray    *tables,
            UdpnatReader *input)
{
  const char *table = tables->pdata[udpnat_reader_u8 (input) % tables->len];
  g_autoptr (GPtrArray) columns = list (db, "SELECT name FROM pragma_table_info (?1)", table);
  guint8 which = udpnat_reader_u8 (input);
  guint8 how = udpnat_reader_u8 (input);
  const char *column;
  g_autofree char *sql = NULL;
  sqlite3_stmt *statement = NULL;

  if (columns->len == 0)
    return;
  column = columns->pdata[which % columns->len];
  if (how >= 0xf0)
    sql = g_strdup_printf ("DELETE FROM \"%s\" WHERE ?1 IS NULL OR \"%s\" = ?1", table, column);
  else if (how >= 0x80) /* all of them */
    sql = g_strdup_printf ("UPDATE OR IGNORE \"%s\" SET \"%s\" = ?1", table, column);
  else
    sql = g_strdup_printf ("UPDATE OR IGNORE \"%s\" SET \"%s\" = ?1 WHERE \"%s\" ="
                           " (SELECT \"%s\" FROM \"%s\" LIMIT 1 OFFSET %u)",
                           table, column, column, column, table, how % 8u);
  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK)
    {
      bind_value (statement, input);
      sqlite3_step (statement); /* whatever comes of it */
    }
  sqlite3_finalize (statement);
}

/**
 * fuzz_rows_change:
 *
 * Takes the rest of @input: steps of table, column, row and value.
 */
void
fuzz_rows_change (const char   *path,
                  UdpnatReader *input)
{
  g_autoptr (GPtrArray) tables = NULL;
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;"
                                     "PRAGMA ignore_check_constraints = ON; BEGIN",
                                 NULL, NULL, NULL), ==, SQLITE_OK);
  tables = list (db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", NULL);
  for (guint i = 0; i < STEPS_MAX && udpnat_reader_left (input) > 0 && tables->len > 0; i++)
    change_one (db, tables, input);
  sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}
