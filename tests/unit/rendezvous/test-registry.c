#include "config.h"

#include "udpnat-registry.h"

#include "udpnat-limits.h"

/* Names, claims and the roster, without sessions. */

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) ((*(guint *) user_data)++ * 17);
}

static guint                 random_state;
static const UdpnatRandom    test_random = { fill, &random_state };
static const UdpnatPublicKey alice = { { 1 } };
static const UdpnatPublicKey bob = { { 2 } };

static void
test_find (void)
{
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&test_random);
  UdpnatRegistryEntry *entry = udpnat_registry_add (registry, "Straße", &alice, TRUE);

  g_assert_true (udpnat_registry_find (registry, "Straße") == entry);
  g_assert_true (udpnat_registry_find (registry, "STRASSE") == entry);
  g_assert_null (udpnat_registry_find (registry, "Strase"));
  g_assert_null (udpnat_registry_find (registry, ""));
  g_assert_false (entry->is_claim);
  g_assert_cmpstr (udpnat_registry_get_name (entry), ==, "Straße");
  g_assert_cmpuint (udpnat_registry_get_count (registry), ==, 1);
  g_assert_cmpuint (udpnat_registry_count_names (registry, &alice), ==, 1);
  g_assert_cmpuint (udpnat_registry_count_names (registry, &bob), ==, 0);
}

static void
test_claims (void)
{
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&test_random);
  UdpnatRegistryEntry *first = udpnat_registry_add (registry, "First", &alice, FALSE);
  UdpnatRegistryEntry *second = udpnat_registry_add (registry, "Second", &alice, FALSE);
  guint64              first_id = first->id, second_id = second->id;

  g_assert_true (first->is_claim && second->is_claim);

  g_assert_cmpuint (first_id, !=, 0);
  g_assert_cmpuint (first_id, !=, second_id);
  g_assert_true (udpnat_registry_find_claim (registry, first_id) == first);
  udpnat_registry_set_stored (registry, first);
  g_assert_null (udpnat_registry_find_claim (registry, first_id));
  g_assert_false (first->is_claim);
  g_assert_cmpuint (udpnat_registry_get_claims (registry), ==, 1);
  udpnat_registry_remove (registry, second);
  g_assert_null (udpnat_registry_find_claim (registry, second_id));
  g_assert_null (udpnat_registry_find (registry, "Second"));
  g_assert_cmpuint (udpnat_registry_count_names (registry, &alice), ==, 1);
  udpnat_registry_add (registry, "Second", &bob, TRUE); /* is free again */
  g_assert_cmpuint (udpnat_registry_count_names (registry, &bob), ==, 1);
  g_assert_null (udpnat_registry_find_claim (registry, 0));
}

static void
test_roster (void)
{
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&test_random);
  UdpnatRegistryEntry *entries[3];
  guint64 first, last, sequence = 0;

  g_assert_null (udpnat_registry_next_change (registry, &sequence));
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      const char *names[] = { "a", "b", "c" };

      entries[i] = udpnat_registry_add (registry, names[i], &alice, TRUE);
      g_assert_false (entries[i]->is_in_roster);
    }
  g_assert_null (udpnat_registry_next_change (registry, &sequence));
  udpnat_registry_publish (registry, entries[0]);
  udpnat_registry_publish (registry, entries[1]);
  udpnat_registry_publish (registry, entries[2]);
  udpnat_registry_publish (registry, entries[0]);
  g_assert_true (udpnat_registry_next_change (registry, &sequence) == entries[1]);
  first = sequence;
  g_assert_cmpuint (first, >, 0);
  g_assert_true (udpnat_registry_next_change (registry, &sequence) == entries[2]);
  g_assert_true (udpnat_registry_next_change (registry, &sequence) == entries[0]);
  last = sequence;
  g_assert_null (udpnat_registry_next_change (registry, &sequence));
  g_assert_cmpuint (sequence, ==, last);
  sequence = G_MAXUINT64;
  g_assert_null (udpnat_registry_next_change (registry, &sequence));
  udpnat_registry_remove (registry, entries[2]);
  g_assert_true (udpnat_registry_next_change (registry, &first) == entries[0]);
  g_assert_cmpuint (first, ==, last);
}

/* Kept elsewhere when it is long; one byte on each side of that. */
static void
test_long_names (void)
{
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&test_random);

  for (gsize n = 1; n <= 64; n++)
    {
      g_autofree char *name = g_strnfill (n, 'X');
      g_autofree char *folded = g_strnfill (n, 'x');
      UdpnatRegistryEntry *entry = udpnat_registry_add (registry, name, &alice, n % 2 == 0);

      g_assert_cmpstr (udpnat_registry_get_name (entry), ==, name);
      g_assert_true (udpnat_registry_find (registry, folded) == entry);
      if (n % 3 == 0)
        udpnat_registry_remove (registry, entry);
    }
  g_assert_cmpuint (udpnat_registry_get_count (registry), ==, 64 - 21);
}

static void
test_keys (void)
{
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&test_random);
  UdpnatRegistryEntry *first = udpnat_registry_add (registry, "first", &alice, TRUE);
  UdpnatRegistryEntry *second = udpnat_registry_add (registry, "second", &alice, TRUE);
  UdpnatRegistryEntry *held;

  g_assert_null (udpnat_registry_find_session (registry, &alice));
  second->session = 7;
  g_assert_true (udpnat_registry_find_session (registry, &alice) == second);
  g_assert_null (udpnat_registry_find_session (registry, &bob));
  held = udpnat_registry_hold (registry, &bob);
  g_assert_cmpstr (udpnat_registry_get_name (held), ==, "");
  held->session = 8;
  g_assert_true (udpnat_registry_find_session (registry, &bob) == held);
  g_assert_cmpuint (udpnat_registry_count_names (registry, &bob), ==, 0);
  g_assert_cmpuint (udpnat_registry_get_count (registry), ==, 2);
  udpnat_registry_remove (registry, held);
  g_assert_null (udpnat_registry_find_session (registry, &bob));
  /* Of two the one that is in the table of keys, and the other. */
  udpnat_registry_remove (registry, first);
  g_assert_true (udpnat_registry_find_session (registry, &alice) == second);
  g_assert_cmpuint (udpnat_registry_count_names (registry, &alice), ==, 1);
  udpnat_registry_remove (registry, second);
  g_assert_cmpuint (udpnat_registry_count_names (registry, &alice), ==, 0);
}

static void
test_free_nothing (void)
{
  udpnat_registry_free (NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/registry/find/by-folded-name", test_find);
  g_test_add_func ("/registry/find/long-names", test_long_names);
  g_test_add_func ("/registry/keys/sessions-and-names", test_keys);
  g_test_add_func ("/registry/claim/stored-or-removed", test_claims);
  g_test_add_func ("/registry/roster/in-order-of-last-change", test_roster);
  g_test_add_func ("/registry/free/accepts-null", test_free_nothing);
  return g_test_run ();
}
