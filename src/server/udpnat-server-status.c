/* How the server does, for people: what the page, in English, and the terminal show. For programs:
 * udpnat-server-metrics.c. */

#include "config.h"

#include "udpnat-server-status.h"

#include <glib/gi18n.h>
#include <stdlib.h>
#include <string.h>

#include "udpnat-columns.h"

#define S_PER_MINUTE 60
#define S_PER_HOUR 3600
#define S_PER_DAY 86400
#define LABEL_COLUMNS 20

/* ---- Numbers ---- */

/** udpnat_server_format_count: Returns: (transfer full): as "1,234,567" */
char *
udpnat_server_format_count (guint64 count)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, count);
  gsize            n_digits = strlen (digits);
  GString         *text = g_string_new (NULL);

  for (gsize i = 0; i < n_digits; i++)
    {
      if (i > 0 && (n_digits - i) % 3 == 0)
        g_string_append_c (text, ',');
      g_string_append_c (text, digits[i]);
    }
  return g_string_free (text, FALSE);
}

/** udpnat_server_format_bytes: Returns: (transfer full): as "1.5 MiB", whatever the locale is */
char *
udpnat_server_format_bytes (guint64 n_bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
  guint tenths, i;

  if (n_bytes < 1024)
    return g_strdup_printf ("%u B", (guint) n_bytes);
  for (i = 0; i + 1 < G_N_ELEMENTS (units) && n_bytes >> (10 * (i + 2)) != 0; i++)
    ;
  /* of the part below the unit, the ten bits that matter */
  tenths = (guint) ((n_bytes >> (10 * i)) % 1024 * 10 / 1024);
  return g_strdup_printf ("%u.%u %s", (guint) (n_bytes >> (10 * (i + 1))), tenths,
                          units[i]);
}

/** udpnat_server_format_duration: Returns: (transfer full): in the two largest units */
char *
udpnat_server_format_duration (gint64 seconds)
{
  if (seconds < S_PER_MINUTE)
    return g_strdup_printf ("%d s", (int) seconds);
  if (seconds < S_PER_HOUR)
    return g_strdup_printf ("%d min", (int) (seconds / S_PER_MINUTE));
  if (seconds < S_PER_DAY)
    return g_strdup_printf ("%d h %d min", (int) (seconds / S_PER_HOUR),
                            (int) (seconds % S_PER_HOUR / S_PER_MINUTE));
  return g_strdup_printf ("%d d %d h", (int) (seconds / S_PER_DAY),
                          (int) (seconds % S_PER_DAY / S_PER_HOUR));
}

/** udpnat_server_format_percent: Returns: (transfer full): as "12 %"; "-" of nothing */
char *
udpnat_server_format_percent (guint64 part,
                              guint64 whole)
{
  if (whole == 0)
    return g_strdup ("-");
  return g_strdup_printf ("%u %%", (guint) ((double) part / (double) whole * 100 + 0.5));
}

/* ---- Shares ---- */

static int
compare_shares (const void *a,
                const void *b)
{
  const UdpnatServerShare *first = a, *second = b;

  if (first->count != second->count)
    return first->count > second->count ? -1 : 1;
  return strcmp (first->code, second->code);
}

static void
add_share (UdpnatServerShare *shares,
           guint             *n_shares,
           const char        *code,
           guint64            count)
{
  g_assert (*n_shares < UDPNAT_SERVER_SHARES_MAX);
  if (count > 0)
    shares[(*n_shares)++] = (UdpnatServerShare) { code, count };
}

static guint
sort_shares (UdpnatServerShare *shares,
             guint              n_shares)
{
  qsort (shares, n_shares, sizeof *shares, compare_shares);
  return n_shares;
}

/** udpnat_server_status_count_direct: Returns: tries that ended with a direct path, as reported */
guint64
udpnat_server_status_count_direct (const UdpnatServerStatus *self)
{
  return self->stats.ways[UDPNAT_REPORT_WAY_DIRECT] + self->stats.ways[UDPNAT_REPORT_WAY_LAN];
}

/** udpnat_server_status_count_ways: Returns: all tries that ended, as reported */
guint64
udpnat_server_status_count_ways (const UdpnatServerStatus *self)
{
  guint64 n_ways = 0;

  for (guint i = 0; i < UDPNAT_N_REPORT_WAYS; i++)
    n_ways += self->stats.ways[i];
  return n_ways;
}

