#pragma once

#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * SimRandom:
 *
 * A reproducible random stream: the same seed gives the same numbers on every machine and in every
 * release.
 */
typedef struct _SimRandom SimRandom;

SimRandom   *sim_random_new            (guint64          seed);
SimRandom   *sim_random_new_from_state (const guint64    state[4]);
SimRandom   *sim_random_fork           (const SimRandom *self,
                                        const char      *label);
void         sim_random_free           (SimRandom       *self);
guint64      sim_random_u64            (SimRandom       *self);
guint64      sim_random_below          (SimRandom       *self,
                                        guint64          limit);
double       sim_random_double         (SimRandom       *self);
gboolean     sim_random_chance         (SimRandom       *self,
                                        double           probability);
UdpnatRandom sim_random_as_source      (SimRandom       *self);

guint64      sim_splitmix64            (guint64         *state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRandom, sim_random_free)

G_END_DECLS
