#include "config.h"

#include "sim-probe.h"

/* NATs as a peer sees them, probed as RFC 5780 does: what was configured must be what is
 * measured. */

#define CLIENT_PORT 8900
#define SERVER_PORT 8848
#define SERVER_ALT_PORT 8849

typedef struct
{
  SimWorld *world;
  SimNat   *nat;
  SimHost  *hosts[2]; /* servers on the Internet, at two addresses */
  SimProbe *servers[2];
} Lab;

static void
lab_init (Lab                *lab,
          const SimNatConfig *config)
{
  lab->world = sim_world_new (1);
  lab->nat = sim_world_add_nat (lab->world, "nat", NULL, NULL, config);
  lab->hosts[0] = sim_world_add_host (lab->world, "server-a", NULL, NULL, NULL, NULL);
  lab->hosts[1] = sim_world_add_host (lab->world, "server-b", NULL, NULL, NULL, NULL);
  for (guint i = 0; i < 2; i++)
    lab->servers[i] = sim_probe_new (lab->hosts[i], SERVER_PORT, SERVER_ALT_PORT);
}

static void
lab_clear (Lab *lab)
{
  sim_world_free (lab->world);
  for (guint i = 0; i < 2; i++)
    sim_probe_free (lab->servers[i]);
}

static SimProbe *
lab_add_client (Lab        *lab,
                const char *name)
{
  SimHost *host = sim_world_add_host (lab->world, name, lab->nat, NULL, NULL, NULL);

  return sim_probe_new (host, CLIENT_PORT, 0);
}

static UdpnatAddress
lab_get_server (const Lab     *lab,
                guint          server,
                UdpnatSocketId socket)
{
  UdpnatAddress address = sim_host_get_address (lab->hosts[server], UDPNAT_FAMILY_IPV4);

  if (socket == UDPNAT_SOCKET_ALT)
    address.port = SERVER_ALT_PORT;

  return address;
}

/* Where a server sees the client; FALSE when nothing arrives. */
static gboolean
lab_try_observe (Lab           *lab,
                 SimProbe      *client,
                 guint          server,
                 UdpnatSocketId socket,
                 UdpnatAddress *out_observed)
{
  UdpnatAddress to = lab_get_server (lab, server, socket);

  sim_probe_clear (lab->servers[server]);
  sim_probe_send (client, &to, 1, 16);
  sim_world_run_for (lab->world, UDPNAT_MSEC (100));
  if (sim_probe_get_count (lab->servers[server]) == 0)
    return FALSE;

  g_assert_cmpint (sim_probe_get_last (lab->servers[server])->socket, ==, socket);
  *out_observed = sim_probe_get_last (lab->servers[server])->from;

  return TRUE;
}

static UdpnatAddress
lab_observe (Lab           *lab,
             SimProbe      *client,
             guint          server,
             UdpnatSocketId socket)
{
  UdpnatAddress observed = UDPNAT_ADDRESS_NONE;

  g_assert_true (lab_try_observe (lab, client, server, socket, &observed));

  return observed;
}

/* Whether a server's datagram to an outer address reaches the client. */
static gboolean
lab_reaches (Lab                 *lab,
             guint                server,
             UdpnatSocketId       socket,
             const UdpnatAddress *outer,
             SimProbe            *client)
{
  static const guint8 data[8] = { 0 };
  guint n_before = sim_probe_get_count (client);

  sim_probe_send_full (lab->servers[server], socket, 0, outer, data, sizeof data);
  sim_world_run_for (lab->world, UDPNAT_MSEC (100));

  return sim_probe_get_count (client) > n_before;
}

