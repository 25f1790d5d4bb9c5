/* What the disk says of files that are sent: errno, as what the user can do about it. */

#include "config.h"

#include "udpnat-file-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#include "udpnat-error.h"

/** udpnat_file_error_set_reading: @path: of a file or folder that is to be sent */
void
udpnat_file_error_set_reading (GError     **error,
                               const char  *path,
                               int          errsv)
{
  g_autofree char *shown = g_filename_display_name (path);

  switch (errsv)
    {
    case ENOENT:
    case ENOTDIR:
    case ENXIO:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE,
                   _("There is no %s. It may have been moved or removed: choose it again."), shown);
      break;
    case EACCES:
    case EPERM:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DENIED,
                   _("%s may not be read. Change its rights, or choose something else."), shown);
      break;
    default:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK,
                   _("Cannot read %s: %s. Check the disk, and try again."), shown,
                   g_strerror (errsv));
      break;
    }
}

/**
 * udpnat_file_error_set_writing:
 * @folder: where something is to come to
 * @errsv: ESTALE: what was left there by an earlier run is not there any more; ELOOP: it is not
 *   what we left
 */
void
udpnat_file_error_set_writing (GError     **error,
                               const char  *folder,
                               int          errsv)
{
  g_autofree char *shown = g_filename_display_name (folder);

  switch (errsv)
    {
    case ENOSPC:
    case EDQUOT:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK_FULL,
                   _("There is not enough room in %s. Make room there, or choose another folder."),
                   shown);
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DENIED,
                   _("Nothing may be written to %s. Choose another folder, or change its rights."),
                   shown);
      break;
    case EFBIG:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DENIED,
                   _("The disk of %s takes no file of this size. Choose a folder on another "
                     "disk."), shown);
      break;
    case ENAMETOOLONG:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DENIED,
                   _("Names in %s would become too long. Choose a folder further up."), shown);
      break;
    case ENOENT:
    case ENOTDIR:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_NO_FOLDER,
                   _("There is no folder %s. Choose another one."), shown);
      break;
    case ESTALE:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE,
                   _("What had come to %s is not there any more. Look there whether it was "
                     "finished; otherwise fetch it again."), shown);
      break;
    case ELOOP:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE,
                   _("What had come to %s was changed by somebody else. Fetch it again."), shown);
      break;
    default:
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK,
                   _("Cannot write to %s: %s. Check the disk, and try again."), shown,
                   g_strerror (errsv));
      break;
    }
}
