/* The end of the program. Whatever was said is on disk; but before it exits it waits a little,
 * without a window, until what is on its way has been acknowledged, and files that are being read
 * have been offered, so that nobody waits for its next start without need. Files on their way go on
 * then. */

#include "config.h"

#include "udpnat-application-private.h"

#include "udpnat-client-files.h"

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
      udpnat_application_leave (self);
      return TRUE;
    }
  udpnat_background_enter (self->background);
  put_windows_away (self);
  return TRUE;
}
