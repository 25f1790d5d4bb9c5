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

/* ---- With a measured interval ---- */

/* The longest time in @duration_us that nothing was sent, to the second. */
static gint64
measure_gap (Net       *net,
             NetClient *client,
             gint64     duration_us)
{
  gint64 end_us = net->now_us + duration_us;
  gint64 quiet_us = 0, longest_us = 0;

  while (net->now_us < end_us)
    {
      quiet_us = measure (net, client, UDPNAT_SEC (1)).n_sent == 0 ? quiet_us + UDPNAT_SEC (1) : 0;
      longest_us = MAX (longest_us, quiet_us);
    }
  return longest_us;
}

/* @seconds is how often; what is sent and received in an hour is told with it. */
static void
check_interval (guint seed,
                guint seconds)
{
  g_autoptr (Net) net = net_new (seed);
  NetClient *alice = net_join (net, "Alice");
  Cost       cost;

  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (seconds));
  net_run (net, UDPNAT_SEC (200)); /* the interval before */
  cost = measure (net, alice, UDPNAT_SEC (3600));
  g_test_message ("%u s: %u sent, %u received", seconds, cost.n_sent, cost.n_received);
  g_assert_cmpuint (cost.n_sent, >=, 3600 / seconds);
  g_assert_cmpuint (cost.n_sent, <=, 3600 / (seconds - 1) + 1);
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (3600)), <=, UDPNAT_SEC (seconds));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 1);
}

static void
test_measured (void)
{
  static const guint intervals_s[] = { 10, 24, 36, 48, 72, 75, 96, 110 };

  for (guint i = 0; i < G_N_ELEMENTS (intervals_s); i++)
    check_interval (500 + i, intervals_s[i]);
}

/* 120 s: what most routers have. */
static void
test_measured_cost (void)
{
  for (guint seed = 0; seed < 10; seed++)
    {
      g_autoptr (Net) net = net_new (520 + seed);
      NetClient *alice = net_join (net, "Alice");

      udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
      net_run (net, UDPNAT_SEC (200));
      g_assert_cmpuint (measure (net, alice, UDPNAT_SEC (3600)).n_sent, <=, 38);
    }
}

static void
test_bounds (void)
{
  g_autoptr (Net) net = net_new (540);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (3600));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (600)), <=, UDPNAT_SEC (110));
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, 1);
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (measure (net, alice, UDPNAT_SEC (600)).n_sent, <=, 67);
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, 0);
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (measure (net, alice, UDPNAT_SEC (600)).n_sent, <=, 24);
}

/* Whichever keys the server has taken for sending, the idle client understands it. */
static void
test_reached (void)
{
  static const guint intervals_s[] = { 0, 48, 72, 96, 110 };
  guint8 inner[100];

  net_make_inner (inner, sizeof inner, 1);
  for (guint i = 0; i < G_N_ELEMENTS (intervals_s); i++)
    {
      g_autoptr (Net) net = net_new (550 + i);
      NetClient *alice = net_join (net, "Alice");
      NetClient *bob = net_join (net, "Bob");

      udpnat_rendezvous_client_set_keepalive (bob->client, net->now_us,
                                              UDPNAT_SEC (intervals_s[i]));
      net_run (net, UDPNAT_SEC (5));
      for (guint n = 1; n <= 150; n++)
        {
          net_run (net, UDPNAT_SEC (100 + n * 41 % 200)); /* else it is not idle */
          g_assert_true (udpnat_rendezvous_client_send_relay (alice->client, net->now_us,
                                                              bob->handle, inner, sizeof inner));
          net_run (net, UDPNAT_SEC (1));
          g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, n);
        }
    }
}

/* The server gives everybody three of his own intervals. */
static void
test_offline (void)
{
  static const guint intervals_s[] = { 10, 24, 96, 110 };

  for (guint i = 0; i < G_N_ELEMENTS (intervals_s); i++)
    {
      g_autoptr (Net) net = net_new (560 + i);
      NetClient *alice = net_join (net, "Alice");
      gint64     limit_us;

      limit_us = 3 * UDPNAT_SEC (intervals_s[i]) + UDPNAT_SERVER_SESSION_GRACE_US;
      udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us,
                                              UDPNAT_SEC (intervals_s[i]));
      net_run (net, UDPNAT_SEC (5)); /* and the early packet after connecting */
      alice->is_cut = TRUE;
      net_run (net, limit_us - UDPNAT_SEC (6));
      g_assert_cmpuint (net_stats (net).registered, ==, 1);
      net_run (net, UDPNAT_SEC (6) + UDPNAT_SERVER_REST_ROUND_US);
      g_assert_cmpuint (net_stats (net).registered, ==, 0);
    }
}

/* A server that starts anew is told again. */
static void
test_new_session (void)
{
  g_autoptr (Net) net = net_new (570);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (100));
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (300));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (measure (net, alice, UDPNAT_SEC (3600)).n_sent, <=, 38);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 2);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

/* Whoever has lost the server does as if nothing were known, until the owner says it again. */
static void
test_lost (void)
{
  g_autoptr (Net) net = net_new (575);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (100));
  alice->is_cut = TRUE;
  net_run (net, UDPNAT_SEC (240));
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_true (net_is_registered (alice));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), <=, UDPNAT_SEC (28));
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), >=, UDPNAT_SEC (90));
}

/* The router gives another port: the mapping had died. */
static void
rebind (NetClient *client)
{
  client->address.port++;
}

static void
test_dead_mapping (void)
{
  g_autoptr (Net) net = net_new (580);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (300));
  rebind (alice);
  net_run (net, UDPNAT_SEC (97));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), <=, UDPNAT_SEC (28));
  /* Measured again or not, it is not believed here any more. */
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), <=, UDPNAT_SEC (28));
  udpnat_rendezvous_client_handle_network_change (alice->client, net->now_us);
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), >=, UDPNAT_SEC (90));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 1);
}

/* Whoever has moved is seen elsewhere, and that says nothing of mappings. */
static void
test_moved (void)
{
  g_autoptr (Net) net = net_new (590);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (300));
  rebind (alice);
  udpnat_rendezvous_client_handle_network_change (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_set_keepalive (alice->client, net->now_us, UDPNAT_SEC (96));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpint (measure_gap (net, alice, UDPNAT_SEC (300)), >=, UDPNAT_SEC (90));
}

/* ---- Others ---- */

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
  net_run (net, UDPNAT_SEC (10)); /* the first tries come faster */
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
  g_test_add_func ("/rendezvous-idle/measured/no-longer-and-not-much-shorter", test_measured);
  g_test_add_func ("/rendezvous-idle/measured/96s-costs-38-an-hour", test_measured_cost);
  g_test_add_func ("/rendezvous-idle/measured/10-to-110s", test_bounds);
  g_test_add_func ("/rendezvous-idle/measured/reached-at-any-time", test_reached);
  g_test_add_func ("/rendezvous-idle/measured/offline-after-three", test_offline);
  g_test_add_func ("/rendezvous-idle/measured/told-to-a-new-session", test_new_session);
  g_test_add_func ("/rendezvous-idle/measured/not-after-the-server-was-lost", test_lost);
  g_test_add_func ("/rendezvous-idle/measured/not-after-a-dead-mapping", test_dead_mapping);
  g_test_add_func ("/rendezvous-idle/measured/after-a-move", test_moved);
  g_test_add_func ("/rendezvous-idle/dead-server/noticed-in-3min", test_dead_server);
  g_test_add_func ("/rendezvous-idle/busy/rekeys-without-pause", test_busy);
  return g_test_run ();
}
