/* The windows beside the chats: each is there once, and comes to the front when it is asked for
 * again. */

#include "config.h"

#include "udpnat-application-private.h"

#include "udpnat-network-window.h"

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

static void
present (UdpnatApplication *self,
         GType              type,
         GtkWidget *(*create) (UdpnatApplication *))
{
  GtkWindow *window;

  udpnat_application_show (self);
  if (!self->is_started)
    return;
  window = find_window (type);
  if (window == NULL)
    {
      window = GTK_WINDOW (create (self));
      gtk_window_set_transient_for (window,
                                    GTK_WINDOW (udpnat_application_find_window (self)));
    }
  gtk_window_present (window);
}

static GtkWidget *
create_network (UdpnatApplication *self)
{
  return udpnat_network_window_new (self->client);
}

static void
network_cb (GSimpleAction *action,
            GVariant      *parameter,
            gpointer       user_data)
{
  present (UDPNAT_APPLICATION (user_data), UDPNAT_TYPE_NETWORK_WINDOW, create_network);
}

/** udpnat_application_add_windows: the actions that open them */
void
udpnat_application_add_windows (UdpnatApplication *self)
{
  static const GActionEntry actions[] = {
    { .name = "network", .activate = network_cb },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}
