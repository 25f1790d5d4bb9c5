/* Two peers agree on a search for a port (PROTOCOL.md section 10), and each does its half.
 *
 *   opener                                   prober
 *     OFFER nonce                   ───→
 *                                            asks the server to sign where it is, under that nonce
 *                                   ←───     ACCEPT nonce, attestation
 *     likewise; opens its router towards
 *     the prober from many sockets
 *     GO attestation, ranges        ───→
 *                                            sends to many ports of that address
 *
 * Where both map by destination and let in exactly whom they have sent to, there is one case left:
 * both give ports in order. Then GO names what the opener's router gives out next, the other says
 * the same of its own in MEET, and both open sockets towards the middle of that.
 *
 * Who opens: whose router maps each destination to another port. If both do, whose router lets in
 * any port of an address that it has sent to; if neither does that, who has the lower key.
 * Everything goes to an address that the server has seen the peer at, never to one that the peer
 * names. One search at a time, three an hour with one peer, ten minutes after one in vain; an offer
 * that the other did not take up, perhaps since it did not know yet what we know, is made again. */

#include "config.h"

#include "udpnat-node-search-private.h"

#include <string.h>

#include "udpnat-attestation-signature.h"
#include "udpnat-frame.h"
#include "udpnat-node-private.h"
#include "udpnat-node-vouch-private.h"
#include "udpnat-packet.h"
#include "udpnat-peer-sockets-private.h"

/* ---- Beginning and end ---- */

static void
release (UdpnatNode    *self,
         UdpnatSocketId kept)
{
  UdpnatNodeSearch *search = &self->search;

  if (search->peer != NULL && search->peer->paths != NULL)
    udpnat_path_set_set_searching (search->peer->paths, UDPNAT_TIME_NEVER);

  for (guint i = 0; i < search->n_sockets; i++)
    if (search->sockets[i] != kept)
      {
        if (search->peer != NULL && search->peer->paths != NULL)
          udpnat_path_set_drop_socket (search->peer->paths, search->sockets[i]);
        udpnat_node_close_socket (self, search->sockets[i]);
      }
  g_clear_pointer (&search->sample, udpnat_mapping_query_free);
  g_clear_pointer (&search->search, udpnat_port_search_free);
  *search = (UdpnatNodeSearch) { .deadline_us = UDPNAT_TIME_NEVER };
}

/* When an offer is made again that was refused, or not answered; after that, only with a round of
 * punching. */
static const gint64 again_gaps_us[] = {
  UDPNAT_SEC (1),
  UDPNAT_SEC (4),
  UDPNAT_SEC (16),
  UDPNAT_SEC (64),
};

static void
plan_again (UdpnatPeerSearches *searches,
            gint64              now_us)
{
  if (searches->n_refused < G_N_ELEMENTS (again_gaps_us))
    searches->again_us = now_us + again_gaps_us[searches->n_refused];
  searches->n_refused++;
}

/* In vain, or refused. */
static void
give_up (UdpnatNode *self,
         gint64      now_us)
{
  UdpnatPeerSearches *searches = &self->search.peer->searches;

  g_debug ("search given up at stage %d", self->search.stage);
  if (self->search.stage == UDPNAT_SEARCH_STAGE_OFFERED)
    plan_again (searches, now_us);
  else
    searches->blocked_until_us = now_us + UDPNAT_SEARCH_COOL_DOWN_US;
  udpnat_node_mark_dirty (self, self->search.peer);
  release (self, UDPNAT_SOCKET_MAIN);
}

static void
begin (UdpnatNode        *self,
       gint64             now_us,
       UdpnatPeer        *peer,
       UdpnatSearchStage  stage)
{
  UdpnatNodeSearch *search = &self->search;

  search->peer = peer;
  search->stage = stage;
  search->deadline_us = now_us + UDPNAT_SEARCH_AGREE_US;
  udpnat_random_fill (&self->random, search->own_nonce, sizeof search->own_nonce);
}

/* An offer that is not taken up has cost a packet, and does not count. */
static void
count (UdpnatPeerSearches *searches,
       gint64              now_us)
{
  searches->begun_us[searches->n_begun % UDPNAT_SEARCHES_PER_HOUR] = now_us;
  searches->n_begun++;
  searches->n_refused = 0;
}

