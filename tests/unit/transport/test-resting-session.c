#include "config.h"

#include "transport/session-pipe.h"

#include "udpnat-resting-session.h"

/* A session that rests is the same when it has been woken, and meanwhile opens, seals and refuses
 * what it would have. Side 0 is the client, side 1 the server, which is the one that rests. */


/* What is left of the session, where the holder has it */
static UdpnatRestingSession *held;

static UdpnatSession *
session_of (Pipe *pipe,
            guint side)
{
  return pipe->ends[side].session;
}

static void
write_text (Pipe       *pipe,
            guint       side,
            guint32     stream,
            const char *text)
{
  gsize n = udpnat_session_stream_write (session_of (pipe, side), stream, (const guint8 *) text,
                                         strlen (text));

  g_assert_cmpuint (n, ==, strlen (text));
}

static void
assert_received (Pipe       *pipe,
                 guint       side,
                 guint32     stream,
                 const char *text)
{
  const GByteArray *received = pipe->ends[side].received[stream];

  g_assert_cmpmem (received->data, received->len, text, strlen (text));
}

/* Client and server that have said something to each other, and have nothing left to say. */
static Pipe *
make_quiet_pipe (guint32 seed)
{
  Pipe *pipe = pipe_new (UDPNAT_ROLE_CLIENT_SERVER, seed);

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_SEC (1));
  write_text (pipe, 0, 0, "REGISTER");
  write_text (pipe, 1, 0, "WELCOME");
  pipe_run (pipe, UDPNAT_SEC (1));
  return pipe;
}

static guint32
get_held_index (gpointer user_data,
                guint32  id)
{
  return id == PIPE_HOLDER ? held->keys.local_index : 0;
}

static gboolean
rest (Pipe                 *pipe,
      UdpnatRestingSession *out_resting)
{
  PipeEnd *end = &pipe->ends[1];

  held = out_resting;
  udpnat_index_table_set_holders (end->indexes, get_held_index, NULL);
  if (!udpnat_session_rest (end->session, pipe->now_us, out_resting))
    return FALSE;
  end->session = NULL;
  return TRUE;
}

static void
wake (Pipe                 *pipe,
      UdpnatRestingSession *resting)
{
  UdpnatSessionConfig config = pipe_get_config (pipe, 1);

  pipe->ends[1].session = udpnat_session_new_woken (
      &config, udpnat_identity_get_public_key (pipe->ends[0].identity), pipe->now_us, resting);
}

static gsize
seal_from_client (Pipe   *pipe,
                  guint8 *out)
{
  guint8       frames[32];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  g_assert_true (udpnat_frame_write_pad (&writer, 8));
  return udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, frames, writer.n_written,
                                     out);
}

static gboolean
open_packet (Pipe                       *pipe,
             const UdpnatRestingSession *resting,
             const guint8               *packet,
             gsize                       n_packet)
{
  guint8         frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatDataView view;

  g_assert_true (udpnat_data_parse (&view, packet, n_packet));
  return udpnat_resting_session_open (resting, pipe->now_us, &view, frames);
}

static void
mark_packet (Pipe                 *pipe,
             UdpnatRestingSession *resting,
             const guint8         *packet,
             gsize                 n_packet)
{
  UdpnatDataView view;

  g_assert_true (udpnat_data_parse (&view, packet, n_packet));
  udpnat_resting_session_mark (resting, &view);
}

/* ---- Rest ---- */

