#include "config.h"

#include "udpnat-path-mtu.h"

/* Ethernet by IPv4 and by IPv6; with 6in4 or WireGuard; what mobile networks and tunnels leave; and
 * something between that and the base, which needs no trial. Each without the headers. */
static const guint16 sizes[] = { UDPNAT_DATAGRAM_MAX_BYTES, 1452, 1432, 1392, 1332, 1272 };

/* RFC 8899 section 5.1.2, MAX_PROBES */
#define TRIES_MAX 3
/* So many long ones, and none arrived in so many probe timeouts: that is no full queue, but a path
 * that has become narrower (section 4.3). */
#define MISSING_MAX 6
#define MISSING_TIMEOUTS 3

/** udpnat_path_mtu_init: a path of which nothing is known */
void
udpnat_path_mtu_init (UdpnatPathMtu *self)
{
  *self = (UdpnatPathMtu) { .good_bytes = UDPNAT_DATAGRAM_BASE_BYTES };
}

/** udpnat_path_mtu_get: Returns: how long packets may be */
gsize
udpnat_path_mtu_get (const UdpnatPathMtu *self)
{
  return self->good_bytes;
}

/** udpnat_path_mtu_get_probe: Returns: how long a trial should be now; 0: there is none */
gsize
udpnat_path_mtu_get_probe (const UdpnatPathMtu *self)
{
  return !self->is_flying && self->next < G_N_ELEMENTS (sizes) ? sizes[self->next] : 0;
}

/** udpnat_path_mtu_handle_sent: a trial of that length */
void
udpnat_path_mtu_handle_sent (UdpnatPathMtu *self)
{
  self->is_flying = TRUE;
}

/** udpnat_path_mtu_handle_acked: @is_probe: it was a trial */
void
udpnat_path_mtu_handle_acked (UdpnatPathMtu *self,
                              gint64         now_us,
                              gsize          n_bytes,
                              gboolean       is_probe)
{
  if (n_bytes > UDPNAT_DATAGRAM_BASE_BYTES)
    {
      self->n_missing = 0;
      self->arrived_us = now_us;
    }
  if (!is_probe)
    return;
  self->is_flying = FALSE;
  self->good_bytes = n_bytes;
  self->next = G_N_ELEMENTS (sizes);
}

/** udpnat_path_mtu_handle_lost: @pto_us: after which time something is surely missing */
void
udpnat_path_mtu_handle_lost (UdpnatPathMtu *self,
                             gint64         now_us,
                             gint64         pto_us,
                             gsize          n_bytes,
                             gboolean       is_probe)
{
  if (is_probe)
    {
      self->is_flying = FALSE;
      if (++self->n_tries < TRIES_MAX)
        return;
      self->n_tries = 0;
      self->next++;
      return;
    }
  if (n_bytes > UDPNAT_DATAGRAM_BASE_BYTES && ++self->n_missing >= MISSING_MAX
      && now_us - self->arrived_us > MISSING_TIMEOUTS * pto_us)
    {
      /* Until there is another path: who lost it once may lose it again. */
      self->good_bytes = UDPNAT_DATAGRAM_BASE_BYTES;
      self->next = G_N_ELEMENTS (sizes);
    }
}
