#include "config.h"

#include "sim-world-private.h"

/*
 * Connections that carry datagrams where UDP does not pass (io/udpnat-tunnel-*.c in the real
 * programs): TCP with TLS, from a host to a server on the Internet.
 *
 * Of TCP is left what its users see: it takes three round trips to open, loses nothing and keeps
 * the order; and it is lost, with all that is on its way, when the host has another network, one of
 * the programs ends, or the way is blocked at the moment when something should arrive. Routers let
 * it pass, whatever they do with UDP.
 */

#define OPEN_ROUND_TRIPS 3
/* Until whoever waits for a connection that is not answered is told so. */
#define GIVE_UP_US UDPNAT_SEC (10)

struct _SimTunnel
{
  guint32     number;
  SimHost    *client;
  SimHost    *server;
  guint       n_client; /* n_attached of both when it was opened */
  guint       n_server;
  SimSegment *segment;  /* where the client was then */
  UdpnatAddress client_end;
  UdpnatAddress server_end;
  gint64      up_us;
  gint64      last_us[2]; /* of arrivals at the client, at the server */
};

static gboolean
is_asleep (const SimHost *host)
{
  return host->world->now_us < host->asleep_until_us;
}

/* Sums up the lines between @host and the Internet. Returns: FALSE: one is cut */
static gboolean
measure_way (const SimHost *host,
             gint64        *out_delay_us)
{
  const SimSegment *segment = host->segment;
  gboolean is_open = !host->links[SIM_UP].config.blocked &&
                     !host->links[SIM_DOWN].config.blocked;

  *out_delay_us = host->links[SIM_UP].config.delay_us;
  for (; segment->router != NULL; segment = segment->router->outer)
    {
      const SimLink *links = segment->router->links;

      is_open = is_open && !links[SIM_UP].config.blocked && !links[SIM_DOWN].config.blocked;
      *out_delay_us += links[SIM_UP].config.delay_us;
    }
  return is_open;
}

static gboolean
is_cut (const SimWorld      *world,
        const UdpnatAddress *a,
        const UdpnatAddress *b)
{
  SimNatKey there = sim_nat_key_of_ips (a, b);
  SimNatKey back = sim_nat_key_of_ips (b, a);

  return g_hash_table_contains (world->cuts, &there) || g_hash_table_contains (world->cuts, &back);
}

/* Returns: whether both ends are still what they were, and reach each other */
static gboolean
is_alive (const SimTunnel *self,
          gint64          *out_delay_us)
{
  SimWorld *world = self->client->world;
  UdpnatAddress ip = sim_host_get_public_ip (self->client, UDPNAT_FAMILY_IPV4);
  gint64 client_us;
  gint64 server_us;
  gboolean is_open = measure_way (self->client, &client_us) &&
                     measure_way (self->server, &server_us);

  if (!is_open || self->client->n_attached != self->n_client ||
      self->server->n_attached != self->n_server || self->client->segment != self->segment ||
      !udpnat_address_equal_ip (&ip, &self->client_end) ||
      is_cut (world, &self->client_end, &self->server_end))
    return FALSE;
  *out_delay_us = client_us + server_us + world->core_delay_us;
  return TRUE;
}

static void
push (SimTunnel *self,
      SimPacket *packet,
      gboolean   is_to_server,
      gint64     at_us)
{
  packet->stage = SIM_STAGE_IN_TUNNEL;
  packet->tunnel = self->number;
  packet->is_going_down = !is_to_server;
  sim_queue_push (self->client->world->packets, at_us, packet);
}

/* ---- Opening and closing ---- */

/** sim_tunnel_close: what is on its way is lost; the client is told, if it is to hear of it */
void
sim_tunnel_close (SimTunnel *self,
                  gboolean   is_told)
{
  SimWorld *world = self->client->world;

  if (self->client->tunnel == self)
    self->client->tunnel = NULL;
  if (is_told && self->client->n_attached == self->n_client)
    {
      SimPacket *packet = sim_world_take_packet (world);

      packet->endpoint = &self->client->endpoint;
      packet->stage = SIM_STAGE_TUNNEL_LOST;
      packet->from = self->server_end;
      packet->tunnel = self->n_client;
      sim_queue_push (world->packets, world->now_us + 1, packet);
    }
  g_hash_table_remove (world->tunnels, GUINT_TO_POINTER (self->number));
}

