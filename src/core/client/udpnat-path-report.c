/* How two people are connected, for views: the core's facts as codes, texts and durations. */

#include "config.h"

#include "udpnat-path-report.h"
#include "udpnat-report-writer-private.h"

struct _UdpnatPathReport
{
  GObject                parent_instance;

  UdpnatPathFacts        facts;
  gint64                 now_us; /* when it was looked */
  char                   address[UDPNAT_ADDRESS_TEXT_BYTES];
  const char            *reason; /* static */
  UdpnatPathReportEntry  own[UDPNAT_CANDIDATES_MAX];
  UdpnatPathReportEntry  theirs[UDPNAT_REMOTE_FACTS_MAX];
};

G_DEFINE_FINAL_TYPE (UdpnatPathReport, udpnat_path_report, G_TYPE_OBJECT)

static void
udpnat_path_report_class_init (UdpnatPathReportClass *klass)
{
}

static void
udpnat_path_report_init (UdpnatPathReport *self)
{
}

static void
fill_entry (UdpnatPathReportEntry    *entry,
            const UdpnatAddressFacts *facts,
            gboolean                  is_own)
{
  udpnat_address_to_string (&facts->address, entry->address);
  entry->source = udpnat_address_source_to_code (facts->source);
  entry->fate = is_own ? "" : udpnat_path_fate_to_code (facts->fate);
  entry->discovery = is_own ? "" : udpnat_path_discovery_to_code (facts->discovery);
  entry->is_selected = facts->is_selected;
  entry->n_sent = facts->n_sent;
  entry->rtt_us = facts->rtt_us;
}

/**
 * udpnat_path_report_new:
 * @facts: copied
 * @now_us: when they were so
 * @reason: a static code, for the reason in @facts
 */
UdpnatPathReport *
udpnat_path_report_new (const UdpnatPathFacts *facts,
                        gint64                 now_us,
                        const char            *reason)
{
  UdpnatPathReport *self = g_object_new (UDPNAT_TYPE_PATH_REPORT, NULL);

  self->facts = *facts;
  self->now_us = now_us;
  self->reason = reason;
  if (udpnat_address_is_set (&facts->address))
    udpnat_address_to_string (&facts->address, self->address);
  for (guint i = 0; i < facts->n_local; i++)
    fill_entry (&self->own[i], &facts->local[i], TRUE);
  for (guint i = 0; i < facts->n_remote; i++)
    fill_entry (&self->theirs[i], &facts->remote[i], FALSE);
  return self;
}

/** udpnat_path_report_get_phase: Returns: code of how far it is: "direct", "trying" */
const char *
udpnat_path_report_get_phase (UdpnatPathReport *self)
{
  return udpnat_path_phase_to_code (self->facts.phase);
}

/** udpnat_path_report_get_kind: Returns: "lan", "direct" or "relay" */
const char *
udpnat_path_report_get_kind (UdpnatPathReport *self)
{
  switch (self->facts.kind)
    {
    case UDPNAT_PATH_KIND_RELAY:
      return "relay";
    case UDPNAT_PATH_KIND_LAN:
      return "lan";
    case UDPNAT_PATH_KIND_DIRECT:
      return "direct";
    }
  return "relay";
}

/** udpnat_path_report_get_address: Returns: of a direct path, "" for the relay */
const char *
udpnat_path_report_get_address (UdpnatPathReport *self)
{
  return self->address;
}

/** udpnat_path_report_get_reason: Returns: code of why it is the relay, "" when it is not */
const char *
udpnat_path_report_get_reason (UdpnatPathReport *self)
{
  return self->reason;
}

/** udpnat_path_report_get_rtt: Returns: smoothed round trip in µs; 0: not known */
gint64
udpnat_path_report_get_rtt (UdpnatPathReport *self)
{
  return self->facts.rtt_us;
}

/** udpnat_path_report_get_latest_rtt: Returns: last round trip in µs, as it was; 0: not known */
gint64
udpnat_path_report_get_latest_rtt (UdpnatPathReport *self)
{
  return self->facts.latest_rtt_us;
}

/** udpnat_path_report_get_elapsed: Returns: how long the phase lasts, µs; -1: not known */
gint64
udpnat_path_report_get_elapsed (UdpnatPathReport *self)
{
  return self->facts.since_us > 0 ? MAX (0, self->now_us - self->facts.since_us) : -1;
}

/**
 * udpnat_path_report_get_remaining: Returns: how long until the phase ends or the next attempt
 * comes, µs; -1: nothing is planned */
gint64
udpnat_path_report_get_remaining (UdpnatPathReport *self)
{
  if (self->facts.until_us == UDPNAT_TIME_NEVER)
    return -1;
  return MAX (0, self->facts.until_us - self->now_us);
}

/** udpnat_path_report_get_silence: Returns: how long they owe us an answer, µs; 0: they do not */
gint64
udpnat_path_report_get_silence (UdpnatPathReport *self)
{
  if (self->facts.unanswered_since_us == UDPNAT_TIME_NEVER)
    return 0;
  return MAX (0, self->now_us - self->facts.unanswered_since_us);
}

/** udpnat_path_report_get_own_nat: Returns: code of the kind of router that we are behind */
const char *
udpnat_path_report_get_own_nat (UdpnatPathReport *self)
{
  return udpnat_nat_kind_to_code (self->facts.local_nat);
}

