/* What the node knows of the way to each peer, and of the network that we are in, told for views.
 * Reads only, so it may be asked at any time and as often as somebody looks. */

#include "config.h"

#include "udpnat-candidates.h"
#include "udpnat-node-private.h"

/* ---- Our own network ---- */

static const UdpnatAddress *
get_observed (const UdpnatNode *self)
{
  const UdpnatAddress *observed = udpnat_rendezvous_client_get_reflexive (self->server, 0);

  return observed != NULL ? observed : udpnat_rendezvous_client_get_reflexive (self->server, 1);
}

static gboolean
is_own_ip (const UdpnatNode    *self,
           const UdpnatAddress *address)
{
  for (guint i = 0; i < self->n_host_addresses; i++)
    if (udpnat_address_equal_ip (&self->host_addresses[i], address))
      return TRUE;
  return FALSE;
}

/* A server that is on our side of the router cannot tell anything about it. */
static gboolean
is_seen_from_outside (const UdpnatNode    *self,
                      const UdpnatAddress *observed)
{
  UdpnatScope scope = udpnat_address_get_scope (observed);

  return scope == UDPNAT_SCOPE_GLOBAL ||
         (scope != UDPNAT_SCOPE_LOOPBACK && !is_own_ip (self, observed));
}

/* By the tests when they know: a server with two addresses shows more than one with two ports. */
static UdpnatMapping
get_mapping (const UdpnatNode *self)
{
  UdpnatCandidates verdict = { 0 };

  udpnat_node_fill_verdict (self, &verdict);
  return verdict.mapping;
}

static UdpnatNatKind
get_nat_kind (const UdpnatNode *self)
{
  const UdpnatAddress *observed = get_observed (self);

  if (observed == NULL || !is_seen_from_outside (self, observed))
    return UDPNAT_NAT_KIND_UNKNOWN;
  if (is_own_ip (self, observed))
    return UDPNAT_NAT_KIND_NONE;
  switch (get_mapping (self))
    {
    case UDPNAT_MAPPING_ENDPOINT_INDEPENDENT:
      return UDPNAT_NAT_KIND_INDEPENDENT;
    case UDPNAT_MAPPING_ENDPOINT_DEPENDENT:
      return UDPNAT_NAT_KIND_DEPENDENT;
    case UDPNAT_MAPPING_UNKNOWN:
      return UDPNAT_NAT_KIND_UNKNOWN;
    }
  g_assert_not_reached ();
}

static UdpnatPortRule
get_port_rule (const UdpnatNode *self)
{
  const UdpnatAddress *observed = udpnat_rendezvous_client_get_reflexive (self->server, 0);

  if (observed == NULL || is_own_ip (self, observed) || !is_seen_from_outside (self, observed))
    return UDPNAT_PORT_RULE_UNKNOWN;
  return observed->port == self->port ? UDPNAT_PORT_RULE_KEPT : UDPNAT_PORT_RULE_CHANGED;
}

/**
 * udpnat_node_get_network_facts:
 * @out_facts: (out caller-allocates): what is known now
 *
 * Tells of the network that we are in: our addresses, what the router does with them, whether UDP
 * works.
 */
void
udpnat_node_get_network_facts (const UdpnatNode   *self,
                               UdpnatNetworkFacts *out_facts)
{
  const UdpnatAddress *server = udpnat_rendezvous_client_get_address (self->server);

  *out_facts = (UdpnatNetworkFacts) {
    .n_hosts = self->n_host_addresses,
    .nat = get_nat_kind (self),
    .ports = get_port_rule (self),
    .udp = udpnat_rendezvous_client_get_udp_state (self->server),
    .server_rtt_us = udpnat_rendezvous_client_get_rtt (self->server),
    .is_testing = udpnat_node_is_testing_nat (self),
    .opening = self->opening.state,
    .opened = self->opening.external,
  };
  udpnat_node_get_nat_facts (self, &out_facts->tests);
  if (server != NULL && !udpnat_address_is_tunnel (server))
    out_facts->server = *server;
  for (guint i = 0; i < self->n_host_addresses; i++)
    {
      UdpnatAddress *host = &out_facts->hosts[i];

      *host = self->host_addresses[i];
      host->port = self->port;
      out_facts->has_ipv6 |= host->family == UDPNAT_FAMILY_IPV6 &&
                             udpnat_address_get_scope (host) == UDPNAT_SCOPE_GLOBAL;
    }
  for (guint i = 0; i < G_N_ELEMENTS (out_facts->observed); i++)
    {
      const UdpnatAddress *seen = udpnat_rendezvous_client_get_reflexive (self->server, i);

      if (seen != NULL)
        out_facts->observed[i] = *seen;
    }
}

