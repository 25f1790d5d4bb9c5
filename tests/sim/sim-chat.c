/* A user's program as a process of a simulated world. What a program adds around its node is
 * imitated here, as the real one does it: everything is on disk before anybody is told of it.
 *
 *  - A text goes to its addressee by key: the name is looked up, the item is written to the outbox,
 *    and only then given to the node.
 *  - An item that comes is written, and only then confirmed; one that is there already is confirmed
 *    again.
 *  - A prekey is forgotten before it is used. */

#include "config.h"

#include "sim-chat.h"

#include <string.h>

#include "udpnat-limits.h"

/* A text, or a file, on its way to the outbox. */
typedef struct
{
  guint32  request; /* of the lookup */
  char    *text;    /* nullable: NULL: a file */
  guint64  seed;
  guint64  size;
} Send;

/* What is to be written of an item or of a fact about one; which members are set depends on the
 * commit. */
typedef struct
{
  UdpnatPublicKey key;
  char           *name;
  UdpnatItem     *item;
  UdpnatMessageId id;
  UdpnatTrust     trust;
  guint64         prekey_id;
  guint8          timestamp[12];
  gint64          elapsed_us;
  GArray         *prekeys; /* nullable: of UdpnatPrekey: secrets of a PREKEYS item */
} Writing;

static void
message_free (gpointer data)
{
  SimMessage *message = data;

  g_free (message->from);
  g_free (message->text);
  g_free (message);
}

static void
send_free (gpointer data)
{
  Send *send = data;

  g_free (send->text);
  g_free (send);
}

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  g_free (writing->name);
  udpnat_item_free (writing->item);
  g_clear_pointer (&writing->prekeys, g_array_unref);
  g_free (writing);
}

static Writing *
writing_new (const UdpnatPublicKey *key,
             const char            *name)
{
  Writing *writing = g_new0 (Writing, 1);

  writing->key = *key;
  writing->name = g_strdup (name);
  return writing;
}

static void
write_to_disk (SimPeer   *self,
               SimCommit  commit,
               Writing   *writing)
{
  sim_disk_write (&self->disk, sim_world_now (self->world), commit, self, writing, writing_free);
}

/** sim_peer_draw_id: Returns: a new one */
UdpnatMessageId
sim_peer_draw_id (SimPeer *self)
{
  UdpnatMessageId id;

  udpnat_random_fill (&self->random, id.bytes, sizeof id.bytes);
  return id;
}

/** sim_peer_get_wall: Returns: what its clock says */
gint64
sim_peer_get_wall (const SimPeer *self)
{
  return sim_world_now (self->world) + SIM_WALL_OFFSET_US + self->clock_us;
}

static gboolean
is_line (const UdpnatItem *item)
{
  return item->type == UDPNAT_ITEM_TEXT || item->type == UDPNAT_ITEM_REPLY;
}

static gboolean
is_about_file (const UdpnatItem *item)
{
  return item->type == UDPNAT_ITEM_FILE || item->type == UDPNAT_ITEM_FILE_ANSWER;
}

/* ---- Sending ---- */

static void
commit_outgoing (gpointer owner,
                 gpointer data)
{
  SimPeer *self = owner;
  Writing *writing = data;
  gint64 now_us = sim_world_now (self->world);
  SimContact *contact = sim_store_ensure_contact (&self->store, &writing->key);

  if (contact->trust == UDPNAT_TRUST_BLOCKED)
    return;
  if (writing->item->type == UDPNAT_ITEM_FILE_ANSWER &&
      !sim_peer_may_answer (self, &writing->key, writing->item))
    return;
  contact->trust = UDPNAT_TRUST_ACCEPTED;
  if (writing->name != NULL)
    {
      g_free (contact->name);
      contact->name = g_steal_pointer (&writing->name);
    }
  udpnat_node_set_trust (self->node, now_us, &writing->key, contact->trust);
  for (guint i = 0; writing->prekeys != NULL && i < writing->prekeys->len; i++)
    {
      const UdpnatPrekey *prekey = &g_array_index (writing->prekeys, UdpnatPrekey, i);

      sim_store_add_own_prekey (&self->store, &writing->key, prekey);
      udpnat_node_add_own_prekey (self->node, &writing->key, prekey);
    }
  sim_store_add_outgoing (&self->store, &writing->key, writing->item);
  if (is_line (writing->item))
    g_ptr_array_add (self->written, udpnat_item_dup_text (writing->item));
  if (!udpnat_node_send (self->node, now_us, &writing->key, writing->item, FALSE))
    g_assert_not_reached ();
  if (is_about_file (writing->item))
    sim_peer_commit_file (self, &writing->key, writing->item, TRUE);
}

