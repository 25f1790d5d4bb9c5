/* One user of udpnat: a machine made of smaller machines.
 *
 * Who owns a packet: an index in it names a session (of the server or of a peer), everything else
 * is told apart by its type. Packets that come through the relay take the same way as direct ones,
 * with another route. What the parts want to send is pumped out of them in
 * udpnat_node_pop_output(): the server's first, then each peer that has something to do.
 *
 * Peers with something to do are in a queue, peers with something to wait for in a heap, so that
 * thousands of idle people in the directory cost nothing. */

#include "config.h"

#include "udpnat-node.h"

#include "udpnat-candidate-list.h"
#include "udpnat-frame.h"
#include "udpnat-name.h"
#include "udpnat-node-private.h"
#include "udpnat-peer-sockets-private.h"
#include "udpnat-stun.h"

/* ---- Helpers for peers ---- */

void
udpnat_node_push_event (UdpnatNode      *self,
                        UdpnatNodeEvent *event)
{
  g_queue_push_tail (&self->events, event);
}

/**
 * udpnat_node_drop_items: takes back what of @peer has not been told yet: it came after something
 * that was refused, and would be out of order now */
void
udpnat_node_drop_items (UdpnatNode *self,
                        UdpnatPeer *peer)
{
  GList *link = self->events.head;

  while (link != NULL)
    {
      GList *next = link->next;
      UdpnatNodeEvent *event = link->data;

      if (event->base.type == UDPNAT_NODE_EVENT_ITEM &&
          udpnat_public_key_equal (&event->key, &peer->key))
        {
          udpnat_conversation_refuse (peer->conversation, &event->id);
          udpnat_event_free (&event->base);
          g_queue_delete_link (&self->events, link);
        }
      link = next;
    }
}

void
udpnat_node_mark_dirty (UdpnatNode *self,
                        UdpnatPeer *peer)
{
  if (peer->is_dirty || peer->conversation == NULL)
    return;
  peer->is_dirty = TRUE;
  g_queue_push_tail (&self->dirty, peer);
}

void
udpnat_node_send_direct (UdpnatNode          *self,
                         UdpnatSocketId       socket,
                         const UdpnatAddress *to,
                         guint8               ttl,
                         const guint8        *data,
                         gsize                n_data)
{
  UdpnatDatagram *datagram;

  /* Path sets know it too; this is for answers to whoever knocks at our address: HS2, COOKIE,
   * UNKNOWN. A peer that means it comes through the server as well. */
  if (self->is_relay_only)
    return;
  datagram = g_new (UdpnatDatagram, 1);
  datagram->socket = socket;
  datagram->ttl = ttl;
  datagram->remote = *to;
  datagram->n_data = n_data;
  memcpy (datagram->data, data, n_data);
  g_queue_push_tail (&self->outputs, datagram);
}

/**
 * udpnat_node_take_timestamp:
 *
 * The next timestamp for an HS1: the wall clock, or just above the last one should the clock have
 * gone back.
 */
void
udpnat_node_take_timestamp (UdpnatNode *self,
                            gint64      now_us,
                            guint8      out[UDPNAT_TIMESTAMP_BYTES])
{
  UdpnatNodeEvent *event;

  self->last_wall_us = MAX (self->last_wall_us + 1, now_us + self->wall_offset_us);
  udpnat_timestamp_from_us (self->last_wall_us, out);
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_TIMESTAMP,
                                 udpnat_identity_get_public_key (self->identity), NULL);
  memcpy (event->timestamp, out, UDPNAT_TIMESTAMP_BYTES);
  udpnat_node_push_event (self, event);
}

/* ---- Our own candidates ---- */

