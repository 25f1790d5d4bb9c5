#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-handshake.h"
#include "udpnat-rendezvous-server-access.h"

/* REGISTER in HS1, REGISTERED in HS2 (PROTOCOL.md section 7): whoever comes back is there after one
 * round trip, and at rest; and nothing of it counts before the first packet under the new keys. */

/* From a restart on: CLOSE, HS1, HS2 and the first packet take NET_DELAY_US each. */
#define HS1_SENT_US (NET_DELAY_US + UDPNAT_MSEC (5))
#define HS1_THERE_US (2 * NET_DELAY_US + UDPNAT_MSEC (5))
#define HS2_THERE_US (3 * NET_DELAY_US + UDPNAT_MSEC (5))
#define ALL_THERE_US (5 * NET_DELAY_US + UDPNAT_MSEC (5))

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

/* Alice, whom the server knows, and a server that has just been started anew. */
static Net *
make (guint64     seed,
      const char *name,
      NetClient **out_alice)
{
  Net *net = net_new (seed);

  *out_alice = net_join (net, name);
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (*out_alice));
  (*out_alice)->n_sent = (*out_alice)->n_received = 0;
  net_restart (net, TRUE, 0);
  return net;
}

static gboolean
is_online (Net        *net,
           const char *name)
{
  UdpnatPublicKey key;
  gboolean        is_there = FALSE;

  return udpnat_rendezvous_server_find_name (net->server, name, &key, &is_there) && is_there;
}

static void
relay (Net       *net,
       NetClient *from,
       NetClient *to)
{
  guint8 inner[100];
  guint  n = to->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED];

  net_make_inner (inner, sizeof inner, 0x55);
  g_assert_true (udpnat_rendezvous_client_send_relay (from->client, net->now_us, to->handle, inner,
                                                      sizeof inner));
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (to->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, n + 1);
}

static void
inject_from (Net                  *net,
             const UdpnatAddress  *source,
             const UdpnatDatagram *seen,
             UdpnatRxResult        expected)
{
  g_assert_cmpint (net_inject (net, source, UDPNAT_SOCKET_MAIN, seen->data, seen->n_data), ==,
                   expected);
}

/* ---- Back ---- */

static void
test_round_trip (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (1, "Alice", &alice);
  gint64 start_us = net->now_us;

  net_run (net, ALL_THERE_US);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpint (alice->registered_us - start_us, ==, 3 * NET_DELAY_US);
  g_assert_cmpuint (alice->n_sent, ==, 3);     /* HS1, PING, INFO */
  g_assert_cmpuint (alice->n_received, ==, 4); /* CLOSE, HS2, ACK, INFO-REPLY */
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  net_run (net, UDPNAT_SEC (300));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
}

/* By a handshake as by a ticket. */
static void
test_without_ticket (void)
{
  NetClient *alice;
  g_autoptr (Net) net = net_new (2);

  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_clear_pointer (&net->ticket_keys, g_bytes_unref);
  net_restart (net, TRUE, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).handshakes, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
}

/* The handle in HS2 is the one by which others reach it, and the session can do all that any
 * can. */
