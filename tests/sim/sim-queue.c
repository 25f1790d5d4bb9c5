#include "config.h"

#include "sim-queue.h"

#include "udpnat-time.h"

/*
 * The packets in flight. Base's heap is not used for them: it may swap items of equal time, and a
 * burst that a link takes at one instant must come out in the order in which it went in. Keys lie
 * in the array itself and every node has four children, so that a push or pop touches few cache
 * lines.
 */

#define CHILDREN 4

typedef struct
{
  gint64   time_us;
  guint64  serial; /* order of entry */
  gpointer item;
} Entry;

struct _SimQueue
{
  Entry  *entries;
  gsize   n_entries;
  gsize   n_allocated;
  guint64 next_serial;
};

SimQueue *
sim_queue_new (void)
{
  return g_new0 (SimQueue, 1);
}

/* The items are their owner's to free: pop them first. */
void
sim_queue_free (SimQueue *self)
{
  if (self == NULL)
    return;

  g_free (self->entries);
  g_free (self);
}

static inline gboolean
is_before (const Entry *a,
           const Entry *b)
{
  return a->time_us != b->time_us ? a->time_us < b->time_us : a->serial < b->serial;
}

void
sim_queue_push (SimQueue *self,
                gint64    time_us,
                gpointer  item)
{
  Entry entry = { .time_us = time_us, .serial = self->next_serial++, .item = item };
  gsize at;

  if (self->n_entries == self->n_allocated)
    {
      self->n_allocated = MAX (64, self->n_allocated * 2);
      self->entries = g_renew (Entry, self->entries, self->n_allocated);
    }

  for (at = self->n_entries++; at > 0; at = (at - 1) / CHILDREN)
    {
      const Entry *parent = &self->entries[(at - 1) / CHILDREN];

      if (!is_before (&entry, parent))
        break;
      self->entries[at] = *parent;
    }
  self->entries[at] = entry;
}

/* Returns: when the first item is due, or %UDPNAT_TIME_NEVER */
gint64
sim_queue_peek_time (const SimQueue *self)
{
  return self->n_entries > 0 ? self->entries[0].time_us : UDPNAT_TIME_NEVER;
}

static gsize
get_first_child (const SimQueue *self,
                 gsize           at)
{
  gsize best = at * CHILDREN + 1;
  gsize end = MIN (best + CHILDREN, self->n_entries);

  for (gsize i = best + 1; i < end; i++)
    {
      if (is_before (&self->entries[i], &self->entries[best]))
        best = i;
    }

  return best;
}

/**
 * sim_queue_pop:
 *
 * Returns: (nullable): the first item, or %NULL when the queue is empty
 */
gpointer
sim_queue_pop (SimQueue *self)
{
  gpointer item;
  Entry last;
  gsize at = 0;

  if (self->n_entries == 0)
    return NULL;

  item = self->entries[0].item;
  last = self->entries[--self->n_entries];
  while (at * CHILDREN + 1 < self->n_entries)
    {
      gsize child = get_first_child (self, at);

      if (!is_before (&self->entries[child], &last))
        break;
      self->entries[at] = self->entries[child];
      at = child;
    }
  self->entries[at] = last;

  return item;
}
