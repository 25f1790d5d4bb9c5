/* The box that one writes into, with what the text is about above it, and trouble in words. How it
 * is sent: udpnat-composer-send.c, and files: -files.c; what happens while one types: -draft.c. */

#include "config.h"

#include "udpnat-composer-private.h"

#include <glib/gi18n.h>

#include "udpnat-announcement.h"
#include "udpnat-limits.h"
#include "udpnat-message-text.h"

/* More than can be sent, so that it can be shortened by hand. */
#define PASTED_MAX_BYTES (2 * UDPNAT_TEXT_MAX_BYTES)

enum
{
  SENT,
  EDIT_LAST_REQUESTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatComposer, udpnat_composer, ADW_TYPE_BIN)

/* ---- The text ---- */

/** udpnat_composer_dup_text: Returns: (transfer full): what is in the box */
char *
udpnat_composer_dup_text (UdpnatComposer *self)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

static gboolean
show_end_cb (gpointer user_data)
{
  UdpnatComposer *self = user_data;
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->view));

  self->scroll_id = 0;
  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
  return G_SOURCE_REMOVE;
}

/* When the box has grown, and how high all of the text is is known: GTK's own way to a mark goes
 * part of the way before, and is an animation, which GTK 4.8 ends with a critical when the view
 * goes meanwhile. */
static void
queue_show_end (UdpnatComposer *self)
{
  if (self->scroll_id == 0)
    self->scroll_id = g_idle_add_full (G_PRIORITY_LOW, show_end_cb, self, NULL);
}

/* While GTK 4.8 scrolls to a new line, which takes it some frames, it does not note that the box
 * grows: in the end the first line would be above the box, and nothing below the second. */
static void
keep_inside_cb (UdpnatComposer *self,
                GtkAdjustment  *adjustment)
{
  int height = gtk_widget_get_height (GTK_WIDGET (self->view));
  double lowest = MAX (gtk_adjustment_get_upper (adjustment) - height,
                       gtk_adjustment_get_lower (adjustment));

  if (gtk_adjustment_get_page_size (adjustment) < height)
    gtk_adjustment_set_page_size (adjustment, height);
  if (height > 0 && gtk_adjustment_get_value (adjustment) > lowest)
    gtk_adjustment_set_value (adjustment, lowest);
}

/** udpnat_composer_set_text: that is not typed by the user, who goes on at its end */
void
udpnat_composer_set_text (UdpnatComposer *self,
                          const char     *text)
{
  GtkTextIter end;

  self->is_loading = TRUE;
  gtk_text_buffer_set_text (self->buffer, text, -1);
  self->is_loading = FALSE;
  gtk_text_buffer_get_end_iter (self->buffer, &end);
  gtk_text_buffer_place_cursor (self->buffer, &end);
  queue_show_end (self);
}

static void
show_hint (UdpnatComposer *self)
{
  gtk_widget_set_visible (self->hint, !self->has_preedit &&
                                        gtk_text_buffer_get_char_count (self->buffer) == 0);
}

static void
choose_wrap_mode (UdpnatComposer *self)
{
  g_autofree char *text = udpnat_composer_dup_text (self);
  GtkWrapMode mode = udpnat_message_text_has_long_word (text) ? GTK_WRAP_CHAR : GTK_WRAP_WORD_CHAR;

  if (gtk_text_view_get_wrap_mode (self->view) != mode)
    gtk_text_view_set_wrap_mode (self->view, mode);
}

/* What is pasted may be of any length, and laying it out would take as long. */
static void
insert_text_cb (GtkTextBuffer  *buffer,
                GtkTextIter    *at,
                const char     *text,
                int             n_text,
                UdpnatComposer *self)
{
  if (n_text <= PASTED_MAX_BYTES)
    return;
  g_signal_stop_emission_by_name (buffer, "insert-text");
  udpnat_composer_show_trouble (self, _("What you have pasted is far too long for a message."));
}

static void
show_whether_sendable (UdpnatComposer *self)
{
  gtk_widget_set_sensitive (self->send_button, udpnat_composer_check (self));
}

static void
changed_cb (UdpnatComposer *self)
{
  show_hint (self);
  choose_wrap_mode (self);
  if (!self->is_loading)
    {
      udpnat_composer_show_trouble (self, NULL);
      udpnat_composer_note_typed (self);
    }
  show_whether_sendable (self);
}

static void
preedit_changed_cb (UdpnatComposer *self,
                    const char     *preedit)
{
  self->has_preedit = *preedit != '\0';
  show_hint (self);
}

/** udpnat_composer_show_trouble: @sentence: (nullable): what is wrong; %NULL: nothing any more */
void
udpnat_composer_show_trouble (UdpnatComposer *self,
                              const char     *sentence)
{
  if (sentence != NULL)
    {
      gtk_label_set_text (self->trouble, sentence);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->trouble),
                                      GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
      udpnat_announcement_make (GTK_WIDGET (self), sentence);
    }
  gtk_revealer_set_reveal_child (self->trouble_revealer, sentence != NULL);
}

/** udpnat_composer_tell_sent: something was said */
void
udpnat_composer_tell_sent (UdpnatComposer *self)
{
  g_signal_emit (self, signals[SENT], 0);
}

