/* One other user as this node sees them: ties together the conversation (what is said), the session
 * (sealed, reliable), the paths (direct) and the relay (at once, always). None of those knows of
 * the others; the rules of how they go together are here:
 *
 *  - a handshake goes by DIAL through the server and to every known address in the same instant,
 *    with the oldest messages inside (PROTOCOL.md sections 2 and 11);
 *  - data goes over the chosen direct path, over the relay while there is none, and over both while
 *    the direct path is suspect;
 *  - a new session starts the conversation's writing again at the oldest message without a receipt;
 *  - hints (UNKNOWN, RELAY-FAILED, DIAL-FAILED) may cause a handshake or a pause, never the loss of
 *    anything.
 *
 * What comes in is in udpnat-peer-receive.c, what follows from hints in udpnat-peer-hints.c. */

#include "config.h"

#include "udpnat-peer-private.h"

#include "udpnat-frame.h"
#include "udpnat-message.h"
#include "udpnat-node-private.h"
#include "udpnat-peer-files-private.h"
#include "udpnat-peer-sockets-private.h"

UdpnatPeer *
udpnat_peer_new (UdpnatNode            *node,
                 const UdpnatPublicKey *key)
{
  UdpnatPeer *self = g_new0 (UdpnatPeer, 1);

  self->node = node;
  self->key = *key;
  self->timer.owner = self;
  self->last_kick_us = -UDPNAT_SEC (1);
  return self;
}

void
udpnat_peer_free (UdpnatPeer *self)
{
  if (self == NULL)
    return;
  udpnat_peer_close (self);
  udpnat_peer_clear_mail (self);
  g_free (self->claimed_name);
  g_free (self->claimed_place);
  g_free (self->name);
  g_free (self);
}

/** udpnat_peer_is_trusted: whether the peer may learn our addresses */
gboolean
udpnat_peer_is_trusted (const UdpnatPeer *self)
{
  return self->trust == UDPNAT_TRUST_ACCEPTED;
}

/** udpnat_peer_get_local: our own candidates as this peer is told them and its paths may use them:
 * a stranger is told nothing, and is reached through the server only, unless it is on our own
 * network */
void
udpnat_peer_get_local (const UdpnatPeer *self,
                       UdpnatCandidates *out_local)
{
  *out_local = (UdpnatCandidates) { .relay_only = TRUE };
  if (!udpnat_peer_is_trusted (self) && self->n_lan_addresses == 0)
    return;
  if (!self->is_relay_only)
    *out_local = self->node->local;
  udpnat_peer_add_own_candidates (self, out_local);
  out_local->mapping = self->node->local.mapping;
  out_local->generation = self->node->local.generation + self->n_own_changes;
  if (self->paths != NULL)
    out_local->heard = udpnat_path_set_get_heard (self->paths);
}

static void
set_local (UdpnatPeer *self)
{
  UdpnatCandidates local;

  udpnat_peer_get_local (self, &local);
  udpnat_path_set_set_local (self->paths, &local);
}

/* The node asks whether we send directly at all; this is about this peer, whatever asked for the
 * packet. */
static void
send_direct (UdpnatPeer          *self,
             UdpnatSocketId       socket,
             const UdpnatAddress *to,
             guint8               ttl,
             const guint8        *data,
             gsize                n_data)
{
  if (!self->is_relay_only)
    udpnat_node_send_direct (self->node, socket, to, ttl, data, n_data);
}

static void
push_path_event (UdpnatPeer *self)
{
  UdpnatNodeEvent *event;
  UdpnatNodePath path;

  udpnat_peer_get_path (self, &path);
  if (path.reason == UDPNAT_PATH_REASON_NO_SESSION ||
      (path.kind == self->told_path.kind && path.reason == self->told_path.reason &&
       udpnat_address_equal (&path.address, &self->told_path.address)))
    return;
  self->told_path = path;
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PATH, &self->key, self->name);
  event->kind = path.kind;
  event->address = path.address;
  event->rtt_us = path.rtt_us;
  event->reason = path.reason;
  udpnat_node_push_event (self->node, event);
}

