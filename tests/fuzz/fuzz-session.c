/* Two sessions over a pipe; the input decides what is written, what gets lost, repeated, changed or
 * forged, how time passes and who forgets everything. Checked: nothing that a peer says may trip an
 * assertion or make the session ask to be woken in the past (session-pipe.h looks), and, as long as
 * nobody forged, closed or forgot anything, every byte arrives, once and in order. */

#include "config.h"

#include "fuzz.h"

#include "session-pipe.h"

#define STEPS_MAX 200
/* At one stretch: longer than any key lives. More only costs time. */
#define RUN_MAX_US UDPNAT_SEC (400)

typedef struct
{
  Pipe    *pipe;
  guint64  written[2][PIPE_STREAMS]; /* by side and stream */
  guint64  read[2][PIPE_STREAMS];
  gboolean is_honest; /* nothing was forged, closed or forgotten */
} Scene;

static guint8
get_pattern (guint   side,
             guint   stream,
             guint64 offset)
{
  return (guint8) (offset * 31 + (offset >> 8) * 7 + side * 101 + stream * 53);
}

static void
write_stream (Scene *self,
              guint  side,
              guint  stream,
              gsize  n)
{
  UdpnatSession *session = self->pipe->ends[side].session;
  guint64       *offset = &self->written[side][stream];
  guint8         data[G_MAXUINT16];

  if (session == NULL)
    return;
  for (gsize i = 0; i < n; i++)
    data[i] = get_pattern (side, stream, *offset + i);
  *offset += udpnat_session_stream_write (session, stream, data, n);
}

static void
read_stream (Scene *self,
             guint  side,
             guint  stream)
{
  UdpnatSession *session = self->pipe->ends[side].session;
  guint64       *offset = &self->read[side][stream];
  const guint8  *data;
  gsize          n;

  if (session == NULL)
    return;
  data = udpnat_session_stream_peek (session, stream, &n);
  if (n == 0)
    return;
  for (gsize i = 0; self->is_honest && i < n; i++)
    g_assert_cmpuint (data[i], ==, get_pattern (1 - side, stream, *offset + i));
  *offset += n;
  if (self->is_honest)
    g_assert_cmpuint (*offset, <=, self->written[1 - side][stream]);
  udpnat_session_stream_consume (session, self->pipe->now_us, stream, n);
}

static void
read_all (Scene *self)
{
  for (guint side = 0; side < 2; side++)
    for (guint stream = 0; stream < PIPE_STREAMS; stream++)
      read_stream (self, side, stream);
}

/* What anybody on the way could do with a packet that was seen. */
static void
change_packet (Scene        *self,
               UdpnatReader *input)
{
  guint             which = udpnat_reader_u16 (input);
  guint             at = udpnat_reader_u16 (input);
  guint8            change = udpnat_reader_u8 (input);
  const PipePacket *packet;
  PipePacket        copy;

  if (self->pipe->log->len == 0)
    return;
  packet = self->pipe->log->pdata[which % self->pipe->log->len];
  copy = *packet;
  if (at >= 0x8000) /* cut short, and exactly so long for AddressSanitizer */
    copy.n_data = at % (copy.n_data + 1);
  else
    copy.data[at % copy.n_data] ^= change;
  pipe_deliver (self->pipe, copy.to, copy.data, copy.n_data);
}

/* Frames of the input, sealed as the other side would. */
static void
forge_frames (Scene        *self,
              guint         side,
              UdpnatReader *input)
{
  UdpnatSession *forger = self->pipe->ends[1 - side].session;
  guint8         out[UDPNAT_DATAGRAM_MAX_BYTES];
  const guint8  *frames;
  gsize          n_frames, n;

  frames = fuzz_take (input, sizeof out, &n_frames);
  if (forger == NULL)
    return;
  n = udpnat_session_seal_frames (forger, self->pipe->now_us, frames, n_frames, out);
  if (n == 0)
    return;
  self->is_honest = FALSE;
  pipe_deliver (self->pipe, side, out, n);
}

/* After everything was forgotten; side 0 first does it in pipe_new_connected(). */
static UdpnatSession *
dial (Pipe *pipe,
      guint side)
{
  UdpnatSessionConfig    config = pipe_get_config (pipe, side);
  const UdpnatPublicKey *to = udpnat_identity_get_public_key (pipe->ends[1 - side].identity);

  return pipe->ends[side].session = udpnat_session_new_initiator (&config, to, pipe->now_us);
}

