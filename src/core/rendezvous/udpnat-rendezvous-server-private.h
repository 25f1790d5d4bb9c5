#pragma once

#include "udpnat-cookie.h"
#include "udpnat-handshake-limiter.h"
#include "udpnat-index-table.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-server-client-private.h"
#include "udpnat-siphash.h"

G_BEGIN_DECLS

/* The server's parts see each other here and nowhere else:
 *
 *   udpnat-rendezvous-server.c   life, machine, datagrams that need no session
 *   udpnat-server-handshake.c    HS1: limits, replay, which session it is for
 *   udpnat-server-client.c       one client's session: packets, time, end
 *   udpnat-server-address.c      where a client is, and what that address has proved
 *   udpnat-server-control.c      messages of a control stream: names, lookups
 *   udpnat-server-directory.c    who is told about whose presence
 *   udpnat-server-relay.c        RELAY and DIAL */

struct _UdpnatRendezvousServer
{
  UdpnatMachine machine; /* first: a server is a machine */

  UdpnatRendezvousServerConfig config;
  UdpnatIndexTable            *indexes;
  UdpnatCookieMaker           *cookies;
  UdpnatHandshakeLimiter      *limiter;
  UdpnatTokenBucket            unknown_bucket;
  guint8                       hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  gboolean                     is_shut;

  UdpnatRegistry *registry;
  GHashTable     *identities; /* set of UdpnatServerIdentity, owned */
  GHashTable     *handshakes; /* set of UdpnatServerClient by ephemeral, borrowed */
  GHashTable     *handles;    /* handle -> UdpnatServerClient, borrowed; we choose handles */
  GQueue          clients;    /* all UdpnatServerClient, owned */
  GQueue          pending;    /* unconfirmed ones, oldest first */
  GQueue          subscribers;
  GQueue          dirty;      /* those that may have something to send */
  UdpnatHeap     *timers;
  gint64          publish_us; /* when subscribers are told of changes */

  GQueue outputs; /* of UdpnatDatagram */
  GQueue events;  /* of UdpnatServerEvent */

  UdpnatRendezvousServerStats stats;
};

/* udpnat-rendezvous-server.c */
void                  udpnat_server_push_output    (UdpnatRendezvousServer *self,
                                                    UdpnatSocketId          socket,
                                                    const UdpnatAddress    *to,
                                                    const guint8           *data,
                                                    gsize                   n_data);
void                  udpnat_server_push_event     (UdpnatRendezvousServer *self,
                                                    UdpnatServerEventType   type,
                                                    guint64                 claim_id,
                                                    const char             *name,
                                                    const UdpnatPublicKey  *key);
UdpnatServerIdentity *udpnat_server_find_identity  (UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);

/* udpnat-server-handshake.c */
UdpnatRxResult        udpnat_server_handle_hs1     (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram);

G_END_DECLS
