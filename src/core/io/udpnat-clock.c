/* The two clocks of the program.
 *
 * Everything below `io` is told the time. Protocol time must go on while the machine sleeps, or a
 * laptop that wakes up after an hour believes its keys and its NAT mappings to be fresh: so
 * CLOCK_BOOTTIME, not CLOCK_MONOTONIC (which is what g_get_monotonic_time() reads). Wall time may
 * be set back by anybody and is only for stamps that leave this machine.
 */

#include "config.h"

#include "udpnat-clock.h"

#include <time.h>

/**
 * udpnat_clock_get_now_us:
 *
 * Reads the clock that machines run on. Read it once per dispatch and hand the value down.
 *
 * Returns: microseconds since boot, sleep included; never decreases
 */
gint64
udpnat_clock_get_now_us (void)
{
  struct timespec now;

  /* Cannot fail on Linux: the clock is always there (2.6.39) and the pointer is ours. */
  if (clock_gettime (CLOCK_BOOTTIME, &now) != 0)
    g_error ("The system has no CLOCK_BOOTTIME");
  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/**
 * udpnat_clock_get_wall_us:
 *
 * Reads the clock on the wall. May jump either way; never use it for intervals.
 *
 * Returns: microseconds since 1970-01-01 00:00 UTC
 */
gint64
udpnat_clock_get_wall_us (void)
{
  return g_get_real_time ();
}
