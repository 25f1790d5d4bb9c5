#pragma once

#include <string.h>

#include "udpnat-frame.h"
#include "udpnat-handshake.h"
#include "udpnat-node-facts.h"
#include "udpnat-packet.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-sealed.h"

/* Some users and a server in virtual time, all on the open Internet, joined by a network that only
 * delays. It hands over every datagram in the order in which it was sent, keeps a copy of each, and
 * lets a test add its own. What a user's program stores and the server's disk outlive them; writing
 * takes no time here (tests/sim has disks that are slow). */

#define NET_USERS_MAX 4
#define NET_EVENT_TYPES (UDPNAT_NODE_EVENT_PREKEY_USED + 1)
#define NET_DELAY_US UDPNAT_MSEC (10)
#define NET_WALL_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

typedef struct
{
  gint64         due_us;
  UdpnatAddress  from;
  UdpnatAddress  to;
  UdpnatDatagram datagram;
} NetPacket;

/* A name and its key on the server's disk, or a contact in a user's store. */
typedef struct
{
  char            *name; /* nullable in a store */
  UdpnatPublicKey  key;
  UdpnatTrust      trust;
  gboolean         has_timestamp;
  guint8           timestamp[UDPNAT_TIMESTAMP_BYTES];
} NetRecord;

/* A letter on the server's disk. */
typedef struct
{
  guint64         number;
  UdpnatPublicKey recipient;
  gboolean        has_pass;
  GBytes         *data;
} NetLetter;

/* A text whose addressee is being looked up. */
typedef struct
{
  guint32 request;
  char   *text;
} NetSend;

typedef struct _NetUser NetUser;
typedef struct _Net Net;

struct _NetUser
{
  Net            *net;
  UdpnatIdentity *identity;
  UdpnatAddress   address;
  UdpnatNode     *node;  /* NULL while it does not run */
  GPtrArray      *store; /* of NetRecord */
  GQueue          sends; /* of NetSend */
  gboolean        is_choosy; /* does not accept strangers by itself; their items are kept */
  gboolean        is_slow;   /* items are neither confirmed nor refused: the test does it */
  void (*on_event) (NetUser               *self,
                    const UdpnatNodeEvent *event); /* nullable */

  /* what its events said; survives a restart */
  guint            counts[NET_EVENT_TYPES];
  guint            n_handshakes;  /* timestamps given out */
  GPtrArray       *received;      /* texts */
  UdpnatPublicKey  received_from; /* the last one */
  char            *received_name; /* nullable: likewise */
  UdpnatPublicKey  changed_key;   /* of the last KEY_CHANGED */
  char            *changed_name;
  guint            n_failed;      /* lookups that found nobody, and texts the node refused */
  const char      *failed_code;   /* of the last one; NULL when the node refused */
  UdpnatMessageId  last_id;       /* of the last ITEM */
  const char      *mail_code;     /* of the last MAIL_REFUSED */
  guint64          prekey_id;     /* of the last PREKEY_TAKEN or PREKEY_USED */
  gboolean         is_typing;     /* what the last TYPING said */
  guint8           presence;      /* what the last PEER said */
  UdpnatMessageId  read_id;       /* what the last READ said */
  UdpnatPathKind   path_kind;
  UdpnatPathReason path_reason;

  guint n_direct; /* datagrams sent to anybody but the server */
};

