/* Every code that a program may see has a sentence for people. */

#include "config.h"

#include <sqlite3.h>
#include <string.h>

#include "udpnat-network-report.h"
#include "udpnat-path-facts.h"
#include "udpnat-path-kind.h"
#include "udpnat-words.h"

#define N_UDP_STATES (UDPNAT_UDP_STATE_SILENT + 1)

/* All of udpnat_node_event's codes: of REFUSED and of FAILED. */
static const char *const node_codes[] = {
  "name-taken", "name-not-allowed", "try-later", "server-full", "refused",
  "not-invited", "invitation-invalid", "name-blocked", "server-blocked",
  "unknown-peer", "no-server", "self", "too-many",
};

static void
check_sentence (const char *code,
                const char *words)
{
  g_test_message ("%s: %s", code, words);
  g_assert_cmpstr (words, !=, code);
  g_assert_nonnull (strchr (words, ' '));
  g_assert_true (g_utf8_validate (words, -1, NULL));
}

static void
test_reasons (void)
{
  for (guint i = UDPNAT_PATH_REASON_NONE + 1; i <= UDPNAT_PATH_REASON_IDLE; i++)
    {
      const char *code = udpnat_path_reason_to_code (i);

      check_sentence (code, udpnat_words_explain_reason (code));
    }
}

static void
test_reasons_differ (void)
{
  for (guint i = UDPNAT_PATH_REASON_NONE + 1; i <= UDPNAT_PATH_REASON_IDLE; i++)
    for (guint j = UDPNAT_PATH_REASON_NONE + 1; j < i; j++)
      g_assert_cmpstr (udpnat_words_explain_reason (udpnat_path_reason_to_code (i)), !=,
                       udpnat_words_explain_reason (udpnat_path_reason_to_code (j)));
}

static void
test_codes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (node_codes); i++)
    check_sentence (node_codes[i], udpnat_words_explain_code (node_codes[i]));
}

static void
test_paths (void)
{
  for (int i = 0; i <= UDPNAT_PATH_PHASE_RELAYED; i++)
    {
      const char *code = udpnat_path_phase_to_code (i);

      check_sentence (code, udpnat_words_explain_phase (code));
    }
  for (int i = 0; i <= UDPNAT_PATH_FATE_LET_GO; i++)
    {
      const char *code = udpnat_path_fate_to_code (i);

      check_sentence (code, udpnat_words_explain_fate (code));
    }
  for (int i = 0; i <= UDPNAT_ADDRESS_SOURCE_LEARNED; i++)
    {
      const char *code = udpnat_address_source_to_code (i);

      check_sentence (code, udpnat_words_explain_source (code));
    }
  for (int i = 0; i <= UDPNAT_PATH_DISCOVERY_SECOND_PORT; i++)
    {
      const char *code = udpnat_path_discovery_to_code (i);

      check_sentence (code, udpnat_words_explain_way ("learned", code));
      g_assert_cmpint (i == UDPNAT_PATH_DISCOVERY_PLAIN, ==,
                       g_str_equal (udpnat_words_explain_way ("learned", code),
                                    udpnat_words_explain_source ("learned")));
    }
}

static void
test_routers (void)
{
  for (int i = 0; i <= UDPNAT_NAT_KIND_DEPENDENT; i++)
    {
      const char *code = udpnat_nat_kind_to_code (i);
      const char *own = udpnat_words_explain_router (code, TRUE);
      const char *theirs = udpnat_words_explain_router (code, FALSE);

      check_sentence (code, own);
      check_sentence (code, theirs);
      g_assert_cmpstr (own, !=, theirs);
      check_sentence (code, udpnat_words_name_router (code));
    }
  for (int i = 0; i <= UDPNAT_PORT_RULE_CHANGED; i++)
    {
      const char *code = udpnat_port_rule_to_code (i);

      check_sentence (code, udpnat_words_explain_port_rule (code));
    }
}

/* Every network that there can be has a meaning in words, and a fix, if it has one, too. */
static void
test_networks (void)
{
  UdpnatNetworkFacts facts = { 0 };

  for (int i = 0; i < N_UDP_STATES * 4 * 2 * 2 * 2; i++)
    {
      g_autoptr (UdpnatNetworkReport) report = NULL;
      const char *code;
      const char *ip;

      facts.udp = i % N_UDP_STATES;
      facts.nat = i / N_UDP_STATES % 4;
      facts.has_ipv6 = i / N_UDP_STATES / 4 % 2;
      facts.n_hosts = i / N_UDP_STATES / 8 % 2;
      ip = i / N_UDP_STATES / 16 % 2 ? "127.0.0.1" : "203.0.113.7";
      g_assert_true (udpnat_address_parse_ip (&facts.observed[0], ip, 8900));
      report = udpnat_network_report_new (&facts, "mapping-unneeded", "");
      code = udpnat_network_report_get_meaning (report);
      check_sentence (code, udpnat_words_explain_meaning (code));
      code = udpnat_network_report_get_udp_state (report);
      check_sentence (code, udpnat_words_explain_udp_state (code));
      code = udpnat_network_report_get_fix (report);
      if (code != NULL)
        check_sentence (code, udpnat_words_explain_fix (code));
    }
}

/* In English they are SQLite's own: should a later SQLite word them anew, this says so. */
static void
test_database (void)
{
  for (int code = SQLITE_ERROR; code <= SQLITE_NOTADB; code++)
    g_assert_cmpstr (udpnat_words_explain_database (code), ==, sqlite3_errstr (code));
  g_assert_cmpstr (udpnat_words_explain_database (SQLITE_IOERR_READ), ==, "disk I/O error");
  g_assert_cmpstr (udpnat_words_explain_database (SQLITE_CANTOPEN_ISDIR), ==,
                   "unable to open database file");
}

static void
test_unknown (void)
{
  static const char code[] = "of-a-later-version";

  g_assert_true (udpnat_words_explain_reason (code) == code);
  g_assert_true (udpnat_words_explain_code (code) == code);
  g_assert_cmpstr (udpnat_words_explain_code (""), ==, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client-words/reason/each-has-a-sentence", test_reasons);
  g_test_add_func ("/client-words/reason/no-two-have-the-same", test_reasons_differ);
  g_test_add_func ("/client-words/code/each-has-a-sentence", test_codes);
  g_test_add_func ("/client-words/path/each-has-words", test_paths);
  g_test_add_func ("/client-words/router/each-has-words", test_routers);
  g_test_add_func ("/client-words/network/each-has-words", test_networks);
  g_test_add_func ("/client-words/database/as-sqlite-says-it", test_database);
  g_test_add_func ("/client-words/code/unknown-is-given-back", test_unknown);

  return g_test_run ();
}
