/* Addresses beyond those that a server sees: a port that a router has opened, or says it has. */

#include "config.h"

#include "sim-chat.h"

#define LEG_US UDPNAT_MSEC (25)
#define PORT 8900

typedef struct
{
  SimPair pair;
  SimNat *alice_nat;
  SimNat *bob_nat;
} Scene;

static void
scene_init (Scene              *self,
            const SimNatConfig *router,
            const SimNatConfig *bobs_router)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair *pair = &self->pair;
  SimWorld *world = sim_world_new (1);

  pair->world = world;
  pair->server = sim_server_new (world, "9.8.7.6");
  sim_server_start (pair->server);
  self->alice_nat = sim_world_add_nat (world, "alice-nat", NULL, NULL, router);
  self->bob_nat = sim_world_add_nat (world, "bob-nat", NULL, NULL, bobs_router);
  pair->alice = sim_peer_new (pair->server, "alice", self->alice_nat, &link);
  pair->bob = sim_peer_new (pair->server, "bob", self->bob_nat, &link);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_run_for (world, UDPNAT_SEC (5));
}

static void
scene_clear (Scene *self)
{
  sim_pair_clear (&self->pair);
}

static SimNatConfig
make_symmetric (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  config.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  return config;
}

static UdpnatAddress
get_inner (const SimPeer *peer)
{
  UdpnatNetworkFacts facts;

  udpnat_node_get_network_facts (peer->node, &facts);
  g_assert_cmpuint (facts.n_hosts, >, 0);
  return facts.hosts[0];
}

/* Alice's router has, or says it has, opened @port. */
static UdpnatAddress
open_port (Scene   *self,
           guint16  port,
           gboolean is_true)
{
  UdpnatAddress external = *sim_nat_get_outer_ip (self->alice_nat);
  UdpnatAddress inner = get_inner (self->pair.alice);

  external.port = port;
  if (is_true)
    sim_nat_set_forward (self->alice_nat, port, &inner);
  udpnat_node_set_port_mapping (self->pair.alice->node, sim_world_now (self->pair.world),
                                &external);
  sim_world_wake (self->pair.alice->host);
  sim_world_run_for (self->pair.world, UDPNAT_SEC (5));
  return external;
}

static UdpnatPortOpening
get_opening (Scene *self)
{
  UdpnatNetworkFacts facts;

  udpnat_node_get_network_facts (self->pair.alice->node, &facts);
  return facts.opening;
}

/* (nullable): what Alice tells Bob of the kind; valid until the next call */
static const UdpnatAddressFacts *
find_told (Scene               *self,
           UdpnatPathFacts     *facts,
           UdpnatAddressSource  source)
{
  const SimPair *pair = &self->pair;

  g_assert_true (udpnat_node_get_path_facts (pair->alice->node, sim_world_now (pair->world),
                                             sim_peer_get_key (pair->bob), facts));
  for (guint i = 0; i < facts->n_local; i++)
    if (facts->local[i].source == source)
      return &facts->local[i];
  return NULL;
}

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind == UDPNAT_PATH_KIND_DIRECT &&
         pair->bob->path_kind == UDPNAT_PATH_KIND_DIRECT;
}

static void
test_hopeless_pair (void)
{
  SimNatConfig router = make_symmetric ();
  UdpnatAddress external;
  UdpnatPathFacts facts;
  gint64 start_us;
  Scene scene;

  g_test_summary ("The one pair that cannot be direct is, when one router has opened a port");
  scene_init (&scene, &router, &router);
  external = open_port (&scene, PORT, TRUE);
  g_assert_cmpint (get_opening (&scene), ==, UDPNAT_PORT_OPENING_PROVEN);
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 0);

  start_us = sim_world_now (scene.pair.world);
  sim_peer_send (scene.pair.bob, "alice", "hello");
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), is_direct,
                                         &scene.pair));
  g_test_message ("direct after %d ms",
                  (int) ((sim_world_now (scene.pair.world) - start_us) / 1000));
  g_assert_nonnull (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_MAPPED));
  g_assert_true (udpnat_node_get_path_facts (scene.pair.bob->node,
                                             sim_world_now (scene.pair.world),
                                             sim_peer_get_key (scene.pair.alice), &facts));
  g_assert_true (udpnat_address_equal (&facts.address, &external));
  for (guint i = 0; i < facts.n_remote; i++)
    if (facts.remote[i].is_selected)
      g_assert_cmpint (facts.remote[i].source, ==, UDPNAT_ADDRESS_SOURCE_MAPPED);
  scene_clear (&scene);
}

