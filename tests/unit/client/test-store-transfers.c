/* Files that are offered: the line and what is beside it, what both sides may say of it and in
 * which order, and what is saved while it goes over. */

#include "config.h"

#include "test-store-fixture.h"

#include "udpnat-limits.h"

#define BOB 1
#define CAROL 2
#define SELF 0xffff
#define A_PATH "/home/alice/heron \xff\xfe.jpg" /* no UTF-8 */

static void
set_up_bob (Fixture      *self,
            gconstpointer unused)
{
  set_up_open (self, unused);
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
}

static UdpnatStoredTransfer *
find_transfer (Fixture         *self,
               UdpnatMessageId  id)
{
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, id);

  g_assert_nonnull (line);
  return udpnat_store_dup_transfer (self->store, udpnat_history_item_get_number (line));
}

static void
check_transfer (Fixture             *self,
                UdpnatMessageId      id,
                UdpnatTransferState  state,
                const char          *reason,
                const char          *answer)
{
  g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);

  g_assert_cmpint (transfer->state, ==, state);
  g_assert_cmpstr (transfer->reason, ==, reason);
  g_assert_cmpstr (transfer->answer, ==, answer);
}

static gint64
count_transfers (Fixture *self)
{
  return ask_sql (self, "SELECT count(*) FROM transfer");
}

static void
note_outbox (const UdpnatPublicKey *key,
             const UdpnatItem      *item,
             UdpnatItemState        state,
             gpointer               user_data)
{
  GString *found = user_data;
  g_autofree char *text = udpnat_item_dup_text (item);

  g_string_append_printf (found, "%s%u:%s", found->len > 0 ? "|" : "", item->type,
                          text != NULL ? text : "-");
}

/* @expected: type:text with bars between them */
static void
check_outbox (Fixture    *self,
              const char *expected)
{
  g_autoptr (GString) found = g_string_new (NULL);

  udpnat_store_foreach_outbox (self->store, note_outbox, found);
  g_assert_cmpstr (found->str, ==, expected);
}

static UdpnatItem *
make_answer (Fixture         *self,
             UdpnatMessageId  target,
             const char      *word)
{
  return make_on (self, UDPNAT_ITEM_FILE_ANSWER, target, word);
}

/* ---- What is offered ---- */

static void
check_offer (const UdpnatFileOffer *offer)
{
  g_assert_cmpint (offer->kind, ==, UDPNAT_FILE_KIND_FILE);
  g_assert_cmpuint (offer->size, ==, FILE_BYTES);
  g_assert_cmpuint (offer->list_size, ==, FILE_BYTES);
  g_assert_cmpuint (offer->root[2], ==, 9);
  g_assert_cmpstr (offer->name, ==, "heron.jpg");
  g_assert_cmpstr (offer->content_type, ==, "image/jpeg");
  g_assert_cmpuint (offer->width, ==, 640);
  g_assert_cmpuint (offer->height, ==, 480);
  g_assert_cmpuint (g_bytes_get_size (offer->thumbnail), ==, THUMBNAIL_BYTES);
}

static void
test_incoming (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatStoredTransfer) transfer = NULL;
  UdpnatPublicKey key = make_key (BOB);
  gboolean is_file = FALSE;

  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_cmpstr (udpnat_history_item_get_text (self->line), ==, "heron.jpg");
  g_assert_false (udpnat_history_item_is_unsupported (self->line));
  g_object_get (self->line, "file", &is_file, NULL);
  g_assert_true (is_file);
  check_offer (udpnat_history_item_get_offer (self->line));
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
  reopen_store (self);
  transfer = find_transfer (self, id);
  check_offer (transfer->offer);
  g_assert_cmpmem (transfer->key.bytes, UDPNAT_KEY_BYTES, key.bytes, UDPNAT_KEY_BYTES);
  g_assert_cmpmem (transfer->id.bytes, UDPNAT_MESSAGE_ID_BYTES, id.bytes,
                   UDPNAT_MESSAGE_ID_BYTES);
  g_assert_false (transfer->is_outgoing);
  g_assert_null (transfer->path);
  g_assert_null (transfer->partial);
  g_assert_cmpint (transfer->kept, ==, 0);
  g_assert_false (transfer->is_paused);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
}

