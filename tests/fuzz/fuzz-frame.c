/* The frames inside DATA, HS1 and HS2: every parser on every frame. A frame that was understood and
 * is written again is the same frame. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-frame.h"

/* Large enough for a frame of the largest input that is looked at. */
#define INPUT_MAX_BYTES 4096

typedef struct
{
  UdpnatWriter writer;
  guint8       buffer[2 * INPUT_MAX_BYTES];
} Again;

static UdpnatWriter *
begin (Again *again)
{
  udpnat_writer_init (&again->writer, again->buffer, sizeof again->buffer);
  return &again->writer;
}

/* Fields that reading canonicalises (addresses, overlong ranges) may make the bytes differ: then
 * the second writing must equal the first. */
static UdpnatFrameView
read_back (Again *again)
{
  UdpnatReader    reader;
  UdpnatFrameView frame;

  udpnat_reader_init (&reader, again->buffer, again->writer.n_written);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_true (udpnat_reader_is_done (&reader));
  return frame;
}

static void
check_ack (const UdpnatFrameView *frame)
{
  Again           again;
  UdpnatAck       first, second;
  UdpnatFrameView copy;

  if (!udpnat_frame_parse_ack (frame, &first))
    return;
  g_assert_true (first.n_ranges >= 1 && first.n_ranges <= UDPNAT_ACK_MAX_RANGES);
  for (guint i = 0; i < first.n_ranges; i++)
    {
      g_assert_cmpuint (first.ranges[i].first, <=, first.ranges[i].last);
      if (i > 0)
        g_assert_cmpuint (first.ranges[i].last + 1, <, first.ranges[i - 1].first);
    }
  g_assert_true (udpnat_frame_write_ack (begin (&again), &first));
  copy = read_back (&again);
  g_assert_true (udpnat_frame_parse_ack (&copy, &second));
  g_assert_cmpuint (first.delay_us, ==, second.delay_us);
  g_assert_cmpmem (first.ranges, first.n_ranges * sizeof first.ranges[0], second.ranges,
                   second.n_ranges * sizeof second.ranges[0]);
}

static void
check_stream (const UdpnatFrameView *frame)
{
  Again             again;
  UdpnatStreamFrame stream;

  if (!udpnat_frame_parse_stream (frame, &stream))
    return;
  g_assert_cmpuint (stream.offset, <=, G_MAXINT64 - stream.n_data);
  g_assert_true (udpnat_frame_write_stream (begin (&again), &stream));
  g_assert_cmpmem (again.buffer + UDPNAT_FRAME_HEADER_BYTES,
                   again.writer.n_written - UDPNAT_FRAME_HEADER_BYTES, frame->body, frame->n_body);
}

/* Those that carry a packet, or something else, behind fixed fields. */
static void
check_carriers (const UdpnatFrameView *frame)
{
  Again         again;
  const guint8 *inner;
  gsize         n_inner;
  guint32       handle;
  guint8        key[32];
  char         *name = NULL;
  gboolean      is_written = FALSE;

  if (udpnat_frame_parse_early (frame, &handle, &inner, &n_inner))
    is_written = udpnat_frame_write_early (begin (&again), handle, inner, n_inner);
  else if (udpnat_frame_parse_relay (frame, &handle, &inner, &n_inner))
    is_written = udpnat_frame_write_relay (begin (&again), handle, inner, n_inner);
  else if (udpnat_frame_parse_dial (frame, key, &inner, &n_inner))
    is_written = udpnat_frame_write_dial (begin (&again), key, inner, n_inner);
  else if (udpnat_frame_parse_incoming (frame, &handle, &name, &inner, &n_inner))
    is_written = udpnat_frame_write_incoming (begin (&again), handle, name, inner, n_inner);
  else
    return;
  g_assert_true (is_written);
  g_assert_cmpmem (again.buffer + UDPNAT_FRAME_HEADER_BYTES,
                   again.writer.n_written - UDPNAT_FRAME_HEADER_BYTES, frame->body, frame->n_body);
  g_assert_true (name == NULL || g_utf8_validate (name, -1, NULL));
  g_free (name);
}

static void
check_small (const UdpnatFrameView *frame)
{
  Again         again;
  UdpnatAddress address, second;
  const char   *text;
  guint8        key[32];
  guint64       number;
  guint32       handle, rate_kib;
  guint16       reason;
  guint8        code;
  gsize         n_text;

  if (udpnat_frame_parse_stream_window (frame, &handle, &number))
    g_assert_true (udpnat_frame_write_stream_window (begin (&again), handle, number));
  if (udpnat_frame_parse_close (frame, &reason, &text, &n_text))
    g_assert_true (n_text <= UDPNAT_CLOSE_TEXT_MAX_BYTES
                   && g_utf8_validate_len (text, n_text, NULL));
  if (udpnat_frame_parse_observed (frame, &address))
    {
      UdpnatFrameView copy;

      g_assert_true (udpnat_frame_write_observed (begin (&again), &address));
      copy = read_back (&again);
      g_assert_true (udpnat_frame_parse_observed (&copy, &second));
      g_assert_true (udpnat_address_equal (&address, &second));
    }
  if (udpnat_frame_parse_path_challenge (frame, &number))
    g_assert_true (udpnat_frame_write_path_challenge (begin (&again), number));
  if (udpnat_frame_parse_path_response (frame, &number, &address))
    g_assert_true (udpnat_frame_write_path_response (begin (&again), number, &address));
  if (udpnat_frame_parse_relay_failed (frame, &handle, &code, &rate_kib))
    g_assert_true (udpnat_frame_write_relay_failed (begin (&again), handle, code, rate_kib));
  if (udpnat_frame_parse_dial_failed (frame, key, &code))
    g_assert_true (udpnat_frame_write_dial_failed (begin (&again), key, code));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  UdpnatReader    reader;
  UdpnatFrameView frame;

  if (n_data > INPUT_MAX_BYTES)
    return 0;
  udpnat_reader_init (&reader, data, n_data);
  while (udpnat_frame_next (&reader, &frame))
    {
      g_assert_true (frame.body >= data && frame.body + frame.n_body <= data + n_data);
      udpnat_frame_is_eliciting (frame.type);
      check_ack (&frame);
      check_stream (&frame);
      check_carriers (&frame);
      check_small (&frame);
    }
  return 0;
}
