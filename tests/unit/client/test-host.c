/* Hosting, with a script in the place of the server: what is said and written down is taken, and
 * what runs already is found. */

#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-host-private.h"
#include "udpnat-host.h"
#include "udpnat-interfaces.h"

/* Called as: udpnat-server --port PORT --state-dir DIR …. Locks with what every Linux has. A server
 * at home has no page for other programs of the computer. */
#define LISTENS                                                                                    \
  "#!/bin/sh\n"                                                                                    \
  "case \" $* \" in *' --status-address none '*) ;; *) exit 1;; esac\n"                           \
  "exec 9<>\"$4/lock\"; flock -n 9 || exit 1\n"                                                    \
  "printf '[server]\\npid=%s\\nport=%s\\nkey=abc\\n' $$ \"$2\" >\"$4/running\"\n"                  \
  "echo \"udpnat-server: listening on 0.0.0.0:$2\"\n"
#define MAPS                                                                                       \
  "printf '[outside]\\naddress=203.0.113.7:8848\\nprotocol=UPnP\\n' >>\"$4/running\"\n"            \
  "echo 'udpnat-server: mapped at 203.0.113.7:8848 (UPnP)'\n"
#define LISTENS_IN_CHINESE                                                                         \
  "#!/bin/sh\n"                                                                                    \
  "exec 9<>\"$4/lock\"; flock -n 9 || exit 1\n"                                                    \
  "printf '[server]\\npid=77\\nport=%s\\n' \"$2\" >\"$4/running\"\n"                               \
  "echo 'udpnat-server: 还没有监听'; sleep 0.3\n"                                                   \
  "printf '[server]\\npid=%s\\nport=%s\\nkey=new\\n' $$ \"$2\" >\"$4/running\"\n"                  \
  "echo 'udpnat-server: 正在监听'\n"
#define STAYS "exec sleep 20\n"
/* Long enough that somebody can see that it runs. */
#define GOES "sleep 0.5\n"
#define FAILS "#!/bin/sh\necho 'udpnat-server: The disk is full.' >&2\nexit 1\n"

typedef struct
{
  char    *folder;    /* the first in $PATH, for the script */
  char    *state_dir;
  guint16  port;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer script)
{
  g_autofree char *program = NULL;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  self->folder = g_strdup (g_getenv ("UDPNAT_TEST_FOLDER"));
  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  self->state_dir = g_build_filename (self->folder, "state", NULL);
  g_assert_cmpint (g_mkdir (self->state_dir, 0700), ==, 0);
  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  program = g_build_filename (self->folder, "udpnat-server", NULL);
  if (script != NULL)
    {
      g_assert_true (g_file_set_contents (program, script, -1, NULL));
      g_assert_cmpint (g_chmod (program, 0700), ==, 0);
    }
}

static void
tear_down (Fixture      *self,
           gconstpointer script)
{
  static const char *const names[] = { "state/lock", "state/running", "state", "udpnat-server" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->folder, names[i], NULL);

      g_remove (path);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->state_dir);
  g_free (self->folder);
}

/* ---- Calls that wait ---- */

static void
keep_result_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

