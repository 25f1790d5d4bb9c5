#pragma once

/* Two sessions over a pipe in virtual time that loses, repeats and reorders as one seed says, and
 * the part of an owner that a session needs: it answers HS1, starts handshakes when asked to, reads
 * streams, and checks after every step that the session does not ask to be woken in the past. Time
 * starts at 1,000 s so that a forgotten zero shows. */

#include "udpnat-frame.h"
#include "udpnat-session.h"

#include <string.h>

/* Who holds a session that rests, of either end. */
#define PIPE_HOLDER 7
#define T0 UDPNAT_SEC (1000)
#define MS(n) (T0 + UDPNAT_MSEC (n))
#define PIPE_STREAMS 4

typedef struct
{
  gint64                  at_us;
  guint                   to;
  UdpnatSessionOutputKind kind;
  gsize                   n_data;
  guint8                  data[UDPNAT_DATAGRAM_MAX_BYTES];
} PipePacket;

typedef struct
{
  UdpnatIdentity   *identity;
  UdpnatIndexTable *indexes;
  UdpnatSession    *session;
  GByteArray       *received[PIPE_STREAMS];
  guint             n_events[UDPNAT_SESSION_EVENT_CLOSED + 1];
  GByteArray       *frames;   /* type and first byte of the body of each FRAME event */
  GByteArray       *texts;    /* bodies of EARLY and CLOSE, each with a final zero */
  guint16           close_reason;
  gint64            handshake_rtt_us;
  guint8            last_timestamp[UDPNAT_TIMESTAMP_BYTES]; /* of an HS1 that was answered */
  gboolean          is_reading; /* consumes what arrives */
  gboolean          is_rekeying; /* starts handshakes when the session needs one */
} PipeEnd;

typedef struct
{
  guint64    random_state;
  GRand     *rand;
  gint64     now_us;
  gint64     latency_us;
  guint      loss_percent;
  guint      reorder_percent;
  guint      repeat_percent;
  gboolean   is_cut;     /* nothing arrives */
  gsize      n_path_max; /* nor what is longer than this; 0: all fits */
  gboolean   is_strict;  /* owners refuse an HS1 whose timestamp is not above the last one */
  UdpnatRole role;
  guint64    n_timestamps;
  GQueue     in_flight;  /* of PipePacket, by time */
  GPtrArray *log;        /* of PipePacket: all that was sent */
  PipeEnd    ends[2];
} Pipe;

G_GNUC_UNUSED static void
pipe_fill_random (gpointer user_data,
                  guint8  *out,
                  gsize    n_out)
{
  guint64 *state = user_data;

  /* splitmix64 */
  for (gsize i = 0; i < n_out; i++)
    {
      guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

      z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      out[i] = (guint8) (z >> 56);
    }
}

G_GNUC_UNUSED static UdpnatRandom
pipe_get_random (Pipe *pipe)
{
  return (UdpnatRandom) { pipe_fill_random, &pipe->random_state };
}

G_GNUC_UNUSED static UdpnatSessionConfig
pipe_get_config (Pipe *pipe,
                 guint side)
{
  return (UdpnatSessionConfig) {
    .role = pipe->role,
    .identity = pipe->ends[side].identity,
    .indexes = pipe->ends[side].indexes,
    .random = pipe_get_random (pipe),
    .owner = &pipe->ends[side],
    .holder = PIPE_HOLDER,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
}

G_GNUC_UNUSED static Pipe *
pipe_new (UdpnatRole role,
          guint32    seed)
{
  Pipe        *pipe = g_new0 (Pipe, 1);
  UdpnatRandom random;
  gboolean     is_ready = udpnat_crypto_init ();

  g_assert_true (is_ready);
  pipe->random_state = seed;
  pipe->rand = g_rand_new_with_seed (seed);
  pipe->now_us = T0;
  pipe->latency_us = UDPNAT_MSEC (20);
  pipe->role = role;
  pipe->log = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&pipe->in_flight);
  random = pipe_get_random (pipe);
  for (guint side = 0; side < 2; side++)
    {
      PipeEnd *end = &pipe->ends[side];

      end->identity = udpnat_identity_generate (&random);
      end->indexes = udpnat_index_table_new (&random);
      end->frames = g_byte_array_new ();
      end->texts = g_byte_array_new ();
      end->is_reading = end->is_rekeying = TRUE;
      for (guint i = 0; i < PIPE_STREAMS; i++)
        end->received[i] = g_byte_array_new ();
    }
  return pipe;
}

