/* The lists of people: who is in them, in which order, and that what they tell of their changes is
 * what has changed. */

#include "config.h"

#include "test-client-fixture.h"

#include "udpnat-name.h"
#include "udpnat-people-model.h"
#include "udpnat-presence.h"

typedef struct
{
  char              *folder;
  UdpnatClient      *client;
  UdpnatPeopleModel *model;  /* nullable: until a test begins to watch */
  GPtrArray         *mirror; /* borrowed persons: made by what the model tells alone */
  guint              n_changes;
  guint              n_rows_changed; /* of the last one: those that were there before */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gboolean is_open;

  self->folder = g_dir_make_tmp ("udpnat-people-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  /* What a server that is lost has said of people is believed no more. */
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  self->mirror = g_ptr_array_new ();
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->model);
  g_ptr_array_unref (self->mirror);
  g_clear_object (&self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

/* ---- Watching ---- */

static UdpnatPerson *
at (Fixture *self,
    guint    position)
{
  g_autoptr (UdpnatPerson) person = g_list_model_get_item (G_LIST_MODEL (self->model), position);

  return person; /* the client's */
}

static void
changed_cb (GListModel *model,
            guint       position,
            guint       n_removed,
            guint       n_added,
            Fixture    *self)
{
  self->n_changes++;
  self->n_rows_changed = n_removed;
  if (n_removed > 0)
    g_ptr_array_remove_range (self->mirror, position, n_removed);
  for (guint i = position; i < position + n_added; i++)
    g_ptr_array_insert (self->mirror, i, at (self, i));
}

static void
watch (Fixture         *self,
       UdpnatPeopleKind kind)
{
  self->model = udpnat_people_model_new (self->client, kind);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->model)); i++)
    g_ptr_array_add (self->mirror, at (self, i));
  g_signal_connect (self->model, "items-changed", G_CALLBACK (changed_cb), self);
}

static UdpnatPerson *
add (Fixture    *self,
     guint8      number,
     const char *name)
{
  UdpnatPublicKey key = make_key (number);

  return udpnat_client_ensure_person (self->client, &key, name);
}

static void
check_mirror (Fixture *self)
{
  g_assert_cmpuint (self->mirror->len, ==, g_list_model_get_n_items (G_LIST_MODEL (self->model)));
  for (guint i = 0; i < self->mirror->len; i++)
    g_assert_true (g_ptr_array_index (self->mirror, i) == at (self, i));
}

/* Who has changed in a crowd is looked at when the crowd is over. */
static void
end_turn (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static char *
dup_titles (Fixture *self)
{
  GString *titles = g_string_new (NULL);

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->model)); i++)
    {
      if (i > 0)
        g_string_append_c (titles, ' ');
      g_string_append (titles, at (self, i) == udpnat_client_get_self (self->client)
                                 ? "(me)" : udpnat_person_get_title (at (self, i)));
    }
  return g_string_free (titles, FALSE);
}

static void
check (Fixture    *self,
       const char *expected)
{
  g_autofree char *titles = NULL;

  end_turn ();
  titles = dup_titles (self);
  g_assert_cmpstr (titles, ==, expected);
  check_mirror (self);
}

static void
hear_text (Fixture      *self,
           UdpnatPerson *person,
           guint8        number)
{
  UdpnatMessageId id = make_id (number);

  hear_from (self->client, person, udpnat_item_new_text (&id, SENT_US + number, "Hello"));
}

static void
accept (Fixture      *self,
        UdpnatPerson *person)
{
  udpnat_client_accept (self->client, person);
  g_assert_true (udpnat_client_flush (self->client));
}

/* ---- Chats ---- */

static void
test_chats_are_conversations (Fixture      *self,
                              gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  add (self, 2, "carol");
  watch (self, UDPNAT_PEOPLE_CHATS);
  check (self, "(me)");
  say_to (self->client, bob, "Hi");
  check (self, "bob (me)");
}

