#pragma once

#include "udpnat-rendezvous-client.h"
#include "udpnat-message.h"

G_BEGIN_DECLS

/* The directory of a server that is too large to be told as a whole. */
typedef struct
{
  GTree   *watched; /* set of UdpnatPublicKey, owned; a tree, because strangers choose keys */
  gboolean is_watch_due;
  gint64   watch_retry_us; /* NEVER: not waiting */

  /* the page that is asked for */
  guint32  request; /* 0: none */
  char    *prefix, *after;
  gboolean is_list_due;
  gint64   list_deadline_us; /* NEVER: none is asked for */
} UdpnatRendezvousDirectory;

/* udpnat-rendezvous-client-directory.c */
void     udpnat_rendezvous_client_init_directory   (UdpnatRendezvousClient  *self);
void     udpnat_rendezvous_client_clear_directory  (UdpnatRendezvousClient  *self);
void     udpnat_rendezvous_client_send_watch       (UdpnatRendezvousClient  *self,
                                                    gint64                   now_us);
void     udpnat_rendezvous_client_send_list        (UdpnatRendezvousClient  *self);
void     udpnat_rendezvous_client_repeat_directory (UdpnatRendezvousClient  *self);
gint64   udpnat_rendezvous_client_directory_deadline (const UdpnatRendezvousClient *self);
void     udpnat_rendezvous_client_expire_list      (UdpnatRendezvousClient  *self,
                                                    gint64                   now_us);
gboolean udpnat_rendezvous_client_handle_watched   (UdpnatRendezvousClient  *self,
                                                    gint64                   now_us,
                                                    const UdpnatMessageView *message);
gboolean udpnat_rendezvous_client_handle_directory (UdpnatRendezvousClient  *self,
                                                    const UdpnatMessageView *message);
gboolean udpnat_rendezvous_client_handle_page      (UdpnatRendezvousClient  *self,
                                                    const UdpnatMessageView *message);

G_END_DECLS
