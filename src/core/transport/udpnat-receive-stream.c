#include "config.h"

#include "udpnat-receive-stream.h"

#include "udpnat-range-set.h"

#include <string.h>

/* PROTOCOL.md section 6. Offsets only rise:
 *
 *   consumed <= limit: consumed is the first byte that the reader has not taken, limit the first
 *   that the peer may not send
 *
 * Bytes are kept in one piece, so that a whole message can be lent; data[0] is the byte at
 * `buffer_offset` <= consumed, and the front is cut off lazily. `arrived` holds what is there from
 * `consumed` on. */

#define SPARE_MAX_BYTES 4194304
/* A window of which half is used up within so many round trips is what holds the peer back. */
#define GROW_WITHIN_ROUND_TRIPS 2

struct _UdpnatReceiveStream
{
  guint8        *data;
  gsize          n_allocated;
  guint64        buffer_offset;
  guint64        consumed;
  guint64        limit;
  gsize          window_bytes;
  gint64         limit_us; /* when the peer was last told it */
  UdpnatRangeSet arrived;
};

UdpnatReceiveStream *
udpnat_receive_stream_new (void)
{
  UdpnatReceiveStream *self = g_new0 (UdpnatReceiveStream, 1);

  self->limit = self->window_bytes = UDPNAT_STREAM_WINDOW_BYTES;
  self->limit_us = UDPNAT_TIME_NEVER;
  return self;
}

void
udpnat_receive_stream_free (UdpnatReceiveStream *self)
{
  if (self == NULL)
    return;
  udpnat_range_set_clear (&self->arrived);
  g_free (self->data);
  g_free (self);
}

/* Makes data[] reach up to @end. At most a window lies between consumed and end. */
static void
make_room (UdpnatReceiveStream *self,
           guint64              end)
{
  gsize n_dead, n_live, n_needed;

  if (end - self->buffer_offset <= self->n_allocated)
    return;
  n_dead = self->consumed - self->buffer_offset;
  n_live = self->arrived.n_ranges == 0
           ? 0 : self->arrived.ranges[self->arrived.n_ranges - 1].end - self->consumed;
  n_needed = end - self->consumed;
  if (n_dead > 0 && n_live > 0)
    memmove (self->data, self->data + n_dead, n_live);
  self->buffer_offset = self->consumed;
  if (n_needed > self->n_allocated - MIN (self->n_allocated / 2, SPARE_MAX_BYTES))
    {
      /* More than is needed, so that moving the bytes down stays rare. */
      self->n_allocated = MAX (2048, n_needed + MIN (n_needed, SPARE_MAX_BYTES));
      self->data = g_realloc (self->data, self->n_allocated);
    }
}

/**
 * udpnat_receive_stream_handle_data:
 * @offset: not trusted, except that @offset + @n_data does not overflow
 *
 * What arrived first stays: an overlapping piece cannot change bytes that the reader may have seen.
 */
UdpnatReceiveResult
udpnat_receive_stream_handle_data (UdpnatReceiveStream *self,
                                   guint64              offset,
                                   const guint8        *data,
                                   gsize                n_data)
{
  guint64     end = offset + n_data;
  guint64     at = MAX (offset, self->consumed);
  UdpnatRange gap;

  if (end > self->limit)
    return UDPNAT_RECEIVE_BEYOND_WINDOW;
  if (!udpnat_range_set_find_gap (&self->arrived, at, end, &gap))
    return UDPNAT_RECEIVE_TAKEN;
  if (self->arrived.n_ranges >= UDPNAT_RECEIVE_RANGES_MAX
      && udpnat_range_set_count_touching (&self->arrived, at, end) == 0 && at > self->consumed)
    return UDPNAT_RECEIVE_NO_ROOM;
  make_room (self, end);
  while (udpnat_range_set_find_gap (&self->arrived, at, end, &gap))
    {
      memcpy (self->data + (gap.start - self->buffer_offset), data + (gap.start - offset),
              gap.end - gap.start);
      at = gap.end;
      udpnat_range_set_add (&self->arrived, gap.start, gap.end);
    }
  return UDPNAT_RECEIVE_TAKEN;
}

