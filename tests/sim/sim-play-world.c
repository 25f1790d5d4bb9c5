#include "config.h"

#include "sim-play-private.h"

/*
 * Builds what a scenario says: servers with addresses of their own, carriers, sites, people at
 * them, and takes people from one site to another.
 *
 *   carrier and router   double NAT: host, wifi, router, line, carrier
 *   router               host, wifi, router, line
 *   carrier              a mobile network: host, line, carrier
 *   neither              host, line
 */

static const SimSite *
get_site (const SimPlay *self,
          guint          site)
{
  return &g_array_index (self->scenario->sites, SimSite, site);
}

/* Returns: (nullable): what stands between a host at @site and the rest */
static SimNat *
get_nat (const SimPlay *self,
         guint          site)
{
  int carrier = get_site (self, site)->carrier;

  if (self->routers[site] != NULL)
    return self->routers[site];
  return carrier >= 0 ? self->carriers[carrier] : NULL;
}

/* ---- Networks ---- */

static void
build_servers (SimPlay *self)
{
  for (guint i = 0; i < self->scenario->n_servers; i++)
    {
      const SimServerPlace *place = &self->scenario->servers[i];
      g_autofree char *name = g_strdup_printf ("s%u", i);
      g_autofree char *ip = g_strdup_printf ("198.51.%u.1", 100 + i);
      SimServer *server = sim_server_new_named (self->world, name, ip);

      sim_host_set_link (server->host, SIM_UP, &place->up);
      sim_host_set_link (server->host, SIM_DOWN, &place->down);
      server->disk.delay_us = place->disk_delay_us;
      server->is_mailbox_off = !place->has_mailbox;
      self->servers[i] = server;
      sim_invariants_add_server (self->invariants, server);
    }
}

static void
build_carriers (SimPlay *self)
{
  const GArray *carriers = self->scenario->carriers;

  self->carriers = g_new0 (SimNat *, carriers->len);
  for (guint i = 0; i < carriers->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("carrier-%u", i);

      self->carriers[i] = sim_world_add_nat (self->world, name, NULL, NULL,
                                             &g_array_index (carriers, SimCarrier, i).nat);
      sim_invariants_add_nat (self->invariants, self->carriers[i]);
    }
}

static void
build_sites (SimPlay *self)
{
  guint n_sites = self->scenario->sites->len;

  self->routers = g_new0 (SimNat *, n_sites);
  self->is_line_dead = g_new0 (gboolean, n_sites);
  for (guint i = 0; i < n_sites; i++)
    {
      const SimSite *site = get_site (self, i);
      g_autofree char *name = g_strdup_printf ("router-%u", i);

      if (!site->has_router)
        continue;
      self->routers[i] = sim_world_add_nat (self->world, name,
                                            site->carrier >= 0 ? self->carriers[site->carrier]
                                                               : NULL, NULL, &site->router);
      sim_invariants_add_nat (self->invariants, self->routers[i]);
      sim_play_set_line (self, i, FALSE);
    }
}

/** sim_play_set_links: as they are where @person is now */
void
sim_play_set_links (SimPlay *self,
                    guint    person)
{
  SimHost *host = self->peers[person]->host;
  guint number = self->sites[person];
  const SimSite *site = get_site (self, number);
  SimLinkConfig up = site->up;
  SimLinkConfig down = site->down;

  if (self->routers[number] != NULL)
    up = down = self->scenario->people[person].wifi;
  else
    up.blocked = down.blocked = self->is_line_dead[number];
  sim_host_set_link (host, SIM_UP, &up);
  sim_host_set_link (host, SIM_DOWN, &down);
}

/** sim_play_set_line: the line of a site is cut, or whole */
void
sim_play_set_line (SimPlay *self,
                   guint    site,
                   gboolean is_dead)
{
  SimLinkConfig up = get_site (self, site)->up;
  SimLinkConfig down = get_site (self, site)->down;

  self->is_line_dead[site] = is_dead;
  up.blocked = down.blocked = is_dead;
  if (self->routers[site] != NULL)
    {
      sim_world_set_nat_link (self->world, self->routers[site], SIM_UP, &up);
      sim_world_set_nat_link (self->world, self->routers[site], SIM_DOWN, &down);
      return;
    }
  for (guint i = 0; i < self->scenario->n_people; i++)
    if (self->peers[i] != NULL && self->sites[i] == site)
      sim_play_set_links (self, i);
}

