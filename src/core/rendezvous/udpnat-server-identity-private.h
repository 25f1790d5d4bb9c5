#pragma once

#include "udpnat-heap.h"
#include "udpnat-registry.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-resting-session.h"
#include "udpnat-token-bucket.h"

G_BEGIN_DECLS

typedef struct _UdpnatServerClient UdpnatServerClient;

/**
 * UdpnatServerQuotas:
 *
 * What a key may still do. Only of those who have done something lately.
 */
typedef struct
{
  UdpnatTokenBucket relay_bucket;
  UdpnatTokenBucket failure_bucket;
  UdpnatTokenBucket attest_bucket;
  UdpnatTokenBucket put_bucket;
  UdpnatTokenBucket stranger_bucket;
  UdpnatTokenBucket ask_bucket; /* of the directory of a fleet */
  gint64            report_us; /* before that, REPORT does not count */
} UdpnatServerQuotas;

/**
 * UdpnatServerRest:
 *
 * What is known of a client while nothing happens but keepalives; all else is as in one that has
 * just come. Its address has been proved.
 */
typedef struct
{
  UdpnatRestingSession session;
  UdpnatAddress        address;
  gint64               heard_us;
  gint64               idle_us;
  guint8               presence;
  UdpnatHeapItem       timer;
} UdpnatServerRest;

/**
 * UdpnatServerIdentity:
 * @seat: borrowed: its key, and its name while it is registered; leads here by its session
 * @live: (nullable): the session that counts, while it is awake
 * @pending: (nullable): a newer one that is not confirmed yet
 * @timestamp: of the newest HS1 accepted
 * @id: its own number
 * @handle: under which others reach it; 0 while no session is confirmed
 * @quotas: (nullable) (owned): see udpnat_server_identity_ensure_quotas()
 * @rest: the session that counts, while @is_resting
 *
 * A static key that has a session now. Lives as long as one of its sessions.
 */
typedef struct
{
  UdpnatRegistryEntry *seat;
  UdpnatServerClient  *live;
  UdpnatServerClient  *pending;
  UdpnatServerQuotas  *quotas;
  guint32              id;
  guint32              handle;
  guint8               timestamp[UDPNAT_TIMESTAMP_BYTES];
  gboolean             is_resting;
  UdpnatServerRest     rest;
} UdpnatServerIdentity;

/* udpnat-server-rest.c */
gboolean              udpnat_server_client_rest    (UdpnatServerClient     *self,
                                                    gint64                  now_us);
UdpnatServerClient   *udpnat_server_identity_wake  (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
UdpnatRxResult        udpnat_server_identity_handle_data (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram,
                                                    const UdpnatDataView   *view);
void                  udpnat_server_handle_rests   (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
gboolean              udpnat_server_end_a_rest     (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);

/* udpnat-server-identity.c */
UdpnatServerIdentity *udpnat_server_find_identity  (const UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);
UdpnatServerIdentity *udpnat_server_ensure_identity (UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);
void                  udpnat_server_identity_free  (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server);
void                  udpnat_server_identity_sit   (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server,
                                                    UdpnatRegistryEntry    *entry);
const UdpnatPublicKey *udpnat_server_identity_get_key (const UdpnatServerIdentity *self);
void                  udpnat_server_identity_set_handle (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    guint32                 handle);
void                  udpnat_server_identity_draw_handle (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server);
UdpnatServerIdentity *udpnat_server_find_handle    (const UdpnatRendezvousServer *self,
                                                    guint32                 handle);
UdpnatServerQuotas   *udpnat_server_identity_ensure_quotas (UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
void                  udpnat_server_identity_drop_quotas (UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
UdpnatRegistryEntry  *udpnat_server_identity_get_entry    (const UdpnatServerIdentity *self);
guint8                udpnat_server_identity_get_presence (const UdpnatServerIdentity *self);
gboolean              udpnat_server_identity_send_frames  (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const guint8           *frames,
                                                    gsize                   n_frames);

G_END_DECLS
