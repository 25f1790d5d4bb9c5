/* A conversation is saved as text, by the action "talk.save". */

#include "config.h"

#include "udpnat-conversation-page-private.h"

#include <glib/gi18n.h>

#include "udpnat-announcement.h"
#include "udpnat-export-people.h"
#include "udpnat-files-folder.h"
#include "udpnat-trouble.h"

static GtkWindow *
get_window (UdpnatConversationPage *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

static void
fail (UdpnatConversationPage *self,
      const char             *why)
{
  if (get_window (self) != NULL)
    udpnat_trouble_show (get_window (self), _("The Conversation Was Not Saved"), why);
}

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatConversationPage) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!udpnat_client_export_finish (UDPNAT_CLIENT (source), result, &error))
    {
      fail (self, error->message);
      return;
    }
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("Conversation saved")));
  udpnat_announcement_make (GTK_WIDGET (self), _("Conversation saved"));
}

/* Whose conversation it is: by the time another one may be shown. */
static void
chosen_cb (GtkNativeDialog        *chooser,
           int                     response,
           UdpnatConversationPage *self)
{
  UdpnatPerson *person = g_object_get_data (G_OBJECT (chooser), "person");
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (file != NULL && g_file_peek_path (file) == NULL)
    fail (self, _("That place is not on this computer. Choose another."));
  else if (file != NULL) /* the chooser has asked whether it may be replaced */
    udpnat_client_export_async (self->client, person, g_file_peek_path (file), FALSE, TRUE, NULL,
                                saved_cb, g_object_ref (self));
  g_clear_object (&self->chooser);
}

/** udpnat_conversation_page_save: asks where to */
void
udpnat_conversation_page_save (UdpnatConversationPage *self)
{
  g_autofree char *name = udpnat_export_people_dup_name (self->person);
  GtkFileChooserNative *chooser;

  if (self->chooser != NULL)
    return;
  chooser = gtk_file_chooser_native_new (_("Save the Conversation"), get_window (self),
                                         GTK_FILE_CHOOSER_ACTION_SAVE, NULL, NULL);
  self->chooser = GTK_NATIVE_DIALOG (chooser);
  gtk_native_dialog_set_modal (self->chooser, TRUE);
  udpnat_files_folder_begin (self->settings, GTK_FILE_CHOOSER (chooser));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (chooser), name);
  g_object_set_data_full (G_OBJECT (chooser), "person", g_object_ref (self->person),
                          g_object_unref);
  g_signal_connect_object (chooser, "response", G_CALLBACK (chosen_cb), self, 0);
  gtk_native_dialog_show (self->chooser);
}
