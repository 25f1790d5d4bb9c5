/* Two users on one network: with no server at all, beside one, and what a name in a beacon is
 * worth. */

#include "config.h"

#include "node-net.h"

#include "udpnat-presence.h"

#define HALF_SECOND_US (UDPNAT_SEC (1) / 2)

static guint n_forgotten;
static gboolean is_last_on_lan;
static guint8 last_presence;
static char *last_name;

static void
note_presence (NetUser               *user,
               const UdpnatNodeEvent *event)
{
  if (event->base.type != UDPNAT_NODE_EVENT_PEER)
    return;
  n_forgotten += event->is_forgotten;
  is_last_on_lan = event->is_on_lan;
  last_presence = event->presence;
  g_free (last_name);
  last_name = g_strdup (event->name);
}

static void
watch (NetUser *user)
{
  n_forgotten = 0;
  g_clear_pointer (&last_name, g_free);
  user->on_event = note_presence;
}

/* What a beacon of @other tells @user. */
static void
see (NetUser    *user,
     NetUser    *other,
     const char *name)
{
  udpnat_node_set_lan_peer (user->node, user->net->now_us, net_key (other), name, &other->address,
                            1);
}

static void
lose (NetUser *user,
      NetUser *other)
{
  udpnat_node_set_lan_peer (user->node, user->net->now_us, net_key (other), NULL, NULL, 0);
}

/* Two who see each other, and no server. */
static void
meet (Net      *net,
      NetUser **out_alice,
      NetUser **out_bob)
{
  net_kill_server (net);
  *out_alice = net_add_user (net);
  *out_bob = net_add_user (net);
  net_start_user (*out_alice);
  net_start_user (*out_bob);
  see (*out_alice, *out_bob, "bob");
  see (*out_bob, *out_alice, "alice");
  net_run (net, UDPNAT_MSEC (1));
}

/* ---- Talking ---- */

static void
test_node_lan_first_message (void)
{
  g_autoptr (Net) net = net_new (1);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  net_say (alice, "bob", "hello");
  net_run (net, NET_DELAY_US + UDPNAT_MSEC (1));
  g_assert_cmpuint (bob->received->len, ==, 1); /* one trip: it is in the handshake */
  g_assert_cmpstr (bob->received_name, ==, "alice");
  net_run (net, 10 * NET_DELAY_US);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  g_assert_cmpuint (bob->received->len, ==, 1);
  net_say (bob, "alice", "hello yourself");
  net_run (net, 10 * NET_DELAY_US);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_cmpint (bob->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
}

/* Not accepted, and so no contact: the text is kept, and its receipt gets back. */
static void
test_node_lan_stranger (void)
{
  g_autoptr (Net) net = net_new (2);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  bob->is_choosy = TRUE;
  net_say_numbers (alice, "bob", 0, 5);
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 5);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 5);
  net_accept (bob, net_key (alice));
  net_say_numbers (alice, "bob", 5, 5);
  net_say_to (bob, net_key (alice), "welcome");
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 10);
  g_assert_cmpuint (alice->received->len, ==, 1);
}

static void
test_node_lan_unseen_stranger (void)
{
  g_autoptr (Net) net = net_new (3);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  lose (bob, alice);
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0);
  /* The first beacon of hers that gets through is enough. */
  see (bob, alice, "alice");
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
}

/* Her key may be seen here, but the packet comes from elsewhere. */
static void
test_node_lan_other_source (void)
{
  g_autoptr (Net) net = net_new (4);
  UdpnatAddress elsewhere = net_address (99, UDPNAT_CLIENT_PORT);
  NetUser *alice, *bob;
  UdpnatDatagram hs1;

  meet (net, &alice, &bob);
  net_make_hs1 (net, alice->identity, bob, net->now_us + NET_WALL_US, NULL, &hs1);
  g_assert_cmpint (net_give (bob, elsewhere, &hs1), ==, UDPNAT_RX_REFUSED);
  g_assert_cmpuint (bob->n_direct, ==, 0);
  g_assert_cmpint (net_give (bob, alice->address, &hs1), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (bob->n_direct, >, 0);
}

static void
test_node_lan_blocked (void)
{
  g_autoptr (Net) net = net_new (5);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  net_set_trust (bob, net_key (alice), UDPNAT_TRUST_BLOCKED);
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0);
}

