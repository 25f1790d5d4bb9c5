#include "config.h"

#include "udpnat-sim-worlds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim-fast-crypto.h"

/*
 * Worlds by the thousand, on all processors: each worker is a process that plays every n-th seed,
 * and says in shared memory how far it is. One that dies has met a crash: it is noted, and another
 * goes on behind it.
 */

#define FAULTS_MAX 32
#define WORKERS_MAX 256
#define TRIES_MAX 400
#define LOOK_US 100000
#define REPORT_S 60

typedef struct
{
  guint64 seed;
  guint   outcome;
} Fault;

/* What a worker tells; written by it alone. */
typedef struct
{
  guint64 seed; /* at work on it */
  guint64 n_worlds;
  guint64 n_steps;
  guint64 n_lines;
  gint64  played_us;
  gint64  longest_calm_us;
  guint64 longest_calm_seed;
  guint   n_faults;
  Fault   faults[FAULTS_MAX];
} Progress;

typedef struct
{
  const UdpnatSimOptions *options;
  Progress *shared; /* by worker */
  pid_t     workers[WORKERS_MAX];
  guint     n_told[WORKERS_MAX]; /* of its faults */
  guint     n_running;
  gint64    start_us;
  Fault     faults[FAULTS_MAX];
  guint     n_faults;
} Run;

/* ---- A worker ---- */

static void
note_report (Progress            *progress,
             guint64              seed,
             const SimPlayReport *report)
{
  progress->n_worlds++;
  progress->n_steps += report->n_steps;
  progress->n_lines += report->n_lines;
  progress->played_us += report->played_us;
  if (report->calm_us > progress->longest_calm_us)
    {
      progress->longest_calm_us = report->calm_us;
      progress->longest_calm_seed = seed;
    }
  if (report->fault.invariant == SIM_INVARIANT_NONE || progress->n_faults == FAULTS_MAX)
    return;
  progress->faults[progress->n_faults] = (Fault) { seed, report->fault.invariant };
  progress->n_faults++;
}

G_GNUC_NORETURN static void
work (const UdpnatSimOptions *options,
      Progress               *progress,
      guint64                 first_seed)
{
  for (guint64 seed = first_seed; seed - options->first_seed < options->n_worlds;
       seed += options->n_jobs)
    {
      struct itimerval limit = { .it_value.tv_sec = SIM_WORLD_LIMIT_S };
      g_autoptr (SimScenario) scenario = sim_scenario_new (seed);
      SimPlayReport report;

      progress->seed = seed;
      setitimer (ITIMER_PROF, &limit, NULL); /* SIGPROF ends the process */
      sim_play (scenario, NULL, &report);
      note_report (progress, seed, &report);
      sim_play_report_clear (&report);
    }
  _exit (0);
}

static void
start_worker (Run     *self,
              guint    worker,
              guint64  first_seed)
{
  pid_t child;

  fflush (stdout);
  child = fork ();
  g_assert (child >= 0);
  if (child == 0)
    work (self->options, &self->shared[worker], first_seed);
  self->workers[worker] = child;
  self->n_running++;
}

/* ---- What comes of it ---- */

static void
tell_fault (Run   *self,
            Fault  fault)
{
  printf ("seed %" G_GUINT64_FORMAT ": %s\n  again: ./dev sim --seed %" G_GUINT64_FORMAT
          " --timeline\n", fault.seed, sim_outcome_to_string (fault.outcome), fault.seed);
  fflush (stdout);
  if (self->n_faults < FAULTS_MAX)
    self->faults[self->n_faults++] = fault;
}

static void
tell_faults (Run *self)
{
  for (guint i = 0; i < self->options->n_jobs; i++)
    while (self->n_told[i] < self->shared[i].n_faults)
      tell_fault (self, self->shared[i].faults[self->n_told[i]++]);
}

static void
follow_end (Run   *self,
            guint  worker,
            int    status)
{
  Progress *progress = &self->shared[worker];

  self->n_running--;
  self->workers[worker] = 0;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return;
  progress->n_worlds++;
  tell_fault (self, (Fault) { progress->seed,
                              WIFSIGNALED (status) && WTERMSIG (status) == SIGPROF
                                ? SIM_OUTCOME_HANG : SIM_OUTCOME_CRASH });
  if (self->n_faults < FAULTS_MAX)
    start_worker (self, worker, progress->seed + self->options->n_jobs);
}

static void
follow_ends (Run *self)
{
  for (guint i = 0; i < self->options->n_jobs; i++)
    {
      int status;

      if (self->workers[i] != 0 && waitpid (self->workers[i], &status, WNOHANG) > 0)
        follow_end (self, i, status);
    }
}

