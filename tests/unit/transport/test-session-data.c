#include "config.h"

#include "transport/session-pipe.h"

/* Data over a session: everything arrives, exactly and in order, whatever the pipe does; windows
 * and timers are exact. */

#define TRANSFER_BYTES 1048576

static UdpnatSession *
session_of (Pipe *pipe,
            guint side)
{
  return pipe->ends[side].session;
}

static guint8
pattern_at (guint side,
            guint stream,
            gsize i)
{
  return (guint8) (i * 13 + i / 257 + i / 66000 + side * 101 + stream * 59);
}

/* Writes as much of a patterned stream as there is room for. Returns the new count. */
static gsize
feed (Pipe  *pipe,
      guint  side,
      guint  stream,
      gsize  n_written,
      gsize  n_total)
{
  guint8 chunk[4096];

  while (n_written < n_total)
    {
      gsize n = MIN (sizeof chunk, n_total - n_written), n_taken;

      for (gsize i = 0; i < n; i++)
        chunk[i] = pattern_at (side, stream, n_written + i);
      n_taken = udpnat_session_stream_write (session_of (pipe, side), stream, chunk, n);
      n_written += n_taken;
      if (n_taken < n)
        break;
    }
  return n_written;
}

static void
assert_pattern (Pipe *pipe,
                guint from,
                guint stream,
                gsize n)
{
  const GByteArray *received = pipe->ends[1 - from].received[stream];

  g_assert_cmpuint (received->len, ==, n);
  for (gsize i = 0; i < n; i++)
    if (received->data[i] != pattern_at (from, stream, i))
      g_assert_cmpuint (i, ==, G_MAXSIZE); /* says where */
}

/* Moves n bytes both ways on one stream, and says how long it took. */
static gint64
transfer (Pipe  *pipe,
          guint  stream,
          gsize  n_total,
          gint64 give_up_us)
{
  gsize  n_written[2] = { 0, 0 };
  gint64 started_us = pipe->now_us;

  while (pipe->ends[0].received[stream]->len < n_total
         || pipe->ends[1].received[stream]->len < n_total)
    {
      for (guint side = 0; side < 2; side++)
        n_written[side] = feed (pipe, side, stream, n_written[side], n_total);
      pipe_run (pipe, UDPNAT_MSEC (10));
      g_assert_cmpint (pipe->now_us - started_us, <, give_up_us);
    }
  for (guint side = 0; side < 2; side++)
    assert_pattern (pipe, side, stream, n_total);
  return pipe->now_us - started_us;
}

/* ---- Everything arrives ---- */

static void
megabyte_over_a_bad_pipe (void)
{
  for (guint32 seed = 1; seed <= 3; seed++)
    {
      g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, seed);
      gint64 took_us;

      pipe->loss_percent = 20;
      pipe->reorder_percent = 5;
      pipe->repeat_percent = 5;
      pipe_dial (pipe);
      pipe_run (pipe, UDPNAT_SEC (5));
      g_assert_nonnull (session_of (pipe, 1));
      took_us = transfer (pipe, 1, TRANSFER_BYTES, UDPNAT_SEC (3000));
      g_test_message ("seed %u: %.1f s", seed, took_us / 1e6);
      pipe->loss_percent = 0;
      pipe_run (pipe, UDPNAT_SEC (20));
      for (guint side = 0; side < 2; side++)
        {
          g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, side), 1), ==, 0);
          g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
        }
    }
}

static void
clean_pipe_is_fast (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 took_us = transfer (pipe, 1, TRANSFER_BYTES, UDPNAT_SEC (10));

  /* A window each round trip of 40 ms would take 160 ms; slow start and updates at half a window
   * cost a bit. */
  g_test_message ("%.3f s", took_us / 1e6);
  g_assert_cmpint (took_us, <, UDPNAT_SEC (1));
  /* Nothing was sent twice. */
  g_assert_cmpuint (pipe_count_sent (pipe, 0, UDPNAT_SESSION_OUTPUT_DATA), <,
                    2 * TRANSFER_BYTES / 1100);
}

