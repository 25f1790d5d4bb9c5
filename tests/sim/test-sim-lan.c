/* Two people on one network and no server: real beacons and nodes in virtual time. */

#include "config.h"

#include "udpnat-presence.h"

#include "sim-chat.h"

/* Three beacons missed, as late as they may come, and a second for what follows. */
#define GONE_US UDPNAT_SEC (92)
#define HOUR_US UDPNAT_SEC (3600)
/* Ten beacons in turn: with every second one lost, one pair in a thousand has not met by then. */
#define LATEST_US UDPNAT_SEC (300)

typedef struct
{
  SimPair      pair;
  UdpnatRandom random;
  guint        loss_percent; /* of beacons */
  guint        n_beacons;    /* that would have arrived */
} Home;

static gboolean
lose_beacons (const SimTapInfo *info,
              gpointer          user_data)
{
  Home *self = user_data;

  if (info->kind != SIM_TAP_DELIVERED || info->to.port != UDPNAT_LAN_PORT)
    return TRUE;
  self->n_beacons++;
  return udpnat_random_below (&self->random, 100) >= self->loss_percent;
}

static SimPeer *
add_person (Home       *self,
            const char *name,
            SimNat     *nat)
{
  SimPeer *peer = sim_peer_new (self->pair.server, name, nat, NULL);

  peer->is_serverless = TRUE;
  peer->has_beacons = TRUE;
  return peer;
}

static void
home_init (Home   *self,
           guint64 seed,
           guint   loss_percent)
{
  SimWorld *world = sim_world_new (seed);
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  SimNat *nat = sim_world_add_nat (world, "router", NULL, NULL, &config);

  *self = (Home) { .loss_percent = loss_percent };
  self->random = sim_world_fork_random (world, "lost beacons");
  self->pair.world = world;
  self->pair.server = sim_server_new (world, "198.51.100.1"); /* is never started */
  self->pair.alice = add_person (self, "alice", nat);
  self->pair.bob = add_person (self, "bob", nat);
  sim_world_add_tap (world, lose_beacons, self);
  sim_peer_start (self->pair.alice);
  sim_peer_start (self->pair.bob);
}

static void
home_clear (Home *self)
{
  sim_pair_clear (&self->pair);
}

static gboolean
see_each_other (gpointer user_data)
{
  const Home *self = user_data;

  return self->pair.alice->presence == UDPNAT_PRESENCE_ONLINE &&
         self->pair.bob->presence == UDPNAT_PRESENCE_ONLINE;
}

static gboolean
is_bob_alone (gpointer user_data)
{
  return ((Home *) user_data)->pair.bob->presence == UDPNAT_PRESENCE_OFFLINE;
}

static gboolean
have_both_received (gpointer user_data)
{
  const Home *self = user_data;

  return self->pair.alice->n_delivered == 1 && self->pair.bob->n_delivered == 1;
}

/* A line each way, from who knows the other. */
static void
talk (Home *self)
{
  sim_peer_send (self->pair.alice, "bob", "0");
  sim_peer_send (self->pair.bob, "alice", "0");
}

static void
test_meet (void)
{
  Home home;
  gboolean is_met;

  g_test_summary ("Without a server they see each other within a second, talk, and the path is "
                  "the network's own");
  home_init (&home, 1, 0);
  is_met = sim_world_run_for_true (home.pair.world, UDPNAT_SEC (1), see_each_other, &home);
  g_assert_true (is_met);
  talk (&home);
  sim_world_run_for (home.pair.world, UDPNAT_SEC (2));
  sim_peer_assert_received (home.pair.alice, "bob", 1);
  sim_peer_assert_received (home.pair.bob, "alice", 1);
  g_assert_cmpint (home.pair.alice->path_kind, ==, UDPNAT_PATH_KIND_LAN);
  g_assert_cmpint (home.pair.bob->path_kind, ==, UDPNAT_PATH_KIND_LAN);
  home_clear (&home);
}

static void
test_sleep (void)
{
  Home home;
  gboolean is_so;

  g_test_summary ("One sleeps for an hour: is gone meanwhile, what is said waits, and all is well "
                  "seconds after the lid is opened");
  home_init (&home, 2, 0);
  sim_world_run_for (home.pair.world, UDPNAT_SEC (5));
  talk (&home); /* whoever has said nothing is forgotten when he goes */
  sim_world_run_for (home.pair.world, UDPNAT_SEC (5));
  g_assert_true (have_both_received (&home));
  sim_host_sleep (home.pair.alice->host, HOUR_US);
  is_so = sim_world_run_for_true (home.pair.world, GONE_US, is_bob_alone, &home);
  g_assert_true (is_so);
  sim_peer_send (home.pair.bob, "alice", "1");
  sim_world_run_until (home.pair.world, SIM_WORLD_START_US + UDPNAT_SEC (10) + HOUR_US);
  g_assert_cmpuint (home.pair.bob->n_delivered, ==, 1);
  is_so = sim_world_run_for_true (home.pair.world, UDPNAT_SEC (3), see_each_other, &home);
  g_assert_true (is_so);
  sim_world_run_for (home.pair.world, UDPNAT_SEC (3));
  sim_peer_assert_received (home.pair.alice, "bob", 2);
  home_clear (&home);
}

static void
test_loss (void)
{
  gint64 longest_us = 0;
  guint n_quick = 0;

  g_test_summary ("Every second beacon is lost: whoever talks all the same gets everything across");
  for (guint seed = 100; seed < 140; seed++)
    {
      gint64 met_us;
      gboolean is_so;
      Home home;

      home_init (&home, seed, 50);
      is_so = sim_world_run_for_true (home.pair.world, LATEST_US, see_each_other, &home);
      met_us = sim_world_now (home.pair.world) - SIM_WORLD_START_US;
      if (!is_so)
        g_error ("seed %u: they have not met", seed);
      longest_us = MAX (longest_us, met_us);
      n_quick += met_us < UDPNAT_SEC (5);
      talk (&home);
      is_so = sim_world_run_for_true (home.pair.world, LATEST_US, have_both_received, &home);
      if (!is_so)
        g_error ("seed %u: they have not talked", seed);
      sim_world_run_for (home.pair.world, HOUR_US);
      g_assert_cmpuint (home.n_beacons, >, 2 * 3600 / 30);
      home_clear (&home);
    }
  g_test_message ("%u of 40 have met within 5 s, the last after %.1f s", n_quick,
                  (double) longest_us / G_USEC_PER_SEC);
  g_assert_cmpuint (n_quick, >=, 30);
}

static void
test_all_lost (void)
{
  Home home;

  g_test_summary ("The tap bites: no beacon, no meeting");
  home_init (&home, 3, 100);
  sim_world_run_for (home.pair.world, UDPNAT_SEC (300));
  g_assert_cmpuint (home.n_beacons, >, 0);
  g_assert_false (see_each_other (&home));
  home_clear (&home);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-lan/two/meet-and-talk-without-a-server", test_meet);
  g_test_add_func ("/sim-lan/two/one-sleeps-for-an-hour", test_sleep);
  g_test_add_func ("/sim-lan/two/every-second-beacon-is-lost", test_loss);
  g_test_add_func ("/sim-lan/two/no-beacon-no-meeting", test_all_lost);
  return g_test_run ();
}