static void
test_chats_newest_first (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  UdpnatPerson *carol = add (self, 2, "carol");

  accept (self, bob);
  accept (self, carol);
  watch (self, UDPNAT_PEOPLE_CHATS);
  hear_text (self, bob, 1);
  hear_text (self, carol, 2);
  check (self, "carol bob (me)");
  hear_text (self, bob, 3);
  check (self, "bob carol (me)");
}

static void
test_chats_pinned_first (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  UdpnatPerson *carol = add (self, 2, "carol");

  watch (self, UDPNAT_PEOPLE_CHATS);
  udpnat_client_set_pinned (self->client, bob, TRUE);
  check (self, "bob (me)");
  say_to (self->client, carol, "Hi");
  check (self, "bob carol (me)");
  udpnat_client_set_pinned (self->client, bob, FALSE);
  check (self, "carol (me)");
}

static void
test_chats_draft (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  watch (self, UDPNAT_PEOPLE_CHATS);
  udpnat_client_set_draft (self->client, bob, "Dear");
  g_assert_true (udpnat_client_flush (self->client));
  check (self, "bob (me)");
  udpnat_client_set_draft (self->client, bob, NULL);
  g_assert_true (udpnat_client_flush (self->client));
  check (self, "(me)");
}

static void
test_chats_request_and_block (Fixture      *self,
                              gconstpointer unused)
{
  UdpnatPerson *mallory = add (self, 1, "mallory");

  watch (self, UDPNAT_PEOPLE_CHATS);
  hear_text (self, mallory, 1);
  check (self, "mallory (me)");
  udpnat_client_block (self->client, mallory);
  check (self, "(me)");
}

static void
test_chats_deleted (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  watch (self, UDPNAT_PEOPLE_CHATS);
  say_to (self->client, bob, "Hi");
  udpnat_client_clear_history (self->client, bob);
  g_assert_true (udpnat_client_flush (self->client));
  check (self, "(me)");
}

static void
test_chats_unread (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  UdpnatPerson *carol = add (self, 2, "carol");
  guint n_unread;

  accept (self, bob);
  accept (self, carol);
  udpnat_client_set_muted (self->client, carol, TRUE);
  watch (self, UDPNAT_PEOPLE_CHATS);
  hear_text (self, bob, 1);
  hear_text (self, bob, 2);
  hear_text (self, carol, 3);
  end_turn ();
  g_object_get (self->model, "unread", &n_unread, NULL);
  g_assert_cmpuint (n_unread, ==, 2);
  udpnat_client_set_muted (self->client, carol, FALSE);
  udpnat_client_mark_read (self->client, bob);
  g_assert_true (udpnat_client_flush (self->client));
  end_turn ();
  g_object_get (self->model, "unread", &n_unread, NULL);
  g_assert_cmpuint (n_unread, ==, 1);
}

/* ---- People ---- */

static void
test_here_by_presence_then_name (Fixture      *self,
                                 gconstpointer unused)
{
  UdpnatPerson *dave;

  add (self, 1, "carol");
  add (self, 2, "Bob");
  dave = add (self, 3, "dave");
  watch (self, UDPNAT_PEOPLE_HERE);
  check (self, "Bob carol dave");
  udpnat_person_set_presence (dave, UDPNAT_PRESENCE_AWAY);
  check (self, "dave Bob carol");
  udpnat_person_set_presence (dave, UDPNAT_PRESENCE_OFFLINE);
  check (self, "Bob carol dave");
  add (self, 4, "anna");
  check (self, "anna Bob carol dave");
}

static void
test_here_renamed (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");

  add (self, 2, "carol");
  watch (self, UDPNAT_PEOPLE_HERE);
  udpnat_client_set_nickname (self->client, bob, "Zorro");
  check (self, "carol Zorro");
}

