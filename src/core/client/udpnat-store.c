/* The profile's database: opening and closing, settings, servers. The rest of the store has a file
 * for each job (udpnat-store-*.c).
 *
 * Two connections: one reads, in the thread of the caller; one writes, and belongs to the worker
 * while that runs. In WAL mode neither waits for the other.
 *
 * Opening reads every page only when the last user did not close the file, or has met damage in it:
 * with a long history that takes a second. The log that such a user left must be whole, too. What
 * is damaged is set aside, never overwritten, and what can be read is taken over into a new file
 * (udpnat-store-recover.c). */

#include "config.h"

#include "udpnat-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-database-file.h"
#include "udpnat-database-log.h"
#include "udpnat-error.h"
#include "udpnat-limits.h"
#include "udpnat-words.h"

typedef enum
{
  OPENED,
  DAMAGED,
  FAILED, /* and the error is set */
} OpenResult;

/* ---- Opening ---- */

static OpenResult
set_open_error (UdpnatStore *self,
                int          code,
                GError     **error)
{
  if (udpnat_database_is_damage (code))
    return DAMAGED;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               _("Cannot open the profile database %s: %s. It was left as it is. Make room on the "
                 "disk, mend the rights of this file and of those beside it, or choose another "
                 "profile with --profile DIR."), self->path,
               udpnat_words_explain_database (code));
  return FAILED;
}

static OpenResult
set_newer_error (UdpnatStore *self,
                 GError     **error)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
               _("The profile database %s was written by a newer udpnat. Update this one."),
               self->path);
  return FAILED;
}

/* A file that is in order, but not as the key says, is not damaged: whoever has the other key can
 * still read it. */
static OpenResult
set_key_error (UdpnatStore *self,
               int          code,
               GError     **error)
{
  if (code == SQLITE_AUTH)
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                 _("The profile database %s is encrypted with another key than the key of this "
                   "profile. It was left as it is; restore it together with the key."),
                 self->path);
  else
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                 _("The profile database %s is not encrypted with the key of this profile. It was "
                   "left as it is; restore it together with the key."), self->path);
  return FAILED;
}

static gboolean
is_not_empty (const char *path,
              const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);
  GStatBuf status;

  return g_stat (name, &status) == 0 && status.st_size > 0;
}

/* Whether the last user went without closing, or left the mark of damage. */
static gboolean
must_be_checked (UdpnatStore *self)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);

  return is_not_empty (self->path, "-wal") || is_not_empty (self->path, "-journal") ||
         g_file_test (mark, G_FILE_TEST_EXISTS);
}

static void
remove_mark (UdpnatStore *self)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);

  g_unlink (mark);
}

/* Whether an empty version belongs to an empty file, and not to somebody else's database. */
static gboolean
is_empty (UdpnatDatabase *database)
{
  return udpnat_database_get (database, "SELECT count(*) FROM sqlite_schema") == 0 &&
         database->failure == 0;
}

/* What was said is nobody else's, wherever the folder stands. SQLite gives its log the same mode. A
 * file that cannot be opened here is for SQLite to complain about. */
static void
keep_private (UdpnatStore *self)
{
  int fd = open (self->path, O_RDWR | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fchmod (fd, 0600) != 0)
    g_warning ("Cannot make %s private: %s", self->path, g_strerror (errno));
  close (fd);
}

/* A new file takes its place whole: one that is empty, or of which only the log is there, has lost
 * what was in it. */
static OpenResult
ensure_file (UdpnatStore  *self,
             const guint8 *database_key,
             GError      **error)
{
  gboolean has_log;
  int code;

  switch (udpnat_database_file_look (self->path, &has_log))
    {
    case UDPNAT_DATABASE_FILE_PRESENT:
      return OPENED;
    case UDPNAT_DATABASE_FILE_EMPTY:
      return DAMAGED;
    case UDPNAT_DATABASE_FILE_MISSING:
      break;
    }
  if (g_file_test (self->path, G_FILE_TEST_IS_SYMLINK)) /* to nowhere: SQLite complains about it */
    return OPENED;
  if (has_log)
    return DAMAGED;
  code = udpnat_store_make (self->path, database_key);
  return code == SQLITE_OK ? OPENED : set_open_error (self, code, error);
}

