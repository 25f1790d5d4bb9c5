#include "config.h"

#include "udpnat-cookie.h"
#include "udpnat-seal.h"

#include "transport/session-pipe.h"

/* Handshakes, keys and what a stranger can do to a session. Data has its own test. */

static UdpnatSession *
session_of (Pipe *pipe,
            guint side)
{
  return pipe->ends[side].session;
}

static const PipePacket *
logged (Pipe *pipe,
        guint i)
{
  g_assert_cmpuint (i, <, pipe->log->len);
  return pipe->log->pdata[i];
}

static void
write_text (Pipe       *pipe,
            guint       side,
            const char *text)
{
  gsize n = udpnat_session_stream_write (session_of (pipe, side), 0, (const guint8 *) text,
                                         strlen (text));

  g_assert_cmpuint (n, ==, strlen (text));
}

static void
assert_received (Pipe       *pipe,
                 guint       side,
                 const char *text)
{
  g_assert_cmpmem (pipe->ends[side].received[0]->data, pipe->ends[side].received[0]->len, text,
                   strlen (text));
}

static void
assert_state (Pipe              *pipe,
              guint              side,
              UdpnatSessionState state)
{
  g_assert_cmpint (udpnat_session_get_state (session_of (pipe, side)), ==, state);
}

/* ---- First handshake ---- */

static void
handshake_takes_one_round_trip (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe_dial (pipe);
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_INITIATED);
  g_assert_true (udpnat_session_is_handshaking (session_of (pipe, 0)));
  pipe_run (pipe, UDPNAT_MSEC (40) - 1);
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_INITIATED);
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ANSWERED);
  pipe_run (pipe, 1);
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_ESTABLISHED);
  g_assert_cmpint (pipe->ends[0].handshake_rtt_us, ==, UDPNAT_MSEC (40));
  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 0)), ==, UDPNAT_MSEC (40));
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ANSWERED);
  pipe_run (pipe, UDPNAT_MSEC (20)); /* the PING that confirms */
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
  for (guint side = 0; side < 2; side++)
    g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 1);
  g_assert_cmpuint (udpnat_session_get_id (session_of (pipe, 0)), ==,
                    udpnat_session_get_id (session_of (pipe, 1)));
  g_assert_true (udpnat_public_key_equal (udpnat_session_get_remote_key (session_of (pipe, 1)),
                                          udpnat_identity_get_public_key (pipe->ends[0].identity)));
  g_assert_true (udpnat_session_get_owner (session_of (pipe, 1)) == &pipe->ends[1]);
  g_assert_cmpint (udpnat_session_get_last_received (session_of (pipe, 1)), ==, MS (60));
  /* Then silence, once the PING is acknowledged. */
  pipe_run (pipe, UDPNAT_SEC (100));
  g_assert_cmpuint (pipe->log->len, ==, 4);
  g_assert_cmpint (udpnat_session_get_unanswered_since (session_of (pipe, 0)), ==,
                   UDPNAT_TIME_NEVER);
}

static void
handshake_repeats_on_schedule (void)
{
  static const gint64 expected_ms[] = { 0, 250, 750, 1750, 3750, 7750, 11750, 15750 };
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe->is_cut = TRUE;
  pipe->ends[0].is_rekeying = FALSE; /* the same one all the time */
  pipe_dial (pipe);
  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    {
      pipe_run_until (pipe, MS (expected_ms[i]) - (i > 0 ? 1 : 0));
      g_assert_cmpuint (pipe->log->len, ==, i > 0 ? i : 1);
      pipe_run_until (pipe, MS (expected_ms[i]));
      g_assert_cmpuint (pipe->log->len, ==, i + 1);
      g_assert_cmpint (logged (pipe, i)->kind, ==, UDPNAT_SESSION_OUTPUT_HANDSHAKE);
      g_assert_cmpmem (logged (pipe, i)->data, logged (pipe, i)->n_data, logged (pipe, 0)->data,
                       logged (pipe, 0)->n_data);
    }
  /* After a sleep: one, not all that were missed. */
  pipe->now_us += UDPNAT_SEC (3600);
  pipe_run (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, G_N_ELEMENTS (expected_ms) + 1);
}

/* A responder that answered long ago has dropped the keys: the same HS1 would be of no use. */
static void
handshake_is_renewed_after_20_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  PipePacket first, renewed;

  pipe->is_cut = TRUE;
  pipe->ends[0].is_rekeying = FALSE;
  pipe_dial (pipe);
  pipe_run_until (pipe, T0 + UDPNAT_SEC (20) - 1);
  g_assert_false (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
  pipe_run (pipe, 1);
  g_assert_true (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
  first = *logged (pipe, 0);
  g_ptr_array_set_size (pipe->log, 0);
  pipe_start_handshake (pipe, 0);
  g_assert_false (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
  pipe_run (pipe, 0);
  renewed = *logged (pipe, 0);
  g_assert_cmpint (memcmp (first.data + 8, renewed.data + 8, UDPNAT_EPHEMERAL_BYTES), !=, 0);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[0].indexes), ==, 1);
}

static void
unconfirmed_answer_is_forgotten_after_180_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  const guint8 *e;

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (20));
  e = logged (pipe, 0)->data + 8;
  g_clear_pointer (&pipe->ends[0].session, udpnat_session_free);
  pipe_run_until (pipe, MS (20) + UDPNAT_SEC (180) - 1);
  g_assert_true (udpnat_session_is_repeat (session_of (pipe, 1), e));
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 1);
  pipe_run (pipe, 1);
  g_assert_false (udpnat_session_is_repeat (session_of (pipe, 1), e));
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[1].indexes), ==, 0);
}

static void
handshake_repeated_gives_no_rtt (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe->is_cut = TRUE;
  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (100));
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_MSEC (190));
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_ESTABLISHED);
  g_assert_cmpint (pipe->ends[0].handshake_rtt_us, ==, 0);
  g_assert_cmpint (udpnat_session_get_rtt (session_of (pipe, 0)), ==, 0);
}

static void
handshake_survives_bad_luck (void)
{
  for (guint32 seed = 0; seed < 50; seed++)
    {
      g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, seed);

      g_test_message ("seed %u", seed);
      pipe->loss_percent = 40;
      pipe->reorder_percent = 30;
      pipe->repeat_percent = 30;
      pipe_dial (pipe);
      pipe_run (pipe, UDPNAT_SEC (60));
      assert_state (pipe, 0, UDPNAT_SESSION_STATE_ESTABLISHED);
      assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
      g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 1);
    }
}

