#include "config.h"

#include "sim-scenario.h"

#include "udpnat-limits.h"
#include "udpnat-tree.h"

#include "sim-random.h"

/*
 * Draws what happens. Mostly people say things; in between everything goes wrong that can: programs
 * die, computers sleep and move, disks are full, clocks are set, routers forget, lines are cut,
 * servers go and come back with nothing, and strangers flood. Whatever is broken is mended later,
 * at the end of the script by sim-play.c at the latest.
 *
 * Often the next thing happens while the one before is still under way.
 *
 * What people at different servers have to do with each other, and files, are drawn from streams of
 * their own: worlds without them are what they were before there was such a thing.
 */

#define FLOOD_MAX 60
#define VICTIMS_MAX 8
#define FILES_CHANCE 0.15 /* that there are files in a world at all */
#define FILES_MAX 3

typedef struct
{
  SimScenario *scenario;
  SimRandom   *random;
  gint64       now_us;
  gboolean     is_abroad; /* those who have to do with each other are at different servers */
} Script;

/* ---- Dice ---- */

static guint
draw_below (Script *self,
            guint   limit)
{
  return (guint) sim_random_below (self->random, limit);
}

static gint64
draw_us (Script *self,
         gint64  limit_us)
{
  return (gint64) sim_random_below (self->random, (guint64) limit_us);
}

static gint64
draw_gap (Script *self)
{
  guint die = draw_below (self, 100);

  if (die < 45)
    return draw_us (self, UDPNAT_MSEC (300));
  if (die < 85)
    return draw_us (self, UDPNAT_SEC (20));
  if (die < 98)
    return draw_us (self, UDPNAT_SEC (200));
  return draw_us (self, UDPNAT_SEC (5400)); /* nobody does anything */
}

/* How long something stays broken, or somebody away. */
static gint64
draw_duration (Script *self)
{
  guint die = draw_below (self, 100);

  if (die < 30)
    return 1 + draw_us (self, UDPNAT_SEC (2));
  if (die < 70)
    return 1 + draw_us (self, UDPNAT_SEC (30));
  if (die < 95)
    return 1 + draw_us (self, UDPNAT_SEC (300));
  return UDPNAT_SEC (3600) + draw_us (self, UDPNAT_SEC (3600));
}

/* ---- Events ---- */

static SimEvent *
add (Script      *self,
     gint64       at_us,
     SimEventKind kind,
     guint        whom)
{
  SimEvent event = { .at_us = at_us, .kind = kind, .whom = whom };

  g_array_append_val (self->scenario->events, event);
  return &g_array_index (self->scenario->events, SimEvent, self->scenario->events->len - 1);
}

/* Something that is so from now on, and some time later not any more. */
static void
add_spell (Script      *self,
           SimEventKind kind,
           guint        whom,
           guint        other)
{
  SimEvent *begin = add (self, self->now_us, kind, whom);
  SimEvent *end;

  begin->other = other;
  begin->is_on = TRUE;
  end = add (self, self->now_us + draw_duration (self), kind, whom);
  end->other = other;
}

/* Returns: somebody else at the same server, or at another, most often the same one; @whom: there
 * is nobody */
static guint
draw_partner (Script *self,
              guint   whom)
{
  const SimScenario *scenario = self->scenario;
  guint first = draw_below (self, 10) < 7 ? whom ^ 1 : draw_below (self, scenario->n_people);

  for (guint i = 0; i < scenario->n_people; i++)
    {
      guint other = (first + i) % scenario->n_people;

      if (other != whom && self->is_abroad != (scenario->people[other].server ==
                                               scenario->people[whom].server))
        return other;
    }
  return whom;
}

static void
add_say (Script *self,
         guint   whom)
{
  guint other = draw_partner (self, whom);
  guint die = draw_below (self, 100);
  SimEvent *event;

  if (other == whom)
    return;
  event = add (self, self->now_us, SIM_EVENT_SAY, whom);
  event->other = other;
  event->n = die < 90 ? 1 + draw_below (self, 5) : 1 + draw_below (self, 40);
  event->n_bytes = die < 80 ? 40 + draw_below (self, 60) : 40 + draw_below (self, 3000);
  if (die == 99)
    event->n_bytes = UDPNAT_TEXT_MAX_BYTES;
  event->n = MIN (event->n, 1 + 200000 / event->n_bytes);
}

