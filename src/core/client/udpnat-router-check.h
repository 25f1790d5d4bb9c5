#pragma once

#include <gio/gio.h>

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatRouterCheck:
 * @code: "mapping-offered"; "mapping-unneeded", with a public address; or why not. The words are
 *     those of udpnat_words_explain_port_mapping()
 * @protocol: by which the router opens ports, "" when it does not
 * @external: where it let people in, for a moment; or unset
 *
 * Whether our router opens a port when it is asked to.
 */
typedef struct
{
  const char   *code;
  const char   *protocol;
  UdpnatAddress external;
} UdpnatRouterCheck;

void udpnat_router_check_async  (GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data);
gboolean udpnat_router_check_finish (GAsyncResult        *result,
                                 UdpnatRouterCheck   *out_check,
                                 GError             **error);

G_END_DECLS
