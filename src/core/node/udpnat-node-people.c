/* Who is who: peers by key, by name and by relay handle, and names that are being looked up.
 *
 * A name is only ever a way to find a key. Once two people have talked, the pair is a *contact* and
 * the server cannot change it any more: if it then names another key, the owner is told and the old
 * key stays (PROTOCOL.md section 12). */

#include "config.h"

#include "udpnat-node-private.h"

#include "udpnat-name.h"

typedef struct
{
  guint32       request;        /* ours, as the owner knows it */
  guint32       server_request;
  UdpnatAbroad *abroad;         /* nullable: which server is asked; NULL: our own */
  char         *folded_name;
  char         *name;
} Lookup;

static int
compare_names (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  return strcmp (a, b);
}

static void
lookup_free (gpointer data)
{
  Lookup *lookup = data;

  g_free (lookup->folded_name);
  g_free (lookup->name);
  g_free (lookup);
}

void
udpnat_node_people_init (UdpnatNode *self)
{
  self->peers = g_tree_new_full (udpnat_public_key_compare_data, NULL, NULL,
                                 (GDestroyNotify) udpnat_peer_free);
  self->names = g_tree_new_full (compare_names, NULL, g_free, NULL);
  self->handles = g_hash_table_new (NULL, NULL);
  self->active = g_ptr_array_new ();
  self->lan_peers = g_ptr_array_new ();
}

void
udpnat_node_people_clear (UdpnatNode *self)
{
  g_queue_clear_full (&self->lookups, lookup_free);
  g_clear_pointer (&self->active, g_ptr_array_unref);
  g_clear_pointer (&self->lan_peers, g_ptr_array_unref);
  g_clear_pointer (&self->handles, g_hash_table_unref);
  g_clear_pointer (&self->names, g_tree_unref);
  g_clear_pointer (&self->peers, g_tree_unref);
}

/* ---- Peers ---- */

UdpnatPeer *
udpnat_node_find_peer (const UdpnatNode      *self,
                       const UdpnatPublicKey *key)
{
  return g_tree_lookup (self->peers, key);
}

/**
 * udpnat_node_ensure_peer:
 *
 * Returns: (nullable): the peer with this key, made if need be; %NULL when there are too many or it
 *   is ourselves
 */
UdpnatPeer *
udpnat_node_ensure_peer (UdpnatNode            *self,
                         const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = g_tree_lookup (self->peers, key);

  if (peer != NULL)
    return peer;
  if (g_tree_nnodes (self->peers) >= UDPNAT_PEERS_MAX ||
      udpnat_public_key_equal (key, udpnat_identity_get_public_key (self->identity)))
    return NULL;
  peer = udpnat_peer_new (self, key);
  g_tree_insert (self->peers, &peer->key, peer);
  return peer;
}

/** udpnat_node_set_handle: the relay of our server, or of @abroad, now reaches @peer by @handle; 0:
 * no longer by any */
void
udpnat_node_set_handle (UdpnatNode   *self,
                        UdpnatPeer   *peer,
                        UdpnatAbroad *abroad,
                        guint32       handle)
{
  GHashTable *old = peer->handle_abroad != NULL ? peer->handle_abroad->handles : self->handles;

  if (peer->handle != 0 && g_hash_table_lookup (old, GUINT_TO_POINTER (peer->handle)) == peer)
    g_hash_table_remove (old, GUINT_TO_POINTER (peer->handle));
  peer->handle = handle;
  peer->handle_abroad = handle != 0 ? abroad : NULL;
  if (handle != 0)
    g_hash_table_insert (abroad != NULL ? abroad->handles : self->handles,
                         GUINT_TO_POINTER (handle), peer);
}

/* ---- Who the server says is there ---- */

static gboolean
forget_presence (gpointer key,
                 gpointer value,
                 gpointer user_data)
{
  UdpnatPeer *peer = value;

  if (peer->handle_abroad == NULL)
    udpnat_node_set_handle (user_data, peer, NULL, 0);
  peer->is_heard = FALSE;
  return FALSE;
}

