/* A line as views see it: a copy of what the store had when it was read. It knows nothing of the
 * store; who shows it hears of changes from the client, and passes them on with
 * udpnat_history_item_update(). */

#include "config.h"

#include "udpnat-history-item-private.h"

enum
{
  PROP_0,
  PROP_NUMBER,
  PROP_OUTGOING,
  PROP_TEXT,
  PROP_SHOWN_US,
  PROP_STATE,
  PROP_REASON,
  PROP_DELETED,
  PROP_EDITED_US,
  PROP_QUOTED_TEXT,
  PROP_MY_REACTION,
  PROP_THEIR_REACTION,
  PROP_FILE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatHistoryItem, udpnat_history_item, G_TYPE_OBJECT)

static void
udpnat_history_item_finalize (GObject *object)
{
  UdpnatHistoryItem *self = UDPNAT_HISTORY_ITEM (object);

  g_free (self->text);
  g_free (self->reason);
  g_free (self->quoted_text);
  g_free (self->my_reaction);
  g_free (self->their_reaction);
  udpnat_stored_transfer_free (self->transfer);
  G_OBJECT_CLASS (udpnat_history_item_parent_class)->finalize (object);
}

static void
udpnat_history_item_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  UdpnatHistoryItem *self = UDPNAT_HISTORY_ITEM (object);

  switch (prop_id)
    {
    case PROP_NUMBER:
      g_value_set_int64 (value, self->number);
      break;
    case PROP_OUTGOING:
      g_value_set_boolean (value, self->is_outgoing);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    case PROP_SHOWN_US:
      g_value_set_int64 (value, self->shown_us);
      break;
    case PROP_STATE:
      g_value_set_string (value, udpnat_item_state_to_code (self->state));
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_DELETED:
      g_value_set_boolean (value, self->is_deleted);
      break;
    case PROP_EDITED_US:
      g_value_set_int64 (value, self->edited_us);
      break;
    case PROP_QUOTED_TEXT:
      g_value_set_string (value, self->quoted_text);
      break;
    case PROP_MY_REACTION:
      g_value_set_string (value, self->my_reaction);
      break;
    case PROP_THEIR_REACTION:
      g_value_set_string (value, self->their_reaction);
      break;
    case PROP_FILE:
      g_value_set_boolean (value, self->transfer != NULL);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static GParamSpec *
make_text (const char *name)
{
  return g_param_spec_string (name, NULL, NULL, NULL,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static GParamSpec *
make_boolean (const char *name)
{
  return g_param_spec_boolean (name, NULL, NULL, FALSE,
                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static GParamSpec *
make_int64 (const char *name)
{
  return g_param_spec_int64 (name, NULL, NULL, 0, G_MAXINT64, 0,
                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
udpnat_history_item_class_init (UdpnatHistoryItemClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = udpnat_history_item_finalize;
  object_class->get_property = udpnat_history_item_get_property;

  properties[PROP_NUMBER] = make_int64 ("number");
  properties[PROP_OUTGOING] = make_boolean ("outgoing");
  properties[PROP_TEXT] = make_text ("text");
  properties[PROP_SHOWN_US] = make_int64 ("shown-us");
  properties[PROP_STATE] = make_text ("state");
  properties[PROP_REASON] = make_text ("reason");
  properties[PROP_DELETED] = make_boolean ("deleted");
  properties[PROP_EDITED_US] = make_int64 ("edited-us");
  properties[PROP_QUOTED_TEXT] = make_text ("quoted-text");
  properties[PROP_MY_REACTION] = make_text ("my-reaction");
  properties[PROP_THEIR_REACTION] = make_text ("their-reaction");
  properties[PROP_FILE] = make_boolean ("file");
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_history_item_init (UdpnatHistoryItem *self)
{
}

/** udpnat_item_state_to_code: Returns: a word for programs: "waiting", "sent", … */
const char *
udpnat_item_state_to_code (UdpnatItemState state)
{
  switch (state)
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return "waiting";
    case UDPNAT_ITEM_STATE_SENT:
      return "sent";
    case UDPNAT_ITEM_STATE_STORED:
      return "stored";
    case UDPNAT_ITEM_STATE_DELIVERED:
      return "delivered";
    case UDPNAT_ITEM_STATE_READ:
      return "read";
    case UDPNAT_ITEM_STATE_FAILED:
      return "failed";
    }
  return "failed";
}

/**
 * udpnat_history_item_get_number: Returns: its row; rises in the order of the conversation, and
 * names the line in this profile for ever */
gint64
udpnat_history_item_get_number (UdpnatHistoryItem *self)
{
  return self->number;
}

/** udpnat_history_item_get_key: Returns: whose conversation it is in */
const UdpnatPublicKey *
udpnat_history_item_get_key (UdpnatHistoryItem *self)
{
  return &self->key;
}

const UdpnatMessageId *
udpnat_history_item_get_id (UdpnatHistoryItem *self)
{
  return &self->id;
}

/** udpnat_history_item_get_item_type: Returns: a #UdpnatItemType, or one of a later version */
guint8
udpnat_history_item_get_item_type (UdpnatHistoryItem *self)
{
  return self->type;
}

gboolean
udpnat_history_item_is_outgoing (UdpnatHistoryItem *self)
{
  return self->is_outgoing;
}

/** udpnat_history_item_is_deleted: whether it is only the mark of what was deleted for both */
gboolean
udpnat_history_item_is_deleted (UdpnatHistoryItem *self)
{
  return self->is_deleted;
}

/** udpnat_history_item_is_unsupported: whether only a later version can show it */
gboolean
udpnat_history_item_is_unsupported (UdpnatHistoryItem *self)
{
  if (self->type == UDPNAT_ITEM_FILE) /* one that was kept by an older version, and is none */
    return self->transfer == NULL && !self->is_deleted;
  return self->type != UDPNAT_ITEM_TEXT && self->type != UDPNAT_ITEM_REPLY;
}

/** udpnat_history_item_get_sent_us: Returns: what its sender's clock said, µs since 1970 */
gint64
udpnat_history_item_get_sent_us (UdpnatHistoryItem *self)
{
  return self->sent_us;
}

gint64
udpnat_history_item_get_received_us (UdpnatHistoryItem *self)
{
  return self->received_us;
}

/**
 * udpnat_history_item_get_shown_us: Returns: the time to show: never before the line above it, and
 * never in the future, whatever the sender's clock said */
gint64
udpnat_history_item_get_shown_us (UdpnatHistoryItem *self)
{
  return self->shown_us;
}

/** udpnat_history_item_get_edited_us: Returns: 0 when it never was */
gint64
udpnat_history_item_get_edited_us (UdpnatHistoryItem *self)
{
  return self->edited_us;
}

/**
 * udpnat_history_item_get_text: Returns: (nullable): of a file, its name; %NULL when deleted or not
 * supported */
const char *
udpnat_history_item_get_text (UdpnatHistoryItem *self)
{
  return self->text;
}

/** udpnat_history_item_get_state: DELIVERED for what we received */
UdpnatItemState
udpnat_history_item_get_state (UdpnatHistoryItem *self)
{
  return self->state;
}

/** udpnat_history_item_get_reason: Returns: (nullable): code of why it waits, or failed */
const char *
udpnat_history_item_get_reason (UdpnatHistoryItem *self)
{
  return self->reason;
}

/** udpnat_history_item_get_quoted_id: Returns: (nullable): what a reply is about */
const UdpnatMessageId *
udpnat_history_item_get_quoted_id (UdpnatHistoryItem *self)
{
  return self->has_quoted ? &self->quoted_id : NULL;
}

/**
 * udpnat_history_item_get_quoted_text: Returns: (nullable): the beginning of what is quoted; %NULL
 * when it is not here, or deleted */
const char *
udpnat_history_item_get_quoted_text (UdpnatHistoryItem *self)
{
  return self->quoted_text;
}

gboolean
udpnat_history_item_is_quoted_outgoing (UdpnatHistoryItem *self)
{
  return self->is_quoted_outgoing;
}

/** udpnat_history_item_get_my_reaction: Returns: (nullable): the sign we put on it */
const char *
udpnat_history_item_get_my_reaction (UdpnatHistoryItem *self)
{
  return self->my_reaction;
}

/** udpnat_history_item_get_their_reaction: Returns: (nullable): the sign the peer put on it */
const char *
udpnat_history_item_get_their_reaction (UdpnatHistoryItem *self)
{
  return self->their_reaction;
}

/**
 * udpnat_history_item_get_offer: Returns: (nullable): what is offered; %NULL when it is no file, or
 * deleted; until the next udpnat_history_item_update() */
const UdpnatFileOffer *
udpnat_history_item_get_offer (UdpnatHistoryItem *self)
{
  return self->transfer != NULL ? self->transfer->offer : NULL;
}

/**
 * udpnat_history_item_get_stored_transfer: Returns: (nullable): what has become of the file, as the
 * disk had it; %NULL when it is no file, or deleted; until the next udpnat_history_item_update() */
const UdpnatStoredTransfer *
udpnat_history_item_get_stored_transfer (UdpnatHistoryItem *self)
{
  return self->transfer;
}

static void
update_text (UdpnatHistoryItem *self,
             char             **text,
             const char        *newer,
             guint              property)
{
  if (g_strcmp0 (*text, newer) == 0)
    return;
  g_free (*text);
  *text = g_strdup (newer);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
update_transfer (UdpnatHistoryItem          *self,
                 const UdpnatStoredTransfer *newer)
{
  gboolean was_file = self->transfer != NULL;

  udpnat_stored_transfer_free (self->transfer);
  self->transfer = udpnat_stored_transfer_copy (newer);
  if (was_file != (newer != NULL))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FILE]);
}

/**
 * udpnat_history_item_update:
 * @newer: the same line, read later
 *
 * Takes over what may have changed, and notifies it: for an item that is in a list model.
 */
void
udpnat_history_item_update (UdpnatHistoryItem *self,
                            UdpnatHistoryItem *newer)
{
  g_return_if_fail (self->number == newer->number);

  g_object_freeze_notify (G_OBJECT (self));
  if (self->state != newer->state)
    {
      self->state = newer->state;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
    }
  if (self->is_deleted != newer->is_deleted)
    {
      self->is_deleted = newer->is_deleted;
      self->has_quoted = newer->has_quoted;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DELETED]);
    }
  if (self->edited_us != newer->edited_us)
    {
      self->edited_us = newer->edited_us;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EDITED_US]);
    }
  update_text (self, &self->text, newer->text, PROP_TEXT);
  update_text (self, &self->reason, newer->reason, PROP_REASON);
  update_text (self, &self->quoted_text, newer->quoted_text, PROP_QUOTED_TEXT);
  update_text (self, &self->my_reaction, newer->my_reaction, PROP_MY_REACTION);
  update_text (self, &self->their_reaction, newer->their_reaction, PROP_THEIR_REACTION);
  if (self != newer)
    update_transfer (self, newer->transfer);
  g_object_thaw_notify (G_OBJECT (self));
}
