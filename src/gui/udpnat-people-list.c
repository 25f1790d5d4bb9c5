/* The page of the people. */

#include "config.h"

#include "udpnat-people-list.h"

#include <glib/gi18n.h>

#include "udpnat-gradual-model.h"
#include "udpnat-limits.h"
#include "udpnat-list-top.h"
#include "udpnat-person-menu.h"
#include "udpnat-person-row.h"
#include "udpnat-place.h"
#include "udpnat-request-row.h"
#include "udpnat-status-words.h"

/* Of a server that does not tell of everybody: at first, and each time that the end is reached. */
#define BROWSE_STEP 100

struct _UdpnatPeopleList
{
  AdwBin             parent_instance;

  GtkWidget         *requests_box;
  GtkListView       *requests;
  GtkStack          *pages;
  GtkListView       *list;
  AdwStatusPage     *empty_page;
  GtkWidget         *server_button;
  UdpnatClient      *client;
  UdpnatPeopleModel *here;
  UdpnatPeopleModel *strangers;
  UdpnatPersonMenu  *menu;
  guint              n_wanted; /* of those whom the server tells only while they are looked at */
};

static guint person_activated_signal;

G_DEFINE_FINAL_TYPE (UdpnatPeopleList, udpnat_people_list, ADW_TYPE_BIN)

static void
activate_in (UdpnatPeopleList *self,
             GtkListView      *list,
             guint             position)
{
  GListModel *rows = G_LIST_MODEL (gtk_list_view_get_model (list));
  g_autoptr (UdpnatPerson) person = udpnat_place_dup_item_at (rows, position);

  if (person != NULL)
    g_signal_emit (self, person_activated_signal, 0, person);
}

static void
activate_cb (UdpnatPeopleList *self,
             guint             position)
{
  activate_in (self, self->list, position);
}

static void
request_activate_cb (UdpnatPeopleList *self,
                     guint             position)
{
  activate_in (self, self->requests, position);
}

/* ---- Rows ---- */

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatPeopleList         *self)
{
  GtkWidget *row = udpnat_person_row_new (self->client);

  udpnat_person_menu_add_row (self->menu, row);
  gtk_list_item_set_child (item, row);
}

/* Whoever lets somebody in wants to know what they wrote. */
static void
accepted_cb (UdpnatPeopleList *self,
             UdpnatPerson     *person)
{
  g_signal_emit (self, person_activated_signal, 0, person);
}

static void
setup_request_cb (GtkSignalListItemFactory *factory,
                  GtkListItem              *item,
                  UdpnatPeopleList         *self)
{
  GtkWidget *row = udpnat_request_row_new (self->client);

  g_signal_connect_object (row, "accepted", G_CALLBACK (accepted_cb), self, G_CONNECT_SWAPPED);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatPeopleList         *self)
{
  udpnat_place_bind_row (gtk_list_item_get_item (item), gtk_list_item_get_child (item));
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatPeopleList         *self)
{
  udpnat_place_unbind_row (gtk_list_item_get_child (item));
}

static void
fill (UdpnatPeopleList  *self,
      GtkListView       *list,
      UdpnatPeopleModel *model,
      GCallback          setup)
{
  g_autoptr (GtkListItemFactory) factory = NULL;
  g_autoptr (UdpnatGradualModel) gradual = NULL;

  /* Made by GtkBuilder alone it has nobody to show. */
  if (model == NULL || gtk_list_view_get_model (list) != NULL)
    return;
  factory = gtk_signal_list_item_factory_new ();
  g_signal_connect_object (factory, "setup", setup, self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, 0);
  gtk_list_view_set_factory (list, factory);
  gradual = udpnat_gradual_model_new (GTK_SELECTION_MODEL (model), list);
  gtk_list_view_set_model (list, GTK_SELECTION_MODEL (gradual));
  udpnat_list_top_keep (list, G_LIST_MODEL (model));
}

/* ---- Nobody ---- */

static char *
explain_nobody (UdpnatPeopleList *self)
{
  g_autofree char *server = NULL;

  switch (udpnat_client_get_server_state (self->client))
    {
    case UDPNAT_SERVER_STATE_NONE:
      return g_strdup (_("People on this network who have udpnat open appear here by themselves. "
                         "To reach people elsewhere, meet them at a server: one of you can host "
                         "it."));
    case UDPNAT_SERVER_STATE_REGISTERED:
      if (udpnat_client_get_directory (self->client) == UDPNAT_DIRECTORY_PRIVATE)
        return g_strdup (_("This server tells nobody who else is there. Add people by their exact "
                           "name, or by their link."));
      return g_strdup_printf (_("Whoever comes to the server %s appears here by themselves. Tell "
                                "your friends its address, or give them your link."),
                              udpnat_client_get_server (self->client));
    case UDPNAT_SERVER_STATE_RESOLVING:
    case UDPNAT_SERVER_STATE_NOT_FOUND:
    case UDPNAT_SERVER_STATE_CONNECTING:
    case UDPNAT_SERVER_STATE_SILENT:
    case UDPNAT_SERVER_STATE_REFUSED:
    case UDPNAT_SERVER_STATE_LOST:
    case UDPNAT_SERVER_STATE_REPLACED:
    case UDPNAT_SERVER_STATE_KEY_CHANGED:
    case UDPNAT_SERVER_STATE_LOGGED_OUT:
      break;
    }
  return g_strdup (_("People appear here when you are connected to the server."));
}

