/* Reports for views: the core's facts in codes, durations and copied text; what a masked text must
 * not hold; and the wish for one person never to be reached directly, which outlives a restart. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-client-network.h"
#include "udpnat-client-private.h"
#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-rtt-log.h"
#include "udpnat-words.h"

#define NOW_US UDPNAT_SEC (5000)

static UdpnatAddress
at (const char *ip,
    guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));
  return address;
}

/* ---- Paths ---- */

static UdpnatPathFacts
make_direct (void)
{
  return (UdpnatPathFacts) {
    .phase = UDPNAT_PATH_PHASE_DIRECT,
    .since_us = NOW_US - UDPNAT_MSEC (12500),
    .until_us = UDPNAT_TIME_NEVER,
    .kind = UDPNAT_PATH_KIND_DIRECT,
    .address = at ("203.0.113.9", 40000),
    .rtt_us = 23400,
    .unanswered_since_us = UDPNAT_TIME_NEVER,
    .local_nat = UDPNAT_NAT_KIND_INDEPENDENT,
    .remote_nat = UDPNAT_NAT_KIND_DEPENDENT,
    .remote_filtering = UDPNAT_FILTERING_RULE_ADDRESS,
    .n_local = 2,
    .local = {
      { .address = at ("192.168.1.20", 8900), .source = UDPNAT_ADDRESS_SOURCE_HOST },
      { .address = at ("198.51.100.7", 8900), .source = UDPNAT_ADDRESS_SOURCE_OBSERVED },
    },
    .n_remote = 3,
    .remote = {
      { .address = at ("203.0.113.9", 40000), .source = UDPNAT_ADDRESS_SOURCE_OBSERVED,
        .fate = UDPNAT_PATH_FATE_SELECTED, .is_selected = TRUE, .n_sent = 4, .rtt_us = 23400 },
      { .address = at ("203.0.113.9", 8900), .source = UDPNAT_ADDRESS_SOURCE_GUESSED,
        .fate = UDPNAT_PATH_FATE_UNANSWERED, .n_sent = 9 },
      { .address = at ("2001:db8::77", 8900), .source = UDPNAT_ADDRESS_SOURCE_IPV6,
        .fate = UDPNAT_PATH_FATE_SKIPPED },
    },
  };
}

static void
test_path_direct (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (&facts, NOW_US, "");
  const UdpnatPathReportEntry *entry;

  g_assert_cmpstr (udpnat_path_report_get_phase (report), ==, "direct");
  g_assert_cmpstr (udpnat_path_report_get_kind (report), ==, "direct");
  g_assert_cmpstr (udpnat_path_report_get_address (report), ==, "203.0.113.9:40000");
  g_assert_cmpstr (udpnat_path_report_get_reason (report), ==, "");
  g_assert_cmpint (udpnat_path_report_get_rtt (report), ==, 23400);
  g_assert_cmpint (udpnat_path_report_get_elapsed (report), ==, UDPNAT_MSEC (12500));
  g_assert_cmpint (udpnat_path_report_get_remaining (report), ==, -1);
  g_assert_cmpint (udpnat_path_report_get_silence (report), ==, 0);
  g_assert_true (udpnat_path_report_has_session (report));
  g_assert_cmpstr (udpnat_path_report_get_own_nat (report), ==, "endpoint-independent");
  g_assert_cmpstr (udpnat_path_report_get_their_nat (report), ==, "endpoint-dependent");
  g_assert_cmpstr (udpnat_path_report_get_their_filtering (report), ==, "address-dependent");

  entry = udpnat_path_report_get_own (report, 1);
  g_assert_cmpstr (entry->address, ==, "198.51.100.7:8900");
  g_assert_cmpstr (entry->source, ==, "observed");
  g_assert_null (udpnat_path_report_get_own (report, 2));
  entry = udpnat_path_report_get_theirs (report, 0);
  g_assert_cmpstr (entry->fate, ==, "selected");
  g_assert_true (entry->is_selected);
  g_assert_cmpuint (entry->n_sent, ==, 4);
  g_assert_cmpint (entry->rtt_us, ==, 23400);
  g_assert_cmpstr (udpnat_path_report_get_theirs (report, 2)->address, ==, "[2001:db8::77]:8900");
  g_assert_null (udpnat_path_report_get_theirs (report, 3));
}

