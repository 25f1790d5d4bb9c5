#include "config.h"

#include "sim-scenario.h"

#include "sim-host.h"

/*
 * Draws a world: who there is, behind what, over which lines. Most are small, so that many run in a
 * second; sizes have a heavy tail, since what only happens among many must happen now and then.
 * What is rare outside (a line that loses a fifth of all packets) is common here.
 *
 * Each part has a stream of its own, forked by label: to change how lines are drawn leaves all
 * routers as they were.
 */

/* ---- Dice ---- */

/* A number from @min on of which each larger one is rarer: half of all are @min, and one in a
 * hundred is some thirty times as far away as the usual rest. */
static guint
draw_tail (SimRandom *random,
           guint      min,
           guint      max)
{
  double u = sim_random_double (random);
  double value;

  if (u < 0.5)
    return min;
  value = min + 0.4 / (1.001 - u);
  return (guint) MIN (value, (double) max);
}

static gint64
draw_between (SimRandom *random,
              gint64     min_us,
              gint64     max_us)
{
  return min_us + (gint64) sim_random_below (random, (guint64) (max_us - min_us) + 1);
}

/* ---- Routers ---- */

/* Seen in the field (nat.md of the design notes): from 15 s, which is below every keepalive that is
 * usual, to what never ends for us. */
static gint64
draw_lifetime (SimRandom *random)
{
  static const int seconds[] = { 15, 20, 30, 45, 60, 90, 120, 180, 300, 3600, 14400 };

  return UDPNAT_SEC (seconds[sim_random_below (random, G_N_ELEMENTS (seconds))]);
}

static SimNatAllocator
draw_allocator (SimRandom *random)
{
  guint die = (guint) sim_random_below (random, 10);

  if (die < 5)
    return SIM_NAT_ALLOCATOR_PRESERVING;
  if (die < 7)
    return SIM_NAT_ALLOCATOR_SEQUENTIAL;
  return die < 9 ? SIM_NAT_ALLOCATOR_RANDOM : SIM_NAT_ALLOCATOR_BLOCK;
}

static SimNatConfig
draw_nat (SimRandom *random,
          gboolean   is_carrier)
{
  SimNatConfig nat = sim_nat_config ((SimNatBehaviour) sim_random_below (random, 3),
                                     (SimNatBehaviour) sim_random_below (random, 3));

  nat.allocator = is_carrier && sim_random_chance (random, 0.5) ? SIM_NAT_ALLOCATOR_BLOCK
                                                                : draw_allocator (random);
  /* Room for the blocks of some twenty subscribers */
  nat.port_base = (guint16) (1024 + sim_random_below (random, 20000));
  nat.block_size = (guint16) (512 << sim_random_below (random, 3));
  nat.hairpin = sim_random_chance (random, 0.5);
  nat.clash = sim_random_chance (random, 0.2);
  if (sim_random_chance (random, 0.4))
    nat.lifetime_us = draw_lifetime (random);
  if (sim_random_chance (random, 0.2))
    nat.lifetime_unreplied_us = draw_lifetime (random);
  nat.lifetime_unreplied_us = MIN (nat.lifetime_us, nat.lifetime_unreplied_us);
  if (sim_random_chance (random, 0.05))
    nat.absolute_lifetime_us = draw_between (random, UDPNAT_SEC (50), UDPNAT_SEC (600));
  return nat;
}

/* ---- Lines ---- */

static void
draw_luck (SimRandom     *random,
           SimLinkConfig *link)
{
  if (sim_random_chance (random, 0.3))
    link->loss = sim_random_double (random) * 0.2;
  if (sim_random_chance (random, 0.1))
    {
      link->burst_enter = 0.001 + sim_random_double (random) * 0.02;
      link->burst_leave = 0.05 + sim_random_double (random) * 0.4;
      link->burst_loss = 0.3 + sim_random_double (random) * 0.7;
    }
  if (sim_random_chance (random, 0.2))
    {
      link->reorder = sim_random_double (random) * 0.1;
      link->reorder_us = draw_between (random, 1, UDPNAT_MSEC (80));
    }
  if (sim_random_chance (random, 0.2))
    link->duplicate = sim_random_double (random) * 0.1;
  if (sim_random_chance (random, 0.05))
    link->corrupt = sim_random_double (random) * 0.05;
}

/* What DSL, cable, mobile networks and satellites are. */
static SimLinkConfig
draw_line (SimRandom *random)
{
  SimLinkConfig line = sim_link_config_with_delay (draw_between (random, UDPNAT_MSEC (1),
                                                                 UDPNAT_MSEC (60)));

  if (sim_random_chance (random, 0.05))
    line.delay_us = draw_between (random, UDPNAT_MSEC (200), UDPNAT_MSEC (400));
  if (sim_random_chance (random, 0.5))
    line.jitter_us = draw_between (random, 0, UDPNAT_MSEC (20));
  draw_luck (random, &line);
  if (sim_random_chance (random, 0.15))
    {
      line.rate_bytes_per_second = 8000u << sim_random_below (random, 8);
      line.queue_bytes = (gsize) MAX (4000, line.rate_bytes_per_second / 5);
    }
  /* Nothing below what every packet of ours needs: such networks are none. */
  if (sim_random_chance (random, 0.1))
    line.mtu_bytes = 1280;
  return line;
}

