/* A conversation as widgets, with a client that has no network: where the list stands, what rows
 * and composer say and do. */

#include "config.h"

#include <adwaita.h>

#include "test-client-fixture.h"

#include "udpnat-composer-private.h"
#include "udpnat-conversation-page-private.h"
#include "udpnat-message-list-private.h"
#include "udpnat-quote-block.h"
#include "udpnat-status-words.h"

#define N_LINES 300

typedef struct
{
  char                   *folder;
  UdpnatClient           *client;
  UdpnatPerson           *bob; /* borrowed */
  GtkWindow              *window;
  UdpnatConversationPage *page;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);
  gboolean is_open;

  self->folder = g_dir_make_tmp ("udpnat-conversation-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
  self->page = UDPNAT_CONVERSATION_PAGE (udpnat_conversation_page_new (self->client, NULL));
  self->window = GTK_WINDOW (adw_window_new ());
  gtk_window_set_default_size (self->window, 420, 600);
  adw_window_set_content (ADW_WINDOW (self->window), GTK_WIDGET (self->page));
  gtk_window_present (self->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->page));
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_object_add_weak_pointer (G_OBJECT (self->page), (gpointer *) &self->page);
  gtk_window_destroy (self->window);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (self->page);
  g_object_add_weak_pointer (G_OBJECT (self->client), (gpointer *) &self->client);
  g_object_unref (self->client);
  g_assert_null (self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

/* ---- Looking ---- */

/* What is to be done is done a frame later, and what comes of it in the next. */
static void
settle (Fixture *self)
{
  for (guint i = 0; i < 4; i++)
    {
      gtk_widget_queue_resize (GTK_WIDGET (self->page));
      gtk_test_widget_wait_for_draw (GTK_WIDGET (self->page));
    }
}

static void
fill (Fixture *self,
      guint    n_lines)
{
  for (guint i = 0; i < n_lines; i++)
    {
      g_autofree char *text = g_strdup_printf ("line %u%s", i, i % 3 == 0 ? "\nin two rows" : "");
      g_autoptr (GError) error = NULL;

      g_assert_true (udpnat_client_send (self->client, self->bob, text, NULL, NULL, &error));
      g_assert_no_error (error);
    }
  g_assert_true (udpnat_client_flush (self->client));
}

static void
hear (Fixture    *self,
      guint8      number,
      const char *text)
{
  UdpnatMessageId id = make_id (number);

  udpnat_client_accept (self->client, self->bob);
  hear_from (self->client, self->bob, udpnat_item_new_text (&id, SENT_US, text));
}

/* Until as much is loaded above and below what is seen as there is to be. */
static void
settle_lines (Fixture *self)
{
  GListModel *history = G_LIST_MODEL (self->page->list->history);
  guint n_rows;

  do
    {
      n_rows = g_list_model_get_n_items (history);
      settle (self);
    }
  while (g_list_model_get_n_items (history) != n_rows);
}

static void
open_bob (Fixture *self)
{
  udpnat_conversation_page_set_person (self->page, self->bob);
  settle_lines (self);
}

static GtkAdjustment *
get_adjustment (Fixture *self)
{
  return gtk_scrolled_window_get_vadjustment (self->page->list->scroller);
}

static UdpnatHistoryRow *
get_history_row (Fixture *self,
                 guint    position)
{
  g_autoptr (UdpnatHistoryRow) row = NULL;

  row = g_list_model_get_item (G_LIST_MODEL (self->page->list->history), position);
  return row; /* the history's */
}

static guint
count_rows (Fixture *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->page->list->history));
}

static UdpnatHistoryRow *
get_newest (Fixture *self)
{
  return get_history_row (self, count_rows (self) - 1);
}

typedef struct
{
  gint64            number;
  UdpnatMessageRow *row;
} Search;

static void
compare (UdpnatMessageRow *row,
         gpointer          user_data)
{
  Search *search = user_data;

  if (udpnat_history_row_get_number (udpnat_message_row_get_row (row)) == search->number)
    search->row = row;
}

