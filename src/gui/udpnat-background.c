/* Going on without a window, and starting with the session.
 *
 * In a sandbox both need the background portal, and the user may have said no. Outside, nobody has
 * to be asked: we hold the program, and write the autostart file of the freedesktop specification
 * ourselves. */

#include "config.h"

#include "udpnat-background.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "udpnat-portal-background.h"
#include "udpnat-profile.h"
#include "udpnat-settings.h"
#include "udpnat-status-words.h"

#define EXPLANATION_ID "background"

struct _UdpnatBackground
{
  GObject       parent_instance;

  GSettings    *settings;
  UdpnatClient *client;   /* nullable */
  char         *profile;  /* folder */
  GCancellable *cancellable;
  gboolean      is_entered;

  /* borrowed */
  GApplication *application;
};

static guint refused_signal;

G_DEFINE_FINAL_TYPE (UdpnatBackground, udpnat_background, G_TYPE_OBJECT)

/* ---- Starting with the session ---- */

static gboolean
is_usual_profile (UdpnatBackground *self)
{
  g_autofree char *usual = udpnat_profile_get_default_path ();

  return g_strcmp0 (usual, self->profile) == 0;
}

/* Returns (transfer full): what starts the program again, in the background. */
static char **
dup_command (UdpnatBackground *self)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autofree char *program = NULL;

  if (!udpnat_portal_is_sandboxed ())
    program = g_file_read_link ("/proc/self/exe", NULL);
  g_strv_builder_add (words, program != NULL ? program : "udpnat");
  g_strv_builder_add (words, "--background");
  if (!is_usual_profile (self))
    g_strv_builder_add_many (words, "--profile", self->profile, NULL);
  return g_strv_builder_end (words);
}

/* A word as the Exec key wants it: in double quotes, with four characters escaped and "%" doubled.
 * GKeyFile escapes backslashes once more, as it must. */
static void
append_exec_word (GString    *line,
                  const char *word)
{
  if (line->len > 0)
    g_string_append_c (line, ' ');
  g_string_append_c (line, '"');
  for (const char *p = word; *p != '\0'; p++)
    {
      if (strchr ("\"`$\\", *p) != NULL)
        g_string_append_c (line, '\\');
      else if (*p == '%')
        g_string_append_c (line, '%');
      g_string_append_c (line, *p);
    }
  g_string_append_c (line, '"');
}

static char *
dup_autostart_path (UdpnatBackground *self)
{
  g_autofree char *name = g_strconcat (g_application_get_application_id (self->application),
                                       ".desktop", NULL);

  return g_build_filename (g_get_user_config_dir (), "autostart", name, NULL);
}

static void
write_autostart_file (UdpnatBackground *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = dup_autostart_path (self);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GString) exec = g_string_new (NULL);
  g_auto (GStrv) command = dup_command (self);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; command[i] != NULL; i++)
    append_exec_word (exec, command[i]);
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_TYPE,
                         G_KEY_FILE_DESKTOP_TYPE_APPLICATION);
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, "Udpnat");
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_EXEC, exec->str);
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_ICON,
                         UDPNAT_APPLICATION_ID);
  g_key_file_set_boolean (file, G_KEY_FILE_DESKTOP_GROUP, "X-GNOME-UsesNotifications", TRUE);
  g_mkdir_with_parents (folder, 0700);
  if (!g_key_file_save_to_file (file, path, &error))
    g_warning ("Cannot write %s: %s", path, error->message);
}

static void
remove_autostart_file (UdpnatBackground *self)
{
  g_autofree char *path = dup_autostart_path (self);

  g_unlink (path);
}

/* ---- Asking, and saying ---- */

static char *
dup_status (UdpnatBackground *self)
{
  guint n_waiting = udpnat_client_count_undelivered (self->client);

  if (n_waiting > 0)
    return g_strdup_printf (ngettext ("%u message waits to be delivered",
                                      "%u messages wait to be delivered", n_waiting), n_waiting);
  return udpnat_words_describe_server (self->client);
}

static void
tell_status (UdpnatBackground *self)
{
  GDBusConnection *connection = g_application_get_dbus_connection (self->application);
  g_autofree char *status = NULL;

  if (!self->is_entered || self->client == NULL || connection == NULL)
    return;
  status = dup_status (self);
  udpnat_portal_background_set_status (connection, status);
}

/* Closing a window means the end in most programs: what it means here is said once. */
static gboolean
is_explained (UdpnatBackground *self)
{
  if (g_settings_get_boolean (self->settings, "background-explained"))
    return TRUE;
  g_settings_set_boolean (self->settings, "background-explained", TRUE);
  return FALSE;
}

