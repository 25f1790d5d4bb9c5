/* Starting a server for a user who has none. It is a process of its own, so that it outlives its
 * host for as long as others use it; when nobody has been registered for a while it ends by
 * itself. */

#include "config.h"

#include "udpnat-cli-host.h"

#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

/* How long the server stays when everybody has gone. */
#define IDLE_EXIT_S "60"

static char *
find_server (void)
{
  g_autofree char *self_path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self_path != NULL ? g_path_get_dirname (self_path) : g_strdup (".");
  /* Installed side by side, or in a build tree. */
  g_autofree char *installed = g_build_filename (folder, "udpnat-server", NULL);
  g_autofree char *built = g_build_filename (folder, "..", "server", "udpnat-server", NULL);

  if (g_file_test (installed, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&installed);
  if (g_file_test (built, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&built);
  return g_find_program_in_path ("udpnat-server");
}

/* Whether some program has the port already. */
static gboolean
is_port_taken (guint16 port)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, port);

  return socket != NULL && !g_socket_bind (socket, address, FALSE, NULL);
}

/* Ctrl+C and a closed window are for us, not for the server that others use. */
static void
leave_terminal (gpointer user_data)
{
  setsid ();
}

/* Reads what the server says until it is ready, or has ended. */
static gboolean
wait_until_listening (GDataInputStream *lines,
                      guint16           port,
                      GError          **error)
{
  g_autofree char *last = g_strdup ("it said nothing");
  char *line;

  while ((line = g_data_input_stream_read_line (lines, NULL, NULL, NULL)) != NULL)
    {
      g_free (last);
      last = line;
      if (strstr (line, "listening") != NULL)
        return TRUE;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "The server could not be started on port %u: %s", port, last);
  return FALSE;
}

/**
 * udpnat_cli_host_start:
 * @out_is_own: (out): %FALSE when a program had the port already: it is taken to be a server, and
 *   joined
 *
 * Makes sure that there is a server on @port of this machine. Waits until it is ready, some
 * milliseconds.
 */
gboolean
udpnat_cli_host_start (guint16   port,
                       gboolean *out_is_own,
                       GError  **error)
{
  g_autofree char *program = find_server ();
  g_autofree char *port_text = g_strdup_printf ("%u", port);
  GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSubprocess) server = NULL;
  g_autoptr (GDataInputStream) lines = NULL;

  *out_is_own = FALSE;
  if (is_port_taken (port))
    return TRUE;
  if (program == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                           "udpnat-server is not installed, so no server can be started here. "
                           "Name one with --server HOST.");
      return FALSE;
    }
  /* Nothing of ours is passed on: the server may outlive us, and whoever reads our output would
   * wait for its end too. */
  launcher = g_subprocess_launcher_new (flags);
  g_subprocess_launcher_set_child_setup (launcher, leave_terminal, NULL, NULL);
  server = g_subprocess_launcher_spawn (launcher, error, program, "--port", port_text,
                                        "--idle-exit", IDLE_EXIT_S, NULL);
  if (server == NULL)
    return FALSE;
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  *out_is_own = wait_until_listening (lines, port, error);
  return *out_is_own;
}