static void
write_item (SimPeer               *self,
            const UdpnatPublicKey *key,
            UdpnatItem            *item,
            GArray                *prekeys)
{
  Writing *writing = writing_new (key, NULL);

  writing->item = item;
  writing->prekeys = prekeys;
  write_to_disk (self, commit_outgoing, writing);
}

/** sim_peer_write_item: @item: (transfer full): says it to @key as soon as it is on the disk */
void
sim_peer_write_item (SimPeer               *self,
                     const UdpnatPublicKey *key,
                     UdpnatItem            *item)
{
  write_item (self, key, item, NULL);
}

/** sim_peer_write_address: tells @key where we are, and keeps what they are called */
void
sim_peer_write_address (SimPeer               *self,
                        const UdpnatPublicKey *key,
                        const char            *name,
                        const char            *address)
{
  Writing *writing = writing_new (key, name);
  UdpnatMessageId id = sim_peer_draw_id (self);

  writing->item = udpnat_item_new_address (&id, sim_peer_get_wall (self), address);
  write_to_disk (self, commit_outgoing, writing);
}

static void
write_prekeys (SimPeer               *self,
               const UdpnatPublicKey *key)
{
  g_autofree UdpnatPrekey *given = g_new0 (UdpnatPrekey, self->prekeys_per_contact);
  GArray *secrets = g_array_new (FALSE, FALSE, sizeof (UdpnatPrekey));
  UdpnatMessageId id = sim_peer_draw_id (self);

  for (guint i = 0; i < self->prekeys_per_contact; i++)
    {
      g_autoptr (UdpnatIdentity) pair = udpnat_identity_generate (&self->random);
      UdpnatPrekey secret = { .id = udpnat_random_u64 (&self->random) };

      given[i].id = secret.id;
      memcpy (given[i].key, udpnat_identity_get_public_key (pair)->bytes, sizeof given[i].key);
      memcpy (secret.key, udpnat_identity_get_secret (pair), sizeof secret.key);
      g_array_append_val (secrets, secret);
    }
  write_item (self, key,
              udpnat_item_new_prekeys (&id, sim_peer_get_wall (self), given,
                                       self->prekeys_per_contact), secrets);
}

static Send *
take_send (SimPeer *self,
           guint32  request)
{
  for (GList *link = self->sends.head; link != NULL; link = link->next)
    {
      Send *send = link->data;

      if (send->request != request)
        continue;
      g_queue_delete_link (&self->sends, link);
      return send;
    }
  return NULL;
}

/* As the real client does it: first it is known what of the stranger was refused, then decision and
 * ACCEPT are on disk, then the node acts. */
static void
accept_request (SimPeer               *self,
                const UdpnatPublicKey *key)
{
  UdpnatMessageId id = sim_peer_draw_id (self);

  sim_disk_flush (&self->disk);
  write_item (self, key, udpnat_item_new_accept (&id, sim_peer_get_wall (self)), NULL);
  sim_disk_flush (&self->disk);
}

