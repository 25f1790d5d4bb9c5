/* What somebody can do who reads, keeps, repeats and forges datagrams; and what a node owes to a
 * user who does not want to be found. */

#include "config.h"

#include "node-curious.h"

#include "udpnat-chat-message.h"
#include "udpnat-rendezvous-server-private.h"

#define SOMEWHERE net_address (200, 4000)
#define BYSTANDER_PORT 4001

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

static gint64
get_wall (const Net *net)
{
  return net->now_us + NET_WALL_US;
}

static void
restart (NetUser    *user,
         const char *name)
{
  net_kill_user (user);
  net_start_user (user);
  net_log_in (user, name);
}

/* Somebody who calls without the server; else he would not be heard. */
static UdpnatIdentity *
make_friend (NetUser *of)
{
  UdpnatIdentity *identity = udpnat_identity_generate (&of->net->random);

  net_accept (of, udpnat_identity_get_public_key (identity));
  return identity;
}

/* ---- Handshakes again ---- */

static void
test_replay_while_session_lives (void)
{
  g_autoptr (Net) net = net_new (1);
  g_autoptr (UdpnatIdentity) friend = NULL;
  g_autoptr (GByteArray) text = make_text (net, "hello");
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  net_make_hs1 (net, friend, bob, get_wall (net), text, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
  g_assert_cmpuint (bob->received->len, ==, 1);
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_HS2], ==, 1);

  for (guint i = 0; i < 5; i++) /* as a sender does who has not got the answer */
    g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_TIMESTAMP], ==, 1);
}

static void
test_replay_after_session (void)
{
  g_autoptr (Net) net = net_new (2);
  g_autoptr (UdpnatIdentity) friend = NULL;
  g_autoptr (GByteArray) text = make_text (net, "hello");
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;
  guint n_answers;

  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  net_make_hs1 (net, friend, bob, get_wall (net), text, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
  net_run (net, UDPNAT_SEC (3600)); /* the session has been given up long since */
  n_answers = net->n_stray[UDPNAT_PACKET_HS2];
  net_give (bob, SOMEWHERE, &hs1);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);

  restart (bob, "bob"); /* which forgets the ids of messages */
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_IGNORED);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (bob->received->len, ==, 1);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_HS2], <=, n_answers + 1);
}

static void
test_old_timestamp (void)
{
  g_autoptr (Net) net = net_new (3);
  g_autoptr (UdpnatIdentity) friend = NULL;
  gint64 wall_us = get_wall (net);
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("One microsecond decides; each HS1 is new in all else");
  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  for (gint step = 0; step < 3; step++)
    {
      g_autoptr (GByteArray) text = make_text (net, "x");

      net_make_hs1 (net, friend, bob, wall_us + (step == 2 ? 1 : -step), text, &hs1);
      g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==,
                       step == 1 ? UDPNAT_RX_IGNORED : UDPNAT_RX_OK);
      g_assert_cmpuint (bob->received->len, ==, step == 2 ? 2 : 1);
    }
  net_make_hs1 (net, friend, bob, wall_us + 1, NULL, &hs1); /* equal is not above */
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_IGNORED);

  restart (bob, "bob");
  net_make_hs1 (net, friend, bob, wall_us + 1, NULL, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_IGNORED);
  net_make_hs1 (net, friend, bob, wall_us + 2, NULL, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
}

static void
test_old_timestamp_hurts_nobody (void)
{
  g_autoptr (Net) net = net_new (4);
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A handshake of alice's that is too old does not end the session with her");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (2));
  net_make_hs1 (net, alice->identity, bob, get_wall (net) - UDPNAT_SEC (60), NULL, &hs1);
  g_assert_cmpint (net_give (bob, alice->address, &hs1), ==, UDPNAT_RX_IGNORED);
  alice->n_handshakes = 0;
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 2);
  g_assert_cmpuint (alice->n_handshakes, ==, 0);
}