static SimNatBehaviour
lab_classify_mapping (Lab      *lab,
                      SimProbe *client)
{
  UdpnatAddress first = lab_observe (lab, client, 0, UDPNAT_SOCKET_MAIN);
  UdpnatAddress other_port = lab_observe (lab, client, 0, UDPNAT_SOCKET_ALT);
  UdpnatAddress other_ip = lab_observe (lab, client, 1, UDPNAT_SOCKET_MAIN);

  /* The same question gets the same answer. */
  UdpnatAddress again = lab_observe (lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_true (udpnat_address_equal (&first, &again));

  if (udpnat_address_equal (&first, &other_ip))
    {
      g_assert_true (udpnat_address_equal (&first, &other_port));
      return SIM_NAT_ENDPOINT_INDEPENDENT;
    }

  return udpnat_address_equal (&first, &other_port) ? SIM_NAT_ADDRESS_DEPENDENT
                                                    : SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
}

static SimNatBehaviour
lab_classify_filtering (Lab      *lab,
                        SimProbe *client)
{
  UdpnatAddress outer = lab_observe (lab, client, 0, UDPNAT_SOCKET_MAIN);

  g_assert_true (lab_reaches (lab, 0, UDPNAT_SOCKET_MAIN, &outer, client));
  if (lab_reaches (lab, 1, UDPNAT_SOCKET_MAIN, &outer, client))
    {
      g_assert_true (lab_reaches (lab, 0, UDPNAT_SOCKET_ALT, &outer, client));
      return SIM_NAT_ENDPOINT_INDEPENDENT;
    }

  if (lab_reaches (lab, 0, UDPNAT_SOCKET_ALT, &outer, client))
    return SIM_NAT_ADDRESS_DEPENDENT;

  return SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
}

/* ---- Behaviours ---- */

static void
test_behaviour (gconstpointer data)
{
  SimNatBehaviour mapping = GPOINTER_TO_UINT (data) / 3;
  SimNatBehaviour filtering = GPOINTER_TO_UINT (data) % 3;
  SimNatAllocator allocators[] = { SIM_NAT_ALLOCATOR_PRESERVING, SIM_NAT_ALLOCATOR_SEQUENTIAL,
                                   SIM_NAT_ALLOCATOR_RANDOM, SIM_NAT_ALLOCATOR_BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (allocators); i++)
    {
      SimNatConfig config = sim_nat_config (mapping, filtering);
      Lab lab;

      config.allocator = allocators[i];
      lab_init (&lab, &config);
      {
        g_autoptr (SimProbe) first = lab_add_client (&lab, "first");
        g_autoptr (SimProbe) second = lab_add_client (&lab, "second");

        g_assert_cmpint (lab_classify_mapping (&lab, first), ==, mapping);
        g_assert_cmpint (lab_classify_filtering (&lab, second), ==, filtering);
      }
      lab_clear (&lab);
    }
}

static void
test_reply_rides_flow (void)
{
  /* With this mapping the client's packet to B would get a port of its own, were it not an
   * answer. */
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer;
  UdpnatAddress observed;
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  g_autoptr (SimProbe) other = lab_add_client (&lab, "other");
  outer = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_true (lab_reaches (&lab, 1, UDPNAT_SOCKET_MAIN, &outer, client));
  observed = lab_observe (&lab, client, 1, UDPNAT_SOCKET_MAIN);
  g_assert_true (udpnat_address_equal (&observed, &outer));
  /* To another port of B it is no answer. */
  observed = lab_observe (&lab, client, 1, UDPNAT_SOCKET_ALT);
  g_assert_false (udpnat_address_equal (&observed, &outer));
  lab_clear (&lab);
}

static void
test_two_hosts_two_ports (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ADDRESS_DEPENDENT);
  UdpnatAddress first;
  UdpnatAddress second;
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) a = lab_add_client (&lab, "a");
  g_autoptr (SimProbe) b = lab_add_client (&lab, "b");
  first = lab_observe (&lab, a, 0, UDPNAT_SOCKET_MAIN);
  second = lab_observe (&lab, b, 0, UDPNAT_SOCKET_MAIN);
  g_assert_true (udpnat_address_equal_ip (&first, &second));
  g_assert_cmpuint (first.port, !=, second.port);
  /* Each answer finds its own. */
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &first, a));
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &second, b));
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &first, b));
  lab_clear (&lab);
}

static void
test_block_udp (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer;
  UdpnatAddress ignored;
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  outer = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  config.block_udp = TRUE;
  sim_nat_set_config (lab.nat, &config);
  g_assert_false (lab_try_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN, &ignored));
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &outer, client));
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NAT_UDP_BLOCKED], ==, 2);
  lab_clear (&lab);
}

/* ---- Allocators ---- */

static void
test_allocator_preserving (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_DEPENDENT, SIM_NAT_ADDRESS_DEPENDENT);
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  g_assert_cmpuint (lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN).port, ==, CLIENT_PORT);
  /* Taken by itself: any other. */
  g_assert_cmpuint (lab_observe (&lab, client, 1, UDPNAT_SOCKET_MAIN).port, !=, CLIENT_PORT);
  g_assert_cmpuint (lab_observe (&lab, client, 1, UDPNAT_SOCKET_MAIN).port, >=, 1024);
  lab_clear (&lab);
}

