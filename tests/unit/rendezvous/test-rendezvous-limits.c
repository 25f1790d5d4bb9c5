#include "config.h"

#include "rendezvous-net.h"

/* How often one key, or one address, may ask a server for something: as often as anybody needs it,
 * and not once more. Relay and letters: test-rendezvous-relay.c, test-rendezvous-mail.c; what comes
 * before a session: test-handshake-limiter.c. */

#define BATCH (UDPNAT_LOOKUPS_MAX / 2)

static void
look_up (Net       *net,
         NetClient *client,
         guint      n)
{
  for (guint i = 0; i < n; i++)
    udpnat_rendezvous_client_lookup (client->client, net->now_us, "Nobody");
  net_run (net, UDPNAT_MSEC (50));
}

static void
test_lookups (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob");
  guint n_refilled, n_results, n_refused;
  gint64 start_us;

  net_run (net, UDPNAT_SEC (2));
  start_us = net->now_us;
  for (guint i = 0; i < UDPNAT_LOOKUPS_BURST_PER_KEY / BATCH; i++)
    look_up (net, alice, BATCH);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==,
                    UDPNAT_LOOKUPS_BURST_PER_KEY);
  g_assert_cmpuint (alice->n_try_later, ==, 0);

  n_refilled = (guint) ((net->now_us - start_us) * UDPNAT_LOOKUPS_PER_SECOND_PER_KEY
                        / G_USEC_PER_SEC);
  look_up (net, alice, BATCH);
  n_results = alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT] - alice->n_try_later;
  g_assert_cmpuint (n_results, >=, UDPNAT_LOOKUPS_BURST_PER_KEY + n_refilled);
  g_assert_cmpuint (n_results, <=, UDPNAT_LOOKUPS_BURST_PER_KEY + n_refilled + 1);
  g_assert_cmpuint (alice->n_try_later + n_results, ==,
                    UDPNAT_LOOKUPS_BURST_PER_KEY + BATCH);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_LOOKUP_RATE], >, 0);

  /* Others have their own, and with time there is more. */
  look_up (net, bob, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 1);
  net_run (net, UDPNAT_SEC (1));
  n_refused = alice->n_try_later;
  look_up (net, alice, UDPNAT_LOOKUPS_PER_SECOND_PER_KEY);
  g_assert_cmpuint (alice->n_try_later, ==, n_refused);
}

/* So small that their number counts before their bytes do. */
static void
dial (Net             *net,
      NetClient       *from,
      const NetClient *to,
      guint            n)
{
  guint8 packet[UDPNAT_UNKNOWN_BYTES] = { UDPNAT_PACKET_UNKNOWN };

  for (guint i = 0; i < n; i++)
    g_assert_true (udpnat_rendezvous_client_dial (from->client, net->now_us,
                                                  udpnat_identity_get_public_key (to->identity),
                                                  packet, sizeof packet));
  net_run (net, UDPNAT_MSEC (20));
}

static void
test_dials (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (2));
  dial (net, alice, bob, UDPNAT_DIALS_BURST_PER_KEY);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, UDPNAT_DIALS_BURST_PER_KEY);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 0);
  dial (net, alice, bob, 5);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_DIAL_RATE], >=, 3);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_QUOTA);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA], ==, 0);

  dial (net, bob, alice, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  net_run (net, UDPNAT_SEC (1));
  bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED] = 0;
  dial (net, alice, bob, UDPNAT_DIALS_PER_SECOND_PER_KEY);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==,
                    UDPNAT_DIALS_PER_SECOND_PER_KEY);
}

/* Many keys at one address: each may have eight names, all together no more than that. */
static void
test_claims (void)
{
  g_autoptr (Net) net = net_new (3);
  const guint n_clients = UDPNAT_CLAIMS_BURST_PER_SOURCE / UDPNAT_NAMES_PER_KEY_MAX;
  NetClient *last, *elsewhere;

  for (guint i = 0; i <= n_clients; i++)
    {
      NetClient *client = net_add_client (net);

      client->address = net_address (198, 51, 100, 77, (guint16) (9000 + i));
      net_join_client (net, client, NULL);
    }
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < n_clients; i++)
    for (guint j = 0; j < UDPNAT_NAMES_PER_KEY_MAX; j++)
      {
        g_autofree char *name = g_strdup_printf ("name %u %u", i, j);

        udpnat_rendezvous_client_register (net->clients[i].client, net->now_us, name);
        net_run (net, NET_DELAY_US / 10);
      }
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (net_stats (net).names, ==, UDPNAT_CLAIMS_BURST_PER_SOURCE);

  last = &net->clients[n_clients];
  udpnat_rendezvous_client_register (last->client, net->now_us, "one more");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (last->code, ==, UDPNAT_REFUSED_TRY_LATER);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_CLAIM_RATE], ==, 1);
  elsewhere = net_join (net, "elsewhere");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (elsewhere));

  /* It comes again by itself; and a name that one has costs none. */
  udpnat_rendezvous_client_register (net->clients[0].client, net->now_us, "name 0 0");
  net_run (net, UDPNAT_SEC (2 * UDPNAT_CLAIM_S));
  g_assert_true (net_is_registered (last));
  g_assert_cmpstr (net->clients[0].registered, ==, "name 0 0");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-limits/lookups/by-key", test_lookups);
  g_test_add_func ("/rendezvous-limits/dials/by-key", test_dials);
  g_test_add_func ("/rendezvous-limits/names/by-address", test_claims);
  return g_test_run ();
}
