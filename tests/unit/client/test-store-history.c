/* Reading what was said: pages, order under wrong clocks, unread counts, drafts, the note to self;
 * and searching it. */

#include "config.h"

#include "test-store-fixture.h"

#include "udpnat-limits.h"

#define BOB 1
#define CAROL 2
#define SELF 0xffff

static void
set_up_people (Fixture      *self,
               gconstpointer unused)
{
  set_up_open (self, unused);
  set_relation (self, BOB, UDPNAT_RELATION_ACCEPTED);
  set_relation (self, CAROL, UDPNAT_RELATION_ACCEPTED);
}

/* ---- Pages ---- */

static gint64
number_at (GPtrArray *lines,
           guint      index)
{
  return udpnat_history_item_get_number (g_ptr_array_index (lines, index));
}

static void
test_pages (Fixture      *self,
            gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (GPtrArray) page = NULL;

  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      if (i % 2 == 0)
        say_text (self, BOB, text);
      else
        hear_text (self, BOB, text);
      hear_text (self, CAROL, "other");
    }
  page = udpnat_store_dup_page (self->store, &key, 0, 3);
  check_texts (g_ptr_array_ref (page), "4|5|6");
  check_texts (udpnat_store_dup_page (self->store, &key, number_at (page, 0), 3), "1|2|3");
  check_texts (udpnat_store_dup_page (self->store, &key, number_at (page, 0), 9), "0|1|2|3");
  check_texts (udpnat_store_dup_page_after (self->store, &key, 0, 2), "0|1");
  check_texts (udpnat_store_dup_page_after (self->store, &key, number_at (page, 0), 9), "5|6");
  check_texts (udpnat_store_dup_page_after (self->store, &key, number_at (page, 2), 9), "");
  g_assert_cmpint (udpnat_store_count_lines (self->store, &key), ==, 7);
  g_assert_cmpint (udpnat_store_count_lines (self->store, NULL), ==, 14);
}

static void
test_pages_with_files (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (GPtrArray) page = NULL;
  g_autoptr (UdpnatHistoryItem) last = NULL;

  hear_text (self, BOB, "one");
  hear_file (self, BOB, "two.jpg");
  say_file (self, BOB, "three.jpg", "/three.jpg");
  hear_text (self, BOB, "four");
  say_file (self, BOB, "five.jpg", "/five.jpg");
  page = udpnat_store_dup_page (self->store, &key, 0, 9);
  check_texts (g_ptr_array_ref (page), "one|two.jpg|three.jpg|four|five.jpg");
  for (guint i = 0; i < page->len; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (page, i);
      const UdpnatFileOffer *offer = udpnat_history_item_get_offer (line);

      g_assert_cmpstr (offer != NULL ? offer->name : NULL, ==,
                       i % 3 == 0 ? NULL : udpnat_history_item_get_text (line));
    }
  last = udpnat_store_dup_last_line (self->store, &key);
  g_assert_cmpstr (udpnat_history_item_get_stored_transfer (last)->path, ==, "/five.jpg");
}

