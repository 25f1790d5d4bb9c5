/* The profile while the program runs: opened with or without a passphrase, closed to be changed or
 * replaced and opened again; and the server that the user hosts, which goes with it. Nothing here
 * waits. */

#include "config.h"

#include "udpnat-application-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-client-network.h"
#include "udpnat-keyring.h"
#include "udpnat-profile.h"
#include "udpnat-trouble.h"
#include "udpnat-window-start.h"

/* ---- Opening ---- */

/* What was lost, if anything, is not found out by missing it. */
static void
tell_recovery (UdpnatApplication *self,
               UdpnatClient      *client)
{
  g_autofree char *report = udpnat_client_dup_recovery_report (client);

  if (report != NULL)
    udpnat_trouble_show (GTK_WINDOW (udpnat_application_demand_window (self)),
                         _("Your History Was Damaged"), report);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (UdpnatApplication) self = user_data;
  UdpnatClient *client = UDPNAT_CLIENT (source);
  UdpnatStartOptions *start = self->options->start;
  g_autoptr (GError) error = NULL;

  self->is_opening = FALSE;
  g_application_release (G_APPLICATION (self));
  udpnat_client_set_proxy (client, start->proxy);
  udpnat_client_set_other_servers (client, start->other_servers);
  if (udpnat_client_open_finish (client, result, &error) &&
      udpnat_client_bind (client, start->bind_ip, start->port, start->n_more_ports, &error))
    {
      udpnat_application_take_client (self, client);
      tell_recovery (self, client);
    }
  else if (g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE) ||
           g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED))
    udpnat_window_unlock (udpnat_application_demand_window (self), error);
  else
    udpnat_window_show_trouble (udpnat_application_demand_window (self), error);
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
  g_autoptr (UdpnatClient) client = NULL;

  if (self->is_opening)
    return;
  if (passphrase == NULL && udpnat_profile_is_locked (self->options->start->profile))
    {
      udpnat_window_unlock (udpnat_application_demand_window (self), NULL);
      return;
    }
  client = udpnat_client_new ();
  self->is_opening = TRUE;
  g_application_hold (G_APPLICATION (self));
  udpnat_client_open_async (client, self->options->start->profile, passphrase, NULL, opened_cb,
                            g_object_ref (self));
}

/* ---- Closing ---- */

/**
 * udpnat_application_close_profile:
 *
 * As if the program had ended; only the window stays, and says that it waits. Whatever still holds
 * the client holds something that is over.
 */
void
udpnat_application_close_profile (UdpnatApplication *self)
{
  g_autoptr (UdpnatClient) client = g_steal_pointer (&self->client);
  UdpnatWindow *window = udpnat_application_find_window (self);

  if (client == NULL)
    return;
  self->is_started = FALSE;
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self),
                                                                          "away")),
                             g_variant_new_boolean (FALSE));
  udpnat_notifications_close (self->notifications);
  g_clear_object (&self->notifications);
  g_clear_object (&self->unread);
  if (window != NULL)
    udpnat_window_close_chats (window);
  udpnat_client_flush (client);
  udpnat_client_leave (client);
  g_object_run_dispose (G_OBJECT (client));
}

/* ---- The passphrase ---- */

typedef struct
{
  UdpnatApplication *application;
  char              *old_passphrase; /* nullable */
  char              *new_passphrase; /* nullable */
  gboolean           is_remembered;
} Change;

static void
wipe (char *passphrase)
{
  if (passphrase != NULL)
    explicit_bzero (passphrase, strlen (passphrase));
  g_free (passphrase);
}

static void
change_free (Change *self)
{
  g_object_unref (self->application);
  wipe (self->old_passphrase);
  wipe (self->new_passphrase);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Change, change_free)

/* The keyring must not go on offering one that is wrong now. */
static void
tell_keyring (const Change *change)
{
  const char *profile = change->application->options->start->profile;

  if (!udpnat_keyring_is_supported ())
    return;
  if (change->new_passphrase != NULL && change->is_remembered)
    udpnat_keyring_store_async (profile, change->new_passphrase, NULL, NULL, NULL);
  else
    udpnat_keyring_clear_async (profile, NULL, NULL, NULL);
}