static gboolean
is_same_candidates (const UdpnatCandidates *a,
                    const UdpnatCandidates *b)
{
  if (a->n_candidates != b->n_candidates || a->mapping != b->mapping ||
      a->filtering != b->filtering || a->is_spoilable != b->is_spoilable ||
      a->is_udp_blocked != b->is_udp_blocked ||
      a->relay_only != b->relay_only)
    return FALSE;
  for (guint i = 0; i < a->n_candidates; i++)
    if (a->candidates[i].kind != b->candidates[i].kind ||
        !udpnat_address_equal (&a->candidates[i].address, &b->candidates[i].address))
      return FALSE;
  return TRUE;
}

/** udpnat_node_refresh_candidates: something that our candidates are made of may have changed */
void
udpnat_node_refresh_candidates (UdpnatNode *self)
{
  UdpnatAddress reflexive[2];
  UdpnatCandidates fresh = { .relay_only = self->is_relay_only };
  guint n_reflexive = 0;

  for (guint i = 0; i < G_N_ELEMENTS (reflexive); i++)
    {
      const UdpnatAddress *seen = udpnat_rendezvous_client_get_reflexive (self->server, i);

      if (seen != NULL && udpnat_address_is_set (seen))
        reflexive[n_reflexive++] = *seen;
    }
  udpnat_node_fill_verdict (self, &fresh);
  fresh.is_udp_blocked = udpnat_rendezvous_client_is_tunnelled (self->server);
  if (!self->is_relay_only)
    fresh.n_candidates = udpnat_gather_candidates (self->host_addresses, self->n_host_addresses,
                                                   self->port, reflexive, n_reflexive,
                                                   udpnat_node_get_mapped (self),
                                                   fresh.candidates);
  if (is_same_candidates (&fresh, &self->local))
    return;
  fresh.generation = self->local.generation + 1;
  self->local = fresh;
  for (guint i = 0; i < self->active->len; i++)
    udpnat_peer_set_local (g_ptr_array_index (self->active, i));
}

/* ---- Packets ---- */

static UdpnatPeer *
find_recent (UdpnatNode          *self,
             const UdpnatHs1View *view)
{
  for (guint i = 0; i < UDPNAT_NODE_RECENT_HANDSHAKES; i++)
    {
      UdpnatRecentHandshake *recent = &self->recent[i];

      if (recent->peer != NULL &&
          memcmp (recent->ephemeral, view->noise, UDPNAT_EPHEMERAL_BYTES) == 0)
        return recent->peer;
    }
  return NULL;
}

static void
remember_handshake (UdpnatNode      *self,
                    const UdpnatHs1 *hs1,
                    UdpnatPeer      *peer)
{
  UdpnatRecentHandshake *recent = &self->recent[self->next_recent];

  memcpy (recent->ephemeral, hs1->ephemeral, sizeof recent->ephemeral);
  recent->peer = peer;
  self->next_recent = (self->next_recent + 1) % UDPNAT_NODE_RECENT_HANDSHAKES;
}

static void
send_cookie (UdpnatNode          *self,
             gint64               now_us,
             const UdpnatRoute   *route,
             const UdpnatHs1View *view)
{
  guint8 cookie[UDPNAT_COOKIE_BYTES];
  guint8 nonce[UDPNAT_COOKIE_NONCE_BYTES];
  guint8 sealed[UDPNAT_COOKIE_SEALED_BYTES];
  guint8 data[64];
  UdpnatWriter writer;

  udpnat_cookie_maker_make (self->cookies, now_us, &route->address, cookie);
  udpnat_random_fill (&self->random, nonce, sizeof nonce);
  udpnat_cookie_seal (udpnat_identity_get_public_key (self->identity), nonce, view->mac1, cookie,
                      sealed);
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_cookie_packet_write (&writer, view->sender_index, nonce, sealed);
  udpnat_node_send_direct (self, route->socket, &route->address, 0, data, writer.n_written);
}

/* A handshake costs two DH before we know whose it is. Each way has a purse of its own, so that a
 * flood on one does not close the others. Direct ones beyond it need a cookie; relayed ones have no
 * address to prove and are the server's to limit. */
