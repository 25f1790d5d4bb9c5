/* How long each turn of the main loop takes: from the moment when poll() returns until it is called
 * again. A frame has a turn of its own, since its priority is lower than that of everything else;
 * of that only its update phase is ours, where tick callbacks run. The rest is GTK's layout and
 * painting, which under Xvfb the CPU does. On X11 GTK also asks, in a turn of its own or in one of
 * ours, how small a window may be, for which it lays out all of it. */

#include "config.h"

#include "bench-trace.h"

#include <time.h>

/* By both clocks: what people wait for, and what it is made of. */
typedef struct
{
  double wall_ms;
  double cpu_ms;
} Moment;

static struct
{
  BenchTrace sum;
  gboolean   is_awake;  /* since poll() returned */
  Moment     woke;
  Moment     sizing;    /* when GTK began to ask how large the window is to be */
  Moment     sized;     /* for how long it did so in this turn */
  gboolean   is_paused;
  Moment     paused;

  /* of the frame in this turn */
  gboolean   is_frame;
  Moment     begun;      /* without sizing, as the next */
  gboolean   is_updated; /* somebody asked for that */
  Moment     updated;
  Moment     own;
} trace;

/** bench_trace_get_cpu_ms: Returns: what this thread has used, the one of the main loop */
double
bench_trace_get_cpu_ms (void)
{
  struct timespec used;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used);
  return (double) used.tv_sec * 1e3 + (double) used.tv_nsec / 1e6;
}

static Moment
get_now (void)
{
  return (Moment) { (double) g_get_monotonic_time () / 1e3, bench_trace_get_cpu_ms () };
}

static Moment
subtract (Moment late,
          Moment early)
{
  return (Moment) { late.wall_ms - early.wall_ms, late.cpu_ms - early.cpu_ms };
}

static Moment
add (Moment one,
     Moment other)
{
  return (Moment) { one.wall_ms + other.wall_ms, one.cpu_ms + other.cpu_ms };
}

static void
note_turn (void)
{
  Moment all;
  Moment own;

  if (!trace.is_awake)
    return;
  all = subtract (get_now (), trace.woke);
  own = trace.is_frame ? trace.own : subtract (all, trace.sized);
  trace.sum.n_turns++;
  trace.sum.longest_ms = MAX (trace.sum.longest_ms, all.wall_ms);
  trace.sum.longest_cpu_ms = MAX (trace.sum.longest_cpu_ms, all.cpu_ms);
  trace.sum.longest_own_ms = MAX (trace.sum.longest_own_ms, own.wall_ms);
  trace.sum.longest_own_cpu_ms = MAX (trace.sum.longest_own_cpu_ms, own.cpu_ms);
  trace.sum.n_long += own.cpu_ms > BENCH_TRACE_LONG_MS;
  trace.sum.busy_ms += all.wall_ms;
  trace.sum.busy_own_ms += own.wall_ms;
}

static void
begin_turn (void)
{
  trace.woke = get_now ();
  trace.is_awake = TRUE;
  trace.is_frame = FALSE;
  trace.own = (Moment) { 0 };
  trace.sized = (Moment) { 0 };
}

static int
poll_cb (GPollFD *fds,
         guint    n_fds,
         int      timeout_ms)
{
  int result;

  note_turn ();
  result = g_poll (fds, n_fds, timeout_ms);
  begin_turn ();
  return result;
}

/** bench_trace_install: from now on, every turn of the default main loop is looked at */
void
bench_trace_install (void)
{
  g_main_context_set_poll_func (NULL, poll_cb);
}

/* A turn of its own too: motion is told, and GTK lays out what that may have changed. */
static void
flush_events_cb (GdkFrameClock *clock,
                 gpointer       unused)
{
  trace.is_frame = TRUE;
}

static void
update_cb (GdkFrameClock *clock,
           gpointer       unused)
{
  trace.updated = subtract (get_now (), trace.sized);
  trace.is_updated = TRUE;
}

/* Tick callbacks are handlers of "update" too. Ours is to come behind all of them, and before
 * what GTK does then: its handlers are connected to come after those. */
static void
before_paint_cb (GdkFrameClock *clock,
                 gpointer       unused)
{
  trace.begun = subtract (get_now (), trace.sized);
  trace.is_updated = FALSE;
  g_signal_handlers_disconnect_by_func (clock, update_cb, NULL);
  g_signal_connect (clock, "update", G_CALLBACK (update_cb), NULL);
}

static void
after_paint_cb (GdkFrameClock *clock,
                gpointer       unused)
{
  trace.is_frame = TRUE;
  if (trace.is_updated)
    trace.own = add (trace.own, subtract (trace.updated, trace.begun));
}

static void
watch_clock (GdkFrameClock *clock)
{
  g_signal_connect (clock, "flush-events", G_CALLBACK (flush_events_cb), NULL);
  g_signal_connect (clock, "before-paint", G_CALLBACK (before_paint_cb), NULL);
  g_signal_connect (clock, "after-paint", G_CALLBACK (after_paint_cb), NULL);
}

/* Before all handlers. */
static gboolean
begin_sizing_cb (GSignalInvocationHint *hint,
                 guint                  n_values,
                 const GValue          *values,
                 gpointer               unused)
{
  trace.sizing = get_now ();
  return G_SOURCE_CONTINUE;
}

static void
end_sizing_cb (GdkToplevel     *surface,
               GdkToplevelSize *size,
               gpointer         unused)
{
  trace.sized = add (trace.sized, subtract (get_now (), trace.sizing));
}

/** bench_trace_watch: tells apart what GTK does for @window, which has just been realized */
void
bench_trace_watch (GtkNative *window)
{
  GdkSurface *surface = gtk_native_get_surface (window);

  g_signal_add_emission_hook (g_signal_lookup ("compute-size", GDK_TYPE_TOPLEVEL), 0,
                              begin_sizing_cb, NULL, NULL);
  g_signal_connect_after (surface, "compute-size", G_CALLBACK (end_sizing_cb), NULL);
  watch_clock (gdk_surface_get_frame_clock (surface));
}

void
bench_trace_begin (void)
{
  trace.sum = (BenchTrace) { 0 };
  begin_turn ();
}

BenchTrace
bench_trace_end (void)
{
  note_turn ();
  trace.is_awake = FALSE;
  return trace.sum;
}

/** bench_trace_pause: what follows is the benchmark's own work */
void
bench_trace_pause (void)
{
  trace.paused = get_now ();
  trace.is_paused = TRUE;
}

void
bench_trace_resume (void)
{
  if (trace.is_awake && trace.is_paused)
    trace.woke = add (trace.woke, subtract (get_now (), trace.paused));
  trace.is_paused = FALSE;
}
