/* A question, or a fact that has to be answered: an AdwMessageDialog whose heading fits.
 *
 * The dialog of libadwaita 1.7 has its heading twice: large, in one line, for when that fits, and
 * smaller, which wraps. It says that it can be as narrow as the second, and then measures the first
 * at that width too, of which GTK 4.18 complains in the log. So the large one can be cut off, and
 * both need the same. It never is cut off: it is shown only where there is room for all of it. */

#include "config.h"

#include "udpnat-dialog.h"

/* What libadwaita 1.7 has the large heading in; 1.2 has one heading only, which wraps. */
#define LARGE_CLASS "title-2"

/* More than the dots need that stand for what is cut off, even in letters of 300 %, and less than
 * the 300 px that every dialog has */
#define HEADING_WIDTH 120

/* Returns: (transfer none) (nullable) */
static GtkLabel *
find_large_heading (GtkWidget *widget)
{
  GtkLabel *found = NULL;

  if (GTK_IS_LABEL (widget) && gtk_widget_has_css_class (widget, LARGE_CLASS) &&
      !gtk_label_get_wrap (GTK_LABEL (widget)))
    return GTK_LABEL (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_large_heading (child);
  return found;
}

static void
let_heading_shrink (GtkLabel *large)
{
  GtkWidget *small = gtk_widget_get_next_sibling (GTK_WIDGET (large));

  gtk_label_set_ellipsize (large, PANGO_ELLIPSIZE_END);
  gtk_widget_set_size_request (GTK_WIDGET (large), HEADING_WIDTH, -1);
  if (small != NULL)
    gtk_widget_set_size_request (small, HEADING_WIDTH, -1);
}

/**
 * udpnat_dialog_new:
 * @parent: (nullable): what it stands over
 * @heading: (nullable): may be set later
 * @body: (nullable): may be set later
 *
 * Returns: (transfer none): owned by GTK until it is closed, as every window
 */
GtkWidget *
udpnat_dialog_new (GtkWindow  *parent,
                   const char *heading,
                   const char *body)
{
  GtkWidget *dialog = adw_message_dialog_new (parent, heading, body);
  GtkLabel *large = find_large_heading (dialog);

  if (large != NULL)
    let_heading_shrink (large);
  return dialog;
}
