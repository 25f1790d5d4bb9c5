/* Chats and people, and what is found among them. */

#include "config.h"

#include "udpnat-sidebar.h"

#include <glib/gi18n.h>

#include "udpnat-add-window.h"
#include "udpnat-chat-list.h"
#include "udpnat-heard-focus.h"
#include "udpnat-people-list.h"
#include "udpnat-search-results.h"
#include "udpnat-server-banner.h"
#include "udpnat-status-words.h"

struct _UdpnatSidebar
{
  GtkBox               parent_instance;

  GtkWidget           *header;
  AdwWindowTitle      *title;
  GtkSearchBar        *search_bar;
  GtkEditable         *search_entry;
  UdpnatServerBanner  *banner;
  GtkStack            *contents;
  AdwViewStack        *lists;
  AdwViewSwitcherBar  *switcher;
  UdpnatChatList      *chats;   /* borrowed, as the next two: children */
  UdpnatPeopleList    *people;
  UdpnatSearchResults *results;
  UdpnatClient        *client;
};

enum
{
  PERSON_ACTIVATED,
  LINE_ACTIVATED,
  DETAILS_REQUESTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatSidebar, udpnat_sidebar, GTK_TYPE_BOX)

/* What is wrong is said by the banner, and needs more room than there is here. */
static void
server_changed_cb (UdpnatSidebar *self)
{
  g_autofree char *words = udpnat_words_describe_server (self->client);

  if (udpnat_server_banner_has_lost_server (self->banner))
    adw_window_title_set_subtitle (self->title, _("Not connected"));
  else
    adw_window_title_set_subtitle (self->title, words);
}

/* ---- Choosing ---- */

static void
person_activated_cb (UdpnatSidebar *self,
                     UdpnatPerson  *person)
{
  gtk_search_bar_set_search_mode (self->search_bar, FALSE);
  g_signal_emit (self, signals[PERSON_ACTIVATED], 0, person);
}

/* The search stays, as there may be more to look at. */
static void
line_activated_cb (UdpnatSidebar *self,
                   UdpnatPerson  *person,
                   gint64         number)
{
  g_signal_emit (self, signals[LINE_ACTIVATED], 0, person, number);
}

/** udpnat_sidebar_start_conversation: @text: (nullable): a name or link to begin with */
void
udpnat_sidebar_start_conversation (UdpnatSidebar *self,
                                   const char    *text)
{
  GtkWidget *window = udpnat_add_window_new (self->client);

  gtk_window_set_transient_for (GTK_WINDOW (window),
                                GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))));
  g_signal_connect_object (window, "person-chosen", G_CALLBACK (person_activated_cb), self,
                           G_CONNECT_SWAPPED);
  if (text != NULL)
    udpnat_add_window_set_text (UDPNAT_ADD_WINDOW (window), text);
  gtk_window_present (GTK_WINDOW (window));
}

static void
new_conversation_cb (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  udpnat_sidebar_start_conversation (UDPNAT_SIDEBAR (widget), NULL);
}

static void
show_people_cb (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  adw_view_stack_set_visible_child_name (UDPNAT_SIDEBAR (widget)->lists, "people");
}

static void
details_cb (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  UdpnatSidebar *self = UDPNAT_SIDEBAR (widget);
  UdpnatPerson *person;

  person = udpnat_client_get_person (self->client, g_variant_get_string (parameter, NULL));
  if (person != NULL)
    g_signal_emit (self, signals[DETAILS_REQUESTED], 0, person);
}

/* ---- Searching ---- */

static void
search_changed_cb (UdpnatSidebar *self)
{
  g_autofree char *words = g_strstrip (g_strdup (gtk_editable_get_text (self->search_entry)));
  gboolean is_searching = *words != '\0';

  udpnat_search_results_set_words (self->results, words);
  gtk_stack_set_visible_child_name (self->contents, is_searching ? "results" : "lists");
  adw_view_switcher_bar_set_reveal (self->switcher, !is_searching);
}

static void
search_activate_cb (UdpnatSidebar *self)
{
  search_changed_cb (self); /* whatever was typed in the last moment */
  udpnat_search_results_open_first (self->results);
}

static gboolean
search_key_cb (GtkEventControllerKey *controller,
               guint                  keyval,
               guint                  keycode,
               GdkModifierType        state,
               UdpnatSidebar         *self)
{
  if (keyval != GDK_KEY_Down && keyval != GDK_KEY_KP_Down)
    return GDK_EVENT_PROPAGATE;
  return udpnat_search_results_focus_first (self->results);
}

/* From the results too, not only where it is typed. */
static gboolean
escape_cb (GtkWidget *widget,
           GVariant  *arguments,
           gpointer   user_data)
{
  UdpnatSidebar *self = UDPNAT_SIDEBAR (widget);

  if (!gtk_search_bar_get_search_mode (self->search_bar))
    return GDK_EVENT_PROPAGATE;
  gtk_search_bar_set_search_mode (self->search_bar, FALSE);
  return GDK_EVENT_STOP;
}

