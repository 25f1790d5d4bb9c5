#include "config.h"

#include "udpnat-frame.h"

#include <string.h>

/* Frames: what stands inside sealed packets (PROTOCOL.md section 5). A frame is skipped by its
 * length when its type is not known, so the protocol can grow; one whose body is not as its type
 * says breaks the protocol. Which frames may stand where, and what they mean, is for transport
 * and rendezvous. */

#define KEY_BYTES 32

/**
 * udpnat_frame_next:
 *
 * Returns: %FALSE at the end, or (then @reader has failed) when a length goes past it
 */
gboolean
udpnat_frame_next (UdpnatReader    *reader,
                   UdpnatFrameView *out_frame)
{
  if (udpnat_reader_left (reader) == 0) /* also after a failure */
    return FALSE;
  out_frame->type = udpnat_reader_u8 (reader);
  out_frame->n_body = udpnat_reader_u16 (reader);
  out_frame->body = udpnat_reader_bytes (reader, out_frame->n_body);
  return !reader->failed;
}

/** udpnat_frame_is_eliciting: whether a packet with a frame of this type asks for an ACK */
gboolean
udpnat_frame_is_eliciting (guint8 type)
{
  return type == UDPNAT_FRAME_PING || type == UDPNAT_FRAME_STREAM
         || type == UDPNAT_FRAME_STREAM_WINDOW;
}

/* ---- Reading ---- */

/* Begins to read a body; the reader has failed from the start when the type is another one. */
static UdpnatReader
begin (const UdpnatFrameView *frame,
       UdpnatFrameType        type)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, frame->body, frame->n_body);
  reader.failed = frame->type != type;
  return reader;
}

/* Takes what is left; it may be nothing. */
static gboolean
take_rest (UdpnatReader  *reader,
           const guint8 **out_data,
           gsize         *out_n_data)
{
  *out_n_data = reader->failed ? 0 : udpnat_reader_left (reader);
  *out_data = udpnat_reader_bytes (reader, *out_n_data);
  return !reader->failed;
}

gboolean
udpnat_frame_parse_ack (const UdpnatFrameView *frame,
                        UdpnatAck             *out_ack)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_ACK);
  guint64 last = udpnat_reader_u64 (&reader);

  out_ack->delay_us = udpnat_reader_u32 (&reader);
  out_ack->n_ranges = 0;
  for (;;)
    {
      guint64 n_more = udpnat_reader_u32 (&reader); /* count − 1 */
      guint64 gap;

      if (reader.failed || n_more > last || out_ack->n_ranges >= UDPNAT_ACK_MAX_RANGES)
        return FALSE;
      out_ack->ranges[out_ack->n_ranges++] = (UdpnatAckRange) { last - n_more, last };
      if (udpnat_reader_left (&reader) == 0)
        return TRUE;
      /* The gap counts missing packets, less one: the next range ends gap + 2 below this one. */
      gap = udpnat_reader_u32 (&reader);
      if (reader.failed || last - n_more < gap + 2)
        return FALSE;
      last = last - n_more - gap - 2;
    }
}

/**
 * udpnat_frame_parse_stream:
 *
 * Refuses data that would end above 2^63 - 1, so that nobody has to add offsets with care.
 */
gboolean
udpnat_frame_parse_stream (const UdpnatFrameView *frame,
                           UdpnatStreamFrame     *out_stream)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_STREAM);

  out_stream->stream = udpnat_reader_u32 (&reader);
  out_stream->offset = udpnat_reader_u64 (&reader);
  return take_rest (&reader, &out_stream->data, &out_stream->n_data)
         && out_stream->offset <= G_MAXINT64 - out_stream->n_data;
}

gboolean
udpnat_frame_parse_stream_window (const UdpnatFrameView *frame,
                                  guint32               *out_stream,
                                  guint64               *out_offset)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_STREAM_WINDOW);

  *out_stream = udpnat_reader_u32 (&reader);
  *out_offset = udpnat_reader_u64 (&reader);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_frame_parse_close: @out_text: (out): lent, valid UTF-8 without a final zero */
gboolean
udpnat_frame_parse_close (const UdpnatFrameView *frame,
                          guint16               *out_reason,
                          const char           **out_text,
                          gsize                 *out_n_text)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_CLOSE);
  const guint8 *text;

  *out_reason = udpnat_reader_u16 (&reader);
  if (!take_rest (&reader, &text, out_n_text) || *out_n_text > UDPNAT_CLOSE_TEXT_MAX_BYTES
      || !g_utf8_validate_len ((const char *) text, *out_n_text, NULL))
    return FALSE;
  *out_text = (const char *) text;
  return TRUE;
}

