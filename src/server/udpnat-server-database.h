#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "udpnat-server-error.h"

G_BEGIN_DECLS

/**
 * UdpnatServerDatabaseKind:
 * @damaged: says that it is, and what to do about it: marked for translation, as the others, and
 *   with a %s for the file and another for what is wrong with it
 * @unusable: that it cannot be used; with a %s for the file and another for why
 * @newer: that it was made by a newer udpnat-server; with a %s for the file
 * @unwritten: that it could not be written; likewise
 * @damaged_code: of a file that is damaged, or not ours
 * @failed_code: of everything else
 * @version: PRAGMA user_version, which @schema sets; raise it with each change of the tables
 * @pragmas: for each connection
 * @schema: makes the tables, in one transaction
 *
 * What tells one file of the server from another.
 */
typedef struct
{
  const char       *damaged;
  const char       *unusable;
  const char       *newer;
  const char       *unwritten;
  UdpnatServerError damaged_code;
  UdpnatServerError failed_code;
  int               version;
  const char       *pragmas;
  const char       *schema;
} UdpnatServerDatabaseKind;

/**
 * UdpnatServerDatabase:
 * @handle: for statements; errors go through udpnat_server_database_fail()
 *
 * One SQLite file of the server: opened only when it is ours and sound, its changes in groups that
 * are on disk together. To be embedded; all zeros is a closed one.
 */
typedef struct
{
  sqlite3                        *handle;
  char                           *path;
  const UdpnatServerDatabaseKind *kind;
  gboolean                        is_grouped; /* between begin and commit */
} UdpnatServerDatabase;

gboolean udpnat_server_database_open       (UdpnatServerDatabase           *self,
                                            const UdpnatServerDatabaseKind *kind,
                                            const char                     *path,
                                            GError                        **error)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_database_close      (UdpnatServerDatabase           *self);
void     udpnat_server_database_set_damage (UdpnatServerDatabase           *self,
                                            const char                     *details,
                                            GError                        **error);
gboolean udpnat_server_database_fail       (UdpnatServerDatabase           *self,
                                            GError                        **error);
gboolean udpnat_server_database_prepare    (UdpnatServerDatabase           *self,
                                            const char                     *sql,
                                            sqlite3_stmt                  **out_statement,
                                            GError                        **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_server_database_begin      (UdpnatServerDatabase           *self,
                                            GError                        **error);
gboolean udpnat_server_database_commit     (UdpnatServerDatabase           *self,
                                            GError                        **error);

G_END_DECLS