/* ---- The way to a peer ---- */

static gint64
get_blocked_until (const UdpnatPeer *peer)
{
  return MAX (peer->blocked_until_us, peer->failed_until_us);
}

static UdpnatPathPhase
get_phase_without_session (const UdpnatPeer *peer,
                           gint64            now_us)
{
  if (peer->session != NULL && udpnat_session_is_handshaking (peer->session))
    return UDPNAT_PATH_PHASE_HANDSHAKE;
  /* Without a wait it is the server that is not there, and no other way is known. */
  return peer->must_call || udpnat_peer_has_unsent (peer)
           ? UDPNAT_PATH_PHASE_AWAY : UDPNAT_PATH_PHASE_IDLE;
}

static UdpnatPathPhase
get_phase (const UdpnatPeer *peer,
           gint64            now_us)
{
  if (peer->conversation == NULL)
    return UDPNAT_PATH_PHASE_IDLE;
  if (!udpnat_peer_has_session (peer) || !udpnat_session_can_send (peer->session, now_us))
    return get_phase_without_session (peer, now_us);
  if (udpnat_path_set_get_selected (peer->paths, NULL, NULL, NULL))
    return UDPNAT_PATH_PHASE_DIRECT;
  if (peer->presence == UDPNAT_PRESENCE_OFFLINE && get_blocked_until (peer) > now_us)
    return UDPNAT_PATH_PHASE_AWAY;
  return udpnat_path_set_is_trying (peer->paths) ? UDPNAT_PATH_PHASE_TRYING
                                                 : UDPNAT_PATH_PHASE_RELAYED;
}

/** udpnat_peer_note_phase: remembers since when; whenever something may have changed */
void
udpnat_peer_note_phase (UdpnatPeer *self,
                        gint64      now_us)
{
  UdpnatPathPhase phase = get_phase (self, now_us);
  UdpnatPathPhase before = self->phase;

  if (before != phase)
    self->phase_us = now_us;
  self->phase = phase;
  udpnat_node_report_way (self->node, self, before);
}

/* Whether a path was tried, or could not be, for a reason that a network without UDP explains. */
static gboolean
is_about_addresses (UdpnatPathReason reason)
{
  switch (reason)
    {
    case UDPNAT_PATH_REASON_NO_CANDIDATES:
    case UDPNAT_PATH_REASON_BOTH_SYMMETRIC:
    case UDPNAT_PATH_REASON_LOCAL_SYMMETRIC:
    case UDPNAT_PATH_REASON_REMOTE_SYMMETRIC:
    case UDPNAT_PATH_REASON_NO_ANSWER:
    case UDPNAT_PATH_REASON_DIRECT_LOST:
      return TRUE;
    case UDPNAT_PATH_REASON_NONE:
    case UDPNAT_PATH_REASON_NO_SESSION:
    case UDPNAT_PATH_REASON_CONNECTING:
    case UDPNAT_PATH_REASON_SEARCHING:
    case UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL:
    case UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE:
    case UDPNAT_PATH_REASON_UDP_BLOCKED:
    case UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE:
    case UDPNAT_PATH_REASON_IDLE:
      return FALSE;
    }
  g_assert_not_reached ();
}

/* Why packets to the peer are relayed, when they are. */
static UdpnatPathReason
get_reason (const UdpnatPeer *self)
{
  UdpnatPathReason reason = udpnat_path_set_get_reason (self->paths);

  if (!is_about_addresses (reason))
    return reason;
  if (udpnat_rendezvous_client_is_tunnelled (udpnat_peer_get_server (self)))
    return UDPNAT_PATH_REASON_UDP_BLOCKED;
  return udpnat_path_set_is_remote_udp_blocked (self->paths) ? UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE
                                                             : reason;
}

/** udpnat_peer_get_path: how packets travel to the peer now */
void
udpnat_peer_get_path (const UdpnatPeer *self,
                      UdpnatNodePath   *out_path)
{
  *out_path = (UdpnatNodePath) {
    .kind = UDPNAT_PATH_KIND_RELAY,
    .reason = UDPNAT_PATH_REASON_NO_SESSION,
  };
  if (self->paths == NULL || self->session == NULL)
    return;
  if (udpnat_path_set_get_selected (self->paths, &out_path->address, &out_path->kind,
                                    &out_path->rtt_us))
    {
      out_path->reason = UDPNAT_PATH_REASON_NONE;
      return;
    }
  out_path->kind = UDPNAT_PATH_KIND_RELAY;
  out_path->address = UDPNAT_ADDRESS_NONE;
  out_path->rtt_us = udpnat_session_get_rtt (self->session);
  out_path->reason = get_reason (self);
}