static void
streams_do_not_mix (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_written[PIPE_STREAMS] = { 0 };

  pipe->loss_percent = 10;
  while (pipe->ends[1].received[3]->len < 100000 || pipe->ends[1].received[0]->len < 100000
         || pipe->ends[1].received[1]->len < 100000 || pipe->ends[1].received[2]->len < 100000)
    {
      for (guint stream = 0; stream < PIPE_STREAMS; stream++)
        n_written[stream] = feed (pipe, 0, stream, n_written[stream], 100000);
      pipe_run (pipe, UDPNAT_MSEC (10));
      g_assert_cmpint (pipe->now_us, <, T0 + UDPNAT_SEC (600));
    }
  for (guint stream = 0; stream < PIPE_STREAMS; stream++)
    assert_pattern (pipe, 0, stream, 100000);
}

static void
control_overtakes_files (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  feed (pipe, 0, 2, 0, 200000);
  pipe_run (pipe, UDPNAT_MSEC (60));
  g_assert_cmpuint (pipe->ends[1].received[2]->len, <, 200000);
  feed (pipe, 0, 1, 0, 500);
  feed (pipe, 0, 0, 0, 500);
  pipe_run (pipe, UDPNAT_MSEC (45));
  assert_pattern (pipe, 0, 0, 500);
  assert_pattern (pipe, 0, 1, 500);
  g_assert_cmpuint (pipe->ends[1].received[2]->len, <, 200000);
}

static void
files_share (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  feed (pipe, 0, 2, 0, 200000);
  feed (pipe, 0, 3, 0, 200000);
  pipe_run (pipe, UDPNAT_MSEC (120));
  g_assert_cmpuint (pipe->ends[1].received[2]->len, >, 10000);
  g_assert_cmpuint (pipe->ends[1].received[3]->len, >, 10000);
}

static void
rekey_in_the_middle (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_written[2] = { 0, 0 };
  guint n_rekeys = 0;

  pipe->loss_percent = 10;
  pipe->reorder_percent = 10;
  while (pipe->ends[0].received[1]->len < TRANSFER_BYTES
         || pipe->ends[1].received[1]->len < TRANSFER_BYTES)
    {
      for (guint side = 0; side < 2; side++)
        n_written[side] = feed (pipe, side, 1, n_written[side], TRANSFER_BYTES);
      if (n_rekeys < 20 && !udpnat_session_is_handshaking (session_of (pipe, 0))
          && !udpnat_session_is_handshaking (session_of (pipe, 1)))
        pipe_start_handshake (pipe, n_rekeys++ % 2);
      pipe_run (pipe, UDPNAT_MSEC (300));
      g_assert_cmpint (pipe->now_us, <, T0 + UDPNAT_SEC (1000));
    }
  for (guint side = 0; side < 2; side++)
    {
      assert_pattern (pipe, side, 1, TRANSFER_BYTES);
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_REKEYED], >=, 10);
    }
}

/* While there is no way nothing is made, nothing is lost, and nobody is woken up in vain. */
static void
held_until_there_is_a_way (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_before;

  pipe_run (pipe, UDPNAT_SEC (1));
  n_before = pipe->log->len;
  udpnat_session_set_held (session_of (pipe, 0), TRUE);
  feed (pipe, 0, 1, 0, 5000);
  pipe_run (pipe, UDPNAT_SEC (60));
  g_assert_cmpuint (pipe->log->len, ==, n_before);
  udpnat_session_set_held (session_of (pipe, 0), FALSE);
  pipe_run (pipe, UDPNAT_MSEC (200));
  assert_pattern (pipe, 0, 1, 5000);
}

static void
outage_is_survived (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_written = feed (pipe, 0, 1, 0, 200000);
  guint n_sent;

  pipe_run (pipe, UDPNAT_MSEC (50));
  g_assert_cmpuint (n_written, ==, 200000);
  pipe->is_cut = TRUE;
  g_ptr_array_set_size (pipe->log, 0);
  pipe_run (pipe, UDPNAT_SEC (3600));
  /* For three minutes probes, then only HS1 every four seconds. */
  n_sent = pipe->log->len;
  g_assert_cmpuint (n_sent, <, 2 * (3600 / 4 + 300));
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 1), >, 100000);
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (15));
  assert_pattern (pipe, 0, 1, 200000);
}

