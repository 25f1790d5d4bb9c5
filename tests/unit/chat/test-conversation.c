/* One side of a talk: what it writes to a session, and what it makes of what it reads. Letters are
 * test-conversation-mail.c's; that two of them lose nothing is test-conversation-twin.c's. */

#include "config.h"

#include "chat-talk.h"

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
  udpnat_conversation_write_early (conversation, early, UDPNAT_ITEM_OVERHEAD_BYTES + 1);
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
  g_assert_null (event.item);
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
  gsize n_each = UDPNAT_ITEM_OVERHEAD_BYTES + 1;

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
  g_assert_cmpuint (count_receipts (out), ==, 0);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

/* ---- Limits ---- */

static void
test_write_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize n_needed = UDPNAT_ITEM_OVERHEAD_BYTES + strlen ("hello");

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
  g_assert_true (udpnat_conversation_write_next (conversation, out, ROOM_BYTES));
  g_assert_cmpuint (count_receipts (out), ==, UDPNAT_RECEIPT_MAX_IDS);
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

  send_many (conversation, 1, UDPNAT_OUTBOX_MAX);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, UDPNAT_OUTBOX_MAX);
  g_assert_false (try_send (conversation, 0, 0, "x", FALSE));
  drop_written (conversation);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (try_send (conversation, 0, 0, "x", FALSE));
}

static gboolean
try_send_raw (guint8      type,
              const char *body,
              gsize       n_body)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (1);
  g_autoptr (UdpnatItem) item = udpnat_item_new (type, &id, SENT_US, (const guint8 *) body, n_body);
  gboolean is_taken = udpnat_conversation_send (conversation, 0, item, FALSE);

  g_assert_true (udpnat_conversation_has_unsent (conversation) == is_taken);
  return is_taken;
}

static void
test_text_limits (void)
{
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES + 1, 'x');

  g_assert_false (try_send_raw (UDPNAT_ITEM_TEXT, "", 0));
  g_assert_true (try_send_raw (UDPNAT_ITEM_TEXT, "x", 1));
  g_assert_true (try_send_raw (UDPNAT_ITEM_TEXT, large, UDPNAT_TEXT_MAX_BYTES));
  g_assert_false (try_send_raw (UDPNAT_ITEM_TEXT, large, UDPNAT_TEXT_MAX_BYTES + 1));
  g_assert_true (try_send_raw (UDPNAT_ITEM_TEXT, "\xc3\xa9", 2));
  g_assert_false (try_send_raw (UDPNAT_ITEM_TEXT, "\xc3", 1));
  g_assert_false (try_send_raw (UDPNAT_ITEM_TEXT, "\xed\xa0\x80", 3)); /* a surrogate */
  g_assert_false (try_send_raw (UDPNAT_ITEM_TEXT, "a\0b", 3));
}

static void
test_sayable_items (void)
{
  gsize n_max = UDPNAT_MESSAGE_BODY_MAX_BYTES - UDPNAT_MESSAGE_ID_BYTES - 8;
  g_autofree char *large = g_strnfill (n_max + 1, 'x');

  g_test_summary ("No peer would take the others, nor anything after them");
  g_assert_false (try_send_raw (0x00, "x", 1));
  g_assert_true (try_send_raw (0x3f, "x", 1));
  g_assert_false (try_send_raw (0x40, "x", 1));
  g_assert_true (try_send_raw (0x3f, large, n_max));
  g_assert_false (try_send_raw (0x3f, large, n_max + 1));
  g_assert_true (try_send_raw (UDPNAT_ITEM_DELETE, large, 16));
  g_assert_false (try_send_raw (UDPNAT_ITEM_DELETE, large, 17));
}

static void
test_largest_text_arrives (void)
{
  g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
  g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES, 'x');
  g_autoptr (UdpnatItem) item = NULL;
  g_autofree char *text = NULL;
  UdpnatConversationEvent event;

  send_text (from, 0, 1, large);
  write_all (from, out);
  g_assert_true (read_all (to, 0, out));
  check_event (to, UDPNAT_CONVERSATION_EVENT_ITEM, 1, &event);
  item = event.item;
  text = udpnat_item_dup_text (item);
  g_assert_cmpstr (text, ==, large);
  g_assert_cmpint (item->sent_us, ==, SENT_US);
  g_assert_cmpint (udpnat_message_id_compare (&item->id, &event.id), ==, 0);
}

