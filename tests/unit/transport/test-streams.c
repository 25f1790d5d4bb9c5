#include "config.h"

#include "udpnat-receive-stream.h"
#include "udpnat-send-stream.h"

#include <string.h>

/* Both halves of a stream, without packets: order, windows, repetition, and what a hostile peer may
 * claim. */

#define BUFFER_BYTES UDPNAT_STREAM_SEND_BUFFER_BYTES

static guint8 pattern[2 * UDPNAT_STREAM_WINDOW_BYTES];

static void
write_all (UdpnatSendStream *stream,
           gsize             n)
{
  gsize n_written = udpnat_send_stream_write (stream, BUFFER_BYTES, pattern, n);

  g_assert_cmpuint (n_written, ==, n);
}

/* In one piece, or two where the ring ends. */
static void
assert_take (UdpnatSendStream *stream,
             gsize             n_max,
             guint64           expected_offset,
             gsize             n_expected)
{
  gsize n_taken = 0;

  for (guint i = 0; i < 2 && n_taken < n_expected; i++)
    {
      guint64       offset;
      gsize         n;
      const guint8 *data = udpnat_send_stream_take (stream, n_max - n_taken, &offset, &n);

      g_assert_nonnull (data);
      g_assert_cmpuint (offset, ==, expected_offset + n_taken);
      g_assert_cmpmem (data, n, pattern + offset, n);
      n_taken += n;
    }
  g_assert_cmpuint (n_taken, ==, n_expected);
}

static void
assert_nothing_to_take (UdpnatSendStream *stream)
{
  guint64 offset;
  gsize   n;

  g_assert_null (udpnat_send_stream_take (stream, 1000, &offset, &n));
  g_assert_cmpuint (udpnat_send_stream_get_sendable (stream), ==, 0);
}

static void
send_buffer_is_bounded (void)
{
  g_autoptr (UdpnatSendStream) stream = udpnat_send_stream_new ();

  g_assert_cmpuint (udpnat_send_stream_write (stream, BUFFER_BYTES, pattern, sizeof pattern), ==,
                    UDPNAT_STREAM_SEND_BUFFER_BYTES);
  g_assert_cmpuint (udpnat_send_stream_get_space (stream, BUFFER_BYTES), ==, 0);
  g_assert_cmpuint (udpnat_send_stream_write (stream, BUFFER_BYTES, pattern, 1), ==, 0);
  assert_take (stream, 1000, 0, 1000);
  g_assert_cmpuint (udpnat_send_stream_get_space (stream, BUFFER_BYTES), ==, 0);
  udpnat_send_stream_handle_acked (stream, 0, 1000);
  g_assert_cmpuint (udpnat_send_stream_get_space (stream, BUFFER_BYTES), ==, 1000);
}

static void
send_stops_at_limit (void)
{
  g_autoptr (UdpnatSendStream) stream = udpnat_send_stream_new ();

  write_all (stream, UDPNAT_STREAM_WINDOW_BYTES);
  assert_take (stream, UDPNAT_STREAM_WINDOW_BYTES, 0, UDPNAT_STREAM_WINDOW_BYTES);
  udpnat_send_stream_handle_acked (stream, 0, UDPNAT_STREAM_WINDOW_BYTES);
  g_assert_cmpuint (udpnat_send_stream_write (stream, BUFFER_BYTES,
                                              pattern + UDPNAT_STREAM_WINDOW_BYTES, 5000),
                    ==, 5000);
  assert_nothing_to_take (stream);
  udpnat_send_stream_set_limit (stream, UDPNAT_STREAM_WINDOW_BYTES + 1);
  assert_take (stream, 1000, UDPNAT_STREAM_WINDOW_BYTES, 1);
  udpnat_send_stream_set_limit (stream, 10);
  assert_nothing_to_take (stream);
  udpnat_send_stream_set_limit (stream, G_MAXUINT64);
  assert_take (stream, 10000, UDPNAT_STREAM_WINDOW_BYTES + 1, 4999);
}

