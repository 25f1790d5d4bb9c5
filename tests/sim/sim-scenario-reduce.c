#include "config.h"

#include "sim-scenario.h"

#include <string.h>

/*
 * Takes things out of a world and its script. What is left is as it was: events keep their numbers
 * and times, people theirs, and the luck of links is drawn by name.
 */

static const char *const feature_names[SIM_N_FEATURES] = {
  [SIM_FEATURE_LOSS] = "loss",
  [SIM_FEATURE_BURSTS] = "bursts",
  [SIM_FEATURE_REORDER] = "reorder",
  [SIM_FEATURE_DUPLICATES] = "duplicates",
  [SIM_FEATURE_CORRUPTION] = "corruption",
  [SIM_FEATURE_JITTER] = "jitter",
  [SIM_FEATURE_RATE] = "rate",
  [SIM_FEATURE_MTU] = "mtu",
  [SIM_FEATURE_DELAY] = "delay",
  [SIM_FEATURE_IPV6] = "ipv6",
  [SIM_FEATURE_CARRIERS] = "carriers",
  [SIM_FEATURE_ROUTERS] = "routers",
  [SIM_FEATURE_LIFETIMES] = "lifetimes",
  [SIM_FEATURE_BEACONS] = "beacons",
  [SIM_FEATURE_TUNNELS] = "tunnels",
  [SIM_FEATURE_SLOW_DISKS] = "slow-disks",
  [SIM_FEATURE_PREKEYS] = "prekeys",
  [SIM_FEATURE_SHYNESS] = "shyness",
  [SIM_FEATURE_ABROAD] = "abroad",
  [SIM_FEATURE_ALIKE] = "alike",
  [SIM_FEATURE_FILES] = "files",
};

/* What a line that is not long takes. */
#define SHORT_DELAY_US UDPNAT_MSEC (10)

const char *
sim_feature_to_string (SimFeature feature)
{
  return feature_names[feature];
}

gboolean
sim_feature_parse (const char *text,
                   SimFeature *out_feature)
{
  for (guint i = 0; i < SIM_N_FEATURES; i++)
    if (strcmp (text, feature_names[i]) == 0)
      {
        *out_feature = (SimFeature) i;
        return TRUE;
      }
  return FALSE;
}

/* ---- Events ---- */

static gboolean
is_listed (const guint *numbers,
           guint        n_numbers,
           guint        number)
{
  for (guint i = 0; i < n_numbers; i++)
    if (numbers[i] == number)
      return TRUE;
  return FALSE;
}

/** sim_scenario_keep_events: all others do not happen */
void
sim_scenario_keep_events (SimScenario *self,
                          const guint *numbers,
                          guint        n_numbers)
{
  for (guint i = self->events->len; i-- > 0;)
    if (!is_listed (numbers, n_numbers, g_array_index (self->events, SimEvent, i).number))
      g_array_remove_index (self->events, i);
}

static gboolean
is_about_file (SimEventKind kind)
{
  return kind >= SIM_EVENT_FILE_OFFER && kind <= SIM_EVENT_FILE_STEAL;
}

/* Whether @whom of the event is a person, and whether @other is. */
static void
get_roles (SimEventKind kind,
           gboolean    *out_is_person,
           gboolean    *out_is_other_person)
{
  *out_is_other_person = kind == SIM_EVENT_SAY || kind == SIM_EVENT_ACCEPT ||
                         kind == SIM_EVENT_READ || is_about_file (kind);
  *out_is_person = kind <= SIM_EVENT_LIE || kind == SIM_EVENT_FLOOD || is_about_file (kind);
}

/** sim_scenario_drop_person: who is not there at all */
void
sim_scenario_drop_person (SimScenario *self,
                          guint        person)
{
  self->people[person].is_dropped = TRUE;
  for (guint i = self->events->len; i-- > 0;)
    {
      const SimEvent *event = &g_array_index (self->events, SimEvent, i);
      gboolean is_person;
      gboolean is_other_person;

      get_roles (event->kind, &is_person, &is_other_person);
      if ((is_person && event->whom == person) || (is_other_person && event->other == person))
        g_array_remove_index (self->events, i);
    }
}

/* ---- Features ---- */

