/* A file from alice to bob, whatever befalls the two, their networks and their server meanwhile.
 * That each byte is what was offered, that none is kept twice, that nothing goes on that is over,
 * and so on, is watched by sim-invariants-files.c in all of it. */

#include "config.h"

#include "sim-fast-crypto.h"
#include "sim-invariants.h"
#include "udpnat-limits.h"

#define MIB (1 << 20)
#define SIZE (3 * MIB + 777)
#define N_CHUNKS (SIZE / UDPNAT_CHUNK_BYTES + 1)
#define DELAY_US UDPNAT_MSEC (20)
#define WINDOW_CHUNKS ((guint) (UDPNAT_FILE_WINDOW_MIN_BYTES / UDPNAT_CHUNK_BYTES))

typedef struct
{
  SimPair        pair;
  SimInvariants *invariants;
  guint64        n_kept_wanted; /* run_until_kept() */
  guint          n_sent_by_bob; /* datagrams; count_cb() */
} Scene;

/* ---- The scene ---- */

/* A line that takes some seconds for the file. */
static SimLinkConfig
get_line (void)
{
  SimLinkConfig line = sim_link_config_with_delay (DELAY_US);

  line.rate_bytes_per_second = 1000000;
  line.queue_bytes = 100000;
  return line;
}

static void
scene_init (Scene              *self,
            const SimNatConfig *router)
{
  SimLinkConfig line = get_line ();
  SimWorld *world = sim_world_new (1);
  gboolean is_registered;

  *self = (Scene) { 0 };
  self->invariants = sim_invariants_new (world);
  sim_pair_start (&self->pair, world, router, &line, router, &line);
  sim_invariants_add_server (self->invariants, self->pair.server);
  sim_invariants_add_person (self->invariants, self->pair.alice);
  sim_invariants_add_person (self->invariants, self->pair.bob);
  is_registered = sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered,
                                          &self->pair);
  g_assert_true (is_registered);
}

static void
assert_sane (Scene *self)
{
  const SimFault *fault = sim_invariants_get_fault (self->invariants);

  sim_invariants_check (self->invariants);
  if (fault->invariant != SIM_INVARIANT_NONE)
    g_test_message ("%s: %s", sim_invariant_to_string (fault->invariant), fault->detail);
  g_assert_cmpint (fault->invariant, ==, SIM_INVARIANT_NONE);
}

static void
scene_clear (Scene *self)
{
  assert_sane (self);
  sim_invariants_free (self->invariants);
  sim_pair_clear (&self->pair);
}

static void
run (Scene  *self,
     gint64  duration_us)
{
  sim_world_run_for (self->pair.world, duration_us);
}

/* Returns: (nullable): the only file of one of the two */
static SimFile *
get_file (const SimPeer *of)
{
  return of->files.files->len > 0 ? g_ptr_array_index (of->files.files, 0) : NULL;
}

static guint64
count_kept (const Scene *self)
{
  const SimFile *file = get_file (self->pair.bob);

  return file != NULL ? file->n_kept : 0;
}

static void
offer (Scene   *self,
       guint64  size)
{
  sim_peer_offer_file (self->pair.alice, "bob", 4711, size);
}

static gboolean
has_kept (gpointer user_data)
{
  const Scene *self = user_data;

  return count_kept (self) >= self->n_kept_wanted;
}

static void
run_until_kept (Scene   *self,
                guint64  n_chunks,
                gint64   limit_us)
{
  self->n_kept_wanted = n_chunks;
  g_assert_true (sim_world_run_for_true (self->pair.world, limit_us, has_kept, self));
}

static gboolean
is_in_state (const SimPeer *who,
             SimFileState   state)
{
  const SimFile *file = get_file (who);

  return file != NULL && file->state == state;
}

static gboolean
is_done (gpointer user_data)
{
  const Scene *self = user_data;

  return is_in_state (self->pair.alice, SIM_FILE_DONE) &&
         is_in_state (self->pair.bob, SIM_FILE_DONE);
}

static gboolean
is_cancelled (gpointer user_data)
{
  const Scene *self = user_data;

  return is_in_state (self->pair.alice, SIM_FILE_CANCELLED) &&
         is_in_state (self->pair.bob, SIM_FILE_CANCELLED);
}

static void
finish (Scene  *self,
        gint64  limit_us)
{
  gboolean is_whole = sim_world_run_for_true (self->pair.world, limit_us, is_done, self);

  if (!is_whole)
    g_test_message ("%" G_GUINT64_FORMAT " chunks are kept", count_kept (self));
  assert_sane (self);
  g_assert_true (is_whole);
  g_assert_cmpuint (count_kept (self), ==, sim_file_count_chunks (get_file (self->pair.bob)));
}