/* ---- What it is about ---- */

static void
show_about (UdpnatComposer *self,
            const char     *icon,
            const char     *title,
            const char     *cancel)
{
  gtk_image_set_from_icon_name (self->about_icon, icon);
  udpnat_quote_block_set (self->about, title, udpnat_history_item_get_text (self->line));
  gtk_widget_set_tooltip_text (self->about_button, cancel);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->about_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, cancel, -1);
  gtk_revealer_set_reveal_child (self->about_revealer, TRUE);
}

/** udpnat_composer_leave_task: back to writing something new, with what was typed before */
void
udpnat_composer_leave_task (UdpnatComposer *self)
{
  gboolean was_edit = self->task == UDPNAT_COMPOSER_TASK_EDIT;

  self->task = UDPNAT_COMPOSER_TASK_WRITE;
  g_clear_object (&self->line);
  gtk_revealer_set_reveal_child (self->about_revealer, FALSE);
  if (was_edit)
    udpnat_composer_set_text (self, self->stash != NULL ? self->stash : "");
  g_clear_pointer (&self->stash, g_free);
}

/** udpnat_composer_reply_to: what is typed answers @line */
void
udpnat_composer_reply_to (UdpnatComposer    *self,
                          UdpnatHistoryItem *line)
{
  g_autofree char *title = NULL;

  if (self->person == NULL)
    return;
  udpnat_composer_leave_task (self);
  self->task = UDPNAT_COMPOSER_TASK_REPLY;
  g_set_object (&self->line, line);
  title = udpnat_history_item_is_outgoing (line)
            ? g_strdup (_("Reply to yourself"))
            : g_strdup_printf (_("Reply to %s"), udpnat_person_get_title (self->person));
  show_about (self, "mail-reply-sender-symbolic", title, _("Cancel Reply"));
  udpnat_composer_focus (self);
}

/** udpnat_composer_edit: @line: of ours, is changed into what is typed */
void
udpnat_composer_edit (UdpnatComposer    *self,
                      UdpnatHistoryItem *line)
{
  if (self->person == NULL || udpnat_history_item_get_text (line) == NULL)
    return;
  udpnat_composer_leave_task (self);
  self->stash = udpnat_composer_dup_text (self);
  self->task = UDPNAT_COMPOSER_TASK_EDIT;
  g_set_object (&self->line, line);
  show_about (self, "document-edit-symbolic", _("Edit message"), _("Cancel Edit"));
  udpnat_composer_set_text (self, udpnat_history_item_get_text (line));
  udpnat_composer_focus (self);
}

static void
cancel_cb (UdpnatComposer *self)
{
  udpnat_composer_leave_task (self);
  udpnat_composer_focus (self);
}

static void
send_cb (UdpnatComposer *self)
{
  udpnat_composer_send (self);
  udpnat_composer_focus (self);
}

/* ---- Keys ---- */

/* Whether the input method takes the key: it must be asked before a key means anything else, or
 * half a word of Chinese is sent. */
static gboolean
is_composing (UdpnatComposer        *self,
              GtkEventControllerKey *controller)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));

  return gtk_text_view_im_context_filter_keypress (self->view, event);
}