/* Everything that was ever sent, once more and in another order, to where it went. */
static void
replay_everything (Net *net)
{
  g_autoptr (GPtrArray) seen = g_steal_pointer (&net->seen);

  net->seen = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < seen->len; i++)
    {
      guint other = udpnat_random_below (&net->random, seen->len);
      gpointer swapped = seen->pdata[i];

      seen->pdata[i] = seen->pdata[other];
      seen->pdata[other] = swapped;
    }
  for (guint i = 0; i < seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (seen, i);

      net_inject (net, &packet->from, &packet->to, packet->datagram.data,
                  packet->datagram.n_data);
      if (i % 10 == 0)
        net_run (net, UDPNAT_MSEC (20));
    }
  net_run (net, UDPNAT_SEC (10));
}

static guint
count_direct_hs1 (const Net *net)
{
  guint n_found = 0;

  for (guint i = 0; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      n_found += packet->datagram.data[0] == UDPNAT_PACKET_HS1 &&
                 !udpnat_address_equal (&packet->to, &net->server_address);
    }
  return n_found;
}

static void
test_replay_everything (void)
{
  g_autoptr (Net) net = net_new (5);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("All datagrams of a conversation again: in it, after it, and after a restart");
  net_join_two (net, &alice, &bob);
  for (guint i = 0; i < 20; i++)
    {
      net_say_numbers (alice, "bob", i, 1);
      net_say_numbers (bob, "alice", i, 1);
      net_run (net, UDPNAT_SEC (15)); /* long enough for new keys */
    }
  restart (alice, "alice"); /* early data, sent to known addresses as well */
  net_run (net, UDPNAT_SEC (3));
  net_say_numbers (alice, "bob", 20, 1);
  net_run (net, UDPNAT_SEC (3));
  net_say_numbers (bob, "alice", 20, 1);
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (count_direct_hs1 (net), >, 0);
  net_check_numbers (bob, 21);
  net_check_numbers (alice, 21);

  replay_everything (net);
  net_check_numbers (bob, 21);
  net_check_numbers (alice, 21);
  net_say_numbers (alice, "bob", 21, 1); /* and nothing is broken */
  net_say_numbers (bob, "alice", 21, 1);
  net_run (net, UDPNAT_SEC (20));
  net_check_numbers (bob, 22);
  net_check_numbers (alice, 22);

  restart (bob, "bob");
  net_run (net, UDPNAT_SEC (1800));
  replay_everything (net);
  net_check_numbers (bob, 22);
  net_check_numbers (alice, 22);
}

static void
test_message_repeated_in_new_handshake (void)
{
  g_autoptr (Net) net = net_new (6);
  g_autoptr (UdpnatIdentity) friend = NULL;
  g_autoptr (GByteArray) text = make_text (net, "hello");
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A sender who starts anew repeats what has no receipt: shown once");
  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  for (guint i = 0; i < 5; i++)
    {
      UdpnatDatagram hs1;

      net_make_hs1 (net, friend, bob, get_wall (net) + i, text, &hs1);
      g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
    }
  g_assert_cmpuint (bob->received->len, ==, 1);
}

/* ---- Handshakes that are wrong ---- */

static void
test_wrong_hs1 (void)
{
  g_autoptr (Net) net = net_new (7);
  g_autoptr (UdpnatIdentity) friend = NULL;
  g_autoptr (GByteArray) text = make_text (net, "hello");
  UdpnatDatagram good;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  net_make_hs1 (net, friend, bob, get_wall (net), text, &good);
  for (gsize n = 0; n < good.n_data; n++)
    {
      UdpnatDatagram cut = good;

      cut.n_data = n;
      g_assert_cmpint (net_give (bob, SOMEWHERE, &cut), !=, UDPNAT_RX_OK);
    }
  for (gsize i = 0; i < good.n_data - 16; i++) /* all but mac2, which is optional */
    {
      UdpnatDatagram bent = good;

      bent.data[i] ^= 1;
      g_assert_cmpint (net_give (bob, SOMEWHERE, &bent), !=, UDPNAT_RX_OK);
    }
  g_assert_cmpint (net_give (alice, SOMEWHERE, &good), !=, UDPNAT_RX_OK); /* not for her */
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0); /* wrong ones are not answered */
  g_assert_cmpint (net_give (bob, SOMEWHERE, &good), ==, UDPNAT_RX_OK);
}

