#include "config.h"

#include "rendezvous-net.h"

/* RELAY and DIAL through the server (PROTOCOL.md section 11). */

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static void
relay (Net       *net,
       NetClient *from,
       guint32    handle,
       gsize      n_inner)
{
  guint8 inner[UDPNAT_RELAY_INNER_MAX_BYTES];

  net_make_inner (inner, n_inner, 0x55);
  g_assert_true (udpnat_rendezvous_client_send_relay (from->client, net->now_us, handle, inner,
                                                      n_inner));
}

static void
dial (Net                   *net,
      NetClient             *from,
      const UdpnatPublicKey *key,
      gsize                  n_inner)
{
  guint8 inner[UDPNAT_RELAY_INNER_MAX_BYTES];

  net_make_inner (inner, n_inner, 0x66);
  g_assert_true (udpnat_rendezvous_client_dial (from->client, net->now_us, key, inner, n_inner));
}

static void
test_by_handle (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint8     expected[UDPNAT_RELAY_INNER_MAX_BYTES];

  net_run (net, UDPNAT_SEC (1));
  relay (net, alice, bob->handle, UDPNAT_RELAY_INNER_MAX_BYTES);
  net_run (net, UDPNAT_SEC (1));
  net_make_inner (expected, sizeof expected, 0x55);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpmem (bob->relayed->data, bob->relayed->len, expected, sizeof expected);
  g_assert_cmpuint (bob->relayed_from, ==, alice->handle);
  g_assert_cmpuint (net_stats (net).relayed_packets, ==, 1);
  g_assert_cmpuint (net_stats (net).relayed_bytes, ==, sizeof expected);
}

static void
test_by_key (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *guest = net_join (net, NULL); /* has no name, and can be answered all the same */
  NetClient *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (1));
  dial (net, guest, key_of (bob), UDPNAT_RELAY_INNER_MAX_BYTES);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  relay (net, bob, bob->relayed_from, 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (guest->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpuint (guest->relayed_from, ==, bob->handle);
}

/* Which numbers the server has given to people says nothing of their handles: of those that differ
 * little from one that is known, none leads anywhere. */
static void
test_not_guessed (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient *alice = net_join (net, "Alice");
  NetClient *others[6];
  guint n_unknown = 0;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = net_join (net, i == 0 ? "Bob" : NULL);
  net_run (net, UDPNAT_SEC (1));
  for (guint32 step = 1; step <= 8; step++)
    for (guint turn = 0; turn < 256; turn++)
      {
        relay (net, alice, alice->handle + (turn << 24) + step, 100);
        net_run (net, UDPNAT_MSEC (40));
        n_unknown++;
      }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_cmpuint (others[i]->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, n_unknown);
}

/* Whoever comes to have the place of somebody who has gone has another handle. */
static void
test_drawn_anew (void)
{
  g_autoptr (Net) net = net_new (12);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint32 before;

  for (guint i = 0; i < 20; i++)
    {
      net_run (net, UDPNAT_SEC (2));
      before = bob->handle;
      udpnat_rendezvous_client_unregister (bob->client, net->now_us);
      net_run (net, UDPNAT_SEC (2));
      relay (net, alice, before, 100);
      udpnat_rendezvous_client_register (bob->client, net->now_us, "Bob");
      net_run (net, UDPNAT_SEC (2));
      g_assert_cmpuint (bob->handle, !=, 0);
      g_assert_cmpuint (bob->handle, !=, before);
    }
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 20);
}