static void
handle_looked_up (SimPeer               *self,
                  const UdpnatNodeEvent *event)
{
  Send *send = take_send (self, event->request);
  UdpnatMessageId id = sim_peer_draw_id (self);

  g_assert_nonnull (send);
  if (event->code != NULL)
    {
      self->n_failed++;
      g_free (self->last_code);
      self->last_code = g_strdup (event->code);
    }
  else
    {
      const SimContact *contact = sim_store_ensure_contact (&self->store, &event->key);

      if (contact->trust == UDPNAT_TRUST_STRANGER)
        sim_disk_flush (&self->disk); /* perhaps they have just asked */
      if (contact->trust == UDPNAT_TRUST_STRANGER &&
          (contact->n_lines > 0 || contact->has_refused))
        accept_request (self, &event->key);
      else if (contact->trust == UDPNAT_TRUST_STRANGER)
        sim_peer_tell_address (self, &event->key, event->name);
      write_item (self, &event->key,
                  send->text == NULL
                    ? sim_peer_make_offer (self, send->seed, send->size)
                    : udpnat_item_new_text (&id, sim_peer_get_wall (self), send->text), NULL);
    }
  send_free (send);
}

static void
commit_stored (gpointer owner,
               gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;

  sim_store_set_stored (&self->store, &writing->key, &writing->id);
}

static void
commit_delivered (gpointer owner,
                  gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;
  g_autoptr (UdpnatItem) item = sim_store_take_outgoing (&self->store, &writing->key,
                                                         &writing->id);

  if (item == NULL || !is_line (item))
    return;
  self->n_delivered++;
  self->last_elapsed_us = writing->elapsed_us;
}

static void
write_state (SimPeer               *self,
             SimCommit              commit,
             const UdpnatNodeEvent *event)
{
  Writing *writing = writing_new (&event->key, NULL);

  writing->id = event->id;
  writing->elapsed_us = event->elapsed_us;
  write_to_disk (self, commit, writing);
}

/* ---- Receiving ---- */

static void
accept_contact (SimPeer    *self,
                SimContact *contact)
{
  contact->trust = UDPNAT_TRUST_ACCEPTED;
  udpnat_node_set_trust (self->node, sim_world_now (self->world), &contact->key, contact->trust);
}

/* What a stranger says is kept within limits, and nothing but lines. */
static gboolean
may_keep (SimPeer          *self,
          SimContact       *contact,
          const UdpnatItem *item)
{
  if (contact->trust == UDPNAT_TRUST_STRANGER && self->accepts_everyone && !contact->has_refused)
    accept_contact (self, contact);
  switch (contact->trust)
    {
    case UDPNAT_TRUST_ACCEPTED:
      return TRUE;
    case UDPNAT_TRUST_BLOCKED:
      return FALSE;
    case UDPNAT_TRUST_STRANGER:
      return is_line (item) && contact->n_lines < self->stranger_lines_max &&
             !contact->has_refused;
    }
  return FALSE;
}

static void
keep_line (SimPeer       *self,
           SimContact    *contact,
           const Writing *writing)
{
  SimMessage *message = g_new0 (SimMessage, 1);

  contact->n_lines++;
  message->id = writing->item->id;
  message->from = g_strdup (writing->name);
  message->text = udpnat_item_dup_text (writing->item);
  message->at_us = sim_world_now (self->world);
  g_ptr_array_add (self->received, message);
}

static void
keep_prekeys (SimPeer          *self,
              SimContact       *contact,
              const UdpnatItem *item)
{
  UdpnatPrekey prekeys[UDPNAT_PEER_PREKEYS_MAX];
  guint n = udpnat_item_get_prekeys (item, prekeys, G_N_ELEMENTS (prekeys));

  for (guint i = 0; i < n; i++)
    {
      g_queue_push_tail (&contact->prekeys, g_memdup2 (&prekeys[i], sizeof prekeys[i]));
      udpnat_node_add_peer_prekey (self->node, &contact->key, &prekeys[i]);
    }
}

/* While the disk fails, and for what was queued before anybody could know that it did. */
static gboolean
is_lost (SimPeer *self)
{
  gboolean is_doomed = self->n_doomed > 0;

  self->n_incoming--;
  if (is_doomed)
    self->n_doomed--;
  return self->is_disk_broken || is_doomed;
}

