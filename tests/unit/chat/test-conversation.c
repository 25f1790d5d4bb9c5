#include "config.h"

#include <string.h>

#include "udpnat-chat-message.h"
#include "udpnat-conversation.h"
#include "udpnat-limits.h"

/* Two conversations, and a carrier between them that a test can drop half-way. */
typedef struct
{
  UdpnatConversation *ends[2];
  guint64             n_ids;
} Talk;

static void
talk_init (Talk *talk)
{
  memset (talk, 0, sizeof *talk);
  talk->ends[0] = udpnat_conversation_new ();
  talk->ends[1] = udpnat_conversation_new ();
}

static void
talk_clear (Talk *talk)
{
  udpnat_conversation_free (talk->ends[0]);
  udpnat_conversation_free (talk->ends[1]);
}

static UdpnatMessageId
next_id (Talk *talk)
{
  UdpnatMessageId id = { 0 };

  talk->n_ids++;
  memcpy (id.bytes, &talk->n_ids, sizeof talk->n_ids);
  return id;
}

static void
say (Talk       *talk,
     guint       from,
     const char *text)
{
  UdpnatMessageId id = next_id (talk);

  g_assert_true (udpnat_conversation_send (talk->ends[from], 1000, &id, 7, text, strlen (text)));
}

static void
hear (UdpnatConversation *end,
      const GByteArray   *bytes)
{
  gsize n_done = 0;

  while (n_done < bytes->len)
    {
      UdpnatMessageView view;
      gsize n_consumed;

      g_assert_cmpint (udpnat_message_parse (bytes->data + n_done, bytes->len - n_done, &view,
                                             &n_consumed), ==, UDPNAT_MESSAGE_COMPLETE);
      g_assert_true (udpnat_conversation_handle_message (end, 5000, view.type, view.body,
                                                         view.n_body));
      n_done += n_consumed;
    }
}

/* Carries at most @n_messages messages from @from to the other end; returns how many there were. */
static guint
carry (Talk *talk,
       guint from,
       guint n_messages)
{
  guint n_carried = 0;

  while (n_carried < n_messages)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      if (!udpnat_conversation_write_next (talk->ends[from], bytes, G_MAXUINT16 * 2))
        break;
      hear (talk->ends[1 - from], bytes);
      n_carried++;
    }
  return n_carried;
}

/* Pops all events of @end; counts those of @type and appends texts of messages to @out_texts. */
static guint
count_events (UdpnatConversation          *end,
              UdpnatConversationEventType  type,
              gboolean                     is_confirming,
              GString                     *out_texts)
{
  UdpnatConversationEvent event;
  guint n_events = 0;

  while (udpnat_conversation_pop_event (end, &event))
    {
      if (event.type == type)
        n_events++;
      if (event.type == UDPNAT_CONVERSATION_EVENT_MESSAGE)
        {
          if (out_texts != NULL)
            g_string_append (out_texts, event.text);
          if (is_confirming)
            udpnat_conversation_confirm (end, &event.id);
        }
      g_free (event.text);
    }
  return n_events;
}

static void
test_delivered_after_confirm (void)
{
  Talk talk;

  talk_init (&talk);
  say (&talk, 0, "a");
  g_assert_true (udpnat_conversation_has_unsent (talk.ends[0]));
  g_assert_cmpuint (carry (&talk, 0, 9), ==, 1);
  g_assert_false (udpnat_conversation_has_unsent (talk.ends[0]));
  g_assert_cmpuint (count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, FALSE, NULL),
                    ==, 1);
  g_assert_cmpuint (carry (&talk, 1, 9), ==, 0); /* not confirmed: no receipt */
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (talk.ends[0]), ==, 1);
  talk_clear (&talk);
}

static void
test_elapsed (void)
{
  UdpnatConversationEvent event;
  Talk talk;

  talk_init (&talk);
  say (&talk, 0, "a");
  carry (&talk, 0, 9);
  count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, NULL);
  g_assert_cmpuint (carry (&talk, 1, 9), ==, 1);
  g_assert_true (udpnat_conversation_pop_event (talk.ends[0], &event));
  g_assert_cmpint (event.type, ==, UDPNAT_CONVERSATION_EVENT_SENT);
  g_assert_true (udpnat_conversation_pop_event (talk.ends[0], &event));
  g_assert_cmpint (event.type, ==, UDPNAT_CONVERSATION_EVENT_DELIVERED);
  g_assert_cmpint (event.elapsed_us, ==, 4000);
  g_assert_false (udpnat_conversation_pop_event (talk.ends[0], &event));
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (talk.ends[0]), ==, 0);
  talk_clear (&talk);
}

static void
test_repeat_gets_receipt_again (void)
{
  g_autoptr (GString) texts = g_string_new (NULL);
  Talk talk;

  talk_init (&talk);
  say (&talk, 0, "a");
  say (&talk, 0, "b");
  carry (&talk, 0, 9);
  count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, texts);
  udpnat_conversation_restart (talk.ends[0]); /* the receipts were lost with their session */
  udpnat_conversation_restart (talk.ends[1]);
  g_assert_cmpuint (carry (&talk, 0, 9), ==, 2);
  g_assert_cmpuint (count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, texts),
                    ==, 0);
  carry (&talk, 1, 9);
  g_assert_cmpuint (count_events (talk.ends[0], UDPNAT_CONVERSATION_EVENT_DELIVERED, FALSE, NULL),
                    ==, 2);
  g_assert_cmpstr (texts->str, ==, "ab");
  talk_clear (&talk);
}

