/* What a node tells views of the way to each peer and of its own network, and the wish for a single
 * peer never to be reached directly. All users are on the open Internet (node-net.h); what routers
 * do to the report is in tests/sim. */

#include "config.h"

#include "node-curious.h"

static UdpnatPathFacts
get_facts (const NetUser *user,
           const NetUser *of)
{
  UdpnatPathFacts facts;

  g_assert_true (udpnat_node_get_path_facts (user->node, user->net->now_us, net_key (of), &facts));
  return facts;
}

static UdpnatNetworkFacts
get_network (const NetUser *user)
{
  UdpnatNetworkFacts facts;

  udpnat_node_get_network_facts (user->node, &facts);
  return facts;
}

/* ---- Phases ---- */

static void
test_unknown_person (void)
{
  g_autoptr (Net) net = net_new (1);
  UdpnatPathFacts facts;
  UdpnatPublicKey key = { { 1 } };
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  g_assert_false (udpnat_node_get_path_facts (alice->node, net->now_us, &key, &facts));
  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_IDLE);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_NO_SESSION);
  g_assert_cmpint (facts.until_us, ==, UDPNAT_TIME_NEVER);
  g_assert_cmpuint (facts.n_local, ==, 0);
  g_assert_cmpuint (facts.n_remote, ==, 0);
}

static void
test_from_handshake_to_direct (void)
{
  g_autoptr (Net) net = net_new (2);
  UdpnatPathFacts facts;
  NetUser *alice;
  NetUser *bob;
  gint64 said_us;
  gint64 direct_us;

  net_join_two (net, &alice, &bob);
  said_us = net->now_us;
  g_assert_true (net_say_to (alice, net_key (bob), "0"));
  net_run (net, UDPNAT_MSEC (5));
  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_HANDSHAKE);
  g_assert_cmpint (facts.since_us, ==, said_us);
  g_assert_cmpint (facts.until_us, ==, said_us + UDPNAT_HANDSHAKE_RETRY_MIN_US);

  net_run (net, UDPNAT_SEC (2));
  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_DIRECT);
  g_assert_cmpint (facts.since_us, >, said_us);
  g_assert_cmpint (facts.since_us, <, said_us + UDPNAT_SEC (1));
  g_assert_cmpint (facts.until_us, ==, UDPNAT_TIME_NEVER);
  g_assert_cmpint (facts.kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_true (udpnat_address_equal (&facts.address, &bob->address));
  g_assert_cmpint (facts.rtt_us, >=, 2 * NET_DELAY_US);
  g_assert_cmpint (facts.rtt_us, <=, 4 * NET_DELAY_US);
  g_assert_cmpuint (facts.n_remote, ==, 1);
  g_assert_cmpint (facts.remote[0].fate, ==, UDPNAT_PATH_FATE_SELECTED);
  g_assert_cmpuint (facts.n_local, ==, 1);
  g_assert_true (udpnat_address_equal (&facts.local[0].address, &alice->address));
  g_assert_cmpint (facts.local_nat, ==, UDPNAT_NAT_KIND_NONE);
  /* The server of this net has one port, so nobody can tell what theirs does. */
  g_assert_cmpint (facts.remote_nat, ==, UDPNAT_NAT_KIND_UNKNOWN);

  direct_us = facts.since_us;
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpint (get_facts (alice, bob).since_us, ==, direct_us);
}

static void
test_away (void)
{
  g_autoptr (Net) net = net_new (3);
  UdpnatPathFacts facts;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  udpnat_node_leave (bob->node, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  net_kill_user (bob);
  g_assert_true (net_say_to (alice, net_key (bob), "0"));
  net_run (net, UDPNAT_SEC (2));
  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_AWAY);
  g_assert_cmpint (facts.until_us, >, net->now_us);
  g_assert_cmpint (facts.until_us, <=, net->now_us + UDPNAT_SEC (15));
}

static void
test_stranger (void)
{
  g_autoptr (Net) net = net_new (4);
  UdpnatPathFacts facts;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = TRUE;
  g_assert_true (net_say_to (alice, net_key (bob), "0"));
  net_run (net, UDPNAT_SEC (10));
  facts = get_facts (bob, alice);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_RELAYED);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
  g_assert_cmpuint (facts.n_local, ==, 0);
  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_RELAYED);
  g_assert_cmpuint (facts.n_remote, ==, 0);
  g_assert_cmpuint (facts.n_local, ==, 1);
}

