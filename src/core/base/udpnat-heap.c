#include "config.h"

#include "udpnat-heap.h"

#include "udpnat-time.h"

/* Binary min-heap whose items know their own place, so that moving a deadline (which happens for
 * nearly every packet) needs no search. Items with the same deadline come out in an order that
 * depends on nothing but the calls made, so a run can be repeated; it is not the order of
 * insertion.
 *
 * Place i has its children at 2i and 2i + 1; place 0 stays empty, so that index 0 can mean "not
 * queued". */

struct _UdpnatHeap
{
  GPtrArray *items;
};

static UdpnatHeapItem *
get_item (const UdpnatHeap *self,
          guint             index)
{
  return g_ptr_array_index (self->items, index);
}

static void
put_item (UdpnatHeap     *self,
          UdpnatHeapItem *item,
          guint           index)
{
  g_ptr_array_index (self->items, index) = item;
  item->index = index;
}

static void
sift_up (UdpnatHeap     *self,
         UdpnatHeapItem *item)
{
  guint index = item->index;

  while (index > 1 && item->deadline_us < get_item (self, index / 2)->deadline_us)
    {
      put_item (self, get_item (self, index / 2), index);
      index /= 2;
    }

  put_item (self, item, index);
}

static void
sift_down (UdpnatHeap     *self,
           UdpnatHeapItem *item)
{
  guint n_items = udpnat_heap_get_count (self);
  guint index = item->index;

  while (index <= n_items / 2)
    {
      guint child = 2 * index;

      if (child < n_items
          && get_item (self, child + 1)->deadline_us < get_item (self, child)->deadline_us)
        child++;
      if (item->deadline_us <= get_item (self, child)->deadline_us)
        break;

      put_item (self, get_item (self, child), index);
      index = child;
    }

  put_item (self, item, index);
}

UdpnatHeap *
udpnat_heap_new (void)
{
  UdpnatHeap *self = g_new0 (UdpnatHeap, 1);

  self->items = g_ptr_array_new ();
  g_ptr_array_add (self->items, NULL);

  return self;
}

/**
 * udpnat_heap_free:
 * @self: (nullable): a heap
 *
 * Frees the heap. Items that are still queued belong to their owners and are left out of it: their
 * index becomes 0.
 */
void
udpnat_heap_free (UdpnatHeap *self)
{
  if (self == NULL)
    return;

  for (guint i = 1; i < self->items->len; i++)
    get_item (self, i)->index = 0;

  g_ptr_array_unref (self->items);
  g_free (self);
}

/**
 * udpnat_heap_set:
 * @item: lent until it is taken out
 * @deadline_us: %UDPNAT_TIME_NEVER takes it out
 *
 * Queues @item, or moves it when it is queued already.
 */
void
udpnat_heap_set (UdpnatHeap     *self,
                 UdpnatHeapItem *item,
                 gint64          deadline_us)
{
  gint64 before_us = item->deadline_us;

  if (deadline_us == UDPNAT_TIME_NEVER)
    {
      udpnat_heap_remove (self, item);
      item->deadline_us = UDPNAT_TIME_NEVER;
      return;
    }

  item->deadline_us = deadline_us;
  if (item->index == 0)
    {
      g_ptr_array_add (self->items, item);
      item->index = self->items->len - 1;
      sift_up (self, item);
      return;
    }

  g_assert (item->index < self->items->len && get_item (self, item->index) == item);
  if (deadline_us < before_us)
    sift_up (self, item);
  else if (deadline_us > before_us)
    sift_down (self, item);
}

/**
 * udpnat_heap_remove:
 * @item: does nothing when it is not queued
 */
void
udpnat_heap_remove (UdpnatHeap     *self,
                    UdpnatHeapItem *item)
{
  UdpnatHeapItem *last;
  guint hole = item->index;

  if (hole == 0)
    return;

  g_assert (hole < self->items->len && get_item (self, hole) == item);

  last = get_item (self, self->items->len - 1);
  g_ptr_array_set_size (self->items, (int) self->items->len - 1);
  item->index = 0;
  if (last == item)
    return;

  /* The last one fills the hole and goes whichever way it must: one of the two does nothing. */
  put_item (self, last, hole);
  sift_up (self, last);
  sift_down (self, last);
}

/**
 * udpnat_heap_peek:
 *
 * Returns: (nullable): the item with the earliest deadline, still queued
 */
UdpnatHeapItem *
udpnat_heap_peek (const UdpnatHeap *self)
{
  return self->items->len > 1 ? get_item (self, 1) : NULL;
}

guint
udpnat_heap_get_count (const UdpnatHeap *self)
{
  return self->items->len - 1;
}
