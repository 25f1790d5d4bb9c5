/* The status page: HTML, one style, plots as SVG inside. No script, nothing from elsewhere, nothing
 * that anybody sent: all words in it are ours, but for the addresses of other servers. It loads
 * itself again every half minute. */

#include "config.h"

#include "udpnat-server-page.h"

#include <string.h>

#define PLOT_WIDTH 600
#define PLOT_HEIGHT 100
#define HOUR_S 3600
#define DAY_S 86400
/* What happened in less is no rate. */
#define RATE_MIN_S 10

static const char style[] =
  ":root{color-scheme:light dark;--page:#fafafa;--card:#fff;--text:#241f31;--soft:#5e5c64;"
  "--line:#deddda;--mark:#1c71d8;--fill:#1c71d822}\n"
  "@media(prefers-color-scheme:dark){:root{--page:#1d1d20;--card:#2b2b2f;--text:#f6f5f4;"
  "--soft:#b5b3ba;--line:#46464b;--mark:#78aeed;--fill:#78aeed2b}}\n"
  "*{box-sizing:border-box}\n"
  "body{margin:0;background:var(--page);color:var(--text);"
  "font:16px/1.5 system-ui,Cantarell,sans-serif}\n"
  "main,header,footer{max-width:68rem;margin:0 auto;padding:0 1rem}\n"
  "header{padding-top:1.5rem}\n"
  "h1{font-size:1.5rem;margin:0}\n"
  "h2{font-size:1rem;margin:0 0 .5rem}\n"
  "p,footer,dt,figcaption,th,.none{color:var(--soft)}\n"
  "header p{margin:0}\n"
  "section{margin:1rem 0;display:grid;gap:1rem}\n"
  ".tiles{grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr))}\n"
  ".plots{grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr))}\n"
  ".tables{grid-template-columns:repeat(auto-fit,minmax(min(100%,18rem),1fr))}\n"
  ".card{background:var(--card);border:1px solid var(--line);border-radius:12px;"
  "padding:1rem;min-width:0}\n"
  "dl,figure{margin:0}\n"
  "dt,figcaption,.none,footer{font-size:.875rem}\n"
  "dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}\n"
  "dd small{display:block;font-size:.875rem;color:var(--soft)}\n"
  "figure+figure{margin-top:.75rem}\n"
  "figcaption{display:flex;justify-content:space-between;gap:1rem}\n"
  "svg{display:block;width:100%;height:5rem;border-bottom:1px solid var(--line)}\n"
  ".area{fill:var(--fill)}\n"
  ".curve{fill:none;stroke:var(--mark);stroke-width:2;vector-effect:non-scaling-stroke;"
  "stroke-linejoin:round}\n"
  ".grid{stroke:var(--line);vector-effect:non-scaling-stroke}\n"
  "table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
  "td,th{padding:.25rem 0;text-align:left;font-weight:normal}\n"
  "th{padding-right:.75rem;white-space:nowrap}\n"
  "td{color:var(--text)}\n"
  "td+td{text-align:right;padding-left:1rem}\n"
  ".bar{width:30%}\n"
  ".bar svg{height:.5rem;border:0}\n"
  ".bar .back{fill:var(--line)}\n"
  ".bar .part{fill:var(--mark)}\n"
  "footer{padding-bottom:2rem}\n"
  "a{color:var(--mark)}\n";

/** udpnat_server_page_dup_policy: Returns: (transfer full): for Content-Security-Policy */
char *
udpnat_server_page_dup_policy (void)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *hash = NULL;
  guint8 digest[32];
  gsize  n_digest = sizeof digest;

  g_checksum_update (checksum, (const guchar *) style, (gssize) strlen (style));
  g_checksum_get_digest (checksum, digest, &n_digest);
  hash = g_base64_encode (digest, n_digest);
  return g_strdup_printf ("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
                          "form-action 'none'; frame-ancestors 'none'", hash);
}

/* ---- Plots ---- */

/* What is plotted of a sample; a rate needs the one before. */
typedef enum
{
  PLOT_ONLINE,
  PLOT_PACKETS,
  PLOT_RELAYED,
  PLOT_MEMORY,
} Plot;

typedef struct
{
  double at_s;
  double value;
} Point;

static double
get_rate (guint64 before,
          guint64 now,
          gint64  seconds)
{
  return seconds > 0 && now >= before ? (double) (now - before) / (double) seconds : 0;
}

