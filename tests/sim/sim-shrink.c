#include "config.h"

#include "sim-pick.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Makes a world that goes wrong as small as it can be, so that somebody can understand it: people,
 * events and features are taken out as long as it goes wrong in the same way. Each try is a process
 * of its own, since it may crash or never end.
 */

/* ---- One try ---- */

const char *
sim_outcome_to_string (guint outcome)
{
  if (outcome == SIM_OUTCOME_CRASH)
    return "crash";
  return outcome == SIM_OUTCOME_HANG ? "no end" : sim_invariant_to_string ((SimInvariant) outcome);
}

static void
hush (void)
{
  int null = open ("/dev/null", O_WRONLY);

  if (null >= 0)
    dup2 (null, STDERR_FILENO);
}

G_GNUC_NORETURN static void
play_and_exit (const SimPick *self)
{
  g_autoptr (SimScenario) scenario = sim_pick_make (self);
  struct rlimit limit = { SIM_WORLD_LIMIT_S, SIM_WORLD_LIMIT_S };
  SimPlayReport report;

  hush ();
  setrlimit (RLIMIT_CPU, &limit);
  sim_play (scenario, NULL, &report);
  _exit ((int) report.fault.invariant);
}

/** sim_pick_try: Returns: what is wrong there: a #SimInvariant or SIM_OUTCOME_…; 0: nothing */
guint
sim_pick_try (const SimPick *self)
{
  pid_t child = fork ();
  int status;

  g_assert (child >= 0);
  if (child == 0)
    play_and_exit (self);
  while (waitpid (child, &status, 0) != child)
    ;
  if (WIFEXITED (status) && WEXITSTATUS (status) < SIM_N_INVARIANTS)
    return (guint) WEXITSTATUS (status);
  if (WIFSIGNALED (status) && (WTERMSIG (status) == SIGXCPU || WTERMSIG (status) == SIGKILL))
    return SIM_OUTCOME_HANG;
  return SIM_OUTCOME_CRASH;
}

/* ---- Smaller and smaller ---- */

typedef struct
{
  SimPick *best;
  guint    outcome;
  guint    n_tries_left;
} Search;

/* @candidate: (transfer full): Returns: whether it goes wrong as well, and is the best now */
static gboolean
consider (Search  *self,
          SimPick *candidate)
{
  if (self->n_tries_left == 0)
    {
      sim_pick_clear (candidate);
      return FALSE;
    }
  self->n_tries_left--;
  if (sim_pick_try (candidate) != self->outcome)
    {
      sim_pick_clear (candidate);
      return FALSE;
    }
  sim_pick_clear (self->best);
  *self->best = *candidate;
  return TRUE;
}

static gboolean
drop_people (Search *self)
{
  g_autoptr (SimScenario) scenario = sim_scenario_new (self->best->seed);
  gboolean is_smaller = FALSE;

  for (guint i = scenario->n_people; i-- > 0;)
    {
      SimPick candidate;

      if (self->best->is_dropped[i])
        continue;
      candidate = sim_pick_copy (self->best);
      candidate.is_dropped[i] = TRUE;
      is_smaller |= consider (self, &candidate);
    }
  return is_smaller;
}

static gboolean
drop_features (Search *self)
{
  gboolean is_smaller = FALSE;

  for (guint i = 0; i < SIM_N_FEATURES; i++)
    {
      SimPick candidate;

      if (self->best->is_plain[i])
        continue;
      candidate = sim_pick_copy (self->best);
      candidate.is_plain[i] = TRUE;
      is_smaller |= consider (self, &candidate);
    }
  return is_smaller;
}

static void
list_events (SimPick *pick)
{
  g_autoptr (SimScenario) scenario = sim_pick_make (pick);

  g_clear_pointer (&pick->keep, g_array_unref);
  pick->keep = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < scenario->events->len; i++)
    g_array_append_val (pick->keep, g_array_index (scenario->events, SimEvent, i).number);
}

/* By halves, then quarters, and so on (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002). */
static gboolean
drop_events (Search *self)
{
  gboolean is_smaller = FALSE;

  list_events (self->best);
  for (guint n_chunk = MAX (self->best->keep->len / 2, 1); n_chunk > 0; n_chunk /= 2)
    for (guint first = 0; first < self->best->keep->len;)
      {
        SimPick candidate = sim_pick_copy (self->best);

        g_array_remove_range (candidate.keep, first, MIN (n_chunk, candidate.keep->len - first));
        if (consider (self, &candidate))
          is_smaller = TRUE;
        else
          first += n_chunk;
      }
  return is_smaller;
}

/**
 * sim_pick_shrink:
 * @outcome: of sim_pick_try() for @self
 */
void
sim_pick_shrink (SimPick *self,
                 guint    outcome,
                 guint    n_tries_max)
{
  Search search = { .best = self, .outcome = outcome, .n_tries_left = n_tries_max };
  gboolean is_smaller = TRUE;

  while (is_smaller && search.n_tries_left > 0)
    {
      is_smaller = drop_people (&search);
      is_smaller |= drop_events (&search);
      is_smaller |= drop_features (&search);
    }
}
