#include "config.h"

#include "sim-play-private.h"

#include "udpnat-node-files.h"

/* What happens, one function each. Whatever cannot happen (somebody talks who does not run) does
 * not: so a script stays one when things are taken out of it. */

static gboolean
is_at_work (const SimPlay *self,
            guint          person)
{
  return self->peers[person] != NULL && self->peers[person]->node != NULL &&
         sim_world_now (self->world) >= self->awake_us[person];
}

/* ---- People ---- */

static void
say (SimPlay        *self,
     const SimEvent *event)
{
  SimPeer *to = self->peers[event->other];

  if (!is_at_work (self, event->whom) || to == NULL)
    return;
  self->n_lines += event->n;
  if (self->timeline != NULL)
    sim_timeline_note_said (self->timeline, event->at_us, event->whom, event->other, event->n);
  sim_invariants_say (self->invariants, self->peers[event->whom], to, event->n, event->n_bytes);
}

static void
accept_person (SimPlay        *self,
               const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];
  SimPeer *of = self->peers[event->other];
  const SimContact *contact;

  if (!is_at_work (self, event->whom) || of == NULL)
    return;
  contact = sim_store_find_contact (&peer->store, sim_peer_get_key (of));
  if (contact == NULL || contact->trust != UDPNAT_TRUST_ACCEPTED)
    sim_peer_add_by_link (peer, of);
}

static void
set_relay_only (SimPlay        *self,
                const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];

  if (!is_at_work (self, event->whom))
    return;
  udpnat_node_set_relay_only (peer->node, sim_world_now (self->world), event->is_on);
  sim_world_wake (peer->host);
}

/* All that there is until now. */
static void
read_lines (SimPlay        *self,
            const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];
  SimPeer *of = self->peers[event->other];
  g_autofree char *name = NULL;

  if (!is_at_work (self, event->whom) || of == NULL)
    return;
  name = sim_peer_dup_name_for (of, peer);
  for (guint i = peer->received->len; i-- > 0;)
    {
      const SimMessage *message = g_ptr_array_index (peer->received, i);

      if (g_strcmp0 (message->from, name) != 0)
        continue;
      udpnat_node_set_read (peer->node, sim_world_now (self->world), sim_peer_get_key (of),
                            &message->id);
      sim_world_wake (peer->host);
      return;
    }
}

static void
log_out (SimPlay        *self,
         const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];

  if (!is_at_work (self, event->whom))
    return;
  if (event->is_on)
    udpnat_node_log_out (peer->node, sim_world_now (self->world));
  else
    udpnat_node_log_in (peer->node, sim_world_now (self->world), peer->name);
  sim_world_wake (peer->host);
}

static void
fall_asleep (SimPlay        *self,
             const SimEvent *event)
{
  if (self->peers[event->whom] == NULL)
    return;
  sim_host_sleep (self->peers[event->whom]->host, event->for_us);
  self->awake_us[event->whom] = sim_world_now (self->world) + event->for_us;
}

static void
roam (SimPlay        *self,
      const SimEvent *event)
{
  if (self->peers[event->whom] != NULL)
    sim_play_move (self, event->whom, event->other);
}

static void
start (SimPlay        *self,
       const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];

  if (peer == NULL || peer->node != NULL ||
      sim_world_now (self->world) < self->awake_us[event->whom])
    return;
  sim_invariants_note_network (self->invariants, peer);
  sim_peer_start (peer);
}

static void
kill_person (SimPlay        *self,
             const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];

  if (peer != NULL && peer->node != NULL)
    sim_peer_kill (peer);
}

static void
set_death (SimDisk        *disk,
           const SimEvent *event)
{
  disk->n_writes_left = event->n;
  disk->is_last_kept = event->is_on;
}

static void
kill_at_write (SimPlay        *self,
               const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];

  if (peer != NULL && peer->node != NULL)
    set_death (&peer->disk, event);
}

