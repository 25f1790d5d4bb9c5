#include "config.h"

#include "sim-world-private.h"

/*
 * A host drives its machine exactly as the real program's GSource does: datagram or deadline in,
 * then events, then outputs, then the next deadline. The events go to whoever attached the machine;
 * what he calls in answer to them takes effect in the same turn.
 */

#define DEFAULT_TTL 64

const char *
sim_host_get_name (const SimHost *self)
{
  return self->name;
}

const SimStats *
sim_host_get_stats (const SimHost *self)
{
  return &self->stats;
}

/**
 * sim_host_attach:
 * @machine: borrowed until sim_host_detach() or the end of the world
 * @port: of %UDPNAT_SOCKET_MAIN
 * @alt_port: of %UDPNAT_SOCKET_ALT; 0: none
 * @events_cb: (nullable): pops all events of @machine with udpnat_machine_pop_event(); may call the
 *   machine's API, but need not wake the host. %NULL: events are freed
 *
 * Starts a program on the host. Its first outputs leave as soon as the world runs.
 */
void
sim_host_attach (SimHost       *self,
                 UdpnatMachine *machine,
                 guint16        port,
                 guint16        alt_port,
                 void           (*events_cb) (gpointer user_data),
                 gpointer       user_data)
{
  g_assert (self->machine == NULL);
  g_assert (machine != NULL && port != 0 && alt_port != port);

  self->machine = machine;
  self->port = port;
  self->alt_port = alt_port;
  self->events_cb = events_cb;
  self->user_data = user_data;
  self->n_attached++;
  sim_world_wake (self);
}

static void
close_further (SimHost *self)
{
  g_hash_table_remove_all (self->further_ports);
  g_hash_table_remove_all (self->further_ids);
}

/**
 * sim_host_detach:
 *
 * The program is killed: nothing more is called, and what arrives from now on finds nobody. A
 * successor that is attached before a datagram arrives gets it, as it would in the real world. May
 * be called from the machine's own @events_cb.
 */
void
sim_host_detach (SimHost *self)
{
  close_further (self);
  if (self->tunnel != NULL)
    sim_tunnel_close (self->tunnel, FALSE);
  self->machine = NULL;
  self->events_cb = NULL;
  self->user_data = NULL;
  self->n_attached++;
  udpnat_heap_remove (self->world->timers, &self->timer);
}

/**
 * sim_world_wake:
 *
 * To be called after any call of the machine's own API from outside its @events_cb: lets it send
 * what it has to send and say when it wants to be called. Happens when the world runs on, at the
 * present time. A host that sleeps sleeps on.
 */
void
sim_world_wake (SimHost *host)
{
  if (host->machine != NULL)
    udpnat_heap_set (host->world->timers, &host->timer,
                     MAX (host->world->now_us, host->asleep_until_us));
}

/**
 * sim_host_sleep:
 * @duration_us: from now
 *
 * The lid is closed: datagrams are lost, no deadline is met. At the end the machine is called once,
 * with a clock that has jumped.
 */
void
sim_host_sleep (SimHost *self,
                gint64   duration_us)
{
  g_assert (duration_us > 0);

  self->asleep_until_us = self->world->now_us + duration_us;
  sim_world_wake (self);
}

static gboolean
is_asleep (const SimHost *self)
{
  return self->world->now_us < self->asleep_until_us;
}

/* ---- Sockets ---- */

/* As Linux does for port 0: one of its ephemeral range, at random. */
static guint16
pick_port (SimHost *self)
{
  guint16 port;

  do
    port = 32768 + sim_random_below (self->random, 28233);
  while (port == self->port || port == self->alt_port ||
         g_hash_table_contains (self->further_ids, GUINT_TO_POINTER (port)));
  return port;
}

/* Returns: the port of the socket @id, opened now if need be; 0: there are too many */
static guint16
ensure_further (SimHost       *self,
                UdpnatSocketId id)
{
  guint port = GPOINTER_TO_UINT (g_hash_table_lookup (self->further_ports,
                                                      GUINT_TO_POINTER ((guint) id)));

  if (port != 0 || g_hash_table_size (self->further_ports) == UDPNAT_FURTHER_SOCKETS_MAX)
    return port;
  port = pick_port (self);
  g_hash_table_insert (self->further_ports, GUINT_TO_POINTER ((guint) id),
                       GUINT_TO_POINTER (port));
  g_hash_table_insert (self->further_ids, GUINT_TO_POINTER (port), GUINT_TO_POINTER ((guint) id));
  return port;
}

