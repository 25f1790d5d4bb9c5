/* One way for all windows to say at a field what is wrong with it: the field is marked, and a
 * sentence stands below it, also for who cannot see it. */

#include "config.h"

#include "udpnat-field-error.h"

static void
describe_one (GtkAccessible *accessible,
              const char    *text)
{
  GtkAccessibleProperty property = GTK_ACCESSIBLE_PROPERTY_DESCRIPTION;

  if (text != NULL)
    gtk_accessible_update_property (accessible, property, text, -1);
  else
    gtk_accessible_reset_property (accessible, property);
}

/* The keyboard is in a part of the field, and what has the keyboard is read out. */
static void
describe (GtkWidget  *field,
          const char *text)
{
  GtkEditable *inner = GTK_IS_EDITABLE (field) ? gtk_editable_get_delegate (GTK_EDITABLE (field))
                                               : NULL;

  describe_one (GTK_ACCESSIBLE (field), text);
  if (inner != NULL)
    describe_one (GTK_ACCESSIBLE (inner), text);
}

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
  describe (field, text);
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
  describe (field, NULL);
}