/* Returns: (nullable): %NULL: there is no server at that address */
static SimTunnel *
open_tunnel (SimHost             *client,
             const UdpnatAddress *to)
{
  SimWorld *world = client->world;
  SimEndpoint *endpoint = sim_segment_find (&world->internet, world, to);
  SimTunnel *self;
  gint64 delay_us = 0;

  if (endpoint == NULL || endpoint->host == NULL || endpoint->host->machine == NULL ||
      endpoint->host->port != to->port)
    return NULL;
  self = g_new0 (SimTunnel, 1);
  self->number = ++world->n_tunnels;
  self->client = client;
  self->server = endpoint->host;
  self->n_client = client->n_attached;
  self->n_server = endpoint->host->n_attached;
  self->segment = client->segment;
  self->client_end = sim_host_get_public_ip (client, UDPNAT_FAMILY_IPV4);
  self->client_end.port = (guint16) (40000 + self->number % 20000);
  self->server_end = *to;
  if (!is_alive (self, &delay_us))
    delay_us = GIVE_UP_US; /* what is sent finds out */
  self->up_us = world->now_us + OPEN_ROUND_TRIPS * 2 * delay_us;
  client->tunnel = self;
  g_hash_table_insert (world->tunnels, GUINT_TO_POINTER (self->number), self);
  return self;
}

/* ---- Sending ---- */

static void
send_into (SimTunnel *self,
           SimPacket *packet,
           gboolean   is_to_server)
{
  gint64 *last_us = &self->last_us[is_to_server ? 1 : 0];
  gint64 delay_us;
  gint64 at_us;

  if (!is_alive (self, &delay_us))
    delay_us = GIVE_UP_US;
  at_us = MAX (self->client->world->now_us, self->up_us) + delay_us;
  *last_us = MAX (*last_us, at_us);
  push (self, packet, is_to_server, *last_us);
}

/* By a client. */
static void
send_up (SimHost   *host,
         SimPacket *packet)
{
  if (packet->datagram.n_data == 0)
    {
      if (host->tunnel != NULL)
        sim_tunnel_close (host->tunnel, FALSE);
      sim_world_put_packet (host->world, packet);
      return;
    }
  if (host->tunnel == NULL && open_tunnel (host, &packet->to) == NULL)
    {
      sim_route_drop (host->world, packet, SIM_DROP_NO_LISTENER);
      return;
    }
  send_into (host->tunnel, packet, TRUE);
}

/* By a server. */
static void
send_down (SimHost   *host,
           SimPacket *packet)
{
  SimTunnel *self = g_hash_table_lookup (host->world->tunnels,
                                         GUINT_TO_POINTER (packet->to.scope_id));

  if (self == NULL || self->server != host)
    {
      sim_route_drop (host->world, packet, SIM_DROP_NO_ROUTE);
      return;
    }
  if (packet->datagram.n_data == 0)
    {
      sim_tunnel_close (self, TRUE);
      sim_world_put_packet (host->world, packet);
      return;
    }
  send_into (self, packet, FALSE);
}

/**
 * sim_tunnel_send:
 * @packet: (transfer full): by %UDPNAT_SOCKET_TUNNEL of @host
 */
void
sim_tunnel_send (SimHost   *host,
                 SimPacket *packet)
{
  if (udpnat_address_is_tunnel (&packet->to))
    send_down (host, packet);
  else
    send_up (host, packet);
}

/* ---- Arriving ---- */

/**
 * sim_tunnel_deliver:
 * @packet: (transfer full): due now
 */
void
sim_tunnel_deliver (SimWorld  *world,
                    SimPacket *packet)
{
  SimTunnel *self = g_hash_table_lookup (world->tunnels, GUINT_TO_POINTER (packet->tunnel));
  SimHost *host;
  gint64 delay_us;

  if (self == NULL)
    {
      sim_route_drop (world, packet, SIM_DROP_NO_LISTENER);
      return;
    }
  if (!is_alive (self, &delay_us))
    {
      sim_route_drop (world, packet, SIM_DROP_LINK_BLOCKED);
      sim_tunnel_close (self, TRUE);
      return;
    }
  host = packet->is_going_down ? self->client : self->server;
  if (is_asleep (host))
    {
      push (self, packet, !packet->is_going_down, host->asleep_until_us + delay_us);
      return;
    }
  if (packet->is_going_down)
    packet->from = self->server_end;
  else
    udpnat_address_init_tunnel (&packet->from, &self->client_end, self->number);
  sim_host_receive_tunnelled (host, packet);
}

/**
 * sim_tunnel_tell_lost:
 * @packet: (transfer full): due now
 */
void
sim_tunnel_tell_lost (SimWorld  *world,
                      SimPacket *packet)
{
  SimHost *host = packet->endpoint->host;

  if (host->n_attached != packet->tunnel || is_asleep (host) || host->tunnel != NULL)
    sim_world_put_packet (world, packet);
  else
    sim_host_receive_tunnelled (host, packet);
}
