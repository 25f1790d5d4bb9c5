#pragma once

#include "udpnat-frame.h"
#include "udpnat-packet.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-rendezvous-server.h"

#include <string.h>

/* A server and some clients in virtual time, joined by a network that delays and, if wished, loses
 * packets. Everything is decided by one seed. The server's disk is some lists that outlive it. */

#define NET_CLIENTS_MAX 80
#define NET_EVENT_TYPES (UDPNAT_RENDEZVOUS_EVENT_MAIL_AT + 1)
#define NET_DELAY_US UDPNAT_MSEC (10)
#define NET_BATCH 64
#define NET_WALL_US (G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC)

typedef struct
{
  gint64         due_us;
  gboolean       to_server;
  UdpnatAddress  destination;
  UdpnatDatagram datagram;
} NetPacket;

typedef struct
{
  char            *name;
  UdpnatPublicKey  key;
} NetPair;

/* A letter on the server's disk, or as a client has got it. */
typedef struct
{
  guint64          number;
  UdpnatPublicKey  recipient;
  gboolean         has_pass;
  guint8           pass[UDPNAT_MAIL_PASS_BYTES];
  gint64           stored_s;
  GBytes          *data;
} NetLetter;

typedef struct
{
  UdpnatPublicKey  key;
  GBytes          *passes;
} NetPasses;

typedef struct
{
  UdpnatIdentity         *identity;
  UdpnatIndexTable       *indexes;
  UdpnatRendezvousClient *client;
  UdpnatAddress           address;
  gboolean                is_symmetric; /* its NAT gives the server's second port another address */
  gboolean                is_cut;       /* nothing gets through either way */
  gboolean                is_udp_blocked;
  gboolean                is_tunnel_blocked;
  gboolean                is_continued; /* of the last CONNECTED */
  guint32                 tunnel; /* number of its connection; 0: none */
  guint                   n_tunnels, n_tunnelled;
  gint64                  tunnel_us; /* when the last one was opened */
  guint                   n_sent, n_received;

  /* what its events said */
  guint                      counts[NET_EVENT_TYPES];
  char                      *registered; /* name in the last REGISTERED */
  gint64                     registered_us;
  guint32                    handle;
  UdpnatPublicKey            server_key;
  guint8                     code; /* in the last REFUSED, RELAY_FAILED, DIAL_FAILED */
  UdpnatRendezvousLostReason lost_reason;
  gboolean                   found;
  guint                   n_try_later; /* of lookups */
  guint8                     lookup_code; /* in the last LOOKUP_RESULT */
  char                      *place; /* in the last NODE, LOCATED, MOVE or MAIL_AT */
  UdpnatPublicKey            node;  /* likewise */
  UdpnatDirectoryEntry       entry; /* of the last LOOKUP_RESULT that found */
  guint8                     presence; /* in the last PEER */
  GHashTable                *directory; /* name -> handle, 0 when offline */
  GPtrArray                 *paged;     /* names of all pages, as they came */
  guint8                     kind, watched_code, page_code;
  guint32                    page_request;
  char                      *page_name; /* nullable */
  UdpnatAttestation          attestation;
  GByteArray                *relayed;
  guint32                    relayed_from;
  char                      *relayed_name;
  GPtrArray                 *letters;    /* of NetLetter: all that came */
  gboolean                   is_reading; /* acknowledges each at once */
  guint32                    put_request; /* in the last MAIL_RESULT */
  guint                      put_counts[UDPNAT_MAIL_TRY_LATER + 1]; /* results by code */
} NetClient;