static void
hs2_is_repeated_until_confirmed (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  guint8 e[UDPNAT_EPHEMERAL_BYTES] = { 0 };

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (20));
  g_assert_cmpint (logged (pipe, 1)->kind, ==, UDPNAT_SESSION_OUTPUT_HS2);
  g_assert_cmpuint (logged (pipe, 1)->n_data, <=, logged (pipe, 0)->n_data);
  g_assert_false (udpnat_session_is_repeat (session_of (pipe, 1), e));
  pipe_deliver (pipe, 1, logged (pipe, 0)->data, logged (pipe, 0)->n_data);
  g_assert_cmpint (logged (pipe, 2)->kind, ==, UDPNAT_SESSION_OUTPUT_HS2);
  g_assert_cmpmem (logged (pipe, 2)->data, logged (pipe, 2)->n_data, logged (pipe, 1)->data,
                   logged (pipe, 1)->n_data);
  pipe_run (pipe, UDPNAT_MSEC (200));
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
  /* Now it is known to have arrived. */
  memcpy (e, logged (pipe, 0)->data + 8, sizeof e);
  g_assert_true (udpnat_session_is_repeat (session_of (pipe, 1), e));
  g_ptr_array_remove_range (pipe->log, 1, pipe->log->len - 1);
  pipe_deliver (pipe, 1, logged (pipe, 0)->data, logged (pipe, 0)->n_data);
  g_assert_cmpuint (pipe->log->len, ==, 1);
}

static void
early_frames_travel_both_ways (void)
{
  g_autoptr (Pipe)    pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  UdpnatRandom        random = pipe_get_random (pipe);
  UdpnatSessionConfig config = pipe_get_config (pipe, 1);
  guint8              early[2000], big[600] = { 'b' };
  guint8              timestamp[UDPNAT_TIMESTAMP_BYTES], secret[32];
  UdpnatAddress       observed = { .family = UDPNAT_FAMILY_IPV4, .port = 1 };
  UdpnatWriter        writer;
  UdpnatHs1           hs1;

  udpnat_random_fill (&random, secret, sizeof secret);
  pipe_dial (pipe);
  pipe_next_timestamp (pipe, timestamp);
  udpnat_writer_init (&writer, early, sizeof early);
  g_assert_true (udpnat_frame_write_early (&writer, 1, (const guint8 *) "hello", 5));
  g_assert_cmpuint (udpnat_session_get_early_max (session_of (pipe, 0)), ==, 1133 - 156);
  udpnat_session_start_handshake (session_of (pipe, 0), pipe->now_us, timestamp, early,
                                  writer.n_written);
  pipe_pump (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, 1);
  g_assert_true (udpnat_hs1_read (pipe->ends[1].identity, pipe->role, secret,
                                  logged (pipe, 0)->data, logged (pipe, 0)->n_data, &hs1));
  g_assert_cmpmem (hs1.frames, writer.n_written, early, writer.n_written);

  /* The answer: two frames that fit, one that does not, one that may not be there. */
  udpnat_writer_init (&writer, early, sizeof early);
  g_assert_true (udpnat_frame_write_early (&writer, 1, (const guint8 *) "there", 5));
  g_assert_true (udpnat_frame_write_observed (&writer, &observed));
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 1));
  g_assert_true (udpnat_frame_write_early (&writer, 1, big, sizeof big));
  pipe->ends[1].session = udpnat_session_new_responder (&config, &hs1, pipe->now_us, early,
                                                        writer.n_written);
  g_assert_null (hs1.noise);
  udpnat_hs1_clear (&hs1);
  g_queue_clear_full (&pipe->in_flight, g_free);
  pipe_run (pipe, UDPNAT_MSEC (100));
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_ESTABLISHED);
  g_assert_cmpmem (pipe->ends[0].frames->data, pipe->ends[0].frames->len,
                   ((guint8[]) { UDPNAT_FRAME_EARLY, 0, UDPNAT_FRAME_OBSERVED, 4 }), 4);
  g_assert_cmpstr ((const char *) pipe->ends[0].texts->data, ==, "there");
}

static void
responder_sends_at_once (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (20));
  g_assert_true (udpnat_session_can_send (session_of (pipe, 1), pipe->now_us));
  g_assert_false (udpnat_session_can_send (session_of (pipe, 0), pipe->now_us));
  write_text (pipe, 1, "first");
  pipe_run (pipe, UDPNAT_MSEC (20));
  assert_received (pipe, 0, "first");
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ANSWERED);
}

/* HS2 and the first data are lost. When the client shows that it has HS2 at last, the data follows
 * at once, and not a timeout later. */
static void
responder_repeats_when_confirmed_late (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_CLIENT_SERVER, 1);

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (19));
  pipe->is_cut = TRUE;
  pipe_run (pipe, UDPNAT_MSEC (1));
  write_text (pipe, 1, "first");
  pipe_run (pipe, UDPNAT_MSEC (200));
  pipe->is_cut = FALSE;
  pipe_run_until (pipe, MS (250 + 80) - 1);
  g_assert_cmpuint (pipe->ends[0].received[0]->len, ==, 0);
  pipe_run (pipe, 1);
  assert_received (pipe, 0, "first");
}

/* The one that answered starts a handshake of its own before its answer was confirmed: nobody can
 * say whether both mean the same session, so another one begins. */
static void
answered_may_rekey (void)
{
  for (guint is_forgotten = 0; is_forgotten < 2; is_forgotten++)
    {
      g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

      pipe_dial (pipe);
      pipe_run (pipe, UDPNAT_MSEC (20));
      assert_state (pipe, 1, UDPNAT_SESSION_STATE_ANSWERED);
      write_text (pipe, 1, "x");
      pipe->is_cut = TRUE;
      pipe_run (pipe, UDPNAT_MSEC (30)); /* HS2 arrives, what confirms it does not */
      pipe->is_cut = FALSE;
      if (is_forgotten)
        g_clear_pointer (&pipe->ends[0].session, udpnat_session_free);
      pipe_start_handshake (pipe, 1);
      pipe_run (pipe, UDPNAT_SEC (3));
      assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
      g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 1);
      g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 0);
      g_byte_array_set_size (pipe->ends[0].received[0], 0);
      write_text (pipe, 1, "y");
      pipe_run (pipe, UDPNAT_SEC (1));
      assert_received (pipe, 0, "y");
    }
}

