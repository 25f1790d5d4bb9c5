#include "config.h"

#include <glib.h>

/* Deliberately wrong: a pure layer that reads the clock and remembers it. The test `lint-bites`
 * builds this and demands that check-pure finds both. It is part of no program. */

gint64 udpnat_violation_read_clock (void);

static gint64 last_us;

gint64
udpnat_violation_read_clock (void)
{
  last_us = MAX (last_us, g_get_monotonic_time ());
  return last_us;
}
