/* What is said and heard: lines and their states, the outbox, edits and reactions, requests of
 * strangers, one-time keys. */

#include "config.h"

#include "test-store-fixture.h"

#include "udpnat-limits.h"

#define BOB 1
#define CAROL 2
#define SELF 0xffff

static void
set_up_bob (Fixture      *self,
            gconstpointer unused)
{
  set_up_open (self, unused);
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
}

/* ---- The outbox ---- */

typedef struct
{
  GString *text;
} Outbox;

static void
note_outbox (const UdpnatPublicKey *key,
             const UdpnatItem      *item,
             UdpnatItemState        state,
             gpointer               user_data)
{
  Outbox *self = user_data;
  g_autofree char *text = udpnat_item_dup_text (item);

  g_string_append_printf (self->text, "%s%u:%u:%s", self->text->len > 0 ? "|" : "", item->type,
                          (guint) state, text != NULL ? text : "-");
}

/* @expected: type:state:text with bars between them */
static void
check_outbox (Fixture    *self,
              const char *expected)
{
  Outbox outbox = { g_string_new (NULL) };

  udpnat_store_foreach_outbox (self->store, note_outbox, &outbox);
  g_assert_cmpstr (outbox.text->str, ==, expected);
  g_string_free (outbox.text, TRUE);
}

static void
check_state (Fixture         *self,
             UdpnatMessageId  id,
             UdpnatItemState  state,
             const char      *reason)
{
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, id);

  g_assert_cmpint (udpnat_history_item_get_state (line), ==, state);
  g_assert_cmpstr (udpnat_history_item_get_reason (line), ==, reason);
}

static void
test_outgoing (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "hello");
  g_assert_true (udpnat_history_item_is_outgoing (self->line));
  reopen_store (self);
  check_state (self, id, UDPNAT_ITEM_STATE_WAITING, NULL);
  check_outbox (self, "1:0:hello");
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 1);
}

static void
test_outbox_order (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id;

  say_text (self, BOB, "one");
  id = say_text (self, CAROL, "two");
  say_text (self, BOB, "three");
  set_state (self, CAROL, id, UDPNAT_ITEM_STATE_STORED, NULL);
  reopen_store (self);
  check_outbox (self, "1:0:one|1:2:two|1:0:three");
}

static void
test_outbox_left_when_delivered (Fixture      *self,
                                 gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  set_state (self, BOB, id, UDPNAT_ITEM_STATE_STORED, NULL);
  check_outbox (self, "1:2:hello");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  check_outbox (self, "");
}

static void
test_outbox_item_without_line (Fixture      *self,
                               gconstpointer unused)
{
  UdpnatMessageId id = make_id (50);

  say (self, BOB, udpnat_item_new_accept (&id, NOW_US));
  g_assert_true (self->is_saved);
  g_assert_null (self->line);
  check_outbox (self, "8:0:-");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  g_assert_true (self->is_saved);
  g_assert_null (self->line);
  check_outbox (self, "");
}

static void
test_outbox_failure_leaves_nothing (Fixture      *self,
                                    gconstpointer unused)
{
  UdpnatMessageId id = make_id (50);

  g_test_summary ("The line is there before the outbox refuses its id; then all of it is undone");
  say (self, BOB, udpnat_item_new_accept (&id, NOW_US));
  say (self, BOB, udpnat_item_new_text (&id, NOW_US, "wrong"));
  g_assert_false (self->is_saved);
  say_text (self, BOB, "right");
  check_lines (self, BOB, "right");
  check_texts (udpnat_store_search (self->store, "wrong", NULL, 0, 9), "");
  check_outbox (self, "8:0:-|1:0:right");
}

static void
test_outbox_newest_profile (Fixture      *self,
                            gconstpointer unused)
{
  UdpnatMessageId one = make_id (50);
  UdpnatMessageId two = make_id (51);

  say (self, CAROL, udpnat_item_new_profile (&one, NOW_US, "to carol", NULL));
  say (self, BOB, udpnat_item_new_profile (&one, NOW_US, "old", NULL));
  say_text (self, BOB, "hello");
  say (self, BOB, udpnat_item_new_profile (&two, NOW_US, "new", NULL));
  check_outbox (self, "6:0:to carol|1:0:hello|6:0:new");
}

static void
test_writing_accepts (Fixture      *self,
                      gconstpointer unused)
{
  UdpnatPublicKey key = make_key (CAROL);
  g_autoptr (UdpnatContact) contact = NULL;

  hear_text (self, CAROL, "may I?");
  say_text (self, CAROL, "yes");
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_cmpint (contact->relation, ==, UDPNAT_RELATION_ACCEPTED);
}

