/* A peer without good manners, made of the same sessions that everybody has: what it seals is
 * authentic, what is inside comes from the input. */

#include "config.h"

#include "fuzz-remote.h"

#include "udpnat-rendezvous-message.h"

#include <string.h>

#define REPLIES_MAX 64

void
fuzz_remote_init (FuzzRemote          *self,
                  UdpnatRole           role,
                  const UdpnatRandom  *random,
                  const UdpnatAddress *address)
{
  *self = (FuzzRemote) { .role = role, .address = *address, .random = *random };
  self->identity = udpnat_identity_generate (random);
  self->indexes = udpnat_index_table_new (random);
}

void
fuzz_remote_clear (FuzzRemote *self)
{
  fuzz_remote_forget (self);
  g_queue_clear_full (&self->replies, (GDestroyNotify) g_bytes_unref);
  udpnat_index_table_free (self->indexes);
  udpnat_identity_free (self->identity);
}

/** fuzz_remote_forget: as a program that is started anew */
void
fuzz_remote_forget (FuzzRemote *self)
{
  g_clear_pointer (&self->session, udpnat_session_free);
}

const UdpnatPublicKey *
fuzz_remote_get_key (const FuzzRemote *self)
{
  return udpnat_identity_get_public_key (self->identity);
}

static UdpnatSessionConfig
get_config (FuzzRemote *self)
{
  return (UdpnatSessionConfig) {
    .role = self->role,
    .identity = self->identity,
    .indexes = self->indexes,
    .random = self->random,
    .owner = self,
    .max_packet_bytes = self->role == UDPNAT_ROLE_PEER_PEER ? UDPNAT_RELAY_INNER_MAX_BYTES
                                                            : UDPNAT_DATAGRAM_BASE_BYTES,
  };
}

/**
 * fuzz_remote_dial:
 *
 * Starts a handshake: for the session it has (a rekeying), or a new one. @frames are its early
 * data.
 */
void
fuzz_remote_dial (FuzzRemote            *self,
                  gint64                 now_us,
                  const UdpnatPublicKey *to,
                  const guint8          *frames,
                  gsize                  n_frames)
{
  UdpnatSessionConfig config = get_config (self);
  guint8              timestamp[UDPNAT_TIMESTAMP_BYTES];

  if (self->session != NULL
      && udpnat_session_get_state (self->session) == UDPNAT_SESSION_STATE_CLOSED)
    fuzz_remote_forget (self);
  if (self->session == NULL)
    self->session = udpnat_session_new_initiator (&config, to, now_us);
  udpnat_timestamp_from_us (FUZZ_WALL_OFFSET_US + now_us, timestamp);
  udpnat_session_start_handshake (self->session, now_us, timestamp, frames, n_frames);
}

/** fuzz_remote_resume: as a program that comes back by ticket, if it has one */
void
fuzz_remote_resume (FuzzRemote            *self,
                    gint64                 now_us,
                    const UdpnatPublicKey *to)
{
  UdpnatSessionConfig config = get_config (self);
  guint8              timestamp[UDPNAT_TIMESTAMP_BYTES];

  if (!self->has_ticket)
    return;
  if (self->session == NULL
      || udpnat_session_get_state (self->session) == UDPNAT_SESSION_STATE_CLOSED)
    {
      fuzz_remote_forget (self);
      self->session = udpnat_session_new_initiator (&config, to, now_us);
    }
  udpnat_timestamp_from_us (FUZZ_WALL_OFFSET_US + now_us, timestamp);
  udpnat_session_start_resumption (self->session, now_us, timestamp, &self->ticket, NULL, 0);
}

static void
push_reply (FuzzRemote   *self,
            const guint8 *data,
            gsize         n_data)
{
  if (n_data > 0 && self->replies.length < REPLIES_MAX)
    g_queue_push_tail (&self->replies, g_bytes_new (data, n_data));
}

