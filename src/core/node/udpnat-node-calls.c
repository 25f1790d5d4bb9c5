/* What the owner of a node asks of it. Each call only changes state; what follows from it is popped
 * afterwards. */

#include "config.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-sockets-private.h"

#include "udpnat-name.h"

/* Returns: (nullable): the peer with this key, if there is a conversation with it */
static UdpnatPeer *
find_talking (const UdpnatNode      *self,
              const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  return peer != NULL && peer->conversation != NULL ? peer : NULL;
}

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
  udpnat_node_abroad_set_wall_offset (self);
}

/* Returns: (nullable): what packets of this family leave by, as far as anybody can tell */
static const UdpnatAddress *
find_first (const UdpnatAddress *addresses,
            guint                n_addresses,
            UdpnatFamily         family)
{
  for (guint i = 0; i < n_addresses; i++)
    if (addresses[i].family == family)
      return &addresses[i];
  return NULL;
}

/* Whether packets leave by another address than before. That one more network is there (a VPN, a
 * phone that is plugged in) or that one of no use has gone is no move. */
static gboolean
is_move (const UdpnatNode    *self,
         const UdpnatAddress *addresses,
         guint                n_addresses,
         UdpnatFamily         family)
{
  const UdpnatAddress *before = find_first (self->host_addresses, self->n_host_addresses, family);
  const UdpnatAddress *now = find_first (addresses, n_addresses, family);

  if (before == NULL || now == NULL)
    return before != now;
  return !udpnat_address_equal_ip (before, now);
}

static gboolean
has_same_addresses (const UdpnatNode    *self,
                    const UdpnatAddress *addresses,
                    guint                n_addresses)
{
  if (n_addresses != self->n_host_addresses)
    return FALSE;
  for (guint i = 0; i < n_addresses; i++)
    if (!udpnat_address_equal_ip (&addresses[i], &self->host_addresses[i]))
      return FALSE;
  return TRUE;
}

static void
handle_move (UdpnatNode *self,
             gint64      now_us)
{
  udpnat_rendezvous_client_handle_network_change (self->server, now_us);
  udpnat_node_abroad_move (self, now_us);
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      udpnat_peer_forget_socket (peer, now_us);
      udpnat_path_set_handle_network_change (peer->paths, now_us);
      udpnat_peer_hurry (peer, now_us);
    }
}

/**
 * udpnat_node_set_host_addresses:
 * @addresses: (array length=n_addresses): this host's addresses, best first; ports are not looked
 *   at
 * @port: the port that the node's socket is bound to
 *
 * Call it at the start and whenever the network changes: when packets leave by another address than
 * before, paths are proven anew.
 *
 * Returns: whether they are others than before
 */
gboolean
udpnat_node_set_host_addresses (UdpnatNode          *self,
                                gint64               now_us,
                                const UdpnatAddress *addresses,
                                guint                n_addresses,
                                guint16              port)
{
  guint n = MIN (n_addresses, G_N_ELEMENTS (self->host_addresses));
  gboolean is_first = self->port == 0;
  gboolean is_moved = port != self->port || is_move (self, addresses, n, UDPNAT_FAMILY_IPV4) ||
                      is_move (self, addresses, n, UDPNAT_FAMILY_IPV6);

  if (port == self->port && has_same_addresses (self, addresses, n))
    return FALSE;
  memcpy (self->host_addresses, addresses, n * sizeof *addresses);
  self->n_host_addresses = n;
  self->port = port;
  if (is_moved)
    udpnat_node_forget_nat (self);
  udpnat_node_refresh_candidates (self);
  if (is_moved && !is_first)
    handle_move (self, now_us);
  else if (!is_first)
    udpnat_node_handle_wake (self, now_us);
  return TRUE;
}

/**
 * udpnat_node_handle_wake:
 *
 * The machine slept, or its routes have changed while its addresses are the same: the server and
 * whoever talks with us are shown that we are there, before anybody waits for a time-out.
 */
void
udpnat_node_handle_wake (UdpnatNode *self,
                         gint64      now_us)
{
  udpnat_rendezvous_client_handle_wake (self->server, now_us);
  udpnat_node_abroad_wake (self, now_us);
  for (guint i = 0; i < self->active->len; i++)
    udpnat_peer_handle_wake (g_ptr_array_index (self->active, i), now_us);
}

/**
 * udpnat_node_restore_contact:
 * @name: (nullable): the name that belongs to @key for good; %NULL for our own key
 * @trust: ignored for our own key
 * @timestamp: (nullable): 12 bytes, the last one accepted from @key, or given out by us when @key
 *   is our own
 *
 * Tells the node what it knew before: at the start, from the store.
 */