static void
check_filtering (UdpnatNatKind       nat,
                 UdpnatFilteringRule filtering,
                 gboolean            is_known)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = NULL;
  const char *code;

  facts.remote_nat = nat;
  facts.remote_filtering = filtering;
  report = udpnat_path_report_new (&facts, NOW_US, "");
  code = udpnat_path_report_get_their_filtering (report);
  g_assert_true (udpnat_path_report_has_their_filtering (report) == is_known);
  if (is_known)
    g_assert_cmpstr (udpnat_words_explain_their_filtering (code), !=, code);
}

/* What a host without a router lets in is its own affair, and would read as if there were one. */
static void
test_path_filtering (void)
{
  for (UdpnatFilteringRule i = UDPNAT_FILTERING_RULE_UNKNOWN;
       i <= UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT; i++)
    {
      check_filtering (UDPNAT_NAT_KIND_INDEPENDENT, i, i != UDPNAT_FILTERING_RULE_UNKNOWN);
      check_filtering (UDPNAT_NAT_KIND_DEPENDENT, i, i != UDPNAT_FILTERING_RULE_UNKNOWN);
      check_filtering (UDPNAT_NAT_KIND_NONE, i, FALSE);
      check_filtering (UDPNAT_NAT_KIND_UNKNOWN, i, FALSE);
    }
}

static void
test_path_waiting (void)
{
  UdpnatPathFacts facts = {
    .phase = UDPNAT_PATH_PHASE_AWAY,
    .until_us = NOW_US + UDPNAT_SEC (7),
    .unanswered_since_us = NOW_US - UDPNAT_SEC (2),
    .reason = UDPNAT_PATH_REASON_NO_SESSION,
  };
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (&facts, NOW_US, "no-session");

  g_assert_cmpstr (udpnat_path_report_get_phase (report), ==, "away");
  g_assert_cmpstr (udpnat_path_report_get_kind (report), ==, "relay");
  g_assert_cmpstr (udpnat_path_report_get_address (report), ==, "");
  g_assert_cmpstr (udpnat_path_report_get_reason (report), ==, "no-session");
  g_assert_cmpint (udpnat_path_report_get_elapsed (report), ==, -1);
  g_assert_cmpint (udpnat_path_report_get_remaining (report), ==, UDPNAT_SEC (7));
  g_assert_cmpint (udpnat_path_report_get_silence (report), ==, UDPNAT_SEC (2));
  g_assert_false (udpnat_path_report_has_session (report));
}

static void
test_path_text (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (&facts, NOW_US, "");
  g_autofree char *text = udpnat_path_report_to_text (report, FALSE);

  g_assert_cmpstr (text, ==,
                   "udpnat: " PACKAGE_VERSION ", path report\n"
                   "phase: direct\n"
                   "phase-since: 12.5 s\n"
                   "kind: direct\n"
                   "address: 203.0.113.9:40000\n"
                   "round-trip: 23.4 ms\n"
                   "our-router: endpoint-independent\n"
                   "their-router: endpoint-dependent\n"
                   "their-filtering: address-dependent\n"
                   "our-address: 192.168.1.20:8900, host\n"
                   "our-address: 198.51.100.7:8900, observed\n"
                   "their-address: 203.0.113.9:40000, observed, selected, 4 sent, 23.4 ms\n"
                   "their-address: 203.0.113.9:8900, guessed, unanswered, 9 sent\n"
                   "their-address: [2001:db8::77]:8900, ipv6, skipped, 0 sent\n");
}

static void
test_path_found (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("A path that took a search to find says so, and no other");
  facts.remote[0].discovery = UDPNAT_PATH_DISCOVERY_SEARCH;
  report = udpnat_path_report_new (&facts, NOW_US, "");
  text = udpnat_path_report_to_text (report, FALSE);
  g_assert_nonnull (strstr (text, "observed, selected, 4 sent, by search, 23.4 ms\n"));
  g_assert_cmpstr (udpnat_path_report_get_theirs (report, 0)->discovery, ==, "search");
  g_assert_cmpstr (udpnat_path_report_get_theirs (report, 1)->discovery, ==, "plain");
  g_assert_cmpstr (udpnat_path_report_get_own (report, 0)->discovery, ==, "");
}

