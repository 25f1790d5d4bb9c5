/* What strangers, contacts and the blocked get to know of somebody: above all not where they are,
 * before they are accepted. */

#include "config.h"

#include "node-curious.h"

#include "udpnat-chat-message.h"

#define SOMEWHERE net_address (200, 4000)

typedef struct
{
  Net     *net;
  NetUser *alice; /* does not accept anybody by herself */
  Curious  carol; /* connected to the same server */
} Scene;

static void
scene_init (Scene  *scene,
            guint64 seed)
{
  scene->net = net_new (seed);
  scene->alice = net_join (scene->net, "alice");
  scene->alice->is_choosy = TRUE;
  curious_init (&scene->carol, scene->net);
  curious_run (&scene->carol, UDPNAT_SEC (3));
  g_assert_true (udpnat_node_is_registered (scene->alice->node));
}

static void
scene_clear (Scene *scene)
{
  curious_clear (&scene->carol);
  net_free (scene->net);
}

static const UdpnatPublicKey *
carol_key (const Scene *scene)
{
  return udpnat_identity_get_public_key (scene->carol.identity);
}

static GByteArray *
make_text (Net        *net,
           const char *text)
{
  GByteArray *messages = g_byte_array_new ();
  UdpnatMessageId id;

  udpnat_random_fill (&net->random, id.bytes, sizeof id.bytes);
  udpnat_write_item (messages, UDPNAT_ITEM_TEXT, &id, NET_WALL_US, (const guint8 *) text,
                     strlen (text));
  return messages;
}

static guint
count_strays (const Net *net)
{
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (net->n_stray); i++)
    n += net->n_stray[i];
  return n;
}

/* ---- Who is told where we are ---- */

static void
test_address_only_when_accepted (void)
{
  g_autoptr (GByteArray) text = NULL;
  Scene scene;

  g_test_summary ("A stranger may talk for a minute and learns no address; accepted, she is told");
  scene_init (&scene, 1);
  text = make_text (scene.net, "hello");
  curious_connect (&scene.carol, scene.alice);
  curious_say (&scene.carol, text);
  curious_run (&scene.carol, UDPNAT_SEC (60));
  g_assert_cmpuint (scene.alice->received->len, ==, 1);
  g_assert_false (curious_is_told_addresses (&scene.carol));
  g_assert_cmpuint (scene.alice->n_direct, ==, 0);
  net_accept (scene.alice, carol_key (&scene));
  curious_run (&scene.carol, UDPNAT_MSEC (200));
  g_assert_true (curious_is_told_addresses (&scene.carol));
  scene_clear (&scene);
}

static void
test_no_address_in_handshake (void)
{
  Scene scene;

  g_test_summary ("The answer to a stranger's handshake; that of a contact's is in node-abuse");
  scene_init (&scene, 2);
  curious_call (&scene.carol, scene.alice);
  curious_run (&scene.carol, UDPNAT_MSEC (200));
  g_assert_cmpuint (scene.carol.n_relayed, >, 0);
  g_assert_cmpuint (scene.carol.n_found, ==, 0);
  g_assert_false (curious_knows_address (&scene.carol, scene.alice));
  scene_clear (&scene);
}

static void
test_no_longer_accepted (void)
{
  g_autoptr (Net) net = net_new (3);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Taken back while there is a direct path: alice sends no direct packet any more, "
                  "and both go on talking");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_say_numbers (bob, "alice", 0, 1);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  alice->is_choosy = TRUE;
  net_set_trust (alice, net_key (bob), UDPNAT_TRUST_STRANGER);
  net_turn (net);
  alice->n_direct = 0;
  for (guint i = 1; i < 10; i++)
    {
      net_say_numbers (bob, "alice", i, 1);
      net_run (net, UDPNAT_SEC (10));
    }
  net_check_numbers (alice, 10);
  g_assert_cmpuint (alice->n_direct, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 10);
}

/* ---- Knocking at an address ---- */

static void
test_knock_with_hs1 (void)
{
  g_autoptr (Net) net = net_new (4);
  g_autoptr (UdpnatIdentity) stranger = udpnat_identity_generate (&net->random);
  g_autoptr (GByteArray) text = make_text (net, "hello");
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_make_hs1 (net, stranger, bob, net->now_us + NET_WALL_US, text, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_REFUSED);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (count_strays (net), ==, 0);
  g_assert_cmpuint (bob->received->len, ==, 0);
}

