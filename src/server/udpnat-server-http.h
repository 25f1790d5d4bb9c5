#pragma once

#include "udpnat-server-config.h"
#include "udpnat-server-status.h"

G_BEGIN_DECLS

/* As answers name their sender, in the header "Server". */
#define UDPNAT_SERVER_HTTP_NAME "udpnat-server"

/**
 * UdpnatServerHttp:
 *
 * The port where the server tells how it does: a page, Prometheus metrics, JSON, and some lines for
 * a terminal.
 */
typedef struct _UdpnatServerHttp UdpnatServerHttp;

typedef void (*UdpnatServerHttpFunc) (UdpnatServerStatus *out_status,
                                      gpointer            user_data);

gboolean          udpnat_server_http_open        (const UdpnatServerConfig *config,
                                                  UdpnatServerHttpFunc      ask,
                                                  gpointer                  user_data,
                                                  UdpnatServerHttp        **out_http,
                                                  GError                  **error)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_server_http_free        (UdpnatServerHttp         *self);
const char       *udpnat_server_http_get_address (const UdpnatServerHttp   *self);
gboolean          udpnat_server_http_is_own_host (const char               *host,
                                                  const char               *local_ip);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerHttp, udpnat_server_http_free)

G_END_DECLS
