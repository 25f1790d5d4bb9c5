#pragma once

#include "udpnat-address.h"
#include "udpnat-candidates.h"
#include "udpnat-machine.h"
#include "udpnat-path-facts.h"
#include "udpnat-path-kind.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatPathSet:
 *
 * All addresses of one peer: which are tried, which are proven, which is chosen. Knows no session
 * and no key: frames that were opened come in, wishes to send come out, and the owner seals them.
 * Shaped like a [struct@UdpnatMachine], with the same rules for @now_us and for popping everything
 * after each call.
 *
 * A path is one of our sockets and an address of the peer: the router gives each socket another
 * outer port. Only ever tell the set of packets that came directly from the address named; a packet
 * that came through the relay has no address.
 */
typedef struct _UdpnatPathSet UdpnatPathSet;

typedef enum
{
  UDPNAT_PATH_OUTPUT_OPEN,      /* an OPEN packet with @ttl */
  UDPNAT_PATH_OUTPUT_CHALLENGE, /* PATH-CHALLENGE with @token */
  UDPNAT_PATH_OUTPUT_RESPONSE,  /* PATH-RESPONSE with @token and @observed */
} UdpnatPathOutputType;

/**
 * UdpnatPathOutput:
 * @socket: by which of our sockets
 * @to: where to send it, directly
 * @ttl: IP TTL / hop limit, 0 for the system's default
 * @token: of CHALLENGE and RESPONSE
 * @observed: of RESPONSE: where the challenge came from
 *
 * One packet that the set wants sent.
 */
typedef struct
{
  UdpnatPathOutputType type;
  UdpnatSocketId       socket;
  UdpnatAddress        to;
  guint8               ttl;
  guint64              token;
  UdpnatAddress        observed;
} UdpnatPathOutput;

typedef enum
{
  UDPNAT_PATH_EVENT_SELECTED, /* another path or the relay is used now: ask get_selected() */
  UDPNAT_PATH_EVENT_REASON,   /* still relayed, but for another reason */
  UDPNAT_PATH_EVENT_SPOILT,   /* another socket might get through: add_socket() */
  UDPNAT_PATH_EVENT_HARD,     /* a search for a port might */
  UDPNAT_PATH_EVENT_UNVOUCHED, /* more may be sent when the server vouches for the peer: vouch() */
} UdpnatPathEventType;

UdpnatPathSet   *udpnat_path_set_new                      (const UdpnatRandom     *random);
void             udpnat_path_set_free                     (UdpnatPathSet          *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPathSet, udpnat_path_set_free)

/* What we know */
void             udpnat_path_set_set_local                (UdpnatPathSet          *self,
                                                           const UdpnatCandidates *local);
UdpnatRxResult   udpnat_path_set_handle_candidates        (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           const UdpnatCandidates *remote);
void             udpnat_path_set_set_open_ttl             (UdpnatPathSet          *self,
                                                           guint8                  open_ttl);
void             udpnat_path_set_vouch                    (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           const UdpnatAddress    *address);
guint32          udpnat_path_set_get_heard                (const UdpnatPathSet    *self);
void             udpnat_path_set_handle_new_session       (UdpnatPathSet          *self,
                                                           gint64                  now_us);
void             udpnat_path_set_add_cached               (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           const UdpnatAddress    *address);
void             udpnat_path_set_remove_cached            (UdpnatPathSet          *self,
                                                           const UdpnatAddress    *address);
guint            udpnat_path_set_list_handshake_addresses (const UdpnatPathSet    *self,
                                                           UdpnatAddress          *out_addresses,
                                                           guint                   n_max);

/* Sockets besides the main one: udpnat-path-set-sockets.c */
void             udpnat_path_set_add_socket               (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *mapped,
                                                           const UdpnatCandidates *local);
void             udpnat_path_set_adopt_socket             (UdpnatPathSet          *self,
                                                           UdpnatSocketId          socket);
const UdpnatCandidates *
                 udpnat_path_set_get_remote               (const UdpnatPathSet    *self);
void             udpnat_path_set_rotate_socket            (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *mapped,
                                                           const UdpnatCandidates *local);
void             udpnat_path_set_remove_socket            (UdpnatPathSet          *self,
                                                           gint64                  now_us);
gboolean         udpnat_path_set_is_socket_idle           (const UdpnatPathSet    *self);

/* What came in */
void             udpnat_path_set_handle_challenge         (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *from,
                                                           guint64                 token);
void             udpnat_path_set_handle_response          (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *from,
                                                           guint64                 token,
                                                           const UdpnatAddress    *observed);
void             udpnat_path_set_handle_authenticated     (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *from);

/* What goes on around it */
void             udpnat_path_set_note_active              (UdpnatPathSet          *self,
                                                           gint64                  now_us);
void             udpnat_path_set_note_unanswered          (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           gint64                  since_us);
void             udpnat_path_set_handle_network_change    (UdpnatPathSet          *self,
                                                           gint64                  now_us);
gboolean         udpnat_path_set_is_active                (const UdpnatPathSet    *self,
                                                           gint64                  now_us);
void             udpnat_path_set_doubt                    (UdpnatPathSet          *self,
                                                           gint64                  now_us);
gint64           udpnat_path_set_get_hit_end              (const UdpnatPathSet    *self);
void             udpnat_path_set_note_searched            (UdpnatPathSet          *self);
void             udpnat_path_set_drop_socket              (UdpnatPathSet          *self,
                                                           UdpnatSocketId          socket);
void             udpnat_path_set_set_searching            (UdpnatPathSet          *self,
                                                           gint64                  end_us);
void             udpnat_path_set_measure                  (UdpnatPathSet          *self,
                                                           gint64                  now_us);

/* What is to be used */
gboolean         udpnat_path_set_get_selected             (const UdpnatPathSet    *self,
                                                           UdpnatAddress          *out_address,
                                                           UdpnatPathKind         *out_kind,
                                                           gint64                 *out_rtt_us);
UdpnatSocketId   udpnat_path_set_get_selected_socket      (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_remote_udp_blocked   (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_suspect               (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_proven                (const UdpnatPathSet    *self,
                                                           UdpnatSocketId          socket,
                                                           const UdpnatAddress    *address);
UdpnatPathReason udpnat_path_set_get_reason               (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_trying                (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_punching              (const UdpnatPathSet    *self);
void             udpnat_path_set_get_facts                (const UdpnatPathSet    *self,
                                                           UdpnatPathFacts        *out_facts);

/* Machine */
gint64           udpnat_path_set_next_deadline            (const UdpnatPathSet    *self);
void             udpnat_path_set_handle_deadline          (UdpnatPathSet          *self,
                                                           gint64                  now_us);
gboolean         udpnat_path_set_pop_output               (UdpnatPathSet          *self,
                                                           gint64                  now_us,
                                                           UdpnatPathOutput       *out_output);
gboolean         udpnat_path_set_pop_event                (UdpnatPathSet          *self,
                                                           UdpnatPathEventType    *out_type);

G_END_DECLS