static void
set_disk (SimPlay        *self,
          const SimEvent *event)
{
  if (self->peers[event->whom] != NULL)
    sim_peer_set_disk_broken (self->peers[event->whom], event->is_on);
}

static void
set_clock (SimPlay        *self,
           const SimEvent *event)
{
  if (self->peers[event->whom] != NULL)
    sim_peer_move_clock (self->peers[event->whom], event->for_us);
}

static void
lie (SimPlay        *self,
     const SimEvent *event)
{
  UdpnatAddress lies[UDPNAT_CANDIDATES_MAX];
  guint n = MIN (event->n, G_N_ELEMENTS (lies));
  SimPeer *peer = self->peers[event->whom];

  if (!is_at_work (self, event->whom))
    return;
  for (guint i = 0; i < n; i++)
    {
      guint8 ip[4] = { SIM_CLAIMED_NET, (guint8) udpnat_random_below (&self->random, 256),
                       (guint8) udpnat_random_below (&self->random, 256), 1 };

      udpnat_address_init_ipv4 (&lies[i], ip, UDPNAT_CLIENT_PORT);
    }
  udpnat_node_set_host_addresses (peer->node, sim_world_now (self->world), lies, n,
                                  UDPNAT_CLIENT_PORT);
  sim_world_wake (peer->host);
}

/* ---- Files ---- */

static void
offer_file (SimPlay        *self,
            const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];
  g_autofree char *name = NULL;

  if (!is_at_work (self, event->whom) || self->peers[event->other] == NULL)
    return;
  name = sim_peer_dup_name_for (self->peers[event->other], peer);
  sim_peer_offer_file (peer, name, (self->scenario->seed << 16) + event->number, event->n_bytes);
}

/* Returns: (nullable): the last file of the two of @event that is not over */
static SimFile *
get_file (const SimPlay  *self,
          const SimEvent *event)
{
  if (!is_at_work (self, event->whom) || self->peers[event->other] == NULL)
    return NULL;
  return sim_peer_get_last_file (self->peers[event->whom], self->peers[event->other]);
}

static void
accept_file (SimPlay        *self,
             const SimEvent *event)
{
  SimFile *file = get_file (self, event);

  if (file != NULL)
    sim_peer_accept_file (self->peers[event->whom], file);
}

static void
pause_file (SimPlay        *self,
            const SimEvent *event)
{
  SimFile *file = get_file (self, event);

  if (file != NULL)
    sim_peer_pause_file (self->peers[event->whom], file, event->is_on);
}

static void
cancel_file (SimPlay        *self,
             const SimEvent *event)
{
  SimFile *file = get_file (self, event);

  if (file != NULL)
    sim_peer_cancel_file (self->peers[event->whom], file);
}

/* Whoever has learned what a file is called, from whomever, and makes a program ask for it. */
static void
steal_files (SimPlay        *self,
             const SimEvent *event)
{
  SimPeer *peer = self->peers[event->whom];
  SimPeer *other = self->peers[event->other];

  if (!is_at_work (self, event->whom) || other == NULL)
    return;
  for (guint i = 0; i < other->files.files->len; i++)
    {
      const SimFile *file = g_ptr_array_index (other->files.files, i);

      if (file->is_outgoing && !udpnat_public_key_equal (&file->key, sim_peer_get_key (peer)) &&
          udpnat_node_fetch_file (peer->node, sim_world_now (self->world),
                                  sim_peer_get_key (other), &file->id, 0, file->size, file->root,
                                  0))
        sim_world_wake (peer->host);
    }
}

/* ---- Networks ---- */

static void
reboot (SimPlay  *self,
        SimNat   *nat,
        gboolean  has_new_address)
{
  if (has_new_address)
    sim_world_set_nat_address (self->world, nat, NULL);
  else
    sim_nat_flush (nat);
}