static void
restart (Scene   *self,
         SimPeer *peer)
{
  if (peer->node != NULL) /* it may have died already */
    sim_peer_kill (peer);
  run (self, UDPNAT_SEC (1));
  sim_peer_start (peer);
}

/* ---- As it should be ---- */

static void
test_sizes (void)
{
  static const guint64 sizes[] = { 0, 1, UDPNAT_CHUNK_BYTES - 1, UDPNAT_CHUNK_BYTES,
                                   UDPNAT_CHUNK_BYTES + 1, SIZE };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Scene scene;

      scene_init (&scene, NULL);
      offer (&scene, sizes[i]);
      finish (&scene, UDPNAT_SEC (10));
      g_assert_cmpuint (scene.pair.alice->files.n_given, ==,
                        sim_file_count_chunks (get_file (scene.pair.alice)));
      scene_clear (&scene);
    }
}

static void
test_words (void)
{
  Scene scene;

  g_test_summary ("What is said meanwhile is there as soon as what is on the line before it");
  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  for (guint i = 1; i < 6; i++)
    {
      run_until_kept (&scene, i * N_CHUNKS / 8, UDPNAT_SEC (20));
      sim_invariants_say (scene.invariants, scene.pair.alice, scene.pair.bob, 1, 100);
      run (&scene, UDPNAT_MSEC (600));
      g_assert_cmpuint (scene.pair.alice->n_delivered, ==, i);
      g_assert_cmpint (scene.pair.alice->last_elapsed_us, <=, UDPNAT_MSEC (250));
    }
  finish (&scene, UDPNAT_SEC (10));
  scene_clear (&scene);
}

/* ---- Programs die ---- */

static void
test_giver_dies (void)
{
  Scene scene;

  g_test_summary ("What was offered is read again first, each time");
  scene_init (&scene, NULL);
  scene.pair.alice->disk.delay_us = UDPNAT_MSEC (20);
  offer (&scene, SIZE);
  for (guint i = 1; i < 5; i++)
    {
      run_until_kept (&scene, i * N_CHUNKS / 5, UDPNAT_SEC (30));
      restart (&scene, scene.pair.alice);
    }
  finish (&scene, UDPNAT_SEC (30));
  g_assert_cmpuint (scene.pair.alice->files.n_given, <=, N_CHUNKS + 4 * 2 * WINDOW_CHUNKS);
  scene_clear (&scene);
}

static void
test_fetcher_dies (void)
{
  Scene scene;

  g_test_summary ("What had come and was not on the disk comes again, and no more than that");
  scene_init (&scene, NULL);
  scene.pair.bob->disk.delay_us = UDPNAT_MSEC (400);
  offer (&scene, SIZE);
  for (guint i = 1; i < 5; i++)
    {
      run_until_kept (&scene, i * N_CHUNKS / 5, UDPNAT_SEC (30));
      restart (&scene, scene.pair.bob);
    }
  finish (&scene, UDPNAT_SEC (30));
  g_assert_cmpuint (scene.pair.alice->files.n_given, >, N_CHUNKS);
  g_assert_cmpuint (scene.pair.alice->files.n_given, <=, N_CHUNKS + 4 * 2 * WINDOW_CHUNKS);
  scene_clear (&scene);
}

static void
test_both_die (void)
{
  Scene scene;

  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  for (guint i = 1; i < 5; i++)
    {
      run_until_kept (&scene, i * N_CHUNKS / 5, UDPNAT_SEC (30));
      sim_peer_kill (scene.pair.alice);
      restart (&scene, scene.pair.bob);
      run (&scene, UDPNAT_SEC (5));
      sim_peer_start (scene.pair.alice);
    }
  finish (&scene, UDPNAT_SEC (60));
  scene_clear (&scene);
}

static void
die_at_write (SimPeer  *peer,
              guint     n,
              gboolean  is_kept)
{
  peer->disk.n_writes_left = n;
  peer->disk.is_last_kept = is_kept;
}

