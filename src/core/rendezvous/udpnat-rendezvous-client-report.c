#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* REPORT (PROTOCOL.md section 7): what our routers do and how tries for direct paths ended, in
 * numbers, for the server's statistics. It goes with a keepalive, so that it wakes nobody, and at
 * most once in UDPNAT_REPORT_GAP_US, so that it does not tell when somebody was talked to. Whoever
 * hides from the directory, or wants the relay only, tells nothing. */

/** udpnat_rendezvous_client_set_reporting: off at first; what was noted is forgotten with it */
void
udpnat_rendezvous_client_set_reporting (UdpnatRendezvousClient *self,
                                        gboolean                is_on)
{
  self->reports.is_on = is_on;
  udpnat_rendezvous_client_forget_ways (self);
}

/** udpnat_rendezvous_client_forget_ways: what was noted so far is told to nobody */
void
udpnat_rendezvous_client_forget_ways (UdpnatRendezvousClient *self)
{
  self->reports.next = (UdpnatReport) { .nat = self->reports.next.nat };
}

/** udpnat_rendezvous_client_note_nat: what our routers do, as far as is known now */
void
udpnat_rendezvous_client_note_nat (UdpnatRendezvousClient *self,
                                   UdpnatReportNat         nat)
{
  self->reports.next.nat = nat;
}

/** udpnat_rendezvous_client_note_way: a try for a direct path to somebody has ended so */
void
udpnat_rendezvous_client_note_way (UdpnatRendezvousClient *self,
                                   UdpnatReportWay         way)
{
  guint8 *times = &self->reports.next.ways[way];

  if (self->reports.is_on && self->is_listed && *times < G_MAXUINT8)
    (*times)++;
}

/* Whoever has no UDP is known by that, whatever was tested elsewhere. */
static UdpnatReportNat
get_nat (const UdpnatRendezvousClient *self)
{
  return udpnat_rendezvous_client_is_tunnelled (self) ? UDPNAT_REPORT_NAT_UDP_BLOCKED
                                                      : self->reports.next.nat;
}

/** udpnat_rendezvous_client_send_report: if there is anything to tell, and it is time */
void
udpnat_rendezvous_client_send_report (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  UdpnatRendezvousReports *reports = &self->reports;
  g_autoptr (GByteArray)   message = NULL;
  UdpnatReportNat          nat = get_nat (self);
  UdpnatReport             report = reports->next;
  gboolean                 is_news = nat != reports->told_nat;

  for (guint i = 0; i < UDPNAT_N_REPORT_WAYS; i++)
    is_news |= report.ways[i] != 0;
  if (!reports->is_on || !self->is_listed || !is_news || reports->due_us > now_us)
    return;
  report.nat = nat != reports->told_nat ? nat : UDPNAT_REPORT_NAT_UNSAID;
  message = g_byte_array_new ();
  udpnat_write_report (message, &report);
  if (!udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message))
    return;
  reports->due_us = now_us + UDPNAT_REPORT_GAP_US;
  reports->told_nat = nat;
  udpnat_rendezvous_client_forget_ways (self);
}

/** udpnat_rendezvous_client_forget_told_report: the server has a new session with us */
void
udpnat_rendezvous_client_forget_told_report (UdpnatRendezvousClient *self)
{
  self->reports.told_nat = UDPNAT_REPORT_NAT_UNSAID;
}