static void
test_whole_session (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *clients[2];

  for (guint i = 0; i < 2; i++)
    clients[i] = net_join (net, i == 0 ? "Alice" : "Bob");
  net_run (net, UDPNAT_SEC (10));
  net_restart (net, TRUE, 0);
  net_run (net, ALL_THERE_US);
  g_assert_cmpuint (net_stats (net).resting, ==, 2);
  relay (net, clients[0], clients[1]);
  relay (net, clients[1], clients[0]);
  g_assert_cmpuint (net_stats (net).resting, ==, 2);
  udpnat_rendezvous_client_set_presence (clients[0]->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  (void) udpnat_rendezvous_client_lookup (clients[1]->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (clients[1]->found);
  g_assert_cmpuint (clients[1]->entry.presence, ==, UDPNAT_PRESENCE_AWAY);
  g_assert_cmpuint (clients[1]->entry.handle, ==, clients[0]->handle);
  g_assert_cmpuint (net_stats (net).resting, ==, 2);
}

/* What goes with the name: presence, and how often it will be heard. The server has lost its
 * tickets, so that there is a second HS1, by which all this is wished. */
static void
test_what_goes_along (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  gint64     cut_us;

  net_run (net, UDPNAT_SEC (10));
  g_clear_pointer (&net->ticket_keys, g_bytes_unref);
  net_restart (net, TRUE, 0);
  net_run (net, HS1_SENT_US);
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (100));
  net_run (net, 2 * NET_DELAY_US + ALL_THERE_US - HS1_SENT_US);
  g_assert_cmpuint (net_stats (net).handshakes, ==, 2);
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
  g_assert_cmpuint (net_stats (net).resting, ==, 2); /* not a word was needed since */
  (void) udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (bob->found);
  g_assert_cmpuint (bob->entry.presence, ==, UDPNAT_PRESENCE_AWAY);
  alice->is_cut = TRUE;
  cut_us = net->now_us;
  while (is_online (net, "Alice"))
    net_run (net, UDPNAT_SEC (1));
  g_assert_cmpint (net->now_us - cut_us, >, UDPNAT_SEC (UDPNAT_SERVER_KEEPALIVES_MISSED * 80));
}

/* HS2 is lost: the same HS1 has the same answer, and its promise holds. */
static void
test_lost_hs2 (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (5, "Alice", &alice);

  net_run (net, HS1_SENT_US);
  alice->is_cut = TRUE;
  net_run (net, HS1_THERE_US - HS1_SENT_US);
  g_assert_cmpuint (net_stats (net).resumptions, ==, 1);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).resumptions, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
}

/* The first packet is lost: it comes again, and until then nobody is there. */
static void
test_lost_ping (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (6, "Alice", &alice);

  net_run (net, HS1_THERE_US);
  alice->is_cut = TRUE; /* HS2 is on its way */
  net_run (net, UDPNAT_MSEC (30));
  g_assert_true (net_is_registered (alice)); /* as far as it knows */
  g_assert_false (is_online (net, "Alice"));
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (is_online (net, "Alice"));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
}

/* ---- The long way ---- */

/* HS2 is never longer than HS1: REGISTERED is not in it, and the stream has it. */
static void
test_long_name (void)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autoptr (Net)     net = NULL;
  NetClient          *alice;

  for (guint i = 0; i < 64; i++)
    g_string_append_unichar (name, 0x20000 + i);
  net = make (7, name->str, &alice);
  net_run (net, HS2_THERE_US);
  g_assert_false (net_is_registered (alice));
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpstr (alice->registered, ==, name->str);
  g_assert_cmpuint (net_stats (net).resting, ==, 0);
}

/* HS1 gives nobody the name of another, there or not. */
static void
test_name_of_another (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");
  NetClient *mallory = net_add_client (net);

  net_run (net, UDPNAT_SEC (10));
  alice->is_cut = TRUE;
  net_restart (net, FALSE, 0);
  udpnat_rendezvous_client_register (mallory->client, net->now_us, "Alice");
  (void) net_join_client (net, mallory, NULL);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (mallory->code, ==, UDPNAT_REFUSED_NAME_TAKEN);
  g_assert_cmpuint (mallory->counts[UDPNAT_RENDEZVOUS_EVENT_REGISTERED], ==, 0);
  g_assert_false (is_online (net, "Alice"));
}

/* HS1 with a name that nobody has yet gives none: it has to be stored first. */
static void
test_new_name (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (9, "Alice", &alice);

  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  g_ptr_array_set_size (net->disk, 0); /* of this server, too */
  net_start_server (net);
  net->is_disk_slow = TRUE;
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (net->n_claims, ==, 2);
  net_complete (net, net->claim_id, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
}

/* ---- What is wished when HS2 comes ---- */

static void
test_unregistered_meanwhile (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (10, "Alice", &alice);

  net_run (net, HS1_SENT_US);
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (net_is_registered (alice));
  g_assert_false (is_online (net, "Alice"));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED], ==, 1);
}

