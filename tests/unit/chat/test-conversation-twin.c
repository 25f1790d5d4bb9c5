/* Two sides and everything that may lie between them: streams that die, early data that may be
 * lost, letters that are stored or not, fetched late, twice or never. What each side has heard is
 * always a beginning of what the other said, and in the end it is all of it. And one side against a
 * naive list of what waits. */

#include "config.h"

#include "chat-talk.h"

typedef struct
{
  const char *path;
  guint       n_rounds;
  guint       n_steps;
  guint       lost_percent; /* of steps that end a session; at most 9 */
  gboolean    has_streams;
  gboolean    has_letters;
} Scene;

enum
{
  IS_SENT = 1 << 0,
  IS_STORED = 1 << 1,
  IS_DELIVERED = 1 << 2,
};

typedef struct
{
  UdpnatConversation *conversation;
  GByteArray         *carrier; /* of this side's stream, on its way */
  GByteArray         *letter;  /* of this side, that the mailbox has not answered for; NULL: none */
  GQueue              mailbox; /* of GByteArray: letters to this side, oldest first */
  gboolean            is_mailbox_gone; /* for good, with all that was in it */
  GArray             *held;    /* numbers received and not confirmed yet */
  GArray             *states;  /* guint8 by own number: IS_SENT and so on */
  guint32             n_said;
  guint32             n_heard; /* of the other's; numbers 0 to n_heard − 1 */
  guint32             n_read;  /* as told to the other: it has seen so many */
  guint32             n_read_by_other;
  guint               n_stored; /* and not delivered */
  guint               n_delivered;
} Side;

static void
drop_letter (gpointer letter)
{
  g_byte_array_unref (letter);
}

static void
side_init (Side *side)
{
  *side = (Side) {
    .conversation = udpnat_conversation_new (),
    .carrier = g_byte_array_new (),
    .mailbox = G_QUEUE_INIT,
    .held = g_array_new (FALSE, FALSE, sizeof (guint32)),
    .states = g_array_new (FALSE, TRUE, sizeof (guint8)),
  };
}

static void
side_clear (Side *side)
{
  udpnat_conversation_free (side->conversation);
  g_byte_array_unref (side->carrier);
  g_clear_pointer (&side->letter, g_byte_array_unref);
  g_queue_clear_full (&side->mailbox, drop_letter);
  g_array_unref (side->held);
  g_array_unref (side->states);
}

/* ---- What a side does and is told ---- */

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

/* Neither twice nor out of order. */
static void
side_take_item (Side             *side,
                guint32           number,
                const UdpnatItem *item)
{
  g_autofree char *text = udpnat_item_dup_text (item);

  g_assert_cmpuint (number, ==, side->n_heard);
  g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, number);
  side->n_heard++;
  g_array_append_val (side->held, number);
}

static void
side_take_state (Side    *side,
                 guint32  number,
                 guint8   needed,
                 guint8   forbidden,
                 guint8   added)
{
  guint8 *state;

  g_assert_cmpuint (number, <, side->n_said);
  state = &g_array_index (side->states, guint8, number);
  g_assert_cmpuint (*state & needed, ==, needed);
  g_assert_cmpuint (*state & forbidden, ==, 0);
  if (added == IS_STORED)
    side->n_stored++;
  if (added == IS_DELIVERED && (*state & IS_STORED) != 0)
    side->n_stored--;
  if (added == IS_DELIVERED)
    side->n_delivered++;
  *state |= added;
}

static void
side_take_event (Side                          *side,
                 const UdpnatConversationEvent *event)
{
  guint32 number = get_number (&event->id);

  switch (event->type)
    {
    case UDPNAT_CONVERSATION_EVENT_ITEM:
      side_take_item (side, number, event->item);
      break;
    case UDPNAT_CONVERSATION_EVENT_SENT:
      side_take_state (side, number, 0, IS_SENT | IS_STORED | IS_DELIVERED, IS_SENT);
      break;
    case UDPNAT_CONVERSATION_EVENT_STORED:
      side_take_state (side, number, IS_SENT, IS_STORED | IS_DELIVERED, IS_STORED);
      break;
    case UDPNAT_CONVERSATION_EVENT_DELIVERED:
      side_take_state (side, number, IS_SENT, IS_DELIVERED, IS_DELIVERED);
      break;
    case UDPNAT_CONVERSATION_EVENT_READ:
      g_assert_cmpuint (number, <, side->n_said);
      side->n_read_by_other = MAX (side->n_read_by_other, number + 1);
      break;
    case UDPNAT_CONVERSATION_EVENT_TYPING:
    case UDPNAT_CONVERSATION_EVENT_RESUMED:
      break;
    }
}

