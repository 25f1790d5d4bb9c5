/* That rows with any of the Arabic texts are as wide as they say that they can be: GTK is
 * mended by udpnat-label-width. */

#include "config.h"

#include <adwaita.h>
#include <string.h>

#include "udpnat-label-width.h"

/* "Whatever the height", as GtkBox asks it */
#define ANY_HEIGHT (1 << 20)
/* Sizes of text: usual, and twice as large. In 1/1024 of dots an inch, as the setting has it. */
#define USUAL_DPI (96 * 1024)

/* Two texts at once are those that a row has. */
static GtkWidget *
create_row (const char *text)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), text);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
  return g_object_ref_sink (row);
}

/* Returns: (transfer none) (nullable): the box that has both texts in it */
static GtkWidget *
find_title_box (GtkWidget *widget)
{
  GtkWidget *found = NULL;

  if (GTK_IS_BOX (widget) && gtk_widget_has_css_class (widget, "title"))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_title_box (child);
  return found;
}

static int
get_least_width (GtkWidget *widget,
                 int        height)
{
  int least;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, height, &least, NULL, NULL, NULL);
  return least;
}

static void
add_line (GString    *text,
          const char *line)
{
  const char *begin = strchr (line, '"');
  const char *end = strrchr (line, '"');
  g_autofree char *quoted = NULL;
  g_autofree char *plain = NULL;

  g_assert_true (begin != NULL && begin < end);
  quoted = g_strndup (begin + 1, (gsize) (end - begin - 1));
  plain = g_strcompress (quoted);
  g_string_append (text, plain);
}

/* Returns: (transfer full): all translations in po/ar.po */
static GPtrArray *
read_translations (void)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "po", "ar.po", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (GString) text = g_string_new ("");
  g_auto (GStrv) lines = NULL;
  gboolean is_inside = FALSE;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  lines = g_strsplit (contents, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      gboolean begins = g_str_has_prefix (lines[i], "msgstr");

      if ((begins || lines[i][0] != '"') && text->len > 0)
        {
          g_ptr_array_add (texts, g_strdup (text->str));
          g_string_truncate (text, 0);
        }
      is_inside = begins || (is_inside && lines[i][0] == '"');
      if (is_inside)
        add_line (text, lines[i]);
    }
  return g_steal_pointer (&texts);
}

static void
test_rows (gconstpointer factor)
{
  g_autoptr (GPtrArray) texts = read_translations ();

  g_assert_cmpuint (texts->len, >, 500);
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", USUAL_DPI * GPOINTER_TO_INT (factor),
                NULL);
  for (guint i = 0; i < texts->len; i++)
    {
      GtkWidget *row = create_row (texts->pdata[i]);
      GtkWidget *box = find_title_box (row);

      g_assert_nonnull (box);
      g_test_message ("%s", (const char *) texts->pdata[i]);
      g_assert_cmpint (get_least_width (box, ANY_HEIGHT), <=, get_least_width (box, -1));
      g_object_unref (row);
    }
}

/* Of the page of the server in the preferences: in Cantarell and Noto it ran out of the window. */
static void
test_description (void)
{
  GtkWidget *label = g_object_ref_sink (gtk_label_new (
    "يعرّفك الخادم بالناس، ويحفظ الرسائل لمن هو غائب. ولا يستطيع قراءة ما تقوله. "
    "ودون خادم تلتقي بمن هم على هذه الشبكة."));

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  for (int width = get_least_width (label, -1); width < 500; width++)
    {
      int height;

      gtk_widget_measure (label, GTK_ORIENTATION_VERTICAL, width, &height, NULL, NULL, NULL);
      g_assert_cmpint (get_least_width (label, height), <=, width);
    }
  g_object_unref (label);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  g_object_set (gtk_settings_get_default (), "gtk-font-name", "Cantarell 11", NULL);
  udpnat_label_width_install ();
  g_test_add_func ("/label-width/description-needs-no-more-than-it-has", test_description);
  g_test_add_data_func ("/label-width/rows-need-no-more-than-they-say", GINT_TO_POINTER (1),
                        test_rows);
  g_test_add_data_func ("/label-width/large-rows-need-no-more-than-they-say", GINT_TO_POINTER (2),
                        test_rows);
  return g_test_run ();
}
