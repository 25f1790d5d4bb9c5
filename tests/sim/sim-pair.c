/* Two people at one server, the commonest scene: each behind a router of their own, or none. */

#include "config.h"

#include "sim-chat.h"

/**
 * sim_peer_new_at_home:
 * @router: (nullable): of this person's own router; %NULL: on the open Internet
 * @line: the access line, beyond the router where there is one
 */
SimPeer *
sim_peer_new_at_home (SimServer           *server,
                      const char          *name,
                      const SimNatConfig  *router,
                      const SimLinkConfig *line)
{
  g_autofree char *nat_name = g_strdup_printf ("%s-nat", name);
  SimNat *nat;

  if (router == NULL)
    return sim_peer_new (server, name, NULL, line);
  nat = sim_world_add_nat (server->world, nat_name, NULL, NULL, router);
  sim_world_set_nat_link (server->world, nat, SIM_UP, line);
  sim_world_set_nat_link (server->world, nat, SIM_DOWN, line);
  return sim_peer_new (server, name, nat, NULL);
}

/** sim_pair_start: @world: (transfer full); everybody is started, nothing has happened yet */
void
sim_pair_start (SimPair             *self,
                SimWorld            *world,
                const SimNatConfig  *alice_router,
                const SimLinkConfig *alice_line,
                const SimNatConfig  *bob_router,
                const SimLinkConfig *bob_line)
{
  self->world = world;
  self->server = sim_server_new (world, "198.51.100.1");
  self->alice = sim_peer_new_at_home (self->server, "alice", alice_router, alice_line);
  self->bob = sim_peer_new_at_home (self->server, "bob", bob_router, bob_line);
  sim_server_start (self->server);
  sim_peer_start (self->alice);
  sim_peer_start (self->bob);
}

void
sim_pair_clear (SimPair *self)
{
  sim_peer_free (self->alice);
  sim_peer_free (self->bob);
  sim_server_free (self->server);
  sim_world_free (self->world);
}

gboolean
sim_pair_is_registered (gpointer self)
{
  SimPair *pair = self;

  return sim_peer_is_registered (pair->alice) && sim_peer_is_registered (pair->bob);
}
