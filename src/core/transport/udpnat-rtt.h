#pragma once

#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatRtt:
 * @smoothed_us: 0 before the first sample
 *
 * Round-trip time estimate of RFC 9002 section 5. A value type.
 */
typedef struct
{
  gint64 latest_us;
  gint64 smoothed_us;
  gint64 variation_us;
  gint64 min_us;
} UdpnatRtt;

void   udpnat_rtt_init           (UdpnatRtt       *self);
void   udpnat_rtt_add_sample     (UdpnatRtt       *self,
                                  gint64           latest_us,
                                  gint64           ack_delay_us);
gint64 udpnat_rtt_get_pto        (const UdpnatRtt *self);
gint64 udpnat_rtt_get_loss_delay (const UdpnatRtt *self,
                                  guint            eighths);

G_END_DECLS
