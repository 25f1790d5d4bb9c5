/* The status port, by libsoup, in the server's own main loop. Whoever can reach it may read it, so
 * by default only this machine can.
 *
 * It must not become a way to hurt the server: it knows four answers, reads no body, has few
 * connections at a time, ends each after one request and after some seconds, and answers only those
 * who ask for it by its own address (udpnat-server-http-host.c). Connections are taken by hand
 * because SoupServer counts none. */

#include "config.h"

#include "udpnat-server-http.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <string.h>

#include "udpnat-server-error.h"
#include "udpnat-server-page.h"

#define DEFAULT_IP "127.0.0.1"
#define CONNECTIONS_MAX 16
/* For a whole connection: a page is made and sent in milliseconds. */
#define CONNECTION_S 10
#define TARGET_MAX_BYTES 256

struct _UdpnatServerHttp
{
  SoupServer          *soup;
  GSocketService      *listener;
  UdpnatServerHttpFunc ask;
  gpointer             user_data;
  char                *address;
  char                *policy;
  GList               *visits; /* of Visit */
};

/* One connection. It is libsoup's; it tells us when it is gone. */
typedef struct
{
  UdpnatServerHttp  *self;
  GSocketConnection *connection; /* borrowed */
  guint              end_id;
} Visit;

/* ---- Answers ---- */

static void
refuse (SoupServerMessage *message,
        guint              status)
{
  const char *reason = soup_status_get_phrase (status);

  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_COPY, reason,
                                    strlen (reason));
}

static void
add_headers (UdpnatServerHttp  *self,
             SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Server", UDPNAT_SERVER_HTTP_NAME);
  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "Content-Security-Policy", self->policy);
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace (headers, "Cross-Origin-Resource-Policy", "same-origin");
  soup_message_headers_replace (headers, "Vary", "Accept");
}

static gboolean
is_for_us (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  GSocketAddress     *local = soup_server_message_get_local_address (message);
  g_autofree char    *ip = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (local))
    return FALSE;
  ip = g_inet_address_to_string (
    g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
  return udpnat_server_http_is_own_host (soup_message_headers_get_one (headers, "Host"), ip);
}

static gboolean
has_body (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return soup_message_headers_get_one (headers, "Content-Length") != NULL
         || soup_message_headers_get_one (headers, "Transfer-Encoding") != NULL;
}

/* The connection is taken from libsoup, which would read the body first, however long. The answer
 * is short enough never to wait for room. */
static void
refuse_body (SoupServerMessage *message)
{
  static const char answer[] = "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);

  if (stream == NULL)
    return;
  (void) g_output_stream_write_all (g_io_stream_get_output_stream (stream), answer,
                                    sizeof answer - 1, NULL, NULL, NULL);
  (void) g_io_stream_close (stream, NULL, NULL);
}

/* Before anything of a body is read. */
static void
early_cb (SoupServer        *soup,
          SoupServerMessage *message,
          const char        *path,
          GHashTable        *query,
          gpointer           user_data)
{
  UdpnatServerHttp *self = user_data;
  const char       *method = soup_server_message_get_method (message);

  add_headers (self, message);
  if (has_body (message))
    refuse_body (message);
  else if (!is_for_us (message))
    refuse (message, SOUP_STATUS_MISDIRECTED_REQUEST);
  else if (strcmp (method, "GET") != 0 && strcmp (method, "HEAD") != 0)
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                    "GET, HEAD");
      refuse (message, SOUP_STATUS_METHOD_NOT_ALLOWED);
    }
  else if (strlen (path) > TARGET_MAX_BYTES)
    refuse (message, SOUP_STATUS_REQUEST_URI_TOO_LONG);
}

/* A terminal asks for plain text, a browser for HTML. */
static gboolean
wants_text (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char         *accept = soup_message_headers_get_one (headers, "Accept");

  return accept != NULL && g_str_has_prefix (accept, "text/plain");
}

static void
request_cb (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  UdpnatServerHttp  *self = user_data;
  UdpnatServerStatus status = { 0 };
  const char        *type = "text/html; charset=utf-8";
  char              *text = NULL;

  if (soup_server_message_get_status (message) != 0)
    return;
  self->ask (&status, self->user_data);
  if (strcmp (path, "/metrics") == 0)
    {
      type = "text/plain; version=0.0.4; charset=utf-8";
      text = udpnat_server_status_to_metrics (&status);
    }
  else if (strcmp (path, "/status.json") == 0)
    {
      type = "application/json";
      text = udpnat_server_status_to_json (&status);
    }
  else if (strcmp (path, "/") == 0 && wants_text (message))
    {
      type = "text/plain; charset=utf-8";
      text = udpnat_server_status_to_text (&status);
    }
  else if (strcmp (path, "/") == 0)
    text = udpnat_server_page_dup_html (&status);
  if (text == NULL)
    {
      refuse (message, SOUP_STATUS_NOT_FOUND);
      return;
    }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_TAKE, text, strlen (text));
}

