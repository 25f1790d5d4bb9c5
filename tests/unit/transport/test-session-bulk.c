#include "config.h"

#include "transport/session-pipe.h"

/* Much at a time, on the streams of files: how long packets are, how they are spread, and how far
 * windows grow. */

#define FILE_BYTES 4000000

static UdpnatSession *
session_of (Pipe *pipe,
            guint side)
{
  return pipe->ends[side].session;
}

static guint8
pattern_at (gsize i)
{
  return (guint8) (i * 13 + i / 257 + i / 66000);
}

static gsize
feed (Pipe  *pipe,
      guint  stream,
      gsize  n_written,
      gsize  n_total)
{
  guint8 chunk[16384];
  gsize n_taken = sizeof chunk;

  while (n_written < n_total && n_taken == sizeof chunk)
    {
      gsize n = MIN (sizeof chunk, n_total - n_written);

      for (gsize i = 0; i < n; i++)
        chunk[i] = pattern_at (n_written + i);
      n_taken = udpnat_session_stream_write (session_of (pipe, 0), stream, chunk, n);
      n_written += n_taken;
    }
  return n_written;
}

/* Until all of it is there. Returns: how long it took */
static gint64
transfer (Pipe   *pipe,
          guint   stream,
          gsize   n_total,
          gint64  give_up_us)
{
  const GByteArray *received = pipe->ends[1].received[stream];
  gint64 started_us = pipe->now_us;
  gsize n_written = 0;

  while (received->len < n_total)
    {
      n_written = feed (pipe, stream, n_written, n_total);
      pipe_run (pipe, UDPNAT_MSEC (1));
      g_assert_cmpint (pipe->now_us - started_us, <, give_up_us);
    }
  g_assert_cmpuint (received->len, ==, n_total);
  for (gsize i = 0; i < n_total; i++)
    if (received->data[i] != pattern_at (i))
      g_assert_cmpuint (i, ==, G_MAXSIZE); /* says where */
  return pipe->now_us - started_us;
}

/* Three trials for each length that is too much, and each a round trip: a file that takes so long,
 * four kilobytes in each millisecond. */
static void
trickle (Pipe  *pipe,
         gint64 duration_us)
{
  const gint64 until_us = pipe->now_us + duration_us;
  static const guint8 some[4096];

  while (pipe->now_us < until_us)
    {
      (void) udpnat_session_stream_write (session_of (pipe, 0), 2, some, sizeof some);
      pipe_run (pipe, UDPNAT_MSEC (1));
    }
  pipe_run (pipe, UDPNAT_SEC (1));
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
}

/* Of what the sender has sent from @first on. */
static gsize
find_longest (Pipe *pipe,
              guint first)
{
  gsize n = 0;

  for (guint i = first; i < pipe->log->len; i++)
    {
      const PipePacket *packet = pipe->log->pdata[i];

      if (packet->to == 1)
        n = MAX (n, packet->n_data);
    }
  return n;
}

/* ---- Length ---- */

