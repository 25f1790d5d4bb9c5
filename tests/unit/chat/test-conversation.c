/* One side of a talk: what it writes, what it makes of what it reads, and that two of them give
 * each message once and in order whatever becomes of the carriers between them. */

#include "config.h"

#include <string.h>

#include "udpnat-chat-message.h"
#include "udpnat-conversation.h"
#include "udpnat-limits.h"

#define SENT_US G_GINT64_CONSTANT (1790000000000000)

static UdpnatMessageId
make_id (guint32 number)
{
  UdpnatMessageId id = { { 0 } };

  memcpy (id.bytes + 12, &number, sizeof number);
  return id;
}

static guint32
get_number (const UdpnatMessageId *id)
{
  guint32 number;

  memcpy (&number, id->bytes + 12, sizeof number);
  return number;
}

/* ---- Writing ---- */

static void
send_text (UdpnatConversation *conversation,
           gint64              now_us,
           guint32             number,
           const char         *text)
{
  UdpnatMessageId id = make_id (number);

  g_assert_true (udpnat_conversation_send (conversation, now_us, &id, SENT_US, text,
                                           strlen (text)));
}

static void
send_many (UdpnatConversation *conversation,
           guint32             first,
           guint               n_messages)
{
  for (guint i = 0; i < n_messages; i++)
    send_text (conversation, 0, first + i, "x");
}

/* Writes as long as there is something to write. Returns how often. */
static guint
write_all (UdpnatConversation *conversation,
           GByteArray         *out)
{
  guint n_written = 0;

  while (udpnat_conversation_write_next (conversation, out, 262144))
    n_written++;
  return n_written;
}

static void
drop_written (UdpnatConversation *conversation)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  write_all (conversation, out);
}

/* Hands over whole messages. Returns FALSE when one is refused. */
static gboolean
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

static gboolean
read_text (UdpnatConversation *conversation,
           guint32             number,
           const char         *text)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  udpnat_write_text (in, &id, SENT_US, text, strlen (text));
  return read_all (conversation, 0, in);
}

static gboolean
read_receipt (UdpnatConversation *conversation,
              gint64              now_us,
              guint32             number)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  udpnat_write_receipt (in, UDPNAT_RECEIPT_DELIVERED, &id, 1);
  return read_all (conversation, now_us, in);
}

/* ---- Looking at what happened ---- */

/* The next event is of @type and about message @number. */
static void
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
    g_free (event.text);
}

static void
check_no_event (UdpnatConversation *conversation)
{
  UdpnatConversationEvent event;

  g_assert_false (udpnat_conversation_pop_event (conversation, &event));
}

static guint
drop_events (UdpnatConversation *conversation)
{
  UdpnatConversationEvent event;
  guint n_events = 0;

  for (; udpnat_conversation_pop_event (conversation, &event); n_events++)
    g_free (event.text);
  return n_events;
}

/* Takes the numbers of the texts in @in, in order, and counts the ids in its receipts. */
static guint
list_texts (const GByteArray *in,
            GArray           *out_numbers)
{
  gsize n_done = 0;
  guint n_receipts = 0;

  while (n_done < in->len)
    {
      UdpnatMessageView view;
      UdpnatMessageId id;
      const guint8 *ids;
      const char *text;
      gint64 sent_us;
      guint8 kind;
      gsize n_text;
      gsize n_consumed;
      guint n_ids;

      g_assert_cmpint (udpnat_message_parse (in->data + n_done, in->len - n_done, &view,
                                             &n_consumed), ==, UDPNAT_MESSAGE_COMPLETE);
      n_done += n_consumed;
      if (view.type == UDPNAT_CHAT_RECEIPT)
        {
          g_assert_true (udpnat_parse_receipt (&view, &kind, &ids, &n_ids));
          n_receipts += n_ids;
          continue;
        }
      g_assert_true (udpnat_parse_text (&view, &id, &sent_us, &text, &n_text));
      if (out_numbers != NULL)
        {
          guint32 number = get_number (&id);

          g_array_append_val (out_numbers, number);
        }
    }
  return n_receipts;
}

