/* Writing a conversation to a file: at once for a command line, or in a worker for a window. The
 * worker forms the text and writes it; each page of lines it gets from the main loop, since nobody
 * else may ask the client. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-export.h"

#define PAGE_LINES 200

typedef struct
{
  UdpnatClient       *client;  /* owned, as person and strings, by a task only */
  UdpnatPerson       *person;
  char               *path;
  char               *own_name;
  char               *peer_name;
  UdpnatExportFormat  format;
  gboolean            may_replace;

  GMainContext       *context; /* where the client is */
  GAsyncQueue        *pages;   /* from there to the worker, one at a time */
  gint64              after;
} Job;

static const char *
get_peer_name (UdpnatClient *self,
               UdpnatPerson *person)
{
  return person == self->me ? "oneself" : udpnat_person_get_title (person);
}

static gboolean
write_file (Job                 *job,
            UdpnatExportPageFunc get_page,
            GError             **error)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  UdpnatExport export = {
    .format = job->format,
    .own_name = job->own_name,
    .peer_name = job->peer_name,
    .peer_key = *udpnat_person_get_key (job->person),
    .time_zone = zone,
    .get_page = get_page,
    .user_data = job,
  };

  return udpnat_export_write_file (&export, job->path, job->may_replace, error);
}

/* ---- At once ---- */

static GPtrArray *
get_page (gint64   after,
          gpointer user_data)
{
  Job *job = user_data;

  return udpnat_client_dup_page_after (job->client, job->person, after, PAGE_LINES);
}

/**
 * udpnat_client_export:
 * @path: the file to write
 * @is_json: for programs; else for people
 * @may_replace: whether a file of that name may be replaced
 * @error: %UDPNAT_ERROR_EXISTS, or of #GIOErrorEnum
 *
 * Writes the whole conversation with @person to a file.
 */
gboolean
udpnat_client_export (UdpnatClient  *self,
                      UdpnatPerson  *person,
                      const char    *path,
                      gboolean       is_json,
                      gboolean       may_replace,
                      GError       **error)
{
  Job job = {
    .client = self,
    .person = person,
    .path = (char *) path,
    .own_name = self->name,
    .peer_name = (char *) get_peer_name (self, person),
    .format = is_json ? UDPNAT_EXPORT_JSON : UDPNAT_EXPORT_TEXT,
    .may_replace = may_replace,
  };

  return write_file (&job, get_page, error);
}

/* ---- In a worker ---- */

static void
job_free (gpointer data)
{
  Job *self = data;

  g_object_unref (self->client);
  g_object_unref (self->person);
  g_free (self->path);
  g_free (self->own_name);
  g_free (self->peer_name);
  g_main_context_unref (self->context);
  g_async_queue_unref (self->pages);
  g_free (self);
}

static gboolean
fetch_cb (gpointer user_data)
{
  Job *job = user_data;
  GPtrArray *page = NULL;

  /* A client that is closed has no more lines. */
  if (job->client->store != NULL)
    page = get_page (job->after, job);
  g_async_queue_push (job->pages, page != NULL ? page : g_ptr_array_new ());
  return G_SOURCE_REMOVE;
}

static GPtrArray *
wait_for_page (gint64   after,
               gpointer user_data)
{
  Job *job = user_data;

  job->after = after;
  g_main_context_invoke_full (job->context, G_PRIORITY_LOW, fetch_cb, job, NULL);
  return g_async_queue_pop (job->pages);
}

static void
export_in_thread (GTask        *task,
                  gpointer      source,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  GError *error = NULL;

  if (write_file (task_data, wait_for_page, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/** udpnat_client_export_async: as udpnat_client_export(), and lets the main loop run */
void
udpnat_client_export_async (UdpnatClient       *self,
                            UdpnatPerson       *person,
                            const char         *path,
                            gboolean            is_json,
                            gboolean            may_replace,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->client = g_object_ref (self);
  job->person = g_object_ref (person);
  job->path = g_strdup (path);
  job->own_name = g_strdup (self->name);
  job->peer_name = g_strdup (get_peer_name (self, person));
  job->format = is_json ? UDPNAT_EXPORT_JSON : UDPNAT_EXPORT_TEXT;
  job->may_replace = may_replace;
  job->context = g_main_context_ref (g_task_get_context (task));
  job->pages = g_async_queue_new ();
  g_task_set_source_tag (task, udpnat_client_export_async);
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, export_in_thread);
}

gboolean
udpnat_client_export_finish (UdpnatClient *self,
                             GAsyncResult *result,
                             GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