static void
test_writing_does_not_unblock (Fixture      *self,
                               gconstpointer unused)
{
  UdpnatPublicKey key = make_key (CAROL);
  g_autoptr (UdpnatContact) contact = NULL;

  set_relation (self, CAROL, UDPNAT_RELATION_BLOCKED);
  say_text (self, CAROL, "last word");
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_cmpint (contact->relation, ==, UDPNAT_RELATION_BLOCKED);
}

/* ---- States ---- */

static void
test_state_rises (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  for (guint state = UDPNAT_ITEM_STATE_SENT; state <= UDPNAT_ITEM_STATE_READ; state++)
    {
      set_state (self, BOB, id, state, NULL);
      g_assert_nonnull (self->line);
      check_state (self, id, state, NULL);
    }
}

static void
test_state_never_falls (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  set_state (self, BOB, id, UDPNAT_ITEM_STATE_STORED, NULL);
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_SENT, NULL);
  g_assert_null (self->line);
  g_assert_true (self->is_saved);
  check_state (self, id, UDPNAT_ITEM_STATE_STORED, NULL);
  check_outbox (self, "1:2:hello");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_READ, NULL);
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_FAILED, "late");
  check_state (self, id, UDPNAT_ITEM_STATE_READ, NULL);
}

static void
test_state_reason (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  set_state (self, BOB, id, UDPNAT_ITEM_STATE_WAITING, "peer-offline");
  check_state (self, id, UDPNAT_ITEM_STATE_WAITING, "peer-offline");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_WAITING, "peer-offline");
  g_assert_null (self->line); /* nothing new */
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_SENT, NULL);
  check_state (self, id, UDPNAT_ITEM_STATE_SENT, NULL);
}

static void
test_state_after_failure (Fixture      *self,
                          gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  g_test_summary ("What had left before it was given up may get there after all");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_FAILED, "refused");
  check_state (self, id, UDPNAT_ITEM_STATE_FAILED, "refused");
  check_outbox (self, "");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_STORED, NULL);
  check_state (self, id, UDPNAT_ITEM_STATE_FAILED, "refused");
  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  check_state (self, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
}

static void
withdraw (Fixture         *self,
          UdpnatMessageId  id)
{
  UdpnatPublicKey key = make_key (BOB);

  udpnat_store_withdraw (self->store, &key, &id, line_cb, self);
  udpnat_store_flush (self->store);
}

static void
test_withdraw (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  withdraw (self, id);
  g_assert_nonnull (self->line);
  check_state (self, id, UDPNAT_ITEM_STATE_FAILED, "withdrawn");
  check_outbox (self, "");
}

static void
test_withdraw_too_late (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");

  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  withdraw (self, id);
  g_assert_null (self->line);
  check_state (self, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
}

static void
lines_cb (GPtrArray *changed,
          gpointer   user_data)
{
  Fixture *self = user_data;

  self->n_changed = changed->len;
  for (guint i = 1; i < changed->len; i++)
    g_assert_cmpint (udpnat_history_item_get_number (g_ptr_array_index (changed, i - 1)), <,
                     udpnat_history_item_get_number (g_ptr_array_index (changed, i)));
}

static void
read_through (Fixture         *self,
              UdpnatMessageId  id)
{
  UdpnatPublicKey key = make_key (BOB);

  self->n_changed = 99;
  udpnat_store_set_read_through (self->store, &key, &id, lines_cb, self);
  udpnat_store_flush (self->store);
}

static void
test_read_through (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId ids[5];

  for (guint i = 0; i < 5; i++)
    ids[i] = say_text (self, BOB, "hello");
  set_state (self, BOB, ids[0], UDPNAT_ITEM_STATE_DELIVERED, NULL);
  set_state (self, BOB, ids[2], UDPNAT_ITEM_STATE_DELIVERED, NULL);
  set_state (self, BOB, ids[3], UDPNAT_ITEM_STATE_SENT, NULL);
  set_state (self, BOB, ids[4], UDPNAT_ITEM_STATE_DELIVERED, NULL);
  read_through (self, ids[3]);
  g_assert_cmpuint (self->n_changed, ==, 3);
  check_state (self, ids[0], UDPNAT_ITEM_STATE_READ, NULL);
  check_state (self, ids[1], UDPNAT_ITEM_STATE_WAITING, NULL); /* has not arrived */
  check_state (self, ids[2], UDPNAT_ITEM_STATE_READ, NULL);
  check_state (self, ids[3], UDPNAT_ITEM_STATE_READ, NULL); /* read, so it has arrived */
  check_state (self, ids[4], UDPNAT_ITEM_STATE_DELIVERED, NULL);
  check_outbox (self, "1:0:hello");
  read_through (self, ids[3]);
  g_assert_cmpuint (self->n_changed, ==, 0);
}

static void
test_read_through_unknown (Fixture      *self,
                           gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "hello");
  UdpnatMessageId theirs = hear_text (self, BOB, "hi");

  set_state (self, BOB, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
  read_through (self, theirs);
  g_assert_cmpuint (self->n_changed, ==, 0);
  check_state (self, id, UDPNAT_ITEM_STATE_DELIVERED, NULL);
}

/* ---- Hearing ---- */

static void
test_incoming (Fixture      *self,
               gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (UdpnatContact) contact = NULL;

  hear_text (self, BOB, "hello");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_false (self->is_first_of_request);
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "hello");
  g_assert_false (udpnat_history_item_is_outgoing (self->line));
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_true (contact->is_mutual);
}

