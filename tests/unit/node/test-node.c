/* Whole nodes and a real server in virtual time: who a name belongs to, what becomes of messages
 * that wait, and that a node comes to rest (node-net.h checks that after every single step). */

#include "config.h"

#include "node-net.h"

#include "udpnat-presence.h"

/* Somebody leaves, and the name becomes another's, as only a server can do that lies or has lost
 * its disk. */
static NetUser *
take_over (NetUser    *from,
           const char *name)
{
  Net *net = from->net;
  NetUser *mallory;

  if (from->node != NULL)
    {
      udpnat_node_leave (from->node, net->now_us);
      net_turn_user (from);
      net_kill_user (from);
    }
  net_wipe_server (net);
  mallory = net_join (net, name);
  net_run (net, UDPNAT_SEC (90)); /* the others have noticed */
  g_assert_true (udpnat_node_is_registered (mallory->node));
  return mallory;
}

/* ---- Talking ---- */

static void
test_talk (void)
{
  g_autoptr (Net) net = net_new (1);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 50);
  net_say_numbers (bob, "alice", 0, 50);
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (alice, 50);
  net_check_numbers (bob, 50);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_SENT], ==, 50);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 50);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_CONTACT], ==, 1);
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_true (udpnat_node_is_drained (alice->node));
  g_assert_true (udpnat_node_is_drained (bob->node));
  g_assert_cmpstr (bob->received_name, ==, "alice");
  g_assert_true (udpnat_public_key_equal (&bob->received_from, net_key (alice)));
}

static void
test_long_text (void)
{
  g_autoptr (Net) net = net_new (2);
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES, 'x');
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say (alice, "BOB", large);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (bob->received, 0), ==, large);
}

static void
test_wrong_addressee (void)
{
  g_autoptr (Net) net = net_new (16);
  g_autoptr (UdpnatItem) item = net_make_text (net, "x");
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  g_assert_false (udpnat_node_send (alice->node, net->now_us, net_key (alice), item, FALSE));
  net_set_trust (alice, net_key (bob), UDPNAT_TRUST_BLOCKED);
  g_assert_false (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  net_set_trust (alice, net_key (bob), UDPNAT_TRUST_ACCEPTED);
  g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 1);
}

/* ---- Names ---- */

static void
test_name_of_contact_is_kept (void)
{
  g_autoptr (Net) net = net_new (3);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 1);

  mallory = take_over (bob, "bob");
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], >, 0);
  g_assert_true (udpnat_public_key_equal (&alice->changed_key, net_key (mallory)));
  g_assert_cmpstr (alice->changed_name, ==, "bob");
  net_say (alice, "bob", "1");
  net_say (alice, "Bob", "2"); /* the same name */
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (mallory->received->len, ==, 0);

  /* What waited is for the old key, and finds it under whatever name. */
  net_start_user (bob);
  net_log_in (bob, "robert");
  net_run (net, UDPNAT_SEC (5));
  net_check_numbers (bob, 3);
  g_assert_cmpuint (mallory->received->len, ==, 0);
}

static void
test_name_is_kept_over_restart (void)
{
  g_autoptr (Net) net = net_new (4);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  net_kill_user (alice);
  mallory = take_over (bob, "bob");

  net_start_user (alice);
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], >, 0);
  net_say (alice, "bob", "1");
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (mallory->received->len, ==, 0);
}

static void
test_name_after_renaming (void)
{
  g_autoptr (Net) net = net_new (5);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  g_test_summary ("The server says that bob is called robert now, then that somebody else is bob");
  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  udpnat_node_log_in (bob->node, net->now_us, "robert");
  net_run (net, UDPNAT_SEC (2));
  net_say (alice, "robert", "1");
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 2);

  mallory = take_over (bob, "bob");
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], >, 0);
  g_assert_cmpstr (alice->changed_name, ==, "bob");
  net_say (alice, "bob", "2");
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (mallory->received->len, ==, 0);
}

