/* A file from one node to another, whatever happens to programs and network meanwhile. */

#include "config.h"

#include "node-net.h"

#include "udpnat-node-files.h"
#include "udpnat-tree.h"

#define SIZE (5 * 1048576 + 777)
#define N_CHUNKS (SIZE / UDPNAT_CHUNK_BYTES + 1)

typedef struct
{
  Net            *net;
  NetUser        *alice; /* gives */
  NetUser        *bob;   /* fetches */
  UdpnatMessageId id;
  guint8         *data;
  UdpnatTree     *tree;
  guint8          root[UDPNAT_TREE_HASH_BYTES];
  GByteArray     *came;  /* on bob's disk */
  guint           n_given;   /* chunks that alice has read */
  gboolean        is_whole;
  gboolean        is_cut;    /* nothing passes */
  guint8          refused;   /* what bob was told last */
} Scene;

/* Handlers of events know the user alone. */
static Scene *the_scene;

/* ---- The two programs ---- */

static void
give (Scene                 *scene,
      const UdpnatNodeEvent *event)
{
  const UdpnatFileEvent *file = event->file;
  g_autoptr (GBytes) data = NULL;

  if (file->type == UDPNAT_FILE_EVENT_CHUNK_WANTED)
    {
      scene->n_given++;
      data = g_bytes_new (scene->data + file->number * UDPNAT_CHUNK_BYTES,
                          udpnat_tree_get_chunk_bytes (scene->tree, file->number));
      udpnat_node_give_chunk (scene->alice->node, &event->key, &file->id, file->file,
                              file->number, data);
    }
  else if (file->type == UDPNAT_FILE_EVENT_HASHES_WANTED)
    {
      gsize n;
      const guint8 *block = udpnat_tree_get_block (scene->tree, file->level, file->number, &n);

      data = g_bytes_new (block, n);
      udpnat_node_give_hashes (scene->alice->node, &event->key, &file->id, file->file, file->level,
                               file->number, data);
    }
}

static void
keep (Scene                 *scene,
      const UdpnatNodeEvent *event)
{
  const UdpnatFileEvent *file = event->file;

  if (file->type == UDPNAT_FILE_EVENT_CHUNK)
    {
      gsize n;
      const guint8 *data = g_bytes_get_data (file->data, &n);

      g_assert_cmpuint (file->number * UDPNAT_CHUNK_BYTES, ==, scene->came->len);
      g_byte_array_append (scene->came, data, n);
      udpnat_node_note_chunk_kept (scene->bob->node, &event->key, &file->id, file->file);
    }
  else if (file->type == UDPNAT_FILE_EVENT_FETCHED)
    scene->is_whole = TRUE;
  else if (file->type == UDPNAT_FILE_EVENT_REFUSED)
    scene->refused = file->reason;
}

static void
event_cb (NetUser               *user,
          const UdpnatNodeEvent *event)
{
  if (event->base.type != UDPNAT_NODE_EVENT_FILE)
    return;
  if (user == the_scene->alice)
    give (the_scene, event);
  else
    keep (the_scene, event);
}

static void
serve (Scene *scene)
{
  g_assert_true (udpnat_node_serve_file (scene->alice->node, scene->net->now_us,
                                         net_key (scene->bob), &scene->id,
                                         UDPNAT_FILE_REASON_NONE));
}

static void
fetch (Scene *scene)
{
  g_assert_true (udpnat_node_fetch_file (scene->bob->node, scene->net->now_us,
                                         net_key (scene->alice), &scene->id, 0, SIZE, scene->root,
                                         scene->came->len / UDPNAT_CHUNK_BYTES));
}

/* ---- Fixture ---- */

static Scene *
scene_new (guint64 seed)
{
  Scene *scene = g_new0 (Scene, 1);

  the_scene = scene;
  scene->net = net_new (seed);
  scene->data = g_malloc (SIZE);
  udpnat_random_fill (&scene->net->random, scene->data, SIZE);
  udpnat_random_fill (&scene->net->random, scene->id.bytes, sizeof scene->id.bytes);
  scene->tree = udpnat_tree_new (SIZE);
  for (guint i = 0; i < N_CHUNKS; i++)
    udpnat_tree_add_chunk (scene->tree, scene->data + (gsize) i * UDPNAT_CHUNK_BYTES,
                           udpnat_tree_get_chunk_bytes (scene->tree, i));
  g_assert_true (udpnat_tree_get_root (scene->tree, scene->root));
  scene->came = g_byte_array_new ();
  scene->alice = net_join (scene->net, "alice");
  scene->bob = net_join (scene->net, "bob");
  scene->alice->on_event = scene->bob->on_event = event_cb;
  net_run (scene->net, UDPNAT_SEC (1));
  net_accept (scene->alice, net_key (scene->bob));
  net_accept (scene->bob, net_key (scene->alice));
  return scene;
}