static void
check_texts (const GByteArray *in,
             guint32           first,
             guint             n_texts)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint32));

  list_texts (in, numbers);
  g_assert_cmpuint (numbers->len, ==, n_texts);
  for (guint i = 0; i < n_texts; i++)
    g_assert_cmpuint (g_array_index (numbers, guint32, i), ==, first + i);
}

/* How many receipts are there to be sent? Takes them. */
static guint
take_receipts (UdpnatConversation *conversation)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  write_all (conversation, out);
  return list_texts (out, NULL);
}

static void
confirm (UdpnatConversation *conversation,
         guint32             number)
{
  UdpnatMessageId id = make_id (number);

  udpnat_conversation_confirm (conversation, &id);
}

/* ---- Order and restart ---- */

static void
test_written_in_order (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_assert_false (udpnat_conversation_has_unsent (conversation));
  send_many (conversation, 1, 20);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (write_all (conversation, out), ==, 20);
  check_texts (out, 1, 20);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 20);
}

static void
test_restart_begins_with_oldest (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 10);
  drop_written (conversation);
  for (guint32 number = 1; number <= 4; number++)
    g_assert_true (read_receipt (conversation, 0, number));
  send_many (conversation, 11, 2);
  udpnat_conversation_restart (conversation);
  g_assert_cmpuint (write_all (conversation, out), ==, 8);
  check_texts (out, 5, 8);
}

static void
test_restart_when_all_is_receipted (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 1);
  drop_written (conversation);
  g_assert_true (read_receipt (conversation, 0, 1));
  udpnat_conversation_restart (conversation);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (write_all (conversation, out), ==, 0);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 0);
}

static void
test_receipt_during_repetition (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) first = g_byte_array_new ();
  g_autoptr (GByteArray) rest = g_byte_array_new ();

  g_test_summary ("A receipt for the very message that is to be written next");
  send_many (conversation, 1, 5);
  drop_written (conversation);
  udpnat_conversation_restart (conversation);
  g_assert_true (udpnat_conversation_write_next (conversation, first, 1000));
  g_assert_true (read_receipt (conversation, 0, 2));
  write_all (conversation, rest);
  check_texts (first, 1, 1);
  check_texts (rest, 3, 3);
}

/* ---- SENT and DELIVERED ---- */

static void
test_sent_once (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) early = g_byte_array_new ();

  send_many (conversation, 1, 2);
  check_no_event (conversation); /* not before it leaves */
  udpnat_conversation_write_early (conversation, early, UDPNAT_TEXT_OVERHEAD_BYTES + 1);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 1, NULL);
  check_no_event (conversation);
  drop_written (conversation);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 2, NULL);
  udpnat_conversation_restart (conversation);
  drop_written (conversation);
  check_no_event (conversation);
}

static void
test_delivered_elapsed (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatConversationEvent event;

  send_text (conversation, UDPNAT_SEC (5), 1, "hello");
  drop_written (conversation);
  udpnat_conversation_restart (conversation); /* counts from send, not from the repetition */
  drop_written (conversation);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 1, NULL);
  g_assert_true (read_receipt (conversation, UDPNAT_SEC (5) + 123456, 1));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_DELIVERED, 1, &event);
  g_assert_cmpint (event.elapsed_us, ==, 123456);
  g_assert_null (event.text);
  g_assert_true (read_receipt (conversation, UDPNAT_SEC (9), 1)); /* once more */
  check_no_event (conversation);
}

static void
test_receipt_before_sending (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("A peer cannot have what has not left");
  send_many (conversation, 1, 1);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (read_receipt (conversation, 0, 77)); /* never heard of */
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 1);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
}