static gboolean
may_answer (UdpnatNode          *self,
            gint64               now_us,
            const UdpnatRoute   *route,
            const guint8        *data,
            const UdpnatHs1View *view)
{
  UdpnatTokenBucket *bucket = &self->relayed_bucket;

  if (!route->is_relayed)
    bucket = udpnat_cookie_maker_verify_mac2 (self->cookies, now_us, &route->address, data,
                                              view->n_before_mac2, view->mac2)
               ? &self->proven_bucket : &self->handshake_bucket;
  if (udpnat_token_bucket_take (bucket, now_us, 1, UDPNAT_NODE_HANDSHAKES_PER_SECOND,
                                UDPNAT_NODE_HANDSHAKES_PER_SECOND))
    return TRUE;
  /* It tells that we are at this address. Whoever means it comes through the server as well. */
  if (bucket == &self->handshake_bucket &&
      !udpnat_rendezvous_client_is_connected (self->server))
    send_cookie (self, now_us, route, view);
  return FALSE;
}

/* A stranger who guesses our address must not learn that we are there: it is heard through the
 * server only, or where its beacons come from. Nor must a contact who is to be reached through the
 * server. */
static gboolean
may_hear (const UdpnatPeer  *peer,
          const UdpnatRoute *route)
{
  return peer->trust != UDPNAT_TRUST_BLOCKED &&
         (route->is_relayed ||
          (!peer->is_relay_only && (udpnat_peer_is_trusted (peer) ||
                                    udpnat_peer_is_on_lan_at (peer, &route->address))));
}

static UdpnatPeer *
find_caller (UdpnatNode            *self,
             const UdpnatRoute     *route,
             const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = route->is_relayed ? udpnat_node_ensure_peer (self, key)
                                       : udpnat_node_find_peer (self, key);

  return peer != NULL && may_hear (peer, route) ? peer : NULL;
}

static UdpnatRxResult
handle_hs1 (UdpnatNode        *self,
            gint64             now_us,
            const UdpnatRoute *route,
            const char        *name,
            const guint8      *data,
            gsize              n_data)
{
  guint8 ephemeral_secret[32];
  UdpnatHs1View view;
  UdpnatHs1 hs1;
  UdpnatPeer *peer;
  UdpnatRxResult result = UDPNAT_RX_REFUSED;

  if (!udpnat_hs1_parse (&view, data, n_data) || view.role != UDPNAT_ROLE_PEER_PEER ||
      !udpnat_hs1_check_mac1 (self->identity, data, n_data))
    return UDPNAT_RX_MALFORMED;

  peer = find_recent (self, &view);
  if (peer != NULL && peer->session != NULL && may_hear (peer, route) &&
      udpnat_session_is_repeat (peer->session, view.noise))
    {
      udpnat_peer_handle_repeat (peer, route);
      return UDPNAT_RX_OK;
    }
  if (!may_answer (self, now_us, route, data, &view))
    return UDPNAT_RX_REFUSED;

  udpnat_random_fill (&self->random, ephemeral_secret, sizeof ephemeral_secret);
  if (!udpnat_hs1_read (self->identity, UDPNAT_ROLE_PEER_PEER, ephemeral_secret, data, n_data,
                        &hs1))
    return UDPNAT_RX_MALFORMED;
  peer = find_caller (self, route, &hs1.remote_key);
  if (peer != NULL)
    {
      if (name != NULL && (peer->name == NULL || peer->is_name_claimed))
        {
          udpnat_node_name_peer (self, peer, name);
          udpnat_node_flush_lookups (self);
        }
      if (route->is_relayed && route->abroad == NULL)
        peer->is_guest = name == NULL && !peer->is_heard;
      result = udpnat_peer_handle_hs1 (peer, now_us, route, &hs1);
      if (result == UDPNAT_RX_OK)
        remember_handshake (self, &hs1, peer);
    }
  udpnat_hs1_clear (&hs1);
  return result;
}