static void
test_taken_name_is_not_shown (void)
{
  g_autoptr (Net) net = net_new (6);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  g_test_summary ("What the new holder of a contact's name writes is not shown as the contact's");
  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  mallory = take_over (bob, "bob");
  net_say (mallory, "alice", "hello, it is me, bob");
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (alice->received->len, ==, 1);
  g_assert_true (udpnat_public_key_equal (&alice->received_from, net_key (mallory)));
  g_assert_cmpstr (alice->received_name, !=, "bob");
}

static void
test_name_of_stranger_is_free (void)
{
  g_autoptr (Net) net = net_new (7);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  g_test_summary ("A name nobody has talked to is the server's to give");
  net_join_two (net, &alice, &bob);
  mallory = take_over (bob, "bob");
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_KEY_CHANGED], ==, 0);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (mallory, 1);
}

/* ---- Messages that wait for a name ---- */

/* As soon as the directory names bob, five more. */
static void
say_more_at_once (NetUser               *self,
                  const UdpnatNodeEvent *event)
{
  if (event->base.type != UDPNAT_NODE_EVENT_PEER || g_strcmp0 (event->name, "bob") != 0)
    return;
  self->on_event = NULL;
  net_say_numbers (self, "bob", 5, 5);
}

static void
test_lookup_keeps_order (void)
{
  g_autoptr (Net) net = net_new (8);
  NetUser *bob = net_join (net, "bob");
  NetUser *alice = net_add_user (net);

  net_run (net, UDPNAT_SEC (4));
  net_start_user (alice);
  alice->on_event = say_more_at_once;
  net_log_in (alice, "alice");
  net_say_numbers (alice, "bob", 0, 2); /* nothing is connected yet */
  net_say_numbers (alice, "BOB", 2, 3);
  net_run (net, UDPNAT_SEC (2));
  g_assert_null (alice->on_event);
  net_say_numbers (alice, "bob", 10, 5);
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 15);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 15);
  g_assert_cmpuint (alice->n_failed, ==, 0);
  g_assert_true (udpnat_node_is_drained (alice->node));
}

/* Bob comes, and alice writes to him @offset_us later, when her directory may not know him yet.
 * Returns whether the directory named him while the question was on its way. */
static gboolean
race_with_directory (gint64 offset_us)
{
  g_autoptr (Net) net = net_new (20);
  NetUser *alice = net_join (net, "alice");
  NetUser *bob = net_add_user (net);
  gboolean is_named_first;

  net_run (net, UDPNAT_SEC (4));
  net_start_user (bob);
  net_log_in (bob, "bob");
  net_run (net, offset_us);
  net_say_numbers (alice, "bob", 0, 5);
  alice->on_event = say_more_at_once;
  net_run (net, UDPNAT_SEC (3));
  is_named_first = alice->on_event == NULL && alice->n_failed == 0;
  if (is_named_first)
    net_check_numbers (bob, 10);
  return is_named_first;
}

static void
test_lookup_race (void)
{
  guint n_raced = 0;

  g_test_summary ("A name gets known by the directory while it is being looked up");
  for (gint64 offset_us = 0; offset_us < UDPNAT_MSEC (300); offset_us += UDPNAT_MSEC (4))
    n_raced += race_with_directory (offset_us);
  g_test_message ("%u times", n_raced);
  g_assert_cmpuint (n_raced, >, 3);
}

static void
test_lookup_of_absent (void)
{
  g_autoptr (Net) net = net_new (9);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("The server knows the name, but nobody is there: messages wait, in order");
  net_join_two (net, &alice, &bob);
  net_kill_user (bob);
  net_kill_user (alice);
  net_run (net, UDPNAT_SEC (120));
  net_start_user (alice);
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (3));
  net_say_numbers (alice, "bob", 0, 3);
  net_run (net, UDPNAT_SEC (3));
  net_say_numbers (alice, "bob", 3, 3);
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (alice->n_failed, ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_UNREACHABLE], >, 0);
  net_start_user (bob);
  net_log_in (bob, "bob");
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (bob, 6);
}

