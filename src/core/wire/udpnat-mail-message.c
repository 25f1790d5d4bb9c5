#include "config.h"

#include "udpnat-mail-message.h"

#include "udpnat-reader.h"

/* Mail between a client and its server (PROTOCOL.md section 14). What is sealed is neither opened
 * nor understood here. */

#define FLAG_REPLACING 1

/* ---- Writing ---- */

static void
append_sealed (GByteArray   *out,
               const guint8 *sealed,
               gsize         n_sealed)
{
  g_assert (n_sealed > 0 && n_sealed <= UDPNAT_MAIL_SEALED_MAX_BYTES);

  udpnat_append_bytes (out, sealed, n_sealed);
}

void
udpnat_write_mail_put (GByteArray          *out,
                       const UdpnatMailPut *put)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_MAIL_PUT);

  udpnat_append_u32 (out, put->request);
  udpnat_append_bytes (out, put->recipient, sizeof put->recipient);
  udpnat_append_bytes (out, put->pass, sizeof put->pass);
  append_sealed (out, put->sealed, put->n_sealed);
  udpnat_message_end (out, mark);
}

/** udpnat_write_mail_put_result: @code: a #UdpnatMailCode */
void
udpnat_write_mail_put_result (GByteArray *out,
                              guint32     request,
                              guint8      code)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_MAIL_PUT_RESULT);

  udpnat_append_u32 (out, request);
  udpnat_append_u8 (out, code);
  udpnat_message_end (out, mark);
}

void
udpnat_write_mail_item (GByteArray           *out,
                        const UdpnatMailItem *item)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_MAIL_ITEM);

  udpnat_append_u64 (out, item->number);
  udpnat_append_u64 (out, item->stored_s);
  append_sealed (out, item->sealed, item->n_sealed);
  udpnat_message_end (out, mark);
}

/** udpnat_write_mail_ack: @n_numbers: at most %UDPNAT_MAIL_ACK_MAX_NUMBERS */
void
udpnat_write_mail_ack (GByteArray    *out,
                       const guint64 *numbers,
                       guint          n_numbers)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_MAIL_ACK);

  g_assert (n_numbers <= UDPNAT_MAIL_ACK_MAX_NUMBERS);
  for (guint i = 0; i < n_numbers; i++)
    udpnat_append_u64 (out, numbers[i]);
  udpnat_message_end (out, mark);
}

/**
 * udpnat_write_mail_passes:
 * @is_replacing: these are all; else they are added
 * @passes: (nullable): @n_passes × %UDPNAT_MAIL_PASS_BYTES
 * @n_passes: at most %UDPNAT_MAIL_PASSES_MAX
 */
void
udpnat_write_mail_passes (GByteArray   *out,
                          gboolean      is_replacing,
                          const guint8 *passes,
                          guint         n_passes)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_MAIL_PASSES);

  g_assert (n_passes <= UDPNAT_MAIL_PASSES_MAX);
  udpnat_append_u8 (out, is_replacing ? FLAG_REPLACING : 0);
  udpnat_append_bytes (out, passes, (gsize) n_passes * UDPNAT_MAIL_PASS_BYTES);
  udpnat_message_end (out, mark);
}

/* ---- Reading ---- */

/* Takes the rest of the message. */
static gboolean
finish_with_sealed (UdpnatReader  *reader,
                    const guint8 **out_sealed,
                    gsize         *out_n)
{
  gsize n_sealed = udpnat_reader_left (reader);

  *out_sealed = udpnat_reader_bytes (reader, n_sealed);
  *out_n = n_sealed;
  return !reader->failed && n_sealed > 0 && n_sealed <= UDPNAT_MAIL_SEALED_MAX_BYTES;
}

gboolean
udpnat_parse_mail_put (const UdpnatMessageView *message,
                       UdpnatMailPut           *out_put)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_MAIL_PUT);

  out_put->request = udpnat_reader_u32 (&reader);
  udpnat_reader_copy (&reader, out_put->recipient, sizeof out_put->recipient);
  udpnat_reader_copy (&reader, out_put->pass, sizeof out_put->pass);
  return finish_with_sealed (&reader, &out_put->sealed, &out_put->n_sealed);
}

gboolean
udpnat_parse_mail_put_result (const UdpnatMessageView *message,
                              guint32                 *out_request,
                              guint8                  *out_code)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_MAIL_PUT_RESULT);

  *out_request = udpnat_reader_u32 (&reader);
  *out_code = udpnat_reader_u8 (&reader);
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_parse_mail_item (const UdpnatMessageView *message,
                        UdpnatMailItem          *out_item)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_MAIL_ITEM);

  out_item->number = udpnat_reader_u64 (&reader);
  out_item->stored_s = udpnat_reader_u64 (&reader);
  return finish_with_sealed (&reader, &out_item->sealed, &out_item->n_sealed);
}

/** udpnat_parse_mail_ack: @out_n: (out): how many of @out_numbers are set; may be none */
gboolean
udpnat_parse_mail_ack (const UdpnatMessageView *message,
                       guint64                  out_numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS],
                       guint                   *out_n)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_MAIL_ACK);

  *out_n = 0;
  while (udpnat_reader_left (&reader) > 0 && *out_n < UDPNAT_MAIL_ACK_MAX_NUMBERS
         && !reader.failed)
    out_numbers[(*out_n)++] = udpnat_reader_u64 (&reader);
  return udpnat_reader_is_done (&reader);
}

/**
 * udpnat_parse_mail_passes:
 * @out_passes: (out) (nullable): *@out_n × %UDPNAT_MAIL_PASS_BYTES in what was read
 */
gboolean
udpnat_parse_mail_passes (const UdpnatMessageView *message,
                          gboolean                *out_is_replacing,
                          const guint8           **out_passes,
                          guint                   *out_n)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_MAIL_PASSES);
  gsize        n_left;

  *out_is_replacing = (udpnat_reader_u8 (&reader) & FLAG_REPLACING) != 0;
  n_left = udpnat_reader_left (&reader);
  *out_n = (guint) (n_left / UDPNAT_MAIL_PASS_BYTES);
  *out_passes = udpnat_reader_bytes (&reader, n_left);
  return !reader.failed && n_left % UDPNAT_MAIL_PASS_BYTES == 0
         && *out_n <= UDPNAT_MAIL_PASSES_MAX;
}
