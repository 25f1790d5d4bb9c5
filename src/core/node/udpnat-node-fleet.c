/* Our server may be one of several that share a directory (PROTOCOL.md section 20). Then whoever is
 * at another of them goes by the same name as anybody at our own, and our server says where that
 * is: we go there as a guest, as to any other server (udpnat-node-abroad.c), and come back to our
 * own as soon as that does not lead to them any more. Its word counts for the key, too.
 *
 * Letters are put at our own server, wherever their recipient is. */

#include "config.h"

#include "udpnat-node-fleet-private.h"

#include <string.h>

#include "udpnat-node-private.h"

/* Returns: (nullable): where to be a guest; %NULL: it is our own server, or there are too many */
static UdpnatAbroad *
ensure (UdpnatNode                  *self,
        const UdpnatRendezvousEvent *event)
{
  UdpnatAbroad *abroad;
  UdpnatPublicKey own;

  if (udpnat_rendezvous_client_get_key (self->server, &own) &&
      udpnat_public_key_equal (&own, &event->server))
    return NULL;
  abroad = udpnat_node_ensure_abroad (self, event->name);
  if (abroad == NULL || abroad->is_home)
    return NULL;
  abroad->is_fleet = TRUE;
  abroad->fleet_key = event->server;
  return abroad;
}

/** udpnat_node_handle_located: our server, or one where we are a guest, says where somebody is whom
 * we have dialled */
void
udpnat_node_handle_located (UdpnatNode                  *self,
                            gint64                       now_us,
                            const UdpnatRendezvousEvent *event)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, &event->key);
  UdpnatAbroad *abroad = ensure (self, event);

  if (peer == NULL || (peer->abroad != NULL && !peer->abroad->is_fleet))
    return;
  peer->abroad = abroad;
  peer->is_place_claimed = FALSE;
  if (peer->n_failed_dials > 0)
    {
      peer->n_failed_dials = 0;
      peer->blocked_until_us = 0;
    }
  if (abroad != NULL)
    udpnat_abroad_use (abroad, now_us);
  udpnat_peer_hurry (peer, now_us);
}

/* From when that was our own server, or of people at it. */
static void
handle_mail_at (UdpnatNode                  *self,
                gint64                       now_us,
                const UdpnatRendezvousEvent *event)
{
  UdpnatAbroad *abroad = ensure (self, event);

  if (abroad == NULL)
    return;
  abroad->has_mail = TRUE;
  udpnat_abroad_use (abroad, now_us);
  if (abroad->is_open)
    udpnat_rendezvous_client_fetch_mail (abroad->client, now_us);
}

/* Another server that does as well as ours, or to which ours sends us: the owner goes there. */
static void
tell_server_node (UdpnatNode                  *self,
                  const UdpnatRendezvousEvent *event)
{
  UdpnatNodeEventType type = event->type == UDPNAT_RENDEZVOUS_EVENT_MOVE
                               ? UDPNAT_NODE_EVENT_SERVER_MOVED : UDPNAT_NODE_EVENT_SERVER_NODE;

  udpnat_node_push_event (self, udpnat_node_event_new (type, &event->server, event->name));
}

/** udpnat_node_handle_fleet_event: NODE, MOVE, LOCATED or MAIL_AT, of our own server */
void
udpnat_node_handle_fleet_event (UdpnatNode                  *self,
                                gint64                       now_us,
                                const UdpnatRendezvousEvent *event)
{
  if (event->type == UDPNAT_RENDEZVOUS_EVENT_LOCATED)
    udpnat_node_handle_located (self, now_us, event);
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_MAIL_AT)
    handle_mail_at (self, now_us, event);
  else
    tell_server_node (self, event);
}

/** udpnat_node_note_moved: the server that has just been set is one to which SERVER_MOVED sent
 * us */
void
udpnat_node_note_moved (UdpnatNode *self)
{
  udpnat_rendezvous_client_set_moved (self->server);
}

/** udpnat_peer_get_mail_server: where letters for the peer are put */
UdpnatRendezvousClient *
udpnat_peer_get_mail_server (const UdpnatPeer *self)
{
  return self->abroad != NULL && !self->abroad->is_fleet ? self->abroad->client
                                                         : self->node->server;
}
