/* The profile's folder on a real disk: its rights, its lock, its key. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-profile.h"

typedef struct
{
  char *folder;
  char *path; /* of a profile in it, two levels down, that does not exist yet */
  char *key_path;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-profile-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "share", "udpnat", NULL);
  self->key_path = g_build_filename (self->path, "identity.key", NULL);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *lock = g_build_filename (self->path, "lock", NULL);
  g_autofree char *share = g_build_filename (self->folder, "share", NULL);

  g_unlink (lock);
  g_unlink (self->key_path);
  g_rmdir (self->key_path);
  g_rmdir (self->path);
  g_rmdir (share);
  g_unlink (share);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->key_path);
  g_free (self->path);
  g_free (self->folder);
}

static guint
get_mode (const char *path)
{
  GStatBuf about;

  g_assert_cmpint (g_stat (path, &about), ==, 0);
  return about.st_mode & 07777;
}

/* ---- Rights ---- */

static void
test_is_private (Fixture      *self,
                 gconstpointer unused)
{
  mode_t before = umask (0); /* nobody helps */
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL);

  umask (before);
  g_assert_nonnull (profile);
  g_assert_cmpuint (get_mode (self->path), ==, 0700);
  g_assert_cmpuint (get_mode (self->key_path), ==, 0600);
  g_assert_cmpstr (udpnat_profile_get_path (profile), ==, self->path);
}

static void
test_unwritable (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree char *share = g_build_filename (self->folder, "share", NULL);
  g_autoptr (GError) error = NULL;

  /* A file where a folder has to be: that stops root as well, who may run these tests. */
  g_assert_true (g_file_set_contents (share, "", 0, NULL));
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
  g_assert_nonnull (strstr (error->message, self->path));
}

/* ---- Lock ---- */

static void
test_second_open_is_refused (Fixture      *self,
                             gconstpointer unused)
{
  g_autoptr (UdpnatProfile) first = udpnat_profile_open (self->path, NULL);
  g_autoptr (UdpnatProfile) third = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *process = g_strdup_printf ("process %d", (int) getpid ());

  g_assert_nonnull (first);
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE);
  g_assert_nonnull (strstr (error->message, process));

  g_clear_pointer (&first, udpnat_profile_free);
  third = udpnat_profile_open (self->path, NULL);
  g_assert_nonnull (third);
}

static void
test_failed_open_unlocks (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (UdpnatProfile) first = udpnat_profile_open (self->path, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *good = NULL;

  g_assert_true (g_file_get_contents (self->key_path, &good, NULL, NULL));
  g_clear_pointer (&first, udpnat_profile_free);
  g_assert_true (g_file_set_contents (self->key_path, "broken", -1, NULL));
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_true (g_file_set_contents (self->key_path, good, -1, NULL));
  first = udpnat_profile_open (self->path, NULL);
  g_assert_nonnull (first);
}

/* ---- Key ---- */

static void
test_reopen_gives_same_key (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL);
  UdpnatPublicKey key;

  g_assert_nonnull (profile);
  key = *udpnat_identity_get_public_key (udpnat_profile_get_identity (profile));
  for (guint i = 0; i < 3; i++)
    {
      g_clear_pointer (&profile, udpnat_profile_free);
      profile = udpnat_profile_open (self->path, NULL);
      g_assert_nonnull (profile);
      g_assert_true (udpnat_public_key_equal (
        &key, udpnat_identity_get_public_key (udpnat_profile_get_identity (profile))));
    }
}

static void
test_profiles_differ (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL);
  UdpnatPublicKey key;

  g_assert_nonnull (profile);
  key = *udpnat_identity_get_public_key (udpnat_profile_get_identity (profile));
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_cmpint (g_unlink (self->key_path), ==, 0);
  profile = udpnat_profile_open (self->path, NULL);
  g_assert_nonnull (profile);
  g_assert_false (udpnat_public_key_equal (
    &key, udpnat_identity_get_public_key (udpnat_profile_get_identity (profile))));
}

