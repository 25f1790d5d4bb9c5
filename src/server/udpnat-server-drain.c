/* udpnat-server --drain: has the server that runs in a state directory send its people to the other
 * servers of its fleet, and end. It is told by SIGUSR1; which process that is stands in the lock of
 * the directory, and is true as long as that is locked. */

#include "config.h"

#include "udpnat-server-drain.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <signal.h>

#include "udpnat-server-error.h"
#include "udpnat-state-dir.h"

/**
 * udpnat_server_drain:
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_NOT_RUNNING or %UDPNAT_SERVER_ERROR_STATUS
 */
gboolean
udpnat_server_drain (const char *state_dir,
                     GError    **error)
{
  guint64 process = udpnat_state_dir_get_holder (state_dir);

  if (process == 0)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NOT_RUNNING,
                   _("No server is running in %s. If it has another directory, name that with "
                     "--state-dir; if it is another user's, ask as that user."), state_dir);
      return FALSE;
    }
  if (kill ((pid_t) process, SIGUSR1) == 0)
    return TRUE;
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATUS,
               /* Translators: the state folder, the number of the process, and why. */
               _("The server in %s (process %llu) cannot be told: %s."), state_dir,
               (unsigned long long) process, g_strerror (errno));
  return FALSE;
}
