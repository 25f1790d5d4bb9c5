/* What can be done with a message. The actions "message.…" take its number, so that each button and
 * menu knows which one it is for, whatever the list shows meanwhile. */

#include "config.h"

#include "udpnat-message-list-private.h"

#include <glib/gi18n.h>

#include "udpnat-client-files.h"
#include "udpnat-dialog.h"
#include "udpnat-message-details.h"
#include "udpnat-text-window.h"

void
udpnat_message_retry_free (UdpnatMessageRetry *retry)
{
  g_object_unref (retry->line);
  g_free (retry->id);
  g_free (retry->path);
  g_free (retry);
}

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

/* ---- Write ---- */

static void
react_cb (GtkWidget  *widget,
          const char *name,
          GVariant   *parameter)
{
  UdpnatMessageList *self = UDPNAT_MESSAGE_LIST (widget);
  g_autoptr (UdpnatHistoryItem) line = NULL;
  GError *error = NULL;
  const char *sign;
  gint64 number;

  g_variant_get (parameter, "(x&s)", &number, &sign);
  line = udpnat_message_list_dup_line (self, number);
  if (line != NULL && !udpnat_client_react (self->client, line, sign, &error))
    fail_with (self, error);
}

static void
keep_retry (UdpnatMessageList *self,
            UdpnatHistoryItem *line,
            char              *id,
            const char        *path)
{
  UdpnatMessageRetry *retry = g_new0 (UdpnatMessageRetry, 1);

  retry->line = g_object_ref (line);
  retry->id = id;
  retry->path = g_strdup (path);
  g_ptr_array_add (self->retries, retry);
}

static void
try_file_again (UdpnatMessageList *self,
                UdpnatHistoryItem *line)
{
  const char *path = udpnat_history_item_get_stored_transfer (line)->path;
  GError *error = NULL;

  if (path == NULL)
    return;
  if (udpnat_client_send_file (self->client, self->person, path, &error))
    keep_retry (self, line, NULL, path);
  else
    fail_with (self, error);
}

/* The failed line goes only when the new one is on the disk: udpnat_message_list_note_saved(). */
static void
try_again (UdpnatMessageList *self,
           UdpnatHistoryItem *line)
{
  const char *text = udpnat_history_item_get_text (line);
  g_autoptr (UdpnatHistoryItem) quoted = udpnat_client_dup_quoted (self->client, line);
  char *id = NULL;
  GError *error = NULL;

  if (udpnat_history_item_get_offer (line) != NULL)
    {
      try_file_again (self, line);
      return;
    }
  if (text == NULL)
    return;
  if (!udpnat_client_send (self->client, self->person, text, quoted, &id, &error))
    {
      fail_with (self, error);
      return;
    }
  keep_retry (self, line, id, NULL);
}

static gboolean
stands_for (UdpnatHistoryItem        *line,
            const UdpnatMessageRetry *retry)
{
  const UdpnatStoredTransfer *transfer = udpnat_history_item_get_stored_transfer (line);
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  if (retry->path != NULL)
    return transfer != NULL && transfer->is_outgoing &&
           g_strcmp0 (transfer->path, retry->path) == 0;
  return g_str_equal (retry->id, udpnat_message_id_to_string (udpnat_history_item_get_id (line),
                                                              id_text));
}

/** udpnat_message_list_note_saved: @line: is on the disk; may stand for one that failed */
void
udpnat_message_list_note_saved (UdpnatMessageList *self,
                                UdpnatHistoryItem *line)
{
  for (guint i = 0; i < self->retries->len; i++)
    {
      UdpnatMessageRetry *retry = g_ptr_array_index (self->retries, i);
      GError *error = NULL;

      if (!stands_for (line, retry))
        continue;
      if (!udpnat_client_delete (self->client, retry->line, FALSE, &error))
        fail_with (self, error);
      g_ptr_array_remove_index (self->retries, i);
      return;
    }
}

/** udpnat_message_list_note_not_sent: @path: could not be sent to @person; may have been tried
 * again here */
void
udpnat_message_list_note_not_sent (UdpnatMessageList *self,
                                   UdpnatPerson      *person,
                                   const char        *path,
                                   const char        *words)
{
  for (guint i = 0; person == self->person && i < self->retries->len; i++)
    {
      UdpnatMessageRetry *retry = g_ptr_array_index (self->retries, i);

      if (g_strcmp0 (retry->path, path) != 0)
        continue;
      g_ptr_array_remove_index (self->retries, i);
      udpnat_message_list_fail (self, words);
      return;
    }
}

/* ---- Take ---- */