static void
written_before_handshake_is_sent (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe_dial (pipe);
  g_assert_cmpuint (udpnat_session_stream_get_space (session_of (pipe, 0), 0), ==,
                    UDPNAT_STREAM_SEND_BUFFER_BYTES);
  write_text (pipe, 0, "early bird");
  g_assert_cmpuint (udpnat_session_stream_get_space (session_of (pipe, 0), 0), ==,
                    UDPNAT_STREAM_SEND_BUFFER_BYTES - 10);
  pipe_run (pipe, UDPNAT_MSEC (60));
  assert_received (pipe, 1, "early bird");
}

static void
server_sends_no_more_than_it_got (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_CLIENT_SERVER, 1);
  guint8 data[20000] = { 0 };
  gsize  n_sent = 0, n_got;

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (20));
  pipe->is_cut = TRUE; /* HS2 is lost, and the address may be anyone's */
  n_got = logged (pipe, 0)->n_data;
  udpnat_session_stream_write (session_of (pipe, 1), 0, data, sizeof data);
  pipe_run (pipe, UDPNAT_MSEC (200));
  udpnat_session_ping (session_of (pipe, 1), pipe->now_us);
  for (guint i = 0; i < 200; i++) /* and no timer makes it forget that */
    {
      pipe->now_us += UDPNAT_MSEC (100);
      pipe_pump (pipe, 1);
    }
  for (guint i = 1; i < pipe->log->len; i++)
    if (logged (pipe, i)->to == 0)
      n_sent += logged (pipe, i)->n_data;
  g_assert_cmpuint (n_sent, <=, n_got);
  g_assert_cmpuint (n_sent, >, n_got / 2);
  g_assert_cmpuint (udpnat_session_seal_frames (session_of (pipe, 1), pipe->now_us, data, 600,
                                                data), ==, 0);
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (10));
  g_assert_cmpuint (pipe->ends[0].received[0]->len, ==, sizeof data);
}

static void
unusable_key_is_never_dialled (void)
{
  g_autoptr (Pipe)    pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  UdpnatSessionConfig config = pipe_get_config (pipe, 0);
  UdpnatPublicKey     zero = { { 0 } };

  pipe->ends[0].session = udpnat_session_new_initiator (&config, &zero, pipe->now_us);
  g_assert_true (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_SEC (20));
  g_assert_cmpuint (pipe->log->len, ==, 0);
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_INITIATED);
}

/* ---- Cookies ---- */

static gsize
make_cookie_packet (Pipe         *pipe,
                    const guint8 *hs1,
                    gsize         n_hs1,
                    const guint8 *cookie,
                    guint8       *out)
{
  guint8        nonce[24] = { 1 }, sealed[32];
  UdpnatHs1View view;
  UdpnatWriter  writer;

  g_assert_true (udpnat_hs1_parse (&view, hs1, n_hs1));
  udpnat_cookie_seal (udpnat_identity_get_public_key (pipe->ends[1].identity), nonce, view.mac1,
                      cookie, sealed);
  udpnat_writer_init (&writer, out, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_cookie_packet_write (&writer, view.sender_index, nonce, sealed);
  return writer.n_written;
}

static void
cookie_is_used_at_once (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  guint8            cookie[UDPNAT_COOKIE_BYTES] = { 7 }, packet[UDPNAT_DATAGRAM_MAX_BYTES];
  const PipePacket *second;
  gsize             n, n_before_mac2;

  pipe->is_cut = TRUE;
  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (10));
  n = make_cookie_packet (pipe, logged (pipe, 0)->data, logged (pipe, 0)->n_data, cookie, packet);
  packet[40] ^= 1;
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_IGNORED);
  packet[40] ^= 1;
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (pipe->log->len, ==, 2);
  second = logged (pipe, 1);
  n_before_mac2 = second->n_data - UDPNAT_MAC_BYTES;
  g_assert_cmpmem (second->data, n_before_mac2, logged (pipe, 0)->data, n_before_mac2);
  g_assert_true (udpnat_mac_verify (cookie, sizeof cookie, second->data, n_before_mac2,
                                    second->data + n_before_mac2));
  /* Cookies again and again would make us send HS1 to whoever asks. */
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpuint (pipe->log->len, ==, 2);
  pipe_run_until (pipe, MS (250));
  g_assert_cmpuint (pipe->log->len, ==, 3);
  g_assert_cmpint (pipe_deliver (pipe, 0, packet, n), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (pipe->log->len, ==, 4);
}

static void
cookie_is_used_for_120_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  guint8 cookie[UDPNAT_COOKIE_BYTES] = { 7 }, zeros[UDPNAT_MAC_BYTES] = { 0 };
  gsize  n_before_mac2;

  pipe->is_cut = TRUE;
  pipe_dial (pipe);
  pipe_run (pipe, 0);
  udpnat_session_set_cookie (session_of (pipe, 0), pipe->now_us, cookie);
  pipe_run_until (pipe, T0 + UDPNAT_SEC (120) - 1);
  g_ptr_array_set_size (pipe->log, 0);
  udpnat_session_repeat_handshake (session_of (pipe, 0), pipe->now_us);
  pipe_pump (pipe, 0);
  n_before_mac2 = logged (pipe, 0)->n_data - UDPNAT_MAC_BYTES;
  g_assert_true (memcmp (logged (pipe, 0)->data + n_before_mac2, zeros, sizeof zeros) != 0);
  pipe_run (pipe, 1);
  g_ptr_array_set_size (pipe->log, 0);
  udpnat_session_repeat_handshake (session_of (pipe, 0), pipe->now_us);
  pipe_pump (pipe, 0);
  g_assert_cmpmem (logged (pipe, 0)->data + n_before_mac2, sizeof zeros, zeros, sizeof zeros);
}

/* ---- Strangers ---- */

