#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatFileQueue:
 *
 * Jobs that block, one after the other in a thread of their own, and what is to be done about each
 * when it has run, in the main context of who made the queue. How many may wait is for its owner to
 * limit.
 */
typedef struct _UdpnatFileQueue UdpnatFileQueue;

typedef void (*UdpnatFileQueueFunc) (gpointer job);

UdpnatFileQueue *udpnat_file_queue_new  (void) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_file_queue_free (UdpnatFileQueue     *self);
void             udpnat_file_queue_push (UdpnatFileQueue     *self,
                                         UdpnatFileQueueFunc  run,
                                         UdpnatFileQueueFunc  done,
                                         gpointer             job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileQueue, udpnat_file_queue_free)

G_END_DECLS