static void
scene_free (Scene *scene)
{
  net_free (scene->net);
  g_free (scene->data);
  udpnat_tree_free (scene->tree);
  g_byte_array_unref (scene->came);
  g_free (scene);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Scene, scene_free)

static void
run_until (Scene *scene,
           gsize  n_came)
{
  while (scene->came->len < n_came)
    {
      g_assert_cmpint (net_next (scene->net), <, UDPNAT_SEC (5000));
      scene->net->now_us = MAX (scene->net->now_us, net_next (scene->net));
      if (scene->is_cut)
        g_queue_clear_full (&scene->net->packets, g_free);
      net_step (scene->net);
    }
}

static void
run_cut (Scene *scene,
         gint64 duration_us)
{
  gint64 end_us = scene->net->now_us + duration_us;

  while (net_next (scene->net) <= end_us)
    {
      scene->net->now_us = MAX (scene->net->now_us, net_next (scene->net));
      g_queue_clear_full (&scene->net->packets, g_free);
      net_step (scene->net);
    }
  scene->net->now_us = end_us;
}

static void
check_whole (const Scene *scene)
{
  g_assert_true (scene->is_whole);
  g_assert_cmpmem (scene->came->data, scene->came->len, scene->data, SIZE);
}

static void
restart (Scene      *scene,
         NetUser    *user,
         const char *name)
{
  net_kill_user (user);
  net_run (scene->net, UDPNAT_SEC (1));
  net_start_user (user);
  net_log_in (user, name);
}

/* ---- Tests ---- */

static void
test_directly (void)
{
  g_autoptr (Scene) scene = scene_new (1);

  serve (scene);
  fetch (scene);
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
  g_assert_cmpuint (scene->n_given, ==, N_CHUNKS);
  g_assert_cmpint (scene->bob->path_kind, !=, UDPNAT_PATH_KIND_RELAY);
}

static void
test_by_relay (void)
{
  g_autoptr (Scene) scene = scene_new (2);
  guint n_direct;

  udpnat_node_set_relay_only (scene->alice->node, scene->net->now_us, TRUE);
  serve (scene);
  fetch (scene);
  n_direct = scene->alice->n_direct;
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
  g_assert_cmpuint (scene->alice->n_direct, ==, n_direct);
}

static void
test_relay_quota (void)
{
  g_autoptr (Scene) scene = scene_new (10);
  UdpnatRendezvousServerStats stats;
  guint64 n_early;
  gint64 since_us;

  g_test_summary ("Told once what the relay takes, a sender keeps below it: it drops no more");
  udpnat_node_set_relay_only (scene->alice->node, scene->net->now_us, TRUE);
  serve (scene);
  fetch (scene);
  run_until (scene, SIZE / 3);
  udpnat_rendezvous_server_get_stats (scene->net->server, &stats);
  n_early = stats.refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA];
  g_assert_cmpuint (n_early, >, 0);
  since_us = scene->net->now_us;
  run_until (scene, SIZE);
  udpnat_rendezvous_server_get_stats (scene->net->server, &stats);
  g_assert_cmpuint (stats.refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA], ==, n_early);
  /* And not much below. */
  g_assert_cmpint (scene->net->now_us - since_us, <,
                   UDPNAT_SEC (1) * (2 * SIZE / 3)
                     / (UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND * 75 / 100));
}

/* The longest time in which no large packet reached bob, of those sent from @first on. */
static gint64
find_longest_gap (const Scene *scene,
                  guint        first)
{
  gint64 last_us = 0;
  gint64 longest_us = 0;

  for (guint i = first; i < scene->net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (scene->net->seen, i);

      if (packet->datagram.n_data < 1000 ||
          !udpnat_address_equal (&packet->to, &scene->bob->address))
        continue;
      if (last_us != 0)
        longest_us = MAX (longest_us, packet->due_us - last_us);
      last_us = packet->due_us;
    }
  return longest_us;
}

