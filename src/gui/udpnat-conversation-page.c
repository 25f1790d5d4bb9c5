/* The conversation with one person. */

#include "config.h"

#include "udpnat-conversation-page.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

struct _UdpnatConversationPage
{
  GtkBox          parent_instance;

  GtkWidget      *header;
  GtkWidget      *back_button;
  AdwWindowTitle *title;
  UdpnatClient   *client;
  UdpnatPerson   *person; /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatConversationPage, udpnat_conversation_page, GTK_TYPE_BOX)

static void
udpnat_conversation_page_dispose (GObject *object)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_conversation_page_parent_class)->dispose (object);
}

static void
udpnat_conversation_page_class_init (UdpnatConversationPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_conversation_page_dispose;

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-conversation-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, header);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, back_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, title);
}

static void
udpnat_conversation_page_init (UdpnatConversationPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_conversation_page_new (UdpnatClient *client)
{
  UdpnatConversationPage *self = g_object_new (UDPNAT_TYPE_CONVERSATION_PAGE, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}

GtkWidget *
udpnat_conversation_page_get_header (UdpnatConversationPage *self)
{
  return self->header;
}

/** udpnat_conversation_page_get_back_button: what a folded shell shows to get back to the list */
GtkWidget *
udpnat_conversation_page_get_back_button (UdpnatConversationPage *self)
{
  return self->back_button;
}

/** udpnat_conversation_page_get_person: Returns: (transfer none) (nullable): who is talked with */
UdpnatPerson *
udpnat_conversation_page_get_person (UdpnatConversationPage *self)
{
  return self->person;
}

/** udpnat_conversation_page_set_person: @person: (nullable): whose conversation is to be shown */
void
udpnat_conversation_page_set_person (UdpnatConversationPage *self,
                                     UdpnatPerson           *person)
{
  if (!g_set_object (&self->person, person))
    return;
  adw_window_title_set_title (self->title, person != NULL ? udpnat_person_get_title (person) : "");
}

/** udpnat_conversation_page_show_line: goes to a line, as a search has found it */
void
udpnat_conversation_page_show_line (UdpnatConversationPage *self,
                                    gint64                  number)
{
}

/** udpnat_conversation_page_start_search: lets the user look for something in this conversation */
void
udpnat_conversation_page_start_search (UdpnatConversationPage *self)
{
}
