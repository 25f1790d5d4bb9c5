/* Which addresses of a peer are known, and which may be known at all.
 *
 * A peer could name a victim, or forge its address as a source: so nobody is sent anything on a low
 * port, where other protocols' servers live, on multicast or broadcast, or on our own machine
 * because a payload says so (PROTOCOL.md section 10). The table is small and
 * fixed; proven addresses never have to make room for others. */

#include "config.h"

#include "udpnat-path-set-private.h"

#define ULA_PREFIX_BYTES 6

static gboolean
is_own_address (const UdpnatPathSet *self,
                const UdpnatAddress *address)
{
  for (guint i = 0; i < self->local.n_candidates; i++)
    if (udpnat_address_equal (&self->local.candidates[i].address, address))
      return TRUE;

  return FALSE;
}

/* Whether the server sees the IP address. A mapped one may stand in the place of a reflexive one
 * that is the same. */
static gboolean
is_reflexive (const UdpnatCandidate *candidate)
{
  return candidate->kind == UDPNAT_CANDIDATE_REFLEXIVE
         || candidate->kind == UDPNAT_CANDIDATE_MAPPED;
}

/* The same first 24 bits (IPv4) or 64 bits (IPv6): most likely one network. */
static gboolean
is_same_subnet (const UdpnatAddress *a,
                const UdpnatAddress *b)
{
  gsize n_prefix = a->family == UDPNAT_FAMILY_IPV4 ? 3 : 8;

  return a->family == b->family && memcmp (a->ip, b->ip, n_prefix) == 0;
}

/* A network of unique local addresses (RFC 4193) has 48 bits that nobody else has: who has not got
 * them too has no way there, whatever the server sees. */
static gboolean
is_foreign_ula (const UdpnatPathSet *self,
                const UdpnatAddress *address)
{
  if (address->family != UDPNAT_FAMILY_IPV6
      || udpnat_address_get_scope (address) != UDPNAT_SCOPE_PRIVATE)
    return FALSE;

  for (guint i = 0; i < self->local.n_candidates; i++)
    if (self->local.candidates[i].address.family == UDPNAT_FAMILY_IPV6
        && memcmp (self->local.candidates[i].address.ip, address->ip, ULA_PREFIX_BYTES) == 0)
      return FALSE;

  return TRUE;
}

/* Whether the peer may be on our own network: an address of ours is in the subnet of @address, or
 * the server sees both of us at the same IP, or it is on a private network itself, or it has not
 * told one of us. */
static gboolean
may_share_network (const UdpnatPathSet    *self,
                   const UdpnatCandidates *remote,
                   const UdpnatAddress    *address)
{
  gboolean is_any_reflexive = FALSE;
  gboolean is_remote_reflexive = FALSE;

  for (guint i = 0; i < remote->n_candidates; i++)
    is_remote_reflexive |= is_reflexive (&remote->candidates[i]);

  for (guint i = 0; i < self->local.n_candidates; i++)
    {
      const UdpnatCandidate *own = &self->local.candidates[i];

      if (is_same_subnet (&own->address, address))
        return TRUE;
      if (!is_reflexive (own))
        continue;
      is_any_reflexive = TRUE;
      if (udpnat_address_get_scope (&own->address) == UDPNAT_SCOPE_PRIVATE)
        return TRUE;
      for (guint j = 0; j < remote->n_candidates; j++)
        if (is_reflexive (&remote->candidates[j])
            && udpnat_address_equal_ip (&own->address, &remote->candidates[j].address))
          return TRUE;
    }

  return !is_any_reflexive || !is_remote_reflexive;
}

/* A private address means something only where we are: elsewhere it is another network's host, or
 * nobody's, and trying it costs packets and 5 ms (PROTOCOL.md section 10). */
static gboolean
is_worth_trying (const UdpnatPathSet    *self,
                 const UdpnatCandidates *remote,
                 const UdpnatCandidate  *candidate)
{
  return candidate->kind != UDPNAT_CANDIDATE_HOST
         || udpnat_address_get_scope (&candidate->address) != UDPNAT_SCOPE_PRIVATE
         || (!is_foreign_ula (self, &candidate->address)
             && may_share_network (self, remote, &candidate->address));
}