static void
test_numbers_not_used_twice (Fixture      *self,
                             gconstpointer unused)
{
  gint64 number;

  hear_text (self, BOB, "one");
  number = udpnat_history_item_get_number (self->line);
  udpnat_store_delete_line (self->store, number, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
  udpnat_store_delete_line (self->store, number, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_false (self->is_saved);
  hear_text (self, BOB, "two");
  g_assert_cmpint (udpnat_history_item_get_number (self->line), >, number);
}

/* ---- Time ---- */

static gint64
hear_at_times (Fixture *self,
               gint64   sent_us,
               gint64   received_us)
{
  UdpnatMessageId id = make_id (++self->n_ids);

  hear_at (self, BOB, received_us, udpnat_item_new_text (&id, sent_us, "x"));
  g_assert_cmpint (self->received, ==, UDPNAT_RECEIVED_NEW);
  g_assert_cmpint (udpnat_history_item_get_sent_us (self->line), ==, MAX (sent_us, 0));
  return udpnat_history_item_get_shown_us (self->line) - NOW_US;
}

static void
test_time (Fixture      *self,
           gconstpointer unused)
{
  g_test_summary ("Never before the line above, never in the future");
  g_assert_cmpint (hear_at_times (self, NOW_US + 10, NOW_US + 20), ==, 10);
  g_assert_cmpint (hear_at_times (self, NOW_US + 99, NOW_US + 30), ==, 30); /* ahead of us */
  g_assert_cmpint (hear_at_times (self, NOW_US + 29, NOW_US + 40), ==, 30); /* behind the last */
  g_assert_cmpint (hear_at_times (self, NOW_US + 31, NOW_US + 40), ==, 31);
  g_assert_cmpint (hear_at_times (self, 0, NOW_US + 40), ==, 31);
  g_assert_cmpint (hear_at_times (self, -5, NOW_US + 40), ==, 31);
  g_assert_cmpint (hear_at_times (self, G_MAXINT64, NOW_US + 50), ==, 50);
}

static void
test_time_both_directions (Fixture      *self,
                           gconstpointer unused)
{
  hear_at_times (self, NOW_US + 50, NOW_US + 50);
  say_text (self, BOB, "answer"); /* at NOW_US + 2, by a clock that was set back since */
  g_assert_cmpint (udpnat_history_item_get_shown_us (self->line), ==, NOW_US + 50);
}

static void
test_time_own_clock_back (Fixture      *self,
                          gconstpointer unused)
{
  gint64 last_us = NOW_US + UDPNAT_CLOCK_BACK_MAX_US;

  g_test_summary ("A little back: the order is kept. Far back: what was far ahead is forgotten");
  hear_at_times (self, last_us, last_us);
  g_assert_cmpint (hear_at_times (self, NOW_US, NOW_US), ==, UDPNAT_CLOCK_BACK_MAX_US);
  g_assert_cmpint (hear_at_times (self, NOW_US - 1, NOW_US - 1), ==, -1);
}

/* ---- Unread ---- */

static void
mark_read (Fixture *self,
           gint64   number)
{
  UdpnatPublicKey key = make_key (BOB);

  udpnat_store_mark_read (self->store, &key, number, done_cb, self);
  udpnat_store_flush (self->store);
  g_assert_true (self->is_saved);
}

static void
test_unread (Fixture      *self,
             gconstpointer unused)
{
  gint64 second;

  g_assert_cmpuint (count_unread (self, BOB), ==, 0);
  hear_text (self, BOB, "one");
  say_text (self, BOB, "ours");
  hear_text (self, BOB, "two");
  second = udpnat_history_item_get_number (self->line);
  hear_text (self, BOB, "three");
  hear_text (self, CAROL, "other");
  g_assert_cmpuint (count_unread (self, BOB), ==, 3);
  mark_read (self, second);
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
  mark_read (self, second - 1); /* never goes back */
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
  reopen_store (self);
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
  g_assert_cmpuint (count_unread (self, CAROL), ==, 1);
}

static void
test_unread_beyond_the_end (Fixture      *self,
                            gconstpointer unused)
{
  hear_text (self, BOB, "one");
  mark_read (self, G_MAXINT64);
  g_assert_cmpuint (count_unread (self, BOB), ==, 0);
  hear_text (self, BOB, "two");
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
}

static void
test_unread_without_deleted (Fixture      *self,
                             gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "one");

  hear_text (self, BOB, "two");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  g_assert_cmpuint (count_unread (self, BOB), ==, 1);
  udpnat_store_delete_line (self->store, udpnat_history_item_get_number (self->line) + 1, done_cb,
                            self);
  udpnat_store_flush (self->store);
  g_assert_cmpuint (count_unread (self, BOB), ==, 0);
}

static void
test_unread_in_contact (Fixture      *self,
                        gconstpointer unused)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (UdpnatContact) contact = NULL;

  hear_text (self, BOB, "one");
  contact = udpnat_store_dup_contact (self->store, &key);
  g_assert_cmpuint (contact->n_unread, ==, 1);
  g_assert_cmpint (contact->last_shown_us, ==, NOW_US + 1);
}

/* ---- Draft, note to self ---- */

static void
check_draft (Fixture    *self,
             const char *expected)
{
  UdpnatPublicKey key = make_key (3);
  g_autoptr (UdpnatContact) contact = udpnat_store_dup_contact (self->store, &key);

  g_assert_cmpstr (contact->draft, ==, expected);
}

