/* The program from start to end: opens the profile and the socket, and says to the window what
 * there is to show. There is one for each profile: its name on the message bus is made of the
 * profile's folder, and a second start hands over to the first what it was asked for. */

#include "config.h"

#include "udpnat-application-private.h"

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "udpnat-badge.h"
#include "udpnat-files-folder.h"
#include "udpnat-invitation-link.h"
#include "udpnat-label-width.h"
#include "udpnat-limits.h"
#include "udpnat-profile.h"
#include "udpnat-server-address.h"
#include "udpnat-settings.h"
#include "udpnat-spoken-name.h"
#include "udpnat-tooltip.h"
#include "udpnat-window-start.h"

enum
{
  PROP_0,
  PROP_UNREAD,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatApplication, udpnat_application, ADW_TYPE_APPLICATION)

/* ---- Windows ---- */

/** udpnat_application_find_window: Returns: (nullable): the window, if there is one */
UdpnatWindow *
udpnat_application_find_window (UdpnatApplication *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (UDPNAT_IS_WINDOW (l->data))
      return l->data;
  return NULL;
}

/** udpnat_application_ensure_window: the window, which need not be visible */
UdpnatWindow *
udpnat_application_ensure_window (UdpnatApplication *self)
{
  UdpnatWindow *window = udpnat_application_find_window (self);

  if (window != NULL)
    return window;
  window = udpnat_window_new (self);
  if (self->is_started)
    udpnat_window_show_chats (window, self->client);
  return window;
}

/** udpnat_application_show: opens the profile if need be, and brings the window to the front */
void
udpnat_application_show (UdpnatApplication *self)
{
  UdpnatWindow *window;

  udpnat_application_stay (self);
  window = udpnat_application_ensure_window (self);
  if (self->client == NULL)
    udpnat_application_open_profile (self, NULL);
  udpnat_background_leave (self->background);
  gtk_window_present (GTK_WINDOW (window));
}

/** udpnat_application_demand_window: something has to be answered before there can be chats: not
 * even a start without a window can go on without one */
UdpnatWindow *
udpnat_application_demand_window (UdpnatApplication *self)
{
  UdpnatWindow *window = udpnat_application_ensure_window (self);

  udpnat_background_leave (self->background);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

/* ---- Profile ---- */

static void
unread_changed_cb (UdpnatApplication *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNREAD]);
  udpnat_badge_tell (G_APPLICATION (self), udpnat_application_get_unread (self));
}

static gboolean
is_shown (UdpnatPerson *person,
          gpointer      user_data)
{
  UdpnatWindow *window = udpnat_application_find_window (UDPNAT_APPLICATION (user_data));

  return window != NULL && gtk_window_is_active (GTK_WINDOW (window)) &&
         udpnat_window_get_person (window) == person;
}

static void
window_wanted_cb (UdpnatApplication *self,
                  const char        *key_text,
                  const char        *token)
{
  if (token != NULL)
    gtk_window_set_startup_id (GTK_WINDOW (udpnat_application_ensure_window (self)), token);
  g_action_group_activate_action (G_ACTION_GROUP (self), "open-person",
                                  g_variant_new_string (key_text));
}