/* Whoever is dialled is told the caller's name, unless the packet leaves no room for it. */
static void
test_incoming (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  /* DATA 32, frame header 3, handle 4, length 2, "Alice" 5 */
  const gsize n_max = UDPNAT_DATAGRAM_BASE_BYTES - 32 - 3 - 4 - 2 - 5;

  g_assert_cmpuint (n_max, >, UDPNAT_RELAY_INNER_MAX_BYTES);
  net_run (net, UDPNAT_SEC (1));
  dial (net, alice, key_of (bob), UDPNAT_RELAY_INNER_MAX_BYTES);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (bob->relayed_name, ==, "Alice");
  g_assert_cmpuint (bob->relayed_from, ==, alice->handle);
  g_assert_cmpuint (bob->relayed->len, ==, UDPNAT_RELAY_INNER_MAX_BYTES);
  relay (net, alice, bob->handle, 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (bob->relayed_name, ==, NULL);
}

static void
test_incoming_long_name (void)
{
  g_autoptr (Net) net = net_new (10);
  g_autofree char *name = g_strnfill (UDPNAT_NAME_MAX_CODE_POINTS, 'a');
  const gsize      n_room = UDPNAT_DATAGRAM_BASE_BYTES - 41 - UDPNAT_NAME_MAX_CODE_POINTS;
  NetClient       *alice = net_join (net, name);
  NetClient       *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (1));
  dial (net, alice, key_of (bob), n_room);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (bob->relayed_name, ==, name);
  dial (net, alice, key_of (bob), n_room + 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (bob->relayed_name, ==, NULL);
  g_assert_cmpuint (bob->relayed->len, ==, n_room + 1);
}

static void
test_unknown (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *alice = net_join (net, "Alice");
  NetClient *guest = net_join (net, NULL);

  net_run (net, UDPNAT_SEC (1));
  relay (net, alice, alice->handle + 1, 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 1);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
  relay (net, alice, 0, 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 2);

  /* Connected, but nobody the server would know by a name. */
  dial (net, alice, key_of (guest), 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 1);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
}

static void
test_offline (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  NetClient *carol = net_join (net, "Carol");
  guint32    handle;

  net_run (net, UDPNAT_SEC (1));
  handle = bob->handle;
  udpnat_rendezvous_client_leave (bob->client, net->now_us);
  udpnat_rendezvous_client_unregister (carol->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  dial (net, alice, key_of (bob), 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 1);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
  dial (net, alice, key_of (carol), 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 2);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
  /* Their old handles lead nowhere. */
  relay (net, alice, handle, 100);
  relay (net, alice, carol->handle, 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 2);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
  g_assert_cmpuint (carol->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 0);
}

/* What is not a packet between two sessions is not carried, and not answered. */
static void
test_not_relayable (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint8     info[UDPNAT_INFO_BYTES] = { UDPNAT_PACKET_INFO, UDPNAT_PACKET_VERSION };
  guint8     open[UDPNAT_OPEN_BYTES] = { UDPNAT_PACKET_OPEN };
  guint8     none[1] = { 0 };

  net_run (net, UDPNAT_SEC (1));
  (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, info,
                                              sizeof info);
  (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, open,
                                              sizeof open);
  (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, none, 1);
  (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, none, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 0);
  g_assert_true (udpnat_rendezvous_client_is_connected (alice->client));
}

static void
test_quota (void)
{
  g_autoptr (Net) net = net_new (6);
  const gsize n_cost = 1000;
  const guint n_burst = 10;
  NetClient  *alice, *bob, *carol;

  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net->relay_burst_bytes = n_cost * n_burst;
  net_start_server (net);
  alice = net_join (net, "Alice");
  bob = net_join (net, "Bob");
  carol = net_join (net, "Carol");
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < n_burst; i++)
    relay (net, alice, bob->handle, n_cost - UDPNAT_RELAY_COST_BYTES);
  net_run (net, UDPNAT_MSEC (50));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, n_burst);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 0);

  for (guint i = 0; i < 2 * n_burst + 1; i++)
    relay (net, alice, bob->handle, n_cost - UDPNAT_RELAY_COST_BYTES);
  relay (net, carol, bob->handle, 100); /* has a quota of her own */
  net_run (net, UDPNAT_MSEC (50));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], <, 2 * n_burst + 5);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], >=, n_burst);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_QUOTA);
  g_assert_cmpuint (carol->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 0);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA], >=, n_burst);

  net_run (net, UDPNAT_SEC (1));
  alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED] = 0;
  relay (net, alice, bob->handle, 1000);
  net_run (net, UDPNAT_MSEC (50));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 0);
}

/* Failures are told, but not without end. */
static void
test_failures_limited (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 1000; i++)
    relay (net, alice, 1, 100);
  net_run (net, UDPNAT_MSEC (50));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], >=,
                    UDPNAT_RELAY_FAILURES_PER_SECOND);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], <=,
                    UDPNAT_RELAY_FAILURES_PER_SECOND + 5);
}

static void
test_not_connected (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");
  guint8     inner[100];

  net_make_inner (inner, sizeof inner, 1);
  g_assert_false (udpnat_rendezvous_client_send_relay (alice->client, net->now_us, 1, inner, 100));
  g_assert_false (udpnat_rendezvous_client_dial (alice->client, net->now_us, key_of (alice), inner,
                                                 100));
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (udpnat_rendezvous_client_send_relay (alice->client, net->now_us, 1, inner, 100));
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  g_assert_false (udpnat_rendezvous_client_send_relay (alice->client, net->now_us, 1, inner, 100));
}

/* A callee that has been idle can be reached at any time, whatever the age of its keys. */
static void
test_reach_idle (void)
{
  for (guint seed = 0; seed < 10; seed++)
    {
      g_autoptr (Net) net = net_new (100 + seed);
      NetClient *alice = net_join (net, "Alice");
      NetClient *bob = net_join (net, "Bob");
      guint      n_lost = 0;

      net_run (net, UDPNAT_SEC (5));
      for (guint i = 0; i < 60; i++)
        {
          guint n_before = bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED];

          net_run (net, UDPNAT_SEC (20 + udpnat_random_below (&net->random, 400)));
          dial (net, alice, key_of (bob), 100);
          net_run (net, UDPNAT_MSEC (50));
          n_lost += bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED] == n_before;
        }
      g_assert_cmpuint (n_lost, ==, 0);
      g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-relay/handle/carries-longest-packet", test_by_handle);
  g_test_add_func ("/rendezvous-relay/handle/is-not-guessed", test_not_guessed);
  g_test_add_func ("/rendezvous-relay/handle/is-drawn-anew", test_drawn_anew);
  g_test_add_func ("/rendezvous-relay/dial/guest-can-be-answered", test_by_key);
  g_test_add_func ("/rendezvous-relay/dial/told-callers-name", test_incoming);
  g_test_add_func ("/rendezvous-relay/dial/long-name-left-out", test_incoming_long_name);
  g_test_add_func ("/rendezvous-relay/failed/unknown", test_unknown);
  g_test_add_func ("/rendezvous-relay/failed/offline", test_offline);
  g_test_add_func ("/rendezvous-relay/failed/limited", test_failures_limited);
  g_test_add_func ("/rendezvous-relay/inner/other-types-dropped", test_not_relayable);
  g_test_add_func ("/rendezvous-relay/quota/per-identity", test_quota);
  g_test_add_func ("/rendezvous-relay/not-connected/says-so", test_not_connected);
  g_test_add_func ("/rendezvous-relay/idle/always-reachable", test_reach_idle);
  return g_test_run ();
}