/* Nobody can say who sends a packet of no session of ours. An answer from our address would tell
 * whoever tries addresses that somebody is there; so it goes through the server, as long as that
 * can be reached. */
static gboolean
may_tell_unknown (const UdpnatNode  *self,
                  const UdpnatRoute *route)
{
  const UdpnatPeer *peer;

  if (!route->is_relayed)
    return !udpnat_rendezvous_client_is_connected (self->server) ||
           udpnat_node_is_lan_source (self, &route->address);
  peer = g_hash_table_lookup (route->abroad != NULL ? route->abroad->handles : self->handles,
                              GUINT_TO_POINTER (route->handle));
  return peer == NULL || peer->trust != UDPNAT_TRUST_BLOCKED;
}

static void
send_packet_back (UdpnatNode        *self,
                  gint64             now_us,
                  const UdpnatRoute *route,
                  const guint8      *data,
                  gsize              n_data)
{
  if (route->is_relayed)
    udpnat_rendezvous_client_send_relay (route->abroad != NULL ? route->abroad->client
                                                               : self->server,
                                         now_us, route->handle, data, n_data);
  else
    udpnat_node_send_direct (self, route->socket, &route->address, 0, data, n_data);
}

static UdpnatRxResult
handle_foreign_data (UdpnatNode        *self,
                     gint64             now_us,
                     const UdpnatRoute *route,
                     const guint8      *data,
                     gsize              n_data)
{
  guint8 answer[8];
  UdpnatDataView view;
  UdpnatWriter writer;

  if (!udpnat_data_parse (&view, data, n_data))
    return UDPNAT_RX_MALFORMED;
  if (may_tell_unknown (self, route) &&
      udpnat_token_bucket_take (&self->unknown_bucket, now_us, 1, UDPNAT_UNKNOWN_PER_SECOND,
                                UDPNAT_UNKNOWN_PER_SECOND))
    {
      udpnat_writer_init (&writer, answer, sizeof answer);
      udpnat_unknown_write (&writer, view.receiver_index);
      send_packet_back (self, now_us, route, answer, writer.n_written);
    }
  return UDPNAT_RX_IGNORED;
}

static UdpnatRxResult
handle_unknown (UdpnatNode        *self,
                gint64             now_us,
                const UdpnatRoute *route,
                const guint8      *data,
                gsize              n_data)
{
  guint32 index;

  /* 0 is what a session without keys would have. */
  if (!udpnat_unknown_parse (data, n_data, &index) || index == 0)
    return UDPNAT_RX_MALFORMED;
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      if (peer->session != NULL && udpnat_session_get_remote_index (peer->session) == index)
        {
          udpnat_peer_handle_unknown (peer, now_us);
          return UDPNAT_RX_OK;
        }
    }
  return UDPNAT_RX_IGNORED;
}

static guint32
read_receiver_index (UdpnatPacketType  type,
                     const guint8     *data,
                     gsize             n_data)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, data, n_data);
  udpnat_reader_bytes (&reader, type == UDPNAT_PACKET_HS2 ? 8 : 4);
  return udpnat_reader_u32 (&reader);
}

static UdpnatRxResult
handle_indexed (UdpnatNode        *self,
                gint64             now_us,
                const UdpnatRoute *route,
                UdpnatPacketType   type,
                const guint8      *data,
                gsize              n_data)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSession *session;
  UdpnatPeer *peer = NULL;

  session = udpnat_index_table_lookup (self->indexes, read_receiver_index (type, data, n_data));
  if (session != NULL && udpnat_session_get_owner (session) != self->server &&
      udpnat_node_find_owner (self, udpnat_session_get_owner (session)) == NULL)
    peer = udpnat_session_get_owner (session);
  /* UNKNOWN would tell the one who may not know it that we are at this address. */
  if (peer != NULL && peer->is_relay_only && !route->is_relayed)
    return UDPNAT_RX_IGNORED;
  /* What may not be heard is treated as if it were of no session, so that it cannot be told from
   * that. */
  if (peer == NULL || !may_hear (peer, route))
    return type == UDPNAT_PACKET_DATA ? handle_foreign_data (self, now_us, route, data, n_data)
                                      : UDPNAT_RX_IGNORED;
  memcpy (packet, data, n_data);
  return udpnat_peer_handle_packet (peer, now_us, route, packet, n_data);
}