static void
test_path_masked (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (&facts, NOW_US, "");
  g_autofree char *text = udpnat_path_report_to_text (report, TRUE);

  g_assert_null (strstr (text, "203.0.113"));
  g_assert_null (strstr (text, "198.51.100"));
  g_assert_null (strstr (text, "192.168"));
  g_assert_null (strstr (text, "2001"));
  /* One address, one name. */
  g_assert_nonnull (strstr (text, "\naddress: public-ipv4-1:40000\n"));
  g_assert_nonnull (strstr (text, "\nour-address: private-ipv4-2:8900, host\n"));
  g_assert_nonnull (strstr (text, "\ntheir-address: public-ipv4-1:8900, guessed"));
  g_assert_nonnull (strstr (text, "\ntheir-address: public-ipv6-4:8900, ipv6"));
}

/* ---- Networks ---- */

static UdpnatNetworkFacts
make_network (UdpnatNatKind nat)
{
  return (UdpnatNetworkFacts) {
    .n_hosts = 1,
    .hosts = { at ("192.168.1.20", 8900) },
    .observed = { at ("198.51.100.7", 8900), at ("198.51.100.7", 8900) },
    .nat = nat,
    .ports = UDPNAT_PORT_RULE_KEPT,
    .udp = UDPNAT_UDP_STATE_WORKS,
    .server = at ("203.0.113.1", 8848),
    .server_rtt_us = 41000,
  };
}

static void
check_network (const UdpnatNetworkFacts *facts,
               const char               *meaning,
               const char               *fix)
{
  g_autoptr (UdpnatNetworkReport) report =
    udpnat_network_report_new (facts, "mapping-unneeded", "");

  g_assert_cmpstr (udpnat_network_report_get_meaning (report), ==, meaning);
  g_assert_cmpstr (udpnat_network_report_get_fix (report), ==, fix);
}

static void
test_network_meaning (void)
{
  UdpnatNetworkFacts facts = make_network (UDPNAT_NAT_KIND_INDEPENDENT);

  check_network (&facts, "easy", NULL);
  facts.nat = UDPNAT_NAT_KIND_NONE;
  check_network (&facts, "open", NULL);
  facts.nat = UDPNAT_NAT_KIND_DEPENDENT;
  check_network (&facts, "hard", "router-mode-or-ipv6");
  facts.has_ipv6 = TRUE;
  check_network (&facts, "hard", "router-mode");
  facts.nat = UDPNAT_NAT_KIND_UNKNOWN;
  check_network (&facts, "unknown", NULL);
  facts.observed[0] = at ("192.168.1.20", 8900);
  check_network (&facts, "server-inside", NULL);
  facts.observed[0] = at ("127.0.0.1", 8900);
  check_network (&facts, "server-inside", NULL);
  facts.udp = UDPNAT_UDP_STATE_TRYING;
  check_network (&facts, "asking", NULL);
  facts.udp = UDPNAT_UDP_STATE_SILENT;
  check_network (&facts, "silent", "allow-udp");
  facts.n_hosts = 0;
  check_network (&facts, "silent", "connect");
  facts.udp = UDPNAT_UDP_STATE_BLOCKED;
  check_network (&facts, "blocked", "unblock-udp");
  facts.udp = UDPNAT_UDP_STATE_UNKNOWN;
  check_network (&facts, "no-server", NULL);
}

