#pragma once

#include "udpnat-history-item.h"
#include "udpnat-store.h"

G_BEGIN_DECLS

/* What we say: it is in the outbox until the peer has it on disk, or it is withdrawn. */

/**
 * UdpnatStoreLineFunc:
 * @changed: (nullable): the new or changed line, as it is now
 * @is_saved: as #UdpnatStoreDoneFunc has it
 */
typedef void (*UdpnatStoreLineFunc)   (UdpnatHistoryItem     *changed,
                                       gboolean               is_saved,
                                       gpointer               user_data);
/**
 * UdpnatStoreLinesFunc:
 * @changed: (element-type UdpnatHistoryItem): oldest first; may be empty
 */
typedef void (*UdpnatStoreLinesFunc)  (GPtrArray             *changed,
                                       gpointer               user_data);
typedef void (*UdpnatStoreOutboxFunc) (const UdpnatPublicKey *key,
                                       const UdpnatItem      *item,
                                       UdpnatItemState        state,
                                       gpointer               user_data);
typedef void (*UdpnatStorePrekeyFunc) (const UdpnatPublicKey *key,
                                       const UdpnatPrekey    *prekey,
                                       gpointer               user_data);

void  udpnat_store_add_outgoing        (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        const UdpnatItem      *item,
                                        const UdpnatPrekey    *secrets,
                                        guint                  n_secrets,
                                        UdpnatStoreLineFunc    done,
                                        gpointer               user_data);
void  udpnat_store_add_outgoing_file   (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        const UdpnatItem      *item,
                                        const char            *path,
                                        UdpnatStoreLineFunc    done,
                                        gpointer               user_data);
void  udpnat_store_set_item_state      (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        const UdpnatMessageId *id,
                                        UdpnatItemState        state,
                                        const char            *reason,
                                        UdpnatStoreLineFunc    done,
                                        gpointer               user_data);
void  udpnat_store_set_read_through    (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        const UdpnatMessageId *id,
                                        UdpnatStoreLinesFunc   done,
                                        gpointer               user_data);
void  udpnat_store_withdraw            (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        const UdpnatMessageId *id,
                                        UdpnatStoreLineFunc    done,
                                        gpointer               user_data);
void  udpnat_store_foreach_outbox      (UdpnatStore           *self,
                                        UdpnatStoreOutboxFunc  func,
                                        gpointer               user_data);
guint udpnat_store_count_outbox        (UdpnatStore           *self);

/* ---- One-time keys for mail ---- */
void  udpnat_store_foreach_own_prekey  (UdpnatStore           *self,
                                        UdpnatStorePrekeyFunc  func,
                                        gpointer               user_data);
void  udpnat_store_foreach_peer_prekey (UdpnatStore           *self,
                                        UdpnatStorePrekeyFunc  func,
                                        gpointer               user_data);
void  udpnat_store_take_peer_prekey    (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        guint64                prekey_id,
                                        UdpnatStoreDoneFunc    done,
                                        gpointer               user_data);
void  udpnat_store_delete_own_prekey   (UdpnatStore           *self,
                                        const UdpnatPublicKey *key,
                                        guint64                prekey_id);

G_END_DECLS
