#pragma once

#include <gio/gio.h>

#include "udpnat-nat64.h"

G_BEGIN_DECLS

/* Asking the network for its NAT64 prefix (RFC 7050). */

gboolean udpnat_nat64_is_wanted     (void) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_nat64_lookup_async  (GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data);
gboolean udpnat_nat64_lookup_finish (GAsyncResult        *result,
                                     UdpnatNat64Prefix   *out_prefix,
                                     GError             **error);

G_END_DECLS
