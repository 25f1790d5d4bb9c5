/* Figures of the window, taken in the program itself; bench.py gives it profiles and a screen, and
 * prints what comes out beside what was asked for.
 *
 *     bench-window start PROFILE STARTED_US     until the first frame of the chats
 *     bench-window talk PROFILE N_PAGES         a long conversation: opened, scrolled back
 *     bench-window people PROFILE TEXT          a long list: each letter of TEXT typed to search it
 *     bench-window crowd PROFILE N_PEOPLE       so many come at once; then the server is lost
 *
 * Prints lines of "name value". */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench-trace.h"

#include "udpnat-application.h"
#include "udpnat-client-private.h"
#include "udpnat-message-row.h"
#include "udpnat-presence.h"
#include "udpnat-sidebar.h"
#include "udpnat-window.h"

#define SCROLL_STEP_PX 60
#define PATIENCE_US (60 * G_USEC_PER_SEC)
#define QUIET_US (400 * 1000)
#define TURN_PEOPLE 300

typedef struct
{
  char           **arguments; /* after the profile */
  void           (*run) (void);
  gboolean         is_running;
  UdpnatWindow    *window;
  guint            n_frames;
  gint64           last_frame_us;

  /* while scrolling */
  GtkWidget       *scrolled;
  GtkAdjustment   *adjustment;
  gboolean         is_scrolling;
  double           moved_px; /* in this frame */
  gint64           anchor;   /* number of the line that is watched, 0: none */
  double           anchor_y;
  double           worst_px;
  gint64           oldest;

  guint            n_come; /* people, of a crowd */
} Bench;

static Bench bench;

/* ---- Looking ---- */

static GtkWidget *
find_widget (GtkWidget  *root,
             const char *type_name)
{
  GType type = g_type_from_name (type_name);

  if (type != G_TYPE_INVALID && g_type_is_a (G_OBJECT_TYPE (root), type) &&
      gtk_widget_get_mapped (root))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_widget (child, type_name);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
find_or_die (GtkWidget  *root,
             const char *type_name)
{
  GtkWidget *found = find_widget (root, type_name);

  if (found == NULL)
    g_error ("there is no %s", type_name);
  return found;
}

static double
get_resident_mb (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL) ||
      (line = strstr (status, "VmRSS:")) == NULL)
    return 0;
  return g_ascii_strtod (line + strlen ("VmRSS:"), NULL) / 1024;
}

/* Wall clock is for people; this says what it is made of, whatever else runs on the machine. */
static double
get_cpu_ms (void)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double) used.tv_sec * 1e3 + (double) used.tv_nsec / 1e6;
}

static void
print_figure (const char *name,
              double      value)
{
  printf ("%s %.3f\n", name, value);
  fflush (stdout);
}

static void
print_trace (const char       *name,
             const BenchTrace *trace)
{
  g_autofree char *longest = g_strdup_printf ("%s-longest-ms", name);
  g_autofree char *cpu = g_strdup_printf ("%s-longest-cpu-ms", name);
  g_autofree char *own = g_strdup_printf ("%s-longest-own-ms", name);
  g_autofree char *own_cpu = g_strdup_printf ("%s-longest-own-cpu-ms", name);
  g_autofree char *n_long = g_strdup_printf ("%s-n-long", name);

  print_figure (longest, trace->longest_ms);
  print_figure (cpu, trace->longest_cpu_ms);
  print_figure (own, trace->longest_own_ms);
  print_figure (own_cpu, trace->longest_own_cpu_ms);
  print_figure (n_long, trace->n_long);
}

static UdpnatClient *
get_client (void)
{
  return udpnat_application_get_client (UDPNAT_APPLICATION (g_application_get_default ()));
}

/* ---- Waiting ---- */

typedef gboolean (*Condition) (void);

static void
run_until (Condition   is_so,
           const char *what)
{
  gint64 end_us = g_get_monotonic_time () + PATIENCE_US;
  gboolean is_over = FALSE;

  while (!is_over && g_get_monotonic_time () < end_us)
    {
      g_main_context_iteration (NULL, TRUE);
      bench_trace_pause ();
      is_over = is_so ();
      bench_trace_resume ();
    }
  if (!is_over)
    g_error ("never: %s", what);
}

