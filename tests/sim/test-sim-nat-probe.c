/* What a probe finds out about simulated routers, held against what they really do. The server is
 * the real one. */

#include "config.h"

#include "sim-chat.h"

#include "udpnat-nat-probe.h"

#include <string.h>

#define SERVER_IP "5.5.5.5"
#define SERVER_ALT_IP "6.6.6.6"
#define OUTER_IP "9.9.9.1"
#define LEG_US UDPNAT_MSEC (10)

/* One probe behind up to two routers. */
typedef struct
{
  SimWorld       *world;
  SimServer      *server;
  SimHost        *host;
  UdpnatNatProbe *probe;
  gint64          started_us;
  gint64          done_us; /* 0: not done */
  gboolean        is_lifetime_done;
} Stage;

/* What a stage is made of. */
typedef struct
{
  const SimNatConfig *router;  /* NULL: none */
  const SimNatConfig *carrier; /* NULL: none */
  gboolean            has_alt_ip;
  gboolean            is_lifetime_wanted;
  double              loss;
  guint64             seed;
} Play;

static void
events_cb (gpointer user_data)
{
  Stage *self = user_data;
  UdpnatMachine *machine = udpnat_nat_probe_get_machine (self->probe);
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    {
      switch ((UdpnatNatProbeEventType) event->type)
        {
        case UDPNAT_NAT_PROBE_EVENT_DONE:
          g_assert_cmpint (self->done_us, ==, 0);
          self->done_us = sim_world_now (self->world);
          break;
        case UDPNAT_NAT_PROBE_EVENT_LIFETIME:
          g_assert_false (self->is_lifetime_done);
          self->is_lifetime_done = TRUE;
          break;
        }
      udpnat_event_free (event);
    }
}

static void
add_host (Stage      *self,
          const Play *play)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimNat *nat = NULL;

  link.loss = play->loss;
  if (play->carrier != NULL)
    nat = sim_world_add_nat (self->world, "carrier", NULL, OUTER_IP, play->carrier);
  if (play->router != NULL)
    nat = sim_world_add_nat (self->world, "router", nat, nat == NULL ? OUTER_IP : NULL,
                             play->router);
  self->host = sim_world_add_host (self->world, "host", nat, nat == NULL ? OUTER_IP : NULL, &link,
                                   &link);
}

static void
start_probe (Stage      *self,
             const Play *play)
{
  UdpnatAddress hosts[UDPNAT_CANDIDATES_MAX];
  UdpnatNatProbeConfig config = {
    .random = sim_world_fork_random (self->world, "probe"),
    .server = sim_host_get_address (self->server->host, UDPNAT_FAMILY_IPV4),
    .main_socket = UDPNAT_SOCKET_MAIN,
    .first_socket = UDPNAT_SOCKET_FURTHER + 3,
    .hosts = hosts,
    .n_hosts = sim_host_get_addresses (self->host, hosts, G_N_ELEMENTS (hosts)),
    .is_lifetime_wanted = play->is_lifetime_wanted,
  };

  config.server.port = UDPNAT_SERVER_PORT;
  if (!play->has_alt_ip)
    config.alt_port = UDPNAT_SERVER_ALT_PORT;
  self->started_us = sim_world_now (self->world);
  self->probe = udpnat_nat_probe_new (&config, self->started_us);
  sim_host_attach (self->host, udpnat_nat_probe_get_machine (self->probe), 40000, 0, events_cb,
                   self);
}

static void
stage_init (Stage      *self,
            const Play *play)
{
  *self = (Stage) { .world = sim_world_new (play->seed) };
  self->server = sim_server_new (self->world, SERVER_IP);
  if (play->has_alt_ip)
    sim_host_set_alt_ip (self->server->host, SERVER_ALT_IP);
  sim_server_start (self->server);
  add_host (self, play);
  start_probe (self, play);
}

static void
stage_clear (Stage *self)
{
  sim_host_detach (self->host);
  udpnat_nat_probe_free (self->probe);
  sim_server_free (self->server);
  sim_world_free (self->world);
}

static gboolean
is_done (gpointer user_data)
{
  return ((Stage *) user_data)->done_us != 0;
}

