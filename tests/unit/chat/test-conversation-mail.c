/* Letters: what goes into them and in which order, what becomes of it when the mailbox has them or
 * not, and that a session says all of it again. */

#include "config.h"

#include "chat-talk.h"

#define ITEM_BYTES (UDPNAT_ITEM_OVERHEAD_BYTES + 1) /* of those of send_many() */

/* One letter of at most @n_max. Returns FALSE when there was nothing to write. */
static gboolean
write_letter (UdpnatConversation *conversation,
              GByteArray         *out,
              gsize               n_max)
{
  gboolean is_written;

  g_byte_array_set_size (out, 0);
  is_written = udpnat_conversation_write_mail (conversation, out, n_max);
  g_assert_cmpint (is_written, ==, out->len > 0);
  g_assert_cmpuint (out->len, <=, n_max);
  return is_written;
}

/* The next letter holds just these items; it is left without an answer. */
static void
check_letter (UdpnatConversation *conversation,
              guint32             first,
              guint               n_items)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  g_assert_cmpint (write_letter (conversation, letter, ROOM_BYTES), ==, n_items > 0);
  check_texts (letter, first, n_items);
}

static void
post_letter (UdpnatConversation *conversation)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  g_assert_true (write_letter (conversation, letter, ROOM_BYTES));
  udpnat_conversation_finish_mail (conversation, TRUE);
}

/* ---- What a letter holds ---- */

static void
test_items_in_order (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  check_letter (conversation, 0, 0);
  send_many (conversation, 1, 20);
  check_letter (conversation, 1, 20);
}

static void
test_as_many_as_fit (void)
{
  for (gsize n_max = 0; n_max <= 4 * ITEM_BYTES; n_max++)
    {
      g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
      g_autoptr (GByteArray) letter = g_byte_array_new ();
      gsize n_room = n_max > UDPNAT_BEGIN_BYTES ? n_max - UDPNAT_BEGIN_BYTES : 0;
      guint n_expected = (guint) MIN (n_room / ITEM_BYTES, 3);

      send_many (conversation, 1, 3);
      g_assert_cmpint (write_letter (conversation, letter, n_max), ==, n_expected > 0);
      check_texts (letter, 1, n_expected);
    }
}

/* Only a letter that leaves nothing out says that it begins with the oldest. */
static void
check_begin (UdpnatConversation *conversation,
             guint               n_expected)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  g_assert_true (write_letter (conversation, letter, UDPNAT_BEGIN_BYTES + 2 * ITEM_BYTES));
  written_init (&written, letter);
  g_assert_cmpuint (written.n_begin, ==, n_expected);
}

static void
test_begin (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 5);
  check_begin (conversation, 1);
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_begin (conversation, 0);
  udpnat_conversation_finish_mail (conversation, FALSE); /* the same again */
  check_begin (conversation, 0);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (read_receipt (conversation, 0, 2));
  g_assert_true (read_receipt (conversation, 0, 3));
  g_assert_true (read_receipt (conversation, 0, 4));
  check_begin (conversation, 1);
}

/* ---- After a refusal ---- */

static guint
count_items (UdpnatConversation *conversation)
{
  UdpnatConversationEvent event;
  guint n_items = 0;

  while (udpnat_conversation_pop_event (conversation, &event))
    {
      n_items += event.type == UDPNAT_CONVERSATION_EVENT_ITEM;
      udpnat_item_free (event.item);
    }
  return n_items;
}

static void
read_letter (UdpnatConversation *conversation,
             gboolean            has_begin,
             guint32             number)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  if (has_begin)
    udpnat_write_begin (letter);
  udpnat_write_item (letter, UDPNAT_ITEM_TEXT, &id, SENT_US, (const guint8 *) "x", 1);
  udpnat_conversation_set_in_letter (conversation, TRUE);
  g_assert_true (read_all (conversation, 0, letter));
  udpnat_conversation_set_in_letter (conversation, FALSE);
}

static void
test_refusal_ends_with_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (1);

  g_assert_true (read_text (conversation, 1, "x"));
  udpnat_conversation_refuse (conversation, &id);
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_cmpuint (count_items (conversation), ==, 1);
  udpnat_conversation_restart (conversation);
  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_cmpuint (count_items (conversation), ==, 2);
}

