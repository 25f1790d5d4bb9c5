/* What a path set knows, told for views. Reads only: the set is the same afterwards, whoever asks
 * and however often. Phase and its beginning are the owner's, who also knows the session. */

#include "config.h"

#include "udpnat-path-select-private.h"
#include "udpnat-path-set-private.h"

static UdpnatAddressSource
get_candidate_source (const UdpnatCandidate *candidate)
{
  switch (candidate->kind)
    {
    case UDPNAT_CANDIDATE_HOST:
      return UDPNAT_ADDRESS_SOURCE_HOST;
    case UDPNAT_CANDIDATE_REFLEXIVE:
      return UDPNAT_ADDRESS_SOURCE_OBSERVED;
    case UDPNAT_CANDIDATE_MAPPED:
      return UDPNAT_ADDRESS_SOURCE_MAPPED;
    case UDPNAT_CANDIDATE_GLOBAL_IPV6:
      return UDPNAT_ADDRESS_SOURCE_IPV6;
    case UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT:
      return UDPNAT_ADDRESS_SOURCE_GUESSED;
    default: /* a peer may say any number */
      return UDPNAT_ADDRESS_SOURCE_OTHER;
    }
}

static const UdpnatCandidate *
find_candidate (const UdpnatCandidates *candidates,
                const UdpnatAddress    *address)
{
  guint n_candidates = MIN (candidates->n_candidates, UDPNAT_CANDIDATES_MAX);

  for (guint i = 0; i < n_candidates; i++)
    if (udpnat_address_equal (&candidates->candidates[i].address, address))
      return &candidates->candidates[i];

  return NULL;
}

static UdpnatAddressSource
get_path_source (const UdpnatPathSet *self,
                 const UdpnatPath    *path)
{
  const UdpnatCandidate *listed = find_candidate (&self->remote, &path->address);

  if (listed != NULL)
    return get_candidate_source (listed);

  return (path->origin & UDPNAT_PATH_ORIGIN_CACHED) != 0 ? UDPNAT_ADDRESS_SOURCE_CACHED
                                                         : UDPNAT_ADDRESS_SOURCE_LEARNED;
}

static UdpnatPathDiscovery
get_discovery (const UdpnatPathSet *self,
               const UdpnatPath    *path)
{
  if (path->was_searched)
    return UDPNAT_PATH_DISCOVERY_SEARCH;
  return path->socket != UDPNAT_SOCKET_MAIN && !self->is_rotating
         ? UDPNAT_PATH_DISCOVERY_SECOND_PORT : UDPNAT_PATH_DISCOVERY_PLAIN;
}

static UdpnatPathFate
get_fate (const UdpnatPathSet *self,
          const UdpnatPath    *path)
{
  switch (path->state)
    {
    case UDPNAT_PATH_STATE_WAITING:
      return UDPNAT_PATH_FATE_WAITING;
    case UDPNAT_PATH_STATE_PROBING:
      return UDPNAT_PATH_FATE_TRIED;
    case UDPNAT_PATH_STATE_INBOUND:
      return UDPNAT_PATH_FATE_ONE_WAY;
    case UDPNAT_PATH_STATE_PROVEN:
      return path == self->selected ? UDPNAT_PATH_FATE_SELECTED : UDPNAT_PATH_FATE_PROVEN;
    case UDPNAT_PATH_STATE_SUSPECT:
      return UDPNAT_PATH_FATE_SUSPECT;
    case UDPNAT_PATH_STATE_DEAD:
      return UDPNAT_PATH_FATE_LOST;
    case UDPNAT_PATH_STATE_UNANSWERED:
      return UDPNAT_PATH_FATE_UNANSWERED;
    case UDPNAT_PATH_STATE_IDLE:
      return UDPNAT_PATH_FATE_LET_GO;
    }

  g_assert_not_reached ();
}

/* What a list of candidates shows of a router. Who is reached at a public address of the host
 * itself has none that translates, and so no address that only a server saw. */
static UdpnatNatKind
get_nat_kind (const UdpnatCandidates *candidates)
{
  guint n_candidates = MIN (candidates->n_candidates, UDPNAT_CANDIDATES_MAX);
  gboolean is_translated = candidates->relay_only; /* the verdict is all that is told */
  gboolean is_public = FALSE;

  for (guint i = 0; i < n_candidates; i++)
    {
      const UdpnatCandidate *candidate = &candidates->candidates[i];

      is_translated |= candidate->kind == UDPNAT_CANDIDATE_REFLEXIVE
                       || candidate->kind == UDPNAT_CANDIDATE_MAPPED;
      is_public |= udpnat_address_get_scope (&candidate->address) == UDPNAT_SCOPE_GLOBAL;
    }

  if (candidates->mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT)
    return UDPNAT_NAT_KIND_DEPENDENT;
  if (candidates->mapping != UDPNAT_MAPPING_ENDPOINT_INDEPENDENT)
    return UDPNAT_NAT_KIND_UNKNOWN;
  if (is_translated)
    return UDPNAT_NAT_KIND_INDEPENDENT;
  return is_public ? UDPNAT_NAT_KIND_NONE : UDPNAT_NAT_KIND_UNKNOWN;
}

