/* Every template of the window, made as GTK makes it: a child, a signal handler or a property that
 * a template names and its class does not have shows here and nowhere before. And every .ui file is
 * in the program. */

#include "config.h"

#include <adwaita.h>
#include <gmodule.h>
#include <string.h>

#define PREFIX "/io/github/udpnat/Udpnat/"

/* ---- Which classes there are ---- */

static void
start_element_cb (GMarkupParseContext *context,
                  const char          *element_name,
                  const char         **names,
                  const char         **values,
                  gpointer             user_data,
                  GError             **error)
{
  char **class_name = user_data;

  for (guint i = 0; g_str_equal (element_name, "template") && names[i] != NULL; i++)
    if (g_str_equal (names[i], "class"))
      {
        g_free (*class_name);
        *class_name = g_strdup (values[i]);
      }
}

static char *
read_class_name (const char *resource)
{
  static const GMarkupParser parser = { .start_element = start_element_cb };
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GBytes) data = NULL;
  g_autoptr (GError) error = NULL;
  char *class_name = NULL;

  data = g_resources_lookup_data (resource, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  g_assert_no_error (error);
  context = g_markup_parse_context_new (&parser, 0, &class_name, NULL);
  g_markup_parse_context_parse (context, g_bytes_get_data (data, NULL), g_bytes_get_size (data),
                                &error);
  g_assert_no_error (error);
  return class_name;
}

/* UdpnatChatRow -> udpnat_chat_row_get_type, as GtkBuilder does it. */
static GType
get_type_of (const char *class_name)
{
  g_autoptr (GString) symbol = g_string_new (NULL);
  GModule *program = g_module_open (NULL, 0);
  GType (*get_type) (void) = NULL;

  for (const char *c = class_name; *c != '\0'; c++)
    {
      if (g_ascii_isupper (*c) && c != class_name)
        g_string_append_c (symbol, '_');
      g_string_append_c (symbol, g_ascii_tolower (*c));
    }
  g_string_append (symbol, "_get_type");
  if (!g_module_symbol (program, symbol->str, (gpointer *) &get_type))
    g_error ("%s is in no source file of the window", symbol->str);
  g_module_close (program);
  return get_type ();
}

/* ---- Making them ---- */

static void
iterate_until_idle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
show_inside_window (GtkWidget *widget)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  iterate_until_idle ();
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_instance (gconstpointer user_data)
{
  g_autofree char *class_name = read_class_name (user_data);
  GType type = get_type_of (class_name);
  GObject *object = g_object_ref_sink (g_object_new (type, NULL));

  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (object), ==, class_name);
  if (GTK_IS_WINDOW (object))
    {
      gtk_window_present (GTK_WINDOW (object));
      iterate_until_idle ();
      gtk_window_destroy (GTK_WINDOW (object));
    }
  else if (!GTK_IS_POPOVER (object))
    show_inside_window (GTK_WIDGET (object));
  iterate_until_idle ();
  g_object_unref (object);
  iterate_until_idle ();
  g_assert_null (object);
}

/* ---- Files ---- */

static void
test_all_are_in_the_program (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "..", "..", "src", "gui", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;
  guint n_found = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".ui"))
      {
        g_autofree char *resource = g_strconcat (PREFIX, name, NULL);
        g_autofree char *help = g_strconcat (PREFIX "gtk/", name, NULL);

        n_found++;
        if (!g_resources_get_info (resource, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL, NULL, NULL) &&
            !g_resources_get_info (help, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL, NULL, NULL))
          g_error ("%s is not in udpnat.gresource.xml", name);
      }
  g_assert_cmpuint (n_found, >, 0);
}

static void
add_tests (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = g_resources_enumerate_children (PREFIX, 0, &error);

  g_assert_no_error (error);
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_has_suffix (names[i], ".ui"))
      {
        g_autofree char *resource = g_strconcat (PREFIX, names[i], NULL);
        g_autofree char *class_name = read_class_name (resource);
        g_autofree char *name = g_strndup (names[i], strlen (names[i]) - strlen (".ui"));
        g_autofree char *path = g_strdup_printf ("/gui-templates/%s/can-be-made", name);

        if (class_name != NULL)
          g_test_add_data_func_full (path, g_steal_pointer (&resource), test_instance, g_free);
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/gui-templates/every-ui-file/is-in-the-program", test_all_are_in_the_program);
  add_tests ();
  return g_test_run ();
}