static gboolean
is_to_be_sent (UdpnatComposer  *self,
               GdkModifierType  state)
{
  gboolean enter_sends = self->settings == NULL ||
                         g_settings_get_boolean (self->settings, "enter-sends");

  if ((state & GDK_CONTROL_MASK) != 0)
    return TRUE;
  return enter_sends && (state & GDK_SHIFT_MASK) == 0;
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  keyval,
                guint                  keycode,
                GdkModifierType        state,
                UdpnatComposer        *self)
{
  GdkModifierType held = state & gtk_accelerator_get_default_mod_mask ();

  switch (keyval)
    {
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
    case GDK_KEY_ISO_Enter:
      if (!is_to_be_sent (self, held))
        return GDK_EVENT_PROPAGATE;
      if (!is_composing (self, controller))
        udpnat_composer_send (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      if (held != 0 || gtk_text_buffer_get_char_count (self->buffer) > 0)
        return GDK_EVENT_PROPAGATE;
      if (!is_composing (self, controller))
        g_signal_emit (self, signals[EDIT_LAST_REQUESTED], 0);
      return GDK_EVENT_STOP;
    case GDK_KEY_Escape:
      if (self->task == UDPNAT_COMPOSER_TASK_WRITE)
        return GDK_EVENT_PROPAGATE;
      if (!is_composing (self, controller))
        udpnat_composer_leave_task (self);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

/* ---- Emoji ---- */

static void
emoji_picked_cb (GtkEmojiChooser *chooser,
                 const char      *emoji,
                 UdpnatComposer  *self)
{
  gtk_text_buffer_insert_at_cursor (self->buffer, emoji, -1);
}

static gboolean
focus_cb (gpointer user_data)
{
  UdpnatComposer *self = user_data;

  self->focus_id = 0;
  udpnat_composer_focus (self);
  return G_SOURCE_REMOVE;
}

/* Not at once: GTK 4.18 says that the chooser is closed, and then gives the keyboard to the button,
 * where Enter would open it again. */
static void
emoji_chooser_closed_cb (UdpnatComposer *self)
{
  if (self->focus_id == 0)
    self->focus_id = g_idle_add_full (G_PRIORITY_DEFAULT, focus_cb, self, NULL);
}

/* Made when it is first wanted: it has some thousand widgets. */
static void
create_emoji_chooser_cb (GtkMenuButton *button,
                         gpointer       user_data)
{
  UdpnatComposer *self = user_data;
  GtkWidget *chooser;

  if (gtk_menu_button_get_popover (button) != NULL)
    return;
  chooser = gtk_emoji_chooser_new ();
  g_signal_connect_object (chooser, "emoji-picked", G_CALLBACK (emoji_picked_cb), self, 0);
  g_signal_connect_object (chooser, "closed", G_CALLBACK (emoji_chooser_closed_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_menu_button_set_popover (button, chooser);
}

/* ---- The conversation ---- */

/** udpnat_composer_set_person: @person: (nullable): to whom one writes */
void
udpnat_composer_set_person (UdpnatComposer *self,
                            UdpnatPerson   *person)
{
  const char *draft;

  if (person == self->person)
    return;
  if (self->person != NULL)
    {
      udpnat_composer_stop_typing (self);
      udpnat_composer_save_draft (self);
    }
  udpnat_composer_leave_task (self);
  udpnat_composer_show_trouble (self, NULL);
  g_set_object (&self->person, person);
  udpnat_attachment_tray_set_key (self->tray,
                                  person != NULL ? udpnat_person_get_key_text (person) : NULL);
  draft = person != NULL ? udpnat_person_get_draft (person) : NULL;
  udpnat_composer_set_text (self, draft != NULL ? draft : "");
}

/** udpnat_composer_set_up: @settings: (nullable): to be called once, before anything else */
void
udpnat_composer_set_up (UdpnatComposer *self,
                        UdpnatClient   *client,
                        GSettings      *settings)
{
  g_set_object (&self->client, client);
  g_set_object (&self->settings, settings);
  g_signal_group_set_target (self->client_signals, client);
}

void
udpnat_composer_focus (UdpnatComposer *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

/* ---- Object ---- */

static void
udpnat_composer_unmap (GtkWidget *widget)
{
  UdpnatComposer *self = UDPNAT_COMPOSER (widget);

  if (self->person != NULL)
    {
      udpnat_composer_stop_typing (self);
      udpnat_composer_save_draft (self);
    }
  GTK_WIDGET_CLASS (udpnat_composer_parent_class)->unmap (widget);
}

static void
udpnat_composer_dispose (GObject *object)
{
  UdpnatComposer *self = UDPNAT_COMPOSER (object);

  if (self->person != NULL)
    udpnat_composer_set_person (self, NULL);
  g_clear_handle_id (&self->draft_id, g_source_remove);
  g_clear_handle_id (&self->scroll_id, g_source_remove);
  g_clear_handle_id (&self->focus_id, g_source_remove);
  g_clear_object (&self->chooser);
  g_clear_object (&self->client_signals);
  g_clear_pointer (&self->unsaved, g_ptr_array_unref);
  g_clear_object (&self->settings);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_composer_parent_class)->dispose (object);
}

static void
udpnat_composer_class_init (UdpnatComposerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_composer_dispose;
  widget_class->unmap = udpnat_composer_unmap;

  signals[SENT] = g_signal_new ("sent", UDPNAT_TYPE_COMPOSER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 0);
  signals[EDIT_LAST_REQUESTED] = g_signal_new ("edit-last-requested", UDPNAT_TYPE_COMPOSER,
                                               G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                               0);
  g_type_ensure (UDPNAT_TYPE_ATTACHMENT_TRAY);
  g_type_ensure (UDPNAT_TYPE_QUOTE_BLOCK);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-composer.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, about_revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, about_icon);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, about);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, about_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, trouble_revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, tray);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, trouble);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, view);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, hint);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, emoji_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatComposer, send_button);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
  gtk_widget_class_bind_template_callback (widget_class, udpnat_composer_choose_files);
  gtk_widget_class_bind_template_callback (widget_class, preedit_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, send_cb);
}

static void
udpnat_composer_init (UdpnatComposer *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  self->buffer = gtk_text_view_get_buffer (self->view);
  self->client_signals = g_signal_group_new (UDPNAT_TYPE_CLIENT);
  udpnat_composer_watch_disk (self);
  udpnat_composer_watch_files (self);
  g_signal_connect_object (self->tray, "changed", G_CALLBACK (show_whether_sendable), self,
                           G_CONNECT_SWAPPED);
  udpnat_composer_watch_clipboard (self);
  g_signal_connect_object (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->view)),
                           "value-changed", G_CALLBACK (keep_inside_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->buffer, "insert-text", G_CALLBACK (insert_text_cb), self, 0);
  g_signal_connect_object (self->buffer, "changed", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->view), keys);
  gtk_menu_button_set_create_popup_func (self->emoji_button, create_emoji_chooser_cb, self, NULL);
}