static gboolean
start (Fixture    *self,
       UdpnatHost *host,
       GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  udpnat_host_start_async (host, NULL, keep_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return udpnat_host_start_finish (host, result, error);
}

static void
stop (UdpnatHost *host)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  udpnat_host_stop_async (host, NULL, keep_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (udpnat_host_stop_finish (host, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (udpnat_host_get_state (host), ==, UDPNAT_HOST_STATE_STOPPED);
}

static void
wait_until_outside (UdpnatHost *host)
{
  while (udpnat_host_get_reach (host) == UDPNAT_HOST_REACH_UNKNOWN)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- Tests ---- */

static void
test_starts (Fixture      *self,
             gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_true (start (self, host, &error));
  g_assert_no_error (error);
  g_assert_cmpint (udpnat_host_get_state (host), ==, UDPNAT_HOST_STATE_RUNNING);
  g_assert_false (udpnat_host_is_earlier (host));
  g_assert_cmpstr (udpnat_host_get_key_text (host), ==, "abc");
  wait_until_outside (host);
  g_assert_cmpstr (udpnat_host_get_outside (host), ==, "203.0.113.7:8848");
  g_assert_cmpstr (udpnat_host_get_protocol (host), ==, "UPnP");
  stop (host);
  g_assert_null (udpnat_host_get_outside (host));
}

/* Neither what it says in words nor what another left there makes it ready. */
static void
test_starts_in_chinese (Fixture      *self,
                        gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, FALSE);
  g_autoptr (GError) error = NULL;

  g_assert_true (start (self, host, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (udpnat_host_get_key_text (host), ==, "new");
  stop (host);
}

/* Another folder than the other tests have: where a user's own server is. */
static void
test_shared (Fixture      *self,
             gconstpointer script)
{
  g_autofree char *state_dir = g_build_filename (g_get_user_state_dir (), "udpnat-server", NULL);
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, NULL, TRUE);
  g_autofree char *own = g_strdup_printf ("127.0.0.1:%u", self->port);
  g_autofree char *other = g_strdup_printf ("127.0.0.1:%u", self->port ^ 1);
  g_autofree char *named = g_strdup_printf ("localhost:%u", self->port);
  g_autofree char *elsewhere = g_strdup_printf ("192.0.2.1:%u", self->port);
  g_autofree char *shared = NULL;
  g_autofree char *shared_by_name = NULL;

  g_assert_cmpint (g_mkdir_with_parents (state_dir, 0700), ==, 0);
  g_assert_null (udpnat_host_dup_shared (own)); /* nobody hosts */
  g_assert_true (start (self, host, NULL));
  wait_until_outside (host);
  shared = udpnat_host_dup_shared (own);
  g_assert_cmpstr (shared, ==, "203.0.113.7:8848");
  shared_by_name = udpnat_host_dup_shared (named);
  g_assert_cmpstr (shared_by_name, ==, "203.0.113.7:8848");
  g_assert_null (udpnat_host_dup_shared (other));
  g_assert_null (udpnat_host_dup_shared (elsewhere));
  g_assert_null (udpnat_host_dup_shared (NULL));
  g_assert_null (udpnat_host_dup_shared ("not an address"));
  stop (host);
}

static void
test_fails (Fixture      *self,
            gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_false (start (self, host, &error));
  g_assert_nonnull (g_strstr_len (error->message, -1, ": The disk is full."));
  g_assert_cmpint (udpnat_host_get_state (host), ==, UDPNAT_HOST_STATE_STOPPED);
}

static void
test_missing (Fixture      *self,
              gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (GError) error = NULL;

  if (g_file_test ("/usr/bin/udpnat-server", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("udpnat-server is installed on this system");
      return;
    }
  g_assert_false (start (self, host, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_joins (Fixture      *self,
            gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                             G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, self->port);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  g_assert_true (start (self, host, NULL));
  g_assert_cmpint (udpnat_host_get_state (host), ==, UDPNAT_HOST_STATE_JOINED);
  g_assert_null (udpnat_host_get_key_text (host));
  stop (host); /* ours to leave, not to end */
}

static void
test_finds_earlier (Fixture      *self,
                    gconstpointer script)
{
  g_autoptr (UdpnatHost) first = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (UdpnatHost) second = udpnat_host_new (self->port, self->state_dir, TRUE);

  g_assert_true (start (self, first, NULL));
  wait_until_outside (first);
  g_clear_object (&first); /* the server goes on */
  g_assert_true (start (self, second, NULL));
  g_assert_cmpint (udpnat_host_get_state (second), ==, UDPNAT_HOST_STATE_RUNNING);
  g_assert_true (udpnat_host_is_earlier (second));
  g_assert_cmpstr (udpnat_host_get_outside (second), ==, "203.0.113.7:8848");
  stop (second);
}

static void
test_other_port (Fixture      *self,
                 gconstpointer script)
{
  g_autoptr (UdpnatHost) first = udpnat_host_new (self->port, self->state_dir, TRUE);
  g_autoptr (UdpnatHost) second = udpnat_host_new (self->port ^ 1, self->state_dir, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_true (start (self, first, NULL));
  g_assert_false (start (self, second, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
  stop (first);
}

static void
test_ends_by_itself (Fixture      *self,
                     gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);

  g_assert_true (start (self, host, NULL));
  while (udpnat_host_get_state (host) == UDPNAT_HOST_STATE_RUNNING)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (udpnat_host_get_state (host), ==, UDPNAT_HOST_STATE_STOPPED);
}

static gboolean
is_at (UdpnatHost *host,
       const char *ip,
       guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));
  return udpnat_host_is_at (host, &address);
}

static void
test_is_at (Fixture      *self,
            gconstpointer script)
{
  g_autoptr (UdpnatHost) host = udpnat_host_new (self->port, self->state_dir, TRUE);
  UdpnatAddress own[8];
  guint n_own = udpnat_interfaces_get_addresses (own, G_N_ELEMENTS (own));

  g_assert_true (is_at (host, "127.0.0.1", self->port));
  g_assert_true (is_at (host, "127.0.0.53", self->port)); /* all of that network is here */
  g_assert_false (is_at (host, "127.0.0.1", self->port ^ 1));
  g_assert_false (is_at (host, "192.0.2.1", self->port));
  g_assert_false (is_at (host, "2001:db8::1", self->port));
  for (guint i = 0; i < n_own; i++)
    {
      own[i].port = self->port;
      g_assert_true (udpnat_host_is_at (host, &own[i]));
      own[i].port ^= 1;
      g_assert_false (udpnat_host_is_at (host, &own[i]));
    }

  g_assert_false (is_at (host, "203.0.113.7", 8848));
  g_assert_true (start (self, host, NULL));
  wait_until_outside (host);
  g_assert_true (is_at (host, "203.0.113.7", 8848)); /* the router's port is its own */
  g_assert_false (is_at (host, "203.0.113.7", 8849));
  stop (host);
}

static void
test_record (Fixture      *self,
             gconstpointer script)
{
  g_autofree char *lock_path = g_build_filename (self->state_dir, "lock", NULL);
  g_autofree char *path = g_build_filename (self->state_dir, "running", NULL);
  UdpnatHostRecord record;
  int fd = g_open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_true (g_file_set_contents (path, "[server]\npid=77\nport=8848\n", -1, NULL));
  g_assert_false (udpnat_host_record_read (&record, self->state_dir)); /* left behind */
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  g_assert_true (udpnat_host_record_read (&record, self->state_dir));
  g_assert_cmpint (record.pid, ==, 77);
  g_assert_cmpuint (record.port, ==, 8848);
  udpnat_host_record_clear (&record);
  g_assert_true (g_file_set_contents (path, "[server]\npid=77\nport=8848\nkey=abc\\\n", -1, NULL));
  g_assert_true (udpnat_host_record_read (&record, self->state_dir));
  g_assert_null (record.key_text);
  udpnat_host_record_clear (&record);
  g_assert_true (g_file_set_contents (path, "[server]\npid=77\nport=65536\n", -1, NULL));
  g_assert_false (udpnat_host_record_read (&record, self->state_dir));
  g_assert_true (g_file_set_contents (path, "[server]\npid=1\nport=8848\n", -1, NULL));
  g_assert_false (udpnat_host_record_read (&record, self->state_dir));
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *base = g_dir_make_tmp ("udpnat-host-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (base, "bin", NULL);
  /* Behind it, what every Linux has. */
  g_autofree char *path = g_strdup_printf ("%s:/usr/bin:/bin", folder);
  g_autofree char *state = g_build_filename (base, "home", NULL);
  static const char *const left[] = { "udpnat-server/lock", "udpnat-server/running",
                                      "udpnat-server", "" };
  int status;

  /* Once, before there are threads. */
  g_setenv ("PATH", path, TRUE);
  g_setenv ("UDPNAT_TEST_FOLDER", folder, TRUE);
  g_setenv ("XDG_STATE_HOME", state, TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, script, test) g_test_add (path, Fixture, script, set_up, test, tear_down)
  ADD ("/host/start/tells-when-it-listens-and-is-mapped", LISTENS MAPS STAYS, test_starts);
  ADD ("/host/start/does-not-go-by-words", LISTENS_IN_CHINESE STAYS, test_starts_in_chinese);
  ADD ("/host/start/tells-what-a-failing-server-said", FAILS, test_fails);
  ADD ("/host/start/tells-that-there-is-no-server", NULL, test_missing);
  ADD ("/host/start/joins-whoever-has-the-port", NULL, test_joins);
  ADD ("/host/start/finds-own-server-of-earlier-run", LISTENS MAPS STAYS, test_finds_earlier);
  ADD ("/host/start/own-server-on-other-port-is-an-error", LISTENS STAYS, test_other_port);
  ADD ("/host/running/end-of-server-is-told", LISTENS GOES, test_ends_by_itself);
  ADD ("/host/address/all-of-this-computer-and-the-mapped-one", LISTENS MAPS STAYS, test_is_at);
  ADD ("/host/address/others-get-one-that-leads-here", LISTENS MAPS STAYS, test_shared);
  ADD ("/host/record/counts-only-while-locked", NULL, test_record);
#undef ADD
  status = g_test_run ();
  for (gsize i = 0; i < G_N_ELEMENTS (left); i++)
    {
      g_autofree char *path_left = g_build_filename (state, left[i], NULL);

      g_remove (path_left);
    }
  g_rmdir (base);
  return status;
}
