#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

/**
 * UdpnatFleetStatusNode:
 * @place: "host" or "host:port", as its owner has written it: to be escaped
 * @people: registered there
 * @is_draining: it sends its people away
 *
 * One server of a fleet.
 */
typedef struct
{
  char     place[UDPNAT_PLACE_MAX_BYTES + 1];
  guint    people;
  gboolean is_draining;
} UdpnatFleetStatusNode;

/**
 * UdpnatFleetStatus:
 * @nodes: those that live; the first is the one that tells
 * @is_up: the directory answers
 * @rtt_us: how long that takes, in microseconds; 0: not known
 * @claims_waiting: names of which the directory has not said whose they are
 * @claims_deferred: those that were told to come later, because it was down
 *
 * How a fleet does, as one of its servers knows it.
 */
typedef struct
{
  UdpnatFleetStatusNode nodes[UDPNAT_FLEET_NODES_MAX + 1];
  guint                 n_nodes;
  gboolean              is_up;
  gint64                rtt_us;
  guint                 claims_waiting;
  guint64               claims_deferred;
} UdpnatFleetStatus;

guint udpnat_fleet_status_count_people (const UdpnatFleetStatus *self);

G_END_DECLS