static void
test_measure (void)
{
  g_autoptr (Net) net = net_new (5);
  NetUser *alice;
  NetUser *bob;
  guint n_seen;

  g_test_summary ("Measuring sends one packet and its answer, and does not keep a path");
  net_join_two (net, &alice, &bob);
  udpnat_node_measure (alice->node, net->now_us, net_key (bob)); /* nobody there: nothing to do */
  g_assert_true (net_say_to (alice, net_key (bob), "0"));
  net_run (net, UDPNAT_SEC (9));
  n_seen = net->seen->len;
  udpnat_node_measure (alice->node, net->now_us, net_key (bob));
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (net->seen->len, ==, n_seen + 2);
  /* Exactly the way there and back: no delay of an ACK in it. */
  g_assert_cmpint (get_facts (alice, bob).latest_rtt_us, ==, 2 * NET_DELAY_US);

  for (guint i = 0; i < UDPNAT_PATH_ACTIVE_US / G_USEC_PER_SEC; i++)
    {
      udpnat_node_measure (alice->node, net->now_us, net_key (bob));
      net_run (net, UDPNAT_SEC (1));
    }
  g_assert_cmpint (get_facts (alice, bob).reason, ==, UDPNAT_PATH_REASON_IDLE);
  g_assert_cmpint (get_facts (alice, bob).phase, ==, UDPNAT_PATH_PHASE_RELAYED);
}

/* ---- Our own network ---- */

static void
test_network (void)
{
  g_autoptr (Net) net = net_new (6);
  UdpnatNetworkFacts facts;
  NetUser *alice = net_join (net, "alice");

  facts = get_network (alice);
  g_assert_cmpint (facts.udp, ==, UDPNAT_UDP_STATE_TRYING);
  g_assert_cmpint (facts.nat, ==, UDPNAT_NAT_KIND_UNKNOWN);
  net_run (net, UDPNAT_SEC (4));
  facts = get_network (alice);
  g_assert_cmpint (facts.udp, ==, UDPNAT_UDP_STATE_WORKS);
  g_assert_cmpint (facts.nat, ==, UDPNAT_NAT_KIND_NONE);
  g_assert_cmpint (facts.ports, ==, UDPNAT_PORT_RULE_UNKNOWN); /* there is no router to have one */
  g_assert_false (facts.has_ipv6);
  g_assert_cmpuint (facts.n_hosts, ==, 1);
  g_assert_true (udpnat_address_equal (&facts.hosts[0], &alice->address));
  g_assert_true (udpnat_address_equal (&facts.observed[0], &alice->address));
  g_assert_true (udpnat_address_equal (&facts.server, &net->server_address));
  g_assert_cmpint (facts.server_rtt_us, >=, 2 * NET_DELAY_US);
}

static void
test_network_of_hosts (void)
{
  g_autoptr (Net) net = net_new (7);
  NetUser *alice = net_add_user (net);
  UdpnatAddress hosts[2];
  UdpnatNetworkFacts facts;

  net_start_user (alice);
  facts = get_network (alice);
  g_assert_cmpint (facts.udp, ==, UDPNAT_UDP_STATE_UNKNOWN);
  g_assert_false (udpnat_address_is_set (&facts.server));

  g_assert_true (udpnat_address_parse_ip (&hosts[0], "192.168.1.20", 0));
  g_assert_true (udpnat_address_parse_ip (&hosts[1], "fd00::20", 0));
  udpnat_node_set_host_addresses (alice->node, net->now_us, hosts, 2, 8900);
  g_assert_false (get_network (alice).has_ipv6); /* not of the Internet */
  g_assert_true (udpnat_address_parse_ip (&hosts[1], "2001:db8::20", 0));
  udpnat_node_set_host_addresses (alice->node, net->now_us, hosts, 2, 8901);
  facts = get_network (alice);
  g_assert_true (facts.has_ipv6);
  g_assert_cmpuint (facts.hosts[0].port, ==, 8901);

  /* The net delivers to, and shows the server, her public address, which no interface has. */
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (4));
  facts = get_network (alice);
  g_assert_cmpint (facts.nat, ==, UDPNAT_NAT_KIND_UNKNOWN); /* one port of the server */
  g_assert_cmpint (facts.ports, ==, UDPNAT_PORT_RULE_CHANGED);
  udpnat_node_set_host_addresses (alice->node, net->now_us, hosts, 2, alice->address.port);
  net_run (net, UDPNAT_SEC (4));
  g_assert_cmpint (get_network (alice).ports, ==, UDPNAT_PORT_RULE_KEPT);
}