static UdpnatMessageRow *
find_row (Fixture          *self,
          UdpnatHistoryRow *row)
{
  Search search = { udpnat_history_row_get_number (row), NULL };

  udpnat_message_list_foreach_row (self->page->list, compare, &search);
  g_assert_nonnull (search.row);
  return search.row;
}

static double
get_y (Fixture   *self,
       GtkWidget *row)
{
  graphene_rect_t bounds;

  g_assert_true (gtk_widget_compute_bounds (row, GTK_WIDGET (self->page->list->scroller), &bounds));
  return bounds.origin.y;
}

static void
assert_at_end (Fixture *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);
  GtkWidget *newest = GTK_WIDGET (find_row (self, get_newest (self)));
  double bottom = get_y (self, newest) + gtk_widget_get_height (newest);

  g_assert_cmpfloat_with_epsilon (gtk_adjustment_get_value (adjustment) +
                                    gtk_adjustment_get_page_size (adjustment),
                                  gtk_adjustment_get_upper (adjustment), 2);
  g_assert_cmpfloat (bottom, <=, gtk_widget_get_height (GTK_WIDGET (self->page->list->scroller)));
}

/* How far the newest line ends above the end of the view. */
static double
get_gap_below (Fixture *self)
{
  GtkWidget *newest = GTK_WIDGET (find_row (self, get_newest (self)));

  return gtk_widget_get_height (GTK_WIDGET (self->page->list->scroller)) -
         get_y (self, newest) - gtk_widget_get_height (newest);
}

static char *
dup_high_text (void)
{
  GString *text = g_string_new ("first row");

  for (guint i = 0; i < 60; i++)
    g_string_append_printf (text, "\nrow %u", i);
  return g_string_free (text, FALSE);
}

static void
send (Fixture    *self,
      const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_send (self->client, self->bob, text, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (udpnat_client_flush (self->client));
}

static void
scroll_by (Fixture *self,
           double   pixels)
{
  GtkAdjustment *adjustment = get_adjustment (self);

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_value (adjustment) + pixels);
  settle_lines (self);
}

/* ---- The list ---- */

static void
test_opens_at_its_end (Fixture      *self,
                       gconstpointer unused)
{
  fill (self, N_LINES);
  open_bob (self);
  assert_at_end (self);
  g_assert_false (gtk_revealer_get_reveal_child (self->page->list->jump_revealer));
}

/* It begins with as many lines as fill a usual window. */
static void
test_fills_a_high_window (Fixture      *self,
                          gconstpointer unused)
{
  GtkAdjustment *adjustment = get_adjustment (self);

  for (guint i = 0; i < 60; i++)
    send (self, "ok");
  gtk_window_set_default_size (self->window, 420, 1000);
  settle (self);
  udpnat_conversation_page_set_person (self->page, self->bob);
  g_assert_cmpuint (count_rows (self), ==, UDPNAT_HISTORY_PAGE_ROWS);
  while (gtk_adjustment_get_upper (adjustment) <= gtk_adjustment_get_page_size (adjustment))
    gtk_test_widget_wait_for_draw (GTK_WIDGET (self->page));
  settle (self);
  assert_at_end (self);
}

static void
test_nothing_moves_while_older_load (Fixture      *self,
                                     gconstpointer unused)
{
  guint n_loads = 0;

  fill (self, N_LINES);
  open_bob (self);
  for (guint i = 0; i < 60; i++)
    {
      UdpnatMessageRow *row = udpnat_message_list_get_row_at (self->page->list, 200, 250);
      UdpnatHistoryRow *line = udpnat_message_row_get_row (row);
      gint64 oldest = udpnat_history_row_get_number (get_history_row (self, 0));
      double before = get_y (self, GTK_WIDGET (row));

      scroll_by (self, -100);
      n_loads += udpnat_history_row_get_number (get_history_row (self, 0)) != oldest;
      g_assert_cmpfloat_with_epsilon (get_y (self, GTK_WIDGET (find_row (self, line))),
                                      before + 100, 0.5);
    }
  g_assert_cmpuint (n_loads, >, 3);
}

