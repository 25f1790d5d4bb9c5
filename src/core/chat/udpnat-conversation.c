/* One side of the talk with one peer.
 *
 * The promise: each message is shown once, in the order it was sent, whatever carried it. It rests
 * on three rules (PROTOCOL.md section 9):
 *
 *  - the sender puts messages on the wire in order, and begins every new session with the oldest
 *    one without a receipt;
 *  - every carrier (a stream, the early data of a handshake) is itself in order or all-or-nothing;
 *  - the receiver drops ids it has seen, and sends their receipt again.
 *
 * So what a receiver has is always a beginning of what was sent, and a repeated message is
 * recognised. A receipt goes out only after udpnat_conversation_confirm(): the owner says when a
 * message is safe.
 *
 * Nothing here knows about time-outs: as long as a session lives its stream repeats what is lost;
 * when it dies the owner calls udpnat_conversation_restart(). */

#include "config.h"

#include "udpnat-conversation.h"

#include "udpnat-chat-message.h"
#include "udpnat-limits.h"
#include "udpnat-message.h"

typedef struct
{
  UdpnatMessageId id;
  gint64          sent_us;    /* wall clock */
  gint64          created_us; /* caller's clock */
  gboolean        is_sent;    /* SENT has been told */
  gsize           n_text;
  char           *text;
} OutboxItem;

typedef struct
{
  UdpnatMessageId id;
  gboolean        is_confirmed;
} SeenItem;

struct _UdpnatConversation
{
  GQueue outbox;        /* of OutboxItem without receipt, oldest first */
  GList *next;          /* borrowed: first item this session's stream has not taken; NULL: none */
  guint  n_on_wire;     /* items before next */
  GQueue receipts;      /* of UdpnatMessageId to be confirmed to the peer */
  /* borrowed SeenItem by id; a tree, because the ids are chosen by a stranger */
  GTree *seen;
  GQueue seen_order;    /* of SeenItem, oldest first */
  GQueue events;        /* of UdpnatConversationEvent */
};

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
  OutboxItem *item = data;

  g_free (item->text);
  g_free (item);
}

static void
event_free (gpointer data)
{
  UdpnatConversationEvent *event = data;

  g_free (event->text);
  g_free (event);
}

UdpnatConversation *
udpnat_conversation_new (void)
{
  UdpnatConversation *self = g_new0 (UdpnatConversation, 1);

  self->seen = g_tree_new_full (compare_ids, NULL, NULL, NULL);
  return self;
}

void
udpnat_conversation_free (UdpnatConversation *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->outbox, outbox_item_free);
  g_queue_clear_full (&self->receipts, g_free);
  g_queue_clear_full (&self->events, event_free);
  g_tree_unref (self->seen);
  g_queue_clear_full (&self->seen_order, g_free);
  g_free (self);
}

