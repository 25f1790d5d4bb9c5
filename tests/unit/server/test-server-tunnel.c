/* The server's TCP ports: what it can do without, and what it cannot; the certificate that it
 * keeps. */

#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "udpnat-server-error.h"
#include "udpnat-server-tunnel.h"

typedef struct
{
  char              *folder;
  UdpnatStateDir    *state_dir;
  UdpnatServerConfig config;
} Fixture;

static char *
in_folder (Fixture    *self,
           const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  self->folder = g_dir_make_tmp ("udpnat-tunnel-XXXXXX", NULL);
  self->state_dir = udpnat_state_dir_open (self->folder, &error);
  g_assert_no_error (error);
  self->config.ip = g_strdup ("127.0.0.1");
  self->config.is_tunnel_chosen = TRUE;
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  static const char *const names[] = { "lock", "tunnel.pem", "cert.pem", "key.pem" };

  udpnat_server_config_clear (&self->config);
  udpnat_state_dir_free (self->state_dir);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = in_folder (self, names[i]);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

static guint16
find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
choose_port (Fixture *self,
             guint16  port)
{
  self->config.tunnel_ports[0] = port;
  self->config.n_tunnel_ports = port != 0 ? 1 : 0;
}

static gboolean
can_connect (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) stream = NULL;

  g_socket_client_set_enable_proxy (client, FALSE);
  stream = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, NULL);
  return stream != NULL;
}

static void
test_none (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (UdpnatTunnelListener) listener = NULL;
  g_autofree char *pem = in_folder (self, "tunnel.pem");

  choose_port (self, 0);
  g_assert_true (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener, NULL));
  g_assert_null (listener);
  g_assert_false (g_file_test (pem, G_FILE_TEST_EXISTS));
}

static void
test_default (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (UdpnatTunnelListener) listener = NULL;
  guint16 port = find_port ();

  self->config.is_tunnel_chosen = FALSE;
  g_assert_true (udpnat_server_tunnel_open (&self->config, self->state_dir, port, &listener,
                                            NULL));
  g_assert_nonnull (listener);
  g_assert_true (can_connect (port));
}

static void
test_kept (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *pem = in_folder (self, "tunnel.pem");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;
  GStatBuf about;

  choose_port (self, find_port ());
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (UdpnatTunnelListener) listener = NULL;
      g_autofree char *text = NULL;

      if (i == 2)
        g_assert_true (g_file_set_contents (pem, "not a certificate", -1, NULL));
      g_assert_true (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener,
                                                NULL));
      g_assert_nonnull (listener);
      g_assert_true (g_file_get_contents (pem, &text, NULL, NULL));
      *(i == 0 ? &first : i == 1 ? &second : &third) = g_steal_pointer (&text);
    }
  g_assert_cmpstr (first, ==, second);
  g_assert_cmpstr (first, !=, third);
  g_assert_cmpint (g_stat (pem, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 0777, ==, 0600);
}

/* Nobody else can have the port meanwhile; the server goes on without. */
static void
test_taken (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (GSocketListener) other = g_socket_listener_new ();
  g_autoptr (UdpnatTunnelListener) listener = NULL;
  g_autoptr (GError) error = NULL;

  choose_port (self, g_socket_listener_add_any_inet_port (other, NULL, NULL));
  g_assert_true (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener, &error));
  g_assert_no_error (error);
  g_assert_nonnull (listener);
}

static void
test_named (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (UdpnatTunnelListener) listener = NULL;
  g_autofree char *both = udpnat_tunnel_tls_make_self_signed ();
  g_autofree char *pem = in_folder (self, "tunnel.pem");

  choose_port (self, find_port ());
  self->config.tls_cert = in_folder (self, "cert.pem");
  self->config.tls_key = in_folder (self, "key.pem");
  g_assert_true (g_file_set_contents (self->config.tls_cert, both, -1, NULL));
  g_assert_true (g_file_set_contents (self->config.tls_key, both, -1, NULL));
  g_assert_true (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener, NULL));
  g_assert_nonnull (listener);
  g_assert_false (g_file_test (pem, G_FILE_TEST_EXISTS));
}

/* What was named and is not there is no detail. */
static void
test_named_wrong (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (UdpnatTunnelListener) listener = NULL;
  g_autoptr (GError) error = NULL;

  choose_port (self, find_port ());
  self->config.tls_cert = in_folder (self, "cert.pem");
  self->config.tls_key = in_folder (self, "key.pem");
  g_assert_false (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener,
                                             &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (self->config.tls_cert, "x", -1, NULL));
  g_assert_true (g_file_set_contents (self->config.tls_key, "x", -1, NULL));
  g_assert_false (udpnat_server_tunnel_open (&self->config, self->state_dir, 1, &listener,
                                             &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE);
  g_assert_null (listener);
}

#define ADD(path, function) \
  g_test_add ("/server-tunnel" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/ports/none-wanted", test_none);
  ADD ("/ports/that-of-udp", test_default);
  ADD ("/ports/taken-is-no-reason-not-to-start", test_taken);
  ADD ("/certificate/own-is-kept", test_kept);
  ADD ("/certificate/named", test_named);
  ADD ("/certificate/named-and-wrong", test_named_wrong);

  return g_test_run ();
}
