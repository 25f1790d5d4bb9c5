/* How the server does, for programs: Prometheus' text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), whose labels are words of our
 * own, so that nothing has to be escaped but the addresses of other servers, and JSON. */

#include "config.h"

#include "udpnat-server-status.h"

#include <json-glib/json-glib.h>

/* ---- Prometheus ---- */

static void
add_head (GString    *text,
          const char *name,
          const char *type,
          const char *help)
{
  g_string_append_printf (text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
add_value (GString    *text,
           const char *name,
           const char *label,
           const char *value,
           guint64     count)
{
  if (label == NULL)
    g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n", name, count);
  else
    g_string_append_printf (text, "%s{%s=\"%s\"} %" G_GUINT64_FORMAT "\n", name, label, value,
                            count);
}

static void
add_gauge (GString    *text,
           const char *name,
           guint64     count,
           const char *help)
{
  add_head (text, name, "gauge", help);
  add_value (text, name, NULL, NULL, count);
}

static void
add_counter (GString    *text,
             const char *name,
             guint64     count,
             const char *help)
{
  add_head (text, name, "counter", help);
  add_value (text, name, NULL, NULL, count);
}

static void
add_packets (GString                           *text,
             const UdpnatRendezvousServerStats *stats)
{
  const char *name = "udpnat_received_packets_total";

  add_head (text, name, "counter", "Datagrams received, by kind.");
  for (guint i = 0; i < UDPNAT_N_SERVER_PACKETS; i++)
    add_value (text, name, "kind", udpnat_server_packet_to_code (i), stats->packets[i]);
  add_counter (text, "udpnat_sent_packets_total", stats->datagrams_out, "Datagrams sent.");
  name = "udpnat_unserved_packets_total";
  add_head (text, name, "counter", "Datagrams received that led to nothing, by cause.");
  add_value (text, name, "cause", "malformed", stats->malformed);
  add_value (text, name, "cause", "ignored", stats->ignored);
  add_value (text, name, "cause", "refused", stats->refused);
  name = "udpnat_refusals_total";
  add_head (text, name, "counter", "What was refused, by reason.");
  for (guint i = 0; i < UDPNAT_N_SERVER_REFUSALS; i++)
    add_value (text, name, "reason", udpnat_server_refusal_to_code (i), stats->refusals[i]);
}

static void
add_work (GString                           *text,
          const UdpnatRendezvousServerStats *stats)
{
  const char *name = "udpnat_stun_requests_total";

  add_counter (text, "udpnat_handshakes_total", stats->handshakes,
               "Handshakes that were read, at the price of Diffie-Hellman.");
  add_counter (text, "udpnat_resumptions_total", stats->resumptions,
               "Sessions that came back by ticket, without.");
  add_counter (text, "udpnat_refused_tickets_total", stats->tickets_refused,
               "Tickets that were none of this server's, or too old.");
  add_counter (text, "udpnat_cookies_total", stats->cookies, "Cookies sent instead of that.");
  add_counter (text, "udpnat_relayed_packets_total", stats->relayed_packets,
               "Packets passed on from one person to another.");
  add_counter (text, "udpnat_relayed_bytes_total", stats->relayed_bytes, "Bytes in them.");
  add_counter (text, "udpnat_lookups_total", stats->lookups, "Names asked for.");
  add_counter (text, "udpnat_directory_pages_total", stats->pages, "Pages of the list asked for.");
  add_counter (text, "udpnat_watched_changes_total", stats->watched_told,
               "Changes told to those who watch somebody.");
  add_counter (text, "udpnat_dials_total", stats->dials, "Packets for somebody by key.");
  add_counter (text, "udpnat_failed_dials_total", stats->dials_failed,
               "Those for somebody who was not there.");
  add_counter (text, "udpnat_stored_letters_total", stats->letters_stored,
               "Letters taken for people who were away.");
  add_counter (text, "udpnat_given_letters_total", stats->letters_given,
               "Letters given to their recipients.");
  add_head (text, name, "counter", "STUN requests, by what they ask for.");
  for (guint i = 0; i < UDPNAT_N_SERVER_STUNS; i++)
    add_value (text, name, "kind", udpnat_server_stun_to_code (i), stats->stun[i]);
  add_counter (text, "udpnat_stun_responses_total", stats->stun_responses, "STUN answers.");
}

static void
add_reports (GString                           *text,
             const UdpnatRendezvousServerStats *stats)
{
  const char *name = "udpnat_reported_nats_total";

  add_counter (text, "udpnat_reports_total", stats->reports,
               "Reports of clients, of which the following are made.");
  add_head (text, name, "counter", "NATs that clients are behind, by kind.");
  for (guint i = UDPNAT_REPORT_NAT_NONE; i < UDPNAT_N_REPORT_NATS; i++)
    add_value (text, name, "nat", udpnat_report_nat_to_code (i), stats->nats[i]);
  name = "udpnat_reported_direct_paths_total";
  add_head (text, name, "counter", "Tries that ended with a direct path, by where the peer is.");
  add_value (text, name, "network", "internet", stats->ways[UDPNAT_REPORT_WAY_DIRECT]);
  add_value (text, name, "network", "lan", stats->ways[UDPNAT_REPORT_WAY_LAN]);
  name = "udpnat_reported_relayed_paths_total";
  add_head (text, name, "counter", "Tries that ended at the relay, by reason (docs/REASONS.md).");
  for (guint i = UDPNAT_REPORT_WAY_FIRST_RELAYED; i < UDPNAT_N_REPORT_WAYS; i++)
    add_value (text, name, "reason", udpnat_report_way_to_code (i), stats->ways[i]);
}

/* What stands in the directory may be anything. */
static char *
escape_label (const char *value)
{
  GString *text = g_string_new (value);

  g_string_replace (text, "\\", "\\\\", 0);
  g_string_replace (text, "\"", "\\\"", 0);
  g_string_replace (text, "\n", "\\n", 0);
  return g_string_free (text, FALSE);
}

static void
add_fleet (GString                           *text,
           const UdpnatFleetStatus           *fleet,
           const UdpnatRendezvousServerStats *stats)
{
  const char *name = "udpnat_fleet_people_online";

  add_gauge (text, "udpnat_fleet_nodes", fleet->n_nodes, "Servers of the fleet that live.");
  add_head (text, name, "gauge", "People registered now, by server.");
  for (guint i = 0; i < fleet->n_nodes; i++)
    {
      g_autofree char *place = escape_label (fleet->nodes[i].place);

      add_value (text, name, "node", place, fleet->nodes[i].people);
    }
  add_gauge (text, "udpnat_fleet_directory_up", fleet->is_up ? 1 : 0,
             "Whether the directory answers.");
  add_gauge (text, "udpnat_fleet_directory_rtt_microseconds", (guint64) fleet->rtt_us,
             "How long that takes.");
  add_gauge (text, "udpnat_fleet_claims_waiting", fleet->claims_waiting,
             "New names of which the directory has not said whose they are.");
  add_counter (text, "udpnat_fleet_deferred_claims_total", fleet->claims_deferred,
               "New names told to come later, because it did not answer.");
  add_counter (text, "udpnat_fleet_moves_total", stats->moves, "People sent to other servers.");
  add_gauge (text, "udpnat_fleet_draining", stats->is_draining ? 1 : 0,
             "Whether everybody is being sent away.");
  add_gauge (text, "udpnat_fleet_watched", stats->elsewhere,
             "People at other servers whom somebody here watches.");
}

/** udpnat_server_status_to_metrics: Returns: (transfer full): Prometheus' text format 0.0.4 */
char *
udpnat_server_status_to_metrics (const UdpnatServerStatus *self)
{
  const UdpnatRendezvousServerStats *stats = &self->stats;
  GString *text = g_string_new (NULL);

  add_head (text, "udpnat_build_info", "gauge", "Always 1; the label says the version.");
  add_value (text, "udpnat_build_info", "version", self->version, 1);
  add_gauge (text, "udpnat_start_time_seconds", (guint64) self->started_s,
             "When the server was started, in seconds since 1970.");
  add_gauge (text, "udpnat_people_online", stats->registered, "People registered now.");
  add_gauge (text, "udpnat_sessions", stats->sessions, "Sessions now, unproved ones included.");
  add_gauge (text, "udpnat_sessions_resting", stats->resting, "Of these, those at rest.");
  add_gauge (text, "udpnat_names", stats->names, "Names that belong to somebody.");
  add_gauge (text, "udpnat_watches", stats->watches,
             "Pairs of who is told about whom, where the list is not told as a whole.");
  add_gauge (text, "udpnat_directory_bytes", stats->directory_bytes,
             "Memory of these pairs and of the order of the names.");
  add_gauge (text, "udpnat_mailbox_letters", stats->letters, "Letters that wait.");
  add_gauge (text, "udpnat_mailbox_bytes", (guint64) stats->letter_bytes, "Bytes in them.");
  add_gauge (text, "udpnat_resident_memory_bytes", (guint64) self->memory_bytes,
             "Memory of the process that is in RAM.");
  if (self->fleet != NULL)
    add_fleet (text, self->fleet, stats);
  add_packets (text, stats);
  add_work (text, stats);
  add_reports (text, stats);
  return g_string_free (text, FALSE);
}

/* ---- JSON ---- */

static void
add_member (JsonBuilder *json,
            const char  *name,
            guint64      count)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, (gint64) count);
}