/* Returns: whether anything may ever be sent to @address, which we have from @origin */
gboolean
udpnat_path_set_may_try (const UdpnatPathSet *self,
                         const UdpnatAddress *address,
                         UdpnatPathOrigin     origin)
{
  if (!udpnat_address_is_set (address)
      || address->port < UDPNAT_CANDIDATE_PORT_MIN
      || is_own_address (self, address))
    return FALSE;

  switch (udpnat_address_get_scope (address))
    {
    case UDPNAT_SCOPE_UNUSABLE:
      return FALSE;

    case UDPNAT_SCOPE_LOOPBACK:
      /* Two clients on one machine see each other's packets come from there; a payload could only
       * lie about it. */
      return origin != UDPNAT_PATH_ORIGIN_LISTED;

    case UDPNAT_SCOPE_LINK_LOCAL:
      /* fe80::/10 means nothing without the interface, which does not travel. */
      return address->family == UDPNAT_FAMILY_IPV4 || address->scope_id != 0;

    case UDPNAT_SCOPE_PRIVATE:
    case UDPNAT_SCOPE_GLOBAL:
      return TRUE;
    }

  g_assert_not_reached ();
}

UdpnatPath *
udpnat_path_set_find (const UdpnatPathSet *self,
                      UdpnatSocketId       socket,
                      const UdpnatAddress *address)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i]->socket == socket
        && udpnat_address_equal (&self->paths[i]->address, address))
      return self->paths[i];

  return NULL;
}

/* How much would be lost with a path; the least goes first. */
static guint
get_worth (const UdpnatPath *path)
{
  guint worth = (path->origin & UDPNAT_PATH_ORIGIN_LISTED) != 0 ? 4 : 0;

  switch (path->state)
    {
    case UDPNAT_PATH_STATE_UNANSWERED:
      return worth;
    case UDPNAT_PATH_STATE_WAITING:
    case UDPNAT_PATH_STATE_PROBING:
      return worth + 1;
    case UDPNAT_PATH_STATE_INBOUND:
      return worth + 2;
    case UDPNAT_PATH_STATE_DEAD:
    case UDPNAT_PATH_STATE_IDLE:
      return worth + 3;
    case UDPNAT_PATH_STATE_PROVEN:
    case UDPNAT_PATH_STATE_SUSPECT:
      return G_MAXUINT;
    }

  g_assert_not_reached ();
}

static void
remove_path (UdpnatPathSet *self,
             guint          index)
{
  g_assert (self->paths[index] != self->selected);

  udpnat_path_free (self->paths[index]);
  self->n_paths--;
  for (guint i = index; i < self->n_paths; i++)
    self->paths[i] = self->paths[i + 1];
}

/** udpnat_path_set_remove: @path: one of the set's, not the chosen one */
void
udpnat_path_set_remove (UdpnatPathSet *self,
                        UdpnatPath    *path)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i] == path)
      {
        remove_path (self, i);
        return;
      }
}

static gboolean
make_room (UdpnatPathSet *self)
{
  guint least = 0;

  if (self->n_paths < G_N_ELEMENTS (self->paths))
    return TRUE;

  for (guint i = 1; i < self->n_paths; i++)
    {
      guint worth = get_worth (self->paths[i]);
      guint least_worth = get_worth (self->paths[least]);

      if (worth < least_worth
          || (worth == least_worth
              && self->paths[i]->run_start_us < self->paths[least]->run_start_us))
        least = i;
    }

  if (udpnat_path_has_proof (self->paths[least]))
    return FALSE;

  remove_path (self, least);
  return TRUE;
}

/**
 * udpnat_path_set_add:
 * @address: one that may be tried
 *
 * Returns: (nullable): the path from @socket to @address, new or known before; %NULL when all
 * places are taken by proven paths
 */
