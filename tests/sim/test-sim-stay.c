/* Staying connected, to the millisecond: networks that come and go, routers that start anew or let
 * no mapping grow old, paths that die in one direction, machines that sleep. What was said while
 * there was no way must be there one round trip to the server and 250 ms after there is one. */

#include "config.h"

#include "sim-chat.h"

#include <stdlib.h>

#define LEG_US UDPNAT_MSEC (25)
#define RETURN_US (2 * LEG_US + UDPNAT_MSEC (250))
#define LATE_US UDPNAT_MSEC (400)
#define N_TRIALS 8

typedef struct
{
  SimPair  pair;
  SimNat  *router;  /* alice's */
  gboolean is_dark; /* nothing gets to alice or away from her */
  guint    n_said;  /* by each */
  gint64   said_us[4096];
} Scene;

static gboolean
dark_tap (const SimTapInfo *info,
          gpointer          user_data)
{
  const Scene *self = user_data;

  return !self->is_dark || info->kind == SIM_TAP_DROPPED || info->host != self->pair.alice->host;
}

static SimNatConfig
make_router (SimNatAllocator allocator)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  config.allocator = allocator;
  return config;
}

static void
say (Scene *self)
{
  self->said_us[self->n_said] = sim_world_now (self->pair.world);
  sim_peer_send_numbered (self->pair.alice, "bob", self->n_said, 1);
  sim_peer_send_numbered (self->pair.bob, "alice", self->n_said, 1);
  self->n_said++;
}

static void
talk (Scene *self,
      guint  n_times,
      gint64 gap_us)
{
  for (guint i = 0; i < n_times; i++)
    {
      say (self);
      sim_world_run_for (self->pair.world, gap_us);
    }
}

static void
scene_init (Scene              *self,
            guint64             seed,
            const SimNatConfig *router,
            const SimNatConfig *bobs)
{
  SimNatConfig other = bobs != NULL ? *bobs : make_router (SIM_NAT_ALLOCATOR_PRESERVING);
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimWorld *world = sim_world_new (seed);
  SimPair *pair = &self->pair;

  *self = (Scene) { 0 };
  sim_world_set_core (world, 0, 6);
  pair->world = world;
  pair->server = sim_server_new (world, "9.8.7.6");
  sim_host_set_alt_ip (pair->server->host, "9.8.9.6");
  sim_server_start (pair->server);
  self->router = sim_world_add_nat (world, "router", NULL, NULL, router);
  pair->alice = sim_peer_new (pair->server, "alice", self->router, &link);
  pair->bob = sim_peer_new_at_home (pair->server, "bob", &other, &link);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_add_tap (world, dark_tap, self);
  sim_world_run_for (world, UDPNAT_SEC (8)); /* tests of routers */
  talk (self, 20, UDPNAT_MSEC (250));
  g_assert_cmpint (pair->alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
}

/* Returns: the longest that one of @from's messages from @first on took, counted from @since_us for
 * those that were said before */
static gint64
get_longest (const Scene   *self,
             const SimPeer *to,
             guint          first,
             gint64         since_us)
{
  gint64 longest_us = 0;

  g_assert_cmpuint (to->received->len, ==, self->n_said);
  for (guint i = first; i < to->received->len; i++)
    {
      const SimMessage *message = g_ptr_array_index (to->received, i);

      g_assert_cmpint (atoi (message->text), ==, i);
      longest_us = MAX (longest_us, message->at_us - MAX (self->said_us[i], since_us));
    }
  return longest_us;
}

static gint64
get_longest_of_both (const Scene *self,
                     guint        first,
                     gint64       since_us)
{
  return MAX (get_longest (self, self->pair.alice, first, since_us),
              get_longest (self, self->pair.bob, first, since_us));
}

/* How the network comes back after it was away. */
typedef enum
{
  RETURN_SAME,    /* as it was, and nobody tells the program */
  RETURN_REBOOT,  /* the router has forgotten everything, and nobody tells */
  RETURN_NETWORK, /* another one, and the program is told at once */
} Return;

static void
come_back (Scene *self,
           Return how,
           guint  number)
{
  g_autofree char *name = g_strdup_printf ("router-%u", number);
  SimNatConfig config = make_router (SIM_NAT_ALLOCATOR_PRESERVING);

  self->is_dark = FALSE;
  switch (how)
    {
    case RETURN_SAME:
      break;
    case RETURN_REBOOT:
      sim_nat_flush (self->router);
      break;
    case RETURN_NETWORK:
      self->router = sim_world_add_nat (self->pair.world, name, NULL, NULL, &config);
      sim_host_move (self->pair.alice->host, self->router, NULL);
      sim_peer_tell_addresses (self->pair.alice);
      break;
    }
}

/* Away for from half a second to half a minute; the last words before it is back are said at
 * different times, so that no schedule of ours just fits. */
static void
check_return (Return how)
{
  static const guint aways_ms[N_TRIALS] = { 500, 1300, 2900, 4100, 7300, 11700, 19100, 28000 };
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);
  Scene scene;

  scene_init (&scene, 40 + how, &router, NULL);
  for (guint i = 0; i < N_TRIALS; i++)
    {
      guint first = scene.n_said;
      gint64 back_us, longest_us;

      scene.is_dark = TRUE;
      sim_world_run_for (scene.pair.world, UDPNAT_MSEC (aways_ms[i] / 3));
      say (&scene);
      sim_world_run_for (scene.pair.world, UDPNAT_MSEC (aways_ms[i] * 2 / 3));
      come_back (&scene, how, i);
      back_us = sim_world_now (scene.pair.world);
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (2));
      longest_us = get_longest_of_both (&scene, first, back_us);
      g_test_message ("away for %u ms: everything there after %.1f ms", aways_ms[i],
                      longest_us / 1000.0);
      g_assert_cmpint (longest_us, <=, RETURN_US);
      talk (&scene, 40, UDPNAT_MSEC (250));
    }
  sim_pair_clear (&scene.pair);
}