static void
test_knock_with_answered_hs1 (void)
{
  UdpnatDatagram hs1;
  Scene scene;

  g_test_summary ("A stranger's handshake that came through the server, and was answered there, "
                  "once more and directly");
  scene_init (&scene, 5);
  net_make_hs1_within (scene.net, scene.carol.identity, scene.alice,
                       scene.net->now_us + NET_WALL_US, NULL, NET_DIALLED_HS1_MAX_BYTES, &hs1);
  curious_dial (&scene.carol, scene.alice, &hs1);
  curious_run (&scene.carol, UDPNAT_MSEC (100));
  g_assert_cmpuint (scene.carol.n_relayed, >, 0);
  net_give (scene.alice, SOMEWHERE, &hs1);
  net_run (scene.net, UDPNAT_MSEC (50));
  g_assert_cmpuint (scene.alice->n_direct, ==, 0);
  scene_clear (&scene);
}

/* Everything that a session allows: a challenge, a ping, and a message. */
static void
knock_with_data (Scene *scene)
{
  UdpnatDatagram datagram = { 0 };
  guint8 frames[64];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  g_assert_true (udpnat_frame_write_path_challenge (&writer, 7));
  g_assert_true (udpnat_frame_write_ping (&writer));
  datagram.n_data = udpnat_session_seal_frames (scene->carol.session, scene->net->now_us, frames,
                                                writer.n_written, datagram.data);
  g_assert_cmpuint (datagram.n_data, >, 0);
  net_give (scene->alice, SOMEWHERE, &datagram);
}

static void
test_knock_with_data (void)
{
  Scene scene;
  guint n_relayed;

  g_test_summary ("A stranger with a session sends in it directly: no answer, by no way");
  scene_init (&scene, 6);
  curious_connect (&scene.carol, scene.alice);
  curious_run (&scene.carol, UDPNAT_SEC (5));
  n_relayed = scene.carol.n_relayed;
  for (guint i = 0; i < 5; i++)
    {
      knock_with_data (&scene);
      curious_run (&scene.carol, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (scene.alice->n_direct, ==, 0);
  g_assert_cmpuint (scene.carol.n_relayed, ==, n_relayed);

  net_accept (scene.alice, carol_key (&scene)); /* and that this test would find it */
  curious_run (&scene.carol, UDPNAT_SEC (1));
  knock_with_data (&scene);
  curious_run (&scene.carol, UDPNAT_SEC (1));
  g_assert_cmpuint (scene.alice->n_direct, >, 0);
  scene_clear (&scene);
}

static void
test_knock_with_other_index (void)
{
  g_autoptr (Net) net = net_new (7);
  UdpnatDatagram data = { .n_data = 100, .data = { UDPNAT_PACKET_DATA, 0, 0, 0, 1, 2, 3, 4 } };
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_give (bob, SOMEWHERE, &data);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (count_strays (net), ==, 0);
}

/* ---- Blocked ---- */

static void
test_blocked_is_not_answered (void)
{
  g_autoptr (GByteArray) text = NULL;
  UdpnatDatagram hs1;
  Scene scene;
  guint n_relayed;

  g_test_summary ("A contact with a session is blocked: whatever she sends, and whichever way, "
                  "nothing comes back");
  scene_init (&scene, 8);
  text = make_text (scene.net, "hello");
  curious_connect (&scene.carol, scene.alice);
  net_accept (scene.alice, carol_key (&scene));
  curious_run (&scene.carol, UDPNAT_SEC (5));
  net_set_trust (scene.alice, carol_key (&scene), UDPNAT_TRUST_BLOCKED);
  curious_run (&scene.carol, UDPNAT_MSEC (100)); /* what was on its way */
  n_relayed = scene.carol.n_relayed;
  scene.alice->n_direct = 0;

  curious_say (&scene.carol, text);
  knock_with_data (&scene);
  curious_run (&scene.carol, UDPNAT_SEC (10));
  for (guint i = 0; i < 3; i++)
    {
      net_make_hs1_within (scene.net, scene.carol.identity, scene.alice,
                           scene.net->now_us + NET_WALL_US, text, NET_DIALLED_HS1_MAX_BYTES,
                           &hs1);
      curious_dial (&scene.carol, scene.alice, &hs1);
      net_give (scene.alice, SOMEWHERE, &hs1);
      curious_run (&scene.carol, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (scene.carol.n_relayed, ==, n_relayed);
  g_assert_cmpuint (scene.alice->n_direct, ==, 0);
  g_assert_cmpuint (scene.alice->counts[UDPNAT_NODE_EVENT_ITEM], ==, 0);
  scene_clear (&scene);
}

static void
test_unblocked (void)
{
  g_autoptr (Net) net = net_new (9);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Blocked, and taken back: what was said in between comes");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (3));
  net_set_trust (bob, net_key (alice), UDPNAT_TRUST_BLOCKED);
  net_say_numbers (alice, "bob", 1, 2);
  net_run (net, UDPNAT_SEC (30));
  net_check_numbers (bob, 1);
  net_accept (bob, net_key (alice));
  net_run (net, UDPNAT_SEC (600)); /* alice must try again by herself */
  net_check_numbers (bob, 3);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 3);
}

/* ---- Refused ---- */

static void
test_refused_comes_again (void)
{
  g_autoptr (Net) net = net_new (10);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = bob->is_slow = TRUE;
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 1);
  g_assert_false (udpnat_node_has_turned_away (bob->node, net_key (alice)));
  udpnat_node_refuse (bob->node, net->now_us, net_key (alice), &bob->last_id);
  g_assert_true (udpnat_node_has_turned_away (bob->node, net_key (alice)));
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 0);
  bob->is_slow = FALSE;
  net_accept (bob, net_key (alice));
  net_run (net, UDPNAT_SEC (4)); /* before it would come by mail */
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 2);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
}