static void
test_early_receipt_counts (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 3);
  udpnat_conversation_write_early (conversation, out, 1000);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_byte_array_set_size (out, 0);
  g_assert_cmpuint (write_all (conversation, out), ==, 2);
  check_texts (out, 2, 2);
}

/* ---- Early ---- */

static void
test_early_is_bounded (void)
{
  gsize n_each = UDPNAT_TEXT_OVERHEAD_BYTES + 1;

  for (gsize n_max = 0; n_max <= 4 * n_each; n_max++)
    {
      g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
      g_autoptr (GByteArray) out = g_byte_array_new ();
      guint n_expected = (guint) MIN (n_max / n_each, 3);

      send_many (conversation, 1, 3);
      udpnat_conversation_write_early (conversation, out, n_max);
      g_assert_cmpuint (out->len, <=, n_max);
      check_texts (out, 1, n_expected);
    }
}

static void
test_early_does_not_overtake (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *large = g_strnfill (1000, 'x');

  send_text (conversation, 0, 1, "small");
  send_text (conversation, 0, 2, large);
  send_text (conversation, 0, 3, "small");
  udpnat_conversation_write_early (conversation, out, 700);
  check_texts (out, 1, 1);
}

static void
test_early_is_repeated (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) first = g_byte_array_new ();
  g_autoptr (GByteArray) again = g_byte_array_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();

  send_many (conversation, 1, 3);
  udpnat_conversation_write_early (conversation, first, 1000);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  udpnat_conversation_write_early (conversation, again, 1000); /* another handshake */
  g_assert_cmpmem (again->data, again->len, first->data, first->len);
  write_all (conversation, stream);
  g_assert_cmpmem (stream->data, stream->len, first->data, first->len);
}

static void
test_early_holds_no_receipts (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_test_summary ("A handshake may be given up: receipts in it would be lost");
  g_assert_true (read_text (conversation, 9, "hi"));
  confirm (conversation, 9);
  send_many (conversation, 1, 1);
  udpnat_conversation_write_early (conversation, out, 1000);
  g_assert_cmpuint (list_texts (out, NULL), ==, 0);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

/* ---- Limits ---- */

static void
test_write_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize n_needed = UDPNAT_TEXT_OVERHEAD_BYTES + strlen ("hello");

  send_text (conversation, 0, 1, "hello");
  g_assert_false (udpnat_conversation_write_next (conversation, out, n_needed - 1));
  g_assert_cmpuint (out->len, ==, 0);
  check_no_event (conversation);
  g_assert_true (udpnat_conversation_write_next (conversation, out, n_needed));
  g_assert_cmpuint (out->len, ==, n_needed);
}

static void
test_receipt_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize n_one = UDPNAT_MESSAGE_HEADER_BYTES + 1 + UDPNAT_MESSAGE_ID_BYTES;

  for (guint32 number = 1; number <= UDPNAT_RECEIPT_MAX_IDS + 3; number++)
    {
      g_assert_true (read_text (conversation, number, "x"));
      confirm (conversation, number);
    }
  g_assert_false (udpnat_conversation_write_next (conversation, out, n_one - 1));
  g_assert_true (udpnat_conversation_write_next (conversation, out, n_one));
  g_assert_cmpuint (out->len, ==, n_one);
  g_byte_array_set_size (out, 0);
  g_assert_true (udpnat_conversation_write_next (conversation, out, 262144));
  g_assert_cmpuint (list_texts (out, NULL), ==, UDPNAT_RECEIPT_MAX_IDS);
  g_assert_cmpuint (take_receipts (conversation), ==, 2);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
}

static void
test_on_wire_limit (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, UDPNAT_MESSAGES_ON_WIRE_MAX + 10);
  g_assert_cmpuint (write_all (conversation, out), ==, UDPNAT_MESSAGES_ON_WIRE_MAX);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  g_assert_true (read_receipt (conversation, 0, 1));
  g_byte_array_set_size (out, 0);
  g_assert_cmpuint (write_all (conversation, out), ==, 1);
  check_texts (out, UDPNAT_MESSAGES_ON_WIRE_MAX + 1, 1);
}