static SimLinkConfig
draw_wifi (SimRandom *random)
{
  SimLinkConfig wifi = sim_link_config_with_delay (SIM_LAN_DELAY_US);

  if (sim_random_chance (random, 0.3))
    {
      wifi.delay_us = draw_between (random, UDPNAT_MSEC (1), UDPNAT_MSEC (5));
      wifi.jitter_us = draw_between (random, 0, UDPNAT_MSEC (30));
      draw_luck (random, &wifi);
    }
  return wifi;
}

/* ---- The world ---- */

static void
draw_servers (SimScenario *self,
              SimRandom   *random)
{
  self->n_servers = draw_tail (random, 1, SIM_SERVERS_MAX);
  for (guint i = 0; i < self->n_servers; i++)
    {
      SimServerPlace *place = &self->servers[i];

      place->up = place->down = sim_link_config_with_delay (draw_between (random, 0,
                                                                          UDPNAT_MSEC (20)));
      if (sim_random_chance (random, 0.1))
        draw_luck (random, &place->up);
      place->has_mailbox = sim_random_chance (random, 0.9);
      if (sim_random_chance (random, 0.5))
        place->disk_delay_us = draw_between (random, 0, UDPNAT_MSEC (40));
    }
}

static void
draw_site (SimScenario *self,
           SimRandom   *random)
{
  SimSite site = { .carrier = -1 };

  if (sim_random_chance (random, 0.25))
    site.carrier = (int) sim_random_below (random, self->carriers->len);
  site.has_router = sim_random_chance (random, 0.8);
  site.router = draw_nat (random, FALSE);
  site.up = draw_line (random);
  site.down = draw_line (random);
  if (sim_random_chance (random, 0.7)) /* most lines are as long one way as the other */
    site.down.delay_us = site.up.delay_us;
  site.has_ipv6 = sim_random_chance (random, 0.3);
  site.router.block_udp = self->has_tunnels && sim_random_chance (random, 0.2);
  g_array_append_val (self->sites, site);
}

static void
draw_person (SimScenario *self,
             SimRandom   *random,
             guint        i)
{
  SimPerson *person = &self->people[i];

  person->site = (guint) sim_random_below (random, self->sites->len);
  if (i < self->sites->len && sim_random_chance (random, 0.8)) /* most live alone */
    person->site = i;
  person->server = (guint) sim_random_below (random, self->n_servers);
  person->wifi = draw_wifi (random);
  if (sim_random_chance (random, 0.6))
    person->disk_delay_us = draw_between (random, 0, UDPNAT_MSEC (80));
  person->n_prekeys = sim_random_chance (random, 0.3) ? 5 : 0;
  person->is_shy = sim_random_chance (random, 0.15);
  person->n_lines_kept = (guint) sim_random_below (random, 6);
  person->has_beacons = sim_random_chance (random, 0.3);
  if (sim_random_chance (random, 0.1))
    person->clock_us = draw_between (random, -UDPNAT_SEC (90000), UDPNAT_SEC (90000));
}

static void
draw_world (SimScenario *self,
            SimRandom   *random)
{
  guint n_sites;
  guint n_carriers;

  self->core_delay_us = draw_between (random, UDPNAT_MSEC (1), UDPNAT_MSEC (40));
  self->has_tunnels = sim_random_chance (random, 0.3);
  draw_servers (self, random);
  self->n_people = draw_tail (random, 2, SIM_PEOPLE_MAX);
  n_sites = self->n_people + (guint) sim_random_below (random, 2); /* and somewhere to go to */
  n_carriers = 1 + n_sites / 4;
  for (guint i = 0; i < n_carriers; i++)
    {
      SimCarrier carrier = { draw_nat (random, TRUE) };

      g_array_append_val (self->carriers, carrier);
    }
  for (guint i = 0; i < n_sites; i++)
    draw_site (self, random);
  for (guint i = 0; i < self->n_people; i++)
    draw_person (self, random, i);
  self->are_nets_alike = sim_random_chance (random, 0.5);
  /* Whoever is alone at a server has nobody to talk to. */
  self->people[1].server = self->people[0].server;
}

/** sim_scenario_new: the same @seed gives the same world and script */
SimScenario *
sim_scenario_new (guint64 seed)
{
  SimScenario *self = g_new0 (SimScenario, 1);
  g_autoptr (SimRandom) random = sim_random_new (seed);
  g_autoptr (SimRandom) places = sim_random_fork (random, "scenario/world");
  g_autoptr (SimRandom) script = sim_random_fork (random, "scenario/script");
  g_autoptr (SimRandom) abroad = sim_random_fork (random, "scenario/abroad");
  g_autoptr (SimRandom) files = sim_random_fork (random, "scenario/files");

  self->seed = seed;
  self->carriers = g_array_new (FALSE, FALSE, sizeof (SimCarrier));
  self->sites = g_array_new (FALSE, FALSE, sizeof (SimSite));
  self->events = g_array_new (FALSE, FALSE, sizeof (SimEvent));
  draw_world (self, places);
  sim_scenario_draw_script (self, script, abroad, files);
  return self;
}

void
sim_scenario_free (SimScenario *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->carriers);
  g_array_unref (self->sites);
  g_array_unref (self->events);
  g_free (self);
}
