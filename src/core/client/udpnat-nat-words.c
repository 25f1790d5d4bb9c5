/* Sentences about our own routers. RFC 4787's word for each thing stands behind it in brackets, for
 * those who look it up. */

#include "config.h"

#include "udpnat-nat-words.h"

#include <glib/gi18n-lib.h>

static const char *
describe_mapping (const UdpnatNatFacts *facts)
{
  switch (facts->mapping)
    {
    case UDPNAT_MAPPING_RULE_UNKNOWN:
      return _("It is not known whether your router gives all destinations the same outer port: "
               "the server answers from one address and port only.");
    case UDPNAT_MAPPING_RULE_NONE:
      return _("No router changes your address: the server sees your own.");
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
      if (facts->is_address_tested)
        return _("Your router gives all destinations the same outer port (endpoint-independent "
                 "mapping).");
      return _("Your router gives all ports of the server the same outer port "
               "(endpoint-independent or address-dependent mapping; only a server with two "
               "addresses can tell which).");
    case UDPNAT_MAPPING_RULE_ADDRESS:
      return _("Your router gives every address an outer port of its own (address-dependent "
               "mapping).");
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      return _("Your router gives every destination an outer port of its own (address- and "
               "port-dependent mapping).");
    }
  g_assert_not_reached ();
}

static const char *
describe_filtering (const UdpnatNatFacts *facts)
{
  switch (facts->filtering)
    {
    case UDPNAT_FILTERING_RULE_UNKNOWN:
      return _("It is not known whom an open port lets in: the server cannot answer from "
               "elsewhere.");
    case UDPNAT_FILTERING_RULE_INDEPENDENT:
      return _("An open port lets everybody in (endpoint-independent filtering).");
    case UDPNAT_FILTERING_RULE_ADDRESS:
      if (facts->is_address_tested)
        return _("An open port lets in whoever has an address that you have sent to "
                 "(address-dependent filtering).");
      return _("An open port lets in every port of an address that you have sent to, at least "
               "(address-dependent or endpoint-independent filtering).");
    case UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT:
      return _("An open port lets in only the very address and port that you have sent to "
               "(address- and port-dependent filtering).");
    }
  g_assert_not_reached ();
}

static char *
describe_sequential (const UdpnatNatFacts *facts)
{
  if (facts->flows_per_second == 0)
    return g_strdup_printf (_("Outer ports are given out one after the other, in steps of %d."),
                            facts->step);
  return g_strdup_printf (_("Outer ports are given out one after the other, in steps of %d; others "
                            "take about %u a second."), facts->step, facts->flows_per_second);
}

/* Returns: (nullable) (transfer full) */
static char *
describe_allocator (const UdpnatNatFacts *facts)
{
  if (facts->mapping == UDPNAT_MAPPING_RULE_NONE)
    return NULL;
  switch (facts->allocator)
    {
    case UDPNAT_PORT_ALLOCATOR_UNKNOWN:
      return NULL;
    case UDPNAT_PORT_ALLOCATOR_PRESERVING:
      return g_strdup (_("A new port keeps its number on the outside, where that is free."));
    case UDPNAT_PORT_ALLOCATOR_SEQUENTIAL:
      return describe_sequential (facts);
    case UDPNAT_PORT_ALLOCATOR_BLOCK:
      return g_strdup_printf (_("Outer ports come from a block, about %u to %u."),
                              facts->block_first, facts->block_last);
    case UDPNAT_PORT_ALLOCATOR_RANDOM:
      return g_strdup (_("Outer ports are chosen at random."));
    }
  g_assert_not_reached ();
}

/* Returns: (nullable) */
static const char *
describe_hairpin (const UdpnatNatFacts *facts)
{
  switch (facts->hairpin)
    {
    case UDPNAT_FINDING_UNKNOWN:
      return NULL;
    case UDPNAT_FINDING_NO:
      return _("Computers in here do not reach each other by the outer address (no hairpinning).");
    case UDPNAT_FINDING_YES:
      return _("Computers in here reach each other by the outer address as well (hairpinning).");
    }
  g_assert_not_reached ();
}

