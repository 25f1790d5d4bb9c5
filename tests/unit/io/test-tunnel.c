/* Tunnels on loopback: frames in a stream, TLS around it, what a listener bears, what a dialer
 * finds. */

#include "config.h"

#include <gnutls/gnutls.h>
#include <string.h>

#include "udpnat-tunnel-connection.h"
#include "udpnat-tunnel-dialer.h"
#include "udpnat-tunnel-frames.h"
#include "udpnat-tunnel-listener.h"

#define PATIENCE_US UDPNAT_SEC (10)

/* ---- Frames ---- */

/* Returns: how many frames came; each is @i bytes of @i, rising */
static guint
read_cut (const GByteArray *stream,
          guint             n_cut)
{
  UdpnatTunnelReader reader = { .n_bytes = 0 };
  guint n_frames = 0;

  for (guint start = 0; start < stream->len; start += n_cut)
    {
      const guint8 *data = stream->data + start;
      gsize n_data = MIN (n_cut, stream->len - start);
      const guint8 *frame;
      gsize n_frame;

      while (udpnat_tunnel_reader_next (&reader, &data, &n_data, &frame, &n_frame)
             == UDPNAT_TUNNEL_READ_FRAME)
        {
          n_frames++;
          g_assert_cmpuint (n_frame, ==, n_frames);
          for (guint i = 0; i < n_frame; i++)
            g_assert_cmpuint (frame[i], ==, n_frames & 0xff);
        }
      g_assert_cmpuint (n_data, ==, 0);
    }
  return n_frames;
}

static void
test_frames_cut (void)
{
  g_autoptr (GByteArray) stream = g_byte_array_new ();

  for (guint i = 1; i <= 300; i++)
    {
      guint8 header[UDPNAT_TUNNEL_HEADER_BYTES];
      guint8 frame[300];

      memset (frame, (int) i, i);
      udpnat_tunnel_write_header (i, header);
      g_byte_array_append (stream, header, sizeof header);
      g_byte_array_append (stream, frame, i);
    }
  for (guint n_cut = 1; n_cut <= 700; n_cut++)
    g_assert_cmpuint (read_cut (stream, n_cut), ==, 300);
  g_assert_cmpuint (read_cut (stream, stream->len), ==, 300);
}

static UdpnatTunnelRead
read_length (guint length)
{
  UdpnatTunnelReader reader = { .n_bytes = 0 };
  const guint8 header[] = { (guint8) (length >> 8), (guint8) length };
  const guint8 *data = header;
  gsize n_data = sizeof header;
  const guint8 *frame;
  gsize n_frame;

  return udpnat_tunnel_reader_next (&reader, &data, &n_data, &frame, &n_frame);
}

static void
test_frames_lengths (void)
{
  g_assert_cmpint (read_length (0), ==, UDPNAT_TUNNEL_READ_MALFORMED);
  g_assert_cmpint (read_length (1), ==, UDPNAT_TUNNEL_READ_MORE);
  g_assert_cmpint (read_length (UDPNAT_DATAGRAM_BASE_BYTES), ==, UDPNAT_TUNNEL_READ_MORE);
  g_assert_cmpint (read_length (UDPNAT_DATAGRAM_BASE_BYTES + 1), ==, UDPNAT_TUNNEL_READ_MALFORMED);
  g_assert_cmpint (read_length ('H' << 8 | 'T'), ==, UDPNAT_TUNNEL_READ_MALFORMED);
}

/* ---- Certificates ---- */

static UdpnatTunnelTls *
make_server_tls (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *both = udpnat_tunnel_tls_make_self_signed ();
  UdpnatTunnelTls *tls;

  g_assert_no_error (error);
  tls = udpnat_tunnel_tls_new_server (both, both, &error);
  g_assert_no_error (error);
  return tls;
}

static void
test_certificate_own (void)
{
  g_autoptr (UdpnatTunnelTls) tls = make_server_tls ();
  g_autofree char *first = udpnat_tunnel_tls_make_self_signed ();
  g_autofree char *second = udpnat_tunnel_tls_make_self_signed ();

  g_assert_nonnull (tls);
  g_assert_nonnull (strstr (first, "BEGIN CERTIFICATE"));
  g_assert_nonnull (strstr (first, "PRIVATE KEY"));
  g_assert_cmpstr (first, !=, second);
}

