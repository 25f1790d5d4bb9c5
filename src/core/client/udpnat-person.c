#include "config.h"

#include "udpnat-person-private.h"

#include "udpnat-presence.h"

/* Somebody else, as views see them. What is on disk is one #UdpnatContact, replaced as a whole when
 * the store has changed it; what the network says is beside it. */

struct _UdpnatPerson
{
  GObject          parent_instance;

  UdpnatContact   *contact;
  char             key_text[UDPNAT_KEY_TEXT_BYTES];

  guint8           presence;    /* a #UdpnatPresence */
  gboolean         is_on_lan;
  gboolean         has_lost_server; /* what it said last of them need not be so any more */
  gboolean         is_typing;
  char            *new_key;     /* nullable: key that the server gives for the name now */
  const char      *wait_reason; /* nullable: why the mailbox takes nothing */
  UdpnatHistoryItem *last_line; /* nullable: the newest line of the conversation */
  guint            n_receiving; /* what they have said, and the disk has not answered */

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
  PROP_NICKNAME,
  PROP_TITLE,
  PROP_RELATION,
  PROP_VERIFIED,
  PROP_MUTUAL,
  PROP_PINNED,
  PROP_MUTED,
  PROP_RELAY_ONLY,
  PROP_UNREAD,
  PROP_LAST_SHOWN,
  PROP_DRAFT,
  PROP_STATUS,
  PROP_AVATAR,
  PROP_PRESENCE,
  PROP_ON_LAN,
  PROP_TYPING,
  PROP_LAST_SEEN,
  PROP_PATH_KIND,
  PROP_NEW_KEY,
  PROP_WAIT_REASON,
  PROP_LAST_LINE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatPerson, udpnat_person, G_TYPE_OBJECT)

static void
udpnat_person_finalize (GObject *object)
{
  UdpnatPerson *self = UDPNAT_PERSON (object);

  udpnat_contact_free (self->contact);
  g_free (self->new_key);
  g_clear_object (&self->last_line);
  G_OBJECT_CLASS (udpnat_person_parent_class)->finalize (object);
}

