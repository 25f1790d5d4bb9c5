/* What takes long is done in a worker: the same results, and meanwhile the main loop runs. */

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "udpnat-backup.h"
#include "udpnat-client.h"
#include "udpnat-client-talk.h"
#include "udpnat-profile.h"

#define PASSPHRASE "correct horse"
#define OTHER "battery staple"
#define TICK_MS 5
/* A passphrase of the default cost takes about 100 times as long. */
#define TICKS_MIN 3

static const UdpnatPassphraseCost cheap = { .passes = 1, .memory_bytes = 8192 };

typedef struct
{
  char         *folder;
  char         *path;
  char         *restored;
  char         *file;
  GAsyncResult *result;
  guint         n_ticks;
  guint         tick_id;
} Fixture;

static gboolean
tick_cb (gpointer user_data)
{
  Fixture *self = user_data;

  self->n_ticks++;
  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-tasks-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "profile", NULL);
  self->restored = g_build_filename (self->folder, "restored", NULL);
  self->file = g_build_filename (self->folder, "backup", NULL);
  self->tick_id = g_timeout_add (TICK_MS, tick_cb, self);
}

static void
remove_profile (const char *path)
{
  static const char *const names[] = { "lock", "identity.key", "udpnat.db", "udpnat.db-wal",
                                       "udpnat.db-shm" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *file = g_build_filename (path, names[i], NULL);

      g_unlink (file);
    }
  g_rmdir (path);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_source_remove (self->tick_id);
  g_clear_object (&self->result);
  remove_profile (self->path);
  remove_profile (self->restored);
  g_unlink (self->file);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->file);
  g_free (self->restored);
  g_free (self->path);
  g_free (self->folder);
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Fixture *self = user_data;

  g_assert_null (self->result);
  self->result = g_object_ref (result);
}

static GAsyncResult *
wait_for_result (Fixture *self)
{
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return self->result;
}

static void
protect (Fixture *self)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, NULL, NULL);

  g_assert_true (udpnat_profile_set_passphrase (profile, NULL, PASSPHRASE, &cheap, NULL));
}

static gboolean
open_client (Fixture      *self,
             UdpnatClient *client,
             const char   *passphrase,
             GError      **error)
{
  g_clear_object (&self->result);
  udpnat_client_open_async (client, self->path, passphrase, NULL, done_cb, self);
  return udpnat_client_open_finish (client, wait_for_result (self), error);
}

/* ---- Tests ---- */

