/* What the server's files have in common. What somebody has been told is on disk must still be
 * there after the power goes out: hence WAL with synchronous=FULL, which syncs with every commit
 * (https://www.sqlite.org/pragma.html#pragma_synchronous). Changes are grouped, since a thousand
 * clients that come at once must not cost a thousand syncs.
 *
 * A file that is damaged, or that is not ours, is left as it is; what to do about it is for the
 * owner. A new one is made aside and takes its place when it is whole and on the disk: so an empty
 * one was not left by a crash, and has lost what was in it. */

#include "config.h"

#include "udpnat-server-database.h"

#include <errno.h>
#include <glib/gi18n.h>

#include "udpnat-database-file.h"
#include "udpnat-file-io.h"

/* For an administrator who looks into the file while the server runs. */
#define BUSY_TIMEOUT_MS 1000

/* ---- Errors ---- */

/* @format: of the kind; not checked by the compiler */
static void
set_error (GError          **error,
           UdpnatServerError code,
           const char       *format,
           ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (UDPNAT_SERVER_ERROR, (int) code,
                                                gettext (format), arguments));
  va_end (arguments);
}

/** udpnat_server_database_set_damage: @details: translated, or by SQLite: what is wrong with the
 * file; not always UTF-8 */
void
udpnat_server_database_set_damage (UdpnatServerDatabase *self,
                                   const char           *details,
                                   GError              **error)
{
  g_autofree char *valid = g_utf8_make_valid (details, -1);

  set_error (error, self->kind->damaged_code, self->kind->damaged, self->path, valid);
}

/**
 * udpnat_server_database_fail: says what SQLite says
 *
 * Returns: %FALSE, so that failing is one line
 */
gboolean
udpnat_server_database_fail (UdpnatServerDatabase *self,
                             GError              **error)
{
  g_autofree char *details = g_utf8_make_valid (sqlite3_errmsg (self->handle), -1);
  int code = sqlite3_errcode (self->handle) & 0xff;

  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    udpnat_server_database_set_damage (self, details, error);
  else
    set_error (error, self->kind->failed_code, self->kind->unusable, self->path, details);
  return FALSE;
}

static gboolean
execute (UdpnatServerDatabase *self,
         const char           *sql,
         GError              **error)
{
  return sqlite3_exec (self->handle, sql, NULL, NULL, NULL) == SQLITE_OK
         || udpnat_server_database_fail (self, error);
}

/* ---- Opening ---- */