static gboolean
expect_letters (gpointer key,
                gpointer value,
                gpointer user_data)
{
  ((UdpnatPeer *) value)->has_failed = FALSE;
  return FALSE;
}

/** udpnat_node_forget_presence: handles and presence were of the session before; if it is another
 * one, letters come again, from the oldest */
void
udpnat_node_forget_presence (UdpnatNode *self,
                             gboolean    is_continued)
{
  g_tree_foreach (self->peers, forget_presence, self);
  if (!is_continued)
    g_tree_foreach (self->peers, expect_letters, NULL);
}

static gboolean
notice_absence (gpointer key,
                gpointer value,
                gpointer user_data)
{
  UdpnatPeer *peer = value;

  if (peer->is_heard || peer->abroad != NULL || peer->is_guest ||
      peer->presence == UDPNAT_PRESENCE_OFFLINE)
    return FALSE;
  peer->presence = UDPNAT_PRESENCE_OFFLINE;
  udpnat_node_push_presence (user_data, peer);
  return FALSE;
}

/** udpnat_node_notice_absence: the whole directory has been told, or there is none: who was not in
 * it since udpnat_node_forget_presence() is not there */
void
udpnat_node_notice_absence (UdpnatNode *self)
{
  g_tree_foreach (self->peers, notice_absence, self);
}

/* ---- Strangers ---- */

static gboolean
is_stranger (const UdpnatPeer *peer)
{
  return !udpnat_peer_is_trusted (peer) &&
         udpnat_conversation_get_unreceipted (peer->conversation) == 0;
}

/** udpnat_node_close_peer: forgets conversation, session and paths */
void
udpnat_node_close_peer (UdpnatNode *self,
                        UdpnatPeer *peer)
{
  for (guint i = 0; i < UDPNAT_NODE_RECENT_HANDSHAKES; i++)
    if (self->recent[i].peer == peer)
      self->recent[i].peer = NULL;
  if (peer->is_dirty)
    g_queue_remove (&self->dirty, peer);
  peer->is_dirty = FALSE;
  udpnat_heap_remove (self->timers, &peer->timer);
  g_ptr_array_remove (self->active, peer);
  udpnat_node_drop_letters (self, peer);
  udpnat_peer_close (peer);
}

/**
 * udpnat_node_limit_strangers:
 * @newcomer: whose handshake is about to be answered
 *
 * Keys cost nothing, so conversations with people whom we have not accepted are limited: the
 * oldest one makes room. Its peer can begin again at any time.
 */
void
udpnat_node_limit_strangers (UdpnatNode *self,
                             UdpnatPeer *newcomer)
{
  UdpnatPeer *oldest = NULL;
  guint n_strangers = 0;

  if (newcomer->conversation != NULL)
    return;
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      if (!is_stranger (peer))
        continue;
      n_strangers++;
      if (oldest == NULL)
        oldest = peer;
    }
  if (n_strangers >= UDPNAT_NODE_STRANGERS_MAX)
    udpnat_node_close_peer (self, oldest);
}

/* ---- Names ---- */

UdpnatPeer *
udpnat_node_find_name (const UdpnatNode *self,
                       const char       *name)
{
  g_autofree char *folded = udpnat_name_fold (name);

  return folded != NULL ? g_tree_lookup (self->names, folded) : NULL;
}

/**
 * udpnat_node_name_peer:
 * @name: as the server or the store says
 *
 * Binds a name to a peer, unless it is bound to another contact already. Whoever had only claimed
 * it goes by another one from now on.
 */