static double
get_value (Plot                      plot,
           const UdpnatServerSample *before,
           const UdpnatServerSample *now)
{
  gint64 seconds = now->at_s - before->at_s;

  switch (plot)
    {
    case PLOT_ONLINE:
      return now->online;
    case PLOT_PACKETS:
      return get_rate (before->packets, now->packets, seconds);
    case PLOT_RELAYED:
      return get_rate (before->relayed_bytes, now->relayed_bytes, seconds);
    case PLOT_MEMORY:
      return (double) now->memory_bytes;
    }
  g_assert_not_reached ();
}

static gboolean
is_rate (Plot plot)
{
  return plot == PLOT_PACKETS || plot == PLOT_RELAYED;
}

/* Returns: how many of @out_points there are: no rate begins before the second sample */
static guint
make_points (Plot                      plot,
             const UdpnatServerSample *samples,
             guint                     n_samples,
             Point                    *out_points,
             double                   *out_max)
{
  guint n_points = 0;

  *out_max = 0;
  for (guint i = is_rate (plot) ? 1 : 0; i < n_samples; i++)
    {
      Point *point = &out_points[n_points];

      if (is_rate (plot) && samples[i].at_s < samples[i - 1].at_s + RATE_MIN_S)
        continue;
      point->at_s = (double) samples[i].at_s;
      point->value = get_value (plot, &samples[i == 0 ? 0 : i - 1], &samples[i]);
      *out_max = MAX (*out_max, point->value);
      n_points++;
    }
  return n_points;
}

static char *
format_value (Plot   plot,
              double value)
{
  g_autofree char *text = NULL;

  switch (plot)
    {
    case PLOT_ONLINE:
      return udpnat_server_format_count ((guint64) value);
    case PLOT_PACKETS:
      if (value < 10)
        {
          guint tenths = (guint) (value * 10 + 0.5);

          return g_strdup_printf ("%u.%u/s", tenths / 10, tenths % 10);
        }
      text = udpnat_server_format_count ((guint64) (value + 0.5));
      return g_strdup_printf ("%s/s", text);
    case PLOT_RELAYED:
      text = udpnat_server_format_bytes ((guint64) (value + 0.5));
      return g_strdup_printf ("%s/s", text);
    case PLOT_MEMORY:
      return udpnat_server_format_bytes ((guint64) value);
    }
  g_assert_not_reached ();
}

/* Locale and rounding are kept out of it: tenths of a unit, as integers. */
static void
add_point (GString *html,
           double   x,
           double   y)
{
  int tenths_x = (int) (x * 10 + 0.5), tenths_y = (int) (y * 10 + 0.5);

  g_string_append_printf (html, "%d.%d,%d.%d ", tenths_x / 10, tenths_x % 10, tenths_y / 10,
                          tenths_y % 10);
}

static double
get_x (const Point *point,
       double       end_s,
       gint64       span_s)
{
  return MAX (0, PLOT_WIDTH * (1 - (end_s - point->at_s) / (double) span_s));
}

static void
add_points (GString     *html,
            const Point *points,
            guint        n_points,
            double       end_s,
            gint64       span_s,
            double       max)
{
  for (guint i = 0; i < n_points; i++)
    {
      double y = max > 0 ? (PLOT_HEIGHT - 2) * (1 - points[i].value / max) + 1 : PLOT_HEIGHT - 1;

      add_point (html, get_x (&points[i], end_s, span_s), y);
    }
}

static void
add_curve (GString     *html,
           const Point *points,
           guint        n_points,
           double       end_s,
           gint64       span_s,
           double       max)
{
  if (n_points < 2)
    return;
  g_string_append (html, "<polygon class=\"area\" points=\"");
  add_point (html, get_x (&points[0], end_s, span_s), PLOT_HEIGHT);
  add_points (html, points, n_points, end_s, span_s, max);
  add_point (html, get_x (&points[n_points - 1], end_s, span_s), PLOT_HEIGHT);
  g_string_append (html, "\"/><polyline class=\"curve\" points=\"");
  add_points (html, points, n_points, end_s, span_s, max);
  g_string_append (html, "\"/>");
}

static void
add_plot (GString                  *html,
          Plot                      plot,
          const char               *title,
          const char               *span,
          gint64                    span_s,
          const UdpnatServerSample *samples,
          guint                     n_samples)
{
  Point            points[UDPNAT_SERVER_DAY_SAMPLES + 1];
  double           max;
  guint            n_points = make_points (plot, samples, n_samples, points, &max);
  g_autofree char *max_text = format_value (plot, max);
  g_autofree char *now_text = format_value (plot, n_points > 0 ? points[n_points - 1].value : 0);

  g_string_append_printf (html, "<figure><svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
                          "role=\"img\" aria-label=\"%s, last %s: now %s, at most %s\">",
                          PLOT_WIDTH, PLOT_HEIGHT, title, span, now_text, max_text);
  for (int i = 1; i < 4; i++)
    g_string_append_printf (html, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"0\" y2=\"%d\"/>",
                            PLOT_WIDTH * i / 4, PLOT_WIDTH * i / 4, PLOT_HEIGHT);
  add_curve (html, points, n_points, n_samples > 0 ? (double) samples[n_samples - 1].at_s : 0,
             span_s, max);
  g_string_append_printf (html, "</svg><figcaption><span>last %s</span><span>now %s, at most "
                          "%s</span></figcaption></figure>\n", span, now_text, max_text);
}

