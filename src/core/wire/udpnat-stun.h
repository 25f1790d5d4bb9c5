#pragma once

#include "udpnat-limits.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

/* Message types: method Binding and the four classes. */
typedef enum
{
  UDPNAT_STUN_REQUEST = 0x0001,
  UDPNAT_STUN_INDICATION = 0x0011,
  UDPNAT_STUN_SUCCESS = 0x0101,
  UDPNAT_STUN_ERROR = 0x0111,
} UdpnatStunType;

/* Bits of CHANGE-REQUEST (RFC 5780 section 7.2). */
typedef enum
{
  UDPNAT_STUN_CHANGE_PORT = 1 << 1,
  UDPNAT_STUN_CHANGE_IP = 1 << 2,
} UdpnatStunChange;

#define UDPNAT_STUN_HEADER_BYTES 20
#define UDPNAT_STUN_COOKIE 0x2112a442u
#define UDPNAT_STUN_ID_BYTES 12
/* RFC 3489's id, in the place of cookie and id. */
#define UDPNAT_STUN_LEGACY_ID_BYTES 16
#define UDPNAT_STUN_UNKNOWN_MAX 8

/* ERROR-CODE (RFC 8489 section 14.8) */
#define UDPNAT_STUN_ERROR_BAD_REQUEST 400
#define UDPNAT_STUN_ERROR_UNKNOWN_ATTRIBUTE 420

/* The two attributes that a server may have to name in UNKNOWN-ATTRIBUTES although it knows them:
 * it cannot do what they ask (RFC 5780 section 6.1). */
#define UDPNAT_STUN_ATTRIBUTE_CHANGE_REQUEST 0x0003
#define UDPNAT_STUN_ATTRIBUTE_PADDING 0x0026

/**
 * UdpnatStunMessage:
 * @id: magic cookie and transaction id as they are on the wire; without that cookie, an id of RFC
 *   3489
 * @has_change: CHANGE-REQUEST is there, maybe without any bit set
 * @change: bits of [enum@UdpnatStunChange]
 * @response_port: RESPONSE-PORT, 0 when it is not there
 * @has_padding: PADDING is there, maybe empty
 * @n_padding: its length
 * @has_fresh_port: FRESH-PORT is there (PROTOCOL.md section 17): the answer is to leave, or has
 *   left, by a port of the server that nobody has ever seen
 * @has_fingerprint: FINGERPRINT is there, and right
 * @mapped: XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS without it; how the server sees the client
 * @origin: RESPONSE-ORIGIN or SOURCE-ADDRESS; where the response was sent from
 * @other: OTHER-ADDRESS or CHANGED-ADDRESS; the server's other IP with its other port
 * @error_code: ERROR-CODE, 0 when it is not there
 * @n_unknown: how many of @unknown are set
 * @unknown: on reading, comprehension-required attributes that are not known here, or what
 *   UNKNOWN-ATTRIBUTES of an error names; on writing, what UNKNOWN-ATTRIBUTES is to name
 * @software: (array length=n_software) (nullable): SOFTWARE; lies in the datagram, is no string
 *
 * A Binding message in either direction; zero and %UDPNAT_FAMILY_NONE stand for what is not there.
 */
typedef struct
{
  UdpnatStunType type;
  guint8         id[UDPNAT_STUN_LEGACY_ID_BYTES];
  gboolean       has_change;
  guint8         change;
  guint16        response_port;
  gboolean       has_padding;
  guint16        n_padding;
  gboolean       has_fresh_port;
  gboolean       has_fingerprint;
  UdpnatAddress  mapped;
  UdpnatAddress  origin;
  UdpnatAddress  other;
  guint16        error_code;
  guint          n_unknown;
  guint16        unknown[UDPNAT_STUN_UNKNOWN_MAX];
  const guint8  *software;
  gsize          n_software;
} UdpnatStunMessage;

gboolean udpnat_stun_is_message    (const guint8            *data,
                                    gsize                    n_data) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_stun_parse         (UdpnatStunMessage       *out_message,
                                    const guint8            *data,
                                    gsize                    n_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_stun_write         (UdpnatWriter            *writer,
                                    const UdpnatStunMessage *message);
void     udpnat_stun_init_request  (UdpnatStunMessage       *self,
                                    const guint8             id[UDPNAT_STUN_ID_BYTES]);
void     udpnat_stun_init_response (UdpnatStunMessage       *self,
                                    const UdpnatStunMessage *request,
                                    UdpnatStunType           type);
gboolean udpnat_stun_is_legacy     (const UdpnatStunMessage *self);
gboolean udpnat_stun_is_answer_to  (const UdpnatStunMessage *self,
                                    const UdpnatStunMessage *request);
gboolean udpnat_stun_add_unknown   (UdpnatStunMessage       *self,
                                    guint16                  attribute);

G_END_DECLS