static void
explain (UdpnatBackground *self)
{
  g_autoptr (GNotification) notification = NULL;

  if (is_explained (self))
    return;
  notification = g_notification_new (_("Udpnat goes on in the background"));
  g_notification_set_body (notification, _("You still receive messages. To end it, open it again "
                                           "and choose Quit, or change this in the preferences."));
  g_notification_add_button (notification, _("Quit"), "app.quit");
  g_application_send_notification (self->application, EXPLANATION_ID, notification);
}

static void
refuse (UdpnatBackground *self)
{
  g_autoptr (GNotification) notification = NULL;

  if (!is_explained (self))
    {
      notification = g_notification_new (_("Udpnat ended with its window"));
      g_notification_set_body (notification, _("The desktop does not let it go on without one. To "
                                               "receive messages then, allow it in the settings "
                                               "of the desktop."));
      g_application_send_notification (self->application, EXPLANATION_ID, notification);
    }
  g_signal_emit (self, refused_signal, 0);
}

static void
requested_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (UdpnatBackground) self = UDPNAT_BACKGROUND (user_data);
  g_autoptr (GError) error = NULL;
  gboolean is_allowed = udpnat_portal_background_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->application == NULL)
    return;
  if (error != NULL)
    g_debug ("No background portal: %s", error->message); /* then nobody forbids it */
  if (is_allowed || error != NULL)
    explain (self);
  else if (self->is_entered)
    refuse (self);
}

static void
ask_portal (UdpnatBackground *self)
{
  GDBusConnection *connection = g_application_get_dbus_connection (self->application);
  g_auto (GStrv) command = dup_command (self);

  if (connection == NULL)
    return;
  udpnat_portal_background_request (connection, _("To receive messages while no window is open"),
                                    g_settings_get_boolean (self->settings, "autostart"),
                                    (const char *const *) command, self->cancellable, requested_cb,
                                    g_object_ref (self));
}

static void
autostart_changed_cb (UdpnatBackground *self)
{
  if (udpnat_portal_is_sandboxed ())
    ask_portal (self);
  else if (g_settings_get_boolean (self->settings, "autostart"))
    write_autostart_file (self);
  else
    remove_autostart_file (self);
}

/* ---- In and out ---- */

/** udpnat_background_enter: there is no window any more, or not yet */
void
udpnat_background_enter (UdpnatBackground *self)
{
  if (self->is_entered)
    return;
  self->is_entered = TRUE;
  g_application_hold (self->application);
  if (udpnat_portal_is_sandboxed ())
    ask_portal (self);
  else if (self->client != NULL)
    explain (self); /* a start without a window was asked for */
  tell_status (self);
}

/** udpnat_background_leave: there is a window */
void
udpnat_background_leave (UdpnatBackground *self)
{
  if (!self->is_entered)
    return;
  self->is_entered = FALSE;
  g_application_withdraw_notification (self->application, EXPLANATION_ID);
  g_application_release (self->application);
}

/** udpnat_background_set_client: whose state is told to the desktop */
void
udpnat_background_set_client (UdpnatBackground *self,
                              UdpnatClient     *client)
{
  g_set_object (&self->client, client);
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (tell_status), self,
                           G_CONNECT_SWAPPED);
  tell_status (self);
}

static void
udpnat_background_dispose (GObject *object)
{
  UdpnatBackground *self = UDPNAT_BACKGROUND (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->settings);
  g_clear_object (&self->client);
  self->application = NULL;
  G_OBJECT_CLASS (udpnat_background_parent_class)->dispose (object);
}

static void
udpnat_background_finalize (GObject *object)
{
  g_free (UDPNAT_BACKGROUND (object)->profile);
  G_OBJECT_CLASS (udpnat_background_parent_class)->finalize (object);
}

static void
udpnat_background_class_init (UdpnatBackgroundClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = udpnat_background_dispose;
  object_class->finalize = udpnat_background_finalize;
  refused_signal = g_signal_new ("refused", UDPNAT_TYPE_BACKGROUND, G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
udpnat_background_init (UdpnatBackground *self)
{
  self->cancellable = g_cancellable_new ();
}

/** udpnat_background_new: @application: outlives it, and is registered */
UdpnatBackground *
udpnat_background_new (GApplication *application,
                       GSettings    *settings,
                       const char   *profile)
{
  UdpnatBackground *self = g_object_new (UDPNAT_TYPE_BACKGROUND, NULL);

  self->application = application;
  self->settings = g_object_ref (settings);
  self->profile = g_canonicalize_filename (profile, NULL);
  g_signal_connect_object (settings, "changed::autostart", G_CALLBACK (autostart_changed_cb), self,
                           G_CONNECT_SWAPPED);
  return self;
}