static void
length_grows_to_the_path (void)
{
  static const struct
  {
    gsize n_path_max;
    gsize n_expected;
  } cases[] = { { 0, 1472 }, { 1472, 1472 }, { 1471, 1452 }, { 1400, 1392 }, { 1272, 1272 },
                { 1271, 1200 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
      guint n_before;

      pipe->n_path_max = cases[i].n_path_max;
      trickle (pipe, UDPNAT_MSEC (1200));
      n_before = pipe->log->len;
      transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
      g_assert_cmpuint (find_longest (pipe, n_before), ==, cases[i].n_expected);
    }
}

/* What is tried and lost is no congestion: the window grows as if nothing had been. */
static void
length_costs_no_window (void)
{
  g_autoptr (Pipe) wide = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  g_autoptr (Pipe) narrow = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  narrow->n_path_max = UDPNAT_DATAGRAM_BASE_BYTES;
  g_assert_cmpint (transfer (narrow, 2, FILE_BYTES, UDPNAT_SEC (20)), <=,
                   transfer (wide, 2, FILE_BYTES, UDPNAT_SEC (20)) * 14 / 10);
}

static void
length_is_not_tried_for_talk (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  transfer (pipe, 1, 200000, UDPNAT_SEC (20));
  g_assert_cmpuint (find_longest (pipe, 0), ==, UDPNAT_DATAGRAM_BASE_BYTES);
}

static void
length_is_not_tried_by_relay (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before = pipe->log->len;

  udpnat_session_set_max_packet (session_of (pipe, 0), UDPNAT_RELAY_INNER_MAX_BYTES);
  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  g_assert_cmpuint (find_longest (pipe, n_before), ==, UDPNAT_RELAY_INNER_MAX_BYTES);
}

/* The path becomes narrower while it is used; nobody says so. */
static void
length_shrinks (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before;

  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  pipe->n_path_max = 1300;
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  g_assert_cmpint (transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (30)), <, UDPNAT_SEC (10));
  n_before = pipe->log->len;
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  g_assert_cmpuint (find_longest (pipe, n_before), ==, UDPNAT_DATAGRAM_BASE_BYTES);
  /* Another path is asked anew. */
  pipe->n_path_max = 0;
  udpnat_session_reset_path (session_of (pipe, 0), pipe->now_us, UDPNAT_MSEC (40));
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  g_assert_cmpuint (find_longest (pipe, n_before), ==, UDPNAT_DATAGRAM_MAX_BYTES);
}

/* What was lost on the path before does not say that this one is narrow. */
static void
length_of_another_path_lost (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before;

  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  pipe->n_path_max = UDPNAT_DATAGRAM_BASE_BYTES - 1;
  (void) feed (pipe, 2, 0, 200000);
  pipe_run (pipe, UDPNAT_MSEC (30));
  udpnat_session_reset_path (session_of (pipe, 0), pipe->now_us, UDPNAT_MSEC (40));
  pipe->n_path_max = 0;
  pipe_run (pipe, UDPNAT_SEC (2));
  n_before = pipe->log->len;
  trickle (pipe, UDPNAT_MSEC (1200));
  g_assert_cmpuint (find_longest (pipe, n_before), ==, UDPNAT_DATAGRAM_MAX_BYTES);
}

/* A trial that arrives on the path before does not say that this one is wide: what is longer than
 * the base are trials. */
static void
length_of_another_path_arrived (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before, n_long = 0;

  (void) feed (pipe, 2, 0, 200000);
  pipe_run (pipe, UDPNAT_MSEC (1));
  g_assert_cmpuint (find_longest (pipe, 0), ==, UDPNAT_DATAGRAM_MAX_BYTES);
  n_before = pipe->log->len;
  udpnat_session_reset_path (session_of (pipe, 0), pipe->now_us, UDPNAT_MSEC (40));
  pipe->n_path_max = UDPNAT_DATAGRAM_BASE_BYTES;
  pipe_run (pipe, UDPNAT_SEC (2));
  for (guint i = n_before; i < pipe->log->len; i++)
    n_long += ((PipePacket *) pipe->log->pdata[i])->n_data > UDPNAT_DATAGRAM_BASE_BYTES;
  g_assert_cmpuint (pipe->log->len - n_before, >, 100);
  g_assert_cmpuint (n_long, <=, 18);
}

