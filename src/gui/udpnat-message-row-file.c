/* A file in the bubble of a row, where a text would stand. What it shows follows the transfer; its
 * picture is read when it is here, before that the small one of the offer. */

#include "config.h"

#include "udpnat-message-row-private.h"

#include "udpnat-client-files.h"
#include "udpnat-file-row.h"
#include "udpnat-picture.h"

/* The longer side, for the frame that it is shown in: udpnat-picture-frame.c. */
#define PICTURE_PIXELS 320

static const struct
{
  UdpnatFileRequest request;
  const char       *action;
} actions[] = {
  { UDPNAT_FILE_REQUEST_ACCEPT, "message.accept-file" },
  { UDPNAT_FILE_REQUEST_ACCEPT_IN, "message.accept-file-in" },
  { UDPNAT_FILE_REQUEST_DECLINE, "message.decline-file" },
  { UDPNAT_FILE_REQUEST_PAUSE, "message.pause-file" },
  { UDPNAT_FILE_REQUEST_RESUME, "message.resume-file" },
  { UDPNAT_FILE_REQUEST_CANCEL, "message.cancel-file" },
  { UDPNAT_FILE_REQUEST_OPEN, "message.open-file" },
  { UDPNAT_FILE_REQUEST_SHOW, "message.show-file" },
};

static void
requested_cb (UdpnatFileRow    *file,
              int               request,
              UdpnatMessageRow *self)
{
  for (gsize i = 0; self->row != NULL && i < G_N_ELEMENTS (actions); i++)
    if (actions[i].request == (UdpnatFileRequest) request)
      gtk_widget_activate_action (GTK_WIDGET (self), actions[i].action, "x",
                                  udpnat_history_row_get_number (self->row));
}

/* ---- Its picture ---- */

static void show_picture (UdpnatMessageRow *self);

static void
decoded_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (UdpnatMessageRow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = udpnat_picture_decode_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->transfer == NULL)
    return;
  if (texture != NULL)
    {
      udpnat_file_row_set_paintable (UDPNAT_FILE_ROW (self->file), GDK_PAINTABLE (texture));
      return;
    }
  g_debug ("No picture: %s", error->message);
  if (self->has_file_picture) /* then the small one, if there is one */
    {
      self->is_file_unreadable = TRUE;
      show_picture (self);
    }
}

static void
stop_reading (UdpnatMessageRow *self)
{
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
}

/* Where the picture itself is, when all of it is there. */
static const char *
get_picture_path (UdpnatMessageRow *self)
{
  if (self->is_file_unreadable || udpnat_transfer_is_folder (self->transfer))
    return NULL;
  if (!udpnat_transfer_is_outgoing (self->transfer) &&
      udpnat_transfer_get_state (self->transfer) != UDPNAT_TRANSFER_STATE_DONE)
    return NULL;
  return udpnat_transfer_get_path (self->transfer);
}

static void
show_picture (UdpnatMessageRow *self)
{
  const char *path = get_picture_path (self);
  GBytes *thumbnail = udpnat_transfer_get_thumbnail (self->transfer);
  int size = PICTURE_PIXELS * gtk_widget_get_scale_factor (GTK_WIDGET (self));

  if (!udpnat_file_row_is_picture (self->transfer) ||
      (self->reading != NULL && self->has_file_picture == (path != NULL)))
    return;
  stop_reading (self);
  self->has_file_picture = path != NULL;
  self->reading = g_cancellable_new ();
  if (path != NULL)
    udpnat_picture_load_async (path, size, self->reading, decoded_cb, g_object_ref (self));
  else if (thumbnail != NULL)
    udpnat_picture_fit_async (thumbnail, size, self->reading, decoded_cb, g_object_ref (self));
}

/* ---- The file ---- */

static void
state_changed_cb (UdpnatMessageRow *self)
{
  show_picture (self);
  udpnat_message_row_refresh_state (self);
}

/* Whoever hears the row is not told of every packet. */
static void
done_changed_cb (UdpnatMessageRow *self)
{
  gint64 size = MAX (udpnat_transfer_get_size (self->transfer), 1);
  int tenths = (int) (10.0 * (double) udpnat_transfer_get_done (self->transfer) / (double) size);

  if (tenths == self->done_tenths)
    return;
  self->done_tenths = tenths;
  udpnat_message_row_refresh_state (self);
}

static void
create_file (UdpnatMessageRow *self)
{
  self->file = udpnat_file_row_new ();
  g_signal_connect_object (self->file, "requested", G_CALLBACK (requested_cb), self, 0);
  gtk_box_insert_child_after (GTK_BOX (self->bubble), self->file, GTK_WIDGET (self->text));
  self->transfer_signals = g_signal_group_new (UDPNAT_TYPE_TRANSFER);
  g_signal_group_connect_swapped (self->transfer_signals, "notify::state",
                                  G_CALLBACK (state_changed_cb), self);
  g_signal_group_connect_swapped (self->transfer_signals, "notify::path",
                                  G_CALLBACK (state_changed_cb), self);
  g_signal_group_connect_swapped (self->transfer_signals, "notify::done",
                                  G_CALLBACK (done_changed_cb), self);
}

static gboolean
is_of_line (UdpnatMessageRow *self,
            UdpnatTransfer   *transfer)
{
  return self->transfer != NULL &&
         udpnat_transfer_get_line (self->transfer) == udpnat_transfer_get_line (transfer);
}

/** udpnat_message_row_clear_file: the row shows no file any more */
void
udpnat_message_row_clear_file (UdpnatMessageRow *self)
{
  stop_reading (self);
  if (self->transfer_signals != NULL)
    g_signal_group_set_target (self->transfer_signals, NULL);
  if (self->file != NULL && self->transfer != NULL)
    udpnat_file_row_bind (UDPNAT_FILE_ROW (self->file), NULL, NULL);
  g_clear_object (&self->transfer);
}

/** udpnat_message_row_show_file: what is offered by the line, if it is */
void
udpnat_message_row_show_file (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = udpnat_history_row_get_item (self->row);
  g_autoptr (UdpnatTransfer) transfer = NULL;

  if (self->client != NULL && udpnat_history_item_get_offer (item) != NULL)
    transfer = udpnat_client_dup_transfer (self->client, item);
  if (transfer != NULL && self->file == NULL)
    create_file (self);
  gtk_widget_set_visible (GTK_WIDGET (self->text), transfer == NULL);
  if (self->file != NULL)
    gtk_widget_set_visible (self->file, transfer != NULL);
  if (transfer == NULL || !is_of_line (self, transfer))
    {
      udpnat_message_row_clear_file (self);
      self->is_file_unreadable = FALSE;
    }
  if (transfer == NULL)
    return;
  g_set_object (&self->transfer, transfer);
  g_signal_group_set_target (self->transfer_signals, transfer);
  udpnat_file_row_bind (UDPNAT_FILE_ROW (self->file), transfer,
                        udpnat_person_get_title (self->person));
  show_picture (self);
}

/** udpnat_message_row_dup_file_name: Returns: (transfer full) (nullable): what is read out of the
 * file; %NULL when it is none */
char *
udpnat_message_row_dup_file_name (UdpnatMessageRow *self)
{
  return self->transfer != NULL ? udpnat_file_row_dup_name (UDPNAT_FILE_ROW (self->file)) : NULL;
}
