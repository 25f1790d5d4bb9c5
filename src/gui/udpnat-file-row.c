/* A transfer as one sees it: picture or icon, name, words, a bar, and the buttons that mean
 * something now. What it says changes all the time, but never how high it is: the list that it is
 * in would leap. So there is room for two lines of words, and for bar and buttons also when there
 * are none; unless it was over before it was seen here. */

#include "config.h"

#include "udpnat-file-row.h"

#include <glib/gi18n.h>

#include "udpnat-file-icon.h"
#include "udpnat-picture-frame.h"
#include "udpnat-sound-bar.h"
#include "udpnat-tooltip.h"

/* Of a picture whose sender does not say how large it is */
#define UNKNOWN_WIDTH 240
#define UNKNOWN_HEIGHT 180

struct _UdpnatFileRow
{
  GtkBox              parent_instance;

  UdpnatPictureFrame *picture;
  UdpnatSoundBar     *sound;
  GtkImage           *icon;
  GtkLabel           *name;
  GtkLabel           *room;
  GtkLabel           *words;
  GtkStack           *progress_place;
  GtkWidget          *no_progress;
  GtkProgressBar     *progress;
  GtkStack           *buttons_place;
  GtkWidget          *no_buttons;
  GtkWidget          *buttons;
  GtkWidget          *accept_button;
  GtkWidget          *accept_in_button;
  GtkWidget          *decline_button;
  GtkButton          *resume_button;
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

static gboolean
is_over (UdpnatTransferState state)
{
  return state == UDPNAT_TRANSFER_STATE_DONE || state == UDPNAT_TRANSFER_STATE_CANCELLED;
}

static void
show_resume_button (UdpnatFileRow *self)
{
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gboolean is_failed = state == UDPNAT_TRANSFER_STATE_FAILED;
  gboolean is_paused = udpnat_transfer_is_paused_here (self->transfer) && !is_over (state);

  gtk_button_set_label (self->resume_button, is_failed ? _("Try Again") : _("Resume"));
  gtk_widget_set_visible (GTK_WIDGET (self->resume_button), is_failed || is_paused);
}

/* Returns: (nullable): the button that has the keyboard */
static GtkWidget *
get_focused (UdpnatFileRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  return focus != NULL && gtk_widget_is_ancestor (focus, self->buttons) ? focus : NULL;
}

/* The keyboard must not leave the line because the button that had it means nothing any more: the
 * first one that does gets it, or what the line is in. */
static void
keep_focus (UdpnatFileRow *self)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));

  for (GtkWidget *button = gtk_widget_get_first_child (self->buttons);
       button != NULL && gtk_stack_get_visible_child (self->buttons_place) == self->buttons;
       button = gtk_widget_get_next_sibling (button))
    if (gtk_widget_get_visible (button) && gtk_widget_grab_focus (button))
      return;
  while (parent != NULL && !gtk_widget_get_focusable (parent))
    parent = gtk_widget_get_parent (parent);
  if (parent != NULL)
    gtk_widget_grab_focus (parent);
}

static void
show_buttons (UdpnatFileRow *self)
{
  GtkWidget *focused = get_focused (self);
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gboolean is_outgoing = udpnat_transfer_is_outgoing (self->transfer);
  gboolean is_offered = state == UDPNAT_TRANSFER_STATE_OFFERED && !is_outgoing;
  gboolean is_moving = state == UDPNAT_TRANSFER_STATE_ACCEPTED ||
                       state == UDPNAT_TRANSFER_STATE_RUNNING;
  gboolean is_paused = udpnat_transfer_is_paused_here (self->transfer);
  gboolean has_file = state == UDPNAT_TRANSFER_STATE_DONE &&
                      udpnat_transfer_get_path (self->transfer) != NULL;
  gboolean has_any = has_file || !is_over (state);

  gtk_widget_set_visible (self->accept_button, is_offered);
  gtk_widget_set_visible (self->accept_in_button, is_offered);
  gtk_widget_set_visible (self->decline_button, is_offered);
  gtk_widget_set_visible (self->pause_button, is_moving && !is_paused);
  show_resume_button (self);
  /* When there is none, this one still takes the room that buttons take. */
  gtk_widget_set_visible (self->cancel_button, !has_any || (!is_over (state) && !is_offered));
  gtk_widget_set_visible (self->open_button, has_file);
  gtk_widget_set_visible (self->show_button, has_file);
  gtk_stack_set_visible_child (self->buttons_place, has_any ? self->buttons : self->no_buttons);
  if (focused != NULL && (!has_any || !gtk_widget_get_visible (focused)))
    keep_focus (self);
}