/**
 * udpnat_node_handle_peer_packet:
 * @name: (nullable): who the server says is calling
 */
UdpnatRxResult
udpnat_node_handle_peer_packet (UdpnatNode        *self,
                                gint64             now_us,
                                const UdpnatRoute *route,
                                const char        *name,
                                const guint8      *data,
                                gsize              n_data)
{
  UdpnatPacketType type;

  if (!udpnat_packet_classify (data, n_data, &type))
    return UDPNAT_RX_MALFORMED;
  switch (type)
    {
    case UDPNAT_PACKET_HS1:
      return handle_hs1 (self, now_us, route, name, data, n_data);
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_DATA:
      return handle_indexed (self, now_us, route, type, data, n_data);
    case UDPNAT_PACKET_UNKNOWN:
      return handle_unknown (self, now_us, route, data, n_data);
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO:
    case UDPNAT_PACKET_INFO_REPLY:
      return UDPNAT_RX_IGNORED;
    }
  return UDPNAT_RX_IGNORED;
}

/* ---- Machine ---- */

/* Answers of the server to what our sockets ask: the tests' or a peer's. */
static UdpnatRxResult
handle_stun (UdpnatNode           *self,
             gint64                now_us,
             const UdpnatDatagram *datagram)
{
  if (udpnat_node_nat_handle_datagram (self, now_us, datagram) ||
      udpnat_node_mapping_handle_datagram (self, now_us, datagram) ||
      udpnat_node_handle_search_stun (self, now_us, datagram))
    return UDPNAT_RX_OK;
  for (guint i = 0; i < self->active->len; i++)
    if (udpnat_peer_handle_stun (g_ptr_array_index (self->active, i), now_us, datagram))
      return UDPNAT_RX_OK;
  return UDPNAT_RX_IGNORED;
}

static UdpnatRxResult
node_handle_datagram (UdpnatMachine        *machine,
                      gint64                now_us,
                      const UdpnatDatagram *datagram)
{
  UdpnatNode *self = (UdpnatNode *) machine;
  UdpnatRoute route = { .socket = datagram->socket, .address = datagram->remote };
  UdpnatRxResult result;

  if (datagram->socket == UDPNAT_SOCKET_TUNNEL ||
      udpnat_rendezvous_client_owns (self->server, datagram))
    {
      result = udpnat_rendezvous_client_handle_datagram (self->server, now_us, datagram);
      udpnat_node_follow_server (self, now_us);
      if (result == UDPNAT_RX_IGNORED && datagram->socket != UDPNAT_SOCKET_TUNNEL)
        (void) udpnat_node_abroad_handle_datagram (self, now_us, datagram, &result);
      return result;
    }
  if (udpnat_node_abroad_handle_datagram (self, now_us, datagram, &result))
    return result;
  if (udpnat_stun_is_message (datagram->data, datagram->n_data))
    return handle_stun (self, now_us, datagram);
  return udpnat_node_handle_peer_packet (self, now_us, &route, NULL, datagram->data,
                                         datagram->n_data);
}

