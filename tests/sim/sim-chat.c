/* The real machines as processes of a simulated world. Only what a program adds around a machine is
 * imitated here: the store, and answering events. */

#include "config.h"

#include "sim-chat.h"

#include <string.h>

#include "udpnat-limits.h"

/* Virtual wall clock: some day in 2026, when the world begins. */
#define WALL_OFFSET_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

typedef struct
{
  char           *name;
  UdpnatPublicKey key;
} SimClaim;

static void
claim_free (gpointer data)
{
  SimClaim *claim = data;

  g_free (claim->name);
  g_free (claim);
}

static void
message_free (gpointer data)
{
  SimMessage *message = data;

  g_free (message->from);
  g_free (message->text);
  g_free (message);
}

/* ---- Server ---- */

static void
server_events_cb (gpointer user_data)
{
  SimServer *self = user_data;
  UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (self->server);
  UdpnatEvent *base;

  while ((base = udpnat_machine_pop_event (machine)) != NULL)
    {
      UdpnatServerEvent *event = (UdpnatServerEvent *) base;

      if (base->type == UDPNAT_SERVER_EVENT_CLAIM)
        {
          SimClaim *claim = g_new0 (SimClaim, 1);

          claim->name = g_strdup (event->name);
          claim->key = event->key;
          g_ptr_array_add (self->names, claim);
          udpnat_rendezvous_server_complete_claim (self->server, sim_world_now (self->world),
                                                   event->claim_id, TRUE);
        }
      udpnat_event_free (base);
    }
}

SimServer *
sim_server_new (SimWorld   *world,
                const char *ip)
{
  SimServer *self = g_new0 (SimServer, 1);

  self->world = world;
  self->random = sim_world_fork_random (world, ip);
  self->identity = udpnat_identity_generate (&self->random);
  self->host = sim_world_add_host (world, "server", NULL, ip, NULL, NULL);
  self->names = g_ptr_array_new_with_free_func (claim_free);
  return self;
}

void
sim_server_start (SimServer *self)
{
  UdpnatRendezvousServerConfig config = {
    .identity = self->identity,
    .random = self->random,
    .alt_port = UDPNAT_SERVER_ALT_PORT,
  };

  g_assert_null (self->server);
  self->server = udpnat_rendezvous_server_new (&config, sim_world_now (self->world));
  for (guint i = 0; i < self->names->len; i++)
    {
      SimClaim *claim = g_ptr_array_index (self->names, i);

      udpnat_rendezvous_server_restore_name (self->server, claim->name, &claim->key);
    }
  sim_host_attach (self->host, udpnat_rendezvous_server_get_machine (self->server),
                   UDPNAT_SERVER_PORT, UDPNAT_SERVER_ALT_PORT, server_events_cb, self);
}

/** sim_server_kill: as kill -9 does */
void
sim_server_kill (SimServer *self)
{
  sim_host_detach (self->host);
  g_clear_pointer (&self->server, udpnat_rendezvous_server_free);
}

/** sim_server_stop: as SIGTERM does: says goodbye first */
void
sim_server_stop (SimServer *self)
{
  udpnat_rendezvous_server_shut_down (self->server, sim_world_now (self->world));
  sim_world_wake (self->host);
  sim_world_run_for (self->world, 1);
  sim_server_kill (self);
}

void
sim_server_free (SimServer *self)
{
  if (self == NULL)
    return;
  if (self->server != NULL)
    sim_server_kill (self);
  udpnat_identity_free (self->identity);
  g_ptr_array_unref (self->names);
  g_free (self);
}

/* ---- Peer ---- */

static void
note_timestamp (SimPeer               *self,
                const UdpnatNodeEvent *event)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (&event->key, key_text);
  g_hash_table_replace (self->timestamps, g_strdup (key_text),
                        g_bytes_new (event->timestamp, sizeof event->timestamp));
}

static void
note_message (SimPeer               *self,
              const UdpnatNodeEvent *event)
{
  SimMessage *message = g_new0 (SimMessage, 1);

  message->id = event->id;
  message->from = g_strdup (event->name);
  message->text = g_strdup (event->text);
  message->at_us = sim_world_now (self->world);
  g_ptr_array_add (self->received, message);
  if (!self->holds_receipts)
    udpnat_node_confirm (self->node, sim_world_now (self->world), &event->key, &event->id);
}

static void
note_path (SimPeer               *self,
           const UdpnatNodeEvent *event)
{
  self->path_kind = event->kind;
  self->path_reason = event->reason;
  self->path_us = sim_world_now (self->world);
  if (self->direct_us == 0 && event->kind != UDPNAT_PATH_KIND_RELAY)
    self->direct_us = self->path_us;
}

