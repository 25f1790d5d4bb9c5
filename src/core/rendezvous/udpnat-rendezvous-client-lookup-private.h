#pragma once

#include "udpnat-frame.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

typedef struct
{
  guint32  request;
  char    *name;
  gint64   deadline_us;
  gint64   next_us;     /* when it is sent, or sent again */
  gint64   interval_us; /* 0: not sent yet */
} UdpnatRendezvousLookup;

/* udpnat-rendezvous-client-lookup.c */
gint64   udpnat_rendezvous_client_lookup_deadline (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_expire_lookups  (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_send_lookups    (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_repeat_lookups  (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_handle_answer   (UdpnatRendezvousClient      *self,
                                                   const UdpnatFrameView       *frame);
void     udpnat_rendezvous_lookup_free            (UdpnatRendezvousLookup      *lookup);

G_END_DECLS