static void
test_random_datagrams (void)
{
  g_autoptr (Net) net = net_new (8);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (2));
  for (guint i = 0; i < 20000; i++)
    {
      const UdpnatAddress from = i % 3 == 0 ? alice->address
                                            : i % 3 == 1 ? net->server_address : SOMEWHERE;
      UdpnatDatagram datagram = { .n_data = udpnat_random_below (&net->random, 1201) };

      udpnat_random_fill (&net->random, datagram.data, datagram.n_data);
      datagram.data[0] = (guint8) udpnat_random_below (&net->random, 16);
      if (i % 2 == 0) /* a real one with a wrong byte */
        {
          const NetPacket *seen = g_ptr_array_index (net->seen, udpnat_random_below (
                                                       &net->random, net->seen->len));

          datagram = seen->datagram;
          datagram.data[udpnat_random_below (&net->random, (guint32) datagram.n_data)] ^=
            (guint8) (1 + udpnat_random_below (&net->random, 255));
        }
      net_give (bob, from, &datagram);
      net->now_us += 500;
    }
  net_run (net, UDPNAT_SEC (20));
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (20));
  net_check_numbers (bob, 2);
}

/* ---- UNKNOWN ---- */

/* The index by which @from last spoke to @to directly. */
static guint32
sniff_index (const Net           *net,
             const UdpnatAddress *from,
             const UdpnatAddress *to)
{
  for (guint i = net->seen->len; i-- > 0;)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);
      UdpnatDataView view;

      if (udpnat_address_equal (&packet->from, from) && udpnat_address_equal (&packet->to, to) &&
          udpnat_data_parse (&view, packet->datagram.data, packet->datagram.n_data))
        return view.receiver_index;
    }
  g_assert_not_reached ();
}

static void
give_unknown (NetUser *to,
              guint32  index)
{
  UdpnatDatagram datagram;
  UdpnatWriter writer;

  udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
  udpnat_unknown_write (&writer, index);
  datagram.n_data = writer.n_written;
  net_give (to, SOMEWHERE, &datagram);
}

static void
test_unknown_flood (void)
{
  g_autoptr (Net) net = net_new (9);
  NetUser *alice;
  NetUser *bob;
  guint n_said = 0;

  g_test_summary ("Forged UNKNOWN for ten seconds, one each millisecond, with the right index");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", n_said++, 1);
  net_run (net, UDPNAT_SEC (5));
  alice->n_handshakes = 0;
  for (guint i = 0; i < 10000; i++)
    {
      give_unknown (alice, sniff_index (net, &alice->address, &bob->address));
      if (i % 500 == 0)
        net_say_numbers (alice, "bob", n_said++, 1);
      net_run (net, UDPNAT_MSEC (1));
    }
  g_test_message ("%u handshakes", alice->n_handshakes);
  g_assert_cmpuint (alice->n_handshakes, <=, 11);
  g_assert_cmpuint (alice->n_handshakes, >, 0); /* else the indexes were wrong */
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, n_said);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, n_said);
}

static void
test_unknown_of_other_index (void)
{
  g_autoptr (Net) net = net_new (10);
  NetUser *alice;
  NetUser *bob;
  guint32 index;

  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (5));
  index = sniff_index (net, &alice->address, &bob->address);
  alice->n_handshakes = 0;
  for (guint bit = 0; bit < 32; bit++)
    give_unknown (alice, index ^ (1u << bit));
  give_unknown (alice, 0);
  give_unknown (alice, sniff_index (net, &bob->address, &alice->address)); /* her own */
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->n_handshakes, ==, 0);
}

static void
test_unknown_helps (void)
{
  g_autoptr (Net) net = net_new (11);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("What it is for: bob has forgotten the session, and says so");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (5));
  net_kill_user (bob);
  net_start_user (bob); /* not even connected to the server */
  net_kill_server (net);
  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (1));
  net_check_numbers (bob, 2);
}

