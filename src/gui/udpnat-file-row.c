/* A transfer as one sees it: picture or icon, name, words, a bar, and the buttons that mean
 * something now. */

#include "config.h"

#include "udpnat-file-row.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "udpnat-picture-frame.h"

struct _UdpnatFileRow
{
  GtkBox              parent_instance;

  UdpnatPictureFrame *picture;
  GtkImage           *icon;
  GtkLabel           *name;
  GtkLabel           *words;
  GtkProgressBar     *progress;
  GtkWidget          *buttons;
  GtkWidget          *accept_button;
  GtkWidget          *decline_button;
  GtkWidget          *resume_button;
  GtkWidget          *pause_button;
  GtkWidget          *cancel_button;
  GtkWidget          *open_button;
  GtkWidget          *show_button;

  UdpnatTransfer     *transfer; /* nullable: shows nothing */
  char               *title;    /* of the other person */
  GSignalGroup       *transfer_signals;
};

static guint requested_signal;

G_DEFINE_FINAL_TYPE (UdpnatFileRow, udpnat_file_row, GTK_TYPE_BOX)

/* ---- What can be done now ---- */

static void
show_buttons (UdpnatFileRow *self)
{
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gboolean is_outgoing = udpnat_transfer_is_outgoing (self->transfer);
  gboolean is_offered = state == UDPNAT_TRANSFER_STATE_OFFERED;
  gboolean is_running = state == UDPNAT_TRANSFER_STATE_RUNNING;
  gboolean is_paused = udpnat_transfer_is_paused_here (self->transfer);
  gboolean is_failed = state == UDPNAT_TRANSFER_STATE_FAILED;
  gboolean has_file = state == UDPNAT_TRANSFER_STATE_DONE &&
                      udpnat_transfer_get_path (self->transfer) != NULL;
  gboolean is_under_way = is_running || is_failed || state == UDPNAT_TRANSFER_STATE_ACCEPTED ||
                          (is_offered && is_outgoing);

  gtk_widget_set_visible (self->accept_button, is_offered && !is_outgoing);
  gtk_widget_set_visible (self->decline_button, is_offered && !is_outgoing);
  gtk_widget_set_visible (self->pause_button, is_running && !is_paused);
  gtk_widget_set_visible (self->resume_button, (is_running && is_paused) || is_failed);
  gtk_widget_set_visible (self->cancel_button, is_under_way);
  gtk_widget_set_visible (self->open_button, has_file);
  gtk_widget_set_visible (self->show_button, has_file);
  gtk_widget_set_visible (self->buttons, is_offered || is_under_way || has_file);
}

/* ---- How it stands ---- */

static void
show_progress (UdpnatFileRow *self)
{
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gint64 size = udpnat_transfer_get_size (self->transfer);
  gint64 done = udpnat_transfer_get_done (self->transfer);

  gtk_widget_set_visible (GTK_WIDGET (self->progress), state == UDPNAT_TRANSFER_STATE_ACCEPTED ||
                                                         state == UDPNAT_TRANSFER_STATE_RUNNING ||
                                                         state == UDPNAT_TRANSFER_STATE_FAILED);
  gtk_progress_bar_set_fraction (self->progress, size > 0 ? (double) done / (double) size : 0);
}