static void
test_certificate_refused (void)
{
  g_autofree char *first = udpnat_tunnel_tls_make_self_signed ();
  g_autofree char *second = udpnat_tunnel_tls_make_self_signed ();
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_tunnel_tls_new_server ("no certificate", "no key", &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED);
  g_clear_error (&error);
  /* Of another one */
  g_assert_null (udpnat_tunnel_tls_new_server (first, second, &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED);
}

/* ---- Both ends ---- */

typedef struct
{
  UdpnatTunnelListener *listener; /* nullable */
  UdpnatTunnelDialer   *dialer;
  guint16               port;
  UdpnatAddress         server; /* as the dialer is told */
  UdpnatDatagram        at_server; /* the last one */
  UdpnatDatagram        at_client;
  guint                 n_at_server, n_at_client, n_closed;
  gboolean              is_echoing;
  gboolean              is_foreign; /* what comes to the client makes no sense */
} Fixture;

static UdpnatRxResult
at_server_cb (gpointer              sink,
              const UdpnatDatagram *datagram)
{
  Fixture *self = sink;
  UdpnatTunnel *tunnel = udpnat_tunnel_listener_get_tunnel (self->listener);

  self->at_server = *datagram;
  self->n_at_server++;
  if (self->is_echoing)
    tunnel->send (tunnel, datagram);
  return UDPNAT_RX_OK;
}

static UdpnatRxResult
at_client_cb (gpointer              sink,
              const UdpnatDatagram *datagram)
{
  Fixture *self = sink;

  self->at_client = *datagram;
  if (datagram->n_data == 0)
    self->n_closed++;
  else
    self->n_at_client++;
  return self->is_foreign ? UDPNAT_RX_MALFORMED : UDPNAT_RX_OK;
}

/* Some port that is free now. */
static guint16
find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
open_listener (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatTunnel *tunnel;

  self->listener = udpnat_tunnel_listener_new (make_server_tls ());
  if (!udpnat_tunnel_listener_listen (self->listener, "127.0.0.1", self->port, &error))
    g_assert_no_error (error);
  tunnel = udpnat_tunnel_listener_get_tunnel (self->listener);
  tunnel->deliver = at_server_cb;
  tunnel->sink = self;
}

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  g_autoptr (GProxyResolver) direct = g_simple_proxy_resolver_new ("direct://", NULL);
  UdpnatTunnel *tunnel;

  self->port = find_port ();
  self->is_echoing = TRUE;
  open_listener (self);
  self->dialer = udpnat_tunnel_dialer_new ();
  udpnat_tunnel_dialer_set_proxy (self->dialer, direct);
  udpnat_tunnel_dialer_set_server (self->dialer, "127.0.0.1", self->port);
  if (!udpnat_address_parse_ip (&self->server, "192.0.2.1", 8848))
    g_assert_not_reached ();
  tunnel = udpnat_tunnel_dialer_get_tunnel (self->dialer);
  tunnel->deliver = at_client_cb;
  tunnel->sink = self;
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  udpnat_tunnel_dialer_free (self->dialer);
  /* What is cancelled ends in the loop. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  udpnat_tunnel_listener_free (self->listener);
}

static void
send_some (Fixture *self,
           gsize    n_data)
{
  UdpnatTunnel *tunnel = udpnat_tunnel_dialer_get_tunnel (self->dialer);
  UdpnatDatagram datagram = { .socket = UDPNAT_SOCKET_TUNNEL, .remote = self->server };

  datagram.n_data = n_data;
  memset (datagram.data, (int) n_data, n_data);
  tunnel->send (tunnel, &datagram);
}

static gboolean
timeout_cb (gpointer user_data)
{
  g_error ("waited too long");
  return G_SOURCE_REMOVE;
}

static void
wait_until (const guint *counter,
            guint        wanted)
{
  guint id = g_timeout_add (PATIENCE_US / 1000, timeout_cb, NULL);

  while (*counter < wanted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static void
test_echo (Fixture      *self,
           gconstpointer data)
{
  UdpnatAddress end;

  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
  g_assert_cmpuint (self->at_server.socket, ==, UDPNAT_SOCKET_TUNNEL);
  g_assert_true (udpnat_address_is_tunnel (&self->at_server.remote));
  udpnat_address_get_end (&self->at_server.remote, &end);
  g_assert_cmpint (udpnat_address_get_scope (&end), ==, UDPNAT_SCOPE_LOOPBACK);
  g_assert_cmpuint (self->at_client.socket, ==, UDPNAT_SOCKET_TUNNEL);
  g_assert_true (udpnat_address_equal (&self->at_client.remote, &self->server));
  g_assert_cmpuint (self->at_client.n_data, ==, 1);
  g_assert_cmpuint (self->at_client.data[0], ==, 1);
  /* No more at once than may wait. */
  for (guint i = 2; i <= UDPNAT_DATAGRAM_BASE_BYTES; i++)
    {
      send_some (self, i);
      if (i % 100 == 0)
        wait_until (&self->n_at_client, i);
    }
  g_assert_cmpuint (self->at_client.n_data, ==, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_cmpuint (udpnat_tunnel_listener_get_count (self->listener), ==, 1);
}

static void
wait_for_count (Fixture *self,
                guint    wanted)
{
  guint id = g_timeout_add (PATIENCE_US / 1000, timeout_cb, NULL);

  while (udpnat_tunnel_listener_get_count (self->listener) != wanted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static void
test_close (Fixture      *self,
            gconstpointer data)
{
  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
  send_some (self, 2);
  send_some (self, 0);
  wait_for_count (self, 0);
  /* The last word came before it. */
  g_assert_cmpuint (self->n_at_server, ==, 2);
  g_assert_cmpuint (self->n_closed, ==, 0);
  send_some (self, 3);
  wait_until (&self->n_at_server, 3);
}

static void
test_closed_is_told (Fixture      *self,
                     gconstpointer data)
{
  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
  g_clear_pointer (&self->listener, udpnat_tunnel_listener_free);
  wait_until (&self->n_closed, 1);
  g_assert_cmpuint (self->at_client.socket, ==, UDPNAT_SOCKET_TUNNEL);
  open_listener (self);
  send_some (self, 2);
  wait_until (&self->n_at_client, 2);
}

/* Whoever was refused waits a second before the next attempt. */
static void
test_refused (Fixture      *self,
              gconstpointer data)
{
  gint64 until_us = g_get_monotonic_time () + UDPNAT_MSEC (300);

  g_clear_pointer (&self->listener, udpnat_tunnel_listener_free);
  send_some (self, 1);
  while (g_get_monotonic_time () < until_us)
    g_main_context_iteration (NULL, FALSE);
  open_listener (self);
  send_some (self, 2);
  until_us = g_get_monotonic_time () + UDPNAT_MSEC (200);
  while (g_get_monotonic_time () < until_us)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (udpnat_tunnel_listener_get_count (self->listener), ==, 0);
  g_assert_cmpuint (self->n_closed, ==, 0);
}

/* What makes no sense does not decide for a connection: one that ends is a failure, not the end of
 * the tunnel. */
static void
test_foreign (Fixture      *self,
              gconstpointer data)
{
  gint64 until_us;

  self->is_foreign = TRUE;
  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
  g_clear_pointer (&self->listener, udpnat_tunnel_listener_free);
  until_us = g_get_monotonic_time () + UDPNAT_MSEC (200);
  while (g_get_monotonic_time () < until_us)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (self->n_closed, ==, 0);
}

/* Nobody knows the address any more when its connection is gone. */
static void
test_gone_address (Fixture      *self,
                   gconstpointer data)
{
  UdpnatTunnel *tunnel = udpnat_tunnel_listener_get_tunnel (self->listener);
  UdpnatDatagram late;

  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
  late = self->at_server;
  send_some (self, 0);
  wait_for_count (self, 0);
  send_some (self, 2);
  wait_until (&self->n_at_client, 2);
  g_assert_false (udpnat_address_equal (&late.remote, &self->at_server.remote));
  tunnel->send (tunnel, &late);
  send_some (self, 3);
  wait_until (&self->n_at_client, 3);
  g_assert_cmpuint (self->at_client.n_data, ==, 3);
}

/* ---- What a listener bears ---- */

static GSocketConnection *
connect_to (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *stream;

  g_socket_client_set_enable_proxy (client, FALSE);
  stream = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  return stream;
}

static void
test_limit (Fixture      *self,
            gconstpointer data)
{
  g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < UDPNAT_TUNNEL_CONNECTIONS_PER_SOURCE + 8; i++)
    {
      g_ptr_array_add (streams, connect_to (self->port));
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  g_assert_cmpuint (udpnat_tunnel_listener_get_count (self->listener), ==,
                    UDPNAT_TUNNEL_CONNECTIONS_PER_SOURCE);
  g_ptr_array_set_size (streams, 0);
  wait_for_count (self, 0);
  send_some (self, 1);
  wait_until (&self->n_at_client, 1);
}

/* No TLS at all: closed at once. */
static void
test_not_tls (Fixture      *self,
              gconstpointer data)
{
  g_autoptr (GSocketConnection) stream = connect_to (self->port);
  const char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

  wait_for_count (self, 1);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (stream)),
                                            text, strlen (text), NULL, NULL, NULL));
  wait_for_count (self, 0);
  g_assert_cmpuint (self->n_at_server, ==, 0);
}