static void
test_allocator_sequential (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ENDPOINT_INDEPENDENT);
  Lab lab;

  config.allocator = SIM_NAT_ALLOCATOR_SEQUENTIAL;
  config.port_base = 65534; /* two, then round to the first, which is taken */
  lab_init (&lab, &config);
  g_autoptr (SimProbe) a = lab_add_client (&lab, "a");
  UdpnatAddress ignored;

  g_assert_cmpuint (lab_observe (&lab, a, 0, UDPNAT_SOCKET_MAIN).port, ==, 65534);
  g_assert_cmpuint (lab_observe (&lab, a, 0, UDPNAT_SOCKET_ALT).port, ==, 65535);
  g_assert_false (lab_try_observe (&lab, a, 1, UDPNAT_SOCKET_MAIN, &ignored));
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NAT_EXHAUSTED], ==, 1);
  sim_world_run_for (lab.world, UDPNAT_SEC (31));
  g_assert_cmpuint (lab_observe (&lab, a, 1, UDPNAT_SOCKET_MAIN).port, ==, 65534);
  lab_clear (&lab);
}

static void
test_allocator_random (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer_ip = { .family = UDPNAT_FAMILY_IPV4, .ip = { 5, 5, 5, 5 } };
  UdpnatAddress inner = { .family = UDPNAT_FAMILY_IPV4, .ip = { 192, 168, 0, 1 } };
  UdpnatAddress remote = { .family = UDPNAT_FAMILY_IPV4, .ip = { 6, 6, 6, 6 }, .port = 1 };
  guint n_upper = 0;
  SimNat *nat;

  config.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  nat = sim_nat_new ("nat", &config, &outer_ip, sim_random_new (1));
  for (guint i = 1; i <= 2000; i++)
    {
      UdpnatAddress outer;

      inner.port = (guint16) i;
      g_assert_cmpint (sim_nat_translate_out (nat, 0, &inner, &remote, &outer), ==,
                       SIM_NAT_VERDICT_PASS);
      g_assert_cmpuint (outer.port, >=, 1024);
      n_upper += outer.port >= 1024 + 32256 ? 1 : 0;
    }
  g_assert_cmpuint (sim_nat_get_mapping_count (nat, 0), ==, 2000);
  /* 1,000 expected, standard deviation 22. */
  g_assert_cmpuint (n_upper, >, 900);
  g_assert_cmpuint (n_upper, <, 1100);
  sim_nat_free (nat);
}

static void
test_allocator_block (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress ignored;
  Lab lab;

  config.allocator = SIM_NAT_ALLOCATOR_BLOCK;
  config.port_base = 3000;
  config.block_size = 2;
  lab_init (&lab, &config);
  g_autoptr (SimProbe) a = lab_add_client (&lab, "a");
  g_autoptr (SimProbe) b = lab_add_client (&lab, "b");
  guint first = lab_observe (&lab, a, 0, UDPNAT_SOCKET_MAIN).port;
  guint second = lab_observe (&lab, a, 0, UDPNAT_SOCKET_ALT).port;

  g_assert_cmpuint (MIN (first, second), ==, 3000);
  g_assert_cmpuint (MAX (first, second), ==, 3001);
  g_assert_false (lab_try_observe (&lab, a, 1, UDPNAT_SOCKET_MAIN, &ignored));
  /* The neighbour has a block of his own. */
  g_assert_cmpuint (lab_observe (&lab, b, 0, UDPNAT_SOCKET_MAIN).port / 2, ==, 3002 / 2);
  lab_clear (&lab);
}

/* ---- Hairpin ---- */

static void
test_hairpin (gconstpointer data)
{
  gboolean hairpin = GPOINTER_TO_INT (data);
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer_a;
  UdpnatAddress outer_b;
  Lab lab;

  config.hairpin = hairpin;
  lab_init (&lab, &config);
  g_autoptr (SimProbe) a = lab_add_client (&lab, "a");
  g_autoptr (SimProbe) b = lab_add_client (&lab, "b");
  outer_a = lab_observe (&lab, a, 0, UDPNAT_SOCKET_MAIN);
  outer_b = lab_observe (&lab, b, 0, UDPNAT_SOCKET_MAIN);
  sim_probe_send (a, &outer_b, 1, 16);
  sim_world_run_for (lab.world, UDPNAT_MSEC (10));
  g_assert_cmpuint (sim_probe_get_count (b), ==, hairpin ? 1 : 0);
  /* With A's outer address as source: RFC 4787 REQ-9a. */
  if (hairpin)
    g_assert_true (udpnat_address_equal (&sim_probe_get_last (b)->from, &outer_a));
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NAT_NO_HAIRPIN], ==,
                    hairpin ? 0 : 1);
  lab_clear (&lab);
}

