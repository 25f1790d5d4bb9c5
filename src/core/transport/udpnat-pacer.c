#include "config.h"

#include "udpnat-pacer.h"

#include "udpnat-limits.h"

#include <math.h>

/* Timers are late by a millisecond or more, and what was not sent meanwhile must not be missing in
 * the end. So the bucket holds what may go in that time, and never less than an initial window. */
#define BURST_BYTES (10 * UDPNAT_DATAGRAM_BASE_BYTES)
#define BURST_US UDPNAT_MSEC (4)

void
udpnat_pacer_init (UdpnatPacer *self)
{
  *self = (UdpnatPacer) { .credit_bytes = BURST_BYTES, .since_us = G_MININT64 };
}

static double
get_credit (const UdpnatPacer *self,
            gint64             now_us,
            double             rate)
{
  double full = BURST_BYTES + rate * BURST_US / G_USEC_PER_SEC;

  if (self->since_us == G_MININT64)
    return full;
  return MIN (full, self->credit_bytes + rate * (now_us - self->since_us) / G_USEC_PER_SEC);
}

/**
 * udpnat_pacer_get_time:
 * @rate: bytes per second; greater than 0
 *
 * Returns: when the next packet may go: @now_us, or later
 */
gint64
udpnat_pacer_get_time (const UdpnatPacer *self,
                       gint64             now_us,
                       double             rate)
{
  double credit = get_credit (self, now_us, rate);

  return credit > 0 ? now_us : now_us + 1 + (gint64) ceil (-credit / rate * G_USEC_PER_SEC);
}

void
udpnat_pacer_handle_sent (UdpnatPacer *self,
                          gint64       now_us,
                          double       rate,
                          gsize        n_bytes)
{
  self->credit_bytes = get_credit (self, now_us, rate) - n_bytes;
  self->since_us = now_us;
}
