#pragma once

#include "udpnat-identity.h"
#include "udpnat-node-event.h"
#include "udpnat-path-facts.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatNode:
 *
 * One user: the session with the server, a session, paths and a conversation for each peer. A
 * [struct@UdpnatMachine]; its events are #UdpnatNodeEvent.
 */
typedef struct _UdpnatNode UdpnatNode;

/**
 * UdpnatTrust:
 * @UDPNAT_TRUST_STRANGER: may write, through the server only, or from our own network; is told no
 *   address of ours
 * @UDPNAT_TRUST_ACCEPTED: a contact
 * @UDPNAT_TRUST_BLOCKED: is not answered at all
 */
typedef enum
{
  UDPNAT_TRUST_STRANGER,
  UDPNAT_TRUST_ACCEPTED,
  UDPNAT_TRUST_BLOCKED,
} UdpnatTrust;

/**
 * UdpnatNodePath:
 * @kind: how packets to this peer travel now
 * @address: of the direct path; unset for the relay
 * @rtt_us: 0 when not known
 * @reason: why it is the relay; %UDPNAT_PATH_REASON_NONE for direct
 */
typedef struct
{
  UdpnatPathKind   kind;
  UdpnatAddress    address;
  gint64           rtt_us;
  UdpnatPathReason reason;
} UdpnatNodePath;

UdpnatNode            *udpnat_node_new                (const UdpnatIdentity  *identity,
                                                       const UdpnatRandom    *random,
                                                       gint64                 now_us,
                                                       gint64                 wall_us)
  G_GNUC_WARN_UNUSED_RESULT;
void                   udpnat_node_free               (UdpnatNode            *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatNode, udpnat_node_free)

UdpnatMachine         *udpnat_node_get_machine        (UdpnatNode            *self);
const UdpnatPublicKey *udpnat_node_get_public_key     (const UdpnatNode      *self);

/* What the owner knows of the world */
void                   udpnat_node_set_wall_clock     (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       gint64                 wall_us);
gboolean               udpnat_node_set_host_addresses (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatAddress   *addresses,
                                                       guint                  n_addresses,
                                                       guint16                port);
void                   udpnat_node_handle_wake        (UdpnatNode            *self,
                                                       gint64                 now_us);
void                   udpnat_node_set_port_mapping   (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatAddress   *external);
void                   udpnat_node_restore_contact    (UdpnatNode            *self,
                                                       const UdpnatPublicKey *key,
                                                       const char            *name,
                                                       UdpnatTrust            trust,
                                                       const guint8          *timestamp);
void                   udpnat_node_restore_refusal    (UdpnatNode            *self,
                                                       const UdpnatPublicKey *key);
gboolean               udpnat_node_has_turned_away    (const UdpnatNode      *self,
                                                       const UdpnatPublicKey *key);
void                   udpnat_node_set_trust          (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       UdpnatTrust            trust);
void                   udpnat_node_forget             (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key);
void                   udpnat_node_move_name          (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *name,
                                                       const UdpnatPublicKey *key);
guint32                udpnat_node_look_up            (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *name)
  G_GNUC_WARN_UNUSED_RESULT;

/* People on this network: udpnat-node-lan.c */
void                   udpnat_node_set_lan_peer       (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const char            *name,
                                                       const UdpnatAddress   *addresses,
                                                       guint                  n_addresses);

/* One-time keys for mail */
void                   udpnat_node_add_own_prekey     (UdpnatNode            *self,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatPrekey    *prekey);
void                   udpnat_node_add_peer_prekey    (UdpnatNode            *self,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatPrekey    *prekey);
void                   udpnat_node_confirm_prekey     (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       guint64                prekey_id,
                                                       gboolean               is_usable);

/* The server */
void                   udpnat_node_set_server         (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatAddress   *address,
                                                       const UdpnatPublicKey *pinned_key);
void                   udpnat_node_note_moved         (UdpnatNode            *self);
void                   udpnat_node_set_tunnel_allowed (UdpnatNode            *self,
                                                       gboolean               is_allowed);
void                   udpnat_node_set_invitation     (UdpnatNode            *self,
                                                       const guint8          *code);
void                   udpnat_node_log_in             (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *name);
void                   udpnat_node_log_out            (UdpnatNode            *self,
                                                       gint64                 now_us);
void                   udpnat_node_leave              (UdpnatNode            *self,
                                                       gint64                 now_us);
void                   udpnat_node_set_presence       (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       guint8                 presence);
void                   udpnat_node_set_listed         (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       gboolean               is_listed);
gboolean               udpnat_node_is_registered      (const UdpnatNode      *self);
gint64                 udpnat_node_get_server_rtt     (const UdpnatNode      *self);

/* Talking */
gboolean               udpnat_node_send               (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatItem      *item,
                                                       gboolean               is_stored)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean               udpnat_node_withdraw           (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_confirm            (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_refuse             (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_skip               (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_fail               (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_set_read           (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       const UdpnatMessageId *id);
void                   udpnat_node_set_typing         (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       gboolean               is_typing);
void                   udpnat_node_set_relay_only     (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       gboolean               is_relay_only);
void                   udpnat_node_set_peer_relay_only (UdpnatNode           *self,
                                                       gint64                 now_us,
                                                       const UdpnatPublicKey *key,
                                                       gboolean               is_relay_only);
void                   udpnat_node_set_port_search    (UdpnatNode            *self,
                                                       gboolean               is_on);
gboolean               udpnat_node_get_path           (const UdpnatNode      *self,
                                                       const UdpnatPublicKey *key,
                                                       UdpnatNodePath        *out_path);
gboolean               udpnat_node_is_drained         (const UdpnatNode      *self);
guint                  udpnat_node_count_undelivered  (const UdpnatNode      *self);

G_END_DECLS