static void
test_on_wire_limit_allows_receipts (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("Two sides that wait for each other's receipts must not both be silent");
  send_many (conversation, 1, UDPNAT_MESSAGES_ON_WIRE_MAX + 10);
  drop_written (conversation);
  g_assert_true (read_text (conversation, 100000, "x"));
  confirm (conversation, 100000);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

static void
test_on_wire_counts_this_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_test_summary ("Late receipts for what this session has not written yet free no place in it");
  send_many (conversation, 1, 2 * UDPNAT_MESSAGES_ON_WIRE_MAX);
  drop_written (conversation);
  udpnat_conversation_restart (conversation);
  for (guint i = 0; i < 3; i++)
    g_assert_true (udpnat_conversation_write_next (conversation, out, 1000));
  for (guint32 number = 10; number < 110; number++)
    g_assert_true (read_receipt (conversation, 0, number));
  g_assert_cmpuint (write_all (conversation, out), ==, UDPNAT_MESSAGES_ON_WIRE_MAX - 3);
}

static void
test_outbox_limit (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (0);

  send_many (conversation, 1, UDPNAT_OUTBOX_MAX);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, UDPNAT_OUTBOX_MAX);
  g_assert_false (udpnat_conversation_send (conversation, 0, &id, SENT_US, "x", 1));
  drop_written (conversation);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (udpnat_conversation_send (conversation, 0, &id, SENT_US, "x", 1));
}

static gboolean
try_send (const char *text,
          gsize       n_text)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (1);
  gboolean is_taken = udpnat_conversation_send (conversation, 0, &id, SENT_US, text, n_text);

  g_assert_true (udpnat_conversation_has_unsent (conversation) == is_taken);
  return is_taken;
}

static void
test_text_limits (void)
{
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES + 1, 'x');

  g_assert_false (try_send ("", 0));
  g_assert_true (try_send ("x", 1));
  g_assert_true (try_send (large, UDPNAT_TEXT_MAX_BYTES));
  g_assert_false (try_send (large, UDPNAT_TEXT_MAX_BYTES + 1));
  g_assert_true (try_send ("\xc3\xa9", 2));
  g_assert_false (try_send ("\xc3", 1));
  g_assert_false (try_send ("\xed\xa0\x80", 3)); /* a surrogate */
  g_assert_false (try_send ("a\0b", 3));
}

static void
test_largest_text_arrives (void)
{
  g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
  g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES, 'x');
  UdpnatConversationEvent event;

  send_text (from, 0, 1, large);
  write_all (from, out);
  g_assert_true (read_all (to, 0, out));
  check_event (to, UDPNAT_CONVERSATION_EVENT_MESSAGE, 1, &event);
  g_assert_cmpstr (event.text, ==, large);
  g_assert_cmpint (event.sent_us, ==, SENT_US);
  g_free (event.text);
}

/* ---- Reading ---- */

static void
test_repeat_is_dropped (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "one"));
  g_assert_true (read_text (conversation, 1, "one"));
  g_assert_true (read_text (conversation, 1, "another text, same id"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_MESSAGE, 1, NULL);
  check_no_event (conversation);
}

static void
test_same_text_twice_is_two (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "ok"));
  g_assert_true (read_text (conversation, 2, "ok"));
  g_assert_cmpuint (drop_events (conversation), ==, 2);
}

