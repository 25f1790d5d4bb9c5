#pragma once

#include "udpnat-client.h"
#include "udpnat-identity.h"

G_BEGIN_DECLS

void          udpnat_client_open_lan        (UdpnatClient          *self,
                                             const UdpnatIdentity  *identity);
void          udpnat_client_clear_lan       (UdpnatClient          *self);
void          udpnat_client_update_lan      (UdpnatClient          *self);
void          udpnat_client_refresh_lan     (UdpnatClient          *self,
                                             const UdpnatAddress   *addresses,
                                             guint                  n_addresses);
void          udpnat_client_leave_lan       (UdpnatClient          *self);

G_END_DECLS
