#include "config.h"

#include "rendezvous-net.h"

/* The server goes away and comes back; the client notices, tries, and says all its wishes again. */

static void
check_restart (guint64  seed,
               gboolean is_polite,
               gint64   down_us)
{
  g_autoptr (Net) net = net_new (seed);
  gint64 back_us;

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("Client %u", i);
      NetClient       *client = net_join (net, name);

      udpnat_rendezvous_client_subscribe (client->client, net->now_us, TRUE);
      net_run (net, UDPNAT_MSEC (700));
    }
  net_run (net, UDPNAT_SEC (10));
  net_stop_server (net, is_polite);
  if (!is_polite)
    /* else nobody would notice before the next keepalive that asks for an answer */
    for (guint i = 0; i < 10; i++)
      udpnat_rendezvous_client_note_conversation (net->clients[i].client, net->now_us);
  net_run (net, down_us);
  net_start_server (net);
  back_us = net->now_us;
  for (guint i = 0; i < 10; i++)
    g_hash_table_remove_all (net->clients[i].directory);
  net_run (net, UDPNAT_SEC (6));
  for (guint i = 0; i < 10; i++)
    {
      NetClient *client = &net->clients[i];

      g_assert_true (net_is_registered (client));
      g_assert_cmpint (client->registered_us, >=, back_us);
      g_assert_cmpint (client->registered_us - back_us, <=, UDPNAT_SEC (5));
      g_assert_cmpuint (client->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
      g_assert_cmpuint (g_hash_table_size (client->directory), ==, 10);
    }
  g_assert_cmpuint (net_stats (net).registered, ==, 10);
}

static void
test_restart_polite (void)
{
  check_restart (1, TRUE, UDPNAT_MSEC (1));
  check_restart (2, TRUE, UDPNAT_SEC (2));
  check_restart (3, TRUE, UDPNAT_SEC (60));
  check_restart (4, TRUE, UDPNAT_SEC (3600));
}

static void
test_restart_crash (void)
{
  check_restart (5, FALSE, UDPNAT_SEC (4));
  check_restart (6, FALSE, UDPNAT_SEC (20));
  check_restart (7, FALSE, UDPNAT_SEC (3600));
}

/* It is back before anyone noticed: UNKNOWN tells. */
static void
test_restart_unnoticed (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  net_stop_server (net, FALSE);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (28)); /* the next keepalive */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REGISTERED], ==, 2);
  g_assert_cmpint (alice->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_UNKNOWN);
}

/* A server that has lost its disk as well gives the names again to whoever comes first. */
static void
test_restart_without_names (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (1));
  net_stop_server (net, TRUE);
  g_ptr_array_set_size (net->disk, 0);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net->disk->len, ==, 1);
}

/* Only our side of the network was broken: the session goes on, and nobody else has noticed. */
static void
test_short_cut (void)
{
  g_autoptr (Net) net = net_new (10);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint32    handle;

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (5));
  handle = alice->handle;
  alice->is_cut = TRUE;
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpint (alice->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_NO_ANSWER);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  g_assert_false (net_is_registered (alice));
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_true (alice->is_continued);
  g_assert_cmpuint (alice->handle, ==, handle);
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, handle);
  /* and another one */
  net_stop_server (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_false (alice->is_continued);
}

/* How soon the silence of the server is noticed while somebody is talking. */
static void
test_watch (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (60));
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  net_stop_server (net, FALSE);
  net_run (net, UDPNAT_SERVER_WATCH_US + UDPNAT_SERVER_LOST_US + UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 0);
  net_run (net, UDPNAT_SERVER_LOST_US);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  net_run (net, UDPNAT_SEC (300));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
}

static void
test_down_from_start (void)
{
  g_autoptr (Net) net = net_new (12);
  NetClient *pinned, *asking;

  net_stop_server (net, FALSE);
  pinned = net_join (net, "Alice");
  asking = net_add_client (net);
  udpnat_rendezvous_client_set_server (asking->client, net->now_us, &net->server_address, NULL);
  udpnat_rendezvous_client_register (asking->client, net->now_us, "Bob");
  net_run (net, UDPNAT_SERVER_LOST_US - 1);
  g_assert_cmpuint (asking->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 0);
  net_run (net, 1);
  g_assert_cmpuint (asking->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  g_assert_cmpuint (pinned->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  net_run (net, UDPNAT_SEC (600));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (pinned));
  g_assert_true (net_is_registered (asking));
}

/* A server with another key came back at that address. */
static void
test_other_key_after_restart (void)
{
  g_autoptr (Net) net = net_new (13);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (5));
  net_stop_server (net, TRUE);
  udpnat_identity_free (net->server_identity);
  net->server_identity = udpnat_identity_generate (&net->random);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH], ==, 1);
  g_assert_false (udpnat_rendezvous_client_is_connected (alice->client));
}

