/* How one is connected, as windows show it: what the picture of a report is, what a screen reader
 * is told of it, that nothing is measured while nobody looks, and that what the user decides
 * reaches the client. */

#include "config.h"

#include <adwaita.h>
#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-client-network.h"
#include "udpnat-connection-window.h"
#include "udpnat-limits.h"
#include "udpnat-nat-group.h"
#include "udpnat-network-window.h"
#include "udpnat-path-picture.h"
#include "udpnat-rtt-plot.h"

#define NOW_US UDPNAT_SEC (5000)
#define LINK "udpnat:bob?key=mngqi5hu35nm6wj5fiapecdvwjwdnw4bq7kyvjhe3jook733medq"

static UdpnatAddress
at (const char *ip,
    guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));
  return address;
}

/* ---- Scenes of paths ---- */

static UdpnatPathFacts
make_direct (void)
{
  return (UdpnatPathFacts) {
    .phase = UDPNAT_PATH_PHASE_DIRECT,
    .since_us = NOW_US - UDPNAT_SEC (12),
    .until_us = UDPNAT_TIME_NEVER,
    .kind = UDPNAT_PATH_KIND_DIRECT,
    .address = at ("203.0.113.9", 40000),
    .rtt_us = 23000,
    .unanswered_since_us = UDPNAT_TIME_NEVER,
    .local_nat = UDPNAT_NAT_KIND_INDEPENDENT,
    .remote_nat = UDPNAT_NAT_KIND_DEPENDENT,
    .n_local = 1,
    .local = { { .address = at ("192.168.1.20", 8900), .source = UDPNAT_ADDRESS_SOURCE_HOST } },
    .n_remote = 1,
    .remote = {
      { .address = at ("203.0.113.9", 40000), .source = UDPNAT_ADDRESS_SOURCE_OBSERVED,
        .fate = UDPNAT_PATH_FATE_SELECTED, .is_selected = TRUE, .rtt_us = 23000 },
    },
  };
}

static UdpnatPathFacts
make_relayed (void)
{
  UdpnatPathFacts facts = make_direct ();

  facts.phase = UDPNAT_PATH_PHASE_RELAYED;
  facts.kind = UDPNAT_PATH_KIND_RELAY;
  facts.address = UDPNAT_ADDRESS_NONE;
  facts.remote[0].fate = UDPNAT_PATH_FATE_UNANSWERED;
  facts.remote[0].is_selected = FALSE;
  return facts;
}

static UdpnatPathScene *
make_scene (const UdpnatPathFacts *facts,
            const char            *reason)
{
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (facts, NOW_US, reason);

  return udpnat_path_scene_new_for_path (report, "Bob");
}

static void
check_stops (const UdpnatPathScene *scene,
             guint                  n_stops,
             UdpnatStopKind         middle,
             UdpnatLinkState        state)
{
  g_assert_cmpuint (scene->n_stops, ==, n_stops);
  g_assert_cmpint (scene->stops[0].kind, ==, UDPNAT_STOP_COMPUTER);
  g_assert_cmpint (scene->stops[n_stops / 2].kind, ==, middle);
  g_assert_cmpint (scene->stops[n_stops - 1].kind, ==, UDPNAT_STOP_PERSON);
  g_assert_cmpstr (scene->stops[n_stops - 1].title, ==, "Bob");
  for (guint i = 0; i + 1 < n_stops; i++)
    g_assert_cmpint (scene->links[i], ==, state);
}

static void
test_direct (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathScene) scene = make_scene (&facts, "");

  check_stops (scene, 5, UDPNAT_STOP_INTERNET, UDPNAT_LINK_WORKS);
  g_assert_false (scene->has_bypass);
  g_assert_cmpstr (scene->stops[0].address, ==, "192.168.1.20:8900");
  g_assert_cmpstr (scene->stops[2].detail, ==, "23 ms");
  g_assert_cmpstr (scene->stops[3].address, ==, "203.0.113.9:40000");
  g_assert_cmpstr (scene->words, ==,
                   "You and Bob. Connected directly, round trip 23 ms. Your router gives all "
                   "contacts the same door. Their router gives every contact a different door.");
}

static void
test_no_router (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathScene) scene = NULL;

  facts.local_nat = facts.remote_nat = UDPNAT_NAT_KIND_NONE;
  scene = make_scene (&facts, "");
  check_stops (scene, 3, UDPNAT_STOP_INTERNET, UDPNAT_LINK_WORKS);
}

