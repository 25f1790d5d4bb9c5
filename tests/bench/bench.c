/* How figures are taken: process CPU time, so that what else runs on the machine matters little. */

#include "config.h"

#include "bench.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double
bench_get_cpu_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

/** bench_quantile: sorts @values; @quantile 0.5 is the median, 0.99 leaves out the worst 1 % */
double
bench_quantile (double *values,
                guint   n_values,
                double  quantile)
{
  qsort (values, n_values, sizeof *values, compare_doubles);
  return values[(guint) ((n_values - 1) * quantile)];
}

double
bench_median (double *values,
              guint   n_values)
{
  return bench_quantile (values, n_values, 0.5);
}

/** bench_measure: Returns: what one of the @n pieces of @work costs, in µs of CPU */
double
bench_measure (BenchWork work,
               guint     n)
{
  double costs[BENCH_ROUNDS];

  work (n / 10 + 1);
  for (guint i = 0; i < BENCH_ROUNDS; i++)
    {
      double start_s = bench_get_cpu_s ();

      work (n);
      costs[i] = (bench_get_cpu_s () - start_s) * 1e6 / n;
    }
  return bench_median (costs, BENCH_ROUNDS);
}

/* The system is asked for much at a time: to ask it takes longer than most of what is measured. */
static void
fill_random (gpointer user_data,
             guint8  *out,
             gsize    n_out)
{
  static guint8 pool[4096];
  static gsize n_left;

  if (n_out > sizeof pool)
    {
      randombytes_buf (out, n_out);
      return;
    }
  if (n_left < n_out)
    {
      randombytes_buf (pool, sizeof pool);
      n_left = sizeof pool;
    }
  n_left -= n_out;
  memcpy (out, pool + n_left, n_out);
}

UdpnatRandom
bench_random (void)
{
  return (UdpnatRandom) { fill_random, NULL };
}
