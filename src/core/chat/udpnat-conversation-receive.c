/* What comes from the peer: items, of which each is handed over once, and receipts for ours. */

#include "config.h"

#include "udpnat-conversation-private.h"

#include "udpnat-limits.h"

/* ---- Items ---- */

static void
remember (UdpnatConversation    *self,
          const UdpnatMessageId *id)
{
  UdpnatSeenItem *item = g_new0 (UdpnatSeenItem, 1);

  item->id = *id;
  g_tree_insert (self->seen, &item->id, item);
  g_queue_push_tail (&self->seen_order, item);
  if (g_queue_get_length (&self->seen_order) > UDPNAT_SEEN_IDS_MAX)
    {
      g_autofree UdpnatSeenItem *oldest = g_queue_pop_head (&self->seen_order);

      g_tree_remove (self->seen, &oldest->id);
    }
}

static void
queue_receipt (UdpnatConversation    *self,
               gint64                 now_us,
               const UdpnatMessageId *id)
{
  /* A peer that repeats itself and takes nothing from us would fill our memory. Nobody else comes
   * near the limit, with UDPNAT_MESSAGES_ON_WIRE_MAX messages that have no receipt. */
  if (self->receipts.length + self->receipts_in_letter.length >= UDPNAT_SEEN_IDS_MAX)
    return;
  if (g_queue_is_empty (&self->receipts))
    self->receipts_since_us = now_us;
  g_queue_push_tail (&self->receipts, g_memdup2 (id, sizeof *id));
}

/**
 * udpnat_conversation_confirm:
 * @id: of an ITEM event
 *
 * Says that the item is safe on this side: its receipt is sent, now and whenever it comes again.
 */
void
udpnat_conversation_confirm (UdpnatConversation    *self,
                             gint64                 now_us,
                             const UdpnatMessageId *id)
{
  UdpnatSeenItem *item = g_tree_lookup (self->seen, id);

  if (item == NULL || item->is_confirmed)
    return;
  item->is_confirmed = TRUE;
  queue_receipt (self, now_us, id);
}

static gboolean
forget (UdpnatConversation    *self,
        const UdpnatMessageId *id)
{
  UdpnatSeenItem *item = g_tree_lookup (self->seen, id);

  if (item == NULL || item->is_confirmed)
    return FALSE;
  g_tree_remove (self->seen, id);
  g_queue_remove (&self->seen_order, item);
  g_free (item);
  return TRUE;
}

/**
 * udpnat_conversation_refuse:
 * @id: of an ITEM event
 *
 * Says that the item is not kept: there is no receipt, and it is new when it comes again. What
 * follows it would be out of order, and is not looked at until the peer begins anew: in the next
 * session, or with a letter that says so.
 */
void
udpnat_conversation_refuse (UdpnatConversation    *self,
                            const UdpnatMessageId *id)
{
  if (forget (self, id))
    self->is_refusing = TRUE;
}

/**
 * udpnat_conversation_skip:
 * @id: of an ITEM event
 *
 * Says that the item is not kept, and that what follows it does not depend on it: there is no
 * receipt, and it is new when it comes again.
 */
void
udpnat_conversation_skip (UdpnatConversation    *self,
                          const UdpnatMessageId *id)
{
  forget (self, id);
}

/** udpnat_conversation_set_in_letter: whether what is handled now comes from a letter */
void
udpnat_conversation_set_in_letter (UdpnatConversation *self,
                                   gboolean            is_in_letter)
{
  self->is_in_letter = is_in_letter;
}

/**
 * udpnat_conversation_set_needs_begin:
 *
 * Something was refused, perhaps in an earlier run: items of letters are out of order until one
 * begins anew; RESUMED tells when.
 */
void
udpnat_conversation_set_needs_begin (UdpnatConversation *self)
{
  self->needs_begin = TRUE;
}

gboolean
udpnat_conversation_needs_begin (const UdpnatConversation *self)
{
  return self->needs_begin;
}

static gboolean
handle_begin (UdpnatConversation      *self,
              const UdpnatMessageView *view)
{
  static const UdpnatMessageId no_id;

  if (!udpnat_parse_begin (view))
    return FALSE;
  if (!self->is_in_letter)
    return TRUE;
  self->is_refusing = FALSE;
  if (self->needs_begin)
    udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_RESUMED, &no_id);
  self->needs_begin = FALSE;
  return TRUE;
}

