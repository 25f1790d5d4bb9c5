#pragma once

#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatPacer:
 * @credit_bytes: what may go at once; below 0: not yet
 * @since_us: when @credit_bytes held
 *
 * Spreads packets over the round trip instead of sending a window's worth in one go (RFC 9002
 * section 7.7): a leaky bucket that lets a short burst pass. A value type.
 */
typedef struct
{
  double credit_bytes;
  gint64 since_us;
} UdpnatPacer;

void   udpnat_pacer_init        (UdpnatPacer       *self);
gint64 udpnat_pacer_get_time    (const UdpnatPacer *self,
                                 gint64             now_us,
                                 double             rate);
void   udpnat_pacer_handle_sent (UdpnatPacer       *self,
                                 gint64             now_us,
                                 double             rate,
                                 gsize              n_bytes);

G_END_DECLS
