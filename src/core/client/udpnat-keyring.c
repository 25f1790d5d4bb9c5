/* The desktop's keyring, by libsecret: the Secret Service of GNOME or KDE, or the portal's file in
 * a Flatpak.
 *
 * A keyring can be missing, locked, or there and silent (its daemon hangs; it waits for somebody to
 * answer a window on another screen). Looking up never asks for it to be unlocked, and every call
 * ends after two seconds: a start must not wait for it. What libsecret says after that is thrown
 * away. */

#include "config.h"

#include "udpnat-keyring.h"

#include <libsecret/secret.h>
#include <string.h>

#include "udpnat-limits.h"

/** udpnat_keyring_is_supported: whether this program was built with libsecret */
gboolean
udpnat_keyring_is_supported (void)
{
  return TRUE;
}

static void
passphrase_free (char *passphrase)
{
  explicit_bzero (passphrase, strlen (passphrase));
  g_free (passphrase);
}

/* Data of each task: what can end it before libsecret does. */
typedef struct
{
  char         *profile_path;
  GCancellable *libsecret; /* ends the call to it */
  GSource      *timeout;
  GSource      *cancelled; /* NULL: the caller cannot cancel */
  gboolean      is_done;
} Call;

static const SecretSchema schema = {
  .name = "udpnat.Profile",
  .flags = SECRET_SCHEMA_NONE,
  .attributes = { { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING } },
};

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
call_free (Call *self)
{
  clear_source (&self->timeout);
  clear_source (&self->cancelled);
  g_object_unref (self->libsecret);
  g_free (self->profile_path);
  g_free (self);
}

/* The first result counts and ends what else is under way. @passphrase is taken; only a lookup has
 * one. */
static void
finish (GTask   *task,
        char    *passphrase,
        gboolean is_success)
{
  Call *call = g_task_get_task_data (task);

  if (call->is_done)
    {
      g_clear_pointer (&passphrase, passphrase_free);
      return;
    }
  call->is_done = TRUE;
  clear_source (&call->timeout);
  clear_source (&call->cancelled);
  g_cancellable_cancel (call->libsecret);
  if (g_task_get_source_tag (task) == udpnat_keyring_lookup_async)
    g_task_return_pointer (task, passphrase, (GDestroyNotify) passphrase_free);
  else
    g_task_return_boolean (task, is_success);
}

static void
finish_with_error (GTask  *task,
                   GError *error)
{
  if (error != NULL)
    g_debug ("Keyring: %s", error->message);
  finish (task, NULL, FALSE);
}

static gboolean
timeout_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data); /* its sources go */

  g_debug ("Keyring: no answer in %d ms", UDPNAT_KEYRING_TIMEOUT_MS);
  finish (task, NULL, FALSE);
  return G_SOURCE_REMOVE;
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  finish (task, NULL, FALSE);
  return G_SOURCE_REMOVE;
}

static void
add_source (GTask      *task,
            GSource    *source,
            GSourceFunc func)
{
  g_source_set_callback (source, func, task, NULL); /* borrowed: libsecret's callback owns it */
  g_source_attach (source, g_task_get_context (task));
}

static GTask *
start (const char         *profile_path,
       GCancellable       *cancellable,
       GAsyncReadyCallback callback,
       gpointer            user_data,
       gpointer            tag)
{
  /* Not the caller's cancellable: being cancelled is a result like any other here. */
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->profile_path = g_canonicalize_filename (profile_path, NULL);
  call->libsecret = g_cancellable_new ();
  call->timeout = g_timeout_source_new (UDPNAT_KEYRING_TIMEOUT_MS);
  add_source (task, call->timeout, timeout_cb);
  if (cancellable != NULL)
    {
      call->cancelled = g_cancellable_source_new (cancellable);
      add_source (task, call->cancelled, G_SOURCE_FUNC (cancelled_cb));
    }
  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  return task;
}

/* ---- Look up ---- */

static void
retrieve_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  SecretValue *value = secret_retrievable_retrieve_secret_finish (SECRET_RETRIEVABLE (source),
                                                                  result, &error);
  const char *text = value != NULL ? secret_value_get_text (value) : NULL;

  if (text != NULL)
    finish (task, g_strdup (text), TRUE);
  else
    finish_with_error (task, error);
  g_clear_pointer (&value, secret_value_unref);
}

static void
search_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Call *call = g_task_get_task_data (task);
  GList *items = secret_password_search_finish (result, &error);

  if (items != NULL)
    secret_retrievable_retrieve_secret (items->data, call->libsecret, retrieve_cb,
                                        g_steal_pointer (&task));
  else
    finish_with_error (task, error);
  g_list_free_full (items, g_object_unref);
}

/**
 * udpnat_keyring_lookup_async:
 * @profile_path: folder of the profile
 * @cancellable: (nullable): when cancelled, nothing is found
 *
 * Asks for the passphrase that the keyring remembers. Never opens a window.
 */
void
udpnat_keyring_lookup_async (const char         *profile_path,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  GTask *task = start (profile_path, cancellable, callback, user_data,
                       udpnat_keyring_lookup_async);
  Call *call = g_task_get_task_data (task);

  secret_password_search (&schema, SECRET_SEARCH_NONE, call->libsecret, search_cb, task, "profile",
                          call->profile_path, NULL);
}

/**
 * udpnat_keyring_lookup_finish:
 *
 * Returns: (transfer full) (nullable): the passphrase, which may be an old one, to be wiped after
 *   use; %NULL when the keyring has none, is locked, missing or silent
 */
char *
udpnat_keyring_lookup_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

/* ---- Store ---- */

static void
store_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (secret_password_store_finish (result, &error))
    finish (task, NULL, TRUE);
  else
    finish_with_error (task, error);
}

/**
 * udpnat_keyring_store_async:
 * @cancellable: (nullable)
 *
 * Asks the keyring to remember the passphrase instead of the one before.
 */
void
udpnat_keyring_store_async (const char         *profile_path,
                            const char         *passphrase,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  GTask *task = start (profile_path, cancellable, callback, user_data, udpnat_keyring_store_async);
  Call *call = g_task_get_task_data (task);
  g_autofree char *label = g_strdup_printf ("udpnat: %s", call->profile_path);

  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, passphrase, call->libsecret,
                         store_cb, task, "profile", call->profile_path, NULL);
}

/** udpnat_keyring_store_finish: Returns: whether the keyring remembers it for sure */
gboolean
udpnat_keyring_store_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

/* ---- Clear ---- */

static void
clear_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (secret_password_clear_finish (result, &error))
    finish (task, NULL, TRUE);
  else
    finish_with_error (task, error);
}

/**
 * udpnat_keyring_clear_async:
 * @cancellable: (nullable)
 *
 * Asks the keyring to forget the passphrase.
 */
void
udpnat_keyring_clear_async (const char         *profile_path,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  GTask *task = start (profile_path, cancellable, callback, user_data, udpnat_keyring_clear_async);
  Call *call = g_task_get_task_data (task);

  secret_password_clear (&schema, call->libsecret, clear_cb, task, "profile", call->profile_path,
                         NULL);
}

/** udpnat_keyring_clear_finish: Returns: whether there was one and it is gone */
gboolean
udpnat_keyring_clear_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}
