#include "config.h"

#include "rendezvous-net.h"
#include "udpnat-directory-message.h"

/* Presence of those whom a client watches (PROTOCOL.md section 7), over a client half and a server
 * half. */

static const UdpnatPublicKey *
get_key (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static void
watch (NetClient *client,
       NetClient *whom)
{
  udpnat_rendezvous_client_watch_key (client->client, get_key (whom), TRUE);
}

static void
leave (Net       *net,
       NetClient *client)
{
  udpnat_rendezvous_client_leave (client->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
}

/* Before and after the other has ever been there. */
static void
test_told (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_add_client (net);
  NetClient *bob = net_add_client (net);
  NetClient *carol = net_join (net, "Carol");

  watch (alice, bob);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_WATCHED], ==, 1);
  g_assert_cmpuint (alice->watched_code, ==, UDPNAT_WATCHED_ALL);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  net_join_client (net, bob, "Bob");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, bob->handle);
  udpnat_rendezvous_client_set_presence (bob->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_AWAY);
  leave (net, bob);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 3);
  watch (alice, carol); /* while the session is up */
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Carol"), ==, carol->handle);
}

static void
test_no_more (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");

  watch (alice, bob);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).watches, ==, 1);
  udpnat_rendezvous_client_watch_key (alice->client, get_key (bob), FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).watches, ==, 0);
  leave (net, bob);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 1);
}

/* Who does not want to be listed is not to be watched, either. */
static void
test_hidden (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *alice = net_join (net, "Alice");
  NetClient *ghost = net_add_client (net);

  watch (alice, ghost);
  udpnat_rendezvous_client_set_listed (ghost->client, net->now_us, FALSE);
  net_join_client (net, ghost, "Ghost");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  udpnat_rendezvous_client_set_listed (ghost->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Ghost"), ==, ghost->handle);
  udpnat_rendezvous_client_set_listed (ghost->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (net_listed_handle (alice, "Ghost"), ==, 0);
}

/* Whoever watches rests like everybody, and is told all the same; then rests again. */
static void
test_rest (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_add_client (net);
  NetClient *bob = net_add_client (net);
  guint n_connected;

  watch (alice, bob);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (60));
  n_connected = alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED];
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  g_assert_cmpuint (net_stats (net).watches, ==, 1);
  net_join_client (net, bob, "Bob");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, bob->handle);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net_stats (net).resting, ==, 2);
  leave (net, bob);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, n_connected);
}

/* Watches end with the session, and a client says them again in the next. */
static void
test_sessions (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");

  watch (alice, bob);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_server_free (g_steal_pointer (&net->server));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net_stats (net).watches, ==, 1);
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, bob->handle);
  leave (net, bob);
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_OFFLINE);
  leave (net, alice);
  g_assert_cmpuint (net_stats (net).watches, ==, 0);
}

/* The same identity in another program: its watches are that one's. */
static void
test_replaced (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  NetClient *again;

  watch (alice, bob);
  net_run (net, UDPNAT_SEC (1));
  again = net_add_client_with (net, alice->identity);
  net_join_client (net, again, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).watches, ==, 0);
}

#define N_CROWD 60
#define N_CONTACTS 10

/* Everybody logs in at once, and each watches ten of them: each is told ten times, a few more who
 * were there first and last, and never all of all. */
static void
test_storm (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *crowd[N_CROWD];
  UdpnatRendezvousServerStats stats;

  for (guint i = 0; i < N_CROWD; i++)
    crowd[i] = net_add_client (net);
  for (guint i = 0; i < N_CROWD; i++)
    for (guint j = 1; j <= N_CONTACTS; j++)
      watch (crowd[i], crowd[(i + j) % N_CROWD]);
  for (guint i = 0; i < N_CROWD; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      net_join_client (net, crowd[i], name);
    }
  net_run (net, UDPNAT_SEC (2));
  stats = net_stats (net);
  g_test_message ("%" G_GUINT64_FORMAT " told in %" G_GUINT64_FORMAT " datagrams",
                  stats.watched_told, stats.datagrams_out);
  for (guint i = 0; i < N_CROWD; i++)
    g_assert_cmpuint (g_hash_table_size (crowd[i]->directory), ==, N_CONTACTS);
  g_assert_cmpuint (stats.watches, ==, N_CROWD * N_CONTACTS);
  g_assert_cmpuint (stats.directory_bytes, <, N_CROWD * N_CONTACTS * 32 + N_CROWD * 64 + 8192);
  g_assert_cmpuint (stats.watched_told, >=, N_CROWD * N_CONTACTS);
  g_assert_cmpuint (stats.watched_told, <=, 2 * N_CROWD * N_CONTACTS);
  g_assert_cmpuint (stats.datagrams_out, <, 10 * N_CROWD);
}

/* Whoever does not acknowledge is told no more than a little ahead. */
static void
test_deaf (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");

  watch (alice, bob);
  net_run (net, UDPNAT_SEC (1));
  alice->is_cut = TRUE;
  for (guint i = 0; i < 40; i++)
    {
      udpnat_rendezvous_client_set_presence (bob->client, net->now_us,
                                             i % 2 ? UDPNAT_PRESENCE_ONLINE
                                                   : UDPNAT_PRESENCE_AWAY);
      net_run (net, UDPNAT_SEC (1));
    }
  udpnat_rendezvous_client_set_presence (bob->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (alice->presence, ==, UDPNAT_PRESENCE_AWAY);
}

/* Loses the server, and finds it again, which has the same session still. */
static void
reconnect (Net       *net,
           NetClient *client)
{
  client->is_cut = TRUE;
  udpnat_rendezvous_client_note_conversation (client->client, net->now_us);
  net_run (net, UDPNAT_SEC (8));
  client->is_cut = FALSE;
  client->counts[UDPNAT_RENDEZVOUS_EVENT_PEER] = 0;
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (client->is_continued);
}

/* Said too often it changes nothing, is told once more, and comes again by itself. */
static void
test_rate (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  UdpnatPublicKey key = { { 0 } };

  watch (alice, bob);
  for (guint32 i = 1; i < UDPNAT_WATCHES_MAX; i++)
    {
      memcpy (key.bytes, &i, sizeof i);
      udpnat_rendezvous_client_watch_key (alice->client, &key, TRUE);
    }
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 12 && alice->watched_code == UDPNAT_WATCHED_ALL; i++)
    reconnect (net, alice);
  g_assert_cmpuint (alice->watched_code, ==, UDPNAT_WATCHED_LATER);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 1);
  g_assert_cmpuint (net_stats (net).watches, ==, UDPNAT_WATCHES_MAX);
  net_run (net, UDPNAT_WATCH_RETRY_US);
  g_assert_cmpuint (alice->watched_code, ==, UDPNAT_WATCHED_ALL);
  g_assert_cmpuint (net_stats (net).watches, ==, UDPNAT_WATCHES_MAX);
  g_assert_cmpuint (udpnat_rendezvous_client_count_watched (alice->client), ==,
                    UDPNAT_WATCHES_MAX);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/watch/told-of-changes", test_told);
  g_test_add_func ("/watch/not-any-more", test_no_more);
  g_test_add_func ("/watch/not-of-who-hides", test_hidden);
  g_test_add_func ("/watch/while-resting", test_rest);
  g_test_add_func ("/watch/again-in-the-next-session", test_sessions);
  g_test_add_func ("/watch/not-by-the-session-before", test_replaced);
  g_test_add_func ("/watch/login-storm", test_storm);
  g_test_add_func ("/watch/whoever-is-deaf", test_deaf);
  g_test_add_func ("/watch/a-thousand", test_rate);
  return g_test_run ();
}
