#include "config.h"

#include "udpnat-chat-message.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-reader.h"

/* Items, receipts, typing (PROTOCOL.md section 9). What an item says, which ids were seen and in
 * which order texts are shown, is for chat. */

/* What a RECEIPT may name at most. */
#define RECEIPT_IDS_MAX 256

/** udpnat_text_is_valid: 1 to %UDPNAT_TEXT_MAX_BYTES bytes of UTF-8 without zero bytes */
gboolean
udpnat_text_is_valid (const char *text,
                      gsize       n_text)
{
  return n_text >= 1 && n_text <= UDPNAT_TEXT_MAX_BYTES && g_utf8_validate_len (text, n_text, NULL);
}

/**
 * udpnat_write_item:
 * @type: %UDPNAT_CHAT_ITEM_FIRST to _LAST
 * @sent_us: wall clock of the sender, µs since 1970; a clock before that is written as 0
 * @body: (array length=n_body): what comes after id and time
 */
void
udpnat_write_item (GByteArray            *out,
                   guint8                 type,
                   const UdpnatMessageId *id,
                   gint64                 sent_us,
                   const guint8          *body,
                   gsize                  n_body)
{
  gsize mark = udpnat_message_begin (out, type);

  g_assert (type >= UDPNAT_CHAT_ITEM_FIRST && type <= UDPNAT_CHAT_ITEM_LAST);

  udpnat_append_bytes (out, id->bytes, UDPNAT_MESSAGE_ID_BYTES);
  udpnat_append_u64 (out, (guint64) MAX (sent_us, 0));
  udpnat_append_bytes (out, body, n_body);
  udpnat_message_end (out, mark);
}

/**
 * udpnat_parse_item:
 * @out_body: (out) (array length=out_n_body): lent from the message, not checked
 */
gboolean
udpnat_parse_item (const UdpnatMessageView *message,
                   UdpnatMessageId         *out_id,
                   gint64                  *out_sent_us,
                   const guint8           **out_body,
                   gsize                   *out_n_body)
{
  UdpnatReader reader;
  guint64 sent_us;

  if (message->type < UDPNAT_CHAT_ITEM_FIRST || message->type > UDPNAT_CHAT_ITEM_LAST)
    return FALSE;
  udpnat_reader_init (&reader, message->body, message->n_body);
  udpnat_reader_copy (&reader, out_id->bytes, UDPNAT_MESSAGE_ID_BYTES);
  sent_us = udpnat_reader_u64 (&reader);
  if (reader.failed || sent_us > G_MAXINT64)
    return FALSE;
  *out_sent_us = (gint64) sent_us;
  *out_n_body = udpnat_reader_left (&reader);
  *out_body = udpnat_reader_bytes (&reader, *out_n_body);
  return TRUE;
}

/** udpnat_write_receipt: @n_ids is at most 256 */
void
udpnat_write_receipt (GByteArray            *out,
                      guint8                 kind,
                      const UdpnatMessageId *ids,
                      guint                  n_ids)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CHAT_RECEIPT);

  g_assert (n_ids <= RECEIPT_IDS_MAX);
  udpnat_append_u8 (out, kind);
  for (guint i = 0; i < n_ids; i++)
    udpnat_append_bytes (out, ids[i].bytes, UDPNAT_MESSAGE_ID_BYTES);
  udpnat_message_end (out, mark);
}

/**
 * udpnat_parse_receipt:
 * @out_ids: (out): lent; @out_n_ids × 16 bytes
 * @out_n_ids: (out): 0 to 256
 */
gboolean
udpnat_parse_receipt (const UdpnatMessageView *message,
                      guint8                  *out_kind,
                      const guint8           **out_ids,
                      guint                   *out_n_ids)
{
  gsize n_ids;

  if (message->type != UDPNAT_CHAT_RECEIPT || message->n_body < 1
      || (message->n_body - 1) % UDPNAT_MESSAGE_ID_BYTES != 0)
    return FALSE;
  n_ids = (message->n_body - 1) / UDPNAT_MESSAGE_ID_BYTES;
  if (n_ids > RECEIPT_IDS_MAX)
    return FALSE;
  *out_kind = message->body[0];
  *out_ids = message->body + 1;
  *out_n_ids = (guint) n_ids;
  return TRUE;
}

void
udpnat_write_typing (GByteArray *out,
                     gboolean    is_typing)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CHAT_TYPING);

  udpnat_append_u8 (out, is_typing ? 1 : 0);
  udpnat_message_end (out, mark);
}

gboolean
udpnat_parse_typing (const UdpnatMessageView *message,
                     gboolean                *out_is_typing)
{
  if (message->type != UDPNAT_CHAT_TYPING || message->n_body != 1)
    return FALSE;
  *out_is_typing = message->body[0] != 0;
  return TRUE;
}

void
udpnat_write_begin (GByteArray *out)
{
  udpnat_message_end (out, udpnat_message_begin (out, UDPNAT_CHAT_BEGIN));
}

gboolean
udpnat_parse_begin (const UdpnatMessageView *message)
{
  return message->type == UDPNAT_CHAT_BEGIN && message->n_body == 0;
}
