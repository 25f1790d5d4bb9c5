/* Two path sets with a NAT each between them, in virtual time: which pairs of NATs get a direct
 * path, and that nobody ever believes in a path that works one way only. The NATs follow the words
 * of RFC 4787, sections 4.1 and 5. */

#include "config.h"

#include "traversal/path-fixture.h"

#define LATENCY_US UDPNAT_MSEC (20)
#define MAPPINGS_MAX 64
#define SENT_TO_MAX 64

typedef enum
{
  MAPPING_INDEPENDENT,
  MAPPING_DEPENDENT,
} Mapping;

typedef enum
{
  FILTERING_INDEPENDENT,
  FILTERING_ADDRESS,
  FILTERING_ADDRESS_AND_PORT,
} Filtering;

typedef struct
{
  UdpnatAddress first_to; /* what a dependent mapping is for */
  guint16       port;
  UdpnatAddress sent_to[SENT_TO_MAX];
  guint         n_sent_to;
} NatMapping;

typedef struct
{
  Fixture    f;
  Mapping    mapping;
  Filtering  filtering;
  const char *ip;
  NatMapping mappings[MAPPINGS_MAX];
  guint      n_mappings;
  guint      n_taken; /* of the log */
} Side;

typedef struct
{
  gint64           at_us;
  guint            to_side;
  UdpnatAddress    from;
  UdpnatPathOutput output;
} Flight;

typedef struct
{
  Side     sides[2];
  GArray  *flights; /* of Flight, in order of arrival */
  gint64   now_us;
  gboolean is_deaf[2]; /* nothing gets to that side */
} World;

static NatMapping *
map (Side                *side,
     const UdpnatAddress *to)
{
  NatMapping *mapping;

  for (guint i = 0; i < side->n_mappings; i++)
    if (side->mapping == MAPPING_INDEPENDENT
        || udpnat_address_equal (&side->mappings[i].first_to, to))
      return &side->mappings[i];

  g_assert_cmpuint (side->n_mappings, <, MAPPINGS_MAX);
  mapping = &side->mappings[side->n_mappings];
  mapping->first_to = *to;
  mapping->port = 40000 + 17 * side->n_mappings++;
  return mapping;
}

static UdpnatAddress
send_through_nat (Side                *side,
                  const UdpnatAddress *to)
{
  NatMapping *mapping = map (side, to);

  g_assert_cmpuint (mapping->n_sent_to, <, SENT_TO_MAX);
  mapping->sent_to[mapping->n_sent_to++] = *to;
  return at (side->ip, mapping->port);
}

static gboolean
passes_nat (const Side          *side,
            guint16              port,
            const UdpnatAddress *from)
{
  for (guint i = 0; i < side->n_mappings; i++)
    {
      const NatMapping *mapping = &side->mappings[i];

      if (mapping->port != port)
        continue;
      if (side->filtering == FILTERING_INDEPENDENT)
        return TRUE;
      for (guint j = 0; j < mapping->n_sent_to; j++)
        if (udpnat_address_equal (&mapping->sent_to[j], from)
            || (side->filtering == FILTERING_ADDRESS
                && udpnat_address_equal_ip (&mapping->sent_to[j], from)))
          return TRUE;
    }

  return FALSE;
}

static void
take_off (World *world,
          guint  from_side)
{
  Side *side = &world->sides[from_side];

  side->f.now_us = world->now_us;
  drain (&side->f);
  while (side->n_taken < side->f.sent->len)
    {
      const UdpnatPathOutput *output = &get_sent (&side->f, side->n_taken++)->output;
      Flight flight = {
        .at_us = world->now_us + LATENCY_US,
        .to_side = 1 - from_side,
        .from = send_through_nat (side, &output->to),
        .output = *output,
      };

      if (output->ttl == 0)
        g_array_append_val (world->flights, flight);
    }
}

static void
land (World  *world,
      Flight *flight)
{
  Side *side = &world->sides[flight->to_side];

  if (world->is_deaf[flight->to_side]
      || !passes_nat (side, flight->output.to.port, &flight->from))
    return;

  side->f.now_us = world->now_us;
  if (flight->output.type == UDPNAT_PATH_OUTPUT_CHALLENGE)
    udpnat_path_set_handle_challenge (side->f.set, world->now_us, UDPNAT_SOCKET_MAIN, &flight->from,
                                      flight->output.token);
  else
    udpnat_path_set_handle_response (side->f.set, world->now_us, UDPNAT_SOCKET_MAIN, &flight->from,
                                     flight->output.token, &flight->output.observed);
}

