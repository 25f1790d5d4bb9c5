#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatMailStore:
 *
 * The letters that wait, and whose passes each recipient accepts (PROTOCOL.md, section 14): one
 * SQLite file. It holds recipients and times, and neither senders nor anything readable.
 */
typedef struct _UdpnatMailStore UdpnatMailStore;

typedef void (*UdpnatMailStoreLetterFunc) (guint64                number,
                                           const UdpnatPublicKey *recipient,
                                           const guint8          *pass,
                                           gsize                  n_bytes,
                                           gint64                 stored_s,
                                           gpointer               user_data);
typedef void (*UdpnatMailStorePassesFunc) (const UdpnatPublicKey *recipient,
                                           const guint8          *passes,
                                           guint                  n_passes,
                                           gpointer               user_data);

UdpnatMailStore *udpnat_mail_store_open      (const char               *path,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_mail_store_free      (UdpnatMailStore          *self);
char            *udpnat_mail_store_set_aside (const char               *path,
                                              gint64                    wall_us,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
guint            udpnat_mail_store_recover   (UdpnatMailStore          *self,
                                              const char               *damaged_path);

/* Changes, in groups */
gboolean         udpnat_mail_store_begin     (UdpnatMailStore          *self,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_mail_store_commit    (UdpnatMailStore          *self,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_mail_store_add       (UdpnatMailStore          *self,
                                              guint64                   number,
                                              const UdpnatPublicKey    *recipient,
                                              const guint8             *pass,
                                              gint64                    stored_s,
                                              GBytes                   *sealed,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_mail_store_delete    (UdpnatMailStore          *self,
                                              guint64                   number,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_mail_store_set_passes (UdpnatMailStore         *self,
                                              const UdpnatPublicKey    *recipient,
                                              GBytes                   *passes,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;

/* Reading */
GBytes          *udpnat_mail_store_load      (UdpnatMailStore          *self,
                                              guint64                   number,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_mail_store_foreach   (UdpnatMailStore          *self,
                                              UdpnatMailStoreLetterFunc letter_func,
                                              UdpnatMailStorePassesFunc passes_func,
                                              gpointer                  user_data,
                                              GError                  **error)
                                              G_GNUC_WARN_UNUSED_RESULT;
guint64          udpnat_mail_store_get_last_number (UdpnatMailStore    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatMailStore, udpnat_mail_store_free)

G_END_DECLS