static void
test_refusal_ends_with_begin (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (1);

  read_letter (conversation, TRUE, 1);
  udpnat_conversation_refuse (conversation, &id);
  read_letter (conversation, FALSE, 2);
  g_assert_cmpuint (count_items (conversation), ==, 1);
  read_letter (conversation, TRUE, 1);
  read_letter (conversation, FALSE, 2);
  g_assert_cmpuint (count_items (conversation), ==, 2);
}

static void
test_skipped_stops_nothing (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  UdpnatMessageId id = make_id (1);

  g_assert_true (read_text (conversation, 1, "x"));
  udpnat_conversation_skip (conversation, &id);
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_cmpuint (count_items (conversation), ==, 3); /* the first is new again */
  udpnat_conversation_confirm (conversation, 0, &id);
  g_assert_cmpuint (take_receipts (conversation), ==, 1);
}

static void
test_needs_begin (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) begin = g_byte_array_new ();

  udpnat_conversation_set_needs_begin (conversation);
  read_letter (conversation, FALSE, 5);
  udpnat_conversation_restart (conversation); /* a session does not end it */
  read_letter (conversation, FALSE, 5);
  udpnat_write_begin (begin);
  g_assert_true (read_all (conversation, 0, begin)); /* nor a BEGIN outside a letter */
  g_assert_true (udpnat_conversation_needs_begin (conversation));
  check_no_event (conversation);
  g_assert_true (read_text (conversation, 1, "x")); /* what a session brings is in order */
  g_assert_cmpuint (count_items (conversation), ==, 1);

  read_letter (conversation, TRUE, 2);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_RESUMED, 0, NULL);
  g_assert_cmpuint (count_items (conversation), ==, 1);
  g_assert_false (udpnat_conversation_needs_begin (conversation));
  read_letter (conversation, FALSE, 5);
  g_assert_cmpuint (count_items (conversation), ==, 1);
}

static void
test_appended (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_test_summary ("Room is for what is added, whatever was there before");
  g_byte_array_set_size (out, 1000);
  send_many (conversation, 1, 3);
  g_assert_true (udpnat_conversation_write_mail (conversation, out,
                                                 UDPNAT_BEGIN_BYTES + 2 * ITEM_BYTES));
  g_assert_cmpuint (out->len, ==, 1000 + UDPNAT_BEGIN_BYTES + 2 * ITEM_BYTES);
}

static void
test_nothing_overtakes (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  g_autofree char *large = g_strnfill (1000, 'x');

  send_text (conversation, 0, 1, "small");
  send_text (conversation, 0, 2, large);
  send_text (conversation, 0, 3, "small");
  g_assert_true (write_letter (conversation, letter, 700));
  check_texts (letter, 1, 1);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_false (write_letter (conversation, letter, 700)); /* it waits for a longer letter */
  g_assert_true (write_letter (conversation, letter, 2000));
  check_texts (letter, 2, 2);
}

static void
test_beyond_the_window (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("A letter is not held to what a stream may have under way");
  send_many (conversation, 1, 2 * UDPNAT_MESSAGES_ON_WIRE_MAX);
  check_letter (conversation, 1, 2 * UDPNAT_MESSAGES_ON_WIRE_MAX);
}

static void
test_what_a_stream_took (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("No receipt, so nobody knows whether it arrived");
  send_many (conversation, 1, 5);
  drop_written (conversation);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (read_receipt (conversation, 0, 2));
  check_letter (conversation, 3, 3);
}

static void
test_not_twice (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 3);
  check_letter (conversation, 1, 3);
  check_letter (conversation, 0, 0); /* under way */
  send_many (conversation, 4, 2);
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_letter (conversation, 4, 2);
}

static void
test_no_typing (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  udpnat_conversation_set_typing (conversation, TRUE);
  check_letter (conversation, 0, 0);
}

/* ---- The mailbox answers ---- */

static void
test_stored_is_told (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 2);
  check_letter (conversation, 1, 2);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 1, NULL);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 2, NULL);
  send_many (conversation, 3, 1);
  check_no_event (conversation); /* not before the mailbox has it */
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_STORED, 1, NULL);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_STORED, 2, NULL);
  check_no_event (conversation);
}