static gint64
node_next_deadline (const UdpnatMachine *machine)
{
  const UdpnatNode *self = (const UdpnatNode *) machine;
  gint64 deadline_us = udpnat_time_min (udpnat_rendezvous_client_next_deadline (self->server),
                                        udpnat_node_nat_next_deadline (self));
  UdpnatHeapItem *first = udpnat_heap_peek (self->timers);

  deadline_us = udpnat_time_min (deadline_us, udpnat_node_mapping_next_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_node_search_next_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_node_abroad_next_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_node_browse_next_deadline (self));
  if (!g_queue_is_empty ((GQueue *) &self->events))
    return 0; /* something happened while outputs were made: at once */
  return first != NULL ? udpnat_time_min (deadline_us, first->deadline_us) : deadline_us;
}

static void
node_handle_deadline (UdpnatMachine *machine,
                      gint64         now_us)
{
  UdpnatNode *self = (UdpnatNode *) machine;
  gint64 due_us = node_next_deadline (machine);
  UdpnatHeapItem *first;

  /* 0 is for events. */
  if (due_us > 0 && now_us - due_us > UDPNAT_NODE_SLEPT_US)
    udpnat_node_handle_wake (self, now_us);
  if (udpnat_rendezvous_client_next_deadline (self->server) <= now_us)
    udpnat_rendezvous_client_handle_deadline (self->server, now_us);
  if (udpnat_node_nat_next_deadline (self) <= now_us)
    udpnat_node_nat_handle_deadline (self, now_us);
  if (udpnat_node_mapping_next_deadline (self) <= now_us)
    udpnat_node_mapping_handle_deadline (self, now_us);
  if (udpnat_node_search_next_deadline (self) <= now_us)
    udpnat_node_search_handle_deadline (self, now_us);
  if (udpnat_node_abroad_next_deadline (self) <= now_us)
    udpnat_node_abroad_handle_deadline (self, now_us);
  if (udpnat_node_browse_next_deadline (self) <= now_us)
    udpnat_node_browse_handle_deadline (self, now_us);
  udpnat_node_follow_server (self, now_us);

  while ((first = udpnat_heap_peek (self->timers)) != NULL && first->deadline_us <= now_us)
    {
      /* Back in the heap when it has been pumped. */
      udpnat_heap_remove (self->timers, first);
      udpnat_peer_handle_deadline (first->owner, now_us);
    }
}

/* Takes one datagram from whoever has one. Pumping a peer either queues a datagram here or gives
 * the server's half one to send, so each round begins again at the top. */
static gboolean
node_pop_output (UdpnatMachine  *machine,
                 gint64          now_us,
                 UdpnatDatagram *out_datagram)
{
  UdpnatNode *self = (UdpnatNode *) machine;

  for (;;)
    {
      g_autofree UdpnatDatagram *queued = NULL;
      UdpnatPeer *peer;

      /* First what goes through the server: a handshake is repeated to many addresses, and a line
       * that has no room for all of it must not lose the one that is sure to arrive. */
      if (udpnat_rendezvous_client_pop_output (self->server, now_us, out_datagram) ||
          udpnat_node_abroad_pop_output (self, now_us, out_datagram))
        return TRUE;
      queued = g_queue_pop_head (&self->outputs);
      if (queued != NULL)
        {
          out_datagram->socket = queued->socket;
          out_datagram->ttl = queued->ttl;
          out_datagram->remote = queued->remote;
          out_datagram->n_data = queued->n_data;
          memcpy (out_datagram->data, queued->data, queued->n_data);
          return TRUE;
        }
      if (udpnat_node_nat_pop_output (self, now_us, out_datagram) ||
          udpnat_node_mapping_pop_output (self, now_us, out_datagram))
        return TRUE;
      if (udpnat_node_search_pump (self, now_us))
        continue;
      peer = g_queue_peek_head (&self->dirty);
      if (peer == NULL)
        return FALSE;
      if (!udpnat_peer_pump (peer, now_us))
        {
          g_queue_pop_head (&self->dirty);
          peer->is_dirty = FALSE;
          udpnat_heap_set (self->timers, &peer->timer, udpnat_peer_next_deadline (peer));
        }
    }
}