/* ---- How it stands ---- */

static void
show_progress (UdpnatFileRow *self)
{
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gint64 size = udpnat_transfer_get_size (self->transfer);
  gint64 done = udpnat_transfer_get_done (self->transfer);

  gtk_stack_set_visible_child (self->progress_place,
                               state == UDPNAT_TRANSFER_STATE_ACCEPTED ||
                                   state == UDPNAT_TRANSFER_STATE_RUNNING ||
                                   state == UDPNAT_TRANSFER_STATE_FAILED
                                 ? GTK_WIDGET (self->progress) : self->no_progress);
  gtk_progress_bar_set_fraction (self->progress, size > 0 ? (double) done / (double) size : 0);
}

static char *
describe (UdpnatFileRow *self)
{
  g_autofree char *words = udpnat_transfer_describe (self->transfer, self->title);
  guint n_files = udpnat_transfer_get_n_files (self->transfer);

  if (!udpnat_transfer_is_folder (self->transfer))
    return g_steal_pointer (&words);
  /* Translators: of a folder: how many files are in it, and how far it has come */
  return g_strdup_printf (ngettext ("%u file, %s", "%u files, %s", n_files), n_files, words);
}

/** udpnat_file_row_dup_name: Returns: (transfer full) (nullable): what is read out of it */
char *
udpnat_file_row_dup_name (UdpnatFileRow *self)
{
  g_autofree char *words = NULL;

  if (self->transfer == NULL)
    return NULL;
  words = describe (self);
  if (udpnat_transfer_is_folder (self->transfer))
    /* Translators: what is read out of a folder: its name, and how far it has come */
    return g_strdup_printf (_("Folder %s, %s"), udpnat_transfer_get_name (self->transfer), words);
  /* Translators: what is read out of a file: its name, and how far it has come */
  return g_strdup_printf (_("File %s, %s"), udpnat_transfer_get_name (self->transfer), words);
}

static void
show_words (UdpnatFileRow *self)
{
  g_autofree char *words = describe (self);
  g_autofree char *two_lines = g_strdup_printf ("%s\n%s", words, words);
  g_autofree char *name = udpnat_file_row_dup_name (self);

  gtk_label_set_text (self->words, words);
  gtk_label_set_text (self->room, two_lines);
  udpnat_tooltip_set_text (GTK_WIDGET (self->words), words);
  if (udpnat_transfer_get_state (self->transfer) == UDPNAT_TRANSFER_STATE_FAILED)
    gtk_widget_add_css_class (GTK_WIDGET (self->words), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->words), "error");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

/** udpnat_file_row_is_picture: Returns: whether @transfer is, as its sender says, a picture that
 * can be shown */
gboolean
udpnat_file_row_is_picture (UdpnatTransfer *transfer)
{
  const char *type = udpnat_transfer_get_content_type (transfer);

  return g_strcmp0 (type, "image/png") == 0 || g_strcmp0 (type, "image/jpeg") == 0 ||
         (udpnat_transfer_get_width (transfer) > 0 && udpnat_transfer_get_height (transfer) > 0);
}

static gboolean
is_sound (UdpnatTransfer *transfer)
{
  const char *type = udpnat_transfer_get_content_type (transfer);

  return type != NULL && g_str_has_prefix (type, "audio/") &&
         !udpnat_transfer_is_folder (transfer);
}

