#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * BenchTrace:
 * @n_turns: of the main loop that did something
 * @longest_ms: the longest one, all in all
 * @longest_cpu_ms: the same in time of the processor, which says more beside other work
 * @longest_own_ms: the longest one without GTK's layout and painting
 * @longest_own_cpu_ms: the same in time of the processor
 * @n_long: turns without layout and painting that used the processor for more than
 *   %BENCH_TRACE_LONG_MS
 * @busy_ms: all of them together
 * @busy_own_ms: without layout and painting
 *
 * What the main loop was busy with since bench_trace_begin().
 */
typedef struct
{
  guint  n_turns;
  double longest_ms;
  double longest_cpu_ms;
  double longest_own_ms;
  double longest_own_cpu_ms;
  guint  n_long;
  double busy_ms;
  double busy_own_ms;
} BenchTrace;

#define BENCH_TRACE_LONG_MS 8.0

double     bench_trace_get_cpu_ms (void);
void       bench_trace_install (void);
void       bench_trace_watch   (GtkNative *window);
void       bench_trace_begin   (void);
BenchTrace bench_trace_end     (void);
void       bench_trace_pause   (void);
void       bench_trace_resume  (void);

G_END_DECLS
