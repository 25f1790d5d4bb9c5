#pragma once

#include "udpnat-node-facts.h"
#include "udpnat-rendezvous-server.h"

#include "sim-disk.h"
#include "sim-files.h"
#include "sim-lan.h"
#include "sim-store.h"
#include "sim-world.h"

G_BEGIN_DECLS

/* Virtual wall clock: some day in 2026, when the world begins. */
#define SIM_WALL_OFFSET_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

/* A letter on the server's disk. */
typedef struct
{
  guint64         number;
  UdpnatPublicKey recipient;
  gboolean        has_pass;
  guint8          pass[UDPNAT_MAIL_PASS_BYTES];
  gint64          stored_s;
  GBytes         *data;
} SimLetter;

/**
 * SimServer:
 * @disk: its delay may be set before sim_server_start()
 * @is_mailbox_off: likewise
 * @mailbox_limits: likewise
 * @is_disk_broken: while it is, nothing new can be written: names and letters are refused
 * @ticket_keys: (nullable): as they were last written
 * @n_letters_ever: stored so far, whatever became of them
 *
 * A rendezvous server as a process on a host: it can be killed and started again, and its names and
 * mailboxes survive that, as the real one's do on disk.
 */
typedef struct
{
  SimWorld               *world;
  SimHost                *host;
  UdpnatIdentity         *identity;
  UdpnatRandom            random;
  UdpnatRendezvousServer *server; /* NULL while it does not run */
  SimDisk                 disk;
  gboolean                is_mailbox_off;
  gboolean                is_disk_broken;
  UdpnatMailboxLimits     mailbox_limits;

  GPtrArray              *names;   /* of SimClaim */
  GPtrArray              *letters; /* of SimLetter */
  GHashTable             *passes;  /* GBytes by key text */
  guint64                 last_number;
  GBytes                 *ticket_keys;
  guint                   n_letters_ever;
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
 * SimWatch:
 *
 * Is told of everything that a node tells its program, before that does anything about it.
 */
typedef void (*SimWatch) (SimPeer               *peer,
                          const UdpnatNodeEvent *event,
                          gpointer               user_data);

/**
 * SimPeer:
 * @disk: its delay may be set before sim_peer_start()
 * @accepts_everyone: whether a stranger is accepted with the first thing that he says; TRUE at
 *   first
 * @stranger_lines_max: how many lines of a stranger are kept; the rest is refused
 * @prekeys_per_contact: how many are given to each contact who has written; 0 at first
 * @holds_receipts: do not confirm what comes
 * @is_serverless: is not told of the server
 * @has_beacons: finds people on its network, and is found; for hosts behind a NAT
 * @has_tunnel: reaches the server over TCP where UDP does not pass
 * @is_forgetful: confirms what comes, and does not write it: for tests of what notices that
 * @clock_us: how wrong its wall clock is: sim_peer_move_clock()
 * @n_lives: how often it has been started
 * @watch: (nullable)
 *
 * A user's program as a process on a host. What it has written to its disk (identity, @store,
 * @files, and what tests ask for: @written and @received) survives sim_peer_kill(); nothing else
 * does.
 */
struct _SimPeer
{
  SimWorld       *world;
  SimHost        *host;
  SimServer      *server;
  UdpnatIdentity *identity;
  UdpnatRandom    random;
  UdpnatNode     *node; /* NULL while it does not run */
  char           *name;
  SimDisk         disk;
  SimStore        store;
  SimFiles        files;
  GQueue          sends; /* of Send: texts and files whose addressee is being looked up */

  gboolean        accepts_everyone;
  guint           stranger_lines_max;
  guint           prekeys_per_contact;
  gboolean        holds_receipts;
  gboolean        is_serverless;
  gboolean        has_beacons;
  gboolean        has_tunnel;
  gboolean        is_forgetful;
  gint64          clock_us;
  guint           n_lives;
  SimWatch        watch;
  gpointer        watch_data;
  SimLan          lan;
  gboolean        is_disk_broken; /* what comes cannot be written: sim_peer_set_disk_broken() */
  guint           n_incoming; /* writes of what has come that are under way */
  guint           n_doomed;   /* the first of them, which are lost */

  GPtrArray      *written;   /* texts that were put into the outbox */
  GPtrArray      *received;  /* of SimMessage */
  guint           n_sent;    /* SENT events */
  guint           n_stored;  /* texts that were put into a mailbox */
  guint           n_delivered; /* texts */
  gint64          last_elapsed_us;
  guint           n_failed;
  char           *last_code; /* of a LOOKED_UP or REFUSED event */
  const char     *mail_code; /* of a MAIL_REFUSED event */
  guint           n_refused; /* items of others */
  guint           n_lost;    /* items of others that the disk did not take */
  guint           n_prekeys_taken;
  guint           n_prekeys_used;
  guint           n_read;
  guint           n_typing;
  guint           n_unreachable;
  guint           n_refuted; /* PORT_REFUTED events */
  guint           n_abroad_wanted; /* ABROAD_WANTED events */
  guint8          presence;  /* what the last PEER event said */
  gint64          registered_us; /* of the last REGISTERED event */
  guint           n_registered;
  UdpnatPathKind   path_kind;
  UdpnatPathReason path_reason;
  gint64           path_us;   /* when it last changed */
  gint64           direct_us; /* when it was first direct; 0: never */
};

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
SimServer *sim_server_new_named (SimWorld         *world,
                              const char          *name,
                              const char          *ip);
void       sim_server_start  (SimServer           *self);
void       sim_server_kill   (SimServer           *self);
void       sim_server_stop   (SimServer           *self);
void       sim_server_wipe   (SimServer           *self);
void       sim_server_free   (SimServer           *self);

SimPeer   *sim_peer_new      (SimServer           *server,
                              const char          *name,
                              SimNat              *behind,
                              const SimLinkConfig *link);
void       sim_peer_start    (SimPeer             *self);
void       sim_peer_tell_addresses (SimPeer       *self);
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
void       sim_peer_offer_file (SimPeer           *self,
                              const char          *to,
                              guint64              seed,
                              guint64              size);
UdpnatMessageId
           sim_peer_draw_id  (SimPeer             *self);
gint64     sim_peer_get_wall (const SimPeer       *self);
void       sim_peer_write_item (SimPeer           *self,
                              const UdpnatPublicKey *key,
                              UdpnatItem          *item);
void       sim_peer_set_trust (SimPeer            *self,
                              const SimPeer       *of,
                              UdpnatTrust          trust);
const UdpnatPublicKey *
           sim_peer_get_key  (const SimPeer       *self);
gboolean   sim_peer_is_idle  (const SimPeer       *self);
void       sim_peer_set_disk_broken (SimPeer      *self,
                              gboolean             is_broken);
void       sim_peer_move_clock (SimPeer           *self,
                              gint64               by_us);
gboolean   sim_peer_is_registered (gpointer        self);

/* sim-abroad.c */
char      *sim_peer_dup_name_for (const SimPeer       *self,
                              const SimPeer       *who);
void       sim_peer_handle_abroad (SimPeer           *self,
                              const UdpnatNodeEvent *event);
void       sim_peer_write_address (SimPeer           *self, /* sim-chat.c */
                              const UdpnatPublicKey *key,
                              const char          *name,
                              const char          *address);
void       sim_peer_write_name (SimPeer              *self, /* sim-chat.c */
                              const UdpnatPublicKey *key,
                              const char          *name);
void       sim_peer_add_by_link (SimPeer             *self,
                              const SimPeer       *of);
void       sim_peer_tell_address (SimPeer            *self,
                              const UdpnatPublicKey *key,
                              const char          *name);
void       sim_peer_take_address (SimPeer            *self,
                              const UdpnatPublicKey *key,
                              const UdpnatItem    *item);

/* sim-pair.c */
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
