/* UdpnatFileGiver and UdpnatFileFetcher talk with each other, and every byte has to come, once. */

#include "config.h"

#include <glib.h>
#include <sodium.h>
#include <string.h>

#include "udpnat-file-fetcher.h"
#include "udpnat-file-giver.h"
#include "udpnat-limits.h"
#include "udpnat-time.h"
#include "udpnat-tree.h"

#define FILES_MAX 8
#define RTT_US UDPNAT_MSEC (100)
#define STREAM_BYTES 262144 /* what a stream takes in one go */

typedef struct
{
  guint8     *data;
  gsize       size;
  UdpnatTree *tree;
  GByteArray *came;    /* at the receiver */
  gboolean    is_whole;
} TestFile;

typedef struct
{
  UdpnatMessageId    id;
  UdpnatFileGiver   *giver;
  UdpnatFileFetcher *fetcher;
  TestFile           files[FILES_MAX];
  guint              n_files;
  gint64             now_us;

  /* how the two owners behave */
  gboolean           is_disk_stuck; /* nothing is kept */
  gint64             bent_chunk;    /* of file 0, -1: none */
  gboolean           is_block_bent;

  guint64            n_sent;        /* bytes of chunks that were written by the giver */
  guint              n_wanted;      /* CHUNK-WANTED events */
  guint              n_most_wanted; /* that were open at a time */
  guint              n_asked, n_stopped, n_refused, n_gone_on, n_corrupt;
  guint8             reason;        /* of the last REFUSED or STOPPED */
  GQueue             wanted;        /* of UdpnatFileEvent, not answered */
} Pair;

/* ---- Fixture ---- */

static void
fill (guint8 *data,
      gsize   n,
      guint32 seed)
{
  for (gsize i = 0; i < n; i++)
    {
      if (i % 4096 == 0)
        seed = seed * 1664525 + 1013904223;
      data[i] = (guint8) (seed >> 24) + (guint8) i;
    }
}

static void
add_file (Pair *pair,
          gsize size)
{
  TestFile *file = &pair->files[pair->n_files];

  file->size = size;
  file->data = g_malloc (size + 1);
  fill (file->data, size, ++pair->n_files);
  file->tree = udpnat_tree_new (size);
  for (guint64 i = 0; i < udpnat_tree_count_chunks (file->tree); i++)
    udpnat_tree_add_chunk (file->tree, file->data + i * UDPNAT_CHUNK_BYTES,
                           udpnat_tree_get_chunk_bytes (file->tree, i));
  file->came = g_byte_array_new ();
}

static Pair *
pair_new (void)
{
  Pair *pair = g_new0 (Pair, 1);

  memset (&pair->id, 7, sizeof pair->id);
  pair->giver = udpnat_file_giver_new ();
  pair->fetcher = udpnat_file_fetcher_new ();
  pair->bent_chunk = -1;
  pair->now_us = UDPNAT_SEC (1000);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_NONE));
  return pair;
}

static void
pair_free (Pair *pair)
{
  for (guint i = 0; i < pair->n_files; i++)
    {
      g_free (pair->files[i].data);
      udpnat_tree_free (pair->files[i].tree);
      g_byte_array_unref (pair->files[i].came);
    }
  g_queue_clear_full (&pair->wanted, (GDestroyNotify) udpnat_file_event_free);
  udpnat_file_giver_free (pair->giver);
  udpnat_file_fetcher_free (pair->fetcher);
  g_free (pair);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pair, pair_free)

static gboolean
fetch (Pair *pair,
       guint file)
{
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  g_assert_true (udpnat_tree_get_root (pair->files[file].tree, root));
  return udpnat_file_fetcher_fetch (pair->fetcher, &pair->id, file, pair->files[file].size, root,
                                    pair->files[file].came->len / UDPNAT_CHUNK_BYTES);
}

/* ---- The two owners ---- */

