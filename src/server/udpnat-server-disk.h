#pragma once

#include "udpnat-access-store.h"
#include "udpnat-mail-store.h"
#include "udpnat-name-store.h"
#include "udpnat-rendezvous-server.h"

G_BEGIN_DECLS

/**
 * UdpnatServerDisk:
 *
 * What the server's machine wants written, and the answers that it waits for. All that comes up in
 * one callback goes to the disk in one commit for each file.
 */
typedef struct _UdpnatServerDisk UdpnatServerDisk;

UdpnatServerDisk *udpnat_server_disk_new          (UdpnatRendezvousServer  *server,
                                                   UdpnatNameStore         *names,
                                                   UdpnatMailStore         *mail)
                                                   G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_server_disk_set_access   (UdpnatServerDisk        *self,
                                                   UdpnatAccessStore       *access);
void              udpnat_server_disk_set_ticket_file (UdpnatServerDisk     *self,
                                                   const char              *path);
void              udpnat_server_disk_free         (UdpnatServerDisk        *self);
gboolean          udpnat_server_disk_restore      (UdpnatServerDisk        *self,
                                                   GError                 **error)
                                                   G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_server_disk_handle_event (UdpnatServerDisk        *self,
                                                   gint64                   now_us,
                                                   gint64                   wall_us,
                                                   const UdpnatServerEvent *event);
gboolean          udpnat_server_disk_finish       (UdpnatServerDisk        *self,
                                                   gint64                   now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerDisk, udpnat_server_disk_free)

G_END_DECLS
