/* What the window keeps from one start to the next, and what its title says. */

#include "config.h"

#include "udpnat-window-state.h"

#include <glib/gi18n.h>

static GSettings *
get_settings (UdpnatWindow *window)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (window));

  return udpnat_application_get_settings (UDPNAT_APPLICATION (application));
}

static gboolean
map_title (GBinding     *binding,
           const GValue *unread,
           GValue       *title,
           gpointer      user_data)
{
  guint n_unread = g_value_get_uint (unread);

  if (n_unread == 0)
    g_value_set_string (title, _("Udpnat"));
  else
    /* Translators: the title of the window, after the number of messages to be read */
    g_value_take_string (title, g_strdup_printf (_("(%u) Udpnat"), n_unread));
  return TRUE;
}

/** udpnat_window_state_bind: size, and a title that counts what is to be read */
void
udpnat_window_state_bind (UdpnatWindow      *window,
                          UdpnatApplication *application)
{
  GSettings *settings = udpnat_application_get_settings (application);

  g_settings_bind (settings, "window-width", window, "default-width", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-height", window, "default-height", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "window-maximized", window, "maximized", G_SETTINGS_BIND_DEFAULT);
  g_object_bind_property_full (application, "unread", window, "title", G_BINDING_SYNC_CREATE,
                               map_title, NULL, NULL, NULL);
}

/** udpnat_window_state_keep_person: @person: whose conversation was opened */
void
udpnat_window_state_keep_person (UdpnatWindow *window,
                                 UdpnatPerson *person)
{
  g_settings_set_string (get_settings (window), "last-conversation",
                         udpnat_person_get_key_text (person));
}

/** udpnat_window_state_restore_person: the conversation that was open last, unless one is */
void
udpnat_window_state_restore_person (UdpnatWindow *window,
                                    UdpnatClient *client)
{
  g_autofree char *key_text = g_settings_get_string (get_settings (window), "last-conversation");
  UdpnatPerson *person;

  if (*key_text == '\0' || udpnat_window_get_person (window) != NULL)
    return;
  person = udpnat_client_get_person_by_key (client, key_text);
  if (person != NULL)
    udpnat_window_prepare_person (window, person);
}