static void
give (Pair            *pair,
      UdpnatFileEvent *event)
{
  TestFile *file = &pair->files[event->file];
  g_autoptr (GBytes) data = NULL;

  if (event->type == UDPNAT_FILE_EVENT_HASHES_WANTED)
    {
      gsize n;
      const guint8 *block = udpnat_tree_get_block (file->tree, event->level, event->number, &n);
      g_autofree guint8 *copy = g_memdup2 (block, n);

      if (pair->is_block_bent)
        copy[n / 2] ^= 1;
      data = copy != NULL ? g_bytes_new (copy, n) : NULL;
      udpnat_file_giver_give_hashes (pair->giver, &event->id, event->file, event->level,
                                     event->number, data);
      return;
    }
  if (event->number < udpnat_tree_count_chunks (file->tree))
    {
      gsize n = udpnat_tree_get_chunk_bytes (file->tree, event->number);
      g_autofree guint8 *copy = g_memdup2 (file->data + event->number * UDPNAT_CHUNK_BYTES,
                                           MAX (n, 1));

      if (event->file == 0 && (gint64) event->number == pair->bent_chunk)
        copy[n - 1] ^= 1;
      data = g_bytes_new (copy, n);
    }
  udpnat_file_giver_give_chunk (pair->giver, &event->id, event->file, event->number, data);
}

static void
follow_giver (Pair *pair)
{
  UdpnatFileEvent *event;

  while ((event = udpnat_file_giver_pop_event (pair->giver)) != NULL)
    {
      pair->n_asked += event->type == UDPNAT_FILE_EVENT_ASKED;
      pair->n_stopped += event->type == UDPNAT_FILE_EVENT_STOPPED;
      if (event->type == UDPNAT_FILE_EVENT_STOPPED)
        pair->reason = event->reason;
      if (event->type == UDPNAT_FILE_EVENT_CHUNK_WANTED ||
          event->type == UDPNAT_FILE_EVENT_HASHES_WANTED)
        g_queue_push_tail (&pair->wanted, g_steal_pointer (&event));
      udpnat_file_event_free (event);
    }
  pair->n_most_wanted = MAX (pair->n_most_wanted, pair->wanted.length);
}

static void
answer_wanted (Pair *pair)
{
  while (pair->wanted.length > 0)
    {
      g_autoptr (UdpnatFileEvent) event = g_queue_pop_head (&pair->wanted);

      pair->n_wanted += event->type == UDPNAT_FILE_EVENT_CHUNK_WANTED;
      give (pair, event);
    }
}

static void
keep (Pair            *pair,
      UdpnatFileEvent *event)
{
  TestFile *file = &pair->files[event->file];
  gsize n;
  const guint8 *data = g_bytes_get_data (event->data, &n);

  g_assert_cmpuint (event->number * UDPNAT_CHUNK_BYTES, ==, file->came->len);
  g_byte_array_append (file->came, data, n);
  if (!pair->is_disk_stuck)
    udpnat_file_fetcher_note_kept (pair->fetcher, &event->id, event->file);
}

static void
follow_fetcher (Pair *pair)
{
  for (;;)
    {
      g_autoptr (UdpnatFileEvent) event = udpnat_file_fetcher_pop_event (pair->fetcher);

      if (event == NULL)
        return;
      pair->n_refused += event->type == UDPNAT_FILE_EVENT_REFUSED;
      pair->n_gone_on += event->type == UDPNAT_FILE_EVENT_GOES_ON;
      pair->n_corrupt += event->type == UDPNAT_FILE_EVENT_CORRUPT;
      if (event->type == UDPNAT_FILE_EVENT_REFUSED)
        pair->reason = event->reason;
      if (event->type == UDPNAT_FILE_EVENT_CHUNK)
        keep (pair, event);
      if (event->type == UDPNAT_FILE_EVENT_FETCHED)
        pair->files[event->file].is_whole = TRUE;
    }
}

/* ---- The line ---- */

