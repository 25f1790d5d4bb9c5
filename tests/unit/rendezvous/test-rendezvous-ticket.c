#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-rendezvous-server-access.h"

/* Tickets (PROTOCOL.md section 2): a client whose server was started again is back without a
 * Diffie-Hellman; and when it is not, by a handshake. */

/* By what the client has come back since the server was started. */
static void
assert_back (Net       *net,
             NetClient *client,
             guint      n_resumptions,
             guint      n_handshakes)
{
  g_assert_true (net_is_registered (client));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).resumptions, ==, n_resumptions);
  g_assert_cmpuint (net_stats (net).handshakes, ==, n_handshakes);
}

static void
test_told_restart (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net_stats (net).handshakes, ==, 1);
  net_restart (net, TRUE, UDPNAT_MSEC (1));
  net_run (net, UDPNAT_SEC (1));
  assert_back (net, alice, 1, 0);
  g_assert_cmpint (alice->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_RESTARTING);
}

static void
test_unnoticed_restart (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  net_restart (net, FALSE, 0);
  net_run (net, UDPNAT_SEC (28)); /* the next keepalive */
  assert_back (net, alice, 1, 0);
  g_assert_cmpint (alice->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_UNKNOWN);
}

/* However long it takes: a ticket is not given up because nobody answers. */
static void
test_long_outage (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  net_restart (net, TRUE, UDPNAT_SEC (3600));
  net_run (net, UDPNAT_SEC (5));
  assert_back (net, alice, 1, 0);
}

static void
test_one_restart_after_another (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  for (guint i = 0; i < 5; i++)
    {
      net_restart (net, TRUE, UDPNAT_MSEC (1));
      net_run (net, UDPNAT_SEC (1));
      assert_back (net, alice, 1, 0);
    }
}

/* What a ticket says counts from the last Diffie-Hellman: restarts every hour do not put that off
 * for ever. */
static void
test_life_is_not_renewed (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  for (guint i = 1; i <= 26; i++)
    {
      net_restart (net, TRUE, UDPNAT_MSEC (1));
      net_run (net, UDPNAT_SEC (3540));
      /* The last restart is 24 h and 35 min after the handshake, the one before 59 min less. */
      assert_back (net, alice, i < 26 ? 1 : 0, i < 26 ? 0 : 1);
    }
}

static void
test_old_ticket (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_run (net, UDPNAT_SEC (UDPNAT_TICKET_LIFE_S + 60));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (10));
  assert_back (net, alice, 0, 1);
}

/* Its keys are lost: it says so, and one trip later there is a handshake. */
static void
test_keys_are_lost (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  g_clear_pointer (&net->ticket_keys, g_bytes_unref);
  net_restart (net, TRUE, 0);
  net_run (net, 8 * NET_DELAY_US); /* CLOSE, three questions and their answers, and some */
  g_assert_cmpuint (net_stats (net).tickets_refused, ==, 1);
  assert_back (net, alice, 0, 1);
  /* and a new ticket came with it */
  net_restart (net, TRUE, 0);
  net_run (net, UDPNAT_SEC (1));
  assert_back (net, alice, 1, 0);
}

/* It answers INFO and nothing else, as one of before. */
static void
test_server_without_tickets (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  net->is_deaf_to_tickets = TRUE;
  net_restart (net, TRUE, 0);
  net_run (net, UDPNAT_SERVER_LOST_US + UDPNAT_TICKET_DOUBT_US + UDPNAT_SEC (1));
  assert_back (net, alice, 0, 1);
}

static void
test_blocked_key (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (10));
  net_restart (net, TRUE, 0);
  udpnat_rendezvous_server_block_key (net->server, net->now_us,
                                      udpnat_identity_get_public_key (alice->identity));
  net_run (net, UDPNAT_SEC (10));
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).resumptions, ==, 0);
  g_assert_cmpuint (net_stats (net).tickets_refused, ==, 1);
  g_assert_cmpint (alice->code, ==, UDPNAT_REFUSED_KEY_BLOCKED);
}

/* New keys of a session that is up always come of a Diffie-Hellman. */
static void
test_renewal_is_a_handshake (void)
{
  g_autoptr (Net) net = net_new (10);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (3 * 3600));
  assert_back (net, alice, 0, 3);
}