static void
test_remembers_so_many (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  for (guint32 number = 1; number <= UDPNAT_SEEN_IDS_MAX; number++)
    g_assert_true (read_text (conversation, number, "x"));
  g_assert_cmpuint (drop_events (conversation), ==, UDPNAT_SEEN_IDS_MAX);
  for (guint32 number = 1; number <= UDPNAT_SEEN_IDS_MAX; number++)
    g_assert_true (read_text (conversation, number, "x"));
  check_no_event (conversation);

  /* One more, and the oldest one (repeated or not) is forgotten; the second is not. */
  g_assert_true (read_text (conversation, 0, "x"));
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_cmpuint (drop_events (conversation), ==, 1);
  g_assert_true (read_text (conversation, 1, "x"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_MESSAGE, 1, NULL);
  check_no_event (conversation);
  g_assert_true (read_text (conversation, 2, "x")); /* in its turn */
  g_assert_cmpuint (drop_events (conversation), ==, 1);
}

static void
test_no_receipt_before_confirm (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 1, "x")); /* nor for its repetition */
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (take_receipts (conversation), ==, 0);
  confirm (conversation, 1);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

static void
test_receipt_again_for_repeat (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  confirm (conversation, 1);
  confirm (conversation, 1); /* says nothing new */
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (read_text (conversation, 1, "x"));
      g_assert_cmpuint (take_receipts (conversation), ==, 1);
    }
  g_assert_cmpuint (drop_events (conversation), ==, 1);
}

static void
test_confirm_of_unknown (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  confirm (conversation, 5);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
}

static void
test_receipts_are_bounded (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("A peer that only repeats itself, and takes nothing, does not fill the memory");
  g_assert_true (read_text (conversation, 1, "x"));
  confirm (conversation, 1);
  for (guint i = 0; i < 3 * UDPNAT_SEEN_IDS_MAX; i++)
    g_assert_true (read_text (conversation, 1, "x"));
  g_assert_cmpuint (take_receipts (conversation), ==, UDPNAT_SEEN_IDS_MAX);
  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

/* ---- Input that is wrong ---- */

static gboolean
read_raw (guint8        type,
          const guint8 *body,
          gsize         n_body)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  /* of just that size, so that reading beyond it is seen */
  g_autofree guint8 *copy = n_body > 0 ? g_memdup2 (body, n_body) : NULL;
  gboolean is_taken = udpnat_conversation_handle_message (conversation, 0, type, copy, n_body);

  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (drop_events (conversation), ==, is_taken && type == UDPNAT_CHAT_TEXT ? 1 : 0);
  return is_taken;
}

static void
test_malformed_text (void)
{
  gsize n_body = 24 + UDPNAT_TEXT_MAX_BYTES + 1;
  g_autofree guint8 *body = g_malloc0 (n_body);

  memset (body + 24, 'x', n_body - 24);
  for (gsize n = 0; n <= 24; n++)
    g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, n));
  g_assert_true (read_raw (UDPNAT_CHAT_TEXT, body, 25));
  g_assert_true (read_raw (UDPNAT_CHAT_TEXT, body, n_body - 1));
  g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, n_body));

  body[30] = '\0';
  g_assert_true (read_raw (UDPNAT_CHAT_TEXT, body, 30));
  g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, 31));
  body[30] = 0xff;
  g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, 31));
  memcpy (body + 30, "\xe2\x82\xac", 3); /* cut off within a character */
  g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, 32));
  g_assert_true (read_raw (UDPNAT_CHAT_TEXT, body, 33));
  body[16] = 0x80; /* a time that no clock has */
  g_assert_false (read_raw (UDPNAT_CHAT_TEXT, body, 33));
}

static void
test_malformed_receipt (void)
{
  guint8 body[1 + 257 * 16] = { UDPNAT_RECEIPT_DELIVERED };

  for (gsize n = 0; n <= sizeof body; n++)
    g_assert_true (read_raw (UDPNAT_CHAT_RECEIPT, body, n)
                   == (n >= 1 && (n - 1) % 16 == 0 && n <= 1 + 256 * 16));
}

