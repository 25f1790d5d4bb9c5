/* A probe and servers that do not do what they should. Behind real rules: tests/sim. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-nat-probe.h"
#include "udpnat-stun.h"

#include <string.h>

#define DELAY_US UDPNAT_MSEC (20)
#define PENDING_MAX 256

/* What the server does wrong. */
typedef enum
{
  FAULT_NONE,
  FAULT_SILENT,
  FAULT_GARBAGE,         /* answers, but not STUN */
  FAULT_REFUSES,         /* everything */
  FAULT_OTHER_SOURCE,    /* answers from a third address */
  FAULT_OTHER_ID,
  FAULT_NO_MAPPED,       /* answers without saying how it sees us */
  FAULT_IGNORES_CHANGE,  /* answers from where it was asked */
  FAULT_REFUSES_CHANGE,
  FAULT_IGNORES_RESPONSE_PORT,
  FAULT_REFUSES_RESPONSE_PORT,
  FAULT_CHANCE,          /* a router of many ports gives one socket the same one twice */
  FAULT_DEAF_SECOND_IP,  /* names a second address that does not answer when it is asked */
  FAULT_VICTIM,          /* likewise, and nothing ever comes from there */
} Fault;

typedef struct
{
  UdpnatNatProbe *probe;
  UdpnatMachine  *machine;
  gint64          now_us;
  Fault           fault;
  UdpnatAddress   server;
  UdpnatAddress   other;     /* what it names as OTHER-ADDRESS */
  UdpnatDatagram *pending;   /* answers under way, in order */
  gint64          arrivals_us[PENDING_MAX];
  guint           n_pending;
  guint           n_sent;
  guint           n_to_other; /* of these, to another IP address than the server's */
  gint64          last_sent_us;
  gint64          least_gap_us;
  GHashTable     *open;      /* sockets that the probe has not closed */
  guint           n_done;
  guint           n_lifetime;
} Fixture;

static UdpnatAddress
parse (const char *ip,
       guint16     port)
{
  UdpnatAddress address;
  gboolean      is_parsed = udpnat_address_parse_ip (&address, ip, port);

  g_assert_true (is_parsed);
  return address;
}

/* ---- The server ---- */

static guint16
get_port (UdpnatSocketId socket)
{
  return (guint16) (20000 + socket);
}

static void
reply (Fixture                 *self,
       const UdpnatAddress     *from,
       UdpnatSocketId           socket,
       const UdpnatStunMessage *message)
{
  UdpnatDatagram *datagram = &self->pending[self->n_pending];
  UdpnatWriter writer;

  g_assert_cmpuint (self->n_pending, <, PENDING_MAX);
  self->arrivals_us[self->n_pending++] = self->now_us + DELAY_US;
  *datagram = (UdpnatDatagram) { .socket = socket, .local_port = get_port (socket),
                                 .remote = *from };
  udpnat_writer_init (&writer, datagram->data, sizeof datagram->data);
  udpnat_stun_write (&writer, message);
  datagram->n_data = writer.n_written;
  if (self->fault == FAULT_GARBAGE)
    datagram->n_data = 7;
}

static UdpnatAddress
get_source (Fixture                 *self,
            const UdpnatAddress     *asked,
            const UdpnatStunMessage *request)
{
  UdpnatAddress source = *asked;

  if (self->fault == FAULT_OTHER_SOURCE)
    return parse ("203.0.113.99", asked->port);
  if (self->fault == FAULT_IGNORES_CHANGE)
    return source;
  if ((request->change & UDPNAT_STUN_CHANGE_IP) != 0)
    memcpy (source.ip, self->other.ip, sizeof source.ip);
  if ((request->change & UDPNAT_STUN_CHANGE_PORT) != 0)
    source.port = self->other.port;
  return source;
}

static gboolean
is_refused (Fixture                 *self,
            const UdpnatStunMessage *request)
{
  return self->fault == FAULT_REFUSES
         || (self->fault == FAULT_REFUSES_CHANGE && request->change != 0)
         || (self->fault == FAULT_REFUSES_RESPONSE_PORT && request->response_port != 0);
}