static void
test_follows_the_newest_at_its_end (Fixture      *self,
                                    gconstpointer unused)
{
  fill (self, N_LINES);
  open_bob (self);
  for (guint8 i = 0; i < 5; i++)
    {
      hear (self, i, "Something of some length, so that it does not fit one row of the window.");
      settle (self);
      assert_at_end (self);
    }
}

static void
test_stays_and_counts_elsewhere (Fixture      *self,
                                 gconstpointer unused)
{
  double value;

  fill (self, N_LINES);
  open_bob (self);
  scroll_by (self, -300);
  value = gtk_adjustment_get_value (get_adjustment (self));
  hear (self, 1, "one");
  hear (self, 2, "two");
  settle (self);
  g_assert_cmpfloat (gtk_adjustment_get_value (get_adjustment (self)), ==, value);
  g_assert_cmpuint (self->page->list->n_new, ==, 2);
  g_assert_true (gtk_revealer_get_reveal_child (self->page->list->jump_revealer));
  gtk_widget_activate_action (GTK_WIDGET (self->page->list), "message.jump-to-newest", NULL);
  settle (self);
  assert_at_end (self);
  g_assert_cmpuint (self->page->list->n_new, ==, 0);
}

static void
test_stays_at_its_end_when_it_shrinks (Fixture      *self,
                                       gconstpointer unused)
{
  fill (self, N_LINES);
  open_bob (self);
  udpnat_composer_set_text (self->page->composer, "a\nb\nc\nd\ne");
  settle (self);
  assert_at_end (self);
}

static void
test_goes_to_a_line (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatMessageList *list = self->page->list;
  gint64 wanted;
  guint position;
  UdpnatMessageRow *row;

  fill (self, N_LINES);
  open_bob (self);
  wanted = udpnat_history_row_get_number (get_history_row (self, 0)) - 150;
  g_assert_true (udpnat_message_list_go_to (list, wanted));
  settle (self);
  g_assert_true (udpnat_history_find (list->history, wanted, &position));
  row = find_row (self, get_history_row (self, position));
  g_assert_cmpfloat (get_y (self, GTK_WIDGET (row)), >, 0);
  g_assert_cmpfloat (get_y (self, GTK_WIDGET (row)), <,
                     gtk_widget_get_height (GTK_WIDGET (list->scroller)));
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (row), "hit"));
  udpnat_message_list_clear_hit (list);
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (row), "hit"));
}

static void
test_focus_enters_at_what_is_seen (Fixture      *self,
                                   gconstpointer unused)
{
  GtkWidget *focus;
  UdpnatMessageRow *row;

  fill (self, N_LINES);
  open_bob (self);
  g_assert_true (gtk_widget_child_focus (GTK_WIDGET (self->page->list), GTK_DIR_TAB_FORWARD));
  focus = gtk_root_get_focus (GTK_ROOT (self->window));
  row = udpnat_message_list_get_row_of (self->page->list, focus);
  g_assert_true (udpnat_message_row_get_row (row) == get_newest (self));
}

#define FOOT 16 /* the list's padding, and some */

/* Which have fewer lines where there is more room. */
static void
test_few_that_wrap_are_whole (Fixture      *self,
                              gconstpointer unused)
{
  GtkWidget *first;

  gtk_window_set_default_size (self->window, 360, 600);
  for (guint i = 0; i < 3; i++)
    send (self, "Then read this when you are back: the spare keys are with Grace.");
  open_bob (self);
  first = GTK_WIDGET (find_row (self, get_history_row (self, 0)));
  g_assert_cmpfloat (gtk_adjustment_get_upper (get_adjustment (self)), <=,
                     gtk_adjustment_get_page_size (get_adjustment (self)));
  g_assert_cmpfloat (get_y (self, first), >, 50); /* they are few indeed */
}

static void
test_few_stand_at_the_bottom (Fixture      *self,
                              gconstpointer unused)
{
  hear (self, 1, "one");
  open_bob (self);
  g_assert_cmpfloat (get_gap_below (self), >=, 0);
  g_assert_cmpfloat (get_gap_below (self), <, FOOT);
  for (guint8 i = 2; i < 40; i++)
    {
      hear (self, i, "one more");
      settle (self);
      assert_at_end (self);
      g_assert_cmpfloat (get_gap_below (self), <, FOOT);
    }
  g_assert_cmpfloat (gtk_adjustment_get_value (get_adjustment (self)), >, 100); /* more than fit */
}

