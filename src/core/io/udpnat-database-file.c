/* Files of SQLite databases as the programs' stores need them, without SQLite: the store of a
 * profile and those of the server. What is done about damage is for them.
 *
 * A database in WAL mode is a file and its log, and a young one may be all in its log. SQLite takes
 * the log of a file that is empty or gone for rubbish and deletes it
 * (https://www.sqlite.org/walformat.html), so whoever opens one looks first. */

#include "config.h"

#include "udpnat-database-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

static char *
dup_log_path (const char *path)
{
  return g_strconcat (path, "-wal", NULL);
}

/**
 * udpnat_database_file_look:
 * @path: links are followed
 * @out_has_log: (out) (optional): whether there is a log with something in it
 */
UdpnatDatabaseFileState
udpnat_database_file_look (const char *path,
                           gboolean   *out_has_log)
{
  g_autofree char *log_path = dup_log_path (path);
  GStatBuf about;

  if (out_has_log != NULL)
    *out_has_log = g_stat (log_path, &about) == 0 && about.st_size > 0;
  if (g_stat (path, &about) != 0)
    return errno == ENOENT ? UDPNAT_DATABASE_FILE_MISSING : UDPNAT_DATABASE_FILE_PRESENT;
  /* On some file systems a folder has no bytes, either. */
  return S_ISREG (about.st_mode) && about.st_size == 0 ? UDPNAT_DATABASE_FILE_EMPTY
                                                       : UDPNAT_DATABASE_FILE_PRESENT;
}

/** udpnat_database_file_remove: with its log and what is shared with readers; errno stays */
void
udpnat_database_file_remove (const char *path)
{
  g_autofree char *log_path = dup_log_path (path);
  g_autofree char *shm_path = g_strconcat (path, "-shm", NULL);
  int code = errno;

  g_unlink (path);
  g_unlink (log_path);
  g_unlink (shm_path);
  errno = code;
}

/**
 * udpnat_database_file_fill:
 * @path: what is there goes: it was left by a crash
 *
 * Has a database made there. It stays only when it is whole, with nothing left in its log: closing
 * empties that into the file, if the disk has room.
 */
UdpnatDatabaseFileResult
udpnat_database_file_fill (const char            *path,
                           UdpnatDatabaseFileFunc func,
                           gpointer               user_data)
{
  g_autofree char *log_path = dup_log_path (path);
  UdpnatDatabaseFileResult result = UDPNAT_DATABASE_FILE_MADE;

  udpnat_database_file_remove (path);
  if (!func (path, user_data))
    result = UDPNAT_DATABASE_FILE_UNFILLED;
  else if (g_file_test (log_path, G_FILE_TEST_EXISTS))
    {
      result = UDPNAT_DATABASE_FILE_FAILED;
      errno = ENOSPC;
    }
  if (result != UDPNAT_DATABASE_FILE_MADE)
    udpnat_database_file_remove (path);
  return result;
}

/**
 * udpnat_database_file_make:
 * @path: where no file is
 * @aside: a name beside it, on the same file system
 *
 * Makes a database aside, which takes its place when it is whole: so an empty one was not left by a
 * crash, and has lost what was in it. On the disk the new name is with the folder, which is for the
 * caller: see udpnat_file_io_sync_folder().
 */
UdpnatDatabaseFileResult
udpnat_database_file_make (const char            *path,
                           const char            *aside,
                           UdpnatDatabaseFileFunc func,
                           gpointer               user_data)
{
  UdpnatDatabaseFileResult result = udpnat_database_file_fill (aside, func, user_data);

  if (result != UDPNAT_DATABASE_FILE_MADE || g_rename (aside, path) == 0)
    return result;
  udpnat_database_file_remove (aside);
  return UDPNAT_DATABASE_FILE_FAILED;
}

static gboolean
is_taken (const char *path)
{
  g_autofree char *log_path = dup_log_path (path);

  return g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (log_path, G_FILE_TEST_EXISTS);
}

/**
 * udpnat_database_file_dup_damaged_name:
 * @when: for the new name; two damages at one time get two names
 *
 * Returns: (transfer full): where a damaged file can go with its log, so that nothing is lost that
 *   was kept before
 */
char *
udpnat_database_file_dup_damaged_name (const char *path,
                                       const char *when)
{
  char *name = g_strdup_printf ("%s.damaged-%s", path, when);

  for (guint i = 2; is_taken (name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s.damaged-%s-%u", path, when, i);
    }
  return name;
}
