/* Worlds drawn from a seed:
 *
 *  - world: people, networks and everything that can happen (sim-scenario.h), by the thousand;
 *
 * and with --scene, one line each:
 *
 *  - talk: two routers of any kind, links of any quality, a server that is killed on the way, two
 *    people who talk through it all;
 *  - crash: two people who are seldom there at the same time, and every program is killed again and
 *    again (sim-crash.h).
 *
 * A failure prints the command that repeats it. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim-crash.h"
#include "udpnat-sim-worlds.h"

#define N_MESSAGES 100

typedef struct
{
  SimPair       pair;
  SimNatConfig  nats[2];
  SimLinkConfig links[2];
} Scene;

static const char *behaviours[] = { "EI", "AD", "APD" };

static SimNatConfig
draw_nat (const UdpnatRandom *random)
{
  SimNatConfig nat = sim_nat_config (udpnat_random_below (random, 3),
                                     udpnat_random_below (random, 3));

  nat.allocator = udpnat_random_below (random, 3);
  if (nat.allocator == SIM_NAT_ALLOCATOR_SEQUENTIAL)
    nat.port_base = 20000;
  nat.hairpin = udpnat_random_below (random, 2) == 1;
  return nat;
}

static SimLinkConfig
draw_link (const UdpnatRandom *random)
{
  gint64 delay_us = UDPNAT_MSEC (1 + udpnat_random_below (random, 80));
  SimLinkConfig link = sim_link_config_with_delay (delay_us);

  link.jitter_us = UDPNAT_MSEC (udpnat_random_below (random, 10));
  link.loss = udpnat_random_below (random, 25) / 100.0;
  link.duplicate = udpnat_random_below (random, 6) / 100.0;
  link.reorder = udpnat_random_below (random, 6) / 100.0;
  link.reorder_us = UDPNAT_MSEC (30);
  return link;
}

static void
scene_init (Scene   *scene,
            guint64  seed)
{
  SimWorld *world = sim_world_new (seed);
  UdpnatRandom random = sim_world_fork_random (world, "scene");

  for (guint i = 0; i < 2; i++)
    {
      scene->nats[i] = draw_nat (&random);
      scene->links[i] = draw_link (&random);
    }
  sim_pair_start (&scene->pair, world, &scene->nats[0], &scene->links[0], &scene->nats[1],
                  &scene->links[1]);
}

static gboolean
is_done (gpointer user_data)
{
  SimPair *pair = user_data;

  return pair->alice->n_delivered >= N_MESSAGES && pair->bob->n_delivered >= N_MESSAGES;
}

static gboolean
has_all (const SimPeer *peer)
{
  if (peer->received->len != N_MESSAGES)
    return FALSE;
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      const SimMessage *message = g_ptr_array_index (peer->received, i);

      if (strtoul (message->text, NULL, 10) != i)
        return FALSE;
    }
  return TRUE;
}

static char *
describe (const SimNatConfig  *nat,
          const SimLinkConfig *link)
{
  return g_strdup_printf ("%s+%s %2.0f ms %2.0f %%", behaviours[nat->mapping],
                          behaviours[nat->filtering], link->delay_us / 1000.0, link->loss * 100);
}

static void
print_command (const char *which,
               guint64     seed)
{
  printf ("  again: ./dev sim --scene %s %" G_GUINT64_FORMAT "   every packet: ./dev sim --log "
          "--scene %s %" G_GUINT64_FORMAT "\n", which, seed, which, seed);
}

static gboolean
run_talk (guint64  seed,
          gboolean is_logged)
{
  char hash[SIM_TRACE_HASH_TEXT_BYTES];
  g_autofree char *alice_text = NULL;
  g_autofree char *bob_text = NULL;
  gboolean is_good = FALSE;
  const char *path;
  Scene scene;

  scene_init (&scene, seed);
  if (is_logged)
    sim_world_set_log (scene.pair.world, stdout);
  if (sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (60), sim_pair_is_registered,
                              &scene.pair))
    {
      sim_peer_send_numbered (scene.pair.alice, "bob", 0, N_MESSAGES / 2);
      sim_peer_send_numbered (scene.pair.bob, "alice", 0, N_MESSAGES / 2);
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (5));
      sim_server_kill (scene.pair.server);
      sim_peer_send_numbered (scene.pair.alice, "bob", N_MESSAGES / 2, N_MESSAGES / 2);
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (3));
      sim_server_start (scene.pair.server);
      sim_peer_send_numbered (scene.pair.bob, "alice", N_MESSAGES / 2, N_MESSAGES / 2);
      is_good = sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (300), is_done, &scene.pair) &&
                has_all (scene.pair.alice) && has_all (scene.pair.bob);
    }
  alice_text = describe (&scene.nats[0], &scene.links[0]);
  bob_text = describe (&scene.nats[1], &scene.links[1]);
  path = scene.pair.alice->path_kind == UDPNAT_PATH_KIND_RELAY
           ? udpnat_path_reason_to_code (scene.pair.alice->path_reason) : "direct";
  printf ("seed %-6" G_GUINT64_FORMAT " %s  alice %s, bob %s: %u/%u and %u/%u messages, %s, "
          "%.0f s, %.8s\n",
          seed, is_good ? "ok    " : "FAILED", alice_text, bob_text, scene.pair.bob->received->len,
          N_MESSAGES, scene.pair.alice->received->len, N_MESSAGES, path,
          (sim_world_now (scene.pair.world) - SIM_WORLD_START_US) / 1e6,
          sim_world_get_trace_hash (scene.pair.world, hash));
  if (!is_good)
    print_command ("talk", seed);
  sim_pair_clear (&scene.pair);
  return is_good;
}

static gboolean
run_crash (guint64  seed,
           gboolean is_logged)
{
  SimCrashReport report;

  sim_crash_run (seed, is_logged ? stdout : NULL, &report);
  printf ("seed %-6" G_GUINT64_FORMAT " %s  %u crashes, %u of %u messages, %u letters%s%s\n", seed,
          report.fault == NULL ? "ok    " : "FAILED", report.n_crashes, report.n_received,
          report.n_written, report.n_letters, report.fault != NULL ? ": " : "",
          report.fault != NULL ? report.fault : "");
  if (report.fault != NULL)
    print_command ("crash", seed);
  return report.fault == NULL;
}

/* Returns: how many failed */
static guint
run_seed (const char *which,
          guint64     seed,
          gboolean    is_logged)
{
  guint n_failed = 0;

  if (strcmp (which, "crash") != 0)
    n_failed += run_talk (seed, is_logged) ? 0 : 1;
  if (strcmp (which, "talk") != 0)
    n_failed += run_crash (seed, is_logged) ? 0 : 1;
  return n_failed;
}

