/* People at other servers (PROTOCOL.md section 19): `bob@example.org` is whoever is registered as
 * "bob" there. We go there as a guest: a session like that with our own server, but without a name.
 * It is opened when there is something to say to somebody there, and left some time after the last
 * word. Servers never talk to each other.
 *
 * Where a server is, and which key it must have, is the owner's to say: this file only asks. */

#include "config.h"

#include "udpnat-node-abroad-private.h"

#include <string.h>

#include "udpnat-frame.h"
#include "udpnat-name.h"
#include "udpnat-node-fleet-private.h"
#include "udpnat-node-private.h"

/* ---- Servers ---- */

static void
abroad_free (gpointer data)
{
  UdpnatAbroad *self = data;

  g_hash_table_unref (self->handles);
  udpnat_rendezvous_client_free (self->client);
  g_free (self->place);
  g_free (self);
}

void
udpnat_node_abroad_init (UdpnatNode *self)
{
  self->abroad = g_ptr_array_new_with_free_func (abroad_free);
}

void
udpnat_node_abroad_clear (UdpnatNode *self)
{
  g_clear_pointer (&self->abroad, g_ptr_array_unref);
}

static UdpnatAbroad *
find (const UdpnatNode *self,
      const char       *place)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (g_ascii_strcasecmp (abroad->place, place) == 0)
        return abroad;
    }
  return NULL;
}

/**
 * udpnat_node_ensure_abroad:
 *
 * Returns: (nullable): the server at @place, which is known from now on; %NULL when there are too
 *   many
 */
UdpnatAbroad *
udpnat_node_ensure_abroad (UdpnatNode *self,
                           const char *place)
{
  UdpnatRendezvousClientConfig config = {
    .identity = self->identity,
    .indexes = self->indexes,
    .random = self->random,
  };
  UdpnatAbroad *abroad = find (self, place);

  if (abroad != NULL)
    return abroad->same_as != NULL ? abroad->same_as : abroad;
  if (self->abroad->len >= UDPNAT_ABROAD_MAX)
    return NULL;
  abroad = g_new0 (UdpnatAbroad, 1);
  abroad->node = self;
  abroad->place = g_ascii_strdown (place, -1);
  abroad->client = udpnat_rendezvous_client_new (&config, 0);
  abroad->handles = g_hash_table_new (NULL, NULL);
  udpnat_rendezvous_client_set_wall_offset (abroad->client, self->wall_offset_us);
  udpnat_rendezvous_client_restore_timestamp (abroad->client, self->last_wall_us);
  g_ptr_array_add (self->abroad, abroad);
  return abroad;
}

/** udpnat_node_find_owner: Returns: (nullable): the server whose session has this owner */
UdpnatAbroad *
udpnat_node_find_owner (const UdpnatNode *self,
                        gconstpointer     owner)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (abroad->client == owner)
        return abroad;
    }
  return NULL;
}

static void
ask (UdpnatAbroad *self,
     gint64        now_us)
{
  self->is_wanted = TRUE;
  self->retry_us = UDPNAT_TIME_NEVER;
  udpnat_node_push_event (self->node, udpnat_node_event_new (UDPNAT_NODE_EVENT_ABROAD_WANTED, NULL,
                                                             self->place));
}

/** udpnat_abroad_use: there is something to say at this server, or was just now */
void
udpnat_abroad_use (UdpnatAbroad *self,
                   gint64        now_us)
{
  self->used_us = now_us;
  if (!self->is_home && !self->is_open && !self->is_wanted)
    ask (self, now_us);
}

/* ---- Its people ---- */

/** udpnat_peer_get_server: where the peer is registered, as far as we know */
UdpnatRendezvousClient *
udpnat_peer_get_server (const UdpnatPeer *self)
{
  return self->abroad != NULL ? self->abroad->client : self->node->server;
}

/** udpnat_peer_get_relay: the server whose the peer's handle is */
UdpnatRendezvousClient *
udpnat_peer_get_relay (const UdpnatPeer *self)
{
  return self->handle_abroad != NULL ? self->handle_abroad->client : self->node->server;
}

/** udpnat_peer_is_relay_up: whether some server carries packets to the peer now */
gboolean
udpnat_peer_is_relay_up (const UdpnatPeer *self)
{
  return udpnat_rendezvous_client_is_connected (udpnat_peer_get_server (self)) ||
         (self->handle != 0 &&
          udpnat_rendezvous_client_is_connected (udpnat_peer_get_relay (self)));
}

