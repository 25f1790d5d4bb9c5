#include "config.h"

#include "udpnat-frame.h"

#include "wire-hex.h"

/* The ranges of ACK (PROTOCOL.md section 5): 32-bit fields, at most 32 ranges, never below zero. */

#define HEADER_HEX "02 0010 "

static gboolean
parse_hex (const char *hex,
           UdpnatAck  *out_ack)
{
  g_autoptr (GByteArray) data = bytes_from_hex (hex);
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, data->data, data->len);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_true (udpnat_reader_is_done (&reader));
  return udpnat_frame_parse_ack (&frame, out_ack);
}

/* Writes @ack into @n_room bytes and gives the ranges that a reader finds in it; 0 when nothing
 * was written. */
static guint
write_and_read (const UdpnatAck *ack,
                gsize            n_room,
                UdpnatAck       *out_ack)
{
  g_autofree guint8 *out = g_malloc (n_room);
  UdpnatFrameView frame;
  UdpnatWriter writer;
  UdpnatReader reader;

  udpnat_writer_init (&writer, out, n_room);
  if (!udpnat_frame_write_ack (&writer, ack))
    {
      g_assert_false (writer.failed);
      g_assert_cmpuint (writer.n_written, ==, 0);
      return 0;
    }
  udpnat_reader_init (&reader, out, writer.n_written);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_true (udpnat_reader_is_done (&reader));
  g_assert_true (udpnat_frame_parse_ack (&frame, out_ack));
  g_assert_cmpuint (out_ack->delay_us, ==, ack->delay_us);
  return out_ack->n_ranges;
}

/* @n_ranges ranges of one number each, every second number missing. */
static UdpnatAck
make_ack (guint n_ranges)
{
  UdpnatAck ack = { .delay_us = 77, .n_ranges = n_ranges };

  for (guint i = 0; i < n_ranges; i++)
    ack.ranges[i].first = ack.ranges[i].last = 1000 - 2 * i;
  return ack;
}

static void
read_as_documented (void)
{
  UdpnatAck ack;

  g_assert_true (parse_hex ("02 0020 0000000000000064 000003e8 00000004"
                            "00000002 00000000 00000000 00000009",
                            &ack));
  g_assert_cmpuint (ack.delay_us, ==, 1000);
  g_assert_cmpuint (ack.n_ranges, ==, 3);
  g_assert_cmpuint (ack.ranges[0].last, ==, 100);
  g_assert_cmpuint (ack.ranges[0].first, ==, 96);
  /* 93, 94 and 95 are missing */
  g_assert_cmpuint (ack.ranges[1].last, ==, 92);
  g_assert_cmpuint (ack.ranges[1].first, ==, 92);
  /* 91 is missing */
  g_assert_cmpuint (ack.ranges[2].last, ==, 90);
  g_assert_cmpuint (ack.ranges[2].first, ==, 81);
}

static void
written_as_documented (void)
{
  UdpnatAck ack = {
    .delay_us = 1000,
    .n_ranges = 3,
    .ranges = { { 96, 100 }, { 92, 92 }, { 81, 90 } },
  };
  guint8 out[64];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, sizeof out);
  g_assert_true (udpnat_frame_write_ack (&writer, &ack));
  assert_hex (out, writer.n_written,
              "02 0020 0000000000000064 000003e8 00000004"
              "00000002 00000000 00000000 00000009");
}

static void
never_below_zero (void)
{
  UdpnatAck ack;

  /* The first range */
  g_assert_true (parse_hex (HEADER_HEX "0000000000000000 00000000 00000000", &ack));
  g_assert_cmpuint (ack.ranges[0].first, ==, 0);
  g_assert_false (parse_hex (HEADER_HEX "0000000000000000 00000000 00000001", &ack));
  g_assert_true (parse_hex (HEADER_HEX "0000000000000005 00000000 00000005", &ack));
  g_assert_cmpuint (ack.ranges[0].first, ==, 0);
  g_assert_false (parse_hex (HEADER_HEX "0000000000000005 00000000 00000006", &ack));
  /* The gap */
  g_assert_true (parse_hex ("02 0018 0000000000000005 00000000 00000000 00000003 00000000", &ack));
  g_assert_cmpuint (ack.ranges[1].last, ==, 0);
  g_assert_false (parse_hex ("02 0018 0000000000000005 00000000 00000000 00000004 00000000", &ack));
  g_assert_false (parse_hex ("02 0018 0000000000000005 00000000 00000000 ffffffff 00000000", &ack));
  /* The next range */
  g_assert_true (parse_hex ("02 0018 0000000000000005 00000000 00000000 00000002 00000001", &ack));
  g_assert_cmpuint (ack.ranges[1].first, ==, 0);
  g_assert_false (parse_hex ("02 0018 0000000000000005 00000000 00000000 00000002 00000002", &ack));
}

static void
largest_number_there_is (void)
{
  UdpnatAck ack;

  g_assert_true (parse_hex ("02 0018 ffffffffffffffff 00000000 ffffffff ffffffff ffffffff", &ack));
  g_assert_cmpuint (ack.ranges[0].last, ==, G_MAXUINT64);
  g_assert_cmpuint (ack.ranges[0].first, ==, G_MAXUINT64 - G_MAXUINT32);
  g_assert_cmpuint (ack.ranges[1].last, ==, G_MAXUINT64 - 2 * (guint64) G_MAXUINT32 - 2);
}