static void
connect_server (UdpnatApplication *self,
                const char        *server)
{
  g_autoptr (GSocketConnectable) address = NULL;

  if (server == NULL)
    {
      udpnat_client_set_server (self->client, NULL, 0);
      return;
    }
  address = g_network_address_parse (server, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    g_debug ("%s is not an address", server);
  else
    udpnat_client_set_server (self->client,
                              g_network_address_get_hostname (G_NETWORK_ADDRESS (address)),
                              g_network_address_get_port (G_NETWORK_ADDRESS (address)));
}

static void
log_in (UdpnatApplication *self,
        const char        *name,
        const char        *server)
{
  UdpnatWindow *window = udpnat_application_find_window (self);

  udpnat_application_host (self);
  if (server != NULL)
    connect_server (self, server);
  udpnat_client_log_in (self->client, name);
  self->is_started = TRUE;
  if (window != NULL)
    udpnat_window_show_chats (window, self->client);
  udpnat_application_show_pending (self);
}

/* @server: (nullable): as it was typed; of an invitation the code is kept.
 *
 * Returns: (transfer full) (nullable): "host" or "host:port" */
static char *
take_invitation (UdpnatApplication *self,
                 const char        *server)
{
  g_autoptr (UdpnatInvitationLink) invitation = NULL;

  if (server == NULL || !udpnat_invitation_link_is_one (server))
    return g_strdup (server);
  invitation = udpnat_invitation_link_parse (server, NULL);
  if (invitation == NULL) /* whoever typed it has been told */
    return NULL;
  udpnat_client_keep_invitation (self->client, invitation->server_host, invitation->server_port,
                                 invitation);
  return udpnat_server_address_format (invitation->server_host, invitation->server_port);
}

/* --invite: for the server that is given with it, or the one that is used anyway. A server that one
 * has been invited to is the one to be used from then on. */
static void
take_given_invitation (UdpnatApplication *self,
                       const char        *given,
                       const char        *home)
{
  const UdpnatInvitationLink *invitation = self->options->start->invitation;
  const char *server = given != NULL ? given : home;
  g_autoptr (GSocketConnectable) address = NULL;

  if (invitation == NULL || server == NULL)
    return;
  address = g_network_address_parse (server, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    return;
  udpnat_client_keep_invitation (self->client,
                                 g_network_address_get_hostname (G_NETWORK_ADDRESS (address)),
                                 g_network_address_get_port (G_NETWORK_ADDRESS (address)),
                                 invitation);
  udpnat_client_set_home_server (self->client, server);
}

/* What stands on the command line is for this run. */
static void
begin (UdpnatApplication *self)
{
  const char *known = udpnat_client_get_name (self->client);
  const char *name = self->options->start->name != NULL ? self->options->start->name : known;
  g_autofree char *given = udpnat_start_options_dup_server (self->options->start);
  g_autofree char *home = udpnat_client_dup_home_server (self->client);

  take_given_invitation (self, given, home);
  if (name == NULL)
    {
      udpnat_window_welcome (udpnat_application_demand_window (self));
      udpnat_application_show_pending (self);
    }
  else if (known == NULL)
    udpnat_application_start (self, name, given);
  else
    log_in (self, name, given != NULL ? given : home);
}

/** udpnat_application_take_client: the profile is open: shows what is to be shown */
void
udpnat_application_take_client (UdpnatApplication *self,
                                UdpnatClient      *client)
{
  UdpnatWindow *window = udpnat_application_find_window (self);

  self->client = g_object_ref (client);
  self->unread = udpnat_unread_new (udpnat_client_get_people (client));
  g_signal_connect_object (self->unread, "notify::count", G_CALLBACK (unread_changed_cb), self,
                           G_CONNECT_SWAPPED);
  unread_changed_cb (self);
  self->notifications = udpnat_notifications_new (G_APPLICATION (self), self->settings, client,
                                                  is_shown, self);
  g_signal_connect_object (self->notifications, "window-wanted", G_CALLBACK (window_wanted_cb),
                           self, G_CONNECT_SWAPPED);
  udpnat_background_set_client (self->background, client);
  udpnat_files_folder_bind (self->settings, client);
  if (window != NULL)
    udpnat_window_finish_start (window);
  begin (self);
}

/**
 * udpnat_application_start:
 * @server: (nullable): "host", "host:port" or an invitation; %NULL for people on this network only
 *
 * Logs in, and shows the chats. Both are remembered. A server on the command line goes before none.
 */
void
udpnat_application_start (UdpnatApplication *self,
                          const char        *name,
                          const char        *server)
{
  g_autofree char *used = NULL;

  g_return_if_fail (self->client != NULL);

  used = server != NULL ? take_invitation (self, server)
                        : udpnat_start_options_dup_server (self->options->start);
  udpnat_client_set_home_server (self->client, used);
  log_in (self, name, used);
}

/**
 * udpnat_application_use_server:
 * @server: (nullable): "host", "host:port" or an invitation; %NULL for people on this network only
 *
 * Another server than until now, at once and from now on; what is shown stays.
 */
void
udpnat_application_use_server (UdpnatApplication *self,
                               const char        *server)
{
  g_autofree char *used = NULL;

  g_return_if_fail (self->is_started);

  used = take_invitation (self, server);
  udpnat_client_set_home_server (self->client, used);
  connect_server (self, used);
  udpnat_client_log_in (self->client, udpnat_client_get_name (self->client));
}

/* ---- Being started ---- */

/**
 * udpnat_application_dup_id:
 * @profile: folder
 *
 * Returns: (transfer full): the name on the message bus: that of the program for the default
 * profile, one of its own for every other, so that they run side by side
 */
char *
udpnat_application_dup_id (const char *profile)
{
  g_autofree char *usual = udpnat_profile_get_default_path ();
  g_autofree char *usual_path = g_canonicalize_filename (usual, NULL);
  g_autofree char *path = g_canonicalize_filename (profile, NULL);
  g_autofree char *hash = NULL;

  if (g_str_equal (path, usual_path))
    return g_strdup (UDPNAT_APPLICATION_ID);
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);
  return g_strdup_printf ("%s.Profile%.16s", UDPNAT_APPLICATION_ID, hash);
}

static gboolean
signal_cb (gpointer user_data)
{
  udpnat_application_leave (UDPNAT_APPLICATION (user_data));
  return G_SOURCE_CONTINUE;
}

/* What GApplication is to know of the command line. */
static char **
dup_words (const UdpnatApplicationOptions *options)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  g_strv_builder_add (words, "udpnat");
  if (options->is_service)
    g_strv_builder_add (words, "--gapplication-service");
  if (options->links != NULL)
    g_strv_builder_addv (words, (const char **) options->links);
  return g_strv_builder_end (words);
}