static void
test_each_write (void)
{
  g_test_summary ("Either dies at one of its writes: of the offer, the answers, a chunk, the end");
  for (guint is_kept = 0; is_kept <= 1; is_kept++)
    for (guint n = 1; n <= 14; n++)
      for (guint i = 0; i < 2; i++)
        {
          Scene scene;
          SimPeer *peer;

          scene_init (&scene, NULL);
          peer = i == 0 ? scene.pair.alice : scene.pair.bob;
          peer->disk.delay_us = UDPNAT_MSEC (10);
          sim_invariants_say (scene.invariants, scene.pair.alice, scene.pair.bob, 1, 50);
          run (&scene, UDPNAT_SEC (2));
          offer (&scene, 5 * UDPNAT_CHUNK_BYTES);
          die_at_write (peer, n, is_kept);
          run (&scene, UDPNAT_SEC (5));
          restart (&scene, peer);
          if (get_file (scene.pair.alice) == NULL) /* the offer has not been written */
            offer (&scene, 5 * UDPNAT_CHUNK_BYTES);
          finish (&scene, UDPNAT_SEC (120));
          scene_clear (&scene);
        }
}

static void
test_server_dies (void)
{
  Scene scene;

  g_test_summary ("It is not needed: what goes directly goes on");
  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  run_until_kept (&scene, N_CHUNKS / 4, UDPNAT_SEC (20));
  sim_server_kill (scene.pair.server);
  run_until_kept (&scene, N_CHUNKS, UDPNAT_SEC (20));
  sim_server_start (scene.pair.server);
  finish (&scene, UDPNAT_SEC (20));
  scene_clear (&scene);
}

static void
test_disk_is_full (void)
{
  Scene scene;
  guint64 n_kept;

  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
  sim_peer_set_disk_broken (scene.pair.bob, TRUE);
  run (&scene, UDPNAT_SEC (60));
  n_kept = count_kept (&scene);
  g_assert_cmpuint (n_kept, <, N_CHUNKS / 3 + WINDOW_CHUNKS);
  g_assert_true (is_in_state (scene.pair.bob, SIM_FILE_FAILED));
  sim_peer_set_disk_broken (scene.pair.bob, FALSE);
  finish (&scene, UDPNAT_SEC (20));
  scene_clear (&scene);
}

/* ---- Networks ---- */

static void
test_network_changes (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Scene scene;

  g_test_summary ("Both go to other networks, one after the other, and together");
  scene_init (&scene, &router);
  offer (&scene, SIZE);
  for (guint i = 1; i <= 3; i++)
    {
      run_until_kept (&scene, i * N_CHUNKS / 4, UDPNAT_SEC (30));
      if ((i & 1) != 0)
        sim_host_move (scene.pair.alice->host, NULL, NULL);
      if ((i & 2) != 0)
        sim_host_move (scene.pair.bob->host, NULL, NULL);
      sim_invariants_note_network (scene.invariants, scene.pair.alice);
      sim_peer_tell_addresses (scene.pair.alice);
      sim_peer_tell_addresses (scene.pair.bob);
    }
  finish (&scene, UDPNAT_SEC (30));
  g_assert_cmpuint (scene.pair.alice->files.n_given, ==, N_CHUNKS); /* the session is the same */
  scene_clear (&scene);
}

static void
test_relay_only (void)
{
  Scene scene;
  gint64 begin_us;

  g_test_summary ("By the relay, which takes so much a second, and drops what is more");
  scene_init (&scene, NULL);
  udpnat_node_set_relay_only (scene.pair.alice->node, sim_world_now (scene.pair.world), TRUE);
  offer (&scene, 4 * MIB);
  begin_us = sim_world_now (scene.pair.world);
  finish (&scene, UDPNAT_SEC (60));
  g_assert_cmpint (scene.pair.bob->path_kind, ==, UDPNAT_PATH_KIND_RELAY);
  /* Not much below what it takes, for all that it has dropped at first. */
  g_assert_cmpint (sim_world_now (scene.pair.world) - begin_us, <, UDPNAT_SEC (12));
  scene_clear (&scene);
}

static gboolean
is_direct (gpointer user_data)
{
  const Scene *self = user_data;

  return self->pair.alice->path_kind != UDPNAT_PATH_KIND_RELAY &&
         self->pair.bob->path_kind != UDPNAT_PATH_KIND_RELAY;
}

