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

/* ---- Searching ---- */

static void
search (Fixture    *self,
        const char *words)
{
  UdpnatSearchResults *results = find (self->sidebar, UDPNAT_TYPE_SEARCH_RESULTS);

  udpnat_search_results_set_words (results, words);
}

static guint
count_results (Fixture *self)
{
  GtkWidget *list = get_list (self, UDPNAT_TYPE_SEARCH_RESULTS);

  return g_list_model_get_n_items (G_LIST_MODEL (gtk_list_view_get_model (GTK_LIST_VIEW (list))));
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
  g_assert_cmpuint (count_results (self), ==, 1 + 1);
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
test_few_rows (Fixture      *self,
               gconstpointer unused)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%u", i);

      add (self, i, name);
    }
  show (self);
  search (self, "user");
  g_assert_cmpuint (count_results (self), ==, 1 + 30);
  search (self, "user19");
  g_assert_cmpuint (count_results (self), ==, 1 + 11);
  search (self, NULL);
  g_assert_cmpuint (count_results (self), ==, 0);
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
  g_assert_cmpuint (count_results (self), ==, 1 + 25);
  scroller = find (find (self->sidebar, UDPNAT_TYPE_SEARCH_RESULTS), GTK_TYPE_SCROLLED_WINDOW);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  g_assert_cmpuint (count_results (self), ==, 1 + 50);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  g_signal_emit_by_name (scroller, "edge-reached", GTK_POS_BOTTOM);
  g_assert_cmpuint (count_results (self), ==, 1 + 60);
}

static void
test_newcomer_is_found (Fixture      *self,
                        gconstpointer unused)
{
  show (self);
  search (self, "bob");
  g_assert_cmpuint (count_results (self), ==, 0);
  add (self, 1, "bob");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (count_results (self), ==, 1 + 1);
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
  ADD ("/sidebar/search/enter-opens-the-person", test_enter_opens_person);
  ADD ("/sidebar/search/notes-are-found", test_notes_are_found);
  ADD ("/sidebar/search/enter-opens-the-line", test_enter_opens_line);
  ADD ("/sidebar/search/many-people-few-rows", test_few_rows);
  ADD ("/sidebar/search/lines-by-pages", test_pages);
  ADD ("/sidebar/search/newcomer-is-found", test_newcomer_is_found);
  ADD ("/sidebar/banner/stays-until-all-is-well", test_banner_stays_until_all_is_well);
  ADD ("/sidebar/banner/offers-what-helps", test_banner_offers_what_helps);
  ADD ("/sidebar/banner/full-disk-until-it-takes-things", test_banner_of_the_disk);
#undef ADD

  return g_test_run ();
}
