#pragma once

#include "udpnat-message.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-ticket.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousTicket:
 * @ticket: the newest; in memory only
 * @until_us: until then it may be used; 0: there is none
 * @doubt_us: when the server is taken to know no tickets, if it does not answer; NEVER: it does not
 *   seem to be there at all
 */
typedef struct
{
  UdpnatTicket ticket;
  gint64       until_us;
  gint64       doubt_us;
} UdpnatRendezvousTicket;

/* udpnat-rendezvous-client-ticket.c */
void     udpnat_rendezvous_client_forget_ticket   (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_take_ticket     (UdpnatRendezvousClient      *self,
                                                   const UdpnatMessageView     *message);
void     udpnat_rendezvous_client_resume          (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
gboolean udpnat_rendezvous_client_handle_no_ticket (UdpnatRendezvousClient     *self,
                                                   gint64                       now_us,
                                                   guint32                      index);
void     udpnat_rendezvous_client_note_info       (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
gint64   udpnat_rendezvous_client_ticket_deadline (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_keep_ticket     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);

G_END_DECLS