static void
test_network_without_answer (void)
{
  g_autoptr (Net) net = net_new (8);
  NetUser *alice;

  net_kill_server (net);
  alice = net_join (net, "alice");
  net_run (net, UDPNAT_SERVER_LOST_US - UDPNAT_MSEC (1));
  g_assert_cmpint (get_network (alice).udp, ==, UDPNAT_UDP_STATE_TRYING);
  net_run (net, UDPNAT_MSEC (10));
  g_assert_cmpint (get_network (alice).udp, ==, UDPNAT_UDP_STATE_SILENT);
}

/* ---- Relay only, for one person ---- */

static guint
count_sent (const Net     *net,
            const NetUser *from,
            const NetUser *to,
            guint          first)
{
  guint n_sent = 0;

  for (guint i = first; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      n_sent += udpnat_address_equal (&packet->from, &from->address) &&
                udpnat_address_equal (&packet->to, &to->address);
    }
  return n_sent;
}

static void
talk (NetUser *alice,
      NetUser *with,
      guint    n_times)
{
  for (guint i = 0; i < n_times; i++)
    {
      guint n_alice = alice->received->len;
      guint n_with = with->received->len;

      g_assert_true (net_say_to (alice, net_key (with), "to you"));
      g_assert_true (net_say_to (with, net_key (alice), "to you"));
      net_run (alice->net, UDPNAT_SEC (20));
      g_assert_cmpuint (alice->received->len, ==, n_alice + 1);
      g_assert_cmpuint (with->received->len, ==, n_with + 1);
    }
}

static void
set_relay_only (NetUser  *user,
                NetUser  *with,
                gboolean  is_relay_only)
{
  udpnat_node_set_peer_relay_only (user->node, user->net->now_us, net_key (with), is_relay_only);
}

static void
test_relay_only_one (void)
{
  g_autoptr (Net) net = net_new (20);
  UdpnatPathFacts facts;
  NetUser *alice;
  NetUser *bob;
  NetUser *dave;

  g_test_summary ("For bob, alice is behind the server from the first word on; for dave she is "
                  "not");
  net_join_two (net, &alice, &bob);
  dave = net_join (net, "dave");
  net_run (net, UDPNAT_SEC (4));
  set_relay_only (alice, bob, TRUE);
  talk (alice, bob, 10);
  talk (alice, dave, 2);
  g_assert_cmpuint (count_sent (net, alice, bob, 0), ==, 0);
  g_assert_cmpuint (count_sent (net, bob, alice, 0), ==, 0);

  facts = get_facts (alice, bob);
  g_assert_cmpint (facts.phase, ==, UDPNAT_PATH_PHASE_RELAYED);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
  g_assert_cmpuint (facts.n_local, ==, 0);
  facts = get_facts (bob, alice);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
  g_assert_cmpuint (facts.n_remote, ==, 0);
  g_assert_cmpint (get_facts (alice, dave).phase, ==, UDPNAT_PATH_PHASE_DIRECT);
}

static void
test_relay_only_switched (void)
{
  g_autoptr (Net) net = net_new (21);
  NetUser *alice;
  NetUser *bob;
  guint first;

  g_test_summary ("Chosen while there is a direct path: no direct packet from then on, not even an "
                  "answer to his");
  net_join_two (net, &alice, &bob);
  talk (alice, bob, 1);
  g_assert_cmpint (get_facts (alice, bob).phase, ==, UDPNAT_PATH_PHASE_DIRECT);

  first = net->seen->len;
  set_relay_only (alice, bob, TRUE);
  talk (alice, bob, 10);
  g_assert_cmpuint (count_sent (net, alice, bob, first), ==, 0);

  net_kill_user (bob); /* and back with a new handshake, to where he knows her to be */
  net_start_user (bob);
  net_log_in (bob, "bob");
  net_run (net, UDPNAT_SEC (5));
  talk (alice, bob, 2);
  g_assert_cmpuint (count_sent (net, alice, bob, first), ==, 0);

  set_relay_only (alice, bob, FALSE);
  talk (alice, bob, 5);
  g_assert_cmpint (get_facts (alice, bob).phase, ==, UDPNAT_PATH_PHASE_DIRECT);
  g_assert_cmpint (get_facts (bob, alice).phase, ==, UDPNAT_PATH_PHASE_DIRECT);
}