static void
test_lookup_fails (void)
{
  g_autoptr (Net) net = net_new (10);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say (alice, "nobody", "x");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (alice->failed_code, ==, "unknown-peer");
  net_say (alice, "alice", "x");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (alice->failed_code, ==, "self");
  net_kill_server (net);
  net_say (alice, "somebody", "x");
  net_say (alice, "somebody", "y");
  net_run (net, UDPNAT_LOOKUP_TIMEOUT_US + UDPNAT_SEC (1));
  g_assert_cmpstr (alice->failed_code, ==, "no-server");
  g_assert_cmpuint (alice->n_failed, ==, 4); /* each is told */
  g_assert_true (udpnat_node_is_drained (alice->node));
}

static void
test_lookup_limits (void)
{
  g_autoptr (Net) net = net_new (11);
  NetUser *alice = net_add_user (net);

  g_test_summary ("256 lookups at once; beyond them only names that are known already");
  net_start_user (alice);
  udpnat_node_restore_contact (alice->node, &(UdpnatPublicKey) { { 1 } }, "known",
                               UDPNAT_TRUST_ACCEPTED, NULL);
  for (guint i = 0; i < UDPNAT_LOOKUPS_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("name-%u", i);

      net_say (alice, name, "x");
    }
  net_turn (net);
  g_assert_cmpuint (alice->n_failed, ==, 0);
  net_say (alice, "one-too-many", "x");
  net_turn (net);
  g_assert_cmpuint (alice->n_failed, ==, 1);
  g_assert_cmpstr (alice->failed_code, ==, "too-many");
  net_say (alice, "KNOWN", "x");
  net_turn (net);
  g_assert_cmpuint (alice->n_failed, ==, 1);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 1);
}

static void
test_move_name (void)
{
  g_autoptr (Net) net = net_new (18);
  NetUser *alice;
  NetUser *bob;
  NetUser *mallory;

  g_test_summary ("The user says that a contact's name is somebody else's now: it goes there, and "
                  "what waits stays with whom it was written to");
  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  mallory = take_over (bob, "bob");
  net_say (alice, "bob", "1"); /* to him who had the name */
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_move_name (alice->node, net->now_us, "bob", net_key (mallory));
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (5));
  net_check_numbers (mallory, 1);
  net_start_user (bob);
  net_log_in (bob, "robert");
  net_run (net, UDPNAT_SEC (5));
  net_check_numbers (bob, 2);
}

static void
fill_outbox (NetUser               *user,
             const UdpnatPublicKey *key)
{
  Net *net = user->net;

  for (guint i = 0; i < UDPNAT_OUTBOX_MAX; i++)
    {
      g_autoptr (UdpnatItem) item = net_make_text (net, "x");

      g_assert_true (udpnat_node_send (user->node, net->now_us, key, item, FALSE));
    }
}

static void
test_outbox_limit (void)
{
  g_autoptr (Net) net = net_new (12);
  g_autoptr (UdpnatItem) item = net_make_text (net, "one too many");
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_kill_user (bob);
  fill_outbox (alice, net_key (bob));
  g_assert_false (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, UDPNAT_OUTBOX_MAX);
}

/* ---- Time ---- */

static void
test_deadline_is_never_past (void)
{
  g_autoptr (Net) net = net_new (13);
  NetUser *alice;
  NetUser *bob;
  guint n_said = 0;

  g_test_summary ("Two hours with all that happens in them; node-net.h checks after each step that "
                  "nothing is due");
  net_join_two (net, &alice, &bob);
  for (guint i = 0; i < 40; i++)
    {
      net_say_numbers (alice, "bob", n_said++, 1);
      if (i % 8 == 3)
        net_kill_server (net);
      net_run (net, UDPNAT_SEC (1 + i * 9));
      if (i % 8 == 5)
        net_start_server (net);
    }
  net_run (net, UDPNAT_SEC (60));
  net_check_numbers (bob, n_said);
  g_assert_cmpint (udpnat_machine_next_deadline (udpnat_node_get_machine (alice->node)), >,
                   net->now_us);
}

