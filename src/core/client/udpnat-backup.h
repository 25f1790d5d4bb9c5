#pragma once

#include <gio/gio.h>

#include "udpnat-passphrase.h"

G_BEGIN_DECLS

/**
 * UdpnatBackupSource:
 * @identity_secret: (array fixed-size=32): who the user is
 * @database_path: may be in use, and need not exist
 * @database_key: (nullable) (array fixed-size=32): that the database is encrypted with
 *
 * What goes into a backup. Borrowed.
 */
typedef struct
{
  const guint8 *identity_secret;
  const char   *database_path;
  const guint8 *database_key;
} UdpnatBackupSource;

gboolean udpnat_backup_write                 (const UdpnatBackupSource    *source,
                                              const char                  *destination,
                                              const char                  *passphrase,
                                              const UdpnatPassphraseCost  *cost,
                                              gboolean                     may_replace,
                                              GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_backup_read_needs_passphrase (const char                  *file,
                                              gboolean                    *out_is_needed,
                                              GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_backup_restore               (const char                  *file,
                                              const char                  *profile_path,
                                              const char                  *passphrase,
                                              GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;

/* In a worker: udpnat-profile-tasks.c */
void     udpnat_backup_write_async           (const UdpnatBackupSource    *source,
                                              const char                  *destination,
                                              const char                  *passphrase,
                                              gboolean                     may_replace,
                                              GCancellable                *cancellable,
                                              GAsyncReadyCallback          callback,
                                              gpointer                     user_data);
gboolean udpnat_backup_write_finish          (GAsyncResult                *result,
                                              GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_backup_restore_async         (const char                  *file,
                                              const char                  *profile_path,
                                              const char                  *passphrase,
                                              GCancellable                *cancellable,
                                              GAsyncReadyCallback          callback,
                                              gpointer                     user_data);
gboolean udpnat_backup_restore_finish        (GAsyncResult                *result,
                                              GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
