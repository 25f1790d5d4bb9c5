/* Letters to and from one peer (PROTOCOL.md section 14). When something waits for a peer that
 * cannot be reached it is put, sealed, into the peer's mailbox at the server. One letter is under
 * way at a time, so that letters stay in order.
 *
 * A one-time prekey of the peer makes a letter safe against later theft of the peer's identity. It
 * must never be used twice, not even across a crash: its owner has forgotten it by then, and could
 * not open the letter. So it is forgotten on our disk before it is used. */

#include "config.h"

#include "udpnat-peer-private.h"

#include "udpnat-chat-message.h"
#include "udpnat-mail-message.h"
#include "udpnat-message.h"
#include "udpnat-node-fleet-private.h"
#include "udpnat-node-private.h"

/* What a stranger's letter may hold: sealed it may have UDPNAT_MAIL_STRANGER_MAX_BYTES. */
#define SHORT_LETTER_MAX_BYTES (UDPNAT_MAIL_STRANGER_MAX_BYTES - 2 * UDPNAT_SEALED_PADDING_BYTES)

void
udpnat_peer_clear_mail (UdpnatPeer *self)
{
  g_queue_clear_full (&self->prekeys, g_free);
  udpnat_peer_drop_letter (self);
}

/** udpnat_peer_drop_letter: forgets the letter to the peer that is under way */
void
udpnat_peer_drop_letter (UdpnatPeer *self)
{
  g_clear_pointer (&self->letter, g_byte_array_unref);
  self->mail_phase = UDPNAT_PEER_MAIL_IDLE;
  self->mail_request = 0;
}

/**
 * udpnat_peer_get_mail_pass:
 * @is_for_sending: with which we put letters for the peer, else the one that the peer puts with
 *
 * Returns: (array fixed-size=16): computed once, since it costs a Diffie-Hellman
 */
const guint8 *
udpnat_peer_get_mail_pass (UdpnatPeer *self,
                           gboolean    is_for_sending)
{
  if (!self->has_mail_passes)
    {
      /* A key that no one can compute with has no passes: zeros, as a stranger has. */
      if (!udpnat_mail_pass_compute (self->node->identity, &self->key, TRUE, self->mail_pass) ||
          !udpnat_mail_pass_compute (self->node->identity, &self->key, FALSE,
                                     self->mail_pass_of_peer))
        memset (self->mail_pass, 0, sizeof self->mail_pass);
      self->has_mail_passes = TRUE;
    }
  return is_for_sending ? self->mail_pass : self->mail_pass_of_peer;
}

/* ---- Putting ---- */

/* At our own server only once we are there under our name; at another one we never are. */
static gboolean
may_put (const UdpnatPeer *self)
{
  UdpnatRendezvousClient *server = udpnat_peer_get_mail_server (self);

  return server != self->node->server ? udpnat_rendezvous_client_is_connected (server)
                                      : udpnat_rendezvous_client_is_registered (server);
}

/**
 * udpnat_peer_get_mail_due:
 *
 * Returns: when the next letter is to be written: at once for a peer that the server says is away;
 *   for others when their receipt is long overdue
 */
gint64
udpnat_peer_get_mail_due (const UdpnatPeer *self)
{
  gint64 since_us = udpnat_conversation_get_unmailed_since (self->conversation);

  if (since_us == UDPNAT_TIME_NEVER || self->mail_phase != UDPNAT_PEER_MAIL_IDLE ||
      !may_put (self))
    return UDPNAT_TIME_NEVER;
  if (self->n_failed_dials == 0)
    since_us += UDPNAT_MAIL_AFTER_US;
  return MAX (since_us, self->mail_blocked_until_us);
}

static void
finish_letter (UdpnatPeer *self,
               gboolean    is_stored)
{
  udpnat_peer_drop_letter (self);
  udpnat_conversation_finish_mail (self->conversation, is_stored);
}