static void
test_incoming_known (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "hello");

  reopen_store (self);
  hear (self, BOB, udpnat_item_new_text (&id, NOW_US, "hello again"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
  g_assert_null (self->line);
  check_lines (self, BOB, "hello");
  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  hear (self, CAROL, udpnat_item_new_text (&id, NOW_US, "same id, other person"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
}

static void
test_incoming_known_without_line (Fixture      *self,
                                  gconstpointer unused)
{
  UdpnatMessageId target = hear_text (self, BOB, "hello");
  UdpnatItem *edit = make_on (self, UDPNAT_ITEM_EDIT, target, "world");

  hear (self, BOB, udpnat_item_copy (edit));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  hear (self, BOB, edit);
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
}

static void
test_incoming_known_after_removal (Fixture      *self,
                                   gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  UdpnatMessageId one = hear_text (self, BOB, "one");
  UdpnatMessageId two;

  udpnat_store_delete_line (self->store, udpnat_history_item_get_number (self->line), done_cb,
                            self);
  two = hear_text (self, BOB, "two");
  udpnat_store_clear_history (self->store, &key, done_cb, self);
  hear (self, BOB, udpnat_item_new_text (&one, NOW_US, "one"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
  hear (self, BOB, udpnat_item_new_text (&two, NOW_US, "two"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
  check_lines (self, BOB, "");
}

static void
test_incoming_later_version (Fixture      *self,
                             gconstpointer unused)
{
  UdpnatMessageId id = make_id (50);

  hear (self, BOB, udpnat_item_new (0x20, &id, NOW_US, (const guint8 *) "\xff\x00", 2));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_true (udpnat_history_item_is_unsupported (self->line));
  g_assert_null (udpnat_history_item_get_text (self->line));
  check_lines (self, BOB, "-");
}

static void
test_incoming_from_ourselves (Fixture      *self,
                              gconstpointer unused)
{
  say_text (self, SELF, "note");
  hear_text (self, SELF, "forged");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
}

/* ---- Edits, deletions, reactions ---- */

static void
test_edit (Fixture      *self,
           gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "helo");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "hello"));
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "hello");
  g_assert_cmpint (udpnat_history_item_get_edited_us (self->line), >, 0);
  check_lines (self, BOB, "hello");
}

static void
test_edit_older (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "one");
  UdpnatItem *older = make_on (self, UDPNAT_ITEM_EDIT, id, "two");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "three"));
  hear (self, BOB, older);
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  check_lines (self, BOB, "three");
}

static void
test_edit_from_the_future (Fixture      *self,
                           gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "one");
  UdpnatMessageId edit = make_id (50);

  g_test_summary ("A clock that was ahead once does not make later edits older");
  hear (self, BOB, udpnat_item_new_on (UDPNAT_ITEM_EDIT, &edit, 2 * NOW_US, &id, "two"));
  g_assert_cmpint (udpnat_history_item_get_edited_us (self->line), <, 2 * NOW_US);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "three"));
  check_lines (self, BOB, "three");
}