static void
test_lan (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathScene) scene = NULL;

  facts.kind = UDPNAT_PATH_KIND_LAN;
  scene = make_scene (&facts, "");
  check_stops (scene, 3, UDPNAT_STOP_NETWORK, UDPNAT_LINK_WORKS);
  g_assert_nonnull (strstr (scene->words, "directly on this network"));
}

static void
test_suspect (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathScene) scene = NULL;

  facts.remote[0].fate = UDPNAT_PATH_FATE_SUSPECT;
  scene = make_scene (&facts, "");
  check_stops (scene, 5, UDPNAT_STOP_INTERNET, UDPNAT_LINK_OPEN);
}

static void
check_bypass (const UdpnatPathFacts *facts,
              const char            *reason,
              gboolean               has_bypass,
              UdpnatLinkState        state)
{
  g_autoptr (UdpnatPathScene) scene = make_scene (facts, reason);

  check_stops (scene, 5, UDPNAT_STOP_SERVER, UDPNAT_LINK_WORKS);
  g_assert_true (scene->has_bypass == has_bypass);
  if (!has_bypass)
    return;
  g_assert_cmpuint (scene->bypass_from, ==, 1);
  g_assert_cmpuint (scene->bypass_to, ==, 3);
  g_assert_cmpint (scene->bypass, ==, state);
}

static void
test_relayed (void)
{
  UdpnatPathFacts facts = make_relayed ();
  g_autoptr (UdpnatPathScene) scene = make_scene (&facts, "both-symmetric");

  check_bypass (&facts, "both-symmetric", TRUE, UDPNAT_LINK_BROKEN);
  check_bypass (&facts, "no-answer", TRUE, UDPNAT_LINK_BROKEN);
  check_bypass (&facts, "relay-only-local", FALSE, 0);
  check_bypass (&facts, "idle", FALSE, 0);
  facts.phase = UDPNAT_PATH_PHASE_TRYING;
  check_bypass (&facts, "connecting", TRUE, UDPNAT_LINK_OPEN);
  g_assert_nonnull (strstr (scene->words, "through the server: both routers"));
}

static void
test_away (void)
{
  UdpnatPathFacts facts = make_relayed ();
  g_autoptr (UdpnatPathScene) scene = NULL;

  facts.phase = UDPNAT_PATH_PHASE_AWAY;
  scene = make_scene (&facts, "no-session");
  check_stops (scene, 5, UDPNAT_STOP_SERVER, UDPNAT_LINK_OPEN);
  g_assert_false (scene->has_bypass);
}

static void
test_equal (void)
{
  UdpnatPathFacts facts = make_relayed ();
  g_autoptr (UdpnatPathScene) scene = make_scene (&facts, "no-answer");
  g_autoptr (UdpnatPathScene) same = make_scene (&facts, "no-answer");
  g_autoptr (UdpnatPathScene) other = NULL;

  g_assert_true (udpnat_path_scene_equal (scene, same));
  g_assert_false (udpnat_path_scene_equal (scene, NULL));
  facts.local[0].address.port++;
  other = make_scene (&facts, "no-answer");
  g_assert_false (udpnat_path_scene_equal (scene, other));
}

/* ---- Scenes of networks ---- */

static void
check_network (UdpnatUdpState  udp,
               const char     *observed,
               guint           n_stops,
               UdpnatStopKind  last,
               UdpnatLinkState link)
{
  UdpnatNetworkFacts facts = {
    .n_hosts = 1,
    .hosts = { at ("192.168.1.20", 8900) },
    .observed = { at (observed, 8900) },
    .nat = g_str_equal (observed, "192.168.1.20") ? UDPNAT_NAT_KIND_UNKNOWN
                                                  : UDPNAT_NAT_KIND_INDEPENDENT,
    .udp = udp,
    .server = at ("203.0.113.1", 8848),
  };
  g_autoptr (UdpnatNetworkReport) report =
    udpnat_network_report_new (&facts, "mapping-open", "PCP");
  g_autoptr (UdpnatPathScene) scene = udpnat_path_scene_new_for_network (report);

  g_assert_cmpuint (scene->n_stops, ==, n_stops);
  g_assert_cmpint (scene->stops[n_stops - 1].kind, ==, last);
  g_assert_cmpint (scene->links[n_stops - 2], ==, link);
}