/**
 * udpnat_peer_open:
 *
 * Makes sure that there is a conversation and a set of paths.
 */
void
udpnat_peer_open (UdpnatPeer *self,
                  gint64      now_us)
{
  if (self->conversation != NULL)
    return;
  self->conversation = udpnat_conversation_new ();
  self->paths = udpnat_path_set_new (&self->node->random);
  udpnat_path_set_set_open_ttl (self->paths, udpnat_node_get_open_ttl (self->node));
  set_local (self);
  for (guint i = 0; i < self->n_lan_addresses; i++)
    udpnat_path_set_add_cached (self->paths, now_us, &self->lan_addresses[i]);
  if (self->has_refused && udpnat_peer_is_trusted (self))
    udpnat_conversation_set_needs_begin (self->conversation);
  g_ptr_array_add (self->node->active, self);
}

/** udpnat_peer_set_local: our own candidates have changed */
void
udpnat_peer_set_local (UdpnatPeer *self)
{
  if (self->paths == NULL)
    return;
  set_local (self);
  udpnat_node_mark_dirty (self->node, self);
}

/**
 * udpnat_peer_set_relay_only: when set, the peer is told no address of ours any more and none of
 * its own is sent to; where it has seen us before it knows */
void
udpnat_peer_set_relay_only (UdpnatPeer *self,
                            gint64      now_us,
                            gboolean    is_relay_only)
{
  if (self->is_relay_only == is_relay_only)
    return;
  self->is_relay_only = is_relay_only;
  self->n_own_changes++;
  if (self->paths == NULL)
    return;
  set_local (self);
  udpnat_path_set_handle_network_change (self->paths, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

/* Where it says itself that it is registered, it may be that it only wants to see us come. */
static gboolean
may_use_server (const UdpnatPeer *self)
{
  return self->abroad != NULL &&
         (!self->is_place_claimed ||
          (udpnat_peer_is_trusted (self) && !self->is_relay_only && !self->node->is_relay_only));
}

/** udpnat_peer_use_server: goes to the other server where the peer is, if there is one: for what is
 * to be said, and so that it can vouch for where we are before that is asked */
void
udpnat_peer_use_server (UdpnatPeer *self,
                        gint64      now_us)
{
  if (may_use_server (self))
    udpnat_abroad_use (self->abroad, now_us);
}

/* So that the peer begins anew. A session that cannot say goodbye must not go on either. */
static void
end_session (UdpnatPeer *self,
             gint64      now_us)
{
  if (self->session != NULL && udpnat_session_can_send (self->session, now_us))
    udpnat_session_close (self->session, now_us, UDPNAT_CLOSE_NORMAL, "");
  else
    g_clear_pointer (&self->session, udpnat_session_free);
  udpnat_peer_restart_streams (self);
  udpnat_node_mark_dirty (self->node, self);
}

/**
 * udpnat_peer_handle_trust: the peer has been accepted, or is accepted no longer
 *
 * What was refused from a stranger is still in its outbox, and comes again with a new session.
 */
void
udpnat_peer_handle_trust (UdpnatPeer *self,
                          gint64      now_us)
{
  self->told_generation = 0;
  set_local (self);
  udpnat_peer_use_server (self, now_us);
  if (udpnat_peer_is_trusted (self) && self->has_early_candidates && !self->is_early_unproven)
    {
      self->has_early_candidates = FALSE;
      udpnat_path_set_handle_candidates (self->paths, now_us, &self->early_candidates);
    }
  if (udpnat_peer_is_trusted (self) && self->has_refused)
    {
      udpnat_conversation_set_needs_begin (self->conversation);
      udpnat_node_drop_items (self->node, self);
      udpnat_node_drop_letters (self->node, self);
      end_session (self, now_us);
    }
  else if (udpnat_peer_is_trusted (self) && self->has_skipped)
    end_session (self, now_us);
  self->has_skipped &= !udpnat_peer_is_trusted (self);
  udpnat_path_set_note_active (self->paths, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

/**
 * udpnat_peer_handle_failure:
 *
 * Something of the peer could not be kept, because our disk failed. The session is closed, so that
 * the peer says it again. It comes in a few seconds at the earliest, however often it calls: a full
 * disk must not keep both busy.
 */
void
udpnat_peer_handle_failure (UdpnatPeer *self,
                            gint64      now_us)
{
  self->has_failed = TRUE;
  end_session (self, now_us);
  self->must_call = TRUE;
  udpnat_peer_pause (self, now_us);
  self->failed_until_us = now_us + UDPNAT_NODE_FAILURE_PAUSE_US;
}

/** udpnat_peer_note_active: something was said, by either side */
void
udpnat_peer_note_active (UdpnatPeer *self,
                         gint64      now_us)
{
  udpnat_path_set_note_active (self->paths, now_us);
  udpnat_rendezvous_client_note_conversation (udpnat_peer_get_server (self), now_us);
  udpnat_peer_use_server (self, now_us);
  udpnat_node_mapping_note_active (self->node, now_us);
}

void
udpnat_peer_drop_session (UdpnatPeer *self)
{
  g_clear_pointer (&self->control_out, g_byte_array_unref);
  g_clear_pointer (&self->session, udpnat_session_free);
  if (self->conversation != NULL)
    udpnat_peer_restart_streams (self);
}

/** udpnat_peer_restart_streams: the session has ended: with the next one everything that may not
 * have come is said again */
void
udpnat_peer_restart_streams (UdpnatPeer *self)
{
  udpnat_conversation_restart (self->conversation);
  udpnat_peer_restart_files (self);
}

void
udpnat_peer_leave (UdpnatPeer *self,
                   gint64      now_us)
{
  if (self->session != NULL && udpnat_session_can_send (self->session, now_us))
    udpnat_session_close (self->session, now_us, UDPNAT_CLOSE_NORMAL, "");
  udpnat_node_mark_dirty (self->node, self);
}

/** udpnat_peer_has_session: whether there is one, of any state but closed */
gboolean
udpnat_peer_has_session (const UdpnatPeer *self)
{
  return self->session != NULL &&
         udpnat_session_get_state (self->session) != UDPNAT_SESSION_STATE_CLOSED;
}

/* ---- Handshake ---- */

/**
 * udpnat_peer_write_candidates: appends our CANDIDATES as an EARLY frame, for HS1 and HS2; nothing
 * for a stranger */
void
udpnat_peer_write_candidates (UdpnatPeer   *self,
                              UdpnatWriter *out)
{
  g_autoptr (GByteArray) messages = g_byte_array_new ();
  UdpnatCandidates local;
  gboolean fits;

  if (!udpnat_peer_is_trusted (self))
    return;
  udpnat_peer_get_local (self, &local);
  udpnat_write_candidates (messages, &local);
  fits = udpnat_frame_write_early (out, UDPNAT_STREAM_CONTROL, messages->data, messages->len);
  g_assert (fits); /* first in a buffer that has room for the longest list */
  self->told_generation = local.generation;
}

/** udpnat_peer_get_session_config: for a session with this peer, in either role */
UdpnatSessionConfig
udpnat_peer_get_session_config (UdpnatPeer *self)
{
  return (UdpnatSessionConfig) {
    .role = UDPNAT_ROLE_PEER_PEER,
    .identity = self->node->identity,
    .indexes = self->node->indexes,
    .random = self->node->random,
    .owner = self,
    .max_packet_bytes = UDPNAT_RELAY_INNER_MAX_BYTES,
  };
}

/** udpnat_peer_start_handshake: for a first session, or new keys; our candidates and the oldest
 * messages go with it */
void
udpnat_peer_start_handshake (UdpnatPeer *self,
                             gint64      now_us)
{
  guint8 frames[UDPNAT_EARLY_MAX_BYTES];
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  g_autoptr (GByteArray) messages = g_byte_array_new ();
  UdpnatWriter writer;

  if (!udpnat_peer_has_session (self))
    {
      UdpnatSessionConfig config = udpnat_peer_get_session_config (self);

      udpnat_peer_drop_session (self);
      self->session = udpnat_session_new_initiator (&config, &self->key, now_us);
      udpnat_path_set_handle_new_session (self->paths, now_us);
    }

  udpnat_writer_init (&writer, frames, sizeof frames);
  udpnat_peer_write_candidates (self, &writer);
  udpnat_conversation_write_early (self->conversation, messages,
                                   udpnat_writer_left (&writer) - UDPNAT_EARLY_OVERHEAD_BYTES);
  if (messages->len > 0 && !udpnat_frame_write_early (&writer, UDPNAT_STREAM_CHAT, messages->data,
                                                      messages->len))
    g_assert_not_reached (); /* it was told how much room there is */
  udpnat_node_take_timestamp (self->node, now_us, timestamp);
  udpnat_session_start_handshake (self->session, now_us, timestamp, frames, writer.n_written);
}

static gboolean
has_route (const UdpnatPeer *self)
{
  UdpnatAddress address;

  return udpnat_peer_is_relay_up (self) ||
         udpnat_path_set_list_handshake_addresses (self->paths, &address, 1) > 0;
}

/** udpnat_peer_has_unsent: whether there is something to say for which it is worth to call */
gboolean
udpnat_peer_has_unsent (const UdpnatPeer *self)
{
  return udpnat_conversation_has_unsent (self->conversation) ||
         udpnat_peer_has_unsent_files (self);
}

static gboolean
wants_handshake (const UdpnatPeer *self,
                 gint64            now_us)
{
  gboolean has_unsent = udpnat_peer_has_unsent (self);

  if (!udpnat_peer_has_session (self))
    return has_unsent || self->must_call;
  return udpnat_session_needs_handshake (self->session, now_us) ||
         (has_unsent && !udpnat_session_can_send (self->session, now_us) &&
          !udpnat_session_is_handshaking (self->session));
}

/* At another server we are guests, whom nobody tells who comes back; and a mailbox may lose what it
 * has. So whoever was away there with a session that has something for them is asked again. */
static gboolean
must_ask_abroad (const UdpnatPeer *self)
{
  return self->abroad != NULL && self->n_failed_dials > 0 && udpnat_peer_has_session (self) &&
         udpnat_conversation_get_unreceipted (self->conversation) > 0;
}

static gboolean
wants_server (const UdpnatPeer *self,
              gint64            now_us)
{
  return wants_handshake (self, now_us) ||
         udpnat_conversation_get_unmailed_since (self->conversation) != UDPNAT_TIME_NEVER ||
         (must_ask_abroad (self) && now_us >= self->blocked_until_us);
}

static void
maybe_start_handshake (UdpnatPeer *self,
                       gint64      now_us)
{
  if (now_us >= MAX (self->blocked_until_us, self->failed_until_us) &&
      wants_handshake (self, now_us) && has_route (self))
    udpnat_peer_start_handshake (self, now_us);
}

/** udpnat_peer_close: forgets conversation, session and paths: of a stranger, to make room */
void
udpnat_peer_close (UdpnatPeer *self)
{
  udpnat_peer_drop_letter (self);
  g_clear_pointer (&self->session, udpnat_session_free);
  g_clear_pointer (&self->query, udpnat_mapping_query_free);
  g_clear_pointer (&self->control_out, g_byte_array_unref);
  udpnat_node_abort_search (self->node, self);
  g_clear_pointer (&self->paths, udpnat_path_set_free);
  g_clear_pointer (&self->conversation, udpnat_conversation_free);
  udpnat_peer_clear_files (self);
}

/** udpnat_peer_handle_route: the server is reached by TCP now, or by UDP again */
void
udpnat_peer_handle_route (UdpnatPeer *self,
                          gint64      now_us)
{
  udpnat_peer_hurry (self, now_us);
  if (self->conversation != NULL)
    push_path_event (self);
}

/* ---- Sending ---- */

static gboolean
send_relayed (UdpnatPeer   *self,
              gint64        now_us,
              guint32       handle,
              const guint8 *data,
              gsize         n_data)
{
  if (n_data > UDPNAT_RELAY_INNER_MAX_BYTES)
    /* sealed for a direct path that has just died; loss recovery sends its content again */
    return FALSE;
  if (handle != 0 && udpnat_rendezvous_client_is_connected (udpnat_peer_get_relay (self)))
    return udpnat_rendezvous_client_send_relay (udpnat_peer_get_relay (self), now_us, handle, data,
                                                n_data);
  return udpnat_rendezvous_client_dial (udpnat_peer_get_server (self), now_us, &self->key, data,
                                        n_data);
}

static void
send_handshake (UdpnatPeer   *self,
                gint64        now_us,
                const guint8 *data,
                gsize         n_data)
{
  UdpnatAddress addresses[UDPNAT_CANDIDATES_MAX];
  guint n_addresses;

  /* A guest of our server cannot be dialled there. */
  if (self->is_guest && self->handle != 0)
    send_relayed (self, now_us, self->handle, data, n_data);
  /* By key rather than handle: a DIAL also tells the other side our name. */
  if (!self->is_guest || self->handle == 0 || self->abroad != NULL)
    send_relayed (self, now_us, 0, data, n_data);
  n_addresses = udpnat_path_set_list_handshake_addresses (self->paths, addresses,
                                                          G_N_ELEMENTS (addresses));
  for (guint i = 0; i < n_addresses; i++)
    send_direct (self, UDPNAT_SOCKET_MAIN, &addresses[i], 0, data, n_data);
  /* Once, and no more than came from there: the address is not proved. */
  if (self->n_crossed_hs1 >= n_data && !self->crossed_route.is_relayed)
    send_direct (self, self->crossed_route.socket, &self->crossed_route.address, 0, data, n_data);
  self->n_crossed_hs1 = 0;
}

static void
send_data (UdpnatPeer   *self,
           gint64        now_us,
           const guint8 *data,
           gsize         n_data)
{
  UdpnatAddress address;
  UdpnatPathKind kind;
  gint64 rtt_us;
  gboolean is_direct = udpnat_path_set_get_selected (self->paths, &address, &kind, &rtt_us);

  if (is_direct)
    send_direct (self, udpnat_path_set_get_selected_socket (self->paths), &address, 0, data,
                 n_data);
  if (!is_direct || udpnat_path_set_is_suspect (self->paths))
    send_relayed (self, now_us, self->handle, data, n_data);
  if (now_us - udpnat_session_get_unanswered_since (self->session) >= UDPNAT_PATH_SUSPECT_MIN_US)
    udpnat_rendezvous_client_doubt (udpnat_peer_get_server (self), now_us);
}

static void
send_hs2 (UdpnatPeer   *self,
          gint64        now_us,
          const guint8 *data,
          gsize         n_data)
{
  if (self->hs2_route.is_relayed)
    udpnat_rendezvous_client_send_relay (self->hs2_route.abroad != NULL
                                           ? self->hs2_route.abroad->client : self->node->server,
                                         now_us, self->hs2_route.handle, data, n_data);
  else
    send_direct (self, self->hs2_route.socket, &self->hs2_route.address, 0, data, n_data);
}

/* Without a relay data waits for a path: what is sent to nowhere would only count as lost. */
static gboolean
has_way (const UdpnatPeer *self)
{
  return udpnat_peer_is_relay_up (self) ||
         udpnat_path_set_get_selected (self->paths, NULL, NULL, NULL);
}

static gboolean
pump_session (UdpnatPeer *self,
              gint64      now_us)
{
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionOutputKind kind;
  gsize n_data;

  if (self->session == NULL)
    return FALSE;
  udpnat_session_set_held (self->session, !has_way (self));
  udpnat_session_set_rate (self->session,
                           udpnat_path_set_get_selected (self->paths, NULL, NULL, NULL)
                             ? 0 : self->relay_rate);
  if (!udpnat_session_pop_output (self->session, now_us, &kind, data, &n_data))
    return FALSE;
  switch (kind)
    {
    case UDPNAT_SESSION_OUTPUT_HANDSHAKE:
      send_handshake (self, now_us, data, n_data);
      break;
    case UDPNAT_SESSION_OUTPUT_HS2:
      send_hs2 (self, now_us, data, n_data);
      break;
    case UDPNAT_SESSION_OUTPUT_DATA:
      send_data (self, now_us, data, n_data);
      break;
    }
  return TRUE;
}

/* All peers together, so that many of them cannot make us a nuisance to somebody they name. */
static gboolean
may_punch (UdpnatPeer             *self,
           gint64                  now_us,
           const UdpnatPathOutput *output)
{
  return udpnat_path_set_is_proven (self->paths, output->socket, &output->to) ||
         udpnat_token_bucket_take (&self->node->punch_bucket, now_us, 1, UDPNAT_NODE_PUNCH_BURST,
                                   UDPNAT_NODE_PUNCHES_PER_SECOND);
}

static gboolean
pump_paths (UdpnatPeer *self,
            gint64      now_us)
{
  guint8 frames[64];
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatPathOutput output;
  UdpnatWriter writer;
  gboolean fits = FALSE;
  gsize n_data;

  if (!udpnat_path_set_pop_output (self->paths, now_us, &output))
    return FALSE;
  udpnat_node_search_note_sent (self->node, now_us, self);
  udpnat_writer_init (&writer, frames, sizeof frames);
  switch (output.type)
    {
    case UDPNAT_PATH_OUTPUT_OPEN:
      {
        guint8 filler[7];

        if (!may_punch (self, now_us, &output))
          return TRUE;
        udpnat_random_fill (&self->node->random, filler, sizeof filler);
        udpnat_open_packet_write (&writer, filler);
        send_direct (self, output.socket, &output.to, output.ttl, frames, writer.n_written);
        return TRUE;
      }
    case UDPNAT_PATH_OUTPUT_CHALLENGE:
      fits = udpnat_frame_write_path_challenge (&writer, output.token);
      break;
    case UDPNAT_PATH_OUTPUT_RESPONSE:
      fits = udpnat_frame_write_path_response (&writer, output.token, &output.observed);
      break;
    }
  g_assert (fits);
  if (self->session == NULL)
    return TRUE;
  if (output.type == UDPNAT_PATH_OUTPUT_CHALLENGE && !may_punch (self, now_us, &output))
    return TRUE;
  n_data = udpnat_session_seal_frames (self->session, now_us, frames, writer.n_written, data);
  if (n_data > 0)
    send_direct (self, output.socket, &output.to, output.ttl, data, n_data);
  return TRUE;
}

static void
follow_path_changes (UdpnatPeer *self,
                     gint64      now_us)
{
  UdpnatPathEventType type;
  gboolean is_changed = FALSE;
  gboolean is_selected = FALSE;

  while (udpnat_path_set_pop_event (self->paths, &type))
    {
      if (type == UDPNAT_PATH_EVENT_SPOILT)
        {
          udpnat_peer_ask_for_socket (self, now_us);
          continue;
        }
      if (type == UDPNAT_PATH_EVENT_UNVOUCHED)
        {
          udpnat_node_ask_for_vouch (self->node, now_us, self);
          continue;
        }
      if (type == UDPNAT_PATH_EVENT_HARD)
        {
          udpnat_node_consider_search (self->node, now_us, self);
          continue;
        }
      is_changed = TRUE;
      is_selected |= type == UDPNAT_PATH_EVENT_SELECTED;
    }
  if (self->session != NULL)
    {
      UdpnatAddress address;
      UdpnatPathKind kind;
      gint64 rtt_us = 0;
      gboolean is_direct = udpnat_path_set_get_selected (self->paths, &address, &kind, &rtt_us);
      gboolean is_safe = is_direct && !udpnat_path_set_is_suspect (self->paths);

      if (is_selected && is_direct)
        udpnat_node_finish_search (self->node, now_us, self);
      if (is_selected)
        udpnat_peer_follow_rotation (self, now_us);
      if (is_selected)
        udpnat_session_reset_path (self->session, now_us, is_direct ? rtt_us : 0);
      udpnat_session_set_max_packet (self->session, is_safe ? UDPNAT_DATAGRAM_BASE_BYTES
                                                            : UDPNAT_RELAY_INNER_MAX_BYTES);
    }
  if (is_changed)
    push_path_event (self);
}

static void
fill_streams (UdpnatPeer *self,
              gint64      now_us)
{
  UdpnatCandidates local;

  if (!udpnat_peer_has_session (self) || !udpnat_session_can_send (self->session, now_us))
    return;

  if (self->control_out != NULL &&
      udpnat_session_stream_get_space (self->session, UDPNAT_STREAM_CONTROL) >=
        self->control_out->len)
    {
      udpnat_session_stream_write (self->session, UDPNAT_STREAM_CONTROL, self->control_out->data,
                                   self->control_out->len);
      g_clear_pointer (&self->control_out, g_byte_array_unref);
    }
  udpnat_peer_get_local (self, &local);
  if (udpnat_peer_is_trusted (self) && self->told_generation != local.generation)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();

      udpnat_write_candidates (message, &local);
      if (udpnat_session_stream_get_space (self->session, UDPNAT_STREAM_CONTROL) >= message->len)
        {
          udpnat_session_stream_write (self->session, UDPNAT_STREAM_CONTROL, message->data,
                                       message->len);
          self->told_generation = local.generation;
        }
    }

  for (;;)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();
      gsize n_space = udpnat_session_stream_get_space (self->session, UDPNAT_STREAM_CHAT);
      gsize n_taken;

      if (!udpnat_conversation_write_next (self->conversation, message, n_space))
        break;
      n_taken = udpnat_session_stream_write (self->session, UDPNAT_STREAM_CHAT, message->data,
                                             message->len);
      g_assert (n_taken == message->len);
    }
  udpnat_peer_fill_files (self, now_us);
}

static UdpnatNodeEventType
translate_event (UdpnatConversationEventType type)
{
  switch (type)
    {
    case UDPNAT_CONVERSATION_EVENT_ITEM:
      return UDPNAT_NODE_EVENT_ITEM;
    case UDPNAT_CONVERSATION_EVENT_SENT:
      return UDPNAT_NODE_EVENT_SENT;
    case UDPNAT_CONVERSATION_EVENT_STORED:
      return UDPNAT_NODE_EVENT_STORED;
    case UDPNAT_CONVERSATION_EVENT_DELIVERED:
      return UDPNAT_NODE_EVENT_DELIVERED;
    case UDPNAT_CONVERSATION_EVENT_READ:
      return UDPNAT_NODE_EVENT_READ;
    case UDPNAT_CONVERSATION_EVENT_TYPING:
      return UDPNAT_NODE_EVENT_TYPING;
    case UDPNAT_CONVERSATION_EVENT_RESUMED:
      return UDPNAT_NODE_EVENT_RESUMED;
    }
  g_assert_not_reached ();
}

/** udpnat_peer_follow_conversation: makes the node's events of the conversation's */
void
udpnat_peer_follow_conversation (UdpnatPeer *self)
{
  UdpnatConversationEvent happened;

  while (udpnat_conversation_pop_event (self->conversation, &happened))
    {
      UdpnatNodeEvent *event;

      if (happened.type == UDPNAT_CONVERSATION_EVENT_RESUMED)
        {
          /* The owner is told when what the letter holds is safe. */
          self->has_refused = FALSE;
          continue;
        }
      event = udpnat_node_event_new (translate_event (happened.type), &self->key, self->name);
      if (happened.type == UDPNAT_CONVERSATION_EVENT_DELIVERED)
        self->n_closed = 0;
      event->id = happened.id;
      event->elapsed_us = happened.elapsed_us;
      event->item = happened.item;
      event->is_typing = happened.is_typing;
      udpnat_node_push_event (self->node, event);
    }
}

/**
 * udpnat_peer_pump:
 *
 * Brings everything up to date and sends at most one packet, directly or through the relay.
 *
 * Returns: %FALSE when there is nothing more to send now
 */
gboolean
udpnat_peer_pump (UdpnatPeer *self,
                  gint64      now_us)
{
  if (self->conversation == NULL)
    return FALSE;
  /* The last word of a closed session comes before its successor. */
  if (self->session != NULL && !udpnat_peer_has_session (self) && pump_session (self, now_us))
    return TRUE;
  if (wants_server (self, now_us))
    udpnat_peer_use_server (self, now_us);
  maybe_start_handshake (self, now_us);
  fill_streams (self, now_us);
  udpnat_peer_pump_mail (self, now_us);
  udpnat_peer_follow_conversation (self);
  udpnat_peer_follow_files (self);
  if (self->session != NULL)
    udpnat_path_set_note_unanswered (self->paths, now_us,
                                     udpnat_session_get_unanswered_since (self->session));
  follow_path_changes (self, now_us);
  udpnat_peer_note_phase (self, now_us);
  return pump_session (self, now_us) || udpnat_peer_pump_socket (self, now_us) ||
         pump_paths (self, now_us);
}

/* ---- Time ---- */

gint64
udpnat_peer_next_deadline (const UdpnatPeer *self)
{
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  if (self->conversation == NULL)
    return UDPNAT_TIME_NEVER;
  deadline_us = udpnat_time_min (udpnat_path_set_next_deadline (self->paths),
                                 udpnat_peer_get_mail_due (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_peer_get_query_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_peer_get_rotation_due (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_peer_get_files_due (self));
  if (self->searches.again_us > 0)
    deadline_us = udpnat_time_min (deadline_us, self->searches.again_us);
  if (self->session != NULL)
    deadline_us = udpnat_time_min (deadline_us, udpnat_session_next_deadline (self->session));
  if (MAX (self->blocked_until_us, self->failed_until_us) > 0 &&
      (self->must_call || udpnat_peer_has_unsent (self) || must_ask_abroad (self)))
    deadline_us = udpnat_time_min (deadline_us,
                                   MAX (self->blocked_until_us, self->failed_until_us));
  return deadline_us;
}

void
udpnat_peer_handle_deadline (UdpnatPeer *self,
                             gint64      now_us)
{
  if (self->conversation == NULL)
    return;
  if (self->blocked_until_us > 0 && now_us >= self->blocked_until_us)
    {
      self->blocked_until_us = 0;
      if (must_ask_abroad (self))
        udpnat_session_ping (self->session, now_us);
    }
  if (self->failed_until_us > 0 && now_us >= self->failed_until_us)
    self->failed_until_us = 0;
  if (self->session != NULL && udpnat_session_next_deadline (self->session) <= now_us)
    udpnat_session_handle_deadline (self->session, now_us);
  if (udpnat_path_set_next_deadline (self->paths) <= now_us)
    udpnat_peer_handle_path_deadline (self, now_us);
  udpnat_peer_handle_query_deadline (self, now_us);
  udpnat_node_repeat_search (self->node, now_us, self);
  udpnat_peer_rotate (self, now_us);
  udpnat_peer_handle_files_deadline (self, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

/* ---- State ---- */

/**
 * udpnat_peer_is_drained: nothing of ours waits for the peer's acknowledgement, and no item for a
 * receipt or a place in the mailbox */
gboolean
udpnat_peer_is_drained (const UdpnatPeer *self)
{
  if (self->conversation == NULL)
    return TRUE;
  if (self->mail_phase != UDPNAT_PEER_MAIL_IDLE ||
      udpnat_conversation_get_unstored (self->conversation) > 0 ||
      udpnat_conversation_get_unmailed_since (self->conversation) != UDPNAT_TIME_NEVER)
    return FALSE;
  /* All that waits for a receipt is in the mailbox by now: the peer has not answered for long. */
  return udpnat_conversation_get_unreceipted (self->conversation) > 0 ||
         !udpnat_peer_has_session (self) ||
         udpnat_session_stream_unacked (self->session, UDPNAT_STREAM_CHAT) == 0;
}
