#pragma once

#include "udpnat-node.h"
#include "udpnat-rendezvous-server.h"
#include "sim-world.h"

G_BEGIN_DECLS

/**
 * SimServer:
 *
 * A rendezvous server as a process on a host: it can be killed and started again, and its names
 * survive that, as the real one's do on disk.
 */
typedef struct
{
  SimWorld               *world;
  SimHost                *host;
  UdpnatIdentity         *identity;
  UdpnatRandom            random;
  UdpnatRendezvousServer *server; /* NULL while it does not run */
  GPtrArray              *names;  /* of SimClaim */
} SimServer;

/* One message that a SimPeer has received. */
typedef struct
{
  UdpnatMessageId id;
  char           *from;
  char           *text;
  gint64          at_us;
} SimMessage;

/**
 * SimPeer:
 *
 * A user's program as a process on a host. What it remembers between runs (identity, contacts,
 * timestamps) survives sim_peer_kill().
 */
typedef struct
{
  SimWorld       *world;
  SimHost        *host;
  SimServer      *server;
  UdpnatIdentity *identity;
  UdpnatRandom    random;
  UdpnatNode     *node; /* NULL while it does not run */
  char           *name;
  GHashTable     *timestamps; /* GBytes by key text: what the store would hold */

  GPtrArray      *received;  /* of SimMessage */
  guint           n_sent;    /* SENT events */
  guint           n_delivered;
  gint64          last_elapsed_us;
  guint           n_failed;
  char           *last_code; /* of a FAILED or REFUSED event */
  guint           n_unreachable;
  gint64          registered_us; /* of the last REGISTERED event */
  guint           n_registered;
  UdpnatPathKind   path_kind;
  UdpnatPathReason path_reason;
  gint64           path_us;   /* when it last changed */
  gint64           direct_us; /* when it was first direct; 0: never */
  gboolean         holds_receipts; /* do not confirm messages */
} SimPeer;

/**
 * SimPair:
 *
 * The commonest scene: a world of its own with a server and two people. All are owned.
 */
typedef struct
{
  SimWorld  *world;
  SimServer *server;
  SimPeer   *alice;
  SimPeer   *bob;
} SimPair;

SimServer *sim_server_new    (SimWorld            *world,
                              const char          *ip);
void       sim_server_start  (SimServer           *self);
void       sim_server_kill   (SimServer           *self);
void       sim_server_stop   (SimServer           *self);
void       sim_server_free   (SimServer           *self);

SimPeer   *sim_peer_new      (SimServer           *server,
                              const char          *name,
                              SimNat              *behind,
                              const SimLinkConfig *link);
void       sim_peer_start    (SimPeer             *self);
void       sim_peer_kill     (SimPeer             *self);
void       sim_peer_free     (SimPeer             *self);
void       sim_peer_send     (SimPeer             *self,
                              const char          *to,
                              const char          *text);
void       sim_peer_send_numbered (SimPeer        *self,
                              const char          *to,
                              guint                first,
                              guint                n_messages);
void       sim_peer_assert_received (const SimPeer *self,
                              const char          *from,
                              guint                n_messages);
gboolean   sim_peer_is_registered (gpointer        self);

SimPeer   *sim_peer_new_at_home (SimServer          *server,
                              const char          *name,
                              const SimNatConfig  *router,
                              const SimLinkConfig *line);
void       sim_pair_start    (SimPair             *self,
                              SimWorld            *world,
                              const SimNatConfig  *alice_router,
                              const SimLinkConfig *alice_line,
                              const SimNatConfig  *bob_router,
                              const SimLinkConfig *bob_line);
void       sim_pair_clear    (SimPair             *self);
gboolean   sim_pair_is_registered (gpointer        self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimServer, sim_server_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPeer, sim_peer_free)

G_END_DECLS