static void
send_lost_comes_first (void)
{
  g_autoptr (UdpnatSendStream) stream = udpnat_send_stream_new ();

  write_all (stream, 1000);
  assert_take (stream, 100, 0, 100);
  assert_take (stream, 100, 100, 100);
  assert_take (stream, 100, 200, 100);
  udpnat_send_stream_handle_lost (stream, 100, 100);
  g_assert_cmpuint (udpnat_send_stream_get_sendable (stream), ==, 800);
  assert_take (stream, 60, 100, 60);
  assert_take (stream, 60, 160, 40);
  assert_take (stream, 60, 300, 60);
}

static void
send_acked_is_not_lost (void)
{
  g_autoptr (UdpnatSendStream) stream = udpnat_send_stream_new ();

  write_all (stream, 500);
  assert_take (stream, 500, 0, 500);
  udpnat_send_stream_handle_acked (stream, 100, 100);
  udpnat_send_stream_handle_acked (stream, 300, 100);
  g_assert_cmpuint (udpnat_send_stream_get_unacked (stream), ==, 500);
  udpnat_send_stream_handle_lost (stream, 0, 500);
  g_assert_cmpuint (udpnat_send_stream_get_sendable (stream), ==, 300);
  udpnat_send_stream_handle_acked (stream, 200, 100);
  assert_take (stream, 500, 0, 100);
  assert_take (stream, 500, 400, 100);
  udpnat_send_stream_handle_acked (stream, 0, 350);
  g_assert_cmpuint (udpnat_send_stream_get_unacked (stream), ==, 100);
  udpnat_send_stream_handle_acked (stream, 0, 500);
  g_assert_cmpuint (udpnat_send_stream_get_unacked (stream), ==, 0);
  udpnat_send_stream_handle_lost (stream, 0, 500);
  assert_nothing_to_take (stream);
}

static void
send_survives_many_rounds (void)
{
  g_autoptr (UdpnatSendStream) stream = udpnat_send_stream_new ();
  guint64 offset = 0;

  /* Never empty, so the buffer has to move its front again and again. */
  udpnat_send_stream_set_limit (stream, G_MAXUINT64);
  write_all (stream, 3000);
  for (guint i = 0; i < 150; i++, offset += 1500)
    {
      g_assert_cmpuint (udpnat_send_stream_write (stream, BUFFER_BYTES, pattern + offset + 3000,
                                                  1500), ==, 1500);
      assert_take (stream, 1500, offset, 1500);
      udpnat_send_stream_handle_acked (stream, offset, 1500);
      g_assert_cmpuint (udpnat_send_stream_get_unacked (stream), ==, 3000);
    }
}

static UdpnatReceiveResult
receive (UdpnatReceiveStream *stream,
         guint64              start,
         guint64              end)
{
  return udpnat_receive_stream_handle_data (stream, start, pattern + start, end - start);
}

static void
assert_peek (UdpnatReceiveStream *stream,
             guint64              start,
             guint64              end)
{
  gsize         n;
  const guint8 *data = udpnat_receive_stream_peek (stream, &n);

  g_assert_cmpuint (n, ==, end - start);
  if (n > 0)
    g_assert_cmpmem (data, n, pattern + start, end - start);
}

static void
receive_orders (void)
{
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();

  assert_peek (stream, 0, 0);
  g_assert_cmpint (receive (stream, 100, 200), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, 0);
  g_assert_cmpint (receive (stream, 50, 150), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, 0);
  g_assert_cmpint (receive (stream, 0, 51), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, 200);
  udpnat_receive_stream_consume (stream, 120);
  assert_peek (stream, 120, 200);
  g_assert_cmpint (receive (stream, 0, 250), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 120, 250);
  udpnat_receive_stream_consume (stream, 130);
  assert_peek (stream, 250, 250);
  g_assert_cmpint (receive (stream, 100, 200), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 250, 250);
  g_assert_cmpint (receive (stream, 250, 250), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 250, 250);
}

