#pragma once

#include "udpnat-client.h"
#include "udpnat-node-event.h"

G_BEGIN_DECLS

/**
 * UdpnatClientFleet:
 * @others: "host:port" of servers that the user has named besides the one
 * @nodes: "key host:port" of those that a server has told of: remembered in the profile
 * @keys: of all that have ever been told of, the last one last: remembered, too
 * @host: (nullable): the one that we go to now; %NULL: the chosen one
 * @key: the key that it must have, if @has_key
 * @is_moved: we were sent there
 * @n_tried: how many did not answer, in a row
 * @is_silence_told: that none of all did, since one last took us
 * @wrong_key: that one of the addresses has answered with, if @has_wrong_key: not told as long as
 *   another of them may be right
 */
typedef struct
{
  GPtrArray      *others; /* nullable */
  GPtrArray      *nodes;  /* nullable */
  GPtrArray      *keys;   /* nullable */
  char           *host;
  guint16         port;
  UdpnatPublicKey key;
  gboolean        has_key;
  gboolean        is_moved;
  guint           n_tried;
  gboolean        is_silence_told;
  UdpnatPublicKey wrong_key;
  gboolean        has_wrong_key;
} UdpnatClientFleet;

/* udpnat-client-fleet.c */
void          udpnat_client_load_fleet      (UdpnatClient          *self);
void          udpnat_client_clear_fleet     (UdpnatClient          *self);
const char   *udpnat_client_get_target_host (UdpnatClient          *self);
guint16       udpnat_client_get_target_port (UdpnatClient          *self);
char         *udpnat_client_dup_target      (UdpnatClient          *self);
gboolean      udpnat_client_get_target_key  (UdpnatClient          *self,
                                             UdpnatPublicKey       *out_key);
gboolean      udpnat_client_take_fleet_key  (UdpnatClient          *self,
                                             const UdpnatPublicKey *key);
void          udpnat_client_forget_fleet_keys (UdpnatClient        *self);
gboolean      udpnat_client_try_next_server (UdpnatClient          *self);
void          udpnat_client_note_arrival    (UdpnatClient          *self);
void          udpnat_client_handle_server_node (UdpnatClient       *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_server_moved (UdpnatClient      *self,
                                             const UdpnatNodeEvent *event);

/* udpnat-client-server.c: the addresses of the one that we go to */
void          udpnat_client_greet_again     (UdpnatClient          *self);
guint         udpnat_client_count_addresses (UdpnatClient          *self);
gboolean      udpnat_client_try_next_address (UdpnatClient         *self);
void          udpnat_client_begin_addresses (UdpnatClient          *self);

/* udpnat-client-events.c */
void          udpnat_client_tell_server_changed (UdpnatClient      *self,
                                             const UdpnatPublicKey *key);

G_END_DECLS