/* Alice and Bob behind two different routers, with every packet, for people to watch. */
static int
run_demo (void)
{
  printf ("Simulated: alice behind a full-cone router, bob behind a port-restricted one.\n");
  return run_talk (1, TRUE) ? 0 : 1;
}

/* ---- Options ---- */

static UdpnatSimOptions options = { .first_seed = 1, .n_shrink = 2 };
static gint64 count;
static gint64 first_seed = -1;
static int jobs;
static char *scene;
static char *keep;
static char *without;
static char *plain;
static char *svg;
static char **seeds;
static gboolean is_demo;
static gboolean is_unshrunk;

static const GOptionEntry entries[] = {
  { "count", 'n', 0, G_OPTION_ARG_INT64, &count, "Play so many worlds", "N" },
  { "seed", 's', 0, G_OPTION_ARG_INT64, &first_seed, "From this seed on; alone: this world", "S" },
  { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "So many at a time (all processors)", "J" },
  { "no-shrink", 0, 0, G_OPTION_ARG_NONE, &is_unshrunk, "Do not make failures smaller", NULL },
  { "keep", 0, 0, G_OPTION_ARG_STRING, &keep, "Of one world: only these events", "N,…" },
  { "without", 0, 0, G_OPTION_ARG_STRING, &without, "Without these people", "N,…" },
  { "plain", 0, 0, G_OPTION_ARG_STRING, &plain, "Without these features: loss, routers …",
    "NAME,…" },
  { "timeline", 't', 0, G_OPTION_ARG_NONE, &options.has_timeline, "Print what happens", NULL },
  { "svg", 0, 0, G_OPTION_ARG_FILENAME, &svg, "Draw it as a sequence diagram", "FILE" },
  { "log", 0, 0, G_OPTION_ARG_NONE, &options.is_logged, "Print every packet", NULL },
  { "real-crypto", 0, 0, G_OPTION_ARG_NONE, &options.has_real_crypto,
    "Curve25519, and not what stands for it here", NULL },
  { "scene", 0, 0, G_OPTION_ARG_STRING, &scene, "Other worlds: talk, crash, pairs (both)",
    "NAME" },
  { "demo", 0, 0, G_OPTION_ARG_NONE, &is_demo, "One such, with every packet", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &seeds, NULL, NULL },
  { NULL }
};