/** udpnat_server_status_get_nats: Returns: how many kinds were reported; the commonest is first */
guint
udpnat_server_status_get_nats (const UdpnatServerStatus *self,
                               UdpnatServerShare         out_shares[UDPNAT_SERVER_SHARES_MAX])
{
  guint n = 0;

  for (guint i = UDPNAT_REPORT_NAT_NONE; i < UDPNAT_N_REPORT_NATS; i++)
    add_share (out_shares, &n, udpnat_report_nat_to_code (i), self->stats.nats[i]);
  return sort_shares (out_shares, n);
}

/** udpnat_server_status_get_reasons: Returns: how many reasons to relay were reported; likewise */
guint
udpnat_server_status_get_reasons (const UdpnatServerStatus *self,
                                  UdpnatServerShare         out_shares[UDPNAT_SERVER_SHARES_MAX])
{
  guint n = 0;

  for (guint i = UDPNAT_REPORT_WAY_FIRST_RELAYED; i < UDPNAT_N_REPORT_WAYS; i++)
    add_share (out_shares, &n, udpnat_report_way_to_code (i), self->stats.ways[i]);
  return sort_shares (out_shares, n);
}

/** udpnat_server_status_get_refusals: Returns: how many reasons to refuse there were; likewise */
guint
udpnat_server_status_get_refusals (const UdpnatServerStatus *self,
                                   UdpnatServerShare         out_shares[UDPNAT_SERVER_SHARES_MAX])
{
  guint n = 0;

  for (guint i = 0; i < UDPNAT_N_SERVER_REFUSALS; i++)
    add_share (out_shares, &n, udpnat_server_refusal_to_code (i), self->stats.refusals[i]);
  return sort_shares (out_shares, n);
}

/** udpnat_server_status_get_sample: what of it goes into the history */
void
udpnat_server_status_get_sample (const UdpnatServerStatus *self,
                                 UdpnatServerSample       *out_sample)
{
  *out_sample = (UdpnatServerSample) {
    .at_s = self->uptime_s,
    .online = self->stats.registered,
    .packets = self->stats.datagrams_in + self->stats.datagrams_out,
    .handshakes = self->stats.handshakes,
    .relayed_bytes = self->stats.relayed_bytes,
    .memory_bytes = self->memory_bytes,
  };
}

/** udpnat_fleet_status_count_people: Returns: at all servers together */
guint
udpnat_fleet_status_count_people (const UdpnatFleetStatus *self)
{
  guint n_people = 0;

  for (guint i = 0; i < self->n_nodes; i++)
    n_people += self->nodes[i].people;
  return n_people;
}

/* ---- In a terminal ---- */

/* Takes @value. */
static void
add_line (GString    *text,
          const char *label,
          char       *value)
{
  g_autofree char *padded = udpnat_columns_pad (label, LABEL_COLUMNS - 1);

  g_string_append_printf (text, "  %s %s\n", padded, value);
  g_free (value);
}

static void
add_count (GString    *text,
           const char *label,
           guint64     count)
{
  add_line (text, label, udpnat_server_format_count (count));
}

static void
add_shares (GString                 *text,
            const char              *title,
            const UdpnatServerShare *shares,
            guint                    n_shares)
{
  if (n_shares == 0)
    return;
  g_string_append_printf (text, "%s\n", title);
  for (guint i = 0; i < n_shares; i++)
    add_count (text, shares[i].code, shares[i].count);
}

/* As ngettext() takes it, which counts in unsigned long. */
static gulong
get_plural (guint64 count)
{
  return (gulong) MIN (count, G_MAXULONG);
}

static void
add_handshakes (GString                           *text,
                const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *handshakes = udpnat_server_format_count (stats->handshakes);

  /* Translators: all of them, those by ticket, and those that were sent a cookie first. Each number
   * may also be 0 or 1. */
  add_line (text, _("Handshakes"), g_strdup_printf (_("%s, %llu by ticket, %llu cookies"),
                                                    handshakes,
                                                    (unsigned long long) stats->resumptions,
                                                    (unsigned long long) stats->cookies));
}

