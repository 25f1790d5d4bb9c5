#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-attestation-signature.h"

/* The server's word on where a client is (PROTOCOL.md section 7): of an address that the client has
 * shown to be its own, and of no other, whatever it does. */

static const guint8 nonce[UDPNAT_ATTESTATION_NONCE_BYTES] = "0123456789abcde";

/* The server signs where it sees us, under the nonce that was asked for; the signature holds for
 * nobody else, nowhere else, and of no other server. */
static void
test_attestation (void)
{
  g_autoptr (Net)           net = net_new (41);
  NetClient                *alice = net_join (net, "Alice");
  NetClient                *bob = net_join (net, "Bob");
  const UdpnatPublicKey    *alice_key = udpnat_identity_get_public_key (alice->identity);
  const UdpnatPublicKey    *bob_key = udpnat_identity_get_public_key (bob->identity);
  const UdpnatPublicKey    *server_key = udpnat_identity_get_public_key (net->server_identity);
  UdpnatAttestation         forged;

  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION], ==, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION], ==, 0);
  g_assert_cmpmem (alice->attestation.nonce, 16, nonce, 16);
  g_assert_true (udpnat_address_equal (&alice->attestation.address, &alice->address));
  g_assert_true (udpnat_attestation_verify (&alice->attestation, server_key, alice_key));

  g_assert_false (udpnat_attestation_verify (&alice->attestation, server_key, bob_key));
  g_assert_false (udpnat_attestation_verify (&alice->attestation, bob_key, alice_key));
  forged = alice->attestation;
  forged.address.ip[3] ^= 1;
  g_assert_false (udpnat_attestation_verify (&forged, server_key, alice_key));
  forged = alice->attestation;
  forged.nonce[0] ^= 1;
  g_assert_false (udpnat_attestation_verify (&forged, server_key, alice_key));
}

static void
test_attestations_limited (void)
{
  g_autoptr (Net)     net = net_new (42);
  NetClient          *alice = net_join (net, "Alice");
  guint               n_before;

  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 3; i++)
    {
      for (guint j = 0; j < UDPNAT_ATTESTATIONS_BURST; j++)
        udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
      net_run (net, UDPNAT_MSEC (100));
    }
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION], ==,
                    UDPNAT_ATTESTATIONS_BURST);
  net_run (net, UDPNAT_SEC (1));
  n_before = alice->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION];
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION], ==, n_before + 1);
  g_assert_true (net_is_registered (alice));
}

static guint
count_attestations (const NetClient *client)
{
  return client->counts[UDPNAT_RENDEZVOUS_EVENT_ATTESTATION];
}

/* Its question leaves with @source, and whatever the server sends there does not reach it. */
static void
ask_from (Net           *net,
          NetClient     *client,
          UdpnatAddress  source)
{
  UdpnatAddress real = client->address;

  udpnat_rendezvous_client_attest (client->client, net->now_us, nonce);
  client->address = source;
  net_drain_client (net, client);
  client->address = real;
}

static void
test_forged_source (void)
{
  g_autoptr (Net) net = net_new (43);
  NetClient *alice = net_join (net, "Alice");

  g_test_summary ("Who puts another's address as the source gets no word on it, then or later");
  net_run (net, UDPNAT_SEC (1));
  for (guint8 i = 1; i <= 5; i++)
    {
      guint n_strangers = net->n_stranger_packets;

      ask_from (net, alice, net_address (192, 0, 2, i, UDPNAT_CLIENT_PORT));
      net_run (net, UDPNAT_SEC (2)); /* what was lost meanwhile comes again, to the real one */
      g_assert_cmpuint (net->n_stranger_packets, >, n_strangers); /* the forgery was taken */
      g_assert_cmpuint (net->n_stranger_packets, <=, n_strangers + 2);
      if (count_attestations (alice) > 0)
        g_assert_true (udpnat_address_equal (&alice->attestation.address, &alice->address));
    }
  g_assert_true (net_is_registered (alice));
}

static void
test_moved (void)
{
  g_autoptr (Net) net = net_new (44);
  NetClient *alice = net_join (net, "Alice");

  g_test_summary ("Who has moved is asked to show it, and then gets the word on the new address");
  net_run (net, UDPNAT_SEC (1));
  alice->address = net_address (198, 51, 100, 77, 4321);
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (count_attestations (alice), ==, 0); /* it was not proven when it asked */
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (count_attestations (alice), ==, 1);
  g_assert_true (udpnat_address_equal (&alice->attestation.address, &alice->address));
}

static void
test_tunnel (void)
{
  g_autoptr (Net) net = net_new (45);
  NetClient *alice = net_join (net, "Alice");

  g_test_summary ("Where a connection comes from is no address for UDP");
  udpnat_rendezvous_client_set_tunnel_allowed (alice->client, TRUE);
  alice->is_udp_blocked = TRUE;
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->n_tunnels, >, 0);
  g_assert_true (net_is_registered (alice));
  udpnat_rendezvous_client_attest (alice->client, net->now_us, nonce);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (count_attestations (alice), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-attest/is-about-us-here", test_attestation);
  g_test_add_func ("/rendezvous-attest/limited", test_attestations_limited);
  g_test_add_func ("/rendezvous-attest/source/forged", test_forged_source);
  g_test_add_func ("/rendezvous-attest/source/moved", test_moved);
  g_test_add_func ("/rendezvous-attest/source/tunnel", test_tunnel);
  return g_test_run ();
}
