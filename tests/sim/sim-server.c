/* The rendezvous server as a process of a simulated world, with its disk: names, letters and
 * passes. */

#include "config.h"

#include "sim-chat.h"

#include <string.h>

#include "udpnat-limits.h"

typedef struct
{
  char           *name;
  UdpnatPublicKey key;
} SimClaim;

/* What an event asks to be written. */
typedef struct
{
  UdpnatServerEventType type;
  guint64               id; /* of the claim, or the letter's number */
  char                 *name;
  SimLetter             letter;
} Writing;

static void
claim_free (gpointer data)
{
  SimClaim *claim = data;

  g_free (claim->name);
  g_free (claim);
}

static void
letter_free (gpointer data)
{
  SimLetter *letter = data;

  g_bytes_unref (letter->data);
  g_free (letter);
}

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_free (writing->name);
  g_clear_pointer (&writing->letter.data, g_bytes_unref);
  g_free (writing);
}

static SimLetter *
find_letter (SimServer *self,
             guint64    number,
             guint     *out_i)
{
  for (guint i = 0; i < self->letters->len; i++)
    {
      SimLetter *letter = g_ptr_array_index (self->letters, i);

      *out_i = i;
      if (letter->number == number)
        return letter;
    }
  return NULL;
}

/* ---- Writes ---- */

static void
commit_claim (SimServer *self,
              Writing   *writing)
{
  SimClaim *claim;

  if (self->is_disk_broken)
    {
      udpnat_rendezvous_server_complete_claim (self->server, sim_world_now (self->world),
                                               writing->id, FALSE);
      return;
    }
  claim = g_new0 (SimClaim, 1);
  claim->name = g_steal_pointer (&writing->name);
  claim->key = writing->letter.recipient;
  g_ptr_array_add (self->names, claim);
  udpnat_rendezvous_server_complete_claim (self->server, sim_world_now (self->world), writing->id,
                                           TRUE);
}

static void
commit_letter (SimServer *self,
               Writing   *writing)
{
  SimLetter *letter;

  if (self->is_disk_broken)
    {
      udpnat_rendezvous_server_complete_mail (self->server, sim_world_now (self->world),
                                              writing->letter.number, FALSE);
      return;
    }
  letter = g_memdup2 (&writing->letter, sizeof writing->letter);
  writing->letter.data = NULL;
  g_ptr_array_add (self->letters, letter);
  self->n_letters_ever++;
  self->last_number = MAX (self->last_number, letter->number);
  udpnat_rendezvous_server_complete_mail (self->server, sim_world_now (self->world),
                                          letter->number, TRUE);
}

static void
commit_passes (SimServer *self,
               Writing   *writing)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (&writing->letter.recipient, key_text);
  g_hash_table_replace (self->passes, g_strdup (key_text),
                        g_steal_pointer (&writing->letter.data));
}

static void
commit (gpointer owner,
        gpointer data)
{
  SimServer *self = owner;
  Writing *writing = data;
  guint i;

  switch (writing->type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      commit_claim (self, writing);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
      commit_letter (self, writing);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
      if (find_letter (self, writing->id, &i) != NULL)
        g_ptr_array_remove_index (self->letters, i);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
      commit_passes (self, writing);
      break;
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
    case UDPNAT_SERVER_EVENT_REGISTERED:
    case UDPNAT_SERVER_EVENT_GONE:
    case UDPNAT_SERVER_EVENT_ASK_NAME: /* of a fleet */
    case UDPNAT_SERVER_EVENT_ASK_KEY:
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
    case UDPNAT_SERVER_EVENT_HOME:
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      g_assert_not_reached ();
    }
}

