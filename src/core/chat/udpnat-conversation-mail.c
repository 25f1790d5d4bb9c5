/* Letters: what the mailbox keeps for a peer who is away. One letter holds many messages, in the
 * order of the outbox, and there is one under way at a time; so the mailbox holds a beginning of
 * what was sent, as every carrier does. What a letter has taken stays in the outbox until its
 * receipt comes: the mailbox may lose it. */

#include "config.h"

#include "udpnat-conversation-private.h"

#include "udpnat-limits.h"

/**
 * udpnat_conversation_get_unmailed_since:
 *
 * Returns: when the oldest thing began to wait that no letter has taken; %UDPNAT_TIME_NEVER when
 *   there is none
 */
gint64
udpnat_conversation_get_unmailed_since (const UdpnatConversation *self)
{
  gint64 since_us = UDPNAT_TIME_NEVER;

  if (self->next_mail != NULL)
    since_us = ((UdpnatOutboxItem *) self->next_mail->data)->created_us;
  if (self->receipts.length > 0)
    since_us = udpnat_time_min (since_us, self->receipts_since_us);
  if (self->is_read_pending)
    since_us = udpnat_time_min (since_us, self->read_since_us);
  return since_us;
}

/**
 * udpnat_conversation_write_mail:
 * @n_max: how many bytes may be appended to @out
 *
 * Writes one letter: receipts, what was read, then items, as far as they fit; it says so when they
 * begin with the oldest one without a receipt. To be followed by udpnat_conversation_finish_mail()
 * before the next one.
 *
 * Returns: %FALSE when there is nothing to write
 */
gboolean
udpnat_conversation_write_mail (UdpnatConversation *self,
                                GByteArray         *out,
                                gsize               n_max)
{
  gsize n_before = out->len;

  self->receipts_in_letter_since_us = self->receipts_since_us;
  while (udpnat_conversation_write_receipts (self, out, n_max - (out->len - n_before),
                                             &self->receipts_in_letter))
    continue;
  if (self->is_read_pending)
    self->is_read_in_letter
      = udpnat_conversation_write_read (self, out, n_max - (out->len - n_before));
  while (self->next_mail != NULL)
    {
      UdpnatOutboxItem *waiting = self->next_mail->data;
      gboolean is_oldest = self->next_mail->prev == NULL;

      if (udpnat_outbox_item_get_bytes (waiting) + (is_oldest ? UDPNAT_BEGIN_BYTES : 0)
            > n_max - (out->len - n_before))
        break;
      if (is_oldest)
        udpnat_write_begin (out);
      udpnat_conversation_write_item (self, waiting, out);
      waiting->posting = UDPNAT_POSTING_FLYING;
      self->next_mail = self->next_mail->next;
    }
  return out->len > n_before;
}

/* What a lost letter told besides items must be told anew: a peer who is away does not ask. */
static void
take_back_told (UdpnatConversation *self)
{
  if (self->receipts_in_letter.length > 0)
    self->receipts_since_us = self->receipts_in_letter_since_us;
  while (self->receipts_in_letter.length > 0)
    g_queue_push_head_link (&self->receipts, g_queue_pop_tail_link (&self->receipts_in_letter));
  if (self->is_read_in_letter)
    self->is_read_pending = self->is_read_untold = TRUE;
}

/**
 * udpnat_conversation_finish_mail:
 * @is_stored: whether the mailbox has the last letter; if not, what was in it is for the next one
 */
void
udpnat_conversation_finish_mail (UdpnatConversation *self,
                                 gboolean            is_stored)
{
  GList *first = NULL;

  if (!is_stored)
    take_back_told (self);
  g_queue_clear_full (&self->receipts_in_letter, g_free);
  self->is_read_in_letter = FALSE;
  for (GList *link = self->outbox.head; link != NULL && link != self->next_mail; link = link->next)
    {
      UdpnatOutboxItem *waiting = link->data;

      if (waiting->posting != UDPNAT_POSTING_FLYING)
        continue;
      waiting->posting = is_stored ? UDPNAT_POSTING_STORED : UDPNAT_POSTING_NONE;
      if (!is_stored)
        {
          first = first != NULL ? first : link;
          continue;
        }
      self->n_stored++;
      udpnat_conversation_push_event (self, UDPNAT_CONVERSATION_EVENT_STORED, &waiting->item->id);
    }
  if (first != NULL)
    self->next_mail = first;
}

/* The peer has just accepted us: what it refused until then its mailbox has no longer, nor what
 * came after that. So all that has no receipt is for new letters, also what is in one now; the peer
 * knows what it has already. */
void
udpnat_conversation_forget_mailed (UdpnatConversation *self)
{
  for (GList *link = self->outbox.head; link != NULL && link != self->next_mail; link = link->next)
    {
      UdpnatOutboxItem *waiting = link->data;

      waiting->posting = UDPNAT_POSTING_NONE;
      waiting->is_sent = TRUE; /* perhaps in an earlier run: its receipt counts */
    }
  self->n_stored = 0;
  self->next_mail = self->outbox.head;
}