/* ---- Reading ---- */

static void
test_repeat_is_dropped (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "one"));
  g_assert_true (read_text (conversation, 1, "one"));
  g_assert_true (read_text (conversation, 1, "another text, same id"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
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
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
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

/* What is taken makes one event when it is an item or TYPING; what is not leaves nothing. */
static gboolean
read_raw (guint8        type,
          const guint8 *body,
          gsize         n_body)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  /* of just that size, so that reading beyond it is seen */
  g_autofree guint8 *copy = n_body > 0 ? g_memdup2 (body, n_body) : NULL;
  gboolean is_taken = udpnat_conversation_handle_message (conversation, 0, type, copy, n_body);
  gboolean is_event = type >= 0x01 && type <= 0x3f;

  is_event |= type == UDPNAT_CHAT_TYPING;
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (drop_events (conversation), ==, is_taken && is_event ? 1 : 0);
  return is_taken;
}

static void
test_malformed_text (void)
{
  gsize n_body = 24 + UDPNAT_TEXT_MAX_BYTES + 1;
  g_autofree guint8 *body = g_malloc0 (n_body);

  memset (body + 24, 'x', n_body - 24);
  for (gsize n = 0; n <= 24; n++)
    g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, n));
  g_assert_true (read_raw (UDPNAT_ITEM_TEXT, body, 25));
  g_assert_true (read_raw (UDPNAT_ITEM_TEXT, body, n_body - 1));
  g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, n_body));

  body[30] = '\0';
  g_assert_true (read_raw (UDPNAT_ITEM_TEXT, body, 30));
  g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, 31));
  body[30] = 0xff;
  g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, 31));
  memcpy (body + 30, "\xe2\x82\xac", 3); /* cut off within a character */
  g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, 32));
  g_assert_true (read_raw (UDPNAT_ITEM_TEXT, body, 33));
  body[16] = 0x80; /* a time that no clock has */
  g_assert_false (read_raw (UDPNAT_ITEM_TEXT, body, 33));
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
  g_assert_false (udpnat_conversation_handle_message (conversation, 0, UDPNAT_ITEM_TEXT, body,
                                                      sizeof body));
  g_assert_true (read_text (conversation, 0, "x"));
  g_assert_cmpuint (drop_events (conversation), ==, 1);
}

static void
test_malformed_typing (void)
{
  static const guint8 body[2] = { 1, 1 };

  g_assert_false (read_raw (UDPNAT_CHAT_TYPING, body, 0));
  g_assert_true (read_raw (UDPNAT_CHAT_TYPING, body, 1));
  g_assert_false (read_raw (UDPNAT_CHAT_TYPING, body, 2));
}

static void
test_malformed_items (void)
{
  guint8 body[24 + 16] = { 0 };

  g_test_summary ("What an item may be is test-item.c's: here that it is asked");
  g_assert_false (read_raw (UDPNAT_ITEM_REPLY, body, 24 + 16));
  g_assert_false (read_raw (UDPNAT_ITEM_EDIT, body, 24 + 16));
  g_assert_false (read_raw (UDPNAT_ITEM_DELETE, body, 24 + 15));
  g_assert_true (read_raw (UDPNAT_ITEM_DELETE, body, 24 + 16));
  g_assert_false (read_raw (UDPNAT_ITEM_REACTION, body, 24 + 15));
  g_assert_true (read_raw (UDPNAT_ITEM_REACTION, body, 24 + 16));
  g_assert_false (read_raw (UDPNAT_ITEM_PROFILE, body, 24 + 1));
  g_assert_true (read_raw (UDPNAT_ITEM_PROFILE, body, 24 + 2));
  g_assert_false (read_raw (UDPNAT_ITEM_PREKEYS, body, 24 + 16));
  g_assert_false (read_raw (UDPNAT_ITEM_ACCEPT, body, 24 + 1));
  g_assert_true (read_raw (UDPNAT_ITEM_ACCEPT, body, 24));
}