static void
tell_progress (const Run *self)
{
  Progress sum = { 0 };
  double took_s = (g_get_monotonic_time () - self->start_us) / 1e6;

  for (guint i = 0; i < self->options->n_jobs; i++)
    {
      const Progress *progress = &self->shared[i];

      sum.n_worlds += progress->n_worlds;
      sum.n_steps += progress->n_steps;
      sum.n_lines += progress->n_lines;
      sum.played_us += progress->played_us;
      if (progress->longest_calm_us > sum.longest_calm_us)
        {
          sum.longest_calm_us = progress->longest_calm_us;
          sum.longest_calm_seed = progress->longest_calm_seed;
        }
    }
  printf ("%" G_GUINT64_FORMAT " worlds, %u faults, %.0f s: %.1f worlds/s, %.1f virtual hours/s, "
          "%.0f steps/s; %" G_GUINT64_FORMAT " lines said; longest wait at the end %.0f s (seed %"
          G_GUINT64_FORMAT ")\n", sum.n_worlds, self->n_faults, took_s, sum.n_worlds / took_s,
          sum.played_us / 3.6e9 / took_s, sum.n_steps / took_s, sum.n_lines,
          sum.longest_calm_us / 1e6, sum.longest_calm_seed);
  fflush (stdout);
}

static void
shrink (const Fault *fault)
{
  SimPick pick;
  g_autofree char *options = NULL;

  sim_pick_init (&pick, fault->seed);
  printf ("making seed %" G_GUINT64_FORMAT " (%s) smaller …\n", fault->seed,
          sim_outcome_to_string (fault->outcome));
  fflush (stdout);
  sim_pick_shrink (&pick, fault->outcome, TRIES_MAX);
  options = sim_pick_dup_options (&pick);
  printf ("  smaller: ./dev sim %s --timeline\n", options);
  fflush (stdout);
  sim_pick_clear (&pick);
}

/**
 * udpnat_sim_worlds: plays many worlds, and tells of those that go wrong
 *
 * Returns: how many did
 */
guint
udpnat_sim_worlds (const UdpnatSimOptions *options)
{
  Run run = { .options = options, .start_us = g_get_monotonic_time () };
  gsize n_bytes = sizeof (Progress) * options->n_jobs;
  gint64 report_us = run.start_us;

  g_assert (options->n_jobs > 0 && options->n_jobs <= WORKERS_MAX);
  sim_fast_crypto_set_on (!options->has_real_crypto);
  run.shared = mmap (NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert (run.shared != MAP_FAILED);
  for (guint i = 0; i < options->n_jobs; i++)
    start_worker (&run, i, options->first_seed + i);
  while (run.n_running > 0)
    {
      g_usleep (LOOK_US);
      follow_ends (&run);
      tell_faults (&run);
      if (g_get_monotonic_time () - report_us < UDPNAT_SEC (REPORT_S))
        continue;
      report_us = g_get_monotonic_time ();
      tell_progress (&run);
    }
  tell_progress (&run);
  for (guint i = 0; i < MIN (run.n_faults, options->n_shrink); i++)
    shrink (&run.faults[i]);
  munmap (run.shared, n_bytes);
  return run.n_faults;
}

/* ---- One world ---- */

static void
write_svg (const SimTimeline *timeline,
           const char        *name)
{
  g_autoptr (GString) svg = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  sim_timeline_write_svg (timeline, svg);
  if (!g_file_set_contents (name, svg->str, (gssize) svg->len, &error))
    fprintf (stderr, "udpnat-sim: %s\n", error->message);
}

static void
tell_report (const SimPick       *pick,
             const SimScenario   *scenario,
             const SimPlayReport *report)
{
  printf ("seed %" G_GUINT64_FORMAT ": %s; %u people, %u lines, %u events, %.0f s, the last %.0f "
          "of them until all was there; %.8s\n", pick->seed,
          report->fault.invariant == SIM_INVARIANT_NONE ? "ok" : "FAILED", scenario->n_people,
          report->n_lines, scenario->events->len, report->played_us / 1e6, report->calm_us / 1e6,
          report->trace);
  if (report->fault.invariant != SIM_INVARIANT_NONE)
    printf ("  %s, at %.6f s: %s\n", sim_invariant_to_string (report->fault.invariant),
            report->fault.at_us / 1e6, report->fault.detail);
}

/**
 * udpnat_sim_world: plays one world in this process, so that a debugger can be used
 *
 * Returns: 1 when it goes wrong
 */
guint
udpnat_sim_world (const UdpnatSimOptions *options,
                  const SimPick          *pick)
{
  g_autoptr (SimScenario) scenario = sim_pick_make (pick);
  g_autoptr (SimTimeline) timeline = sim_timeline_new (scenario);
  SimPlayOptions play = {
    .log = options->is_logged ? stdout : NULL,
    .timeline = options->has_timeline || options->svg != NULL ? timeline : NULL,
    .is_traced = TRUE,
  };
  SimPlayReport report;
  gboolean is_wrong;

  sim_fast_crypto_set_on (!options->has_real_crypto);
  sim_play (scenario, &play, &report);
  if (options->has_timeline)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      sim_timeline_write_text (timeline, text);
      fputs (text->str, stdout);
    }
  if (options->svg != NULL)
    write_svg (timeline, options->svg);
  tell_report (pick, scenario, &report);
  is_wrong = report.fault.invariant != SIM_INVARIANT_NONE;
  sim_play_report_clear (&report);
  return is_wrong ? 1 : 0;
}