/**
 * udpnat_application_start_up:
 *
 * Runs the program, or hands over to the one that runs already.
 *
 * Returns: the exit status
 */
int
udpnat_application_start_up (UdpnatApplication *self)
{
  g_auto (GStrv) words = dup_words (self->options);
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint ids[G_N_ELEMENTS (signals)];
  int status;

  self->settings = udpnat_settings_new ();
  if (self->settings == NULL)
    {
      g_printerr ("udpnat: %s\n", _("A part of the program is missing: its settings. Install it "
                                    "again."));
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    ids[i] = g_unix_signal_add (signals[i], signal_cb, self);
  status = g_application_run (G_APPLICATION (self), g_strv_length (words), words);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (ids[i]);
  return status;
}

/* Another one of this profile runs. Returns TRUE when there is nothing to ask of it. */
static gboolean
hand_over (UdpnatApplication *self)
{
  if (udpnat_application_options_are_given (self->options))
    {
      g_printerr ("udpnat: %s\n", _("It is running already with this profile: name, server and "
                                    "ports on the command line were not used."));
    }
  return self->options->is_background && self->options->links == NULL;
}

static gboolean
udpnat_application_local_command_line (GApplication  *application,
                                       char        ***arguments,
                                       int           *exit_status)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);
  g_autoptr (GError) error = NULL;

  *exit_status = 0;
  if (!self->options->is_service)
    {
      if (!g_application_register (application, NULL, &error))
        {
          g_printerr ("udpnat: %s\n", error->message);
          *exit_status = 1;
          return TRUE;
        }
      if (g_application_get_is_remote (application) && hand_over (self))
        return TRUE;
      if (!g_application_get_is_remote (application) && self->options->is_background &&
          self->options->links == NULL)
        {
          udpnat_background_enter (self->background);
          udpnat_application_open_profile (self, NULL);
          return TRUE;
        }
    }
  return G_APPLICATION_CLASS (udpnat_application_parent_class)
    ->local_command_line (application, arguments, exit_status);
}

static void
udpnat_application_activate (GApplication *application)
{
  udpnat_application_show (UDPNAT_APPLICATION (application));
}

static void
udpnat_application_open (GApplication  *application,
                         GFile        **files,
                         int            n_files,
                         const char    *hint)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);

  const char *backup = NULL;

  for (int i = 0; i < n_files; i++)
    if (g_file_peek_path (files[i]) != NULL)
      backup = g_file_peek_path (files[i]); /* of all files only these are ours to open */
    else
      g_ptr_array_add (self->pending_links, g_file_get_uri (files[i]));
  udpnat_application_show (self);
  if (backup != NULL)
    udpnat_window_restore (udpnat_application_ensure_window (self), backup);
  udpnat_application_show_pending (self);
}

/* Who opens an invitation before they have said who they are need not type the server. */
static void
propose_invitation (UdpnatApplication *self)
{
  UdpnatWindow *window = udpnat_application_find_window (self);

  for (guint i = 0; window != NULL && i < self->pending_links->len; i++)
    if (udpnat_invitation_link_is_one (g_ptr_array_index (self->pending_links, i))
        && udpnat_window_propose_server (window, g_ptr_array_index (self->pending_links, i)))
      {
        g_ptr_array_remove_index (self->pending_links, i);
        return;
      }
}

/** udpnat_application_show_pending: what was asked for while there were no chats yet */
void
udpnat_application_show_pending (UdpnatApplication *self)
{
  g_autofree char *key_text = NULL;
  g_autoptr (GPtrArray) links = NULL;

  if (!self->is_started)
    propose_invitation (self);
  if (!self->is_started || udpnat_application_find_window (self) == NULL)
    return;
  key_text = g_steal_pointer (&self->pending_key);
  links = g_steal_pointer (&self->pending_links);
  self->pending_links = g_ptr_array_new_with_free_func (g_free);
  if (key_text != NULL)
    udpnat_application_open_key (self, key_text);
  for (guint i = 0; i < links->len; i++)
    udpnat_application_open_link (self, g_ptr_array_index (links, i));
}

