#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatNameStore:
 *
 * Which name belongs to which key, for good (PROTOCOL.md, section 12): one SQLite file.
 */
typedef struct _UdpnatNameStore UdpnatNameStore;

typedef void (*UdpnatNameStoreFunc) (const char            *name,
                                     const UdpnatPublicKey *key,
                                     gpointer               user_data);

typedef void (*UdpnatNameStoreRowFunc) (const char            *name,
                                        const UdpnatPublicKey *key,
                                        gint64                 claimed_us,
                                        gpointer               user_data);

UdpnatNameStore *udpnat_name_store_open    (const char            *path,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_name_store_free    (UdpnatNameStore       *self);
gboolean         udpnat_name_store_begin   (UdpnatNameStore       *self,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_name_store_claim   (UdpnatNameStore       *self,
                                            const char            *name,
                                            const UdpnatPublicKey *key,
                                            gint64                 wall_us,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_name_store_commit  (UdpnatNameStore       *self,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_name_store_foreach (UdpnatNameStore       *self,
                                            UdpnatNameStoreFunc    func,
                                            gpointer               user_data,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;

gboolean         udpnat_name_store_release (UdpnatNameStore       *self,
                                            const char            *name,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_name_store_foreach_after (UdpnatNameStore *self,
                                            const char            *after,
                                            guint                  n_max,
                                            UdpnatNameStoreRowFunc func,
                                            gpointer               user_data,
                                            GError               **error)
                                            G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatNameStore, udpnat_name_store_free)

G_END_DECLS