static void
test_draft (Fixture      *self,
            gconstpointer unused)
{
  UdpnatPublicKey key = make_key (3); /* nobody yet */

  udpnat_store_set_draft (self->store, &key, "dear");
  reopen_store (self);
  check_draft (self, "dear");
  udpnat_store_set_draft (self->store, &key, NULL);
  reopen_store (self);
  check_draft (self, NULL);
}

static void
test_note_to_self (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatMessageId id = say_text (self, SELF, "milk");

  g_assert_cmpint (udpnat_history_item_get_state (self->line), ==, UDPNAT_ITEM_STATE_READ);
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 0);
  g_assert_cmpuint (count_unread (self, SELF), ==, 0);
  say (self, SELF, make_on (self, UDPNAT_ITEM_EDIT, id, "bread"));
  g_assert_true (self->is_saved);
  check_lines (self, SELF, "bread");
  say (self, SELF, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  check_lines (self, SELF, "-");
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, 0);
}

/* ---- Searching ---- */

static void
check_found (Fixture    *self,
             const char *words,
             const char *expected)
{
  check_texts (udpnat_store_search (self->store, words, NULL, 0, 100), expected);
}

static void
test_search_words (Fixture      *self,
                   gconstpointer unused)
{
  hear_text (self, BOB, "Über den Wolken");
  say_text (self, BOB, "the cloud is near");
  check_found (self, "uber", "Über den Wolken");
  check_found (self, "ÜBER", "Über den Wolken");
  check_found (self, "WOLK", "Über den Wolken");
  check_found (self, "olken", "");
  check_found (self, "cloud the", "the cloud is near");
  check_found (self, "cloud wolken", "");
  check_found (self, "den is", "");
}

static void
test_search_cjk (Fixture      *self,
                 gconstpointer unused)
{
  hear_text (self, BOB, "我们明天去北京吃烤鸭");
  hear_text (self, BOB, "東京タワーへ行きましょう");
  hear_text (self, BOB, "내일 한국어를 공부해요");
  hear_text (self, BOB, "买了iPhone手机");
  check_found (self, "北京", "我们明天去北京吃烤鸭");
  check_found (self, "天去北京吃", "我们明天去北京吃烤鸭");
  check_found (self, "鸭", "我们明天去北京吃烤鸭");
  check_found (self, "京北", "");
  check_found (self, "京", "東京タワーへ行きましょう|我们明天去北京吃烤鸭");
  check_found (self, "タワー", "東京タワーへ行きましょう");
  check_found (self, "ﾀﾜｰ", "東京タワーへ行きましょう");
  check_found (self, "국어", "내일 한국어를 공부해요");
  check_found (self, "iphone", "买了iPhone手机");
  check_found (self, "phone手机", "");
  check_found (self, "手机 iph", "买了iPhone手机");
  check_found (self, "北京 烤鸭", "我们明天去北京吃烤鸭");
  check_found (self, "北京 手机", "");
}

static void
test_search_odd (Fixture      *self,
                 gconstpointer unused)
{
  static const char *const queries[] = {
    "", " ", "\"", "\"\"", "'", "*", "-", "a AND", "OR", "NOT x", "NEAR(", "text:", "(", ")", "^",
    "a*b", "\\", "\xff\xfe", "%", ";--", "👍", "\xcc\x81", "{text}: x", "+", "ั",
  };
  g_autofree char *lengthy = g_strnfill (100000, '(');
  g_autofree char *words = NULL;
  GString *many = g_string_new (NULL);

  hear_text (self, BOB, "say \"AND\" or foo-bar, it's text:here");
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    g_ptr_array_unref (udpnat_store_search (self->store, queries[i], NULL, 0, 10));
  for (guint i = 0; i < 5000; i++)
    g_string_append (many, "京 a ");
  words = g_string_free (many, FALSE);
  g_ptr_array_unref (udpnat_store_search (self->store, lengthy, NULL, 0, 10));
  g_ptr_array_unref (udpnat_store_search (self->store, words, NULL, 0, 10));
  g_assert_false (udpnat_store_is_damaged (self->store));
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM line"), ==, 1);
  check_found (self, "\"and\"", "say \"AND\" or foo-bar, it's text:here");
  check_found (self, "foo-bar", "say \"AND\" or foo-bar, it's text:here");
  check_found (self, "text:here", "say \"AND\" or foo-bar, it's text:here");
  check_found (self, "NOT and", "");
}