/* ---- Object ---- */

static gboolean
map_color_scheme (GValue   *value,
                  GVariant *variant,
                  gpointer  user_data)
{
  const char *scheme = g_variant_get_string (variant, NULL);
  AdwColorScheme color_scheme = ADW_COLOR_SCHEME_DEFAULT;

  if (g_str_equal (scheme, "light"))
    color_scheme = ADW_COLOR_SCHEME_FORCE_LIGHT;
  else if (g_str_equal (scheme, "dark"))
    color_scheme = ADW_COLOR_SCHEME_FORCE_DARK;
  g_value_set_enum (value, color_scheme);
  return TRUE;
}

static void
udpnat_application_startup (GApplication *application)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);

  G_APPLICATION_CLASS (udpnat_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (UDPNAT_APPLICATION_ID);
  udpnat_spoken_name_install ();
  udpnat_tooltip_install ();
  udpnat_label_width_install ();
  g_settings_bind_with_mapping (self->settings, "color-scheme", adw_style_manager_get_default (),
                                "color-scheme", G_SETTINGS_BIND_GET, map_color_scheme, NULL, NULL,
                                NULL);
  self->background = udpnat_background_new (application, self->settings,
                                            self->options->start->profile);
  g_signal_connect_object (self->background, "refused", G_CALLBACK (udpnat_application_leave),
                           self, G_CONNECT_SWAPPED);
  udpnat_application_add_actions (self);
}

static void
udpnat_application_shutdown (GApplication *application)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);

  udpnat_application_say_goodbye (self);
  G_APPLICATION_CLASS (udpnat_application_parent_class)->shutdown (application);
  if (self->background != NULL)
    g_object_run_dispose (G_OBJECT (self->background)); /* an answer may be on its way to it */
  g_clear_object (&self->background);
  g_clear_object (&self->notifications);
  g_clear_object (&self->unread);
  g_clear_object (&self->host);
  g_clear_object (&self->client);
}

static void
udpnat_application_finalize (GObject *object)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (object);

  g_clear_object (&self->settings);
  g_clear_pointer (&self->options, udpnat_application_options_free);
  g_clear_pointer (&self->pending_links, g_ptr_array_unref);
  g_free (self->pending_key);
  G_OBJECT_CLASS (udpnat_application_parent_class)->finalize (object);
}

static void
udpnat_application_get_property (GObject    *object,
                                 guint       prop_id,
                                 GValue     *value,
                                 GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_UNREAD:
      g_value_set_uint (value, udpnat_application_get_unread (UDPNAT_APPLICATION (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_application_class_init (UdpnatApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  application_class->startup = udpnat_application_startup;
  application_class->activate = udpnat_application_activate;
  application_class->open = udpnat_application_open;
  application_class->shutdown = udpnat_application_shutdown;
  application_class->local_command_line = udpnat_application_local_command_line;
  object_class->finalize = udpnat_application_finalize;
  object_class->get_property = udpnat_application_get_property;
  properties[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0,
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                 G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_application_init (UdpnatApplication *self)
{
  self->pending_links = g_ptr_array_new_with_free_func (g_free);
}

/** udpnat_application_new: @options: (transfer full): the command line */
UdpnatApplication *
udpnat_application_new (UdpnatApplicationOptions *options)
{
  g_autofree char *id = udpnat_application_dup_id (options->start->profile);
  UdpnatApplication *self = g_object_new (UDPNAT_TYPE_APPLICATION,
                                          "application-id", id,
                                          "resource-base-path", "/io/github/udpnat/Udpnat",
                                          "flags", G_APPLICATION_HANDLES_OPEN,
                                          NULL);

  self->options = options;
  return self;
}

GSettings *
udpnat_application_get_settings (UdpnatApplication *self)
{
  return self->settings;
}

/** udpnat_application_get_client: Returns: (nullable): %NULL while the profile is not open */
UdpnatClient *
udpnat_application_get_client (UdpnatApplication *self)
{
  return self->client;
}

/** udpnat_application_get_profile: Returns: its folder */
const char *
udpnat_application_get_profile (UdpnatApplication *self)
{
  return self->options->start->profile;
}

/** udpnat_application_get_unread: how many messages wait to be read */
guint
udpnat_application_get_unread (UdpnatApplication *self)
{
  return self->unread != NULL ? udpnat_unread_get_count (self->unread) : 0;
}
