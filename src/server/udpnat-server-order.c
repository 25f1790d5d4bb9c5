/* udpnat-server --invite, --block and the like: tells the server that runs in a state directory. A
 * line goes to its socket there; what comes back is a line that says whether it was done, and lines
 * for people. Who may is whoever may enter the directory: the server's user, and root.
 */

#include "config.h"

#include "udpnat-server-order.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-server-error.h"
#include "udpnat-state-dir.h"

/* How an answer of the control socket begins; udpnat-server-control.c writes it. */
#define DONE "done\n"
#define REFUSED "refused\n"

#define TIMEOUT_S 10
#define ANSWER_MAX_BYTES (1 << 20)

static void
set_silent_error (GError    **error,
                  const char *state_dir,
                  const char *cause)
{
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER,
               /* Translators: the state folder, and why. */
               _("The server in %s does not take the order: %s."), state_dir, cause);
}

static char *
exchange (const char *path,
          const char *order,
          GError    **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address
    = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (path));
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *line = g_strconcat (order, "\n", NULL);
  g_autofree char *answer = g_malloc0 (ANSWER_MAX_BYTES);
  gsize n_answer;

  g_socket_client_set_timeout (client, TIMEOUT_S);
  connection = g_socket_client_connect (client, address, NULL, error);
  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                     line, strlen (line), NULL, NULL, error)
      || !g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), answer,
                                   ANSWER_MAX_BYTES - 1, &n_answer, NULL, error))
    return NULL;
  return g_steal_pointer (&answer);
}

/**
 * udpnat_server_order:
 * @order: as udpnat_server_operator_obey() takes it
 *
 * Returns: (transfer full) (nullable): lines for a terminal; %NULL with
 * %UDPNAT_SERVER_ERROR_NOT_RUNNING or %UDPNAT_SERVER_ERROR_ORDER
 */
char *
udpnat_server_order (const char *state_dir,
                     const char *order,
                     GError    **error)
{
  g_autofree char *path = g_build_filename (state_dir, UDPNAT_SERVER_CONTROL_NAME, NULL);
  g_autofree char *answer = NULL;
  g_autoptr (GError) cause = NULL;

  if (!udpnat_state_dir_is_in_use (state_dir))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NOT_RUNNING,
                   _("No server is running in %s. If it has another directory, name that with "
                     "--state-dir; if it is another user's, say it as that user."), state_dir);
      return NULL;
    }
  answer = exchange (path, order, &cause);
  if (answer == NULL)
    {
      set_silent_error (error, state_dir, cause->message);
      return NULL;
    }
  if (g_str_has_prefix (answer, DONE))
    return g_strdup (answer + strlen (DONE));
  if (g_str_has_prefix (answer, REFUSED))
    g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER,
                         g_strchomp (answer) + strlen (REFUSED));
  else
    set_silent_error (error, state_dir, _("something else answers there"));
  return NULL;
}