/* A forged INFO-REPLY cannot end a session that works, nor can UNKNOWN. */
static void
test_hints_prove_nothing (void)
{
  g_autoptr (Net) net = net_new (14);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatDatagram datagram = { .remote = net->server_address };
  UdpnatWriter   writer;
  guint          n_sent;

  net_run (net, UDPNAT_SEC (5));
  n_sent = alice->n_sent;
  for (guint i = 0; i < 100; i++)
    {
      /* The index is known to whoever sees the client's packets. */
      udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
      udpnat_writer_u32 (&writer, UDPNAT_PACKET_UNKNOWN << 24);
      udpnat_writer_bytes (&writer, net->seen[UDPNAT_PACKET_DATA].data + 4, 4);
      datagram.n_data = writer.n_written;
      g_assert_true (udpnat_rendezvous_client_owns (alice->client, &datagram));
      g_assert_cmpint (
          udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram), ==,
          UDPNAT_RX_OK);
      net_run (net, UDPNAT_MSEC (100));
      g_assert_true (net_is_registered (alice));
    }
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
  /* One handshake a second, and what belongs to it. */
  g_assert_cmpuint (alice->n_sent - n_sent, <=, 11 * 3);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

static void
test_unknown_from_elsewhere (void)
{
  g_autoptr (Net) net = net_new (15);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatDatagram datagram = { .remote = net_address (192, 0, 2, 1, 8848), .n_data = 8 };
  guint          n_sent;

  net_run (net, UDPNAT_SEC (5));
  n_sent = alice->n_sent;
  datagram.data[0] = UDPNAT_PACKET_UNKNOWN;
  memcpy (datagram.data + 4, net->seen[UDPNAT_PACKET_DATA].data + 4, 4);
  g_assert_false (udpnat_rendezvous_client_owns (alice->client, &datagram));
  (void) udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram);
  datagram.remote = net->server_address;
  datagram.data[4] ^= 1;
  (void) udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->n_sent, ==, n_sent);
}

/* The same key connects from two places: the later one wins, and they do not throw each other out
 * in turn. */