static void
add_accept (Script *self,
            guint   whom)
{
  guint other = draw_partner (self, whom);

  if (other != whom)
    add (self, self->now_us, SIM_EVENT_ACCEPT, whom)->other = other;
}

static void
add_read (Script *self,
          guint   whom)
{
  guint other = draw_partner (self, whom);

  if (other != whom)
    add (self, self->now_us, SIM_EVENT_READ, whom)->other = other;
}

static void
add_death (Script      *self,
           SimEventKind death,
           SimEventKind birth,
           guint        whom)
{
  SimEvent *event = add (self, self->now_us, death, whom);

  event->n = 1 + draw_below (self, 6);
  event->is_on = draw_below (self, 2) == 0;
  event = add (self, self->now_us + draw_duration (self), birth, whom);
  event->is_on = birth == SIM_EVENT_SERVER_START && draw_below (self, 6) == 0;
}

static void
add_clock (Script *self,
           guint   whom)
{
  gint64 by_us = draw_below (self, 2) == 0 ? draw_us (self, UDPNAT_SEC (100))
                                           : draw_us (self, UDPNAT_SEC (100000));

  add (self, self->now_us, SIM_EVENT_CLOCK, whom)->for_us = draw_below (self, 2) == 0 ? by_us
                                                                                      : -by_us;
}

static void
add_flood (Script      *self,
           SimEventKind kind,
           guint        whom)
{
  SimEvent *event = add (self, self->now_us, kind, whom);

  event->other = draw_below (self, SIM_N_FLOODS);
  event->n = 1 + draw_below (self, FLOOD_MAX);
}

static void
add_move (Script *self,
          guint   whom)
{
  add (self, self->now_us, SIM_EVENT_ROAM, whom)->other = draw_below (self,
                                                                      self->scenario->sites->len);
}

static void
add_reboot (Script      *self,
            SimEventKind kind,
            guint        n_places)
{
  add (self, self->now_us, kind, draw_below (self, n_places))->is_on = draw_below (self, 2) == 0;
}

/* ---- Steps ---- */

/* What befalls people and their computers. */
static void
add_accident (Script *self,
              guint   whom)
{
  switch (draw_below (self, 10))
    {
    case 0:
    case 1:
      add_death (self, SIM_EVENT_KILL, SIM_EVENT_START, whom);
      break;
    case 2:
      add_death (self, SIM_EVENT_KILL_AT_WRITE, SIM_EVENT_START, whom);
      break;
    case 3:
      add (self, self->now_us, SIM_EVENT_SLEEP, whom)->for_us = draw_duration (self);
      break;
    case 4:
    case 5:
      add_move (self, whom);
      break;
    case 6:
      add_spell (self, SIM_EVENT_DISK, whom, 0);
      break;
    case 7:
      add_clock (self, whom);
      break;
    case 8:
      if (draw_below (self, 3) == 0)
        add (self, self->now_us, SIM_EVENT_LIE, whom)->n = 1 + draw_below (self, VICTIMS_MAX);
      else
        add_spell (self, SIM_EVENT_RELAY_ONLY, whom, 0);
      break;
    case 9:
      add_spell (self, SIM_EVENT_LOG_OUT, whom, 0);
      break;
    }
}

/* What befalls networks. */
static void
add_failure (Script *self)
{
  guint n_sites = self->scenario->sites->len;
  guint site = draw_below (self, n_sites);

  switch (draw_below (self, self->scenario->has_tunnels ? 8 : 6))
    {
    case 0:
    case 1:
      add_reboot (self, SIM_EVENT_REBOOT, n_sites);
      break;
    case 2:
      add_reboot (self, SIM_EVENT_CARRIER_REBOOT, self->scenario->carriers->len);
      break;
    case 3:
      add_spell (self, SIM_EVENT_LINE, site, 0);
      break;
    case 4:
      add_spell (self, SIM_EVENT_CUT, site, draw_below (self, n_sites));
      break;
    case 5:
      add_spell (self, SIM_EVENT_SERVER_CUT, site, draw_below (self, self->scenario->n_servers));
      break;
    case 6:
    case 7:
      add_spell (self, SIM_EVENT_UDP, site, 0);
      break;
    }
}

