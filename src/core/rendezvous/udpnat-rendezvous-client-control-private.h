#pragma once

#include "udpnat-message.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

/* udpnat-rendezvous-client-control.c */
void     udpnat_rendezvous_client_read_messages   (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
gboolean udpnat_rendezvous_client_send_message    (UdpnatRendezvousClient      *self,
                                                   guint32                      stream,
                                                   const GByteArray            *message);
gboolean udpnat_rendezvous_client_handle_registered (UdpnatRendezvousClient    *self,
                                                   gint64                       now_us,
                                                   const UdpnatMessageView     *message);
void     udpnat_rendezvous_client_send_wishes     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_repeat_wishes   (UdpnatRendezvousClient      *self,
                                                   gboolean                     is_forgotten);

G_END_DECLS