static void
test_hairpin_is_filtered (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatAddress outer_a;
  UdpnatAddress outer_b;
  Lab lab;

  config.hairpin = TRUE;
  lab_init (&lab, &config);
  g_autoptr (SimProbe) a = lab_add_client (&lab, "a");
  g_autoptr (SimProbe) b = lab_add_client (&lab, "b");
  outer_a = lab_observe (&lab, a, 0, UDPNAT_SOCKET_MAIN);
  outer_b = lab_observe (&lab, b, 0, UDPNAT_SOCKET_MAIN);
  sim_probe_send (a, &outer_b, 1, 16);
  sim_world_run_for (lab.world, UDPNAT_MSEC (10));
  g_assert_cmpuint (sim_probe_get_count (b), ==, 0);
  sim_probe_send (b, &outer_a, 1, 16);
  sim_world_run_for (lab.world, UDPNAT_MSEC (10));
  g_assert_cmpuint (sim_probe_get_count (a), ==, 1);
  lab_clear (&lab);
}

/* ---- Lifetimes: on the table itself, for exact times ---- */

static const UdpnatAddress life_outer_ip = { .family = UDPNAT_FAMILY_IPV4, .ip = { 5, 5, 5, 5 } };
static const UdpnatAddress life_outer = {
  .family = UDPNAT_FAMILY_IPV4, .ip = { 5, 5, 5, 5 }, .port = 8900,
};
static const UdpnatAddress life_inner = {
  .family = UDPNAT_FAMILY_IPV4, .ip = { 192, 168, 0, 1 }, .port = 8900,
};
static const UdpnatAddress life_remote = {
  .family = UDPNAT_FAMILY_IPV4, .ip = { 6, 6, 6, 6 }, .port = 8848,
};

static SimNat *
life_new (gint64 absolute_lifetime_us)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);

  config.absolute_lifetime_us = absolute_lifetime_us;

  return sim_nat_new ("nat", &config, &life_outer_ip, sim_random_new (1));
}

static void
life_send (SimNat *nat,
           gint64  now_us)
{
  UdpnatAddress outer;

  g_assert_cmpint (sim_nat_translate_out (nat, now_us, &life_inner, &life_remote, &outer), ==,
                   SIM_NAT_VERDICT_PASS);
}

static gboolean
life_receive (SimNat *nat,
              gint64  now_us)
{
  UdpnatAddress inner;
  SimNatVerdict verdict = sim_nat_translate_in (nat, now_us, &life_remote, &life_outer, &inner);

  return verdict == SIM_NAT_VERDICT_PASS;
}

static void
life_expect (SimNat *nat,
             gint64  expires_us)
{
  g_assert_cmpuint (sim_nat_get_mapping_count (nat, expires_us - 1), ==, 1);
  g_assert_cmpuint (sim_nat_get_mapping_count (nat, expires_us), ==, 0);
}

static void
test_lifetime_unreplied (void)
{
  SimNat *nat = life_new (0);

  life_send (nat, 0);
  g_assert_true (life_receive (nat, UDPNAT_SEC (30) - 1));
  sim_nat_flush (nat);
  life_send (nat, 0);
  g_assert_false (life_receive (nat, UDPNAT_SEC (30)));
  sim_nat_flush (nat);

  /* Sent often, never answered. */
  for (guint i = 0; i < 10; i++)
    life_send (nat, UDPNAT_SEC (i));
  life_expect (nat, UDPNAT_SEC (39));
  sim_nat_free (nat);
}

static void
test_lifetime_young (void)
{
  SimNat *nat = life_new (0);

  /* Answered at once, and once more just before it is old enough: still 30 s. */
  life_send (nat, 0);
  g_assert_true (life_receive (nat, UDPNAT_MSEC (50)));
  life_send (nat, UDPNAT_SEC (2));
  life_expect (nat, UDPNAT_SEC (32));
  sim_nat_free (nat);
}