typedef struct
{
  gint64                  now_us;
  guint64                 random_state;
  UdpnatRandom            random;
  guint                   loss_percent;
  UdpnatIdentity         *server_identity;
  UdpnatRendezvousServer *server; /* NULL: down */
  guint16                 alt_port;
  UdpnatAddress           addresses[UDPNAT_N_NAMED_SOCKETS]; /* told by STUN */
  gint64                  relay_burst_bytes;
  guint                   max_sessions;
  UdpnatDirectoryKind     directory;
  gboolean                is_invited_only;
  UdpnatAddress           server_address;
  GPtrArray              *disk; /* of NetPair */
  gboolean                is_disk_slow; /* claims stay open until net_complete() */
  guint64                 claim_id;     /* the last one */
  guint                   n_claims;
  gboolean                is_mailbox_off;
  UdpnatMailboxLimits     mailbox;
  gint64                  wall_offset_us;
  GPtrArray              *letters; /* on the disk, of NetLetter */
  GPtrArray              *passes;  /* on the disk, of NetPasses, the newest last */
  guint64                 last_number;
  GBytes                 *ticket_keys; /* on the disk; nullable */
  gboolean                is_deaf_to_tickets; /* as a server before there were any */
  gboolean                is_mail_slow;   /* letters stay open until net_complete_letters() */
  gboolean                is_mail_broken; /* and can be neither stored nor read */
  GArray                 *open_letters;   /* of guint64 */
  guint                   n_loads;
  guint                   n_passes_events;
  gboolean              (*take_server_event) (gpointer                 user_data,
                                              const UdpnatServerEvent *event);
  gpointer                server_event_data;
  GQueue                  packets; /* of NetPacket, by time */
  NetClient               clients[NET_CLIENTS_MAX];
  guint                   n_clients;
  guint32                 last_tunnel;
  gint64                  udp_delay_us; /* besides NET_DELAY_US, of what goes by UDP */

  /* what the server sent to whoever is no client */
  guint                   n_stranger_packets;
  gsize                   n_stranger_bytes;
  UdpnatDatagram          last_stranger;
  void                  (*take_stranger) (gpointer              user_data,
                                          const UdpnatDatagram *datagram);
  gpointer                stranger_data;
  /* the last packet of each type that reached the server */
  UdpnatDatagram          seen[16];
} Net;

static inline void
net_fill (gpointer user_data,
          guint8  *out,
          gsize    n_out)
{
  guint64 *state = user_data;

  for (gsize i = 0; i < n_out; i++)
    {
      /* splitmix64 */
      guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

      z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      out[i] = (guint8) (z ^ (z >> 31));
    }
}

static inline UdpnatAddress
net_address (guint8  a,
             guint8  b,
             guint8  c,
             guint8  d,
             guint16 port)
{
  const guint8 ip[4] = { a, b, c, d };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, port);
  return address;
}

static inline UdpnatMachine *
net_machine (Net *net)
{
  return udpnat_rendezvous_server_get_machine (net->server);
}

static inline void
net_letter_free (gpointer pointer)
{
  NetLetter *letter = pointer;

  g_bytes_unref (letter->data);
  g_free (letter);
}

static inline void
net_passes_free (gpointer pointer)
{
  NetPasses *passes = pointer;

  g_bytes_unref (passes->passes);
  g_free (passes);
}

static inline void
net_restore (Net *net)
{
  for (guint i = 0; i < net->disk->len; i++)
    {
      const NetPair *pair = net->disk->pdata[i];

      udpnat_rendezvous_server_restore_name (net->server, pair->name, &pair->key);
    }
  for (guint i = 0; i < net->letters->len; i++)
    {
      const NetLetter *letter = net->letters->pdata[i];

      udpnat_rendezvous_server_restore_mail (net->server, letter->number, &letter->recipient,
                                             letter->has_pass ? letter->pass : NULL,
                                             g_bytes_get_size (letter->data), letter->stored_s);
    }
  for (guint i = 0; i < net->passes->len; i++)
    {
      const NetPasses *passes = net->passes->pdata[i];

      udpnat_rendezvous_server_restore_passes (
          net->server, &passes->key, g_bytes_get_data (passes->passes, NULL),
          (guint) (g_bytes_get_size (passes->passes) / UDPNAT_MAIL_PASS_BYTES));
    }
  udpnat_rendezvous_server_restore_mail_number (net->server, net->last_number);
  if (net->ticket_keys != NULL)
    g_assert_true (udpnat_rendezvous_server_restore_ticket_keys (
        net->server, g_bytes_get_data (net->ticket_keys, NULL),
        g_bytes_get_size (net->ticket_keys)));
}