static void
goes_on_when_woken (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (1);
  UdpnatRestingSession resting;
  guint64 id = udpnat_session_get_id (session_of (pipe, 1));
  gint64 rtt_us = udpnat_session_get_rtt (session_of (pipe, 1));
  guint32 index = udpnat_session_get_remote_index (session_of (pipe, 0));
  UdpnatRestingSession zero = { 0 };

  g_assert_cmpint (rtt_us, >, 0);
  g_assert_true (rest (pipe, &resting));
  g_assert_cmpuint (udpnat_resting_session_get_id (&resting), ==, id);
  pipe_run (pipe, UDPNAT_SEC (60));
  g_assert_null (udpnat_index_table_lookup (pipe->ends[1].indexes, index));
  g_assert_cmpuint (udpnat_index_table_lookup_holder (pipe->ends[1].indexes, index), ==,
                    PIPE_HOLDER);
  wake (pipe, &resting);
  g_assert_cmpmem (&resting, sizeof resting, &zero, sizeof zero);
  g_assert_true (udpnat_index_table_lookup (pipe->ends[1].indexes, index) == session_of (pipe, 1));
  g_assert_cmpuint (udpnat_index_table_lookup_holder (pipe->ends[1].indexes, index), ==, 0);
  g_assert_cmpuint (udpnat_session_get_id (session_of (pipe, 1)), ==, id);
  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 1)), <=, rtt_us);
  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 1)), >, rtt_us - 64);
  write_text (pipe, 0, 0, " LOOKUP");
  write_text (pipe, 1, 1, "a letter");
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, 0, "REGISTER LOOKUP");
  assert_received (pipe, 0, 0, "WELCOME");
  assert_received (pipe, 0, 1, "a letter");
  g_assert_true (rest (pipe, &resting));
  wake (pipe, &resting);
  write_text (pipe, 0, 1, "got it");
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, 1, "got it");
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
}

static void
keys_are_renewed_after_waking (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (2);
  UdpnatRestingSession resting;

  g_assert_true (rest (pipe, &resting));
  pipe_run (pipe, UDPNAT_SEC (100));
  wake (pipe, &resting);
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 2);
  g_assert_true (rest (pipe, &resting));
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 1);
  wake (pipe, &resting);
  write_text (pipe, 0, 0, " AGAIN");
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, 0, "REGISTER AGAIN");
}

/* Whatever the pipe does, and however often the server rests: everything once and in order. */
static void
survives_a_bad_pipe (void)
{
  for (guint32 seed = 1; seed <= 5; seed++)
    {
      g_autoptr (Pipe) pipe = make_quiet_pipe (seed);
      GString *said[2] = { g_string_new ("REGISTER"), g_string_new ("WELCOME") };
      guint n_rests = 0;

      pipe->loss_percent = 15;
      pipe->reorder_percent = 10;
      pipe->repeat_percent = 10;
      for (guint i = 0; i < 1500; i++)
        {
          UdpnatRestingSession resting;
          guint side = (guint) g_rand_int_range (pipe->rand, 0, 2);

          if (g_rand_int_range (pipe->rand, 0, 10) == 0)
            {
              g_autofree char *text = g_strdup_printf ("[%u]", i);

              write_text (pipe, side, 0, text);
              g_string_append (said[side], text);
            }
          pipe_run (pipe, g_rand_int_range (pipe->rand, 0, UDPNAT_MSEC (40)));
          if (session_of (pipe, 1) != NULL && rest (pipe, &resting))
            {
              wake (pipe, &resting);
              n_rests++;
            }
        }
      pipe->loss_percent = 0;
      pipe_run (pipe, UDPNAT_SEC (20));
      g_test_message ("seed %u: %u rests", seed, n_rests);
      g_assert_cmpuint (n_rests, >, 100);
      for (guint side = 0; side < 2; side++)
        {
          assert_received (pipe, 1 - side, 0, said[side]->str);
          g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, side), 0), ==, 0);
        }
      for (guint side = 0; side < 2; side++)
        g_string_free (said[side], TRUE);
    }
}

/* Keys that the server has given and the client has not used yet: when it does not ask for them
 * again, it has them. */
