/* Who is there, at a server that tells the directory in pages or not at all (PROTOCOL.md section
 * 7): contacts are watched, others are looked at. */

#include "config.h"

#include "node-net.h"

#include "udpnat-directory-kind.h"
#include "udpnat-node-browse.h"
#include "udpnat-presence.h"

/* What the last PEER event of a name said. */
typedef struct
{
  GHashTable *presence; /* name -> 1 + presence */
  guint       n_forgotten;
} Seen;

static Seen seen;

static void
note_peer (NetUser               *user,
           const UdpnatNodeEvent *event)
{
  if (event->base.type != UDPNAT_NODE_EVENT_PEER || event->name == NULL)
    return;
  seen.n_forgotten += event->is_forgotten ? 1 : 0;
  if (event->is_forgotten)
    g_hash_table_remove (seen.presence, event->name);
  else
    g_hash_table_replace (seen.presence, g_strdup (event->name),
                          GUINT_TO_POINTER (1u + event->presence));
}

static void
follow (NetUser *user)
{
  g_clear_pointer (&seen.presence, g_hash_table_unref);
  seen = (Seen) { g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), 0 };
  user->on_event = note_peer;
}

static gboolean
is_seen (const char *name,
         guint8      presence)
{
  return g_hash_table_lookup (seen.presence, name) == GUINT_TO_POINTER (1u + presence);
}

static void
restart_server (Net                 *net,
                UdpnatDirectoryKind  directory)
{
  net_kill_server (net);
  net->directory = directory;
  net_start_server (net);
}

static UdpnatRendezvousServerStats
get_stats (const Net *net)
{
  UdpnatRendezvousServerStats stats;

  udpnat_rendezvous_server_get_stats (net->server, &stats);
  return stats;
}

/* Alice, who has Bob for a contact; Bob and Carol, at a server of this kind. */
static Net *
meet (guint64              seed,
      UdpnatDirectoryKind  directory)
{
  Net *net = net_new (seed);
  NetUser *alice = net_add_user (net);
  NetUser *bob = net_add_user (net);

  restart_server (net, directory);
  net_start_user (alice);
  net_start_user (bob);
  net_accept (alice, net_key (bob));
  follow (alice);
  net_log_in (alice, "alice");
  net_log_in (bob, "bob");
  net_join (net, "carol");
  net_run (net, UDPNAT_SEC (2));
  return net;
}

static void
leave (Net     *net,
       NetUser *user)
{
  udpnat_node_leave (user->node, net->now_us);
  net_run (net, UDPNAT_SEC (1));
}

/* Of contacts one is told, and of nobody else; and the server learns whom one has for a contact
 * only where it does not tell of everybody. */
static void
test_contacts (void)
{
  g_autoptr (Net) net = meet (1, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0], *bob = &net->users[1], *carol = &net->users[2];

  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_PAGED);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_LIST_END], ==, 1);
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_ONLINE));
  g_assert_false (g_hash_table_contains (seen.presence, "carol"));
  g_assert_cmpuint (get_stats (net).watches, ==, 1);
  leave (net, bob);
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_OFFLINE));
  net_accept (alice, net_key (carol)); /* while connected */
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  net_set_trust (alice, net_key (carol), UDPNAT_TRUST_BLOCKED);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (get_stats (net).watches, ==, 1);
}

static void
test_small_server (void)
{
  g_autoptr (Net) net = meet (2, UDPNAT_DIRECTORY_WHOLE);
  NetUser *alice = &net->users[0];

  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_WHOLE);
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  g_assert_cmpuint (get_stats (net).watches, ==, 0);
  udpnat_node_browse (alice->node, net->now_us, "", 100); /* there is nothing to look for */
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (get_stats (net).pages, ==, 0);
  /* It comes back as one that does not tell of everybody, and then as it was. */
  restart_server (net, UDPNAT_DIRECTORY_PAGED);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (get_stats (net).watches, ==, 1);
  g_assert_cmpuint (get_stats (net).pages, >, 0);
  restart_server (net, UDPNAT_DIRECTORY_WHOLE);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_WHOLE);
  g_assert_cmpuint (get_stats (net).watches, ==, 0);
}

/* Another server is not told whom one knew at the one before. */
static void
test_other_server (void)
{
  g_autoptr (Net) net = meet (3, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0];

  restart_server (net, UDPNAT_DIRECTORY_WHOLE);
  net_log_in (alice, "alice");
  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_UNKNOWN);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_WHOLE);
  g_assert_cmpuint (get_stats (net).watched_told, ==, 0);
}

