/* Makes the state directory and keeps a second server out of it: two with one key would answer for
 * each other's sessions, and two writers of names would each miss what the other has given away.
 *
 * The lock is flock(2) on a file that stays: it ends with the process, however that ends.
 */

#include "config.h"

#include "udpnat-state-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

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
               "Cannot use the state directory %s: %s. "
               "Make it writable for this user, or choose another one with --state-dir.",
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
                 "Another udpnat-server (process %" G_GUINT64_FORMAT ") is using %s. "
                 "Stop it, or choose another directory with --state-dir.", process, self->path);
  else
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_IN_USE,
                 "Another udpnat-server is using %s. "
                 "Stop it, or choose another directory with --state-dir.", self->path);
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

/**
 * udpnat_state_dir_open:
 * @path: made, for this user only, when it does not exist; an existing one keeps its mode
 *
 * Returns: (transfer full) (nullable): the locked directory, or %NULL with
 * %UDPNAT_SERVER_ERROR_STATE_DIR or %UDPNAT_SERVER_ERROR_STATE_IN_USE
 */
UdpnatStateDir *
udpnat_state_dir_open (const char *path,
                       GError    **error)
{
  g_autoptr (UdpnatStateDir) self = g_new0 (UdpnatStateDir, 1);

  self->path = g_strdup (path);
  self->lock_fd = -1;
  if (g_mkdir_with_parents (path, 0700) != 0)
    {
      set_dir_error (error, path, errno);
      return NULL;
    }
  if (!lock (self, error))
    return NULL;
  return g_steal_pointer (&self);
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

const char *
udpnat_state_dir_get_path (const UdpnatStateDir *self)
{
  return self->path;
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
