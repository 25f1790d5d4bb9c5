#include "config.h"

#include "udpnat-person.h"

struct _UdpnatPerson
{
  GObject          parent_instance;

  UdpnatPublicKey  key;
  char             key_text[UDPNAT_KEY_TEXT_BYTES];
  char            *name; /* nullable */
  gboolean         is_online;

  gboolean         has_path;
  UdpnatPathKind   path_kind;
  UdpnatPathReason path_reason;
  gint64           path_rtt_us;
  char             path_remote[UDPNAT_ADDRESS_TEXT_BYTES];
};

enum
{
  PROP_0,
  PROP_KEY,
  PROP_NAME,
  PROP_ONLINE,
  PROP_PATH_KIND,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatPerson, udpnat_person, G_TYPE_OBJECT)

static void
udpnat_person_finalize (GObject *object)
{
  UdpnatPerson *self = UDPNAT_PERSON (object);

  g_free (self->name);
  G_OBJECT_CLASS (udpnat_person_parent_class)->finalize (object);
}

static void
udpnat_person_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  UdpnatPerson *self = UDPNAT_PERSON (object);

  switch (prop_id)
    {
    case PROP_KEY:
      g_value_set_string (value, self->key_text);
      break;
    case PROP_NAME:
      g_value_set_string (value, udpnat_person_get_name (self));
      break;
    case PROP_ONLINE:
      g_value_set_boolean (value, self->is_online);
      break;
    case PROP_PATH_KIND:
      g_value_set_string (value, udpnat_person_get_path_kind (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_person_class_init (UdpnatPersonClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = udpnat_person_finalize;
  object_class->get_property = udpnat_person_get_property;

  properties[PROP_KEY] = g_param_spec_string ("key", NULL, NULL, NULL, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_ONLINE] = g_param_spec_boolean ("online", NULL, NULL, FALSE, flags);
  properties[PROP_PATH_KIND] = g_param_spec_string ("path-kind", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_person_init (UdpnatPerson *self)
{
}

UdpnatPerson *
udpnat_person_new (const UdpnatPublicKey *key)
{
  UdpnatPerson *self = g_object_new (UDPNAT_TYPE_PERSON, NULL);

  self->key = *key;
  udpnat_public_key_to_string (key, self->key_text);
  return self;
}

const UdpnatPublicKey *
udpnat_person_get_key (UdpnatPerson *self)
{
  return &self->key;
}

/** udpnat_person_get_key_text: Returns: (transfer none): the static key in base32 */
const char *
udpnat_person_get_key_text (UdpnatPerson *self)
{
  return self->key_text;
}

/**
 * udpnat_person_get_name: Returns: (transfer none): the name, or the key's text while no name is
 * known */
const char *
udpnat_person_get_name (UdpnatPerson *self)
{
  return self->name != NULL ? self->name : self->key_text;
}

gboolean
udpnat_person_is_online (UdpnatPerson *self)
{
  return self->is_online;
}

/**
 * udpnat_person_has_path: whether there is a conversation, so that the path calls below mean
 * something */
gboolean
udpnat_person_has_path (UdpnatPerson *self)
{
  return self->has_path;
}

/** udpnat_person_get_path_kind: Returns: "lan", "direct" or "relay" */
const char *
udpnat_person_get_path_kind (UdpnatPerson *self)
{
  switch (self->path_kind)
    {
    case UDPNAT_PATH_KIND_RELAY:
      return "relay";
    case UDPNAT_PATH_KIND_LAN:
      return "lan";
    case UDPNAT_PATH_KIND_DIRECT:
      return "direct";
    }
  return "relay";
}

/** udpnat_person_get_path_remote: Returns: address and port of a direct path, "" for the relay */
const char *
udpnat_person_get_path_remote (UdpnatPerson *self)
{
  return self->path_remote;
}

/** udpnat_person_get_path_reason: Returns: code of why packets are relayed, "" when they are not */
const char *
udpnat_person_get_path_reason (UdpnatPerson *self)
{
  return self->path_reason == UDPNAT_PATH_REASON_NONE
           ? "" : udpnat_path_reason_to_code (self->path_reason);
}

/** udpnat_person_get_path_rtt: Returns: round trip in µs, 0 when not known */
gint64
udpnat_person_get_path_rtt (UdpnatPerson *self)
{
  return self->path_rtt_us;
}

void
udpnat_person_set_name (UdpnatPerson *self,
                        const char   *name)
{
  if (g_strcmp0 (self->name, name) == 0)
    return;
  g_free (self->name);
  self->name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

void
udpnat_person_set_online (UdpnatPerson *self,
                          gboolean      is_online)
{
  if (self->is_online == is_online)
    return;
  self->is_online = is_online;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ONLINE]);
}

void
udpnat_person_set_path (UdpnatPerson        *self,
                        UdpnatPathKind       kind,
                        const UdpnatAddress *remote,
                        gint64               rtt_us,
                        UdpnatPathReason     reason)
{
  self->has_path = TRUE;
  self->path_kind = kind;
  self->path_reason = reason;
  self->path_rtt_us = rtt_us;
  self->path_remote[0] = '\0';
  if (udpnat_address_is_set (remote))
    udpnat_address_to_string (remote, self->path_remote);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH_KIND]);
}