static void
put_letter (UdpnatPeer *self,
            gint64      now_us)
{
  g_autoptr (GByteArray) sealed = g_byte_array_new ();
  UdpnatSealedPrekey prekey = { .id = self->letter_prekey.id };

  memcpy (prekey.key.bytes, self->letter_prekey.key, sizeof prekey.key.bytes);
  if (!udpnat_sealed_write (self->node->identity, &self->key, prekey.id != 0 ? &prekey : NULL,
                            &self->node->random, self->letter->data, self->letter->len, sealed))
    {
      /* A key of the peer that no one can compute with: wait for the peer itself. */
      finish_letter (self, FALSE);
      self->mail_blocked_until_us = now_us + UDPNAT_MAIL_RETRY_LATE_US;
      return;
    }
  self->mail_server = udpnat_peer_get_mail_server (self);
  self->mail_request = udpnat_rendezvous_client_put_mail (self->mail_server, now_us, &self->key,
                                                          udpnat_peer_get_mail_pass (self, TRUE),
                                                          sealed->data, sealed->len);
  if (self->mail_request == 0)
    {
      finish_letter (self, FALSE);
      self->mail_blocked_until_us = now_us + UDPNAT_MAIL_RETRY_SOON_US;
      return;
    }
  self->mail_phase = UDPNAT_PEER_MAIL_FLYING;
}

/** udpnat_peer_pump_mail: writes and puts the next letter when it is due */
void
udpnat_peer_pump_mail (UdpnatPeer *self,
                       gint64      now_us)
{
  g_autoptr (GByteArray) letter = NULL;
  g_autofree UdpnatPrekey *prekey = NULL;

  if (udpnat_peer_get_mail_due (self) > now_us)
    return;
  letter = g_byte_array_new ();
  if (!udpnat_conversation_write_mail (self->conversation, letter,
                                       self->is_letter_short ? SHORT_LETTER_MAX_BYTES
                                                             : UDPNAT_SEALED_DATA_MAX_BYTES))
    {
      /* Too long for a stranger's letter. Perhaps the peer has accepted us by then. */
      self->is_letter_short = FALSE;
      self->mail_blocked_until_us = now_us + UDPNAT_MAIL_RETRY_LATE_US;
      return;
    }
  self->letter = g_steal_pointer (&letter);
  prekey = g_queue_pop_head (&self->prekeys);
  self->letter_prekey = (UdpnatPrekey) { .id = 0 };
  if (prekey != NULL)
    {
      UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PREKEY_TAKEN, &self->key,
                                                      self->name);

      self->letter_prekey = *prekey;
      self->mail_phase = UDPNAT_PEER_MAIL_SAVING;
      event->prekey_id = prekey->id;
      udpnat_node_push_event (self->node, event);
      return;
    }
  put_letter (self, now_us);
}

/** udpnat_peer_confirm_prekey: the prekey is forgotten on disk and may be used, once; or may not */
void
udpnat_peer_confirm_prekey (UdpnatPeer *self,
                            gint64      now_us,
                            guint64     prekey_id,
                            gboolean    is_usable)
{
  if (self->mail_phase != UDPNAT_PEER_MAIL_SAVING || self->letter_prekey.id != prekey_id)
    return;
  if (!is_usable)
    self->letter_prekey = (UdpnatPrekey) { .id = 0 };
  put_letter (self, now_us);
  udpnat_node_mark_dirty (self->node, self);
}

static const char *
result_to_code (guint8 code)
{
  switch ((UdpnatMailCode) code)
    {
    case UDPNAT_MAIL_STORED:
      return NULL;
    case UDPNAT_MAIL_OFF:
      return "mailbox-off";
    case UDPNAT_MAIL_UNKNOWN_RECIPIENT:
      return "mailbox-unknown";
    case UDPNAT_MAIL_RECIPIENT_FULL:
    case UDPNAT_MAIL_SENDER_FULL:
      return "mailbox-full";
    case UDPNAT_MAIL_STRANGERS_FULL:
      return "mailbox-strangers";
    case UDPNAT_MAIL_TOO_LARGE:
      return "mailbox-too-large";
    case UDPNAT_MAIL_TRY_LATER: /* told when it goes on for longer */
      return NULL;
    }
  return "mailbox-refused";
}