gboolean
udpnat_frame_parse_early (const UdpnatFrameView *frame,
                          guint32               *out_stream,
                          const guint8         **out_data,
                          gsize                 *out_n_data)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_EARLY);

  *out_stream = udpnat_reader_u32 (&reader);
  return take_rest (&reader, out_data, out_n_data);
}

gboolean
udpnat_frame_parse_observed (const UdpnatFrameView *frame,
                             UdpnatAddress         *out_address)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_OBSERVED);

  udpnat_reader_address (&reader, out_address);
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_frame_parse_path_challenge (const UdpnatFrameView *frame,
                                   guint64               *out_token)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_PATH_CHALLENGE);

  *out_token = udpnat_reader_u64 (&reader);
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_frame_parse_path_response (const UdpnatFrameView *frame,
                                  guint64               *out_token,
                                  UdpnatAddress         *out_observed)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_PATH_RESPONSE);

  *out_token = udpnat_reader_u64 (&reader);
  udpnat_reader_address (&reader, out_observed);
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_frame_parse_relay (const UdpnatFrameView *frame,
                          guint32               *out_handle,
                          const guint8         **out_inner,
                          gsize                 *out_n_inner)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_RELAY);

  *out_handle = udpnat_reader_u32 (&reader);
  return take_rest (&reader, out_inner, out_n_inner);
}

gboolean
udpnat_frame_parse_dial (const UdpnatFrameView *frame,
                         guint8                 out_key[KEY_BYTES],
                         const guint8         **out_inner,
                         gsize                 *out_n_inner)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_DIAL);

  udpnat_reader_copy (&reader, out_key, KEY_BYTES);
  return take_rest (&reader, out_inner, out_n_inner);
}

/** udpnat_frame_parse_relay_failed: @out_rate_kib: (out): KiB/s that are relayed, for code QUOTA; 0
 * for others */
gboolean
udpnat_frame_parse_relay_failed (const UdpnatFrameView *frame,
                                 guint32               *out_handle,
                                 guint8                *out_code,
                                 guint32               *out_rate_kib)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_RELAY_FAILED);

  *out_handle = udpnat_reader_u32 (&reader);
  *out_code = udpnat_reader_u8 (&reader);
  *out_rate_kib = *out_code == UDPNAT_RELAY_FAIL_QUOTA ? udpnat_reader_u32 (&reader) : 0;
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_frame_parse_dial_failed (const UdpnatFrameView *frame,
                                guint8                 out_key[KEY_BYTES],
                                guint8                *out_code)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_DIAL_FAILED);

  udpnat_reader_copy (&reader, out_key, KEY_BYTES);
  *out_code = udpnat_reader_u8 (&reader);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_frame_parse_incoming: @out_name: (out) (transfer full): valid UTF-8 */
gboolean
udpnat_frame_parse_incoming (const UdpnatFrameView *frame,
                             guint32               *out_handle,
                             char                 **out_name,
                             const guint8         **out_inner,
                             gsize                 *out_n_inner)
{
  UdpnatReader reader = begin (frame, UDPNAT_FRAME_INCOMING);
  const guint8 *name;
  gsize n_name;

  *out_handle = udpnat_reader_u32 (&reader);
  n_name = udpnat_reader_u16 (&reader);
  name = udpnat_reader_bytes (&reader, n_name);
  if (!take_rest (&reader, out_inner, out_n_inner) || n_name > UDPNAT_NAME_MAX_BYTES
      || !g_utf8_validate_len ((const char *) name, n_name, NULL))
    return FALSE;
  *out_name = g_strndup ((const char *) name, n_name);
  return TRUE;
}

/** udpnat_frame_parse_message: @out_message: points into the frame, and is all of it */
gboolean
udpnat_frame_parse_message (const UdpnatFrameView *frame,
                            UdpnatMessageView     *out_message)
{
  gsize n_message;

  return frame->type == UDPNAT_FRAME_MESSAGE
         && udpnat_message_parse (frame->body, frame->n_body, out_message, &n_message)
              == UDPNAT_MESSAGE_COMPLETE
         && n_message == frame->n_body;
}

/* ---- Writing ---- */

/* Writes a frame's header if all of it fits. */
static gboolean
open_frame (UdpnatWriter    *writer,
            UdpnatFrameType  type,
            gsize            n_body)
{
  if (writer->failed || n_body > G_MAXUINT16
      || udpnat_writer_left (writer) < UDPNAT_FRAME_HEADER_BYTES + n_body)
    return FALSE;
  udpnat_writer_u8 (writer, (guint8) type);
  udpnat_writer_u16 (writer, (guint16) n_body);
  return TRUE;
}

