#include "config.h"

#include "udpnat-stun.h"

#include <string.h>

/* STUN Binding messages: RFC 8489, what RFC 5780 adds for NAT tests, and RFC 3489, whose messages
 * have a longer transaction id instead of the magic cookie and other numbers for some attributes.
 * Both directions. Says what is in a message, nothing of what is to be done about it; there is no
 * authentication, so the attributes for it are stepped over. */

typedef enum
{
  ATTRIBUTE_MAPPED_ADDRESS = 0x0001,
  ATTRIBUTE_CHANGE_REQUEST = UDPNAT_STUN_ATTRIBUTE_CHANGE_REQUEST,
  ATTRIBUTE_SOURCE_ADDRESS = 0x0004,  /* RFC 3489 */
  ATTRIBUTE_CHANGED_ADDRESS = 0x0005, /* RFC 3489 */
  ATTRIBUTE_USERNAME = 0x0006,
  ATTRIBUTE_MESSAGE_INTEGRITY = 0x0008,
  ATTRIBUTE_ERROR_CODE = 0x0009,
  ATTRIBUTE_UNKNOWN_ATTRIBUTES = 0x000a,
  ATTRIBUTE_REALM = 0x0014,
  ATTRIBUTE_NONCE = 0x0015,
  ATTRIBUTE_MESSAGE_INTEGRITY_SHA256 = 0x001c,
  ATTRIBUTE_PASSWORD_ALGORITHM = 0x001d,
  ATTRIBUTE_USERHASH = 0x001e,
  ATTRIBUTE_XOR_MAPPED_ADDRESS = 0x0020,
  ATTRIBUTE_PADDING = UDPNAT_STUN_ATTRIBUTE_PADDING,
  ATTRIBUTE_RESPONSE_PORT = 0x0027,
  ATTRIBUTE_SOFTWARE = 0x8022,
  ATTRIBUTE_FINGERPRINT = 0x8028,
  ATTRIBUTE_RESPONSE_ORIGIN = 0x802b,
  ATTRIBUTE_OTHER_ADDRESS = 0x802c,
  ATTRIBUTE_FRESH_PORT = 0xc8f0, /* ours alone, empty: PROTOCOL.md section 17 */
} Attribute;

#define ATTRIBUTE_HEADER_BYTES 4
#define FIRST_OPTIONAL_ATTRIBUTE 0x8000
#define FAMILY_IPV4 1
#define FAMILY_IPV6 2
#define FINGERPRINT_XOR 0x5354554eu /* "STUN" */
#define CHANGE_BITS (UDPNAT_STUN_CHANGE_IP | UDPNAT_STUN_CHANGE_PORT)

/* The state of one reading. */
typedef struct
{
  UdpnatStunMessage *message;
  const guint8      *data;
  UdpnatReader       reader;
  UdpnatAddress      plain_mapped;
  gboolean           is_sealed; /* behind MESSAGE-INTEGRITY: only FINGERPRINT counts */
  gboolean           is_at_end; /* behind FINGERPRINT */
} Parser;

/* ---- Parts ---- */

/* The CRC of ITU V.42 and Ethernet, four bits a time: messages are short. */
static guint32
crc32 (const guint8 *data,
       gsize         n_data)
{
  static const guint32 table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  guint32 crc = G_MAXUINT32;

  for (gsize i = 0; i < n_data; i++)
    {
      crc = crc >> 4 ^ table[(crc ^ data[i]) & 15];
      crc = crc >> 4 ^ table[(crc ^ data[i] >> 4) & 15];
    }
  return ~crc;
}

static gsize
pad_to_four (gsize n)
{
  return (n + 3) & ~(gsize) 3;
}

static void
xor_bytes (guint8       *bytes,
           const guint8 *key,
           gsize         n)
{
  for (gsize i = 0; i < n; i++)
    bytes[i] ^= key[i];
}

static gboolean
is_binding (guint type)
{
  return type == UDPNAT_STUN_REQUEST || type == UDPNAT_STUN_INDICATION
         || type == UDPNAT_STUN_SUCCESS || type == UDPNAT_STUN_ERROR;
}

/**
 * udpnat_stun_is_message:
 *
 * Tells STUN from all that shares the port with it (RFC 7983), by header and length alone.
 *
 * Returns: whether the datagram is a Binding message as far as its header tells
 */
