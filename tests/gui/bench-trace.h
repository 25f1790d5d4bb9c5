#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * BenchTrace:
 * @n_turns: of the main loop that did something
 * @longest_ms: the longest one, all in all
 * @longest_own_ms: the longest one without GTK's layout and painting
 * @n_long: of those, more than %BENCH_TRACE_LONG_MS
 * @busy_ms: all of them together
 * @busy_own_ms: without layout and painting
 *
 * What the main loop was busy with since bench_trace_begin().
 */
typedef struct
{
  guint  n_turns;
  double longest_ms;
  double longest_own_ms;
  guint  n_long;
  double busy_ms;
  double busy_own_ms;
} BenchTrace;

#define BENCH_TRACE_LONG_MS 8.0

void       bench_trace_install (void);
void       bench_trace_watch   (GdkFrameClock *clock);
void       bench_trace_begin   (void);
BenchTrace bench_trace_end     (void);
void       bench_trace_pause   (void);
void       bench_trace_resume  (void);

G_END_DECLS
