#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SimQueue:
 *
 * Things that happen at a time, earliest first, and those of one time in the order in which they
 * were put in.
 */
typedef struct _SimQueue SimQueue;

SimQueue *sim_queue_new       (void);
void      sim_queue_free      (SimQueue       *self);
void      sim_queue_push      (SimQueue       *self,
                               gint64          time_us,
                               gpointer        item);
gint64    sim_queue_peek_time (const SimQueue *self);
gpointer  sim_queue_pop       (SimQueue       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimQueue, sim_queue_free)

G_END_DECLS