static void
test_other_wishes_meanwhile (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (11, "Alice", &alice);

  net_run (net, HS1_SENT_US);
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alicia");
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpstr (alice->registered, ==, "Alicia");
  g_assert_true (is_online (net, "Alicia"));
  g_assert_false (is_online (net, "Alice"));
}

static void
test_hidden_meanwhile (void)
{
  g_autoptr (Net) net = net_new (12);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (10));
  net_restart (net, TRUE, 0);
  net_run (net, HS1_SENT_US);
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (1));
  (void) udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (bob->found);
  g_assert_cmpuint (bob->entry.handle, ==, 0);
}

/* ---- Forged, replayed, taken back ---- */

/* To a server that remembers nothing: it answers, to no more than came, and that is all. */
static void
test_replay (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (13, "Alice", &alice);
  UdpnatAddress  elsewhere = net_address (192, 0, 2, 66, 6666);
  UdpnatDatagram seen;

  net_run (net, UDPNAT_SEC (1));
  seen = net->seen[UDPNAT_PACKET_HS1];
  alice->is_cut = TRUE;
  net_restart (net, FALSE, 0);
  inject_from (net, &elsewhere, &seen, UDPNAT_RX_OK);
  g_assert_cmpuint (net->n_stranger_bytes, <=, seen.n_data);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  net_run (net, UDPNAT_SERVER_UNCONFIRMED_US - UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_false (is_online (net, "Alice"));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  g_assert_cmpuint (net->n_stranger_packets, ==, 1);
}

/* Somebody sends the HS1 of who is there: neither address nor session change. */
static void
test_replay_of_who_is_there (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (14, "Alice", &alice);
  UdpnatAddress elsewhere = net_address (192, 0, 2, 66, 6666);
  guint32       handle;

  net_run (net, UDPNAT_SEC (1));
  handle = alice->handle;
  inject_from (net, &elsewhere, &net->seen[UDPNAT_PACKET_HS1], UDPNAT_RX_IGNORED);
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (net->n_stranger_packets, ==, 0);
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  g_assert_cmpuint (alice->handle, ==, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
}

/* Somebody sends a copy of HS1 from elsewhere, and it comes again from where it was: HS2 went to
 * two, so the first packet proves neither, whichever it seems to come from. */
static void
test_copy (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (15, "Alice", &alice);
  UdpnatAddress elsewhere = net_address (192, 0, 2, 66, 6666);

  net_run (net, HS1_THERE_US);
  inject_from (net, &elsewhere, &net->seen[UDPNAT_PACKET_HS1], UDPNAT_RX_OK);
  g_assert_cmpuint (net->n_stranger_packets, ==, 1);
  inject_from (net, &alice->address, &net->seen[UDPNAT_PACKET_HS1], UDPNAT_RX_OK);
  net_run (net, ALL_THERE_US - HS1_THERE_US);
  g_assert_true (is_online (net, "Alice"));
  g_assert_cmpuint (net_stats (net).resting, ==, 0); /* its address is being proved */
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net->n_stranger_packets, ==, 1);
}

/* A name that is taken between HS2 and the first packet is not given by it. */
static void
test_released (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (16, "Alice", &alice);

  net_run (net, HS1_THERE_US);
  g_assert_cmpint (udpnat_rendezvous_server_release_name (net->server, net->now_us, "Alice"), ==,
                   UDPNAT_SERVER_RELEASE_DONE);
  net_run (net, UDPNAT_SEC (5));
  g_assert_false (is_online (net, "Alice"));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_BLOCKED);
}

static void
test_blocked_name (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (17, "Alice", &alice);

  net_run (net, HS1_THERE_US);
  udpnat_rendezvous_server_block_name (net->server, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_BLOCKED);
}

static void
test_name_blocked_before (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (18, "Alice", &alice);

  udpnat_rendezvous_server_block_name (net->server, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_BLOCKED);
}

static void
test_blocked_key (void)
{
  NetClient *alice;
  g_autoptr (Net) net = make (19, "Alice", &alice);

  net_run (net, HS1_THERE_US);
  udpnat_rendezvous_server_block_key (net->server, net->now_us, key_of (alice));
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_KEY_BLOCKED);
}

