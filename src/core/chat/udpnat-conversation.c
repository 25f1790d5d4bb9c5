/* One side of the talk with one peer.
 *
 * The promise: each item is handed over once, in the order it was sent, whatever carried it. It
 * rests on three rules (PROTOCOL.md section 9):
 *
 *  - the sender puts items on the wire in order, and begins every new session with the oldest one
 *    without a receipt; letters for the mailbox likewise take up items in order;
 *  - every carrier (a stream, the early data of a handshake, the mailbox) is itself in order or
 *    all-or-nothing;
 *  - the receiver drops ids it has seen, and sends their receipt again.
 *
 * So what a receiver has is always a beginning of what was sent, and a repeated item is recognised.
 * A receipt goes out only after udpnat_conversation_confirm(): the owner says when an item is safe.
 *
 * Nothing here knows about time-outs: as long as a session lives its stream repeats what is lost;
 * when it dies the owner calls udpnat_conversation_restart().
 *
 * Here are the outbox and what a session carries; letters are in udpnat-conversation-mail.c, what
 * comes in in udpnat-conversation-receive.c. */

#include "config.h"

#include "udpnat-conversation-private.h"

#include "udpnat-limits.h"

static int
compare_ids (gconstpointer a,
             gconstpointer b,
             gpointer      user_data)
{
  return udpnat_message_id_compare (a, b);
}

static void
outbox_item_free (gpointer data)
{
  UdpnatOutboxItem *item = data;

  udpnat_item_free (item->item);
  g_free (item);
}

static void
event_free (gpointer data)
{
  UdpnatConversationEvent *event = data;

  udpnat_item_free (event->item);
  g_free (event);
}

UdpnatConversation *
udpnat_conversation_new (void)
{
  UdpnatConversation *self = g_new0 (UdpnatConversation, 1);

  self->outbox_links = g_tree_new_full (compare_ids, NULL, NULL, NULL);
  self->seen = g_tree_new_full (compare_ids, NULL, NULL, NULL);
  self->typing_to_tell = -1;
  return self;
}

void
udpnat_conversation_free (UdpnatConversation *self)
{
  if (self == NULL)
    return;
  g_tree_unref (self->outbox_links);
  g_queue_clear_full (&self->outbox, outbox_item_free);
  g_queue_clear_full (&self->receipts, g_free);
  g_queue_clear_full (&self->receipts_in_letter, g_free);
  g_queue_clear_full (&self->events, event_free);
  g_tree_unref (self->seen);
  g_queue_clear_full (&self->seen_order, g_free);
  g_free (self);
}

UdpnatConversationEvent *
udpnat_conversation_push_event (UdpnatConversation          *self,
                                UdpnatConversationEventType  type,
                                const UdpnatMessageId       *id)
{
  UdpnatConversationEvent *event = g_new0 (UdpnatConversationEvent, 1);

  event->type = type;
  event->id = *id;
  g_queue_push_tail (&self->events, event);
  return event;
}

/**
 * udpnat_conversation_pop_event:
 * @out_event: (out): the oldest event; its item is the caller's to free
 *
 * Returns: %FALSE when there is none
 */
gboolean
udpnat_conversation_pop_event (UdpnatConversation      *self,
                               UdpnatConversationEvent *out_event)
{
  g_autofree UdpnatConversationEvent *event = g_queue_pop_head (&self->events);

  if (event == NULL)
    return FALSE;
  *out_event = *event;
  return TRUE;
}

/* ---- The outbox ---- */

/* What the peer would refuse closes every session that begins with it, and stops all after it. */
static gboolean
is_sayable (const UdpnatItem *item)
{
  gsize n_body;
  const guint8 *body = g_bytes_get_data (item->body, &n_body);

  return item->type >= UDPNAT_CHAT_ITEM_FIRST && item->type <= UDPNAT_CHAT_ITEM_LAST &&
         n_body + UDPNAT_ITEM_OVERHEAD_BYTES
           <= UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_BODY_MAX_BYTES &&
         udpnat_item_body_is_valid (item->type, body, n_body);
}

/**
 * udpnat_conversation_send:
 * @item: copied; its id is fresh
 * @is_stored: whether the peer's mailbox has it already, from an earlier run; it counts only while
 *   the same is true of all before it, because the mailbox has a beginning of what was sent
 *
 * Puts an item at the end of the outbox, unless it is there already.
 *
 * Returns: %FALSE when the outbox is full (%UDPNAT_OUTBOX_MAX), or no peer would take such an item
 */
