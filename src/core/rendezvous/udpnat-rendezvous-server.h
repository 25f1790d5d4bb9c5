#pragma once

#include "udpnat-identity.h"
#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousServer:
 *
 * The server (PROTOCOL.md sections 1-3, 7, 11, 12): introduces clients to each other and carries
 * their sealed packets. A [struct@UdpnatMachine]; its events are #UdpnatServerEvent.
 */
typedef struct _UdpnatRendezvousServer UdpnatRendezvousServer;

/**
 * UdpnatRendezvousServerConfig:
 * @identity: borrowed; must outlive the server
 * @random: copied
 * @alt_port: the port of %UDPNAT_SOCKET_ALT, told to clients; 0 when there is none
 * @relay_burst_bytes: what one identity may relay at once; 0 for %UDPNAT_RELAY_QUOTA_BURST_BYTES
 * @relay_bytes_per_second: and in the long run; 0 for %UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND
 * @max_sessions: 0 for %UDPNAT_SERVER_SESSIONS_MAX
 */
typedef struct
{
  const UdpnatIdentity *identity;
  UdpnatRandom          random;
  guint16               alt_port;
  gint64                relay_burst_bytes;
  gint64                relay_bytes_per_second;
  guint                 max_sessions;
} UdpnatRendezvousServerConfig;

typedef enum
{
  /* @claim_id, @name, @key: store this pair, then complete the claim */
  UDPNAT_SERVER_EVENT_CLAIM,
  UDPNAT_SERVER_EVENT_REGISTERED, /* @name, @key: is online */
  UDPNAT_SERVER_EVENT_GONE,       /* @name, @key: is offline */
} UdpnatServerEventType;

/**
 * UdpnatServerEvent:
 * @base: its type is a #UdpnatServerEventType
 * @name: owned; NFC, as it is to be shown
 */
typedef struct
{
  UdpnatEvent     base;
  guint64         claim_id;
  char           *name;
  UdpnatPublicKey key;
} UdpnatServerEvent;

/**
 * UdpnatRendezvousServerStats:
 * @malformed: datagrams that break the protocol, wrong mac1 included
 * @ignored: well-formed, but not for us, late or repeated
 * @refused: a limit was reached
 * @handshakes: HS1 that were read, at the price of Diffie-Hellman
 * @cookies: COOKIE sent
 * @sessions: now, unconfirmed ones included
 * @registered: now
 */
typedef struct
{
  guint64 datagrams_in;
  guint64 datagrams_out;
  guint64 malformed;
  guint64 ignored;
  guint64 refused;
  guint64 handshakes;
  guint64 cookies;
  guint64 relayed_packets;
  guint64 relayed_bytes;
  guint64 quota_drops;
  guint   sessions;
  guint   registered;
} UdpnatRendezvousServerStats;

UdpnatRendezvousServer *udpnat_rendezvous_server_new (const UdpnatRendezvousServerConfig *config,
                                                      gint64                              now_us)
  G_GNUC_WARN_UNUSED_RESULT;

void           udpnat_rendezvous_server_free           (UdpnatRendezvousServer       *self);
UdpnatMachine *udpnat_rendezvous_server_get_machine    (UdpnatRendezvousServer       *self);
void           udpnat_rendezvous_server_restore_name   (UdpnatRendezvousServer       *self,
                                                        const char                   *name,
                                                        const UdpnatPublicKey        *key);
void           udpnat_rendezvous_server_complete_claim (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us,
                                                        guint64                       claim_id,
                                                        gboolean                      stored);
void           udpnat_rendezvous_server_shut_down      (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us);
void           udpnat_rendezvous_server_get_stats      (const UdpnatRendezvousServer *self,
                                                        UdpnatRendezvousServerStats  *out_stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRendezvousServer, udpnat_rendezvous_server_free)

G_END_DECLS