/* Where there is no router the hosts themselves get a new address. */
static void
reboot_site (SimPlay        *self,
             const SimEvent *event)
{
  if (self->routers[event->whom] != NULL)
    {
      reboot (self, self->routers[event->whom], event->is_on);
      return;
    }
  for (guint i = 0; event->is_on && i < self->scenario->n_people; i++)
    if (self->peers[i] != NULL && self->sites[i] == event->whom)
      sim_play_move (self, i, event->whom);
}

static void
add_cut (SimPlay        *self,
         const SimEvent *event,
         SimHost        *from,
         SimHost        *to)
{
  SimCut cut = {
    .kind = event->kind,
    .whom = event->whom,
    .other = event->other,
    .from = sim_host_get_public_ip (from, UDPNAT_FAMILY_IPV4),
    .to = sim_host_get_public_ip (to, UDPNAT_FAMILY_IPV4),
  };

  sim_world_set_cut (self->world, &cut.from, &cut.to, TRUE);
  g_array_append_val (self->cuts, cut);
}

/* @event: (nullable): %NULL for all */
static void
lift_cuts (SimPlay        *self,
           const SimEvent *event)
{
  for (guint i = self->cuts->len; i-- > 0;)
    {
      const SimCut *cut = &g_array_index (self->cuts, SimCut, i);

      if (event != NULL && (cut->kind != event->kind || cut->whom != event->whom ||
                            cut->other != event->other))
        continue;
      sim_world_set_cut (self->world, &cut->from, &cut->to, FALSE);
      g_array_remove_index (self->cuts, i);
    }
}

static void
reboot_carrier (SimPlay        *self,
                const SimEvent *event)
{
  reboot (self, self->carriers[event->whom], event->is_on);
}

static void
set_udp (SimPlay        *self,
         const SimEvent *event)
{
  SimNatConfig config;

  if (self->routers[event->whom] == NULL)
    return;
  config = *sim_nat_get_config (self->routers[event->whom]);
  config.block_udp = event->is_on;
  sim_nat_set_config (self->routers[event->whom], &config);
}

static void
set_line (SimPlay        *self,
          const SimEvent *event)
{
  sim_play_set_line (self, event->whom, event->is_on);
}

static void
set_cut (SimPlay        *self,
         const SimEvent *event)
{
  if (!event->is_on)
    lift_cuts (self, event);
  for (guint i = 0; event->is_on && i < self->scenario->n_people; i++)
    for (guint j = 0; j < self->scenario->n_people; j++)
      if (self->peers[i] != NULL && self->peers[j] != NULL && self->sites[i] == event->whom &&
          self->sites[j] == event->other)
        add_cut (self, event, self->peers[i]->host, self->peers[j]->host);
}

static void
set_server_cut (SimPlay        *self,
                const SimEvent *event)
{
  if (!event->is_on)
    lift_cuts (self, event);
  for (guint i = 0; event->is_on && i < self->scenario->n_people; i++)
    if (self->peers[i] != NULL && self->sites[i] == event->whom)
      add_cut (self, event, self->servers[event->other]->host, self->peers[i]->host);
}

/* ---- Servers ---- */

static void
start_server (SimPlay        *self,
              const SimEvent *event)
{
  SimServer *server = self->servers[event->whom];

  if (server->server != NULL)
    return;
  if (event->is_on)
    {
      sim_invariants_note_lost_mail (self->invariants, server);
      sim_server_wipe (server);
    }
  sim_server_start (server);
}

static void
stop_server (SimPlay        *self,
             const SimEvent *event)
{
  if (self->servers[event->whom]->server != NULL)
    sim_server_stop (self->servers[event->whom]);
}

static void
kill_server (SimPlay        *self,
             const SimEvent *event)
{
  if (self->servers[event->whom]->server != NULL)
    sim_server_kill (self->servers[event->whom]);
}

static void
kill_server_at_write (SimPlay        *self,
                      const SimEvent *event)
{
  if (self->servers[event->whom]->server != NULL)
    set_death (&self->servers[event->whom]->disk, event);
}