static void
side_take_events (Side *side)
{
  UdpnatConversationEvent event;

  while (udpnat_conversation_pop_event (side->conversation, &event))
    {
      side_take_event (side, &event);
      udpnat_item_free (event.item);
    }
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (side->conversation), ==,
                    side->n_said - side->n_delivered);
  g_assert_cmpuint (udpnat_conversation_get_unstored (side->conversation), ==,
                    side->n_said - side->n_delivered - side->n_stored);
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

static void
side_look (Side *side)
{
  udpnat_conversation_set_typing (side->conversation, g_test_rand_bit ());
  if (side->n_read == side->n_heard)
    return;
  side->n_read = side->n_heard;
  set_read (side->conversation, 0, side->n_read - 1);
}

/* ---- Streams and handshakes ---- */

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

/* A handshake carries the oldest items, all of them or none. */
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

/* ---- Letters ---- */

static void
side_post (Side *side)
{
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  gsize n_max = (gsize) g_test_rand_int_range (0, 2000);

  if (side->letter != NULL)
    return;
  if (udpnat_conversation_write_mail (side->conversation, letter, n_max))
    side->letter = g_steal_pointer (&letter);
  g_assert_cmpuint (side->letter != NULL ? side->letter->len : 0, <=, n_max);
}

/* The mailbox stores the letter or not; when it does the answer may be lost all the same. */
static void
side_answer (Side     *side,
             Side     *other,
             gboolean  is_sure)
{
  gboolean is_stored = is_sure || g_test_rand_int_range (0, 3) > 0;
  gboolean is_told = is_sure || g_test_rand_int_range (0, 3) > 0;

  if (side->letter == NULL)
    return;
  is_stored = is_stored && !other->is_mailbox_gone;
  if (is_stored)
    g_queue_push_tail (&other->mailbox, g_steal_pointer (&side->letter));
  g_clear_pointer (&side->letter, g_byte_array_unref);
  udpnat_conversation_finish_mail (side->conversation, is_stored && is_told);
}

/* The oldest letter; it comes again when the mailbox does not hear that it came. */
static void
side_fetch (Side     *side,
            gboolean  is_sure)
{
  GByteArray *letter = g_queue_peek_head (&side->mailbox);

  if (letter == NULL)
    return;
  g_assert_true (read_all (side->conversation, 0, letter));
  side_take_events (side);
  if (is_sure || g_test_rand_bit ())
    g_byte_array_unref (g_queue_pop_head (&side->mailbox));
}

static void
side_lose_mailbox (Side *side)
{
  side->is_mailbox_gone = TRUE;
  g_queue_clear_full (&side->mailbox, drop_letter);
}

/* ---- A run ---- */

static void
step_stream (const Scene *scene,
             Side        *a,
             Side        *b)
{
  guint dice = (guint) g_test_rand_int_range (0, 100);

  if (dice < 2 * scene->lost_percent)
    lose_session (a, b);
  else if (dice < 50)
    (void) udpnat_conversation_write_next (a->conversation, a->carrier,
                                           (gsize) g_test_rand_int_range (0, 400));
  else if (dice < 90)
    side_hear (b, a, (gsize) g_test_rand_int_range (0, (gint32) a->carrier->len + 1));
  else
    side_shake_hands (a, b); /* a rekeying: the streams go on */
}

static void
step_letter (const Scene *scene,
             Side        *a,
             Side        *b)
{
  guint dice = (guint) g_test_rand_int_range (0, 1000);

  if (dice < 300)
    side_post (a);
  else if (dice < 600)
    side_answer (a, b, FALSE);
  else if (dice < 999 || !scene->has_streams)
    side_fetch (a, FALSE);
  else
    side_lose_mailbox (a);
}

