#pragma once

#include "udpnat-cookie.h"
#include "udpnat-nat-probe.h"
#include "udpnat-node-abroad-private.h"
#include "udpnat-node-browse-private.h"
#include "udpnat-node-mapping-private.h"
#include "udpnat-node-people-private.h"
#include "udpnat-node-search-private.h"
#include "udpnat-node-vouch-private.h"
#include "udpnat-node-facts.h"
#include "udpnat-node-report-private.h"
#include "udpnat-peer-mail-private.h"
#include "udpnat-peer-private.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-token-bucket.h"

G_BEGIN_DECLS

#define UDPNAT_NODE_RECENT_HANDSHAKES 64

/* An HS1 that was answered: recognised by its ephemeral before any DH. */
typedef struct
{
  guint8      ephemeral[UDPNAT_EPHEMERAL_BYTES];
  UdpnatPeer *peer; /* borrowed; NULL: free place */
} UdpnatRecentHandshake;

struct _UdpnatNode
{
  UdpnatMachine machine; /* first: a UdpnatNode is a UdpnatMachine */

  UdpnatIdentity         *identity;
  UdpnatRandom            random;
  gint64                  wall_offset_us; /* wall clock minus now_us */
  gint64                  last_wall_us;   /* newest timestamp given out */
  UdpnatIndexTable       *indexes;
  UdpnatRendezvousClient *server;
  gboolean                is_relay_only;
  gboolean                has_server;     /* one was set: names are its to give */
  gboolean                is_list_awaited; /* and it may soon tell whom it knows */

  /* our own candidates */
  UdpnatAddress    host_addresses[UDPNAT_CANDIDATES_MAX];
  guint            n_host_addresses;
  guint16          port;
  UdpnatCandidates local;

  /* our routers, and sockets besides the main one: udpnat-node-nat.c */
  UdpnatNatProbe *probe;        /* nullable: tests run at this moment */
  UdpnatNatFacts  nat;          /* what they have found out */
  UdpnatAddress   nat_observed; /* as what the server saw us then */
  gint64          nat_due_us;   /* when they begin; NEVER: not planned */
  gint64          nat_again_us; /* tests of this router are paid for until then */
  UdpnatNodeBinding binding;     /* of the main socket, as long as the IP address is the same */
  gboolean        is_socket_used[UDPNAT_NODE_SOCKETS_MAX];
  UdpnatNodeOpening opening;     /* udpnat-node-mapping.c */
  UdpnatNodeSearch search;       /* udpnat-node-search.c */
  gboolean        is_search_off;
  UdpnatNodeVouch vouch;         /* udpnat-node-vouch.c */
  UdpnatNodeBrowse browse;       /* udpnat-node-browse.c */

  /* people */
  /* owned UdpnatPeer by key; a tree, because strangers choose keys and names */
  GTree      *peers;
  GTree      *names;     /* borrowed UdpnatPeer by folded name (owned) */
  GHashTable *handles;   /* borrowed UdpnatPeer by relay handle; the server chooses these */
  GPtrArray  *abroad;    /* of UdpnatAbroad: where people are who are not at our server */
  GQueue      lookups;   /* of Lookup: names that are being looked up */
  guint32     last_request;
  GPtrArray  *active;    /* borrowed peers that have a conversation */
  GPtrArray  *lan_peers; /* borrowed peers on our own network */
  UdpnatHeap *timers;
  GQueue      dirty;     /* borrowed peers that may have something to send */

  /* mail: udpnat-node-mail.c */
  GTree  *own_prekeys;   /* owned OwnPrekey by its id: secrets that letters to us may use */
  GQueue  letters;       /* of Letter: opened, and not yet safe */
  gboolean are_passes_dirty;

  /* handshakes from strangers */
  UdpnatTokenBucket     handshake_bucket; /* direct ones without a cookie */
  UdpnatTokenBucket     proven_bucket;    /* direct ones with a cookie */
  UdpnatTokenBucket     relayed_bucket;
  UdpnatTokenBucket     punch_bucket;     /* packets to unproven addresses of all peers */
  UdpnatTokenBucket     unknown_bucket;
  UdpnatCookieMaker    *cookies;
  UdpnatRecentHandshake recent[UDPNAT_NODE_RECENT_HANDSHAKES];
  guint                 next_recent;

  GQueue outputs; /* of UdpnatDatagram, to leave directly */
  GQueue events;  /* of UdpnatNodeEvent */
};

/* What peers need of their node */
void             udpnat_node_push_event     (UdpnatNode            *self,
                                             UdpnatNodeEvent       *event);
