#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-handshake.h"
#include "udpnat-stun.h"

/* Whoever has not shown that an address is theirs gets no more bytes sent there than they send, for
 * every type of packet; and for STUN, whose answers are longer than its questions, no more than is
 * written here. A type that is added to UdpnatPacketType has to be added to make_packet(). */

/* Header, three attributes with an IPv6 address: MAPPED, ORIGIN, OTHER (RFC 8489, RFC 5780), and
 * the mark of a fresh port; and FINGERPRINT for those who ask with one. */
#define STUN_ANSWER_MAX_BYTES (20 + 3 * 24 + 4)
#define STUN_FINGERPRINT_BYTES 8

typedef struct
{
  Net   *net;
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_data;
  guint  n_made, n_answered;
} Scene;

static UdpnatAddress
make_source (guint32 number)
{
  return net_address (10, (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number, 5000);
}

/* ---- One of each type ---- */

static void
make_hs1 (Scene *self,
          gsize  n_wished)
{
  static const guint8 padding[UDPNAT_DATAGRAM_MAX_BYTES];
  Net             *net = self->net;
  guint8           frames[UDPNAT_DATAGRAM_MAX_BYTES] = { 0 };
  guint8           secret[UDPNAT_EPHEMERAL_BYTES];
  guint8           timestamp[UDPNAT_TIMESTAMP_BYTES];
  UdpnatWriter     writer;
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .remote = udpnat_identity_get_public_key (net->server_identity),
    .ephemeral_secret = secret,
    .sender_index = udpnat_random_u32 (&net->random),
    .timestamp = timestamp,
    .session_id = udpnat_random_u64 (&net->random),
    .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&net->random);
  gsize n_frames = n_wished > UDPNAT_HS1_MIN_BYTES ? n_wished - UDPNAT_HS1_MIN_BYTES : 0;
  UdpnatNoise *noise;

  udpnat_writer_init (&writer, frames, sizeof frames);
  udpnat_writer_bytes (&writer, padding, n_frames);
  request.local = identity;
  request.frames = frames;
  request.n_frames = writer.n_written;
  udpnat_random_fill (&net->random, secret, sizeof secret);
  udpnat_timestamp_from_us (NET_WALL_US, timestamp);
  noise = udpnat_hs1_write (&request, self->data, &self->n_data);
  g_assert_nonnull (noise);
  udpnat_noise_free (noise);
}

/* Of a type that needs no keys: the header, and anything behind. */
static void
make_plain (Scene           *self,
            UdpnatPacketType type,
            gsize            n)
{
  udpnat_random_fill (&self->net->random, self->data, n);
  self->data[0] = (guint8) type;
  self->data[1] = type == UDPNAT_PACKET_DATA ? 0 : UDPNAT_PACKET_VERSION;
  self->data[2] = self->data[3] = 0;
  self->n_data = n;
}

/* Without default, and with an end that is an error: so no type is forgotten. */
static void
make_packet (Scene           *self,
             UdpnatPacketType type,
             gsize            n)
{
  UdpnatWriter writer;

  switch (type)
    {
    case UDPNAT_PACKET_HS1:
      make_hs1 (self, n);
      return;
    case UDPNAT_PACKET_INFO:
      udpnat_writer_init (&writer, self->data, sizeof self->data);
      udpnat_info_write (&writer, n);
      self->n_data = writer.n_written;
      return;
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_DATA:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO_REPLY:
    case UDPNAT_PACKET_UNKNOWN:
      make_plain (self, type, n);
      return;
    }
  g_error ("Packet type %d is not in this test: say here how one looks.", (int) type);
}