static void
send_message (UdpnatPeer                *peer,
              const UdpnatSearchMessage *message)
{
  if (peer->control_out == NULL)
    peer->control_out = g_byte_array_new ();
  udpnat_write_search (peer->control_out, message);
  udpnat_node_mark_dirty (peer->node, peer);
}

/* ---- Who opens ---- */

static gboolean
is_dependent (guint8 mapping)
{
  return mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
}

/* Whether a router lets in any port of an address that it has sent to. */
static gboolean
lets_in_ports (guint8 filtering)
{
  return filtering == UDPNAT_FILTERING_ENDPOINT_INDEPENDENT ||
         filtering == UDPNAT_FILTERING_ADDRESS_DEPENDENT;
}

/* Whether the side of @own would be the opener, the other side being @other. */
static gboolean
may_open (const UdpnatCandidates *own,
          const UdpnatCandidates *other)
{
  return is_dependent (own->mapping) &&
         (!is_dependent (other->mapping) || lets_in_ports (own->filtering));
}

/* Whether nothing but a meeting can help, if both give ports in order. */
static gboolean
is_meeting (const UdpnatPeer *peer)
{
  const UdpnatCandidates *local = &peer->node->local;
  const UdpnatCandidates *remote = udpnat_path_set_get_remote (peer->paths);

  return is_dependent (local->mapping) && is_dependent (remote->mapping) &&
         local->filtering == UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT &&
         remote->filtering == UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT;
}

static gboolean
has_lower_key (const UdpnatPeer *peer)
{
  return udpnat_public_key_compare (udpnat_identity_get_public_key (peer->node->identity),
                                    &peer->key) < 0;
}

static gboolean
is_opener (const UdpnatPeer       *peer,
           const UdpnatCandidates *remote)
{
  const UdpnatCandidates *local = &peer->node->local;

  if (is_meeting (peer))
    return peer->node->nat.allocator == UDPNAT_PORT_ALLOCATOR_SEQUENTIAL && has_lower_key (peer);
  if (!may_open (local, remote))
    return FALSE;
  return !may_open (remote, local) || has_lower_key (peer);
}

/* Whether the last hour has room for one more. */
static gboolean
has_room (const UdpnatPeerSearches *searches,
          gint64                    now_us)
{
  gint64 oldest_us = searches->begun_us[searches->n_begun % UDPNAT_SEARCHES_PER_HOUR];

  return searches->n_begun < UDPNAT_SEARCHES_PER_HOUR || now_us - oldest_us >= UDPNAT_SEC (3600);
}

static gboolean
is_allowed (const UdpnatNode *self,
            gint64            now_us,
            const UdpnatPeer *peer)
{
  return !self->is_search_off && !self->is_relay_only && !peer->is_relay_only &&
         self->search.stage == UDPNAT_SEARCH_STAGE_NONE && udpnat_peer_is_trusted (peer) &&
         now_us >= peer->searches.blocked_until_us &&
         has_room (&peer->searches, now_us) &&
         udpnat_rendezvous_client_is_connected (udpnat_peer_get_server (peer));
}

/**
 * udpnat_node_set_port_search:
 * @is_on: whether hundreds of packets may be sent to find a port, as at first; a search that goes
 *   on is ended
 */
void
udpnat_node_set_port_search (UdpnatNode *self,
                             gboolean    is_on)
{
  self->is_search_off = !is_on;
  if (is_on || self->search.peer == NULL)
    return;
  udpnat_node_mark_dirty (self, self->search.peer);
  udpnat_node_abort_search (self, self->search.peer);
}

/** udpnat_node_consider_search: plain punching has not got through to @peer, and hardly will */
void
udpnat_node_consider_search (UdpnatNode *self,
                             gint64      now_us,
                             UdpnatPeer *peer)
{
  UdpnatSearchMessage offer = { .step = UDPNAT_SEARCH_OFFER };

  peer->searches.again_us = 0;
  /* Where our router opens ports, and with what TTL, the tests will tell. */
  peer->searches.is_wanted = udpnat_node_is_testing_nat (self);
  if (peer->searches.is_wanted || !is_allowed (self, now_us, peer) ||
      udpnat_path_set_get_selected (peer->paths, NULL, NULL, NULL) ||
      !is_opener (peer, udpnat_path_set_get_remote (peer->paths)))
    return;
  begin (self, now_us, peer, UDPNAT_SEARCH_STAGE_OFFERED);
  memcpy (offer.nonce, self->search.own_nonce, sizeof offer.nonce);
  send_message (peer, &offer);
}

