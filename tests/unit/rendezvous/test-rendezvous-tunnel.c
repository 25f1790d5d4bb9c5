#include "config.h"

#include "rendezvous-net.h"

/* UDP does not pass: the server is reached through a tunnel, and by UDP again when that passes. */

static NetClient *
add_blocked (Net *net)
{
  NetClient *client = net_add_client (net);

  udpnat_rendezvous_client_set_tunnel_allowed (client->client, TRUE);
  client->is_udp_blocked = TRUE;
  return client;
}

static gboolean
is_tunnelled (const NetClient *client)
{
  return udpnat_rendezvous_client_is_tunnelled (client->client);
}

/* Carries something from one to the other, by the other's name. Returns: whether it came */
static gboolean
relay (Net             *net,
       NetClient       *from,
       const NetClient *to,
       guint8           fill)
{
  guint8 inner[64];
  gsize  n_inner = net_make_inner (inner, sizeof inner, fill);

  if (!udpnat_rendezvous_client_dial (from->client, net->now_us,
                                      udpnat_identity_get_public_key (to->identity), inner,
                                      n_inner))
    return FALSE;
  net_run (net, 4 * NET_DELAY_US);
  return to->relayed->len == n_inner && to->relayed->data[n_inner - 1] == fill;
}

/* ---- Racing ---- */

static void
test_race_time (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");

  net_run (net, UDPNAT_TUNNEL_RACE_US - 1);
  g_assert_cmpuint (alice->n_tunnels, ==, 0);
  net_run (net, 1);
  g_assert_cmpuint (alice->n_tunnels, ==, 1);
  /* HS1, HS2, REGISTER, REGISTERED */
  net_run (net, 4 * NET_DELAY_US);
  g_assert_true (net_is_registered (alice));
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpint (udpnat_rendezvous_client_get_udp_state (alice->client), ==,
                   UDPNAT_UDP_STATE_BLOCKED);
  g_assert_null (udpnat_rendezvous_client_get_reflexive (alice->client, 0));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 0);
}

static void
test_race_without_key (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient      *alice = add_blocked (net);

  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address, NULL);
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_TUNNEL_RACE_US + 6 * NET_DELAY_US);
  g_assert_true (net_is_registered (alice));
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 1);
}

static void
test_race_not_needed (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient      *alice = add_blocked (net);

  alice->is_udp_blocked = FALSE;
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (600));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->n_tunnels, ==, 0);
}

static void
test_race_not_allowed (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient      *alice = net_add_client (net);

  alice->is_udp_blocked = TRUE;
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (60));
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (alice->n_tunnels, ==, 0);
}

/* Both ways are dead for a while: whichever lives first is taken. */
static void
test_race_goes_on (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient      *alice = add_blocked (net);
  NetClient      *bob = add_blocked (net);

  alice->is_tunnel_blocked = bob->is_tunnel_blocked = TRUE;
  net_join_client (net, alice, "Alice");
  net_join_client (net, bob, "Bob");
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  alice->is_tunnel_blocked = FALSE;
  bob->is_udp_blocked = FALSE;
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_true (is_tunnelled (alice));
  g_assert_true (net_is_registered (bob));
  g_assert_false (is_tunnelled (bob));
}

/* ---- In the tunnel ---- */

static void
test_tunnel_relays (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");
  NetClient      *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (2));
  g_assert_true (relay (net, alice, bob, 1));
  g_assert_true (relay (net, bob, alice, 2));
}

