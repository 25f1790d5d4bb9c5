/* Reading and writing where half a success is none. */

#include "config.h"

#include "udpnat-file-io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/** udpnat_file_io_read_at: Returns: %FALSE with errno; 0 there means that the file is too short */
gboolean
udpnat_file_io_read_at (int     fd,
                        guint8 *out,
                        gsize   n_out,
                        gint64  offset)
{
  while (n_out > 0)
    {
      gssize n_read = pread (fd, out, n_out, offset);

      if (n_read < 0 && errno == EINTR)
        continue;
      if (n_read == 0)
        errno = 0;
      if (n_read <= 0)
        return FALSE;
      out += n_read;
      n_out -= (gsize) n_read;
      offset += n_read;
    }
  return TRUE;
}

gboolean
udpnat_file_io_write_at (int           fd,
                         const guint8 *data,
                         gsize         n_data,
                         gint64        offset)
{
  while (n_data > 0)
    {
      gssize n_written = pwrite (fd, data, n_data, offset);

      if (n_written < 0 && errno == EINTR)
        continue;
      if (n_written == 0)
        errno = ENOSPC;
      if (n_written <= 0)
        return FALSE;
      data += n_written;
      n_data -= (gsize) n_written;
      offset += n_written;
    }
  return TRUE;
}

/**
 * udpnat_file_io_sync_folder:
 * @path: a file in the folder
 *
 * A rename is on the disk only when its folder is.
 */
gboolean
udpnat_file_io_sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_synced = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);
  return is_synced;
}

/**
 * udpnat_file_io_is_locked:
 * @path: a file on which a program that runs holds flock(2), for as long as it lives
 *
 * Returns: whether one does, as far as this user may know
 */
gboolean
udpnat_file_io_is_locked (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  gboolean is_locked;

  if (fd < 0)
    return FALSE;
  /* shared: two who look do not take each other for its holder */
  is_locked = flock (fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close (fd);
  return is_locked;
}

/**
 * udpnat_file_io_dup_boot:
 *
 * Returns: (transfer full) (nullable): names the time since the system was started: as long as that
 *   lasts, whatever was written is there, be it on the disk or not; %NULL: not known
 */
char *
udpnat_file_io_dup_boot (void)
{
  char *boot = NULL;

  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
    return NULL;
  return g_strstrip (boot);
}
