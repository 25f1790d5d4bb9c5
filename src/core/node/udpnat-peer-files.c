/* Files with one peer: fills the file stream and reads it (PROTOCOL.md section 21). What is given
 * and what is fetched is told by the owner, and lasts until it says otherwise, whatever sessions
 * do. */

#include "config.h"

#include "udpnat-peer-private.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-files-private.h"

/* Whoever waits for chunks and hears nothing has nothing to send that would go unanswered: it asks.
 * A peer that was started anew says then that it does not know us, and is asked anew for the rest.
 * */
#define SILENCE_US UDPNAT_SEC (4)
/* Who is told to wait until the other user lets it go on is told when that is: by a program that
 * still knows of it. One that was started anew meanwhile, or has given the session up, does not. */
#define HELD_SILENCE_US UDPNAT_SEC (300)
#define NOTE_ACTIVE_US UDPNAT_SEC (1)

/** udpnat_peer_open_files: makes sure that there are both halves */
UdpnatPeerFiles *
udpnat_peer_open_files (UdpnatPeer *self,
                        gint64      now_us)
{
  udpnat_peer_open (self, now_us);
  if (self->files == NULL)
    {
      self->files = g_new0 (UdpnatPeerFiles, 1);
      self->files->giver = udpnat_file_giver_new ();
      self->files->fetcher = udpnat_file_fetcher_new ();
      self->files->active_us = -NOTE_ACTIVE_US;
    }
  return self->files;
}

void
udpnat_peer_clear_files (UdpnatPeer *self)
{
  if (self->files == NULL)
    return;
  udpnat_file_giver_free (self->files->giver);
  udpnat_file_fetcher_free (self->files->fetcher);
  g_clear_pointer (&self->files, g_free);
}

/** udpnat_peer_restart_files: a session has ended, what was on its way has not come */
void
udpnat_peer_restart_files (UdpnatPeer *self)
{
  if (self->files == NULL)
    return;
  udpnat_file_giver_restart (self->files->giver);
  udpnat_file_fetcher_restart (self->files->fetcher);
}

/** udpnat_peer_has_unsent_files: whether there is something to say about files, so that a session
 * is worth a handshake */
gboolean
udpnat_peer_has_unsent_files (const UdpnatPeer *self)
{
  return self->files != NULL && (udpnat_file_giver_has_unsent (self->files->giver) ||
                                 udpnat_file_fetcher_has_unsent (self->files->fetcher));
}

static void
note_active (UdpnatPeer *self,
             gint64      now_us)
{
  if (now_us - self->files->active_us < NOTE_ACTIVE_US)
    return;
  self->files->active_us = now_us;
  udpnat_peer_note_active (self, now_us);
}

/** udpnat_peer_follow_files: makes the node's events of what the halves tell */
void
udpnat_peer_follow_files (UdpnatPeer *self)
{
  if (self->files == NULL)
    return;
  for (;;)
    {
      UdpnatFileEvent *happened = udpnat_file_giver_pop_event (self->files->giver);
      UdpnatNodeEvent *event;

      if (happened == NULL)
        happened = udpnat_file_fetcher_pop_event (self->files->fetcher);
      if (happened == NULL)
        return;
      event = udpnat_node_event_new (UDPNAT_NODE_EVENT_FILE, &self->key, self->name);
      event->file = happened;
      udpnat_node_push_event (self->node, event);
    }
}

/**
 * udpnat_peer_handle_file_message:
 *
 * Of whoever is no contact nothing is taken, and nothing answered.
 *
 * Returns: %FALSE when it breaks the protocol
 */
gboolean
udpnat_peer_handle_file_message (UdpnatPeer              *self,
                                 gint64                   now_us,
                                 const UdpnatMessageView *view)
{
  UdpnatFileMessage message;

  if (!udpnat_file_message_is_known (view->type) || !udpnat_peer_is_trusted (self))
    return TRUE;
  if (!udpnat_parse_file_message (view, &message))
    return FALSE;
  udpnat_peer_open_files (self, now_us);
  note_active (self, now_us);
  return udpnat_file_fetcher_handle_message (self->files->fetcher, now_us,
                                             udpnat_session_get_rtt (self->session), &message) ||
         udpnat_file_giver_handle_message (self->files->giver, &message);
}

/** udpnat_peer_fill_files: moves what is to be said about files into the stream, as far as it has
 * room; what is asked goes before what is given */
void
udpnat_peer_fill_files (UdpnatPeer *self,
                        gint64      now_us)
{
  g_autoptr (GByteArray) message = NULL;

  if (self->files == NULL || !udpnat_peer_is_trusted (self))
    return;
  message = g_byte_array_new ();
  for (;;)
    {
      gsize n_space = udpnat_session_stream_get_space (self->session, UDPNAT_STREAM_FILES);
      gsize n_taken;

      g_byte_array_set_size (message, 0);
      if (!udpnat_file_fetcher_write_next (self->files->fetcher, message, n_space) &&
          !udpnat_file_giver_write_next (self->files->giver, message, n_space))
        break;
      note_active (self, now_us);
      n_taken = udpnat_session_stream_write (self->session, UDPNAT_STREAM_FILES, message->data,
                                             message->len);
      g_assert (n_taken == message->len);
    }
}

/** udpnat_peer_get_files_due: when a peer that owes us something is asked whether it is there */
gint64
udpnat_peer_get_files_due (const UdpnatPeer *self)
{
  gboolean is_waiting;

  if (self->files == NULL || !udpnat_peer_has_session (self))
    return UDPNAT_TIME_NEVER;
  is_waiting = udpnat_file_fetcher_is_waiting (self->files->fetcher);
  if (!is_waiting && !udpnat_file_fetcher_is_held (self->files->fetcher))
    return UDPNAT_TIME_NEVER;
  return MAX (MAX (self->last_heard_us, self->files->active_us), self->files->asked_us)
         + (is_waiting ? SILENCE_US : HELD_SILENCE_US);
}

void
udpnat_peer_handle_files_deadline (UdpnatPeer *self,
                                   gint64      now_us)
{
  if (udpnat_peer_get_files_due (self) > now_us)
    return;
  self->files->asked_us = now_us;
  note_active (self, now_us);
  udpnat_session_ping (self->session, now_us);
}