static void
test_network_text (void)
{
  UdpnatNetworkFacts facts = make_network (UDPNAT_NAT_KIND_DEPENDENT);
  g_autoptr (UdpnatNetworkReport) report = NULL;
  g_autofree char *text = NULL;
  g_autofree char *masked = NULL;

  facts.observed[1] = UDPNAT_ADDRESS_NONE;
  facts.opened = at ("198.51.100.7", 50000);
  report = udpnat_network_report_new (&facts, "mapping-open", "PCP");
  text = udpnat_network_report_to_text (report, FALSE);
  masked = udpnat_network_report_to_text (report, TRUE);
  g_assert_cmpstr (text, ==,
                   "udpnat: " PACKAGE_VERSION ", network report\n"
                   "udp: works\n"
                   "router: endpoint-dependent\n"
                   "ports: kept\n"
                   "ipv6: no\n"
                   "our-address: 192.168.1.20:8900\n"
                   "seen-by-server: 198.51.100.7:8900\n"
                   "seen-by-second-port: unknown\n"
                   "port-mapping: mapping-open, PCP\n"
                   "mapped-address: 198.51.100.7:50000\n"
                   "server: 203.0.113.1:8848\n"
                   "server-round-trip: 41.0 ms\n"
                   "tests: none\n"
                   "meaning: hard\n"
                   "fix: router-mode-or-ipv6\n");
  g_assert_null (strstr (masked, "192.168"));
  g_assert_null (strstr (masked, "198.51"));
  g_assert_null (strstr (masked, "203.0"));
  g_assert_cmpstr (udpnat_network_report_get_observed (report, 0), ==, "198.51.100.7:8900");
  g_assert_cmpstr (udpnat_network_report_get_observed (report, 1), ==, "");
  g_assert_cmpstr (udpnat_network_report_get_host (report, 0), ==, "192.168.1.20:8900");
  g_assert_null (udpnat_network_report_get_host (report, 1));
  g_assert_cmpstr (udpnat_network_report_get_port_mapping (report), ==, "mapping-open");
  g_assert_cmpstr (udpnat_network_report_get_mapped (report), ==, "198.51.100.7:50000");
}

static UdpnatNatFacts
make_tests (void)
{
  return (UdpnatNatFacts) {
    .state = UDPNAT_NAT_TEST_DONE,
    .observed = at ("198.51.100.7", 8900),
    .mapping = UDPNAT_MAPPING_RULE_INDEPENDENT,
    .filtering = UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT,
    .is_address_tested = TRUE,
    .allocator = UDPNAT_PORT_ALLOCATOR_SEQUENTIAL,
    .step = 2,
    .flows_per_second = 30,
    .hairpin = UDPNAT_FINDING_NO,
    .poisoned = UDPNAT_FINDING_NO,
    .open_ttl = 2,
    .lifetime_state = UDPNAT_LIFETIME_STATE_DONE,
    .lifetime_us = UDPNAT_SEC (117),
    .lifetime_dead_us = UDPNAT_SEC (177),
  };
}

static void
check_tests (const UdpnatNetworkFacts *facts,
             const char               *state,
             gboolean                  is_done)
{
  g_autoptr (UdpnatNetworkReport) report =
    udpnat_network_report_new (facts, "mapping-unneeded", "");

  g_assert_cmpstr (udpnat_network_report_get_test_state (report), ==, state);
  g_assert_cmpstr (udpnat_words_explain_test_state (state), !=, state);
  g_assert_true ((udpnat_network_report_get_tests (report) != NULL) == is_done);
}

static void
test_network_test_states (void)
{
  UdpnatNetworkFacts facts = make_network (UDPNAT_NAT_KIND_INDEPENDENT);

  check_tests (&facts, "none", FALSE);
  facts.is_testing = TRUE;
  check_tests (&facts, "running", FALSE);
  facts.is_testing = FALSE;
  facts.tests = make_tests ();
  check_tests (&facts, "done", TRUE);
  facts.observed[0] = at ("192.168.1.20", 8900); /* which says nothing of a router */
  check_tests (&facts, "server-inside", FALSE);
  facts.observed[0] = at ("198.51.100.7", 8900);
  facts.tests.state = UDPNAT_NAT_TEST_NO_ANSWER;
  check_tests (&facts, "no-answer", FALSE);
  check_network (&facts, "easy", NULL); /* the server answers, only not tests */
  facts.tests.state = UDPNAT_NAT_TEST_NOT_STUN;
  check_tests (&facts, "not-stun", FALSE);
  check_network (&facts, "easy", NULL);
}

