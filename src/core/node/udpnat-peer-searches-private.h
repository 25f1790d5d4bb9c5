#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

/**
 * UdpnatPeerSearches:
 * @blocked_until_us: none before, after one in vain
 * @begun_us: when the last ones began; a ring
 * @n_begun: how many so far
 * @is_wanted: as soon as our own routers have been tested
 *
 * How much was spent on searches for a port with one peer.
 */
typedef struct
{
  gint64   blocked_until_us;
  gint64   begun_us[UDPNAT_SEARCHES_PER_HOUR];
  guint    n_begun;
  gboolean is_wanted;
} UdpnatPeerSearches;

G_END_DECLS