static void
test_high_line_of_ours_is_seen_to_its_end (Fixture      *self,
                                           gconstpointer unused)
{
  g_autofree char *text = dup_high_text ();

  fill (self, N_LINES);
  open_bob (self);
  send (self, text);
  settle (self);
  assert_at_end (self);
  g_assert_cmpfloat (get_y (self, GTK_WIDGET (find_row (self, get_newest (self)))), <, 0);
  g_assert_false (gtk_revealer_get_reveal_child (self->page->list->jump_revealer));
  hear (self, 1, "short");
  settle (self);
  assert_at_end (self);
}

static void
test_high_line_of_theirs_is_read_from_its_beginning (Fixture      *self,
                                                     gconstpointer unused)
{
  g_autofree char *text = dup_high_text ();
  UdpnatHistoryRow *high;

  fill (self, N_LINES);
  open_bob (self);
  hear (self, 1, text);
  settle (self);
  high = get_newest (self);
  g_assert_cmpfloat_with_epsilon (get_y (self, GTK_WIDGET (find_row (self, high))), 0, 4);
  g_assert_true (gtk_revealer_get_reveal_child (self->page->list->jump_revealer));
  hear (self, 2, "do not pull it away");
  settle (self);
  g_assert_cmpfloat_with_epsilon (get_y (self, GTK_WIDGET (find_row (self, high))), 0, 4);
  g_assert_cmpuint (self->page->list->n_new, ==, 1);
}

static void
test_opens_at_the_end_of_a_high_line (Fixture      *self,
                                      gconstpointer unused)
{
  g_autofree char *text = dup_high_text ();

  hear (self, 1, text);
  open_bob (self);
  assert_at_end (self);
}

/* As the keyboard would. Returns: whether it was used */
static gboolean
press (GtkWidget *widget,
       guint      keyval)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);
  gboolean is_used = FALSE;

  for (guint i = 0; !is_used && i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_EVENT_CONTROLLER_KEY (controller))
        g_signal_emit_by_name (controller, "key-pressed", keyval, 0, 0, &is_used);
    }
  return is_used;
}

static void
test_end_key_goes_to_the_newest (Fixture      *self,
                                 gconstpointer unused)
{
  UdpnatMessageList *list = self->page->list;
  gint64 newest;
  GtkWidget *focus;

  fill (self, N_LINES);
  open_bob (self);
  newest = udpnat_history_row_get_number (get_newest (self));
  g_assert_true (udpnat_message_list_go_to (list, newest - N_LINES + 20));
  settle (self);
  g_assert_true (udpnat_history_has_newer (list->history));
  g_assert_true (gtk_widget_child_focus (GTK_WIDGET (list), GTK_DIR_TAB_FORWARD));
  g_assert_false (press (GTK_WIDGET (list->view), GDK_KEY_Home)); /* GTK's own is right */
  g_assert_true (press (GTK_WIDGET (list->view), GDK_KEY_End));
  settle (self);
  assert_at_end (self);
  g_assert_cmpint (udpnat_history_row_get_number (get_newest (self)), ==, newest);
  focus = gtk_root_get_focus (GTK_ROOT (self->window));
  g_assert_true (udpnat_message_list_get_row_of (list, focus) ==
                 find_row (self, get_newest (self)));
}

/* ---- The header ---- */

static void
test_notes_have_a_plain_title (Fixture      *self,
                               gconstpointer unused)
{
  GtkWidget *title = self->page->title_button;

  udpnat_conversation_page_set_person (self->page, udpnat_client_get_self (self->client));
  settle (self);
  g_assert_true (gtk_widget_is_sensitive (title)); /* or it would be grey */
  g_assert_false (gtk_widget_get_focusable (title));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (title), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Note to Self");
  open_bob (self);
  g_assert_true (gtk_widget_is_sensitive (title));
  g_assert_true (gtk_widget_get_focusable (title));
}

