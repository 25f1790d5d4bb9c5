#pragma once

#include "udpnat-file-reason.h"
#include "udpnat-message-id.h"
#include "udpnat-message.h"

G_BEGIN_DECLS

/* Messages of the file stream (PROTOCOL.md section 21). The receiver of a file sends WANT,
 * WANT-HASHES and STOP, the sender the others. */
typedef enum
{
  UDPNAT_FILE_WANT = 0x01,
  UDPNAT_FILE_CHUNK = 0x02,
  UDPNAT_FILE_WANT_HASHES = 0x03,
  UDPNAT_FILE_HASHES = 0x04,
  UDPNAT_FILE_STOP = 0x05,
  UDPNAT_FILE_REFUSE = 0x06,
  UDPNAT_FILE_GO_ON = 0x07,
} UdpnatFileMessageType;

/**
 * UdpnatFileMessage:
 * @type: a #UdpnatFileMessageType
 * @id: of the offer
 * @file: its number in the offer; 0 in STOP, REFUSE and GO-ON
 * @first: the first chunk of WANT, the chunk of CHUNK, the block of hashes of the others
 * @n_chunks: of WANT, 1 or more
 * @level: of hashes, in the tree
 * @reason: of STOP and REFUSE, a #UdpnatFileReason
 * @data: (nullable) (array length=n_data): of CHUNK and HASHES; points into what was read
 */
typedef struct
{
  guint8          type;
  UdpnatMessageId id;
  guint32         file;
  guint64         first;
  guint32         n_chunks;
  guint8          level;
  guint8          reason;
  const guint8   *data;
  gsize           n_data;
} UdpnatFileMessage;

/* What a CHUNK needs besides its bytes. */
#define UDPNAT_FILE_CHUNK_OVERHEAD_BYTES \
  (UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_ID_BYTES + 4 + 8)

gboolean udpnat_file_message_is_known (guint8                   type) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_file_message    (GByteArray              *out,
                                       const UdpnatFileMessage *message);
gboolean udpnat_parse_file_message    (const UdpnatMessageView *view,
                                       UdpnatFileMessage       *out_message)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
