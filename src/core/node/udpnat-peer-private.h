#pragma once

#include "udpnat-conversation.h"
#include "udpnat-handshake.h"
#include "udpnat-heap.h"
#include "udpnat-mail-pass.h"
#include "udpnat-mapping-query.h"
#include "udpnat-node.h"
#include "udpnat-path-set.h"
#include "udpnat-peer-rotation-private.h"
#include "udpnat-peer-searches-private.h"
#include "udpnat-peer-vouch-private.h"
#include "udpnat-presence.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-route-private.h"
#include "udpnat-sealed.h"
#include "udpnat-session.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_PEER_MAIL_IDLE,
  UDPNAT_PEER_MAIL_SAVING, /* waits until the prekey that it uses is forgotten on disk */
  UDPNAT_PEER_MAIL_FLYING, /* waits for the server's answer */
} UdpnatPeerMailPhase;

typedef struct _UdpnatPeerFiles UdpnatPeerFiles; /* udpnat-peer-files-private.h */

/**
 * UdpnatPeer:
 *
 * One other user. Everyone in the directory has one; conversation, paths and session are made when
 * there is something to say.
 */
typedef struct
{
  UdpnatPublicKey key;
  char           *name;      /* nullable: as the server or the store calls the peer */
  gboolean        is_contact; /* name and key belong together for good */
  UdpnatTrust     trust;
  guint8          presence;  /* a #UdpnatPresence */
  guint32         handle;    /* where the relay reaches it, 0: not known */
  gint64          relay_rate; /* bytes/s that its relay takes of us; 0: not known */
  UdpnatAbroad   *handle_abroad; /* nullable: whose relay; NULL: our own server's */

  /* at other servers: udpnat-node-abroad.c */
  UdpnatAbroad   *abroad;    /* nullable: where it is registered; NULL: at our own */
  gboolean        is_place_claimed; /* by nobody but the peer itself */
  gboolean        is_guest;  /* talks to us through our server, without a name there */

  /* on our own network: udpnat-node-lan.c */
  UdpnatAddress   lan_addresses[UDPNAT_LAN_ADDRESSES_MAX]; /* where its beacons come from */
  guint           n_lan_addresses; /* 0: not there */
  char           *claimed_name;    /* nullable: what it calls itself there */
  char           *claimed_place;   /* nullable: and its server, which is not ours */
  gboolean        is_name_claimed; /* @name is made of that: nobody else vouches for it */
  guint8          last_timestamp[UDPNAT_TIMESTAMP_BYTES]; /* of the newest HS1 accepted */

  UdpnatConversation *conversation; /* nullable */
  UdpnatPeerFiles    *files;        /* nullable: none go over; with conversation only */
  UdpnatPathSet      *paths;        /* nullable, made with conversation */
  UdpnatSession      *session;      /* nullable */
  UdpnatRoute         hs2_route;    /* where the last HS1 came from */
  guint32             told_generation; /* candidates the peer has been told */
  gboolean            is_relay_only;   /* the user wants no direct path to this peer */
  guint32          n_own_changes;   /* of what only this peer is told: each makes a generation */

  /* a second socket, for this peer alone: udpnat-peer-sockets.c */
  UdpnatPeerRotation  rotation;    /* udpnat-peer-rotation.c */
  UdpnatPeerSearches  searches;    /* udpnat-node-search.c */
  UdpnatPeerVouch     vouch;       /* udpnat-node-vouch.c */
  GByteArray         *control_out; /* nullable: messages for the control stream */
  gboolean            is_socket_wanted; /* as soon as our own routers have been tested */
  UdpnatSocketId      further_socket;   /* UDPNAT_SOCKET_MAIN: none */
  UdpnatMappingQuery *query;            /* nullable: how the server sees it */
  UdpnatAddress       further_address;  /* unset until that is known */

  gboolean         has_refused; /* something was not kept: letters wait for one that begins anew */
  gboolean         has_skipped; /* of a kind that strangers may not say: to come again */
  gboolean         has_failed;  /* our disk did: letters wait for the server's next session */
  gint64           failed_until_us; /* no session before, whoever wants it; 0: none */
  gboolean         must_call;   /* the peer may not know that it must begin anew */
  gboolean         is_watched; /* the server is to tell us of it */
  guint32          browse_round; /* in which it was in a page last; 0: in none */
  gboolean         is_heard;  /* in the directory since the server was last connected */
  gboolean         is_source_unproven;   /* while the early data of a direct HS1 is read */
  /* wait for the first packet under the new keys; a stranger's until it is accepted */
  gboolean         has_early_candidates;
  gboolean         is_early_unproven; /* that packet has not come */
  UdpnatCandidates early_candidates;
  UdpnatRoute      crossed_route; /* where the last HS1 came from that gave way to ours */
  gsize            n_crossed_hs1; /* its length; 0: none, or answered */
  guint            n_insisted, n_closed; /* such HS1 since a session; those since a delivery */

  /* mail: udpnat-peer-mail.c */
  GQueue              prekeys; /* of UdpnatPrekey: the peer's, unused ones */
  UdpnatPeerMailPhase mail_phase;
  gboolean            is_letter_short; /* the peer's mailbox takes us for a stranger */
  GByteArray         *letter;        /* nullable: what is to be put, before it is sealed */
  UdpnatPrekey        letter_prekey; /* id 0: none */
  UdpnatRendezvousClient *mail_server; /* borrowed: who was asked to keep it */
  guint32             mail_request;  /* at that server; 0: none */
  gint64              mail_blocked_until_us;
  guint               n_mail_later; /* such answers in a row */
  guint8              mail_pass[UDPNAT_MAIL_PASS_BYTES];         /* with which we put */
  guint8              mail_pass_of_peer[UDPNAT_MAIL_PASS_BYTES]; /* with which the peer puts */
  gboolean            has_mail_passes;

  UdpnatNodePath told_path; /* what the owner was told last */
  UdpnatPathPhase phase;    /* as it was when the peer was last pumped */
  gint64   phase_us;         /* since when */
  gboolean has_reported;     /* how a try ended: @reported_way (udpnat-node-report.c) */
  UdpnatReportWay reported_way;
  guint    n_failed_dials;
  gint64   blocked_until_us; /* no new handshake before; 0: none */
  gint64   last_kick_us;     /* when a hint last made us start a handshake */
  gint64   last_heard_us;    /* something authentic of the session's came, by whatever way */

  gboolean        is_dirty;  /* in node->dirty */
  UdpnatHeapItem  timer;     /* in node->timers */
  /* borrowed */
  UdpnatNode     *node;
} UdpnatPeer;
UdpnatPeer    *udpnat_peer_new                (UdpnatNode            *node,
                                               const UdpnatPublicKey *key);