static void
parse (const GByteArray  *bytes,
       UdpnatFileMessage *out_message)
{
  UdpnatMessageView view;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (bytes->data, bytes->len, &view, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, bytes->len);
  g_assert_true (udpnat_parse_file_message (&view, out_message));
}

/* Everything that one side has to say goes to the other. Returns: whether there was something. */
static gboolean
carry_wants (Pair *pair)
{
  gboolean is_any = FALSE;

  for (;;)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      UdpnatFileMessage message;

      if (!udpnat_file_fetcher_write_next (pair->fetcher, bytes, STREAM_BYTES))
        return is_any;
      parse (bytes, &message);
      g_assert_true (udpnat_file_giver_handle_message (pair->giver, &message));
      is_any = TRUE;
    }
}

static gboolean
carry_gifts (Pair *pair)
{
  gboolean is_any = FALSE;

  for (;;)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      UdpnatFileMessage message;

      if (!udpnat_file_giver_write_next (pair->giver, bytes, STREAM_BYTES))
        return is_any;
      parse (bytes, &message);
      if (message.type == UDPNAT_FILE_CHUNK)
        pair->n_sent += message.n_data;
      g_assert_true (udpnat_file_fetcher_handle_message (pair->fetcher, pair->now_us, RTT_US,
                                                         &message));
      is_any = TRUE;
    }
}

/* There and back, but the receiver does not look yet. Returns: whether anything moved. */
static gboolean
go_there_and_back (Pair *pair)
{
  gboolean is_any = carry_wants (pair);

  pair->now_us += RTT_US;
  for (;;)
    {
      follow_giver (pair);
      answer_wanted (pair);
      if (!carry_gifts (pair))
        return is_any;
      is_any = TRUE;
    }
}

/* One turn there and back. Returns: whether anything moved. */
static gboolean
turn (Pair *pair)
{
  gboolean is_any = go_there_and_back (pair);

  follow_fetcher (pair);
  return is_any;
}

static void
run (Pair *pair)
{
  for (guint i = 0; turn (pair); i++)
    g_assert_cmpuint (i, <, 100000);
}

static void
check_whole (const Pair *pair,
             guint       file)
{
  const TestFile *it = &pair->files[file];

  g_assert_true (it->is_whole);
  g_assert_cmpmem (it->came->data, it->came->len, it->data, it->size);
}

/* ---- Tests ---- */

static void
test_sizes (void)
{
  static const gsize sizes[] = { 0, 1, UDPNAT_CHUNK_BYTES - 1, UDPNAT_CHUNK_BYTES,
                                 UDPNAT_CHUNK_BYTES + 1, 40 * UDPNAT_CHUNK_BYTES + 5,
                                 1300 * UDPNAT_CHUNK_BYTES + 77 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (Pair) pair = pair_new ();

      add_file (pair, sizes[i]);
      g_assert_true (fetch (pair, 0));
      run (pair);
      check_whole (pair, 0);
      g_assert_cmpuint (pair->n_sent, ==, sizes[i]);
      g_assert_cmpuint (pair->n_most_wanted, <=, UDPNAT_FILE_READS_MAX);
      g_assert_false (udpnat_file_fetcher_is_waiting (pair->fetcher));
      g_assert_false (udpnat_file_fetcher_has_unsent (pair->fetcher));
      g_assert_false (udpnat_file_giver_has_unsent (pair->giver));
    }
}

static void
test_small_file_takes_one_turn (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("A file of one chunk needs no hashes: it is there after one round trip");
  add_file (pair, 5000);
  g_assert_true (fetch (pair, 0));
  g_assert_true (turn (pair));
  check_whole (pair, 0);
}

