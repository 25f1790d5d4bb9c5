/* What can be done in the window by key and menu: going from one conversation to another,
 * searching, and what belongs to the conversation that is open. Nothing of it works before there
 * are chats. */

#include "config.h"

#include "udpnat-window-actions.h"

#include "udpnat-switcher.h"

/* ---- From one conversation to another ---- */

static GListModel *
get_chats (UdpnatWindow *self)
{
  UdpnatSidebar *sidebar = udpnat_window_get_sidebar (self);

  return sidebar != NULL ? G_LIST_MODEL (udpnat_sidebar_get_chats (sidebar)) : NULL;
}

static void
open_position (UdpnatWindow *self,
               guint         position)
{
  g_autoptr (UdpnatPerson) person = g_list_model_get_item (get_chats (self), position);

  if (person != NULL)
    udpnat_window_open_person (self, person);
}

/* Round at both ends; with no conversation open, to the first or the last. */
static void
step (UdpnatWindow *self,
      gboolean      is_forward)
{
  UdpnatConversationPage *page = udpnat_window_get_conversation (self);
  GListModel *chats = get_chats (self);
  guint n_chats = chats != NULL ? g_list_model_get_n_items (chats) : 0;
  UdpnatPerson *person;
  guint position;

  if (n_chats == 0)
    return;
  person = udpnat_conversation_page_get_person (page);
  if (person == NULL || !udpnat_people_model_find (UDPNAT_PEOPLE_MODEL (chats), person, &position))
    position = is_forward ? n_chats - 1 : 0;
  open_position (self, (position + (is_forward ? 1 : n_chats - 1)) % n_chats);
}

static void
next_conversation_cb (GtkWidget  *widget,
                      const char *name,
                      GVariant   *parameter)
{
  step (UDPNAT_WINDOW (widget), TRUE);
}

static void
previous_conversation_cb (GtkWidget  *widget,
                          const char *name,
                          GVariant   *parameter)
{
  step (UDPNAT_WINDOW (widget), FALSE);
}

static void
conversation_cb (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  gint32 number = g_variant_get_int32 (parameter); /* from 1 */

  if (get_chats (UDPNAT_WINDOW (widget)) != NULL && number > 0)
    open_position (UDPNAT_WINDOW (widget), number - 1);
}

static void
switcher_cb (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (widget));
  GtkWidget *switcher;

  if (udpnat_window_get_sidebar (UDPNAT_WINDOW (widget)) == NULL)
    return;
  switcher = udpnat_switcher_new (udpnat_application_get_client (UDPNAT_APPLICATION (application)));
  gtk_window_set_transient_for (GTK_WINDOW (switcher), GTK_WINDOW (widget));
  g_signal_connect_object (switcher, "person-chosen", G_CALLBACK (udpnat_window_open_person),
                           widget, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (switcher));
}

/* ---- Searching ---- */

static void
find_cb (GtkWidget  *widget,
         const char *name,
         GVariant   *parameter)
{
  UdpnatWindow *self = UDPNAT_WINDOW (widget);

  if (udpnat_window_get_person (self) != NULL)
    udpnat_conversation_page_start_search (udpnat_window_get_conversation (self));
  else
    gtk_widget_activate_action (widget, "win.search-all", NULL);
}

static void
search_all_cb (GtkWidget  *widget,
               const char *name,
               GVariant   *parameter)
{
  UdpnatSidebar *sidebar = udpnat_window_get_sidebar (UDPNAT_WINDOW (widget));

  if (sidebar == NULL)
    return;
  gtk_widget_activate_action (widget, "win.back", NULL); /* to the list, in a narrow window */
  udpnat_sidebar_start_search (sidebar);
}

/* ---- The conversation that is open ---- */

static void
activate_of_conversation (GtkWidget  *widget,
                          const char *action)
{
  UdpnatConversationPage *page = udpnat_window_get_conversation (UDPNAT_WINDOW (widget));

  if (page != NULL)
    gtk_widget_activate_action (GTK_WIDGET (page), action, NULL);
}

static void
attach_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  activate_of_conversation (widget, "talk.attach");
}

static void
details_cb (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  activate_of_conversation (widget, "talk.details");
}

/** udpnat_window_install_actions: to be called once, for the class */
void
udpnat_window_install_actions (GtkWidgetClass *widget_class)
{
  static const struct
  {
    const char                 *name;
    const char                 *parameter;
    GtkWidgetActionActivateFunc activate;
  } actions[] = {
    { "win.attach", NULL, attach_cb },
    { "win.conversation", "i", conversation_cb },
    { "win.details", NULL, details_cb },
    { "win.find", NULL, find_cb },
    { "win.next-conversation", NULL, next_conversation_cb },
    { "win.previous-conversation", NULL, previous_conversation_cb },
    { "win.search-all", NULL, search_all_cb },
    { "win.switcher", NULL, switcher_cb },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i].name, actions[i].parameter,
                                     actions[i].activate);
}