/** udpnat_sidebar_start_search: lets the user type what to look for */
void
udpnat_sidebar_start_search (UdpnatSidebar *self)
{
  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  udpnat_heard_focus_grab (GTK_WIDGET (self->search_entry));
  gtk_editable_select_region (self->search_entry, 0, -1);
}

/* ---- Object ---- */

static void
udpnat_sidebar_dispose (GObject *object)
{
  UdpnatSidebar *self = UDPNAT_SIDEBAR (object);

  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_sidebar_parent_class)->dispose (object);
}

static void
create_signals (void)
{
  signals[PERSON_ACTIVATED] = g_signal_new ("person-activated", UDPNAT_TYPE_SIDEBAR,
                                            G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                            UDPNAT_TYPE_PERSON);
  signals[LINE_ACTIVATED] = g_signal_new ("line-activated", UDPNAT_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 2, UDPNAT_TYPE_PERSON,
                                          G_TYPE_INT64);
  signals[DETAILS_REQUESTED] = g_signal_new ("details-requested", UDPNAT_TYPE_SIDEBAR,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             1, UDPNAT_TYPE_PERSON);
}

static void
udpnat_sidebar_class_init (UdpnatSidebarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_sidebar_dispose;

  create_signals ();
  g_type_ensure (UDPNAT_TYPE_SERVER_BANNER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, header);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, search_bar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, search_entry);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, banner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, contents);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, lists);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, switcher);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_key_cb);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, escape_cb, NULL);
  gtk_widget_class_install_action (widget_class, "sidebar.new-conversation", NULL,
                                   new_conversation_cb);
  gtk_widget_class_install_action (widget_class, "sidebar.show-people", NULL, show_people_cb);
  gtk_widget_class_install_action (widget_class, "sidebar.details", "s", details_cb);
}

static void
udpnat_sidebar_init (UdpnatSidebar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
add_lists (UdpnatSidebar *self)
{
  AdwViewStackPage *page;

  self->chats = UDPNAT_CHAT_LIST (udpnat_chat_list_new (self->client));
  page = adw_view_stack_add_titled (self->lists, GTK_WIDGET (self->chats), "chats", _("Chats"));
  adw_view_stack_page_set_icon_name (page, "udpnat-chats-symbolic");
  g_object_bind_property (udpnat_chat_list_get_model (self->chats), "unread", page, "badge-number",
                          G_BINDING_SYNC_CREATE);
  self->people = UDPNAT_PEOPLE_LIST (udpnat_people_list_new (self->client));
  page = adw_view_stack_add_titled (self->lists, GTK_WIDGET (self->people), "people",
                                    _("People"));
  adw_view_stack_page_set_icon_name (page, "system-users-symbolic");
  g_object_bind_property (udpnat_people_list_get_requests (self->people), "n-items", page,
                          "badge-number", G_BINDING_SYNC_CREATE);
  self->results = UDPNAT_SEARCH_RESULTS (
    udpnat_search_results_new (self->client, udpnat_people_list_get_people (self->people),
                               udpnat_people_list_get_requests (self->people)));
  gtk_stack_add_named (self->contents, GTK_WIDGET (self->results), "results");
}

static void
connect_lists (UdpnatSidebar *self)
{
  GObject *lists[] = { G_OBJECT (self->chats), G_OBJECT (self->people), G_OBJECT (self->results) };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    g_signal_connect_object (lists[i], "person-activated", G_CALLBACK (person_activated_cb), self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (self->results, "line-activated", G_CALLBACK (line_activated_cb), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
udpnat_sidebar_new (UdpnatClient *client)
{
  UdpnatSidebar *self = g_object_new (UDPNAT_TYPE_SIDEBAR, NULL);

  self->client = g_object_ref (client);
  add_lists (self);
  connect_lists (self);
  if (udpnat_chat_list_is_empty (self->chats))
    adw_view_stack_set_visible_child_name (self->lists, "people"); /* one step less to them */
  udpnat_server_banner_set_client (self->banner, client); /* it hears of the server before us */
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (server_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::name", G_CALLBACK (server_changed_cb), self,
                           G_CONNECT_SWAPPED);
  server_changed_cb (self);
  return GTK_WIDGET (self);
}

/** udpnat_sidebar_get_header: Returns: (transfer none): its header bar */
GtkWidget *
udpnat_sidebar_get_header (UdpnatSidebar *self)
{
  return self->header;
}

/** udpnat_sidebar_select_person: @person: (nullable): whose conversation is open: it is marked */
void
udpnat_sidebar_select_person (UdpnatSidebar *self,
                              UdpnatPerson  *person)
{
  udpnat_chat_list_set_current (self->chats, person);
}

/** udpnat_sidebar_get_chats: Returns: (transfer none): the conversations, as they are listed */
UdpnatPeopleModel *
udpnat_sidebar_get_chats (UdpnatSidebar *self)
{
  return udpnat_chat_list_get_model (self->chats);
}