static void
test_networks (void)
{
  check_network (UDPNAT_UDP_STATE_WORKS, "198.51.100.7", 4, UDPNAT_STOP_SERVER, UDPNAT_LINK_WORKS);
  check_network (UDPNAT_UDP_STATE_BLOCKED, "198.51.100.7", 4, UDPNAT_STOP_SERVER,
                 UDPNAT_LINK_WORKS);
  check_network (UDPNAT_UDP_STATE_TRYING, "198.51.100.7", 4, UDPNAT_STOP_SERVER, UDPNAT_LINK_OPEN);
  check_network (UDPNAT_UDP_STATE_SILENT, "198.51.100.7", 4, UDPNAT_STOP_SERVER,
                 UDPNAT_LINK_BROKEN);
  check_network (UDPNAT_UDP_STATE_WORKS, "192.168.1.20", 3, UDPNAT_STOP_SERVER, UDPNAT_LINK_WORKS);
  check_network (UDPNAT_UDP_STATE_UNKNOWN, "198.51.100.7", 3, UDPNAT_STOP_PERSON,
                 UDPNAT_LINK_WORKS);
}

/* ---- Widgets ---- */

static void
iterate (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Switches and buttons take some frames to move; meson's limit ends what never comes. */
#define WAIT_FOR(condition)                                                                     \
  while (!(condition))                                                                          \
    g_main_context_iteration (NULL, TRUE)

static GtkWidget *
show_in_window (GtkWidget *widget)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  iterate ();
  return window;
}

static int
get_height (GtkWidget *widget,
            int        width)
{
  int height;

  gtk_widget_measure (widget, GTK_ORIENTATION_VERTICAL, width, &height, NULL, NULL, NULL);
  return height;
}

static void
test_picture (void)
{
  UdpnatPathFacts facts = make_relayed ();
  UdpnatPathScene *scene = make_scene (&facts, "both-symmetric");
  GtkWidget *picture = udpnat_path_picture_new ();
  GtkWidget *window = show_in_window (picture);
  int minimum;

  g_assert_cmpint (get_height (picture, 600), ==, 0);
  udpnat_path_picture_set_scene (UDPNAT_PATH_PICTURE (picture), scene);
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (picture), GTK_ACCESSIBLE_ROLE_IMG);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (picture), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       scene->words);
  /* In a column where there is no room for a row; and it fits a phone. */
  g_assert_cmpint (get_height (picture, 300), >, 2 * get_height (picture, 600));
  gtk_widget_measure (picture, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  g_assert_cmpint (minimum, <=, 300);
  iterate ();
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Whether anything was drawn in the columns from @x on. */
static gboolean
has_ink (GtkWidget *widget,
         int        x,
         int        n_columns)
{
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  GskRenderer *renderer = gtk_native_get_renderer (gtk_widget_get_native (widget));
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GdkTexture) texture = NULL;
  g_autofree guint32 *pixels = g_new0 (guint32, (gsize) width * height);
  g_autoptr (GskRenderNode) node = NULL;

  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (snapshot);
  g_assert_nonnull (node);
  texture = gsk_renderer_render_texture (renderer, node,
                                         &GRAPHENE_RECT_INIT (0, 0, width, height));
  gdk_texture_download (texture, (guchar *) pixels, 4 * (gsize) width);
  for (int row = 0; row < height; row++)
    for (int column = x; column < x + n_columns; column++)
      if (pixels[row * width + column] != 0)
        return TRUE;
  return FALSE;
}

/* In a column from right to left: the words begin beside their disc, those of both scripts. */
static void
test_picture_from_right_to_left (void)
{
  UdpnatPathFacts facts = make_direct ();
  g_autoptr (UdpnatPathReport) report = udpnat_path_report_new (&facts, NOW_US, "");
  GtkWidget *picture = udpnat_path_picture_new ();
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *window;

  udpnat_path_picture_set_scene (UDPNAT_PATH_PICTURE (picture),
                                 udpnat_path_scene_new_for_path (report, "ليلى"));
  gtk_widget_set_direction (picture, GTK_TEXT_DIR_RTL);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 300);
  adw_clamp_set_child (ADW_CLAMP (clamp), picture);
  window = show_in_window (clamp);
  WAIT_FOR (gtk_widget_get_width (picture) > 0);
  g_assert_cmpint (gtk_widget_get_width (picture), ==, 300);
  g_assert_true (has_ink (picture, 150, 150));
  g_assert_false (has_ink (picture, 0, 75));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* ---- With a client ---- */

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  UdpnatPerson *bob; /* borrowed */
} Fixture;