/** udpnat_path_report_get_their_nat: Returns: likewise, as far as they tell */
const char *
udpnat_path_report_get_their_nat (UdpnatPathReport *self)
{
  return udpnat_nat_kind_to_code (self->facts.remote_nat);
}

/** udpnat_path_report_get_their_filtering: Returns: code of whom their router lets in, likewise */
const char *
udpnat_path_report_get_their_filtering (UdpnatPathReport *self)
{
  return udpnat_filtering_rule_to_code (self->facts.remote_filtering);
}

/** udpnat_path_report_has_their_filtering: whether it is known, and of a router */
gboolean
udpnat_path_report_has_their_filtering (UdpnatPathReport *self)
{
  return self->facts.remote_filtering != UDPNAT_FILTERING_RULE_UNKNOWN
         && (self->facts.remote_nat == UDPNAT_NAT_KIND_INDEPENDENT
             || self->facts.remote_nat == UDPNAT_NAT_KIND_DEPENDENT);
}

/** udpnat_path_report_has_session: whether packets can go to and fro, by whatever way */
gboolean
udpnat_path_report_has_session (UdpnatPathReport *self)
{
  switch (self->facts.phase)
    {
    case UDPNAT_PATH_PHASE_TRYING:
    case UDPNAT_PATH_PHASE_DIRECT:
    case UDPNAT_PATH_PHASE_RELAYED:
      return TRUE;
    case UDPNAT_PATH_PHASE_IDLE:
    case UDPNAT_PATH_PHASE_AWAY:
    case UDPNAT_PATH_PHASE_HANDSHAKE:
      return FALSE;
    }
  return FALSE;
}

/** udpnat_path_report_get_own: Returns: (nullable): what they know of us; %NULL after the last */
const UdpnatPathReportEntry *
udpnat_path_report_get_own (UdpnatPathReport *self,
                            guint             index)
{
  return index < self->facts.n_local ? &self->own[index] : NULL;
}

/** udpnat_path_report_get_theirs: Returns: (nullable): one of theirs; %NULL after the last */
const UdpnatPathReportEntry *
udpnat_path_report_get_theirs (UdpnatPathReport *self,
                               guint             index)
{
  return index < self->facts.n_remote ? &self->theirs[index] : NULL;
}

/* ---- Copying ---- */

static void
write_clock (UdpnatPathReport   *self,
             UdpnatReportWriter *writer)
{
  gint64 elapsed_us = udpnat_path_report_get_elapsed (self);
  gint64 remaining_us = udpnat_path_report_get_remaining (self);

  if (elapsed_us >= 0)
    udpnat_report_writer_add (writer, "phase-since", "%.1f s", elapsed_us / 1e6);
  if (remaining_us >= 0)
    udpnat_report_writer_add (writer, "phase-until", "%.1f s", remaining_us / 1e6);
}

static void
write_theirs (UdpnatPathReport   *self,
              UdpnatReportWriter *writer)
{
  for (guint i = 0; i < self->facts.n_remote; i++)
    {
      const UdpnatPathReportEntry *entry = &self->theirs[i];
      g_autoptr (GString) words = g_string_new (entry->source);

      g_string_append_printf (words, ", %s, %u sent", entry->fate, entry->n_sent);
      if (self->facts.remote[i].discovery != UDPNAT_PATH_DISCOVERY_PLAIN)
        g_string_append_printf (words, ", by %s", entry->discovery);
      if (entry->rtt_us > 0)
        g_string_append_printf (words, ", %.1f ms", entry->rtt_us / 1000.0);
      udpnat_report_writer_add_address (writer, "their-address", &self->facts.remote[i].address,
                                        words->str);
    }
}

/**
 * udpnat_path_report_to_text:
 * @is_masked: whether IP addresses are replaced by words that tell nobody where somebody is
 *
 * Returns: (transfer full): all of it as plain text, one fact a line, without anybody's name
 */
char *
udpnat_path_report_to_text (UdpnatPathReport *self,
                            gboolean          is_masked)
{
  g_autoptr (UdpnatReportWriter) writer = udpnat_report_writer_new (is_masked);

  udpnat_report_writer_add (writer, "udpnat", "%s, path report", PACKAGE_VERSION);
  udpnat_report_writer_add (writer, "phase", "%s", udpnat_path_report_get_phase (self));
  write_clock (self, writer);
  udpnat_report_writer_add (writer, "kind", "%s", udpnat_path_report_get_kind (self));
  if (*self->reason != '\0')
    udpnat_report_writer_add (writer, "reason", "%s", self->reason);
  if (udpnat_address_is_set (&self->facts.address))
    udpnat_report_writer_add_address (writer, "address", &self->facts.address, NULL);
  udpnat_report_writer_add_time (writer, "round-trip", self->facts.rtt_us);
  udpnat_report_writer_add (writer, "our-router", "%s", udpnat_path_report_get_own_nat (self));
  udpnat_report_writer_add (writer, "their-router", "%s",
                            udpnat_path_report_get_their_nat (self));
  udpnat_report_writer_add (writer, "their-filtering", "%s",
                            udpnat_path_report_get_their_filtering (self));
  for (guint i = 0; i < self->facts.n_local; i++)
    udpnat_report_writer_add_address (writer, "our-address", &self->facts.local[i].address,
                                      self->own[i].source);
  write_theirs (self, writer);
  return udpnat_report_writer_end (writer);
}