static void
changed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (Change) change = user_data;
  UdpnatApplication *self = change->application;
  g_autoptr (GError) error = NULL;
  gboolean is_changed = udpnat_profile_change_passphrase_finish (result, &error);
  UdpnatWindow *window;

  g_application_release (G_APPLICATION (self));
  window = udpnat_application_ensure_window (self);
  if (is_changed)
    {
      tell_keyring (change);
      udpnat_window_say (window, change->new_passphrase != NULL
                                   ? _("The new passphrase is set.")
                                   : _("The passphrase is removed."));
    }
  else
    udpnat_trouble_show (GTK_WINDOW (window), _("The Passphrase Was Not Changed"), error->message);
  udpnat_application_open_profile (self, is_changed ? change->new_passphrase
                                                    : change->old_passphrase);
}

static void
checked_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (Change) change = user_data;
  UdpnatApplication *self = change->application;
  g_autoptr (GError) error = NULL;

  if (!udpnat_profile_check_passphrase_finish (result, &error))
    {
      g_application_release (G_APPLICATION (self));
      udpnat_trouble_show (GTK_WINDOW (udpnat_application_ensure_window (self)),
                           _("The Passphrase Was Not Changed"),
                           g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE)
                             ? _("That was not your passphrase. Nothing was changed.")
                             : error->message);
      return;
    }
  udpnat_application_close_profile (self);
  udpnat_profile_change_passphrase_async (self->options->start->profile, change->old_passphrase,
                                          change->new_passphrase, NULL, changed_cb, change);
  change = NULL; /* goes on */
}

/**
 * udpnat_application_change_passphrase:
 * @old_passphrase: (nullable): the one that the profile has
 * @new_passphrase: (nullable): the one that it shall have; %NULL: none
 * @is_remembered: whether the keyring is to have it
 *
 * The profile is closed for a moment, and opened again. Before that the old one is tried, so that a
 * slip costs nothing.
 */
void
udpnat_application_change_passphrase (UdpnatApplication *self,
                                      const char        *old_passphrase,
                                      const char        *new_passphrase,
                                      gboolean           is_remembered)
{
  Change *change = g_new0 (Change, 1);

  change->application = g_object_ref (self);
  change->old_passphrase = g_strdup (old_passphrase);
  change->new_passphrase = g_strdup (new_passphrase);
  change->is_remembered = is_remembered;
  udpnat_application_close_windows (self);
  g_application_hold (G_APPLICATION (self));
  udpnat_profile_check_passphrase_async (self->options->start->profile, old_passphrase, NULL,
                                         checked_cb, change);
}

/* ---- Hosting ---- */

/* Whether it is there is seen at once, without looking for its window. */
static char *
describe_host (UdpnatHost *host)
{
  if (udpnat_host_get_state (host) == UDPNAT_HOST_STATE_JOINED)
    return g_strdup_printf (_("Another program has port %u. It is taken to be a server, and used."),
                            udpnat_host_get_port (host));
  return g_strdup (_("The server that you host is running."));
}

static void
hosted_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (UdpnatApplication) self = user_data;
  UdpnatHost *host = UDPNAT_HOST (source);
  UdpnatWindow *window = udpnat_application_find_window (self);
  g_autoptr (GError) error = NULL;
  gboolean is_there = udpnat_host_start_finish (host, result, &error);
  g_autofree char *text = is_there ? describe_host (host) : NULL;

  if (window == NULL)
    return;
  if (is_there)
    udpnat_window_say (window, text);
  else
    udpnat_trouble_show (GTK_WINDOW (window), _("Your Server Does Not Run"), error->message);
}

/** udpnat_application_host: starts the server that the user hosts, if that is so; once */
void
udpnat_application_host (UdpnatApplication *self)
{
  if (self->host != NULL || !g_settings_get_boolean (self->settings, "host-server"))
    return;
  self->host = udpnat_host_new ((guint16) g_settings_get_int (self->settings, "host-port"), NULL,
                                g_settings_get_boolean (self->settings, "host-outside"));
  udpnat_host_start_async (self->host, NULL, hosted_cb, g_object_ref (self));
}
