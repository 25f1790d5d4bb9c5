#pragma once

#include "udpnat-server-config.h"
#include "udpnat-server-notify.h"

G_BEGIN_DECLS

/**
 * UdpnatServerApp:
 *
 * The running server: sockets, machine and files tied together.
 */
typedef struct _UdpnatServerApp UdpnatServerApp;

UdpnatServerApp *udpnat_server_app_new  (const UdpnatServerConfig *config,
                                         UdpnatServerNotify       *notify,
                                         GError                  **error) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_server_app_free (UdpnatServerApp          *self);
void             udpnat_server_app_run  (UdpnatServerApp          *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerApp, udpnat_server_app_free)

G_END_DECLS
