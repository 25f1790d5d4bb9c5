#pragma once

#include "sim-world.h"

G_BEGIN_DECLS

/**
 * SimPace:
 * @most: packets within any one second
 *
 * How many packets one host has sent to another's network, and how fast. Watches from
 * sim_pace_init() on, until @is_over is set.
 */
typedef struct
{
  SimHost *from;
  SimHost *to;
  gboolean is_over;
  GArray  *times;
  guint    first; /* of the last second */
  guint    most;
} SimPace;

void  sim_pace_init  (SimPace       *self,
                      SimWorld      *world,
                      SimHost       *from,
                      SimHost       *to);
void  sim_pace_clear (SimPace       *self);
guint sim_pace_count (const SimPace *self);

G_END_DECLS