/* What the paths cannot know: whether there is anybody to talk to, and what a session measures. Its
 * round trips hold the delay of ACKs, so they count only where no path was challenged. */
static void
tell_session (const UdpnatPeer *peer,
              gint64            now_us,
              UdpnatPathFacts  *facts)
{
  switch (facts->phase)
    {
    case UDPNAT_PATH_PHASE_AWAY:
      facts->until_us = get_blocked_until (peer) > now_us ? get_blocked_until (peer)
                                                          : UDPNAT_TIME_NEVER;
      break;
    case UDPNAT_PATH_PHASE_HANDSHAKE:
      facts->until_us = udpnat_session_next_deadline (peer->session);
      break;
    case UDPNAT_PATH_PHASE_IDLE:
      facts->until_us = UDPNAT_TIME_NEVER;
      break;
    case UDPNAT_PATH_PHASE_TRYING:
    case UDPNAT_PATH_PHASE_DIRECT:
    case UDPNAT_PATH_PHASE_RELAYED:
      break;
    }
  if (peer->session == NULL)
    {
      facts->kind = UDPNAT_PATH_KIND_RELAY;
      facts->address = UDPNAT_ADDRESS_NONE;
      facts->rtt_us = facts->latest_rtt_us = 0;
      facts->reason = UDPNAT_PATH_REASON_NO_SESSION;
    }
  else
    {
      if (facts->kind == UDPNAT_PATH_KIND_RELAY)
        facts->rtt_us = facts->latest_rtt_us = udpnat_session_get_rtt (peer->session);
      facts->unanswered_since_us = udpnat_time_min (
        facts->unanswered_since_us, udpnat_session_get_unanswered_since (peer->session));
    }
}

/**
 * udpnat_node_get_path_facts:
 * @key: somebody's
 * @out_facts: (out caller-allocates): what is known now
 *
 * Tells how far the way to somebody is, and what was tried.
 *
 * Returns: %FALSE when nobody of this key is known; then @out_facts is not touched
 */
gboolean
udpnat_node_get_path_facts (const UdpnatNode      *self,
                            gint64                 now_us,
                            const UdpnatPublicKey *key,
                            UdpnatPathFacts       *out_facts)
{
  const UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL)
    return FALSE;
  if (peer->paths != NULL)
    {
      udpnat_path_set_get_facts (peer->paths, out_facts);
      if (out_facts->reason != UDPNAT_PATH_REASON_NONE)
        out_facts->reason = get_reason (peer);
    }
  else
    *out_facts = (UdpnatPathFacts) {
      .reason = UDPNAT_PATH_REASON_NO_SESSION,
      .unanswered_since_us = UDPNAT_TIME_NEVER,
    };
  out_facts->phase = get_phase (peer, now_us);
  out_facts->since_us = peer->phase == out_facts->phase ? peer->phase_us : now_us;
  out_facts->local_nat = get_nat_kind (self);
  tell_session (peer, now_us, out_facts);
  if (out_facts->until_us != UDPNAT_TIME_NEVER)
    out_facts->until_us = MAX (out_facts->until_us, now_us); /* 0 means at once */
  return TRUE;
}

/**
 * udpnat_node_reach:
 *
 * Has somebody called, though there is nothing to say, and the ways to them tried, as long as after
 * a message. Does nothing for strangers, who are reached through the server only.
 */
void
udpnat_node_reach (UdpnatNode            *self,
                   gint64                 now_us,
                   const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL || !udpnat_peer_is_trusted (peer))
    return;
  udpnat_peer_open (peer, now_us);
  peer->must_call |= !udpnat_peer_has_session (peer);
  udpnat_peer_note_active (peer, now_us);
  udpnat_node_mark_dirty (self, peer);
}

/**
 * udpnat_node_measure:
 *
 * Asks @key for a sign of life, so that the round trip in the facts becomes that of now: by a
 * challenge of the direct path, which is answered at once, else by a PING. Does nothing while there
 * is no session. Does not count as talking: paths are let go as ever.
 */
void
udpnat_node_measure (UdpnatNode            *self,
                     gint64                 now_us,
                     const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL || !udpnat_peer_has_session (peer) ||
      !udpnat_session_can_send (peer->session, now_us))
    return;
  if (udpnat_path_set_get_selected (peer->paths, NULL, NULL, NULL))
    udpnat_path_set_measure (peer->paths, now_us);
  else
    udpnat_session_ping (peer->session, now_us);
  udpnat_node_mark_dirty (self, peer);
}
