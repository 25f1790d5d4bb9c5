#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* By which way packets go to the server (PROTOCOL.md section 18): by UDP, as long as it answers;
 * when it has been silent for a while by a tunnel as well, which our owner opens when the first
 * datagram leaves by it. What answers first is taken. While that is the tunnel UDP is asked now and
 * then, by INFO, and whatever comes by UDP brings us back to it.
 *
 * The session does not notice: it is the same one by either way, and the server follows the newest
 * packet (udpnat-server-address.c). */

/* A server whose name is known to a proxy only. */
static gboolean
is_tunnel_only (const UdpnatRendezvousClient *self)
{
  return udpnat_address_is_tunnel (&self->address);
}

static void
set_route (UdpnatRendezvousClient *self,
           UdpnatServerRoute       route)
{
  g_debug ("server: route %d to %d", self->route, route);
  self->route = route;
}

/** udpnat_rendezvous_client_set_tunnel_allowed: @is_allowed: whether our owner has a tunnel; it has
 * none at first. To be set before a server is */
void
udpnat_rendezvous_client_set_tunnel_allowed (UdpnatRendezvousClient *self,
                                             gboolean                is_allowed)
{
  self->is_tunnel_allowed = is_allowed;
}

/** udpnat_rendezvous_client_is_tunnelled: Returns: whether the server is reached, and not by UDP */
gboolean
udpnat_rendezvous_client_is_tunnelled (const UdpnatRendezvousClient *self)
{
  return self->route == UDPNAT_SERVER_ROUTE_TUNNEL && udpnat_rendezvous_client_is_up (self);
}

/** udpnat_rendezvous_client_close_tunnel: what was sent before is still sent */
void
udpnat_rendezvous_client_close_tunnel (UdpnatRendezvousClient *self)
{
  UdpnatDatagram *datagram;

  self->tunnel_close_us = UDPNAT_TIME_NEVER;
  if (!self->is_tunnel_used)
    return;
  self->is_tunnel_used = FALSE;
  datagram = g_new0 (UdpnatDatagram, 1);
  datagram->socket = UDPNAT_SOCKET_TUNNEL;
  datagram->remote = self->address;
  g_queue_push_tail (&self->outputs, datagram);
}

/** udpnat_rendezvous_client_reset_route: another server, or another network: UDP goes first */
void
udpnat_rendezvous_client_reset_route (UdpnatRendezvousClient *self)
{
  udpnat_rendezvous_client_close_tunnel (self);
  set_route (self, is_tunnel_only (self) ? UDPNAT_SERVER_ROUTE_TUNNEL : UDPNAT_SERVER_ROUTE_UDP);
  self->udp_probe_us = UDPNAT_TIME_NEVER;
  self->udp_probe_gap_us = UDPNAT_TUNNEL_PROBE_MIN_US;
  self->udp_rtt_us = 0;
}

/* ---- Racing ---- */

static void
repeat_what_waits (UdpnatRendezvousClient *self,
                   gint64                  now_us)
{
  if (self->session != NULL && udpnat_session_is_handshaking (self->session))
    {
      udpnat_session_repeat_handshake (self->session, now_us);
      self->is_handshake_due = TRUE;
    }
  else if (udpnat_rendezvous_client_is_up (self))
    udpnat_rendezvous_client_ping (self, now_us);
  else if (self->state == UDPNAT_RENDEZVOUS_STATE_ASKING)
    {
      self->queries[UDPNAT_SOCKET_MAIN].next_us = now_us;
      udpnat_rendezvous_client_keep_asking (self, now_us);
    }
}

/** udpnat_rendezvous_client_race: the way in use is silent: by both from now on, with a tunnel that
 * is new */
void
udpnat_rendezvous_client_race (UdpnatRendezvousClient *self,
                               gint64                  now_us)
{
  if (!self->is_tunnel_allowed || self->route == UDPNAT_SERVER_ROUTE_BOTH)
    return;
  if (self->route == UDPNAT_SERVER_ROUTE_TUNNEL)
    udpnat_rendezvous_client_close_tunnel (self);
  self->tunnel_close_us = self->udp_probe_us = UDPNAT_TIME_NEVER;
  if (!is_tunnel_only (self))
    set_route (self, UDPNAT_SERVER_ROUTE_BOTH);
  repeat_what_waits (self, now_us);
}

/* When the tunnel is tried as well, if UDP stays silent. */
static gint64
get_race_time (const UdpnatRendezvousClient *self)
{
  gint64 since_us = UDPNAT_TIME_NEVER;
  gint64 rtt_us = 0;

  if (!self->is_tunnel_allowed || self->route != UDPNAT_SERVER_ROUTE_UDP)
    return UDPNAT_TIME_NEVER;
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      since_us = self->outage_us;
      break;
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
      since_us = udpnat_session_get_unanswered_since (self->session);
      if (udpnat_session_is_handshaking (self->session))
        since_us = udpnat_time_min (since_us, self->handshake_us);
      rtt_us = MAX (udpnat_session_get_rtt (self->session), self->udp_rtt_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_WAITING:
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      break;
    }
  return since_us == UDPNAT_TIME_NEVER ? since_us
                                       : since_us + UDPNAT_TUNNEL_RACE_US + 2 * rtt_us;
}