/* An hour without a word: the session holds. */
static void
test_tunnel_idle (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");

  net_run (net, UDPNAT_SEC (3600));
  g_assert_true (net_is_registered (alice));
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpuint (alice->n_tunnels, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
break_tunnel (Net       *net,
              NetClient *client)
{
  UdpnatDatagram closed = { .socket = UDPNAT_SOCKET_TUNNEL, .remote = net->server_address };

  client->tunnel = 0;
  (void) udpnat_rendezvous_client_handle_datagram (client->client, net->now_us, &closed);
  net_drain_client (net, client);
}

static void
test_tunnel_breaks (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");
  NetClient      *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (60));
  break_tunnel (net, alice);
  g_assert_cmpuint (alice->n_tunnels, ==, 2);
  net_run (net, 2 * NET_DELAY_US + UDPNAT_ACK_DELAY_MAX_US);
  g_assert_true (is_tunnelled (alice));
  g_assert_true (relay (net, bob, alice, 1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* It does not say so, as after a sleep: what wants an answer and has none shows it. */
static void
test_tunnel_dies_silently (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");

  net_run (net, UDPNAT_SEC (60));
  alice->is_cut = TRUE;
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (7));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpuint (alice->n_tunnels, >=, 2);
}

/* ---- Blocked in the midst, and allowed again ---- */

static void
test_midst (void)
{
  g_autoptr (Net) net = net_new (10);
  NetClient      *alice = add_blocked (net);
  NetClient      *bob = net_join (net, "Bob");
  gint64          blocked_us;

  alice->is_udp_blocked = FALSE;
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  alice->is_udp_blocked = TRUE;
  blocked_us = net->now_us;
  udpnat_rendezvous_client_doubt (alice->client, net->now_us);
  net_run (net, UDPNAT_TUNNEL_RACE_US + 2 * 2 * NET_DELAY_US + 8 * NET_DELAY_US);
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpint (alice->tunnel_us - blocked_us, <=, UDPNAT_MSEC (350));
  g_assert_true (relay (net, bob, alice, 1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ROUTE], ==, 1);
}

/* However long it was blocked. */
static void
check_back (guint64 seed,
            gint64  blocked_us)
{
  g_autoptr (Net) net = net_new (seed);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");
  NetClient      *bob = net_join (net, "Bob");

  net_run (net, blocked_us);
  g_assert_true (is_tunnelled (alice));
  alice->is_udp_blocked = FALSE;
  net_run (net, UDPNAT_TUNNEL_PROBE_MAX_US + 8 * NET_DELAY_US);
  g_assert_false (is_tunnelled (alice));
  g_assert_cmpint (udpnat_rendezvous_client_get_udp_state (alice->client), ==,
                   UDPNAT_UDP_STATE_WORKS);
  g_assert_nonnull (udpnat_rendezvous_client_get_reflexive (alice->client, 0));
  g_assert_true (relay (net, bob, alice, 1));
  net_run (net, UDPNAT_TUNNEL_LINGER_US);
  g_assert_cmpuint (alice->tunnel, ==, 0);
  /* The server has followed: nothing needs the tunnel. */
  g_assert_true (relay (net, bob, alice, 2));
  g_assert_true (relay (net, alice, bob, 3));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
test_back (void)
{
  for (guint i = 0; i < 40; i++)
    check_back (20 + i, UDPNAT_SEC (1) + i * UDPNAT_MSEC (1730));
}

/* It passes one way only: nothing is believed of it. */
static void
test_back_one_way (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");
  guint8          packet[UDPNAT_INFO_REPLY_BYTES];
  UdpnatInfoReply reply = { .token = 1, .observed = alice->address };
  UdpnatDatagram  datagram = { .remote = net->server_address };
  UdpnatWriter    writer;

  net_run (net, UDPNAT_SEC (10));
  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_info_reply_write (&writer, &reply);
  datagram.n_data = writer.n_written;
  memcpy (datagram.data, packet, writer.n_written);
  g_assert_cmpint (udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram),
                   ==, UDPNAT_RX_IGNORED);
  g_assert_true (is_tunnelled (alice));
}

/* UDP works, but takes longer than 300 ms to and fro: the tunnel is quicker at first, and that is
 * all. INFO waits for 1.75 s, so beyond that it stays. */
static void
test_slow_udp (void)
{
  for (gint64 delay_us = UDPNAT_MSEC (140); delay_us <= UDPNAT_MSEC (820);
       delay_us += UDPNAT_MSEC (40))
    {
      g_autoptr (Net) net = net_new (17);
      NetClient      *alice = add_blocked (net);

      net->udp_delay_us = delay_us;
      alice->is_udp_blocked = FALSE;
      net_join_client (net, alice, "Alice");
      net_run (net, UDPNAT_SEC (10));
      g_assert_true (net_is_registered (alice));
      for (guint i = 0; i < 100; i++)
        {
          udpnat_rendezvous_client_doubt (alice->client, net->now_us);
          net_run (net, UDPNAT_SEC (3));
        }
      g_assert_false (is_tunnelled (alice));
      g_assert_cmpuint (alice->tunnel, ==, 0);
      /* There and back. */
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ROUTE], <=, 2);
      g_assert_cmpuint (alice->n_tunnels, <=, 2);
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
    }
}

static void
test_network_change (void)
{
  g_autoptr (Net) net = net_new (12);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");

  net_run (net, UDPNAT_SEC (100));
  alice->is_udp_blocked = FALSE;
  udpnat_rendezvous_client_handle_network_change (alice->client, net->now_us);
  net_run (net, 3 * NET_DELAY_US);
  g_assert_cmpuint (alice->tunnel, ==, 0);
  g_assert_false (is_tunnelled (alice));
  g_assert_true (net_is_registered (alice));
  g_assert_nonnull (udpnat_rendezvous_client_get_reflexive (alice->client, 0));
}

static void
test_leave (void)
{
  g_autoptr (Net) net = net_new (13);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, 2 * NET_DELAY_US);
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  g_assert_cmpuint (alice->tunnel, ==, 0);
}

