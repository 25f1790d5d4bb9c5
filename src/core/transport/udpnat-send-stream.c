#include "config.h"

#include "udpnat-send-stream.h"

#include "udpnat-range-set.h"

#include <string.h>

/* PROTOCOL.md section 6. Offsets only rise:
 *
 *   base <= next <= end: all before base is acked, next is the first byte never sent, end the first
 *   not written
 *
 * `acked` holds what is acked above base, `lost` what was sent, is not acked, and must be sent
 * again. Bytes lie in a ring: that at offset o at data[o % n_allocated]. */

#define RING_MIN_BYTES 1024

struct _UdpnatSendStream
{
  guint8        *data;
  gsize          n_allocated; /* 0 or a power of two */
  guint64        base;
  guint64        next;
  guint64        end;
  guint64        limit; /* first offset that the peer does not want yet */
  UdpnatRangeSet acked;
  UdpnatRangeSet lost;
  gsize          n_lost;
};

UdpnatSendStream *
udpnat_send_stream_new (void)
{
  UdpnatSendStream *self = g_new0 (UdpnatSendStream, 1);

  self->limit = UDPNAT_STREAM_WINDOW_BYTES;
  return self;
}

void
udpnat_send_stream_free (UdpnatSendStream *self)
{
  if (self == NULL)
    return;
  udpnat_range_set_clear (&self->acked);
  udpnat_range_set_clear (&self->lost);
  g_free (self->data);
  g_free (self);
}

/* Where the byte at @offset is; @out_n: how many follow it there, of at most @n_max */
static guint8 *
locate (const UdpnatSendStream *self,
        guint64                 offset,
        gsize                   n_max,
        gsize                  *out_n)
{
  gsize at = offset & (self->n_allocated - 1);

  *out_n = MIN (n_max, self->n_allocated - at);
  return self->data + at;
}

static void
put (UdpnatSendStream *self,
     guint64           offset,
     const guint8     *data,
     gsize             n_data)
{
  while (n_data > 0)
    {
      gsize   n;
      guint8 *to = locate (self, offset, n_data, &n);

      memcpy (to, data, n);
      offset += n;
      data += n;
      n_data -= n;
    }
}

static void
make_room (UdpnatSendStream *self,
           gsize             n_more)
{
  UdpnatSendStream old = *self;
  guint64          offset = self->base;

  if (self->end - self->base + n_more <= self->n_allocated)
    return;
  self->n_allocated = MAX (RING_MIN_BYTES, self->n_allocated);
  while (self->n_allocated < self->end - self->base + n_more)
    self->n_allocated *= 2;
  self->data = g_malloc (self->n_allocated);
  while (offset < self->end)
    {
      gsize         n;
      const guint8 *from = locate (&old, offset, self->end - offset, &n);

      put (self, offset, from, n);
      offset += n;
    }
  g_free (old.data);
}

/**
 * udpnat_send_stream_write:
 * @n_buffer: how many bytes may be held
 *
 * Returns: how many bytes were taken; fewer than @n_data when the buffer is full
 */
gsize
udpnat_send_stream_write (UdpnatSendStream *self,
                          gsize             n_buffer,
                          const guint8     *data,
                          gsize             n_data)
{
  gsize n = MIN (n_data, udpnat_send_stream_get_space (self, n_buffer));

  if (n == 0)
    return 0;
  make_room (self, n);
  put (self, self->end, data, n);
  self->end += n;
  return n;
}

gsize
udpnat_send_stream_get_space (const UdpnatSendStream *self,
                              gsize                   n_buffer)
{
  return n_buffer - MIN (n_buffer, udpnat_send_stream_get_unacked (self));
}

/**
 * udpnat_send_stream_get_unacked:
 *
 * Returns: bytes written, less those acked without a gap before them
 */
gsize
udpnat_send_stream_get_unacked (const UdpnatSendStream *self)
{
  return self->end - self->base;
}

/** udpnat_send_stream_get_sent: Returns: those of them that were sent before */
gsize
udpnat_send_stream_get_sent (const UdpnatSendStream *self)
{
  return self->next - self->base;
}

/**
 * udpnat_send_stream_get_sendable:
 *
 * Returns: bytes that udpnat_send_stream_take() would give out now
 */
gsize
udpnat_send_stream_get_sendable (const UdpnatSendStream *self)
{
  guint64 end = MIN (self->end, self->limit);

  return self->n_lost + (end > self->next ? end - self->next : 0);
}

