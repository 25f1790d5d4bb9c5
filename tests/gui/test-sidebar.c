/* Chats, people and search as widgets, with a client that has no network: what is in sight, what it
 * is called, where the keys lead. */

#include "config.h"

#include <adwaita.h>

#include "test-client-fixture.h"

#include "udpnat-banner.h"
#include "udpnat-chat-list.h"
#include "udpnat-chat-row.h"
#include "udpnat-people-list.h"
#include "udpnat-person-row.h"
#include "udpnat-place.h"
#include "udpnat-presence.h"
#include "udpnat-result-row.h"
#include "udpnat-search-results.h"
#include "udpnat-sidebar.h"
#include "udpnat-status-words.h"

typedef struct
{
  char          *folder;
  UdpnatClient  *client;
  GtkWindow     *window;
  UdpnatSidebar *sidebar;
  UdpnatPerson  *activated; /* borrowed */
  gint64         line;
} Fixture;

static void
person_activated_cb (UdpnatSidebar *sidebar,
                     UdpnatPerson  *person,
                     Fixture       *self)
{
  self->activated = person;
}

static void
line_activated_cb (UdpnatSidebar *sidebar,
                   UdpnatPerson  *person,
                   gint64         line,
                   Fixture       *self)
{
  self->activated = person;
  self->line = line;
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gboolean is_open;

  self->folder = g_dir_make_tmp ("udpnat-sidebar-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
}

static void
show (Fixture *self)
{
  self->sidebar = UDPNAT_SIDEBAR (udpnat_sidebar_new (self->client));
  g_signal_connect (self->sidebar, "person-activated", G_CALLBACK (person_activated_cb), self);
  g_signal_connect (self->sidebar, "line-activated", G_CALLBACK (line_activated_cb), self);
  self->window = GTK_WINDOW (gtk_window_new ());
  gtk_window_set_default_size (self->window, 320, 600);
  gtk_window_set_child (self->window, GTK_WIDGET (self->sidebar));
  gtk_window_present (self->window);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->sidebar));
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_object_add_weak_pointer (G_OBJECT (self->sidebar), (gpointer *) &self->sidebar);
  gtk_window_destroy (self->window);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (self->sidebar);
  g_object_add_weak_pointer (G_OBJECT (self->client), (gpointer *) &self->client);
  g_object_unref (self->client);
  g_assert_null (self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

/* ---- What is there ---- */

static gpointer
find (gpointer parent,
      GType    type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (parent, type))
    return parent;
  for (GtkWidget *child = gtk_widget_get_first_child (parent); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      gpointer found = find (child, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static GtkWidget *
get_list (Fixture *self,
          GType    page)
{
  return find (find (self->sidebar, page), GTK_TYPE_LIST_VIEW);
}

static void
settle (Fixture *self)
{
  gtk_widget_queue_resize (GTK_WIDGET (self->sidebar));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->sidebar));
  gtk_test_widget_wait_for_draw (GTK_WIDGET (self->sidebar));
}

/* Returns: (nullable): the row whose upper edge is the first in sight */
static GtkWidget *
find_top_row (GtkWidget *list)
{
  GtkWidget *top = NULL;
  float top_y = G_MAXFLOAT;

  for (GtkWidget *item = gtk_widget_get_first_child (list); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    {
      graphene_rect_t bounds;

      if (!gtk_widget_get_child_visible (item) ||
          !gtk_widget_compute_bounds (item, list, &bounds) || bounds.origin.y < -1 ||
          bounds.origin.y >= top_y)
        continue;
      top_y = bounds.origin.y;
      top = gtk_widget_get_first_child (item);
    }
  return top;
}

static void
check_top (Fixture    *self,
           const char *expected)
{
  GtkWidget *row = find_top_row (get_list (self, UDPNAT_TYPE_CHAT_LIST));
  g_autoptr (UdpnatPerson) person = NULL;

  g_assert_nonnull (row);
  g_object_get (row, "person", &person, NULL);
  g_assert_cmpstr (udpnat_person_get_title (person), ==, expected);
}

static UdpnatPerson *
add (Fixture    *self,
     guint8      number,
     const char *name)
{
  UdpnatPublicKey key = make_key (number);

  return udpnat_client_ensure_person (self->client, &key, name);
}

/* p00 has said something longest ago. */
static void
add_chats (Fixture *self,
           guint    n_chats)
{
  for (guint i = 0; i < n_chats; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%02u", i);

      say_to (self->client, add (self, i + 1, name), "Hi");
    }
}

static UdpnatPerson *
get_person (Fixture    *self,
            const char *name)
{
  return udpnat_client_get_person (self->client, name);
}

/* ---- Chats ---- */

static void
test_newest_in_sight (Fixture      *self,
                      gconstpointer unused)
{
  add_chats (self, 40);
  show (self);
  check_top (self, "p39");
  say_to (self->client, get_person (self, "p38"), "From near");
  settle (self);
  check_top (self, "p38");
  say_to (self->client, get_person (self, "p02"), "From afar");
  settle (self);
  check_top (self, "p02");
  say_to (self->client, add (self, 200, "new"), "New");
  settle (self);
  check_top (self, "new");
}

static guint
count_rows (gpointer list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (gtk_list_view_get_model (list)));
}

static void
test_scrolled_stays (Fixture      *self,
                     gconstpointer unused)
{
  GtkScrollable *list;

  add_chats (self, 40);
  show (self);
  list = GTK_SCROLLABLE (get_list (self, UDPNAT_TYPE_CHAT_LIST));
  while (count_rows (list) < 1 + 40) /* with oneself; they come little by little */
    g_main_context_iteration (NULL, TRUE);
  gtk_adjustment_set_value (gtk_scrollable_get_vadjustment (list), 530);
  settle (self);
  say_to (self->client, get_person (self, "p02"), "From below");
  settle (self);
  g_assert_cmpfloat (gtk_adjustment_get_value (gtk_scrollable_get_vadjustment (list)), >, 530);
}

static void
test_row_name (Fixture      *self,
               gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  UdpnatMessageId id = make_id (1);
  GtkWidget *row;

  udpnat_client_accept (self->client, bob);
  udpnat_client_set_pinned (self->client, bob, TRUE);
  hear_from (self->client, bob, udpnat_item_new_text (&id, SENT_US, "See you at 8"));
  show (self);
  row = find_top_row (get_list (self, UDPNAT_TYPE_CHAT_LIST));
  for (GtkWidget *named = row; named != NULL && !GTK_IS_LIST_VIEW (named);
       named = gtk_widget_get_parent (named))
    {
      g_autofree char *when = udpnat_words_format_when (udpnat_person_get_last_shown (bob));
      g_autofree char *expected = NULL;

      expected = g_strdup_printf ("bob, 1 unread message, See you at 8, %s, Offline, Pinned", when);
      gtk_test_accessible_assert_property (named, GTK_ACCESSIBLE_PROPERTY_LABEL, expected);
    }
}

static void
test_empty (Fixture      *self,
            gconstpointer unused)
{
  GtkStack *pages;

  show (self);
  pages = find (find (self->sidebar, UDPNAT_TYPE_CHAT_LIST), GTK_TYPE_STACK);
  g_assert_cmpstr (gtk_stack_get_visible_child_name (pages), ==, "empty");
  say_to (self->client, add (self, 1, "bob"), "Hi");
  g_assert_cmpstr (gtk_stack_get_visible_child_name (pages), ==, "list");
}

static const char *
get_shown_list (Fixture *self)
{
  return adw_view_stack_get_visible_child_name (
    ADW_VIEW_STACK (find (self->sidebar, ADW_TYPE_VIEW_STACK)));
}

static void
test_first_people (Fixture      *self,
                   gconstpointer unused)
{
  add (self, 1, "bob");
  show (self);
  g_assert_cmpstr (get_shown_list (self), ==, "people");
}

static void
test_first_chats (Fixture      *self,
                  gconstpointer unused)
{
  say_to (self->client, add (self, 1, "bob"), "Hi");
  show (self);
  g_assert_cmpstr (get_shown_list (self), ==, "chats");
}

static void
test_unseen_has_no_rows (Fixture      *self,
                         gconstpointer unused)
{
  gpointer people;

  add_chats (self, 3);
  show (self);
  people = find (self->sidebar, UDPNAT_TYPE_PEOPLE_LIST);
  g_assert_null (find (people, UDPNAT_TYPE_PERSON_ROW));
  gtk_widget_activate_action (GTK_WIDGET (self->sidebar), "sidebar.show-people", NULL);
  settle (self);
  g_assert_nonnull (find (people, UDPNAT_TYPE_PERSON_ROW));
}

/* ---- Crowds ---- */

/* Returns: (nullable): what the list has around the row of @person */
static GtkWidget *
find_item_of (GtkWidget    *list,
              UdpnatPerson *person)
{
  for (GtkWidget *item = gtk_widget_get_first_child (list); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    if (udpnat_somebody_row_get_person (
          UDPNAT_SOMEBODY_ROW (gtk_widget_get_first_child (item))) == person)
      return item;
  return NULL;
}

static GtkWidget *
show_people (Fixture *self,
             guint    n_people)
{
  GtkWidget *list;

  for (guint i = 0; i < n_people; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%03u", i);

      add (self, i, name);
    }
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  show (self); /* the people, as there are no chats */
  list = find (find (find (self->sidebar, UDPNAT_TYPE_PEOPLE_LIST), GTK_TYPE_STACK),
               GTK_TYPE_LIST_VIEW);
  while (count_rows (list) < n_people)
    g_main_context_iteration (NULL, TRUE);
  return list;
}

/* All but p000 to p009 come: these move down, and above them is who was below. */
static void
let_crowd_come (Fixture *self,
                guint    n_people)
{
  for (guint i = 10; i < n_people; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%03u", i);

      udpnat_person_set_presence (get_person (self, name), UDPNAT_PRESENCE_ONLINE);
    }
  for (guint i = 0; i < 4; i++)
    settle (self);
}

static void
test_crowd_keeps_focus (Fixture      *self,
                        gconstpointer unused)
{
  GtkWidget *list = show_people (self, 150);
  UdpnatPerson *person = get_person (self, "p004");
  GtkWidget *focus;

  gtk_widget_grab_focus (find_item_of (list, person));
  let_crowd_come (self, 150);
  focus = gtk_window_get_focus (self->window);
  g_assert_nonnull (focus);
  g_assert_true (focus == find_item_of (list, person));
}

/* Who looks at the list, and is not in it, sees its top change, and the rows are the same. But for
 * p010, the first: before there was a crowd, they moved to the top with their row. */
static void
test_crowd_keeps_rows (Fixture      *self,
                       gconstpointer unused)
{
  GtkWidget *list = show_people (self, 150);
  GtkWidget *item = find_item_of (list, get_person (self, "p000"));

  gtk_window_set_focus (self->window, NULL);
  let_crowd_come (self, 150);
  g_assert_true (item == find_item_of (list, get_person (self, "p011")));
  g_assert_cmpuint (count_rows (list), ==, 150);
}

static void
test_no_short_scrollbar (Fixture      *self,
                         gconstpointer unused)
{
  GtkWidget *list;
  GtkPolicyType policy;

  add_chats (self, 60);
  show (self);
  list = get_list (self, UDPNAT_TYPE_CHAT_LIST);
  do
    {
      gtk_scrolled_window_get_policy (
        GTK_SCROLLED_WINDOW (gtk_widget_get_ancestor (list, GTK_TYPE_SCROLLED_WINDOW)), NULL,
        &policy);
      g_assert_cmpint (policy, ==, count_rows (list) < 1 + 60 ? GTK_POLICY_EXTERNAL
                                                              : GTK_POLICY_AUTOMATIC);
      g_main_context_iteration (NULL, TRUE);
    }
  while (policy == GTK_POLICY_EXTERNAL);
}

static void
test_unseen_waits (Fixture      *self,
                   gconstpointer unused)
{
  GtkWidget *list;
  guint n_rows;

  add_chats (self, 60);
  show (self);
  list = get_list (self, UDPNAT_TYPE_CHAT_LIST);
  gtk_widget_activate_action (GTK_WIDGET (self->sidebar), "sidebar.show-people", NULL);
  while (gtk_widget_get_mapped (list))
    g_main_context_iteration (NULL, TRUE);
  n_rows = count_rows (list);
  g_assert_cmpuint (n_rows, <, 1 + 60);
  for (guint i = 0; i < 4; i++)
    settle (self);
  g_assert_cmpuint (count_rows (list), ==, n_rows);
}

/* ---- Midnight ---- */

static gint64 passed_us; /* since the clock was right */

/* In place of GLib's, for this program: what day it is. */
GDateTime *
g_date_time_new_now (GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = NULL;

  utc = g_date_time_new_from_unix_utc ((g_get_real_time () + passed_us) / G_USEC_PER_SEC);
  return g_date_time_to_timezone (utc, zone);
}

GDateTime *
g_date_time_new_now_local (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();

  return g_date_time_new_now (zone);
}

/* Returns: (transfer full): what the first row says of when */
static char *
dup_when (Fixture *self)
{
  GtkWidget *row = find_top_row (get_list (self, UDPNAT_TYPE_CHAT_LIST));
  GtkWidget *label = GTK_WIDGET (gtk_widget_get_template_child (row, UDPNAT_TYPE_CHAT_ROW, "when"));

  return g_strdup (gtk_label_get_text (GTK_LABEL (label)));
}

/* A window that was not seen for a day: hidden, or the computer slept. */
static void
test_next_day (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  add_chats (self, 1);
  show (self);
  before = dup_when (self);
  g_assert_cmpstr (before, !=, "Yesterday");
  gtk_widget_set_visible (GTK_WIDGET (self->window), FALSE);
  passed_us = G_TIME_SPAN_DAY;
  gtk_widget_set_visible (GTK_WIDGET (self->window), TRUE);
  settle (self);
  after = dup_when (self);
  g_assert_cmpstr (after, ==, "Yesterday");
  passed_us = 0;
}

/* ---- Searching ---- */

static void
note_cb (gboolean *is_noted)
{
  *is_noted = TRUE;
}

/* Behind what is there: with other words, the entry is empty in between. */
static void
type_more (Fixture    *self,
           const char *letters)
{
  GtkWidget *entry = find (self->sidebar, GTK_TYPE_SEARCH_ENTRY);
  gboolean is_searched = FALSE;
  gulong handler = g_signal_connect_data (entry, "search-changed", G_CALLBACK (note_cb),
                                          &is_searched, NULL, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  int position;

  gtk_search_entry_set_search_delay (GTK_SEARCH_ENTRY (entry), 0);
  gtk_editable_set_position (GTK_EDITABLE (entry), -1);
  position = gtk_editable_get_position (GTK_EDITABLE (entry));
  gtk_editable_insert_text (GTK_EDITABLE (entry), letters, -1, &position);
  while (!is_searched)
    g_main_context_iteration (NULL, TRUE);
  g_signal_handler_disconnect (entry, handler);
}

/* @words: (nullable): %NULL for nothing */
static void
search (Fixture    *self,
        const char *words)
{
  GtkWidget *entry = find (self->sidebar, GTK_TYPE_SEARCH_ENTRY);

  udpnat_sidebar_start_search (self->sidebar);
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
  if (words != NULL)
    type_more (self, words);
}

static GListModel *
get_results (Fixture *self)
{
  GtkWidget *list = get_list (self, UDPNAT_TYPE_SEARCH_RESULTS);

  return G_LIST_MODEL (gtk_list_view_get_model (GTK_LIST_VIEW (list)));
}

static guint
count_results (Fixture *self)
{
  return g_list_model_get_n_items (get_results (self));
}

/* As many as can be seen are there at once, and the others come with the frames. */
static void
check_results (Fixture *self,
               guint    n_results)
{
  while (count_results (self) < n_results)
    g_main_context_iteration (NULL, TRUE);
  settle (self);
  g_assert_cmpuint (count_results (self), ==, n_results);
}

static void
press_enter (Fixture    *self,
             const char *words)
{
  GtkWidget *entry = find (self->sidebar, GTK_TYPE_SEARCH_ENTRY);

  udpnat_sidebar_start_search (self->sidebar);
  gtk_editable_set_text (GTK_EDITABLE (entry), words);
  g_signal_emit_by_name (entry, "activate");
}

static void
test_enter_opens_person (Fixture      *self,
                         gconstpointer unused)
{
  add (self, 1, "bob");
  add (self, 2, "carol");
  show (self);
  press_enter (self, "CAR");
  g_assert_true (self->activated == get_person (self, "carol"));
}

static void
test_notes_are_found (Fixture      *self,
                      gconstpointer unused)
{
  show (self);
  search (self, "note to");
  check_results (self, 1 + 1);
  press_enter (self, "note to");
  g_assert_true (self->activated == udpnat_client_get_self (self->client));
}

static void
test_enter_opens_line (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  say_to (self->client, bob, "The map of the harbour");
  say_to (self->client, bob, "Bring it");
  show (self);
  press_enter (self, "harb");
  g_assert_true (self->activated == bob);
  g_assert_cmpint (self->line, ==, 1);
}

static void
add_users (Fixture *self)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);

      add (self, i, name);
    }
}

