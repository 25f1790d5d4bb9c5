/* Somebody in the list of people: who they are, whether they are here, and their status line. */

#include "config.h"

#include "udpnat-person-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-person-avatar.h"
#include "udpnat-status-words.h"

struct _UdpnatPersonRow
{
  GtkBox              parent_instance;

  UdpnatPersonAvatar *avatar;
  GtkLabel           *title;
  GtkWidget          *verified;
  GtkLabel           *text;
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

G_DEFINE_FINAL_TYPE (UdpnatPersonRow, udpnat_person_row, GTK_TYPE_BOX)

static char *
describe (UdpnatPerson *person,
          const char   *words)
{
  const char *status = udpnat_person_get_status (person);

  if (status == NULL || *status == '\0')
    return g_strdup (words);
  /* Translators: whether somebody is here, and what they say of themselves: Online · On the road */
  return g_strdup_printf (_("%s · %s"), words, status);
}

static void
refresh (UdpnatPersonRow *self)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const char *title;
  g_autofree char *words = NULL;
  g_autofree char *text = NULL;
  gboolean is_self;

  if (self->person == NULL)
    return;
  is_self = self->person == udpnat_client_get_self (self->client);
  title = udpnat_chat_words_get_title (self->client, self->person);
  words = udpnat_words_describe_person (self->person);
  text = is_self ? g_strdup (_("For whatever you want to keep")) : describe (self->person, words);
  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->text, text);
  gtk_widget_set_visible (self->verified, udpnat_person_is_verified (self->person));
  udpnat_chat_words_append (name, title);
  udpnat_chat_words_append (name, text);
  if (udpnat_person_is_verified (self->person))
    udpnat_chat_words_append (name, _("Verified"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
}

/** udpnat_person_row_set_person: @person: (nullable) */
void
udpnat_person_row_set_person (UdpnatPersonRow *self,
                              UdpnatPerson    *person)
{
  gboolean is_self = person != NULL && person == udpnat_client_get_self (self->client);

  if (!g_set_object (&self->person, person))
    return;
  g_object_set (self->avatar, "icon-name", is_self ? "document-edit-symbolic" : NULL, NULL);
  udpnat_person_avatar_set_person (self->avatar, person);
  g_signal_group_set_target (self->signals, person);
  refresh (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERSON]);
}

static void
udpnat_person_row_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, UDPNAT_PERSON_ROW (object)->person);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_person_row_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      udpnat_person_row_set_person (UDPNAT_PERSON_ROW (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_person_row_dispose (GObject *object)
{
  UdpnatPersonRow *self = UDPNAT_PERSON_ROW (object);

  g_clear_object (&self->signals);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_person_row_parent_class)->dispose (object);
}

static void
udpnat_person_row_class_init (UdpnatPersonRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = udpnat_person_row_get_property;
  object_class->set_property = udpnat_person_row_set_property;
  object_class->dispose = udpnat_person_row_dispose;

  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-person-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, avatar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, verified);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, text);
}

static void
udpnat_person_row_init (UdpnatPersonRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  /* The words come from several properties at once. */
  g_signal_group_connect_swapped (self->signals, "notify", G_CALLBACK (refresh), self);
}

GtkWidget *
udpnat_person_row_new (UdpnatClient *client)
{
  UdpnatPersonRow *self = g_object_new (UDPNAT_TYPE_PERSON_ROW, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}
