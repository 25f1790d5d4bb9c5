#pragma once

#include "udpnat-frame-type.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

/* What has happened. */
typedef enum
{
  UDPNAT_RENDEZVOUS_STATE_IDLE,       /* no server set */
  UDPNAT_RENDEZVOUS_STATE_ASKING,     /* its key is not known; INFO is out */
  UDPNAT_RENDEZVOUS_STATE_CONNECTING, /* HS1 is out, of a session that was never up */
  UDPNAT_RENDEZVOUS_STATE_CONNECTED,  /* the session is up */
  UDPNAT_RENDEZVOUS_STATE_REGISTERED, /* and we are online under a name */
  UDPNAT_RENDEZVOUS_STATE_LOST,       /* the session was up; HS1 is out */
  UDPNAT_RENDEZVOUS_STATE_WAITING,    /* closed for a reason that forbids to come back at once */
  UDPNAT_RENDEZVOUS_STATE_MISMATCHED, /* the server has another key than the pinned one */
  UDPNAT_RENDEZVOUS_STATE_LEFT,       /* by our own wish */
} UdpnatRendezvousState;

/* By which way packets go to the server. */
typedef enum
{
  UDPNAT_SERVER_ROUTE_UDP,
  UDPNAT_SERVER_ROUTE_BOTH,   /* UDP has been silent for a while: whichever answers first */
  UDPNAT_SERVER_ROUTE_TUNNEL, /* the tunnel works and UDP does not; it is asked now and then */
} UdpnatServerRoute;

/* udpnat-rendezvous-client-link.c */
void     udpnat_rendezvous_client_set_state       (UdpnatRendezvousClient      *self,
                                                   UdpnatRendezvousState        state);
void     udpnat_rendezvous_client_connect         (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_begin_handshake (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   guint8                      *out_timestamp);
void     udpnat_rendezvous_client_start_handshake (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_drop_session    (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_begin_outage    (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_tell_lost       (UdpnatRendezvousClient      *self,
                                                   UdpnatRendezvousLostReason   reason);
void     udpnat_rendezvous_client_lose            (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   UdpnatRendezvousLostReason   reason);
void     udpnat_rendezvous_client_handle_up       (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   gboolean                     is_continued);
void     udpnat_rendezvous_client_handle_rekeyed  (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_handle_closed   (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   guint16                      reason);
void     udpnat_rendezvous_client_end             (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us,
                                                   UdpnatCloseReason            reason);
void     udpnat_rendezvous_client_handle_unknown  (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_ping            (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
gint64   udpnat_rendezvous_client_link_deadline   (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_keep_link       (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);

/* udpnat-rendezvous-client-tunnel.c */
void     udpnat_rendezvous_client_reset_route     (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_race            (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_choose_way      (UdpnatRendezvousClient      *self,
                                                   UdpnatDatagram              *datagram);
void     udpnat_rendezvous_client_note_answer     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_close_tunnel    (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_handle_tunnel_closed (UdpnatRendezvousClient *self,
                                                   gint64                       now_us);
gint64   udpnat_rendezvous_client_tunnel_deadline (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_keep_tunnel     (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);

/* udpnat-rendezvous-client-keepalive.c */
void     udpnat_rendezvous_client_draw_keepalive  (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
guint16  udpnat_rendezvous_client_get_keepalive_s (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_send_keepalive  (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_forget_told_keepalive (UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_reset_keepalive (UdpnatRendezvousClient      *self);
void     udpnat_rendezvous_client_trust_keepalive (UdpnatRendezvousClient      *self,
                                                   gint64                       now_us);
void     udpnat_rendezvous_client_handle_elsewhere (UdpnatRendezvousClient     *self,
                                                   gint64                       now_us);

G_END_DECLS