static void
test_return_same (void)
{
  g_test_summary ("A cable that is pulled and put back, and nobody says so");
  check_return (RETURN_SAME);
}

static void
test_return_reboot (void)
{
  g_test_summary ("A router that starts anew and gives other ports");
  check_return (RETURN_REBOOT);
}

static void
test_return_network (void)
{
  g_test_summary ("Another network, another router, another address");
  check_return (RETURN_NETWORK);
}

/* One direction of the direct path goes dark while both talk all the time: what is heard from the
 * other side does not show that anything arrives there. */
static void
check_one_way (gboolean is_out)
{
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_PRESERVING);

  for (guint64 seed = 50; seed < 50 + N_TRIALS; seed++)
    {
      SimHost *from, *to;
      Scene scene;
      guint first;
      gint64 longest_us;

      scene_init (&scene, seed, &router, NULL);
      from = is_out ? scene.pair.alice->host : scene.pair.bob->host;
      to = is_out ? scene.pair.bob->host : scene.pair.alice->host;
      first = scene.n_said;
      sim_world_cut (from, to, TRUE);
      talk (&scene, 50, UDPNAT_MSEC (97 + (guint) seed));
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (2));
      longest_us = get_longest_of_both (&scene, first, 0);
      g_test_message ("longest %.1f ms", longest_us / 1000.0);
      g_assert_cmpint (longest_us, <=, LATE_US);
      sim_pair_clear (&scene.pair);
    }
}

static void
test_one_way (void)
{
  check_one_way (TRUE);
  check_one_way (FALSE);
}

/* Both machines sleep, and both routers forget; the clock goes on. Nobody has told the programs:
 * they see it by their deadlines. */
static void
test_sleep (void)
{
  static const guint asleep_s[] = { 20, 100, 300, 3600 };
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);

  g_test_summary ("After minutes or an hour of sleep the next message is there at once");
  for (guint i = 0; i < G_N_ELEMENTS (asleep_s); i++)
    {
      Scene scene;
      guint first;
      gint64 woken_us, longest_us;

      scene_init (&scene, 60 + i, &router, NULL);
      first = scene.n_said;
      sim_host_sleep (scene.pair.alice->host, UDPNAT_SEC (asleep_s[i]));
      if (i % 2 == 0)
        sim_host_sleep (scene.pair.bob->host, UDPNAT_SEC (asleep_s[i]));
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (asleep_s[i]));
      sim_nat_flush (scene.router);
      sim_world_run_for (scene.pair.world, UDPNAT_MSEC (1));
      woken_us = sim_world_now (scene.pair.world);
      say (&scene);
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (10));
      longest_us = get_longest_of_both (&scene, first, woken_us);
      g_test_message ("asleep for %u s: %.1f ms", asleep_s[i], longest_us / 1000.0);
      g_assert_cmpint (longest_us, <=, RETURN_US);
      sim_pair_clear (&scene.pair);
    }
}

/* A provider whose mappings die after a minute, however busy (nat.md section 4.6), and are then
 * other ports. Ten minutes of talk, each twice a second and in turn. */
static void
test_absolute (void)
{
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);
  Scene scene;
  guint first;
  gint64 longest_us;

  g_test_summary ("Mappings that live for 60 s whatever is sent: nothing lost, nothing late");
  router.absolute_lifetime_us = UDPNAT_SEC (60);
  scene_init (&scene, 70, &router, NULL);
  first = scene.n_said;
  talk (&scene, 1200, UDPNAT_MSEC (500));
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (2));
  longest_us = get_longest_of_both (&scene, first, 0);
  g_test_message ("longest %.1f ms", longest_us / 1000.0);
  g_assert_cmpint (longest_us, <=, LATE_US);
  sim_pair_clear (&scene.pair);
}

