#pragma once

#include "udpnat-identity.h"
#include "udpnat-index-table.h"
#include "udpnat-key.h"
#include "udpnat-machine.h"
#include "udpnat-rendezvous-message.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousClient:
 *
 * The client's half of the server protocol (PROTOCOL.md sections 1-3, 7, 11): finds the server's
 * key, keeps one session with it for as long as it lives and longer, and says what was wished
 * (name, directory, lookups) again after every outage. A part of a node, driven like a
 * [struct@UdpnatMachine].
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

/**
 * UdpnatRendezvousEventType:
 * @UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY: @key: learned on first contact, to be pinned; connecting
 *   goes on
 * @UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH: @key: what the server claims, not the pinned one. Nothing
 *   more is sent until the server is set again. Comes without SERVER_KEY
 * @UDPNAT_RENDEZVOUS_EVENT_CONNECTED: the session is up, or up again
 * @UDPNAT_RENDEZVOUS_EVENT_REGISTERED: @name as the server writes it, @observed, @handle
 * @UDPNAT_RENDEZVOUS_EVENT_REFUSED: @name, @code (#UdpnatRefusedCode), @retry_s; after TRY_LATER it
 *   is tried again
 * @UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED: by our own wish
 * @UDPNAT_RENDEZVOUS_EVENT_LOST: @reason; reconnecting by itself
 * @UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER: the server has been silent for 3 s; once for each outage;
 *   still trying
 * @UDPNAT_RENDEZVOUS_EVENT_PEER: @entry: listed entry, new or changed
 * @UDPNAT_RENDEZVOUS_EVENT_LIST_END: every listed entry has been told
 * @UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT: @request, @found, @entry when found
 * @UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT: @request: no answer within 5 s
 * @UDPNAT_RENDEZVOUS_EVENT_RELAYED: @handle of the sender, @data: the carried packet; @name if the
 *   server told the sender's
 * @UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED: @handle, @code (#UdpnatRelayFailure)
 * @UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED: @key, @code (#UdpnatRelayFailure)
 * @UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE: get_reflexive() or get_mapping() has changed
 *
 * What happened, and which members of the event are set.
 */
typedef enum
{
  UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY,
  UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH,
  UDPNAT_RENDEZVOUS_EVENT_CONNECTED,
  UDPNAT_RENDEZVOUS_EVENT_REGISTERED,
  UDPNAT_RENDEZVOUS_EVENT_REFUSED,
  UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED,
  UDPNAT_RENDEZVOUS_EVENT_LOST,
  UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER,
  UDPNAT_RENDEZVOUS_EVENT_PEER,
  UDPNAT_RENDEZVOUS_EVENT_LIST_END,
  UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT,
  UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT,
  UDPNAT_RENDEZVOUS_EVENT_RELAYED,
  UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED,
  UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED,
  UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE,
} UdpnatRendezvousEventType;

/* Why the server is lost. */
typedef enum
{
  UDPNAT_RENDEZVOUS_LOST_NO_ANSWER,
  UDPNAT_RENDEZVOUS_LOST_RESTARTING, /* it said so */
  UDPNAT_RENDEZVOUS_LOST_UNKNOWN,    /* it has forgotten the session */
  UDPNAT_RENDEZVOUS_LOST_REPLACED,   /* somebody else connected with our key */
  UDPNAT_RENDEZVOUS_LOST_CLOSED,     /* any other CLOSE */
} UdpnatRendezvousLostReason;

/**
 * UdpnatRendezvousEvent:
 * @data: (array length=n_data): writable copy, so that the packet can be opened in place
 *
 * See #UdpnatRendezvousEventType for what is set; the rest is zero. Pointers are lent until the
 * next pop_event.
 */
typedef struct
{
  UdpnatRendezvousEventType  type;
  UdpnatPublicKey            key;
  const char                *name;
  guint8                     code;
  guint32                    retry_s;
  UdpnatAddress              observed;
  UdpnatRendezvousLostReason reason;
  guint32                    handle;
  guint32                    request;
  gboolean                   found;
  UdpnatDirectoryEntry       entry;
  gsize                      n_data;
  guint8                    *data;
} UdpnatRendezvousEvent;

UdpnatRendezvousClient *udpnat_rendezvous_client_new (const UdpnatRendezvousClientConfig *config,
                                                      gint64                              now_us)
  G_GNUC_WARN_UNUSED_RESULT;
void                    udpnat_rendezvous_client_free (UdpnatRendezvousClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRendezvousClient, udpnat_rendezvous_client_free)

/* Wishes: they hold until taken back, through every outage */
void    udpnat_rendezvous_client_set_wall_offset (UdpnatRendezvousClient *self,
                                                  gint64                  wall_minus_now_us);
void    udpnat_rendezvous_client_set_server      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const UdpnatAddress    *address,
                                                  const UdpnatPublicKey  *pinned);
void    udpnat_rendezvous_client_register        (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const char             *name);
void    udpnat_rendezvous_client_unregister      (UdpnatRendezvousClient *self,
                                                  gint64                  now_us);
void    udpnat_rendezvous_client_subscribe       (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  gboolean                on);
guint32 udpnat_rendezvous_client_lookup          (UdpnatRendezvousClient *self,
                                                  gint64                  now_us,
                                                  const char             *name);
void    udpnat_rendezvous_client_leave           (UdpnatRendezvousClient *self,
                                                  gint64                  now_us);

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
void udpnat_rendezvous_client_note_conversation     (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);
void udpnat_rendezvous_client_handle_network_change (UdpnatRendezvousClient *self,
                                                     gint64                  now_us);

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

G_END_DECLS