/* The tests know more than the server's two ports show. */
static void
test_network_tests_mean (void)
{
  UdpnatNetworkFacts facts = make_network (UDPNAT_NAT_KIND_INDEPENDENT);

  facts.tests = make_tests ();
  check_network (&facts, "easy", NULL);
  facts.tests.poisoned = UDPNAT_FINDING_YES;
  check_network (&facts, "easy", "router-firewall");
  facts.tests.filtering = UDPNAT_FILTERING_RULE_INDEPENDENT;
  facts.tests.poisoned = UDPNAT_FINDING_NO;
  check_network (&facts, "open", NULL);
  facts.tests.mapping = UDPNAT_MAPPING_RULE_ADDRESS;
  check_network (&facts, "hard", "router-mode-or-ipv6");
  facts.has_ipv6 = TRUE;
  check_network (&facts, "hard", "router-mode");
  facts.tests.mapping = UDPNAT_MAPPING_RULE_UNKNOWN;
  check_network (&facts, "easy", NULL);
  facts.tests.mapping = UDPNAT_MAPPING_RULE_NONE;
  facts.observed[0] = at ("192.168.1.20", 8900);
  check_network (&facts, "server-inside", NULL);
  facts.udp = UDPNAT_UDP_STATE_SILENT;
  check_network (&facts, "silent", "allow-udp");
}

static void
check_text (const UdpnatNetworkFacts *facts,
            const char               *lines)
{
  g_autoptr (UdpnatNetworkReport) report =
    udpnat_network_report_new (facts, "mapping-unneeded", "");
  g_autofree char *text = udpnat_network_report_to_text (report, TRUE);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, lines));
}

static void
test_network_tests_text (void)
{
  UdpnatNetworkFacts facts = make_network (UDPNAT_NAT_KIND_INDEPENDENT);

  facts.is_testing = TRUE;
  check_text (&facts, "tests: running\nmeaning: easy\n");
  facts.is_testing = FALSE;
  facts.tests = make_tests ();
  check_text (&facts, "tests: done\n"
                      "mapping: endpoint-independent\n"
                      "filtering: address-and-port-dependent\n"
                      "server-addresses: 2\n"
                      "allocator: sequential, step 2, 30 others a second\n"
                      "hairpin: no\n"
                      "poisoned: no\n"
                      "open-ttl: 2\n"
                      "lifetime: done\n"
                      "idle-port-alive-after: 117 s\n"
                      "idle-port-dead-after: 177 s\n"
                      "meaning: easy\n");
  facts.tests.is_address_tested = FALSE;
  facts.tests.allocator = UDPNAT_PORT_ALLOCATOR_BLOCK;
  facts.tests.block_first = 30000;
  facts.tests.block_last = 30511;
  facts.tests.open_ttl = 0;
  facts.tests.lifetime_us = facts.tests.lifetime_dead_us = 0;
  facts.tests.absolute_lifetime_us = UDPNAT_SEC (60);
  check_text (&facts, "server-addresses: 1\n"
                      "allocator: block, 30000 to 30511\n"
                      "hairpin: no\n"
                      "poisoned: no\n"
                      "lifetime: done\n"
                      "busy-port-replaced-after: 60 s\n"
                      "meaning: easy\n");
}

/* ---- A client ---- */

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  UdpnatPerson *bob; /* borrowed */
  guint         n_notified;
} Fixture;

static const UdpnatPublicKey bob_key = { { 9, 1 } };

static void
open_client (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_open;

  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  self->bob = udpnat_client_ensure_person (self->client, &bob_key, "bob");
}

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  self->folder = g_dir_make_tmp ("udpnat-reports-XXXXXX", NULL);
  open_client (self);
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  g_autoptr (GDir) folder = NULL;
  const char *name;

  g_clear_object (&self->client);
  folder = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

static void
test_client_without_talk (Fixture       *self,
                          gconstpointer  unused)
{
  g_autoptr (UdpnatPathReport) path = udpnat_client_dup_path_report (self->client, self->bob);
  g_autoptr (UdpnatNetworkReport) network = udpnat_client_dup_network_report (self->client);

  g_assert_cmpstr (udpnat_path_report_get_phase (path), ==, "idle");
  g_assert_cmpstr (udpnat_path_report_get_reason (path), ==, "no-session");
  g_assert_cmpstr (udpnat_network_report_get_meaning (network), ==, "no-server");
  g_assert_cmpstr (udpnat_network_report_get_server (network), ==, "");
}