static void
forged_hs2_spoils_nothing (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);
  guint8     forged[UDPNAT_DATAGRAM_MAX_BYTES], key[32];
  PipePacket hs2;
  gsize      n_before_mac1;

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (20));
  hs2 = *logged (pipe, 1);
  memcpy (forged, hs2.data, hs2.n_data);
  n_before_mac1 = hs2.n_data - 2 * UDPNAT_MAC_BYTES;
  for (gsize i = 12; i < n_before_mac1; i += 3)
    {
      /* mac1 is right: everybody knows the key that it is made with. */
      forged[i] ^= 1;
      udpnat_mac1_key (udpnat_identity_get_public_key (pipe->ends[0].identity), key);
      udpnat_mac (key, sizeof key, forged, n_before_mac1, forged + n_before_mac1);
      g_assert_cmpint (pipe_deliver (pipe, 0, forged, hs2.n_data), ==, UDPNAT_RX_IGNORED);
      forged[i] ^= 1;
    }
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_INITIATED);
  g_assert_cmpint (pipe_deliver (pipe, 0, hs2.data, hs2.n_data), ==, UDPNAT_RX_OK);
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_ESTABLISHED);
  g_assert_cmpint (pipe_deliver (pipe, 0, hs2.data, hs2.n_data), ==, UDPNAT_RX_IGNORED);
}

static void
replayed_and_forged_data_is_ignored (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8     copy[UDPNAT_DATAGRAM_MAX_BYTES];
  PipePacket packet;

  write_text (pipe, 0, "once");
  pipe_run (pipe, UDPNAT_MSEC (100));
  assert_received (pipe, 1, "once");
  packet = *logged (pipe, 0);
  g_ptr_array_set_size (pipe->log, 0);
  g_assert_cmpint (pipe_deliver (pipe, 1, packet.data, packet.n_data), ==, UDPNAT_RX_IGNORED);
  for (gsize i = 0; i < packet.n_data; i++)
    {
      memcpy (copy, packet.data, packet.n_data);
      copy[i] ^= 1 << (i % 8);
      g_assert_cmpint (pipe_deliver (pipe, 1, copy, packet.n_data), !=, UDPNAT_RX_OK);
    }
  for (gsize n = 0; n < packet.n_data; n++)
    {
      memcpy (copy, packet.data, packet.n_data);
      g_assert_cmpint (pipe_deliver (pipe, 1, copy, n), !=, UDPNAT_RX_OK);
    }
  pipe_run (pipe, UDPNAT_SEC (1));
  assert_received (pipe, 1, "once");
  g_assert_cmpuint (pipe->log->len, ==, 0);
}

static void
random_datagrams_are_ignored (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];

  for (guint i = 0; i < 5000; i++)
    {
      gsize n = g_rand_int_range (pipe->rand, 0, sizeof data + 1);

      for (gsize j = 0; j < n; j++)
        data[j] = g_rand_int (pipe->rand);
      if (n > 0)
        data[0] = g_rand_int_range (pipe->rand, 0, 13);
      if (n > 0 && data[0] == UDPNAT_PACKET_HS1)
        continue;
      g_assert_cmpint (pipe_deliver (pipe, 1, data, n), !=, UDPNAT_RX_OK);
    }
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
}

static void
write_bad_frame (UdpnatWriter *writer,
                 guint         which)
{
  static const guint8 truncated[] = { UDPNAT_FRAME_STREAM, 0, 200, 0 };
  static const guint8 short_ack[] = { UDPNAT_FRAME_ACK, 0, 3, 0, 0, 0 };
  static const guint8 bytes[10];
  UdpnatStreamFrame   stream = { 0, 0, bytes, sizeof bytes };
  UdpnatAck           ack = { .n_ranges = 1, .ranges = { { 0, 1000000 } } };
  gboolean            is_written = TRUE;

  switch (which)
    {
    case 0:
      udpnat_writer_bytes (writer, truncated, sizeof truncated);
      break;
    case 1:
      udpnat_writer_bytes (writer, short_ack, sizeof short_ack);
      break;
    case 2: /* of packets that were never sent */
      is_written = udpnat_frame_write_ack (writer, &ack);
      break;
    case 3:
      stream.stream = UDPNAT_STREAMS_MAX;
      is_written = udpnat_frame_write_stream (writer, &stream);
      break;
    case 4:
      stream.stream = G_MAXUINT32;
      is_written = udpnat_frame_write_stream (writer, &stream);
      break;
    case 5: /* one byte beyond the window */
      stream.offset = UDPNAT_STREAM_WINDOW_BYTES - 9;
      is_written = udpnat_frame_write_stream (writer, &stream);
      break;
    case 6:
      is_written = udpnat_frame_write_stream_window (writer, UDPNAT_STREAMS_MAX, 1);
      break;
    default: /* something good first */
      is_written = udpnat_frame_write_ping (writer);
      udpnat_writer_u8 (writer, UDPNAT_FRAME_PAD);
      break;
    }
  g_assert_true (is_written);
}

/* The peer has the keys, but no manners: each of these must be survived, and none acknowledged. */
static void
bad_frames_are_malformed (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8 buffer[UDPNAT_DATAGRAM_MAX_BYTES];

  for (guint i = 0; i < 8; i++)
    {
      UdpnatWriter writer;

      udpnat_writer_init (&writer, buffer, sizeof buffer);
      write_bad_frame (&writer, i);
      g_ptr_array_set_size (pipe->log, 0);
      g_assert_cmpint (pipe_inject (pipe, 1, &writer), ==, UDPNAT_RX_MALFORMED);
      pipe_run (pipe, UDPNAT_MSEC (100));
      g_assert_cmpuint (pipe->log->len, ==, 0);
    }
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
}

static UdpnatRxResult
inject_byte (Pipe   *pipe,
             guint64 offset)
{
  guint8       buffer[100], byte = (guint8) offset;
  UdpnatWriter writer;

  udpnat_writer_init (&writer, buffer, sizeof buffer);
  g_assert_true (udpnat_frame_write_stream (&writer, &(UdpnatStreamFrame) { 0, offset, &byte, 1 }));
  return pipe_inject (pipe, 1, &writer);
}

