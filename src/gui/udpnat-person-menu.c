/* The menu of a person in a list. What takes something away is asked for again. */

#include "config.h"

#include "udpnat-person-menu.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-dialog.h"

struct _UdpnatPersonMenu
{
  GObject             parent_instance;

  UdpnatClient       *client;
  GtkWidget          *owner;   /* borrowed: it owns us */
  GtkWidget          *popover; /* borrowed: a child of the owner */
  GSimpleActionGroup *actions;
  UdpnatPerson       *person;  /* nullable: whose menu was opened last */
};

G_DEFINE_FINAL_TYPE (UdpnatPersonMenu, udpnat_person_menu, G_TYPE_OBJECT)

/* ---- Actions ---- */

static void
pin_cb (GSimpleAction *action,
        GVariant      *parameter,
        gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;

  udpnat_client_set_pinned (self->client, self->person, !udpnat_person_is_pinned (self->person));
}

static void
mute_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;

  udpnat_client_set_muted (self->client, self->person, !udpnat_person_is_muted (self->person));
}

static void
mark_read_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;

  udpnat_client_mark_read (self->client, self->person);
}

static void
details_cb (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;

  gtk_widget_activate_action (self->owner, "sidebar.details", "s",
                              udpnat_person_get_key_text (self->person));
}

static void
unblock_cb (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;

  udpnat_client_unblock (self->client, self->person);
}

/* ---- What is asked for again ---- */

typedef struct
{
  UdpnatClient *client;
  UdpnatPerson *person;
} Question;

static void
question_free (gpointer  data,
               GClosure *closure)
{
  Question *question = data;

  g_object_unref (question->client);
  g_object_unref (question->person);
  g_free (question);
}

static void
delete_answered_cb (AdwMessageDialog *dialog,
                    const char       *response,
                    Question         *question)
{
  if (!g_str_equal (response, "delete"))
    return;
  udpnat_client_set_draft (question->client, question->person, NULL);
  if (udpnat_person_is_pinned (question->person))
    udpnat_client_set_pinned (question->client, question->person, FALSE);
  udpnat_client_clear_history (question->client, question->person);
}

static void
block_answered_cb (AdwMessageDialog *dialog,
                   const char       *response,
                   Question         *question)
{
  if (g_str_equal (response, "block"))
    udpnat_client_block (question->client, question->person);
}

static void
ask (UdpnatPersonMenu *self,
     const char       *heading,
     const char       *body,
     const char       *response,
     const char       *label,
     GCallback         answered_cb)
{
  GtkRoot *root = gtk_widget_get_root (self->owner);
  GtkWidget *dialog = udpnat_dialog_new (GTK_WINDOW (root), heading, body);
  Question *question = g_new0 (Question, 1);

  question->client = g_object_ref (self->client);
  question->person = g_object_ref (self->person);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"));
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), response, label);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), response,
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", answered_cb, question, question_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
delete_cb (GSimpleAction *action,
           GVariant      *parameter,
           gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;
  const char *title = udpnat_chat_words_get_title (self->client, self->person);
  g_autofree char *body = NULL;

  if (self->person == udpnat_client_get_self (self->client))
    body = g_strdup (_("All of your notes will be deleted. They cannot be brought back."));
  else
    body = g_strdup_printf (_("All that was said with %s will be deleted here. Their copy stays "
                              "with them. It cannot be brought back."), title);
  ask (self, _("Delete Conversation?"), body, "delete", _("_Delete"),
       G_CALLBACK (delete_answered_cb));
}

static void
block_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  UdpnatPersonMenu *self = user_data;
  g_autofree char *heading = NULL;

  heading = g_strdup_printf (_("Block %s?"), udpnat_person_get_title (self->person));
  ask (self, heading,
       _("Nothing of theirs will arrive any more, and they are not told. You find them among the "
         "blocked people in the preferences."), "block", _("_Block"),
       G_CALLBACK (block_answered_cb));
}

static const GActionEntry entries[] = {
  { .name = "pin", .activate = pin_cb },
  { .name = "mute", .activate = mute_cb },
  { .name = "mark-read", .activate = mark_read_cb },
  { .name = "details", .activate = details_cb },
  { .name = "block", .activate = block_cb },
  { .name = "unblock", .activate = unblock_cb },
  { .name = "delete", .activate = delete_cb },
};

/* ---- The menu ---- */

static void
append_section (GMenu *menu,
                GMenu *section)
{
  if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
    g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
}

static GMenuModel *
build (UdpnatPersonMenu *self)
{
  UdpnatPerson *person = self->person;
  gboolean is_self = person == udpnat_client_get_self (self->client);
  gboolean is_blocked = udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED;
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) usual = g_menu_new ();
  g_autoptr (GMenu) final = g_menu_new ();

  if (udpnat_person_get_unread (person) > 0)
    g_menu_append (usual, _("Mark as _Read"), "person.mark-read");
  g_menu_append (usual, udpnat_person_is_pinned (person) ? _("Un_pin") : _("_Pin"), "person.pin");
  if (!is_self)
    g_menu_append (usual, udpnat_person_is_muted (person) ? _("Un_mute") : _("_Mute"),
                   "person.mute");
  if (!is_self)
    g_menu_append (usual, _("De_tails"), "person.details");
  if (!is_self && !is_blocked)
    g_menu_append (final, _("_Block…"), "person.block");
  if (is_blocked)
    g_menu_append (final, _("Un_block"), "person.unblock");
  if (udpnat_person_get_last_line (person) != NULL)
    g_menu_append (final, _("_Delete Conversation…"), "person.delete");
  append_section (menu, usual);
  append_section (menu, final);
  return G_MENU_MODEL (menu);
}