gboolean
udpnat_stun_is_message (const guint8 *data,
                        gsize         n_data)
{
  UdpnatReader reader;
  guint        type, n_body;

  udpnat_reader_init (&reader, data, n_data);
  type = udpnat_reader_u16 (&reader);
  n_body = udpnat_reader_u16 (&reader);
  return is_binding (type) && n_data % 4 == 0 && n_data == UDPNAT_STUN_HEADER_BYTES + n_body;
}

/* ---- Reading ---- */

static void
parse_address (UdpnatReader  *value,
               const guint8  *key,
               UdpnatAddress *out_address)
{
  static const guint8 no_key[UDPNAT_STUN_LEGACY_ID_BYTES];
  guint8              family, port[2], ip[16];
  gsize               n_ip;

  if (key == NULL)
    key = no_key;
  udpnat_reader_u8 (value);
  family = udpnat_reader_u8 (value);
  n_ip = family == FAMILY_IPV4 ? 4 : 16;
  if (!udpnat_reader_copy (value, port, 2) || !udpnat_reader_copy (value, ip, n_ip))
    return;
  xor_bytes (port, key, 2);
  xor_bytes (ip, key, n_ip);
  if (family == FAMILY_IPV4)
    udpnat_address_init_ipv4 (out_address, ip, (guint16) (port[0] << 8 | port[1]));
  else if (family == FAMILY_IPV6)
    udpnat_address_init_ipv6 (out_address, ip, (guint16) (port[0] << 8 | port[1]));
  else
    value->failed = TRUE;
}

static void
parse_change (UdpnatStunMessage *message,
              UdpnatReader      *value)
{
  message->has_change = TRUE;
  message->change = udpnat_reader_u32 (value) & CHANGE_BITS;
}

/* The reserved half is not looked at; RFC 5780 gives the attribute two bytes of length or four. */
static void
parse_response_port (UdpnatStunMessage *message,
                     UdpnatReader      *value)
{
  message->response_port = udpnat_reader_u16 (value);
  if (udpnat_reader_left (value) > 0)
    udpnat_reader_u16 (value);
}

static void
parse_error (UdpnatStunMessage *message,
             UdpnatReader      *value)
{
  guint hundreds, rest;

  udpnat_reader_u16 (value);
  hundreds = udpnat_reader_u8 (value) & 7;
  rest = udpnat_reader_u8 (value);
  udpnat_reader_bytes (value, udpnat_reader_left (value));
  if (hundreds < 3 || hundreds > 6 || rest > 99)
    value->failed = TRUE;
  message->error_code = (guint16) (hundreds * 100 + rest);
}

static void
parse_unknown (UdpnatStunMessage *message,
               UdpnatReader      *value)
{
  while (udpnat_reader_left (value) > 0)
    udpnat_stun_add_unknown (message, udpnat_reader_u16 (value));
}

static void
parse_bytes (UdpnatReader  *value,
             const guint8 **out_bytes,
             gsize         *out_n)
{
  *out_n = udpnat_reader_left (value);
  *out_bytes = udpnat_reader_bytes (value, *out_n);
}

static void
parse_padding (UdpnatStunMessage *message,
               UdpnatReader      *value)
{
  const guint8 *bytes;
  gsize         n;

  parse_bytes (value, &bytes, &n);
  message->has_padding = TRUE;
  message->n_padding = (guint16) n;
}

/* Only the last attribute can be one; the length in the header counts it already. */
static void
parse_fingerprint (Parser       *self,
                   UdpnatReader *value)
{
  gsize   n_before = self->reader.offset - ATTRIBUTE_HEADER_BYTES - sizeof (guint32);
  guint32 fingerprint = udpnat_reader_u32 (value);

  if (!value->failed && fingerprint != (crc32 (self->data, n_before) ^ FINGERPRINT_XOR))
    value->failed = TRUE;
  self->message->has_fingerprint = TRUE;
  self->is_at_end = TRUE;
}