static void
closed_cb (UdpnatTunnelConnection *connection,
           gpointer                user_data)
{
  *(guint *) user_data += 1;
}

static void
never_cb (UdpnatTunnelConnection *connection,
          const guint8           *data,
          gsize                   n_data,
          gpointer                user_data)
{
  g_assert_not_reached ();
}

/* TLS, but what is inside is no datagram: closed, and nothing of it is handed on. */
static void
test_malformed (Fixture      *self,
                gconstpointer data)
{
  g_autoptr (GSocketConnection) stream = connect_to (self->port);
  const char text[] = "GET / HTTP/1.1\r\n\r\n";
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t session;
  int code;

  g_socket_set_blocking (g_socket_connection_get_socket (stream), FALSE);
  g_assert_cmpint (gnutls_certificate_allocate_credentials (&credentials), ==, 0);
  g_assert_cmpint (gnutls_init (&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK), ==, 0);
  g_assert_cmpint (gnutls_set_default_priority (session), ==, 0);
  g_assert_cmpint (gnutls_credentials_set (session, GNUTLS_CRD_CERTIFICATE, credentials), ==, 0);
  gnutls_transport_set_int (session, g_socket_get_fd (g_socket_connection_get_socket (stream)));
  while ((code = gnutls_handshake (session)) == GNUTLS_E_AGAIN)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (code, ==, 0);
  g_assert_cmpint (gnutls_record_send (session, text, strlen (text)), ==, strlen (text));
  wait_for_count (self, 1);
  wait_for_count (self, 0);
  g_assert_cmpuint (self->n_at_server, ==, 0);
  gnutls_deinit (session);
  gnutls_certificate_free_credentials (credentials);
}