static void
test_early_also_in_stream (void)
{
  g_autoptr (GByteArray) early = g_byte_array_new ();
  g_autoptr (GString) texts = g_string_new (NULL);
  gsize n_one = UDPNAT_TEXT_OVERHEAD_BYTES + 1;
  Talk talk;

  talk_init (&talk);
  say (&talk, 0, "a");
  say (&talk, 0, "b");
  udpnat_conversation_write_early (talk.ends[0], early, 2 * n_one - 1);
  g_assert_cmpuint (early->len, ==, n_one); /* whole messages, oldest first */
  hear (talk.ends[1], early);
  g_assert_cmpuint (carry (&talk, 0, 9), ==, 2);
  count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, texts);
  g_assert_cmpstr (texts->str, ==, "ab");
  g_assert_cmpuint (count_events (talk.ends[0], UDPNAT_CONVERSATION_EVENT_SENT, FALSE, NULL),
                    ==, 2);
  talk_clear (&talk);
}

static void
test_on_wire_limit (void)
{
  Talk talk;

  talk_init (&talk);
  for (guint i = 0; i <= UDPNAT_MESSAGES_ON_WIRE_MAX; i++)
    say (&talk, 0, "x");
  g_assert_cmpuint (carry (&talk, 0, G_MAXUINT), ==, UDPNAT_MESSAGES_ON_WIRE_MAX);
  count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, NULL);
  g_assert_cmpuint (carry (&talk, 1, 1), ==, 1);
  g_assert_cmpuint (carry (&talk, 0, G_MAXUINT), ==, 1);
  talk_clear (&talk);
}

static void
test_text_limits (void)
{
  g_autofree char *text = g_strnfill (UDPNAT_TEXT_MAX_BYTES + 1, 'x');
  UdpnatMessageId id = { { 1 } };
  Talk talk;

  talk_init (&talk);
  g_assert_false (udpnat_conversation_send (talk.ends[0], 0, &id, 0, "", 0));
  g_assert_false (udpnat_conversation_send (talk.ends[0], 0, &id, 0, "\xff", 1));
  g_assert_false (udpnat_conversation_send (talk.ends[0], 0, &id, 0, "a\0b", 3));
  g_assert_false (udpnat_conversation_send (talk.ends[0], 0, &id, 0, text,
                                            UDPNAT_TEXT_MAX_BYTES + 1));
  g_assert_true (udpnat_conversation_send (talk.ends[0], 0, &id, 0, text, UDPNAT_TEXT_MAX_BYTES));
  g_assert_cmpuint (carry (&talk, 0, 9), ==, 1);
  talk_clear (&talk);
}

static void
test_rubbish (void)
{
  static const guint8 body[40] = { 0 };
  Talk talk;

  talk_init (&talk);
  g_assert_true (udpnat_conversation_handle_message (talk.ends[0], 0, 0x7f, body, sizeof body));
  g_assert_false (udpnat_conversation_handle_message (talk.ends[0], 0, UDPNAT_CHAT_TEXT, body, 3));
  g_assert_false (udpnat_conversation_handle_message (talk.ends[0], 0, UDPNAT_CHAT_RECEIPT, body,
                                                      2));
  g_assert_cmpuint (count_events (talk.ends[0], UDPNAT_CONVERSATION_EVENT_MESSAGE, FALSE, NULL),
                    ==, 0);
  talk_clear (&talk);
}

/* Carriers that break after any number of messages, in both directions: what arrives is what was
 * said. */
static void
test_random_carriers (void)
{
  for (guint32 seed = 1; seed <= 200; seed++)
    {
      g_autoptr (GRand) random = g_rand_new_with_seed (seed);
      g_autoptr (GString) said = g_string_new (NULL);
      g_autoptr (GString) heard = g_string_new (NULL);
      Talk talk;

      talk_init (&talk);
      for (guint step = 0; step < 300; step++)
        {
          char text[] = { 'a' + (char) g_rand_int_range (random, 0, 26), '\0' };

          switch (g_rand_int_range (random, 0, 4))
            {
            case 0:
              say (&talk, 0, text);
              g_string_append (said, text);
              break;
            case 1:
              carry (&talk, 0, (guint) g_rand_int_range (random, 0, 5));
              break;
            case 2:
              carry (&talk, 1, (guint) g_rand_int_range (random, 0, 3));
              break;
            case 3:
              udpnat_conversation_restart (talk.ends[0]);
              udpnat_conversation_restart (talk.ends[1]);
              break;
            }
          count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, heard);
        }
      udpnat_conversation_restart (talk.ends[0]);
      carry (&talk, 0, G_MAXUINT);
      count_events (talk.ends[1], UDPNAT_CONVERSATION_EVENT_MESSAGE, TRUE, heard);
      carry (&talk, 1, G_MAXUINT);
      g_assert_cmpstr (heard->str, ==, said->str);
      g_assert_cmpuint (udpnat_conversation_get_unreceipted (talk.ends[0]), ==, 0);
      talk_clear (&talk);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/conversation/receipt/only-after-confirm", test_delivered_after_confirm);
  g_test_add_func ("/conversation/receipt/elapsed-from-send", test_elapsed);
  g_test_add_func ("/conversation/receipt/again-for-a-repeat", test_repeat_gets_receipt_again);
  g_test_add_func ("/conversation/early/also-in-the-stream", test_early_also_in_stream);
  g_test_add_func ("/conversation/wire/at-most-512-without-receipt", test_on_wire_limit);
  g_test_add_func ("/conversation/text/limits", test_text_limits);
  g_test_add_func ("/conversation/wire/rubbish-is-refused", test_rubbish);
  g_test_add_func ("/conversation/random/exactly-once-in-order", test_random_carriers);

  return g_test_run ();
}