static void
test_few_rows (Fixture      *self,
               gconstpointer unused)
{
  add_users (self);
  show (self);
  search (self, "user");
  check_results (self, 1 + 30);
  search (self, "user19");
  check_results (self, 1 + 11);
  search (self, NULL);
  check_results (self, 0);
}

/* Turns of the main loop, until all that can be seen is there; each adds few rows. */
static void
check_turns (Fixture *self)
{
  while (count_results (self) < 14)
    {
      guint n_before = count_results (self);

      g_assert_true (g_main_context_iteration (NULL, FALSE));
      g_assert_cmpuint (count_results (self), <=, n_before + 6);
    }
}

/* What a key costs must not depend on how much is found with it. */
static void
test_first_rows (Fixture      *self,
                 gconstpointer unused)
{
  g_autoptr (GObject) first = NULL;
  g_autoptr (GObject) now_first = NULL;

  add_users (self);
  show (self);
  search (self, "user");
  g_assert_cmpuint (count_results (self), ==, 6);
  check_turns (self);
  check_results (self, 1 + 30);
  first = g_list_model_get_item (get_results (self), 0);
  type_more (self, "1");
  g_assert_cmpuint (count_results (self), ==, 1 + 30);
  now_first = g_list_model_get_item (get_results (self), 0);
  g_assert_true (first == now_first); /* and with it its row */
}