static gboolean
query_int (UdpnatServerDatabase *self,
           const char           *sql,
           int                  *out_value,
           GError              **error)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_found = FALSE;

  if (sqlite3_prepare_v2 (self->handle, sql, -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    {
      *out_value = sqlite3_column_int (statement, 0);
      is_found = TRUE;
    }
  else
    udpnat_server_database_fail (self, error);
  sqlite3_finalize (statement);
  return is_found;
}

static gboolean
check_pages (UdpnatServerDatabase *self,
             GError              **error)
{
  sqlite3_stmt *statement = NULL;
  const char *result;
  gboolean is_sound = FALSE;

  if (sqlite3_prepare_v2 (self->handle, "PRAGMA quick_check (1)", -1, &statement, NULL)
        != SQLITE_OK
      || sqlite3_step (statement) != SQLITE_ROW)
    udpnat_server_database_fail (self, error);
  else if (result = (const char *) sqlite3_column_text (statement, 0),
           g_strcmp0 (result, "ok") != 0)
    udpnat_server_database_set_damage (self, result, error);
  else
    is_sound = TRUE;
  sqlite3_finalize (statement);
  return is_sound;
}

/* Only reads, until it is sure that the file is ours or empty. */
static gboolean
prepare_tables (UdpnatServerDatabase *self,
                GError              **error)
{
  int version;
  int n_tables;

  if (!query_int (self, "PRAGMA user_version", &version, error)
      || !query_int (self, "SELECT count(*) FROM sqlite_schema", &n_tables, error)
      || !check_pages (self, error))
    return FALSE;
  if (version > self->kind->version)
    {
      set_error (error, self->kind->failed_code, self->kind->newer, self->path);
      return FALSE;
    }
  if (version < 0 || (version == 0 && n_tables != 0))
    {
      /* Translators: what is wrong with a file, in brackets. */
      udpnat_server_database_set_damage (self, _("it belongs to another program"), error);
      return FALSE;
    }
  return execute (self, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", error)
         && execute (self, self->kind->pragmas, error)
         && (version == self->kind->version || execute (self, self->kind->schema, error));
}

static gboolean
connect_file (UdpnatServerDatabase *self,
              const char           *path,
              GError              **error)
{
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;

  if (sqlite3_open_v2 (path, &self->handle, flags, NULL) != SQLITE_OK)
    return udpnat_server_database_fail (self, error);
  sqlite3_busy_timeout (self->handle, BUSY_TIMEOUT_MS);
  /* Closing empties the log into the file: not into one that is not known to be in order. */
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (!prepare_tables (self, error))
    return FALSE;
  sqlite3_db_config (self->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  return TRUE;
}

static gboolean
set_failed (UdpnatServerDatabase *self,
            int                   code,
            GError              **error)
{
  set_error (error, self->kind->failed_code, self->kind->unusable, self->path, g_strerror (code));
  return FALSE;
}

typedef struct
{
  UdpnatServerDatabase *database;
  GError              **error;
} Filling;

static gboolean
fill_new (const char *path,
          gpointer    user_data)
{
  Filling *filling = user_data;
  gboolean is_made = connect_file (filling->database, path, filling->error);

  g_clear_pointer (&filling->database->handle, sqlite3_close);
  return is_made;
}

static gboolean
make_file (UdpnatServerDatabase *self,
           GError              **error)
{
  g_autofree char *aside = g_strconcat (self->path, ".new", NULL);
  Filling filling = { self, error };

  switch (udpnat_database_file_make (self->path, aside, fill_new, &filling))
    {
    case UDPNAT_DATABASE_FILE_MADE:
      return udpnat_file_io_sync_folder (self->path) || set_failed (self, errno, error);
    case UDPNAT_DATABASE_FILE_UNFILLED:
      return FALSE;
    case UDPNAT_DATABASE_FILE_FAILED:
      return set_failed (self, errno, error);
    }
  g_assert_not_reached ();
}

static gboolean
ensure_file (UdpnatServerDatabase *self,
             GError              **error)
{
  gboolean has_log;

  if (g_file_test (self->path, G_FILE_TEST_IS_SYMLINK))
    return TRUE; /* SQLite says that it is one */
  switch (udpnat_database_file_look (self->path, &has_log))
    {
    case UDPNAT_DATABASE_FILE_PRESENT:
      return TRUE;
    case UDPNAT_DATABASE_FILE_EMPTY:
      /* Translators: what is wrong with a file, in brackets. */
      udpnat_server_database_set_damage (self, _("it is empty"), error);
      return FALSE;
    case UDPNAT_DATABASE_FILE_MISSING:
      break;
    }
  if (!has_log)
    return make_file (self, error);
  /* Translators: what is wrong with a file, in brackets. */
  udpnat_server_database_set_damage (self, _("it is gone, and only its log is there"), error);
  return FALSE;
}

/**
 * udpnat_server_database_open:
 * @self: all zeros; to be closed also after a failure
 * @kind: (scope forever)
 * @path: the file; made when it does not exist
 * @error: of the @kind's damaged_code (the file is unchanged) or failed_code
 */
gboolean
udpnat_server_database_open (UdpnatServerDatabase           *self,
                             const UdpnatServerDatabaseKind *kind,
                             const char                     *path,
                             GError                        **error)
{
  self->kind = kind;
  self->path = g_strdup (path);
  return ensure_file (self, error) && connect_file (self, path, error);
}

/** udpnat_server_database_close: all of its statements must be finalized */
void
udpnat_server_database_close (UdpnatServerDatabase *self)
{
  sqlite3_close (self->handle);
  g_free (self->path);
}

/** udpnat_server_database_prepare: a statement to be kept */
gboolean
udpnat_server_database_prepare (UdpnatServerDatabase *self,
                                const char           *sql,
                                sqlite3_stmt        **out_statement,
                                GError              **error)
{
  return sqlite3_prepare_v3 (self->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out_statement, NULL)
           == SQLITE_OK
         || udpnat_server_database_fail (self, error);
}

/* ---- Changes ---- */

/**
 * udpnat_server_database_begin: groups the changes that follow, for one wait on the disk in
 * udpnat_server_database_commit() */
gboolean
udpnat_server_database_begin (UdpnatServerDatabase *self,
                              GError              **error)
{
  g_assert (!self->is_grouped);
  self->is_grouped = execute (self, "BEGIN IMMEDIATE", error);
  return self->is_grouped;
}

/**
 * udpnat_server_database_commit:
 *
 * Puts the changes since udpnat_server_database_begin() on disk, which must have succeeded.
 *
 * Returns: %FALSE when none of them is
 */
gboolean
udpnat_server_database_commit (UdpnatServerDatabase *self,
                               GError              **error)
{
  g_assert (self->is_grouped);
  self->is_grouped = FALSE;
  /* On a full disk SQLite rolls back by itself; then nothing of the group is there. */
  if (sqlite3_get_autocommit (self->handle))
    {
      set_error (error, self->kind->failed_code, self->kind->unwritten, self->path);
      return FALSE;
    }
  if (execute (self, "COMMIT", error))
    return TRUE;
  sqlite3_exec (self->handle, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}
