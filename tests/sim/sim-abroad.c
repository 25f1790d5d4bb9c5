/* What a user's program does about people at other servers. In the simulated world these are named
 * by their IPv4 addresses: bob@198.51.100.2. */

#include "config.h"

#include "sim-chat.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-node-abroad.h"

/** sim_peer_handle_abroad: when the node wants to know where a server is, there is no resolver to
 * ask; keys are not pinned */
void
sim_peer_handle_abroad (SimPeer               *self,
                        const UdpnatNodeEvent *event)
{
  UdpnatAddress address;
  gboolean is_found = udpnat_address_parse_ip (&address, event->name, UDPNAT_SERVER_PORT);

  if (event->base.type != UDPNAT_NODE_EVENT_ABROAD_WANTED)
    return;
  self->n_abroad_wanted++;
  udpnat_node_set_abroad_server (self->node, sim_world_now (self->world), event->name,
                                 is_found ? &address : NULL, NULL);
  sim_world_wake (self->host);
}

static char *
dup_own_address (const SimPeer *self)
{
  UdpnatAddress server = sim_host_get_address (self->server->host, UDPNAT_FAMILY_IPV4);
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  char *address = g_strdup_printf ("%s@%s", self->name, udpnat_address_to_string (&server, text));

  *strrchr (address, ':') = '\0'; /* the port */
  return address;
}

/** sim_peer_tell_address: @name: as the node has it: only people elsewhere are told where we are */
void
sim_peer_tell_address (SimPeer               *self,
                       const UdpnatPublicKey *key,
                       const char            *name)
{
  g_autofree char *address = NULL;
  g_autoptr (UdpnatItem) item = NULL;
  UdpnatMessageId id;

  if (name == NULL || strchr (name, '@') == NULL)
    return;
  address = dup_own_address (self);
  udpnat_random_fill (&self->random, id.bytes, sizeof id.bytes);
  item = udpnat_item_new_address (&id, 0, address);
  udpnat_node_set_trust (self->node, sim_world_now (self->world), key, UDPNAT_TRUST_ACCEPTED);
  if (!udpnat_node_send (self->node, sim_world_now (self->world), key, item, FALSE))
    g_assert_not_reached ();
}

/** sim_peer_take_address: @item: what somebody says; only an ADDRESS counts */
void
sim_peer_take_address (SimPeer               *self,
                       const UdpnatPublicKey *key,
                       const UdpnatItem      *item)
{
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;
  const char *place;

  if (item->type != UDPNAT_ITEM_ADDRESS)
    return;
  text = udpnat_item_dup_text (item);
  if (!udpnat_name_split (text, &name, &place))
    return;
  udpnat_node_claim_address (self->node, sim_world_now (self->world), key, name, place);
}
