#pragma once

#include "udpnat-rendezvous-client.h"
#include "udpnat-report.h"

G_BEGIN_DECLS

/* What the server is told for its statistics. */
typedef struct
{
  gboolean     is_on;
  gint64       due_us;   /* not before */
  guint8       told_nat; /* what this server knows; UNSAID: nothing */
  UdpnatReport next;
} UdpnatRendezvousReports;

/* udpnat-rendezvous-client-report.c */
void     udpnat_rendezvous_client_send_report        (UdpnatRendezvousClient   *self,
                                                      gint64                    now_us);
void     udpnat_rendezvous_client_forget_ways        (UdpnatRendezvousClient   *self);
void     udpnat_rendezvous_client_forget_told_report (UdpnatRendezvousClient   *self);

G_END_DECLS
