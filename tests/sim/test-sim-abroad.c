/* People at other servers: alice is registered at one, bob at another, and each reaches the other
 * by `name@server`, as a guest there. */

#include "config.h"

#include <string.h>

#include "sim-chat.h"

#include "udpnat-limits.h"

#define HERE "198.51.100.1"
#define THERE "198.51.100.2"

typedef struct
{
  SimWorld  *world;
  SimServer *here;
  SimServer *there;
  SimPeer   *alice; /* at HERE */
  SimPeer   *bob;   /* at THERE */
  guint      n_to_here_from_bob;
} Scene;

static gboolean
are_registered (gpointer user_data)
{
  Scene *scene = user_data;

  return sim_peer_is_registered (scene->alice) && sim_peer_is_registered (scene->bob);
}

static gboolean
count_cb (const SimTapInfo *info,
          gpointer          user_data)
{
  Scene *scene = user_data;
  UdpnatAddress here = sim_host_get_address (scene->here->host, UDPNAT_FAMILY_IPV4);

  if (info->kind == SIM_TAP_SENT && info->host == scene->bob->host &&
      udpnat_address_equal_ip (&info->to, &here))
    scene->n_to_here_from_bob++;
  return TRUE;
}

static void
scene_init_behind (Scene              *self,
                   guint64             seed,
                   gboolean            bob_accepts,
                   const SimNatConfig *of_alice)
{
  SimLinkConfig line = sim_link_config_with_delay (UDPNAT_MSEC (20));
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);

  *self = (Scene) { .world = sim_world_new (seed) };
  self->here = sim_server_new (self->world, HERE);
  self->there = sim_server_new_named (self->world, "there", THERE);
  sim_host_set_alt_ip (self->here->host, "198.51.100.11");
  sim_host_set_alt_ip (self->there->host, "198.51.100.12");
  self->alice = sim_peer_new_at_home (self->here, "alice", of_alice ? of_alice : &router, &line);
  self->bob = sim_peer_new_at_home (self->there, "bob", &router, &line);
  self->bob->accepts_everyone = bob_accepts;
  sim_world_add_tap (self->world, count_cb, self);
  sim_server_start (self->here);
  sim_server_start (self->there);
  sim_peer_start (self->alice);
  sim_peer_start (self->bob);
  g_assert_true (sim_world_run_for_true (self->world, UDPNAT_SEC (20), are_registered, self));
  sim_world_run_for (self->world, UDPNAT_SEC (4));
}

static void
scene_init (Scene   *self,
            guint64  seed,
            gboolean bob_accepts)
{
  scene_init_behind (self, seed, bob_accepts, NULL);
}

static void
scene_clear (Scene *self)
{
  sim_peer_free (self->alice);
  sim_peer_free (self->bob);
  sim_server_free (self->here);
  sim_server_free (self->there);
  sim_world_free (self->world);
}

static const SimMessage *
get_message (const SimPeer *peer,
             guint          i)
{
  g_assert_cmpuint (peer->received->len, >, i);
  return g_ptr_array_index (peer->received, i);
}

