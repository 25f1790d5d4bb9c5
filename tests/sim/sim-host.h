#pragma once

#include "udpnat-machine.h"

#include "sim-link.h"
#include "sim-nat.h"

G_BEGIN_DECLS

/**
 * SimHost:
 *
 * A computer in a #SimWorld: addresses, a link in each direction, at most one machine. Owned by its
 * world.
 */
typedef struct _SimHost SimHost;
typedef struct _SimWorld SimWorld;

/* Seen from the host or NAT that the link belongs to. */
typedef enum
{
  SIM_UP,   /* away from it, towards the Internet */
  SIM_DOWN, /* to it */
} SimDirection;

/* Each way, for hosts without a link of their own: 0.2 ms between two hosts of a LAN. */
#define SIM_LAN_DELAY_US 100

SimHost      *sim_world_add_host      (SimWorld            *self,
                                       const char          *name,
                                       SimNat              *behind,
                                       const char          *ip,
                                       const SimLinkConfig *up,
                                       const SimLinkConfig *down);
const char   *sim_host_get_name       (const SimHost       *self);
void          sim_host_attach         (SimHost             *self,
                                       UdpnatMachine       *machine,
                                       guint16              port,
                                       guint16              alt_port,
                                       void               (*events_cb) (gpointer user_data),
                                       gpointer             user_data);
void          sim_host_detach         (SimHost             *self);
void          sim_host_add_address    (SimHost             *self,
                                       const char          *ip);
void          sim_host_set_alt_ip     (SimHost             *self,
                                       const char          *ip);
void          sim_host_set_address    (SimHost             *self,
                                       const char          *ip);
void          sim_host_move           (SimHost             *self,
                                       SimNat              *behind,
                                       const char          *ip);
UdpnatAddress sim_host_get_alt_ip     (const SimHost       *self);
UdpnatAddress sim_host_get_address    (const SimHost       *self,
                                       UdpnatFamily         family);
guint         sim_host_get_addresses  (const SimHost       *self,
                                       UdpnatAddress       *out_addresses,
                                       guint                n_max);
guint         sim_host_get_socket_count (const SimHost    *self);
UdpnatAddress sim_host_get_public_ip  (const SimHost       *self,
                                       UdpnatFamily         family);
void          sim_host_set_link       (SimHost             *self,
                                       SimDirection         direction,
                                       const SimLinkConfig *config);
SimLinkConfig sim_host_get_link       (const SimHost       *self,
                                       SimDirection         direction);
void          sim_host_sleep          (SimHost             *self,
                                       gint64               duration_us);

G_END_DECLS