static void
test_unknown_is_limited (void)
{
  g_autoptr (Net) net = net_new (12);
  UdpnatDatagram datagram = { .n_data = 100, .data = { UDPNAT_PACKET_DATA } };
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("While the server cannot be reached; else they go through it");
  net_join_two (net, &alice, &bob);
  net_kill_user (bob);
  net_start_user (bob);
  for (guint i = 0; i < 1000; i++)
    {
      datagram.data[7] = (guint8) i;
      net_give (bob, SOMEWHERE, &datagram);
    }
  net_run (net, UDPNAT_MSEC (20));
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_UNKNOWN], ==, UDPNAT_UNKNOWN_PER_SECOND);
  g_assert_cmpuint (net->last_stray.n_data, ==, 8);
}

/* ---- Many who call ---- */

static void
test_callers_need_cookies (void)
{
  g_autoptr (Net) net = net_new (13);
  g_autoptr (UdpnatIdentity) late = NULL;
  guint8 cookie[UDPNAT_COOKIE_BYTES];
  UdpnatCookieView view;
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_kill_server (net);
  net_run (net, UDPNAT_SEC (180)); /* until a new handshake is due, and lost */
  late = make_friend (bob);
  for (guint i = 0; i < UDPNAT_NODE_HANDSHAKES_PER_SECOND; i++)
    {
      g_autoptr (UdpnatIdentity) friend = make_friend (bob);

      net_make_hs1 (net, friend, bob, get_wall (net), NULL, &hs1);
      g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
    }
  net_make_hs1 (net, late, bob, get_wall (net), NULL, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_REFUSED);
  net_run (net, NET_DELAY_US);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_HS2], ==, UDPNAT_NODE_HANDSHAKES_PER_SECOND);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_COOKIE], ==, 1);

  /* Whoever gets the cookie has the address. */
  g_assert_true (udpnat_cookie_packet_parse (&view, net->last_stray.data,
                                             net->last_stray.n_data));
  g_assert_true (udpnat_cookie_open (net_key (bob), view.nonce,
                                     udpnat_hs1_get_mac1 (hs1.data, hs1.n_data), view.sealed,
                                     cookie));
  udpnat_hs1_set_mac2 (hs1.data, hs1.n_data, cookie);
  g_assert_cmpint (net_give (bob, net_address (201, 4000), &hs1), ==, UDPNAT_RX_REFUSED);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
}

static void
test_no_cookie_beside_server (void)
{
  g_autoptr (Net) net = net_new (15);
  UdpnatDatagram hs1;
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  for (guint i = 0; i < UDPNAT_NODE_HANDSHAKES_PER_SECOND + 10; i++)
    {
      g_autoptr (UdpnatIdentity) nobody = make_friend (bob);

      net_make_hs1 (net, nobody, bob, get_wall (net), NULL, &hs1);
      net_give (bob, SOMEWHERE, &hs1);
    }
  net_run (net, NET_DELAY_US);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_HS2], ==, UDPNAT_NODE_HANDSHAKES_PER_SECOND);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_COOKIE], ==, 0);
}

static void
test_flood_of_callers (void)
{
  g_autoptr (Net) net = net_new (14);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("3,000 direct handshakes of 3,000 contacts in three seconds, while alice and bob "
                  "talk");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (3));
  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (UdpnatIdentity) friend = make_friend (bob);
      UdpnatDatagram hs1;

      net_make_hs1 (net, friend, bob, get_wall (net), NULL, &hs1);
      net_give (bob, SOMEWHERE, &hs1);
      if (i % 100 == 0)
        net_say_numbers (alice, "bob", 1 + i / 100, 1);
      net_run (net, UDPNAT_MSEC (1));
    }
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (bob, 31);
  g_assert_cmpuint (net->n_stray[UDPNAT_PACKET_HS2], <=, 50 * 4 * 3); /* with repetitions */
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_TIMESTAMP], <=, 50 * 4 + 10);
}