/** udpnat_node_repeat_search: it is time for what was refused, unless nobody talks any more */
void
udpnat_node_repeat_search (UdpnatNode *self,
                           gint64      now_us,
                           UdpnatPeer *peer)
{
  if (peer->searches.again_us == 0 || peer->searches.again_us > now_us)
    return;
  peer->searches.again_us = 0;
  if (peer->session != NULL)
    udpnat_node_consider_search (self, now_us, peer);
}

/* ---- Opening ---- */

static guint
get_wanted_sockets (const UdpnatNatFacts *nat)
{
  guint n_block = (guint) nat->block_last - nat->block_first + 1;

  switch (nat->allocator)
    {
    case UDPNAT_PORT_ALLOCATOR_SEQUENTIAL:
      return UDPNAT_SEARCH_SEQUENTIAL_SOCKETS;
    case UDPNAT_PORT_ALLOCATOR_BLOCK:
      return CLAMP (n_block * UDPNAT_SEARCH_BLOCK_PERCENT / 100, 8, 32);
    case UDPNAT_PORT_ALLOCATOR_UNKNOWN:
    case UDPNAT_PORT_ALLOCATOR_PRESERVING:
    case UDPNAT_PORT_ALLOCATOR_RANDOM:
      return UDPNAT_SEARCH_SOCKETS_MAX;
    }
  g_assert_not_reached ();
}

static void
open_sockets (UdpnatNode *self)
{
  UdpnatNodeSearch *search = &self->search;
  guint n_wanted = get_wanted_sockets (&self->nat);

  while (search->n_sockets < n_wanted)
    {
      UdpnatSocketId socket = udpnat_node_open_socket (self);

      if (socket == UDPNAT_SOCKET_MAIN)
        return;
      search->sockets[search->n_sockets++] = socket;
    }
}

/* Asks where our router is at this moment, by the first socket. */
static void
take_sample (UdpnatNode *self,
             gint64      now_us)
{
  self->search.sample = udpnat_mapping_query_new (
    &self->random, udpnat_rendezvous_client_get_address (self->server), self->search.sockets[0],
    now_us);
}

/* Returns: the port that the sample has shown, 0: none */
static guint16
get_sampled_port (const UdpnatNode *self)
{
  const UdpnatAddress *mapped = NULL;

  if (self->search.sample != NULL)
    mapped = udpnat_mapping_query_get_mapped (self->search.sample);
  return mapped != NULL ? mapped->port : 0;
}

/* What our router gives out next: to our sockets, if nobody else asks for a port. */
static UdpnatPortRange
get_next_ports (const UdpnatNode *self,
                guint16           sampled_port)
{
  return (UdpnatPortRange) {
    .first = (guint16) (sampled_port + self->nat.step),
    .count = (guint16) self->search.n_sockets,
    .step = (gint16) self->nat.step,
  };
}

/* Where our router has most likely opened ports for them. */
static void
fill_ranges (const UdpnatNode    *self,
             guint16              sampled_port,
             UdpnatSearchMessage *go)
{
  const UdpnatNatFacts *nat = &self->nat;

  if (nat->allocator == UDPNAT_PORT_ALLOCATOR_SEQUENTIAL && sampled_port != 0)
    go->ranges[go->n_ranges++] = (UdpnatPortRange) {
      .first = (guint16) (sampled_port + nat->step),
      .count = UDPNAT_SEARCH_SEQUENTIAL_WINDOW,
      .step = (gint16) nat->step,
    };
  else if (nat->allocator == UDPNAT_PORT_ALLOCATOR_BLOCK)
    go->ranges[go->n_ranges++] = (UdpnatPortRange) {
      .first = nat->block_first,
      .count = (guint16) (nat->block_last - nat->block_first + 1),
    };
  go->ranges[go->n_ranges++] = (UdpnatPortRange) {
    .first = UDPNAT_CANDIDATE_PORT_MIN,
    .count = (guint16) (G_MAXUINT16 - UDPNAT_CANDIDATE_PORT_MIN + 1),
  };
}