static void
test_unknown_is_skipped (void)
{
  guint8 body[100] = { 0 };

  for (guint type = 0; type <= 255; type++)
    if (type == 0 || type > UDPNAT_CHAT_BEGIN)
      {
        g_assert_true (read_raw ((guint8) type, body, sizeof body));
        g_assert_true (read_raw ((guint8) type, body, 0));
      }
}

static void
test_unknown_item_is_handed_over (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (7);
  UdpnatConversationEvent event;
  g_autoptr (UdpnatItem) item = NULL;

  g_test_summary ("Kept and confirmed, so that its sender is at ease and a later version shows it");
  udpnat_write_item (in, 0x3f, &id, SENT_US, (const guint8 *) "\xff\0", 2);
  g_assert_true (read_all (conversation, 0, in));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 7, &event);
  item = event.item;
  g_assert_cmpuint (item->type, ==, 0x3f);
  g_assert_cmpmem (g_bytes_get_data (item->body, NULL), (int) g_bytes_get_size (item->body),
                   "\xff\0", 2);
  confirm (conversation, 7);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
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
  udpnat_write_receipt (in, UDPNAT_RECEIPT_READ + 1, &id, 1);
  g_assert_true (read_all (conversation, 0, in));
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 1);
}

static void
test_random_input (void)
{
  static const guint8 types[] = {
    0x00, 0x01, 0x02, 0x05, 0x06, 0x07, 0x08, 0x3f, UDPNAT_CHAT_RECEIPT, UDPNAT_CHAT_TYPING,
  };
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  guint n_refused = 0;

  send_many (conversation, 1, 5);
  drop_written (conversation);
  for (guint i = 0; i < 20000; i++)
    {
      gsize n_body = (gsize) g_test_rand_int_range (0, 80);
      g_autofree guint8 *body = n_body > 0 ? g_malloc (n_body) : NULL;

      guint8 type = types[g_test_rand_int_range (0, G_N_ELEMENTS (types))];

      for (gsize j = 0; j < n_body; j++)
        body[j] = (guint8) g_test_rand_int_range (0, g_test_rand_bit () ? 3 : 256);
      if (!udpnat_conversation_handle_message (conversation, 0, type, body, n_body))
        n_refused++;
    }
  drop_events (conversation);
  g_assert_cmpuint (n_refused, >, 1000);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 5);
}

static void
test_send_twice (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 2);
  send_text (conversation, 0, 1, "again");
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 2);
  write_all (conversation, out);
  check_texts (out, 1, 2);
}

/* ---- Withdrawn ---- */

static void
test_withdraw_unsent (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 3);
  g_assert_true (withdraw (conversation, 3));
  g_assert_false (withdraw (conversation, 3)); /* it is gone */
  g_assert_false (withdraw (conversation, 9)); /* never was */
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 2);
  write_all (conversation, out);
  check_texts (out, 1, 2);
}

static void
test_withdraw_next (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 4);
  g_assert_true (udpnat_conversation_write_next (conversation, out, ROOM_BYTES));
  g_assert_true (withdraw (conversation, 2));
  g_byte_array_set_size (out, 0);
  write_all (conversation, out);
  check_texts (out, 3, 2);
}

static void
test_withdraw_last (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, 1);
  g_assert_true (withdraw (conversation, 1));
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (write_all (conversation, out), ==, 0);
  send_many (conversation, 2, 1);
  write_all (conversation, out);
  check_texts (out, 2, 1);
}

static void
test_withdraw_on_wire (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) again = g_byte_array_new ();

  g_test_summary ("The peer may have it, but it is not said again, and a late receipt is nothing");
  send_many (conversation, 1, 3);
  drop_written (conversation);
  drop_events (conversation);
  g_assert_true (withdraw (conversation, 1));
  g_assert_true (read_receipt (conversation, 0, 1));
  check_no_event (conversation);
  udpnat_conversation_restart (conversation);
  write_all (conversation, again);
  check_texts (again, 2, 2);
}