/* As soon as all of it is here; what is sent is here from the beginning. */
static void
show_sound (UdpnatFileRow *self)
{
  gboolean is_here = udpnat_transfer_is_outgoing (self->transfer) ||
                     udpnat_transfer_get_state (self->transfer) == UDPNAT_TRANSFER_STATE_DONE;

  if (is_sound (self->transfer))
    udpnat_sound_bar_set_file (self->sound,
                               is_here ? udpnat_transfer_get_path (self->transfer) : NULL,
                               udpnat_transfer_get_name (self->transfer));
}

/* Which file it is about, for whoever hears only the button. */
static void
describe_buttons (UdpnatFileRow *self)
{
  const char *name = udpnat_transfer_get_name (self->transfer);

  for (GtkWidget *button = gtk_widget_get_first_child (self->buttons); button != NULL;
       button = gtk_widget_get_next_sibling (button))
    gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                    name, -1);
}

static void
show_kind (UdpnatFileRow *self)
{
  int width = udpnat_transfer_get_width (self->transfer);
  int height = udpnat_transfer_get_height (self->transfer);
  gboolean is_picture = udpnat_file_row_is_picture (self->transfer);
  gboolean is_size_known = width > 0 && height > 0;
  g_autoptr (GIcon) icon = NULL;

  icon = udpnat_file_icon_new (udpnat_transfer_get_content_type (self->transfer));
  gtk_image_set_from_gicon (self->icon, icon);
  gtk_widget_set_visible (GTK_WIDGET (self->icon), !is_picture);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), is_picture);
  udpnat_picture_frame_set_size (self->picture, is_size_known ? width : UNKNOWN_WIDTH,
                                 is_size_known ? height : UNKNOWN_HEIGHT);
  gtk_label_set_text (self->name, udpnat_transfer_get_name (self->transfer));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->name), udpnat_transfer_get_name (self->transfer));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  udpnat_transfer_get_name (self->transfer), -1);
  describe_buttons (self);
}

static void
refresh (UdpnatFileRow *self)
{
  show_progress (self);
  show_words (self);
  show_sound (self);
  show_buttons (self);
}

/* What is over when it is first seen does not change any more. */
static void
make_room (UdpnatFileRow *self)
{
  UdpnatTransferState state = udpnat_transfer_get_state (self->transfer);
  gboolean has_file = udpnat_transfer_get_path (self->transfer) != NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->sound),
                          is_sound (self->transfer) && (!is_over (state) || has_file));
  gtk_widget_set_visible (GTK_WIDGET (self->progress_place), !is_over (state));
  gtk_widget_set_visible (GTK_WIDGET (self->buttons_place),
                          !is_over (state) || (state == UDPNAT_TRANSFER_STATE_DONE && has_file));
}

/**
 * udpnat_file_row_bind:
 * @transfer: (nullable): what is shown from now on, its picture as before if it is of the same
 *   line; %NULL: nothing
 * @title: what the other person is called
 */
void
udpnat_file_row_bind (UdpnatFileRow  *self,
                      UdpnatTransfer *transfer,
                      const char     *title)
{
  gboolean is_other = transfer == NULL || self->transfer == NULL ||
                      udpnat_transfer_get_line (transfer) !=
                        udpnat_transfer_get_line (self->transfer);

  g_free (self->title);
  self->title = g_strdup (title);
  g_set_object (&self->transfer, transfer);
  g_signal_group_set_target (self->transfer_signals, transfer);
  if (is_other)
    {
      udpnat_picture_frame_set_paintable (self->picture, NULL);
      udpnat_sound_bar_set_file (self->sound, NULL, NULL);
    }
  if (transfer == NULL)
    return;
  if (is_other)
    make_room (self);
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
accept_in_cb (UdpnatFileRow *self)
{
  request (self, UDPNAT_FILE_REQUEST_ACCEPT_IN);
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
  g_type_ensure (UDPNAT_TYPE_SOUND_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-file-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, picture);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, sound);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, icon);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, name);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, room);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, words);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, progress_place);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, no_progress);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, progress);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, buttons_place);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, no_buttons);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, buttons);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, accept_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, accept_in_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, decline_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, resume_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, pause_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, open_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFileRow, show_button);
  gtk_widget_class_bind_template_callback (widget_class, accept_cb);
  gtk_widget_class_bind_template_callback (widget_class, accept_in_cb);
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