typedef struct
{
  UdpnatServerSample hour[UDPNAT_SERVER_HOUR_SAMPLES + 1];
  UdpnatServerSample day[UDPNAT_SERVER_DAY_SAMPLES + 1];
  guint              n_hour, n_day;
} Samples;

static void
add_plots (GString       *html,
           Plot           plot,
           const char    *title,
           const Samples *samples)
{
  g_string_append_printf (html, "<div class=\"card\"><h2>%s</h2>\n", title);
  add_plot (html, plot, title, "hour", HOUR_S, samples->hour, samples->n_hour);
  add_plot (html, plot, title, "day", DAY_S, samples->day, samples->n_day);
  g_string_append (html, "</div>\n");
}

/* ---- Tiles and tables ---- */

/* Takes @value and @rest. */
static void
add_tile (GString    *html,
          const char *title,
          char       *value,
          char       *rest)
{
  g_string_append_printf (html, "<dl class=\"card\"><dt>%s</dt><dd>%s<small>%s</small></dd></dl>\n",
                          title, value, rest);
  g_free (value);
  g_free (rest);
}

static void
add_tiles (GString                  *html,
           const UdpnatServerStatus *status)
{
  const UdpnatRendezvousServerStats *stats = &status->stats;
  guint64          n_direct = udpnat_server_status_count_direct (status);
  guint64          n_ways = udpnat_server_status_count_ways (status);
  g_autofree char *names = udpnat_server_format_count (stats->names);
  g_autofree char *sent = udpnat_server_format_count (stats->datagrams_out);
  g_autofree char *cookies = udpnat_server_format_count (stats->cookies);
  g_autofree char *packets = udpnat_server_format_count (stats->relayed_packets);
  g_autofree char *ways = udpnat_server_format_count (n_ways);
  g_autofree char *letters = udpnat_server_format_count (stats->letters);

  g_string_append (html, "<section class=\"tiles\">\n");
  add_tile (html, "People online", udpnat_server_format_count (stats->registered),
            g_strdup_printf ("of %s names", names));
  add_tile (html, "Packets received", udpnat_server_format_count (stats->datagrams_in),
            g_strdup_printf ("%s sent", sent));
  add_tile (html, "Handshakes", udpnat_server_format_count (stats->handshakes),
            g_strdup_printf ("%s cookies", cookies));
  add_tile (html, "Relayed", udpnat_server_format_bytes (stats->relayed_bytes),
            g_strdup_printf ("%s packets", packets));
  add_tile (html, "Direct paths", udpnat_server_format_percent (n_direct, n_ways),
            g_strdup_printf ("of %s reported", ways));
  add_tile (html, "Memory", udpnat_server_format_bytes ((guint64) status->memory_bytes),
            g_strdup_printf ("%s letters wait", letters));
  g_string_append (html, "</section>\n");
}

static void
add_table (GString                 *html,
           const char              *title,
           const char              *none,
           const UdpnatServerShare *shares,
           guint                    n_shares)
{
  guint64 sum = 0;

  g_string_append_printf (html, "<div class=\"card\"><h2>%s</h2>\n", title);
  for (guint i = 0; i < n_shares; i++)
    sum += shares[i].count;
  if (n_shares == 0)
    g_string_append_printf (html, "<div class=\"none\">%s</div></div>\n", none);
  if (n_shares == 0)
    return;
  g_string_append (html, "<table>\n");
  for (guint i = 0; i < n_shares; i++)
    {
      g_autofree char *count = udpnat_server_format_count (shares[i].count);
      guint            part = sum > 0 ? (guint) ((double) shares[i].count / (double) sum * 100
                                                 + 0.5) : 0;

      g_string_append_printf (html, "<tr><th scope=\"row\">%s</th><td class=\"bar\"><svg "
                              "viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                              "aria-hidden=\"true\"><rect class=\"back\" width=\"100\" "
                              "height=\"8\"/><rect class=\"part\" width=\"%u\" height=\"8\"/></svg>"
                              "</td><td>%s</td></tr>\n", shares[i].code,
                              shares[i].count > 0 ? MAX (part, 1) : 0, count);
    }
  g_string_append (html, "</table></div>\n");
}

