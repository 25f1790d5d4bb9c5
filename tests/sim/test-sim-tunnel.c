/* Networks without UDP: programs go on over connections. */

#include "config.h"

#include "sim-chat.h"

#define LEG_US UDPNAT_MSEC (20)

typedef struct
{
  SimPair pair;
  SimNat *nat; /* alice's */
} Scene;

static SimNatConfig
get_router (gboolean is_udp_blocked)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  router.block_udp = is_udp_blocked;
  return router;
}

/* Alice is behind a router that lets no UDP pass, Bob behind one that does. */
static void
scene_init (Scene    *self,
            gboolean  has_tunnel)
{
  SimLinkConfig line = sim_link_config_with_delay (LEG_US);
  SimNatConfig blocked = get_router (TRUE);
  SimNatConfig open = get_router (FALSE);
  SimPair *pair = &self->pair;

  pair->world = sim_world_new (1);
  pair->server = sim_server_new (pair->world, "198.51.100.1");
  self->nat = sim_world_add_nat (pair->world, "alice-nat", NULL, NULL, &blocked);
  sim_world_set_nat_link (pair->world, self->nat, SIM_UP, &line);
  sim_world_set_nat_link (pair->world, self->nat, SIM_DOWN, &line);
  pair->alice = sim_peer_new (pair->server, "alice", self->nat, NULL);
  pair->alice->has_tunnel = has_tunnel;
  pair->bob = sim_peer_new_at_home (pair->server, "bob", &open, &line);
  sim_server_start (pair->server);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
}

static void
test_talk (void)
{
  Scene scene;

  g_test_summary ("She is there in less than two seconds, and both talk");
  scene_init (&scene, TRUE);
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), sim_pair_is_registered,
                                         &scene.pair));
  sim_peer_send_numbered (scene.pair.alice, "bob", 0, 50);
  sim_peer_send_numbered (scene.pair.bob, "alice", 0, 50);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (scene.pair.alice, "bob", 50);
  sim_peer_assert_received (scene.pair.bob, "alice", 50);
  g_assert_cmpint (scene.pair.alice->path_reason, ==, UDPNAT_PATH_REASON_UDP_BLOCKED);
  sim_pair_clear (&scene.pair);
}

static void
test_not_allowed (void)
{
  Scene scene;

  g_test_summary ("Without connections nobody is there");
  scene_init (&scene, FALSE);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (60));
  g_assert_true (sim_peer_is_registered (scene.pair.bob));
  g_assert_false (sim_peer_is_registered (scene.pair.alice));
  sim_pair_clear (&scene.pair);
}

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind != UDPNAT_PATH_KIND_RELAY;
}

static void
test_udp_is_back (void)
{
  SimNatConfig open = get_router (FALSE);
  Scene scene;

  g_test_summary ("When UDP passes it is used again, and the way is direct soon after");
  scene_init (&scene, TRUE);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (5));
  sim_peer_send_numbered (scene.pair.alice, "bob", 0, 1);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (5));
  sim_nat_set_config (scene.nat, &open);
  sim_world_run_for (scene.pair.world, UDPNAT_TUNNEL_PROBE_MAX_US + UDPNAT_SEC (1));
  sim_peer_send_numbered (scene.pair.alice, "bob", 1, 1);
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (20), is_direct,
                                         &scene.pair));
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (2));
  sim_peer_assert_received (scene.pair.bob, "alice", 2);
  sim_pair_clear (&scene.pair);
}

static void
test_lost (void)
{
  Scene scene;

  g_test_summary ("The server is killed, and with it the connection: there is another one");
  scene_init (&scene, TRUE);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (5));
  sim_server_kill (scene.pair.server);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (1));
  sim_server_start (scene.pair.server);
  sim_peer_send_numbered (scene.pair.alice, "bob", 0, 5);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (60));
  g_assert_true (sim_peer_is_registered (scene.pair.alice));
  sim_peer_assert_received (scene.pair.bob, "alice", 5);
  sim_pair_clear (&scene.pair);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-tunnel/blocked/both-talk", test_talk);
  g_test_add_func ("/sim-tunnel/blocked/nobody-without", test_not_allowed);
  g_test_add_func ("/sim-tunnel/udp/used-again", test_udp_is_back);
  g_test_add_func ("/sim-tunnel/server/killed", test_lost);

  return g_test_run ();
}
