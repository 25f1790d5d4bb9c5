/* Moments as the clock on this computer's wall shows them.
 *
 * While TZ is not set, GLib looks at /etc/localtime each time when it is asked for local time: a
 * quarter of what a page of a conversation costs. So the zone is kept for a second. */

#include "config.h"

#include "udpnat-local-time.h"

/* Somebody who travels sees the new time at once, and nobody asks the disk more often than this. */
#define KEPT_US G_USEC_PER_SEC

G_LOCK_DEFINE_STATIC (zone);
static GTimeZone *kept_zone;
static gint64 asked_us;

/* Returns: (transfer full) */
static GTimeZone *
get_zone (void)
{
  gint64 now_us = g_get_monotonic_time ();
  GTimeZone *zone;

  if (g_getenv ("TZ") != NULL)
    return g_time_zone_new_local (); /* which GLib keeps */
  G_LOCK (zone);
  if (kept_zone == NULL || now_us - asked_us > KEPT_US)
    {
      g_clear_pointer (&kept_zone, g_time_zone_unref);
      kept_zone = g_time_zone_new_local ();
      asked_us = now_us;
    }
  zone = g_time_zone_ref (kept_zone);
  G_UNLOCK (zone);
  return zone;
}

/**
 * udpnat_local_time_new:
 * @wall_us: microseconds since 1970, UTC
 *
 * May be called in any thread.
 *
 * Returns: (nullable): to be unreferenced; %NULL outside of the years 1 to 9999
 */
GDateTime *
udpnat_local_time_new (gint64 wall_us)
{
  g_autoptr (GTimeZone) zone = get_zone ();
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (wall_us / G_USEC_PER_SEC);

  return utc != NULL ? g_date_time_to_timezone (utc, zone) : NULL;
}
