#include "config.h"

#include "udpnat-report.h"

#include "udpnat-reader.h"
#include "udpnat-rendezvous-message.h"

/* REPORT (PROTOCOL.md section 7): a client tells its server what its routers do and how tries for
 * direct paths ended, in numbers, so that whoever runs the server sees what it is needed for. */

void
udpnat_write_report (GByteArray         *out,
                     const UdpnatReport *report)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_REPORT);

  udpnat_append_u8 (out, report->nat);
  udpnat_append_u8 (out, UDPNAT_N_REPORT_WAYS);
  udpnat_append_bytes (out, report->ways, sizeof report->ways);
  udpnat_message_end (out, mark);
}

/** udpnat_parse_report: ways that only a newer client knows are left out, and what an older one
 * does not know is 0 */
gboolean
udpnat_parse_report (const UdpnatMessageView *message,
                     UdpnatReport            *out_report)
{
  UdpnatReader reader;
  guint        n_ways;

  *out_report = (UdpnatReport) { 0 };
  udpnat_reader_init (&reader, message->body, message->n_body);
  reader.failed = message->type != UDPNAT_CS_REPORT;
  out_report->nat = udpnat_reader_u8 (&reader);
  n_ways = udpnat_reader_u8 (&reader);
  for (guint i = 0; i < n_ways; i++)
    {
      guint8 times = udpnat_reader_u8 (&reader);

      if (i < UDPNAT_N_REPORT_WAYS)
        out_report->ways[i] = times;
    }
  return udpnat_reader_is_done (&reader);
}

/** udpnat_report_nat_to_code: Returns: the word for programs, as in "network" of udpnat-cli */
const char *
udpnat_report_nat_to_code (UdpnatReportNat nat)
{
  switch (nat)
    {
    case UDPNAT_REPORT_NAT_UNSAID:
      return "unknown";
    case UDPNAT_REPORT_NAT_NONE:
      return "none";
    case UDPNAT_REPORT_NAT_FULL_CONE:
      return "full-cone";
    case UDPNAT_REPORT_NAT_RESTRICTED:
      return "restricted";
    case UDPNAT_REPORT_NAT_PORT_RESTRICTED:
      return "port-restricted";
    case UDPNAT_REPORT_NAT_CONE:
      return "cone";
    case UDPNAT_REPORT_NAT_SYMMETRIC:
      return "symmetric";
    case UDPNAT_REPORT_NAT_UDP_BLOCKED:
      return "udp-blocked";
    }
  g_assert_not_reached ();
}

/** udpnat_report_way_to_code: Returns: "direct", "lan", or the reason for the relay as in
 * udpnat_path_reason_to_code() */
const char *
udpnat_report_way_to_code (UdpnatReportWay way)
{
  switch (way)
    {
    case UDPNAT_REPORT_WAY_DIRECT:
      return "direct";
    case UDPNAT_REPORT_WAY_LAN:
      return "lan";
    case UDPNAT_REPORT_WAY_NO_CANDIDATES:
      return "no-candidates";
    case UDPNAT_REPORT_WAY_RELAY_ONLY_REMOTE:
      return "relay-only-remote";
    case UDPNAT_REPORT_WAY_BOTH_SYMMETRIC:
      return "both-symmetric";
    case UDPNAT_REPORT_WAY_LOCAL_SYMMETRIC:
      return "local-symmetric";
    case UDPNAT_REPORT_WAY_REMOTE_SYMMETRIC:
      return "remote-symmetric";
    case UDPNAT_REPORT_WAY_NO_ANSWER:
      return "no-answer";
    case UDPNAT_REPORT_WAY_UDP_BLOCKED:
      return "udp-blocked";
    case UDPNAT_REPORT_WAY_UDP_BLOCKED_REMOTE:
      return "udp-blocked-remote";
    }
  g_assert_not_reached ();
}
