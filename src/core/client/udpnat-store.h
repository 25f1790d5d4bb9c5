#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatStore:
 *
 * What a profile remembers between runs, in SQLite: keys of servers and contacts, the last
 * handshake timestamps, the user's name. Failing writes are reported once each as a warning and
 * change nothing that is in memory.
 */
typedef struct _UdpnatStore UdpnatStore;

typedef void (*UdpnatStoreContactFunc) (const UdpnatPublicKey *key,
                                        const char            *name,
                                        const guint8          *timestamp,
                                        gpointer               user_data);

UdpnatStore *udpnat_store_open             (const char             *path,
                                            GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_store_free             (UdpnatStore            *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatStore, udpnat_store_free)

char        *udpnat_store_dup_name         (UdpnatStore            *self) G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_store_set_name         (UdpnatStore            *self,
                                            const char             *name);
gboolean     udpnat_store_get_server_key   (UdpnatStore            *self,
                                            const char             *server,
                                            UdpnatPublicKey        *out_key);
void         udpnat_store_set_server_key   (UdpnatStore            *self,
                                            const char             *server,
                                            const UdpnatPublicKey  *key);
void         udpnat_store_set_contact_name (UdpnatStore            *self,
                                            const UdpnatPublicKey  *key,
                                            const char             *name);
void         udpnat_store_set_timestamp    (UdpnatStore            *self,
                                            const UdpnatPublicKey  *key,
                                            const guint8            timestamp[12]);
void         udpnat_store_foreach_contact  (UdpnatStore            *self,
                                            UdpnatStoreContactFunc  func,
                                            gpointer                user_data);

G_END_DECLS
