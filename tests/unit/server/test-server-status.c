/* What a server says of how it does: numbers for people, Prometheus, JSON, the page, the journal's
 * fields, and whom it says it to. */

#include "config.h"

#include <string.h>

#include "udpnat-server-config.h"
#include "udpnat-server-error.h"
#include "udpnat-server-http.h"
#include "udpnat-server-log.h"
#include "udpnat-server-page.h"

/* ---- Numbers ---- */

static void
assert_text (char       *text,
             const char *wanted)
{
  g_assert_cmpstr (text, ==, wanted);
  g_free (text);
}

static void
test_counts (void)
{
  assert_text (udpnat_server_format_count (0), "0");
  assert_text (udpnat_server_format_count (999), "999");
  assert_text (udpnat_server_format_count (1000), "1,000");
  assert_text (udpnat_server_format_count (G_MAXUINT64), "18,446,744,073,709,551,615");
}

static void
test_bytes (void)
{
  assert_text (udpnat_server_format_bytes (0), "0 B");
  assert_text (udpnat_server_format_bytes (1023), "1023 B");
  assert_text (udpnat_server_format_bytes (1024), "1.0 KiB");
  assert_text (udpnat_server_format_bytes (1536), "1.5 KiB");
  assert_text (udpnat_server_format_bytes ((1 << 20) - 1), "1023.9 KiB");
  assert_text (udpnat_server_format_bytes (1 << 20), "1.0 MiB");
  assert_text (udpnat_server_format_bytes (G_MAXUINT64), "15.9 EiB");
}

static void
test_durations (void)
{
  assert_text (udpnat_server_format_duration (59), "59 s");
  assert_text (udpnat_server_format_duration (60), "1 min");
  assert_text (udpnat_server_format_duration (3599), "59 min");
  assert_text (udpnat_server_format_duration (3661), "1 h 1 min");
  assert_text (udpnat_server_format_duration (90000), "1 d 1 h");
}

static void
test_percents (void)
{
  assert_text (udpnat_server_format_percent (0, 0), "-");
  assert_text (udpnat_server_format_percent (0, 5), "0 %");
  assert_text (udpnat_server_format_percent (1, 3), "33 %");
  assert_text (udpnat_server_format_percent (2, 3), "67 %");
  assert_text (udpnat_server_format_percent (7, 7), "100 %");
}

/* ---- The history ---- */

static void
add_minutes (UdpnatServerHistory *history,
             guint                first,
             guint                n)
{
  for (guint i = first; i < first + n; i++)
    {
      UdpnatServerSample sample = { .at_s = 60 * (gint64) i, .packets = 120 * (guint64) i };

      udpnat_server_history_add (history, &sample);
    }
}

static void
test_history (void)
{
  g_autoptr (UdpnatServerHistory) history = udpnat_server_history_new ();
  UdpnatServerSample hour[UDPNAT_SERVER_HOUR_SAMPLES];
  UdpnatServerSample day[UDPNAT_SERVER_DAY_SAMPLES];

  g_assert_cmpuint (udpnat_server_history_get_hour (history, hour), ==, 0);
  add_minutes (history, 0, 7);
  g_assert_cmpuint (udpnat_server_history_get_hour (history, hour), ==, 7);
  g_assert_cmpint (hour[0].at_s, ==, 0);
  g_assert_cmpint (hour[6].at_s, ==, 360);
  g_assert_cmpuint (udpnat_server_history_get_day (history, day), ==, 2);
  g_assert_cmpint (day[1].at_s, ==, 300);
  add_minutes (history, 7, 3 * 1440);
  g_assert_cmpuint (udpnat_server_history_get_hour (history, hour), ==,
                    UDPNAT_SERVER_HOUR_SAMPLES);
  g_assert_cmpint (hour[60].at_s - hour[0].at_s, ==, 3600);
  g_assert_cmpint (hour[60].at_s, ==, 60 * (3 * 1440 + 6));
  g_assert_cmpuint (udpnat_server_history_get_day (history, day), ==, UDPNAT_SERVER_DAY_SAMPLES);
  g_assert_cmpint (day[288].at_s - day[0].at_s, ==, 86400);
}

/* ---- The same server for all formats ---- */