static void
test_edit_by_the_wrong_one (Fixture      *self,
                            gconstpointer unused)
{
  UdpnatMessageId ours = say_text (self, BOB, "ours");
  UdpnatMessageId theirs = hear_text (self, BOB, "theirs");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, ours, "forged"));
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, ours, ""));
  hear (self, CAROL, make_on (self, UDPNAT_ITEM_EDIT, theirs, "forged"));
  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, theirs, "forged"));
  g_assert_false (self->is_saved);
  say (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, theirs, ""));
  g_assert_false (self->is_saved);
  check_lines (self, BOB, "ours|theirs");
  check_outbox (self, "1:0:ours");
}

static void
test_edit_own (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "helo");

  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "hello"));
  g_assert_true (self->is_saved);
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "hello");
  check_outbox (self, "1:0:helo|3:0:hello");
}

static void
test_edit_of_nothing (Fixture      *self,
                      gconstpointer unused)
{
  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, make_id (77), "hello"));
  g_assert_false (self->is_saved);
  say (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, make_id (77), "👍"));
  g_assert_false (self->is_saved);
  check_outbox (self, "");
}

static void
test_delete (Fixture      *self,
             gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "secret");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, id, "👍"));
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  g_assert_true (udpnat_history_item_is_deleted (self->line));
  g_assert_null (udpnat_history_item_get_their_reaction (self->line));
  check_lines (self, BOB, "-");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "back"));
  check_lines (self, BOB, "-");
}

static void
test_delete_own (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, BOB, "secret");

  g_test_summary ("What was to be sent goes out of the outbox; the wish to delete it stays");
  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "still secret"));
  say (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  check_lines (self, BOB, "-");
  check_outbox (self, "4:0:");
  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "back"));
  g_assert_false (self->is_saved);
}

static void
test_deleted_text_is_gone (Fixture      *self,
                           gconstpointer unused)
{
  static const char *const suffixes[] = { "", "-wal" };
  UdpnatMessageId id;

  g_test_summary ("Not in the table, not in the search index, not in the log");
  for (guint i = 0; i < 200; i++)
    hear_text (self, BOB, "an ordinary line");
  id = hear_text (self, BOB, "xylophonically");
  for (guint i = 0; i < 200; i++)
    hear_text (self, BOB, "an ordinary line");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);
      g_autofree char *contents = NULL;
      gsize n_contents;

      g_assert_true (g_file_get_contents (path, &contents, &n_contents, NULL));
      g_assert_null (memmem (contents, n_contents, "ophonically", strlen ("ophonically")));
    }
}

static void
check_reactions (Fixture         *self,
                 UdpnatMessageId  id,
                 const char      *mine,
                 const char      *theirs)
{
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, id);

  g_assert_cmpstr (udpnat_history_item_get_my_reaction (line), ==, mine);
  g_assert_cmpstr (udpnat_history_item_get_their_reaction (line), ==, theirs);
}

static void
test_reactions (Fixture      *self,
                gconstpointer unused)
{
  UdpnatMessageId ours = say_text (self, BOB, "ours");
  UdpnatMessageId theirs = hear_text (self, BOB, "theirs");
  UdpnatItem *older = make_on (self, UDPNAT_ITEM_REACTION, ours, "😀");

  say (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, theirs, "👍"));
  g_assert_cmpstr (udpnat_history_item_get_my_reaction (self->line), ==, "👍");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, ours, "❤"));
  hear (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, theirs, "🎉"));
  check_reactions (self, theirs, "👍", "🎉");
  check_reactions (self, ours, NULL, "❤");
  hear (self, BOB, older);
  check_reactions (self, ours, NULL, "❤");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, ours, ""));
  check_reactions (self, ours, NULL, NULL);
}

static void
test_reply (Fixture      *self,
            gconstpointer unused)
{
  g_autofree char *text = g_strnfill (UDPNAT_QUOTE_MAX_CODE_POINTS + 1, 'q');
  g_autofree char *beginning = g_strnfill (UDPNAT_QUOTE_MAX_CODE_POINTS - 1, 'q');
  g_autofree char *expected = g_strconcat (beginning, "…", NULL);
  UdpnatMessageId id = say_text (self, BOB, text);
  UdpnatMessageId reply;

  hear (self, BOB, make_on (self, UDPNAT_ITEM_REPLY, id, "yes"));
  reply = *udpnat_history_item_get_id (self->line);
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "yes");
  g_assert_cmpmem (udpnat_history_item_get_quoted_id (self->line), 16, &id, 16);
  g_assert_cmpstr (udpnat_history_item_get_quoted_text (self->line), ==, expected);
  g_assert_true (udpnat_history_item_is_quoted_outgoing (self->line));
  say (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  g_set_object (&self->line, NULL);
  self->line = find_line (self, BOB, reply);
  g_assert_null (udpnat_history_item_get_quoted_text (self->line));
  g_assert_nonnull (udpnat_history_item_get_quoted_id (self->line));
}

