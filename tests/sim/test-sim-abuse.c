/* A peer whom we have accepted, and who lies about where it is so that we send packets to others
 * (nat.md section 6): how many arrive there in an hour. */

#include "config.h"

#include "sim-chat.h"

#define N_VICTIMS 100
#define PACKETS_MAX (8 * 10)
#define HOUR_S 3600

/* What went to the victims, whoever they are: all of 11.0.0.0/8. */
typedef struct
{
  SimHost *host;
  guint    n_packets;
} Harm;

static gboolean
is_victim (const UdpnatAddress *address)
{
  return address->family == UDPNAT_FAMILY_IPV4 && address->ip[0] == 11;
}

static gboolean
count_harm (const SimTapInfo *info,
            gpointer          user_data)
{
  Harm *self = user_data;

  if (info->kind != SIM_TAP_SENT || info->host != self->host || !is_victim (&info->to))
    return TRUE;
  self->n_packets++;
  return TRUE;
}

/* Names victims out of a hundred, others each time, as the liar's own addresses. */
static void
tell_lies (SimPeer *liar,
           guint    turn)
{
  UdpnatAddress lies[UDPNAT_CANDIDATES_MAX];

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      char text[32];
      gboolean is_parsed;

      g_snprintf (text, sizeof text, "11.0.0.%u", (turn * 8 + i) % N_VICTIMS + 1);
      is_parsed = udpnat_address_parse_ip (&lies[i], text, 0);
      g_assert_true (is_parsed);
    }
  udpnat_node_set_host_addresses (liar->node, sim_world_now (liar->world), lies,
                                  G_N_ELEMENTS (lies), UDPNAT_CLIENT_PORT);
  sim_world_wake (liar->host);
}

static void
restart (SimPeer *peer)
{
  sim_peer_kill (peer);
  sim_peer_start (peer);
}

/* An hour in which bob lies every 5 s, keeps the conversation going, and begins anew every 90 s.
 * @is_cut: nothing gets through directly, so that the tries never end. */
static void
lie_for_an_hour (guint64   seed,
                 gboolean  is_cut,
                 Harm     *harm)
{
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (25));
  SimPair pair;

  sim_pair_start (&pair, sim_world_new (seed), NULL, &link, NULL, &link);
  *harm = (Harm) { .host = pair.alice->host };
  sim_world_add_tap (pair.world, count_harm, harm);
  if (is_cut)
    {
      sim_world_cut (pair.alice->host, pair.bob->host, TRUE);
      sim_world_cut (pair.bob->host, pair.alice->host, TRUE);
    }
  for (guint second = 0, n_lines = 0; second < HOUR_S; second += 5)
    {
      if (second % 90 == 0)
        restart (pair.bob);
      tell_lies (pair.bob, second / 5);
      if (second % 20 == 0)
        sim_peer_send_numbered (pair.bob, "alice", n_lines++, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (5));
    }
  g_assert_cmpuint (pair.alice->received->len, >, HOUR_S / 20 / 2); /* the liar was listened to */
  sim_pair_clear (&pair);
}

static void
test_lying_lists (void)
{
  g_test_summary ("Victims out of a hundred named every 5 s, for an hour: 80 packets in all");
  for (guint is_cut = 0; is_cut < 2; is_cut++)
    {
      Harm harm;

      lie_for_an_hour (is_cut + 1, is_cut == 1, &harm);
      g_test_message ("%s: %u packets to victims", is_cut == 1 ? "cut" : "reachable",
                      harm.n_packets);
      g_assert_cmpuint (harm.n_packets, >, 0); /* else nobody believed the lies */
      g_assert_cmpuint (harm.n_packets, <=, PACKETS_MAX);
    }
}

/* ---- And who does not lie ---- */

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind != UDPNAT_PATH_KIND_RELAY &&
         pair->bob->path_kind != UDPNAT_PATH_KIND_RELAY;
}

/* Nothing gets through directly for an hour, as behind a firewall; then it does. */
static void
test_honest_pair (void)
{
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (25));
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  gint64 start_us;
  gboolean has_way = FALSE;
  SimPair pair;
  guint n_lines = 0;

  g_test_summary ("After an hour of tries in vain an honest pair still tries every five minutes, "
                  "since the server vouches for both");
  sim_pair_start (&pair, sim_world_new (7), &router, &link, &router, &link);
  sim_world_cut (pair.alice->host, pair.bob->host, TRUE);
  sim_world_cut (pair.bob->host, pair.alice->host, TRUE);
  for (guint second = 0; second < HOUR_S; second += 60)
    {
      sim_peer_send_numbered (pair.bob, "alice", n_lines++, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (60));
      g_assert_false (is_direct (&pair));
    }
  sim_world_cut (pair.alice->host, pair.bob->host, FALSE);
  sim_world_cut (pair.bob->host, pair.alice->host, FALSE);
  start_us = sim_world_now (pair.world);
  for (guint i = 0; i < 6 && !has_way; i++)
    {
      sim_peer_send_numbered (pair.bob, "alice", n_lines++, 1);
      has_way = sim_world_run_for_true (pair.world, UDPNAT_SEC (60), is_direct, &pair);
    }
  g_assert_true (has_way);
  g_test_message ("direct %.0f s after it was possible",
                  (sim_world_now (pair.world) - start_us) / 1e6);
  g_assert_cmpint (sim_world_now (pair.world) - start_us, <=, UDPNAT_SEC (305));
  sim_pair_clear (&pair);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-abuse/lists/eighty-packets-in-all", test_lying_lists);
  g_test_add_func ("/sim-abuse/honest/tries-go-on", test_honest_pair);

  return g_test_run ();
}