/* ---- Connections ---- */

static void
gone_cb (gpointer user_data,
         GObject *where_the_connection_was)
{
  Visit *visit = user_data;

  visit->self->visits = g_list_remove (visit->self->visits, visit);
  g_clear_handle_id (&visit->end_id, g_source_remove);
  g_free (visit);
}

/* libsoup may be reading: it sees the end of the connection, and lets go. */
static gboolean
end_cb (gpointer user_data)
{
  Visit *visit = user_data;

  visit->end_id = 0;
  (void) g_socket_shutdown (g_socket_connection_get_socket (visit->connection), TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
incoming_cb (GSocketService    *listener,
             GSocketConnection *connection,
             GObject           *source,
             gpointer           user_data)
{
  UdpnatServerHttp *self = user_data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  Visit *visit;

  if (local == NULL || remote == NULL || g_list_length (self->visits) >= CONNECTIONS_MAX)
    return TRUE;
  visit = g_new0 (Visit, 1);
  visit->self = self;
  visit->connection = connection;
  visit->end_id = g_timeout_add_seconds (CONNECTION_S, end_cb, visit);
  self->visits = g_list_prepend (self->visits, visit);
  g_object_weak_ref (G_OBJECT (connection), gone_cb, visit);
  (void) soup_server_accept_iostream (self->soup, G_IO_STREAM (connection), local, remote, NULL);
  return TRUE;
}

/* ---- Life ---- */

static gboolean
listen (UdpnatServerHttp *self,
        const char       *ip,
        guint16           port,
        GError          **error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (ip, port);
  g_autoptr (GSocketAddress) got = NULL;

  g_assert (wanted != NULL); /* it was parsed before */
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->listener), wanted,
                                      G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &got,
                                      error))
    return FALSE;
  self->address = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (got));
  return TRUE;
}

static UdpnatServerHttp *
http_new (UdpnatServerHttpFunc ask,
          gpointer             user_data)
{
  UdpnatServerHttp *self = g_new0 (UdpnatServerHttp, 1);

  self->ask = ask;
  self->user_data = user_data;
  self->policy = udpnat_server_page_dup_policy ();
  self->soup = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (self->soup, NULL, early_cb, self, NULL);
  soup_server_add_handler (self->soup, NULL, request_cb, self, NULL);
  self->listener = g_socket_service_new ();
  g_signal_connect (self->listener, "incoming", G_CALLBACK (incoming_cb), self);
  return self;
}

/**
 * udpnat_server_http_open:
 * @ask: is asked for each answer
 * @out_http: (out) (transfer full) (nullable): %NULL when there is to be none
 *
 * Without a chosen address: the usual one, or if that is taken any free port of this machine, which
 * only has to be found by udpnat-server --status; and none where there is no such thing.
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_STATUS when the address that was chosen cannot be had
 */
gboolean
udpnat_server_http_open (const UdpnatServerConfig *config,
                         UdpnatServerHttpFunc      ask,
                         gpointer                  user_data,
                         UdpnatServerHttp        **out_http,
                         GError                  **error)
{
  g_autoptr (UdpnatServerHttp) self = NULL;
  g_autoptr (GError)           cause = NULL;

  *out_http = NULL;
  if (config->is_status_off)
    return TRUE;
  self = http_new (ask, user_data);
  if (config->status_ip != NULL)
    {
      if (!listen (self, config->status_ip, config->status_port, &cause))
        {
          g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATUS,
                       /* Translators: an address, a port, and why. */
                       _("Cannot listen on the status address %s port %u: %s. Choose another one "
                         "with --status-address, or none."), config->status_ip, config->status_port,
                       cause->message);
          return FALSE;
        }
    }
  else if (!listen (self, DEFAULT_IP, UDPNAT_SERVER_STATUS_PORT, NULL)
           && !listen (self, DEFAULT_IP, 0, NULL))
    return TRUE;
  *out_http = g_steal_pointer (&self);
  return TRUE;
}

void
udpnat_server_http_free (UdpnatServerHttp *self)
{
  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->listener, self);
  g_socket_service_stop (self->listener);
  g_socket_listener_close (G_SOCKET_LISTENER (self->listener));
  g_object_unref (self->listener);
  while (self->visits != NULL)
    {
      Visit *visit = self->visits->data;

      g_object_weak_unref (G_OBJECT (visit->connection), gone_cb, visit);
      gone_cb (visit, NULL);
    }
  soup_server_disconnect (self->soup);
  g_object_unref (self->soup);
  g_free (self->address);
  g_free (self->policy);
  g_free (self);
}

/** udpnat_server_http_get_address: Returns: as "127.0.0.1:9848" */
const char *
udpnat_server_http_get_address (const UdpnatServerHttp *self)
{
  return self->address;
}