static void
up_to_32_ranges_read (void)
{
  for (guint n_ranges = 1; n_ranges <= 40; n_ranges++)
    {
      g_autoptr (GByteArray) body = bytes_from_hex ("00000000000003e8 00000000 00000000");
      UdpnatFrameView frame;
      UdpnatAck ack;

      for (guint i = 1; i < n_ranges; i++)
        g_byte_array_append (body, (const guint8[8]) { 0 }, 8);
      frame = (UdpnatFrameView) { UDPNAT_FRAME_ACK, body->data, body->len };
      g_assert_cmpint (udpnat_frame_parse_ack (&frame, &ack), ==, n_ranges <= 32);
      if (n_ranges <= 32)
        g_assert_cmpuint (ack.n_ranges, ==, n_ranges);
    }
}

static void
half_a_range_refused (void)
{
  for (guint n_more = 1; n_more < 16; n_more++)
    {
      g_autoptr (GByteArray) body = bytes_from_hex ("00000000000003e8 00000000 00000000");
      UdpnatFrameView frame;
      UdpnatAck ack;

      for (guint i = 0; i < n_more; i++)
        g_byte_array_append (body, (const guint8[1]) { 0 }, 1);
      frame = (UdpnatFrameView) { UDPNAT_FRAME_ACK, body->data, body->len };
      g_assert_cmpint (udpnat_frame_parse_ack (&frame, &ack), ==, n_more == 8);
    }
}

static void
as_many_ranges_written_as_fit (void)
{
  UdpnatAck ack = make_ack (UDPNAT_ACK_MAX_RANGES);

  for (gsize n_room = 0; n_room <= UDPNAT_ACK_FRAME_MAX_BYTES + 8; n_room++)
    {
      guint n_expected = n_room < 19 ? 0 : (guint) MIN (32, 1 + (n_room - 19) / 8);
      UdpnatAck read;

      g_assert_cmpuint (write_and_read (&ack, n_room, &read), ==, n_expected);
      for (guint i = 0; i < n_expected; i++)
        {
          g_assert_cmpuint (read.ranges[i].first, ==, ack.ranges[i].first);
          g_assert_cmpuint (read.ranges[i].last, ==, ack.ranges[i].last);
        }
    }
}

static void
sizes_are_what_is_written (void)
{
  for (guint n_ranges = 1; n_ranges <= 32; n_ranges += 31)
    {
      UdpnatAck ack = make_ack (n_ranges);
      guint8 out[512];
      UdpnatWriter writer;

      udpnat_writer_init (&writer, out, sizeof out);
      g_assert_true (udpnat_frame_write_ack (&writer, &ack));
      g_assert_cmpuint (writer.n_written, ==,
                        n_ranges == 1 ? UDPNAT_ACK_FRAME_MIN_BYTES : UDPNAT_ACK_FRAME_MAX_BYTES);
    }
}

static void
nothing_to_say_is_not_written (void)
{
  UdpnatAck ack = { .n_ranges = 0 };
  UdpnatAck read;

  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 0);
}

/* A session may run for more than 2^32 packets without a loss. */
static void
long_range_cut_to_its_newest (void)
{
  guint64 last = (G_GUINT64_CONSTANT (5) << 32);
  UdpnatAck ack = { .n_ranges = 2, .ranges = { { last - G_MAXUINT32, last }, { 3, 4 } } };
  UdpnatAck read;

  /* 2^32 numbers can be said, and the gap after them as well */
  ack.ranges[1].last = ack.ranges[0].first - 2 - G_MAXUINT32;
  ack.ranges[1].first = ack.ranges[1].last;
  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 2);
  g_assert_cmpuint (read.ranges[0].first, ==, ack.ranges[0].first);
  g_assert_cmpuint (read.ranges[1].last, ==, ack.ranges[1].last);
  /* One more, and what follows would be in the wrong place */
  ack.ranges[0].first--;
  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 1);
  g_assert_cmpuint (read.ranges[0].last, ==, last);
  g_assert_cmpuint (read.ranges[0].first, ==, last - G_MAXUINT32);
  ack.ranges[0].first = 6;
  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 1);
  g_assert_cmpuint (read.ranges[0].first, ==, last - G_MAXUINT32);
}

static void
long_gap_ends_the_list (void)
{
  guint64 last = (G_GUINT64_CONSTANT (5) << 32);
  UdpnatAck ack = { .n_ranges = 2, .ranges = { { last, last }, { 0, 0 } } };
  UdpnatAck read;

  ack.ranges[1].first = ack.ranges[1].last = last - 2 - G_MAXUINT32;
  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 2);
  g_assert_cmpuint (read.ranges[1].last, ==, ack.ranges[1].last);
  ack.ranges[1].first = --ack.ranges[1].last;
  g_assert_cmpuint (write_and_read (&ack, 64, &read), ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-ack/read/as-documented", read_as_documented);
  g_test_add_func ("/wire-ack/read/never-below-zero", never_below_zero);
  g_test_add_func ("/wire-ack/read/largest-number-there-is", largest_number_there_is);
  g_test_add_func ("/wire-ack/read/up-to-32-ranges", up_to_32_ranges_read);
  g_test_add_func ("/wire-ack/read/half-a-range-refused", half_a_range_refused);
  g_test_add_func ("/wire-ack/write/as-documented", written_as_documented);
  g_test_add_func ("/wire-ack/write/as-many-ranges-as-fit", as_many_ranges_written_as_fit);
  g_test_add_func ("/wire-ack/write/sizes-are-what-is-written", sizes_are_what_is_written);
  g_test_add_func ("/wire-ack/write/nothing-to-say", nothing_to_say_is_not_written);
  g_test_add_func ("/wire-ack/write/long-range-cut-to-its-newest", long_range_cut_to_its_newest);
  g_test_add_func ("/wire-ack/write/long-gap-ends-the-list", long_gap_ends_the_list);
  return g_test_run ();
}