static void
test_open (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  g_autoptr (GError) error = NULL;

  protect (self);
  g_assert_false (open_client (self, client, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED);
  g_clear_error (&error);
  g_assert_false (open_client (self, client, OTHER, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);
  g_clear_error (&error);
  g_assert_true (open_client (self, client, PASSPHRASE, &error));
  g_assert_no_error (error);
  g_assert_nonnull (udpnat_client_get_self (client));
}

static void
test_loop_runs (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (UdpnatProfile) profile = NULL;
  g_autoptr (GError) error = NULL;

  /* A new profile, so of the default cost. */
  udpnat_profile_open_async (self->path, PASSPHRASE, NULL, done_cb, self);
  profile = udpnat_profile_open_finish (wait_for_result (self), &error);
  g_assert_no_error (error);
  g_assert_nonnull (profile);
  g_assert_cmpuint (self->n_ticks, >=, TICKS_MIN);
  g_assert_true (udpnat_profile_is_locked (self->path));
}

static void
test_cancelled (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  g_autoptr (GError) error = NULL;

  protect (self);
  udpnat_client_open_async (client, self->path, PASSPHRASE, cancellable, done_cb, self);
  g_cancellable_cancel (cancellable);
  g_assert_false (udpnat_client_open_finish (client, wait_for_result (self), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
change_passphrase (Fixture    *self,
                   const char *from,
                   const char *to,
                   GError    **error)
{
  g_clear_object (&self->result);
  udpnat_profile_change_passphrase_async (self->path, from, to, NULL, done_cb, self);
  return udpnat_profile_change_passphrase_finish (wait_for_result (self), error);
}

static void
test_passphrase (Fixture      *self,
                 gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = NULL;
  g_autoptr (GError) error = NULL;

  protect (self);
  g_assert_false (change_passphrase (self, OTHER, PASSPHRASE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);
  g_clear_error (&error);
  g_assert_true (change_passphrase (self, PASSPHRASE, OTHER, &error));
  client = udpnat_client_new ();
  g_assert_true (open_client (self, client, OTHER, &error));
  g_assert_false (change_passphrase (self, OTHER, NULL, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE);
  g_clear_error (&error);
  g_clear_object (&client);
  g_assert_true (change_passphrase (self, OTHER, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (udpnat_profile_is_locked (self->path));
}

static void
test_check (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  g_autoptr (GError) error = NULL;

  protect (self);
  g_assert_true (open_client (self, client, PASSPHRASE, NULL));
  g_clear_object (&self->result);
  udpnat_profile_check_passphrase_async (self->path, OTHER, NULL, done_cb, self);
  g_assert_false (udpnat_profile_check_passphrase_finish (wait_for_result (self), &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);
  g_clear_error (&error);
  g_clear_object (&self->result);
  udpnat_profile_check_passphrase_async (self->path, PASSPHRASE, NULL, done_cb, self);
  g_assert_true (udpnat_profile_check_passphrase_finish (wait_for_result (self), &error));
  g_assert_no_error (error);
}

/* Each call that can fail says why. */
static void
test_failures (Fixture      *self,
               gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (udpnat_client_open (client, self->path, NULL, NULL));
  udpnat_client_back_up_async (client, self->file, NULL, FALSE, NULL, done_cb, self);
  g_assert_true (udpnat_client_back_up_finish (client, wait_for_result (self), NULL));
  g_clear_object (&self->result);
  udpnat_client_back_up_async (client, self->file, NULL, FALSE, NULL, done_cb, self);
  g_assert_false (udpnat_client_back_up_finish (client, wait_for_result (self), &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
  g_clear_error (&error);
  g_clear_object (&self->result);
  udpnat_backup_restore_async (self->file, self->path, NULL, NULL, done_cb, self);
  g_assert_false (udpnat_backup_restore_finish (wait_for_result (self), &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
}

static void
test_export (Fixture      *self,
             gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  UdpnatPerson *me;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (udpnat_client_open (client, self->path, NULL, NULL));
  me = udpnat_client_get_self (client);
  g_assert_true (udpnat_client_send (client, me, "buy milk", NULL, NULL, NULL));
  g_assert_true (udpnat_client_flush (client));
  udpnat_client_export_async (client, me, self->file, FALSE, FALSE, NULL, done_cb, self);
  g_assert_true (udpnat_client_export_finish (client, wait_for_result (self), &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (self->file, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "buy milk"));
  g_clear_object (&self->result);
  udpnat_client_export_async (client, me, self->file, FALSE, FALSE, NULL, done_cb, self);
  g_assert_false (udpnat_client_export_finish (client, wait_for_result (self), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
}

static void
test_aside (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *aside = NULL;
  g_autofree char *key_path = NULL;

  protect (self);
  aside = udpnat_profile_move_aside (self->path, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (self->path, G_FILE_TEST_EXISTS));
  key_path = g_build_filename (aside, "identity.key", NULL);
  g_assert_true (g_file_test (key_path, G_FILE_TEST_EXISTS));
  remove_profile (aside);
}

static void
test_backup (Fixture      *self,
             gconstpointer unused)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  g_autoptr (UdpnatClient) restored = udpnat_client_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *key = NULL;
  g_autofree char *restored_key = NULL;

  g_assert_true (udpnat_client_open (client, self->path, NULL, NULL));
  key = udpnat_client_dup_key_text (client);
  udpnat_client_back_up_async (client, self->file, PASSPHRASE, FALSE, NULL, done_cb, self);
  g_assert_false (udpnat_client_back_up (client, self->file, NULL, FALSE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (udpnat_client_back_up_finish (client, wait_for_result (self), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (self->n_ticks, >=, TICKS_MIN);
  g_clear_object (&self->result);
  udpnat_backup_restore_async (self->file, self->restored, PASSPHRASE, NULL, done_cb, self);
  g_assert_true (udpnat_backup_restore_finish (wait_for_result (self), &error));
  g_assert_no_error (error);
  g_assert_true (udpnat_client_open (restored, self->restored, PASSPHRASE, &error));
  restored_key = udpnat_client_dup_key_text (restored);
  g_assert_cmpstr (restored_key, ==, key);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/profile-tasks/open/needs-the-right-passphrase", test_open);
  ADD ("/profile-tasks/open/main-loop-runs-meanwhile", test_loop_runs);
  ADD ("/profile-tasks/open/cancelled-opens-nothing", test_cancelled);
  ADD ("/profile-tasks/passphrase/changes-of-a-closed-profile-only", test_passphrase);
  ADD ("/profile-tasks/passphrase/is-checked-while-profile-is-open", test_check);
  ADD ("/profile-tasks/profile/is-moved-aside-whole", test_aside);
  ADD ("/profile-tasks/export/is-written-whole-and-replaces-nothing", test_export);
  ADD ("/profile-tasks/backup/failures-say-why", test_failures);
  ADD ("/profile-tasks/backup/is-written-once-at-a-time-and-restored", test_backup);
#undef ADD
  return g_test_run ();
}