typedef void (*PeerFunc) (UdpnatPeer *peer,
                          gint64      now_us);

typedef struct
{
  UdpnatAbroad *abroad;
  PeerFunc      func;
  gint64        now_us;
} Visit;

static gboolean
visit (gpointer key,
       gpointer value,
       gpointer user_data)
{
  UdpnatPeer *peer = value;
  Visit *what = user_data;

  if (peer->abroad == what->abroad)
    what->func (peer, what->now_us);
  return FALSE;
}

static void
foreach_peer (UdpnatAbroad *self,
              gint64        now_us,
              PeerFunc      func)
{
  Visit what = { self, func, now_us };

  g_tree_foreach (self->node->peers, visit, &what);
}

static void
drop_handle (UdpnatPeer *peer,
             gint64      now_us)
{
  if (peer->handle_abroad == peer->abroad)
    udpnat_node_set_handle (peer->node, peer, NULL, 0);
}

static void
bring_home (UdpnatPeer *peer,
            gint64      now_us)
{
  drop_handle (peer, now_us);
  peer->abroad = NULL;
  udpnat_peer_hurry (peer, now_us);
}

static void
mark_dirty (UdpnatPeer *peer,
            gint64      now_us)
{
  udpnat_node_mark_dirty (peer->node, peer);
}

/* We are guests, and nobody tells us who comes and goes: so those with whom there is a conversation
 * are asked for once. */
static void
ask_for (UdpnatPeer *peer,
         gint64      now_us)
{
  g_autofree char *name = NULL;
  const char *place;

  if (peer->conversation == NULL)
    return;
  udpnat_node_take_held_offer (peer->node, now_us, peer);
  if (peer->abroad->is_fleet)
    {
      udpnat_peer_hurry (peer, now_us); /* that it is there our own server has just said */
      return;
    }
  if (peer->claimed_name != NULL)
    name = g_strdup (peer->claimed_name);
  else if (peer->name == NULL || !udpnat_name_split (peer->name, &name, &place))
    return;
  else if (strrchr (name, '#') != NULL) /* claimed, in an earlier run */
    *strrchr (name, '#') = '\0';
  (void) udpnat_rendezvous_client_lookup (peer->abroad->client, now_us, name);
  udpnat_peer_hurry (peer, now_us);
}

/* ---- Two names for one server ---- */

static void
leave (UdpnatAbroad *self,
       gint64        now_us)
{
  foreach_peer (self, now_us, drop_handle);
  udpnat_rendezvous_client_leave (self->client, now_us);
  self->is_open = self->is_wanted = FALSE;
  self->retry_us = UDPNAT_TIME_NEVER;
}

static gboolean
has_key (const UdpnatRendezvousClient *client,
         const UdpnatPublicKey        *key)
{
  UdpnatPublicKey own;

  return udpnat_rendezvous_client_get_key (client, &own) && udpnat_public_key_equal (&own, key);
}

static void
merge_into_home (UdpnatAbroad *self,
                 gint64        now_us)
{
  foreach_peer (self, now_us, bring_home);
  self->is_home = TRUE;
  udpnat_node_move_lookups (self->node, now_us, self, NULL);
  leave (self, now_us);
}

static gboolean
move_peer (gpointer key,
           gpointer value,
           gpointer user_data)
{
  UdpnatPeer *peer = value;
  UdpnatAbroad *from = user_data;

  if (peer->abroad != from)
    return FALSE;
  if (peer->handle_abroad == from)
    udpnat_node_set_handle (peer->node, peer, NULL, 0);
  peer->abroad = from->same_as;
  udpnat_node_mark_dirty (peer->node, peer);
  return FALSE;
}

static void
merge_into (UdpnatAbroad *self,
            gint64        now_us,
            UdpnatAbroad *other)
{
  self->same_as = other;
  g_tree_foreach (self->node->peers, move_peer, self);
  udpnat_node_move_lookups (self->node, now_us, self, other);
  leave (self, now_us);
  udpnat_abroad_use (other, now_us);
}

