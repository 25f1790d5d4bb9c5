/* What the terminal shows of paths and networks. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>

#include "udpnat-nat-words.h"
#include "udpnat-words.h"

/* ---- The way to somebody ---- */

static void
add_entry (JsonBuilder                 *builder,
           const UdpnatPathReportEntry *entry,
           gboolean                     is_own)
{
  json_builder_begin_object (builder);
  udpnat_cli_view_add_text (builder, "address", entry->address);
  udpnat_cli_view_add_text (builder, "source", entry->source);
  udpnat_cli_view_add_boolean (builder, "selected", entry->is_selected);
  if (!is_own)
    {
      udpnat_cli_view_add_text (builder, "fate", entry->fate);
      udpnat_cli_view_add_text (builder, "found", entry->discovery);
      udpnat_cli_view_add_number (builder, "sent", entry->n_sent);
      udpnat_cli_view_add_number (builder, "rtt_us", entry->rtt_us);
    }
  json_builder_end_object (builder);
}

static void
tell_path_report (UdpnatCliView    *self,
                  UdpnatPerson     *person,
                  UdpnatPathReport *report)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("path_report");
  const UdpnatPathReportEntry *entry;

  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_text (builder, "phase", udpnat_path_report_get_phase (report));
  udpnat_cli_view_add_number (builder, "elapsed_us", udpnat_path_report_get_elapsed (report));
  udpnat_cli_view_add_number (builder, "remaining_us", udpnat_path_report_get_remaining (report));
  udpnat_cli_view_add_text (builder, "kind", udpnat_path_report_get_kind (report));
  udpnat_cli_view_add_text (builder, "remote", udpnat_path_report_get_address (report));
  udpnat_cli_view_add_number (builder, "rtt_us", udpnat_path_report_get_rtt (report));
  udpnat_cli_view_add_text (builder, "reason", udpnat_path_report_get_reason (report));
  udpnat_cli_view_add_text (builder, "own_nat", udpnat_path_report_get_own_nat (report));
  udpnat_cli_view_add_text (builder, "their_nat", udpnat_path_report_get_their_nat (report));
  udpnat_cli_view_add_text (builder, "their_filtering",
                            udpnat_path_report_get_their_filtering (report));
  udpnat_cli_view_add_boolean (builder, "relay_only", udpnat_person_is_relay_only (person));
  json_builder_set_member_name (builder, "own");
  json_builder_begin_array (builder);
  for (guint i = 0; (entry = udpnat_path_report_get_own (report, i)) != NULL; i++)
    add_entry (builder, entry, TRUE);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "theirs");
  json_builder_begin_array (builder);
  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    add_entry (builder, entry, FALSE);
  json_builder_end_array (builder);
  udpnat_cli_view_end (self, builder);
}

