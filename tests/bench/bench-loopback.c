/* How long a message takes over real sockets: a server and two nodes in one process and one main
 * loop, each with its own socket. Wall clock; one message at a time.
 *
 * An address of this machine is used if it has one (its packets still go through the kernel's
 * loopback): 127.0.0.1 is no candidate, so nodes that know nothing else stay on the relay. */

#include "config.h"

#include <stdio.h>

#include "bench.h"

#include "udpnat-clock.h"
#include "udpnat-interfaces.h"
#include "udpnat-machine-source.h"
#include "udpnat-node.h"
#include "udpnat-rendezvous-server.h"

#define N_MESSAGES 2000
#define PATIENCE_US UDPNAT_SEC (10)

typedef struct
{
  UdpnatNode    *node;
  UdpnatSocket  *socket;
  GSource       *source;
  UdpnatPathKind path_kind;
  guint          n_delivered;
  gint64         received_us; /* when the last one was */
  gint64         delivered_us;
} Person;

typedef struct
{
  UdpnatAddress           own; /* of this machine, without a port */
  UdpnatRendezvousServer *server;
  UdpnatIdentity         *identity;
  UdpnatSocket           *socket;
  GSource                *source;
  Person                  alice;
  Person                  bob;
} Scene;

static UdpnatAddress
find_own_address (void)
{
  UdpnatAddress addresses[16], loopback;
  guint         n = udpnat_interfaces_get_addresses (addresses, G_N_ELEMENTS (addresses));

  for (guint i = 0; i < n; i++)
    if (addresses[i].family == UDPNAT_FAMILY_IPV4)
      return addresses[i];
  if (!udpnat_address_parse_ip (&loopback, "127.0.0.1", 0))
    g_assert_not_reached ();
  return loopback;
}

/* At our own address, at any port. */
static UdpnatSocket *
open_socket (const Scene *scene)
{
  g_autofree char   *ip = g_strdup_printf ("%u.%u.%u.%u", scene->own.ip[0], scene->own.ip[1],
                                           scene->own.ip[2], scene->own.ip[3]);
  g_autoptr (GError) error = NULL;
  UdpnatSocket      *opened = udpnat_socket_new (ip, 0, 0, &error);

  if (opened == NULL)
    g_error ("%s", error->message);
  return opened;
}

static void
server_events_cb (gpointer user_data)
{
  Scene       *self = user_data;
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (udpnat_rendezvous_server_get_machine (self->server)))
         != NULL)
    {
      if (event->type == UDPNAT_SERVER_EVENT_CLAIM)
        udpnat_rendezvous_server_complete_claim (self->server, udpnat_clock_get_now_us (),
                                                 ((UdpnatServerEvent *) event)->claim_id, TRUE);
      udpnat_event_free (event);
    }
}

static void
person_events_cb (gpointer user_data)
{
  Person      *self = user_data;
  UdpnatEvent *base;

  while ((base = udpnat_machine_pop_event (udpnat_node_get_machine (self->node))) != NULL)
    {
      UdpnatNodeEvent *event = (UdpnatNodeEvent *) base;

      if (base->type == UDPNAT_NODE_EVENT_ITEM)
        {
          self->received_us = udpnat_clock_get_now_us ();
          udpnat_node_confirm (self->node, self->received_us, &event->key, &event->item->id);
        }
      else if (base->type == UDPNAT_NODE_EVENT_DELIVERED)
        {
          self->n_delivered++;
          self->delivered_us = udpnat_clock_get_now_us ();
        }
      else if (base->type == UDPNAT_NODE_EVENT_PATH)
        self->path_kind = event->kind;
      udpnat_event_free (base);
    }
}

static void
person_init (Person     *self,
             Scene      *scene,
             const char *name)
{
  UdpnatRandom               random = bench_random ();
  gint64                     now_us = udpnat_clock_get_now_us ();
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&random);
  UdpnatAddress              server = scene->own;

  server.port = udpnat_socket_get_port (scene->socket);
  self->node = udpnat_node_new (identity, &random, now_us, udpnat_clock_get_wall_us ());
  self->socket = open_socket (scene);
  udpnat_node_set_host_addresses (self->node, now_us, &scene->own, 1,
                                  udpnat_socket_get_port (self->socket));
  udpnat_node_set_server (self->node, now_us, &server,
                          udpnat_identity_get_public_key (scene->identity));
  udpnat_node_log_in (self->node, now_us, name);
  self->source = udpnat_machine_source_new (udpnat_node_get_machine (self->node), &self->socket,
                                            1, person_events_cb, self);
  g_source_attach (self->source, NULL);
}