static void
show_words (UdpnatFileRow *self)
{
  const char *file = udpnat_transfer_get_name (self->transfer);
  g_autofree char *words = udpnat_transfer_describe (self->transfer, self->title);
  g_autofree char *name = NULL;

  gtk_label_set_text (self->words, words);
  if (udpnat_transfer_get_state (self->transfer) == UDPNAT_TRANSFER_STATE_FAILED)
    gtk_widget_add_css_class (GTK_WIDGET (self->words), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->words), "error");
  /* Translators: what is read out of a file: its name, and how far it has come */
  name = g_strdup_printf (_("File %s, %s"), file, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
show_kind (UdpnatFileRow *self)
{
  const char *type = udpnat_transfer_get_content_type (self->transfer);
  int width = udpnat_transfer_get_width (self->transfer);
  int height = udpnat_transfer_get_height (self->transfer);
  gboolean is_picture = width > 0 && height > 0;
  g_autoptr (GIcon) icon = NULL;

  icon = type != NULL ? g_content_type_get_symbolic_icon (type)
                      : g_themed_icon_new ("text-x-generic-symbolic");
  gtk_image_set_from_gicon (self->icon, icon);
  gtk_widget_set_visible (GTK_WIDGET (self->icon), !is_picture);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), is_picture);
  udpnat_picture_frame_set_size (self->picture, width, height);
  gtk_label_set_text (self->name, udpnat_transfer_get_name (self->transfer));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), udpnat_transfer_get_name (self->transfer));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  udpnat_transfer_get_name (self->transfer), -1);
}

static void
refresh (UdpnatFileRow *self)
{
  show_progress (self);
  show_words (self);
  show_buttons (self);
}

/**
 * udpnat_file_row_bind:
 * @transfer: (nullable): what is shown from now on; %NULL: nothing
 * @title: what the other person is called
 */
void
udpnat_file_row_bind (UdpnatFileRow  *self,
                      UdpnatTransfer *transfer,
                      const char     *title)
{
  g_free (self->title);
  self->title = g_strdup (title);
  g_set_object (&self->transfer, transfer);
  g_signal_group_set_target (self->transfer_signals, transfer);
  udpnat_picture_frame_set_paintable (self->picture, NULL);
  if (transfer == NULL)
    return;
  show_kind (self);
  refresh (self);
}

/** udpnat_file_row_set_paintable: @paintable: (nullable): the picture, when it is here */
void
udpnat_file_row_set_paintable (UdpnatFileRow *self,
                               GdkPaintable  *paintable)
{
  udpnat_picture_frame_set_paintable (self->picture, paintable);
}

/* ---- Buttons ---- */

static void
request (UdpnatFileRow    *self,
         UdpnatFileRequest request)
{
  g_signal_emit (self, requested_signal, 0, (int) request);
}

static void
accept_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_ACCEPT);
}

static void
decline_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_DECLINE);
}

static void
pause_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_PAUSE);
}

static void
resume_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_RESUME);
}

static void
cancel_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_CANCEL);
}

static void
open_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_OPEN);
}

static void
show_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_SHOW);
}

/* ---- Object ---- */

static void
udpnat_file_row_dispose (GObject *object)
{
  UdpnatFileRow *self = UDPNAT_FILE_ROW (object);

  g_clear_object (&self->transfer_signals);
  g_clear_object (&self->transfer);
  g_clear_pointer (&self->title, g_free);
  G_OBJECT_CLASS (udpnat_file_row_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  g_type_ensure (UDPNAT_TYPE_PICTURE_FRAME);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-file-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, picture);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, icon);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, name);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, words);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, progress);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, buttons);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, accept_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, decline_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, resume_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, pause_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, open_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, show_button);
  gtk_widget_class_bind_template_callback (widget_class, accept_cb);
  gtk_widget_class_bind_template_callback (widget_class, decline_cb);
  gtk_widget_class_bind_template_callback (widget_class, pause_cb);
  gtk_widget_class_bind_template_callback (widget_class, resume_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, open_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_cb);
}

static void
udpnat_file_row_class_init (UdpnatFileRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_file_row_dispose;
  requested_signal = g_signal_new ("requested", UDPNAT_TYPE_FILE_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  bind_template (GTK_WIDGET_CLASS (klass));
}

static void
udpnat_file_row_init (UdpnatFileRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->transfer_signals = g_signal_group_new (UDPNAT_TYPE_TRANSFER);
  g_signal_group_connect_swapped (self->transfer_signals, "notify", G_CALLBACK (refresh), self);
}

GtkWidget *
udpnat_file_row_new (void)
{
  return g_object_new (UDPNAT_TYPE_FILE_ROW, NULL);
}