static UdpnatEvent *
node_pop_event (UdpnatMachine *machine)
{
  UdpnatNode *self = (UdpnatNode *) machine;

  return g_queue_pop_head (&self->events);
}

static const UdpnatMachineClass node_class = {
  .handle_datagram = node_handle_datagram,
  .next_deadline = node_next_deadline,
  .handle_deadline = node_handle_deadline,
  .pop_output = node_pop_output,
  .pop_event = node_pop_event,
};

/* ---- Construction ---- */

/**
 * udpnat_node_new:
 * @identity: copied
 * @random: copied; its user data must outlive the node
 * @wall_us: wall clock at @now_us, µs since 1970
 */
UdpnatNode *
udpnat_node_new (const UdpnatIdentity *identity,
                 const UdpnatRandom   *random,
                 gint64                now_us,
                 gint64                wall_us)
{
  UdpnatNode *self = g_new0 (UdpnatNode, 1);
  UdpnatRendezvousClientConfig config;

  self->machine.klass = &node_class;
  self->identity = udpnat_identity_copy (identity);
  self->random = *random;
  self->indexes = udpnat_index_table_new (random);
  self->timers = udpnat_heap_new ();
  self->cookies = udpnat_cookie_maker_new (random, now_us);
  udpnat_token_bucket_init (&self->handshake_bucket, UDPNAT_NODE_HANDSHAKES_PER_SECOND, now_us);
  udpnat_token_bucket_init (&self->proven_bucket, UDPNAT_NODE_HANDSHAKES_PER_SECOND, now_us);
  udpnat_token_bucket_init (&self->relayed_bucket, UDPNAT_NODE_HANDSHAKES_PER_SECOND, now_us);
  udpnat_token_bucket_init (&self->punch_bucket, UDPNAT_NODE_PUNCH_BURST, now_us);
  udpnat_token_bucket_init (&self->unknown_bucket, UDPNAT_UNKNOWN_PER_SECOND, now_us);
  udpnat_node_people_init (self);
  udpnat_node_browse_init (self);
  udpnat_node_abroad_init (self);
  udpnat_node_mail_init (self);
  udpnat_node_nat_init (self);
  udpnat_node_mapping_init (self);

  config = (UdpnatRendezvousClientConfig) {
    .identity = self->identity,
    .indexes = self->indexes,
    .random = *random,
  };
  self->server = udpnat_rendezvous_client_new (&config, now_us);
  udpnat_rendezvous_client_set_reporting (self->server, TRUE);
  udpnat_node_set_wall_clock (self, now_us, wall_us);
  return self;
}

void
udpnat_node_free (UdpnatNode *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->timers, udpnat_heap_free); /* its items live in the peers */
  udpnat_node_mail_clear (self);
  udpnat_node_people_clear (self);
  udpnat_node_browse_clear (self);
  udpnat_node_nat_clear (self);
  udpnat_node_mapping_clear (self);
  /* last, since a peer that goes in the midst of a search still has sockets to close */
  g_queue_clear (&self->dirty);
  g_queue_clear_full (&self->outputs, g_free);
  g_queue_clear_full (&self->events, (GDestroyNotify) udpnat_event_free);
  udpnat_node_abroad_clear (self);
  g_clear_pointer (&self->server, udpnat_rendezvous_client_free);
  g_clear_pointer (&self->cookies, udpnat_cookie_maker_free);
  g_clear_pointer (&self->indexes, udpnat_index_table_free);
  g_clear_pointer (&self->identity, udpnat_identity_free);
  g_free (self);
}

/**
 * udpnat_node_get_machine: Returns: (transfer none): the node as what io and the simulator drive */
UdpnatMachine *
udpnat_node_get_machine (UdpnatNode *self)
{
  return &self->machine;
}

const UdpnatPublicKey *
udpnat_node_get_public_key (const UdpnatNode *self)
{
  return udpnat_identity_get_public_key (self->identity);
}