static void
sleep_is_survived (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  feed (pipe, 0, 1, 0, 100000);
  pipe_run (pipe, UDPNAT_MSEC (30));
  pipe->now_us += UDPNAT_SEC (36000);
  pipe_run (pipe, UDPNAT_SEC (10));
  assert_pattern (pipe, 0, 1, 100000);
}

/* ---- Windows ---- */

static void
flow_control_blocks_at_the_window (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  const gsize   n_window = UDPNAT_STREAM_WINDOW_BYTES;
  const guint8 *data;
  gsize         n_written, n_there;

  pipe->ends[1].is_reading = FALSE;
  n_written = feed (pipe, 0, 1, 0, 2 * n_window);
  g_assert_cmpuint (n_written, ==, UDPNAT_STREAM_SEND_BUFFER_BYTES);
  pipe_run (pipe, UDPNAT_SEC (5));
  n_written = feed (pipe, 0, 1, n_written, 2 * n_window);
  pipe_run (pipe, UDPNAT_SEC (5));
  udpnat_session_stream_peek (session_of (pipe, 1), 1, &n_there);
  g_assert_cmpuint (n_there, ==, n_window);
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 1), ==,
                    n_written - n_window);
  /* Blocked means silent, too. */
  g_ptr_array_set_size (pipe->log, 0);
  pipe_run (pipe, UDPNAT_SEC (20));
  g_assert_cmpuint (pipe->log->len, ==, 0);

  /* One byte less than half a window frees nothing, half does. */
  data = udpnat_session_stream_peek (session_of (pipe, 1), 1, &n_there);
  g_byte_array_append (pipe->ends[1].received[1], data, n_window / 2);
  udpnat_session_stream_consume (session_of (pipe, 1), pipe->now_us, 1, n_window / 2 - 1);
  pipe_run (pipe, UDPNAT_SEC (1));
  udpnat_session_stream_peek (session_of (pipe, 1), 1, &n_there);
  g_assert_cmpuint (n_there, ==, n_window / 2 + 1);
  udpnat_session_stream_consume (session_of (pipe, 1), pipe->now_us, 1, 1);
  pipe_run (pipe, UDPNAT_SEC (5));
  udpnat_session_stream_peek (session_of (pipe, 1), 1, &n_there);
  g_assert_cmpuint (n_there, ==, n_window);
  pipe->ends[1].is_reading = TRUE;
  pipe_read_stream (pipe, 1, 1);
  feed (pipe, 0, 1, n_written, 2 * n_window);
  pipe_run (pipe, UDPNAT_SEC (5));
  assert_pattern (pipe, 0, 1, 2 * n_window);
}

static void
lost_window_is_told_again (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_written;

  pipe->ends[1].is_reading = FALSE;
  n_written = feed (pipe, 0, 1, 0, 400000);
  pipe_run (pipe, UDPNAT_SEC (5));
  feed (pipe, 0, 1, n_written, 400000);
  pipe_run (pipe, UDPNAT_SEC (5));
  pipe->ends[1].is_reading = TRUE;
  pipe->is_cut = TRUE;
  pipe_read_stream (pipe, 1, 1);
  pipe_run (pipe, UDPNAT_MSEC (20));
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (5));
  assert_pattern (pipe, 0, 1, 400000);
}

static void
first_flight_is_ten_packets (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gsize n_bytes = 0;

  feed (pipe, 0, 1, 0, 100000);
  pipe_pump (pipe, 0);
  for (guint i = 0; i < pipe->log->len; i++)
    n_bytes += ((PipePacket *) pipe->log->pdata[i])->n_data;
  g_assert_cmpuint (pipe->log->len, ==, 10);
  g_assert_cmpuint (n_bytes, ==, 12000);
  /* A short message does not find room either, but a probe does not ask. */
  udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
  pipe_pump (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, 10);
}

