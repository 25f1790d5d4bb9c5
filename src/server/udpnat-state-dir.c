/* Makes the state directory and keeps a second server out of it: two with one key would answer for
 * each other's sessions, and two writers of names would each miss what the other has given away.
 *
 * The directory may stand behind a link: with DynamicUser= of systemd.exec(5) /var/lib/NAME is one
 * to private/NAME. Whose link that is matters, since it says where a secret key is written. It is
 * followed once; what stands in it is opened by the path behind, with no link in it, which is also
 * all that SQLite opens with SQLITE_OPEN_NOFOLLOW.
 *
 * The lock is flock(2) on a file that stays: it ends with the process, however that ends.
 */

#include "config.h"

#include "udpnat-state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-file-io.h"
#include "udpnat-server-error.h"

#define LOCK_NAME "lock"

struct _UdpnatStateDir
{
  char *path;
  int   lock_fd;
};

static void
set_dir_error (GError    **error,
               const char *path,
               int         code)
{
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_DIR,
               /* Translators: the directory, and why. */
               _("Cannot use the state directory %s: %s. "
                 "Make it writable for this user, or choose another one with --state-dir."),
               path, g_strerror (code));
}

/* For the message only: whoever has the lock has written its process id. */
static void
set_in_use_error (UdpnatStateDir *self,
                  GError        **error)
{
  char text[24] = { 0 };
  guint64 process;

  if (pread (self->lock_fd, text, sizeof text - 1, 0) > 0
      && g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT32, &process, NULL))
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_IN_USE,
                 /* Translators: the number of the process, and the directory. */
                 _("Another udpnat-server (process %llu) is using %s. "
                   "Stop it, or choose another directory with --state-dir."),
                 (unsigned long long) process, self->path);
  else
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_IN_USE,
                 _("Another udpnat-server is using %s. "
                   "Stop it, or choose another directory with --state-dir."), self->path);
}

static gboolean
lock (UdpnatStateDir *self,
      GError        **error)
{
  g_autofree char *file = udpnat_state_dir_dup_file (self, LOCK_NAME);
  char text[24];
  int n_text;

  self->lock_fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (self->lock_fd < 0)
    {
      set_dir_error (error, self->path, errno);
      return FALSE;
    }
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno == EWOULDBLOCK)
        set_in_use_error (self, error);
      else
        set_dir_error (error, self->path, errno);
      return FALSE;
    }
  n_text = g_snprintf (text, sizeof text, "%d\n", (int) getpid ());
  /* Also finds a full disk or one that is mounted read-only before anybody depends on it. */
  if (ftruncate (self->lock_fd, 0) != 0 || pwrite (self->lock_fd, text, n_text, 0) != n_text)
    {
      set_dir_error (error, self->path, errno);
      return FALSE;
    }
  return TRUE;
}

/* Who made the last part counts when that is a link. For those above it the kernel's word is taken,
 * which follows no other user's link in a directory such as /tmp (proc(5), protected_symlinks).
 *
 * Returns: (transfer full) (nullable): without a link in it */
static char *
resolve (const char *path,
         GError    **error)
{
  g_autofree char *fd_path = NULL;
  struct stat link;
  char *found;
  int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || lstat (path, &link) != 0)
    {
      set_dir_error (error, path, errno);
      if (fd >= 0)
        close (fd);
      return NULL;
    }
  if (S_ISLNK (link.st_mode) && link.st_uid != 0 && link.st_uid != geteuid ())
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_DIR,
                   _("The state directory %s is a link that another user has made. Name the "
                     "directory that is meant, with --state-dir."), path);
      close (fd);
      return NULL;
    }
  fd_path = g_strdup_printf ("/proc/self/fd/%d", fd);
  found = g_file_read_link (fd_path, NULL);
  close (fd);
  /* Without /proc there is still what was given. */
  return found != NULL ? found : g_strdup (path);
}

/* "x/" would be looked at behind the link x. */
static char *
dup_without_slashes (const char *path)
{
  gsize n = strlen (path);

  while (n > 1 && path[n - 1] == '/')
    n--;
  return g_strndup (path, n);
}

/**
 * udpnat_state_dir_open:
 * @path: made, for this user only, when it does not exist; an existing one keeps its mode. A
 *   link to one is followed when it is root's or this user's
 *
 * Returns: (transfer full) (nullable): the locked directory, or %NULL with
 * %UDPNAT_SERVER_ERROR_STATE_DIR or %UDPNAT_SERVER_ERROR_STATE_IN_USE
 */
UdpnatStateDir *
udpnat_state_dir_open (const char *path,
                       GError    **error)
{
  g_autoptr (UdpnatStateDir) self = g_new0 (UdpnatStateDir, 1);
  g_autofree char *given = dup_without_slashes (path);

  self->lock_fd = -1;
  if (g_mkdir_with_parents (given, 0700) != 0)
    {
      set_dir_error (error, path, errno);
      return NULL;
    }
  self->path = resolve (given, error);
  if (self->path == NULL)
    return NULL;
  if (!lock (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/** udpnat_state_dir_is_in_use: Returns: whether a server has it, as far as this user may know */
gboolean
udpnat_state_dir_is_in_use (const char *path)
{
  g_autofree char *file = g_build_filename (path, LOCK_NAME, NULL);

  return udpnat_file_io_is_locked (file);
}

/** udpnat_state_dir_get_holder: Returns: the process that holds the directory at @path; 0: none */
guint64
udpnat_state_dir_get_holder (const char *path)
{
  g_autofree char *file = g_build_filename (path, LOCK_NAME, NULL);
  g_autofree char *text = NULL;
  guint64 process;

  if (!udpnat_state_dir_is_in_use (path) || !g_file_get_contents (file, &text, NULL, NULL)
      || !g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT32, &process, NULL))
    return 0;
  return process;
}

void
udpnat_state_dir_free (UdpnatStateDir *self)
{
  if (self == NULL)
    return;
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_free (self);
}

/**
 * udpnat_state_dir_dup_file:
 *
 * Returns: (transfer full): path of the file @name in the directory
 */
char *
udpnat_state_dir_dup_file (const UdpnatStateDir *self,
                           const char           *name)
{
  return g_build_filename (self->path, name, NULL);
}
