/* What is said of our routers: something for each verdict, and what it means. */

#include "config.h"

#include <string.h>

#include "udpnat-nat-words.h"
#include "udpnat-words.h"

static UdpnatNatFacts
get_home_router (void)
{
  UdpnatNatFacts facts = {
    .state = UDPNAT_NAT_TEST_DONE,
    .mapping = UDPNAT_MAPPING_RULE_INDEPENDENT,
    .filtering = UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT,
    .is_address_tested = TRUE,
    .allocator = UDPNAT_PORT_ALLOCATOR_PRESERVING,
    .hairpin = UDPNAT_FINDING_NO,
    .poisoned = UDPNAT_FINDING_NO,
    .open_ttl = 2,
    .lifetime_state = UDPNAT_LIFETIME_STATE_DONE,
    .lifetime_us = 117 * G_USEC_PER_SEC,
    .lifetime_dead_us = 177 * G_USEC_PER_SEC,
  };
  gboolean is_parsed = udpnat_address_parse_ip (&facts.observed, "203.0.113.1", 8900);

  g_assert_true (is_parsed);
  return facts;
}

static char *
join (const UdpnatNatFacts *facts)
{
  g_auto (GStrv) sentences = udpnat_nat_words_describe (facts);

  for (guint i = 0; sentences[i] != NULL; i++)
    g_assert_true (g_str_has_suffix (sentences[i], "."));
  return g_strjoinv ("\n", sentences);
}

static void
check_has (const UdpnatNatFacts *facts,
           const char           *words)
{
  g_autofree char *text = join (facts);

  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, words));
}

static void
test_home_router (void)
{
  UdpnatNatFacts facts = get_home_router ();

  check_has (&facts, "(endpoint-independent mapping)");
  check_has (&facts, "(address- and port-dependent filtering)");
  check_has (&facts, "keeps its number");
  check_has (&facts, "no hairpinning");
  check_has (&facts, "do no harm");
  check_has (&facts, "TTL of 2");
  check_has (&facts, "stays open for 117 s, but not for 177 s");
  g_assert_cmpstr (udpnat_nat_words_get_meaning (&facts), ==, "easy");
  g_assert_null (udpnat_nat_words_get_fix (&facts));
}

/* No two verdicts are said in the same words. */
static void
test_differ (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 5 * 4 * 2 * 5 * 3 * 3; i++)
    {
      UdpnatNatFacts facts = get_home_router ();
      gboolean has_choice;

      facts.mapping = i % 5;
      facts.filtering = i / 5 % 4;
      facts.is_address_tested = i / 20 % 2;
      facts.allocator = i / 40 % 5;
      facts.hairpin = i / 200 % 3;
      facts.poisoned = i / 600 % 3;
      has_choice = facts.mapping == UDPNAT_MAPPING_RULE_INDEPENDENT
                   || facts.filtering == UDPNAT_FILTERING_RULE_ADDRESS;
      if ((!facts.is_address_tested && !has_choice) || facts.mapping == UDPNAT_MAPPING_RULE_NONE)
        continue;
      g_assert_true (g_hash_table_add (seen, join (&facts)));
    }
}

static void
test_numbers (void)
{
  UdpnatNatFacts facts = get_home_router ();

  facts.allocator = UDPNAT_PORT_ALLOCATOR_SEQUENTIAL;
  facts.step = -2;
  check_has (&facts, "steps of -2.");
  facts.flows_per_second = 30;
  check_has (&facts, "about 30 a second");
  facts.allocator = UDPNAT_PORT_ALLOCATOR_BLOCK;
  facts.block_first = 30000;
  facts.block_last = 30511;
  check_has (&facts, "about 30000 to 30511");
  facts.lifetime_dead_us = 0;
  check_has (&facts, "117 s or longer");
  facts.lifetime_us = 0;
  facts.lifetime_dead_us = 17 * G_USEC_PER_SEC;
  check_has (&facts, "in less than 17 s");
  facts.absolute_lifetime_us = 60 * G_USEC_PER_SEC;
  check_has (&facts, "about 60 s");
  facts.lifetime_state = UDPNAT_LIFETIME_STATE_UNSUPPORTED;
  check_has (&facts, "cannot be measured");
  facts.lifetime_state = UDPNAT_LIFETIME_STATE_MEASURING;
  check_has (&facts, "is being measured");
}

/* What a terminal says as a list is there for rows too: the same sentences, each with a name of its
 * own. */
static void
test_topics (void)
{
  UdpnatNatFacts facts = get_home_router ();
  g_auto (GStrv) sentences = NULL;
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  facts.absolute_lifetime_us = 60 * G_USEC_PER_SEC;
  sentences = udpnat_nat_words_describe (&facts);
  g_assert_cmpuint (g_strv_length (sentences), ==, UDPNAT_NAT_TOPICS);
  for (guint i = 0; i < UDPNAT_NAT_TOPICS; i++)
    {
      g_autofree char *sentence = udpnat_nat_words_describe_topic (&facts, i);

      g_assert_cmpstr (sentence, ==, sentences[i]);
      g_assert_true (g_hash_table_add (names, (gpointer) udpnat_nat_words_name_topic (i)));
    }
  facts.open_ttl = 0;
  g_assert_null (udpnat_nat_words_describe_topic (&facts, UDPNAT_NAT_TOPIC_OPEN_TTL));
}

static void
check_meaning (UdpnatNatFacts *facts,
               const char     *meaning,
               const char     *fix)
{
  g_assert_cmpstr (udpnat_nat_words_get_meaning (facts), ==, meaning);
  g_assert_cmpstr (udpnat_nat_words_get_fix (facts), ==, fix);
  g_assert_cmpstr (udpnat_words_explain_meaning (meaning), !=, meaning);
  if (fix != NULL)
    g_assert_cmpstr (udpnat_words_explain_fix (fix), !=, fix);
}

static void
test_meanings (void)
{
  UdpnatNatFacts facts = get_home_router ();

  facts.poisoned = UDPNAT_FINDING_YES;
  check_meaning (&facts, "easy", "router-firewall");
  facts.mapping = UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT;
  check_meaning (&facts, "hard", "router-mode-or-ipv6");
  facts.poisoned = UDPNAT_FINDING_NO;
  facts.mapping = UDPNAT_MAPPING_RULE_INDEPENDENT;
  facts.filtering = UDPNAT_FILTERING_RULE_INDEPENDENT;
  check_meaning (&facts, "open", NULL);
  facts.mapping = UDPNAT_MAPPING_RULE_ADDRESS;
  check_meaning (&facts, "hard", "router-mode-or-ipv6");
  facts.mapping = UDPNAT_MAPPING_RULE_UNKNOWN;
  check_meaning (&facts, "unknown", NULL);
  facts.mapping = UDPNAT_MAPPING_RULE_NONE;
  check_meaning (&facts, "open", NULL);
  facts.filtering = UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT;
  check_meaning (&facts, "easy", NULL);
  facts.observed.ip[0] = 10;
  check_meaning (&facts, "server-inside", NULL);
  facts.state = UDPNAT_NAT_TEST_NO_ANSWER;
  check_meaning (&facts, "silent", "allow-udp");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/nat-words/sentences/of-a-home-router", test_home_router);
  g_test_add_func ("/nat-words/sentences/differ", test_differ);
  g_test_add_func ("/nat-words/sentences/with-numbers", test_numbers);
  g_test_add_func ("/nat-words/sentences/by-topic", test_topics);
  g_test_add_func ("/nat-words/meaning/of-each-router", test_meanings);

  return g_test_run ();
}
