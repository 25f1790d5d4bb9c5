/* The desktop's keyring, asked before there is anything else to do: each call waits for its answer,
 * which udpnat-keyring.h promises within two seconds. */

#include "config.h"

#include "udpnat-cli-keyring.h"

#include <glib/gi18n.h>

#include "udpnat-keyring.h"

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  GAsyncResult **answer = user_data;

  *answer = g_object_ref (result);
}

static GAsyncResult *
wait_for (GMainContext  *context,
          GAsyncResult **answer)
{
  while (*answer == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return *answer;
}

/**
 * udpnat_cli_keyring_find: Returns: (transfer full) (nullable): the passphrase of the profile;
 * %NULL when there is no keyring, or none in it */
char *
udpnat_cli_keyring_find (const char *profile_path)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GAsyncResult *pending = NULL;
  g_autoptr (GAsyncResult) answer = NULL;

  g_main_context_push_thread_default (context);
  udpnat_keyring_lookup_async (profile_path, NULL, answered_cb, &pending);
  answer = wait_for (context, &pending);
  return udpnat_keyring_lookup_finish (answer);
}

/** udpnat_cli_keyring_keep: for next time, if there is a keyring that takes it */
void
udpnat_cli_keyring_keep (const char *profile_path,
                         const char *passphrase)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  GAsyncResult *pending = NULL;
  g_autoptr (GAsyncResult) answer = NULL;

  g_main_context_push_thread_default (context);
  udpnat_keyring_store_async (profile_path, passphrase, NULL, answered_cb, &pending);
  answer = wait_for (context, &pending);
  if (!udpnat_keyring_store_finish (answer))
    g_printerr (_("udpnat-cli: The keyring does not take the passphrase; it is asked for next "
                  "time as well.\n"));
}