static void
tell_paths (const UdpnatPathSet *self,
            UdpnatPathFacts     *out_facts)
{
  for (guint i = 0; i < self->n_paths; i++)
    {
      const UdpnatPath *path = self->paths[i];

      out_facts->remote[out_facts->n_remote++] = (UdpnatAddressFacts) {
        .address = path->address,
        .source = get_path_source (self, path),
        .fate = get_fate (self, path),
        .discovery = get_discovery (self, path),
        .is_selected = path == self->selected,
        .n_sent = path->n_sent,
        .rtt_us = udpnat_path_has_proof (path) ? path->rtt_us : 0,
      };
    }
}

/* Named by the peer, and no path of ours: may not or need not be tried. */
static void
tell_skipped (const UdpnatPathSet *self,
              UdpnatPathFacts     *out_facts)
{
  guint n_candidates = MIN (self->remote.n_candidates, UDPNAT_CANDIDATES_MAX);

  for (guint i = 0; i < n_candidates; i++)
    {
      const UdpnatCandidate *candidate = &self->remote.candidates[i];

      if (udpnat_path_set_find (self, UDPNAT_SOCKET_MAIN, &candidate->address) != NULL)
        continue;

      out_facts->remote[out_facts->n_remote++] = (UdpnatAddressFacts) {
        .address = candidate->address,
        .source = get_candidate_source (candidate),
        .fate = UDPNAT_PATH_FATE_SKIPPED,
      };
    }
}

static UdpnatFilteringRule
get_filtering (const UdpnatCandidates *candidates)
{
  switch (candidates->filtering)
    {
    case UDPNAT_FILTERING_ENDPOINT_INDEPENDENT:
      return UDPNAT_FILTERING_RULE_INDEPENDENT;
    case UDPNAT_FILTERING_ADDRESS_DEPENDENT:
      return UDPNAT_FILTERING_RULE_ADDRESS;
    case UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT:
      return UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT;
    default: /* a peer may say any number */
      return UDPNAT_FILTERING_RULE_UNKNOWN;
    }
}

static void
tell_local (const UdpnatPathSet *self,
            UdpnatPathFacts     *out_facts)
{
  guint n_candidates = MIN (self->local.n_candidates, UDPNAT_CANDIDATES_MAX);

  for (guint i = 0; i < n_candidates; i++)
    out_facts->local[out_facts->n_local++] = (UdpnatAddressFacts) {
      .address = self->local.candidates[i].address,
      .source = get_candidate_source (&self->local.candidates[i]),
      .fate = UDPNAT_PATH_FATE_WAITING,
      .is_selected = self->selected != NULL
                     && udpnat_address_equal (&self->selected->seen_as,
                                              &self->local.candidates[i].address),
    };
}

/* The end of the round that goes on, or the beginning of the next. */
static gint64
get_until (const UdpnatPathSet *self)
{
  gint64 until_us = UDPNAT_TIME_NEVER;

  if (self->selected != NULL)
    return UDPNAT_TIME_NEVER;
  if (self->search_end_us != UDPNAT_TIME_NEVER)
    return self->search_end_us;

  for (guint i = 0; i < self->n_paths; i++)
    {
      const UdpnatPath *path = self->paths[i];

      if (udpnat_path_is_running (path))
        until_us = until_us == UDPNAT_TIME_NEVER ? path->give_up_us
                                                 : MAX (until_us, path->give_up_us);
    }

  return until_us != UDPNAT_TIME_NEVER ? until_us : self->retry_us;
}

/** udpnat_path_set_is_remote_udp_blocked: whether the peer says that it reaches its server by TCP
 * only */
gboolean
udpnat_path_set_is_remote_udp_blocked (const UdpnatPathSet *self)
{
  return self->remote.is_udp_blocked;
}

/**
 * udpnat_path_set_get_facts:
 * @out_facts: (out caller-allocates): everything but the phase, its beginning, and what the relay
 *     measures
 */
void
udpnat_path_set_get_facts (const UdpnatPathSet *self,
                           UdpnatPathFacts     *out_facts)
{
  *out_facts = (UdpnatPathFacts) {
    .until_us = get_until (self),
    .latest_rtt_us = self->selected != NULL ? self->selected->latest_rtt_us : 0,
    .unanswered_since_us = self->selected != NULL ? self->selected->challenge_since_us
                                                  : UDPNAT_TIME_NEVER,
    .reason = self->selected != NULL ? UDPNAT_PATH_REASON_NONE : self->reason,
    .local_nat = get_nat_kind (&self->local),
    .remote_nat = get_nat_kind (&self->remote),
    .remote_filtering = get_filtering (&self->remote),
  };

  udpnat_path_set_get_selected (self, &out_facts->address, &out_facts->kind, &out_facts->rtt_us);
  tell_local (self, out_facts);
  tell_paths (self, out_facts);
  tell_skipped (self, out_facts);
}