/* ---- Rows ---- */

static void
test_long_quote_says_that_more_follows (Fixture      *self,
                                        gconstpointer unused)
{
  GtkWidget *block = g_object_ref_sink (udpnat_quote_block_new ());
  GtkLabel *label = GTK_LABEL (gtk_widget_get_template_child (block, UDPNAT_TYPE_QUOTE_BLOCK,
                                                              "text"));
  g_autofree char *fits = g_strnfill (200, 'x');
  g_autofree char *more = g_strnfill (201, 'x');
  g_autofree char *shown = g_strconcat (fits, "…", NULL);

  udpnat_quote_block_set (UDPNAT_QUOTE_BLOCK (block), "bob", fits);
  g_assert_cmpstr (gtk_label_get_text (label), ==, fits);
  udpnat_quote_block_set (UDPNAT_QUOTE_BLOCK (block), "bob", more);
  g_assert_cmpstr (gtk_label_get_text (label), ==, shown);
  g_object_unref (block);
}

static void
test_row_is_named (Fixture      *self,
                   gconstpointer unused)
{
  GtkWidget *row;
  g_autofree char *time = NULL;
  g_autofree char *name = NULL;

  hear (self, 1, "Good morning");
  open_bob (self);
  row = GTK_WIDGET (find_row (self, get_newest (self)));
  time = g_strdup (gtk_label_get_text (
    GTK_LABEL (gtk_widget_get_template_child (row, UDPNAT_TYPE_MESSAGE_ROW, "time"))));
  name = g_strdup_printf ("bob: Good morning, %s", time);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (gtk_widget_get_parent (row)),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, name);
}

/* Nobody else is to get it, so it has come nowhere. */
static void
test_note_has_no_state (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);
  GtkWidget *row;
  g_autofree char *name = NULL;

  say_to (self->client, me, "Buy milk");
  udpnat_conversation_page_set_person (self->page, me);
  settle (self);
  row = GTK_WIDGET (find_row (self, get_newest (self)));
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (
    gtk_widget_get_template_child (row, UDPNAT_TYPE_MESSAGE_ROW, "state_icon"))));
  name = g_strdup_printf ("You: Buy milk, %s", gtk_label_get_text (GTK_LABEL (
    gtk_widget_get_template_child (row, UDPNAT_TYPE_MESSAGE_ROW, "time"))));
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (gtk_widget_get_parent (row)),
                                       GTK_ACCESSIBLE_PROPERTY_LABEL, name);
}

static void
test_row_shows_what_it_is (Fixture      *self,
                           gconstpointer unused)
{
  g_autofree char *long_text = g_strnfill (5000, 'x');
  GtkWidget *bubble;

  hear (self, 1, "🎉");
  hear (self, 2, long_text);
  open_bob (self);
  bubble = udpnat_message_row_get_bubble (find_row (self, get_history_row (self, 0)));
  g_assert_true (gtk_widget_has_css_class (bubble, "few-emoji"));
  bubble = udpnat_message_row_get_bubble (find_row (self, get_history_row (self, 1)));
  g_assert_false (gtk_widget_has_css_class (bubble, "emoji"));
  g_assert_true (GTK_IS_BUTTON (gtk_widget_get_last_child (bubble)));
}

static GtkWidget *
get_caption (Fixture *self)
{
  GtkWidget *row = GTK_WIDGET (find_row (self, get_newest (self)));

  return GTK_WIDGET (gtk_widget_get_template_child (row, UDPNAT_TYPE_MESSAGE_ROW, "caption"));
}

/* A text that each row has asks X where the pointer is; this is asked for by whoever points. */
static void
test_tooltip_when_asked (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GtkTooltip) tooltip = g_object_new (GTK_TYPE_TOOLTIP, NULL);
  g_autofree char *words = NULL;
  gboolean is_shown = FALSE;
  GtkWidget *label;

  send (self, "Hi");
  open_bob (self);
  g_assert_true (gtk_widget_get_has_tooltip (get_caption (self)));
  g_assert_null (gtk_widget_get_tooltip_markup (get_caption (self)));
  g_signal_emit_by_name (get_caption (self), "query-tooltip", 0, 0, FALSE, tooltip, &is_shown);
  g_assert_true (is_shown);
  label = g_object_get_data (G_OBJECT (get_caption (self)), "udpnat-tooltip-label");
  words = udpnat_words_describe_line (udpnat_history_row_get_item (get_newest (self)), self->bob);
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (label)), ==, words);
  gtk_tooltip_set_custom (tooltip, NULL);
}