static void
test_stored_is_told_once (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 1);
  post_letter (conversation);
  drop_events (conversation);
  send_many (conversation, 2, 1);
  post_letter (conversation);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_SENT, 2, NULL);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_STORED, 2, NULL);
  check_no_event (conversation);
}

static void
test_failed_is_written_again (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 3);
  check_letter (conversation, 1, 3);
  drop_events (conversation);
  send_many (conversation, 4, 1);
  udpnat_conversation_finish_mail (conversation, FALSE);
  check_no_event (conversation);
  check_letter (conversation, 1, 4);
}

static void
test_failed_after_stored (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("What an earlier letter brought is not for the next one");
  send_many (conversation, 1, 2);
  post_letter (conversation);
  send_many (conversation, 3, 2);
  check_letter (conversation, 3, 2);
  udpnat_conversation_finish_mail (conversation, FALSE);
  check_letter (conversation, 3, 2);
}

static void
test_failed_without_some (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("While a letter is under way its first items are delivered and withdrawn");
  send_many (conversation, 1, 5);
  check_letter (conversation, 1, 5);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (withdraw (conversation, 2));
  udpnat_conversation_finish_mail (conversation, FALSE);
  check_letter (conversation, 3, 3);
}

static void
test_failed_without_all (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 2);
  check_letter (conversation, 1, 2);
  g_assert_true (withdraw (conversation, 1));
  g_assert_true (withdraw (conversation, 2));
  udpnat_conversation_finish_mail (conversation, FALSE);
  check_letter (conversation, 0, 0);
  send_many (conversation, 3, 1);
  check_letter (conversation, 3, 1);
}

static void
test_answer_without_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 2);
  udpnat_conversation_finish_mail (conversation, TRUE);
  udpnat_conversation_finish_mail (conversation, FALSE);
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 2);
  check_letter (conversation, 1, 2);
}

static void
test_stored_is_still_said (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  g_autoptr (GByteArray) early = g_byte_array_new ();

  g_test_summary ("The mailbox may lose it: only a receipt ends it");
  send_many (conversation, 1, 3);
  drop_written (conversation);
  post_letter (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 3);
  udpnat_conversation_restart (conversation);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  udpnat_conversation_write_early (conversation, early, ROOM_BYTES);
  write_all (conversation, stream);
  check_texts (early, 1, 3);
  check_texts (stream, 1, 3);
}

static void
test_letter_leaves_the_stream (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_test_summary ("What a letter takes does not count as taken by the session");
  send_many (conversation, 1, 3);
  g_assert_true (udpnat_conversation_write_next (conversation, out, ROOM_BYTES));
  check_letter (conversation, 1, 3);
  g_byte_array_set_size (out, 0);
  write_all (conversation, out);
  check_texts (out, 2, 2);
}

static void
test_session_leaves_the_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("Sessions begin and end while a letter is under way");
  send_many (conversation, 1, 3);
  check_letter (conversation, 1, 3);
  udpnat_conversation_restart (conversation);
  drop_written (conversation);
  check_letter (conversation, 0, 0);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

/* ---- Withdrawn ---- */

static void
test_withdraw_next_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 3);
  g_assert_true (withdraw (conversation, 1));
  check_letter (conversation, 2, 2);
}

static void
test_withdraw_last_of_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 1);
  g_assert_true (withdraw (conversation, 1));
  check_letter (conversation, 0, 0);
  send_many (conversation, 2, 1);
  check_letter (conversation, 2, 1);
}

static void
test_withdraw_in_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 3);
  check_letter (conversation, 1, 3);
  drop_events (conversation);
  g_assert_true (withdraw (conversation, 2));
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_STORED, 1, NULL);
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_STORED, 3, NULL);
  check_no_event (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

static void
test_withdraw_stored (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 3);
  post_letter (conversation);
  send_many (conversation, 4, 1);
  g_assert_true (withdraw (conversation, 2));
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 3);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 1);
}

/* ---- Receipts and READ ride along ---- */

static void
receive_and_confirm (UdpnatConversation *conversation,
                     guint32             first,
                     guint               n_items)
{
  for (guint32 number = first; number < first + n_items; number++)
    {
      g_assert_true (read_text (conversation, number, "x"));
      confirm (conversation, number);
    }
  drop_events (conversation);
}