static UdpnatServerStatus
make_status (void)
{
  return (UdpnatServerStatus) {
    .version = "1.2.3",
    .started_s = 1700000000,
    .uptime_s = 8000,
    .memory_bytes = 5 << 20,
    .stats = {
      .datagrams_in = 1234,
      .datagrams_out = 1200,
      .packets = { 10, 20, 1200, 3, 1 },
      .malformed = 1,
      .ignored = 2,
      .refused = 5,
      .refusals = { [UDPNAT_SERVER_REFUSAL_NO_COOKIE] = 5, [UDPNAT_SERVER_REFUSAL_NAME] = 7 },
      .handshakes = 15,
      .resumptions = 74,
      .tickets_refused = 75,
      .cookies = 5,
      .relayed_packets = 40,
      .relayed_bytes = 2048,
      .lookups = 8,
      .pages = 70,
      .watched_told = 71,
      .dials = 9,
      .dials_failed = 4,
      .stun = { 3 },
      .stun_requests = 3,
      .stun_responses = 2,
      .reports = 6,
      .nats = { [UDPNAT_REPORT_NAT_SYMMETRIC] = 1, [UDPNAT_REPORT_NAT_FULL_CONE] = 3 },
      .ways = { 5, 1, [UDPNAT_REPORT_WAY_NO_ANSWER] = 2 },
      .sessions = 13,
      .registered = 12,
      .names = 30,
      .watches = 72,
      .directory_bytes = 73,
      .letters = 2,
      .letter_bytes = 100,
    },
  };
}

static void
test_text (void)
{
  UdpnatServerStatus status = make_status ();

  assert_text (udpnat_server_status_to_text (&status),
               "udpnat-server 1.2.3, running for 2 h 13 min\n"
               "  People online       12 (13 sessions, 30 names)\n"
               "  Packets             1,234 in, 1,200 out\n"
               "  Handshakes          15, 74 by ticket, 5 cookies\n"
               "  Relayed             40 packets, 2.0 KiB\n"
               "  Lookups             8\n"
               "  Dials               9, 4 in vain\n"
               "  STUN                3, 2 answered\n"
               "  Mailbox             2 letters, 100 B\n"
               "  Direct paths        75 % of 8 reported\n"
               "  Memory              5.0 MiB\n"
               "NAT kinds, as clients report them:\n"
               "  full-cone           3\n"
               "  symmetric           1\n"
               "Why the server relays, as clients report it:\n"
               "  no-answer           2\n"
               "Refused:\n"
               "  name                7\n"
               "  no-cookie           5\n");
}

static void
assert_has (const char *text,
            const char *part)
{
  if (strstr (text, part) == NULL)
    g_test_message ("not there: %s", part);
  g_assert_nonnull (strstr (text, part));
}

static void
test_metrics (void)
{
  UdpnatServerStatus status = make_status ();
  g_autofree char *text = udpnat_server_status_to_metrics (&status);

  g_assert_true (g_str_has_prefix (
    text, "# HELP udpnat_build_info Always 1; the label says the version.\n"
          "# TYPE udpnat_build_info gauge\n"
          "udpnat_build_info{version=\"1.2.3\"} 1\n"
          "# HELP udpnat_start_time_seconds When the server was started, in seconds since 1970.\n"
          "# TYPE udpnat_start_time_seconds gauge\n"
          "udpnat_start_time_seconds 1700000000\n"));
  assert_has (text, "\nudpnat_people_online 12\n");
  assert_has (text, "\nudpnat_received_packets_total{kind=\"data\"} 1200\n");
  assert_has (text, "\nudpnat_sent_packets_total 1200\n");
  assert_has (text, "\nudpnat_refusals_total{reason=\"no-cookie\"} 5\n");
  assert_has (text, "\nudpnat_relayed_bytes_total 2048\n");
  assert_has (text, "\nudpnat_directory_pages_total 70\n");
  assert_has (text, "\nudpnat_watched_changes_total 71\n");
  assert_has (text, "\nudpnat_watches 72\n");
  assert_has (text, "\nudpnat_directory_bytes 73\n");
  assert_has (text, "\nudpnat_resident_memory_bytes 5242880\n");
  assert_has (text, "\nudpnat_reported_nats_total{nat=\"full-cone\"} 3\n");
  assert_has (text, "\nudpnat_reported_direct_paths_total{network=\"lan\"} 1\n");
  assert_has (text, "\nudpnat_reported_relayed_paths_total{reason=\"no-answer\"} 2\n");
  g_assert_true (g_str_has_suffix (text, "\n"));
}