static void
test_no_tooltip_of_theirs (Fixture      *self,
                           gconstpointer unused)
{
  hear (self, 1, "Hi");
  open_bob (self);
  g_assert_false (gtk_widget_get_has_tooltip (get_caption (self)));
}

static void
test_reaction_is_put_and_taken_back (Fixture      *self,
                                     gconstpointer unused)
{
  GtkWidget *list = GTK_WIDGET (self->page->list);
  UdpnatHistoryItem *line;

  hear (self, 1, "Good morning");
  open_bob (self);
  line = udpnat_history_row_get_item (get_newest (self));
  gtk_widget_activate_action (list, "message.react", "(xs)",
                              udpnat_history_item_get_number (line), "👍");
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpstr (udpnat_history_item_get_my_reaction (line), ==, "👍");
  gtk_widget_activate_action (list, "message.react", "(xs)",
                              udpnat_history_item_get_number (line), "");
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpstr (udpnat_history_item_get_my_reaction (line), ==, NULL);
}

static void
test_failed_line_is_sent_again (Fixture      *self,
                                gconstpointer unused)
{
  GtkWidget *list = GTK_WIDGET (self->page->list);
  g_autoptr (GError) error = NULL;
  UdpnatHistoryItem *line;

  fill (self, 1);
  open_bob (self);
  line = udpnat_history_row_get_item (get_newest (self));
  g_assert_true (udpnat_client_withdraw (self->client, line, &error));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpint (udpnat_history_item_get_state (line), ==, UDPNAT_ITEM_STATE_FAILED);
  gtk_widget_activate_action (list, "message.try-again", "x",
                              udpnat_history_item_get_number (line));
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_true (udpnat_client_flush (self->client)); /* the old one goes after the new one came */
  g_assert_cmpuint (count_rows (self), ==, 1);
  line = udpnat_history_row_get_item (get_newest (self));
  g_assert_cmpint (udpnat_history_item_get_state (line), ==, UDPNAT_ITEM_STATE_WAITING);
  g_assert_cmpstr (udpnat_history_item_get_text (line), ==, "line 0\nin two rows");
}

static void
keep_sentence_cb (UdpnatMessageList *list,
                  const char        *sentence,
                  char             **kept)
{
  g_free (*kept);
  *kept = g_strdup (sentence);
}

static void
test_refused_action_is_told (Fixture      *self,
                             gconstpointer unused)
{
  GtkWidget *list = GTK_WIDGET (self->page->list);
  g_autofree char *long_sign = g_strnfill (UDPNAT_REACTION_MAX_BYTES + 1, 'x');
  g_autofree char *sentence = NULL;
  gint64 number;

  hear (self, 1, "Good morning");
  open_bob (self);
  number = udpnat_history_item_get_number (udpnat_history_row_get_item (get_newest (self)));
  g_signal_connect (list, "failed", G_CALLBACK (keep_sentence_cb), &sentence);
  gtk_widget_activate_action (list, "message.react", "(xs)", number, long_sign);
  g_assert_nonnull (sentence);
  g_clear_pointer (&sentence, g_free);
  gtk_widget_activate_action (list, "message.withdraw", "x", number);
  g_assert_nonnull (sentence);
}

/* ---- The composer ---- */

static void
type (Fixture    *self,
      const char *text)
{
  gtk_text_buffer_insert_at_cursor (self->page->composer->buffer, text, -1);
}

static void
assert_typed (Fixture    *self,
              const char *text)
{
  g_autofree char *typed = udpnat_composer_dup_text (self->page->composer);

  g_assert_cmpstr (typed, ==, text);
}