/* A second session of ours with one server would end the first, and the first the second. */
static gboolean
notice_same (UdpnatAbroad *self,
             gint64        now_us)
{
  GPtrArray *all = self->node->abroad;
  UdpnatPublicKey key;

  if (!self->is_open || !udpnat_rendezvous_client_get_key (self->client, &key))
    return FALSE;
  if (has_key (self->node->server, &key))
    {
      merge_into_home (self, now_us);
      return TRUE;
    }
  for (guint i = 0; i < all->len; i++)
    {
      UdpnatAbroad *other = g_ptr_array_index (all, i);

      if (other == self || !other->is_open || !has_key (other->client, &key))
        continue;
      merge_into (self, now_us, other);
      return TRUE;
    }
  return FALSE;
}

/** udpnat_node_abroad_note_home: our own server's key is known now */
void
udpnat_node_abroad_note_home (UdpnatNode *self,
                              gint64      now_us)
{
  for (guint i = 0; i < self->abroad->len; i++)
    (void) notice_same (g_ptr_array_index (self->abroad, i), now_us);
}

/** udpnat_node_abroad_reset: another server is our own now */
void
udpnat_node_abroad_reset (UdpnatNode *self)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      abroad->is_home = FALSE;
    }
}

/* ---- What the owner says ---- */

/* Somebody may have named it so that we send to ourselves, or to nobody. */
static gboolean
may_go_to (const UdpnatNode    *self,
           const UdpnatAddress *address)
{
  const UdpnatAddress *home = udpnat_rendezvous_client_get_address (self->server);

  switch (udpnat_address_get_scope (address))
    {
    case UDPNAT_SCOPE_UNUSABLE:
      return FALSE;
    case UDPNAT_SCOPE_LOOPBACK:
      return !self->has_server || udpnat_address_get_scope (home) == UDPNAT_SCOPE_LOOPBACK;
    case UDPNAT_SCOPE_LINK_LOCAL:
    case UDPNAT_SCOPE_PRIVATE:
    case UDPNAT_SCOPE_GLOBAL:
      return TRUE;
    }
  g_assert_not_reached ();
}

/**
 * udpnat_node_set_abroad_server:
 * @place: from an ABROAD_WANTED event
 * @address: (nullable): where that is; %NULL when nobody knows
 * @pinned_key: (nullable): the key that it must have; %NULL to learn it now
 *
 * Answers ABROAD_WANTED.
 */
void
udpnat_node_set_abroad_server (UdpnatNode            *self,
                               gint64                 now_us,
                               const char            *place,
                               const UdpnatAddress   *address,
                               const UdpnatPublicKey *pinned_key)
{
  UdpnatAbroad *abroad = find (self, place);

  if (abroad == NULL || abroad->is_home || !abroad->is_wanted)
    return;
  if (address == NULL || !may_go_to (self, address))
    {
      abroad->retry_us = now_us + UDPNAT_ABROAD_RETRY_US;
      udpnat_node_fail_lookups (self, abroad, "no-such-server");
      return;
    }
  abroad->is_wanted = FALSE;
  abroad->is_open = TRUE;
  abroad->used_us = now_us;
  udpnat_rendezvous_client_set_server (abroad->client, now_us, address,
                                       abroad->is_fleet ? &abroad->fleet_key : pinned_key);
  if (abroad->has_mail)
    udpnat_rendezvous_client_fetch_mail (abroad->client, now_us);
  (void) notice_same (abroad, now_us);
}

/* Who is registered at our own server now is where that says. */
static gboolean
is_here (const UdpnatPeer *peer)
{
  return peer->is_heard && peer->presence != UDPNAT_PRESENCE_OFFLINE;
}

/**
 * udpnat_node_set_peer_server:
 * @place: (nullable): where @key is registered; %NULL: at our own server
 * @is_claimed: whether only @key itself says so: then we go there only as long as it is accepted,
 *   and may see our address
 *
 * To be called after udpnat_node_restore_contact(), or when somebody was found there.
 */
void
udpnat_node_set_peer_server (UdpnatNode            *self,
                             gint64                 now_us,
                             const UdpnatPublicKey *key,
                             const char            *place,
                             gboolean               is_claimed)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);
  UdpnatAbroad *abroad = NULL;

  if (peer == NULL)
    return;
  if (place != NULL)
    abroad = udpnat_node_ensure_abroad (self, place);
  if (abroad != NULL && (abroad->is_home || is_here (peer)))
    abroad = NULL;
  peer->is_place_claimed = is_claimed;
  if (peer->abroad == abroad)
    return;
  peer->abroad = abroad;
  if (udpnat_peer_has_session (peer))
    udpnat_peer_use_server (peer, now_us);
  udpnat_peer_hurry (peer, now_us);
}

