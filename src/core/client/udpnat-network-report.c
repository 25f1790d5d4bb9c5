/* What is known of our own network, for views: the core's facts as codes and texts, what they mean
 * for reaching people, and what could be done about it. */

#include "config.h"

#include "udpnat-network-report.h"

#include "udpnat-nat-words.h"
#include "udpnat-report-writer-private.h"

struct _UdpnatNetworkReport
{
  GObject            parent_instance;

  UdpnatNetworkFacts facts;
  char               server[UDPNAT_ADDRESS_TEXT_BYTES];
  char               hosts[UDPNAT_CANDIDATES_MAX][UDPNAT_ADDRESS_TEXT_BYTES];
  char               observed[2][UDPNAT_ADDRESS_TEXT_BYTES];
  const char        *mapping;  /* static */
  const char        *protocol; /* static */
  char               opened[UDPNAT_ADDRESS_TEXT_BYTES];
};

G_DEFINE_FINAL_TYPE (UdpnatNetworkReport, udpnat_network_report, G_TYPE_OBJECT)

static void
udpnat_network_report_class_init (UdpnatNetworkReportClass *klass)
{
}

static void
udpnat_network_report_init (UdpnatNetworkReport *self)
{
}

static void
write_address (const UdpnatAddress *address,
               char                 text[UDPNAT_ADDRESS_TEXT_BYTES])
{
  if (udpnat_address_is_set (address))
    udpnat_address_to_string (address, text);
}

/**
 * udpnat_network_report_new:
 * @facts: copied
 * @mapping: a static code: whether our router keeps a port open
 * @protocol: static: by which it was asked to, "" when it does not
 */
UdpnatNetworkReport *
udpnat_network_report_new (const UdpnatNetworkFacts *facts,
                           const char               *mapping,
                           const char               *protocol)
{
  UdpnatNetworkReport *self = g_object_new (UDPNAT_TYPE_NETWORK_REPORT, NULL);

  self->facts = *facts;
  self->mapping = mapping;
  self->protocol = protocol;
  write_address (&facts->opened, self->opened);
  write_address (&facts->server, self->server);
  for (guint i = 0; i < facts->n_hosts; i++)
    write_address (&facts->hosts[i], self->hosts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->observed); i++)
    write_address (&facts->observed[i], self->observed[i]);
  return self;
}

/** udpnat_network_report_get_nat: Returns: code of the kind of router */
const char *
udpnat_network_report_get_nat (UdpnatNetworkReport *self)
{
  return udpnat_nat_kind_to_code (self->facts.nat);
}

/** udpnat_network_report_get_port_rule: Returns: code of what it does with our port */
const char *
udpnat_network_report_get_port_rule (UdpnatNetworkReport *self)
{
  return udpnat_port_rule_to_code (self->facts.ports);
}

/** udpnat_network_report_get_udp_state: Returns: code of whether UDP works */
const char *
udpnat_network_report_get_udp_state (UdpnatNetworkReport *self)
{
  return udpnat_udp_state_to_code (self->facts.udp);
}

/** udpnat_network_report_has_ipv6: whether an address of ours is valid on the whole Internet */
gboolean
udpnat_network_report_has_ipv6 (UdpnatNetworkReport *self)
{
  return self->facts.has_ipv6;
}

/** udpnat_network_report_get_server: Returns: its address, "" when there is none */
const char *
udpnat_network_report_get_server (UdpnatNetworkReport *self)
{
  return self->server;
}

/** udpnat_network_report_get_server_rtt: Returns: µs; 0: not known */
gint64
udpnat_network_report_get_server_rtt (UdpnatNetworkReport *self)
{
  return self->facts.server_rtt_us;
}

/** udpnat_network_report_get_host: Returns: (nullable): an address of ours; %NULL after the last */
const char *
udpnat_network_report_get_host (UdpnatNetworkReport *self,
                                guint                index)
{
  return index < self->facts.n_hosts ? self->hosts[index] : NULL;
}

/**
 * udpnat_network_report_get_observed:
 * @server_port: 0 for its main port, 1 for its second one
 *
 * Returns: as what address the server sees us, "" when not known
 */
const char *
udpnat_network_report_get_observed (UdpnatNetworkReport *self,
                                    guint                server_port)
{
  g_return_val_if_fail (server_port < G_N_ELEMENTS (self->observed), "");

  return self->observed[server_port];
}

/** udpnat_network_report_get_port_mapping: Returns: code of whether our router keeps one open */
const char *
udpnat_network_report_get_port_mapping (UdpnatNetworkReport *self)
{
  return self->mapping;
}

/** udpnat_network_report_get_mapping_protocol: Returns: by which it was asked to; "": it keeps none
 */
