/* How the server does, for people: what the page and the terminal show. For programs:
 * udpnat-server-metrics.c. */

#include "config.h"

#include "udpnat-server-status.h"

#include <stdlib.h>
#include <string.h>

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
          char       *value,
          const char *rest)
{
  g_string_append_printf (text, "  %-*s %s%s\n", LABEL_COLUMNS - 1, label, value, rest);
  g_free (value);
}

static void
add_count (GString    *text,
           const char *label,
           guint64     count,
           const char *rest)
{
  add_line (text, label, udpnat_server_format_count (count), rest);
}

static void
add_shares (GString                 *text,
            const char              *title,
            const UdpnatServerShare *shares,
            guint                    n_shares)
{
  if (n_shares == 0)
    return;
  g_string_append_printf (text, "%s:\n", title);
  for (guint i = 0; i < n_shares; i++)
    add_count (text, shares[i].code, shares[i].count, "");
}

static void
add_traffic (GString                           *text,
             const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *bytes = udpnat_server_format_bytes (stats->relayed_bytes);
  g_autofree char *relayed = g_strdup_printf (" packets, %s", bytes);
  g_autofree char *sent = udpnat_server_format_count (stats->datagrams_out);
  g_autofree char *out = g_strdup_printf (" in, %s out", sent);
  g_autofree char *cookies = g_strdup_printf (", %" G_GUINT64_FORMAT " by ticket, %"
                                              G_GUINT64_FORMAT " cookies",
                                              stats->resumptions, stats->cookies);
  g_autofree char *failed = g_strdup_printf (", %" G_GUINT64_FORMAT " in vain",
                                             stats->dials_failed);
  g_autofree char *answers = g_strdup_printf (", %" G_GUINT64_FORMAT " answered",
                                              stats->stun_responses);

  add_count (text, "Packets", stats->datagrams_in, out);
  add_count (text, "Handshakes", stats->handshakes, cookies);
  add_count (text, "Relayed", stats->relayed_packets, relayed);
  add_count (text, "Lookups", stats->lookups, "");
  add_count (text, "Dials", stats->dials, failed);
  add_count (text, "STUN", stats->stun_requests, answers);
}

/* What stands in the directory may be anything; a terminal is not to obey it. */
static char *
dup_printable (const char *place)
{
  char *text = g_strdup (place);

  for (char *byte = text; *byte != '\0'; byte++)
    if (g_ascii_iscntrl (*byte))
      *byte = '?';
  return text;
}

static void
add_fleet (GString                           *text,
           const UdpnatFleetStatus           *fleet,
           const UdpnatRendezvousServerStats *stats)
{
  g_autofree char *servers = g_strdup_printf (" at %u servers", fleet->n_nodes);
  g_autofree char *deferred = g_strdup_printf (", %" G_GUINT64_FORMAT " told to come later",
                                               fleet->claims_deferred);

  g_string_append (text, "Fleet:\n");
  add_count (text, "People online", udpnat_fleet_status_count_people (fleet), servers);
  if (fleet->is_up)
    add_line (text, "Directory", g_strdup_printf ("answers in %u.%u ms",
                                                  (guint) (fleet->rtt_us / 1000),
                                                  (guint) (fleet->rtt_us % 1000 / 100)), "");
  else
    add_line (text, "Directory", g_strdup ("does not answer"), "");
  add_count (text, "New names waiting", fleet->claims_waiting, deferred);
  add_count (text, "Sent elsewhere", stats->moves, stats->is_draining ? ", draining" : "");
  add_count (text, "Watched elsewhere", stats->elsewhere, "");
  for (guint i = 0; i < fleet->n_nodes; i++)
    {
      g_autofree char *place = dup_printable (fleet->nodes[i].place);

      add_count (text, place, fleet->nodes[i].people,
                 fleet->nodes[i].is_draining ? " people, draining"
                 : i == 0 ? " people, this one" : " people");
    }
}

/** udpnat_server_status_to_text: Returns: (transfer full): some lines, for a terminal */
char *
udpnat_server_status_to_text (const UdpnatServerStatus *self)
{
  const UdpnatRendezvousServerStats *stats = &self->stats;
  UdpnatServerShare shares[UDPNAT_SERVER_SHARES_MAX];
  guint64           n_ways = udpnat_server_status_count_ways (self);
  g_autofree char  *uptime = udpnat_server_format_duration (self->uptime_s);
  g_autofree char  *names = g_strdup_printf (" (%u sessions, %u names)", stats->sessions,
                                             stats->names);
  g_autofree char  *mail_bytes = udpnat_server_format_bytes ((guint64) stats->letter_bytes);
  g_autofree char  *mail = g_strdup_printf (" letters, %s", mail_bytes);
  g_autofree char  *ways = g_strdup_printf (n_ways > 0 ? " of %" G_GUINT64_FORMAT " reported" : "",
                                            n_ways);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "udpnat-server %s, running for %s\n", self->version, uptime);
  add_count (text, "People online", stats->registered, names);
  add_traffic (text, stats);
  add_count (text, "Mailbox", stats->letters, mail);
  add_line (text, "Direct paths",
            udpnat_server_format_percent (udpnat_server_status_count_direct (self), n_ways), ways);
  add_line (text, "Memory", udpnat_server_format_bytes ((guint64) self->memory_bytes), "");
  if (self->fleet != NULL)
    add_fleet (text, self->fleet, stats);
  add_shares (text, "NAT kinds, as clients report them", shares,
              udpnat_server_status_get_nats (self, shares));
  add_shares (text, "Why the server relays, as clients report it", shares,
              udpnat_server_status_get_reasons (self, shares));
  add_shares (text, "Refused", shares, udpnat_server_status_get_refusals (self, shares));
  return g_string_free (text, FALSE);
}
