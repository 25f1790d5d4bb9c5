/* The window over a conversation: it slides without losing or doubling a line, follows what is
 * said, and its rows know their neighbours. */

#include "config.h"

#include "test-client-fixture.h"
#include "udpnat-history.h"

#define N_LINES 500

typedef struct
{
  char          *folder;
  UdpnatClient  *client;
  UdpnatPerson  *me;      /* borrowed: notes to self need nobody else */
  UdpnatPerson  *bob;     /* borrowed */
  UdpnatHistory *history; /* nullable */
  guint          n_added_above_end;
  guint          n_changes; /* of the list */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);

  self->folder = g_dir_make_tmp ("udpnat-history-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  g_assert_true (udpnat_client_open (self->client, self->folder, NULL, &error));
  g_assert_no_error (error);
  self->me = udpnat_client_get_self (self->client);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->history);
  g_clear_object (&self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
fill (Fixture *self,
      guint    n_lines)
{
  for (guint i = 0; i < n_lines; i++)
    {
      g_autofree char *text = g_strdup_printf ("line %u", i);
      g_autoptr (GError) error = NULL;

      g_assert_true (udpnat_client_send (self->client, self->me, text, NULL, NULL, &error));
      if (i % 100 == 99)
        g_assert_true (udpnat_client_flush (self->client));
    }
  g_assert_true (udpnat_client_flush (self->client));
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  Fixture    *self)
{
  self->n_changes++;
}

static void
line_added_cb (UdpnatHistory    *history,
               UdpnatHistoryRow *row,
               Fixture          *self)
{
  if (row == NULL)
    self->n_added_above_end++;
}

static void
open_history (Fixture      *self,
              UdpnatPerson *person)
{
  self->history = udpnat_history_new (self->client, person);
  g_signal_connect (self->history, "items-changed", G_CALLBACK (items_changed_cb), self);
  g_signal_connect (self->history, "line-added", G_CALLBACK (line_added_cb), self);
}

static guint
count_rows (Fixture *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->history));
}

static UdpnatHistoryRow *
get_row (Fixture *self,
         guint    position)
{
  g_autoptr (UdpnatHistoryRow) row = NULL;

  row = g_list_model_get_item (G_LIST_MODEL (self->history), position);
  g_assert_nonnull (row);
  return row; /* the history's */
}

/* The line that fill() wrote as its @position-th. */
static guint
get_index (Fixture *self,
           guint    position)
{
  UdpnatHistoryItem *item = udpnat_history_row_get_item (get_row (self, position));

  return (guint) g_ascii_strtoull (udpnat_history_item_get_text (item) + strlen ("line "), NULL,
                                   10);
}

static void
check_unbroken (Fixture *self,
                guint    first)
{
  for (guint i = 0; i < count_rows (self); i++)
    g_assert_cmpuint (get_index (self, i), ==, first + i);
}

static void
test_opens_at_the_end (Fixture      *self,
                       gconstpointer unused)
{
  fill (self, N_LINES);
  open_history (self, self->me);
  g_assert_cmpuint (count_rows (self), ==, UDPNAT_HISTORY_PAGE_ROWS);
  check_unbroken (self, N_LINES - UDPNAT_HISTORY_PAGE_ROWS);
  g_assert_true (udpnat_history_has_older (self->history));
  g_assert_false (udpnat_history_has_newer (self->history));
}

static void
test_short_one_has_no_older (Fixture      *self,
                             gconstpointer unused)
{
  fill (self, UDPNAT_HISTORY_PAGE_ROWS);
  open_history (self, self->me);
  check_unbroken (self, 0);
  g_assert_cmpuint (count_rows (self), ==, UDPNAT_HISTORY_PAGE_ROWS);
  g_assert_false (udpnat_history_has_older (self->history));
  g_assert_cmpuint (udpnat_history_load_older (self->history), ==, 0);
  g_assert_cmpuint (udpnat_history_load_newer (self->history), ==, 0);
}

static void
test_slides_to_the_beginning_and_back (Fixture      *self,
                                       gconstpointer unused)
{
  guint n_pages = 0;

  fill (self, N_LINES);
  open_history (self, self->me);
  while (udpnat_history_load_older (self->history) > 0)
    {
      n_pages++;
      g_assert_cmpuint (count_rows (self), <=, UDPNAT_HISTORY_ROWS_MAX);
      check_unbroken (self, get_index (self, 0));
    }
  g_assert_cmpuint (n_pages, ==,
                    (N_LINES - UDPNAT_HISTORY_PAGE_ROWS + UDPNAT_HISTORY_STEP_ROWS - 1) /
                      UDPNAT_HISTORY_STEP_ROWS);
  g_assert_cmpuint (get_index (self, 0), ==, 0);
  g_assert_true (udpnat_history_has_newer (self->history));
  while (udpnat_history_load_newer (self->history) > 0)
    check_unbroken (self, get_index (self, 0));
  g_assert_cmpuint (get_index (self, count_rows (self) - 1), ==, N_LINES - 1);
  g_assert_cmpuint (count_rows (self), ==, UDPNAT_HISTORY_ROWS_MAX);
  g_assert_false (udpnat_history_has_newer (self->history));
}