/* UNKNOWN proves nothing: whoever forges it gets a handshake, and whoever guesses nothing. */
static void
test_forged_unknown (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatDatagram forged = { .socket = UDPNAT_SOCKET_MAIN };
  UdpnatWriter   writer;
  UdpnatHs1View  view;

  net_run (net, UDPNAT_SEC (10));
  net->is_deaf_to_tickets = TRUE;
  net_restart (net, TRUE, 0);
  net_run (net, NET_DELAY_US); /* CLOSE has come, and HS1 is on its way */
  memcpy (&forged, &((NetPacket *) g_queue_peek_tail (&net->packets))->datagram, sizeof forged);
  g_assert_true (udpnat_hs1_parse (&view, forged.data, forged.n_data));
  g_assert_cmpint (view.role, ==, UDPNAT_ROLE_RESUMPTION);
  forged.remote = net->server_address;
  for (guint i = 0; i < 2; i++)
    {
      udpnat_writer_init (&writer, forged.data, sizeof forged.data);
      udpnat_unknown_write (&writer, view.sender_index + 1 - i);
      forged.n_data = writer.n_written;
      g_assert_cmpint (udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us,
                                                                 &forged),
                       ==, i == 0 ? UDPNAT_RX_IGNORED : UDPNAT_RX_OK);
      net_run (net, UDPNAT_MSEC (200));
      g_assert_cmpuint (net_stats (net).handshakes, ==, i);
    }
  net_run (net, UDPNAT_SEC (1));
  assert_back (net, alice, 0, 1);
}

/* Somebody has seen an HS1 with a ticket, and sends it again: to a server that knows the session,
 * and to one that was started anew. */
static void
test_replay (void)
{
  g_autoptr (Net) net = net_new (12);
  UdpnatAddress  elsewhere = net_address (192, 0, 2, 66, 6666);
  NetClient     *alice = net_join (net, "Alice");
  UdpnatDatagram seen;
  guint32        handle;

  net_run (net, UDPNAT_SEC (10));
  net_restart (net, TRUE, 0);
  net_run (net, UDPNAT_SEC (1));
  seen = net->seen[UDPNAT_PACKET_HS1];
  handle = alice->handle;
  net_run (net, UDPNAT_SEC (100));
  g_assert_cmpint (net_inject (net, &elsewhere, UDPNAT_SOCKET_MAIN, seen.data, seen.n_data), ==,
                   UDPNAT_RX_IGNORED);
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpuint (alice->handle, ==, handle);
  /* Nothing of it is remembered there, and yet it leads to nothing. */
  net_restart (net, FALSE, 0);
  g_assert_cmpint (net_inject (net, &elsewhere, UDPNAT_SOCKET_MAIN, seen.data, seen.n_data), ==,
                   UDPNAT_RX_OK);
  net_run (net, UDPNAT_SEC (40));
  assert_back (net, alice, 2, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* The network, not the server, was away: the session goes on. */
static void
test_short_cut (void)
{
  g_autoptr (Net) net = net_new (13);
  NetClient *alice = net_join (net, "Alice");
  guint32    handle;

  net_run (net, UDPNAT_SEC (5));
  handle = alice->handle;
  alice->is_cut = TRUE;
  udpnat_rendezvous_client_note_conversation (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (20));
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (5));
  assert_back (net, alice, 1, 1);
  g_assert_true (alice->is_continued);
  g_assert_cmpuint (alice->handle, ==, handle);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-ticket/back/told-restart", test_told_restart);
  g_test_add_func ("/rendezvous-ticket/back/unnoticed-restart", test_unnoticed_restart);
  g_test_add_func ("/rendezvous-ticket/back/long-outage", test_long_outage);
  g_test_add_func ("/rendezvous-ticket/back/one-after-another", test_one_restart_after_another);
  g_test_add_func ("/rendezvous-ticket/back/short-cut", test_short_cut);
  g_test_add_func ("/rendezvous-ticket/life/not-renewed", test_life_is_not_renewed);
  g_test_add_func ("/rendezvous-ticket/life/old", test_old_ticket);
  g_test_add_func ("/rendezvous-ticket/refused/keys-lost", test_keys_are_lost);
  g_test_add_func ("/rendezvous-ticket/refused/server-without", test_server_without_tickets);
  g_test_add_func ("/rendezvous-ticket/refused/blocked-key", test_blocked_key);
  g_test_add_func ("/rendezvous-ticket/refused/renewal-is-a-handshake",
                   test_renewal_is_a_handshake);
  g_test_add_func ("/rendezvous-ticket/forged/unknown", test_forged_unknown);
  g_test_add_func ("/rendezvous-ticket/forged/replay", test_replay);
  return g_test_run ();
}
