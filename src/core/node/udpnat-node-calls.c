/* What the owner of a node asks of it. Each call only changes state; what follows from it is popped
 * afterwards. */

#include "config.h"

#include "udpnat-node-private.h"

#include "udpnat-chat-message.h"
#include "udpnat-name.h"

/**
 * udpnat_node_set_wall_clock:
 * @wall_us: wall clock at @now_us, µs since 1970; it may go back
 */
void
udpnat_node_set_wall_clock (UdpnatNode *self,
                            gint64      now_us,
                            gint64      wall_us)
{
  self->wall_offset_us = wall_us - now_us;
  udpnat_rendezvous_client_set_wall_offset (self->server, self->wall_offset_us);
}

/**
 * udpnat_node_set_host_addresses:
 * @addresses: (array length=n_addresses): this host's addresses, best first; ports are not looked
 *   at
 * @port: the port that the node's socket is bound to
 *
 * Call it at the start and whenever the network changes: paths are then proven anew.
 */
void
udpnat_node_set_host_addresses (UdpnatNode          *self,
                                gint64               now_us,
                                const UdpnatAddress *addresses,
                                guint                n_addresses,
                                guint16              port)
{
  guint n = MIN (n_addresses, G_N_ELEMENTS (self->host_addresses));
  gboolean is_same = n == self->n_host_addresses && port == self->port;
  gboolean is_first = self->port == 0;

  for (guint i = 0; is_same && i < n; i++)
    is_same = udpnat_address_equal_ip (&addresses[i], &self->host_addresses[i]);
  if (is_same)
    return;
  memcpy (self->host_addresses, addresses, n * sizeof *addresses);
  self->n_host_addresses = n;
  self->port = port;
  udpnat_node_refresh_candidates (self);
  if (is_first)
    return;
  udpnat_rendezvous_client_handle_network_change (self->server, now_us);
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      udpnat_path_set_handle_network_change (peer->paths, now_us);
      udpnat_node_mark_dirty (self, peer);
    }
}

/**
 * udpnat_node_restore_contact:
 * @name: (nullable): the name that belongs to @key for good; %NULL for our own key
 * @timestamp: (nullable): 12 bytes, the last one accepted from @key, or given out by us when @key
 *   is our own
 *
 * Tells the node what it knew before: at the start, from the store.
 */
void
udpnat_node_restore_contact (UdpnatNode            *self,
                             const UdpnatPublicKey *key,
                             const char            *name,
                             const guint8          *timestamp)
{
  UdpnatPeer *peer;

  if (udpnat_public_key_equal (key, udpnat_identity_get_public_key (self->identity)))
    {
      if (timestamp != NULL)
        self->last_wall_us = MAX (self->last_wall_us, udpnat_timestamp_to_us (timestamp));
      return;
    }
  peer = udpnat_node_ensure_peer (self, key);
  if (peer == NULL)
    return;
  if (timestamp != NULL)
    memcpy (peer->last_timestamp, timestamp, sizeof peer->last_timestamp);
  if (name != NULL)
    {
      udpnat_node_name_peer (self, peer, name);
      peer->is_contact = TRUE;
    }
}

/**
 * udpnat_node_set_server:
 * @pinned_key: (nullable): the key that this server must have; %NULL to learn it now
 */
void
udpnat_node_set_server (UdpnatNode            *self,
                        gint64                 now_us,
                        const UdpnatAddress   *address,
                        const UdpnatPublicKey *pinned_key)
{
  udpnat_rendezvous_client_set_server (self->server, now_us, address, pinned_key);
  udpnat_rendezvous_client_subscribe (self->server, now_us, TRUE);
}

/** udpnat_node_log_in: registers under @name, now and after every reconnection */
void
udpnat_node_log_in (UdpnatNode *self,
                    gint64      now_us,
                    const char *name)
{
  udpnat_rendezvous_client_register (self->server, now_us, name);
}

void
udpnat_node_log_out (UdpnatNode *self,
                     gint64      now_us)
{
  udpnat_rendezvous_client_unregister (self->server, now_us);
}

/** udpnat_node_leave: says goodbye to everyone; pop the outputs, then free the node */
void
udpnat_node_leave (UdpnatNode *self,
                   gint64      now_us)
{
  for (guint i = 0; i < self->active->len; i++)
    udpnat_peer_leave (g_ptr_array_index (self->active, i), now_us);
  udpnat_rendezvous_client_leave (self->server, now_us);
}