G_GNUC_UNUSED static void
pipe_free (Pipe *pipe)
{
  for (guint side = 0; side < 2; side++)
    {
      PipeEnd *end = &pipe->ends[side];

      udpnat_session_free (end->session);
      udpnat_index_table_free (end->indexes);
      udpnat_identity_free (end->identity);
      g_byte_array_unref (end->frames);
      g_byte_array_unref (end->texts);
      for (guint i = 0; i < PIPE_STREAMS; i++)
        g_byte_array_unref (end->received[i]);
    }
  g_queue_clear_full (&pipe->in_flight, g_free);
  g_ptr_array_unref (pipe->log);
  g_rand_free (pipe->rand);
  g_free (pipe);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pipe, pipe_free)

/* Equal times: first sent, first there. */
G_GNUC_UNUSED static gint
pipe_compare_packets (gconstpointer a,
                      gconstpointer b,
                      gpointer      user_data)
{
  const PipePacket *x = a, *y = b;

  return x->at_us > y->at_us ? 1 : -1;
}

G_GNUC_UNUSED static gboolean
pipe_roll (Pipe *pipe,
           guint percent)
{
  return percent > 0 && g_rand_int_range (pipe->rand, 0, 100) < (gint) percent;
}

/* Puts a datagram on its way to @to, with the pipe's luck. */
G_GNUC_UNUSED static void
pipe_send (Pipe                   *pipe,
           guint                   to,
           UdpnatSessionOutputKind kind,
           const guint8           *data,
           gsize                   n_data)
{
  PipePacket packet = { .to = to, .kind = kind, .n_data = n_data };
  guint      n_copies = 1;

  g_assert_cmpuint (n_data, <=, sizeof packet.data);
  memcpy (packet.data, data, n_data);
  packet.at_us = pipe->now_us;
  g_ptr_array_add (pipe->log, g_memdup2 (&packet, sizeof packet));
  if (pipe->is_cut || (pipe->n_path_max > 0 && n_data > pipe->n_path_max)
      || pipe_roll (pipe, pipe->loss_percent))
    return;
  if (pipe_roll (pipe, pipe->repeat_percent))
    n_copies++;
  for (guint i = 0; i < n_copies; i++)
    {
      packet.at_us = pipe->now_us + pipe->latency_us;
      if (pipe_roll (pipe, pipe->reorder_percent))
        packet.at_us += g_rand_int_range (pipe->rand, 1, 50000);
      g_queue_insert_sorted (&pipe->in_flight, g_memdup2 (&packet, sizeof packet),
                             pipe_compare_packets, NULL);
    }
}

G_GNUC_UNUSED static void
pipe_next_timestamp (Pipe  *pipe,
                     guint8 out[UDPNAT_TIMESTAMP_BYTES])
{
  udpnat_timestamp_from_us (pipe->now_us + (gint64) ++pipe->n_timestamps, out);
}

G_GNUC_UNUSED static void
pipe_start_handshake (Pipe *pipe,
                      guint side)
{
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];

  pipe_next_timestamp (pipe, timestamp);
  udpnat_session_start_handshake (pipe->ends[side].session, pipe->now_us, timestamp, NULL, 0);
}

G_GNUC_UNUSED static void
pipe_read_stream (Pipe   *pipe,
                  guint   side,
                  guint32 stream)
{
  PipeEnd      *end = &pipe->ends[side];
  gsize         n;
  const guint8 *data = udpnat_session_stream_peek (end->session, stream, &n);

  if (n == 0)
    return;
  g_byte_array_append (end->received[stream], data, n);
  udpnat_session_stream_consume (end->session, pipe->now_us, stream, n);
}

G_GNUC_UNUSED static void
pipe_handle_event (Pipe                     *pipe,
                   guint                     side,
                   const UdpnatSessionEvent *event)
{
  PipeEnd *end = &pipe->ends[side];
  guint8   zero = 0, mark[2];

  end->n_events[event->type]++;
  switch (event->type)
    {
    case UDPNAT_SESSION_EVENT_FRAME:
      mark[0] = event->frame_type;
      mark[1] = event->n_body > 0 ? event->body[0] : 0;
      g_byte_array_append (end->frames, mark, sizeof mark);
      if (event->frame_type == UDPNAT_FRAME_EARLY)
        {
          g_byte_array_append (end->texts, event->body + 4, event->n_body - 4);
          g_byte_array_append (end->texts, &zero, 1);
        }
      break;
    case UDPNAT_SESSION_EVENT_READABLE:
      if (end->is_reading)
        pipe_read_stream (pipe, side, event->stream);
      break;
    case UDPNAT_SESSION_EVENT_CLOSED:
      end->close_reason = event->reason;
      g_byte_array_append (end->texts, event->body, event->n_body);
      g_byte_array_append (end->texts, &zero, 1);
      break;
    case UDPNAT_SESSION_EVENT_ESTABLISHED:
    case UDPNAT_SESSION_EVENT_REKEYED:
    case UDPNAT_SESSION_EVENT_FRESH:
      end->handshake_rtt_us = event->handshake_rtt_us;
      break;
    }
}

