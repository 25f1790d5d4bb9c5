#pragma once

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-reader.h"

G_BEGIN_DECLS

/* Messages of the control and chat streams and of EARLY: `type 1 | length 4 | body` (PROTOCOL.md
 * section 6). */
#define UDPNAT_MESSAGE_HEADER_BYTES 5

/**
 * UdpnatMessageView:
 * @type: its meaning depends on the stream; may be one that we do not know
 * @body: (array length=n_body): never %NULL; points into what was read
 */
typedef struct
{
  guint8        type;
  const guint8 *body;
  gsize         n_body;
} UdpnatMessageView;

typedef enum
{
  UDPNAT_MESSAGE_COMPLETE,
  UDPNAT_MESSAGE_PARTIAL,   /* more bytes are needed */
  UDPNAT_MESSAGE_MALFORMED, /* longer than UDPNAT_MESSAGE_BODY_MAX_BYTES: the stream is lost */
} UdpnatMessageParse;

UdpnatMessageParse udpnat_message_parse  (const guint8        *data,
                                          gsize                n_data,
                                          UdpnatMessageView   *out_message,
                                          gsize               *out_consumed)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatReader       udpnat_message_read   (const UdpnatMessageView *message,
                                          guint8               type)
  G_GNUC_WARN_UNUSED_RESULT;
gsize              udpnat_message_begin  (GByteArray          *out,
                                          guint8               type);
void               udpnat_message_end    (GByteArray          *out,
                                          gsize                mark);

void               udpnat_append_u8      (GByteArray          *out,
                                          guint8               value);
void               udpnat_append_u16     (GByteArray          *out,
                                          guint16              value);
void               udpnat_append_u32     (GByteArray          *out,
                                          guint32              value);
void               udpnat_append_u64     (GByteArray          *out,
                                          guint64              value);
void               udpnat_append_bytes   (GByteArray          *out,
                                          const guint8        *bytes,
                                          gsize                n);
void               udpnat_append_string  (GByteArray          *out,
                                          const char          *text);
void               udpnat_append_address (GByteArray          *out,
                                          const UdpnatAddress *address);

G_END_DECLS
