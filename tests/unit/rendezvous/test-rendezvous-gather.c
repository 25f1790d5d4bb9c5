#include "config.h"

#include "rendezvous-net.h"

/* Questions of people at rest that come in one batch: each is answered as if it had come alone, and
 * before anything that comes behind it. */

#define N_PEOPLE 40 /* more than are gathered at a time, twice */

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static Net *
make (guint64 seed,
      guint   n_people)
{
  Net *net = net_new (seed);

  for (guint i = 0; i < n_people; i++)
    {
      /* Plain ones, some with capitals, and some that are not. */
      g_autofree char *name = g_strdup_printf (i % 5 == 0 ? "Zoë %u" : i % 5 == 1 ? "X %u" : "x%u",
                                               i);

      (void) net_join (net, name);
      net_run (net, UDPNAT_MSEC (100));
    }
  net_run (net, UDPNAT_SEC (12));
  g_assert_cmpuint (net_stats (net).resting, ==, n_people);
  return net;
}

static void
relay (Net       *net,
       NetClient *from,
       guint32    handle,
       guint8     mark)
{
  guint8 inner[100];

  net_make_inner (inner, sizeof inner, mark);
  g_assert_true (udpnat_rendezvous_client_send_relay (from->client, net->now_us, handle, inner,
                                                      sizeof inner));
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
}

/* ---- As if alone ---- */

static void
test_lookups (void)
{
  g_autoptr (Net) net = make (1, N_PEOPLE);

  for (guint i = 0; i < N_PEOPLE; i++)
    {
      const NetClient *wanted = &net->clients[(i + 7) % N_PEOPLE];
      g_autofree char *name = i % 3 == 0 ? g_utf8_strup (wanted->registered, -1)
                                         : g_strdup (i == 1 ? "nobody" : wanted->registered);

      (void) udpnat_rendezvous_client_lookup (net->clients[i].client, net->now_us, name);
    }
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      const NetClient *client = &net->clients[i], *wanted = &net->clients[(i + 7) % N_PEOPLE];

      g_assert_cmpuint (client->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 1);
      g_assert_cmpint (client->found, ==, i != 1);
      if (i != 1)
        {
          g_assert_cmpuint (client->entry.handle, ==, wanted->handle);
          g_assert_cmpstr (client->entry.name, ==, wanted->registered);
        }
    }
  g_assert_cmpuint (net_stats (net).resting, ==, N_PEOPLE);
}

static void
test_mixed (void)
{
  g_autoptr (Net) net = make (2, N_PEOPLE);

  for (guint i = 0; i < N_PEOPLE; i++)
    {
      NetClient *client = &net->clients[i], *wanted = &net->clients[(i + 1) % N_PEOPLE];

      if (i % 3 == 0)
        relay (net, client, wanted->handle, (guint8) i);
      else if (i % 3 == 1)
        dial (net, client, wanted);
      else
        (void) udpnat_rendezvous_client_lookup (client->client, net->now_us, wanted->registered);
    }
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      const NetClient *client = &net->clients[i], *wanted = &net->clients[(i + 1) % N_PEOPLE];

      g_assert_cmpuint (wanted->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, i % 3 < 2 ? 1 : 0);
      g_assert_cmpuint (client->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==,
                        i % 3 == 2 ? 1 : 0);
      if (i % 3 < 2)
        g_assert_cmpuint (wanted->relayed_from, ==, client->handle);
      if (i % 3 == 1)
        g_assert_cmpstr (wanted->relayed_name, ==, client->registered);
    }
}

static void
test_nobody (void)
{
  g_autoptr (Net) net = make (3, 3);
  NetClient *away = &net->clients[2];

  udpnat_rendezvous_client_leave (away->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  relay (net, &net->clients[0], 0x12345678, 1);
  dial (net, &net->clients[1], away);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->clients[0].counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 1);
  g_assert_cmpuint (net->clients[1].counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 1);
  g_assert_cmpuint (net->clients[1].code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
}

/* The window of numbers of a session at rest moves before what the packet asks is answered. */
static void
test_twice (void)
{
  g_autoptr (Net) net = make (4, 2);
  g_autofree NetPacket *packet = NULL;
  UdpnatDatagram twice[2];

  relay (net, &net->clients[0], net->clients[1].handle, 9);
  net_drain (net);
  packet = g_queue_pop_tail (&net->packets);
  g_assert_true (packet->to_server);
  twice[0] = twice[1] = packet->datagram;
  udpnat_machine_handle_datagrams (net_machine (net), net->now_us, twice, 2);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->clients[1].counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
}

/* ---- Before what comes behind it ---- */

/* The receiver leaves behind the packet that is for it. */
static void
test_receiver_leaves (void)
{
  g_autoptr (Net) net = make (5, 3);

  relay (net, &net->clients[0], net->clients[2].handle, 1);
  dial (net, &net->clients[1], &net->clients[2]);
  net_drain (net);
  udpnat_rendezvous_client_leave (net->clients[2].client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 2);
  g_assert_cmpuint (net_stats (net).relayed_packets, ==, 2);
  g_assert_cmpuint (net->clients[0].counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, 0);
  g_assert_cmpuint (net->clients[1].counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 0);
}

/* Whoever asks leaves, and somebody else comes to have what was kept of them. */
static void
test_asker_leaves (void)
{
  g_autoptr (Net) net = make (6, 2);

  relay (net, &net->clients[0], net->clients[1].handle, 1);
  net_drain (net);
  udpnat_rendezvous_client_leave (net->clients[0].client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  g_assert_cmpuint (net->clients[1].counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpuint (net->clients[1].relayed_from, !=, 0);
}

/* One that is awake: it takes another way to the server's sessions. */
static void
test_awake_one_hides (void)
{
  g_autoptr (Net) net = make (7, 2);
  NetClient *asker = &net->clients[0], *other = &net->clients[1];

  udpnat_rendezvous_client_set_presence (other->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  (void) udpnat_rendezvous_client_lookup (asker->client, net->now_us, other->registered);
  net_drain (net);
  udpnat_rendezvous_client_set_presence (other->client, net->now_us, UDPNAT_PRESENCE_ONLINE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (asker->found);
  g_assert_cmpuint (asker->entry.presence, ==, UDPNAT_PRESENCE_AWAY);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rendezvous-gather/alone/lookups", test_lookups);
  g_test_add_func ("/rendezvous-gather/alone/all-kinds", test_mixed);
  g_test_add_func ("/rendezvous-gather/alone/nobody-there", test_nobody);
  g_test_add_func ("/rendezvous-gather/alone/twice-the-same", test_twice);
  g_test_add_func ("/rendezvous-gather/before/receiver-leaves", test_receiver_leaves);
  g_test_add_func ("/rendezvous-gather/before/asker-leaves", test_asker_leaves);
  g_test_add_func ("/rendezvous-gather/before/awake-one-changes", test_awake_one_hides);

  return g_test_run ();
}
