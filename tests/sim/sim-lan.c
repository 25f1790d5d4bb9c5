/* The two machines of a program that is found on its network. What comes by the second socket is a
 * beacon; what beacons tell goes to the node before anything else happens. */

#include "config.h"

#include "sim-lan.h"

static void
take_events (SimLan *self,
             gint64  now_us)
{
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (udpnat_lan_get_machine (self->lan))) != NULL)
    {
      const UdpnatLanEvent *told = (const UdpnatLanEvent *) event;

      if (event->type == UDPNAT_LAN_EVENT_PEER)
        udpnat_node_set_lan_peer (self->node, now_us, &told->key, told->name, told->addresses,
                                  told->n_addresses);
      udpnat_event_free (event);
    }
}

static UdpnatRxResult
lan_handle_datagram (UdpnatMachine        *machine,
                     gint64                now_us,
                     const UdpnatDatagram *datagram)
{
  SimLan *self = (SimLan *) machine;
  UdpnatRxResult result;

  if (datagram->socket != UDPNAT_SOCKET_ALT)
    return udpnat_machine_handle_datagram (udpnat_node_get_machine (self->node), now_us, datagram);
  result = udpnat_machine_handle_datagram (udpnat_lan_get_machine (self->lan), now_us, datagram);
  take_events (self, now_us);
  return result;
}

static gint64
lan_next_deadline (const UdpnatMachine *machine)
{
  const SimLan *self = (const SimLan *) machine;

  return udpnat_time_min (
    udpnat_machine_next_deadline (udpnat_node_get_machine (self->node)),
    udpnat_machine_next_deadline (udpnat_lan_get_machine (self->lan)));
}

static void
lan_handle_deadline (UdpnatMachine *machine,
                     gint64         now_us)
{
  SimLan *self = (SimLan *) machine;

  if (udpnat_machine_next_deadline (udpnat_lan_get_machine (self->lan)) <= now_us)
    udpnat_machine_handle_deadline (udpnat_lan_get_machine (self->lan), now_us);
  take_events (self, now_us);
  if (udpnat_machine_next_deadline (udpnat_node_get_machine (self->node)) <= now_us)
    udpnat_machine_handle_deadline (udpnat_node_get_machine (self->node), now_us);
}

static gboolean
lan_pop_output (UdpnatMachine  *machine,
                gint64          now_us,
                UdpnatDatagram *out_datagram)
{
  SimLan *self = (SimLan *) machine;

  if (udpnat_machine_pop_output (udpnat_node_get_machine (self->node), now_us, out_datagram))
    return TRUE;
  if (!udpnat_machine_pop_output (udpnat_lan_get_machine (self->lan), now_us, out_datagram))
    return FALSE;
  out_datagram->socket = UDPNAT_SOCKET_ALT;
  return TRUE;
}

static UdpnatEvent *
lan_pop_event (UdpnatMachine *machine)
{
  return udpnat_machine_pop_event (udpnat_node_get_machine (((SimLan *) machine)->node));
}

static const UdpnatMachineClass lan_class = {
  .handle_datagram = lan_handle_datagram,
  .next_deadline = lan_next_deadline,
  .handle_deadline = lan_handle_deadline,
  .pop_output = lan_pop_output,
  .pop_event = lan_pop_event,
};

/** sim_lan_mount: @lan: (transfer full): Returns: the machine of both */
UdpnatMachine *
sim_lan_mount (SimLan     *self,
               UdpnatNode *node,
               UdpnatLan  *lan)
{
  *self = (SimLan) { .machine.klass = &lan_class, .node = node, .lan = lan };
  return &self->machine;
}

/** sim_lan_clear: the program is dead: not a word to the others */
void
sim_lan_clear (SimLan *self)
{
  g_clear_pointer (&self->lan, udpnat_lan_free);
  self->node = NULL;
}
