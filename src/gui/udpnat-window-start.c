/* The window before there are chats: the first run, and the passphrase. Each page says what the
 * user wants; the application does it. */

#include "config.h"

#include "udpnat-window-start.h"

#include "udpnat-application-private.h"
#include "udpnat-host-window.h"
#include "udpnat-keyring.h"
#include "udpnat-restore-window.h"
#include "udpnat-unlock-page.h"
#include "udpnat-welcome-page.h"

#define WELCOME "welcome"
#define UNLOCK "unlock"

static UdpnatApplication *
get_application (UdpnatWindow *self)
{
  return UDPNAT_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
}

/* ---- First run ---- */

static void
start_cb (UdpnatWindow *self,
          const char   *name,
          const char   *server)
{
  udpnat_application_start (get_application (self), name, server);
}

/** udpnat_window_propose_server: Returns: whether the user sees it, and can change it; %FALSE when
 * they are not asked for a server now */
gboolean
udpnat_window_propose_server (UdpnatWindow *self,
                              const char   *server)
{
  GtkWidget *page = udpnat_window_get_page (self, WELCOME);

  if (page != NULL)
    udpnat_welcome_page_set_server (UDPNAT_WELCOME_PAGE (page), server);
  return page != NULL;
}

static void
use_server_cb (UdpnatWindow *self,
               const char   *server)
{
  (void) udpnat_window_propose_server (self, server);
}

static void
host_cb (UdpnatWindow *self)
{
  GtkWidget *window = udpnat_application_show_host (get_application (self));

  g_signal_handlers_disconnect_by_func (window, use_server_cb, self);
  g_signal_connect_object (window, "use-server", G_CALLBACK (use_server_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
release_cb (UdpnatWindow *self)
{
  udpnat_application_close_profile (get_application (self));
}

static void
restored_cb (UdpnatWindow *self,
             const char   *passphrase)
{
  udpnat_application_open_profile (get_application (self), passphrase);
}

static void
not_restored_cb (UdpnatWindow *self)
{
  udpnat_application_open_profile (get_application (self), NULL);
}

/** udpnat_window_restore: @path: (nullable): of a backup, or of what somebody takes for one */
void
udpnat_window_restore (UdpnatWindow *self,
                       const char   *path)
{
  UdpnatApplication *application = get_application (self);
  GtkWidget *window = udpnat_restore_window_new (udpnat_application_get_profile (application));

  g_signal_connect_object (window, "release", G_CALLBACK (release_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "restored", G_CALLBACK (restored_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "failed", G_CALLBACK (not_restored_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (self));
  gtk_window_present (GTK_WINDOW (window));
  if (path != NULL)
    udpnat_restore_window_set_file (UDPNAT_RESTORE_WINDOW (window), path);
}

static void
restore_cb (UdpnatWindow *self)
{
  udpnat_window_restore (self, NULL);
}

/** udpnat_window_welcome: asks who the user is */
void
udpnat_window_welcome (UdpnatWindow *self)
{
  GtkWidget *page = udpnat_window_get_page (self, WELCOME);

  if (page == NULL)
    {
      page = udpnat_welcome_page_new ();
      g_signal_connect_object (page, "start", G_CALLBACK (start_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (page, "host", G_CALLBACK (host_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (page, "restore", G_CALLBACK (restore_cb), self, G_CONNECT_SWAPPED);
    }
  udpnat_window_show_page (self, WELCOME, page);
  gtk_widget_grab_focus (page);
}

/* ---- The passphrase ---- */

static void
unlock_cb (UdpnatWindow *self,
           const char   *passphrase)
{
  udpnat_application_open_profile (get_application (self), passphrase);
}

/* What the keyring has may be an old one: then the user is asked, without a word about it. */
static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatWindow) self = user_data;
  g_autofree char *passphrase = udpnat_keyring_lookup_finish (result);
  GtkWidget *page = udpnat_window_get_page (self, UNLOCK);

  if (page == NULL || get_application (self) == NULL)
    return;
  if (passphrase == NULL)
    {
      udpnat_unlock_page_set_busy (UDPNAT_UNLOCK_PAGE (page), FALSE);
      gtk_widget_grab_focus (page);
      return;
    }
  g_object_set_data (G_OBJECT (page), "from-keyring", GINT_TO_POINTER (TRUE));
  udpnat_application_open_profile (get_application (self), passphrase);
  explicit_bzero (passphrase, strlen (passphrase));
}

static GtkWidget *
create_unlock_page (UdpnatWindow *self)
{
  const char *profile = udpnat_application_get_profile (get_application (self));
  GtkWidget *page = udpnat_unlock_page_new ();

  g_signal_connect_object (page, "unlock", G_CALLBACK (unlock_cb), self, G_CONNECT_SWAPPED);
  udpnat_window_show_page (self, UNLOCK, page);
  if (udpnat_keyring_is_supported ())
    {
      udpnat_unlock_page_set_busy (UDPNAT_UNLOCK_PAGE (page), TRUE);
      udpnat_keyring_lookup_async (profile, NULL, found_cb, g_object_ref (self));
    }
  return page;
}

/** udpnat_window_unlock: asks for the passphrase; @error: (nullable): of the last attempt */
void
udpnat_window_unlock (UdpnatWindow *self,
                      const GError *error)
{
  GtkWidget *page = udpnat_window_get_page (self, UNLOCK);

  if (page == NULL)
    page = create_unlock_page (self);
  else
    udpnat_window_show_page (self, UNLOCK, page);
  if (error != NULL && g_object_get_data (G_OBJECT (page), "from-keyring") == NULL)
    udpnat_unlock_page_show_error (UDPNAT_UNLOCK_PAGE (page), error);
  else if (error != NULL)
    udpnat_unlock_page_set_busy (UDPNAT_UNLOCK_PAGE (page), FALSE);
  g_object_set_data (G_OBJECT (page), "from-keyring", NULL);
  gtk_widget_grab_focus (page);
}

/** udpnat_window_finish_start: the profile is open: what was typed is not kept, but for the
 * keyring if that was wished */
void
udpnat_window_finish_start (UdpnatWindow *self)
{
  GtkWidget *page = udpnat_window_get_page (self, UNLOCK);
  g_autofree char *passphrase = NULL;

  if (page == NULL)
    return;
  passphrase = udpnat_unlock_page_take_passphrase (UDPNAT_UNLOCK_PAGE (page));
  if (passphrase != NULL)
    {
      udpnat_keyring_store_async (udpnat_application_get_profile (get_application (self)),
                                  passphrase, NULL, NULL, NULL);
      explicit_bzero (passphrase, strlen (passphrase));
    }
  udpnat_window_remove_page (self, UNLOCK);
}