static void
test_outgoing (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);
  g_autoptr (UdpnatStoredTransfer) transfer = NULL;

  g_assert_cmpint (udpnat_history_item_get_state (self->line), ==, UDPNAT_ITEM_STATE_WAITING);
  g_assert_cmpstr (udpnat_history_item_get_stored_transfer (self->line)->path, ==, A_PATH);
  reopen_store (self);
  transfer = find_transfer (self, id);
  g_assert_true (transfer->is_outgoing);
  g_assert_cmpstr (transfer->path, ==, A_PATH);
  check_offer (transfer->offer);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
  check_outbox (self, "10:heron.jpg");
}

static void
test_longest (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *name = g_strnfill (UDPNAT_FILE_NAME_MAX_BYTES, 'n');
  g_autofree char *path = g_strnfill (100000, '/');
  UdpnatMessageId id = say_file (self, BOB, name, path);
  g_autoptr (UdpnatStoredTransfer) transfer = NULL;

  reopen_store (self);
  transfer = find_transfer (self, id);
  g_assert_cmpstr (transfer->offer->name, ==, name);
  g_assert_cmpstr (transfer->path, ==, path);
  hear_file (self, BOB, name);
  g_assert_cmpstr (udpnat_history_item_get_offer (self->line)->name, ==, name);
}

static void
test_offer_failure_leaves_nothing (Fixture      *self,
                                   gconstpointer unused)
{
  UdpnatMessageId id = make_id (50);
  g_autoptr (UdpnatItem) file = make_file (id, NOW_US, "heron.jpg");
  UdpnatPublicKey key = make_key (BOB);

  g_test_summary ("Line and transfer are there before the outbox refuses its id");
  say (self, BOB, udpnat_item_new_accept (&id, NOW_US));
  udpnat_store_add_outgoing_file (self->store, &key, file, A_PATH, line_cb, self);
  udpnat_store_flush (self->store);
  g_assert_false (self->is_saved);
  g_assert_null (self->line);
  g_assert_cmpint (count_transfers (self), ==, 0);
  check_lines (self, BOB, "");
}

static void
test_note_to_self (Fixture      *self,
                   gconstpointer unused)
{
  const UdpnatStoredTransfer *transfer;

  say_file (self, SELF, "heron.jpg", A_PATH);
  transfer = udpnat_history_item_get_stored_transfer (self->line);
  g_assert_cmpint (transfer->state, ==, UDPNAT_TRANSFER_STATE_DONE);
  g_assert_cmpstr (transfer->path, ==, A_PATH);
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 0);
}

