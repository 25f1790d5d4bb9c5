/* What is said, and how each kind of it is laid out (PROTOCOL.md section 9). Nothing here knows who
 * said it, or whether what it speaks of exists: the store does. */

#include "config.h"

#include "udpnat-item.h"

#include <string.h>

#include "udpnat-chat-message.h"
#include "udpnat-file-offer.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-reader.h"

#define PREKEY_WIRE_BYTES (8 + UDPNAT_PREKEY_BYTES)

/**
 * udpnat_item_new:
 * @body: (array length=n_body): valid for @type
 */
UdpnatItem *
udpnat_item_new (guint8                 type,
                 const UdpnatMessageId *id,
                 gint64                 sent_us,
                 const guint8          *body,
                 gsize                  n_body)
{
  UdpnatItem *self = g_new0 (UdpnatItem, 1);

  self->type = type;
  self->id = *id;
  self->sent_us = MAX (sent_us, 0);
  self->body = g_bytes_new (body, n_body);
  return self;
}

static UdpnatItem *
new_from_array (guint8                 type,
                const UdpnatMessageId *id,
                gint64                 sent_us,
                const GByteArray      *body)
{
  return udpnat_item_new (type, id, sent_us, body->data, body->len);
}

/** udpnat_item_new_text: @text: as udpnat_text_is_valid() wants it */
UdpnatItem *
udpnat_item_new_text (const UdpnatMessageId *id,
                      gint64                 sent_us,
                      const char            *text)
{
  return udpnat_item_new (UDPNAT_ITEM_TEXT, id, sent_us, (const guint8 *) text, strlen (text));
}

/**
 * udpnat_item_new_on:
 * @type: REPLY, EDIT, DELETE, REACTION or FILE-ANSWER
 * @target: the message that it is about
 * @text: "" for DELETE and for a reaction taken back
 */
UdpnatItem *
udpnat_item_new_on (guint8                 type,
                    const UdpnatMessageId *id,
                    gint64                 sent_us,
                    const UdpnatMessageId *target,
                    const char            *text)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  udpnat_append_bytes (body, target->bytes, sizeof target->bytes);
  udpnat_append_bytes (body, (const guint8 *) text, strlen (text));
  return new_from_array (type, id, sent_us, body);
}

/**
 * udpnat_item_new_profile:
 * @status: at most %UDPNAT_STATUS_MAX_BYTES
 * @avatar: (nullable): a PNG or JPEG of at most %UDPNAT_AVATAR_MAX_BYTES
 */
UdpnatItem *
udpnat_item_new_profile (const UdpnatMessageId *id,
                         gint64                 sent_us,
                         const char            *status,
                         GBytes                *avatar)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  udpnat_append_string (body, status);
  if (avatar != NULL)
    udpnat_append_bytes (body, g_bytes_get_data (avatar, NULL), g_bytes_get_size (avatar));
  return new_from_array (UDPNAT_ITEM_PROFILE, id, sent_us, body);
}

/** udpnat_item_new_prekeys: @n_prekeys: 1 to %UDPNAT_PREKEYS_MAX; their keys are public ones */
UdpnatItem *
udpnat_item_new_prekeys (const UdpnatMessageId *id,
                         gint64                 sent_us,
                         const UdpnatPrekey    *prekeys,
                         guint                  n_prekeys)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  for (guint i = 0; i < n_prekeys; i++)
    {
      udpnat_append_u64 (body, prekeys[i].id);
      udpnat_append_bytes (body, prekeys[i].key, sizeof prekeys[i].key);
    }
  return new_from_array (UDPNAT_ITEM_PREKEYS, id, sent_us, body);
}

UdpnatItem *
udpnat_item_new_accept (const UdpnatMessageId *id,
                        gint64                 sent_us)
{
  return udpnat_item_new (UDPNAT_ITEM_ACCEPT, id, sent_us, NULL, 0);
}

/** udpnat_item_new_address: @address: `name@server`, or a name alone when there is no server */
UdpnatItem *
udpnat_item_new_address (const UdpnatMessageId *id,
                         gint64                 sent_us,
                         const char            *address)
{
  return udpnat_item_new (UDPNAT_ITEM_ADDRESS, id, sent_us, (const guint8 *) address,
                          strlen (address));
}

UdpnatItem *
udpnat_item_copy (const UdpnatItem *self)
{
  UdpnatItem *copy = g_memdup2 (self, sizeof *self);

  g_bytes_ref (copy->body);
  return copy;
}