static void
test_key_file_format (Fixture      *self,
                      gconstpointer unused)
{
  /* Written by hand, in capitals: what somebody might restore from paper. */
  static const char text[] = "0123456789ABCDEFfedcba98765432100011223344556677889900aAbBcCdDeE\n";
  g_autoptr (UdpnatProfile) profile = NULL;
  g_autofree char *after = NULL;
  const guint8 *secret;

  g_assert_cmpint (g_mkdir_with_parents (self->path, 0700), ==, 0);
  g_assert_true (g_file_set_contents (self->key_path, text, -1, NULL));
  profile = udpnat_profile_open (self->path, NULL);
  g_assert_nonnull (profile);
  secret = udpnat_identity_get_secret (udpnat_profile_get_identity (profile));
  g_assert_cmphex (secret[1], ==, 0x23);
  g_assert_cmphex (secret[8], ==, 0xfe);
  g_assert_cmphex (secret[31], ==, 0xee);
  g_assert_true (g_file_get_contents (self->key_path, &after, NULL, NULL));
  g_assert_cmpstr (after, ==, text);
}

static void
check_damaged (Fixture    *self,
               const char *contents,
               gsize       n_contents)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;
  gsize n_after;

  g_assert_true (g_file_set_contents (self->key_path, contents, n_contents, NULL));
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_nonnull (strstr (error->message, self->key_path));
  g_assert_true (g_file_get_contents (self->key_path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, contents, n_contents);
}

static void
test_damaged_key_is_kept (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL);
  g_autofree char *good = NULL;
  g_autofree char *broken = NULL;
  gsize n_good;

  g_assert_nonnull (profile);
  g_clear_pointer (&profile, udpnat_profile_free);
  g_assert_true (g_file_get_contents (self->key_path, &good, &n_good, NULL));
  g_assert_cmpuint (n_good, ==, 65);

  for (gsize n = 0; n < n_good; n++) /* cut off anywhere, the empty file included */
    check_damaged (self, good, n);
  broken = g_strdup_printf ("%s\n", good);
  check_damaged (self, broken, n_good + 1);
  for (gsize i = 0; i < n_good; i++)
    {
      g_autofree char *wrong = g_strdup (good);

      wrong[i] = 'g';
      check_damaged (self, wrong, n_good);
      wrong[i] = '\0';
      check_damaged (self, wrong, n_good);
    }

  g_assert_true (g_file_set_contents (self->key_path, good, n_good, NULL));
  profile = udpnat_profile_open (self->path, NULL);
  g_assert_nonnull (profile);
}

static void
test_key_is_a_folder (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (self->key_path, 0700), ==, 0);
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  g_assert_true (g_file_test (self->key_path, G_FILE_TEST_IS_DIR));
}

static void
test_key_is_a_dead_link (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;

  g_test_summary ("A key on a disk that is not mounted is not replaced by a new one");
  g_assert_cmpint (g_mkdir_with_parents (self->path, 0700), ==, 0);
  g_assert_cmpint (symlink ("/nowhere/identity.key", self->key_path), ==, 0);
  g_assert_null (udpnat_profile_open (self->path, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED);
  target = g_file_read_link (self->key_path, NULL);
  g_assert_cmpstr (target, ==, "/nowhere/identity.key");
}

static void
test_default_path (void)
{
  g_autofree char *path = udpnat_profile_get_default_path ();

  g_assert_true (g_path_is_absolute (path));
  g_assert_true (g_str_has_suffix (path, "/udpnat"));
}

#define ADD(path, function) \
  g_test_add ("/client-profile/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("rights/folder-0700-key-0600", test_is_private);
  ADD ("rights/unwritable-is-said", test_unwritable);
  ADD ("lock/second-open-is-refused", test_second_open_is_refused);
  ADD ("lock/failed-open-unlocks", test_failed_open_unlocks);
  ADD ("key/same-after-reopening", test_reopen_gives_same_key);
  ADD ("key/two-profiles-two-keys", test_profiles_differ);
  ADD ("key/written-by-hand-is-read", test_key_file_format);
  ADD ("key/damaged-is-refused-and-kept", test_damaged_key_is_kept);
  ADD ("key/folder-in-its-place-is-kept", test_key_is_a_folder);
  ADD ("key/dead-link-is-kept", test_key_is_a_dead_link);
  g_test_add_func ("/client-profile/path/default", test_default_path);

  return g_test_run ();
}