static void
test_better_path (void)
{
  g_autoptr (Scene) scene = scene_new (11);
  guint first;
  gsize n_before;

  g_test_summary ("A direct path that is found meanwhile takes over within two round trips");
  udpnat_node_set_relay_only (scene->alice->node, scene->net->now_us, TRUE);
  serve (scene);
  fetch (scene);
  run_until (scene, SIZE / 4);
  g_assert_cmpint (scene->bob->path_kind, ==, UDPNAT_PATH_KIND_RELAY);
  first = scene->net->seen->len;
  n_before = scene->came->len;
  udpnat_node_set_relay_only (scene->alice->node, scene->net->now_us, FALSE);
  while (scene->bob->path_kind == UDPNAT_PATH_KIND_RELAY)
    {
      scene->net->now_us = MAX (scene->net->now_us, net_next (scene->net));
      net_step (scene->net);
    }
  net_run (scene->net, UDPNAT_MSEC (200));
  g_assert_cmpuint (scene->came->len, >, n_before);
  g_assert_cmpint (find_longest_gap (scene, first), <=, 2 * 2 * NET_DELAY_US);
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
}

static void
test_fetcher_dies (void)
{
  g_autoptr (Scene) scene = scene_new (3);

  serve (scene);
  fetch (scene);
  for (guint i = 1; i < 5; i++)
    {
      run_until (scene, (gsize) i * SIZE / 6);
      restart (scene, scene->bob, "bob");
      fetch (scene);
    }
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
  g_assert_cmpuint (scene->n_given, <=,
                    N_CHUNKS + 4 * 2 * UDPNAT_FILE_WINDOW_MIN_BYTES / UDPNAT_CHUNK_BYTES);
}

static void
test_giver_dies (void)
{
  g_autoptr (Scene) scene = scene_new (4);
  gint64 since_us;

  g_test_summary ("Who waits finds out that the other side was started anew, and asks again");
  serve (scene);
  fetch (scene);
  for (guint i = 1; i < 5; i++)
    {
      run_until (scene, (gsize) i * SIZE / 6);
      restart (scene, scene->alice, "alice");
      serve (scene);
      since_us = scene->net->now_us;
      run_until (scene, (gsize) i * SIZE / 6 + 400000);
      g_assert_cmpint (scene->net->now_us - since_us, <, UDPNAT_SEC (10));
    }
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
}

static void
test_network_is_cut (void)
{
  g_autoptr (Scene) scene = scene_new (5);
  gint64 since_us;

  serve (scene);
  fetch (scene);
  for (guint i = 1; i < 4; i++)
    {
      run_until (scene, (gsize) i * SIZE / 5);
      run_cut (scene, UDPNAT_SEC (40));
      since_us = scene->net->now_us;
      run_until (scene, (gsize) i * SIZE / 5 + 400000);
      g_assert_cmpint (scene->net->now_us - since_us, <, UDPNAT_SEC (30));
    }
  run_until (scene, SIZE);
  net_run (scene->net, UDPNAT_SEC (1));
  check_whole (scene);
}

static void
test_offer_comes_first (void)
{
  g_autoptr (Scene) scene = scene_new (6);

  g_test_summary ("Asked while the other side is away: it comes when they do");
  net_kill_user (scene->alice);
  net_run (scene->net, UDPNAT_SEC (5));
  fetch (scene);
  net_run (scene->net, UDPNAT_SEC (100));
  g_assert_cmpuint (scene->came->len, ==, 0);
  net_start_user (scene->alice);
  net_log_in (scene->alice, "alice");
  serve (scene);
  net_run (scene->net, UDPNAT_SEC (20));
  check_whole (scene);
}

static void
test_words_go_first (void)
{
  g_autoptr (Scene) scene = scene_new (7);
  gint64 since_us;

  serve (scene);
  fetch (scene);
  run_until (scene, SIZE / 3);
  g_assert_true (net_say_to (scene->alice, net_key (scene->bob), "hello"));
  since_us = scene->net->now_us;
  while (scene->bob->received->len == 0)
    net_run (scene->net, UDPNAT_MSEC (1));
  g_assert_cmpint (scene->net->now_us - since_us, <=, 4 * NET_DELAY_US);
  run_until (scene, SIZE);
}