static void
set_up (Fixture       *self,
        gconstpointer  unused)
{
  g_autoptr (GError) error = NULL;
  gboolean is_open;

  self->folder = g_dir_make_tmp ("udpnat-connection-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error) &&
            udpnat_client_bind (self->client, "127.0.0.1", 0, 0, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  self->bob = udpnat_client_add_link (self->client, LINK, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture       *self,
           gconstpointer  unused)
{
  g_autoptr (GDir) folder = NULL;
  const char *name;

  iterate ();
  g_assert_finalize_object (self->client);
  folder = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
}

static gboolean
is_measuring (UdpnatRttLog *log)
{
  return g_main_context_find_source_by_user_data (NULL, log) != NULL;
}

static void
test_plot_measures_while_seen (Fixture       *self,
                               gconstpointer  unused)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (self->client, self->bob);
  GtkWidget *plot = udpnat_rtt_plot_new ();
  GtkWidget *window;

  udpnat_rtt_plot_set_log (UDPNAT_RTT_PLOT (plot), log);
  g_assert_false (is_measuring (log));
  window = show_in_window (plot);
  g_assert_true (is_measuring (log));
  gtk_widget_set_visible (plot, FALSE);
  g_assert_false (is_measuring (log));
  gtk_widget_set_visible (plot, TRUE);
  iterate ();
  g_assert_true (is_measuring (log));
  gtk_window_destroy (GTK_WINDOW (window));
  iterate ();
  g_assert_false (is_measuring (log));
}

static void
check_plot_label (GtkWidget  *plot,
                  const char *words)
{
  g_autofree char *label = g_strdup_printf ("Round trip in the last three minutes. %s.", words);

  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (plot), GTK_ACCESSIBLE_PROPERTY_LABEL, label);
}

static void
test_plot_label (Fixture       *self,
                 gconstpointer  unused)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (self->client, self->bob);
  UdpnatRttSample sample = { .at_us = UDPNAT_SEC (1), .rtt_us = 23000, .is_direct = TRUE };
  GtkWidget *plot = g_object_ref_sink (udpnat_rtt_plot_new ());

  udpnat_rtt_plot_set_log (UDPNAT_RTT_PLOT (plot), log);
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (plot), GTK_ACCESSIBLE_ROLE_IMG);
  check_plot_label (plot, "Nothing measured yet");
  udpnat_rtt_log_add (log, &sample);
  check_plot_label (plot, "Now 23 ms; usually 23 ms, at most 23 ms");
  sample.rtt_us = 0;
  udpnat_rtt_log_add (log, &sample);
  check_plot_label (plot, "No answer now; usually 23 ms, at most 23 ms");
  g_object_unref (plot);
}

/* The first widget of @type below @widget whose @property is @value. */
static GtkWidget *
find (GtkWidget  *widget,
      GType       type,
      const char *property,
      const char *value)
{
  if (g_type_is_a (G_OBJECT_TYPE (widget), type))
    {
      g_autofree char *is = NULL;

      g_object_get (widget, property, &is, NULL);
      if (g_strcmp0 (is, value) == 0)
        return widget;
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, type, property, value);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* ---- Tests of our routers ---- */

static void
show_tests (GtkWidget                *group,
            const UdpnatNetworkFacts *facts)
{
  g_autoptr (UdpnatNetworkReport) report =
    udpnat_network_report_new (facts, "mapping-off", "");

  udpnat_nat_group_show (UDPNAT_NAT_GROUP (group), report);
}

static guint
count_visible_rows (GtkWidget *widget)
{
  guint n_rows = ADW_IS_ACTION_ROW (widget) && gtk_widget_get_visible (widget) ? 1 : 0;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    n_rows += count_visible_rows (child);
  return n_rows;
}

static void
check_group (GtkWidget                *group,
             const UdpnatNetworkFacts *facts,
             const char               *description,
             guint                     n_rows)
{
  show_tests (group, facts);
  g_assert_true (gtk_widget_get_visible (group));
  g_assert_cmpstr (adw_preferences_group_get_description (ADW_PREFERENCES_GROUP (group)), ==,
                   description);
  g_assert_cmpuint (count_visible_rows (group), ==, n_rows);
}

static void
test_nat_group (void)
{
  UdpnatNetworkFacts facts = { .udp = UDPNAT_UDP_STATE_WORKS, .nat = UDPNAT_NAT_KIND_INDEPENDENT };
  GtkWidget *group = g_object_ref_sink (g_object_new (UDPNAT_TYPE_NAT_GROUP, NULL));
  GtkWidget *row = find (group, ADW_TYPE_ACTION_ROW, "title", "Who Is Let In");

  show_tests (group, &facts);
  g_assert_false (gtk_widget_get_visible (group));
  facts.is_testing = TRUE;
  check_group (group, &facts, "Being tested…", 0);

  facts.is_testing = FALSE;
  facts.tests = (UdpnatNatFacts) {
    .state = UDPNAT_NAT_TEST_DONE,
    .mapping = UDPNAT_MAPPING_RULE_INDEPENDENT,
    .filtering = UDPNAT_FILTERING_RULE_INDEPENDENT,
    .hairpin = UDPNAT_FINDING_YES,
  };
  check_group (group, &facts, "Tested with the help of the server", 3);
  g_assert_cmpstr (adw_action_row_get_subtitle (ADW_ACTION_ROW (row)), ==,
                   "An open port lets everybody in (endpoint-independent filtering).");
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Who Is Let In: An open port lets everybody in "
                                       "(endpoint-independent filtering).");
  facts.tests.poisoned = UDPNAT_FINDING_YES;
  check_group (group, &facts, "Tested with the help of the server", 4);

  facts.tests.state = UDPNAT_NAT_TEST_NO_ANSWER;
  check_group (group, &facts, "Not tested: this server does not take part", 0);
  g_object_unref (group);
}

