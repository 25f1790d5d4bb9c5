/* A stranger who has written. What they wrote is not shown before they are let in. */

#include "config.h"

#include "udpnat-request-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-person-avatar.h"

struct _UdpnatRequestRow
{
  GtkBox              parent_instance;

  UdpnatPersonAvatar *avatar;
  GtkLabel           *title;
  GtkWidget          *accept_button;
  GtkWidget          *decline_button;
  GtkWidget          *block_button;
  UdpnatClient       *client;
  UdpnatPerson       *person; /* nullable */
  GSignalGroup       *signals;
};

enum
{
  PROP_0,
  PROP_PERSON,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint accepted_signal;

G_DEFINE_FINAL_TYPE (UdpnatRequestRow, udpnat_request_row, GTK_TYPE_BOX)

/* Each answer takes the row away, and the person with it. */
static void
answer (UdpnatRequestRow *self,
        void            (*func) (UdpnatClient *client,
                                 UdpnatPerson *person))
{
  g_autoptr (UdpnatPerson) person = self->person != NULL ? g_object_ref (self->person) : NULL;

  if (person != NULL)
    func (self->client, person);
}

static void
accept_cb (UdpnatRequestRow *self)
{
  g_autoptr (UdpnatRequestRow) row = g_object_ref (self);
  g_autoptr (UdpnatPerson) person = self->person != NULL ? g_object_ref (self->person) : NULL;

  answer (self, udpnat_client_accept);
  if (person != NULL)
    g_signal_emit (row, accepted_signal, 0, person);
}

static void
decline_cb (UdpnatRequestRow *self)
{
  answer (self, udpnat_client_decline);
}

static void
block_cb (UdpnatRequestRow *self)
{
  answer (self, udpnat_client_block);
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
refresh (UdpnatRequestRow *self)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *title;

  if (self->person == NULL)
    return;
  title = udpnat_person_get_title (self->person);
  gtk_label_set_text (self->title, title);
  udpnat_chat_words_append (name, title);
  udpnat_chat_words_append (name, _("Wants to write to you"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
  name_button (self->accept_button, g_strdup_printf (_("Accept %s"), title));
  name_button (self->decline_button, g_strdup_printf (_("Decline %s"), title));
  name_button (self->block_button, g_strdup_printf (_("Block %s"), title));
}

/** udpnat_request_row_set_person: @person: (nullable) */
void
udpnat_request_row_set_person (UdpnatRequestRow *self,
                               UdpnatPerson     *person)
{
  if (!g_set_object (&self->person, person))
    return;
  udpnat_person_avatar_set_person (self->avatar, person);
  g_signal_group_set_target (self->signals, person);
  refresh (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERSON]);
}

static void
udpnat_request_row_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, UDPNAT_REQUEST_ROW (object)->person);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_request_row_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      udpnat_request_row_set_person (UDPNAT_REQUEST_ROW (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_request_row_dispose (GObject *object)
{
  UdpnatRequestRow *self = UDPNAT_REQUEST_ROW (object);

  g_clear_object (&self->signals);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_request_row_parent_class)->dispose (object);
}

static void
udpnat_request_row_class_init (UdpnatRequestRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = udpnat_request_row_get_property;
  object_class->set_property = udpnat_request_row_set_property;
  object_class->dispose = udpnat_request_row_dispose;

  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  accepted_signal = g_signal_new ("accepted", UDPNAT_TYPE_REQUEST_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_PERSON);
  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-request-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatRequestRow, avatar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRequestRow, title);
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
  self->signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  g_signal_group_connect_swapped (self->signals, "notify::title", G_CALLBACK (refresh), self);
}

GtkWidget *
udpnat_request_row_new (UdpnatClient *client)
{
  UdpnatRequestRow *self = g_object_new (UDPNAT_TYPE_REQUEST_ROW, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}
