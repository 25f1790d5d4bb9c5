/* The state directory, the key in it, and the command line. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-name-store.h"
#include "udpnat-server-config.h"
#include "udpnat-server-error.h"
#include "udpnat-server-key.h"
#include "udpnat-state-dir.h"
#include "udpnat-system-random.h"

typedef struct
{
  char *folder;
  char *state;    /* a directory in it that does not exist yet */
  char *key_path; /* a file in it, likewise */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-state-XXXXXX", NULL);
  self->state = g_build_filename (self->folder, "state", NULL);
  self->key_path = g_build_filename (self->folder, "server.key", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *lock = g_build_filename (self->state, "lock", NULL);

  g_unlink (lock);
  g_rmdir (self->state);
  g_unlink (self->state);
  g_unlink (self->key_path);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->key_path);
  g_free (self->state);
  g_free (self->folder);
}

/* ---- The directory ---- */

static void
test_dir_is_private (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (UdpnatStateDir) dir = udpnat_state_dir_open (self->state, NULL);
  GStatBuf about;

  g_assert_nonnull (dir);
  g_assert_cmpint (g_stat (self->state, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 0777, ==, 0700);
}

static void
test_dir_keeps_second_out (Fixture      *self,
                           gconstpointer unused)
{
  g_autoptr (UdpnatStateDir) first = udpnat_state_dir_open (self->state, NULL);
  g_autoptr (UdpnatStateDir) third = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *process = g_strdup_printf ("process %d", (int) getpid ());

  g_assert_null (udpnat_state_dir_open (self->state, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_IN_USE);
  g_assert_nonnull (strstr (error->message, process));
  g_clear_pointer (&first, udpnat_state_dir_free);
  third = udpnat_state_dir_open (self->state, NULL);
  g_assert_nonnull (third);
}

static void
test_dir_is_a_file (Fixture      *self,
                    gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (self->state, "", 0, NULL));
  g_assert_null (udpnat_state_dir_open (self->state, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_DIR);
  g_assert_nonnull (strstr (error->message, "--state-dir"));
}

/* As systemd has it with DynamicUser=: state -> private/state, with all of its files behind it. */
static void
test_dir_behind_a_link (Fixture      *self,
                        gconstpointer unused)
{
  g_autofree char *behind = g_build_filename (self->folder, "behind", NULL);
  g_autofree char *lock = g_build_filename (behind, "lock", NULL);
  g_autofree char *names_path = NULL;
  g_autofree char *given = g_strconcat (self->state, "/", NULL);
  g_autoptr (UdpnatStateDir) dir = NULL;
  g_autoptr (UdpnatNameStore) names = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (behind, 0700), ==, 0);
  g_assert_cmpint (symlink ("behind", self->state), ==, 0);
  dir = udpnat_state_dir_open (given, &error);
  g_assert_no_error (error);
  g_assert_true (udpnat_state_dir_is_in_use (behind));
  names_path = udpnat_state_dir_dup_file (dir, "names.db");
  names = udpnat_name_store_open (names_path, &error);
  g_assert_no_error (error);
  g_clear_pointer (&names, udpnat_name_store_free);
  g_unlink (names_path);
  g_unlink (lock);
  g_assert_cmpint (g_rmdir (behind), ==, 0);
}

/* Who makes a link says where the key is written. */
static void
test_dir_behind_a_strangers_link (Fixture      *self,
                                  gconstpointer unused)
{
  g_autofree char *behind = g_build_filename (self->folder, "behind", NULL);
  g_autofree char *slash = g_strconcat (self->state, "/", NULL);
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can make another user's link");
      return;
    }
  g_assert_cmpint (g_mkdir (behind, 0700), ==, 0);
  g_assert_cmpint (symlink ("behind", self->state), ==, 0);
  g_assert_cmpint (lchown (self->state, 12345, 12345), ==, 0);
  g_assert_null (udpnat_state_dir_open (self->state, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_DIR);
  g_assert_nonnull (strstr (error->message, "another user"));
  g_assert_null (udpnat_state_dir_open (slash, NULL));
  /* Fails when anything was made in it. */
  g_assert_cmpint (g_rmdir (behind), ==, 0);
}

static void
test_dir_behind_a_broken_link (Fixture      *self,
                               gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("nowhere", self->state), ==, 0);
  g_assert_null (udpnat_state_dir_open (self->state, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATE_DIR);
}

/* ---- The key ---- */

static UdpnatIdentity *
load (Fixture  *self,
      gboolean *out_is_new,
      GError  **error)
{
  UdpnatRandom random = udpnat_system_random ();

  return udpnat_server_key_load (self->key_path, &random, out_is_new, error);
}

static void
test_key_is_kept (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (UdpnatIdentity) first = NULL;
  g_autoptr (UdpnatIdentity) second = NULL;
  g_autofree char *contents = NULL;
  gsize n_contents;
  gboolean is_new;
  GStatBuf about;

  first = load (self, &is_new, NULL);
  g_assert_true (is_new);
  second = load (self, &is_new, NULL);
  g_assert_false (is_new);
  g_assert_true (udpnat_public_key_equal (udpnat_identity_get_public_key (first),
                                          udpnat_identity_get_public_key (second)));
  g_assert_cmpint (g_stat (self->key_path, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 07777, ==, 0600);
  g_assert_true (g_file_get_contents (self->key_path, &contents, &n_contents, NULL));
  g_assert_cmpuint (n_contents, ==, 65);
  g_assert_cmpint (contents[64], ==, '\n');
}

static void
assert_key_refused (Fixture *self)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_new;

  g_assert_true (g_file_get_contents (self->key_path, &before, NULL, NULL));
  g_assert_null (load (self, &is_new, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY);
  g_assert_nonnull (strstr (error->message, self->key_path));
  g_assert_true (g_file_get_contents (self->key_path, &after, NULL, NULL));
  g_assert_cmpstr (before, ==, after);
}

static void
test_key_readable_by_others (Fixture      *self,
                             gconstpointer unused)
{
  static const int modes[] = { 0640, 0604, 0620, 0602, 0610 };
  g_autoptr (UdpnatIdentity) identity = NULL;
  gboolean is_new;

  identity = load (self, &is_new, NULL);
  g_clear_pointer (&identity, udpnat_identity_free);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_assert_cmpint (g_chmod (self->key_path, modes[i]), ==, 0);
      assert_key_refused (self);
    }
  g_assert_cmpint (g_chmod (self->key_path, 0400), ==, 0);
  identity = load (self, &is_new, NULL);
  g_assert_nonnull (identity);
}

static void
test_key_of_every_wrong_length (Fixture      *self,
                                gconstpointer unused)
{
  g_autofree char *digits = g_strnfill (80, 'a');

  for (gssize i = 0; i <= 80; i++)
    {
      if (i == 64)
        continue;
      g_assert_true (g_file_set_contents_full (self->key_path, digits, i,
                                               G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      assert_key_refused (self);
      g_assert_cmpint (g_unlink (self->key_path), ==, 0);
    }
}

static void
test_key_with_a_wrong_digit (Fixture      *self,
                             gconstpointer unused)
{
  for (guint i = 0; i < 64; i += 21)
    {
      g_autofree char *digits = g_strnfill (64, 'a');

      digits[i] = 'g';
      g_assert_true (g_file_set_contents_full (self->key_path, digits, 64,
                                               G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      assert_key_refused (self);
      g_assert_cmpint (g_unlink (self->key_path), ==, 0);
    }
}

static void
test_key_is_a_link (Fixture      *self,
                    gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gboolean is_new;

  g_assert_cmpint (symlink ("/nowhere/at/all", self->key_path), ==, 0);
  g_assert_null (load (self, &is_new, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY);
}

/* ---- The command line ---- */

static gboolean
parse (UdpnatServerConfig *out_config,
       const char         *line)
{
  g_auto (GStrv) arguments = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  gboolean is_fine = udpnat_server_config_parse (out_config, arguments, &error);

  if (!is_fine)
    g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE);
  return is_fine;
}

static void
test_config_defaults (void)
{
  g_auto (UdpnatServerConfig) config = { 0 };

  g_setenv ("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", TRUE);
  g_assert_true (parse (&config, "udpnat-server"));
  g_assert_null (config.ip);
  g_assert_cmpuint (config.port, ==, 8848);
  g_assert_cmpint (config.alt_port, ==, UDPNAT_SERVER_ALT_PORT_NEXT);
  g_assert_cmpstr (config.state_dir, ==, "/var/lib/one");
  g_assert_cmpuint (config.idle_exit_s, ==, 0);
  g_assert_cmpint (config.directory_kind, ==, UDPNAT_DIRECTORY_WHOLE);
  g_assert_true (config.has_mailbox);
  g_assert_cmpuint (config.mailbox_days, ==, 30);
  g_assert_cmpint (config.mailbox_bytes, ==, 16 << 20);
  g_assert_cmpint (config.mailbox_total_bytes, ==, 1 << 30);
  udpnat_server_config_clear (&config);

  g_unsetenv ("STATE_DIRECTORY");
  g_assert_true (parse (&config, "udpnat-server"));
  g_assert_true (g_str_has_prefix (config.state_dir, g_get_user_state_dir ()));
  g_assert_true (g_str_has_suffix (config.state_dir, "/udpnat-server"));
}

static void
test_config_all_given (void)
{
  g_auto (UdpnatServerConfig) config = { 0 };

  g_assert_true (parse (&config, "udpnat-server --ip :: --port 65535 --alt-port 0 --state-dir /x "
                                 "--idle-exit 60 --map-port --print-address --version "
                                 "--mailbox-days 7 --mailbox-size 2 --mailbox-total 5000 "
                                 "--directory-mode private --relay-rate 2000000"));
  g_assert_cmpint (config.relay_bytes_per_second, ==, G_GINT64_CONSTANT (2000000) << 10);
  g_assert_cmpint (config.directory_kind, ==, UDPNAT_DIRECTORY_PRIVATE);
  g_assert_cmpstr (config.ip, ==, "::");
  g_assert_cmpuint (config.port, ==, 65535);
  g_assert_cmpint (config.alt_port, ==, 0);
  g_assert_cmpstr (config.state_dir, ==, "/x");
  g_assert_cmpuint (config.idle_exit_s, ==, 60);
  g_assert_true (config.map_port);
  g_assert_true (config.print_address);
  g_assert_true (config.print_version);
  g_assert_cmpuint (config.mailbox_days, ==, 7);
  g_assert_cmpint (config.mailbox_bytes, ==, 2 << 20);
  g_assert_cmpint (config.mailbox_total_bytes, ==, G_GINT64_CONSTANT (5000) << 20);
  udpnat_server_config_clear (&config);

  g_assert_true (parse (&config, "udpnat-server --ip 192.0.2.7 --alt-ip 192.0.2.8"));
  g_assert_cmpstr (config.alt_ip, ==, "192.0.2.8");
  udpnat_server_config_clear (&config);

  g_assert_true (parse (&config, "udpnat-server --no-mailbox"));
  g_assert_false (config.has_mailbox);
}

static void
test_config_tunnel (void)
{
  g_auto (UdpnatServerConfig) config = { 0 };

  g_assert_true (parse (&config, "udpnat-server"));
  g_assert_false (config.is_tunnel_chosen);
  udpnat_server_config_clear (&config);

  g_assert_true (parse (&config, "udpnat-server --tunnel-port 0"));
  g_assert_true (config.is_tunnel_chosen);
  g_assert_cmpuint (config.n_tunnel_ports, ==, 0);
  udpnat_server_config_clear (&config);

  g_assert_true (parse (&config, "udpnat-server --tunnel-port 8443 --tunnel-port 443 "
                                 "--tls-cert /c --tls-key /k"));
  g_assert_true (config.is_tunnel_chosen);
  g_assert_cmpuint (config.n_tunnel_ports, ==, 2);
  g_assert_cmpuint (config.tunnel_ports[0], ==, 8443);
  g_assert_cmpuint (config.tunnel_ports[1], ==, 443);
  g_assert_cmpstr (config.tls_cert, ==, "/c");
  g_assert_cmpstr (config.tls_key, ==, "/k");
}

static void
test_config_refused (void)
{
  static const char *const lines[] = {
    "udpnat-server --port 65536",
    "udpnat-server --port=-1",
    "udpnat-server --port x",
    "udpnat-server --port",
    "udpnat-server --alt-port 65536",
    "udpnat-server --alt-port=-1",
    "udpnat-server --port 9000 --alt-port 9000",
    "udpnat-server --alt-ip 192.0.2.8", /* clients could not be told the first */
    "udpnat-server --ip 0.0.0.0 --alt-ip 192.0.2.8",
    "udpnat-server --ip 192.0.2.7 --alt-ip 0.0.0.0",
    "udpnat-server --ip 192.0.2.7 --alt-ip other",
    "udpnat-server --ip 192.0.2.7 --alt-ip 192.0.2.7",
    "udpnat-server --ip 192.0.2.7 --alt-ip 2001:db8::8",
    "udpnat-server --ip 192.0.2.7 --alt-ip 192.0.2.8 --alt-port 0",
    "udpnat-server --tunnel-port 65536",
    "udpnat-server --tunnel-port=-1",
    "udpnat-server --tunnel-port x",
    "udpnat-server --tunnel-port 0 --tunnel-port 443",
    "udpnat-server --tunnel-port 1 --tunnel-port 2 --tunnel-port 3 --tunnel-port 4 "
    "--tunnel-port 5",
    "udpnat-server --tls-cert /c",
    "udpnat-server --tls-key /k",
    "udpnat-server --directory-mode secret",
    "udpnat-server --idle-exit=-1",
    "udpnat-server --idle-exit 4000001",
    "udpnat-server --state-dir=",
    "udpnat-server --mailbox-days 0",
    "udpnat-server --mailbox-days 3651",
    "udpnat-server --mailbox-size 0",
    "udpnat-server --mailbox-size 65537",
    "udpnat-server --mailbox-total 0",
    "udpnat-server --mailbox-total 16777217",
    "udpnat-server --nonsense",
    "udpnat-server 8848",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (UdpnatServerConfig) config = { 0 };

      g_test_message ("%s", lines[i]);
      g_assert_false (parse (&config, lines[i]));
    }
}

#define ADD(path, function) \
  g_test_add ("/server-" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (udpnat_crypto_init ());

  ADD ("state-dir/open/is-private", test_dir_is_private);
  ADD ("state-dir/open/keeps-second-out", test_dir_keeps_second_out);
  ADD ("state-dir/open/is-a-file", test_dir_is_a_file);
  ADD ("state-dir/open/behind-a-link", test_dir_behind_a_link);
  ADD ("state-dir/open/behind-a-strangers-link", test_dir_behind_a_strangers_link);
  ADD ("state-dir/open/behind-a-broken-link", test_dir_behind_a_broken_link);
  ADD ("key/load/is-kept", test_key_is_kept);
  ADD ("key/load/readable-by-others", test_key_readable_by_others);
  ADD ("key/load/every-wrong-length", test_key_of_every_wrong_length);
  ADD ("key/load/wrong-digit", test_key_with_a_wrong_digit);
  ADD ("key/load/symbolic-link", test_key_is_a_link);
  g_test_add_func ("/server-config/parse/defaults", test_config_defaults);
  g_test_add_func ("/server-config/parse/all-given", test_config_all_given);
  g_test_add_func ("/server-config/parse/tunnel", test_config_tunnel);
  g_test_add_func ("/server-config/parse/refused", test_config_refused);

  return g_test_run ();
}