/** udpnat_conversation_is_settled: whether an item that came has been confirmed or refused */
gboolean
udpnat_conversation_is_settled (const UdpnatConversation *self,
                                const UdpnatMessageId    *id)
{
  const UdpnatSeenItem *item = g_tree_lookup (self->seen, id);

  return item == NULL || item->is_confirmed;
}

static gboolean
handle_item (UdpnatConversation      *self,
             gint64                   now_us,
             const UdpnatMessageView *view)
{
  UdpnatMessageId id;
  gint64 sent_us;
  const guint8 *body;
  gsize n_body;
  UdpnatSeenItem *seen;

  if (!udpnat_parse_item (view, &id, &sent_us, &body, &n_body) ||
      !udpnat_item_body_is_valid (view->type, body, n_body))
    return FALSE;

  seen = g_tree_lookup (self->seen, &id);
  if (seen != NULL)
    {
      if (seen->is_confirmed)
        queue_receipt (self, now_us, &id);
      return TRUE;
    }
  if (self->is_refusing || (self->needs_begin && self->is_in_letter))
    return TRUE;
  remember (self, &id);
  if (view->type == UDPNAT_ITEM_ACCEPT)
    udpnat_conversation_forget_mailed (self);
  udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_ITEM, &id)->item
    = udpnat_item_new (view->type, &id, sent_us, body, n_body);
  return TRUE;
}

/* ---- Receipts ---- */

static void
handle_delivered (UdpnatConversation    *self,
                  gint64                 now_us,
                  const UdpnatMessageId *id)
{
  GList *link = g_tree_lookup (self->outbox_links, id);
  const UdpnatOutboxItem *waiting = link != NULL ? link->data : NULL;

  /* Early ones count too, although the stream has not taken them. */
  if (waiting == NULL || (!waiting->is_sent && waiting->posting != UDPNAT_POSTING_STORED))
    return;
  udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_DELIVERED, id)->elapsed_us
    = now_us - waiting->created_us;
  udpnat_conversation_drop_item (self, link);
}

static gboolean
handle_receipt (UdpnatConversation      *self,
                gint64                   now_us,
                const UdpnatMessageView *view)
{
  const guint8 *ids;
  guint8 kind;
  guint n_ids;

  if (!udpnat_parse_receipt (view, &kind, &ids, &n_ids))
    return FALSE;
  for (guint i = 0; i < n_ids; i++)
    {
      UdpnatMessageId id;

      memcpy (id.bytes, ids + i * UDPNAT_MESSAGE_ID_BYTES, UDPNAT_MESSAGE_ID_BYTES);
      if (kind == UDPNAT_RECEIPT_DELIVERED)
        handle_delivered (self, now_us, &id);
      else if (kind == UDPNAT_RECEIPT_READ)
        udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_READ, &id);
    }
  return TRUE; /* also for a kind of a later version */
}

static gboolean
handle_typing (UdpnatConversation      *self,
               const UdpnatMessageView *view)
{
  static const UdpnatMessageId no_id;
  gboolean is_typing;

  if (!udpnat_parse_typing (view, &is_typing))
    return FALSE;
  udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_TYPING, &no_id)->is_typing
    = is_typing;
  return TRUE;
}

/**
 * udpnat_conversation_handle_message:
 * @body: (array length=n_body): one message of the chat stream or of a letter, not trusted
 *
 * Returns: %FALSE when it breaks the protocol; unknown types are skipped
 */
gboolean
udpnat_conversation_handle_message (UdpnatConversation *self,
                                    gint64              now_us,
                                    guint8              type,
                                    const guint8       *body,
                                    gsize               n_body)
{
  UdpnatMessageView view = { .type = type, .body = body, .n_body = n_body };

  if (type >= UDPNAT_CHAT_ITEM_FIRST && type <= UDPNAT_CHAT_ITEM_LAST)
    return handle_item (self, now_us, &view);
  if (type == UDPNAT_CHAT_RECEIPT)
    return handle_receipt (self, now_us, &view);
  if (type == UDPNAT_CHAT_TYPING)
    return handle_typing (self, &view);
  if (type == UDPNAT_CHAT_BEGIN)
    return handle_begin (self, &view);
  return TRUE;
}