void
udpnat_node_restore_contact (UdpnatNode            *self,
                             const UdpnatPublicKey *key,
                             const char            *name,
                             UdpnatTrust            trust,
                             const guint8          *timestamp)
{
  UdpnatPeer *peer;

  if (udpnat_public_key_equal (key, udpnat_identity_get_public_key (self->identity)))
    {
      if (timestamp != NULL)
        {
          self->last_wall_us = MAX (self->last_wall_us, udpnat_timestamp_to_us (timestamp));
          udpnat_rendezvous_client_restore_timestamp (self->server, self->last_wall_us);
        }
      return;
    }
  peer = udpnat_node_ensure_peer (self, key);
  if (peer == NULL)
    return;
  peer->trust = trust;
  udpnat_node_browse_update_watch (self, peer);
  self->are_passes_dirty = TRUE;
  if (timestamp != NULL)
    memcpy (peer->last_timestamp, timestamp, sizeof peer->last_timestamp);
  if (name != NULL)
    {
      udpnat_node_name_peer (self, peer, name);
      peer->is_contact = TRUE;
    }
}

/**
 * udpnat_node_restore_refusal:
 *
 * Something of @key was refused in an earlier run, and RESUMED has not come since. To be called
 * after udpnat_node_restore_contact(), or before a stranger is accepted.
 */
void
udpnat_node_restore_refusal (UdpnatNode            *self,
                             const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL)
    return;
  peer->has_refused = TRUE;
  if (peer->conversation != NULL && udpnat_peer_is_trusted (peer))
    udpnat_conversation_set_needs_begin (peer->conversation);
}

/** udpnat_node_has_turned_away: Returns: whether something of @key was not kept, and will be said
 * anew should we accept them */
gboolean
udpnat_node_has_turned_away (const UdpnatNode      *self,
                             const UdpnatPublicKey *key)
{
  const UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  return peer != NULL && (peer->has_refused || peer->has_skipped);
}

/**
 * udpnat_node_set_trust:
 *
 * An accepted peer is told our addresses, so that a direct path can be found; one that is no longer
 * accepted is reached through the server only; a blocked one is not answered, and forgotten.
 */
void
udpnat_node_set_trust (UdpnatNode            *self,
                       gint64                 now_us,
                       const UdpnatPublicKey *key,
                       UdpnatTrust            trust)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer == NULL || peer->trust == trust)
    return;
  peer->trust = trust;
  udpnat_node_browse_update_watch (self, peer);
  self->are_passes_dirty = TRUE;
  udpnat_node_tell_passes (self, now_us);
  if (peer->conversation == NULL)
    return;
  if (trust == UDPNAT_TRUST_BLOCKED)
    {
      udpnat_node_give_back_letters (self, now_us, peer);
      udpnat_node_close_peer (self, peer);
    }
  else
    udpnat_peer_handle_trust (peer, now_us);
}

/** udpnat_node_forget: @key is a stranger again, and nothing waits for it any more */
void
udpnat_node_forget (UdpnatNode            *self,
                    gint64                 now_us,
                    const UdpnatPublicKey *key)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer == NULL)
    return;
  udpnat_node_set_trust (self, now_us, key, UDPNAT_TRUST_STRANGER);
  if (peer->conversation != NULL)
    {
      udpnat_node_give_back_letters (self, now_us, peer);
      udpnat_node_close_peer (self, peer);
    }
  udpnat_peer_clear_mail (peer);
  udpnat_peer_set_relay_only (peer, now_us, FALSE);
  peer->is_contact = FALSE;
}

/* Nobody is where the server said any more; whom beacons tell of is, and may have a plain name. */
static void
leave_server (UdpnatNode *self)
{
  udpnat_node_forget_presence (self, FALSE);
  udpnat_node_notice_absence (self);
  udpnat_node_qualify_names (self);
  udpnat_node_end_list_wait (self);
  udpnat_node_refresh_candidates (self);
  for (guint i = 0; i < self->active->len; i++)
    udpnat_node_mark_dirty (self, g_ptr_array_index (self->active, i));
}

/**
 * udpnat_node_set_server:
 * @address: (nullable): %NULL for none: who is on this network can still be talked to
 * @pinned_key: (nullable): the key that this server must have; %NULL to learn it now
 *
 * Leaves the server before, if any; what waits for people goes on to wait.
 */
