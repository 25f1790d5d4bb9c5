/* The background portal: a mock of it on a session bus of its own. */

#include "config.h"

#include "udpnat-portal-background.h"

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"

static const char introspection[] =
  "<node><interface name='org.freedesktop.portal.Background'>"
  "<method name='RequestBackground'><arg type='s' direction='in'/>"
  "<arg type='a{sv}' direction='in'/><arg type='o' direction='out'/></method>"
  "<method name='SetStatus'><arg type='a{sv}' direction='in'/></method>"
  "</interface></node>";

typedef struct
{
  GTestDBus       *bus;
  GDBusConnection *portal;
  GDBusConnection *program;
  guint            object;

  /* How it answers */
  guint32          response;
  gboolean         is_allowed;
  gboolean         answers_early;

  /* What it was asked */
  GVariant        *asked; /* nullable: (sa{sv}) */
  char            *status;

  GAsyncResult    *result;
} Fixture;

static void
respond (Fixture    *self,
         const char *path,
         const char *to)
{
  GVariantBuilder results;

  g_variant_builder_init (&results, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&results, "{sv}", "background", g_variant_new_boolean (self->is_allowed));
  g_dbus_connection_emit_signal (self->portal, to, path, "org.freedesktop.portal.Request",
                                 "Response", g_variant_new ("(ua{sv})", self->response, &results),
                                 NULL);
}

static char *
dup_path (const char *sender,
          GVariant   *options)
{
  g_autofree char *name = g_strdelimit (g_strdup (sender + 1), ".", '_');
  const char *token = NULL;

  g_assert_true (g_variant_lookup (options, "handle_token", "&s", &token));
  return g_strdup_printf (OBJECT_PATH "/request/%s/%s", name, token);
}

static void
called_cb (GDBusConnection       *connection,
           const char            *sender,
           const char            *path,
           const char            *interface,
           const char            *method,
           GVariant              *arguments,
           GDBusMethodInvocation *invocation,
           gpointer               user_data)
{
  Fixture *self = user_data;
  g_autoptr (GVariant) options = NULL;
  g_autofree char *request = NULL;

  if (g_str_equal (method, "SetStatus"))
    {
      options = g_variant_get_child_value (arguments, 0);
      g_variant_lookup (options, "message", "s", &self->status);
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  self->asked = g_variant_ref (arguments);
  options = g_variant_get_child_value (arguments, 1);
  request = dup_path (sender, options);
  if (self->answers_early)
    respond (self, request, sender);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(o)", request));
  if (!self->answers_early)
    respond (self, request, sender);
}

static GDBusConnection *
open_connection (const char *address)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = NULL;

  connection = g_dbus_connection_new_for_address_sync (
    address,
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

static void
start_portal (Fixture *self)
{
  static const GDBusInterfaceVTable vtable = { .method_call = called_cb };
  g_autoptr (GDBusNodeInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;

  info = g_dbus_node_info_new_for_xml (introspection, &error);
  g_assert_no_error (error);
  self->object = g_dbus_connection_register_object (self->portal, OBJECT_PATH, info->interfaces[0],
                                                    &vtable, self, NULL, &error);
  g_assert_no_error (error);
  answer = g_dbus_connection_call_sync (self->portal, "org.freedesktop.DBus",
                                        "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                        "RequestName", g_variant_new ("(su)", BUS_NAME, 0), NULL,
                                        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture      *self,
        gconstpointer user_data)
{
  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->portal = open_connection (g_test_dbus_get_bus_address (self->bus));
  self->program = open_connection (g_test_dbus_get_bus_address (self->bus));
}

static void
close_connection (GDBusConnection *connection)
{
  g_assert_true (g_dbus_connection_close_sync (connection, NULL, NULL));
  g_object_unref (connection);
}

static void
tear_down (Fixture      *self,
           gconstpointer user_data)
{
  if (self->object != 0)
    g_dbus_connection_unregister_object (self->portal, self->object);
  close_connection (self->program);
  close_connection (self->portal);
  g_test_dbus_down (self->bus);
  g_object_unref (self->bus);
  g_clear_pointer (&self->asked, g_variant_unref);
  g_clear_object (&self->result);
  g_free (self->status);
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *self = user_data;

  self->result = g_object_ref (result);
}

static gboolean
ask (Fixture *self,
     GError **error)
{
  static const char *const command[] = { "udpnat", "--background", NULL };

  udpnat_portal_background_request (self->program, "To receive", TRUE, command, NULL, result_cb,
                                    self);
  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return udpnat_portal_background_finish (self->result, error);
}

static void
test_allowed (Fixture      *self,
              gconstpointer user_data)
{
  g_autoptr (GVariant) options = NULL;
  g_autofree const char **command = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_autostart = FALSE;

  self->is_allowed = TRUE;
  self->answers_early = user_data != NULL;
  start_portal (self);
  g_assert_true (ask (self, &error));
  g_assert_no_error (error);
  options = g_variant_get_child_value (self->asked, 1);
  g_assert_true (g_variant_lookup (options, "autostart", "b", &is_autostart));
  g_assert_true (is_autostart);
  g_assert_true (g_variant_lookup (options, "commandline", "^a&s", &command));
  g_assert_cmpstr (command[1], ==, "--background");
}

static void
test_refused (Fixture      *self,
              gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  start_portal (self);
  g_assert_false (ask (self, &error));
  g_assert_no_error (error);
}

static void
test_cancelled (Fixture      *self,
                gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  self->is_allowed = TRUE;
  self->response = 1;
  start_portal (self);
  g_assert_false (ask (self, &error));
  g_assert_no_error (error);
}

static void
test_no_portal (Fixture      *self,
                gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ask (self, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
}

static void
test_status (Fixture      *self,
             gconstpointer user_data)
{
  g_autofree char *words = g_strnfill (200, 'x');

  start_portal (self);
  udpnat_portal_background_set_status (self->program, words);
  while (self->status == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (strlen (self->status), ==, 96);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/portal-background/yes/is-allowed", Fixture, NULL, set_up, test_allowed, tear_down);
  g_test_add ("/portal-background/yes-before-the-call-returns/is-allowed", Fixture, "early", set_up,
              test_allowed, tear_down);
  g_test_add ("/portal-background/no/is-refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/portal-background/question-cancelled/is-refused", Fixture, NULL, set_up,
              test_cancelled, tear_down);
  g_test_add ("/portal-background/no-portal/is-an-error", Fixture, NULL, set_up, test_no_portal,
              tear_down);
  g_test_add ("/portal-background/long-status/is-cut", Fixture, NULL, set_up, test_status,
              tear_down);
  return g_test_run ();
}