static void
what_finds_no_room_is_not_acked (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint64 offset = 2;

  for (guint i = 0; i < UDPNAT_RECEIVE_RANGES_MAX; i++, offset += 2)
    g_assert_cmpint (inject_byte (pipe, offset), ==, UDPNAT_RX_OK);
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_ptr_array_set_size (pipe->log, 0);
  g_assert_cmpint (inject_byte (pipe, offset), ==, UDPNAT_RX_OK);
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_cmpuint (pipe->log->len, ==, 0);
  g_assert_cmpint (inject_byte (pipe, 0), ==, UDPNAT_RX_OK);
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_cmpuint (pipe->log->len, ==, 1);
}

static void
odd_frames_are_fine (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8       buffer[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, buffer, sizeof buffer);
  g_assert_cmpint (pipe_inject (pipe, 1, &writer), ==, UDPNAT_RX_OK); /* no frames at all */
  udpnat_writer_bytes (&writer, (const guint8[]) { 0xee, 0, 2, 1, 2 }, 5); /* skipped */
  g_assert_true (udpnat_frame_write_pad (&writer, 9));
  g_assert_true (udpnat_frame_write_early (&writer, 0, buffer, 4)); /* only in handshakes */
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 0));
  g_assert_true (udpnat_frame_write_stream (&writer, &(UdpnatStreamFrame) { 3, 5, buffer, 0 }));
  g_assert_true (udpnat_frame_write_relay (&writer, 0x21000000, buffer, 40));
  g_assert_true (udpnat_frame_write_dial_failed (&writer, buffer, 1));
  g_assert_true (udpnat_frame_write_stream_window (&writer, 0, G_MAXUINT64));
  g_assert_cmpint (pipe_inject (pipe, 1, &writer), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (pipe->ends[1].frames->len, ==, 6);
  g_assert_cmpint (pipe->ends[1].frames->data[0], ==, UDPNAT_FRAME_PATH_CHALLENGE);
  g_assert_cmpint (pipe->ends[1].frames->data[2], ==, UDPNAT_FRAME_RELAY);
  g_assert_cmpint (pipe->ends[1].frames->data[3], ==, 0x21);
  g_assert_cmpint (pipe->ends[1].frames->data[4], ==, UDPNAT_FRAME_DIAL_FAILED);
}

static void
random_frames_are_survived (void)
{
  for (guint32 seed = 0; seed < 20; seed++)
    {
      g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      guint8 buffer[600];

      for (guint i = 0; i < 300; i++)
        {
          UdpnatWriter writer;

          udpnat_writer_init (&writer, buffer, sizeof buffer);
          while (udpnat_writer_left (&writer) > 100 && g_rand_int_range (rand, 0, 5) > 0)
            {
              guint8 type = g_rand_int_range (rand, 0, UDPNAT_FRAME_DIAL_FAILED + 2);
              gsize  n = g_rand_int_range (rand, 0, 60);

              if (type == UDPNAT_FRAME_CLOSE)
                continue;
              udpnat_writer_u8 (&writer, type);
              udpnat_writer_u16 (&writer, n);
              for (gsize j = 0; j < n; j++) /* small numbers are the interesting ones */
                {
                  guint8 value = g_rand_int (rand);

                  udpnat_writer_u8 (&writer, g_rand_int_range (rand, 0, 3) > 0 ? 0 : value);
                }
            }
          pipe_inject (pipe, 1, &writer);
          pipe_run (pipe, UDPNAT_MSEC (1));
        }
      assert_state (pipe, 1, UDPNAT_SESSION_STATE_ESTABLISHED);
    }
}

static void
frame_events_are_bounded (void)
{
  g_autoptr (Pipe)   pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  UdpnatSessionEvent event;
  guint8             buffer[100], out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter       writer;
  guint              n_events = 0;

  udpnat_writer_init (&writer, buffer, sizeof buffer);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 1));
  for (guint i = 0; i < UDPNAT_SESSION_EVENTS_MAX + 3; i++)
    {
      gsize n = udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, buffer,
                                            writer.n_written, out);

      g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), pipe->now_us, out, n),
                       ==, UDPNAT_RX_OK);
    }
  while (udpnat_session_pop_event (session_of (pipe, 1), &event))
    n_events++;
  g_assert_cmpuint (n_events, ==, UDPNAT_SESSION_EVENTS_MAX);
  g_assert_cmpuint (udpnat_session_get_events_dropped (session_of (pipe, 1)), ==, 3);
}

/* ---- Rekeying ---- */

/* Sends something now and then, as a conversation does. */
static void
chat_until (Pipe  *pipe,
            gint64 until_us)
{
  while (pipe->now_us < until_us)
    {
      udpnat_session_ping (session_of (pipe, 0), pipe->now_us);
      pipe_run_until (pipe, MIN (pipe->now_us + UDPNAT_SEC (10), until_us));
    }
}

static void
rekey_after_120_s_of_traffic (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64  due_us = MS (40) + UDPNAT_SEC (120); /* HS2 came in at 40 ms */
  guint64 n_before;

  chat_until (pipe, due_us - 1);
  g_assert_cmpuint (pipe_count_sent (pipe, 0, UDPNAT_SESSION_OUTPUT_HANDSHAKE), ==, 0);
  n_before = udpnat_session_get_packets_sent (session_of (pipe, 0));
  write_text (pipe, 0, "before");
  pipe_run_until (pipe, due_us);
  write_text (pipe, 0, " and after");
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_cmpuint (pipe_count_sent (pipe, 0, UDPNAT_SESSION_OUTPUT_HANDSHAKE), ==, 1);
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_HS2), ==, 1);
  assert_received (pipe, 1, "before and after");
  for (guint side = 0; side < 2; side++)
    {
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 1);
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
      /* The new keyset and, for 10 s, the old one. */
      g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[side].indexes), ==, 2);
    }
  g_assert_cmpuint (udpnat_session_get_packets_sent (session_of (pipe, 0)), >, n_before);
  pipe_run (pipe, UDPNAT_SEC (10));
  for (guint side = 0; side < 2; side++)
    g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[side].indexes), ==, 1);
}

static void
rekey_numbers_go_on (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint64 last = 0;

  chat_until (pipe, T0 + UDPNAT_SEC (300));
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 2);
  for (guint i = 0; i < pipe->log->len; i++)
    {
      UdpnatDataView view;

      if (logged (pipe, i)->to != 1 || logged (pipe, i)->kind != UDPNAT_SESSION_OUTPUT_DATA)
        continue;
      g_assert_true (udpnat_data_parse (&view, logged (pipe, i)->data, logged (pipe, i)->n_data));
      g_assert_cmpuint (view.number, ==, last == 0 ? view.number : last + 1);
      last = view.number;
    }
  g_assert_cmpuint (last, >, 30);
}

