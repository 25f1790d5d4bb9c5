/* The background portal, by D-Bus: libportal of Debian 12 has no SetStatus.
 * https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Background.html */

#include "config.h"

#include "udpnat-portal-background.h"

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"
#define INTERFACE "org.freedesktop.portal.Background"
#define REQUEST_INTERFACE "org.freedesktop.portal.Request"

/* The portal cuts what is longer. */
#define STATUS_MAX_CHARACTERS 96

typedef enum
{
  RESPONSE_SUCCESS = 0,
  RESPONSE_CANCELLED = 1,
  RESPONSE_OTHER = 2,
} Response;

/* Data of a task: one request. */
typedef struct
{
  GDBusConnection *connection;
  guint            subscription; /* 0: none */
} Request;

static void
request_free (gpointer data)
{
  Request *self = data;

  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_object_unref (self->connection);
  g_free (self);
}

/** udpnat_portal_is_sandboxed: whether the program runs in a Flatpak */
gboolean
udpnat_portal_is_sandboxed (void)
{
  return g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS);
}

static void
stop_listening (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  if (request->subscription != 0)
    g_dbus_connection_signal_unsubscribe (request->connection, request->subscription);
  request->subscription = 0;
}

static void
response_cb (GDBusConnection *connection,
             const char      *sender,
             const char      *path,
             const char      *interface,
             const char      *signal,
             GVariant        *parameters,
             gpointer         user_data)
{
  g_autoptr (GTask) task = g_object_ref (G_TASK (user_data));
  g_autoptr (GVariant) results = NULL;
  gboolean is_allowed = FALSE;
  guint32 response;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ua{sv})")))
    return;
  g_variant_get (parameters, "(u@a{sv})", &response, &results);
  g_variant_lookup (results, "background", "b", &is_allowed);
  stop_listening (task);
  g_task_return_boolean (task, response == RESPONSE_SUCCESS && is_allowed);
}

static void
called_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;

  answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (answer != NULL || g_task_get_completed (task))
    return; /* the answer comes, or came, as a signal */
  stop_listening (task);
  g_task_return_error (task, g_steal_pointer (&error));
}

/* Where the portal will answer: made of our name on the bus and a token that we choose, so that we
 * can listen before we ask. */
static char *
dup_request_path (GDBusConnection *connection,
                  const char      *token)
{
  const char *unique = g_dbus_connection_get_unique_name (connection);
  g_autofree char *sender = g_strdup (unique[0] == ':' ? unique + 1 : unique);

  g_strdelimit (sender, ".", '_');
  return g_strdup_printf ("%s/request/%s/%s", OBJECT_PATH, sender, token);
}

static GVariant *
create_options (const char        *token,
                const char        *reason,
                gboolean           autostart,
                const char *const *command)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "handle_token", g_variant_new_string (token));
  g_variant_builder_add (&options, "{sv}", "reason", g_variant_new_string (reason));
  g_variant_builder_add (&options, "{sv}", "autostart", g_variant_new_boolean (autostart));
  g_variant_builder_add (&options, "{sv}", "commandline", g_variant_new_strv (command, -1));
  g_variant_builder_add (&options, "{sv}", "dbus-activatable", g_variant_new_boolean (FALSE));
  return g_variant_new ("(sa{sv})", "", &options);
}

/**
 * udpnat_portal_background_request:
 * @reason: why, for the user
 * @autostart: whether the session is to start @command
 *
 * Asks whether the program may run without a window.
 */
void
udpnat_portal_background_request (GDBusConnection     *connection,
                                  const char          *reason,
                                  gboolean             autostart,
                                  const char *const   *command,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (connection, cancellable, callback, user_data);
  g_autofree char *token = g_strdup_printf ("udpnat%u", g_random_int ());
  g_autofree char *path = dup_request_path (connection, token);
  Request *request = g_new0 (Request, 1);

  request->connection = g_object_ref (connection);
  g_task_set_source_tag (task, udpnat_portal_background_request);
  g_task_set_task_data (task, request, request_free);
  request->subscription =
    g_dbus_connection_signal_subscribe (connection, BUS_NAME, REQUEST_INTERFACE, "Response", path,
                                        NULL, G_DBUS_SIGNAL_FLAGS_NO_MATCH_RULE, response_cb,
                                        g_object_ref (task), g_object_unref);
  g_dbus_connection_call (connection, BUS_NAME, OBJECT_PATH, INTERFACE, "RequestBackground",
                          create_options (token, reason, autostart, command),
                          G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, -1, cancellable,
                          called_cb, g_object_ref (task));
}

/**
 * udpnat_portal_background_finish:
 * @error: of D-Bus: there is no portal to ask
 *
 * Returns: %FALSE with no @error set when the user does not allow it
 */
gboolean
udpnat_portal_background_finish (GAsyncResult *result,
                                 GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/** udpnat_portal_background_set_status: what a list of programs in the background says of this one;
 * for nothing where the portal is too old to take it */
void
udpnat_portal_background_set_status (GDBusConnection *connection,
                                     const char      *message)
{
  glong n_characters = MIN (g_utf8_strlen (message, -1), STATUS_MAX_CHARACTERS);
  g_autofree char *cut = g_utf8_substring (message, 0, n_characters);
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "message", g_variant_new_string (cut));
  g_dbus_connection_call (connection, BUS_NAME, OBJECT_PATH, INTERFACE, "SetStatus",
                          g_variant_new ("(a{sv})", &options), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, NULL, NULL);
}