static void
test_several_share (void)
{
  g_autoptr (Pair) pair = pair_new ();
  gsize size = 300 * UDPNAT_CHUNK_BYTES;

  for (guint i = 0; i < 3; i++)
    {
      add_file (pair, size);
      g_assert_true (fetch (pair, i));
    }
  g_assert_false (fetch (pair, 1)); /* it is fetched already */
  while (pair->files[0].came->len < size / 2)
    g_assert_true (turn (pair));
  for (guint i = 1; i < 3; i++)
    g_assert_cmpuint (pair->files[i].came->len + 2 * UDPNAT_FILE_WINDOW_MIN_BYTES, >=,
                      pair->files[0].came->len);
  run (pair);
  for (guint i = 0; i < 3; i++)
    check_whole (pair, i);
}

static void
test_corrupt_chunk (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("One wrong bit is found at its chunk; what came before is kept, nothing after");
  add_file (pair, 50 * UDPNAT_CHUNK_BYTES);
  pair->bent_chunk = 20;
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_cmpuint (pair->n_corrupt, ==, 1);
  g_assert_cmpuint (pair->files[0].came->len, ==, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_false (pair->files[0].is_whole);
  g_assert_cmpuint (pair->n_stopped, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_CHANGED);

  /* The sender has mended it. */
  pair->bent_chunk = -1;
  g_assert_true (fetch (pair, 0));
  run (pair);
  check_whole (pair, 0);
}

static void
test_corrupt_hashes (void)
{
  g_autoptr (Pair) pair = pair_new ();

  add_file (pair, 50 * UDPNAT_CHUNK_BYTES);
  pair->is_block_bent = TRUE;
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_cmpuint (pair->n_corrupt, ==, 1);
  g_assert_cmpuint (pair->files[0].came->len, ==, 0);
}

static void
test_unknown (void)
{
  g_autoptr (Pair) pair = pair_new ();

  add_file (pair, 100);
  udpnat_file_giver_withdraw (pair->giver, &pair->id);
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_cmpuint (pair->n_refused, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_UNKNOWN);
  g_assert_false (udpnat_file_fetcher_is_waiting (pair->fetcher));
  g_assert_cmpuint (pair->n_wanted, ==, 0);
}

static void
test_withdrawn_meanwhile (void)
{
  g_autoptr (Pair) pair = pair_new ();

  add_file (pair, 200 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  for (guint i = 0; i < 3; i++)
    turn (pair);
  udpnat_file_giver_withdraw (pair->giver, &pair->id);
  run (pair);
  g_assert_cmpuint (pair->n_refused, >=, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_UNKNOWN);
  g_assert_false (pair->files[0].is_whole);
}

static void
test_withdrawn_while_read (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("What was asked for before, and is being read, is not sent after the refusal");
  add_file (pair, 200 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  turn (pair); /* hashes */
  carry_wants (pair);
  follow_giver (pair);
  g_assert_cmpuint (pair->wanted.length, >, 0);
  udpnat_file_giver_withdraw (pair->giver, &pair->id);
  answer_wanted (pair);
  pair->n_sent = 0;
  carry_gifts (pair);
  follow_fetcher (pair);
  g_assert_cmpuint (pair->n_refused, ==, 1);
  g_assert_cmpuint (pair->n_sent, ==, 0);
}

static void
hand_over_chunk (Pair    *pair,
                 guint64  chunk)
{
  UdpnatFileMessage message = {
    .type = UDPNAT_FILE_CHUNK,
    .id = pair->id,
    .first = chunk,
    .data = pair->files[0].data + chunk * UDPNAT_CHUNK_BYTES,
    .n_data = UDPNAT_CHUNK_BYTES,
  };

  g_assert_true (udpnat_file_fetcher_handle_message (pair->fetcher, pair->now_us, RTT_US,
                                                     &message));
  follow_fetcher (pair); /* asserts the order of what is kept */
}

static void
test_out_of_turn (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("A chunk that was asked for, and comes before its turn or twice, is dropped");
  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  turn (pair); /* hashes */
  carry_wants (pair);
  hand_over_chunk (pair, 1);
  g_assert_cmpuint (pair->files[0].came->len, ==, 0);
  hand_over_chunk (pair, 0);
  hand_over_chunk (pair, 0);
  g_assert_cmpuint (pair->files[0].came->len, ==, UDPNAT_CHUNK_BYTES);
  hand_over_chunk (pair, 1);
  g_assert_cmpuint (pair->files[0].came->len, ==, 2 * UDPNAT_CHUNK_BYTES);
}

static void
test_sender_pauses (void)
{
  g_autoptr (Pair) pair = pair_new ();
  gsize n_before;

  add_file (pair, 200 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  for (guint i = 0; i < 4; i++)
    turn (pair);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_PAUSED));
  run (pair);
  g_assert_cmpuint (pair->n_refused, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_PAUSED);
  n_before = pair->files[0].came->len;
  g_assert_cmpuint (n_before, <, pair->files[0].size);
  g_assert_false (turn (pair)); /* nobody asks again and again */

  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_NONE));
  run (pair);
  g_assert_cmpuint (pair->n_gone_on, ==, 1);
  check_whole (pair, 0);
  g_assert_cmpuint (pair->n_sent, ==, pair->files[0].size);
}