static void
test_lifetime_stream (void)
{
  SimNat *nat = life_new (0);

  life_send (nat, 0);
  g_assert_true (life_receive (nat, UDPNAT_MSEC (50)));
  life_send (nat, UDPNAT_SEC (2) + 1);
  life_expect (nat, UDPNAT_SEC (122) + 1);

  /* Inbound counts as well; but the first answer itself only prepares it. */
  life_send (nat, UDPNAT_SEC (1000));
  g_assert_true (life_receive (nat, UDPNAT_SEC (1010)));
  life_expect (nat, UDPNAT_SEC (1040));
  life_send (nat, UDPNAT_SEC (2000));
  g_assert_true (life_receive (nat, UDPNAT_SEC (2010)));
  g_assert_true (life_receive (nat, UDPNAT_SEC (2011)));
  life_expect (nat, UDPNAT_SEC (2131));
  sim_nat_free (nat);
}

static void
test_lifetime_absolute (void)
{
  SimNat *nat = life_new (UDPNAT_SEC (60));

  for (guint i = 0; i < 60; i++)
    {
      life_send (nat, UDPNAT_SEC (i));
      g_assert_true (life_receive (nat, UDPNAT_SEC (i)));
    }
  life_expect (nat, UDPNAT_SEC (60));
  sim_nat_free (nat);
}

static void
test_lifetime_permission (void)
{
  /* Mapping kept alive by one remote; the other's right to send expires all the same. */
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ADDRESS_DEPENDENT);
  UdpnatAddress other = { .family = UDPNAT_FAMILY_IPV4, .ip = { 7, 7, 7, 7 }, .port = 1 };
  UdpnatAddress other_port = { .family = UDPNAT_FAMILY_IPV4, .ip = { 7, 7, 7, 7 }, .port = 2 };
  UdpnatAddress address;
  SimNat *nat = sim_nat_new ("nat", &config, &life_outer_ip, sim_random_new (1));

  sim_nat_translate_out (nat, 0, &life_inner, &other, &address);
  life_send (nat, UDPNAT_SEC (20));
  g_assert_cmpint (sim_nat_translate_in (nat, UDPNAT_SEC (30), &other, &life_outer, &address), ==,
                   SIM_NAT_VERDICT_FILTERED);
  sim_nat_flush (nat);
  sim_nat_translate_out (nat, 0, &life_inner, &other, &address);
  life_send (nat, UDPNAT_SEC (20));
  g_assert_cmpint (sim_nat_translate_in (nat, UDPNAT_SEC (30) - 1, &other_port, &life_outer,
                                         &address),
                   ==, SIM_NAT_VERDICT_PASS);
  g_assert_true (udpnat_address_equal (&address, &life_inner));
  sim_nat_free (nat);
}

static void
test_flush (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer;
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  outer = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_cmpuint (sim_nat_get_mapping_count (lab.nat, sim_world_now (lab.world)), ==, 1);
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &outer, client));
  sim_nat_flush (lab.nat);
  g_assert_cmpuint (sim_nat_get_mapping_count (lab.nat, sim_world_now (lab.world)), ==, 0);
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &outer, client));
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NAT_UNMAPPED], ==, 1);
  lab_clear (&lab);
}

static void
test_memory_is_bounded (void)
{
  /* One flow a second, each forgotten after 30: what has expired must not be kept. */
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress remote = life_remote;
  UdpnatAddress address;
  SimNat *nat = sim_nat_new ("nat", &config, &life_outer_ip, sim_random_new (1));
  gint64 now_us = 0;

  config.allocator = SIM_NAT_ALLOCATOR_SEQUENTIAL;
  config.port_base = 1024;
  sim_nat_set_config (nat, &config);
  for (guint i = 0; i < 200000; i++)
    {
      now_us += UDPNAT_SEC (1);
      remote.ip[2] = (guint8) (i >> 16);
      remote.ip[3] = (guint8) (i >> 8);
      remote.port = (guint16) (1 + (i & 255));
      g_assert_cmpint (sim_nat_translate_out (nat, now_us, &life_inner, &remote, &address), ==,
                       SIM_NAT_VERDICT_PASS);
    }
  g_assert_cmpuint (sim_nat_get_mapping_count (nat, now_us), ==, 30);
  sim_nat_free (nat);
}

/* ---- Clash ---- */