/* alice's router forgets everything again and again while both talk, in turn: @gap_us from the word
 * of one to that of the other. */
static gint64
measure_forgetful (SimNatAllocator allocator,
                   gint64          gap_us)
{
  SimNatConfig router = make_router (allocator);
  gint64 longest_us = 0;
  Scene scene;
  guint first;

  scene_init (&scene, 90, &router, NULL);
  first = scene.n_said;
  for (guint i = 0; i < 40; i++)
    {
      /* some time between two words */
      sim_world_run_for (scene.pair.world, gap_us * i / 40);
      sim_nat_flush (scene.router);
      sim_world_run_for (scene.pair.world, gap_us - gap_us * i / 40);
      for (guint k = 0; k < (guint) (UDPNAT_SEC (15) / gap_us / 2); k++)
        {
          scene.said_us[scene.n_said] = sim_world_now (scene.pair.world);
          sim_peer_send_numbered (scene.pair.bob, "alice", scene.n_said, 1);
          sim_world_run_for (scene.pair.world, gap_us);
          sim_peer_send_numbered (scene.pair.alice, "bob", scene.n_said, 1);
          scene.n_said++;
          sim_world_run_for (scene.pair.world, gap_us);
        }
    }
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (10));
  longest_us = get_longest (&scene, scene.pair.alice, first, 0);
  sim_pair_clear (&scene.pair);
  return longest_us;
}

/* Nothing reaches alice before she says something by herself. Then it is her packet's way and that
 * of what bob repeats at once: 100 ms. With another port she first has to see that nothing
 * answers. */
static void
check_forgetful (SimNatAllocator allocator,
                 gint64          bound_us)
{
  for (guint i = 0; i < 5; i++)
    {
      gint64 gap_us = UDPNAT_MSEC (200) + UDPNAT_MSEC (160) * i;
      gint64 longest_us = measure_forgetful (allocator, gap_us);

      g_test_message ("%.0f ms between two words: longest %.1f ms", gap_us / 1000.0,
                      longest_us / 1000.0);
      g_assert_cmpint (longest_us, <=, gap_us + bound_us);
    }
}

static void
test_forgetful (void)
{
  g_test_summary ("Forgotten while she listens: late until she speaks, and the way");
  check_forgetful (SIM_NAT_ALLOCATOR_PRESERVING, 4 * LEG_US + UDPNAT_MSEC (2));
}

static void
test_forgetful_other_ports (void)
{
  g_test_summary ("The same, and then twice a round trip more until she goes through the server");
  check_forgetful (SIM_NAT_ALLOCATOR_RANDOM, 12 * LEG_US + UDPNAT_MSEC (2));
}

/* Who says something in the ten minutes, every 2 s. */
typedef enum
{
  SPEAKS_BOB, /* alice, whose mappings die, only listens: nothing reaches her when one has died */
  SPEAKS_ALICE,
  SPEAKS_BOTH,
} Speaks;

/* alice's router, and bob's if @is_both, as above, once that has been measured. */
static void
check_rotation (Speaks   speaks,
                gboolean is_both,
                guint64  seed)
{
  static const char *const names[] = { "bob", "alice", "both" };
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);
  gint64 longest_us = 0;
  UdpnatNatFacts facts;
  Scene scene;
  guint first;

  router.absolute_lifetime_us = UDPNAT_SEC (60);
  scene_init (&scene, seed, &router, is_both ? &router : NULL);
  talk (&scene, 100, UDPNAT_SEC (2));
  sim_world_run_for (scene.pair.world, UDPNAT_MSEC (650) * (seed % 3));
  udpnat_node_get_nat_facts (scene.pair.alice->node, &facts);
  g_assert_cmpint (facts.absolute_lifetime_us, >, 0);
  first = scene.n_said;
  for (guint i = 0; i < 300; i++)
    {
      scene.said_us[scene.n_said] = sim_world_now (scene.pair.world);
      if (speaks != SPEAKS_ALICE)
        sim_peer_send_numbered (scene.pair.bob, "alice", scene.n_said, 1);
      if (speaks != SPEAKS_BOB)
        sim_peer_send_numbered (scene.pair.alice, "bob", scene.n_said, 1);
      scene.n_said++;
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (2));
    }
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (20));
  if (speaks != SPEAKS_ALICE)
    longest_us = get_longest (&scene, scene.pair.alice, first, 0);
  if (speaks != SPEAKS_BOB)
    longest_us = MAX (longest_us, get_longest (&scene, scene.pair.bob, first, 0));
  g_test_message ("%s: longest %.1f ms", names[speaks], longest_us / 1000.0);
  g_assert_cmpint (longest_us, <=, LATE_US);
  sim_pair_clear (&scene.pair);
}