static void
receive_keeps_first (void)
{
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
  guint8 other[300] = { 0 };

  receive (stream, 100, 200);
  udpnat_receive_stream_handle_data (stream, 0, other, sizeof other);
  udpnat_receive_stream_consume (stream, 100);
  g_assert_cmpint (udpnat_receive_stream_handle_data (stream, 150, other, 50), ==,
                   UDPNAT_RECEIVE_TAKEN);
  {
    gsize         n;
    const guint8 *data = udpnat_receive_stream_peek (stream, &n);

    g_assert_cmpuint (n, ==, 200);
    g_assert_cmpmem (data, 100, pattern + 100, 100);
  }
}

static void
receive_window_is_exact (void)
{
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
  const guint64 window = UDPNAT_STREAM_WINDOW_BYTES;
  gsize n_spare = 0;

  g_assert_cmpint (receive (stream, window - 1, window), ==, UDPNAT_RECEIVE_TAKEN);
  g_assert_cmpint (receive (stream, window - 1, window + 1), ==, UDPNAT_RECEIVE_BEYOND_WINDOW);
  g_assert_cmpint (receive (stream, window, window + 1), ==, UDPNAT_RECEIVE_BEYOND_WINDOW);
  g_assert_cmpint (udpnat_receive_stream_handle_data (stream, G_MAXUINT64 - 1, pattern, 1), ==,
                   UDPNAT_RECEIVE_BEYOND_WINDOW);
  g_assert_cmpint (receive (stream, 0, window), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, window);
  g_assert_false (udpnat_receive_stream_consume (stream, window / 2 - 1));
  /* Not granted before it was told. */
  g_assert_cmpint (receive (stream, window, window + 1), ==, UDPNAT_RECEIVE_BEYOND_WINDOW);
  g_assert_true (udpnat_receive_stream_consume (stream, 1));
  g_assert_cmpuint (udpnat_receive_stream_take_limit (stream, 1, 1, &n_spare), ==,
                    window + window / 2);
  g_assert_cmpint (receive (stream, window, window + window / 2), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, window / 2, window + window / 2);
}

/* Reads as fast as it may be sent, so that half a window is used up every @gap_us. */
static guint64
read_for (UdpnatReceiveStream *stream,
          guint                n_rounds,
          gint64               gap_us,
          gint64               rtt_us,
          gsize               *n_spare)
{
  guint64 offset = 0, limit = UDPNAT_STREAM_WINDOW_BYTES;

  for (guint i = 0; i < n_rounds; i++)
    {
      gboolean is_told = FALSE;

      while (!is_told)
        {
          g_assert_cmpint (udpnat_receive_stream_handle_data (stream, offset, pattern, 65536), ==,
                           UDPNAT_RECEIVE_TAKEN);
          is_told = udpnat_receive_stream_consume (stream, 65536);
          offset += 65536;
        }
      limit = udpnat_receive_stream_take_limit (stream, gap_us * (i + 1), rtt_us, n_spare);
    }
  return limit - offset;
}

static void
receive_window_grows (void)
{
  const gsize window = UDPNAT_STREAM_WINDOW_BYTES, most = UDPNAT_STREAM_WINDOW_MAX_BYTES;
  static const struct
  {
    gint64 gap_us;
    gint64 rtt_us;
    gsize  n_spare;
    gsize  n_window;
    gsize  n_left;
  } cases[] = {
    { 199, 100, G_MAXSIZE, most, G_MAXSIZE - most + window },
    { 201, 100, G_MAXSIZE, window, G_MAXSIZE }, /* slow enough for it */
    { 199, 100, 0, window, 0 },
    { 199, 100, 3 * window, 4 * window, 0 }, /* no more for all than there is */
    { 199, 100, 5 * window, 4 * window, 2 * window },
    { 2 * UDPNAT_RTT_INITIAL_US - 1, 0, G_MAXSIZE, most, G_MAXSIZE - most + window },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
      gsize n_spare = cases[i].n_spare;

      g_assert_cmpuint (read_for (stream, 12, cases[i].gap_us, cases[i].rtt_us, &n_spare), ==,
                        cases[i].n_window);
      g_assert_cmpuint (n_spare, ==, cases[i].n_left);
    }
}