/* There may be others, whom a private server does not show. */
static const char *
get_title (UdpnatPeopleList *self)
{
  gboolean is_registered = udpnat_client_get_server_state (self->client)
                           == UDPNAT_SERVER_STATE_REGISTERED;

  if (is_registered && udpnat_client_get_directory (self->client) == UDPNAT_DIRECTORY_PRIVATE)
    return _("People Are Not Listed Here");
  return _("Nobody Else Is Here Yet");
}

static void
update_page (UdpnatPeopleList *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->here)) == 0;
  gboolean has_requests = g_list_model_get_n_items (G_LIST_MODEL (self->strangers)) > 0;
  g_autofree char *words = NULL;
  g_autofree char *markup = NULL;

  gtk_widget_set_visible (self->requests_box, has_requests);
  gtk_stack_set_visible_child_name (self->pages, is_empty ? "empty" : "list");
  if (!is_empty)
    return;
  adw_status_page_set_title (self->empty_page, get_title (self));
  words = explain_nobody (self);
  markup = g_markup_escape_text (words, -1);
  adw_status_page_set_description (self->empty_page, markup);
  gtk_widget_set_visible (self->server_button, udpnat_client_get_server_state (self->client) ==
                                                 UDPNAT_SERVER_STATE_NONE);
}

/* ---- Looking ---- */

static void
browse (UdpnatPeopleList *self,
        guint             n_wanted)
{
  self->n_wanted = MIN (n_wanted, UDPNAT_BROWSE_MAX);
  udpnat_client_browse (self->client, "", self->n_wanted);
}

static void
edge_reached_cb (UdpnatPeopleList *self,
                 GtkPositionType   edge)
{
  if (edge == GTK_POS_BOTTOM && udpnat_client_has_more_people (self->client)
      && self->n_wanted < UDPNAT_BROWSE_MAX)
    browse (self, self->n_wanted + BROWSE_STEP);
}

/* A list makes two hundred rows, even if nobody sees them. Most of the time the chats are what is
 * looked at, so these wait until this page is. */
static void
udpnat_people_list_map (GtkWidget *widget)
{
  UdpnatPeopleList *self = UDPNAT_PEOPLE_LIST (widget);

  fill (self, self->list, self->here, G_CALLBACK (setup_cb));
  fill (self, self->requests, self->strangers, G_CALLBACK (setup_request_cb));
  if (self->client != NULL)
    browse (self, BROWSE_STEP);
  GTK_WIDGET_CLASS (udpnat_people_list_parent_class)->map (widget);
}

static void
udpnat_people_list_unmap (GtkWidget *widget)
{
  UdpnatPeopleList *self = UDPNAT_PEOPLE_LIST (widget);

  if (self->client != NULL)
    udpnat_client_stop_browsing (self->client);
  GTK_WIDGET_CLASS (udpnat_people_list_parent_class)->unmap (widget);
}

/* ---- Object ---- */

static void
udpnat_people_list_dispose (GObject *object)
{
  UdpnatPeopleList *self = UDPNAT_PEOPLE_LIST (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->requests != NULL)
    gtk_list_view_set_model (self->requests, NULL);
  g_clear_object (&self->menu);
  g_clear_object (&self->here);
  g_clear_object (&self->strangers);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_people_list_parent_class)->dispose (object);
}

static void
udpnat_people_list_class_init (UdpnatPeopleListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_people_list_dispose;
  widget_class->map = udpnat_people_list_map;
  widget_class->unmap = udpnat_people_list_unmap;

  person_activated_signal = g_signal_new ("person-activated", UDPNAT_TYPE_PEOPLE_LIST,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          UDPNAT_TYPE_PERSON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-people-list.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, requests_box);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, requests);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, list);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, empty_page);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPeopleList, server_button);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, edge_reached_cb);
  gtk_widget_class_bind_template_callback (widget_class, request_activate_cb);
}

static void
udpnat_people_list_init (UdpnatPeopleList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_people_list_new (UdpnatClient *client)
{
  UdpnatPeopleList *self = g_object_new (UDPNAT_TYPE_PEOPLE_LIST, NULL);

  self->client = g_object_ref (client);
  self->here = udpnat_people_model_new (client, UDPNAT_PEOPLE_HERE);
  self->strangers = udpnat_people_model_new (client, UDPNAT_PEOPLE_REQUESTS);
  self->menu = udpnat_person_menu_new (client, GTK_WIDGET (self));
  g_signal_connect_object (self->here, "items-changed", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->strangers, "items-changed", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::directory", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  update_page (self);
  return GTK_WIDGET (self);
}

/** udpnat_people_list_get_people: Returns: (transfer none): all but the strangers */
UdpnatPeopleModel *
udpnat_people_list_get_people (UdpnatPeopleList *self)
{
  return self->here;
}

/** udpnat_people_list_get_requests: Returns: (transfer none): the strangers */
UdpnatPeopleModel *
udpnat_people_list_get_requests (UdpnatPeopleList *self)
{
  return self->strangers;
}