static gboolean
is_lifetime_done (gpointer user_data)
{
  return ((Stage *) user_data)->is_lifetime_done;
}

static void
run (const Play     *play,
     UdpnatNatFacts *out_facts,
     gint64         *out_took_us)
{
  Stage stage;

  stage_init (&stage, play);
  g_assert_true (sim_world_run_for_true (stage.world, UDPNAT_SEC (30), is_done, &stage));
  if (play->is_lifetime_wanted)
    g_assert_true (sim_world_run_for_true (stage.world, UDPNAT_SEC (400), is_lifetime_done,
                                           &stage));
  g_assert_true (udpnat_nat_probe_is_over (stage.probe));
  udpnat_nat_probe_get_facts (stage.probe, out_facts);
  if (out_took_us != NULL)
    *out_took_us = stage.done_us - stage.started_us;
  stage_clear (&stage);
}

/* ---- What is expected ---- */

static UdpnatMappingRule
get_mapping (const SimNatConfig *router,
             gboolean            has_alt_ip)
{
  switch (router->mapping)
    {
    case SIM_NAT_ENDPOINT_INDEPENDENT:
      return UDPNAT_MAPPING_RULE_INDEPENDENT;
    case SIM_NAT_ADDRESS_DEPENDENT:
      return has_alt_ip ? UDPNAT_MAPPING_RULE_ADDRESS : UDPNAT_MAPPING_RULE_INDEPENDENT;
    case SIM_NAT_ADDRESS_AND_PORT_DEPENDENT:
      return UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT;
    }
  g_assert_not_reached ();
}

static UdpnatFilteringRule
get_filtering (const SimNatConfig *router,
               gboolean            has_alt_ip)
{
  switch (router->filtering)
    {
    case SIM_NAT_ENDPOINT_INDEPENDENT:
      return has_alt_ip ? UDPNAT_FILTERING_RULE_INDEPENDENT : UDPNAT_FILTERING_RULE_ADDRESS;
    case SIM_NAT_ADDRESS_DEPENDENT:
      return UDPNAT_FILTERING_RULE_ADDRESS;
    case SIM_NAT_ADDRESS_AND_PORT_DEPENDENT:
      return UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT;
    }
  g_assert_not_reached ();
}

static UdpnatPortAllocator
get_allocator (const SimNatConfig *router)
{
  switch (router->allocator)
    {
    case SIM_NAT_ALLOCATOR_PRESERVING:
      return UDPNAT_PORT_ALLOCATOR_PRESERVING;
    case SIM_NAT_ALLOCATOR_SEQUENTIAL:
      return UDPNAT_PORT_ALLOCATOR_SEQUENTIAL;
    case SIM_NAT_ALLOCATOR_RANDOM:
      return UDPNAT_PORT_ALLOCATOR_RANDOM;
    case SIM_NAT_ALLOCATOR_BLOCK:
      return UDPNAT_PORT_ALLOCATOR_BLOCK;
    }
  g_assert_not_reached ();
}

/* What two sockets behind it can see of it by sending to each other's address: a router that gives
 * every destination a port of its own, and lets in only whom that port has sent to, lets in
 * nobody; and one that keeps what it dropped in its own table has spoilt the way back. */
static UdpnatFinding
get_hairpin (const SimNatConfig *router)
{
  gboolean is_open = router->filtering == SIM_NAT_ENDPOINT_INDEPENDENT;
  gboolean is_opened = router->mapping == SIM_NAT_ENDPOINT_INDEPENDENT
                       && (router->filtering == SIM_NAT_ADDRESS_DEPENDENT || !router->clash);

  return router->hairpin && (is_open || is_opened) ? UDPNAT_FINDING_YES : UDPNAT_FINDING_NO;
}

static UdpnatFinding
get_poisoned (const SimNatConfig *router,
              gboolean            has_alt_ip)
{
  gboolean is_apdf = router->filtering == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
  gboolean is_adf = router->filtering == SIM_NAT_ADDRESS_DEPENDENT && has_alt_ip;

  if (router->filtering == SIM_NAT_ENDPOINT_INDEPENDENT && has_alt_ip)
    return UDPNAT_FINDING_NO;
  if ((is_apdf && router->mapping != SIM_NAT_ADDRESS_AND_PORT_DEPENDENT)
      || (is_adf && router->mapping == SIM_NAT_ENDPOINT_INDEPENDENT))
    return router->clash ? UDPNAT_FINDING_YES : UDPNAT_FINDING_NO;
  return UDPNAT_FINDING_UNKNOWN;
}

