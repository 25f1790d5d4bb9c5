#include "config.h"

#include "sim-world-private.h"

#include "sim-nat-table.h"

/*
 * The way of a packet. Every host hangs on a segment by its link, every router on an outer segment
 * by its link and has an inner segment below it; the segment at the top is the Internet.
 *
 *   host → up link → segment ┬→ down link → host                     the address is here
 *                            ├→ down link → router → its segment …   it is a NAT's, or IPv6 below
 *                            ├→ router → up link → segment above …   it is not here
 *                            └→ down link → each host                a group; not on the Internet
 *
 * Entering the Internet costs the core's delay and hops. A router is one hop and looks at the TTL
 * before its tables, as Linux confirms a connection only after the packet was found fit to be
 * forwarded: one that dies there opens nothing.
 */

/* IP and UDP headers, which links have to carry, too. */
#define IPV4_HEADERS_BYTES 28
#define IPV6_HEADERS_BYTES 48

static gsize
get_size (const SimPacket *packet)
{
  gsize headers = packet->to.family == UDPNAT_FAMILY_IPV6 ? IPV6_HEADERS_BYTES : IPV4_HEADERS_BYTES;

  return packet->datagram.n_data + headers;
}

/**
 * sim_route_drop:
 * @packet: (transfer full):
 */
void
sim_route_drop (SimWorld  *world,
                SimPacket *packet,
                SimDrop    drop)
{
  sim_tap_report (world, SIM_TAP_DROPPED, drop, packet->sender, packet);
  sim_world_put_packet (world, packet);
}

static SimDrop
get_link_drop (SimLinkFate fate)
{
  switch (fate)
    {
    case SIM_LINK_FATE_PASSED:
      return SIM_DROP_NONE;

    case SIM_LINK_FATE_BLOCKED:
      return SIM_DROP_LINK_BLOCKED;

    case SIM_LINK_FATE_TOO_LARGE:
      return SIM_DROP_TOO_LARGE;

    case SIM_LINK_FATE_QUEUE_FULL:
      return SIM_DROP_QUEUE_FULL;

    case SIM_LINK_FATE_LOST:
      return SIM_DROP_LOST;
    }

  g_assert_not_reached ();
}

static SimDrop
get_nat_drop (SimNatVerdict verdict)
{
  switch (verdict)
    {
    case SIM_NAT_VERDICT_PASS:
      return SIM_DROP_NONE;

    case SIM_NAT_VERDICT_UDP_BLOCKED:
      return SIM_DROP_NAT_UDP_BLOCKED;

    case SIM_NAT_VERDICT_EXHAUSTED:
      return SIM_DROP_NAT_EXHAUSTED;

    case SIM_NAT_VERDICT_UNMAPPED:
      return SIM_DROP_NAT_UNMAPPED;

    case SIM_NAT_VERDICT_FILTERED:
      return SIM_DROP_NAT_FILTERED;
    }

  g_assert_not_reached ();
}

static SimPacket *
copy_packet (SimWorld        *world,
             const SimPacket *packet)
{
  SimPacket *copy = sim_world_take_packet (world);

  memcpy (copy, packet, G_STRUCT_OFFSET (SimPacket, datagram.data) + packet->datagram.n_data);

  return copy;
}

/* Each of the functions below takes the packet one step further. TRUE: it is at its next stage
 * already; FALSE: it has been queued or dropped, and must not be touched. */

static gboolean
pass_link (SimWorld  *world,
           SimPacket *packet,
           SimLink   *link,
           SimStage   next_stage)
{
  gint64 arrivals_us[SIM_LINK_MAX_ARRIVALS];
  guint n_arrivals;
  SimLinkFate fate = sim_link_transmit (link, world->now_us, get_size (packet),
                                        arrivals_us, &n_arrivals);

  if (fate != SIM_LINK_FATE_PASSED)
    {
      sim_route_drop (world, packet, get_link_drop (fate));
      return FALSE;
    }

  packet->stage = next_stage;
  sim_link_spoil (link, packet->datagram.data, packet->datagram.n_data);
  /* Not to a host: it may be the one that is just sending. */
  if (n_arrivals == 1 && arrivals_us[0] == world->now_us && next_stage != SIM_STAGE_AT_HOST)
    return TRUE;

  for (guint i = 1; i < n_arrivals; i++)
    sim_queue_push (world->packets, arrivals_us[i], copy_packet (world, packet));
  sim_queue_push (world->packets, arrivals_us[0], packet);

  return FALSE;
}

static gboolean
take_hops (SimWorld  *world,
           SimPacket *packet,
           guint      n_hops)
{
  if (packet->datagram.ttl <= n_hops)
    {
      sim_route_drop (world, packet, SIM_DROP_TTL);
      return FALSE;
    }
  packet->datagram.ttl = (guint8) (packet->datagram.ttl - n_hops);

  return TRUE;
}

static gboolean
enter_segment (SimWorld  *world,
               SimPacket *packet)
{
  SimNatKey key;

  packet->stage = SIM_STAGE_IN_SEGMENT;
  if (packet->segment->router != NULL)
    return TRUE;

  if (!take_hops (world, packet, world->core_hops))
    return FALSE;
  if (g_hash_table_size (world->cuts) > 0)
    {
      key = sim_nat_key_of_ips (&packet->from, &packet->to);
      if (g_hash_table_contains (world->cuts, &key))
        {
          sim_route_drop (world, packet, SIM_DROP_CUT);
          return FALSE;
        }
    }
  if (world->core_delay_us == 0)
    return TRUE;

  sim_queue_push (world->packets, world->now_us + world->core_delay_us, packet);

  return FALSE;
}