/* Of 512 on the wire one is withdrawn: just one more may follow. */
static void
check_window_after_withdrawing (guint32 number,
                                guint   n_items)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, n_items);
  g_assert_cmpuint (write_all (conversation, out), ==, UDPNAT_MESSAGES_ON_WIRE_MAX);
  g_assert_true (withdraw (conversation, number));
  send_many (conversation, n_items + 1, 5);
  g_byte_array_set_size (out, 0);
  g_assert_cmpuint (write_all (conversation, out), ==, 1);
  check_texts (out, UDPNAT_MESSAGES_ON_WIRE_MAX + 1, 1);
}

static void
test_withdraw_frees_a_place (void)
{
  for (guint n_more = 0; n_more <= 3; n_more++)
    {
      guint n_items = UDPNAT_MESSAGES_ON_WIRE_MAX + n_more;

      check_window_after_withdrawing (1, n_items);
      check_window_after_withdrawing (UDPNAT_MESSAGES_ON_WIRE_MAX / 2, n_items);
      check_window_after_withdrawing (UDPNAT_MESSAGES_ON_WIRE_MAX, n_items);
    }
}

static void
test_withdraw_beyond_frees_none (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  send_many (conversation, 1, UDPNAT_MESSAGES_ON_WIRE_MAX + 5);
  write_all (conversation, out);
  g_assert_true (withdraw (conversation, UDPNAT_MESSAGES_ON_WIRE_MAX + 1)); /* next */
  g_assert_true (withdraw (conversation, UDPNAT_MESSAGES_ON_WIRE_MAX + 3)); /* after it */
  g_byte_array_set_size (out, 0);
  g_assert_cmpuint (write_all (conversation, out), ==, 0);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_cmpuint (write_all (conversation, out), ==, 1);
  check_texts (out, UDPNAT_MESSAGES_ON_WIRE_MAX + 2, 1);
}

/* ---- READ ---- */

static void
test_read_told_once (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  set_read (conversation, 0, 3);
  set_read (conversation, 0, 4); /* before the first was told */
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (write_all (conversation, out), ==, 1);
  written_init (&written, out);
  g_assert_cmpuint (written.reads->len, ==, 1);
  g_assert_cmpuint (g_array_index (written.reads, guint32, 0), ==, 4);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
}

static void
test_read_again_in_next_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  g_test_summary ("The stream that took it may have died; but it is not worth a session");
  set_read (conversation, 0, 4);
  drop_written (conversation);
  udpnat_conversation_restart (conversation);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (write_all (conversation, out), ==, 1);
  written_init (&written, out);
  g_assert_cmpuint (g_array_index (written.reads, guint32, 0), ==, 4);
  g_assert_cmpuint (write_all (conversation, out), ==, 0);
}

static void
test_read_untold_is_worth_a_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  set_read (conversation, 0, 4);
  udpnat_conversation_restart (conversation); /* that session took nothing */
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  drop_written (conversation);
  set_read (conversation, 0, 5);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
}

static void
test_read_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  set_read (conversation, 0, 4);
  g_assert_false (udpnat_conversation_write_next (conversation, out, UDPNAT_RECEIPT_BYTES (1) - 1));
  g_assert_cmpuint (out->len, ==, 0);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  g_assert_true (udpnat_conversation_write_next (conversation, out, UDPNAT_RECEIPT_BYTES (1)));
  g_assert_cmpuint (out->len, ==, UDPNAT_RECEIPT_BYTES (1));
}

static void
test_read_reaches_the_peer (void)
{
  g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
  g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  set_read (from, 0, 4);
  write_all (from, out);
  g_assert_true (read_all (to, 0, out));
  check_event (to, UDPNAT_CONVERSATION_EVENT_READ, 4, NULL);
  check_no_event (to);
}

static void
test_read_is_no_delivery (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (1);

  g_test_summary ("What is read may not be on the peer's disk: only DELIVERED takes it from ours");
  send_many (conversation, 1, 1);
  drop_written (conversation);
  drop_events (conversation);
  udpnat_write_receipt (in, UDPNAT_RECEIPT_READ, &id, 1);
  g_assert_true (read_all (conversation, 0, in));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_READ, 1, NULL);
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 1);
}