static void
begin_object (JsonBuilder *json,
              const char  *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_object (json);
}

static void
add_tables (JsonBuilder                       *json,
            const UdpnatRendezvousServerStats *stats)
{
  begin_object (json, "received");
  for (guint i = 0; i < UDPNAT_N_SERVER_PACKETS; i++)
    add_member (json, udpnat_server_packet_to_code (i), stats->packets[i]);
  json_builder_end_object (json);
  begin_object (json, "refusals");
  for (guint i = 0; i < UDPNAT_N_SERVER_REFUSALS; i++)
    add_member (json, udpnat_server_refusal_to_code (i), stats->refusals[i]);
  json_builder_end_object (json);
  begin_object (json, "stun");
  for (guint i = 0; i < UDPNAT_N_SERVER_STUNS; i++)
    add_member (json, udpnat_server_stun_to_code (i), stats->stun[i]);
  json_builder_end_object (json);
  begin_object (json, "nats");
  for (guint i = UDPNAT_REPORT_NAT_NONE; i < UDPNAT_N_REPORT_NATS; i++)
    add_member (json, udpnat_report_nat_to_code (i), stats->nats[i]);
  json_builder_end_object (json);
  begin_object (json, "paths");
  for (guint i = 0; i < UDPNAT_N_REPORT_WAYS; i++)
    add_member (json, udpnat_report_way_to_code (i), stats->ways[i]);
  json_builder_end_object (json);
}