/* A contact who is to be reached through the server only: not from here either. */
static void
test_node_lan_relay_only (void)
{
  g_autoptr (Net) net = net_new (19);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  udpnat_node_set_peer_relay_only (bob->node, net->now_us, net_key (alice), TRUE);
  net_say (alice, "bob", "hello");
  net_say_to (bob, net_key (alice), "hello");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0);
  udpnat_node_set_peer_relay_only (bob->node, net->now_us, net_key (alice), FALSE);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (alice->received->len, ==, 1);
}

/* A stranger may name anybody's address; nothing is sent there before it is accepted. */
static void
test_node_lan_strangers_candidates (void)
{
  g_autoptr (Net) net = net_new (6);
  NetUser *alice, *bob;
  UdpnatAddress named[2];

  meet (net, &alice, &bob);
  bob->is_choosy = TRUE;
  named[0] = alice->address;
  named[1] = net_address (77, UDPNAT_CLIENT_PORT);
  udpnat_node_set_host_addresses (alice->node, net->now_us, named, 2, UDPNAT_CLIENT_PORT);
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_DATA] + net->n_stray[UDPNAT_PACKET_OPEN], ==, 0);
  net_accept (bob, net_key (alice));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_DATA], >, 0);
}

/* Nor is the stranger told any of ours. */
static void
test_node_lan_strangers_learn_nothing (void)
{
  g_autoptr (Net) net = net_new (7);
  NetUser *alice, *bob;
  UdpnatAddress named[2];

  meet (net, &alice, &bob);
  bob->is_choosy = TRUE;
  named[0] = bob->address;
  named[1] = net_address (78, UDPNAT_CLIENT_PORT);
  udpnat_node_set_host_addresses (bob->node, net->now_us, named, 2, UDPNAT_CLIENT_PORT);
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_DATA] + net->n_stray[UDPNAT_PACKET_OPEN], ==, 0);
}

/* ---- Going and coming ---- */

static void
test_node_lan_gone (void)
{
  g_autoptr (Net) net = net_new (8);
  NetUser *alice, *bob;
  guint n_before;

  meet (net, &alice, &bob);
  net_kill_user (bob);
  lose (alice, bob);
  net_say_to (alice, net_key (bob), "are you there?");
  n_before = alice->n_direct;
  net_run (net, UDPNAT_SEC (600));
  g_assert_cmpuint (alice->n_direct, ==, n_before);
  /* He is back: it goes at once. */
  net_start_user (bob);
  see (bob, alice, "alice");
  see (alice, bob, "bob");
  net_run (net, HALF_SECOND_US);
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
}

/* In the middle of a conversation, and for long: what waits goes when he is back. */
static void
test_node_lan_killed_in_conversation (void)
{
  g_autoptr (Net) net = net_new (9);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (3));
  net_kill_user (bob);
  net_say (alice, "bob", "1");
  net_run (net, UDPNAT_SEC (90));
  lose (alice, bob);
  net_say (alice, "bob", "2");
  net_run (net, UDPNAT_SEC (1200));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  net_start_user (bob);
  see (bob, alice, "alice");
  see (alice, bob, "bob");
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 3);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 3);
}

/* Killed and started again before anybody could notice, twice as fast as beacons expire. */
static void
test_node_lan_restarted (void)
{
  g_autoptr (Net) net = net_new (10);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (3));
  net_kill_user (bob);
  net_start_user (bob);
  see (bob, alice, "alice");
  net_say (alice, "bob", "1");
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 2);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 2);
}