static void
write_event (SimServer               *self,
             const UdpnatServerEvent *event)
{
  Writing *writing = g_new0 (Writing, 1);

  writing->type = (UdpnatServerEventType) event->base.type;
  writing->id = writing->type == UDPNAT_SERVER_EVENT_CLAIM ? event->claim_id : event->number;
  writing->name = g_strdup (event->name);
  writing->letter = (SimLetter) {
    .number = event->number,
    .recipient = event->key,
    .has_pass = event->has_pass,
    .stored_s = event->stored_s,
    .data = event->data != NULL ? g_bytes_ref (event->data) : g_bytes_new (NULL, 0),
  };
  memcpy (writing->letter.pass, event->pass, sizeof event->pass);
  sim_disk_write (&self->disk, sim_world_now (self->world), commit, self, writing, writing_free);
}

static void
give_letter (SimServer *self,
             guint64    number)
{
  guint i;
  SimLetter *letter = find_letter (self, number, &i);
  gsize n_data = 0;
  const guint8 *data = letter != NULL ? g_bytes_get_data (letter->data, &n_data) : NULL;

  udpnat_rendezvous_server_give_mail (self->server, sim_world_now (self->world), number, data,
                                      n_data);
}

static void
server_events_cb (gpointer user_data)
{
  SimServer *self = user_data;
  UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (self->server);
  UdpnatEvent *base;

  while (!self->disk.is_dying && (base = udpnat_machine_pop_event (machine)) != NULL)
    {
      UdpnatServerEvent *event = (UdpnatServerEvent *) base;

      switch ((UdpnatServerEventType) base->type)
        {
        case UDPNAT_SERVER_EVENT_CLAIM:
        case UDPNAT_SERVER_EVENT_MAIL_STORE:
        case UDPNAT_SERVER_EVENT_MAIL_DELETE:
        case UDPNAT_SERVER_EVENT_MAIL_PASSES:
          write_event (self, event);
          break;
        case UDPNAT_SERVER_EVENT_MAIL_LOAD:
          give_letter (self, event->number);
          break;
        case UDPNAT_SERVER_EVENT_TICKET_KEYS:
          g_clear_pointer (&self->ticket_keys, g_bytes_unref);
          self->ticket_keys = g_bytes_ref (event->data);
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
      udpnat_event_free (base);
    }
  if (self->disk.is_dying)
    sim_server_kill (self);
}

/* ---- The process ---- */

/** sim_server_new_named: @name: of its host, of which there is one in a world */
SimServer *
sim_server_new_named (SimWorld   *world,
                      const char *name,
                      const char *ip)
{
  SimServer *self = g_new0 (SimServer, 1);

  self->world = world;
  self->random = sim_world_fork_random (world, ip);
  self->identity = udpnat_identity_generate (&self->random);
  self->host = sim_world_add_host (world, name, NULL, ip, NULL, NULL);
  self->names = g_ptr_array_new_with_free_func (claim_free);
  self->letters = g_ptr_array_new_with_free_func (letter_free);
  self->passes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify) g_bytes_unref);
  sim_disk_init (&self->disk);
  return self;
}

SimServer *
sim_server_new (SimWorld   *world,
                const char *ip)
{
  return sim_server_new_named (world, "server", ip);
}

static void
restore_mail (SimServer *self)
{
  GHashTableIter iter;
  gpointer key_text;
  gpointer passes;

  for (guint i = 0; i < self->letters->len; i++)
    {
      const SimLetter *letter = g_ptr_array_index (self->letters, i);

      udpnat_rendezvous_server_restore_mail (self->server, letter->number, &letter->recipient,
                                             letter->has_pass ? letter->pass : NULL,
                                             g_bytes_get_size (letter->data), letter->stored_s);
    }
  udpnat_rendezvous_server_restore_mail_number (self->server, self->last_number);
  g_hash_table_iter_init (&iter, self->passes);
  while (g_hash_table_iter_next (&iter, &key_text, &passes))
    {
      UdpnatPublicKey key;
      gsize n_bytes;
      const guint8 *bytes = g_bytes_get_data (passes, &n_bytes);

      if (!udpnat_public_key_parse (&key, key_text))
        g_assert_not_reached ();
      udpnat_rendezvous_server_restore_passes (self->server, &key, bytes,
                                               n_bytes / UDPNAT_MAIL_PASS_BYTES);
    }
}

