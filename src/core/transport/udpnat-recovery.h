#pragma once

#include "udpnat-congestion.h"
#include "udpnat-frame.h"
#include "udpnat-rtt.h"

G_BEGIN_DECLS

#define UDPNAT_SENT_PIECES_MAX 8

/**
 * UdpnatSentPiece:
 * @n_bytes: 0 for a STREAM-WINDOW, else STREAM data
 *
 * Something in a packet that must be sent again if the packet is lost.
 */
typedef struct
{
  guint32 stream;
  guint32 n_bytes;
  guint64 offset;
} UdpnatSentPiece;

/**
 * UdpnatSentPacket:
 * @n_bytes: of the whole datagram; 0 of one that went over another path
 * @has_ack: it carried an ACK whose largest number was @ack_largest
 * @is_trial: of a length that the path may not take: its loss says nothing else (RFC 8899 section
 *   3, 8)
 *
 * An eliciting packet on its way. Zero all but the pieces, fill it, and give a copy to
 * udpnat_recovery_handle_sent(). Pieces from @n_pieces on are undefined.
 */
typedef struct
{
  guint64         number;
  gint64          sent_us;
  gsize           n_bytes;
  gboolean        has_ack;
  gboolean        is_trial;
  guint64         ack_largest;
  guint           n_pieces;
  UdpnatSentPiece pieces[UDPNAT_SENT_PIECES_MAX];
} UdpnatSentPacket;

/**
 * UdpnatRecovery:
 *
 * Eliciting packets that were sent and are not yet known to have arrived or to be lost (RFC 9002,
 * one packet number space). After handle_ack and handle_deadline, pop what was acked and what was
 * lost.
 */
typedef struct _UdpnatRecovery UdpnatRecovery;

UdpnatRecovery         *udpnat_recovery_new             (gsize                   max_packet_bytes)
  G_GNUC_WARN_UNUSED_RESULT;
void                    udpnat_recovery_free            (UdpnatRecovery         *self);
void                    udpnat_recovery_handle_sent     (UdpnatRecovery         *self,
                                                         const UdpnatSentPacket *packet);
gboolean                udpnat_recovery_handle_ack      (UdpnatRecovery         *self,
                                                         gint64                  now_us,
                                                         const UdpnatAck        *ack);
gboolean                udpnat_recovery_pop_acked       (UdpnatRecovery         *self,
                                                         UdpnatSentPacket       *out_packet);
gboolean                udpnat_recovery_pop_lost        (UdpnatRecovery         *self,
                                                         UdpnatSentPacket       *out_packet);
guint                   udpnat_recovery_get_oldest      (const UdpnatRecovery   *self,
                                                         const UdpnatSentPacket **out_packets,
                                                         guint                   n_max);
gint64                  udpnat_recovery_next_deadline   (const UdpnatRecovery   *self);
gboolean                udpnat_recovery_handle_deadline (UdpnatRecovery         *self,
                                                         gint64                  now_us);
void                    udpnat_recovery_reset_path      (UdpnatRecovery         *self,
                                                         gint64                  rtt_us,
                                                         gsize                   max_packet_bytes);
void                    udpnat_recovery_set_eager       (UdpnatRecovery         *self,
                                                         gboolean                is_eager);
guint                   udpnat_recovery_get_timeouts    (const UdpnatRecovery   *self);
void                    udpnat_recovery_forget_timeouts (UdpnatRecovery         *self);
gboolean                udpnat_recovery_is_full         (const UdpnatRecovery   *self);
guint                   udpnat_recovery_get_count       (const UdpnatRecovery   *self);
UdpnatRtt              *udpnat_recovery_get_rtt         (UdpnatRecovery         *self);
gint64                  udpnat_recovery_get_loss_delay  (const UdpnatRecovery   *self);
UdpnatCongestion       *udpnat_recovery_get_congestion  (const UdpnatRecovery   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRecovery, udpnat_recovery_free)

G_END_DECLS