static void
notified_cb (UdpnatPerson *person,
             GParamSpec   *property,
             Fixture      *self)
{
  self->n_notified++;
}

/* How many addresses of ours @person is told when they are written to. */
static guint
count_told (Fixture      *self,
            UdpnatPerson *person)
{
  g_autoptr (UdpnatPathReport) report = NULL;
  UdpnatAddress host = at ("192.168.1.20", 0);
  gboolean is_said;
  guint n_told = 0;

  udpnat_node_set_host_addresses (self->client->node, udpnat_clock_get_now_us (), &host, 1, 8900);
  is_said = udpnat_client_send (self->client, person, "hello", NULL, NULL, NULL);
  g_assert_true (is_said);
  g_assert_true (udpnat_client_flush (self->client));
  report = udpnat_client_dup_path_report (self->client, person);
  while (udpnat_path_report_get_own (report, n_told) != NULL)
    n_told++;
  return n_told;
}

static void
test_relay_only (Fixture       *self,
                 gconstpointer  unused)
{
  gboolean value = FALSE;

  g_signal_connect (self->bob, "notify::relay-only", G_CALLBACK (notified_cb), self);
  g_assert_false (udpnat_person_is_relay_only (self->bob));
  udpnat_client_set_relay_only (self->client, self->bob, TRUE);
  udpnat_client_set_relay_only (self->client, self->bob, TRUE);
  g_assert_cmpuint (self->n_notified, ==, 1);
  g_object_get (self->bob, "relay-only", &value, NULL);
  g_assert_true (value);
  g_assert_cmpuint (count_told (self, self->bob), ==, 0);

  g_clear_object (&self->client);
  open_client (self);
  g_assert_true (udpnat_person_is_relay_only (self->bob));
  g_assert_cmpuint (count_told (self, self->bob), ==, 0);
  udpnat_client_set_relay_only (self->client, self->bob, FALSE);
  g_assert_cmpuint (count_told (self, self->bob), ==, 1);
  g_clear_object (&self->client);
  open_client (self);
  g_assert_false (udpnat_person_is_relay_only (self->bob));
  g_assert_cmpuint (count_told (self, self->bob), ==, 1);
}

static void
test_relay_only_new_key (Fixture       *self,
                         gconstpointer  unused)
{
  UdpnatNodeEvent *event;
  UdpnatPublicKey key = { { 9, 2 } };
  UdpnatPerson *renewed;

  g_test_summary ("Who was not to learn an address does not learn it by having a new key");
  g_assert_cmpuint (count_told (self, self->bob), ==, 1);
  udpnat_client_set_relay_only (self->client, self->bob, TRUE);
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_KEY_CHANGED, &key, "bob");
  udpnat_client_handle_new_key (self->client, event);
  udpnat_event_free (&event->base);
  renewed = udpnat_client_accept_new_key (self->client, self->bob);
  g_assert_true (renewed != self->bob);
  g_assert_true (udpnat_person_is_relay_only (renewed));
  g_assert_cmpuint (count_told (self, renewed), ==, 0);
}

/* ---- Round trips ---- */

static void
count_cb (UdpnatRttLog *log,
          guint        *counter)
{
  (*counter)++;
}

static void
add_sample (UdpnatRttLog *log,
            guint         index,
            gint64        rtt_us)
{
  UdpnatRttSample sample = { .at_us = index * UDPNAT_RTT_SAMPLE_US, .rtt_us = rtt_us };

  udpnat_rtt_log_add (log, &sample);
}

