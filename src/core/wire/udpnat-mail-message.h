#pragma once

#include "udpnat-message.h"

G_BEGIN_DECLS

/* Messages of a client-server mail stream (PROTOCOL.md section 14). */
typedef enum
{
  UDPNAT_MAIL_PUT = 0x21,
  UDPNAT_MAIL_PUT_RESULT = 0x22,
  UDPNAT_MAIL_ITEM = 0x23,
  UDPNAT_MAIL_ACK = 0x24,
  UDPNAT_MAIL_PASSES = 0x25,
} UdpnatMailMessageType;

/**
 * UdpnatMailCode:
 * @UDPNAT_MAIL_STORED: on the server's disk, for the recipient to fetch
 * @UDPNAT_MAIL_OFF: this server keeps no mail
 * @UDPNAT_MAIL_UNKNOWN_RECIPIENT: nobody of that key has a name here
 * @UDPNAT_MAIL_RECIPIENT_FULL: too much waits for the recipient
 * @UDPNAT_MAIL_SENDER_FULL: too much of this sender waits for the recipient
 * @UDPNAT_MAIL_STRANGERS_FULL: too much of those whom the recipient has not accepted waits
 * @UDPNAT_MAIL_TOO_LARGE: for a stranger's letter
 * @UDPNAT_MAIL_TRY_LATER: too fast, no room at the server, or its disk failed
 *
 * Code of MAIL-PUT-RESULT. Read it as guint8: others may be added.
 */
typedef enum
{
  UDPNAT_MAIL_STORED = 0,
  UDPNAT_MAIL_OFF = 1,
  UDPNAT_MAIL_UNKNOWN_RECIPIENT = 2,
  UDPNAT_MAIL_RECIPIENT_FULL = 3,
  UDPNAT_MAIL_SENDER_FULL = 4,
  UDPNAT_MAIL_STRANGERS_FULL = 5,
  UDPNAT_MAIL_TOO_LARGE = 6,
  UDPNAT_MAIL_TRY_LATER = 7,
} UdpnatMailCode;

/**
 * UdpnatMailPut:
 * @request: the client's, for the result
 * @recipient: static key
 * @pass: zeros for none
 * @sealed: (array length=n_sealed): 1 to %UDPNAT_MAIL_SEALED_MAX_BYTES; points into what was read
 */
typedef struct
{
  guint32       request;
  guint8        recipient[32];
  guint8        pass[UDPNAT_MAIL_PASS_BYTES];
  const guint8 *sealed;
  gsize         n_sealed;
} UdpnatMailPut;

/**
 * UdpnatMailItem:
 * @number: the server's; never given twice
 * @stored_s: when it was stored, in seconds since 1970
 * @sealed: (array length=n_sealed): as in #UdpnatMailPut
 */
typedef struct
{
  guint64       number;
  guint64       stored_s;
  const guint8 *sealed;
  gsize         n_sealed;
} UdpnatMailItem;

/* Writers append one whole message. */
void     udpnat_write_mail_put        (GByteArray              *out,
                                       const UdpnatMailPut     *put);
void     udpnat_write_mail_put_result (GByteArray              *out,
                                       guint32                  request,
                                       guint8                   code);
void     udpnat_write_mail_item       (GByteArray              *out,
                                       const UdpnatMailItem    *item);
void     udpnat_write_mail_ack        (GByteArray              *out,
                                       const guint64           *numbers,
                                       guint                    n_numbers);
void     udpnat_write_mail_passes     (GByteArray              *out,
                                       gboolean                 is_replacing,
                                       const guint8            *passes,
                                       guint                    n_passes);

/* Parsers give FALSE for a message that breaks the protocol or has another type. */
gboolean udpnat_parse_mail_put        (const UdpnatMessageView *message,
                                       UdpnatMailPut           *out_put)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_put_result (const UdpnatMessageView *message,
                                       guint32                 *out_request,
                                       guint8                  *out_code)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_item       (const UdpnatMessageView *message,
                                       UdpnatMailItem          *out_item)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_ack        (const UdpnatMessageView *message,
                                       guint64     out_numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS],
                                       guint                   *out_n)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_passes     (const UdpnatMessageView *message,
                                       gboolean                *out_is_replacing,
                                       const guint8           **out_passes,
                                       guint                   *out_n)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