static void
step (const Scene *scene,
      Side        *a,
      Side        *b)
{
  guint dice = (guint) g_test_rand_int_range (0, 100);

  if (dice < 25)
    side_say (a);
  else if (dice < 45)
    side_confirm_one (a);
  else if (dice < 50)
    side_look (a);
  else if (scene->has_streams && (!scene->has_letters || g_test_rand_bit ()))
    step_stream (scene, a, b);
  else
    step_letter (scene, a, b);
  side_take_events (a);
  side_take_events (b);
  g_assert_cmpuint (b->n_heard, <=, a->n_said);
}

static void
confirm_all (Side *side)
{
  while (side->held->len > 0)
    side_confirm_one (side);
}

static gboolean
has_all (const Side *a,
         const Side *b)
{
  return a->n_delivered == a->n_said && b->n_delivered == b->n_said &&
         a->n_read_by_other == b->n_read && b->n_read_by_other == a->n_read;
}

/* One after the other: nothing is lost any more. */
static void
finish_one (const Scene *scene,
            Side        *a,
            Side        *b)
{
  if (scene->has_streams)
    {
      write_all (a->conversation, a->carrier);
      side_hear (b, a, a->carrier->len);
    }
  else
    {
      side_post (a);
      side_answer (a, b, TRUE);
      side_take_events (a);
      while (b->mailbox.length > 0)
        side_fetch (b, TRUE);
    }
  side_take_events (a);
  confirm_all (b);
}

static void
finish (const Scene *scene,
        Side        *a,
        Side        *b)
{
  guint n_rounds = 0;

  confirm_all (a);
  confirm_all (b);
  if (scene->has_streams)
    lose_session (a, b); /* one more that begins anew, and lives */
  while (!has_all (a, b))
    {
      g_assert_cmpuint (n_rounds++, <, 100 + 20 * (a->n_said + b->n_said));
      finish_one (scene, a, b);
      finish_one (scene, b, a);
    }
}

/* What is left in the mailbox comes when everything has been said. */
static void
finish_late_letters (Side *side)
{
  guint32 n_heard = side->n_heard;

  while (side->mailbox.length > 0)
    side_fetch (side, TRUE);
  g_assert_cmpuint (side->n_heard, ==, n_heard);
}

static void
check_side (const Side *side,
            const Side *other)
{
  g_assert_cmpuint (other->n_heard, ==, side->n_said);
  g_assert_cmpuint (side->n_delivered, ==, side->n_said);
  g_assert_cmpuint (other->n_read, ==, side->n_read_by_other);
}

static void
run (const Scene *scene)
{
  Side sides[2];

  side_init (&sides[0]);
  side_init (&sides[1]);
  for (guint i = 0; i < scene->n_steps; i++)
    {
      guint which = (guint) g_test_rand_bit ();

      step (scene, &sides[which], &sides[!which]);
    }
  finish (scene, &sides[0], &sides[1]);
  finish_late_letters (&sides[0]);
  finish_late_letters (&sides[1]);
  check_side (&sides[0], &sides[1]);
  check_side (&sides[1], &sides[0]);
  side_clear (&sides[0]);
  side_clear (&sides[1]);
}

static void
test_scene (gconstpointer user_data)
{
  const Scene *scene = user_data;

  for (guint round = 0; round < scene->n_rounds; round++)
    run (scene);
}

static const Scene scenes[] = {
  { "/chat-twin/streams/good", 12, 1000, 0, TRUE, FALSE },
  { "/chat-twin/streams/die", 40, 1000, 4, TRUE, FALSE },
  { "/chat-twin/streams/long", 10, 8000, 4, TRUE, FALSE },
  { "/chat-twin/letters/alone", 40, 1000, 0, FALSE, TRUE },
  { "/chat-twin/letters/beside-streams", 12, 1000, 0, TRUE, TRUE },
  { "/chat-twin/letters/beside-streams-that-die", 40, 1000, 4, TRUE, TRUE },
  { "/chat-twin/letters/long", 10, 8000, 4, TRUE, TRUE },
};

