#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Time below `io` is a number that the caller hands in: microseconds of a clock that never runs
 * backwards and also counts sleep (CLOCK_BOOTTIME in io, virtual time in the simulator). It may
 * jump forward by hours. */

/** UDPNAT_TIME_NEVER: no deadline */
#define UDPNAT_TIME_NEVER G_MAXINT64

#define UDPNAT_MSEC(n) ((gint64) (n) * 1000)
#define UDPNAT_SEC(n) ((gint64) (n) * G_USEC_PER_SEC)

static inline gint64
udpnat_time_min (gint64 a_us,
                 gint64 b_us)
{
  return a_us < b_us ? a_us : b_us;
}

G_END_DECLS
