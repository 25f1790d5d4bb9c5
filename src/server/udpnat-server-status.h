#pragma once

#include "udpnat-fleet-status.h"
#include "udpnat-server-history.h"
#include "udpnat-server-stats.h"

G_BEGIN_DECLS

/**
 * UdpnatServerStatus:
 * @version: of the program
 * @started_s: seconds since 1970
 * @uptime_s: by a clock that nobody sets
 * @memory_bytes: resident; 0: not known
 * @history: (nullable): borrowed
 * @fleet: (nullable): borrowed; %NULL: it stands alone
 *
 * How a server does, as numbers: nobody's name or address is in it.
 */
typedef struct
{
  const char                 *version;
  gint64                      started_s;
  gint64                      uptime_s;
  gint64                      memory_bytes;
  UdpnatRendezvousServerStats stats;
  const UdpnatServerHistory  *history;
  const UdpnatFleetStatus    *fleet;
} UdpnatServerStatus;

/**
 * UdpnatServerShare:
 * @code: what it is of, for programs
 *
 * One line of a table that is sorted by @count.
 */
typedef struct
{
  const char *code;
  guint64     count;
} UdpnatServerShare;

#define UDPNAT_SERVER_SHARES_MAX 16

guint64 udpnat_server_status_count_direct (const UdpnatServerStatus *self);
guint64 udpnat_server_status_count_ways   (const UdpnatServerStatus *self);
guint   udpnat_server_status_get_nats     (const UdpnatServerStatus *self,
                                           UdpnatServerShare         out_shares
                                             [UDPNAT_SERVER_SHARES_MAX]);
guint   udpnat_server_status_get_reasons  (const UdpnatServerStatus *self,
                                           UdpnatServerShare         out_shares
                                             [UDPNAT_SERVER_SHARES_MAX]);
guint   udpnat_server_status_get_refusals (const UdpnatServerStatus *self,
                                           UdpnatServerShare         out_shares
                                             [UDPNAT_SERVER_SHARES_MAX]);
void    udpnat_server_status_get_sample   (const UdpnatServerStatus *self,
                                           UdpnatServerSample       *out_sample);

char   *udpnat_server_status_to_text      (const UdpnatServerStatus *self);
char   *udpnat_server_status_to_metrics   (const UdpnatServerStatus *self);
char   *udpnat_server_status_to_json      (const UdpnatServerStatus *self);

/* Numbers for people, which a program that reads would not want. */
char   *udpnat_server_format_count        (guint64                   count);
char   *udpnat_server_format_bytes        (guint64                   n_bytes);
char   *udpnat_server_format_duration     (gint64                    seconds);
char   *udpnat_server_format_percent      (guint64                   part,
                                           guint64                   whole);

G_END_DECLS
