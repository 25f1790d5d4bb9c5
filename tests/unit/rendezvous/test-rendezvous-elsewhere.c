#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-server-fleet.h"

/* Presence of people whose home is another server of the fleet (PROTOCOL.md section 20). The
 * directory is what a test says that it is. */

typedef struct
{
  Net               *net;
  UdpnatServerAnswer bob;
  guint              n_asked;
} Directory;

static const UdpnatPublicKey node_key = { { 1, 2, 3 } };
static const UdpnatPublicKey bob_key = { { 4, 5, 6 } };

static gboolean
take_event (gpointer                 user_data,
            const UdpnatServerEvent *event)
{
  Directory *self = user_data;
  UdpnatServerAnswer answer = { .result = UDPNAT_SERVER_ANSWER_FOUND, .key = event->key };

  if (event->base.type != UDPNAT_SERVER_EVENT_ASK_PRESENCE)
    return FALSE;
  self->n_asked++;
  if (udpnat_public_key_equal (&event->key, &bob_key))
    answer = self->bob;
  udpnat_rendezvous_server_note_presence (self->net->server, self->net->now_us, &answer);
  return TRUE;
}

static void
set_node (Net     *net,
          gboolean is_alive)
{
  const UdpnatServerNode node = { node_key, "192.0.2.77:8848", 0 };

  udpnat_rendezvous_server_set_nodes (net->server, net->now_us, &node, is_alive ? 1 : 0);
}

static void
set_bob (Directory *self,
         gboolean   has_home,
         gboolean   is_shown)
{
  self->bob.has_home = has_home;
  self->bob.is_shown = is_shown;
  udpnat_rendezvous_server_note_changed (self->net->server, self->net->now_us, &bob_key);
  net_run (self->net, UDPNAT_SEC (1));
}

static Net *
make (guint64    seed,
      Directory *directory)
{
  Net *net = net_new (seed);

  *directory = (Directory) {
    .net = net,
    .bob = { UDPNAT_SERVER_ANSWER_FOUND, bob_key, "Bob", FALSE, node_key, FALSE, FALSE },
  };
  net->take_server_event = take_event;
  net->server_event_data = directory;
  udpnat_rendezvous_server_join_fleet (net->server, UDPNAT_FLEET_WATCH_S);
  udpnat_rendezvous_server_set_directory (net->server, TRUE);
  set_node (net, TRUE);
  return net;
}

/* Alice, who watches Bob. */
static NetClient *
join (Net *net)
{
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_watch_key (alice->client, &bob_key, TRUE);
  net_run (net, UDPNAT_SEC (1));
  return alice;
}

static void
test_told (void)
{
  Directory directory;
  g_autoptr (Net) net = make (1, &directory);
  NetClient *alice = join (net);

  g_assert_cmpuint (directory.n_asked, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  set_bob (&directory, TRUE, TRUE);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, 0); /* dialled by key */
  set_bob (&directory, FALSE, FALSE);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 2);
}

static void
test_known_at_once (void)
{
  Directory directory;
  g_autoptr (Net) net = make (2, &directory);
  NetClient *alice;

  directory.bob.has_home = directory.bob.is_shown = TRUE;
  alice = join (net);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
}

