/* A place in the list of what was found. */

#include "config.h"

#include "udpnat-result.h"

struct _UdpnatResult
{
  GObject  parent_instance;

  GObject *item;
  char    *words; /* what was looked for */
};

enum
{
  PROP_0,
  PROP_ITEM,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatResult, udpnat_result, G_TYPE_OBJECT)

static void
udpnat_result_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_ITEM:
      g_value_set_object (value, UDPNAT_RESULT (object)->item);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_result_finalize (GObject *object)
{
  UdpnatResult *self = UDPNAT_RESULT (object);

  g_clear_object (&self->item);
  g_free (self->words);
  G_OBJECT_CLASS (udpnat_result_parent_class)->finalize (object);
}

static void
udpnat_result_class_init (UdpnatResultClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = udpnat_result_get_property;
  object_class->finalize = udpnat_result_finalize;

  properties[PROP_ITEM] = g_param_spec_object ("item", NULL, NULL, G_TYPE_OBJECT,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                 G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_result_init (UdpnatResult *self)
{
}

UdpnatResult *
udpnat_result_new (void)
{
  return g_object_new (UDPNAT_TYPE_RESULT, NULL);
}

/** udpnat_result_set: @words: what was looked for, which is shown in a line */
void
udpnat_result_set (UdpnatResult *self,
                   gpointer      item,
                   const char   *words)
{
  if (self->item == item && g_strcmp0 (self->words, words) == 0)
    return;
  g_set_object (&self->item, G_OBJECT (item));
  g_free (self->words);
  self->words = g_strdup (words);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ITEM]);
}

/** udpnat_result_get_item: Returns: (transfer none) (type GObject): what was found */
gpointer
udpnat_result_get_item (UdpnatResult *self)
{
  return self->item;
}

const char *
udpnat_result_get_words (UdpnatResult *self)
{
  return self->words;
}
