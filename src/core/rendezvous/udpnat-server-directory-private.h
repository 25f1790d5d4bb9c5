#pragma once

#include "udpnat-server-client-private.h"

G_BEGIN_DECLS

/* udpnat-server-directory.c */
void                  udpnat_server_publish        (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    UdpnatRegistryEntry    *entry);
void                  udpnat_server_publish_key    (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const UdpnatPublicKey  *key);
void                  udpnat_server_publish_due    (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
void                  udpnat_server_subscribe      (UdpnatServerClient     *self,
                                                    guint8                  mode);
void                  udpnat_server_tell_changes   (UdpnatServerClient     *self);
void                  udpnat_server_tell_empty_list (const UdpnatServerClient *self);
void                  udpnat_server_fill_entry     (const UdpnatRendezvousServer *self,
                                                    const UdpnatRegistryEntry    *entry,
                                                    UdpnatDirectoryEntry         *out_entry);

/* udpnat-server-list.c */
gboolean              udpnat_server_handle_list    (UdpnatServerClient      *self,
                                                    gint64                   now_us,
                                                    const UdpnatMessageView *message);

/* udpnat-server-watches.c */
gboolean              udpnat_server_handle_watch   (UdpnatServerClient      *self,
                                                    gint64                   now_us,
                                                    const UdpnatMessageView *message);
void                  udpnat_server_tell_watches   (UdpnatServerClient      *self);
void                  udpnat_server_tell_watchers  (UdpnatRendezvousServer  *self,
                                                    gint64                   now_us);
void                  udpnat_server_unwatch        (UdpnatServerIdentity    *self,
                                                    UdpnatRendezvousServer  *server);

G_END_DECLS