static inline void
net_start_server (Net *net)
{
  UdpnatRendezvousServerConfig config = {
    .identity = net->server_identity,
    .random = net->random,
    .alt_port = net->alt_port,
    .addresses = {
      net->addresses[0],
      net->addresses[1],
      net->addresses[2],
      net->addresses[3],
    },
    .relay_burst_bytes = net->relay_burst_bytes,
    .max_sessions = net->max_sessions,
    .directory = net->directory,
    .is_invited_only = net->is_invited_only,
    .is_mailbox_on = !net->is_mailbox_off,
    .mailbox = net->mailbox,
    .wall_us = net->now_us + net->wall_offset_us,
  };

  g_assert_null (net->server);
  net->server = udpnat_rendezvous_server_new (&config, net->now_us);
  net_restore (net);
}

static inline void
net_pair_free (gpointer pointer)
{
  NetPair *pair = pointer;

  g_free (pair->name);
  g_free (pair);
}

static inline Net *
net_new (guint64 seed)
{
  Net *net = g_new0 (Net, 1);

  g_assert_true (udpnat_crypto_init ());
  net->random_state = seed;
  net->random = (UdpnatRandom) { net_fill, &net->random_state };
  net->now_us = UDPNAT_SEC (1000);
  net->server_identity = udpnat_identity_generate (&net->random);
  net->server_address = net_address (203, 0, 113, 1, UDPNAT_SERVER_PORT);
  net->alt_port = UDPNAT_SERVER_ALT_PORT;
  net->disk = g_ptr_array_new_with_free_func (net_pair_free);
  net->letters = g_ptr_array_new_with_free_func (net_letter_free);
  net->passes = g_ptr_array_new_with_free_func (net_passes_free);
  net->open_letters = g_array_new (FALSE, FALSE, sizeof (guint64));
  net->wall_offset_us = NET_WALL_US;
  net_start_server (net);
  return net;
}

static inline void
net_free_client (NetClient *client)
{
  udpnat_rendezvous_client_free (client->client);
  udpnat_index_table_free (client->indexes);
  udpnat_identity_free (client->identity);
  udpnat_directory_entry_clear (&client->entry);
  g_hash_table_unref (client->directory);
  g_ptr_array_unref (client->paged);
  g_free (client->page_name);
  g_byte_array_unref (client->relayed);
  g_ptr_array_unref (client->letters);
  g_free (client->relayed_name);
  g_free (client->place);
  g_free (client->registered);
}

static inline void
net_free (Net *net)
{
  for (guint i = 0; i < net->n_clients; i++)
    net_free_client (&net->clients[i]);
  udpnat_rendezvous_server_free (net->server);
  udpnat_identity_free (net->server_identity);
  g_ptr_array_unref (net->disk);
  g_ptr_array_unref (net->letters);
  g_ptr_array_unref (net->passes);
  g_array_unref (net->open_letters);
  g_clear_pointer (&net->ticket_keys, g_bytes_unref);
  g_queue_clear_full (&net->packets, g_free);
  g_free (net);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Net, net_free)

static inline NetClient *
net_add_client_with (Net                  *net,
                     const UdpnatIdentity *identity)
{
  NetClient *client = &net->clients[net->n_clients++];
  UdpnatRendezvousClientConfig config;

  g_assert_cmpuint (net->n_clients, <=, NET_CLIENTS_MAX);
  client->identity = identity != NULL ? udpnat_identity_copy (identity)
                                      : udpnat_identity_generate (&net->random);
  client->indexes = udpnat_index_table_new (&net->random);
  client->address = net_address (198, 51, 100, (guint8) net->n_clients, UDPNAT_CLIENT_PORT);
  client->directory = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  client->paged = g_ptr_array_new_with_free_func (g_free);
  client->relayed = g_byte_array_new ();
  client->letters = g_ptr_array_new_with_free_func (net_letter_free);
  config = (UdpnatRendezvousClientConfig) { client->identity, client->indexes, net->random };
  client->client = udpnat_rendezvous_client_new (&config, net->now_us);
  udpnat_rendezvous_client_set_wall_offset (client->client, NET_WALL_US);
  return client;
}

static inline NetClient *
net_add_client (Net *net)
{
  return net_add_client_with (net, NULL);
}

/* ---- Packets ---- */