static void
show_phase (UdpnatCliView    *self,
            UdpnatPathReport *report)
{
  const char *phase = udpnat_path_report_get_phase (report);
  gint64 elapsed_us = udpnat_path_report_get_elapsed (report);
  gint64 remaining_us = udpnat_path_report_get_remaining (report);
  const char *reason = udpnat_path_report_get_reason (report);

  udpnat_cli_view_show_field (self, C_("label", "state"), "%s", udpnat_words_explain_phase (phase));
  if (elapsed_us >= 0)
    /* Translators: what follows is how long it has been like that */
    udpnat_cli_view_show_field (self, C_("label", "for"),
                                /* Translators: seconds */
                                _("%lld s"), (long long) (elapsed_us / G_USEC_PER_SEC));
  if (remaining_us >= 0)
    /* Translators: what follows is when something else is tried */
    udpnat_cli_view_show_field (self, C_("label", "next"),
                                /* Translators: seconds from now */
                                _("in %lld s"),
                                (long long) ((remaining_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC));
  if (*reason != '\0')
    udpnat_cli_view_show_field (self, C_("label", "because"), "%s",
                                udpnat_words_explain_reason (reason));
}

/* @entry: one of theirs */
static void
show_entry (UdpnatCliView               *self,
            const UdpnatPathReportEntry *entry)
{
  g_autoptr (GString) facts = g_string_new (udpnat_words_explain_fate (entry->fate));

  if (entry->n_sent > 0)
    {
      g_autofree char *sent =
        /* Translators: how many were sent to an address */
        g_strdup_printf (ngettext ("%u packet", "%u packets", entry->n_sent), entry->n_sent);

      udpnat_cli_view_append_fact (facts, sent);
    }
  udpnat_cli_view_append_rtt (facts, entry->rtt_us);
  udpnat_cli_view_show_text (self, "    %s %s: %s", entry->is_selected ? "●" : "○", entry->address,
                             facts->str);
  udpnat_cli_view_show_text (self, "      %s",
                             udpnat_words_explain_way (entry->source, entry->discovery));
}

/* How a direct path was won: by which of their addresses. */
static void
show_how (UdpnatCliView    *self,
          UdpnatPathReport *report)
{
  const UdpnatPathReportEntry *entry;

  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    if (entry->is_selected)
      /* Translators: what follows is how the address was found by which somebody is reached */
      udpnat_cli_view_show_field (self, C_("label", "by"), "%s",
                                  udpnat_words_explain_way (entry->source, entry->discovery));
}

/** udpnat_cli_view_show_path_report: how somebody is connected, and what was tried */
void
udpnat_cli_view_show_path_report (UdpnatCliView    *self,
                                  UdpnatPerson     *person,
                                  UdpnatPathReport *report)
{
  gint64 rtt_us = udpnat_path_report_get_rtt (report);
  const UdpnatPathReportEntry *entry;

  if (udpnat_cli_view_is_json (self))
    {
      tell_path_report (self, person, report);
      return;
    }
  udpnat_cli_view_show_clean (self, "⇄ %s", udpnat_person_get_title (person));
  show_phase (self, report);
  if (*udpnat_path_report_get_address (report) != '\0')
    udpnat_cli_view_show_field (self, C_("label", "address"), "%s",
                                udpnat_path_report_get_address (report));
  show_how (self, report);
  if (rtt_us > 0)
    udpnat_cli_view_show_field (self, C_("label", "round trip"), _("%.0f ms"), rtt_us / 1000.0);
  /* Translators: what follows is what your router does */
  udpnat_cli_view_show_field (self, C_("label", "you"), "%s",
                              udpnat_words_explain_router (udpnat_path_report_get_own_nat (report),
                                                           TRUE));
  for (guint i = 0; (entry = udpnat_path_report_get_own (report, i)) != NULL; i++)
    udpnat_cli_view_show_text (self, "    %s %s: %s", entry->is_selected ? "●" : "○",
                               entry->address, udpnat_words_explain_source (entry->source));
  /* Translators: what follows is what their router does */
  udpnat_cli_view_show_field (self, C_("label", "they"), "%s",
                              udpnat_words_explain_router (
                                udpnat_path_report_get_their_nat (report), FALSE));
  if (udpnat_path_report_has_their_filtering (report))
    udpnat_cli_view_show_field (self, "", "%s",
                                udpnat_words_explain_their_filtering (
                                  udpnat_path_report_get_their_filtering (report)));
  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    show_entry (self, entry);
}

/**
 * udpnat_cli_view_show_relay_only: whether somebody is reached through the server only
 * @is_question: programs are not told otherwise
 */
void
udpnat_cli_view_show_relay_only (UdpnatCliView *self,
                                 UdpnatPerson  *person,
                                 gboolean       is_question)
{
  const char *title = udpnat_person_get_title (person);

  if (is_question && udpnat_cli_view_is_json (self))
    udpnat_cli_view_show_contact (self, person);
  else if (udpnat_person_is_relay_only (person))
    udpnat_cli_view_show_clean (self, _("  %s is reached through the server only, and learns no "
                                        "address of yours."), title);
  else
    udpnat_cli_view_show_clean (self, _("  %s is reached directly where that is possible."), title);
}

/* ---- Our own network ---- */

static void
tell_network_report (UdpnatCliView       *self,
                     UdpnatNetworkReport *report)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("network");
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (report);
  const char *host;

  udpnat_cli_view_add_text (builder, "udp", udpnat_network_report_get_udp_state (report));
  udpnat_cli_view_add_text (builder, "nat", udpnat_network_report_get_nat (report));
  udpnat_cli_view_add_text (builder, "ports", udpnat_network_report_get_port_rule (report));
  udpnat_cli_view_add_boolean (builder, "ipv6", udpnat_network_report_has_ipv6 (report));
  udpnat_cli_view_add_text (builder, "observed", udpnat_network_report_get_observed (report, 0));
  udpnat_cli_view_add_text (builder, "observed_second",
                            udpnat_network_report_get_observed (report, 1));
  udpnat_cli_view_add_text (builder, "port_mapping",
                            udpnat_network_report_get_port_mapping (report));
  udpnat_cli_view_add_text (builder, "port_mapping_protocol",
                            udpnat_network_report_get_mapping_protocol (report));
  udpnat_cli_view_add_text (builder, "port_mapping_address",
                            udpnat_network_report_get_mapped (report));
  udpnat_cli_view_add_text (builder, "server", udpnat_network_report_get_server (report));
  udpnat_cli_view_add_number (builder, "server_rtt_us",
                              udpnat_network_report_get_server_rtt (report));
  udpnat_cli_view_add_text (builder, "tests", udpnat_network_report_get_test_state (report));
  if (tests != NULL)
    udpnat_cli_view_add_nat_facts (builder, tests);
  udpnat_cli_view_add_text (builder, "meaning", udpnat_network_report_get_meaning (report));
  udpnat_cli_view_add_text (builder, "fix", udpnat_network_report_get_fix (report));
  json_builder_set_member_name (builder, "hosts");
  json_builder_begin_array (builder);
  for (guint i = 0; (host = udpnat_network_report_get_host (report, i)) != NULL; i++)
    json_builder_add_string_value (builder, host);
  json_builder_end_array (builder);
  udpnat_cli_view_end (self, builder);
}