gboolean
udpnat_conversation_send (UdpnatConversation *self,
                          gint64              now_us,
                          const UdpnatItem   *item,
                          gboolean            is_stored)
{
  UdpnatOutboxItem *waiting;

  if (g_tree_lookup (self->outbox_links, &item->id) != NULL)
    return TRUE;
  if (g_queue_get_length (&self->outbox) >= UDPNAT_OUTBOX_MAX || !is_sayable (item))
    return FALSE;

  is_stored = is_stored && self->next_mail == NULL;
  waiting = g_new0 (UdpnatOutboxItem, 1);
  waiting->item = udpnat_item_copy (item);
  waiting->created_us = now_us;
  waiting->posting = is_stored ? UDPNAT_POSTING_STORED : UDPNAT_POSTING_NONE;
  self->n_stored += is_stored ? 1 : 0;
  g_queue_push_tail (&self->outbox, waiting);
  g_tree_insert (self->outbox_links, &waiting->item->id, g_queue_peek_tail_link (&self->outbox));
  if (self->next == NULL)
    self->next = g_queue_peek_tail_link (&self->outbox);
  if (self->next_mail == NULL && !is_stored)
    self->next_mail = g_queue_peek_tail_link (&self->outbox);
  return TRUE;
}

/* Takes an item out of the outbox, wherever its carriers are. */
void
udpnat_conversation_drop_item (UdpnatConversation *self,
                               GList              *link)
{
  const UdpnatOutboxItem *waiting = link->data;
  gboolean is_on_wire = self->next == NULL;

  for (GList *later = self->next; later != NULL && !is_on_wire; later = later->prev)
    is_on_wire = later->prev == link;
  if (link == self->next)
    self->next = link->next;
  else if (is_on_wire)
    self->n_on_wire--;
  if (link == self->next_mail)
    self->next_mail = link->next;
  if (waiting->posting == UDPNAT_POSTING_STORED)
    self->n_stored--;
  g_tree_remove (self->outbox_links, &waiting->item->id);
  outbox_item_free (link->data);
  g_queue_delete_link (&self->outbox, link);
}

/**
 * udpnat_conversation_withdraw:
 *
 * Forgets an item of ours. If it has left already the peer may have it all the same.
 *
 * Returns: whether it was in the outbox
 */
gboolean
udpnat_conversation_withdraw (UdpnatConversation    *self,
                              const UdpnatMessageId *id)
{
  GList *link = g_tree_lookup (self->outbox_links, id);

  if (link == NULL)
    return FALSE;
  udpnat_conversation_drop_item (self, link);
  return TRUE;
}

/** udpnat_conversation_get_unreceipted: how many items of ours the peer has not confirmed yet */
guint
udpnat_conversation_get_unreceipted (const UdpnatConversation *self)
{
  return self->outbox.length;
}

/** udpnat_conversation_get_unstored: how many of these its mailbox does not have either */
guint
udpnat_conversation_get_unstored (const UdpnatConversation *self)
{
  return self->outbox.length - self->n_stored;
}

/* ---- What is told besides ---- */

/**
 * udpnat_conversation_set_read:
 * @id: the last item of the peer that the user has seen
 *
 * Tells the peer, and once more in every later session.
 */
void
udpnat_conversation_set_read (UdpnatConversation    *self,
                              gint64                 now_us,
                              const UdpnatMessageId *id)
{
  self->read_id = *id;
  if (!self->is_read_pending)
    self->read_since_us = now_us;
  self->has_read = self->is_read_pending = self->is_read_untold = TRUE;
}

/** udpnat_conversation_set_typing: tells the peer while there is a session; never opens one */
void
udpnat_conversation_set_typing (UdpnatConversation *self,
                                gboolean            is_typing)
{
  self->typing_to_tell = is_typing ? 1 : 0;
}

/* ---- Carried by a session ---- */

/**
 * udpnat_conversation_has_unsent:
 *
 * Returns: %TRUE when there is something worth a session that the current one has not taken yet:
 *   items, receipts, or what was read
 */
gboolean
udpnat_conversation_has_unsent (const UdpnatConversation *self)
{
  return self->next != NULL || self->is_read_pending ||
         !g_queue_is_empty ((GQueue *) &self->receipts);
}

/**
 * udpnat_conversation_restart:
 *
 * A new session begins with empty streams: everything without a receipt will be written again,
 * oldest first.
 */