/* ---- One side against a naive list ---- */

typedef struct
{
  guint32  number;
  gboolean is_sent;
  gboolean is_on_wire;
  gboolean is_in_letter;
  gboolean is_stored;
} Waiting;

typedef struct
{
  UdpnatConversation *conversation;
  GArray             *list; /* of Waiting, oldest first */
  guint32             n_said;
  guint32             n_accepts;
  gboolean            is_letter_open;
  guint               n_full; /* times that the window held something back */
} Model;

static void
model_check_texts (const GByteArray *out,
                   const GArray     *expected)
{
  g_auto (Written) written = { 0 };

  written_init (&written, out);
  g_assert_cmpuint (written.items->len, ==, expected->len);
  for (guint i = 0; i < expected->len; i++)
    g_assert_cmpuint (g_array_index (written.items, guint32, i), ==,
                      g_array_index (expected, guint32, i));
}

static guint
model_count_on_wire (const Model *model)
{
  guint n_on_wire = 0;

  for (guint i = 0; i < model->list->len; i++)
    n_on_wire += g_array_index (model->list, Waiting, i).is_on_wire ? 1 : 0;
  return n_on_wire;
}

static void
model_send (Model *model,
            guint  n_items)
{
  for (; n_items > 0; n_items--)
    {
      Waiting waiting = { .number = model->n_said++ };

      send_text (model->conversation, 0, waiting.number, "x");
      g_array_append_val (model->list, waiting);
    }
}

static void
model_write (Model *model,
             guint  n_max)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint n_on_wire = model_count_on_wire (model);

  for (guint i = 0; i < n_max; i++)
    if (!udpnat_conversation_write_next (model->conversation, out, ROOM_BYTES))
      break;
  for (guint i = 0; i < model->list->len; i++)
    {
      Waiting *waiting = &g_array_index (model->list, Waiting, i);

      if (waiting->is_on_wire)
        continue;
      model->n_full += n_on_wire == UDPNAT_MESSAGES_ON_WIRE_MAX ? 1 : 0;
      if (expected->len == n_max || n_on_wire == UDPNAT_MESSAGES_ON_WIRE_MAX)
        break;
      waiting->is_on_wire = waiting->is_sent = TRUE;
      n_on_wire++;
      g_array_append_val (expected, waiting->number);
    }
  model_check_texts (out, expected);
}

static void
model_restart (Model *model)
{
  udpnat_conversation_restart (model->conversation);
  for (guint i = 0; i < model->list->len; i++)
    g_array_index (model->list, Waiting, i).is_on_wire = FALSE;
}

/* Items are all of one size here. */
static void
model_post (Model *model,
            guint  n_max)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean is_written;

  if (model->is_letter_open)
    return;
  is_written = udpnat_conversation_write_mail (model->conversation, out,
                                               UDPNAT_BEGIN_BYTES
                                                 + n_max * (UDPNAT_ITEM_OVERHEAD_BYTES + 1));
  for (guint i = 0; i < model->list->len && expected->len < n_max; i++)
    {
      Waiting *waiting = &g_array_index (model->list, Waiting, i);

      if (waiting->is_stored)
        continue;
      waiting->is_in_letter = waiting->is_sent = TRUE;
      g_array_append_val (expected, waiting->number);
    }
  g_assert_cmpint (is_written, ==, expected->len > 0);
  model_check_texts (out, expected);
  model->is_letter_open = is_written;
}

static void
model_answer (Model    *model,
              gboolean  is_stored)
{
  udpnat_conversation_finish_mail (model->conversation, is_stored);
  for (guint i = 0; i < model->list->len; i++)
    {
      Waiting *waiting = &g_array_index (model->list, Waiting, i);

      waiting->is_stored |= waiting->is_in_letter && is_stored;
      waiting->is_in_letter = FALSE;
    }
  model->is_letter_open = FALSE;
}

/* The peer accepts us, in a new item each time: what its mailbox had is to be mailed anew, and what
 * a letter has just taken up. */
