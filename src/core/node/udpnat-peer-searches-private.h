#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatPeerSearches:
 * @blocked_until_us: none before, after one in vain
 * @since_us: they are counted from here on, for an hour
 * @is_wanted: as soon as our own routers have been tested
 *
 * How much was spent on searches for a port with one peer.
 */
typedef struct
{
  gint64   blocked_until_us;
  gint64   since_us;
  guint    n_searches;
  gboolean is_wanted;
} UdpnatPeerSearches;

G_END_DECLS
