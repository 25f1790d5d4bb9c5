/* What comes in from one peer: handshakes, packets, and the messages inside them. The rules are
 * those of PROTOCOL.md sections 2 (handshake, both at once), 8 (control messages) and 10
 * (paths). */

#include "config.h"

#include "udpnat-peer-private.h"

#include "udpnat-frame.h"
#include "udpnat-message.h"
#include "udpnat-node-private.h"
#include "udpnat-peer-files-private.h"

static void
learn_handle (UdpnatPeer        *self,
              const UdpnatRoute *route)
{
  if (route->is_relayed &&
      (route->handle != self->handle || route->abroad != self->handle_abroad))
    udpnat_node_set_handle (self->node, self, route->abroad, route->handle);
}

/* ---- Messages ---- */

static gboolean
handle_search (UdpnatPeer              *self,
               gint64                   now_us,
               const UdpnatMessageView *view)
{
  UdpnatSearchMessage message;

  if (!udpnat_parse_search (view, &message))
    return FALSE;
  if (!self->is_source_unproven && udpnat_peer_is_trusted (self))
    udpnat_node_handle_search (self->node, now_us, self, &message);
  return TRUE;
}

static gboolean
handle_control (UdpnatPeer              *self,
                gint64                   now_us,
                const UdpnatMessageView *view)
{
  UdpnatCandidates candidates;

  if (view->type == UDPNAT_PP_SEARCH)
    return handle_search (self, now_us, view);
  if (view->type != UDPNAT_PP_CANDIDATES)
    return TRUE; /* of a later version */
  if (!udpnat_parse_candidates (view, &candidates))
    return FALSE;
  /* What a stranger names is not tried: it could name anybody. */
  if (self->is_source_unproven || !udpnat_peer_is_trusted (self))
    {
      self->early_candidates = candidates;
      self->has_early_candidates = TRUE;
      self->is_early_unproven = self->is_source_unproven;
      return TRUE;
    }
  udpnat_path_set_handle_candidates (self->paths, now_us, &candidates);
  return TRUE;
}

static gboolean
handle_message (UdpnatPeer              *self,
                gint64                   now_us,
                guint32                  stream,
                const UdpnatMessageView *view)
{
  if (stream == UDPNAT_STREAM_CONTROL)
    return handle_control (self, now_us, view);
  if (stream == UDPNAT_STREAM_CHAT)
    {
      udpnat_peer_note_active (self, now_us);
      return udpnat_conversation_handle_message (self->conversation, now_us, view->type,
                                                 view->body, view->n_body);
    }
  if (stream == UDPNAT_STREAM_FILES)
    return udpnat_peer_handle_file_message (self, now_us, view);
  return TRUE;
}

/* Returns how many bytes were whole messages; -1 when one breaks the protocol. */
static gssize
handle_messages (UdpnatPeer   *self,
                 gint64        now_us,
                 guint32       stream,
                 const guint8 *data,
                 gsize         n_data)
{
  gsize n_done = 0;

  while (n_done < n_data)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      switch (udpnat_message_parse (data + n_done, n_data - n_done, &view, &n_consumed))
        {
        case UDPNAT_MESSAGE_COMPLETE:
          if (!handle_message (self, now_us, stream, &view))
            return -1;
          n_done += n_consumed;
          break;
        case UDPNAT_MESSAGE_PARTIAL:
          return n_done;
        case UDPNAT_MESSAGE_MALFORMED:
          return -1;
        }
    }
  return n_done;
}

/* What a handshake carries of stream @wanted. */
static void
handle_early_frames (UdpnatPeer      *self,
                     gint64           now_us,
                     guint32          wanted,
                     const UdpnatHs1 *hs1)
{
  UdpnatFrameView frame;
  UdpnatReader reader;

  udpnat_reader_init (&reader, hs1->frames, hs1->n_frames);
  while (udpnat_frame_next (&reader, &frame))
    {
      const guint8 *data;
      guint32 stream;
      gsize n_data;

      if (frame.type == UDPNAT_FRAME_EARLY &&
          udpnat_frame_parse_early (&frame, &stream, &data, &n_data) && stream == wanted)
        handle_messages (self, now_us, stream, data, n_data);
    }
}