static void
run (UdpnatNode       *self,
     gint64            now_us,
     UdpnatPortSearch *search)
{
  self->search.search = search;
  self->search.stage = UDPNAT_SEARCH_STAGE_RUNNING;
  self->search.deadline_us = now_us + UDPNAT_SEARCH_US;
  udpnat_path_set_set_searching (self->search.peer->paths, self->search.deadline_us);
  udpnat_node_mark_dirty (self, self->search.peer);
}

/* Sends to the middle of what their router gives out next, as they do to ours. */
static void
run_meeting (UdpnatNode            *self,
             gint64                 now_us,
             const UdpnatPortRange *theirs)
{
  UdpnatNodeSearch *search = &self->search;
  gint port = theirs->first + theirs->count / 2 * theirs->step;

  if (theirs->step == 0 || theirs->count == 0 || port < UDPNAT_CANDIDATE_PORT_MIN ||
      port > G_MAXUINT16)
    {
      give_up (self, now_us);
      return;
    }
  search->target.port = (guint16) port;
  run (self, now_us,
       udpnat_port_search_new_meeting (&self->random, now_us, &search->target, search->sockets,
                                       search->n_sockets, udpnat_node_get_open_ttl (self)));
}

/* GO or MEET with what our router gives out next, of a sample that is there. */
static gboolean
tell_next_ports (UdpnatNode       *self,
                 UdpnatSearchStep  step)
{
  UdpnatNodeSearch *search = &self->search;
  UdpnatSearchMessage message = { .step = step, .attestation = search->attestation };
  guint16 port = get_sampled_port (self);

  g_clear_pointer (&search->sample, udpnat_mapping_query_free);
  if (port == 0)
    return FALSE;
  message.ranges[message.n_ranges++] = get_next_ports (self, port);
  send_message (search->peer, &message);
  return TRUE;
}

/* MEET, as soon as the sample is there. */
static void
maybe_meet (UdpnatNode *self,
            gint64      now_us)
{
  if (!udpnat_mapping_query_is_over (self->search.sample))
    return;
  if (tell_next_ports (self, UDPNAT_SEARCH_MEET))
    run_meeting (self, now_us, &self->search.remote_range);
  else
    give_up (self, now_us);
}

/* GO, as soon as the server has signed and the sample is there. */
static void
maybe_go (UdpnatNode *self,
          gint64      now_us)
{
  UdpnatNodeSearch *search = &self->search;
  UdpnatSearchMessage go = { .step = UDPNAT_SEARCH_GO, .attestation = search->attestation };

  if (!search->has_attestation ||
      (search->sample != NULL && !udpnat_mapping_query_is_over (search->sample)))
    return;
  if (is_meeting (search->peer))
    {
      search->stage = UDPNAT_SEARCH_STAGE_MEETING;
      search->deadline_us = now_us + UDPNAT_SEARCH_AGREE_US;
      if (!tell_next_ports (self, UDPNAT_SEARCH_GO))
        give_up (self, now_us);
      return;
    }
  fill_ranges (self, get_sampled_port (self), &go);
  g_clear_pointer (&search->sample, udpnat_mapping_query_free);
  send_message (search->peer, &go);
  run (self, now_us,
       udpnat_port_search_new_opener (&self->random, now_us, &search->target, search->sockets,
                                      search->n_sockets, udpnat_node_get_open_ttl (self)));
}

static void
follow_sample (UdpnatNode *self,
               gint64      now_us)
{
  if (self->search.stage == UDPNAT_SEARCH_STAGE_SAMPLING)
    maybe_meet (self, now_us);
  else
    maybe_go (self, now_us);
}

/* ---- Messages ---- */

/* Takes the peer's address from the server's word, if it is that. */
static gboolean
take_target (UdpnatNode              *self,
             const UdpnatAttestation *attestation)
{
  const UdpnatAddress *address = &attestation->address;
  UdpnatPublicKey server_key;

  if (memcmp (attestation->nonce, self->search.own_nonce, sizeof attestation->nonce) != 0 ||
      address->family != UDPNAT_FAMILY_IPV4 || address->port < UDPNAT_CANDIDATE_PORT_MIN ||
      udpnat_address_get_scope (address) != UDPNAT_SCOPE_GLOBAL ||
      !udpnat_rendezvous_client_get_key (self->server, &server_key) ||
      !udpnat_attestation_verify (attestation, &server_key, &self->search.peer->key))
    return FALSE;
  self->search.target = *address;
  return TRUE;
}