static void
test_stranger (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = make_id (50);

  g_test_summary ("It comes again when they are accepted, and is new then");
  hear_text (self, CAROL, "may I?");
  hear (self, CAROL, make_file (id, NOW_US, "heron.jpg"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  hear (self, CAROL, make_answer (self, id, UDPNAT_FILE_ANSWER_CANCELLED));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_SKIPPED);
  check_lines (self, CAROL, "may I?");
  g_assert_cmpint (count_transfers (self), ==, 0);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==, 0);
  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  hear (self, CAROL, make_file (id, NOW_US, "heron.jpg"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  check_lines (self, CAROL, "may I?|heron.jpg");
}

static void
test_repeated (Fixture      *self,
               gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");

  reopen_store (self);
  hear (self, BOB, make_file (id, NOW_US, "other.jpg"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
  check_lines (self, BOB, "heron.jpg");
  g_assert_cmpint (count_transfers (self), ==, 1);
}

static void
test_search_and_quote (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "grey_heron-2.jpg");

  check_texts (udpnat_store_search (self->store, "heron", NULL, 0, 9), "grey_heron-2.jpg");
  say (self, BOB, make_on (self, UDPNAT_ITEM_REPLY, id, "lovely"));
  g_assert_cmpstr (udpnat_history_item_get_quoted_text (self->line), ==, "grey_heron-2.jpg");
  say (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, id, "👍"));
  g_assert_cmpstr (udpnat_history_item_get_my_reaction (self->line), ==, "👍");
  g_assert_nonnull (udpnat_history_item_get_offer (self->line));
}

static void
test_edit (Fixture      *self,
           gconstpointer unused)
{
  UdpnatMessageId theirs = hear_file (self, BOB, "heron.jpg");
  UdpnatMessageId ours = say_file (self, BOB, "stork.jpg", A_PATH);
  UdpnatMessageId early = make_id (500);

  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, theirs, "heron.exe"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  say (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, ours, "stork.exe"));
  g_assert_false (self->is_saved);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, early, "crane.exe"));
  hear (self, BOB, make_file (early, NOW_US, "crane.jpg"));
  check_lines (self, BOB, "heron.jpg|stork.jpg|crane.jpg");
  check_texts (udpnat_store_search (self->store, "exe", NULL, 0, 9), "");
}

/* ---- What is deleted ---- */

static void
check_erased (Fixture         *self,
              UdpnatMessageId  id)
{
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, id);

  g_assert_true (udpnat_history_item_is_deleted (line));
  g_assert_false (udpnat_history_item_is_unsupported (line));
  g_assert_null (udpnat_history_item_get_offer (line));
  g_assert_null (udpnat_history_item_get_text (line));
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM line WHERE body IS NOT NULL"), ==, 0);
  g_assert_cmpint (count_transfers (self), ==, 0);
  check_texts (udpnat_store_search (self->store, "heron", NULL, 0, 9), "");
}

static void
test_delete_theirs (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");

  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  check_erased (self, id);
  say (self, BOB, make_answer (self, id, UDPNAT_FILE_ANSWER_ACCEPTED));
  g_assert_false (self->is_saved);
  hear (self, BOB, make_answer (self, id, UDPNAT_FILE_ANSWER_CANCELLED));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  check_erased (self, id);
}

static void
test_delete_ours (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);

  say (self, BOB, make_answer (self, id, UDPNAT_FILE_ANSWER_CANCELLED));
  check_outbox (self, "10:heron.jpg|11:cancelled");
  say (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  check_erased (self, id);
  check_outbox (self, "4:");
}

static void
test_deleted_is_gone (Fixture      *self,
                      gconstpointer unused)
{
  static const char *const suffixes[] = { "", "-wal" };
  UdpnatMessageId id;

  g_test_summary ("Neither picture nor path is left in the files");
  for (guint i = 0; i < 50; i++)
    hear_text (self, BOB, "an ordinary line");
  id = say_file (self, BOB, "heron.jpg", "/a/way/xylophonically");
  for (guint i = 0; i < 50; i++)
    hear_text (self, BOB, "an ordinary line");
  say (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);
      g_autofree char *contents = NULL;
      gsize n_contents;

      g_assert_true (g_file_get_contents (path, &contents, &n_contents, NULL));
      g_assert_null (memmem (contents, n_contents, "xylophon", strlen ("xylophon")));
      g_assert_null (memmem (contents, n_contents, "pppppppp", strlen ("pppppppp")));
    }
}

