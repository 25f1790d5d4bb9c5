/* People on our own network, as their beacons say (udpnat-lan.c; PROTOCOL.md section 16): where
 * they are, which is enough to talk to them without any server; and what they call themselves.
 *
 * A name in a beacon is a claim. It is taken for a name only while there is no server to ask and
 * nobody else has it; otherwise a part of the key is put after it. It never takes a name away, and
 * whoever has a name by a better word (the server's, or an earlier conversation) keeps that. */

#include "config.h"

#include "udpnat-node-private.h"

#include "udpnat-name.h"

/* ---- Where ---- */

/** udpnat_peer_is_on_lan_at: whether beacons of the peer come from the IP address of @source */
gboolean
udpnat_peer_is_on_lan_at (const UdpnatPeer    *self,
                          const UdpnatAddress *source)
{
  for (guint i = 0; i < self->n_lan_addresses; i++)
    if (udpnat_address_equal_ip (&self->lan_addresses[i], source))
      return TRUE;
  return FALSE;
}

/** udpnat_node_is_lan_source: whether somebody's beacons come from there */
gboolean
udpnat_node_is_lan_source (const UdpnatNode    *self,
                           const UdpnatAddress *source)
{
  for (guint i = 0; i < self->lan_peers->len; i++)
    if (udpnat_peer_is_on_lan_at (g_ptr_array_index (self->lan_peers, i), source))
      return TRUE;
  return FALSE;
}

/* Keys cost nothing: whoever was only here, and has said nothing, is not remembered. */
static gboolean
is_forgettable (const UdpnatPeer *peer)
{
  static const guint8 never[UDPNAT_TIMESTAMP_BYTES] = { 0 };

  return peer->n_lan_addresses == 0 && peer->conversation == NULL && !peer->is_contact &&
         !peer->is_heard && peer->handle == 0 && peer->trust == UDPNAT_TRUST_STRANGER &&
         (peer->name == NULL || peer->is_name_claimed) &&
         g_queue_is_empty ((GQueue *) &peer->prekeys) &&
         memcmp (peer->last_timestamp, never, sizeof never) == 0;
}

/** udpnat_node_push_presence: tells whether @peer is there, by the name that it has here */
void
udpnat_node_push_presence (UdpnatNode       *self,
                           const UdpnatPeer *peer)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PEER, &peer->key, peer->name);

  event->is_on_lan = peer->n_lan_addresses > 0;
  event->is_forgotten = peer->claimed_name != NULL && is_forgettable (peer);
  event->presence = peer->presence;
  if (event->is_on_lan && peer->presence == UDPNAT_PRESENCE_OFFLINE)
    event->presence = UDPNAT_PRESENCE_ONLINE;
  udpnat_node_push_event (self, event);
}

/* ---- Names ---- */

static gboolean
is_free (const UdpnatNode *self,
         const UdpnatPeer *peer,
         const char       *name)
{
  UdpnatPeer *holder = udpnat_node_find_name (self, name);

  return holder == NULL || holder == peer;
}

/* "bob#k3f7", or "bob#k3f7@place": shortened to the longest name if need be. */
static char *
dup_qualified (const char *name,
               const char *key_text,
               guint       n_key,
               const char *place)
{
  glong n_keep = MIN (g_utf8_strlen (name, -1), (glong) (UDPNAT_NAME_MAX_CODE_POINTS - 1 - n_key));
  g_autofree char *kept = g_utf8_substring (name, 0, n_keep);
  g_autofree char *full = g_strdup_printf ("%s#%.*s", kept, (int) n_key, key_text);
  g_autofree char *normal = udpnat_name_normalize (full);

  return normal == NULL || place == NULL ? g_steal_pointer (&normal)
                                         : g_strdup_printf ("%s@%s", normal, place);
}

/* Returns: (nullable): %NULL when others have them all, as only somebody who means it brings about:
 * then there is no name but the key */
static char *
dup_free_name (const UdpnatNode *self,
               const UdpnatPeer *peer)
{
  static const guint n_key[] = { 4, 8, 16, 32 };
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  if (!self->has_server && peer->claimed_place == NULL &&
      is_free (self, peer, peer->claimed_name))
    return g_strdup (peer->claimed_name);
  udpnat_public_key_to_string (&peer->key, key_text);
  for (guint i = 0; i < G_N_ELEMENTS (n_key); i++)
    {
      g_autofree char *name = dup_qualified (peer->claimed_name, key_text, n_key[i],
                                             peer->claimed_place);

      if (name != NULL && is_free (self, peer, name))
        return g_steal_pointer (&name);
    }
  return NULL;
}

/** udpnat_node_take_claimed_name: names @peer as it calls itself, whatever it was called before */
void
udpnat_node_take_claimed_name (UdpnatNode *self,
                               UdpnatPeer *peer)
{
  g_autofree char *name = dup_free_name (self, peer);

  if (name == NULL)
    return;
  udpnat_node_name_peer (self, peer, name);
  peer->is_name_claimed = TRUE;
}

/** udpnat_node_claim_name: names @peer as it calls itself, if nothing better is known */
void
udpnat_node_claim_name (UdpnatNode *self,
                        UdpnatPeer *peer)
{
  if (peer->claimed_name != NULL && !peer->is_contact &&
      (peer->name == NULL || peer->is_name_claimed))
    udpnat_node_take_claimed_name (self, peer);
}