static void
check_letter_tells (UdpnatConversation *conversation,
                    guint               n_receipts,
                    guint               n_reads,
                    guint               n_items)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  write_letter (conversation, letter, ROOM_BYTES);
  written_init (&written, letter);
  g_assert_cmpuint (written.n_receipts, ==, n_receipts);
  g_assert_cmpuint (written.reads->len, ==, n_reads);
  g_assert_cmpuint (written.items->len, ==, n_items);
}

static void
test_all_in_one_letter (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  guint n_receipts = 3 * UDPNAT_RECEIPT_MAX_IDS + 1; /* more than one RECEIPT holds */

  receive_and_confirm (conversation, 1, n_receipts);
  set_read (conversation, 0, n_receipts);
  send_many (conversation, 1, 2);
  check_letter_tells (conversation, n_receipts, 1, 2);
  check_letter_tells (conversation, 0, 0, 0);
}

static void
test_receipts_need_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  receive_and_confirm (conversation, 1, 3);
  g_assert_false (write_letter (conversation, letter, UDPNAT_RECEIPT_BYTES (1) - 1));
  g_assert_true (write_letter (conversation, letter, UDPNAT_RECEIPT_BYTES (2)));
  g_assert_cmpuint (count_receipts (letter), ==, 2);
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_letter_tells (conversation, 1, 0, 0);
}

static void
test_read_needs_room (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  set_read (conversation, 0, 1);
  g_assert_false (write_letter (conversation, letter, UDPNAT_RECEIPT_BYTES (1) - 1));
  check_letter_tells (conversation, 0, 1, 0);
}

static void
test_told_by_letter_is_told (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  receive_and_confirm (conversation, 1, 1);
  set_read (conversation, 0, 1);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  check_letter_tells (conversation, 1, 1, 0);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_false (udpnat_conversation_has_unsent (conversation));
  g_assert_cmpuint (take_receipts (conversation), ==, 0);
}

static void
test_told_by_session_is_told (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  receive_and_confirm (conversation, 1, 1);
  set_read (conversation, 0, 1);
  drop_written (conversation);
  check_letter_tells (conversation, 0, 0, 0);
  udpnat_conversation_restart (conversation); /* a session repeats READ, a letter does not */
  check_letter_tells (conversation, 0, 0, 0);
}

static void
test_failed_tells_again (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("With a peer who is away nothing else would ever tell it");
  receive_and_confirm (conversation, 1, 2);
  set_read (conversation, 0, 2);
  check_letter_tells (conversation, 2, 1, 0);
  receive_and_confirm (conversation, 3, 1);
  udpnat_conversation_finish_mail (conversation, FALSE);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  check_letter_tells (conversation, 3, 1, 0);
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_letter_tells (conversation, 0, 0, 0);
}

static void
test_failed_tells_by_session (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  receive_and_confirm (conversation, 1, 2);
  set_read (conversation, 0, 2);
  check_letter_tells (conversation, 2, 1, 0);
  udpnat_conversation_finish_mail (conversation, FALSE);
  write_all (conversation, out);
  written_init (&written, out);
  g_assert_cmpuint (written.n_receipts, ==, 2);
  g_assert_cmpuint (written.reads->len, ==, 1);
}

static void
test_failed_read_is_the_newest (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  g_auto (Written) written = { 0 };

  set_read (conversation, 0, 2);
  check_letter_tells (conversation, 0, 1, 0);
  set_read (conversation, 0, 3);
  udpnat_conversation_finish_mail (conversation, FALSE);
  g_assert_true (write_letter (conversation, letter, ROOM_BYTES));
  written_init (&written, letter);
  g_assert_cmpuint (written.reads->len, ==, 1);
  g_assert_cmpuint (g_array_index (written.reads, guint32, 0), ==, 3);
}

static void
test_receipts_are_bounded (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  g_test_summary ("A peer repeats itself while no letter can be stored");
  receive_and_confirm (conversation, 1, 1);
  for (guint round = 0; round < 4; round++)
    {
      g_assert_true (write_letter (conversation, letter, ROOM_BYTES));
      for (guint i = 0; i < 2 * UDPNAT_SEEN_IDS_MAX; i++)
        g_assert_true (read_text (conversation, 1, "x"));
      udpnat_conversation_finish_mail (conversation, FALSE);
    }
  g_assert_cmpuint (take_receipts (conversation), ==, UDPNAT_SEEN_IDS_MAX);
}

