/* Where we may be reached, as we tell our peers (PROTOCOL.md section 8).
 *
 * Ranked by how good a path would be: addresses on the LAN, global IPv6, a port that the router has
 * opened for everybody, what the server saw, and a guess: the IP that the server saw with the port
 * that we are bound to, which is right where the router forwards or keeps ports. Only eight may be
 * told. A machine with dozens of virtual interfaces must not push out the one address that works
 * from outside (nat.md section 7, 10), so each rank leaves a few places for those that come after
 * it. */

#include "config.h"

#include "udpnat-candidate-list.h"

/* Best first. */
typedef enum
{
  RANK_HOST_PRIVATE,
  RANK_GLOBAL_IPV6,
  RANK_HOST_PUBLIC, /* a server, or a machine without NAT */
  RANK_MAPPED,
  RANK_REFLEXIVE,
  RANK_REFLEXIVE_LOCAL_PORT,
  N_RANKS,
} Rank;

/* Kept free by those that come before, so that two are left for the first: a host has a lasting and
 * a temporary IPv6 address, and the server's two ports may see two ports of ours. */
static const guint reserved_places[N_RANKS] = {
  [RANK_GLOBAL_IPV6] = 2,
  [RANK_HOST_PUBLIC] = 1,
  [RANK_MAPPED] = 1,
  [RANK_REFLEXIVE] = 2,
  [RANK_REFLEXIVE_LOCAL_PORT] = 1,
};

#define RANK_MAX UDPNAT_CANDIDATES_MAX

typedef struct
{
  UdpnatCandidate candidates[N_RANKS][RANK_MAX];
  guint           n_candidates[N_RANKS];
} Ranking;

static gboolean
is_ranked (const Ranking       *ranking,
           const UdpnatAddress *address)
{
  for (guint rank = 0; rank < N_RANKS; rank++)
    for (guint i = 0; i < ranking->n_candidates[rank]; i++)
      if (udpnat_address_equal (&ranking->candidates[rank][i].address, address))
        return TRUE;

  return FALSE;
}

/* Whether a peer could do anything with it: what traversal would refuse to try is not worth a
 * place. */
static gboolean
is_tellable (const UdpnatAddress *address)
{
  if (!udpnat_address_is_set (address) || address->port < UDPNAT_CANDIDATE_PORT_MIN)
    return FALSE;

  switch (udpnat_address_get_scope (address))
    {
    case UDPNAT_SCOPE_UNUSABLE:
    case UDPNAT_SCOPE_LOOPBACK:
      return FALSE;

    case UDPNAT_SCOPE_LINK_LOCAL:
      /* IPv6 would need its interface, which does not travel. */
      return address->family == UDPNAT_FAMILY_IPV4;

    case UDPNAT_SCOPE_PRIVATE:
    case UDPNAT_SCOPE_GLOBAL:
      return TRUE;
    }

  g_assert_not_reached ();
}

static void
add (Ranking             *ranking,
     Rank                 rank,
     UdpnatCandidateKind  kind,
     const UdpnatAddress *address)
{
  UdpnatCandidate *candidate;

  if (ranking->n_candidates[rank] == RANK_MAX
      || !is_tellable (address)
      || is_ranked (ranking, address))
    return;

  candidate = &ranking->candidates[rank][ranking->n_candidates[rank]++];
  *candidate = (UdpnatCandidate) { .kind = kind, .address = *address };
  candidate->address.scope_id = 0;
}

static void
add_host (Ranking             *ranking,
          const UdpnatAddress *host,
          guint16              local_port)
{
  UdpnatAddress address = *host;

  address.port = local_port;
  if (udpnat_address_get_scope (host) != UDPNAT_SCOPE_GLOBAL)
    add (ranking, RANK_HOST_PRIVATE, UDPNAT_CANDIDATE_HOST, &address);
  else if (host->family == UDPNAT_FAMILY_IPV6)
    add (ranking, RANK_GLOBAL_IPV6, UDPNAT_CANDIDATE_GLOBAL_IPV6, &address);
  else
    add (ranking, RANK_HOST_PUBLIC, UDPNAT_CANDIDATE_HOST, &address);
}

static guint
copy_best (const Ranking   *ranking,
           UdpnatCandidate *out_candidates)
{
  guint n_out = 0;

  for (guint rank = 0; rank < N_RANKS; rank++)
    {
      guint n_room = UDPNAT_CANDIDATES_MAX - n_out;

      for (guint after = rank + 1; after < N_RANKS; after++)
        n_room -= MIN (ranking->n_candidates[after], reserved_places[after]);

      for (guint i = 0; i < MIN (n_room, ranking->n_candidates[rank]); i++)
        out_candidates[n_out++] = ranking->candidates[rank][i];
    }

  return n_out;
}

/**
 * udpnat_gather_candidates:
 * @host_addresses: (array length=n_host_addresses): of our interfaces, best first; their ports do
 *     not matter
 * @local_port: the port that we are bound to
 * @reflexive: (array length=n_reflexive): how the server's ports see us, unset ones are skipped
 * @mapped: (nullable): what our router has opened for us
 * @out_candidates: (out caller-allocates): room for UDPNAT_CANDIDATES_MAX
 *
 * Makes the list for CANDIDATES: each address once, best first.
 *
 * Returns: how many
 */
guint
udpnat_gather_candidates (const UdpnatAddress *host_addresses,
                          guint                n_host_addresses,
                          guint16              local_port,
                          const UdpnatAddress *reflexive,
                          guint                n_reflexive,
                          const UdpnatAddress *mapped,
                          UdpnatCandidate     *out_candidates)
{
  Ranking ranking = { 0 };

  for (guint i = 0; i < n_host_addresses; i++)
    add_host (&ranking, &host_addresses[i], local_port);

  if (mapped != NULL)
    add (&ranking, RANK_MAPPED, UDPNAT_CANDIDATE_MAPPED, mapped);

  for (guint i = 0; i < n_reflexive; i++)
    add (&ranking, RANK_REFLEXIVE, UDPNAT_CANDIDATE_REFLEXIVE, &reflexive[i]);

  for (guint i = 0; i < n_reflexive; i++)
    {
      UdpnatAddress guess = reflexive[i];

      guess.port = local_port;
      if (guess.family == UDPNAT_FAMILY_IPV4)
        add (&ranking, RANK_REFLEXIVE_LOCAL_PORT, UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT, &guess);
    }

  return copy_best (&ranking, out_candidates);
}
