/* Counts what waits to be read. People change often and in crowds (a directory arrives), so it is
 * counted anew in one go when the main loop is idle. */

#include "config.h"

#include "udpnat-unread.h"

#include "udpnat-person.h"

/* What comes into a conversation that is looked at is read a moment later. A title that went there
 * and back would be read out twice by a screen reader, before the message. */
#define RISE_MS 1000

struct _UdpnatUnread
{
  GObject     parent_instance;

  GListModel *people;
  guint       count;
  guint       source_id;
};

enum
{
  PROP_0,
  PROP_COUNT,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatUnread, udpnat_unread, G_TYPE_OBJECT)

static guint
count_unread (UdpnatUnread *self)
{
  guint count = 0;

  for (guint i = 0; i < g_list_model_get_n_items (self->people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (self->people, i);

      if (!udpnat_person_is_muted (person) &&
          udpnat_person_get_relation (person) != UDPNAT_RELATION_BLOCKED)
        count += udpnat_person_get_unread (person);
    }
  return count;
}

static void
take_count (UdpnatUnread *self)
{
  guint count = count_unread (self);

  if (self->count == count)
    return;
  self->count = count;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COUNT]);
}

static gboolean
risen_cb (gpointer user_data)
{
  UdpnatUnread *self = UDPNAT_UNREAD (user_data);

  self->source_id = 0;
  take_count (self);
  return G_SOURCE_REMOVE;
}

static gboolean
idle_cb (gpointer user_data)
{
  UdpnatUnread *self = UDPNAT_UNREAD (user_data);

  self->source_id = 0;
  if (count_unread (self) > self->count)
    self->source_id = g_timeout_add (RISE_MS, risen_cb, self);
  else
    take_count (self);
  return G_SOURCE_REMOVE;
}

static void
count_later (UdpnatUnread *self)
{
  if (self->source_id == 0)
    self->source_id = g_idle_add (idle_cb, self);
}

static void
watch (UdpnatUnread *self,
       UdpnatPerson *person)
{
  static const char *const signals[] = { "notify::unread", "notify::muted", "notify::relation" };

  /* Somebody who only moves in the list is watched already. */
  g_signal_handlers_disconnect_by_func (person, count_later, self);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_object (person, signals[i], G_CALLBACK (count_later), self, G_CONNECT_SWAPPED);
}

static void
people_changed_cb (GListModel   *people,
                   guint         position,
                   guint         n_removed,
                   guint         n_added,
                   UdpnatUnread *self)
{
  for (guint i = position; i < position + n_added; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      watch (self, person);
    }
  count_later (self);
}

static void
udpnat_unread_dispose (GObject *object)
{
  UdpnatUnread *self = UDPNAT_UNREAD (object);

  g_clear_handle_id (&self->source_id, g_source_remove);
  g_clear_object (&self->people);
  G_OBJECT_CLASS (udpnat_unread_parent_class)->dispose (object);
}

static void
udpnat_unread_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_COUNT:
      g_value_set_uint (value, UDPNAT_UNREAD (object)->count);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_unread_class_init (UdpnatUnreadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = udpnat_unread_dispose;
  object_class->get_property = udpnat_unread_get_property;
  properties[PROP_COUNT] = g_param_spec_uint ("count", NULL, NULL, 0, G_MAXUINT, 0,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_unread_init (UdpnatUnread *self)
{
}

/** udpnat_unread_new: @people: a list of #UdpnatPerson, as udpnat_client_get_people() gives it */
UdpnatUnread *
udpnat_unread_new (GListModel *people)
{
  UdpnatUnread *self = g_object_new (UDPNAT_TYPE_UNREAD, NULL);

  self->people = g_object_ref (people);
  g_signal_connect_object (people, "items-changed", G_CALLBACK (people_changed_cb), self, 0);
  people_changed_cb (people, 0, 0, g_list_model_get_n_items (people), self);
  take_count (self);
  return self;
}

guint
udpnat_unread_get_count (UdpnatUnread *self)
{
  return self->count;
}
