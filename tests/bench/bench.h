#pragma once

#include "udpnat-random.h"

G_BEGIN_DECLS

/* A figure is the median of so many rounds. */
#define BENCH_ROUNDS 5

typedef void (*BenchWork) (guint n);

double       bench_get_cpu_s (void);
double       bench_median    (double    *values,
                              guint      n_values);
double       bench_quantile  (double    *values,
                              guint      n_values,
                              double     quantile);
double       bench_measure   (BenchWork  work,
                              guint      n);
UdpnatRandom bench_random    (void);

G_END_DECLS
