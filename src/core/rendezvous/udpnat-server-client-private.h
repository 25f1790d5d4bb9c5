#pragma once

#include "udpnat-frame.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-server-comer-private.h"

G_BEGIN_DECLS

/**
 * UdpnatServerPut:
 * @client: (nullable): borrowed; who waits for the result
 * @request: the client's
 *
 * A letter on its way to the disk.
 */
typedef struct
{
  guint64             number;
  guint32             request;
  guint32             n_bytes;
  UdpnatServerClient *client;
  GList               client_link;
} UdpnatServerPut;

/**
 * UdpnatServerClient:
 *
 * One session with one client. Detached (@identity is %NULL) when it is over and only waits until
 * its last packet is popped.
 */
struct _UdpnatServerClient
{
  UdpnatSession *session;
  gint64         heard_us; /* last sign of life: authentic, and not seen before */
  gint64         idle_us;  /* silent for so long, and the grace, it is offline */
  gint64         rest_us;  /* when it is looked whether it can go to rest */

  /* where it is */
  UdpnatAddress address;
  UdpnatAddress hs2_address; /* where its last HS1 came from */
  gboolean      has_number, is_hs2_spread; /* the same HS2 went elsewhere, too */
  guint64       newest_number;
  gboolean      is_proven;    /* @address has shown that it receives what we send there */
  gboolean      is_address_told;
  gint64        credit_bytes; /* what may be sent to it while it has not */
  guint64       token;        /* of the challenge that is to show it */

  UdpnatServerHello hello; /* its last HS1 for new keys, if there was one */

  /* names */
  UdpnatRegistryEntry *entry;   /* nullable, borrowed: registered under it */
  UdpnatRegistryEntry *claimed; /* nullable, borrowed: waits for the disk */
  gboolean             is_claim_shown;
  gboolean             has_invitation;
  guint8               invitation[UDPNAT_INVITATION_BYTES]; /* to be used when it claims a name */

  /* directory */
  gboolean is_subscribed;
  gboolean is_directory_wished; /* when it is known whether it may see it */
  gboolean has_whole_list;
  gboolean is_behind; /* the stream had no room for all changes */
  guint64  told_sequence;
  gboolean is_watch_behind; /* likewise, of those whom its identity watches */
  gboolean is_watched_due;  /* and then WATCHED, with this code */
  guint8   watched_code;
  guint8   presence; /* what others are told while it is listed: a UdpnatPresence */

  /* mail */
  GQueue   puts;           /* of UdpnatServerPut, borrowed: results that it waits for */
  gboolean is_fetching;    /* a guest, and wants its letters all the same */
  gboolean is_mail_due;    /* there may be letters to be told */
  guint64  mail_loading;   /* asked of the disk; 0: none */
  guint64  mail_told;      /* the last one told in this session */
  guint    n_mail_unacked; /* told and not acknowledged */

  gboolean       is_dirty; /* in server->dirty */
  UdpnatHeapItem timer;
  GList          all_link, dirty_link;
  GList          subscriber_link;

  /* borrowed */
  UdpnatRendezvousServer *server;
  UdpnatServerIdentity   *identity; /* nullable */
};

/* udpnat-server-client.c */
void                  udpnat_server_client_free    (UdpnatServerClient     *self,
                                                    gint64                  now_us);
void                  udpnat_server_client_rekey   (UdpnatServerClient     *self,
                                                    gint64                  now_us,
                                                    const UdpnatAddress    *source,
                                                    const UdpnatHs1        *hs1);
void                  udpnat_server_client_touch   (UdpnatServerClient     *self);
UdpnatRxResult        udpnat_server_client_handle_data (UdpnatServerClient   *self,
                                                        gint64                now_us,
                                                        const UdpnatDatagram *datagram);
void                  udpnat_server_client_handle_deadline (UdpnatServerClient *self,
                                                            gint64              now_us);
gboolean              udpnat_server_client_pop_output (UdpnatServerClient  *self,
                                                       gint64               now_us,
                                                       UdpnatDatagram      *out_datagram);
gboolean              udpnat_server_client_send_carrier (UdpnatServerClient *self,
                                                        gint64              now_us,
                                                        const guint8       *frames,
                                                        gsize               n_frames,
                                                        gsize               n_carried);
gboolean              udpnat_server_client_send_frames (UdpnatServerClient *self,
                                                        gint64              now_us,
                                                        const guint8       *frames,
                                                        gsize               n_frames);
void                  udpnat_server_client_end     (UdpnatServerClient     *self,
                                                    gint64                  now_us,
                                                    UdpnatCloseReason       reason);
void                  udpnat_server_client_detach  (UdpnatServerClient     *self,
                                                    gint64                  now_us);

UdpnatServerClient   *udpnat_server_client_new_woken (UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    UdpnatServerIdentity   *identity,
                                                    UdpnatRestingSession   *session);
UdpnatServerQuotas   *udpnat_server_client_ensure_quotas (UdpnatServerClient *self,
                                                    gint64                  now_us);
void                  udpnat_server_client_remove  (UdpnatServerClient     *self);

/* udpnat-server-address.c */
void                  udpnat_server_client_note_source (UdpnatServerClient   *self,
                                                        gint64                now_us,
                                                        const UdpnatDatagram *datagram,
                                                        guint64               number);
void                  udpnat_server_client_handle_response (UdpnatServerClient    *self,
                                                            gint64                 now_us,
                                                            const UdpnatAddress   *source,
                                                            const UdpnatFrameView *frame);
gboolean              udpnat_server_client_may_send (UdpnatServerClient    *self,
                                                     gsize                  n_data);

/* udpnat-server-control.c */
void                  udpnat_server_read_messages  (UdpnatServerClient     *self,
                                                    gint64                  now_us);
void                  udpnat_server_control_complete (UdpnatRendezvousServer *self,
                                                      gint64                  now_us,
                                                      UdpnatRegistryEntry    *entry,
                                                      gboolean                stored);
void                  udpnat_server_control_refuse (UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    UdpnatRegistryEntry    *entry,
                                                    UdpnatRefusedCode       code);
gint64                udpnat_server_get_idle       (guint16                 interval_s);
void                  udpnat_server_take_seat      (UdpnatServerIdentity   *identity,
                                                    UdpnatRendezvousServer *server,
                                                    gint64                  now_us,
                                                    UdpnatRegistryEntry    *entry,
                                                    gboolean                is_shown,
                                                    const UdpnatAddress    *address);
void                  udpnat_server_unregister     (UdpnatServerClient     *self,
                                                    gint64                  now_us);

/* udpnat-server-mail.c */
gboolean              udpnat_server_mail_handle    (UdpnatServerClient      *self,
                                                    gint64                   now_us,
                                                    const UdpnatMessageView *message);
gboolean              udpnat_server_mail_has_room  (const UdpnatServerClient *self);
void                  udpnat_server_mail_forget    (UdpnatServerClient      *self);

/* udpnat-server-delivery.c */
void                  udpnat_server_tell_mail      (UdpnatServerClient *self, gint64 now_us);

/* udpnat-server-relay.c */
void                  udpnat_server_relay          (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    UdpnatServerIdentity   *from,
                                                    const UdpnatFrameView  *frame);
void                  udpnat_server_dial           (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    UdpnatServerIdentity   *from,
                                                    const UdpnatFrameView  *frame);

G_END_DECLS
