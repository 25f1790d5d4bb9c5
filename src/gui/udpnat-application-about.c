/* About the program, with what somebody who helps needs to know. That text is made to be sent to
 * strangers: it has no message, no name of a person, and no address. It is not translated, because
 * those who help read it. */

#include "config.h"

#include "udpnat-application-about.h"

#include <glib/gi18n.h>

#include "udpnat-application-private.h"
#include "udpnat-client-network.h"
#include "udpnat-portal-background.h"
#include "udpnat-settings.h"
#include "udpnat-status-words.h"

#define WEBSITE "https://github.com/udpnat/Udpnat"
#define ISSUES WEBSITE "/issues"

static const char *const state_names[] = {
  [UDPNAT_SERVER_STATE_NONE] = "no server",
  [UDPNAT_SERVER_STATE_RESOLVING] = "resolving",
  [UDPNAT_SERVER_STATE_NOT_FOUND] = "name not found",
  [UDPNAT_SERVER_STATE_CONNECTING] = "connecting",
  [UDPNAT_SERVER_STATE_SILENT] = "silent",
  [UDPNAT_SERVER_STATE_REGISTERED] = "registered",
  [UDPNAT_SERVER_STATE_REFUSED] = "refused",
  [UDPNAT_SERVER_STATE_LOST] = "lost",
  [UDPNAT_SERVER_STATE_REPLACED] = "replaced",
  [UDPNAT_SERVER_STATE_KEY_CHANGED] = "key changed",
  [UDPNAT_SERVER_STATE_LOGGED_OUT] = "logged out",
};

static void
append_versions (GString *text)
{
  g_autofree char *system = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  GdkDisplay *display = gdk_display_get_default ();

  g_string_append_printf (text, "udpnat %s\n", PACKAGE_VERSION);
  g_string_append_printf (text, "GTK %u.%u.%u, libadwaita %u.%u.%u, GLib %u.%u.%u\n",
                          gtk_get_major_version (), gtk_get_minor_version (),
                          gtk_get_micro_version (), adw_get_major_version (),
                          adw_get_minor_version (), adw_get_micro_version (), glib_major_version,
                          glib_minor_version, glib_micro_version);
  g_string_append_printf (text, "System: %s; %s; %s; %s\n", system != NULL ? system : "unknown",
                          display != NULL ? G_OBJECT_TYPE_NAME (display) : "no display",
                          g_get_language_names ()[0],
                          udpnat_portal_is_sandboxed () ? "Flatpak" : "no sandbox");
}

/* The home folder has the user's name in it. */
static void
append_profile (GString    *text,
                const char *profile)
{
  g_autofree char *path = g_canonicalize_filename (profile, NULL);
  const char *home = g_get_home_dir ();
  gboolean is_at_home = g_str_has_prefix (path, home) && path[strlen (home)] == '/';

  g_string_append_printf (text, "Profile: %s%s\n", is_at_home ? "~" : "",
                          is_at_home ? path + strlen (home) : path);
}

static guint
count_contacts (GListModel *people)
{
  guint n_contacts = 0;

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      n_contacts += udpnat_person_is_contact (person) ? 1 : 0;
    }
  return n_contacts;
}

static void
append_connection (GString      *text,
                   UdpnatClient *client)
{
  UdpnatServerState state = udpnat_client_get_server_state (client);
  GListModel *people = udpnat_client_get_people (client);
  const char *code = udpnat_client_get_server_code (client);
  g_autofree char *rtt = udpnat_words_format_rtt (udpnat_client_get_server_rtt (client));
  gint64 since_us = g_get_monotonic_time () - udpnat_client_get_server_since (client);

  g_string_append_printf (text, "Server: %s", state_names[state]);
  if (state == UDPNAT_SERVER_STATE_REFUSED && code != NULL)
    g_string_append_printf (text, " (%s)", code);
  if (udpnat_client_get_server_since (client) != 0)
    g_string_append_printf (text, " for %" G_GINT64_FORMAT " s", since_us / G_USEC_PER_SEC);
  if (state == UDPNAT_SERVER_STATE_REGISTERED)
    g_string_append_printf (text, ", round trip %s", rtt);
  g_string_append_printf (text, "\nPeople: %u, contacts: %u, not delivered: %u\n",
                          g_list_model_get_n_items (people), count_contacts (people),
                          udpnat_client_count_undelivered (client));
}

static void
append_network (GString      *text,
                UdpnatClient *client)
{
  g_autoptr (UdpnatNetworkReport) report = udpnat_client_dup_network_report (client);
  g_autofree char *masked = udpnat_network_report_to_text (report, TRUE);

  g_string_append_printf (text, "\n%s", masked);
}

/** udpnat_application_dup_troubleshooting: how things stand, for somebody who helps */
char *
udpnat_application_dup_troubleshooting (UdpnatApplication *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  UdpnatClient *client = udpnat_application_get_client (self);

  append_versions (text);
  append_profile (text, udpnat_application_get_profile (self));
  if (client == NULL)
    g_string_append (text, "The profile is not open.\n");
  else
    {
      append_connection (text, client);
      append_network (text, client);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/** udpnat_application_about: @parent: the window that it belongs to */
void
udpnat_application_about (UdpnatApplication *self,
                          GtkWindow         *parent)
{
  static const char *const developers[] = { "The Udpnat developers", NULL };
  static const char *const libraries[] = {
    "GTK", "libadwaita", "GLib", "libsodium", "SQLite", "JSON-GLib", "libqrencode", NULL
  };
  g_autofree char *troubleshooting = udpnat_application_dup_troubleshooting (self);
  GtkWidget *about = adw_about_window_new ();

  g_object_set (about,
                "transient-for", parent,
                "modal", TRUE,
                "application-name", _("Udpnat"),
                "application-icon", UDPNAT_APPLICATION_ID,
                "version", PACKAGE_VERSION,
                "developer-name", _("The Udpnat developers"),
                "developers", developers,
                "copyright", _("© 2026 the Udpnat developers"),
                "license-type", GTK_LICENSE_GPL_3_0,
                "website", WEBSITE,
                "issue-url", ISSUES,
                "comments", _("Talk to people directly, wherever they are. What you write is "
                              "encrypted from you to them, and waits until it has arrived."),
                /* Translators: your names, one a line; they are shown in About */
                "translator-credits", _("translator-credits"),
                "debug-info", troubleshooting,
                "debug-info-filename", "udpnat-troubleshooting.txt",
                NULL);
  adw_about_window_add_credit_section (ADW_ABOUT_WINDOW (about), _("Built With"),
                                       (const char **) libraries);
  gtk_window_present (GTK_WINDOW (about));
}