static gboolean
is_called (const UdpnatPeer *peer,
           const char       *name,
           const char       *place)
{
  g_autofree char *full = g_strdup_printf ("%s@%s", name, place);
  g_autofree char *folded = udpnat_name_fold (full);
  g_autofree char *own = peer->name != NULL ? udpnat_name_fold (peer->name) : NULL;

  return g_strcmp0 (folded, own) == 0;
}

/**
 * udpnat_node_claim_address:
 * @name: what @key says that it is called
 * @place: (nullable): at that server; %NULL: it is at none
 *
 * Somebody who is a guest at our server, or has moved to another one, says where to find them. The
 * name is a claim, like one in a beacon, until the server there has confirmed it.
 */
void
udpnat_node_claim_address (UdpnatNode            *self,
                           gint64                 now_us,
                           const UdpnatPublicKey *key,
                           const char            *name,
                           const char            *place)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL || is_here (peer) || (place != NULL && is_called (peer, name, place)))
    return;
  if (place == NULL && peer->name != NULL)
    return; /* they go on to be called as before */
  g_free (peer->claimed_name);
  g_free (peer->claimed_place);
  peer->claimed_name = g_strdup (name);
  peer->claimed_place = g_strdup (place);
  udpnat_node_take_claimed_name (self, peer);
  if (place != NULL)
    udpnat_node_set_peer_server (self, now_us, key, place, TRUE);
  udpnat_node_push_presence (self, peer);
}

/** udpnat_node_get_peer_name: Returns: (nullable): what somebody is called here */
const char *
udpnat_node_get_peer_name (const UdpnatNode      *self,
                           const UdpnatPublicKey *key)
{
  const UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  return peer != NULL ? peer->name : NULL;
}

/** udpnat_node_forget_abroad_key: the owner pins another key from now on; goes there anew if there
 * is anything to say */
void
udpnat_node_forget_abroad_key (UdpnatNode *self,
                               gint64      now_us,
                               const char *place)
{
  UdpnatAbroad *abroad = find (self, place);

  if (abroad == NULL)
    return;
  if (abroad->is_open)
    leave (abroad, now_us);
  foreach_peer (abroad, now_us, mark_dirty);
}

/* ---- What these servers say ---- */

static void
push (UdpnatAbroad          *self,
      UdpnatNodeEventType    type,
      const UdpnatPublicKey *key)
{
  udpnat_node_push_event (self->node, udpnat_node_event_new (type, key, self->place));
}

/* Somebody there has this name now, by the word of the server whose it is to give. */
static UdpnatPeer *
take_entry (UdpnatAbroad               *self,
            gint64                      now_us,
            const UdpnatDirectoryEntry *entry)
{
  g_autofree char *full = self->is_fleet ? g_strdup (entry->name)
                                         : g_strdup_printf ("%s@%s", entry->name, self->place);
  UdpnatPublicKey key;
  UdpnatPeer *peer;

  memcpy (key.bytes, entry->key, sizeof key.bytes);
  peer = udpnat_node_ensure_peer (self->node, &key);
  if (peer == NULL)
    return NULL;
  udpnat_node_name_peer (self->node, peer, full);
  if (udpnat_node_find_name (self->node, full) != peer)
    return NULL;
  if (!peer->is_heard)
    {
      peer->abroad = self;
      peer->is_place_claimed = FALSE;
    }
  if (peer->is_contact)
    udpnat_node_push_event (self->node, udpnat_node_event_new (UDPNAT_NODE_EVENT_CONTACT,
                                                               &peer->key, peer->name));
  peer->presence = entry->presence;
  if (entry->presence != UDPNAT_PRESENCE_OFFLINE)
    udpnat_peer_handle_online (peer, now_us, self, entry->handle);
  udpnat_node_push_presence (self->node, peer);
  return peer;
}

static void
handle_lookup_result (UdpnatAbroad                *self,
                      gint64                       now_us,
                      const UdpnatRendezvousEvent *event)
{
  const UdpnatPublicKey *own = udpnat_identity_get_public_key (self->node->identity);
  UdpnatPeer *peer = NULL;
  const char *code = "unknown-peer";

  if (event->found && memcmp (event->entry.key, own->bytes, sizeof own->bytes) == 0)
    code = "self";
  else if (event->found)
    {
      peer = take_entry (self, now_us, &event->entry);
      code = "too-many";
    }
  udpnat_node_finish_lookup (self->node, self, event->request, peer, code);
}

