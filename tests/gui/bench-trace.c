/* How long each turn of the main loop takes: from the moment when poll() returns until it is called
 * again. A frame has a turn of its own, since its priority is lower than that of everything else;
 * of that only its update phase is ours, where tick callbacks run. The rest is GTK's layout and
 * painting, which under Xvfb the CPU does. */

#include "config.h"

#include "bench-trace.h"

static struct
{
  BenchTrace sum;
  gint64     woke_us;   /* when poll() returned, 0 while it waits */
  gint64     paused_us; /* 0 when not */

  /* of the frame in this turn */
  gboolean   is_frame;
  gint64     begun_us;
  gint64     updated_us; /* 0 when nobody asked for that */
  gint64     own_us;
} trace;

static void
note_turn (void)
{
  double all_ms;
  double own_ms;

  if (trace.woke_us == 0)
    return;
  all_ms = (double) (g_get_monotonic_time () - trace.woke_us) / 1e3;
  own_ms = trace.is_frame ? (double) trace.own_us / 1e3 : all_ms;
  trace.sum.n_turns++;
  trace.sum.longest_ms = MAX (trace.sum.longest_ms, all_ms);
  trace.sum.longest_own_ms = MAX (trace.sum.longest_own_ms, own_ms);
  trace.sum.n_long += own_ms > BENCH_TRACE_LONG_MS;
  trace.sum.busy_ms += all_ms;
  trace.sum.busy_own_ms += own_ms;
}

static void
begin_turn (void)
{
  trace.woke_us = g_get_monotonic_time ();
  trace.is_frame = FALSE;
  trace.own_us = 0;
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
before_paint_cb (GdkFrameClock *clock,
                 gpointer       unused)
{
  trace.begun_us = g_get_monotonic_time ();
  trace.updated_us = 0;
}

static void
update_cb (GdkFrameClock *clock,
           gpointer       unused)
{
  trace.updated_us = g_get_monotonic_time ();
}

static void
after_paint_cb (GdkFrameClock *clock,
                gpointer       unused)
{
  trace.is_frame = TRUE;
  if (trace.updated_us > 0)
    trace.own_us += trace.updated_us - trace.begun_us;
}

/** bench_trace_watch: tells apart what is drawn by @clock */
void
bench_trace_watch (GdkFrameClock *clock)
{
  g_signal_connect (clock, "flush-events", G_CALLBACK (flush_events_cb), NULL);
  g_signal_connect (clock, "before-paint", G_CALLBACK (before_paint_cb), NULL);
  g_signal_connect (clock, "update", G_CALLBACK (update_cb), NULL);
  g_signal_connect (clock, "after-paint", G_CALLBACK (after_paint_cb), NULL);
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
  trace.woke_us = 0;
  return trace.sum;
}

/** bench_trace_pause: what follows is the benchmark's own work */
void
bench_trace_pause (void)
{
  trace.paused_us = g_get_monotonic_time ();
}

void
bench_trace_resume (void)
{
  if (trace.woke_us > 0 && trace.paused_us > 0)
    trace.woke_us += g_get_monotonic_time () - trace.paused_us;
  trace.paused_us = 0;
}
