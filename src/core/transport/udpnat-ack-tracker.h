#pragma once

#include "udpnat-frame.h"
#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatAckTracker:
 *
 * Which packet numbers have arrived, and when to say so (PROTOCOL.md section 5, "ACK"). A value
 * type; remembers the newest %UDPNAT_ACK_MAX_RANGES ranges only.
 */
typedef struct
{
  UdpnatAckRange ranges[UDPNAT_ACK_MAX_RANGES]; /* newest first, neither overlapping nor adjacent */
  guint          n_ranges;
  gint64         largest_received_us;
  guint          n_eliciting; /* arrived since the last ACK */
  guint          n_run;       /* one after the other, none missing; counted up to a long run */
  guint          n_quick;     /* so many more are acknowledged at once */
  gint64         deadline_us; /* UDPNAT_TIME_NEVER unless an ACK waits for more to acknowledge */
  gboolean       is_due;
} UdpnatAckTracker;

void     udpnat_ack_tracker_init            (UdpnatAckTracker       *self);
void     udpnat_ack_tracker_handle_packet   (UdpnatAckTracker       *self,
                                             gint64                  now_us,
                                             gint64                  rtt_us,
                                             guint64                 number,
                                             gboolean                is_eliciting);
void     udpnat_ack_tracker_handle_deadline (UdpnatAckTracker       *self,
                                             gint64                  now_us);
gboolean udpnat_ack_tracker_has_news        (const UdpnatAckTracker *self);
void     udpnat_ack_tracker_get_ack         (const UdpnatAckTracker *self,
                                             gint64                  now_us,
                                             UdpnatAck              *out_ack);
void     udpnat_ack_tracker_handle_sent     (UdpnatAckTracker       *self);
void     udpnat_ack_tracker_forget          (UdpnatAckTracker       *self,
                                             guint64                 up_to);

G_END_DECLS