static gboolean
get_flag (UdpnatPerson *self,
          guint         prop_id)
{
  switch (prop_id)
    {
    case PROP_VERIFIED:
      return self->contact->is_verified;
    case PROP_MUTUAL:
      return self->contact->is_mutual;
    case PROP_PINNED:
      return self->contact->is_pinned;
    case PROP_MUTED:
      return self->contact->is_muted;
    case PROP_RELAY_ONLY:
      return self->contact->is_relay_only;
    case PROP_ON_LAN:
      return self->is_on_lan;
    case PROP_TYPING:
      return self->is_typing;
    default:
      g_return_val_if_reached (FALSE);
    }
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
    case PROP_NICKNAME:
      g_value_set_string (value, self->contact->nickname);
      break;
    case PROP_TITLE:
      g_value_set_string (value, udpnat_person_get_title (self));
      break;
    case PROP_RELATION:
      g_value_set_uint (value, self->contact->relation);
      break;
    case PROP_UNREAD:
      g_value_set_uint (value, self->contact->n_unread);
      break;
    case PROP_LAST_SHOWN:
      g_value_set_int64 (value, self->contact->last_shown_us);
      break;
    case PROP_DRAFT:
      g_value_set_string (value, self->contact->draft);
      break;
    case PROP_STATUS:
      g_value_set_string (value, self->contact->status);
      break;
    case PROP_AVATAR:
      g_value_set_boxed (value, self->contact->avatar);
      break;
    case PROP_PRESENCE:
      g_value_set_uint (value, self->presence);
      break;
    case PROP_LAST_SEEN:
      g_value_set_int64 (value, self->contact->last_seen_us);
      break;
    case PROP_PATH_KIND:
      g_value_set_string (value, udpnat_person_get_path_kind (self));
      break;
    case PROP_NEW_KEY:
      g_value_set_string (value, self->new_key);
      break;
    case PROP_WAIT_REASON:
      g_value_set_string (value, self->wait_reason);
      break;
    case PROP_LAST_LINE:
      g_value_set_object (value, self->last_line);
      break;
    case PROP_VERIFIED:
    case PROP_MUTUAL:
    case PROP_PINNED:
    case PROP_MUTED:
    case PROP_RELAY_ONLY:
    case PROP_ON_LAN:
    case PROP_TYPING:
      g_value_set_boolean (value, get_flag (self, prop_id));
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
  properties[PROP_NICKNAME] = g_param_spec_string ("nickname", NULL, NULL, NULL, flags);
  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_RELATION] = g_param_spec_uint ("relation", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_VERIFIED] = g_param_spec_boolean ("verified", NULL, NULL, FALSE, flags);
  properties[PROP_MUTUAL] = g_param_spec_boolean ("mutual", NULL, NULL, FALSE, flags);
  properties[PROP_PINNED] = g_param_spec_boolean ("pinned", NULL, NULL, FALSE, flags);
  properties[PROP_MUTED] = g_param_spec_boolean ("muted", NULL, NULL, FALSE, flags);
  properties[PROP_RELAY_ONLY] = g_param_spec_boolean ("relay-only", NULL, NULL, FALSE, flags);
  properties[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LAST_SHOWN] = g_param_spec_int64 ("last-shown-us", NULL, NULL, 0, G_MAXINT64, 0,
                                                    flags);
  properties[PROP_DRAFT] = g_param_spec_string ("draft", NULL, NULL, NULL, flags);
  properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, flags);
  properties[PROP_AVATAR] = g_param_spec_boxed ("avatar", NULL, NULL, G_TYPE_BYTES, flags);
  properties[PROP_PRESENCE] = g_param_spec_uint ("presence", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_ON_LAN] = g_param_spec_boolean ("on-lan", NULL, NULL, FALSE, flags);
  properties[PROP_TYPING] = g_param_spec_boolean ("typing", NULL, NULL, FALSE, flags);
  properties[PROP_LAST_SEEN] = g_param_spec_int64 ("last-seen-us", NULL, NULL, 0, G_MAXINT64, 0,
                                                   flags);
  properties[PROP_PATH_KIND] = g_param_spec_string ("path-kind", NULL, NULL, NULL, flags);
  properties[PROP_NEW_KEY] = g_param_spec_string ("new-key", NULL, NULL, NULL, flags);
  properties[PROP_WAIT_REASON] = g_param_spec_string ("wait-reason", NULL, NULL, NULL, flags);
  properties[PROP_LAST_LINE] = g_param_spec_object ("last-line", NULL, NULL,
                                                    UDPNAT_TYPE_HISTORY_ITEM, flags);
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

  self->contact = udpnat_contact_new (key);
  udpnat_public_key_to_string (key, self->key_text);
  return self;
}

/* ---- Who they are ---- */

const UdpnatPublicKey *
udpnat_person_get_key (UdpnatPerson *self)
{
  return &self->contact->key;
}

/** udpnat_person_get_key_text: Returns: (transfer none): the static key in base32 */
const char *
udpnat_person_get_key_text (UdpnatPerson *self)
{
  return self->key_text;
}

/** udpnat_person_get_title: Returns: what to call them: nickname, name, or the key's text */
const char *
udpnat_person_get_title (UdpnatPerson *self)
{
  return self->contact->nickname != NULL ? self->contact->nickname : udpnat_person_get_name (self);
}

/**
 * udpnat_person_get_name: Returns: (transfer none): the name at the server, or the key's text while
 * no name is known */
const char *
udpnat_person_get_name (UdpnatPerson *self)
{
  return self->contact->name != NULL ? self->contact->name : self->key_text;
}

/** udpnat_person_get_nickname: Returns: (nullable): what the user calls them */
const char *
udpnat_person_get_nickname (UdpnatPerson *self)
{
  return self->contact->nickname;
}

