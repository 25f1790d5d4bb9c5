#include "config.h"

#include "udpnat-rtt.h"

#include "udpnat-limits.h"

/* RFC 9002 section 5 (estimate), 6.1.2 (time threshold) and 6.2.1 (probe timeout), in whole
 * microseconds. */

void
udpnat_rtt_init (UdpnatRtt *self)
{
  *self = (UdpnatRtt) { 0 };
}

/**
 * udpnat_rtt_add_sample:
 * @latest_us: from sending a packet to its acknowledgement; less than 1 counts as 1, more than
 *   %UDPNAT_RTT_MAX_US not at all
 * @ack_delay_us: how long the peer says it held the ACK back; not trusted, cut to
 *   %UDPNAT_ACK_DELAY_MAX_US
 */
void
udpnat_rtt_add_sample (UdpnatRtt *self,
                       gint64     latest_us,
                       gint64     ack_delay_us)
{
  gint64 adjusted_us;

  if (latest_us > UDPNAT_RTT_MAX_US)
    return;
  latest_us = MAX (latest_us, 1);
  self->latest_us = latest_us;
  if (self->smoothed_us == 0)
    {
      self->min_us = latest_us;
      self->smoothed_us = latest_us;
      self->variation_us = latest_us / 2;
      return;
    }
  self->min_us = MIN (self->min_us, latest_us);
  ack_delay_us = CLAMP (ack_delay_us, 0, UDPNAT_ACK_DELAY_MAX_US);
  adjusted_us = latest_us >= self->min_us + ack_delay_us ? latest_us - ack_delay_us : latest_us;
  self->variation_us = (3 * self->variation_us + ABS (self->smoothed_us - adjusted_us)) / 4;
  self->smoothed_us = MAX ((7 * self->smoothed_us + adjusted_us) / 8, 1);
}

/** udpnat_rtt_get_pto: Returns: the probe timeout before any doubling */
gint64
udpnat_rtt_get_pto (const UdpnatRtt *self)
{
  gint64 smoothed_us = self->smoothed_us != 0 ? self->smoothed_us : UDPNAT_RTT_INITIAL_US;
  gint64 variation_us = self->smoothed_us != 0 ? self->variation_us : UDPNAT_RTT_INITIAL_US / 2;

  return smoothed_us + MAX (4 * variation_us, UDPNAT_RTT_GRANULARITY_US) + UDPNAT_ACK_DELAY_MAX_US;
}

/**
 * udpnat_rtt_get_loss_delay:
 * @eighths: of the round trip; RFC 9002 begins with 9
 *
 * Returns: how much older than an acknowledged packet a missing one must be to be lost
 */
gint64
udpnat_rtt_get_loss_delay (const UdpnatRtt *self,
                           guint            eighths)
{
  gint64 rtt_us = MAX (self->latest_us, self->smoothed_us);

  if (rtt_us == 0)
    rtt_us = UDPNAT_RTT_INITIAL_US;
  return MAX (eighths * rtt_us / 8, UDPNAT_RTT_GRANULARITY_US);
}
