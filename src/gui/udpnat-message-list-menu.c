/* How the actions of a message are offered: a menu (right click, long press, the menu key), and
 * three tools beside the message that the pointer is on. One of each serves the whole list. */

#include "config.h"

#include "udpnat-message-list-private.h"

#include <glib/gi18n.h>

/* Between a bubble and its tools, in pixels. */
#define TOOLS_GAP 6

static const char *const quick_signs[] = { "👍", "❤️", "😂", "😮", "😢", "🎉" };

/* ---- Popovers ---- */

static void
remove_popover (gpointer user_data)
{
  GtkWidget *popover = user_data;

  if (gtk_widget_get_parent (popover) != NULL)
    gtk_widget_unparent (popover);
  g_object_unref (popover);
}

/* Not at once: the action that was chosen is looked for in the popover's parents. */
static void
closed_cb (GtkWidget         *popover,
           UdpnatMessageList *self)
{
  if (self->popover != popover)
    return;
  self->popover = NULL;
  g_idle_add_once (remove_popover, g_object_ref (popover));
  if (self->focus_before != NULL && gtk_widget_get_mapped (self->focus_before))
    gtk_widget_grab_focus (self->focus_before);
  g_clear_weak_pointer (&self->focus_before);
}

static void
show_popover (UdpnatMessageList *self,
              GtkWidget         *popover,
              GtkWidget         *at)
{
  graphene_rect_t bounds;

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  g_set_weak_pointer (&self->focus_before,
                      gtk_root_get_focus (gtk_widget_get_root (GTK_WIDGET (self))));
  self->popover = popover;
  gtk_widget_set_parent (popover, GTK_WIDGET (self));
  if (gtk_widget_compute_bounds (at, GTK_WIDGET (self), &bounds))
    {
      GdkRectangle rectangle = { (int) bounds.origin.x, (int) bounds.origin.y,
                                 (int) bounds.size.width, (int) bounds.size.height };

      gtk_popover_set_pointing_to (GTK_POPOVER (popover), &rectangle);
    }
  g_signal_connect_object (popover, "closed", G_CALLBACK (closed_cb), self, 0);
  gtk_popover_popup (GTK_POPOVER (popover));
}

/* ---- Signs ---- */

static void
picked_cb (GtkEmojiChooser   *chooser,
           const char        *sign,
           UdpnatMessageList *self)
{
  gint64 number = *(gint64 *) g_object_get_data (G_OBJECT (chooser), "number");

  gtk_widget_activate_action (GTK_WIDGET (self), "message.react", "(xs)", number, sign);
}

static void
choose_sign (UdpnatMessageList *self,
             UdpnatMessageRow  *row,
             GtkWidget         *at)
{
  GtkWidget *chooser = gtk_emoji_chooser_new ();
  gint64 number = udpnat_history_row_get_number (udpnat_message_row_get_row (row));

  g_object_set_data_full (G_OBJECT (chooser), "number", g_memdup2 (&number, sizeof number),
                          g_free);
  g_signal_connect_object (chooser, "emoji-picked", G_CALLBACK (picked_cb), self, 0);
  show_popover (self, chooser, at);
}

static void
more_signs_cb (GtkButton         *button,
               UdpnatMessageList *self)
{
  gint64 number = *(gint64 *) g_object_get_data (G_OBJECT (button), "number");
  UdpnatMessageRow *found = NULL;

  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->view));
       item != NULL && found == NULL; item = gtk_widget_get_next_sibling (item))
    {
      UdpnatMessageRow *row = udpnat_message_list_get_row_of (self, item);

      if (row != NULL && udpnat_history_row_get_number (udpnat_message_row_get_row (row)) == number)
        found = row;
    }
  if (self->popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (self->popover));
  if (found != NULL)
    choose_sign (self, found, udpnat_message_row_get_bubble (found));
}

static void
sign_chosen_cb (GtkButton         *button,
                UdpnatMessageList *self)
{
  if (self->popover != NULL)
    gtk_popover_popdown (GTK_POPOVER (self->popover));
}

