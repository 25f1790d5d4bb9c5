/* The program from start to end: opens the profile and the socket, and says to the window what
 * there is to show. */

#include "config.h"

#include "udpnat-application.h"

#include <glib/gi18n.h>

#include "udpnat-limits.h"
#include "udpnat-profile.h"
#include "udpnat-settings.h"
#include "udpnat-window.h"

/* How many ports after 8900 are tried when it is taken. */
#define MORE_PORTS 100

struct _UdpnatApplication
{
  AdwApplication parent_instance;

  GSettings     *settings;
  char          *profile; /* folder */
  UdpnatClient  *client;  /* nullable: the profile is not open */
};

G_DEFINE_FINAL_TYPE (UdpnatApplication, udpnat_application, ADW_TYPE_APPLICATION)

static UdpnatWindow *
ensure_window (UdpnatApplication *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (UDPNAT_IS_WINDOW (l->data))
      return l->data;
  return udpnat_window_new (self);
}

/* ---- Profile ---- */

static void
begin (UdpnatApplication *self,
       UdpnatWindow      *window)
{
  g_autofree char *server = udpnat_client_dup_home_server (self->client);

  if (udpnat_client_get_name (self->client) == NULL)
    udpnat_window_welcome (window);
  else
    udpnat_application_start (self, udpnat_client_get_name (self->client), server);
}

/**
 * udpnat_application_open_profile:
 * @passphrase: (nullable): when it has one
 *
 * Opens the profile, and shows what comes of it: the first run, the chats, or what is wrong.
 */
void
udpnat_application_open_profile (UdpnatApplication *self,
                                 const char        *passphrase)
{
  g_autoptr (UdpnatClient) client = udpnat_client_new ();
  UdpnatWindow *window = ensure_window (self);
  g_autoptr (GError) error = NULL;

  if (passphrase == NULL && udpnat_profile_is_locked (self->profile))
    udpnat_window_unlock (window, NULL);
  else if (!udpnat_client_open (client, self->profile, passphrase, &error) ||
           !udpnat_client_bind (client, NULL, UDPNAT_CLIENT_PORT, MORE_PORTS, &error))
    udpnat_window_show_trouble (window, error);
  else
    {
      g_set_object (&self->client, client);
      begin (self, window);
    }
}

static gboolean
connect_server (UdpnatApplication *self,
                const char        *server)
{
  g_autoptr (GSocketConnectable) address = NULL;

  address = g_network_address_parse (server, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    return FALSE;
  udpnat_client_set_server (self->client,
                            g_network_address_get_hostname (G_NETWORK_ADDRESS (address)),
                            g_network_address_get_port (G_NETWORK_ADDRESS (address)));
  return TRUE;
}

/**
 * udpnat_application_start:
 * @server: (nullable): "host" or "host:port"; %NULL for people on this network only
 *
 * Logs in, and shows the chats. Both are remembered.
 */
void
udpnat_application_start (UdpnatApplication *self,
                          const char        *name,
                          const char        *server)
{
  g_return_if_fail (self->client != NULL);

  udpnat_client_set_home_server (self->client, server);
  if (server != NULL && !connect_server (self, server))
    g_debug ("%s is not an address", server);
  udpnat_client_log_in (self->client, name);
  udpnat_window_show_chats (ensure_window (self), self->client);
}

/* ---- Actions ---- */

static void
quit_cb (GSimpleAction *action,
         GVariant      *parameter,
         gpointer       user_data)
{
  g_application_quit (G_APPLICATION (user_data));
}

static const GActionEntry actions[] = {
  { .name = "quit", .activate = quit_cb },
};

/* ---- Object ---- */

static void
udpnat_application_startup (GApplication *application)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);

  G_APPLICATION_CLASS (udpnat_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (UDPNAT_APPLICATION_ID);
  self->settings = udpnat_settings_new ();
  if (self->settings == NULL)
    g_error ("The schema %s is not installed: run “meson install”.", UDPNAT_APPLICATION_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

static void
udpnat_application_activate (GApplication *application)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);
  UdpnatWindow *window = ensure_window (self);

  if (self->client == NULL)
    udpnat_application_open_profile (self, NULL);
  gtk_window_present (GTK_WINDOW (window));
}

static void
udpnat_application_shutdown (GApplication *application)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);

  if (self->client != NULL)
    {
      udpnat_client_flush (self->client);
      udpnat_client_leave (self->client);
    }
  G_APPLICATION_CLASS (udpnat_application_parent_class)->shutdown (application);
  g_clear_object (&self->client);
}

static gint
udpnat_application_handle_local_options (GApplication *application,
                                         GVariantDict *options)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (application);
  g_autofree char *profile = NULL;

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("udpnat %s\n", PACKAGE_VERSION);
      return 0;
    }
  if (g_variant_dict_lookup (options, "profile", "^ay", &profile))
    {
      g_free (self->profile);
      self->profile = g_steal_pointer (&profile);
    }
  return -1;
}

static void
udpnat_application_finalize (GObject *object)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (object);

  g_clear_object (&self->settings);
  g_free (self->profile);
  G_OBJECT_CLASS (udpnat_application_parent_class)->finalize (object);
}

static void
udpnat_application_class_init (UdpnatApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  application_class->startup = udpnat_application_startup;
  application_class->activate = udpnat_application_activate;
  application_class->shutdown = udpnat_application_shutdown;
  application_class->handle_local_options = udpnat_application_handle_local_options;
  object_class->finalize = udpnat_application_finalize;
}

static void
udpnat_application_init (UdpnatApplication *self)
{
  static const GOptionEntry entries[] = {
    { "profile", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      N_("Folder of your identity, contacts and history"), N_("DIR") },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version"), NULL },
    { NULL }
  };

  self->profile = udpnat_profile_get_default_path ();
  g_application_add_main_option_entries (G_APPLICATION (self), entries);
}

UdpnatApplication *
udpnat_application_new (void)
{
  return g_object_new (UDPNAT_TYPE_APPLICATION,
                       "application-id", UDPNAT_APPLICATION_ID,
                       "resource-base-path", "/io/github/udpnat/Udpnat",
                       "flags", G_APPLICATION_NON_UNIQUE,
                       NULL);
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
  return self->profile;
}