/* Whoever comes through the server has proved an address there. Anybody else may have forged the
 * source, and could have us send to the addresses in it: that waits for a packet under the new
 * keys. */
static void
handle_early_control (UdpnatPeer        *self,
                      gint64             now_us,
                      const UdpnatRoute *route,
                      const UdpnatHs1   *hs1)
{
  self->is_source_unproven = !route->is_relayed;
  self->has_early_candidates = FALSE;
  handle_early_frames (self, now_us, UDPNAT_STREAM_CONTROL, hs1);
  self->is_source_unproven = FALSE;
}

static void
handle_readable (UdpnatPeer *self,
                 gint64      now_us,
                 guint32     stream)
{
  gsize n_data;
  const guint8 *data = udpnat_session_stream_peek (self->session, stream, &n_data);
  gssize n_done;

  if (stream > UDPNAT_STREAM_FILES)
    /* streams of a later version: read and forgotten, so that they cannot fill up */
    n_done = n_data;
  else
    n_done = handle_messages (self, now_us, stream, data, n_data);
  if (n_done < 0)
    {
      udpnat_session_close (self->session, now_us, UDPNAT_CLOSE_PROTOCOL_ERROR,
                            "malformed message");
      udpnat_peer_pause (self, now_us);
    }
  else if (n_done > 0)
    udpnat_session_stream_consume (self->session, now_us, stream, n_done);
}

/* ---- Handshakes ---- */

static void
write_hs2_frames (UdpnatPeer        *self,
                  const UdpnatRoute *route,
                  UdpnatWriter      *writer)
{
  udpnat_peer_write_candidates (self, writer);
  if (!route->is_relayed && !udpnat_frame_write_observed (writer, &route->address))
    g_debug ("no room for OBSERVED");
}

/* How many handshakes of theirs give way to ours. They answer ours instead of beginning another,
 * unless it never arrives, or they take it for a repetition: we may have lost count of our
 * timestamps. */
#define INSIST_MAX 2

/* PROTOCOL.md section 2, "Both at once": one of two handshakes that cross must give way, and both
 * sides must agree on which. */
static gboolean
our_handshake_wins (const UdpnatPeer *self)
{
  return udpnat_public_key_compare (udpnat_identity_get_public_key (self->node->identity),
                                    &self->key) < 0;
}

static UdpnatRxResult
answer_hs1 (UdpnatPeer        *self,
            gint64             now_us,
            const UdpnatRoute *route,
            UdpnatHs1         *hs1)
{
  guint8 frames[UDPNAT_HS1_MIN_BYTES];
  gboolean is_rekey = udpnat_peer_has_session (self) &&
                      udpnat_session_get_id (self->session) == hs1->session_id;
  UdpnatWriter writer;

  self->hs2_route = *route;
  if (!is_rekey)
    udpnat_path_set_handle_new_session (self->paths, now_us);
  handle_early_control (self, now_us, route, hs1); /* our answer says what we have heard */
  if (!is_rekey && udpnat_peer_is_trusted (self)) /* who calls wants a way, if only to look at it */
    udpnat_path_set_note_active (self->paths, now_us);
  udpnat_writer_init (&writer, frames, sizeof frames);
  write_hs2_frames (self, route, &writer);

  if (is_rekey)
    return udpnat_session_accept_rekey (self->session, hs1, now_us, frames, writer.n_written)
             ? UDPNAT_RX_OK : UDPNAT_RX_MALFORMED;
  else
    {
      UdpnatSessionConfig config = udpnat_peer_get_session_config (self);
      UdpnatSession *session = udpnat_session_new_responder (&config, hs1, now_us, frames,
                                                             writer.n_written);

      if (session == NULL)
        return UDPNAT_RX_MALFORMED;
      udpnat_peer_drop_session (self);
      self->session = session;
      return UDPNAT_RX_OK;
    }
}