static gint64
get_next_landing (World *world)
{
  return world->flights->len > 0 ? g_array_index (world->flights, Flight, 0).at_us
                                 : UDPNAT_TIME_NEVER;
}

static void
run_world (World  *world,
           gint64  until_us)
{
  for (;;)
    {
      gint64 next_us = get_next_landing (world);

      for (guint i = 0; i < 2; i++)
        next_us = udpnat_time_min (next_us, udpnat_path_set_next_deadline (world->sides[i].f.set));
      if (next_us > until_us)
        break;
      world->now_us = MAX (world->now_us, next_us);

      while (get_next_landing (world) <= world->now_us)
        {
          Flight flight = g_array_index (world->flights, Flight, 0);

          g_array_remove_index (world->flights, 0);
          land (world, &flight);
          take_off (world, flight.to_side);
        }
      for (guint i = 0; i < 2; i++)
        {
          udpnat_path_set_handle_deadline (world->sides[i].f.set, world->now_us);
          take_off (world, i);
        }
    }

  world->now_us = until_us;
}

static guint8
get_mapping (const Side *side)
{
  return side->mapping == MAPPING_DEPENDENT ? UDPNAT_MAPPING_ENDPOINT_DEPENDENT
                                            : UDPNAT_MAPPING_ENDPOINT_INDEPENDENT;
}

/* Both have asked the server, so that each has a mapping there, and tell each other about it after
 * one relay trip. */
static void
introduce (World *world)
{
  UdpnatAddress server = at ("192.0.2.1", 8848);
  UdpnatAddress seen[2];

  for (guint i = 0; i < 2; i++)
    seen[i] = send_through_nat (&world->sides[i], &server);

  for (guint i = 0; i < 2; i++)
    {
      UdpnatCandidates remote = make_candidates (1, &seen[1 - i], 1);
      UdpnatCandidates local = make_candidates (1, &seen[i], 1);

      UdpnatPathSet *set = world->sides[i].f.set;

      remote.mapping = get_mapping (&world->sides[1 - i]);
      local.mapping = get_mapping (&world->sides[i]);
      udpnat_path_set_set_local (set, &local);
      world->now_us = MS (i * 15); /* the second hears of it a little later */
      g_assert_cmpint (udpnat_path_set_handle_candidates (set, world->now_us, &remote), ==,
                       UDPNAT_RX_OK);
      take_off (world, i);
    }
}

static void
set_up_world (World     *world,
              Mapping    mapping_a,
              Filtering  filtering_a,
              Mapping    mapping_b,
              Filtering  filtering_b)
{
  *world = (World) { 0 };
  world->flights = g_array_new (FALSE, FALSE, sizeof (Flight));
  for (guint i = 0; i < 2; i++)
    {
      fixture_set_up (&world->sides[i].f, NULL);
      world->sides[i].f.random_state = 100 + i;
    }
  world->sides[0].ip = "203.0.113.10";
  world->sides[1].ip = "203.0.113.20";
  world->sides[0].mapping = mapping_a;
  world->sides[0].filtering = filtering_a;
  world->sides[1].mapping = mapping_b;
  world->sides[1].filtering = filtering_b;
}

static void
tear_down_world (World *world)
{
  for (guint i = 0; i < 2; i++)
    fixture_tear_down (&world->sides[i].f, NULL);
  g_array_unref (world->flights);
}

static void
assert_world (Mapping          mapping_a,
              Filtering        filtering_a,
              Mapping          mapping_b,
              Filtering        filtering_b,
              UdpnatPathReason reason_a,
              UdpnatPathReason reason_b)
{
  World world;

  set_up_world (&world, mapping_a, filtering_a, mapping_b, filtering_b);
  introduce (&world);
  run_world (&world, MS (4100));
  g_assert_cmpint (udpnat_path_set_get_reason (world.sides[0].f.set), ==, reason_a);
  g_assert_cmpint (udpnat_path_set_get_reason (world.sides[1].f.set), ==, reason_b);
  tear_down_world (&world);
}

static void
test_independent_pairs (void)
{
  for (guint a = 0; a < 3; a++)
    for (guint b = 0; b < 3; b++)
      assert_world (MAPPING_INDEPENDENT, a, MAPPING_INDEPENDENT, b,
                    UDPNAT_PATH_REASON_NONE, UDPNAT_PATH_REASON_NONE);
}