void             udpnat_node_drop_items     (UdpnatNode            *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_mark_dirty     (UdpnatNode            *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_send_direct    (UdpnatNode            *self,
                                             UdpnatSocketId         socket,
                                             const UdpnatAddress   *to,
                                             guint8                 ttl,
                                             const guint8          *data,
                                             gsize                  n_data);
void             udpnat_node_take_timestamp (UdpnatNode            *self,
                                             gint64                 now_us,
                                             guint8                 out[UDPNAT_TIMESTAMP_BYTES]);
void             udpnat_node_set_handle     (UdpnatNode            *self,
                                             UdpnatPeer            *peer,
                                             UdpnatAbroad          *abroad,
                                             guint32                handle);
void             udpnat_node_refresh_candidates (UdpnatNode        *self);
UdpnatRxResult   udpnat_node_handle_peer_packet (UdpnatNode        *self,
                                             gint64                 now_us,
                                             const UdpnatRoute     *route,
                                             const char            *name,
                                             const guint8          *data,
                                             gsize                  n_data);

/* udpnat-node-nat.c: what our routers do */
void             udpnat_node_nat_init       (UdpnatNode            *self);
void             udpnat_node_nat_clear      (UdpnatNode            *self);
void             udpnat_node_fill_verdict   (const UdpnatNode      *self,
                                             UdpnatCandidates      *out_candidates);
guint8           udpnat_node_get_open_ttl   (const UdpnatNode      *self);
gboolean         udpnat_node_is_testing_nat (const UdpnatNode      *self);
void             udpnat_node_forget_nat     (UdpnatNode            *self);
void             udpnat_node_plan_nat_test  (UdpnatNode            *self,
                                             gint64                 now_us);
gboolean         udpnat_node_nat_handle_datagram (UdpnatNode       *self,
                                             gint64                 now_us,
                                             const UdpnatDatagram  *datagram);
gint64           udpnat_node_nat_next_deadline (const UdpnatNode   *self);
void             udpnat_node_nat_handle_deadline (UdpnatNode       *self,
                                             gint64                 now_us);
gboolean         udpnat_node_nat_pop_output (UdpnatNode            *self,
                                             gint64                 now_us,
                                             UdpnatDatagram        *out_datagram);
UdpnatSocketId   udpnat_node_open_socket    (UdpnatNode            *self);
void             udpnat_node_close_socket   (UdpnatNode            *self,
                                             UdpnatSocketId         socket);

/* udpnat-node-server.c: what the server says */
void             udpnat_node_follow_server  (UdpnatNode            *self,
                                             gint64                 now_us);
void             udpnat_node_handle_relayed (UdpnatNode            *self,
                                             gint64                 now_us,
                                             UdpnatAbroad          *abroad,
                                             const UdpnatRendezvousEvent *event);
void             udpnat_node_handle_relay_failed (UdpnatNode       *self,
                                             gint64                 now_us,
                                             UdpnatAbroad          *abroad,
                                             guint32                handle,
                                             guint8                 code,
                                             guint32                rate_kib);
void             udpnat_node_handle_dial_failed (UdpnatNode        *self,
                                             gint64                 now_us,
                                             const UdpnatPublicKey *key,
                                             guint8                 code);

/* udpnat-node-lan.c: people on this network */
void             udpnat_node_push_presence  (UdpnatNode            *self,
                                             const UdpnatPeer      *peer);
void             udpnat_node_claim_name     (UdpnatNode            *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_take_claimed_name (UdpnatNode         *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_qualify_names  (UdpnatNode            *self);
void             udpnat_node_end_list_wait  (UdpnatNode            *self);
gboolean         udpnat_node_is_lan_source  (const UdpnatNode      *self,
                                             const UdpnatAddress   *source);
/* udpnat-node-mail.c: letters from the mailbox */
void             udpnat_node_mail_init      (UdpnatNode            *self);
void             udpnat_node_mail_clear     (UdpnatNode            *self);
void             udpnat_node_handle_mail    (UdpnatNode            *self,
                                             gint64                 now_us,
                                             UdpnatAbroad          *abroad,
                                             guint64                number,
                                             const guint8          *sealed,
                                             gsize                  n_sealed);
void             udpnat_node_handle_mail_result (UdpnatNode        *self,
                                             gint64                 now_us,
                                             const UdpnatRendezvousClient *server,
                                             guint32                request,
                                             guint8                 code);
void             udpnat_node_settle_letters (UdpnatNode            *self,
                                             gint64                 now_us,
                                             UdpnatPeer            *peer);
void             udpnat_node_give_back_letters (UdpnatNode         *self,
                                             gint64                 now_us,
                                             UdpnatPeer            *peer);
void             udpnat_node_drop_letters   (UdpnatNode            *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_tell_passes    (UdpnatNode            *self,
                                             gint64                 now_us);

G_END_DECLS