/* The other side does not read: what is more than the limit is dropped, and all else goes on. */
static void
test_slow_reader (Fixture      *self,
                  gconstpointer data)
{
  g_autoptr (GMainContext) asleep = g_main_context_new ();
  const UdpnatTunnelConnectionFuncs funcs = { .datagram = never_cb, .closed = closed_cb };
  g_autoptr (UdpnatTunnelTls) client = udpnat_tunnel_tls_new_client ();
  g_autoptr (GSocketConnection) stream = connect_to (self->port);
  g_autoptr (UdpnatTunnelLoop) loop = NULL;
  g_autoptr (UdpnatTunnelConnection) connection = NULL;
  UdpnatTunnel *tunnel = udpnat_tunnel_listener_get_tunnel (self->listener);
  UdpnatDatagram datagram;
  guint n_closed = 0;
  guint8 hello[16] = { 1 };

  self->is_echoing = FALSE;
  g_main_context_push_thread_default (asleep);
  loop = udpnat_tunnel_loop_new ();
  connection = udpnat_tunnel_connection_new (loop, stream, client, NULL, 0, &funcs, &n_closed);
  g_main_context_pop_thread_default (asleep);
  (void) udpnat_tunnel_connection_send (connection, hello, sizeof hello);
  while (self->n_at_server == 0)
    {
      g_main_context_iteration (asleep, FALSE);
      g_main_context_iteration (NULL, FALSE);
    }
  /* From now on it sleeps. 40 MB would not fit into the kernel's buffers either. */
  datagram = self->at_server;
  memset (datagram.data, 1, UDPNAT_DATAGRAM_BASE_BYTES);
  datagram.n_data = UDPNAT_DATAGRAM_BASE_BYTES;
  for (guint i = 0; i < 40000; i++)
    {
      tunnel->send (tunnel, &datagram);
      if (i % 100 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (udpnat_tunnel_listener_get_count (self->listener), ==, 1);
  self->is_echoing = TRUE;
  send_some (self, 5);
  wait_until (&self->n_at_client, 1);
  g_assert_cmpuint (self->at_client.n_data, ==, 5);
}

/* One that is not read yet takes as much as the limit, and not a byte more. */
static void
test_queue_limit (Fixture      *self,
                  gconstpointer data)
{
  const UdpnatTunnelConnectionFuncs funcs = { .datagram = never_cb, .closed = closed_cb };
  g_autoptr (UdpnatTunnelTls) client = udpnat_tunnel_tls_new_client ();
  g_autoptr (GSocketConnection) stream = connect_to (self->port);
  g_autoptr (UdpnatTunnelLoop) loop = udpnat_tunnel_loop_new ();
  g_autoptr (UdpnatTunnelConnection) connection = NULL;
  guint8 bytes[UDPNAT_DATAGRAM_BASE_BYTES] = { 1 };
  guint n_closed = 0, n_kept = 0;

  connection = udpnat_tunnel_connection_new (loop, stream, client, NULL, 0, &funcs, &n_closed);
  while (udpnat_tunnel_connection_send (connection, bytes, sizeof bytes))
    n_kept++;
  g_assert_cmpuint (n_kept, ==, UDPNAT_TUNNEL_QUEUE_BYTES / (sizeof bytes + 2));
}

/* ---- What a dialer finds ---- */

static void
test_names_proxy (void)
{
  g_autoptr (UdpnatTunnelDialer) dialer = NULL;
  g_auto (GStrv) found = NULL;
  g_autoptr (GError) error = NULL;

  if (g_test_subprocess ())
    {
      dialer = udpnat_tunnel_dialer_new ();
      found = g_proxy_resolver_lookup (udpnat_tunnel_dialer_get_proxy (dialer),
                                       "https://198.51.100.1:8848", NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (found[0], ==, g_getenv ("WANTED"));
      return;
    }
  static const char *const cases[][3] = {
    { "https_proxy", "http://192.0.2.1:3128", "http://192.0.2.1:3128" },
    { "https_proxy", "192.0.2.1:3128", "http://192.0.2.1:3128" },
    { "all_proxy", "socks5h://192.0.2.1:1080", "socks5://192.0.2.1:1080" },
    { "ALL_PROXY", "socks5://192.0.2.1:1080", "socks5://192.0.2.1:1080" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_setenv (cases[i][0], cases[i][1], TRUE);
      g_setenv ("WANTED", cases[i][2], TRUE);
      g_test_trap_subprocess (NULL, UDPNAT_SEC (20), G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      g_setenv ("no_proxy", "192.0.2.9, 198.51.100.0/24", TRUE);
      g_setenv ("WANTED", "direct://", TRUE);
      g_test_trap_subprocess (NULL, UDPNAT_SEC (20), G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      g_unsetenv ("no_proxy");
      g_unsetenv (cases[i][0]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/io-tunnel/frames/however-they-are-cut", test_frames_cut);
  g_test_add_func ("/io-tunnel/frames/lengths-of-datagrams-only", test_frames_lengths);
  g_test_add_func ("/io-tunnel/certificate/of-our-own", test_certificate_own);
  g_test_add_func ("/io-tunnel/certificate/others-refused", test_certificate_refused);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/io-tunnel/both/every-size-to-and-fro", test_echo);
  ADD ("/io-tunnel/both/an-empty-datagram-closes", test_close);
  ADD ("/io-tunnel/both/the-end-is-told", test_closed_is_told);
  ADD ("/io-tunnel/both/an-address-ends-with-its-connection", test_gone_address);
  ADD ("/io-tunnel/dialer/waits-after-a-refusal", test_refused);
  ADD ("/io-tunnel/dialer/nonsense-decides-nothing", test_foreign);
  ADD ("/io-tunnel/listener/limit-for-one-source", test_limit);
  ADD ("/io-tunnel/listener/not-tls", test_not_tls);
  ADD ("/io-tunnel/listener/no-datagrams-inside", test_malformed);
  ADD ("/io-tunnel/listener/slow-reader", test_slow_reader);
  ADD ("/io-tunnel/connection/limit-of-what-waits", test_queue_limit);
#undef ADD
  g_test_add_func ("/io-tunnel/dialer/proxy-of-the-environment", test_names_proxy);

  return g_test_run ();
}