static OpenResult
open_writer (UdpnatStore  *self,
             const guint8 *database_key,
             gboolean      is_to_be_checked,
             GError      **error)
{
  UdpnatDatabase *database;
  int version;
  int code;

  keep_private (self);
  database = udpnat_database_open (self->path, database_key,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &code);
  if (code == SQLITE_AUTH || (code == SQLITE_NOTADB && database_key != NULL))
    return set_key_error (self, code, error);
  if (database == NULL)
    return set_open_error (self, code, error);
  self->writer.database = database;
  /* SQLite opens a file that it may not write all the same. */
  if (sqlite3_db_readonly (database->db, "main") == 1)
    return set_open_error (self, SQLITE_READONLY, error);
  /* nothing is moved from the log into a file that may not be in order */
  sqlite3_db_config (database->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  version = udpnat_store_read_version (database);
  if (database->failure != 0)
    return set_open_error (self, database->failure, error);
  if (version > UDPNAT_STORE_SCHEMA_VERSION)
    return set_newer_error (self, error);
  if (version < 0 || (version == 0 && !is_empty (database)) ||
      !udpnat_database_log_is_whole (database->db, self->path) ||
      ((is_to_be_checked || version == 1) && !udpnat_store_is_sound (database)))
    return database->failure != 0 ? set_open_error (self, database->failure, error) : DAMAGED;
  if (udpnat_store_schema_set_up (database, version))
    return OPENED;
  return database->failure != 0 ? set_open_error (self, database->failure, error) : DAMAGED;
}

static OpenResult
open_reader (UdpnatStore  *self,
             const guint8 *database_key,
             GError      **error)
{
  int code;

  self->reader = udpnat_database_open (self->path, database_key, SQLITE_OPEN_READWRITE, &code);
  if (self->reader == NULL)
    return set_open_error (self, code, error);
  if (!udpnat_database_exec (self->reader, "PRAGMA temp_store = MEMORY; PRAGMA query_only = ON;"))
    return set_open_error (self, self->reader->failure, error);
  return OPENED;
}

/* What the row says of its first column; not when that is NULL, as only damage makes it. Takes
 * @value, if there is one. */
static void
keep_by_name (GHashTable   *table,
              sqlite3_stmt *row,
              gpointer      value)
{
  char *name = udpnat_row_dup_text (row, 0);

  if (name != NULL && value != NULL)
    {
      g_hash_table_replace (table, name, value);
      return;
    }
  g_free (name);
  g_free (value);
}

static OpenResult
read_settings (UdpnatStore *self,
               GError     **error)
{
  UdpnatDatabase *database = self->reader;
  sqlite3_stmt *row = udpnat_database_query (database, "SELECT name, value FROM setting");
  UdpnatPublicKey key;

  while (udpnat_database_step (database, row))
    keep_by_name (self->settings, row, udpnat_row_dup_text (row, 1));
  row = udpnat_database_query (database, "SELECT address, key FROM server");
  while (udpnat_database_step (database, row))
    if (udpnat_row_get_key (row, 1, &key))
      keep_by_name (self->servers, row, g_memdup2 (&key, sizeof key));
  return database->failure == 0 ? OPENED : set_open_error (self, database->failure, error);
}

static void
close_connections (UdpnatStore *self)
{
  /* The last one to close empties the log into the file: only the writer may. */
  g_clear_pointer (&self->reader, udpnat_database_close);
  g_clear_pointer (&self->writer.database, udpnat_database_close);
  g_hash_table_remove_all (self->settings);
  g_hash_table_remove_all (self->servers);
}

/* The search index is built anew when a write could not bring it up to date, or when what was found
 * to be damaged may have been a part of it that no check reads. */
static gboolean
mend_index (UdpnatStore *self,
            gboolean     is_suspect)
{
  if (!is_suspect && !g_hash_table_contains (self->settings, UDPNAT_STORE_INDEX_STALE))
    return TRUE;
  g_hash_table_remove (self->settings, UDPNAT_STORE_INDEX_STALE);
  return udpnat_store_rebuild_index (self->writer.database);
}

static OpenResult
try_open (UdpnatStore  *self,
          const guint8 *database_key,
          GError      **error)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);
  gboolean is_marked = g_file_test (mark, G_FILE_TEST_EXISTS);
  OpenResult result = ensure_file (self, database_key, error);

  if (result == OPENED)
    result = open_writer (self, database_key, must_be_checked (self), error);
  if (result == OPENED)
    result = open_reader (self, database_key, error);
  if (result == OPENED)
    result = read_settings (self, error);
  if (result == OPENED && !mend_index (self, is_marked))
    result = set_open_error (self, self->writer.database->failure, error);
  if (result != OPENED)
    close_connections (self);
  return result;
}

