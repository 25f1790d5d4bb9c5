/* That a dialog needs no more room for its heading than it says. */
#include "config.h"

#include "udpnat-dialog.h"

#define LONG_HEADING "The Conversations on This Computer Are Damaged"

typedef struct
{
  GtkWidget *parent;
  GtkWidget *dialog;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer heading)
{
  self->parent = gtk_window_new ();
  gtk_window_present (GTK_WINDOW (self->parent));
  self->dialog = udpnat_dialog_new (GTK_WINDOW (self->parent), heading, "A body");
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (self->dialog), "close", "Close");
  gtk_window_present (GTK_WINDOW (self->dialog));
  while (!gtk_widget_get_mapped (self->dialog) || gtk_widget_get_width (self->dialog) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
tear_down (Fixture      *self,
           gconstpointer heading)
{
  gtk_window_destroy (GTK_WINDOW (self->dialog));
  gtk_window_destroy (GTK_WINDOW (self->parent));
}

static int
get_least_width (GtkWidget *widget)
{
  int least;

  gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
  return least;
}

/* Returns: how many labels there are in @widget with this text; none needs more than @width */
static int
count_fitting (GtkWidget  *widget,
               const char *text,
               int         width)
{
  int count = 0;

  if (GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_text (GTK_LABEL (widget)), text))
    {
      g_assert_cmpint (get_least_width (widget), <=, width);
      count++;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    count += count_fitting (child, text, width);
  return count;
}

static void
test_heading_fits (Fixture      *self,
                   gconstpointer heading)
{
  int least = get_least_width (gtk_window_get_child (GTK_WINDOW (self->dialog)));

  g_assert_cmpint (count_fitting (self->dialog, heading, least), >, 0);
}

/* Returns: (transfer none) (nullable): the label with this text that is shown */
static GtkLabel *
find_shown (GtkWidget  *widget,
            const char *text)
{
  GtkLabel *found = NULL;

  if (GTK_IS_LABEL (widget) && gtk_widget_get_mapped (widget) &&
      g_str_equal (gtk_label_get_text (GTK_LABEL (widget)), text))
    return GTK_LABEL (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_shown (child, text);
  return found;
}

static void
test_heading_is_whole (Fixture      *self,
                       gconstpointer heading)
{
  GtkLabel *shown = find_shown (self->dialog, heading);

  g_assert_nonnull (shown);
  g_assert_false (pango_layout_is_ellipsized (gtk_label_get_layout (shown)));
}

#define ADD(path, heading, function) \
  g_test_add ("/dialog/" path, Fixture, heading, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  adw_init ();
  ADD ("long-heading-fits-where-the-dialog-does", LONG_HEADING, test_heading_fits);
  ADD ("short-heading-fits-where-the-dialog-does", "Delete?", test_heading_fits);
  ADD ("long-heading-is-not-cut-off", LONG_HEADING, test_heading_is_whole);
  ADD ("short-heading-is-not-cut-off", "Delete?", test_heading_is_whole);
  return g_test_run ();
}
