/* A stranger who has written. What they wrote is not shown before they are let in. */

#include "config.h"

#include "udpnat-request-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"

struct _UdpnatRequestRow
{
  UdpnatSomebodyRow parent_instance;

  GtkWidget        *accept_button;
  GtkWidget        *decline_button;
  GtkWidget        *block_button;
};

static guint accepted_signal;

G_DEFINE_FINAL_TYPE (UdpnatRequestRow, udpnat_request_row, UDPNAT_TYPE_SOMEBODY_ROW)

/* Each answer takes the row away, and the person with it. Returns: (transfer full) (nullable) */
static UdpnatPerson *
answer (UdpnatRequestRow *self,
        void            (*func) (UdpnatClient *client,
                                 UdpnatPerson *person))
{
  UdpnatPerson *person = udpnat_somebody_row_get_person (UDPNAT_SOMEBODY_ROW (self));

  if (person == NULL)
    return NULL;
  g_object_ref (person);
  func (udpnat_somebody_row_get_client (UDPNAT_SOMEBODY_ROW (self)), person);
  return person;
}

static void
accept_cb (UdpnatRequestRow *self)
{
  g_autoptr (UdpnatRequestRow) row = g_object_ref (self);
  g_autoptr (UdpnatPerson) person = answer (row, udpnat_client_accept);

  if (person != NULL)
    g_signal_emit (row, accepted_signal, 0, person);
}

static void
decline_cb (UdpnatRequestRow *self)
{
  g_autoptr (UdpnatPerson) person = answer (self, udpnat_client_decline);
}

static void
block_cb (UdpnatRequestRow *self)
{
  g_autoptr (UdpnatPerson) person = answer (self, udpnat_client_block);
}

/* @name: (transfer full) */
static void
name_button (GtkWidget *button,
             char      *name)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_free (name);
}

static void
udpnat_request_row_refresh (UdpnatSomebodyRow *row,
                            UdpnatPerson      *person)
{
  UdpnatRequestRow *self = UDPNAT_REQUEST_ROW (row);
  g_autoptr (GString) name = g_string_new (NULL);
  const char *title = udpnat_somebody_row_get_title (row);

  udpnat_chat_words_append (name, title);
  udpnat_chat_words_append (name, _("Wants to write to you"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
  name_button (self->accept_button, g_strdup_printf (_("Accept %s"), title));
  name_button (self->decline_button, g_strdup_printf (_("Decline %s"), title));
  name_button (self->block_button, g_strdup_printf (_("Block %s"), title));
}

static void
udpnat_request_row_class_init (UdpnatRequestRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  UDPNAT_SOMEBODY_ROW_CLASS (klass)->refresh = udpnat_request_row_refresh;
  accepted_signal = g_signal_new ("accepted", UDPNAT_TYPE_REQUEST_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_PERSON);
  udpnat_somebody_row_class_set_template (UDPNAT_SOMEBODY_ROW_CLASS (klass),
                                          "/io/github/udpnat/Udpnat/udpnat-request-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatRequestRow, accept_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRequestRow, decline_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRequestRow, block_button);
  gtk_widget_class_bind_template_callback (widget_class, accept_cb);
  gtk_widget_class_bind_template_callback (widget_class, decline_cb);
  gtk_widget_class_bind_template_callback (widget_class, block_cb);
}

static void
udpnat_request_row_init (UdpnatRequestRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_request_row_new (UdpnatClient *client)
{
  return udpnat_somebody_row_new (UDPNAT_TYPE_REQUEST_ROW, client);
}