/* "Prove your address first", with a cookie that only we believe in. */
static void
ask_for_cookie (FuzzRemote   *self,
                const guint8 *data,
                gsize         n_data)
{
  guint8        cookie[UDPNAT_COOKIE_BYTES], nonce[UDPNAT_COOKIE_NONCE_BYTES];
  guint8        sealed[UDPNAT_COOKIE_SEALED_BYTES], out[UDPNAT_COOKIE_PACKET_BYTES];
  UdpnatHs1View view;
  UdpnatWriter  writer;

  if (!udpnat_hs1_parse (&view, data, n_data))
    return;
  udpnat_random_fill (&self->random, cookie, sizeof cookie);
  udpnat_random_fill (&self->random, nonce, sizeof nonce);
  udpnat_cookie_seal (fuzz_remote_get_key (self), nonce, view.mac1, cookie, sealed);
  udpnat_writer_init (&writer, out, sizeof out);
  udpnat_cookie_packet_write (&writer, view.sender_index, nonce, sealed);
  push_reply (self, out, writer.n_written);
}

static void
receive_hs1 (FuzzRemote   *self,
             gint64        now_us,
             const guint8 *data,
             gsize         n_data)
{
  UdpnatSessionConfig config = get_config (self);
  guint8              secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatHs1           hs1;

  if (self->n_cookies > 0)
    {
      self->n_cookies--;
      ask_for_cookie (self, data, n_data);
      return;
    }
  udpnat_random_fill (&self->random, secret, sizeof secret);
  if (!udpnat_hs1_check_mac1 (self->identity, data, n_data)
      || !udpnat_hs1_read (self->identity, self->role, secret, data, n_data, &hs1))
    return;
  if (self->session != NULL && udpnat_session_is_repeat (self->session, hs1.ephemeral))
    udpnat_session_repeat_hs2 (self->session);
  else if (self->session == NULL
           || !udpnat_session_accept_rekey (self->session, &hs1, now_us, self->answer_frames,
                                            self->n_answer_frames))
    {
      fuzz_remote_forget (self);
      self->session = udpnat_session_new_responder (&config, &hs1, now_us, self->answer_frames,
                                                    self->n_answer_frames);
    }
  udpnat_hs1_clear (&hs1);
}

static void
note_handle (FuzzRemote   *self,
             const guint8 *data,
             gsize         n_data)
{
  UdpnatMessageView message;
  UdpnatAddress     observed;
  g_autofree char  *name = NULL;
  gsize             n_consumed;

  if (udpnat_message_parse (data, n_data, &message, &n_consumed) != UDPNAT_MESSAGE_COMPLETE
      || !udpnat_parse_registered (&message, &self->handle, &observed, &name))
    return;
}

/* Reads all streams to their end, so that the other side may go on writing. */
static void
read_streams (FuzzRemote *self,
              gint64      now_us)
{
  for (guint32 stream = 0; stream < 2; stream++)
    {
      const guint8 *data;
      gsize         n;

      data = udpnat_session_stream_peek (self->session, stream, &n);
      if (data == NULL)
        continue;
      note_handle (self, data, n);
      udpnat_session_stream_consume (self->session, now_us, stream, n);
    }
}