static void
responder_rekeys_after_150_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 due_us = MS (20) + UDPNAT_SEC (150);

  pipe->ends[0].is_rekeying = FALSE;
  chat_until (pipe, due_us - 1);
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_HANDSHAKE), ==, 0);
  pipe_run_until (pipe, due_us);
  g_assert_cmpuint (pipe_count_sent (pipe, 1, UDPNAT_SESSION_OUTPUT_HANDSHAKE), ==, 1);
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
  g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
}

static void
idle_session_does_not_rekey (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe_run (pipe, UDPNAT_SEC (400));
  g_assert_cmpuint (pipe->log->len, ==, 0);
  for (guint side = 0; side < 2; side++)
    {
      g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[side].indexes), ==, 0);
      g_assert_cmpint (udpnat_session_next_deadline (session_of (pipe, side)), ==,
                       UDPNAT_TIME_NEVER);
      g_assert_false (udpnat_session_needs_handshake (session_of (pipe, side), pipe->now_us));
      assert_state (pipe, side, UDPNAT_SESSION_STATE_ESTABLISHED);
    }
  /* New data wakes it up again, and nothing is forgotten. */
  write_text (pipe, 1, "good morning");
  g_assert_true (udpnat_session_needs_handshake (session_of (pipe, 1), pipe->now_us));
  pipe_run (pipe, UDPNAT_MSEC (100));
  assert_received (pipe, 0, "good morning");
  g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
}

static void
late_data_asks_for_keys (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  pipe_run_until (pipe, MS (40) + UDPNAT_SEC (119));
  write_text (pipe, 0, "a");
  g_assert_false (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
  pipe_run (pipe, UDPNAT_MSEC (500));
  pipe->ends[0].is_rekeying = FALSE;
  pipe_run_until (pipe, MS (40) + UDPNAT_SEC (160));
  g_assert_true (udpnat_session_needs_handshake (session_of (pipe, 0), pipe->now_us));
}

static void
keys_are_refused_after_180_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64       sent_until_us = MS (40) + UDPNAT_SEC (180);
  gint64       taken_until_us = MS (20) + UDPNAT_SEC (180);
  guint8       buffer[100], out[2][UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gsize        n[2];

  pipe->ends[0].is_rekeying = pipe->ends[1].is_rekeying = FALSE;
  udpnat_writer_init (&writer, buffer, sizeof buffer);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 1));
  for (guint i = 0; i < 2; i++)
    n[i] = udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, buffer, writer.n_written,
                                       out[i]);
  /* At the responder, whose keys are 20 ms older. No handle_deadline: it may be late. */
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), taken_until_us - 1, out[0],
                                                 n[0]), ==, UDPNAT_RX_OK);
  g_assert_cmpint (udpnat_session_handle_packet (session_of (pipe, 1), taken_until_us, out[1],
                                                 n[1]), ==, UDPNAT_RX_IGNORED);
  g_assert_true (udpnat_session_can_send (session_of (pipe, 0), sent_until_us - 1));
  g_assert_false (udpnat_session_can_send (session_of (pipe, 0), sent_until_us));
  g_assert_cmpuint (udpnat_session_seal_frames (session_of (pipe, 0), sent_until_us - 1, buffer,
                                                writer.n_written, out[0]), >, 0);
  g_assert_cmpuint (udpnat_session_seal_frames (session_of (pipe, 0), sent_until_us, buffer,
                                                writer.n_written, out[0]), ==, 0);
  write_text (pipe, 0, "too late");
  pipe->now_us = sent_until_us;
  pipe_pump (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, 0);
}

static void
old_keys_open_for_10_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8       buffer[100], out[3][UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gint64       confirmed_us;
  gsize        n = 0;

  udpnat_writer_init (&writer, buffer, sizeof buffer);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 1));
  for (guint i = 0; i < 3; i++)
    n = udpnat_session_seal_frames (session_of (pipe, 0), pipe->now_us, buffer, writer.n_written,
                                    out[i]);
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_MSEC (60));
  confirmed_us = pipe->now_us;
  g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
  g_assert_cmpint (pipe_deliver (pipe, 1, out[0], n), ==, UDPNAT_RX_OK);
  pipe_run_until (pipe, confirmed_us + UDPNAT_SEC (10) - 1);
  g_assert_cmpint (pipe_deliver (pipe, 1, out[1], n), ==, UDPNAT_RX_OK);
  pipe_run_until (pipe, confirmed_us + UDPNAT_SEC (10));
  g_assert_cmpint (pipe_deliver (pipe, 1, out[2], n), ==, UDPNAT_RX_IGNORED);
}

/* The responder must not switch before it knows that the initiator has HS2. */
static void
responder_switches_when_confirmed (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  UdpnatDataView before, after;

  write_text (pipe, 1, "1");
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_true (udpnat_data_parse (&before, logged (pipe, 0)->data, logged (pipe, 0)->n_data));
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_MSEC (20));
  pipe->is_cut = TRUE; /* HS2 has left, but what confirms it does not come */
  g_queue_clear_full (&pipe->in_flight, g_free);
  g_ptr_array_set_size (pipe->log, 0);
  write_text (pipe, 1, "2");
  pipe_pump (pipe, 1);
  g_assert_true (udpnat_data_parse (&after, logged (pipe, 0)->data, logged (pipe, 0)->n_data));
  g_assert_cmpuint (after.receiver_index, ==, before.receiver_index);
  g_assert_false (udpnat_session_needs_handshake (session_of (pipe, 1), pipe->now_us));
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (5));
  g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
  assert_received (pipe, 0, "12");
}

/* The peer asked for new keys and went away before it got them; all others have expired. */
static void
unconfirmed_keys_are_replaced_after_10_s (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  gint64 answered_us;

  pipe_run (pipe, UDPNAT_SEC (400));
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_MSEC (20));
  answered_us = pipe->now_us;
  g_queue_clear_full (&pipe->in_flight, g_free);
  udpnat_session_cancel_handshake (session_of (pipe, 0));
  write_text (pipe, 1, "hello?");
  pipe_run_until (pipe, answered_us + UDPNAT_SEC (10) - 1);
  g_assert_false (udpnat_session_needs_handshake (session_of (pipe, 1), pipe->now_us));
  g_assert_cmpuint (pipe->ends[0].received[0]->len, ==, 0);
  pipe_run (pipe, UDPNAT_SEC (5));
  assert_received (pipe, 0, "hello?");
}

