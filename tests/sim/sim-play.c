#include "config.h"

#include "sim-play-private.h"

/*
 * Plays a script in its world, and looks after each event whether all is as it must be. At the end
 * everything is put right, and everything that was said has to come.
 *
 * How long that may take is the sum of what nodes wait for by themselves before they try again,
 * whoever tells them what: a dial that failed (PROTOCOL.md section 11), a mailbox that refused, a
 * server that has closed a session, a session closed again and again, a server that is asked for a
 * sign of life. Twice, since luck may be bad. A file takes what it takes: as long as there comes
 * more of it, the time begins anew.
 */

#define REDIAL_LATE_US UDPNAT_SEC (300)  /* udpnat-peer-hints.c */
#define CLOSED_LATE_US UDPNAT_SEC (64)   /* likewise */
#define SIGN_LATE_US UDPNAT_SEC (264)    /* udpnat-rendezvous-client-link.c, with rare keepalives */
#define CALM_MAX_US \
  (2 * (REDIAL_LATE_US + CLOSED_LATE_US + UDPNAT_MAIL_RETRY_LATE_US + \
        UDPNAT_SERVER_CLOSED_WAIT_US + SIGN_LATE_US))
#define CALM_STEP_US UDPNAT_SEC (1)
#define CALM_CHECK_STEPS 60

static gboolean
has_fault (const SimPlay *self)
{
  return sim_invariants_get_fault (self->invariants)->invariant != SIM_INVARIANT_NONE;
}

static void
play_script (SimPlay *self)
{
  const GArray *events = self->scenario->events;

  for (guint i = 0; i < events->len && !has_fault (self); i++)
    {
      const SimEvent *event = &g_array_index (events, SimEvent, i);
      gint64 at_us = SIM_WORLD_START_US + event->at_us;

      /* To shut a server down takes a moment. */
      sim_world_run_until (self->world, MAX (at_us, sim_world_now (self->world)));
      sim_invariants_check (self->invariants);
      if (self->timeline != NULL)
        sim_timeline_note_event (self->timeline, event->at_us, event);
      sim_play_event (self, event);
      sim_invariants_check (self->invariants);
    }
}

/* Returns: when everybody is awake */
static gint64
get_awake_us (const SimPlay *self)
{
  gint64 awake_us = sim_world_now (self->world);

  for (guint i = 0; i < SIM_PEOPLE_MAX; i++)
    awake_us = MAX (awake_us, self->awake_us[i]);
  return awake_us;
}

static void
play_calm (SimPlay *self)
{
  gint64 end_us;
  guint64 n_kept = sim_invariants_count_kept (self->invariants);
  gboolean is_calm = FALSE;

  sim_play_mend (self);
  if (self->timeline != NULL)
    sim_timeline_note (self->timeline, sim_world_now (self->world) - SIM_WORLD_START_US,
                       "everything is put right");
  end_us = get_awake_us (self) + CALM_MAX_US;
  for (guint i = 0; !is_calm && !has_fault (self) && sim_world_now (self->world) < end_us; i++)
    {
      sim_world_run_for (self->world, CALM_STEP_US);
      is_calm = sim_invariants_is_calm (self->invariants);
      if (n_kept != sim_invariants_count_kept (self->invariants))
        end_us = MAX (end_us, sim_world_now (self->world) + CALM_MAX_US);
      n_kept = sim_invariants_count_kept (self->invariants);
      if (i % CALM_CHECK_STEPS == 0)
        sim_invariants_check (self->invariants);
    }
  sim_invariants_check_end (self->invariants, is_calm);
}

/**
 * sim_play:
 * @options: (nullable)
 */
void
sim_play (const SimScenario    *scenario,
          const SimPlayOptions *options,
          SimPlayReport        *out_report)
{
  static const SimPlayOptions none = { 0 };
  SimPlay *self = g_new0 (SimPlay, 1);
  gint64 script_end_us;

  if (options == NULL)
    options = &none;
  *out_report = (SimPlayReport) { 0 };
  self->scenario = scenario;
  self->timeline = options->timeline;
  sim_play_build (self, options->is_traced);
  sim_world_set_log (self->world, options->log);
  play_script (self);
  script_end_us = MAX (SIM_WORLD_START_US + scenario->end_us, sim_world_now (self->world));
  if (!has_fault (self))
    {
      sim_world_run_until (self->world, script_end_us);
      play_calm (self);
    }

  out_report->fault = *sim_invariants_get_fault (self->invariants);
  out_report->fault.detail = g_strdup (out_report->fault.detail);
  out_report->played_us = sim_world_now (self->world) - SIM_WORLD_START_US;
  out_report->calm_us = sim_world_now (self->world) - script_end_us;
  out_report->n_steps = sim_world_get_stats (self->world)->events;
  out_report->n_lines = self->n_lines;
  if (options->is_traced)
    sim_world_get_trace_hash (self->world, out_report->trace);
  sim_play_clear (self);
  g_free (self);
}

void
sim_play_report_clear (SimPlayReport *self)
{
  g_clear_pointer (&self->fault.detail, g_free);
}
