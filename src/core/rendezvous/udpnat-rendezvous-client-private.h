#pragma once

#include "udpnat-frame.h"
#include "udpnat-mail-message.h"
#include "udpnat-rendezvous-client-attest-private.h"
#include "udpnat-rendezvous-client-control-private.h"
#include "udpnat-rendezvous-client-directory-private.h"
#include "udpnat-rendezvous-client-early-private.h"
#include "udpnat-rendezvous-client-fleet-private.h"
#include "udpnat-rendezvous-client-link-private.h"
#include "udpnat-rendezvous-client-lookup-private.h"
#include "udpnat-rendezvous-client-report-private.h"
#include "udpnat-rendezvous-client-ticket-private.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-session.h"

G_BEGIN_DECLS

/* The client half's parts see each other here and nowhere else:
 *
 *   udpnat-rendezvous-client.c           life, wishes, time, what is asked of it
 *   udpnat-rendezvous-client-link.c      the session: up, lost, up again, kept alive
 *   udpnat-rendezvous-client-ticket.c    to be back without Diffie-Hellman
 *   udpnat-rendezvous-client-early.c     wishes that go with the handshake
 *   udpnat-rendezvous-client-keepalive.c  how often an idle client shows that it is there
 *   udpnat-rendezvous-client-tunnel.c    by which way: UDP, or a tunnel where UDP does not pass
 *   udpnat-rendezvous-client-info.c      INFO: the server's key, and the NAT's mapping
 *   udpnat-rendezvous-client-control.c   messages of the control stream
 *   udpnat-rendezvous-client-directory.c  whom we watch, and pages of the directory
 *   udpnat-rendezvous-client-mail.c      messages of the mail stream
 *   udpnat-rendezvous-client-attest.c    the server's word on where we are
 *   udpnat-rendezvous-client-report.c    what our paths come to, in numbers
 *   udpnat-rendezvous-client-fleet.c     what a server tells that is one of several
 *   udpnat-rendezvous-client-packet.c    packets in, packets out
 *   udpnat-rendezvous-client-event.c     event queue */

/* INFO to one of the server's ports, repeated until it is answered. */
typedef struct
{
  gint64  next_us; /* UDPNAT_TIME_NEVER: not asking */
  gint64  interval_us;
  guint64 token;
  guint   n_left; /* how often still; G_MAXUINT: for ever */
  gint64  asked_us; /* first */
} UdpnatInfoQuery;

struct _UdpnatRendezvousClient
{
  UdpnatRendezvousClientConfig config;
  UdpnatRendezvousState        state;
  gint64                       now_us; /* of the last call that told */

  /* the server */
  UdpnatAddress   address;
  UdpnatPublicKey key;
  gboolean        has_key;
  gboolean        is_key_proven; /* it was pinned, or the server has shown that it has it */
  guint16         alt_port; /* 0: not known */

  /* the session */
  UdpnatSession *session;      /* nullable */
  guint          n_sessions;   /* made or dropped so far: tells one session from the next */
  guint32        remote_index; /* the server's for it, as our DATA has it; 0: none sent yet */
  UdpnatRendezvousTicket ticket;
  UdpnatRendezvousEarly  early;
  gint64         wall_offset_us;
  gint64         last_wall_us; /* newest timestamp given out */
  gint64         handshake_us; /* when the last handshake was started */
  gint64         hs1_us;       /* when its HS1 was last sent */
  gint64         keys_us;      /* when the last one was done */
  gint64         outage_us;    /* since when we are not connected; NEVER while we are */
  gboolean       is_silence_told;
  gboolean       is_doubt_over; /* whether it has another key has been asked, in this outage */
  gint64         wait_until_us;

  /* by which way */
  gboolean          is_tunnel_allowed;
  UdpnatServerRoute route;
  gboolean          is_tunnel_used; /* something has left by it, and it was not closed since */
  gboolean          came_by_tunnel; /* the datagram that is being handled */
  gint64            tunnel_close_us; /* NEVER: as long as packets go there */
  gint64            udp_probe_us;    /* NEVER: UDP needs not be asked */
  gint64            udp_probe_gap_us;
  gint64            udp_rtt_us; /* as INFO has shown it; 0: not known */

