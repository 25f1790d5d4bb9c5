#pragma once

#include "sim-chat.h"

G_BEGIN_DECLS

/**
 * SimCrashReport:
 * @n_written: texts that both together have put into their outboxes
 * @n_received: and got
 * @n_letters: that the server stored
 * @n_crashes: of any of the three programs
 * @fault: (nullable): static: what was wrong; %NULL: nothing
 *
 * What became of one world of sim_crash_run().
 */
typedef struct
{
  guint       n_written;
  guint       n_received;
  guint       n_letters;
  guint       n_crashes;
  const char *fault;
} SimCrashReport;

void sim_crash_run (guint64         seed,
                    FILE           *log,
                    SimCrashReport *out_report);

G_END_DECLS
