/* Settings of the server from a file and from the command line: what is taken, which counts, and
 * what is said about each kind of mistake. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-server-config.h"
#include "udpnat-server-error.h"

typedef struct
{
  char *folder;
  char *path; /* of the file, which is not there yet */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-settings-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "server.conf", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

/* @options: (nullable): what follows the file, with a space between two */
static gboolean
parse_file (Fixture            *self,
            UdpnatServerConfig *out_config,
            const char         *options,
            GError            **error)
{
  g_autofree char *line = g_strconcat ("udpnat-server --config ", self->path,
                                       options != NULL ? " " : NULL, options, NULL);
  g_auto (GStrv) arguments = g_strsplit (line, " ", -1);

  return udpnat_server_config_parse (out_config, arguments, error);
}

static gboolean
parse (Fixture            *self,
       UdpnatServerConfig *out_config,
       const char         *text,
       const char         *options,
       GError            **error)
{
  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
  return parse_file (self, out_config, options, error);
}

/* ---- What is taken ---- */

static void
test_every_key (Fixture      *self,
                gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  parse (self, &config,
         "# all of them\n\n[server]\nip=192.0.2.7\nport=9000\nalt-port=9100\nalt-ip=192.0.2.8\n"
         "tunnel-port=8443;443\ntls-cert=/c\ntls-key=/k\nstate-dir=/x y/z\nidle-exit=60\n"
         "directory-mode=pages\nmailbox=false\nmailbox-days=7\nmailbox-size=2\nmailbox-total=5000\n"
         "map-port=true\nrelay-rate=64\n"
         "registration=invited\nallow-list=/l\npublic-name=chat.example.org:9000\n"
         "print-address=yes\nstatus-address=[::1]:1\nlog-events=no\nlog-names=true\n"
         "log-addresses=true\n", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (config.config_path, ==, self->path);
  g_assert_cmpstr (config.ip, ==, "192.0.2.7");
  g_assert_cmpuint (config.port, ==, 9000);
  g_assert_cmpint (config.alt_port, ==, 9100);
  g_assert_cmpstr (config.alt_ip, ==, "192.0.2.8");
  g_assert_cmpuint (config.n_tunnel_ports, ==, 2);
  g_assert_cmpuint (config.tunnel_ports[1], ==, 443);
  g_assert_cmpstr (config.tls_cert, ==, "/c");
  g_assert_cmpstr (config.tls_key, ==, "/k");
  g_assert_cmpstr (config.state_dir, ==, "/x y/z");
  g_assert_cmpuint (config.idle_exit_s, ==, 60);
  g_assert_cmpint (config.directory_kind, ==, UDPNAT_DIRECTORY_PAGED);
  g_assert_false (config.has_mailbox);
  g_assert_cmpuint (config.mailbox_days, ==, 7);
  g_assert_cmpint (config.mailbox_bytes, ==, 2 << 20);
  g_assert_cmpint (config.mailbox_total_bytes, ==, G_GINT64_CONSTANT (5000) << 20);
  g_assert_cmpint (config.relay_bytes_per_second, ==, 64 << 10);
  g_assert_true (config.is_invited_only);
  g_assert_cmpstr (config.allow_list, ==, "/l");
  g_assert_cmpstr (config.public_name, ==, "chat.example.org:9000");
  g_assert_true (config.map_port && config.print_address);
  g_assert_cmpstr (config.status_ip, ==, "::1");
  g_assert_cmpuint (config.status_port, ==, 1);
  g_assert_true (config.log_names && config.log_addresses && config.log_events);
}

/* As GKeyFile has it: spaces around the sign, ends of lines as Windows writes them, lists with an
 * end. */
static void
test_forms (Fixture      *self,
            gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  parse (self, &config, "  [server] \r\n\t# port=1\r\n  port \t=  9000  \r\ntunnel-port=1; 2;\r\n"
         "tls-cert=/a=b#c\r\ntls-key=/k", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config.port, ==, 9000);
  g_assert_cmpuint (config.n_tunnel_ports, ==, 2);
  g_assert_cmpstr (config.tls_cert, ==, "/a=b#c");
  g_assert_cmpstr (config.tls_key, ==, "/k");
}

static void
test_nothing_in_it (Fixture      *self,
                    gconstpointer unused)
{
  static const char *const texts[] = { "", "\n", "# nothing", "[server]", "[server]\n[server]\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_auto (UdpnatServerConfig) config = { 0 };
      g_autoptr (GError) error = NULL;

      parse (self, &config, texts[i], NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (config.port, ==, 8848);
      g_assert_true (config.has_mailbox);
    }
}

static void
test_options_count_more (Fixture      *self,
                         gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  parse (self, &config,
         "[server]\nport=1\ntunnel-port=5;6\nmailbox=false\nmap-port=true\nlog-names=true\n"
         "print-address=true\nlog-addresses=true\nlog-events=true\nidle-exit=5\n",
         "--port 2 --tunnel-port 7 --mailbox --no-map-port --no-log-names --no-print-address "
         "--no-log-addresses --no-log-events", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config.port, ==, 2);
  g_assert_cmpuint (config.n_tunnel_ports, ==, 1);
  g_assert_cmpuint (config.tunnel_ports[0], ==, 7);
  g_assert_true (config.has_mailbox);
  g_assert_false (config.map_port || config.log_names || config.print_address);
  g_assert_false (config.log_addresses || config.log_events);
  g_assert_cmpuint (config.idle_exit_s, ==, 5);
}

/* What does not count need not be right. */
static void
test_option_in_place_of_a_mistake (Fixture      *self,
                                   gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  parse (self, &config, "[server]\nport=x\n", "--port 2", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config.port, ==, 2);
}

/* ---- What is wrong ---- */

/* the text of the file; what is said, with the line, and what to write */
static const struct { const char *text, *where, *what; } mistakes[] = {
  { "port=1\n", ":1: \"port=1\"", "[server]" },
  { "[server]\nprot=1\n", ":2: there is no setting \"prot\"", "write one of ip, port," },
  { "[server]\n=1\n", ":2: there is no setting \"\"", "port" },
  { "[server]\nport[de]=1\n", ":2: there is no setting \"port[de]\"", "port" },
  { "[server]\nPort=1\n", ":2: there is no setting \"Port\"", "port" },
  { "[Server]\nport=1\n", ":1: [Server] is no group", "[server]" },
  { "[server\nport=1\n", ":1: [server is no group", "[server]" },
  { "[server]\n[other]\nx=1\n", ":2: [other] is no group", "[server]" },
  { "[server]\nport=1\nip=::\nport=1\n", ":4: port stands in line 2", "one of the two" },
  { "[server]\nport=1\n[server]\nport=2\n", ":4: port stands in line 2", "one of the two" },
  { "[server]\nport 1\n", ":2: \"port 1\" is no setting", "KEY=VALUE" },
  { "[server]\nport=\n", ":2: port= is no number", "write one, such as 8848" },
  { "[server]\nport=65536\n", ":2: port=65536 is no number", "write one, such as 8848" },
  { "[server]\nport=-1\n", ":2: port=-1 is no number", "write one, such as 8848" },
  { "[server]\nport=1 # one\n", ":2: port=1 # one is no number", "write one, such as 8848" },
  { "[server]\nalt-port=65536\n", ":2: alt-port=65536 is no number", "such as 8849" },
  { "[server]\nport=5\nalt-port=5\n", ":3: alt-port=5 is also the port", "different" },
  { "[server]\nnode-address=n1\n", ":2: node-address=n1 needs \"directory\"", "in common" },
  { "[server]\ndirectory=http://x\n", ":2: directory=http://x is no address of a Redis",
    "redis://192.0.2.9:6379" },
  { "[server]\ndirectory=redis://[::1]\nnode-address=n1\nregistration=invited\n",
    ":4: registration=invited is not possible with \"directory\"", "of one" },
  { "[server]\ndirectory=http://u:x@y\n", ":2: directory=http://u:*@y is no address",
    "rediss://" },
  { "[server]\ndirectory=redis://a\nnode-address=n1\ndirectory-ca=/c\n",
    ":4: directory-ca=/c is of no use", "rediss://" },
  { "[server]\ndirectory=redis://:p@a\nnode-address=n1\ndirectory-password-file=/p\n",
    ":4: directory-password-file=/p is of no use", "one of them" },
  { "[server]\ndirectory-password-file=\n", ":2: directory-password-file= is empty", "a file" },
  { "[server]\nwatch-interval=1\n", ":2: watch-interval=1 is no number from 2", "such as 4" },
  { "[server]\nidle-exit=4000001\n", ":2: idle-exit=4000001 is no number from 0", "4000000" },
  { "[server]\nmailbox-days=0\n", ":2: mailbox-days=0", "such as 30" },
  { "[server]\nmailbox-size=65537\n", ":2: mailbox-size=65537", "such as 16" },
  { "[server]\nmailbox-total=x\n", ":2: mailbox-total=x", "such as 1024" },
  { "[server]\nrelay-rate=15\n", ":2: relay-rate=15 is no number from 16", "such as 1024" },
  { "[server]\nmailbox=maybe\n", ":2: mailbox=maybe is neither", "true or false" },
  { "[server]\nmap-port=1\n", ":2: map-port=1 is neither", "true or false" },
  { "[server]\nprint-address=\n", ":2: print-address= is neither", "true or false" },
  { "[server]\nlog-events=TRUE\n", ":2: log-events=TRUE is neither", "true or false" },
  { "[server]\nlog-names=x\n", ":2: log-names=x is neither", "true or false" },
  { "[server]\nlog-addresses=x\n", ":2: log-addresses=x is neither", "true or false" },
  { "[server]\nregistration=all\n", ":2: registration=all is neither", "open or invited" },
  { "[server]\nallow-list=/l\n", ":2: allow-list=/l keeps nobody out", "registration=invited" },
  { "[server]\nregistration=invited\nallow-list=\n", ":3: allow-list= is empty", "a file" },
  { "[server]\npublic-name=a b\n", ":2: public-name=a b is no name", "chat.example.org" },
  { "[server]\npublic-name=a:0\n", ":2: public-name=a:0 is no name", "chat.example.org" },
  { "[server]\npublic-name=\n", ":2: public-name= is no name", "chat.example.org" },
  { "[server]\nip=1.2.3\n", ":2: ip=1.2.3 is no IP address", "192.0.2.7" },
  { "[server]\nip=\n", ":2: ip= is no IP address", "192.0.2.7" },
  { "[server]\nalt-ip=192.0.2.8\n", ":2: alt-ip=192.0.2.8 needs \"ip\"", "first address" },
  { "[server]\nip=192.0.2.7\nalt-ip=2001:db8::8\n", ":3: alt-ip=2001:db8::8 must", "IPv4" },
  { "[server]\ntunnel-port=0;1\n", ":2: tunnel-port=0;1 is no list", "8848;443" },
  { "[server]\ntunnel-port=1,2\n", ":2: tunnel-port=1,2 is no list", "8848;443" },
  { "[server]\ntunnel-port=;\n", ":2: tunnel-port=; is no list", "8848;443" },
  { "[server]\ntunnel-port=1;2;3;4;5\n", ":2: tunnel-port=1;2;3;4;5 is too long", "4 ports" },
  { "[server]\ntls-cert=/c\n", ":2: tls-cert=/c needs \"tls-key\"", "its key" },
  { "[server]\ntls-key=/k\n", ":2: tls-key=/k needs \"tls-cert\"", "its certificate" },
  { "[server]\ntls-key=\ntls-cert=/c\n", ":2: tls-key= is empty", "name a file" },
  { "[server]\nstate-dir=\n", ":2: state-dir= is empty", "name a directory" },
  { "[server]\nstate-dir=/a\\\n", ":2: state-dir=/a\\ has a backslash", "without" },
  { "[server]\nstate-dir=/a\\sb\nport=1\n", ":2: state-dir=/a\\sb has a backslash", "without" },
  { "[server]\nstatus-address=1\n", ":2: status-address=1 is no address", "127.0.0.1:9848" },
  { "[server]\nstatus-address=\n", ":2: status-address= is no address", "127.0.0.1:9848" },
  { "[server]\nstate-dir=/a\033[2J\n", ":2: there is a control character", "without" },
  { "[server]\n#\r\r\n", ":2: there is a control character", "without" },
  { "[server]\nstate-dir=/\xff\n", "server.conf is no text in UTF-8", "save it" },
};

static void
test_mistakes (Fixture      *self,
               gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_auto (UdpnatServerConfig) config = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = g_strescape (mistakes[i].text, NULL);

      g_test_message ("%s", shown);
      g_assert_false (parse (self, &config, mistakes[i].text, NULL, &error));
      g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_prefix (error->message, self->path));
      g_assert_null (strchr (error->message, '\n'));
      g_assert_nonnull (strstr (error->message, mistakes[i].where));
      g_assert_nonnull (strstr (error->message, mistakes[i].what));
      g_assert_null (config.state_dir);
    }
}