static GtkWidget *
create_sign_button (UdpnatMessageList *self,
                    UdpnatHistoryItem *line,
                    const char        *sign)
{
  gboolean is_set = g_strcmp0 (udpnat_history_item_get_my_reaction (line), sign) == 0;
  GtkWidget *button = gtk_button_new_with_label (sign);
  g_autofree char *name = g_strdup_printf (is_set ? _("Take back %s") : _("React with %s"), sign);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "sign");
  if (is_set)
    gtk_widget_add_css_class (button, "own");
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "(xs)",
                                    udpnat_history_item_get_number (line), is_set ? "" : sign);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "message.react");
  g_signal_connect_object (button, "clicked", G_CALLBACK (sign_chosen_cb), self, G_CONNECT_AFTER);
  return button;
}

static GtkWidget *
create_signs (UdpnatMessageList *self,
              UdpnatHistoryItem *line)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *more = gtk_button_new_from_icon_name ("list-add-symbolic");
  gint64 number = udpnat_history_item_get_number (line);

  for (gsize i = 0; i < G_N_ELEMENTS (quick_signs); i++)
    gtk_box_append (GTK_BOX (box), create_sign_button (self, line, quick_signs[i]));
  gtk_widget_add_css_class (more, "flat");
  gtk_widget_set_tooltip_text (more, _("More Reactions"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (more), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("More Reactions"), -1);
  g_object_set_data_full (G_OBJECT (more), "number", g_memdup2 (&number, sizeof number), g_free);
  g_signal_connect_object (more, "clicked", G_CALLBACK (more_signs_cb), self, 0);
  gtk_box_append (GTK_BOX (box), more);
  return box;
}

/** udpnat_message_list_show_reactions: lets the user choose a sign to put on @row's message */
void
udpnat_message_list_show_reactions (UdpnatMessageList *self,
                                    UdpnatMessageRow  *row,
                                    GtkWidget         *at)
{
  UdpnatHistoryItem *line = udpnat_history_row_get_item (udpnat_message_row_get_row (row));
  GtkWidget *popover = gtk_popover_new ();

  gtk_popover_set_child (GTK_POPOVER (popover), create_signs (self, line));
  gtk_accessible_update_property (GTK_ACCESSIBLE (popover), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Reactions"), -1);
  show_popover (self, popover, at);
}

/* ---- The menu ---- */

static void
append_action (GMenu             *menu,
               const char        *label,
               const char        *action,
               UdpnatHistoryItem *line)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "x", udpnat_history_item_get_number (line));
  g_menu_append_item (menu, item);
}

static void
append_section (GMenu *menu,
                GMenu *section)
{
  if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
    g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}

static void
append_signs (GMenu *menu)
{
  g_autoptr (GMenu) section = g_menu_new ();
  g_autoptr (GMenuItem) item = g_menu_item_new (NULL, NULL);

  g_menu_item_set_attribute (item, "custom", "s", "signs");
  g_menu_append_item (section, item);
  append_section (menu, section);
}

/* Whether the other side has it, or will: else there is nothing to answer or put a sign on. */
static gboolean
is_shared (UdpnatHistoryItem *line)
{
  return !udpnat_history_item_is_deleted (line) && udpnat_history_item_get_text (line) != NULL &&
         (!udpnat_history_item_is_outgoing (line) ||
          udpnat_history_item_get_state (line) != UDPNAT_ITEM_STATE_FAILED);
}

static void
append_writing (GMenu             *menu,
                UdpnatHistoryItem *line)
{
  g_autoptr (GMenu) section = g_menu_new ();
  gboolean is_file = udpnat_history_item_get_offer (line) != NULL;

  if (is_shared (line))
    append_action (section, _("_Reply"), "message.reply", line);
  if (udpnat_history_item_is_outgoing (line) && is_shared (line) && !is_file)
    append_action (section, _("_Edit"), "message.edit", line);
  append_action (section, is_file ? _("_Copy Name") : _("_Copy"), "message.copy", line);
  if (!is_file)
    append_action (section, _("_Select Text…"), "message.show-all", line);
  append_section (menu, section);
}

