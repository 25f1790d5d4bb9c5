/* A port that our router says it has opened for everybody (PCP, NAT-PMP, UPnP: the owner asks it).
 *
 * Peers are told of it only when the server has come in by it from a port that nothing of ours has
 * ever sent to: there are routers that list mappings and renew them, and let nobody in (nat.md
 * section 7, 9). It is looked at again when the server sees us anew, while people talk, and now and
 * then. What is wrong with it is the owner's to mend.
 *
 * One thing cannot be told apart: where the router lets anybody in who has an address that we have
 * sent to, and the opened port is the one that it would use anyway, the server comes in whether the
 * router has opened something or not. Then the address is told as what the server sees, too, and
 * nothing is lost. */

#include "config.h"

#include "udpnat-node-private.h"

void
udpnat_node_mapping_init (UdpnatNode *self)
{
  self->opening.due_us = UDPNAT_TIME_NEVER;
}

void
udpnat_node_mapping_clear (UdpnatNode *self)
{
  g_clear_pointer (&self->opening.query, udpnat_mapping_query_free);
}

/* How the server sees us, where it can see whether the mapping works: it answers to no other IP
 * address than that. */
static const UdpnatAddress *
get_seen (const UdpnatNode *self)
{
  return udpnat_rendezvous_client_is_connected (self->server)
           ? udpnat_rendezvous_client_get_reflexive (self->server, 0)
           : NULL;
}

/** udpnat_node_get_mapped: Returns: (nullable): what peers may be told of */
const UdpnatAddress *
udpnat_node_get_mapped (const UdpnatNode *self)
{
  const UdpnatAddress *seen = udpnat_rendezvous_client_get_reflexive (self->server, 0);

  return self->opening.state == UDPNAT_PORT_OPENING_PROVEN && seen != NULL &&
             udpnat_address_equal_ip (seen, &self->opening.external)
           ? &self->opening.external
           : NULL;
}

static void
set_state (UdpnatNode       *self,
           UdpnatPortOpening state)
{
  UdpnatNodeEvent *event;

  if (self->opening.state != state)
    {
      self->opening.state = state;
      udpnat_node_refresh_candidates (self);
    }
  if (state != UDPNAT_PORT_OPENING_REFUTED)
    return;
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PORT_REFUTED, NULL, NULL);
  event->address = self->opening.external;
  udpnat_node_push_event (self, event);
}

static void
finish_check (UdpnatNode *self,
              gint64      now_us)
{
  UdpnatNodeOpening *opening = &self->opening;
  const UdpnatAddress *mapped = udpnat_mapping_query_get_mapped (opening->query);
  gboolean is_proven = mapped != NULL && udpnat_address_equal_ip (mapped, &opening->external);

  g_clear_pointer (&opening->query, udpnat_mapping_query_free);
  opening->checked_us = now_us;
  opening->due_us = is_proven ? now_us + UDPNAT_MAPPING_CHECK_IDLE_US : UDPNAT_TIME_NEVER;
  set_state (self, is_proven ? UDPNAT_PORT_OPENING_PROVEN : UDPNAT_PORT_OPENING_REFUTED);
}

static void
start_check (UdpnatNode *self,
             gint64      now_us)
{
  UdpnatNodeOpening *opening = &self->opening;
  const UdpnatAddress *seen = get_seen (self);

  opening->due_us = UDPNAT_TIME_NEVER; /* without a server, until it is back */
  if (seen == NULL)
    return;
  if (!udpnat_address_equal_ip (seen, &opening->external))
    {
      set_state (self, UDPNAT_PORT_OPENING_REFUTED);
      return;
    }
  g_clear_pointer (&opening->query, udpnat_mapping_query_free);
  opening->query = udpnat_mapping_query_new_through (
    &self->random, udpnat_rendezvous_client_get_address (self->server), UDPNAT_SOCKET_MAIN,
    opening->external.port, now_us);
}

/**
 * udpnat_node_set_port_mapping:
 * @external: (nullable): where the router says that it lets everybody in to our port; %NULL: it has
 *   opened nothing, or no longer
 *
 * Peers are told of it as soon as it has proved to be so. Told again, it is checked again. See
 * %UDPNAT_NODE_EVENT_PORT_REFUTED.
 */
void
udpnat_node_set_port_mapping (UdpnatNode          *self,
                              gint64               now_us,
                              const UdpnatAddress *external)
{
  UdpnatNodeOpening *opening = &self->opening;
  const UdpnatAddress *wanted = external != NULL ? external : &UDPNAT_ADDRESS_NONE;
  gboolean is_new = !udpnat_address_equal (wanted, &opening->external);

  if (is_new)
    g_clear_pointer (&opening->query, udpnat_mapping_query_free);
  opening->external = *wanted;
  if (external == NULL)
    {
      opening->due_us = UDPNAT_TIME_NEVER;
      set_state (self, UDPNAT_PORT_OPENING_NONE);
      return;
    }
  if (is_new || opening->state != UDPNAT_PORT_OPENING_PROVEN)
    set_state (self, UDPNAT_PORT_OPENING_CHECKING);
  udpnat_node_plan_mapping_check (self, now_us);
}

/** udpnat_node_plan_mapping_check: the server may see us otherwise than before */
void
udpnat_node_plan_mapping_check (UdpnatNode *self,
                                gint64      now_us)
{
  if (self->opening.state != UDPNAT_PORT_OPENING_NONE && self->opening.query == NULL)
    self->opening.due_us = now_us;
}

/** udpnat_node_mapping_note_active: people talk, so it matters more */
void
udpnat_node_mapping_note_active (UdpnatNode *self,
                                 gint64      now_us)
{
  UdpnatNodeOpening *opening = &self->opening;

  if (opening->due_us != UDPNAT_TIME_NEVER && opening->state == UDPNAT_PORT_OPENING_PROVEN)
    opening->due_us = udpnat_time_min (
      opening->due_us, MAX (now_us, opening->checked_us + UDPNAT_MAPPING_CHECK_ACTIVE_US));
}

/* ---- As a part of the node's machine ---- */

/** udpnat_node_mapping_handle_datagram: Returns: %FALSE when it is not the server's answer */
gboolean
udpnat_node_mapping_handle_datagram (UdpnatNode           *self,
                                     gint64                now_us,
                                     const UdpnatDatagram *datagram)
{
  UdpnatMappingQuery *query = self->opening.query;

  if (query == NULL ||
      udpnat_mapping_query_handle_datagram (query, now_us, datagram) != UDPNAT_RX_OK)
    return FALSE;
  finish_check (self, now_us);
  return TRUE;
}

gint64
udpnat_node_mapping_next_deadline (const UdpnatNode *self)
{
  return self->opening.query != NULL ? udpnat_mapping_query_next_deadline (self->opening.query)
                                     : self->opening.due_us;
}

void
udpnat_node_mapping_handle_deadline (UdpnatNode *self,
                                     gint64      now_us)
{
  UdpnatNodeOpening *opening = &self->opening;

  if (opening->query == NULL)
    {
      if (opening->due_us <= now_us)
        start_check (self, now_us);
      return;
    }
  udpnat_mapping_query_handle_deadline (opening->query, now_us);
  if (udpnat_mapping_query_is_over (opening->query))
    finish_check (self, now_us);
}

gboolean
udpnat_node_mapping_pop_output (UdpnatNode     *self,
                                gint64          now_us,
                                UdpnatDatagram *out_datagram)
{
  return self->opening.query != NULL &&
         udpnat_mapping_query_pop_output (self->opening.query, now_us, out_datagram);
}
