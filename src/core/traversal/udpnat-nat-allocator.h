#pragma once

#include "udpnat-limits.h"
#include "udpnat-nat-facts.h"

G_BEGIN_DECLS

/**
 * UdpnatPortSample:
 * @index: which of all new sockets it is, counted in the order of their first packets
 * @sent_us: when that packet left
 * @inner: port of the socket
 * @outer: as the server saw it
 * @is_in_order: that first packet is the one that was answered, so @outer was given out then
 */
typedef struct
{
  guint    index;
  gint64   sent_us;
  guint16  inner;
  guint16  outer;
  gboolean is_in_order;
} UdpnatPortSample;

void udpnat_nat_allocator_judge (const UdpnatPortSample *samples,
                                 guint                   n_samples,
                                 UdpnatNatFacts         *facts);

G_END_DECLS