static gboolean
tick_cb (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
is_quiet (void)
{
  return g_get_monotonic_time () > bench.last_frame_us + QUIET_US;
}

/* No frame for a while: animations are over, what was loaded is shown. */
static void
settle (void)
{
  guint tick = g_timeout_add (50, tick_cb, NULL);

  bench.last_frame_us = g_get_monotonic_time ();
  run_until (is_quiet, "nothing moves any more");
  g_source_remove (tick);
}

/* ---- The start ---- */

static void
run_start (void)
{
  gint64 started_us = g_ascii_strtoll (bench.arguments[0], NULL, 10);

  print_figure ("start-ms", (double) (bench.last_frame_us - started_us) / 1e3);
  print_figure ("start-cpu-ms", get_cpu_ms ());
}

/* ---- A long conversation ---- */

static gboolean
get_y (GtkWidget *row,
       double    *out_y)
{
  graphene_rect_t bounds;

  if (!gtk_widget_get_mapped (row) || !gtk_widget_compute_bounds (row, bench.scrolled, &bounds))
    return FALSE;
  *out_y = bounds.origin.y;
  return TRUE;
}

/* The line @number, or, when it is 0, that in the middle of what is seen. */
static gboolean
find_line (gint64  number,
           gint64 *out_number,
           double *out_y)
{
  GtkWidget *list = find_or_die (bench.scrolled, "GtkListView");
  double middle = gtk_widget_get_height (bench.scrolled) / 2.0;
  double best = G_MAXDOUBLE;

  for (GtkWidget *item = gtk_widget_get_first_child (list); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);
      gint64 found;
      double y;

      if (row == NULL || !UDPNAT_IS_MESSAGE_ROW (row) ||
          udpnat_message_row_get_row (UDPNAT_MESSAGE_ROW (row)) == NULL || !get_y (row, &y))
        continue;
      found = udpnat_history_row_get_number (udpnat_message_row_get_row (UDPNAT_MESSAGE_ROW (row)));
      if (number != 0 ? found == number : ABS (y - middle) < best)
        {
          best = ABS (y - middle);
          *out_number = found;
          *out_y = y;
        }
    }
  return best < G_MAXDOUBLE;
}

static void
watch_anchor (void)
{
  gint64 number;
  double y;

  if (bench.anchor != 0 && find_line (bench.anchor, &number, &y))
    bench.worst_px = MAX (bench.worst_px, ABS (y - bench.anchor_y - bench.moved_px));
  bench.moved_px = 0;
  bench.anchor = 0;
  if (find_line (0, &number, &y))
    {
      bench.anchor = number;
      bench.anchor_y = y;
      bench.oldest = MIN (bench.oldest, number);
    }
}

/* One step a frame, as a wheel does it. */
static gboolean
scroll_tick_cb (GtkWidget     *widget,
                GdkFrameClock *clock,
                gpointer       unused)
{
  double value = gtk_adjustment_get_value (bench.adjustment);

  if (!bench.is_scrolling)
    return G_SOURCE_REMOVE;
  bench.moved_px = MIN (SCROLL_STEP_PX, value);
  gtk_adjustment_set_value (bench.adjustment, value - bench.moved_px);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_open_at_end (void)
{
  GtkWidget *list = find_widget (GTK_WIDGET (bench.window), "UdpnatMessageList");
  gint64 number;
  double y;

  if (list == NULL || (bench.scrolled = find_widget (list, "GtkScrolledWindow")) == NULL)
    return FALSE;
  bench.adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (bench.scrolled));
  return bench.n_frames > 0 && find_line (0, &number, &y) &&
         gtk_adjustment_get_value (bench.adjustment) + 2 >=
           gtk_adjustment_get_upper (bench.adjustment) -
             gtk_adjustment_get_page_size (bench.adjustment);
}

static void
open_conversation (const char *name)
{
  UdpnatPerson *person = udpnat_client_get_person (get_client (), "bob");
  g_autofree char *figure = g_strdup_printf ("%s-ms", name);
  BenchTrace trace;
  gint64 start_us;
  double start_cpu_ms = get_cpu_ms ();

  if (person == NULL)
    g_error ("the profile has no bob");
  bench.n_frames = 0;
  bench_trace_begin ();
  start_us = g_get_monotonic_time ();
  udpnat_window_open_person (bench.window, person);
  print_figure ("open-call-ms", (double) (g_get_monotonic_time () - start_us) / 1e3);
  run_until (is_open_at_end, "the conversation is open at its end");
  print_figure (figure, (double) (bench.last_frame_us - start_us) / 1e3);
  print_figure ("open-cpu-ms", get_cpu_ms () - start_cpu_ms);
  settle ();
  trace = bench_trace_end ();
  print_trace (name, &trace);
}