static void
test_here_without_requests_and_blocked (Fixture      *self,
                                        gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "bob");
  UdpnatPerson *mallory = add (self, 2, "mallory");

  watch (self, UDPNAT_PEOPLE_HERE);
  hear_text (self, mallory, 1);
  check (self, "bob");
  accept (self, mallory);
  check (self, "bob mallory");
  udpnat_client_block (self->client, bob);
  check (self, "mallory");
}

static void
test_requests (Fixture      *self,
               gconstpointer unused)
{
  UdpnatPerson *mallory = add (self, 1, "mallory");
  UdpnatPerson *trudy = add (self, 2, "trudy");

  watch (self, UDPNAT_PEOPLE_REQUESTS);
  hear_text (self, mallory, 1);
  hear_text (self, trudy, 2);
  check (self, "trudy mallory");
  udpnat_client_decline (self->client, trudy);
  check (self, "mallory");
  accept (self, mallory);
  check (self, "");
}

static void
test_here_until_the_server_is_lost (Fixture      *self,
                                    gconstpointer unused)
{
  UdpnatPerson *dave;

  add (self, 1, "bob");
  dave = add (self, 2, "dave");
  udpnat_person_set_presence (dave, UDPNAT_PRESENCE_ONLINE);
  watch (self, UDPNAT_PEOPLE_HERE);
  check (self, "dave bob");
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_LOST, NULL);
  check (self, "bob dave");
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  check (self, "dave bob");
}

/* ---- What is told ---- */

static void
add_many (Fixture *self,
          guint    n_people)
{
  for (guint i = 0; i < n_people; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%03u", i);

      add (self, i, name);
    }
}

static UdpnatPerson *
find (Fixture    *self,
      const char *name)
{
  UdpnatPerson *person = udpnat_client_get_person (self->client, name);

  g_assert_nonnull (person);
  return person;
}

/* So that a view keeps the row, and the focus in it. */
static void
test_near_move_is_one_change (Fixture      *self,
                              gconstpointer unused)
{
  add_many (self, 101);
  watch (self, UDPNAT_PEOPLE_HERE);
  self->n_changes = 0;
  udpnat_person_set_presence (find (self, "user099"), UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpuint (self->n_changes, ==, 1);
  g_assert_true (at (self, 0) == find (self, "user099"));
}

static void
test_far_move_touches_two_places (Fixture      *self,
                                  gconstpointer unused)
{
  add_many (self, 101);
  watch (self, UDPNAT_PEOPLE_HERE);
  self->n_changes = 0;
  udpnat_person_set_presence (find (self, "user100"), UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpuint (self->n_changes, ==, 2);
  g_assert_true (at (self, 0) == find (self, "user100"));
}

static void
test_nothing_is_told_of_what_does_not_move (Fixture      *self,
                                            gconstpointer unused)
{
  add_many (self, 3);
  watch (self, UDPNAT_PEOPLE_HERE);
  self->n_changes = 0;
  udpnat_person_set_typing (find (self, "user001"), TRUE);
  udpnat_client_set_pinned (self->client, find (self, "user001"), TRUE);
  g_assert_cmpuint (self->n_changes, ==, 0);
}

/* A view that believes what it is told sees what there is, whatever happens. */
static void
test_changes_add_up (Fixture      *self,
                     gconstpointer unused)
{
  add_many (self, 200);
  watch (self, UDPNAT_PEOPLE_HERE);
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%03d", g_test_rand_int_range (0, 200));
      UdpnatPerson *person = find (self, name);

      if (g_test_rand_bit ())
        udpnat_person_set_presence (person, g_test_rand_int_range (0, 3));
      else if (g_test_rand_bit ())
        udpnat_client_block (self->client, person);
      else
        udpnat_client_unblock (self->client, person);
    }
  end_turn ();
  check_mirror (self);
}

/* A server that is lost takes everyone who was here with it. */
static void
test_crowd_is_few_changes (Fixture      *self,
                           gconstpointer unused)
{
  add_many (self, 200);
  watch (self, UDPNAT_PEOPLE_HERE);
  self->n_changes = 0;
  for (guint i = 0; i < 200; i += 2)
    {
      g_autofree char *name = g_strdup_printf ("user%03u", i);

      udpnat_person_set_presence (find (self, name), UDPNAT_PRESENCE_ONLINE);
    }
  end_turn ();
  g_assert_cmpuint (self->n_changes, <=, 2 + 1);
  check_mirror (self);
  for (guint i = 0; i < 200; i++)
    g_assert_cmpint (udpnat_person_is_online (at (self, i)), ==, i < 100);
}

/* What is below all of them, and all that is above, is not looked at by views. */
static void
test_crowd_is_told_of_where_it_is (Fixture      *self,
                                   gconstpointer unused)
{
  add_many (self, 200);
  watch (self, UDPNAT_PEOPLE_HERE);
  for (guint i = 10; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%03u", i);

      udpnat_person_set_presence (find (self, name), UDPNAT_PRESENCE_ONLINE);
    }
  end_turn ();
  g_assert_cmpuint (self->n_rows_changed, ==, 40 - 1); /* user010 was first, and is at the top */
  check_mirror (self);
}

/* In a list by time nobody moves because they come. */
static void
test_crowd_of_no_matter_is_not_told_of (Fixture      *self,
                                        gconstpointer unused)
{
  add_many (self, 100);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%03u", i);

      udpnat_client_set_pinned (self->client, find (self, name), TRUE);
    }
  watch (self, UDPNAT_PEOPLE_CHATS);
  self->n_changes = 0;
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("user%03u", i);

      udpnat_person_set_presence (find (self, name), UDPNAT_PRESENCE_ONLINE);
      udpnat_person_set_wait_reason (find (self, name), "no-answer");
    }
  end_turn ();
  g_assert_cmpuint (self->mirror->len, ==, 101);
  g_assert_cmpuint (self->n_changes, ==, 0);
}

