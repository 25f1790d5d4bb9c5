#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

/**
 * UdpnatPathMtu:
 * @next: size that is tried next; behind the last: none any more
 * @n_tries: how often it was sent and has not arrived
 * @is_flying: one is on its way
 * @n_missing: packets longer than the base that were lost since the last one that arrived
 * @arrived_us: when that was known
 *
 * How long a datagram may be on a path: datagram packetization layer path MTU discovery (RFC 8899).
 * Sizes are tried from the largest down, since nearly every path takes the largest. A value type.
 */
typedef struct
{
  gsize    good_bytes;
  guint    next;
  guint    n_tries;
  gboolean is_flying;
  guint    n_missing;
  gint64   arrived_us;
} UdpnatPathMtu;

void  udpnat_path_mtu_init         (UdpnatPathMtu       *self);
gsize udpnat_path_mtu_get          (const UdpnatPathMtu *self);
gsize udpnat_path_mtu_get_probe    (const UdpnatPathMtu *self);
void  udpnat_path_mtu_handle_sent  (UdpnatPathMtu       *self);
void  udpnat_path_mtu_handle_acked (UdpnatPathMtu       *self,
                                    gint64               now_us,
                                    gsize                n_bytes,
                                    gboolean             is_probe);
void  udpnat_path_mtu_handle_lost  (UdpnatPathMtu       *self,
                                    gint64               now_us,
                                    gint64               pto_us,
                                    gsize                n_bytes,
                                    gboolean             is_probe);

G_END_DECLS
