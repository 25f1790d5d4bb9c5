#include "config.h"

#include "rendezvous-net.h"

/* Clients that rest at the server: they are there as before, for themselves and for others, and are
 * awake when something wants them. */

#define QUIET_US (UDPNAT_SERVER_REST_AFTER_US + UDPNAT_SEC (1))

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static void
assert_resting (Net   *net,
                guint  n_resting)
{
  g_assert_cmpuint (net_stats (net).resting, ==, n_resting);
}

/* Both have said all that they have to say at first. */
static Net *
make (guint64     seed,
      NetClient **out_alice,
      NetClient **out_bob)
{
  Net *net = net_new (seed);

  *out_alice = net_join (net, "Alice");
  *out_bob = net_join (net, "Bob");
  net_run (net, UDPNAT_SEC (4));
  assert_resting (net, 0);
  net_run (net, UDPNAT_SEC (8));
  assert_resting (net, 2);
  return net;
}

static gboolean
ask (Net        *net,
     NetClient  *client,
     const char *name)
{
  guint n_answers = client->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT];

  client->found = FALSE;
  (void) udpnat_rendezvous_client_lookup (client->client, net->now_us, name);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (client->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, n_answers + 1);
  return client->found;
}

static void
relay (Net       *net,
       NetClient *from,
       guint32    handle)
{
  guint8 inner[100];

  net_make_inner (inner, sizeof inner, 0x55);
  g_assert_true (udpnat_rendezvous_client_send_relay (from->client, net->now_us, handle, inner,
                                                      sizeof inner));
  net_run (net, UDPNAT_MSEC (100));
}

static void
dial (Net       *net,
      NetClient *from,
      NetClient *to)
{
  guint8 inner[100];

  net_make_inner (inner, sizeof inner, 0x66);
  g_assert_true (udpnat_rendezvous_client_dial (from->client, net->now_us, key_of (to), inner,
                                                sizeof inner));
  net_run (net, UDPNAT_MSEC (100));
}

/* ---- At rest ---- */

/* What is long of an address lies elsewhere: it is there each time, and others have their own. */
static void
test_ipv6 (void)
{
  g_autoptr (Net) net = net_new (17);
  NetClient *clients[2];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      const guint8 ip[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = (guint8) (i + 1) };

      clients[i] = net_add_client (net);
      udpnat_address_init_ipv6 (&clients[i]->address, ip, UDPNAT_CLIENT_PORT);
      net_join_client (net, clients[i], i == 0 ? "Alice" : "Bob");
    }
  net_run (net, UDPNAT_SEC (12));
  for (guint i = 0; i < 4; i++)
    {
      assert_resting (net, 2);
      relay (net, clients[0], clients[1]->handle);
      g_assert_cmpuint (clients[1]->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, i + 1);
      g_assert_cmpuint (clients[1]->relayed_from, ==, clients[0]->handle);
      udpnat_rendezvous_client_set_presence (clients[i % 2]->client, net->now_us,
                                             i < 2 ? UDPNAT_PRESENCE_AWAY
                                                   : UDPNAT_PRESENCE_ONLINE);
      net_run (net, UDPNAT_SEC (1));
      assert_resting (net, 1);
      net_run (net, QUIET_US);
    }
  assert_resting (net, 2);
  g_assert_cmpuint (clients[0]->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
test_keepalives (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (1, &alice, &bob);
  guint n_awake = 0, n_received = bob->n_received;

  /* New keys wake them once an hour; that the server is asked for a sign of life does not. */
  for (guint i = 0; i < 3600; i++)
    {
      net_run (net, UDPNAT_SEC (1));
      n_awake += 2 - net_stats (net).resting;
    }
  g_test_message ("awake for %u of 7200 s", n_awake);
  g_assert_cmpuint (n_awake, <, 7200 / 200);
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
  g_assert_cmpuint (bob->n_received - n_received, <, 30); /* signs of life, and no more */
}

static void
test_found (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (2, &alice, &bob);

  g_assert_true (ask (net, alice, "bob"));
  g_assert_cmpuint (alice->entry.handle, ==, bob->handle);
  g_assert_cmpuint (alice->entry.presence, ==, UDPNAT_PRESENCE_ONLINE);
  assert_resting (net, 2); /* who asks stays at rest, as does who is asked for */
  g_assert_false (ask (net, alice, "bobby"));
  assert_resting (net, 2);
  udpnat_rendezvous_client_set_presence (bob->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, QUIET_US);
  assert_resting (net, 2);
  g_assert_true (ask (net, alice, "bob"));
  g_assert_cmpuint (alice->entry.presence, ==, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_client_set_listed (bob->client, net->now_us, FALSE);
  net_run (net, QUIET_US);
  assert_resting (net, 2);
  g_assert_true (ask (net, alice, "bob"));
  g_assert_cmpuint (alice->entry.handle, ==, 0); /* who is not listed is not watched */
}

/* Whatever is lost, a question is asked until it is answered, and one answer is enough. */
static void
test_asked_again (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (16, &alice, &bob);
  guint n = 0;

  net->loss_percent = 30;
  for (guint i = 0; i < 50; i++)
    {
      (void) udpnat_rendezvous_client_lookup (alice->client, net->now_us, "bob");
      net_run (net, UDPNAT_LOOKUP_TIMEOUT_US);
    }
  net->loss_percent = 0;
  net_run (net, UDPNAT_SEC (20));
  n = alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT];
  g_test_message ("%u of 50 answered", n);
  g_assert_cmpuint (n + alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT], ==, 50);
  g_assert_cmpuint (n, >=, 48); /* none of eight comes there and back: one in 218 */
  g_assert_true (net_is_registered (alice));
}