/* A server whose name only a proxy knows. */
static void
test_tunnel_only (void)
{
  g_autoptr (Net) net = net_new (14);
  NetClient      *alice = add_blocked (net);
  UdpnatAddress   end = UDPNAT_ADDRESS_NONE;

  udpnat_address_init_tunnel (&net->server_address, &end, 0);
  net->server_address.port = UDPNAT_SERVER_PORT;
  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address, NULL);
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, 6 * NET_DELAY_US);
  g_assert_true (net_is_registered (alice));
  net_run (net, UDPNAT_SEC (600));
  g_assert_true (is_tunnelled (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* ---- At the server ---- */

static UdpnatAddress
make_tunnel (const UdpnatAddress *end,
             guint32              number)
{
  UdpnatAddress address;

  udpnat_address_init_tunnel (&address, end, number);
  return address;
}

/* As many INFO as by UDP, and out of the same purse. */
static void
test_server_limits (void)
{
  g_autoptr (Net) net = net_new (15);
  UdpnatAddress   end = net_address (192, 0, 2, 7, 40000);
  UdpnatAddress   other = net_address (192, 0, 2, 8, 40000);
  UdpnatAddress   tunnel = make_tunnel (&end, 1);
  UdpnatAddress   other_tunnel = make_tunnel (&other, 2);
  guint8          packet[UDPNAT_INFO_BYTES];
  UdpnatWriter    writer;

  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_info_write (&writer, 7);
  for (guint i = 0; i < UDPNAT_INFOS_BURST_PER_SOURCE; i++)
    g_assert_cmpint (net_inject (net, i % 2 == 0 ? &tunnel : &end,
                                 i % 2 == 0 ? UDPNAT_SOCKET_TUNNEL : UDPNAT_SOCKET_MAIN, packet,
                                 sizeof packet),
                     ==, UDPNAT_RX_OK);
  g_assert_cmpint (net_inject (net, &tunnel, UDPNAT_SOCKET_TUNNEL, packet, sizeof packet), ==,
                   UDPNAT_RX_REFUSED);
  g_assert_cmpint (net_inject (net, &end, UDPNAT_SOCKET_MAIN, packet, sizeof packet), ==,
                   UDPNAT_RX_REFUSED);
  g_assert_cmpint (net_inject (net, &other_tunnel, UDPNAT_SOCKET_TUNNEL, packet, sizeof packet), ==,
                   UDPNAT_RX_OK);
  g_assert_true (udpnat_address_equal (&net->last_stranger.remote, &other_tunnel));
  g_assert_cmpuint (net->last_stranger.socket, ==, UDPNAT_SOCKET_TUNNEL);
}

/* What the server would sign is an address to send UDP to, and STUN is about UDP, too. */
static void
test_server_says_nothing_of_udp (void)
{
  g_autoptr (Net) net = net_new (16);
  NetClient      *alice = net_join_client (net, add_blocked (net), "Alice");
  const guint8    nonce[UDPNAT_ATTESTATION_NONCE_BYTES] = { 1 };
  const guint8    stun[20] = { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 };
  UdpnatAddress   tunnel;

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION], ==, 0);
  tunnel = make_tunnel (&alice->address, alice->tunnel);
  g_assert_cmpint (net_inject (net, &tunnel, UDPNAT_SOCKET_TUNNEL, stun, sizeof stun), ==,
                   UDPNAT_RX_IGNORED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rendezvous-tunnel/race/after-300ms-of-silence", test_race_time);
  g_test_add_func ("/rendezvous-tunnel/race/without-the-servers-key", test_race_without_key);
  g_test_add_func ("/rendezvous-tunnel/race/not-while-udp-answers", test_race_not_needed);
  g_test_add_func ("/rendezvous-tunnel/race/not-without-a-tunnel", test_race_not_allowed);
  g_test_add_func ("/rendezvous-tunnel/race/goes-on-until-one-answers", test_race_goes_on);
  g_test_add_func ("/rendezvous-tunnel/tunnel/relays-both-ways", test_tunnel_relays);
  g_test_add_func ("/rendezvous-tunnel/tunnel/holds-for-an-idle-hour", test_tunnel_idle);
  g_test_add_func ("/rendezvous-tunnel/tunnel/another-when-it-breaks", test_tunnel_breaks);
  g_test_add_func ("/rendezvous-tunnel/tunnel/another-when-it-dies-silently",
                   test_tunnel_dies_silently);
  g_test_add_func ("/rendezvous-tunnel/tunnel/alone-for-a-name-of-a-proxy", test_tunnel_only);
  g_test_add_func ("/rendezvous-tunnel/change/blocked-in-the-midst", test_midst);
  g_test_add_func ("/rendezvous-tunnel/change/back-within-half-a-minute", test_back);
  g_test_add_func ("/rendezvous-tunnel/change/forged-answers-do-not-count", test_back_one_way);
  g_test_add_func ("/rendezvous-tunnel/change/slow-udp-is-not-blocked", test_slow_udp);
  g_test_add_func ("/rendezvous-tunnel/change/another-network", test_network_change);
  g_test_add_func ("/rendezvous-tunnel/change/leaving-says-goodbye", test_leave);
  g_test_add_func ("/rendezvous-tunnel/server/limits-by-ip-for-udp-and-tcp", test_server_limits);
  g_test_add_func ("/rendezvous-tunnel/server/says-nothing-of-udp",
                   test_server_says_nothing_of_udp);

  return g_test_run ();
}
