#pragma once

#include "udpnat-access-store.h"
#include "udpnat-fleet-status.h"
#include "udpnat-redis.h"
#include "udpnat-server-disk.h"
#include "udpnat-server-fleet.h"
#include "udpnat-server-ruling.h"

G_BEGIN_DECLS

/**
 * UdpnatFleetDirectory:
 *
 * What the servers of a fleet have in common: whose a name is, where somebody is registered, where
 * letters wait, which servers live. In Redis; the machine of one server is asked and told here.
 */
typedef struct _UdpnatFleetDirectory UdpnatFleetDirectory;

typedef void (*UdpnatFleetDirectoryFunc) (gpointer user_data);
/* UdpnatFleetRulingFunc: an operator of some server of the fleet has said so; maybe our own */
typedef void (*UdpnatFleetRulingFunc)    (const UdpnatServerRuling *ruling,
                                          gpointer                  user_data);

UdpnatFleetDirectory *udpnat_fleet_directory_new  (const UdpnatRedisAddress *address,
                                                   const UdpnatPublicKey    *key,
                                                   const char               *place,
                                                   UdpnatRendezvousServer   *server,
                                                   UdpnatServerDisk         *disk,
                                                   UdpnatNameStore          *names,
                                                   UdpnatFleetDirectoryFunc  func,
                                                   gpointer                  user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_fleet_directory_free         (UdpnatFleetDirectory    *self);
void     udpnat_fleet_directory_stop         (UdpnatFleetDirectory    *self);
void     udpnat_fleet_directory_obey         (UdpnatFleetDirectory    *self,
                                              UdpnatAccessStore       *access,
                                              UdpnatFleetRulingFunc    func,
                                              gpointer                 user_data);
gboolean udpnat_fleet_directory_tell         (UdpnatFleetDirectory    *self,
                                              const UdpnatServerRuling *ruling)
  G_GNUC_WARN_UNUSED_RESULT;
const UdpnatFleetStatus *
         udpnat_fleet_directory_get_status   (UdpnatFleetDirectory    *self);
gboolean udpnat_fleet_directory_handle_event (UdpnatFleetDirectory    *self,
                                              const UdpnatServerEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFleetDirectory, udpnat_fleet_directory_free)

G_END_DECLS
