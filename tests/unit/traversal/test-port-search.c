/* What a search for a port may send at most, and where to. */

#include "config.h"

#include "path-fixture.h"

#include "udpnat-port-search.h"

/* Runs a search through @range to its end. Returns: how many packets; @out_least: the least port */
static guint
search (const UdpnatPortRange *range,
        guint16               *out_least)
{
  guint64 state = 1;
  UdpnatRandom random = { .fill = fill_random, .user_data = &state };
  UdpnatAddress target = at ("203.0.113.5", 0);
  g_autoptr (UdpnatPortSearch) self = NULL;
  UdpnatPathOutput output;
  gint64 now_us = T0;
  guint n = 0;

  *out_least = G_MAXUINT16;
  self = udpnat_port_search_new_prober (&random, now_us, &target, range, 1);
  for (gint64 next_us = now_us;; now_us = next_us)
    {
      for (; udpnat_port_search_pop_output (self, now_us, &output); n++)
        *out_least = MIN (*out_least, output.to.port);
      next_us = udpnat_port_search_next_deadline (self);
      if (next_us <= now_us) /* its time is up */
        break;
    }
  return n;
}

static void
test_budget (void)
{
  UdpnatPortRange range = { .first = 1024, .count = 60000, .step = 1 };
  guint16 least;

  g_assert_cmpuint (search (&range, &least), ==, UDPNAT_SEARCH_PROBES_MAX);
  g_assert_cmpuint (least, ==, 1024);
}

static void
test_system_ports (void)
{
  UdpnatPortRange in_order = { .first = 1, .count = 1100, .step = 1 };
  UdpnatPortRange downwards = { .first = 1100, .count = 1100, .step = -1 };
  UdpnatPortRange at_random = { .first = 1, .count = 1100 };
  guint16 least;

  g_test_summary ("The peer says where to look, and could mean the services of somebody else");
  g_assert_cmpuint (search (&in_order, &least), ==, 1100 - 1023);
  g_assert_cmpuint (least, ==, 1024);
  g_assert_cmpuint (search (&downwards, &least), ==, 1100 - 1023);
  g_assert_cmpuint (least, ==, 1024);
  g_assert_cmpuint (search (&at_random, &least), ==, 1100 - 1023);
  g_assert_cmpuint (least, ==, 1024);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/port-search/prober/budget", test_budget);
  g_test_add_func ("/port-search/prober/no-system-ports", test_system_ports);
  return g_test_run ();
}
