#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-session.h"
#include "udpnat-stun.h"

/* What strangers and ill-willed clients can do to a server: nothing that grows, amplifies, or
 * touches somebody else. */

/* ---- Tools ---- */

/* An HS1 to the server from a key of its own; returns its length. */
static gsize
make_hs1 (Net                  *net,
          const UdpnatIdentity *identity,
          gint64                wall_us,
          guint8               *out)
{
  guint8           secret[UDPNAT_EPHEMERAL_BYTES];
  guint8           timestamp[UDPNAT_TIMESTAMP_BYTES];
  gsize            n;
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .local = identity,
    .remote = udpnat_identity_get_public_key (net->server_identity),
    .ephemeral_secret = secret,
    .sender_index = udpnat_random_u32 (&net->random),
    .timestamp = timestamp,
    .session_id = udpnat_random_u64 (&net->random),
    .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
  UdpnatNoise *noise;

  udpnat_random_fill (&net->random, secret, sizeof secret);
  udpnat_timestamp_from_us (wall_us, timestamp);
  noise = udpnat_hs1_write (&request, out, &n);
  g_assert_nonnull (noise);
  udpnat_noise_free (noise);
  return n;
}

static UdpnatAddress
make_source (guint32 number)
{
  return net_address (10, (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number, 5000);
}

/* A session with the server that says whatever the test wants. */
typedef struct
{
  Net              *net;
  UdpnatIdentity   *identity;
  UdpnatIndexTable *indexes;
  UdpnatSession    *session;
  UdpnatAddress     address;
  gsize             n_bytes_out, n_bytes_in;
  gboolean          is_closed;
  guint16           reason;
  guint64           token; /* of the first PATH-CHALLENGE, 0 before */
} Raw;

/* Returns: of a PATH-CHALLENGE; 0 for any other */
static guint64
parse_token (const UdpnatSessionEvent *event)
{
  UdpnatFrameView frame = { event->frame_type, event->body, event->n_body };
  guint64         token = 0;

  if (event->frame_type == UDPNAT_FRAME_PATH_CHALLENGE)
    g_assert_true (udpnat_frame_parse_path_challenge (&frame, &token));
  return token;
}

static void
raw_take (gpointer              user_data,
          const UdpnatDatagram *datagram)
{
  Raw               *raw = user_data;
  guint8             data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionEvent event;

  raw->n_bytes_in += datagram->n_data;
  if (!udpnat_address_equal (&datagram->remote, &raw->address))
    return;
  memcpy (data, datagram->data, datagram->n_data);
  (void) udpnat_session_handle_packet (raw->session, raw->net->now_us, data, datagram->n_data);
  while (udpnat_session_pop_event (raw->session, &event))
    if (event.type == UDPNAT_SESSION_EVENT_FRAME && raw->token == 0)
      raw->token = parse_token (&event);
    else if (event.type == UDPNAT_SESSION_EVENT_CLOSED)
      {
        raw->is_closed = TRUE;
        raw->reason = event.reason;
      }
}

static void
raw_send_from (Raw                 *raw,
               const UdpnatAddress *source)
{
  guint8                  data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionOutputKind kind;
  gsize                   n;

  while (udpnat_session_pop_output (raw->session, raw->net->now_us, &kind, data, &n))
    {
      raw->n_bytes_out += n;
      (void) net_inject (raw->net, source, UDPNAT_SOCKET_MAIN, data, n);
    }
}

static void
raw_send (Raw *raw)
{
  raw_send_from (raw, &raw->address);
}

/* Its HS1 is still to be sent. */
static Raw *
raw_new_silent (Net *net)
{
  Raw                *raw = g_new0 (Raw, 1);
  guint8              timestamp[UDPNAT_TIMESTAMP_BYTES];
  UdpnatSessionConfig config;

  raw->net = net;
  raw->identity = udpnat_identity_generate (&net->random);
  raw->indexes = udpnat_index_table_new (&net->random);
  raw->address = net_address (192, 0, 2, 99, 4321);
  config = (UdpnatSessionConfig) {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .identity = raw->identity,
    .indexes = raw->indexes,
    .random = net->random,
    .owner = raw,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
  raw->session = udpnat_session_new_initiator (
      &config, udpnat_identity_get_public_key (net->server_identity), net->now_us);
  net->take_stranger = raw_take;
  net->stranger_data = raw;
  udpnat_timestamp_from_us (NET_WALL_US + net->now_us, timestamp);
  udpnat_session_start_handshake (raw->session, net->now_us, timestamp, NULL, 0);
  return raw;
}

static Raw *
raw_new (Net *net)
{
  Raw *raw = raw_new_silent (net);

  raw_send (raw);
  raw_send (raw); /* PING: confirms */
  g_assert_cmpint (udpnat_session_get_state (raw->session), ==, UDPNAT_SESSION_STATE_ESTABLISHED);
  return raw;
}

static void
raw_free (Raw *raw)
{
  raw->net->take_stranger = NULL;
  udpnat_session_free (raw->session);
  udpnat_index_table_free (raw->indexes);
  udpnat_identity_free (raw->identity);
  g_free (raw);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Raw, raw_free)

static void
raw_write (Raw          *raw,
           guint32       stream,
           const guint8 *data,
           gsize         n)
{
  (void) udpnat_session_stream_write (raw->session, stream, data, n);
  raw_send (raw);
}

/* PATH-RESPONSE, as if a PATH-CHALLENGE with @token had come. */
static void
raw_answer_from (Raw                 *raw,
                 const UdpnatAddress *source,
                 guint64              token)
{
  guint8       frames[64];
  guint8       packet[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gsize        n;

  udpnat_writer_init (&writer, frames, sizeof frames);
  g_assert_true (udpnat_frame_write_path_response (&writer, token, source));
  n = udpnat_session_seal_frames (raw->session, raw->net->now_us, frames, writer.n_written, packet);
  raw->n_bytes_out += n;
  (void) net_inject (raw->net, source, UDPNAT_SOCKET_MAIN, packet, n);
}

/* Runs for a while, with the session's timers. */
static void
raw_run (Raw   *raw,
         gint64 duration_us)
{
  gint64 end_us = raw->net->now_us + duration_us;

  while (raw->net->now_us < end_us)
    {
      net_run (raw->net, UDPNAT_MSEC (5));
      if (udpnat_session_next_deadline (raw->session) <= raw->net->now_us)
        udpnat_session_handle_deadline (raw->session, raw->net->now_us);
      raw_send (raw);
    }
}

/* ---- Amplification ---- */

/* STUN alone is longer than its question: test-rendezvous-stun.c says how much, and how often. */
static gboolean
is_stun_answer (const UdpnatDatagram *datagram)
{
  return datagram->n_data <= 36 && udpnat_stun_is_message (datagram->data, datagram->n_data);
}

static void
check_amplification (Net          *net,
                     guint32       number,
                     const guint8 *data,
                     gsize         n_data)
{
  UdpnatAddress source = make_source (number);

  for (guint socket = 0; socket < 2; socket++)
    {
      net->n_stranger_bytes = net->n_stranger_packets = 0;
      (void) net_inject (net, &source, (UdpnatSocketId) socket, data, n_data);
      g_assert_cmpuint (net->n_stranger_packets, <=, 1);
      if (net->n_stranger_packets == 0 || !is_stun_answer (&net->last_stranger))
        g_assert_cmpuint (net->n_stranger_bytes, <=, n_data);
      if (net->n_stranger_packets > 0)
        {
          g_assert_true (udpnat_address_equal (&net->last_stranger.remote, &source));
          g_assert_cmpint (net->last_stranger.socket, ==, socket);
        }
    }
}

static void
test_amplification_by_type (void)
{
  g_autoptr (Net) net = net_new (1);
  guint8  data[UDPNAT_DATAGRAM_MAX_BYTES];
  guint32 number = 0;

  for (guint type = 0; type < 256; type++)
    for (gsize n = 0; n <= sizeof data; n += n < 130 ? 1 : 107)
      {
        udpnat_random_fill (&net->random, data, sizeof data);
        data[0] = (guint8) type;
        data[1] = UDPNAT_PACKET_VERSION;
        data[2] = data[3] = 0;
        check_amplification (net, number++, data, n);
        if (number % 64 == 0)
          net_run (net, UDPNAT_SEC (1));
      }
  /* No answer comes later, either. */
  net->n_stranger_bytes = 0;
  net_run (net, UDPNAT_SEC (300));
  g_assert_cmpuint (net->n_stranger_bytes, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  g_assert_cmpuint (net_stats (net).handshakes, ==, 0); /* no DH for a wrong mac1 */
}

static void
test_amplification_info (void)
{
  g_autoptr (Net) net = net_new (2);
  guint8       data[UDPNAT_INFO_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_info_write (&writer, 42);
  check_amplification (net, 1, data, writer.n_written);
  g_assert_cmpuint (net->last_stranger.n_data, ==, UDPNAT_INFO_REPLY_BYTES);
  g_assert_cmpint (net->last_stranger.socket, ==, UDPNAT_SOCKET_ALT);
}

/* Each HS1, repeated ones too, gets at most its own length back, and silence brings nothing
 * more. */
static void
test_amplification_hs1 (void)
{
  g_autoptr (Net) net = net_new (3);
  UdpnatAddress source = make_source (1);
  guint8        data[UDPNAT_DATAGRAM_MAX_BYTES];
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  gsize n;

  n = make_hs1 (net, identity, NET_WALL_US, data);
  for (guint i = 1; i <= 3; i++)
    {
      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
      g_assert_cmpuint (net->n_stranger_packets, ==, i);
      g_assert_cmpuint (net->n_stranger_bytes, <=, i * n);
      net_run (net, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (net_stats (net).handshakes, ==, 1);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_stranger_packets, ==, 3);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0); /* never confirmed */
}

static void
test_hs1_on_second_port (void)
{
  g_autoptr (Net) net = net_new (4);
  UdpnatAddress source = make_source (1);
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n = make_hs1 (net, identity, NET_WALL_US, data);

  g_assert_cmpint (net_inject (net, &source, UDPNAT_SOCKET_ALT, data, n), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
}

static void
test_unusable_sources (void)
{
  g_autoptr (Net) net = net_new (5);
  UdpnatAddress sources[] = {
    net_address (0, 0, 0, 0, 1000),
    net_address (255, 255, 255, 255, 1000),
    net_address (224, 0, 0, 1, 1000),
    net_address (192, 0, 2, 1, 0),
    UDPNAT_ADDRESS_NONE,
  };
  guint8       data[UDPNAT_INFO_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_info_write (&writer, 42);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_assert_cmpint (net_inject (net, &sources[i], UDPNAT_SOCKET_MAIN, data, sizeof data), !=,
                     UDPNAT_RX_OK);
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
}

/* There is much to tell whoever subscribes. */
static void
fill_roster (Net *net)
{
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *filler = g_strnfill (60, 'x');
      g_autofree char *name = g_strdup_printf ("%s%u", filler, i);

      net_join (net, name);
    }
  net_run (net, UDPNAT_SEC (5));
}

/* A client that gives the address of another as its own: that one gets no more than the client
 * sends. */
static void
test_amplification_by_forged_source (void)
{
  g_autoptr (Net) net = net_new (6);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatAddress victim = net_address (192, 0, 2, 7, 7777);
  g_autoptr (Raw) raw = NULL;
  gsize n_out_before;

  fill_roster (net);
  raw = raw_new (net);
  net_run (net, UDPNAT_SEC (1));
  n_out_before = raw->n_bytes_out;
  raw->n_bytes_in = 0;
  udpnat_write_subscribe (message, UDPNAT_SUBSCRIBE_ALL);
  (void) udpnat_session_stream_write (raw->session, 0, message->data, message->len);
  raw_send_from (raw, &victim);
  for (guint i = 0; i < 20; i++)
    {
      net_run (net, UDPNAT_MSEC (500));
      udpnat_session_ping (raw->session, net->now_us);
      raw_send_from (raw, &victim);
      raw_answer_from (raw, &victim, udpnat_random_u64 (&net->random)); /* guessing */
      g_assert_cmpuint (raw->n_bytes_in, <=, raw->n_bytes_out - n_out_before);
    }
  g_assert_cmpuint (raw->n_bytes_in, >, 0); /* but the challenge */
}

/* Whoever repeats an HS1 from elsewhere gets the same HS2. The session's first packet proves then
 * that one of the two places was reached, and not which. */
static void
test_amplification_by_repeated_hs1 (void)
{
  g_autoptr (Net) net = net_new (40);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatAddress victim = net_address (192, 0, 2, 7, 7777);
  guint8 hs1[UDPNAT_DATAGRAM_MAX_BYTES];
  g_autoptr (Raw) raw = NULL;
  UdpnatSessionOutputKind kind;
  gsize n;

  fill_roster (net);
  raw = raw_new_silent (net);
  g_assert_true (udpnat_session_pop_output (raw->session, net->now_us, &kind, hs1, &n));
  (void) net_inject (net, &victim, UDPNAT_SOCKET_MAIN, hs1, n);
  (void) net_inject (net, &raw->address, UDPNAT_SOCKET_MAIN, hs1, n);
  g_assert_cmpint (udpnat_session_get_state (raw->session), ==, UDPNAT_SESSION_STATE_ESTABLISHED);

  raw->n_bytes_in = 0;
  raw->n_bytes_out = n;
  (void) net_inject (net, &victim, UDPNAT_SOCKET_MAIN, hs1, n);
  g_assert_cmpuint (raw->n_bytes_in, >, 0);
  udpnat_write_subscribe (message, UDPNAT_SUBSCRIBE_ALL);
  (void) udpnat_session_stream_write (raw->session, 0, message->data, message->len);
  raw_send_from (raw, &victim);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpuint (raw->n_bytes_in, <=, raw->n_bytes_out);
      net_run (net, UDPNAT_MSEC (500));
    }
}

/* An authentic packet that was overtaken says nothing about where the client is now. */
static void
test_late_packet (void)
{
  g_autoptr (Net) net = net_new (34);
  const guint8 pad[100] = { UDPNAT_FRAME_PAD, 0, 97 };
  g_autoptr (Raw) raw = raw_new (net);
  UdpnatAddress elsewhere = make_source (1);
  guint8        packets[2][UDPNAT_DATAGRAM_MAX_BYTES];
  gsize         n[2];

  for (guint i = 0; i < 2; i++)
    n[i] = udpnat_session_seal_frames (raw->session, net->now_us, pad, sizeof pad, packets[i]);
  g_assert_cmpint (net_inject (net, &raw->address, UDPNAT_SOCKET_MAIN, packets[1], n[1]), ==,
                   UDPNAT_RX_OK);
  net->n_stranger_packets = 0;
  g_assert_cmpint (net_inject (net, &elsewhere, UDPNAT_SOCKET_MAIN, packets[0], n[0]), ==,
                   UDPNAT_RX_OK);
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
  udpnat_session_ping (raw->session, net->now_us);
  raw_run (raw, UDPNAT_MSEC (100));
  g_assert_true (udpnat_address_equal (&net->last_stranger.remote, &raw->address));
}

/* The right answer to a challenge, from another place than was asked, proves nothing. It is sealed
 * before a packet that comes from the right one, or it would move the client there. */
static void
test_answer_from_elsewhere (void)
{
  g_autoptr (Net) net = net_new (41);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  const guint8 pad[100] = { UDPNAT_FRAME_PAD, 0, 97 };
  UdpnatAddress elsewhere = make_source (1);
  g_autoptr (Raw) raw = NULL;
  guint8       packets[2][UDPNAT_DATAGRAM_MAX_BYTES];
  guint8       frames[64];
  UdpnatWriter writer;
  gsize        n[2];

  fill_roster (net);
  raw = raw_new (net);
  net_run (net, UDPNAT_SEC (1));
  raw->address = net_address (192, 0, 2, 98, 4321);
  raw->n_bytes_in = raw->n_bytes_out = 0;
  n[0] = udpnat_session_seal_frames (raw->session, net->now_us, pad, sizeof pad, packets[0]);
  raw->n_bytes_out += n[0];
  (void) net_inject (net, &raw->address, UDPNAT_SOCKET_MAIN, packets[0], n[0]);
  g_assert_cmpuint (raw->token, !=, 0);

  udpnat_writer_init (&writer, frames, sizeof frames);
  g_assert_true (udpnat_frame_write_path_response (&writer, raw->token, &elsewhere));
  n[0] = udpnat_session_seal_frames (raw->session, net->now_us, frames, writer.n_written,
                                     packets[0]);
  n[1] = udpnat_session_seal_frames (raw->session, net->now_us, pad, sizeof pad, packets[1]);
  raw->n_bytes_out += n[0] + n[1];
  g_assert_cmpint (net_inject (net, &raw->address, UDPNAT_SOCKET_MAIN, packets[1], n[1]), ==,
                   UDPNAT_RX_OK);
  g_assert_cmpint (net_inject (net, &elsewhere, UDPNAT_SOCKET_MAIN, packets[0], n[0]), ==,
                   UDPNAT_RX_OK);
  udpnat_write_subscribe (message, UDPNAT_SUBSCRIBE_ALL);
  (void) udpnat_session_stream_write (raw->session, 0, message->data, message->len);
  raw_send (raw);
  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpuint (raw->n_bytes_in, <=, raw->n_bytes_out);
      net_run (net, UDPNAT_MSEC (500));
    }
}

/* ---- Floods ---- */

static void
test_flood (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient                  *alice = net_join (net, "Alice");
  NetClient                  *bob = net_join (net, "Bob");
  NetClient                  *late = NULL;
  UdpnatRendezvousServerStats stats;
  guint8                      data[UDPNAT_DATAGRAM_MAX_BYTES];
  guint8                      inner[100];
  g_autoptr (GPtrArray) identities
      = g_ptr_array_new_with_free_func ((GDestroyNotify) udpnat_identity_free);
  guint64 n_handshakes;

  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (identities, udpnat_identity_generate (&net->random));
  net_run (net, UDPNAT_SEC (5));
  n_handshakes = net_stats (net).handshakes;
  net_make_inner (inner, sizeof inner, 1);
  for (guint i = 0; i < 10000; i++) /* 5,000 a second */
    {
      UdpnatAddress source = make_source (i);
      gsize         n = make_hs1 (net, identities->pdata[i % 100], NET_WALL_US + i, data);

      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
      net_run (net, 200);
      if (i == 5000)
        late = net_join (net, "Late");
      if (i % 100 == 0)
        (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle,
                                                    inner, sizeof inner);
    }
  stats = net_stats (net);
  g_assert_cmpuint (stats.handshakes - n_handshakes, <=, UDPNAT_HANDSHAKES_PER_SECOND_LOAD + 10);
  g_assert_cmpuint (stats.cookies, >, 9000);
  g_assert_cmpuint (stats.sessions, <=, 100 + 3);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], >=, 99);
  g_assert_true (net_is_registered (late)); /* with a cookie, in the middle of it */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (net_stats (net).sessions, ==, 3);
}

/* More than there are cookies for. Whoever has one already is there all the same. */
static void
test_flood_beyond_cookies (void)
{
  g_autoptr (Net) net = net_new (27);
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  guint8        data[UDPNAT_DATAGRAM_MAX_BYTES];
  NetClient    *alice = NULL, *bob;
  guint64       n_handshakes;
  UdpnatAddress source = make_source (1);
  gsize         n = make_hs1 (net, identity, NET_WALL_US, data);

  for (guint i = 0; i < 40000; i++) /* in a second */
    {
      source = make_source (i);
      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
      if (i % 40 == 0)
        net_run (net, UDPNAT_MSEC (1));
      if (i == 10000)
        alice = net_join (net, "Alice");
    }
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).handshakes, <=, 1 + 1);
  g_assert_cmpuint (net_stats (net).cookies, <=, UDPNAT_SERVER_COOKIES_PER_SECOND * 11 / 10);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE], >, 25000);
  /* When there are none left it is not even looked at, but for one with a cookie: Bob's arrives
   * 30 ms after he has asked for the server's key, and between two cookies, one each 100 µs. */
  net_run (net, 50);
  bob = net_join (net, "Bob");
  net_run (net, 3 * NET_DELAY_US - 10);
  n_handshakes = net_stats (net).handshakes;
  for (guint i = 0; i < 2000; i++)
    (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
  net_run (net, 20);
  g_assert_cmpuint (net_stats (net).handshakes, ==, n_handshakes + 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (bob));
  for (guint i = 0; i < 2000; i++)
    (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
  data[n - 1 - UDPNAT_PACKET_MAC_BYTES] ^= 1; /* of mac1 */
  g_assert_cmpint (net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n), ==, UDPNAT_RX_REFUSED);
  net_run (net, UDPNAT_MSEC (10));
  g_assert_cmpint (net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n), ==,
                   UDPNAT_RX_MALFORMED);
}

