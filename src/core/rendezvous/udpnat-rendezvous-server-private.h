#pragma once

#include "udpnat-access.h"
#include "udpnat-cookie.h"
#include "udpnat-handshake-limiter.h"
#include "udpnat-heap.h"
#include "udpnat-index-table.h"
#include "udpnat-mailbox.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-server-client-private.h"
#include "udpnat-server-directory-private.h"
#include "udpnat-siphash.h"
#include "udpnat-slab.h"
#include "udpnat-speck.h"
#include "udpnat-ticket.h"
#include "udpnat-watch-table.h"

G_BEGIN_DECLS

/* The server's parts see each other here and nowhere else:
 *
 *   udpnat-rendezvous-server.c   life, machine, datagrams that need no session
 *   udpnat-server-handshake.c    HS1: limits, replay, which session it is for
 *   udpnat-server-ticket.c       tickets: to come back without Diffie-Hellman
 *   udpnat-server-identity.c     a key that has a session, awake or at rest
 *   udpnat-server-comer.c        who has sent HS1 and nothing since
 *   udpnat-server-client.c       one client's session: packets, time, end
 *   udpnat-server-rest.c         a client with whom nothing happens but keepalives
 *   udpnat-server-address.c      where a client is, and what that address has proved
 *   udpnat-server-control.c      messages of a control stream: names, presence, reports
 *   udpnat-server-question.c     questions in frames: lookups
 *   udpnat-server-gather.c       what those at rest ask, some at a time
 *   udpnat-server-access.c       whom the operator lets in, or keeps out
 *   udpnat-server-directory.c    the whole list, while it is small
 *   udpnat-server-list.c         pages of it, and search
 *   udpnat-server-watches.c      presence of those whom a client watches
 *   udpnat-server-mail.c         messages of a mail stream: letters and passes in
 *   udpnat-server-delivery.c     letters out, and the end of their time
 *   udpnat-server-relay.c        RELAY and DIAL
 *   udpnat-server-fleet.c        one of several: what the directory is asked, who goes elsewhere
 *   udpnat-server-fleet-answer.c what follows from what it says
 *   udpnat-server-stun.c         STUN, for anybody
 *   udpnat-server-stats.c        words for what is counted */

typedef struct _UdpnatServerGather UdpnatServerGather; /* udpnat-server-question-private.h */
typedef struct _UdpnatServerFleet UdpnatServerFleet; /* udpnat-server-fleet-private.h */

/* So that the beginning of a flood is no worse than what follows. */
#define UDPNAT_SERVER_COOKIES_BURST (UDPNAT_SERVER_COOKIES_PER_SECOND / 20)

struct _UdpnatRendezvousServer
{
  UdpnatMachine machine; /* first: a server is a machine */

  UdpnatRendezvousServerConfig config;
  UdpnatIndexTable            *indexes;
  UdpnatCookieMaker           *cookies;
  UdpnatHandshakeLimiter      *limiter;
  UdpnatTicketRing            *tickets;
  UdpnatTokenBucket            unknown_bucket;
  UdpnatTokenBucket            cookie_bucket;
  UdpnatTokenBucket            stun_bucket;
  guint8                       hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  gboolean                     is_shut;

  UdpnatAccess   *access;
  UdpnatRegistry *registry;
  UdpnatSlab     *identities; /* of UdpnatServerIdentity */
  GHashTable     *hellos;     /* set of UdpnatServerHello by ephemeral, borrowed */
  UdpnatSlab     *ipv6;       /* of 16 bytes: addresses of identities that rest */
  UdpnatSpeck     handles;    /* what they are enciphered with */
  UdpnatWatchTable *watches;  /* identities are its watchers */
  GHashTable     *watchers;   /* number of an identity -> its number there */
  GQueue          clients;    /* all UdpnatServerClient, owned */
  GQueue          pending;    /* all UdpnatServerComer, owned, oldest first */
  GQueue          subscribers;
  GQueue          dirty;      /* those that may have something to send */
  UdpnatHeap     *timers;
  guint           n_resting;
  guint32         rest_cursor;  /* the identity that was looked at last */
  gint64          rest_turn_us; /* when the next are looked at, while any rests */
  UdpnatSlab     *quotas;     /* of UdpnatServerQuotas */
  UdpnatIdSet    *quotas_by_identity;
  UdpnatServerGather *gather;
  GByteArray     *message;    /* the one that is being written */
  gint64          publish_us; /* when subscribers, and who watches, are told of changes */

  /* mail */
  UdpnatMailbox *mailbox;         /* nullable: this server keeps none */
  GHashTable    *puts;            /* number (in the put) -> UdpnatServerPut, owned */
  gint64         put_bytes;       /* of all puts */
  gint64         wall_offset_us;
  gint64         passes_us;       /* when changed passes go to the disk */
  gint64         expire_after_us; /* not before: the last batch was then */

  UdpnatServerFleet *fleet; /* nullable: this server stands alone */

  GQueue outputs; /* of UdpnatDatagram */
  GQueue spares;  /* of UdpnatDatagram that have left; the first may be being written */
  GQueue events;  /* of UdpnatServerEvent */

  UdpnatRendezvousServerStats stats;
};

/* udpnat-rendezvous-server.c */
UdpnatDatagram       *udpnat_server_begin_output   (UdpnatRendezvousServer *self,
                                                    UdpnatSocketId          socket,
                                                    const UdpnatAddress    *to);
void                  udpnat_server_end_output     (UdpnatRendezvousServer *self);
void                  udpnat_server_push_output    (UdpnatRendezvousServer *self,
                                                    UdpnatSocketId          socket,
                                                    const UdpnatAddress    *to,
                                                    const guint8           *data,
                                                    gsize                   n_data);
UdpnatServerEvent    *udpnat_server_push_event     (UdpnatRendezvousServer *self,
                                                    UdpnatServerEventType   type,
                                                    guint64                 claim_id,
                                                    const char             *name,
                                                    const UdpnatPublicKey  *key);
UdpnatServerEvent    *udpnat_server_push_mail_event (UdpnatRendezvousServer *self,
                                                    UdpnatServerEventType   type,
                                                    guint64                 number);
guint                 udpnat_server_count_sessions (const UdpnatRendezvousServer *self);
UdpnatRxResult        udpnat_server_refuse         (UdpnatRendezvousServer *self,
                                                    UdpnatServerRefusal     refusal);
UdpnatRxResult        udpnat_server_say_unknown    (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatAddress    *to,
                                                    guint32                 index);

/* udpnat-server-rest.c */
guint32               udpnat_server_get_resting_index (gpointer             user_data,
                                                    guint32                 id);

/* udpnat-server-delivery.c */
gint64                udpnat_server_get_wall_s     (const UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
void                  udpnat_server_drop_mail      (UdpnatRendezvousServer *self,
                                                    UdpnatMail             *mail);
void                  udpnat_server_note_mail      (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatPublicKey  *recipient);
gint64                udpnat_server_mail_deadline  (const UdpnatRendezvousServer *self);
void                  udpnat_server_store_passes   (UdpnatRendezvousServer *self);
void                  udpnat_server_keep_mail      (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);

/* udpnat-server-handshake.c */
UdpnatRxResult        udpnat_server_handle_hs1     (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram);

/* udpnat-server-ticket.c */
void                  udpnat_server_keep_tickets   (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
void                  udpnat_server_write_ticket   (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatHs1        *hs1,
                                                    UdpnatWriter           *frames);

/* udpnat-server-stun.c */
UdpnatRxResult        udpnat_server_handle_stun    (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram);

G_END_DECLS
