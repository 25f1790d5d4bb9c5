#include "config.h"

#include "udpnat-access.h"

/* What an operator has said about keys and names. */

static UdpnatPublicKey
make_key (guint8 first)
{
  UdpnatPublicKey key = { { first } };

  return key;
}

static void
test_keys (void)
{
  g_autoptr (UdpnatAccess) access = udpnat_access_new ();
  UdpnatPublicKey alice = make_key (1), bob = make_key (2);

  g_assert_false (udpnat_access_is_key_allowed (access, &alice));
  g_assert_false (udpnat_access_is_key_blocked (access, &alice));
  udpnat_access_set_key_allowed (access, &alice, TRUE);
  udpnat_access_set_key_blocked (access, &alice, TRUE);
  g_assert_true (udpnat_access_is_key_allowed (access, &alice));
  g_assert_true (udpnat_access_is_key_blocked (access, &alice));
  g_assert_false (udpnat_access_is_key_allowed (access, &bob));
  g_assert_false (udpnat_access_is_key_blocked (access, &bob));

  /* One is taken back without the other. */
  udpnat_access_set_key_allowed (access, &alice, FALSE);
  g_assert_false (udpnat_access_is_key_allowed (access, &alice));
  g_assert_true (udpnat_access_is_key_blocked (access, &alice));
  udpnat_access_set_key_blocked (access, &alice, FALSE);
  g_assert_false (udpnat_access_is_key_blocked (access, &alice));
  udpnat_access_set_key_blocked (access, &bob, FALSE); /* it was not */
}

static void
test_names_as_the_registry_compares_them (void)
{
  g_autoptr (UdpnatAccess) access = udpnat_access_new ();
  const char *same[] = { "Alice", "ALICE", "alice", "Ａｌｉｃｅ" };

  udpnat_access_set_name_blocked (access, "Alice", TRUE);
  udpnat_access_list_name (access, "bob");
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    g_assert_true (udpnat_access_is_name_blocked (access, same[i]));
  g_assert_true (udpnat_access_is_name_listed (access, "BOB"));
  g_assert_false (udpnat_access_is_name_listed (access, "alice"));
  g_assert_false (udpnat_access_is_name_blocked (access, "bob"));
  udpnat_access_set_name_blocked (access, "aLICE", FALSE);
  g_assert_false (udpnat_access_is_name_blocked (access, "Alice"));
}

static void
test_denied_to_one (void)
{
  g_autoptr (UdpnatAccess) access = udpnat_access_new ();
  UdpnatPublicKey alice = make_key (1), bob = make_key (2);

  udpnat_access_set_name_denied (access, "Alice", &alice);
  g_assert_true (udpnat_access_is_name_denied (access, "alice", &alice));
  g_assert_false (udpnat_access_is_name_denied (access, "alice", &bob));
  g_assert_false (udpnat_access_is_name_blocked (access, "alice"));
  udpnat_access_set_name_denied (access, "alice", NULL);
  g_assert_false (udpnat_access_is_name_denied (access, "Alice", &alice));
}

/* Another list: whoever came by invitation, or is blocked, has nothing to do with it. */
static void
test_another_list (void)
{
  g_autoptr (UdpnatAccess) access = udpnat_access_new ();
  UdpnatPublicKey alice = make_key (1), bob = make_key (2), carol = make_key (3);

  udpnat_access_list_key (access, &alice);
  udpnat_access_list_key (access, &bob);
  udpnat_access_set_key_allowed (access, &bob, TRUE);
  udpnat_access_set_key_blocked (access, &carol, TRUE);
  udpnat_access_list_name (access, "Dave");
  udpnat_access_list_name (access, "eve");
  udpnat_access_set_name_blocked (access, "eve", TRUE);
  g_assert_true (udpnat_access_is_key_allowed (access, &alice));
  udpnat_access_clear_list (access);
  g_assert_false (udpnat_access_is_key_allowed (access, &alice));
  g_assert_true (udpnat_access_is_key_allowed (access, &bob));
  g_assert_true (udpnat_access_is_key_blocked (access, &carol));
  g_assert_false (udpnat_access_is_name_listed (access, "Dave"));
  g_assert_true (udpnat_access_is_name_blocked (access, "eve"));
  udpnat_access_list_key (access, &alice);
  g_assert_true (udpnat_access_is_key_allowed (access, &alice));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access/keys/allowed-and-blocked-apart", test_keys);
  g_test_add_func ("/access/names/compared-folded", test_names_as_the_registry_compares_them);
  g_test_add_func ("/access/names/denied-to-one-key", test_denied_to_one);
  g_test_add_func ("/access/list/another-one", test_another_list);
  return g_test_run ();
}