/**
 * udpnat_peer_handle_hs1:
 * @hs1: read and authenticated, so it is from this peer; its replay protection is checked here
 */
UdpnatRxResult
udpnat_peer_handle_hs1 (UdpnatPeer        *self,
                        gint64             now_us,
                        const UdpnatRoute *route,
                        UdpnatHs1         *hs1)
{
  UdpnatNodeEvent *event;
  UdpnatRxResult result = UDPNAT_RX_OK;

  if (memcmp (hs1->timestamp, self->last_timestamp, sizeof self->last_timestamp) <= 0 ||
      now_us < self->failed_until_us) /* it is repeated */
    return UDPNAT_RX_IGNORED;
  memcpy (self->last_timestamp, hs1->timestamp, sizeof self->last_timestamp);
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_TIMESTAMP, &self->key, self->name);
  memcpy (event->timestamp, hs1->timestamp, sizeof event->timestamp);
  udpnat_node_push_event (self->node, event);

  /* Not before: a handshake sent again must not cost others their place. */
  udpnat_node_limit_strangers (self->node, self);
  udpnat_peer_open (self, now_us);
  learn_handle (self, route);
  if (self->presence == UDPNAT_PRESENCE_OFFLINE)
    self->presence = UDPNAT_PRESENCE_ONLINE;
  self->n_failed_dials = 0;
  self->blocked_until_us = 0;

  if (self->session != NULL && udpnat_session_is_handshaking (self->session) &&
      our_handshake_wins (self) && self->n_insisted < INSIST_MAX)
    {
      self->n_insisted++;
      /* Also to where theirs came from: perhaps that is the only way there is. */
      self->crossed_route = *route;
      self->n_crossed_hs1 = hs1->n_hs1;
      udpnat_session_repeat_handshake (self->session, now_us);
      handle_early_control (self, now_us, route, hs1);
    }
  else
    {
      self->n_insisted = 0; /* or both would give way for ever */
      result = answer_hs1 (self, now_us, route, hs1);
    }
  handle_early_frames (self, now_us, UDPNAT_STREAM_CHAT, hs1);
  udpnat_peer_follow_conversation (self);
  udpnat_peer_follow_files (self);
  udpnat_node_mark_dirty (self->node, self);
  return result;
}

/** udpnat_peer_handle_repeat: an HS1 that was answered came again, perhaps another way */
void
udpnat_peer_handle_repeat (UdpnatPeer        *self,
                           const UdpnatRoute *route)
{
  self->hs2_route = *route;
  udpnat_session_repeat_hs2 (self->session);
  udpnat_node_mark_dirty (self->node, self);
}

/* ---- Session events ---- */

/* The first packet under new keys shows that the handshake is real. It does not show that its
 * source address is: that is for challenges. */
static void
handle_established (UdpnatPeer *self,
                    gint64      now_us)
{
  self->must_call = FALSE;
  self->n_insisted = 0;
  self->is_early_unproven = FALSE;
  if (self->has_early_candidates && udpnat_peer_is_trusted (self))
    {
      self->has_early_candidates = FALSE;
      udpnat_path_set_handle_candidates (self->paths, now_us, &self->early_candidates);
    }
}