static void
test_removed_here (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);

  hear_file (self, BOB, "heron.jpg");
  udpnat_store_delete_line (self->store, udpnat_history_item_get_number (self->line), done_cb,
                            self);
  udpnat_store_flush (self->store);
  g_assert_cmpint (count_transfers (self), ==, 0);
  say_file (self, BOB, "heron.jpg", A_PATH);
  udpnat_store_clear_history (self->store, &key, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_cmpint (count_transfers (self), ==, 0);
  hear_file (self, BOB, "heron.jpg");
  udpnat_store_forget_contact (self->store, &key, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_cmpint (count_transfers (self), ==, 0);
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    user_data)
{
  guint *n = user_data;

  (*n)++;
}

static void
test_item_follows (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatHistoryItem) line = find_line (self, BOB, id);
  gboolean is_file = TRUE;
  guint n = 0;

  g_signal_connect (line, "notify::file", G_CALLBACK (count_notify), &n);
  say (self, BOB, make_answer (self, id, UDPNAT_FILE_ANSWER_ACCEPTED));
  udpnat_history_item_update (line, self->line);
  g_assert_cmpint (udpnat_history_item_get_stored_transfer (line)->state, ==,
                   UDPNAT_TRANSFER_STATE_ACCEPTED);
  g_assert_cmpuint (n, ==, 0);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  udpnat_history_item_update (line, self->line);
  g_assert_null (udpnat_history_item_get_offer (line));
  g_object_get (line, "file", &is_file, NULL);
  g_assert_false (is_file);
  g_assert_cmpuint (n, ==, 1);
}

/* ---- What is said of it ---- */

typedef struct
{
  const char          *word;
  UdpnatTransferState  state;
  const char          *our_reason;
  const char          *their_reason;
} Answer;

static const Answer answers[] = {
  { "accepted", UDPNAT_TRANSFER_STATE_ACCEPTED, NULL, NULL },
  { "declined", UDPNAT_TRANSFER_STATE_CANCELLED, "declined", "declined" },
  { "cancelled", UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled", "cancelled-there" },
  { "done", UDPNAT_TRANSFER_STATE_DONE, NULL, NULL },
  { "corrupt", UDPNAT_TRANSFER_STATE_FAILED, "corrupt", "corrupt-there" },
};

static void
test_receiver_there (Fixture      *self,
                     gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);

      hear (self, BOB, make_answer (self, id, answers[i].word));
      g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
      g_assert_nonnull (self->line);
      check_transfer (self, id, answers[i].state, answers[i].their_reason, answers[i].word);
    }
}

static void
test_receiver_here (Fixture      *self,
                    gconstpointer unused)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");

      say (self, BOB, make_answer (self, id, answers[i].word));
      g_assert_true (self->is_saved);
      check_transfer (self, id, answers[i].state, answers[i].our_reason, answers[i].word);
    }
  check_outbox (self, "11:accepted|11:declined|11:cancelled|11:done|11:corrupt");
}

static void
test_sender_there (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (!g_str_equal (answers[i].word, "cancelled"))
      {
        hear (self, BOB, make_answer (self, id, answers[i].word));
        g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
        g_assert_null (self->line);
        check_transfer (self, id, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
      }
  hear (self, BOB, make_answer (self, id, "cancelled"));
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled-there", "cancelled");
}

static void
test_sender_here (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (!g_str_equal (answers[i].word, "cancelled"))
      {
        say (self, BOB, make_answer (self, id, answers[i].word));
        g_assert_false (self->is_saved);
      }
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
  say (self, BOB, make_answer (self, id, "cancelled"));
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled", "cancelled");
  check_outbox (self, "10:heron.jpg|11:cancelled");
}

/* What all of them together come to, whatever their order: the first that ends it; else that it was
 * not what was offered; else that it is wanted. */
static const Answer *
find_outcome (const guint *words,
              guint        n_words)
{
  const Answer *outcome = &answers[0];

  for (guint i = 0; i < n_words; i++)
    {
      const Answer *answer = &answers[words[i]];

      if (answer->state == UDPNAT_TRANSFER_STATE_DONE ||
          answer->state == UDPNAT_TRANSFER_STATE_CANCELLED)
        return answer;
      if (answer->state == UDPNAT_TRANSFER_STATE_FAILED)
        outcome = answer;
    }
  return outcome;
}

static void
test_every_order (Fixture      *self,
                  gconstpointer unused)
{
  const guint n = G_N_ELEMENTS (answers);

  for (guint i = 0; i < n * n * n; i++)
    {
      const guint words[3] = { i / n / n, i / n % n, i % n };
      UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);

      for (guint j = 1; j <= 3; j++)
        {
          const Answer *outcome = find_outcome (words, j);

          hear (self, BOB, make_answer (self, id, answers[words[j - 1]].word));
          check_transfer (self, id, outcome->state, outcome->their_reason, outcome->word);
        }
    }
}