static void
commit_incoming (gpointer owner,
                 gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;
  const UdpnatItem *item = writing->item;
  gint64 now_us = sim_world_now (self->world);
  SimContact *contact = sim_store_ensure_contact (&self->store, &writing->key);

  if (is_lost (self))
    {
      self->n_lost++;
      udpnat_node_fail (self->node, now_us, &writing->key, &item->id);
      return;
    }
  if (!sim_store_has_seen (&self->store, &writing->key, &item->id))
    {
      if (contact->trust == UDPNAT_TRUST_STRANGER && !self->accepts_everyone && !is_line (item))
        {
          self->n_refused++;
          udpnat_node_skip (self->node, now_us, &writing->key, &item->id);
          return;
        }
      if (!may_keep (self, contact, item))
        {
          self->n_refused++;
          contact->has_refused = TRUE;
          udpnat_node_refuse (self->node, now_us, &writing->key, &item->id);
          return;
        }
      if (!self->is_forgetful)
        sim_store_add_seen (&self->store, &writing->key, &item->id);
      if (is_line (item))
        keep_line (self, contact, writing);
      else if (is_about_file (item))
        sim_peer_commit_file (self, &writing->key, item, FALSE);
      else if (item->type == UDPNAT_ITEM_PREKEYS)
        keep_prekeys (self, contact, item);
      else if (item->type == UDPNAT_ITEM_ACCEPT)
        sim_store_forget_stored (&self->store, &writing->key);
    }
  if (!self->holds_receipts)
    udpnat_node_confirm (self->node, now_us, &writing->key, &item->id);
  if (self->prekeys_per_contact > 0 && contact->trust == UDPNAT_TRUST_ACCEPTED &&
      !contact->has_our_prekeys)
    {
      contact->has_our_prekeys = TRUE;
      write_prekeys (self, &contact->key);
    }
}

static void
write_incoming (SimPeer               *self,
                const UdpnatNodeEvent *event)
{
  Writing *writing = writing_new (&event->key, event->name);

  sim_peer_take_address (self, &event->key, event->item);
  writing->item = udpnat_item_copy (event->item);
  self->n_incoming++;
  if (self->n_doomed > 0)
    self->n_doomed++;
  write_to_disk (self, commit_incoming, writing);
}

/* ---- What else is written ---- */

static void
commit_timestamp (gpointer owner,
                  gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;
  SimContact *contact = sim_store_ensure_contact (&self->store, &writing->key);

  contact->has_timestamp = TRUE;
  memcpy (contact->timestamp, writing->timestamp, sizeof contact->timestamp);
}

static void
commit_name (gpointer owner,
             gpointer data)
{
  SimPeer *self = owner;
  Writing *writing = data;
  SimContact *contact = sim_store_ensure_contact (&self->store, &writing->key);

  g_free (contact->name);
  contact->name = g_steal_pointer (&writing->name);
}

/** sim_peer_write_name: @name: (nullable): of @key, from now on */
void
sim_peer_write_name (SimPeer               *self,
                     const UdpnatPublicKey *key,
                     const char            *name)
{
  write_to_disk (self, commit_name, writing_new (key, name));
}

static void
commit_prekey_taken (gpointer owner,
                     gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;

  sim_store_forget_prekey (&self->store, &writing->key, writing->prekey_id);
  udpnat_node_confirm_prekey (self->node, sim_world_now (self->world), &writing->key,
                              writing->prekey_id, TRUE);
}

static void
commit_prekey_used (gpointer owner,
                    gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;

  sim_store_forget_own_prekey (&self->store, writing->prekey_id);
}

static void
commit_trust (gpointer owner,
              gpointer data)
{
  SimPeer *self = owner;
  const Writing *writing = data;

  sim_store_ensure_contact (&self->store, &writing->key)->trust = writing->trust;
  udpnat_node_set_trust (self->node, sim_world_now (self->world), &writing->key, writing->trust);
}

static void
write_fact (SimPeer               *self,
            SimCommit              commit,
            const UdpnatNodeEvent *event)
{
  Writing *writing = writing_new (&event->key, event->name);

  writing->prekey_id = event->prekey_id;
  memcpy (writing->timestamp, event->timestamp, sizeof writing->timestamp);
  write_to_disk (self, commit, writing);
}