static void
close_one_further (SimHost       *self,
                   UdpnatSocketId id)
{
  gpointer port = g_hash_table_lookup (self->further_ports, GUINT_TO_POINTER ((guint) id));

  g_hash_table_remove (self->further_ids, port);
  g_hash_table_remove (self->further_ports, GUINT_TO_POINTER ((guint) id));
}

static gboolean
is_alt_port (UdpnatSocketId id)
{
  return id == UDPNAT_SOCKET_ALT || id == UDPNAT_SOCKET_ALT_IP_ALT;
}

static gboolean
is_alt_ip (UdpnatSocketId id)
{
  return id == UDPNAT_SOCKET_ALT_IP || id == UDPNAT_SOCKET_ALT_IP_ALT;
}

/** sim_host_get_socket_count: of those that the machine has numbered itself, now */
guint
sim_host_get_socket_count (const SimHost *self)
{
  return g_hash_table_size (self->further_ports);
}

/* Returns: what a socket sends from; unset or without port: it cannot */
static UdpnatAddress
get_source (SimHost       *self,
            UdpnatSocketId id,
            UdpnatFamily   family)
{
  UdpnatAddress source = is_alt_ip (id) ? self->alt_ip : sim_host_get_address (self, family);

  /* A machine that has not been given a second port or address cannot use it. */
  g_assert (!is_alt_port (id) || self->alt_port != 0);
  g_assert (!is_alt_ip (id) || self->alt_ip.family == family);
  if (id >= UDPNAT_SOCKET_FURTHER)
    source.port = ensure_further (self, id);
  else
    source.port = is_alt_port (id) ? self->alt_port : self->port;
  return source;
}

/* Returns: whether something listens at @to */
static gboolean
find_socket (const SimHost       *self,
             const UdpnatAddress *to,
             UdpnatSocketId      *out_id)
{
  gboolean is_to_alt_ip = udpnat_address_is_set (&self->alt_ip) &&
                          udpnat_address_equal_ip (to, &self->alt_ip);
  guint port = to->port;
  gpointer further;

  if (port == self->port)
    *out_id = is_to_alt_ip ? UDPNAT_SOCKET_ALT_IP : UDPNAT_SOCKET_MAIN;
  else if (self->alt_port != 0 && port == self->alt_port)
    *out_id = is_to_alt_ip ? UDPNAT_SOCKET_ALT_IP_ALT : UDPNAT_SOCKET_ALT;
  else if (g_hash_table_lookup_extended (self->further_ids, GUINT_TO_POINTER (port), NULL,
                                         &further))
    *out_id = (UdpnatSocketId) GPOINTER_TO_UINT (further);
  else
    return FALSE;
  return TRUE;
}

/* ---- Sending ---- */

/* Into the connection, or one that is opened for it; it closes it when it is empty. */
static void
send_tunnelled (SimHost   *self,
                SimPacket *packet)
{
  packet->sender = self;
  packet->to = packet->sent_to = packet->datagram.remote;
  packet->from = sim_host_get_address (self, UDPNAT_FAMILY_IPV4);
  if (packet->datagram.n_data > 0 &&
      !sim_tap_report (self->world, SIM_TAP_SENT, SIM_DROP_NONE, self, packet))
    sim_route_drop (self->world, packet, SIM_DROP_TAP);
  else
    sim_tunnel_send (self, packet);
}

static void
send_packet (SimHost   *self,
             SimPacket *packet)
{
  UdpnatDatagram *datagram = &packet->datagram;

  g_assert (datagram->n_data <= sizeof datagram->data);
  if (datagram->socket == UDPNAT_SOCKET_TUNNEL)
    {
      send_tunnelled (self, packet);
      return;
    }
  if (datagram->socket >= UDPNAT_SOCKET_FURTHER && datagram->n_data == 0)
    {
      close_one_further (self, datagram->socket);
      sim_world_put_packet (self->world, packet);
      return;
    }

  packet->sender = self;
  packet->to = packet->sent_to = datagram->remote;
  packet->from = get_source (self, datagram->socket, datagram->remote.family);
  if (datagram->ttl == 0)
    datagram->ttl = DEFAULT_TTL;

  if (!sim_tap_report (self->world, SIM_TAP_SENT, SIM_DROP_NONE, self, packet))
    sim_route_drop (self->world, packet, SIM_DROP_TAP);
  else if (!udpnat_address_is_set (&packet->from) || packet->from.port == 0)
    sim_route_drop (self->world, packet, SIM_DROP_NO_SOURCE);
  else
    sim_route_send (self, packet);
}

static void
send_outputs (SimHost *self)
{
  while (TRUE)
    {
      SimPacket *packet = sim_world_take_packet (self->world);

      if (!udpnat_machine_pop_output (self->machine, self->world->now_us, &packet->datagram))
        {
          sim_world_put_packet (self->world, packet);
          return;
        }
      send_packet (self, packet);
    }
}