/* ---- TYPING ---- */

static void
test_typing_opens_no_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  udpnat_conversation_set_typing (conversation, TRUE);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  udpnat_conversation_set_typing (conversation, FALSE);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
}

static void
check_typing_written (UdpnatConversation *conversation,
                      guint               n_expected,
                      gboolean            is_typing)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  write_all (conversation, out);
  written_init (&written, out);
  g_assert_cmpuint (written.n_typing, ==, n_expected);
  g_assert_cmpint (written.is_typing, ==, is_typing);
}

static void
test_typing_last_word_told (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  check_typing_written (conversation, 0, FALSE);
  udpnat_conversation_set_typing (conversation, FALSE);
  udpnat_conversation_set_typing (conversation, TRUE);
  check_typing_written (conversation, 1, TRUE);
  check_typing_written (conversation, 0, FALSE);
  udpnat_conversation_set_typing (conversation, FALSE);
  check_typing_written (conversation, 1, FALSE);
}

static void
test_typing_forgotten_at_restart (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  udpnat_conversation_set_typing (conversation, TRUE);
  udpnat_conversation_restart (conversation);
  check_typing_written (conversation, 0, FALSE);
}

static void
test_typing_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  udpnat_conversation_set_typing (conversation, TRUE);
  g_assert_false (udpnat_conversation_write_next (conversation, out, UDPNAT_TYPING_BYTES - 1));
  g_assert_cmpuint (out->len, ==, 0);
  g_assert_true (udpnat_conversation_write_next (conversation, out, UDPNAT_TYPING_BYTES));
  g_assert_cmpuint (out->len, ==, UDPNAT_TYPING_BYTES);
}

static void
test_typing_reaches_the_peer (void)
{
  for (guint is_typing = 0; is_typing <= 1; is_typing++)
    {
      g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
      g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
      g_autoptr (GByteArray) out = g_byte_array_new ();
      UdpnatConversationEvent event;

      udpnat_conversation_set_typing (from, is_typing == 1);
      write_all (from, out);
      g_assert_true (read_all (to, 0, out));
      check_event (to, UDPNAT_CONVERSATION_EVENT_TYPING, 0, &event);
      g_assert_cmpint (event.is_typing, ==, is_typing);
      g_assert_null (event.item);
    }
}

/* ---- Refused ---- */

static gboolean
is_settled (UdpnatConversation *conversation,
            guint32             number)
{
  UdpnatMessageId id = make_id (number);

  return udpnat_conversation_is_settled (conversation, &id);
}

static void
refuse (UdpnatConversation *conversation,
        guint32             number)
{
  UdpnatMessageId id = make_id (number);

  udpnat_conversation_refuse (conversation, &id);
}