static void
test_clash (gconstpointer data)
{
  gboolean clash = GPOINTER_TO_INT (data);
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatAddress outer;
  UdpnatAddress observed;
  Lab lab;

  config.clash = clash;
  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  outer = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_false (lab_reaches (&lab, 1, UDPNAT_SOCKET_MAIN, &outer, client));
  observed = lab_observe (&lab, client, 1, UDPNAT_SOCKET_MAIN);
  g_assert_true (udpnat_address_equal (&observed, &outer) == !clash);
  /* Everybody else still sees the mapping. */
  observed = lab_observe (&lab, client, 1, UDPNAT_SOCKET_ALT);
  g_assert_true (udpnat_address_equal (&observed, &outer));
  lab_clear (&lab);
}

static void
test_clash_is_over (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  UdpnatAddress address;
  SimNat *nat;

  config.clash = TRUE;
  nat = sim_nat_new ("nat", &config, &life_outer_ip, sim_random_new (1));
  g_assert_cmpint (sim_nat_translate_in (nat, 0, &life_remote, &life_outer, &address), ==,
                   SIM_NAT_VERDICT_UNMAPPED);
  sim_nat_translate_out (nat, UDPNAT_SEC (30), &life_inner, &life_remote, &address);
  g_assert_true (udpnat_address_equal (&address, &life_outer));
  sim_nat_flush (nat);

  sim_nat_translate_in (nat, 0, &life_remote, &life_outer, &address);
  sim_nat_translate_out (nat, UDPNAT_SEC (30) - 1, &life_inner, &life_remote, &address);
  g_assert_cmpuint (address.port, !=, life_outer.port);
  sim_nat_free (nat);
}

/* ---- Nesting, networks ---- */

static void
test_nested (void)
{
  SimNatConfig carrier_config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                                SIM_NAT_ADDRESS_DEPENDENT);
  SimNatConfig home_config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                             SIM_NAT_ENDPOINT_INDEPENDENT);
  SimNat *home;
  UdpnatAddress observed;
  UdpnatAddress public_ip;
  Lab lab;

  lab_init (&lab, &carrier_config);
  home = sim_world_add_nat (lab.world, "home", lab.nat, NULL, &home_config);
  SimHost *host = sim_world_add_host (lab.world, "client", home, NULL, NULL, NULL);
  g_autoptr (SimProbe) client = sim_probe_new (host, CLIENT_PORT, 0);

  /* A carrier's private address in between: RFC 6598. */
  g_assert_cmpuint (sim_nat_get_outer_ip (home)->ip[0], ==, 100);
  observed = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_true (udpnat_address_equal_ip (&observed, sim_nat_get_outer_ip (lab.nat)));
  public_ip = sim_host_get_public_ip (host, UDPNAT_FAMILY_IPV4);
  g_assert_true (udpnat_address_equal_ip (&observed, &public_ip));
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &observed, client));
  g_assert_cmpuint (sim_nat_get_mapping_count (home, sim_world_now (lab.world)), ==, 1);
  g_assert_cmpuint (sim_nat_get_mapping_count (lab.nat, sim_world_now (lab.world)), ==, 1);
  /* The stricter of the two decides. */
  g_assert_cmpint (lab_classify_mapping (&lab, client), ==, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  g_assert_false (lab_reaches (&lab, 1, UDPNAT_SOCKET_ALT, &observed, client));
  lab_clear (&lab);
}

static void
test_nested_hairpin (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  SimNat *homes[2];
  SimHost *hosts[2];
  UdpnatAddress outer;
  UdpnatAddress inside;
  Lab lab;

  lab_init (&lab, &config);
  homes[0] = sim_world_add_nat (lab.world, "home-a", lab.nat, NULL, &config);
  homes[1] = sim_world_add_nat (lab.world, "home-b", lab.nat, NULL, &config);
  hosts[0] = sim_world_add_host (lab.world, "a", homes[0], NULL, NULL, NULL);
  hosts[1] = sim_world_add_host (lab.world, "b", homes[1], NULL, NULL, NULL);
  g_autoptr (SimProbe) a = sim_probe_new (hosts[0], CLIENT_PORT, 0);
  g_autoptr (SimProbe) b = sim_probe_new (hosts[1], CLIENT_PORT, 0);
  outer = lab_observe (&lab, b, 0, UDPNAT_SOCKET_MAIN);

  /* The carrier does no hairpin: only the address within its network works. */
  sim_probe_send (a, &outer, 1, 16);
  inside = *sim_nat_get_outer_ip (homes[1]);
  inside.port = CLIENT_PORT;
  sim_probe_send (a, &inside, 2, 16);
  sim_world_run_for (lab.world, UDPNAT_MSEC (100));
  g_assert_cmpuint (sim_probe_get_count (b), ==, 1);
  g_assert_cmpuint (sim_probe_get_last (b)->number, ==, 2);
  g_assert_true (udpnat_address_equal_ip (&sim_probe_get_last (b)->from,
                                          sim_nat_get_outer_ip (homes[0])));

  config.hairpin = TRUE;
  sim_nat_set_config (lab.nat, &config);
  sim_probe_send (a, &outer, 3, 16);
  sim_world_run_for (lab.world, UDPNAT_MSEC (100));
  g_assert_cmpuint (sim_probe_get_last (b)->number, ==, 3);
  g_assert_true (udpnat_address_equal_ip (&sim_probe_get_last (b)->from,
                                          sim_nat_get_outer_ip (lab.nat)));
  lab_clear (&lab);
}