static void
handle_event (SimPeer               *self,
              const UdpnatNodeEvent *event)
{
  switch ((UdpnatNodeEventType) event->base.type)
    {
    case UDPNAT_NODE_EVENT_REGISTERED:
      self->registered_us = sim_world_now (self->world);
      self->n_registered++;
      break;
    case UDPNAT_NODE_EVENT_REFUSED:
    case UDPNAT_NODE_EVENT_FAILED:
      self->n_failed++;
      g_free (self->last_code);
      self->last_code = g_strdup (event->code);
      break;
    case UDPNAT_NODE_EVENT_MESSAGE:
      note_message (self, event);
      break;
    case UDPNAT_NODE_EVENT_SENT:
      self->n_sent++;
      break;
    case UDPNAT_NODE_EVENT_DELIVERED:
      self->n_delivered++;
      self->last_elapsed_us = event->elapsed_us;
      break;
    case UDPNAT_NODE_EVENT_PATH:
      note_path (self, event);
      break;
    case UDPNAT_NODE_EVENT_UNREACHABLE:
      self->n_unreachable++;
      break;
    case UDPNAT_NODE_EVENT_TIMESTAMP:
      note_timestamp (self, event);
      break;
    case UDPNAT_NODE_EVENT_SERVER_KEY:
    case UDPNAT_NODE_EVENT_SERVER_CHANGED:
    case UDPNAT_NODE_EVENT_SERVER_SILENT:
    case UDPNAT_NODE_EVENT_SERVER_LOST:
    case UDPNAT_NODE_EVENT_UNREGISTERED:
    case UDPNAT_NODE_EVENT_PEER:
    case UDPNAT_NODE_EVENT_LIST_END:
    case UDPNAT_NODE_EVENT_CONTACT:
    case UDPNAT_NODE_EVENT_KEY_CHANGED:
      break;
    }
}

static void
peer_events_cb (gpointer user_data)
{
  SimPeer *self = user_data;
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (udpnat_node_get_machine (self->node))) != NULL)
    {
      handle_event (self, (UdpnatNodeEvent *) event);
      udpnat_event_free (event);
    }
}

/**
 * sim_peer_new:
 * @behind: (nullable): its router
 * @link: (nullable): for both directions
 */
SimPeer *
sim_peer_new (SimServer           *server,
              const char          *name,
              SimNat              *behind,
              const SimLinkConfig *link)
{
  SimPeer *self = g_new0 (SimPeer, 1);

  self->world = server->world;
  self->server = server;
  self->name = g_strdup (name);
  self->random = sim_world_fork_random (self->world, name);
  self->identity = udpnat_identity_generate (&self->random);
  self->host = sim_world_add_host (self->world, name, behind, NULL, link, link);
  self->received = g_ptr_array_new_with_free_func (message_free);
  self->timestamps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) g_bytes_unref);
  return self;
}

static void
restore_timestamps (SimPeer *self)
{
  GHashTableIter iter;
  gpointer key_text;
  gpointer timestamp;

  g_hash_table_iter_init (&iter, self->timestamps);
  while (g_hash_table_iter_next (&iter, &key_text, &timestamp))
    {
      UdpnatPublicKey key;

      if (!udpnat_public_key_parse (&key, key_text))
        g_assert_not_reached ();
      udpnat_node_restore_contact (self->node, &key, NULL, g_bytes_get_data (timestamp, NULL));
    }
}

/** sim_peer_start: starts the program, connects and logs in */
void
sim_peer_start (SimPeer *self)
{
  gint64 now_us = sim_world_now (self->world);
  UdpnatAddress server = sim_host_get_address (self->server->host, UDPNAT_FAMILY_IPV4);
  UdpnatAddress own[4];
  guint n_own = sim_host_get_addresses (self->host, own, G_N_ELEMENTS (own));

  g_assert_null (self->node);
  self->node = udpnat_node_new (self->identity, &self->random, now_us, now_us + WALL_OFFSET_US);
  restore_timestamps (self);
  server.port = UDPNAT_SERVER_PORT;
  udpnat_node_set_host_addresses (self->node, now_us, own, n_own, UDPNAT_CLIENT_PORT);
  udpnat_node_set_server (self->node, now_us, &server,
                          udpnat_identity_get_public_key (self->server->identity));
  udpnat_node_log_in (self->node, now_us, self->name);
  sim_host_attach (self->host, udpnat_node_get_machine (self->node), UDPNAT_CLIENT_PORT, 0,
                   peer_events_cb, self);
  sim_world_wake (self->host);
}

void
sim_peer_kill (SimPeer *self)
{
  sim_host_detach (self->host);
  g_clear_pointer (&self->node, udpnat_node_free);
}

void
sim_peer_free (SimPeer *self)
{
  if (self == NULL)
    return;
  if (self->node != NULL)
    sim_peer_kill (self);
  udpnat_identity_free (self->identity);
  g_ptr_array_unref (self->received);
  g_hash_table_unref (self->timestamps);
  g_free (self->last_code);
  g_free (self->name);
  g_free (self);
}

void
sim_peer_send (SimPeer    *self,
               const char *to,
               const char *text)
{
  UdpnatMessageId id;

  if (!udpnat_node_send (self->node, sim_world_now (self->world), to, text, &id))
    g_assert_not_reached ();
  sim_world_wake (self->host);
}

/** sim_peer_send_numbered: sends the texts "first", "first + 1", … */
void
sim_peer_send_numbered (SimPeer    *self,
                        const char *to,
                        guint       first,
                        guint       n_messages)
{
  for (guint i = first; i < first + n_messages; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      sim_peer_send (self, to, text);
    }
}

/**
 * sim_peer_assert_received: exactly the texts "0" to n_messages − 1, in order, each once, from
 * @from */
void
sim_peer_assert_received (const SimPeer *self,
                          const char    *from,
                          guint          n_messages)
{
  g_assert_cmpuint (self->received->len, ==, n_messages);
  for (guint i = 0; i < n_messages; i++)
    {
      SimMessage *message = g_ptr_array_index (self->received, i);
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_cmpstr (message->text, ==, expected);
      g_assert_cmpstr (message->from, ==, from);
    }
}

gboolean
sim_peer_is_registered (gpointer self)
{
  SimPeer *peer = self;

  return peer->node != NULL && udpnat_node_is_registered (peer->node);
}

/* ---- Two people ---- */

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
