#pragma once

#include "udpnat-heap.h"

#include "sim-nat-table.h"
#include "sim-queue.h"
#include "sim-world.h"

G_BEGIN_DECLS

/* Inside of the simulator: see the head of sim-route.c for how these hang together. */

typedef struct _SimRouter SimRouter;
typedef struct _SimTunnel SimTunnel;

/* Whoever holds an address: one of the two is set. */
typedef struct
{
  SimHost   *host;
  SimRouter *router;
} SimEndpoint;

/* A network without routers in it: the Internet, or what is behind one NAT. */
typedef struct
{
  SimRouter  *router;  /* (nullable): the way up; NULL: this is the Internet */
  GHashTable *by_ipv4; /* SimEndpoint, borrowed */
  guint       number;
  guint       ipv4_net; /* 192.168.… */
  guint       n_given; /* addresses assigned so far */
} SimSegment;

struct _SimRouter
{
  SimNat     *nat;
  SimEndpoint endpoint;
  SimSegment  inner;
  SimSegment *outer; /* borrowed */
  SimLink     links[2];
};

struct _SimHost
{
  char       *name;
  SimEndpoint endpoint;
  GArray     *addresses; /* UdpnatAddress without port; sends from the first of a family */
  SimLink     links[2];
  SimStats    stats;

  guint16     port;
  guint16     alt_port;
  UdpnatAddress alt_ip;      /* a server's second address; unset: none */
  SimRandom  *random;
  GHashTable *further_ports; /* id → port, of the sockets that the machine numbers itself */
  GHashTable *further_ids;   /* the same the other way */
  void (*events_cb) (gpointer user_data);
  gpointer       user_data;
  guint          n_attached; /* tells a machine from its successor */
  guint          n_stalled; /* turns in a row that left a deadline in the past and did nothing */
  UdpnatHeapItem timer;
  gint64         asleep_until_us;
  SimTunnel     *tunnel; /* (nullable): of a client; borrowed from the world */

  /* borrowed */
  SimWorld      *world;
  SimSegment    *segment;
  UdpnatMachine *machine; /* (nullable) */
};

typedef enum
{
  SIM_STAGE_AT_SEGMENT, /* enters a segment from below */
  SIM_STAGE_IN_SEGMENT, /* looks for who has its address */
  SIM_STAGE_AT_ROUTER,  /* has come down to a router */
  SIM_STAGE_AT_HOST,    /* has come down to a host */
  SIM_STAGE_IN_TUNNEL,  /* comes out of a connection: sim-tunnel.c */
  SIM_STAGE_TUNNEL_LOST, /* none: says to a client that its connection is lost */
} SimStage;

typedef struct _SimPacket SimPacket;
struct _SimPacket
{
  SimStage       stage;
  SimSegment    *segment;
  SimEndpoint   *endpoint;
  SimHost       *sender; /* (nullable) */
  gboolean       is_going_down; /* has passed a NAT inwards and may not leave again */
  guint32        tunnel; /* number of the connection */
  UdpnatAddress  from;
  UdpnatAddress  to;
  UdpnatAddress  sent_to; /* where its sender meant it to go */
  SimPacket     *next_free;
  UdpnatDatagram datagram; /* its ttl counts down */
};

typedef struct
{
  SimTap   tap;
  gpointer user_data;
} SimTapEntry;

struct _SimWorld
{
  gint64      now_us;
  SimRandom  *random;
  SimQueue   *packets;
  UdpnatHeap *timers;
  SimSegment  internet;
  gint64      core_delay_us;
  guint       core_hops;
  gboolean    are_nets_alike;
  GHashTable *cuts;          /* SimNatKey, owned */
  GHashTable *hosts_by_ipv6; /* GBytes → SimHost */
  GPtrArray  *hosts;
  GPtrArray  *routers;
  GHashTable *routers_by_nat;
  GHashTable *names;   /* borrowed from hosts and NATs */
  GHashTable *tunnels; /* owned SimTunnel by number */
  guint32     n_tunnels; /* so far */
  GPtrArray  *sources; /* SimRandom */
  SimPacket  *free_packets;
  guint       n_standing; /* steps since time last moved */
  SimHost    *stalled;    /* (nullable): the host whose machine stood still for longest */
  guint       n_stalled;  /* so many turns in a row */

  GArray    *taps; /* SimTapEntry */
  FILE      *log; /* (nullable) borrowed */
  GChecksum *trace;
  gboolean   is_traced;
  SimStats   stats;
};

/* Whether it is an IPv4 group, which is heard on the network that it is sent to, and no further. */
static inline gboolean
sim_is_group (const UdpnatAddress *address)
{
  return address->family == UDPNAT_FAMILY_IPV4 && (address->ip[0] & 0xf0) == 0xe0;
}

/* sim-world.c */
SimPacket *sim_world_take_packet (SimWorld  *self);
void       sim_world_put_packet  (SimWorld  *self,
                                  SimPacket *packet);

/* sim-topology.c */
void         sim_segment_init       (SimSegment          *self,
                                     SimRouter           *router,
                                     guint                number);
void         sim_segment_clear      (SimSegment          *self);
SimEndpoint *sim_segment_find       (const SimSegment    *self,
                                     const SimWorld      *world,
                                     const UdpnatAddress *ip);
void         sim_router_free        (SimRouter           *self);
void         sim_host_free          (SimHost             *self);
gboolean     sim_host_has_address   (const SimHost       *self,
                                     const UdpnatAddress *ip);

/* sim-host.c */
void sim_host_dispatch (SimHost   *self);
void sim_host_receive  (SimHost   *self,
                        SimPacket *packet);

void sim_host_receive_tunnelled (SimHost   *self,
                                 SimPacket *packet);

/* sim-tunnel.c */
void sim_tunnel_close     (SimTunnel *self,
                           gboolean   is_told);
void sim_tunnel_send      (SimHost   *host,
                           SimPacket *packet);
void sim_tunnel_deliver   (SimWorld  *world,
                           SimPacket *packet);
void sim_tunnel_tell_lost (SimWorld  *world,
                           SimPacket *packet);

/* sim-route.c: all of them take the packet */
void sim_route_step (SimWorld  *world,
                     SimPacket *packet);
void sim_route_send (SimHost   *host,
                     SimPacket *packet);
void sim_route_drop (SimWorld  *world,
                     SimPacket *packet,
                     SimDrop    drop);

/* sim-tap.c */
gboolean sim_tap_report (SimWorld        *world,
                         SimTapKind       kind,
                         SimDrop          drop,
                         SimHost         *host,
                         const SimPacket *packet);

G_END_DECLS
