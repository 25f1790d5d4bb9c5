#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LoadTimes:
 *
 * What answers took, while that is measured. All zero is one that does not measure.
 */
typedef struct
{
  gint64 *asked_us; /* by number of the request */
  GArray *took_us;  /* of gint64 */
} LoadTimes;

/* Requests beyond are not measured. */
#define LOAD_TIMES_MAX 1000000

void   load_times_begin     (LoadTimes *self);
void   load_times_ask       (LoadTimes *self,
                             guint64    number,
                             gint64     now_us);
void   load_times_answer    (LoadTimes *self,
                             guint64    number,
                             gint64     now_us);
void   load_times_sort      (LoadTimes *self);
gint64 load_times_get_share (const LoadTimes *self,
                             guint      percent);
guint  load_times_get_count (const LoadTimes *self);
void   load_times_end       (LoadTimes *self);

G_END_DECLS
