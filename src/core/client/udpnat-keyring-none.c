/* The keyring of a program that was built without libsecret: it knows nothing. */

#include "config.h"

#include "udpnat-keyring.h"

gboolean
udpnat_keyring_is_supported (void)
{
  return FALSE;
}

static void
return_nothing (GAsyncReadyCallback callback,
                gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_return_boolean (task, FALSE);
}

void
udpnat_keyring_lookup_async (const char         *profile_path,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_return_pointer (task, NULL, NULL);
}

char *
udpnat_keyring_lookup_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
udpnat_keyring_store_async (const char         *profile_path,
                            const char         *passphrase,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  return_nothing (callback, user_data);
}

gboolean
udpnat_keyring_store_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

void
udpnat_keyring_clear_async (const char         *profile_path,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  return_nothing (callback, user_data);
}

gboolean
udpnat_keyring_clear_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}