static void
rekey_needs_same_session_and_key (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8    secret[32] = { 1 };
  UdpnatHs1 hs1;

  pipe->is_cut = TRUE;
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, 0);
  g_assert_true (udpnat_hs1_read (pipe->ends[1].identity, pipe->role, secret,
                                  logged (pipe, 0)->data, logged (pipe, 0)->n_data, &hs1));
  hs1.session_id++;
  g_assert_false (udpnat_session_accept_rekey (session_of (pipe, 1), &hs1, pipe->now_us, NULL, 0));
  hs1.session_id--;
  hs1.remote_key.bytes[0] ^= 1;
  g_assert_false (udpnat_session_accept_rekey (session_of (pipe, 1), &hs1, pipe->now_us, NULL, 0));
  hs1.remote_key.bytes[0] ^= 1;
  g_assert_true (udpnat_session_accept_rekey (session_of (pipe, 1), &hs1, pipe->now_us, NULL, 0));
  udpnat_hs1_clear (&hs1);
}

static void
restarted_responder_means_fresh (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  write_text (pipe, 0, "lost with the old session");
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_clear_pointer (&pipe->ends[1].session, udpnat_session_free);
  g_byte_array_set_size (pipe->ends[1].received[0], 0);
  write_text (pipe, 0, "never arrives");
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 0), ==, 13);
  pipe_start_handshake (pipe, 0); /* as after UNKNOWN */
  pipe_run (pipe, UDPNAT_MSEC (200));
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 1);
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_ESTABLISHED], ==, 1);
  g_assert_cmpuint (udpnat_session_stream_unacked (session_of (pipe, 0), 0), ==, 0);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[0].indexes), ==, 1);
  write_text (pipe, 0, "anew");
  write_text (pipe, 1, "welcome");
  pipe_run (pipe, UDPNAT_MSEC (200));
  assert_received (pipe, 1, "anew");
  assert_received (pipe, 0, "welcome");
}

/* The HS2 that says "afresh" is lost, and the initiator begins another handshake: it must be told
 * again, or it goes on with streams of which the responder knows nothing. */
static void
fresh_is_said_until_it_is_heard (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  write_text (pipe, 0, "lost with the old session");
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_clear_pointer (&pipe->ends[1].session, udpnat_session_free);
  g_byte_array_set_size (pipe->ends[1].received[0], 0);
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, 1); /* HS1 is on its way */
  pipe->is_cut = TRUE;
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_nonnull (session_of (pipe, 1)); /* it has come */
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 0);
  pipe->is_cut = FALSE;
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, UDPNAT_MSEC (200));
  g_assert_cmpuint (pipe->ends[0].n_events[UDPNAT_SESSION_EVENT_FRESH], ==, 1);
  write_text (pipe, 0, "anew");
  write_text (pipe, 1, "welcome");
  pipe_run (pipe, UDPNAT_MSEC (200));
  assert_received (pipe, 1, "anew");
  assert_received (pipe, 0, "welcome");
}

/* The same, and the responder is the one to begin another handshake: its session has the id of the
 * initiator's old one, and must not go on with that one's streams. */
static void
unheard_responder_begins_anew (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  write_text (pipe, 0, "lost with the old session");
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_clear_pointer (&pipe->ends[1].session, udpnat_session_free);
  g_byte_array_set_size (pipe->ends[1].received[0], 0);
  pipe_start_handshake (pipe, 0);
  pipe_run (pipe, 1);
  pipe->is_cut = TRUE;
  pipe_run (pipe, UDPNAT_MSEC (100));
  g_assert_nonnull (session_of (pipe, 1));
  udpnat_session_cancel_handshake (session_of (pipe, 0));
  pipe->is_cut = FALSE;
  pipe_start_handshake (pipe, 1);
  pipe_run (pipe, UDPNAT_MSEC (200));
  write_text (pipe, 0, "anew");
  write_text (pipe, 1, "welcome");
  pipe_run (pipe, UDPNAT_MSEC (200));
  assert_received (pipe, 1, "anew");
  assert_received (pipe, 0, "welcome");
}

/* ---- Both at once ---- */

static void
glare_one_gives_up (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  guint8    secret[32] = { 1 };
  UdpnatHs1 hs1;

  pipe->is_cut = TRUE;
  pipe_start_handshake (pipe, 0);
  pipe_start_handshake (pipe, 1);
  pipe_run (pipe, 0);
  g_assert_cmpuint (pipe->log->len, ==, 2);
  /* Side 0 insists, side 1 gives its own up and answers. */
  udpnat_session_repeat_handshake (session_of (pipe, 0), pipe->now_us);
  pipe_pump (pipe, 0);
  g_assert_cmpmem (logged (pipe, 2)->data, logged (pipe, 2)->n_data, logged (pipe, 0)->data,
                   logged (pipe, 0)->n_data);
  g_assert_true (udpnat_hs1_read (pipe->ends[1].identity, pipe->role, secret,
                                  logged (pipe, 2)->data, logged (pipe, 2)->n_data, &hs1));
  udpnat_session_cancel_handshake (session_of (pipe, 1));
  g_assert_false (udpnat_session_is_handshaking (session_of (pipe, 1)));
  g_assert_true (udpnat_session_accept_rekey (session_of (pipe, 1), &hs1, pipe->now_us, NULL, 0));
  udpnat_hs1_clear (&hs1);
  pipe->is_cut = FALSE;
  pipe_run (pipe, UDPNAT_SEC (20));
  for (guint side = 0; side < 2; side++)
    {
      g_assert_cmpuint (pipe->ends[side].n_events[UDPNAT_SESSION_EVENT_REKEYED], ==, 1);
      g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[side].indexes), ==, 1);
    }
}