static gboolean
open_or_recover (UdpnatStore  *self,
                 const guint8 *database_key,
                 GError      **error)
{
  OpenResult result;

  if (!udpnat_store_finish_recovery (self->path, error))
    return FALSE;
  result = try_open (self, database_key, error);
  if (result == DAMAGED)
    {
      self->recovery_report = udpnat_store_recover (self->path, database_key, error);
      if (self->recovery_report == NULL)
        return FALSE;
      remove_mark (self);
      result = try_open (self, database_key, error);
    }
  if (result == DAMAGED)
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                 _("The profile database %s is damaged, and so is the new one made of it: the "
                   "disk seems to fail."), self->path);
  return result == OPENED;
}

/**
 * udpnat_store_open:
 * @database_key: (nullable): 32 bytes that the file is encrypted with
 * @own_key: ours: a conversation with it is a note to self
 * @error: %UDPNAT_ERROR_PROFILE_UNWRITABLE; _DAMAGED for a file of a newer version
 *
 * An older file is brought up to date. A damaged one is set aside, and what can be read of it is
 * taken over: udpnat_store_dup_recovery_report() says so.
 */
UdpnatStore *
udpnat_store_open (const char             *path,
                   const guint8           *database_key,
                   const UdpnatPublicKey  *own_key,
                   GError                **error)
{
  g_autoptr (UdpnatStore) self = g_new0 (UdpnatStore, 1);

  self->path = g_strdup (path);
  self->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->lost_settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->writer.own_key = *own_key;
  udpnat_index_changes_init (&self->writer.index_changes);
  g_queue_init (&self->queue);
  g_queue_init (&self->finished);
  if (!open_or_recover (self, database_key, error))
    return NULL;
  sqlite3_db_config (self->writer.database->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  remove_mark (self);
  self->is_untidy = g_hash_table_contains (self->settings, UDPNAT_STORE_INDEX_UNTIDY);
  return g_steal_pointer (&self);
}

/** udpnat_store_free: writes what is queued first, and runs its functions */
void
udpnat_store_free (UdpnatStore *self)
{
  if (self == NULL)
    return;
  if (self->writer.database != NULL)
    udpnat_store_flush (self);
  close_connections (self);
  udpnat_index_changes_clear (&self->writer.index_changes);
  g_hash_table_unref (self->settings);
  g_hash_table_unref (self->servers);
  g_hash_table_unref (self->lost_settings);
  g_free (self->recovery_report);
  g_free (self->path);
  g_free (self);
}

/**
 * udpnat_store_dup_recovery_report: Returns: (transfer full) (nullable): a sentence for people:
 * what was damaged when the store was opened, and where the old file is */
char *
udpnat_store_dup_recovery_report (UdpnatStore *self)
{
  return g_strdup (self->recovery_report);
}

/**
 * udpnat_store_is_damaged: whether something could not be read since it was opened: opening it
 * again sets the file aside and recovers what it can */
gboolean
udpnat_store_is_damaged (UdpnatStore *self)
{
  if (self->reader->is_damaged)
    udpnat_store_note_damage (self);
  return self->is_damaged;
}

/** udpnat_store_get_size_bytes: Returns: what the database takes on the disk, without its log */
gint64
udpnat_store_get_size_bytes (UdpnatStore *self)
{
  return udpnat_database_get (self->reader, "PRAGMA page_count") *
         udpnat_database_get (self->reader, "PRAGMA page_size");
}

/* ---- Writes of a name and a value ---- */

typedef struct
{
  UdpnatStoreWrite base;
  const char      *set;    /* SQL of two parameters */
  const char      *remove; /* SQL of one */
  char            *name;
  GBytes          *blob;   /* nullable */
  char            *text;   /* nullable */
} PairWrite;

static gboolean
run_pair (UdpnatStoreWriter *writer,
          UdpnatStoreWrite  *write)
{
  PairWrite *self = (PairWrite *) write;

  if (self->blob == NULL && self->text == NULL)
    return udpnat_database_run (writer->database, self->remove, VALUE_TEXT (self->name));
  return udpnat_database_run (writer->database, self->set, VALUE_TEXT (self->name),
                              self->text != NULL ? VALUE_TEXT (self->text)
                                                 : VALUE_BYTES (self->blob));
}

static void
finish_pair (UdpnatStore      *store,
             UdpnatStoreWrite *write,
             gboolean          is_saved)
{
  if (is_saved)
    return;
  g_debug ("The profile database could not remember %s", ((PairWrite *) write)->name);
  if (store->lost_func != NULL)
    store->lost_func (store->lost_data);
}

static void
clear_pair (UdpnatStoreWrite *write)
{
  PairWrite *self = (PairWrite *) write;

  g_free (self->name);
  g_free (self->text);
  g_clear_pointer (&self->blob, g_bytes_unref);
}

static PairWrite *
pair_new (const char *set,
          const char *remove,
          const char *name,
          void (*finish) (UdpnatStore *, UdpnatStoreWrite *, gboolean))
{
  PairWrite *self = udpnat_store_write_create (PairWrite, run_pair, finish, clear_pair);

  self->set = set;
  self->remove = remove;
  self->name = g_strdup (name);
  return self;
}

/* ---- Settings ---- */

/** udpnat_store_dup_setting: Returns: (transfer full) (nullable): what was set last */
char *
udpnat_store_dup_setting (UdpnatStore *self,
                          const char  *name)
{
  return g_strdup (g_hash_table_lookup (self->settings, name));
}

static void push_setting (UdpnatStore *self,
                          const char  *name);

/* With one of them the disk may have room for the others again. */
static void
finish_setting (UdpnatStore      *store,
                UdpnatStoreWrite *write,
                gboolean          is_saved)
{
  GHashTableIter iter;
  gpointer name;

  if (!is_saved)
    g_hash_table_add (store->lost_settings, g_strdup (((PairWrite *) write)->name));
  finish_pair (store, write, is_saved);
  if (!is_saved)
    return;
  g_hash_table_remove (store->lost_settings, ((PairWrite *) write)->name);
  g_hash_table_iter_init (&iter, store->lost_settings);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      push_setting (store, name);
      g_hash_table_iter_remove (&iter);
    }
}