static void
receive_pieces_are_bounded (void)
{
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
  guint64 at = 2;

  for (guint i = 0; i < UDPNAT_RECEIVE_RANGES_MAX; i++, at += 2)
    g_assert_cmpint (receive (stream, at, at + 1), ==, UDPNAT_RECEIVE_TAKEN);
  g_assert_cmpint (receive (stream, at, at + 1), ==, UDPNAT_RECEIVE_NO_ROOM);
  /* What is there, what touches and what comes next is still taken, so the stream goes on. */
  g_assert_cmpint (receive (stream, 2, 3), ==, UDPNAT_RECEIVE_TAKEN);
  g_assert_cmpint (receive (stream, 3, 4), ==, UDPNAT_RECEIVE_TAKEN);
  g_assert_cmpint (receive (stream, at, at + 1), ==, UDPNAT_RECEIVE_TAKEN);
  g_assert_cmpint (receive (stream, 0, 1), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, 1);
  g_assert_cmpint (receive (stream, 0, at + 1), ==, UDPNAT_RECEIVE_TAKEN);
  assert_peek (stream, 0, at + 1);
}

static void
receive_random_order (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  g_autoptr (UdpnatReceiveStream) stream = udpnat_receive_stream_new ();
  guint64 consumed = 0, limit = UDPNAT_STREAM_WINDOW_BYTES;
  gsize n_spare = 0;

  while (consumed < sizeof pattern)
    {
      guint64 top = MIN (limit, sizeof pattern);
      guint64 start = g_rand_int_range (rand, consumed > 2000 ? consumed - 2000 : 0, top);
      guint64 end = start + g_rand_int_range (rand, 0, 3000);
      gsize   n;

      if (g_rand_int_range (rand, 0, 4) == 0)
        {
          start = MIN (start, consumed);
          end = MAX (end, consumed + 1000);
        }
      end = MIN (end, top);
      g_assert_cmpint (receive (stream, start, end), ==, UDPNAT_RECEIVE_TAKEN);
      udpnat_receive_stream_peek (stream, &n);
      assert_peek (stream, consumed, consumed + n);
      n = n > 0 ? (gsize) g_rand_int_range (rand, 0, n + 1) : 0;
      if (udpnat_receive_stream_consume (stream, n))
        limit = udpnat_receive_stream_take_limit (stream, 1, 1, &n_spare);
      consumed += n;
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < sizeof pattern; i++)
    pattern[i] = (guint8) (i * 7 + i / 251 + i / 65536 + 1);
  g_test_add_func ("/transport-streams/send/buffer-is-bounded", send_buffer_is_bounded);
  g_test_add_func ("/transport-streams/send/stops-at-limit", send_stops_at_limit);
  g_test_add_func ("/transport-streams/send/lost-comes-first", send_lost_comes_first);
  g_test_add_func ("/transport-streams/send/acked-is-not-lost", send_acked_is_not_lost);
  g_test_add_func ("/transport-streams/send/front-moves", send_survives_many_rounds);
  g_test_add_func ("/transport-streams/receive/orders", receive_orders);
  g_test_add_func ("/transport-streams/receive/first-bytes-stay", receive_keeps_first);
  g_test_add_func ("/transport-streams/receive/window-is-exact", receive_window_is_exact);
  g_test_add_func ("/transport-streams/receive/window-grows", receive_window_grows);
  g_test_add_func ("/transport-streams/receive/pieces-are-bounded", receive_pieces_are_bounded);
  g_test_add_func ("/transport-streams/receive/random-order", receive_random_order);
  return g_test_run ();
}