static void
test_receipt_by_letter (void)
{
  g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
  g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  g_test_summary ("Two people who are never there together");
  send_many (from, 1, 2);
  g_assert_true (write_letter (from, letter, ROOM_BYTES));
  udpnat_conversation_finish_mail (from, TRUE);
  drop_events (from);
  g_assert_true (read_all (to, 0, letter));
  confirm (to, 1);
  confirm (to, 2);
  g_assert_true (write_letter (to, letter, ROOM_BYTES));
  g_assert_true (read_all (from, 0, letter));
  check_event (from, UDPNAT_CONVERSATION_EVENT_DELIVERED, 1, NULL);
  check_event (from, UDPNAT_CONVERSATION_EVENT_DELIVERED, 2, NULL);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (from), ==, 0);
}

static void
test_letter_comes_twice (void)
{
  g_autoptr (UdpnatConversation) from = udpnat_conversation_new ();
  g_autoptr (UdpnatConversation) to = udpnat_conversation_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();

  send_many (from, 1, 2);
  g_assert_true (write_letter (from, letter, ROOM_BYTES));
  g_assert_true (read_all (to, 0, letter));
  g_assert_true (read_all (to, 0, letter));
  check_event (to, UDPNAT_CONVERSATION_EVENT_ITEM, 1, NULL);
  check_event (to, UDPNAT_CONVERSATION_EVENT_ITEM, 2, NULL);
  check_no_event (to);
}

/* ---- How long something has waited ---- */

static void
test_unmailed_items (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
  send_text (conversation, 100, 1, "x");
  send_text (conversation, 200, 2, "x");
  drop_written (conversation); /* a session does not make it safe */
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
  g_assert_true (read_receipt (conversation, 250, 1));
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 200);
  check_letter (conversation, 2, 1);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
  send_text (conversation, 300, 3, "x");
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 300);
}

static void
test_unmailed_after_answer (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_text (conversation, 100, 1, "x");
  check_letter (conversation, 1, 1);
  udpnat_conversation_finish_mail (conversation, FALSE);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
  check_letter (conversation, 1, 1);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
}

static void
test_unmailed_receipts (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 2, "x"));
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
  confirm_at (conversation, 100, 1);
  confirm_at (conversation, 200, 2);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
  g_assert_cmpuint (take_receipts (conversation), ==, 2);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
}

static void
test_unmailed_receipts_after_failure (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_true (read_text (conversation, 1, "x"));
  g_assert_true (read_text (conversation, 2, "x"));
  confirm_at (conversation, 100, 1);
  check_letter_tells (conversation, 1, 0, 0);
  confirm_at (conversation, 200, 2);
  udpnat_conversation_finish_mail (conversation, FALSE);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
}

static void
test_unmailed_read (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  set_read (conversation, 100, 1);
  set_read (conversation, 200, 2);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
  drop_written (conversation);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
  set_read (conversation, 300, 3);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 300);
}

static void
test_unmailed_is_the_oldest (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_text (conversation, 300, 1, "x");
  set_read (conversation, 200, 1);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 200);
  g_assert_true (read_text (conversation, 1, "x"));
  confirm_at (conversation, 100, 1);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
  udpnat_conversation_set_typing (conversation, TRUE);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, 100);
}

/* ---- The peer accepts us ---- */

static void
receive_accept (UdpnatConversation *conversation,
                guint32             number)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (number);

  udpnat_write_item (in, UDPNAT_ITEM_ACCEPT, &id, SENT_US, NULL, 0);
  g_assert_true (read_all (conversation, 0, in));
  drop_events (conversation);
}

static void
test_accepted_mails_again (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("What it refused from a stranger is in its mailbox no more");
  send_many (conversation, 1, 3);
  post_letter (conversation);
  g_assert_true (read_receipt (conversation, 0, 1));
  send_many (conversation, 4, 1);
  receive_accept (conversation, 100);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 3);
  check_letter (conversation, 2, 3);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

