#pragma once

#include <stdio.h>

#include "sim-host.h"

G_BEGIN_DECLS

/* Why a datagram did not arrive. */
typedef enum
{
  SIM_DROP_NONE,
  SIM_DROP_LOST,
  SIM_DROP_LINK_BLOCKED,
  SIM_DROP_TOO_LARGE,
  SIM_DROP_QUEUE_FULL,
  SIM_DROP_TTL,
  SIM_DROP_CUT,
  SIM_DROP_NO_SOURCE,   /* the sender has no address of that family */
  SIM_DROP_NO_ROUTE,    /* nobody has that address */
  SIM_DROP_NO_LISTENER, /* no machine at that port */
  SIM_DROP_ASLEEP,
  SIM_DROP_NAT_UDP_BLOCKED,
  SIM_DROP_NAT_EXHAUSTED,
  SIM_DROP_NAT_UNMAPPED,
  SIM_DROP_NAT_FILTERED,
  SIM_DROP_NAT_NO_HAIRPIN,
  SIM_DROP_TAP,
  SIM_N_DROPS,
} SimDrop;

typedef enum
{
  SIM_TAP_SENT,      /* leaves its host */
  SIM_TAP_DELIVERED, /* about to be handed to the machine */
  SIM_TAP_DROPPED,
} SimTapKind;

/**
 * SimTapInfo:
 * @host: (nullable): SENT: the sender; DELIVERED: the receiver; DROPPED: the sender, %NULL for an
 *   injected datagram
 * @from: source as it is at this point of its way; SENT: as the host itself sees it
 * @to: destination likewise
 * @origin: (nullable): the host that sent it, wherever it is now; %NULL for an injected datagram
 * @sent_to: where @origin sent it
 * @ttl: left
 * @drop: DROPPED only
 */
typedef struct
{
  SimTapKind    kind;
  SimDrop       drop;
  gint64        now_us;
  SimHost      *host;
  UdpnatAddress from;
  UdpnatAddress to;
  SimHost      *origin;
  UdpnatAddress sent_to;
  guint8        ttl;
  const guint8 *data;
  gsize         n_data;
} SimTapInfo;

/**
 * SimTap:
 *
 * Watches every datagram; must not change the network or call a machine.
 *
 * Returns: %FALSE to drop it (SENT and DELIVERED; ignored for DROPPED)
 */
typedef gboolean (*SimTap) (const SimTapInfo *info,
                            gpointer          user_data);

/**
 * SimStats:
 * @delivered: counts copies too, so it may exceed @sent
 * @events: steps of the simulation
 */
typedef struct
{
  guint64 sent;
  guint64 sent_bytes;
  guint64 delivered;
  guint64 delivered_bytes;
  guint64 dropped[SIM_N_DROPS];
  guint64 events;
} SimStats;

/* Room for the 64 hexadecimal digits of a SHA-256 and the final zero. */
#define SIM_TRACE_HASH_TEXT_BYTES 65

void            sim_world_add_tap        (SimWorld       *self,
                                          SimTap          tap,
                                          gpointer        user_data);
void            sim_world_remove_tap     (SimWorld       *self,
                                          SimTap          tap,
                                          gpointer        user_data);
void            sim_world_set_log        (SimWorld       *self,
                                          FILE           *log);
void            sim_world_set_traced     (SimWorld       *self,
                                          gboolean        is_traced);
const SimStats *sim_world_get_stats      (const SimWorld *self);
const SimStats *sim_host_get_stats       (const SimHost  *self);
char           *sim_world_get_trace_hash (const SimWorld *self,
                                          char            text[SIM_TRACE_HASH_TEXT_BYTES]);
const char     *sim_drop_to_string       (SimDrop         drop);

G_END_DECLS