static void
test_log_is_a_ring (Fixture       *self,
                    gconstpointer  unused)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (self->client, self->bob);
  guint n_changes = 0;

  g_signal_connect (log, "changed", G_CALLBACK (count_cb), &n_changes);
  for (guint i = 0; i < UDPNAT_RTT_SAMPLES_MAX; i++)
    add_sample (log, i, 1000 + i);
  g_assert_cmpuint (n_changes, ==, UDPNAT_RTT_SAMPLES_MAX);
  g_assert_cmpuint (udpnat_rtt_log_get_count (log), ==, UDPNAT_RTT_SAMPLES_MAX);
  g_assert_cmpint (udpnat_rtt_log_get_sample (log, 0)->rtt_us, ==, 1000);
  add_sample (log, UDPNAT_RTT_SAMPLES_MAX, 77);
  g_assert_cmpuint (udpnat_rtt_log_get_count (log), ==, UDPNAT_RTT_SAMPLES_MAX);
  g_assert_cmpint (udpnat_rtt_log_get_sample (log, 0)->rtt_us, ==, 1001);
  g_assert_cmpint (udpnat_rtt_log_get_sample (log, UDPNAT_RTT_SAMPLES_MAX - 1)->rtt_us, ==, 77);
}

static void
test_log_summary (Fixture       *self,
                  gconstpointer  unused)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (self->client, self->bob);
  gint64 latest_us = -1;
  gint64 median_us = -1;
  gint64 max_us = -1;

  g_assert_false (udpnat_rtt_log_get_summary (log, &latest_us, &median_us, &max_us));
  add_sample (log, 0, 0);
  g_assert_false (udpnat_rtt_log_get_summary (log, &latest_us, &median_us, &max_us));
  add_sample (log, 1, 90000);
  add_sample (log, 2, 20000);
  add_sample (log, 3, 30000);
  g_assert_true (udpnat_rtt_log_get_summary (log, &latest_us, &median_us, &max_us));
  g_assert_cmpint (latest_us, ==, 30000);
  g_assert_cmpint (median_us, ==, 30000);
  g_assert_cmpint (max_us, ==, 90000);
  add_sample (log, 4, 0);
  g_assert_true (udpnat_rtt_log_get_summary (log, &latest_us, &median_us, &max_us));
  g_assert_cmpint (latest_us, ==, 0);
  g_assert_cmpint (median_us, ==, 30000);
}

static void
test_log_stops (Fixture       *self,
                gconstpointer  unused)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (self->client, self->bob);
  GSource *timer;

  g_test_summary ("Nobody to ask is a sample, too; and a log that has stopped leaves no timer");
  udpnat_rtt_log_start (log);
  udpnat_rtt_log_start (log);
  timer = g_main_context_find_source_by_user_data (NULL, log);
  g_assert_nonnull (timer);
  g_source_set_ready_time (timer, 0); /* instead of waiting for a second */
  while (udpnat_rtt_log_get_count (log) == 0)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (udpnat_rtt_log_get_count (log), ==, 1);
  g_assert_cmpint (udpnat_rtt_log_get_sample (log, 0)->rtt_us, ==, 0);
  g_assert_false (udpnat_rtt_log_get_sample (log, 0)->is_direct);
  udpnat_rtt_log_stop (log);
  udpnat_rtt_log_stop (log);
  g_assert_null (g_main_context_find_source_by_user_data (NULL, log));
}

#define ADD(path, function) \
  g_test_add ("/client-reports/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client-reports/path/direct", test_path_direct);
  g_test_add_func ("/client-reports/path/whom-their-router-lets-in", test_path_filtering);
  g_test_add_func ("/client-reports/path/waiting", test_path_waiting);
  g_test_add_func ("/client-reports/path/text", test_path_text);
  g_test_add_func ("/client-reports/path/says-how-it-was-found", test_path_found);
  g_test_add_func ("/client-reports/path/masked-text-has-no-address", test_path_masked);
  g_test_add_func ("/client-reports/network/what-it-means", test_network_meaning);
  g_test_add_func ("/client-reports/network/text", test_network_text);
  g_test_add_func ("/client-reports/network/state-of-tests", test_network_test_states);
  g_test_add_func ("/client-reports/network/what-tests-mean", test_network_tests_mean);
  g_test_add_func ("/client-reports/network/text-of-tests", test_network_tests_text);
  ADD ("client/nobody-talked-to", test_client_without_talk);
  ADD ("relay-only/kept-over-restart", test_relay_only);
  ADD ("relay-only/holds-for-a-new-key", test_relay_only_new_key);
  ADD ("log/is-a-ring", test_log_is_a_ring);
  ADD ("log/summary", test_log_summary);
  ADD ("log/stops", test_log_stops);

  return g_test_run ();
}