static void
test_clock_jumps (void)
{
  g_autoptr (Net) net = net_new (14);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("After hours of sleep a node comes to rest at once, and is back soon");
  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (5));
  for (guint i = 1; i <= 5; i++)
    {
      net->now_us += UDPNAT_SEC (3600) * i * i;
      net_run (net, UDPNAT_SEC (30));
      g_assert_true (udpnat_node_is_registered (alice->node));
      net_say_numbers (alice, "bob", i, 1);
      net_run (net, UDPNAT_SEC (5));
      net_check_numbers (bob, i + 1);
    }
}

static void
test_wall_clock_goes_back (void)
{
  g_autoptr (Net) net = net_new (15);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A wall clock set back by a year does not make a node's handshakes look old");
  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (5));
  udpnat_node_set_wall_clock (alice->node, net->now_us,
                              net->now_us + NET_WALL_US - UDPNAT_SEC (365 * 86400));
  net_kill_user (bob); /* so that there must be a new handshake */
  net_start_user (bob);
  net_log_in (bob, "bob");
  net_say (alice, "bob", "1");
  net_run (net, UDPNAT_SEC (10));
  net_check_numbers (bob, 2);
}

/* ---- Handshakes that cross ---- */

/* A handshake of somebody whose program does not run comes at @to. Returns: whether it is
 * answered */
static gboolean
is_call_answered (NetUser *from,
                  NetUser *to,
                  guint32 *out_index)
{
  Net *net = to->net;
  UdpnatDatagram hs1;
  UdpnatHs1View view;
  guint n_before;

  net_run (net, UDPNAT_MSEC (100)); /* it is not to be taken for the last one */
  net_make_hs1 (net, from->identity, to, net->now_us + NET_WALL_US, NULL, &hs1);
  g_assert_true (udpnat_hs1_parse (&view, hs1.data, hs1.n_data));
  *out_index = view.sender_index;
  n_before = net->seen->len;
  g_assert_cmpint (net_give (to, from->address, &hs1), ==, UDPNAT_RX_OK);
  for (guint i = n_before; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      if (packet->datagram.data[0] == UDPNAT_PACKET_HS2 &&
          udpnat_address_equal (&packet->from, &to->address) &&
          udpnat_address_equal (&packet->to, &from->address))
        return TRUE;
    }
  return FALSE;
}

/* @from says that it has no session of this index. */
static void
deny_session (const NetUser *from,
              NetUser       *to,
              guint32        index)
{
  UdpnatDatagram datagram;
  UdpnatWriter writer;

  udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
  udpnat_unknown_write (&writer, index);
  datagram.n_data = writer.n_written;
  net_give (to, from->address, &datagram);
}

static void
test_gives_way_for_once (void)
{
  g_autoptr (Net) net = net_new (36);
  NetUser *alice;
  NetUser *bob;
  NetUser *first; /* whose handshake wins */
  NetUser *second;
  guint32 index;

  g_test_summary ("Of handshakes in a row that cross ours, which wins, the third is answered; at "
                  "the next crossing ours wins again, or both would give way for ever");
  net_join_two (net, &alice, &bob);
  first = udpnat_public_key_compare (net_key (alice), net_key (bob)) < 0 ? alice : bob;
  second = first == alice ? bob : alice;
  net_kill_user (second);
  g_assert_true (net_say_to (first, net_key (second), "0"));
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (first->n_handshakes, ==, 1);
  g_assert_false (is_call_answered (second, first, &index));
  g_assert_false (is_call_answered (second, first, &index));
  g_assert_true (is_call_answered (second, first, &index));
  g_assert_cmpuint (first->n_handshakes, ==, 1);

  /* The other has answered ours meanwhile, and so knows nothing of its own. */
  deny_session (second, first, index);
  g_assert_cmpuint (first->n_handshakes, ==, 2);
  g_assert_false (is_call_answered (second, first, &index));
}