static void
test_malformed_leaves_nothing (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  guint8 body[26] = { 0 };

  g_test_summary ("An id that came with a wrong text has not been seen");
  body[24] = 0xff;
  body[25] = 'x';
  g_assert_false (udpnat_conversation_handle_message (conversation, 0, UDPNAT_CHAT_TEXT, body,
                                                      sizeof body));
  g_assert_true (read_text (conversation, 0, "x"));
  g_assert_cmpuint (drop_events (conversation), ==, 1);
}

static void
test_unknown_is_skipped (void)
{
  guint8 body[100] = { 0 };

  for (guint type = 0; type <= 255; type++)
    if (type != UDPNAT_CHAT_TEXT && type != UDPNAT_CHAT_RECEIPT)
      {
        g_assert_true (read_raw ((guint8) type, body, sizeof body));
        g_assert_true (read_raw ((guint8) type, body, 0));
      }
}

static void
test_unknown_receipt_kind (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (1);

  send_many (conversation, 1, 1);
  drop_written (conversation);
  drop_events (conversation);
  udpnat_write_receipt (in, UDPNAT_RECEIPT_DELIVERED + 1, &id, 1);
  g_assert_true (read_all (conversation, 0, in));
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 1);
}

static void
test_random_input (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  guint n_refused = 0;

  send_many (conversation, 1, 5);
  drop_written (conversation);
  for (guint i = 0; i < 20000; i++)
    {
      gsize n_body = (gsize) g_test_rand_int_range (0, 80);
      g_autofree guint8 *body = n_body > 0 ? g_malloc (n_body) : NULL;

      for (gsize j = 0; j < n_body; j++)
        body[j] = (guint8) g_test_rand_int_range (0, g_test_rand_bit () ? 3 : 256);
      if (!udpnat_conversation_handle_message (conversation, 0,
                                               (guint8) g_test_rand_int_range (0, 4), body,
                                               n_body))
        n_refused++;
    }
  drop_events (conversation);
  g_assert_cmpuint (n_refused, >, 1000);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 5);
}

/* ---- Against a naive twin: a list of what was said ---- */

typedef struct
{
  UdpnatConversation *conversation;
  GByteArray         *carrier; /* of this side's stream, on its way */
  GArray             *held;    /* numbers received and not confirmed yet */
  guint32             n_said;
  guint32             n_heard; /* of the other's; numbers 0 to n_heard − 1 */
  GArray             *states;  /* guint8 by own number: 0 said, 1 sent, 2 delivered */
} Side;

static void
side_init (Side *side)
{
  *side = (Side) {
    .conversation = udpnat_conversation_new (),
    .carrier = g_byte_array_new (),
    .held = g_array_new (FALSE, FALSE, sizeof (guint32)),
    .states = g_array_new (FALSE, TRUE, sizeof (guint8)),
  };
}

static void
side_clear (Side *side)
{
  udpnat_conversation_free (side->conversation);
  g_byte_array_unref (side->carrier);
  g_array_unref (side->held);
  g_array_unref (side->states);
}

static void
side_say (Side *side)
{
  g_autofree char *text = g_strdup_printf ("%u%*s", side->n_said, g_test_rand_int_range (1, 200),
                                           "");
  guint8 state = 0;

  send_text (side->conversation, 0, side->n_said, text);
  g_array_append_val (side->states, state);
  side->n_said++;
}

static void
side_take_events (Side *side)
{
  UdpnatConversationEvent event;

  while (udpnat_conversation_pop_event (side->conversation, &event))
    {
      guint32 number = get_number (&event.id);

      switch (event.type)
        {
        case UDPNAT_CONVERSATION_EVENT_MESSAGE:
          g_assert_cmpuint (number, ==, side->n_heard); /* neither twice nor out of order */
          g_assert_cmpuint (g_ascii_strtoull (event.text, NULL, 10), ==, number);
          side->n_heard++;
          g_array_append_val (side->held, number);
          break;
        case UDPNAT_CONVERSATION_EVENT_SENT:
          g_assert_cmpuint (g_array_index (side->states, guint8, number), ==, 0);
          g_array_index (side->states, guint8, number) = 1;
          break;
        case UDPNAT_CONVERSATION_EVENT_DELIVERED:
          g_assert_cmpuint (g_array_index (side->states, guint8, number), ==, 1);
          g_array_index (side->states, guint8, number) = 2;
          break;
        }
      g_free (event.text);
    }
}

