/* A Unix socket in the state directory, for one line in and some lines out (udpnat-server-order.c
 * is the other end). The directory is its user's alone, and so is the socket. A connection that
 * says nothing is closed after a while, and there are few at a time: nobody can make the server
 * wait.
 */

#include "config.h"

#include "udpnat-server-control.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/un.h>

#include "udpnat-clock.h"
#include "udpnat-server-error.h"
#include "udpnat-server-order.h"

#define TIMEOUT_S 10
#define CONNECTIONS_MAX 8

struct _UdpnatServerControl
{
  GSocketService *service;
  GCancellable   *cancellable; /* ends what is under way */
  char           *path;
  guint           n_connections;
  void          (*obeyed_cb) (gpointer user_data);
  gpointer        user_data;

  /* borrowed */
  UdpnatServerOperator *operator;
};

/* One order. */
typedef struct
{
  UdpnatServerControl *control; /* borrowed */
  GSocketConnection   *connection;
  char                 line[UDPNAT_SERVER_ORDER_MAX_BYTES + 1];
  gsize                n_line;
  char                *answer;
} Exchange;

static void
exchange_free (Exchange *self)
{
  self->control->n_connections--;
  g_object_unref (self->connection);
  g_free (self->answer);
  g_free (self);
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  (void) g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  exchange_free (user_data);
}

static char *
obey (UdpnatServerControl *self,
      const char          *line)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = udpnat_server_operator_obey (self->operator, udpnat_clock_get_now_us (),
                                                       udpnat_clock_get_wall_us (), line, &error);

  self->obeyed_cb (self->user_data);
  return text != NULL ? g_strconcat ("done\n", text, NULL)
                      : g_strconcat ("refused\n", error->message, "\n", NULL);
}

static void listen_on (Exchange *self);

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Exchange *self = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);
  char *end;

  if (n <= 0 || self->n_line + (gsize) n > UDPNAT_SERVER_ORDER_MAX_BYTES)
    {
      exchange_free (self);
      return;
    }
  self->n_line += (gsize) n;
  end = memchr (self->line, '\n', self->n_line);
  if (end == NULL)
    {
      listen_on (self);
      return;
    }
  *end = '\0';
  self->answer = obey (self->control, self->line);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)),
                                   self->answer, strlen (self->answer), G_PRIORITY_DEFAULT,
                                   self->control->cancellable, written_cb, self);
}

static void
listen_on (Exchange *self)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (self->connection)),
                             self->line + self->n_line,
                             UDPNAT_SERVER_ORDER_MAX_BYTES - self->n_line, G_PRIORITY_DEFAULT,
                             self->control->cancellable, read_cb, self);
}

static gboolean
incoming_cb (GSocketService      *service,
             GSocketConnection   *connection,
             GObject             *source,
             UdpnatServerControl *self)
{
  Exchange *exchange;

  if (self->n_connections >= CONNECTIONS_MAX)
    return TRUE;
  self->n_connections++;
  g_socket_set_timeout (g_socket_connection_get_socket (connection), TIMEOUT_S);
  exchange = g_new0 (Exchange, 1);
  exchange->control = self;
  exchange->connection = g_object_ref (connection);
  listen_on (exchange);
  return TRUE;
}

static gboolean
open_socket (UdpnatServerControl *self,
             GError             **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) cause = NULL;
  struct sockaddr_un longest;

  if (strlen (self->path) >= sizeof longest.sun_path)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER,
                   _("The path of the state directory is too long for a socket in it."));
      return FALSE;
    }
  g_unlink (self->path); /* of a server that was killed: the directory is ours alone */
  address = g_unix_socket_address_new (self->path);
  if (g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                     G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                     &cause))
    return TRUE;
  g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER, cause->message);
  return FALSE;
}

/**
 * udpnat_server_control_new:
 * @operator: borrowed
 * @obeyed_cb: called after each order: the server's machine may have something to send
 *
 * Returns: (transfer full) (nullable): %NULL with %UDPNAT_SERVER_ERROR_ORDER
 */
UdpnatServerControl *
udpnat_server_control_new (const UdpnatStateDir *state_dir,
                           UdpnatServerOperator *operator,
                           void                (*obeyed_cb) (gpointer data),
                           gpointer              user_data,
                           GError              **error)
{
  g_autoptr (UdpnatServerControl) self = g_new0 (UdpnatServerControl, 1);

  self->operator = operator;
  self->obeyed_cb = obeyed_cb;
  self->user_data = user_data;
  self->path = udpnat_state_dir_dup_file (state_dir, UDPNAT_SERVER_CONTROL_NAME);
  self->cancellable = g_cancellable_new ();
  self->service = g_socket_service_new ();
  if (!open_socket (self, error))
    {
      g_clear_pointer (&self->path, g_free); /* it is not ours to delete */
      return NULL;
    }
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  return g_steal_pointer (&self);
}

void
udpnat_server_control_free (UdpnatServerControl *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_signal_handlers_disconnect_by_data (self->service, self);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  while (self->n_connections > 0)
    g_main_context_iteration (NULL, TRUE);
  if (self->path != NULL)
    g_unlink (self->path);
  g_object_unref (self->service);
  g_object_unref (self->cancellable);
  g_free (self->path);
  g_free (self);
}