/* One splice an end: a list view keeps its place through each, but not through fifty. */
static void
test_a_page_is_one_change_an_end (Fixture      *self,
                                  gconstpointer unused)
{
  guint n_fit = (UDPNAT_HISTORY_ROWS_MAX - UDPNAT_HISTORY_PAGE_ROWS) / UDPNAT_HISTORY_STEP_ROWS;

  fill (self, N_LINES);
  open_history (self, self->me);
  for (guint i = 0; i < n_fit; i++)
    g_assert_cmpuint (udpnat_history_load_older (self->history), >, 0);
  g_assert_cmpuint (self->n_changes, ==, n_fit);
  g_assert_cmpuint (udpnat_history_load_older (self->history), >, 0);
  g_assert_cmpuint (self->n_changes, ==, n_fit + 2);
}

static void
test_goes_to_a_line (Fixture      *self,
                     gconstpointer unused)
{
  gint64 wanted;
  guint position;

  fill (self, N_LINES);
  open_history (self, self->me);
  wanted = udpnat_history_row_get_number (get_row (self, 0)) - 300;
  g_assert_false (udpnat_history_find (self->history, wanted, &position));
  g_assert_true (udpnat_history_go_to (self->history, wanted, &position));
  g_assert_cmpint (udpnat_history_row_get_number (get_row (self, position)), ==, wanted);
  g_assert_cmpuint (position, ==, UDPNAT_HISTORY_PAGE_ROWS - 1);
  g_assert_cmpuint (count_rows (self), ==, 2 * UDPNAT_HISTORY_PAGE_ROWS);
  check_unbroken (self, get_index (self, 0));
  g_assert_true (udpnat_history_has_older (self->history));
  g_assert_true (udpnat_history_has_newer (self->history));
  g_assert_false (udpnat_history_go_to (self->history, G_MAXINT64 - 1, &position));
}

static void
test_follows_the_end (Fixture      *self,
                      gconstpointer unused)
{
  fill (self, 3);
  open_history (self, self->me);
  say_to (self->client, self->me, "line 3");
  g_assert_cmpuint (count_rows (self), ==, 4);
  check_unbroken (self, 0);
  g_assert_cmpuint (self->n_added_above_end, ==, 0);
}

static void
test_lets_the_newest_go_by_elsewhere (Fixture      *self,
                                      gconstpointer unused)
{
  guint n_rows;

  fill (self, N_LINES);
  open_history (self, self->me);
  while (!udpnat_history_has_newer (self->history))
    g_assert_cmpuint (udpnat_history_load_older (self->history), >, 0);
  n_rows = count_rows (self);
  say_to (self->client, self->me, "line 500");
  g_assert_cmpuint (count_rows (self), ==, n_rows);
  g_assert_cmpuint (self->n_added_above_end, ==, 1);
  udpnat_history_go_to_end (self->history);
  g_assert_cmpuint (get_index (self, count_rows (self) - 1), ==, N_LINES);
}

static void
test_removed_line_closes_the_gap (Fixture      *self,
                                  gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatHistoryItem *middle;

  fill (self, 3);
  open_history (self, self->me);
  middle = udpnat_history_row_get_item (get_row (self, 1));
  g_assert_true (udpnat_client_delete (self->client, middle, FALSE, &error));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (count_rows (self), ==, 2);
  g_assert_cmpuint (get_index (self, 1), ==, 2);
}

static void
test_cleared_is_empty (Fixture      *self,
                       gconstpointer unused)
{
  fill (self, 3);
  open_history (self, self->me);
  g_assert_nonnull (udpnat_person_get_last_line (self->me));
  udpnat_client_clear_history (self->client, self->me);
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (count_rows (self), ==, 0);
  g_assert_null (udpnat_person_get_last_line (self->me));
}

static void
test_edit_is_seen_in_its_row (Fixture      *self,
                              gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatHistoryItem *item;

  fill (self, 2);
  open_history (self, self->me);
  item = udpnat_history_row_get_item (get_row (self, 0));
  g_assert_true (udpnat_client_edit (self->client, item, "line 7", &error));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpuint (count_rows (self), ==, 2);
  g_assert_cmpuint (get_index (self, 0), ==, 7);
}

/* ---- Neighbours ---- */