/* Whether what the peer offers to open may be found by us. */
static gboolean
is_worth_it (const UdpnatPeer *peer)
{
  const UdpnatNode *self = peer->node;

  if (is_meeting (peer))
    return self->nat.allocator == UDPNAT_PORT_ALLOCATOR_SEQUENTIAL;
  return may_open (udpnat_path_set_get_remote (peer->paths), &self->local);
}

/* The server that must vouch for us is being gone to at this moment: the peer talks with us as a
 * guest of our own. The offer waits for it, shorter than its sender does. */
static gboolean
hold_offer (gint64                     now_us,
            UdpnatPeer                *peer,
            const UdpnatSearchMessage *message)
{
  if (peer->abroad == NULL ||
      udpnat_rendezvous_client_is_connected (udpnat_peer_get_server (peer)))
    return FALSE;
  udpnat_peer_use_server (peer, now_us);
  memcpy (peer->searches.held_nonce, message->nonce, sizeof message->nonce);
  peer->searches.held_until_us = now_us + UDPNAT_SEARCH_AGREE_US / 2;
  return TRUE;
}

/** udpnat_node_take_held_offer: the server where @peer is can vouch for us now */
void
udpnat_node_take_held_offer (UdpnatNode *self,
                             gint64      now_us,
                             UdpnatPeer *peer)
{
  UdpnatSearchMessage offer = { .step = UDPNAT_SEARCH_OFFER };
  gboolean is_held = now_us < peer->searches.held_until_us;

  peer->searches.held_until_us = 0;
  if (!is_held || peer->paths == NULL)
    return;
  memcpy (offer.nonce, peer->searches.held_nonce, sizeof offer.nonce);
  udpnat_node_handle_search (self, now_us, peer, &offer);
}

static void
handle_offer (UdpnatNode                *self,
              gint64                     now_us,
              UdpnatPeer                *peer,
              const UdpnatSearchMessage *message)
{
  UdpnatSearchMessage refusal = { .step = UDPNAT_SEARCH_REFUSE };

  if (hold_offer (now_us, peer, message))
    return;
  if (!is_allowed (self, now_us, peer) || !is_worth_it (peer))
    {
      send_message (peer, &refusal);
      return;
    }
  begin (self, now_us, peer, UDPNAT_SEARCH_STAGE_ACCEPTING);
  count (&peer->searches, now_us);
  memcpy (self->search.remote_nonce, message->nonce, sizeof message->nonce);
  udpnat_rendezvous_client_attest (udpnat_peer_get_server (self->search.peer), now_us,
                                   message->nonce);
}

static void
handle_accept (UdpnatNode                *self,
               gint64                     now_us,
               const UdpnatSearchMessage *message)
{
  UdpnatNodeSearch *search = &self->search;

  count (&search->peer->searches, now_us);
  search->stage = UDPNAT_SEARCH_STAGE_STARTING;
  if (!take_target (self, &message->attestation))
    {
      give_up (self, now_us);
      return;
    }
  memcpy (search->remote_nonce, message->nonce, sizeof message->nonce);
  udpnat_rendezvous_client_attest (udpnat_peer_get_server (self->search.peer), now_us,
                                   message->nonce);
  open_sockets (self);
  if (search->n_sockets == 0)
    give_up (self, now_us);
  else if (self->nat.allocator == UDPNAT_PORT_ALLOCATOR_SEQUENTIAL)
    take_sample (self, now_us);
}

/* The opener's router is known; ours is asked. */
static void
prepare_meeting (UdpnatNode                *self,
                 gint64                     now_us,
                 const UdpnatSearchMessage *message)
{
  UdpnatNodeSearch *search = &self->search;

  open_sockets (self);
  if (search->n_sockets == 0 || message->n_ranges == 0)
    {
      give_up (self, now_us);
      return;
    }
  search->stage = UDPNAT_SEARCH_STAGE_SAMPLING;
  search->deadline_us = now_us + UDPNAT_SEARCH_AGREE_US;
  search->remote_range = message->ranges[0];
  take_sample (self, now_us);
}

