#include "config.h"

#include "rendezvous-net.h"

/* What a client costs that has nothing to say, and that it stays online all the same. */

typedef struct
{
  guint n_sent, n_received;
} Cost;

static Cost
measure (Net       *net,
         NetClient *client,
         gint64     duration_us)
{
  Cost before = { client->n_sent, client->n_received };

  net_run (net, duration_us);
  return (Cost) { client->n_sent - before.n_sent, client->n_received - before.n_received };
}

static void
test_hour (void)
{
  const guint n_seconds = 3600;

  for (guint seed = 0; seed < 10; seed++)
    {
      g_autoptr (Net) net = net_new (seed);
      NetClient *alice = net_join (net, "Alice");
      Cost       cost;

      udpnat_rendezvous_client_subscribe (alice->client, net->now_us, TRUE);
      net_run (net, UDPNAT_SEC (10));
      cost = measure (net, alice, UDPNAT_SEC (n_seconds));
      g_assert_cmpuint (cost.n_sent, <=, n_seconds / 20);
      g_assert_cmpuint (cost.n_sent + cost.n_received, <, n_seconds / 20);
      /* And not too few for a NAT that forgets after 30 s. */
      g_assert_cmpuint (cost.n_sent, >=, n_seconds / 28);
      g_assert_true (net_is_registered (alice));
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 1);
      g_assert_cmpuint (net_stats (net).registered, ==, 1);
    }
}

/* No gap that a NAT with 30 s would not survive. */
static void
test_gaps (void)
{
  g_autoptr (Net) net = net_new (100);
  NetClient *alice = net_join (net, "Alice");
  guint      n_sent;
  gint64     quiet_us = 0;

  net_run (net, UDPNAT_SEC (10));
  n_sent = alice->n_sent;
  for (guint i = 0; i < 3600; i++)
    {
      net_run (net, UDPNAT_SEC (1));
      quiet_us = alice->n_sent == n_sent ? quiet_us + UDPNAT_SEC (1) : 0;
      n_sent = alice->n_sent;
      g_assert_cmpint (quiet_us, <=, UDPNAT_SEC (28));
    }
}

static void
test_loss (void)
{
  for (guint seed = 0; seed < 10; seed++)
    {
      g_autoptr (Net) net = net_new (200 + seed);
      NetClient *alice = net_join (net, "Alice");

      net_run (net, UDPNAT_SEC (10));
      net->loss_percent = 10;
      net_run (net, UDPNAT_SEC (3600));
      net->loss_percent = 0;
      net_run (net, UDPNAT_SEC (200));
      g_assert_true (net_is_registered (alice));
      g_assert_cmpuint (net_stats (net).registered, ==, 1);
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], <=, 1);
    }
}

/* A dead server is noticed even by a client that has nothing to say. */
static void
test_dead_server (void)
{
  g_autoptr (Net) net = net_new (300);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (200));
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_run (net, UDPNAT_SEC (180));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  /* And tried again no faster than every 4 s, by HS1 and INFO. */
  g_assert_cmpuint (measure (net, alice, UDPNAT_SEC (400)).n_sent, <=, 2 * 101);
}

/* One who talks all the time through the server gets new keys without any pause. */
static void
test_busy (void)
{
  g_autoptr (Net) net = net_new (400);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint8     inner[100];
  guint      n_sent = 0;

  net_make_inner (inner, sizeof inner, 1);
  net_run (net, UDPNAT_SEC (5));
  for (guint i = 0; i < 6000; i++)
    {
      n_sent += udpnat_rendezvous_client_send_relay (alice->client, net->now_us, bob->handle, inner,
                                                     sizeof inner);
      net_run (net, UDPNAT_MSEC (100));
    }
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (n_sent, ==, 6000);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 6000);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-idle/hour/one-packet-in-20s-both-ways", test_hour);
  g_test_add_func ("/rendezvous-idle/gaps/shorter-than-28s", test_gaps);
  g_test_add_func ("/rendezvous-idle/loss/stays-online", test_loss);
  g_test_add_func ("/rendezvous-idle/dead-server/noticed-in-3min", test_dead_server);
  g_test_add_func ("/rendezvous-idle/busy/rekeys-without-pause", test_busy);
  return g_test_run ();
}