static void
test_both_ways (void)
{
  Scene scene;

  g_test_summary ("Each reaches the other by name@server; the path becomes direct; nobody is "
                  "thrown out at home");
  scene_init (&scene, 1, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  g_assert_cmpstr (get_message (scene.bob, 0)->text, ==, "hello");
  g_assert_cmpuint (scene.alice->n_delivered, ==, 1);
  g_assert_cmpint (scene.alice->direct_us, >, 0);
  g_assert_cmpint (scene.bob->direct_us, >, 0);

  sim_peer_send (scene.bob, "alice@" HERE, "hello yourself");
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  g_assert_cmpstr (get_message (scene.alice, 0)->text, ==, "hello yourself");
  g_assert_cmpuint (scene.bob->n_delivered, ==, 1);
  g_assert_cmpuint (scene.alice->n_registered, ==, 1);
  g_assert_cmpuint (scene.bob->n_registered, ==, 1);
  scene_clear (&scene);
}

static void
test_named (void)
{
  Scene scene;

  g_test_summary ("Who is accepted is looked up where they say that they are, and named so then");
  scene_init (&scene, 2, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "one");
  sim_world_run_for (scene.world, UDPNAT_SEC (10));
  sim_peer_send (scene.alice, "bob@" THERE, "two");
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  g_assert_cmpstr (get_message (scene.bob, 1)->from, ==, "alice@" HERE);
  scene_clear (&scene);
}

static void
test_long_after (void)
{
  Scene scene;

  g_test_summary ("Long after the guest has left, the answer finds the way to the guest's own "
                  "server");
  scene_init (&scene, 3, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (3600));
  sim_peer_send (scene.bob, "alice@" HERE, "after an hour");
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  g_assert_cmpstr (get_message (scene.alice, 0)->text, ==, "after an hour");
  g_assert_cmpuint (scene.bob->n_delivered, ==, 1);
  scene_clear (&scene);
}

static void
test_letter (void)
{
  Scene scene;

  g_test_summary ("Whoever is away is left a letter at their server; the receipt comes to ours, "
                  "though the sender is away by then");
  scene_init (&scene, 4, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "before");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  sim_peer_kill (scene.bob);
  sim_world_run_for (scene.world, UDPNAT_SEC (400)); /* the server notices */
  sim_peer_send (scene.alice, "bob@" THERE, "for later");
  sim_world_run_for (scene.world, UDPNAT_SEC (60));
  g_assert_cmpuint (scene.alice->n_stored, ==, 1);
  g_assert_cmpuint (scene.there->letters->len, ==, 1);

  sim_peer_kill (scene.alice);
  sim_peer_start (scene.bob);
  sim_world_run_for (scene.world, UDPNAT_SEC (600));
  g_assert_cmpstr (get_message (scene.bob, 1)->text, ==, "for later");
  sim_peer_start (scene.alice);
  sim_world_run_for (scene.world, UDPNAT_SEC (600));
  g_assert_cmpuint (scene.alice->n_delivered, ==, 2);
  g_assert_true (sim_peer_is_idle (scene.alice));
  scene_clear (&scene);
}

static void
test_restart (void)
{
  Scene scene;

  g_test_summary ("What waits for somebody elsewhere goes there after a restart, too");
  scene_init (&scene, 5, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "before");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  sim_peer_kill (scene.alice);
  sim_peer_start (scene.alice);
  sim_peer_send (scene.alice, "bob@" THERE, "after");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  g_assert_cmpuint (scene.bob->received->len, ==, 2);
  g_assert_cmpuint (scene.alice->n_delivered, ==, 2);
  scene_clear (&scene);
}

static void
test_own_server (void)
{
  SimPeer *carol;
  Scene scene;

  g_test_summary ("Our own server by another name is noticed before it would throw us out; people "
                  "there are reached as ever");
  scene_init (&scene, 6, TRUE);
  carol = sim_peer_new_at_home (scene.here, "carol", NULL, NULL);
  sim_peer_start (carol);
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  sim_peer_send (scene.alice, "carol@" HERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (60));
  g_assert_cmpstr (get_message (carol, 0)->text, ==, "hello");
  g_assert_cmpstr (get_message (carol, 0)->from, ==, "alice");
  g_assert_cmpuint (scene.alice->n_registered, ==, 1);
  sim_peer_send (scene.alice, "nobody@" HERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (10));
  g_assert_cmpstr (scene.alice->last_code, ==, "unknown-peer");
  sim_peer_free (carol);
  scene_clear (&scene);
}

static void
test_two_names (void)
{
  SimPeer *dave;
  Scene scene;

  g_test_summary ("Another server by two names: there is one session with it, people known by "
                  "either name are reached, and nothing that was asked is forgotten");
  scene_init (&scene, 10, TRUE);
  dave = sim_peer_new_at_home (scene.there, "dave", NULL, NULL);
  sim_peer_start (dave);
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (5));
  sim_peer_send (scene.alice, "dave@also." THERE, "and hello");
  sim_peer_send (scene.alice, "nobody@also." THERE, "is anybody there?");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  g_assert_cmpstr (get_message (scene.bob, 0)->text, ==, "hello");
  g_assert_cmpstr (get_message (dave, 0)->text, ==, "and hello");
  g_assert_cmpstr (scene.alice->last_code, ==, "unknown-peer");

  sim_peer_send (scene.alice, "dave@also." THERE, "again");
  sim_peer_send (scene.alice, "bob@also." THERE, "and again");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  g_assert_cmpstr (get_message (dave, 1)->text, ==, "again");
  g_assert_cmpstr (get_message (scene.bob, 1)->text, ==, "and again");
  g_assert_cmpuint (scene.alice->n_delivered, ==, 4);
  g_assert_cmpuint (scene.alice->n_abroad_wanted, ==, 2);
  sim_peer_free (dave);
  scene_clear (&scene);
}