/* ---- Events ---- */

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
note_refusal (SimPeer               *self,
              const UdpnatNodeEvent *event)
{
  self->n_failed++;
  g_free (self->last_code);
  self->last_code = g_strdup (event->code);
}

static void
note_registered (SimPeer *self)
{
  self->registered_us = sim_world_now (self->world);
  self->n_registered++;
}

static void
note_stored (SimPeer               *self,
             const UdpnatNodeEvent *event)
{
  self->n_stored++;
  write_state (self, commit_stored, event);
}

static void
take_prekey (SimPeer               *self,
             const UdpnatNodeEvent *event)
{
  self->n_prekeys_taken++;
  write_fact (self, commit_prekey_taken, event);
}

static void
use_prekey (SimPeer               *self,
            const UdpnatNodeEvent *event)
{
  self->n_prekeys_used++;
  write_fact (self, commit_prekey_used, event);
}

static void
count (SimPeer               *self,
       const UdpnatNodeEvent *event)
{
  self->n_read += event->base.type == UDPNAT_NODE_EVENT_READ;
  self->n_typing += event->base.type == UDPNAT_NODE_EVENT_TYPING;
  self->n_unreachable += event->base.type == UDPNAT_NODE_EVENT_UNREACHABLE;
  self->n_sent += event->base.type == UDPNAT_NODE_EVENT_SENT;
  self->n_refuted += event->base.type == UDPNAT_NODE_EVENT_PORT_REFUTED;
}

static void
handle_event (SimPeer               *self,
              const UdpnatNodeEvent *event)
{
  switch ((UdpnatNodeEventType) event->base.type)
    {
    case UDPNAT_NODE_EVENT_REGISTERED:
      note_registered (self);
      break;
    case UDPNAT_NODE_EVENT_REFUSED:
      note_refusal (self, event);
      break;
    case UDPNAT_NODE_EVENT_LOOKED_UP:
      handle_looked_up (self, event);
      break;
    case UDPNAT_NODE_EVENT_CONTACT:
      write_fact (self, commit_name, event);
      break;
    case UDPNAT_NODE_EVENT_ITEM:
      write_incoming (self, event);
      break;
    case UDPNAT_NODE_EVENT_STORED:
      note_stored (self, event);
      break;
    case UDPNAT_NODE_EVENT_DELIVERED:
      write_state (self, commit_delivered, event);
      break;
    case UDPNAT_NODE_EVENT_SENT:
    case UDPNAT_NODE_EVENT_READ:
    case UDPNAT_NODE_EVENT_TYPING:
    case UDPNAT_NODE_EVENT_UNREACHABLE:
    case UDPNAT_NODE_EVENT_PORT_REFUTED:
      count (self, event);
      break;
    case UDPNAT_NODE_EVENT_RESUMED:
      sim_store_ensure_contact (&self->store, &event->key)->has_refused = FALSE;
      break;
    case UDPNAT_NODE_EVENT_MAIL_REFUSED:
      self->mail_code = event->code;
      break;
    case UDPNAT_NODE_EVENT_PATH:
      note_path (self, event);
      break;
    case UDPNAT_NODE_EVENT_TIMESTAMP:
      write_fact (self, commit_timestamp, event);
      break;
    case UDPNAT_NODE_EVENT_PREKEY_TAKEN:
      take_prekey (self, event);
      break;
    case UDPNAT_NODE_EVENT_PREKEY_USED:
      use_prekey (self, event);
      break;
    case UDPNAT_NODE_EVENT_PEER:
      self->presence = event->presence;
      break;
    case UDPNAT_NODE_EVENT_ABROAD_WANTED:
    case UDPNAT_NODE_EVENT_ABROAD_KEY:
    case UDPNAT_NODE_EVENT_ABROAD_CHANGED:
      sim_peer_handle_abroad (self, event);
      break;
    case UDPNAT_NODE_EVENT_SERVER_NODE: /* a simulated server stands alone */
    case UDPNAT_NODE_EVENT_SERVER_MOVED:
    case UDPNAT_NODE_EVENT_SERVER_KEY:
    case UDPNAT_NODE_EVENT_SERVER_CHANGED:
    case UDPNAT_NODE_EVENT_SERVER_SILENT:
    case UDPNAT_NODE_EVENT_SERVER_LOST:
    case UDPNAT_NODE_EVENT_SERVER_REPLACED:
    case UDPNAT_NODE_EVENT_UNREGISTERED:
    case UDPNAT_NODE_EVENT_LIST_END:
    case UDPNAT_NODE_EVENT_DIRECTORY:
    case UDPNAT_NODE_EVENT_KEY_CHANGED:
    case UDPNAT_NODE_EVENT_FILE: /* sim_peer_handle_file() */
      break;
    }
}

