#pragma once

#include "node-net.h"

#include "udpnat-candidates.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-session.h"

/* A user called carol without a node: opens the handshakes of others and looks at what is inside,
 * and dials with handshakes of her own making. */
typedef struct
{
  Net                    *net;
  UdpnatIdentity         *identity;
  UdpnatIndexTable       *indexes;
  UdpnatRendezvousClient *client;
  UdpnatAddress           address;
  UdpnatNoise            *noise; /* nullable: of our own HS1 */
  gsize                   n_frames;
  guint8                  frames[UDPNAT_DATAGRAM_MAX_BYTES];
  guint                   n_found; /* CANDIDATES in those frames */
  UdpnatCandidates        candidates;
  UdpnatSession          *session;   /* nullable: with somebody, over the relay */
  guint32                 handle;    /* of whom was heard last */
  guint                   n_relayed; /* packets that came over the relay */
} Curious;

static inline void
curious_hear (gpointer              data,
              const UdpnatDatagram *datagram)
{
  Curious *self = data;

  (void) udpnat_rendezvous_client_handle_datagram (self->client, self->net->now_us, datagram);
}

/* @identity: (transfer full): somebody's, who then seems to be there */
static inline void
curious_init_as (Curious        *self,
                 Net            *net,
                 UdpnatIdentity *identity)
{
  UdpnatRendezvousClientConfig config;

  *self = (Curious) { .net = net, .address = net_address (100, UDPNAT_CLIENT_PORT) };
  self->identity = identity;
  self->indexes = udpnat_index_table_new (&net->random);
  config = (UdpnatRendezvousClientConfig) { self->identity, self->indexes, net->random };
  self->client = udpnat_rendezvous_client_new (&config, net->now_us);
  udpnat_rendezvous_client_set_wall_offset (self->client, NET_WALL_US);
  udpnat_rendezvous_client_set_server (self->client, net->now_us, &net->server_address,
                                       udpnat_identity_get_public_key (net->server_identity));
  udpnat_rendezvous_client_register (self->client, net->now_us, "carol");
  net->take_stray = curious_hear;
  net->stray_data = self;
}

static inline void
curious_init (Curious *self,
              Net     *net)
{
  curious_init_as (self, net, udpnat_identity_generate (&net->random));
}

static inline void
curious_clear (Curious *self)
{
  self->net->take_stray = NULL;
  udpnat_session_free (self->session);
  udpnat_rendezvous_client_free (self->client);
  udpnat_index_table_free (self->indexes);
  udpnat_identity_free (self->identity);
  udpnat_noise_free (self->noise);
}

static inline void
curious_look (Curious *self)
{
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, self->frames, self->n_frames);
  while (udpnat_frame_next (&reader, &frame))
    {
      UdpnatMessageView view;
      const guint8 *data;
      guint32 stream;
      gsize n_data;
      gsize n_consumed;

      if (frame.type == UDPNAT_FRAME_EARLY &&
          udpnat_frame_parse_early (&frame, &stream, &data, &n_data) &&
          stream == UDPNAT_STREAM_CONTROL &&
          udpnat_message_parse (data, n_data, &view, &n_consumed) == UDPNAT_MESSAGE_COMPLETE &&
          udpnat_parse_candidates (&view, &self->candidates))
        self->n_found++;
    }
}

static inline void
curious_open (Curious      *self,
              const guint8 *data,
              gsize         n_data)
{
  UdpnatHs2View view;

  if (data[0] == UDPNAT_PACKET_HS1)
    {
      guint8 ephemeral_secret[32] = { 1 };
      UdpnatHs1 hs1;

      g_assert_true (udpnat_hs1_read (self->identity, UDPNAT_ROLE_PEER_PEER, ephemeral_secret,
                                      data, n_data, &hs1));
      memcpy (self->frames, hs1.frames, hs1.n_frames);
      self->n_frames = hs1.n_frames;
      udpnat_hs1_clear (&hs1);
      curious_look (self);
    }
  else if (self->noise != NULL && udpnat_hs2_parse (&view, data, n_data))
    {
      gboolean is_continued;

      g_assert_true (udpnat_hs2_read (self->noise, &view, &is_continued, self->frames,
                                      &self->n_frames));
      g_clear_pointer (&self->noise, udpnat_noise_free);
      curious_look (self);
    }
}

static inline void
curious_take_relayed (Curious                     *self,
                      const UdpnatRendezvousEvent *event)
{
  self->n_relayed++;
  self->handle = event->handle;
  if (self->session == NULL)
    curious_open (self, event->data, event->n_data);
  else
    (void) udpnat_session_handle_packet (self->session, self->net->now_us, event->data,
                                         event->n_data);
}