void
udpnat_node_set_server (UdpnatNode            *self,
                        gint64                 now_us,
                        const UdpnatAddress   *address,
                        const UdpnatPublicKey *pinned_key)
{
  self->has_server = address != NULL;
  self->is_list_awaited = address != NULL;
  udpnat_node_forget_nat (self);
  udpnat_node_abroad_reset (self);
  udpnat_node_browse_reset (self, now_us);
  udpnat_rendezvous_client_set_server (self->server, now_us, address, pinned_key);
  if (address == NULL)
    {
      leave_server (self);
      return;
    }
  udpnat_node_qualify_names (self);
  udpnat_rendezvous_client_subscribe (self->server, now_us, TRUE);
}

/** udpnat_node_set_tunnel_allowed: @is_allowed: whether what is sent by %UDPNAT_SOCKET_TUNNEL goes
 * anywhere; at first it does not. To be called before a server is set */
void
udpnat_node_set_tunnel_allowed (UdpnatNode *self,
                                gboolean    is_allowed)
{
  udpnat_rendezvous_client_set_tunnel_allowed (self->server, is_allowed);
}

/** udpnat_node_set_invitation: @code: (nullable): %UDPNAT_INVITATION_BYTES, for the server that is
 * set next */
void
udpnat_node_set_invitation (UdpnatNode   *self,
                            const guint8 *code)
{
  udpnat_rendezvous_client_set_invitation (self->server, code);
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
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      /* At once: what goes through the server cannot be sent when that is left. */
      udpnat_peer_leave (peer, now_us);
      while (udpnat_peer_pump (peer, now_us))
        ;
    }
  udpnat_node_abroad_leave (self, now_us);
  udpnat_rendezvous_client_leave (self->server, now_us);
}

/** udpnat_node_set_presence: @presence: %UDPNAT_PRESENCE_ONLINE or %UDPNAT_PRESENCE_AWAY */
void
udpnat_node_set_presence (UdpnatNode *self,
                          gint64      now_us,
                          guint8      presence)
{
  udpnat_rendezvous_client_set_presence (self->server, now_us, presence);
}

/** udpnat_node_set_listed: whether the server's directory shows us; it does at first */
void
udpnat_node_set_listed (UdpnatNode *self,
                        gint64      now_us,
                        gboolean    is_listed)
{
  udpnat_rendezvous_client_set_listed (self->server, now_us, is_listed);
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
 * @item: is safe on our disk
 * @is_stored: whether the peer's mailbox has it already, from an earlier run
 *
 * Says something at once, or as soon as the peer or its mailbox can be reached.
 *
 * Returns: %FALSE when it cannot be kept in mind: the peer is blocked or ourselves, or too much is
 *   waiting
 */
gboolean
udpnat_node_send (UdpnatNode            *self,
                  gint64                 now_us,
                  const UdpnatPublicKey *key,
                  const UdpnatItem      *item,
                  gboolean               is_stored)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer == NULL || peer->trust == UDPNAT_TRUST_BLOCKED)
    return FALSE;
  udpnat_peer_open (peer, now_us);
  udpnat_node_note_contact (self, peer);
  if (!udpnat_conversation_send (peer->conversation, now_us, item, is_stored))
    return FALSE;
  udpnat_peer_note_active (peer, now_us);
  if (peer->presence == UDPNAT_PRESENCE_OFFLINE && peer->session == NULL &&
      peer->n_failed_dials > 0)
    udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_UNREACHABLE,
                                                         &peer->key, peer->name));
  udpnat_node_mark_dirty (self, peer);
  return TRUE;
}

/**
 * udpnat_node_withdraw:
 *
 * Returns: whether the item was still waiting; it may have reached the peer all the same
 */
gboolean
udpnat_node_withdraw (UdpnatNode            *self,
                      gint64                 now_us,
                      const UdpnatPublicKey *key,
                      const UdpnatMessageId *id)
{
  UdpnatPeer *peer = find_talking (self, key);

  return peer != NULL && udpnat_conversation_withdraw (peer->conversation, id);
}

/**
 * udpnat_node_confirm:
 * @key: of an ITEM event
 * @id: of the same event
 *
 * Says that the item is safe here: only now is the sender told that it is delivered.
 */
void
udpnat_node_confirm (UdpnatNode            *self,
                     gint64                 now_us,
                     const UdpnatPublicKey *key,
                     const UdpnatMessageId *id)
{
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL)
    return;
  udpnat_node_note_contact (self, peer);
  udpnat_conversation_confirm (peer->conversation, now_us, id);
  udpnat_node_settle_letters (self, now_us, peer);
  udpnat_node_mark_dirty (self, peer);
}

/**
 * udpnat_node_refuse:
 * @key: of an ITEM event
 * @id: of the same event
 *
 * Says that the item is not kept, because it is over the limits of a stranger. The sender keeps it,
 * and says it again should we accept them.
 */
