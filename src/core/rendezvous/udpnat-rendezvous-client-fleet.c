#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include "udpnat-fleet-message.h"

/* What a server tells that is one of several with a directory in common (PROTOCOL.md section 20):
 * which others there are, where somebody or a letter is, where else to register. All of it is for
 * the owner to follow; only how soon a silent server is asked whether it is there is done here. */

/** udpnat_rendezvous_client_set_moved: another server of the fleet has sent us to the one that has
 * been set: it keeps us, if it can */
void
udpnat_rendezvous_client_set_moved (UdpnatRendezvousClient *self)
{
  self->fleet.is_moved = TRUE;
}

/** udpnat_rendezvous_client_fetch_mail: as a guest, while it is connected and after that again: the
 * letters that are kept here for us */
void
udpnat_rendezvous_client_fetch_mail (UdpnatRendezvousClient *self,
                                     gint64                  now_us)
{
  self->fleet.is_fetching = self->fleet.is_fetch_due = TRUE;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_send_fetch: if it is due */
void
udpnat_rendezvous_client_send_fetch (UdpnatRendezvousClient *self)
{
  g_autoptr (GByteArray) message = NULL;

  if (!self->fleet.is_fetch_due)
    return;
  message = g_byte_array_new ();
  udpnat_write_mail_fetch (message);
  self->fleet.is_fetch_due
      = !udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message);
}

/** udpnat_rendezvous_client_forget_fleet: another server is set, which may be none of it */
void
udpnat_rendezvous_client_forget_fleet (UdpnatRendezvousClient *self)
{
  self->fleet = (UdpnatRendezvousFleet) { 0 };
}

/* ---- Answers: each handler returns FALSE when the message breaks the protocol ---- */

/* Takes the place. */
static void
push_node (UdpnatRendezvousClient   *self,
           UdpnatRendezvousEventType type,
           UdpnatFleetNode          *node)
{
  UdpnatRendezvousEvent *event = udpnat_rendezvous_client_push_event (self, type);

  memcpy (event->server.bytes, node->key, sizeof event->server.bytes);
  event->name = g_steal_pointer (&node->place);
}

static gboolean
handle_fleet (UdpnatRendezvousClient  *self,
              const UdpnatMessageView *message)
{
  guint16 watch_s;
  g_autoptr (GArray) nodes = udpnat_parse_fleet (message, &watch_s);

  if (nodes == NULL)
    return FALSE;
  self->fleet.watch_us = UDPNAT_SEC (CLAMP (watch_s, UDPNAT_FLEET_WATCH_MIN_S,
                                            UDPNAT_FLEET_WATCH_MAX_S));
  (void) udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_NODE);
  for (guint i = 0; i < nodes->len; i++)
    push_node (self, UDPNAT_RENDEZVOUS_EVENT_NODE, &g_array_index (nodes, UdpnatFleetNode, i));
  return TRUE;
}

static gboolean
handle_located (UdpnatRendezvousClient  *self,
                const UdpnatMessageView *message)
{
  UdpnatFleetNode node;
  UdpnatPublicKey key;

  if (!udpnat_parse_located (message, key.bytes, &node))
    return FALSE;
  push_node (self, UDPNAT_RENDEZVOUS_EVENT_LOCATED, &node);
  ((UdpnatRendezvousEvent *) g_queue_peek_tail (&self->events))->key = key;
  return TRUE;
}

/** udpnat_rendezvous_client_handle_fleet_message: Returns: %FALSE when it breaks the protocol */
gboolean
udpnat_rendezvous_client_handle_fleet_message (UdpnatRendezvousClient  *self,
                                               const UdpnatMessageView *message)
{
  UdpnatFleetNode node;

  switch (message->type)
    {
    case UDPNAT_CS_FLEET:
      return handle_fleet (self, message);
    case UDPNAT_CS_LOCATED:
      return handle_located (self, message);
    case UDPNAT_CS_MOVE:
      if (!udpnat_parse_move (message, &node))
        return FALSE;
      push_node (self, UDPNAT_RENDEZVOUS_EVENT_MOVE, &node);
      return TRUE;
    case UDPNAT_CS_MAIL_AT:
      if (!udpnat_parse_mail_at (message, &node))
        return FALSE;
      push_node (self, UDPNAT_RENDEZVOUS_EVENT_MAIL_AT, &node);
      return TRUE;
    default:
      return TRUE;
    }
}