/* Nobody gives up: each answers the other. Must settle and lose nothing. */
static void
glare_both_answer (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  for (guint round = 0; round < 5; round++)
    {
      pipe_start_handshake (pipe, 0);
      pipe_start_handshake (pipe, 1);
      write_text (pipe, 0, "x");
      write_text (pipe, 1, "y");
      pipe_run (pipe, UDPNAT_SEC (15));
    }
  assert_received (pipe, 1, "xxxxx");
  assert_received (pipe, 0, "yyyyy");
}

/* ---- Closing ---- */

static void
close_arrives (void)
{
  g_autoptr (Pipe) pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);

  udpnat_session_close (session_of (pipe, 0), pipe->now_us, UDPNAT_CLOSE_RESTARTING, "bye");
  assert_state (pipe, 0, UDPNAT_SESSION_STATE_CLOSED);
  write_text (pipe, 1, "too late");
  pipe_run (pipe, UDPNAT_SEC (500));
  assert_state (pipe, 1, UDPNAT_SESSION_STATE_CLOSED);
  g_assert_cmpuint (pipe->ends[1].n_events[UDPNAT_SESSION_EVENT_CLOSED], ==, 1);
  g_assert_cmpuint (pipe->ends[1].close_reason, ==, UDPNAT_CLOSE_RESTARTING);
  g_assert_cmpstr ((const char *) pipe->ends[1].texts->data, ==, "bye");
  g_assert_cmpuint (pipe_count_sent (pipe, 0, UDPNAT_SESSION_OUTPUT_DATA), ==, 1);
  for (guint side = 0; side < 2; side++)
    {
      g_assert_false (udpnat_session_can_send (session_of (pipe, side), pipe->now_us));
      g_assert_false (udpnat_session_needs_handshake (session_of (pipe, side), pipe->now_us));
      g_assert_cmpint (udpnat_session_next_deadline (session_of (pipe, side)), ==,
                       UDPNAT_TIME_NEVER);
      g_assert_cmpuint (udpnat_session_stream_write (session_of (pipe, side), 0, (guint8 *) "x", 1),
                        ==, 0);
      udpnat_session_close (session_of (pipe, side), pipe->now_us, 0, NULL);
    }
}

static void
close_before_keys_is_silent (void)
{
  g_autoptr (Pipe) pipe = pipe_new (UDPNAT_ROLE_PEER_PEER, 1);

  pipe_dial (pipe);
  udpnat_session_close (session_of (pipe, 0), pipe->now_us, UDPNAT_CLOSE_NORMAL, NULL);
  pipe_run (pipe, UDPNAT_SEC (1));
  g_assert_cmpuint (pipe->log->len, ==, 0);
  g_assert_cmpuint (udpnat_index_table_get_count (pipe->ends[0].indexes), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add_func ("/transport-session/" path, func)
  ADD ("handshake/takes-one-round-trip", handshake_takes_one_round_trip);
  ADD ("handshake/repeats-on-schedule", handshake_repeats_on_schedule);
  ADD ("handshake/is-renewed-after-20-s", handshake_is_renewed_after_20_s);
  ADD ("handshake/answer-is-forgotten-after-180-s", unconfirmed_answer_is_forgotten_after_180_s);
  ADD ("handshake/repeated-gives-no-rtt", handshake_repeated_gives_no_rtt);
  ADD ("handshake/survives-bad-luck", handshake_survives_bad_luck);
  ADD ("handshake/hs2-is-repeated-until-confirmed", hs2_is_repeated_until_confirmed);
  ADD ("handshake/early-frames-travel-both-ways", early_frames_travel_both_ways);
  ADD ("handshake/responder-sends-at-once", responder_sends_at_once);
  ADD ("handshake/responder-repeats-when-confirmed-late", responder_repeats_when_confirmed_late);
  ADD ("handshake/answered-may-rekey", answered_may_rekey);
  ADD ("handshake/written-before-is-sent", written_before_handshake_is_sent);
  ADD ("handshake/server-sends-no-more-than-it-got", server_sends_no_more_than_it_got);
  ADD ("handshake/unusable-key-is-never-dialled", unusable_key_is_never_dialled);
  ADD ("cookie/is-used-at-once", cookie_is_used_at_once);
  ADD ("cookie/is-used-for-120-s", cookie_is_used_for_120_s);
  ADD ("strangers/forged-hs2-spoils-nothing", forged_hs2_spoils_nothing);
  ADD ("strangers/replayed-and-forged-data-is-ignored", replayed_and_forged_data_is_ignored);
  ADD ("strangers/random-datagrams-are-ignored", random_datagrams_are_ignored);
  ADD ("frames/bad-ones-are-malformed", bad_frames_are_malformed);
  ADD ("frames/what-finds-no-room-is-not-acked", what_finds_no_room_is_not_acked);
  ADD ("frames/odd-ones-are-fine", odd_frames_are_fine);
  ADD ("frames/random-ones-are-survived", random_frames_are_survived);
  ADD ("frames/events-are-bounded", frame_events_are_bounded);
  ADD ("rekey/after-120-s-of-traffic", rekey_after_120_s_of_traffic);
  ADD ("rekey/numbers-go-on", rekey_numbers_go_on);
  ADD ("rekey/responder-after-150-s", responder_rekeys_after_150_s);
  ADD ("rekey/not-when-idle", idle_session_does_not_rekey);
  ADD ("rekey/late-data-asks-for-keys", late_data_asks_for_keys);
  ADD ("rekey/responder-switches-when-confirmed", responder_switches_when_confirmed);
  ADD ("rekey/unconfirmed-keys-are-replaced-after-10-s", unconfirmed_keys_are_replaced_after_10_s);
  ADD ("rekey/needs-same-session-and-key", rekey_needs_same_session_and_key);
  ADD ("rekey/restarted-responder-means-fresh", restarted_responder_means_fresh);
  ADD ("rekey/fresh-is-said-until-it-is-heard", fresh_is_said_until_it_is_heard);
  ADD ("rekey/unheard-responder-begins-anew", unheard_responder_begins_anew);
  ADD ("keys/refused-after-180-s", keys_are_refused_after_180_s);
  ADD ("keys/old-ones-open-for-10-s", old_keys_open_for_10_s);
  ADD ("glare/one-gives-up", glare_one_gives_up);
  ADD ("glare/both-answer", glare_both_answer);
  ADD ("close/arrives", close_arrives);
  ADD ("close/before-keys-is-silent", close_before_keys_is_silent);
#undef ADD
  return g_test_run ();
}