/* As many at once as a processor can make: what is sent to them is bounded, and one who has a
 * cookie gets in. */
static void
test_cookies_are_bounded (void)
{
  g_autoptr (Net)            net = net_new (9);
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  guint8                     data[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize                      n = make_hs1 (net, identity, NET_WALL_US, data);
  NetClient                 *late;

  for (guint i = 0; i < 2000; i++)
    {
      UdpnatAddress source = make_source (i);

      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
    }
  g_assert_cmpuint (net_stats (net).cookies, ==, UDPNAT_SERVER_COOKIES_PER_SECOND / 20);
  late = net_join (net, "Late");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (late));
}

/* Below the load limit, but going on: unconfirmed sessions are bounded all the same. */
static void
test_slow_flood (void)
{
  g_autoptr (Net) net = net_new (8);
  guint8     data[UDPNAT_DATAGRAM_MAX_BYTES];
  guint      n_max = 0;
  NetClient *late;

  for (guint i = 0; i < 5000; i++) /* 450 a second for 11 s */
    {
      g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
      UdpnatAddress source = make_source (i);
      gsize         n = make_hs1 (net, identity, NET_WALL_US, data);

      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
      net_run (net, UDPNAT_SEC (1) / 450);
      n_max = MAX (n_max, net_stats (net).sessions);
    }
  g_assert_cmpuint (n_max, >=, UDPNAT_SERVER_CROWD_MIN);
  g_assert_cmpuint (n_max, <=, UDPNAT_SERVER_CROWD_MIN + 1);
  late = net_join (net, "Late");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (late));
}