static gboolean
qualify (gpointer key,
         gpointer value,
         gpointer user_data)
{
  UdpnatPeer *peer = value;

  if (peer->is_name_claimed && !peer->is_contact)
    {
      udpnat_node_claim_name (user_data, peer);
      udpnat_node_push_presence (user_data, peer);
    }
  return FALSE;
}

/** udpnat_node_qualify_names: from now on plain names are a server's to give */
void
udpnat_node_qualify_names (UdpnatNode *self)
{
  g_tree_foreach (self->peers, qualify, self);
}

/* Of whom the server may soon say who it is: not told meanwhile by the claimed name. */
static gboolean
is_kept_back (const UdpnatNode *self,
              const UdpnatPeer *peer)
{
  return self->is_list_awaited && (peer->name == NULL || peer->is_name_claimed);
}

/** udpnat_node_end_list_wait: the server has told whom it knows, or does not answer */
void
udpnat_node_end_list_wait (UdpnatNode *self)
{
  if (!self->is_list_awaited)
    return;
  self->is_list_awaited = FALSE;
  for (guint i = 0; i < self->lan_peers->len; i++)
    {
      const UdpnatPeer *peer = g_ptr_array_index (self->lan_peers, i);

      if (peer->name == NULL || peer->is_name_claimed)
        udpnat_node_push_presence (self, peer);
    }
}

/* ---- Who comes and goes ---- */

static void
forget (UdpnatNode *self,
        UdpnatPeer *peer)
{
  g_autofree char *folded = peer->name != NULL ? udpnat_name_fold (peer->name) : NULL;

  if (folded != NULL && g_tree_lookup (self->names, folded) == peer)
    g_tree_remove (self->names, folded);
  g_tree_remove (self->peers, &peer->key);
}

/* Somebody with whom there is a conversation has come: whatever waits goes at once. */
static void
handle_come (UdpnatPeer *peer,
             gint64      now_us)
{
  peer->n_failed_dials = 0;
  peer->blocked_until_us = 0;
  if (!udpnat_peer_is_drained (peer))
    {
      udpnat_path_set_note_active (peer->paths, now_us);
      if (!udpnat_path_set_get_selected (peer->paths, NULL, NULL, NULL))
        udpnat_peer_handle_unknown (peer, now_us); /* perhaps a new process */
    }
  udpnat_peer_hurry (peer, now_us);
}

static void
set_addresses (UdpnatNode          *self,
               gint64               now_us,
               UdpnatPeer          *peer,
               const UdpnatAddress *addresses,
               guint                n_addresses)
{
  gboolean was_here = peer->n_lan_addresses > 0;

  for (guint i = 0; peer->paths != NULL && i < peer->n_lan_addresses; i++)
    udpnat_path_set_remove_cached (peer->paths, &peer->lan_addresses[i]);
  peer->n_lan_addresses = MIN (n_addresses, G_N_ELEMENTS (peer->lan_addresses));
  for (guint i = 0; i < peer->n_lan_addresses; i++)
    peer->lan_addresses[i] = addresses[i];
  if (was_here && n_addresses == 0)
    g_ptr_array_remove_fast (self->lan_peers, peer);
  else if (!was_here && n_addresses > 0)
    g_ptr_array_add (self->lan_peers, peer);

  if (peer->conversation == NULL)
    return;
  udpnat_peer_set_local (peer);
  for (guint i = 0; i < peer->n_lan_addresses; i++)
    udpnat_path_set_add_cached (peer->paths, now_us, &peer->lan_addresses[i]);
  if (!was_here && n_addresses > 0)
    handle_come (peer, now_us);
}

/**
 * udpnat_node_set_lan_peer:
 * @name: (nullable): what @key calls itself in its beacons
 * @addresses: (array length=n_addresses): sources of its beacons, with the port of its node; none
 *   when it has gone
 *
 * Somebody is on our own network, or is there no longer. They can be talked to without a server.
 */
void
udpnat_node_set_lan_peer (UdpnatNode            *self,
                          gint64                 now_us,
                          const UdpnatPublicKey *key,
                          const char            *name,
                          const UdpnatAddress   *addresses,
                          guint                  n_addresses)
{
  UdpnatPeer *peer = n_addresses > 0 ? udpnat_node_ensure_peer (self, key)
                                     : udpnat_node_find_peer (self, key);

  if (peer == NULL || (n_addresses == 0 && peer->n_lan_addresses == 0))
    return;
  set_addresses (self, now_us, peer, addresses, n_addresses);
  if (n_addresses > 0 && name != NULL)
    {
      g_free (peer->claimed_name);
      peer->claimed_name = g_strdup (name);
      g_clear_pointer (&peer->claimed_place, g_free);
      udpnat_node_claim_name (self, peer);
      udpnat_node_flush_lookups (self);
    }
  if (n_addresses == 0 && !peer->is_heard)
    peer->presence = UDPNAT_PRESENCE_OFFLINE;
  if (!is_kept_back (self, peer))
    udpnat_node_push_presence (self, peer);
  if (n_addresses == 0 && is_forgettable (peer))
    forget (self, peer);
}
