/* Bindings that die after a minute, however busy (nat.md section 4.6), are replaced in time.
 *
 * The ports that the server sees tell how long they live (udpnat-node-nat.c). At 70 % of that a
 * new socket is opened, its address is asked of the server and told to the peer in the place of the
 * old one, and the chosen path is tried from it. When it is proven both sides change to it, and the
 * old socket is closed a little later: nothing waits, and who only listens is reached at all times.
 * How old the binding of the main socket is nobody knows, so it is left at once.
 *
 * Only where one binding serves all destinations, and only while there is a direct path to be kept.
 * The flow to the server keeps the main socket, and moves with its bindings. */

#include "config.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-sockets-private.h"

static gboolean
has_mortal_path (const UdpnatPeer *self)
{
  UdpnatAddress address;
  UdpnatPathKind kind;

  return udpnat_path_set_get_selected (self->paths, &address, &kind, NULL) &&
         kind == UDPNAT_PATH_KIND_DIRECT && address.family == UDPNAT_FAMILY_IPV4;
}

static gboolean
is_wanted (const UdpnatPeer *self)
{
  const UdpnatNode *node = self->node;

  return udpnat_node_get_binding_life (node) >= UDPNAT_ROTATION_MIN_US &&
         node->nat.mapping == UDPNAT_MAPPING_RULE_INDEPENDENT && self->query == NULL &&
         self->rotation.retired == UDPNAT_SOCKET_MAIN && node->search.peer != self &&
         udpnat_peer_is_trusted (self) && udpnat_rendezvous_client_is_connected (node->server) &&
         has_mortal_path (self);
}

/* When the binding in use is old enough. */
static gint64
get_age_limit (const UdpnatPeer *self)
{
  if (self->further_socket == UDPNAT_SOCKET_MAIN ||
      udpnat_path_set_get_selected_socket (self->paths) != self->further_socket)
    return 0;
  return self->rotation.born_us +
         udpnat_node_get_binding_life (self->node) / 100 * UDPNAT_ROTATION_LIFE_PERCENT;
}

/** udpnat_peer_get_rotation_due: Returns: when udpnat_peer_rotate() has something to do */
gint64
udpnat_peer_get_rotation_due (const UdpnatPeer *self)
{
  if (self->rotation.retired != UDPNAT_SOCKET_MAIN)
    return self->rotation.retire_us;
  return is_wanted (self) ? MAX (self->rotation.next_us, get_age_limit (self))
                          : UDPNAT_TIME_NEVER;
}

static void
begin (UdpnatPeer *self,
       gint64      now_us)
{
  const UdpnatAddress *server = udpnat_rendezvous_client_get_address (self->node->server);
  UdpnatSocketId socket = udpnat_node_open_socket (self->node);
  UdpnatPeerRotation *rotation = &self->rotation;

  rotation->next_us = now_us + UDPNAT_ROTATION_GAP_US;
  if (socket == UDPNAT_SOCKET_MAIN)
    return;
  rotation->is_on = TRUE;
  rotation->retired = self->further_socket;
  rotation->retired_address = self->further_address;
  rotation->retired_born_us = rotation->born_us;
  rotation->retire_us = UDPNAT_TIME_NEVER;
  rotation->born_us = now_us;
  self->further_socket = socket;
  self->query = udpnat_mapping_query_new (&self->node->random, server, socket, now_us);
}

static void
close_retired (UdpnatPeer *self)
{
  udpnat_path_set_drop_socket (self->paths, self->rotation.retired);
  udpnat_node_close_socket (self->node, self->rotation.retired);
  self->rotation.retired = UDPNAT_SOCKET_MAIN;
}

/** udpnat_peer_rotate: whatever is due */
void
udpnat_peer_rotate (UdpnatPeer *self,
                    gint64      now_us)
{
  if (udpnat_peer_get_rotation_due (self) > now_us)
    return;
  if (self->rotation.retired == UDPNAT_SOCKET_MAIN)
    begin (self, now_us);
  else if (udpnat_path_set_get_selected_socket (self->paths) == self->rotation.retired)
    self->rotation.retire_us = UDPNAT_TIME_NEVER; /* it is needed again */
  else
    close_retired (self);
}

/** udpnat_peer_follow_rotation: another path is in use */
void
udpnat_peer_follow_rotation (UdpnatPeer *self,
                             gint64      now_us)
{
  UdpnatPeerRotation *rotation = &self->rotation;

  if (rotation->retired != UDPNAT_SOCKET_MAIN && rotation->retire_us == UDPNAT_TIME_NEVER &&
      udpnat_path_set_get_selected_socket (self->paths) != rotation->retired)
    rotation->retire_us = now_us + UDPNAT_ROTATION_OVERLAP_US;
}

/** udpnat_peer_restore_socket: the new further socket has come to nothing, and is closed: back to
 * the one before it, if there is any */
void
udpnat_peer_restore_socket (UdpnatPeer *self)
{
  UdpnatPeerRotation *rotation = &self->rotation;

  self->further_socket = rotation->retired;
  rotation->retired = UDPNAT_SOCKET_MAIN;
  if (self->further_socket == UDPNAT_SOCKET_MAIN)
    {
      rotation->is_on = FALSE;
      return;
    }
  self->further_address = rotation->retired_address;
  rotation->born_us = rotation->retired_born_us;
  if (self->paths != NULL)
    udpnat_path_set_adopt_socket (self->paths, self->further_socket);
}
