/* The words to systemd, as they arrive at a socket: which, how often, and when there are none. */

#include "config.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-server-notify.h"

typedef struct
{
  GSocket *socket;
  char    *folder;
  char    *path;
} Fixture;

static void
listen_at (Fixture        *self,
           GSocketAddress *address)
{
  g_autoptr (GError) error = NULL;

  self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GSocketAddress) address = NULL;

  self->folder = g_dir_make_tmp ("udpnat-notify-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "socket", NULL);
  address = g_unix_socket_address_new (self->path);
  listen_at (self, address);
  g_setenv ("NOTIFY_SOCKET", self->path, TRUE);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->socket);
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

/* Returns: (transfer full): the next datagram; "" for none */
static char *
take (Fixture *self)
{
  char   text[512];
  gssize n = g_socket_receive (self->socket, text, sizeof text, NULL, NULL);

  return g_strndup (text, n > 0 ? (gsize) n : 0);
}

static void
assert_said (Fixture    *self,
             const char *wanted)
{
  g_autofree char *text = take (self);

  g_assert_cmpstr (text, ==, wanted);
}

static gboolean
quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
run_for (guint ms)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_timeout_add (ms, quit_cb, loop);
  g_main_loop_run (loop);
}

static void
test_life (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (UdpnatServerNotify) notify = udpnat_server_notify_new_from_environment ();

  g_assert_null (g_getenv ("NOTIFY_SOCKET"));
  assert_said (self, "");
  udpnat_server_notify_ready (notify, 0);
  assert_said (self, "READY=1\nSTATUS=0 people online\n");
  udpnat_server_notify_set_online (notify, 1);
  assert_said (self, "STATUS=1 person online\n");
  udpnat_server_notify_stopping (notify);
  assert_said (self, "STOPPING=1\nSTATUS=Telling clients to come back later\n");
  assert_said (self, "");
}

/* The first at once, the last in the end, and nothing that is no news. */
static void
test_crowd (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (UdpnatServerNotify) notify = udpnat_server_notify_new_from_environment ();

  udpnat_server_notify_ready (notify, 0);
  g_free (take (self));
  for (guint i = 1; i <= 1000; i++)
    udpnat_server_notify_set_online (notify, i);
  assert_said (self, "STATUS=1 person online\n");
  assert_said (self, "");
  run_for (2200);
  assert_said (self, "STATUS=1000 people online\n");
  assert_said (self, "");
  udpnat_server_notify_set_online (notify, 1000);
  assert_said (self, "");
}

static guint
count_alive (Fixture *self,
             guint    ms)
{
  g_autoptr (UdpnatServerNotify) notify = udpnat_server_notify_new_from_environment ();
  guint n_alive = 0;

  g_assert_null (g_getenv ("WATCHDOG_USEC"));
  g_assert_null (g_getenv ("WATCHDOG_PID"));
  udpnat_server_notify_ready (notify, 0);
  run_for (ms);
  g_free (take (self));
  for (;;)
    {
      g_autofree char *text = take (self);

      if (*text == '\0')
        return n_alive;
      g_assert_cmpstr (text, ==, "WATCHDOG=1\n");
      n_alive++;
    }
}

static void
test_alive (Fixture      *self,
            gconstpointer unused)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());
  guint n_alive;

  g_setenv ("WATCHDOG_USEC", "400000", TRUE);
  g_setenv ("WATCHDOG_PID", pid, TRUE);
  n_alive = count_alive (self, 1100);
  g_assert_cmpuint (n_alive, >=, 3); /* five, on a machine that has nothing else to do */
  g_assert_cmpuint (n_alive, <=, 5);
}

static void
test_alive_for_nobody (Fixture      *self,
                       gconstpointer unused)
{
  static const struct { const char *time, *pid; } cases[] = {
    { NULL, NULL }, { "100000", "1" }, { "100000", "x" }, { "0", NULL }, { "1999", NULL },
    { "-1", NULL }, { "", NULL }, { "99999999999999999", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_setenv ("NOTIFY_SOCKET", self->path, TRUE);
      if (cases[i].time != NULL)
        g_setenv ("WATCHDOG_USEC", cases[i].time, TRUE);
      if (cases[i].pid != NULL)
        g_setenv ("WATCHDOG_PID", cases[i].pid, TRUE);
      g_assert_cmpuint (count_alive (self, 120), ==, 0);
    }
}

static void
test_abstract (void)
{
  g_autofree char *name = g_strdup_printf ("@udpnat-test-notify-%d", (int) getpid ());
  g_autoptr (GSocketAddress) address
    = g_unix_socket_address_new_with_type (name + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  g_autoptr (UdpnatServerNotify) notify = NULL;
  Fixture self = { 0 };

  listen_at (&self, address);
  g_setenv ("NOTIFY_SOCKET", name, TRUE);
  notify = udpnat_server_notify_new_from_environment ();
  udpnat_server_notify_ready (notify, 2);
  assert_said (&self, "READY=1\nSTATUS=2 people online\n");
  g_clear_object (&self.socket);
}

static void
test_nobody (void)
{
  g_autofree char *long_path = g_strnfill (300, '/');
  const char *const addresses[] = { NULL, "", "@", "relative", "vsock:2:1234", long_path };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (UdpnatServerNotify) notify = NULL;

      if (addresses[i] != NULL)
        g_setenv ("NOTIFY_SOCKET", addresses[i], TRUE);
      g_setenv ("WATCHDOG_USEC", "20000", TRUE);
      notify = udpnat_server_notify_new_from_environment ();
      g_assert_null (g_getenv ("NOTIFY_SOCKET"));
      udpnat_server_notify_ready (notify, 0);
      udpnat_server_notify_set_online (notify, 3);
      udpnat_server_notify_stopping (notify);
    }
}

#define ADD(path, function) \
  g_test_add ("/server-notify/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("life", test_life);
  ADD ("status/crowd", test_crowd);
  ADD ("watchdog/twice-in-its-time", test_alive);
  ADD ("watchdog/nobody-waits", test_alive_for_nobody);
  g_test_add_func ("/server-notify/socket/abstract", test_abstract);
  g_test_add_func ("/server-notify/socket/none", test_nobody);

  return g_test_run ();
}