static void
side_confirm_one (Side *side)
{
  guint at;

  if (side->held->len == 0)
    return;
  at = (guint) g_test_rand_int_range (0, (gint32) side->held->len);
  confirm (side->conversation, g_array_index (side->held, guint32, at));
  g_array_remove_index_fast (side->held, at);
}

/* A stream brings bytes in order, in pieces: whole messages are handed over. */
static void
side_hear (Side  *side,
           Side  *other,
           gsize  n_arrived)
{
  gsize n_done = 0;

  for (;;)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      if (udpnat_message_parse (other->carrier->data + n_done, n_arrived - n_done, &view,
                                &n_consumed) != UDPNAT_MESSAGE_COMPLETE)
        break;
      g_assert_true (udpnat_conversation_handle_message (side->conversation, 0, view.type,
                                                         view.body, view.n_body));
      n_done += n_consumed;
    }
  g_byte_array_remove_range (other->carrier, 0, (guint) n_done);
  side_take_events (side);
}

/* A handshake carries the oldest messages, all of them or none. */
static void
side_shake_hands (Side *side,
                  Side *other)
{
  g_autoptr (GByteArray) early = g_byte_array_new ();
  gsize n_max = (gsize) g_test_rand_int_range (0, 800);

  udpnat_conversation_write_early (side->conversation, early, n_max);
  g_assert_cmpuint (early->len, <=, n_max);
  if (g_test_rand_bit ())
    g_assert_true (read_all (other->conversation, 0, early));
}

/* A new session: what was on its way is lost. Early data comes before, after, or without it. */
static void
lose_session (Side *a,
              Side *b)
{
  if (g_test_rand_bit ())
    side_shake_hands (a, b);
  g_byte_array_set_size (a->carrier, 0);
  g_byte_array_set_size (b->carrier, 0);
  udpnat_conversation_restart (a->conversation);
  udpnat_conversation_restart (b->conversation);
  if (g_test_rand_bit ())
    side_shake_hands (b, a);
}

static void
step (Side *a,
      Side *b,
      guint lost_percent)
{
  guint dice = (guint) g_test_rand_int_range (0, 100);

  if (dice < lost_percent)
    lose_session (a, b);
  else if (dice < 30)
    side_say (a);
  else if (dice < 55)
    (void) udpnat_conversation_write_next (a->conversation, a->carrier,
                                           (gsize) g_test_rand_int_range (0, 400));
  else if (dice < 75)
    side_hear (b, a, (gsize) g_test_rand_int_range (0, (gint32) a->carrier->len + 1));
  else if (dice < 95)
    side_confirm_one (a);
  else
    side_shake_hands (a, b); /* a rekeying: the streams go on */
  side_take_events (a);
  side_take_events (b);
  g_assert_cmpuint (b->n_heard, <=, a->n_said);
}

static void
finish (Side *a,
        Side *b)
{
  while (udpnat_conversation_get_unreceipted (a->conversation) > 0 ||
         udpnat_conversation_get_unreceipted (b->conversation) > 0)
    {
      gboolean is_moving = FALSE;

      is_moving |= write_all (a->conversation, a->carrier) > 0;
      is_moving |= write_all (b->conversation, b->carrier) > 0;
      is_moving |= a->held->len > 0 || b->held->len > 0;
      is_moving |= a->carrier->len > 0 || b->carrier->len > 0;
      g_assert_true (is_moving);
      side_hear (a, b, b->carrier->len);
      side_hear (b, a, a->carrier->len);
      side_take_events (a);
      side_take_events (b);
      while (a->held->len > 0)
        side_confirm_one (a);
      while (b->held->len > 0)
        side_confirm_one (b);
    }
}