static void
add_samples (JsonBuilder              *json,
             const char               *name,
             const UdpnatServerSample *samples,
             guint                     n_samples)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
  for (guint i = 0; i < n_samples; i++)
    {
      json_builder_begin_object (json);
      add_member (json, "at_s", (guint64) samples[i].at_s);
      add_member (json, "online", samples[i].online);
      add_member (json, "packets", samples[i].packets);
      add_member (json, "handshakes", samples[i].handshakes);
      add_member (json, "relayed_bytes", samples[i].relayed_bytes);
      add_member (json, "memory_bytes", (guint64) samples[i].memory_bytes);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_history (JsonBuilder               *json,
             const UdpnatServerHistory *history)
{
  UdpnatServerSample hour[UDPNAT_SERVER_HOUR_SAMPLES];
  UdpnatServerSample day[UDPNAT_SERVER_DAY_SAMPLES];

  if (history == NULL)
    return;
  add_samples (json, "hour", hour, udpnat_server_history_get_hour (history, hour));
  add_samples (json, "day", day, udpnat_server_history_get_day (history, day));
}

static void
add_fleet_object (JsonBuilder                       *json,
                  const UdpnatFleetStatus           *fleet,
                  const UdpnatRendezvousServerStats *stats)
{
  if (fleet == NULL)
    return;
  begin_object (json, "fleet");
  add_member (json, "online", udpnat_fleet_status_count_people (fleet));
  add_member (json, "directory_up", fleet->is_up ? 1 : 0);
  add_member (json, "directory_rtt_us", (guint64) fleet->rtt_us);
  add_member (json, "claims_waiting", fleet->claims_waiting);
  add_member (json, "claims_deferred", fleet->claims_deferred);
  add_member (json, "moves", stats->moves);
  add_member (json, "draining", stats->is_draining ? 1 : 0);
  add_member (json, "watched", stats->elsewhere);
  begin_object (json, "nodes");
  for (guint i = 0; i < fleet->n_nodes; i++)
    add_member (json, fleet->nodes[i].place, fleet->nodes[i].people);
  json_builder_end_object (json);
  json_builder_end_object (json);
}

/** udpnat_server_status_to_json: Returns: (transfer full): one object, on one line */
char *
udpnat_server_status_to_json (const UdpnatServerStatus *self)
{
  const UdpnatRendezvousServerStats *stats = &self->stats;
  guint64  n_ways = udpnat_server_status_count_ways (self);
  g_autoptr (JsonBuilder) json = json_builder_new_immutable ();
  g_autoptr (JsonNode)    root = NULL;
  g_autofree char        *text = NULL;

  json_builder_begin_object (json);
  json_builder_set_member_name (json, "version");
  json_builder_add_string_value (json, self->version);
  add_member (json, "started_s", (guint64) self->started_s);
  add_member (json, "uptime_s", (guint64) self->uptime_s);
  add_member (json, "online", stats->registered);
  add_member (json, "sessions", stats->sessions);
  add_member (json, "resting", stats->resting);
  add_member (json, "names", stats->names);
  add_member (json, "packets_in", stats->datagrams_in);
  add_member (json, "packets_out", stats->datagrams_out);
  add_member (json, "malformed", stats->malformed);
  add_member (json, "ignored", stats->ignored);
  add_member (json, "refused", stats->refused);
  add_member (json, "handshakes", stats->handshakes);
  add_member (json, "resumptions", stats->resumptions);
  add_member (json, "refused_tickets", stats->tickets_refused);
  add_member (json, "cookies", stats->cookies);
  add_member (json, "relayed_packets", stats->relayed_packets);
  add_member (json, "relayed_bytes", stats->relayed_bytes);
  add_member (json, "lookups", stats->lookups);
  add_member (json, "pages", stats->pages);
  add_member (json, "watched_changes", stats->watched_told);
  add_member (json, "dials", stats->dials);
  add_member (json, "failed_dials", stats->dials_failed);
  add_member (json, "letters", stats->letters);
  add_member (json, "letter_bytes", (guint64) stats->letter_bytes);
  add_member (json, "memory_bytes", (guint64) self->memory_bytes);
  add_member (json, "reports", stats->reports);
  if (n_ways > 0)
    add_member (json, "direct_percent",
                (udpnat_server_status_count_direct (self) * 100 + n_ways / 2) / n_ways);
  add_tables (json, stats);
  add_fleet_object (json, self->fleet, stats);
  add_history (json, self->history);
  json_builder_end_object (json);
  root = json_builder_get_root (json);
  text = json_to_string (root, FALSE);
  return g_strconcat (text, "\n", NULL);
}
