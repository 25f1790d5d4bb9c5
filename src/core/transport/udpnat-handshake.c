#include "config.h"

#include "udpnat-handshake.h"

#include "udpnat-frame.h"

#include <sodium.h>
#include <string.h>

/* The bytes of HS1 and HS2: Noise IK messages, or those of a resumption, padding and MACs
 * (PROTOCOL.md section 2). No timers, no retransmission, no memory of earlier timestamps: the
 * session and its owner have those. */

#define HS1_PAYLOAD_HEADER_BYTES (UDPNAT_TIMESTAMP_BYTES + 8)
#define FLAG_CONTINUED 0x01

/* TAI64 of 1970-01-01 00:00:00 UTC, with the ten leap seconds of 1972 and none after, as WireGuard
 * does: it only has to rise. */
#define TAI64_EPOCH G_GUINT64_CONSTANT (0x400000000000000a)

static const char *
get_prologue (UdpnatRole role)
{
  switch (role)
    {
    case UDPNAT_ROLE_CLIENT_SERVER:
      return "udpnat/1cs";
    case UDPNAT_ROLE_PEER_PEER:
      return "udpnat/1pp";
    case UDPNAT_ROLE_RESUMPTION: /* in its keys is a label instead */
      break;
    }
  g_assert_not_reached ();
}

static void
write_mac1 (UdpnatWriter          *writer,
            const UdpnatPublicKey *receiver)
{
  guint8 key[32], mac[UDPNAT_MAC_BYTES];

  udpnat_mac1_key (receiver, key);
  udpnat_mac (key, sizeof key, writer->data, writer->n_written, mac);
  udpnat_writer_bytes (writer, mac, sizeof mac);
}

static gboolean
check_mac1 (const UdpnatIdentity *local,
            const guint8         *data,
            gsize                 n_before_mac1,
            const guint8         *mac1)
{
  return udpnat_mac_verify (udpnat_identity_get_mac1_key (local), 32, data, n_before_mac1, mac1);
}

/** udpnat_hs1_clear: wipes what udpnat_hs1_read() filled in; a zeroed struct is allowed */
void
udpnat_hs1_clear (UdpnatHs1 *self)
{
  g_clear_pointer (&self->noise, udpnat_noise_free);
  sodium_memzero (self, sizeof *self);
}

/**
 * udpnat_hs1_check_mac1:
 *
 * Whether the sender knows whom it writes to; to be asked before any other work is done
 */
gboolean
udpnat_hs1_check_mac1 (const UdpnatIdentity *local,
                       const guint8         *data,
                       gsize                 n_data)
{
  UdpnatHs1View view;

  return udpnat_hs1_parse (&view, data, n_data)
         && check_mac1 (local, data, view.n_before_mac1, view.mac1);
}

static gboolean
read_hs1_payload (UdpnatHs1    *self,
                  const guint8 *payload,
                  gsize         n_payload)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, payload, n_payload);
  if (!udpnat_reader_copy (&reader, self->timestamp, UDPNAT_TIMESTAMP_BYTES))
    return FALSE;
  self->session_id = udpnat_reader_u64 (&reader);
  self->n_frames = udpnat_reader_left (&reader);
  return !reader.failed && udpnat_reader_copy (&reader, self->frames, self->n_frames);
}

