/* One way for all windows to say at a field what is wrong with it: the field is marked, and a
 * sentence stands below it, also for who cannot see it. */

#include "config.h"

#include "udpnat-field-error.h"

/** udpnat_field_error_show: @label: hidden until now, with the style "error" */
void
udpnat_field_error_show (GtkWidget  *field,
                         GtkLabel   *label,
                         const char *text)
{
  gtk_label_set_text (label, text);
  gtk_widget_set_visible (GTK_WIDGET (label), TRUE);
  gtk_widget_add_css_class (field, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (field), GTK_ACCESSIBLE_STATE_INVALID,
                               GTK_ACCESSIBLE_INVALID_TRUE, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (field), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  text, -1);
}

void
udpnat_field_error_hide (GtkWidget *field,
                         GtkLabel  *label)
{
  if (!gtk_widget_has_css_class (field, "error"))
    return;
  gtk_widget_set_visible (GTK_WIDGET (label), FALSE);
  gtk_label_set_text (label, ""); /* GTK 4.8 goes on telling screen readers of it */
  gtk_widget_remove_css_class (field, "error");
  gtk_accessible_reset_state (GTK_ACCESSIBLE (field), GTK_ACCESSIBLE_STATE_INVALID);
  gtk_accessible_reset_property (GTK_ACCESSIBLE (field), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
}
