/* The keyring: a real one remembers; one that is missing, locked or silent stops nothing. The real
 * one runs on a bus of its own, with everything it keeps in a folder of its own: this program
 * starts itself again there. */

#include "config.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "udpnat-keyring.h"
#include "udpnat-limits.h"

#define PROFILE "/home/somebody/.local/share/udpnat"
#define KEYRING_PASSWORD "password of the desktop"
#define DAEMON_TIMEOUT_S 15

/* ---- One call, waited for ---- */

typedef struct
{
  GMainLoop *loop;
  char      *passphrase;
  gboolean   is_done;
} Answer;

static void
lookup_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Answer *answer = user_data;

  answer->passphrase = udpnat_keyring_lookup_finish (result);
  g_main_loop_quit (answer->loop);
}

static void
store_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Answer *answer = user_data;

  answer->is_done = udpnat_keyring_store_finish (result);
  g_main_loop_quit (answer->loop);
}

static void
clear_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Answer *answer = user_data;

  answer->is_done = udpnat_keyring_clear_finish (result);
  g_main_loop_quit (answer->loop);
}

static void
wait_for (Answer *answer)
{
  g_main_loop_run (answer->loop);
  g_main_loop_unref (answer->loop);
}

static char *
look_up (const char   *profile_path,
         GCancellable *cancellable)
{
  Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };

  udpnat_keyring_lookup_async (profile_path, cancellable, lookup_cb, &answer);
  wait_for (&answer);
  return answer.passphrase;
}

static gboolean
store (const char *profile_path,
       const char *passphrase)
{
  Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };

  udpnat_keyring_store_async (profile_path, passphrase, NULL, store_cb, &answer);
  wait_for (&answer);
  return answer.is_done;
}

static gboolean
clear (const char *profile_path)
{
  Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };

  udpnat_keyring_clear_async (profile_path, NULL, clear_cb, &answer);
  wait_for (&answer);
  return answer.is_done;
}

static void
check (const char *profile_path,
       const char *expected)
{
  g_autofree char *passphrase = look_up (profile_path, NULL);

  g_assert_cmpstr (passphrase, ==, expected);
}

static void
check_nothing_works (void)
{
  g_autofree char *passphrase = look_up (PROFILE, NULL);

  g_assert_cmpstr (passphrase, ==, NULL);
  g_assert_false (store (PROFILE, "correct horse"));
  g_assert_false (clear (PROFILE));
}

/* ---- With a keyring: runs on a bus of its own ---- */

static void
name_appeared_cb (GDBusConnection *connection,
                  const char      *name,
                  const char      *owner,
                  gpointer         user_data)
{
  g_main_loop_quit (user_data);
}

static gboolean
give_up_cb (gpointer user_data)
{
  g_error ("The keyring's daemon does not come up");
  return G_SOURCE_REMOVE;
}

/* @password: (nullable): %NULL leaves the keyring locked */
static GSubprocess *
start_daemon (const char *password)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
    G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
    G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  GSubprocess *daemon;
  guint watch, timeout;

  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG"); /* its warnings are not ours */
  daemon = g_subprocess_launcher_spawn (launcher, &error, "gnome-keyring-daemon", "--foreground",
                                        "--components=secrets",
                                        password != NULL ? "--unlock" : NULL, NULL);
  g_assert_no_error (error);
  if (password != NULL)
    {
      GOutputStream *in = g_subprocess_get_stdin_pipe (daemon);

      g_assert_true (g_output_stream_write_all (in, password, strlen (password), NULL, NULL, NULL));
      g_assert_true (g_output_stream_close (in, NULL, NULL));
    }
  watch = g_bus_watch_name (G_BUS_TYPE_SESSION, "org.freedesktop.secrets",
                            G_BUS_NAME_WATCHER_FLAGS_NONE, name_appeared_cb, NULL, loop, NULL);
  timeout = g_timeout_add_seconds (DAEMON_TIMEOUT_S, give_up_cb, NULL);
  g_main_loop_run (loop);
  g_bus_unwatch_name (watch);
  g_source_remove (timeout);
  return daemon;
}

static void
stop_daemon (GSubprocess *daemon)
{
  g_subprocess_send_signal (daemon, SIGTERM);
  g_assert_true (g_subprocess_wait (daemon, NULL, NULL));
  g_object_unref (daemon);
}

static void
use_unlocked (void)
{
  GSubprocess *daemon = start_daemon (KEYRING_PASSWORD);

  check (PROFILE, NULL);
  g_assert_false (clear (PROFILE));
  g_assert_true (store (PROFILE, "correct horse"));
  check (PROFILE, "correct horse");
  check (PROFILE "/../udpnat/", "correct horse"); /* the same folder */
  check (PROFILE "-other", NULL);
  g_assert_true (store (PROFILE, "battery staple \u00e9"));
  check (PROFILE, "battery staple \u00e9");
  g_assert_true (clear (PROFILE));
  check (PROFILE, NULL);

  g_assert_true (store (PROFILE, "for the next time"));
  stop_daemon (daemon);
}

/* After use_unlocked(), in the same folder */
static void
use_locked (void)
{
  GSubprocess *daemon = start_daemon (NULL);
  gint64 start = g_get_monotonic_time ();

  check (PROFILE, NULL);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 1000 * (UDPNAT_KEYRING_TIMEOUT_MS + 1000));
  stop_daemon (daemon);
}