/* What befalls servers. */
static void
add_outage (Script *self)
{
  guint server = draw_below (self, self->scenario->n_servers);

  switch (draw_below (self, 6))
    {
    case 0:
    case 1:
      add_death (self, SIM_EVENT_SERVER_KILL, SIM_EVENT_SERVER_START, server);
      break;
    case 2:
      add_death (self, SIM_EVENT_SERVER_KILL_AT_WRITE, SIM_EVENT_SERVER_START, server);
      break;
    case 3:
      add_death (self, SIM_EVENT_SERVER_STOP, SIM_EVENT_SERVER_START, server);
      break;
    case 4:
      add_spell (self, SIM_EVENT_SERVER_DISK, server, 0);
      break;
    case 5:
      add_flood (self, SIM_EVENT_SERVER_FLOOD, server);
      break;
    }
}

static void
add_step (Script *self)
{
  guint whom = draw_below (self, self->scenario->n_people);
  guint die = draw_below (self, 100);

  if (die < 46)
    add_say (self, whom);
  else if (die < 50)
    add_read (self, whom);
  else if (die < 56)
    add_accept (self, whom);
  else if (die < 60)
    add_flood (self, SIM_EVENT_FLOOD, whom);
  else if (die < 80)
    add_accident (self, whom);
  else if (die < 90)
    add_failure (self);
  else
    add_outage (self);
}

/* ---- The script ---- */

static void
add_starts (Script *self)
{
  const SimScenario *scenario = self->scenario;

  for (guint i = 0; i < scenario->n_servers; i++)
    add (self, 0, SIM_EVENT_SERVER_START, i);
  for (guint i = 0; i < scenario->n_people; i++)
    add (self, draw_us (self, draw_below (self, 5) == 0 ? UDPNAT_SEC (60) : UDPNAT_SEC (1)),
         SIM_EVENT_START, i);
}

static int
compare_events (gconstpointer a,
                gconstpointer b)
{
  const SimEvent *one = a;
  const SimEvent *two = b;

  if (one->at_us != two->at_us)
    return one->at_us < two->at_us ? -1 : 1;
  return one->number < two->number ? -1 : 1;
}

static void
number_events (GArray *events)
{
  for (guint i = 0; i < events->len; i++)
    g_array_index (events, SimEvent, i).number = i;
}

/* Something between two people at different servers, and often something back. */
static void
add_step_abroad (Script *self)
{
  GArray *events = self->scenario->events;
  guint n_before = events->len;
  guint die = draw_below (self, 10);
  guint whom = draw_below (self, self->scenario->n_people);
  SimEvent back;

  if (die < 7)
    add_say (self, whom);
  else if (die < 8)
    add_read (self, whom);
  else
    add_accept (self, whom);
  if (events->len == n_before || draw_below (self, 2) == 0)
    return;
  back = g_array_index (events, SimEvent, n_before);
  back.at_us += draw_us (self, UDPNAT_SEC (20));
  back.whom = back.other;
  back.other = whom;
  g_array_append_val (events, back);
}

/* Guests have no tunnel: those who need one at home wait until they do not (DECISIONS.md). */
static gboolean
can_go_abroad (const SimScenario *self)
{
  for (guint i = 0; i < self->sites->len; i++)
    if (g_array_index (self->sites, SimSite, i).router.block_udp)
      return FALSE;
  return self->n_servers > 1;
}

static void
draw_abroad (SimScenario *self,
             SimRandom   *random)
{
  Script script = { .scenario = self, .random = random, .is_abroad = TRUE };
  guint n_steps = 1 + draw_below (&script, 8);

  for (guint i = 0; i < n_steps; i++)
    {
      script.now_us = UDPNAT_SEC (2) + draw_us (&script, MAX (1, self->end_us - UDPNAT_SEC (2)));
      add_step_abroad (&script);
    }
}