static void
new_keys_are_kept (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (8);
  UdpnatRestingSession resting;
  guint8 before[UDPNAT_DATAGRAM_MAX_BYTES], packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n;

  pipe->ends[0].is_rekeying = FALSE;
  (void) seal_from_client (pipe, before);
  pipe_start_handshake (pipe, 0);
  pipe_pump (pipe, 0);
  pipe_run (pipe, pipe->latency_us);
  g_assert_cmpint (((PipePacket *) g_queue_peek_tail (&pipe->in_flight))->kind, ==,
                   UDPNAT_SESSION_OUTPUT_HS2);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 2);
  pipe_run (pipe, UDPNAT_MSEC (1));
  pipe->is_cut = TRUE;
  pipe_run (pipe, pipe->latency_us);
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
  g_assert_true (rest (pipe, &resting));
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 1);
  n = seal_from_client (pipe, packet);
  g_assert_false (open_packet (pipe, &resting, before, n));
  g_assert_true (open_packet (pipe, &resting, packet, n));
  mark_packet (pipe, &resting, packet, n);
  g_assert_false (open_packet (pipe, &resting, packet, n));
  pipe->is_cut = FALSE;
  wake (pipe, &resting);
  write_text (pipe, 0, 0, " AND");
  write_text (pipe, 1, 0, " BACK");
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, 0, "REGISTER AND");
  assert_received (pipe, 0, 0, "WELCOME BACK");
}

/* Limits are kept in pages: a stream goes as far as before, but for less than one. */
static void
limits_survive (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (9);
  g_autofree char *text = g_strnfill (10000, 'x');
  UdpnatRestingSession resting;
  gsize space;

  for (guint i = 0; i < 9; i++)
    {
      write_text (pipe, 1, 0, text);
      write_text (pipe, 0, 0, text);
      pipe_run (pipe, UDPNAT_SEC (2));
    }
  space = udpnat_session_stream_get_space (session_of (pipe, 1), 0);
  for (guint i = 0; i < 100; i++)
    {
      g_assert_true (rest (pipe, &resting));
      wake (pipe, &resting);
    }
  g_assert_cmpuint (udpnat_session_stream_get_space (session_of (pipe, 1), 0), <=, space);
  g_assert_cmpuint (udpnat_session_stream_get_space (session_of (pipe, 1), 0) + 4096, >, space);
  for (guint i = 0; i < 60; i++)
    {
      write_text (pipe, 1, 0, text);
      write_text (pipe, 0, 0, text);
      pipe_run (pipe, UDPNAT_SEC (2));
      if (rest (pipe, &resting))
        wake (pipe, &resting);
    }
  for (guint side = 0; side < 2; side++)
    g_assert_cmpuint (pipe->ends[side].received[0]->len, ==,
                      69 * 10000 + strlen (side == 0 ? "WELCOME" : "REGISTER"));
}

/* ---- Not now ---- */

static void
not_while_something_is_on_its_way (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (3);
  UdpnatRestingSession resting;

  write_text (pipe, 1, 0, "x");
  g_assert_false (rest (pipe, &resting)); /* not even sent */
  pipe_pump (pipe, 1);
  g_assert_false (rest (pipe, &resting)); /* not acknowledged */
  pipe_run (pipe, UDPNAT_SEC (1));
  write_text (pipe, 0, 0, "y");
  pipe_run (pipe, pipe->latency_us);
  assert_received (pipe, 1, 0, "REGISTERy");
  g_assert_false (rest (pipe, &resting)); /* it owes an ACK */
  pipe_run (pipe, UDPNAT_SEC (1));
  pipe->ends[1].is_reading = FALSE;
  write_text (pipe, 0, 0, "z");
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_false (rest (pipe, &resting)); /* not read */
  pipe_read_stream (pipe, 1, 0);
  g_assert_true (rest (pipe, &resting));
  udpnat_resting_session_clear (&resting, pipe->ends[1].indexes);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 0);
}

