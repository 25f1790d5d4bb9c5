/* What the tests of our own routers have found out, as a person and as a program reads it. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>

#include "udpnat-nat-words.h"
#include "udpnat-words.h"

static void
add_address (JsonBuilder         *builder,
             const char          *member,
             const UdpnatAddress *address)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES] = "";

  if (udpnat_address_is_set (address))
    udpnat_address_to_string (address, text);
  udpnat_cli_view_add_text (builder, member, text);
}

/** udpnat_cli_view_add_nat_facts: what tests have found out, for any event that tells it */
void
udpnat_cli_view_add_nat_facts (JsonBuilder          *builder,
                               const UdpnatNatFacts *facts)
{
  udpnat_cli_view_add_text (builder, "mapping", udpnat_mapping_rule_to_code (facts->mapping));
  udpnat_cli_view_add_text (builder, "filtering", udpnat_filtering_rule_to_code (facts->filtering));
  udpnat_cli_view_add_boolean (builder, "two_addresses", facts->is_address_tested);
  udpnat_cli_view_add_text (builder, "allocator", udpnat_port_allocator_to_code (facts->allocator));
  udpnat_cli_view_add_number (builder, "step", facts->step);
  udpnat_cli_view_add_number (builder, "flows_per_second", facts->flows_per_second);
  udpnat_cli_view_add_number (builder, "block_first", facts->block_first);
  udpnat_cli_view_add_number (builder, "block_last", facts->block_last);
  udpnat_cli_view_add_text (builder, "hairpin", udpnat_finding_to_code (facts->hairpin));
  udpnat_cli_view_add_text (builder, "poisoned", udpnat_finding_to_code (facts->poisoned));
  udpnat_cli_view_add_number (builder, "open_ttl", facts->open_ttl);
  udpnat_cli_view_add_text (builder, "lifetime_state",
                            udpnat_lifetime_state_to_code (facts->lifetime_state));
  udpnat_cli_view_add_number (builder, "lifetime_us", facts->lifetime_us);
  udpnat_cli_view_add_number (builder, "lifetime_dead_us", facts->lifetime_dead_us);
  udpnat_cli_view_add_number (builder, "absolute_lifetime_us", facts->absolute_lifetime_us);
}

static void
tell_nat (UdpnatCliView        *self,
          UdpnatFamily          family,
          const UdpnatNatFacts *facts)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("netcheck");

  udpnat_cli_view_add_text (builder, "family", family == UDPNAT_FAMILY_IPV4 ? "ipv4" : "ipv6");
  udpnat_cli_view_add_text (builder, "meaning", udpnat_nat_words_get_meaning (facts));
  udpnat_cli_view_add_text (builder, "fix", udpnat_nat_words_get_fix (facts));
  add_address (builder, "observed", &facts->observed);
  udpnat_cli_view_add_number (builder, "rtt_us", facts->rtt_us);
  udpnat_cli_view_add_nat_facts (builder, facts);
  udpnat_cli_view_add_number (builder, "packets", facts->n_packets);
  udpnat_cli_view_end (self, builder);
}

/** udpnat_cli_view_show_nat: @facts: of tests that are done */
void
udpnat_cli_view_show_nat (UdpnatCliView        *self,
                          UdpnatFamily          family,
                          const UdpnatNatFacts *facts)
{
  g_auto (GStrv) sentences = udpnat_nat_words_describe (facts);
  const char *fix = udpnat_nat_words_get_fix (facts);
  char observed[UDPNAT_ADDRESS_TEXT_BYTES];

  if (udpnat_cli_view_is_json (self))
    {
      tell_nat (self, family, facts);
      return;
    }
  udpnat_address_to_string (&facts->observed, observed);
  /* Translators: IPv4 or IPv6, our own address, and how long the answer has taken */
  udpnat_cli_view_show_text (self, _("%s: the server sees you as %s (%.0f ms)"),
                             family == UDPNAT_FAMILY_IPV4 ? "IPv4" : "IPv6", observed,
                             facts->rtt_us / 1000.0);
  for (guint i = 0; sentences[i] != NULL; i++)
    udpnat_cli_view_show_text (self, "  %s", sentences[i]);
  udpnat_cli_view_show_text (self, _("What this means: %s"),
                             udpnat_words_explain_meaning (udpnat_nat_words_get_meaning (facts)));
  if (fix != NULL)
    udpnat_cli_view_show_text (self, "%s", udpnat_words_explain_fix (fix));
}

/** udpnat_cli_view_show_router: whether the router opens ports for programs that ask it */
void
udpnat_cli_view_show_router (UdpnatCliView           *self,
                             const UdpnatRouterCheck *router)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES] = "";
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      const char *words = udpnat_words_explain_port_mapping (router->code);

      if (*router->protocol != '\0')
        /* Translators: whether the router opens ports, and by which protocol */
        udpnat_cli_view_show_text (self, C_("router", "%s: %s"), words, router->protocol);
      else
        udpnat_cli_view_show_text (self, "%s", words);
      return;
    }
  if (udpnat_address_is_set (&router->external))
    udpnat_address_to_string (&router->external, text);
  builder = udpnat_cli_view_begin ("router");
  udpnat_cli_view_add_text (builder, "port_mapping", router->code);
  udpnat_cli_view_add_text (builder, "port_mapping_protocol", router->protocol);
  udpnat_cli_view_add_text (builder, "port_mapping_address", text);
  udpnat_cli_view_end (self, builder);
}