static void
test_accepted_once (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("A repeated item says nothing new");
  receive_accept (conversation, 100);
  send_many (conversation, 1, 1);
  post_letter (conversation);
  receive_accept (conversation, 100);
  check_letter (conversation, 0, 0);
}

static void
test_accepted_with_the_only_letter_under_way (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("The letter does not say that it begins: the peer has perhaps given it back");
  send_many (conversation, 1, 2);
  check_letter (conversation, 1, 2);
  udpnat_conversation_finish_mail (conversation, TRUE);
  send_many (conversation, 3, 1);
  check_letter (conversation, 3, 1);
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_true (read_receipt (conversation, 0, 2));
  receive_accept (conversation, 100);
  udpnat_conversation_finish_mail (conversation, TRUE);
  check_begin (conversation, 1);
}

static void
test_receipt_after_acceptance (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("Also for what the mailbox had from an earlier run");
  g_assert_true (try_send (conversation, 0, 1, "x", TRUE));
  receive_accept (conversation, 100);
  g_assert_true (read_receipt (conversation, 0, 1));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_DELIVERED, 1, NULL);
}

static void
test_accepted_with_letter_under_way (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  send_many (conversation, 1, 2);
  post_letter (conversation);
  send_many (conversation, 3, 2);
  check_letter (conversation, 3, 2);
  receive_accept (conversation, 100);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 4);
  check_letter (conversation, 1, 4); /* the two before them must come first */
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
  check_letter (conversation, 0, 0);
}

/* ---- What neither the peer nor its mailbox has ---- */

static void
test_unstored (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
  send_many (conversation, 1, 4);
  drop_written (conversation);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 4);
  check_letter (conversation, 1, 4);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 4); /* under way */
  g_assert_true (read_receipt (conversation, 0, 1));
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 3);
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 3);
  g_assert_true (read_receipt (conversation, 0, 2));
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

/* ---- From an earlier run ---- */

static void
restore_stored (UdpnatConversation *conversation,
                guint32             first,
                guint               n_items)
{
  for (guint i = 0; i < n_items; i++)
    g_assert_true (try_send (conversation, 0, first + i, "x", TRUE));
}

static void
test_restored_not_mailed (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  restore_stored (conversation, 1, 3);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 3);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (conversation), ==, UDPNAT_TIME_NEVER);
  check_letter (conversation, 0, 0);
  send_many (conversation, 4, 2);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 2);
  check_letter (conversation, 4, 2);
}

static void
test_restored_still_said (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();

  restore_stored (conversation, 1, 3);
  g_assert_true (udpnat_conversation_has_unsent (conversation));
  write_all (conversation, out);
  check_texts (out, 1, 3);
}

static void
test_restored_receipt (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("The peer has it from its mailbox, before this run has written anything");
  restore_stored (conversation, 1, 2);
  g_assert_true (read_receipt (conversation, 0, 2));
  check_event (conversation, UDPNAT_CONVERSATION_EVENT_DELIVERED, 2, NULL);
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (conversation), ==, 1);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

static void
test_restored_behind_others (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();

  g_test_summary ("A damaged history: a later one is marked as stored, an earlier one is not");
  send_many (conversation, 1, 1);
  restore_stored (conversation, 2, 1);
  send_many (conversation, 3, 1);
  check_letter (conversation, 1, 3); /* known at the peer, and in order whatever it has */
  udpnat_conversation_finish_mail (conversation, TRUE);
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
  g_assert_true (withdraw (conversation, 2));
  g_assert_cmpuint (udpnat_conversation_get_unstored (conversation), ==, 0);
}

/* ---- Long outboxes ---- */

static void
test_unknown_receipts_cost_little (void)
{
  g_autoptr (UdpnatConversation) conversation = udpnat_conversation_new ();
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId ids[256];

  g_test_summary ("A peer sends receipts for what it was never sent: no search through everything");
  restore_stored (conversation, 1, UDPNAT_OUTBOX_MAX);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = make_id (1000000 + i);
  for (guint i = 0; i < 200; i++)
    udpnat_write_receipt (in, UDPNAT_RECEIPT_DELIVERED, ids, G_N_ELEMENTS (ids));
  g_assert_true (read_all (conversation, 0, in));
  check_no_event (conversation);
}