static void
tell_refusal (UdpnatPeer *self,
              const char *reason)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_MAIL_REFUSED, &self->key,
                                                  self->name);

  event->code = reason;
  udpnat_node_push_event (self->node, event);
}

/* One such answer is what a lost session gives as well; a server whose disk is full gives them on
 * and on. */
static void
note_later (UdpnatPeer *self,
            guint8      code)
{
  if (code != UDPNAT_MAIL_TRY_LATER)
    self->n_mail_later = 0;
  else if (++self->n_mail_later == UDPNAT_MAIL_LATER_TOLD)
    tell_refusal (self, "mailbox-later");
}

/**
 * udpnat_peer_handle_mail_result:
 *
 * Returns: %FALSE when @request is not this peer's
 */
gboolean
udpnat_peer_handle_mail_result (UdpnatPeer                   *self,
                                gint64                        now_us,
                                const UdpnatRendezvousClient *server,
                                guint32                       request,
                                guint8                        code)
{
  const char *reason = result_to_code (code);

  if (self->mail_phase != UDPNAT_PEER_MAIL_FLYING || self->mail_server != server ||
      self->mail_request != request)
    return FALSE;
  finish_letter (self, code == UDPNAT_MAIL_STORED);
  if (code != UDPNAT_MAIL_STORED)
    self->mail_blocked_until_us = now_us + (reason == NULL ? UDPNAT_MAIL_RETRY_SOON_US
                                                           : UDPNAT_MAIL_RETRY_LATE_US);
  if (code == UDPNAT_MAIL_TOO_LARGE && !self->is_letter_short)
    {
      self->is_letter_short = TRUE;
      self->mail_blocked_until_us = now_us;
    }
  else if (reason != NULL)
    tell_refusal (self, reason);
  note_later (self, code);
  udpnat_peer_follow_conversation (self);
  udpnat_node_mark_dirty (self->node, self);
  return TRUE;
}

/* ---- Getting ---- */

static void
note_item (const UdpnatMessageView *view,
           GArray                  *out_ids)
{
  UdpnatMessageId id;
  gint64 sent_us;
  const guint8 *body;
  gsize n_body;

  if (out_ids->len < UDPNAT_LETTER_ITEMS_MAX &&
      udpnat_parse_item (view, &id, &sent_us, &body, &n_body))
    g_array_append_val (out_ids, id);
}

/**
 * udpnat_peer_handle_letter:
 * @data: (array length=n_data): what the peer wrote, opened: its key is proved
 * @out_ids: (element-type UdpnatMessageId): the items in it are appended
 *
 * Returns: %FALSE when it breaks the protocol; what came before that counts
 */
gboolean
udpnat_peer_handle_letter (UdpnatPeer   *self,
                           gint64        now_us,
                           const guint8 *data,
                           gsize         n_data,
                           GArray       *out_ids)
{
  gboolean is_sane = TRUE;
  gsize n_done = 0;

  udpnat_conversation_set_in_letter (self->conversation, TRUE);
  while (is_sane && n_done < n_data)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      is_sane = udpnat_message_parse (data + n_done, n_data - n_done, &view, &n_consumed)
                  == UDPNAT_MESSAGE_COMPLETE &&
                udpnat_conversation_handle_message (self->conversation, now_us, view.type,
                                                    view.body, view.n_body);
      if (!is_sane)
        break;
      note_item (&view, out_ids);
      n_done += n_consumed;
    }
  udpnat_conversation_set_in_letter (self->conversation, FALSE);
  udpnat_peer_follow_conversation (self);
  udpnat_node_mark_dirty (self->node, self);
  return is_sane;
}
