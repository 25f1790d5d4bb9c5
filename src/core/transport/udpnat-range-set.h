#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatRange:
 *
 * Bytes @start up to but not including @end of a stream. Never empty.
 */
typedef struct
{
  guint64 start;
  guint64 end;
} UdpnatRange;

/**
 * UdpnatRangeSet:
 *
 * A set of stream bytes, held as sorted ranges that neither overlap nor touch. A value type: zeroed
 * memory is an empty set; udpnat_range_set_clear() gives its memory back. Lookup is logarithmic; a
 * change moves the ranges above it.
 */
typedef struct
{
  UdpnatRange *ranges;
  guint        n_ranges;
  guint        n_allocated;
} UdpnatRangeSet;

void     udpnat_range_set_clear          (UdpnatRangeSet       *self);
void     udpnat_range_set_add            (UdpnatRangeSet       *self,
                                          guint64               start,
                                          guint64               end);
void     udpnat_range_set_remove         (UdpnatRangeSet       *self,
                                          guint64               start,
                                          guint64               end);
gboolean udpnat_range_set_find_gap       (const UdpnatRangeSet *self,
                                          guint64               start,
                                          guint64               end,
                                          UdpnatRange          *out_gap);
guint    udpnat_range_set_count_touching (const UdpnatRangeSet *self,
                                          guint64               start,
                                          guint64               end);

G_END_DECLS