static void
handle_meet (UdpnatNode                *self,
             gint64                     now_us,
             const UdpnatSearchMessage *message)
{
  if (message->n_ranges == 0)
    give_up (self, now_us);
  else
    run_meeting (self, now_us, &message->ranges[0]);
}

static void
handle_go (UdpnatNode                *self,
           gint64                     now_us,
           const UdpnatSearchMessage *message)
{
  if (!take_target (self, &message->attestation))
    give_up (self, now_us);
  else if (is_meeting (self->search.peer))
    prepare_meeting (self, now_us, message);
  else
    run (self, now_us,
         udpnat_port_search_new_prober (&self->random, now_us, &self->search.target,
                                        message->ranges, message->n_ranges));
}

/** udpnat_node_handle_search: a SEARCH of @peer, whom we trust */
void
udpnat_node_handle_search (UdpnatNode                *self,
                           gint64                     now_us,
                           UdpnatPeer                *peer,
                           const UdpnatSearchMessage *message)
{
  UdpnatSearchStage stage = peer == self->search.peer ? self->search.stage
                                                      : UDPNAT_SEARCH_STAGE_NONE;

  if (message->step == UDPNAT_SEARCH_ASK || message->step == UDPNAT_SEARCH_TELL)
    udpnat_node_handle_vouch (self, now_us, peer, message);
  else if (message->step == UDPNAT_SEARCH_OFFER)
    handle_offer (self, now_us, peer, message);
  else if (message->step == UDPNAT_SEARCH_ACCEPT && stage == UDPNAT_SEARCH_STAGE_OFFERED)
    handle_accept (self, now_us, message);
  else if (message->step == UDPNAT_SEARCH_GO && stage == UDPNAT_SEARCH_STAGE_ACCEPTED)
    handle_go (self, now_us, message);
  else if (message->step == UDPNAT_SEARCH_MEET && stage == UDPNAT_SEARCH_STAGE_MEETING)
    handle_meet (self, now_us, message);
  else if (message->step == UDPNAT_SEARCH_REFUSE && stage == UDPNAT_SEARCH_STAGE_OFFERED)
    give_up (self, now_us);
}

/** udpnat_node_handle_attestation: the server's word on where we are */
void
udpnat_node_handle_attestation (UdpnatNode              *self,
                                gint64                   now_us,
                                const UdpnatAttestation *attestation)
{
  UdpnatNodeSearch *search = &self->search;
  UdpnatSearchMessage accept = { .step = UDPNAT_SEARCH_ACCEPT, .attestation = *attestation };

  udpnat_node_handle_vouch_attestation (self, attestation);
  if (search->stage == UDPNAT_SEARCH_STAGE_NONE ||
      memcmp (attestation->nonce, search->remote_nonce, sizeof attestation->nonce) != 0)
    return;
  if (search->stage == UDPNAT_SEARCH_STAGE_ACCEPTING)
    {
      memcpy (accept.nonce, search->own_nonce, sizeof accept.nonce);
      search->stage = UDPNAT_SEARCH_STAGE_ACCEPTED;
      send_message (search->peer, &accept);
    }
  else if (search->stage == UDPNAT_SEARCH_STAGE_STARTING)
    {
      search->attestation = *attestation;
      search->has_attestation = TRUE;
      maybe_go (self, now_us);
    }
}

/** udpnat_node_handle_search_stun: Returns: %FALSE when it is not the sample's */
gboolean
udpnat_node_handle_search_stun (UdpnatNode           *self,
                                gint64                now_us,
                                const UdpnatDatagram *datagram)
{
  if (self->search.sample == NULL ||
      udpnat_mapping_query_handle_datagram (self->search.sample, now_us, datagram) != UDPNAT_RX_OK)
    return FALSE;
  follow_sample (self, now_us);
  return TRUE;
}

/* Whether it is the search that has found the chosen path, and not plain punching meanwhile. */
static gboolean
has_found (const UdpnatNodeSearch *search)
{
  UdpnatAddress address;

  return search->search != NULL &&
         udpnat_path_set_get_selected (search->peer->paths, &address, NULL, NULL) &&
         udpnat_port_search_has_found (search->search, &address);
}