static void
test_unknown_word (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId ours = say_file (self, BOB, "heron.jpg", A_PATH);
  UdpnatMessageId theirs = hear_file (self, BOB, "stork.jpg");

  hear (self, BOB, make_answer (self, ours, "postponed"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_null (self->line);
  check_transfer (self, ours, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
  say (self, BOB, make_answer (self, theirs, "postponed"));
  g_assert_false (self->is_saved);
  check_transfer (self, theirs, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
}

static void
test_about_no_file (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatMessageId text = say_text (self, BOB, "hello");
  UdpnatMessageId file = say_file (self, BOB, "heron.jpg", A_PATH);

  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  hear (self, BOB, make_answer (self, text, "done"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  hear (self, CAROL, make_answer (self, file, "done")); /* not theirs */
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  check_transfer (self, file, UDPNAT_TRANSFER_STATE_OFFERED, NULL, NULL);
  say (self, BOB, make_answer (self, text, "cancelled"));
  g_assert_false (self->is_saved);
  say (self, BOB, make_answer (self, make_id (77), "accepted"));
  g_assert_false (self->is_saved);
  check_lines (self, BOB, "hello|heron.jpg");
}

static void
test_repeated_answer (Fixture      *self,
                      gconstpointer unused)
{
  UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);
  UdpnatItem *answer = make_answer (self, id, "accepted");

  hear (self, BOB, udpnat_item_copy (answer));
  reopen_store (self);
  hear (self, BOB, answer);
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_KNOWN);
}

static void
test_newest_in_outbox (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatMessageId first = hear_file (self, BOB, "heron.jpg");
  UdpnatMessageId second = hear_file (self, BOB, "stork.jpg");

  say (self, BOB, make_answer (self, first, "accepted"));
  say (self, BOB, make_on (self, UDPNAT_ITEM_REACTION, first, "👍"));
  say (self, BOB, make_answer (self, second, "accepted"));
  say (self, BOB, make_answer (self, first, "done"));
  check_outbox (self, "5:👍|11:accepted|11:done");
}

static void
test_answer_failure_leaves_nothing (Fixture      *self,
                                    gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  UdpnatMessageId used = make_id (50);

  g_test_summary ("The transfer has changed before the outbox refuses the answer's id");
  say (self, BOB, make_answer (self, id, "accepted"));
  say (self, BOB, udpnat_item_new_accept (&used, NOW_US));
  say (self, BOB, udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &used, NOW_US, &id, "declined"));
  g_assert_false (self->is_saved);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_ACCEPTED, NULL, "accepted");
  check_outbox (self, "11:accepted|8:-");
}

static void
test_word_after_saving (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);

  g_test_summary ("What is safe on the disk is done, and only then told; with a crash in between");
  transfer->state = UDPNAT_TRANSFER_STATE_DONE;
  udpnat_store_save_transfer (self->store, transfer, NULL, NULL);
  reopen_store (self);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_DONE, NULL, NULL);
  say (self, BOB, make_answer (self, id, "done"));
  g_assert_true (self->is_saved);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_DONE, NULL, "done");
  check_outbox (self, "11:done");
  say (self, BOB, make_answer (self, id, "declined")); /* too late */
  g_assert_false (self->is_saved);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_DONE, NULL, "done");
  check_outbox (self, "11:done");
}