static void
test_preparing (void)
{
  g_autoptr (Pair) pair = pair_new ();

  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id,
                                          UDPNAT_FILE_REASON_PREPARING));
  run (pair);
  g_assert_cmpuint (pair->n_asked, ==, 0);
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_cmpuint (pair->n_asked, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_PREPARING);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_NONE));
  run (pair);
  check_whole (pair, 0);
}

static void
test_prepared_after_a_pause (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("Whoever has asked while it was paused does not ask again when it is not read "
                  "yet: it is read for them all the same");
  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_PAUSED));
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_PREPARING));
  run (pair);
  g_assert_cmpuint (pair->n_asked, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_PREPARING);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_NONE));
  run (pair);
  check_whole (pair, 0);
}

static void
test_both_pause (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("Both pause at once, and go on at once: what the sender says comes late");
  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  turn (pair); /* hashes */
  turn (pair);
  g_assert_cmpuint (pair->files[0].came->len, >, 0);
  g_assert_cmpuint (pair->files[0].came->len, <, pair->files[0].size);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_PAUSED));
  udpnat_file_fetcher_stop (pair->fetcher, &pair->id, UDPNAT_FILE_REASON_PAUSED);
  carry_wants (pair);
  g_assert_true (udpnat_file_giver_serve (pair->giver, &pair->id, UDPNAT_FILE_REASON_NONE));
  g_assert_true (fetch (pair, 0));
  carry_wants (pair);
  run (pair);
  g_assert_cmpuint (pair->n_refused, ==, 1);
  check_whole (pair, 0);
}