static void
person_clear (Person *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  udpnat_node_free (self->node);
  udpnat_socket_free (self->socket);
}

static void
scene_init (Scene *self)
{
  UdpnatRendezvousServerConfig config = { .random = bench_random () };

  self->own = find_own_address ();
  self->identity = udpnat_identity_generate (&config.random);
  config.identity = self->identity;
  self->server = udpnat_rendezvous_server_new (&config, udpnat_clock_get_now_us ());
  self->socket = open_socket (self);
  self->source = udpnat_machine_source_new (udpnat_rendezvous_server_get_machine (self->server),
                                            &self->socket, 1, server_events_cb, self);
  g_source_attach (self->source, NULL);
  person_init (&self->alice, self, "alice");
  person_init (&self->bob, self, "bob");
}

static void
scene_clear (Scene *self)
{
  person_clear (&self->alice);
  person_clear (&self->bob);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  udpnat_rendezvous_server_free (self->server);
  udpnat_socket_free (self->socket);
  udpnat_identity_free (self->identity);
}

static const UdpnatPublicKey *
person_get_key (const Person *self)
{
  return udpnat_node_get_public_key (self->node);
}

static void
run_for (gint64 duration_us)
{
  gint64 end_us = udpnat_clock_get_now_us () + duration_us;

  while (udpnat_clock_get_now_us () < end_us)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (200);
    }
}

static void
send_one (Scene *self)
{
  guint                  n_before = self->alice.n_delivered;
  gint64                 start_us = udpnat_clock_get_now_us ();
  UdpnatRandom           random = bench_random ();
  g_autoptr (UdpnatItem) item = NULL;
  UdpnatMessageId        id;

  udpnat_random_fill (&random, id.bytes, sizeof id.bytes);
  item = udpnat_item_new_text (&id, udpnat_clock_get_wall_us (),
                               "a line of text as people write them");
  if (!udpnat_node_send (self->alice.node, start_us, person_get_key (&self->bob), item, FALSE))
    g_assert_not_reached ();
  udpnat_machine_source_wake (self->alice.source);
  while (self->alice.n_delivered == n_before)
    {
      g_main_context_iteration (NULL, TRUE);
      if (udpnat_clock_get_now_us () > start_us + PATIENCE_US)
        g_error ("a message was not delivered");
    }
}

static void
print_times (Scene      *self,
             const char *way)
{
  g_autofree double *received = g_new (double, N_MESSAGES);
  g_autofree double *delivered = g_new (double, N_MESSAGES);

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      gint64 start_us = udpnat_clock_get_now_us ();

      send_one (self);
      received[i] = (double) (self->bob.received_us - start_us);
      delivered[i] = (double) (self->alice.delivered_us - start_us);
    }
  printf ("  %-8s %11.0f µs %11.0f µs %13.0f µs %11.0f µs\n", way,
          bench_quantile (received, N_MESSAGES, 0.5), bench_quantile (received, N_MESSAGES, 0.99),
          bench_quantile (delivered, N_MESSAGES, 0.5),
          bench_quantile (delivered, N_MESSAGES, 0.99));
}

static void
run (gboolean is_relay_only)
{
  static const char *const ways[] = { "relay", "LAN", "direct" };
  Scene                    scene = { 0 };

  scene_init (&scene);
  if (is_relay_only)
    udpnat_node_set_relay_only (scene.alice.node, udpnat_clock_get_now_us (), TRUE);
  run_for (UDPNAT_MSEC (300));
  if (!udpnat_node_is_registered (scene.alice.node) || !udpnat_node_is_registered (scene.bob.node))
    g_error ("not registered");
  udpnat_node_set_trust (scene.alice.node, udpnat_clock_get_now_us (), person_get_key (&scene.bob),
                         UDPNAT_TRUST_ACCEPTED);
  udpnat_node_set_trust (scene.bob.node, udpnat_clock_get_now_us (), person_get_key (&scene.alice),
                         UDPNAT_TRUST_ACCEPTED);
  send_one (&scene);
  run_for (UDPNAT_SEC (1));
  print_times (&scene, ways[scene.alice.path_kind]);
  scene_clear (&scene);
}

int
main (void)
{
  if (!udpnat_crypto_init ())
    return 1;
  printf ("%d messages over loopback sockets, wall clock, server and both nodes in one thread\n",
          N_MESSAGES);
  printf ("  %-8s %14s %14s %16s %14s\n", "way", "at bob, p50", "p99", "delivered, p50", "p99");
  run (FALSE);
  run (TRUE);
  return 0;
}