/* Whoever is looked at is kept up to date, and forgotten some time after one has looked away. */
static void
test_browse (void)
{
  g_autoptr (Net) net = meet (4, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0], *carol = &net->users[2];
  gboolean has_more;

  udpnat_node_browse (alice->node, net->now_us, "", 100);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_LIST_END], ==, 2);
  g_assert_cmpuint (udpnat_node_get_directory (alice->node, &has_more), ==,
                    UDPNAT_DIRECTORY_PAGED);
  g_assert_false (has_more);
  leave (net, carol);
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  net_run (net, UDPNAT_BROWSE_REFRESH_US);
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_OFFLINE));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_LIST_END], ==, 3);
  udpnat_node_stop_browsing (alice->node, net->now_us);
  net_run (net, UDPNAT_BROWSE_LINGER_US - UDPNAT_SEC (1));
  g_assert_cmpuint (seen.n_forgotten, ==, 0);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (seen.n_forgotten, ==, 1);
  g_assert_false (g_hash_table_contains (seen.presence, "carol"));
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_ONLINE));
  g_assert_cmpuint (get_stats (net).pages, ==, 2);
}

static void
test_search (void)
{
  g_autoptr (Net) net = meet (5, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0];

  net_join (net, "Carla");
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_browse (alice->node, net->now_us, "CAR", 50);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  g_assert_true (is_seen ("Carla", UDPNAT_PRESENCE_ONLINE));
  udpnat_node_browse (alice->node, net->now_us, "caro", 50);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  g_assert_false (g_hash_table_contains (seen.presence, "Carla")); /* not looked at any more */
  g_assert_cmpuint (seen.n_forgotten, ==, 1);
}

/* Whom one has found one can write to, and then they stay. */
static void
test_write (void)
{
  g_autoptr (Net) net = meet (6, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0], *carol = &net->users[2];

  udpnat_node_browse (alice->node, net->now_us, "", 50);
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_stop_browsing (alice->node, net->now_us);
  g_assert_true (net_say_to (alice, net_key (carol), "hello"));
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (carol->received->len, ==, 1);
  net_run (net, UDPNAT_BROWSE_LINGER_US + UDPNAT_SEC (1));
  g_assert_cmpuint (seen.n_forgotten, ==, 0);
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
}

static void
test_private (void)
{
  g_autoptr (Net) net = meet (7, UDPNAT_DIRECTORY_PRIVATE);
  NetUser *alice = &net->users[0], *carol = &net->users[2];

  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_PRIVATE);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_LIST_END], ==, 1);
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_ONLINE)); /* a contact all the same */
  udpnat_node_browse (alice->node, net->now_us, "", 50);
  net_run (net, UDPNAT_SEC (60));
  g_assert_false (g_hash_table_contains (seen.presence, "carol"));
  g_assert_cmpuint (get_stats (net).pages, ==, 0);
  net_say (alice, "carol", "hello"); /* by her exact name */
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (carol->received->len, ==, 1);
}

/* Whom one looked at before is not there any more when the server tells nobody. */
static void
test_becomes_private (void)
{
  g_autoptr (Net) net = meet (10, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0];

  udpnat_node_browse (alice->node, net->now_us, "", 50);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  restart_server (net, UDPNAT_DIRECTORY_PRIVATE);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (udpnat_node_get_directory (alice->node, NULL), ==, UDPNAT_DIRECTORY_PRIVATE);
  g_assert_false (g_hash_table_contains (seen.presence, "carol"));
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_ONLINE));
}

/* What was said of somebody when one asked is not believed for ever. */
static void
test_looked_up (void)
{
  g_autoptr (Net) net = meet (9, UDPNAT_DIRECTORY_PRIVATE);
  NetUser *alice = &net->users[0];

  g_assert_cmpuint (udpnat_node_look_up (alice->node, net->now_us, "carol"), !=, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_seen ("carol", UDPNAT_PRESENCE_ONLINE));
  net_run (net, UDPNAT_BROWSE_LINGER_US);
  g_assert_cmpuint (seen.n_forgotten, ==, 1);
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_ONLINE));
}

/* A server that is lost and comes back with nobody. */
static void
test_outage (void)
{
  g_autoptr (Net) net = meet (8, UDPNAT_DIRECTORY_PAGED);
  NetUser *alice = &net->users[0];

  net_kill_user (&net->users[1]);
  net_kill_user (&net->users[2]);
  restart_server (net, UDPNAT_DIRECTORY_PAGED);
  net_run (net, UDPNAT_SEC (120));
  g_assert_true (udpnat_node_is_registered (alice->node));
  g_assert_true (is_seen ("bob", UDPNAT_PRESENCE_OFFLINE));
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-directory/contacts/watched", test_contacts);
  g_test_add_func ("/node-directory/contacts/not-told-to-a-small-server", test_small_server);
  g_test_add_func ("/node-directory/contacts/not-told-to-another-server", test_other_server);
  g_test_add_func ("/node-directory/contacts/absent-after-an-outage", test_outage);
  g_test_add_func ("/node-directory/browse/kept-and-forgotten", test_browse);
  g_test_add_func ("/node-directory/browse/by-prefix", test_search);
  g_test_add_func ("/node-directory/browse/written-to", test_write);
  g_test_add_func ("/node-directory/private/from-now-on", test_becomes_private);
  g_test_add_func ("/node-directory/private/looked-up", test_looked_up);
  g_test_add_func ("/node-directory/private/contacts-and-exact-names", test_private);
  result = g_test_run ();
  g_clear_pointer (&seen.presence, g_hash_table_unref);
  return result;
}