/* @n_routers: up to the last one that lets in only whom it has seen packets to */
/* @n_routers: up to the last one that lets in only whom it has seen packets to */
static guint8
get_open_ttl (const SimNatConfig *router,
              gboolean            has_alt_ip,
              guint               n_routers)
{
  gboolean is_apdf = router->filtering == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
  gboolean is_adf = router->filtering == SIM_NAT_ADDRESS_DEPENDENT && has_alt_ip;

  if ((is_apdf && router->mapping != SIM_NAT_ADDRESS_AND_PORT_DEPENDENT)
      || (is_adf && router->mapping == SIM_NAT_ENDPOINT_INDEPENDENT))
    return (guint8) (n_routers + 1);
  return 0;
}

/* ---- One router of each kind ---- */

typedef struct
{
  SimNatConfig router;
  gboolean     has_alt_ip;
} Case;

#define N_CASES (3 * 3 * 4 * 2 * 2 * 2)

static Case
get_case (guint number)
{
  Case self = { .router = sim_nat_config (number % 3, number / 3 % 3) };

  number /= 9;
  self.router.allocator = number % 4;
  self.router.clash = number / 4 % 2;
  self.router.hairpin = number / 8 % 2;
  self.has_alt_ip = number / 16 % 2;
  self.router.port_base = 30000;
  return self;
}

static void
describe (const Case           *self,
          const UdpnatNatFacts *facts)
{
  g_test_message ("mapping %d filtering %d allocator %d%s%s%s: found %s, %s, %s step %d block "
                  "%u-%u, hairpin %s, poisoned %s, ttl %u, %u packets",
                  self->router.mapping, self->router.filtering, self->router.allocator,
                  self->router.clash ? " clash" : "", self->router.hairpin ? " hairpin" : "",
                  self->has_alt_ip ? " two addresses" : "",
                  udpnat_mapping_rule_to_code (facts->mapping),
                  udpnat_filtering_rule_to_code (facts->filtering),
                  udpnat_port_allocator_to_code (facts->allocator), facts->step,
                  facts->block_first, facts->block_last, udpnat_finding_to_code (facts->hairpin),
                  udpnat_finding_to_code (facts->poisoned), facts->open_ttl, facts->n_packets);
}

static void
check_allocator (const Case           *self,
                 const UdpnatNatFacts *facts)
{
  guint first = self->router.port_base;
  guint last = first + self->router.block_size - 1;

  g_assert_cmpint (facts->allocator, ==, get_allocator (&self->router));
  if (facts->allocator == UDPNAT_PORT_ALLOCATOR_SEQUENTIAL)
    {
      g_assert_cmpint (facts->step, ==, 1);
      g_assert_cmpuint (facts->last_port, >, first);
      g_assert_cmpuint (facts->last_port, <, first + 64);
    }
  if (facts->allocator == UDPNAT_PORT_ALLOCATOR_BLOCK)
    {
      g_assert_cmpuint (facts->block_first, <, first + self->router.block_size / 2);
      g_assert_cmpuint (facts->block_first, >=, first - self->router.block_size / 4);
      g_assert_cmpuint (facts->block_last, >, last - self->router.block_size / 2);
      g_assert_cmpuint (facts->block_last, <=, last + self->router.block_size / 4);
    }
}

static void
check_facts (const Case           *self,
             const UdpnatNatFacts *facts)
{
  g_assert_cmpint (facts->state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts->mapping, ==, get_mapping (&self->router, self->has_alt_ip));
  g_assert_cmpint (facts->filtering, ==, get_filtering (&self->router, self->has_alt_ip));
  g_assert_cmpint (facts->is_address_tested, ==, self->has_alt_ip);
  g_assert_cmpint (facts->hairpin, ==, get_hairpin (&self->router));
  g_assert_cmpint (facts->poisoned, ==, get_poisoned (&self->router, self->has_alt_ip));
  check_allocator (self, facts);
}