/* The symmetric side comes from a port that nobody has named, and is learned by it. */
static void
test_symmetric_with_restricted (void)
{
  for (guint b = 0; b < 3; b++)
    {
      assert_world (MAPPING_INDEPENDENT, FILTERING_INDEPENDENT, MAPPING_DEPENDENT, b,
                    UDPNAT_PATH_REASON_NONE, UDPNAT_PATH_REASON_NONE);
      assert_world (MAPPING_INDEPENDENT, FILTERING_ADDRESS, MAPPING_DEPENDENT, b,
                    UDPNAT_PATH_REASON_NONE, UDPNAT_PATH_REASON_NONE);
      assert_world (MAPPING_DEPENDENT, b, MAPPING_INDEPENDENT, FILTERING_ADDRESS,
                    UDPNAT_PATH_REASON_NONE, UDPNAT_PATH_REASON_NONE);
    }
}

static void
test_symmetric_with_port_restricted (void)
{
  assert_world (MAPPING_INDEPENDENT, FILTERING_ADDRESS_AND_PORT,
                MAPPING_DEPENDENT, FILTERING_ADDRESS_AND_PORT,
                UDPNAT_PATH_REASON_REMOTE_SYMMETRIC, UDPNAT_PATH_REASON_LOCAL_SYMMETRIC);
}

static void
test_symmetric_pair (void)
{
  assert_world (MAPPING_DEPENDENT, FILTERING_ADDRESS_AND_PORT,
                MAPPING_DEPENDENT, FILTERING_ADDRESS_AND_PORT,
                UDPNAT_PATH_REASON_BOTH_SYMMETRIC, UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
}

static void
test_is_quick (void)
{
  World world;

  set_up_world (&world, MAPPING_INDEPENDENT, FILTERING_ADDRESS_AND_PORT,
                MAPPING_INDEPENDENT, FILTERING_ADDRESS_AND_PORT);
  introduce (&world);
  /* The later side's first challenge leaves at 20 ms; one trip there, one back. */
  run_world (&world, MS (20 + 5 + 40));
  g_assert_true (udpnat_path_set_get_selected (world.sides[0].f.set, NULL, NULL, NULL)
                 || udpnat_path_set_get_selected (world.sides[1].f.set, NULL, NULL, NULL));
  run_world (&world, MS (110));
  for (guint i = 0; i < 2; i++)
    g_assert_true (udpnat_path_set_get_selected (world.sides[i].f.set, NULL, NULL, NULL));
  tear_down_world (&world);
}

static void
test_one_way (void)
{
  for (guint deaf = 0; deaf < 2; deaf++)
    {
      World world;

      set_up_world (&world, MAPPING_INDEPENDENT, FILTERING_INDEPENDENT,
                    MAPPING_INDEPENDENT, FILTERING_INDEPENDENT);
      world.is_deaf[deaf] = TRUE;
      introduce (&world);
      for (gint64 ms = 100; ms < 60000; ms += 100)
        {
          run_world (&world, MS (ms));
          for (guint i = 0; i < 2; i++)
            g_assert_false (udpnat_path_set_get_selected (world.sides[i].f.set, NULL, NULL, NULL));
        }
      tear_down_world (&world);
    }
}

/* A path that dies in one direction dies for both, and comes back with the network. */
static void
test_lost_and_found (void)
{
  World world;

  set_up_world (&world, MAPPING_INDEPENDENT, FILTERING_ADDRESS_AND_PORT,
                MAPPING_INDEPENDENT, FILTERING_ADDRESS_AND_PORT);
  introduce (&world);
  run_world (&world, MS (10000));
  for (guint i = 0; i < 2; i++)
    g_assert_true (udpnat_path_set_get_selected (world.sides[i].f.set, NULL, NULL, NULL));

  world.is_deaf[0] = TRUE;
  run_world (&world, MS (30000));
  for (guint i = 0; i < 2; i++)
    g_assert_false (udpnat_path_set_get_selected (world.sides[i].f.set, NULL, NULL, NULL));

  world.is_deaf[0] = FALSE;
  run_world (&world, MS (60000));
  for (guint i = 0; i < 2; i++)
    g_assert_true (udpnat_path_set_get_selected (world.sides[i].f.set, NULL, NULL, NULL));
  tear_down_world (&world);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/path-nat/pair/independent-is-direct", test_independent_pairs);
  g_test_add_func ("/path-nat/pair/symmetric-with-restricted-is-direct",
                   test_symmetric_with_restricted);
  g_test_add_func ("/path-nat/pair/symmetric-with-port-restricted-is-not",
                   test_symmetric_with_port_restricted);
  g_test_add_func ("/path-nat/pair/symmetric-pair-is-not", test_symmetric_pair);
  g_test_add_func ("/path-nat/time/two-trips", test_is_quick);
  g_test_add_func ("/path-nat/one-way/never-chosen", test_one_way);
  g_test_add_func ("/path-nat/loss/lost-and-found", test_lost_and_found);

  return g_test_run ();
}
