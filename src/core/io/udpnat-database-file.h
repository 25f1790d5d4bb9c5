#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The file of a database with its log, seen from outside: what is there, how a new one comes to be,
 * and where a damaged one goes. */

/**
 * UdpnatDatabaseFileState:
 * @UDPNAT_DATABASE_FILE_PRESENT: there is something, or it cannot be looked at: opening it says why
 * @UDPNAT_DATABASE_FILE_EMPTY: a file of no bytes: it has lost what was in it
 * @UDPNAT_DATABASE_FILE_MISSING: nothing, or a link to nothing
 */
typedef enum
{
  UDPNAT_DATABASE_FILE_PRESENT,
  UDPNAT_DATABASE_FILE_EMPTY,
  UDPNAT_DATABASE_FILE_MISSING,
} UdpnatDatabaseFileState;

/**
 * UdpnatDatabaseFileResult:
 * @UDPNAT_DATABASE_FILE_MADE: whole, and under its name
 * @UDPNAT_DATABASE_FILE_UNFILLED: the callback said no
 * @UDPNAT_DATABASE_FILE_FAILED: as errno says; %ENOSPC when the log could not be emptied into it
 */
typedef enum
{
  UDPNAT_DATABASE_FILE_MADE,
  UDPNAT_DATABASE_FILE_UNFILLED,
  UDPNAT_DATABASE_FILE_FAILED,
} UdpnatDatabaseFileResult;

/**
 * UdpnatDatabaseFileFunc:
 * @path: where to make the database; nothing is there
 *
 * Makes a database with all that belongs into a new one, and closes it.
 *
 * Returns: whether that went well
 */
typedef gboolean (*UdpnatDatabaseFileFunc) (const char *path,
                                            gpointer    user_data);

UdpnatDatabaseFileState  udpnat_database_file_look             (const char            *path,
                                                                gboolean              *out_has_log)
  G_GNUC_WARN_UNUSED_RESULT;
void                     udpnat_database_file_remove           (const char            *path);
UdpnatDatabaseFileResult udpnat_database_file_fill             (const char            *path,
                                                                UdpnatDatabaseFileFunc func,
                                                                gpointer               user_data)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatDatabaseFileResult udpnat_database_file_make             (const char            *path,
                                                                const char            *aside,
                                                                UdpnatDatabaseFileFunc func,
                                                                gpointer               user_data)
  G_GNUC_WARN_UNUSED_RESULT;
char                    *udpnat_database_file_dup_damaged_name (const char            *path,
                                                                const char            *when)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