void
udpnat_item_free (UdpnatItem *self)
{
  if (self == NULL)
    return;
  g_bytes_unref (self->body);
  g_free (self);
}

/* ---- Checking ---- */

static gboolean
is_text_after_target (const guint8 *body,
                      gsize         n_body)
{
  return n_body > UDPNAT_MESSAGE_ID_BYTES &&
         udpnat_text_is_valid ((const char *) body + UDPNAT_MESSAGE_ID_BYTES,
                               n_body - UDPNAT_MESSAGE_ID_BYTES);
}

static gboolean
is_reaction (const guint8 *body,
             gsize         n_body)
{
  return n_body >= UDPNAT_MESSAGE_ID_BYTES &&
         n_body - UDPNAT_MESSAGE_ID_BYTES <= UDPNAT_REACTION_MAX_BYTES &&
         g_utf8_validate_len ((const char *) body + UDPNAT_MESSAGE_ID_BYTES,
                              n_body - UDPNAT_MESSAGE_ID_BYTES, NULL);
}

/* Answers are words of programs; some of a later version are kept and change nothing. */
static gboolean
is_answer (const guint8 *body,
           gsize         n_body)
{
  if (n_body <= UDPNAT_MESSAGE_ID_BYTES ||
      n_body > UDPNAT_MESSAGE_ID_BYTES + UDPNAT_FILE_ANSWER_MAX_BYTES)
    return FALSE;
  for (gsize i = UDPNAT_MESSAGE_ID_BYTES; i < n_body; i++)
    if (!g_ascii_islower (body[i]) && body[i] != '-')
      return FALSE;
  return TRUE;
}

static gboolean
is_offer (const guint8 *body,
          gsize         n_body)
{
  g_autoptr (UdpnatFileOffer) offer = udpnat_file_offer_parse (body, n_body);

  return offer != NULL;
}

static gboolean
is_profile (const guint8 *body,
            gsize         n_body)
{
  UdpnatReader reader;
  const guint8 *status;
  gsize n_status;

  udpnat_reader_init (&reader, body, n_body);
  n_status = udpnat_reader_u16 (&reader);
  status = udpnat_reader_bytes (&reader, n_status);
  return !reader.failed && n_status <= UDPNAT_STATUS_MAX_BYTES &&
         udpnat_reader_left (&reader) <= UDPNAT_AVATAR_MAX_BYTES &&
         g_utf8_validate_len ((const char *) status, n_status, NULL);
}

static gboolean
is_address (const guint8 *body,
            gsize         n_body)
{
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  const char *place;

  if (n_body > UDPNAT_NAME_MAX_BYTES + 1 + UDPNAT_PLACE_MAX_BYTES ||
      !udpnat_text_is_valid ((const char *) body, n_body))
    return FALSE;
  text = g_strndup ((const char *) body, n_body);
  if (udpnat_name_split (text, &name, &place))
    return TRUE;
  name = udpnat_name_normalize (text);
  return name != NULL;
}

/** udpnat_item_body_is_valid: whether a @type has such a body; whatever an unknown type has is */
gboolean
udpnat_item_body_is_valid (guint8        type,
                           const guint8 *body,
                           gsize         n_body)
{
  switch ((UdpnatItemType) type)
    {
    case UDPNAT_ITEM_TEXT:
      return udpnat_text_is_valid ((const char *) body, n_body);
    case UDPNAT_ITEM_REPLY:
    case UDPNAT_ITEM_EDIT:
      return is_text_after_target (body, n_body);
    case UDPNAT_ITEM_DELETE:
      return n_body == UDPNAT_MESSAGE_ID_BYTES;
    case UDPNAT_ITEM_REACTION:
      return is_reaction (body, n_body);
    case UDPNAT_ITEM_PROFILE:
      return is_profile (body, n_body);
    case UDPNAT_ITEM_PREKEYS:
      return n_body > 0 && n_body % PREKEY_WIRE_BYTES == 0 &&
             n_body / PREKEY_WIRE_BYTES <= UDPNAT_PREKEYS_MAX;
    case UDPNAT_ITEM_ACCEPT:
      return n_body == 0;
    case UDPNAT_ITEM_ADDRESS:
      return is_address (body, n_body);
    case UDPNAT_ITEM_FILE:
      return is_offer (body, n_body);
    case UDPNAT_ITEM_FILE_ANSWER:
      return is_answer (body, n_body);
    case UDPNAT_ITEM_FILE_PART:
      return udpnat_file_part_parse (body, n_body, NULL);
    }
  return TRUE;
}

