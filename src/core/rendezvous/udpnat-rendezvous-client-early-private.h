#pragma once

#include "udpnat-rendezvous-client.h"

#include "udpnat-frame.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousEarly:
 * @name: (nullable): %NULL: the HS1 that is on its way, if any, asks for none
 * @is_listed: as it says of @name
 * @presence: likewise
 * @keepalive_s: likewise
 *
 * What goes with HS1, so that HS2 can grant it.
 */
typedef struct
{
  char    *name;
  gboolean is_listed;
  guint8   presence;
  guint16  keepalive_s;
} UdpnatRendezvousEarly;

void     udpnat_rendezvous_client_write_early  (UdpnatRendezvousClient  *self,
                                                UdpnatWriter            *frames);
void     udpnat_rendezvous_client_forget_early (UdpnatRendezvousClient  *self);
void     udpnat_rendezvous_client_take_early   (UdpnatRendezvousClient  *self,
                                                const UdpnatMessageView *message);

G_END_DECLS