static void
free_events (UdpnatMachine *machine)
{
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    udpnat_event_free (event);
}

static void
finish_turn (SimHost *self)
{
  guint n_attached = self->n_attached;
  gint64 deadline_us;

  if (self->events_cb != NULL)
    self->events_cb (self->user_data);
  else
    free_events (self->machine);
  if (self->n_attached != n_attached)
    return; /* killed, and perhaps replaced, by what it has told */

  send_outputs (self);
  deadline_us = MAX (udpnat_machine_next_deadline (self->machine), self->world->now_us);
  /* events_cb may have sent it to sleep. */
  if (is_asleep (self))
    deadline_us = self->asleep_until_us;
  udpnat_heap_set (self->world->timers, &self->timer, deadline_us);
}

/* ---- Being called ---- */

/* A machine that was called for its deadline has to do something, or to name a later one. */
static void
note_progress (SimHost *self,
               gint64   old_deadline_us,
               guint64  n_sent)
{
  gint64 deadline_us = udpnat_machine_next_deadline (self->machine);

  if (deadline_us > self->world->now_us || deadline_us != old_deadline_us ||
      self->stats.sent != n_sent)
    {
      self->n_stalled = 0;
      return;
    }
  self->n_stalled++;
  if (self->n_stalled <= self->world->n_stalled)
    return;
  self->world->n_stalled = self->n_stalled;
  self->world->stalled = self;
}

/* The host's timer is due: its machine's deadline, somebody has woken it, or it has slept
 * enough. */
void
sim_host_dispatch (SimHost *self)
{
  gint64 now_us = self->world->now_us;
  guint n_attached = self->n_attached;
  guint64 n_sent = self->stats.sent;
  gint64 deadline_us;

  g_assert (self->machine != NULL);

  deadline_us = udpnat_machine_next_deadline (self->machine);
  if (deadline_us <= now_us)
    udpnat_machine_handle_deadline (self->machine, now_us);
  finish_turn (self);
  if (self->n_attached == n_attached)
    note_progress (self, deadline_us, n_sent);
}

static SimDrop
accept_packet (SimHost         *self,
               const SimPacket *packet)
{
  UdpnatSocketId id;

  if (!sim_is_group (&packet->to) && !sim_host_has_address (self, &packet->to))
    return SIM_DROP_NO_ROUTE; /* it has moved while this was on its way */
  if (is_asleep (self))
    return SIM_DROP_ASLEEP;
  if (self->machine == NULL)
    return SIM_DROP_NO_LISTENER;
  if (!find_socket (self, &packet->to, &id))
    return SIM_DROP_NO_LISTENER;

  return SIM_DROP_NONE;
}

/**
 * sim_host_receive:
 * @packet: (transfer full):
 */
void
sim_host_receive (SimHost   *self,
                  SimPacket *packet)
{
  UdpnatDatagram *datagram = &packet->datagram;
  SimDrop drop = accept_packet (self, packet);

  if (drop == SIM_DROP_NONE &&
      !sim_tap_report (self->world, SIM_TAP_DELIVERED, SIM_DROP_NONE, self, packet))
    drop = SIM_DROP_TAP;
  if (drop != SIM_DROP_NONE)
    {
      sim_route_drop (self->world, packet, drop);
      return;
    }

  if (!find_socket (self, &packet->to, &datagram->socket))
    g_assert_not_reached ();
  datagram->local_port = packet->to.port;
  datagram->remote = packet->from;
  datagram->ttl = 0;
  udpnat_machine_handle_datagram (self->machine, self->world->now_us, datagram);
  sim_world_put_packet (self->world, packet);

  finish_turn (self);
}

/**
 * sim_host_receive_tunnelled:
 * @packet: (transfer full): out of a connection; without data it says that it is closed
 */
void
sim_host_receive_tunnelled (SimHost   *self,
                            SimPacket *packet)
{
  UdpnatDatagram *datagram = &packet->datagram;

  if (datagram->n_data > 0 &&
      !sim_tap_report (self->world, SIM_TAP_DELIVERED, SIM_DROP_NONE, self, packet))
    {
      sim_route_drop (self->world, packet, SIM_DROP_TAP);
      return;
    }
  datagram->socket = UDPNAT_SOCKET_TUNNEL;
  datagram->local_port = 0;
  datagram->remote = packet->from;
  datagram->ttl = 0;
  udpnat_machine_handle_datagram (self->machine, self->world->now_us, datagram);
  sim_world_put_packet (self->world, packet);

  finish_turn (self);
}