const char *
udpnat_network_report_get_mapping_protocol (UdpnatNetworkReport *self)
{
  return self->protocol;
}

/** udpnat_network_report_get_mapped: Returns: where it lets people in, "" when it does not */
const char *
udpnat_network_report_get_mapped (UdpnatNetworkReport *self)
{
  return *self->protocol != '\0' ? self->opened : "";
}

/* ---- Tests of our routers ---- */

/* A server on our own side of the router sees what we see ourselves. */
static gboolean
is_server_inside (UdpnatNetworkReport *self)
{
  const UdpnatAddress *observed = &self->facts.observed[0];

  if (!udpnat_address_is_set (observed) ||
      udpnat_address_get_scope (observed) == UDPNAT_SCOPE_GLOBAL)
    return FALSE;
  if (udpnat_address_get_scope (observed) == UDPNAT_SCOPE_LOOPBACK)
    return TRUE;
  for (guint i = 0; i < self->facts.n_hosts; i++)
    if (udpnat_address_equal_ip (&self->facts.hosts[i], observed))
      return TRUE;
  return FALSE;
}

/** udpnat_network_report_get_test_state: Returns: code of how far the tests are; "none": there is
 * no server to test with, "server-inside": it is on this side of the routers */
const char *
udpnat_network_report_get_test_state (UdpnatNetworkReport *self)
{
  if (self->facts.is_testing)
    return "running";
  if (self->facts.tests.state == UDPNAT_NAT_TEST_RUNNING)
    return "none";
  return is_server_inside (self) ? "server-inside"
                                 : udpnat_nat_test_state_to_code (self->facts.tests.state);
}

/** udpnat_network_report_get_tests: Returns: (nullable): what they have found out; %NULL unless
 * their state is "done" */
const UdpnatNatFacts *
udpnat_network_report_get_tests (UdpnatNetworkReport *self)
{
  return g_str_equal (udpnat_network_report_get_test_state (self), "done") ? &self->facts.tests
                                                                           : NULL;
}

/* ---- What it means ---- */

/* What the tests know goes before what the server's two ports show. */
static const char *
get_meaning_of_nat (UdpnatNetworkReport *self)
{
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (self);

  if (is_server_inside (self))
    return "server-inside";
  if (tests != NULL && tests->mapping != UDPNAT_MAPPING_RULE_UNKNOWN)
    return udpnat_nat_words_get_meaning (tests);
  switch (self->facts.nat)
    {
    case UDPNAT_NAT_KIND_UNKNOWN:
      return "unknown";
    case UDPNAT_NAT_KIND_NONE:
      return "open";
    case UDPNAT_NAT_KIND_INDEPENDENT:
      return "easy";
    case UDPNAT_NAT_KIND_DEPENDENT:
      return "hard";
    }
  return "unknown";
}

/** udpnat_network_report_get_meaning: Returns: code of what all this means for reaching people */
const char *
udpnat_network_report_get_meaning (UdpnatNetworkReport *self)
{
  switch (self->facts.udp)
    {
    case UDPNAT_UDP_STATE_UNKNOWN:
      return "no-server";
    case UDPNAT_UDP_STATE_TRYING:
      return "asking";
    case UDPNAT_UDP_STATE_SILENT:
      return "silent";
    case UDPNAT_UDP_STATE_BLOCKED:
      return "blocked";
    case UDPNAT_UDP_STATE_WORKS:
      return get_meaning_of_nat (self);
    }
  return "unknown";
}

/** udpnat_network_report_get_fix: Returns: (nullable): code of what can be done; %NULL: nothing */
const char *
udpnat_network_report_get_fix (UdpnatNetworkReport *self)
{
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (self);

  if (self->facts.udp == UDPNAT_UDP_STATE_SILENT)
    return self->facts.n_hosts > 0 ? "allow-udp" : "connect";
  if (self->facts.udp == UDPNAT_UDP_STATE_BLOCKED)
    return "unblock-udp";
  if (g_str_equal (udpnat_network_report_get_meaning (self), "hard"))
    return self->facts.has_ipv6 ? "router-mode" : "router-mode-or-ipv6";
  return self->facts.udp == UDPNAT_UDP_STATE_WORKS && tests != NULL
           ? udpnat_nat_words_get_fix (tests)
           : NULL;
}

/* ---- Copying ---- */

