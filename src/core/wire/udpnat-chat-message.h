#pragma once

#include "udpnat-message-id.h"
#include "udpnat-message.h"

G_BEGIN_DECLS

/* Messages of the chat stream (PROTOCOL.md section 9). */
typedef enum
{
  UDPNAT_CHAT_TEXT = 0x01,
  UDPNAT_CHAT_RECEIPT = 0x02,
} UdpnatChatMessageType;

/* Kind of RECEIPT. Read it as guint8: others may be added. */
typedef enum
{
  UDPNAT_RECEIPT_DELIVERED = 1,
} UdpnatReceiptKind;

/* What TEXT needs besides its text: message header, id, time. */
#define UDPNAT_TEXT_OVERHEAD_BYTES (UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_ID_BYTES + 8)

gboolean udpnat_text_is_valid (const char              *text,
                               gsize                    n_text) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_text    (GByteArray              *out,
                               const UdpnatMessageId   *id,
                               gint64                   sent_us,
                               const char              *text,
                               gsize                    n_text);
gboolean udpnat_parse_text    (const UdpnatMessageView *message,
                               UdpnatMessageId         *out_id,
                               gint64                  *out_sent_us,
                               const char             **out_text,
                               gsize                   *out_n_text) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_receipt (GByteArray              *out,
                               guint8                   kind,
                               const UdpnatMessageId   *ids,
                               guint                    n_ids);
gboolean udpnat_parse_receipt (const UdpnatMessageView *message,
                               guint8                  *out_kind,
                               const guint8           **out_ids,
                               guint                   *out_n_ids) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
