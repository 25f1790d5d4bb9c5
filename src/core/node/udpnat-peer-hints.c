/* What becomes of a peer when others tell of it, or when ways to it come and go: a pause, a
 * handshake, or that no time-out is waited for. Hints may be wrong, and cost only packets. */

#include "config.h"

#include "udpnat-peer-private.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-files-private.h"

/* How long to wait before dialling again when the server says that a peer is not there. Presence
 * ends the wait at once. */
static const gint64 redial_after_us[] = { UDPNAT_SEC (15), UDPNAT_SEC (60), UDPNAT_SEC (300) };

/** udpnat_peer_pause: a session was closed: wait before the next one, longer each time in vain */
void
udpnat_peer_pause (UdpnatPeer *self,
                   gint64      now_us)
{
  gint64 pause_us = UDPNAT_SEC (1) << MIN (self->n_closed, 6);

  self->n_closed++;
  self->blocked_until_us = MAX (self->blocked_until_us, now_us + pause_us);
}

/**
 * udpnat_peer_handle_unknown:
 *
 * Somebody says that the peer has no session with us. Anybody could say that, so it only makes us
 * ask the peer itself, and not more than once a second. That the peer is away, as a server has
 * said, is not so any more.
 */
void
udpnat_peer_handle_unknown (UdpnatPeer *self,
                            gint64      now_us)
{
  if (!udpnat_peer_has_session (self) || udpnat_session_is_handshaking (self->session))
    return;
  if (now_us - self->last_kick_us < UDPNAT_SEC (1))
    return;
  if (now_us < self->blocked_until_us && self->n_failed_dials == 0)
    return;
  self->n_failed_dials = 0;
  self->blocked_until_us = 0;
  self->last_kick_us = now_us;
  udpnat_peer_start_handshake (self, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

/**
 * udpnat_peer_handle_dial_failed:
 *
 * The server knows of no such peer at the moment.
 */
void
udpnat_peer_handle_dial_failed (UdpnatPeer *self,
                                gint64      now_us)
{
  UdpnatAddress address;
  guint last = G_N_ELEMENTS (redial_after_us) - 1;

  if (self->conversation == NULL || !udpnat_peer_has_session (self))
    return;
  /* The server may be wrong about someone on our own network. */
  if (udpnat_path_set_list_handshake_addresses (self->paths, &address, 1) > 0)
    return;

  if (udpnat_session_is_handshaking (self->session))
    udpnat_session_cancel_handshake (self->session);
  if (udpnat_session_get_state (self->session) == UDPNAT_SESSION_STATE_INITIATED)
    udpnat_peer_drop_session (self);
  self->blocked_until_us = now_us + redial_after_us[MIN (self->n_failed_dials, last)];
  self->n_failed_dials++;
  if (self->n_failed_dials == 1)
    udpnat_node_push_event (self->node, udpnat_node_event_new (UDPNAT_NODE_EVENT_UNREACHABLE,
                                                               &self->key, self->name));
  udpnat_node_mark_dirty (self->node, self);
}

/* Of what the relay carries for us: its own count has headers, and words must have a place beside
 * files. */
#define RELAY_RATE_PERCENT 90
/* A relay that takes less than a message now and then is not one to go by. */
#define RELAY_RATE_MIN_KIB 8

/** udpnat_peer_handle_quota: the relay has dropped a packet, since it carries no more than so much:
 * what we send by it from now on is paced below that, so that no more are dropped */
void
udpnat_peer_handle_quota (UdpnatPeer *self,
                          guint32     rate_kib)
{
  if (rate_kib >= RELAY_RATE_MIN_KIB)
    self->relay_rate = (gint64) rate_kib * 1024 * RELAY_RATE_PERCENT / 100;
}

/** udpnat_peer_handle_online: our server, or @abroad, says that the peer is there, by @handle */
void
udpnat_peer_handle_online (UdpnatPeer   *self,
                           gint64        now_us,
                           UdpnatAbroad *abroad,
                           guint32       handle)
{
  self->n_failed_dials = 0;
  self->blocked_until_us = 0;
  if (self->handle != handle || self->handle_abroad != abroad)
    {
      /* Registered anew: perhaps a new process that has forgotten our session. A packet will
       * tell. */
      udpnat_node_set_handle (self->node, self, abroad, handle);
      udpnat_peer_hurry (self, now_us);
      /* A mailbox that has what it should tells it now. It may have lost it, and the peer, if it
       * took the packets and died before it had kept what was in them, does not know of it. */
      if (udpnat_peer_has_session (self)
          && (udpnat_conversation_get_unreceipted (self->conversation) > 0
              || udpnat_peer_get_files_due (self) != UDPNAT_TIME_NEVER))
        udpnat_session_ping (self->session, now_us);
    }
  if (self->conversation != NULL)
    udpnat_node_mark_dirty (self->node, self);
}

/**
 * udpnat_peer_hurry:
 *
 * There is a way again, or another one: no time-out is waited for. A peer that talks with us is
 * asked for a sign of life, so that it does not wait either: what it has said meanwhile went to
 * where we are no more.
 */
void
udpnat_peer_hurry (UdpnatPeer *self,
                   gint64      now_us)
{
  if (self->conversation == NULL)
    return;
  if (udpnat_peer_has_session (self))
    {
      if (udpnat_session_is_handshaking (self->session))
        udpnat_session_repeat_handshake (self->session, now_us);
      else if (!udpnat_peer_is_drained (self) || udpnat_path_set_is_active (self->paths, now_us))
        udpnat_session_ping (self->session, now_us);
      udpnat_session_hurry (self->session);
    }
  udpnat_node_mark_dirty (self->node, self);
}

/** udpnat_peer_handle_wake: we slept, or the network is not quite what it was: the path in use may
 * be gone, and is asked at once */
void
udpnat_peer_handle_wake (UdpnatPeer *self,
                         gint64      now_us)
{
  if (self->conversation == NULL)
    return;
  if (udpnat_path_set_is_active (self->paths, now_us))
    udpnat_path_set_doubt (self->paths, now_us);
  udpnat_peer_hurry (self, now_us);
}

/**
 * udpnat_peer_handle_path_deadline:
 *
 * What a path has swallowed goes over the relay as soon as there is doubt, not with the session's
 * next timeout; and that is of use only while the server is there.
 */
void
udpnat_peer_handle_path_deadline (UdpnatPeer *self,
                                  gint64      now_us)
{
  gboolean was_suspect = udpnat_path_set_is_suspect (self->paths);

  udpnat_path_set_handle_deadline (self->paths, now_us);
  if (was_suspect || !udpnat_path_set_is_suspect (self->paths) || self->session == NULL)
    return;
  udpnat_session_hurry (self->session);
  udpnat_rendezvous_client_watch (udpnat_peer_get_server (self), now_us);
}
