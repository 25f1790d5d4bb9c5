/* The time of day in which nothing is told. */

#include "config.h"

#include "udpnat-quiet-hours.h"

/**
 * udpnat_quiet_hours_contain:
 * @from: when the quiet begins, in minutes after midnight
 * @to: when it ends; before @from: on the next day; the same: there is none
 * @minute: a time of day
 */
gboolean
udpnat_quiet_hours_contain (int from,
                            int to,
                            int minute)
{
  if (from <= to)
    return minute >= from && minute < to;
  return minute >= from || minute < to;
}

/** udpnat_quiet_hours_are_now: by the clock and the time zone of the system */
gboolean
udpnat_quiet_hours_are_now (GSettings *settings)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  return g_settings_get_boolean (settings, "quiet-hours") &&
         udpnat_quiet_hours_contain (g_settings_get_int (settings, "quiet-from"),
                                     g_settings_get_int (settings, "quiet-to"),
                                     g_date_time_get_hour (now) * 60 +
                                       g_date_time_get_minute (now));
}