UdpnatPath *
udpnat_path_set_add (UdpnatPathSet       *self,
                     UdpnatSocketId       socket,
                     const UdpnatAddress *address,
                     UdpnatPathOrigin     origin)
{
  UdpnatPath *path = udpnat_path_set_find (self, socket, address);

  if (path == NULL)
    {
      if (!make_room (self))
        return NULL;
      path = udpnat_path_new (socket, address);
      self->paths[self->n_paths++] = path;
    }

  path->origin |= origin;
  return path;
}

/* What nobody names any more and is not proven goes. */
static void
remove_unnamed (UdpnatPathSet *self)
{
  for (guint i = self->n_paths; i > 0; i--)
    if (self->paths[i - 1]->origin == 0 && !udpnat_path_has_proof (self->paths[i - 1]))
      remove_path (self, i - 1);
}

/**
 * udpnat_path_set_remove_cached:
 * @address: as in udpnat_path_set_add_cached()
 *
 * The peer is not to be found there any more: no handshake is sent there, unless it was proven or
 * the peer itself names it.
 */
void
udpnat_path_set_remove_cached (UdpnatPathSet       *self,
                               const UdpnatAddress *address)
{
  UdpnatPath *path = udpnat_path_set_find (self, UDPNAT_SOCKET_MAIN, address);

  if (path == NULL)
    return;
  path->origin &= ~UDPNAT_PATH_ORIGIN_CACHED;
  remove_unnamed (self);
}

/* Takes over the peer's new list: what is only known from an older one and was never proven goes,
 * also in mid-run.
 *
 * Returns: whether it has an address that was not known */
gboolean
udpnat_path_set_replace_listed (UdpnatPathSet          *self,
                                const UdpnatCandidates *remote)
{
  guint n_candidates = MIN (remote->n_candidates, UDPNAT_CANDIDATES_MAX);
  gboolean has_new = FALSE;

  for (guint i = 0; i < self->n_paths; i++)
    {
      self->paths[i]->is_unlisted |= (self->paths[i]->origin & UDPNAT_PATH_ORIGIN_LISTED) != 0;
      self->paths[i]->origin &= ~UDPNAT_PATH_ORIGIN_LISTED;
    }

  for (guint i = 0; i < n_candidates; i++)
    for (guint j = 0; j < self->n_paths; j++)
      if (udpnat_address_equal (&self->paths[j]->address, &remote->candidates[i].address))
        {
          self->paths[j]->origin |= UDPNAT_PATH_ORIGIN_LISTED;
          self->paths[j]->is_unlisted = FALSE;
        }

  remove_unnamed (self);

  for (guint i = 0; i < n_candidates; i++)
    {
      const UdpnatAddress *address = &remote->candidates[i].address;

      if (udpnat_path_set_may_try (self, address, UDPNAT_PATH_ORIGIN_LISTED)
          && is_worth_trying (self, remote, &remote->candidates[i]))
        {
          has_new |= udpnat_path_set_find (self, UDPNAT_SOCKET_MAIN, address) == NULL;
          udpnat_path_set_add (self, UDPNAT_SOCKET_MAIN, address, UDPNAT_PATH_ORIGIN_LISTED);
        }
    }
  udpnat_path_set_spread (self);
  return has_new;
}

/** udpnat_path_set_is_trying: Returns: whether a direct path may be found by what goes on now */
gboolean
udpnat_path_set_is_trying (const UdpnatPathSet *self)
{
  return self->search_end_us != UDPNAT_TIME_NEVER || udpnat_path_set_is_punching (self);
}

/** udpnat_path_set_is_punching: Returns: whether some address is tried at this moment */
gboolean
udpnat_path_set_is_punching (const UdpnatPathSet *self)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (udpnat_path_is_running (self->paths[i]))
      return TRUE;

  return FALSE;
}

gboolean
udpnat_path_set_has_any_proof (const UdpnatPathSet *self)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (udpnat_path_has_proof (self->paths[i]))
      return TRUE;

  return FALSE;
}
