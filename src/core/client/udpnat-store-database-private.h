#pragma once

#include <sqlite3.h>

#include "udpnat-key.h"
#include "udpnat-message-id.h"

G_BEGIN_DECLS

/**
 * UdpnatDatabase:
 *
 * One connection to the profile's database, with its prepared statements. Used by one thread at a
 * time.
 */
typedef struct
{
  sqlite3    *db;
  GHashTable *statements; /* SQL → sqlite3_stmt */
  int         failure;    /* the first code that says that the file or the disk fails, or 0 */
  gboolean    is_damaged; /* that code, or a later one, said that the file is not in order */
} UdpnatDatabase;

typedef enum
{
  UDPNAT_VALUE_NULL,
  UDPNAT_VALUE_INTEGER,
  UDPNAT_VALUE_TEXT,
  UDPNAT_VALUE_BLOB,
} UdpnatValueType;

/* A parameter of a statement; must live until the statement has been stepped. */
typedef struct
{
  UdpnatValueType type;
  gint64          integer;
  const void     *data;
  gsize           n_data;
} UdpnatValue;

#define VALUE_INT(x) ((UdpnatValue) { UDPNAT_VALUE_INTEGER, (x), NULL, 0 })
#define VALUE_TEXT(x) (udpnat_value_text (x))
#define VALUE_BLOB(x, n) ((UdpnatValue) { UDPNAT_VALUE_BLOB, 0, (x), (n) })
#define VALUE_KEY(x) VALUE_BLOB ((x)->bytes, UDPNAT_KEY_BYTES)
#define VALUE_ID(x) VALUE_BLOB ((x)->bytes, UDPNAT_MESSAGE_ID_BYTES)
#define VALUE_BYTES(x) (udpnat_value_bytes (x))

UdpnatDatabase *udpnat_database_open     (const char        *path,
                                          const guint8      *key,
                                          int                flags,
                                          int               *out_code) G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_database_close    (UdpnatDatabase    *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatDatabase, udpnat_database_close)

UdpnatValue     udpnat_value_text        (const char        *text);
UdpnatValue     udpnat_value_bytes       (GBytes            *bytes);

gboolean        udpnat_database_exec     (UdpnatDatabase    *self,
                                          const char        *sql);
sqlite3_stmt   *udpnat_database_prepare  (UdpnatDatabase    *self,
                                          const char        *sql,
                                          const UdpnatValue *values,
                                          gsize              n_values);
gboolean        udpnat_database_step     (UdpnatDatabase    *self,
                                          sqlite3_stmt      *statement);
void            udpnat_database_finish   (sqlite3_stmt      *statement);
gboolean        udpnat_database_run_once (UdpnatDatabase    *self,
                                          sqlite3_stmt      *statement);
gint64          udpnat_database_read_int (UdpnatDatabase    *self,
                                          sqlite3_stmt      *statement);
gboolean        udpnat_database_is_serious (int              code);
gboolean        udpnat_database_is_damage (int               code);

gboolean        udpnat_row_get_key       (sqlite3_stmt      *row,
                                          int                column,
                                          UdpnatPublicKey   *out_key);
gboolean        udpnat_row_get_id        (sqlite3_stmt      *row,
                                          int                column,
                                          UdpnatMessageId   *out_id);
char           *udpnat_row_dup_text      (sqlite3_stmt      *row,
                                          int                column);
GBytes         *udpnat_row_dup_bytes     (sqlite3_stmt      *row,
                                          int                column);

/* query: rows, one udpnat_database_step() each; leave early with udpnat_database_finish().
 * run: a change; whether it was made. get: the first column of the first row, 0 if there is none.
 * @sql must be a literal: statements are kept. */
#define udpnat_database_query(self, sql, ...)                                                     \
  udpnat_database_prepare ((self), (sql), (const UdpnatValue[]) { __VA_ARGS__ },                  \
                           sizeof ((const UdpnatValue[]) { __VA_ARGS__ }) / sizeof (UdpnatValue))
#define udpnat_database_run(self, sql, ...)                                                       \
  udpnat_database_run_once ((self), udpnat_database_query ((self), sql, __VA_ARGS__))
#define udpnat_database_get(self, sql, ...)                                                       \
  udpnat_database_read_int ((self), udpnat_database_query ((self), sql, __VA_ARGS__))

G_END_DECLS
