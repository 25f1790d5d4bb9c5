/* What has no name is not called by the name of its class.
 *
 * GTK 4.8 names whatever nobody has named by its class, and screen readers read that out: Orca said
 * "GtkImage Search push button" of a button with an icon, and "GtkStackPage panel" whenever the
 * keyboard came to another part of the window. Newer versions leave these without a name.
 *
 * And libadwaita 1.2 has no way to tell that the keyboard is in an entry row: GTK 4.8 hides the
 * text in it, for which the row is to speak, but does not let it. Orca said nothing at all there,
 * nor in a search entry. So the text is not hidden, and has the name of what it is in.
 *
 * GTK 4.18 has a button called what is written on it, whatever name it was given: "Set…" in place
 * of "Set a Passphrase". And what is in a menu has no name at all: it is called what its label is
 * called, and that is hidden. A label in the role of a status has no
 * name, not even one that it is given. */

#include "config.h"

#include "udpnat-spoken-name.h"

#include <adwaita.h>

/* From then on GTK has no names of classes. */
#define FIXED_IN_MINOR 10

static gboolean
has_label (GtkAccessible *accessible)
{
  return gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL);
}

static void
leave_nameless (GtkAccessible *accessible)
{
  if (!has_label (accessible))
    gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL, "", -1);
}

/* A button is called what its label is called, and an icon is the label of some. */
static void
name_image (GtkWidget *image)
{
  if (gtk_widget_get_ancestor (image, GTK_TYPE_BUTTON) != NULL)
    gtk_accessible_update_state (GTK_ACCESSIBLE (image), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
}

static void
show_text (GtkEditable *entry)
{
  GtkEditable *text = gtk_editable_get_delegate (entry);

  if (text == NULL)
    return;
  g_object_set (text, "accessible-role", GTK_ACCESSIBLE_ROLE_TEXT_BOX, NULL);
  if (ADW_IS_PREFERENCES_ROW (entry))
    gtk_accessible_update_property (GTK_ACCESSIBLE (text), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    adw_preferences_row_get_title (ADW_PREFERENCES_ROW (entry)),
                                    -1);
  else
    gtk_accessible_update_relation (GTK_ACCESSIBLE (text), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                    entry, NULL, -1);
}

static gboolean
realize_in_old_cb (GSignalInvocationHint *hint,
                   guint                  n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  GtkWidget *widget = g_value_get_object (&values[0]);
  GtkWidget *parent = gtk_widget_get_parent (widget);

  if (GTK_IS_IMAGE (widget))
    name_image (widget);
  else if (GTK_IS_POPOVER (widget) || GTK_IS_LIST_BOX (widget))
    leave_nameless (GTK_ACCESSIBLE (widget));
  else if (GTK_IS_EDITABLE (widget))
    show_text (GTK_EDITABLE (widget));
  if (parent != NULL && GTK_IS_STACK (parent))
    leave_nameless (GTK_ACCESSIBLE (gtk_stack_get_page (GTK_STACK (parent), widget)));
  return G_SOURCE_CONTINUE;
}

static gboolean
is_menu_item (GtkWidget *widget)
{
  GtkAccessibleRole role = gtk_accessible_get_accessible_role (GTK_ACCESSIBLE (widget));

  return role == GTK_ACCESSIBLE_ROLE_MENU_ITEM || role == GTK_ACCESSIBLE_ROLE_MENU_ITEM_CHECKBOX ||
         role == GTK_ACCESSIBLE_ROLE_MENU_ITEM_RADIO;
}

static gboolean
has_no_name (GtkWidget *label)
{
  GtkAccessibleRole role = gtk_accessible_get_accessible_role (GTK_ACCESSIBLE (label));
  GtkWidget *parent = gtk_widget_get_parent (label);

  return role == GTK_ACCESSIBLE_ROLE_STATUS ||
         (role == GTK_ACCESSIBLE_ROLE_PRESENTATION && parent != NULL && is_menu_item (parent));
}

/* From then on it is called what its text is, also when that changes. */
static void
name_label (GtkWidget *label)
{
  g_object_set (label, "accessible-role", GTK_ACCESSIBLE_ROLE_LABEL, NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (label), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  gtk_label_get_text (GTK_LABEL (label)), -1);
}

static gboolean
realize_in_new_cb (GSignalInvocationHint *hint,
                   guint                  n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  GtkWidget *widget = g_value_get_object (&values[0]);

  /* Without the relation it has the name that it was given, or else that of its label. */
  if (GTK_IS_BUTTON (widget) && gtk_button_get_label (GTK_BUTTON (widget)) != NULL)
    gtk_accessible_reset_relation (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  else if (GTK_IS_LABEL (widget) && has_no_name (widget))
    name_label (widget);
  return G_SOURCE_CONTINUE;
}

/**
 * udpnat_spoken_name_set:
 * @description: (nullable): leaves what there is
 *
 * For rows of libadwaita: from 1.4 on they are called what their title is, and described by their
 * subtitle, before the name that they are given.
 */
void
udpnat_spoken_name_set (GtkWidget  *widget,
                        const char *name,
                        const char *description)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);

  gtk_accessible_reset_relation (accessible, GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  if (description == NULL)
    return;
  gtk_accessible_reset_relation (accessible, GTK_ACCESSIBLE_RELATION_DESCRIBED_BY);
  gtk_accessible_update_property (accessible, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, description, -1);
}

/** udpnat_spoken_name_install: for every widget of the program; once, when GTK has been started */
void
udpnat_spoken_name_install (void)
{
  g_autoptr (GTypeClass) widget_class = g_type_class_ref (GTK_TYPE_WIDGET); /* it has the signal */

  gboolean is_old = gtk_check_version (4, FIXED_IN_MINOR, 0) != NULL;

  g_signal_add_emission_hook (g_signal_lookup ("realize", GTK_TYPE_WIDGET), 0,
                              is_old ? realize_in_old_cb : realize_in_new_cb, NULL, NULL);
}