/* Our own server knows by then where its people are, or will know soon. */
static void
give_up_fleet (UdpnatAbroad *self,
               gint64        now_us)
{
  if (!self->is_fleet || !self->is_open)
    return;
  foreach_peer (self, now_us, bring_home);
  self->has_mail = FALSE; /* told again, as long as it is there */
  leave (self, now_us);
}

static void
handle_lost (UdpnatAbroad *self,
             gint64        now_us)
{
  foreach_peer (self, now_us, drop_handle);
  give_up_fleet (self, now_us);
}

static void
handle_dial_failed (UdpnatAbroad          *self,
                    gint64                 now_us,
                    const UdpnatPublicKey *key,
                    guint8                 code)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self->node, key);

  if (self->is_fleet && peer != NULL && peer->abroad == self && code != UDPNAT_RELAY_FAIL_QUOTA)
    {
      drop_handle (peer, now_us);
      peer->abroad = NULL;
    }
  udpnat_node_handle_dial_failed (self->node, now_us, key, code);
}

/* Letters wait only at other servers of our own fleet. */
static void
handle_mail (UdpnatAbroad                *self,
             gint64                       now_us,
             const UdpnatRendezvousEvent *event)
{
  self->used_us = now_us;
  if (self->is_fleet)
    udpnat_node_handle_mail (self->node, now_us, self, event->number, event->data, event->n_data);
}

