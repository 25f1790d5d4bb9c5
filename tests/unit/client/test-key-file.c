/* identity.key, plain and protected: what is written is read, and nothing else is. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-identity.h"
#include "udpnat-key-file.h"
#include "udpnat-limits.h"

/* The least that libsodium allows: tests try many passphrases. */
#define CHEAP { .passes = 1, .memory_bytes = 8192 }

typedef struct
{
  char                 *folder;
  char                 *path;
  UdpnatKeyFileContents contents;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-key-file-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "identity.key", NULL);
  self->contents = (UdpnatKeyFileContents) { .cost = CHEAP };
  memset (self->contents.identity_secret, 0x5e, UDPNAT_KEY_BYTES);
  memset (self->contents.database_key, 0xdb, UDPNAT_KEY_BYTES);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_unlink (self->path);
  /* Fails when anything is left that should not be. */
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->path);
  g_free (self->folder);
}

static void
save (Fixture    *self,
      const char *passphrase)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_key_file_save (self->path, passphrase, &self->contents, &error));
  g_assert_no_error (error);
}

static void
check_load_fails (Fixture    *self,
                  const char *passphrase,
                  int         code)
{
  UdpnatKeyFileContents contents;
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_key_file_load (self->path, passphrase, &contents, &error));
  g_assert_error (error, UDPNAT_ERROR, code);
}

static char *
read_text (Fixture *self)
{
  char *text = NULL;

  g_assert_true (g_file_get_contents (self->path, &text, NULL, NULL));
  return text;
}

static void
write_text (Fixture    *self,
            const char *text)
{
  g_assert_true (g_file_set_contents (self->path, text, -1, NULL));
}

/* ---- What is written is read ---- */

static void
test_plain (Fixture      *self,
            gconstpointer unused)
{
  UdpnatKeyFileContents contents;
  g_autofree char *text = NULL;

  save (self, NULL);
  g_assert_cmpint (udpnat_key_file_read_kind (self->path), ==, UDPNAT_KEY_FILE_KIND_PLAIN);
  g_assert_true (udpnat_key_file_load (self->path, "not looked at", &contents, NULL));
  g_assert_cmpmem (contents.identity_secret, 32, self->contents.identity_secret, 32);
  text = read_text (self);
  g_assert_cmpuint (strlen (text), ==, 65);
}

static void
test_protected (Fixture      *self,
                gconstpointer unused)
{
  for (guint changing = 0; changing < 2; changing++)
    {
      UdpnatKeyFileContents contents;

      self->contents.is_changing = changing != 0;
      save (self, "correct horse");
      g_assert_cmpint (udpnat_key_file_read_kind (self->path), ==, UDPNAT_KEY_FILE_KIND_PROTECTED);
      g_assert_true (udpnat_key_file_load (self->path, "correct horse", &contents, NULL));
      g_assert_cmpmem (contents.identity_secret, 32, self->contents.identity_secret, 32);
      g_assert_cmpmem (contents.database_key, 32, self->contents.database_key, 32);
      g_assert_cmpint (contents.is_changing, ==, self->contents.is_changing);
      g_assert_cmpuint (contents.cost.passes, ==, 1);
      g_assert_cmpuint (contents.cost.memory_bytes, ==, 8192);
    }
}

static void
test_default_cost (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *text = NULL;

  self->contents.cost = (UdpnatPassphraseCost) { 0 };
  save (self, "correct horse");
  text = read_text (self);
  g_assert_nonnull (strstr (text, "\nargon2id 3 268435456\n"));
}

static void
test_shows_nothing (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  save (self, "correct horse");
  first = read_text (self);
  g_assert_null (strstr (first, "5e5e5e5e"));
  g_assert_null (strstr (first, "dbdbdbdb"));
  save (self, "correct horse");
  second = read_text (self);
  g_assert_cmpstr (first, !=, second); /* salt and nonce are new each time */
}