static GtkWidget *
open_page (Fixture    *self,
           const char *page)
{
  GtkWidget *window = udpnat_connection_window_new (self->client, self->bob);

  udpnat_connection_window_show_page (UDPNAT_CONNECTION_WINDOW (window), page);
  gtk_window_present (GTK_WINDOW (window));
  iterate ();
  return window;
}

static void
test_window_is_of_a_person (Fixture       *self,
                            gconstpointer  unused)
{
  GtkWidget *window = open_page (self, "connection");
  UdpnatPerson *person;

  g_object_get (window, "person", &person, NULL);
  g_assert_true (person == self->bob);
  g_assert_true (udpnat_connection_window_get_person (UDPNAT_CONNECTION_WINDOW (window)) ==
                 self->bob);
  g_object_unref (person);
  gtk_window_destroy (GTK_WINDOW (window));
  iterate ();
}

static void
activate_row (GtkWidget  *window,
              const char *title)
{
  GtkWidget *row = find (window, ADW_TYPE_ACTION_ROW, "title", title);

  g_assert_nonnull (row);
  adw_action_row_activate (ADW_ACTION_ROW (row));
  iterate ();
}

static void
test_window_decides (Fixture       *self,
                     gconstpointer  unused)
{
  GtkWidget *window = open_page (self, "person");
  GtkWidget *entry = find (window, ADW_TYPE_ENTRY_ROW, "title", "Nickname");

  activate_row (window, "Mute");
  WAIT_FOR (udpnat_person_is_muted (self->bob));
  activate_row (window, "Through the Server Only");
  WAIT_FOR (udpnat_person_is_relay_only (self->bob));
  activate_row (window, "Through the Server Only");
  WAIT_FOR (!udpnat_person_is_relay_only (self->bob));

  gtk_editable_set_text (GTK_EDITABLE (entry), "Robert & Co");
  g_signal_emit_by_name (entry, "apply");
  g_assert_cmpstr (udpnat_person_get_nickname (self->bob), ==, "Robert & Co");
  g_assert_cmpstr (gtk_window_get_title (GTK_WINDOW (window)), ==, "Connection to Robert & Co");
  gtk_editable_set_text (GTK_EDITABLE (entry), "\001");
  g_signal_emit_by_name (entry, "apply");
  g_assert_cmpstr (udpnat_person_get_nickname (self->bob), ==, "Robert & Co");
  g_assert_true (gtk_widget_has_css_class (entry, "error"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
  g_signal_emit_by_name (entry, "apply");
  g_assert_null (udpnat_person_get_nickname (self->bob));

  /* And what is decided elsewhere is seen here. */
  udpnat_client_block (self->client, self->bob);
  g_assert_nonnull (find (window, GTK_TYPE_BUTTON, "label", "Unblock"));
  activate_row (window, "Blocked");
  WAIT_FOR (udpnat_person_get_relation (self->bob) == UDPNAT_RELATION_NONE);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_window_verifies (Fixture       *self,
                      gconstpointer  unused)
{
  GtkWidget *window = open_page (self, "safety");
  GtkWidget *match = find (window, GTK_TYPE_BUTTON, "label", "They Match");
  g_autofree char *number = udpnat_client_dup_safety_number (self->client, self->bob);

  g_assert_nonnull (find (window, GTK_TYPE_LABEL, "label", number));
  gtk_test_accessible_assert_property (
    GTK_ACCESSIBLE (find (window, ADW_TYPE_ACTION_ROW, "title", "Key Fingerprint")),
    GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, udpnat_person_get_key_text (self->bob));
  g_assert_nonnull (find (window, ADW_TYPE_ACTION_ROW, "title", "Not Verified"));
  g_signal_emit_by_name (match, "clicked");
  g_assert_true (udpnat_person_is_verified (self->bob));
  g_assert_nonnull (find (window, ADW_TYPE_ACTION_ROW, "title", "Verified"));
  g_signal_emit_by_name (find (window, GTK_TYPE_BUTTON, "label", "They Differ"), "clicked");
  g_assert_false (udpnat_person_is_verified (self->bob));
  iterate ();
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  char **out_text = user_data;

  *out_text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);
}

static char *
read_clipboard (GtkWidget *window)
{
  char *text = NULL;

  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (window), NULL, read_cb, &text);
  WAIT_FOR (text != NULL);
  return text;
}

static void
click_copy (GtkWidget *window)
{
  GtkWidget *button = find (window, GTK_TYPE_BUTTON, "tooltip-text", "Copy Report");

  g_signal_emit_by_name (button, "clicked");
}

static GtkSwitch *
find_switch (GtkWidget *window)
{
  GtkWidget *row = find (window, ADW_TYPE_ACTION_ROW, "title", "Leave Out IP Addresses");

  return GTK_SWITCH (adw_action_row_get_activatable_widget (ADW_ACTION_ROW (row)));
}

static void
test_window_copies (Fixture       *self,
                    gconstpointer  unused)
{
  GtkWidget *window = open_page (self, "connection");
  GtkWidget *network = udpnat_network_window_new (self->client);
  g_autofree char *text = NULL;
  g_autofree char *masked = NULL;
  g_autofree char *open = NULL;

  g_assert_nonnull (find (window, ADW_TYPE_ACTION_ROW, "title",
                          "Connects as soon as something is said"));
  click_copy (window);
  text = read_clipboard (window);
  g_assert_nonnull (strstr (text, "phase: idle\n"));
  gtk_window_destroy (GTK_WINDOW (window));

  gtk_window_present (GTK_WINDOW (network));
  iterate ();
  click_copy (network);
  masked = read_clipboard (network);
  g_assert_nonnull (strstr (masked, "our-address: loopback-ipv4-1:"));
  g_assert_nonnull (strstr (masked, "tests: none\n"));
  g_assert_null (strstr (masked, "127.0.0.1"));
  activate_row (network, "Leave Out IP Addresses");
  WAIT_FOR (!gtk_switch_get_active (find_switch (network)));
  click_copy (network);
  open = read_clipboard (network);
  g_assert_nonnull (strstr (open, "our-address: 127.0.0.1:"));
  gtk_window_destroy (GTK_WINDOW (network));
}

#define ADD(path, function) \
  g_test_add ("/gui-connection/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_setenv ("GTK_A11Y", "test", TRUE); /* keeps what a screen reader would be told */
  g_test_init (&argc, &argv, NULL);
  adw_init ();

  g_test_add_func ("/gui-connection/scene/direct", test_direct);
  g_test_add_func ("/gui-connection/scene/no-router", test_no_router);
  g_test_add_func ("/gui-connection/scene/lan", test_lan);
  g_test_add_func ("/gui-connection/scene/suspect-is-open", test_suspect);
  g_test_add_func ("/gui-connection/scene/relayed-shows-what-was-tried", test_relayed);
  g_test_add_func ("/gui-connection/scene/away", test_away);
  g_test_add_func ("/gui-connection/scene/equal", test_equal);
  g_test_add_func ("/gui-connection/scene/networks", test_networks);
  g_test_add_func ("/gui-connection/picture/row-or-column-with-words", test_picture);
  g_test_add_func ("/gui-connection/picture/words-from-right-to-left",
                   test_picture_from_right_to_left);
  g_test_add_func ("/gui-connection/tests/rows-of-what-is-known", test_nat_group);
  ADD ("plot/measures-only-while-seen", test_plot_measures_while_seen);
  ADD ("plot/says-its-numbers", test_plot_label);
  ADD ("window/is-of-one-person", test_window_is_of_a_person);
  ADD ("window/what-the-user-decides", test_window_decides);
  ADD ("window/verify", test_window_verifies);
  ADD ("window/copied-report", test_window_copies);

  return g_test_run ();
}