/* An HS1 with a ticket of the server's, or with one that it has never made. */
static void
make_resumption (Scene   *self,
                 gsize    n_wished,
                 gboolean is_good)
{
  Net             *net = self->net;
  guint8           frames[UDPNAT_DATAGRAM_MAX_BYTES] = { 0 };
  guint8           random[UDPNAT_EPHEMERAL_BYTES];
  guint8           timestamp[UDPNAT_TIMESTAMP_BYTES];
  UdpnatTicket     ticket;
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_RESUMPTION,
    .remote = udpnat_identity_get_public_key (net->server_identity),
    .ephemeral_secret = random,
    .ticket = &ticket,
    .sender_index = udpnat_random_u32 (&net->random),
    .timestamp = timestamp,
    .session_id = udpnat_random_u64 (&net->random),
    .frames = frames,
    .n_frames = n_wished > UDPNAT_HS1_MIN_BYTES ? n_wished - UDPNAT_HS1_MIN_BYTES : 0,
    .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
  g_autoptr (UdpnatTicketRing) ring = udpnat_ticket_ring_new (&net->random);
  UdpnatPublicKey key;
  UdpnatNoise    *noise;

  g_assert_true (udpnat_ticket_ring_restore (ring, g_bytes_get_data (net->ticket_keys, NULL),
                                             g_bytes_get_size (net->ticket_keys)));
  udpnat_random_fill (&net->random, key.bytes, sizeof key.bytes);
  udpnat_random_fill (&net->random, random, sizeof random);
  udpnat_timestamp_from_us (NET_WALL_US, timestamp);
  udpnat_ticket_ring_make (ring, &key, NET_WALL_US / G_USEC_PER_SEC + 1000, &ticket);
  if (!is_good)
    ticket.bytes[UDPNAT_TICKET_BYTES - 1] ^= 1;
  noise = udpnat_hs1_write (&request, self->data, &self->n_data);
  g_assert_nonnull (noise);
  udpnat_noise_free (noise);
}

/* ---- What comes back ---- */

static void
check_answer (Scene        *self,
              guint32       number,
              UdpnatSocketId socket)
{
  UdpnatAddress source = make_source (number);
  Net          *net = self->net;

  net->n_stranger_bytes = net->n_stranger_packets = 0;
  (void) net_inject (net, &source, socket, self->data, self->n_data);
  self->n_made++;
  g_assert_cmpuint (net->n_stranger_packets, <=, 1);
  g_assert_cmpuint (net->n_stranger_bytes, <=, self->n_data);
  if (net->n_stranger_packets == 0)
    return;
  self->n_answered++;
  g_assert_true (udpnat_address_equal (&net->last_stranger.remote, &source));
}

static gboolean
is_type (Scene *self,
         guint  type,
         gsize  n)
{
  UdpnatPacketType found;

  make_plain (self, (UdpnatPacketType) type, n);
  return udpnat_packet_classify (self->data, n, &found);
}

/* Each size of each first byte that is taken for a packet of ours, from two ports. */
static void
test_each_type (void)
{
  g_autoptr (Net) net = net_new (1);
  Scene   scene = { .net = net };
  guint32 number = 0;
  guint   n_types = 0;

  for (guint type = 0; type < 256; type++)
    {
      guint n_sizes = 0;

      for (gsize n = 1; n <= UDPNAT_DATAGRAM_BASE_BYTES; n += n < 128 ? 1 : 37)
        {
          if (!is_type (&scene, type, n))
            continue;
          n_sizes++;
          for (guint socket = 0; socket < 2; socket++)
            {
              make_packet (&scene, (UdpnatPacketType) type, n);
              check_answer (&scene, number++, (UdpnatSocketId) socket);
            }
        }
      n_types += n_sizes > 0 ? 1 : 0;
    }
  g_assert_cmpuint (n_types, ==, 8);
  g_assert_cmpuint (scene.n_answered, >, 20); /* HS2, INFO-REPLY and UNKNOWN were among them */

  /* Nor does anything come later. */
  net->n_stranger_bytes = 0;
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_stranger_bytes, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
}

