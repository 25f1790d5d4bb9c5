#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The desktop's keyring may remember the passphrase of a profile. No call fails in a way that stops
 * anything: what a keyring does not do within two seconds, or what there is no keyring for, is not
 * done. */
gboolean udpnat_keyring_is_supported  (void);
void     udpnat_keyring_lookup_async  (const char          *profile_path,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
char    *udpnat_keyring_lookup_finish (GAsyncResult        *result) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_keyring_store_async   (const char          *profile_path,
                                       const char          *passphrase,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
gboolean udpnat_keyring_store_finish  (GAsyncResult        *result);
void     udpnat_keyring_clear_async   (const char          *profile_path,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data);
gboolean udpnat_keyring_clear_finish  (GAsyncResult        *result);

G_END_DECLS