static void
packets_respect_the_limit (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES] = { 0 }, out[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_written;

  pipe->loss_percent = 10;
  n_written = feed (pipe, 0, 1, 0, 200000);
  pipe_run (pipe, UDPNAT_MSEC (60));
  /* Now over a relay; what was lost at full size is framed again. */
  udpnat_session_set_max_packet (session_of (pipe, 0), UDPNAT_RELAY_INNER_MAX_BYTES);
  g_ptr_array_set_size (pipe->log, 0);
  while (pipe->ends[1].received[1]->len < n_written)
    {
      pipe_run (pipe, UDPNAT_MSEC (100));
      g_assert_cmpint (pipe->now_us, <, T0 + UDPNAT_SEC (100));
    }
  assert_pattern (pipe, 0, 1, n_written);
  for (guint i = 0; i < pipe->log->len; i++)
    {
      const PipePacket *packet = pipe->log->pdata[i];

      if (packet->to == 1)
        g_assert_cmpuint (packet->n_data, <=, UDPNAT_RELAY_INNER_MAX_BYTES);
    }
  g_assert_cmpuint (udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, frames,
                                                UDPNAT_RELAY_INNER_MAX_BYTES - 32, out), ==,
                    UDPNAT_RELAY_INNER_MAX_BYTES);
  g_assert_cmpuint (udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, frames,
                                                UDPNAT_RELAY_INNER_MAX_BYTES - 31, out), ==, 0);
}

/* ---- Timers ---- */

static void
ack_waits_25_ms (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 arrived_us = pipe->now_us + UDPNAT_MSEC (20);

  udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
  pipe_run_until (pipe, arrived_us + UDPNAT_MSEC (25) - 1);
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_DATA), ==, 0);
  pipe_run_until (pipe, arrived_us + UDPNAT_MSEC (25));
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_DATA), ==, 1);
  /* An ACK is not acknowledged. */
  pipe_run (pipe, UDPNAT_SEC (10));
  g_assert_cmpuint (pipe->log->len, ==, 2);
}

static void
second_packet_is_acked_at_once (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 started_us = pipe->now_us;

  udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
  pipe_pump (pipe, 0);
  udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
  pipe_run_until (pipe, started_us + UDPNAT_MSEC (20));
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_DATA), ==, 1);
}

static void
ack_rides_on_data (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  feed (pipe, 0, 1, 0, 10);
  pipe_run (pipe, UDPNAT_MSEC (20));
  feed (pipe, 1, 1, 0, 10);
  pipe_run (pipe, UDPNAT_MSEC (20));
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 1), ==, 0);
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_DATA), ==, 1);
}

/* Handshake RTT 40 ms, then one ACK after 40 + 25 ms of which 25 are taken off: smoothed 40 ms,
 * variation 15 ms. */
static void
assert_probes (UdpnatRole   role,
               const guint *expected_ms,
               guint        n_expected)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (role);
  gint64 due_us;

  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 0)), ==, UDPNAT_MSEC (40));
  pipe->is_cut = TRUE;
  feed (pipe, 0, 1, 0, 10);
  pipe_pump (pipe, 0);
  due_us = pipe->now_us;
  g_assert_cmpint (udpnat_session_get_unanswered_since (session_of (pipe, 0)), ==, due_us);
  for (guint i = 0; i < n_expected; i++)
    {
      due_us += UDPNAT_MSEC (expected_ms[i]);
      pipe_run_until (pipe, due_us - 1);
      g_assert_cmpuint (pipe->log->len, ==, 1 + i);
      pipe_run_until (pipe, due_us);
      g_assert_cmpuint (pipe->log->len, ==, 2 + i);
    }
  /* Each carries the data, and the first that gets through ends it. */
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (4) + UDPNAT_MSEC (100));
  assert_pattern (pipe, 0, 1, 10);
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 1), ==, 0);
  g_assert_cmpint (udpnat_session_get_unanswered_since (session_of (pipe, 0)), ==,
                   UDPNAT_TIME_NEVER);
}

static void
probes_double (void)
{
  static const guint expected_ms[] = { 125, 250, 500, 1000, 2000, 4000, 4000 };

  assert_probes (UDPNAT_ROLE_CLIENT_SERVER, expected_ms, G_N_ELEMENTS (expected_ms));
}

/* 40 times 200 ms from the first timeout, then half of what has gone by since. */
static void
probes_are_eager_between_people (void)
{
  guint expected_ms[44] = { 125 };

  for (guint i = 1; i <= 40; i++)
    expected_ms[i] = 200;
  expected_ms[41] = expected_ms[42] = expected_ms[43] = 4000;
  assert_probes (UDPNAT_ROLE_PEER_PEER, expected_ms, G_N_ELEMENTS (expected_ms));
}