/* A router that is spoilt by what comes too early is not where it has opened a port: whoever knows
 * of it does not wait until its owner has heard of them, which would take two ways more. */
static void
test_spoilable (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimNatConfig bobs_router = make_symmetric ();
  UdpnatNatFacts facts;
  Scene scene;

  router.clash = TRUE;
  scene_init (&scene, &router, &bobs_router);
  open_port (&scene, PORT + 100, TRUE);
  udpnat_node_get_nat_facts (scene.pair.alice->node, &facts);
  g_assert_cmpint (facts.poisoned, ==, UDPNAT_FINDING_YES);

  sim_peer_send (scene.pair.alice, "bob", "hello");
  /* Four ways of 70 and 60 ms, and 10 ms of pauses; two more ways would be 140 ms. */
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_MSEC (300), is_direct,
                                         &scene.pair));
  scene_clear (&scene);
}

/* The commonest router keeps ports and lets in what answers: the server's two ports come in without
 * any mapping, so one that nobody has sent to must try. */
static void
test_lie (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatPathFacts facts;
  Scene scene;

  scene_init (&scene, &router, &router);
  open_port (&scene, PORT, FALSE);
  g_assert_cmpint (get_opening (&scene), ==, UDPNAT_PORT_OPENING_REFUTED);
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 1);

  sim_peer_send (scene.pair.bob, "alice", "hello");
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), is_direct,
                                         &scene.pair));
  g_assert_null (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_MAPPED));
  g_assert_nonnull (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_OBSERVED));
  scene_clear (&scene);
}

/* Another address than the one that the server sees: it is not even tried. */
static void
test_wrong_address (void)
{
  SimNatConfig router = make_symmetric ();
  UdpnatAddress wrong;
  Scene scene;

  scene_init (&scene, &router, &router);
  g_assert_true (udpnat_address_parse_ip (&wrong, "9.9.9.9", PORT));
  udpnat_node_set_port_mapping (scene.pair.alice->node, sim_world_now (scene.pair.world), &wrong);
  sim_world_wake (scene.pair.alice->host);
  sim_world_run_for (scene.pair.world, UDPNAT_MSEC (1));
  g_assert_cmpint (get_opening (&scene), ==, UDPNAT_PORT_OPENING_REFUTED);
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 1);
  scene_clear (&scene);
}

/* The router forgets. While people talk that is noticed within a minute; the answer of the owner is
 * a new mapping, which is believed again. */
static void
test_dead (void)
{
  SimNatConfig router = make_symmetric ();
  UdpnatPathFacts facts;
  Scene scene;

  scene_init (&scene, &router, &router);
  open_port (&scene, PORT, TRUE);
  sim_peer_send (scene.pair.alice, "bob", "hello");
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (1));
  g_assert_nonnull (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_MAPPED));

  sim_nat_set_forward (scene.alice_nat, PORT, NULL);
  sim_nat_flush (scene.alice_nat);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (65));
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 1);
  g_assert_null (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_MAPPED));

  open_port (&scene, PORT, TRUE);
  g_assert_cmpint (get_opening (&scene), ==, UDPNAT_PORT_OPENING_PROVEN);
  g_assert_nonnull (find_told (&scene, &facts, UDPNAT_ADDRESS_SOURCE_MAPPED));
  scene_clear (&scene);
}

/* While nobody talks, within ten minutes. */
static void
test_dead_idle (void)
{
  SimNatConfig router = make_symmetric ();
  Scene scene;

  scene_init (&scene, &router, &router);
  open_port (&scene, PORT, TRUE);
  sim_nat_set_forward (scene.alice_nat, PORT, NULL);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (300));
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 0);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (310));
  g_assert_cmpuint (scene.pair.alice->n_refuted, ==, 1);
  scene_clear (&scene);
}

/* Nobody asked the router, but somebody has set in it that the port is to be passed on: the guess
 * of the server's word for the IP address with our own port is right. */
