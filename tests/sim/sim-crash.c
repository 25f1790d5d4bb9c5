/* Two people who are seldom there at the same time, on lines that lose every twentieth packet, with
 * disks that take their time, and fail now and then; every program is killed again and again, at
 * any moment. In some worlds bob does not know alice at first, and keeps only a few of her lines
 * until he accepts her.
 *
 * At all times what somebody has got is a beginning of what the other has written down to say; in
 * the end it is all of it. */

#include "config.h"

#include "sim-crash.h"

#include <string.h>

#define N_STEPS 60
#define STEP_MAX_US UDPNAT_SEC (20)
#define PATIENCE_US UDPNAT_SEC (1800) /* two redials of 300 s and a mailbox retry of 600 s */

typedef struct
{
  SimPair         pair;
  UdpnatRandom    random;
  guint           n_said;
  gboolean        has_stranger;
  SimCrashReport *report;
} Scene;

static gboolean
is_beginning (const GPtrArray *written,
              const GPtrArray *received)
{
  if (received->len > written->len)
    return FALSE;
  for (guint i = 0; i < received->len; i++)
    {
      const SimMessage *message = g_ptr_array_index (received, i);

      if (strcmp (message->text, g_ptr_array_index (written, i)) != 0)
        return FALSE;
    }
  return TRUE;
}

static void
check (Scene *self)
{
  const SimPair *pair = &self->pair;

  if (self->report->fault == NULL &&
      (!is_beginning (pair->alice->written, pair->bob->received) ||
       !is_beginning (pair->bob->written, pair->alice->received)))
    self->report->fault = "lost, doubled or out of order";
}

/* ---- What happens ---- */

static void
say (Scene      *self,
     SimPeer    *from,
     const char *to)
{
  guint n = 1 + udpnat_random_below (&self->random, 8);

  if (from->node != NULL)
    sim_peer_send_numbered (from, to, self->n_said, n);
  self->n_said += n;
}

static void
toggle_peer (Scene   *self,
             SimPeer *peer)
{
  if (peer->node == NULL)
    {
      sim_peer_start (peer);
      return;
    }
  sim_peer_kill (peer);
  self->report->n_crashes++;
}

static void
toggle_server (Scene *self)
{
  SimServer *server = self->pair.server;

  if (server->server == NULL)
    {
      sim_server_start (server);
      return;
    }
  sim_server_kill (server);
  self->report->n_crashes++;
}

/* The user decides while the program runs. */
static void
accept_stranger (Scene *self)
{
  SimPair *pair = &self->pair;

  if (!self->has_stranger || pair->bob->node == NULL)
    return;
  pair->bob->accepts_everyone = TRUE;
  sim_peer_set_trust (pair->bob, pair->alice, UDPNAT_TRUST_ACCEPTED);
}

static void
take_step (Scene *self)
{
  SimPair *pair = &self->pair;

  switch (udpnat_random_below (&self->random, 10))
    {
    case 0:
    case 1:
      say (self, pair->alice, "bob");
      break;
    case 2:
    case 3:
      say (self, pair->bob, "alice");
      break;
    case 4:
      toggle_peer (self, pair->alice);
      break;
    case 5:
      toggle_peer (self, pair->bob);
      break;
    case 6: /* change over */
      toggle_peer (self, pair->alice);
      toggle_peer (self, pair->bob);
      break;
    case 7:
      toggle_server (self);
      break;
    case 8:
      sim_peer_set_disk_broken (pair->alice, !pair->alice->is_disk_broken);
      break;
    case 9:
      sim_peer_set_disk_broken (pair->bob, !pair->bob->is_disk_broken);
      break;
    }
  if (udpnat_random_below (&self->random, 20) == 0)
    accept_stranger (self);
  /* Often short, so that something is under way at the next step. */
  if (udpnat_random_below (&self->random, 2) == 0)
    sim_world_run_for (pair->world, udpnat_random_below (&self->random, UDPNAT_MSEC (300)));
  else
    sim_world_run_for (pair->world, udpnat_random_below (&self->random, STEP_MAX_US));
  check (self);
}

/* ---- The world ---- */

static SimLinkConfig
get_line (const UdpnatRandom *random)
{
  SimLinkConfig line = sim_link_config_with_delay (
    UDPNAT_MSEC (5 + udpnat_random_below (random, 60)));

  line.loss = 0.05;
  return line;
}

static void
scene_init (Scene          *self,
            guint64         seed,
            FILE           *log,
            SimCrashReport *report)
{
  SimWorld *world = sim_world_new (seed);
  SimNatConfig nat = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                     SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig lines[2];

  *self = (Scene) { .random = sim_world_fork_random (world, "crash"), .report = report };
  sim_world_set_log (world, log);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    lines[i] = get_line (&self->random);
  sim_pair_start (&self->pair, world, &nat, &lines[0], &nat, &lines[1]);
  self->pair.alice->disk.delay_us = udpnat_random_below (&self->random, UDPNAT_MSEC (80));
  self->pair.bob->disk.delay_us = udpnat_random_below (&self->random, UDPNAT_MSEC (80));
  self->pair.server->disk.delay_us = udpnat_random_below (&self->random, UDPNAT_MSEC (40));
  self->pair.alice->prekeys_per_contact = udpnat_random_below (&self->random, 2) * 5;
  self->pair.bob->prekeys_per_contact = udpnat_random_below (&self->random, 2) * 5;
  self->has_stranger = udpnat_random_below (&self->random, 2) == 0;
  self->pair.bob->accepts_everyone = !self->has_stranger;
  if (self->has_stranger)
    self->pair.bob->stranger_lines_max = udpnat_random_below (&self->random, 6);
}

static gboolean
is_done (gpointer user_data)
{
  const SimPair *pair = user_data;

  return sim_peer_is_idle (pair->alice) && sim_peer_is_idle (pair->bob);
}

static void
finish (Scene *self)
{
  SimPair *pair = &self->pair;

  if (pair->server->server == NULL)
    sim_server_start (pair->server);
  if (pair->alice->node == NULL)
    sim_peer_start (pair->alice);
  if (pair->bob->node == NULL)
    sim_peer_start (pair->bob);
  sim_peer_set_disk_broken (pair->alice, FALSE);
  sim_peer_set_disk_broken (pair->bob, FALSE);
  accept_stranger (self);
  if (!sim_world_run_for_true (pair->world, PATIENCE_US, is_done, pair) &&
      self->report->fault == NULL)
    self->report->fault = "not all delivered";
  check (self);
  if (self->report->fault == NULL &&
      (pair->bob->received->len != pair->alice->written->len ||
       pair->alice->received->len != pair->bob->written->len))
    self->report->fault = "receipts for what did not come";
}

/**
 * sim_crash_run:
 * @log: (nullable): gets every packet
 */
void
sim_crash_run (guint64         seed,
               FILE           *log,
               SimCrashReport *out_report)
{
  Scene scene;

  *out_report = (SimCrashReport) { 0 };
  scene_init (&scene, seed, log, out_report);
  if (!sim_world_run_for_true (scene.pair.world, UDPNAT_SEC (60), sim_pair_is_registered,
                               &scene.pair))
    out_report->fault = "not registered";
  for (guint i = 0; i < N_STEPS && out_report->fault == NULL; i++)
    take_step (&scene);
  if (out_report->fault == NULL)
    finish (&scene);
  out_report->n_written = scene.pair.alice->written->len + scene.pair.bob->written->len;
  out_report->n_received = scene.pair.alice->received->len + scene.pair.bob->received->len;
  out_report->n_letters = scene.pair.server->n_letters_ever;
  sim_pair_clear (&scene.pair);
}
