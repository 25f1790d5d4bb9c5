#include "config.h"

#include "rendezvous-net.h"

/* What clients tell a server for its statistics, and what it counts by itself. */

#define A_MINUTE UDPNAT_SEC (60)

static NetClient *
join_reporting (Net        *net,
                const char *name)
{
  NetClient *client = net_join (net, name);

  udpnat_rendezvous_client_set_reporting (client->client, TRUE);
  return client;
}

static void
test_told_with_a_keepalive (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = join_reporting (net, "Alice");
  guint      n_sent;

  net_run (net, UDPNAT_SEC (5));
  n_sent = alice->n_sent;
  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_SYMMETRIC);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_NO_ANSWER);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->n_sent, ==, n_sent);
  g_assert_cmpuint (net_stats (net).reports, ==, 0);
  net_run (net, A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  g_assert_cmpuint (net_stats (net).nats[UDPNAT_REPORT_NAT_SYMMETRIC], ==, 1);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_DIRECT], ==, 2);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_NO_ANSWER], ==, 1);
}

static void
test_not_twice_in_ten_minutes (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = join_reporting (net, "Alice");

  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_LAN);
  net_run (net, A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_LAN);
  net_run (net, UDPNAT_REPORT_GAP_US - A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  net_run (net, 2 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 2);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_LAN], ==, 2);
}

/* And then nothing is said: an idle client says what its routers do once. */
static void
test_nat_once (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *alice = join_reporting (net, "Alice");

  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_FULL_CONE);
  net_run (net, 60 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 1);
  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_RESTRICTED);
  net_run (net, 2 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).nats[UDPNAT_REPORT_NAT_FULL_CONE], ==, 1);
  g_assert_cmpuint (net_stats (net).nats[UDPNAT_REPORT_NAT_RESTRICTED], ==, 1);
}

static void
test_nat_again_to_a_new_server (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = join_reporting (net, "Alice");

  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_NONE);
  net_run (net, A_MINUTE);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_start_server (net);
  net_run (net, 15 * A_MINUTE);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).nats[UDPNAT_REPORT_NAT_NONE], ==, 1);
}

static void
test_nothing_of_the_unlisted (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = join_reporting (net, "Alice");

  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, FALSE);
  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_NONE);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  net_run (net, 20 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 0);
  /* nor later of the time before */
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, TRUE);
  net_run (net, 2 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_DIRECT], ==, 0);
}

static void
test_nothing_when_off (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_note_nat (alice->client, UDPNAT_REPORT_NAT_NONE);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  net_run (net, 20 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).reports, ==, 0);
  udpnat_rendezvous_client_set_reporting (alice->client, TRUE);
  udpnat_rendezvous_client_note_way (alice->client, UDPNAT_REPORT_WAY_DIRECT);
  udpnat_rendezvous_client_set_reporting (alice->client, FALSE);
  udpnat_rendezvous_client_set_reporting (alice->client, TRUE);
  net_run (net, 20 * A_MINUTE);
  g_assert_cmpuint (net_stats (net).ways[UDPNAT_REPORT_WAY_DIRECT], ==, 0);
}

/* ---- What the server sees by itself ---- */

static void
test_packets_by_kind (void)
{
  g_autoptr (Net) net = net_new (7);
  const UdpnatAddress stranger = net_address (203, 0, 113, 9, 40000);
  const guint8 noise[] = { 0xff, 1, 2, 3 };
  UdpnatRendezvousServerStats stats;

  net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (5));
  net_inject (net, &stranger, UDPNAT_SOCKET_MAIN, noise, sizeof noise);
  stats = net_stats (net);
  g_assert_cmpuint (stats.packets[UDPNAT_SERVER_PACKET_INFO], >=, 1);
  g_assert_cmpuint (stats.packets[UDPNAT_SERVER_PACKET_HS1], ==, 1);
  g_assert_cmpuint (stats.packets[UDPNAT_SERVER_PACKET_DATA], >=, 1);
  g_assert_cmpuint (stats.packets[UDPNAT_SERVER_PACKET_OTHER], ==, 1);
  g_assert_cmpuint (stats.packets[UDPNAT_SERVER_PACKET_INFO]
                      + stats.packets[UDPNAT_SERVER_PACKET_HS1]
                      + stats.packets[UDPNAT_SERVER_PACKET_DATA] + 1, ==, stats.datagrams_in);
  g_assert_cmpuint (stats.names, ==, 1);
}

static void
test_lookups_and_names (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");
  NetClient *mallory = NULL;

  net_run (net, UDPNAT_SEC (5));
  mallory = net_join (net, "alice");
  udpnat_rendezvous_client_lookup (alice->client, net->now_us, "Nobody");
  net_run (net, UDPNAT_SEC (5));
  g_assert_false (net_is_registered (mallory));
  g_assert_cmpuint (net_stats (net).lookups, ==, 1);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_NAME], ==, 1);
}

static void
test_dials (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  const UdpnatPublicKey nobody = { .bytes = { 7 } };
  guint8 inner[UDPNAT_DATA_MIN_BYTES];

  net_make_inner (inner, sizeof inner, 1);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (udpnat_rendezvous_client_dial (alice->client, net->now_us,
                                                udpnat_identity_get_public_key (bob->identity),
                                                inner, sizeof inner));
  g_assert_true (udpnat_rendezvous_client_dial (alice->client, net->now_us, &nobody, inner,
                                                sizeof inner));
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (net_stats (net).dials, ==, 2);
  g_assert_cmpuint (net_stats (net).dials_failed, ==, 1);
  g_assert_cmpuint (net_stats (net).relayed_packets, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-report/told/with-a-keepalive", test_told_with_a_keepalive);
  g_test_add_func ("/rendezvous-report/told/not-twice-in-ten-minutes",
                   test_not_twice_in_ten_minutes);
  g_test_add_func ("/rendezvous-report/told/nat-once", test_nat_once);
  g_test_add_func ("/rendezvous-report/told/nat-again-to-a-new-server",
                   test_nat_again_to_a_new_server);
  g_test_add_func ("/rendezvous-report/private/nothing-of-the-unlisted",
                   test_nothing_of_the_unlisted);
  g_test_add_func ("/rendezvous-report/private/nothing-when-off", test_nothing_when_off);
  g_test_add_func ("/rendezvous-report/seen/packets-by-kind", test_packets_by_kind);
  g_test_add_func ("/rendezvous-report/seen/lookups-and-names", test_lookups_and_names);
  g_test_add_func ("/rendezvous-report/seen/dials", test_dials);
  return g_test_run ();
}