UdpnatRelation
udpnat_person_get_relation (UdpnatPerson *self)
{
  return self->contact->relation;
}

gboolean
udpnat_person_is_contact (UdpnatPerson *self)
{
  return self->contact->relation == UDPNAT_RELATION_ACCEPTED;
}

/** udpnat_person_is_mutual: whether they have accepted us as well, as far as we know */
gboolean
udpnat_person_is_mutual (UdpnatPerson *self)
{
  return self->contact->is_mutual;
}

gboolean
udpnat_person_is_verified (UdpnatPerson *self)
{
  return self->contact->is_verified;
}

gboolean
udpnat_person_is_pinned (UdpnatPerson *self)
{
  return self->contact->is_pinned;
}

gboolean
udpnat_person_is_muted (UdpnatPerson *self)
{
  return self->contact->is_muted;
}

/** udpnat_person_is_relay_only: whether the user wants no direct path to them */
gboolean
udpnat_person_is_relay_only (UdpnatPerson *self)
{
  return self->contact->is_relay_only;
}

/** udpnat_person_get_status: Returns: (nullable): their status line */
const char *
udpnat_person_get_status (UdpnatPerson *self)
{
  return self->contact->status;
}

/** udpnat_person_get_avatar: Returns: (nullable): their picture, PNG or JPEG, not trusted */
GBytes *
udpnat_person_get_avatar (UdpnatPerson *self)
{
  return self->contact->avatar;
}

/**
 * udpnat_person_get_new_key: Returns: (nullable): the key that the server gives for their name now,
 * while the user has not decided */
const char *
udpnat_person_get_new_key (UdpnatPerson *self)
{
  return self->new_key;
}

/* ---- The conversation ---- */

guint
udpnat_person_get_unread (UdpnatPerson *self)
{
  return self->contact->n_unread;
}

/** udpnat_person_get_last_shown: Returns: time of the newest line, µs since 1970; 0: none */
gint64
udpnat_person_get_last_shown (UdpnatPerson *self)
{
  return self->contact->last_shown_us;
}

/**
 * udpnat_person_get_last_line: Returns: (transfer none) (nullable): the newest line of the
 * conversation, as it is now */
UdpnatHistoryItem *
udpnat_person_get_last_line (UdpnatPerson *self)
{
  return self->last_line;
}

/** udpnat_person_get_draft: Returns: (nullable): what was typed and not sent */
const char *
udpnat_person_get_draft (UdpnatPerson *self)
{
  return self->contact->draft;
}

/** udpnat_person_get_server: Returns: (nullable): "host" or "host:port": where they are registered,
 * when that is not our own server */
const char *
udpnat_person_get_server (UdpnatPerson *self)
{
  return self->contact->server;
}

/** udpnat_person_get_wait_reason: Returns: (nullable): code of why their mailbox takes nothing */
const char *
udpnat_person_get_wait_reason (UdpnatPerson *self)
{
  return self->wait_reason;
}

gboolean
udpnat_person_is_typing (UdpnatPerson *self)
{
  return self->is_typing;
}

/* ---- Where they are ---- */

/** udpnat_person_get_presence: Returns: a #UdpnatPresence */
guint8
udpnat_person_get_presence (UdpnatPerson *self)
{
  return self->presence;
}

gboolean
udpnat_person_is_online (UdpnatPerson *self)
{
  return self->presence != UDPNAT_PRESENCE_OFFLINE;
}

/* Whether a direct path was tried for nothing, or not wanted. */
static gboolean
has_failed (UdpnatPathReason reason)
{
  return reason != UDPNAT_PATH_REASON_NONE && reason != UDPNAT_PATH_REASON_IDLE &&
         reason != UDPNAT_PATH_REASON_NO_SESSION && reason != UDPNAT_PATH_REASON_CONNECTING &&
         reason != UDPNAT_PATH_REASON_SEARCHING;
}

/** udpnat_person_is_cut_off: whether they were here when the server was lost, which was the only
 * way to them */
