/* Chats and people. */

#include "config.h"

#include "udpnat-sidebar.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

struct _UdpnatSidebar
{
  GtkBox          parent_instance;

  GtkWidget      *header;
  AdwWindowTitle *title;
  GtkListView    *list;
  UdpnatClient   *client;
};

static guint person_activated_signal;

G_DEFINE_FINAL_TYPE (UdpnatSidebar, udpnat_sidebar, GTK_TYPE_BOX)

static void
activate_cb (UdpnatSidebar *self,
             guint          position)
{
  g_autoptr (UdpnatPerson) person = NULL;

  person = g_list_model_get_item (G_LIST_MODEL (gtk_list_view_get_model (self->list)), position);
  if (person != NULL)
    g_signal_emit (self, person_activated_signal, 0, person);
}

static void
server_changed_cb (UdpnatSidebar *self)
{
  g_autofree char *words = udpnat_words_describe_server (self->client);

  adw_window_title_set_subtitle (self->title, words);
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatSidebar            *self)
{
  gtk_list_item_set_child (item, gtk_label_new (NULL));
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatSidebar            *self)
{
  UdpnatPerson *person = gtk_list_item_get_item (item);

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), udpnat_person_get_title (person));
}

static void
udpnat_sidebar_dispose (GObject *object)
{
  UdpnatSidebar *self = UDPNAT_SIDEBAR (object);

  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_sidebar_parent_class)->dispose (object);
}

static void
udpnat_sidebar_class_init (UdpnatSidebarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_sidebar_dispose;

  person_activated_signal = g_signal_new ("person-activated", UDPNAT_TYPE_SIDEBAR,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          UDPNAT_TYPE_PERSON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, header);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSidebar, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

static void
udpnat_sidebar_init (UdpnatSidebar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_sidebar_new (UdpnatClient *client)
{
  UdpnatSidebar *self = g_object_new (UDPNAT_TYPE_SIDEBAR, NULL);
  g_autoptr (GtkSingleSelection) selection = NULL;
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  self->client = g_object_ref (client);
  selection = gtk_single_selection_new (g_object_ref (udpnat_client_get_people (client)));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (server_changed_cb), self,
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

/** udpnat_sidebar_select_person: marks the person whose conversation is open */
void
udpnat_sidebar_select_person (UdpnatSidebar *self,
                              UdpnatPerson  *person)
{
}

/** udpnat_sidebar_start_search: lets the user type what to look for */
void
udpnat_sidebar_start_search (UdpnatSidebar *self)
{
}