static void
test_newcomers_are_few_changes (Fixture      *self,
                                gconstpointer unused)
{
  watch (self, UDPNAT_PEOPLE_HERE);
  self->n_changes = 0;
  add_many (self, 200);
  end_turn ();
  g_assert_cmpuint (self->n_changes, <=, 2 + 1);
  g_assert_cmpuint (self->mirror->len, ==, 200);
  check_mirror (self);
}

/* ---- The current one ---- */

static void
test_current_is_the_programs (Fixture      *self,
                              gconstpointer unused)
{
  GtkSelectionModel *selection;

  add (self, 1, "bob");
  add (self, 2, "carol");
  watch (self, UDPNAT_PEOPLE_HERE);
  selection = GTK_SELECTION_MODEL (self->model);
  udpnat_people_model_set_current (self->model, find (self, "carol"));
  g_assert_false (gtk_selection_model_select_item (selection, 0, TRUE));
  g_assert_false (gtk_selection_model_is_selected (selection, 0));
  g_assert_true (gtk_selection_model_is_selected (selection, 1));
}

static void
test_current_moves_along (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (GtkBitset) selected = NULL;

  add (self, 1, "bob");
  add (self, 2, "carol");
  watch (self, UDPNAT_PEOPLE_HERE);
  udpnat_people_model_set_current (self->model, find (self, "carol"));
  udpnat_person_set_presence (find (self, "carol"), UDPNAT_PRESENCE_ONLINE);
  selected = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (self->model));
  g_assert_cmpuint (gtk_bitset_get_size (selected), ==, 1);
  g_assert_true (gtk_bitset_contains (selected, 0));
}

/* ---- Searching ---- */

static gboolean
matches (Fixture      *self,
         UdpnatPerson *person,
         const char   *typed)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *folded = udpnat_name_fold (typed);
  guint n_matches = udpnat_people_model_search (self->model, folded, found, 10);

  g_assert_cmpuint (found->len, ==, n_matches);
  return g_ptr_array_find (found, person, NULL);
}