gboolean
udpnat_person_is_cut_off (UdpnatPerson *self)
{
  if (!self->has_lost_server || !udpnat_person_is_online (self))
    return FALSE;
  if (!self->has_path)
    return !self->is_on_lan;
  /* Their last beacon may be older than what we know of the path. */
  return self->path_kind == UDPNAT_PATH_KIND_RELAY &&
         (!self->is_on_lan || has_failed (self->path_reason));
}

/** udpnat_person_is_on_lan: whether they are on our own network, and need no server */
gboolean
udpnat_person_is_on_lan (UdpnatPerson *self)
{
  return self->is_on_lan;
}

/** udpnat_person_get_last_seen: Returns: µs since 1970; 0 when not known */
gint64
udpnat_person_get_last_seen (UdpnatPerson *self)
{
  return self->contact->last_seen_us;
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
  return udpnat_person_explain_reason (self, self->path_reason);
}

/** udpnat_person_get_path_rtt: Returns: round trip in µs, 0 when not known */
gint64
udpnat_person_get_path_rtt (UdpnatPerson *self)
{
  return self->path_rtt_us;
}

/* ---- For the client ---- */

/**
 * udpnat_person_explain_reason: Returns: (transfer none): the code of @reason, with what the node
 * cannot know: addresses are told to contacts only */
const char *
udpnat_person_explain_reason (UdpnatPerson     *self,
                              UdpnatPathReason  reason)
{
  if (reason == UDPNAT_PATH_REASON_NONE)
    return "";
  if (reason == UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL &&
      self->contact->relation != UDPNAT_RELATION_ACCEPTED)
    return "request";
  if (reason == UDPNAT_PATH_REASON_NO_CANDIDATES && !self->contact->is_mutual)
    return "not-accepted";
  return udpnat_path_reason_to_code (reason);
}

const UdpnatContact *
udpnat_person_get_contact (UdpnatPerson *self)
{
  return self->contact;
}