static inline void
curious_pump_session (Curious *self)
{
  gint64 now_us = self->net->now_us;
  UdpnatSessionOutputKind kind;
  UdpnatSessionEvent event;
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n_data;

  if (udpnat_session_next_deadline (self->session) <= now_us)
    udpnat_session_handle_deadline (self->session, now_us);
  while (udpnat_session_pop_event (self->session, &event))
    continue;
  while (udpnat_session_pop_output (self->session, now_us, &kind, data, &n_data))
    if (kind == UDPNAT_SESSION_OUTPUT_HANDSHAKE)
      (void) udpnat_rendezvous_client_dial (self->client, now_us,
                                            udpnat_session_get_remote_key (self->session), data,
                                            n_data);
    else if (self->handle != 0)
      (void) udpnat_rendezvous_client_send_relay (self->client, now_us, self->handle, data,
                                                  n_data);
}

static inline void
curious_run (Curious *self,
             gint64   duration_us)
{
  Net *net = self->net;

  for (gint64 i = 0; i < duration_us / UDPNAT_MSEC (5); i++)
    {
      UdpnatRendezvousEvent event;
      UdpnatDatagram datagram;

      if (udpnat_rendezvous_client_next_deadline (self->client) <= net->now_us)
        udpnat_rendezvous_client_handle_deadline (self->client, net->now_us);
      while (udpnat_rendezvous_client_pop_event (self->client, &event))
        if (event.type == UDPNAT_RENDEZVOUS_EVENT_RELAYED)
          curious_take_relayed (self, &event);
      if (self->session != NULL)
        curious_pump_session (self);
      while (udpnat_rendezvous_client_pop_output (self->client, net->now_us, &datagram))
        net_inject (net, &self->address, &datagram.remote, datagram.data, datagram.n_data);
      net_run (net, UDPNAT_MSEC (5));
    }
}

/* Calls @to through the server. */
static inline void
curious_call (Curious       *self,
              const NetUser *to)
{
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8 ephemeral_secret[32] = { 7 };
  guint8 hs1[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n_hs1;
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_PEER_PEER,
    .local = self->identity,
    .remote = net_key (to),
    .ephemeral_secret = ephemeral_secret,
    .sender_index = 1,
    .timestamp = timestamp,
    .session_id = 1,
    .max_bytes = NET_DIALLED_HS1_MAX_BYTES,
  };

  udpnat_timestamp_from_us (self->net->now_us + NET_WALL_US, timestamp);
  self->noise = udpnat_hs1_write (&request, hs1, &n_hs1);
  g_assert_nonnull (self->noise);
  g_assert_true (udpnat_rendezvous_client_dial (self->client, self->net->now_us, net_key (to),
                                                hs1, n_hs1));
}

static inline gboolean
curious_knows_address (const Curious *self,
                       const NetUser *of)
{
  return memmem (self->frames, self->n_frames, of->address.ip, 4) != NULL;
}

/* Has somebody's HS1 carried by the server, as if carol had made it. */
static inline void
curious_dial (Curious              *self,
              const NetUser        *to,
              const UdpnatDatagram *hs1)
{
  g_assert_true (udpnat_rendezvous_client_dial (self->client, self->net->now_us, net_key (to),
                                                hs1->data, hs1->n_data));
}

/* A session with @to, over the relay, as any program may open it. */
static inline void
curious_connect (Curious       *self,
                 const NetUser *to)
{
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  UdpnatSessionConfig config = {
    .role = UDPNAT_ROLE_PEER_PEER,
    .identity = self->identity,
    .indexes = self->indexes,
    .random = self->net->random,
    .owner = self,
    .max_packet_bytes = NET_DIALLED_HS1_MAX_BYTES,
  };

  self->session = udpnat_session_new_initiator (&config, net_key (to), self->net->now_us);
  udpnat_timestamp_from_us (self->net->now_us + NET_WALL_US, timestamp);
  udpnat_session_start_handshake (self->session, self->net->now_us, timestamp, NULL, 0);
  curious_run (self, UDPNAT_MSEC (300));
  g_assert_cmpint (udpnat_session_get_state (self->session), ==,
                   UDPNAT_SESSION_STATE_ESTABLISHED);
}

/* Says something in that session. */
static inline void
curious_say (Curious          *self,
             const GByteArray *messages)
{
  gsize n = udpnat_session_stream_write (self->session, UDPNAT_STREAM_CHAT, messages->data,
                                         messages->len);

  g_assert_cmpuint (n, ==, messages->len);
}

/* Whether the peer has told its addresses in that session. */
static inline gboolean
curious_is_told_addresses (const Curious *self)
{
  UdpnatCandidates candidates;
  UdpnatMessageView view;
  gsize n_data;
  gsize n_consumed;
  const guint8 *data = udpnat_session_stream_peek (self->session, UDPNAT_STREAM_CONTROL, &n_data);

  return udpnat_message_parse (data, n_data, &view, &n_consumed) == UDPNAT_MESSAGE_COMPLETE &&
         udpnat_parse_candidates (&view, &candidates) && candidates.n_candidates > 0;
}