gboolean
udpnat_node_is_registered (const UdpnatNode *self)
{
  return udpnat_rendezvous_client_is_registered (self->server);
}

/** udpnat_node_get_server_rtt: Returns: smoothed, µs; 0 when not known */
gint64
udpnat_node_get_server_rtt (const UdpnatNode *self)
{
  return udpnat_rendezvous_client_get_rtt (self->server);
}

/**
 * udpnat_node_send:
 * @name: to whom
 * @text: UTF-8, 1 to %UDPNAT_TEXT_MAX_BYTES bytes
 * @out_id: (out): the new message's id, by which events speak of it
 *
 * Sends a message at once, or as soon as the peer can be reached.
 *
 * Returns: %FALSE when the text or the name can never be right; nothing is sent then
 */
gboolean
udpnat_node_send (UdpnatNode      *self,
                  gint64           now_us,
                  const char      *name,
                  const char      *text,
                  UdpnatMessageId *out_id)
{
  gsize n_text = strlen (text);
  g_autofree char *normal = udpnat_name_normalize (name);
  UdpnatPeer *peer;

  if (normal == NULL || !udpnat_text_is_valid (text, n_text))
    return FALSE;
  udpnat_random_fill (&self->random, out_id->bytes, sizeof out_id->bytes);

  peer = udpnat_node_find_name (self, normal);
  if (peer == NULL)
    {
      udpnat_node_start_lookup (self, now_us, normal, text, out_id);
      return TRUE;
    }
  udpnat_peer_open (peer);
  peer->has_sent = TRUE;
  udpnat_node_note_contact (self, peer);
  if (!udpnat_conversation_send (peer->conversation, now_us, out_id,
                                 now_us + self->wall_offset_us, text, n_text))
    {
      udpnat_node_fail (self, normal, out_id, "too-many");
      return TRUE;
    }
  udpnat_peer_note_active (peer, now_us);
  if (!peer->is_online && peer->session == NULL && peer->n_failed_dials > 0)
    udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_UNREACHABLE,
                                                         &peer->key, peer->name));
  udpnat_node_mark_dirty (self, peer);
  return TRUE;
}

/**
 * udpnat_node_confirm:
 * @key: of a MESSAGE event
 * @id: of the same event
 *
 * Says that the message is safe here: only now is the sender told that it is delivered.
 */
void
udpnat_node_confirm (UdpnatNode            *self,
                     gint64                 now_us,
                     const UdpnatPublicKey *key,
                     const UdpnatMessageId *id)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL || peer->conversation == NULL)
    return;
  udpnat_node_note_contact (self, peer);
  udpnat_conversation_confirm (peer->conversation, id);
  udpnat_node_mark_dirty (self, peer);
}

/**
 * udpnat_node_set_relay_only: when set, no peer is told an address of ours and none is sent to
 * directly */
void
udpnat_node_set_relay_only (UdpnatNode *self,
                            gint64      now_us,
                            gboolean    is_relay_only)
{
  if (self->is_relay_only == is_relay_only)
    return;
  self->is_relay_only = is_relay_only;
  udpnat_node_refresh_candidates (self);
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      udpnat_path_set_handle_network_change (peer->paths, now_us);
      udpnat_node_mark_dirty (self, peer);
    }
}

/**
 * udpnat_node_get_path:
 *
 * Returns: %FALSE when there is no conversation with @key
 */
gboolean
udpnat_node_get_path (const UdpnatNode      *self,
                      const UdpnatPublicKey *key,
                      UdpnatNodePath        *out_path)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL || peer->conversation == NULL)
    return FALSE;
  udpnat_peer_get_path (peer, out_path);
  return TRUE;
}

/**
 * udpnat_node_is_drained: every message has its receipt, and peers have all of ours: nothing would
 * be lost by leaving */
gboolean
udpnat_node_is_drained (const UdpnatNode *self)
{
  if (self->lookups.length > 0)
    return FALSE;
  for (guint i = 0; i < self->active->len; i++)
    if (!udpnat_peer_is_drained (g_ptr_array_index (self->active, i)))
      return FALSE;
  return TRUE;
}

/** udpnat_node_count_undelivered: how many messages of ours have no receipt yet */
guint
udpnat_node_count_undelivered (const UdpnatNode *self)
{
  guint n_undelivered = udpnat_node_count_waiting (self);

  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      n_undelivered += udpnat_conversation_get_unreceipted (peer->conversation);
    }
  return n_undelivered;
}