/* ---- What comes before the offer ---- */

static void
test_early_cancel (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = make_id (500);

  hear (self, BOB, make_answer (self, id, "cancelled"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_null (self->line);
  reopen_store (self);
  hear (self, BOB, make_file (id, NOW_US, "heron.jpg"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_cmpint (udpnat_history_item_get_stored_transfer (self->line)->state, ==,
                   UDPNAT_TRANSFER_STATE_CANCELLED);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled-there", "cancelled");
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==, 0);
}

static void
test_early_for_a_text (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatMessageId id = make_id (500);

  hear (self, BOB, make_answer (self, id, "cancelled"));
  hear (self, BOB, udpnat_item_new_text (&id, NOW_US, "hello"));
  check_lines (self, BOB, "hello");
  g_assert_null (udpnat_history_item_get_their_reaction (self->line));
}

static void
test_early_others (Fixture      *self,
                   gconstpointer unused)
{
  g_test_summary ("Nothing else can be said of what has not come: it is not kept");
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    if (!g_str_equal (answers[i].word, "cancelled"))
      hear (self, BOB, make_answer (self, make_id (500), answers[i].word));
  hear (self, BOB, make_answer (self, make_id (500), "postponed"));
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==, 0);
}

static void
test_early_bounded (Fixture      *self,
                    gconstpointer unused)
{
  for (guint i = 0; i < UDPNAT_EARLY_CHANGES_MAX + 10; i++)
    hear (self, BOB, make_answer (self, make_id (100000 + i), "cancelled"));
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM early_change"), ==,
                   UDPNAT_EARLY_CHANGES_MAX);
}

/* ---- What is saved ---- */

static void
save (Fixture                    *self,
      const UdpnatStoredTransfer *transfer)
{
  udpnat_store_save_transfer (self->store, transfer, line_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
}

static void
test_save (Fixture      *self,
           gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);
  g_autoptr (UdpnatStoredTransfer) saved = NULL;

  transfer->state = UDPNAT_TRANSFER_STATE_FAILED;
  transfer->reason = g_strdup ("disk-full");
  transfer->path = g_strdup (A_PATH);
  transfer->partial = g_strdup ("/home/alice/.heron\x80.part");
  transfer->kept = 65536;
  transfer->is_paused = TRUE;
  save (self, transfer);
  g_assert_cmpint (udpnat_history_item_get_stored_transfer (self->line)->kept, ==, 65536);
  reopen_store (self);
  saved = find_transfer (self, id);
  g_assert_cmpint (saved->state, ==, UDPNAT_TRANSFER_STATE_FAILED);
  g_assert_cmpstr (saved->reason, ==, "disk-full");
  g_assert_cmpstr (saved->path, ==, A_PATH);
  g_assert_cmpstr (saved->partial, ==, "/home/alice/.heron\x80.part");
  g_assert_cmpint (saved->kept, ==, 65536);
  g_assert_true (saved->is_paused);
  check_offer (saved->offer);

  g_clear_pointer (&saved->partial, g_free);
  g_clear_pointer (&saved->reason, g_free);
  saved->state = UDPNAT_TRANSFER_STATE_RUNNING; /* tried again */
  saved->is_paused = FALSE;
  save (self, saved);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_RUNNING, NULL, NULL);
  g_assert_null (udpnat_history_item_get_stored_transfer (self->line)->partial);
}