static void
test_forwarded_by_hand (void)
{
  SimNatConfig router = make_symmetric ();
  UdpnatAddress inner;
  UdpnatPathFacts facts;
  Scene scene;

  scene_init (&scene, &router, &router);
  inner = get_inner (scene.pair.alice);
  sim_nat_set_forward (scene.alice_nat, inner.port, &inner);
  sim_peer_send (scene.pair.bob, "alice", "hello");
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), is_direct,
                                         &scene.pair));
  g_assert_true (udpnat_node_get_path_facts (scene.pair.bob->node,
                                             sim_world_now (scene.pair.world),
                                             sim_peer_get_key (scene.pair.alice), &facts));
  g_assert_cmpuint (facts.address.port, ==, inner.port);
  for (guint i = 0; i < facts.n_remote; i++)
    if (facts.remote[i].is_selected)
      g_assert_cmpint (facts.remote[i].source, ==, UDPNAT_ADDRESS_SOURCE_GUESSED);
  scene_clear (&scene);
}

/* ---- One network ---- */

static gboolean
is_on_lan (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind == UDPNAT_PATH_KIND_LAN &&
         pair->bob->path_kind == UDPNAT_PATH_KIND_LAN;
}

static void
add_useless (SimPeer *peer,
             guint    n_useless,
             guint    first)
{
  UdpnatAddress addresses[UDPNAT_CANDIDATES_MAX];
  UdpnatNetworkFacts facts;

  udpnat_node_get_network_facts (peer->node, &facts);
  g_assert_cmpuint (facts.n_hosts, ==, 1);
  for (guint i = 0; i < n_useless; i++)
    {
      g_autofree char *ip = g_strdup_printf ("10.88.%u.1", first + i);

      g_assert_true (udpnat_address_parse_ip (&addresses[i], ip, 0));
    }
  addresses[n_useless] = facts.hosts[0];
  udpnat_node_set_host_addresses (peer->node, sim_world_now (peer->world), addresses,
                                  n_useless + 1, facts.hosts[0].port);
  sim_world_wake (peer->host);
}

/* Both at home behind one router that does not hairpin, each with so many addresses of networks
 * that lead nowhere before the one that counts. Returns: how long until both are on the LAN */
static gint64
measure_lan (guint n_useless)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (1));
  SimWorld *world = sim_world_new (1);
  SimPair pair = { .world = world };
  SimNat *nat;
  gint64 start_us;
  gint64 took_us;

  pair.server = sim_server_new (world, "9.8.7.6");
  sim_server_start (pair.server);
  nat = sim_world_add_nat (world, "home", NULL, NULL, &router);
  pair.alice = sim_peer_new (pair.server, "alice", nat, &link);
  pair.bob = sim_peer_new (pair.server, "bob", nat, &link);
  sim_peer_start (pair.alice);
  sim_peer_start (pair.bob);
  add_useless (pair.alice, n_useless, 0);
  add_useless (pair.bob, n_useless, 100);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, &pair));
  sim_world_run_for (world, UDPNAT_SEC (5));

  start_us = sim_world_now (world);
  sim_peer_send (pair.bob, "alice", "hello");
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (5), is_on_lan, &pair));
  took_us = sim_world_now (world) - start_us;
  sim_pair_clear (&pair);
  return took_us;
}

static void
test_crowd (void)
{
  gint64 alone_us = measure_lan (0);
  gint64 crowd_us = measure_lan (UDPNAT_CANDIDATES_MAX - 2);

  g_test_summary ("Useless addresses on both sides, as many as are ever told of beside one that is "
                  "good, and all before it: the path over the LAN is at most 100 ms later");
  g_test_message ("%d ms, and %d ms with them", (int) (alone_us / 1000), (int) (crowd_us / 1000));
  g_assert_cmpint (crowd_us - alone_us, <=, UDPNAT_MSEC (100));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-candidates/mapping/hopeless-pair", test_hopeless_pair);
  g_test_add_func ("/sim-candidates/mapping/spoilable-router", test_spoilable);
  g_test_add_func ("/sim-candidates/mapping/lie", test_lie);
  g_test_add_func ("/sim-candidates/mapping/wrong-address", test_wrong_address);
  g_test_add_func ("/sim-candidates/mapping/dead", test_dead);
  g_test_add_func ("/sim-candidates/mapping/dead-while-idle", test_dead_idle);
  g_test_add_func ("/sim-candidates/guess/forwarded-by-hand", test_forwarded_by_hand);
  g_test_add_func ("/sim-candidates/interfaces/crowd", test_crowd);

  return g_test_run ();
}