static void
test_nothing_after_refused (void)
{
  g_autoptr (Net) net = net_new (21);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = bob->is_slow = TRUE;
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_refuse (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (1));
  net_check_numbers (bob, 1);
}

static void
test_skipped_stops_nothing (void)
{
  g_autoptr (Net) net = net_new (22);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = bob->is_slow = TRUE;
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_skip (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (1));
  net_check_numbers (bob, 2);
}

static void
test_skipped_comes_again (void)
{
  g_autoptr (Net) net = net_new (23);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = bob->is_slow = TRUE;
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (udpnat_node_has_turned_away (bob->node, net_key (alice)));
  udpnat_node_skip (bob->node, net->now_us, net_key (alice), &bob->last_id);
  g_assert_true (udpnat_node_has_turned_away (bob->node, net_key (alice)));
  bob->is_slow = FALSE;
  net_accept (bob, net_key (alice));
  net_run (net, UDPNAT_SEC (4)); /* before it would come by mail */
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 2);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
}

static void
test_failed_comes_again (void)
{
  g_autoptr (Net) net = net_new (24);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Not at once: a full disk must not make a loop");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  bob->is_slow = TRUE;
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_fail (bob->node, net->now_us, net_key (alice), &bob->last_id);
  bob->is_slow = FALSE;
  net_run (net, UDPNAT_NODE_FAILURE_PAUSE_US - 1);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 2);
  net_run (net, UDPNAT_HANDSHAKE_RETRY_MAX_US + UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 3);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 2);
}

/* ---- Told besides ---- */

static void
test_read (void)
{
  g_autoptr (Net) net = net_new (11);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 2);
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_READ], ==, 0);
  udpnat_node_set_read (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_READ], ==, 1);
  g_assert_cmpint (udpnat_message_id_compare (&alice->read_id, &bob->last_id), ==, 0);
}

static void
test_typing (void)
{
  g_autoptr (Net) net = net_new (12);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  udpnat_node_set_typing (bob->node, net->now_us, net_key (alice), TRUE); /* opens no session */
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_TIMESTAMP], ==, 0);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (3));
  udpnat_node_set_typing (bob->node, net->now_us, net_key (alice), TRUE);
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_TYPING], ==, 1);
  g_assert_true (alice->is_typing);
  udpnat_node_set_typing (bob->node, net->now_us, net_key (alice), FALSE);
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_TYPING], ==, 2);
  g_assert_false (alice->is_typing);
}

static void
test_stranger_is_told_neither (void)
{
  g_autoptr (Net) net = net_new (13);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  bob->is_choosy = TRUE;
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (bob, 1);
  udpnat_node_set_typing (bob->node, net->now_us, net_key (alice), TRUE);
  udpnat_node_set_read (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_TYPING], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_READ], ==, 0);
}

#define ADD(path, function) g_test_add_func ("/node-trust/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("address/told-when-accepted", test_address_only_when_accepted);
  ADD ("address/not-in-answer-to-stranger", test_no_address_in_handshake);
  ADD ("address/no-direct-packet-when-taken-back", test_no_longer_accepted);
  ADD ("knock/hs1-is-not-answered", test_knock_with_hs1);
  ADD ("knock/hs1-answered-by-relay-only", test_knock_with_answered_hs1);
  ADD ("knock/data-of-session-is-not-answered", test_knock_with_data);
  ADD ("knock/data-of-none-is-not-answered", test_knock_with_other_index);
  ADD ("blocked/nothing-comes-back", test_blocked_is_not_answered);
  ADD ("blocked/unblocked-gets-all", test_unblocked);
  ADD ("refused/comes-again-when-accepted", test_refused_comes_again);
  ADD ("refused/nothing-after-it-is-told", test_nothing_after_refused);
  ADD ("refused/skipped-stops-nothing", test_skipped_stops_nothing);
  ADD ("refused/skipped-comes-again-when-accepted", test_skipped_comes_again);
  ADD ("refused/failed-comes-again-after-a-pause", test_failed_comes_again);
  ADD ("read/told-once", test_read);
  ADD ("typing/told-in-a-session", test_typing);
  ADD ("stranger/told-neither-read-nor-typing", test_stranger_is_told_neither);

  return g_test_run ();
}
