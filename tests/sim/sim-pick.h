#pragma once

#include "sim-play.h"

G_BEGIN_DECLS

/**
 * SimPick:
 * @keep: (nullable): of guint: the numbers of the events that happen; %NULL: all do
 * @is_dropped: by person
 * @is_plain: by #SimFeature: what nobody and nothing has
 *
 * A world by its seed, and what is left out of it.
 */
typedef struct
{
  guint64  seed;
  GArray  *keep;
  gboolean is_dropped[SIM_PEOPLE_MAX];
  gboolean is_plain[SIM_N_FEATURES];
} SimPick;

/* What a try of a world ends with, besides #SimInvariant. */
#define SIM_OUTCOME_CRASH 100 /* an assertion, a sanitizer, a signal */
#define SIM_OUTCOME_HANG 101  /* no end in sight */
#define SIM_WORLD_LIMIT_S 120 /* of processor time */

void         sim_pick_init          (SimPick       *self,
                                     guint64        seed);
void         sim_pick_clear         (SimPick       *self);
SimPick      sim_pick_copy          (const SimPick *self);
gboolean     sim_pick_parse         (SimPick       *self,
                                     const char    *keep,
                                     const char    *without,
                                     const char    *plain,
                                     const char   **out_wrong) G_GNUC_WARN_UNUSED_RESULT;
SimScenario *sim_pick_make          (const SimPick *self) G_GNUC_WARN_UNUSED_RESULT;
char        *sim_pick_dup_options   (const SimPick *self) G_GNUC_WARN_UNUSED_RESULT;

/* sim-shrink.c */
guint        sim_pick_try           (const SimPick *self);
void         sim_pick_shrink        (SimPick       *self,
                                     guint          outcome,
                                     guint          n_tries_max);
const char  *sim_outcome_to_string  (guint          outcome);

G_END_DECLS