static void
test_passed_on (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (3, &alice, &bob);

  dial (net, alice, bob);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpstr (bob->relayed_name, ==, "Alice");
  g_assert_cmpuint (bob->relayed_from, ==, alice->handle);
  relay (net, bob, bob->relayed_from);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpuint (alice->relayed_from, ==, bob->handle);
  assert_resting (net, 2);
  relay (net, alice, alice->handle ^ bob->handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 1);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
  assert_resting (net, 2);
}

/* What may be relayed in a burst is less than this, awake or at rest. */
static void
test_quota (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (4, &alice, &bob);
  guint8 inner[1000];

  net_make_inner (inner, sizeof inner, 0x77);
  for (guint i = 0; i < 300; i++)
    {
      (void) udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, inner,
                                                  sizeof inner);
      net_drain (net);
    }
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==,
                    UDPNAT_RELAY_QUOTA_BURST_BYTES / (sizeof inner + UDPNAT_RELAY_COST_BYTES));
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA], >, 40);
  assert_resting (net, 2);
}

static void
test_forged (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (5, &alice, &bob);
  UdpnatDatagram seen;

  relay (net, alice, bob->handle);
  seen = net->seen[UDPNAT_PACKET_DATA];
  /* Again, from elsewhere, and with a bit changed. */
  g_assert_cmpint (net_inject (net, &alice->address, UDPNAT_SOCKET_MAIN, seen.data, seen.n_data),
                   ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (net_inject (net, &bob->address, UDPNAT_SOCKET_MAIN, seen.data, seen.n_data),
                   ==, UDPNAT_RX_IGNORED);
  seen.data[8] ^= 1;
  g_assert_cmpint (net_inject (net, &alice->address, UDPNAT_SOCKET_MAIN, seen.data, seen.n_data),
                   ==, UDPNAT_RX_IGNORED);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  assert_resting (net, 2);
}

/* ---- Awake ---- */

static void
test_moved (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (6, &alice, &bob);

  alice->address = net_address (192, 0, 2, 77, 4000);
  relay (net, alice, bob->handle);
  assert_resting (net, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  net_run (net, UDPNAT_SEC (30)); /* it has answered the challenge by now */
  assert_resting (net, 2);
  relay (net, bob, alice->handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
}

static void
test_letter (void)
{
  static const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = "alice's for bob";
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (7, &alice, &bob);

  alice->is_reading = TRUE;
  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, pass, 1);
  net_run (net, UDPNAT_SEC (30));
  assert_resting (net, 2);
  for (guint i = 1; i <= 3; i++)
    {
      g_assert_cmpuint (udpnat_rendezvous_client_put_mail (bob->client, net->now_us,
                                                           key_of (alice), pass,
                                                           (const guint8 *) "x", 1), !=, 0);
      net_run (net, UDPNAT_SEC (1));
      g_assert_cmpuint (alice->letters->len, ==, i);
      g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, i);
      net_run (net, UDPNAT_SEC (30));
      assert_resting (net, 2);
    }
  g_assert_cmpuint (net->letters->len, ==, 0);
}

/* Whoever has not said that a letter has come stays awake: the server must not forget which ones it
 * has told. */
static void
test_letter_not_acknowledged (void)
{
  static const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = "alice's for bob";
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (8, &alice, &bob);

  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, pass, 1);
  net_run (net, UDPNAT_SEC (1));
  (void) udpnat_rendezvous_client_put_mail (bob->client, net->now_us, key_of (alice), pass,
                                            (const guint8 *) "x", 1);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->letters->len, ==, 1);
  assert_resting (net, 1);
}