/* Whoever was away for long and is heard again is sent what waits, at once. */
static void
return_is_not_waited_for (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe->is_cut = TRUE;
  feed (pipe, 0, 1, 0, 10);
  pipe_run (pipe, UDPNAT_SEC (30));
  pipe->is_cut = FALSE;
  udpnat_session_ping (session_of (pipe, 1), pipe->now_us);
  pipe_run (pipe, UDPNAT_MSEC (40)); /* there and back */
  assert_pattern (pipe, 0, 1, 10);
}

/* Something comes all the time, but nothing of ours arrives. */
static void
unanswered_in_one_direction (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 sent_us;

  feed (pipe, 0, 1, 0, 10);
  pipe->is_cut = TRUE;
  pipe_pump (pipe, 0);
  sent_us = pipe->now_us;
  pipe->is_cut = FALSE;
  feed (pipe, 1, 1, 0, 10);
  pipe_run (pipe, UDPNAT_MSEC (30));
  assert_pattern (pipe, 1, 1, 10);
  g_assert_cmpint (udpnat_session_get_unanswered_since (session_of (pipe, 0)), ==, sent_us);
}

/* What is in flight goes again when its owner knows of a better way, and only then. */
static void
hurry_repeats_what_is_in_flight (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint n_sent;

  n_sent = pipe->log->len;
  udpnat_session_hurry (session_of (pipe, 0));
  pipe_pump (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, n_sent);
  pipe->is_cut = TRUE;
  feed (pipe, 0, 1, 0, 10);
  pipe_pump (pipe, 0);
  pipe->is_cut = FALSE;
  udpnat_session_hurry (session_of (pipe, 0));
  pipe_run (pipe, UDPNAT_MSEC (20));
  assert_pattern (pipe, 0, 1, 10);
}

static void
two_probes_when_there_are_two (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe->is_cut = TRUE;
  feed (pipe, 0, 1, 0, 50000);
  pipe_run (pipe, UDPNAT_MSEC (124));
  g_assert_cmpuint (pipe->log->len, ==, 10);
  pipe_run (pipe, UDPNAT_MSEC (1));
  g_assert_cmpuint (pipe->log->len, ==, 12);
}

static void
ping_without_data_is_probed (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe->is_cut = TRUE;
  udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
  pipe_run (pipe, UDPNAT_MSEC (124));
  g_assert_cmpuint (pipe->log->len, ==, 1);
  pipe_run (pipe, UDPNAT_MSEC (1));
  g_assert_cmpuint (pipe->log->len, ==, 2);
}

static void
reset_path_repeats_soon (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe->is_cut = TRUE;
  feed (pipe, 0, 1, 0, 20000);
  pipe_run (pipe, UDPNAT_SEC (3)); /* the next probe would be seconds away */
  pipe->is_cut = FALSE;
  udpnat_session_reset_path (session_of (pipe, 0), pipe->now_us, UDPNAT_MSEC (40));
  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 0)), ==, UDPNAT_MSEC (40));
  pipe_run (pipe, UDPNAT_MSEC (500));
  assert_pattern (pipe, 0, 1, 20000);
}

/* ---- Chance ---- */

static void
take_random_step (Pipe  *pipe,
                  guint  side,
                  guint  stream,
                  gsize *n_written)
{
  UdpnatSession *session = session_of (pipe, side);

  switch (g_rand_int_range (pipe->rand, 0, 14))
    {
    case 0:
      pipe->loss_percent = g_rand_int_range (pipe->rand, 0, 40);
      break;
    case 1:
      pipe->repeat_percent = g_rand_int_range (pipe->rand, 0, 20);
      break;
    case 2:
      pipe->reorder_percent = g_rand_int_range (pipe->rand, 0, 50);
      break;
    case 3:
      pipe->latency_us = g_rand_int_range (pipe->rand, 0, 200000);
      break;
    case 4:
      pipe->is_cut = g_rand_int_range (pipe->rand, 0, 4) == 0;
      break;
    case 5:
      udpnat_session_ping (session, pipe->now_us);
      break;
    case 6:
      udpnat_session_reset_path (session, pipe->now_us, stream * 10000);
      break;
    case 7:
      udpnat_session_set_max_packet (session, 600 + stream * 200);
      break;
    case 8: /* asleep */
      pipe->now_us += UDPNAT_SEC (g_rand_int_range (pipe->rand, 0, 60));
      break;
    case 9:
      pipe_start_handshake (pipe, side);
      break;
    default:
      *n_written = feed (pipe, side, stream, *n_written,
                         *n_written + g_rand_int_range (pipe->rand, 0, 30000));
      break;
    }
}

