/* What a user's program does about people at other servers. In the simulated world these are named
 * by their IPv4 addresses, bob@198.51.100.2, or by a second name: bob@also.198.51.100.2. */

#include "config.h"

#include "sim-chat.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-node-abroad.h"

#define SECOND_NAME "also."

/** sim_peer_handle_abroad: when the node wants to know where a server is, there is no resolver to
 * ask; keys are not pinned */
void
sim_peer_handle_abroad (SimPeer               *self,
                        const UdpnatNodeEvent *event)
{
  const char *ip = event->name;
  UdpnatAddress address;
  gboolean is_found;

  if (event->base.type != UDPNAT_NODE_EVENT_ABROAD_WANTED)
    return;
  self->n_abroad_wanted++;
  if (g_str_has_prefix (ip, SECOND_NAME))
    ip += strlen (SECOND_NAME);
  is_found = udpnat_address_parse_ip (&address, ip, UDPNAT_SERVER_PORT);
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

/** sim_peer_dup_name_for: what @who calls @self: the name, or where they are at another server the
 * whole address */
char *
sim_peer_dup_name_for (const SimPeer *self,
                       const SimPeer *who)
{
  return who->server == self->server ? g_strdup (self->name) : dup_own_address (self);
}

/** sim_peer_tell_address: @name: as the node has it: only people elsewhere are told where we are */
void
sim_peer_tell_address (SimPeer               *self,
                       const UdpnatPublicKey *key,
                       const char            *name)
{
  g_autofree char *address = NULL;

  if (name == NULL || strchr (name, '@') == NULL)
    return;
  address = dup_own_address (self);
  sim_peer_write_address (self, key, name, address);
}

/** sim_peer_add_by_link: accepts @of, who may be at another server: the link says at which */
void
sim_peer_add_by_link (SimPeer       *self,
                      const SimPeer *of)
{
  g_autofree char *name = sim_peer_dup_name_for (of, self);

  if (of->server != self->server)
    {
      udpnat_node_move_name (self->node, sim_world_now (self->world), name, sim_peer_get_key (of));
      udpnat_node_set_peer_server (self->node, sim_world_now (self->world), sim_peer_get_key (of),
                                   strrchr (name, '@') + 1, FALSE);
    }
  sim_peer_tell_address (self, sim_peer_get_key (of), name);
  sim_peer_set_trust (self, of, UDPNAT_TRUST_ACCEPTED);
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
  /* Before the item is: who has acknowledged it must know where to answer. */
  sim_peer_write_name (self, key, udpnat_node_get_peer_name (self->node, key));
}