/* Most are small: what goes wrong does so at their ends, and large ones take long to play. */
static guint
draw_file_bytes (Script *self)
{
  guint die = draw_below (self, 20);

  if (die < 2)
    return die; /* 0 or 1 */
  if (die < 4)
    return UDPNAT_CHUNK_BYTES * (1 + draw_below (self, 20));
  if (die < 8)
    return draw_below (self, 2 * UDPNAT_CHUNK_BYTES);
  if (die < 14)
    return draw_below (self, 512 << 10);
  return die < 19 ? draw_below (self, 2 << 20) : draw_below (self, 6 << 20);
}

/* What befalls a file while it may be under way, by either of the two, or to them. */
static void
add_file_accident (Script *self,
                   guint   whom,
                   guint   other)
{
  gboolean is_other = draw_below (self, 2) == 0;
  guint one = is_other ? other : whom;
  guint two = is_other ? whom : other;
  guint die = draw_below (self, 20);

  if (die < 5)
    add_spell (self, SIM_EVENT_FILE_PAUSE, one, two);
  else if (die < 6)
    add (self, self->now_us, SIM_EVENT_FILE_CANCEL, one)->other = two;
  else if (die < 8)
    add (self, self->now_us, SIM_EVENT_FILE_STEAL,
         draw_below (self, self->scenario->n_people))->other = whom;
  else if (die < 11)
    add_say (self, one);
  else if (die < 14)
    add_death (self, draw_below (self, 2) == 0 ? SIM_EVENT_KILL : SIM_EVENT_KILL_AT_WRITE,
               SIM_EVENT_START, one);
  else if (die < 17)
    add_accident (self, one);
  else if (die < 19)
    add_failure (self);
  else
    add_outage (self);
}

static void
add_file (Script *self)
{
  gint64 begin_us = self->now_us;
  guint whom = draw_below (self, self->scenario->n_people);
  guint other = draw_partner (self, whom);
  guint n_accidents = draw_below (self, 6);
  SimEvent *offer;

  if (other == whom)
    return;
  offer = add (self, begin_us, SIM_EVENT_FILE_OFFER, whom);
  offer->other = other;
  offer->n_bytes = draw_file_bytes (self);
  if (self->scenario->people[other].asks_files)
    add (self, begin_us + draw_duration (self), draw_below (self, 4) == 0 ? SIM_EVENT_FILE_CANCEL
                                                                       : SIM_EVENT_FILE_ACCEPT,
         other)->other = whom;
  for (guint i = 0; i < n_accidents; i++)
    {
      self->now_us = begin_us + draw_us (self, draw_below (self, 2) == 0 ? UDPNAT_SEC (4)
                                                                       : UDPNAT_SEC (60));
      add_file_accident (self, whom, other);
    }
}

static void
draw_files (SimScenario *self,
            SimRandom   *random)
{
  Script script = { .scenario = self, .random = random };
  guint n_files = 1 + draw_below (&script, FILES_MAX);

  for (guint i = 0; i < self->n_people; i++)
    self->people[i].asks_files = draw_below (&script, 8) == 0;
  for (guint i = 0; i < n_files; i++)
    {
      script.is_abroad = can_go_abroad (self) && draw_below (&script, 3) == 0;
      script.now_us = UDPNAT_SEC (2) + draw_us (&script, MAX (1, self->end_us - UDPNAT_SEC (2)));
      add_file (&script);
    }
}

/**
 * sim_scenario_draw_script:
 * @self: has its world and no events
 * @abroad: for what people at different servers have to do with each other
 * @files: for files
 */
void
sim_scenario_draw_script (SimScenario *self,
                          SimRandom   *random,
                          SimRandom   *abroad,
                          SimRandom   *files)
{
  Script script = { .scenario = self, .random = random };
  guint n_steps;

  add_starts (&script);
  script.now_us = UDPNAT_SEC (2);
  n_steps = 4 + draw_below (&script, 20) + self->n_people;
  if (draw_below (&script, 20) == 0)
    n_steps *= 4;
  for (guint i = 0; i < n_steps; i++)
    {
      add_step (&script);
      script.now_us += draw_gap (&script);
    }
  self->end_us = script.now_us;
  if (can_go_abroad (self) && sim_random_chance (abroad, 0.4))
    draw_abroad (self, abroad);
  if (sim_random_chance (files, FILES_CHANCE))
    draw_files (self, files);
  number_events (self->events);
  g_array_sort (self->events, compare_events);
  number_events (self->events);
}