static void
test_save_too_late (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatMessageId ids[2] = { say_file (self, BOB, "a", A_PATH), say_file (self, BOB, "b", A_PATH) };

  g_test_summary ("Who saves has not heard yet that it is over");
  hear (self, BOB, make_answer (self, ids[0], "done"));
  hear (self, BOB, make_answer (self, ids[1], "declined"));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, ids[i]);

      transfer->state = UDPNAT_TRANSFER_STATE_RUNNING;
      g_free (transfer->reason);
      transfer->reason = g_strdup ("offline");
      transfer->kept = 5;
      save (self, transfer);
      g_assert_cmpint (udpnat_history_item_get_stored_transfer (self->line)->kept, ==, 5);
    }
  check_transfer (self, ids[0], UDPNAT_TRANSFER_STATE_DONE, NULL, "done");
  check_transfer (self, ids[1], UDPNAT_TRANSFER_STATE_CANCELLED, "declined", "declined");
}

static void
test_save_of_nothing (Fixture      *self,
                      gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);

  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  save (self, transfer);
  g_assert_null (self->line);
  g_assert_cmpint (count_transfers (self), ==, 0);
}

static void
test_save_is_cheap (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatMessageId id = hear_file (self, BOB, "heron.jpg");
  g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);
  g_autofree char *log_path = g_strconcat (self->path, "-wal", NULL);
  GStatBuf before;
  GStatBuf after;

  g_test_summary ("One page of the log for each: not the offer with its picture, and no index");
  g_assert_cmpint (g_stat (log_path, &before), ==, 0);
  for (guint i = 1; i <= 10; i++)
    {
      transfer->kept += 65536;
      save (self, transfer);
    }
  g_assert_cmpint (g_stat (log_path, &after), ==, 0);
  g_assert_cmpint (after.st_size - before.st_size, <=, 10 * (4096 + 24));
}

static void
test_withdrawn (Fixture      *self,
                gconstpointer unused)
{
  UdpnatMessageId id = say_file (self, BOB, "heron.jpg", A_PATH);
  UdpnatPublicKey key = make_key (BOB);

  udpnat_store_withdraw (self->store, &key, &id, line_cb, self);
  udpnat_store_flush (self->store);
  g_assert_cmpint (udpnat_history_item_get_stored_transfer (self->line)->state, ==,
                   UDPNAT_TRANSFER_STATE_CANCELLED);
  check_transfer (self, id, UDPNAT_TRANSFER_STATE_CANCELLED, "withdrawn", NULL);
  check_outbox (self, "");
}

/* ---- At the start ---- */

static void
note_open (const UdpnatStoredTransfer *transfer,
           gpointer                    user_data)
{
  GString *found = user_data;

  g_string_append_printf (found, "%s%s:%d", found->len > 0 ? "|" : "", transfer->offer->name,
                          transfer->state);
}

static void
test_open_ones (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (GString) found = g_string_new (NULL);
  UdpnatMessageId ids[6];

  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      ids[i] = say_file (self, i == 1 ? CAROL : BOB, name, A_PATH);
    }
  hear (self, BOB, make_answer (self, ids[2], "done"));
  hear (self, BOB, make_answer (self, ids[3], "corrupt"));
  hear (self, BOB, make_answer (self, ids[4], "declined"));
  hear (self, BOB, make_answer (self, ids[0], "accepted"));
  reopen_store (self);
  udpnat_store_foreach_open_transfer (self->store, note_open, found);
  g_assert_cmpstr (found->str, ==, "0:1|1:0|3:4|5:0");
}