void
udpnat_node_name_peer (UdpnatNode *self,
                       UdpnatPeer *peer,
                       const char *name)
{
  g_autofree char *folded = udpnat_name_fold (name);
  UdpnatPeer *holder;

  if (folded == NULL)
    return;
  holder = g_tree_lookup (self->names, folded);
  if (holder == peer && g_strcmp0 (peer->name, name) == 0)
    {
      peer->is_name_claimed = FALSE;
      return;
    }
  if (holder != NULL && holder != peer && holder->is_contact)
    {
      udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_KEY_CHANGED,
                                                           &peer->key, name));
      return;
    }
  if (holder != NULL && holder != peer)
    g_clear_pointer (&holder->name, g_free);
  if (peer->name != NULL && !peer->is_contact) /* a contact keeps every name it was known by */
    {
      g_autofree char *old_folded = udpnat_name_fold (peer->name);

      if (old_folded != NULL && g_tree_lookup (self->names, old_folded) == peer)
        g_tree_remove (self->names, old_folded);
    }
  g_free (peer->name);
  peer->name = g_strdup (name);
  peer->is_name_claimed = FALSE;
  g_tree_replace (self->names, g_steal_pointer (&folded), peer);
  if (holder != NULL && holder != peer && holder->is_name_claimed)
    {
      udpnat_node_claim_name (self, holder);
      udpnat_node_push_presence (self, holder);
    }
}

/**
 * udpnat_node_note_contact: there is a conversation with @peer, so its name and key belong together
 * from now on */
void
udpnat_node_note_contact (UdpnatNode *self,
                          UdpnatPeer *peer)
{
  if (peer->is_contact || peer->name == NULL)
    return;
  peer->is_contact = TRUE;
  udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_CONTACT, &peer->key,
                                                       peer->name));
}

/**
 * udpnat_node_move_name:
 * @name: that a contact has
 * @key: whose it is from now on, by the user's decision
 *
 * The one way in which a contact's name can come to another key.
 */
void
udpnat_node_move_name (UdpnatNode            *self,
                       gint64                 now_us,
                       const char            *name,
                       const UdpnatPublicKey *key)
{
  UdpnatPeer *holder = udpnat_node_find_name (self, name);
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer == NULL)
    return;
  if (holder != NULL && holder != peer)
    holder->is_contact = FALSE;
  udpnat_node_name_peer (self, peer, name);
  peer->is_contact = TRUE;
  udpnat_node_flush_lookups (self);
}

/* ---- Looking up ---- */

static void
push_looked_up (UdpnatNode   *self,
                const Lookup *lookup,
                UdpnatPeer   *peer,
                const char   *code)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_LOOKED_UP,
                                                  peer != NULL ? &peer->key : NULL,
                                                  peer != NULL ? peer->name : lookup->name);

  event->request = lookup->request;
  event->code = peer != NULL ? NULL : code;
  udpnat_node_push_event (self, event);
}

/* Which server is asked, and for which name. Returns: (nullable): %NULL when that is none */
static char *
take_apart (UdpnatNode *self,
            gint64      now_us,
            Lookup     *lookup)
{
  const char *place;
  char *name;

  if (strchr (lookup->name, '@') == NULL)
    return g_strdup (lookup->name);
  if (!udpnat_name_split (lookup->name, &name, &place))
    return NULL;
  lookup->abroad = udpnat_node_ensure_abroad (self, place);
  if (lookup->abroad != NULL && lookup->abroad->is_home)
    lookup->abroad = NULL;
  else if (lookup->abroad == NULL)
    g_clear_pointer (&name, g_free);
  else
    udpnat_abroad_use (lookup->abroad, now_us);
  return name;
}

/* As the server that is asked calls whom it finds. */
static void
set_wanted (Lookup     *lookup,
            const char *name)
{
  g_autofree char *full = lookup->abroad != NULL
                            ? g_strdup_printf ("%s@%s", name, lookup->abroad->place)
                            : g_strdup (name);

  g_free (lookup->folded_name);
  lookup->folded_name = udpnat_name_fold (full);
}

static void
begin_lookup (UdpnatNode *self,
              gint64      now_us,
              Lookup     *lookup,
              const char *name)
{
  UdpnatRendezvousClient *server = lookup->abroad != NULL ? lookup->abroad->client : self->server;

  set_wanted (lookup, name);
  lookup->server_request = udpnat_rendezvous_client_lookup (server, now_us, name);
  g_queue_push_tail (&self->lookups, lookup);
}