static void
set_server_disk (SimPlay        *self,
                 const SimEvent *event)
{
  self->servers[event->whom]->is_disk_broken = event->is_on;
}

/* ---- All of it ---- */

static void (*const players[SIM_N_EVENTS]) (SimPlay *self, const SimEvent *event) = {
  [SIM_EVENT_SAY] = say,
  [SIM_EVENT_ACCEPT] = accept_person,
  [SIM_EVENT_RELAY_ONLY] = set_relay_only,
  [SIM_EVENT_READ] = read_lines,
  [SIM_EVENT_LOG_OUT] = log_out,
  [SIM_EVENT_SLEEP] = fall_asleep,
  [SIM_EVENT_ROAM] = roam,
  [SIM_EVENT_KILL] = kill_person,
  [SIM_EVENT_KILL_AT_WRITE] = kill_at_write,
  [SIM_EVENT_START] = start,
  [SIM_EVENT_DISK] = set_disk,
  [SIM_EVENT_CLOCK] = set_clock,
  [SIM_EVENT_LIE] = lie,
  [SIM_EVENT_REBOOT] = reboot_site,
  [SIM_EVENT_CARRIER_REBOOT] = reboot_carrier,
  [SIM_EVENT_UDP] = set_udp,
  [SIM_EVENT_LINE] = set_line,
  [SIM_EVENT_CUT] = set_cut,
  [SIM_EVENT_SERVER_CUT] = set_server_cut,
  [SIM_EVENT_SERVER_KILL] = kill_server,
  [SIM_EVENT_SERVER_KILL_AT_WRITE] = kill_server_at_write,
  [SIM_EVENT_SERVER_STOP] = stop_server,
  [SIM_EVENT_SERVER_START] = start_server,
  [SIM_EVENT_SERVER_DISK] = set_server_disk,
  [SIM_EVENT_FLOOD] = sim_play_flood,
  [SIM_EVENT_SERVER_FLOOD] = sim_play_flood,
  [SIM_EVENT_FILE_OFFER] = offer_file,
  [SIM_EVENT_FILE_ACCEPT] = accept_file,
  [SIM_EVENT_FILE_PAUSE] = pause_file,
  [SIM_EVENT_FILE_CANCEL] = cancel_file,
  [SIM_EVENT_FILE_STEAL] = steal_files,
};

/** sim_play_event: at this moment */
void
sim_play_event (SimPlay        *self,
                const SimEvent *event)
{
  players[event->kind] (self, event);
}

static void
mend_person (SimPlay *self,
             guint    person)
{
  SimPeer *peer = self->peers[person];

  peer->disk.n_writes_left = 0;
  sim_peer_set_disk_broken (peer, FALSE);
  /* Whoever sleeps is waited for; the program may be started in its sleep. */
  if (peer->node == NULL)
    {
      sim_invariants_note_network (self->invariants, peer);
      sim_peer_start (peer);
      return;
    }
  udpnat_node_set_relay_only (peer->node, sim_world_now (self->world), FALSE);
  udpnat_node_log_in (peer->node, sim_world_now (self->world), peer->name);
  sim_peer_tell_addresses (peer); /* the truth */
}

/** sim_play_mend: everything runs and works from now on */
void
sim_play_mend (SimPlay *self)
{
  lift_cuts (self, NULL);
  for (guint i = 0; i < self->scenario->sites->len; i++)
    sim_play_set_line (self, i, FALSE);
  for (guint i = 0; i < self->scenario->n_servers; i++)
    {
      self->servers[i]->is_disk_broken = FALSE;
      self->servers[i]->disk.n_writes_left = 0;
      if (self->servers[i]->server == NULL)
        sim_server_start (self->servers[i]);
    }
  for (guint i = 0; i < self->scenario->n_people; i++)
    if (self->peers[i] != NULL)
      mend_person (self, i);
}