static void
copy (UdpnatMessageList *self,
      UdpnatHistoryItem *line)
{
  const char *text = udpnat_history_item_get_text (line);

  if (text != NULL)
    gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

static void
show_all (UdpnatMessageList *self,
          UdpnatHistoryItem *line)
{
  const char *text = udpnat_history_item_get_text (line);
  const char *title = udpnat_history_item_is_outgoing (line)
                        ? _("You")
                        : udpnat_person_get_title (self->person);

  if (text != NULL)
    udpnat_text_window_present (get_window (self), title, text);
}

static void
show_details (UdpnatMessageList *self,
              UdpnatHistoryItem *line)
{
  g_autoptr (UdpnatTransfer) transfer = udpnat_client_dup_transfer (self->client, line);

  udpnat_message_details_present (get_window (self), line, transfer, self->person);
}

static void
go_to_quoted (UdpnatMessageList *self,
              UdpnatHistoryItem *line)
{
  g_autoptr (UdpnatHistoryItem) quoted = udpnat_client_dup_quoted (self->client, line);

  if (quoted != NULL)
    udpnat_message_list_go_to (self, udpnat_history_item_get_number (quoted));
}

static void
jump_to_newest_cb (GtkWidget  *widget,
                   const char *name,
                   GVariant   *parameter)
{
  udpnat_message_list_go_to_end (UDPNAT_MESSAGE_LIST (widget));
}

/* ---- Take back ---- */

static void
delete_here (UdpnatMessageList *self,
             UdpnatHistoryItem *line)
{
  GError *error = NULL;

  if (!udpnat_client_delete (self->client, line, FALSE, &error))
    fail_with (self, error);
}

static void
withdraw (UdpnatMessageList *self,
          UdpnatHistoryItem *line)
{
  GError *error = NULL;

  if (!udpnat_client_withdraw (self->client, line, &error))
    fail_with (self, error);
}

static void
delete_response_cb (AdwMessageDialog  *dialog,
                    const char        *response,
                    UdpnatMessageList *self)
{
  UdpnatHistoryItem *line = g_object_get_data (G_OBJECT (dialog), "line");
  GError *error = NULL;

  if (self->client != NULL && !g_str_equal (response, "cancel") &&
      !udpnat_client_delete (self->client, line, g_str_equal (response, "both"), &error))
    fail_with (self, error);
}

static void
add_delete_responses (AdwMessageDialog *dialog,
                      gboolean          can_for_both)
{
  adw_message_dialog_add_responses (dialog, "cancel", _("_Cancel"), "here", _("Delete _Here"),
                                    NULL);
  adw_message_dialog_set_response_appearance (dialog, "here", ADW_RESPONSE_DESTRUCTIVE);
  if (can_for_both)
    {
      adw_message_dialog_add_response (dialog, "both", _("Delete for _Both"));
      adw_message_dialog_set_response_appearance (dialog, "both", ADW_RESPONSE_DESTRUCTIVE);
    }
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
}

static char *
describe_loss (UdpnatMessageList *self,
               gboolean           can_for_both)
{
  const char *title = udpnat_person_get_title (self->person);

  if (self->person == udpnat_client_get_self (self->client))
    return g_strdup (_("It is gone for good."));
  if (!can_for_both)
    return g_strdup_printf (_("Here it is gone for good. %s keeps theirs."), title);
  return g_strdup_printf (_("Here it is gone for good. %s is asked to delete it too, but may have "
                            "read or kept it."), title);
}

static void
ask_delete (UdpnatMessageList *self,
            UdpnatHistoryItem *line)
{
  gboolean can_for_both = udpnat_history_item_is_outgoing (line) &&
                          !udpnat_history_item_is_deleted (line) &&
                          self->person != udpnat_client_get_self (self->client);
  g_autofree char *body = describe_loss (self, can_for_both);
  GtkWidget *dialog = udpnat_dialog_new (get_window (self), _("Delete This Message?"), body);

  add_delete_responses (ADW_MESSAGE_DIALOG (dialog), can_for_both);
  g_object_set_data_full (G_OBJECT (dialog), "line", g_object_ref (line), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (delete_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- All of them ---- */

static const struct
{
  const char *name;
  void      (*func) (UdpnatMessageList *self,
                     UdpnatHistoryItem *line);
} line_actions[] = {
  { "message.reply", udpnat_message_list_ask_reply },
  { "message.edit", udpnat_message_list_ask_edit },
  { "message.copy", copy },
  { "message.show-all", show_all },
  { "message.delete", ask_delete },
  { "message.delete-here", delete_here },
  { "message.withdraw", withdraw },
  { "message.try-again", try_again },
  { "message.details", show_details },
  { "message.go-to-quoted", go_to_quoted },
  { "message.accept-file", udpnat_message_list_accept_file },
  { "message.accept-file-in", udpnat_message_list_accept_file_in },
  { "message.decline-file", udpnat_message_list_decline_file },
  { "message.pause-file", udpnat_message_list_pause_file },
  { "message.resume-file", udpnat_message_list_resume_file },
  { "message.cancel-file", udpnat_message_list_cancel_file },
  { "message.open-file", udpnat_message_list_open_file },
  { "message.show-file", udpnat_message_list_show_file },
};

/* The line may have gone since the button or menu was made. */
static void
line_action_cb (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  UdpnatMessageList *self = UDPNAT_MESSAGE_LIST (widget);
  g_autoptr (UdpnatHistoryItem) line = NULL;

  line = udpnat_message_list_dup_line (self, g_variant_get_int64 (parameter));
  for (gsize i = 0; line != NULL && i < G_N_ELEMENTS (line_actions); i++)
    if (g_str_equal (line_actions[i].name, name))
      line_actions[i].func (self, line);
}

/* A link in a message */
static void
cannot_open_cb (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  udpnat_message_list_fail (UDPNAT_MESSAGE_LIST (widget),
                            _("No program here opens that link. You can copy the message and open "
                              "it elsewhere."));
}

/** udpnat_message_list_install_actions: to be called once, for the class */
void
udpnat_message_list_install_actions (GtkWidgetClass *widget_class)
{
  for (gsize i = 0; i < G_N_ELEMENTS (line_actions); i++)
    gtk_widget_class_install_action (widget_class, line_actions[i].name, "x", line_action_cb);
  gtk_widget_class_install_action (widget_class, "message.react", "(xs)", react_cb);
  gtk_widget_class_install_action (widget_class, "message.cannot-open", NULL, cannot_open_cb);
  gtk_widget_class_install_action (widget_class, "message.jump-to-newest", NULL,
                                   jump_to_newest_cb);
}
