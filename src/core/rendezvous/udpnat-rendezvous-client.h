#pragma once

#include "udpnat-identity.h"
#include "udpnat-index-table.h"
#include "udpnat-key.h"
#include "udpnat-machine.h"
#include "udpnat-path-facts.h"
#include "udpnat-rendezvous-event.h"
#include "udpnat-report.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousClient:
 *
 * The client's half of the server protocol (PROTOCOL.md sections 1-3, 7, 11, 14): finds the
 * server's key, keeps one session with it for as long as it lives and longer, and says what was
 * wished (name, presence, directory, lookups, passes) again after every outage. A part of a node,
 * driven like a [struct@UdpnatMachine].
 */
typedef struct _UdpnatRendezvousClient UdpnatRendezvousClient;

/**
 * UdpnatRendezvousClientConfig:
 * @identity: borrowed
 * @indexes: borrowed; shared with the peers' sessions
 * @random: copied
 */
typedef struct
{
  const UdpnatIdentity *identity;
  UdpnatIndexTable     *indexes;
  UdpnatRandom          random;
} UdpnatRendezvousClientConfig;

UdpnatRendezvousClient *udpnat_rendezvous_client_new (const UdpnatRendezvousClientConfig *config,
                                                      gint64                              now_us)
  G_GNUC_WARN_UNUSED_RESULT;
void                    udpnat_rendezvous_client_free (UdpnatRendezvousClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRendezvousClient, udpnat_rendezvous_client_free)

/* Timestamps of HS1, which must rise for ever: to be kept on disk by the owner */
void    udpnat_rendezvous_client_restore_timestamp (UdpnatRendezvousClient *self,
                                                    gint64                  last_wall_us);
gint64  udpnat_rendezvous_client_get_timestamp   (const UdpnatRendezvousClient *self);

/* Wishes: they hold until taken back, through every outage */
void    udpnat_rendezvous_client_set_wall_offset (UdpnatRendezvousClient *self,
                                                  gint64                  wall_minus_now_us);
void    udpnat_rendezvous_client_set_server      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const UdpnatAddress    *address,
                                                  const UdpnatPublicKey  *pinned);
void    udpnat_rendezvous_client_set_tunnel_allowed (UdpnatRendezvousClient *self,
                                                     gboolean                is_allowed);
void    udpnat_rendezvous_client_register        (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const char             *name);
void    udpnat_rendezvous_client_set_invitation  (UdpnatRendezvousClient *self,
                                                  const guint8           *code);
void    udpnat_rendezvous_client_unregister      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us);
void    udpnat_rendezvous_client_subscribe       (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  gboolean                on);
void    udpnat_rendezvous_client_watch_key       (UdpnatRendezvousClient *self,
                                                  const UdpnatPublicKey  *key,
                                                  gboolean                is_on);
void    udpnat_rendezvous_client_watch_all       (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const UdpnatPublicKey  *keys,
                                                  guint                   n_keys);
guint   udpnat_rendezvous_client_count_watched   (const UdpnatRendezvousClient *self);
guint32 udpnat_rendezvous_client_list            (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const char             *prefix,
                                                  const char             *after);
void    udpnat_rendezvous_client_set_listed      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  gboolean                is_listed);
void    udpnat_rendezvous_client_set_presence    (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  guint8                  presence);
void    udpnat_rendezvous_client_set_passes      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const guint8           *passes,
                                                  guint                   n_passes);
guint32 udpnat_rendezvous_client_lookup          (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const char             *name);
void    udpnat_rendezvous_client_attest          (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const guint8            nonce[16]);
void    udpnat_rendezvous_client_leave           (UdpnatRendezvousClient *self,
                                                  gint64                  now_us);

/* At a server that is one of several */
void    udpnat_rendezvous_client_set_moved       (UdpnatRendezvousClient *self);
void    udpnat_rendezvous_client_fetch_mail      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us);

/* Mail */
guint32 udpnat_rendezvous_client_put_mail        (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const UdpnatPublicKey  *to,
                                                  const guint8           *pass,
                                                  const guint8           *sealed,
                                                  gsize                   n_sealed);
void    udpnat_rendezvous_client_ack_mail        (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  guint64                 number);

/* Relay */
gboolean udpnat_rendezvous_client_send_relay (UdpnatRendezvousClient *self,
                                              gint64                  now_us,
                                              guint32                 handle,
                                              const guint8           *inner,
                                              gsize                   n_inner);
gboolean udpnat_rendezvous_client_dial       (UdpnatRendezvousClient *self,
                                              gint64                  now_us,
                                              const UdpnatPublicKey  *key,
                                              const guint8           *inner,
                                              gsize                   n_inner);

/* What the owner notices */
void udpnat_rendezvous_client_set_keepalive         (UdpnatRendezvousClient *self,
                                                     gint64                  now_us,
                                                     gint64                  interval_us);
void udpnat_rendezvous_client_note_conversation     (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);
void udpnat_rendezvous_client_doubt                 (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);
void udpnat_rendezvous_client_watch                 (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);
void udpnat_rendezvous_client_handle_network_change (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);
void udpnat_rendezvous_client_handle_wake           (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);

/* For the server's statistics */
void     udpnat_rendezvous_client_set_reporting (UdpnatRendezvousClient       *self,
                                                 gboolean                      is_on);
void     udpnat_rendezvous_client_note_nat      (UdpnatRendezvousClient       *self,
                                                 UdpnatReportNat               nat);
void     udpnat_rendezvous_client_note_way      (UdpnatRendezvousClient       *self,
                                                 UdpnatReportWay               way);

/* In, out, time: as a machine */
gboolean udpnat_rendezvous_client_owns (const UdpnatRendezvousClient *self,
                                        const UdpnatDatagram         *datagram);
UdpnatRxResult
         udpnat_rendezvous_client_handle_datagram (UdpnatRendezvousClient       *self,
                                                   gint64                        now_us,
                                                   const UdpnatDatagram         *datagram);
gint64   udpnat_rendezvous_client_next_deadline   (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_handle_deadline (UdpnatRendezvousClient       *self,
                                                   gint64                        now_us);
gboolean udpnat_rendezvous_client_pop_output      (UdpnatRendezvousClient       *self,
                                                   gint64                        now_us,
                                                   UdpnatDatagram               *out_datagram);
gboolean udpnat_rendezvous_client_pop_event       (UdpnatRendezvousClient       *self,
                                                   UdpnatRendezvousEvent        *out_event);

/* How things stand */
gboolean udpnat_rendezvous_client_is_connected  (const UdpnatRendezvousClient *self);
gboolean udpnat_rendezvous_client_is_registered (const UdpnatRendezvousClient *self);
gint64   udpnat_rendezvous_client_get_rtt       (const UdpnatRendezvousClient *self);
guint8   udpnat_rendezvous_client_get_mapping   (const UdpnatRendezvousClient *self);
const UdpnatAddress *
         udpnat_rendezvous_client_get_reflexive (const UdpnatRendezvousClient *self,
                                                 guint                         socket_index);
const UdpnatAddress *
         udpnat_rendezvous_client_get_address   (const UdpnatRendezvousClient *self);
gboolean udpnat_rendezvous_client_get_key       (const UdpnatRendezvousClient *self,
                                                 UdpnatPublicKey              *out_key);
guint16  udpnat_rendezvous_client_get_alt_port  (const UdpnatRendezvousClient *self);
gboolean udpnat_rendezvous_client_is_tunnelled  (const UdpnatRendezvousClient *self);
UdpnatUdpState
         udpnat_rendezvous_client_get_udp_state (const UdpnatRendezvousClient *self);

G_END_DECLS
