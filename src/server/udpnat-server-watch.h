#pragma once

#include "udpnat-fleet-directory.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-server-config.h"

G_BEGIN_DECLS

/**
 * UdpnatServerWatch:
 *
 * Watches the running server for its owner: samples for plots, the status port, and what the
 * journal is told.
 */
typedef struct _UdpnatServerWatch UdpnatServerWatch;

UdpnatServerWatch *udpnat_server_watch_new          (const UdpnatServerConfig     *config,
                                                     const UdpnatRendezvousServer *server,
                                                     GError                      **error)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_server_watch_free         (UdpnatServerWatch            *self);
const char        *udpnat_server_watch_get_address  (const UdpnatServerWatch      *self);
void               udpnat_server_watch_set_fleet    (UdpnatServerWatch            *self,
                                                     UdpnatFleetDirectory         *directory);
void               udpnat_server_watch_start        (UdpnatServerWatch            *self,
                                                     guint16                       port);
void               udpnat_server_watch_handle_event (UdpnatServerWatch            *self,
                                                     const UdpnatServerEvent      *event);
void               udpnat_server_watch_note         (UdpnatServerWatch            *self,
                                                     const char                   *event,
                                                     const char                   *message,
                                                     const char                   *name);
void               udpnat_server_watch_stop         (UdpnatServerWatch            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerWatch, udpnat_server_watch_free)

G_END_DECLS
