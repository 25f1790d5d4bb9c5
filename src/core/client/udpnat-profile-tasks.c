/* What takes long with a profile (a passphrase costs a second by design, a database is copied),
 * done in a worker for programs whose main loop must not stand still.
 *
 * A worker has its own copies of what it needs, wiped afterwards, and touches nothing else. What is
 * under way is not cut short: a cancelled call answers at its end, and what it made is let go. */

#include "config.h"

#include "udpnat-backup.h"
#include "udpnat-key-file.h"
#include "udpnat-profile.h"

#include <string.h>

typedef struct
{
  char    *path;           /* of the profile */
  char    *file;           /* of the backup */
  char    *passphrase;     /* nullable */
  char    *new_passphrase; /* nullable */
  gboolean may_replace;
  guint8   identity_secret[UDPNAT_KEY_BYTES];
  gboolean has_database_key;
  guint8   database_key[UDPNAT_KEY_BYTES];
} Job;

static void
wipe (char *passphrase)
{
  if (passphrase != NULL)
    explicit_bzero (passphrase, strlen (passphrase));
  g_free (passphrase);
}

static void
job_free (gpointer data)
{
  Job *self = data;

  wipe (self->passphrase);
  wipe (self->new_passphrase);
  g_free (self->path);
  g_free (self->file);
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

/* Consumes @job. */
static void
run_job (Job                *job,
         gpointer            tag,
         GTaskThreadFunc     worker,
         GCancellable       *cancellable,
         GAsyncReadyCallback callback,
         gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, worker);
}

/* Consumes @error, which is set when @is_done is not. By reference, because nobody knows which of
 * the arguments is looked at first. */
static void
return_boolean (GTask   *task,
                gboolean is_done,
                GError **error)
{
  if (is_done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (error));
}

/* ---- Opening ---- */

static void
open_in_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;
  UdpnatProfile *profile = udpnat_profile_open (job->path, job->passphrase, &error);

  if (profile != NULL)
    g_task_return_pointer (task, profile, (GDestroyNotify) udpnat_profile_free);
  else
    g_task_return_error (task, error);
}

/** udpnat_profile_open_async: udpnat_profile_open() in a worker */
void
udpnat_profile_open_async (const char         *path,
                           const char         *passphrase,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->passphrase = g_strdup (passphrase);
  run_job (job, udpnat_profile_open_async, open_in_thread, cancellable, callback, user_data);
}

UdpnatProfile *
udpnat_profile_open_finish (GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_profile_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- The passphrase ---- */

static void
check_passphrase_in_thread (GTask        *task,
                            gpointer      source,
                            gpointer      task_data,
                            GCancellable *cancellable)
{
  Job *job = task_data;
  g_autofree char *key_path = g_build_filename (job->path, "identity.key", NULL);
  g_auto (UdpnatKeyFileContents) contents = { 0 };
  GError *error = NULL;

  return_boolean (task, udpnat_key_file_load (key_path, job->passphrase, &contents, &error),
                  &error);
}

/**
 * udpnat_profile_check_passphrase_async:
 * @path: of a profile, which may be open
 * @passphrase: (nullable): not looked at when it has none
 */
void
udpnat_profile_check_passphrase_async (const char         *path,
                                       const char         *passphrase,
                                       GCancellable       *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer            user_data)
{
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->passphrase = g_strdup (passphrase);
  run_job (job, udpnat_profile_check_passphrase_async, check_passphrase_in_thread, cancellable,
           callback, user_data);
}

/** udpnat_profile_check_passphrase_finish: @error: as udpnat_key_file_load() */
gboolean
udpnat_profile_check_passphrase_finish (GAsyncResult *result,
                                        GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_profile_check_passphrase_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
change_passphrase_in_thread (GTask        *task,
                             gpointer      source,
                             gpointer      task_data,
                             GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (job->path, job->passphrase, &error);
  gboolean is_changed = profile != NULL &&
                        udpnat_profile_set_passphrase (profile, job->passphrase,
                                                       job->new_passphrase, NULL, &error);

  g_clear_pointer (&profile, udpnat_profile_free); /* can be opened again before that is told */
  return_boolean (task, is_changed, &error);
}

/**
 * udpnat_profile_change_passphrase_async:
 * @path: of a profile that is not open
 * @old_passphrase: (nullable): the one that it has; %NULL: none
 * @new_passphrase: (nullable): the one that it shall have; %NULL: none
 *
 * Opens the profile, does what udpnat_profile_set_passphrase() does, and closes it, in a worker.
 */
void
udpnat_profile_change_passphrase_async (const char         *path,
                                        const char         *old_passphrase,
                                        const char         *new_passphrase,
                                        GCancellable       *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer            user_data)
{
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (path);
  job->passphrase = g_strdup (old_passphrase);
  job->new_passphrase = g_strdup (new_passphrase);
  run_job (job, udpnat_profile_change_passphrase_async, change_passphrase_in_thread, cancellable,
           callback, user_data);
}

gboolean
udpnat_profile_change_passphrase_finish (GAsyncResult *result,
                                         GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_profile_change_passphrase_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- Backups ---- */

static void
write_in_thread (GTask        *task,
                 gpointer      source,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  Job *job = task_data;
  UdpnatBackupSource backup_source = {
    .identity_secret = job->identity_secret,
    .database_path = job->path,
    .database_key = job->has_database_key ? job->database_key : NULL,
  };
  GError *error = NULL;

  return_boolean (task, udpnat_backup_write (&backup_source, job->file, job->passphrase, NULL,
                                             job->may_replace, &error), &error);
}

/** udpnat_backup_write_async: udpnat_backup_write() in a worker; one at a time for a database */
void
udpnat_backup_write_async (const UdpnatBackupSource *source,
                           const char               *destination,
                           const char               *passphrase,
                           gboolean                  may_replace,
                           GCancellable             *cancellable,
                           GAsyncReadyCallback       callback,
                           gpointer                  user_data)
{
  Job *job = g_new0 (Job, 1);

  job->path = g_strdup (source->database_path);
  job->file = g_strdup (destination);
  job->passphrase = g_strdup (passphrase);
  job->may_replace = may_replace;
  memcpy (job->identity_secret, source->identity_secret, UDPNAT_KEY_BYTES);
  job->has_database_key = source->database_key != NULL;
  if (job->has_database_key)
    memcpy (job->database_key, source->database_key, UDPNAT_KEY_BYTES);
  run_job (job, udpnat_backup_write_async, write_in_thread, cancellable, callback, user_data);
}

gboolean
udpnat_backup_write_finish (GAsyncResult *result,
                            GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_backup_write_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
restore_in_thread (GTask        *task,
                   gpointer      source,
                   gpointer      task_data,
                   GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;

  return_boolean (task, udpnat_backup_restore (job->file, job->path, job->passphrase, &error),
                  &error);
}

/** udpnat_backup_restore_async: udpnat_backup_restore() in a worker */
void
udpnat_backup_restore_async (const char         *file,
                             const char         *profile_path,
                             const char         *passphrase,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  Job *job = g_new0 (Job, 1);

  job->file = g_strdup (file);
  job->path = g_strdup (profile_path);
  job->passphrase = g_strdup (passphrase);
  run_job (job, udpnat_backup_restore_async, restore_in_thread, cancellable, callback, user_data);
}

gboolean
udpnat_backup_restore_finish (GAsyncResult *result,
                              GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_backup_restore_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