static void
test_refused_is_new_again (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
  refuse (conversation, 1);
  confirm (conversation, 1); /* too late */
  g_assert_cmpuint (take_receipts (conversation), ==, 0);
  udpnat_conversation_restart (conversation);
  g_assert_true (read_text (conversation, 1, "x"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
  g_assert_cmpuint (take_receipts (conversation), ==, 0);
  confirm (conversation, 1);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

static void
test_nothing_after_a_refused_one (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("What follows something that was refused comes again behind it, not before");
  g_assert_true (read_text (conversation, 1, "x"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
  refuse (conversation, 1);
  g_assert_true (read_text (conversation, 2, "y"));
  check_no_event (conversation);
  g_assert_cmpuint (take_receipts (conversation), ==, 0);
  udpnat_conversation_restart (conversation);
  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 2, "y"));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_ITEM, 2, NULL);
}

static void
test_refuse_after_confirm (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("What was confirmed stays so: its receipt may be with the peer");
  g_assert_true (read_text (conversation, 1, "x"));
  confirm (conversation, 1);
  refuse (conversation, 1);
  refuse (conversation, 2); /* never heard of */
  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_cmpuint (drop_events (conversation), ==, 1);
  g_assert_cmpuint (take_receipts (conversation), ==, 2);
}

static void
test_refused_takes_no_memory (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("Refused ids do not push out those that are remembered");
  g_assert_true (read_text (conversation, 0, "x"));
  for (guint32 number = 1; number <= 2 * UDPNAT_SEEN_IDS_MAX; number++)
    {
      g_assert_true (read_text (conversation, number, "x"));
      refuse (conversation, number);
      udpnat_conversation_restart (conversation);
    }
  drop_events (conversation);
  g_assert_true (read_text (conversation, 0, "x"));
  check_no_event (conversation);
}

static void
test_settled (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_false (is_settled (conversation, 1));
  g_assert_false (is_settled (conversation, 2));
  confirm (conversation, 1);
  g_assert_true (is_settled (conversation, 1));
  g_assert_false (is_settled (conversation, 2));
  refuse (conversation, 2);
  g_assert_true (is_settled (conversation, 2));
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
  ADD ("limit/what-a-peer-takes", test_sayable_items);
  ADD ("limit/largest-text-arrives", test_largest_text_arrives);
  ADD ("repeat/dropped", test_repeat_is_dropped);
  ADD ("repeat/same-text-is-none", test_same_text_twice_is_two);
  ADD ("repeat/so-many-ids-remembered", test_remembers_so_many);
  ADD ("receipt/only-after-confirm", test_no_receipt_before_confirm);
  ADD ("receipt/again-for-each-repeat", test_receipt_again_for_repeat);
  ADD ("receipt/confirm-of-unknown-is-nothing", test_confirm_of_unknown);
  ADD ("receipt/bounded", test_receipts_are_bounded);
  ADD ("input/malformed-text", test_malformed_text);
  ADD ("input/malformed-receipt", test_malformed_receipt);
  ADD ("input/malformed-typing", test_malformed_typing);
  ADD ("input/malformed-items", test_malformed_items);
  ADD ("input/malformed-leaves-nothing", test_malformed_leaves_nothing);
  ADD ("input/unknown-types-skipped", test_unknown_is_skipped);
  ADD ("input/unknown-items-handed-over", test_unknown_item_is_handed_over);
  ADD ("input/unknown-receipt-kind-ignored", test_unknown_receipt_kind);
  ADD ("input/random", test_random_input);
  ADD ("order/same-item-twice-is-one", test_send_twice);
  ADD ("withdraw/unsent", test_withdraw_unsent);
  ADD ("withdraw/next-one", test_withdraw_next);
  ADD ("withdraw/last-one", test_withdraw_last);
  ADD ("withdraw/on-the-wire-not-said-again", test_withdraw_on_wire);
  ADD ("withdraw/on-the-wire-frees-a-place", test_withdraw_frees_a_place);
  ADD ("withdraw/beyond-frees-none", test_withdraw_beyond_frees_none);
  ADD ("read/told-once", test_read_told_once);
  ADD ("read/again-in-next-session", test_read_again_in_next_session);
  ADD ("read/untold-is-worth-a-session", test_read_untold_is_worth_a_session);
  ADD ("read/needs-room", test_read_needs_room);
  ADD ("read/reaches-the-peer", test_read_reaches_the_peer);
  ADD ("read/is-no-delivery", test_read_is_no_delivery);
  ADD ("typing/opens-no-session", test_typing_opens_no_session);
  ADD ("typing/last-word-told-once", test_typing_last_word_told);
  ADD ("typing/forgotten-at-restart", test_typing_forgotten_at_restart);
  ADD ("typing/needs-room", test_typing_needs_room);
  ADD ("typing/reaches-the-peer", test_typing_reaches_the_peer);
  ADD ("refuse/new-when-it-comes-again", test_refused_is_new_again);
  ADD ("refuse/nothing-after-it", test_nothing_after_a_refused_one);
  ADD ("refuse/not-after-confirm", test_refuse_after_confirm);
  ADD ("refuse/takes-no-memory", test_refused_takes_no_memory);
  ADD ("refuse/settled-by-either", test_settled);

  return g_test_run ();
}