static void
test_sends_what_is_typed (Fixture      *self,
                          gconstpointer unused)
{
  UdpnatHistoryItem *line;

  udpnat_client_accept (self->client, self->bob);
  open_bob (self);
  g_assert_false (gtk_widget_is_sensitive (self->page->composer->send_button));
  type (self, "\nHello\n there \n");
  g_assert_true (gtk_widget_is_sensitive (self->page->composer->send_button));
  g_signal_emit_by_name (self->page->composer->send_button, "clicked");
  g_assert_true (udpnat_client_flush (self->client));
  line = udpnat_history_row_get_item (get_newest (self));
  g_assert_cmpstr (udpnat_history_item_get_text (line), ==, "Hello\n there");
  assert_typed (self, "");
  g_assert_cmpstr (udpnat_person_get_draft (self->bob), ==, NULL);
}

static void
test_draft_stays_with_its_person (Fixture      *self,
                                  gconstpointer unused)
{
  open_bob (self);
  type (self, "half a sent");
  udpnat_conversation_page_set_person (self->page, udpnat_client_get_self (self->client));
  assert_typed (self, "");
  g_assert_cmpstr (udpnat_person_get_draft (self->bob), ==, "half a sent");
  udpnat_conversation_page_set_person (self->page, self->bob);
  assert_typed (self, "half a sent");
}

static void
test_edit_gives_the_draft_back (Fixture      *self,
                                gconstpointer unused)
{
  UdpnatHistoryItem *line;

  fill (self, 2);
  open_bob (self);
  type (self, "draft");
  line = udpnat_history_row_get_item (get_newest (self));
  udpnat_composer_edit (self->page->composer, line);
  assert_typed (self, "line 1");
  type (self, " better");
  udpnat_composer_send (self->page->composer);
  assert_typed (self, "draft");
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpstr (udpnat_history_item_get_text (line), ==, "line 1 better");
  g_assert_cmpuint (count_rows (self), ==, 2);
}

static void
test_edit_begins_at_the_end (Fixture      *self,
                             gconstpointer unused)
{
  g_autofree char *text = dup_high_text ();
  GtkAdjustment *adjustment;

  send (self, text);
  open_bob (self);
  udpnat_composer_edit (self->page->composer,
                        udpnat_history_row_get_item (get_newest (self)));
  for (guint i = 0; i < 10; i++) /* GTK goes there by and by */
    settle (self);
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->page->composer->view));
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), >, 300);
  g_assert_cmpfloat_with_epsilon (gtk_adjustment_get_value (adjustment) +
                                    gtk_adjustment_get_page_size (adjustment),
                                  gtk_adjustment_get_upper (adjustment), 20);
}

static void
test_reply_quotes (Fixture      *self,
                   gconstpointer unused)
{
  hear (self, 1, "Shall we?");
  open_bob (self);
  udpnat_composer_reply_to (self->page->composer,
                            udpnat_history_row_get_item (get_newest (self)));
  type (self, "Yes");
  udpnat_composer_send (self->page->composer);
  g_assert_true (udpnat_client_flush (self->client));
  g_assert_cmpstr (
    udpnat_history_item_get_quoted_text (udpnat_history_row_get_item (get_newest (self))), ==,
    "Shall we?");
  g_assert_false (gtk_revealer_get_reveal_child (self->page->composer->about_revealer));
}

static void
test_too_long_is_said (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *longest = g_strnfill (65536, 'x');

  open_bob (self);
  type (self, longest);
  g_assert_true (gtk_widget_is_sensitive (self->page->composer->send_button));
  type (self, "x");
  g_assert_false (gtk_widget_is_sensitive (self->page->composer->send_button));
  g_assert_true (gtk_revealer_get_reveal_child (self->page->composer->trouble_revealer));
  udpnat_composer_set_text (self->page->composer, "");
}

static void
test_text_comes_back_from_a_full_disk (Fixture      *self,
                                       gconstpointer unused)
{
  open_bob (self);
  type (self, "precious");
  udpnat_composer_send (self->page->composer);
  assert_typed (self, "");
  type (self, "next");
  g_signal_emit_by_name (self->client, "save-failed", self->bob, FALSE);
  assert_typed (self, "precious\nnext");
  g_assert_true (gtk_revealer_get_reveal_child (self->page->composer->trouble_revealer));
}

