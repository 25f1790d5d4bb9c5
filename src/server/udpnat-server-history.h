#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A sample a minute for the last hour, one in five minutes for the last day; both ends count. */
#define UDPNAT_SERVER_SAMPLE_S 60
#define UDPNAT_SERVER_HOUR_SAMPLES 61
#define UDPNAT_SERVER_DAY_EVERY 5
#define UDPNAT_SERVER_DAY_SAMPLES 289

/**
 * UdpnatServerSample:
 * @at_s: seconds since the start, by a clock that nobody sets
 * @online: people
 * @packets: in and out, since the start
 * @handshakes: likewise
 * @relayed_bytes: likewise
 * @memory_bytes: resident
 *
 * How the server was at some time.
 */
typedef struct
{
  gint64  at_s;
  guint   online;
  guint64 packets;
  guint64 handshakes;
  guint64 relayed_bytes;
  gint64  memory_bytes;
} UdpnatServerSample;

/**
 * UdpnatServerHistory:
 *
 * Samples of the last hour and of the last day, for plots. Its size is fixed.
 */
typedef struct _UdpnatServerHistory UdpnatServerHistory;

UdpnatServerHistory *udpnat_server_history_new      (void) G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_server_history_free     (UdpnatServerHistory       *self);
void                 udpnat_server_history_add      (UdpnatServerHistory       *self,
                                                     const UdpnatServerSample  *sample);
guint                udpnat_server_history_get_hour (const UdpnatServerHistory *self,
                                                     UdpnatServerSample         out_samples
                                                       [UDPNAT_SERVER_HOUR_SAMPLES]);
guint                udpnat_server_history_get_day  (const UdpnatServerHistory *self,
                                                     UdpnatServerSample         out_samples
                                                       [UDPNAT_SERVER_DAY_SAMPLES]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerHistory, udpnat_server_history_free)

G_END_DECLS