/* A full queue loses many long ones in a row, and is no narrower path. */
static void
length_survives_a_burst_of_loss (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before;
  gsize n_written;

  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  n_written = feed (pipe, 2, 0, FILE_BYTES);
  pipe_run (pipe, UDPNAT_MSEC (30));
  pipe->loss_percent = 90;
  n_written = feed (pipe, 2, n_written, FILE_BYTES);
  pipe_run (pipe, UDPNAT_MSEC (15));
  pipe->loss_percent = 0;
  while (n_written < FILE_BYTES)
    {
      n_written = feed (pipe, 2, n_written, FILE_BYTES);
      pipe_run (pipe, UDPNAT_MSEC (1));
    }
  pipe_run (pipe, UDPNAT_SEC (2));
  n_before = pipe->log->len;
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  transfer (pipe, 2, FILE_BYTES, UDPNAT_SEC (20));
  g_assert_cmpuint (find_longest (pipe, n_before), ==, UDPNAT_DATAGRAM_MAX_BYTES);
}

/* ---- Pace ---- */

/* Once a round trip is known, what leaves within a millisecond is what the pacer lets go: twice a
 * window in a round trip of 40 ms, and what may have been saved up. */
static void
window_is_spread (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_most = 0, n_now = 0;
  gint64 at_us = 0;
  guint n_before;

  transfer (pipe, 2, 1000000, UDPNAT_SEC (20));
  pipe_run (pipe, UDPNAT_SEC (1));
  n_before = pipe->log->len;
  g_byte_array_set_size (pipe->ends[1].received[2], 0);
  transfer (pipe, 2, 1000000, UDPNAT_SEC (20));
  for (guint i = n_before; i < pipe->log->len; i++)
    {
      const PipePacket *packet = pipe->log->pdata[i];

      if (packet->to != 1)
        continue;
      n_now = packet->at_us == at_us ? n_now + packet->n_data : packet->n_data;
      at_us = packet->at_us;
      n_most = MAX (n_most, n_now);
    }
  g_test_message ("%d bytes at once", (int) n_most);
  g_assert_cmpuint (n_most, >=, 12000);
  /* The window is some 1.2 MB at the end: 60 MB/s. */
  g_assert_cmpuint (n_most, <=, 12000 + 5 * 60000);
}

/* ---- Windows ---- */

/* 256 KiB in each round trip of 100 ms would take more than seven seconds. */
static void
windows_grow_with_the_path (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  gint64 took_us;

  pipe->latency_us = UDPNAT_MSEC (50);
  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_SEC (1));
  took_us = transfer (pipe, 2, 20000000, UDPNAT_SEC (20));
  g_test_message ("%.2f s", took_us / 1e6);
  g_assert_cmpint (took_us, <, UDPNAT_MSEC (2200));
}

static void
windows_of_talk_stay (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe->latency_us = UDPNAT_MSEC (50);
  g_assert_cmpint (transfer (pipe, 1, 5000000, UDPNAT_SEC (20)), >,
                   5000000 / UDPNAT_STREAM_WINDOW_BYTES * UDPNAT_MSEC (100) / 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport-session-bulk/length/grows-to-the-path", length_grows_to_the_path);
  g_test_add_func ("/transport-session-bulk/length/costs-no-window", length_costs_no_window);
  g_test_add_func ("/transport-session-bulk/length/not-for-talk", length_is_not_tried_for_talk);
  g_test_add_func ("/transport-session-bulk/length/not-by-relay", length_is_not_tried_by_relay);
  g_test_add_func ("/transport-session-bulk/length/shrinks", length_shrinks);
  g_test_add_func ("/transport-session-bulk/length/of-another-path-lost",
                   length_of_another_path_lost);
  g_test_add_func ("/transport-session-bulk/length/of-another-path-arrived",
                   length_of_another_path_arrived);
  g_test_add_func ("/transport-session-bulk/length/survives-a-burst-of-loss",
                   length_survives_a_burst_of_loss);
  g_test_add_func ("/transport-session-bulk/pace/window-is-spread", window_is_spread);
  g_test_add_func ("/transport-session-bulk/windows/grow-with-the-path",
                   windows_grow_with_the_path);
  g_test_add_func ("/transport-session-bulk/windows/of-talk-stay", windows_of_talk_stay);

  return g_test_run ();
}
