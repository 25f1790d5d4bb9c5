#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatHeapItem:
 * @deadline_us: when it is due; read only, change it with udpnat_heap_set()
 * @index: the heap's; 0 while the item is not queued
 * @owner: (nullable): the user's, to get from a due item to what holds it
 *
 * Lives inside whatever has a deadline, so that queueing allocates nothing per item. Zero it (and
 * set
 * @owner) before its first use, take it out before freeing what holds it, and do not move it while
 * it is queued.
 */
typedef struct
{
  gint64   deadline_us;
  guint    index;
  gpointer owner;
} UdpnatHeapItem;

/**
 * UdpnatHeap:
 *
 * Binary min-heap of deadlines: the earliest in O(1), insert, move and remove in O(log n).
 */
typedef struct _UdpnatHeap UdpnatHeap;

UdpnatHeap     *udpnat_heap_new       (void);
void            udpnat_heap_free      (UdpnatHeap       *self);
void            udpnat_heap_set       (UdpnatHeap       *self,
                                       UdpnatHeapItem   *item,
                                       gint64            deadline_us);
void            udpnat_heap_remove    (UdpnatHeap       *self,
                                       UdpnatHeapItem   *item);
UdpnatHeapItem *udpnat_heap_peek      (const UdpnatHeap *self);
guint           udpnat_heap_get_count (const UdpnatHeap *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatHeap, udpnat_heap_free)

G_END_DECLS
