/* The button with which libadwaita lets a passphrase be seen has an icon, and for screen readers no
 * name. */

#include "config.h"

#include "udpnat-password-row.h"

#include <glib/gi18n.h>

static void
name_buttons (GtkWidget *widget)
{
  if (GTK_IS_BUTTON (widget))
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    _("Show Passphrase"), -1);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    name_buttons (child);
}

/** udpnat_password_row_name_button: to be called once, when @row has been made */
void
udpnat_password_row_name_button (AdwPasswordEntryRow *row)
{
  name_buttons (GTK_WIDGET (row));
}
