/* What can be done with a file that a message offers. What the user wants is the client's to do;
 * opened and shown is what is on the disk, by the programs of the desktop. */

#include "config.h"

#include "udpnat-message-list-private.h"

#include <glib/gi18n.h>

#include "udpnat-client-files.h"
#include "udpnat-dialog.h"
#include "udpnat-files-folder.h"

static GtkWindow *
get_window (UdpnatMessageList *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

/* @error: (transfer full) */
static void
fail_with (UdpnatMessageList *self,
           GError            *error)
{
  udpnat_message_list_fail (self, error->message);
  g_error_free (error);
}

static void
accept_into (UdpnatMessageList *self,
             UdpnatHistoryItem *line,
             const char        *folder)
{
  GError *error = NULL;

  if (!udpnat_client_accept_file (self->client, line, folder, &error))
    fail_with (self, error);
}

/** udpnat_message_list_accept_file: into the folder for files */
void
udpnat_message_list_accept_file (UdpnatMessageList *self,
                                 UdpnatHistoryItem *line)
{
  accept_into (self, line, NULL);
}

static void
folder_chosen_cb (GtkNativeDialog   *chooser,
                  int                response,
                  UdpnatMessageList *self)
{
  UdpnatHistoryItem *line = g_object_get_data (G_OBJECT (chooser), "line");
  g_autoptr (GFile) folder = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (folder != NULL && g_file_peek_path (folder) == NULL)
    udpnat_message_list_fail (self, _("That place is not on this computer. Choose another."));
  else if (folder != NULL && self->client != NULL)
    accept_into (self, line, g_file_peek_path (folder));
  g_clear_object (&self->chooser);
}

/** udpnat_message_list_accept_file_in: into a folder that the user is asked for */
void
udpnat_message_list_accept_file_in (UdpnatMessageList *self,
                                    UdpnatHistoryItem *line)
{
  GtkFileChooserNative *chooser;

  if (self->chooser != NULL)
    return;
  chooser = gtk_file_chooser_native_new (_("Accept into a Folder"), get_window (self),
                                         GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _("_Accept"), NULL);
  self->chooser = GTK_NATIVE_DIALOG (chooser);
  gtk_native_dialog_set_modal (self->chooser, TRUE);
  udpnat_files_folder_begin (self->settings, GTK_FILE_CHOOSER (chooser));
  g_object_set_data_full (G_OBJECT (chooser), "line", g_object_ref (line), g_object_unref);
  g_signal_connect_object (chooser, "response", G_CALLBACK (folder_chosen_cb), self, 0);
  gtk_native_dialog_show (self->chooser);
}

static void
set_paused (UdpnatMessageList *self,
            UdpnatHistoryItem *line,
            gboolean           is_paused)
{
  GError *error = NULL;

  if (!udpnat_client_pause_file (self->client, line, is_paused, &error))
    fail_with (self, error);
}

void
udpnat_message_list_pause_file (UdpnatMessageList *self,
                                UdpnatHistoryItem *line)
{
  set_paused (self, line, TRUE);
}

/** udpnat_message_list_resume_file: one that is paused, or that stands because something failed */
void
udpnat_message_list_resume_file (UdpnatMessageList *self,
                                 UdpnatHistoryItem *line)
{
  g_autoptr (UdpnatTransfer) transfer = udpnat_client_dup_transfer (self->client, line);

  if (transfer != NULL && udpnat_transfer_get_state (transfer) == UDPNAT_TRANSFER_STATE_FAILED)
    accept_into (self, line, NULL);
  else
    set_paused (self, line, FALSE);
}

/* ---- Not wanted ---- */

/** udpnat_message_list_decline_file: nothing of it has come */
void
udpnat_message_list_decline_file (UdpnatMessageList *self,
                                  UdpnatHistoryItem *line)
{
  GError *error = NULL;

  if (!udpnat_client_cancel_file (self->client, line, &error))
    fail_with (self, error);
}

static void
cancel_answered_cb (AdwMessageDialog  *dialog,
                    const char        *response,
                    UdpnatMessageList *self)
{
  UdpnatHistoryItem *line = g_object_get_data (G_OBJECT (dialog), "line");

  if (self->client != NULL && g_str_equal (response, "end"))
    udpnat_message_list_decline_file (self, line);
}

static void
ask_cancel (UdpnatMessageList *self,
            UdpnatHistoryItem *line,
            UdpnatTransfer    *transfer)
{
  const char *title = udpnat_person_get_title (self->person);
  g_autofree char *heading = g_strdup_printf (_("Cancel %s?"), udpnat_transfer_get_name (transfer));
  g_autofree char *body = udpnat_transfer_is_outgoing (transfer)
                            ? g_strdup_printf (_("What %s has of it so far is removed there."),
                                               title)
                            : g_strdup (_("What has come of it so far is removed."));
  GtkWidget *dialog = udpnat_dialog_new (get_window (self), heading, body);
  AdwMessageDialog *message = ADW_MESSAGE_DIALOG (dialog);

  adw_message_dialog_add_responses (message, "on", _("_Go On"), "end", _("_Cancel It"), NULL);
  adw_message_dialog_set_response_appearance (message, "end", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (message, "on");
  adw_message_dialog_set_close_response (message, "on");
  g_object_set_data_full (G_OBJECT (dialog), "line", g_object_ref (line), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (cancel_answered_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/** udpnat_message_list_cancel_file: asks first when something has gone over that would be lost */
void
udpnat_message_list_cancel_file (UdpnatMessageList *self,
                                 UdpnatHistoryItem *line)
{
  g_autoptr (UdpnatTransfer) transfer = udpnat_client_dup_transfer (self->client, line);

  if (transfer != NULL && udpnat_transfer_get_done (transfer) > 0)
    ask_cancel (self, line, transfer);
  else
    udpnat_message_list_decline_file (self, line);
}

/* ---- Looked at ---- */

typedef struct
{
  UdpnatMessageList *list; /* owned */
  GFile             *file; /* owned */
  gboolean           is_shown_only; /* in its folder, not opened */
} Look;

static void
look_free (Look *look)
{
  g_object_unref (look->list);
  g_object_unref (look->file);
  g_free (look);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Look, look_free)

static void
uri_shown_cb (GObject      *window,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (UdpnatMessageList) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gtk_show_uri_full_finish (GTK_WINDOW (window), result, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    udpnat_message_list_fail (self, _("No program here opens that. You find it in the folder for "
                                      "files."));
}

static void
show_uri (UdpnatMessageList *self,
          GFile             *file)
{
  g_autofree char *uri = g_file_get_uri (file);

  if (get_window (self) != NULL)
    gtk_show_uri_full (get_window (self), uri, GDK_CURRENT_TIME, NULL, uri_shown_cb,
                       g_object_ref (self));
}

/* Where no program shows one file of a folder, the folder is opened. */
static void
items_shown_cb (GObject      *connection,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (Look) look = user_data;
  g_autoptr (GFile) folder = g_file_get_parent (look->file);
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) error = NULL;

  answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result, &error);
  if (answer == NULL && folder != NULL)
    show_uri (look->list, folder);
}

/* @look: (transfer full) */
static void
show_in_folder (Look *look)
{
  GtkWindow *window = get_window (look->list);
  GtkApplication *application = window != NULL ? gtk_window_get_application (window) : NULL;
  GDBusConnection *bus = application != NULL
                           ? g_application_get_dbus_connection (G_APPLICATION (application)) : NULL;
  g_autofree char *uri = g_file_get_uri (look->file);
  g_autoptr (GFile) folder = g_file_get_parent (look->file);
  const char *uris[] = { uri, NULL };

  if (bus != NULL)
    {
      g_dbus_connection_call (bus, "org.freedesktop.FileManager1", "/org/freedesktop/FileManager1",
                              "org.freedesktop.FileManager1", "ShowItems",
                              g_variant_new ("(^ass)", uris, ""), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                              NULL, items_shown_cb, look);
      return;
    }
  if (folder != NULL)
    show_uri (look->list, folder);
  look_free (look);
}

static void
found_cb (GObject      *file,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (Look) look = user_data;
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (file), result, NULL);

  if (info == NULL)
    udpnat_message_list_fail (look->list, _("It is not there any more: it was moved or removed."));
  else if (look->is_shown_only)
    show_in_folder (g_steal_pointer (&look));
  else
    show_uri (look->list, look->file);
}

static void
look_at (UdpnatMessageList *self,
         UdpnatHistoryItem *line,
         gboolean           is_shown_only)
{
  g_autoptr (UdpnatTransfer) transfer = udpnat_client_dup_transfer (self->client, line);
  const char *path = transfer != NULL ? udpnat_transfer_get_path (transfer) : NULL;
  Look *look;

  if (path == NULL)
    return;
  look = g_new0 (Look, 1);
  look->list = g_object_ref (self);
  look->file = g_file_new_for_path (path);
  look->is_shown_only = is_shown_only;
  g_file_query_info_async (look->file, G_FILE_ATTRIBUTE_STANDARD_TYPE, G_FILE_QUERY_INFO_NONE,
                           G_PRIORITY_DEFAULT, NULL, found_cb, look);
}

void
udpnat_message_list_open_file (UdpnatMessageList *self,
                               UdpnatHistoryItem *line)
{
  look_at (self, line, FALSE);
}

void
udpnat_message_list_show_file (UdpnatMessageList *self,
                               UdpnatHistoryItem *line)
{
  look_at (self, line, TRUE);
}