gboolean
udpnat_frame_write_pad (UdpnatWriter *writer,
                        gsize         n_body)
{
  if (!open_frame (writer, UDPNAT_FRAME_PAD, n_body))
    return FALSE;
  udpnat_writer_zeros (writer, n_body);
  return TRUE;
}

gboolean
udpnat_frame_write_ping (UdpnatWriter *writer)
{
  return open_frame (writer, UDPNAT_FRAME_PING, 0);
}

/* A range's count − 1 as the wire can hold it. */
static guint32
clamp_range (const UdpnatAckRange *range)
{
  return (guint32) MIN (range->last - range->first, G_MAXUINT32);
}

/* How many ranges of @ack fit into @n_room bytes. Fields are 32 bits: a range of more packets is
 * cut to its newest ones and is the last, and a longer gap ends the list. */
static guint
count_fitting_ranges (const UdpnatAck *ack,
                      gsize            n_room)
{
  guint n_fitting = 0;

  for (guint i = 0; i < ack->n_ranges && i < UDPNAT_ACK_MAX_RANGES; i++)
    {
      if (UDPNAT_ACK_FRAME_MIN_BYTES + 8 * (gsize) i > n_room)
        break;
      if (i > 0 && ack->ranges[i - 1].first - ack->ranges[i].last - 2 > G_MAXUINT32)
        break;
      n_fitting++;
      if (ack->ranges[i].last - ack->ranges[i].first > G_MAXUINT32)
        break;
    }
  return n_fitting;
}

/** udpnat_frame_write_ack: as many ranges as fit, newest first; %FALSE when not even one does */
gboolean
udpnat_frame_write_ack (UdpnatWriter    *writer,
                        const UdpnatAck *ack)
{
  guint n_ranges = writer->failed ? 0 : count_fitting_ranges (ack, udpnat_writer_left (writer));

  if (n_ranges == 0
      || !open_frame (writer, UDPNAT_FRAME_ACK, 8 + 4 + 4 + 8 * (gsize) (n_ranges - 1)))
    return FALSE;
  udpnat_writer_u64 (writer, ack->ranges[0].last);
  udpnat_writer_u32 (writer, ack->delay_us);
  for (guint i = 0; i < n_ranges; i++)
    {
      if (i > 0)
        udpnat_writer_u32 (writer, (guint32) (ack->ranges[i - 1].first - ack->ranges[i].last - 2));
      udpnat_writer_u32 (writer, clamp_range (&ack->ranges[i]));
    }
  return TRUE;
}

gboolean
udpnat_frame_write_stream (UdpnatWriter            *writer,
                           const UdpnatStreamFrame *stream)
{
  if (!open_frame (writer, UDPNAT_FRAME_STREAM, 12 + stream->n_data))
    return FALSE;
  udpnat_writer_u32 (writer, stream->stream);
  udpnat_writer_u64 (writer, stream->offset);
  udpnat_writer_bytes (writer, stream->data, stream->n_data);
  return TRUE;
}

gboolean
udpnat_frame_write_stream_window (UdpnatWriter *writer,
                                  guint32       stream,
                                  guint64       offset)
{
  if (!open_frame (writer, UDPNAT_FRAME_STREAM_WINDOW, 12))
    return FALSE;
  udpnat_writer_u32 (writer, stream);
  udpnat_writer_u64 (writer, offset);
  return TRUE;
}

/**
 * udpnat_frame_write_close:
 * @text: (nullable): valid UTF-8; cut at %UDPNAT_CLOSE_TEXT_MAX_BYTES, between characters
 */
gboolean
udpnat_frame_write_close (UdpnatWriter *writer,
                          guint16       reason,
                          const char   *text)
{
  gsize n_text = text != NULL ? strlen (text) : 0;
  const char *end;

  if (n_text > UDPNAT_CLOSE_TEXT_MAX_BYTES)
    {
      g_utf8_validate (text, UDPNAT_CLOSE_TEXT_MAX_BYTES, &end);
      n_text = (gsize) (end - text);
    }
  if (!open_frame (writer, UDPNAT_FRAME_CLOSE, 2 + n_text))
    return FALSE;
  udpnat_writer_u16 (writer, reason);
  udpnat_writer_bytes (writer, (const guint8 *) text, n_text);
  return TRUE;
}

static gboolean
write_numbered (UdpnatWriter    *writer,
                UdpnatFrameType  type,
                guint32          number,
                const guint8    *data,
                gsize            n_data)
{
  if (!open_frame (writer, type, 4 + n_data))
    return FALSE;
  udpnat_writer_u32 (writer, number);
  udpnat_writer_bytes (writer, data, n_data);
  return TRUE;
}

