/* Giving the keyboard to what is just being shown, so that a screen reader hears where it is.
 *
 * GTK tells that only of a widget that is on the screen: what gets the keyboard in the moment in
 * which it is shown, or before, has it and says nothing. */

#include "config.h"

#include "udpnat-heard-focus.h"

/* Once more, now that it is told. What has been typed meanwhile is not selected by that. */
static void
grab_again (GtkWindow *window,
            GtkWidget *widget)
{
  GtkEditable *entry = GTK_EDITABLE (widget);
  int start = 0;
  int end = 0;

  gtk_editable_get_selection_bounds (entry, &start, &end);
  gtk_window_set_focus (window, NULL);
  gtk_widget_grab_focus (widget);
  gtk_editable_select_region (entry, start, end);
}

static void
mapped_cb (GtkWidget *widget)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (widget));
  GtkWidget *focus = gtk_window_get_focus (window);

  g_signal_handlers_disconnect_by_func (widget, mapped_cb, NULL);
  if (focus == NULL)
    gtk_widget_grab_focus (widget);
  else if (gtk_widget_is_ancestor (focus, widget))
    grab_again (window, widget);
}

/** udpnat_heard_focus_grab: @widget: an entry; gets the keyboard now, or when it is shown */
void
udpnat_heard_focus_grab (GtkWidget *widget)
{
  GtkWidget *window = GTK_WIDGET (gtk_widget_get_root (widget));

  if (!gtk_widget_get_mapped (widget))
    g_signal_connect (widget, "map", G_CALLBACK (mapped_cb), NULL);
  /* What is typed before the next frame is meant for it, too. */
  if (window != NULL && gtk_widget_get_mapped (window))
    gtk_widget_grab_focus (widget);
}
