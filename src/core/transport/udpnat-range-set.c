#include "config.h"

#include "udpnat-range-set.h"

#include <string.h>

/* Which bytes of a stream have arrived, are acknowledged or must be sent again. How many ranges
 * there may be is the owner's to limit: the set itself takes what it is told. */

/* Index of the first range that ends at or after @offset: the first that could touch something
 * starting there. */
static guint
find_first_ending_from (const UdpnatRangeSet *self,
                        guint64               offset)
{
  guint low = 0, high = self->n_ranges;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (self->ranges[middle].end < offset)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static void
replace (UdpnatRangeSet    *self,
         guint              at,
         guint              n_old,
         const UdpnatRange *ranges,
         guint              n_new)
{
  guint n_after = self->n_ranges - at - n_old;
  guint n_total = at + n_new + n_after;

  if (n_total > self->n_allocated)
    {
      self->n_allocated = MAX (8, n_total + n_total / 2);
      self->ranges = g_renew (UdpnatRange, self->ranges, self->n_allocated);
    }
  if (n_after > 0 && n_old != n_new)
    memmove (self->ranges + at + n_new, self->ranges + at + n_old, n_after * sizeof (UdpnatRange));
  for (guint i = 0; i < n_new; i++)
    self->ranges[at + i] = ranges[i];
  self->n_ranges = n_total;
}

void
udpnat_range_set_clear (UdpnatRangeSet *self)
{
  g_clear_pointer (&self->ranges, g_free);
  self->n_ranges = self->n_allocated = 0;
}

void
udpnat_range_set_add (UdpnatRangeSet *self,
                      guint64         start,
                      guint64         end)
{
  UdpnatRange merged = { start, end };
  guint       first, n = 0;

  if (start >= end)
    return;
  first = find_first_ending_from (self, start);
  while (first + n < self->n_ranges && self->ranges[first + n].start <= end)
    {
      merged.start = MIN (merged.start, self->ranges[first + n].start);
      merged.end = MAX (merged.end, self->ranges[first + n].end);
      n++;
    }
  replace (self, first, n, &merged, 1);
}

void
udpnat_range_set_remove (UdpnatRangeSet *self,
                         guint64         start,
                         guint64         end)
{
  UdpnatRange rest[2];
  guint       first, n = 0, n_rest = 0;

  if (start >= end)
    return;
  first = find_first_ending_from (self, start);
  if (first < self->n_ranges && self->ranges[first].end == start)
    first++;
  while (first + n < self->n_ranges && self->ranges[first + n].start < end)
    {
      const UdpnatRange *range = &self->ranges[first + n];

      if (range->start < start)
        rest[n_rest++] = (UdpnatRange) { range->start, start };
      if (range->end > end)
        rest[n_rest++] = (UdpnatRange) { end, range->end };
      n++;
    }
  if (n > 0)
    replace (self, first, n, rest, n_rest);
}

/**
 * udpnat_range_set_find_gap:
 *
 * Finds the first bytes of @start to @end that are not in the set.
 *
 * Returns: %FALSE when there are none
 */
gboolean
udpnat_range_set_find_gap (const UdpnatRangeSet *self,
                           guint64               start,
                           guint64               end,
                           UdpnatRange          *out_gap)
{
  guint i = find_first_ending_from (self, start);

  if (i < self->n_ranges && self->ranges[i].end == start)
    i++;
  if (i < self->n_ranges && self->ranges[i].start <= start)
    start = self->ranges[i++].end;
  if (start >= end)
    return FALSE;
  out_gap->start = start;
  out_gap->end = i < self->n_ranges ? MIN (end, self->ranges[i].start) : end;
  return TRUE;
}

/**
 * udpnat_range_set_count_touching:
 *
 * Returns: how many ranges adding @start to @end would merge with; 0: it would add one
 */
guint
udpnat_range_set_count_touching (const UdpnatRangeSet *self,
                                 guint64               start,
                                 guint64               end)
{
  guint first = find_first_ending_from (self, start);
  guint n = 0;

  while (first + n < self->n_ranges && self->ranges[first + n].start <= end)
    n++;
  return n;
}