static void
test_matches (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPerson *bob = add (self, 1, "Bob Łukasz");
  UdpnatPerson *chen = add (self, 2, "陈晓东");

  udpnat_client_set_nickname (self->client, bob, "Boss");
  watch (self, UDPNAT_PEOPLE_HERE);
  g_assert_true (matches (self, bob, "ŁUK"));
  g_assert_true (matches (self, bob, "oss"));
  g_assert_true (matches (self, bob, "ＢＯＢ"));
  g_assert_true (matches (self, chen, "晓"));
  g_assert_false (matches (self, chen, "bob"));
  g_assert_false (matches (self, bob, "bossbob"));
}

/* The lists call oneself by what the conversation is for. */
static void
test_matches_notes (Fixture      *self,
                    gconstpointer unused)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);

  watch (self, UDPNAT_PEOPLE_CHATS);
  g_assert_true (udpnat_people_model_matches (self->model, me, "note to"));
  g_assert_true (udpnat_people_model_matches (self->model, me, udpnat_person_get_name (me)));
  g_assert_false (udpnat_people_model_matches (self->model, me, "nobody"));
}

static void
test_search_is_bounded (Fixture      *self,
                        gconstpointer unused)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);

  add_many (self, 101);
  watch (self, UDPNAT_PEOPLE_HERE);
  g_assert_cmpuint (udpnat_people_model_search (self->model, "user", found, 30), ==, 101);
  g_assert_cmpuint (found->len, ==, 30);
  g_assert_true (g_ptr_array_index (found, 0) == at (self, 0));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/people-model/chats/are-conversations-and-oneself", test_chats_are_conversations);
  ADD ("/people-model/chats/newest-first", test_chats_newest_first);
  ADD ("/people-model/chats/pinned-first", test_chats_pinned_first);
  ADD ("/people-model/chats/a-draft-is-one", test_chats_draft);
  ADD ("/people-model/chats/a-request-is-one-blocked-is-none", test_chats_request_and_block);
  ADD ("/people-model/chats/deleted-is-gone", test_chats_deleted);
  ADD ("/people-model/chats/unread-without-muted", test_chats_unread);
  ADD ("/people-model/here/by-presence-then-name", test_here_by_presence_then_name);
  ADD ("/people-model/here/until-the-server-is-lost", test_here_until_the_server_is_lost);
  ADD ("/people-model/here/renamed-moves", test_here_renamed);
  ADD ("/people-model/here/without-requests-and-blocked", test_here_without_requests_and_blocked);
  ADD ("/people-model/requests/until-answered", test_requests);
  ADD ("/people-model/told/near-move-is-one-change", test_near_move_is_one_change);
  ADD ("/people-model/told/far-move-touches-two-places", test_far_move_touches_two_places);
  ADD ("/people-model/told/nothing-when-nothing-moves", test_nothing_is_told_of_what_does_not_move);
  ADD ("/people-model/told/changes-add-up", test_changes_add_up);
  ADD ("/people-model/told/crowd-is-few-changes", test_crowd_is_few_changes);
  ADD ("/people-model/told/crowd-is-where-it-is", test_crowd_is_told_of_where_it_is);
  ADD ("/people-model/told/crowd-of-no-matter-is-not", test_crowd_of_no_matter_is_not_told_of);
  ADD ("/people-model/told/newcomers-are-few-changes", test_newcomers_are_few_changes);
  ADD ("/people-model/current/only-the-program-selects", test_current_is_the_programs);
  ADD ("/people-model/current/moves-along", test_current_moves_along);
  ADD ("/people-model/search/part-of-name-or-nickname", test_matches);
  ADD ("/people-model/search/notes-by-their-title", test_matches_notes);
  ADD ("/people-model/search/counts-more-than-it-gives", test_search_is_bounded);
#undef ADD

  return g_test_run ();
}