static UdpnatAddress
get_mapped (const Fixture        *self,
            const UdpnatDatagram *datagram)
{
  UdpnatAddress mapped = parse ("203.0.113.1", get_port (datagram->socket));

  if (self->fault == FAULT_CHANCE && datagram->socket != UDPNAT_SOCKET_MAIN)
    mapped.port = (guint16) (40000 + (datagram->socket * 7919 + datagram->remote.port) % 512);
  return mapped;
}

static void
answer (Fixture                 *self,
        const UdpnatDatagram    *datagram,
        const UdpnatStunMessage *request)
{
  gboolean is_bad = is_refused (self, request);
  UdpnatAddress source = is_bad ? datagram->remote : get_source (self, &datagram->remote, request);
  UdpnatSocketId socket = datagram->socket;
  UdpnatStunMessage response;

  udpnat_stun_init_response (&response, request, is_bad ? UDPNAT_STUN_ERROR : UDPNAT_STUN_SUCCESS);
  response.error_code = is_bad ? 420 : 0;
  if (!is_bad && self->fault != FAULT_NO_MAPPED)
    response.mapped = get_mapped (self, datagram);
  response.other = self->other;
  if (self->fault == FAULT_OTHER_ID)
    response.id[15] ^= 1;
  if (!is_bad && request->response_port != 0 && self->fault != FAULT_IGNORES_RESPONSE_PORT)
    socket = (UdpnatSocketId) (request->response_port - 20000);
  reply (self, &source, socket, &response);
}

static void
take_output (Fixture              *self,
             const UdpnatDatagram *datagram)
{
  gpointer socket = GUINT_TO_POINTER ((guint) datagram->socket);
  gboolean is_to_other = !udpnat_address_equal_ip (&datagram->remote, &self->server);
  UdpnatStunMessage request;

  if (datagram->n_data == 0)
    {
      g_assert_true (g_hash_table_remove (self->open, socket));
      return;
    }
  if (datagram->socket != UDPNAT_SOCKET_MAIN)
    g_hash_table_add (self->open, socket);
  if (self->n_sent > 0)
    self->least_gap_us = MIN (self->least_gap_us, self->now_us - self->last_sent_us);
  self->last_sent_us = self->now_us;
  self->n_sent++;
  self->n_to_other += is_to_other;
  g_assert_true (udpnat_stun_parse (&request, datagram->data, datagram->n_data));
  if (request.type != UDPNAT_STUN_REQUEST || self->fault == FAULT_SILENT
      || (is_to_other && self->fault >= FAULT_DEAF_SECOND_IP)
      || ((request.change & UDPNAT_STUN_CHANGE_IP) != 0 && self->fault == FAULT_VICTIM))
    return;
  answer (self, datagram, &request);
}

/* ---- Time ---- */

static void
take_events (Fixture *self)
{
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (self->machine)) != NULL)
    {
      self->n_done += event->type == UDPNAT_NAT_PROBE_EVENT_DONE;
      self->n_lifetime += event->type == UDPNAT_NAT_PROBE_EVENT_LIFETIME;
      udpnat_event_free (event);
    }
}

static void
pump (Fixture *self)
{
  UdpnatDatagram datagram;

  take_events (self);
  while (udpnat_machine_pop_output (self->machine, self->now_us, &datagram))
    take_output (self, &datagram);
}

static void
deliver_first (Fixture *self)
{
  UdpnatDatagram datagram = self->pending[0];

  self->n_pending--;
  memmove (self->pending, self->pending + 1, self->n_pending * sizeof *self->pending);
  memmove (self->arrivals_us, self->arrivals_us + 1,
           self->n_pending * sizeof *self->arrivals_us);
  udpnat_machine_handle_datagram (self->machine, self->now_us, &datagram);
}

/* Until nothing happens any more; fails when that does not come about. */
static void
run (Fixture *self)
{
  for (guint i = 0; i < 10000; i++)
    {
      gint64 deadline_us = udpnat_machine_next_deadline (self->machine);
      gint64 arrival_us = self->n_pending > 0 ? self->arrivals_us[0] : UDPNAT_TIME_NEVER;
      gint64 next_us = udpnat_time_min (deadline_us, arrival_us);

      if (next_us == UDPNAT_TIME_NEVER)
        return;
      self->now_us = MAX (self->now_us, next_us);
      if (arrival_us <= self->now_us)
        deliver_first (self);
      else
        udpnat_machine_handle_deadline (self->machine, self->now_us);
      pump (self);
    }
  g_assert_not_reached ();
}