struct _Net
{
  guint64                 random_state;
  UdpnatRandom            random;
  gint64                  now_us;
  UdpnatIdentity         *server_identity;
  UdpnatRendezvousServer *server; /* NULL while it does not run */
  UdpnatAddress           server_address;
  GPtrArray              *disk;   /* of NetRecord */
  GPtrArray              *letters; /* of NetLetter */
  guint                   n_letters_ever;
  UdpnatDirectoryKind     directory;      /* when the server starts */
  gboolean                is_mailbox_off; /* likewise */
  gboolean                is_mail_disk_full;
  UdpnatMailboxLimits     mailbox_limits; /* likewise */
  NetUser                 users[NET_USERS_MAX];
  guint                   n_users;
  GQueue                  packets;     /* of NetPacket, in the order of arrival */
  GPtrArray              *seen;        /* of NetPacket: all that were ever sent */
  guint                   n_stray[16]; /* sent to addresses where nobody is, by packet type */
  UdpnatDatagram          last_stray;
  /* nullable: gets them as they arrive */
  void (*take_stray)(gpointer              stray_data,
                     const UdpnatDatagram *datagram);
  gpointer stray_data;
};

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
net_address (guint8  last,
             guint16 port)
{
  const guint8 ip[4] = { 198, 51, 100, last };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, port);
  return address;
}

/* ---- Records ---- */

static inline void
net_record_free (gpointer data)
{
  NetRecord *record = data;

  g_free (record->name);
  g_free (record);
}

static inline NetRecord *
net_ensure_record (GPtrArray             *records,
                   const UdpnatPublicKey *key)
{
  NetRecord *record;

  for (guint i = 0; i < records->len; i++)
    {
      record = g_ptr_array_index (records, i);
      if (udpnat_public_key_equal (&record->key, key))
        return record;
    }
  record = g_new0 (NetRecord, 1);
  record->key = *key;
  g_ptr_array_add (records, record);
  return record;
}

static inline void
net_letter_free (gpointer data)
{
  NetLetter *letter = data;

  g_bytes_unref (letter->data);
  g_free (letter);
}

static inline void
net_send_free (gpointer data)
{
  NetSend *send = data;

  g_free (send->text);
  g_free (send);
}

/* ---- Server ---- */

static inline void
net_start_server (Net *net)
{
  UdpnatRendezvousServerConfig config = {
    .identity = net->server_identity,
    .random = net->random,
    .directory = net->directory,
    .is_mailbox_on = !net->is_mailbox_off,
    .mailbox = net->mailbox_limits,
    .wall_us = net->now_us + NET_WALL_US,
  };

  g_assert_null (net->server);
  net->server = udpnat_rendezvous_server_new (&config, net->now_us);
  for (guint i = 0; i < net->disk->len; i++)
    {
      const NetRecord *record = g_ptr_array_index (net->disk, i);

      udpnat_rendezvous_server_restore_name (net->server, record->name, &record->key);
    }
  for (guint i = 0; i < net->letters->len; i++)
    {
      const NetLetter *letter = g_ptr_array_index (net->letters, i);

      udpnat_rendezvous_server_restore_mail (net->server, letter->number, &letter->recipient, NULL,
                                             g_bytes_get_size (letter->data),
                                             (net->now_us + NET_WALL_US) / G_USEC_PER_SEC);
    }
}

static inline void
net_kill_server (Net *net)
{
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
}

/* Killed, and started again without its disk: names are for whoever comes first. */
static inline void
net_wipe_server (Net *net)
{
  net_kill_server (net);
  g_ptr_array_set_size (net->disk, 0);
  net_start_server (net);
}

static inline void
net_take_claim (Net                     *net,
                const UdpnatServerEvent *event)
{
  NetRecord *record = g_new0 (NetRecord, 1);

  record->name = g_strdup (event->name);
  record->key = event->key;
  g_ptr_array_add (net->disk, record);
  udpnat_rendezvous_server_complete_claim (net->server, net->now_us, event->claim_id, TRUE);
}

static inline NetLetter *
net_find_letter (const Net *net,
                 guint64    number)
{
  for (guint i = 0; i < net->letters->len; i++)
    {
      NetLetter *letter = g_ptr_array_index (net->letters, i);

      if (letter->number == number)
        return letter;
    }
  return NULL;
}