static void
peer_events_cb (gpointer user_data)
{
  SimPeer *self = user_data;
  UdpnatEvent *event;

  while (!self->disk.is_dying &&
         (event = udpnat_machine_pop_event (udpnat_node_get_machine (self->node))) != NULL)
    {
      if (self->watch != NULL)
        self->watch (self, (UdpnatNodeEvent *) event, self->watch_data);
      if (event->type == UDPNAT_NODE_EVENT_FILE)
        sim_peer_handle_file (self, (UdpnatNodeEvent *) event);
      else
        handle_event (self, (UdpnatNodeEvent *) event);
      udpnat_event_free (event);
    }
  if (self->disk.is_dying)
    sim_peer_kill (self);
}

/* ---- The process ---- */

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
  self->accepts_everyone = TRUE;
  self->stranger_lines_max = G_MAXUINT;
  self->written = g_ptr_array_new_with_free_func (g_free);
  self->received = g_ptr_array_new_with_free_func (message_free);
  sim_disk_init (&self->disk);
  sim_store_init (&self->store);
  sim_files_init (&self->files);
  return self;
}

static void
connect_server (SimPeer *self)
{
  UdpnatAddress server = sim_host_get_address (self->server->host, UDPNAT_FAMILY_IPV4);

  server.port = UDPNAT_SERVER_PORT;
  udpnat_node_set_server (self->node, sim_world_now (self->world), &server,
                          udpnat_identity_get_public_key (self->server->identity));
}

static UdpnatMachine *
mount_beacons (SimPeer *self)
{
  gint64 now_us = sim_world_now (self->world);
  UdpnatLan *lan = udpnat_lan_new (self->identity, &self->random, now_us, sim_peer_get_wall (self));

  udpnat_lan_announce (lan, now_us, self->name, UDPNAT_CLIENT_PORT);
  return sim_lan_mount (&self->lan, self->node, lan);
}

/** sim_peer_tell_addresses: tells the program what addresses its host has now, as its monitor of
 * the network would */
void
sim_peer_tell_addresses (SimPeer *self)
{
  UdpnatAddress own[4];
  guint n_own = sim_host_get_addresses (self->host, own, G_N_ELEMENTS (own));

  udpnat_node_set_host_addresses (self->node, sim_world_now (self->world), own, n_own,
                                  UDPNAT_CLIENT_PORT);
  sim_world_wake (self->host);
}

/** sim_peer_start: starts the program, connects if there is to be a server, and logs in */
void
sim_peer_start (SimPeer *self)
{
  gint64 now_us = sim_world_now (self->world);
  UdpnatMachine *machine;

  g_assert_null (self->node);
  self->node = udpnat_node_new (self->identity, &self->random, now_us, sim_peer_get_wall (self));
  self->n_lives++;
  sim_store_restore (&self->store, self->node, now_us);
  sim_peer_restore_files (self);
  udpnat_node_set_tunnel_allowed (self->node, self->has_tunnel);
  sim_peer_tell_addresses (self);
  if (!self->is_serverless)
    connect_server (self);
  udpnat_node_log_in (self->node, now_us, self->name);
  machine = self->has_beacons ? mount_beacons (self) : udpnat_node_get_machine (self->node);
  machine = sim_disk_mount (&self->disk, machine);
  sim_host_attach (self->host, machine, UDPNAT_CLIENT_PORT,
                   self->has_beacons ? UDPNAT_LAN_PORT : 0, peer_events_cb, self);
  sim_world_wake (self->host);
}

