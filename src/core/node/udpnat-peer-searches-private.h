#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

/**
 * UdpnatPeerSearches:
 * @blocked_until_us: none before, after one in vain
 * @begun_us: when the last ones began; a ring
 * @n_begun: how many so far
 * @n_refused: offers of ours since one was taken up
 * @again_us: when the next such is made; 0: none is planned
 * @is_wanted: as soon as our own routers have been tested
 * @held_nonce: of an offer that waits for the peer's server
 * @held_until_us: 0: none waits
 *
 * How much was spent on searches for a port with one peer.
 */
typedef struct
{
  gint64   blocked_until_us;
  gint64   begun_us[UDPNAT_SEARCHES_PER_HOUR];
  guint    n_begun;
  guint    n_refused;
  gint64   again_us;
  gboolean is_wanted;
  guint8   held_nonce[16];
  gint64   held_until_us;
} UdpnatPeerSearches;

G_END_DECLS