/* Under load COOKIE is the answer. */
static void
test_cookies (void)
{
  g_autoptr (Net) net = net_new (2);
  Scene scene = { .net = net };

  for (guint i = 0; i < UDPNAT_HANDSHAKES_PER_SECOND_LOAD + 50; i++)
    {
      make_hs1 (&scene, UDPNAT_HS1_MIN_BYTES + i);
      check_answer (&scene, i, UDPNAT_SOCKET_MAIN);
    }
  g_assert_cmpuint (net_stats (net).cookies, >=, 50);
  g_assert_cmpuint (net->last_stranger.n_data, ==, UDPNAT_COOKIE_PACKET_BYTES);
}

/* With good tickets HS2, with others UNKNOWN: how many come changes nothing. */
static void
test_tickets (void)
{
  g_autoptr (Net) net = net_new (6);
  Scene   scene = { .net = net };
  guint32 number = 0;
  guint   n_good = 0;

  make_hs1 (&scene, 0); /* before the first one there are no keys */
  check_answer (&scene, number++, UDPNAT_SOCKET_MAIN);
  for (gsize n = UDPNAT_HS1_MIN_BYTES; n <= UDPNAT_DATAGRAM_BASE_BYTES; n++)
    {
      make_resumption (&scene, n, TRUE);
      check_answer (&scene, number++, UDPNAT_SOCKET_MAIN);
      g_assert_cmpuint (net->last_stranger.data[0], ==, UDPNAT_PACKET_HS2);
      g_assert_cmpuint (net->last_stranger.data[2], ==, UDPNAT_ROLE_RESUMPTION);
      n_good++;
      make_resumption (&scene, n, FALSE);
      check_answer (&scene, number++, UDPNAT_SOCKET_MAIN);
      g_assert_cmpuint (net->last_stranger.n_data, ==, UDPNAT_UNKNOWN_BYTES);
    }
  g_assert_cmpuint (n_good, >, UDPNAT_HANDSHAKES_PER_SECOND_LOAD);
  g_assert_cmpuint (scene.n_answered, ==, scene.n_made);
  g_assert_cmpuint (net_stats (net).cookies, ==, 0);
  g_assert_cmpuint (net_stats (net).resumptions, ==, n_good);
  g_assert_cmpuint (net_stats (net).tickets_refused, ==, n_good);
  net->n_stranger_bytes = 0;
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_stranger_bytes, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
}

/* One address has its limit, whatever it sends. */
static void
test_tickets_of_one_address (void)
{
  g_autoptr (Net) net = net_new (7);
  Scene scene = { .net = net };

  make_hs1 (&scene, 0);
  check_answer (&scene, 0, UDPNAT_SOCKET_MAIN);
  for (guint i = 0; i <= UDPNAT_HANDSHAKES_BURST_PER_SOURCE; i++)
    {
      make_resumption (&scene, UDPNAT_HS1_MIN_BYTES, FALSE);
      check_answer (&scene, 1, UDPNAT_SOCKET_MAIN);
    }
  g_assert_cmpuint (net->last_stranger.data[0], ==, UDPNAT_PACKET_COOKIE);
  g_assert_cmpuint (net_stats (net).tickets_refused, ==, UDPNAT_HANDSHAKES_BURST_PER_SOURCE);
}

/* ---- STUN ---- */

static void
start_with_two_addresses (Net *net)
{
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    {
      guint8 ip[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = (guint8) (1 + i / 2) };

      udpnat_address_init_ipv6 (&net->addresses[i], ip, (guint16) (8848 + i % 2));
    }
  udpnat_rendezvous_server_free (g_steal_pointer (&net->server));
  net_start_server (net);
}

static void
check_stun (Net                     *net,
            guint32                  number,
            const UdpnatStunMessage *request)
{
  guint8        ip[16] = { 0x2a, 0, (guint8) (number >> 8), (guint8) number, [15] = 1 };
  guint8        data[256];
  UdpnatAddress source;
  UdpnatWriter  writer;
  gsize         n_max = STUN_ANSWER_MAX_BYTES;

  if (request->has_fingerprint)
    n_max += STUN_FINGERPRINT_BYTES;
  udpnat_address_init_ipv6 (&source, ip, 40000);
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, request);
  g_assert_false (writer.failed);
  for (guint socket = 0; socket < UDPNAT_N_NAMED_SOCKETS; socket++)
    {
      net->n_stranger_bytes = net->n_stranger_packets = 0;
      (void) net_inject (net, &source, (UdpnatSocketId) socket, data, writer.n_written);
      g_assert_cmpuint (net->n_stranger_bytes, <=, n_max);
      if (net->n_stranger_packets > 0)
        g_assert_true (udpnat_address_equal_ip (&net->last_stranger.remote, &source));
    }
}

