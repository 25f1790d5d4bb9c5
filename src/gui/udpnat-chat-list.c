/* The page of the conversations. */

#include "config.h"

#include "udpnat-chat-list.h"

#include <glib/gi18n.h>

#include "udpnat-chat-row.h"
#include "udpnat-gradual-model.h"
#include "udpnat-list-top.h"
#include "udpnat-person-menu.h"
#include "udpnat-place.h"

struct _UdpnatChatList
{
  AdwBin             parent_instance;

  GtkStack          *pages;
  GtkListView       *list;
  UdpnatClient      *client;
  UdpnatPeopleModel *model;
  UdpnatPersonMenu  *menu;
  guint              midnight_source; /* 0: not waiting for it */
  int                day;             /* of the year: on which the rows speak */
};

static guint person_activated_signal;

G_DEFINE_FINAL_TYPE (UdpnatChatList, udpnat_chat_list, ADW_TYPE_BIN)

static void
activate_cb (UdpnatChatList *self,
             guint           position)
{
  GListModel *rows = G_LIST_MODEL (gtk_list_view_get_model (self->list));
  g_autoptr (UdpnatPerson) person = udpnat_place_dup_item_at (rows, position);

  if (person != NULL)
    g_signal_emit (self, person_activated_signal, 0, person);
}

static void
note_cb (UdpnatChatList *self)
{
  g_signal_emit (self, person_activated_signal, 0, udpnat_client_get_self (self->client));
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatChatList           *self)
{
  GtkWidget *row = udpnat_chat_row_new (self->client);

  udpnat_person_menu_add_row (self->menu, row);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatChatList           *self)
{
  udpnat_place_bind_row (gtk_list_item_get_item (item), gtk_list_item_get_child (item));
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatChatList           *self)
{
  udpnat_place_unbind_row (gtk_list_item_get_child (item));
}

/** udpnat_chat_list_is_empty: Returns: whether nobody has said anything yet */
gboolean
udpnat_chat_list_is_empty (UdpnatChatList *self)
{
  /* Oneself is always in the list; alone and with no note it is no chat. */
  return g_list_model_get_n_items (G_LIST_MODEL (self->model)) == 1 &&
         udpnat_person_get_last_line (udpnat_client_get_self (self->client)) == NULL;
}

static void
update_page (UdpnatChatList *self)
{
  gtk_stack_set_visible_child_name (self->pages,
                                    udpnat_chat_list_is_empty (self) ? "empty" : "list");
}

/* ---- Days ---- */

static void
refresh_rows (UdpnatChatList *self)
{
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->list)); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);

      if (UDPNAT_IS_CHAT_ROW (row))
        udpnat_somebody_row_refresh (UDPNAT_SOMEBODY_ROW (row));
    }
}

static void wait_for_midnight (UdpnatChatList *self);

static gboolean
midnight_cb (gpointer user_data)
{
  UdpnatChatList *self = user_data;

  self->midnight_source = 0;
  wait_for_midnight (self);
  return G_SOURCE_REMOVE;
}

/* "19:03" becomes "Yesterday". A computer that sleeps is late by as long as it slept at most. */
static void
wait_for_midnight (UdpnatChatList *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  guint passed_s = g_date_time_get_hour (now) * 3600 + g_date_time_get_minute (now) * 60 +
                   g_date_time_get_second (now);

  if (self->day != g_date_time_get_day_of_year (now))
    refresh_rows (self);
  self->day = g_date_time_get_day_of_year (now);
  g_clear_handle_id (&self->midnight_source, g_source_remove);
  self->midnight_source = g_timeout_add_seconds (24 * 3600 - passed_s + 1, midnight_cb, self);
}

static void
udpnat_chat_list_map (GtkWidget *widget)
{
  UdpnatChatList *self = UDPNAT_CHAT_LIST (widget);

  GTK_WIDGET_CLASS (udpnat_chat_list_parent_class)->map (widget);
  wait_for_midnight (self);
}

static void
udpnat_chat_list_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&UDPNAT_CHAT_LIST (widget)->midnight_source, g_source_remove);
  GTK_WIDGET_CLASS (udpnat_chat_list_parent_class)->unmap (widget);
}

/* ---- Object ---- */

static void
udpnat_chat_list_dispose (GObject *object)
{
  UdpnatChatList *self = UDPNAT_CHAT_LIST (object);

  g_clear_handle_id (&self->midnight_source, g_source_remove);
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->menu);
  g_clear_object (&self->model);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_chat_list_parent_class)->dispose (object);
}

static void
udpnat_chat_list_class_init (UdpnatChatListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_chat_list_dispose;
  widget_class->map = udpnat_chat_list_map;
  widget_class->unmap = udpnat_chat_list_unmap;

  person_activated_signal = g_signal_new ("person-activated", UDPNAT_TYPE_CHAT_LIST,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          UDPNAT_TYPE_PERSON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-chat-list.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatList, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatList, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, note_cb);
}

static void
udpnat_chat_list_init (UdpnatChatList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
create_list (UdpnatChatList *self)
{
  g_autoptr (UdpnatGradualModel) model = NULL;
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
  model = udpnat_gradual_model_new (GTK_SELECTION_MODEL (self->model), self->list);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (model));
  udpnat_list_top_keep (self->list, G_LIST_MODEL (self->model));
}

GtkWidget *
udpnat_chat_list_new (UdpnatClient *client)
{
  UdpnatChatList *self = g_object_new (UDPNAT_TYPE_CHAT_LIST, NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  self->day = g_date_time_get_day_of_year (now);
  self->client = g_object_ref (client);
  self->model = udpnat_people_model_new (client, UDPNAT_PEOPLE_CHATS);
  self->menu = udpnat_person_menu_new (client, GTK_WIDGET (self));
  create_list (self);
  g_signal_connect_object (self->model, "items-changed", G_CALLBACK (update_page), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (udpnat_client_get_self (client), "notify::last-line",
                           G_CALLBACK (update_page), self, G_CONNECT_SWAPPED);
  update_page (self);
  return GTK_WIDGET (self);
}

/** udpnat_chat_list_set_current: @person: (nullable): whose conversation is open */
void
udpnat_chat_list_set_current (UdpnatChatList *self,
                              UdpnatPerson   *person)
{
  udpnat_people_model_set_current (self->model, person);
}

/** udpnat_chat_list_get_model: Returns: (transfer none): what it shows, in order */
UdpnatPeopleModel *
udpnat_chat_list_get_model (UdpnatChatList *self)
{
  return self->model;
}