static void
test_mode (Fixture      *self,
           gconstpointer unused)
{
  mode_t before = umask (0); /* nobody helps */
  GStatBuf about;

  save (self, "correct horse");
  umask (before);
  g_assert_cmpint (g_stat (self->path, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 07777, ==, 0600);
}

static void
test_link (Fixture      *self,
           gconstpointer unused)
{
  g_autofree char *target = g_build_filename (self->folder, "elsewhere", NULL);
  g_autofree char *text = NULL;

  g_test_summary ("Protecting a key behind a link leaves no plain key where the link points");
  g_assert_true (g_file_set_contents (target, "plain", -1, NULL));
  g_assert_cmpint (symlink (target, self->path), ==, 0);
  save (self, "correct horse");
  g_assert_true (g_file_test (self->path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "udpnat-identity 1\n"));
  g_unlink (target);
}

/* ---- Passphrases ---- */

static void
test_no_passphrase (Fixture      *self,
                    gconstpointer unused)
{
  save (self, "correct horse");
  check_load_fails (self, NULL, UDPNAT_ERROR_LOCKED);
}

static void
test_wrong_passphrase (Fixture      *self,
                       gconstpointer unused)
{
  static const char *const wrong[] = { "", "correct", "correct horse ", "Correct horse", "\xff" };

  save (self, "correct horse");
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    check_load_fails (self, wrong[i], UDPNAT_ERROR_WRONG_PASSPHRASE);
}

static void
test_composed (Fixture      *self,
               gconstpointer unused)
{
  UdpnatKeyFileContents contents;

  g_test_summary ("A letter with an accent, and a letter followed by its accent");
  save (self, "caf\u00e9");
  g_assert_true (udpnat_key_file_load (self->path, "cafe\u0301", &contents, NULL));
}

static void
test_length (Fixture      *self,
             gconstpointer unused)
{
  g_autofree char *longest = g_strnfill (UDPNAT_PASSPHRASE_MAX_BYTES, 'x');
  g_autofree char *too_long = g_strnfill (UDPNAT_PASSPHRASE_MAX_BYTES + 1, 'x');
  const char *refused[] = { "", too_long, "\xff" };
  UdpnatKeyFileContents contents;

  save (self, longest);
  g_assert_true (udpnat_key_file_load (self->path, longest, &contents, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (udpnat_key_file_save (self->path, refused[i], &self->contents, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
    }
  g_assert_true (udpnat_key_file_load (self->path, longest, &contents, NULL));
}

/* ---- Damage ---- */

static void
test_any_change (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree char *good = NULL;
  gsize n_good;

  g_test_summary ("Each byte, and each length: damage, never a wrong passphrase");
  save (self, "correct horse");
  good = read_text (self);
  n_good = strlen (good);
  for (gsize i = 0; i < n_good; i++)
    {
      g_autofree char *bad = g_strdup (good);
      g_autofree char *cut = g_strndup (good, i);

      bad[i] = bad[i] == '0' ? '1' : '0';
      write_text (self, bad);
      check_load_fails (self, "correct horse", UDPNAT_ERROR_PROFILE_DAMAGED);
      write_text (self, cut);
      g_assert_cmpint (udpnat_key_file_read_kind (self->path), ==, UDPNAT_KEY_FILE_KIND_DAMAGED);
    }
  {
    g_autofree char *longer = g_strconcat (good, "\n", NULL);

    write_text (self, longer);
    check_load_fails (self, "correct horse", UDPNAT_ERROR_PROFILE_DAMAGED);
  }
}

static void
test_plain_of_another_length (Fixture      *self,
                              gconstpointer unused)
{
  g_autofree char *good = NULL;
  g_autofree char *longer = NULL;

  save (self, NULL);
  good = read_text (self);
  longer = g_strconcat (good, "00\n", NULL);
  for (gsize i = 0; i < strlen (good); i++)
    {
      g_autofree char *cut = g_strndup (good, i);

      write_text (self, cut);
      check_load_fails (self, NULL, UDPNAT_ERROR_PROFILE_DAMAGED);
    }
  write_text (self, longer);
  check_load_fails (self, NULL, UDPNAT_ERROR_PROFILE_DAMAGED);
}

static void
test_zero_inside (Fixture      *self,
                  gconstpointer unused)
{
  g_autofree char *good = NULL;

  save (self, "correct horse");
  good = read_text (self);
  g_assert_true (g_file_set_contents (self->path, good, (gssize) strlen (good) + 1, NULL));
  check_load_fails (self, "correct horse", UDPNAT_ERROR_PROFILE_DAMAGED);
}

static void
test_cost_bounds (void)
{
  static const struct
  {
    UdpnatPassphraseCost cost;
    gboolean             is_allowed;
  } cases[] = {
    { { 0, 8192 }, FALSE },
    { { 1, 8192 }, TRUE },
    { { 1, 8191 }, FALSE },
    { { UDPNAT_PASSPHRASE_PASSES_MAX, UDPNAT_PASSPHRASE_MEMORY_MAX_BYTES }, TRUE },
    { { UDPNAT_PASSPHRASE_PASSES_MAX + 1, 8192 }, FALSE },
    { { 1, (guint64) UDPNAT_PASSPHRASE_MEMORY_MAX_BYTES + 1 }, FALSE },
    { { G_MAXUINT64, G_MAXUINT64 }, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (udpnat_passphrase_is_cost_allowed (&cases[i].cost), ==, cases[i].is_allowed);
}

static void
test_endless_file (Fixture      *self,
                   gconstpointer unused)
{
  g_assert_cmpint (symlink ("/dev/zero", self->path), ==, 0);
  check_load_fails (self, NULL, UDPNAT_ERROR_PROFILE_DAMAGED);
}

static void
test_missing (Fixture      *self,
              gconstpointer unused)
{
  g_assert_cmpint (udpnat_key_file_read_kind (self->path), ==, UDPNAT_KEY_FILE_KIND_MISSING);
  check_load_fails (self, NULL, UDPNAT_ERROR_PROFILE_DAMAGED);
}

static void
test_unwritable (Fixture      *self,
                 gconstpointer unused)
{
  g_autofree char *path = g_build_filename (self->folder, "nowhere", "identity.key", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_key_file_save (path, NULL, &self->contents, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE);
}

#define ADD(path, function) \
  g_test_add ("/client-key-file/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("write/plain-is-read-again", test_plain);
  ADD ("write/protected-is-read-again", test_protected);
  ADD ("write/default-cost-is-moderate", test_default_cost);
  ADD ("write/protected-shows-no-key", test_shows_nothing);
  ADD ("write/mode-0600", test_mode);
  ADD ("write/link-stays-a-link", test_link);
  ADD ("write/unwritable-is-said", test_unwritable);
  ADD ("passphrase/missing-is-locked", test_no_passphrase);
  ADD ("passphrase/wrong-is-said", test_wrong_passphrase);
  ADD ("passphrase/composed-or-not-is-the-same", test_composed);
  ADD ("passphrase/length-limits", test_length);
  ADD ("damage/any-change-is-noticed", test_any_change);
  ADD ("damage/plain-of-another-length", test_plain_of_another_length);
  ADD ("damage/zero-at-the-end", test_zero_inside);
  ADD ("damage/endless-file", test_endless_file);
  ADD ("damage/no-file", test_missing);
  g_test_add_func ("/client-key-file/cost/limits", test_cost_bounds);

  return g_test_run ();
}