/* One address without end: its limit, then cookies, and others do not notice. */
static void
test_one_source (void)
{
  g_autoptr (Net) net = net_new (9);
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  UdpnatAddress source = make_source (1);
  guint8        data[UDPNAT_DATAGRAM_MAX_BYTES];

  for (guint i = 0; i < 400; i++) /* in a second */
    {
      gsize n = make_hs1 (net, identity, NET_WALL_US + i, data);

      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n);
      net_run (net, UDPNAT_SEC (1) / 400);
    }
  g_assert_cmpuint (net_stats (net).handshakes, <=,
                    UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE + UDPNAT_HANDSHAKES_BURST_PER_SOURCE);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1); /* a key has one unconfirmed session */
}

static void
test_unknown_limited (void)
{
  g_autoptr (Net) net = net_new (10);
  guint8 data[UDPNAT_DATA_MIN_BYTES] = { UDPNAT_PACKET_DATA };

  for (guint i = 0; i < 2 * UDPNAT_SERVER_UNKNOWNS_PER_SECOND; i++)
    {
      UdpnatAddress source = make_source (i);

      (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, sizeof data);
    }
  g_assert_cmpuint (net->n_stranger_packets, ==, UDPNAT_SERVER_UNKNOWNS_PER_SECOND);
  g_assert_cmpuint (net->n_stranger_bytes, ==,
                    UDPNAT_SERVER_UNKNOWNS_PER_SECOND * UDPNAT_UNKNOWN_BYTES);
}