static void
add_packets (GString                           *text,
             const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *in = udpnat_server_format_count (stats->datagrams_in);
  g_autofree char *out = udpnat_server_format_count (stats->datagrams_out);
  g_autofree char *relayed = udpnat_server_format_count (stats->relayed_packets);
  g_autofree char *bytes = udpnat_server_format_bytes (stats->relayed_bytes);

  /* Translators: packets in and out. */
  add_line (text, _("Packets"), g_strdup_printf (_("%s in, %s out"), in, out));
  add_handshakes (text, stats);
  /* Translators: packets that were handed on; how many, and how much like “2.0 KiB”. */
  add_line (text, _("Relayed"),
            g_strdup_printf (ngettext ("%s packets, %s", "%s packets, %s",
                                       get_plural (stats->relayed_packets)), relayed, bytes));
}

static void
add_traffic (GString                           *text,
             const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *dials = udpnat_server_format_count (stats->dials);
  g_autofree char *stun = udpnat_server_format_count (stats->stun_requests);

  add_packets (text, stats);
  /* Translators: how often somebody looked for a name. */
  add_count (text, _("Lookups"), stats->lookups);
  /* Translators: how often somebody wanted to be connected to somebody. */
  add_line (text, _("Dials"),
            g_strdup_printf (ngettext ("%s, %llu in vain", "%s, %llu in vain",
                                       get_plural (stats->dials_failed)),
                             dials, (unsigned long long) stats->dials_failed));
  /* Translators: how many questions, and how many of them were answered. */
  add_line (text, "STUN",
            g_strdup_printf (ngettext ("%s, %llu answered", "%s, %llu answered",
                                       get_plural (stats->stun_responses)),
                             stun, (unsigned long long) stats->stun_responses));
}

/* What stands in the directory may be anything; a terminal is not to obey it. */
static char *
dup_printable (const char *place)
{
  char *text = g_utf8_make_valid (place, -1);

  for (char *byte = text; *byte != '\0'; byte++)
    if (g_ascii_iscntrl (*byte))
      *byte = '?';
  return text;
}

static void
add_node (GString                 *text,
          const UdpnatFleetStatus *fleet,
          guint                    i)
{
  g_autofree char *place = dup_printable (fleet->nodes[i].place);
  g_autofree char *people = udpnat_server_format_count (fleet->nodes[i].people);
  const gulong n = fleet->nodes[i].people;

  if (fleet->nodes[i].is_draining)
    /* Translators: at one of several servers, which sends them to the others. */
    add_line (text, place, g_strdup_printf (ngettext ("%s people, draining", "%s people, draining",
                                                      n), people));
  else if (i == 0)
    /* Translators: at one of several servers, which is the one that says this. */
    add_line (text, place, g_strdup_printf (ngettext ("%s people, this one", "%s people, this one",
                                                      n), people));
  else
    /* Translators: at one of several servers. */
    add_line (text, place, g_strdup_printf (ngettext ("%s people", "%s people", n), people));
}

static void
add_directory (GString                 *text,
               const UdpnatFleetStatus *fleet)
{
  g_autofree char *waiting = udpnat_server_format_count (fleet->claims_waiting);

  if (fleet->is_up)
    add_line (text, _("Directory"),
              /* Translators: whole milliseconds and tenths, in between the sign for decimals. */
              g_strdup_printf (_("answers in %u.%u ms"), (guint) (fleet->rtt_us / 1000),
                               (guint) (fleet->rtt_us % 1000 / 100)));
  else
    add_line (text, _("Directory"), g_strdup (_("does not answer")));
  add_line (text, _("New names waiting"),
            g_strdup_printf (ngettext ("%s, %llu told to come later", "%s, %llu told to come later",
                                       get_plural (fleet->claims_deferred)),
                             waiting, (unsigned long long) fleet->claims_deferred));
}

static void
add_fleet (GString                           *text,
           const UdpnatFleetStatus           *fleet,
           const UdpnatRendezvousServerStats *stats)
{
  const guint n_people = udpnat_fleet_status_count_people (fleet);
  g_autofree char *people = udpnat_server_format_count (n_people);
  g_autofree char *moves = udpnat_server_format_count (stats->moves);

  /* Translators: the servers that work together. */
  g_string_append_printf (text, "%s\n", _("Fleet:"));
  /* Translators: of people, and of servers. */
  add_line (text, _("People online"), g_strdup_printf (ngettext ("%s at %u servers",
                                                                 "%s at %u servers",
                                                                 fleet->n_nodes),
                                                       people, fleet->n_nodes));
  add_directory (text, fleet);
  /* Translators: how many people were sent to another server. */
  add_line (text, _("Sent elsewhere"),
            stats->is_draining ? g_strdup_printf (_("%s, draining"), moves)
                               : g_steal_pointer (&moves));
  /* Translators: people at other servers who are watched for somebody here. */
  add_count (text, _("Watched elsewhere"), stats->elsewhere);
  for (guint i = 0; i < fleet->n_nodes; i++)
    add_node (text, fleet, i);
}