static void
test_node_lan_forgotten (void)
{
  g_autoptr (Net) net = net_new (11);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  watch (alice);
  lose (alice, bob);
  net_run (net, 1);
  g_assert_cmpuint (n_forgotten, ==, 1);
  g_assert_cmpint (last_presence, ==, UDPNAT_PRESENCE_OFFLINE);
  /* The name is free again. */
  udpnat_node_set_lan_peer (alice->node, net->now_us, net_key (alice), "self", &alice->address, 1);
  see (alice, bob, "bob");
  net_run (net, 1);
  g_assert_cmpstr (last_name, ==, "bob");
  g_assert_cmpint (last_presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_true (is_last_on_lan);
  /* Whoever was talked to stays. */
  net_say (alice, "bob", "hello");
  net_run (net, HALF_SECOND_US);
  lose (alice, bob);
  net_run (net, 1);
  g_assert_cmpuint (n_forgotten, ==, 1);
  g_assert_cmpint (last_presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_false (is_last_on_lan);
}

/* ---- Beside a server ---- */

static void
test_node_lan_beside_server (void)
{
  g_autoptr (Net) net = net_new (12);
  NetUser *alice, *bob;

  net_join_two (net, &alice, &bob);
  watch (alice);
  see (alice, bob, "bob");
  see (bob, alice, "alice");
  net_run (net, 1);
  g_assert_cmpstr (last_name, ==, "bob"); /* as the server says */
  g_assert_true (is_last_on_lan);
  net_say (alice, "bob", "0");
  net_run (net, HALF_SECOND_US);
  net_kill_server (net);
  net_run (net, UDPNAT_SEC (20));
  net_say_to (alice, net_key (bob), "1");
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 2);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 2);
}

/* One has a server and the other has none. */
static void
test_node_lan_one_with_server (void)
{
  g_autoptr (Net) net = net_new (13);
  NetUser *alice = net_join (net, "alice");
  NetUser *bob = net_add_user (net);

  net_start_user (bob);
  net_run (net, UDPNAT_SEC (3));
  see (alice, bob, "bob");
  see (bob, alice, "alice");
  net_say_to (alice, net_key (bob), "0");
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  net_kill_user (bob);
  net_start_user (bob);
  see (bob, alice, "alice");
  net_say_to (alice, net_key (bob), "1");
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 2);
}

/* ---- Names ---- */

static void
test_node_lan_plain_name (void)
{
  g_autoptr (Net) net = net_new (14);
  NetUser *alice, *bob;

  meet (net, &alice, &bob);
  watch (alice);
  see (alice, bob, "robert");
  net_run (net, 1);
  g_assert_cmpstr (last_name, ==, "robert");
  net_say (alice, "bob", "nobody is called that any more");
  net_run (net, UDPNAT_SEC (6));
  g_assert_cmpuint (alice->n_failed, ==, 1);
  net_say (alice, "robert", "hello");
  net_run (net, HALF_SECOND_US);
  g_assert_cmpuint (bob->received->len, ==, 1);
}

static void
test_node_lan_same_name (void)
{
  g_autoptr (Net) net = net_new (15);
  NetUser *alice, *bob;
  NetUser *mallory = net_add_user (net);
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  g_autofree char *expected = NULL;

  meet (net, &alice, &bob);
  watch (alice);
  see (alice, mallory, "BOB");
  net_run (net, 1);
  udpnat_public_key_to_string (net_key (mallory), key_text);
  expected = g_strdup_printf ("BOB#%.4s", key_text);
  g_assert_cmpstr (last_name, ==, expected);
  net_say (alice, "bob", "hello");
  net_run (net, HALF_SECOND_US);
  g_assert_cmpuint (bob->received->len, ==, 1);
}

/* A contact's name in another's beacon: neither taken over nor warned of, since anybody can say
 * anything. */
static void
test_node_lan_contacts_name (void)
{
  g_autoptr (Net) net = net_new (16);
  NetUser *alice, *bob;
  NetUser *mallory = net_add_user (net);

  meet (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, HALF_SECOND_US);
  lose (alice, bob);
  watch (alice);
  see (alice, mallory, "bob");
  net_run (net, 1);
  g_assert_true (g_str_has_prefix (last_name, "bob#"));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], ==, 0);
  see (alice, bob, "somebody else");
  net_run (net, 1);
  g_assert_cmpstr (last_name, ==, "bob"); /* as he was called when they first talked */
  net_say (alice, "bob", "1");
  net_run (net, HALF_SECOND_US);
  net_check_numbers (bob, 2);
}

