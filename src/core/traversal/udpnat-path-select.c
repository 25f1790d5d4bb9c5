/* Which of the proven paths to use (PROTOCOL.md section 10).
 *
 * By class first: LAN, then IPv6, then IPv4. Within a class the round trip decides, with enough
 * hysteresis that two like paths do not take turns: every change restarts congestion control. A
 * suspect path stays chosen until it is dead (its data goes over the relay as well meanwhile), but
 * is never newly chosen; nor is one whose proof has gone stale. One that is about to end gives way
 * to any other of its class. */

#include "config.h"

#include "udpnat-path-select-private.h"

typedef enum
{
  CLASS_LAN,
  CLASS_IPV6,
  CLASS_IPV4,
} PathClass;

UdpnatPathKind
udpnat_path_get_kind (const UdpnatPath *self)
{
  switch (udpnat_address_get_scope (&self->address))
    {
    case UDPNAT_SCOPE_LOOPBACK:
    case UDPNAT_SCOPE_LINK_LOCAL:
    case UDPNAT_SCOPE_PRIVATE:
      return UDPNAT_PATH_KIND_LAN;

    case UDPNAT_SCOPE_GLOBAL:
    case UDPNAT_SCOPE_UNUSABLE:
      return UDPNAT_PATH_KIND_DIRECT;
    }

  g_assert_not_reached ();
}

static PathClass
get_class (const UdpnatPath *self)
{
  if (udpnat_path_get_kind (self) == UDPNAT_PATH_KIND_LAN)
    return CLASS_LAN;

  return self->address.family == UDPNAT_FAMILY_IPV6 ? CLASS_IPV6 : CLASS_IPV4;
}

static gboolean
is_eligible (const UdpnatPath *self,
             gint64            now_us)
{
  return self->state == UDPNAT_PATH_STATE_PROVEN
         && now_us - self->last_heard_us <= UDPNAT_PATH_FRESH_US;
}

static gboolean
is_before (const UdpnatPath *a,
           const UdpnatPath *b)
{
  if (get_class (a) != get_class (b))
    return get_class (a) < get_class (b);
  if (a->is_retiring != b->is_retiring)
    return b->is_retiring;

  return a->rtt_us < b->rtt_us;
}

/* Whether @challenger is so much better than @chosen that a change pays. */
static gboolean
is_worth_changing (const UdpnatPath *challenger,
                   const UdpnatPath *chosen)
{
  gint64 chosen_rtt_us = chosen->rtt_us;
  gint64 gain_us = chosen_rtt_us - challenger->rtt_us;

  if (get_class (challenger) != get_class (chosen))
    return get_class (challenger) < get_class (chosen);
  if (challenger->is_retiring != chosen->is_retiring)
    return chosen->is_retiring;

  return gain_us > UDPNAT_PATH_BETTER_US
         && gain_us * 100 > chosen_rtt_us * UDPNAT_PATH_BETTER_PERCENT;
}

/**
 * udpnat_path_select:
 * @chosen: (nullable): the path in use
 *
 * Returns: (nullable): the path to use from now on; %NULL for the relay
 */
UdpnatPath *
udpnat_path_select (UdpnatPath *const *paths,
                    guint              n_paths,
                    UdpnatPath        *chosen,
                    gint64             now_us)
{
  UdpnatPath *best = NULL;

  for (guint i = 0; i < n_paths; i++)
    if (is_eligible (paths[i], now_us) && (best == NULL || is_before (paths[i], best)))
      best = paths[i];

  if (chosen == NULL || !udpnat_path_has_proof (chosen))
    return best;

  return best != NULL && is_worth_changing (best, chosen) ? best : chosen;
}