static gboolean
has_conversation (const NetUser         *user,
                  const UdpnatPublicKey *with)
{
  UdpnatNodePath path;

  return udpnat_node_get_path (user->node, with, &path);
}

static void
test_strangers_make_room (void)
{
  g_autoptr (Net) net = net_new (19);
  g_autofree UdpnatPublicKey *keys = g_new (UdpnatPublicKey, UDPNAT_NODE_STRANGERS_MAX + 1);
  UdpnatDatagram first;
  Curious carol;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Beyond 256 conversations with strangers the oldest one goes, and only for "
                  "somebody new: not for what was sent before");
  net_join_two (net, &alice, &bob);
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  net_say_numbers (bob, "alice", 0, 1); /* older than all of them, but no stranger */
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i <= UDPNAT_NODE_STRANGERS_MAX; i++)
    {
      g_autoptr (UdpnatIdentity) stranger = udpnat_identity_generate (&net->random);
      UdpnatDatagram hs1;

      keys[i] = *udpnat_identity_get_public_key (stranger);
      net_make_hs1_within (net, stranger, bob, get_wall (net), NULL, NET_DIALLED_HS1_MAX_BYTES,
                           &hs1);
      if (i == 0)
        first = hs1;
      g_assert_true (i == 0 || has_conversation (bob, &keys[0]));
      curious_dial (&carol, bob, &hs1);
      curious_run (&carol, UDPNAT_MSEC (40)); /* no more than 50 a second are answered */
      g_assert_true (has_conversation (bob, &keys[i]));
    }
  g_assert_false (has_conversation (bob, &keys[0]));
  for (guint i = 0; i < 10; i++)
    {
      curious_dial (&carol, bob, &first);
      curious_run (&carol, UDPNAT_MSEC (40));
    }
  for (guint i = 1; i <= UDPNAT_NODE_STRANGERS_MAX; i++)
    g_assert_true (has_conversation (bob, &keys[i]));
  g_assert_true (has_conversation (bob, net_key (alice)));
  curious_clear (&carol);
}

static void
test_strangers_beyond_all (void)
{
  g_autoptr (Net) net = net_new (15);
  g_autoptr (UdpnatIdentity) stranger = udpnat_identity_generate (&net->random);
  g_autoptr (GByteArray) text = make_text (net, "hello");
  UdpnatDatagram hs1;
  Curious carol;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A node that knows as many people as it may answers those, and nobody else");
  net_join_two (net, &alice, &bob);
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  for (guint i = 0; i < UDPNAT_PEERS_MAX; i++)
    {
      UdpnatPublicKey key;

      udpnat_random_fill (&net->random, key.bytes, sizeof key.bytes);
      udpnat_node_restore_contact (bob->node, &key, NULL, UDPNAT_TRUST_STRANGER, NULL);
    }
  net_make_hs1_within (net, stranger, bob, get_wall (net), text, NET_DIALLED_HS1_MAX_BYTES, &hs1);
  curious_dial (&carol, bob, &hs1);
  curious_run (&carol, UDPNAT_MSEC (200));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_TIMESTAMP], <=, 1); /* her own */
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (2));
  net_check_numbers (bob, 1);
  curious_clear (&carol);
}

/* ---- Addresses that somebody else names ---- */

/* How many packets have been sent to bystanders */
static guint
count_to_bystanders (const Net *net)
{
  guint n_found = 0;

  for (guint i = 0; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      n_found += packet->to.port == BYSTANDER_PORT;
    }
  return n_found;
}

/* An HS1 of @from that names as many bystanders as it may, others for each @number */
static void
name_bystanders (Net                  *net,
                 const UdpnatIdentity *from,
                 const NetUser        *to,
                 guint                 number,
                 UdpnatDatagram       *out)
{
  UdpnatCandidates candidates = { .generation = 1, .n_candidates = UDPNAT_CANDIDATES_MAX };
  g_autoptr (GByteArray) message = g_byte_array_new ();

  for (guint i = 0; i < candidates.n_candidates; i++)
    {
      const guint8 ip[4] = { 203, 0, (guint8) (number >> 4), (guint8) (number << 4 | i) };

      candidates.candidates[i].kind = UDPNAT_CANDIDATE_REFLEXIVE;
      udpnat_address_init_ipv4 (&candidates.candidates[i].address, ip, BYSTANDER_PORT);
    }
  udpnat_write_candidates (message, &candidates);
  net_make_hs1_saying (net, from, to, get_wall (net), UDPNAT_STREAM_CONTROL, message,
                       NET_DIALLED_HS1_MAX_BYTES, out);
}

