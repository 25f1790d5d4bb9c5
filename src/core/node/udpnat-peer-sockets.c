/* A second socket for one peer: opened when its paths ask for one, or in the place of one whose
 * binding will die (udpnat-peer-rotation.c); made known to the peer as a
 * candidate as soon as the server has said how it is seen, closed when nothing goes by it any
 * more. */

#include "config.h"

#include "udpnat-peer-sockets-private.h"

#include "udpnat-node-private.h"

static void
close_socket (UdpnatPeer *self)
{
  if (self->further_socket == UDPNAT_SOCKET_MAIN)
    return;
  g_clear_pointer (&self->query, udpnat_mapping_query_free);
  udpnat_node_close_socket (self->node, self->further_socket);
  self->further_socket = UDPNAT_SOCKET_MAIN;
  if (udpnat_address_is_set (&self->further_address))
    self->n_own_changes++;
  self->further_address = UDPNAT_ADDRESS_NONE;
  udpnat_peer_restore_socket (self);
}

/** udpnat_peer_ask_for_socket: the paths could do with another one */
void
udpnat_peer_ask_for_socket (UdpnatPeer *self,
                            gint64      now_us)
{
  const UdpnatAddress *server = udpnat_rendezvous_client_get_address (self->node->server);

  /* Opened with a TTL that is too high it would be spoilt as the first one was. */
  self->is_socket_wanted = udpnat_node_is_testing_nat (self->node);
  if (self->is_socket_wanted || self->further_socket != UDPNAT_SOCKET_MAIN || server == NULL ||
      !udpnat_rendezvous_client_is_connected (self->node->server) ||
      !udpnat_peer_is_trusted (self))
    return;
  self->further_socket = udpnat_node_open_socket (self->node);
  if (self->further_socket != UDPNAT_SOCKET_MAIN)
    self->query = udpnat_mapping_query_new (&self->node->random, server, self->further_socket,
                                            now_us);
}

/** udpnat_peer_adopt_socket: @socket, found by a search, is in use and this peer's from now on */
void
udpnat_peer_adopt_socket (UdpnatPeer    *self,
                          gint64         now_us,
                          UdpnatSocketId socket)
{
  udpnat_peer_forget_socket (self, now_us);
  self->further_socket = socket;
  udpnat_path_set_adopt_socket (self->paths, socket);
}

/** udpnat_peer_handle_nat_tested: what was waited for is known now */
void
udpnat_peer_handle_nat_tested (UdpnatPeer *self,
                               gint64      now_us)
{
  udpnat_path_set_set_open_ttl (self->paths, udpnat_node_get_open_ttl (self->node));
  if (self->searches.is_wanted)
    udpnat_node_consider_search (self->node, now_us, self);
  if (self->is_socket_wanted)
    udpnat_peer_ask_for_socket (self, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

/* The server has said how it sees the socket, or says nothing. */
static void
finish_query (UdpnatPeer *self,
              gint64      now_us)
{
  const UdpnatAddress *mapped = udpnat_mapping_query_get_mapped (self->query);
  UdpnatCandidates local;

  if (mapped == NULL)
    {
      close_socket (self);
      return;
    }
  self->further_address = *mapped;
  self->n_own_changes++;
  g_clear_pointer (&self->query, udpnat_mapping_query_free);
  udpnat_peer_get_local (self, &local);
  if (self->rotation.is_on)
    udpnat_path_set_rotate_socket (self->paths, now_us, self->further_socket,
                                   &self->further_address, &local);
  else
    udpnat_path_set_add_socket (self->paths, now_us, self->further_socket,
                                &self->further_address, &local);
}

/** udpnat_peer_handle_stun: Returns: %FALSE when it is not for this peer's socket */
gboolean
udpnat_peer_handle_stun (UdpnatPeer           *self,
                         gint64                now_us,
                         const UdpnatDatagram *datagram)
{
  if (self->query == NULL ||
      udpnat_mapping_query_handle_datagram (self->query, now_us, datagram) != UDPNAT_RX_OK)
    return FALSE;
  finish_query (self, now_us);
  udpnat_node_mark_dirty (self->node, self);
  return TRUE;
}

gint64
udpnat_peer_get_query_deadline (const UdpnatPeer *self)
{
  return self->query != NULL ? udpnat_mapping_query_next_deadline (self->query)
                             : UDPNAT_TIME_NEVER;
}

void
udpnat_peer_handle_query_deadline (UdpnatPeer *self,
                                   gint64      now_us)
{
  if (self->query == NULL)
    return;
  udpnat_mapping_query_handle_deadline (self->query, now_us);
  if (udpnat_mapping_query_is_over (self->query))
    finish_query (self, now_us);
}

/** udpnat_peer_pump_socket: Returns: whether something was sent */
gboolean
udpnat_peer_pump_socket (UdpnatPeer *self,
                         gint64      now_us)
{
  UdpnatDatagram datagram;

  if (self->query == NULL)
    {
      if (self->further_socket != UDPNAT_SOCKET_MAIN &&
          udpnat_path_set_is_socket_idle (self->paths))
        {
          udpnat_path_set_remove_socket (self->paths, now_us);
          close_socket (self);
          udpnat_peer_set_local (self);
        }
      return FALSE;
    }
  if (!udpnat_mapping_query_pop_output (self->query, now_us, &datagram))
    return FALSE;
  udpnat_node_send_direct (self->node, datagram.socket, &datagram.remote, datagram.ttl,
                           datagram.data, datagram.n_data);
  return TRUE;
}

/* What the main socket's binding shows, which will die. */
static void
remove_mortal (UdpnatCandidates *local)
{
  guint n_kept = 0;

  for (guint i = 0; i < local->n_candidates; i++)
    if (local->candidates[i].kind != UDPNAT_CANDIDATE_REFLEXIVE &&
        local->candidates[i].kind != UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT)
      local->candidates[n_kept++] = local->candidates[i];
  local->n_candidates = n_kept;
}

/** udpnat_peer_add_own_candidates: what only this peer is told of us, before all else */
void
udpnat_peer_add_own_candidates (const UdpnatPeer *self,
                                UdpnatCandidates *local)
{
  if (!udpnat_address_is_set (&self->further_address) || local->relay_only)
    return;
  if (self->rotation.is_on)
    remove_mortal (local);
  local->n_candidates = MIN (local->n_candidates + 1, UDPNAT_CANDIDATES_MAX);
  for (guint i = local->n_candidates - 1; i > 0; i--)
    local->candidates[i] = local->candidates[i - 1];
  local->candidates[0] = (UdpnatCandidate) {
    .kind = UDPNAT_CANDIDATE_REFLEXIVE,
    .address = self->further_address,
  };
}

/** udpnat_peer_forget_socket: the paths are gone, or the network is another one */
void
udpnat_peer_forget_socket (UdpnatPeer *self,
                           gint64      now_us)
{
  do
    {
      if (self->paths != NULL)
        udpnat_path_set_remove_socket (self->paths, now_us);
      close_socket (self);
    }
  while (self->further_socket != UDPNAT_SOCKET_MAIN);
}