static void
start_handshake (Scene        *self,
                 guint         side,
                 UdpnatReader *input)
{
  UdpnatSession *session = self->pipe->ends[side].session;
  guint8         timestamp[UDPNAT_TIMESTAMP_BYTES];
  const guint8  *frames;
  gsize          n_frames;

  frames = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &n_frames);
  if (session == NULL)
    session = dial (self->pipe, side);
  pipe_next_timestamp (self->pipe, timestamp);
  udpnat_session_start_handshake (session, self->pipe->now_us, timestamp, frames, n_frames);
}

static void
close_or_forget (Scene    *self,
                 guint     side,
                 gboolean  is_polite)
{
  PipeEnd *end = &self->pipe->ends[side];

  self->is_honest = FALSE;
  if (end->session != NULL && is_polite)
    udpnat_session_close (end->session, self->pipe->now_us, UDPNAT_CLOSE_RESTARTING, "bye");
  else
    g_clear_pointer (&end->session, udpnat_session_free);
}

static void
change_weather (Pipe         *pipe,
                UdpnatReader *input)
{
  guint8 byte = udpnat_reader_u8 (input);

  pipe->loss_percent = (byte & 3) * 20;
  pipe->reorder_percent = (byte >> 2 & 3) * 25;
  pipe->repeat_percent = (byte >> 4 & 3) * 25;
  pipe->is_cut = (byte & 0xc0) == 0xc0;
}

/* What an owner does besides writing and reading. */
static void
disturb (Scene        *self,
         guint         side,
         UdpnatReader *input)
{
  UdpnatSession *session = self->pipe->ends[side].session;
  guint16        argument = udpnat_reader_u16 (input);

  if (session == NULL)
    return;
  switch (argument & 3)
    {
    case 0:
      udpnat_session_ping (session, self->pipe->now_us);
      break;
    case 1:
      udpnat_session_reset_path (session, self->pipe->now_us, UDPNAT_MSEC (argument >> 2));
      break;
    case 2:
      udpnat_session_set_max_packet (session, 600 + (argument >> 2) % 601);
      break;
    case 3:
      udpnat_session_repeat_handshake (session, self->pipe->now_us);
      break;
    }
}

static void
take_step (Scene        *self,
           UdpnatReader *input)
{
  guint8        op = udpnat_reader_u8 (input);
  guint         side = op >> 7;
  guint8        raw[UDPNAT_DATAGRAM_MAX_BYTES];
  const guint8 *data;
  gsize         n;

  switch (op & 0x0f)
    {
    case 0:
    case 1:
      write_stream (self, side, (op >> 4) % PIPE_STREAMS, udpnat_reader_u16 (input));
      break;
    case 2:
      pipe_run (self->pipe, MIN (fuzz_take_duration (input), RUN_MAX_US));
      break;
    case 3: /* both machines sleep; what was on its way arrives afterwards */
      self->pipe->now_us += fuzz_take_duration (input);
      break;
    case 4:
      change_weather (self->pipe, input);
      break;
    case 5:
    case 6:
      change_packet (self, input);
      break;
    case 7:
    case 8:
      forge_frames (self, side, input);
      break;
    case 9:
      data = fuzz_take (input, sizeof raw, &n);
      pipe_deliver (self->pipe, side, data, n);
      break;
    case 10:
      start_handshake (self, side, input);
      break;
    case 11:
      disturb (self, side, input);
      break;
    case 12:
      close_or_forget (self, side, (op & 0x10) != 0);
      break;
    default:
      read_all (self);
      break;
    }
  pipe_pump (self->pipe, 0);
  pipe_pump (self->pipe, 1);
}

/* With the network good again, everything that was taken must get through. */
static void
finish (Scene *self)
{
  self->pipe->loss_percent = self->pipe->reorder_percent = self->pipe->repeat_percent = 0;
  self->pipe->is_cut = FALSE;
  for (guint i = 0; i < 40; i++)
    {
      pipe_run (self->pipe, UDPNAT_SEC (1));
      read_all (self);
    }
  for (guint side = 0; side < 2; side++)
    for (guint stream = 0; stream < PIPE_STREAMS; stream++)
      g_assert_cmpuint (self->read[1 - side][stream], ==, self->written[side][stream]);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  Scene        scene = { .is_honest = TRUE };
  UdpnatReader input;
  guint        n_steps = 0;

  udpnat_reader_init (&input, data, n_data);
  scene.pipe = pipe_new_connected (UDPNAT_ROLE_PEER_PEER);
  scene.pipe->is_strict = TRUE;
  scene.pipe->ends[0].is_reading = scene.pipe->ends[1].is_reading = FALSE;
  while (udpnat_reader_left (&input) > 0 && n_steps++ < STEPS_MAX)
    take_step (&scene, &input);
  if (scene.is_honest)
    finish (&scene);
  pipe_free (scene.pipe);
  return 0;
}