static void
push_setting (UdpnatStore *self,
              const char  *name)
{
  PairWrite *write = pair_new ("INSERT OR REPLACE INTO setting VALUES (?1, ?2)",
                               "DELETE FROM setting WHERE name = ?1", name, finish_setting);

  write->text = g_strdup (g_hash_table_lookup (self->settings, name));
  udpnat_store_push (self, write);
}

/** udpnat_store_set_lost_func: @func: (nullable): called for each setting that the disk has not
 * taken */
void
udpnat_store_set_lost_func (UdpnatStore         *self,
                            UdpnatStoreLostFunc  func,
                            gpointer             user_data)
{
  self->lost_func = func;
  self->lost_data = user_data;
}

/**
 * udpnat_store_set_setting:
 * @name: not beginning with a dot
 * @value: (nullable): %NULL removes it
 */
void
udpnat_store_set_setting (UdpnatStore *self,
                          const char  *name,
                          const char  *value)
{
  g_return_if_fail (name[0] != '.');

  if (g_strcmp0 (g_hash_table_lookup (self->settings, name), value) == 0)
    return;
  if (value != NULL)
    g_hash_table_replace (self->settings, g_strdup (name), g_strdup (value));
  else
    g_hash_table_remove (self->settings, name);
  push_setting (self, name);
}

/* ---- Servers ---- */

/** udpnat_store_get_server_key: Returns: whether @server has been seen before */
gboolean
udpnat_store_get_server_key (UdpnatStore     *self,
                             const char      *server,
                             UdpnatPublicKey *out_key)
{
  const UdpnatPublicKey *key = g_hash_table_lookup (self->servers, server);

  if (key == NULL)
    return FALSE;
  *out_key = *key;
  return TRUE;
}

static PairWrite *
server_write_new (const char *server)
{
  return pair_new ("INSERT OR REPLACE INTO server VALUES (?1, ?2)",
                   "DELETE FROM server WHERE address = ?1", server, finish_pair);
}

void
udpnat_store_set_server_key (UdpnatStore           *self,
                             const char            *server,
                             const UdpnatPublicKey *key)
{
  PairWrite *write = server_write_new (server);

  g_hash_table_replace (self->servers, g_strdup (server), g_memdup2 (key, sizeof *key));
  write->blob = g_bytes_new (key->bytes, UDPNAT_KEY_BYTES);
  udpnat_store_push (self, write);
}

void
udpnat_store_forget_server_key (UdpnatStore *self,
                                const char  *server)
{
  if (g_hash_table_remove (self->servers, server))
    udpnat_store_push (self, server_write_new (server));
}