static void
model_accept (Model *model)
{
  g_autoptr (GByteArray) in = g_byte_array_new ();
  UdpnatMessageId id = make_id (G_MAXUINT32 - model->n_accepts++);

  udpnat_write_item (in, UDPNAT_ITEM_ACCEPT, &id, SENT_US, NULL, 0);
  g_assert_true (read_all (model->conversation, 0, in));
  for (guint i = 0; i < model->list->len; i++)
    {
      Waiting *waiting = &g_array_index (model->list, Waiting, i);

      waiting->is_sent |= waiting->is_stored;
      waiting->is_stored = waiting->is_in_letter = FALSE;
    }
}

/* Receipts and withdrawals come mostly for old ones, where it matters. */
static guint
model_choose (const Model *model)
{
  gint32 n_near = g_test_rand_bit () ? 10 : G_MAXINT32;

  return (guint) g_test_rand_int_range (0, MIN (n_near, (gint32) model->list->len));
}

static void
model_take_receipt (Model *model)
{
  guint at = model_choose (model);
  const Waiting *waiting = &g_array_index (model->list, Waiting, at);

  g_assert_true (read_receipt (model->conversation, 0, waiting->number));
  if (waiting->is_sent || waiting->is_stored)
    g_array_remove_index (model->list, at);
}

static void
model_withdraw (Model *model)
{
  guint at = model_choose (model);

  g_assert_true (withdraw (model->conversation,
                           g_array_index (model->list, Waiting, at).number));
  g_array_remove_index (model->list, at);
}

static void
model_check (const Model *model)
{
  guint n_unstored = 0;
  gboolean has_unsent = FALSE;
  gboolean has_unmailed = FALSE;

  for (guint i = 0; i < model->list->len; i++)
    {
      const Waiting *waiting = &g_array_index (model->list, Waiting, i);

      n_unstored += waiting->is_stored ? 0 : 1;
      has_unsent |= !waiting->is_on_wire;
      has_unmailed |= !waiting->is_stored && !waiting->is_in_letter;
    }
  g_assert_cmpuint (udpnat_conversation_get_unreceipted (model->conversation), ==,
                    model->list->len);
  g_assert_cmpuint (udpnat_conversation_get_unstored (model->conversation), ==, n_unstored);
  g_assert_cmpint (udpnat_conversation_has_unsent (model->conversation), ==, has_unsent);
  g_assert_cmpint (udpnat_conversation_get_unmailed_since (model->conversation)
                     != UDPNAT_TIME_NEVER, ==, has_unmailed);
}

static void
model_step (Model *model)
{
  guint dice = (guint) g_test_rand_int_range (0, 100);

  if (dice < 20)
    model_send (model, (guint) g_test_rand_int_range (1, 30));
  else if (dice < 40)
    model_write (model, (guint) g_test_rand_int_range (0, 60));
  else if (dice < 41)
    model_restart (model);
  else if (dice < 50)
    model_post (model, (guint) g_test_rand_int_range (0, 40));
  else if (dice < 57)
    model_answer (model, g_test_rand_bit ());
  else if (dice < 58)
    model_accept (model);
  else if (model->list->len > 0 && g_test_rand_bit ())
    model_take_receipt (model);
  else if (model->list->len > 0)
    model_withdraw (model);
}

static void
test_against_list (void)
{
  guint n_full = 0;

  for (guint round = 0; round < 20; round++)
    {
      Model model = {
        .conversation = udpnat_conversation_new (),
        .list = g_array_new (FALSE, FALSE, sizeof (Waiting)),
      };

      for (guint i = 0; i < 1000; i++)
        {
          model_step (&model);
          model_check (&model);
          drop_events (model.conversation);
        }
      n_full += model.n_full;
      udpnat_conversation_free (model.conversation);
      g_array_unref (model.list);
    }
  g_assert_cmpuint (n_full, >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (scenes); i++)
    g_test_add_data_func (scenes[i].path, &scenes[i], test_scene);
  g_test_add_func ("/chat-twin/outbox/as-a-naive-list", test_against_list);

  return g_test_run ();
}