static void
test_named_by_a_recording (void)
{
  g_autoptr (Net) net = net_new (18);
  g_autoptr (UdpnatIdentity) friend = NULL;
  UdpnatDatagram hs1;
  Curious carol;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A handshake that comes directly may have been recorded and held back: what it "
                  "names is not tried before something sealed has come. By the server it is");
  net_join_two (net, &alice, &bob);
  friend = make_friend (bob);
  name_bystanders (net, friend, bob, 0, &hs1);
  g_assert_cmpint (net_give (bob, SOMEWHERE, &hs1), ==, UDPNAT_RX_OK);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (count_to_bystanders (net), ==, 0);

  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  g_clear_pointer (&friend, udpnat_identity_free);
  friend = make_friend (bob);
  name_bystanders (net, friend, bob, 0, &hs1);
  curious_dial (&carol, bob, &hs1);
  curious_run (&carol, UDPNAT_SEC (10));
  g_assert_cmpuint (count_to_bystanders (net), >, 0);
  curious_clear (&carol);
}

static void
test_named_by_many (void)
{
  g_autoptr (Net) net = net_new (19);
  guint most = UDPNAT_NODE_PUNCH_BURST + 3 * UDPNAT_NODE_PUNCHES_PER_SECOND;
  UdpnatDatagram hs1;
  Curious carol;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("However many friends name bystanders, these get no more than one purse pays "
                  "for");
  net_join_two (net, &alice, &bob);
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  for (guint i = 0; i < 40; i++)
    {
      g_autoptr (UdpnatIdentity) friend = make_friend (bob);

      name_bystanders (net, friend, bob, i, &hs1);
      curious_dial (&carol, bob, &hs1);
      curious_run (&carol, UDPNAT_MSEC (40)); /* no more than 50 a second are answered */
    }
  curious_run (&carol, UDPNAT_MSEC (1400)); /* three seconds in all */
  g_assert_cmpuint (count_to_bystanders (net), >, UDPNAT_NODE_PUNCH_BURST);
  g_assert_cmpuint (count_to_bystanders (net), <=, most);
  curious_clear (&carol);
}

/* ---- Relay only ---- */

static void
check_path (const NetUser    *user,
            const NetUser    *with,
            UdpnatPathReason  reason)
{
  UdpnatNodePath path;

  g_assert_true (udpnat_node_get_path (user->node, net_key (with), &path));
  g_assert_cmpint (path.kind, ==, UDPNAT_PATH_KIND_RELAY);
  g_assert_cmpint (path.reason, ==, reason);
}

static void
talk_for_a_while (Net     *net,
                  NetUser *alice,
                  NetUser *bob,
                  guint    first,
                  guint    n_messages)
{
  for (guint i = first; i < first + n_messages; i++)
    {
      net_say_numbers (alice, "bob", i, 1);
      net_say_numbers (bob, "alice", i, 1);
      net_run (net, UDPNAT_SEC (20));
      g_assert_cmpuint (alice->received->len, ==, i + 1);
      g_assert_cmpuint (bob->received->len, ==, i + 1);
    }
}

/* Has anything that @from sent, to whomever, the address of @whose in it? */
static gboolean
is_address_on_wire (const Net     *net,
                    const NetUser *whose)
{
  for (guint i = 0; i < net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (net->seen, i);

      if (udpnat_address_equal (&packet->to, &whose->address) &&
          !udpnat_address_equal (&packet->from, &net->server_address))
        return TRUE;
    }
  return FALSE;
}