/* Steps over what is known but means nothing here; notes what cannot be ignored. */
static void
skip_attribute (Parser       *self,
                UdpnatReader *value,
                guint         type)
{
  udpnat_reader_bytes (value, udpnat_reader_left (value));
  switch (type)
    {
    case ATTRIBUTE_MESSAGE_INTEGRITY:
    case ATTRIBUTE_MESSAGE_INTEGRITY_SHA256:
      self->is_sealed = TRUE;
      return;
    case ATTRIBUTE_USERNAME:
    case ATTRIBUTE_REALM:
    case ATTRIBUTE_NONCE:
    case ATTRIBUTE_PASSWORD_ALGORITHM:
    case ATTRIBUTE_USERHASH:
      return;
    }
  if (type < FIRST_OPTIONAL_ATTRIBUTE && self->message->type != UDPNAT_STUN_ERROR)
    udpnat_stun_add_unknown (self->message, (guint16) type);
}

static void
parse_attribute (Parser       *self,
                 UdpnatReader *value,
                 guint         type)
{
  UdpnatStunMessage *message = self->message;

  switch (type)
    {
    case ATTRIBUTE_MAPPED_ADDRESS:
      parse_address (value, NULL, &self->plain_mapped);
      break;
    case ATTRIBUTE_XOR_MAPPED_ADDRESS:
      parse_address (value, message->id, &message->mapped);
      break;
    case ATTRIBUTE_RESPONSE_ORIGIN:
    case ATTRIBUTE_SOURCE_ADDRESS:
      parse_address (value, NULL, &message->origin);
      break;
    case ATTRIBUTE_OTHER_ADDRESS:
    case ATTRIBUTE_CHANGED_ADDRESS:
      parse_address (value, NULL, &message->other);
      break;
    case ATTRIBUTE_CHANGE_REQUEST:
      parse_change (message, value);
      break;
    case ATTRIBUTE_RESPONSE_PORT:
      parse_response_port (message, value);
      break;
    case ATTRIBUTE_PADDING:
      parse_padding (message, value);
      break;
    case ATTRIBUTE_FRESH_PORT:
      message->has_fresh_port = TRUE;
      break;
    case ATTRIBUTE_ERROR_CODE:
      parse_error (message, value);
      break;
    case ATTRIBUTE_UNKNOWN_ATTRIBUTES:
      parse_unknown (message, value);
      break;
    case ATTRIBUTE_SOFTWARE:
      parse_bytes (value, &message->software, &message->n_software);
      break;
    default:
      skip_attribute (self, value, type);
    }
}

/* One attribute with its padding, whose content is not looked at (RFC 8489 section 14). */
static void
parse_next (Parser *self)
{
  guint         type = udpnat_reader_u16 (&self->reader);
  gsize         n_value = udpnat_reader_u16 (&self->reader);
  const guint8 *bytes = udpnat_reader_bytes (&self->reader, pad_to_four (n_value));
  UdpnatReader  value;

  if (bytes == NULL)
    return;
  udpnat_reader_init (&value, bytes, n_value);
  if (type == ATTRIBUTE_FINGERPRINT && !udpnat_stun_is_legacy (self->message))
    parse_fingerprint (self, &value);
  else if (!self->is_sealed)
    parse_attribute (self, &value, type);
  else
    udpnat_reader_bytes (&value, n_value);
  if (!udpnat_reader_is_done (&value))
    self->reader.failed = TRUE;
}

/**
 * udpnat_stun_parse:
 * @data: (array length=n_data): received bytes, not trusted
 *
 * Reads a message of any of the four types. Of an attribute that is there twice either may count;
 * so says RFC 8489 section 14.
 *
 * Returns: %FALSE when it is no Binding message, an attribute is cut short or of a wrong length, or
 *   FINGERPRINT is wrong or not the last
 */
gboolean
udpnat_stun_parse (UdpnatStunMessage *out_message,
                   const guint8      *data,
                   gsize              n_data)
{
  Parser parser = { .message = out_message, .data = data };

  *out_message = (UdpnatStunMessage) { 0 };
  if (!udpnat_stun_is_message (data, n_data))
    return FALSE;
  udpnat_reader_init (&parser.reader, data, n_data);
  out_message->type = udpnat_reader_u16 (&parser.reader);
  udpnat_reader_u16 (&parser.reader);
  udpnat_reader_copy (&parser.reader, out_message->id, sizeof out_message->id);
  while (udpnat_reader_left (&parser.reader) > 0 && !parser.is_at_end)
    parse_next (&parser);
  if (!udpnat_address_is_set (&out_message->mapped))
    out_message->mapped = parser.plain_mapped;
  return udpnat_reader_is_done (&parser.reader);
}

/* ---- Writing ---- */

