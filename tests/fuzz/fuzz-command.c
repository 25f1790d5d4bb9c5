/* The terminal client's commands, as it gets them from a prompt or a script: each line of the input
 * is one, on the profile that those before it have left. Each is a run of the whole program without
 * a server. Checked besides assertions: in JSON mode every line that is told is an object with its
 * "event", and otherwise no control character reaches the terminal, whatever was typed and whatever
 * is on the disk. */

#include "config.h"

#include "fuzz-folder.h"
#include "fuzz-profile.h"
#include "fuzz.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-cli.h"

#define LINES_MAX 6
#define LINE_MAX_BYTES 1024

/* ---- Nobody is asked for addresses ---- */

typedef struct
{
  GResolver parent_instance;
} DeafResolver;

typedef struct
{
  GResolverClass parent_class;
} DeafResolverClass;

GType deaf_resolver_get_type (void);
G_DEFINE_TYPE (DeafResolver, deaf_resolver, G_TYPE_RESOLVER)

static void
look_up_async (GResolver           *resolver,
               const char          *name,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "nobody");
}

static GList *
look_up_finish (GResolver    *resolver,
                GAsyncResult *result,
                GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
deaf_resolver_class_init (DeafResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = look_up_async;
  resolver_class->lookup_by_name_finish = look_up_finish;
}

static void
deaf_resolver_init (DeafResolver *self)
{
}

/* ---- What is told ---- */

static GString *told_wrong; /* of g_printerr() */

static void
printerr_cb (const char *text)
{
  if (told_wrong != NULL)
    g_string_append (told_wrong, text);
  else
    fputs (text, stderr);
}

static void
check_clean (const char *text,
             gsize       n_text)
{
  g_assert_true (g_utf8_validate_len (text, n_text, NULL));
  for (const char *p = text; p < text + n_text; p = g_utf8_next_char (p))
    g_assert_true (*p == '\n' || !g_unichar_iscntrl (g_utf8_get_char (p)));
}

static void
check_json (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_autoptr (JsonParser) parser = json_parser_new ();
      g_autoptr (GError) error = NULL;
      JsonNode *root;

      json_parser_load_from_data (parser, lines[i], -1, &error);
      g_assert_no_error (error);
      root = json_parser_get_root (parser);
      g_assert_true (JSON_NODE_HOLDS_OBJECT (root));
      g_assert_true (json_object_has_member (json_node_get_object (root), "event"));
    }
}

/* ---- A command ---- */

static UdpnatCliOptions *
make_options (const char *line,
              gboolean    is_json)
{
  UdpnatCliOptions *options = g_new0 (UdpnatCliOptions, 1);

  options->mode = UDPNAT_CLI_MODE_OFFLINE;
  options->profile = fuzz_folder_path ("");
  options->is_json = is_json;
  options->is_unencrypted = TRUE;
  options->timeout_s = 1;
  /* Files only where we are. */
  options->line = g_strdelimit (g_strdup (line), "/", '_');
  return options;
}

static void
run_line (const char *line,
          gboolean    is_json)
{
  g_autoptr (UdpnatCliOptions) options = make_options (line, is_json);
  g_autoptr (GString) wrong = g_string_new (NULL);
  FILE *real_stdout = stdout;
  char *told = NULL;
  size_t n_told = 0;
  int status;

  stdout = open_memstream (&told, &n_told);
  g_assert_nonnull (stdout);
  told_wrong = wrong;
  status = udpnat_cli_run (options);
  told_wrong = NULL;
  fclose (stdout);
  stdout = real_stdout;
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_true (status >= 0 && status <= 2);
  if (is_json)
    {
      check_json (told);
      g_assert_cmpuint (wrong->len, ==, 0);
    }
  else
    check_clean (told, n_told);
  check_clean (wrong->str, wrong->len);
  free (told);
}

/* Names of files are those of the folder; libFuzzer has some of its own. */
static void
run_lines (char **lines,
           guint8 json_lines)
{
  int here = open (".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (here < 0 || chdir (fuzz_folder_get ()) != 0)
    g_assert_not_reached ();
  for (guint i = 0; lines[i] != NULL; i++)
    if (strlen (lines[i]) <= LINE_MAX_BYTES)
      run_line (lines[i], (json_lines >> i & 1) != 0);
  if (fchdir (here) != 0)
    g_assert_not_reached ();
  close (here);
}

static void
set_up_once (void)
{
  static gboolean is_done;

  if (is_done)
    return;
  is_done = TRUE;
  setlocale (LC_ALL, "C.UTF-8");
  g_set_printerr_handler (printerr_cb);
  g_resolver_set_default (g_object_new (deaf_resolver_get_type (), NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv)   lines = NULL;

  if (n_data < 1)
    return 0;
  set_up_once ();
  path = fuzz_profile_put (NULL);
  text = g_strndup ((const char *) data + 1, n_data - 1);
  lines = g_strsplit (text, "\n", LINES_MAX);
  run_lines (lines, data[0]);
  return 0;
}