static void
test_json (void)
{
  UdpnatServerStatus status = make_status ();
  g_autoptr (UdpnatServerHistory) history = udpnat_server_history_new ();
  g_autofree char *text = NULL;

  add_minutes (history, 0, 2);
  status.history = history;
  text = udpnat_server_status_to_json (&status);
  g_assert_true (g_str_has_prefix (text, "{\"version\":\"1.2.3\",\"started_s\":1700000000,"
                                         "\"uptime_s\":8000,\"online\":12,\"sessions\":13,"));
  assert_has (text, ",\"direct_percent\":75,\"received\":{\"info\":10,\"hs1\":20,");
  assert_has (text, "\"paths\":{\"direct\":5,\"lan\":1,\"no-candidates\":0,");
  g_assert_true (g_str_has_suffix (
    text, "\"hour\":[{\"at_s\":0,\"online\":0,\"packets\":0,\"handshakes\":0,\"relayed_bytes\":0,"
          "\"memory_bytes\":0},{\"at_s\":60,\"online\":0,\"packets\":120,\"handshakes\":0,"
          "\"relayed_bytes\":0,\"memory_bytes\":0}],\"day\":[{\"at_s\":0,\"online\":0,"
          "\"packets\":0,\"handshakes\":0,\"relayed_bytes\":0,\"memory_bytes\":0}]}\n"));
}

/* ---- A fleet ---- */

static void
fill_fleet (UdpnatFleetStatus *fleet)
{
  *fleet = (UdpnatFleetStatus) {
    .nodes = { { "n1.example.org", 12, FALSE },
               { "n2\"\\<b>\n", 30, FALSE },
               { "n3.example.org", 0, TRUE } },
    .n_nodes = 3,
    .is_up = TRUE,
    .rtt_us = 1250,
    .claims_waiting = 2,
    .claims_deferred = 7,
  };
}

static void
test_fleet_text (void)
{
  UdpnatServerStatus status = make_status ();
  UdpnatFleetStatus fleet;
  g_autofree char *text = NULL;
  g_autofree char *down = NULL;

  fill_fleet (&fleet);
  status.fleet = &fleet;
  status.stats.moves = 5;
  status.stats.elsewhere = 9;
  text = udpnat_server_status_to_text (&status);
  assert_has (text, "Fleet:\n"
                    "  People online       42 at 3 servers\n"
                    "  Directory           answers in 1.2 ms\n"
                    "  New names waiting   2, 7 told to come later\n"
                    "  Sent elsewhere      5\n"
                    "  Watched elsewhere   9\n"
                    "  n1.example.org      12 people, this one\n"
                    "  n2\"\\<b>?            30 people\n"
                    "  n3.example.org      0 people, draining\n");
  fleet.is_up = FALSE;
  status.stats.is_draining = TRUE;
  down = udpnat_server_status_to_text (&status);
  assert_has (down, "  Directory           does not answer\n");
  assert_has (down, "  Sent elsewhere      5, draining\n");
}

static void
test_fleet_metrics (void)
{
  UdpnatServerStatus status = make_status ();
  UdpnatFleetStatus fleet;
  g_autofree char *text = NULL;
  g_autofree char *json = NULL;

  fill_fleet (&fleet);
  status.fleet = &fleet;
  status.stats.moves = 5;
  text = udpnat_server_status_to_metrics (&status);
  assert_has (text, "\nudpnat_fleet_nodes 3\n");
  assert_has (text, "\nudpnat_fleet_people_online{node=\"n1.example.org\"} 12\n");
  assert_has (text, "\nudpnat_fleet_people_online{node=\"n2\\\"\\\\<b>\\n\"} 30\n");
  assert_has (text, "\nudpnat_fleet_directory_up 1\n");
  assert_has (text, "\nudpnat_fleet_directory_rtt_microseconds 1250\n");
  assert_has (text, "\nudpnat_fleet_claims_waiting 2\n");
  assert_has (text, "\nudpnat_fleet_deferred_claims_total 7\n");
  assert_has (text, "\nudpnat_fleet_moves_total 5\n");
  assert_has (text, "\nudpnat_fleet_draining 0\n");
  json = udpnat_server_status_to_json (&status);
  assert_has (json, "\"fleet\":{\"online\":42,\"directory_up\":1,\"directory_rtt_us\":1250,");
  assert_has (json, "\"nodes\":{\"n1.example.org\":12,");
}

