/* How many messages wait to be read, as the title of the window says it. */

#include "config.h"

#include "udpnat-person-private.h"
#include "udpnat-unread.h"

static void
iterate_until_idle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* More is told a moment later. */
static void
wait_for_count (UdpnatUnread *unread,
                guint         count)
{
  while (udpnat_unread_get_count (unread) != count)
    g_main_context_iteration (NULL, TRUE);
}

static void
set_unread (UdpnatPerson  *person,
            guint          n_unread,
            gboolean       is_muted,
            UdpnatRelation relation)
{
  UdpnatContact *contact = udpnat_contact_copy (udpnat_person_get_contact (person));

  contact->n_unread = n_unread;
  contact->is_muted = is_muted;
  contact->relation = relation;
  udpnat_person_take_contact (person, contact);
}

static UdpnatPerson *
create_person (guint8 number,
               guint  n_unread)
{
  UdpnatPublicKey key = { .bytes = { number } };
  UdpnatPerson *person = udpnat_person_new (&key);

  set_unread (person, n_unread, FALSE, UDPNAT_RELATION_ACCEPTED);
  return person;
}

static void
test_sum (void)
{
  g_autoptr (GListStore) people = g_list_store_new (UDPNAT_TYPE_PERSON);
  g_autoptr (UdpnatPerson) ann = create_person (1, 2);
  g_autoptr (UdpnatPerson) bob = create_person (2, 3);
  g_autoptr (UdpnatUnread) unread = NULL;

  g_list_store_append (people, ann);
  unread = udpnat_unread_new (G_LIST_MODEL (people));
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 2);
  g_list_store_append (people, bob);
  wait_for_count (unread, 5);
  set_unread (ann, 0, FALSE, UDPNAT_RELATION_ACCEPTED);
  iterate_until_idle ();
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 3);
  g_list_store_remove_all (people);
  iterate_until_idle ();
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 0);
}

static void
test_not_counted (void)
{
  g_autoptr (GListStore) people = g_list_store_new (UDPNAT_TYPE_PERSON);
  g_autoptr (UdpnatPerson) ann = create_person (1, 2);
  g_autoptr (UdpnatPerson) bob = create_person (2, 4);
  g_autoptr (UdpnatUnread) unread = NULL;

  g_list_store_append (people, ann);
  g_list_store_append (people, bob);
  unread = udpnat_unread_new (G_LIST_MODEL (people));
  set_unread (ann, 2, TRUE, UDPNAT_RELATION_ACCEPTED);
  iterate_until_idle ();
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 4);
  set_unread (bob, 4, FALSE, UDPNAT_RELATION_BLOCKED);
  iterate_until_idle ();
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 0);
  set_unread (ann, 2, FALSE, UDPNAT_RELATION_ACCEPTED);
  wait_for_count (unread, 2);
}

static void
count_cb (gpointer    object,
          GParamSpec *pspec,
          guint      *n_notified)
{
  (*n_notified)++;
}

static void
test_once (void)
{
  g_autoptr (GListStore) people = g_list_store_new (UDPNAT_TYPE_PERSON);
  g_autoptr (UdpnatUnread) unread = udpnat_unread_new (G_LIST_MODEL (people));
  guint n_notified = 0;

  g_signal_connect (unread, "notify::count", G_CALLBACK (count_cb), &n_notified);
  for (guint i = 1; i <= 100; i++)
    {
      g_autoptr (UdpnatPerson) person = create_person (i, 1);

      g_list_store_insert (people, 0, person);
    }
  wait_for_count (unread, 100);
  iterate_until_idle ();
  g_assert_cmpuint (n_notified, ==, 1);
}

static gboolean
read_cb (gpointer person)
{
  set_unread (person, 0, FALSE, UDPNAT_RELATION_ACCEPTED);
  return G_SOURCE_REMOVE;
}

static gboolean
end_cb (gpointer is_over)
{
  *(gboolean *) is_over = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_read_at_once (void)
{
  g_autoptr (GListStore) people = g_list_store_new (UDPNAT_TYPE_PERSON);
  g_autoptr (UdpnatUnread) unread = udpnat_unread_new (G_LIST_MODEL (people));
  g_autoptr (UdpnatPerson) ann = create_person (1, 1);
  gboolean is_over = FALSE;
  guint n_notified = 0;

  g_signal_connect (unread, "notify::count", G_CALLBACK (count_cb), &n_notified);
  g_list_store_append (people, ann);
  g_timeout_add (500, read_cb, ann);
  g_timeout_add (1300, end_cb, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (udpnat_unread_get_count (unread), ==, 0);
  g_assert_cmpuint (n_notified, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/unread/people/are-summed", test_sum);
  g_test_add_func ("/unread/muted-and-blocked/do-not-count", test_not_counted);
  g_test_add_func ("/unread/crowd/is-told-once", test_once);
  g_test_add_func ("/unread/read-at-once/is-not-told", test_read_at_once);
  return g_test_run ();
}