static void
not_for_everybody (void)
{
  g_autoptr (Pipe) peers = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  g_autoptr (Pipe) pipe = make_quiet_pipe (4);
  UdpnatRestingSession resting;

  pipe_run (peers, UDPNAT_SEC (1));
  g_assert_false (rest (peers, &resting));
  /* Who has begun the handshake is to begin the next. */
  g_assert_false (udpnat_session_rest (session_of (pipe, 0), pipe->now_us, &resting));
  pipe_start_handshake (pipe, 0);
  pipe->latency_us = UDPNAT_SEC (1);
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_false (udpnat_session_rest (session_of (pipe, 0), pipe->now_us, &resting));
  pipe_run (pipe, UDPNAT_SEC (30));
  udpnat_session_close (session_of (pipe, 1), pipe->now_us, UDPNAT_CLOSE_RESTARTING, NULL);
  g_assert_false (rest (pipe, &resting));
}

static void
not_with_old_keys (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (5);
  UdpnatRestingSession resting;

  pipe->ends[0].is_rekeying = pipe->ends[1].is_rekeying = FALSE;
  pipe_run_until (pipe, T0 + UDPNAT_KEY_REJECT_SERVER_AFTER_US + UDPNAT_SEC (1));
  g_assert_false (rest (pipe, &resting));
}

/* ---- At rest ---- */

static void
opens_what_it_should (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (6);
  guint8 packets[80][UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatRestingSession resting;
  gsize n = 0;

  g_assert_true (rest (pipe, &resting));
  for (guint i = 0; i < G_N_ELEMENTS (packets); i++)
    n = seal_from_client (pipe, packets[i]);
  g_assert_true (open_packet (pipe, &resting, packets[1], n));
  g_assert_true (open_packet (pipe, &resting, packets[1], n)); /* not marked yet */
  mark_packet (pipe, &resting, packets[1], n);
  g_assert_false (open_packet (pipe, &resting, packets[1], n));
  g_assert_true (open_packet (pipe, &resting, packets[0], n));
  packets[2][n - 1] ^= 1;
  g_assert_false (open_packet (pipe, &resting, packets[2], n));
  g_assert_true (open_packet (pipe, &resting, packets[79], n));
  mark_packet (pipe, &resting, packets[79], n);
  g_assert_true (open_packet (pipe, &resting, packets[48], n)); /* 31 below */
  g_assert_false (open_packet (pipe, &resting, packets[47], n));
  pipe->now_us = UDPNAT_SEC (resting.keys.expiry_s) - 1;
  g_assert_true (open_packet (pipe, &resting, packets[48], n));
  pipe->now_us++;
  g_assert_false (open_packet (pipe, &resting, packets[48], n));
  pipe->now_us--;
  /* What it has seen, the session knows. */
  wake (pipe, &resting);
  g_assert_cmpint (pipe_deliver (pipe, 1, packets[79], n), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (pipe_deliver (pipe, 1, packets[1], n), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (pipe_deliver (pipe, 1, packets[48], n), ==, UDPNAT_RX_OK);
}

static void
seals_under_rising_numbers (void)
{
  g_autoptr (Pipe) pipe = make_quiet_pipe (7);
  guint8 frame[UDPNAT_FRAME_HEADER_BYTES + 12], packet[UDPNAT_DATAGRAM_MAX_BYTES];
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES] = { 0 };
  UdpnatRestingSession resting;
  UdpnatWriter writer;
  guint n_events;
  gsize n;

  udpnat_writer_init (&writer, frame, sizeof frame);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 7));
  g_assert_true (rest (pipe, &resting));
  n_events = pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRAME];
  for (guint i = 0; i < 3; i++)
    {
      n = udpnat_resting_session_seal (&resting, pipe->now_us, frame, writer.n_written, 0, packet);
      g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_OK);
    }
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRAME], ==, n_events + 3);
  n = udpnat_resting_session_seal (&resting, pipe->now_us, frames,
                                   UDPNAT_DATAGRAM_BASE_BYTES - 31, 0, packet);
  g_assert_cmpuint (n, ==, 0);
  n = udpnat_resting_session_seal (&resting, UDPNAT_SEC (resting.keys.expiry_s), frame,
                                   writer.n_written, 0, packet);
  g_assert_cmpuint (n, ==, 0);
  /* No number is used twice. */
  wake (pipe, &resting);
  n = udpnat_session_seal_frames (session_of (pipe, 1), pipe->now_us, frame, writer.n_written,
                                  packet);
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_OK);
}