static void
hard_scene_init (Scene *self)
{
  SimNatConfig hard = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimNatConfig easy = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                      SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig line = get_line ();
  SimPair *pair = &self->pair;

  *self = (Scene) { 0 };
  hard.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair->world = sim_world_new (1);
  self->invariants = sim_invariants_new (pair->world);
  pair->server = sim_server_new (pair->world, "9.8.7.6");
  sim_host_set_alt_ip (pair->server->host, "9.8.9.6");
  sim_server_start (pair->server);
  pair->alice = sim_peer_new_at_home (pair->server, "alice", &hard, &line);
  pair->bob = sim_peer_new_at_home (pair->server, "bob", &easy, &line);
  sim_invariants_add_server (self->invariants, pair->server);
  sim_invariants_add_person (self->invariants, pair->alice);
  sim_invariants_add_person (self->invariants, pair->bob);
  sim_peer_start (pair->alice);
  sim_peer_start (pair->bob);
  g_assert_true (sim_world_run_for_true (pair->world, UDPNAT_SEC (20), sim_pair_is_registered,
                                         pair));
  sim_world_run_for (pair->world, UDPNAT_SEC (5));
}

static void
test_search (void)
{
  guint64 n_relayed;
  Scene scene;

  g_test_summary ("By the relay at first, while a port is searched; then directly, without a gap");
  hard_scene_init (&scene);
  offer (&scene, 10 * MIB);
  run_until_kept (&scene, 4, UDPNAT_SEC (20));
  g_assert_false (is_direct (&scene));
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (20), is_direct, &scene));
  n_relayed = count_kept (&scene);
  g_assert_cmpuint (n_relayed, <, 10 * MIB / UDPNAT_CHUNK_BYTES);
  run (&scene, UDPNAT_SEC (1));
  g_assert_cmpuint (count_kept (&scene), >, n_relayed);
  finish (&scene, UDPNAT_SEC (60));
  g_assert_cmpuint (scene.pair.alice->files.n_given, ==, 10 * MIB / UDPNAT_CHUNK_BYTES);
  scene_clear (&scene);
}

static void
test_sleep (void)
{
  g_test_summary ("A laptop is closed for an hour: either's");
  for (guint i = 0; i < 2; i++)
    {
      Scene scene;

      scene_init (&scene, NULL);
      offer (&scene, SIZE);
      run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
      sim_host_sleep (i == 0 ? scene.pair.alice->host : scene.pair.bob->host, UDPNAT_SEC (3600));
      run (&scene, UDPNAT_SEC (3600));
      g_assert_cmpuint (count_kept (&scene), <, N_CHUNKS / 3 + WINDOW_CHUNKS);
      finish (&scene, UDPNAT_SEC (60));
      scene_clear (&scene);
    }
}

/* ---- What people do ---- */

static void
test_pause (void)
{
  g_test_summary ("Either pauses it, is started anew or not, and lets it go on");
  for (guint i = 0; i < 4; i++)
    {
      Scene scene;
      SimPeer *peer;
      guint64 n_kept;

      scene_init (&scene, NULL);
      peer = (i & 1) == 0 ? scene.pair.alice : scene.pair.bob;
      offer (&scene, SIZE);
      run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
      sim_peer_pause_file (peer, get_file (peer), TRUE);
      run (&scene, UDPNAT_SEC (2));
      n_kept = count_kept (&scene);
      run (&scene, UDPNAT_SEC (400));
      if ((i & 2) != 0)
        restart (&scene, peer);
      run (&scene, UDPNAT_SEC (60));
      g_assert_cmpuint (count_kept (&scene), ==, n_kept);
      sim_peer_pause_file (peer, get_file (peer), FALSE);
      finish (&scene, UDPNAT_SEC (20));
      scene_clear (&scene);
    }
}

static gboolean
count_cb (const SimTapInfo *info,
          gpointer          user_data)
{
  Scene *self = user_data;

  if (info->kind == SIM_TAP_SENT && info->host == self->pair.bob->host)
    self->n_sent_by_bob++;
  return TRUE;
}

static void
test_refused_is_quiet (void)
{
  Scene scene;

  g_test_summary ("Whoever waits for the other user to let it go on does not ask all the time");
  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
  sim_peer_pause_file (scene.pair.alice, get_file (scene.pair.alice), TRUE);
  run (&scene, UDPNAT_SEC (300));
  sim_world_add_tap (scene.pair.world, count_cb, &scene);
  run (&scene, UDPNAT_SEC (6000));
  sim_world_remove_tap (scene.pair.world, count_cb, &scene);
  g_test_message ("%u datagrams in 100 minutes", scene.n_sent_by_bob);
  g_assert_cmpuint (scene.n_sent_by_bob, <, 100 * 8); /* with what the server needs */
  sim_peer_pause_file (scene.pair.alice, get_file (scene.pair.alice), FALSE);
  finish (&scene, UDPNAT_SEC (20));
  scene_clear (&scene);
}