/* Everybody has a ticket, and nobody says a word after HS1. */
static void
test_crowd (void)
{
  g_autoptr (Net) net = net_new (20);
  g_autoptr (UdpnatTicketRing) tickets = udpnat_ticket_ring_new (&net->random);
  gint64           now_s = (NET_WALL_US + net->now_us) / G_USEC_PER_SEC;
  UdpnatPublicKey  key;
  UdpnatTicket     ticket;
  guint8           keys[UDPNAT_TICKET_RING_BYTES], timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8           data[UDPNAT_DATAGRAM_MAX_BYTES], secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_RESUMPTION,
    .remote = udpnat_identity_get_public_key (net->server_identity),
    .ephemeral_secret = secret,
    .ticket = &ticket,
    .timestamp = timestamp,
    .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
  gsize n;

  g_assert_true (udpnat_ticket_ring_rotate (tickets, now_s));
  udpnat_ticket_ring_store (tickets, keys);
  g_assert_true (udpnat_rendezvous_server_restore_ticket_keys (net->server, keys, sizeof keys));
  udpnat_timestamp_from_us (NET_WALL_US + net->now_us, timestamp);
  for (guint i = 0; i < UDPNAT_SERVER_PENDING_MAX + 100; i++)
    {
      UdpnatAddress source = net_address (10, (guint8) (i >> 16), (guint8) (i >> 8), (guint8) i,
                                          5000);

      udpnat_random_fill (&net->random, key.bytes, sizeof key.bytes);
      udpnat_random_fill (&net->random, secret, sizeof secret);
      udpnat_ticket_ring_make (tickets, &key, now_s, &ticket);
      request.sender_index = i + 1;
      udpnat_noise_free (udpnat_hs1_write (&request, data, &n));
      g_assert_cmpint (net_inject (net, &source, UDPNAT_SOCKET_MAIN, data, n), ==, UDPNAT_RX_OK);
    }
  g_assert_cmpuint (net_stats (net).sessions, ==, UDPNAT_SERVER_PENDING_MAX);
  net_run (net, UDPNAT_SERVER_UNCONFIRMED_US + UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-early/back/round-trip", test_round_trip);
  g_test_add_func ("/rendezvous-early/back/without-ticket", test_without_ticket);
  g_test_add_func ("/rendezvous-early/back/whole-session", test_whole_session);
  g_test_add_func ("/rendezvous-early/back/what-goes-along", test_what_goes_along);
  g_test_add_func ("/rendezvous-early/back/lost-hs2", test_lost_hs2);
  g_test_add_func ("/rendezvous-early/back/lost-ping", test_lost_ping);
  g_test_add_func ("/rendezvous-early/long-way/long-name", test_long_name);
  g_test_add_func ("/rendezvous-early/long-way/name-of-another", test_name_of_another);
  g_test_add_func ("/rendezvous-early/long-way/new-name", test_new_name);
  g_test_add_func ("/rendezvous-early/meanwhile/unregistered", test_unregistered_meanwhile);
  g_test_add_func ("/rendezvous-early/meanwhile/other-wishes", test_other_wishes_meanwhile);
  g_test_add_func ("/rendezvous-early/meanwhile/hidden", test_hidden_meanwhile);
  g_test_add_func ("/rendezvous-early/forged/replay", test_replay);
  g_test_add_func ("/rendezvous-early/forged/replay-of-who-is-there",
                   test_replay_of_who_is_there);
  g_test_add_func ("/rendezvous-early/forged/copy", test_copy);
  g_test_add_func ("/rendezvous-early/forged/crowd", test_crowd);
  g_test_add_func ("/rendezvous-early/taken-back/released", test_released);
  g_test_add_func ("/rendezvous-early/taken-back/blocked-name", test_blocked_name);
  g_test_add_func ("/rendezvous-early/taken-back/name-blocked-before", test_name_blocked_before);
  g_test_add_func ("/rendezvous-early/taken-back/blocked-key", test_blocked_key);
  return g_test_run ();
}