/* Two sessions and a pipe do what they like. The pipe checks after every step that no deadline
 * stays behind; here that what arrives is what was written. */
static void
random_walk (void)
{
  for (guint32 seed = 0; seed < 30; seed++)
    {
      gboolean   is_server = seed % 3 == 0;
      UdpnatRole role = is_server ? UDPNAT_ROLE_CLIENT_SERVER : UDPNAT_ROLE_PEER_PEER;
      g_autoptr (Pipe) pipe = pipe_new (role, seed);
      guint n_streams = is_server ? UDPNAT_STREAMS_SERVER_MAX : PIPE_STREAMS;
      gsize n_written[2][PIPE_STREAMS] = { { 0 } };

      g_test_message ("seed %u", seed);
      pipe_dial (pipe);
      pipe_run (pipe, UDPNAT_SEC (1));
      for (guint step = 0; step < 300; step++)
        {
          guint side = g_rand_int_range (pipe->rand, 0, 2);
          guint stream = g_rand_int_range (pipe->rand, 0, n_streams);

          take_random_step (pipe, side, stream, &n_written[side][stream]);
          pipe_run (pipe, g_rand_int_range (pipe->rand, 0, 300000));
        }
      pipe->loss_percent = 0;
      pipe->is_cut = FALSE;
      pipe_run (pipe, UDPNAT_SEC (120));
      for (guint side = 0; side < 2; side++)
        {
          g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
          for (guint stream = 0; stream < n_streams; stream++)
            assert_pattern (pipe, side, stream, n_written[side][stream]);
        }
    }
}

/* ---- Packets that carry others ---- */

#define CARRIED_BYTES 900

/* A RELAY frame with @inner, which is not sealed again. Returns: the length of the packet */
static gsize
seal_relay (Pipe         *pipe,
            const guint8 *inner,
            guint8       *out)
{
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 0xfedcba9876543210));
  g_assert_true (udpnat_frame_write_relay (&writer, 0x21000000, inner, CARRIED_BYTES));
  return udpnat_session_seal_carrier (session_of (pipe, 0), pipe->now_us, frames, writer.n_written,
                                      CARRIED_BYTES, out);
}

static void
fill (guint8 *inner)
{
  for (guint i = 0; i < CARRIED_BYTES; i++)
    inner[i] = (guint8) (i * 7 + 1);
}

/* The last frame that has come to the server. */
static void
check_inner (Pipe         *pipe,
             const guint8 *inner)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  UdpnatSessionEvent event = { 0 };
  UdpnatFrameView frame;
  const guint8 *found;
  guint32 handle;
  gsize n_found;

  g_assert_true (udpnat_session_pop_event (session_of (pipe, 1), &event));
  g_assert_cmpint (event.frame_type, ==, UDPNAT_FRAME_PATH_CHALLENGE);
  g_assert_true (udpnat_session_pop_event (session_of (pipe, 1), &event));
  frame = (UdpnatFrameView) { event.frame_type, event.body, event.n_body };
  g_assert_true (udpnat_frame_parse_relay (&frame, &handle, &found, &n_found));
  g_assert_cmphex (handle, ==, 0x21000000);
  g_assert_cmpmem (found, n_found, inner, CARRIED_BYTES);
}