/** sim_peer_kill: as kill -9 does: what is not on disk is gone */
void
sim_peer_kill (SimPeer *self)
{
  sim_host_detach (self->host);
  sim_disk_kill (&self->disk);
  self->n_incoming = self->n_doomed = 0;
  sim_peer_forget_files (self);
  g_queue_clear_full (&self->sends, send_free);
  sim_lan_clear (&self->lan);
  g_clear_pointer (&self->node, udpnat_node_free);
}

void
sim_peer_free (SimPeer *self)
{
  if (self == NULL)
    return;
  if (self->node != NULL)
    sim_peer_kill (self);
  sim_disk_clear (&self->disk);
  sim_store_clear (&self->store);
  sim_files_clear (&self->files);
  udpnat_identity_free (self->identity);
  g_ptr_array_unref (self->written);
  g_ptr_array_unref (self->received);
  g_free (self->last_code);
  g_free (self->name);
  g_free (self);
}

/* ---- What the user does ---- */

const UdpnatPublicKey *
sim_peer_get_key (const SimPeer *self)
{
  return udpnat_identity_get_public_key (self->identity);
}

static Send *
begin_send (SimPeer    *self,
            const char *to)
{
  Send *send = g_new0 (Send, 1);

  /* As the real program does it, which has no other way to notice that its clock was set. */
  udpnat_node_set_wall_clock (self->node, sim_world_now (self->world), sim_peer_get_wall (self));
  send->request = udpnat_node_look_up (self->node, sim_world_now (self->world), to);
  g_queue_push_tail (&self->sends, send);
  sim_world_wake (self->host);
  return send;
}

void
sim_peer_send (SimPeer    *self,
               const char *to,
               const char *text)
{
  begin_send (self, to)->text = g_strdup (text);
}

/** sim_peer_offer_file: @seed: says what is in it: sim_file_dup_chunk() */
void
sim_peer_offer_file (SimPeer    *self,
                     const char *to,
                     guint64     seed,
                     guint64     size)
{
  Send *send = begin_send (self, to);

  send->seed = seed;
  send->size = size;
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

/** sim_peer_set_trust: whoever is accepted is told so */
void
sim_peer_set_trust (SimPeer       *self,
                    const SimPeer *of,
                    UdpnatTrust    trust)
{
  Writing *writing;

  if (trust == UDPNAT_TRUST_ACCEPTED)
    accept_request (self, sim_peer_get_key (of));
  else
    {
      writing = writing_new (sim_peer_get_key (of), NULL);
      writing->trust = trust;
      write_to_disk (self, commit_trust, writing);
    }
  sim_world_wake (self->host);
}

/** sim_peer_set_disk_broken: while it is, nothing that comes can be written */
void
sim_peer_set_disk_broken (SimPeer  *self,
                          gboolean  is_broken)
{
  if (self->is_disk_broken && !is_broken)
    self->n_doomed = self->n_incoming;
  self->is_disk_broken = is_broken;
  if (!is_broken)
    sim_peer_retry_files (self);
}

/** sim_peer_move_clock: somebody sets the wall clock; the program is not told */
void
sim_peer_move_clock (SimPeer *self,
                     gint64   by_us)
{
  self->clock_us += by_us;
}

/* ---- What tests ask ---- */

/**
 * sim_peer_assert_received:
 * @from: (nullable): %NULL when it does not matter
 *
 * Exactly the texts "0" to n_messages − 1, in order, each once, from @from.
 */
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
      if (from != NULL)
        g_assert_cmpstr (message->from, ==, from);
    }
}

/** sim_peer_is_idle: all that the user has said is delivered, and all that came is answered */
gboolean
sim_peer_is_idle (const SimPeer *self)
{
  return self->node != NULL && g_queue_is_empty ((GQueue *) &self->sends) &&
         g_queue_is_empty ((GQueue *) &self->disk.writes) && self->store.outbox.length == 0 &&
         udpnat_node_is_drained (self->node);
}

gboolean
sim_peer_is_registered (gpointer self)
{
  SimPeer *peer = self;

  return peer->node != NULL && udpnat_node_is_registered (peer->node);
}