/* Of two for the same time the one that was sent first. */
static inline int
net_compare_packets (gconstpointer queued,
                     gconstpointer packet,
                     gpointer      user_data)
{
  return ((const NetPacket *) queued)->due_us <= ((const NetPacket *) packet)->due_us ? -1 : 1;
}

static inline void
net_push (Net                  *net,
          gboolean              to_server,
          const UdpnatAddress  *destination,
          const UdpnatDatagram *datagram)
{
  NetPacket *packet;

  if (net->loss_percent > 0 && udpnat_random_below (&net->random, 100) < net->loss_percent)
    return;
  packet = g_new0 (NetPacket, 1);
  packet->due_us = net->now_us + NET_DELAY_US;
  if (datagram->socket != UDPNAT_SOCKET_TUNNEL)
    packet->due_us += net->udp_delay_us;
  packet->to_server = to_server;
  packet->destination = *destination;
  packet->datagram = *datagram;
  if (net->udp_delay_us == 0)
    g_queue_push_tail (&net->packets, packet);
  else
    g_queue_insert_sorted (&net->packets, packet, net_compare_packets, NULL);
}

static inline gboolean
net_is_address_of (const NetClient     *client,
                   const UdpnatAddress *address)
{
  UdpnatAddress other = client->address;

  if (udpnat_address_is_tunnel (address))
    return address->scope_id == client->tunnel;
  other.port += client->is_symmetric ? 1 : 0;
  return udpnat_address_equal (address, &client->address) || udpnat_address_equal (address, &other);
}

static inline NetClient *
net_find (Net                 *net,
          const UdpnatAddress *address)
{
  for (guint i = net->n_clients; i-- > 0;)
    if (net_is_address_of (&net->clients[i], address))
      return &net->clients[i];
  return NULL;
}

static inline void
net_take_letter (Net                         *net,
                 NetClient                   *client,
                 const UdpnatRendezvousEvent *event)
{
  NetLetter *letter = g_new0 (NetLetter, 1);

  letter->number = event->number;
  letter->stored_s = event->stored_s;
  letter->data = g_bytes_new (event->data, event->n_data);
  g_ptr_array_add (client->letters, letter);
  if (client->is_reading)
    udpnat_rendezvous_client_ack_mail (client->client, net->now_us, event->number);
}

static inline void
net_take_node (NetClient                   *client,
               const UdpnatRendezvousEvent *event)
{
  g_free (client->place);
  client->place = g_strdup (event->name);
  client->node = event->server;
}

static inline void
net_take_directory_event (NetClient                   *client,
                          const UdpnatRendezvousEvent *event)
{
  const UdpnatDirectoryEntry *entry = &event->entry;

  if (event->type == UDPNAT_RENDEZVOUS_EVENT_DIRECTORY)
    client->kind = event->code;
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_WATCHED)
    client->watched_code = event->code;
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_PAGE)
    {
      client->page_request = event->request;
      client->page_code = event->code;
      g_free (client->page_name);
      client->page_name = g_strdup (event->name);
    }
  else
    {
      g_hash_table_insert (client->directory, g_strdup (entry->name),
                           GUINT_TO_POINTER (entry->handle));
      if (event->is_paged)
        g_ptr_array_add (client->paged, g_strdup (entry->name));
      client->presence = entry->presence;
      /* Who is there has a handle; but at another server of a fleet none that is of use here. */
      g_assert_true (entry->presence != 0 || entry->handle == 0);
      g_assert_true (entry->handle != 0 || entry->presence == 0
                     || client->counts[UDPNAT_RENDEZVOUS_EVENT_NODE] > 0);
    }
}

static inline void
net_take_lookup (NetClient                   *client,
                 const UdpnatRendezvousEvent *event)
{
  client->found = event->found;
  client->lookup_code = event->code;
  client->n_try_later += event->code == UDPNAT_LOOKUP_TRY_LATER;
  udpnat_directory_entry_clear (&client->entry);
  client->entry = event->entry;
  client->entry.name = g_strdup (event->entry.name);
}

