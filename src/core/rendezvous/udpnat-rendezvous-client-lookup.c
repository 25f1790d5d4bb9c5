#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include "udpnat-name.h"

/* Whose a name is (PROTOCOL.md section 7). A question goes in a frame that nobody acknowledges and
 * is repeated until it is answered, after twice the time that an answer takes, then after twice
 * that, and so on: the server keeps nothing of it. */

#define REPEAT_MIN_US UDPNAT_MSEC (100)
#define REPEAT_MAX_US UDPNAT_SEC (1)

void
udpnat_rendezvous_lookup_free (UdpnatRendezvousLookup *lookup)
{
  g_free (lookup->name);
  g_free (lookup);
}

static void
push_timeout (UdpnatRendezvousClient *self,
              guint32                 request)
{
  UdpnatRendezvousEvent *event;

  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT);
  event->request = request;
}

/**
 * udpnat_rendezvous_client_lookup:
 *
 * Asks whose @name is. One LOOKUP_RESULT or LOOKUP_TIMEOUT event answers it, the latter when too
 * many are asked already, too.
 *
 * Returns: the request's number
 */
guint32
udpnat_rendezvous_client_lookup (UdpnatRendezvousClient *self,
                                 gint64                  now_us,
                                 const char             *name)
{
  g_autofree char        *normal = udpnat_name_normalize (name);
  UdpnatRendezvousLookup *lookup;
  UdpnatRendezvousEvent  *event;
  guint32                 request = ++self->last_request;

  if (normal == NULL) /* nobody's */
    {
      event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT);
      event->request = request;
      return request;
    }
  if (self->lookups.length >= UDPNAT_LOOKUPS_MAX)
    {
      push_timeout (self, request);
      return request;
    }
  lookup = g_new0 (UdpnatRendezvousLookup, 1);
  lookup->request = request;
  lookup->name = g_steal_pointer (&normal);
  lookup->deadline_us = now_us + UDPNAT_LOOKUP_TIMEOUT_US;
  lookup->next_us = now_us;
  g_queue_push_tail (&self->lookups, lookup);
  udpnat_rendezvous_client_send_wishes (self, now_us);
  return request;
}

/** udpnat_rendezvous_client_lookup_deadline: when one is to be repeated, or given up */
gint64
udpnat_rendezvous_client_lookup_deadline (const UdpnatRendezvousClient *self)
{
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  for (const GList *link = self->lookups.head; link != NULL; link = link->next)
    {
      const UdpnatRendezvousLookup *lookup = link->data;

      deadline_us = udpnat_time_min (deadline_us, lookup->deadline_us);
      if (udpnat_rendezvous_client_is_up (self))
        deadline_us = udpnat_time_min (deadline_us, lookup->next_us);
    }
  return deadline_us;
}

/** udpnat_rendezvous_client_expire_lookups: those that nobody answered in time */
void
udpnat_rendezvous_client_expire_lookups (UdpnatRendezvousClient *self,
                                         gint64                  now_us)
{
  UdpnatRendezvousLookup *lookup;

  while ((lookup = g_queue_peek_head (&self->lookups)) != NULL && lookup->deadline_us <= now_us)
    {
      push_timeout (self, lookup->request);
      udpnat_rendezvous_lookup_free (g_queue_pop_head (&self->lookups));
    }
}

static void
send_lookup (UdpnatRendezvousClient       *self,
             gint64                        now_us,
             const UdpnatRendezvousLookup *lookup)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_write_lookup (message, lookup->request, lookup->name);
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_message (&writer, message))
    g_assert_not_reached ();
  (void) udpnat_rendezvous_client_send_frames (self, now_us, frames, writer.n_written);
}

/** udpnat_rendezvous_client_send_lookups: those whose time it is */
void
udpnat_rendezvous_client_send_lookups (UdpnatRendezvousClient *self,
                                       gint64                  now_us)
{
  for (GList *link = self->lookups.head; link != NULL; link = link->next)
    {
      UdpnatRendezvousLookup *lookup = link->data;
      gint64                  rtt_us = udpnat_session_get_rtt (self->session);

      if (lookup->next_us > now_us)
        continue;
      if (lookup->interval_us == 0)
        lookup->interval_us = CLAMP (2 * rtt_us, REPEAT_MIN_US, REPEAT_MAX_US);
      else
        {
          /* Is the server there at all? */
          udpnat_rendezvous_client_ping (self, now_us);
          lookup->interval_us = MIN (2 * lookup->interval_us, REPEAT_MAX_US);
        }
      lookup->next_us = now_us + lookup->interval_us;
      send_lookup (self, now_us, lookup);
    }
}

/** udpnat_rendezvous_client_repeat_lookups: at once: the server has not got them */
void
udpnat_rendezvous_client_repeat_lookups (UdpnatRendezvousClient *self)
{
  for (GList *link = self->lookups.head; link != NULL; link = link->next)
    {
      UdpnatRendezvousLookup *lookup = link->data;

      lookup->interval_us = lookup->next_us = 0;
    }
}

static GList *
find_lookup (UdpnatRendezvousClient *self,
             guint32                 request)
{
  for (GList *link = self->lookups.head; link != NULL; link = link->next)
    if (((UdpnatRendezvousLookup *) link->data)->request == request)
      return link;
  return NULL;
}

/** udpnat_rendezvous_client_handle_answer: a MESSAGE frame; what answers nothing is ignored */
void
udpnat_rendezvous_client_handle_answer (UdpnatRendezvousClient *self,
                                        const UdpnatFrameView  *frame)
{
  UdpnatDirectoryEntry   entry = { 0 };
  UdpnatRendezvousEvent *event;
  UdpnatMessageView      message;
  guint32                request;
  GList                 *link;
  guint8                 code;

  if (!udpnat_frame_parse_message (frame, &message))
    return;
  udpnat_rendezvous_client_take_ticket (self, &message);
  udpnat_rendezvous_client_take_early (self, &message);
  if (!udpnat_parse_lookup_result (&message, &request, &code, &entry))
    return;
  link = find_lookup (self, request);
  if (link == NULL) /* answered, or given up */
    {
      if (code == UDPNAT_LOOKUP_FOUND)
        udpnat_directory_entry_clear (&entry);
      return;
    }
  udpnat_rendezvous_lookup_free (link->data);
  g_queue_delete_link (&self->lookups, link);
  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT);
  event->request = request;
  event->code = code;
  event->found = code == UDPNAT_LOOKUP_FOUND;
  if (event->found)
    event->entry = entry;
}
