#pragma once

#include "udpnat-address.h"
#include "udpnat-time.h"

#include "sim-random.h"

G_BEGIN_DECLS

/* RFC 4787, sections 4.1 and 5. */
typedef enum
{
  SIM_NAT_ENDPOINT_INDEPENDENT,
  SIM_NAT_ADDRESS_DEPENDENT,
  SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
} SimNatBehaviour;

typedef enum
{
  SIM_NAT_ALLOCATOR_PRESERVING, /* the inner port; when it is taken, a random one */
  SIM_NAT_ALLOCATOR_SEQUENTIAL, /* one after the other from port_base on */
  SIM_NAT_ALLOCATOR_RANDOM,
  SIM_NAT_ALLOCATOR_BLOCK,      /* a random one of the inner host's own block (CGNAT) */
} SimNatAllocator;

/**
 * SimNatConfig:
 * @mapping: on what the outer port depends
 * @filtering: who may send to it; also for IPv6, where nothing is translated
 * @allocator: how new outer ports are chosen. One port never serves two mappings at once
 * @port_base: SEQUENTIAL: first port; BLOCK: first port of the first inner host's block. At least 1
 * @block_size: BLOCK: ports for each inner host, which is what limits its mappings
 * @hairpin: whether inner hosts reach each other by their outer addresses (RFC 4787 REQ-9)
 * @lifetime_us: of an idle flow that has seen both directions and is more than 2 s old when a
 *   packet passes
 * @lifetime_unreplied_us: of any other idle flow (nf_conntrack_proto_udp.c: 30 s)
 * @absolute_lifetime_us: of a mapping, however busy; 0: none
 * @clash: a dropped unsolicited packet stays in the router's own table for @lifetime_unreplied_us,
 *   and an inner host's first packet to where that came from gets another outer port (Linux with an
 *   open INPUT chain)
 * @block_udp: lets no UDP pass
 */
typedef struct
{
  SimNatBehaviour mapping;
  SimNatBehaviour filtering;
  SimNatAllocator allocator;
  guint16         port_base;
  guint16         block_size;
  gboolean        hairpin;
  gint64          lifetime_us;
  gint64          lifetime_unreplied_us;
  gint64          absolute_lifetime_us;
  gboolean        clash;
  gboolean        block_udp;
} SimNatConfig;

typedef enum
{
  SIM_NAT_VERDICT_PASS,
  SIM_NAT_VERDICT_UDP_BLOCKED,
  SIM_NAT_VERDICT_EXHAUSTED, /* no port left */
  SIM_NAT_VERDICT_UNMAPPED,  /* nobody inside uses this port */
  SIM_NAT_VERDICT_FILTERED,
} SimNatVerdict;

/**
 * SimNat:
 *
 * A router's translation table. Made by sim_world_add_nat(); alone it knows addresses and times,
 * but no network.
 */
typedef struct _SimNat SimNat;

SimNatConfig         sim_nat_config            (SimNatBehaviour      mapping,
                                                SimNatBehaviour      filtering);

SimNat              *sim_nat_new               (const char          *name,
                                                const SimNatConfig  *config,
                                                const UdpnatAddress *outer_ip,
                                                SimRandom           *random);
void                 sim_nat_free              (SimNat              *self);
const char          *sim_nat_get_name          (const SimNat        *self);
const SimNatConfig  *sim_nat_get_config        (const SimNat        *self);
void                 sim_nat_set_config        (SimNat              *self,
                                                const SimNatConfig  *config);
const UdpnatAddress *sim_nat_get_outer_ip      (const SimNat        *self);
void                 sim_nat_set_outer_ip      (SimNat              *self,
                                                const UdpnatAddress *outer_ip);
SimNatVerdict        sim_nat_translate_out     (SimNat              *self,
                                                gint64               now_us,
                                                const UdpnatAddress *inner,
                                                const UdpnatAddress *remote,
                                                UdpnatAddress       *out_outer);
SimNatVerdict        sim_nat_translate_in      (SimNat              *self,
                                                gint64               now_us,
                                                const UdpnatAddress *remote,
                                                const UdpnatAddress *outer,
                                                UdpnatAddress       *out_inner);
void                 sim_nat_set_forward       (SimNat              *self,
                                                guint16              port,
                                                const UdpnatAddress *inner);
void                 sim_nat_flush             (SimNat              *self);
guint                sim_nat_get_mapping_count (SimNat              *self,
                                                gint64               now_us);

G_END_DECLS