static UdpnatConversationEvent *
push_event (UdpnatConversation          *self,
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
 * udpnat_conversation_send:
 * @id: fresh and random
 * @sent_us: wall clock, µs since 1970
 * @text: (array length=n_text): valid UTF-8 without zero bytes, 1 to %UDPNAT_TEXT_MAX_BYTES bytes
 *
 * Puts a message at the end of the outbox.
 *
 * Returns: %FALSE when the text breaks these rules or the outbox is full (%UDPNAT_OUTBOX_MAX)
 */
gboolean
udpnat_conversation_send (UdpnatConversation    *self,
                          gint64                 now_us,
                          const UdpnatMessageId *id,
                          gint64                 sent_us,
                          const char            *text,
                          gsize                  n_text)
{
  OutboxItem *item;

  if (!udpnat_text_is_valid (text, n_text) ||
      g_queue_get_length (&self->outbox) >= UDPNAT_OUTBOX_MAX)
    return FALSE;

  item = g_new0 (OutboxItem, 1);
  item->id = *id;
  item->sent_us = sent_us;
  item->created_us = now_us;
  item->n_text = n_text;
  item->text = g_strndup (text, n_text);
  g_queue_push_tail (&self->outbox, item);
  if (self->next == NULL)
    self->next = g_queue_peek_tail_link (&self->outbox);
  return TRUE;
}

static void
queue_receipt (UdpnatConversation    *self,
               const UdpnatMessageId *id)
{
  /* A peer that repeats itself and takes nothing from us would fill our memory. Nobody else comes
   * near the limit, with UDPNAT_MESSAGES_ON_WIRE_MAX messages that have no receipt. */
  if (g_queue_get_length (&self->receipts) < UDPNAT_SEEN_IDS_MAX)
    g_queue_push_tail (&self->receipts, g_memdup2 (id, sizeof *id));
}

/**
 * udpnat_conversation_confirm:
 * @id: of a MESSAGE event
 *
 * Says that the message is safe on this side: its receipt is sent, now and whenever the message
 * comes again.
 */
void
udpnat_conversation_confirm (UdpnatConversation    *self,
                             const UdpnatMessageId *id)
{
  SeenItem *item = g_tree_lookup (self->seen, id);

  if (item == NULL || item->is_confirmed)
    return;
  item->is_confirmed = TRUE;
  queue_receipt (self, id);
}

/**
 * udpnat_conversation_has_unsent:
 *
 * Returns: %TRUE when there is something that the current session has not taken yet: messages or
 *   receipts
 */
gboolean
udpnat_conversation_has_unsent (const UdpnatConversation *self)
{
  return self->next != NULL || !g_queue_is_empty ((GQueue *) &self->receipts);
}

/** udpnat_conversation_get_unreceipted: how many messages of ours the peer has not confirmed yet */
guint
udpnat_conversation_get_unreceipted (const UdpnatConversation *self)
{
  return self->outbox.length;
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
}

static gsize
item_wire_bytes (const OutboxItem *item)
{
  return UDPNAT_TEXT_OVERHEAD_BYTES + item->n_text;
}

static void
write_item (UdpnatConversation *self,
            OutboxItem         *item,
            GByteArray         *out)
{
  udpnat_write_text (out, &item->id, item->sent_us, item->text, item->n_text);
  if (!item->is_sent)
    {
      item->is_sent = TRUE;
      push_event (self, UDPNAT_CONVERSATION_EVENT_SENT, &item->id);
    }
}

/**
 * udpnat_conversation_write_early:
 * @n_max: how many bytes may be appended to @out
 *
 * Writes the oldest messages without a receipt for the early data of a handshake, as many as fit.
 * They remain to be written to the stream as well: the handshake may be given up, and the receiver
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
      OutboxItem *item = link->data;

      if (item_wire_bytes (item) > n_left)
        return;
      n_left -= item_wire_bytes (item);
      write_item (self, item, out);
    }
}

static gboolean
write_receipts (UdpnatConversation *self,
                GByteArray         *out,
                gsize               n_max)
{
  UdpnatMessageId ids[UDPNAT_RECEIPT_MAX_IDS];
  guint n_ids = 0;
  gsize n_used = UDPNAT_MESSAGE_HEADER_BYTES + 1;

  while (n_ids < G_N_ELEMENTS (ids) && n_used + UDPNAT_MESSAGE_ID_BYTES <= n_max &&
         !g_queue_is_empty (&self->receipts))
    {
      g_autofree UdpnatMessageId *id = g_queue_pop_head (&self->receipts);

      ids[n_ids++] = *id;
      n_used += UDPNAT_MESSAGE_ID_BYTES;
    }
  if (n_ids == 0)
    return FALSE;
  udpnat_write_receipt (out, UDPNAT_RECEIPT_DELIVERED, ids, n_ids);
  return TRUE;
}

/**
 * udpnat_conversation_write_next:
 * @n_max: how many bytes may be appended to @out
 *
 * Writes the next message or receipts for the session's chat stream. What is written counts as
 * taken by the session, so all of it must reach the stream.
 *
 * Returns: %FALSE when there is nothing to write, or not enough room for it
 */
gboolean
udpnat_conversation_write_next (UdpnatConversation *self,
                                GByteArray         *out,
                                gsize               n_max)
{
  OutboxItem *item;

  if (write_receipts (self, out, n_max))
    return TRUE;
  /* Not more than the peer surely remembers: otherwise a message sent again could be taken for
   * new. */
  if (self->next == NULL || self->n_on_wire >= UDPNAT_MESSAGES_ON_WIRE_MAX)
    return FALSE;
  item = self->next->data;
  if (item_wire_bytes (item) > n_max)
    return FALSE;
  write_item (self, item, out);
  self->next = self->next->next;
  self->n_on_wire++;
  return TRUE;
}

static void
remember (UdpnatConversation    *self,
          const UdpnatMessageId *id)
{
  SeenItem *item = g_new0 (SeenItem, 1);

  item->id = *id;
  g_tree_insert (self->seen, &item->id, item);
  g_queue_push_tail (&self->seen_order, item);
  if (g_queue_get_length (&self->seen_order) > UDPNAT_SEEN_IDS_MAX)
    {
      g_autofree SeenItem *oldest = g_queue_pop_head (&self->seen_order);

      g_tree_remove (self->seen, &oldest->id);
    }
}

static gboolean
handle_text (UdpnatConversation      *self,
             const UdpnatMessageView *view)
{
  UdpnatConversationEvent *event;
  UdpnatMessageId id;
  gint64 sent_us;
  const char *text;
  gsize n_text;
  SeenItem *seen;

  if (!udpnat_parse_text (view, &id, &sent_us, &text, &n_text))
    return FALSE;

  seen = g_tree_lookup (self->seen, &id);
  if (seen != NULL)
    {
      if (seen->is_confirmed)
        queue_receipt (self, &id);
      return TRUE;
    }
  remember (self, &id);
  event = push_event (self, UDPNAT_CONVERSATION_EVENT_MESSAGE, &id);
  event->sent_us = sent_us;
  event->text = g_strndup (text, n_text);
  return TRUE;
}

static void
handle_delivered (UdpnatConversation    *self,
                  gint64                 now_us,
                  const UdpnatMessageId *id)
{
  gboolean is_on_wire = TRUE; /* in this session: before next */

  /* Receipts come in about the order of the messages, so the first few items are as far as this
   * looks. Early messages count too, although the stream has not taken them. */
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      OutboxItem *item = link->data;
      UdpnatConversationEvent *event;

      if (link == self->next)
        is_on_wire = FALSE;
      if (!item->is_sent)
        return;
      if (udpnat_message_id_compare (&item->id, id) != 0)
        continue;
      event = push_event (self, UDPNAT_CONVERSATION_EVENT_DELIVERED, id);
      event->elapsed_us = now_us - item->created_us;
      if (link == self->next)
        self->next = link->next;
      if (is_on_wire)
        self->n_on_wire--;
      g_queue_delete_link (&self->outbox, link);
      outbox_item_free (item);
      return;
    }
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
  if (kind != UDPNAT_RECEIPT_DELIVERED)
    return TRUE; /* a kind of a later version */
  for (guint i = 0; i < n_ids; i++)
    {
      UdpnatMessageId id;

      memcpy (id.bytes, ids + i * UDPNAT_MESSAGE_ID_BYTES, UDPNAT_MESSAGE_ID_BYTES);
      handle_delivered (self, now_us, &id);
    }
  return TRUE;
}

/**
 * udpnat_conversation_handle_message:
 * @body: (array length=n_body): one message of the chat stream, not trusted
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

  if (type == UDPNAT_CHAT_TEXT)
    return handle_text (self, &view);
  if (type == UDPNAT_CHAT_RECEIPT)
    return handle_receipt (self, now_us, &view);
  return TRUE;
}

/**
 * udpnat_conversation_pop_event:
 * @out_event: (out): the oldest event; its text is the caller's to free
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