static gboolean
parse_seed (const char *text,
            guint64    *out_seed)
{
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, out_seed, NULL))
    return TRUE;
  fprintf (stderr, "udpnat-sim: “%s” is not a seed: a number from 0 up\n", text);
  return FALSE;
}

/* ---- What is asked for ---- */

static int
run_scenes (void)
{
  guint n_failed = 0;
  guint n_run = 0;

  if (strcmp (scene, "talk") != 0 && strcmp (scene, "crash") != 0 && strcmp (scene, "pairs") != 0)
    {
      fprintf (stderr, "udpnat-sim: there is no scene “%s”: talk, crash or pairs\n", scene);
      return 2;
    }
  for (guint i = 0; seeds != NULL && seeds[i] != NULL; i++, n_run++)
    {
      guint64 seed;

      if (!parse_seed (seeds[i], &seed))
        return 2;
      n_failed += run_seed (scene, seed, options.is_logged);
    }
  if (n_run == 0 && count == 0)
    count = 20;
  for (gint64 i = 1; i <= count; i++, n_run++)
    n_failed += run_seed (scene, (guint64) i, options.is_logged);
  printf ("%u seeds, %u worlds failed\n", n_run, n_failed);
  return n_failed > 0 ? 1 : 0;
}

static int
run_one (guint64 seed)
{
  SimPick pick;
  const char *wrong = NULL;
  guint n_faults;

  sim_pick_init (&pick, seed);
  if (!sim_pick_parse (&pick, keep, without, plain, &wrong))
    {
      fprintf (stderr, "udpnat-sim: %s cannot be read\n", wrong);
      return 2;
    }
  n_faults = udpnat_sim_world (&options, &pick);
  sim_pick_clear (&pick);
  return n_faults > 0 ? 1 : 0;
}

static int
run_worlds (void)
{
  int result = 0;

  if (count > 0 || (first_seed < 0 && seeds == NULL))
    {
      options.n_worlds = count > 0 ? (guint64) count : 1000;
      options.n_jobs = jobs > 0 ? (guint) MIN (jobs, 256) : g_get_num_processors ();
      return udpnat_sim_worlds (&options) > 0 ? 1 : 0;
    }
  if (first_seed >= 0)
    return run_one (options.first_seed);
  for (guint i = 0; seeds[i] != NULL; i++)
    {
      guint64 seed;

      if (!parse_seed (seeds[i], &seed))
        return 2;
      if (run_one (seed) != 0)
        result = 1;
    }
  return result;
}

/* So that "udpnat-sim worlds --count 5" can be said, too. */
static void
drop_verb (int   *argc,
           char **argv)
{
  if (*argc < 2 || strcmp (argv[1], "worlds") != 0)
    return;
  memmove (&argv[1], &argv[2], sizeof *argv * (gsize) (*argc - 1));
  (*argc)--;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("[SEED…]");
  g_autoptr (GError) error = NULL;
  int result;

  drop_verb (&argc, argv);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "udpnat-sim: %s\n", error->message);
      return 2;
    }
  options.svg = svg;
  if (first_seed >= 0)
    options.first_seed = (guint64) first_seed;
  if (is_unshrunk)
    options.n_shrink = 0;
  if (is_demo)
    result = run_demo ();
  else
    result = scene != NULL ? run_scenes () : run_worlds ();
  g_strfreev (seeds);
  g_free (scene);
  g_free (keep);
  g_free (without);
  g_free (plain);
  g_free (svg);
  return result;
}
