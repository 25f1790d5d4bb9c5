/* Something has gone wrong that the user has to read to the end: a toast has one line, which goes
 * by itself, and cuts off just the reason. */

#include "config.h"

#include "udpnat-trouble.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"

/** udpnat_trouble_show: @text: what is wrong, and what can be done about it */
void
udpnat_trouble_show (GtkWindow  *parent,
                     const char *heading,
                     const char *text)
{
  GtkWidget *dialog = udpnat_dialog_new (parent, heading, text);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "close");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "close");
  gtk_window_present (GTK_WINDOW (dialog));
}