void
udpnat_conversation_restart (UdpnatConversation *self)
{
  self->next = g_queue_peek_head_link (&self->outbox);
  self->n_on_wire = 0;
  self->is_read_untold = self->has_read;
  self->typing_to_tell = -1;
  self->is_refusing = FALSE;
}

void
udpnat_conversation_write_item (UdpnatConversation *self,
                                UdpnatOutboxItem   *waiting,
                                GByteArray         *out)
{
  const UdpnatItem *item = waiting->item;
  gsize n_body;
  const guint8 *body = g_bytes_get_data (item->body, &n_body);

  udpnat_write_item (out, item->type, &item->id, item->sent_us, body, n_body);
  if (!waiting->is_sent)
    {
      waiting->is_sent = TRUE;
      udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_SENT, &item->id);
    }
}

/**
 * udpnat_conversation_write_early:
 * @n_max: how many bytes may be appended to @out
 *
 * Writes the oldest items without a receipt for the early data of a handshake, as many as fit. They
 * remain to be written to the stream as well: the handshake may be given up, and the receiver
 * recognises them.
 */
void
udpnat_conversation_write_early (UdpnatConversation *self,
                                 GByteArray         *out,
                                 gsize               n_max)
{
  gsize n_left = n_max;

  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      gsize n_item = udpnat_outbox_item_get_bytes (link->data);

      if (n_item > n_left)
        return;
      n_left -= n_item;
      udpnat_conversation_write_item (self, link->data, out);
    }
}

/* The ids go to the end of @taken; NULL: nobody wants them again. */
gboolean
udpnat_conversation_write_receipts (UdpnatConversation *self,
                                    GByteArray         *out,
                                    gsize               n_max,
                                    GQueue             *taken)
{
  UdpnatMessageId ids[UDPNAT_RECEIPT_MAX_IDS];
  guint n_ids = 0;

  while (n_ids < G_N_ELEMENTS (ids) && UDPNAT_RECEIPT_BYTES (n_ids + 1) <= n_max &&
         !g_queue_is_empty (&self->receipts))
    {
      UdpnatMessageId *id = g_queue_pop_head (&self->receipts);

      ids[n_ids++] = *id;
      if (taken != NULL)
        g_queue_push_tail (taken, id);
      else
        g_free (id);
    }
  if (n_ids == 0)
    return FALSE;
  udpnat_write_receipt (out, UDPNAT_RECEIPT_DELIVERED, ids, n_ids);
  return TRUE;
}

gboolean
udpnat_conversation_write_read (UdpnatConversation *self,
                                GByteArray         *out,
                                gsize               n_max)
{
  if (n_max < UDPNAT_RECEIPT_BYTES (1))
    return FALSE;
  udpnat_write_receipt (out, UDPNAT_RECEIPT_READ, &self->read_id, 1);
  self->is_read_pending = self->is_read_untold = FALSE;
  return TRUE;
}

static gboolean
write_typing (UdpnatConversation *self,
              GByteArray         *out,
              gsize               n_max)
{
  if (self->typing_to_tell < 0 || n_max < UDPNAT_TYPING_BYTES)
    return FALSE;
  udpnat_write_typing (out, self->typing_to_tell > 0);
  self->typing_to_tell = -1;
  return TRUE;
}

/**
 * udpnat_conversation_write_next:
 * @n_max: how many bytes may be appended to @out
 *
 * Writes the next item or receipts for the session's chat stream. What is written counts as taken
 * by the session, so all of it must reach the stream.
 *
 * Returns: %FALSE when there is nothing to write, or not enough room for it
 */
gboolean
udpnat_conversation_write_next (UdpnatConversation *self,
                                GByteArray         *out,
                                gsize               n_max)
{
  UdpnatOutboxItem *waiting;

  if (udpnat_conversation_write_receipts (self, out, n_max, NULL))
    return TRUE;
  if (self->is_read_untold && udpnat_conversation_write_read (self, out, n_max))
    return TRUE;
  if (write_typing (self, out, n_max))
    return TRUE;
  /* Not more than the peer surely remembers: otherwise an item sent again could be taken for
   * new. */
  if (self->next == NULL || self->n_on_wire >= UDPNAT_MESSAGES_ON_WIRE_MAX)
    return FALSE;
  waiting = self->next->data;
  if (udpnat_outbox_item_get_bytes (waiting) > n_max)
    return FALSE;
  udpnat_conversation_write_item (self, waiting, out);
  self->next = self->next->next;
  self->n_on_wire++;
  return TRUE;
}