static gboolean
is_direct (gpointer user_data)
{
  const Scene *scene = user_data;

  return scene->alice->direct_us != 0 && scene->bob->direct_us != 0;
}

static void
test_search (void)
{
  SimNatConfig hard = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Scene scene;

  g_test_summary ("A port is searched for across servers, also when the one who is asked has still "
                  "to go to the server that vouches");
  hard.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  scene_init_behind (&scene, 11, TRUE, &hard);
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  g_assert_true (sim_world_run_for_true (scene.world, UDPNAT_SEC (60), is_direct, &scene));
  g_assert_cmpuint (scene.alice->n_delivered, ==, 1);
  sim_peer_send (scene.bob, "alice@" HERE, "hello yourself");
  sim_world_run_for (scene.world, UDPNAT_SEC (3600));

  sim_peer_kill (scene.alice);
  scene.alice->direct_us = scene.bob->direct_us = 0;
  sim_peer_start (scene.alice);
  sim_peer_send (scene.alice, "bob@" THERE, "back again");
  g_assert_true (sim_world_run_for_true (scene.world, UDPNAT_SEC (60), is_direct, &scene));
  g_assert_cmpuint (scene.alice->n_delivered, ==, 2);
  scene_clear (&scene);
}

static void
test_server_comes_back (void)
{
  Scene scene;

  g_test_summary ("A server elsewhere that was away, and knows no guest any more, is gone to "
                  "again");
  scene_init (&scene, 12, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (10));
  sim_server_kill (scene.there);
  sim_peer_kill (scene.bob);
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  sim_peer_send (scene.alice, "bob@" THERE, "are you there?");
  sim_world_run_for (scene.world, UDPNAT_SEC (120));
  sim_server_start (scene.there);
  sim_peer_start (scene.bob);
  sim_world_run_for (scene.world, UDPNAT_SEC (400));
  g_assert_cmpuint (scene.bob->received->len, ==, 2);
  g_assert_cmpuint (scene.alice->n_delivered, ==, 2);
  scene_clear (&scene);
}

static void
lose_letter (gint64 back_after_us,
             gint64 within_us)
{
  Scene scene;

  scene_init (&scene, 13, TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "before");
  sim_world_run_for (scene.world, UDPNAT_MSEC (250)); /* bob has it, and not where alice is */
  sim_peer_kill (scene.bob);
  sim_peer_send (scene.alice, "bob@" THERE, "while you were away");
  sim_world_run_for (scene.world, UDPNAT_SEC (130));
  g_assert_cmpuint (scene.alice->n_stored, ==, 1);
  sim_server_stop (scene.there);
  sim_server_wipe (scene.there);
  sim_world_run_for (scene.world, UDPNAT_SEC (20));
  sim_server_start (scene.there);
  sim_world_run_for (scene.world, back_after_us);
  sim_peer_start (scene.bob);
  sim_world_run_for (scene.world, within_us);
  g_assert_cmpuint (scene.bob->received->len, ==, 2);
  g_assert_cmpuint (scene.alice->n_delivered, ==, 2);
  scene_clear (&scene);
}

