#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_RTT_LOG (udpnat_rtt_log_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatRttLog, udpnat_rtt_log, UDPNAT, RTT_LOG, GObject)

/**
 * UdpnatRttLog:
 *
 * The round trips to one person in the last three minutes, one sample a second, taken only between
 * udpnat_rtt_log_start() and udpnat_rtt_log_stop(): each costs a packet and its answer. "changed"
 * is emitted after each sample.
 */

/**
 * UdpnatRttSample:
 * @at_us: of g_get_monotonic_time()'s kind: the core's clock
 * @rtt_us: 0: no answer, or nobody to ask
 * @is_direct: whether it went directly
 */
typedef struct
{
  gint64   at_us;
  gint64   rtt_us;
  gboolean is_direct;
} UdpnatRttSample;

UdpnatRttLog          *udpnat_rtt_log_new         (UdpnatClient          *client,
                                                   UdpnatPerson          *person)
  G_GNUC_WARN_UNUSED_RESULT;
void                   udpnat_rtt_log_start       (UdpnatRttLog          *self);
void                   udpnat_rtt_log_stop        (UdpnatRttLog          *self);
void                   udpnat_rtt_log_add         (UdpnatRttLog          *self,
                                                   const UdpnatRttSample *sample);
guint                  udpnat_rtt_log_get_count   (UdpnatRttLog          *self);
const UdpnatRttSample *udpnat_rtt_log_get_sample  (UdpnatRttLog          *self,
                                                   guint                  index);
gboolean               udpnat_rtt_log_get_summary (UdpnatRttLog          *self,
                                                   gint64                *out_latest_us,
                                                   gint64                *out_median_us,
                                                   gint64                *out_max_us);

G_END_DECLS