/* Whatever is asked for, at the server that has most to say. */
static void
test_stun (void)
{
  g_autoptr (Net) net = net_new (3);
  guint32 number = 0;

  start_with_two_addresses (net);
  for (guint i = 0; i < 64; i++)
    {
      UdpnatStunMessage request;

      udpnat_stun_init_request (&request, (const guint8 *) "twelve bytes");
      request.change = ((i & 1) != 0 ? UDPNAT_STUN_CHANGE_PORT : 0)
                       | ((i & 2) != 0 ? UDPNAT_STUN_CHANGE_IP : 0);
      request.response_port = (i & 4) != 0 ? 50000 : 0;
      request.has_fresh_port = (i & 8) != 0;
      request.has_padding = (i & 16) != 0;
      request.has_fingerprint = (i & 32) != 0;
      check_stun (net, number++, &request);
    }
  g_assert_cmpuint (net_stats (net).stun_responses, >, 64);
}

/* The barest question: 20 bytes, and 32 to an IPv4 address, or 44 to an IPv6 one. */
static void
test_stun_bare (void)
{
  g_autoptr (Net) net = net_new (4);
  const guint8  ip[16] = { 0x2a, 1, [15] = 1 };
  UdpnatAddress ipv4 = make_source (1), ipv6;
  guint8        data[64];
  UdpnatStunMessage request;
  UdpnatWriter  writer;

  udpnat_address_init_ipv6 (&ipv6, ip, 40000);
  udpnat_stun_init_request (&request, (const guint8 *) "twelve bytes");
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, &request);
  g_assert_cmpuint (writer.n_written, ==, 20);
  (void) net_inject (net, &ipv4, UDPNAT_SOCKET_MAIN, data, writer.n_written);
  g_assert_cmpuint (net->last_stranger.n_data, ==, 32);
  (void) net_inject (net, &ipv6, UDPNAT_SOCKET_MAIN, data, writer.n_written);
  g_assert_cmpuint (net->last_stranger.n_data, ==, 44);
}

/* One address is sent so much and no more, however often it is named as the source. */
static void
test_stun_to_one_address (void)
{
  g_autoptr (Net) net = net_new (5);
  UdpnatAddress victim = make_source (1);
  guint8        data[64];
  UdpnatStunMessage request;
  UdpnatWriter  writer;

  udpnat_stun_init_request (&request, (const guint8 *) "twelve bytes");
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_stun_write (&writer, &request);
  for (guint i = 0; i < 10000; i++)
    {
      (void) net_inject (net, &victim, UDPNAT_SOCKET_MAIN, data, writer.n_written);
      if (i % 1000 == 999)
        net_run (net, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (net->n_stranger_packets, ==, UDPNAT_STUN_BURST_PER_SOURCE
                                                   + 9 * UDPNAT_STUN_PER_SECOND_PER_SOURCE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-amplification/packets/each-type-each-size", test_each_type);
  g_test_add_func ("/rendezvous-amplification/packets/cookies", test_cookies);
  g_test_add_func ("/rendezvous-amplification/packets/tickets", test_tickets);
  g_test_add_func ("/rendezvous-amplification/packets/tickets-of-one-address",
                   test_tickets_of_one_address);
  g_test_add_func ("/rendezvous-amplification/stun/whatever-is-asked", test_stun);
  g_test_add_func ("/rendezvous-amplification/stun/barest-question", test_stun_bare);
  g_test_add_func ("/rendezvous-amplification/stun/to-one-address", test_stun_to_one_address);
  return g_test_run ();
}
