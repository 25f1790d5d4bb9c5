#pragma once

#include "udpnat-message.h"

G_BEGIN_DECLS

/* What a client's routers do, as REPORT says it (PROTOCOL.md section 7). Read it as guint8: others
 * may be added. */
typedef enum
{
  UDPNAT_REPORT_NAT_UNSAID,          /* nothing new */
  UDPNAT_REPORT_NAT_NONE,            /* no address is translated */
  UDPNAT_REPORT_NAT_FULL_CONE,       /* endpoint-independent mapping and filtering */
  UDPNAT_REPORT_NAT_RESTRICTED,      /* filtering by address */
  UDPNAT_REPORT_NAT_PORT_RESTRICTED, /* filtering by address and port */
  UDPNAT_REPORT_NAT_CONE,            /* endpoint-independent mapping; filtering is not known */
  UDPNAT_REPORT_NAT_SYMMETRIC,       /* endpoint-dependent mapping */
  UDPNAT_REPORT_NAT_UDP_BLOCKED,
} UdpnatReportNat;

#define UDPNAT_N_REPORT_NATS 8

/* How a try for a direct path ended: the place of its number in REPORT. New ones come last. */
typedef enum
{
  UDPNAT_REPORT_WAY_DIRECT,
  UDPNAT_REPORT_WAY_LAN,
  /* through the server, with the reason (docs/REASONS.md) */
  UDPNAT_REPORT_WAY_NO_CANDIDATES,
  UDPNAT_REPORT_WAY_RELAY_ONLY_REMOTE,
  UDPNAT_REPORT_WAY_BOTH_SYMMETRIC,
  UDPNAT_REPORT_WAY_LOCAL_SYMMETRIC,
  UDPNAT_REPORT_WAY_REMOTE_SYMMETRIC,
  UDPNAT_REPORT_WAY_NO_ANSWER,
  UDPNAT_REPORT_WAY_UDP_BLOCKED,
  UDPNAT_REPORT_WAY_UDP_BLOCKED_REMOTE,
} UdpnatReportWay;

#define UDPNAT_N_REPORT_WAYS 10
#define UDPNAT_REPORT_WAY_FIRST_RELAYED UDPNAT_REPORT_WAY_NO_CANDIDATES

/**
 * UdpnatReport:
 * @nat: a #UdpnatReportNat, or one that we do not know
 * @ways: by #UdpnatReportWay: how many tries ended so
 *
 * What a client tells its server for the statistics, and nobody else: no names, no addresses.
 */
typedef struct
{
  guint8 nat;
  guint8 ways[UDPNAT_N_REPORT_WAYS];
} UdpnatReport;

void        udpnat_write_report           (GByteArray              *out,
                                           const UdpnatReport      *report);
gboolean    udpnat_parse_report           (const UdpnatMessageView *message,
                                           UdpnatReport            *out_report)
  G_GNUC_WARN_UNUSED_RESULT;
const char *udpnat_report_nat_to_code     (UdpnatReportNat          nat);
const char *udpnat_report_way_to_code     (UdpnatReportWay          way);

G_END_DECLS