/* ---- Out ---- */

static gboolean
is_udp_probe (const UdpnatRendezvousClient *self,
              const UdpnatDatagram         *datagram)
{
  return datagram->data[0] == UDPNAT_PACKET_INFO && udpnat_rendezvous_client_is_up (self)
         && !is_tunnel_only (self);
}

/** udpnat_rendezvous_client_choose_way: of a datagram that leaves; its copy by the other way, if
 * need be, is the next output */
void
udpnat_rendezvous_client_choose_way (UdpnatRendezvousClient *self,
                                     UdpnatDatagram         *datagram)
{
  UdpnatDatagram *copy;

  if (datagram->socket != UDPNAT_SOCKET_MAIN)
    return;
  switch (self->route)
    {
    case UDPNAT_SERVER_ROUTE_UDP:
      break;
    case UDPNAT_SERVER_ROUTE_BOTH:
      copy = g_memdup2 (datagram, sizeof *datagram);
      copy->socket = UDPNAT_SOCKET_TUNNEL;
      g_queue_push_head (&self->outputs, copy);
      self->is_tunnel_used = TRUE;
      break;
    case UDPNAT_SERVER_ROUTE_TUNNEL:
      if (is_udp_probe (self, datagram))
        break;
      datagram->socket = UDPNAT_SOCKET_TUNNEL;
      self->is_tunnel_used = TRUE;
      break;
    }
}

/* ---- In ---- */

static void
take_tunnel (UdpnatRendezvousClient *self,
             gint64                  now_us)
{
  set_route (self, UDPNAT_SERVER_ROUTE_TUNNEL);
  self->udp_probe_us = now_us + self->udp_probe_gap_us;
  for (guint i = 0; i < G_N_ELEMENTS (self->observed); i++)
    self->observed[i] = UDPNAT_ADDRESS_NONE;
  if (udpnat_rendezvous_client_is_up (self))
    udpnat_session_reset_path (self->session, now_us, 0);
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_ROUTE);
}

/* By a handshake, as when our address changes: it is long enough for the server to answer to an
 * address that has not proved itself, and the answer proves it. */
static void
take_udp (UdpnatRendezvousClient *self,
          gint64                  now_us)
{
  gboolean was_tunnelled = self->route == UDPNAT_SERVER_ROUTE_TUNNEL;

  set_route (self, UDPNAT_SERVER_ROUTE_UDP);
  self->udp_probe_us = UDPNAT_TIME_NEVER;
  if (self->is_tunnel_used)
    self->tunnel_close_us = now_us + UDPNAT_TUNNEL_LINGER_US;
  if (!was_tunnelled)
    return;
  if (udpnat_rendezvous_client_is_up (self))
    {
      self->is_quiet = FALSE;
      udpnat_session_reset_path (self->session, now_us, self->udp_rtt_us);
      if (!udpnat_session_is_handshaking (self->session))
        udpnat_rendezvous_client_start_handshake (self, now_us);
    }
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_ROUTE);
}

/** udpnat_rendezvous_client_note_answer: something of the server's has come, and was new */
void
udpnat_rendezvous_client_note_answer (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  if (self->came_by_tunnel && self->route == UDPNAT_SERVER_ROUTE_BOTH)
    take_tunnel (self, now_us);
  else if (!self->came_by_tunnel && self->route != UDPNAT_SERVER_ROUTE_UDP)
    take_udp (self, now_us);
}

/** udpnat_rendezvous_client_handle_tunnel_closed: by the other end or by the network. The server
 * learns of the next one by what we send through it */
void
udpnat_rendezvous_client_handle_tunnel_closed (UdpnatRendezvousClient *self,
                                               gint64                  now_us)
{
  self->is_tunnel_used = FALSE;
  if (self->route == UDPNAT_SERVER_ROUTE_TUNNEL)
    udpnat_rendezvous_client_race (self, now_us);
}

/* ---- Time ---- */

/** udpnat_rendezvous_client_tunnel_deadline: for udpnat_rendezvous_client_keep_tunnel() */
gint64
udpnat_rendezvous_client_tunnel_deadline (const UdpnatRendezvousClient *self)
{
  return udpnat_time_min (get_race_time (self),
                          udpnat_time_min (self->tunnel_close_us, self->udp_probe_us));
}

/** udpnat_rendezvous_client_keep_tunnel: does what is due now */
void
udpnat_rendezvous_client_keep_tunnel (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  if (get_race_time (self) <= now_us)
    udpnat_rendezvous_client_race (self, now_us);
  if (self->tunnel_close_us <= now_us)
    udpnat_rendezvous_client_close_tunnel (self);
  if (self->udp_probe_us > now_us)
    return;
  self->udp_probe_us = now_us + self->udp_probe_gap_us;
  self->udp_probe_gap_us = MIN (2 * self->udp_probe_gap_us, UDPNAT_TUNNEL_PROBE_MAX_US);
  if (udpnat_rendezvous_client_is_up (self))
    udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, UDPNAT_INFO_RETRIES);
}