static void
fill_random (gpointer user_data,
             guint8  *out,
             gsize    n_out)
{
  static guint8 counter;

  for (gsize i = 0; i < n_out; i++)
    out[i] = i == 0 ? counter++ : (guint8) i;
}

static void
start (Fixture    *self,
       Fault       fault,
       const char *other_ip,
       guint16     other_port,
       gboolean    is_lifetime_wanted)
{
  UdpnatNatProbeConfig config = {
    .random = { fill_random, NULL },
    .server = parse ("203.0.113.10", 3478),
    .first_socket = UDPNAT_SOCKET_FURTHER + 7,
    .is_lifetime_wanted = is_lifetime_wanted,
  };

  *self = (Fixture) { .now_us = UDPNAT_SEC (1), .fault = fault, .server = config.server,
                      .least_gap_us = G_MAXINT64 };
  if (other_ip != NULL)
    self->other = parse (other_ip, other_port);
  self->pending = g_new (UdpnatDatagram, PENDING_MAX);
  self->open = g_hash_table_new (NULL, NULL);
  self->probe = udpnat_nat_probe_new (&config, self->now_us);
  self->machine = udpnat_nat_probe_get_machine (self->probe);
  pump (self);
}

static void
clear (Fixture *self)
{
  udpnat_nat_probe_free (self->probe);
  g_hash_table_unref (self->open);
  g_free (self->pending);
}

static UdpnatNatFacts
play_all (Fault       fault,
          const char *other_ip,
          guint16     other_port,
          gboolean    is_lifetime_wanted,
          guint      *out_n_to_other)
{
  UdpnatNatFacts facts;
  Fixture self;

  start (&self, fault, other_ip, other_port, is_lifetime_wanted);
  run (&self);
  g_assert_true (udpnat_nat_probe_is_over (self.probe));
  g_assert_cmpuint (self.n_done, ==, 1);
  g_assert_cmpuint (g_hash_table_size (self.open), ==, 0);
  g_assert_cmpint (self.least_gap_us, >=, UDPNAT_NAT_TEST_GAP_US);
  udpnat_nat_probe_get_facts (self.probe, &facts);
  g_assert_cmpuint (facts.n_packets, ==, self.n_sent);
  g_assert_cmpuint (self.n_lifetime, ==, is_lifetime_wanted
                                         && facts.state == UDPNAT_NAT_TEST_DONE);
  if (out_n_to_other != NULL)
    *out_n_to_other = self.n_to_other;
  clear (&self);
  return facts;
}

static UdpnatNatFacts
play (Fault fault)
{
  return play_all (fault, "203.0.113.11", 3479, FALSE, NULL);
}

/* ---- Tests ---- */

static void
test_good_server (void)
{
  UdpnatNatFacts facts = play (FAULT_NONE);

  g_assert_cmpint (facts.state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_INDEPENDENT);
  g_assert_true (facts.is_address_tested);
  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_PRESERVING);
  g_assert_cmpint (facts.rtt_us, ==, DELAY_US);
  g_assert_cmpuint (facts.observed.port, ==, get_port (UDPNAT_SOCKET_MAIN));
}