  /* keepalive */
  gint64   sent_us; /* when the NAT last saw a packet to the server, by the way in use */
  gint64   keepalive_gap_us; /* from then to the next one */
  gint64   keepalive_us;     /* the interval that was measured; 0: none */
  guint16  keepalive_told_s; /* the one that the server knows of */
  gboolean is_keepalive_doubtful; /* a mapping has died in spite of it */
  gint64   moved_us; /* when another address of ours was last to be expected */
  gint64   confirm_us; /* one early PING; NEVER: done */
  gint64   watch_until_us;
  gint64   ping_us;
  /* nobody needs the session now; see udpnat_rendezvous_client_keep_alive() */
  gboolean is_quiet;
  gboolean is_handshake_due; /* while quiet: HS1 may leave all the same */

  /* NAT */
  UdpnatInfoQuery queries[2]; /* by socket */
  UdpnatAddress   observed[2];
  gboolean        is_mapping_due;

  /* wishes */
  char    *name;            /* nullable */
  char    *registered_name; /* nullable: what the server has us under, as far as we know */
  gboolean has_invitation; /* until it has let us in, or is said to be no good */
  guint8   invitation[UDPNAT_INVITATION_BYTES];
  gboolean is_register_due;
  gint64   register_retry_us; /* NEVER: not waiting */
  gboolean is_unregister_due;
  gboolean is_unregister_told; /* our owner knows already */
  gboolean is_listed;
  guint8   presence; /* a UdpnatPresence */
  gboolean is_presence_due;
  gboolean is_subscribed;
  gboolean is_subscribe_due;
  GQueue   lookups; /* of UdpnatRendezvousLookup, oldest first */
  guint32  last_request;

  UdpnatRendezvousDirectory directory;

  GArray  *attests; /* of UdpnatAttestNonce: to be sent */

  UdpnatRendezvousReports reports;

  UdpnatRendezvousFleet fleet;

  /* mail */
  GArray     *puts;   /* of guint32: requests without a result, oldest first */
  GArray     *acks;   /* of guint64: numbers to be acknowledged */
  GByteArray *passes; /* nullable: never set */
  gboolean    is_passes_due;
  guint32     last_put;
  gsize       mail_waiting_bytes; /* in events */

  GQueue                 outputs; /* of UdpnatDatagram */
  GQueue                 events;  /* of UdpnatRendezvousEvent */
  UdpnatRendezvousEvent *popped;
};

static inline gboolean
udpnat_rendezvous_client_is_up (const UdpnatRendezvousClient *self)
{
  return self->state == UDPNAT_RENDEZVOUS_STATE_CONNECTED
         || self->state == UDPNAT_RENDEZVOUS_STATE_REGISTERED;
}

/* udpnat-rendezvous-client-info.c */
void     udpnat_rendezvous_client_ask             (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   UdpnatSocketId               port,
                                                   guint                        n_times);
void     udpnat_rendezvous_client_stop_asking     (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_test_mapping    (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_set_observed    (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   UdpnatSocketId               port,
                                                   const UdpnatAddress         *observed);
UdpnatRxResult udpnat_rendezvous_client_handle_info_reply (UdpnatRendezvousClient *self,
                                                           gint64                  now_us,
                                                           const UdpnatDatagram   *datagram);
void     udpnat_rendezvous_client_keep_asking     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);

/* udpnat-rendezvous-client-mail.c */
gboolean udpnat_rendezvous_client_handle_mail     (UdpnatRendezvousClient      *self,
                                                   const UdpnatMessageView     *message);
void     udpnat_rendezvous_client_send_passes     (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_send_acks       (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_end_puts        (UdpnatRendezvousClient      *self);

/* udpnat-rendezvous-client-packet.c */
gboolean udpnat_rendezvous_client_push_output     (UdpnatRendezvousClient      *self,
                                                   const UdpnatAddress         *to,
                                                   const guint8                *data,
                                                   gsize                        n_data);
gboolean udpnat_rendezvous_client_send_frames     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   const guint8                *frames,
                                                   gsize                        n_frames);
void     udpnat_rendezvous_client_flush_session   (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);

/* udpnat-rendezvous-client-event.c */
UdpnatRendezvousEvent *udpnat_rendezvous_client_push_event (UdpnatRendezvousClient    *self,
                                                            UdpnatRendezvousEventType  type);
void     udpnat_rendezvous_client_clear_events    (UdpnatRendezvousClient      *self);

G_END_DECLS