static void
hear_at (Fixture *self,
         guint8   number,
         gint64   sent_us)
{
  UdpnatMessageId id = make_id (number);

  hear_from (self->client, self->bob, udpnat_item_new_text (&id, sent_us, "hello"));
}

static void
test_day_and_group_begin (Fixture      *self,
                          gconstpointer unused)
{
  gint64 day_us = G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC;

  udpnat_client_accept (self->client, self->bob);
  hear_at (self, 1, SENT_US - 2 * day_us);
  hear_at (self, 2, SENT_US - 2 * day_us);
  hear_at (self, 3, SENT_US - 2 * day_us + 120 * G_USEC_PER_SEC);
  hear_at (self, 4, SENT_US - day_us);
  open_history (self, self->bob);
  g_assert_cmpuint (count_rows (self), ==, 4);
  g_assert_true (udpnat_history_row_starts_day (get_row (self, 0)));
  g_assert_false (udpnat_history_row_starts_day (get_row (self, 1)));
  g_assert_true (udpnat_history_row_starts_day (get_row (self, 3)));
  g_assert_true (udpnat_history_row_starts_group (get_row (self, 0)));
  g_assert_false (udpnat_history_row_starts_group (get_row (self, 1)));
  g_assert_true (udpnat_history_row_starts_group (get_row (self, 2)));
  g_assert_false (udpnat_history_row_ends_group (get_row (self, 0)));
  g_assert_true (udpnat_history_row_ends_group (get_row (self, 1)));
  g_assert_true (udpnat_history_row_ends_group (get_row (self, 3)));
}

static void
test_new_messages_begin (Fixture      *self,
                         gconstpointer unused)
{
  udpnat_client_accept (self->client, self->bob);
  hear_at (self, 1, SENT_US);
  udpnat_client_mark_read (self->client, self->bob);
  g_assert_true (udpnat_client_flush (self->client));
  hear_at (self, 2, SENT_US);
  hear_at (self, 3, SENT_US);
  open_history (self, self->bob);
  g_assert_false (udpnat_history_row_starts_unread (get_row (self, 0)));
  g_assert_true (udpnat_history_row_starts_unread (get_row (self, 1)));
  g_assert_false (udpnat_history_row_starts_unread (get_row (self, 2)));
  udpnat_history_set_unread (self->history, 0);
  g_assert_false (udpnat_history_row_starts_unread (get_row (self, 1)));
}

static void
test_new_messages_begin_anew (Fixture      *self,
                              gconstpointer unused)
{
  udpnat_client_accept (self->client, self->bob);
  hear_at (self, 1, SENT_US);
  hear_at (self, 2, SENT_US);
  open_history (self, self->bob);
  udpnat_history_set_unread (self->history, udpnat_history_row_get_number (get_row (self, 1)));
  g_assert_false (udpnat_history_row_starts_unread (get_row (self, 0)));
  g_assert_true (udpnat_history_row_starts_unread (get_row (self, 1)));
  g_assert_true (udpnat_history_row_ends_group (get_row (self, 0)));
}

static void
test_last_line_of_a_person (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatHistoryItem *last;

  say_to (self->client, self->me, "first");
  say_to (self->client, self->me, "second");
  last = udpnat_person_get_last_line (self->me);
  g_assert_cmpstr (udpnat_history_item_get_text (last), ==, "second");
  g_assert_true (udpnat_client_delete (self->client, last, FALSE, &error));
  g_assert_true (udpnat_client_flush (self->client));
  last = udpnat_person_get_last_line (self->me);
  g_assert_cmpstr (udpnat_history_item_get_text (last), ==, "first");
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/history/window/opens-at-the-end", test_opens_at_the_end);
  ADD ("/history/window/short-one-has-no-older", test_short_one_has_no_older);
  ADD ("/history/window/slides-to-the-beginning-and-back", test_slides_to_the_beginning_and_back);
  ADD ("/history/window/a-page-is-one-change-an-end", test_a_page_is_one_change_an_end);
  ADD ("/history/window/goes-to-a-line", test_goes_to_a_line);
  ADD ("/history/change/follows-the-end", test_follows_the_end);
  ADD ("/history/change/lets-the-newest-go-by-elsewhere", test_lets_the_newest_go_by_elsewhere);
  ADD ("/history/change/removed-line-closes-the-gap", test_removed_line_closes_the_gap);
  ADD ("/history/change/cleared-is-empty", test_cleared_is_empty);
  ADD ("/history/change/edit-is-seen-in-its-row", test_edit_is_seen_in_its_row);
  ADD ("/history/row/day-and-group-begin", test_day_and_group_begin);
  ADD ("/history/row/new-messages-begin", test_new_messages_begin);
  ADD ("/history/row/new-messages-begin-anew", test_new_messages_begin_anew);
  ADD ("/history/person/last-line-is-kept", test_last_line_of_a_person);

  return g_test_run ();
}