/* What is on this computer: ours from the beginning, theirs when all of it has come. */
static void
append_looking (GMenu             *menu,
                UdpnatHistoryItem *line)
{
  const UdpnatStoredTransfer *transfer = udpnat_history_item_get_stored_transfer (line);
  g_autoptr (GMenu) section = g_menu_new ();

  if (transfer == NULL || transfer->path == NULL ||
      (!transfer->is_outgoing && transfer->state != UDPNAT_TRANSFER_STATE_DONE))
    return;
  append_action (section, _("_Open"), "message.open-file", line);
  append_action (section, _("Show in _Folder"), "message.show-file", line);
  append_section (menu, section);
}

static void
append_taking_back (GMenu             *menu,
                    UdpnatHistoryItem *line)
{
  g_autoptr (GMenu) section = g_menu_new ();

  if (udpnat_history_item_is_outgoing (line) && !udpnat_history_item_is_deleted (line) &&
      udpnat_history_item_get_state (line) < UDPNAT_ITEM_STATE_DELIVERED)
    append_action (section, _("_Withdraw"), "message.withdraw", line);
  append_action (section, _("_Delete…"), "message.delete", line);
  append_action (section, _("De_tails"), "message.details", line);
  append_section (menu, section);
}

/** udpnat_message_list_show_menu: what can be done with @row's message; @at: what it points at */
void
udpnat_message_list_show_menu (UdpnatMessageList *self,
                               UdpnatMessageRow  *row,
                               GtkWidget         *at)
{
  UdpnatHistoryItem *line = udpnat_history_row_get_item (udpnat_message_row_get_row (row));
  g_autoptr (GMenu) menu = g_menu_new ();
  GtkWidget *popover;

  if (is_shared (line))
    append_signs (menu);
  if (!udpnat_history_item_is_deleted (line) && udpnat_history_item_get_text (line) != NULL)
    append_writing (menu, line);
  append_looking (menu, line);
  append_taking_back (menu, line);
  popover = gtk_popover_menu_new_from_model (G_MENU_MODEL (menu));
  if (is_shared (line))
    gtk_popover_menu_add_child (GTK_POPOVER_MENU (popover), create_signs (self, line), "signs");
  show_popover (self, popover, at);
}

static void
show_menu_at (UdpnatMessageList *self,
              double             x,
              double             y)
{
  UdpnatMessageRow *row = udpnat_message_list_get_row_at (self, x, y);

  if (row != NULL)
    udpnat_message_list_show_menu (self, row, udpnat_message_row_get_bubble (row));
}

static void
pressed_cb (GtkGestureClick   *gesture,
            int                n_press,
            double             x,
            double             y,
            UdpnatMessageList *self)
{
  GdkEvent *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (gesture));

  if (event == NULL || !gdk_event_triggers_context_menu (event))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  show_menu_at (self, x, y);
}

static void
long_pressed_cb (GtkGestureLongPress *gesture,
                 double               x,
                 double               y,
                 UdpnatMessageList   *self)
{
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  show_menu_at (self, x, y);
}

/* ---- Keys ---- */

static gboolean
menu_key_cb (GtkWidget *widget,
             GVariant  *arguments,
             gpointer   user_data)
{
  UdpnatMessageList *self = user_data;
  UdpnatMessageRow *row = udpnat_message_list_get_focused_row (self);

  if (row == NULL)
    return FALSE;
  udpnat_message_list_show_menu (self, row, udpnat_message_row_get_bubble (row));
  return TRUE;
}

/* It asks first, as the menu does. */
static gboolean
delete_key_cb (GtkWidget *widget,
               GVariant  *arguments,
               gpointer   user_data)
{
  UdpnatMessageRow *row = udpnat_message_list_get_focused_row (user_data);

  if (row == NULL)
    return FALSE;
  return gtk_widget_activate_action (
    GTK_WIDGET (row), "message.delete", "x",
    udpnat_history_row_get_number (udpnat_message_row_get_row (row)));
}