static void
write_attribute_header (UdpnatWriter *writer,
                        guint         type,
                        gsize         n_value)
{
  udpnat_writer_u16 (writer, (guint16) type);
  udpnat_writer_u16 (writer, (guint16) n_value);
}

/* Nothing for an address that is not set. */
static void
write_address (UdpnatWriter        *writer,
               guint                type,
               const guint8        *key,
               const UdpnatAddress *address)
{
  gboolean is_ipv4 = address->family == UDPNAT_FAMILY_IPV4;
  gsize    n_ip = is_ipv4 ? 4 : 16;
  guint8   value[2 + 16] = { address->port >> 8, address->port & 0xff };

  if (!udpnat_address_is_set (address))
    return;
  memcpy (value + 2, address->ip, n_ip);
  if (key != NULL)
    {
      xor_bytes (value, key, 2);
      xor_bytes (value + 2, key, n_ip);
    }
  write_attribute_header (writer, type, 4 + n_ip);
  udpnat_writer_u8 (writer, 0);
  udpnat_writer_u8 (writer, is_ipv4 ? FAMILY_IPV4 : FAMILY_IPV6);
  udpnat_writer_bytes (writer, value, 2 + n_ip);
}

static void
write_addresses (UdpnatWriter            *writer,
                 const UdpnatStunMessage *message)
{
  if (udpnat_stun_is_legacy (message))
    {
      write_address (writer, ATTRIBUTE_MAPPED_ADDRESS, NULL, &message->mapped);
      write_address (writer, ATTRIBUTE_SOURCE_ADDRESS, NULL, &message->origin);
      write_address (writer, ATTRIBUTE_CHANGED_ADDRESS, NULL, &message->other);
      return;
    }
  write_address (writer, ATTRIBUTE_XOR_MAPPED_ADDRESS, message->id, &message->mapped);
  write_address (writer, ATTRIBUTE_RESPONSE_ORIGIN, NULL, &message->origin);
  write_address (writer, ATTRIBUTE_OTHER_ADDRESS, NULL, &message->other);
}

/* The phrase is empty: it is for logs, and would make the response longer. */
static void
write_error (UdpnatWriter            *writer,
             const UdpnatStunMessage *message)
{
  gsize n_unknown = message->n_unknown;

  if (message->error_code != 0)
    {
      write_attribute_header (writer, ATTRIBUTE_ERROR_CODE, 4);
      udpnat_writer_u16 (writer, 0);
      udpnat_writer_u8 (writer, (guint8) (message->error_code / 100));
      udpnat_writer_u8 (writer, (guint8) (message->error_code % 100));
    }
  if (n_unknown == 0)
    return;
  /* RFC 3489 section 11.2.10 knew no padding: there one is named twice instead. */
  if (udpnat_stun_is_legacy (message))
    n_unknown += n_unknown % 2;
  write_attribute_header (writer, ATTRIBUTE_UNKNOWN_ATTRIBUTES, 2 * n_unknown);
  for (gsize i = 0; i < n_unknown; i++)
    udpnat_writer_u16 (writer, message->unknown[MIN (i, message->n_unknown - 1)]);
  udpnat_writer_zeros (writer, pad_to_four (2 * n_unknown) - 2 * n_unknown);
}

static void
write_questions (UdpnatWriter            *writer,
                 const UdpnatStunMessage *message)
{
  if (message->has_change)
    {
      write_attribute_header (writer, ATTRIBUTE_CHANGE_REQUEST, 4);
      udpnat_writer_u32 (writer, message->change);
    }
  if (message->response_port != 0)
    {
      write_attribute_header (writer, ATTRIBUTE_RESPONSE_PORT, 4);
      udpnat_writer_u16 (writer, message->response_port);
      udpnat_writer_u16 (writer, 0);
    }
  if (message->has_padding)
    {
      write_attribute_header (writer, ATTRIBUTE_PADDING, message->n_padding);
      udpnat_writer_zeros (writer, pad_to_four (message->n_padding));
    }
}

/* In a request, a wish; in a response, that it was granted. */
static void
write_fresh_port (UdpnatWriter            *writer,
                  const UdpnatStunMessage *message)
{
  if (message->has_fresh_port)
    write_attribute_header (writer, ATTRIBUTE_FRESH_PORT, 0);
}

