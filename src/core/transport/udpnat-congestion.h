#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatCongestion:
 *
 * How many bytes may be in flight. Here NewReno (RFC 9002 section 7); another controller needs only
 * these calls. It hears of every packet in flight exactly once: sent, then acked, lost or
 * discarded.
 */
typedef struct _UdpnatCongestion UdpnatCongestion;

UdpnatCongestion *udpnat_congestion_new           (gsize                   max_packet_bytes)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_congestion_free          (UdpnatCongestion       *self);
void              udpnat_congestion_reset         (UdpnatCongestion       *self,
                                                   gsize                   max_packet_bytes);
void              udpnat_congestion_handle_sent   (UdpnatCongestion       *self,
                                                   gsize                   n_bytes);
void              udpnat_congestion_handle_acked  (UdpnatCongestion       *self,
                                                   gint64                  sent_us,
                                                   gsize                   n_bytes);
void              udpnat_congestion_handle_lost   (UdpnatCongestion       *self,
                                                   gint64                  now_us,
                                                   gint64                  sent_us,
                                                   gsize                   n_bytes);
void              udpnat_congestion_handle_discarded (UdpnatCongestion    *self,
                                                   gsize                   n_bytes);
gsize             udpnat_congestion_get_window    (const UdpnatCongestion *self);
gsize             udpnat_congestion_get_in_flight (const UdpnatCongestion *self);
gsize             udpnat_congestion_get_room      (const UdpnatCongestion *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCongestion, udpnat_congestion_free)

G_END_DECLS