/** udpnat_node_finish_search: there is a direct path to @peer, found by the search or otherwise */
void
udpnat_node_finish_search (UdpnatNode *self,
                           gint64      now_us,
                           UdpnatPeer *peer)
{
  UdpnatSocketId found = udpnat_path_set_get_selected_socket (peer->paths);
  gboolean is_ours = FALSE;

  if (self->search.peer != peer)
    return;
  for (guint i = 0; i < self->search.n_sockets; i++)
    is_ours |= found != UDPNAT_SOCKET_MAIN && self->search.sockets[i] == found;
  if (has_found (&self->search))
    udpnat_path_set_note_searched (peer->paths);
  if (is_ours)
    udpnat_peer_adopt_socket (peer, now_us, found);
  release (self, is_ours ? found : UDPNAT_SOCKET_MAIN);
}

/** udpnat_node_abort_search: if it is with @peer, who is gone */
void
udpnat_node_abort_search (UdpnatNode *self,
                          UdpnatPeer *peer)
{
  if (self->search.peer == peer && peer != NULL)
    release (self, UDPNAT_SOCKET_MAIN);
}

/* ---- As a part of the node's machine ---- */

gint64
udpnat_node_search_next_deadline (const UdpnatNode *self)
{
  const UdpnatNodeSearch *search = &self->search;
  gint64 deadline_us = search->deadline_us;

  if (search->sample != NULL)
    deadline_us = udpnat_time_min (deadline_us,
                                   udpnat_mapping_query_next_deadline (search->sample));
  if (search->search != NULL)
    deadline_us = udpnat_time_min (deadline_us,
                                   udpnat_port_search_next_deadline (search->search));
  return deadline_us;
}

void
udpnat_node_search_handle_deadline (UdpnatNode *self,
                                    gint64      now_us)
{
  if (self->search.sample != NULL)
    {
      udpnat_mapping_query_handle_deadline (self->search.sample, now_us);
      follow_sample (self, now_us);
    }
  if (self->search.deadline_us <= now_us)
    give_up (self, now_us);
}

static void
send_output (UdpnatNode             *self,
             gint64                  now_us,
             const UdpnatPathOutput *output)
{
  UdpnatSession *session = self->search.peer->session;
  guint8 frames[64];
  guint8 filler[UDPNAT_OPEN_RANDOM_BYTES];
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gsize n_data;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (output->type == UDPNAT_PATH_OUTPUT_OPEN)
    {
      udpnat_random_fill (&self->random, filler, sizeof filler);
      udpnat_open_packet_write (&writer, filler);
      udpnat_node_send_direct (self, output->socket, &output->to, output->ttl, frames,
                               writer.n_written);
      return;
    }
  if (session == NULL || !udpnat_frame_write_path_challenge (&writer, output->token))
    return;
  n_data = udpnat_session_seal_frames (session, now_us, frames, writer.n_written, data);
  if (n_data > 0)
    udpnat_node_send_direct (self, output->socket, &output->to, 0, data, n_data);
}

/** udpnat_node_search_note_sent: by punching, to @peer: it counts as the search's own, if it is
 * with that peer */
void
udpnat_node_search_note_sent (UdpnatNode       *self,
                              gint64            now_us,
                              const UdpnatPeer *peer)
{
  if (self->search.peer == peer && self->search.search != NULL)
    udpnat_port_search_note_sent (self->search.search, now_us);
}

/* The next of the search, unless a hit is being proven. */
static gboolean
pop_search (UdpnatNode       *self,
            gint64            now_us,
            UdpnatPathOutput *out_output)
{
  UdpnatNodeSearch *search = &self->search;

  if (search->search == NULL)
    return FALSE;
  udpnat_port_search_hold (search->search, udpnat_path_set_get_hit_end (search->peer->paths));
  return udpnat_port_search_pop_output (search->search, now_us, out_output);
}

/** udpnat_node_search_pump: Returns: whether something was queued to be sent */
gboolean
udpnat_node_search_pump (UdpnatNode *self,
                         gint64      now_us)
{
  UdpnatPathOutput output;
  UdpnatDatagram datagram;

  if (self->search.sample != NULL &&
      udpnat_mapping_query_pop_output (self->search.sample, now_us, &datagram))
    {
      udpnat_node_send_direct (self, datagram.socket, &datagram.remote, datagram.ttl,
                               datagram.data, datagram.n_data);
      return TRUE;
    }
  if (!pop_search (self, now_us, &output))
    return FALSE;
  send_output (self, now_us, &output);
  return TRUE;
}
