#pragma once

#include "udpnat-identity.h"
#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * UdpnatLan:
 *
 * Tells a network that we are here, and hears who else is. A [struct@UdpnatMachine] beside the
 * node, on a socket of its own; its events are #UdpnatLanEvent. What it sends goes to the groups
 * %UDPNAT_LAN_GROUP_IPV4 and %UDPNAT_LAN_GROUP_IPV6, once for each: the socket sends it by every
 * interface.
 */
typedef struct _UdpnatLan UdpnatLan;

typedef enum
{
  UDPNAT_LAN_EVENT_ANNOUNCED, /* the first beacon under @name is about to leave */
  UDPNAT_LAN_EVENT_ROUND,     /* a beacon is about to leave: is every interface known? */
  /* @key, @name, @addresses: somebody has come, or something about them has changed; without any
   * address they have gone */
  UDPNAT_LAN_EVENT_PEER,
} UdpnatLanEventType;

/**
 * UdpnatLanEvent:
 * @base: its type is a #UdpnatLanEventType
 * @name: (nullable): an allowed name; only a claim
 * @addresses: (array length=n_addresses): where their node listens, as seen from here
 */
typedef struct
{
  UdpnatEvent     base;
  UdpnatPublicKey key;
  char           *name;
  UdpnatAddress   addresses[UDPNAT_LAN_ADDRESSES_MAX];
  guint           n_addresses;
} UdpnatLanEvent;

UdpnatLan     *udpnat_lan_new                   (const UdpnatIdentity *identity,
                                                 const UdpnatRandom   *random,
                                                 gint64                now_us,
                                                 gint64                wall_us)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_lan_free                  (UdpnatLan            *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatLan, udpnat_lan_free)

UdpnatMachine *udpnat_lan_get_machine           (UdpnatLan            *self);
void           udpnat_lan_set_wall_clock        (UdpnatLan            *self,
                                                 gint64                now_us,
                                                 gint64                wall_us);
void           udpnat_lan_set_host_addresses    (UdpnatLan            *self,
                                                 const UdpnatAddress  *addresses,
                                                 guint                 n_addresses);
void           udpnat_lan_announce              (UdpnatLan            *self,
                                                 gint64                now_us,
                                                 const char           *name,
                                                 guint16               port);
void           udpnat_lan_handle_network_change (UdpnatLan            *self,
                                                 gint64                now_us);
void           udpnat_lan_leave                 (UdpnatLan            *self,
                                                 gint64                now_us);
gboolean       udpnat_lan_is_announced          (const UdpnatLan      *self);

G_END_DECLS