static void
add_allocator (UdpnatReportWriter   *writer,
               const UdpnatNatFacts *tests)
{
  const char *code = udpnat_port_allocator_to_code (tests->allocator);

  switch (tests->allocator)
    {
    case UDPNAT_PORT_ALLOCATOR_SEQUENTIAL:
      udpnat_report_writer_add (writer, "allocator", "%s, step %d, %u others a second", code,
                                tests->step, tests->flows_per_second);
      break;
    case UDPNAT_PORT_ALLOCATOR_BLOCK:
      udpnat_report_writer_add (writer, "allocator", "%s, %u to %u", code, tests->block_first,
                                tests->block_last);
      break;
    case UDPNAT_PORT_ALLOCATOR_UNKNOWN:
    case UDPNAT_PORT_ALLOCATOR_PRESERVING:
    case UDPNAT_PORT_ALLOCATOR_RANDOM:
      udpnat_report_writer_add (writer, "allocator", "%s", code);
      break;
    }
}

static void
add_lifetime (UdpnatReportWriter   *writer,
              const UdpnatNatFacts *tests)
{
  udpnat_report_writer_add (writer, "lifetime", "%s",
                            udpnat_lifetime_state_to_code (tests->lifetime_state));
  if (tests->lifetime_us > 0)
    udpnat_report_writer_add (writer, "idle-port-alive-after", "%d s",
                              (int) (tests->lifetime_us / G_USEC_PER_SEC));
  if (tests->lifetime_dead_us > 0)
    udpnat_report_writer_add (writer, "idle-port-dead-after", "%d s",
                              (int) (tests->lifetime_dead_us / G_USEC_PER_SEC));
  if (tests->absolute_lifetime_us > 0)
    udpnat_report_writer_add (writer, "busy-port-replaced-after", "%d s",
                              (int) (tests->absolute_lifetime_us / G_USEC_PER_SEC));
}

static void
add_tests (UdpnatReportWriter  *writer,
           UdpnatNetworkReport *self)
{
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (self);

  udpnat_report_writer_add (writer, "tests", "%s", udpnat_network_report_get_test_state (self));
  if (tests == NULL)
    return;
  udpnat_report_writer_add (writer, "mapping", "%s", udpnat_mapping_rule_to_code (tests->mapping));
  udpnat_report_writer_add (writer, "filtering", "%s",
                            udpnat_filtering_rule_to_code (tests->filtering));
  udpnat_report_writer_add (writer, "server-addresses", "%d", tests->is_address_tested ? 2 : 1);
  add_allocator (writer, tests);
  udpnat_report_writer_add (writer, "hairpin", "%s", udpnat_finding_to_code (tests->hairpin));
  udpnat_report_writer_add (writer, "poisoned", "%s", udpnat_finding_to_code (tests->poisoned));
  if (tests->open_ttl != 0)
    udpnat_report_writer_add (writer, "open-ttl", "%u", tests->open_ttl);
  add_lifetime (writer, tests);
}

/**
 * udpnat_network_report_to_text:
 * @is_masked: whether IP addresses are replaced by words that tell nobody where somebody is
 *
 * Returns: (transfer full): all of it as plain text, one fact a line
 */
char *
udpnat_network_report_to_text (UdpnatNetworkReport *self,
                               gboolean             is_masked)
{
  g_autoptr (UdpnatReportWriter) writer = udpnat_report_writer_new (is_masked);
  const char *fix = udpnat_network_report_get_fix (self);

  udpnat_report_writer_add (writer, "udpnat", "%s, network report", PACKAGE_VERSION);
  udpnat_report_writer_add (writer, "udp", "%s", udpnat_network_report_get_udp_state (self));
  udpnat_report_writer_add (writer, "router", "%s", udpnat_network_report_get_nat (self));
  udpnat_report_writer_add (writer, "ports", "%s", udpnat_network_report_get_port_rule (self));
  udpnat_report_writer_add (writer, "ipv6", "%s", self->facts.has_ipv6 ? "yes" : "no");
  for (guint i = 0; i < self->facts.n_hosts; i++)
    udpnat_report_writer_add_address (writer, "our-address", &self->facts.hosts[i], NULL);
  udpnat_report_writer_add_address (writer, "seen-by-server", &self->facts.observed[0], NULL);
  udpnat_report_writer_add_address (writer, "seen-by-second-port", &self->facts.observed[1], NULL);
  udpnat_report_writer_add (writer, "port-mapping", "%s%s%s", self->mapping,
                            *self->protocol != '\0' ? ", " : "", self->protocol);
  if (*udpnat_network_report_get_mapped (self) != '\0')
    udpnat_report_writer_add_address (writer, "mapped-address", &self->facts.opened, NULL);
  udpnat_report_writer_add_address (writer, "server", &self->facts.server, NULL);
  udpnat_report_writer_add_time (writer, "server-round-trip", self->facts.server_rtt_us);
  add_tests (writer, self);
  udpnat_report_writer_add (writer, "meaning", "%s", udpnat_network_report_get_meaning (self));
  if (fix != NULL)
    udpnat_report_writer_add (writer, "fix", "%s", fix);
  return udpnat_report_writer_end (writer);
}