/* What others have written is text. */
static void
test_fleet_page (void)
{
  UdpnatServerStatus status = make_status ();
  UdpnatFleetStatus fleet;
  g_autofree char *html = NULL;

  fill_fleet (&fleet);
  status.fleet = &fleet;
  html = udpnat_server_page_dup_html (&status);
  assert_has (html, "<dt>People in the fleet</dt><dd>42<small>at 3 servers</small></dd>");
  assert_has (html, "<dt>Directory</dt><dd>1.2 ms<small>for an answer</small></dd>");
  assert_has (html, "<th scope=\"row\">n1.example.org</th>");
  assert_has (html, "&lt;b&gt;");
  g_assert_null (strstr (html, "<b>"));
}

/* ---- The page ---- */

static void
test_page (void)
{
  UdpnatServerStatus status = make_status ();
  g_autofree char *html = udpnat_server_page_dup_html (&status);

  assert_has (html, "<dt>People online</dt><dd>12<small>of 30 names</small></dd>");
  assert_has (html, "<dt>Direct paths</dt><dd>75 %<small>of 8 reported</small></dd>");
  assert_has (html, "<th scope=\"row\">full-cone</th>");
  assert_has (html, "<th scope=\"row\">no-answer</th>");
  assert_has (html, "http-equiv=\"refresh\" content=\"30\"");
  g_assert_null (strstr (html, "<script"));
  g_assert_null (strstr (html, "://"));
  g_assert_null (strstr (html, " style=\""));
}

/* 2 packets a second for ten minutes, and as many as before in the last one. */
static void
test_page_plots (void)
{
  UdpnatServerStatus status = make_status ();
  g_autoptr (UdpnatServerHistory) history = udpnat_server_history_new ();
  g_autofree char *html = NULL;

  add_minutes (history, 0, 11);
  status.history = history;
  status.uptime_s = 660;
  status.stats.datagrams_in = 1320;
  status.stats.datagrams_out = 0;
  html = udpnat_server_page_dup_html (&status);
  assert_has (html, "Packets, in and out, last hour: now 2.0/s, at most 2.0/s");
  assert_has (html, "<polyline class=\"curve\" points=\"500.0,1.0 510.0,1.0 ");
  assert_has (html, " 600.0,1.0 \"/>");
}

/* What the browser is told about the style is true of the style that is there. */
static void
test_page_policy (void)
{
  UdpnatServerStatus status = make_status ();
  g_autofree char *html = udpnat_server_page_dup_html (&status);
  g_autofree char *policy = udpnat_server_page_dup_policy ();
  const char *begin = strstr (html, "<style>") + strlen ("<style>");
  const char *end = strstr (html, "</style>");
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *hash = NULL;
  g_autofree char *wanted = NULL;
  guint8 digest[32];
  gsize n_digest = sizeof digest;

  g_checksum_update (checksum, (const guchar *) begin, end - begin);
  g_checksum_get_digest (checksum, digest, &n_digest);
  hash = g_base64_encode (digest, sizeof digest);
  wanted = g_strdup_printf ("default-src 'none'; style-src 'sha256-%s'; ", hash);
  g_assert_true (g_str_has_prefix (policy, wanted));
}

/* ---- Whom it is said to ---- */