static void
handle_event (UdpnatAbroad                *self,
              gint64                       now_us,
              const UdpnatRendezvousEvent *event)
{
  switch (event->type)
    {
    case UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY:
      if (!notice_same (self, now_us))
        push (self, UDPNAT_NODE_EVENT_ABROAD_KEY, &event->key);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH:
      push (self, UDPNAT_NODE_EVENT_ABROAD_CHANGED, &event->key);
      udpnat_node_fail_lookups (self->node, self, "server-changed");
      break;
    case UDPNAT_RENDEZVOUS_EVENT_CONNECTED:
      foreach_peer (self, now_us, ask_for);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOST:
      handle_lost (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REPLACED:
      handle_lost (self, now_us);
      (void) notice_same (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT:
      udpnat_node_handle_mail_result (self->node, now_us, self->client, event->request,
                                      event->code);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT:
      handle_lookup_result (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT:
      udpnat_node_finish_lookup (self->node, self, event->request, NULL, "no-server");
      break;
    case UDPNAT_RENDEZVOUS_EVENT_RELAYED:
      self->used_us = now_us;
      udpnat_node_handle_relayed (self->node, now_us, self, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED:
      udpnat_node_handle_relay_failed (self->node, now_us, self, event->handle, event->code,
                                       event->rate_kib);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED:
      handle_dial_failed (self, now_us, &event->key, event->code);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOCATED:
      if (self->is_fleet)
        udpnat_node_handle_located (self->node, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL:
      handle_mail (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER: /* questions time out by themselves */
      give_up_fleet (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_ATTESTATION:
      udpnat_node_handle_attestation (self->node, now_us, &event->attestation);
      break;
    /* what only those are told who are registered there, or listen to who is */
    case UDPNAT_RENDEZVOUS_EVENT_ROUTE:
    case UDPNAT_RENDEZVOUS_EVENT_REGISTERED:
    case UDPNAT_RENDEZVOUS_EVENT_REFUSED:
    case UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED:
    case UDPNAT_RENDEZVOUS_EVENT_PEER:
    case UDPNAT_RENDEZVOUS_EVENT_LIST_END:
    case UDPNAT_RENDEZVOUS_EVENT_NODE:
    case UDPNAT_RENDEZVOUS_EVENT_MOVE:
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_AT:
    case UDPNAT_RENDEZVOUS_EVENT_WATCHED:
    case UDPNAT_RENDEZVOUS_EVENT_DIRECTORY:
    case UDPNAT_RENDEZVOUS_EVENT_PAGE:
    case UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE:
      break;
    }
}

static void
follow (UdpnatAbroad *self,
        gint64        now_us)
{
  UdpnatRendezvousEvent event;

  while (udpnat_rendezvous_client_pop_event (self->client, &event))
    handle_event (self, now_us, &event);
}

/* ---- As a part of the machine ---- */

/**
 * udpnat_node_abroad_handle_datagram:
 * @out_result: what it was, if it was one of these servers'; else not touched
 *
 * One server may have two names, so an INFO-REPLY that is of no use to one may be the answer to
 * another's question.
 *
 * Returns: whether one of these servers has sent it
 */
gboolean
udpnat_node_abroad_handle_datagram (UdpnatNode           *self,
                                    gint64                now_us,
                                    const UdpnatDatagram *datagram,
                                    UdpnatRxResult       *out_result)
{
  gboolean is_owned = FALSE;

  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (!abroad->is_open || !udpnat_rendezvous_client_owns (abroad->client, datagram))
        continue;
      is_owned = TRUE;
      *out_result = udpnat_rendezvous_client_handle_datagram (abroad->client, now_us, datagram);
      follow (abroad, now_us);
      /* Its key has just been told, perhaps, and its handshake has not left yet. */
      if (!udpnat_rendezvous_client_is_connected (abroad->client))
        (void) notice_same (abroad, now_us);
      if (*out_result != UDPNAT_RX_IGNORED)
        break;
    }
  return is_owned;
}

static gint64
get_deadline (const UdpnatAbroad *self)
{
  gint64 deadline_us = self->is_wanted ? self->retry_us : UDPNAT_TIME_NEVER;

  if (!self->is_open)
    return deadline_us;
  return udpnat_time_min (udpnat_rendezvous_client_next_deadline (self->client),
                          self->used_us + UDPNAT_ABROAD_LINGER_US);
}

gint64
udpnat_node_abroad_next_deadline (const UdpnatNode *self)
{
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  for (guint i = 0; i < self->abroad->len; i++)
    deadline_us = udpnat_time_min (deadline_us,
                                   get_deadline (g_ptr_array_index (self->abroad, i)));
  return deadline_us;
}

static void
handle_deadline (UdpnatAbroad *self,
                 gint64        now_us)
{
  if (self->is_wanted && self->retry_us <= now_us)
    {
      /* Asked again only if there is still something to say. */
      self->is_wanted = FALSE;
      self->retry_us = UDPNAT_TIME_NEVER;
      foreach_peer (self, now_us, mark_dirty);
    }
  if (!self->is_open)
    return;
  if (now_us - self->used_us >= UDPNAT_ABROAD_LINGER_US)
    {
      leave (self, now_us);
      return;
    }
  if (udpnat_rendezvous_client_next_deadline (self->client) <= now_us)
    udpnat_rendezvous_client_handle_deadline (self->client, now_us);
  follow (self, now_us);
}

void
udpnat_node_abroad_handle_deadline (UdpnatNode *self,
                                    gint64      now_us)
{
  for (guint i = 0; i < self->abroad->len; i++)
    handle_deadline (g_ptr_array_index (self->abroad, i), now_us);
}

gboolean
udpnat_node_abroad_pop_output (UdpnatNode     *self,
                               gint64          now_us,
                               UdpnatDatagram *out_datagram)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (udpnat_rendezvous_client_pop_output (abroad->client, now_us, out_datagram))
        return TRUE;
    }
  return FALSE;
}

/* ---- What the node notices ---- */

/** udpnat_node_abroad_leave: says goodbye everywhere */
void
udpnat_node_abroad_leave (UdpnatNode *self,
                          gint64      now_us)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (abroad->is_open)
        leave (abroad, now_us);
    }
}

void
udpnat_node_abroad_set_wall_offset (UdpnatNode *self)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      udpnat_rendezvous_client_set_wall_offset (abroad->client, self->wall_offset_us);
    }
}

/** udpnat_node_abroad_move: our own addresses are others */
void
udpnat_node_abroad_move (UdpnatNode *self,
                         gint64      now_us)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (abroad->is_open)
        udpnat_rendezvous_client_handle_network_change (abroad->client, now_us);
    }
}

/** udpnat_node_abroad_wake: we slept, or the network is not quite what it was */
void
udpnat_node_abroad_wake (UdpnatNode *self,
                         gint64      now_us)
{
  for (guint i = 0; i < self->abroad->len; i++)
    {
      UdpnatAbroad *abroad = g_ptr_array_index (self->abroad, i);

      if (abroad->is_open)
        udpnat_rendezvous_client_handle_wake (abroad->client, now_us);
    }
}