/**
 * udpnat_receive_stream_peek:
 *
 * (transfer none) (nullable): all bytes that follow what was consumed, without a gap
 */
const guint8 *
udpnat_receive_stream_peek (const UdpnatReceiveStream *self,
                            gsize                     *out_n)
{
  if (self->arrived.n_ranges == 0 || self->arrived.ranges[0].start > self->consumed)
    {
      *out_n = 0;
      return NULL;
    }
  *out_n = self->arrived.ranges[0].end - self->consumed;
  return self->data + (self->consumed - self->buffer_offset);
}

static gboolean
is_half_used (const UdpnatReceiveStream *self)
{
  return self->consumed + self->window_bytes - self->limit >= self->window_bytes / 2;
}

/**
 * udpnat_receive_stream_consume:
 * @n_consumed: at most what udpnat_receive_stream_peek() gave
 *
 * Returns: whether so much was consumed that the peer should be told the new limit: half a window
 */
gboolean
udpnat_receive_stream_consume (UdpnatReceiveStream *self,
                               gsize                n_consumed)
{
  gsize n_there;

  udpnat_receive_stream_peek (self, &n_there);
  g_assert (n_consumed <= n_there);
  self->consumed += n_consumed;
  udpnat_range_set_remove (&self->arrived, 0, self->consumed);
  if (self->arrived.n_ranges == 0)
    {
      /* Idle streams are the normal case, and there are many. */
      g_clear_pointer (&self->data, g_free);
      udpnat_range_set_clear (&self->arrived);
      self->n_allocated = 0;
      self->buffer_offset = self->consumed;
    }
  return is_half_used (self);
}

/**
 * udpnat_receive_stream_take_limit:
 * @rtt_us: to the peer; 0: not known
 * @n_spare: (inout): by how many bytes the window may grow, less what it has taken of that
 *
 * The window is doubled when it is too small for how fast the bytes come and are consumed.
 *
 * Returns: the limit to tell the peer, which is granted from now on
 */
guint64
udpnat_receive_stream_take_limit (UdpnatReceiveStream *self,
                                  gint64               now_us,
                                  gint64               rtt_us,
                                  gsize               *n_spare)
{
  gsize n_more = MIN (self->window_bytes, UDPNAT_STREAM_WINDOW_MAX_BYTES - self->window_bytes);

  if (rtt_us == 0)
    rtt_us = UDPNAT_RTT_INITIAL_US;
  if (is_half_used (self) && n_more <= *n_spare && self->limit_us != UDPNAT_TIME_NEVER
      && now_us - self->limit_us < GROW_WITHIN_ROUND_TRIPS * rtt_us)
    {
      self->window_bytes += n_more;
      *n_spare -= n_more;
    }
  self->limit = self->consumed + self->window_bytes;
  self->limit_us = now_us;
  return self->limit;
}

/**
 * udpnat_receive_stream_is_idle:
 * @out_offset: of the next byte to come
 * @out_limit: first offset that the peer may not send
 *
 * Returns: whether all that came has been consumed; then these two numbers are all that there is to
 *   know
 */
gboolean
udpnat_receive_stream_is_idle (const UdpnatReceiveStream *self,
                               guint64                   *out_offset,
                               guint64                   *out_limit)
{
  *out_offset = self->consumed;
  *out_limit = self->limit;
  return self->arrived.n_ranges == 0;
}

/** udpnat_receive_stream_new_idle: as udpnat_receive_stream_is_idle() had said */
UdpnatReceiveStream *
udpnat_receive_stream_new_idle (guint64 offset,
                                guint64 limit)
{
  UdpnatReceiveStream *self = udpnat_receive_stream_new ();

  self->buffer_offset = self->consumed = offset;
  self->limit = limit;
  return self;
}