/* Returns: (transfer full): in words of the locale, as udpnat_server_format_duration() says it
 * whatever that is */
static char *
dup_uptime (gint64 seconds)
{
  if (seconds < S_PER_MINUTE)
    /* Translators: seconds */
    return g_strdup_printf (_("%d s"), (int) seconds);
  if (seconds < S_PER_HOUR)
    /* Translators: minutes */
    return g_strdup_printf (_("%d min"), (int) (seconds / S_PER_MINUTE));
  if (seconds < S_PER_DAY)
    /* Translators: hours and minutes */
    return g_strdup_printf (_("%d h %d min"), (int) (seconds / S_PER_HOUR),
                            (int) (seconds % S_PER_HOUR / S_PER_MINUTE));
  /* Translators: days and hours */
  return g_strdup_printf (_("%d d %d h"), (int) (seconds / S_PER_DAY),
                          (int) (seconds % S_PER_DAY / S_PER_HOUR));
}

static void
add_people (GString                           *text,
            const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *people = udpnat_server_format_count (stats->registered);

  /* Translators: people; and in brackets sessions and names. Each number may also be 0 or 1. */
  add_line (text, _("People online"),
            g_strdup_printf (_("%s (%u sessions, %u names)"), people, stats->sessions,
                             stats->names));
}

static void
add_paths (GString                  *text,
           const UdpnatServerStatus *self)
{
  guint64          n_ways = udpnat_server_status_count_ways (self);
  g_autofree char *percent
    = udpnat_server_format_percent (udpnat_server_status_count_direct (self), n_ways);

  if (n_ways == 0)
    add_line (text, _("Direct paths"), g_steal_pointer (&percent));
  else
    /* Translators: such as “75 % of 8 reported”, paths that is. */
    add_line (text, _("Direct paths"),
              g_strdup_printf (ngettext ("%s of %llu reported", "%s of %llu reported",
                                         get_plural (n_ways)),
                               percent, (unsigned long long) n_ways));
}

/** udpnat_server_status_to_text: Returns: (transfer full): some lines, for a terminal */
char *
udpnat_server_status_to_text (const UdpnatServerStatus *self)
{
  const UdpnatRendezvousServerStats *stats = &self->stats;
  UdpnatServerShare shares[UDPNAT_SERVER_SHARES_MAX];
  g_autofree char  *uptime = dup_uptime (self->uptime_s);
  g_autofree char  *letters = udpnat_server_format_count (stats->letters);
  g_autofree char  *bytes = udpnat_server_format_bytes ((guint64) stats->letter_bytes);
  GString *text = g_string_new (NULL);

  /* Translators: the version, and how long, like “2 h 13 min”. */
  g_string_append_printf (text, _("udpnat-server %s, running for %s"), self->version, uptime);
  g_string_append_c (text, '\n');
  add_people (text, stats);
  add_traffic (text, stats);
  /* Translators: how many, and how much like “2.0 KiB”. */
  add_line (text, _("Mailbox"), g_strdup_printf (ngettext ("%s letters, %s", "%s letters, %s",
                                                           stats->letters), letters, bytes));
  add_paths (text, self);
  add_line (text, _("Memory"), udpnat_server_format_bytes ((guint64) self->memory_bytes));
  if (self->fleet != NULL)
    add_fleet (text, self->fleet, stats);
  add_shares (text, _("NAT kinds, as clients report them:"), shares,
              udpnat_server_status_get_nats (self, shares));
  add_shares (text, _("Why the server relays, as clients report it:"), shares,
              udpnat_server_status_get_reasons (self, shares));
  /* Translators: packets, by reason. */
  add_shares (text, _("Refused:"), shares, udpnat_server_status_get_refusals (self, shares));
  return g_string_free (text, FALSE);
}
