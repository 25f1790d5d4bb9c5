#pragma once

#include "udpnat-directory-kind.h"
#include "udpnat-identity.h"
#include "udpnat-machine.h"
#include "udpnat-mailbox.h"
#include "udpnat-server-stats.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousServer:
 *
 * The server (PROTOCOL.md sections 1-3, 7, 11, 12, 14): introduces clients to each other, carries
 * their sealed packets, and keeps sealed letters for those who are away. Answers STUN on the side.
 * A [struct@UdpnatMachine]; its events are #UdpnatServerEvent.
 */
typedef struct _UdpnatRendezvousServer UdpnatRendezvousServer;

/**
 * UdpnatRendezvousServerConfig:
 * @identity: borrowed; must outlive the server
 * @random: copied
 * @alt_port: the port of %UDPNAT_SOCKET_ALT, told to clients; 0 when there is none
 * @addresses: by #UdpnatSocketId, where the sockets of a server with two IP addresses can be
 *   reached: all four, or none. Told to clients that ask by STUN.
 * @relay_burst_bytes: what one identity may relay at once; 0 for %UDPNAT_RELAY_QUOTA_BURST_BYTES
 * @relay_bytes_per_second: and in the long run; 0 for %UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND
 * @max_sessions: 0 for %UDPNAT_SERVER_SESSIONS_MAX
 * @directory: how it is told: %UDPNAT_DIRECTORY_PAGED from the first name on;
 *   %UDPNAT_DIRECTORY_PRIVATE not at all: who knows a name may look it up; else as a whole as long
 *   as it is small
 * @is_invited_only: whether a name needs an invitation, or the operator's word; see
 *   udpnat-rendezvous-server-access.h
 * @is_mailbox_on: whether letters are kept
 * @mailbox: how many
 * @wall_us: microseconds since 1970 at the start
 */
typedef struct
{
  const UdpnatIdentity *identity;
  UdpnatRandom          random;
  guint16               alt_port;
  UdpnatAddress         addresses[UDPNAT_N_NAMED_SOCKETS];
  gint64                relay_burst_bytes;
  gint64                relay_bytes_per_second;
  guint                 max_sessions;
  UdpnatDirectoryKind   directory;
  gboolean              is_invited_only;
  gboolean              is_mailbox_on;
  UdpnatMailboxLimits   mailbox;
  gint64                wall_us;
} UdpnatRendezvousServerConfig;

typedef enum
{
  /* @claim_id, @name, @key: store this pair, then complete the claim; if there is @data, that is
   * the code of an invitation, to be used up once, or the claim to be refused */
  UDPNAT_SERVER_EVENT_CLAIM,
  UDPNAT_SERVER_EVENT_REGISTERED, /* @name, @key, @address: is online */
  UDPNAT_SERVER_EVENT_GONE,       /* @name, @key: is offline */
  /* @number, @key of the recipient, @pass, @stored_s, @data: store this letter, then complete it */
  UDPNAT_SERVER_EVENT_MAIL_STORE,
  UDPNAT_SERVER_EVENT_MAIL_LOAD,   /* @number: read this letter, then give it */
  UDPNAT_SERVER_EVENT_MAIL_DELETE, /* @number: it is not wanted any more */
  /* @key, @data: these are all passes of whom this key accepts now; none when empty */
  UDPNAT_SERVER_EVENT_MAIL_PASSES,
  /* @data: these are the keys of tickets now: to be restored at the next start, and kept from
   * everybody else */
  UDPNAT_SERVER_EVENT_TICKET_KEYS,
  /* of a server of a fleet only: udpnat-server-fleet.h */
  UDPNAT_SERVER_EVENT_ASK_NAME, /* @number, @name: whose is it, and where is that? answer it */
  /* @number, @key, @has_pass, @pass: what is it called, where is it, does it accept that pass?
   * answer it */
  UDPNAT_SERVER_EVENT_ASK_KEY,
  UDPNAT_SERVER_EVENT_ASK_PRESENCE, /* @key: where is it? note its presence */
  UDPNAT_SERVER_EVENT_HOME,      /* @key, @name, @is_shown: is registered here, or is it again */
  UDPNAT_SERVER_EVENT_MAIL_HERE, /* @key: there are letters for it here */
  UDPNAT_SERVER_EVENT_MAIL_GONE, /* @key: there are none any more */
} UdpnatServerEventType;

/**
 * UdpnatServerEvent:
 * @base: its type is a #UdpnatServerEventType
 * @name: owned; NFC, as it is to be shown
 * @address: of REGISTERED: where the server sees it
 * @is_shown: of HOME: everybody may know
 * @has_pass: @pass is set; else the letter is a stranger's
 * @data: (nullable): owned
 */
typedef struct
{
  UdpnatEvent     base;
  guint64         claim_id;
  char           *name;
  UdpnatPublicKey key;
  UdpnatAddress   address;
  guint64         number;
  gboolean        is_shown;
  gboolean        has_pass;
  guint8          pass[UDPNAT_MAIL_PASS_BYTES];
  gint64          stored_s;
  GBytes         *data;
} UdpnatServerEvent;

UdpnatRendezvousServer *udpnat_rendezvous_server_new (const UdpnatRendezvousServerConfig *config,
                                                      gint64                              now_us)
  G_GNUC_WARN_UNUSED_RESULT;

void           udpnat_rendezvous_server_free           (UdpnatRendezvousServer       *self);
UdpnatMachine *udpnat_rendezvous_server_get_machine    (UdpnatRendezvousServer       *self);
void           udpnat_rendezvous_server_restore_name   (UdpnatRendezvousServer       *self,
                                                        const char                   *name,
                                                        const UdpnatPublicKey        *key);
gboolean       udpnat_rendezvous_server_restore_ticket_keys (UdpnatRendezvousServer  *self,
                                                        const guint8                 *stored,
                                                        gsize                         n_stored)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_rendezvous_server_complete_claim (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us,
                                                        guint64                       claim_id,
                                                        gboolean                      stored);
void           udpnat_rendezvous_server_set_wall_clock (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us,
                                                        gint64                        wall_us);
void           udpnat_rendezvous_server_shut_down      (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us);
void           udpnat_rendezvous_server_get_stats      (const UdpnatRendezvousServer *self,
                                                        UdpnatRendezvousServerStats  *out_stats);

/* Mail */
void           udpnat_rendezvous_server_restore_mail   (UdpnatRendezvousServer       *self,
                                                        guint64                       number,
                                                        const UdpnatPublicKey        *recipient,
                                                        const guint8                 *pass,
                                                        gsize                         n_bytes,
                                                        gint64                        stored_s);
void           udpnat_rendezvous_server_restore_mail_number (UdpnatRendezvousServer  *self,
                                                        guint64                       number);
void           udpnat_rendezvous_server_restore_passes (UdpnatRendezvousServer       *self,
                                                        const UdpnatPublicKey        *recipient,
                                                        const guint8                 *passes,
                                                        guint                         n_passes);
void           udpnat_rendezvous_server_complete_mail  (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us,
                                                        guint64                       number,
                                                        gboolean                      is_stored);
void           udpnat_rendezvous_server_give_mail      (UdpnatRendezvousServer       *self,
                                                        gint64                        now_us,
                                                        guint64                       number,
                                                        const guint8                 *data,
                                                        gsize                         n_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRendezvousServer, udpnat_rendezvous_server_free)

G_END_DECLS
