#include "config.h"

#include "udpnat-secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-file-io.h"

/* The file is written aside and renamed when it is on disk, so that a crash leaves no half a key to
 * be refused later. Nobody else is at work here: the directory is locked. */

/** udpnat_secret_file_write: Returns: %FALSE, with errno set and what was there before untouched,
 * when it cannot be written */
gboolean
udpnat_secret_file_write (const char   *path,
                          const guint8 *data,
                          gsize         n_data)
{
  g_autofree char *aside = g_strconcat (path, ".new", NULL);
  gboolean is_written;
  int code;
  int fd;

  unlink (aside);
  fd = open (aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return FALSE;
  errno = ENOSPC; /* what a short write means */
  is_written = write (fd, data, n_data) == (ssize_t) n_data && fsync (fd) == 0;
  code = errno;
  close (fd);
  if (is_written && rename (aside, path) == 0 && udpnat_file_io_sync_folder (path))
    return TRUE;
  if (is_written)
    code = errno;
  unlink (aside);
  errno = code;
  return FALSE;
}

/* Nobody else may have read it, or made it so. */
static gboolean
is_private (int   fd,
            gsize n_wanted)
{
  struct stat about;

  return fstat (fd, &about) == 0 && S_ISREG (about.st_mode) && (about.st_mode & 0077) == 0
         && about.st_size == (off_t) n_wanted;
}

/** udpnat_secret_file_read: Returns: %FALSE when there is no such file of exactly @n_out bytes, or
 * others can read or change it */
gboolean
udpnat_secret_file_read (const char *path,
                         guint8     *out,
                         gsize       n_out)
{
  /* Not to be led elsewhere by a link, nor to wait for a pipe's other end. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean is_read;

  if (fd < 0)
    return FALSE;
  is_read = is_private (fd, n_out) && udpnat_file_io_read_at (fd, out, n_out, 0);
  close (fd);
  return is_read;
}
