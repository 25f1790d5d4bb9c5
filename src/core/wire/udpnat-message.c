#include "config.h"

#include "udpnat-message.h"

#include <string.h>

#include "udpnat-writer.h"

/* Messages inside streams, and the helpers that append their fields (PROTOCOL.md section 6). */

/**
 * udpnat_message_parse:
 * @data: (array length=n_data): the next bytes of a stream
 * @out_message: (out): points into @data; set when complete
 * @out_consumed: (out): how many bytes it took; set when complete
 */
UdpnatMessageParse
udpnat_message_parse (const guint8      *data,
                      gsize              n_data,
                      UdpnatMessageView *out_message,
                      gsize             *out_consumed)
{
  UdpnatReader reader;
  guint32 n_body;
  guint8 type;

  udpnat_reader_init (&reader, data, n_data);
  type = udpnat_reader_u8 (&reader);
  n_body = udpnat_reader_u32 (&reader);
  if (reader.failed)
    return UDPNAT_MESSAGE_PARTIAL;
  if (n_body > UDPNAT_MESSAGE_BODY_MAX_BYTES)
    return UDPNAT_MESSAGE_MALFORMED;
  if (udpnat_reader_left (&reader) < n_body)
    return UDPNAT_MESSAGE_PARTIAL;
  out_message->type = type;
  out_message->body = data + UDPNAT_MESSAGE_HEADER_BYTES;
  out_message->n_body = n_body;
  *out_consumed = UDPNAT_MESSAGE_HEADER_BYTES + n_body;
  return UDPNAT_MESSAGE_COMPLETE;
}

/** udpnat_message_read: Returns: what reads the body; it has failed when @message is of another
 * type */
UdpnatReader
udpnat_message_read (const UdpnatMessageView *message,
                     guint8                   type)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, message->body, message->n_body);
  reader.failed = message->type != type;
  return reader;
}

/**
 * udpnat_message_begin:
 *
 * Returns: a mark, to be given to udpnat_message_end() when the body has been appended
 */
gsize
udpnat_message_begin (GByteArray *out,
                      guint8      type)
{
  const guint8 header[UDPNAT_MESSAGE_HEADER_BYTES] = { type };
  gsize mark = out->len;

  udpnat_append_bytes (out, header, sizeof header);
  return mark;
}

/** udpnat_message_end: writes the length of the body that was appended since @mark */
void
udpnat_message_end (GByteArray *out,
                    gsize       mark)
{
  gsize n_body = out->len - mark - UDPNAT_MESSAGE_HEADER_BYTES;
  guint32 length = GUINT32_TO_BE ((guint32) n_body);

  g_assert (n_body <= UDPNAT_MESSAGE_BODY_MAX_BYTES);
  memcpy (out->data + mark + 1, &length, sizeof length);
}

void
udpnat_append_u8 (GByteArray *out,
                  guint8      value)
{
  g_byte_array_append (out, &value, 1);
}

void
udpnat_append_u16 (GByteArray *out,
                   guint16     value)
{
  guint16 wire = GUINT16_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &wire, sizeof wire);
}

void
udpnat_append_u32 (GByteArray *out,
                   guint32     value)
{
  guint32 wire = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &wire, sizeof wire);
}

void
udpnat_append_u64 (GByteArray *out,
                   guint64     value)
{
  guint64 wire = GUINT64_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &wire, sizeof wire);
}

void
udpnat_append_bytes (GByteArray   *out,
                     const guint8 *bytes,
                     gsize         n)
{
  if (n > 0)
    g_byte_array_append (out, bytes, n);
}

/** udpnat_append_string: length in two bytes, then UTF-8 without its final zero */
void
udpnat_append_string (GByteArray *out,
                      const char *text)
{
  gsize n_text = strlen (text);

  g_assert (n_text <= G_MAXUINT16);
  udpnat_append_u16 (out, (guint16) n_text);
  udpnat_append_bytes (out, (const guint8 *) text, n_text);
}

/** udpnat_append_address: an unset one becomes zeros, which no reader takes for an address */
void
udpnat_append_address (GByteArray          *out,
                       const UdpnatAddress *address)
{
  guint8 wire[UDPNAT_ADDRESS_WIRE_BYTES] = { 0 };
  UdpnatWriter writer;

  udpnat_writer_init (&writer, wire, sizeof wire);
  udpnat_writer_address (&writer, address);
  udpnat_append_bytes (out, wire, sizeof wire);
}