static void
test_all_mistakes_at_once (Fixture      *self,
                           gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_false (parse (self, &config, "[server]\nport=x\nprot=1\nip=y\n", "--mailbox-days 0",
                         &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_nonnull (strstr (error->message, "--mailbox-days=0 is no number"));
}

static void
test_not_endless_mistakes (Fixture      *self,
                           gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new ("[server]\n");
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (text, "x\n");
  g_assert_false (parse (self, &config, text->str, NULL, &error));
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 21);
  g_assert_cmpstr (lines[20], ==, "And 80 more.");
}

static void
test_option_is_no_mistake_of_the_file (Fixture      *self,
                                       gconstpointer unused)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (parse (self, &config, "[server]\nport=1\n", "--port x", &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE);
}

static void
assert_unreadable (Fixture    *self,
                   const char *what)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (parse_file (self, &config, NULL, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, self->path));
  g_assert_nonnull (strstr (error->message, what));
}

static void
test_no_file (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *large = g_strnfill (UDPNAT_SERVER_SETTINGS_FILE_BYTES + 1, '\n');
  g_auto (UdpnatServerConfig) config = { 0 };

  assert_unreadable (self, "does not exist");

  g_assert_cmpint (g_mkdir (self->path, 0700), ==, 0);
  assert_unreadable (self, "is no file");
  g_assert_cmpint (g_rmdir (self->path), ==, 0);

  /* nobody will ever write into it, and that is not waited for */
  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  assert_unreadable (self, "is no file");
  g_assert_cmpint (g_unlink (self->path), ==, 0);

  g_assert_true (g_file_set_contents (self->path, large, -1, NULL));
  assert_unreadable (self, "64 KiB");
  g_assert_true (g_file_set_contents (self->path, large + 1, -1, NULL));
  g_assert_true (parse_file (self, &config, NULL, NULL));
}

