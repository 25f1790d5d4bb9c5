/* Exports one conversation after the other, and stops at the first that fails. */

#include "config.h"

#include "udpnat-export-people.h"

/* File systems have 255 bytes for a name; the key makes it unique, and the rest is for people. */
#define TITLE_MAX_BYTES 120
#define KEY_CHARACTERS 8

typedef struct
{
  GPtrArray *people; /* whose conversations are left */
  char      *folder;
  guint      n_files;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_ptr_array_unref (self->people);
  g_free (self->folder);
  g_free (self);
}

/** udpnat_export_people_dup_name: Returns: (transfer full): what their file is called: two people
 * may have one title, and a title may hold what no file name may */
char *
udpnat_export_people_dup_name (UdpnatPerson *person)
{
  g_autofree char *title = g_strndup (udpnat_person_get_title (person), TITLE_MAX_BYTES);
  g_autofree char *valid = g_utf8_make_valid (title, -1);

  g_strdelimit (valid, "/\\:*?\"<>|", '_');
  if (*valid == '.')
    *valid = '_';
  return g_strdup_printf ("%s (%.*s).txt", valid, KEY_CHARACTERS,
                          udpnat_person_get_key_text (person));
}

static void export_next (GTask *task);

static void
exported_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Job *job = g_task_get_task_data (task);
  GError *error = NULL;

  if (!udpnat_client_export_finish (UDPNAT_CLIENT (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  job->n_files++;
  export_next (g_steal_pointer (&task));
}

/* Consumes @task. */
static void
export_next (GTask *task)
{
  Job *job = g_task_get_task_data (task);
  g_autoptr (UdpnatPerson) person = NULL;
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  if (job->people->len == 0)
    {
      g_task_return_int (task, (gssize) job->n_files);
      g_object_unref (task);
      return;
    }
  person = g_ptr_array_steal_index (job->people, job->people->len - 1);
  name = udpnat_export_people_dup_name (person);
  path = g_build_filename (job->folder, name, NULL);
  udpnat_client_export_async (g_task_get_source_object (task), person, path, FALSE, TRUE, NULL,
                              exported_cb, task);
}

static void
add_if_spoken (GPtrArray    *people,
               UdpnatPerson *person)
{
  if (udpnat_person_get_last_line (person) != NULL)
    g_ptr_array_add (people, g_object_ref (person));
}

/** udpnat_export_people_async: a file of an earlier export is replaced */
void
udpnat_export_people_async (UdpnatClient       *client,
                            const char         *folder,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  GTask *task = g_task_new (client, NULL, callback, user_data);
  GListModel *people = udpnat_client_get_people (client);
  Job *job = g_new0 (Job, 1);

  g_task_set_source_tag (task, udpnat_export_people_async);
  job->folder = g_strdup (folder);
  job->people = g_ptr_array_new_with_free_func (g_object_unref);
  g_task_set_task_data (task, job, job_free);
  add_if_spoken (job->people, udpnat_client_get_self (client));
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      add_if_spoken (job->people, person);
    }
  export_next (task);
}

/** udpnat_export_people_finish: @out_n_files: (out): how many were written */
gboolean
udpnat_export_people_finish (GAsyncResult *result,
                             guint        *out_n_files,
                             GError      **error)
{
  gssize n_files;

  g_return_val_if_fail (g_async_result_is_tagged (result, udpnat_export_people_async), FALSE);

  n_files = g_task_propagate_int (G_TASK (result), error);
  if (n_files < 0)
    return FALSE;
  *out_n_files = (guint) n_files;
  return TRUE;
}