static void
check_side (const Side *side,
            const Side *other)
{
  g_assert_cmpuint (other->n_heard, ==, side->n_said);
  for (guint i = 0; i < side->n_said; i++)
    g_assert_cmpuint (g_array_index (side->states, guint8, i), ==, 2);
}

static void
test_against_twin (void)
{
  for (guint round = 0; round < 60; round++)
    {
      guint n_steps = round < 50 ? 1000 : 8000;
      guint lost_percent = round % 4 == 0 ? 0 : round % 8;
      Side sides[2];

      side_init (&sides[0]);
      side_init (&sides[1]);
      for (guint i = 0; i < n_steps; i++)
        {
          guint which = (guint) g_test_rand_bit ();

          step (&sides[which], &sides[!which], lost_percent);
        }
      finish (&sides[0], &sides[1]);
      check_side (&sides[0], &sides[1]);
      check_side (&sides[1], &sides[0]);
      side_clear (&sides[0]);
      side_clear (&sides[1]);
    }
}

#define ADD(path, function) g_test_add_func ("/chat-conversation/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("order/written-in-order", test_written_in_order);
  ADD ("restart/begins-with-oldest", test_restart_begins_with_oldest);
  ADD ("restart/nothing-when-all-is-receipted", test_restart_when_all_is_receipted);
  ADD ("restart/receipt-during-repetition", test_receipt_during_repetition);
  ADD ("sent/told-once", test_sent_once);
  ADD ("delivered/elapsed-since-send", test_delivered_elapsed);
  ADD ("delivered/not-before-sending", test_receipt_before_sending);
  ADD ("delivered/early-counts", test_early_receipt_counts);
  ADD ("early/bounded", test_early_is_bounded);
  ADD ("early/nothing-overtakes", test_early_does_not_overtake);
  ADD ("early/repeated-in-stream", test_early_is_repeated);
  ADD ("early/no-receipts", test_early_holds_no_receipts);
  ADD ("limit/text-needs-room", test_write_needs_room);
  ADD ("limit/receipts-need-room", test_receipt_needs_room);
  ADD ("limit/512-on-the-wire", test_on_wire_limit);
  ADD ("limit/receipts-beyond-512", test_on_wire_limit_allows_receipts);
  ADD ("limit/late-receipts-free-no-place", test_on_wire_counts_this_session);
  ADD ("limit/outbox", test_outbox_limit);
  ADD ("limit/text-sizes", test_text_limits);
  ADD ("limit/largest-text-arrives", test_largest_text_arrives);
  ADD ("repeat/dropped", test_repeat_is_dropped);
  ADD ("repeat/same-text-is-none", test_same_text_twice_is_two);
  ADD ("repeat/4096-ids-remembered", test_remembers_so_many);
  ADD ("receipt/only-after-confirm", test_no_receipt_before_confirm);
  ADD ("receipt/again-for-each-repeat", test_receipt_again_for_repeat);
  ADD ("receipt/confirm-of-unknown-is-nothing", test_confirm_of_unknown);
  ADD ("receipt/bounded", test_receipts_are_bounded);
  ADD ("input/malformed-text", test_malformed_text);
  ADD ("input/malformed-receipt", test_malformed_receipt);
  ADD ("input/malformed-leaves-nothing", test_malformed_leaves_nothing);
  ADD ("input/unknown-types-skipped", test_unknown_is_skipped);
  ADD ("input/unknown-receipt-kind-ignored", test_unknown_receipt_kind);
  ADD ("input/random", test_random_input);
  ADD ("twin/exactly-once-in-order", test_against_twin);

  return g_test_run ();
}
