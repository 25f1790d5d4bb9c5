#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatServerNotify:
 *
 * Tells whoever started the server, if that is systemd or asks in its way, that it is there, how
 * many people are, and that it is alive (sd_notify(3)). Elsewhere every call does nothing.
 */
typedef struct _UdpnatServerNotify UdpnatServerNotify;

UdpnatServerNotify *udpnat_server_notify_new_from_environment
                                                   (void) G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_server_notify_free       (UdpnatServerNotify *self);

void                udpnat_server_notify_ready      (UdpnatServerNotify *self,
                                                     guint               n_online);
void                udpnat_server_notify_set_online (UdpnatServerNotify *self,
                                                     guint               n_online);
void                udpnat_server_notify_stopping   (UdpnatServerNotify *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerNotify, udpnat_server_notify_free)

G_END_DECLS
