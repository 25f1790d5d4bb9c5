/* A place in a list. */

#include "config.h"

#include "udpnat-place.h"

struct _UdpnatPlace
{
  GObject  parent_instance;

  GObject *item;
  char    *words; /* nullable: what was looked for, where what is there was found */
};

enum
{
  PROP_0,
  PROP_ITEM,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatPlace, udpnat_place, G_TYPE_OBJECT)

static void
udpnat_place_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_ITEM:
      g_value_set_object (value, UDPNAT_PLACE (object)->item);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_place_finalize (GObject *object)
{
  UdpnatPlace *self = UDPNAT_PLACE (object);

  g_clear_object (&self->item);
  g_free (self->words);
  G_OBJECT_CLASS (udpnat_place_parent_class)->finalize (object);
}

static void
udpnat_place_class_init (UdpnatPlaceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = udpnat_place_get_property;
  object_class->finalize = udpnat_place_finalize;

  properties[PROP_ITEM] = g_param_spec_object ("item", NULL, NULL, G_TYPE_OBJECT,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                 G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_place_init (UdpnatPlace *self)
{
}

UdpnatPlace *
udpnat_place_new (void)
{
  return g_object_new (UDPNAT_TYPE_PLACE, NULL);
}

/**
 * udpnat_place_set:
 * @item: (type GObject): what is there from now on
 * @words: (nullable): what was looked for, when the row shows that
 *
 * Returns: whether it is something else now
 */
gboolean
udpnat_place_set (UdpnatPlace *self,
                   gpointer      item,
                   const char   *words)
{
  if (self->item == item && g_strcmp0 (self->words, words) == 0)
    return FALSE;
  g_set_object (&self->item, G_OBJECT (item));
  g_free (self->words);
  self->words = g_strdup (words);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ITEM]);
  return TRUE;
}

/** udpnat_place_get_item: Returns: (transfer none) (type GObject): what was found */
gpointer
udpnat_place_get_item (UdpnatPlace *self)
{
  return self->item;
}

/** udpnat_place_get_words: Returns: (nullable): what was looked for */
const char *
udpnat_place_get_words (UdpnatPlace *self)
{
  return self->words;
}

/* ---- Rows ---- */

#define BINDING_KEY "udpnat-place-binding"

/** udpnat_place_dup_item_at: @places: may have things themselves besides. Returns: (transfer full)
 * (nullable): what is at @position */
gpointer
udpnat_place_dup_item_at (GListModel *places,
                          guint       position)
{
  g_autoptr (GObject) object = g_list_model_get_item (places, position);

  if (object == NULL || !UDPNAT_IS_PLACE (object))
    return g_steal_pointer (&object);
  return g_object_ref (UDPNAT_PLACE (object)->item);
}

/** udpnat_place_bind_row: @place: (type GObject): a place, or somebody. @row has them as its
 * "person" from now on */
void
udpnat_place_bind_row (gpointer   place,
                       GtkWidget *row)
{
  if (UDPNAT_IS_PLACE (place))
    g_object_set_data (G_OBJECT (row), BINDING_KEY,
                       g_object_bind_property (place, "item", row, "person",
                                               G_BINDING_SYNC_CREATE));
  else
    g_object_set (row, "person", place, NULL);
}

/** udpnat_place_unbind_row: it has nobody from now on */
void
udpnat_place_unbind_row (GtkWidget *row)
{
  GBinding *binding = g_object_steal_data (G_OBJECT (row), BINDING_KEY);

  if (binding != NULL)
    g_binding_unbind (binding);
  g_object_set (row, "person", NULL, NULL);
}