/* A session that begins at rest is one: its HS2 makes the client's, its keys open what that sends,
 * and woken it does what any can. */
static void
begins_at_rest (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_CLIENT_SERVER, 3);
  UdpnatSessionOutputKind kind;
  UdpnatRestingSession    resting;
  UdpnatHs1               hs1;
  UdpnatRandom            random = pipe_get_random (pipe);
  PipeEnd *end = &pipe->ends[1];
  guint8   packet[UDPNAT_DATAGRAM_MAX_BYTES], secret[UDPNAT_EPHEMERAL_BYTES];
  gsize    n_packet, n_hs1;

  udpnat_random_fill (&random, secret, sizeof secret);
  held = &resting;
  memset (&resting, 0, sizeof resting);
  udpnat_index_table_set_holders (end->indexes, get_held_index, NULL);
  pipe_dial (pipe);
  g_assert_true (udpnat_session_pop_output (session_of (pipe, 0), pipe->now_us, &kind, packet,
                                            &n_hs1));
  g_assert_true (udpnat_hs1_read (end->identity, UDPNAT_ROLE_CLIENT_SERVER, secret, packet, n_hs1,
                                  &hs1));
  udpnat_resting_session_answer (&resting, end->indexes, PIPE_HOLDER, &hs1, pipe->now_us, NULL, 0,
                                 packet, &n_packet);
  udpnat_hs1_clear (&hs1);
  g_assert_cmpuint (n_packet, <=, n_hs1);
  g_assert_cmpuint (udpnat_index_table_get_count (end->indexes), ==, 1);
  g_assert_cmpuint (udpnat_index_table_lookup_holder (end->indexes, resting.keys.local_index), ==,
                    PIPE_HOLDER);
  g_assert_cmpuint (udpnat_resting_session_get_id (&resting), ==,
                    udpnat_session_get_id (session_of (pipe, 0)));
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n_packet), ==, UDPNAT_RX_OK);
  g_assert_cmpint (udpnat_session_get_state (session_of (pipe, 0)), ==,
                   UDPNAT_SESSION_STATE_ESTABLISHED);
  n_packet = seal_from_client (pipe, packet);
  g_assert_true (open_packet (pipe, &resting, packet, n_packet));
  packet[n_packet - 1] ^= 1;
  g_assert_false (open_packet (pipe, &resting, packet, n_packet));
  wake (pipe, &resting);
  write_text (pipe, 0, 0, "REGISTER");
  write_text (pipe, 1, 0, "WELCOME");
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, 0, "REGISTER");
  assert_received (pipe, 0, 0, "WELCOME");
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/resting-session/wake/goes-on", goes_on_when_woken);
  g_test_add_func ("/resting-session/wake/keys-are-renewed", keys_are_renewed_after_waking);
  g_test_add_func ("/resting-session/wake/limits-survive", limits_survive);
  g_test_add_func ("/resting-session/rest/begins", begins_at_rest);
  g_test_add_func ("/resting-session/rest/new-keys-are-kept", new_keys_are_kept);
  g_test_add_func ("/resting-session/wake/survives-a-bad-pipe", survives_a_bad_pipe);
  g_test_add_func ("/resting-session/rest/not-while-something-is-on-its-way",
                   not_while_something_is_on_its_way);
  g_test_add_func ("/resting-session/rest/not-for-everybody", not_for_everybody);
  g_test_add_func ("/resting-session/rest/not-with-old-keys", not_with_old_keys);
  g_test_add_func ("/resting-session/packets/opens-what-it-should", opens_what_it_should);
  g_test_add_func ("/resting-session/packets/seals-under-rising-numbers",
                   seals_under_rising_numbers);

  return g_test_run ();
}