static void
test_new_outer_address (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress before;
  UdpnatAddress after;
  Lab lab;

  lab_init (&lab, &config);
  g_autoptr (SimProbe) client = lab_add_client (&lab, "client");
  before = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  sim_world_set_nat_address (lab.world, lab.nat, NULL);
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &before, client));
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NO_ROUTE], ==, 1);
  after = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  g_assert_false (udpnat_address_equal_ip (&before, &after));
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &after, client));
  lab_clear (&lab);
}

static void
test_host_gone (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  UdpnatAddress outer;
  Lab lab;

  lab_init (&lab, &config);
  SimHost *host = sim_world_add_host (lab.world, "client", lab.nat, NULL, NULL, NULL);
  g_autoptr (SimProbe) client = sim_probe_new (host, CLIENT_PORT, 0);
  outer = lab_observe (&lab, client, 0, UDPNAT_SOCKET_MAIN);
  sim_host_move (host, NULL, NULL);
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &outer, client));
  /* It ends here, and is not taken for one that wants to leave. */
  g_assert_cmpuint (sim_world_get_stats (lab.world)->dropped[SIM_DROP_NO_ROUTE], ==, 1);
  g_assert_cmpuint (sim_nat_get_mapping_count (lab.nat, sim_world_now (lab.world)), ==, 1);
  lab_clear (&lab);
}

static void
test_firewall (gconstpointer data)
{
  SimNatBehaviour filtering = GPOINTER_TO_UINT (data);
  SimNatConfig config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT, filtering);
  UdpnatAddress servers[2];
  UdpnatAddress inner;
  Lab lab;

  lab_init (&lab, &config);
  SimHost *host = sim_world_add_host (lab.world, "client", lab.nat, NULL, NULL, NULL);
  g_autoptr (SimProbe) client = sim_probe_new (host, CLIENT_PORT, 0);
  sim_host_add_address (host, NULL);
  inner = sim_host_get_address (host, UDPNAT_FAMILY_IPV6);
  for (guint i = 0; i < 2; i++)
    {
      sim_host_add_address (lab.hosts[i], NULL);
      servers[i] = sim_host_get_address (lab.hosts[i], UDPNAT_FAMILY_IPV6);
    }

  /* Closed until the inside speaks; never translated, whatever the mapping for IPv4. */
  g_assert_false (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &inner, client));
  for (guint i = 0; i < 2; i++)
    {
      if (i == 1)
        g_assert_true (lab_reaches (&lab, 1, UDPNAT_SOCKET_MAIN, &inner, client) ==
                       (filtering == SIM_NAT_ENDPOINT_INDEPENDENT));
      sim_probe_send (client, &servers[i], 1, 16);
      sim_world_run_for (lab.world, UDPNAT_MSEC (100));
      g_assert_true (udpnat_address_equal (&sim_probe_get_last (lab.servers[i])->from, &inner));
    }
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_MAIN, &inner, client));
  g_assert_true (lab_reaches (&lab, 0, UDPNAT_SOCKET_ALT, &inner, client) ==
                 (filtering != SIM_NAT_ADDRESS_AND_PORT_DEPENDENT));
  lab_clear (&lab);
}