G_GNUC_UNUSED static void
pipe_drain (Pipe *pipe,
            guint side)
{
  PipeEnd                *end = &pipe->ends[side];
  guint8                  out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionEvent      event;
  UdpnatSessionOutputKind kind;
  gsize                   n;

  while (udpnat_session_pop_event (end->session, &event))
    pipe_handle_event (pipe, side, &event);
  if (end->is_rekeying && udpnat_session_get_state (end->session) != UDPNAT_SESSION_STATE_NEW
      && udpnat_session_needs_handshake (end->session, pipe->now_us))
    pipe_start_handshake (pipe, side);
  while (udpnat_session_pop_output (end->session, pipe->now_us, &kind, out, &n))
    pipe_send (pipe, 1 - side, kind, out, n);
}

/* Lets a session do all that it can do now. */
G_GNUC_UNUSED static void
pipe_pump (Pipe *pipe,
           guint side)
{
  UdpnatSession *session = pipe->ends[side].session;

  if (session == NULL)
    return;
  pipe_drain (pipe, side);
  if (udpnat_session_next_deadline (session) > pipe->now_us)
    return;
  udpnat_session_handle_deadline (session, pipe->now_us);
  pipe_drain (pipe, side);
  g_assert_cmpint (udpnat_session_next_deadline (session), >, pipe->now_us);
}

/* PROTOCOL.md section 2, "Both at once": the smaller key insists. */
G_GNUC_UNUSED static gboolean
pipe_insists (Pipe *pipe,
              guint side)
{
  const UdpnatPublicKey *own = udpnat_identity_get_public_key (pipe->ends[side].identity);
  const UdpnatPublicKey *other = udpnat_identity_get_public_key (pipe->ends[1 - side].identity);

  return pipe->ends[side].session != NULL
         && udpnat_session_is_handshaking (pipe->ends[side].session)
         && udpnat_public_key_compare (own, other) < 0;
}

G_GNUC_UNUSED static gboolean
pipe_is_old (const Pipe      *pipe,
             const PipeEnd   *end,
             const UdpnatHs1 *hs1)
{
  return pipe->is_strict
         && memcmp (hs1->timestamp, end->last_timestamp, UDPNAT_TIMESTAMP_BYTES) <= 0;
}

/* What an owner does with an HS1 that is neither a repeat nor old: rekeys, or makes a session. */
G_GNUC_UNUSED static void
pipe_answer_hs1 (Pipe      *pipe,
                 guint      side,
                 UdpnatHs1 *hs1)
{
  PipeEnd            *end = &pipe->ends[side];
  UdpnatSessionConfig config = pipe_get_config (pipe, side);

  memcpy (end->last_timestamp, hs1->timestamp, sizeof hs1->timestamp);
  if (pipe_insists (pipe, side))
    {
      udpnat_session_repeat_handshake (end->session, pipe->now_us);
      return;
    }
  if (end->session != NULL
      && udpnat_session_accept_rekey (end->session, hs1, pipe->now_us, NULL, 0))
    return;
  udpnat_session_free (end->session);
  end->session = udpnat_session_new_responder (&config, hs1, pipe->now_us, NULL, 0);
}

G_GNUC_UNUSED static void
pipe_deliver_hs1 (Pipe         *pipe,
                  guint         side,
                  const guint8 *data,
                  gsize         n_data)
{
  PipeEnd     *end = &pipe->ends[side];
  UdpnatRandom random = pipe_get_random (pipe);
  guint8       secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatHs1    hs1;

  udpnat_random_fill (&random, secret, sizeof secret);
  if (!udpnat_hs1_check_mac1 (end->identity, data, n_data)
      || !udpnat_hs1_read (end->identity, pipe->role, secret, data, n_data, &hs1))
    return;
  if (end->session != NULL && udpnat_session_is_repeat (end->session, hs1.ephemeral))
    udpnat_session_repeat_hs2 (end->session);
  else if (!pipe_is_old (pipe, end, &hs1))
    pipe_answer_hs1 (pipe, side, &hs1);
  udpnat_hs1_clear (&hs1);
}