static void
simplify_link (SimLinkConfig *link,
               SimFeature     feature)
{
  if (feature == SIM_FEATURE_LOSS)
    link->loss = 0;
  else if (feature == SIM_FEATURE_BURSTS)
    link->burst_enter = 0;
  else if (feature == SIM_FEATURE_REORDER)
    link->reorder = 0;
  else if (feature == SIM_FEATURE_DUPLICATES)
    link->duplicate = 0;
  else if (feature == SIM_FEATURE_CORRUPTION)
    link->corrupt = 0;
  else if (feature == SIM_FEATURE_JITTER)
    link->jitter_us = 0;
  else if (feature == SIM_FEATURE_RATE)
    link->rate_bytes_per_second = 0;
  else if (feature == SIM_FEATURE_MTU)
    link->mtu_bytes = 0;
  else if (feature == SIM_FEATURE_DELAY)
    link->delay_us = MIN (link->delay_us, SHORT_DELAY_US);
}

static void
simplify_nat (SimNatConfig *nat)
{
  SimNatConfig usual = sim_nat_config (nat->mapping, nat->filtering);

  nat->lifetime_us = usual.lifetime_us;
  nat->lifetime_unreplied_us = usual.lifetime_unreplied_us;
  nat->absolute_lifetime_us = 0;
}

static void
simplify_site (SimSite   *site,
               SimFeature feature)
{
  simplify_link (&site->up, feature);
  simplify_link (&site->down, feature);
  if (feature == SIM_FEATURE_IPV6)
    site->has_ipv6 = FALSE;
  else if (feature == SIM_FEATURE_CARRIERS)
    site->carrier = -1;
  else if (feature == SIM_FEATURE_TUNNELS)
    site->router.block_udp = FALSE;
  else if (feature == SIM_FEATURE_ROUTERS)
    site->has_router = FALSE;
  else if (feature == SIM_FEATURE_LIFETIMES)
    simplify_nat (&site->router);
}

static void
simplify_person (SimPerson *person,
                 SimFeature feature)
{
  simplify_link (&person->wifi, feature);
  if (feature == SIM_FEATURE_BEACONS)
    person->has_beacons = FALSE;
  else if (feature == SIM_FEATURE_SLOW_DISKS)
    person->disk_delay_us = 0;
  else if (feature == SIM_FEATURE_PREKEYS)
    person->n_prekeys = 0;
  else if (feature == SIM_FEATURE_SHYNESS)
    person->is_shy = FALSE;
}

static void
drop_events_abroad (SimScenario *self)
{
  for (guint i = self->events->len; i-- > 0;)
    {
      const SimEvent *event = &g_array_index (self->events, SimEvent, i);
      gboolean is_person;
      gboolean is_other_person;

      get_roles (event->kind, &is_person, &is_other_person);
      if (is_other_person &&
          self->people[event->whom].server != self->people[event->other].server)
        g_array_remove_index (self->events, i);
    }
}

static void
drop_files (SimScenario *self)
{
  for (guint i = self->events->len; i-- > 0;)
    if (is_about_file (g_array_index (self->events, SimEvent, i).kind))
      g_array_remove_index (self->events, i);
}

/** sim_scenario_drop_feature: nobody and nothing has it */
void
sim_scenario_drop_feature (SimScenario *self,
                           SimFeature   feature)
{
  for (guint i = 0; i < self->n_servers; i++)
    {
      simplify_link (&self->servers[i].up, feature);
      simplify_link (&self->servers[i].down, feature);
      if (feature == SIM_FEATURE_SLOW_DISKS)
        self->servers[i].disk_delay_us = 0;
    }
  for (guint i = 0; i < self->sites->len; i++)
    simplify_site (&g_array_index (self->sites, SimSite, i), feature);
  for (guint i = 0; i < self->n_people; i++)
    simplify_person (&self->people[i], feature);
  if (feature == SIM_FEATURE_TUNNELS)
    self->has_tunnels = FALSE;
  else if (feature == SIM_FEATURE_ALIKE)
    self->are_nets_alike = FALSE;
  else if (feature == SIM_FEATURE_ABROAD)
    drop_events_abroad (self);
  else if (feature == SIM_FEATURE_FILES)
    drop_files (self);
  if (feature == SIM_FEATURE_LIFETIMES)
    for (guint i = 0; i < self->carriers->len; i++)
      simplify_nat (&g_array_index (self->carriers, SimCarrier, i).nat);
}