/* ---- People ---- */

static void
watch_cb (SimPeer               *peer,
          const UdpnatNodeEvent *event,
          gpointer               user_data)
{
  SimPlay *self = user_data;

  sim_timeline_note_fact (self->timeline, sim_world_now (self->world) - SIM_WORLD_START_US, peer,
                          event);
}

static void
build_person (SimPlay *self,
              guint    i)
{
  const SimPerson *person = &self->scenario->people[i];
  g_autofree char *name = g_strdup_printf ("p%02u", i);
  SimPeer *peer = sim_peer_new (self->servers[person->server], name,
                                get_nat (self, person->site), NULL);

  peer->disk.delay_us = person->disk_delay_us;
  peer->prekeys_per_contact = person->n_prekeys;
  peer->accepts_everyone = !person->is_shy;
  peer->files.asks = person->asks_files;
  if (person->is_shy)
    peer->stranger_lines_max = person->n_lines_kept;
  peer->has_beacons = person->has_beacons;
  peer->has_tunnel = self->scenario->has_tunnels;
  peer->clock_us = person->clock_us;
  if (get_site (self, person->site)->has_ipv6)
    sim_host_add_address (peer->host, NULL);
  self->peers[i] = peer;
  self->sites[i] = person->site;
  sim_play_set_links (self, i);
  sim_invariants_add_person (self->invariants, peer);
}

/** sim_play_move: @person is at @site from now on, and its program notices */
void
sim_play_move (SimPlay *self,
               guint    person,
               guint    site)
{
  SimPeer *peer = self->peers[person];

  self->sites[person] = site;
  sim_host_move (peer->host, get_nat (self, site), NULL);
  if (get_site (self, site)->has_ipv6)
    sim_host_add_address (peer->host, NULL);
  sim_play_set_links (self, person);
  sim_invariants_note_network (self->invariants, peer);
  if (peer->node != NULL)
    sim_peer_tell_addresses (peer);
}

/* ---- The whole ---- */

static void
note_corruption (SimPlay *self)
{
  const SimScenario *scenario = self->scenario;
  gboolean is_any = FALSE;

  for (guint i = 0; i < scenario->n_servers; i++)
    is_any |= scenario->servers[i].up.corrupt > 0;
  for (guint i = 0; i < scenario->sites->len; i++)
    is_any |= get_site (self, i)->up.corrupt > 0 || get_site (self, i)->down.corrupt > 0;
  for (guint i = 0; i < scenario->n_people; i++)
    is_any |= scenario->people[i].wifi.corrupt > 0;
  if (is_any)
    sim_invariants_note_corruption (self->invariants);
}

void
sim_play_build (SimPlay  *self,
                gboolean  is_traced)
{
  const SimScenario *scenario = self->scenario;

  self->world = sim_world_new (scenario->seed);
  self->random = sim_world_fork_random (self->world, "play");
  self->cuts = g_array_new (FALSE, FALSE, sizeof (SimCut));
  self->invariants = sim_invariants_new (self->world);
  sim_world_set_traced (self->world, is_traced);
  sim_world_set_core (self->world, scenario->core_delay_us, 6);
  if (scenario->are_nets_alike)
    {
      sim_world_set_nets_alike (self->world);
      sim_invariants_note_alike (self->invariants);
    }
  build_servers (self);
  build_carriers (self);
  build_sites (self);
  for (guint i = 0; i < scenario->n_people; i++)
    if (!scenario->people[i].is_dropped)
      build_person (self, i);
  sim_play_watch_wire (self);
  note_corruption (self);
  if (self->timeline != NULL)
    {
      sim_timeline_watch_world (self->timeline, self->world);
      sim_invariants_set_listener (self->invariants, watch_cb, self);
    }
}

void
sim_play_clear (SimPlay *self)
{
  sim_invariants_free (self->invariants);
  for (guint i = 0; i < SIM_PEOPLE_MAX; i++)
    sim_peer_free (self->peers[i]);
  for (guint i = 0; i < SIM_SERVERS_MAX; i++)
    sim_server_free (self->servers[i]);
  sim_world_free (self->world);
  g_array_unref (self->cuts);
  g_free (self->carriers);
  g_free (self->routers);
  g_free (self->is_line_dead);
  g_free (self->heard);
}