void
udpnat_node_refuse (UdpnatNode            *self,
                    gint64                 now_us,
                    const UdpnatPublicKey *key,
                    const UdpnatMessageId *id)
{
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL)
    return;
  peer->has_refused = TRUE;
  if (udpnat_peer_is_trusted (peer))
    {
      udpnat_node_fail (self, now_us, key, id); /* accepted while the disk was asked */
      return;
    }
  udpnat_conversation_refuse (peer->conversation, id);
  udpnat_node_settle_letters (self, now_us, peer);
}

/**
 * udpnat_node_skip:
 * @key: of an ITEM event
 * @id: of the same event
 *
 * Says that the item is not kept, because it is of a kind that strangers may not say, and that what
 * follows it may be kept all the same. It comes again, too, should we accept them.
 */
void
udpnat_node_skip (UdpnatNode            *self,
                  gint64                 now_us,
                  const UdpnatPublicKey *key,
                  const UdpnatMessageId *id)
{
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL)
    return;
  if (udpnat_peer_is_trusted (peer))
    {
      udpnat_node_fail (self, now_us, key, id); /* accepted while the disk was asked */
      return;
    }
  peer->has_skipped = TRUE;
  udpnat_conversation_skip (peer->conversation, id);
  udpnat_node_settle_letters (self, now_us, peer);
}

/**
 * udpnat_node_fail:
 * @key: of an ITEM event
 * @id: of the same event
 *
 * Says that the item could not be written, because our disk fails. It comes again soon.
 */
void
udpnat_node_fail (UdpnatNode            *self,
                  gint64                 now_us,
                  const UdpnatPublicKey *key,
                  const UdpnatMessageId *id)
{
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL)
    return;
  udpnat_conversation_refuse (peer->conversation, id);
  udpnat_node_drop_letters (self, peer);
  udpnat_peer_handle_failure (peer, now_us);
}

/** udpnat_node_set_read: the user has seen everything from @key up to @id; the peer is told */
void
udpnat_node_set_read (UdpnatNode            *self,
                      gint64                 now_us,
                      const UdpnatPublicKey *key,
                      const UdpnatMessageId *id)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer == NULL || !udpnat_peer_is_trusted (peer))
    return;
  udpnat_peer_open (peer, now_us);
  udpnat_conversation_set_read (peer->conversation, now_us, id);
  udpnat_node_mark_dirty (self, peer);
}

/** udpnat_node_set_typing: the user has begun or ceased to write to @key */
void
udpnat_node_set_typing (UdpnatNode            *self,
                        gint64                 now_us,
                        const UdpnatPublicKey *key,
                        gboolean               is_typing)
{
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL || !udpnat_peer_is_trusted (peer))
    return;
  udpnat_conversation_set_typing (peer->conversation, is_typing);
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
  udpnat_rendezvous_client_set_reporting (self->server, !is_relay_only);
  udpnat_node_report_nat (self);
  udpnat_node_refresh_candidates (self);
  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      udpnat_path_set_handle_network_change (peer->paths, now_us);
      udpnat_node_mark_dirty (self, peer);
    }
}

/**
 * udpnat_node_set_peer_relay_only: likewise for one peer, whom we may not have talked to yet; for
 * the time of the run, so that it has to be said again after each start */
void
udpnat_node_set_peer_relay_only (UdpnatNode            *self,
                                 gint64                 now_us,
                                 const UdpnatPublicKey *key,
                                 gboolean               is_relay_only)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer != NULL)
    udpnat_peer_set_relay_only (peer, now_us, is_relay_only);
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
  UdpnatPeer *peer = find_talking (self, key);

  if (peer == NULL)
    return FALSE;
  udpnat_peer_get_path (peer, out_path);
  return TRUE;
}

/**
 * udpnat_node_is_drained: every item of ours has its receipt or is in a mailbox, and peers have all
 * of our receipts: leaving now makes nobody wait for us */
gboolean
udpnat_node_is_drained (const UdpnatNode *self)
{
  for (guint i = 0; i < self->active->len; i++)
    if (!udpnat_peer_is_drained (g_ptr_array_index (self->active, i)))
      return FALSE;
  return TRUE;
}

/** udpnat_node_count_undelivered: how many items of ours neither a peer nor a mailbox has */
guint
udpnat_node_count_undelivered (const UdpnatNode *self)
{
  guint n_undelivered = 0;

  for (guint i = 0; i < self->active->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (self->active, i);

      n_undelivered += udpnat_conversation_get_unstored (peer->conversation);
    }
  return n_undelivered;
}