static void
test_relay_only_called_directly (void)
{
  g_autoptr (Net) net = net_new (22);
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;
  guint first;

  g_test_summary ("He knocks at her address, also while the server is away: no answer from there");
  net_join_two (net, &alice, &bob);
  talk (alice, bob, 1);
  set_relay_only (alice, bob, TRUE);
  net_run (net, UDPNAT_SEC (1));
  first = net->seen->len;
  for (guint i = 0; i < 2; i++)
    {
      for (guint j = first; j-- > 0;) /* his last packet to her, once more */
        {
          NetPacket *packet = g_ptr_array_index (net->seen, j);

          if (!udpnat_address_equal (&packet->from, &bob->address) ||
              !udpnat_address_equal (&packet->to, &alice->address))
            continue;
          net_give (alice, bob->address, &packet->datagram);
          break;
        }
      net_make_hs1 (net, bob->identity, alice, net->now_us + NET_WALL_US, NULL, &hs1);
      net_give (alice, bob->address, &hs1);
      net_run (net, UDPNAT_SEC (1));
      g_assert_cmpuint (count_sent (net, alice, bob, first), ==, 0);
      if (i == 0)
        net_kill_server (net);
      net_run (net, UDPNAT_SEC (100));
    }
  g_assert_cmpuint (count_sent (net, alice, bob, first), ==, 0);
}

static void
test_relay_only_on_lan (void)
{
  g_autoptr (Net) net = net_new (25);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Both see each other's beacons: it goes through the server all the same");
  net_join_two (net, &alice, &bob);
  set_relay_only (alice, bob, TRUE);
  udpnat_node_set_lan_peer (alice->node, net->now_us, net_key (bob), "bob", &bob->address, 1);
  udpnat_node_set_lan_peer (bob->node, net->now_us, net_key (alice), "alice", &alice->address, 1);
  talk (alice, bob, 5);
  g_assert_cmpuint (count_sent (net, alice, bob, 0), ==, 0);
  g_assert_cmpint (get_facts (alice, bob).reason, ==, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
  g_assert_cmpuint (get_facts (alice, bob).n_local, ==, 0);
}

static void
check_told (gboolean is_relay_only,
            gboolean is_calling)
{
  g_autoptr (Net) net = net_new (23);
  NetUser *alice = net_join (net, "alice");
  const UdpnatPublicKey *key;
  Curious carol;

  curious_init (&carol, net);
  key = udpnat_identity_get_public_key (carol.identity);
  curious_run (&carol, UDPNAT_SEC (3));
  net_accept (alice, key);
  udpnat_node_set_peer_relay_only (alice->node, net->now_us, key, is_relay_only);
  if (is_calling)
    curious_call (&carol, alice);
  else
    net_say (alice, "carol", "hello");
  curious_run (&carol, UDPNAT_MSEC (200));
  g_assert_cmpuint (carol.n_found, ==, 1);
  g_assert_true (carol.candidates.relay_only == is_relay_only);
  g_assert_true ((carol.candidates.n_candidates == 0) == is_relay_only);
  g_assert_true (curious_knows_address (&carol, alice) == !is_relay_only);
  curious_clear (&carol);
}

static void
test_relay_only_tells_nothing (void)
{
  g_test_summary ("What is inside the handshakes, and that this test would find it");
  check_told (TRUE, FALSE);
  check_told (TRUE, TRUE);
  check_told (FALSE, FALSE);
  check_told (FALSE, TRUE);
}

static void
test_relay_only_ends_with_forgetting (void)
{
  g_autoptr (Net) net = net_new (24);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  set_relay_only (alice, bob, TRUE);
  talk (alice, bob, 1);
  udpnat_node_forget (alice->node, net->now_us, net_key (bob));
  talk (alice, bob, 5);
  g_assert_cmpint (get_facts (alice, bob).phase, ==, UDPNAT_PATH_PHASE_DIRECT);
}

#define ADD(path, function) g_test_add_func ("/node-facts/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("path/nobody-and-somebody-not-talked-to", test_unknown_person);
  ADD ("path/from-handshake-to-direct", test_from_handshake_to_direct);
  ADD ("path/away-until-the-next-try", test_away);
  ADD ("path/stranger-is-told-nothing", test_stranger);
  ADD ("path/measure-is-two-packets", test_measure);
  ADD ("network/open-internet", test_network);
  ADD ("network/addresses-and-ports", test_network_of_hosts);
  ADD ("network/silent-server", test_network_without_answer);
  ADD ("relay-only/one-person-only", test_relay_only_one);
  ADD ("relay-only/switched-on-and-off", test_relay_only_switched);
  ADD ("relay-only/knocking-is-not-answered", test_relay_only_called_directly);
  ADD ("relay-only/also-on-one-network", test_relay_only_on_lan);
  ADD ("relay-only/no-address-in-handshakes", test_relay_only_tells_nothing);
  ADD ("relay-only/ends-with-forgetting", test_relay_only_ends_with_forgetting);

  return g_test_run ();
}
