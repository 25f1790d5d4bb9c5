#pragma once

#include "udpnat-message-id.h"
#include "udpnat-message.h"

G_BEGIN_DECLS

/* Messages of the chat stream (PROTOCOL.md section 9). Types up to ITEM_LAST are items: said
 * reliably, with an id and a time before the rest; what that is, is for chat. */
typedef enum
{
  UDPNAT_CHAT_ITEM_FIRST = 0x01,
  UDPNAT_CHAT_ITEM_LAST = 0x3f,
  UDPNAT_CHAT_RECEIPT = 0x40,
  UDPNAT_CHAT_TYPING = 0x41,
  UDPNAT_CHAT_BEGIN = 0x42, /* of a letter: it begins with the oldest item without a receipt */
} UdpnatChatMessageType;

/* Kind of RECEIPT. Read it as guint8: others may be added. */
typedef enum
{
  UDPNAT_RECEIPT_DELIVERED = 1, /* these items are on our disk */
  UDPNAT_RECEIPT_READ = 2,      /* everything up to and including this item has been seen */
} UdpnatReceiptKind;

/* What an item needs besides its body: message header, id, time. */
#define UDPNAT_ITEM_OVERHEAD_BYTES (UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_ID_BYTES + 8)
/* A RECEIPT that names @n items. */
#define UDPNAT_RECEIPT_BYTES(n) \
  (UDPNAT_MESSAGE_HEADER_BYTES + 1 + (n) * UDPNAT_MESSAGE_ID_BYTES)
#define UDPNAT_TYPING_BYTES (UDPNAT_MESSAGE_HEADER_BYTES + 1)
#define UDPNAT_BEGIN_BYTES UDPNAT_MESSAGE_HEADER_BYTES

gboolean udpnat_text_is_valid (const char              *text,
                               gsize                    n_text) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_item    (GByteArray              *out,
                               guint8                   type,
                               const UdpnatMessageId   *id,
                               gint64                   sent_us,
                               const guint8            *body,
                               gsize                    n_body);
gboolean udpnat_parse_item    (const UdpnatMessageView *message,
                               UdpnatMessageId         *out_id,
                               gint64                  *out_sent_us,
                               const guint8           **out_body,
                               gsize                   *out_n_body) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_receipt (GByteArray              *out,
                               guint8                   kind,
                               const UdpnatMessageId   *ids,
                               guint                    n_ids);
gboolean udpnat_parse_receipt (const UdpnatMessageView *message,
                               guint8                  *out_kind,
                               const guint8           **out_ids,
                               guint                   *out_n_ids) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_typing  (GByteArray              *out,
                               gboolean                 is_typing);
gboolean udpnat_parse_typing  (const UdpnatMessageView *message,
                               gboolean                *out_is_typing) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_begin   (GByteArray              *out);
gboolean udpnat_parse_begin   (const UdpnatMessageView *message) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
