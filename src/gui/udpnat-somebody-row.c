/* What all rows have in common that show a person: who it is, and that the row follows them. */

#include "config.h"

#include "udpnat-somebody-row.h"

#include "udpnat-chat-words.h"
#include "udpnat-person-avatar.h"

typedef struct
{
  UdpnatClient *client;
  UdpnatPerson *person; /* nullable */
  GSignalGroup *signals;
} UdpnatSomebodyRowPrivate;

enum
{
  PROP_0,
  PROP_PERSON,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (UdpnatSomebodyRow, udpnat_somebody_row, GTK_TYPE_BOX)

static UdpnatSomebodyRowPrivate *
get_private (UdpnatSomebodyRow *self)
{
  return udpnat_somebody_row_get_instance_private (self);
}

static gpointer
get_child (UdpnatSomebodyRow *self,
           const char        *name)
{
  return gtk_widget_get_template_child (GTK_WIDGET (self), G_OBJECT_TYPE (self), name);
}

UdpnatClient *
udpnat_somebody_row_get_client (UdpnatSomebodyRow *self)
{
  return get_private (self)->client;
}

/** udpnat_somebody_row_get_person: Returns: (transfer none) (nullable): whom it shows */
UdpnatPerson *
udpnat_somebody_row_get_person (UdpnatSomebodyRow *self)
{
  return get_private (self)->person;
}

/** udpnat_somebody_row_is_self: whether it stands for notes to oneself */
gboolean
udpnat_somebody_row_is_self (UdpnatSomebodyRow *self)
{
  UdpnatSomebodyRowPrivate *private = get_private (self);

  return private->person != NULL && private->person == udpnat_client_get_self (private->client);
}

/** udpnat_somebody_row_get_title: Returns: (transfer none): what they are called; only for a row
 * that shows somebody */
const char *
udpnat_somebody_row_get_title (UdpnatSomebodyRow *self)
{
  UdpnatSomebodyRowPrivate *private = get_private (self);

  return udpnat_chat_words_get_title (private->client, private->person);
}

/** udpnat_somebody_row_refresh: also brings up to date what changes by itself: today is past */
void
udpnat_somebody_row_refresh (UdpnatSomebodyRow *self)
{
  UdpnatSomebodyRowPrivate *private = get_private (self);

  if (private->person == NULL)
    return;
  gtk_label_set_text (get_child (self, "title"), udpnat_somebody_row_get_title (self));
  UDPNAT_SOMEBODY_ROW_GET_CLASS (self)->refresh (self, private->person);
}

/** udpnat_somebody_row_set_person: @person: (nullable) */
void
udpnat_somebody_row_set_person (UdpnatSomebodyRow *self,
                                UdpnatPerson      *person)
{
  UdpnatSomebodyRowPrivate *private = get_private (self);
  UdpnatPersonAvatar *avatar = get_child (self, "avatar");

  if (!g_set_object (&private->person, person))
    return;
  g_object_set (avatar, "icon-name",
                udpnat_somebody_row_is_self (self) ? "document-edit-symbolic" : NULL, NULL);
  udpnat_person_avatar_set_person (avatar, person);
  g_signal_group_set_target (private->signals, person);
  udpnat_somebody_row_refresh (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERSON]);
}

static void
udpnat_somebody_row_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, udpnat_somebody_row_get_person (UDPNAT_SOMEBODY_ROW (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_somebody_row_set_property (GObject      *object,
                                  guint         prop_id,
                                  const GValue *value,
                                  GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      udpnat_somebody_row_set_person (UDPNAT_SOMEBODY_ROW (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_somebody_row_dispose (GObject *object)
{
  UdpnatSomebodyRowPrivate *private = get_private (UDPNAT_SOMEBODY_ROW (object));

  g_clear_object (&private->signals);
  g_clear_object (&private->person);
  g_clear_object (&private->client);
  G_OBJECT_CLASS (udpnat_somebody_row_parent_class)->dispose (object);
}

static void
udpnat_somebody_row_class_init (UdpnatSomebodyRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = udpnat_somebody_row_get_property;
  object_class->set_property = udpnat_somebody_row_set_property;
  object_class->dispose = udpnat_somebody_row_dispose;

  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_somebody_row_init (UdpnatSomebodyRow *self)
{
  UdpnatSomebodyRowPrivate *private = get_private (self);

  private->signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  /* Almost everything is shown, and the words come from several properties at once. */
  g_signal_group_connect_swapped (private->signals, "notify",
                                  G_CALLBACK (udpnat_somebody_row_refresh), self);
}

/** udpnat_somebody_row_class_set_template: to be called by class_init of what is such a row */
void
udpnat_somebody_row_class_set_template (UdpnatSomebodyRowClass *klass,
                                        const char             *resource)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class, resource);
  gtk_widget_class_bind_template_child_full (widget_class, "avatar", FALSE, 0);
  gtk_widget_class_bind_template_child_full (widget_class, "title", FALSE, 0);
}

/** udpnat_somebody_row_new: @type: of the row */
GtkWidget *
udpnat_somebody_row_new (GType         type,
                         UdpnatClient *client)
{
  UdpnatSomebodyRow *self = g_object_new (type, NULL);

  get_private (self)->client = g_object_ref (client);
  return GTK_WIDGET (self);
}