static inline void
net_take_event (Net                         *net,
                NetClient                   *client,
                const UdpnatRendezvousEvent *event)
{
  client->counts[event->type]++;
  switch (event->type)
    {
    case UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY:
    case UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH:
      client->server_key = event->key;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REGISTERED:
      g_free (client->registered);
      client->registered = g_strdup (event->name);
      client->registered_us = net->now_us;
      client->handle = event->handle;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOST:
      client->lost_reason = event->reason;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT:
      net_take_lookup (client, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_RELAYED:
      g_byte_array_set_size (client->relayed, 0);
      g_byte_array_append (client->relayed, event->data, (guint) event->n_data);
      client->relayed_from = event->handle;
      g_free (client->relayed_name);
      client->relayed_name = g_strdup (event->name);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL:
      net_take_letter (net, client, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT:
      client->put_request = event->request;
      g_assert_cmpuint (event->code, <, G_N_ELEMENTS (client->put_counts));
      client->put_counts[event->code]++;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REFUSED:
    case UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED:
    case UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED:
      client->code = event->code;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_ATTESTATION:
      client->attestation = event->attestation;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_NODE:
    case UDPNAT_RENDEZVOUS_EVENT_LOCATED:
    case UDPNAT_RENDEZVOUS_EVENT_MOVE:
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_AT:
      net_take_node (client, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_CONNECTED:
      client->is_continued = event->is_continued;
      break;
    case UDPNAT_RENDEZVOUS_EVENT_PEER:
    case UDPNAT_RENDEZVOUS_EVENT_DIRECTORY:
    case UDPNAT_RENDEZVOUS_EVENT_WATCHED:
    case UDPNAT_RENDEZVOUS_EVENT_PAGE:
      net_take_directory_event (client, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED:
    case UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER:
    case UDPNAT_RENDEZVOUS_EVENT_LIST_END:
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT:
    case UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE:
    case UDPNAT_RENDEZVOUS_EVENT_ROUTE:
    case UDPNAT_RENDEZVOUS_EVENT_REPLACED:
      break;
    }
}

/* A connection loses nothing, unless it is lost itself. */
static inline void
net_send_by_tunnel (Net            *net,
                    NetClient      *client,
                    UdpnatDatagram *datagram)
{
  guint loss_percent = net->loss_percent;
  UdpnatAddress destination = datagram->remote;

  if (datagram->n_data == 0 || client->is_tunnel_blocked)
    {
      client->tunnel = 0;
      return;
    }
  if (client->tunnel == 0)
    {
      client->tunnel = ++net->last_tunnel;
      client->tunnel_us = net->now_us;
      client->n_tunnels++;
    }
  client->n_tunnelled++;
  udpnat_address_init_tunnel (&datagram->remote, &client->address, client->tunnel);
  net->loss_percent = 0;
  if (!client->is_cut)
    net_push (net, TRUE, &destination, datagram);
  net->loss_percent = loss_percent;
}

static inline void
net_drain_client (Net       *net,
                  NetClient *client)
{
  UdpnatRendezvousEvent event;
  UdpnatDatagram datagram;

  while (udpnat_rendezvous_client_pop_event (client->client, &event))
    net_take_event (net, client, &event);
  while (udpnat_rendezvous_client_pop_output (client->client, net->now_us, &datagram))
    {
      UdpnatAddress destination = datagram.remote;

      client->n_sent++;
      g_assert_cmpuint (datagram.n_data, <=, UDPNAT_DATAGRAM_MAX_BYTES);
      if (datagram.socket == UDPNAT_SOCKET_TUNNEL)
        {
          net_send_by_tunnel (net, client, &datagram);
          continue;
        }
      datagram.remote = client->address;
      if (client->is_symmetric && destination.port == net->alt_port)
        datagram.remote.port++;
      if (!client->is_cut && !client->is_udp_blocked)
        net_push (net, TRUE, &destination, &datagram);
    }
}

static inline void
net_complete (Net     *net,
              guint64  claim_id,
              gboolean stored)
{
  udpnat_rendezvous_server_complete_claim (net->server, net->now_us, claim_id, stored);
}

static inline void
net_take_claim (Net                     *net,
                const UdpnatServerEvent *event)
{
  NetPair *pair;

  net->claim_id = event->claim_id;
  net->n_claims++;
  if (net->is_disk_slow)
    return;
  pair = g_new0 (NetPair, 1);
  pair->name = g_strdup (event->name);
  pair->key = event->key;
  g_ptr_array_add (net->disk, pair);
  net_complete (net, event->claim_id, TRUE);
}

static inline void
net_store_letter (Net                     *net,
                  const UdpnatServerEvent *event)
{
  NetLetter *letter = g_new0 (NetLetter, 1);

  letter->number = event->number;
  letter->recipient = event->key;
  letter->has_pass = event->has_pass;
  memcpy (letter->pass, event->pass, sizeof letter->pass);
  letter->stored_s = event->stored_s;
  letter->data = g_bytes_ref (event->data);
  g_ptr_array_add (net->letters, letter);
  g_assert_cmpuint (event->number, >, net->last_number);
  net->last_number = event->number;
  if (net->is_mail_slow)
    g_array_append_val (net->open_letters, event->number);
  else
    udpnat_rendezvous_server_complete_mail (net->server, net->now_us, event->number,
                                            !net->is_mail_broken);
}

static inline NetLetter *
net_find_letter (Net     *net,
                 guint64  number)
{
  for (guint i = 0; i < net->letters->len; i++)
    if (((NetLetter *) net->letters->pdata[i])->number == number)
      return net->letters->pdata[i];
  return NULL;
}

static inline void
net_load_letter (Net                     *net,
                 const UdpnatServerEvent *event)
{
  const NetLetter *letter = net_find_letter (net, event->number);
  gsize n_data = 0;
  gconstpointer data = NULL;

  net->n_loads++;
  g_assert_nonnull (letter);
  if (!net->is_mail_broken)
    data = g_bytes_get_data (letter->data, &n_data);
  udpnat_rendezvous_server_give_mail (net->server, net->now_us, event->number, data, n_data);
}

static inline void
net_store_passes (Net                     *net,
                  const UdpnatServerEvent *event)
{
  NetPasses *passes = g_new0 (NetPasses, 1);

  net->n_passes_events++;
  passes->key = event->key;
  passes->passes = g_bytes_ref (event->data);
  g_ptr_array_add (net->passes, passes);
}

static inline void
net_take_server_event (Net                     *net,
                       const UdpnatServerEvent *event)
{
  if (net->take_server_event != NULL && net->take_server_event (net->server_event_data, event))
    return;
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      net_take_claim (net, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
      net_store_letter (net, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
      net_load_letter (net, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
      g_assert_true (g_ptr_array_remove (net->letters, net_find_letter (net, event->number)));
      break;
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
      net_store_passes (net, event);
      break;
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
      g_clear_pointer (&net->ticket_keys, g_bytes_unref);
      net->ticket_keys = g_bytes_ref (event->data);
      break;
    case UDPNAT_SERVER_EVENT_REGISTERED:
    case UDPNAT_SERVER_EVENT_GONE:
    case UDPNAT_SERVER_EVENT_ASK_NAME: /* of a fleet */
    case UDPNAT_SERVER_EVENT_ASK_KEY:
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
    case UDPNAT_SERVER_EVENT_HOME:
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      break;
    }
}

/* The disk has done what it was asked for, in the order given. */
static inline void
net_complete_letters (Net      *net,
                      gboolean  is_stored)
{
  g_autoptr (GArray) open = g_steal_pointer (&net->open_letters);

  net->open_letters = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint i = 0; i < open->len; i++)
    udpnat_rendezvous_server_complete_mail (net->server, net->now_us,
                                            g_array_index (open, guint64, i), is_stored);
}

static inline void
net_drain_server (Net *net)
{
  UdpnatDatagram datagram;
  UdpnatEvent *event;

  if (net->server == NULL)
    return;
  while ((event = udpnat_machine_pop_event (net_machine (net))) != NULL)
    {
      net_take_server_event (net, (const UdpnatServerEvent *) event);
      udpnat_event_free (event);
    }
  while (udpnat_machine_pop_output (net_machine (net), net->now_us, &datagram))
    {
      UdpnatAddress destination = datagram.remote;
      NetClient *client = net_find (net, &destination);

      g_assert_cmpint (datagram.socket == UDPNAT_SOCKET_TUNNEL, ==,
                       udpnat_address_is_tunnel (&destination));
      if (client == NULL)
        {
          net->n_stranger_packets++;
          net->n_stranger_bytes += datagram.n_data;
          net->last_stranger = datagram;
          if (net->take_stranger != NULL)
            net->take_stranger (net->stranger_data, &datagram);
          continue;
        }
      datagram.remote = net->server_address;
      if (datagram.socket == UDPNAT_SOCKET_ALT)
        datagram.remote.port = net->alt_port;
      if (!client->is_cut
          && (!client->is_udp_blocked || udpnat_address_is_tunnel (&destination)))
        net_push (net, FALSE, &destination, &datagram);
    }
}

static inline void
net_drain (Net *net)
{
  net_drain_server (net);
  for (guint i = 0; i < net->n_clients; i++)
    net_drain_client (net, &net->clients[i]);
}

/* Hands a datagram to the server as if it came from @source. */
static inline UdpnatRxResult
net_inject (Net                 *net,
            const UdpnatAddress *source,
            UdpnatSocketId       socket,
            const guint8        *data,
            gsize                n_data)
{
  UdpnatDatagram datagram = { .socket = socket, .remote = *source, .n_data = n_data };
  UdpnatRxResult result;

  if (n_data > 0)
    memcpy (datagram.data, data, n_data);
  result = udpnat_machine_handle_datagram (net_machine (net), net->now_us, &datagram);
  net_drain_server (net);
  return result;
}

/* Returns: %FALSE when the server does not get it */
static inline gboolean
net_arrive (Net       *net,
            NetPacket *packet)
{
  gboolean is_alt = packet->destination.port != net->server_address.port;

  if (net->server == NULL
      || (net->is_deaf_to_tickets && packet->datagram.data[0] == UDPNAT_PACKET_HS1
          && packet->datagram.data[2] == UDPNAT_ROLE_RESUMPTION))
    return FALSE;
  packet->datagram.socket = is_alt ? UDPNAT_SOCKET_ALT : UDPNAT_SOCKET_MAIN;
  if (udpnat_address_is_tunnel (&packet->datagram.remote))
    packet->datagram.socket = UDPNAT_SOCKET_TUNNEL;
  net->seen[packet->datagram.data[0] & 15] = packet->datagram;
  return TRUE;
}

static inline void
net_deliver (Net       *net,
             NetPacket *packet)
{
  NetClient *client;

  if (packet->to_server)
    {
      if (net_arrive (net, packet))
        (void) udpnat_machine_handle_datagram (net_machine (net), net->now_us, &packet->datagram);
      net_drain_server (net);
      return;
    }
  client = net_find (net, &packet->destination);
  if (client == NULL)
    return;
  client->n_received++;
  packet->datagram.socket = udpnat_address_is_tunnel (&packet->destination) ? UDPNAT_SOCKET_TUNNEL
                                                                            : UDPNAT_SOCKET_MAIN;
  g_assert_true (udpnat_rendezvous_client_owns (client->client, &packet->datagram)
                 || packet->datagram.data[0] == UDPNAT_PACKET_DATA
                 || packet->datagram.data[0] == UDPNAT_PACKET_HS2
                 || packet->datagram.data[0] == UDPNAT_PACKET_COOKIE);
  (void) udpnat_rendezvous_client_handle_datagram (client->client, net->now_us, &packet->datagram);
  net_drain_client (net, client);
}

/* What arrives at the server at the same time it gets at once, as a program does. */
static inline void
net_deliver_to_server (Net *net)
{
  g_autofree UdpnatDatagram *batch = g_new (UdpnatDatagram, NET_BATCH);
  const NetPacket *first;
  guint n = 0;

  while (n < NET_BATCH && (first = g_queue_peek_head (&net->packets)) != NULL && first->to_server
         && first->due_us <= net->now_us)
    {
      g_autofree NetPacket *packet = g_queue_pop_head (&net->packets);

      if (net_arrive (net, packet))
        batch[n++] = packet->datagram;
    }
  if (n == 1)
    (void) udpnat_machine_handle_datagram (net_machine (net), net->now_us, &batch[0]);
  else if (n > 1)
    udpnat_machine_handle_datagrams (net_machine (net), net->now_us, batch, n);
  net_drain_server (net);
}

static inline gint64
net_next (Net *net)
{
  const NetPacket *packet = g_queue_peek_head (&net->packets);
  gint64 next_us = packet != NULL ? packet->due_us : UDPNAT_TIME_NEVER;

  if (net->server != NULL)
    next_us = udpnat_time_min (next_us, udpnat_machine_next_deadline (net_machine (net)));
  for (guint i = 0; i < net->n_clients; i++)
    next_us = udpnat_time_min (next_us,
                               udpnat_rendezvous_client_next_deadline (net->clients[i].client));
  return next_us;
}

static inline void
net_step (Net *net)
{
  const NetPacket *first;

  while ((first = g_queue_peek_head (&net->packets)) != NULL && first->due_us <= net->now_us)
    {
      g_autofree NetPacket *packet = NULL;

      if (first->to_server)
        {
          net_deliver_to_server (net);
          continue;
        }
      packet = g_queue_pop_head (&net->packets);
      net_deliver (net, packet);
    }
  if (net->server != NULL && udpnat_machine_next_deadline (net_machine (net)) <= net->now_us)
    {
      udpnat_machine_handle_deadline (net_machine (net), net->now_us);
      net_drain_server (net);
    }
  for (guint i = 0; i < net->n_clients; i++)
    if (udpnat_rendezvous_client_next_deadline (net->clients[i].client) <= net->now_us)
      {
        udpnat_rendezvous_client_handle_deadline (net->clients[i].client, net->now_us);
        net_drain_client (net, &net->clients[i]);
      }
}

/* Whoever has handled all that was due wants nothing more now: else a program would spin. */
static inline void
net_check_deadlines (Net *net)
{
  if (net->server != NULL)
    g_assert_cmpint (udpnat_machine_next_deadline (net_machine (net)), >, net->now_us);
  for (guint i = 0; i < net->n_clients; i++)
    g_assert_cmpint (udpnat_rendezvous_client_next_deadline (net->clients[i].client), >,
                     net->now_us);
}

static inline void
net_run (Net   *net,
         gint64 duration_us)
{
  gint64 end_us = net->now_us + duration_us;

  net_drain (net);
  while (net_next (net) <= end_us)
    {
      net->now_us = MAX (net->now_us, net_next (net));
      net_step (net);
      net_check_deadlines (net);
    }
  net->now_us = end_us;
}

/* @is_polite: it says so */
static inline void
net_stop_server (Net     *net,
                 gboolean is_polite)
{
  if (is_polite)
    {
      udpnat_rendezvous_server_shut_down (net->server, net->now_us);
      net_drain (net);
    }
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
}

static inline void
net_restart (Net     *net,
             gboolean is_polite,
             gint64   down_us)
{
  net_stop_server (net, is_polite);
  net_run (net, down_us);
  net_start_server (net);
}

/* ---- Shorthands ---- */

/* Connects, and registers unless @name is NULL; does not wait. */
static inline NetClient *
net_join_client (Net        *net,
                 NetClient  *client,
                 const char *name)
{
  udpnat_rendezvous_client_set_server (client->client, net->now_us, &net->server_address,
                                       udpnat_identity_get_public_key (net->server_identity));
  if (name != NULL)
    udpnat_rendezvous_client_register (client->client, net->now_us, name);
  return client;
}

static inline NetClient *
net_join (Net        *net,
          const char *name)
{
  return net_join_client (net, net_add_client (net), name);
}

static inline UdpnatRendezvousServerStats
net_stats (Net *net)
{
  UdpnatRendezvousServerStats stats;

  udpnat_rendezvous_server_get_stats (net->server, &stats);
  return stats;
}

static inline guint32
net_listed_handle (const NetClient *client,
                   const char      *name)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (client->directory, name));
}

static inline gboolean
net_is_registered (const NetClient *client)
{
  return udpnat_rendezvous_client_is_registered (client->client);
}

/* What a relay may carry: looks like DATA, says @fill. */
static inline gsize
net_make_inner (guint8 *out,
                gsize   n_inner,
                guint8  fill)
{
  g_assert_cmpuint (n_inner, >=, UDPNAT_DATA_MIN_BYTES);
  memset (out, fill, n_inner);
  memset (out, 0, 4);
  out[0] = UDPNAT_PACKET_DATA;
  return n_inner;
}