static void
add_all_tables (GString                  *html,
                const UdpnatServerStatus *status)
{
  UdpnatServerShare shares[UDPNAT_SERVER_SHARES_MAX];

  g_string_append (html, "<section class=\"tables\">\n");
  add_table (html, "Routers (NAT kinds)", "No client has reported any yet.", shares,
             udpnat_server_status_get_nats (status, shares));
  add_table (html, "Why packets are relayed", "No client has reported any yet.", shares,
             udpnat_server_status_get_reasons (status, shares));
  add_table (html, "Refused", "Nothing was refused.", shares,
             udpnat_server_status_get_refusals (status, shares));
  g_string_append (html, "</section>\n");
}

static void
add_fleet (GString                  *html,
           const UdpnatServerStatus *status)
{
  const UdpnatFleetStatus *fleet = status->fleet;
  UdpnatServerShare shares[UDPNAT_FLEET_NODES_MAX + 1];
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *rtt = g_strdup_printf ("%u.%u ms", (guint) (fleet->rtt_us / 1000),
                                          (guint) (fleet->rtt_us % 1000 / 100));

  g_string_append (html, "<section class=\"tiles\">\n");
  add_tile (html, "People in the fleet",
            udpnat_server_format_count (udpnat_fleet_status_count_people (fleet)),
            g_strdup_printf ("at %u servers", fleet->n_nodes));
  add_tile (html, "Directory", g_strdup (fleet->is_up ? rtt : "down"),
            g_strdup (fleet->is_up ? "for an answer" : "does not answer"));
  add_tile (html, "New names waiting", udpnat_server_format_count (fleet->claims_waiting),
            g_strdup_printf ("%" G_GUINT64_FORMAT " told to come later", fleet->claims_deferred));
  add_tile (html, "Sent elsewhere", udpnat_server_format_count (status->stats.moves),
            g_strdup (status->stats.is_draining ? "draining" : "people"));
  g_string_append (html, "</section>\n<section class=\"tables\">\n");
  for (guint i = 0; i < fleet->n_nodes; i++)
    {
      char *place = g_markup_escape_text (fleet->nodes[i].place, -1);

      shares[i] = (UdpnatServerShare) { place, fleet->nodes[i].people };
      g_ptr_array_add (places, place);
    }
  add_table (html, "People by server", "", shares, fleet->n_nodes);
  g_string_append (html, "</section>\n");
}

/* How things are now is the end of each curve. */
static void
collect (const UdpnatServerStatus *status,
         Samples                  *out_samples)
{
  UdpnatServerSample now;

  *out_samples = (Samples) { 0 };
  udpnat_server_status_get_sample (status, &now);
  if (status->history != NULL)
    {
      out_samples->n_hour = udpnat_server_history_get_hour (status->history, out_samples->hour);
      out_samples->n_day = udpnat_server_history_get_day (status->history, out_samples->day);
    }
  out_samples->hour[out_samples->n_hour++] = now;
  out_samples->day[out_samples->n_day++] = now;
}

/** udpnat_server_page_dup_html: Returns: (transfer full): the whole page */
char *
udpnat_server_page_dup_html (const UdpnatServerStatus *status)
{
  g_autofree Samples *samples = g_new (Samples, 1);
  g_autofree char    *uptime = udpnat_server_format_duration (status->uptime_s);
  GString            *html = g_string_new (NULL);

  collect (status, samples);
  g_string_append_printf (html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                          "<title>udpnat server</title><meta name=\"viewport\" "
                          "content=\"width=device-width,initial-scale=1\"><meta http-equiv="
                          "\"refresh\" content=\"30\"><style>%s</style></head><body>\n", style);
  g_string_append_printf (html, "<header><h1>udpnat server</h1><p>Version %s, running for %s</p>"
                          "</header>\n<main>\n", status->version, uptime);
  add_tiles (html, status);
  g_string_append (html, "<section class=\"plots\">\n");
  add_plots (html, PLOT_ONLINE, "People online", samples);
  add_plots (html, PLOT_PACKETS, "Packets, in and out", samples);
  add_plots (html, PLOT_RELAYED, "Relayed", samples);
  add_plots (html, PLOT_MEMORY, "Memory", samples);
  g_string_append (html, "</section>\n");
  if (status->fleet != NULL)
    add_fleet (html, status);
  add_all_tables (html, status);
  g_string_append (html, "</main>\n<footer>Counts are since the start. What routers do, and how "
                         "paths ended, is what clients report. For programs: "
                         "<a href=\"/metrics\">metrics</a>, <a href=\"/status.json\">JSON</a>."
                         "</footer>\n</body></html>\n");
  return g_string_free (html, FALSE);
}