static void
scroll_back (guint n_pages)
{
  gint64 start_us = g_get_monotonic_time ();
  guint n_frames = bench.n_frames;
  gint64 wanted;
  BenchTrace trace;

  bench.oldest = G_MAXINT64;
  watch_anchor ();
  wanted = bench.oldest - (gint64) n_pages * 50;
  bench_trace_begin ();
  bench.is_scrolling = TRUE;
  gtk_widget_add_tick_callback (bench.scrolled, scroll_tick_cb, NULL, NULL);
  while (bench.oldest > wanted && g_get_monotonic_time () < start_us + 2 * PATIENCE_US)
    g_main_context_iteration (NULL, TRUE);
  bench.is_scrolling = FALSE;
  settle ();
  trace = bench_trace_end ();
  print_figure ("scroll-lines", (double) (wanted + (gint64) n_pages * 50 - bench.oldest));
  print_figure ("scroll-frames", bench.n_frames - n_frames);
  print_figure ("scroll-worst-px", bench.worst_px);
  print_trace ("scroll", &trace);
}

static void
run_talk (void)
{
  settle ();
  open_conversation ("open");
  scroll_back ((guint) strtoul (bench.arguments[0], NULL, 10));
  print_figure ("resident-mb", get_resident_mb ());
}

/* ---- A long list ---- */

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static double
get_median (double *values,
            gsize   n_values)
{
  qsort (values, n_values, sizeof *values, compare_doubles);
  return values[n_values / 2];
}

/* Not the whole text anew: that would be taking all of it back first, and nothing found between. */
static void
press_key (GtkEditable *entry,
           const char  *text,
           guint        i)
{
  int n_letters = (int) strlen (text);
  int position = (int) i < n_letters ? (int) i : 2 * n_letters - (int) i - 1;

  if ((int) i < n_letters)
    gtk_editable_insert_text (entry, text + i, 1, &position);
  else
    gtk_editable_delete_text (entry, position, position + 1);
}

static void
run_people (void)
{
  const char *text = bench.arguments[0];
  gsize n_letters = strlen (text);
  g_autofree double *whole = g_new0 (double, 2 * n_letters);
  g_autofree double *own = g_new0 (double, 2 * n_letters);
  g_autofree double *own_cpu = g_new0 (double, 2 * n_letters);
  GtkWidget *entry;

  /* It goes on for ten seconds after each letter, and nothing would be quiet until then. */
  g_object_set (gtk_settings_get_default (), "gtk-cursor-blink", FALSE, NULL);
  settle ();
  udpnat_sidebar_start_search (
    UDPNAT_SIDEBAR (find_or_die (GTK_WIDGET (bench.window), "UdpnatSidebar")));
  settle ();
  entry = find_or_die (GTK_WIDGET (bench.window), "GtkSearchEntry");
  for (guint i = 0; i < 2 * n_letters; i++) /* typed, and taken back */
    {
      BenchTrace trace;

      bench_trace_begin ();
      press_key (GTK_EDITABLE (entry), text, i);
      settle ();
      trace = bench_trace_end ();
      whole[i] = trace.longest_ms;
      own[i] = trace.longest_own_ms;
      own_cpu[i] = trace.longest_own_cpu_ms;
    }
  print_figure ("key-median-ms", get_median (whole, 2 * n_letters));
  print_figure ("key-worst-ms", whole[2 * n_letters - 1]);
  print_figure ("key-own-median-ms", get_median (own, 2 * n_letters));
  print_figure ("key-own-worst-ms", own[2 * n_letters - 1]);
  print_figure ("key-own-cpu-median-ms", get_median (own_cpu, 2 * n_letters));
  print_figure ("key-own-cpu-worst-ms", own_cpu[2 * n_letters - 1]);
  print_figure ("people-resident-mb", get_resident_mb ());
}

/* ---- Many at once ---- */

