/* Room for the letters of people who have chosen large ones.
 *
 * In a window as wide as a phone a button beside the words of a row leaves a word a line to them,
 * and a chosen value is cut off: so both stand below. Five pages have no room for their names
 * under their icons: these names are less large than other letters (style.css), but whole. */

#include "config.h"

#include "udpnat-large-letters.h"

/* At 100 % a letter of the usual fonts is 6 to 8 px wide. */
#define LARGE_CHARACTER_PX 11
/* Between what stands below and the edge of the row */
#define MARGIN_PX 9

static gboolean
are_used (GtkWidget *widget)
{
  PangoContext *context = gtk_widget_get_pango_context (widget);
  PangoFontMetrics *metrics = pango_context_get_metrics (context, NULL, NULL);
  int width = pango_font_metrics_get_approximate_char_width (metrics);

  pango_font_metrics_unref (metrics);
  return width >= LARGE_CHARACTER_PX * PANGO_SCALE;
}

static gboolean
has_words (GtkWidget *widget)
{
  if (GTK_IS_SHORTCUT_LABEL (widget))
    return TRUE;
  if (GTK_IS_BUTTON (widget))
    return gtk_button_get_label (GTK_BUTTON (widget)) != NULL;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (has_words (child))
      return TRUE;
  return FALSE;
}

/* What libadwaita puts into a row is a box with the words, and what is beside them. */
static void
stack (AdwActionRow *row)
{
  GtkWidget *box = gtk_list_box_row_get_child (GTK_LIST_BOX_ROW (row));

  if (!GTK_IS_BOX (box) || !(ADW_IS_COMBO_ROW (row) || has_words (box)))
    return;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (box), GTK_ORIENTATION_VERTICAL);
  for (GtkWidget *part = gtk_widget_get_first_child (box); part != NULL;
       part = gtk_widget_get_next_sibling (part))
    if (!gtk_widget_has_css_class (part, "title"))
      {
        gtk_widget_set_halign (part, GTK_ALIGN_START);
        gtk_widget_set_margin_bottom (part, MARGIN_PX);
      }
}

static void
stack_rows (GtkWidget *widget)
{
  if (ADW_IS_ACTION_ROW (widget))
    stack (ADW_ACTION_ROW (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    stack_rows (child);
}

/** udpnat_large_letters_arrange: @window: it and all in it stay as they are unless letters are
 * large */
void
udpnat_large_letters_arrange (GtkWidget *window)
{
  if (!are_used (window))
    return;
  gtk_widget_add_css_class (window, "large-letters");
  stack_rows (window);
}