/* @x, @y: in @row; negative for its middle */
static void
open_menu (UdpnatPersonMenu *self,
           GtkWidget        *row,
           double            x,
           double            y)
{
  g_autoptr (UdpnatPerson) person = NULL;
  g_autoptr (GMenuModel) menu = NULL;
  graphene_point_t from = GRAPHENE_POINT_INIT (x, y);
  graphene_point_t at;

  g_object_get (row, "person", &person, NULL);
  if (person == NULL)
    return;
  if (x < 0) /* from the keyboard */
    graphene_point_init (&from, gtk_widget_get_width (row) / 2, gtk_widget_get_height (row) / 2);
  if (!gtk_widget_compute_point (row, self->owner, &from, &at))
    return;
  g_set_object (&self->person, person);
  menu = build (self);
  gtk_popover_menu_set_menu_model (GTK_POPOVER_MENU (self->popover), menu);
  gtk_popover_set_pointing_to (GTK_POPOVER (self->popover),
                               &(GdkRectangle){ (int) at.x, (int) at.y, 1, 1 });
  gtk_popover_popup (GTK_POPOVER (self->popover));
}

static void
open_by_gesture (UdpnatPersonMenu *self,
                 GtkGesture       *gesture,
                 double            x,
                 double            y)
{
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  open_menu (self, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (gesture)), x, y);
}

static void
pressed_cb (GtkGesture       *gesture,
            int               n_press,
            double            x,
            double            y,
            UdpnatPersonMenu *self)
{
  open_by_gesture (self, gesture, x, y);
}

static void
long_pressed_cb (GtkGesture       *gesture,
                 double            x,
                 double            y,
                 UdpnatPersonMenu *self)
{
  open_by_gesture (self, gesture, x, y);
}

/** udpnat_person_menu_add_row: @row: has a property "person" */
void
udpnat_person_menu_add_row (UdpnatPersonMenu *self,
                            GtkWidget        *row)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *touch = gtk_gesture_long_press_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (touch), TRUE);
  g_signal_connect_object (click, "pressed", G_CALLBACK (pressed_cb), self, 0);
  g_signal_connect_object (touch, "pressed", G_CALLBACK (long_pressed_cb), self, 0);
  gtk_widget_add_controller (row, GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (row, GTK_EVENT_CONTROLLER (touch));
}

/* The item of the list that has the focus has the row as its child. */
static gboolean
menu_key_cb (GtkWidget *owner,
             GVariant  *arguments,
             gpointer   user_data)
{
  UdpnatPersonMenu *self = user_data;
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (owner));
  GtkWidget *row = focus != NULL ? gtk_widget_get_first_child (focus) : NULL;

  if (row == NULL ||
      g_object_class_find_property (G_OBJECT_GET_CLASS (row), "person") == NULL)
    return FALSE;
  open_menu (self, row, -1, -1);
  return TRUE;
}

static void
add_keys (UdpnatPersonMenu *self)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();
  GtkShortcutTrigger *trigger = gtk_shortcut_trigger_parse_string ("Menu|<Shift>F10");

  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (trigger, gtk_callback_action_new (menu_key_cb, self, NULL)));
  gtk_widget_add_controller (self->owner, keys);
}

/* ---- Object ---- */

static void
udpnat_person_menu_dispose (GObject *object)
{
  UdpnatPersonMenu *self = UDPNAT_PERSON_MENU (object);

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  g_clear_object (&self->actions);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_person_menu_parent_class)->dispose (object);
}

static void
udpnat_person_menu_class_init (UdpnatPersonMenuClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_person_menu_dispose;
}

static void
udpnat_person_menu_init (UdpnatPersonMenu *self)
{
  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
}

/** udpnat_person_menu_new: @owner: owns the menu, and is around all of its rows */
UdpnatPersonMenu *
udpnat_person_menu_new (UdpnatClient *client,
                        GtkWidget    *owner)
{
  UdpnatPersonMenu *self = g_object_new (UDPNAT_TYPE_PERSON_MENU, NULL);

  self->client = g_object_ref (client);
  self->owner = owner;
  self->popover = gtk_popover_menu_new_from_model (NULL);
  gtk_popover_set_has_arrow (GTK_POPOVER (self->popover), FALSE);
  gtk_widget_set_halign (self->popover, GTK_ALIGN_START);
  gtk_widget_set_parent (self->popover, owner);
  gtk_widget_insert_action_group (owner, "person", G_ACTION_GROUP (self->actions));
  add_keys (self);
  return self;
}