static int
run_on_own_bus (const char *what)
{
  if (strcmp (what, "unlocked") == 0)
    use_unlocked ();
  else if (strcmp (what, "locked") == 0)
    use_locked ();
  else
    check_nothing_works ();
  return 0; /* what is wrong has ended the process */
}

/* ---- The tests ---- */

static char *own_path; /* of this program */

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL
                                                                       : g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

/* A bus that starts no service by itself: no keyring but ours. */
static char *
write_bus_config (const char *folder)
{
  char *path = g_build_filename (folder, "bus.conf", NULL);
  g_autofree char *config = g_strdup_printf (
    "<busconfig><type>session</type><listen>unix:dir=%s</listen><policy context='default'>"
    "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>"
    "</policy></busconfig>", folder);

  g_assert_true (g_file_set_contents (path, config, -1, NULL));
  return path;
}

static void
run_again (const char *folder,
           const char *what)
{
  g_autofree char *config = write_bus_config (folder);
  g_autofree char *config_option = g_strconcat ("--config-file=", config, NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  static const char *const variables[] = {
    "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    g_subprocess_launcher_setenv (launcher, variables[i], folder, TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY"); /* no window to unlock it with */
  g_subprocess_launcher_unsetenv (launcher, "WAYLAND_DISPLAY");
  process = g_subprocess_launcher_spawn (launcher, &error, "dbus-run-session", config_option, "--",
                                         own_path, "--on-own-bus", what, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static void
test_real_keyring (void)
{
  g_autofree char *daemon = g_find_program_in_path ("gnome-keyring-daemon");
  g_autofree char *bus = g_find_program_in_path ("dbus-run-session");
  g_autofree char *folder = NULL;

  g_test_summary ("Stored, found, replaced, cleared; and after a restart locked: not found");
  if (!udpnat_keyring_is_supported () || daemon == NULL || bus == NULL)
    {
      g_test_skip ("Needs libsecret, gnome-keyring-daemon and dbus-run-session");
      return;
    }
  folder = g_dir_make_tmp ("udpnat-keyring-XXXXXX", NULL);
  run_again (folder, "unlocked");
  run_again (folder, "locked");
  remove_tree (folder);
}

static void
in_child (const char *bus_address,
          void      (*func) (void))
{
  if (g_test_subprocess ())
    {
      g_setenv ("DBUS_SESSION_BUS_ADDRESS", bus_address, TRUE);
      func ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
test_no_bus (void)
{
  in_child ("unix:path=/nonexistent/bus", check_nothing_works);
}

static void
test_bus_without_keyring (void)
{
  g_autofree char *bus = g_find_program_in_path ("dbus-run-session");
  g_autofree char *folder = NULL;

  if (bus == NULL)
    {
      g_test_skip ("Needs dbus-run-session");
      return;
    }
  folder = g_dir_make_tmp ("udpnat-keyring-XXXXXX", NULL);
  run_again (folder, "missing");
  remove_tree (folder);
}

/* A bus that accepts and says nothing. */
typedef struct
{
  char    *folder;
  char    *path;
  GSocket *socket;
} SilentBus;

static void
silent_bus_start (SilentBus *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *text = NULL;

  self->folder = g_dir_make_tmp ("udpnat-keyring-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "bus", NULL);
  address = g_unix_socket_address_new (self->path);
  self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_assert_true (g_socket_bind (self->socket, address, FALSE, NULL));
  g_assert_true (g_socket_listen (self->socket, NULL));
  text = g_strdup_printf ("unix:path=%s", self->path);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", text, TRUE);
}

static void
silent_bus_stop (SilentBus *self)
{
  g_object_unref (self->socket);
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

static void
run_until_timeout (void)
{
  SilentBus bus;
  gint64 start, took_us;

  silent_bus_start (&bus);
  start = g_get_monotonic_time ();
  check (PROFILE, NULL);
  took_us = g_get_monotonic_time () - start;
  if (udpnat_keyring_is_supported ())
    g_assert_cmpint (took_us, >=, 1000 * UDPNAT_KEYRING_TIMEOUT_MS);
  g_assert_cmpint (took_us, <, 2 * 1000 * UDPNAT_KEYRING_TIMEOUT_MS);
  silent_bus_stop (&bus);
}

static void
test_silent_bus (void)
{
  in_child ("", run_until_timeout);
}

static void
run_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *passphrase = NULL;
  SilentBus bus;
  gint64 start;

  silent_bus_start (&bus);
  g_cancellable_cancel (cancellable);
  start = g_get_monotonic_time ();
  passphrase = look_up (PROFILE, cancellable);
  g_assert_cmpstr (passphrase, ==, NULL);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 1000 * UDPNAT_KEYRING_TIMEOUT_MS);
  silent_bus_stop (&bus);
}

static void
test_cancelled (void)
{
  in_child ("", run_cancelled);
}

int
main (int    argc,
      char **argv)
{
  own_path = argv[0];
  g_test_init (&argc, &argv, NULL);
  if (argc == 3 && strcmp (argv[1], "--on-own-bus") == 0)
    return run_on_own_bus (argv[2]);

  g_test_add_func ("/client-keyring/real/remembers-until-locked", test_real_keyring);
  g_test_add_func ("/client-keyring/missing/no-bus", test_no_bus);
  g_test_add_func ("/client-keyring/missing/bus-without-keyring", test_bus_without_keyring);
  g_test_add_func ("/client-keyring/silent/ends-in-time", test_silent_bus);
  g_test_add_func ("/client-keyring/silent/need-not-be-waited-for", test_cancelled);

  return g_test_run ();
}