/* ---- Replay, and other people's sessions ---- */

static void
test_replayed_data (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatAddress  source = make_source (1);
  UdpnatDatagram old;

  net_run (net, UDPNAT_SEC (5));
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  old = net->seen[UDPNAT_PACKET_DATA];
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpint (net_inject (net, i == 0 ? &alice->address : &source, UDPNAT_SOCKET_MAIN,
                                   old.data, old.n_data),
                       ==, UDPNAT_RX_IGNORED);
      net_run (net, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
}

static void
test_foreign_logout (void)
{
  g_autoptr (Net) net = net_new (12);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  NetClient *alice = net_join (net, "Alice");
  g_autoptr (Raw) raw = NULL;

  net_run (net, UDPNAT_SEC (5));
  raw = raw_new (net);
  udpnat_write_unregister (message);
  /* From a session of one's own, even with Alice's address as source; and bare. */
  (void) udpnat_session_stream_write (raw->session, 0, message->data, message->len);
  raw_send_from (raw, &alice->address);
  (void) net_inject (net, &alice->address, UDPNAT_SOCKET_MAIN, message->data, message->len);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
test_replayed_hs1 (void)
{
  g_autoptr (Net) net = net_new (13);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatAddress  source = make_source (1);
  UdpnatDatagram first, second;
  guint32        handle;

  net_run (net, UDPNAT_SEC (5));
  first = net->seen[UDPNAT_PACKET_HS1];
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (5));
  second = net->seen[UDPNAT_PACKET_HS1];
  handle = alice->handle;

  (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, first.data, first.n_data);
  (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, second.data, second.n_data);
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
  net_run (net, UDPNAT_SEC (30));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->handle, ==, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* A restarted server does not know old timestamps: a replay may make an unconfirmed session, and no
 * more. */
static void
test_replayed_hs1_after_restart (void)
{
  g_autoptr (Net) net = net_new (14);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatAddress  source = make_source (1);
  UdpnatDatagram old;

  net_run (net, UDPNAT_SEC (5));
  old = net->seen[UDPNAT_PACKET_HS1];
  udpnat_rendezvous_server_shut_down (net->server, net->now_us);
  net_drain (net);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_start_server (net);
  (void) net_inject (net, &source, UDPNAT_SOCKET_MAIN, old.data, old.n_data);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  net_run (net, UDPNAT_SEC (60));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* An HS1 of Alice that was held back and is newer than her session: not confirmed by anyone, it
 * displaces nothing. */
static void
test_held_back_hs1 (void)
{
  g_autoptr (Net) net = net_new (15);
  NetClient    *alice = net_join (net, "Alice");
  UdpnatAddress source = make_source (1);
  guint8        data[UDPNAT_DATAGRAM_MAX_BYTES];
  guint32       handle;
  gsize         n;

  net_run (net, UDPNAT_SEC (5));
  handle = alice->handle;
  n = make_hs1 (net, alice->identity, NET_WALL_US + net->now_us, data);
  g_assert_cmpint (net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (net_stats (net).sessions, ==, 2);
  net_run (net, UDPNAT_SERVER_UNCONFIRMED_US + UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->handle, ==, handle);
  net_run (net, UDPNAT_SEC (300));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* ---- Broken and odd clients ---- */

static void
test_bad_control (void)
{
  const guint8 huge[] = { UDPNAT_CS_LOOKUP, 0xff, 0xff, 0xff, 0xff };
  const guint8 odd_register[] = { UDPNAT_CS_REGISTER, 0, 0, 0, 4, 1, 0, 9, 'a' };
  const guint8 odd_unregister[] = { UDPNAT_CS_UNREGISTER, 0, 0, 0, 1, 0 };
  const guint8 odd_keepalive[] = { UDPNAT_CS_KEEPALIVE, 0, 0, 0, 1, 96 };
  const guint8 odd_report[] = { UDPNAT_CS_REPORT, 0, 0, 0, 3, 1, 2, 0 };
  const guint8 huge_put[] = { UDPNAT_MAIL_PUT, 0, 1, 0x04, 0x01 };
  const guint8 odd_put[] = { UDPNAT_MAIL_PUT, 0, 0, 0, 1, 7 };
  const guint8 odd_ack[] = { UDPNAT_MAIL_ACK, 0, 0, 0, 1, 7 };
  const guint8 odd_passes[] = { UDPNAT_MAIL_PASSES, 0, 0, 0, 2, 0, 7 };
  const struct
  {
    const guint8 *data;
    gsize         n;
    guint32       stream;
  } cases[] = {
    { huge, sizeof huge, 0 },
    { odd_register, sizeof odd_register, 0 },
    { odd_unregister, sizeof odd_unregister, 0 },
    { odd_keepalive, sizeof odd_keepalive, 0 },
    { odd_report, sizeof odd_report, 0 },
    { huge_put, sizeof huge_put, 1 },
    { odd_put, sizeof odd_put, 1 },
    { odd_ack, sizeof odd_ack, 1 },
    { odd_passes, sizeof odd_passes, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Net) net = net_new (20 + i);
      g_autoptr (Raw) raw = raw_new (net);

      raw_write (raw, cases[i].stream, cases[i].data, cases[i].n);
      g_assert_true (raw->is_closed);
      g_assert_cmpuint (raw->reason, ==, UDPNAT_CLOSE_PROTOCOL_ERROR);
      g_assert_cmpuint (net_stats (net).sessions, ==, 0);
    }
}

/* Whoever has no name gets no mail, and so has nobody to accept. */
static void
test_passes_without_name (void)
{
  g_autoptr (Net) net = net_new (27);
  g_autoptr (Raw) raw = raw_new (net);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = { 1 };

  udpnat_write_mail_passes (message, TRUE, pass, 1);
  raw_write (raw, UDPNAT_STREAM_MAIL, message->data, message->len);
  net_run (net, UDPNAT_SEC (10));
  g_assert_false (raw->is_closed);
  g_assert_cmpuint (net->n_passes_events, ==, 0);
}

/* A message may come in pieces, and unknown ones are skipped. */
static void
test_pieces (void)
{
  g_autoptr (Net) net = net_new (30);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (Raw) raw = raw_new (net);
  gsize mark = udpnat_message_begin (bytes, 0x77);

  udpnat_append_u32 (bytes, 1);
  udpnat_message_end (bytes, mark);
  udpnat_write_list_end (bytes); /* ours to say */
  udpnat_write_register (bytes, TRUE, "Raw");
  for (guint i = 0; i < bytes->len; i++)
    {
      g_assert_cmpuint (net_stats (net).registered, ==, 0);
      raw_write (raw, 0, bytes->data + i, 1);
    }
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (raw->is_closed);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

/* Requests without end and without reading the answers: what waits at the server stays bounded. */
static void
test_deaf_client (void)
{
  g_autoptr (Net) net = net_new (31);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (Raw) raw = raw_new (net);
  gsize n_taken = 0;

  for (guint i = 0; i < 1000; i++)
    udpnat_write_unregister (bytes);
  for (guint i = 0; i < 2000; i++)
    {
      n_taken += udpnat_session_stream_write (raw->session, 0, bytes->data, bytes->len);
      raw_run (raw, UDPNAT_MSEC (5));
      if (raw->is_closed)
        break;
    }
  /* Its window for answers closes, so the server reads no more requests, and their window closes,
   * too. */
  g_assert_cmpuint (n_taken, <, 5 * UDPNAT_STREAM_WINDOW_BYTES);
  g_assert_cmpuint (udpnat_session_stream_get_space (raw->session, 0), ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* Nobody stays in the directory for ever by naming an interval, nor ties a timer in knots. */
static void
test_odd_keepalive (void)
{
  static const struct
  {
    guint16 told_s, taken_s;
  } cases[] = { { 0, 10 }, { 9, 10 }, { 10, 10 }, { 120, 120 }, { 121, 120 }, { 65535, 120 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Net) net = net_new (2400 + i);
      g_autoptr (Raw) raw = raw_new (net);
      g_autoptr (GByteArray) message = g_byte_array_new ();
      gint64 limit_us = 3 * UDPNAT_SEC (cases[i].taken_s) + UDPNAT_SERVER_SESSION_GRACE_US;

      udpnat_write_keepalive (message, cases[i].told_s);
      raw_write (raw, 0, message->data, message->len);
      net_run (net, limit_us - UDPNAT_SEC (1));
      g_assert_cmpuint (net_stats (net).sessions, ==, 1);
      net_run (net, UDPNAT_SEC (2) + UDPNAT_SERVER_REST_ROUND_US);
      g_assert_cmpuint (net_stats (net).sessions, ==, 0);
    }
}

/* Nobody fills the server's statistics alone. */
static void
test_reports (void)
{
  g_autoptr (Net) net = net_new (2500);
  g_autoptr (Raw) raw = raw_new (net);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatReport report = { .nat = UDPNAT_REPORT_NAT_NONE, .ways = { 255, 1 } };

  udpnat_write_report (message, &report);
  for (guint i = 0; i < 20; i++)
    raw_write (raw, 0, message->data, message->len);
  g_assert_false (raw->is_closed);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_DIRECT], ==, UDPNAT_REPORT_TIMES_MAX);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_LAN], ==, 1);
}

/* A newer client may know more kinds and more ways. */
static void
test_newer_report (void)
{
  g_autoptr (Net) net = net_new (2501);
  g_autoptr (Raw) raw = raw_new (net);
  const guint8 message[] = { UDPNAT_CS_REPORT, 0, 0, 0, 14, 200, 12, 1, 2, 0, 0, 0, 0, 0, 0,
                             0, 3, 4, 5 };

  raw_write (raw, 0, message, sizeof message);
  g_assert_false (raw->is_closed);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_LAN], ==, 2);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_UDP_BLOCKED_REMOTE], ==, 3);
}

