/* The time of day in which nothing is told. */

#include "config.h"

#include "udpnat-quiet-hours.h"

#define MIDNIGHT 0
#define LAST_MINUTE (24 * 60 - 1)
#define AT(hour, minute) ((hour) * 60 + (minute))

static void
test_over_midnight (void)
{
  g_assert_false (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), AT (21, 59)));
  g_assert_true (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), AT (22, 0)));
  g_assert_true (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), LAST_MINUTE));
  g_assert_true (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), MIDNIGHT));
  g_assert_true (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), AT (6, 59)));
  g_assert_false (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), AT (7, 0)));
  g_assert_false (udpnat_quiet_hours_contain (AT (22, 0), AT (7, 0), AT (12, 0)));
}

static void
test_within_a_day (void)
{
  g_assert_false (udpnat_quiet_hours_contain (AT (13, 0), AT (14, 0), AT (12, 59)));
  g_assert_true (udpnat_quiet_hours_contain (AT (13, 0), AT (14, 0), AT (13, 0)));
  g_assert_true (udpnat_quiet_hours_contain (AT (13, 0), AT (14, 0), AT (13, 59)));
  g_assert_false (udpnat_quiet_hours_contain (AT (13, 0), AT (14, 0), AT (14, 0)));
}

static void
test_same_time (void)
{
  g_assert_false (udpnat_quiet_hours_contain (AT (8, 0), AT (8, 0), AT (8, 0)));
  g_assert_false (udpnat_quiet_hours_contain (AT (8, 0), AT (8, 0), AT (20, 0)));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/quiet-hours/over-midnight/both-ends-are-right", test_over_midnight);
  g_test_add_func ("/quiet-hours/within-a-day/both-ends-are-right", test_within_a_day);
  g_test_add_func ("/quiet-hours/same-time/is-never-quiet", test_same_time);
  return g_test_run ();
}