static GtkEventController *
create_shortcuts (UdpnatMessageList *self)
{
  GtkEventController *shortcuts = gtk_shortcut_controller_new ();
  const struct
  {
    const char     *keys;
    GtkShortcutFunc func;
  } offers[] = {
    { "Menu|<Shift>F10", menu_key_cb },
    { "Delete|KP_Delete", delete_key_cb },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (offers); i++)
    gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (shortcuts),
      gtk_shortcut_new (gtk_shortcut_trigger_parse_string (offers[i].keys),
                        gtk_callback_action_new (offers[i].func, self, NULL)));
  return shortcuts;
}

/* ---- Tools beside a message ---- */

/** udpnat_message_list_hide_tools: what they are for has moved */
void
udpnat_message_list_hide_tools (UdpnatMessageList *self)
{
  self->pointed_row = NULL;
  gtk_widget_set_visible (self->tools, FALSE);
}

static void
moved_cb (GtkEventControllerMotion *controller,
          double                    x,
          double                    y,
          UdpnatMessageList        *self)
{
  GtkWidget *picked = gtk_widget_pick (self->overlay, x, y, GTK_PICK_DEFAULT);
  UdpnatMessageRow *row;

  if (picked != NULL && (picked == self->tools || gtk_widget_is_ancestor (picked, self->tools)))
    return;
  row = udpnat_message_list_get_row_of (self, picked);
  if (row == self->pointed_row)
    return;
  self->pointed_row = row;
  if (row != NULL &&
      !is_shared (udpnat_history_row_get_item (udpnat_message_row_get_row (row))))
    self->pointed_row = NULL;
  gtk_widget_set_visible (self->tools, self->pointed_row != NULL);
  gtk_widget_queue_allocate (self->overlay);
}

/**
 * udpnat_message_list_place_tools:
 * @allocation: (out): where the tools go: beside the bubble if there is room, else over its corner
 *
 * Returns: whether they are for any message
 */
gboolean
udpnat_message_list_place_tools (UdpnatMessageList *self,
                                 GdkRectangle      *allocation)
{
  gboolean is_rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int width = gtk_widget_get_width (self->overlay);
  GtkRequisition size;
  graphene_rect_t bubble;
  gboolean is_at_right;

  if (self->pointed_row == NULL ||
      !gtk_widget_compute_bounds (udpnat_message_row_get_bubble (self->pointed_row), self->overlay,
                                  &bubble))
    return FALSE;
  gtk_widget_get_preferred_size (self->tools, NULL, &size);
  is_at_right = gtk_widget_has_css_class (GTK_WIDGET (self->pointed_row), "own") != is_rtl;
  allocation->x = is_at_right ? (int) bubble.origin.x - size.width - TOOLS_GAP
                              : (int) (bubble.origin.x + bubble.size.width) + TOOLS_GAP;
  allocation->x = CLAMP (allocation->x, TOOLS_GAP, MAX (width - size.width - TOOLS_GAP, TOOLS_GAP));
  allocation->y = MAX ((int) bubble.origin.y, 0);
  allocation->width = size.width;
  allocation->height = size.height;
  return TRUE;
}

/** udpnat_message_list_watch_pointer: to be called once */
void
udpnat_message_list_watch_pointer (UdpnatMessageList *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *long_press = gtk_gesture_long_press_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (self->overlay, GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (long_press), TRUE);
  g_signal_connect (long_press, "pressed", G_CALLBACK (long_pressed_cb), self);
  gtk_widget_add_controller (self->overlay, GTK_EVENT_CONTROLLER (long_press));
  g_signal_connect (motion, "motion", G_CALLBACK (moved_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (udpnat_message_list_hide_tools), self);
  gtk_widget_add_controller (self->overlay, motion);
  gtk_widget_add_controller (GTK_WIDGET (self->view), create_shortcuts (self));
}