/* Nothing is lost: everything is found, quickly, and with few packets. */
static void
test_each (void)
{
  gint64 longest_us = 0;
  guint most_packets = 0;

  for (guint i = 0; i < N_CASES; i++)
    {
      Case played = get_case (i);
      Play play = { .router = &played.router, .has_alt_ip = played.has_alt_ip, .seed = i + 1 };
      UdpnatNatFacts facts;
      gint64 took_us;

      run (&play, &facts, &took_us);
      describe (&played, &facts);
      check_facts (&played, &facts);
      g_assert_cmpuint (facts.open_ttl, ==, get_open_ttl (&played.router, played.has_alt_ip, 1));
      longest_us = MAX (longest_us, took_us);
      most_packets = MAX (most_packets, facts.n_packets);
    }
  g_test_message ("at most %.2f s and %u packets", longest_us / 1e6, most_packets);
  g_assert_cmpint (longest_us, <=, UDPNAT_SEC (2));
  g_assert_cmpuint (most_packets, <=, 60);
}

static guint
count_unknown (const Case           *self,
               const UdpnatNatFacts *facts)
{
  return (facts->mapping == UDPNAT_MAPPING_RULE_UNKNOWN)
         + (facts->filtering == UDPNAT_FILTERING_RULE_UNKNOWN)
         + (facts->allocator == UDPNAT_PORT_ALLOCATOR_UNKNOWN)
         + (facts->hairpin == UDPNAT_FINDING_UNKNOWN)
         + (facts->poisoned != get_poisoned (&self->router, self->has_alt_ip)
            && facts->poisoned == UDPNAT_FINDING_UNKNOWN)
         + (facts->open_ttl != get_open_ttl (&self->router, self->has_alt_ip, 1));
}

/* Every fifth packet is lost in each direction: of seven tries none comes through once in 1,300
 * times. Then nothing is known, and nothing wrong is said; only the TTL may be too large by one,
 * which still opens our routers. */
static void
test_loss (void)
{
  guint n_incomplete = 0;

  for (guint i = 0; i < N_CASES; i++)
    {
      Case played = get_case (i);
      Play play = { .router = &played.router, .has_alt_ip = played.has_alt_ip, .loss = 0.2,
                    .seed = 1000 + i };
      UdpnatNatFacts facts;
      guint8 ttl = get_open_ttl (&played.router, played.has_alt_ip, 1);
      gint64 took_us;

      run (&play, &facts, &took_us);
      describe (&played, &facts);
      g_assert_cmpuint (facts.open_ttl, <=, ttl == 0 ? 0 : ttl + 1);
      g_assert_cmpint (took_us, <=, UDPNAT_SEC (12));
      if (count_unknown (&played, &facts) == 0)
        check_facts (&played, &facts);
      else
        n_incomplete++;
    }
  g_test_message ("%u of %u incomplete", n_incomplete, N_CASES);
  g_assert_cmpuint (n_incomplete, <=, N_CASES / 40);
}

/* ---- Other networks ---- */

/* A home router behind a carrier's: each rule is the stricter one, the ports are the outer's. */
static void
test_two_routers (void)
{
  for (guint i = 0; i < 9 * 9; i++)
    {
      SimNatConfig router = sim_nat_config (i % 3, i / 3 % 3);
      SimNatConfig carrier = sim_nat_config (i / 9 % 3, i / 27 % 3);
      SimNatConfig both = sim_nat_config (MAX (router.mapping, carrier.mapping),
                                          MAX (router.filtering, carrier.filtering));
      Play play = { .router = &router, .carrier = &carrier, .has_alt_ip = TRUE, .seed = 1 + i };
      UdpnatNatFacts facts;

      carrier.allocator = SIM_NAT_ALLOCATOR_RANDOM;
      run (&play, &facts, NULL);
      g_assert_cmpint (facts.mapping, ==, get_mapping (&both, TRUE));
      g_assert_cmpint (facts.filtering, ==, get_filtering (&both, TRUE));
      g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_RANDOM);
      g_assert_cmpuint (facts.open_ttl, ==,
                        get_open_ttl (&both, TRUE,
                                      carrier.filtering == both.filtering ? 2 : 1));
    }
}