static void
test_untold_ones (Fixture      *self,
                  gconstpointer unused)
{
  static const struct
  {
    gboolean            is_outgoing;
    UdpnatTransferState state;
    const char         *reason, *word;
  } cases[] = {
    { FALSE, UDPNAT_TRANSFER_STATE_DONE, NULL, NULL },
    { FALSE, UDPNAT_TRANSFER_STATE_DONE, NULL, "done" },
    { FALSE, UDPNAT_TRANSFER_STATE_CANCELLED, "declined", NULL },
    { TRUE, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled", NULL },
    { TRUE, UDPNAT_TRANSFER_STATE_CANCELLED, "cancelled", "cancelled" },
    { FALSE, UDPNAT_TRANSFER_STATE_FAILED, "disk-full", NULL },
    { TRUE, UDPNAT_TRANSFER_STATE_RUNNING, NULL, NULL },
  };
  g_autoptr (GString) found = g_string_new (NULL);

  g_test_summary ("What is over, and the word for it was not saved, as after a crash in between");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      UdpnatMessageId id = cases[i].is_outgoing ? say_file (self, BOB, name, A_PATH)
                                                : hear_file (self, BOB, name);
      g_autoptr (UdpnatStoredTransfer) transfer = find_transfer (self, id);

      transfer->state = cases[i].state;
      transfer->reason = g_strdup (cases[i].reason);
      save (self, transfer);
      if (cases[i].word != NULL)
        say (self, BOB, make_answer (self, id, cases[i].word));
    }
  hear (self, BOB, make_answer (self, say_file (self, BOB, "theirs", A_PATH), "declined"));
  reopen_store (self);
  udpnat_store_foreach_untold_transfer (self->store, note_open, found);
  g_assert_cmpstr (found->str, ==, "0:3|2:5|3:5");
}

#define ADD_BOB(path, function) \
  g_test_add ("/client-store-transfers/" path, Fixture, NULL, set_up_bob, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_BOB ("offer/theirs", test_incoming);
  ADD_BOB ("offer/ours-with-its-path", test_outgoing);
  ADD_BOB ("offer/longest-names", test_longest);
  ADD_BOB ("offer/failure-leaves-nothing", test_offer_failure_leaves_nothing);
  ADD_BOB ("offer/to-self-is-done", test_note_to_self);
  ADD_BOB ("offer/of-strangers-comes-when-accepted", test_stranger);
  ADD_BOB ("offer/repeated-is-known", test_repeated);
  ADD_BOB ("offer/found-quoted-and-reacted-to-by-name", test_search_and_quote);
  ADD_BOB ("offer/not-renamed-by-edits", test_edit);
  ADD_BOB ("delete/theirs", test_delete_theirs);
  ADD_BOB ("delete/ours", test_delete_ours);
  ADD_BOB ("delete/gone-from-files", test_deleted_is_gone);
  ADD_BOB ("delete/here-only", test_removed_here);
  ADD_BOB ("item/follows", test_item_follows);
  ADD_BOB ("answer/receiver-there", test_receiver_there);
  ADD_BOB ("answer/receiver-here", test_receiver_here);
  ADD_BOB ("answer/sender-there-only-cancels", test_sender_there);
  ADD_BOB ("answer/sender-here-only-cancels", test_sender_here);
  ADD_BOB ("answer/every-order", test_every_order);
  ADD_BOB ("answer/unknown-word-changes-nothing", test_unknown_word);
  ADD_BOB ("answer/about-no-file", test_about_no_file);
  ADD_BOB ("answer/repeated-is-known", test_repeated_answer);
  ADD_BOB ("answer/newest-in-outbox-only", test_newest_in_outbox);
  ADD_BOB ("answer/failure-leaves-nothing", test_answer_failure_leaves_nothing);
  ADD_BOB ("answer/after-it-was-saved", test_word_after_saving);
  ADD_BOB ("early/cancelled-before-it-came", test_early_cancel);
  ADD_BOB ("early/of-a-text-changes-nothing", test_early_for_a_text);
  ADD_BOB ("early/others-not-kept", test_early_others);
  ADD_BOB ("early/bounded", test_early_bounded);
  ADD_BOB ("save/round-trip", test_save);
  ADD_BOB ("save/over-stays-over", test_save_too_late);
  ADD_BOB ("save/of-nothing", test_save_of_nothing);
  ADD_BOB ("save/one-page", test_save_is_cheap);
  ADD_BOB ("save/withdrawn-is-cancelled", test_withdrawn);
  ADD_BOB ("start/open-ones-oldest-first", test_open_ones);
  ADD_BOB ("start/untold-ones", test_untold_ones);

  return g_test_run ();
}
