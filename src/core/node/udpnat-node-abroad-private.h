#pragma once

#include "udpnat-node-abroad.h"
#include "udpnat-peer-private.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

/**
 * UdpnatAbroad:
 * @place: "host" or "host:port", what stands behind the "@" of its people
 * @client: never registers a name
 * @is_home: it has turned out to be our own server by another name; @client is not used
 * @same_as: (nullable): or this one
 * @is_fleet: it shares a directory with our own: its people are called as those of our own are
 * @fleet_key: then: its key, as our own server has said
 * @has_mail: then: there are letters for us
 * @is_wanted: the owner is to say where it is
 * @retry_us: when that is asked again
 * @used_us: when something was last said there, or was to be said
 * @handles: borrowed UdpnatPeer by relay handle
 *
 * Somebody else's server, at which we are a guest while we talk with its people (PROTOCOL.md
 * section 19).
 */
struct _UdpnatAbroad
{
  UdpnatNode             *node; /* borrowed */
  char                   *place;
  UdpnatRendezvousClient *client;
  gboolean                is_home;
  UdpnatAbroad           *same_as;
  gboolean                is_fleet;
  UdpnatPublicKey         fleet_key;
  gboolean                has_mail;
  gboolean                is_open;
  gboolean                is_wanted;
  gint64                  retry_us;
  gint64                  used_us;
  GHashTable             *handles;
};

void                    udpnat_node_abroad_init       (UdpnatNode            *self);
void                    udpnat_node_abroad_clear      (UdpnatNode            *self);
UdpnatAbroad           *udpnat_node_ensure_abroad     (UdpnatNode            *self,
                                                       const char            *place);
UdpnatAbroad           *udpnat_node_find_owner        (const UdpnatNode      *self,
                                                       gconstpointer          owner);
void                    udpnat_abroad_use             (UdpnatAbroad          *self,
                                                       gint64                 now_us);
gboolean                udpnat_node_abroad_handle_datagram (UdpnatNode       *self,
                                                       gint64                 now_us,
                                                       const UdpnatDatagram  *datagram,
                                                       UdpnatRxResult        *out_result);
gint64                  udpnat_node_abroad_next_deadline (const UdpnatNode   *self);
void                    udpnat_node_abroad_handle_deadline (UdpnatNode       *self,
                                                       gint64                 now_us);
gboolean                udpnat_node_abroad_pop_output (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       UdpnatDatagram        *out_datagram);
void                    udpnat_node_abroad_note_home  (UdpnatNode            *self,
                                                       gint64                 now_us);
void                    udpnat_node_abroad_reset      (UdpnatNode            *self);
void                    udpnat_node_abroad_set_wall_offset (UdpnatNode       *self);
void                    udpnat_node_abroad_leave      (UdpnatNode            *self,
                                                       gint64                 now_us);
void                    udpnat_node_abroad_move       (UdpnatNode            *self,
                                                       gint64                 now_us);
void                    udpnat_node_abroad_wake       (UdpnatNode            *self,
                                                       gint64                 now_us);

/* Of a peer */
UdpnatRendezvousClient *udpnat_peer_get_server        (const UdpnatPeer      *self);
UdpnatRendezvousClient *udpnat_peer_get_relay         (const UdpnatPeer      *self);
gboolean                udpnat_peer_is_relay_up       (const UdpnatPeer      *self);

G_END_DECLS
