/* How what was fetched gets its name, or goes.
 *
 * Nothing that exists is overwritten, whoever makes it, and at whatever moment: Linux can rename
 * so; where a file system cannot, a second name is made, or something empty of ours is what is
 * replaced. */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-file-name.h"
#include "udpnat-file-sink-private.h"

#define NAMES_MAX 10000
/* Folders in folders, of which each has a descriptor while it is emptied. We make no more. */
#define REMOVE_DEPTH_MAX 300

/* ---- Names ---- */

static gboolean
is_unsupported (int errsv)
{
  return errsv == EINVAL || errsv == ENOSYS || errsv == EOPNOTSUPP;
}

/* Returns: FALSE with errno */
static gboolean
move_onto_ours (UdpnatFileSink *self,
                const char     *name)
{
  gboolean is_folder = self->root_fd >= 0;
  int fd, errsv;

  if (is_folder)
    {
      if (mkdirat (self->folder_fd, name, 0700) != 0)
        return FALSE;
    }
  else
    {
      fd = openat (self->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      if (fd < 0)
        return FALSE;
      close (fd);
    }
  if (renameat (self->folder_fd, self->partial_name, self->folder_fd, name) == 0)
    return TRUE;
  errsv = errno;
  unlinkat (self->folder_fd, name, is_folder ? AT_REMOVEDIR : 0);
  errno = errsv;
  return FALSE;
}

/* Returns: FALSE with errno; EEXIST: there is something by that name */
static gboolean
move_to (UdpnatFileSink *self,
         const char     *name)
{
  if (renameat2 (self->folder_fd, self->partial_name, self->folder_fd, name, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (!is_unsupported (errno))
    return FALSE;
  if (self->root_fd >= 0)
    return move_onto_ours (self, name);
  if (linkat (self->folder_fd, self->partial_name, self->folder_fd, name, 0) == 0)
    {
      unlinkat (self->folder_fd, self->partial_name, 0);
      return TRUE;
    }
  /* FAT has no second names, and says that they are not permitted. */
  return errno != EEXIST && move_onto_ours (self, name);
}

static char *
move_into_place (UdpnatFileSink *self,
                 GError        **error)
{
  g_autofree char *safe = udpnat_file_name_make_safe (self->offer->name);
  g_autofree char *shown = g_filename_display_name (self->folder);

  for (guint n = 1; n <= NAMES_MAX; n++)
    {
      g_autofree char *name = n == 1 ? g_strdup (safe) : udpnat_file_name_number (safe, n);

      if (move_to (self, name))
        return g_build_filename (self->folder, name, NULL);
      if (errno != EEXIST)
        {
          udpnat_file_sink_fail_inside (self, errno, error);
          return NULL;
        }
    }
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS,
               _("There are too many of that name in %s. Rename some of them, and try again."),
               shown);
  return NULL;
}

/* ---- Finishing ---- */

/* What a new file may have: asking umask(2) would set it for a moment, in all threads. */
static mode_t
read_umask (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0077;
  line = strstr (text, "\nUmask:");
  return line != NULL ? (mode_t) g_ascii_strtoull (line + strlen ("\nUmask:"), NULL, 8) : 0077;
}

/* What has the partial's name is what we have open. */
static gboolean
is_still_there (UdpnatFileSink *self,
                int             fd)
{
  struct stat ours, named;

  if (fstat (fd, &ours) != 0
      || fstatat (self->folder_fd, self->partial_name, &named, AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;
  errno = ELOOP;
  return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Not every file system has modes. */
static void
open_to_others (int    fd,
                mode_t mode)
{
  if (fchmod (fd, mode & ~read_umask ()) != 0)
    g_debug ("Cannot change a mode: %s", g_strerror (errno));
}

/* Returns: FALSE with errno */
static gboolean
make_ready (UdpnatFileSink *self)
{
  int fd;

  if (self->root_fd < 0)
    {
      fd = udpnat_file_sink_get_fd (self, 0);
      if (fd < 0 || !is_still_there (self, fd))
        return FALSE;
      open_to_others (fd, 0666);
      return fsync (fd) == 0;
    }
  if (!is_still_there (self, self->root_fd)
      || (unlinkat (self->root_fd, UDPNAT_FILE_SINK_LIST, 0) != 0 && errno != ENOENT))
    return FALSE;
  udpnat_file_sink_close_all (self);
  open_to_others (self->root_fd, 0777);
  return syncfs (self->root_fd) == 0;
}

/**
 * udpnat_file_sink_finish:
 * @error: %UDPNAT_ERROR_GONE, _DISK_FULL, _DENIED, _DISK or _EXISTS
 *
 * To be called when all is written. It is on the disk and has its name when this returns.
 *
 * Returns: (transfer full) (nullable): its path; what it is called depends on what was there
 */
char *
udpnat_file_sink_finish (UdpnatFileSink *self,
                         GError        **error)
{
  char *path;

  g_return_val_if_fail (!self->is_over, NULL);
  if (self->write_error != 0)
    {
      udpnat_file_sink_fail_inside (self, self->write_error, error);
      return NULL;
    }
  if (udpnat_file_sink_sync (self, error) < 0)
    return NULL;
  g_return_val_if_fail (udpnat_file_sink_is_whole (self), NULL);
  if (!make_ready (self))
    {
      udpnat_file_sink_fail_inside (self, errno, error);
      return NULL;
    }
  path = move_into_place (self, error);
  if (path == NULL)
    return NULL;
  self->is_over = TRUE;
  /* It is there; after a crash at the worst by its hidden name. */
  if (fsync (self->folder_fd) != 0)
    g_debug ("Cannot sync %s: %s", self->folder, g_strerror (errno));
  return path;
}

/* ---- Removing ---- */

static void remove_all_in (int   fd,
                           guint depth);

/* A link goes, and not what it leads to. What cannot be removed stays. */
static void
remove_named (int         folder_fd,
              const char *name,
              guint       depth)
{
  int fd;

  if (unlinkat (folder_fd, name, 0) == 0 || depth == REMOVE_DEPTH_MAX)
    return;
  fd = openat (folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0)
    remove_all_in (fd, depth + 1);
  unlinkat (folder_fd, name, AT_REMOVEDIR);
}

/* Has @fd then. */
static void
remove_all_in (int   fd,
               guint depth)
{
  DIR *dir = fdopendir (fd);
  struct dirent *entry;

  if (dir == NULL)
    {
      close (fd);
      return;
    }
  while ((entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      remove_named (fd, entry->d_name, depth);
  closedir (dir);
}

/** udpnat_file_sink_empty: of a folder nothing is left but its list */
void
udpnat_file_sink_empty (UdpnatFileSink *self)
{
  int fd = openat (self->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  struct dirent *entry;

  while (dir != NULL && (entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0
        && strcmp (entry->d_name, UDPNAT_FILE_SINK_LIST) != 0)
      remove_named (fd, entry->d_name, 0);
  if (dir != NULL)
    closedir (dir);
  else if (fd >= 0)
    close (fd);
}

/** udpnat_file_sink_remove: nothing is left of it; not of what is finished */
void
udpnat_file_sink_remove (UdpnatFileSink *self)
{
  if (self->is_over)
    return;
  self->is_over = TRUE;
  udpnat_file_sink_close_all (self);
  remove_named (self->folder_fd, self->partial_name, 0);
}

/**
 * udpnat_file_sink_discard:
 * @partial: udpnat_file_sink_get_partial() of an earlier run
 *
 * Removes what will not be gone on with: it need not be possible to open it.
 */
void
udpnat_file_sink_discard (const char *partial)
{
  g_autofree char *folder = g_path_get_dirname (partial);
  g_autofree char *name = g_path_get_basename (partial);
  int fd = -1;

  if (udpnat_file_sink_is_partial (name))
    fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  remove_named (fd, name, 0);
  close (fd);
}
