/* The end of the program. Whatever was said is on disk; but before it exits it waits a little,
 * without a window, until what is on its way has been acknowledged, so that nobody waits for its
 * next start without need. Files on their way go on then. Those that are still being read, and not
 * offered yet, would not: the user is asked, unless it is the system that ends the program. */

#include "config.h"

#include "udpnat-application-private.h"

#include <glib/gi18n.h>

#include "udpnat-client-files.h"
#include "udpnat-dialog.h"

#define DRAIN_CHECK_MS 20
#define DRAIN_MAX_US (3 * G_USEC_PER_SEC)

/** udpnat_application_say_goodbye: tells everybody that we go, once */
void
udpnat_application_say_goodbye (UdpnatApplication *self)
{
  g_clear_handle_id (&self->leave_id, g_source_remove);
  if (self->client == NULL || self->has_left)
    return;
  self->has_left = TRUE;
  udpnat_notifications_close (self->notifications);
  if (!udpnat_client_flush (self->client))
    g_printerr ("udpnat: Not all of it could be written to disk.\n");
  udpnat_client_leave (self->client);
}

static void
end (UdpnatApplication *self)
{
  udpnat_application_say_goodbye (self);
  g_application_quit (G_APPLICATION (self));
}

static gboolean
is_drained (UdpnatApplication *self)
{
  return udpnat_client_is_drained (self->client) &&
         udpnat_client_count_preparing (self->client) == 0;
}

static gboolean
drain_cb (gpointer user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);

  if (!is_drained (self) && g_get_monotonic_time () < self->leave_by_us)
    return G_SOURCE_CONTINUE;
  self->leave_id = 0;
  end (self);
  return G_SOURCE_REMOVE;
}

/* The window may be wanted again; what belongs to it goes. */
static void
put_windows_away (UdpnatApplication *self)
{
  UdpnatWindow *window = udpnat_application_find_window (self);

  udpnat_application_close_windows (self);
  if (window != NULL)
    gtk_widget_set_visible (GTK_WIDGET (window), FALSE);
}

/* ---- What would be lost ---- */

static guint
count_unsent (UdpnatApplication *self)
{
  UdpnatWindow *window = udpnat_application_find_window (self);
  UdpnatConversationPage *page = window != NULL ? udpnat_window_get_conversation (window) : NULL;

  return page != NULL ? udpnat_conversation_page_count_unsent (page) : 0;
}

static void
answered_cb (GtkWidget         *dialog,
             const char        *response,
             UdpnatApplication *self)
{
  g_clear_handle_id (&self->leave_id, g_source_remove);
  g_clear_weak_pointer (&self->leave_dialog);
  if (g_str_equal (response, "quit"))
    end (self);
}

/* All are offered while the question stands: there is nothing to be asked any more. */
static gboolean
offered_cb (gpointer user_data)
{
  UdpnatApplication *self = UDPNAT_APPLICATION (user_data);
  GtkWidget *dialog = self->leave_dialog;

  if (count_unsent (self) > 0)
    return G_SOURCE_CONTINUE;
  self->leave_id = 0;
  g_clear_weak_pointer (&self->leave_dialog);
  if (dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (dialog));
  udpnat_application_leave (self);
  return G_SOURCE_REMOVE;
}

static void
ask (UdpnatApplication *self,
     guint              n_unsent)
{
  GtkWindow *window = GTK_WINDOW (udpnat_application_find_window (self));
  g_autofree char *body = NULL;
  GtkWidget *dialog;

  body = g_strdup_printf (
    ngettext ("%u file is still being read. If you quit now, it will not be sent.",
              "%u files are still being read. If you quit now, they will not be sent.", n_unsent),
    n_unsent);
  dialog = udpnat_dialog_new (window, _("Quit Before Files Are Sent?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "stay", _("_Keep Running"),
                                    "quit", _("_Quit"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "quit",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "stay");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "stay");
  g_signal_connect_object (dialog, "response", G_CALLBACK (answered_cb), self, 0);
  gtk_window_present (window);
  gtk_window_present (GTK_WINDOW (dialog));
  g_set_weak_pointer (&self->leave_dialog, dialog);
  self->leave_id = g_timeout_add (DRAIN_CHECK_MS, offered_cb, self);
}

/** udpnat_application_quit: as the user wants it: as udpnat_application_leave(), but nothing that
 * was to be sent is lost without a question */
void
udpnat_application_quit (UdpnatApplication *self)
{
  guint n_unsent = count_unsent (self);

  if (n_unsent > 0 && self->leave_id == 0)
    ask (self, n_unsent);
  else
    udpnat_application_leave (self);
}

/**
 * udpnat_application_leave: ends the program when nothing would be lost; the second time at once */
void
udpnat_application_leave (UdpnatApplication *self)
{
  if (self->client == NULL || self->leave_id != 0 || is_drained (self))
    {
      end (self);
      return;
    }
  put_windows_away (self);
  self->leave_by_us = g_get_monotonic_time () + DRAIN_MAX_US;
  self->leave_id = g_timeout_add (DRAIN_CHECK_MS, drain_cb, self);
}

/** udpnat_application_stay: somebody wants to go on: we do not leave after all */
void
udpnat_application_stay (UdpnatApplication *self)
{
  if (self->leave_dialog == NULL)
    g_clear_handle_id (&self->leave_id, g_source_remove);
}

/**
 * udpnat_application_close_window:
 *
 * What closing the window means: going on without it, or the end.
 *
 * Returns: %TRUE: the window stays, hidden, or is soon gone
 */
gboolean
udpnat_application_close_window (UdpnatApplication *self)
{
  if (!self->is_started || !g_settings_get_boolean (self->settings, "run-in-background"))
    {
      udpnat_application_quit (self);
      return TRUE;
    }
  udpnat_background_enter (self->background);
  put_windows_away (self);
  return TRUE;
}
