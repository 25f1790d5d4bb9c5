/* The window about one person: puts three pages together. It is no AdwPreferencesWindow, because
 * that of libadwaita 1.2 never frees the groups on its pages. */

#include "config.h"

#include "udpnat-connection-window.h"

#include <glib/gi18n.h>

#include "udpnat-connection-page.h"
#include "udpnat-large-letters.h"
#include "udpnat-person-page.h"
#include "udpnat-safety-page.h"

struct _UdpnatConnectionWindow
{
  AdwWindow             parent_instance;

  AdwWindowTitle       *title;
  AdwViewStack         *pages;
  UdpnatConnectionPage *connection_page;
  UdpnatSafetyPage     *safety_page;
  UdpnatPersonPage     *person_page;

  UdpnatPerson         *person;
};

enum
{
  PROP_0,
  PROP_PERSON,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatConnectionWindow, udpnat_connection_window, ADW_TYPE_WINDOW)

static void
title_changed_cb (UdpnatConnectionWindow *self,
                  GParamSpec             *property,
                  UdpnatPerson           *person)
{
  /* Translators: title of a window about one person; %s is a name */
  g_autofree char *title = g_strdup_printf (_("Connection to %s"),
                                            udpnat_person_get_title (person));

  gtk_window_set_title (GTK_WINDOW (self), title);
  adw_window_title_set_title (self->title, title);
}

static void
udpnat_connection_window_dispose (GObject *object)
{
  g_clear_object (&UDPNAT_CONNECTION_WINDOW (object)->person);
  G_OBJECT_CLASS (udpnat_connection_window_parent_class)->dispose (object);
}

static void
udpnat_connection_window_get_property (GObject    *object,
                                       guint       prop_id,
                                       GValue     *value,
                                       GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, UDPNAT_CONNECTION_WINDOW (object)->person);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_connection_window_class_init (UdpnatConnectionWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_connection_window_dispose;
  object_class->get_property = udpnat_connection_window_get_property;
  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (UDPNAT_TYPE_CONNECTION_PAGE);
  g_type_ensure (UDPNAT_TYPE_PERSON_PAGE);
  g_type_ensure (UDPNAT_TYPE_SAFETY_PAGE);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-connection-window.ui");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionWindow, connection_page);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionWindow, person_page);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionWindow, safety_page);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionWindow, title);
}

static void
udpnat_connection_window_init (UdpnatConnectionWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_connection_window_new (UdpnatClient *client,
                              UdpnatPerson *person)
{
  UdpnatConnectionWindow *self = g_object_new (UDPNAT_TYPE_CONNECTION_WINDOW,
                                               "destroy-with-parent", TRUE,
                                               NULL);

  self->person = g_object_ref (person);
  udpnat_connection_page_set_person (self->connection_page, client, person);
  udpnat_safety_page_set_person (self->safety_page, client, person);
  udpnat_person_page_set_person (self->person_page, client, person);
  g_signal_connect_object (person, "notify::title", G_CALLBACK (title_changed_cb), self,
                           G_CONNECT_SWAPPED);
  title_changed_cb (self, NULL, person);
  udpnat_large_letters_arrange (GTK_WIDGET (self));
  return GTK_WIDGET (self);
}

/** udpnat_connection_window_get_person: Returns: (transfer none): whom it is about */
UdpnatPerson *
udpnat_connection_window_get_person (UdpnatConnectionWindow *self)
{
  return self->person;
}

/** udpnat_connection_window_show_page: @name: "connection", "safety" or "person" */
void
udpnat_connection_window_show_page (UdpnatConnectionWindow *self,
                                    const char             *name)
{
  adw_view_stack_set_visible_child_name (self->pages, name);
}
