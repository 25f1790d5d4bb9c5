/* The windows beside the chats: each is there once, and comes to the front when it is asked for
 * again. */

#include "config.h"

#include "udpnat-application-private.h"

#include "udpnat-host-window.h"
#include "udpnat-network-window.h"
#include "udpnat-preferences-window.h"

/* Returns: (nullable): one of @type that is open already */
static GtkWindow *
find_window (GType type)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (G_TYPE_CHECK_INSTANCE_TYPE (l->data, type))
      return l->data;
  return NULL;
}

static GtkWidget *
present (UdpnatApplication *self,
         GType              type,
         GtkWidget *(*create) (UdpnatApplication *))
{
  GtkWindow *window = find_window (type);

  if (window == NULL)
    {
      window = GTK_WINDOW (create (self));
      gtk_window_set_transient_for (window,
                                    GTK_WINDOW (udpnat_application_find_window (self)));
    }
  gtk_window_present (window);
  return GTK_WIDGET (window);
}

/* What shows something of a profile waits until there is one. */
static void
present_if_started (UdpnatApplication *self,
                    GType              type,
                    GtkWidget *(*create) (UdpnatApplication *))
{
  udpnat_application_show (self);
  if (self->is_started)
    present (self, type, create);
}

/* ---- Which there are ---- */

static GtkWidget *
create_network (UdpnatApplication *self)
{
  return udpnat_network_window_new (self->client);
}

/* Whoever has no name yet is at the first run, where the page knows what to do. */
static void
use_server_cb (UdpnatApplication *self,
               const char        *server)
{
  if (self->is_started)
    udpnat_application_use_server (self, server);
}

static GtkWidget *
create_host (UdpnatApplication *self)
{
  GtkWidget *window = udpnat_host_window_new (self->client, self->settings);

  g_signal_connect_object (window, "use-server", G_CALLBACK (use_server_cb), self,
                           G_CONNECT_SWAPPED);
  return window;
}

/** udpnat_application_show_host: the window of the server that is hosted here; also before there
 * are chats */
GtkWidget *
udpnat_application_show_host (UdpnatApplication *self)
{
  return present (self, UDPNAT_TYPE_HOST_WINDOW, create_host);
}

static void
host_wanted_cb (UdpnatApplication *self)
{
  udpnat_application_show_host (self);
}

static GtkWidget *
create_preferences (UdpnatApplication *self)
{
  GtkWidget *window = udpnat_preferences_window_new (self->client, self->settings,
                                                     self->options->start->profile);

  g_signal_connect_object (window, "use-server", G_CALLBACK (use_server_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "host", G_CALLBACK (host_wanted_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "change-passphrase",
                           G_CALLBACK (udpnat_application_change_passphrase), self,
                           G_CONNECT_SWAPPED);
  return window;
}

/* ---- Actions ---- */

static void
host_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  udpnat_application_show (UDPNAT_APPLICATION (user_data));
  udpnat_application_show_host (UDPNAT_APPLICATION (user_data));
}

static void
network_cb (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  present_if_started (UDPNAT_APPLICATION (user_data), UDPNAT_TYPE_NETWORK_WINDOW, create_network);
}

static void
preferences_cb (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  present_if_started (UDPNAT_APPLICATION (user_data), UDPNAT_TYPE_PREFERENCES_WINDOW,
                      create_preferences);
}

/* ---- Keys ---- */

static gboolean
quit_key_cb (GtkWidget *window,
             GVariant  *arguments,
             gpointer   user_data)
{
  g_action_group_activate_action (G_ACTION_GROUP (user_data), "quit", NULL);
  return TRUE;
}

/* GTK lets the keys of the program work in its windows only, of which a window over one of these
 * is none, and must not be: the program would go on for it. */
static void
add_keys (UdpnatApplication *self,
          GtkWidget         *window)
{
  GtkEventController *keys = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("<Control>q"),
                      gtk_callback_action_new (quit_key_cb, self, NULL)));
  gtk_shortcut_controller_add_shortcut (
    GTK_SHORTCUT_CONTROLLER (keys),
    gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("<Control>w"),
                      gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, keys);
}

static void
toplevels_changed_cb (GListModel        *toplevels,
                      guint              position,
                      guint              n_removed,
                      guint              n_added,
                      UdpnatApplication *self)
{
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (toplevels, i);

      add_keys (self, window);
    }
}

/** udpnat_application_watch_windows: to be called once: keys that work in each of them */
void
udpnat_application_watch_windows (UdpnatApplication *self)
{
  g_signal_connect_object (gtk_window_get_toplevels (), "items-changed",
                           G_CALLBACK (toplevels_changed_cb), self, 0);
}

/* ---- Actions ---- */

/** udpnat_application_add_windows: the actions that open them */
void
udpnat_application_add_windows (UdpnatApplication *self)
{
  static const GActionEntry actions[] = {
    { .name = "host", .activate = host_cb },
    { .name = "network", .activate = network_cb },
    { .name = "preferences", .activate = preferences_cb },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

/** udpnat_application_close_windows: all but the one with the chats */
void
udpnat_application_close_windows (UdpnatApplication *self)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = g_list_model_get_n_items (windows); i > 0; i--)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i - 1);

      if (window != NULL && !UDPNAT_IS_WINDOW (window)) /* one may have taken others with it */
        gtk_window_destroy (window);
    }
}