/* Returns: (transfer full): the name of whom the row at @position stands for */
static char *
dup_result_name (Fixture *self,
                 guint    position)
{
  g_autoptr (GObject) item = udpnat_place_dup_item_at (get_results (self), position);

  return g_strdup (udpnat_person_get_name (UDPNAT_PERSON (item)));
}

static void
test_later_rows (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *last = NULL;

  add_users (self);
  show (self);
  search (self, "user");
  check_results (self, 1 + 30);
  type_more (self, "1");
  first = dup_result_name (self, 1);
  g_assert_true (g_str_has_prefix (first, "user1"));
  for (guint i = 0; i < 5; i++)
    settle (self);
  last = dup_result_name (self, 30);
  g_assert_true (g_str_has_prefix (last, "user1"));
}

/* A page of lines at a time. */
static void
test_pages (Fixture      *self,
            gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  GtkScrolledWindow *scroller;

  for (guint i = 0; i < 60; i++)
    say_to (self->client, bob, "again and again");
  show (self);
  search (self, "again");
  check_results (self, 1 + 25);
  scroller = find (find (self->sidebar, UDPNAT_TYPE_SEARCH_RESULTS), GTK_TYPE_SCROLLED_WINDOW);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  check_results (self, 1 + 50);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  check_results (self, 1 + 60);
}

