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

typedef struct _Job Job;

/* In the worker; FALSE: @error is set. */
typedef gboolean (*JobFunc) (Job     *self,
                             GError **error);

struct _Job
{
  JobFunc        func;
  char          *path;           /* of the profile, or of its database */
  char          *file;           /* of the backup */
  char          *passphrase;     /* nullable */
  char          *new_passphrase; /* nullable */
  gboolean       may_replace;
  guint8         identity_secret[UDPNAT_KEY_BYTES];
  gboolean       has_database_key;
  guint8         database_key[UDPNAT_KEY_BYTES];
  UdpnatProfile *profile;        /* nullable: what was opened, until it is taken */
};

static void
wipe (char *passphrase)
{
  if (passphrase != NULL)
    explicit_bzero (passphrase, strlen (passphrase));
  g_free (passphrase);
}

static Job *
job_new (JobFunc     func,
         const char *path,
         const char *passphrase)
{
  Job *self = g_new0 (Job, 1);

  self->func = func;
  self->path = g_strdup (path);
  self->passphrase = g_strdup (passphrase);
  return self;
}

static void
job_free (gpointer data)
{
  Job *self = data;

  g_clear_pointer (&self->profile, udpnat_profile_free);
  wipe (self->passphrase);
  wipe (self->new_passphrase);
  g_free (self->path);
  g_free (self->file);
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

static void
work_in_thread (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  Job *job = task_data;
  GError *error = NULL;

  if (job->func (job, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Consumes @self. @tag: the call that it is of, which its end asks for */
static void
job_run (Job                *self,
         gpointer            tag,
         GCancellable       *cancellable,
         GAsyncReadyCallback callback,
         gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, self, job_free);
  g_task_run_in_thread (task, work_in_thread);
}

/* Returns: (nullable): the job, while @result lives; %NULL when it failed */
static Job *
job_finish (GAsyncResult *result,
            gpointer      tag,
            GError      **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  return g_task_propagate_boolean (G_TASK (result), error) ? g_task_get_task_data (G_TASK (result))
                                                           : NULL;
}

/* ---- Opening ---- */

static gboolean
open_profile (Job     *self,
              GError **error)
{
  self->profile = udpnat_profile_open (self->path, self->passphrase, error);
  return self->profile != NULL;
}

/** udpnat_profile_open_async: udpnat_profile_open() in a worker */
void
udpnat_profile_open_async (const char         *path,
                           const char         *passphrase,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  job_run (job_new (open_profile, path, passphrase), udpnat_profile_open_async, cancellable,
           callback, user_data);
}

UdpnatProfile *
udpnat_profile_open_finish (GAsyncResult *result,
                            GError      **error)
{
  Job *job = job_finish (result, udpnat_profile_open_async, error);

  return job != NULL ? g_steal_pointer (&job->profile) : NULL;
}

/* ---- The passphrase ---- */

static gboolean
check_passphrase (Job     *self,
                  GError **error)
{
  g_autofree char *key_path = g_build_filename (self->path, "identity.key", NULL);
  g_auto (UdpnatKeyFileContents) contents = { 0 };

  return udpnat_key_file_load (key_path, self->passphrase, &contents, error);
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
  job_run (job_new (check_passphrase, path, passphrase), udpnat_profile_check_passphrase_async,
           cancellable, callback, user_data);
}

/** udpnat_profile_check_passphrase_finish: @error: as udpnat_key_file_load() */
gboolean
udpnat_profile_check_passphrase_finish (GAsyncResult *result,
                                        GError      **error)
{
  return job_finish (result, udpnat_profile_check_passphrase_async, error) != NULL;
}

/* The profile is closed when it returns: it can be opened again before the end is told. */
static gboolean
change_passphrase (Job     *self,
                   GError **error)
{
  g_autoptr (UdpnatProfile) profile = udpnat_profile_open (self->path, self->passphrase, error);

  return profile != NULL && udpnat_profile_set_passphrase (profile, self->passphrase,
                                                           self->new_passphrase, NULL, error);
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
  Job *job = job_new (change_passphrase, path, old_passphrase);

  job->new_passphrase = g_strdup (new_passphrase);
  job_run (job, udpnat_profile_change_passphrase_async, cancellable, callback, user_data);
}

gboolean
udpnat_profile_change_passphrase_finish (GAsyncResult *result,
                                         GError      **error)
{
  return job_finish (result, udpnat_profile_change_passphrase_async, error) != NULL;
}

/* ---- Backups ---- */

static gboolean
write_backup (Job     *self,
              GError **error)
{
  UdpnatBackupSource source = {
    .identity_secret = self->identity_secret,
    .database_path = self->path,
    .database_key = self->has_database_key ? self->database_key : NULL,
  };

  return udpnat_backup_write (&source, self->file, self->passphrase, NULL, self->may_replace,
                              error);
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
  Job *job = job_new (write_backup, source->database_path, passphrase);

  job->file = g_strdup (destination);
  job->may_replace = may_replace;
  memcpy (job->identity_secret, source->identity_secret, UDPNAT_KEY_BYTES);
  job->has_database_key = source->database_key != NULL;
  if (job->has_database_key)
    memcpy (job->database_key, source->database_key, UDPNAT_KEY_BYTES);
  job_run (job, udpnat_backup_write_async, cancellable, callback, user_data);
}

gboolean
udpnat_backup_write_finish (GAsyncResult *result,
                            GError      **error)
{
  return job_finish (result, udpnat_backup_write_async, error) != NULL;
}

static gboolean
restore_backup (Job     *self,
                GError **error)
{
  return udpnat_backup_restore (self->file, self->path, self->passphrase, error);
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
  Job *job = job_new (restore_backup, profile_path, passphrase);

  job->file = g_strdup (file);
  job_run (job, udpnat_backup_restore_async, cancellable, callback, user_data);
}

gboolean
udpnat_backup_restore_finish (GAsyncResult *result,
                              GError      **error)
{
  return job_finish (result, udpnat_backup_restore_async, error) != NULL;
}