static void
restore_tickets (SimServer *self)
{
  if (self->ticket_keys == NULL)
    return;
  if (!udpnat_rendezvous_server_restore_ticket_keys (
        self->server, g_bytes_get_data (self->ticket_keys, NULL),
        g_bytes_get_size (self->ticket_keys)))
    g_assert_not_reached ();
}

/* A server whose host was given a second address tells it. */
static void
fill_addresses (SimServer     *self,
                UdpnatAddress  addresses[UDPNAT_N_NAMED_SOCKETS])
{
  UdpnatAddress alt_ip = sim_host_get_alt_ip (self->host);
  UdpnatAddress ip = sim_host_get_address (self->host, UDPNAT_FAMILY_IPV4);

  if (!udpnat_address_is_set (&alt_ip))
    return;
  addresses[UDPNAT_SOCKET_MAIN] = addresses[UDPNAT_SOCKET_ALT] = ip;
  addresses[UDPNAT_SOCKET_ALT_IP] = addresses[UDPNAT_SOCKET_ALT_IP_ALT] = alt_ip;
  addresses[UDPNAT_SOCKET_MAIN].port = UDPNAT_SERVER_PORT;
  addresses[UDPNAT_SOCKET_ALT].port = UDPNAT_SERVER_ALT_PORT;
  addresses[UDPNAT_SOCKET_ALT_IP].port = UDPNAT_SERVER_PORT;
  addresses[UDPNAT_SOCKET_ALT_IP_ALT].port = UDPNAT_SERVER_ALT_PORT;
}

void
sim_server_start (SimServer *self)
{
  gint64 now_us = sim_world_now (self->world);
  UdpnatRendezvousServerConfig config = {
    .identity = self->identity,
    .random = self->random,
    .alt_port = UDPNAT_SERVER_ALT_PORT,
    .is_mailbox_on = !self->is_mailbox_off,
    .mailbox = self->mailbox_limits,
    .wall_us = now_us + SIM_WALL_OFFSET_US,
  };
  UdpnatMachine *machine;

  g_assert_null (self->server);
  fill_addresses (self, config.addresses);
  self->server = udpnat_rendezvous_server_new (&config, now_us);
  for (guint i = 0; i < self->names->len; i++)
    {
      SimClaim *claim = g_ptr_array_index (self->names, i);

      udpnat_rendezvous_server_restore_name (self->server, claim->name, &claim->key);
    }
  restore_mail (self);
  restore_tickets (self);
  machine = sim_disk_mount (&self->disk, udpnat_rendezvous_server_get_machine (self->server));
  sim_host_attach (self->host, machine, UDPNAT_SERVER_PORT, UDPNAT_SERVER_ALT_PORT,
                   server_events_cb, self);
}

/** sim_server_kill: as kill -9 does */
void
sim_server_kill (SimServer *self)
{
  sim_host_detach (self->host);
  sim_disk_kill (&self->disk);
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

/** sim_server_wipe: its disk is lost while it does not run: names, letters and passes, but not its
 * key, of which its owner has a copy */
void
sim_server_wipe (SimServer *self)
{
  g_assert_null (self->server);
  g_ptr_array_set_size (self->names, 0);
  g_ptr_array_set_size (self->letters, 0);
  g_hash_table_remove_all (self->passes);
  g_clear_pointer (&self->ticket_keys, g_bytes_unref);
  self->last_number = 0;
}

void
sim_server_free (SimServer *self)
{
  if (self == NULL)
    return;
  if (self->server != NULL)
    sim_server_kill (self);
  sim_disk_clear (&self->disk);
  udpnat_identity_free (self->identity);
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->letters);
  g_hash_table_unref (self->passes);
  g_clear_pointer (&self->ticket_keys, g_bytes_unref);
  g_free (self);
}