static void
test_rotation (void)
{
  g_test_summary ("The same, known: another binding is there before the one in use dies, also for "
                  "who only listens");
  for (Speaks speaks = SPEAKS_BOB; speaks <= SPEAKS_BOTH; speaks++)
    for (guint64 seed = 71; seed <= 73; seed++)
      check_rotation (speaks, FALSE, seed);
}

static void
test_rotation_of_both (void)
{
  g_test_summary ("Both behind such routers");
  for (Speaks speaks = SPEAKS_BOB; speaks <= SPEAKS_BOTH; speaks++)
    check_rotation (speaks, TRUE, 75);
}

/* For three minutes nothing gets through directly, so that what takes the place of a binding is
 * never proven; then it does again. */
static void
test_rotation_in_vain (void)
{
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);
  Scene scene;
  SimPair *pair = &scene.pair;
  guint first;

  router.absolute_lifetime_us = UDPNAT_SEC (60);
  scene_init (&scene, 76, &router, NULL);
  talk (&scene, 120, UDPNAT_SEC (2));
  sim_world_cut (pair->alice->host, pair->bob->host, TRUE);
  sim_world_cut (pair->bob->host, pair->alice->host, TRUE);
  talk (&scene, 90, UDPNAT_SEC (2));
  g_assert_cmpint (pair->alice->path_kind, ==, UDPNAT_PATH_KIND_RELAY);
  sim_world_cut (pair->alice->host, pair->bob->host, FALSE);
  sim_world_cut (pair->bob->host, pair->alice->host, FALSE);
  talk (&scene, 160, UDPNAT_SEC (2)); /* the longest between two tries, and some more */
  g_assert_cmpint (pair->alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  first = scene.n_said;
  talk (&scene, 60, UDPNAT_SEC (2));
  sim_world_run_for (pair->world, UDPNAT_SEC (2));
  g_assert_cmpint (get_longest_of_both (&scene, first, 0), <=, LATE_US);
  g_assert_cmpint (pair->alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  sim_pair_clear (pair);
}

/* ---- Only to look ---- */

static gboolean
is_direct (gpointer user_data)
{
  const SimPair *pair = user_data;

  return pair->alice->path_kind == UDPNAT_PATH_KIND_DIRECT &&
         pair->bob->path_kind == UDPNAT_PATH_KIND_DIRECT;
}

/* Nobody has talked for ten minutes, and alice's program is another one now. */
static void
test_reach (void)
{
  SimNatConfig router = make_router (SIM_NAT_ALLOCATOR_RANDOM);
  Scene scene;
  SimPair *pair = &scene.pair;
  guint n_received;

  g_test_summary ("Who looks how somebody is reached finds a way, and says nothing for it");
  scene_init (&scene, 80, &router, NULL);
  sim_world_run_for (pair->world, UDPNAT_SEC (600));
  g_assert_false (is_direct (pair));
  sim_peer_kill (pair->alice);
  sim_peer_start (pair->alice);
  sim_world_run_for (pair->world, UDPNAT_SEC (2));
  n_received = pair->bob->received->len;
  udpnat_node_reach (pair->alice->node, sim_world_now (pair->world), sim_peer_get_key (pair->bob));
  sim_world_wake (pair->alice->host);
  g_assert_true (sim_world_run_for_true (pair->world, UDPNAT_SEC (2), is_direct, pair));
  g_assert_cmpuint (pair->bob->received->len, ==, n_received);

  sim_world_run_for (pair->world, UDPNAT_SEC (130)); /* and it is let go as ever */
  g_assert_false (is_direct (pair));
  sim_pair_clear (pair);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-stay/return/same-network", test_return_same);
  g_test_add_func ("/sim-stay/return/router-starts-anew", test_return_reboot);
  g_test_add_func ("/sim-stay/return/other-network", test_return_network);
  g_test_add_func ("/sim-stay/path/dies-one-way", test_one_way);
  g_test_add_func ("/sim-stay/sleep/next-message", test_sleep);
  g_test_add_func ("/sim-stay/mapping/absolute-lifetime", test_absolute);
  g_test_add_func ("/sim-stay/mapping/forgotten-while-listening", test_forgetful);
  g_test_add_func ("/sim-stay/mapping/forgotten-with-other-ports", test_forgetful_other_ports);
  g_test_add_func ("/sim-stay/mapping/rotated-in-time", test_rotation);
  g_test_add_func ("/sim-stay/mapping/rotated-by-both", test_rotation_of_both);
  g_test_add_func ("/sim-stay/mapping/rotated-in-vain", test_rotation_in_vain);
  g_test_add_func ("/sim-stay/reach/without-a-word", test_reach);

  return g_test_run ();
}
