#pragma once

#include "udpnat-contact.h"

G_BEGIN_DECLS

/**
 * UdpnatStore:
 *
 * What a profile remembers between runs, in SQLite: settings, servers, people, and (with the calls
 * of udpnat-store-outbox.h and udpnat-store-history.h) all that was said.
 *
 * Reading is done at once, in the caller's thread. Writing is queued: a worker commits what has
 * come together, all of one turn of the main loop at least, in one transaction that is on the disk
 * before anybody hears of it, and then each write's function runs in the main context in which the
 * store was opened, in the order of the calls. By then reading shows what was written. Each
 * function is called exactly once, at the latest from udpnat_store_free(), and never from the call
 * that was given it. It may call the store again, but not free it.
 */
typedef struct _UdpnatStore UdpnatStore;

/**
 * UdpnatStoreDoneFunc:
 * @is_saved: %FALSE when nothing was changed: the disk is full or fails, or there is no such thing
 */
typedef void (*UdpnatStoreDoneFunc)      (gboolean               is_saved,
                                          gpointer               user_data);
typedef void (*UdpnatStoreContactFunc)   (const UdpnatContact   *contact,
                                          gpointer               user_data);
typedef void (*UdpnatStoreTimestampFunc) (const UdpnatPublicKey *key,
                                          const guint8          *timestamp,
                                          gpointer               user_data);

/* The disk has not taken a setting. It holds for this run, and is tried again with the next one. */
typedef void (*UdpnatStoreLostFunc) (gpointer user_data);

UdpnatStore   *udpnat_store_open                (const char               *path,
                                                 const guint8             *database_key,
                                                 const UdpnatPublicKey    *own_key,
                                                 GError                  **error)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_store_free                (UdpnatStore              *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatStore, udpnat_store_free)
void           udpnat_store_rehearse            (UdpnatStore              *self);
void           udpnat_store_begin               (UdpnatStore              *self);
gboolean       udpnat_store_flush               (UdpnatStore              *self);
char          *udpnat_store_dup_recovery_report (UdpnatStore              *self)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean       udpnat_store_is_damaged          (UdpnatStore              *self);
gint64         udpnat_store_get_size_bytes      (UdpnatStore              *self);

/* ---- Settings and servers: what was set is seen at once ---- */
char          *udpnat_store_dup_setting         (UdpnatStore              *self,
                                                 const char               *name)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_store_set_setting         (UdpnatStore              *self,
                                                 const char               *name,
                                                 const char               *value);
void           udpnat_store_set_lost_func       (UdpnatStore              *self,
                                                 UdpnatStoreLostFunc       func,
                                                 gpointer                  user_data);
gboolean       udpnat_store_get_server_key      (UdpnatStore              *self,
                                                 const char               *server,
                                                 UdpnatPublicKey          *out_key);
void           udpnat_store_set_server_key      (UdpnatStore              *self,
                                                 const char               *server,
                                                 const UdpnatPublicKey    *key);
void           udpnat_store_forget_server_key   (UdpnatStore              *self,
                                                 const char               *server);

/* ---- People ---- */
void           udpnat_store_foreach_contact     (UdpnatStore              *self,
                                                 UdpnatStoreContactFunc    func,
                                                 gpointer                  user_data);
UdpnatContact *udpnat_store_dup_contact         (UdpnatStore              *self,
                                                 const UdpnatPublicKey    *key)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_store_save_contact        (UdpnatStore              *self,
                                                 const UdpnatContact      *contact,
                                                 UdpnatStoreDoneFunc       done,
                                                 gpointer                  user_data);
void           udpnat_store_forget_contact      (UdpnatStore              *self,
                                                 const UdpnatPublicKey    *key,
                                                 UdpnatStoreDoneFunc       done,
                                                 gpointer                  user_data);
void           udpnat_store_set_timestamp       (UdpnatStore              *self,
                                                 const UdpnatPublicKey    *key,
                                                 const guint8              timestamp[12]);
void           udpnat_store_foreach_timestamp   (UdpnatStore              *self,
                                                 UdpnatStoreTimestampFunc  func,
                                                 gpointer                  user_data);

G_END_DECLS
