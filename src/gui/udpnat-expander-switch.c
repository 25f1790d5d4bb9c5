/* Names an AdwExpanderRow, and the switch that it makes for itself, after its title: a screen
 * reader says only "switch" otherwise. Later versions of libadwaita do this. */

#include "config.h"

#include "udpnat-expander-switch.h"

static GtkWidget *
find_switch (GtkWidget *widget)
{
  if (GTK_IS_SWITCH (widget))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_switch (child);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/** udpnat_expander_switch_name: once, when the row has its title */
void
udpnat_expander_switch_name (AdwExpanderRow *row)
{
  GtkWidget *found = find_switch (GTK_WIDGET (row));
  const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row));

  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  if (found != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (found), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                    -1);
}
