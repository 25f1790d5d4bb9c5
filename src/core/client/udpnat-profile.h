#pragma once

#include <gio/gio.h>

#include "udpnat-identity.h"
#include "udpnat-passphrase.h"

G_BEGIN_DECLS

/**
 * UdpnatProfile:
 *
 * A user's folder: `identity.key` (the secret, mode 0600), `udpnat.db` (what is remembered),
 * `lock`. Open in one process at a time. With a passphrase the secret is protected by it, and the
 * database is encrypted with a key that stands beside the secret.
 */
typedef struct _UdpnatProfile UdpnatProfile;

UdpnatProfile        *udpnat_profile_open              (const char                  *path,
                                                        const char                  *passphrase,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_profile_free              (UdpnatProfile               *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatProfile, udpnat_profile_free)

gboolean              udpnat_profile_is_locked         (const char                  *path);
gboolean              udpnat_profile_set_passphrase    (UdpnatProfile               *self,
                                                        const char                  *old_passphrase,
                                                        const char                  *new_passphrase,
                                                        const UdpnatPassphraseCost  *cost,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;

char                 *udpnat_profile_move_aside        (const char                  *path,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;

/* In a worker: udpnat-profile-tasks.c */
void                  udpnat_profile_open_async        (const char                  *path,
                                                        const char                  *passphrase,
                                                        GCancellable                *cancellable,
                                                        GAsyncReadyCallback          callback,
                                                        gpointer                     user_data);
UdpnatProfile        *udpnat_profile_open_finish       (GAsyncResult                *result,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_profile_check_passphrase_async
                                                       (const char                  *path,
                                                        const char                  *passphrase,
                                                        GCancellable                *cancellable,
                                                        GAsyncReadyCallback          callback,
                                                        gpointer                     user_data);
gboolean              udpnat_profile_check_passphrase_finish
                                                       (GAsyncResult                *result,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_profile_change_passphrase_async
                                                       (const char                  *path,
                                                        const char                  *old_passphrase,
                                                        const char                  *new_passphrase,
                                                        GCancellable                *cancellable,
                                                        GAsyncReadyCallback          callback,
                                                        gpointer                     user_data);
gboolean              udpnat_profile_change_passphrase_finish
                                                       (GAsyncResult                *result,
                                                        GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;

char                 *udpnat_profile_get_default_path  (void) G_GNUC_WARN_UNUSED_RESULT;
const char           *udpnat_profile_get_path          (UdpnatProfile               *self);
char                 *udpnat_profile_dup_database_path (UdpnatProfile               *self)
  G_GNUC_WARN_UNUSED_RESULT;
const guint8         *udpnat_profile_get_database_key  (UdpnatProfile               *self);
const UdpnatIdentity *udpnat_profile_get_identity      (UdpnatProfile               *self);

G_END_DECLS