/**
 * udpnat_node_look_up:
 * @name: an allowed name, or `name@server` with one
 *
 * Asks whose @name is: what is known here first, then the server, or the one that is named.
 *
 * Returns: a number by which LOOKED_UP answers
 */
guint32
udpnat_node_look_up (UdpnatNode *self,
                     gint64      now_us,
                     const char *name)
{
  Lookup *lookup = g_new0 (Lookup, 1);
  UdpnatPeer *known = udpnat_node_find_name (self, name);
  guint32 request = ++self->last_request;
  g_autofree char *bare = NULL;

  lookup->request = request;
  lookup->name = g_strdup (name);
  if (known == NULL && self->lookups.length < UDPNAT_LOOKUPS_MAX)
    bare = take_apart (self, now_us, lookup);
  if (bare == NULL)
    {
      push_looked_up (self, lookup, known, "too-many");
      lookup_free (lookup);
      return request;
    }
  begin_lookup (self, now_us, lookup, bare);
  return request;
}

static void
finish (UdpnatNode *self,
        GList      *link,
        UdpnatPeer *peer,
        const char *code)
{
  Lookup *lookup = link->data;

  g_queue_delete_link (&self->lookups, link);
  push_looked_up (self, lookup, peer, code);
  lookup_free (lookup);
}

/**
 * udpnat_node_finish_lookup:
 * @abroad: (nullable): who has answered; %NULL: our own server
 * @peer: (nullable): who has the name
 * @code: why nobody has, when @peer is %NULL
 */
void
udpnat_node_finish_lookup (UdpnatNode         *self,
                           const UdpnatAbroad *abroad,
                           guint32             server_request,
                           UdpnatPeer         *peer,
                           const char         *code)
{
  for (GList *link = self->lookups.head; link != NULL; link = link->next)
    {
      Lookup *lookup = link->data;

      if (lookup->abroad != abroad || lookup->server_request != server_request)
        continue;
      /* The answer must be about the question: a server could name anybody. */
      if (peer != NULL && g_tree_lookup (self->names, lookup->folded_name) != peer)
        {
          peer = NULL;
          code = "unknown-peer";
        }
      finish (self, link, peer, code);
      return;
    }
}

/** udpnat_node_flush_lookups: a name has become known in another way: that answers, too */
void
udpnat_node_flush_lookups (UdpnatNode *self)
{
  GList *link = self->lookups.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Lookup *lookup = link->data;
      UdpnatPeer *peer = g_tree_lookup (self->names, lookup->folded_name);

      if (peer != NULL)
        finish (self, link, peer, NULL);
      link = next;
    }
}

/** udpnat_node_fail_lookups: @abroad cannot be asked */
void
udpnat_node_fail_lookups (UdpnatNode         *self,
                          const UdpnatAbroad *abroad,
                          const char         *code)
{
  GList *link = self->lookups.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Lookup *lookup = link->data;

      if (lookup->abroad == abroad)
        finish (self, link, NULL, code);
      link = next;
    }
}

/** udpnat_node_move_lookups: @to, or our own server for %NULL, is asked instead: it is the same */
void
udpnat_node_move_lookups (UdpnatNode         *self,
                          gint64              now_us,
                          const UdpnatAbroad *from,
                          UdpnatAbroad       *to)
{
  GQueue moved = G_QUEUE_INIT;
  GList *link = self->lookups.head;

  while (link != NULL)
    {
      GList *next = link->next;

      if (((Lookup *) link->data)->abroad == from)
        {
          g_queue_unlink (&self->lookups, link);
          g_queue_push_tail_link (&moved, link);
        }
      link = next;
    }
  while (!g_queue_is_empty (&moved))
    {
      Lookup *lookup = g_queue_pop_head (&moved);
      g_autofree char *name = NULL;
      const char *place;

      if (!udpnat_name_split (lookup->name, &name, &place))
        g_assert_not_reached (); /* as it was when it was begun */
      lookup->abroad = to;
      begin_lookup (self, now_us, lookup, name);
    }
}