static void
test_random_control (void)
{
  for (guint seed = 0; seed < 300; seed++)
    {
      g_autoptr (Net) net = net_new (2000 + seed);
      NetClient *alice = net_join (net, "Alice");
      g_autoptr (Raw) raw = raw_new (net);

      for (guint i = 0; i < 20 && !raw->is_closed; i++)
        {
          g_autoptr (GByteArray) bytes = g_byte_array_new ();
          guint8 type = (guint8) udpnat_random_below (&net->random, 16);
          gsize  mark = udpnat_message_begin (bytes, type);
          guint  n = udpnat_random_below (&net->random, 40);

          for (guint k = 0; k < n; k++)
            udpnat_append_u8 (bytes, (guint8) udpnat_random_below (&net->random,
                                                                   k < 8 ? 4 : 256));
          udpnat_message_end (bytes, mark);
          raw_write (raw, 0, bytes->data, bytes->len);
        }
      net_run (net, UDPNAT_SEC (1));
      g_assert_true (net_is_registered (alice));
    }
}

/* Frames that break off, sealed all the same. */
static void
test_broken_frames (void)
{
  g_autoptr (Net) net = net_new (32);
  g_autoptr (Raw) raw = raw_new (net);
  const guint8 frames[] = { UDPNAT_FRAME_STREAM, 0, 200, 1 };
  guint8       packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize        n;

  n = udpnat_session_seal_frames (raw->session, net->now_us, frames, sizeof frames, packet);
  g_assert_cmpint (net_inject (net, &raw->address, UDPNAT_SOCKET_MAIN, packet, n), ==,
                   UDPNAT_RX_MALFORMED);
  g_assert_true (raw->is_closed);
  g_assert_cmpuint (raw->reason, ==, UDPNAT_CLOSE_PROTOCOL_ERROR);
}