static void
test_blocked_is_not_written_to (Fixture      *self,
                                gconstpointer unused)
{
  open_bob (self);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (self->page->composer)));
  udpnat_client_block (self->client, self->bob);
  g_assert_false (gtk_widget_get_visible (GTK_WIDGET (self->page->composer)));
  gtk_widget_activate_action (GTK_WIDGET (self->page), "talk.unblock", NULL);
  g_assert_true (gtk_widget_get_visible (GTK_WIDGET (self->page->composer)));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_setenv ("GTK_A11Y", "test", TRUE); /* keeps what a screen reader would be told */
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  ADD ("/conversation/list/opens-at-its-end", test_opens_at_its_end);
  ADD ("/conversation/list/fills-a-high-window", test_fills_a_high_window);
  ADD ("/conversation/list/nothing-moves-while-older-load", test_nothing_moves_while_older_load);
  ADD ("/conversation/list/follows-the-newest-at-its-end", test_follows_the_newest_at_its_end);
  ADD ("/conversation/list/stays-and-counts-elsewhere", test_stays_and_counts_elsewhere);
  ADD ("/conversation/list/stays-at-its-end-when-it-shrinks",
       test_stays_at_its_end_when_it_shrinks);
  ADD ("/conversation/list/goes-to-a-line", test_goes_to_a_line);
  ADD ("/conversation/list/focus-enters-at-what-is-seen", test_focus_enters_at_what_is_seen);
  ADD ("/conversation/list/few-stand-at-the-bottom", test_few_stand_at_the_bottom);
  ADD ("/conversation/list/few-that-wrap-are-whole", test_few_that_wrap_are_whole);
  ADD ("/conversation/list/high-line-of-ours-is-seen-to-its-end",
       test_high_line_of_ours_is_seen_to_its_end);
  ADD ("/conversation/list/high-line-of-theirs-is-read-from-its-beginning",
       test_high_line_of_theirs_is_read_from_its_beginning);
  ADD ("/conversation/list/opens-at-the-end-of-a-high-line", test_opens_at_the_end_of_a_high_line);
  ADD ("/conversation/list/end-key-goes-to-the-newest", test_end_key_goes_to_the_newest);
  ADD ("/conversation/header/notes-have-a-plain-title", test_notes_have_a_plain_title);
  ADD ("/conversation/row/long-quote-says-that-more-follows",
       test_long_quote_says_that_more_follows);
  ADD ("/conversation/row/is-named", test_row_is_named);
  ADD ("/conversation/row/note-has-no-state", test_note_has_no_state);
  ADD ("/conversation/row/shows-what-it-is", test_row_shows_what_it_is);
  ADD ("/conversation/row/tooltip-when-asked-for", test_tooltip_when_asked);
  ADD ("/conversation/row/no-tooltip-of-what-they-said", test_no_tooltip_of_theirs);
  ADD ("/conversation/row/reaction-is-put-and-taken-back", test_reaction_is_put_and_taken_back);
  ADD ("/conversation/row/failed-line-is-sent-again", test_failed_line_is_sent_again);
  ADD ("/conversation/row/refused-action-is-told", test_refused_action_is_told);
  ADD ("/conversation/composer/sends-what-is-typed", test_sends_what_is_typed);
  ADD ("/conversation/composer/draft-stays-with-its-person", test_draft_stays_with_its_person);
  ADD ("/conversation/composer/edit-gives-the-draft-back", test_edit_gives_the_draft_back);
  ADD ("/conversation/composer/edit-begins-at-the-end", test_edit_begins_at_the_end);
  ADD ("/conversation/composer/reply-quotes", test_reply_quotes);
  ADD ("/conversation/composer/too-long-is-said", test_too_long_is_said);
  ADD ("/conversation/composer/text-comes-back-from-a-full-disk",
       test_text_comes_back_from_a_full_disk);
  ADD ("/conversation/composer/blocked-is-not-written-to", test_blocked_is_not_written_to);
  return g_test_run ();
}