static void
test_newcomer_is_found (Fixture      *self,
                        gconstpointer unused)
{
  show (self);
  search (self, "bob");
  check_results (self, 0);
  add (self, 1, "bob");
  check_results (self, 1 + 1);
}

/* ---- The server ---- */

static gboolean
is_revealed (Fixture *self)
{
  GtkRevealer *revealer = find (find (self->sidebar, UDPNAT_TYPE_BANNER), GTK_TYPE_REVEALER);

  return gtk_revealer_get_reveal_child (revealer);
}

static void
set_state (Fixture          *self,
           UdpnatServerState state,
           const char       *code)
{
  udpnat_client_set_server_state (self->client, state, code);
}

static void
test_banner_stays_until_all_is_well (Fixture      *self,
                                     gconstpointer unused)
{
  udpnat_client_set_server (self->client, "192.0.2.1", 8848);
  show (self);
  g_assert_false (is_revealed (self));
  set_state (self, UDPNAT_SERVER_STATE_SILENT, NULL);
  g_assert_true (is_revealed (self));
  set_state (self, UDPNAT_SERVER_STATE_CONNECTING, NULL);
  g_assert_true (is_revealed (self));
  set_state (self, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  g_assert_false (is_revealed (self));
  set_state (self, UDPNAT_SERVER_STATE_CONNECTING, NULL);
  g_assert_false (is_revealed (self));
}

static void
test_banner_offers_what_helps (Fixture      *self,
                               gconstpointer unused)
{
  GtkButton *button;

  udpnat_client_set_server (self->client, "192.0.2.1", 8848);
  show (self);
  set_state (self, UDPNAT_SERVER_STATE_REFUSED, "name-taken");
  button = find (find (self->sidebar, UDPNAT_TYPE_BANNER), GTK_TYPE_BUTTON);
  g_assert_cmpstr (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), ==,
                   "server.choose-name");
  set_state (self, UDPNAT_SERVER_STATE_REFUSED, "server-full");
  button = find (find (self->sidebar, UDPNAT_TYPE_BANNER), GTK_TYPE_BUTTON);
  g_assert_cmpstr (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), ==, "server.retry");
}