/* Returns: (nullable) */
static const char *
describe_poison (const UdpnatNatFacts *facts)
{
  switch (facts->poisoned)
    {
    case UDPNAT_FINDING_UNKNOWN:
      return NULL;
    case UDPNAT_FINDING_NO:
      return _("Packets that come unasked do no harm.");
    case UDPNAT_FINDING_YES:
      return _("A packet that comes unasked spoils a port: the answer to it leaves by another "
               "one.");
    }
  g_assert_not_reached ();
}

/* Returns: (nullable) (transfer full) */
static char *
describe_open_ttl (const UdpnatNatFacts *facts)
{
  if (facts->open_ttl == 0)
    return NULL;
  return g_strdup_printf (_("A packet with a TTL of %d opens the way out and goes no further."),
                          facts->open_ttl);
}

/* Returns: (nullable) (transfer full) */
static char *
describe_lifetime (const UdpnatNatFacts *facts)
{
  int alive_s = (int) (facts->lifetime_us / G_USEC_PER_SEC);
  int dead_s = (int) (facts->lifetime_dead_us / G_USEC_PER_SEC);

  switch (facts->lifetime_state)
    {
    case UDPNAT_LIFETIME_STATE_UNKNOWN:
      return NULL;
    case UDPNAT_LIFETIME_STATE_MEASURING:
      return g_strdup (_("How long an idle port stays open is being measured; this takes some "
                         "minutes."));
    case UDPNAT_LIFETIME_STATE_UNSUPPORTED:
      return g_strdup (_("How long an idle port stays open cannot be measured with this server."));
    case UDPNAT_LIFETIME_STATE_DONE:
      if (alive_s == 0 && dead_s == 0)
        return NULL;
      if (alive_s == 0)
        return g_strdup_printf (_("An idle port is closed in less than %d s."), dead_s);
      if (dead_s == 0)
        return g_strdup_printf (_("An idle port stays open for %d s or longer."), alive_s);
      return g_strdup_printf (_("An idle port stays open for %d s, but not for %d s."), alive_s,
                              dead_s);
    }
  g_assert_not_reached ();
}

/* Returns: (nullable) (transfer full) */
static char *
describe_absolute_lifetime (const UdpnatNatFacts *facts)
{
  if (facts->absolute_lifetime_us == 0)
    return NULL;
  return g_strdup_printf (_("Even a busy port is replaced after about %d s."),
                          (int) (facts->absolute_lifetime_us / G_USEC_PER_SEC));
}

/** udpnat_nat_words_name_topic: Returns: what the sentence of @topic is about, in a few words */
const char *
udpnat_nat_words_name_topic (UdpnatNatTopic topic)
{
  switch (topic)
    {
    case UDPNAT_NAT_TOPIC_MAPPING:
      return _("Outer Port");
    case UDPNAT_NAT_TOPIC_FILTERING:
      return _("Who Is Let In");
    case UDPNAT_NAT_TOPIC_ALLOCATOR:
      return _("Port Numbers");
    case UDPNAT_NAT_TOPIC_HAIRPIN:
      return _("From Inside to Inside");
    case UDPNAT_NAT_TOPIC_POISON:
      return _("Unasked Packets");
    case UDPNAT_NAT_TOPIC_OPEN_TTL:
      return _("Way Out");
    case UDPNAT_NAT_TOPIC_LIFETIME:
      return _("Idle Ports");
    case UDPNAT_NAT_TOPIC_ABSOLUTE_LIFETIME:
      return _("Busy Ports");
    }
  g_assert_not_reached ();
}

/**
 * udpnat_nat_words_describe_topic:
 * @facts: of tests that are done
 *
 * Returns: (nullable) (transfer full): a sentence; %NULL when there is nothing to say
 */
