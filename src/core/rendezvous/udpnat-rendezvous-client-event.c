#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* Facts for the node, oldest first. Those that say how things stand are few by nature; relayed
 * packets are dropped when too many wait, as the network may drop them; and directory entries,
 * and letters, which must not be lost, stay in their streams until there is room. */

static void
free_event (gpointer pointer)
{
  UdpnatRendezvousEvent *event = pointer;

  if (event == NULL)
    return;
  udpnat_directory_entry_clear (&event->entry);
  g_free ((char *) event->name);
  g_free (event->data);
  g_free (event);
}

/**
 * udpnat_rendezvous_client_push_event:
 *
 * Returns: the queued event, to be filled; it owns what its pointers are set to
 */
UdpnatRendezvousEvent *
udpnat_rendezvous_client_push_event (UdpnatRendezvousClient   *self,
                                     UdpnatRendezvousEventType type)
{
  UdpnatRendezvousEvent *event = g_new0 (UdpnatRendezvousEvent, 1);

  event->type = type;
  g_queue_push_tail (&self->events, event);
  return event;
}

void
udpnat_rendezvous_client_clear_events (UdpnatRendezvousClient *self)
{
  g_queue_clear_full (&self->events, free_event);
  g_clear_pointer (&self->popped, free_event);
}

/**
 * udpnat_rendezvous_client_pop_event:
 * @out_event: its pointers are lent until the next call
 *
 * Returns: %FALSE when there is nothing to tell
 */
gboolean
udpnat_rendezvous_client_pop_event (UdpnatRendezvousClient *self,
                                    UdpnatRendezvousEvent  *out_event)
{
  g_clear_pointer (&self->popped, free_event);
  if (self->events.length == 0)
    udpnat_rendezvous_client_read_messages (self, self->now_us); /* what had to wait for room */
  self->popped = g_queue_pop_head (&self->events);
  if (self->popped == NULL)
    return FALSE;
  if (self->popped->type == UDPNAT_RENDEZVOUS_EVENT_MAIL)
    self->mail_waiting_bytes -= self->popped->n_data;
  *out_event = *self->popped;
  return TRUE;
}