static void
handle_frame (UdpnatPeer               *self,
              gint64                    now_us,
              const UdpnatRoute        *route,
              const UdpnatSessionEvent *event)
{
  UdpnatFrameView frame = {
    .type = event->frame_type,
    .body = event->body,
    .n_body = event->n_body,
  };
  UdpnatAddress observed;
  const guint8 *data;
  guint32 stream;
  guint64 token;
  gsize n_data;

  if (event->frame_type == UDPNAT_FRAME_EARLY)
    {
      if (udpnat_frame_parse_early (&frame, &stream, &data, &n_data))
        handle_messages (self, now_us, stream, data, n_data);
    }
  else if (route->is_relayed)
    return; /* a challenge proves a path, and the relay is none */
  else if (event->frame_type == UDPNAT_FRAME_PATH_CHALLENGE)
    {
      if (udpnat_frame_parse_path_challenge (&frame, &token))
        udpnat_path_set_handle_challenge (self->paths, now_us, route->socket, &route->address,
                                          token);
    }
  else if (event->frame_type == UDPNAT_FRAME_PATH_RESPONSE)
    {
      if (udpnat_frame_parse_path_response (&frame, &token, &observed))
        udpnat_path_set_handle_response (self->paths, now_us, route->socket, &route->address,
                                         token, &observed);
    }
}

static void
handle_event (UdpnatPeer               *self,
              gint64                    now_us,
              const UdpnatRoute        *route,
              const UdpnatSessionEvent *event)
{
  switch (event->type)
    {
    case UDPNAT_SESSION_EVENT_ESTABLISHED:
    case UDPNAT_SESSION_EVENT_REKEYED:
      handle_established (self, now_us);
      break;
    case UDPNAT_SESSION_EVENT_FRESH:
      udpnat_peer_restart_streams (self);
      udpnat_path_set_handle_new_session (self->paths, now_us);
      handle_established (self, now_us);
      break;
    case UDPNAT_SESSION_EVENT_FRAME:
      handle_frame (self, now_us, route, event);
      break;
    case UDPNAT_SESSION_EVENT_READABLE:
      handle_readable (self, now_us, event->stream);
      break;
    case UDPNAT_SESSION_EVENT_CLOSED:
      udpnat_peer_pause (self, now_us); /* it is replaced when there is something to say */
      break;
    }
}

/* They are heard for the first time since something of ours has gone unanswered for too long: they
 * were out of reach, as when their router had forgotten them, and are not any more. What was said
 * meanwhile has not come there, and need not wait for its time-out. */
static void
follow_return (UdpnatPeer *self,
               gint64      now_us)
{
  gint64 since_us = udpnat_session_get_unanswered_since (self->session);
  gint64 patience_us = MAX (UDPNAT_PATH_SUSPECT_MIN_US,
                            2 * udpnat_session_get_rtt (self->session));

  if (self->last_heard_us < since_us && now_us - since_us >= patience_us)
    udpnat_session_hurry (self->session);
  self->last_heard_us = now_us;
}

/**
 * udpnat_peer_handle_packet:
 * @data: (array length=n_data): an HS2, COOKIE or DATA whose index is that of our session;
 *   decrypted in place
 */
UdpnatRxResult
udpnat_peer_handle_packet (UdpnatPeer        *self,
                           gint64             now_us,
                           const UdpnatRoute *route,
                           guint8            *data,
                           gsize              n_data)
{
  UdpnatSession *session = self->session;
  gboolean is_cookie = data[0] == UDPNAT_PACKET_COOKIE;
  UdpnatSessionEvent event;
  UdpnatRxResult result = udpnat_session_handle_packet (session, now_us, data, n_data);

  if (result != UDPNAT_RX_OK)
    return result;
  if (!is_cookie) /* which proves nothing about who sent it */
    {
      learn_handle (self, route);
      follow_return (self, now_us);
      if (!route->is_relayed)
        udpnat_path_set_handle_authenticated (self->paths, now_us, route->socket, &route->address);
    }
  while (udpnat_session_pop_event (session, &event))
    handle_event (self, now_us, route, &event);
  if (udpnat_session_get_state (session) == UDPNAT_SESSION_STATE_CLOSED)
    udpnat_peer_restart_streams (self);
  /* At once, so that what the owner answers leaves together with what the session answers. */
  udpnat_peer_follow_conversation (self);
  udpnat_peer_follow_files (self);
  udpnat_node_mark_dirty (self->node, self);
  return UDPNAT_RX_OK;
}
