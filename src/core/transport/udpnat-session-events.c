#include "config.h"

#include "udpnat-session-private.h"

#include <string.h>

/* Facts for the owner, oldest first. Bodies are copied: the packet they came in is long gone when
 * they are popped. A peer can fill the queue only with FRAME events, since READABLE is there at
 * most once for each stream; so only those are limited. */

typedef struct
{
  UdpnatSessionEvent event;
  guint8             body[];
} QueuedEvent;

void
udpnat_session_push_event (UdpnatSession            *self,
                           const UdpnatSessionEvent *event)
{
  QueuedEvent *queued;

  if (event->type == UDPNAT_SESSION_EVENT_FRAME && self->events.length >= UDPNAT_SESSION_EVENTS_MAX)
    {
      self->n_events_dropped++;
      return;
    }
  queued = g_malloc (sizeof *queued + event->n_body);
  queued->event = *event;
  if (event->n_body > 0)
    memcpy (queued->body, event->body, event->n_body);
  queued->event.body = queued->body;
  g_queue_push_tail (&self->events, queued);
}

void
udpnat_session_clear_events (UdpnatSession *self)
{
  g_queue_clear_full (&self->events, g_free);
  g_clear_pointer (&self->popped_event, g_free);
}

/**
 * udpnat_session_pop_event:
 * @out_event: its body is valid until the next call of this function
 *
 * Returns: %FALSE when there is nothing to tell
 */
gboolean
udpnat_session_pop_event (UdpnatSession      *self,
                          UdpnatSessionEvent *out_event)
{
  QueuedEvent *queued = g_queue_pop_head (&self->events);

  g_clear_pointer (&self->popped_event, g_free);
  if (queued == NULL)
    return FALSE;
  self->popped_event = queued;
  *out_event = queued->event;
  if (queued->event.type == UDPNAT_SESSION_EVENT_READABLE)
    {
      UdpnatSessionStream *stream = udpnat_session_find_stream (self, queued->event.stream);

      if (stream != NULL)
        stream->is_readable_queued = FALSE;
    }
  return TRUE;
}

/**
 * udpnat_session_get_events_dropped:
 *
 * Returns: FRAME events that came while %UDPNAT_SESSION_EVENTS_MAX waited
 */
guint64
udpnat_session_get_events_dropped (const UdpnatSession *self)
{
  return self->n_events_dropped;
}