#define ADD(path, function) g_test_add_func ("/chat-mail/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("letter/items-in-order", test_items_in_order);
  ADD ("letter/as-many-as-fit", test_as_many_as_fit);
  ADD ("letter/appended", test_appended);
  ADD ("letter/begins-with-the-oldest", test_begin);
  ADD ("refusal/ends-with-a-session", test_refusal_ends_with_session);
  ADD ("refusal/ends-with-a-letter-that-begins", test_refusal_ends_with_begin);
  ADD ("refusal/letters-wait-for-one-that-begins", test_needs_begin);
  ADD ("refusal/skipped-stops-nothing", test_skipped_stops_nothing);
  ADD ("letter/nothing-overtakes", test_nothing_overtakes);
  ADD ("letter/beyond-the-window", test_beyond_the_window);
  ADD ("letter/what-a-stream-took", test_what_a_stream_took);
  ADD ("letter/not-twice", test_not_twice);
  ADD ("letter/no-typing", test_no_typing);
  ADD ("stored/told-when-it-is", test_stored_is_told);
  ADD ("stored/told-once", test_stored_is_told_once);
  ADD ("stored/still-said-by-a-session", test_stored_is_still_said);
  ADD ("failed/written-again", test_failed_is_written_again);
  ADD ("failed/without-what-was-stored", test_failed_after_stored);
  ADD ("failed/without-what-is-gone", test_failed_without_some);
  ADD ("failed/when-all-is-gone", test_failed_without_all);
  ADD ("answer/without-letter-is-nothing", test_answer_without_letter);
  ADD ("session/does-without-letters", test_letter_leaves_the_stream);
  ADD ("session/leaves-letters-alone", test_session_leaves_the_letter);
  ADD ("withdraw/next-one", test_withdraw_next_letter);
  ADD ("withdraw/last-one", test_withdraw_last_of_letter);
  ADD ("withdraw/in-a-letter", test_withdraw_in_letter);
  ADD ("withdraw/stored", test_withdraw_stored);
  ADD ("ride/all-in-one-letter", test_all_in_one_letter);
  ADD ("ride/receipts-need-room", test_receipts_need_room);
  ADD ("ride/read-needs-room", test_read_needs_room);
  ADD ("ride/told-by-letter-is-told", test_told_by_letter_is_told);
  ADD ("ride/told-by-session-is-told", test_told_by_session_is_told);
  ADD ("ride/failed-tells-again", test_failed_tells_again);
  ADD ("ride/failed-tells-by-session", test_failed_tells_by_session);
  ADD ("ride/failed-read-is-the-newest", test_failed_read_is_the_newest);
  ADD ("ride/receipts-bounded", test_receipts_are_bounded);
  ADD ("ride/receipts-come-by-letter", test_receipt_by_letter);
  ADD ("ride/letter-comes-twice", test_letter_comes_twice);
  ADD ("unmailed/items", test_unmailed_items);
  ADD ("unmailed/after-the-answer", test_unmailed_after_answer);
  ADD ("unmailed/receipts", test_unmailed_receipts);
  ADD ("unmailed/receipts-after-failure", test_unmailed_receipts_after_failure);
  ADD ("unmailed/read", test_unmailed_read);
  ADD ("unmailed/oldest-of-all", test_unmailed_is_the_oldest);
  ADD ("accepted/mailed-again", test_accepted_mails_again);
  ADD ("accepted/once", test_accepted_once);
  ADD ("accepted/with-a-letter-under-way", test_accepted_with_letter_under_way);
  ADD ("accepted/only-letter-under-way-is-mailed-again",
       test_accepted_with_the_only_letter_under_way);
  ADD ("accepted/receipts-count-before-it-is", test_receipt_after_acceptance);
  ADD ("unstored/neither-here-nor-there", test_unstored);
  ADD ("restored/not-mailed-again", test_restored_not_mailed);
  ADD ("restored/still-said", test_restored_still_said);
  ADD ("restored/receipt-counts", test_restored_receipt);
  ADD ("restored/behind-others", test_restored_behind_others);
  ADD ("long/unknown-receipts-cost-little", test_unknown_receipts_cost_little);

  return g_test_run ();
}