static void
test_stranger_gets_nothing (void)
{
  g_autoptr (Scene) scene = scene_new (8);

  g_test_summary ("Whoever is accepted no longer gets no more of what was offered");
  serve (scene);
  fetch (scene);
  run_until (scene, SIZE / 3);
  net_set_trust (scene->alice, net_key (scene->bob), UDPNAT_TRUST_STRANGER);
  net_run (scene->net, UDPNAT_SEC (5));
  scene->n_given = 0;
  net_run (scene->net, UDPNAT_SEC (60));
  g_assert_cmpuint (scene->n_given, ==, 0);
  g_assert_false (scene->is_whole);
  g_assert_false (udpnat_node_serve_file (scene->alice->node, scene->net->now_us,
                                          net_key (scene->bob), &scene->id,
                                          UDPNAT_FILE_REASON_PAUSED));
}

static void
test_pause_and_withdraw (void)
{
  g_autoptr (Scene) scene = scene_new (9);
  gsize n_before;

  serve (scene);
  fetch (scene);
  run_until (scene, SIZE / 3);
  g_assert_true (udpnat_node_serve_file (scene->alice->node, scene->net->now_us,
                                         net_key (scene->bob), &scene->id,
                                         UDPNAT_FILE_REASON_PAUSED));
  net_run (scene->net, UDPNAT_SEC (1));
  g_assert_cmpuint (scene->refused, ==, UDPNAT_FILE_REASON_PAUSED);
  n_before = scene->came->len;
  net_run (scene->net, UDPNAT_SEC (60));
  g_assert_cmpuint (scene->came->len, ==, n_before);
  serve (scene);
  run_until (scene, SIZE / 2);
  udpnat_node_withdraw_file (scene->alice->node, net_key (scene->bob), &scene->id);
  net_run (scene->net, UDPNAT_SEC (5));
  g_assert_cmpuint (scene->refused, ==, UDPNAT_FILE_REASON_UNKNOWN);
  g_assert_false (scene->is_whole);
}

static void
set_served (Scene            *scene,
            UdpnatFileReason  reason)
{
  g_assert_true (udpnat_node_serve_file (scene->alice->node, scene->net->now_us,
                                         net_key (scene->bob), &scene->id, reason));
}

static void
test_giver_dies_while_it_refuses (void)
{
  static const UdpnatFileReason reasons[] = { UDPNAT_FILE_REASON_PREPARING,
                                              UDPNAT_FILE_REASON_PAUSED };

  g_test_summary ("Whoever is refused for now finds out that the other side was started anew, "
                  "though nobody tells: the server is away, and the path is not kept any more");
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      g_autoptr (Scene) scene = scene_new (12 + i);

      serve (scene);
      fetch (scene);
      run_until (scene, SIZE / 3);
      set_served (scene, reasons[i]);
      net_run (scene->net, UDPNAT_SEC (1));
      g_assert_cmpuint (scene->refused, ==, reasons[i]);
      net_run (scene->net, UDPNAT_SEC (200));
      net_kill_server (scene->net);
      net_kill_user (scene->alice);
      net_run (scene->net, UDPNAT_SEC (1));
      net_start_user (scene->alice);
      set_served (scene, reasons[i]);
      net_run (scene->net, UDPNAT_SEC (i == 0 ? 20 : 320));
      serve (scene);
      net_run (scene->net, UDPNAT_SEC (5));
      check_whole (scene);
    }
}

#define ADD(path, function) g_test_add_func ("/node-files/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("directly", test_directly);
  ADD ("by-relay", test_by_relay);
  ADD ("relay-quota", test_relay_quota);
  ADD ("better-path", test_better_path);
  ADD ("fetcher-dies", test_fetcher_dies);
  ADD ("giver-dies", test_giver_dies);
  ADD ("giver-dies-while-it-refuses", test_giver_dies_while_it_refuses);
  ADD ("network-is-cut", test_network_is_cut);
  ADD ("offer-comes-first", test_offer_comes_first);
  ADD ("words-go-first", test_words_go_first);
  ADD ("stranger-gets-nothing", test_stranger_gets_nothing);
  ADD ("pause-and-withdraw", test_pause_and_withdraw);
  return g_test_run ();
}
