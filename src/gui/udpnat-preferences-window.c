/* The window of the preferences: only the frame. Each page is a class of its own. */

#include "config.h"

#include "udpnat-preferences-window.h"

#include <glib/gi18n.h>

#include "udpnat-large-letters.h"
#include "udpnat-preferences-data.h"
#include "udpnat-preferences-general.h"
#include "udpnat-preferences-privacy.h"
#include "udpnat-preferences-profile.h"
#include "udpnat-preferences-server.h"

struct _UdpnatPreferencesWindow
{
  AdwPreferencesWindow parent_instance;
};

enum
{
  SIGNAL_USE_SERVER,
  SIGNAL_HOST,
  SIGNAL_CHANGE_PASSPHRASE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatPreferencesWindow, udpnat_preferences_window,
                     ADW_TYPE_PREFERENCES_WINDOW)

static void
say_cb (UdpnatPreferencesWindow *self,
        const char              *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (self), adw_toast_new (escaped));
}

/* In one line: the main window says the rest. */
static void
setting_lost_cb (UdpnatPreferencesWindow *self)
{
  say_cb (self, _("Not remembered: the disk takes nothing"));
}

static void
use_server_cb (UdpnatPreferencesWindow *self,
               const char              *server)
{
  g_signal_emit (self, signals[SIGNAL_USE_SERVER], 0, server);
}

static void
host_cb (UdpnatPreferencesWindow *self)
{
  g_signal_emit (self, signals[SIGNAL_HOST], 0);
}

static void
change_passphrase_cb (UdpnatPreferencesWindow *self,
                      const char              *old_passphrase,
                      const char              *new_passphrase,
                      gboolean                 is_remembered)
{
  g_signal_emit (self, signals[SIGNAL_CHANGE_PASSPHRASE], 0, old_passphrase, new_passphrase,
                 is_remembered);
}

static void
add_page (UdpnatPreferencesWindow *self,
          GtkWidget               *page)
{
  if (g_signal_lookup ("say", G_OBJECT_TYPE (page)) != 0)
    g_signal_connect_object (page, "say", G_CALLBACK (say_cb), self, G_CONNECT_SWAPPED);
  adw_preferences_window_add (ADW_PREFERENCES_WINDOW (self), ADW_PREFERENCES_PAGE (page));
}

static void
udpnat_preferences_window_class_init (UdpnatPreferencesWindowClass *klass)
{
  GType type = UDPNAT_TYPE_PREFERENCES_WINDOW;

  signals[SIGNAL_USE_SERVER] = g_signal_new ("use-server", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                             NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_HOST] = g_signal_new ("host", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 0);
  signals[SIGNAL_CHANGE_PASSPHRASE] = g_signal_new ("change-passphrase", type, G_SIGNAL_RUN_LAST, 0,
                                                    NULL, NULL, NULL, G_TYPE_NONE, 3,
                                                    G_TYPE_STRING, G_TYPE_STRING,
                                                    G_TYPE_BOOLEAN);
}

/* libadwaita 1.2 leaves the two things that one searches with without a name. */
static void
name_search (GtkWidget *widget)
{
  if (GTK_IS_SEARCH_ENTRY (widget) ||
      (GTK_IS_TOGGLE_BUTTON (widget) &&
       g_strcmp0 (gtk_button_get_icon_name (GTK_BUTTON (widget)), "edit-find-symbolic") == 0))
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    _("Search Preferences"), -1);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    name_search (child);
}

static void
udpnat_preferences_window_init (UdpnatPreferencesWindow *self)
{
  name_search (GTK_WIDGET (self));
}

GtkWidget *
udpnat_preferences_window_new (UdpnatClient *client,
                               GSettings    *settings,
                               const char   *profile_path)
{
  UdpnatPreferencesWindow *self = g_object_new (UDPNAT_TYPE_PREFERENCES_WINDOW, NULL);
  GtkWidget *server = udpnat_preferences_server_new (client);
  GtkWidget *data = udpnat_preferences_data_new (client, settings, profile_path);

  g_signal_connect_object (client, "setting-lost", G_CALLBACK (setting_lost_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (server, "use-server", G_CALLBACK (use_server_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (server, "host", G_CALLBACK (host_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (data, "change-passphrase", G_CALLBACK (change_passphrase_cb), self,
                           G_CONNECT_SWAPPED);
  /* Libadwaita's own title speaks fewer languages. */
  gtk_window_set_title (GTK_WINDOW (self), _("Preferences"));
  add_page (self, udpnat_preferences_profile_new (client));
  add_page (self, server);
  add_page (self, udpnat_preferences_privacy_new (client));
  add_page (self, udpnat_preferences_general_new (settings));
  add_page (self, data);
  udpnat_large_letters_arrange (GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