static void
test_same_port_by_chance (void)
{
  UdpnatNatFacts chance = play_all (FAULT_CHANCE, "203.0.113.10", 3479, FALSE, NULL);
  UdpnatNatFacts good = play_all (FAULT_NONE, "203.0.113.10", 3479, FALSE, NULL);

  g_test_summary ("One of 512 routers with a block gives one socket the same port twice");
  g_assert_cmpint (chance.mapping, ==, UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT);
  g_assert_cmpint (chance.allocator, ==, UDPNAT_PORT_ALLOCATOR_BLOCK);
  g_assert_cmpint (good.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
}

static void
test_nothing_there (void)
{
  g_assert_cmpint (play (FAULT_SILENT).state, ==, UDPNAT_NAT_TEST_NO_ANSWER);
}

static void
test_not_stun (void)
{
  g_assert_cmpint (play (FAULT_GARBAGE).state, ==, UDPNAT_NAT_TEST_NOT_STUN);
  g_assert_cmpint (play (FAULT_REFUSES).state, ==, UDPNAT_NAT_TEST_NOT_STUN);
  g_assert_cmpint (play (FAULT_NO_MAPPED).state, ==, UDPNAT_NAT_TEST_NOT_STUN);
}

static void
test_forged (void)
{
  g_assert_cmpint (play (FAULT_OTHER_SOURCE).state, ==, UDPNAT_NAT_TEST_NO_ANSWER);
  g_assert_cmpint (play (FAULT_OTHER_ID).state, ==, UDPNAT_NAT_TEST_NO_ANSWER);
}

/* Nothing is said about filtering by a server that cannot tell. */
static void
test_no_change (void)
{
  UdpnatNatFacts ignores = play (FAULT_IGNORES_CHANGE);
  UdpnatNatFacts refuses = play (FAULT_REFUSES_CHANGE);

  g_assert_cmpint (ignores.filtering, ==, UDPNAT_FILTERING_RULE_UNKNOWN);
  g_assert_cmpint (refuses.filtering, ==, UDPNAT_FILTERING_RULE_UNKNOWN);
  g_assert_cmpint (ignores.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
  g_assert_cmpint (refuses.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
}

static void
test_no_other_address (void)
{
  UdpnatNatFacts facts = play_all (FAULT_NONE, NULL, 0, FALSE, NULL);

  g_assert_cmpint (facts.state, ==, UDPNAT_NAT_TEST_DONE);
  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_UNKNOWN);
  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_UNKNOWN);
  g_assert_cmpint (facts.allocator, ==, UDPNAT_PORT_ALLOCATOR_PRESERVING);
}

/* It lets the second address send, so the router is open; but asked directly it is silent. */
static void
test_deaf_second_address (void)
{
  UdpnatNatFacts facts = play (FAULT_DEAF_SECOND_IP);

  g_assert_cmpint (facts.mapping, ==, UDPNAT_MAPPING_RULE_INDEPENDENT);
  g_assert_false (facts.is_address_tested);
}

/* A server cannot have us send to whomever it names. */
static void
test_victims (void)
{
  const struct
  {
    const char *ip;
    guint16     port;
  } victims[] = {
    { "192.168.1.1", 3479 }, { "127.0.0.1", 3479 }, { "224.0.0.1", 3479 }, { "203.0.113.12", 53 },
    { "2001:db8::1", 3479 }, { "0.0.0.0", 3479 }, { "203.0.113.12", 3478 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (victims); i++)
    {
      guint n_to_other;
      UdpnatNatFacts facts = play_all (FAULT_NONE, victims[i].ip, victims[i].port, FALSE,
                                       &n_to_other);

      g_test_message ("%s", victims[i].ip);
      /* The echoes of the hairpin test go to our own outer address. */
      g_assert_cmpuint (n_to_other, <=, 2 * UDPNAT_NAT_TEST_SENDS_QUIET);
      g_assert_false (facts.is_address_tested);
    }
}

/* Even an address that looks good gets one question for each port while it does not answer; besides
 * them there are the echoes. */
static void
test_silent_victim (void)
{
  guint n_to_other;
  UdpnatNatFacts facts = play_all (FAULT_VICTIM, "203.0.113.12", 3479, FALSE, &n_to_other);

  g_assert_cmpint (facts.filtering, ==, UDPNAT_FILTERING_RULE_ADDRESS);
  g_assert_false (facts.is_address_tested);
  g_assert_cmpuint (n_to_other, <=, 2 * (UDPNAT_NAT_TEST_SENDS_MAX + UDPNAT_NAT_TEST_SENDS_QUIET));
}

static void
test_lifetime_unsupported (void)
{
  UdpnatNatFacts ignores = play_all (FAULT_IGNORES_RESPONSE_PORT, "203.0.113.11", 3479, TRUE, NULL);
  UdpnatNatFacts refuses = play_all (FAULT_REFUSES_RESPONSE_PORT, "203.0.113.11", 3479, TRUE, NULL);

  g_assert_cmpint (ignores.lifetime_state, ==, UDPNAT_LIFETIME_STATE_UNSUPPORTED);
  g_assert_cmpint (refuses.lifetime_state, ==, UDPNAT_LIFETIME_STATE_UNSUPPORTED);
  g_assert_cmpint (refuses.lifetime_us, ==, 0);
}

static void
test_lifetime_without_router (void)
{
  UdpnatNatFacts facts = play_all (FAULT_NONE, "203.0.113.11", 3479, TRUE, NULL);

  g_assert_cmpint (facts.lifetime_state, ==, UDPNAT_LIFETIME_STATE_DONE);
  g_assert_cmpint (facts.lifetime_us / G_USEC_PER_SEC, ==, 297);
  g_assert_cmpint (facts.lifetime_dead_us, ==, 0);
}

static void
test_stop (void)
{
  Fixture self;

  start (&self, FAULT_NONE, "203.0.113.11", 3479, TRUE);
  for (guint i = 0; i < 12; i++)
    {
      self.now_us += DELAY_US;
      while (self.n_pending > 0 && self.arrivals_us[0] <= self.now_us)
        deliver_first (&self);
      udpnat_machine_handle_deadline (self.machine, self.now_us);
      pump (&self);
    }
  g_assert_cmpuint (g_hash_table_size (self.open), >, 3);
  udpnat_nat_probe_stop (self.probe);
  pump (&self);
  g_assert_cmpuint (g_hash_table_size (self.open), ==, 0);
  g_assert_true (udpnat_nat_probe_is_over (self.probe));
  g_assert_cmpint (udpnat_machine_next_deadline (self.machine), ==, UDPNAT_TIME_NEVER);
  g_assert_cmpuint (self.n_done, ==, 0);
  clear (&self);
}

/* The owner's other packets, and its other sockets, are left to it. */
static void
test_ignores (void)
{
  UdpnatDatagram datagram = { .socket = UDPNAT_SOCKET_MAIN, .n_data = 20 };
  const UdpnatSocketId others[] = { UDPNAT_SOCKET_ALT, UDPNAT_SOCKET_FURTHER + 6,
                                    UDPNAT_SOCKET_FURTHER + 7 + UDPNAT_NAT_PROBE_SOCKETS };
  Fixture self;

  start (&self, FAULT_NONE, "203.0.113.11", 3479, FALSE);
  datagram.remote = parse ("198.51.100.1", 5000);
  g_assert_cmpint (udpnat_machine_handle_datagram (self.machine, self.now_us, &datagram), ==,
                   UDPNAT_RX_IGNORED);
  datagram = self.pending[0];
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      datagram.socket = others[i];
      g_assert_cmpint (udpnat_machine_handle_datagram (self.machine, self.now_us, &datagram), ==,
                       UDPNAT_RX_IGNORED);
    }
  datagram.socket = UDPNAT_SOCKET_MAIN;
  g_assert_cmpint (udpnat_machine_handle_datagram (self.machine, self.now_us, &datagram), ==,
                   UDPNAT_RX_OK);
  g_assert_cmpint (udpnat_machine_handle_datagram (self.machine, self.now_us, &datagram), ==,
                   UDPNAT_RX_IGNORED);
  clear (&self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nat-probe/server/good", test_good_server);
  g_test_add_func ("/nat-probe/router/same-port-by-chance", test_same_port_by_chance);
  g_test_add_func ("/nat-probe/server/not-there", test_nothing_there);
  g_test_add_func ("/nat-probe/server/not-stun", test_not_stun);
  g_test_add_func ("/nat-probe/server/cannot-change", test_no_change);
  g_test_add_func ("/nat-probe/server/has-one-address", test_no_other_address);
  g_test_add_func ("/nat-probe/server/deaf-at-its-second-address", test_deaf_second_address);
  g_test_add_func ("/nat-probe/server/names-victims", test_victims);
  g_test_add_func ("/nat-probe/server/names-a-silent-victim", test_silent_victim);
  g_test_add_func ("/nat-probe/answer/forged-does-not-count", test_forged);
  g_test_add_func ("/nat-probe/lifetime/server-cannot", test_lifetime_unsupported);
  g_test_add_func ("/nat-probe/lifetime/longer-than-all", test_lifetime_without_router);
  g_test_add_func ("/nat-probe/owner/stops-it", test_stop);
  g_test_add_func ("/nat-probe/owner/keeps-what-is-not-ours", test_ignores);

  return g_test_run ();
}