static void
test_subscriber (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (9, &alice, &bob);

  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (60));
  assert_resting (net, 1);
  udpnat_rendezvous_client_set_listed (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, bob->handle);
  bob->is_cut = TRUE;
  net_run (net, UDPNAT_SERVER_SESSION_IDLE_US + UDPNAT_SERVER_SESSION_GRACE_US
                  + UDPNAT_SERVER_REST_ROUND_US + UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (alice, "Bob"), ==, 0);
  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (30));
  assert_resting (net, 1);
}

/* What a key may still do is not forgotten with its session, before it is as much as ever. */
static void
test_quotas_are_kept (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (10, &alice, &bob);
  guint n = UDPNAT_MAIL_STRANGER_PUTS_BURST;

  for (guint i = 0; i < n; i++)
    (void) udpnat_rendezvous_client_put_mail (bob->client, net->now_us, key_of (alice), NULL,
                                              (const guint8 *) "x", 1);
  net_run (net, UDPNAT_SEC (UDPNAT_MAIL_STRANGER_PUT_S - 2));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, n);
  assert_resting (net, 1); /* Alice has letters */
  (void) udpnat_rendezvous_client_put_mail (bob->client, net->now_us, key_of (alice), NULL,
                                            (const guint8 *) "x", 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
}

/* ---- Ends ---- */

static void
test_silent (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (11, &alice, &bob);
  gint64 end_us = UDPNAT_SERVER_SESSION_IDLE_US + UDPNAT_SERVER_SESSION_GRACE_US;

  relay (net, alice, bob->handle); /* 10 ms on the way, and 90 more */
  alice->is_cut = TRUE;
  net_run (net, end_us - UDPNAT_MSEC (90) - 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
  net_run (net, UDPNAT_SERVER_REST_ROUND_US + 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  dial (net, bob, alice);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 1);
  g_assert_cmpuint (bob->code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (120));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
}

/* One that does not rest, because it is told who comes and goes. */
static void
test_silent_subscriber (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (15, &alice, &bob);

  udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (30));
  assert_resting (net, 1);
  alice->is_cut = TRUE;
  net_run (net, UDPNAT_SERVER_SESSION_IDLE_US + UDPNAT_SERVER_SESSION_GRACE_US);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
}

/* The same key again, with nothing but its key: it gets the place of the one that rests. */
static void
test_replaced (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (12, &alice, &bob);
  NetClient *again = net_add_client_with (net, alice->identity);

  net_join_client (net, again, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (again));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REPLACED], ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 2);
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
  dial (net, bob, alice);
  g_assert_cmpuint (again->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
}

static void
test_left (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (13, &alice, &bob);

  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

static void
test_restart (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (14, &alice, &bob);

  udpnat_rendezvous_server_shut_down (net->server, net->now_us);
  net_drain (net);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_run (net, UDPNAT_MSEC (50));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpint (alice->lost_reason, ==, UDPNAT_RENDEZVOUS_LOST_RESTARTING);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net_stats (net).registered, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rendezvous-rest/rest/keepalives-do-not-wake", test_keepalives);
  g_test_add_func ("/rendezvous-rest/rest/is-found", test_found);
  g_test_add_func ("/rendezvous-rest/rest/asked-again", test_asked_again);
  g_test_add_func ("/rendezvous-rest/rest/passes-packets-on", test_passed_on);
  g_test_add_func ("/rendezvous-rest/rest/ipv6", test_ipv6);
  g_test_add_func ("/rendezvous-rest/rest/quota-counts", test_quota);
  g_test_add_func ("/rendezvous-rest/rest/forged-packets-do-nothing", test_forged);
  g_test_add_func ("/rendezvous-rest/wake/new-address-is-proved", test_moved);
  g_test_add_func ("/rendezvous-rest/wake/letter-arrives", test_letter);
  g_test_add_func ("/rendezvous-rest/wake/letter-not-acknowledged", test_letter_not_acknowledged);
  g_test_add_func ("/rendezvous-rest/wake/subscriber-stays", test_subscriber);
  g_test_add_func ("/rendezvous-rest/wake/quotas-are-kept", test_quotas_are_kept);
  g_test_add_func ("/rendezvous-rest/end/silent", test_silent);
  g_test_add_func ("/rendezvous-rest/end/silent-subscriber", test_silent_subscriber);
  g_test_add_func ("/rendezvous-rest/end/replaced", test_replaced);
  g_test_add_func ("/rendezvous-rest/end/left", test_left);
  g_test_add_func ("/rendezvous-rest/end/server-restarts", test_restart);

  return g_test_run ();
}