/* ---- Without the server ---- */

/* How many datagrams have gone from @user to the server. */
static guint
count_to_server (NetUser *user)
{
  const GPtrArray *seen = user->net->seen;
  guint n_to_server = 0;

  for (guint i = 0; i < seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (seen, i);

      n_to_server += udpnat_address_equal (&packet->to, &user->net->server_address) &&
                     udpnat_address_equal (&packet->from, &user->address);
    }
  return n_to_server;
}

static void
leave_server (NetUser *user)
{
  udpnat_node_set_server (user->node, user->net->now_us, NULL, NULL);
}

static void
return_to_server (NetUser *user)
{
  Net *net = user->net;

  udpnat_node_set_server (user->node, net->now_us, &net->server_address,
                          udpnat_identity_get_public_key (net->server_identity));
}

static void
test_left_server_is_silent (void)
{
  g_autoptr (Net) net = net_new (31);
  NetUser *alice;
  NetUser *bob;
  guint n_before;

  net_join_two (net, &alice, &bob);
  net_run (net, UDPNAT_SEC (2));
  leave_server (alice);
  net_run (net, UDPNAT_SEC (2));
  g_assert_false (udpnat_node_is_registered (alice->node));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE); /* nobody says where bob is */
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_OFFLINE);   /* alice has said goodbye */
  n_before = count_to_server (alice);
  net_run (net, UDPNAT_SEC (300));
  g_assert_cmpuint (count_to_server (alice), ==, n_before);
  return_to_server (alice);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (udpnat_node_is_registered (alice->node)); /* by the name of before */
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_ONLINE);
}

static void
test_what_waits_outlives_the_server (void)
{
  g_autoptr (Net) net = net_new (32);
  g_autoptr (UdpnatItem) item = net_make_text (net, "0");
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  leave_server (alice);
  g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 1);
  return_to_server (alice);
  net_run (net, UDPNAT_SEC (5));
  net_check_numbers (bob, 1);
  g_assert_true (udpnat_node_is_drained (alice->node));
}

static void
test_direct_path_outlives_the_server (void)
{
  g_autoptr (Net) net = net_new (33);
  g_autoptr (UdpnatItem) item = net_make_text (net, "1");
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  leave_server (alice);
  leave_server (bob);
  g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 2);
}

/* ---- Where we are ---- */

/* How often alice's path has changed in three seconds after these are her addresses. */
static guint
count_path_changes (Net           *net,
                    NetUser       *alice,
                    UdpnatAddress *hosts,
                    guint          n_hosts)
{
  guint before = alice->counts[UDPNAT_NODE_EVENT_PATH];

  g_assert_true (udpnat_node_set_host_addresses (alice->node, net->now_us, hosts, n_hosts,
                                                 alice->address.port));
  g_assert_false (udpnat_node_set_host_addresses (alice->node, net->now_us, hosts, n_hosts,
                                                  alice->address.port));
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  return alice->counts[UDPNAT_NODE_EVENT_PATH] - before;
}

/* On a line whose queue holds one packet, the first of those that leave at once arrives. */
static void
test_server_first (void)
{
  g_autoptr (Net) net = net_new (35);
  gint64 to_server_us = 0;
  guint n_direct_hs1 = 0;
  NetUser *alice;
  NetUser *bob;
  guint n_before;

  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  n_before = net->seen->len;
  net_kill_user (bob);
  net_start_user (bob);
  net_log_in (bob, "bob");
  net_say (alice, "bob", "1"); /* to a program that has no session */
  net_run (net, UDPNAT_SEC (10));
  for (guint i = n_before; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      if (!udpnat_address_equal (&packet->from, &alice->address))
        continue;
      if (udpnat_address_equal (&packet->to, &net->server_address))
        to_server_us = packet->due_us;
      else if ((packet->datagram.data[0] & 15) == UDPNAT_PACKET_HS1)
        {
          g_assert_cmpint (packet->due_us, ==, to_server_us);
          n_direct_hs1++;
        }
    }
  g_assert_cmpuint (n_direct_hs1, >, 0);
}