static void
what_is_carried_stays_as_it_is (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_CLIENT_SERVER);
  guint8 inner[CARRIED_BYTES], out[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n;

  fill (inner);
  n = seal_relay (pipe, inner, out);
  g_assert_cmpuint (n, ==, UDPNAT_DATA_MIN_BYTES + 3 + 8 + 3 + 4 + CARRIED_BYTES);
  g_assert_cmpmem (out + n - CARRIED_BYTES, CARRIED_BYTES, inner, CARRIED_BYTES);
  /* To whom it goes is nobody else's business. */
  g_assert_null (memmem (out, n, "\x21\0\0\0", 4));
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, out, n), ==,
                   UDPNAT_RX_OK);
  check_inner (pipe, inner);
}

/* Nobody on the way can have it go elsewhere, or have other frames read from it. */
static void
the_rest_of_a_carrier_is_sealed (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_CLIENT_SERVER);
  guint8 inner[CARRIED_BYTES], out[UDPNAT_DATAGRAM_MAX_BYTES], changed[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n;

  fill (inner);
  n = seal_relay (pipe, inner, out);
  for (gsize i = 0; i < n - CARRIED_BYTES; i++)
    {
      memcpy (changed, out, n);
      changed[i] ^= 1;
      g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, changed,
                                                     n), !=, UDPNAT_RX_OK);
    }
  memcpy (changed, out, n);
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, changed,
                                                 n - 1), ==, UDPNAT_RX_IGNORED);
  /* What is carried has a seal of its own, which is for others to look at. */
  out[n - 1] ^= 1;
  inner[CARRIED_BYTES - 1] ^= 1;
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, out, n), ==,
                   UDPNAT_RX_OK);
  check_inner (pipe, inner);
}

/* Between peers nothing goes unsealed, whatever they say. */
static void
peers_carry_nothing (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8 inner[CARRIED_BYTES], out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionEvent event;
  gsize n;

  fill (inner);
  n = seal_relay (pipe, inner, out);
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, out, n), ==,
                   UDPNAT_RX_MALFORMED);
  g_assert_false (udpnat_session_pop_event (session_of (pipe, 1), &event));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add_func ("/transport-session-data/" path, func)
  ADD ("transfer/megabyte-over-a-bad-pipe", megabyte_over_a_bad_pipe);
  ADD ("transfer/clean-pipe-is-fast", clean_pipe_is_fast);
  ADD ("transfer/streams-do-not-mix", streams_do_not_mix);
  ADD ("transfer/control-overtakes-files", control_overtakes_files);
  ADD ("transfer/files-share", files_share);
  ADD ("transfer/rekey-in-the-middle", rekey_in_the_middle);
  ADD ("transfer/outage-is-survived", outage_is_survived);
  ADD ("hold/nothing-is-made-until-there-is-a-way", held_until_there_is_a_way);
  ADD ("transfer/sleep-is-survived", sleep_is_survived);
  ADD ("window/blocks-exactly", flow_control_blocks_at_the_window);
  ADD ("window/lost-one-is-told-again", lost_window_is_told_again);
  ADD ("window/first-flight-is-ten-packets", first_flight_is_ten_packets);
  ADD ("window/packets-respect-the-limit", packets_respect_the_limit);
  ADD ("timer/ack-waits-25-ms", ack_waits_25_ms);
  ADD ("timer/second-packet-is-acked-at-once", second_packet_is_acked_at_once);
  ADD ("timer/ack-rides-on-data", ack_rides_on_data);
  ADD ("probe/doubles", probes_double);
  ADD ("probe/eager-between-people", probes_are_eager_between_people);
  ADD ("probe/return-is-not-waited-for", return_is_not_waited_for);
  ADD ("probe/hurry-repeats-what-is-in-flight", hurry_repeats_what_is_in_flight);
  ADD ("unanswered/in-one-direction", unanswered_in_one_direction);
  ADD ("timer/two-probes-when-there-are-two", two_probes_when_there_are_two);
  ADD ("timer/ping-without-data-is-probed", ping_without_data_is_probed);
  ADD ("timer/reset-path-repeats-soon", reset_path_repeats_soon);
  ADD ("carrier/stays-as-it-is", what_is_carried_stays_as_it_is);
  ADD ("carrier/rest-is-sealed", the_rest_of_a_carrier_is_sealed);
  ADD ("carrier/not-between-peers", peers_carry_nothing);
  ADD ("random/walk", random_walk);
#undef ADD
  return g_test_run ();
}
