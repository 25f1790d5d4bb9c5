#pragma once

#include "udpnat-message.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousFleet:
 * @watch_us: after so much silence of the server it is asked whether it is there; 0: as usual
 * @is_moved: another one has sent us here
 * @is_fetching: we are a guest, and letters for us are here
 *
 * What is different at a server that is one of several.
 */
typedef struct
{
  gint64   watch_us;
  gboolean is_moved;
  gboolean is_fetching;
  gboolean is_fetch_due; /* to be said */
} UdpnatRendezvousFleet;

/* udpnat-rendezvous-client-fleet.c */
void     udpnat_rendezvous_client_send_fetch      (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_forget_fleet    (UdpnatRendezvousClient      *self);
gboolean udpnat_rendezvous_client_handle_fleet_message (UdpnatRendezvousClient *self,
                                                   const UdpnatMessageView     *message);

G_END_DECLS
