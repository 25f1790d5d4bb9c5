#pragma once

#include <string.h>

#include "udpnat-chat-message.h"
#include "udpnat-conversation.h"
#include "udpnat-limits.h"

/* What the tests of a conversation say, write, read and look for. Items are texts with a number in
 * their id. */

#define SENT_US G_GINT64_CONSTANT (1790000000000000)
#define ROOM_BYTES 262144 /* for whatever there is to be written at once */

static inline UdpnatMessageId
make_id (guint32 number)
{
  UdpnatMessageId id = { { 0 } };

  memcpy (id.bytes + 12, &number, sizeof number);
  return id;
}

static inline guint32
get_number (const UdpnatMessageId *id)
{
  guint32 number;

  memcpy (&number, id->bytes + 12, sizeof number);
  return number;
}

/* ---- Writing ---- */

static inline gboolean
try_send (UdpnatConversation *conversation,
          gint64              now_us,
          guint32             number,
          const char         *text,
          gboolean            is_stored)
{
  UdpnatMessageId id = make_id (number);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, SENT_US, text);

  return udpnat_conversation_send (conversation, now_us, item, is_stored);
}

static inline void
send_text (UdpnatConversation *conversation,
           gint64              now_us,
           guint32             number,
           const char         *text)
{
  g_assert_true (try_send (conversation, now_us, number, text, FALSE));
}

static inline void
send_many (UdpnatConversation *conversation,
           guint32             first,
           guint               n_items)
{
  for (guint i = 0; i < n_items; i++)
    send_text (conversation, 0, first + i, "x");
}

static inline gboolean
withdraw (UdpnatConversation *conversation,
          guint32             number)
{
  UdpnatMessageId id = make_id (number);

  return udpnat_conversation_withdraw (conversation, &id);
}

/* Writes as long as there is something to write. Returns how often. */
static inline guint
write_all (UdpnatConversation *conversation,
           GByteArray         *out)
{
  guint n_written = 0;

  while (udpnat_conversation_write_next (conversation, out, ROOM_BYTES))
    n_written++;
  return n_written;
}

static inline void
drop_written (UdpnatConversation *conversation)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  write_all (conversation, out);
}

/* ---- Reading ---- */

/* Hands over whole messages. Returns FALSE when one is refused. */
static inline gboolean
read_all (UdpnatConversation *conversation,
          gint64              now_us,
          const GByteArray   *in)
{
  gsize n_done = 0;

  while (n_done < in->len)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      g_assert_cmpint (udpnat_message_parse (in->data + n_done, in->len - n_done, &view,
                                             &n_consumed), ==, UDPNAT_MESSAGE_COMPLETE);
      n_done += n_consumed;
      if (!udpnat_conversation_handle_message (conversation, now_us, view.type, view.body,
                                               view.n_body))
        return FALSE;
    }
  return TRUE;
}

static inline gboolean
read_text (UdpnatConversation *conversation,
           guint32             number,
           const char         *text)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  udpnat_write_item (in, UDPNAT_ITEM_TEXT, &id, SENT_US, (const guint8 *) text, strlen (text));
  return read_all (conversation, 0, in);
}

static inline gboolean
read_receipt (UdpnatConversation *conversation,
              gint64              now_us,
              guint32             number)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  udpnat_write_receipt (in, UDPNAT_RECEIPT_DELIVERED, &id, 1);
  return read_all (conversation, now_us, in);
}

static inline void
confirm_at (UdpnatConversation *conversation,
            gint64              now_us,
            guint32             number)
{
  UdpnatMessageId id = make_id (number);

  udpnat_conversation_confirm (conversation, now_us, &id);
}

static inline void
confirm (UdpnatConversation *conversation,
         guint32             number)
{
  confirm_at (conversation, 0, number);
}

static inline void
set_read (UdpnatConversation *conversation,
          gint64              now_us,
          guint32             number)
{
  UdpnatMessageId id = make_id (number);

  udpnat_conversation_set_read (conversation, now_us, &id);
}

/* ---- Looking at what happened ---- */