/* With a server plain names are the server's: a beacon cannot take one that nobody has heard of. */
static void
test_node_lan_name_beside_server (void)
{
  g_autoptr (Net) net = net_new (17);
  NetUser *alice = net_join (net, "alice");
  NetUser *mallory = net_add_user (net);
  NetUser *bob;

  net_run (net, UDPNAT_SEC (3));
  watch (alice);
  see (alice, mallory, "bob");
  net_run (net, 1);
  g_assert_true (g_str_has_prefix (last_name, "bob#"));
  bob = net_join (net, "bob");
  net_run (net, UDPNAT_SEC (3));
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], ==, 0);
}

/* A server comes later: names that were only claimed give way. */
static void
test_node_lan_server_later (void)
{
  g_autoptr (Net) net = net_new (18);
  NetUser *bob = net_join (net, "bob");
  NetUser *alice = net_add_user (net);
  NetUser *mallory = net_add_user (net);

  net_start_user (alice);
  watch (alice);
  see (alice, mallory, "bob");
  net_run (net, 1);
  g_assert_cmpstr (last_name, ==, "bob");
  net_log_in (alice, "alice");
  net_run (net, 1);
  g_assert_true (g_str_has_prefix (last_name, "bob#"));
  net_run (net, UDPNAT_SEC (3));
  net_say (alice, "bob", "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->received->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-lan/talk/first-message-needs-one-trip-and-no-server",
                   test_node_lan_first_message);
  g_test_add_func ("/node-lan/talk/stranger-is-heard-and-gets-receipts", test_node_lan_stranger);
  g_test_add_func ("/node-lan/talk/stranger-without-beacon-is-not-answered",
                   test_node_lan_unseen_stranger);
  g_test_add_func ("/node-lan/talk/known-key-from-elsewhere-is-refused",
                   test_node_lan_other_source);
  g_test_add_func ("/node-lan/talk/blocked-is-not-answered", test_node_lan_blocked);
  g_test_add_func ("/node-lan/talk/relay-only-contact-gets-nothing", test_node_lan_relay_only);
  g_test_add_func ("/node-lan/talk/strangers-candidates-wait-for-acceptance",
                   test_node_lan_strangers_candidates);
  g_test_add_func ("/node-lan/talk/stranger-is-told-no-candidates",
                   test_node_lan_strangers_learn_nothing);
  g_test_add_func ("/node-lan/go/nothing-is-sent-to-whom-has-gone", test_node_lan_gone);
  g_test_add_func ("/node-lan/go/killed-in-conversation-gets-it-when-back",
                   test_node_lan_killed_in_conversation);
  g_test_add_func ("/node-lan/go/restarted-unnoticed-gets-it", test_node_lan_restarted);
  g_test_add_func ("/node-lan/go/who-said-nothing-is-forgotten", test_node_lan_forgotten);
  g_test_add_func ("/node-lan/server/goes-on-when-the-server-dies", test_node_lan_beside_server);
  g_test_add_func ("/node-lan/server/one-of-two-has-none", test_node_lan_one_with_server);
  g_test_add_func ("/node-lan/name/claim-counts-without-a-server", test_node_lan_plain_name);
  g_test_add_func ("/node-lan/name/second-one-gets-a-part-of-its-key", test_node_lan_same_name);
  g_test_add_func ("/node-lan/name/contacts-name-stays-the-contacts", test_node_lan_contacts_name);
  g_test_add_func ("/node-lan/name/with-a-server-claims-are-marked",
                   test_node_lan_name_beside_server);
  g_test_add_func ("/node-lan/name/claims-give-way-to-a-later-server", test_node_lan_server_later);
  return g_test_run ();
}
