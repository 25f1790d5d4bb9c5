#pragma once

#include <gio/gio.h>

#include "udpnat-nat-facts.h"

G_BEGIN_DECLS

/* Tests our own routers with any STUN server (RFC 8489, 5780): without a profile, on sockets of its
 * own. What the facts mean is in udpnat-nat-words.h. */

void     udpnat_net_check_async  (const char          *host,
                                  guint16              port,
                                  UdpnatFamily         family,
                                  gboolean             is_lifetime_wanted,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data);
gboolean udpnat_net_check_finish (GAsyncResult        *result,
                                  UdpnatNatFacts      *out_facts,
                                  GError             **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