/* The next event is of @type and about item @number. */
static inline void
check_event (UdpnatConversation          *conversation,
             UdpnatConversationEventType  type,
             guint32                      number,
             UdpnatConversationEvent     *out_event)
{
  UdpnatConversationEvent event;

  g_assert_true (udpnat_conversation_pop_event (conversation, &event));
  g_assert_cmpint (event.type, ==, type);
  g_assert_cmpuint (get_number (&event.id), ==, number);
  if (out_event != NULL)
    *out_event = event;
  else
    udpnat_item_free (event.item);
}

static inline void
check_no_event (UdpnatConversation *conversation)
{
  UdpnatConversationEvent event;

  g_assert_false (udpnat_conversation_pop_event (conversation, &event));
}

static inline guint
drop_events (UdpnatConversation *conversation)
{
  UdpnatConversationEvent event;
  guint n_events = 0;

  for (; udpnat_conversation_pop_event (conversation, &event); n_events++)
    udpnat_item_free (event.item);
  return n_events;
}

/* What was written, by kind. */
typedef struct
{
  GArray  *items; /* of guint32: their numbers, in order */
  GArray  *reads; /* of guint32: what a READ names, in order */
  guint    n_receipts; /* ids in RECEIPTs for delivered ones */
  guint    n_typing;
  guint    n_begin;
  gboolean is_typing; /* as the last TYPING says */
} Written;

static inline void
written_note_receipt (Written                 *self,
                      const UdpnatMessageView *view)
{
  const guint8 *ids;
  guint32 number;
  guint8 kind;
  guint n_ids;

  g_assert_true (udpnat_parse_receipt (view, &kind, &ids, &n_ids));
  if (kind == UDPNAT_RECEIPT_DELIVERED)
    {
      self->n_receipts += n_ids;
      return;
    }
  g_assert_cmpuint (kind, ==, UDPNAT_RECEIPT_READ);
  g_assert_cmpuint (n_ids, ==, 1);
  number = get_number ((const UdpnatMessageId *) ids);
  g_array_append_val (self->reads, number);
}

static inline void
written_note (Written                 *self,
              const UdpnatMessageView *view)
{
  UdpnatMessageId id;
  const guint8 *body;
  gint64 sent_us;
  guint32 number;
  gsize n_body;

  if (view->type == UDPNAT_CHAT_RECEIPT)
    written_note_receipt (self, view);
  else if (view->type == UDPNAT_CHAT_TYPING)
    {
      g_assert_true (udpnat_parse_typing (view, &self->is_typing));
      self->n_typing++;
    }
  else if (view->type == UDPNAT_CHAT_BEGIN)
    {
      g_assert_true (udpnat_parse_begin (view));
      g_assert_cmpuint (self->items->len, ==, 0);
      self->n_begin++;
    }
  else
    {
      g_assert_true (udpnat_parse_item (view, &id, &sent_us, &body, &n_body));
      number = get_number (&id);
      g_array_append_val (self->items, number);
    }
}

static inline void
written_init (Written          *self,
              const GByteArray *in)
{
  gsize n_done = 0;

  *self = (Written) {
    .items = g_array_new (FALSE, FALSE, sizeof (guint32)),
    .reads = g_array_new (FALSE, FALSE, sizeof (guint32)),
  };
  while (n_done < in->len)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      g_assert_cmpint (udpnat_message_parse (in->data + n_done, in->len - n_done, &view,
                                             &n_consumed), ==, UDPNAT_MESSAGE_COMPLETE);
      n_done += n_consumed;
      written_note (self, &view);
    }
}

static inline void
written_clear (Written *self)
{
  g_clear_pointer (&self->items, g_array_unref);
  g_clear_pointer (&self->reads, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Written, written_clear)

/* The items in @in are @n_items, numbered from @first. */
static inline void
check_texts (const GByteArray *in,
             guint32           first,
             guint             n_items)
{
  g_auto (Written) written;

  written_init (&written, in);
  g_assert_cmpuint (written.items->len, ==, n_items);
  for (guint i = 0; i < n_items; i++)
    g_assert_cmpuint (g_array_index (written.items, guint32, i), ==, first + i);
}

static inline guint
count_receipts (const GByteArray *in)
{
  g_auto (Written) written;

  written_init (&written, in);
  return written.n_receipts;
}

/* How many receipts are there to be sent? Takes them. */
static inline guint
take_receipts (UdpnatConversation *conversation)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  write_all (conversation, out);
  return count_receipts (out);
}