/* ---- What --check-config says ---- */

static void
test_text_says_the_same (Fixture      *self,
                         gconstpointer unused)
{
  static const char *const texts[] = {
    "",
    "[server]\nport=0\n",
    "[server]\nport=65535\nstatus-address=none\ntunnel-port=0\n",
    "[server]\nip=2001:db8::1\nalt-ip=2001:db8::2\nstatus-address=[::1]:7\ntunnel-port=1;2\n"
    "alt-port=3\ntls-cert=/c\ntls-key=/k\nstate-dir=/s\nmailbox=false\nlog-names=true\n"
    "idle-exit=9\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_auto (UdpnatServerConfig) config = { 0 };
      g_auto (UdpnatServerConfig) again = { 0 };
      g_autofree char *text = NULL;
      g_autofree char *same = NULL;

      g_assert_true (parse (self, &config, texts[i], NULL, NULL));
      text = udpnat_server_config_to_text (&config);
      g_test_message ("%s", text);
      g_assert_true (parse (self, &again, text, NULL, NULL));
      same = udpnat_server_config_to_text (&again);
      g_assert_cmpstr (same, ==, text);
    }
}

/* The file as it is installed sets nothing; without the # of settings it says the defaults. */
static void
test_shipped_file (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "data", "server",
                                            "udpnat-server.conf", NULL);
  g_autofree char *shipped = NULL;
  g_autofree char *defaults = NULL;
  g_autofree char *said = NULL;
  g_autoptr (GRegex) hash = g_regex_new ("^#(?=[a-z-]+=)", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *uncommented = NULL;
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &shipped, NULL, NULL));
  g_assert_true (parse (self, &config, shipped, NULL, NULL));
  defaults = udpnat_server_config_to_text (&config);
  udpnat_server_config_clear (&config);
  uncommented = g_regex_replace_literal (hash, shipped, -1, 0, "", 0, NULL);
  g_assert_cmpstr (uncommented, !=, shipped);
  parse (self, &config, uncommented, NULL, &error);
  g_assert_no_error (error);
  said = udpnat_server_config_to_text (&config);
  g_assert_cmpstr (said, ==, defaults);

  for (guint i = 0; i < UDPNAT_N_SERVER_SETTINGS; i++)
    {
      g_autofree char *line = g_strdup_printf ("\n#%s=", udpnat_server_setting_get_name (i));
      g_autofree char *example = g_strdup_printf ("\n# Example: %s=",
                                                  udpnat_server_setting_get_name (i));

      g_test_message ("%s", udpnat_server_setting_get_name (i));
      g_assert_true (strstr (shipped, line) != NULL || strstr (shipped, example) != NULL);
    }
}

#define ADD(path, function) \
  g_test_add ("/server-settings/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("file/every-key", test_every_key);
  ADD ("file/forms", test_forms);
  ADD ("file/nothing-in-it", test_nothing_in_it);
  ADD ("file/mistakes", test_mistakes);
  ADD ("file/all-mistakes-at-once", test_all_mistakes_at_once);
  ADD ("file/not-endless-mistakes", test_not_endless_mistakes);
  ADD ("file/none", test_no_file);
  ADD ("options/count-more", test_options_count_more);
  ADD ("options/in-place-of-a-mistake", test_option_in_place_of_a_mistake);
  ADD ("options/no-mistake-of-the-file", test_option_is_no_mistake_of_the_file);
  ADD ("text/says-the-same", test_text_says_the_same);
  ADD ("text/shipped-file", test_shipped_file);

  return g_test_run ();
}