char *
udpnat_nat_words_describe_topic (const UdpnatNatFacts *facts,
                                 UdpnatNatTopic        topic)
{
  switch (topic)
    {
    case UDPNAT_NAT_TOPIC_MAPPING:
      return g_strdup (describe_mapping (facts));
    case UDPNAT_NAT_TOPIC_FILTERING:
      return g_strdup (describe_filtering (facts));
    case UDPNAT_NAT_TOPIC_ALLOCATOR:
      return describe_allocator (facts);
    case UDPNAT_NAT_TOPIC_HAIRPIN:
      return g_strdup (describe_hairpin (facts));
    case UDPNAT_NAT_TOPIC_POISON:
      return g_strdup (describe_poison (facts));
    case UDPNAT_NAT_TOPIC_OPEN_TTL:
      return describe_open_ttl (facts);
    case UDPNAT_NAT_TOPIC_LIFETIME:
      return describe_lifetime (facts);
    case UDPNAT_NAT_TOPIC_ABSOLUTE_LIFETIME:
      return describe_absolute_lifetime (facts);
    }
  g_assert_not_reached ();
}

static void
describe_topics (const UdpnatNatFacts *facts,
                 GStrvBuilder         *builder)
{
  for (guint i = 0; i < UDPNAT_NAT_TOPICS; i++)
    {
      g_autofree char *sentence = udpnat_nat_words_describe_topic (facts, (UdpnatNatTopic) i);

      if (sentence != NULL)
        g_strv_builder_add (builder, sentence);
    }
}

/** udpnat_nat_words_describe: Returns: (transfer full): a sentence for each thing that is known */
char **
udpnat_nat_words_describe (const UdpnatNatFacts *facts)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  switch (facts->state)
    {
    case UDPNAT_NAT_TEST_RUNNING:
      return g_strv_builder_end (builder);
    case UDPNAT_NAT_TEST_NO_ANSWER:
      g_strv_builder_add (builder, _("Nothing answers there by UDP."));
      return g_strv_builder_end (builder);
    case UDPNAT_NAT_TEST_NOT_STUN:
      g_strv_builder_add (builder, _("What answers there is no STUN server."));
      return g_strv_builder_end (builder);
    case UDPNAT_NAT_TEST_DONE:
      describe_topics (facts, builder);
      return g_strv_builder_end (builder);
    }
  g_assert_not_reached ();
}

/* ---- What it means ---- */

/* A server on our own side of the router sees what we see ourselves. */
static gboolean
is_server_inside (const UdpnatNatFacts *facts)
{
  return facts->mapping == UDPNAT_MAPPING_RULE_NONE
         && udpnat_address_get_scope (&facts->observed) != UDPNAT_SCOPE_GLOBAL;
}

static const char *
get_meaning_of_rules (const UdpnatNatFacts *facts)
{
  gboolean is_open = facts->filtering == UDPNAT_FILTERING_RULE_INDEPENDENT
                     || facts->filtering == UDPNAT_FILTERING_RULE_ADDRESS;

  switch (facts->mapping)
    {
    case UDPNAT_MAPPING_RULE_UNKNOWN:
      return "unknown";
    case UDPNAT_MAPPING_RULE_NONE:
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
      return is_open ? "open" : "easy";
    case UDPNAT_MAPPING_RULE_ADDRESS:
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      return "hard";
    }
  g_assert_not_reached ();
}

/** udpnat_nat_words_get_meaning: Returns: code of what all this means for reaching people */
const char *
udpnat_nat_words_get_meaning (const UdpnatNatFacts *facts)
{
  switch (facts->state)
    {
    case UDPNAT_NAT_TEST_RUNNING:
      return "asking";
    case UDPNAT_NAT_TEST_NO_ANSWER:
      return "silent";
    case UDPNAT_NAT_TEST_NOT_STUN:
      return "unknown";
    case UDPNAT_NAT_TEST_DONE:
      return is_server_inside (facts) ? "server-inside" : get_meaning_of_rules (facts);
    }
  g_assert_not_reached ();
}

/** udpnat_nat_words_get_fix: Returns: (nullable): code of what can be done; %NULL: nothing */
const char *
udpnat_nat_words_get_fix (const UdpnatNatFacts *facts)
{
  if (facts->state == UDPNAT_NAT_TEST_NO_ANSWER)
    return "allow-udp";
  if (g_str_equal (udpnat_nat_words_get_meaning (facts), "hard"))
    return "router-mode-or-ipv6";
  return facts->state == UDPNAT_NAT_TEST_DONE && facts->poisoned == UDPNAT_FINDING_YES
           ? "router-firewall"
           : NULL;
}