static inline void
net_take_letter (Net                     *net,
                 const UdpnatServerEvent *event)
{
  NetLetter *letter;

  if (net->is_mail_disk_full)
    {
      udpnat_rendezvous_server_complete_mail (net->server, net->now_us, event->number, FALSE);
      return;
    }
  letter = g_new0 (NetLetter, 1);
  *letter = (NetLetter) { event->number, event->key, event->has_pass, g_bytes_ref (event->data) };
  g_ptr_array_add (net->letters, letter);
  net->n_letters_ever++;
  udpnat_rendezvous_server_complete_mail (net->server, net->now_us, event->number, TRUE);
}

static inline void
net_give_letter (Net    *net,
                 guint64 number)
{
  const NetLetter *letter = net_find_letter (net, number);
  gsize n_data = 0;
  const guint8 *data = letter != NULL ? g_bytes_get_data (letter->data, &n_data) : NULL;

  udpnat_rendezvous_server_give_mail (net->server, net->now_us, number, data, n_data);
}

static inline void
net_take_server_event (Net                     *net,
                       const UdpnatServerEvent *event)
{
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      net_take_claim (net, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
      net_take_letter (net, event);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
      net_give_letter (net, event->number);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
      g_ptr_array_remove (net->letters, net_find_letter (net, event->number));
      break;
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
    case UDPNAT_SERVER_EVENT_MAIL_PASSES: /* told again after each registration */
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

/* ---- Users ---- */

static inline void
net_store (NetUser               *user,
           const UdpnatNodeEvent *event)
{
  NetRecord *record = net_ensure_record (user->store, &event->key);

  if (event->base.type == UDPNAT_NODE_EVENT_CONTACT)
    {
      g_free (record->name);
      record->name = g_strdup (event->name);
      return;
    }
  /* Whatever the order of events, a timestamp never goes back. */
  g_assert_true (!record->has_timestamp ||
                 memcmp (event->timestamp, record->timestamp, sizeof record->timestamp) > 0);
  record->has_timestamp = TRUE;
  memcpy (record->timestamp, event->timestamp, sizeof record->timestamp);
  if (udpnat_public_key_equal (&event->key, udpnat_node_get_public_key (user->node)))
    user->n_handshakes++;
}

/* Whom the user takes for a contact, now and after a restart. */
static inline void
net_set_trust (NetUser               *user,
               const UdpnatPublicKey *key,
               UdpnatTrust            trust)
{
  net_ensure_record (user->store, key)->trust = trust;
  udpnat_node_set_trust (user->node, user->net->now_us, key, trust);
}

static inline void
net_accept (NetUser               *user,
            const UdpnatPublicKey *key)
{
  net_set_trust (user, key, UDPNAT_TRUST_ACCEPTED);
}

static inline UdpnatItem *
net_make_text (Net        *net,
               const char *text)
{
  UdpnatMessageId id;

  udpnat_random_fill (&net->random, id.bytes, sizeof id.bytes);
  return udpnat_item_new_text (&id, net->now_us + NET_WALL_US, text);
}

/* By key; whoever is written to is a contact. */
static inline gboolean
net_say_to (NetUser               *user,
            const UdpnatPublicKey *key,
            const char            *text)
{
  g_autoptr (UdpnatItem) item = net_make_text (user->net, text);

  net_accept (user, key);
  return udpnat_node_send (user->node, user->net->now_us, key, item, FALSE);
}

static inline void
net_take_looked_up (NetUser               *user,
                    const UdpnatNodeEvent *event)
{
  NetSend *send = NULL;

  for (GList *link = user->sends.head; link != NULL && send == NULL; link = link->next)
    if (((NetSend *) link->data)->request == event->request)
      send = link->data;
  if (send == NULL)
    return; /* the test's own */
  if (event->code != NULL || !net_say_to (user, &event->key, send->text))
    {
      user->n_failed++;
      user->failed_code = event->code;
    }
  g_queue_remove (&user->sends, send);
  net_send_free (send);
}

static inline void
net_take_item (NetUser               *user,
               const UdpnatNodeEvent *event)
{
  user->received_from = event->key;
  user->last_id = event->item->id;
  g_free (user->received_name);
  user->received_name = g_strdup (event->name);
  if (event->item->type == UDPNAT_ITEM_TEXT)
    g_ptr_array_add (user->received, udpnat_item_dup_text (event->item));
  if (!user->is_choosy)
    net_accept (user, &event->key);
  if (!user->is_slow)
    udpnat_node_confirm (user->node, user->net->now_us, &event->key, &event->item->id);
}

static inline void
net_take_event (NetUser               *user,
                const UdpnatNodeEvent *event)
{
  UdpnatNodeEventType type = (UdpnatNodeEventType) event->base.type;

  user->counts[type]++;
  if (type == UDPNAT_NODE_EVENT_ITEM)
    net_take_item (user, event);
  else if (type == UDPNAT_NODE_EVENT_TIMESTAMP || type == UDPNAT_NODE_EVENT_CONTACT)
    net_store (user, event);
  else if (type == UDPNAT_NODE_EVENT_LOOKED_UP)
    net_take_looked_up (user, event);
  else if (type == UDPNAT_NODE_EVENT_MAIL_REFUSED)
    user->mail_code = event->code;
  else if (type == UDPNAT_NODE_EVENT_PREKEY_TAKEN || type == UDPNAT_NODE_EVENT_PREKEY_USED)
    user->prekey_id = event->prekey_id;
  else if (type == UDPNAT_NODE_EVENT_READ)
    user->read_id = event->id;
  else if (type == UDPNAT_NODE_EVENT_TYPING)
    user->is_typing = event->is_typing;
  else if (type == UDPNAT_NODE_EVENT_PEER)
    user->presence = event->presence;
  else if (type == UDPNAT_NODE_EVENT_PATH)
    {
      user->path_kind = event->kind;
      user->path_reason = event->reason;
    }
  else if (type == UDPNAT_NODE_EVENT_KEY_CHANGED)
    {
      user->changed_key = event->key;
      g_free (user->changed_name);
      user->changed_name = g_strdup (event->name);
    }
  if (user->on_event != NULL)
    user->on_event (user, event);
}

static inline NetUser *
net_add_user (Net *net)
{
  NetUser *user = &net->users[net->n_users++];

  g_assert_cmpuint (net->n_users, <=, NET_USERS_MAX);
  user->net = net;
  user->identity = udpnat_identity_generate (&net->random);
  user->address = net_address ((guint8) (10 + net->n_users), UDPNAT_CLIENT_PORT);
  user->store = g_ptr_array_new_with_free_func (net_record_free);
  user->received = g_ptr_array_new_with_free_func (g_free);
  return user;
}

static inline const UdpnatPublicKey *
net_key (const NetUser *user)
{
  return udpnat_identity_get_public_key (user->identity);
}

/* Starts the program with what its store knows. It does not connect yet. */
static inline void
net_start_user (NetUser *user)
{
  Net *net = user->net;

  g_assert_null (user->node);
  user->node = udpnat_node_new (user->identity, &net->random, net->now_us,
                                net->now_us + NET_WALL_US);
  for (guint i = 0; i < user->store->len; i++)
    {
      const NetRecord *record = g_ptr_array_index (user->store, i);

      udpnat_node_restore_contact (user->node, &record->key, record->name, record->trust,
                                   record->has_timestamp ? record->timestamp : NULL);
    }
  udpnat_node_set_host_addresses (user->node, net->now_us, &user->address, 1, user->address.port);
}

static inline void
net_log_in (NetUser    *user,
            const char *name)
{
  Net *net = user->net;

  udpnat_node_set_server (user->node, net->now_us, &net->server_address,
                          udpnat_identity_get_public_key (net->server_identity));
  udpnat_node_log_in (user->node, net->now_us, name);
}

static inline void
net_kill_user (NetUser *user)
{
  g_queue_clear_full (&user->sends, net_send_free);
  g_clear_pointer (&user->node, udpnat_node_free);
}

/* ---- The network ---- */

static inline void
net_inject (Net                 *net,
            const UdpnatAddress *from,
            const UdpnatAddress *to,
            const guint8        *data,
            gsize                n_data)
{
  NetPacket *packet = g_new0 (NetPacket, 1);

  g_assert_cmpuint (n_data, <=, UDPNAT_DATAGRAM_MAX_BYTES);
  packet->due_us = net->now_us + NET_DELAY_US;
  packet->from = *from;
  packet->to = *to;
  packet->datagram.n_data = n_data;
  if (n_data > 0)
    memcpy (packet->datagram.data, data, n_data);
  g_queue_push_tail (&net->packets, packet);
}

static inline void
net_send (Net                  *net,
          const UdpnatAddress  *from,
          const UdpnatDatagram *datagram)
{
  NetPacket *copy;

  if (datagram->n_data == 0) /* a further socket is closed */
    {
      g_assert_cmpuint (datagram->socket, >=, UDPNAT_SOCKET_FURTHER);
      return;
    }
  net_inject (net, from, &datagram->remote, datagram->data, datagram->n_data);
  copy = g_memdup2 (g_queue_peek_tail (&net->packets), sizeof *copy);
  g_ptr_array_add (net->seen, copy);
}

/* What an owner does after each call: pops events, then outputs, until the machine has no more to
 * do at this moment. It must come to rest: else a program would spin. */
static inline void
net_turn_user (NetUser *user)
{
  Net *net = user->net;
  UdpnatMachine *machine = udpnat_node_get_machine (user->node);

  for (guint i = 0; i < 5; i++)
    {
      UdpnatDatagram datagram;
      UdpnatEvent *event;

      while ((event = udpnat_machine_pop_event (machine)) != NULL)
        {
          net_take_event (user, (const UdpnatNodeEvent *) event);
          udpnat_event_free (event);
        }
      while (udpnat_machine_pop_output (machine, net->now_us, &datagram))
        {
          if (!udpnat_address_equal (&datagram.remote, &net->server_address))
            user->n_direct++;
          net_send (net, &user->address, &datagram);
        }
      if (udpnat_machine_next_deadline (machine) > net->now_us)
        return;
      udpnat_machine_handle_deadline (machine, net->now_us);
    }
  g_assert_not_reached ();
}

static inline void
net_turn_server (Net *net)
{
  UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (net->server);
  UdpnatDatagram datagram;
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    {
      net_take_server_event (net, (const UdpnatServerEvent *) event);
      udpnat_event_free (event);
    }
  while (udpnat_machine_pop_output (machine, net->now_us, &datagram))
    net_send (net, &net->server_address, &datagram);
}

static inline void
net_turn (Net *net)
{
  if (net->server != NULL)
    net_turn_server (net);
  for (guint i = 0; i < net->n_users; i++)
    if (net->users[i].node != NULL)
      net_turn_user (&net->users[i]);
}

static inline UdpnatRxResult
net_hand_over (Net       *net,
               NetPacket *packet)
{
  UdpnatDatagram *datagram = &packet->datagram;

  datagram->socket = UDPNAT_SOCKET_MAIN;
  datagram->ttl = 0;
  datagram->remote = packet->from;
  if (udpnat_address_equal (&packet->to, &net->server_address))
    return net->server == NULL ? UDPNAT_RX_IGNORED :
           udpnat_machine_handle_datagram (udpnat_rendezvous_server_get_machine (net->server),
                                           net->now_us, datagram);
  for (guint i = 0; i < net->n_users; i++)
    if (udpnat_address_equal (&packet->to, &net->users[i].address))
      return net->users[i].node == NULL ? UDPNAT_RX_IGNORED :
             udpnat_machine_handle_datagram (udpnat_node_get_machine (net->users[i].node),
                                             net->now_us, datagram);
  net->n_stray[datagram->data[0] & 15]++;
  net->last_stray = *datagram;
  if (net->take_stray != NULL)
    net->take_stray (net->stray_data, datagram);
  return UDPNAT_RX_IGNORED;
}

static inline gint64
net_next (const Net *net)
{
  const NetPacket *first = net->packets.head != NULL ? net->packets.head->data : NULL;
  gint64 next_us = first != NULL ? first->due_us : UDPNAT_TIME_NEVER;

  if (net->server != NULL)
    next_us = udpnat_time_min (next_us, udpnat_machine_next_deadline (
                                 udpnat_rendezvous_server_get_machine (net->server)));
  for (guint i = 0; i < net->n_users; i++)
    if (net->users[i].node != NULL)
      next_us = udpnat_time_min (next_us, udpnat_machine_next_deadline (
                                   udpnat_node_get_machine (net->users[i].node)));
  return next_us;
}

static inline void
net_step (Net *net)
{
  const NetPacket *first = g_queue_peek_head (&net->packets);

  if (first != NULL && first->due_us <= net->now_us)
    {
      g_autofree NetPacket *packet = g_queue_pop_head (&net->packets);

      net_hand_over (net, packet);
    }
  if (net->server != NULL)
    {
      UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (net->server);

      if (udpnat_machine_next_deadline (machine) <= net->now_us)
        udpnat_machine_handle_deadline (machine, net->now_us);
    }
  net_turn (net); /* meets the users' deadlines as well */
}

static inline void
net_run (Net   *net,
         gint64 duration_us)
{
  gint64 end_us = net->now_us + duration_us;

  net_turn (net);
  while (net_next (net) <= end_us)
    {
      net->now_us = MAX (net->now_us, net_next (net));
      net_step (net);
    }
  net->now_us = end_us;
}

/* ---- A net with people ---- */

static inline Net *
net_new (guint64 seed)
{
  Net *net = g_new0 (Net, 1);

  g_assert_true (udpnat_crypto_init ());
  net->random_state = seed;
  net->random = (UdpnatRandom) { net_fill, &net->random_state };
  net->now_us = UDPNAT_SEC (1000);
  net->server_identity = udpnat_identity_generate (&net->random);
  net->server_address = net_address (1, UDPNAT_SERVER_PORT);
  net->disk = g_ptr_array_new_with_free_func (net_record_free);
  net->letters = g_ptr_array_new_with_free_func (net_letter_free);
  net->seen = g_ptr_array_new_with_free_func (g_free);
  net_start_server (net);
  return net;
}

static inline void
net_free (Net *net)
{
  for (guint i = 0; i < net->n_users; i++)
    {
      NetUser *user = &net->users[i];

      net_kill_user (user);
      udpnat_identity_free (user->identity);
      g_ptr_array_unref (user->store);
      g_ptr_array_unref (user->received);
      g_free (user->received_name);
      g_free (user->changed_name);
    }
  net_kill_server (net);
  udpnat_identity_free (net->server_identity);
  g_queue_clear_full (&net->packets, g_free);
  g_ptr_array_unref (net->disk);
  g_ptr_array_unref (net->letters);
  g_ptr_array_unref (net->seen);
  g_free (net);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Net, net_free)

/* A user who is registered, given a second. */
static inline NetUser *
net_join (Net        *net,
          const char *name)
{
  NetUser *user = net_add_user (net);

  net_start_user (user);
  net_log_in (user, name);
  return user;
}

/* By name, as a program does it: looks it up, and sends when the answer comes. */
static inline void
net_say (NetUser    *user,
         const char *to,
         const char *text)
{
  NetSend *send = g_new0 (NetSend, 1);

  send->text = g_strdup (text);
  send->request = udpnat_node_look_up (user->node, user->net->now_us, to);
  g_queue_push_tail (&user->sends, send);
}

/* The texts "first" to "first + n_messages − 1". */
static inline void
net_say_numbers (NetUser    *user,
                 const char *to,
                 guint       first,
                 guint       n_messages)
{
  for (guint i = first; i < first + n_messages; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      net_say (user, to, text);
    }
}

/* Exactly "0" to "n_messages − 1" have come, in order. */
static inline void
net_check_numbers (const NetUser *user,
                   guint          n_messages)
{
  g_assert_cmpuint (user->received->len, ==, n_messages);
  for (guint i = 0; i < n_messages; i++)
    {
      g_autofree char *expected = g_strdup_printf ("%u", i);

      g_assert_cmpstr (g_ptr_array_index (user->received, i), ==, expected);
    }
}

/* ---- Handshakes made by hand ---- */

/* What fits into a DIAL (PROTOCOL.md section 11). */
#define NET_DIALLED_HS1_MAX_BYTES 903

/* An HS1 from whoever has @from, with @messages (nullable) as early data on @stream. */
static inline void
net_make_hs1_saying (Net                  *net,
                     const UdpnatIdentity *from,
                     const NetUser        *to,
                     gint64                wall_us,
                     guint32               stream,
                     const GByteArray     *messages,
                     gsize                 n_max,
                     UdpnatDatagram       *out)
{
  guint8 ephemeral_secret[32];
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8 frames[UDPNAT_EARLY_MAX_BYTES];
  g_autoptr (UdpnatNoise) noise = NULL;
  UdpnatWriter writer;
  UdpnatHs1Request request;

  udpnat_random_fill (&net->random, ephemeral_secret, sizeof ephemeral_secret);
  udpnat_timestamp_from_us (wall_us, timestamp);
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (messages != NULL)
    g_assert_true (udpnat_frame_write_early (&writer, stream, messages->data, messages->len));
  request = (UdpnatHs1Request) {
    .role = UDPNAT_ROLE_PEER_PEER,
    .local = from,
    .remote = net_key (to),
    .ephemeral_secret = ephemeral_secret,
    .sender_index = udpnat_random_u32 (&net->random),
    .timestamp = timestamp,
    .session_id = udpnat_random_u64 (&net->random),
    .frames = frames,
    .n_frames = writer.n_written,
    .max_bytes = n_max,
  };
  noise = udpnat_hs1_write (&request, out->data, &out->n_data);
  g_assert_nonnull (noise);
}

/* With texts. */
static inline void
net_make_hs1_within (Net                  *net,
                     const UdpnatIdentity *from,
                     const NetUser        *to,
                     gint64                wall_us,
                     const GByteArray     *messages,
                     gsize                 n_max,
                     UdpnatDatagram       *out)
{
  net_make_hs1_saying (net, from, to, wall_us, UDPNAT_STREAM_CHAT, messages, n_max, out);
}

static inline void
net_make_hs1 (Net                  *net,
              const UdpnatIdentity *from,
              const NetUser        *to,
              gint64                wall_us,
              const GByteArray     *messages,
              UdpnatDatagram       *out)
{
  net_make_hs1_within (net, from, to, wall_us, messages, UDPNAT_HS1_MAX_BYTES, out);
}

/* Hands it over at once. */
static inline UdpnatRxResult
net_give (NetUser              *to,
          UdpnatAddress         from,
          const UdpnatDatagram *datagram)
{
  NetPacket packet = { .from = from, .to = to->address, .datagram = *datagram };
  UdpnatRxResult result = net_hand_over (to->net, &packet);

  net_turn (to->net);
  return result;
}

static inline void
net_join_two (Net      *net,
              NetUser **out_alice,
              NetUser **out_bob)
{
  *out_alice = net_join (net, "alice");
  *out_bob = net_join (net, "bob");
  net_run (net, UDPNAT_SEC (4));
  g_assert_true (udpnat_node_is_registered ((*out_alice)->node));
  g_assert_true (udpnat_node_is_registered ((*out_bob)->node));
}