/* One more network, or one less that nothing leaves by, is no reason to give up a path. */
static void
test_further_network_is_no_move (void)
{
  g_autoptr (Net) net = net_new (34);
  UdpnatAddress hosts[2];
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say (alice, "bob", "0");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  hosts[0] = alice->address;
  g_assert_true (udpnat_address_parse_ip (&hosts[1], "192.168.7.7", 0));
  g_assert_cmpuint (count_path_changes (net, alice, hosts, 2), ==, 0);
  g_assert_cmpuint (count_path_changes (net, alice, hosts, 1), ==, 0);
  hosts[0] = hosts[1];
  hosts[1] = alice->address;
  g_assert_cmpuint (count_path_changes (net, alice, hosts, 2), >, 0);
}

/* The machine slept for ten minutes: with the first deadline after that the server hears of us,
 * though no keepalive is due for long. */
static void
test_sleep_is_noticed (void)
{
  g_autoptr (Net) net = net_new (35);
  UdpnatMachine *machine;
  UdpnatDatagram datagram;
  NetUser *alice;
  NetUser *bob;
  gint64 due_us;
  gboolean is_shown = FALSE;

  net_join_two (net, &alice, &bob);
  net_run (net, UDPNAT_SEC (10));
  machine = udpnat_node_get_machine (alice->node);
  due_us = udpnat_machine_next_deadline (machine);
  g_assert_cmpint (due_us, >, net->now_us);
  net->now_us = due_us + UDPNAT_NODE_SLEPT_US + 1;
  udpnat_machine_handle_deadline (machine, net->now_us);
  while (udpnat_machine_pop_output (machine, net->now_us, &datagram))
    is_shown |= datagram.data[0] == UDPNAT_PACKET_HS1 &&
                udpnat_address_equal (&datagram.remote, &net->server_address);
  g_assert_true (is_shown);
}

#define ADD(path, function) g_test_add_func ("/node/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("talk/once-in-order-and-drained", test_talk);
  ADD ("talk/longest-text", test_long_text);
  ADD ("talk/not-with-oneself-nor-the-blocked", test_wrong_addressee);
  ADD ("name/contact-keeps-its-key", test_name_of_contact_is_kept);
  ADD ("name/kept-over-restart", test_name_is_kept_over_restart);
  ADD ("name/kept-after-renaming", test_name_after_renaming);
  ADD ("name/taken-name-is-not-shown", test_taken_name_is_not_shown);
  ADD ("name/of-stranger-may-change", test_name_of_stranger_is_free);
  ADD ("name/moved-by-the-user", test_move_name);
  ADD ("lookup/keeps-order-with-later-ones", test_lookup_keeps_order);
  ADD ("lookup/order-when-directory-is-first", test_lookup_race);
  ADD ("lookup/absent-peer-gets-all-in-order", test_lookup_of_absent);
  ADD ("lookup/failure-is-told-for-each", test_lookup_fails);
  ADD ("lookup/limits", test_lookup_limits);
  ADD ("limit/outbox", test_outbox_limit);
  ADD ("deadline/never-past-after-handling", test_deadline_is_never_past);
  ADD ("deadline/rest-after-hours-of-sleep", test_clock_jumps);
  ADD ("clock/wall-goes-back", test_wall_clock_goes_back);
  ADD ("handshake/by-the-server-leaves-first", test_server_first);
  ADD ("handshake/gives-way-for-once", test_gives_way_for_once);

  ADD ("place/further-network-is-no-move", test_further_network_is_no_move);
  ADD ("place/sleep-is-noticed", test_sleep_is_noticed);

  ADD ("no-server/is-not-asked-and-says-nothing-of-people", test_left_server_is_silent);
  ADD ("no-server/what-waits-goes-on-to-wait", test_what_waits_outlives_the_server);
  ADD ("no-server/direct-path-goes-on", test_direct_path_outlives_the_server);
  return g_test_run ();
}
