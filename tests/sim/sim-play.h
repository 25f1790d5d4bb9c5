#pragma once

#include "sim-invariants.h"
#include "sim-scenario.h"
#include "sim-timeline.h"

G_BEGIN_DECLS

/**
 * SimPlayReport:
 * @fault: what was wrong first; its invariant is %SIM_INVARIANT_NONE if nothing was
 * @played_us: virtual time
 * @calm_us: how long after the script everything was delivered
 * @n_steps: of the simulation
 * @n_lines: that were said
 * @trace: which two runs of the same world share; empty unless it was asked for
 */
typedef struct
{
  SimFault fault;
  gint64   played_us;
  gint64   calm_us;
  guint64  n_steps;
  guint    n_lines;
  char     trace[SIM_TRACE_HASH_TEXT_BYTES];
} SimPlayReport;

/**
 * SimPlayOptions:
 * @log: (nullable): gets every datagram
 * @timeline: (nullable)
 * @is_traced: whether the report has a trace
 */
typedef struct
{
  FILE        *log;
  SimTimeline *timeline;
  gboolean     is_traced;
} SimPlayOptions;

void sim_play              (const SimScenario    *scenario,
                            const SimPlayOptions *options,
                            SimPlayReport        *out_report);
void sim_play_report_clear (SimPlayReport        *self);

G_END_DECLS