/**
 * udpnat_send_stream_set_limit:
 *
 * A window never shrinks: a smaller @limit (a late packet) is ignored
 */
void
udpnat_send_stream_set_limit (UdpnatSendStream *self,
                              guint64           limit)
{
  self->limit = MAX (self->limit, limit);
}

/**
 * udpnat_send_stream_take:
 * @n_max: greater than 0
 *
 * Gives out the bytes to send next, lost ones before new ones. They count as sent from now on.
 *
 * Returns: (transfer none) (nullable) (array length=out_n): the bytes, valid until the next write;
 *   %NULL when nothing may be sent
 */
const guint8 *
udpnat_send_stream_take (UdpnatSendStream *self,
                         gsize             n_max,
                         guint64          *out_offset,
                         gsize            *out_n)
{
  gboolean      is_lost = self->n_lost > 0;
  const guint8 *data;

  g_assert (n_max > 0);
  if (udpnat_send_stream_get_sendable (self) == 0)
    return NULL;
  *out_offset = is_lost ? self->lost.ranges[0].start : self->next;
  n_max = MIN (n_max, is_lost ? self->lost.ranges[0].end - *out_offset
                              : udpnat_send_stream_get_sendable (self));
  data = locate (self, *out_offset, n_max, out_n);
  if (is_lost)
    {
      udpnat_range_set_remove (&self->lost, *out_offset, *out_offset + *out_n);
      self->n_lost -= *out_n;
    }
  else
    self->next += *out_n;
  return data;
}

static gsize
count_bytes (const UdpnatRangeSet *set)
{
  gsize n = 0;

  for (guint i = 0; i < set->n_ranges; i++)
    n += set->ranges[i].end - set->ranges[i].start;
  return n;
}

void
udpnat_send_stream_handle_acked (UdpnatSendStream *self,
                                 guint64           offset,
                                 gsize             n_bytes)
{
  guint64 end = offset + n_bytes;

  g_assert (end <= self->next);
  if (end <= self->base)
    return;
  if (self->n_lost > 0)
    {
      udpnat_range_set_remove (&self->lost, offset, end);
      self->n_lost = count_bytes (&self->lost);
    }
  udpnat_range_set_add (&self->acked, MAX (offset, self->base), end);
  if (self->acked.ranges[0].start > self->base)
    return;
  self->base = self->acked.ranges[0].end;
  udpnat_range_set_remove (&self->acked, 0, self->base);
  if (self->base == self->end)
    {
      /* Idle streams are the normal case, and there are many. */
      g_clear_pointer (&self->data, g_free);
      self->n_allocated = 0;
      udpnat_range_set_clear (&self->acked);
      udpnat_range_set_clear (&self->lost);
    }
}

/**
 * udpnat_send_stream_handle_lost:
 *
 * These bytes are to be sent again, unless they were acked in another packet
 */
void
udpnat_send_stream_handle_lost (UdpnatSendStream *self,
                                guint64           offset,
                                gsize             n_bytes)
{
  guint64     end = offset + n_bytes;
  UdpnatRange gap;

  g_assert (end <= self->next);
  offset = MAX (offset, self->base);
  while (udpnat_range_set_find_gap (&self->acked, offset, end, &gap))
    {
      udpnat_range_set_add (&self->lost, gap.start, gap.end);
      offset = gap.end;
    }
  self->n_lost = count_bytes (&self->lost);
}

/**
 * udpnat_send_stream_is_idle:
 * @out_offset: of the next byte that is written
 * @out_limit: first offset that the peer does not want yet
 *
 * Returns: whether all that was written has been acknowledged; then these two numbers are all that
 *   there is to know
 */
gboolean
udpnat_send_stream_is_idle (const UdpnatSendStream *self,
                            guint64                *out_offset,
                            guint64                *out_limit)
{
  *out_offset = self->end;
  *out_limit = self->limit;
  return self->base == self->end;
}

/** udpnat_send_stream_new_idle: as udpnat_send_stream_is_idle() had said */
UdpnatSendStream *
udpnat_send_stream_new_idle (guint64 offset,
                             guint64 limit)
{
  UdpnatSendStream *self = udpnat_send_stream_new ();

  self->base = self->next = self->end = offset;
  self->limit = limit;
  return self;
}