static void
test_lan (void)
{
  SimNatConfig config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ENDPOINT_INDEPENDENT);
  Lab lab;

  lab_init (&lab, &config);
  SimHost *host_a = sim_world_add_host (lab.world, "a", lab.nat, NULL, NULL, NULL);
  SimHost *host_b = sim_world_add_host (lab.world, "b", lab.nat, NULL, NULL, NULL);
  g_autoptr (SimProbe) a = sim_probe_new (host_a, CLIENT_PORT, 0);
  g_autoptr (SimProbe) b = sim_probe_new (host_b, CLIENT_PORT, 0);
  sim_host_add_address (host_a, NULL);
  sim_host_add_address (host_b, NULL);
  UdpnatFamily families[] = { UDPNAT_FAMILY_IPV4, UDPNAT_FAMILY_IPV6 };

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      UdpnatAddress from = sim_host_get_address (host_a, families[i]);
      UdpnatAddress to = sim_host_get_address (host_b, families[i]);
      gint64 sent_us = sim_world_now (lab.world);
      guint8 data[4] = { 0 };

      /* One hop: no router in between. */
      sim_probe_send_full (a, UDPNAT_SOCKET_MAIN, 1, &to, data, sizeof data);
      sim_world_run_for (lab.world, UDPNAT_MSEC (1));
      g_assert_cmpuint (sim_probe_get_count (b), ==, i + 1);
      g_assert_true (udpnat_address_equal (&sim_probe_get_last (b)->from, &from));
      g_assert_cmpint (sim_probe_get_last (b)->now_us - sent_us, ==, 200);
    }
  g_assert_cmpuint (sim_nat_get_mapping_count (lab.nat, sim_world_now (lab.world)), ==, 0);
  lab_clear (&lab);
}

static void
add_behaviours (void)
{
  static const char *const names[] = { "endpoint-independent", "address-dependent",
                                       "address-and-port-dependent" };

  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *path = g_strdup_printf ("/sim-nat/behaviour/%s-mapping-%s-filtering",
                                               names[i / 3], names[i % 3]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_behaviour);
    }
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *path = g_strdup_printf ("/sim-nat/ipv6/%s-firewall", names[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_firewall);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_behaviours ();
  g_test_add_func ("/sim-nat/flow/reply-leaves-by-same-mapping", test_reply_rides_flow);
  g_test_add_func ("/sim-nat/flow/two-hosts-have-two-ports", test_two_hosts_two_ports);
  g_test_add_func ("/sim-nat/block-udp/nothing-passes", test_block_udp);
  g_test_add_func ("/sim-nat/allocator/preserving", test_allocator_preserving);
  g_test_add_func ("/sim-nat/allocator/sequential", test_allocator_sequential);
  g_test_add_func ("/sim-nat/allocator/random", test_allocator_random);
  g_test_add_func ("/sim-nat/allocator/block", test_allocator_block);
  g_test_add_data_func ("/sim-nat/hairpin/off", GINT_TO_POINTER (FALSE), test_hairpin);
  g_test_add_data_func ("/sim-nat/hairpin/on", GINT_TO_POINTER (TRUE), test_hairpin);
  g_test_add_func ("/sim-nat/hairpin/is-filtered", test_hairpin_is_filtered);
  g_test_add_func ("/sim-nat/lifetime/30s-unreplied", test_lifetime_unreplied);
  g_test_add_func ("/sim-nat/lifetime/30s-while-young", test_lifetime_young);
  g_test_add_func ("/sim-nat/lifetime/120s-for-a-stream", test_lifetime_stream);
  g_test_add_func ("/sim-nat/lifetime/absolute", test_lifetime_absolute);
  g_test_add_func ("/sim-nat/lifetime/permission-expires-alone", test_lifetime_permission);
  g_test_add_func ("/sim-nat/flush/mappings-forgotten", test_flush);
  g_test_add_func ("/sim-nat/memory/expired-flows-are-freed", test_memory_is_bounded);
  g_test_add_data_func ("/sim-nat/clash/off", GINT_TO_POINTER (FALSE), test_clash);
  g_test_add_data_func ("/sim-nat/clash/moves-the-flow", GINT_TO_POINTER (TRUE), test_clash);
  g_test_add_func ("/sim-nat/clash/over-after-30s", test_clash_is_over);
  g_test_add_func ("/sim-nat/nested/both-translate", test_nested);
  g_test_add_func ("/sim-nat/nested/hairpin-at-the-carrier", test_nested_hairpin);
  g_test_add_func ("/sim-nat/outer-address/changes", test_new_outer_address);
  g_test_add_func ("/sim-nat/lan/nobody-at-the-inner-address", test_host_gone);
  g_test_add_func ("/sim-nat/lan/direct", test_lan);

  return g_test_run ();
}