/* As if a directory had come: as many in a turn of the main loop as the client takes. */
static gboolean
come_cb (gpointer user_data)
{
  UdpnatClient *client = get_client ();
  GListModel *people = udpnat_client_get_people (client);
  guint n_people = (guint) strtoul (bench.arguments[0], NULL, 10);
  guint n_before = bench.n_come;

  for (; bench.n_come < MIN (n_people, n_before + TURN_PEOPLE); bench.n_come++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, bench.n_come);
      UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PEER,
                                                      udpnat_person_get_key (person),
                                                      udpnat_person_get_name (person));

      event->presence = UDPNAT_PRESENCE_ONLINE;
      udpnat_client_handle_presence (client, event);
      udpnat_event_free (&event->base);
    }
  return bench.n_come < n_people ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
lose_server_cb (gpointer user_data)
{
  udpnat_client_set_server_state (get_client (), UDPNAT_SERVER_STATE_LOST, NULL);
  return G_SOURCE_REMOVE;
}

static void
measure_crowd (const char *name,
               GSourceFunc func)
{
  BenchTrace trace;

  bench_trace_begin ();
  g_idle_add_full (G_PRIORITY_DEFAULT, func, NULL, NULL); /* as the client's socket */
  settle ();
  trace = bench_trace_end ();
  print_trace (name, &trace);
}

static void
run_crowd (void)
{
  udpnat_client_set_server_state (get_client (), UDPNAT_SERVER_STATE_REGISTERED, NULL);
  gtk_widget_activate_action (find_or_die (GTK_WIDGET (bench.window), "UdpnatSidebar"),
                              "sidebar.show-people", NULL); /* whoever comes moves up in it */
  settle ();
  measure_crowd ("come", come_cb);
  measure_crowd ("lost", lose_server_cb);
}

/* ---- The program around it ---- */

static gboolean
run_cb (gpointer unused)
{
  bench.run ();
  g_application_quit (g_application_get_default ());
  return G_SOURCE_REMOVE;
}

static void
after_paint_cb (GdkFrameClock *clock,
                gpointer       unused)
{
  bench_trace_pause ();
  bench.last_frame_us = g_get_monotonic_time ();
  bench.n_frames++;
  if (!bench.is_running && find_widget (GTK_WIDGET (bench.window), "UdpnatSidebar") != NULL)
    {
      bench.is_running = TRUE;
      g_idle_add (run_cb, NULL);
    }
  if (bench.is_scrolling)
    watch_anchor ();
  bench_trace_resume ();
}

static void
realize_cb (GtkWidget *window,
            gpointer   unused)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (window);

  bench_trace_watch (GTK_NATIVE (window));
  g_signal_connect (clock, "after-paint", G_CALLBACK (after_paint_cb), NULL);
}

static void
window_added_cb (GtkApplication *application,
                 GtkWindow      *window,
                 gpointer        unused)
{
  if (!UDPNAT_IS_WINDOW (window) || bench.window != NULL)
    return;
  bench.window = UDPNAT_WINDOW (window);
  g_signal_connect (window, "realize", G_CALLBACK (realize_cb), NULL);
}

static gboolean
choose (const char *what)
{
  if (g_str_equal (what, "start"))
    bench.run = run_start;
  else if (g_str_equal (what, "talk"))
    bench.run = run_talk;
  else if (g_str_equal (what, "people"))
    bench.run = run_people;
  else if (g_str_equal (what, "crowd"))
    bench.run = run_crowd;
  return bench.run != NULL;
}

static UdpnatApplication *
create_application (const char *profile)
{
  g_autoptr (UdpnatApplicationOptions) options = NULL;
  g_autoptr (GError) error = NULL;
  const char *words[] = { "udpnat", "--profile", profile, NULL };
  char **argv = (char **) words;
  int argc = 3;
  gboolean is_done;

  options = udpnat_application_options_parse (&argc, &argv, &is_done, &error);
  if (options == NULL)
    g_error ("%s", error->message);
  return udpnat_application_new (g_steal_pointer (&options));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (UdpnatApplication) application = NULL;

  if (argc != 4 || !choose (argv[1]))
    {
      g_printerr ("Usage: see bench-window.c\n");
      return 2;
    }
  bench.arguments = argv + 3;
  bench_trace_install ();
  application = create_application (argv[2]);
  g_signal_connect (application, "window-added", G_CALLBACK (window_added_cb), NULL);
  return udpnat_application_start_up (application);
}