static void
test_search_changes (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "apple");

  hear_text (self, BOB, "banana");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "cherry"));
  check_found (self, "apple", "");
  check_found (self, "cherry", "cherry");
  hear (self, BOB, make_on (self, UDPNAT_ITEM_DELETE, id, ""));
  check_found (self, "cherry", "");
  reopen_store (self);
  check_found (self, "banana", "banana");
}

static void
test_search_place (Fixture      *self,
                   gconstpointer unused)
{
  UdpnatPublicKey bob = make_key (BOB);
  UdpnatPublicKey nobody = make_key (77);

  hear_text (self, BOB, "apple of bob");
  hear_text (self, CAROL, "apple of carol");
  check_found (self, "apple", "apple of carol|apple of bob");
  check_texts (udpnat_store_search (self->store, "apple", &bob, 0, 10), "apple of bob");
  check_texts (udpnat_store_search (self->store, "apple", &nobody, 0, 10), "");
  check_found (self, "1", ""); /* the place is no word */
}

static void
test_search_pages (Fixture      *self,
                   gconstpointer unused)
{
  g_autoptr (GPtrArray) first = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("apple %u", i);

      hear_text (self, BOB, text);
    }
  first = udpnat_store_search (self->store, "apple", NULL, 0, 2);
  check_texts (g_ptr_array_ref (first), "apple 4|apple 3");
  check_texts (udpnat_store_search (self->store, "apple", NULL, number_at (first, 1), 2),
               "apple 2|apple 1");
}

/* ---- An item in a list ---- */

static void
notify_cb (GObject    *object,
           GParamSpec *property,
           gpointer    user_data)
{
  Fixture *self = user_data;

  self->n_changed++;
}

static void
test_update (Fixture      *self,
             gconstpointer unused)
{
  UdpnatMessageId id = hear_text (self, BOB, "apple");
  g_autoptr (UdpnatHistoryItem) shown = g_object_ref (self->line);
  g_autofree char *text = NULL;

  g_signal_connect (shown, "notify", G_CALLBACK (notify_cb), self);
  hear (self, BOB, make_on (self, UDPNAT_ITEM_EDIT, id, "cherry"));
  udpnat_history_item_update (shown, self->line);
  g_object_get (shown, "text", &text, NULL);
  g_assert_cmpstr (text, ==, "cherry");
  g_assert_cmpuint (self->n_changed, ==, 2); /* the text, and when it was edited */
  udpnat_history_item_update (shown, self->line);
  g_assert_cmpuint (self->n_changed, ==, 2);
}

#define ADD_PEOPLE(path, function) \
  g_test_add ("/client-store-history/" path, Fixture, NULL, set_up_people, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_PEOPLE ("page/before-and-after", test_pages);
  ADD_PEOPLE ("page/with-files", test_pages_with_files);
  ADD_PEOPLE ("page/numbers-not-used-twice", test_numbers_not_used_twice);
  ADD_PEOPLE ("time/in-order-and-not-in-future", test_time);
  ADD_PEOPLE ("time/both-directions", test_time_both_directions);
  ADD_PEOPLE ("time/own-clock-set-back", test_time_own_clock_back);
  ADD_PEOPLE ("unread/theirs-after-the-last-read", test_unread);
  ADD_PEOPLE ("unread/mark-beyond-the-end", test_unread_beyond_the_end);
  ADD_PEOPLE ("unread/deleted-do-not-count", test_unread_without_deleted);
  ADD_PEOPLE ("unread/told-with-the-contact", test_unread_in_contact);
  ADD_PEOPLE ("draft/round-trip", test_draft);
  ADD_PEOPLE ("self/note", test_note_to_self);
  ADD_PEOPLE ("search/words", test_search_words);
  ADD_PEOPLE ("search/chinese-japanese-korean", test_search_cjk);
  ADD_PEOPLE ("search/odd-queries-never-fail", test_search_odd);
  ADD_PEOPLE ("search/edits-and-deletions", test_search_changes);
  ADD_PEOPLE ("search/one-conversation", test_search_place);
  ADD_PEOPLE ("search/pages", test_search_pages);
  ADD_PEOPLE ("item/update-notifies", test_update);

  return g_test_run ();
}