static void
write_software (UdpnatWriter            *writer,
                const UdpnatStunMessage *message)
{
  if (message->n_software == 0)
    return;
  write_attribute_header (writer, ATTRIBUTE_SOFTWARE, message->n_software);
  udpnat_writer_bytes (writer, message->software, message->n_software);
  udpnat_writer_zeros (writer, pad_to_four (message->n_software) - message->n_software);
}

static void
put_u16 (guint8 *bytes,
         gsize   value)
{
  bytes[0] = (guint8) (value >> 8);
  bytes[1] = (guint8) value;
}

/* The length comes first: FINGERPRINT covers a header that counts it in. */
static void
finish (UdpnatWriter            *writer,
        const UdpnatStunMessage *message,
        gsize                    start)
{
  gboolean has_fingerprint = message->has_fingerprint && !udpnat_stun_is_legacy (message);
  gsize    n_fingerprint = has_fingerprint ? ATTRIBUTE_HEADER_BYTES + sizeof (guint32) : 0;
  gsize    n_message = writer->n_written - start;
  guint8  *data = writer->data + start;

  if (writer->failed)
    return;
  put_u16 (data + 2, n_message + n_fingerprint - UDPNAT_STUN_HEADER_BYTES);
  if (!has_fingerprint)
    return;
  write_attribute_header (writer, ATTRIBUTE_FINGERPRINT, sizeof (guint32));
  udpnat_writer_u32 (writer, crc32 (data, n_message) ^ FINGERPRINT_XOR);
}

/**
 * udpnat_stun_write:
 *
 * Appends everything that is set in @message, with the attributes of RFC 3489 when its id is one.
 */
void
udpnat_stun_write (UdpnatWriter            *writer,
                   const UdpnatStunMessage *message)
{
  gsize start = writer->n_written;

  udpnat_writer_u16 (writer, (guint16) message->type);
  udpnat_writer_u16 (writer, 0); /* the length: see finish() */
  udpnat_writer_bytes (writer, message->id, sizeof message->id);
  write_software (writer, message);
  write_questions (writer, message);
  write_fresh_port (writer, message);
  write_error (writer, message);
  write_addresses (writer, message);
  finish (writer, message, start);
}

/* ---- Making and matching ---- */

/** udpnat_stun_init_request: a Binding request of RFC 8489 without attributes; @id is random */
void
udpnat_stun_init_request (UdpnatStunMessage *self,
                          const guint8       id[UDPNAT_STUN_ID_BYTES])
{
  static const guint8 cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

  *self = (UdpnatStunMessage) { .type = UDPNAT_STUN_REQUEST };
  memcpy (self->id, cookie, sizeof cookie);
  memcpy (self->id + sizeof cookie, id, UDPNAT_STUN_ID_BYTES);
}

/** udpnat_stun_init_response: a message of @type that answers @request, without attributes */
void
udpnat_stun_init_response (UdpnatStunMessage       *self,
                           const UdpnatStunMessage *request,
                           UdpnatStunType           type)
{
  *self = (UdpnatStunMessage) { .type = type };
  memcpy (self->id, request->id, sizeof self->id);
}

/** udpnat_stun_is_legacy: Returns: whether the magic cookie is missing, as before RFC 5389 */
gboolean
udpnat_stun_is_legacy (const UdpnatStunMessage *self)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, self->id, sizeof self->id);
  return udpnat_reader_u32 (&reader) != UDPNAT_STUN_COOKIE;
}

/** udpnat_stun_is_answer_to: Returns: whether it is a response, good or bad, with @request's id */
gboolean
udpnat_stun_is_answer_to (const UdpnatStunMessage *self,
                          const UdpnatStunMessage *request)
{
  return (self->type == UDPNAT_STUN_SUCCESS || self->type == UDPNAT_STUN_ERROR)
         && memcmp (self->id, request->id, sizeof self->id) == 0;
}

/**
 * udpnat_stun_add_unknown:
 *
 * Returns: %FALSE when there is no room for @attribute; the list is for people who look for an
 *   error, and need not be complete
 */
gboolean
udpnat_stun_add_unknown (UdpnatStunMessage *self,
                         guint16            attribute)
{
  if (self->n_unknown >= UDPNAT_STUN_UNKNOWN_MAX)
    return FALSE;
  self->unknown[self->n_unknown++] = attribute;
  return TRUE;
}
