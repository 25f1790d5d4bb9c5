/* The actions of the program, by menu, key, notification and message bus. */

#include "config.h"

#include "udpnat-application-private.h"

#include "udpnat-application-about.h"
#include "udpnat-shortcuts-window.h"

/** udpnat_application_open_key: shows the conversation with somebody, if there is such a person */
void
udpnat_application_open_key (UdpnatApplication *self,
                             const char        *key_text)
{
  UdpnatPerson *person = udpnat_client_get_person_by_key (self->client, key_text);

  if (person != NULL)
    udpnat_window_open_person (udpnat_application_ensure_window (self), person);
}

/* The program may just have been started for this: then it waits until the chats are there. */
static void
open_person_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  g_free (self->pending_key);
  self->pending_key = g_variant_dup_string (parameter, NULL);
  udpnat_application_show (self);
  udpnat_application_show_pending (self);
}

static void
mark_read_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);
  UdpnatPerson *person = NULL;

  if (self->is_started)
    person = udpnat_client_get_person_by_key (self->client, g_variant_get_string (parameter, NULL));
  if (person != NULL)
    udpnat_client_mark_read (self->client, person);
}

static void
about_cb (GSimpleAction *action,
          GVariant      *parameter,
          gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  udpnat_application_show (self);
  udpnat_application_about (self, GTK_WINDOW (udpnat_application_find_window (self)));
}

static void
new_conversation_cb (GSimpleAction *action,
                     GVariant      *parameter,
                     gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);
  UdpnatSidebar *sidebar;

  udpnat_application_show (self);
  sidebar = udpnat_window_get_sidebar (udpnat_application_ensure_window (self));
  if (sidebar != NULL)
    udpnat_sidebar_start_conversation (sidebar, NULL);
}

static void
shortcuts_cb (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  udpnat_application_show (self);
  udpnat_shortcuts_window_present (GTK_WINDOW (udpnat_application_find_window (self)));
}

/* Until it is taken back or the program ends; on or off, people write and are answered to. */
static void
away_cb (GSimpleAction *action,
         GVariant      *state,
         gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  if (!self->is_started)
    return;
  udpnat_client_set_away (self->client, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
}

static void
restore_cb (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  udpnat_application_show (self);
  udpnat_window_restore (udpnat_application_ensure_window (self), NULL);
}

static void
quit_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  udpnat_application_quit (UDPNAT_APPLICATION (user_data));
}

static const GActionEntry actions[] = {
  { .name = "about", .activate = about_cb },
  { .name = "away", .state = "false", .change_state = away_cb },
  { .name = "mark-read", .activate = mark_read_cb, .parameter_type = "s" },
  { .name = "new-conversation", .activate = new_conversation_cb },
  { .name = "open-person", .activate = open_person_cb, .parameter_type = "s" },
  { .name = "quit", .activate = quit_cb },
  { .name = "restore", .activate = restore_cb },
  { .name = "shortcuts", .activate = shortcuts_cb },
};

static const struct
{
  const char *action;
  const char *keys[3];
} shortcuts[] = {
  { "app.new-conversation", { "<Control>n" } },
  { "app.preferences", { "<Control>comma" } },
  { "app.quit", { "<Control>q" } },
  { "app.shortcuts", { "<Control>question", "<Control>F1" } },
  { "win.attach", { "<Control>o" } },
  { "win.back", { "<Alt>Left" } },
  { "win.conversation(1)", { "<Control>1" } },
  { "win.conversation(2)", { "<Control>2" } },
  { "win.conversation(3)", { "<Control>3" } },
  { "win.conversation(4)", { "<Control>4" } },
  { "win.conversation(5)", { "<Control>5" } },
  { "win.conversation(6)", { "<Control>6" } },
  { "win.conversation(7)", { "<Control>7" } },
  { "win.conversation(8)", { "<Control>8" } },
  { "win.conversation(9)", { "<Control>9" } },
  { "win.details", { "<Control>i" } },
  { "win.find", { "<Control>f" } },
  { "win.next-conversation", { "<Control>Page_Down", "<Alt>Down" } },
  { "win.previous-conversation", { "<Control>Page_Up", "<Alt>Up" } },
  { "win.search-all", { "<Control><Shift>f" } },
  { "win.switcher", { "<Control>k" } },
  { "window.close", { "<Control>w" } },
};

void
udpnat_application_add_actions (UdpnatApplication *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  udpnat_application_add_windows (self);
  udpnat_application_watch_windows (self);
  for (guint i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), shortcuts[i].action,
                                           shortcuts[i].keys);
  /* Where reading goes from right to left, the list is at the right. */
  if (gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), "win.back",
                                           (const char *[]) { "<Alt>Right", NULL });
}