static gboolean
translate_in (SimWorld  *world,
              SimPacket *packet,
              SimRouter *router)
{
  UdpnatAddress inner;
  SimNatVerdict verdict = sim_nat_translate_in (router->nat, world->now_us,
                                                &packet->from, &packet->to, &inner);

  if (verdict != SIM_NAT_VERDICT_PASS)
    {
      sim_route_drop (world, packet, get_nat_drop (verdict));
      return FALSE;
    }

  packet->to = inner;
  packet->is_going_down = TRUE;
  packet->segment = &router->inner;
  packet->stage = SIM_STAGE_IN_SEGMENT;

  return TRUE;
}

static gboolean
leave_segment (SimWorld  *world,
               SimPacket *packet,
               SimRouter *router)
{
  gboolean is_hairpin = udpnat_address_equal_ip (&packet->to, sim_nat_get_outer_ip (router->nat));
  UdpnatAddress outer;
  SimNatVerdict verdict;

  if (!take_hops (world, packet, 1))
    return FALSE;
  if (is_hairpin && !sim_nat_get_config (router->nat)->hairpin)
    {
      sim_route_drop (world, packet, SIM_DROP_NAT_NO_HAIRPIN);
      return FALSE;
    }

  verdict = sim_nat_translate_out (router->nat, world->now_us, &packet->from, &packet->to, &outer);
  if (verdict != SIM_NAT_VERDICT_PASS)
    {
      sim_route_drop (world, packet, get_nat_drop (verdict));
      return FALSE;
    }
  packet->from = outer;
  if (is_hairpin)
    return translate_in (world, packet, router);

  packet->segment = router->outer;

  return pass_link (world, packet, &router->links[SIM_UP], SIM_STAGE_AT_SEGMENT);
}

/* To everybody on the network but the sender. On the Internet there is no such network. */
static gboolean
flood_segment (SimWorld  *world,
               SimPacket *packet)
{
  if (packet->segment->router == NULL)
    {
      sim_route_drop (world, packet, SIM_DROP_NO_ROUTE);
      return FALSE;
    }
  for (guint i = 0; i < world->hosts->len; i++)
    {
      SimHost *host = g_ptr_array_index (world->hosts, i);
      SimPacket *copy;

      if (host->segment != packet->segment || host == packet->sender)
        continue;
      copy = copy_packet (world, packet);
      copy->endpoint = &host->endpoint;
      pass_link (world, copy, &host->links[SIM_DOWN], SIM_STAGE_AT_HOST);
    }
  sim_world_put_packet (world, packet);

  return FALSE;
}

static gboolean
cross_segment (SimWorld  *world,
               SimPacket *packet)
{
  SimEndpoint *endpoint = sim_segment_find (packet->segment, world, &packet->to);
  SimRouter *router = packet->segment->router;

  if (sim_is_group (&packet->to))
    return flood_segment (world, packet);
  if (endpoint != NULL)
    {
      packet->endpoint = endpoint;
      if (endpoint->host != NULL)
        return pass_link (world, packet, &endpoint->host->links[SIM_DOWN], SIM_STAGE_AT_HOST);

      return pass_link (world, packet, &endpoint->router->links[SIM_DOWN], SIM_STAGE_AT_ROUTER);
    }
  if (router == NULL || packet->is_going_down)
    {
      sim_route_drop (world, packet, SIM_DROP_NO_ROUTE);
      return FALSE;
    }

  return leave_segment (world, packet, router);
}

static gboolean
step_once (SimWorld  *world,
           SimPacket *packet)
{
  switch (packet->stage)
    {
    case SIM_STAGE_AT_SEGMENT:
      return enter_segment (world, packet);

    case SIM_STAGE_IN_SEGMENT:
      return cross_segment (world, packet);

    case SIM_STAGE_AT_ROUTER:
      return take_hops (world, packet, 1) && translate_in (world, packet, packet->endpoint->router);

    case SIM_STAGE_AT_HOST:
      sim_host_receive (packet->endpoint->host, packet);
      return FALSE;

    case SIM_STAGE_IN_TUNNEL:
      sim_tunnel_deliver (world, packet);
      return FALSE;

    case SIM_STAGE_TUNNEL_LOST:
      sim_tunnel_tell_lost (world, packet);
      return FALSE;
    }

  g_assert_not_reached ();
}

/**
 * sim_route_step:
 * @packet: (transfer full): due now
 *
 * Takes a packet as far as it gets at this instant.
 */
void
sim_route_step (SimWorld  *world,
                SimPacket *packet)
{
  while (step_once (world, packet))
    ;
}

/**
 * sim_route_send:
 * @packet: (transfer full): complete, but not on its way yet
 *
 * Never calls a machine, so it may be used while one is at work.
 */
void
sim_route_send (SimHost   *host,
                SimPacket *packet)
{
  packet->segment = host->segment;
  if (pass_link (host->world, packet, &host->links[SIM_UP], SIM_STAGE_AT_SEGMENT))
    sim_route_step (host->world, packet);
}