static void
test_replaced (void)
{
  g_autoptr (Net) net = net_new (16);
  NetClient *first = net_join (net, "Alice");
  NetClient *second;

  net_run (net, UDPNAT_SEC (5));
  second = net_join_client (net, net_add_client_with (net, first->identity), "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (second));
  g_assert_false (udpnat_rendezvous_client_is_connected (first->client));
  g_assert_cmpint (first->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_REPLACED);
  g_assert_cmpuint (first->counts[UDPNAT_RENDEZVOUS_EVENT_REPLACED], ==, 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* The clock of a restarted client is behind: it has to wait until its old session is gone, not for
 * ever. */
static void
test_clock_set_back (void)
{
  g_autoptr (Net) net = net_new (17);
  NetClient *first = net_join (net, "Alice");
  NetClient *second;

  net_run (net, UDPNAT_SEC (5));
  first->is_cut = TRUE;
  second = net_add_client_with (net, first->identity);
  udpnat_rendezvous_client_set_wall_offset (second->client, -net->now_us);
  net_join_client (net, second, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_false (net_is_registered (second));
  net_run (net, UDPNAT_SERVER_SESSION_IDLE_US + UDPNAT_SERVER_SESSION_GRACE_US);
  g_assert_true (net_is_registered (second));
}

/* Timestamps go on rising when the wall clock of a running client is set back. */
static void
test_clock_set_back_while_running (void)
{
  g_autoptr (Net) net = net_new (22);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (5));
  udpnat_rendezvous_client_set_wall_offset (alice->client, NET_WALL_US - UDPNAT_SEC (3600));
  net_run (net, UDPNAT_SEC (600)); /* several times new keys */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
test_network_change (void)
{
  g_autoptr (Net) net = net_new (18);
  NetClient *alice = net_join (net, "Alice");
  guint32    handle;

  net_run (net, UDPNAT_SEC (5));
  handle = alice->handle;
  alice->address = net_address (192, 0, 2, 77, 1234);
  udpnat_rendezvous_client_handle_network_change (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (udpnat_address_equal (udpnat_rendezvous_client_get_reflexive (alice->client, 0),
                                       &alice->address));
  g_assert_true (udpnat_address_equal (udpnat_rendezvous_client_get_reflexive (alice->client, 1),
                                       &alice->address));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->handle, ==, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* We slept, or leave by another router: the server sees where we are in one trip, and goes on. */
static void
test_wake (void)
{
  g_autoptr (Net) net = net_new (24);
  NetClient *alice = net_join (net, "Alice");
  guint32    handle;

  net_run (net, UDPNAT_SEC (5));
  handle = alice->handle;
  alice->address = net_address (192, 0, 2, 77, 1234);
  udpnat_rendezvous_client_handle_wake (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (udpnat_address_equal (udpnat_rendezvous_client_get_reflexive (alice->client, 0),
                                       &alice->address));
  g_assert_cmpuint (alice->handle, ==, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* Lost for half a minute: whoever waits for a word is back at once, others within the pace of
 * handshakes. */
static gint64
measure_return (gboolean is_talking)
{
  g_autoptr (Net) net = net_new (25);
  NetClient *alice = net_join (net, "Alice");
  gint64     back_us;

  net_run (net, UDPNAT_SEC (5));
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  alice->is_cut = TRUE;
  net_run (net, UDPNAT_SEC (25));
  g_assert_false (udpnat_rendezvous_client_is_connected (alice->client));
  if (is_talking)
    udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (11));
  alice->is_cut = FALSE;
  back_us = net->now_us;
  while (!udpnat_rendezvous_client_is_connected (alice->client))
    net_run (net, UDPNAT_MSEC (1));
  return net->now_us - back_us;
}

static void
test_seek (void)
{
  g_assert_cmpint (measure_return (TRUE), <=, UDPNAT_SERVER_SEEK_US + UDPNAT_MSEC (100));
  g_assert_cmpint (measure_return (FALSE), >, UDPNAT_SERVER_SEEK_US + UDPNAT_MSEC (100));
}

/* Unregistered while the server is away: it must not stay online there. */
static void
test_unregister_while_away (void)
{
  g_autoptr (Net) net = net_new (19);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (5));
  alice->is_cut = TRUE;
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (10));
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED], ==, 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (udpnat_rendezvous_client_is_connected (alice->client));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED], ==, 1);
}

static void
test_leave (void)
{
  g_autoptr (Net) net = net_new (20);
  NetClient *alice = net_join (net, "Alice");
  guint      n_sent;

  net_run (net, UDPNAT_SEC (5));
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  n_sent = alice->n_sent;
  net_run (net, UDPNAT_SEC (600));
  g_assert_cmpuint (alice->n_sent, ==, n_sent);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
}

/* The laptop slept for hours; time jumps. */
static void
test_sleep (void)
{
  g_autoptr (Net) net = net_new (21);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (30));
  g_queue_clear_full (&net->packets, g_free);
  net->now_us += UDPNAT_SEC (8 * 3600);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-outage/restart/polite-all-back-in-5s", test_restart_polite);
  g_test_add_func ("/rendezvous-outage/restart/crash-all-back-in-5s", test_restart_crash);
  g_test_add_func ("/rendezvous-outage/restart/unnoticed-is-told-by-unknown",
                   test_restart_unnoticed);
  g_test_add_func ("/rendezvous-outage/restart/without-names", test_restart_without_names);
  g_test_add_func ("/rendezvous-outage/cut/session-goes-on", test_short_cut);
  g_test_add_func ("/rendezvous-outage/watch/noticed-within-6s", test_watch);
  g_test_add_func ("/rendezvous-outage/start/server-down", test_down_from_start);
  g_test_add_func ("/rendezvous-outage/key/other-after-restart", test_other_key_after_restart);
  g_test_add_func ("/rendezvous-outage/hint/unknown-proves-nothing", test_hints_prove_nothing);
  g_test_add_func ("/rendezvous-outage/hint/unknown-from-elsewhere", test_unknown_from_elsewhere);
  g_test_add_func ("/rendezvous-outage/replaced/no-ping-pong", test_replaced);
  g_test_add_func ("/rendezvous-outage/clock/set-back", test_clock_set_back);
  g_test_add_func ("/rendezvous-outage/clock/set-back-while-running",
                   test_clock_set_back_while_running);
  g_test_add_func ("/rendezvous-outage/network/change-keeps-session", test_network_change);
  g_test_add_func ("/rendezvous-outage/network/wake-keeps-session", test_wake);
  g_test_add_func ("/rendezvous-outage/network/sought-while-somebody-waits", test_seek);
  g_test_add_func ("/rendezvous-outage/unregister/while-away", test_unregister_while_away);
  g_test_add_func ("/rendezvous-outage/leave/silent-afterwards", test_leave);
  g_test_add_func ("/rendezvous-outage/sleep/back-after-jump", test_sleep);
  return g_test_run ();
}