static void
test_reply_to_longest (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *text = g_strnfill (UDPNAT_QUOTE_MAX_CODE_POINTS, 'q');
  UdpnatMessageId id = say_text (self, BOB, text);

  hear (self, BOB, make_on (self, UDPNAT_ITEM_REPLY, id, "yes"));
  g_assert_cmpstr (udpnat_history_item_get_quoted_text (self->line), ==, text);
}

/* ---- What comes before what it is about ---- */

static void
test_early_edit (Fixture      *self,
                 gconstpointer unused)
{
  UdpnatMessageId id = make_id (500);
  UdpnatItem *older = make_on (self, UDPNAT_ITEM_EDIT, id, "two");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "three"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_null (self->line);
  hear (self, BOB, older);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, id, "👍"));
  hear (self, BOB, udpnat_item_new_text (&id, NOW_US, "one"));
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "three");
  g_assert_cmpstr (udpnat_history_item_get_their_reaction (self->line), ==, "👍");
}

static void
test_early_delete (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = make_id (500);

  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  hear (self, BOB, udpnat_item_new_text (&id, NOW_US, "never to be shown"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
  check_lines (self, BOB, "");
}

static void
test_early_for_removed_line (Fixture      *self,
                             gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "secret");

  udpnat_store_delete_line (self->store, udpnat_history_item_get_number (self->line), NULL, NULL);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "still secret"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==, 0);
}

static void
test_early_bounded (Fixture      *self,
                    gconstpointer unused)
{
  for (guint i = 0; i < UDPNAT_EARLY_CHANGES_MAX + 10; i++)
    hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, make_id (100000 + i), "x"));
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==,
                   UDPNAT_EARLY_CHANGES_MAX);
}

/* ---- Profiles ---- */

static void
check_status (Fixture    *self,
              const char *expected)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (UdpnatContact) contact = udpnat_store_dup_contact (self->store, &key);

  g_assert_cmpstr (contact->status, ==, expected);
}

static void
test_profile (Fixture      *self,
              gconstpointer unused)
{
  UdpnatMessageId ids[3] = { make_id (50), make_id (51), make_id (52) };
  g_autoptr (GBytes) avatar = g_bytes_new_static ("png", 3);
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (UdpnatContact) contact = NULL;

  hear (self, BOB, udpnat_item_new_profile (&ids[0], NOW_US - 5, "new", avatar));
  hear (self, BOB, udpnat_item_new_profile (&ids[1], NOW_US - 6, "old", NULL));
  check_status (self, "new");
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_true (g_bytes_equal (contact->avatar, avatar));
  hear (self, BOB, udpnat_item_new_profile (&ids[2], NOW_US - 4, "newest", NULL));
  check_status (self, "newest");
}

/* ---- Strangers ---- */

static void
test_request (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPublicKey key = make_key (CAROL);
  g_autoptr (UdpnatContact) contact = NULL;

  hear_text (self, CAROL, "may I?");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_true (self->is_first_of_request);
  hear_text (self, CAROL, "please");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_false (self->is_first_of_request);
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_cmpint (contact->relation, ==, UDPNAT_RELATION_REQUEST);
  g_assert_false (contact->is_mutual);
}