static void
test_no_router (void)
{
  Play play = { .has_alt_ip = TRUE, .seed = 1 };
  UdpnatNatFacts facts;

  run (&play, &facts, NULL);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_NONE);
  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_INDEPENDENT);
  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_PRESERVING);
  g_assert_cmpint (facts.hairpin, ==, UDPNAT_FINDING_UNKNOWN);
  g_assert_cmpint (facts.poisoned, ==, UDPNAT_FINDING_NO);
  g_assert_cmpuint (facts.open_ttl, ==, 0);
}

static void
test_blocked (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Play play = { .router = &router, .has_alt_ip = TRUE, .seed = 1 };
  UdpnatNatFacts facts;
  gint64 took_us;

  router.block_udp = TRUE;
  run (&play, &facts, &took_us);
  g_assert_cmpint (facts.state, ==, UDPNAT_NAT_TEST_NO_ANSWER);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_UNKNOWN);
  g_assert_cmpint (took_us, ==, UDPNAT_MSEC (3750));
  g_assert_cmpuint (facts.n_packets, ==, UDPNAT_NAT_TEST_SENDS_MAX);
}

/* ---- Lifetimes ---- */

static void
check_lifetime (gint64 lifetime_us,
                gint64 alive_s,
                gint64 dead_s,
                double loss)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Play play = { .router = &router, .is_lifetime_wanted = TRUE, .loss = loss,
                .seed = (guint64) lifetime_us };
  UdpnatNatFacts facts;

  router.lifetime_us = lifetime_us;
  run (&play, &facts, NULL);
  g_assert_cmpint (facts.lifetime_state, ==, UDPNAT_LIFETIME_STATE_DONE);
  g_assert_cmpint (facts.lifetime_us / G_USEC_PER_SEC, ==, alive_s);
  g_assert_cmpint (facts.lifetime_dead_us / G_USEC_PER_SEC, ==, dead_s);
  g_assert_cmpint (facts.absolute_lifetime_us, ==, 0);
}

static void
test_lifetime (void)
{
  check_lifetime (UDPNAT_SEC (10), 0, 17, 0);
  check_lifetime (UDPNAT_SEC (30), 27, 42, 0);
  check_lifetime (UDPNAT_SEC (120), 117, 177, 0);
  check_lifetime (UDPNAT_SEC (170), 117, 177, 0);
  check_lifetime (UDPNAT_SEC (180), 177, 237, 0);
  check_lifetime (UDPNAT_SEC (600), 297, 0, 0);
  check_lifetime (UDPNAT_SEC (120), 117, 177, 0.2);
}

static void
test_absolute_lifetime (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Play play = { .router = &router, .has_alt_ip = TRUE, .is_lifetime_wanted = TRUE, .seed = 1 };
  UdpnatNatFacts facts;

  router.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  router.absolute_lifetime_us = UDPNAT_SEC (70);
  run (&play, &facts, NULL);
  g_assert_cmpint (facts.lifetime_state, ==, UDPNAT_LIFETIME_STATE_DONE);
  g_assert_cmpint (facts.absolute_lifetime_us, >, UDPNAT_SEC (55));
  g_assert_cmpint (facts.absolute_lifetime_us, <=, UDPNAT_SEC (70));
  g_assert_cmpint (facts.lifetime_us / G_USEC_PER_SEC, ==, 57);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-nat-probe/router/of-each-kind", test_each);
  g_test_add_func ("/sim-nat-probe/router/of-each-kind-with-loss", test_loss);
  g_test_add_func ("/sim-nat-probe/router/behind-another", test_two_routers);
  g_test_add_func ("/sim-nat-probe/router/none", test_no_router);
  g_test_add_func ("/sim-nat-probe/router/blocks-udp", test_blocked);
  g_test_add_func ("/sim-nat-probe/lifetime/between-two-that-are-common", test_lifetime);
  g_test_add_func ("/sim-nat-probe/lifetime/absolute", test_absolute_lifetime);

  return g_test_run ();
}