static void
test_relay_only (void)
{
  g_autoptr (Net) net = net_new (16);
  NetUser *alice = net_add_user (net);
  NetUser *bob = net_join (net, "bob");

  g_test_summary ("For ten minutes, over new keys and a restart of the server: nobody sends "
                  "directly, and bob never learns where alice is");
  net_start_user (alice);
  udpnat_node_set_relay_only (alice->node, net->now_us, TRUE);
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (4));
  talk_for_a_while (net, alice, bob, 0, 15);
  net_kill_server (net);
  net_run (net, UDPNAT_SEC (2));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (10));
  talk_for_a_while (net, alice, bob, 15, 15);
  g_assert_cmpuint (alice->n_direct, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0);
  g_assert_false (is_address_on_wire (net, alice));
  check_path (alice, bob, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
  check_path (bob, alice, UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
}

/* @is_calling: carol calls alice, who has accepted her, and reads the answer; else alice calls
 * carol. */
static void
check_told_addresses (gboolean is_relay_only,
                      gboolean is_calling)
{
  g_autoptr (Net) net = net_new (30);
  NetUser *alice = net_add_user (net);
  Curious carol;

  net_start_user (alice);
  udpnat_node_set_relay_only (alice->node, net->now_us, is_relay_only);
  net_log_in (alice, "alice");
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  g_assert_true (udpnat_rendezvous_client_is_registered (carol.client));
  g_assert_true (udpnat_node_is_registered (alice->node));
  net_accept (alice, udpnat_identity_get_public_key (carol.identity));
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
  check_told_addresses (TRUE, FALSE);
  check_told_addresses (TRUE, TRUE);
  check_told_addresses (FALSE, FALSE);
  check_told_addresses (FALSE, TRUE);
}

static void
test_relay_only_called_directly (void)
{
  g_autoptr (Net) net = net_new (17);
  UdpnatDatagram hs1;
  UdpnatDatagram data = { .n_data = 100, .data = { UDPNAT_PACKET_DATA } };
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Whoever knocks at her address is not answered from there, be it a contact");
  net_join_two (net, &alice, &bob);
  udpnat_node_set_relay_only (alice->node, net->now_us, TRUE);
  net_turn (net);
  alice->n_direct = 0;
  net_give (alice, SOMEWHERE, &data);
  for (guint i = 0; i < 2 * UDPNAT_NODE_HANDSHAKES_PER_SECOND; i++)
    {
      g_autoptr (UdpnatIdentity) friend = make_friend (alice);

      net_make_hs1 (net, friend, alice, get_wall (net), NULL, &hs1);
      net_give (alice, SOMEWHERE, &hs1);
    }
  net_accept (alice, net_key (bob));
  net_make_hs1 (net, bob->identity, alice, get_wall (net), NULL, &hs1);
  net_give (alice, bob->address, &hs1);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->n_direct, ==, 0);
}

static void
test_foreign_data (void)
{
  g_autoptr (Net) net = net_new (23);
  UdpnatDatagram data = { .n_data = 100, .data = { UDPNAT_PACKET_DATA } };
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Whoever guesses an address is not told that somebody is there");
  net_join_two (net, &alice, &bob);
  net_turn (net);
  alice->n_direct = 0;
  net_give (alice, SOMEWHERE, &data);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->n_direct, ==, 0);
}