static void
test_request_lines (Fixture      *self,
                    gconstpointer unused)
{
  for (guint i = 0; i < UDPNAT_REQUEST_LINES_MAX; i++)
    {
      hear_text (self, CAROL, "x");
      g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
    }
  hear_text (self, CAROL, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  hear_text (self, CAROL, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
}

static void
test_request_bytes (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *text = g_strnfill (UDPNAT_REQUEST_MAX_BYTES - 4, 'x');

  hear_text (self, CAROL, text);
  hear_text (self, CAROL, "é12");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  hear_text (self, CAROL, "1");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
}

static gboolean
has_refused (Fixture *self)
{
  UdpnatPublicKey key = make_key (CAROL);
  g_autoptr (UdpnatContact) contact = udpnat_store_dup_contact (self->store, &key);

  return contact->has_refused;
}

/* What comes after something that was too long would be out of order. */
static void
test_request_refuses_all_after_one (Fixture      *self,
                                    gconstpointer unused)
{
  g_autofree char *text = g_strnfill (UDPNAT_REQUEST_MAX_BYTES - 4, 'x');
  UdpnatPublicKey key = make_key (CAROL);

  hear_text (self, CAROL, text);
  g_assert_false (has_refused (self));
  hear_text (self, CAROL, "12345");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  g_assert_true (has_refused (self));
  hear_text (self, CAROL, "1");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  reopen_store (self);
  g_assert_true (has_refused (self));
  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  hear_text (self, CAROL, "12345");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  udpnat_store_clear_refused (self->store, &key);
  udpnat_store_flush (self->store);
  g_assert_false (has_refused (self));
}

static void
test_requests_pending (Fixture      *self,
                       gconstpointer unused)
{
  for (guint i = 0; i < UDPNAT_REQUESTS_MAX; i++)
    {
      hear_text (self, 100 + i, "x");
      g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
    }
  hear_text (self, 999, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM conversation"), ==,
                   UDPNAT_REQUESTS_MAX + 1); /* no trace of it */
  hear_text (self, 100, "more of an old one");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  set_relation (self, 100, UDPNAT_RELATION_DECLINED);
  hear_text (self, 999, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
}

static void
test_request_other_types (Fixture      *self,
                          gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, CAROL, "may I?");
  UdpnatMessageId other = make_id (50);

  hear (self, CAROL, make_on (self, UDPNAT_ITEM_EDIT, id, "x"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  hear (self, CAROL, udpnat_item_new_profile (&other, NOW_US, "x", NULL));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  hear (self, CAROL, udpnat_item_new (0x20, &other, NOW_US, NULL, 0));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  hear (self, 3, udpnat_item_new_accept (&other, NOW_US));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  check_lines (self, CAROL, "may I?");
}

/* What they refused is not in their mailbox any more, whatever the outbox says. */
static void
test_accepted_forgets_stored (Fixture      *self,
                              gconstpointer unused)
{
  UdpnatMessageId first = say_text (self, BOB, "1");
  UdpnatMessageId other = make_id (50);

  say_text (self, BOB, "2");
  set_state (self, BOB, first, UDPNAT_ITEM_STATE_STORED, NULL);
  check_outbox (self, "1:2:1|1:0:2");
  hear (self, BOB, udpnat_item_new_accept (&other, NOW_US));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  check_outbox (self, "1:1:1|1:0:2");
  set_state (self, BOB, first, UDPNAT_ITEM_STATE_STORED, NULL);
  hear (self, BOB, udpnat_item_new_accept (&other, NOW_US)); /* the same one says nothing new */
  check_outbox (self, "1:2:1|1:0:2");
}

/* Somebody who was forgotten does not know it, and may begin with something else than a line. */
static void
test_request_after_other_types (Fixture      *self,
                                gconstpointer unused)
{
  UdpnatMessageId other = make_id (50);

  hear (self, CAROL, udpnat_item_new_profile (&other, NOW_US, "x", NULL));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  hear_text (self, CAROL, "may I?");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_true (self->is_first_of_request);
  g_assert_false (has_refused (self));
}

static void
test_blocked (Fixture      *self,
              gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "hello");

  set_relation (self, BOB, UDPNAT_RELATION_BLOCKED);
  hear_text (self, BOB, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  hear (self, BOB, udpnat_item_new_text (&id, NOW_US, "hello"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
  set_relation (self, BOB, UDPNAT_RELATION_DECLINED);
  hear_text (self, BOB, "x");
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_REFUSED);
}

/* ---- One-time keys ---- */

static void
count_prekey (const UdpnatPublicKey *key,
              const UdpnatPrekey    *prekey,
              gpointer               user_data)
{
  Fixture *self = user_data;

  g_assert_cmpuint (prekey->key[0], ==, (guint8) prekey->id);
  self->n_changed++;
}

static guint
count_peer_prekeys (Fixture *self)
{
  self->n_changed = 0;
  udpnat_store_foreach_peer_prekey (self->store, count_prekey, self);
  return self->n_changed;
}

static guint
count_own_prekeys (Fixture *self)
{
  self->n_changed = 0;
  udpnat_store_foreach_own_prekey (self->store, count_prekey, self);
  return self->n_changed;
}

static UdpnatItem *
make_prekeys (Fixture      *self,
              guint64       first,
              UdpnatPrekey  prekeys[UDPNAT_PREKEYS_MAX])
{
  UdpnatMessageId id = make_id (++self->n_ids);

  memset (prekeys, 0, UDPNAT_PREKEYS_MAX * sizeof *prekeys);
  for (guint i = 0; i < UDPNAT_PREKEYS_MAX; i++)
    {
      prekeys[i].id = first + i;
      prekeys[i].key[0] = (guint8) prekeys[i].id;
    }
  return udpnat_item_new_prekeys (&id, NOW_US, prekeys, UDPNAT_PREKEYS_MAX);
}

static gboolean
take_prekey (Fixture *self,
             guint64  id)
{
  UdpnatPublicKey key = make_key (BOB);

  udpnat_store_take_peer_prekey (self->store, &key, id, done_cb, self);
  udpnat_store_flush (self->store);
  return self->is_saved;
}

static void
test_peer_prekeys (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX];
  guint64 first = G_MAXUINT64 - 200;

  for (guint i = 0; i < 3; i++)
    hear (self, BOB, make_prekeys (self, first + i * UDPNAT_PREKEYS_MAX, prekeys));
  g_assert_cmpuint (count_peer_prekeys (self), ==, UDPNAT_PEER_PREKEYS_MAX);
  g_assert_false (take_prekey (self, first)); /* the oldest have gone */
  g_assert_true (take_prekey (self, first + 32));
  g_assert_false (take_prekey (self, first + 32)); /* one time */
  reopen_store (self);
  g_assert_cmpuint (count_peer_prekeys (self), ==, UDPNAT_PEER_PREKEYS_MAX - 1);
}

static void
say_prekeys (Fixture *self,
             guint64  first)
{
  UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX];
  g_autoptr (UdpnatItem) item = make_prekeys (self, first, prekeys);
  UdpnatPublicKey key = make_key (BOB);

  udpnat_store_add_outgoing (self->store, &key, item, prekeys, UDPNAT_PREKEYS_MAX, line_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
}

/* ---- A queue that is full ---- */

typedef struct
{
  guint n_new;
  guint n_failed;
  guint n_new_after_failure;
} Outcome;

static void
outcome_cb (UdpnatReceived     received,
            UdpnatHistoryItem *changed,
            gboolean           is_first_of_request,
            gpointer           user_data)
{
  Outcome *outcome = user_data;

  outcome->n_failed += received == UDPNAT_RECEIVED_FAILED;
  outcome->n_new += received == UDPNAT_RECEIVED_NEW;
  outcome->n_new_after_failure += received == UDPNAT_RECEIVED_NEW && outcome->n_failed > 0;
}

static void
push_text (Fixture    *self,
           Outcome    *outcome,
           const char *text)
{
  UdpnatPublicKey key = make_key (BOB);
  UdpnatMessageId id = make_id (++self->n_ids);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US + self->n_ids, text);

  udpnat_store_add_incoming (self->store, &key, item, NOW_US, outcome_cb, outcome);
}

static void
test_none_after_one_that_failed (Fixture      *self,
                                 gconstpointer unused)
{
  g_autofree char *large = g_strnfill (UDPNAT_TEXT_MAX_BYTES, 'x');
  Outcome outcome = { 0 };

  g_test_summary ("What is small would fit where something large did not: out of order");
  for (guint i = 0; i < 2 * UDPNAT_STORE_QUEUE_MAX_BYTES / UDPNAT_TEXT_MAX_BYTES; i++)
    {
      push_text (self, &outcome, large);
      push_text (self, &outcome, "small");
    }
  udpnat_store_flush (self->store);
  g_assert_cmpuint (outcome.n_new, >, 100);
  g_assert_cmpuint (outcome.n_failed, >, 100);
  g_assert_cmpuint (outcome.n_new_after_failure, ==, 0);

  /* Told to everybody: it goes on. */
  push_text (self, &outcome, "small");
  udpnat_store_flush (self->store);
  g_assert_cmpuint (outcome.n_new_after_failure, ==, 1);
}

static void
test_own_prekeys (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);

  say_prekeys (self, 1);
  reopen_store (self);
  g_assert_cmpuint (count_own_prekeys (self), ==, 32);
  udpnat_store_delete_own_prekey (self->store, &key, 6);
  g_assert_true (udpnat_store_flush (self->store));
  g_assert_cmpuint (count_own_prekeys (self), ==, 31);
}

static void
test_own_prekeys_bounded (Fixture      *self,
                          gconstpointer unused)
{
  for (guint i = 0; i < UDPNAT_OWN_PREKEYS_MAX / UDPNAT_PREKEYS_MAX; i++)
    say_prekeys (self, 1 + i * UDPNAT_PREKEYS_MAX);
  g_assert_cmpuint (count_own_prekeys (self), ==, UDPNAT_OWN_PREKEYS_MAX);
  say_prekeys (self, 1000000);
  g_assert_cmpuint (count_own_prekeys (self), ==, UDPNAT_OWN_PREKEYS_MAX);
}

#define ADD_BOB(path, function) \
  g_test_add ("/client-store-messages/" path, Fixture, NULL, set_up_bob, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_BOB ("outbox/on-disk-and-waiting", test_outgoing);
  ADD_BOB ("outbox/told-in-order-with-state", test_outbox_order);
  ADD_BOB ("outbox/left-when-delivered", test_outbox_left_when_delivered);
  ADD_BOB ("outbox/item-without-line", test_outbox_item_without_line);
  ADD_BOB ("outbox/failure-leaves-nothing", test_outbox_failure_leaves_nothing);
  ADD_BOB ("outbox/newest-profile-only", test_outbox_newest_profile);
  ADD_BOB ("outbox/writing-accepts", test_writing_accepts);
  ADD_BOB ("outbox/writing-does-not-unblock", test_writing_does_not_unblock);
  ADD_BOB ("state/rises", test_state_rises);
  ADD_BOB ("state/never-falls", test_state_never_falls);
  ADD_BOB ("state/reason-changes-alone", test_state_reason);
  ADD_BOB ("state/delivered-after-failure", test_state_after_failure);
  ADD_BOB ("state/withdrawn", test_withdraw);
  ADD_BOB ("state/withdrawn-too-late", test_withdraw_too_late);
  ADD_BOB ("state/read-through", test_read_through);
  ADD_BOB ("state/read-through-what-is-not-ours", test_read_through_unknown);
  ADD_BOB ("incoming/new", test_incoming);
  ADD_BOB ("incoming/repeated-is-known", test_incoming_known);
  ADD_BOB ("incoming/repeated-edit-is-known", test_incoming_known_without_line);
  ADD_BOB ("incoming/removed-is-still-known", test_incoming_known_after_removal);
  ADD_BOB ("incoming/type-of-later-version", test_incoming_later_version);
  ADD_BOB ("incoming/own-key-refused", test_incoming_from_ourselves);
  ADD_BOB ("edit/text-replaced", test_edit);
  ADD_BOB ("edit/older-changes-nothing", test_edit_older);
  ADD_BOB ("edit/clock-ahead-does-not-stick", test_edit_from_the_future);
  ADD_BOB ("edit/wrong-author-changes-nothing", test_edit_by_the_wrong_one);
  ADD_BOB ("edit/own", test_edit_own);
  ADD_BOB ("edit/of-nothing-not-saved", test_edit_of_nothing);
  ADD_BOB ("delete/leaves-a-mark", test_delete);
  ADD_BOB ("delete/own-leaves-outbox", test_delete_own);
  ADD_BOB ("delete/text-gone-from-files", test_deleted_text_is_gone);
  ADD_BOB ("reaction/newest-of-each", test_reactions);
  ADD_BOB ("reply/quotes-the-beginning", test_reply);
  ADD_BOB ("reply/quotes-all-that-fits", test_reply_to_longest);
  ADD_BOB ("early/edit-and-reaction-take-effect", test_early_edit);
  ADD_BOB ("early/deleted-is-never-shown", test_early_delete);
  ADD_BOB ("early/not-kept-for-removed-line", test_early_for_removed_line);
  ADD_BOB ("early/bounded", test_early_bounded);
  ADD_BOB ("profile/newest-wins", test_profile);
  ADD_BOB ("request/first-line", test_request);
  ADD_BOB ("request/sixteen-lines", test_request_lines);
  ADD_BOB ("request/sixteen-kib", test_request_bytes);
  ADD_BOB ("request/all-refused-after-one", test_request_refuses_all_after_one);
  ADD_BOB ("request/sixty-four-of-them", test_requests_pending);
  ADD_BOB ("outbox/stored-forgotten-when-accepted", test_accepted_forgets_stored);
  ADD_BOB ("request/only-messages", test_request_other_types);
  ADD_BOB ("request/after-something-else", test_request_after_other_types);
  ADD_BOB ("request/blocked-and-declined-refused", test_blocked);
  ADD_BOB ("prekeys/peers-newest-kept", test_peer_prekeys);
  ADD_BOB ("receive/none-after-one-that-failed", test_none_after_one_that_failed);
  ADD_BOB ("prekeys/own-removed-when-used", test_own_prekeys);
  ADD_BOB ("prekeys/own-bounded", test_own_prekeys_bounded);

  return g_test_run ();
}