static void
test_receiver_stops (void)
{
  g_autoptr (Pair) pair = pair_new ();
  guint n_wanted;

  add_file (pair, 200 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  for (guint i = 0; i < 4; i++)
    turn (pair);
  udpnat_file_fetcher_stop (pair->fetcher, &pair->id, UDPNAT_FILE_REASON_PAUSED);
  n_wanted = pair->n_wanted;
  run (pair);
  g_assert_cmpuint (pair->n_stopped, ==, 1);
  g_assert_cmpuint (pair->reason, ==, UDPNAT_FILE_REASON_PAUSED);
  g_assert_cmpuint (pair->n_wanted, ==, n_wanted);
  g_assert_true (fetch (pair, 0));
  run (pair);
  check_whole (pair, 0);
}

static void
test_stop_forgets_what_came (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("What came and was not looked at before a stop comes once, with the next fetch");
  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  turn (pair); /* hashes */
  g_assert_true (go_there_and_back (pair));
  udpnat_file_fetcher_stop (pair->fetcher, &pair->id, UDPNAT_FILE_REASON_PAUSED);
  g_assert_true (fetch (pair, 0));
  follow_fetcher (pair);
  g_assert_cmpuint (pair->files[0].came->len, ==, 0);
  run (pair);
  check_whole (pair, 0);
}

static void
test_restarts (void)
{
  g_autoptr (Pair) pair = pair_new ();
  guint n_restarts = 0;

  g_test_summary ("Sessions end at every step, on the way out and back: all comes, once each");
  add_file (pair, 1000 * UDPNAT_CHUNK_BYTES + 9);
  g_assert_true (fetch (pair, 0));
  for (guint step = 0; !pair->files[0].is_whole; step++)
    {
      g_assert_cmpuint (step, <, 10000);
      turn (pair);
      if (step % 3 == 1)
        carry_wants (pair); /* are lost, or what is given for them */
      if (step % 3 == 2)
        follow_giver (pair);
      if (step % 2 == 0)
        continue;
      g_queue_clear_full (&pair->wanted, (GDestroyNotify) udpnat_file_event_free);
      udpnat_file_giver_restart (pair->giver);
      udpnat_file_fetcher_restart (pair->fetcher);
      n_restarts++;
    }
  check_whole (pair, 0);
  g_assert_cmpuint (n_restarts, >, 5);
}

static void
test_late_answers_are_dropped (void)
{
  g_autoptr (Pair) pair = pair_new ();

  g_test_summary ("What the owner has read for a session that ended is not sent in the next");
  add_file (pair, 20 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (pair, 0));
  turn (pair); /* hashes */
  carry_wants (pair);
  follow_giver (pair);
  g_assert_cmpuint (pair->wanted.length, >, 0);
  udpnat_file_giver_restart (pair->giver);
  answer_wanted (pair);
  g_assert_false (udpnat_file_giver_has_unsent (pair->giver));
}

static void
test_disk_is_waited_for (void)
{
  g_autoptr (Pair) pair = pair_new ();

  add_file (pair, 600 * UDPNAT_CHUNK_BYTES);
  pair->is_disk_stuck = TRUE;
  g_assert_true (fetch (pair, 0));
  run (pair);
  g_assert_cmpuint (pair->files[0].came->len, <=, UDPNAT_FILE_WINDOW_MAX_BYTES);
  g_assert_cmpuint (pair->files[0].came->len, >=, UDPNAT_FILE_WINDOW_MIN_BYTES);
  g_assert_true (udpnat_file_fetcher_is_waiting (pair->fetcher));
}

/* Asked for and not come: what may come twice. */
static guint64
count_open (Pair *pair)
{
  guint64 n = 0;

  for (;;)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      UdpnatFileMessage message;

      if (!udpnat_file_fetcher_write_next (pair->fetcher, bytes, STREAM_BYTES))
        return n;
      parse (bytes, &message);
      if (message.type == UDPNAT_FILE_WANT)
        n += (guint64) message.n_chunks * UDPNAT_CHUNK_BYTES;
      g_assert_true (udpnat_file_giver_handle_message (pair->giver, &message));
    }
}

static void
test_window (void)
{
  g_autoptr (Pair) fast = pair_new ();
  g_autoptr (Pair) slow = pair_new ();

  g_test_summary ("A window that comes in one round trip grows, one that takes many does not");
  add_file (fast, 1000 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (fast, 0));
  for (guint i = 0; i < 7; i++)
    turn (fast);
  g_assert_cmpuint (count_open (fast), ==, UDPNAT_FILE_WINDOW_MAX_BYTES);

  add_file (slow, 1000 * UDPNAT_CHUNK_BYTES);
  g_assert_true (fetch (slow, 0));
  for (guint i = 0; i < 12; i++)
    {
      turn (slow);
      slow->now_us += 5 * RTT_US;
    }
  g_assert_cmpuint (count_open (slow), ==, UDPNAT_FILE_WINDOW_MIN_BYTES);
}