static void
test_banner_of_the_disk (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  show (self);
  udpnat_client_emit (self->client, UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, bob, FALSE);
  g_assert_true (is_revealed (self));
  say_to (self->client, bob, "The disk takes things again");
  g_assert_false (is_revealed (self));
  udpnat_client_emit (self->client, UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, bob, TRUE);
  say_to (self->client, bob, "But a damaged database stays damaged");
  g_assert_true (is_revealed (self));
}

int
main (int    argc,
      char **argv)
{
  g_setenv ("GTK_A11Y", "test", TRUE);
  g_test_init (&argc, &argv, NULL);
  adw_init ();

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/sidebar/chats/newest-is-in-sight", test_newest_in_sight);
  ADD ("/sidebar/chats/what-was-scrolled-to-stays", test_scrolled_stays);
  ADD ("/sidebar/chats/row-says-it-all", test_row_name);
  ADD ("/sidebar/chats/none-says-what-to-do", test_empty);
  ADD ("/sidebar/lists/people-come-first-while-there-are-no-chats", test_first_people);
  ADD ("/sidebar/lists/chats-come-first-when-there-are-some", test_first_chats);
  ADD ("/sidebar/lists/what-nobody-sees-has-no-rows", test_unseen_has_no_rows);
  ADD ("/sidebar/lists/crowd-leaves-the-focus-where-it-is", test_crowd_keeps_focus);
  ADD ("/sidebar/lists/crowd-makes-no-rows", test_crowd_keeps_rows);
  ADD ("/sidebar/lists/no-scrollbar-before-all-are-there", test_no_short_scrollbar);
  ADD ("/sidebar/lists/what-nobody-sees-waits", test_unseen_waits);
  ADD ("/sidebar/chats/today-is-yesterday-tomorrow", test_next_day);
  ADD ("/sidebar/search/enter-opens-the-person", test_enter_opens_person);
  ADD ("/sidebar/search/notes-are-found", test_notes_are_found);
  ADD ("/sidebar/search/enter-opens-the-line", test_enter_opens_line);
  ADD ("/sidebar/search/many-people-few-rows", test_few_rows);
  ADD ("/sidebar/search/first-rows-at-once", test_first_rows);
  ADD ("/sidebar/search/later-rows-with-the-frames", test_later_rows);
  ADD ("/sidebar/search/lines-by-pages", test_pages);
  ADD ("/sidebar/search/newcomer-is-found", test_newcomer_is_found);
  ADD ("/sidebar/banner/stays-until-all-is-well", test_banner_stays_until_all_is_well);
  ADD ("/sidebar/banner/offers-what-helps", test_banner_offers_what_helps);
  ADD ("/sidebar/banner/full-disk-until-it-takes-things", test_banner_of_the_disk);
#undef ADD

  return g_test_run ();
}
