/* People on this network: drives the machine of beacons on a socket of its own, as long as the user
 * wants to be found, and tells the node who is here.
 *
 * That there is no network for it, or that another program keeps the port to itself, is no failure:
 * interfaces are looked at again before each beacon, and both with every change of network. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-system-random.h"

static gboolean
is_wanted (UdpnatClient *self)
{
  return udpnat_client_is_set (self, "lan", "on") &&
         udpnat_client_is_set (self, "relay-only", "off");
}

/* PROTOCOL.md section 16 believes no other IPv6 address than a link-local one, and nobody can be
 * told to look elsewhere. */
static gboolean
is_at_wrong_address (UdpnatClient *self)
{
  UdpnatAddress address;

  return self->bound_ip != NULL && udpnat_address_parse_ip (&address, self->bound_ip, 0) &&
         address.family == UDPNAT_FAMILY_IPV6 &&
         udpnat_address_get_scope (&address) != UDPNAT_SCOPE_UNUSABLE;
}

static UdpnatLanState
find_state (UdpnatClient *self)
{
  if (!self->is_lan_wanted)
    return UDPNAT_LAN_STATE_OFF;
  if (!self->is_logged_in || self->socket == NULL)
    return UDPNAT_LAN_STATE_WAITING;
  if (is_at_wrong_address (self))
    return UDPNAT_LAN_STATE_WRONG_ADDRESS;
  if (self->multicast == NULL || udpnat_multicast_count_interfaces (self->multicast) == 0)
    return UDPNAT_LAN_STATE_NO_NETWORK;
  return udpnat_lan_is_announced (self->lan) ? UDPNAT_LAN_STATE_ANNOUNCED
                                             : UDPNAT_LAN_STATE_WAITING;
}

static void
follow_state (UdpnatClient *self)
{
  UdpnatLanState state = find_state (self);

  if (state == self->lan_state)
    return;
  self->lan_state = state;
  udpnat_client_notify_lan (self);
}

static void
handle_peer (UdpnatClient         *self,
             const UdpnatLanEvent *event)
{
  udpnat_node_set_lan_peer (self->node, udpnat_clock_get_now_us (), &event->key, event->name,
                            event->addresses, event->n_addresses);
  udpnat_client_wake (self);
}

/* Told before the beacon leaves, so that it leaves by the right interfaces. */
static void
handle_round (UdpnatClient *self)
{
  gint64 now_us = udpnat_clock_get_now_us ();

  udpnat_lan_set_wall_clock (self->lan, now_us, udpnat_clock_get_wall_us ());
  if (self->multicast != NULL && udpnat_multicast_refresh (self->multicast))
    udpnat_lan_handle_network_change (self->lan, now_us);
}

static void
handle_events (UdpnatClient *self)
{
  UdpnatMachine *machine = udpnat_lan_get_machine (self->lan);
  UdpnatLanEvent *event;

  while ((event = (UdpnatLanEvent *) udpnat_machine_pop_event (machine)) != NULL)
    {
      switch ((UdpnatLanEventType) event->base.type)
        {
        case UDPNAT_LAN_EVENT_ANNOUNCED:
          break; /* the state says it */
        case UDPNAT_LAN_EVENT_ROUND:
          handle_round (self);
          break;
        case UDPNAT_LAN_EVENT_PEER:
          handle_peer (self, event);
          break;
        }
      udpnat_event_free (&event->base);
    }
}

static void
events_cb (gpointer user_data)
{
  g_autoptr (UdpnatClient) self = g_object_ref (user_data);

  handle_events (self);
  follow_state (self);
}

static void
close_socket (UdpnatClient *self)
{
  if (self->lan_source != NULL)
    {
      g_source_destroy (self->lan_source);
      g_clear_pointer (&self->lan_source, g_source_unref);
    }
  g_clear_pointer (&self->multicast, udpnat_multicast_free);
}

static void
open_socket (UdpnatClient *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatSocket *socket;

  if (self->multicast != NULL)
    return;
  self->multicast = udpnat_multicast_new (UDPNAT_LAN_GROUP_IPV4, UDPNAT_LAN_GROUP_IPV6,
                                          UDPNAT_LAN_PORT, self->bound_ip, &error);
  if (self->multicast == NULL)
    {
      g_debug ("%s", error->message);
      return;
    }
  udpnat_multicast_refresh (self->multicast);
  socket = udpnat_multicast_get_socket (self->multicast);
  self->lan_source = udpnat_machine_source_new (udpnat_lan_get_machine (self->lan), &socket, 1,
                                                events_cb, self);
  g_source_attach (self->lan_source, g_main_context_get_thread_default ());
}

/* Says goodbye, and to the node that nobody is here any more. */
static void
leave (UdpnatClient *self)
{
  udpnat_lan_leave (self->lan, udpnat_clock_get_now_us ());
  handle_events (self);
  if (self->lan_source != NULL)
    udpnat_machine_source_flush (self->lan_source);
}

/**
 * udpnat_client_update_lan: the name, a setting or the socket has changed: we are found on this
 * network from now on, or no longer */
void
udpnat_client_update_lan (UdpnatClient *self)
{
  self->is_lan_wanted = is_wanted (self);
  if (self->is_lan_wanted && self->is_logged_in && self->name != NULL && self->socket != NULL &&
      !is_at_wrong_address (self))
    {
      open_socket (self);
      udpnat_lan_announce (self->lan, udpnat_clock_get_now_us (), self->name,
                           udpnat_socket_get_port (self->socket));
      if (self->lan_source != NULL)
        udpnat_machine_source_wake (self->lan_source);
    }
  else
    {
      leave (self);
      close_socket (self);
    }
  follow_state (self);
}

/** udpnat_client_refresh_lan: @addresses: of this host; the network may be another one now */
void
udpnat_client_refresh_lan (UdpnatClient        *self,
                           const UdpnatAddress *addresses,
                           guint                n_addresses)
{
  udpnat_lan_set_host_addresses (self->lan, addresses, n_addresses);
  if (self->multicast != NULL && udpnat_multicast_refresh (self->multicast))
    udpnat_lan_handle_network_change (self->lan, udpnat_clock_get_now_us ());
  udpnat_client_update_lan (self);
}

/** udpnat_client_leave_lan: says goodbye, at once; nothing is said any more after that */
void
udpnat_client_leave_lan (UdpnatClient *self)
{
  self->is_logged_in = FALSE;
  udpnat_client_update_lan (self);
}

void
udpnat_client_open_lan (UdpnatClient         *self,
                        const UdpnatIdentity *identity)
{
  UdpnatRandom random = udpnat_system_random ();

  self->lan = udpnat_lan_new (identity, &random, udpnat_clock_get_now_us (),
                              udpnat_clock_get_wall_us ());
}

void
udpnat_client_clear_lan (UdpnatClient *self)
{
  close_socket (self);
  g_clear_pointer (&self->lan, udpnat_lan_free);
}

/** udpnat_client_get_lan_state: see also the property, which is notified */
UdpnatLanState
udpnat_client_get_lan_state (UdpnatClient *self)
{
  return self->lan_state;
}