/* Who does not want to be listed is not to be watched, either. */
static void
test_hidden (void)
{
  Directory directory;
  g_autoptr (Net) net = make (3, &directory);
  NetClient *alice = join (net);

  set_bob (&directory, TRUE, FALSE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  set_bob (&directory, TRUE, TRUE);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
  set_bob (&directory, TRUE, FALSE);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
}

/* With their server people are gone, and with it they are back. */
static void
test_dead_node (void)
{
  Directory directory;
  g_autoptr (Net) net = make (4, &directory);
  NetClient *alice = join (net);

  set_bob (&directory, TRUE, TRUE);
  set_node (net, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  set_node (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
}

/* A change that was not heard of is found out all the same. */
static void
test_missed_change (void)
{
  Directory directory;
  g_autoptr (Net) net = make (5, &directory);
  NetClient *alice = join (net);

  directory.bob.has_home = directory.bob.is_shown = TRUE;
  net_run (net, UDPNAT_FLEET_PRESENCE_TURN_TICKS * UDPNAT_FLEET_PRESENCE_TICK_US);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
}

static void
test_silent_directory (void)
{
  Directory directory;
  g_autoptr (Net) net = make (6, &directory);
  NetClient *alice = join (net);
  guint n_asked;

  set_bob (&directory, TRUE, TRUE);
  directory.bob.result = UDPNAT_SERVER_ANSWER_LATER;
  set_bob (&directory, FALSE, FALSE);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_ONLINE);
  udpnat_rendezvous_server_set_directory (net->server, FALSE);
  n_asked = directory.n_asked;
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (directory.n_asked, ==, n_asked);
}

/* Nobody is asked for whom nobody here watches, or who is here. */
static void
test_only_watched (void)
{
  Directory directory;
  g_autoptr (Net) net = make (7, &directory);
  NetClient *alice = join (net);
  NetClient *carol = net_join (net, "Carol");
  guint n_asked;

  udpnat_rendezvous_client_watch_key (alice->client,
                                      udpnat_identity_get_public_key (carol->identity), TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Carol"), ==, carol->handle);
  udpnat_rendezvous_client_watch_key (alice->client, &bob_key, FALSE);
  net_run (net, UDPNAT_SEC (1));
  n_asked = directory.n_asked;
  set_bob (&directory, TRUE, TRUE);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (directory.n_asked, ==, n_asked);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 1);
}

/* So many in a tick, and no more. */
static void
test_bounded (void)
{
  Directory directory;
  g_autoptr (Net) net = make (8, &directory);
  NetClient *alice = net_join (net, "Alice");
  guint n_asked;

  for (guint i = 0; i < 1000; i++)
    {
      const UdpnatPublicKey key = { { 7, (guint8) (i / 256), (guint8) i } };

      udpnat_rendezvous_client_watch_key (alice->client, &key, TRUE);
    }
  net_run (net, UDPNAT_MSEC (250));
  g_assert_cmpuint (directory.n_asked, <=, 4 * (UDPNAT_FLEET_PRESENCE_PER_TICK + 4));
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (directory.n_asked, >=, 1000);
  n_asked = directory.n_asked;
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (directory.n_asked - n_asked, >=, 1000);
  g_assert_cmpuint (directory.n_asked - n_asked, <=, 1300);
}

/* The list of one server alone would be half the truth. */
static void
test_no_whole_list (void)
{
  Directory directory;
  g_autoptr (Net) net = make (9, &directory);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIRECTORY], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 0);
}

/* Everybody hears of a server that has come, or gone. */
static void
test_nodes_are_told (void)
{
  Directory directory;
  g_autoptr (Net) net = make (10, &directory);
  NetClient *alice = net_join (net, "Alice");
  guint n_told;

  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  n_told = alice->counts[UDPNAT_RENDEZVOUS_EVENT_NODE];
  set_node (net, TRUE); /* as it was */
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NODE], ==, n_told);
  set_node (net, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NODE], ==, n_told + 1);
  set_node (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NODE], ==, n_told + 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-elsewhere/told-of-coming-and-going", test_told);
  g_test_add_func ("/rendezvous-elsewhere/who-is-there-is-told-at-once", test_known_at_once);
  g_test_add_func ("/rendezvous-elsewhere/who-is-not-listed-is-not-told", test_hidden);
  g_test_add_func ("/rendezvous-elsewhere/gone-with-their-server", test_dead_node);
  g_test_add_func ("/rendezvous-elsewhere/a-missed-change-is-found", test_missed_change);
  g_test_add_func ("/rendezvous-elsewhere/what-was-known-holds-in-silence", test_silent_directory);
  g_test_add_func ("/rendezvous-elsewhere/only-who-is-watched-is-asked-for", test_only_watched);
  g_test_add_func ("/rendezvous-elsewhere/so-many-questions-and-no-more", test_bounded);
  g_test_add_func ("/rendezvous-elsewhere/no-whole-list-in-a-fleet", test_no_whole_list);
  g_test_add_func ("/rendezvous-elsewhere/all-hear-of-new-servers", test_nodes_are_told);
  return g_test_run ();
}