static void
test_too_many_requests (void)
{
  g_autoptr (Pair) pair = pair_new ();
  UdpnatFileMessage message = { .type = UDPNAT_FILE_WANT, .id = pair->id, .n_chunks = 1 };
  guint n = 0;

  add_file (pair, 100);
  while (udpnat_file_giver_handle_message (pair->giver, &message))
    g_assert_cmpuint (++n, <=, 2 * UDPNAT_FILE_REQUESTS_MAX);
  g_assert_cmpuint (n, >=, UDPNAT_FILE_REQUESTS_MAX);

  /* Nor refusals without end. */
  udpnat_file_giver_restart (pair->giver);
  message.id.bytes[0] ^= 1;
  n = 0;
  while (udpnat_file_giver_handle_message (pair->giver, &message))
    g_assert_cmpuint (++n, <=, 2 * UDPNAT_FILE_REQUESTS_MAX);
}

/* A chunk far beyond the end, and one number too much: nothing comes of it, and nothing hangs. */
static void
test_nonsense (void)
{
  g_autoptr (Pair) pair = pair_new ();
  UdpnatFileMessage message = { .type = UDPNAT_FILE_WANT, .id = pair->id,
                                .first = G_MAXUINT64 - 1, .n_chunks = 4 };

  add_file (pair, 100);
  g_assert_true (udpnat_file_giver_handle_message (pair->giver, &message));
  follow_giver (pair);
  answer_wanted (pair);
  g_assert_true (fetch (pair, 0));
  run (pair);
  check_whole (pair, 0);

  /* Chunks that nobody asked for change nothing. */
  message = (UdpnatFileMessage) { .type = UDPNAT_FILE_CHUNK, .id = pair->id, .first = 3,
                                  .data = pair->files[0].data, .n_data = 100 };
  g_assert_true (udpnat_file_fetcher_handle_message (pair->fetcher, pair->now_us, RTT_US,
                                                     &message));
  g_assert_null (udpnat_file_fetcher_pop_event (pair->fetcher));
}

static void
test_too_many_at_once (void)
{
  static const guint8 root[UDPNAT_FILE_ROOT_BYTES] = { 1 };
  g_autoptr (Pair) pair = pair_new ();

  for (guint i = 0; i < UDPNAT_FILE_FETCHES_MAX; i++)
    g_assert_true (udpnat_file_fetcher_fetch (pair->fetcher, &pair->id, i, 10, root, 0));
  g_assert_false (udpnat_file_fetcher_fetch (pair->fetcher, &pair->id, 9999, 10, root, 0));
}

static void
test_free_of_null (void)
{
  udpnat_file_giver_free (NULL);
  udpnat_file_fetcher_free (NULL);
}

#define ADD(path, function) g_test_add_func ("/file-exchange/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (sodium_init () < 0)
    return 1;
  ADD ("sizes", test_sizes);
  ADD ("small-file-takes-one-turn", test_small_file_takes_one_turn);
  ADD ("several-share", test_several_share);
  ADD ("corrupt-chunk", test_corrupt_chunk);
  ADD ("corrupt-hashes", test_corrupt_hashes);
  ADD ("unknown", test_unknown);
  ADD ("withdrawn-meanwhile", test_withdrawn_meanwhile);
  ADD ("withdrawn-while-read", test_withdrawn_while_read);
  ADD ("out-of-turn", test_out_of_turn);
  ADD ("sender-pauses", test_sender_pauses);
  ADD ("preparing", test_preparing);
  ADD ("prepared-after-a-pause", test_prepared_after_a_pause);
  ADD ("both-pause", test_both_pause);
  ADD ("receiver-stops", test_receiver_stops);
  ADD ("stop-forgets-what-came", test_stop_forgets_what_came);
  ADD ("restarts", test_restarts);
  ADD ("late-answers-are-dropped", test_late_answers_are_dropped);
  ADD ("disk-is-waited-for", test_disk_is_waited_for);
  ADD ("window", test_window);
  ADD ("too-many-requests", test_too_many_requests);
  ADD ("nonsense", test_nonsense);
  ADD ("too-many-at-once", test_too_many_at_once);
  ADD ("free-of-null", test_free_of_null);
  return g_test_run ();
}
