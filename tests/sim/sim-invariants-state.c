#include "config.h"

#include "sim-invariants-private.h"

#include "udpnat-node-facts.h"

#include <malloc.h>
#include <string.h>

/*
 * Counts what is kept: sessions at servers, sockets, memory, places in routers' tables; reads what
 * servers have on disk; and asks nodes what they know of others.
 */

/* What one forged source may have at a server at a time: handshakes that it lets through, for as
 * long as it waits for them to be confirmed. */
#define SESSIONS_PER_SOURCE (UDPNAT_HANDSHAKES_BURST_PER_SOURCE + \
                             UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE * \
                             (guint) (UDPNAT_SERVER_UNCONFIRMED_US / G_USEC_PER_SEC))
/* A person may have one that ends, one that is, one that begins, for each start within an idle
 * time. */
#define SESSIONS_PER_PERSON 16
/* Copies of a text: at the author, on disk, in the conversation, in streams, in a letter, at the
 * receiver, and in what watches all this. */
#define COPIES_OF_TEXT 12

static void
check_server (SimInvariants *self,
              SimServer     *server)
{
  UdpnatRendezvousServerStats stats;
  guint max;

  if (server->server == NULL)
    return;
  udpnat_rendezvous_server_get_stats (server->server, &stats);
  max = SESSIONS_PER_PERSON * self->n_people + SESSIONS_PER_SOURCE * self->n_spoofed;
  if (stats.sessions > MIN (max, UDPNAT_SERVER_PENDING_MAX + self->n_people))
    sim_invariants_fail (self, SIM_INVARIANT_BOUNDED, "%s has %u sessions of %u people",
                         sim_host_get_name (server->host), stats.sessions, self->n_people);
}

/* What a thief of its disk could read. */
static void
check_letters (SimInvariants   *self,
               const SimServer *server)
{
  for (guint i = 0; i < server->letters->len; i++)
    {
      const SimLetter *letter = g_ptr_array_index (server->letters, i);
      gsize n_data;
      const guint8 *data = g_bytes_get_data (letter->data, &n_data);

      if (memmem (data, n_data, SIM_SECRET, strlen (SIM_SECRET)) != NULL)
        sim_invariants_fail (self, SIM_INVARIANT_PLAINTEXT, "%s has a text on disk as it is",
                             sim_host_get_name (server->host));
    }
}

static void
check_memory (SimInvariants *self)
{
  gsize n_bytes = mallinfo2 ().uordblks; /* 0 with sanitizers, which have their own heap */
  gsize max = self->n_heap_bytes + SIM_MEMORY_BASE_BYTES +
              self->n_people * SIM_MEMORY_PER_PERSON_BYTES + COPIES_OF_TEXT * self->n_text_bytes +
              sim_invariants_get_file_memory (self);

  if (n_bytes > max)
    sim_invariants_fail (self, SIM_INVARIANT_BOUNDED, "%zu bytes of memory for %u people, and at "
                         "most %zu are allowed", n_bytes - self->n_heap_bytes, self->n_people,
                         max - self->n_heap_bytes);
}

static void
check_sockets (SimInvariants *self,
               const SimPeer *person)
{
  guint n_sockets = sim_host_get_socket_count (person->host);

  if (n_sockets > UDPNAT_NODE_SOCKETS_MAX)
    sim_invariants_fail (self, SIM_INVARIANT_BOUNDED, "%s has %u sockets", person->name,
                         n_sockets);
}

static void
check_nat (SimInvariants *self,
           SimNat        *nat)
{
  guint n_mappings = sim_nat_get_mapping_count (nat, sim_world_now (self->world));

  if (n_mappings > SIM_NAT_MAPPINGS_PER_PERSON * self->n_people)
    sim_invariants_fail (self, SIM_INVARIANT_NAT_TABLE, "%s has %u mappings of %u people",
                         sim_nat_get_name (nat), n_mappings, self->n_people);
}

static void
check_deadlines (SimInvariants *self)
{
  SimHost *host;
  guint n_turns = sim_world_get_stalled (self->world, &host);

  if (n_turns > SIM_STALLED_TURNS_MAX)
    sim_invariants_fail (self, SIM_INVARIANT_DEADLINE,
                         "%s wanted to be called at once %u times in a row, and did nothing",
                         sim_host_get_name (host), n_turns);
}

/* ---- What nodes know of others ---- */

static gboolean
is_address_of (const SimPeer       *person,
               const UdpnatAddress *address)
{
  UdpnatAddress own[8];
  UdpnatAddress public_ip = sim_host_get_public_ip (person->host, UDPNAT_FAMILY_IPV4);
  guint n_own = sim_host_get_addresses (person->host, own, G_N_ELEMENTS (own));

  for (guint i = 0; i < n_own; i++)
    if (udpnat_address_equal_ip (&own[i], address))
      return TRUE;
  return udpnat_address_equal_ip (&public_ip, address);
}

static void
check_knowledge (SimInvariants *self,
                 guint          who,
                 guint          whose)
{
  const SimPeer *knower = self->people[who].peer;
  const SimPeer *known = self->people[whose].peer;
  UdpnatPathFacts facts;

  if (sim_invariants_may_know (self, who, whose) || knower->node == NULL ||
      !udpnat_node_get_path_facts (knower->node, sim_world_now (self->world),
                                   sim_peer_get_key (known), &facts))
    return;
  for (guint i = 0; i < facts.n_remote; i++)
    if (!(self->are_nets_alike && udpnat_address_get_scope (&facts.remote[i].address) ==
                                    UDPNAT_SCOPE_PRIVATE) &&
        is_address_of (known, &facts.remote[i].address))
      {
        char text[UDPNAT_ADDRESS_TEXT_BYTES];

        sim_invariants_fail (self, SIM_INVARIANT_DISCLOSURE, "%s knows that %s is at %s, and was "
                             "not accepted", knower->name, known->name,
                             udpnat_address_to_string (&facts.remote[i].address, text));
      }
}

void
sim_invariants_check_state (SimInvariants *self)
{
  for (guint i = 0; i < self->servers->len; i++)
    {
      check_server (self, g_ptr_array_index (self->servers, i));
      check_letters (self, g_ptr_array_index (self->servers, i));
    }
  for (guint i = 0; i < self->nats->len; i++)
    check_nat (self, g_ptr_array_index (self->nats, i));
  for (guint i = 0; i < self->n_people; i++)
    check_sockets (self, self->people[i].peer);
  for (guint i = 0; i < self->n_people; i++)
    for (guint j = 0; j < self->n_people; j++)
      if (i != j)
        check_knowledge (self, i, j);
  check_memory (self);
  check_deadlines (self);
}
