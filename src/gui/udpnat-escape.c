/* Windows without a class of their own, which could have a binding for it. */

#include "config.h"

#include "udpnat-escape.h"

/** udpnat_escape_closes: from now on the key Escape closes this window */
void
udpnat_escape_closes (GtkWidget *window)
{
  GtkEventController *shortcuts = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (shortcuts),
    gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                      gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, shortcuts);
}