static void
test_cancel (void)
{
  g_test_summary ("Either cancels it: it stops, and the other knows");
  for (guint i = 0; i < 2; i++)
    {
      Scene scene;
      SimPeer *peer;
      guint64 n_kept;
      guint n_given;

      scene_init (&scene, NULL);
      peer = i == 0 ? scene.pair.alice : scene.pair.bob;
      offer (&scene, SIZE);
      run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
      sim_peer_cancel_file (peer, get_file (peer));
      g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), is_cancelled,
                                             &scene));
      n_kept = count_kept (&scene);
      n_given = scene.pair.alice->files.n_given;
      restart (&scene, scene.pair.bob);
      restart (&scene, scene.pair.alice);
      run (&scene, UDPNAT_SEC (300));
      g_assert_cmpuint (count_kept (&scene), ==, n_kept);
      g_assert_cmpuint (scene.pair.alice->files.n_given, ==, n_given);
      scene_clear (&scene);
    }
}

static void
test_decline (void)
{
  Scene scene;

  scene_init (&scene, NULL);
  scene.pair.bob->files.asks = TRUE;
  offer (&scene, SIZE);
  run (&scene, UDPNAT_SEC (60));
  g_assert_true (is_in_state (scene.pair.bob, SIM_FILE_OFFERED));
  g_assert_cmpuint (scene.pair.alice->files.n_given, ==, 0);
  sim_peer_cancel_file (scene.pair.bob, get_file (scene.pair.bob));
  g_assert_true (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (2), is_cancelled, &scene));
  run (&scene, UDPNAT_SEC (60));
  g_assert_cmpuint (scene.pair.alice->files.n_given, ==, 0);
  scene_clear (&scene);
}

static void
test_accepted_late (void)
{
  Scene scene;

  g_test_summary ("An offer waits, though its giver has been started anew since");
  scene_init (&scene, NULL);
  scene.pair.bob->files.asks = TRUE;
  offer (&scene, SIZE);
  run (&scene, UDPNAT_SEC (600));
  restart (&scene, scene.pair.alice);
  run (&scene, UDPNAT_SEC (600));
  sim_peer_accept_file (scene.pair.bob, get_file (scene.pair.bob));
  finish (&scene, UDPNAT_SEC (20));
  scene_clear (&scene);
}

static void
test_blocked (void)
{
  Scene scene;
  guint n_given;

  g_test_summary ("Whoever is blocked meanwhile gets nothing any more");
  scene_init (&scene, NULL);
  offer (&scene, SIZE);
  run_until_kept (&scene, N_CHUNKS / 3, UDPNAT_SEC (20));
  sim_peer_set_trust (scene.pair.alice, scene.pair.bob, UDPNAT_TRUST_BLOCKED);
  n_given = scene.pair.alice->files.n_given;
  run (&scene, UDPNAT_SEC (300));
  g_assert_cmpuint (scene.pair.alice->files.n_given, ==, n_given);
  g_assert_cmpuint (count_kept (&scene), <, N_CHUNKS / 3 + WINDOW_CHUNKS);
  scene_clear (&scene);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  sim_fast_crypto_set_on (TRUE);

  g_test_add_func ("/sim-files/sizes", test_sizes);
  g_test_add_func ("/sim-files/words-go-first", test_words);
  g_test_add_func ("/sim-files/giver-dies", test_giver_dies);
  g_test_add_func ("/sim-files/fetcher-dies", test_fetcher_dies);
  g_test_add_func ("/sim-files/both-die", test_both_die);
  g_test_add_func ("/sim-files/dies-at-each-write", test_each_write);
  g_test_add_func ("/sim-files/server-dies", test_server_dies);
  g_test_add_func ("/sim-files/disk-is-full", test_disk_is_full);
  g_test_add_func ("/sim-files/network-changes", test_network_changes);
  g_test_add_func ("/sim-files/relay-only", test_relay_only);
  g_test_add_func ("/sim-files/port-is-found-meanwhile", test_search);
  g_test_add_func ("/sim-files/laptop-sleeps", test_sleep);
  g_test_add_func ("/sim-files/pause", test_pause);
  g_test_add_func ("/sim-files/refused-is-quiet", test_refused_is_quiet);
  g_test_add_func ("/sim-files/cancel", test_cancel);
  g_test_add_func ("/sim-files/decline", test_decline);
  g_test_add_func ("/sim-files/accepted-late", test_accepted_late);
  g_test_add_func ("/sim-files/blocked-gets-nothing", test_blocked);
  return g_test_run ();
}