G_GNUC_UNUSED static UdpnatRxResult
pipe_deliver (Pipe         *pipe,
              guint         side,
              const guint8 *data,
              gsize         n_data)
{
  PipeEnd         *end = &pipe->ends[side];
  guint8           copy[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatPacketType type;
  UdpnatRxResult   result = UDPNAT_RX_IGNORED;

  memcpy (copy, data, n_data);
  if (!udpnat_packet_classify (copy, n_data, &type))
    return UDPNAT_RX_MALFORMED;
  if (type == UDPNAT_PACKET_HS1)
    pipe_deliver_hs1 (pipe, side, copy, n_data);
  else if (end->session != NULL)
    result = udpnat_session_handle_packet (end->session, pipe->now_us, copy, n_data);
  pipe_pump (pipe, side);
  return result;
}

/* The next moment at which something happens. */
G_GNUC_UNUSED static gint64
pipe_next_time (Pipe *pipe)
{
  PipePacket *packet = g_queue_peek_head (&pipe->in_flight);
  gint64      next_us = UDPNAT_TIME_NEVER;

  if (packet != NULL)
    next_us = MIN (next_us, packet->at_us);
  for (guint side = 0; side < 2; side++)
    if (pipe->ends[side].session != NULL)
      next_us = udpnat_time_min (next_us, udpnat_session_next_deadline (pipe->ends[side].session));
  return MAX (next_us, pipe->now_us);
}

/* What happens at @until_us is still done. */
G_GNUC_UNUSED static void
pipe_run_until (Pipe  *pipe,
                gint64 until_us)
{
  for (;;)
    {
      PipePacket *packet;

      pipe_pump (pipe, 0);
      pipe_pump (pipe, 1);
      packet = g_queue_peek_head (&pipe->in_flight);
      if (packet == NULL || packet->at_us > pipe->now_us)
        {
          gint64 next_us = pipe_next_time (pipe);

          if (next_us > until_us)
            break;
          pipe->now_us = next_us;
          continue;
        }
      g_queue_pop_head (&pipe->in_flight);
      pipe_deliver (pipe, packet->to, packet->data, packet->n_data);
      g_free (packet);
    }
  pipe->now_us = until_us;
  pipe_pump (pipe, 0);
  pipe_pump (pipe, 1);
}

G_GNUC_UNUSED static void
pipe_run (Pipe  *pipe,
          gint64 duration_us)
{
  pipe_run_until (pipe, pipe->now_us + duration_us);
}

/* Side 0 makes a session and its HS1; nothing has been delivered yet. */
G_GNUC_UNUSED static void
pipe_dial (Pipe *pipe)
{
  UdpnatSessionConfig config = pipe_get_config (pipe, 0);

  pipe->ends[0].session = udpnat_session_new_initiator (
    &config, udpnat_identity_get_public_key (pipe->ends[1].identity), pipe->now_us);
  pipe_start_handshake (pipe, 0);
}

/* Both sides established and quiet. */
G_GNUC_UNUSED static Pipe *
pipe_new_connected (UdpnatRole role)
{
  Pipe *pipe = pipe_new (role, 1);

  pipe_dial (pipe);
  pipe_run (pipe, UDPNAT_MSEC (200));
  g_assert_cmpint (udpnat_session_get_state (pipe->ends[0].session), ==,
                   UDPNAT_SESSION_STATE_ESTABLISHED);
  g_assert_cmpint (udpnat_session_get_state (pipe->ends[1].session), ==,
                   UDPNAT_SESSION_STATE_ESTABLISHED);
  g_ptr_array_set_size (pipe->log, 0);
  return pipe;
}

/* Seals @frames as the peer of @side would, delivers them at once, and says what became of them. */
G_GNUC_UNUSED static UdpnatRxResult
pipe_inject (Pipe               *pipe,
             guint               side,
             const UdpnatWriter *frames)
{
  guint8 out[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n;

  g_assert_false (frames->failed);
  n = udpnat_session_seal_frames (pipe->ends[1 - side].session, pipe->now_us, frames->data,
                                  frames->n_written, out);
  g_assert_cmpuint (n, >, 0);
  return pipe_deliver (pipe, side, out, n);
}

G_GNUC_UNUSED static guint
pipe_count_sent (const Pipe             *pipe,
                 guint                   from,
                 UdpnatSessionOutputKind kind)
{
  guint n = 0;

  for (guint i = 0; i < pipe->log->len; i++)
    {
      const PipePacket *packet = pipe->log->pdata[i];

      n += packet->to == 1 - from && packet->kind == kind;
    }
  return n;
}
