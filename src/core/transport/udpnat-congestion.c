#include "config.h"

#include "udpnat-congestion.h"

#include "udpnat-limits.h"

/* NewReno as RFC 9002 section 7 and appendix B write it. Not done: pacing, ECN, persistent
 * congestion (a path that was silent so long is replaced by its owner, which resets everything
 * here). */

/* RFC 9002 7.2: ten packets, but no more than 14,720 bytes unless that is less than two packets. */
#define INITIAL_WINDOW_BYTES 14720
#define INITIAL_WINDOW_PACKETS 10
#define MINIMUM_WINDOW_PACKETS 2

struct _UdpnatCongestion
{
  gsize  max_packet_bytes;
  gsize  window_bytes;
  gsize  threshold_bytes;     /* slow start below it */
  gsize  in_flight_bytes;
  gsize  avoidance_bytes;     /* acked since the window last grew, in congestion avoidance */
  gint64 recovery_started_us; /* packets sent up to then belong to a loss already answered */
};

UdpnatCongestion *
udpnat_congestion_new (gsize max_packet_bytes)
{
  UdpnatCongestion *self = g_new0 (UdpnatCongestion, 1);

  udpnat_congestion_reset (self, max_packet_bytes);
  return self;
}

void
udpnat_congestion_free (UdpnatCongestion *self)
{
  g_free (self);
}

/**
 * udpnat_congestion_reset:
 *
 * Another path: nothing is known, and nothing that is in flight counts any more
 */
void
udpnat_congestion_reset (UdpnatCongestion *self,
                         gsize             max_packet_bytes)
{
  *self = (UdpnatCongestion) {
    .max_packet_bytes = max_packet_bytes,
    .window_bytes = MIN (INITIAL_WINDOW_PACKETS * max_packet_bytes,
                         MAX (MINIMUM_WINDOW_PACKETS * max_packet_bytes, INITIAL_WINDOW_BYTES)),
    .threshold_bytes = G_MAXSIZE,
    .recovery_started_us = G_MININT64,
  };
}

void
udpnat_congestion_handle_sent (UdpnatCongestion *self,
                               gsize             n_bytes)
{
  self->in_flight_bytes += n_bytes;
}

/* RFC 9002 7.8: a window that was not used must not grow. Half of it in slow start, all but a few
 * packets after. */
static gboolean
is_window_used (const UdpnatCongestion *self)
{
  if (self->window_bytes < self->threshold_bytes)
    return self->in_flight_bytes >= self->window_bytes / 2;
  return self->in_flight_bytes + 3 * self->max_packet_bytes >= self->window_bytes;
}

/** udpnat_congestion_handle_acked: @sent_us: when the packet of @n_bytes was sent */
void
udpnat_congestion_handle_acked (UdpnatCongestion *self,
                                gint64            sent_us,
                                gsize             n_bytes)
{
  gboolean is_used = is_window_used (self);

  udpnat_congestion_handle_discarded (self, n_bytes);
  if (sent_us <= self->recovery_started_us || !is_used)
    return;
  if (self->window_bytes < self->threshold_bytes)
    {
      self->window_bytes += n_bytes;
      return;
    }
  self->avoidance_bytes += n_bytes;
  if (self->avoidance_bytes >= self->window_bytes)
    {
      self->avoidance_bytes -= self->window_bytes;
      self->window_bytes += self->max_packet_bytes;
    }
}

/**
 * udpnat_congestion_handle_lost:
 *
 * Halves the window, but once only for all packets that were sent before it noticed
 */
void
udpnat_congestion_handle_lost (UdpnatCongestion *self,
                               gint64            now_us,
                               gint64            sent_us,
                               gsize             n_bytes)
{
  udpnat_congestion_handle_discarded (self, n_bytes);
  if (sent_us <= self->recovery_started_us)
    return;
  self->recovery_started_us = now_us;
  self->threshold_bytes = MAX (self->window_bytes / 2,
                               MINIMUM_WINDOW_PACKETS * self->max_packet_bytes);
  self->window_bytes = self->threshold_bytes;
  self->avoidance_bytes = 0;
}

/**
 * udpnat_congestion_handle_discarded:
 *
 * No longer in flight, for a reason that says nothing about the path
 */
void
udpnat_congestion_handle_discarded (UdpnatCongestion *self,
                                    gsize             n_bytes)
{
  g_assert (n_bytes <= self->in_flight_bytes);
  self->in_flight_bytes -= n_bytes;
}

gsize
udpnat_congestion_get_window (const UdpnatCongestion *self)
{
  return self->window_bytes;
}

gsize
udpnat_congestion_get_in_flight (const UdpnatCongestion *self)
{
  return self->in_flight_bytes;
}

/** udpnat_congestion_get_room: Returns: bytes that may be sent now */
gsize
udpnat_congestion_get_room (const UdpnatCongestion *self)
{
  if (self->in_flight_bytes >= self->window_bytes)
    return 0;
  return self->window_bytes - self->in_flight_bytes;
}
