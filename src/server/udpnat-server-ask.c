/* udpnat-server --status: asks the server that runs in a state directory how it does. Where it
 * listens is in its file `running` (udpnat-server-reach.c), which a server that was killed leaves
 * behind: so the lock of the directory is looked at first. The answer is what the page says, as
 * lines of text; it comes by HTTP/1.0, which has nothing in it that would have to be parsed. */

#include "config.h"

#include "udpnat-server-ask.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-server-error.h"
#include "udpnat-server-http.h"
#include "udpnat-server-reach.h"
#include "udpnat-state-dir.h"

#define TIMEOUT_S 5
#define ANSWER_MAX_BYTES 65536

static void
set_silent_error (GError    **error,
                  const char *address,
                  const char *cause)
{
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATUS,
               /* Translators: the address of the status port, and why. */
               _("The server does not say how it does at %s: %s."), address, cause);
}

/* Returns: (transfer full) (nullable): everything that comes until the end */
static char *
read_all (GInputStream *input,
          GError      **error)
{
  g_autofree char *answer = g_malloc0 (ANSWER_MAX_BYTES);
  gsize n_answer;

  if (!g_input_stream_read_all (input, answer, ANSWER_MAX_BYTES - 1, &n_answer, NULL, error))
    return NULL;
  return g_steal_pointer (&answer);
}

static char *
exchange (const char *address,
          GError    **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *request = g_strdup_printf ("GET / HTTP/1.0\r\nHost: %s\r\n"
                                              "Accept: text/plain\r\n\r\n", address);

  g_socket_client_set_timeout (client, TIMEOUT_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, address, 0, NULL, error);
  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)),
                                     request, strlen (request), NULL, NULL, error))
    return NULL;
  return read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), error);
}

/* Whoever listens on all addresses is reached at this machine's own. */
static char *
dup_reachable (const char *address)
{
  if (g_str_has_prefix (address, "0.0.0.0:"))
    return g_strconcat ("127.0.0.1", strchr (address, ':'), NULL);
  if (g_str_has_prefix (address, "[::]:"))
    return g_strconcat ("[::1]", strrchr (address, ':'), NULL);
  return g_strdup (address);
}

static char *
find_address (const char *state_dir,
              GError    **error)
{
  g_autofree char *address = NULL;

  if (!udpnat_state_dir_is_in_use (state_dir))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NOT_RUNNING,
                   _("No server is running in %s. If it has another directory, name that with "
                     "--state-dir; if it is another user's, ask as that user."), state_dir);
      return NULL;
    }
  address = udpnat_server_reach_read_status (state_dir);
  if (address != NULL)
    return dup_reachable (address);
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATUS,
               _("The server in %s runs, but was told not to say how it does. Start it with "
                 "--status-address."), state_dir);
  return NULL;
}

/* @head: lines with their ends. What follows is in the language of the server. */
static gboolean
is_ours (const char *head)
{
  return (g_str_has_prefix (head, "HTTP/1.0 200 ") || g_str_has_prefix (head, "HTTP/1.1 200 "))
         && strstr (head, "\r\nServer: " UDPNAT_SERVER_HTTP_NAME "\r\n") != NULL;
}

/**
 * udpnat_server_ask:
 *
 * Returns: (transfer full) (nullable): lines for a terminal; %NULL with
 * %UDPNAT_SERVER_ERROR_NOT_RUNNING or %UDPNAT_SERVER_ERROR_STATUS
 */
char *
udpnat_server_ask (const char *state_dir,
                   GError    **error)
{
  g_autofree char *address = find_address (state_dir, error);
  g_autofree char *answer = NULL;
  g_autoptr (GError) cause = NULL;
  char *text;

  if (address == NULL)
    return NULL;
  answer = exchange (address, &cause);
  if (answer == NULL)
    {
      set_silent_error (error, address, cause->message);
      return NULL;
    }
  text = strstr (answer, "\r\n\r\n");
  if (text != NULL)
    text[2] = '\0';
  if (text == NULL || !is_ours (answer))
    {
      set_silent_error (error, address, _("something else answers there"));
      return NULL;
    }
  return g_strdup (text + 4);
}