static void
test_lost_letter (void)
{
  g_test_summary ("A server elsewhere loses the letter that it had taken, and its receiver comes "
                  "back soon, or much later: who wrote it says it again");
  lose_letter (UDPNAT_SEC (10), UDPNAT_SEC (30));
  lose_letter (UDPNAT_SEC (120), UDPNAT_SEC (330));
}

static void
test_nobody (void)
{
  Scene scene;

  g_test_summary ("No such name there, no such server, a server that is silent: each is said");
  scene_init (&scene, 7, TRUE);
  sim_peer_send (scene.alice, "eve@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (10));
  g_assert_cmpstr (scene.alice->last_code, ==, "unknown-peer");
  sim_peer_send (scene.alice, "eve@no.such.server", "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (10));
  g_assert_cmpstr (scene.alice->last_code, ==, "no-such-server");
  sim_peer_send (scene.alice, "eve@198.51.100.77", "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (30));
  g_assert_cmpstr (scene.alice->last_code, ==, "no-server");
  g_assert_cmpuint (scene.alice->n_failed, ==, 3);
  scene_clear (&scene);
}

static void
test_stranger (void)
{
  Scene scene;

  g_test_summary ("Nothing is sent to the server that a stranger names, before the stranger is "
                  "accepted");
  scene_init (&scene, 8, FALSE);
  sim_peer_send (scene.alice, "bob@" THERE, "let me in");
  sim_world_run_for (scene.world, UDPNAT_SEC (120));
  g_assert_cmpuint (scene.bob->received->len, ==, 1);
  g_assert_cmpuint (scene.n_to_here_from_bob, ==, 0);
  g_assert_cmpint (scene.alice->direct_us, ==, 0);

  sim_peer_set_trust (scene.bob, scene.alice, UDPNAT_TRUST_ACCEPTED);
  sim_world_run_for (scene.world, UDPNAT_SEC (60));
  g_assert_cmpuint (scene.n_to_here_from_bob, >, 0);
  g_assert_cmpint (scene.alice->direct_us, >, 0);
  scene_clear (&scene);
}

static void
test_relay_only (void)
{
  Scene scene;

  g_test_summary ("Nor by somebody who sends everything through the own server");
  scene_init (&scene, 9, TRUE);
  udpnat_node_set_relay_only (scene.bob->node, sim_world_now (scene.world), TRUE);
  sim_peer_send (scene.alice, "bob@" THERE, "hello");
  sim_world_run_for (scene.world, UDPNAT_SEC (120));
  g_assert_cmpuint (scene.alice->n_delivered, ==, 1);
  g_assert_cmpuint (scene.n_to_here_from_bob, ==, 0);
  scene_clear (&scene);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-abroad/both-ways", test_both_ways);
  g_test_add_func ("/sim-abroad/named", test_named);
  g_test_add_func ("/sim-abroad/long-after", test_long_after);
  g_test_add_func ("/sim-abroad/letter", test_letter);
  g_test_add_func ("/sim-abroad/restart", test_restart);
  g_test_add_func ("/sim-abroad/own-server", test_own_server);
  g_test_add_func ("/sim-abroad/two-names", test_two_names);
  g_test_add_func ("/sim-abroad/search", test_search);
  g_test_add_func ("/sim-abroad/server-comes-back", test_server_comes_back);
  g_test_add_func ("/sim-abroad/lost-letter", test_lost_letter);
  g_test_add_func ("/sim-abroad/nobody", test_nobody);
  g_test_add_func ("/sim-abroad/stranger", test_stranger);
  g_test_add_func ("/sim-abroad/relay-only", test_relay_only);
  return g_test_run ();
}