static void
test_relay_only_switched (void)
{
  g_autoptr (Net) net = net_new (18);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Chosen while there is a direct path: no direct packet from then on");
  net_join_two (net, &alice, &bob);
  talk_for_a_while (net, alice, bob, 0, 1);
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_cmpint (bob->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);

  alice->n_direct = 0;
  udpnat_node_set_relay_only (alice->node, net->now_us, TRUE);
  net_say_numbers (alice, "bob", 1, 1);
  net_say_numbers (bob, "alice", 1, 1);
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (alice, 2);
  net_check_numbers (bob, 2);
  bob->n_direct = 0; /* he has been told by now */
  talk_for_a_while (net, alice, bob, 2, 10);
  g_assert_cmpuint (alice->n_direct, ==, 0);
  g_assert_cmpuint (bob->n_direct, ==, 0);

  restart (bob, "bob"); /* a new handshake, of somebody who knew her address */
  net_run (net, UDPNAT_SEC (5));
  talk_for_a_while (net, alice, bob, 12, 2);
  g_assert_cmpuint (alice->n_direct, ==, 0);

  udpnat_node_set_relay_only (alice->node, net->now_us, FALSE);
  talk_for_a_while (net, alice, bob, 14, 5);
  g_assert_cmpint (alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
}

/* The server is real, but for what it answers to the first questions: asked for whomever it names
 * dave. */
static void
answer_dave (Net                  *net,
             NetUser              *user,
             const UdpnatIdentity *dave)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (net->server, net_key (user));
  UdpnatDirectoryEntry  entry = { .name = (char *) "dave" };

  memcpy (entry.key, udpnat_identity_get_public_key (dave)->bytes, sizeof entry.key);
  g_assert_nonnull (identity);
  for (guint32 request = 0; request < 16; request++)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();
      guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES];
      UdpnatWriter writer;

      udpnat_write_lookup_result (message, request, UDPNAT_LOOKUP_FOUND, &entry);
      udpnat_writer_init (&writer, frames, sizeof frames);
      g_assert_true (udpnat_frame_write_message (&writer, message));
      g_assert_true (udpnat_server_identity_send_frames (identity, net->server, net->now_us,
                                                         frames, writer.n_written));
    }
}

static void
test_other_answer (void)
{
  g_autoptr (Net) net = net_new (24);
  g_autoptr (UdpnatIdentity) dave = udpnat_identity_generate (&net->random);
  NetUser *alice;

  g_test_summary ("A server that answers about somebody else than was asked for has not answered");
  alice = net_join (net, "alice");
  net_run (net, UDPNAT_SEC (1));
  net_say (alice, "carol", "for carol only");
  answer_dave (net, alice, dave);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->n_failed, ==, 1);
  g_assert_cmpstr (alice->failed_code, ==, "unknown-peer");
}

#define ADD(path, function) g_test_add_func ("/node-abuse/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("replay/while-session-lives", test_replay_while_session_lives);
  ADD ("replay/after-session-and-restart", test_replay_after_session);
  ADD ("replay/old-timestamp-is-ignored", test_old_timestamp);
  ADD ("replay/old-timestamp-ends-no-session", test_old_timestamp_hurts_nobody);
  ADD ("replay/everything-again-delivers-nothing", test_replay_everything);
  ADD ("replay/new-handshake-old-message", test_message_repeated_in_new_handshake);
  ADD ("input/wrong-hs1-is-not-answered", test_wrong_hs1);
  ADD ("input/random-datagrams", test_random_datagrams);
  ADD ("unknown/one-handshake-a-second", test_unknown_flood);
  ADD ("unknown/other-index-is-nothing", test_unknown_of_other_index);
  ADD ("unknown/tells-of-a-lost-session", test_unknown_helps);
  ADD ("unknown/sent-20-a-second", test_unknown_is_limited);
  ADD ("unknown/not-told-beside-a-server", test_foreign_data);
  ADD ("caller/beyond-50-a-second-cookies", test_callers_need_cookies);
  ADD ("caller/no-cookie-beside-a-server", test_no_cookie_beside_server);
  ADD ("caller/flood-disturbs-nobody", test_flood_of_callers);
  ADD ("stranger/oldest-of-256-makes-room", test_strangers_make_room);
  ADD ("stranger/beyond-100000-nobody", test_strangers_beyond_all);
  ADD ("bystander/named-by-a-recording", test_named_by_a_recording);
  ADD ("bystander/named-by-many", test_named_by_many);
  ADD ("server/answers-about-somebody-else", test_other_answer);
  ADD ("relay-only/never-direct", test_relay_only);
  ADD ("relay-only/no-address-in-handshakes", test_relay_only_tells_nothing);
  ADD ("relay-only/knocking-is-not-answered", test_relay_only_called_directly);
  ADD ("relay-only/switched-on-and-off", test_relay_only_switched);

  return g_test_run ();
}
