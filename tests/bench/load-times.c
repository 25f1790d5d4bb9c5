#include "config.h"

#include "load-times.h"

void
load_times_begin (LoadTimes *self)
{
  self->asked_us = g_new0 (gint64, LOAD_TIMES_MAX);
  self->took_us = g_array_new (FALSE, FALSE, sizeof (gint64));
}

void
load_times_ask (LoadTimes *self,
                guint64    number,
                gint64     now_us)
{
  if (self->asked_us != NULL && number < LOAD_TIMES_MAX)
    self->asked_us[number] = now_us;
}

void
load_times_answer (LoadTimes *self,
                   guint64    number,
                   gint64     now_us)
{
  gint64 took_us;

  if (self->asked_us == NULL || number >= LOAD_TIMES_MAX || self->asked_us[number] == 0)
    return;
  took_us = now_us - self->asked_us[number];
  g_array_append_val (self->took_us, took_us);
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return (left > right) - (left < right);
}

/** load_times_sort: before load_times_get_share() */
void
load_times_sort (LoadTimes *self)
{
  if (self->took_us != NULL)
    g_array_sort (self->took_us, compare);
}

/** load_times_get_share: Returns: within which time so many were answered; 0 when none was */
gint64
load_times_get_share (const LoadTimes *self,
                      guint            percent)
{
  guint n = load_times_get_count (self);

  return n > 0 ? g_array_index (self->took_us, gint64, (gsize) n * percent / 100) : 0;
}

guint
load_times_get_count (const LoadTimes *self)
{
  return self->took_us != NULL ? self->took_us->len : 0;
}

void
load_times_end (LoadTimes *self)
{
  g_clear_pointer (&self->asked_us, g_free);
  g_clear_pointer (&self->took_us, g_array_unref);
}
