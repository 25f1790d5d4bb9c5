#pragma once

#include "udpnat-registry.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-resting-session.h"
#include "udpnat-token-bucket.h"

G_BEGIN_DECLS

typedef struct _UdpnatServerClient UdpnatServerClient;
typedef struct _UdpnatServerComer UdpnatServerComer;

/**
 * UdpnatServerQuotas:
 *
 * What a key may still do. Only of those who have done something lately.
 */
typedef struct
{
  guint32           identity; /* whose they are */
  UdpnatTokenBucket relay_bucket;
  UdpnatTokenBucket failure_bucket;
  UdpnatTokenBucket attest_bucket;
  UdpnatTokenBucket put_bucket;
  UdpnatTokenBucket stranger_bucket;
  UdpnatTokenBucket page_bucket;
  UdpnatTokenBucket watch_bucket;
  UdpnatTokenBucket lookup_bucket;
  UdpnatTokenBucket dial_bucket;
  UdpnatTokenBucket ask_bucket; /* of the directory of a fleet */
  gint64            report_us; /* before that, REPORT does not count */
} UdpnatServerQuotas;

/**
 * UdpnatServerAwake:
 * @live: (nullable): the session that counts
 * @pending: (nullable): who has sent HS1 for a newer one, and is waited for
 */
typedef struct
{
  UdpnatServerClient *live;
  UdpnatServerComer  *pending;
} UdpnatServerAwake;

/**
 * UdpnatServerIdentity:
 * @awake: its sessions, as long as it does not rest
 * @session: the one that counts, at rest
 * @seat: borrowed: its key, and its name while it is registered; leads here by its session
 * @newest_hs1: time of the newest HS1 accepted
 * @turn: of its handle, which is made of this and its own number; 0 while it has none
 * @has_quotas: see udpnat_server_identity_ensure_quotas()
 * @has_watcher: see udpnat_server_identity_get_watcher()
 * @heard_ms: at rest, as all that follows: low bits of when it was last heard
 * @idle_s: silent for longer it is gone
 * @port: its address, which has been proved
 * @ip: of IPv4; of IPv6 the number where it is
 *
 * A static key that has a session now. Lives as long as one of its sessions. There are very many
 * that rest, with nothing but keepalives, so it is packed.
 */
typedef struct
{
  union
  {
    UdpnatServerAwake    awake;
    UdpnatRestingSession session;
  };
  UdpnatRegistryEntry *seat;
  guint64              newest_hs1;
  guint32              heard_ms;
  guint32              ip;
  guint16              idle_s;
  guint16              port;
  guint8               turn;
  guint8               presence;
  guint8               is_resting : 1;
  guint8               is_ipv6 : 1;
  guint8               has_quotas : 1;
  guint8               has_watcher : 1;
} UdpnatServerIdentity;

/* udpnat-server-rest.c */
gboolean              udpnat_server_client_rest    (UdpnatServerClient     *self,
                                                    gint64                  now_us);
UdpnatServerClient   *udpnat_server_identity_wake  (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
void                  udpnat_server_identity_begin_rest (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const UdpnatAddress    *address,
                                                    gint64                  heard_us,
                                                    gint64                  idle_us,
                                                    guint8                  presence);
UdpnatRxResult        udpnat_server_identity_handle_data (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram,
                                                    const UdpnatDataView   *view);
UdpnatRxResult        udpnat_server_identity_handle_opened (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const UdpnatDatagram   *datagram,
                                                    const UdpnatDataView   *view,
                                                    const guint8           *frames);
void                  udpnat_server_identity_get_address (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server,
                                                    UdpnatAddress          *out_address);
gint64                udpnat_server_rest_deadline  (const UdpnatRendezvousServer *self);
void                  udpnat_server_handle_rests   (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
gboolean              udpnat_server_end_a_rest     (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);

/* udpnat-server-identity.c */
guint32               udpnat_server_identity_get_id (const UdpnatServerIdentity *self);
guint32               udpnat_server_identity_get_watcher (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server);
void                  udpnat_server_identity_set_watcher (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    guint32                 watcher);
UdpnatServerClient   *udpnat_server_identity_get_live (const UdpnatServerIdentity *self);
UdpnatServerComer    *udpnat_server_identity_get_pending (const UdpnatServerIdentity *self);
gboolean              udpnat_server_identity_is_after (const UdpnatServerIdentity *self,
                                                    const guint8           *timestamp);
void                  udpnat_server_identity_note_hs1 (UdpnatServerIdentity *self,
                                                    const guint8           *timestamp);
UdpnatServerIdentity *udpnat_server_find_identity  (const UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);
UdpnatServerClient   *udpnat_server_find_live      (const UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);
UdpnatServerIdentity *udpnat_server_ensure_identity (UdpnatRendezvousServer *self,
                                                    const UdpnatPublicKey  *key);
void                  udpnat_server_identity_free  (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server);
void                  udpnat_server_identity_sit   (UdpnatServerIdentity   *self,
                                                    UdpnatRendezvousServer *server,
                                                    UdpnatRegistryEntry    *entry);
const UdpnatPublicKey *udpnat_server_identity_get_key (const UdpnatServerIdentity *self);
guint32               udpnat_server_identity_get_handle (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server);
guint32               udpnat_server_identity_make_handle (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server,
                                                    guint8                  turn);
guint8                udpnat_server_identity_draw_turn (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server);
void                  udpnat_server_identity_drop_handle (UdpnatServerIdentity *self);
void                  udpnat_server_identity_draw_handle (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server);
guint32               udpnat_server_guess_handle   (const UdpnatRendezvousServer *self,
                                                    guint32                 handle);
UdpnatServerIdentity *udpnat_server_find_handle    (const UdpnatRendezvousServer *self,
                                                    guint32                 handle);
UdpnatServerQuotas   *udpnat_server_identity_ensure_quotas (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
void                  udpnat_server_quotas_init    (UdpnatRendezvousServer *self);
void                  udpnat_server_identity_prefetch_quotas (const UdpnatServerIdentity *self,
                                                    const UdpnatRendezvousServer *server,
                                                    guint                   step);
void                  udpnat_server_identity_drop_quotas (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us);
UdpnatRegistryEntry  *udpnat_server_identity_get_entry    (const UdpnatServerIdentity *self);
guint8                udpnat_server_identity_get_presence (const UdpnatServerIdentity *self);
gboolean              udpnat_server_identity_send_carrier (UdpnatServerIdentity  *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const guint8           *frames,
                                                    gsize                   n_frames,
                                                    gsize                   n_carried);
gboolean              udpnat_server_identity_send_frames  (UdpnatServerIdentity *self,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    const guint8           *frames,
                                                    gsize                   n_frames);

G_END_DECLS