static void
notify (UdpnatPerson *self,
        guint         property,
        gboolean      is_changed)
{
  if (is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static gboolean
is_same_picture (GBytes *a,
                 GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

/** udpnat_person_take_contact: @contact: (transfer full): what is on disk now */
void
udpnat_person_take_contact (UdpnatPerson  *self,
                            UdpnatContact *contact)
{
  g_autoptr (UdpnatContact) old = g_steal_pointer (&self->contact);
  gboolean is_renamed = g_strcmp0 (old->name, contact->name) != 0;
  gboolean is_renicked = g_strcmp0 (old->nickname, contact->nickname) != 0;

  self->contact = contact;
  notify (self, PROP_NAME, is_renamed);
  notify (self, PROP_NICKNAME, is_renicked);
  notify (self, PROP_TITLE, is_renamed || is_renicked);
  notify (self, PROP_RELATION, old->relation != contact->relation);
  notify (self, PROP_VERIFIED, old->is_verified != contact->is_verified);
  notify (self, PROP_MUTUAL, old->is_mutual != contact->is_mutual);
  notify (self, PROP_PINNED, old->is_pinned != contact->is_pinned);
  notify (self, PROP_MUTED, old->is_muted != contact->is_muted);
  notify (self, PROP_RELAY_ONLY, old->is_relay_only != contact->is_relay_only);
  notify (self, PROP_UNREAD, old->n_unread != contact->n_unread);
  notify (self, PROP_LAST_SHOWN, old->last_shown_us != contact->last_shown_us);
  notify (self, PROP_DRAFT, g_strcmp0 (old->draft, contact->draft) != 0);
  notify (self, PROP_STATUS, g_strcmp0 (old->status, contact->status) != 0);
  notify (self, PROP_AVATAR, !is_same_picture (old->avatar, contact->avatar));
  notify (self, PROP_LAST_SEEN, old->last_seen_us != contact->last_seen_us);
}

void
udpnat_person_set_name (UdpnatPerson *self,
                        const char   *name)
{
  if (g_strcmp0 (self->contact->name, name) == 0)
    return;
  g_free (self->contact->name);
  self->contact->name = g_strdup (name);
  notify (self, PROP_NAME, TRUE);
  notify (self, PROP_TITLE, self->contact->nickname == NULL);
}

/* Whether they are here depends on the ways to them, too. */
static void
notify_cut_off (UdpnatPerson *self,
                gboolean      was_cut_off)
{
  notify (self, PROP_PRESENCE, udpnat_person_is_cut_off (self) != was_cut_off);
}

void
udpnat_person_set_presence (UdpnatPerson *self,
                            guint8        presence)
{
  gboolean is_changed = self->presence != presence;

  self->presence = presence;
  notify (self, PROP_PRESENCE, is_changed);
}

/** udpnat_person_set_lost_server: @has_lost_server: whether we are registered no more */
void
udpnat_person_set_lost_server (UdpnatPerson *self,
                               gboolean      has_lost_server)
{
  gboolean was_cut_off = udpnat_person_is_cut_off (self);

  self->has_lost_server = has_lost_server;
  notify_cut_off (self, was_cut_off);
}

void
udpnat_person_set_on_lan (UdpnatPerson *self,
                          gboolean      is_on_lan)
{
  gboolean is_changed = self->is_on_lan != is_on_lan;
  gboolean was_cut_off = udpnat_person_is_cut_off (self);

  self->is_on_lan = is_on_lan;
  notify (self, PROP_ON_LAN, is_changed);
  notify_cut_off (self, was_cut_off);
}

void
udpnat_person_set_typing (UdpnatPerson *self,
                          gboolean      is_typing)
{
  gboolean is_changed = self->is_typing != is_typing;

  self->is_typing = is_typing;
  notify (self, PROP_TYPING, is_changed);
}

void
udpnat_person_set_new_key (UdpnatPerson *self,
                           const char   *key_text)
{
  g_free (self->new_key);
  self->new_key = g_strdup (key_text);
  notify (self, PROP_NEW_KEY, TRUE);
}

/** udpnat_person_set_wait_reason: @code: (nullable): a static string */
void
udpnat_person_set_wait_reason (UdpnatPerson *self,
                               const char   *code)
{
  gboolean is_changed = g_strcmp0 (self->wait_reason, code) != 0;

  self->wait_reason = code;
  notify (self, PROP_WAIT_REASON, is_changed);
}

/** udpnat_person_set_last_line: @line: (nullable): replaces the one before, even if it is the same
 * line in another state */
void
udpnat_person_set_last_line (UdpnatPerson      *self,
                             UdpnatHistoryItem *line)
{
  if (g_set_object (&self->last_line, line))
    notify (self, PROP_LAST_LINE, TRUE);
}

/** udpnat_person_begin_receiving: something that they have said goes to the disk */
void
udpnat_person_begin_receiving (UdpnatPerson *self)
{
  self->n_receiving++;
}

/** udpnat_person_end_receiving: the disk has answered about one of those */
void
udpnat_person_end_receiving (UdpnatPerson *self)
{
  g_return_if_fail (self->n_receiving > 0);

  self->n_receiving--;
}

/** udpnat_person_is_receiving: Returns: whether it is open yet what becomes of something that they
 * have said */
gboolean
udpnat_person_is_receiving (UdpnatPerson *self)
{
  return self->n_receiving > 0;
}

void
udpnat_person_set_path (UdpnatPerson        *self,
                        UdpnatPathKind       kind,
                        const UdpnatAddress *remote,
                        gint64               rtt_us,
                        UdpnatPathReason     reason)
{
  gboolean was_cut_off = udpnat_person_is_cut_off (self);

  self->has_path = TRUE;
  self->path_kind = kind;
  self->path_reason = reason;
  self->path_rtt_us = rtt_us;
  self->path_remote[0] = '\0';
  if (udpnat_address_is_set (remote))
    udpnat_address_to_string (remote, self->path_remote);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH_KIND]);
  notify_cut_off (self, was_cut_off);
}