void
fuzz_remote_receive (FuzzRemote   *self,
                     gint64        now_us,
                     const guint8 *data,
                     gsize         n_data)
{
  guint8           copy[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatPacketType type;
  UdpnatDataView   view;

  g_assert_cmpuint (n_data, <=, sizeof copy);
  if (!udpnat_packet_classify (data, n_data, &type))
    return;
  if (udpnat_data_parse (&view, data, n_data))
    self->last_index = view.receiver_index;
  memcpy (copy, data, n_data);
  if (type == UDPNAT_PACKET_HS1)
    receive_hs1 (self, now_us, copy, n_data);
  else if (self->session != NULL)
    udpnat_session_handle_packet (self->session, now_us, copy, n_data);
  if (self->session != NULL)
    read_streams (self, now_us);
}

/* Says that all is well with this path, as a good peer would. */
static void
answer_challenge (FuzzRemote            *self,
                  gint64                 now_us,
                  const UdpnatFrameView *frame)
{
  guint8       frames[64], out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  guint64      token;

  if (self->is_deaf || !udpnat_frame_parse_path_challenge (frame, &token))
    return;
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (udpnat_frame_write_path_response (&writer, token, &self->address))
    push_reply (self, out, fuzz_remote_seal (self, now_us, frames, writer.n_written, out));
}

static void
note_ticket (FuzzRemote            *self,
             const UdpnatFrameView *frame)
{
  UdpnatMessageView message;
  UdpnatTicket      ticket;
  guint32           life_s;

  if (!udpnat_frame_parse_message (frame, &message)
      || !udpnat_parse_ticket (&message, &life_s, ticket.bytes, ticket.secret))
    return;
  self->ticket = ticket;
  self->has_ticket = TRUE;
}

/**
 * fuzz_remote_pop_frame:
 * @out_frame: valid until the next call
 *
 * The next frame that is not the session's own; challenges have been answered then.
 */
gboolean
fuzz_remote_pop_frame (FuzzRemote      *self,
                       gint64           now_us,
                       UdpnatFrameView *out_frame)
{
  UdpnatSessionEvent event;

  while (self->session != NULL && udpnat_session_pop_event (self->session, &event))
    {
      if (event.type != UDPNAT_SESSION_EVENT_FRAME)
        continue;
      *out_frame = (UdpnatFrameView) { event.frame_type, event.body, event.n_body };
      answer_challenge (self, now_us, out_frame);
      note_ticket (self, out_frame);
      return TRUE;
    }
  return FALSE;
}

void
fuzz_remote_elapse (FuzzRemote *self,
                    gint64      now_us)
{
  if (self->session != NULL && udpnat_session_next_deadline (self->session) <= now_us)
    udpnat_session_handle_deadline (self->session, now_us);
}

/** fuzz_remote_pop: the next datagram for the machine */
gboolean
fuzz_remote_pop (FuzzRemote *self,
                 gint64      now_us,
                 guint8     *out,
                 gsize      *out_n)
{
  g_autoptr (GBytes)      reply = g_queue_pop_head (&self->replies);
  UdpnatSessionOutputKind kind;

  if (reply != NULL)
    {
      *out_n = g_bytes_get_size (reply);
      memcpy (out, g_bytes_get_data (reply, NULL), *out_n);
      return TRUE;
    }
  return self->session != NULL
         && udpnat_session_pop_output (self->session, now_us, &kind, out, out_n);
}

/** fuzz_remote_seal_carrier: Returns: length of the datagram around @frames, the last @n_carried
 * bytes of which are not sealed; 0 when there are no keys */
gsize
fuzz_remote_seal_carrier (FuzzRemote   *self,
                          gint64        now_us,
                          const guint8 *frames,
                          gsize         n_frames,
                          gsize         n_carried,
                          guint8       *out)
{
  if (self->session == NULL)
    return 0;
  return udpnat_session_seal_carrier (self->session, now_us, frames, n_frames, n_carried, out);
}

/** fuzz_remote_seal: Returns: length of the datagram around @frames; 0 when there are no keys */
gsize
fuzz_remote_seal (FuzzRemote   *self,
                  gint64        now_us,
                  const guint8 *frames,
                  gsize         n_frames,
                  guint8       *out)
{
  if (self->session == NULL)
    return 0;
  return udpnat_session_seal_frames (self->session, now_us, frames, n_frames, out);
}

void
fuzz_remote_write (FuzzRemote   *self,
                   guint32       stream,
                   const guint8 *data,
                   gsize         n_data)
{
  if (self->session != NULL)
    udpnat_session_stream_write (self->session, stream, data, n_data);
}