/* @self: its noise is ready; all is released after a failure */
static gboolean
read_hs1 (UdpnatHs1           *self,
          const UdpnatHs1View *view,
          gsize                n_data)
{
  guint8   payload[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize    n_payload;
  gboolean is_read;

  is_read = udpnat_noise_read (self->noise, view->noise, view->n_noise, payload, &n_payload)
            && read_hs1_payload (self, payload, n_payload);
  sodium_memzero (payload, sizeof payload);
  if (!is_read)
    {
      udpnat_hs1_clear (self);
      return FALSE;
    }
  self->role = view->role;
  self->remote_key = *udpnat_noise_get_remote_key (self->noise);
  self->remote_index = view->sender_index;
  memcpy (self->ephemeral, udpnat_noise_get_remote_ephemeral (self->noise),
          UDPNAT_EPHEMERAL_BYTES);
  self->n_hs1 = n_data;
  return TRUE;
}

/**
 * udpnat_hs1_read:
 * @ephemeral_secret: 32 random bytes, for the HS2 that may follow
 * @out: to be released with udpnat_hs1_clear() when this succeeds
 *
 * Decrypts an HS1: two Diffie-Hellmans. Says nothing about replay.
 *
 * Returns: %FALSE when it is malformed, forged or of another role
 */
gboolean
udpnat_hs1_read (const UdpnatIdentity *local,
                 UdpnatRole            role,
                 const guint8          ephemeral_secret[UDPNAT_EPHEMERAL_BYTES],
                 const guint8         *data,
                 gsize                 n_data,
                 UdpnatHs1            *out)
{
  const char    *prologue = get_prologue (role);
  UdpnatHs1View  view;

  memset (out, 0, sizeof *out);
  if (!udpnat_hs1_parse (&view, data, n_data) || view.role != role)
    return FALSE;
  out->noise = udpnat_noise_new_responder (UDPNAT_NOISE_IK, (const guint8 *) prologue,
                                           strlen (prologue), local, ephemeral_secret);
  return read_hs1 (out, &view, n_data);
}

/**
 * udpnat_hs1_resume:
 * @now_s: seconds since 1970
 * @random: 32 random bytes, for the HS2 that may follow
 * @out: to be released with udpnat_hs1_clear() when this succeeds
 *
 * As udpnat_hs1_read(), for one with a ticket: no Diffie-Hellman.
 *
 * Returns: %FALSE when it is malformed, forged or of another role, or its ticket is none of
 *   @tickets or too old
 */
gboolean
udpnat_hs1_resume (const UdpnatIdentity   *local,
                   const UdpnatTicketRing *tickets,
                   gint64                  now_s,
                   const guint8            random[UDPNAT_EPHEMERAL_BYTES],
                   const guint8           *data,
                   gsize                   n_data,
                   UdpnatHs1              *out)
{
  UdpnatTicketHolder holder;
  UdpnatHs1View      view;

  memset (out, 0, sizeof *out);
  /* The least HS1 is longer than what is in one, so the ticket is there. */
  if (!udpnat_hs1_parse (&view, data, n_data) || view.role != UDPNAT_ROLE_RESUMPTION
      || !udpnat_ticket_ring_open (tickets, now_s, view.noise + UDPNAT_EPHEMERAL_BYTES, &holder))
    return FALSE;
  out->noise = udpnat_noise_new_resumed (udpnat_identity_get_public_key (local), &holder.key,
                                         holder.secret, random);
  out->proved_s = holder.proved_s;
  sodium_memzero (&holder, sizeof holder);
  return read_hs1 (out, &view, n_data);
}

static gsize
get_hs1_overhead (UdpnatRole role)
{
  return role == UDPNAT_ROLE_RESUMPTION ? UDPNAT_HS1_RESUMING_OVERHEAD_BYTES
                                        : UDPNAT_HS1_OVERHEAD_BYTES;
}

/* Timestamp, session id, as many frames as fit, PAD up to the least size. */
static gsize
make_hs1_payload (const UdpnatHs1Request *request,
                  guint8                 *out)
{
  gsize        n_overhead = get_hs1_overhead (request->role);
  gsize        n_room = MIN (request->max_bytes, UDPNAT_HS1_MAX_BYTES) - n_overhead;
  gsize        n_least = UDPNAT_HS1_MIN_BYTES - n_overhead;
  gsize        n_frames = udpnat_handshake_fit_frames (request->frames, request->n_frames, n_room);
  UdpnatWriter writer;
  gsize        n_missing = n_frames < n_least ? n_least - n_frames : 0;

  udpnat_writer_init (&writer, out, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_writer_bytes (&writer, request->timestamp, UDPNAT_TIMESTAMP_BYTES);
  udpnat_writer_u64 (&writer, request->session_id);
  if (n_frames > 0)
    udpnat_writer_bytes (&writer, request->frames, n_frames);
  if (n_missing > 0 && !udpnat_frame_write_pad (&writer, MAX (n_missing, UDPNAT_FRAME_HEADER_BYTES)
                                                         - UDPNAT_FRAME_HEADER_BYTES))
    g_assert_not_reached ();
  return writer.n_written;
}

static UdpnatNoise *
make_noise (const UdpnatHs1Request *request)
{
  const char *prologue;

  if (request->role == UDPNAT_ROLE_RESUMPTION)
    return udpnat_noise_new_resuming (request->remote, request->ticket,
                                      request->ephemeral_secret);
  prologue = get_prologue (request->role);
  return udpnat_noise_new_initiator (UDPNAT_NOISE_IK, (const guint8 *) prologue, strlen (prologue),
                                     request->local, request->remote, request->ephemeral_secret);
}

/**
 * udpnat_hs1_write:
 * @out: room for %UDPNAT_DATAGRAM_MAX_BYTES
 *
 * Makes an HS1 without mac2. Frames that do not fit are left out, from the end.
 *
 * Returns: (transfer full) (nullable): the Noise state that reads HS2; %NULL when the remote key is
 *   no usable X25519 key
 */
UdpnatNoise *
udpnat_hs1_write (const UdpnatHs1Request *request,
                  guint8                 *out,
                  gsize                  *out_n)
{
  g_autoptr (UdpnatNoise) noise = make_noise (request);
  guint8                  payload[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter            writer;
  gsize                   n_payload;

  g_assert (request->max_bytes >= UDPNAT_HS1_MIN_BYTES + UDPNAT_FRAME_HEADER_BYTES);
  n_payload = make_hs1_payload (request, payload);
  udpnat_writer_init (&writer, out, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_hs1_write_header (&writer, request->role, request->sender_index);
  if (!udpnat_noise_write (noise, payload, n_payload, &writer))
    return NULL;
  sodium_memzero (payload, sizeof payload);
  write_mac1 (&writer, request->remote);
  udpnat_writer_zeros (&writer, UDPNAT_MAC_BYTES);
  g_assert (!writer.failed);
  *out_n = writer.n_written;
  return g_steal_pointer (&noise);
}

/**
 * udpnat_hs1_set_mac2:
 *
 * Writes mac2 into a finished HS1; the only bytes of it that may ever change
 */
void
udpnat_hs1_set_mac2 (guint8       *hs1,
                     gsize         n_hs1,
                     const guint8  cookie[UDPNAT_COOKIE_BYTES])
{
  gsize n_before = n_hs1 - UDPNAT_MAC_BYTES;

  udpnat_mac (cookie, UDPNAT_COOKIE_BYTES, hs1, n_before, hs1 + n_before);
}

const guint8 *
udpnat_hs1_get_mac1 (const guint8 *hs1,
                     gsize         n_hs1)
{
  return hs1 + n_hs1 - 2 * UDPNAT_MAC_BYTES;
}

/**
 * udpnat_hs2_write:
 * @hs1: its Noise state is used up: udpnat_noise_split() is next
 * @frames: left out from the end when HS2 would get longer than HS1 or @max_bytes
 * @out: room for %UDPNAT_DATAGRAM_MAX_BYTES
 *
 * Returns: %FALSE when the peer's ephemeral key is no usable X25519 key
 */
gboolean
udpnat_hs2_write (UdpnatHs1    *hs1,
                  UdpnatRole    role,
                  guint32       sender_index,
                  gboolean      is_continued,
                  const guint8 *frames,
                  gsize         n_frames,
                  gsize         max_bytes,
                  guint8       *out,
                  gsize        *out_n)
{
  guint8       payload[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gsize        n_fit;

  n_fit = udpnat_handshake_fit_frames (frames, n_frames,
                                       MIN (hs1->n_hs1, max_bytes) - UDPNAT_HS2_OVERHEAD_BYTES);
  payload[0] = is_continued ? FLAG_CONTINUED : 0;
  if (n_fit > 0)
    memcpy (payload + 1, frames, n_fit);
  udpnat_writer_init (&writer, out, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_hs2_write_header (&writer, role, sender_index, hs1->remote_index);
  if (!udpnat_noise_write (hs1->noise, payload, 1 + n_fit, &writer))
    return FALSE;
  write_mac1 (&writer, &hs1->remote_key);
  udpnat_writer_zeros (&writer, UDPNAT_MAC_BYTES);
  g_assert (!writer.failed);
  *out_n = writer.n_written;
  return TRUE;
}

gboolean
udpnat_hs2_check_mac1 (const UdpnatIdentity *local,
                       const guint8         *data,
                       gsize                 n_data)
{
  UdpnatHs2View view;

  return udpnat_hs2_parse (&view, data, n_data)
         && check_mac1 (local, data, view.n_before_mac1, view.mac1);
}

/**
 * udpnat_hs2_read:
 * @noise: from udpnat_hs1_write(); of no more use when this fails
 * @out_frames: room for %UDPNAT_DATAGRAM_MAX_BYTES
 */
gboolean
udpnat_hs2_read (UdpnatNoise         *noise,
                 const UdpnatHs2View *view,
                 gboolean            *out_is_continued,
                 guint8              *out_frames,
                 gsize               *out_n_frames)
{
  guint8 payload[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_payload;

  if (!udpnat_noise_read (noise, view->noise, view->n_noise, payload, &n_payload) || n_payload < 1)
    return FALSE;
  *out_is_continued = (payload[0] & FLAG_CONTINUED) != 0;
  *out_n_frames = n_payload - 1;
  memcpy (out_frames, payload + 1, n_payload - 1);
  return TRUE;
}

/**
 * udpnat_handshake_fit_frames:
 *
 * Returns: the length of as many whole frames, from the first, as fit into @n_room
 */
gsize
udpnat_handshake_fit_frames (const guint8 *frames,
                             gsize         n_frames,
                             gsize         n_room)
{
  UdpnatFrameView frame;
  UdpnatReader    reader;
  gsize           n_fit = 0;

  if (n_frames <= n_room)
    return n_frames;
  udpnat_reader_init (&reader, frames, n_frames);
  while (udpnat_frame_next (&reader, &frame) && reader.offset <= n_room)
    n_fit = reader.offset;
  return n_fit;
}

/** udpnat_timestamp_from_us: @wall_us: microseconds since 1970, UTC; TAI64N for memcmp */
void
udpnat_timestamp_from_us (gint64 wall_us,
                          guint8 out[UDPNAT_TIMESTAMP_BYTES])
{
  UdpnatWriter writer;

  wall_us = MAX (wall_us, 0);
  udpnat_writer_init (&writer, out, UDPNAT_TIMESTAMP_BYTES);
  udpnat_writer_u64 (&writer, TAI64_EPOCH + (guint64) (wall_us / G_USEC_PER_SEC));
  udpnat_writer_u32 (&writer, (guint32) (wall_us % G_USEC_PER_SEC) * 1000);
}

/**
 * udpnat_timestamp_to_us:
 *
 * Returns: microseconds since 1970; not trusted input is cut to what a gint64 can hold
 */
gint64
udpnat_timestamp_to_us (const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES])
{
  UdpnatReader reader;
  guint64      seconds;
  guint32      nanoseconds;

  udpnat_reader_init (&reader, timestamp, UDPNAT_TIMESTAMP_BYTES);
  seconds = udpnat_reader_u64 (&reader);
  nanoseconds = udpnat_reader_u32 (&reader);
  if (seconds < TAI64_EPOCH)
    return 0;
  seconds = MIN (seconds - TAI64_EPOCH, (guint64) (G_MAXINT64 / G_USEC_PER_SEC) - 1);
  return (gint64) seconds * G_USEC_PER_SEC + MIN (nanoseconds / 1000, G_USEC_PER_SEC - 1);
}