void           udpnat_peer_free               (UdpnatPeer            *self);
void           udpnat_peer_open               (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_set_local          (UdpnatPeer            *self);
void           udpnat_peer_set_relay_only     (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               gboolean               is_relay_only);
void           udpnat_peer_note_active        (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_use_server         (UdpnatPeer            *self,
                                               gint64                 now_us);
UdpnatRxResult udpnat_peer_handle_hs1         (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               const UdpnatRoute     *route,
                                               UdpnatHs1             *hs1);
void           udpnat_peer_handle_repeat      (UdpnatPeer            *self,
                                               const UdpnatRoute     *route);
UdpnatRxResult udpnat_peer_handle_packet      (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               const UdpnatRoute     *route,
                                               guint8                *data,
                                               gsize                  n_data);
void           udpnat_peer_pause              (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_close              (UdpnatPeer            *self);
void           udpnat_peer_handle_unknown     (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_dial_failed (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_quota       (UdpnatPeer            *self,
                                               guint32                rate_kib);
void           udpnat_peer_handle_online      (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               UdpnatAbroad          *abroad,
                                               guint32                handle);
void           udpnat_peer_handle_route       (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_hurry              (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_wake        (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_path_deadline (UdpnatPeer          *self,
                                               gint64                 now_us);
void           udpnat_peer_start_handshake    (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_drop_session       (UdpnatPeer            *self);
void           udpnat_peer_restart_streams    (UdpnatPeer            *self);
gboolean       udpnat_peer_has_unsent         (const UdpnatPeer      *self);
void           udpnat_peer_leave              (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_follow_conversation (UdpnatPeer            *self);
gboolean       udpnat_peer_has_session        (const UdpnatPeer      *self);
UdpnatSessionConfig udpnat_peer_get_session_config (UdpnatPeer        *self);
void           udpnat_peer_write_candidates   (UdpnatPeer            *self,
                                               UdpnatWriter          *out);
gint64         udpnat_peer_next_deadline      (const UdpnatPeer      *self);
void           udpnat_peer_handle_deadline    (UdpnatPeer            *self,
                                               gint64                 now_us);
gboolean       udpnat_peer_pump               (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_get_path           (const UdpnatPeer      *self,
                                               UdpnatNodePath        *out_path);
gboolean       udpnat_peer_is_drained         (const UdpnatPeer      *self);
gboolean       udpnat_peer_is_trusted         (const UdpnatPeer      *self);
gboolean       udpnat_peer_is_on_lan_at       (const UdpnatPeer      *self,
                                               const UdpnatAddress   *source);
void           udpnat_peer_handle_failure     (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_handle_trust       (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_note_phase         (UdpnatPeer            *self,
                                               gint64                 now_us);

G_END_DECLS