static void
test_hosts (void)
{
  static const struct
  {
    const char *host, *local_ip;
    gboolean    is_own;
  } cases[] = {
    { "127.0.0.1:9848", "127.0.0.1", TRUE },
    { "127.0.0.1", "127.0.0.1", TRUE },
    { "localhost:9000", "127.0.0.1", TRUE }, /* an SSH tunnel */
    { "LocalHost", "::1", TRUE },
    { "[::1]:9848", "::1", TRUE },
    { "[::1]", "::1", TRUE },
    { "192.0.2.7:80", "192.0.2.7", TRUE },
    { "localhost", "192.0.2.7", FALSE },
    { "127.0.0.1", "192.0.2.7", FALSE },
    { "192.0.2.8", "192.0.2.7", FALSE },
    { "evil.example", "127.0.0.1", FALSE },
    { "evil.example:9848", "127.0.0.1", FALSE },
    { "127.0.0.1.evil.example", "127.0.0.1", FALSE },
    { "localhost.evil.example", "127.0.0.1", FALSE },
    { "localhost@evil.example", "127.0.0.1", FALSE },
    { "[::1", "::1", FALSE },
    { "[::1]x", "::1", FALSE },
    { "::1", "::1", FALSE },
    { "", "127.0.0.1", FALSE },
    { ":80", "127.0.0.1", FALSE },
    { NULL, "127.0.0.1", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s at %s", cases[i].host, cases[i].local_ip);
      g_assert_cmpint (udpnat_server_http_is_own_host (cases[i].host, cases[i].local_ip), ==,
                       cases[i].is_own);
    }
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *text, *ip;
    guint16     port;
    gboolean    is_off, is_good;
  } cases[] = {
    { "127.0.0.1:9848", "127.0.0.1", 9848, FALSE, TRUE },
    { "localhost:1", "127.0.0.1", 1, FALSE, TRUE },
    { "[::1]:0", "::1", 0, FALSE, TRUE },
    { "0.0.0.0:65535", "0.0.0.0", 65535, FALSE, TRUE },
    { "none", NULL, 0, TRUE, TRUE },
    { "127.0.0.1", NULL, 0, FALSE, FALSE },
    { "127.0.0.1:65536", NULL, 0, FALSE, FALSE },
    { "::1:80", NULL, 0, FALSE, FALSE },
    { "name.example:80", NULL, 0, FALSE, FALSE },
    { "[]:80", NULL, 0, FALSE, FALSE },
    { "", NULL, 0, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *arguments[] = { (char *) "udpnat-server", (char *) "--status-address",
                            (char *) cases[i].text, NULL };
      g_auto (UdpnatServerConfig) config = { 0 };
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (udpnat_server_config_parse (&config, arguments, &error), ==,
                       cases[i].is_good);
      if (!cases[i].is_good)
        g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE);
      g_assert_cmpstr (config.status_ip, ==, cases[i].ip);
      g_assert_cmpuint (config.status_port, ==, cases[i].port);
      g_assert_cmpint (config.is_status_off, ==, cases[i].is_off);
    }
}

/* ---- The journal ---- */

static void
test_log_line (void)
{
  const char *const fields[] = { "UDPNAT_ONLINE=3", "UDPNAT_NAMES_CAME=Ann \"A\" Lee, Bo",
                                 "UDPNAT_NOTHING=", NULL };
  const char *const none[] = { NULL };

  assert_text (udpnat_server_log_format ("minute", "3 online", fields),
               "udpnat-server: 3 online. UDPNAT_EVENT=minute UDPNAT_ONLINE=3 "
               "UDPNAT_NAMES_CAME=\"Ann \\\"A\\\" Lee, Bo\" UDPNAT_NOTHING=\"\"");
  assert_text (udpnat_server_log_format ("stopped", "Stopped", none),
               "udpnat-server: Stopped. UDPNAT_EVENT=stopped");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server-status/numbers/counts", test_counts);
  g_test_add_func ("/server-status/numbers/bytes", test_bytes);
  g_test_add_func ("/server-status/numbers/durations", test_durations);
  g_test_add_func ("/server-status/numbers/percents", test_percents);
  g_test_add_func ("/server-status/history/an-hour-and-a-day", test_history);
  g_test_add_func ("/server-status/text/exactly", test_text);
  g_test_add_func ("/server-status/metrics/names-and-labels", test_metrics);
  g_test_add_func ("/server-status/json/exactly", test_json);
  g_test_add_func ("/server-status/fleet/text", test_fleet_text);
  g_test_add_func ("/server-status/fleet/metrics", test_fleet_metrics);
  g_test_add_func ("/server-status/fleet/page", test_fleet_page);
  g_test_add_func ("/server-status/page/says-how-it-does", test_page);
  g_test_add_func ("/server-status/page/curves", test_page_plots);
  g_test_add_func ("/server-status/page/policy-fits-the-style", test_page_policy);
  g_test_add_func ("/server-status/http/own-hosts-only", test_hosts);
  g_test_add_func ("/server-status/options/addresses", test_addresses);
  g_test_add_func ("/server-status/log/line", test_log_line);
  return g_test_run ();
}
