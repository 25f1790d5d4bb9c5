#pragma once

#include "udpnat-rendezvous-server-private.h"

G_BEGIN_DECLS

/* udpnat-server-access.c: what the operator's word means for whoever is there */
gboolean          udpnat_server_is_blocked        (const UdpnatRendezvousServer *self,
                                                   const UdpnatPublicKey        *key);
gboolean          udpnat_server_is_entry_blocked  (const UdpnatRendezvousServer *self,
                                                   const UdpnatRegistryEntry    *entry);
gboolean          udpnat_server_is_member         (const UdpnatRendezvousServer *self,
                                                   const UdpnatPublicKey        *key);
gboolean          udpnat_server_may_claim         (const UdpnatServerClient     *client,
                                                   const char                   *name,
                                                   UdpnatRefusedCode            *out_code);
void              udpnat_server_wish_directory    (UdpnatServerClient           *client,
                                                   guint8                        mode);
void              udpnat_server_decide            (UdpnatServerClient           *client);
gboolean          udpnat_server_may_relay         (const UdpnatRendezvousServer *self,
                                                   const UdpnatServerIdentity   *from,
                                                   const UdpnatServerIdentity   *to);

G_END_DECLS