gboolean
udpnat_frame_write_early (UdpnatWriter *writer,
                          guint32       stream,
                          const guint8 *data,
                          gsize         n_data)
{
  return write_numbered (writer, UDPNAT_FRAME_EARLY, stream, data, n_data);
}

/** udpnat_frame_write_observed: nor does an unset address fit */
gboolean
udpnat_frame_write_observed (UdpnatWriter        *writer,
                             const UdpnatAddress *address)
{
  if (!udpnat_address_is_set (address)
      || !open_frame (writer, UDPNAT_FRAME_OBSERVED, UDPNAT_ADDRESS_WIRE_BYTES))
    return FALSE;
  udpnat_writer_address (writer, address);
  return TRUE;
}

gboolean
udpnat_frame_write_path_challenge (UdpnatWriter *writer,
                                   guint64       token)
{
  if (!open_frame (writer, UDPNAT_FRAME_PATH_CHALLENGE, 8))
    return FALSE;
  udpnat_writer_u64 (writer, token);
  return TRUE;
}

/** udpnat_frame_write_path_response: nor does an unset address fit */
gboolean
udpnat_frame_write_path_response (UdpnatWriter        *writer,
                                  guint64              token,
                                  const UdpnatAddress *observed)
{
  if (!udpnat_address_is_set (observed)
      || !open_frame (writer, UDPNAT_FRAME_PATH_RESPONSE, 8 + UDPNAT_ADDRESS_WIRE_BYTES))
    return FALSE;
  udpnat_writer_u64 (writer, token);
  udpnat_writer_address (writer, observed);
  return TRUE;
}

gboolean
udpnat_frame_write_relay (UdpnatWriter *writer,
                          guint32       handle,
                          const guint8 *inner,
                          gsize         n_inner)
{
  return write_numbered (writer, UDPNAT_FRAME_RELAY, handle, inner, n_inner);
}

gboolean
udpnat_frame_write_dial (UdpnatWriter *writer,
                         const guint8  key[KEY_BYTES],
                         const guint8 *inner,
                         gsize         n_inner)
{
  if (!open_frame (writer, UDPNAT_FRAME_DIAL, KEY_BYTES + n_inner))
    return FALSE;
  udpnat_writer_bytes (writer, key, KEY_BYTES);
  udpnat_writer_bytes (writer, inner, n_inner);
  return TRUE;
}

gboolean
udpnat_frame_write_relay_failed (UdpnatWriter *writer,
                                 guint32       handle,
                                 guint8        code,
                                 guint32       rate_kib)
{
  guint8 body[5] = { code };

  if (code != UDPNAT_RELAY_FAIL_QUOTA)
    return write_numbered (writer, UDPNAT_FRAME_RELAY_FAILED, handle, body, 1);
  for (guint i = 0; i < 4; i++)
    body[4 - i] = (guint8) (rate_kib >> (8 * i));
  return write_numbered (writer, UDPNAT_FRAME_RELAY_FAILED, handle, body, sizeof body);
}

gboolean
udpnat_frame_write_dial_failed (UdpnatWriter *writer,
                                const guint8  key[KEY_BYTES],
                                guint8        code)
{
  if (!open_frame (writer, UDPNAT_FRAME_DIAL_FAILED, KEY_BYTES + 1))
    return FALSE;
  udpnat_writer_bytes (writer, key, KEY_BYTES);
  udpnat_writer_u8 (writer, code);
  return TRUE;
}

/**
 * udpnat_frame_write_incoming:
 * @name: valid UTF-8; one above %UDPNAT_NAME_MAX_BYTES does not fit
 *
 * A relayed packet with the name of who dialled.
 */
gboolean
udpnat_frame_write_incoming (UdpnatWriter *writer,
                             guint32       handle,
                             const char   *name,
                             const guint8 *inner,
                             gsize         n_inner)
{
  gsize n_name = strlen (name);

  if (n_name > UDPNAT_NAME_MAX_BYTES
      || !open_frame (writer, UDPNAT_FRAME_INCOMING, 4 + 2 + n_name + n_inner))
    return FALSE;
  udpnat_writer_u32 (writer, handle);
  udpnat_writer_u16 (writer, (guint16) n_name);
  udpnat_writer_bytes (writer, (const guint8 *) name, n_name);
  udpnat_writer_bytes (writer, inner, n_inner);
  return TRUE;
}

/** udpnat_frame_write_message: @message: as it would be in the control stream */
gboolean
udpnat_frame_write_message (UdpnatWriter     *writer,
                            const GByteArray *message)
{
  if (!open_frame (writer, UDPNAT_FRAME_MESSAGE, message->len))
    return FALSE;
  udpnat_writer_bytes (writer, message->data, message->len);
  return TRUE;
}