/* ---- Reading ---- */

/** udpnat_item_is_known: whether this version understands its type */
gboolean
udpnat_item_is_known (const UdpnatItem *self)
{
  return self->type >= UDPNAT_ITEM_TEXT && self->type <= UDPNAT_ITEM_FILE_PART;
}

/**
 * udpnat_item_is_shown: whether it has a line of its own in the conversation: texts, files, and
 * what a later version says */
gboolean
udpnat_item_is_shown (const UdpnatItem *self)
{
  return self->type == UDPNAT_ITEM_TEXT || self->type == UDPNAT_ITEM_REPLY ||
         self->type == UDPNAT_ITEM_FILE || !udpnat_item_is_known (self);
}

static gboolean
has_target (const UdpnatItem *self)
{
  return self->type == UDPNAT_ITEM_REPLY || self->type == UDPNAT_ITEM_EDIT ||
         self->type == UDPNAT_ITEM_DELETE || self->type == UDPNAT_ITEM_REACTION ||
         self->type == UDPNAT_ITEM_FILE_ANSWER;
}

/** udpnat_item_get_target: Returns: %FALSE when it is about no other item */
gboolean
udpnat_item_get_target (const UdpnatItem *self,
                        UdpnatMessageId  *out_target)
{
  if (!has_target (self))
    return FALSE;
  memcpy (out_target->bytes, g_bytes_get_data (self->body, NULL), sizeof out_target->bytes);
  return TRUE;
}

/**
 * udpnat_item_dup_text:
 *
 * Returns: (transfer full) (nullable): the text, the sign of a reaction, the status line, the
 *   address, the name of a file or the word of an answer; %NULL for a type that has none
 */
char *
udpnat_item_dup_text (const UdpnatItem *self)
{
  gsize n_body;
  const char *body = g_bytes_get_data (self->body, &n_body);
  UdpnatReader reader;
  gsize n_status;

  if (self->type == UDPNAT_ITEM_TEXT || self->type == UDPNAT_ITEM_ADDRESS)
    return g_strndup (body, n_body);
  if (has_target (self))
    return g_strndup (body + UDPNAT_MESSAGE_ID_BYTES, n_body - UDPNAT_MESSAGE_ID_BYTES);
  if (self->type == UDPNAT_ITEM_FILE)
    {
      g_autoptr (UdpnatFileOffer) offer = udpnat_item_dup_offer (self);

      return g_steal_pointer (&offer->name);
    }
  if (self->type != UDPNAT_ITEM_PROFILE)
    return NULL;
  udpnat_reader_init (&reader, (const guint8 *) body, n_body);
  n_status = udpnat_reader_u16 (&reader);
  return g_strndup ((const char *) udpnat_reader_bytes (&reader, n_status), n_status);
}

/** udpnat_item_dup_avatar: Returns: (transfer full) (nullable): the picture of a PROFILE */
GBytes *
udpnat_item_dup_avatar (const UdpnatItem *self)
{
  gsize n_body;
  const guint8 *body = g_bytes_get_data (self->body, &n_body);
  UdpnatReader reader;

  if (self->type != UDPNAT_ITEM_PROFILE)
    return NULL;
  udpnat_reader_init (&reader, body, n_body);
  udpnat_reader_bytes (&reader, udpnat_reader_u16 (&reader));
  if (udpnat_reader_left (&reader) == 0)
    return NULL;
  n_body = udpnat_reader_left (&reader);
  return g_bytes_new (udpnat_reader_bytes (&reader, n_body), n_body);
}

/** udpnat_item_get_prekeys: Returns: how many there are in @out_prekeys; 0 for other types */
guint
udpnat_item_get_prekeys (const UdpnatItem *self,
                         UdpnatPrekey     *out_prekeys,
                         guint             n_max)
{
  UdpnatReader reader;
  gsize n_body;
  const guint8 *body = g_bytes_get_data (self->body, &n_body);
  guint n = 0;

  if (self->type != UDPNAT_ITEM_PREKEYS)
    return 0;
  udpnat_reader_init (&reader, body, n_body);
  for (; n < n_max && udpnat_reader_left (&reader) >= PREKEY_WIRE_BYTES; n++)
    {
      out_prekeys[n].id = udpnat_reader_u64 (&reader);
      udpnat_reader_copy (&reader, out_prekeys[n].key, sizeof out_prekeys[n].key);
    }
  return n;
}
