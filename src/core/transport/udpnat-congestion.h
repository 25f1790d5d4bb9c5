#pragma once

#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatCongestion:
 *
 * How many bytes may be in flight, and how fast they should leave. Here CUBIC (RFC 9438) with
 * HyStart++ (RFC 9406); another controller needs only these calls. It hears of every packet in
 * flight exactly once: sent, then acked, lost or discarded. Time never decreases.
 */
typedef struct _UdpnatCongestion UdpnatCongestion;

UdpnatCongestion *udpnat_congestion_new           (gsize                   max_packet_bytes)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_congestion_free          (UdpnatCongestion       *self);
void              udpnat_congestion_reset         (UdpnatCongestion       *self,
                                                   gsize                   max_packet_bytes);
void              udpnat_congestion_set_max_packet (UdpnatCongestion      *self,
                                                   gsize                   max_packet_bytes);
void              udpnat_congestion_handle_sent   (UdpnatCongestion       *self,
                                                   gint64                  now_us,
                                                   gsize                   n_bytes);
void              udpnat_congestion_set_waiting   (UdpnatCongestion       *self,
                                                   gboolean                is_waiting);
void              udpnat_congestion_begin_ack     (UdpnatCongestion       *self,
                                                   gint64                  now_us);
void              udpnat_congestion_handle_rtt    (UdpnatCongestion       *self,
                                                   gint64                  sent_us,
                                                   gint64                  rtt_us);
void              udpnat_congestion_handle_acked  (UdpnatCongestion       *self,
                                                   gint64                  sent_us,
                                                   gint64                  smoothed_us,
                                                   gsize                   n_bytes);
void              udpnat_congestion_handle_lost   (UdpnatCongestion       *self,
                                                   gint64                  now_us,
                                                   gint64                  sent_us,
                                                   gsize                   n_bytes);
void              udpnat_congestion_handle_discarded (UdpnatCongestion    *self,
                                                   gsize                   n_bytes);
void              udpnat_congestion_undo_lost     (UdpnatCongestion       *self,
                                                   gint64                  sent_us);
gsize             udpnat_congestion_get_window    (const UdpnatCongestion *self);
gsize             udpnat_congestion_get_in_flight (const UdpnatCongestion *self);
gsize             udpnat_congestion_get_room      (const UdpnatCongestion *self);
gboolean          udpnat_congestion_is_slow_start (const UdpnatCongestion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCongestion, udpnat_congestion_free)

G_END_DECLS