static void
show_server (UdpnatCliView       *self,
             UdpnatNetworkReport *report)
{
  const char *server = udpnat_network_report_get_server (report);
  g_autoptr (GString) words = g_string_new (*server != '\0' ? server : C_("server", "none"));

  udpnat_cli_view_append_rtt (words, udpnat_network_report_get_server_rtt (report));
  udpnat_cli_view_show_field (self, C_("label", "server"), "%s", words->str);
}

static void
show_port_mapping (UdpnatCliView       *self,
                   UdpnatNetworkReport *report)
{
  const char *protocol = udpnat_network_report_get_mapping_protocol (report);

  /* Translators: what follows is whether the router has opened a port for us */
  udpnat_cli_view_show_field (self, C_("label", "mapping"), "%s",
                              udpnat_words_explain_port_mapping (
                                udpnat_network_report_get_port_mapping (report)));
  if (*protocol != '\0')
    /* Translators: the address that the router has opened, and the protocol: 192.0.2.1:8900, by
     * PCP */
    udpnat_cli_view_show_field (self, "", _("%s, by %s"),
                                udpnat_network_report_get_mapped (report), protocol);
}

static void
show_tests (UdpnatCliView       *self,
            UdpnatNetworkReport *report)
{
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (report);
  g_auto (GStrv) sentences = tests != NULL ? udpnat_nat_words_describe (tests) : NULL;

  udpnat_cli_view_show_field (self, C_("label", "tests"), "%s",
                              udpnat_words_explain_test_state (
                                udpnat_network_report_get_test_state (report)));
  for (guint i = 0; sentences != NULL && sentences[i] != NULL; i++)
    udpnat_cli_view_show_field (self, "", "%s", sentences[i]);
}

/** udpnat_cli_view_show_network_report: what our own network is like */
void
udpnat_cli_view_show_network_report (UdpnatCliView       *self,
                                     UdpnatNetworkReport *report)
{
  const char *observed = udpnat_network_report_get_observed (report, 0);
  const char *fix = udpnat_network_report_get_fix (report);
  const char *host;

  if (udpnat_cli_view_is_json (self))
    {
      tell_network_report (self, report);
      return;
    }
  udpnat_cli_view_show_text (self, "%s",
                             udpnat_words_explain_meaning (
                               udpnat_network_report_get_meaning (report)));
  if (fix != NULL)
    udpnat_cli_view_show_text (self, "%s", udpnat_words_explain_fix (fix));
  udpnat_cli_view_show_field (self, "UDP", "%s",
                              udpnat_words_explain_udp_state (
                                udpnat_network_report_get_udp_state (report)));
  udpnat_cli_view_show_field (self, C_("label", "router"), "%s",
                              udpnat_words_explain_router (udpnat_network_report_get_nat (report),
                                                           TRUE));
  udpnat_cli_view_show_field (self, C_("label", "port"), "%s",
                              udpnat_words_explain_port_rule (
                                udpnat_network_report_get_port_rule (report)));
  show_port_mapping (self, report);
  udpnat_cli_view_show_field (self, "IPv6", "%s",
                              udpnat_network_report_has_ipv6 (report) ? C_("IPv6", "yes")
                                                                      : C_("IPv6", "no"));
  for (guint i = 0; (host = udpnat_network_report_get_host (report, i)) != NULL; i++)
    udpnat_cli_view_show_field (self, C_("label", "address"), "%s", host);
  if (*observed != '\0')
    /* Translators: an address */
    udpnat_cli_view_show_field (self, C_("label", "outside"), _("%s, as the server sees you"),
                                observed);
  show_server (self, report);
  show_tests (self, report);
}