/* Whatever comes at a client from anywhere. */
static void
test_client_fuzz (void)
{
  g_autoptr (Net) net = net_new (33);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (5));
  for (guint i = 0; i < 20000; i++)
    {
      UdpnatDatagram datagram = { .remote = net->server_address };

      datagram.n_data = udpnat_random_below (&net->random, i % 2 == 0 ? 130 : 1201);
      udpnat_random_fill (&net->random, datagram.data, datagram.n_data);
      if (datagram.n_data > 2)
        {
          datagram.data[0] = 4 + i % 9;
          datagram.data[1] = 1;
          datagram.data[2] = 0;
        }
      (void) udpnat_rendezvous_client_owns (alice->client, &datagram);
      (void) udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram);
    }
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-abuse/amplification/no-type-no-length",
                   test_amplification_by_type);
  g_test_add_func ("/rendezvous-abuse/amplification/info", test_amplification_info);
  g_test_add_func ("/rendezvous-abuse/amplification/hs1", test_amplification_hs1);
  g_test_add_func ("/rendezvous-abuse/amplification/forged-source-of-a-client",
                   test_amplification_by_forged_source);
  g_test_add_func ("/rendezvous-abuse/amplification/hs1-repeated-from-elsewhere",
                   test_amplification_by_repeated_hs1);
  g_test_add_func ("/rendezvous-abuse/address/late-packet-moves-nothing", test_late_packet);
  g_test_add_func ("/rendezvous-abuse/address/answer-from-elsewhere-proves-nothing",
                   test_answer_from_elsewhere);
  g_test_add_func ("/rendezvous-abuse/second-port/only-info", test_hs1_on_second_port);
  g_test_add_func ("/rendezvous-abuse/source/unusable-ones", test_unusable_sources);
  g_test_add_func ("/rendezvous-abuse/flood/10000-forged-hs1", test_flood);
  g_test_add_func ("/rendezvous-abuse/flood/more-than-cookies", test_flood_beyond_cookies);
  g_test_add_func ("/rendezvous-abuse/flood/cookies-are-bounded", test_cookies_are_bounded);
  g_test_add_func ("/rendezvous-abuse/flood/slow-one-is-bounded", test_slow_flood);
  g_test_add_func ("/rendezvous-abuse/flood/one-source", test_one_source);
  g_test_add_func ("/rendezvous-abuse/flood/unknown-so-many-a-second", test_unknown_limited);
  g_test_add_func ("/rendezvous-abuse/replay/data", test_replayed_data);
  g_test_add_func ("/rendezvous-abuse/replay/logout-from-elsewhere", test_foreign_logout);
  g_test_add_func ("/rendezvous-abuse/replay/hs1", test_replayed_hs1);
  g_test_add_func ("/rendezvous-abuse/replay/hs1-after-restart", test_replayed_hs1_after_restart);
  g_test_add_func ("/rendezvous-abuse/replay/held-back-hs1", test_held_back_hs1);
  g_test_add_func ("/rendezvous-abuse/control/broken-closes", test_bad_control);
  g_test_add_func ("/rendezvous-abuse/mail/passes-without-a-name", test_passes_without_name);
  g_test_add_func ("/rendezvous-abuse/control/in-pieces", test_pieces);
  g_test_add_func ("/rendezvous-abuse/control/deaf-client", test_deaf_client);
  g_test_add_func ("/rendezvous-abuse/control/keepalive-in-bounds", test_odd_keepalive);
  g_test_add_func ("/rendezvous-abuse/control/reports-count-seldom-and-little", test_reports);
  g_test_add_func ("/rendezvous-abuse/control/report-of-a-newer-client", test_newer_report);
  g_test_add_func ("/rendezvous-abuse/control/random", test_random_control);
  g_test_add_func ("/rendezvous-abuse/frames/broken-closes", test_broken_frames);
  g_test_add_func ("/rendezvous-abuse/client/random-datagrams", test_client_fuzz);
  return g_test_run ();
}
